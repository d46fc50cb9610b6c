"""The desk for what follows a report: tells what is open, due and overdue of its warnings, and writes the letters."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, TextIO

from rich.table import Table

from expectations.records import Catalog
from expectations.vocabulary import Level, Redress
from flows import ledger
from flows.console import line_console, table_console
from flows.desk import trial
from flows.inert import shown_cell
from flows.ledger import LedgerEntry
from flows.places import MendableError, Places

SHOWN = 5
"""The number of overdue entries of a department that the terminal lists."""
HEADER = (
    "部门",
    "规划",
    "条目",
    "目标",
    "预警类型",
    "级别",
    "差距",
    "验收标准",
    "状态",
    "应答复",
    "答复",
    "完成时限",
    "整改期限",
    "逾期天数",
)


def show(
    catalog: Catalog,
    where: Places,
    year: int,
    today: date,
    form: Literal["text", "csv"],
    letters: Path | None,
    out: TextIO,
) -> None:
    """Print the entries of a year by department, as they stand on a day; with `letters`, write the letters of that day into
    that folder.

    Raises `MendableError` if the report was not out on that day, or if it gave no warning.
    """
    with trial.answered(catalog, where.raw, where.warehouse, year) as con:
        entries = ledger.entries(con, catalog, year, on=today)
        if catalog.is_entered:
            raise MendableError(f"{catalog.district.short}的数据取自公布的资料，没有部门须答复，没有整改台账")
        if not entries:
            raise MendableError(f"{year}年没有预警，没有整改台账；年度报告见 ./monitor annual {year}")
        published = entries[0].published
        if today < published:
            raise MendableError(f"{year}年报告的成文日期是{published}，{today}还没有整改事项；请核对 --date")
        if form == "csv":
            _csv(entries, today, out)
        else:
            _tell(catalog, year, entries, today, out)
        if letters is not None:
            from flows.answer import letters as post

            for path in post.write(con, catalog, year, today, letters):
                out.write(f"{path}\n")


def _overdue(entry: LedgerEntry, today: date) -> int:
    """The days by which an answer or what was promised is late; 0 if nothing is."""
    if not entry.is_overdue(today):
        return 0
    return (today - (entry.answer_due if entry.reply is None else entry.until)).days


def _csv(entries: Sequence[LedgerEntry], today: date, out: TextIO) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for department, found in ledger.departments(entries).items():
        for e in found:
            name = e.catalog.department(department)
            answered = e.reply.said if e.reply else ""
            until = e.reply.until or "" if e.reply else ""
            words = (name, *e.key, e.level.word, e.gap, e.acceptance, e.state.word)
            writer.writerow(
                [*map(shown_cell, words), e.answer_due, answered, until, e.deadline, _overdue(e, today) or ""]
            )


def _tell(catalog: Catalog, year: int, entries: Sequence[LedgerEntry], today: date, out: TextIO) -> None:
    console = table_console(out)
    first = entries[0]
    head = f"{catalog.district.short}{year}年预警整改情况（{today}；应于{first.answer_due}前答复）"
    console.print(head, style="bold")
    grouped = ledger.departments(entries)
    console.print(_by_department(catalog, grouped, today))
    console.print()
    late = {key: [e for e in found if e.is_overdue(today)] for key, found in grouped.items()}
    if not any(late.values()):
        console.print("没有逾期的事项。")
        return
    console.print("逾期的事项", style="bold")
    lines = line_console(out)
    for key, found in sorted(late.items(), key=lambda item: -max((_overdue(e, today) for e in item[1]), default=0)):
        if found:
            lines.print(f"{catalog.department(key)}：")
        for e in sorted(found, key=lambda e: -_overdue(e, today))[:SHOWN]:
            plan, clause, name, kind = e.key
            what = "没有答复" if e.reply is None else f"{e.state.word}，时限{e.until}"
            gap = "" if e.gap == "—" else f"；{e.gap}"
            lines.print(f"  {e.level.word}　{plan}{clause}“{name}”（{kind}）：{what}，逾期{_overdue(e, today)}天{gap}")
        if len(found) > SHOWN:
            lines.print(f"  另有{len(found) - SHOWN}项未列出，全部见 --format csv")


def _by_department(catalog: Catalog, grouped: Mapping[str, Sequence[LedgerEntry]], today: date) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    columns: list[tuple[str, Callable[[LedgerEntry], Any]]] = [
        ("事项", lambda e: True),
        (Level.SERIOUS.word, lambda e: e.level == Level.SERIOUS),
        *((state.word, lambda e, state=state: e.state == state) for state in Redress),
        ("异议", lambda e: e.reply is not None and e.reply.objection),
        ("迟答复", lambda e: e.reply is not None and e.reply.first > e.answer_due),
        ("逾期", lambda e: e.is_overdue(today)),
    ]
    table.add_column("部门")
    for name, _ in columns:
        table.add_column(name, justify="right")
    everything = [e for found in grouped.values() for e in found]
    for name, found in (*((catalog.department(k), f) for k, f in grouped.items()), ("合计", everything)):
        table.add_row(name, *(str(sum(bool(test(e)) for e in found) or "") for _, test in columns))
    return table

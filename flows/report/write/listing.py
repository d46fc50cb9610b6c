"""Writes the plans' targets as a table, for readers or for another program."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import Literal, TextIO

from rich.table import Table

from expectations.records import Catalog, Promise
from expectations.requirement import plain, requirement
from flows import inert
from flows.console import table_console
from flows.wording import read, say

COLUMNS = ("plan", "clause", "level", "indicator", "name", "rule", "value", "unit", "each", "soft", "lead")


def show(catalog: Catalog, form: Literal["text", "csv", "json"], out: TextIO, year: int | None = None) -> None:
    """Print one row for each target to `out`, in the order of the plans; as a table, of the plans of one year alone if it is
    given.
    """
    if form == "text":
        _text(catalog, out)
        return
    rows = [_row(catalog, p) for p in catalog.promises(year)]
    if form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_csv_cell(c) for c in row.values()] for row in rows)
    else:
        out.write(inert.escaped(json.dumps(rows, ensure_ascii=False, indent=1, default=_number)) + "\n")


def _csv_cell(value: str | Decimal | None) -> str | None:
    """A figure unchanged, even if it begins with a sign; words so that no spreadsheet runs them."""
    return plain(value) if isinstance(value, Decimal) else inert.shown_cell(value) if value else value


def _row(catalog: Catalog, p: Promise) -> dict[str, str | Decimal | None]:
    target = p.target
    cells = (
        p.plan.id,
        p.clause,
        p.clause_kind,
        target.indicator,
        p.name,
        target.rule.key,
        target.value,
        p.unit or None,
        target.each,
        target.soft,
        catalog.department(p.lead),
    )
    return dict(zip(COLUMNS, cells, strict=True))


def _number(value: object) -> int | float:
    assert isinstance(value, Decimal)
    return int(value) if value == value.to_integral_value() else float(value)


def _text(catalog: Catalog, out: TextIO) -> None:
    console = table_console(out)
    for plan in catalog.plans:
        promises = [p for p in catalog.promises() if p.plan is plan]
        head = plan.head
        titled = say("labels/plan_title", title=head.title, start=head.start, end=head.end, number=len(promises))
        console.print(f"\n{titled}", style="bold")
        for domain, group in groupby(promises, key=lambda p: p.domain):
            console.print(f"\n{domain.domain}．{domain.title}", style="bold")
            console.print(_table(catalog, group))


def _table(catalog: Catalog, promises: Iterable[Promise]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for head in read("labels")["plan"]:
        table.add_column(head, overflow="fold")
    for clause, group in groupby(promises, key=lambda p: p.clause):
        for i, p in enumerate(group):
            place = (clause, p.title) if i == 0 else ("", "")
            name = p.name if p.indicator else ""
            table.add_row(*place, name, requirement(catalog, p), catalog.department(p.lead))
    return table

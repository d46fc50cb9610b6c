"""Who owes what: every delivery of a data year, what became of it, and whom to remind."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

from rich.console import Console
from rich.table import Table

from expectations.records import Catalog
from expectations.vocabulary import DeliveryStatus, Reason
from flows import kept
from flows.console import table_console
from flows.desk import lock, shelf
from flows.inert import shown_cell
from flows.wording import say


class Owed(NamedTuple):
    """A delivery that is due or has come."""

    department: str
    title: str
    due: date
    received: date | None
    status: DeliveryStatus
    is_due: bool
    """Whether it has come, or should have."""
    late: int
    """Days after the due date; up to today for a delivery that is missing."""
    version: int | None
    reason: str
    is_owed: bool = True
    """Whether a department owes it: nobody owes what those above the district have published, perhaps nothing yet."""
    is_asked: bool = True
    """Whether the year has a register: in no other was anybody asked to send something."""
    left_out: str = ""
    """What is said of it if it came after the lock, so that no report uses it unless somebody decides so; empty if one does."""

    @property
    def word(self) -> str:
        if self.left_out and not self.is_refused:
            return self.left_out
        if self.is_unasked:
            return Reason.NOT_ASKED.word
        return self.status.word if self.is_due else "未到期"

    @property
    def is_missing(self) -> bool:
        return self.is_due and self.status == DeliveryStatus.MISSING and self.is_asked

    @property
    def is_unasked(self) -> bool:
        return self.is_due and self.status == DeliveryStatus.MISSING and not self.is_asked

    @property
    def is_refused(self) -> bool:
        return self.status == DeliveryStatus.REFUSED


def owed(catalog: Catalog, raw: Path, year: int, today: date) -> list[Owed]:
    """Every delivery that is due for a data year or has come, by department in the district's order."""
    order = list(catalog.district.departments)
    rows = sorted(_standing(catalog, raw, year), key=lambda row: (order.index(row.department), row.due, row.dataset))
    waits = lock.left_out(catalog, raw, year)
    asked = lock.is_asked(catalog, raw, year)
    return [
        _owed(catalog, today, row, asked)._replace(left_out=waits.get((row.dataset, row.department), ""))
        for row in rows
    ]


class Newest(NamedTuple):
    """What the checks have made of the newest version of a delivery, or that it has not come."""

    department: str
    dataset: str
    due: date
    received: date | None
    status: str
    version: int | None
    reason: str
    first: date | None
    """When its first version came."""


def _standing(catalog: Catalog, raw: Path, year: int) -> list[Newest]:
    """Every delivery of a data year. A form is not read again, if a shelf is open, where files, entries and catalogue are as they were when
    the desk was last asked: its own, and those of the forms with which it makes up a ratio.
    """
    places = _kept(catalog, raw, year)
    told = {name: json.loads(place.content) for name, place in places.items() if place.content is not None}
    if rest := catalog.datasets.keys() - told.keys():
        from flows.desk import trial

        with trial.standing(catalog.around(*rest), raw, year) as con:
            found = con.execute(STANDING, [year]).fetchall()
        told |= {name: [row for row in found if row[1] == name] for name in rest}
        for name in rest & places.keys():
            places[name].put(json.dumps(told[name], default=str).encode())
    return [_read(*row) for listed in told.values() for row in listed]


STANDING = """
select department, dataset, due, received, status, version, coalesce(reason, ''), first
from (
    select *, min(received) over (partition by dataset, department) as first from meta_deliveries where year = ?
) where status <> 'superseded' order by all
"""
Day = date | str | None
"""A day as the warehouse has it, or as it was kept."""


def _read(
    department: str,
    dataset: str,
    due: date | str,
    received: Day,
    status: str,
    version: int | None,
    reason: str,
    first: Day,
) -> Newest:
    days = [date.fromisoformat(day) if isinstance(day, str) else day for day in (received, first)]
    due = date.fromisoformat(due) if isinstance(due, str) else due
    return Newest(department, dataset, due, days[0], status, version, reason, days[1])


def _kept(catalog: Catalog, raw: Path, year: int) -> Mapping[str, kept.Place]:
    """Where on the open shelf the answer for each form stands; none if no shelf is open or the register cannot be used."""
    heads = shelf.registers(raw / catalog.district.code, raw, [year])
    if heads is None:
        return {}
    places = {}
    for name in catalog.datasets:
        parts = partial(heads.parts, catalog, catalog.around(name).datasets.keys())
        if (place := kept.place("standing", f"{year}/{name}", parts, name)) is not None:
            places[name] = place
    return places


def _owed(catalog: Catalog, today: date, row: Newest, asked: bool) -> Owed:
    late = max(((row.first or today) - row.due).days, 0)  # a correction is as late as its first version
    late = late if asked or row.first else 0
    is_due = row.status != DeliveryStatus.MISSING or today > row.due
    title = catalog.datasets[row.dataset].title
    name, status = catalog.department(row.department), DeliveryStatus.of(row.status)
    is_owed = not catalog.datasets[row.dataset].above
    return Owed(name, title, row.due, row.received, status, is_due, late, row.version, row.reason, is_owed, asked)


HEADER = ("部门", "报表", "应报日期", "收到日期", "处理结果", "迟报天数", "版本", "原因")


def show(catalog: Catalog, raw: Path, year: int, today: date, form: Literal["text", "csv"], out: TextIO) -> None:
    """Print by department what is due, received, late, missing or refused, and whom to remind."""
    listed = owed(catalog, raw, year, today)
    if form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(
            [
                *map(shown_cell, o[:2]),
                o.due,
                o.received or "",
                o.word,
                o.late or "",
                o.version or "",
                shown_cell(o.reason),
            ]
            for o in listed
        )
        return
    console = table_console(out)
    if not listed and not catalog.in_force(year):
        first, last = min(p.head.baseline for p in catalog.plans), max(p.head.end for p in catalog.plans)
        console.print(say("messages/owed/no_plan", year=year, first=first, last=last))
        return
    console.print(f"{catalog.district.short}{year}年数据报送情况（{today}）", style="bold")
    planned = [o for o in listed if not o.is_asked]
    if planned:
        console.print(say("messages/owed/no_register", year=year))
    console.print(_by_department(listed))
    if planned:
        _list(console, "messages/owed/planned", [o for o in planned if o.is_owed])
    else:
        _remind(console, listed)


def _by_department(listed: Sequence[Owed]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    columns: list[tuple[str, Callable[[Owed], Any]]] = [
        ("应报", lambda o: True),
        ("收到", lambda o: o.received is not None),
        ("迟报", lambda o: o.received is not None and o.late),
        (DeliveryStatus.PARTIAL.word, lambda o: o.word == DeliveryStatus.PARTIAL.word),
        (say("letters/feedback/left_out/none"), lambda o: o.left_out and not o.is_refused),
        (DeliveryStatus.REFUSED.word, lambda o: o.is_refused),
        (DeliveryStatus.MISSING.word, lambda o: o.is_missing),
        *([(Reason.NOT_ASKED.word, lambda o: o.is_unasked)] if any(o.is_unasked for o in listed) else []),
        ("未到期", lambda o: not o.is_due),
    ]
    table.add_column("部门")
    for name, _ in columns:
        table.add_column(name, justify="right")
    groups: dict[str, list[Owed]] = defaultdict(list)
    for o in listed:
        groups[o.department].append(o)
    for name, group in (*groups.items(), ("合计", list(listed))):
        table.add_row(name, *(str(sum(bool(test(o)) for o in group) or "") for _, test in columns))
    return table


def _remind(console: Console, listed: Sequence[Owed]) -> None:
    """催报: print what is owed and is missing or was sent back, by department, the longest overdue first."""
    waiting = [o for o in listed if o.is_owed and (o.is_missing or o.is_refused)]
    if waiting:
        _list(console, "messages/owed/reminded", waiting)
    else:
        console.print()
        console.print(say("messages/owed/nothing"))


def _list(console: Console, title: str, listed: Sequence[Owed]) -> None:
    """Print forms under a title by department, the longest overdue first."""
    groups: dict[str, list[Owed]] = defaultdict(list)
    for o in listed:
        groups[o.department].append(o)
    console.print()
    console.print(say(title), style="bold")
    for department, group in sorted(groups.items(), key=lambda item: -max(o.late for o in item[1])):
        console.print(f"{department}：")
        for o in sorted(group, key=lambda o: -o.late):
            form = "sent_back" if o.is_refused else "overdue" if o.is_missing else "due"
            told = say(f"messages/owed/{form}", received=o.received, due=o.due, late=o.late)
            console.print(f"  {o.title}：{told}")

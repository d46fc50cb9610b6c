"""The lock (数据截止) that decides whether a form that comes now is used, and what is left out by it. Nothing here opens a delivered
file, so whoever only lists deliveries does not wait for what reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import NamedTuple

from expectations.catalog import CatalogError
from expectations.records import Catalog
from flows import pipeline
from flows.ingest import register
from flows.ingest.register import REGISTER, Entry, Register
from flows.places import MendableError
from flows.wording import day, say


class Lock(NamedTuple):
    """The lock of the newest report that uses a form: later reports of its plans, too, read the forms of earlier years."""

    year: int
    on: date

    def told(self, text: str, received: date, year: int) -> str:
        """What becomes of a form of `year` that came on a day after that year's own lock, in words (messages/lock)."""
        kind = "decided" if register.is_late(received, self.on) else "later"
        return say(f"messages/lock/{kind}/{text}", year=self.year, of=year, on=day(self.on))


def lock_of(catalog: Catalog, raw: Path, head: Register) -> Lock:
    """The lock that decides whether what comes now for the year of a register is used.

    Raises `MendableError` if the register of the newest year cannot be read.
    """
    newest = reached(catalog, raw, head.year)[-1]
    path = raw / catalog.district.code / str(newest) / REGISTER
    last = head_of(path, raw) if newest != head.year and path.is_file() else head
    return Lock(last.year, last.locked)


def left_out(catalog: Catalog, raw: Path, year: int) -> dict[tuple[str, str], str]:
    """Dataset and department of each form of a year whose newest version no report uses because it came after the lock, and what is
    said of it where its status is told: whether an older version is used. Nothing if the register cannot be read, which is told elsewhere.
    """
    path = raw / catalog.district.code / str(year) / REGISTER
    with suppress(MendableError):
        head = head_of(path, raw) if path.is_file() else None
        if head is None:
            return {}
        groups: dict[tuple[str, str], list[Entry]] = {}
        for entry in head.deliveries:
            if entry.dataset in catalog.datasets:
                department = entry.department or catalog.sender(entry.dataset, year)
                groups.setdefault((entry.dataset, department), []).append(entry)
        lock, words = lock_of(catalog, raw, head).on, dict[tuple[str, str], str]()
        for form, came in groups.items():
            used = {entry.file for entry in register.closed(came, lock)[0]}
            if register.newest_last(came)[0][-1].file not in used:
                words[form] = say(f"letters/feedback/left_out/{'older' if used else 'none'}")
        return words
    return {}


def head_of(path: Path, raw: Path, text: bytes | None = None) -> Register:
    """The register at a path, or as `text` has it. Raises `MendableError` if it cannot be read."""
    try:
        return register.read(path, raw, text)
    except CatalogError as error:
        raise MendableError(f"报送登记有误，未登记：\n{error}") from None


def reached(catalog: Catalog, raw: Path, year: int) -> list[int]:
    """The years whose reports together have every verdict that a figure of `year` has a part in: for each plan, its last
    year that has a register.
    """
    folder = raw / catalog.district.code
    newest = max((y for y in years_in(folder) if is_asked(catalog, raw, y)), default=year)
    ends = {min(plan.head.end, max(newest, year)) for plan in catalog.plans}
    return sorted({year, *(end for end in ends if end > year and year in pipeline.years(catalog, end))})


def is_asked(catalog: Catalog, raw: Path, year: int) -> bool:
    """Whether a year has a register: in no other was anybody asked to send something."""
    return (raw / catalog.district.code / str(year) / REGISTER).is_file()


def years_in(folder: Path) -> Sequence[int]:
    """The years that a folder has a folder of."""
    return sorted(int(p.name) for p in folder.glob("[0-9][0-9][0-9][0-9]"))

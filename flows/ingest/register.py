"""The register of a year's deliveries (raw/<district>/<year>/deliveries.yml) as a record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from expectations.catalog import Source
from expectations.records import Record

REGISTER = "deliveries.yml"


class Entry(Record):
    """One file received."""

    dataset: str
    file: Annotated[str, Field(min_length=1)]
    received: date
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    department: str | None = None
    """Only for datasets that every department sends."""
    at: Annotated[str, Field(pattern=r"^\d\d:\d\d$")] | None = None
    """The time of that day, Beijing."""
    original: str | None = None
    """What the sender called the file."""
    rows: int | None = None
    """Rows of data when it was received."""
    sheet: str | None = None
    """The worksheet, where a workbook holds several datasets."""
    replaces: str | None = None
    reason: str | None = None


class Register(Record):
    district: str
    year: int
    simulated: bool
    note: str = ""
    locked: date
    """数据截止日期: what came later is not in the report."""
    published: date
    """成文日期: printed on the cover; nothing reads the clock."""
    deliveries: tuple[Entry, ...] = ()


def read(path: Path, raw: Path) -> Register:
    """Raises `CatalogError` with file, line, key and what was expected."""
    source = Source(path, raw)
    return source.read(Register, source.data)


def newest_last(group: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Versions of one delivery from the first to the last, and those of which none says that it replaces the other."""
    replaced = {entry.file: entry.replaces for entry in group}

    def depth(entry: Entry) -> int:
        seen: list[str | None] = [entry.file]
        while (earlier := replaced.get(str(seen[-1]))) in replaced and earlier not in seen:
            seen.append(earlier)
        return len(seen)

    ordered = sorted(group, key=lambda e: (depth(e), e.received, e.file))
    last = [entry for entry in group if entry.file not in replaced.values()]
    return ordered, last if len(last) != 1 else []

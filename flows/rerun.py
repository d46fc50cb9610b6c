"""Whether an edition is already made of what a run would read: then nothing has to be made.

The record of the last run of a report stands on the shelf of its district (flows/kept.py), with the hash of each file that it
read. It holds only while what the run left is there as it was: the edition, file for file, and the warehouse.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows import kept
from flows.kept import Parts, Place
from flows.places import PROJECT, Places
from flows.wording import say

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from expectations.records import Catalog
    from flows.edition.approved import Approved


@dataclass(frozen=True)
class Run:
    """One report to be made, and all places that it reads or leaves something in."""

    district: str
    years: Iterable[int]
    """The data years whose registers and files it reads."""
    draft: bool
    where: Places
    target: Path
    """The place of its edition."""
    as_of: date | None = None
    """The day of an edition that knows only what had come in by then."""

    @property
    def warehouse(self) -> Path:
        return self.where.warehouse / f"{self.district}.duckdb"

    @cached_property
    def read(self) -> Parts:
        """Everything that the run reads, each with its hash, before it begins: what comes in while it lasts is not in it."""
        from flows.edition import signature
        from flows.ingest import filed
        from flows.journal import journal

        return {
            **_files(self.where.expectations, self.where.expectations.parent, ".yml"),
            **self._delivered(),
            "filings": filed.digest(journal(self.district)),
            "draft": kept.digest(self.draft),
            "as_of": kept.digest(self.as_of and self.as_of.isoformat()),
            "key": signature.own(self.where.keys),
        }

    def _left(self) -> Parts:
        """What the last run left, and what it stands beside."""
        return {
            "editions": self._editions(),
            "approved": kept.digest([(one.run, one.hash, one.damage()) for one in self._approved()]),
            "edition": kept.digest(_files(self.target)),
            "warehouse": _file(self.warehouse),
        }

    def found(self) -> dict[str, Any] | None:
        """What the last run of this report noted, if nothing has changed since."""
        place = self._place()
        kept.use(place)
        return None if place.content is None else json.loads(place.content)

    def note(self, told: Mapping[str, object]) -> None:
        """Note what the run that now ends has made."""
        self._place().put(json.dumps(told).encode())

    def _place(self) -> Place:
        place = kept.place("run", "all", lambda: {**self.read, **self._left()}, "")
        assert place is not None, "no shelf is open"
        return place

    def _delivered(self) -> Parts:
        folder = self.where.raw / self.district
        return {
            name: found for year in self.years for name, found in _files(folder / str(year), self.where.home).items()
        }

    def _approved(self) -> Iterable[Approved]:
        """The approved editions of other runs of this report: it is compared with the newest of them."""
        from flows import edition
        from flows.edition import approved
        from flows.journal import journal

        mine, year, kind = edition.run(self.target), int(self.target.parent.name), self.target.name
        return (
            a for a in approved.listed(journal(self.district)) if (a.year, a.kind) == (year, kind) and a.run != mine
        )

    def _editions(self) -> str:
        """The other editions of the district, in their order: this one is compared with them and protected together with
        them.
        """
        from flows import edition
        from flows.edition import memory, publish
        from flows.journal import journal

        mine, history = edition.run(self.target), journal(self.district)
        told: list[object] = []
        for folder in (*publish.editions(memory.place(history)), *memory.unkept(history, self.target.parents[1])):
            if edition.run(folder) != mine:
                told.append([edition.run(folder), edition.damage(folder), _files(folder)])
        return kept.digest(told)


def common(where: Places) -> Parts:
    """What every result depends on: the program, the libraries and fonts, the machine. The catalogue that stands in the
    program is part of it only for a home that has its own, which may rest on it.
    """
    from flows.edition import program

    return {**_computed_by(where), "environment": kept.digest(program.environment())}


def reading(where: Places) -> Parts:
    """What the rows of a delivered file depend on: the same without the fonts, which take longer to look up than a file to read."""
    from flows.edition import program

    return {**_computed_by(where), "environment": program.libraries()}


def _computed_by(where: Places) -> Parts:
    from flows.edition import program

    return {
        "program": program.program(catalogue=where.expectations.parent != PROJECT),
        "machine": kept.machine(),
    }


def protected(con: DuckDBPyConnection, catalog: Catalog, earlier: Sequence[Path], protect: Callable[[], None]) -> None:
    """Let `protect` fill `out_suppressed` and `out_withheld`, or fill them as an earlier run did from the same figures and
    verdicts, beside the same editions.
    """
    from flows.edition import PUBLIC, contents
    from flows.warehouse import append

    def parts() -> Parts:
        files = [folder / part / contents.NAME for folder in earlier for part in ("", PUBLIC)]
        return {
            "figures": kept.digest(con.execute("select * from out_indicators order by all").fetchall()),
            "verdicts": kept.digest([con.execute(f"select * from {t} order by all").fetchall() for t in JUDGED]),  # noqa: S608
            "catalogue": kept.digest([catalog.digest, [plan.id for plan in catalog.plans]]),
            "editions": kept.digest([*map(_file, files)]),
        }

    def make() -> bytes:
        protect()
        return json.dumps([con.execute(f"select * from {t} order by all").fetchall() for t in DECIDED]).encode()  # noqa: S608

    place = kept.place("protect", "all", parts, say("messages/kept/protect"))
    if place is not None:
        kept.use(place)
    if place is None or place.content is None:
        told = make()
        if place is not None:
            place.put(told)
        return
    for table, listed in zip(DECIDED, json.loads(place.content), strict=True):
        con.execute(f"delete from {table}")  # noqa: S608  (ours)
        append(con, table, listed)


JUDGED = ("out_assessments", "out_warnings", "out_track")
"""The tables of verdicts that a public edition prints."""
DECIDED = ("out_suppressed", "out_withheld")
"""The tables that say what it does not print."""


def _files(folder: Path, below: Path | None = None, suffix: str = "") -> Mapping[str, str]:
    """Each file in a folder, named from `below`, and its hash."""
    named = (p for p in sorted(folder.rglob(f"*{suffix}")) if p.is_file())
    return {p.relative_to(below or folder).as_posix(): _file(p) for p in named}


def _file(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

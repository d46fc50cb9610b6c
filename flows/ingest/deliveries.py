"""Reads the registers and files of deliveries, and stores every cell as it was written.

Fills meta_register, meta_deliveries, and the tables raw_<dataset> and stg_<dataset>.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from errno import ENOENT
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd

from expectations.catalog import CatalogError
from expectations.records import Catalog, Correction, Dataset
from expectations.vocabulary import Mending
from flows import kept
from flows.files import Defect, UnreadableError, describe, odd
from flows.files.characters import LONGEST_TITLE, printable
from flows.files.texts import MANY, RowBlock
from flows.ingest import register, released, staging
from flows.ingest.filed import AsFiled, History, describe_edited, sender, stem, unmarked
from flows.ingest.findings import Delivery, Findings
from flows.ingest.header import Use
from flows.ingest.register import REGISTER, Entry, Register
from flows.ingest.staging import FOUR, Became, Coders, Stager
from flows.ingest.table import CHUNK, DeliveredTable, read
from flows.journal import CLOSED, CutOff
from flows.machine import OF_THE_PATH
from flows.questions import QUESTIONS
from flows.warehouse import append, append_named, at_once
from flows.wording import say


class Version(NamedTuple):
    """One registered file of a dataset and department."""

    delivery: Delivery
    entry: Entry
    number: int
    superseded: bool
    defect: Defect | None = None
    """Why it cannot be used, whatever its content."""
    unfiled: bool = False
    """Whether it, or that it is the newest, was not filed: then it cannot be used."""


def store(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    raw: Path,
    years: Iterable[int],
    cut_off: CutOff = CLOSED,
) -> None:
    """Read every register and file of `years`; of what does not count by the `cut_off`, nothing is used.

    Every cell is stored as it was written (raw_), and again with codes for places, sexes and stages (stg_). A file that
    cannot be read is refused with the reason; the other files are read all the same.
    """
    with at_once(con):
        _take_in(con, catalog, raw, years, cut_off)


def _take_in(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    raw: Path,
    years: Iterable[int],
    cut_off: CutOff,
) -> None:
    as_of = cut_off.as_of
    for name, dataset in catalog.datasets.items():
        con.execute(_table(f"raw_{name}", ["delivery", "row", "line", *dataset.columns]))
        con.execute(_table(f"stg_{name}", staging.columns(dataset), staging.without(dataset)))
    store, found, reading = _Store(con), Findings(), _Reading(catalog)
    folders = {year: raw / catalog.district.code / str(year) for year in years}
    heads = {year: _register(con, catalog, found, folder, raw, year) for year, folder in folders.items()}
    history = History(cut_off.journal.events() if cut_off.journal else (), as_of)
    unfiled = {year: history.unfiled(year, head.deliveries if head else ()) for year, head in heads.items()}
    last = heads[max(heads)] if cut_off.closed and heads else None
    if last:
        heads = {year: head and _closed(con, catalog, found, head, last.locked, as_of) for year, head in heads.items()}
    if as_of:
        con.execute("insert into meta_as_of values (?)", [as_of])
    today = max((head.published for head in heads.values() if head), default=date.max)
    rows: list[Mapping[str, object]] = []
    for year, folder in folders.items():
        head = heads[year]
        filed = AsFiled(catalog, history, year, unfiled[year], last.locked if last else date.max, as_of)
        versions = _versions(catalog, found, head) if head else []
        taken = []
        for version in versions:
            version = version._replace(unfiled=not version.superseded and filed.denies(version.delivery, version.entry))
            corrections = _Corrections(con, catalog, version, today)
            taken.append(reading.taken(found, folder, version, store, corrections))
        rows += taken
        filed.report(found, [version.delivery for version in versions], max(heads))
        for defect in describe_edited(history, year, head) if head else ():
            found.unfiled(year, REGISTER, defect, None, max(heads), "")
        if head and unmarked(history, year, head):
            con.execute("update meta_register set simulated = true where year = ?", [year])
        append_named(con, "meta_unfiled", list(filed.rows(taken)))
        rows += _missing(catalog, year, {(v.delivery.dataset, v.delivery.department) for v in versions})
    append_named(con, "meta_deliveries", rows)
    found.store(con)
    store.flush()
    con.execute(
        "update meta_deliveries set simulated = r.simulated from meta_register r "
        "where r.year = meta_deliveries.year and meta_deliveries.simulated is null"
    )


def _table(name: str, columns: Sequence[str], nothing: Set[str] = frozenset()) -> str:
    """Makes a table; columns in which `nothing` ever stands can be asked for and take no room, and no time to write."""
    kinds = {c: "integer" if c in {"row", "line"} else "varchar" for c in columns}
    kinds |= dict.fromkeys(nothing, "varchar as (null)")
    return f'create table "{name}" ({", ".join(f"{chr(34)}{c}{chr(34)} {kind}" for c, kind in kinds.items())})'


# --- the register ----------------------------------------------------------------------------------------------------


def _register(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, found: Findings, folder: Path, raw: Path, year: int
) -> Register | None:
    """The register of a year. A register that cannot be read is reported as a finding, and none of its deliveries is
    used.
    """
    path, code = folder / REGISTER, catalog.district.code
    named = f"{year}/{REGISTER}"
    if not path.is_file():
        if not all(d.irregular for d in catalog.datasets.values()):
            where = path.relative_to(raw.parent).as_posix()
            found.blame(year, named, describe("register/none", severity="warning", year=year, path=where))
        return None
    try:
        head = register.read(path, raw)
    except CatalogError as error:
        for told in error.problems:
            wrong = describe(
                "register/unreadable", line=told.line, column=told.key, problem=str(told), expected=told.message
            )
            found.blame(year, named, wrong)
        return None
    if (head.district, head.year) != (code, year):
        wrong = describe("register/place", district=head.district, stated=head.year, code=code, year=year)
        found.blame(year, named, wrong)
        return None
    con.execute(
        "insert into meta_register values (?, ?, ?, ?, ?, ?)",
        [code, year, head.simulated, printable(head.note), head.locked, head.published],
    )
    register.finish(folder, head.deliveries)
    for defect in odd(head.note, say("messages/where/note", year=year)):
        found.blame(year, named, defect)
    _unregistered(found, folder, head)
    return head


def _closed(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, found: Findings, head: Register, lock: date, as_of: date | None
) -> Register:
    """The register without the entries that the edition does not use.

    Every entry after the lock is stored in meta_late; one that is not used is reported as a finding as well.
    """
    used, late = register.closed(head.deliveries, lock, as_of)
    for entry in late:
        dataset, decided = catalog.datasets.get(entry.dataset), entry.admitted
        department = sender(catalog, entry, head.year)
        if dataset is None or department not in catalog.senders.get(entry.dataset, ()):
            continue  # told where versions are put in order
        if decided is not None or not dataset.above:  # bulletins come out when they come out: the next edition has them
            con.execute(
                "insert into meta_late values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    head.year,
                    entry.dataset,
                    department,
                    entry.received,
                    *(
                        (printable(decided.by), decided.on, printable(decided.reason))
                        if decided
                        else (None, None, None)
                    ),
                    f"{head.year}/{printable(entry.file)}",
                ],
            )
        if decided is None:
            defect = describe(
                "after_lock",
                severity="info" if dataset.above else "warning",
                year=head.year,
                file=printable(entry.file),
                received=entry.received,
                lock=lock,
            )
            found.blame(head.year, f"{head.year}/{printable(entry.file)}", defect)
    return head.model_copy(update={"deliveries": tuple(used)})


def _unregistered(found: Findings, folder: Path, head: Register) -> None:
    known = {entry.file for entry in head.deliveries} | {REGISTER}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in known and not register.UNFINISHED.fullmatch(name):
            defect = describe("unregistered", severity="warning", year=head.year, name=name)
            found.blame(head.year, f"{head.year}/{name}", defect)


def _versions(catalog: Catalog, found: Findings, head: Register) -> list[Version]:
    """Every entry that can be used. Of each dataset and department, all versions but the newest are superseded."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in head.deliveries:
        if entry.dataset in catalog.aside:
            continue
        dataset = catalog.datasets.get(entry.dataset)
        department = sender(catalog, entry, head.year)
        if dataset is None or department not in catalog.senders.get(entry.dataset, ()):
            kind = "register/no_dataset" if dataset is None else "register/no_sender"
            defect = describe(kind, year=head.year, file=entry.file, dataset=entry.dataset, department=department)
            found.blame(head.year, f"{head.year}/{entry.file}", defect)
        else:
            groups.setdefault((entry.dataset, department), []).append(entry)
    return [
        version
        for (name, department), group in groups.items()
        for version in _ordered(catalog.datasets[name], name, department, head.year, group)
    ]


def _ordered(dataset: Dataset, name: str, department: str, year: int, group: Sequence[Entry]) -> Iterable[Version]:
    ordered, rivals = register.newest_last(group)
    form = stem(dataset, name, department, year)
    for number, entry in enumerate(ordered, 1):
        delivery = Delivery(f"{form}/v{number}", year, name, department, f"{year}/{printable(entry.file)}")
        defect = None
        if entry in rivals:
            others = "、".join(f"“{other.file}”" for other in rivals if other is not entry)
            defect = describe("register/rivals", others=others)
        yield Version(delivery, entry, number, entry not in rivals and number < len(ordered), defect)


# --- the files -------------------------------------------------------------------------------------------------------


class _Store:
    """Collects rows for raw_ and stg_ and inserts them in blocks.

    One insert costs milliseconds, however few its rows are; blocks save time, and their size bounds the memory.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.waiting: dict[str, list[RowBlock]] = {}
        self.rows = 0
        self.added: dict[str, list[RowBlock]] | None = {}
        """What was added of the file that is being read; None where some of it was taken back, or where it is too much to
        keep.
        """

    def take(self, dataset: str, delivery: str, table: DeliveredTable, stager: Stager) -> None:
        """Store every chunk of a file. If the file proves unreadable later on, or has not one figure at its end, the chunks
        stored so far are removed again: nothing came that could be used or rejected.
        """
        try:
            for chunk in table.chunks():
                for written, staged in stager.blocks(chunk):
                    self.add(f"raw_{dataset}", written)
                    self.add(f"stg_{dataset}", staged)
        except UnreadableError:
            self._take_back(dataset, delivery)
            raise
        if stager.other_years:
            self._leave_out_years(dataset, delivery, table, stager)
        if stager.is_blank:
            self._take_back(dataset, delivery)
            return
        columns = [
            (
                delivery,
                use.position + 1,
                printable(use.printed, LONGEST_TITLE),
                use.match.header,
                _measure(table, use),
                use.match.sex,
                use.match.part,
                *((c.unit, float(c.factor)) if (c := table.conversions.get(use.position)) else (None, 1.0)),
            )
            for use in table.layout.uses
        ]
        self.add("meta_columns", _block((name, [use[n] for use in columns]) for n, name in enumerate(COLUMNS)))

    def _take_back(self, dataset: str, delivery: str) -> None:
        self.flush()
        for kind in ("raw", "stg"):
            self.con.execute(f'delete from "{kind}_{dataset}" where delivery = ?', [delivery])  # noqa: S608
        self.added = None

    def _leave_out_years(self, dataset: str, delivery: str, table: DeliveredTable, stager: Stager) -> None:
        """Where a file has several years below each other, keep the year that was asked for.

        Rows of another year are a table of their own if there are as many of them as of the asked year, and if most of
        their places and items stand in the asked year too. A year that was only mistyped leaves a gap in the asked
        year: such rows stay, so that the contract gate can name them.
        """
        self.flush()
        keys = {"delivery": delivery, "year": str(table.year), "form": FOUR}
        key = ", ".join(f'"{k}"' for k in table.dataset.key)
        years = self.con.execute(
            f"""with mine as (select *, ({key}) as what from "stg_{dataset}" where delivery = $delivery)
                select year, count(*) from mine where regexp_full_match(year, $form) and year <> $year group by year
                having count(*) filter (what in (select what from mine where year = $year)) * 2 > count(*)
                    and count(*) * 2 >= (select count(*) from mine where year = $year)
                order by year""",  # noqa: S608  (names of the catalogue)
            keys,
        ).fetchall()
        if not years:
            return
        self.added = None
        lost = {"delivery": delivery, "years": [year for year, _ in years]}
        self.con.execute(
            f"""delete from "raw_{dataset}" where delivery = $delivery and row in
                (select row from "stg_{dataset}"
                where delivery = $delivery and list_contains($years, year))""",  # noqa: S608
            lost,
        )
        self.con.execute(
            f'delete from "stg_{dataset}" '  # noqa: S608
            "where delivery = $delivery and list_contains($years, year)",
            lost,
        )
        stager.leave_out(sum(rows for _, rows in years), self._left(dataset, delivery, table))
        listed = "、".join(say("messages/where/year", year=year, rows=rows) for year, rows in years)
        table.notes.append(describe("other_year/rows", severity="info", listed=listed, year=table.year))

    def _left(self, dataset: str, delivery: str, table: DeliveredTable) -> Mapping[str, Mapping[str, int]]:
        """How often each text stands in the columns of figures, or of statements, of a delivery that is stored."""
        columns = [*staging.measures(table.dataset), "value", *staging.ANSWERED]
        query = 'select "{0}", count(*) from "stg_{1}" where delivery = ? and "{0}" is not null group by 1'
        return {c: dict(self.con.execute(query.format(c, dataset), [delivery]).fetchall()) for c in columns}

    def add(self, table: str, block: RowBlock) -> None:
        rows = _rows(block)
        if self.added is not None:
            self.added.setdefault(table, []).append(block)
            if sum(map(_rows, self.added[table])) > KEPT:
                self.added = None
        if rows >= MANY:  # each column has its own words: to make them one costs more than to insert them
            self.flush(table)
            self._insert(table, pd.DataFrame(block, copy=False))
            return
        self.waiting.setdefault(table, []).append(block)
        self.rows += rows
        if self.rows >= CHUNK:
            self.flush()

    def flush(self, *tables: str) -> None:
        """Insert what waits for some tables, or for all."""
        for table in tables or [*self.waiting]:
            if blocks := self.waiting.pop(table, []):
                self.rows -= sum(map(_rows, blocks))
                self._insert(table, _joined(blocks))

    def _insert(self, table: str, rows: RowBlock | pd.DataFrame) -> None:
        self.con.execute(f'insert into "{table}" by name select * from rows')  # noqa: S608


def _rows(block: RowBlock) -> int:
    return len(next(iter(block.values())))


def _joined(blocks: Sequence[RowBlock]) -> RowBlock:
    """Blocks of a table as one; None in the rows of a block that lacks a column."""
    if len(blocks) == 1:
        return blocks[0]
    names = dict.fromkeys(name for block in blocks for name in block)
    return {
        name: np.concatenate(
            [np.asarray(b[name]) if name in b else np.full(_rows(b), None, np.object_) for b in blocks]
        )
        for name in names
    }


def _block(columns: Iterable[tuple[str, Sequence[object]]]) -> RowBlock:
    return {name: np.array(values, np.object_) for name, values in columns}


KEPT = 2 * CHUNK
"""The most rows of a file that a later run may take over: what is larger is streamed, and never held as a whole."""
COLUMNS = ("delivery", "position", "printed", "header", "measure", "sex", "part", "unit", "factor")
"""The columns of meta_columns."""


def _measure(table: DeliveredTable, use: Use) -> str | None:
    column = table.dataset.columns.get(use.match.header)
    return column.measure if column else None


class _Reading:
    """Reads the files of deliveries; one that an earlier run has read under the same records is taken over."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog, self.coders = catalog, Coders(catalog)
        self.forms: dict[str, str] = {}
        """Dataset → the hash of its record."""

    def taken(
        self, found: Findings, folder: Path, version: Version, store: _Store, corrections: _Corrections
    ) -> Mapping[str, object]:
        """The row of meta_deliveries of a file; stored are its rows and corrections, and its defects as findings."""
        try:
            _, digest = registered(folder, version.entry)
        except UnreadableError:  # told where it is read
            return _take(self.coders, found, folder, version, store, corrections)
        place = kept.place(
            "read", version.delivery.key, lambda: self._made_of(version, digest, corrections), version.delivery.file
        )
        if place is None:
            return _take(self.coders, found, folder, version, store, corrections)
        kept.use(place)
        if place.content is not None:
            return self._restored(json.loads(place.content), found, version, store)
        store.added, known = {}, len(found.rows)
        row = _take(self.coders, found, folder, version, store, corrections)
        if store.added is not None:
            told = {
                "row": {name: row[name] for name in READ},
                "findings": found.rows[known:],
                "corrections": corrections.told,
                "tables": {name: _columns(blocks) for name, blocks in store.added.items()},
            }
            place.put(json.dumps(told, ensure_ascii=False, default=str).encode())
        store.added = None
        return row

    def _restored(
        self, told: Mapping[str, Any], found: Findings, version: Version, store: _Store
    ) -> Mapping[str, object]:
        found.rows += told["findings"]
        append(store.con, "meta_corrections", told["corrections"])
        for name, columns in told["tables"].items():
            store.add(name, _block(columns.items()))
        return {**_registered(self.catalog, version), **told["row"]}

    def _made_of(self, version: Version, digest: str, corrections: _Corrections) -> kept.Parts:
        form = version.delivery.dataset
        if form not in self.forms:
            self.forms[form] = kept.digest([self._records, repr(self.catalog.datasets[form])])
        return {
            "file": digest,
            "register": kept.digest(
                [*map(repr, (version, corrections.holding, corrections.elsewhere, corrections.expired))]
            ),
            "catalogue": self.forms[form],
        }

    @cached_property
    def _records(self) -> str:
        """All that a file is read by, beside the record of its form: not what plans promise."""
        catalog = self.catalog
        names = [[plan.head.short, plan.head.title] for plan in catalog.plans]
        return kept.digest(
            [*map(repr, (catalog.codes, catalog.district, catalog.indicators, catalog.dimensions)), names]
        )


READ = ("sha256", "sheet", "encoding", "evidence", "reason", "status", "rows_in", "cells_in")
"""What reading a file tells for its row of meta_deliveries."""


def _columns(blocks: Sequence[RowBlock]) -> dict[str, list[object]]:
    """Blocks as one, as lists; None where there is nothing."""
    return {name: [None if v != v else v for v in column.tolist()] for name, column in _joined(blocks).items()}


class _Corrections:
    """The registered corrections of one delivery: which of them apply, and at the end what became of each."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, version: Version, today: date) -> None:
        self.con, self.delivery = con, version.delivery
        place = (self.delivery.year, self.delivery.dataset)
        mine = [c for c in catalog.exemptions.corrections if (c.year, c.dataset) == place]
        mine = [c for c in mine if c.department in (None, self.delivery.department) and not version.superseded]
        valid = [c for c in mine if c.until >= today]
        self.expired = [c for c in mine if c.until < today]
        self.elsewhere = [(c, kind) for c in valid if (kind := self._elsewhere(catalog, version, c))]
        """Those that were made for another version, and why."""
        self.holding = [c for c in valid if c not in [other for other, _ in self.elsewhere]]
        self.number = version.number
        self.told: list[list[object]] = []
        """What became of each: its row of meta_corrections."""

    def _elsewhere(self, catalog: Catalog, version: Version, correction: Correction) -> str:
        """Why a correction is not for this version: it names another, or it names none and no row, and the file was
        sent again since, maybe in another order. Empty if it is.
        """
        if correction.version is not None:
            return "version" if correction.version != version.number else ""
        dataset = catalog.datasets[self.delivery.dataset].form(self.delivery.year)
        return "unnamed" if version.number > 1 and not correction.names_row(dataset) else ""

    def conclude(self, stager: Stager) -> Iterator[Defect]:
        became = [stager.became.get(n, Became(Mending.MENDED)) for n in range(len(self.holding))]
        states = [
            *((c, b.state, "", b.cells) for c, b in zip(self.holding, became, strict=True)),
            *((c, Mending.ELSEWHERE, kind, ()) for c, kind in self.elsewhere),
            *((c, Mending.EXPIRED, "", ()) for c in self.expired),
        ]
        for c, state, kind, cells in states:
            row = [self.delivery.key, c.line, c.column, c.expect, c.value, c.reason, c.by, str(c.until), state]
            append(self.con, "meta_corrections", [row])
            self.told.append(row)
            told = f"{state}/{kind or 'row'}" if state == Mending.ELSEWHERE else state
            yield describe(
                f"correction_{told}",
                line=c.line,
                column=c.column,
                value=c.expect,
                severity="info" if state == Mending.APPLIED else "warning",
                instead=c.value,
                reason=c.reason,
                by=c.by,
                until=c.until,
                row="、".join(c.row.values()),
                version=c.version,
                number=self.number,
                listed="、".join(f"“{use.printed}”" for use in cells),
            )


def _take(
    coders: Coders,
    found: Findings,
    folder: Path,
    version: Version,
    store: _Store,
    corrections: _Corrections,
) -> Mapping[str, object]:
    """Read one file: returns its row of meta_deliveries; stored are its rows in raw_ and stg_, and its defects as findings."""
    delivery, entry, catalog = version.delivery, version.entry, coders.catalog
    dataset = catalog.datasets[delivery.dataset]
    defects: list[Defect] = [version.defect] if version.defect else []
    table = stager = None
    digest = ""
    try:
        path, digest = registered(folder, entry)
        table = read(
            path, dataset, catalog.codes, delivery.year, entry.sheet, (catalog.district.name, catalog.district.short)
        )
        stager = Stager(coders, delivery.key, table, corrections.holding)
        store.take(delivery.dataset, delivery.key, table, stager)
        if dataset.released:
            store.flush()
            defects += released.defects(store.con, catalog, delivery)
        defects += _answered([*table.notes, *stager.notes()], entry.confirmed or {})
        defects += corrections.conclude(stager)
    except UnreadableError as error:
        defects.append(error.defect)
        table = None
    came = stager if table and stager and not stager.is_blank else None
    sheet = table.view.sheet if table else entry.sheet
    defects += [
        *odd(entry.file, say("messages/where/file")),
        *odd(sheet or "", say("messages/where/sheet")),
        *odd(entry.reason or "", say("messages/where/reason")),
    ]
    sheet, reason = printable(sheet or ""), entry.reason and printable(entry.reason)
    for defect in defects:
        # The faults of a replaced version have been mended.
        found.report(delivery, defect, sheet, "info" if version.superseded else "")
    refused = version.unfiled or any(defect.severity == "critical" for defect in defects)
    return {
        **_registered(catalog, version),
        "sha256": digest or None,
        "sheet": sheet or None,
        "encoding": table.file.encoding if table else None,
        "evidence": table.file.evidence if table else None,
        "reason": reason,
        "status": "superseded" if version.superseded else "refused" if refused else "accepted",
        "rows_in": came.rows if came else 0,
        "cells_in": came.cells if came else 0,
    }


def _registered(catalog: Catalog, version: Version) -> Mapping[str, object]:
    """What the register and the record of its form tell for a delivery's row of meta_deliveries."""
    delivery, entry = version.delivery, version.entry
    return {
        "delivery": delivery.key,
        "district": catalog.district.code,
        "year": delivery.year,
        "dataset": delivery.dataset,
        "department": delivery.department,
        "file": delivery.file,
        "received": entry.received,
        "due": catalog.datasets[delivery.dataset].due_for(delivery.year),
        "version": version.number,
        "simulated": entry.simulated,
    }


def _answered(defects: Iterable[Defect], confirmed: Mapping[str, str]) -> Iterator[Defect]:
    """A question that the sender has already answered becomes a notice that names who answered it."""
    asked = set()
    for defect in defects:
        if defect.rule in QUESTIONS and defect.rule in confirmed and defect.severity != "info":
            asked.add(defect.rule)
            told = say("messages/answered/problem", problem=defect.problem, answer=printable(confirmed[defect.rule]))
            yield defect._replace(problem=told, severity="info", cure=say("messages/answered/cure"))
        elif defect.rule in QUESTIONS and defect.severity != "info":
            cure = say("messages/answered/ask", cure=defect.cure, rule=defect.rule)
            yield defect._replace(cure=cure)
        else:
            yield defect
    for rule in confirmed.keys() - asked:
        yield describe("register/confirmed", severity="warning", rule=rule)


def registered(folder: Path, entry: Entry) -> tuple[Path, str]:
    """The path of the registered file and its sha256. A path outside the year's folder is never followed."""
    try:
        path = (folder / entry.file).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise UnreadableError(describe("path", file=entry.file))
        if not path.is_file():  # a pipe would wait for ever
            raise FileNotFoundError(ENOENT, "no file", str(path))
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        if isinstance(error, OSError) and error.errno not in OF_THE_PATH:
            raise  # the machine's own trouble is no department's
        raise UnreadableError(describe("absent", file=entry.file)) from None
    if digest != entry.sha256:
        raise UnreadableError(describe("sha256", value=digest, stated=entry.sha256[:12], found=digest[:12]))
    return path, digest


def _missing(catalog: Catalog, year: int, came: Set[tuple[str, str]]) -> Iterator[Mapping[str, object]]:
    """The rows of meta_deliveries of the deliveries that were due and did not come; `came`: dataset and department."""
    for name, departments in catalog.owed(year).items():
        dataset = catalog.datasets[name]
        for department in departments:
            if (name, department) not in came:
                yield {
                    "delivery": f"{stem(dataset, name, department, year)}/missing",
                    "district": catalog.district.code,
                    "year": year,
                    "dataset": name,
                    "department": department,
                    "due": dataset.due_for(year),
                    "status": "missing",
                    "rows_in": 0,
                    "cells_in": 0,
                }

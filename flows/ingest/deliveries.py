"""Registers and files in, every cell as it was written out: meta_register, meta_deliveries, raw_ and stg_ tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb

from expectations.catalog import CatalogError
from expectations.records import Catalog, Dataset
from flows.files import Defect, UnreadableError
from flows.ingest import register, staging
from flows.ingest.findings import Delivery, blame, report
from flows.ingest.register import Entry, Register
from flows.ingest.staging import Stager
from flows.ingest.table import Table, read

REGISTER = "deliveries.yml"


class Version(NamedTuple):
    """One registered file of a dataset and department."""

    delivery: Delivery
    entry: Entry
    number: int
    superseded: bool
    defect: Defect | None = None
    """Why it cannot be used, whatever the file says."""


def receive(con: duckdb.DuckDBPyConnection, catalog: Catalog, raw: Path, years: Iterable[int]) -> None:
    """Read every register and file of `years`.

    Every cell is kept as it was written (raw_), and once more with codes for places, sexes and stages (stg_). A file
    that cannot be read is refused with the reason; the others go on.
    """
    for name, dataset in catalog.datasets.items():
        con.execute(_table(f"raw_{name}", ["delivery", "row", "line", *dataset.columns]))
        con.execute(_table(f"stg_{name}", staging.columns(dataset)))
    for year in years:
        folder = raw / catalog.district.code / str(year)
        head = _register(con, catalog, folder, raw, year)
        for version in _versions(con, catalog, head) if head else ():
            _take(con, catalog, folder, version)
        _missing(con, catalog, year)
    con.execute(
        "update meta_deliveries set simulated = r.simulated from meta_register r where r.year = meta_deliveries.year"
    )


def _table(name: str, columns: Sequence[str]) -> str:
    listed = ", ".join(f'"{c}" {"integer" if c in {"row", "line"} else "varchar"}' for c in columns)
    return f'create table "{name}" ({listed})'


# --- the register ----------------------------------------------------------------------------------------------------


def _register(con: duckdb.DuckDBPyConnection, catalog: Catalog, folder: Path, raw: Path, year: int) -> Register | None:
    """The register of a year; where it is wrong, that is a finding, and none of its deliveries can be used."""
    path, code = folder / REGISTER, catalog.district.code
    named = f"{year}/{REGISTER}"
    if not path.is_file():
        if not all(d.irregular for d in catalog.datasets.values()):
            problem = f"没有{year}年的报送登记 {path.relative_to(raw.parent).as_posix()}，该年全部报表按未报送处理"
            blame(con, year, named, Defect("register", "每个年度一份报送登记", "请建立该年目录和报送登记", problem))
        return None
    try:
        head = register.read(path, raw)
    except CatalogError as error:
        for found in error.problems:
            defect = Defect("register", found.message, "请改正报送登记", str(found), found.line, found.key)
            blame(con, year, named, defect)
        return None
    if (head.district, head.year) != (code, year):
        problem = f"报送登记写的是{head.district}、{head.year}年，所在目录是{code}、{year}年"
        blame(con, year, named, Defect("register", "登记的地区和年份与所在目录一致", "请改正报送登记", problem))
        return None
    con.execute(
        "insert into meta_register values (?, ?, ?, ?, ?, ?)",
        [code, year, head.simulated, head.note, head.locked, head.published],
    )
    _unregistered(con, folder, head)
    return head


def _unregistered(con: duckdb.DuckDBPyConnection, folder: Path, head: Register) -> None:
    known = {entry.file for entry in head.deliveries} | {REGISTER}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            problem = f"{head.year}年目录中的文件“{name}”没有登记，未使用"
            defect = Defect("unregistered", "每个文件都在报送登记中", "请在报送登记中补登", problem, severity="warning")
            blame(con, head.year, f"{head.year}/{name}", defect)


def _versions(con: duckdb.DuckDBPyConnection, catalog: Catalog, head: Register) -> list[Version]:
    """Every usable entry; all but the newest of a dataset and department are superseded."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in head.deliveries:
        dataset = catalog.datasets.get(entry.dataset)
        department = entry.department or (dataset.department if dataset else "")
        if dataset is None or department not in catalog.senders.get(entry.dataset, ()):
            what = f"没有报表“{entry.dataset}”" if dataset is None else f"部门“{department}”不报送“{entry.dataset}”"
            problem = f"{head.year}年报送登记中的“{entry.file}”：{what}，未使用"
            defect = Defect("register", "登记的报表和部门都在目录中", "请改正报送登记", problem)
            blame(con, head.year, f"{head.year}/{entry.file}", defect)
        else:
            groups.setdefault((entry.dataset, department), []).append(entry)
    return [
        version
        for (name, department), group in groups.items()
        for version in _ordered(catalog.datasets[name], name, department, head.year, group)
    ]


def _ordered(dataset: Dataset, name: str, department: str, year: int, group: Sequence[Entry]) -> Iterable[Version]:
    ordered, rivals = register.newest_last(group)
    stem = _stem(dataset, name, department, year)
    for number, entry in enumerate(ordered, 1):
        delivery = Delivery(f"{stem}/v{number}", year, name, department, f"{year}/{entry.file}")
        defect = None
        if entry in rivals:
            others = "、".join(f"“{other.file}”" for other in rivals if other is not entry)
            problem = f"与{others}是同一报表，登记没有写明以哪一份为准"
            cure = "请在后收到的一份的登记中写明 replaces"
            defect = Defect("register", "同一报表的各份之间写明替换关系（replaces）", cure, problem)
        yield Version(delivery, entry, number, entry not in rivals and number < len(ordered), defect)


def _stem(dataset: Dataset, name: str, department: str, year: int) -> str:
    return f"{year}/{name}{'@' + department if dataset.department == '*' else ''}"


# --- the files -------------------------------------------------------------------------------------------------------


def _take(con: duckdb.DuckDBPyConnection, catalog: Catalog, folder: Path, version: Version) -> None:
    """One file: its row in meta_deliveries, its rows in raw_ and stg_, its defects as findings."""
    delivery, entry = version.delivery, version.entry
    dataset = catalog.datasets[delivery.dataset]
    defects: list[Defect] = [version.defect] if version.defect else []
    table = stager = None
    digest = ""
    try:
        path, digest = _registered(folder, entry)
        table = read(path, dataset, catalog.codes, delivery.year, entry.sheet)
        stager = Stager(catalog, delivery.key, table)
        _store(con, delivery, table, stager)
        defects += [*table.notes, *stager.notes()]
    except UnreadableError as error:
        defects.append(error.defect)
        for kind in ("raw", "stg"):  # a text file may turn out to be beyond reading only after some of its rows
            con.execute(f'delete from "{kind}_{delivery.dataset}" where delivery = ?', [delivery.key])  # noqa: S608
        table = None
    sheet = table.view.sheet if table else entry.sheet
    for defect in defects:
        # What was wrong with a version that has been replaced has been mended.
        report(con, delivery, defect, sheet, "info" if version.superseded else "")
    refused = any(defect.severity == "critical" for defect in defects)
    values = {
        "delivery": delivery.key, "district": catalog.district.code, "year": delivery.year,
        "dataset": delivery.dataset, "department": delivery.department, "file": delivery.file,
        "sha256": digest or None, "sheet": sheet or None, "encoding": table.file.encoding if table else None,
        "evidence": table.file.evidence if table else None, "received": entry.received,
        "due": due(dataset, delivery.year), "version": version.number, "reason": entry.reason, "simulated": False,
        "status": "superseded" if version.superseded else "refused" if refused else "accepted",
        "rows_in": stager.rows if table and stager else 0, "cells_in": stager.cells if table and stager else 0,
    }  # fmt: skip
    listed = ", ".join(values)
    marks = ", ".join("?" * len(values))
    con.execute(f"insert into meta_deliveries ({listed}) values ({marks})", list(values.values()))  # noqa: S608


def _store(con: duckdb.DuckDBPyConnection, delivery: Delivery, table: Table, stager: Stager) -> None:
    """The file's rows into raw_ and stg_, a chunk at a time, and its columns into meta_columns."""
    name = delivery.dataset
    for chunk in table.chunks():
        for written, staged in stager.frames(chunk):
            con.execute(f'insert into "raw_{name}" by name select * from written')  # noqa: S608
            con.execute(f'insert into "stg_{name}" by name select * from staged')  # noqa: S608
            del written, staged
    for use in table.layout.uses:
        conversion = table.conversions.get(use.position)
        column = table.dataset.columns.get(use.match.header)
        con.execute(
            "insert into meta_columns values (?, ?, ?, ?, ?, ?, ?, ?)",
            [delivery.key, use.position + 1, use.printed, use.match.header, column.measure if column else None,
             use.match.sex, conversion.unit if conversion else None, conversion.factor if conversion else 1],
        )  # fmt: skip


def _registered(folder: Path, entry: Entry) -> tuple[Path, str]:
    """The file as it was registered and its sha256; never one outside the year's folder."""
    try:
        path = (folder / entry.file).resolve()
        if not path.is_relative_to(folder.resolve()):
            problem = f"登记的路径“{entry.file}”不在该年目录之内"
            raise UnreadableError(Defect("path", "该年目录之内的文件", "请改正报送登记", problem))
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        problem = f"找不到或打不开登记的文件“{entry.file}”"
        cure = "请放入该文件或改正报送登记"
        raise UnreadableError(Defect("absent", "登记的文件在该年目录中", cure, problem)) from None
    if digest != entry.sha256:
        problem = f"文件与登记时不同：登记的 sha256 是 {entry.sha256[:12]}…，文件是 {digest[:12]}…"
        cure = "请核实文件是否被改动；确是新文件的，请另行登记"
        raise UnreadableError(Defect("sha256", "与登记时逐字节相同的文件", cure, problem, value=digest))
    return path, digest


def due(dataset: Dataset, year: int) -> date:
    month, day = map(int, dataset.due.split("-"))
    return date(year + 1, month, day)


def _missing(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
    """What was due and did not come has a row too."""
    came = set(con.execute("select dataset, department from meta_deliveries where year = ?", [year]).fetchall())
    for name, dataset in catalog.datasets.items():
        if dataset.irregular or year < dataset.since:
            continue
        for department in catalog.senders[name]:
            if (name, department) not in came:
                con.execute(
                    "insert into meta_deliveries "
                    "(delivery, district, year, dataset, department, due, simulated, status) "
                    "values (?, ?, ?, ?, ?, ?, false, 'missing')",
                    [f"{_stem(dataset, name, department, year)}/missing", catalog.district.code, year, name,
                     department, due(dataset, year)],
                )  # fmt: skip

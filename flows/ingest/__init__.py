"""Registers and files in, text and numbers with their origin out; nothing is lost on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd

from expectations.catalog import CatalogError
from expectations.records import Catalog, Column, Dataset
from flows.ingest import register
from flows.ingest.files import Defect, Table, UnreadableError, even, read
from flows.ingest.register import Entry, Register

KEYS = ("area", "unit", "sex", "plan", "clause", "stage", "text", "source", "indicator", "value", "value_unit")
"""Dimensions and texts that a staged row may have besides its year and its measures."""


class AccountingError(Exception):
    """Cells received are not observations plus rejections: a fault of this program, never of a department."""


class Delivery(NamedTuple):
    key: str
    year: int
    dataset: str
    department: str
    file: str
    """Path below the district's folder."""


# --- receive ---------------------------------------------------------------------------------------------------------


def receive(con: duckdb.DuckDBPyConnection, catalog: Catalog, raw: Path, years: Iterable[int]) -> None:
    """Read every register and file of `years`; fill meta_register, meta_deliveries, raw_ and stg_ tables.

    Every cell is kept as it was written (raw_), and once more with codes for places, sexes and stages (stg_). A file
    that cannot be read is refused with the reason; the others go on.
    """
    frames: dict[str, list[pd.DataFrame]] = {name: [] for name in catalog.datasets}
    staged: dict[str, list[pd.DataFrame]] = {name: [] for name in catalog.datasets}
    for year in years:
        entries = _register(con, catalog, raw, year)
        for delivery, entry, version, superseded in _versions(con, catalog, year, entries):
            table = _take(con, catalog, raw, delivery, entry, version, superseded)
            if table is not None:
                dataset = catalog.datasets[delivery.dataset]
                frames[delivery.dataset].append(_raw(dataset, delivery, table))
                staged[delivery.dataset].append(_stage(catalog, dataset, delivery, table))
        _missing(con, catalog, year)
    for name, dataset in catalog.datasets.items():
        _create(con, f"raw_{name}", frames[name], ["delivery", "line", *dataset.columns])
        _create(
            con,
            f"stg_{name}",
            staged[name],
            ["delivery", "line", "year", *KEYS, "area_name", "surplus", *dataset.measures],
        )


def _create(con: duckdb.DuckDBPyConnection, table: str, frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> None:
    listed = ", ".join(f'"{c}" {"integer" if c == "line" else "varchar"}' for c in columns)
    con.execute(f'create table "{table}" ({listed})')
    if frames:
        rows = pd.concat(frames, ignore_index=True)  # noqa: F841  (named in the query)
        con.execute(f'insert into "{table}" by name select * from rows')  # noqa: S608  (names come from the catalogue)


def _register(con: duckdb.DuckDBPyConnection, catalog: Catalog, raw: Path, year: int) -> tuple[Entry, ...]:
    """The entries of a year; a wrong register is a finding, and none of its deliveries can be used."""
    folder = raw / catalog.district.code / str(year)
    path = folder / "deliveries.yml"
    if not path.is_file():
        if all(d.irregular for d in catalog.datasets.values()):
            return ()
        message = f"没有{year}年的报送登记：{path.relative_to(raw.parent).as_posix()}"
        cure = "请建立该年目录和报送登记"
        _find(con, "critical", "missing_year", None, year, expected="每个年度一份报送登记", message=message, cure=cure)
        return ()
    try:
        head = register.read(path, raw)
        wrong = _register_of(head, catalog, year)
    except CatalogError as error:
        for problem in error.problems:
            cure = "请改正报送登记"
            _find(con, "critical", "register", None, year, line=problem.line, column=problem.key, file=problem.file,
                  expected=problem.message, message=f"{problem}。{cure}。", cure=cure)  # fmt: skip
        return ()
    if wrong:
        _find(con, "critical", "register", None, year, expected="登记的地区和年份与所在目录一致", message=wrong,
              cure="请改正报送登记")  # fmt: skip
        return ()
    con.execute(
        "insert into meta_register values (?, ?, ?, ?, ?, ?)",
        [head.district, year, head.simulated, head.note, head.locked, head.published],
    )
    _unregistered(con, folder, head, year)
    return head.deliveries


def _register_of(head: Register, catalog: Catalog, year: int) -> str | None:
    if (head.district, head.year) == (catalog.district.code, year):
        return None
    return f"报送登记写的是{head.district}、{head.year}年，所在目录是{catalog.district.code}、{year}年"


def _unregistered(con: duckdb.DuckDBPyConnection, folder: Path, head: Register, year: int) -> None:
    known = {entry.file for entry in head.deliveries} | {"deliveries.yml"}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in known:
            message = f"{year}年目录中的文件“{name}”没有登记，未使用。请在报送登记中补登。"
            _find(con, "warning", "unregistered", None, year, file=f"{year}/{name}", expected="每个文件都在报送登记中",
                  message=message, cure="请在报送登记中补登")  # fmt: skip


def _versions(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, entries: Iterable[Entry]
) -> list[tuple[Delivery, Entry, int, bool]]:
    """Each usable entry with its version; all but the newest of a dataset and department are superseded."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        dataset = catalog.datasets.get(entry.dataset)
        department = entry.department or (dataset.department if dataset else "")
        if dataset is None or department not in catalog.senders.get(entry.dataset, ()):
            what = f"没有报表 {entry.dataset!r}" if dataset is None else f"部门 {department!r} 不报送 {entry.dataset!r}"
            _find(con, "critical", "register", None, year, file=f"{year}/{entry.file}",
                  expected="登记的报表和部门都在目录中",
                  message=f"{year}年报送登记中“{entry.file}”：{what}。请改正登记。", cure="请改正登记")  # fmt: skip
            continue
        groups.setdefault((entry.dataset, department), []).append(entry)
    found = []
    for (name, department), group in groups.items():
        ordered = sorted(group, key=lambda e: (e.received, e.replaces is not None))
        for version, entry in enumerate(ordered, 1):
            key = f"{year}/{name}{'@' + department if catalog.datasets[name].department == '*' else ''}/v{version}"
            delivery = Delivery(key, year, name, department, f"{year}/{entry.file}")
            found.append((delivery, entry, version, version < len(ordered)))
    return found


def _take(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    raw: Path,
    delivery: Delivery,
    entry: Entry,
    version: int,
    superseded: bool,
) -> Table | None:
    """One file: its row in meta_deliveries, its defects as findings, and its table unless nothing can be used."""
    dataset = catalog.datasets[delivery.dataset]
    folder = (raw / catalog.district.code / str(delivery.year)).resolve()
    data, table, fatal = b"", None, None
    try:
        data = _bytes(folder, entry)
        table = read(data, dataset, catalog.codes)
        for defect in table.defects:
            _report(con, delivery, defect)
    except UnreadableError as error:
        fatal = error.defect
        _report(con, delivery, fatal)
    status = "superseded" if superseded else "refused" if fatal else "accepted"
    simulated = con.execute("select simulated from meta_register where year = ?", [delivery.year]).fetchone()
    con.execute(
        "insert into meta_deliveries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
        [
            delivery.key, catalog.district.code, delivery.year, delivery.dataset, delivery.department, delivery.file,
            hashlib.sha256(data).hexdigest() if data else None, table.encoding if table else None, entry.received,
            _due(dataset, delivery.year), version, entry.reason, bool(simulated and simulated[0]), status,
            len(table.rows) if table else 0, len(table.rows) * _cells_a_row(dataset) if table else 0,
        ],
    )  # fmt: skip
    return table


def _cells_a_row(dataset: Dataset) -> int:
    """Figures (or statements) that each row of a dataset carries."""
    return len(dataset.measures) or 1


def _due(dataset: Dataset, year: int) -> date:
    month, day = map(int, dataset.due.split("-"))
    return date(year + 1, month, day)


def _bytes(folder: Path, entry: Entry) -> bytes:
    path = (folder / entry.file).resolve()
    if not path.is_relative_to(folder):
        raise UnreadableError(
            Defect("path", "该年目录之内的文件", "请改正登记", f"登记的路径“{entry.file}”不在该年目录之内")
        )
    if not path.is_file():
        raise UnreadableError(
            Defect("absent", "登记的文件在目录中", "请放入该文件或改正登记", f"找不到登记的文件“{entry.file}”")
        )
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry.sha256:
        problem = f"文件与登记时不同：登记的 sha256 是 {entry.sha256[:12]}…，文件是 {digest[:12]}…"
        cure = "请核实文件是否被改动；确是新文件的，请另行登记"
        raise UnreadableError(Defect("sha256", "与登记时逐字节相同的文件", cure, problem))
    return data


def _report(con: duckdb.DuckDBPyConnection, delivery: Delivery, defect: Defect) -> None:
    severity = "critical" if defect.fatal else "info" if "未作数据" in defect.problem else "warning"
    name = delivery.file.partition("/")[2]
    message = f"{delivery.year}年“{name}”：{defect.problem}。应为{defect.expected}。{defect.cure}。"
    _find(con, severity, defect.rule, delivery, delivery.year, line=defect.line, column=defect.column,
          value=defect.value, expected=defect.expected, message=message, cure=defect.cure)  # fmt: skip


def _find(
    con: duckdb.DuckDBPyConnection,
    severity: str,
    rule: str,
    delivery: Delivery | None,
    year: int,
    *,
    expected: str,
    message: str,
    cure: str,
    line: int | None = None,
    column: str | None = None,
    value: str | None = None,
    file: str | None = None,
) -> None:
    dataset, department, key, file = (
        (*delivery[2:4], delivery.key, delivery.file) if delivery else (None, None, None, file)
    )
    con.execute(
        "insert into out_findings (gate, severity, rule, dataset, department, delivery, file, line, column_name, year, "
        "value, expected, message, cure) values ('file', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [severity, rule, dataset, department, key, file, line, column, year, value, expected, message, cure],
    )


def _missing(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
    """What was due and did not come stands in the register of the run too."""
    came = {(d, s) for d, s in con.execute(
        "select dataset, department from meta_deliveries where year = ?", [year]).fetchall()}  # fmt: skip
    simulated = con.execute("select simulated from meta_register where year = ?", [year]).fetchone()
    for name, dataset in catalog.datasets.items():
        if dataset.irregular or year < dataset.since:
            continue
        for department in catalog.senders[name]:
            if (name, department) in came:
                continue
            key = f"{year}/{name}{'@' + department if dataset.department == '*' else ''}/missing"
            con.execute(
                "insert into meta_deliveries (delivery, district, year, dataset, department, due, simulated, status) "
                "values (?, ?, ?, ?, ?, ?, ?, 'missing')",
                [
                    key,
                    catalog.district.code,
                    year,
                    name,
                    department,
                    _due(dataset, year),
                    bool(simulated and simulated[0]),
                ],
            )


# --- text to codes ---------------------------------------------------------------------------------------------------


def _raw(dataset: Dataset, delivery: Delivery, table: Table) -> pd.DataFrame:
    """The rows as they were written, under the record's headers."""
    columns: dict[str, list[Any]] = {"delivery": [delivery.key] * len(table.rows), "line": [r.line for r in table.rows]}
    for header in dataset.columns:
        columns[header] = [_cell(row.cells, table.columns.get(header)) for row in table.rows]
    return pd.DataFrame(columns)


def _cell(cells: Sequence[str], position: int | None) -> str:
    return cells[position] if position is not None and position < len(cells) else ""


def _stage(catalog: Catalog, dataset: Dataset, delivery: Delivery, table: Table) -> pd.DataFrame:
    """The rows with codes instead of names, and evened text instead of figures; what is not known stays as written."""
    places = _places(catalog)
    units = {u.name: u.id for k in catalog.district.units.values() for u in k.members}
    indicators = {even(w): key for key, i in catalog.indicators.items() for w in (i.name, *i.aliases)}
    sexes = {word.lower(): sex for sex, words in catalog.codes.sexes.items() for word in words}
    stages = {word: stage for stage, words in catalog.codes.stages.items() for word in words}
    decode: Mapping[str | None, Mapping[str, str]] = {
        "area": places, "unit": units, "sex": sexes, "stage": stages, "indicator": indicators,
    }  # fmt: skip
    columns: dict[str, list[Any]] = {"delivery": [delivery.key] * len(table.rows), "line": [r.line for r in table.rows]}
    for header, column in dataset.columns.items():
        written = [even(_cell(row.cells, table.columns.get(header))) for row in table.rows]
        if column.is_ in decode:
            words = decode[column.is_]
            written = [words.get(w.lower() if column.is_ == "sex" else w, w) for w in written]
        elif column.measure or column.is_ == "value":
            written = [_figure(w, column) for w in written]
        name = column.measure or column.is_
        if name and name not in {"unit_name", "note"}:
            columns[name] = written
    if "area" in columns:
        columns["area"] = [
            area or places.get(name, area)
            for area, name in zip(columns["area"], columns.get("area_name", columns["area"]), strict=True)
        ]
    columns["surplus"] = [" ".join(filter(None, map(even, row.cells[table.width :]))) for row in table.rows]
    frame = pd.DataFrame(columns)
    defaults = {"area": catalog.district.code, "unit": "", "sex": "total"}
    if dataset.unit_kind:
        homes = {u.id: u.area or catalog.district.code for u in catalog.district.units[dataset.unit_kind].members}
        frame["area"] = [homes.get(unit, catalog.district.code) for unit in columns["unit"]]
    for name, value in defaults.items():
        if name not in frame:
            frame[name] = value
    return frame


def _places(catalog: Catalog) -> dict[str, str]:
    """Every way to name an area → its code."""
    district = catalog.district
    words = {a.name: a.code for a in (*district.areas, *district.references)}
    return words | dict.fromkeys((district.name, district.short, *catalog.codes.whole), district.code)


def _figure(text: str, column: Column) -> str:
    """Thousands marks taken out, a sign of the column's own unit taken off; nothing else is guessed."""
    figure = text.replace(",", "") if text.count(",") and _grouped(text) else text
    if column.unit in {"%", "‰"}:
        figure = figure.removesuffix(column.unit)
    return figure


def _grouped(text: str) -> bool:
    head, *groups = text.partition(".")[0].lstrip("-").split(",")
    return head.isdigit() and len(head) <= 3 and all(len(g) == 3 and g.isdigit() for g in groups)


Unusable = dict[tuple[Any, ...], tuple[str, str]]
"""delivery and line (and column) → rule and message"""

# --- observe ---------------------------------------------------------------------------------------------------------


def observe(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Turn the cells that the contract gate left into observations and statements, and the others into rejections.

    Raises `AccountingError` unless every cell of every delivery is one or the other.
    """
    bad_rows, bad_cells = _verdicts(con)
    for name, dataset in catalog.datasets.items():
        rows = con.execute(
            f'select s.*, d.status as delivery_status, d.year as data_year from "stg_{name}" s '  # noqa: S608
            "join meta_deliveries d using (delivery) where d.status <> 'superseded' order by delivery, line"
        ).df()
        writer = _Writer(catalog, dataset, bad_rows, bad_cells)
        for row in rows.to_dict("records"):
            writer.row({str(k): v for k, v in row.items()})
        writer.store(con)
    _account(con)


def _verdicts(con: duckdb.DuckDBPyConnection) -> tuple[Unusable, Unusable]:
    """Rows and cells that the contract gate found unusable → rule and message."""
    rows: Unusable = {}
    cells: Unusable = {}
    for delivery, line, column, rule, message in con.execute(
        "select delivery, line, column_name, rule, message from out_findings "
        "where gate = 'contract' and severity = 'critical' and line is not null order by all"
    ).fetchall():
        if rule.startswith("cell_"):
            cells.setdefault((delivery, line, column), (rule, message))
        else:
            rows.setdefault((delivery, line), (rule, message))
    return rows, cells


class _Writer:
    """Collects what becomes of the rows of one dataset."""

    def __init__(
        self,
        catalog: Catalog,
        dataset: Dataset,
        bad_rows: Unusable,
        bad_cells: Unusable,
    ) -> None:
        self.catalog, self.dataset, self.bad_rows, self.bad_cells = catalog, dataset, bad_rows, bad_cells
        self.observations: list[tuple[object, ...]] = []
        self.rejections: list[tuple[object, ...]] = []
        self.statements: list[tuple[object, ...]] = []
        self.nothing = {even(word): state for state, words in catalog.codes.nothing.items() for word in words}
        self.asked = {
            (p.plan.head.short, p.clause, p.lead): p.id for p in catalog.promises() if p.target.rule == "evidence"
        }

    def row(self, row: Mapping[str, Any]) -> None:
        delivery, line = str(row["delivery"]), int(row["line"])
        refused = row["delivery_status"] == "refused"
        bad = ("refused", "整份报送未通过核查") if refused else self.bad_rows.get((delivery, line))
        if "text" in self.dataset.roles:
            self._statement(row, delivery, line, bad)
        elif "value" in self.dataset.roles:
            header = self.dataset.roles["value"]
            self._cell(row, delivery, line, bad, header, str(row["indicator"]), self.dataset.columns[header], "value")
        else:
            for measure, header in self.dataset.measures.items():
                self._cell(row, delivery, line, bad, header, measure, self.dataset.columns[header], measure)

    def _cell(
        self,
        row: Mapping[str, Any],
        delivery: str,
        line: int,
        bad: tuple[str, str] | None,
        header: str,
        measure: str,
        column: Column,
        key: str,
    ) -> None:
        written = str(row[key])
        bad = bad or self.bad_cells.get((delivery, line, header))
        if bad:
            known = row["area"] in self._areas() and row["sex"] in {"female", "male", "total"}
            place = (row["area"], row["sex"]) if known else (None, None)
            self.rejections.append((delivery, line, header, measure, *place, written, *bad))
            return
        state = self.nothing.get(written)
        value = None if state else Decimal(written) * self.catalog.codes.scales.get(str(column.unit), Decimal(1))
        self.observations.append(
            (self.catalog.district.code, int(row["data_year"]), row["area"], row["unit"], row["sex"], measure,
             value, state or "ok", delivery, line)
        )  # fmt: skip

    def _areas(self) -> set[str]:
        district = self.catalog.district
        return {district.code, *(a.code for a in (*district.areas, *district.references))}

    def _statement(self, row: Mapping[str, Any], delivery: str, line: int, bad: tuple[str, str] | None) -> None:
        header = self.dataset.roles["text"]
        bad = bad or self.bad_cells.get((delivery, line, header))
        if bad:
            self.rejections.append((delivery, line, header, None, None, None, str(row["text"]), *bad))
            return
        department = delivery.partition("@")[2].partition("/")[0]
        target = self.asked[str(row["plan"]), str(row["clause"]), department]
        self.statements.append(
            (self.catalog.district.code, int(row["data_year"]), target, row["stage"], row["text"], row["source"],
             delivery, line)
        )  # fmt: skip

    def store(self, con: duckdb.DuckDBPyConnection) -> None:
        for table, rows in (
            ("core_observations", self.observations),
            ("core_rejections", self.rejections),
            ("core_statements", self.statements),
        ):
            if rows:
                columns = [c[0] for c in con.execute(f"select * from {table} limit 0").description or ()]  # noqa: S608
                frame = pd.DataFrame(rows, columns=columns)  # noqa: F841  (named in the query)
                con.execute(f"insert into {table} by name select * from frame")  # noqa: S608


def _account(con: duckdb.DuckDBPyConnection) -> None:
    """cells in = observations + rejections, for every delivery; otherwise the run stops."""
    con.execute("""
        update meta_deliveries as d set observations = t.observations, rejections = t.rejections,
            status = case when d.status = 'accepted' and t.rejections > 0 then 'partial' else d.status end
        from (
            select delivery, count(*) filter (where kind = 'o') as observations,
                count(*) filter (where kind = 'r') as rejections
            from (select delivery, 'o' as kind from core_observations
                  union all select delivery, 'o' from core_statements
                  union all select delivery, 'r' from core_rejections)
            group by delivery
        ) t where t.delivery = d.delivery
    """)
    wrong = con.execute(
        "select delivery, cells_in, observations, rejections from meta_deliveries "
        "where status <> 'superseded' and cells_in <> observations + rejections"
    ).fetchall()
    if wrong:
        listed = "；".join(f"{d}：收到{c}格，采用{o}格，退回{r}格" for d, c, o, r in wrong)
        raise AccountingError(f"数据核对不平，请报告程序错误：{listed}")

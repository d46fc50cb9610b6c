"""Staged rows and the contract gate's findings in, observations, statements and rejections out: no cell is lost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import pandas as pd

from expectations.records import Catalog, Column, Dataset


class AccountingError(Exception):
    """Cells received are not observations plus rejections: a fault of this program, never of a department."""


class Verdict(NamedTuple):
    """Why something cannot be used."""

    rule: str
    message: str


class Unusable(NamedTuple):
    rows: dict[tuple[str, int], Verdict]
    """By delivery and line."""
    cells: dict[tuple[str, int, str], Verdict]
    """By delivery, line and column."""


REFUSED = Verdict("refused", "整份报送未通过核查")


def observe(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Turn the cells that the contract gate left into observations and statements, and the others into rejections.

    Raises `AccountingError` unless every cell of every delivery is one or the other.
    """
    unusable = _unusable(con)
    for name, dataset in catalog.datasets.items():
        rows = (
            con.execute(
                f'select s.*, d.status, d.year as data_year, d.department from "stg_{name}" s '  # noqa: S608
                "join meta_deliveries d using (delivery) where d.status <> 'superseded' order by delivery, line"
            )
            .df()
            .fillna("")
        )
        sorter = _Sorter(catalog, dataset, unusable)
        for row in rows.to_dict("records"):
            sorter.take({str(k): v for k, v in row.items()})
        sorter.store(con)
    _account(con)


def _unusable(con: duckdb.DuckDBPyConnection) -> Unusable:
    """What the contract gate found unusable."""
    found = Unusable({}, {})
    for delivery, line, column, rule, message in con.execute(
        "select delivery, line, column_name, rule, message from out_findings "
        "where gate = 'contract' and severity = 'critical' and line is not null order by all"
    ).fetchall():
        if rule.startswith("cell_"):
            found.cells.setdefault((delivery, line, column), Verdict(rule, message))
        else:
            found.rows.setdefault((delivery, line), Verdict(rule, message))
    return found


class _Sorter:
    """Decides what becomes of each cell of one dataset."""

    def __init__(self, catalog: Catalog, dataset: Dataset, unusable: Unusable) -> None:
        self.catalog, self.dataset, self.unusable = catalog, dataset, unusable
        self.observations: list[tuple[object, ...]] = []
        self.rejections: list[tuple[object, ...]] = []
        self.statements: list[tuple[object, ...]] = []
        self.asked: dict[int, Mapping[tuple[str, str, str], tuple[str, ...]]] = {}
        district = catalog.district
        self.areas = {district.code, *(a.code for a in (*district.areas, *district.references))}
        self.nothing = {word.lower(): state for state, words in catalog.codes.nothing.items() for word in words}

    def take(self, row: Mapping[str, Any]) -> None:
        refused = row["status"] == "refused"
        bad = REFUSED if refused else self.unusable.rows.get((row["delivery"], row["line"]))
        roles = self.dataset.roles
        if "text" in roles:
            self._statement(row, bad)
        elif "value" in roles:
            indicator = self.catalog.indicators.get(row["indicator"])
            wanted = indicator.unit if indicator else ""
            factor = self.catalog.codes.factor(row["value_unit"] or wanted, wanted)
            self._cell(row, bad, roles["value"], row["indicator"], row["value"], factor or Decimal(1))
        else:
            for measure, header in self.dataset.measures.items():
                self._cell(row, bad, header, measure, row[measure], self._scale(self.dataset.columns[header]))

    def _scale(self, column: Column) -> Decimal:
        return self.catalog.codes.scales.get(str(column.unit), Decimal(1))

    def _cell(
        self, row: Mapping[str, Any], bad: Verdict | None, header: str, measure: str, written: str, factor: Decimal
    ) -> None:
        delivery, line = row["delivery"], row["line"]
        bad = bad or self.unusable.cells.get((delivery, line, header))
        if bad:
            area = row["area"] if row["area"] in self.areas else None
            sex = row["sex"] if row["sex"] in {"female", "male", "total"} else None
            self.rejections.append((delivery, line, header, measure, area, sex, written, *bad))
            return
        state = self.nothing.get(written.lower())
        value = None if state else round(Decimal(written) * factor, 6)
        self.observations.append(
            (self.catalog.district.code, row["data_year"], row["area"], row["unit"], row["sex"], measure, value,
             state or "ok", delivery, line)
        )  # fmt: skip

    def _statement(self, row: Mapping[str, Any], bad: Verdict | None) -> None:
        delivery, line = row["delivery"], row["line"]
        if bad:
            header = self.dataset.roles["text"]
            self.rejections.append((delivery, line, header, None, None, None, row["text"], *bad))
            return
        year = row["data_year"]
        if year not in self.asked:
            self.asked[year] = self.catalog.asked(year)
        for target in self.asked[year][row["department"], row["plan"], row["clause"]]:
            self.statements.append(
                (self.catalog.district.code, year, target, row["stage"], row["text"], row["source"],
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
                  union all select delivery, 'r' from core_rejections
                  -- a statement may answer several targets
                  union all (select distinct on (delivery, line) delivery, 'o' from core_statements))
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

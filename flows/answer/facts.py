"""What the warehouse says of deliveries and checks: the only SQL of what goes back to the departments."""

from __future__ import annotations

from typing import Any

import duckdb

from expectations.records import Catalog
from flows.warehouse import rows
from flows.wording import say

Row = dict[str, Any]


def register(con: duckdb.DuckDBPyConnection, year: int) -> Row | None:
    """What the register says of a data year as a whole; None where there is none."""
    found = rows(con, "select * from meta_register where year = ?", year)
    return found[0] if found else None


def title(catalog: Catalog, year: int) -> str:
    """What the report on a year is called in letters."""
    return say("letters/report", year=year, plans=say("labels/and").join(p.head.short for p in catalog.in_force(year)))


def simulated(con: duckdb.DuckDBPyConnection, year: int) -> bool:
    """Whether anything of a data year is made up."""
    query = """
    select 1 from meta_deliveries where year = $year and simulated
    union all select 1 from meta_register where year = $year and simulated
    """
    return con.execute(query, {"year": year}).fetchone() is not None


def years(con: duckdb.DuckDBPyConnection) -> list[int]:
    """The data years of the run."""
    query = "select year from meta_register union select year from meta_deliveries order by year"
    return [year for (year,) in con.execute(query).fetchall()]


def deliveries(con: duckdb.DuckDBPyConnection, year: int) -> list[Row]:
    """Every version of every delivery; `first` is when the first version came."""
    query = """
    select *, min(received) over (partition by dataset, department) as first from meta_deliveries where year = ?
    order by department, dataset, version, delivery
    """
    return rows(con, query, year)


def standing(con: duckdb.DuckDBPyConnection, year: int, department: str) -> list[Row]:
    """A department's deliveries by due date, those that were replaced left out."""
    found = [r for r in deliveries(con, year) if r["department"] == department and r["status"] != "superseded"]
    return sorted(found, key=lambda row: (row["due"], row["dataset"]))


def checks(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """Every check of every suite, in the order in which they were made."""
    return rows(con, "select * from out_checks order by rowid")


def findings(con: duckdb.DuckDBPyConnection, year: int) -> list[Row]:
    """What was found in a year's deliveries, file by file, the heaviest first; nothing of a version that was replaced.

    `header` is the record's name of the column, where the file prints another.
    """
    query = """
    select f.*, (
        select min(c.header) from meta_columns c
        where c.delivery = f.delivery and c.position = f.position and not starts_with(c.header, '@')
    ) as header
    from out_findings f left join meta_deliveries d using (delivery)
    where f.year = ? and coalesce(d.status, '') <> 'superseded'
    order by case f.severity when 'critical' then 0 when 'warning' then 1 else 2 end,
    f.file nulls last, f.sheet, f.line,
        f.position, f.rule, f.column_name, f.area, f.unit, f.sex, f.part, f.message, f.target
    """
    return rows(con, query, year)


def asked(con: duckdb.DuckDBPyConnection, year: int, department: str) -> list[Row]:
    """What a department is asked about, the heaviest first; targets that were missed are no question to it."""
    query = """
    select f.* from out_findings f left join meta_deliveries d using (delivery)
    where f.gate <> 'plan' and f.year = ? and f.department = ? and coalesce(d.status, '') <> 'superseded'
    order by case f.severity when 'critical' then 0 when 'warning' then 1 else 2 end,
    f.file, f.line, f.position, f.message
    """
    return rows(con, query, year, department)


def verdicts(con: duckdb.DuckDBPyConnection, year: int) -> dict[str, str]:
    """Target → its verdict in a year; empty where none was taken yet."""
    return dict(con.execute("select target, verdict from out_assessments where year = ?", [year]).fetchall())

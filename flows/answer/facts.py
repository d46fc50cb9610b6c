"""What the warehouse says of deliveries and checks: the only SQL of what goes back to the departments."""

from __future__ import annotations

import duckdb

from expectations.records import Catalog
from expectations.vocabulary import Severity
from flows.warehouse import Row, rows
from flows.wording import say


def title(catalog: Catalog, year: int) -> str:
    """What the report on a year is called, as on its cover."""
    short, names = catalog.district.short, [plan.head.title for plan in catalog.in_force(year)]
    place = short if any(name.startswith(short) for name in names) else ""
    plans = say("labels/and").join(name.removeprefix(short) for name in names)
    return say("letters/report", year=year, place=place, plans=plans)


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
    order by list_position(?, f.severity),
    f.file nulls last, f.sheet, f.line,
        f.position, f.rule, f.column_name, f.area, f.institution, f.sex, f.part, f.message, f.target
    """
    return rows(con, query, year, [*Severity])

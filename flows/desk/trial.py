"""Runs the stages up to the verdicts in memory, to see what a delivery is or would change; nothing is kept.

Except where an edition is made again, the lock does not apply here: what came after it is treated like what came before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import ParamSpec, TypeVar

import duckdb

from expectations.records import Catalog
from expectations.vocabulary import AnswerSheet
from flows import warehouse
from flows.journal import OPEN, CutOff, Journal

P = ParamSpec("P")
T = TypeVar("T")


def quietly(title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a stage and print nothing."""
    return stage(*args, **kwargs)


@contextmanager
def received(
    catalog: Catalog,
    raw: Path,
    years: range,
    cut_off: CutOff = OPEN,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with the deliveries of `years`, each checked against its record."""
    from flows import ingest, validate

    with warehouse.memory() as con:
        ingest.store(con, catalog, raw, years, cut_off)
        validate.contract(con, catalog, validate.Trial())
        ingest.observe(con, catalog)
        yield con


@contextmanager
def standing(catalog: Catalog, raw: Path, year: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory that knows what became of every delivery of `year`: its cells are sound or not, and so are the ratios that
    come from them.
    """
    from flows import compute, validate

    with received(catalog, raw, range(year, year + 1)) as con:
        compute.indicators(con, catalog, bare=True)
        validate.ratios(con, catalog, validate.Trial())
        yield con


@contextmanager
def checked(catalog: Catalog, raw: Path, year: int, of: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with everything that the checks find up to `year`, or in the delivery `of` alone."""
    from flows import ingest, pipeline, validate

    with warehouse.memory() as con:
        looked = validate.Trial(of)
        pipeline.checked(con, catalog, raw, year, quietly, OPEN, looked)
        _judge_places(con, catalog, year, of)
        validate.unfilled(con, catalog, year, looked)
        validate.cells_of_ratios(con, catalog, year, looked)
        if validate.is_long(con):
            ingest.answers(con, catalog, raw, [year], OPEN, [AnswerSheet.FEEDBACK])
            validate.shorten(con)
        yield con


def _judge_places(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, of: str | None) -> None:
    """Take the verdicts of targets for every place: one place that fails decides them, whatever another has not sent. Of no other
    target can a figure that is not there leave the verdict standing. Nothing is asked where there is nothing to tell of the delivery.
    """
    from flows import assess

    each = {p.id for p in catalog.promises(year) if p.target.each is not None}
    if each and con.execute(WANTING, {"of": of}).fetchone() == (True,):
        taken = assess.verdicts(con, catalog, year, each)
        warehouse.append(con, "out_assessments", [verdict.row(catalog.district.code) for verdict in taken])


WANTING = """
select exists (from core_observations where state = 'not_received' and delivery = coalesce($of, delivery))
    or exists (from out_findings where delivery = coalesce($of, delivery))
"""
"""Whether anything was found in a delivery, or a cell of it is empty."""


@contextmanager
def judged(
    catalog: Catalog,
    raw: Path,
    year: int,
    cut_off: CutOff = OPEN,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with the verdicts of `year` and the figures before them, unasked whether they can be true."""
    from flows import assess, compute, pipeline, validate

    with received(catalog, raw, pipeline.years(catalog, year), cut_off) as con:
        compute.indicators(con, catalog)
        validate.withdraw(con, catalog)
        assess.targets(con, catalog, year)
        yield con


@contextmanager
def computed(catalog: Catalog, raw: Path, year: int, cut_off: CutOff = OPEN) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with the figures that the verdicts of `year` rest on, without what is only printed with them."""
    from flows import compute, pipeline, validate

    with received(catalog, raw, pipeline.years(catalog, year), cut_off) as con:
        compute.indicators(con, catalog, bare=True)
        validate.withdraw(con, catalog)
        yield con


@contextmanager
def answered(
    catalog: Catalog, raw: Path, warehouses: Path, year: int, departments: Set[str] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with the warnings of `year` and what departments have answered to them, whenever that came.

    The warnings are those of the last run, where its warehouse is there and of the same catalogue; else they are given anew,
    of some departments' targets alone, if they are named.
    """
    from flows import ingest, validate

    with ExitStack() as opened:
        con = opened.enter_context(warehouse.memory())
        if not _taken_over(con, catalog, warehouses / f"{catalog.district.code}.duckdb", year):
            narrowed = catalog if departments is None else catalog.answering(departments, year)
            con = opened.enter_context(judged(narrowed, raw, year))
        ingest.answers(con, catalog, raw, [year], OPEN)
        validate.answers(con, catalog)
        yield con


WARNED = {
    "meta_register": "year = $year",
    "meta_deliveries": "year = $year",
    "out_indicators": "year = $year",
    "out_assessments": "year = $year",
    "out_warnings": "year = $year",
}
"""What is taken out of the warehouse of the last run."""


def _taken_over(con: duckdb.DuckDBPyConnection, catalog: Catalog, path: Path, year: int) -> bool:
    """Take the warnings of a year out of the warehouse of the last run; False if it is not there, in use, of another program,
    or of other targets than the catalogue has.
    """
    if not path.is_file():
        return False
    quoted = str(path).replace("'", "''")
    try:
        con.execute(f"attach '{quoted}' as known (read_only)")
        for table, part in WARNED.items():
            con.execute(f"insert into {table} by name select * from known.{table} where {part}", {"year": year})  # noqa: S608
        con.execute("detach known")
    except duckdb.Error:
        return False
    judged = {target for (target,) in con.execute("select target from out_assessments").fetchall()}
    return bool(judged) and judged == {promise.id for promise in catalog.promises(year)}


@contextmanager
def made_again(
    catalog: Catalog, raw: Path, year: int, journal: Journal | None = None, as_of: date | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with everything that an edition of `year` had: without what came after its lock, or after the
    day of which it is, or was never filed.
    """
    from flows import pipeline

    with warehouse.memory() as con:
        pipeline.figures(con, catalog, raw, year, quietly, CutOff(journal=journal, as_of=as_of))
        yield con

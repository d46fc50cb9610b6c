"""Runs the stages up to the verdicts in memory, to see what a delivery is or would change; nothing is kept.

The lock does not apply here: what came after it is treated like what came before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TypeVar

import duckdb

from expectations.records import Catalog
from flows import warehouse

P = ParamSpec("P")
T = TypeVar("T")


def quietly(title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a stage and print nothing."""
    return stage(*args, **kwargs)


@contextmanager
def received(catalog: Catalog, raw: Path, years: range) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with the deliveries of `years`, each checked against its record."""
    from flows import ingest, validate

    with warehouse.memory() as con:
        ingest.store(con, catalog, raw, years, closed=False)
        validate.contract(con, catalog, validate.Trial())
        ingest.observe(con, catalog)
        yield con


@contextmanager
def checked(catalog: Catalog, raw: Path, year: int, of: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with what the checks find in one delivery of `year`."""
    from flows import pipeline, validate

    with warehouse.memory() as con:
        pipeline.checked(con, catalog, raw, year, quietly, closed=False, trial=validate.Trial(of))
        yield con


@contextmanager
def judged(catalog: Catalog, raw: Path, year: int, *, closed: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory with everything up to the verdicts of `year`.

    With `closed` it is like an edition: without what came after its lock.
    """
    from flows import pipeline

    with warehouse.memory() as con:
        pipeline.figures(con, catalog, raw, year, quietly, closed=closed)
        yield con

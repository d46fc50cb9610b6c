"""A district's warehouse: built anew by every run, beside the old one, and put in its place when the run has ended."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from flows.places import PROJECT, MendableError

SETTINGS = (
    "set ieee_floating_point_ops = false",  # x / 0 is null, never inf
    "set error_on_division_by_zero = false",
    "set TimeZone = 'Asia/Shanghai'",
    "set threads = 2",
    "set memory_limit = '1GB'",  # what is larger is spilled to disk beside the warehouse
)


@contextmanager
def build(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh warehouse with the tables of warehouse/tables.sql; one run at a time.

    A run that fails or is killed leaves the last whole warehouse as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".building.duckdb")
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise MendableError(f"另一次运行正在使用 {path.name}，请等它结束后再运行。") from None
        for leftover in (fresh, fresh.with_name(fresh.name + ".wal")):
            leftover.unlink(missing_ok=True)
        with duckdb.connect(fresh) as con:
            _prepare(con)
            yield con
        fresh.replace(path)


@contextmanager
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse that nothing is kept of."""
    with duckdb.connect() as con:
        _prepare(con)
        yield con


def append(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Put whole rows into a table, many with each statement: one by one they would cost a millisecond each."""
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        marks = f"({', '.join('?' * len(part[0]))})"
        values = [value for row in part for value in row]
        con.execute(f"insert into {table} values {', '.join([marks] * len(part))}", values)  # noqa: S608  (our tables)


AT_ONCE = 100
"""Rows of a statement."""


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    for setting in SETTINGS:
        con.execute(setting)
    con.execute((PROJECT / "warehouse" / "tables.sql").read_text(encoding="utf-8"))

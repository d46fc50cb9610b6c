"""A district's warehouse. Every run builds it anew beside the old one and replaces the old one at its end."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from flows import disk
from flows.machine import about
from flows.places import PROJECT, MendableError
from flows.wording import BEIJING, say

SETTINGS = (
    "set ieee_floating_point_ops = false",  # x / 0 is null, never inf
    "set error_on_division_by_zero = false",
    f"set TimeZone = '{BEIJING.key}'",
    "set threads = 2",
    "set memory_limit = '1GB'",  # what is larger is spilled to disk beside the warehouse
)


@contextmanager
def build(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new warehouse with the tables of warehouse/tables.sql; only one run at a time.

    A run that fails or is killed leaves the last complete warehouse as it was. Owner and group alone may read it: it
    holds every small count.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".building.duckdb")
    if path.is_dir():
        raise MendableError(f"{path} 应为文件，实为文件夹。请移走它，再重新运行：数据库由原始报表重新生成。")
    with about(path), _alone(path):
        _remove(fresh)  # of a run that was killed
        try:
            with duckdb.connect(fresh) as con:
                fresh.chmod(disk.FILE)
                furnish(con)
                yield con
                write_down(con)
            disk.settle(fresh)
            fresh.replace(path)
            disk.keep(path.parent)
        except BrokenPipeError:  # who looked on has gone
            raise MendableError("接收输出的程序已经退出，运行中止。请重新运行。") from None
        finally:
            _remove(fresh)


def write_down(con: duckdb.DuckDBPyConnection) -> None:
    """Write a warehouse to the disk. Raises if that fails: closing it would not report the failure."""
    con.execute("checkpoint")


def _remove(database: Path) -> None:
    """Delete an unfinished database, with the files that DuckDB puts beside it."""
    for beside in (database, database.with_name(f"{database.name}.wal")):
        beside.unlink(missing_ok=True)
    if (spilled := database.with_name(f"{database.name}.tmp")).is_dir():
        shutil.rmtree(spilled)


class BusyError(MendableError):
    """Another run is building the warehouse; it ends by itself."""


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of a warehouse; its file says who does."""
    with path.with_suffix(".lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            ahead = lock.read().strip()
            raise BusyError(
                f"另一次运行正在使用 {path.name}{f'（{ahead}）' if ahead else ''}，请等它结束后再运行。"
            ) from None
        lock.truncate(0)
        lock.write(say("messages/warehouse/since", at=datetime.now(BEIJING), process=os.getpid()))
        lock.flush()
        yield


@contextmanager
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse in memory; nothing of it is kept. Data that do not fit are moved to temporary files that others
    cannot read.
    """
    with tempfile.TemporaryDirectory(prefix="spill-") as folder, duckdb.connect() as con:
        furnish(con)
        con.execute(f"set temp_directory = '{folder}'")
        yield con


@contextmanager
def at_once(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Keep what is done with a warehouse meanwhile as a whole, or nothing of it. Many rows are written to the disk once: as
    inserts by themselves, they would first go to its log.
    """
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()


Row = dict[str, Any]
"""A row of a table, by the names of its columns."""


def rows(con: duckdb.DuckDBPyConnection, sql: str, *parameters: object) -> list[Row]:
    """What a query finds, each row by the names of its columns."""
    result = con.execute(sql, list(parameters))
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def append(
    con: duckdb.DuckDBPyConnection, table: str, listed: Sequence[Sequence[object]], columns: Sequence[str] = ()
) -> None:
    """Insert rows into a table, all at once and column by column: one by one, each would cost a millisecond, and a statement with
    a place for each value a tenth of that. The rows are whole unless `columns` names what they have.
    """
    if not listed:
        return
    types = {name: kind for name, kind, *_ in con.execute(f"describe {table}").fetchall()}
    named = columns or list(types)
    values = ", ".join(f"unnest(?::{types[name]}[])" for name in named)
    columns_of_text = [types[name] == "VARCHAR" for name in named]
    told = [
        [_told(value, is_text) for value in column]
        for column, is_text in zip(zip(*listed, strict=True), columns_of_text, strict=True)
    ]
    con.execute(f"insert into {table} ({', '.join(named)}) select {values}", told)


def _told(value: object, is_text: bool) -> object:
    """A decimal as text: in a list with other numbers it would become a binary number, as a number of a column of text would."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if is_text and type(value) in (int, float) else value


def append_named(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that name their columns; what only other rows have is null."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    append(con, table, [[row.get(column) for column in columns] for row in rows], columns)


def furnish(con: duckdb.DuckDBPyConnection) -> None:
    """Give an empty database our settings and the tables of warehouse/tables.sql."""
    configure(con)
    tables = (PROJECT / "warehouse" / "tables.sql").read_text(encoding="utf-8")
    con.execute(tables)
    # a copy of its columns alone would lose its checks
    [findings] = re.findall(r"^create table out_findings \(\n.*?^\);", tables, re.M | re.S)
    con.execute(findings.replace("out_findings", "out_answer_findings", 1))


def is_current(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether a warehouse that was opened has the tables of warehouse/tables.sql as they are now. An earlier program made
    others; then no query of this one can be asked.
    """
    return _columns() <= set(con.execute(COLUMNS).fetchall())


COLUMNS = "select table_name, column_name, data_type from duckdb_columns() where not internal"


@cache
def _columns() -> frozenset[tuple[object, ...]]:
    """Those that a warehouse of this program has."""
    with memory() as fresh:
        return frozenset(fresh.execute(COLUMNS).fetchall())


def configure(con: duckdb.DuckDBPyConnection) -> None:
    """Give a database our settings: how it divides, its time zone, and how much memory it may take."""
    con.execute("; ".join(SETTINGS))

"""Stores what the reading of registers and files found wrong, as rows of out_findings."""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from flows.files import Defect
from flows.files.characters import named, printable

LONG = 5_000
"""The most letters of a message."""


class Delivery(NamedTuple):
    key: str
    year: int
    dataset: str
    department: str
    file: str
    """The path below the district's folder."""


def report(
    con: duckdb.DuckDBPyConnection, delivery: Delivery, defect: Defect, sheet: str | None = None, severity: str = ""
) -> None:
    """A defect of one delivered file."""
    name = delivery.file.partition("/")[2] + (f"·{sheet}" if sheet else "")
    message = f"{delivery.year}年“{name}”：{defect.problem}。应为{defect.expected}。{defect.cure}。"
    _insert(con, severity or defect.severity, defect, delivery.year, delivery.file, message, delivery, sheet)


def blame(con: duckdb.DuckDBPyConnection, year: int, file: str, defect: Defect) -> None:
    """A defect of a year's folder or of its register."""
    _insert(con, defect.severity, defect, year, file, f"{defect.problem}。{defect.cure}。", None)


def _insert(
    con: duckdb.DuckDBPyConnection,
    severity: str,
    defect: Defect,
    year: int,
    file: str,
    message: str,
    delivery: Delivery | None,
    sheet: str | None = None,
) -> None:
    dataset, department, key = (delivery.dataset, delivery.department, delivery.key) if delivery else (None,) * 3
    message = named(message, LONG)  # two words that differ never look the same
    values = [
        severity,
        defect.rule,
        dataset,
        department,
        key,
        file,
        sheet or None,
        defect.line,
        defect.position,
        defect.column,
        year,
        defect.value and named(defect.value),
        defect.expected,
        message,
        defect.cure,
    ]
    con.execute(
        "insert into out_findings (gate, severity, rule, dataset, department, delivery, file, sheet, line, position, "
        "column_name, year, value, expected, message, cure) "
        "values ('file', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [printable(value) if isinstance(value, str) else value for value in values],
    )

"""Stores what the reading of registers and files found wrong, as rows of out_findings."""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from flows.files import Defect
from flows.files.characters import named, printable
from flows.warehouse import append

LONG = 5_000
"""The most letters of a message."""


class Delivery(NamedTuple):
    key: str
    year: int
    dataset: str
    department: str
    file: str
    """The path below the district's folder."""


COLUMNS = (
    "gate",
    "severity",
    "rule",
    "dataset",
    "department",
    "delivery",
    "file",
    "sheet",
    "line",
    "position",
    "column_name",
    "year",
    "value",
    "expected",
    "message",
    "cure",
)


class Findings:
    """What was found wrong; it is stored at once, because a row by itself costs milliseconds."""

    def __init__(self) -> None:
        self.rows: list[list[object]] = []

    def report(self, delivery: Delivery, defect: Defect, sheet: str | None = None, severity: str = "") -> None:
        """A defect of one delivered file."""
        name = delivery.file.partition("/")[2] + (f"·{sheet}" if sheet else "")
        message = f"{delivery.year}年“{name}”：{defect.problem}。应为{defect.expected}。{defect.cure}。"
        whose = (delivery.dataset, delivery.department, delivery.key)
        self._add(severity or defect.severity, defect, delivery.year, delivery.file, message, whose, sheet)

    def blame(self, year: int, file: str, defect: Defect) -> None:
        """A defect of a year's folder or of its register."""
        message = f"{defect.problem}。{defect.cure}。"
        self._add(defect.severity, defect, year, file, message, (None, None, None), None)

    def _add(
        self,
        severity: str,
        defect: Defect,
        year: int,
        file: str,
        message: str,
        whose: tuple[str | None, str | None, str | None],
        sheet: str | None,
    ) -> None:
        message = named(message, LONG)  # two words that differ never look the same
        values = [
            "file",
            severity,
            defect.rule,
            *whose,
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
        self.rows.append([printable(value) if isinstance(value, str) else value for value in values])

    def store(self, con: duckdb.DuckDBPyConnection) -> None:
        """Append everything to out_findings."""
        append(con, "out_findings", self.rows, COLUMNS)
        self.rows.clear()

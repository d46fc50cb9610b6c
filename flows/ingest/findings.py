"""Stores what the reading of registers and files found wrong, as rows of out_findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import duckdb

from flows.files import Defect
from flows.files.characters import named, printable
from flows.warehouse import append_named
from flows.wording import say

LONG = 5_000
"""The most letters of a message."""


class Delivery(NamedTuple):
    key: str
    year: int
    dataset: str
    department: str
    file: str
    """The path below the district's folder."""


class Findings:
    """What was found wrong; it is stored at once, because a row by itself costs milliseconds."""

    def __init__(self) -> None:
        self.rows: list[Mapping[str, object]] = []

    def report(self, delivery: Delivery, defect: Defect, sheet: str | None = None, severity: str = "") -> None:
        """A defect of one delivered file."""
        name = delivery.file.partition("/")[2] + (f"·{sheet}" if sheet else "")
        told = {"problem": defect.problem, "expected": defect.expected, "cure": defect.cure}
        message = say("messages/told/delivery", year=delivery.year, file=name, **told)
        whose = (delivery.dataset, delivery.department, delivery.key)
        self._add(severity or defect.severity, defect, delivery.year, delivery.file, message, whose, sheet)

    def blame(self, year: int, file: str, defect: Defect) -> None:
        """A defect of a year's folder or of its register."""
        message = say("messages/told/register", problem=defect.problem, cure=defect.cure)
        self._add(defect.severity, defect, year, file, message, (None, None, None), None)

    def unfiled(self, year: int, file: str, defect: Defect, delivery: Delivery | None, asked: int, why: str) -> None:
        """An entry of a register that is not as it was filed, or its file: told in the report of the year `asked` for,
        whatever its own; `why` is its explanation, empty if nobody has explained it.
        """
        told = {"problem": defect.problem, "expected": defect.expected, "cure": defect.cure}
        message = say("messages/told/delivery", year=year, file=file, **told)
        whose = (delivery.dataset, delivery.department, delivery.key) if delivery else (None, None, None)
        self._add(defect.severity, defect, asked, f"{year}/{file}", message, whose, None, why)

    def _add(
        self,
        severity: str,
        defect: Defect,
        year: int,
        file: str,
        message: str,
        whose: tuple[str | None, str | None, str | None],
        sheet: str | None,
        override: str = "",
    ) -> None:
        message = named(message, LONG)  # two words that differ never look the same
        dataset, department, delivery = whose
        row = {
            "gate": "file",
            "severity": severity,
            "rule": defect.rule,
            "dataset": dataset,
            "department": department,
            "delivery": delivery,
            "file": file,
            "sheet": sheet or None,
            "line": defect.line,
            "position": defect.position,
            "column_name": defect.column,
            "year": year,
            "value": defect.value and named(defect.value),
            "expected": defect.expected,
            "said": say("messages/finding/said", problem=defect.problem, expected=defect.expected),
            "message": message,
            "cure": defect.cure,
            "override": override or None,
        }
        self.rows.append({key: printable(value) if isinstance(value, str) else value for key, value in row.items()})

    def store(self, con: duckdb.DuckDBPyConnection, table: str = "out_findings") -> None:
        """Append everything to a table of findings."""
        append_named(con, table, self.rows)
        self.rows.clear()

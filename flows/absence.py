"""Why a figure is not there. Nobody owes what nobody was asked for: the warehouse knows only that nothing came (未报送), and who
reads it is told here where that is 未布置.
"""

from __future__ import annotations

from functools import cached_property

import duckdb

from expectations.records import Catalog, Promise
from expectations.vocabulary import Reason
from flows.warehouse import Row, rows


class Absence:
    """Which figures of a warehouse were asked for: those that a department owed, in a year that has a register."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self._con, self._catalog = con, catalog

    @cached_property
    def registered(self) -> frozenset[int]:
        """The data years with a register: in no other was any department asked to send something."""
        return frozenset(row["year"] for row in rows(self._con, "select year from meta_register"))

    def of(self, indicator: str, year: int, state: str | None = None) -> str:
        """Why a figure of a year is not there; `state` is what the warehouse says of it, None if it has no row."""
        if state not in {None, Reason.NOT_RECEIVED}:
            return str(state)
        found = self._catalog.absence(indicator, year)
        asked = year in self.registered and self._catalog.is_asked(indicator, year)
        return found if asked or found != Reason.NOT_RECEIVED else str(Reason.NOT_ASKED)

    def of_row(self, row: Row) -> Row:
        """A row of out_indicators with the reason that its readers are told."""
        told = self.of(row["indicator"], row["year"], row["state"])
        return row if told == row["state"] else {**row, "state": told}

    def of_verdict(self, promise: Promise, row: Row) -> Row:
        """The same of a row of out_assessments: a statement is asked of the department that has the lead in that year."""
        if row["reason"] != Reason.NOT_RECEIVED:
            return row
        if promise.target.indicator is not None:
            return {**row, "reason": self.of(promise.target.indicator, row["year"], row["reason"])}
        asked = row["year"] in self.registered and self._catalog.is_statement_asked(promise.id, row["year"])
        return row if asked else {**row, "reason": str(Reason.NOT_ASKED)}

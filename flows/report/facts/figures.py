"""All of `out_indicators`, read once: every figure of the report is looked up here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from flows.absence import Absence
from flows.warehouse import Row, rows


class Figures:
    """Every indicator by year, area, institution, sex and part, in that order; the district's own figures can be asked
    for directly.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, home: str, absent: Absence) -> None:
        query = "select * from out_indicators order by indicator, year, area, institution, sex, part"
        self.all: Sequence[Row] = [absent.of_row(row) for row in rows(con, query)]
        self._home: dict[tuple[str, str], dict[tuple[int, str], Row]] = {}
        self._places: dict[tuple[str, int, str], Row] = {}
        self._groups: dict[tuple[str, int, str, str, str, str], Row] = {}
        for row in self.all:
            group = (row["area"], row["institution"], row["sex"], row["part"])
            self._groups[row["indicator"], row["year"], *group] = row
            if row["area"] == home and not row["institution"]:
                self._home.setdefault((row["indicator"], row["part"]), {})[row["year"], row["sex"]] = row
            if row["sex"] == "total" and not row["institution"] and not row["part"]:
                self._places[row["indicator"], row["year"], row["area"]] = row

    def at_home(self, indicator: str | None, part: str | None = None) -> Mapping[tuple[int, str], Row]:
        """(year, sex) → the district's figure of an indicator, of all or of one part; empty if it has none."""
        return self._home.get((str(indicator), part or ""), {})

    def years(self, indicator: str | None, sex: str, part: str | None = None) -> dict[int, Row]:
        """Year → the district's figure for one sex and one part."""
        return {year: row for (year, of), row in self.at_home(indicator, part).items() if of == sex}

    def place(self, indicator: str, year: int, area: str) -> Row | None:
        """The figure of an area for both sexes, if there is a row of it."""
        return self._places.get((indicator, year, area))

    def of_group(self, indicator: str, year: int, place: tuple[str, str], sex: str, part: str = "") -> Row | None:
        """The figure of an area and institution (empty: none) for one sex and one part, if there is a row of it."""
        return self._groups.get((indicator, year, *place, sex, part))

    def of_year(self, year: int) -> Sequence[Row]:
        """The figures of all places in a year, without institutions and parts."""
        return [row for row in self.all if row["year"] == year and not row["institution"] and not row["part"]]

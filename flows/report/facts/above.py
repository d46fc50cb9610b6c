"""What is known of the areas above the district, and how its own figures stand to theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import duckdb

from expectations.records import Area, Catalog, Indicator
from expectations.vocabulary import Against, Reason, Versus
from flows import intervals
from flows.absence import Absence
from flows.press.bound import Word
from flows.press.numbers import Figure, exact, figure, finely, rounded, seen
from flows.report.facts.figures import Figures
from flows.warehouse import Row, rows
from flows.wording import say

TOTAL = "total"


class AboveFigure(NamedTuple):
    """Upper figure (上级对比数据): what is known of an indicator in an area above the district, printed beside its own."""

    indicator: str
    area: Area
    year: int
    value: float
    decimals: int
    agreement: str
    """In which way its definition is another one; empty if it is the district's."""
    source: str
    issued: date | None
    simulated: bool

    @property
    def fact(self) -> str:
        return f"{self.indicator}/{self.year}/{self.area.code}"

    @property
    def figure(self) -> Figure:
        return figure(self.value, seen(self.value, self.decimals), self.fact)


class Contrast(NamedTuple):
    """A figure of an area above the district, beside the district's own of the same year."""

    told: AboveFigure
    own: Figure | str
    """The word for why there is none."""
    gap: Figure | None
    """The district's figure less the other, if the two can be compared."""
    standing: Versus | Against | None
    """None if they cannot be compared."""

    @property
    def word(self) -> Word | None:
        if self.standing is None:
            return None
        return Word(self.standing.word, f"{self.told.fact}/against", self.standing)


class Above:
    """Every figure of the areas above the district, up to the report's year."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, catalog: Catalog, figures: Figures, year: int, absent: Absence
    ) -> None:
        self._catalog, self._figures, self._year, self._absent = catalog, figures, year, absent
        self._told: dict[tuple[str, str], dict[int, AboveFigure]] = {}
        for told in (*self._from_forms(con), *self._published(con)):  # what is published goes before what a form says
            self._told.setdefault((told.indicator, told.area.code), {})[told.year] = told

    def _published(self, con: duckdb.DuckDBPyConnection) -> Iterator[AboveFigure]:
        areas = {area.code: area for area in self._catalog.district.references}
        for row in rows(con, "select * from out_above where year <= ? order by all", self._year):
            indicator = self._catalog.indicators[row["indicator"]]
            written = row.pop("decimals")
            decimals = indicator.decimals if written is None else min(written, indicator.decimals)
            told = {
                key: row[key] for key in ("indicator", "year", "value", "agreement", "source", "issued", "simulated")
            }
            yield AboveFigure(**told, area=areas[row["area"]], decimals=decimals)

    def _from_forms(self, con: duckdb.DuckDBPyConnection) -> Iterator[AboveFigure]:
        """Figures that departments deliver with their own, because a target compares the two."""
        simulated = {row["year"]: row["simulated"] for row in rows(con, "select year, simulated from meta_register")}
        for area in self._catalog.district.references:
            for key, indicator in self._catalog.indicators.items():
                for year in simulated:
                    row = self._figures.place(key, year, area.code) if year <= self._year else None
                    if row is not None and row["value"] is not None:
                        lead = self._catalog.department(indicator.lead)
                        source = say("labels/above/form", department=lead)
                        value = row["value"]
                        yield AboveFigure(key, area, year, value, indicator.decimals, "", source, None, simulated[year])

    @property
    def all(self) -> list[AboveFigure]:
        """Every figure, in the order of the catalogue, of the district's references, and of years."""
        order = {key: n for n, key in enumerate(self._catalog.indicators)}
        places = {area.code: n for n, area in enumerate(self._catalog.district.references)}
        listed = [told for years in self._told.values() for told in years.values()]
        return sorted(listed, key=lambda told: (order[told.indicator], places[told.area.code], told.year))

    def years(self, indicator: str, area: Area) -> Mapping[int, AboveFigure]:
        """Year → the figure of an area above the district; empty if none is known."""
        return self._told.get((indicator, area.code), {})

    def newest(self, indicator: str, area: Area) -> Contrast | None:
        """The newest figure of an area, compared if it is of the report's year; None if none is known."""
        years = self.years(indicator, area)
        return self.compared(years[max(years)]) if years else None

    def compared(self, told: AboveFigure) -> Contrast:
        """A figure of an area beside the district's own of the same year."""
        record = self._catalog.indicators[told.indicator]
        row, own = self._row(told.indicator, told.year), self.own(told.indicator, told.year)
        if row is None or not isinstance(own, Figure) or told.agreement:
            return Contrast(told, own, None, None)
        here, there = exact(row["value"]), exact(told.value)
        if (finer := finely(here, there, told.decimals)) > told.decimals:  # else they would contradict their difference
            told, own = told._replace(decimals=finer), figure(here, max(finer, own.places), own.fact)
        gap = figure(here - there, told.decimals, f"{told.fact}/gap")
        return Contrast(told, own, gap, self._standing(record, row, told, here - there))

    def _row(self, indicator: str, year: int) -> Row | None:
        return self._figures.years(indicator, TOTAL).get(year)

    def own(self, indicator: str, year: int) -> Figure | str:
        """The district's figure of a year, or the word for why there is none."""
        row = self._row(indicator, year)
        if row is None:
            return Reason.of(self._absent.of(indicator, year)).word
        if row["value"] is None:
            return Reason.of(row["state"]).word
        decimals = seen(row["value"], self._catalog.indicators[indicator].decimals)
        return figure(row["value"], decimals, f"{indicator}/{year}/{TOTAL}")

    def is_of_today(self, told: AboveFigure) -> bool:
        """Whether a figure is of the report's year, or of an earlier one since when the indicator is measured alike."""
        since = [v.since for v in self._catalog.indicators[told.indicator].calibers if v.bridge is None]
        return not any(told.year < year <= self._year for year in since)

    def _standing(self, indicator: Indicator, own: Row, told: AboveFigure, difference: Decimal) -> Versus | Against:
        """Better or worse, or by chance alike: where single events or a sample make the district's figure."""
        if (limits := _limits(indicator, own)) and limits[0] <= told.value <= limits[1]:
            return Against.LIKE
        flat = self._catalog.policy.wording.flat
        if rounded(difference, told.decimals) == 0 or (indicator.unit == "%" and abs(difference) <= flat):
            return Versus.EVEN
        if not indicator.sense:
            return Versus.OVER if difference > 0 else Versus.UNDER
        return Versus.AHEAD if difference * indicator.sense > 0 else Versus.AFTER

    def areas(self, indicators: Sequence[str]) -> list[Area]:
        """The areas above the district of which any of the indicators is known, in the order of the district's file."""
        return [a for a in self._catalog.district.references if any(self.years(key, a) for key in indicators)]


def _limits(indicator: Indicator, own: Row) -> tuple[float, float] | None:
    """The 95 % interval of the district's figure, if it rests on single events or on a sample."""
    method, numerator, denominator = indicator.chance, own["numerator"], own["denominator"]
    if not (indicator.rare or indicator.sample) or method is None or numerator is None or not denominator:
        return None
    return intervals.of_rate(method, float(numerator), float(denominator), float(indicator.per))

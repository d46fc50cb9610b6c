"""基本情况: what reports tell first of the district, its people and its economy, as far as departments have delivered it.

The district's file lists it (`profile`). Each figure is read from that of an indicator, so a public edition tells here
what it tells anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from expectations.records import Indicator
from expectations.units import scale, unit_of
from expectations.vocabulary import Reason, Sex
from flows.press.bound import Name
from flows.press.numbers import Figure, count, exact, figure
from flows.report.facts import Facts
from flows.report.facts.items import differ
from flows.warehouse import Row
from flows.wording import say

PERCENT = 100


@dataclass(frozen=True)
class Trait:
    """One of the figures that describe the district: 常住人口, with women and men where forms tell them apart."""

    facts: Facts
    key: str
    """As the district's file names it: a measure or an indicator."""
    name: Name
    unit: str
    decimals: int
    side: str
    """The column of `out_indicators` that holds it: numerator, denominator or value."""
    rows: Mapping[tuple[int, str], Row]
    scale: Decimal = Decimal(1)
    """How many of what the rows count one unit is: a form's 万人 are known as 人."""

    def known(self, year: int, sex: str = Sex.TOTAL) -> Decimal | None:
        """The figure of a year in its unit, not rounded."""
        row = self.rows.get((year, sex))
        return None if row is None or row[self.side] is None else exact(row[self.side]) / self.scale

    def at(self, year: int, sex: str = Sex.TOTAL) -> Figure | str:
        """The figure of a year, or why there is none."""
        value, row = self.known(year, sex), self.rows.get((year, sex))
        if value is None:
            if row is None and sex != Sex.TOTAL:
                return "—"
            state = self.facts.absence(self._indicator, year) if row is None else row["state"]
            return Reason.of(Reason.SUPPRESSED if state == "ok" else state).word
        fact = f"profile/{self.key}/{year}/{sex}"
        return figure(value, self.decimals, fact) if self.decimals else count(round(value), fact)

    def is_apart(self, year: int) -> bool:
        """Whether the figure of a year is of another caliber than that of the data year. Of a measure that is not known: a caliber is
        an indicator's.
        """
        then, now = (self.rows.get((y, Sex.TOTAL)) for y in (year, self.facts.year))
        return self.side == "value" and then is not None and now is not None and differ(then, now)

    @property
    def _indicator(self) -> str:
        return str(next(iter(self.rows.values()))["indicator"])

    @cached_property
    def by_sex(self) -> bool:
        """Whether women and men are known in the data year."""
        return all(self.known(self.facts.year, sex) is not None for sex in (Sex.FEMALE, Sex.MALE))

    def change(self, since: int) -> Figure | str:
        """How much more it is than in an earlier year, in % (points of a figure in %)."""
        before, now = self.known(since), self.known(self.facts.year)
        if before is None or now is None or since == self.facts.year:
            return "—"
        if self.is_apart(since):
            return say("labels/cell/incomparable")
        fact = f"profile/{self.key}/change/{since}"
        if unit_of(self.unit).is_rate:
            return figure(now - before, self.decimals, fact)
        return figure((now - before) * PERCENT / before, 1, fact) if before else "—"


@dataclass(frozen=True)
class Profile:
    """The figures that describe the district, and the years that they are compared with."""

    traits: list[Trait]
    base: int
    before: int
    year: int

    @property
    def by_sex(self) -> bool:
        return any(trait.by_sex for trait in self.traits)

    @property
    def apart(self) -> bool:
        """Whether a figure of another caliber stands in the table."""
        return any(trait.is_apart(year) for trait in self.traits for year in self.years)

    @property
    def points(self) -> bool:
        """Whether some changes are differences of percentages."""
        return any(unit_of(trait.unit).is_rate for trait in self.traits)

    @property
    def since(self) -> list[int]:
        """The baseline and the year before, or one year if they are the same."""
        return sorted({self.base, self.before} - {self.year})

    @property
    def years(self) -> list[int]:
        return [*self.since, self.year]


def of(facts: Facts) -> Profile | None:
    """What is known of the district in the data year; None if that is nothing."""
    traits = [
        t for key in facts.catalog.district.profile if (t := _trait(facts, key)) and t.known(facts.year) is not None
    ]
    return Profile(traits, facts.base, max(facts.base, facts.year - 1), facts.year) if traits else None


def _trait(facts: Facts, key: str) -> Trait | None:
    indicators = facts.catalog.indicators
    if key in indicators:
        return _of_indicator(facts, key, indicators[key])
    told_by = [name for name, indicator in indicators.items() if indicator.side(key)]
    found = next((d for d in facts.catalog.datasets.values() if key in d.measures), None)
    # the indicator that tells most of it: one by sex before one that is not
    told = max(told_by, key=lambda name: len(_own(facts, name, str(indicators[name].side(key)))), default=None)
    if found is None or told is None:
        return None
    header, side = found.measures[key], str(indicators[told].side(key))
    column = found.columns[header]
    unit, name = str(column.unit), Name(header, f"measure/{key}")
    return Trait(facts, key, name, unit, column.decimals, side, _own(facts, told, side), scale(unit))


def _of_indicator(facts: Facts, key: str, indicator: Indicator) -> Trait:
    name = Name(indicator.name, f"name/{key}")
    return Trait(facts, key, name, indicator.unit, indicator.decimals, "value", facts.figures.at_home(key))


def _own(facts: Facts, indicator: str, side: str) -> Mapping[tuple[int, str], Row]:
    """The rows of an indicator; none if it has no figure on this side."""
    rows = facts.figures.at_home(indicator)
    return rows if any(row[side] is not None for row in rows.values()) else {}

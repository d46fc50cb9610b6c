"""Tells what became of the distance between women and men from one year to another: one definition for all sentences
and tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from expectations.records import MIDDLE, Catalog, Indicator, Target
from expectations.units import unit_of
from expectations.vocabulary import Gap, Moved
from flows.press.bound import Name, Word
from flows.press.numbers import MOST_DECIMALS, Figure, exact, figure, rounded
from flows.report.facts import Facts
from flows.report.facts.items import alike


def moved(before: float | Decimal, now: float | Decimal, decimals: int, unit: str, catalog: Catalog) -> Gap:
    """narrowed, widened or same, by size; turned if the one that was ahead is now behind and neither
    distance is zero.
    """
    first, last = exact(before), exact(now)
    rule = (decimals, unit, catalog)
    if first * last < 0 and not alike(first, *rule) and not alike(last, *rule):
        return Gap.TURNED
    change = abs(last) - abs(first)
    return Gap.SAME if alike(change, *rule) else Gap.NARROWED if change < 0 else Gap.WIDENED


def toward(size: Decimal) -> Moved:
    """Which way a value went; `size`, as printed, is positive where more is better."""
    return Moved.FLAT if size == 0 else Moved.IMPROVED if size > 0 else Moved.WORSE


def nearer(target: Target, before: Decimal, now: Decimal, decimals: int) -> Moved:
    """Which way a value went that can be too high and too low: whether it lies less far outside the band, or away from as many
    women as men, than before; as it is printed.
    """
    low, high = target.band or (MIDDLE, MIDDLE)
    outside, inside = (max(low - value, value - high, Decimal(0)) for value in (before, now))
    return toward(rounded(outside - inside, decimals))


@dataclass(frozen=True)
class Sexes:
    """Women, men and the gap between them, from the baseline to the end."""

    indicator: Indicator
    key: str
    base: int
    end: int
    values: Mapping[tuple[int, str], Decimal]
    catalog: Catalog

    @property
    def name(self) -> Name:
        return Name(self.indicator.name, f"name/{self.key}")

    @property
    def gap_unit(self) -> str:
        return unit_of(self.indicator.unit).difference

    def _figure(self, value: Decimal, part: str) -> Figure:
        return figure(value, self.indicator.decimals, f"sexes/{self.key}/{part}")

    def at(self, year: int, sex: str) -> Figure:
        return self._figure(self.values[year, sex], f"{year}/{sex}")

    def change(self, sex: str) -> Figure:
        return self._figure(self._changed(sex), f"change/{sex}")

    def gap(self, year: int) -> Figure:
        return figure(self._gap(year), self.decimals, f"sexes/{self.key}/{year}/gap")

    def distance(self, year: int) -> Figure:
        """The gap's size, as a sentence tells it."""
        gap = self.gap(year)
        return figure(abs(gap.value), self.decimals, gap.fact)

    def _changed(self, sex: str) -> Decimal:
        return self.values[self.end, sex] - self.values[self.base, sex]

    def _gap(self, year: int) -> Decimal:
        return self.values[year, "female"] - self.values[year, "male"]

    def moved(self, sex: str) -> Moved:
        size = rounded(self._changed(sex), self.indicator.decimals)
        if not self.indicator.sense:
            return Moved.UNDIRECTED
        return toward(size * self.indicator.sense)

    def moved_word(self, sex: str) -> Word:
        moved = self.moved(sex)
        return Word(moved.word, f"sexes/{self.key}/change/{sex}", moved)

    @property
    def closing(self) -> Decimal:
        """How much the distance shrank; negative if it grew."""
        return abs(self._gap(self.base)) - abs(self._gap(self.end))

    @cached_property
    def decimals(self) -> int:
        """Decimals with which both gaps agree with their word: not 由0.3缩小到0.3, and not 持平 beside 0.3 and 0.4."""
        rule = (self.indicator.decimals, self.indicator.unit, self.catalog)
        decimals, same = self.indicator.decimals, alike(self.closing, *rule)
        while decimals < MOST_DECIMALS:
            before, after = (rounded(abs(self._gap(y)), decimals) for y in (self.base, self.end))
            if alike(after - before, *rule) == same:
                break
            decimals += 1
        return decimals

    @cached_property
    def gap_moved(self) -> Gap:
        return moved(
            self._gap(self.base), self._gap(self.end), self.indicator.decimals, self.indicator.unit, self.catalog
        )

    @property
    def gap_word(self) -> Word:
        return Word(self.gap_moved.word, f"sexes/{self.key}/gap_change", self.gap_moved)


def changes(facts: Facts, base: int, indicators: Mapping[str, Indicator]) -> Sequence[Sexes]:
    """Indicators with women and men of one caliber in the year `base` and in the report's year, in the given order."""
    listed = []
    for key, indicator in indicators.items():
        found = {
            place: row
            for place, row in facts.figures.at_home(key).items()
            if place[0] in {base, facts.year} and place[1] in {"female", "male"} and row["value"] is not None
        }
        if indicator.by_sex and len(found) == 4 and len({row["caliber"] for row in found.values()}) == 1:
            values = {place: exact(row["value"]) for place, row in found.items()}
            listed.append(Sexes(indicator, key, base, facts.year, values, facts.catalog))
    return listed

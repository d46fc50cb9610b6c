"""Writes the indicators by the parts of a dimension (城市 and 农村), side by side and one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from expectations.records import Dimension, Indicator
from expectations.vocabulary import Reason, Sex
from flows.press.bound import Name, Word
from flows.press.numbers import Figure, exact, figure
from flows.report.facts import Facts
from flows.report.write.tables import NO_TREND, narrowed
from flows.warehouse import Row
from flows.wording import headings, say

DividedCells = Sequence[Figure | str]


@dataclass(frozen=True)
class SideBySide:
    """One indicator: its figures of the year by part, and the distance between them where there are two parts."""

    key: str
    name: Name
    unit: str
    parts: DividedCells
    total: Figure | str
    gap: Figure | str
    since: Word
    """What became of the distance since the baseline."""
    since_previous: Word


@dataclass(frozen=True)
class Divided:
    """The indicators of one dimension."""

    key: str
    dimension: Dimension
    rows: Sequence[SideBySide]

    @property
    def name(self) -> Name:
        return Name(self.dimension.name, f"dimension/{self.key}")

    @property
    def parts(self) -> Sequence[Name]:
        return [Name(part.name, f"part/{key}") for key, part in self.dimension.parts.items()]

    @property
    def called(self) -> Name:
        """What the distance between its two parts is called: 城乡差距."""
        return Name(self.dimension.gap_called(list(self.dimension.parts)), f"gap/{self.key}")

    @property
    def moved(self) -> Sequence[str]:
        """What became of each distance since the baseline, as a code; empty where there is none."""
        return [row.since.sense for row in self.rows] if self.paired else []

    @property
    def paired(self) -> bool:
        """Whether there are two parts, so that one distance tells how far they are apart."""
        return len(self.dimension.parts) == 2


def divided(facts: Facts) -> list[Divided]:
    """Each dimension by which an indicator of the plans is computed, in the order of the catalogue."""
    found = []
    for key, dimension in facts.catalog.dimensions.items():
        rows = [_side_by_side(facts, k, i, key, dimension) for k, i in _by(facts, key)]
        if rows:
            found.append(Divided(key, dimension, rows))
    return found


def _by(facts: Facts, dimension: str) -> Iterator[tuple[str, Indicator]]:
    return ((key, i) for key, i in facts.catalog.indicators.items() if i.by == dimension)


def _side_by_side(facts: Facts, key: str, indicator: Indicator, of: str, dimension: Dimension) -> SideBySide:
    parts, year = list(dimension.parts), facts.year
    name, unit = Name(indicator.name, f"name/{key}"), indicator.unit
    cells = [_cell(facts, key, indicator, year, part) for part in parts]
    total = _cell(facts, key, indicator, year, "")
    gaps = {y: _gap(facts, key, parts, y) for y in (year, year - 1, facts.base)} if len(parts) == 2 else {}
    now, fact = gaps.get(year), f"{key}/{year}/{of}"
    if now is None:
        return SideBySide(key, name, unit, cells, total, say("labels/cell/uncountable"), NO_TREND, NO_TREND)
    since, since_previous = (
        narrowed(facts, indicator, now, gaps[y], f"{fact}/{word}")
        for y, word in ((facts.base, "gap_change"), (year - 1, "gap_change_previous"))
    )
    return SideBySide(
        key, name, unit, cells, total, figure(now, indicator.decimals, f"{fact}/gap"), since, since_previous
    )


def _gap(facts: Facts, key: str, parts: Sequence[str], year: int) -> Decimal | None:
    """The second part less the first, if both are known and of the caliber of the report's year."""
    found = [_row(facts, key, y, part) for y in (year, facts.year) for part in parts]
    if any(row is None or row["value"] is None for row in found[:2]):
        return None
    if len({row["caliber"] for row in found if row is not None}) > 1:
        return None
    first, second = (row["value"] for row in found[:2] if row is not None)
    return exact(second) - exact(first)


def _row(facts: Facts, key: str, year: int, part: str) -> Row | None:
    return facts.figures.at_home(key, part).get((year, "total"))


def _cell(facts: Facts, key: str, indicator: Indicator, year: int, part: str) -> Figure | str:
    row, fact = _row(facts, key, year, part), f"{key}/{year}/{part}/total" if part else f"{key}/{year}/total"
    if row is None:
        return Reason.of(facts.absence(key, year)).word
    return Reason.of(row["state"]).word if row["value"] is None else figure(row["value"], indicator.decimals, fact)


def table(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """The same one below the other: a row for each indicator and part, and one for the whole."""
    years = sorted({facts.base, facts.year - 1, facts.year})
    listed: list[list[object]] = []
    for key, dimension in facts.catalog.dimensions.items():
        names: Mapping[str, str] = {k: part.name for k, part in dimension.parts.items()} | {"": Sex.TOTAL.word}
        for k, indicator in _by(facts, key):
            for part, name in names.items():
                cells = [_cell(facts, k, indicator, year, part) for year in years]
                listed.append([dimension.name, indicator.name, name, *cells, indicator.unit])
    return headings("divided", years=years), listed

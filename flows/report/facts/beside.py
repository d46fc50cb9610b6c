"""What a report prints of the areas above the district: the year's indicators beside theirs, and where each figure stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from expectations.records import Area
from flows.press.bound import Name
from flows.press.numbers import Figure
from flows.report.facts import Facts
from flows.report.facts.above import Contrast


class BesideRow(NamedTuple):
    """An indicator, with the newest figure of each area above the district; None where none is known."""

    name: Name
    unit: str
    own: Figure | str
    beside: Sequence[Contrast | None]


class AboveEntry(NamedTuple):
    """A figure of an area above the district, as the data volume tells of it."""

    name: Name
    unit: str
    comparison: Contrast
    lasting: bool
    """Whether the district still measures the indicator as it did in that year."""


class Beside(NamedTuple):
    """The district beside the areas above it."""

    areas: Sequence[Area]
    """Those that the table of the year has, in the order of the district's file."""
    rows: Sequence[BesideRow]
    """The indicators of which one of these areas has a figure of the report's year."""
    listed: Sequence[AboveEntry]
    mixed: bool
    """Whether real figures stand beside simulated ones of the district."""

    @property
    def called(self) -> str:
        """全市、全国"""
        found = self.areas or dict.fromkeys(entry.comparison.told.area for entry in self.listed)
        return "、".join(area.called_whole for area in found)

    @property
    def printed(self) -> list[Contrast]:
        return [found for row in self.rows for found in row.beside if found]

    @property
    def dated(self) -> bool:
        """Whether the table has figures of earlier years."""
        return len({found.told.year for found in self.printed}) > 1

    @property
    def invented(self) -> list[Name]:
        """The figures in the table that are simulated as the district's are: 全市每千名儿童拥有儿科执业（助理）医生数."""
        return [
            Name(f"{found.told.area.called_whole}{row.name}", found.told.fact)
            for row in self.rows
            for found in row.beside
            if found and found.told.simulated
        ]

    def of(self, area: Area) -> list[Contrast]:
        """The figures of an area in the table of the year, as far as they are of that year."""
        year = max((found.told.year for found in self.printed), default=0)
        return [found for found in self.printed if found.told.area == area and found.told.year == year]


def read(facts: Facts) -> Beside | None:
    """None if nothing is known of any area above the district."""
    known, keys = facts.above, [*facts.indicators]
    areas = known.areas(keys)
    if not areas:
        return None
    lines, listed = [], []
    for key, indicator in facts.indicators.items():
        name, beside = Name(indicator.name, f"name/{key}"), [known.newest(key, area) for area in areas]
        found = [one for one in beside if one]
        listed += [AboveEntry(name, indicator.unit, one, known.is_of_today(one.told)) for one in found]
        if any(one.told.year == facts.year for one in found):
            told = [one.own for one in found if one.told.year == facts.year and isinstance(one.own, Figure)]
            own = max(told, key=lambda shown: shown.places, default=known.own(key, facts.year))
            lines.append(BesideRow(name, indicator.unit, own, beside))
    shown = [n for n in range(len(areas)) if any(line.beside[n] for line in lines)]
    rows = [line._replace(beside=[line.beside[n] for n in shown]) for line in lines]
    real = any(one and not one.told.simulated for line in rows for one in line.beside)
    return Beside([areas[n] for n in shown], rows, listed, facts.edition.simulated and real)

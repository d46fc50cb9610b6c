"""What is told of one area by itself: its figures beside what is demanded, the district's and its own past, and whether
chance alone explains how it differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from expectations import territory
from expectations.records import Area, Indicator
from expectations.vocabulary import Apart, Reason
from flows import intervals
from flows.press.bound import Name
from flows.press.numbers import Figure, exact, figure
from flows.report.facts import Facts, redrawn
from flows.report.facts.items import Item
from flows.warehouse import Row
from flows.wording import say

FEW = 30
"""A figure of fewer people or cases is told with a note: one of them moves it by more than 3 %. US National Center for Health
Statistics, Data Presentation Standards for Proportions (2017): a denominator under 30 is not presented without one.
"""
NO_YARDSTICK = "—"
"""In a cell where nothing can be told."""
OF_ALL = ("total", "")
"""Sex and part of a figure of everybody."""
WARNED, SURE = 0.95, 0.998
"""The confidence of the inner and the outer limits of a funnel (Spiegelhalter 2005: two and three standard deviations)."""


class AreaFigure(NamedTuple):
    """One figure of an area: an indicator of all, or of the sex or part that a target of each area asks for."""

    key: str
    indicator: Indicator
    name: Name
    demanded: Item | None
    """The target that each area must reach; None where the plans ask it of the whole district alone."""
    group: tuple[str, str]
    """Sex and part (empty: all)."""
    value: Figure | str
    """The year's figure, or the word for why there is none; so are the following."""
    whole: Figure | str
    """The district's; of a count the district's is no measure for one area, so it is not told."""
    base: Figure | str
    before: Figure | str
    change: Figure | str
    """On the year before."""
    apart: Apart | None
    """How it stands to the district; None where chance cannot be told: amounts, beds, figures without counts."""
    few: bool
    """Whether so few people or cases are behind it that one of them shows."""
    apart_base: bool = False
    """Whether the baseline's figure is of another caliber than the year's; so is the following, of the year before."""
    apart_before: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the area reaches what is demanded of each; None if nothing is, or if that is not known."""
        if self.demanded is None or not isinstance(self.value, Figure):
            return None
        return self.value.value >= (self.demanded.promise.target.value or 0)

    @property
    def worse(self) -> bool:
        """Whether it differs for the worse, beyond the outer limits."""
        return self.apart is not None and self.apart.far and self._good is False

    @property
    def better(self) -> bool:
        return self.apart is not None and self.apart.far and self._good is True

    @property
    def _good(self) -> bool | None:
        good = self.apart.side * self.indicator.sense if self.apart is not None else 0
        return good > 0 if good else None


class Portrait(NamedTuple):
    """One area with all that it reports."""

    area: Area
    year: int
    standings: Sequence[AreaFigure]

    @property
    def fact(self) -> str:
        return f"portrait/{self.year}/{self.area.code}"

    def fact_of(self, standing: AreaFigure, field: str) -> str:
        return f"{_of(standing.key, self.year, self.area.code, standing.group)}/{field}"

    @property
    def demanded(self) -> list[AreaFigure]:
        return [s for s in self.standings if s.demanded]

    @property
    def unmet(self) -> list[AreaFigure]:
        return [s for s in self.standings if s.met is False]

    @property
    def worse(self) -> list[AreaFigure]:
        return [s for s in self.standings if s.worse]

    @property
    def behind(self) -> list[AreaFigure]:
        """Those far worse, without those that miss a target: of these it is told already."""
        return [s for s in self.worse if s.met is not False]

    @property
    def better(self) -> list[AreaFigure]:
        return [s for s in self.standings if s.better]

    @property
    def reached(self) -> list[AreaFigure]:
        return [s for s in self.standings if s.met]

    @property
    def rest(self) -> list[AreaFigure]:
        """Those that can be compared and are neither far worse nor far better."""
        return [s for s in self.compared if not s.worse and not s.better]

    @property
    def compared(self) -> list[AreaFigure]:
        """Those of which chance can be told."""
        return [s for s in self.standings if s.apart]

    @property
    def pressing(self) -> list[AreaFigure]:
        """What somebody should look at: a requirement that is not reached, or a figure far worse than the district's."""
        return [s for s in self.standings if s.met is False or s.worse]

    @property
    def missing(self) -> list[AreaFigure]:
        """Those without a figure of the year, unless none can be there."""
        none = Reason.NOT_APPLICABLE.word
        return [s for s in self.standings if not isinstance(s.value, Figure) and s.value != none]

    def number(self, name: str) -> Figure:
        """How many standings one of the lists above has."""
        return figure(len(getattr(self, name)), 0, f"{self.fact}/{name}")


def past(facts: Facts, standing: AreaFigure, area: str) -> tuple[dict[int, Figure], dict[int, Figure]]:
    """Year → the area's figure, and the district's, from the baseline on, as far as both have the caliber of today."""
    key, decimals = standing.key, standing.indicator.decimals
    since, *_ = standing.indicator.caliber(facts.year)
    years = [y for y in range(facts.base, facts.year + 1) if standing.indicator.caliber(y)[0] == since]
    own, whole = {}, {}
    for year in years:
        joined = redrawn.joined(facts, key, area, year, *standing.group)
        if joined.value is not None:
            own[year] = figure(joined.value, decimals, _fact(facts, key, year, area, standing.group))
        row = facts.figures.of_group(key, year, (facts.catalog.district.code, ""), *standing.group)
        if row is not None and row["value"] is not None and standing.indicator.kind != "count":
            whole[year] = figure(row["value"], decimals, _whole_fact(key, year, standing.group))
    return own, whole


def portraits(facts: Facts, keys: Sequence[str]) -> Iterator[Portrait]:
    """One for each area of the year, in the district's order, with the indicators `keys` that areas report. What is demanded of
    each area stands in a line of its own: women's figure is no answer to what is asked of all, nor the other way round.

    Single events are left out: a rate of one death among a hundred births is chance, and in a public edition its place
    would be told.
    """
    told = [key for key in keys if not facts.catalog.indicators[key].rare]
    demanded: dict[str, dict[tuple[object, ...], Item]] = {}
    for item in facts.items:
        if item.promise.target.each == "area":
            alike = (
                _group(item),
                item.promise.target.value,
            )  # a year's figure is held against it, whenever the plan ends
            demanded.setdefault(str(item.promise.target.indicator), {}).setdefault(alike, item)
    for area in facts.catalog.district.areas_of(facts.year):
        lines = ((key, item) for key in told for item in _lines(list(demanded.get(key, {}).values())))
        yield Portrait(area, facts.year, [_standing(facts, area, key, item) for key, item in lines])


def _lines(demanded: Sequence[Item]) -> list[Item | None]:
    """What stands in an indicator's lines: each target, and the figure of all where none asks for it."""
    of_all = any(_group(item) == OF_ALL for item in demanded)
    return [*demanded] if of_all else [None, *demanded]


def _group(item: Item | None) -> tuple[str, str]:
    return OF_ALL if item is None else (item.promise.target.sex, item.promise.target.part or "")


def _standing(facts: Facts, area: Area, key: str, demanded: Item | None) -> AreaFigure:
    indicator, group = facts.catalog.indicators[key], _group(demanded)
    years = (facts.base, facts.year - 1, facts.year)
    base, before, now = (redrawn.joined(facts, key, area.code, year, *group) for year in years)
    asked = None if demanded is None else demanded.promise.target.value

    def told(joined: redrawn.Joined, year: int) -> Figure | str:
        if joined.value is None:
            return Reason.of(joined.state).word
        return figure(joined.value, indicator.decimals, _fact(facts, key, year, area.code, group), asked)

    row = facts.figures.of_group(key, facts.year, (area.code, ""), *group)
    whole = facts.figures.of_group(key, facts.year, (facts.catalog.district.code, ""), *group)
    change: Figure | str = NO_YARDSTICK
    if now.value is not None and before.value is not None:
        fact = f"{_of(key, facts.year, area.code, group)}/change_previous"
        change = figure(exact(now.value) - exact(before.value), indicator.decimals, fact)
        if before.is_apart(now):
            change = say("labels/cell/incomparable")
    return AreaFigure(
        key,
        indicator,
        Name(indicator.name if demanded is None else demanded.promise.name, f"name/{key}/{'/'.join(group)}"),
        demanded,
        group,
        told(now, facts.year),
        NO_YARDSTICK if indicator.kind == "count" else _whole(facts, key, group, whole),
        told(base, facts.base),
        told(before, facts.year - 1),
        change,
        apart(indicator, row, whole, facts.catalog.policy.wording.slight),
        _denominator(row) is not None and 0 < (_denominator(row) or 0) < FEW,
        apart_base=base.is_apart(now),
        apart_before=before.is_apart(now),
    )


def _fact(facts: Facts, key: str, year: int, area: str, group: tuple[str, str]) -> str:
    """The fact of an area's figure: its own, or one put together from the areas that it was made of."""
    own = territory.made_of(facts.catalog.district, area, facts.year, year) == (area,)
    return _of(key, year, area, group) if own else f"{_of(key, year, area, group)}/joined"


def _of(key: str, year: int, area: str, group: tuple[str, str]) -> str:
    return "/".join([key, str(year), area, *(group if group != OF_ALL else ())])


def _whole_fact(key: str, year: int, group: tuple[str, str]) -> str:
    sex, part = group
    return f"{key}/{year}/{sex}/{part}" if part else f"{key}/{year}/{sex}"


def _whole(facts: Facts, key: str, group: tuple[str, str], row: Row | None) -> Figure | str:
    if row is None or row["value"] is None:
        return Reason.of(row["state"] if row else facts.absence(key, facts.year)).word
    return figure(row["value"], facts.catalog.indicators[key].decimals, _whole_fact(key, facts.year, group))


def _denominator(row: Row | None) -> int | None:
    """The number of people or cases behind a figure, as far as this edition tells it; None if it does not count any."""
    if row is None or row["denominator"] is None or row["denominator"] != int(row["denominator"]):
        return None
    return int(row["denominator"])


def apart(indicator: Indicator, row: Row | None, whole: Row | None, slight: Decimal) -> Apart | None:
    """Whether an area's count is what chance makes of the district's rate among so many people, by the limits of a funnel.

    A percentage that differs by no more than `slight` points is not far away, however sure that is.
    """
    exposure = _denominator(row)
    if indicator.chance is None or row is None or whole is None or not exposure:
        return None
    if row["numerator"] is None or whole["numerator"] is None or not whole["denominator"]:
        return None
    rate, events = float(whole["numerator"] / whole["denominator"]), float(row["numerator"])
    if indicator.chance == "wilson" and (rate > 1 or events > exposure):
        return None
    near = indicator.unit == "%" and abs(exact(row["value"]) - exact(whole["value"])) <= slight
    for confidence, low, high in ((SURE, Apart.FAR_BELOW, Apart.FAR_ABOVE), (WARNED, Apart.BELOW, Apart.ABOVE)):
        least, greatest = intervals.control(indicator.chance, rate, exposure, confidence)
        if least <= events <= greatest:
            continue
        found = low if events < least else high
        return found.near if near else found
    return Apart.WITHIN

"""The behaviour of every measure in, one figure for every cell of every dataset and year out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from expectations.catalog import CatalogError, Problem, Source
from expectations.records import Catalog, Column, Dataset, Identifier, Record
from expectations.units import scale

FIRST, LAST = 2020, 2025
YEARS = range(FIRST, LAST + 1)

SHAPES: Mapping[str, tuple[float, ...]] = {
    "steady": (0, 0.2, 0.4, 0.6, 0.8, 1),
    "flat": (0, 0.2, 0.4, 0.6, 0.8, 1),
    "early": (0, 0.42, 0.78, 0.87, 0.94, 1),
    "late": (0, 0.06, 0.12, 0.2, 0.62, 1),
    "peak": (0, 0.5, 1, 1.5, 1.25, 1),
    "swing": (0, 0.45, 0.2, 0.8, 0.55, 1),
    "drop": (0, 0.3, -0.25, 0.45, 0.75, 1),
}
"""How much of the way from the first to the last value lies behind in each year."""

UNEVEN = 0.06
"""The years between leave the way by up to this much of it."""

WOMEN_OF_EVENTS = 45.0
"""Share of women in events by sex, in %, where none is given."""

POPULATION = {
    "120115001": 92000, "120115002": 78000, "120115003": 63000, "120115006": 41000, "120115007": 52000,
    "120115008": 36000, "120115101": 31500, "120115103": 24800, "120115104": 24200, "120115105": 26900,
    "120115106": 20400, "120115107": 23600, "120115108": 19800, "120115111": 21700, "120115113": 24500,
    "120115115": 12900, "120115119": 25300, "120115120": 17200, "120115121": 15600, "120115123": 15900,
    "120115124": 13400, "120115125": 14800, "120115126": 19700, "120115127": 8167,
}  # fmt: skip
"""A guess at the people of each town in 2020; only their sum is a census figure."""

SPREADS: Mapping[str, Mapping[str, float]] = {
    "all": {"subdistrict": 1, "town": 1},
    "rural": {"subdistrict": 0.25, "town": 1},
    "urban": {"subdistrict": 1, "town": 0.15},
}


class Behaviour(Record):
    """One entry of behaviour/<subject>.yml; README.md tells what each field means."""

    total: tuple[float, float] | None = None
    value: tuple[float, float] | None = None
    rate: tuple[float, float] | None = None
    by_year: dict[int, float] | None = None
    of: Identifier | None = None
    shape: Literal["steady", "early", "late", "flat", "peak", "swing", "drop"] = "steady"
    women: tuple[float, float] | None = None
    girls: float = 0
    events: Annotated[tuple[int, ...], Field(min_length=len(YEARS), max_length=len(YEARS))] | None = None
    each: tuple[int, int] | None = None
    below: dict[int, tuple[str, ...]] = Field(default_factory=dict)
    low: float = 0
    noise: float = 0
    spread: Literal["all", "rural", "urban"] = "all"
    city: tuple[float, float] | None = None
    parts: dict[Identifier, float] = Field(default_factory=dict)

    def share(self, part: str) -> float:
        """How much of the whole falls on a part of the form's dimension; all parts alike if nothing is given."""
        return self.parts.get(part, 1) if part else 1


class Cell(NamedTuple):
    """Where a figure stands in its dataset; `area` is the district's code where the dataset has no areas."""

    area: str
    institution: str
    sex: str
    part: str = ""


Figures = dict[Cell, int]
"""In grains: the smallest step that the column can write (1 person, 0.01 万元)."""


def behaviours(folder: Path) -> dict[str, Behaviour]:
    """Every entry of every file; a measure may stand only once."""
    found: dict[str, Behaviour] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yml")):
        source = Source(path, folder)
        for measure, entry in source.read_all(Behaviour).items():
            if measure in found:
                problems.append(source.problem((measure,), "另一文件已有此数据"))
            found[measure] = entry
    if problems:
        raise CatalogError(problems)
    return found


def dice(*name: object) -> Random:
    """Chance that depends on its name alone, so that one more measure or year changes no other."""
    return Random(" ".join(map(str, name)))  # noqa: S311  (no secret is made)


def lean(*name: object) -> float:
    """A fixed number between −1 and 1."""
    return 2 * dice(*name).random() - 1


class Simulation:
    """Every figure of one district, computed when it is asked for and remembered."""

    def __init__(self, catalog: Catalog, entries: Mapping[str, Behaviour]) -> None:
        self.catalog = catalog
        self.entries = entries
        self.homes = {m: d for d in catalog.datasets.values() for m in d.measures}
        self.kinds = {a.code: a.kind for a in catalog.district.areas}
        self.gone = _gone(catalog)
        self.memory: dict[tuple[str, int], Figures | None] = {}
        self._check()

    def _check(self) -> None:
        """Raises `ValueError` with every measure that has no behaviour, and every behaviour that has no measure."""
        problems = []
        copies = {m for m in self.homes if self.column(m).same_as}
        if lacking := sorted(set(self.homes) - set(self.entries) - copies):
            problems.append(f"没有写明变化规律的数据：{'、'.join(lacking)}")
        if surplus := sorted(set(self.entries) - set(self.homes)):
            problems.append(f"没有报表提供的数据：{'、'.join(surplus)}")
        for measure, entry in self.entries.items():
            if entry.of and entry.of not in self.homes:
                problems.append(f"{measure} 的 of：没有报表提供 {entry.of}")
            elif measure in self.homes and self.homes[measure].by_sex:
                parent_by_sex = entry.of and self.homes[entry.of].by_sex
                if not (entry.women or parent_by_sex or entry.each or entry.events or self.column(measure).same_as):
                    problems.append(f"{measure} 分性别填报，须写明 women")
        if problems:
            raise ValueError("\n".join(problems))

    def column(self, measure: str) -> Column:
        dataset = self.homes[measure]
        return dataset.columns[dataset.measures[measure]]

    def grain(self, measure: str) -> Fraction:
        """The smallest step of a column in base units."""
        column = self.column(measure)
        return Fraction(scale(str(column.unit))) * Fraction(1, 10**column.decimals)

    def figures(self, measure: str, year: int) -> Figures | None:
        """Every cell of a measure; None where the measure was not yet, or no longer, collected."""
        if (measure, year) not in self.memory:
            absent = year in self.gone.get(measure, ())
            self.memory[measure, year] = None if absent else self._compute(measure, year)
        return self.memory[measure, year]

    def sum(self, measure: str, year: int) -> float | None:
        """The district's figure in base units."""
        figures = self.figures(measure, year)
        return None if figures is None else float(sum(figures.values()) * self.grain(measure))

    def city(self, measure: str, year: int) -> int | None:
        """The whole city's figure in grains, where a rule compares with it."""
        ends = self.entries[measure].city if measure in self.entries else None
        return None if ends is None else round(path(f"{measure} city", year, ends, "steady") / self.grain(measure))

    def _compute(self, measure: str, year: int) -> Figures | None:
        column, dataset = self.column(measure), self.homes[measure]
        places = list(cells(self.catalog, dataset))
        entry = self.entries.get(measure)
        if entry is None:
            return self._on(places, str(column.same_as), year, self.grain(measure))
        if entry.by_year and year not in entry.by_year:
            return None
        whole = self._on(places, column.not_above, year, self.grain(measure)) if column.not_above else None
        limit = whole or {}
        if entry.each:
            return {c: min(self._each(measure, entry, c, year, whole is not None), limit.get(c, 99)) for c in places}
        if entry.events:
            return self._events(measure, entry, places, year, limit)
        if entry.value:
            way = path(measure, year, entry.value, entry.shape)
            steps = {c: way * (1 + entry.noise / 100 * lean(measure, year, c.area, c.institution)) for c in places}
            return {c: round(step / self.grain(measure)) for c, step in steps.items()}
        if entry.of:
            return self._of(measure, entry, places, year, limit)
        return self._total(measure, entry, places, year, limit)

    # --- kinds of behaviour ------------------------------------------------------------------------------------------

    def _total(
        self, measure: str, entry: Behaviour, places: Sequence[Cell], year: int, limit: Mapping[Cell, int]
    ) -> Figures:
        """A sum of the district, spread over towns by their people, or by the whole that it is a part of."""
        ends = entry.total or (0, 0)
        total = entry.by_year[year] if entry.by_year else path(measure, year, ends, entry.shape)
        grains = round(total / self.grain(measure))
        moving = 0 if ends[0] == ends[1] and not entry.by_year else 0.01
        weights = {
            c: limit[c]
            if c in limit
            else self._people(c.area, entry.spread) * _town(measure, year, c.area, 0.04, moving) * entry.share(c.part)
            for c in places
        }
        return self._by_sex(measure, entry, places, year, grains, weights, limit)

    def _of(
        self, measure: str, entry: Behaviour, places: Sequence[Cell], year: int, limit: Mapping[Cell, int]
    ) -> Figures | None:
        """So many per cent of another measure, in every town a little more or less."""
        whole = self._on(places, str(entry.of), year, self.grain(measure))
        if whole is None:
            return None
        rate = (entry.by_year[year] if entry.by_year else path(measure, year, entry.rate or (0, 0), entry.shape)) / 100
        room = min(rate, abs(1 - rate)) if limit else rate / 2
        weights = {
            c: whole[c] * max(0.0, rate + 0.12 * room * (_town(measure, year, c.area, 1, 0.3) - 1)) for c in places
        }
        fixed = {
            c: min(round(whole[c] * entry.low / 100), limit.get(c, whole[c]))
            for c in places
            if (c.institution or c.area) in entry.below.get(year, ())
        }
        exact = rate * (self.sum(str(entry.of), year) or 0) / float(self.grain(measure))
        grains = round(exact) - sum(fixed.values())
        free = [c for c in places if c not in fixed]
        if not places[0].sex or entry.women:
            return fixed | self._by_sex(measure, entry, free, year, grains, weights, limit)
        women = [c for c in free if c.sex == "female"]
        men = [c for c in free if c.sex == "male"]
        women_whole, men_whole = sum(whole[c] for c in women), sum(whole[c] for c in men)
        ahead = entry.girls / 100 * men_whole / max(1, women_whole + men_whole)
        female = round((rate + ahead) * women_whole)
        if limit:
            female = min(female, sum(limit[c] for c in women))
        male = grains - female
        return fixed | _apportion(women, female, weights, limit) | _apportion(men, male, weights, limit)

    def _by_sex(
        self,
        measure: str,
        entry: Behaviour,
        places: Sequence[Cell],
        year: int,
        grains: int,
        weights: Mapping[Cell, float],
        limit: Mapping[Cell, int],
    ) -> Figures:
        if not entry.women or not self.homes[measure].by_sex:
            return _apportion(places, grains, weights, limit)
        share = path(f"{measure} women", year, entry.women, entry.shape) / 100
        female = round(grains * share)
        women = [c for c in places if c.sex == "female"]
        men = [c for c in places if c.sex == "male"]
        return _apportion(women, female, weights, limit) | _apportion(men, grains - female, weights, limit)

    def _events(
        self, measure: str, entry: Behaviour, places: Sequence[Cell], year: int, limit: Mapping[Cell, int]
    ) -> Figures:
        """Each event falls on a town by its people and on a sex by the share of women, where the whole leaves room."""
        chance = dice(measure, year)
        found = dict.fromkeys(places, 0)
        women = (entry.women or (WOMEN_OF_EVENTS,))[0] / 100
        share = {"female": women, "male": 1 - women, "": 1}
        for _ in range((entry.events or ())[year - FIRST]):
            room = [c for c in places if found[c] < limit.get(c, found[c] + 1)]
            weights = [
                self._people(c.area, entry.spread) * share[c.sex] * entry.share(c.part) * limit.get(c, 1) for c in room
            ]
            found[_draw(chance, room, weights)] += 1
        return found

    def _each(self, measure: str, entry: Behaviour, cell: Cell, year: int, grows: bool) -> int:
        """A small number of each institution or area; parts of a whole grow over the years, wholes stand still."""
        name = cell.institution or cell.area
        if name in entry.below.get(year, ()):
            return round(entry.low)
        low, high = entry.each or (0, 0)
        reach = (0.3 + 0.09 * (year - FIRST)) if grows else 0.5
        return low + sum(
            dice(measure, name, cell.sex, *filter(None, (cell.part,)), step).random() < reach
            for step in range(high - low)
        )

    # --- parents -----------------------------------------------------------------------------------------------------

    def _on(self, places: Sequence[Cell], measure: str, year: int, grain: Fraction) -> Figures | None:
        """Another measure on these cells, in steps of `grain`: added up where finer, spread where coarser."""
        other = self.figures(measure, year)
        if other is None:
            return None
        scale = self.grain(measure) / grain
        home = self.catalog.district.code
        found = {}
        for cell in places:
            matching = {
                c: value
                for c, value in other.items()
                if (home in (c.area, cell.area) or c.area == cell.area)
                and ("" in (c.sex, cell.sex) or c.sex == cell.sex)
                and ("" in (c.institution, cell.institution) or c.institution == cell.institution)
                and ("" in (c.part, cell.part) or c.part == cell.part)
            }
            part = 1.0
            if cell.area != home and all(c.area == home for c in matching):
                part *= self._people(cell.area, "all") / sum(POPULATION.values())
            if cell.sex and not any(c.sex for c in matching):
                part *= 0.5
            if cell.part and not any(c.part for c in matching):
                part /= len({c.part for c in places})
            exact = sum(matching.values()) * scale
            found[cell] = int(exact) if part == 1 else round(float(exact) * part)
        return found

    def _people(self, area: str, spread: str) -> float:
        return POPULATION.get(area, 1) * SPREADS[spread].get(self.kinds.get(area, "town"), 1)


def cells(catalog: Catalog, dataset: Dataset) -> Iterable[Cell]:
    """The cells of a dataset, in the order in which they are written.

    Raises `ValueError` if its dimension does not make up the whole: nothing says how large the whole then is.
    """
    district = catalog.district
    places: Sequence[tuple[str, str]] = [(district.code, "")]
    if dataset.institution_kind:
        places = [(m.area or district.code, m.id) for m in district.institutions[dataset.institution_kind].members]
    elif dataset.by_area:
        places = [(a.code, "") for a in district.areas]
    parts = catalog.parts_by(dataset).keys() or {""}
    if any(part and part not in catalog.added_parts for part in parts):
        raise ValueError(f"{dataset.title}的分组合起来不是全部，不能模拟")
    sexes = ("female", "male") if dataset.by_sex else ("",)
    return [Cell(area, institution, sex, part) for area, institution in places for part in parts for sex in sexes]


def path(name: str, year: int, ends: tuple[float, float], shape: str) -> float:
    """Where a figure stands on its way from the first year to the last."""
    step = year - FIRST
    first, last = ends
    uneven = 0.0 if year in (FIRST, LAST) or shape == "flat" else UNEVEN * lean(name, year)
    return first + (last - first) * (SHAPES[shape][step] + uneven)


def _town(measure: str, year: int, area: str, habit: float, mood: float) -> float:
    """A town's own factor: its habit stays over the years, its mood does not."""
    return 1 + habit * lean(measure, area) + mood * lean(measure, year, area)


def _draw(chance: Random, places: Sequence[Cell], weights: Sequence[float]) -> Cell:
    point = chance.random() * sum(weights)
    for cell, weight in zip(places, weights, strict=True):
        point -= weight
        if point <= 0:
            return cell
    return places[-1]


def _apportion(
    places: Sequence[Cell], total: int, weights: Mapping[Cell, float], limit: Mapping[Cell, int]
) -> dict[Cell, int]:
    """Whole numbers that sum to `total`, in proportion to the weights, none above its limit (largest remainder)."""
    if limit:
        total = min(total, sum(limit[c] for c in places))
    total = max(total, 0)
    found: dict[Cell, int] = {}
    while True:
        free = [c for c in places if c not in found]
        left = total - sum(found.values())
        weight = sum(weights[c] for c in free)
        shares = {c: left * weights[c] / weight if weight else left / len(free) for c in free}
        full = [c for c in free if limit and shares[c] >= limit[c]]
        if not full:
            break
        found |= {c: limit[c] for c in full}
    floors = {c: int(share) for c, share in shares.items()}
    rest = left - sum(floors.values())
    for c in sorted(shares, key=lambda c: floors[c] - shares[c])[:rest]:
        floors[c] += 1
    return {c: (found | floors)[c] for c in places}


def _gone(catalog: Catalog) -> dict[str, set[int]]:
    """Years in which a measure had no column, because the caliber of its indicator came later or was replaced."""
    used: dict[str, set[int]] = {}
    versioned: set[str] = set()
    for indicator in catalog.indicators.values():
        base = (*indicator.numerator, *indicator.denominator)
        calibers = [(0, base)]
        for caliber in sorted(indicator.calibers, key=lambda c: c.since):
            parts = (*(caliber.numerator or indicator.numerator), *(caliber.denominator or indicator.denominator))
            calibers.append((caliber.since, parts))
            versioned |= set(base) ^ set(parts)
        for year in YEARS:
            for measure in next(parts for since, parts in reversed(calibers) if since <= year):
                used.setdefault(measure, set()).add(year)
    return {m: set(YEARS) - used.get(m, set()) for m in versioned}

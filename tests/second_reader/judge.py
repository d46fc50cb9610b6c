"""Every promise of wording.csv judged in every year and at the end, by the printed method; no rule of the product is
used.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.second_reader.catalogue import Catalogue
from tests.second_reader.recompute import Key, Value

RULES = {
    "at_least": "at_least", "more_than": "above", "at_most": "at_most", "less_than": "below",
    "each_at_least": "every_place_at_least", "fall_percent": "baseline_change", "fall_yearly": "yearly_change",
    "not_below": "not_below_indicator", "not_below_city": "not_below_area",
    "rise": "increase", "fall": "decrease", "narrow": "narrow_gap", "slower": "slow_increase", "keep": "hold",
    "not_lower": "hold", "balanced": "balance", "middle": "near_balance",
}  # fmt: skip
"""What the clause demands → the rule by which the catalogue may carry it."""
NUMBERS = {"at_least", "more_than", "at_most", "less_than", "fall_percent", "not_below", "not_below_city"}
"""Demands of a number, of which a small part may be missing: 基本达标."""
UNLIKELY, LIKELY = 0.1, 0.9
"""Probabilities beyond which the printed method lets the model decide."""
EVEN = 0.5
"""The same where everybody is to be reached: one bound."""
WINDOW = 6
"""Years that the printed method looks back on: five annual changes."""
SHARE = Fraction(1, 20)
"""Half of the last decimal in which a gap is printed in % of the men's figure."""


@dataclass(frozen=True)
class Demand:
    """One line of wording.csv: what a clause demands, and of which figure."""

    plan: str
    clause: str
    indicator: str
    sex: str
    demand: str
    value: str
    when: str
    words: str
    group: str = ""
    """Of a part, its name (农村); of a distance between two parts, both (农村—城市)."""

    @property
    def kept(self) -> bool:
        """保持、巩固: a state to keep; a year on the way is judged by itself, and the end by its own value."""
        return self.demand in {"keep", "not_lower"} or "保持" in self.words


def wording(path: Path) -> list[Demand]:
    with path.open(encoding="utf-8", newline="") as file:
        return [Demand(**row) for row in csv.DictReader(file)]


@dataclass(frozen=True)
class Judged:
    """One promise in one year: the compared figure, whether the demand is met, and the words that the method allows."""

    value: Fraction | None
    met: bool | None
    """None where nobody can tell."""
    words: frozenset[str]
    """Of the annual report's verdicts; more than one where the printed method does not settle it."""


@dataclass(frozen=True)
class Promise:
    """A demand with its place in the catalogue and the figures that it is about."""

    demand: Demand
    target: Mapping[str, Any]
    indicator: Mapping[str, Any]
    plan: Mapping[str, Any]
    policy: Mapping[str, Any]
    series: Mapping[int, Value]
    """District figure of the group that the promise is about; for a gap, the size of the distance; for every place, the least."""
    women: Mapping[int, Value]
    """Of a distance, the figures of the group that is compared: of women, or of the first part."""
    men: Mapping[int, Value]
    """… and of the group that it is compared with: of men, or of the second part."""
    others: Mapping[int, Value]
    """The figure that it must not be below, by year."""
    places: Mapping[int, Mapping[str, Value]]
    stated: Mapping[int, Fraction]
    """Year → the change since the baseline year as its publisher prints it."""

    @property
    def base(self) -> int:
        return int(self.plan["baseline"])

    @property
    def end(self) -> int:
        return int(self.plan["end"])

    @property
    def half(self) -> Fraction:
        """Half of the last decimal in which the figure is printed: a direction needs more."""
        return Fraction(1, 2 * 10 ** int(self.indicator["decimals"]))

    @property
    def lower(self) -> bool:
        """Whether less is better."""
        if self.demand.demand in {"keep", "not_lower"}:
            return bool(self.indicator["better"] == "lower")
        return self.demand.demand in {
            "at_most",
            "less_than",
            "fall",
            "fall_percent",
            "fall_yearly",
            "narrow",
            "slower",
            "middle",
        }

    @property
    def perfect(self) -> Fraction | None:
        """The figure beyond which there is none: no distance; none at all of what shall be less; all of a part of a whole."""
        if self.demand.demand in {"narrow", "middle"}:
            return Fraction(0)
        bounds = self.indicator.get("range")
        if self.lower:
            return Fraction(str(bounds[0])) if bounds else Fraction(0)
        if bounds:
            return Fraction(str(bounds[1]))
        return Fraction(str(self.indicator.get("per", 100))) if self.indicator["kind"] == "share" else None

    def stands(self, year: int) -> bool:
        """Whether a direction cannot be followed any further."""
        if self.demand.demand not in {"rise", "fall", "narrow", "slower", "middle"}:
            return False
        return self.perfect is not None and self.comparable(year).get(year) == self.perfect

    def comparable(self, year: int) -> dict[int, Fraction]:
        """Known figures up to a year of that year's caliber, from five years before the baseline on. No bridge is used: none
        is registered.
        """
        now = self.series.get(year)
        if now is None or now.value is None:
            return {}
        return {
            y: abs(v.value - 50) if self.demand.demand == "middle" else v.value
            for y, v in sorted(self.series.items())
            if self.base - 5 <= y <= year and v.value is not None and v.caliber == now.caliber
        }


def promises(
    catalogue: Catalogue,
    demands: list[Demand],
    figures: Mapping[Key, Value],
    stated: Mapping[tuple[str, int], Fraction] = MappingProxyType({}),
) -> list[tuple[Demand, Promise | None]]:
    """Each demand with the one target of the catalogue that carries it; None where there is none or several."""
    found: list[tuple[Demand, Promise | None]] = []
    of: dict[str, dict[Key, Value]] = {}
    for key, value in figures.items():
        of.setdefault(key[0], {})[key] = value
    for demand in demands:
        fitting = [
            (plan, target)
            for name, plan in catalogue.plans.items()
            if name == demand.plan
            for target in plan["promises"]
            if target["rule"] != "evidence"
            and target["clause"] == demand.clause
            and catalogue.indicators[target["indicator"]]["name"] == demand.indicator
            and target.get("sex", "") == demand.sex
            and _groups(catalogue, target) == _named(catalogue, demand)
            and _carries(catalogue, target, demand)
        ]
        found.append((demand, _promise(catalogue, demand, *fitting[0], of, stated) if len(fitting) == 1 else None))
    return found


def _named(catalogue: Catalogue, demand: Demand) -> tuple[str, ...]:
    """The parts that a demand names."""
    return tuple(catalogue.parts[name] for name in demand.group.split("—")) if demand.group else ()


def _groups(catalogue: Catalogue, target: Mapping[str, Any]) -> tuple[str, ...]:
    """The parts that a target of the catalogue names: one, or the one that is compared and the other."""
    between = target.get("between")
    if isinstance(between, str):
        return tuple(reversed(list(catalogue.dimensions[between]["parts"])))
    return tuple(between) if between else (target["part"],) if "part" in target else ()


def _carries(catalogue: Catalogue, target: Mapping[str, Any], demand: Demand) -> bool:
    """Whether a target of the catalogue says what the clause demands."""
    if target["rule"] != RULES[demand.demand] or target.get("words", "") not in demand.words:
        return False
    if bool(target.get("every_year")) != (demand.when == "every_year"):
        return False
    if demand.demand == "not_lower" and target.get("tolerance") != 0:
        return False
    number = demand.value
    match demand.demand:
        case "not_below":
            return bool(catalogue.indicators[target["than"]]["name"] == number)
        case "not_below_city":
            return str(target["than"]) == number
        case "balanced":
            return "—".join(str(n) for n in target["band"]) == number
        case "fall_percent" | "fall_yearly":
            return Fraction(str(target["value"])) == -Fraction(number)
        case _:
            return not number or Fraction(str(target["value"])) == Fraction(number)


def _promise(
    catalogue: Catalogue,
    demand: Demand,
    plan: Mapping[str, Any],
    target: Mapping[str, Any],
    of: Mapping[str, Mapping[Key, Value]],
    stated: Mapping[tuple[str, int], Fraction],
) -> Promise:
    """A target and what came of it; `of` has the figures of each indicator."""
    key, code = target["indicator"], catalogue.code

    parts = _named(catalogue, demand)
    part = parts[0] if len(parts) == 1 else ""

    def series(name: str, area: str, sex: str, division: str = "") -> dict[int, Value]:
        figures = of.get(name, {}).items()
        return {y: v for (_, y, a, u, s, p), v in figures if (a, u, s, p) == (area, "", sex, division)}

    own = series(key, code, demand.sex or "total", part)
    women, men = series(key, code, "female", part), series(key, code, "male", part)
    if len(parts) == 2:
        women, men = (series(key, code, demand.sex or "total", p) for p in parts)
    places: dict[int, dict[str, Value]] = {}
    others: dict[int, Value] = {}
    if demand.demand == "narrow":
        own = {y: _gap(women[y], men[y]) for y in women if y in men}
    if demand.demand == "each_at_least":
        by_area = target["each"] == "area"
        for (_, y, a, u, s, p), v in of.get(key, {}).items():
            there = (
                catalogue.there(y) & {*catalogue.areas}
                if by_area
                else {u for u, _ in catalogue.institutions(target["each"], y)}
            )
            if s == "total" and p == part and (u or a) in there:
                places.setdefault(y, {})[u or a] = v
        own = {y: _least(found) for y, found in places.items()}
        if by_area and catalogue.splits:
            versions = {int(v["since"]) for v in catalogue.indicators[key].get("calibers", [])} | catalogue.splits
            own = {y: v._replace(caliber=max({0, *(s for s in versions if s <= y)})) for y, v in own.items()}
    if demand.demand in {"not_below", "not_below_city"}:
        other = (
            series(target["than"], code, "total")
            if demand.demand == "not_below"
            else series(key, str(target["than"]), "total")
        )
        others = {y: v for y, v in other.items() if v.value is not None}
    told = {y: change for (i, y), change in stated.items() if i == key}
    return Promise(
        demand, target, catalogue.indicators[key], plan, catalogue.policy, own, women, men, others, places, told
    )


def _gap(women: Value, men: Value) -> Value:
    if women.value is None or men.value is None:
        states = {women.state, men.state}
        state = next(s for s in ("rejected", "not_received", "not_applicable") if s in states)
        return Value(None, state, caliber=women.caliber)
    return Value(abs(women.value - men.value), "ok", caliber=women.caliber)


def _least(found: Mapping[str, Value]) -> Value:
    """The least of the known ones; a place that is missing does not hide one that is known."""
    known = [v for v in found.values() if v.value is not None]
    if not known:
        return next(iter(found.values()))
    return min(known, key=lambda v: v.value or 0)


def met(promise: Promise, year: int) -> bool | None:
    """Whether the demand is met by the figures of a year; None where they do not tell."""
    demand = promise.demand.demand
    if demand == "each_at_least":
        least = Fraction(promise.demand.value)
        found = {u: v for u, v in promise.places.get(year, {}).items() if v.state != "not_applicable"}
        if any(v.value is not None and v.value < least for v in found.values()):
            return False
        return True if found and all(v.value is not None for v in found.values()) else None
    values = promise.comparable(year)
    if year not in values:
        return None
    distance = _distance(promise, year, year)
    if distance is not None and promise.stands(year):
        return True
    if distance is None:
        told = _told(promise, year)
        return None if told is None else told > 0
    if demand == "narrow" and promise.indicator["unit"] not in {"%", "‰"}:
        shares = _shares(promise, year)
        closer = promise.base not in shares or 100 * (shares[promise.base] - shares[year]) > SHARE
        return distance > promise.half and closer
    if demand in {"rise", "fall", "narrow", "slower", "middle"}:
        return distance > promise.half
    if demand == "not_lower":
        return distance >= -promise.half
    return distance > 0 if demand in {"more_than", "less_than"} else distance >= 0


def _told(promise: Promise, year: int) -> Fraction | None:
    """The way a direction has moved since a baseline that was never published, as its publisher prints it; > 0 is
    better.
    """
    if promise.demand.demand not in {"rise", "fall"} or promise.base in promise.comparable(year):
        return None
    change = promise.stated.get(year)
    return None if change is None else -change if promise.lower else change


def _shares(promise: Promise, year: int) -> dict[int, Fraction]:
    """The gap as a share of the figure of men, or of the part that is compared with, for the years that can be compared with `year`."""
    found = {}
    for y, gap in promise.comparable(year).items():
        men = promise.men[y].value
        if men:
            found[y] = gap / men
    return found


def _distance(promise: Promise, year: int, now: int) -> Fraction | None:
    """How far the figure of a year is on the good side of what is demanded, in comparison with the caliber of `now`."""
    values = promise.comparable(now)
    value, base = values.get(year), values.get(promise.base)
    if value is None:
        return None
    sign = -1 if promise.lower else 1
    match promise.demand.demand:
        case "at_least" | "more_than" | "at_most" | "less_than" | "each_at_least":
            return sign * (value - Fraction(promise.demand.value))
        case "fall_percent":
            return base * (1 - Fraction(promise.demand.value) / 100) - value if base else None
        case "fall_yearly":
            before = values.get(year - 1)
            return (
                None if before is None else max(before - Fraction(promise.demand.value), promise.perfect or 0) - value
            )
        case "not_below" | "not_below_city":
            other, held = promise.others.get(year), promise.others.get(now)
            if other is None or other.value is None or held is None or held.caliber != other.caliber:
                return None
            return value - other.value
        case "balanced":
            low, high = (Fraction(n) for n in promise.demand.value.split("—"))
            return min(value - low, high - value)
        case "keep":
            tolerance = Fraction(str(promise.policy["hold_tolerance"]))
            return None if base is None else sign * (value - base) + tolerance
        case "slower":
            earlier = sorted(y for y in values if y < year)
            if len(earlier) < 2 or earlier[-1] != year - 1:
                return None
            steps = [(values[b] - values[a]) / (b - a) for a, b in itertools.pairwise(earlier)]
            mean = sum(steps, Fraction()) / len(steps)
            return mean - (value - values[year - 1])
        case _:  # rise, fall, narrow, middle, not_lower
            return None if base is None else sign * (value - base)


def judge(promise: Promise, year: int, probability: float | None = None) -> Judged:
    """The verdict of an annual report on one year. `probability` is the printed one: rare events rest on it."""
    value = promise.series.get(year)
    known = None if value is None else value.value
    done = met(promise, year)
    demand = promise.demand
    if done is None:
        return Judged(known, None, frozenset({"unknown"}))
    if demand.when == "every_year" or (is_state(promise, year) and year < promise.end):
        return Judged(known, done, frozenset({"met_year" if done else "missed_year"}))
    if year >= promise.end:
        return Judged(known, done, frozenset({"met" if done else "missed"}))
    everybody = (
        promise.indicator["unit"] == "%" and demand.demand in {"at_least", "each_at_least"} and demand.value == "100"
    )
    bounds = (EVEN, EVEN) if everybody else (UNLIKELY, LIKELY)
    return Judged(known, done, frozenset(_heard(_words(promise, year, done, probability), probability, *bounds)))


def is_state(promise: Promise, year: int) -> bool:
    """保持, or 控制在 a number that the baseline year was within; what it was beyond, or cannot be told of, is to be reached."""
    if promise.demand.kept or "控制在" not in promise.demand.words:
        return promise.demand.kept
    return promise.base in promise.comparable(year) and met(promise, promise.base) is True


def _heard(words: set[str], probability: float | None, unlikely: float, likely: float) -> set[str]:
    """The verdict once the probability is heard: no 预期可达标 under `unlikely`, no 达标困难 from `likely` on.

    Of an earlier year no probability is printed; then both words are allowed.
    """
    if probability is None:
        beside = {"on_course": {"behind"}, "behind": {"on_course"}, "away": {"on_course"}}
        return words.union(*(beside.get(word, set()) for word in words))
    if words == {"on_course"} and probability < unlikely:
        return {"behind"}
    return {"on_course"} if words & {"behind", "away"} and probability >= likely else words


def _words(promise: Promise, year: int, done: bool | None, probability: float | None) -> set[str]:
    demand = promise.demand.demand
    values = promise.comparable(year)
    if promise.stands(year) and not promise.indicator.get("rare"):
        return {"on_course"}
    if demand == "slower":
        if done:
            return {"on_course"}
        *_, before, last = sorted(y for y in values if y < year)
        risen = values[year] - values[last]
        same = (excess := _distance(promise, year, year)) is not None and excess >= -promise.half
        slackens = (values[last] - values[before]) / (last - before) - risen > promise.half
        return {"behind" if same or slackens or risen <= promise.half else "away"}
    if demand in {"rise", "fall", "narrow", "middle"}:
        found = _direction(promise, year, values, probability, promise.half)
        if demand == "narrow" and promise.indicator["unit"] not in {"%", "‰"}:
            share = _direction(promise, year, _shares(promise, year), probability, SHARE / 100)
            return found if found == share else {"behind"}  # in money and in per cent: only what both say
        return found
    if done:
        return {"met_early"}
    if promise.indicator.get("rare"):
        if probability is not None:
            return {"on_course" if probability >= float(promise.policy["outlook"]["likely"]) else "behind"}
        if promise.series[year].numerator is not None:
            return {"on_course", "behind", "away"}  # rests on the value pooled since the plan began
    margins = {y: d for y in values if (d := _distance(promise, y, year)) is not None}
    if len(margins) < 4:
        if promise.base not in margins:
            return {"unknown"}
        start, gone = margins[promise.base], Fraction(year - promise.base, promise.end - promise.base)
        needed = start * (1 - gone)
        if margins[year] >= needed:
            return {"on_course"}
        return {"away" if margins[year] < start else "behind"}
    years = sorted(margins)[-WINDOW:]
    mean = _mean_change(margins, years)
    if mean <= 0:
        return {"away" if mean < 0 else "behind"}
    there = margins[year] + mean * (promise.end - year)
    return {"on_course"} if there >= margins[year] * Fraction(1, 5) else {"behind"}


def _mean_change(values: Mapping[int, Fraction], years: list[int]) -> Fraction:
    """The mean of the annual changes, a change over a gap counted once for each of its years."""
    return (values[years[-1]] - values[years[0]]) / (years[-1] - years[0])


def _direction(
    promise: Promise, year: int, values: Mapping[int, Fraction], probability: float | None, half: Fraction
) -> set[str]:
    """Only what came after the baseline counts, and of it what is printed: up to `half` a change is none."""
    told = _told(promise, year)
    if told is not None:
        return {"on_course" if told > 0 else "away" if told else "behind"}
    if promise.base not in values or year <= promise.base:
        return {"unknown"}
    sign = -1 if promise.lower else 1
    years = [y for y in sorted(values) if y >= promise.base][-WINDOW:]
    mean, last = (
        0 if abs(change) <= half else sign * change
        for change in (values[year] - values[years[0]], values[year] - values[years[-2]])
    )
    if promise.indicator.get("rare"):
        if probability is not None:
            return {"on_course" if probability >= float(promise.policy["outlook"]["likely"]) else "behind"}
        if promise.series[year].numerator is not None:
            return {"on_course", "behind", "away"}
    if mean > 0:
        return {"on_course"}
    return {"behind"} if mean == 0 or last > 0 else {"away"}


def conclude(promise: Promise) -> set[str]:
    """What became of a promise at the end of its plan: 达标 (early or not), 基本达标, 未达标, 无数据, 无法判断."""
    years = range(int(promise.plan["start"]), promise.end + 1)
    outcomes = {y: met(promise, y) for y in years}
    demand = promise.demand
    if demand.when == "every_year":
        if False in outcomes.values():
            return {"missed"}
        unknown = [y for y in years if outcomes[y] is None]
        return _unjudged(promise, unknown) if unknown else {"met"}
    done = outcomes[promise.end]
    if done is None:
        return _unjudged(promise, [promise.end])
    if done:
        if demand.demand not in NUMBERS | {"balanced", "each_at_least"}:
            return {"met"}
        before = [y for y in years if y < promise.end and outcomes[y] is not None]
        return (
            {"early"} if before and outcomes[before[-1]] and not any(is_state(promise, y) for y in before) else {"met"}
        )
    return {"nearly"} if _near(promise) else {"missed"}


def _unjudged(promise: Promise, years: Sequence[int]) -> set[str]:
    """无数据 where a year has no figure; 无法判断 where all are there and nothing can be compared."""
    return {"unknown"} if all(year in promise.comparable(year) for year in years) else {"no_data"}


def _near(promise: Promise) -> bool:
    """Short by no more than the tolerance, and nearer to the number than the baseline was, which must be known."""
    if promise.demand.demand not in NUMBERS:
        return False
    now = _distance(promise, promise.end, promise.end)
    start = _distance(promise, promise.base, promise.end)
    if now is None or start is None:
        return False
    value = promise.comparable(promise.end)[promise.end]
    asked = value - now * (-1 if promise.lower else 1)
    return -now <= abs(asked) * Fraction(str(promise.policy["final"]["tolerance"])) / 100 and now > start

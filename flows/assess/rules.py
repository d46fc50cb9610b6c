"""One target, its series and its references in, one verdict out: the rules of the plans, free of any table."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

from expectations.records import DIRECTIONAL, Indicator, Policy, Promise

HIGHER, LOWER = 1, -1


class Point(NamedTuple):
    """One yearly value of an indicator; `value` is None where `state` says why."""

    value: Fraction | None
    state: str
    caliber: int
    events: Fraction | None = None
    exposure: Fraction | None = None


Series = Mapping[int, Point]
Places = dict[tuple[str, str, str], dict[int, Point]]
"""(area, unit, sex) → year → point"""
Figures = dict[str, Places]
"""indicator → places"""


class Units(NamedTuple):
    """How many institutions or areas reach the promised number, and which do not."""

    total: int
    met: int
    failing: tuple[str, ...]


@dataclass(frozen=True)
class Assessment:
    """One row of `out_assessments`; values in the indicator's unit."""

    target: str
    year: int
    verdict: str = "unknown"
    reason: str | None = None
    value: Fraction | None = None
    threshold: Fraction | None = None
    baseline: Fraction | None = None
    baseline_year: int | None = None
    previous: Fraction | None = None
    comparable: bool = True
    """Whether the baseline has the caliber of the value."""
    met: bool | None = None
    worsened: bool | None = None
    method: str | None = None
    projection: Fraction | None = None
    fragile: bool | None = None
    units: Units | None = None

    def row(self, district: str) -> tuple[object, ...]:
        def number(value: Fraction | None) -> float | None:
            return None if value is None else float(value)

        def change(earlier: Fraction | None) -> float | None:
            return None if self.value is None or earlier is None else float(self.value - earlier)

        return (
            district, self.target, self.year, number(self.value), number(self.threshold),
            number(self.baseline), self.baseline_year, number(self.previous),
            change(self.baseline) if self.comparable else None, change(self.previous),
            self.met, self.verdict, self.reason, self.worsened, self.method, number(self.projection), self.fragile,
            *(self.units or (None, None, ())),
        )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Everything a rule looks at: one target in one year."""

    promise: Promise
    policy: Policy
    year: int
    series: Series
    """Compared values by year, up to `year`: district figures, gaps, or minima over units."""
    others: Mapping[int, Fraction] = field(default_factory=dict)
    """By year, the figure that a relative rule names."""
    units: Mapping[str, Point] = field(default_factory=dict)
    """By institution or area, in `year`."""

    @property
    def baseline_year(self) -> int:
        return self.promise.plan.head.baseline

    @property
    def end(self) -> int:
        return self.promise.plan.head.end

    def comparable(self) -> dict[int, Fraction]:
        """Values of the caliber in force in `year`, bridged where a factor is registered, up to `year`."""
        indicator = self.promise.indicator
        now = self.series[self.year].caliber
        values = {}
        for year, point in sorted(self.series.items()):
            if point.value is None or year > self.year:
                continue
            factor = _bridge(indicator, point.caliber, now)
            if factor is not None:
                values[year] = point.value * factor
        return values


def _bridge(indicator: Indicator | None, earlier: int, now: int) -> Fraction | None:
    """The factor that carries a value of an earlier caliber into the present one; None where none is registered."""
    factor = Fraction(1)
    for version in indicator.versions if indicator else ():
        if earlier < version.since <= now:
            if version.bridge is None:
                return None
            factor *= Fraction(version.bridge)
    return factor


def direction(promise: Promise) -> int:
    """+1 where the promise wants more, −1 where it wants less."""
    target, indicator = promise.target, promise.indicator
    match target.rule:
        case "at_most" | "below" | "decrease" | "slow_increase" | "narrow_gap":
            return LOWER
        case "baseline_change" | "yearly_change":
            return LOWER if target.value is not None and target.value < 0 else HIGHER
        case "hold":
            return LOWER if indicator and indicator.better == "lower" else HIGHER
        case _:
            return HIGHER


def threshold(case: Case, year: int, values: Mapping[int, Fraction]) -> Fraction | None:
    """The number that `year`'s value is compared with; None where the plan's own reference is not known.

    `values` are comparable with each other. Directions resolve to the baseline they are measured from.
    """
    target = case.promise.target
    baseline = values.get(case.baseline_year)
    number = None if target.value is None else Fraction(target.value)
    match target.rule:
        case "at_least" | "above" | "at_most" | "below" | "every_unit_at_least":
            return number
        case "baseline_change":
            return None if baseline is None or number is None else baseline * (1 + number / 100)
        case "yearly_change":
            earlier = values.get(year - 1)
            return None if earlier is None or number is None else earlier + number
        case "not_below_indicator" | "not_below_area":
            return case.others.get(year)
        case "hold":
            return (
                None if baseline is None else baseline - direction(case.promise) * Fraction(case.policy.hold_tolerance)
            )
        case "increase" | "decrease" | "narrow_gap":
            return baseline
        case "slow_increase":
            changes = _changes({y: v for y, v in values.items() if y < year})
            return (
                values[year - 1] + sum(changes, Fraction()) / len(changes) if changes and year - 1 in values else None
            )
        case _:
            return None


def margin(promise: Promise, value: Fraction, limit: Fraction | None) -> Fraction | None:
    """How far a value is on the good side (≥ 0) or the bad side (< 0) of its limit."""
    if promise.target.band is not None:
        low, high = promise.target.band
        return min(value - Fraction(low), Fraction(high) - value)
    return None if limit is None else direction(promise) * (value - limit)


def meets(promise: Promise, distance: Fraction) -> bool:
    """以上、以下、以内、达到 include the value (民法典第1259条); 高于、低于 and directions do not."""
    strict = promise.target.rule in {"above", "below", "increase", "decrease", "narrow_gap", "slow_increase"}
    return distance > 0 if strict else distance >= 0


def assess(case: Case) -> Assessment:
    """The verdict on one quantitative target in one year."""
    blank = Assessment(case.promise.id, case.year, baseline_year=case.baseline_year)
    point = case.series.get(case.year, Point(None, "not_received", 0))
    if point.value is None:
        return replace(blank, reason=point.state, units=_units(case))
    values = case.comparable()
    raw_baseline = case.series.get(case.baseline_year)
    found = replace(
        blank,
        value=point.value,
        threshold=threshold(case, case.year, values),
        baseline=values.get(case.baseline_year, raw_baseline.value if raw_baseline else None),
        comparable=case.baseline_year in values,
        previous=values.get(case.year - 1),
        worsened=_worsened(case, values),
        units=_units(case),
    )
    distance = margin(case.promise, point.value, found.threshold)
    if distance is None:
        return replace(found, reason=_why_unknown(case, values))
    found = replace(found, met=meets(case.promise, distance), fragile=_fragile(case, point, found.threshold))
    if case.promise.target.every_year or case.promise.target.rule == "yearly_change":
        return replace(found, verdict="met_year" if found.met else "missed_year", method="kept")
    if case.year >= case.end:
        return replace(found, verdict="met" if found.met else "missed")
    if case.promise.target.rule in DIRECTIONAL:
        return _judge_direction(case, values, found)
    if found.met:
        return replace(found, verdict="met_early", method="kept")
    return _judge_path(case, values, found, distance)


def _why_unknown(case: Case, values: Mapping[int, Fraction]) -> str:
    rule = case.promise.target.rule
    if rule in {"not_below_indicator", "not_below_area"}:
        return "no_reference"
    wanted = case.year - 1 if rule in {"yearly_change", "slow_increase"} else case.baseline_year
    if wanted in case.series and case.series[wanted].value is not None and wanted not in values:
        return "break"
    if rule == "slow_increase" and wanted in values:
        return "too_few_years"
    return "no_previous" if rule in {"yearly_change", "slow_increase"} else "no_baseline"


def _worsened(case: Case, values: Mapping[int, Fraction]) -> bool | None:
    """Worse than the year before, whatever the verdict; for a band, further outside or nearer to its edge."""
    now, before = values.get(case.year), values.get(case.year - 1)
    if now is None or before is None:
        return None
    if case.promise.target.band is not None:
        new, old = margin(case.promise, now, None), margin(case.promise, before, None)
        return new is not None and old is not None and new < old
    return direction(case.promise) * (now - before) < 0


def _changes(values: Mapping[int, Fraction]) -> list[Fraction]:
    """Annual changes between consecutive known years, a gap spread evenly over its years."""
    years = sorted(values)
    return [(values[b] - values[a]) / (b - a) for a, b in itertools.pairwise(years)]


def _mean_change(values: Mapping[int, Fraction], window: int) -> Fraction | None:
    """Mean annual change over the last `window` values."""
    years = sorted(values)[-window:]
    return (values[years[-1]] - values[years[0]]) / (years[-1] - years[0]) if len(years) > 1 else None


def _judge_direction(case: Case, values: Mapping[int, Fraction], found: Assessment) -> Assessment:
    """Destatis C: mean change and last change, each in the promised direction or not."""
    if case.promise.target.rule in {"hold", "slow_increase"}:
        verdict = "on_course" if found.met else ("away" if found.worsened else "behind")
        return replace(found, verdict=verdict, method="kept")
    mean = _mean_change(values, case.policy.outlook.window)
    changes = _changes(values)
    if mean is None:
        return replace(found, reason="too_few_years")
    sign = direction(case.promise)
    if sign * mean > 0:
        verdict = "on_course"
    elif mean == 0 or sign * changes[-1] > 0:  # standing still is behind, not away
        verdict = "behind"
    else:
        verdict = "away"
    return replace(found, verdict=verdict, method="direction")


def _judge_path(case: Case, values: Mapping[int, Fraction], found: Assessment, distance: Fraction) -> Assessment:
    """A target not yet met: Destatis A with at least four values, else the distance to the straight path.

    Works on margins (0 = met), so that a target that itself moves (another indicator, the city) is judged alike.
    """
    margins = {}
    for year, value in values.items():
        found_margin = margin(case.promise, value, threshold(case, year, values))
        if found_margin is not None:
            margins[year] = found_margin
    outlook = case.policy.outlook
    left = case.end - case.year
    if len(margins) >= outlook.years_needed:
        mean = _mean_change(margins, outlook.window)
        assert mean is not None
        projected = distance + mean * left
        projection = None
        if found.threshold is not None:
            projection = found.threshold + direction(case.promise) * projected
        if mean < 0:
            verdict = "away"
        elif meets(case.promise, projected) or -projected / -distance * 100 < Fraction(outlook.far):
            verdict = "on_course"
        else:
            verdict = "behind"
        return replace(found, verdict=verdict, method="linear", projection=projection)
    start = margins.get(case.baseline_year)
    if start is None:
        return replace(found, reason=_why_unknown(case, values))
    required = start - start * Fraction(case.year - case.baseline_year, case.end - case.baseline_year)
    verdict = "on_course" if distance >= required else "behind" if distance >= start else "away"
    return replace(found, verdict=verdict, method="path")


def _fragile(case: Case, point: Point, limit: Fraction | None) -> bool | None:
    """Whether one event more or less would turn the verdict (rare events only)."""
    indicator = case.promise.indicator
    if indicator is None or not indicator.rare or point.events is None or not point.exposure or limit is None:
        return None
    verdicts = set()
    for events in (point.events - 1, point.events, point.events + 1):
        if events >= 0:
            distance = margin(case.promise, events * Fraction(indicator.per) / point.exposure, limit)
            verdicts.add(distance is not None and meets(case.promise, distance))
    return len(verdicts) > 1


def _units(case: Case) -> Units | None:
    if not case.units or case.promise.target.value is None:
        return None
    least = Fraction(case.promise.target.value)
    failing = tuple(name for name, p in case.units.items() if p.value is not None and p.value < least)
    reached = sum(1 for p in case.units.values() if p.value is not None and p.value >= least)
    return Units(len(case.units), reached, failing)

"""The rules of the plans: judges one target by its series and its references, without any table."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

from expectations.records import MIDDLE, SHARE_DECIMALS, Policy, Promise, half_of_last
from expectations.vocabulary import SHORT, Method, Pace, Reason, Verdict
from flows.outlook import HIGHER, LOWER, Aim, Chance, RateCounts, mean_change
from flows.outlook.destatis import WINDOW
from flows.outlook.statcan import Progress, progress
from flows.outlook.status import Status, heading, reconciled, status
from flows.wording import say


class Point(NamedTuple):
    """One yearly value of an indicator; if `value` is None, `state` says why."""

    value: Fraction | None
    state: str
    caliber: int
    events: Fraction | None = None
    exposure: Fraction | None = None


Series = Mapping[int, Point]
ByPlace = dict[tuple[str, str, str, str], dict[int, Point]]
"""(area, institution, sex, part) → year → point"""
ByIndicator = dict[str, ByPlace]
"""indicator → places"""


class EachPlace(NamedTuple):
    """Place (地区或单位): an area or an institution; here how many of those that a promise for every one looks at reach the number, and
    which of them do not.
    """

    total: int
    """Of those to which it applies."""
    met: int
    failing: tuple[str, ...]
    unknown: int
    """Those without a known figure. If another one fails, the target is missed all the same."""
    exempt: int
    """Those to which it does not apply."""


SHARE_UNSEEN = Fraction(half_of_last(SHARE_DECIMALS))
"""The largest difference between two distances in % of men's figure that is printed as none."""


@dataclass(frozen=True)
class Assessment:
    """One row of `out_assessments`; values in the indicator's unit."""

    target: str
    year: int
    verdict: Verdict = Verdict.UNKNOWN
    reason: Reason | None = None
    value: Fraction | None = None
    threshold: Fraction | None = None
    baseline: Fraction | None = None
    baseline_year: int | None = None
    previous: Fraction | None = None
    comparable: bool = True
    """Whether the baseline has the same caliber as the value."""
    met: bool | None = None
    worsened: bool | None = None
    method: Method | None = None
    projection: Fraction | None = None
    fragile: bool | None = None
    by_one: bool | None = None
    """Whether the target is missed by one person or case."""
    places: EachPlace | None = None
    relative: Fraction | None = None
    """narrow_gap of amounts: the distance in % of the figure that is compared with."""
    relative_baseline: Fraction | None = None
    trend: Fraction | None = None
    """The mean annual change over the last comparable values, in the indicator's unit."""
    weather: str | None = None
    """Destatis's symbol."""
    second: Progress = field(default_factory=lambda: Progress(Pace.NOT_AVAILABLE))
    """Statistics Canada's verdict."""
    chance: Chance = field(default_factory=lambda: Chance(None))
    priority: int | None = None
    """Its place among the targets of the year by what is at stake (expectations/stakes.py)."""

    @property
    def relative_met(self) -> bool | None:
        """Whether the relative distance became smaller, if there is one."""
        if self.relative is None or self.relative_baseline is None:
            return None
        return self.relative_baseline - self.relative > SHARE_UNSEEN

    @property
    def distance(self) -> float | None:
        """The distance to what is asked, as a share of it."""
        if self.value is None or not self.threshold:
            return None
        return float(abs(self.value - self.threshold) / abs(self.threshold))

    def row(self, district: str) -> tuple[object, ...]:
        def number(value: Fraction | None) -> float | None:
            return None if value is None else float(value)

        def change(earlier: Fraction | None) -> float | None:
            return None if self.value is None or earlier is None else float(self.value - earlier)

        return (
            district,
            self.target,
            self.year,
            number(self.value),
            number(self.threshold),
            number(self.baseline),
            self.baseline_year,
            number(self.previous),
            change(self.baseline) if self.comparable else None,
            change(self.previous),
            self.met,
            self.verdict,
            self.reason,
            self.worsened,
            self.method,
            number(self.projection),
            self.fragile,
            *(self.places[:3] if self.places else (None, None, ())),
            number(self.trend),
            self.weather,
            self.second.verdict,
            self.second.ratio,
            self.second.score,
            self.chance.probability,
            self.chance.low,
            self.chance.middle,
            self.chance.high,
            self.by_one,
            *(self.places[3:] if self.places else (None, None)),
            number(self.relative),
            number(self.relative_baseline),
            self.priority,
        )


@dataclass(frozen=True)
class Case:
    """Everything a rule looks at: one target in one year."""

    promise: Promise
    policy: Policy
    year: int
    series: Series
    """Compared values by year, up to `year`: district figures, gaps, or minima over places."""
    others: Mapping[int, Fraction] = field(default_factory=dict)
    """Year → the figure of the other indicator or area that a relative rule names."""
    places: Mapping[str, Point] = field(default_factory=dict)
    """Institution or area → its value in `year`."""
    relative: Mapping[int, Fraction] = field(default_factory=dict)
    """Year → the distance between the two groups in % of the second one's figure, if the figures are amounts (元、分钟)."""
    cases: bool = False
    """Whether the indicator's events are persons or cases."""
    breaks: Set[int] = frozenset()
    """Years since when the areas are others, so that earlier values are not comparable."""
    limits: tuple[Fraction | None, Fraction | None] = (Fraction(0), None)
    """The least and the greatest that the indicator can be."""

    @property
    def baseline_year(self) -> int:
        return self.promise.plan.head.baseline

    @property
    def end(self) -> int:
        return self.promise.plan.head.end

    @property
    def best(self) -> Fraction | None:
        """The best value that there can be: no distance, nobody of what is to fall, all of a share that is to rise; None where
        it can always be better.
        """
        rule = self.promise.target.rule
        if rule.series == "gap":
            return Fraction(0)
        if rule.limit == "middle":
            return Fraction(MIDDLE)
        return self.limits[self.promise.direction > 0]

    def is_best(self, value: Fraction) -> bool:
        """Whether a direction stands where nothing better can be; then it is kept."""
        return self.promise.target.rule.directional and value == self.best

    def comparable(self) -> dict[int, Fraction]:
        """Values up to `year` of the caliber that is in force in `year`; earlier calibers are bridged if a factor is
        registered.
        """
        indicator = self.promise.indicator
        now = self.series[self.year].caliber
        values = {}
        for year, point in sorted(self.series.items()):
            if point.value is None or year > self.year:
                continue
            if any(point.caliber < since <= now for since in self.breaks):
                continue
            factor = Fraction(1) if indicator is None else indicator.bridged(point.caliber, now)
            if factor is not None:
                values[year] = point.value * factor
        return values


def threshold(case: Case, year: int, values: Mapping[int, Fraction]) -> Fraction | None:
    """The number that the value of `year` is compared with; None if the plan's own reference is not known.

    `values` are comparable with each other. A direction is compared with the baseline that it starts from.
    """
    target = case.promise.target
    baseline = values.get(case.baseline_year)
    number = None if target.value is None else Fraction(target.value)
    match target.rule.limit:
        case "number":
            return number
        case "change":  # of nothing no per cent can be asked
            return _possible(case, baseline * (1 + number / 100)) if baseline and number is not None else None
        case "previous":
            earlier = values.get(year - 1)
            return None if earlier is None or number is None else _possible(case, earlier + number)
        case "indicator" | "area":
            return case.others.get(year)
        case "allowance":
            allowed = case.policy.hold_tolerance if target.tolerance is None else target.tolerance
            least = max(allowed, case.promise.unseen)  # 不降低 allows nothing, but nothing is what is printed as such
            return None if baseline is None else baseline - case.promise.direction * Fraction(least)
        case "baseline" | "middle":
            return baseline
        case "rises":
            changes = _changes({y: v for y, v in values.items() if y < year})
            return (
                values[year - 1] + sum(changes, Fraction()) / len(changes) if changes and year - 1 in values else None
            )
        case _:
            return None


def _possible(case: Case, limit: Fraction) -> Fraction:
    """The same limit, but none that lies beyond the best value that there can be."""
    if case.best is None:
        return limit
    return min(limit, case.best) if case.promise.direction > 0 else max(limit, case.best)


def margin(promise: Promise, value: Fraction, limit: Fraction | None) -> Fraction | None:
    """How far a value is on the good side (≥ 0) or on the bad side (< 0) of its limit."""
    if promise.target.band is not None:
        low, high = promise.target.band
        return min(value - Fraction(low), Fraction(high) - value)
    if promise.target.rule.limit == "middle" and limit is not None:
        return _off_middle(limit) - _off_middle(value)
    return None if limit is None else promise.direction * (value - limit)


def _off_middle(share: Fraction) -> Fraction:
    return abs(share - Fraction(MIDDLE))


def meets(promise: Promise, distance: Fraction) -> bool:
    """Whether a value that is so far on the good side keeps the promise."""
    return promise.target.rule.reached(distance, Fraction(promise.unseen))


def assess(case: Case) -> Assessment:
    """The verdict on one quantitative target in one year."""
    blank = Assessment(case.promise.id, case.year, baseline_year=case.baseline_year)
    point = case.series.get(case.year, Point(None, Reason.NOT_RECEIVED, 0))
    if point.value is None:
        return replace(blank, reason=Reason.of(point.state), places=_places(case))
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
        places=_places(case),
        relative=case.relative.get(case.year),
        relative_baseline=case.relative.get(case.baseline_year) if case.baseline_year in values else None,
        trend=mean_change(values, WINDOW),
    )
    distance = margin(case.promise, point.value, found.threshold)
    if distance is None:
        return replace(found, reason=_why_unknown(case, values))
    met = meets(case.promise, distance) and found.relative_met is not False
    found = replace(found, met=met, fragile=_fragile(case, point, found.threshold))
    if not met and _stands_on_best(case, values):
        return _kept_at_best(case, found)
    found = replace(found, by_one=not met and _by_one(case, point, found, distance))
    if case.promise.target.rule.keeps or case.promise.target.rule.paced:
        return _judge_kept(case, values, found)
    judged = _status(case, values)
    if judged.verdict == Verdict.UNKNOWN:
        return replace(
            found, reason=_why_unknown(case, values) if judged.reason == Reason.NO_BASELINE else judged.reason
        )
    if judged.verdict in SHORT and _stands_on_best(case, values):  # it got there before the years that are looked at
        return _kept_at_best(case, found)
    method = judged.method or Method.END
    found = _with_outlook(case, values, replace(found, verdict=judged.verdict, method=method), judged)
    found = _without_jumps(case, values, found)
    verdict = reconciled(found.verdict, found.chance.probability, _aim(case, found.threshold).whole)
    return found if verdict == found.verdict else replace(found, verdict=verdict, method=Method.ODDS)


def _stands_on_best(case: Case, values: Mapping[int, Fraction]) -> bool:
    """Whether a direction is kept by standing on the best value. Of rare events one year alone does not tell, before the end."""
    indicator = case.promise.indicator
    if indicator is not None and indicator.rare and case.year < case.end:
        return all(case.is_best(v) for y, v in values.items() if y >= case.promise.plan.head.start)
    return case.is_best(values[case.year])


def _kept_at_best(case: Case, found: Assessment) -> Assessment:
    """持平于最好值: neither a trend nor a probability says more of it."""
    found = replace(found, met=True, by_one=False)
    if _yearly(case):
        return replace(found, verdict=Verdict.MET_YEAR, method=Method.KEPT)
    return replace(found, verdict=Verdict.MET if case.year >= case.end else Verdict.ON_COURSE, method=Method.BEST)


def _without_jumps(case: Case, values: Mapping[int, Fraction], found: Assessment) -> Assessment:
    """Rare events: the verdict never rests on the jump of one year.

    A verdict on the way to the target rests on the model, which draws single events, or on the value pooled since the
    plan began.
    """
    indicator = case.promise.indicator
    if indicator is None or not indicator.rare or found.method not in {Method.LINEAR, Method.PATH, Method.DIRECTION}:
        return found
    found = replace(found, projection=None)
    if found.chance.probability is not None:
        likely = found.chance.probability >= float(case.policy.outlook.likely)
        return replace(found, verdict=Verdict.ON_COURSE if likely else Verdict.BEHIND, method=Method.MODEL)
    start = case.promise.plan.head.start
    period = [p for y, p in case.series.items() if start <= y <= case.year and y in values and p.events is not None]
    exposure = sum((p.exposure or Fraction(0) for p in period), Fraction(0))
    if not exposure:
        return found
    pooled = sum((p.events or Fraction(0) for p in period), Fraction(0)) * Fraction(indicator.per) / exposure
    judged = _status(case, {**{y: v for y, v in values.items() if y < start}, case.year: pooled})
    if judged.verdict in {Verdict.MET_EARLY, Verdict.UNKNOWN}:  # over the years it is met, in this one it was not
        if judged.verdict == Verdict.UNKNOWN:
            return found
        return replace(found, verdict=Verdict.ON_COURSE, method=Method.POOLED)
    return replace(found, verdict=judged.verdict, method=Method.POOLED)


def _judge_kept(case: Case, values: Mapping[int, Fraction], found: Assessment) -> Assessment:
    """Promises without a number of the plan that are either kept or not: 保持、上升趋势减缓."""
    if _yearly(case):
        return replace(found, verdict=Verdict.MET_YEAR if found.met else Verdict.MISSED_YEAR, method=Method.KEPT)
    if case.year >= case.end:
        return replace(found, verdict=Verdict.MET if found.met else Verdict.MISSED, method=Method.END)
    return replace(found, verdict=_pace(case, values, found), method=Method.RISE)


def _pace(case: Case, values: Mapping[int, Fraction], found: Assessment) -> Verdict:
    """Where a promise about rises (`Rule.paced`) is heading: judged as a direction is, but of the year's rise, against the mean of
    the earlier rises and against the last of them. What does not rise any more never moves away from a slower rise.
    """
    assert found.threshold is not None
    aim, last = _aim(case, None), _changes({y: v for y, v in values.items() if y < case.year})[-1]
    now = values[case.year]
    verdict = heading(aim.towards(now - found.threshold), aim.towards(now - values[case.year - 1] - last))
    return Verdict.BEHIND if verdict == Verdict.AWAY and not found.worsened else verdict


def _yearly(case: Case) -> bool:
    """Whether the year's own value is judged: for a promise for every year, or one that must be kept until the end."""
    target = case.promise.target
    return target.yearly or (case.year < case.end and _kept(case))


def _kept(case: Case) -> bool:
    """Whether a state is to be kept: 保持, or 控制在 a number that the baseline year was already within, in the caliber of the
    year; a baseline that cannot be compared decides no more than one that is not known.
    """
    if not case.promise.target.limiting:
        return case.promise.target.kept
    baseline = case.comparable().get(case.baseline_year)
    if baseline is None:
        return False
    distance = margin(case.promise, baseline, threshold(case, case.baseline_year, {}))
    return distance is not None and meets(case.promise, distance)


def _aim(case: Case, target: Fraction | None) -> Aim:
    """The promise for the methods: against a number in the unit of the series, or against 0 for margins."""
    promise = case.promise
    rule, indicator = promise.target.rule, promise.indicator
    bound = None
    if indicator is not None and indicator.range is not None and rule.series != "gap":
        bound = Fraction(indicator.range[1 if promise.direction > 0 else 0])
    unseen = Fraction(promise.unseen) if rule.strict else Fraction(0)
    return Aim(promise.direction, target, rule.strict, _yearly(case), case.baseline_year, case.end, bound, unseen)


def _status(case: Case, values: Mapping[int, Fraction]) -> Status:
    """The status on margins (0 = met): then a target that itself moves (another indicator, the city) is judged in the
    same way.
    """
    if case.promise.target.rule.limit == "middle":
        return status({y: _off_middle(v) for y, v in values.items()}, _aim(case, None), case.year)
    if case.promise.target.rule.directional:
        return _agreed(case, values, status(values, _aim(case, None), case.year))
    return status(_margins(case, values), replace(_aim(case, Fraction(0)), direction=HIGHER), case.year)


def _agreed(case: Case, values: Mapping[int, Fraction], absolute: Status) -> Status:
    """For a gap in amounts: the verdict on which absolute and relative distance agree. If they disagree, it falls
    short.

    When wages grow, one distance can widen while the other narrows: that is neither 缩小 nor 背离.
    """
    shares = {y: case.relative[y] for y in values if y in case.relative}
    if case.year not in shares:
        return absolute
    relative = status(shares, replace(_aim(case, None), unseen=SHARE_UNSEEN), case.year)
    if Verdict.UNKNOWN in (absolute.verdict, relative.verdict) or relative.verdict == absolute.verdict:
        return absolute
    return absolute._replace(verdict=Verdict.MISSED if case.year >= case.end else Verdict.BEHIND)


def _margins(case: Case, values: Mapping[int, Fraction]) -> dict[int, Fraction]:
    found = {year: margin(case.promise, value, threshold(case, year, values)) for year, value in values.items()}
    return {year: distance for year, distance in found.items() if distance is not None}


def _with_outlook(case: Case, values: Mapping[int, Fraction], found: Assessment, judged: Status) -> Assessment:
    """Add what the published rules and the project's own model say beside the verdict."""
    weather = judged.weather
    projection = None
    if weather.projection is not None and found.threshold is not None:
        projection = found.threshold + case.promise.direction * weather.projection
        if case.promise.target.rule.relative and found.value is not None and found.trend is not None:
            projection = found.value + found.trend * (case.end - case.year)  # the value's own way: the other moves, too
    return replace(
        found,
        projection=projection,
        weather=weather.symbol,
        second=_second(case, values, found),
        chance=_chance(case, values, found),
    )


def _second(case: Case, values: Mapping[int, Fraction], found: Assessment) -> Progress:
    """Statistics Canada's measure, if the promise is a number or a direction of the series itself."""
    rule = case.promise.target.rule
    if rule.moving:
        return Progress(Pace.NOT_AVAILABLE, reason=say("messages/progress/moving"))
    if rule.two_sided:
        return Progress(Pace.NOT_AVAILABLE, reason=say("messages/progress/two_sided"))
    target = None if rule.directional else found.threshold
    return progress(values, _aim(case, target), case.year)


def _chance(case: Case, values: Mapping[int, Fraction], found: Assessment) -> Chance:
    """The probability that the target is met in the plan's last year; a direction is met above its baseline.

    The range beside it is always that of the indicator's own value, never of a distance to the target.
    """
    rule, band = case.promise.target.rule, case.promise.target.band
    if rule.yearly:
        return Chance(None, reason=say("messages/chance/yearly"))
    if rule.directional and found.threshold is not None and _leaves_nothing(case, found.threshold):
        return Chance(None, reason=say("messages/chance/best"))
    if rule.moving:  # how likely it is depends on both series, what the value may be on its own
        margins = _margins(case, values)
        likely = _likely(margins, replace(_aim(case, Fraction(0)), direction=HIGHER, bound=None), case.year)
        own = _own_chance(case, values, _aim(case, found.threshold))
        return likely if likely.probability is None else own._replace(probability=likely.probability)
    if band is not None:
        return _between(case, values, Fraction(band[0]), Fraction(band[1]))
    if rule.limit == "middle":
        assert found.threshold is not None
        off = max(_off_middle(found.threshold) - Fraction(case.promise.unseen), Fraction(0))
        return _between(case, values, Fraction(MIDDLE) - off, Fraction(MIDDLE) + off)
    told = _own_chance(case, values, _aim(case, found.threshold))
    if rule.lowest and case.promise.indicator and case.promise.indicator.kind == "count":
        return Chance(told.probability, reason=told.reason)  # a few persons: no range between whole numbers is told
    if told.probability is None or found.relative_baseline is None:
        return told
    shares = {y: case.relative[y] for y in values if y in case.relative}
    both = _likely(shares, replace(_aim(case, found.relative_baseline), unseen=SHARE_UNSEEN), case.year).probability
    return told if both is None else told._replace(probability=min(told.probability, both))


def _leaves_nothing(case: Case, limit: Fraction) -> bool:
    """Whether nothing that is printed as better lies beyond the value that a direction starts from."""
    if case.best is None:
        return False
    room = _off_middle(limit) if case.promise.target.rule.limit == "middle" else abs(case.best - limit)
    return room <= Fraction(case.promise.unseen)


def _between(case: Case, values: Mapping[int, Fraction], low: Fraction, high: Fraction) -> Chance:
    """The probability that the value ends between two limits: not below the first and not above the second."""
    aim = replace(_aim(case, None), unseen=Fraction(0))  # the limits say it already
    bounds = case.promise.indicator.range if case.promise.indicator else None
    least, most = (None, None) if bounds is None else (Fraction(bounds[0]), Fraction(bounds[1]))
    above = _own_chance(case, values, replace(aim, direction=HIGHER, target=low, bound=most))
    below = _own_chance(case, values, replace(aim, direction=LOWER, target=high, bound=least))
    told = above if values[case.year] < (low + high) / 2 else below  # the side that it must move away from
    if above.probability is None or below.probability is None:
        return told._replace(probability=None)
    return told._replace(probability=max(above.probability + below.probability - 1, 0.0))


def _own_chance(case: Case, values: Mapping[int, Fraction], aim: Aim) -> Chance:
    """The model on the indicator's own series, with its counts if all of them are known and of one caliber."""
    indicator, rule = case.promise.indicator, case.promise.target.rule
    counts, per = None, None
    if indicator is not None and indicator.kind != "count" and rule.own:
        per = Fraction(indicator.per)
        parts = {y: case.series[y] for y in values}
        if all(
            p.events is not None and p.exposure and p.caliber == case.series[case.year].caliber for p in parts.values()
        ):
            counts = {y: RateCounts(p.events or Fraction(0), p.exposure or Fraction(1)) for y, p in parts.items()}
    return _likely(values, aim, case.year, counts, per)


def _likely(
    values: Mapping[int, Fraction],
    aim: Aim,
    year: int,
    counts: Mapping[int, RateCounts] | None = None,
    per: Fraction | None = None,
) -> Chance:
    """What our own model says."""
    from flows.outlook.own import chance  # which takes longer to import than a file to check

    return chance(values, aim, year, counts, per)


def _why_unknown(case: Case, values: Mapping[int, Fraction]) -> Reason:
    rule = case.promise.target.rule
    if rule.relative:
        return Reason.NO_REFERENCE
    if rule.limit == "change" and values.get(case.baseline_year) == 0:
        return Reason.ZERO_BASELINE
    wanted = case.year - 1 if rule.from_previous else case.baseline_year
    if wanted in case.series and case.series[wanted].value is not None and wanted not in values:
        return Reason.BREAK
    if rule.paced and wanted in values:
        return Reason.TOO_FEW_YEARS
    return Reason.NO_PREVIOUS if rule.from_previous else Reason.NO_BASELINE


def _worsened(case: Case, values: Mapping[int, Fraction]) -> bool | None:
    """Whether the year is worse than the year before, whatever the verdict; for a band, further outside or nearer to
    its edge.
    """
    now, before = values.get(case.year), values.get(case.year - 1)
    if now is None or before is None:
        return None
    if case.promise.target.band is not None:
        new, old = margin(case.promise, now, None), margin(case.promise, before, None)
        return new is not None and old is not None and new < old
    if case.promise.target.rule.limit == "middle":
        return _off_middle(now) - _off_middle(before) > Fraction(case.promise.unseen)
    return case.promise.direction * (now - before) < -Fraction(case.promise.unseen)


def _changes(values: Mapping[int, Fraction]) -> list[Fraction]:
    """Yearly changes between known years that follow each other; a change over several years is spread evenly over
    them.
    """
    years = sorted(values)
    return [(values[b] - values[a]) / (b - a) for a, b in itertools.pairwise(years)]


def _fragile(case: Case, point: Point, limit: Fraction | None) -> bool | None:
    """Whether one event more or less would change the verdict (rare events only)."""
    indicator = case.promise.indicator
    if indicator is None or not indicator.rare or point.events is None or not point.exposure or limit is None:
        return None
    if case.promise.target.rule.series == "gap":
        return None  # one event of the whole says nothing of a distance
    verdicts = set()
    for events in (point.events - 1, point.events, point.events + 1):
        if events >= 0:
            value = events * Fraction(indicator.per) / point.exposure
            distance = margin(case.promise, value, limit)
            verdicts.add(case.is_best(value) or (distance is not None and meets(case.promise, distance)))
    return len(verdicts) > 1


def _by_one(case: Case, point: Point, found: Assessment, distance: Fraction) -> bool:
    """Whether the target is missed by one person or case in one place."""
    indicator = case.promise.indicator
    if indicator is None or not case.cases or point.events is None or (found.places and len(found.places.failing) > 1):
        return False
    if indicator.kind == "count":
        return -distance <= 1
    return bool(point.exposure) and -distance <= Fraction(indicator.per) / (point.exposure or 1)


def _places(case: Case) -> EachPlace | None:
    if not case.places or case.promise.target.value is None:
        return None
    least = Fraction(case.promise.target.value)
    asked = {name: p.value for name, p in case.places.items() if p.state != Reason.NOT_APPLICABLE}
    known = {name: value for name, value in asked.items() if value is not None}
    failing = tuple(name for name, value in known.items() if value < least)
    return EachPlace(
        len(asked), len(known) - len(failing), failing, len(asked) - len(known), len(case.places) - len(asked)
    )

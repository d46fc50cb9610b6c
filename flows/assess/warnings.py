"""Turns verdicts into warnings: 预计达标困难 and 波动较大, as both plans demand (四、组织实施（三）)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import NamedTuple

import duckdb

from expectations import stakes
from expectations.records import Catalog, Promise
from expectations.vocabulary import FINE, SHORT, Cause, Fate, Level, Reason, Verdict, WarningKind
from flows.assess.rules import Assessment, ByIndicator
from flows.warehouse import append


def store(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, figures: ByIndicator, rows: list[Assessment]
) -> None:
    """Store the warnings of every year up to `year`, and what became of the earlier ones.

    预计达标困难 follows from the verdict or the probability, 波动较大 from a test against chance.
    """
    found = {(a.target, a.year): a for a in rows}
    warnings: dict[tuple[str, int, str], tuple[object, ...]] = {}
    for y in sorted({a.year for a in rows}):
        doubtful = _doubtful(con, catalog, y)
        swung: set[tuple[str, str]] = set()
        for promise in sorted(catalog.promises(y), key=_is_of_another_figure):
            now = found.get((promise.id, y))
            if now is None:
                continue
            cause = Cause.QUALITY if promise.target.indicator in doubtful else Cause.LAG
            if told := _miss(catalog, promise, now, found.get((promise.id, y - 1)), cause):
                warnings[promise.id, y, WarningKind.MISS] = (*told, None, None, None, None)
            key = (promise.plan.id, str(promise.target.indicator))
            if promise.indicator and key not in swung and (swing := _swing(catalog, promise, figures, y)):
                swung.add(key)
                warnings[promise.id, y, WarningKind.SWING] = (Level.LIGHT, cause, Cause.SWING, *swing)
    told_since: dict[tuple[str, int, str], int] = {}
    for target, y, kind in sorted(warnings, key=lambda w: w[1]):
        told_since[target, y, kind] = told_since.get((target, y - 1, kind), y)
    told_rows = [(*key, *told[:3], told_since[key], *told[3:]) for key, told in warnings.items()]
    append(con, "out_warnings", told_rows)
    append(con, "out_track", list(_track(catalog, year, found, told_since)))


def _miss(
    catalog: Catalog, promise: Promise, now: Assessment, before: Assessment | None, cause: str
) -> tuple[str, str, str] | None:
    """Level, cause and reason; None if nobody needs to act."""
    at_stake = stake(promise, now, before)
    level = stakes.level(at_stake, catalog.policy.outlook)
    if level is None:
        return None
    if at_stake.late:
        return level, Cause.LATE_DATA, Cause.LATE
    return level, cause, Cause.UNLIKELY if now.verdict in FINE else now.verdict


def stake(promise: Promise, now: Assessment, before: Assessment | None) -> stakes.Stake:
    """What is at stake for a target, from its assessments of this year and of the year before."""
    missing = now.verdict == Verdict.UNKNOWN and now.reason != Reason.NOT_SUMMED  # of which nothing is missing
    late = missing and before is not None and before.verdict in SHORT
    return stakes.Stake(
        promise, now.verdict, now.chance.probability, bool(now.fragile), bool(now.by_one), now.distance, late
    )


def _track(
    catalog: Catalog, year: int, found: Mapping[tuple[str, int], Assessment], since: Mapping[tuple[str, int, str], int]
) -> Iterator[tuple[object, ...]]:
    """Whether each target's warnings of a miss came true, and how many years ahead they were."""
    for promise in catalog.promises(year):
        if promise.indicator is None:
            continue
        head = promise.plan.head
        yearly = promise.target.yearly
        for y in range(head.start, year if yearly else min(year + 1, head.end)):
            judged_in = y + 1 if yearly else head.end
            last = found.get((promise.id, judged_in))
            ends = {True: Fate.MET, False: Fate.MISSED, None: Fate.UNKNOWN}
            outcome = Fate.OPEN if last is None else ends[last.verdict.met]
            first = since.get((promise.id, y, WarningKind.MISS))
            then = found.get((promise.id, y))
            yield (
                promise.id,
                y,
                first is not None,
                then is not None and then.verdict != Verdict.UNKNOWN,
                outcome,
                None if first is None or outcome != Fate.MISSED else judged_in - first,
            )


def _doubtful(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> set[str]:
    """Indicators with a figure of the year that a plausibility check questions."""
    found = con.execute(
        "select distinct measure, if(starts_with(rule, 'published_'), indicator, null) from out_findings "
        "where gate = 'plausibility' and severity <> 'info' and year = ? and override is null",
        [year],
    ).fetchall()
    doubted = {of for finding in found for of in finding if of is not None}
    return {
        key
        for key, indicator in catalog.indicators.items()
        if doubted & {key, *indicator.numerator, *indicator.denominator}
    }


def _is_of_another_figure(promise: Promise) -> bool:
    """Whether a target judges a gap or the lowest place: a swing of the whole is told of one that judges it, if there is one."""
    return not promise.target.rule.own


class Swung(NamedTuple):
    """How the district's figure of a target's group moved since the year before. Of a gap or of the lowest place it is the
    figure of the whole.
    """

    change: float | None
    """In % of the earlier figure; None where that is 0: nothing is a share of 0."""
    p: float | None
    """The probability of such a change by chance; None where nothing is counted that chance could explain."""
    swung_from: float
    """The figure of the year before, in the indicator's unit."""
    swung_to: float


def _swing(catalog: Catalog, promise: Promise, figures: ByIndicator, year: int) -> Swung | None:
    """The two figures with their change and its probability by chance, if both are beyond their thresholds.

    Persons and cases are tested given their sum. For other figures (money, years of schooling, institutions) there is
    no such test; their change is compared with the mean of their own earlier changes. A change of one person, case or
    institution is never a swing; of what was 0 there is no relative change, so only chance decides.
    """
    indicator, policy = promise.indicator, catalog.policy.swing
    assert indicator is not None
    points = figures.get(str(promise.target.indicator), {}).get(
        (catalog.district.code, "", promise.target.sex, promise.target.part or ""), {}
    )
    now, before = points.get(year), points.get(year - 1)
    if now is None or before is None or now.value is None or before.value is None or now.caliber != before.caliber:
        return None
    change = float((now.value - before.value) / before.value * 100) if before.value else None
    ends = float(before.value), float(now.value)
    if change is not None and abs(change) < float(policy.relative):
        return None
    x, y = now.events, before.events
    if x is not None and y is not None and x.denominator == y.denominator == 1:
        if abs(x - y) <= 1:
            return None
        if catalog.counts_cases(indicator):
            from flows import intervals  # which takes longer to import than a file to check

            p = intervals.chance(int(x), float(now.exposure or 1), int(y), float(before.exposure or 1))
            return Swung(change, p, *ends) if p < float(policy.significance) else None
    history = [
        abs(float(b.value / a.value) - 1)
        for earlier, a in points.items()
        if (b := points.get(earlier + 1))
        and a.value
        and b.value is not None
        and earlier + 1 < year
        and a.caliber == b.caliber
    ]
    if change is None or len(history) < 2 or abs(change) < 100 * float(policy.usual) * fmean(history):
        return None
    return Swung(change, None, *ends)

"""Verdicts in, warnings out: 预计达标困难 and 波动较大, as both plans demand (四、组织实施（三）)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from statistics import fmean

import duckdb

from expectations.records import Catalog, Promise
from flows import intervals
from flows.assess.rules import Assessment, Figures
from flows.warehouse import append

SERIOUS = {"away", "missed"}
MODERATE = {"behind", "missed_year"}
LIKELY = {"met_early", "on_course", "met_year"}


MISSED = {"missed", "missed_year"}
MET = {"met", "met_year"}


def write(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, figures: Figures, rows: list[Assessment]
) -> None:
    """预计达标困难 from the verdict or the probability, 波动较大 from a test against chance, in every year up to `year`;
    and what became of the earlier ones.
    """
    found = {(a.target, a.year): a for a in rows}
    warnings: dict[tuple[str, int, str], tuple[object, ...]] = {}
    for y in sorted({a.year for a in rows}):
        doubtful = _doubtful(con, catalog, y)
        swung: set[tuple[str, str]] = set()
        for promise in catalog.promises(y):
            now = found.get((promise.id, y))
            if now is None:
                continue
            cause = "quality" if promise.target.indicator in doubtful else "lag"
            if told := _miss(catalog, promise, now, found.get((promise.id, y - 1)), cause):
                warnings[promise.id, y, "miss"] = (*told, None, None)
            key = (promise.plan.id, str(promise.target.indicator))
            if promise.indicator and key not in swung and (swing := _swing(catalog, promise, figures, y)):
                swung.add(key)
                warnings[promise.id, y, "swing"] = ("light", cause, "swing", *swing)
    told_since: dict[tuple[str, int, str], int] = {}
    for target, y, kind in sorted(warnings, key=lambda w: w[1]):
        told_since[target, y, kind] = told_since.get((target, y - 1, kind), y)
    told_rows = [(*key, *told[:3], told_since[key], *told[3:]) for key, told in warnings.items()]
    append(con, "out_warnings", told_rows)
    append(con, "out_track", list(_track(catalog, year, found, told_since)))


def _miss(
    catalog: Catalog, promise: Promise, now: Assessment, before: Assessment | None, cause: str
) -> tuple[str, str, str] | None:
    """Level, cause and reason; None where nobody need act."""
    if now.verdict in SERIOUS | MODERATE or now.verdict == "not_started":
        return _level(promise, now), cause, now.verdict
    likely = now.chance.probability
    if now.verdict in LIKELY and likely is not None and likely < catalog.policy.outlook.likely:
        return "light", cause, "unlikely"
    if now.verdict == "unknown" and before and before.verdict in SERIOUS | MODERATE:
        return "light", "late_data", "late"
    return None


def _track(
    catalog: Catalog, year: int, found: Mapping[tuple[str, int], Assessment], since: Mapping[tuple[str, int, str], int]
) -> Iterator[tuple[object, ...]]:
    """Whether each target's warnings of a miss came true, and how early they were."""
    for promise in catalog.promises(year):
        if promise.indicator is None:
            continue
        head = promise.plan.head
        yearly = promise.target.every_year or promise.target.rule == "yearly_change"
        for y in range(head.start, year if yearly else min(year + 1, head.end)):
            judged_in = y + 1 if yearly else head.end
            last = found.get((promise.id, judged_in))
            outcome = (
                "open"
                if last is None
                else "missed"
                if last.verdict in MISSED
                else "met"
                if last.verdict in MET
                else "unknown"
            )
            first = since.get((promise.id, y, "miss"))
            yield (
                promise.id,
                y,
                first is not None,
                outcome,
                None if first is None or outcome != "missed" else judged_in - first,
            )


def _doubtful(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> set[str]:
    """Indicators with a figure of the year that a plausibility check found fault with."""
    found = con.execute(
        "select distinct measure from out_findings where gate = 'plausibility' and severity <> 'info' and year = ? "
        "and measure is not null and override is null",
        [year],
    ).fetchall()
    measures = {measure for (measure,) in found}
    return {
        key
        for key, indicator in catalog.indicators.items()
        if measures & {*indicator.numerator, *indicator.denominator}
    }


def _level(promise: Promise, now: Assessment) -> str:
    """Soft wording, a statement, or a verdict that one event would turn asks for a written reminder only."""
    if promise.target.soft or now.fragile or now.verdict == "not_started":
        return "light"
    return "serious" if now.verdict in SERIOUS else "moderate"


def _swing(catalog: Catalog, promise: Promise, figures: Figures, year: int) -> tuple[float, float | None] | None:
    """Relative change on the year before (%) and its probability by chance, if both thresholds are passed.

    Counts of events are tested given their sum; sums that are no counts of people (money, years of schooling) have no
    such test and are compared with the median of their own earlier changes.
    """
    indicator, policy = promise.indicator, catalog.policy.swing
    assert indicator is not None
    points = figures.get(str(promise.target.indicator), {}).get((catalog.district.code, "", promise.target.sex), {})
    now, before = points.get(year), points.get(year - 1)
    if now is None or before is None or now.value is None or not before.value or now.caliber != before.caliber:
        return None
    change = (now.value - before.value) / before.value * 100
    if abs(change) < Fraction(policy.relative):
        return None
    if indicator.people and now.events is not None and before.events is not None:
        exposures = (now.exposure or Fraction(1), before.exposure or Fraction(1))
        if all(v.denominator == 1 for v in (now.events, before.events)):
            p = intervals.chance(int(now.events), float(exposures[0]), int(before.events), float(exposures[1]))
            return (float(change), p) if p < float(policy.significance) else None
    history = [
        abs(float(b.value / a.value) - 1)
        for y, a in points.items()
        if (b := points.get(y + 1)) and a.value and b.value is not None and y + 1 < year and a.caliber == b.caliber
    ]
    if len(history) < 2 or abs(float(change)) < 100 * float(policy.usual) * fmean(history):
        return None
    return float(change), None

"""The plan gate: was each target met? It asks the records, not the verdicts, so that two ways must give the same
answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from expectations.records import Catalog, Promise
from flows.letters import spoken
from flows.validate.findings import Batch, asked, count_checks, store
from flows.wording import say

if TYPE_CHECKING:
    from expectations.suites import Check


def plan_gate(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
    """Ask the suite of the plans whether each target was met in `year`; every missed target is a finding."""
    from expectations import suites

    findings = []
    promises = {p.id: p for p in catalog.promises(year)}
    results = _gate(con, catalog, year)
    for plan in catalog.in_force(year):
        own = [(check, failing) for check, failing in results if promises[_target(check)].plan is plan]
        count_checks(
            con,
            "plan",
            plan.id,
            [check for check, _ in own],
            {check.key: 1 for check, _ in own},
            {check.key: bool(failing) for check, failing in own},
        )
    for check, failing in results:
        if failing:
            promise, value = promises[_target(check)], "、".join(failing)
            unit = suites.unit_compared(promise) if check.looks_at == promise.id else "%"
            message = say(
                "messages/finding/missed",
                plan=promise.plan.head.short,
                clause=promise.clause,
                name=spoken(promise),
                year=year,
                value="、".join(f"{one}{unit}" for one in failing),
                expected=check.expected,
                cure=check.cure,
            )
            findings.append(
                {
                    "gate": "plan",
                    "severity": check.severity,
                    "rule": check.rule,
                    "year": year,
                    "indicator": promise.target.indicator,
                    "target": promise.id,
                    "value": value,
                    "department": promise.lead,
                    "expected": check.expected,
                    "message": message,
                    "cure": check.cure,
                }
            )
    store(con, findings)


def gate_results(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> dict[str, list[str]]:
    """Every target that could be compared → the values that miss it, or the places whose values miss it."""
    found: dict[str, list[str]] = {}
    for check, failing in _gate(con, catalog, year):
        found.setdefault(_target(check), []).extend(failing)
    return found


def _target(check: Check) -> str:
    from expectations import suites

    return suites.target_of(check.looks_at)


def _gate(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> list[tuple[Check, list[str]]]:
    from expectations import suites

    compared = {
        target: numbers
        for target, *numbers in con.execute(
            "select target, value, threshold, relative, relative_baseline from out_assessments "
            "where year = ? and value is not null",
            [year],
        ).fetchall()
    }
    columns: dict[str, dict[str, float]] = {}
    checks: list[Check] = []
    for promise in catalog.promises(year):
        if promise.id in compared:
            value, threshold, relative, before = compared[promise.id]
            if relative is not None and before is not None:
                columns[suites.relative_of(promise.id)] = {"": relative}
            else:
                before = None
            checks += suites.plan(catalog.checks, promise, threshold, _lower(promise), before, _best(catalog, promise))
            columns[promise.id] = _places(con, catalog, promise, year) or {"": value}
    frame = pd.DataFrame({check.looks_at: columns[check.looks_at] for check in checks})
    frame.insert(0, "place", frame.index)
    failing: dict[str, list[str]] = {check.looks_at: [] for check in checks}
    for failure in asked([Batch(frame, checks, ["place"], say("messages/kept/promises"))], None)[0]:
        failing[failure.check.looks_at].append(f"{failure.place['place']}{failure.value:.6g}")
    return [(check, failing[check.looks_at]) for check in checks]


def _lower(promise: Promise) -> bool:
    """Whether the promise wants less. This is decided here a second time on purpose, and not asked of the rule's
    record.
    """
    target, indicator = promise.target, promise.indicator
    if target.rule.key in {"baseline_change", "yearly_change"}:
        return target.value is not None and target.value < 0
    if target.rule.key == "hold":
        return indicator is not None and indicator.better == "lower"
    return target.rule.key in {"at_most", "below", "decrease", "slow_increase", "narrow_gap"}


def _best(catalog: Catalog, promise: Promise) -> float | None:
    """The best value that there can be. This is decided a second time on purpose, too."""
    if promise.indicator is None:
        return None
    if promise.target.rule.key == "narrow_gap":
        return 0.0
    end = catalog.limits(promise.indicator)[0 if _lower(promise) else 1]
    return None if end is None else float(end)


def _places(con: duckdb.DuckDBPyConnection, catalog: Catalog, promise: Promise, year: int) -> dict[str, float]:
    """The values of all areas or institutions that an every_place rule looks at."""
    if promise.target.each is None:
        return {}
    names = catalog.places(promise.target.each, year)
    rows = con.execute(
        "select area, institution, value from out_indicators "
        "where indicator = ? and year = ? and sex = ? and part = ? and value is not null order by area, institution",
        [promise.target.indicator, year, promise.target.sex, promise.target.part or ""],
    ).fetchall()
    return {names[area, institution]: value for area, institution, value in rows if (area, institution) in names}

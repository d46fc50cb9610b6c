"""What a city's report says of its districts side by side: each figure against the city's, as far as chance allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from expectations.records import Indicator
from expectations.vocabulary import Against, DeliveryStatus, Readership
from flows import intervals
from flows.report.facts import Facts
from flows.warehouse import Row, rows
from flows.wording import say


class Compared(NamedTuple):
    """A district's figure beside that of the whole."""

    area: str
    name: str
    row: Row | None
    limits: tuple[float, float] | None
    """The 95 % interval, if chance can be told: of cases and of parts of a whole, with their counts."""
    against: Against | None
    """How it differs from the whole; None where one of the two is not there, or has no interval."""


class Comparison(NamedTuple):
    """One indicator of all districts, the best group first; within a group in the order of the city's list."""

    key: str
    indicator: Indicator
    whole: Compared
    parts: list[Compared]


ORDER = {Against.BETTER: 0, Against.HIGHER: 0, Against.LIKE: 1, None: 2, Against.LOWER: 3, Against.WORSE: 3}
"""The groups, from the best."""


def comparisons(facts: Facts) -> Iterator[Comparison]:
    """Every indicator that the city has from its districts, in the order of the plans."""
    district = facts.catalog.district
    for key, indicator in facts.indicators.items():
        if key not in facts.catalog.rolled:
            continue
        row = facts.figures.place(key, facts.year, district.code)
        whole = Compared(district.code, district.called_whole, row, _limits(indicator, row), None)
        parts = []
        for area in district.areas_of(facts.year):
            own = facts.figures.place(key, facts.year, area.code)
            limits = _limits(indicator, own)
            parts.append(Compared(area.code, area.name, own, limits, _against(indicator, limits, row)))
        yield Comparison(key, indicator, whole, sorted(parts, key=lambda part: ORDER[part.against]))


def _limits(indicator: Indicator, row: Row | None) -> tuple[float, float] | None:
    method = indicator.chance
    if method is None or row is None or row["value"] is None or row["numerator"] is None or not row["denominator"]:
        return None
    return intervals.of_rate(method, float(row["numerator"]), float(row["denominator"]), float(indicator.per))


def _against(indicator: Indicator, limits: tuple[float, float] | None, whole: Row | None) -> Against | None:
    """No order by chance: what includes the whole's figure does not differ from it."""
    if limits is None or whole is None or whole["value"] is None:
        return None
    lower, upper = limits
    if lower <= whole["value"] <= upper:
        return Against.LIKE
    higher = lower > whole["value"]
    if not indicator.sense:
        return Against.HIGHER if higher else Against.LOWER
    return Against.BETTER if higher == (indicator.sense > 0) else Against.WORSE


def source(facts: Facts) -> str:
    """Which edition of the districts the figures are taken from: 内部版 or 公开版."""
    return "、".join(
        dict.fromkeys(Readership.of(d.released).word for d in facts.catalog.datasets.values() if d.released)
    )


def notes(facts: Facts) -> list[str]:
    """What is wrong with the released figures of a district, one sentence each; empty if nothing is."""
    catalog = facts.catalog
    names = {area.code: area.name for area in catalog.district.areas}
    areas = {key: names.get(str(department.area)) for key, department in catalog.district.departments.items()}
    released = [name for name, dataset in catalog.datasets.items() if dataset.released]
    status = rows(
        facts.con,
        "select department, status from meta_deliveries where year = ? and list_contains(?, dataset) "
        "and list_contains(?, status) order by all",
        facts.year,
        released,
        [s for s in DeliveryStatus if s.is_absent],
    )
    told = [
        say("labels/districts/delivery", area=areas[row["department"]], status=DeliveryStatus.of(row["status"]).word)
        for row in status
    ]
    other = rows(
        facts.con,
        "select distinct department from out_findings where year = ? and rule = 'row_caliber' order by all",
        facts.year,
    )
    return told + [say("labels/districts/caliber", area=areas[row["department"]]) for row in other]

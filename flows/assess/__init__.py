"""Gives a verdict on every target in every year, from indicators and statements, and the warnings of the data year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import replace
from fractions import Fraction
from typing import assert_never

import duckdb

from expectations import stakes, territory
from expectations.records import Catalog, Indicator, Promise
from expectations.units import unit_of
from expectations.vocabulary import DeliveryStatus, Method, Reason, Verdict
from flows.assess import stated, warnings
from flows.assess.rules import Assessment, ByIndicator, ByPlace, Case, Point, Series, assess
from flows.outlook.destatis import first_year
from flows.warehouse import append


def targets(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
    """Fill `out_assessments` and `out_warnings` for every year of the plans in force up to `year`, and `out_track`."""
    figures = _figures(con)
    rows = _ranked(catalog, _judged(con, catalog, year, figures))
    append(con, "out_assessments", [a.row(catalog.district.code) for a in rows])
    stated.printed(con, catalog)
    warnings.store(con, catalog, year, figures, rows)


def verdicts(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, of: Set[str] | None) -> list[Assessment]:
    """The assessments of some targets, or all, in every year of their plans up to `year`; nothing is stored."""
    return _judged(con, catalog, year, _figures(con), of)


def _judged(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, figures: ByIndicator, of: Set[str] | None = None
) -> list[Assessment]:
    rows: list[Assessment] = []
    stages: dict[tuple[str, int], str] = {}
    for target, y, stage in con.execute("select target, year, stage from core_statements").fetchall():
        stages.setdefault((target, y), stage)
    forms = "select year, department, status from meta_deliveries where dataset = 'progress' and status <> 'superseded'"
    sent = {(y, department): status for y, department, status in con.execute(forms).fetchall()}
    for promise in catalog.promises(year):
        if of is not None and promise.id not in of:
            continue
        for y in range(promise.plan.head.start, year + 1):
            asked = catalog.promise(promise.id, y)
            if asked.target.rule.evidence:
                stage = stages.get((asked.id, y))
                refused = stage is None and _refused(con, asked, y, sent.get((y, asked.lead)))
                rows.append(_evidence(asked, y, stage, refused=refused))
            else:
                rows.append(assess(_case(catalog, figures, asked, y)))
    return stated.judged(con, catalog, rows)


def _ranked(catalog: Catalog, rows: list[Assessment]) -> list[Assessment]:
    """The same assessments with their rank by what is at stake, year by year."""
    promises, found = {p.id: p for p in catalog.promises()}, {(a.target, a.year): a for a in rows}
    places = {
        year: stakes.order(
            (warnings.stake(promises[a.target], a, found.get((a.target, year - 1))) for a in rows if a.year == year),
            catalog.policy.outlook,
        )
        for year in sorted({a.year for a in rows})
    }
    return [replace(a, priority=places[a.year][a.target]) for a in rows]


def _figures(con: duckdb.DuckDBPyConnection) -> ByIndicator:
    figures: ByIndicator = {}
    for indicator, area, institution, sex, part, year, value, state, caliber, numerator, denominator in con.execute(
        "select indicator, area, institution, sex, part, year, value, state, caliber, numerator, denominator from out_indicators"
    ).fetchall():
        point = Point(
            None if value is None else Fraction(str(value)),
            state,
            caliber,
            None if numerator is None else Fraction(numerator),
            None if denominator is None else Fraction(denominator),
        )
        figures.setdefault(indicator, {}).setdefault((area, institution, sex, part), {})[year] = point
    return figures


def _exact(indicator: Indicator, point: Point) -> Point:
    """The exact quotient instead of its nearest binary number, if numerator and denominator are known."""
    if point.value is None or point.events is None:
        return point
    if indicator.kind == "count":
        return point._replace(value=point.events)
    if not point.exposure:
        return point
    return point._replace(value=point.events * Fraction(indicator.per) / point.exposure)


def _case(catalog: Catalog, figures: ByIndicator, promise: Promise, year: int) -> Case:
    target, indicator = promise.target, promise.indicator
    assert indicator is not None
    places = figures.get(str(target.indicator), {})
    home = catalog.district.code

    group = (target.sex, target.part or "")
    first = first_year(promise.plan.head.baseline)

    def series(area: str, institution: str, sex: str, part: str) -> dict[int, Point]:
        return _series(indicator, places, first, area, institution, sex, part)

    others: dict[int, Fraction] = {}
    each: dict[str, Point] = {}
    relative: dict[int, Fraction] = {}
    match target.rule.series:
        case "gap":
            one, other = (series(home, "", side.sex, side.part) for side in promise.sides)
            main = _gaps(one, other)
            if not unit_of(indicator.unit).is_rate:
                shares = {y: (p.value, other[y].value) for y, p in main.items()}
                relative = {y: gap * 100 / of for y, (gap, of) in shares.items() if gap is not None and of}
        case "lowest":
            by_place = {place: series(*place, *group) for place in catalog.places(str(target.each))}
            main = _minima(_years_there(catalog, indicator, str(target.each), by_place), Fraction(target.value or 0))
            missing = Point(None, Reason.NOT_RECEIVED, 0)
            named = catalog.places(str(target.each), year)
            each = {name: by_place[place].get(year, missing) for place, name in named.items()}
        case "value" | "":
            main = series(home, "", *group)
        case never:
            assert_never(never)
    if target.rule.limit == "indicator":
        than = catalog.indicators[str(target.than)]
        compared = _series(than, figures.get(str(target.than), {}), first, home, "", *group)
        others = _comparable(than, compared, year)
    elif target.rule.limit == "area":
        others = _comparable(indicator, series(str(target.than), "", *group), year)
    cases, breaks = catalog.counts_cases(indicator), territory.breaks(catalog.district, target.each)
    low, high = (None if end is None else Fraction(end) for end in catalog.limits(indicator))
    return Case(promise, catalog.policy, year, main, others, each, relative, cases, breaks, (low, high))


def _comparable(indicator: Indicator, series: Series, year: int) -> dict[int, Fraction]:
    """The figures that a target is held against, in the caliber of the year; none where the year itself has none."""
    now = series.get(year)
    if now is None or now.value is None:
        return {}
    found = {y: (p.value, indicator.bridged(p.caliber, now.caliber)) for y, p in series.items() if y <= year}
    return {y: value * factor for y, (value, factor) in found.items() if value is not None and factor is not None}


def _years_there(
    catalog: Catalog, indicator: Indicator, each: str, places: Mapping[tuple[str, str], Series]
) -> list[Series]:
    """The series of every place in the years in which it is there. The lowest of them is of one caliber until areas are
    split: what a new area was before is not known.
    """
    breaks = territory.breaks(catalog.district, each)
    redrawn = each == "area" and bool(territory.adjustments(catalog.district))
    found: list[Series] = []
    years = {y for series in places.values() for y in series}
    there = {year: catalog.places(each, year) for year in years}
    begun = (*(since for since, *_ in indicator.formulas), *breaks)
    caliber = {year: max(since for since in begun if since <= year) for year in years}
    for place, series in places.items():
        own = {year: point for year, point in series.items() if place in there[year]}
        found.append({y: p._replace(caliber=caliber[y]) for y, p in own.items()} if redrawn else own)
    return found


def _series(
    indicator: Indicator, places: ByPlace, first: int, area: str, institution: str, sex: str, part: str
) -> dict[int, Point]:
    """The figures of a place from the first year on that the plan is judged by. An older plan that is in force beside it lets
    more years be read, which decide nothing here.
    """
    found = places.get((area, institution, sex, part), {})
    return {year: _exact(indicator, point) for year, point in found.items() if year >= first}


def _gaps(one: Series, other: Series) -> dict[int, Point]:
    """The distance between two groups, whichever is ahead."""
    gaps = {}
    for year in sorted({*one, *other}):
        f, m = one.get(year), other.get(year)
        if f is None or m is None or f.value is None or m.value is None:
            state = next((p.state for p in (f, m) if p is not None and p.value is None), Reason.NOT_RECEIVED)
            gaps[year] = Point(None, state, max(p.caliber for p in (f, m) if p is not None))
        else:
            gaps[year] = Point(abs(f.value - m.value), "ok", f.caliber)
    return gaps


def _minima(series: Iterable[Series], least: Fraction) -> dict[int, Point]:
    """The lowest place of each year; unknown if any place is unknown. Places without such a figure are left out.

    If a known place fails, the year is decided, whatever the unknown ones are. Then the lowest known place is the value.
    """
    years: dict[int, list[Point]] = {}
    for one in series:
        for year, point in one.items():
            years.setdefault(year, []).append(point)
    lowest = {}
    for year, points in years.items():
        known = [p for p in points if p.state != Reason.NOT_APPLICABLE]
        missing = next((p for p in known if p.value is None), None)
        told = [p for p in known if p.value is not None]
        bottom = min(told, key=lambda p: p.value or Fraction(0)) if told else None
        if missing is not None and (bottom is None or (bottom.value or Fraction(0)) >= least):
            lowest[year] = missing
        elif bottom is not None:
            lowest[year] = bottom
        else:
            lowest[year] = points[0]
    return lowest


def _evidence(promise: Promise, year: int, stage: str | None, *, refused: bool) -> Assessment:
    """The statement of the department that had the lead in that year answers a qualitative target; without a statement
    there is no verdict.
    """
    blank = Assessment(promise.id, year)
    if stage:
        return replace(blank, verdict=Verdict.of(stage), method=Method.STATEMENT)
    return replace(blank, reason=Reason.REJECTED if refused else Reason.NOT_RECEIVED)


def _refused(con: duckdb.DuckDBPyConnection, promise: Promise, year: int, status: str | None) -> bool:
    """Whether the lead's form came and was sent back as a whole, or a row of it that could not be used is about the clause of a
    qualitative target; `status` is that of the form, None if none was asked for and none came.
    """
    if status is None or DeliveryStatus.of(status).is_absent:
        return status == DeliveryStatus.REFUSED
    asked = [year, promise.lead, promise.plan.head.short, promise.clause]
    return con.execute(REFUSED, asked).fetchone() is not None


REFUSED = """
select 1 from core_rejections join stg_progress using (delivery, line) join meta_deliveries d using (delivery)
where d.year = ? and d.department = ? and d.status <> 'superseded' and plan = ? and clause = ? limit 1
"""

"""The checks between the two gates: can the figures be true? Their findings change nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import product
from math import log10
from operator import le
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd

from expectations import territory
from expectations.records import ANY, FOREVER, PART, Catalog, Column, Indicator, Override
from expectations.units import Unit, scale, unit_of
from expectations.vocabulary import WHOLE
from flows.validate import exchanged, summed
from flows.validate.findings import (
    Batch,
    Columns,
    FindingRow,
    Trial,
    asked,
    columns_of,
    count_checks,
    heads,
    named,
    place_names,
    store,
    weigh,
)
from flows.wording import read, say

if TYPE_CHECKING:
    from expectations.suites import Check, Failure

GROUP = ("area", "institution", "sex", PART)
PLACE = ("delivery", "line", *GROUP)
TOTAL = ("delivery", "measure", *GROUP)
FIGURE = ("delivery", "measure", "line", *GROUP, "value", "other")
"""The columns of every frame that is checked here: a figure, where it stands, and what it is compared with."""
SUM = (*FIGURE, "unstated")
"""… and whether the sum it is compared with has persons of whom the sex is not stated."""
SEXES = (*FIGURE, "men", "men_before", "more")
"""Women of the year and of the year before, the men beside them, and the number of other columns that are so."""
Inspection = tuple[pd.DataFrame, "Sequence[Check]", Sequence[str]]
"""A frame, its checks, and the columns that name a failing row."""
LONG = 3
"""The years of which a figure must have so many before their median says what is usual."""
FEW = 20
"""Counts of about this size may change by chance to a multiple."""


class Over(NamedTuple):
    """What a total is the sum over: places (areas or institutions), sexes, parts of a dimension."""

    place: bool = False
    sex: bool = False
    part: bool = False

    @property
    def query(self) -> str:
        kept = [
            name
            for name, over in (("area", self.place), ("institution", self.place), ("sex", self.sex), (PART, self.part))
            if not over
        ]
        return TOTALS.format(same=", ".join(["delivery", "measure", *kept]), **self._asdict())


ALL_TOTALS = sorted((Over(*keys) for keys in product((False, True), repeat=3) if any(keys)), key=sum)
"""A total over one of them before a total over several."""


def plausibility(con: duckdb.DuckDBPyConnection, catalog: Catalog, trial: Trial | None = None) -> None:
    """Compare parts and wholes, sexes, areas and totals, figures of two departments, and every figure with its own
    history; in a trial of one delivery, the figures of that one.

    A trial asks nothing where there is nothing to compare; a run counts what it has looked at: nothing, too.
    """
    from expectations import suites

    there = _there(con, catalog, trial)
    if not there.delivered:
        return
    rules, gate = catalog.checks, _Gate(con, catalog, trial)
    series = _district(con, catalog)
    looks: list[Inspection] = []
    if pairs := _pairs(catalog):
        frame = _wide(con, {measure for pair in pairs for measure in pair[:2]})
        looks.append((frame, suites.parts(rules, pairs), PLACE))
    for rule, frame in (
        ("parts_sum", _compositions(con, catalog)),
        *_totals(con, catalog, there.totals),
        ("same_figure", _off(_same(catalog, series), percent=rules.of("same_figure").unit == "%")),
    ):
        looks.append((frame, suites.agreement(rules, rule), SUM if rule == "sexes_total" else FIGURE))
    if there.is_long:
        looks.append((_slips(con, catalog), suites.magnitude(rules), FIGURE))
    looks.append((_jumps(catalog, series), suites.jump(rules), FIGURE))
    if there.has_past:
        looks.append((_repeated(con, catalog), suites.repeated(rules), FIGURE))
        looks.append((exchanged.pairs(con, catalog), suites.agreement(rules, "exchanged"), SEXES))
    if there.may_cease:
        looks.append((_ceased(con, catalog), suites.agreement(rules, "ceased"), FIGURE))
    gate.look_at(looks)


class _There(NamedTuple):
    """What there is to compare."""

    delivered: bool = True
    totals: Container[Over] = ALL_TOTALS
    is_long: bool = True
    """A column has come as often as the median of a figure's own years takes."""
    has_past: bool = True
    """There is a year with the year before it."""
    may_cease: bool = True
    """… and something that is not applicable."""


def _there(con: duckdb.DuckDBPyConnection, catalog: Catalog, trial: Trial | None) -> _There:
    if trial is None:
        return _There()
    of = {"of": trial.of}
    years, most, ceased, delivered = con.execute(THERE, of).fetchall()[0]
    has_past = any(year - 1 in years for year in years)
    wholes = con.execute(WHOLES, {**of, "district": catalog.district.code}).fetchall() if delivered else []
    totals = {over for whole in wholes for over in ALL_TOTALS if all(map(le, over, whole))}
    return _There(delivered, totals, most >= LONG, has_past, has_past and ceased)


THERE = """
select coalesce(flatten(list(years)), []), coalesce(max(came), 0), coalesce(bool_or(ceased), false), coalesce(bool_or(mine), false)
from (
    select list(distinct year) as years, count(distinct delivery) as came, bool_or(state = 'not_applicable') as ceased,
        bool_or($of is null or delivery = $of) as mine
    from core_observations group by measure
)
"""
WHOLES = """
-- of each column of a form, whether rows of the whole stand beside rows of places, of sexes, of parts
select distinct
    bool_or(area = $district and institution = '') and bool_or(area <> $district or institution <> ''),
    bool_or(sex = 'total') and bool_or(sex <> 'total'),
    bool_or(part = '') and bool_or(part <> '')
from core_observations where $of is null or delivery = $of group by delivery, measure
"""


def ratios(con: duckdb.DuckDBPyConnection, catalog: Catalog, trial: Trial | None = None) -> None:
    """Check numerators and denominators: no indicator may lie outside the bounds of every possible true value.

    In a trial of one delivery, only those are checked that are counted as its own.
    """
    _published(con, catalog, trial)
    _ranges(con, catalog, trial)
    _sides(con, catalog, trial)
    weigh(con)
    withdraw(con, catalog)


def withdraw(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Take back figures that no true value can be (beyond an indicator's `range`, or a numerator above 0 with a denominator of 0), and
    figures of a place that has numerator or denominator only: they are 核查未通过, and so is the district's figure that they
    are a part of. No verdict rests on them.
    """
    bounds = columns_of(("indicators", "low", "high"), _bounds(catalog.indicators))
    of = {"district": catalog.district.code, "added": sorted(catalog.added_parts)}
    con.execute(WITHDRAWN, {**bounds, **of, "parts": list(catalog.district.area_codes)})
    if con.execute(NOTHING).fetchone():
        con.execute(ONE_SIDED.format(sides=SIDES), {**_quotients(con, catalog), **of})


NOTHING = "select 1 from core_observations where state = 'not_applicable' limit 1"
"""Without it, no place has one side only (`SIDES`)."""


def _bounds(indicators: Mapping[str, Indicator]) -> list[tuple[str, float, float]]:
    """The lowest and the highest value that an indicator can have."""
    return [(key, float(i.range[0]), float(i.range[1])) for key, i in indicators.items() if i.range]


def _sides(con: duckdb.DuckDBPyConnection, catalog: Catalog, trial: Trial | None) -> None:
    """Check that numerator and denominator of a place are both figures, or both 不适用: the district's sums would have one
    without the other. So it is where the other side is divided more finely, and has somebody in the same place. Where the side that
    says 不适用 is the finer one, it has no cell of its own on the other: nobody here knows whether it is counted there, so the sender is
    asked, and the figure stays.
    """
    from expectations import suites

    if trial and not con.execute(NOTHING).fetchone():
        return
    names = {"district": catalog.district.code, "added": sorted(catalog.added_parts)} | _quotients(con, catalog)
    told = (*FIGURE, "whole", "of_sex", "indicator")
    _Gate(con, catalog, trial).look_at(
        [
            (con.execute(f"{SIDES} {query}", names).df(), suites.agreement(catalog.checks, rule), told)
            for rule, query in (("ratio_sides", ONE_SIDE), ("ratio_depth", UNLIKE))
        ]
    )


def _quotients(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, list[Any]]:
    """The measures of every quotient, by the years of its definition; of a share, women and men are the sides. Where both sides
    have as many measures, each stands beside the one of its place on the other side (`pair`); else all stand beside all. The cells
    that they are made of are those of the view `summed`.
    """
    summed.view(con, catalog)
    told = list[tuple[Any, ...]]()
    for key, indicator in catalog.indicators.items():
        share = indicator.kind == "share"
        formulas = indicator.formulas if indicator.kind in {"ratio", "share"} else ()
        ends = [since for since, *_ in formulas[1:]] + [FOREVER]
        for (since, above, below), until in zip(formulas, ends, strict=bool(formulas)):
            paired = share or len(above) == len(below)
            for side, measures in (("above", above), ("below", below)):
                for place, measure in enumerate(measures):
                    told.append((key, share, since, until, side, place if paired else 0, measure))
    return columns_of(("indicators", "shares", "since", "until", "sides", "pairs", "measures"), told)


def _ranges(con: duckdb.DuckDBPyConnection, catalog: Catalog, trial: Trial | None) -> None:
    from expectations import suites

    computed = {key: i for key, i in catalog.indicators.items() if i.numerator}
    limits = [(k, i.name, float(i.range[0]), float(i.range[1])) for k, i in computed.items() if i.range]
    if not limits:
        return
    keys = [limit[0] for limit in limits]
    wide = con.execute(RATIOS, {"keys": keys, "measures": [catalog.indicators[k].numerator[0] for k in keys]}).df()
    if wide.empty:
        return
    frame = wide.pivot(index=["delivery", *GROUP], columns="indicator", values="value")
    frame = frame.reindex(columns=keys).reset_index().assign(line=0)
    checks = suites.ranges(catalog.checks, limits)
    _Gate(con, catalog, trial).look_at([(frame, checks, PLACE)])


def _published(con: duckdb.DuckDBPyConnection, catalog: Catalog, trial: Trial | None) -> None:
    """Check figures that come ready-made: against the bounds of their indicator, a total against women's and men's and
    against those of the parts, and against the figure that is computed from what other forms deliver.
    """
    from expectations import suites

    forms = [name for name, d in catalog.datasets.items() if d.ready_made]
    if not forms or (trial and not con.execute(READY_MADE, {"forms": forms, "of": trial.of}).fetchone()):
        return
    given = {key: catalog.indicators[key] for name in forms for key in catalog.datasets[name].gives(catalog.indicators)}
    apart = [key for key, i in given.items() if i.kind != "count" and not unit_of(i.unit).is_counted]
    half = [0.5 * 10.0**-i.decimals for i in given.values()]
    bounds = columns_of(("indicators", "low", "high"), _bounds(given))
    gate, district = _Gate(con, catalog, trial), {"district": catalog.district.code}
    printed = " union all ".join(WRITTEN.format(name=name, whole=WHOLE) for name in forms)
    con.execute(PUBLISHED.format(printed=printed), district)
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("published_range", PUBLISHED_RANGE, bounds),
        ("published_nothing", PUBLISHED_NOTHING, {}),
        ("published_sexes", BETWEEN + PUBLISHED_SEXES, {"indicators": apart}),
        *(
            [("published_parts", BETWEEN + PUBLISHED_PARTS, {"indicators": apart, **_exhaustive(catalog)})]
            if catalog.divided
            else []
        ),
        *(
            [("published_areas", BETWEEN + PUBLISHED_AREAS, {"indicators": apart, **district, **_areas(con, catalog)})]
            if any(catalog.datasets[name].by_area for name in forms)
            else []
        ),
        ("published_computed", PUBLISHED_COMPUTED, {"indicators": list(given), "half": half}),
    ]
    gate.look_at(
        [
            (con.execute(query, names).df(), suites.agreement(catalog.checks, rule), FIGURE)
            for rule, query, names in asked
        ]
    )
    con.execute("drop table published")


READY_MADE = """
select 1 from meta_deliveries semi join core_observations using (delivery)
where list_contains($forms, dataset) and delivery = coalesce($of, delivery) limit 1
"""


def _areas(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, list[Any]]:
    """The areas of every year that has deliveries."""
    years = [year for (year,) in con.execute("select distinct year from core_observations order by 1").fetchall()]
    there = [(year, area.code) for year in years for area in catalog.district.areas_of(year)]
    return columns_of(("years", "areas"), there)


def settle(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Add last year's figure to each finding, and mark the findings that a named person has answered for (overrides), as long as
    they are about the figure that was explained.
    """
    scales = [
        (c.measure, float(scale(str(c.unit))))
        for d in catalog.datasets.values()
        for c in d.columns.values()
        if c.measure
    ]
    con.execute(
        PREVIOUS,
        {**columns_of(("measures", "scales"), scales), **read("messages")["previous"]},
    )
    [(today,)] = con.execute("select max(published) from meta_register").fetchall()
    for override in catalog.exemptions.overrides:
        asked = override.model_dump(include={"rule", "year", "dataset", "department", "column"})
        found = con.execute(ASKED, {**asked, "area": _place(catalog, override.area)}).fetchall()
        if not found or (today is not None and override.until < today):
            _tell_unused(con, override, "unused")
            continue
        unfit = [(row, _unfit(override, value, version), value, version) for row, value, version in found]
        if answered := [row for row, why, *_ in unfit if not why]:
            why = say("messages/override/answered", **override.model_dump())
            con.execute("update out_findings set override = ? where list_contains(?, rowid)", [why, answered])
        else:
            _, why, value, version = unfit[0]
            _tell_unused(con, override, why, now=value or say("messages/override/no_value"), number=version)


def _unfit(override: Override, value: str | None, version: int | None) -> str:
    """Why an override is not about a finding of its place: it was given for another version of the form, or for another figure.
    One that names neither was given for the first version.
    """
    if override.version is not None and override.version != version:
        return "version"
    if override.value is not None:
        return "" if value is not None and _alike(override.value, value) else "value"
    return "unnamed" if override.version is None and (version or 1) > 1 else ""


def _alike(one: str, other: str) -> bool:
    """Whether two texts are one figure: 1024.50 is 1024.5."""
    with suppress(InvalidOperation):
        return Decimal(one) == Decimal(other)
    return one.strip() == other.strip()


def _place(catalog: Catalog, name: str | None) -> str | None:
    """Code of an area or id of an institution by its name."""
    institutions = {called: key for key, called in catalog.district.members.items()}
    areas = {a.name: a.code for a in catalog.district.areas}
    return None if name is None else institutions.get(name) or areas.get(name, name)


def _tell_unused(con: duckdb.DuckDBPyConnection, override: Override, why: str, **facts: object) -> None:
    message = say(f"messages/override/{why}/said", **{**override.model_dump(), **facts})
    cure = say(f"messages/override/{why}/cure")
    store(
        con,
        [
            {
                "gate": "plausibility",
                "severity": "warning",
                "rule": "override",
                "year": override.year,
                "dataset": override.dataset,
                "expected": say("messages/override/expected"),
                "cure": cure,
                "message": f"{message}。{cure}。",
            }
        ],
    )


PREVIOUS = """
update out_findings f
set previous = (
    select case o.state
        when 'ok' then regexp_replace(rtrim((o.value / m.scale)::decimal(24, 6)::varchar, '0'), '[.]$', '')
        when 'not_applicable' then $not_applicable else $not_received end
    from core_observations o join (select unnest($measures) as measure, unnest($scales) as scale) m using (measure)
    where o.measure = f.measure and o.year = f.year - 1 and o.area = f.area and o.sex = coalesce(f.sex, 'total')
        and o.part = coalesce(f.part, '')
        and o.institution = coalesce(nullif(f.institution, '*'), '')
    limit 1
)
where f.measure is not null and f.area is not null
"""
ASKED = """
select f.rowid, f.value, d.version from out_findings f left join meta_deliveries d on d.delivery = f.delivery
where f.rule = $rule and f.year = $year and f.dataset = $dataset and f.severity <> 'critical'
    and ($department is null or f.department = $department)
    and ($column is null or f.column_name = $column)
    and ($area is null or f.area = $area or f.institution = $area)
order by f.rowid
"""


class _Gate:
    """Runs suites across datasets and stores what they find and what they checked."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, trial: Trial | None) -> None:
        self.con, self.trial, self.teller = con, trial, _Teller(con, catalog)

    def look_at(self, looks: Sequence[Inspection]) -> None:
        """Check frames in which each figure stands beside what it is compared with."""
        questions = [self._question(*look) for look in looks]
        for question, failures in zip(questions, asked(questions, self.trial), strict=True):
            beside = _Beside(question.frame)
            store(self.con, [self.teller.finding(failure, beside) for failure in failures])
            if not self.trial:
                self._count(question, failures)

    def _question(self, frame: pd.DataFrame, checks: Sequence[Check], index: Sequence[str]) -> Batch:
        if self.trial and self.trial.of:
            frame = frame[frame["delivery"] == self.trial.of].reset_index(drop=True)
        title = self.teller.catalog.checks.of(checks[0].rule).title if checks else ""
        return Batch(frame, checks, index, title)

    def _count(self, question: Batch, failures: Sequence[Failure]) -> None:
        from expectations import suites

        failed = Counter(failure.check.key for failure in failures)
        checked = {check.key: suites.looked_at(question.frame, check) for check in question.checks}
        titles = self.teller.titles
        named = [replace(check, header=check.header or titles.get(check.looks_at, "")) for check in question.checks]
        count_checks(self.con, "plausibility", "", named, checked, failed)


class _Beside:
    """Finds what stands in the row of a failing figure."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame

    @cached_property
    def rows(self) -> Mapping[tuple[Any, ...], int]:
        """Where a figure stands → its row."""
        places = zip(*(self.frame[name] for name in PLACE), strict=True)
        return {place: row for row, place in reversed([*enumerate(places)])}

    def find(self, place: Mapping[str, Any], column: str) -> Any:
        return self.frame[column].iloc[self.rows[tuple(place[name] for name in PLACE)]]


class _Teller:
    """Writes the message for a failed check."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self.catalog, self.heads, self.places = catalog, heads(con), place_names(catalog)
        self.columns = Columns(con)
        self.names = {key: indicator.name for key, indicator in catalog.indicators.items()}
        self.titles = {m: header for d in catalog.datasets.values() for m, header in d.measures.items()}
        self.institutions = catalog.district.members
        self.forms = {c.measure: c for d in catalog.forms.values() for c in d.columns.values() if c.measure}
        self.form_of = {measure: d for d in catalog.forms.values() for measure in d.measures}
        self.uses: dict[str, str] = {}
        for key, indicator in catalog.indicators.items():
            for measure in (*indicator.numerator, *indicator.denominator):
                self.uses.setdefault(measure, key)

    def finding(self, failure: Failure, beside: _Beside) -> FindingRow:
        check, place = failure.check, failure.place
        head = self.heads[place["delivery"]]
        measure = place.get("measure", check.looks_at)
        indicator = self.is_indicator(failure)
        scale = self.scale(None if indicator else self.forms.get(measure))
        title = (self.names if indicator else self.titles).get(measure, "")
        value = place.get("value", failure.value)
        line = int(place["line"]) or None  # 0: a sum over lines
        column = self.columns.find(place["delivery"], title, place["sex"], place[PART])
        institution = place["institution"] or ""
        where = "，".join(
            filter(
                None,
                (
                    self.institutions.get(institution) or self.places.get(place["area"]),
                    self.catalog.told_group(place["sex"], place[PART]),
                ),
            )
        )
        said = self.said(failure, measure, value, beside)
        other_slip = check.rule == "unit_slip" and not _is_of_unit(failure, self.unit(failure, measure))
        cure = say("messages/figures/slip_cure") if other_slip else check.cure
        message = say(
            "messages/finding/figure",
            file=named(head),
            line=say("messages/finding/line", line=line) if line else "",
            header=say("messages/finding/header", header=title or measure) if measure else "",
            place=say("messages/finding/place", place=where) if where else "",
            said=said,
            cure=cure,
        )
        return {
            **head,
            "gate": "plausibility",
            "severity": check.severity,
            "rule": check.rule,
            "line": line,
            "position": column.position if line else None,
            "column_name": column.words or None,
            "area": place["area"] or None,
            "institution": institution,
            "sex": place["sex"] or None,
            PART: place[PART] or None,
            "measure": None if indicator else measure or None,
            "indicator": (measure if indicator else self.uses.get(measure)) or None,
            "value": self.shown(failure, value, scale) or None if measure else None,
            "previous": _shown(place["other"] / scale) if check.rule == "jump" else None,
            "expected": check.expected,
            "said": said,
            "message": message,
            "cure": cure,
        }

    def said(self, failure: Failure, measure: str, value: Any, beside: _Beside) -> str:
        """What is odd about a figure and what it is compared with, in the unit of its form."""
        check, place = failure.check, failure.place
        column = None if self.is_indicator(failure) else self.forms.get(measure)
        scale = self.scale(column)
        unit = self.unit(failure, measure)
        whole, other = "", place.get("other", float("nan"))
        if check.rule == "part_above_whole":
            whole = str(check.arguments["column_A"])
            other = beside.find(place, whole)
        elif check.rule == "same_figure" and column:
            whole = str(column.same_as)
        elif check.rule in {"ratio_sides", "ratio_depth"}:
            whole = str(place["whole"])
        home, of_sex = self.form_of.get(whole), str(place.get("of_sex") or "")
        off = abs(float(value) - float(other))
        low, high = _limits(check)
        return self.catalog.checks.of(check.rule).tells(
            self.told_as(failure, value, unit),
            value=self.shown(failure, value, scale),
            other=_shown(_about(other / scale, column) if check.rule == "unit_slip" else other / scale)
            if other == other
            else "",
            off=_shown(off / scale) if off == off else "",
            unit=unit,
            way=say(f"messages/figures/{'more' if value > other else 'less'}"),
            usual=_shown(_about(off / scale / float(failure.value), column)) if check.rule == "jump" else "",  # type: ignore[arg-type]
            times=float(f"{max(value / other, other / value):.2g}") if check.rule == "unit_slip" else 0,
            beside=self.titles.get(whole, ""),
            department=self.catalog.department(home.department) if home and home.department != ANY else "",
            title=home.title if home else "",
            indicator=self.names.get(str(place.get("indicator")), ""),
            **{of: _shown(place[of] / scale) for of in ("men", "men_before") if of in place},
            also=say("messages/figures/exchanged_also", more=place["more"]) if place.get("more") else "",
            of=say("messages/finding/place", place=self.catalog.told_group(of_sex, "")) if of_sex else "",
            added=say(f"messages/figures/{'sexes_and_unstated' if place.get('unstated') else 'sexes'}"),
            low=low,
            high=high,
        )

    def unit(self, failure: Failure, measure: str) -> str:
        """The unit in which a figure is told: that of its form, else of its indicator."""
        column = None if self.is_indicator(failure) else self.forms.get(measure)
        return str(column.unit) if column else self.catalog.indicators[measure].unit if measure else ""

    def told_as(self, failure: Failure, value: Any, unit: str) -> str:
        """The form of what is told of a failed check, where it has several."""
        match failure.check.rule:
            case "ratio_range":
                return "of_none" if np.isinf(value) else "outside"
            case "ratio_sides":
                return "within" if np.isnan(value) else "lacking"
            case "unit_slip":
                return "unit" if _is_of_unit(failure, unit) else "slip"
        return ""

    def is_indicator(self, failure: Failure) -> bool:
        """Whether a figure is an indicator's. One may have the key of a measure; the check, or the form, says which it is."""
        form = self.catalog.forms[str(self.heads[failure.place["delivery"]]["dataset"])]
        return failure.check.rule == "ratio_range" or form.ready_made

    def shown(self, failure: Failure, value: float, scale: float) -> str:
        """A figure as it is told: as its sender wrote it, or a ratio with the decimals of its indicator, and as many more as show that
        it lies beyond its bounds.
        """
        check = failure.check
        if np.isnan(value):
            return str(read("messages")["previous"]["not_applicable"])
        if np.isinf(value):  # divided by nobody
            return ""
        if check.rule != "ratio_range":
            return _shown(value / scale)
        low, high = _limits(check)
        told = (f"{value:.{decimals}f}" for decimals in range(self.catalog.indicators[check.looks_at].decimals, 7))
        return next((text for text in told if not low <= float(text) <= high), _shown(value))

    def scale(self, column: Column | None) -> float:
        """How many base units one unit of the form is; 1 of what no form has."""
        return float(scale(str(column.unit))) if column else 1.0


def _added(catalog: Catalog) -> list[str]:
    """Figures that may be added up over sexes and places: counts and amounts, never rates or means."""
    columns = (c for d in catalog.datasets.values() for c in d.columns.values())
    measures = [c.measure for c in columns if c.measure and catalog.codes.adds_up(str(c.unit))]
    return measures + [key for key, indicator in catalog.indicators.items() if indicator.kind == "count"]


def _is_of_unit(failure: Failure, unit: str) -> bool:
    """Whether a figure differs from what is usual by about as much as two units of its kind do (人 and 万人, % and ‰)."""
    if not failure.value:
        return False
    power = abs(log10(float(str(failure.value))))
    return abs(power - round(power)) < NEAR_POWER and round(power) in _powers(unit_of(unit))


def _powers(unit: Unit) -> Sequence[int]:
    """The powers of ten by which another unit of a kind may differ. Ten times as many persons are a digit too many."""
    if unit.is_level and not unit.is_rate:
        return ()
    return POWERS_OF_RATES if unit.is_rate else POWERS_OF_AMOUNTS


POWERS_OF_RATES = (1, 2, 3, 4)
"""Of %, ‰, /万 and /10万, and of shares of one."""
POWERS_OF_AMOUNTS = (3, 4, 8)
"""Of 千, 万 and 亿."""


NEAR_POWER = 0.15
"""How far from a whole power of ten that may be: a factor of 0.7 to 1.4, for the figure changes by itself, too."""


def _limits(check: Check) -> tuple[float, float]:
    """The bounds that a check has; 0 where it has none."""
    low, high = (check.arguments.get(f"{side}_value") or 0 for side in ("min", "max"))
    return low, high


def _about(value: float, column: Column | None) -> float:
    """A median, with the decimals of its column."""
    return round(value, column.decimals) if column else value


def _shown(value: Any) -> str:
    return format(Decimal(repr(round(float(value), 6))).normalize(), "f")


# --- parts and wholes, sums ------------------------------------------------------------------------------------------


def _pairs(catalog: Catalog) -> list[tuple[str, str, str]]:
    """Part, whole and the whole's header."""
    return [
        (column.measure, column.not_above, dataset.measures[column.not_above])
        for dataset in catalog.datasets.values()
        for column in dataset.columns.values()
        if column.measure and column.not_above
    ]


def _wide(con: duckdb.DuckDBPyConnection, measures: Iterable[str]) -> pd.DataFrame:
    """One row for each delivered line, one column for each measure; of figures one below the other, the first line."""
    columns = sorted(measures)
    con.execute(LINES, {"measures": columns})
    wide = con.execute("select * exclude (place) from lines order by place").df()
    found = con.execute(FIGURES, {"measures": columns}).fetchnumpy()
    con.execute("drop table lines")
    values = np.full((len(wide), len(columns)), np.nan)
    values[found["place"], found["number"]] = found["value"]
    return pd.concat([wide, pd.DataFrame(values, columns=columns)], axis=1)


LINES = """
create or replace temp table lines as
select *, row_number() over (order by delivery, line, area, institution, sex, part) - 1 as place
from (
    select delivery, min(line) as line, area, institution, sex, part from core_observations
    where list_contains($measures, measure) and value is not null group by all
)
"""
FIGURES = """
select place, number, any_value(o.value)::double as value
from core_observations o join lines using (delivery, area, institution, sex, part)
join (select unnest($measures) as measure, unnest(range(len($measures))) as number) using (measure)
where o.value is not null group by all
"""


def _off(frame: pd.DataFrame, *, percent: bool = False) -> pd.DataFrame:
    """How far `value` is from `other`: in the unit of the figures, or in % of the larger one."""
    off = (frame["value"] - frame["other"]).abs()
    if percent:
        off = (off * 100 / frame[["value", "other"]].abs().max(axis=1)).fillna(0)
    return frame.assign(off=off.round(6))


def _compositions(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """Every figure that is the sum of other figures of its row, beside that sum, if all of them are there."""
    made = [
        (column.measure, part, len(column.sum_of))
        for dataset in catalog.datasets.values()
        for column in dataset.columns.values()
        for part in column.sum_of
    ]
    return _off(con.execute(PARTS_SUM, columns_of(("wholes", "parts", "numbers"), made)).df())


def _totals(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, there: Container[Over]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every delivered total beside the sum of what it is the total of, if all of it is there. Of parts that do not make up the
    whole, every part beside the total that it cannot exceed.

    A form of women and men by area has rows that are total in two ways; they are compared over one of them, where the rows
    between are there, and these in turn over the other. Only where they are not, both are added up at once.
    """
    names, found = _makeup(con, catalog), dict[Over, pd.DataFrame]()
    for over in ALL_TOTALS:
        if over in there and (catalog.divided or not over.part):
            frame = con.execute(over.query, names).df()
            for fewer, told in found.items():
                if all(map(le, fewer, over)) and not (frame.empty or told.empty):
                    frame = frame.merge(told[list(TOTAL)], on=list(TOTAL), how="left", indicator="told")
                    frame = frame[frame.pop("told") == "left_only"]
            found[over] = frame
    if Over(sex=True) in found:
        yield "sexes_total", _off(found[Over(sex=True)])
    if parted := [frame for over, frame in found.items() if over.part and not over.place]:
        yield "parts_total", _off(pd.concat(parted, ignore_index=True))
        single = con.execute(PART_ABOVE.format(sums=Over(part=True).query), names).df()
        yield "part_above_total", single.assign(off=(single["value"] - single["other"]).clip(lower=0).round(6))
    if not (of_places := [frame for over, frame in found.items() if over.place]):
        return
    placed = _off(pd.concat(of_places, ignore_index=True))
    by_institution = {measure for d in catalog.datasets.values() if d.by_institution for measure in d.measures}
    of_institutions = placed["measure"].isin(by_institution)
    yield "areas_total", placed[~of_institutions].reset_index(drop=True)
    if by_institution:
        yield "institutions_total", placed[of_institutions].reset_index(drop=True)


def _makeup(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, Any]:
    """What makes up a whole: the areas, or the institutions, of each year, and the parts of a dimension."""
    district, added = catalog.district, dict.fromkeys(_added(catalog))  # an indicator may have the key of a measure
    years = [year for (year,) in con.execute("select distinct year from core_observations order by 1").fetchall()]
    kinds = {
        m: district.institutions[d.institution_kind]
        for d in catalog.datasets.values()
        if d.institution_kind
        for m in d.measures
    }
    places = [
        (measure, year, len(kinds[measure].members_of(year) if measure in kinds else district.areas_of(year)))
        for measure in added
        for year in years
    ]
    listed = columns_of(("measures", "years", "places"), places)
    return listed | {"district": district.code, "areas": list(district.area_codes)} | _exhaustive(catalog)


def _exhaustive(catalog: Catalog) -> dict[str, list[Any]]:
    """Every part that, with the others of its dimension, makes up the whole, and how many they are."""
    added = [(part, len(d.parts)) for d in catalog.dimensions.values() if d.exhaustive for part in d.parts]
    return columns_of(("parts", "numbers"), added)


PARTS_SUM = """
-- what is not applicable is there and adds nothing, unless nothing else is: then only the whole is known; what was not received
-- or is rejected leaves no sum
select t.delivery, t.measure, t.line, t.area, t.institution, t.sex, t.part, t.value::double as value,
    coalesce(sum(s.value), 0)::double as other
from core_observations t
join (
    select unnest($wholes::varchar[]) as measure, unnest($parts::varchar[]) as summand, unnest($numbers::integer[]) as number
) m using (measure)
join core_observations s on s.measure = m.summand and s.delivery = t.delivery and s.area = t.area and s.institution = t.institution
    and s.sex = t.sex and s.part = t.part
where t.value is not null
group by all having count(*) filter (where s.state in ('ok', 'not_applicable')) = any_value(m.number) and count(s.value) > 0
order by t.measure, t.delivery, t.line
"""
TOTALS = """
-- what is not applicable is there and adds nothing, unless nothing else is: then only the whole is known; what was not received
-- or is rejected leaves no sum
with totals as materialized (
    select o.delivery, o.measure, o.line, o.area, o.institution, o.sex, o.part, o.value::double as value, n.places
    from core_observations o
    join (
        select unnest($measures::varchar[]) as measure, unnest($years::integer[]) as year, unnest($places::integer[]) as places
    ) n using (measure, year)
    where o.value is not null and (not {place} or (o.area = $district and o.institution = '')) and (not {sex} or o.sex = 'total')
        and (not {part} or o.part = '')
),
sums as (
    select t.*, coalesce(sum(s.value), 0)::double as other, any_value(s.part) as one,
        coalesce(bool_or(s.sex = 'not_stated' and s.value is not null), false) as unstated,
        count(*) filter (where s.state in ('ok', 'not_applicable') and not ({sex} and s.sex = 'not_stated')) as there
    from totals t join core_observations s using ({same})
    where (not {place} or s.institution <> '' or s.area in (select unnest($areas::varchar[]))) and (not {sex} or s.sex <> 'total')
        and (not {part} or s.part in (select unnest($parts::varchar[])))
    group by all having count(s.value) > 0
)
select s.* exclude (places, one, there)
from sums s left join (select unnest($parts::varchar[]) as part, unnest($numbers::integer[]) as parts) p on p.part = s.one
where there = if({place}, places, 1) * if({sex}, 2, 1) * if({part}, parts, 1)
order by s.delivery, s.line, s.measure
"""
PART_ABOVE = """
with sums as ({sums})
select s.delivery, s.measure, s.line, s.area, s.institution, s.sex, s.part, s.value::double as value, t.value::double as other
from core_observations t
join core_observations s using (delivery, measure, area, institution, sex)
where t.part = '' and s.part <> '' and t.value is not null and s.value is not null and list_contains($measures, t.measure)
    and (t.delivery, t.measure, t.area, t.institution, t.sex) not in (select (delivery, measure, area, institution, sex) from sums)
order by s.delivery, s.line, s.measure
"""
PUBLISHED = """
create or replace temp table published as
with printed as ({printed})
-- half: how far the true figure may be from the printed one; the figures of a column have the decimals of the longest of
-- them (Excel drops a 0 at the end), and the row of a whole may have more than the rows of its parts
select o.* replace (o.value::double as value), 0.5 * power(10, -max(
        length(split_part(p.written, '.', 2)) + coalesce(round(log10(try_cast(p.written as double) / nullif(o.value, 0)::double)), 0)
    ) over (partition by o.delivery, o.measure, o.area = $district, o.sex = 'total', o.part = '')) as half
from core_observations o join printed p using (delivery, measure, line, area, institution, sex, part)
where o.value is not null
"""
WRITTEN = """
select delivery, indicator as measure, line, area, if(institution = '{whole}', '', institution) as institution, sex,
    if(part = '{whole}', '', part) as part, value as written
from "stg_{name}"
"""
BETWEEN = """
select t.delivery, t.measure, t.line, t.area, t.institution, t.sex, t.part, t.value, if(t.value < s.low, s.low, s.high) as other,
    greatest(s.low - t.value, t.value - s.high) as gap, if(round(gap - s.half - t.half, 9) < 0, 0, gap) as off
"""
PUBLISHED_RANGE = """
select delivery, measure, line, area, institution, sex, part, value, if(value < low, low, high) as other,
    greatest(low - value, value - high, 0) as off
from published
join (select unnest($indicators::varchar[]) as measure, unnest($low::double[]) as low, unnest($high::double[]) as high)
    using (measure)
order by delivery, line
"""
PUBLISHED_SEXES = """
-- a rate or mean of both sexes lies between theirs, as far as rounding of all three lets one see
from published t
join (
    select delivery, measure, area, institution, part, min(value) as low, max(value) as high, max(half) as half from published
    where sex in ('female', 'male') group by all having count(*) = 2
) s using (delivery, measure, area, institution, part)
where t.sex = 'total' and list_contains($indicators::varchar[], t.measure)
order by t.delivery, t.line
"""
PUBLISHED_PARTS = """
-- … and of all parts that make up the whole, between the lowest and the highest of them
from published t
join (
    select delivery, measure, area, institution, sex, min(value) as low, max(value) as high, max(half) as half
    from published join (select unnest($parts::varchar[]) as part, unnest($numbers::integer[]) as parts) n using (part)
    group by all having count(*) = any_value(n.parts)
) s using (delivery, measure, area, institution, sex)
where t.part = '' and list_contains($indicators::varchar[], t.measure)
order by t.delivery, t.line
"""
PUBLISHED_AREAS = """
-- … and of the whole district, between the lowest and the highest of its areas, if all of them are there
from published t
join (
    select delivery, measure, institution, sex, part, min(value) as low, max(value) as high, max(half) as half
    from published join (
        select *, count(*) over (partition by year) as areas
        from (select unnest($years::integer[]) as year, unnest($areas::varchar[]) as area)
    ) n using (year, area)
    group by all having count(*) = any_value(n.areas)
) s using (delivery, measure, institution, sex, part)
where t.area = $district and list_contains($indicators::varchar[], t.measure)
order by t.delivery, t.line
"""
PUBLISHED_COMPUTED = """
-- alike where the computed figure rounds to the published one, in the decimals that both have
select p.delivery, p.measure, p.line, p.area, p.institution, p.sex, p.part, p.value, i.value as other,
    greatest(round(abs(p.value - i.value) - greatest(h.half, p.half), 6), 0) as off
from published p
join out_indicators i on i.indicator = p.measure and i.year = p.year and i.area = p.area and i.institution = p.institution
    and i.sex = p.sex and i.part = p.part and i.value is not null and i.numerator is not null
join (select unnest($indicators) as measure, unnest($half::double[]) as half) h on h.measure = p.measure
order by p.delivery, p.line
"""
PUBLISHED_NOTHING = """
-- … and where other forms say that there is nothing to compute
select p.delivery, p.measure, p.line, p.area, p.institution, p.sex, p.part, p.value, null::double as other,
    (i.state = 'not_applicable' and not (p.value = 0 and coalesce(i.numerator = 0, false)))::double as off  -- none of none is often printed as 0
from published p
join out_indicators i on i.indicator = p.measure and i.year = p.year and i.area = p.area and i.institution = p.institution
    and i.sex = p.sex and i.part = p.part and (i.numerator is not null or i.state = 'not_applicable')
order by p.delivery, p.line
"""
WITHDRAWN = """
update out_indicators i
set value = null, numerator = null, denominator = null, lower = null, upper = null, state = 'rejected'
from (
    select indicator, year, area, institution, sex, part from out_indicators
    join (select unnest($indicators::varchar[]) as indicator, unnest($low::double[]) as low, unnest($high::double[]) as high)
        using (indicator)
    where value < low - 1e-9 or value > high + 1e-9 or (numerator <> 0 and denominator = 0)
) p
where i.state in ('ok', 'not_applicable') and i.indicator = p.indicator and i.year = p.year
  and (i.area = p.area or (i.area = $district and list_contains($parts::varchar[], p.area)))
  and i.institution in (p.institution, '') and i.sex in (p.sex, 'total')
  and (i.part = p.part or (i.part = '' and list_contains($added::varchar[], p.part)))
"""
RATIOS = """
with deliveries as (select distinct measure, year, delivery from core_observations)
select i.indicator, d.delivery, i.area, i.institution, i.sex, i.part, coalesce(i.value, sign(i.numerator) * 'inf'::double) as value
from out_indicators i
join (select unnest($keys) as indicator, unnest($measures) as measure) k using (indicator)
join deliveries d on d.measure = k.measure and d.year = i.year
where i.value is not null or (i.numerator <> 0 and i.denominator = 0)
order by all
"""
SIDES = """
with definitions as (
    select unnest($indicators::varchar[]) as indicator, unnest($shares::boolean[]) as share, unnest($since::integer[]) as since,
        unnest($until::integer[]) as until, unnest($sides::varchar[]) as side, unnest($pairs::integer[]) as pair,
        unnest($measures::varchar[]) as measure
),
cells as (  -- every cell that a quotient is made of, and on which side of it the cell stands
    select d.indicator, o.year, o.area, o.institution, o.part, if(d.share, '', o.sex) as apart, if(d.share, o.sex, d.side) as side, d.pair,
        o.measure, o.sex, o.delivery, o.line, o.value::double as value, o.state = 'not_applicable' as nothing
    from summed o
    join definitions d on d.measure = o.measure and o.year >= d.since and o.year < d.until
    where not d.share or o.sex in ('female', 'male')
),
empty as (  -- of measures in pairs one is enough: a side with two would hide it in its sum
    select indicator, year, area, institution, part, apart, side, pair, min(measure) as whole, if(apart = '', side, '') as of_sex
    from cells group by all having bool_and(nothing)
),
added as (
    select c.*, (d.placed, d.by_institution, d.sexed, d.parted) as depth,
        bool_and(nothing) over (partition by indicator, year, area, institution, sex, part, side, pair) as empty,
        bool_or(value is not null) over (partition by indicator, year, c.measure) as summed,
        bool_or(value is not null) over (partition by indicator, year, c.measure, sex, part) as somewhere
    from cells c join divided d using (measure)
    where apart = sex and sex <> 'not_stated' and (part = '' or list_contains($added::varchar[], part))
),
unlike as (
    -- every place where nothing applies on one side, while others of its measure are added up, beside somebody of the other side in
    -- a cell that is of more, of fewer, or of other people: where the sides are not divided alike. Who is in a cell of fewer people,
    -- is known to be counted
    select n, f, n.area in (f.area, $district) and n.institution in (f.institution, '') and n.sex in (f.sex, 'total') and n.part in (f.part, '') as known
    from added n join added f using (indicator, year, pair)
    where n.empty and n.summed and f.side <> n.side and f.value > 0 and n.depth <> f.depth
        and (n.area = f.area or $district in (n.area, f.area)) and (n.institution = f.institution or '' in (n.institution, f.institution))
        and (n.sex = f.sex or 'total' in (n.sex, f.sex)) and (n.part = f.part or '' in (n.part, f.part))
        and (n.area, n.institution, n.sex, n.part) <> (f.area, f.institution, f.sex, f.part)
),
sides as (  -- what stands beside that to which nothing applies
    select c.*, e.whole, e.of_sex, c.part as of_part from cells c join empty e using (indicator, year, area, institution, part, apart, pair)
    where c.side <> e.side and not c.nothing and c.value is not null
)
"""
ONE_SIDE = """
select delivery, measure, line, area, institution, sex, part, value, null::double as other, whole, of_sex, min(indicator) as indicator,
    any_value(value) as off
from sides group by delivery, measure, line, area, institution, sex, part, value, whole, of_sex
union all by name
select n.delivery, n.measure, n.line, n.area, n.institution, n.sex, n.part, null::double as value, null::double as other,
    min(f.measure) as whole, '' as of_sex, min(n.indicator) as indicator, 1.0::double as off
from unlike where known group by n.delivery, n.measure, n.line, n.area, n.institution, n.sex, n.part
order by all
"""
UNLIKE = """
-- a sex or part to which nothing applies in any place is one question, of the whole district: the column may be of women only
select n.delivery, n.measure, if(n.somewhere, n.line, 0) as line, if(n.somewhere, n.area, $district) as area,
    if(n.somewhere, n.institution, '') as institution, n.sex, n.part, null::double as value, null::double as other,
    min(f.measure) as whole, '' as of_sex, min(n.indicator) as indicator, 1.0::double as off
from unlike
where (n.delivery, n.line, n.measure, n.area, n.institution, n.sex, n.part) not in (
    select (n.delivery, n.line, n.measure, n.area, n.institution, n.sex, n.part) from unlike where known)
group by all
order by all
"""
ONE_SIDED = """
update out_indicators i
set value = null, numerator = null, denominator = null, lower = null, upper = null, state = 'rejected'
from (
    {sides}
    select distinct indicator, year, area, institution, sex, part, whole, of_sex, of_part from sides where value > 0
    union select n.indicator, n.year, f.area, f.institution, f.sex, f.part, n.measure, n.sex, n.part from unlike where known
) p
where i.state in ('ok', 'not_applicable') and i.indicator = p.indicator and i.year = p.year
  and i.area in (p.area, $district) and i.institution in (p.institution, '') and i.sex in (p.sex, 'total')
  and (i.part = p.part or (i.part = '' and list_contains($added::varchar[], p.part)))
  -- the district's own row, where it is used, has what the place lacks if it counts more than what is known below it
  and not (i.area = $district and i.institution = '' and (p.area <> $district or p.institution <> '') and exists (
        select 1 from core_own_rows w where w.indicator = p.indicator and w.year = p.year and w.measure = p.whole
          and w.sex = if(p.of_sex = '', p.sex, p.of_sex) and w.part = p.of_part and w.beyond > 0))
"""
DISTRICT = """
-- the district's figures by year: areas, institutions, sexes and parts that make up the whole are added up, without
-- rows that are sums themselves; what is not applicable adds nothing;
-- rates are never added up: their rows of the whole district are taken
with own as (
    select *, area in (select unnest($areas::varchar[])) as of_area from core_observations
    where part = '' or list_contains($parts, part)
),
series as (
    select measure, year, max(sex <> 'total') as sexed, max(part <> '') as parted, max(institution <> '' or of_area) as split
    from own where of_area or area = $district group by all
),
parts as (select * from own join series using (measure, year) where of_area or area = $district)
select measure, year, min(delivery) as delivery, sum(value)::double as value
from parts
where case when list_contains($added, measure)
    then (not sexed or sex <> 'total') and (not split or institution <> '' or area <> $district) and (not parted or part <> '')
    else sex = 'total' and institution = '' and area = $district and part = '' end
group by measure, year
having bool_and(state in ('ok', 'not_applicable')) and count(value) > 0 and (measure, year) not in (
    select r.measure, d.year from core_rejections r join meta_deliveries d using (delivery) where r.measure is not null)
order by measure, year
"""


class Sum(NamedTuple):
    delivery: str
    value: float


SumsByMeasure = Mapping[str, Mapping[int, Sum]]
"""Measure → year → the district's figure, if it is complete."""


def _district(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> SumsByMeasure:
    names = {
        "district": catalog.district.code,
        "areas": list(catalog.district.area_codes),
        "added": _added(catalog),
        "parts": sorted(catalog.added_parts),
    }
    series: dict[str, dict[int, Sum]] = defaultdict(dict)
    for measure, year, delivery, value in con.execute(DISTRICT, names).fetchall():
        series[measure][year] = Sum(delivery, value)
    return series


def _same(catalog: Catalog, series: SumsByMeasure) -> pd.DataFrame:
    """The same figure as two departments delivered it, for the whole district."""
    rows = [
        (mine.delivery, column.measure, 0, "", "", "", "", mine.value, series[column.same_as][year].value)
        for dataset in catalog.datasets.values()
        for column in dataset.columns.values()
        if column.measure and column.same_as
        for year, mine in series.get(column.measure, {}).items()
        if year in series.get(column.same_as, {})
    ]
    return pd.DataFrame(rows, columns=list(FIGURE))


# --- against their own history ---------------------------------------------------------------------------------------


def _slips(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """Each figure of each place beside the median of its own years, if it has `LONG` years or more. An area that was
    merged or split begins anew.
    """
    extents = list(territory.extents(catalog.district))
    frame = con.execute(SLIPS, columns_of(("areas", "years"), extents)).df()
    counts = {c.measure for d in catalog.datasets.values() for c in d.columns.values() if c.measure and c.is_exact}
    large = (frame["other"] > FEW) | ~frame["measure"].isin(counts)
    frame["magnitude"] = (frame["value"] / frame["other"]).where(large & (frame["years"] >= LONG), 1.0)
    return frame.drop(columns="years")


SLIPS = """
with extents as (select unnest($areas::varchar[]) as area, unnest($years::integer[]) as since),
eras as (
    select o.*, coalesce((select max(e.since) from extents e where e.area = o.area and e.since <= o.year), 0) as era
    from core_observations o where value > 0
)
select delivery, measure, line, area, institution, sex, part, value::double as value,
    median(value::double) over series as other, count(*) over series as years
from eras
window series as (partition by measure, area, institution, sex, part, era)
order by delivery, line, measure
"""


def _jumps(catalog: Catalog, series: SumsByMeasure) -> pd.DataFrame:
    """The district's figures with their change on the year before, in multiples of the median of the
    earlier changes.
    """
    floor = float(catalog.checks.of("jump").floor or 0) / 100
    rows = []
    outer = territory.outer(catalog.district)
    for measure, years in series.items():
        changes = {y: abs(s.value - years[y - 1].value) for y, s in years.items() if y - 1 in years and y not in outer}
        for year, change in changes.items():
            before = years[year - 1].value
            earlier = [c for y, c in changes.items() if y < year]
            usual = median(earlier) if len(earlier) >= 3 else 0.0
            jump = change / usual if usual and change >= floor * abs(before) else 0.0
            rows.append((years[year].delivery, measure, 0, "", "", "", "", years[year].value, before, jump))
    return pd.DataFrame(rows, columns=[*FIGURE, "jump"])


def _repeated(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """For each delivery, how many of its figures differ from those of the year before. Small deliveries are not
    checked.
    """
    least = int(catalog.checks.of("repeated").floor or 0)
    frame = con.execute(REPEATED).df()
    frame["different"] = frame["different"].where(frame["other"] >= least, 1)
    return frame


REPEATED = """
select n.delivery, '' as measure, 0 as line, '' as area, '' as institution, '' as sex, '' as part, 0.0::double as value,
    count(*)::double as other, count(*) filter (where n.value <> o.value) as different
from core_observations n join core_observations o
    on o.year = n.year - 1 and o.measure = n.measure and o.area = n.area and o.institution = n.institution and o.sex = n.sex
    and o.part = n.part
where n.value is not null and o.value is not null
group by n.delivery order by n.delivery
"""


def _ceased(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """Each cell of the district that is not applicable, beside what it was in the year before."""
    summed.view(con, catalog)
    return con.execute(CEASED).df()


CEASED = """
-- every cell that is not applicable and was a cell of the year before: its figure of then, if it had one
select n.delivery, n.measure, n.line, n.area, n.institution, n.sex, n.part, null::double as value, o.value::double as other,
    abs(coalesce(o.value, 0))::double as off
from summed n join core_observations o
    on o.year = n.year - 1 and o.measure = n.measure and o.area = n.area and o.institution = n.institution and o.sex = n.sex
    and o.part = n.part
where n.state = 'not_applicable'
order by n.delivery, n.line, n.measure
"""

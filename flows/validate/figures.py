"""Between the gates: can the figures be true? Findings that change nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import pandas as pd

from expectations.records import Catalog
from flows.validate.findings import SEXES, Finding, heads, named, place_names, store

if TYPE_CHECKING:
    from expectations.suites import Failure

FIGURE = ("delivery", "measure", "line", "area", "sex", "value", "other")
"""The columns of every frame that is checked here: a figure, where it stands, and what it is held against."""
NAN = float("nan")
FEW = 20
"""Counts around this size change manyfold by chance."""


def plausibility(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Parts and wholes, sexes and totals, areas and totals, two departments' figures, units and jumps."""
    from expectations import suites

    areas = [a.code for a in catalog.district.areas]
    failures: list[tuple[str, Iterable[Failure]]] = []
    pairs = _pairs(catalog)
    if pairs:
        frame = _wide(con, {measure for pair in pairs for measure in pair[:2]})
        failures.append(("", suites.run(frame, suites.parts(pairs), ("delivery", "line", "area", "sex"))))
    for words, checks, frame in (
        ("女、男之和为{other}", suites.agreement("sexes_total", "等于女、男两行之和", "请核对分性别数据"),
         con.execute(SEXES_TOTAL).df()),
        ("各街镇之和为{other}", suites.agreement("areas_total", "等于各街镇之和", "请核对各街镇数据"),
         con.execute(AREAS_TOTAL, [catalog.district.code, areas, len(areas)]).df()),
        ("另一部门报送为{other}", suites.agreement("same_figure", "与另一部门报送的同一数据一致",
         "请两部门核对口径和数据"), _same(con, catalog)),
        ("历年中位数为{other}", suites.magnitude(float(catalog.checks.unit_slip.tolerance or 0)), _slips(con, catalog)),
        ("上年为{other}", suites.jump(float(catalog.checks.jump.tolerance or 0)), _jumps(con, catalog)),
    ):  # fmt: skip
        failures.append((words, suites.run(frame, checks, FIGURE)))
    teller = _Teller(con, catalog)
    store(con, [teller.finding(words, failure) for words, found in failures for failure in found])


class _Teller:
    """Says what a failed check means."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self.catalog, self.heads, self.places = catalog, heads(con), place_names(catalog)
        self.titles = {key: indicator.name for key, indicator in catalog.indicators.items()}
        self.titles |= {m: header for d in catalog.datasets.values() for m, header in d.measures.items()}
        self.uses: dict[str, str] = {key: key for key in catalog.indicators}
        for key, indicator in catalog.indicators.items():
            for measure in (*indicator.numerator, *indicator.denominator):
                self.uses.setdefault(measure, key)

    def finding(self, words: str, failure: Failure) -> Finding:
        check, place = failure.check, failure.place
        head = self.heads[place["delivery"]]
        measure = place.get("measure", check.looks_at)
        value = place.get("value", failure.value)
        line = int(place["line"]) or None  # 0: a sum over lines
        where = "，".join(filter(None, (self.places.get(place["area"], ""), SEXES.get(place["sex"], ""))))
        known = place.get("other")
        compared = f"，{words.format(other=_shown(known))}" if words and known == known else ""
        message = (
            f"{named(head)}{f'第{line}行' if line else ''}“{self.titles.get(measure, measure)}”"
            f"{f'（{where}）' if where else ''}为{_shown(value)}{compared}：应{check.expected}。{check.cure}。"
        )
        return {
            **head, "gate": "plausibility", "severity": check.severity, "rule": check.rule, "line": line,
            "column_name": self.titles.get(measure), "area": place["area"] or None, "sex": place["sex"] or None,
            "indicator": self.uses.get(measure), "value": _shown(value), "expected": check.expected,
            "message": message, "cure": check.cure,
        }  # fmt: skip


def _shown(value: Any) -> str:
    return format(Decimal(repr(round(float(value), 4))).normalize(), "f")


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
    """One row a delivered line, one column a measure."""
    long = con.execute(
        "select delivery, line, area, sex, measure, value::double as value from core_observations "
        "where list_contains(?, measure) and value is not null order by delivery, line",
        [sorted(measures)],
    ).df()
    wide = long.pivot(index=["delivery", "line", "area", "sex"], columns="measure", values="value")
    return wide.reindex(columns=sorted(measures)).reset_index()


SEXES_TOTAL = """
select t.delivery, t.measure, t.line, t.area, t.sex, t.value::double as value, sum(s.value)::double as other
from core_observations t
join core_observations s using (delivery, measure, area, unit)
where t.sex = 'total' and s.sex <> 'total' and t.value is not null
group by all having count(s.value) = 2
"""
AREAS_TOTAL = """
select t.delivery, t.measure, t.line, t.area, t.sex, t.value::double as value, sum(s.value)::double as other
from core_observations t
join core_observations s using (delivery, measure, sex)
where t.area = ? and list_contains(?, s.area) and t.unit = '' and s.unit = '' and t.value is not null
group by all having count(s.value) = ?  -- a sum without one of its parts is none
"""
DISTRICT = """
-- district figures by year: areas, institutions and sexes added up; rows that are sums themselves left out
with parts as (
    select *, max(sex <> 'total') over series as sexed, max(unit <> '' or list_contains($areas, area)) over series as split
    from core_observations where area = $district or list_contains($areas, area)
    window series as (partition by measure, year)
)
select measure, year, min(delivery) as delivery, sum(value)::double as value
from parts
where (not sexed or sex <> 'total') and (not split or unit <> '' or area <> $district)
group by measure, year
having bool_and(value is not null) and (measure, year) not in (
    select r.measure, d.year from core_rejections r join meta_deliveries d using (delivery) where r.measure is not null)
order by measure, year
"""


class Sum(NamedTuple):
    delivery: str
    value: float


def _district(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, dict[int, Sum]]:
    """Measure → year → the district's figure, where it is whole."""
    names = {"district": catalog.district.code, "areas": [a.code for a in catalog.district.areas]}
    series: dict[str, dict[int, Sum]] = defaultdict(dict)
    for measure, year, delivery, value in con.execute(DISTRICT, names).fetchall():
        series[measure][year] = Sum(delivery, value)
    return series


def _same(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """The same figure from two departments, at the district's level."""
    series = _district(con, catalog)
    rows = [
        (mine.delivery, column.measure, 0, "", "", mine.value, series[column.same_as][year].value)
        for dataset in catalog.datasets.values()
        for column in dataset.columns.values()
        if column.measure and column.same_as
        for year, mine in series.get(column.measure, {}).items()
        if year in series.get(column.same_as, {})
    ]
    return pd.DataFrame(rows, columns=list(FIGURE))


# --- against their own history ---------------------------------------------------------------------------------------


def _slips(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """Each figure of each place beside the median of its own years, where there are three of them."""
    frame = con.execute("""
        select delivery, measure, line, area, sex, value::double as value,
            median(value::double) over series as other, count(*) over series as years
        from core_observations where value > 0
        window series as (partition by measure, area, unit, sex)
        order by delivery, line, measure
    """).df()
    counts = {c.measure for d in catalog.datasets.values() for c in d.columns.values() if not c.decimals}
    large = (frame["other"] > FEW) | ~frame["measure"].isin(counts)
    frame["magnitude"] = (frame["value"] / frame["other"]).where(large & (frame["years"] >= 3), 1.0)
    return frame.drop(columns="years")


def _jumps(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """The district's figures with their change on the year before, in times the median of the earlier changes."""
    floor = float(catalog.checks.jump.floor or 0) / 100
    rows = []
    for measure, years in _district(con, catalog).items():
        changes = {y: abs(s.value - years[y - 1].value) for y, s in years.items() if y - 1 in years}
        for year, change in changes.items():
            before = years[year - 1].value
            earlier = [c for y, c in changes.items() if y < year]
            usual = median(earlier) if len(earlier) >= 3 else 0.0
            jump = change / usual if usual and change >= floor * abs(before) else 0.0
            rows.append((years[year].delivery, measure, 0, "", "", years[year].value, before, jump))
    return pd.DataFrame(rows, columns=[*FIGURE, "jump"])

"""Women and men that were filled in the wrong way round: their sum is right, so no other check sees it.

The share of women of a place is held against that of the year before. It is asked about where it went to where the share of
men was, by more than chance explains. Only persons are looked at: for amounts there is no such measure of chance.
"""

from __future__ import annotations

import duckdb
import pandas as pd

from expectations import territory
from expectations.records import Catalog
from expectations.units import unit_of
from flows.validate.findings import columns_of

MIRRORED = 0.25
"""The share of women is as good as the earlier share of men if it is four times nearer to it than to its own."""
PLACE = ["delivery", "line", "area", "institution", "part"]
COLUMN = ["delivery", "measure"]
EARLIER = ["first", "men_first"]
"""The year before last, which only tells who is right."""


def pairs(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> pd.DataFrame:
    """Women and men beside those of the year before. `off`: how far the share of women changed, in standard errors of the
    difference of two proportions, if it went to where the share of men was; else 0. `more`: how many other columns of the
    same place went there, too; they are 0, since one finding tells all.

    Where several places of a column are so, or one and all others went there too, the column is one row (line 0), and its places are 0. A year that agrees with
    the one before last is right, and the year between was asked about.
    """
    rule, district = catalog.checks.of("exchanged"), catalog.district
    columns = [c for d in catalog.datasets.values() for c in d.columns.values() if c.measure and c.is_exact]
    persons = [c.measure for c in columns if unit_of(str(c.unit)).kind == "person"]
    anew = columns_of(("areas", "years"), [*territory.extents(district)])
    asked = {"measures": persons, "district": district.code, **anew}
    frame = con.execute(PAIRS, asked).df()
    if frame.empty:
        return frame.drop(columns=EARLIER).assign(off=0.0, more=0)
    share, then, earlier = (
        _share(frame, *of) for of in (("value", "men"), ("other", "men_before"), ("first", "men_first"))
    )
    way = (share - then).abs()
    mirrored = ((share - (1 - then)).abs() <= MIRRORED * way) & (way >= float(rule.floor or 0) / 100)
    again = (share - earlier).abs() <= MIRRORED * way
    frame["off"] = (way / _error(frame)).where(mirrored & ~again, 0.0).fillna(0)
    if not (frame["off"] > float(rule.tolerance or 0)).any():
        return frame[frame["line"] != 0].drop(columns=EARLIER).assign(more=0).reset_index(drop=True)
    return _once(frame.assign(is_mirrored=mirrored), float(rule.tolerance or 0), district.code)


def _share(frame: pd.DataFrame, women: str, men: str) -> pd.Series[float]:
    return frame[women] / (frame[women] + frame[men])


def _error(frame: pd.DataFrame) -> pd.Series[float]:
    """The standard error of the difference of two proportions, if both are the same."""
    now, before = frame["value"] + frame["men"], frame["other"] + frame["men_before"]
    both = (frame["value"] + frame["other"]) / (now + before)
    return (both * (1 - both) * (1 / now + 1 / before)) ** 0.5


def _once(frame: pd.DataFrame, tolerance: float, district: str) -> pd.DataFrame:
    """What is told once: a column in place of its places, places in place of the district that they make up, and the first
    column of a place in place of the others.
    """
    column = [frame[name] for name in COLUMN]
    is_sum = frame["line"] == 0
    is_own = ~is_sum & (frame["area"] == district) & (frame["institution"] == "")
    place, beyond = ~is_sum & ~is_own, frame["off"] > tolerance
    some = (beyond & place).groupby(column).transform("sum")
    part = frame["is_mirrored"].where(place).groupby(column).transform("mean")
    whole = (part > 0.5) & ((some != 1) | (part == 1)) & (beyond & is_sum).groupby(column).transform("any")
    told = beyond & ((is_sum & whole) | (place & ~whole) | (is_own & ~whole & (some == 0)))
    frame["off"] = frame["off"].where(told | ~beyond, 0.0)
    others = told.groupby([frame[name] for name in PLACE]).transform("sum")
    first = told & ~frame[PLACE].where(told).duplicated()
    frame["off"] = frame["off"].where(first | ~told, 0.0)
    frame["more"] = (others - 1).where(first, 0).astype(int)
    return frame[(~is_sum) | told].drop(columns=["is_mirrored", *EARLIER]).reset_index(drop=True)


PAIRS = """
with extents as (select unnest($areas::varchar[]) as area, unnest($years::integer[]) as year),
sexes as (
    select delivery, year, measure, area, institution, part, min(line) as line,
        max(value) filter (where sex = 'female')::double as women, max(value) filter (where sex = 'male')::double as men
    from core_observations where list_contains($measures, measure) and state = 'ok' group by all
    having women + men > 0
),
pairs as (
    select n.*, o.women as other, o.men as men_before, p.women as first, p.men as men_first
    from sexes n join sexes o using (measure, area, institution, part)
    left join sexes p on p.measure = n.measure and p.area = n.area and p.institution = n.institution and p.part = n.part
        and p.year = n.year - 2
    where o.year = n.year - 1 and not exists (select 1 from extents e where e.area = n.area and e.year = n.year)
)
select delivery, measure, line, area, institution, '' as sex, part, women as value, other, men, men_before, first, men_first
from pairs
union all
select delivery, measure, 0, '', '', '', '', sum(women), sum(other), sum(men), sum(men_before),
    if(bool_or(first is null), null, sum(first)), sum(men_first)
from pairs where (area <> $district or institution <> '') and part = '' group by all having count(*) > 1
order by delivery, measure, line, area, institution, part
"""

"""Computes every indicator from the observations, by year, area, institution, sex and part of a dimension, as
Σnumerator/Σdenominator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import duckdb

from expectations import territory
from expectations.records import FOREVER, Catalog, Dataset, Indicator
from expectations.units import scale
from expectations.vocabulary import WHOLE, Moved
from flows import above, rollup
from flows.warehouse import append
from flows.wording import say


def indicators(con: duckdb.DuckDBPyConnection, catalog: Catalog, *, bare: bool = False) -> None:
    """Fill `out_indicators` for every year that has deliveries; `bare`, without the limits of rare events, which are printed
    and decide nothing.

    A figure of the district is the sum over all its parts of that year. If one part is missing, the figure is missing
    too, with the state that says why. It is also missing if a row with figures belongs to no part of that year, unless the delivery has
    a row of the whole district: then that row counts (`OWN_ROWS` says when). A total is never the mean of its parts.

    Women and men together make the total. The parts of a dimension make the total, too, if they make up the whole; for any other
    dimension, the delivered total counts.

    There is no total where one measure of an indicator counts persons whose sex is not stated and another does not. Nor is there one where
    a row with figures has a sex or part that cannot be read, unless its figures are the sums of the rows that can be read.

    A ready-made figure that was sent and cannot be used is `rejected`; one that was not sent is not.
    What the district's own forms do not have is put together from what its areas have released (flows/rollup.py).
    """
    _refer(con, catalog)
    home = catalog.district.code
    nothing = ["", *(word.lower() for words in catalog.codes.nothing.values() for word in words)]
    con.execute(STRAYS, {"district": home, "nothing": [*nothing, "0"]})
    if con.execute("select 1 from ref_strays limit 1").fetchone():
        con.execute(OWN_ROWS, {"district": home})
    con.execute(LEFT_OVER)
    if con.execute(UNREAD_OR_UNSTATED).fetchone():
        con.execute(LOOSE, {"nothing": [*nothing, "0"]})
        con.execute(COUNTED)
    con.execute(SUMS, {"district": home})
    begun = [(key, since) for key, i in catalog.indicators.items() for since, *_ in i.formulas]
    forms = [
        name for name, form in catalog.datasets.items() if form.ready_made and not (form.by_institution or form.above)
    ]
    con.execute(REFUSED, {"district": home, "forms": forms, "nothing": nothing})
    con.execute(GIVEN)
    con.execute(REPORTED, {"district": home, "indicators": [key for key, _ in begun],
                           "since": [since for _, since in begun]})  # fmt: skip
    rollup.areas(con, catalog)
    above.figures(con, catalog)
    _tell_absent(con, catalog)
    _state(con, catalog)
    if not bare:
        _add_intervals(con, catalog)
    if con.execute("select 1 from ref_extents limit 1").fetchone():
        con.execute(EXTENTS)
    if twice := con.execute(TWICE).fetchone():
        raise TwiceError("/".join(map(str, twice)))
    for table in (
        "ref_parts",
        "ref_cells",
        "ref_indicators",
        "ref_heirs",
        "ref_extents",
        "ref_strays",
        "ref_loose",
        "ref_counted",
        "refused",
        "given",
    ):
        con.execute(f"drop table {table}")


class TwiceError(Exception):
    """A figure was computed twice. This is a fault of the program, never of a department."""


TWICE = """
select indicator, year, area, institution, sex, part from out_indicators group by all having count(*) > 1 limit 1
"""


def _refer(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Store the catalogue as small tables: definitions, the parts that they sum, the cells that each part should have;
    the areas that have the ground of an area that is not there in a year, and since when an area is another one.
    """
    con.execute(
        "create or replace temp table ref_indicators(indicator varchar, kind varchar, per double, "
        "by_sex boolean, by_part boolean)"
    )
    con.execute(
        "create or replace temp table ref_parts(indicator varchar, since integer, until integer, "
        "role varchar, measure varchar, level varchar)"
    )
    con.execute(
        "create or replace temp table ref_cells(measure varchar, dataset varchar, area varchar, institution varchar, "
        "sex varchar, part varchar, added boolean, since integer, until integer, reference boolean, scale double)"
    )
    con.execute("create or replace temp table ref_heirs(area varchar, year integer, heir varchar)")
    con.execute("create or replace temp table ref_extents(area varchar, since integer)")
    append(con, "ref_heirs", _heirs(con, catalog))
    append(con, "ref_extents", list(territory.extents(catalog.district)))
    form_of = {measure: dataset for dataset in catalog.datasets.values() for measure in dataset.measures}
    computable = {key: i for key, i in catalog.indicators.items() if i.measures and i.measures <= form_of.keys()}
    if not computable:
        return  # every figure is delivered ready-made
    append(con, "ref_indicators", [(key, i.kind, float(i.per), i.by_sex, bool(i.by)) for key, i in computable.items()])
    parts = [row for key, i in computable.items() for row in _parts(key, i, form_of)]
    append(con, "ref_parts", parts)
    needed = {row[4] for row in parts}
    cells = [
        (measure, name, *cell, float(scale(str(dataset.columns[header].unit))))
        for name, dataset in catalog.datasets.items()
        for cell in _cells(catalog, dataset)
        for measure, header in dataset.measures.items()
        if measure in needed
    ]
    append(con, "ref_cells", cells)


def _parts(
    key: str, indicator: Indicator, form_of: dict[str, Dataset]
) -> Iterator[tuple[str, int, int, str, str, str]]:
    """The measures of every caliber of an indicator, and the finest level that all of them have."""
    formulas = indicator.formulas
    for i, (since, numerator, denominator) in enumerate(formulas):
        until = formulas[i + 1][0] if i + 1 < len(formulas) else FOREVER
        datasets = [form_of[m] for m in (*numerator, *denominator)]
        if all(d.by_institution for d in datasets):
            level = "institution"
        elif all(d.by_area for d in datasets):
            level = "area"
        else:
            level = "district"
        for role, measures in (("numerator", numerator), ("denominator", denominator)):
            for measure in measures:
                yield key, since, until, role, measure, level


def _heirs(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[tuple[str, int, str]]:
    """For every area and every year that has deliveries: the areas that have its ground in that year."""
    district = catalog.district
    years = [year for (year,) in con.execute("select distinct year from meta_deliveries").fetchall()]
    return [
        (area.code, year, heir)
        for area in district.areas
        for year in years
        if not area.there(year)
        for heir in territory.heirs(district, area.code, year)
    ]


def _cells(catalog: Catalog, dataset: Dataset) -> Iterator[tuple[str, str, str, str, bool, int, int, bool]]:
    """Area, institution, sex and part of every cell that a delivery of this dataset should have, whether it is a part of
    the whole, and the years in which its place is there.
    """
    district = catalog.district
    sexes = ("female", "male") if dataset.by_sex else ("total",)
    parts = [(part, part in catalog.added_parts) for part in catalog.parts_by(dataset)]
    if not any(added for _, added in parts):
        parts = [("", True), *parts]
    if dataset.by_institution and dataset.institution_kind:
        members = district.institutions[dataset.institution_kind].members
        places = [(m.area or district.code, m.id, m.since, m.until, False) for m in members]
    elif dataset.by_area:
        places = [(a.code, "", a.since, a.until, False) for a in district.areas]
        places += [(a.code, "", a.since, a.until, True) for a in district.references]
    else:
        places = [(district.code, "", 0, FOREVER, False)]
    for area, institution, since, until, reference in places:
        for sex in sexes:
            for part, added in parts:
                yield area, institution, sex, part, added, since, until, reference


STRAYS = """
create or replace temp table ref_strays as  -- figures in rows of no place of that year: of an unknown one, or of one that is another area's ground
select distinct d.year, r.measure, coalesce(h.heir, $district) as area, r.delivery, r.line,
    case when r.sex in ('female', 'male') then r.sex end as sex,  -- null: of both
    nullif(r.part, '') as part,  -- null: of all
    try_cast(r.value as double) as figure
from core_rejections r
join meta_deliveries d using (delivery)
left join ref_heirs h on h.area = r.area and h.year = d.year
where d.status not in ('superseded', 'refused') and lower(trim(coalesce(r.value, ''))) not in (select unnest($nothing))
  and (r.area is null or r.institution is null or h.heir is not null or r.rule = 'row_institution_absent')
"""
OWN_ROWS = """
-- what the delivery itself says of the whole district, where the sum of its places would lack a row: of every measure of the form
-- that a definition needs, since one row has them all. It is enough if each cell below is there, or if the row counts more
-- than what is there: else it may be the sum that lacks the same cells
insert into core_own_rows
with cells as (
    select c.*, y.year from ref_cells c
    join (select distinct c.dataset, s.year from ref_strays s join ref_cells c using (measure)) y using (dataset)
    where y.year between c.since and c.until and not c.reference
),
below as (
    select c.measure, c.dataset, c.year, c.sex, c.part, any_value(c.scale) as scale, coalesce(sum(o.value), 0)::double as there,
        bool_or(coalesce(o.state, 'not_received') = 'not_received') as lacks
    from cells c left join core_observations o using (measure, year, area, institution, sex, part)
    group by all
),
strayed as (
    select b.measure, b.year, b.sex, b.part, if(bool_or(s.figure is null), null, sum(s.figure) * any_value(b.scale)) as figure
    from below b join (select distinct * exclude (area) from ref_strays) s on s.measure = b.measure and s.year = b.year
        and coalesce(s.sex, b.sex) = b.sex and coalesce(s.part, b.part) = b.part
    group by all
),
own as (
    select b.measure, b.dataset, b.year, b.sex, b.part,
        round(o.value::double - b.there - if(s.measure is null, 0, s.figure), 4) as beyond,
        bool_and(coalesce(o.state = 'ok', false) and (not b.lacks or coalesce(beyond > 0, false))) over (partition by b.measure, b.year) as enough
    from below b
    left join strayed s on s.measure = b.measure and s.year = b.year and s.sex = b.sex and s.part = b.part
    left join core_observations o on o.measure = b.measure and o.year = b.year and o.area = $district and o.institution = ''
        and o.sex = b.sex and o.part = b.part
)
select p.indicator, p.since, o.year, o.measure, o.sex, o.part, o.beyond
from own o join ref_parts p on p.measure = o.measure and o.year >= p.since and o.year < p.until
where o.enough and exists (
    select 1 from ref_strays s
    join ref_parts q on q.measure = s.measure and q.indicator = p.indicator and q.since = p.since
    join ref_cells c on c.measure = s.measure and c.dataset = o.dataset
    where s.year = o.year
)
"""
LEFT_OVER = """
create or replace temp table ref_loose(year integer, measure varchar, area varchar, institution varchar, sex varchar, part varchar);
create or replace temp table ref_counted(indicator varchar, since integer, year integer, area varchar, institution varchar, part varchar)
"""
UNREAD_OR_UNSTATED = """
select 1 where exists (from core_rejections) or exists (from core_observations where sex = 'not_stated')
"""
"""Whether one of the two tables above has a row: to look into deliveries without one takes a sixth of all that is computed."""
LOOSE = """
-- figures that cannot be used and belong to a place, but to no cell of it
insert into ref_loose
with unread as (  -- figures that cannot be used of persons whose sex is not stated, and of rows whose sex or part cannot be read
    select r.delivery, r.line, d.year, r.measure, r.area, r.institution, r.sex, r.part, try_cast(r.value as double) as figure
    from core_rejections r join meta_deliveries d using (delivery)
    where d.status not in ('superseded', 'refused') and lower(trim(coalesce(r.value, ''))) not in (select unnest($nothing))
      and r.area is not null and r.institution is not null and r.rule <> 'row_year' and (coalesce(r.sex, 'not_stated') = 'not_stated' or r.part is null)
),
sums_of as (  -- … beside the sum of the cells whose total such a row would be
    select u.delivery, u.line, u.sex, u.part,
        coalesce(round(any_value(u.figure * c.scale) - sum(o.value)::double, 4) = 0, false)
            and bool_and(c.sex = 'not_stated' or coalesce(o.state in ('ok', 'not_applicable'), false)) as same,
        sum(o.value) > max(o.value) as of_several
    from unread u
    join (from ref_cells union select * replace ('not_stated' as sex) from ref_cells where sex = 'female') c
        on c.measure = u.measure and c.area = u.area and c.institution = u.institution and u.year between c.since and c.until
        and coalesce(nullif(u.sex, 'total'), c.sex) = c.sex and if(u.part is null, c.added, c.part = u.part)
    left join core_observations o on o.measure = c.measure and o.year = u.year and o.area = c.area and o.institution = c.institution
        and o.sex = c.sex and o.part = c.part
    where u.sex is null or u.part is null
    group by u.delivery, u.line, u.sex, u.part, u.measure
),
totals as (  -- a row all of whose figures are such sums is their total in a word that is not known: of nobody else
    select delivery, line, sex, part from sums_of group by all having bool_and(same) and bool_or(of_several)
)
select distinct year, measure, area, institution, sex, part from unread u where not exists (
    select 1 from totals t where t.delivery = u.delivery and t.line = u.line
        and t.sex is not distinct from u.sex and t.part is not distinct from u.part)
"""
COUNTED = """
-- the definitions that must have those whose sex is not stated, on every side
insert into ref_counted
with unstated as (  -- the places of which a form has persons whose sex is not stated: a written 0 is nobody, and asks for nothing
    select distinct c.dataset, o.year, c.area, c.institution, c.part
    from core_observations o join ref_cells c using (measure, area, institution, part)
    where o.sex = 'not_stated' and o.value <> 0 and c.sex <> 'total'
    union
    select distinct c.dataset, l.year, c.area, c.institution, c.part
    from ref_loose l join ref_cells c on c.measure = l.measure and c.area = l.area and c.institution = l.institution and c.part = coalesce(l.part, c.part)
    where l.sex = 'not_stated' and c.sex <> 'total'
)
select distinct p.indicator, p.since, u.year, u.area, u.institution, u.part
from ref_parts p
join (select distinct measure, dataset from ref_cells) m using (measure)
join unstated u on u.dataset = m.dataset and u.year >= p.since and u.year < p.until
"""
SUMS = """
with years as (
    select distinct year from meta_deliveries
),
stray as (
    from ref_strays
),
whole as (
    select distinct indicator, since, year, measure from core_own_rows
),
cells as (  -- every cell a definition needs, with what came for it
    select p.indicator, p.since, p.role, p.level, y.year, p.measure, c.area, c.institution, c.sex, c.part, c.added, c.reference,
        o.value,
        case
            when y.year not between c.since and c.until then 'not_applicable'
            when exists (
                select 1 from stray s where s.year = y.year and s.measure = p.measure and s.area = c.area
                  and coalesce(s.sex, c.sex) = c.sex and coalesce(s.part, c.part) = c.part and c.area <> $district
            ) then 'rejected'
            when o.state is not null then o.state
            when exists (
                select 1 from core_rejections r join meta_deliveries d using (delivery)
                where d.year = y.year and d.status <> 'superseded' and r.measure = p.measure
                  and coalesce(r.area, c.area) in (c.area, $district) and coalesce(r.institution, c.institution) in (c.institution, '')
                  and coalesce(r.sex, c.sex) = c.sex
                  and coalesce(r.part, c.part) = c.part
            ) then 'rejected'
            else 'not_received'
        end as state,
        o.state is not null or exists (
            select 1 from core_rejections r join meta_deliveries d using (delivery)
            where d.year = y.year and d.status <> 'superseded' and r.measure = p.measure and r.area = c.area
              and r.institution = c.institution
        ) as came
    from ref_parts p
    join years y on y.year >= p.since and y.year < p.until
    join ref_cells c on c.measure = p.measure
    left join core_observations o
        on o.measure = p.measure and o.year = y.year and o.area = c.area and o.institution = c.institution and o.sex = c.sex
        and o.part = c.part
    union all  -- persons of whom the sex is not stated count in the total: where one measure has them, each has or lacks them
    select p.indicator, p.since, p.role, p.level, n.year, p.measure, c.area, c.institution, 'not_stated', c.part, c.added, c.reference,
        o.value,
        case
            when o.state is not null then o.state
            when exists (
                select 1 from ref_loose l where l.year = n.year and l.measure = p.measure and l.area = c.area and l.institution = c.institution
                  and l.sex = 'not_stated' and coalesce(l.part, c.part) = c.part
            ) then 'rejected'
            else 'not_received'
        end,
        true
    from ref_parts p
    join ref_counted n on n.indicator = p.indicator and n.since = p.since
    join ref_cells c on c.measure = p.measure and c.sex = 'female' and c.area = n.area and c.institution = n.institution and c.part = n.part
    left join core_observations o on o.measure = p.measure and o.year = n.year and o.area = c.area and o.institution = c.institution
        and o.sex = 'not_stated' and o.part = c.part
    union all  -- a row whose sex or part cannot be read belongs to the total, and nobody knows to what of it
    select distinct p.indicator, p.since, p.role, p.level, l.year, p.measure, l.area, l.institution,
        coalesce(l.sex, 'total'), coalesce(l.part, ''), c.added, c.reference, null::decimal(24, 6), 'rejected', true
    from ref_parts p
    join ref_loose l on l.measure = p.measure and l.year >= p.since and l.year < p.until and (l.sex is null or l.part is null)
    join (select measure, area, institution, part, bool_or(added) as added, bool_or(reference) as reference from ref_cells group by all) c
        on c.measure = l.measure and c.area = l.area and c.institution = l.institution and c.part = coalesce(l.part, c.part) and (c.part <> '' or l.part = '')
),
placed as (  -- each cell counts for the district, and for its area or institution where the definition goes that deep
    select * replace (
        case when exists (
            select 1 from stray s where s.year = c.year and s.measure = c.measure and coalesce(s.sex, c.sex) = c.sex
                and coalesce(s.part, c.part) = c.part
        ) then 'rejected' else state end as state
    ), $district as out_area, '' as out_institution
    from cells c where not reference and not exists (
        select 1 from whole w where w.indicator = c.indicator and w.since = c.since and w.year = c.year and w.measure = c.measure)
    union all
    select p.indicator, p.since, p.role, p.level, o.year, o.measure, o.area, o.institution, o.sex, o.part,
        (select bool_or(c.added) from ref_cells c where c.measure = o.measure and c.part = o.part), false, o.value, o.state,
        true, $district, ''
    from ref_parts p
    join whole w on w.indicator = p.indicator and w.since = p.since and w.measure = p.measure
    join core_observations o on o.measure = w.measure and o.year = w.year and o.area = $district and o.institution = ''
    where (o.sex = 'not_stated' or o.sex in (select c.sex from ref_cells c where c.measure = o.measure))
        and o.part in (select c.part from ref_cells c where c.measure = o.measure)
    union all
    select *, area, '' from cells where level = 'area'
    union all
    select *, area, institution from cells where level = 'institution'
),
sexed as (  -- … and for its own sex and the total
    select p.*, 'total' as out_sex, i.kind, i.per, i.by_part from placed p join ref_indicators i using (indicator)
    union all
    select p.*, p.sex, i.kind, i.per, i.by_part from placed p join ref_indicators i using (indicator)
    where i.by_sex and p.sex <> 'total'
),
parted as (  -- … and for its own part and, if the parts make it up, the whole
    select *, '' as out_part from sexed where added
    union all
    select *, part from sexed where by_part and part <> ''
),
sums as (
    select indicator, year, out_area as area, out_institution as institution, out_sex as sex, out_part as part, max(since) as caliber,
        any_value(kind) as kind, any_value(per) as per,
        case
            when bool_or(state = 'rejected') then 'rejected'
            when bool_or(state = 'not_received') then 'not_received'
            when bool_and(state = 'not_applicable') then 'not_applicable'
            else 'ok'
        end as state,
        bool_or(came) as came,
        sum(value) filter (where role = 'numerator' and (kind <> 'share' or cells_sex = 'female')) as numerator,
        case any_value(kind)
            when 'ratio' then sum(value) filter (where role = 'denominator')
            when 'share' then sum(value)
        end as denominator
    from (select *, sex as cells_sex from parted)
    group by all
),
judged as (
    select * replace (
        case when state = 'ok' and (numerator is null or (kind <> 'count' and coalesce(denominator, 0) = 0))
            then 'not_applicable' else state end as state
    ) from sums
)
insert into out_indicators
select $district, indicator, year, area, institution, sex, part,
    case when state in ('ok', 'not_applicable') then numerator end,
    case when state in ('ok', 'not_applicable') then denominator end,
    case when state = 'ok'
        then numerator::double * (case kind when 'count' then 1 else per end)
             / (case kind when 'count' then 1 else denominator::double end)
    end,
    null, null, state, caliber
from judged
-- a reference area of which nothing came has no row: nobody owes it, and a row of an unknown place is not counted as this area's
where not (area <> $district and (state = 'not_received' or not came) and area not in (
    select c.area from ref_cells c where not c.reference))
"""

EXTENTS = """
-- an area that was merged with another one or divided, and a district that has other areas, is measured anew since then
update out_indicators i set caliber = greatest(i.caliber, e.since)
from (
    select i.area, i.year, max(e.since) as since
    from (select distinct area, year from out_indicators where institution = '') i
    join ref_extents e on e.area = i.area and e.since <= i.year
    group by all
) e
where e.area = i.area and e.year = i.year and i.institution = ''
"""

REFUSED = """
-- ready-made figures that came and cannot be used; one of which the place, the sex or the part cannot be read may be the total's. Where
-- its form tells the indicator place by place, a row of no place that is known is rather one of these: the district's did not come
create or replace temp table refused as
select distinct r.measure, d.year, coalesce(r.area, $district) as area, coalesce(r.sex, 'total') as sex, coalesce(r.part, '') as part
from core_rejections r join meta_deliveries d using (delivery)
where list_contains($forms, d.dataset) and d.status <> 'superseded' and r.measure is not null
  and not list_contains($nothing, lower(trim(coalesce(r.value, ''))))
  and (r.area is not null or not exists (
    select 1 from core_observations o where o.delivery = r.delivery and o.measure = r.measure and o.area <> $district))
"""
GIVEN = """
-- what is computed goes before what comes ready-made, if anything came to compute it from
create or replace temp table given as
select measure, year, area, institution, sex, part, value, state, delivery from core_observations
union all
select measure, year, area, '', sex, part, null, 'rejected', '' from refused
anti join (select measure, year, area, sex, part from core_observations where institution = '') using (measure, year, area, sex, part);
delete from out_indicators i
where i.state = 'not_received' and exists (
    select 1 from given o where o.measure = i.indicator and o.year = i.year and o.area = i.area
      and o.institution = i.institution and o.sex = i.sex and o.part = i.part and o.state <> 'not_received');
"""
REPORTED = """
insert into out_indicators
select $district, o.measure, o.year, o.area, o.institution, o.sex, o.part, null, null, o.value::double, null, null, o.state, c.since
from given o
join (select unnest($indicators) as indicator, unnest($since) as since) c on c.indicator = o.measure and c.since <= o.year
where not exists (select 1 from ref_parts p where p.measure = o.measure)
  and not exists (select 1 from out_indicators i where i.indicator = o.measure and i.year = o.year and i.area = o.area
                    and i.institution = o.institution and i.sex = o.sex and i.part = o.part)
qualify row_number() over (partition by o.measure, o.year, o.area, o.institution, o.sex, o.part, o.delivery order by c.since desc) = 1
"""


def _tell_absent(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """In a compilation of published figures: store why a year that is read has no figure.

    Years of an earlier plan, which the report of a later plan does not read, may be entered all the same.
    """
    first, last = con.execute("select min(year), max(year) from meta_deliveries").fetchone() or (None, None)
    if not catalog.is_entered or last is None:
        return
    home = catalog.district.code
    there = set(
        con.execute(
            "select indicator, year from out_indicators where area = ? and institution = '' and part = ''", [home]
        ).fetchall()
    )
    append(con, "out_indicators", [
        (home, key, year, home, "", "total", "", None, None, None, None, None, catalog.absence(key, year), 0)
        for key in catalog.indicators
        for year in range(first, last + 1)
        if (key, year) not in there
    ])  # fmt: skip


def _state(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Fill `core_stated` with what a published table itself says of its figures. A text that cannot be read is a
    finding.

    Only what stands beside a figure that is used is taken, and of figures only those of the whole district and both sexes:
    a town's change, or the change of a figure that was computed otherwise here, is the change of another figure.
    """
    for name, dataset in catalog.datasets.items():
        for kind, header in dataset.stated.columns.items():
            key = "s.indicator" if dataset.indicator is None else f"'{dataset.indicator}'"
            found = con.execute(
                f"""select i.indicator, i.part, i.year, r."{header}", d.delivery, d.file, r.line
                    from "raw_{name}" r join "stg_{name}" s using (delivery, row)
                    join meta_deliveries d using (delivery)
                    join core_observations o on o.delivery = d.delivery and o.line = r.line and o.measure = {key}
                        and o.area = s.area and o.sex = s.sex and o.part = if(s.part = '{WHOLE}', '', s.part)
                    join out_indicators i on i.indicator = o.measure and i.year = o.year and i.area = o.area
                        and i.institution = o.institution and i.sex = o.sex and i.part = o.part
                    where o.area = ? and o.institution = '' and o.sex = 'total' and trim(coalesce(r."{header}", '')) <> ''
                        and i.value is not null and i.numerator is null
                    order by d.delivery, r.line""",  # noqa: S608  (names of the catalogue)
                [catalog.district.code],
            ).fetchall()
            for indicator, part, year, printed, delivery, file, line in found:
                said = stated(printed.strip(), kind)
                if said is None:
                    con.execute(
                        UNREADABLE,
                        _unreadable(
                            name,
                            dataset,
                            catalog.sender(name, year),
                            kind,
                            (year, delivery, file, line, printed.strip()),
                        ),
                    )
                else:
                    con.execute(
                        "insert into core_stated values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        [indicator, part, year, kind, *said, printed.strip(), delivery, line],
                    )


def stated(printed: str, kind: str) -> tuple[Decimal | None, bool] | None:
    """A change, or the year since when, as a published table prints it: the number, and whether it is relative.

    None if it cannot be read. 基本持平 has no number, and neither has a source.
    """
    if kind == "source":
        return None, False
    if kind == "since":
        return (Decimal(printed), False) if re.fullmatch(r"(?:19|20)\d\d", printed) else None
    if printed in {Moved.FLAT.word, NEARLY_FLAT}:
        return (Decimal(0) if printed == Moved.FLAT.word else None), False
    found = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)(%?)", printed.replace("−", "-").replace("－", "-"))
    return None if found is None else (Decimal(found[1]), bool(found[2]))


NEARLY_FLAT = "基本持平"
"""What a published table prints for a change that it does not call none."""
UNREADABLE = """
insert into out_findings (gate, severity, rule, dataset, department, delivery, file, line, column_name, year, value,
                          expected, message, cure)
values ('contract', 'warning', 'cell_number', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def _unreadable(
    name: str, dataset: Dataset, sender: str, kind: str, found: tuple[int, str, str, int, str]
) -> list[object]:
    year, delivery, file, line, printed = found
    header = dataset.stated.columns[kind]
    expected = say(f"messages/stated/{'year' if kind == 'since' else 'change'}")
    cure, place = say("messages/stated/cure"), {"file": file, "line": line, "header": header, "printed": printed}
    message = say("messages/stated/unreadable", **place, expected=expected, cure=cure)
    return [name, sender, delivery, file, line, header, year, printed, expected, message, cure]


def _add_intervals(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Add 95 % limits for rare events: exact Poisson or Byar for rates, Wilson for proportions."""
    kinds = {key: indicator for key, indicator in catalog.indicators.items() if indicator.interval is not None}
    rows = con.execute(
        "select rowid, indicator, numerator, denominator from out_indicators "
        "where list_contains(?, indicator) and state = 'ok' and denominator > 0",
        [list(kinds)],
    ).fetchall()
    found = [limits(kinds[key], float(numerator), float(denominator)) for _, key, numerator, denominator in rows]
    con.execute(LIMITS, {"rows": [row for row, *_ in rows], **{s: [f[n] for f in found] for n, s in enumerate(SIDES)}})


SIDES = ("lower", "upper")
LIMITS = """
update out_indicators i set lower = l.lower, upper = l.upper
from (
    select unnest($rows::bigint[]) as at, unnest($lower::double[]) as lower, unnest($upper::double[]) as upper
) l where i.rowid = l.at
"""


def limits(indicator: Indicator, events: float, exposure: float) -> tuple[float, float]:
    """The interval of a rate in the indicator's own unit."""
    from flows import intervals  # which takes longer to import than a file to check

    return intervals.of_rate(str(indicator.interval), events, exposure, float(indicator.per))

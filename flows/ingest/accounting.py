"""Sorts the cells of every delivery into observations, statements and rejections, and proves that no cell is lost.

Reads the staged rows (stg_) and what the contract gate found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import duckdb

from expectations.records import Catalog, Dataset
from expectations.units import scale
from expectations.vocabulary import WHOLE, Reason
from flows.ingest.header import VALUE
from flows.ingest.staging import measures
from flows.warehouse import append
from flows.wording import say


class AccountingError(Exception):
    """The cells received are not the observations plus the rejections. This is a fault of the program, never of a
    department.
    """


def observe(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Turn the cells that passed the contract gate into observations and statements, and all others into rejections.

    Raises `AccountingError` unless every cell of every delivery of the catalogue's datasets ends in exactly one of
    these tables.
    """
    con.execute(UNUSABLE)
    nothing: dict[str, list[str]] = {
        state: [word.lower() for word in words] for state, words in catalog.codes.nothing.items()
    }
    for variable, words in {**nothing, "refused": say("messages/refused/cell")}.items():
        con.execute(f"set variable {variable} = ?", [words])
    values = {name: dataset.roles.get("value", VALUE) for name, dataset in catalog.datasets.items()}
    con.execute(PRINTED, {"datasets": [*values], "headers": [*values.values()]})
    levels = con.execute(LEVELS).fetchall()
    for name, dataset in catalog.datasets.items():
        [(rows,)] = con.execute(f'select count(*) from "stg_{name}"').fetchall()  # noqa: S608
        if rows and "text" in dataset.roles:
            _state(con, catalog, dataset, f'"stg_{name}"')
        elif rows:
            _sort(con, catalog, dataset, f'"stg_{name}"', levels, "view" if rows >= MANY else "table")
    con.execute("drop table bad_rows; drop table bad_cells; drop table printed; drop table if exists measures")
    _account(con, catalog)


UNUSABLE = """
create or replace temp table bad_rows as
    select delivery, row, min(rule) as rule, arg_min(message, rule) as message
    from core_unusable where measure is null group by all;
create or replace temp table bad_cells as
    select delivery, row, measure, min(rule) as rule, arg_min(message, rule) as message
    from core_unusable where measure is not null group by all;
"""

# What stands over the cells of every delivery; the value of a figure that is one below the other has no measure of its own.
PRINTED = """
create or replace temp table printed as
select delivery, coalesce(measure, 'value') as column_key, sex, part, any_value(printed) as printed
from meta_columns join meta_deliveries using (delivery)
join (select unnest($datasets::varchar[]) as dataset, unnest($headers::varchar[]) as value_header) using (dataset)
where measure is not null or header = value_header group by delivery, column_key, sex, part
"""
# Whether headers stand over sexes and over parts, the finest first: mostly one stands over all of them.
LEVELS = "select distinct sex <> '', part <> '' from printed order by all desc"

# Every cell of a dataset: its place, its text, and what is wrong with it.
SORTED = """
with cells as ({cells})
select c.* exclude (factor), d.year as data_year, coalesce(m.scale, c.factor) as scale,
    coalesce({headers}m.header, c.column_key) as column_name,
    case when d.status = 'refused' then 'refused' else coalesce(r.rule, b.rule) end as rule,
    case when d.status = 'refused' then getvariable('refused') else coalesce(r.message, b.message) end as message,
    case when list_contains(getvariable('not_applicable'), lower(c.written)) then 'not_applicable'
         when list_contains(getvariable('not_received'), lower(c.written)) then 'not_received' else 'ok' end as state
from cells c
join meta_deliveries d using (delivery)
left join measures m on m.measure = c.measure
left join bad_rows r on r.delivery = c.delivery and r.row = c.row
left join bad_cells b on b.delivery = c.delivery and b.row = c.row and b.measure = c.column_key
{joins}
where d.status <> 'superseded'
"""
OBSERVED = """
insert into core_observations by name
select $district as district, data_year as year, area,
    case when institution = $whole then '' else institution end as institution, sex,
    case when part = $whole then '' else part end as part, measure,
    case when state <> 'ok' then null
         when scale >= 1 then (written::decimal(24, 6) * scale::decimal(12, 0))::decimal(24, 6)
         else (written::decimal(24, 6) * scale::decimal(12, 10))::decimal(24, 6) end as value,
    state, delivery, line
from sorted where rule is null
order by delivery, row, measure
"""
# What an area has released: a number, or the word that says why there is none.
TAKEN_OVER = """
insert into core_released by name
select data_year as year, area, sex, indicator, makeup,
    case when s.state = 'ok' and words.state is null then written::decimal(24, 6) end as value,
    coalesce(words.state, s.state) as state, delivery, line
from sorted s
left join (select unnest($codes) as state, unnest($words) as word) words
    on words.word = s.written and words.word <> ''
where rule is null
order by delivery, row
"""
# What a bulletin says of an area above the district.
ENTERED = """
insert into core_above by name
select data_year as year, area, measure as indicator, case when state = 'ok' then (written::decimal(24, 6) * scale)::double end as value,
    case when scale = 1 then length(split_part(written, '.', 2)) end as decimals,
    state, agreement, source, try_cast(issued as date) as issued, delivery, line
from sorted where rule is null
order by delivery, row
"""
REJECTED = """
insert into core_rejections by name
select delivery, line, column_name, measure,
    case when list_contains($areas, area) then area end as area,
    case when institution = $whole or (institution = '' and not $by_institution) then '' when list_contains($institutions, institution) then institution end as institution,
    case when sex in ('female', 'male', 'not_stated', 'total') then sex end as sex,
    case when part in ('', $whole) then '' when list_contains($parts, part) then part end as part, written as value, rule, message
from sorted where rule is not null
order by delivery, row, measure
"""


MANY = 50_000
"""From so many rows on, it costs less to ask twice for cells with what is wrong with them than to keep them meanwhile."""


def _sort(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    dataset: Dataset,
    staged: str,
    levels: Sequence[tuple[bool, bool]],
    kept: Literal["table", "view"],
) -> None:
    """Sort the figures of one dataset into observations and rejections. The work is done in the warehouse."""
    district = catalog.district
    named = [(c.measure, h, float(scale(str(c.unit)))) for h, c in dataset.columns.items() if c.measure]
    con.execute(MEASURES, [list(column) for column in zip(*named, strict=True)] or [[], [], []])
    if dataset.released:
        cells = RELEASED.format(staged=staged)
    elif dataset.ready_made:
        _factors(con, catalog, staged)
        cells = REPORTED.format(staged=staged, more=", s.agreement, s.source, s.issued" if dataset.above else "")
    else:
        names = measures(dataset)  # identifiers of the catalogue
        listed, quoted = ", ".join(f'"{m}"' for m in names), ", ".join(f"'{m}'" for m in names)
        cells = FIGURES.format(staged=staged, listed=listed, quoted=quoted)
    headers = "".join(f"p{number}.printed, " for number in range(len(levels)))
    joins = "\n".join(
        HEADER.format(number=number, sex="c.sex" if sexed else "''", part="c.part" if parted else "''")
        for number, (sexed, parted) in enumerate(levels)
    )
    con.execute(f"create temp {kept} sorted as {SORTED.format(cells=cells, headers=headers, joins=joins)}")
    if dataset.released:
        con.execute(TAKEN_OVER, {"codes": [*Reason.words()], "words": [*Reason.words().values()]})
    elif dataset.above:
        con.execute(ENTERED)
    else:
        con.execute(OBSERVED, {"district": district.code, "whole": WHOLE})
    if con.execute("select 1 from sorted where rule is not null limit 1").fetchone():
        con.execute(
            REJECTED,
            {
                "areas": [district.code, *(a.code for a in (*district.areas, *district.references))],
                "institutions": list(district.members),
                "by_institution": dataset.by_institution,
                "parts": list(catalog.part_names),
                "whole": WHOLE,
            },
        )
    con.execute(f"drop {kept} sorted")


MEASURES = """
create or replace temp table measures as
select unnest($1::varchar[]) as measure, unnest($2::varchar[]) as header, unnest($3::double[]) as scale
"""
HEADER = """left join printed p{number}
    on p{number}.delivery = c.delivery and p{number}.column_key = c.column_key and p{number}.sex = {sex} and p{number}.part = {part}"""
FIGURES = """
select delivery, row, line, area, institution, sex, part, measure, measure as column_key, written, 1.0 as factor
from (unpivot {staged} on {listed} into name measure value written)
union all  -- figures whose item is not known
select delivery, row, line, area, institution, sex, part, null, 'value', value, 1.0
from {staged} where item <> '' and item not in ({quoted})
"""
REPORTED = """
select s.delivery, s.row, s.line, s.area, s.institution, s.sex, s.part, s.indicator as measure, 'value' as column_key,
    s.value as written, coalesce(f.factor, 1) as factor{more}
from {staged} s left join factors f on f.indicator = s.indicator and f.value_unit = coalesce(s.value_unit, '')
"""
# Not under its indicator's name: a measure of a form may have the same.
RELEASED = """
select delivery, row, line, area, institution, sex, part, null::varchar as measure, 'value' as column_key, value as written,
    1.0 as factor, indicator, makeup
from {staged}
"""


def _factors(con: duckdb.DuckDBPyConnection, catalog: Catalog, staged: str) -> None:
    """For figures that are delivered ready-made: the factor from each unit written beside a figure to its indicator's
    unit.
    """
    pairs = con.execute(
        f"select distinct indicator, coalesce(value_unit, '') from {staged} order by all"  # noqa: S608
    ).fetchall()
    con.execute("create or replace temp table factors(indicator varchar, value_unit varchar, factor double)")
    append(con, "factors", [(i, u, _factor(catalog, i, u)) for i, u in pairs])


def _factor(catalog: Catalog, key: str, unit: str) -> float:
    indicator = catalog.indicators.get(key)
    if indicator is None or not unit:
        return 1.0
    return float(catalog.codes.factor(unit, indicator.unit) or 1)


def _state(con: duckdb.DuckDBPyConnection, catalog: Catalog, dataset: Dataset, staged: str) -> None:
    """Store the departments' statements. Each statement answers every target of its clause."""
    asked: dict[int, Mapping[tuple[str, str, str], tuple[str, ...]]] = {}
    statements: list[tuple[object, ...]] = []
    rejections: list[tuple[object, ...]] = []
    header = dataset.roles["text"]
    for delivery, line, year, department, status, plan, clause, stage, text, source, rule, message in con.execute(
        STATED.format(staged=staged)
    ).fetchall():
        if status == "refused" or rule:
            why = ("refused", say("messages/refused/cell")) if status == "refused" else (rule, message)
            rejections.append((delivery, line, header, None, None, None, None, None, text, *why))
            continue
        asked.setdefault(year, catalog.asked(year))
        for target in asked[year][department, plan, clause]:
            statements.append((catalog.district.code, year, target, stage, text, source, delivery, line))
    append(con, "core_statements", statements)
    append(con, "core_rejections", rejections)


STATED = """
select s.delivery, s.line, d.year, d.department, d.status, s.plan, s.clause, s.stage, s.text, s.source,
    r.rule, r.message
from {staged} s join meta_deliveries d using (delivery)
left join bad_rows r on r.delivery = s.delivery and r.row = s.row
where d.status <> 'superseded' order by s.delivery, s.row
"""


def _account(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Check for every delivery that cells received = observations + rejections. The run stops if they differ."""
    con.execute("""
        update meta_deliveries as d set observations = t.observations, rejections = t.rejections,
            status = case when d.status = 'accepted' and t.rejections > 0 then 'partial' else d.status end
        from (
            select delivery, sum(o)::integer as observations, sum(r)::integer as rejections
            from (select delivery, count(*) as o, 0 as r from core_observations group by 1
                  union all select delivery, count(*), 0 from core_released group by 1
                  union all select delivery, count(*), 0 from core_above group by 1
                  union all select delivery, 0, count(*) from core_rejections group by 1
                  -- a statement may answer several targets
                  union all select delivery, count(distinct line), 0 from core_statements group by 1)
            group by delivery
        ) t where t.delivery = d.delivery
    """)
    wrong = con.execute(
        "select delivery, cells_in, observations, rejections from meta_deliveries "
        "where status <> 'superseded' and cells_in <> observations + rejections and list_contains(?, dataset)",
        [list(catalog.datasets)],
    ).fetchall()
    if wrong:
        listed = "；".join(
            say("messages/accounting/delivery", delivery=d, cells=c, taken=o, returned=r) for d, c, o, r in wrong
        )
        raise AccountingError(say("messages/accounting/unbalanced", listed=listed))

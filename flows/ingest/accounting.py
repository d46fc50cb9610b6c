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
    together: dict[tuple[bool, bool], dict[str, Dataset]] = {}
    for name, dataset in catalog.datasets.items():
        [(rows,)] = con.execute(f'select count(*) from "stg_{name}"').fetchall()  # noqa: S608
        if not rows:
            continue
        if "text" in dataset.roles:
            _state(con, catalog, name)
        elif rows >= MANY:
            _sort(con, catalog, {name: dataset}, "view")
        else:
            together.setdefault((bool(dataset.released), dataset.above), {})[name] = dataset
    for datasets in together.values():
        _sort(con, catalog, datasets, "table")
    for table in ("bad_rows", "bad_cells"):
        con.execute(f"drop table {table}")
    _account(con, catalog)


UNUSABLE = """
create or replace temp table bad_rows as
    select delivery, row, min(rule) as rule, arg_min(message, rule) as message
    from core_unusable where measure is null group by all;
create or replace temp table bad_cells as
    select delivery, row, measure, min(rule) as rule, arg_min(message, rule) as message
    from core_unusable where measure is not null group by all;
"""

# Every cell of some datasets: its place, its text, and what is wrong with it.
SORTED = """
select c.* exclude (factor), f.place, f.by_institution, d.year as data_year, coalesce(m.scale, c.factor) as scale,
    m.header,
    case when d.status = 'refused' then 'refused' else coalesce(r.rule, b.rule) end as rule,
    case when d.status = 'refused' then getvariable('refused') else coalesce(r.message, b.message) end as message,
    case when list_contains(getvariable('not_applicable'), lower(c.written)) then 'not_applicable'
         when list_contains(getvariable('not_received'), lower(c.written)) then 'not_received' else 'ok' end as state
from cells c
join forms f using (dataset)
join meta_deliveries d using (delivery)
left join measures m on m.dataset = c.dataset and m.measure = c.measure
left join bad_rows r on r.delivery = c.delivery and r.row = c.row
left join bad_cells b on b.delivery = c.delivery and b.row = c.row and b.measure = c.column_key
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
order by place, delivery, row, measure
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
order by place, delivery, row
"""
# What a bulletin says of an area above the district.
ENTERED = """
insert into core_above by name
select data_year as year, area, measure as indicator, case when state = 'ok' then (written::decimal(24, 6) * scale)::double end as value,
    case when scale = 1 then length(split_part(written, '.', 2)) end as decimals,
    state, agreement, source, try_cast(issued as date) as issued, delivery, line
from sorted where rule is null
order by place, delivery, row
"""
REJECTED = """
insert into core_rejections by name
select s.delivery, line, coalesce(p.printed, ps.printed, pp.printed, q.printed, s.header, s.column_key) as column_name, measure,
    case when list_contains($areas, area) then area end as area,
    case when institution = $whole or (institution = '' and not by_institution) then ''
        when list_contains($institutions, institution) then institution end as institution,
    case when s.sex in ('female', 'male', 'not_stated', 'total') then s.sex end as sex,
    case when s.part in ('', $whole) then '' when list_contains($parts, s.part) then s.part end as part, written as value, rule, message
from sorted s
left join printed p on p.delivery = s.delivery and p.column_key = s.column_key and p.sex = s.sex and p.part = s.part
left join printed ps on ps.delivery = s.delivery and ps.column_key = s.column_key and ps.sex = s.sex and ps.part = ''
left join printed pp on pp.delivery = s.delivery and pp.column_key = s.column_key and pp.sex = '' and pp.part = s.part
left join printed q on q.delivery = s.delivery and q.column_key = s.column_key and q.sex = '' and q.part = ''
where rule is not null
order by place, s.delivery, row, measure
"""


MANY = 50_000
"""From so many rows on, it costs less to ask twice for cells with what is wrong with them than to keep them meanwhile."""


def _sort(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, datasets: Mapping[str, Dataset], kept: Literal["table", "view"]
) -> None:
    """Sort the figures of some datasets, all released, all from above or all neither, into observations and rejections. The work
    is done in the warehouse; to plan it takes as long for many small datasets as for one.
    """
    district, first = catalog.district, next(iter(datasets.values()))
    con.execute(
        "create or replace temp table forms(dataset varchar, place integer, header varchar, by_institution bool)"
    )
    forms = enumerate(datasets.items())
    append(con, "forms", [(name, n, d.roles.get("value", VALUE), d.by_institution) for n, (name, d) in forms])
    con.execute("create or replace temp table measures(dataset varchar, measure varchar, header varchar, scale double)")
    named = [
        (name, column.measure, header, float(scale(str(column.unit))))
        for name, dataset in datasets.items()
        for header, column in dataset.columns.items()
        if column.measure
    ]
    append(con, "measures", named)
    con.execute(PRINTED)
    _factors(con, catalog, [name for name, d in datasets.items() if d.ready_made and not d.released])
    con.execute(
        f"create or replace temp view cells as {' union all by name '.join(map(_cells, datasets, datasets.values()))}"
    )
    nothing: dict[str, list[str]] = {
        state: [word.lower() for word in words] for state, words in catalog.codes.nothing.items()
    }
    for name, words in {**nothing, "refused": say("messages/refused/cell")}.items():
        con.execute(f"set variable {name} = ?", [words])
    con.execute(f"create temp {kept} sorted as {SORTED}")
    if first.released:
        con.execute(TAKEN_OVER, {"codes": [*Reason.words()], "words": [*Reason.words().values()]})
    elif first.above:
        con.execute(ENTERED)
    else:
        con.execute(OBSERVED, {"district": district.code, "whole": WHOLE})
    # to plan it takes as long as to sort a small file; a view would be asked twice
    if kept == "view" or con.execute("select 1 from sorted where rule is not null limit 1").fetchone():
        areas = [district.code, *(a.code for a in (*district.areas, *district.references))]
        con.execute(
            REJECTED,
            {"areas": areas, "institutions": list(district.members), "parts": list(catalog.part_names), "whole": WHOLE},
        )
    con.execute(f"drop {kept} sorted; drop view cells; drop table measures; drop table printed; drop table forms")


PRINTED = """
create or replace temp table printed as
select delivery, coalesce(c.measure, 'value') as column_key, c.sex, c.part, any_value(c.printed) as printed
from meta_columns c join meta_deliveries using (delivery) join forms f using (dataset)
where c.measure is not null or c.header = f.header group by all
"""
FIGURES = """
select '{dataset}' as dataset, delivery, row, line, area, institution, sex, part, measure, measure as column_key, written,
    1.0 as factor
from (unpivot "stg_{dataset}" on {listed} into name measure value written)
union all  -- figures whose item is not known
select '{dataset}', delivery, row, line, area, institution, sex, part, null, 'value', value, 1.0
from "stg_{dataset}" where item <> '' and item not in ({quoted})
"""
REPORTED = """
select '{dataset}' as dataset, s.delivery, s.row, s.line, s.area, s.institution, s.sex, s.part, s.indicator as measure,
    'value' as column_key, s.value as written, coalesce(f.factor, 1) as factor{more}
from "stg_{dataset}" s left join factors f on f.indicator = s.indicator and f.value_unit = coalesce(s.value_unit, '')
"""
# Not under its indicator's name: a measure of a form may have the same.
RELEASED = """
select '{dataset}' as dataset, delivery, row, line, area, institution, sex, part, null::varchar as measure,
    'value' as column_key, value as written, 1.0 as factor, indicator, makeup
from "stg_{dataset}"
"""


WRITTEN = """select distinct indicator, coalesce(value_unit, '') as value_unit from "stg_{dataset}\""""


def _cells(name: str, dataset: Dataset) -> str:
    """The query of every cell of a dataset; all names in it are the catalogue's identifiers."""
    if dataset.released:
        return RELEASED.format(dataset=name)
    if dataset.ready_made:
        return REPORTED.format(dataset=name, more=", s.agreement, s.source, s.issued" if dataset.above else "")
    names = measures(dataset)
    listed, quoted = ", ".join(f'"{m}"' for m in names), ", ".join(f"'{m}'" for m in names)
    return FIGURES.format(dataset=name, listed=listed, quoted=quoted)


def _factors(con: duckdb.DuckDBPyConnection, catalog: Catalog, datasets: Sequence[str]) -> None:
    """For figures that are delivered ready-made: the factor from each unit written beside a figure to its indicator's
    unit.
    """
    con.execute("create or replace temp table factors(indicator varchar, value_unit varchar, factor double)")
    if datasets:
        written = " union ".join(WRITTEN.format(dataset=name) for name in datasets)
        pairs = con.execute(f"{written} order by all").fetchall()
        append(con, "factors", [(i, u, _factor(catalog, i, u)) for i, u in pairs])


def _factor(catalog: Catalog, key: str, unit: str) -> float:
    indicator = catalog.indicators.get(key)
    if indicator is None or not unit:
        return 1.0
    return float(catalog.codes.factor(unit, indicator.unit) or 1)


def _state(con: duckdb.DuckDBPyConnection, catalog: Catalog, name: str) -> None:
    """Store the departments' statements. Each statement answers every target of its clause."""
    asked: dict[int, Mapping[tuple[str, str, str], tuple[str, ...]]] = {}
    statements: list[tuple[object, ...]] = []
    rejections: list[tuple[object, ...]] = []
    header = catalog.datasets[name].roles["text"]
    for delivery, line, year, department, status, plan, clause, stage, text, source, rule, message in con.execute(
        STATED.format(dataset=name)
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
from "stg_{dataset}" s join meta_deliveries d using (delivery)
left join bad_rows r on r.delivery = s.delivery and r.row = s.row
where d.status <> 'superseded' order by s.delivery, s.row
"""


def _account(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Check for every delivery that cells received = observations + rejections. The run stops if they differ. A delivery
    without one usable cell is refused, not used in part; a cell left without a figure is not usable.
    """
    con.execute("""
        update meta_deliveries as d set observations = t.observations, rejections = t.rejections, unfilled = t.unfilled,
            status = case when d.status not in ('accepted', 'partial') or t.rejections = 0 then d.status
                when t.observations = t.unfilled then 'refused' else 'partial' end
        from (
            select delivery, sum(o)::integer as observations, sum(r)::integer as rejections, sum(e)::integer as unfilled
            from (select delivery, count(*) as o, 0 as r, count(*) filter (state = 'not_received') as e
                      from core_observations group by 1
                  union all select delivery, count(*), 0, count(*) filter (state = 'not_received')
                      from core_released group by 1
                  union all select delivery, count(*), 0, 0 from core_above group by 1
                  union all select delivery, 0, count(*), 0 from core_rejections group by 1
                  -- a statement may answer several targets
                  union all select delivery, count(distinct line), 0, 0 from core_statements group by 1)
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

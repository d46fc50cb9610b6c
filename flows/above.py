"""What is known of the areas above the district: figures that reports print beside its own, and never compute with."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb

from expectations.records import AGREED, Catalog, Indicator
from expectations.vocabulary import Makeup, Sex
from flows.warehouse import append
from flows.wording import say


def figures(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Fill `out_above`: of an area and a year what its own edition has released, and else what was entered from a bulletin."""
    if not con.execute("select 1 where exists (from core_above) or exists (from core_released)").fetchone():
        return
    rows = [*_entered(con), *_released(con, catalog)]
    append(con, "out_above", list({row[:3]: row for row in rows}.values()))


def _entered(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[object, ...]]:
    yield from con.execute(
        "select indicator, year, area, value, decimals, if(agreement = $agreed, '', agreement), source, issued, simulated, delivery, line "
        "from core_above join meta_deliveries using (delivery, year) where value is not null order by all",
        {"agreed": AGREED},
    ).fetchall()


def _released(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> Iterator[tuple[object, ...]]:
    """The figures of both sexes; a figure of another caliber was refused when it came."""
    names = {area.code: area.name for area in catalog.district.references}
    found: dict[tuple[str, int, str], dict[str, Decimal]] = {}
    places: dict[tuple[str, int, str], tuple[object, ...]] = {}
    for indicator, year, area, makeup, value, *place in con.execute(
        RELEASED, [list(names), Sex.TOTAL.value]
    ).fetchall():
        found.setdefault((indicator, year, area), {})[makeup] = value
        places[indicator, year, area] = tuple(place)
    for (indicator, year, area), parts in found.items():
        record = catalog.indicators.get(indicator)
        value = None if record is None else _value(record, parts)
        if value is not None:
            source = say("labels/above/released", name=names[area], year=year)
            yield indicator, year, area, value, None, "", source, *places[indicator, year, area]


RELEASED = """
select indicator, year, area, makeup, value, d.received, d.simulated, r.delivery, r.line
from core_released r join meta_deliveries d using (delivery, year)
where list_contains(?, area) and sex = ? and r.state = 'ok' order by all
"""


def _value(indicator: Indicator, parts: dict[str, Decimal]) -> float | None:
    """The value in the indicator's unit; None if one of its two numbers is not there."""
    if (value := parts.get(Makeup.VALUE)) is not None:
        return float(value)
    above, below = parts.get(Makeup.NUMERATOR), parts.get(Makeup.DENOMINATOR)
    if above is None or (indicator.kind != "count" and not below):
        return None
    return float(above) if indicator.kind == "count" else float(above * indicator.per / (below or Decimal(1)))

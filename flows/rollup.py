"""Puts the figures of a city together from what its districts have released: Σnumerator/Σdenominator, never a mean.

A figure of the whole is there only if every district that was there in the year has released it, and in the same caliber.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

import duckdb

from expectations.records import Catalog, Indicator
from expectations.vocabulary import Makeup, Reason, Sex
from flows.warehouse import append

WORST = (
    Reason.NOT_SUMMED,
    Reason.REJECTED,
    Reason.NOT_RECEIVED,
    Reason.NOT_ENTERED,
    Reason.NOT_PUBLISHED,
    Reason.SUPPRESSED,
)
"""Why a sum is not there, if one of its parts is not: the first that one of them has. All that a figure can lack are here, but
不适用, which adds nothing and lacks nothing.
"""


class Released(NamedTuple):
    """What a district has released of one indicator, one year and one sex."""

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    """The value, if the district itself had it ready-made."""
    state: str


ReleasedBy = Mapping[tuple[int, str, str, str], Released]
"""(year, indicator, area, sex) → what was released of it."""


def areas(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Fill `out_indicators` from `core_released`: a row for each area, and one for the district.

    Where an area has a value alone, the district has none, and says so: rates are not added.
    """
    if not catalog.rolled:
        return
    known, refused = _released(con), _refused(con, catalog)
    years = [year for (year,) in con.execute("select distinct year from meta_deliveries order by 1").fetchall()]
    rows = [
        row
        for key in sorted(catalog.rolled)
        for year in years
        for sex in _sexes(catalog.indicators[key])
        for row in _rows(catalog, key, year, sex, known, refused)
    ]
    there = set(
        con.execute(
            "select indicator, year, area, sex from out_indicators where institution = '' and part = ''"
        ).fetchall()
    )
    append(con, "out_indicators", [row for row in rows if (row[1], row[2], row[3], row[5]) not in there])


def _released(con: duckdb.DuckDBPyConnection) -> ReleasedBy:
    found: dict[tuple[int, str, str, str], dict[str, tuple[Decimal | None, str]]] = {}
    for year, indicator, area, sex, part, value, state in con.execute(
        "select year, indicator, area, sex, makeup, value, state from core_released order by all"
    ).fetchall():
        found.setdefault((year, indicator, area, sex), {})[part] = (value, state)
    return {place: _read(told) for place, told in found.items()}


def _read(told: Mapping[str, tuple[Decimal | None, str]]) -> Released:
    missing = next((state for _, state in told.values() if state != Reason.OK), None)
    numerator, denominator, value = (told.get(part, (None, ""))[0] for part in Makeup)
    return Released(numerator, denominator, value, missing or Reason.OK)


def _refused(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> set[tuple[int, str, str, str]]:
    """The figures that came and cannot be used, one number alone among them (the contract gate finds it); of a file that cannot be
    read, all figures of its area ("" for each).
    """
    found: set[tuple[int, str, str, str]] = set()
    for name, dataset in catalog.datasets.items():
        if not dataset.released:
            continue
        found |= set(
            con.execute(
                f'select d.year, s.indicator, s.area, s.sex from "stg_{name}" s '  # noqa: S608  (ours)
                "join core_rejections r using (delivery, line) join meta_deliveries d using (delivery) "
                "where d.status <> 'refused'"
            ).fetchall()
        )
        found |= {
            (year, "", str(catalog.district.departments[department].area), "")
            for year, department in con.execute(
                "select year, department from meta_deliveries where dataset = ? and status = 'refused'", [name]
            ).fetchall()
        }
    return found


def _sexes(indicator: Indicator) -> tuple[str, ...]:
    return (Sex.FEMALE, Sex.MALE, Sex.TOTAL) if indicator.by_sex else (Sex.TOTAL,)


def _rows(
    catalog: Catalog, key: str, year: int, sex: str, known: ReleasedBy, refused: set[tuple[int, str, str, str]]
) -> Iterator[tuple[object, ...]]:
    """The rows of out_indicators of one indicator, year and sex."""
    indicator, home = catalog.indicators[key], catalog.district.code
    caliber, *_ = indicator.caliber(year)
    found: list[Released] = []
    for area in catalog.district.areas_of(year):
        place = (year, key, area.code, sex)
        is_refused = place in refused or (year, "", area.code, "") in refused
        absent = Reason.REJECTED if is_refused else Reason.NOT_RECEIVED
        released = known.get(place)
        if released is None or is_refused:
            released = Released(None, None, None, absent)
        found.append(released)
        yield (
            home,
            key,
            year,
            area.code,
            "",
            sex,
            "",
            *_figures(indicator, found[-1]),
            None,
            None,
            _state(indicator, found[-1]),
            caliber,
        )
    if found:
        whole = _whole(found)
        yield (
            home,
            key,
            year,
            home,
            "",
            sex,
            "",
            *_figures(indicator, whole),
            None,
            None,
            _state(indicator, whole),
            caliber,
        )


def _whole(parts: list[Released]) -> Released:
    """The sum, or why there is none."""
    if any(part.value is not None for part in parts):
        return Released(None, None, None, Reason.NOT_SUMMED)
    states = {part.state for part in parts}
    if missing := next((state for state in WORST if state in states), None):
        return Released(None, None, None, missing)
    counted = [part for part in parts if part.numerator is not None]
    if not counted:
        return Released(None, None, None, Reason.NOT_APPLICABLE)
    numerator = sum((part.numerator or Decimal(0) for part in counted), Decimal(0))
    denominators = [part.denominator for part in counted if part.denominator is not None]
    return Released(numerator, sum(denominators, Decimal(0)) if denominators else None, None, Reason.OK)


def _figures(indicator: Indicator, of: Released) -> tuple[Decimal | None, Decimal | None, float | None]:
    """Numerator, denominator and value in the indicator's unit."""
    if _state(indicator, of) != Reason.OK:
        return of.numerator, of.denominator, None
    if of.numerator is None:
        return None, None, float(of.value or 0)
    if indicator.kind == "count":
        return of.numerator, None, float(of.numerator)
    assert of.denominator is not None
    return of.numerator, of.denominator, float(of.numerator) * float(indicator.per) / float(of.denominator)


def _state(indicator: Indicator, of: Released) -> str:
    if (
        of.state == Reason.OK
        and of.value is None
        and (of.numerator is None or (indicator.kind != "count" and not of.denominator))
    ):
        return Reason.NOT_APPLICABLE
    return of.state

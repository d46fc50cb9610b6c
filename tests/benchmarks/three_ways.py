"""One expectation as a plain SQL predicate and as a pandas mask: what `expectations/suites.py` asks of Great
Expectations.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import duckdb
import pandas as pd

from expectations.suites import Check

Found = set[tuple[str, int]]
"""Key of the check and row of the frame."""


def _bounds(value: str, e: Any) -> str:
    parts = []
    if e.min_value is not None:
        parts.append(f"{value} >{'' if e.strict_min else '='} {e.min_value}")
    if e.max_value is not None:
        parts.append(f"{value} <{'' if e.strict_max else '='} {e.max_value}")
    return " and ".join(parts)


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


def sql(check: Check) -> str:
    """The predicate that a sound row fulfils; null counts as sound, as it does for Great Expectations."""
    e: Any = check.expectation
    match type(e).__name__:
        case "ExpectColumnValuesToBeInSet":
            return f'"{e.column}" in ({", ".join(map(_literal, e.value_set))})'
        case "ExpectColumnPairValuesToBeEqual":
            return f'"{e.column_A}" is not distinct from "{e.column_B}"'
        case "ExpectColumnValuesToMatchRegex":
            return f'regexp_matches("{e.column}", {_literal(e.regex.replace(chr(92) + "Z", "$"))})'
        case "ExpectColumnValuesToBeBetween":
            return _bounds(f'"{e.column}"', e)
        case "ExpectColumnValueLengthsToBeBetween":
            return f'length("{e.column}") >= {e.min_value}'
        case kind:
            raise NotImplementedError(kind)


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    return frame[name]


def mask(check: Check, frame: pd.DataFrame) -> pd.Series[bool]:
    """Rows that fail."""
    e: Any = check.expectation
    match type(e).__name__:
        case "ExpectColumnValuesToBeInSet":
            column = _column(frame, e.column)
            return ~column.isin(e.value_set) & column.notna()
        case "ExpectColumnPairValuesToBeEqual":
            return _column(frame, e.column_A) != _column(frame, e.column_B)
        case "ExpectColumnValuesToMatchRegex":
            pattern, column = re.compile(e.regex), _column(frame, e.column)
            matches = column.map(lambda v: bool(pattern.search(v)), na_action="ignore")
            return column.notna() & ~matches.fillna(value=True).astype(bool)
        case "ExpectColumnValuesToBeBetween":
            column = _column(frame, e.column)
            bad = pd.Series(data=False, index=frame.index)
            if e.min_value is not None:
                bad |= column <= e.min_value if e.strict_min else column < e.min_value
            if e.max_value is not None:
                bad |= column >= e.max_value if e.strict_max else column > e.max_value
            return bad
        case "ExpectColumnValueLengthsToBeBetween":
            return _column(frame, e.column).str.len() < int(e.min_value)
        case kind:
            raise NotImplementedError(kind)


def through_gx(frame: pd.DataFrame, checks: list[Check]) -> Found:
    from expectations import suites

    return {(f.check.key, int(f.place["at"])) for f in suites.run(frame, checks, ["at"])}


def through_sql(frame: pd.DataFrame, checks: list[Check]) -> Found:
    with duckdb.connect() as con:
        con.register("frame", frame)
        return {
            (check.key, at)
            for check in checks
            for (at,) in con.execute(f'select "at" from frame where not coalesce({sql(check)}, true)').fetchall()
        }


def through_pandas(frame: pd.DataFrame, checks: list[Check]) -> Found:
    return {(check.key, int(at)) for check in checks for at in frame.loc[mask(check, frame), "at"]}


WAYS: dict[str, Callable[[pd.DataFrame, list[Check]], Found]] = {
    "Great Expectations": through_gx,
    "DuckDB SQL": through_sql,
    "pandas": through_pandas,
}

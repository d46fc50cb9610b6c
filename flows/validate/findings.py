"""What the gates found, as rows of out_findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd

from expectations.records import Catalog

COLUMNS = (
    "gate", "severity", "rule", "dataset", "department", "delivery", "file", "line", "column_name", "year", "area",
    "sex", "indicator", "target", "value", "expected", "message", "cure",
)  # fmt: skip
SEXES = {"female": "女", "male": "男"}
Finding = dict[str, Any]


def store(con: duckdb.DuckDBPyConnection, findings: Sequence[Finding]) -> None:
    if findings:
        rows = pd.DataFrame([{c: f.get(c) for c in COLUMNS} for f in findings], columns=list(COLUMNS))
        rows["line"] = rows["line"].astype("Int64")
        con.execute("insert into out_findings by name select * from rows")


def heads(con: duckdb.DuckDBPyConnection) -> dict[str, Finding]:
    """What every finding on a delivery says of it."""
    return {
        key: {"delivery": key, "dataset": dataset, "department": department, "file": file, "year": year}
        for key, dataset, department, file, year in con.execute(
            "select delivery, dataset, department, file, year from meta_deliveries"
        ).fetchall()
    }


def named(head: Mapping[str, Any]) -> str:
    return f"{head['year']}年“{str(head['file']).partition('/')[2]}”"


def place_names(catalog: Catalog) -> dict[str, str]:
    """Area code → name."""
    district = catalog.district
    return {district.code: "全区", **{a.code: a.name for a in (*district.areas, *district.references)}}


def text(value: object) -> str | None:
    """A value as it stood in the frame; None where there was none."""
    return None if value is None or value != value or value == "" else str(value)

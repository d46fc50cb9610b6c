"""A file of released figures in; why the whole file cannot be used out: another format, another edition, another area or
year, or rows that were lost on the way.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from expectations.records import RELEASED, Catalog
from expectations.vocabulary import Readership
from flows.files import Defect, describe
from flows.ingest.findings import Delivery


def defects(con: duckdb.DuckDBPyConnection, catalog: Catalog, delivery: Delivery) -> Iterator[Defect]:
    """What is wrong with a whole file that has been staged; every row says it, so it is told once."""
    wanted = catalog.datasets[delivery.dataset].released
    if wanted is None:
        return
    area = str(catalog.district.departments[delivery.department].area)
    names = catalog.district.names
    columns = ("format", "audience", "rows", "area", "year")
    known = ", ".join(f"list(distinct {column} order by {column}) as {column}" for column in columns)
    row = con.execute(
        f'select count(*), {known} from "stg_{delivery.dataset}" where delivery = ?',  # noqa: S608  (ours)
        [delivery.key],
    ).fetchone()
    assert row is not None
    number, *found = row
    told = dict(zip(columns, found, strict=True))
    asked = {
        "format": RELEASED,
        "audience": Readership.of(wanted).word,
        "area": area,
        "year": str(delivery.year),
        "rows": str(number),
    }
    for column, expected in asked.items():
        if told[column] != [expected]:
            seen = "、".join(names.get(str(text), str(text)) for text in told[column])
            yield describe(f"released/{column}", seen=seen, asked=names.get(expected, expected))
            return  # the first reason explains the others

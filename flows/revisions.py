"""Compares two versions of a delivery in the warehouse, cell by cell."""

from __future__ import annotations

from typing import NamedTuple

import duckdb

from expectations.records import Catalog, Dataset
from expectations.vocabulary import WHOLE, Verdict
from flows.wording import say


class RevisedCell(NamedTuple):
    """One cell; a side is None if that version does not have its row."""

    header: str
    place: str
    old: str | None
    new: str | None


def changes(con: duckdb.DuckDBPyConnection, catalog: Catalog, older: str, newer: str) -> list[RevisedCell]:
    """The cells in which two versions (keys of meta_deliveries) differ, in the agreed units and in the order of the
    form.
    """
    name = newer.partition("/")[2].rpartition("/")[0].partition("@")[0]
    year = int(newer.partition("/")[0])
    dataset = catalog.datasets[name].form(year)
    cells = list(dataset.measures.items())
    cells += [(role, dataset.roles[role]) for role in ("value", "stage", "text", "source") if role in dataset.roles]
    keys = [k for k in dataset.key if k != "item"]
    joined = ", ".join([*keys, "nth"])  # of rows with the same key, the first is compared with the first
    found = []
    for column, header in cells:
        rows = con.execute(
            f"""with rows as (select delivery, {", ".join(keys)}, "{column}" as cell,
                        row_number() over (partition by delivery, {", ".join(keys)} order by row) as nth from "stg_{name}"),
                     o as (select * exclude delivery from rows where delivery = $older),
                     n as (select * exclude delivery from rows where delivery = $newer)
                select {joined}, o.cell, n.cell from o full join n using ({joined})
                where {FIGURE.format("o.cell")} is distinct from {FIGURE.format("n.cell")} order by all""",  # noqa: S608  (names of the catalogue)
            {"older": older, "newer": newer},
        ).fetchall()
        for *key, old, new in rows:
            place = _place(catalog, dataset, dict(zip(keys, key, strict=False)))
            words = Verdict.words() if column == "stage" else {}
            found.append(RevisedCell(header, place, words.get(old, old), words.get(new, new)))
    return found


FIGURE = r"regexp_replace({0}, '^(-?[0-9]+)(?:\.0*|(\.[0-9]*[1-9])0*)$', '\1\2')"
"""A figure as it is compared: 1024.50 and 1024.5 are one number. What is no figure stays as it is."""


def is_same(con: duckdb.DuckDBPyConnection, catalog: Catalog, older: str, newer: str) -> bool:
    """Whether two versions (keys of meta_deliveries) have the same rows, in whatever order and format; no if they have none. Where a code
    stands alone, its name is no difference.
    """
    name = newer.partition("/")[2].rpartition("/")[0].partition("@")[0]
    figures = dict.fromkeys([*(c.measure for c in catalog.datasets[name].columns.values() if c.measure), "value"])
    replaced = ", ".join(f'{FIGURE.format(chr(34) + column + chr(34))} as "{column}"' for column in figures)
    named = ", ".join(
        f"coalesce(nullif({key}_name, ''), $names[list_position($codes, {key})], '') as {key}_name"
        for key in ("area", "institution")
    )
    sides = [
        f"""select * exclude (delivery, row, line) replace ({replaced}, {named}) from "stg_{name}"
            where delivery = ${side}"""  # noqa: S608  (names of the catalogue)
        for side in ("older", "newer")
    ]
    names = {**catalog.district.names, **catalog.district.members}
    facts = {"older": older, "newer": newer, "codes": [*names], "names": [*names.values()]}
    query = f"""with o as ({sides[0]}), n as ({sides[1]}) select (select count(*) from n),
        (select count(*) from (from n except all from o)), (select count(*) from (from o except all from n))"""  # noqa: S608
    [(rows, more, fewer)] = con.execute(query, facts).fetchall()
    return rows > 0 and not more and not fewer


def order(con: duckdb.DuckDBPyConnection, delivery: str) -> list[tuple[str, ...]]:
    """Of what the rows of a version are, in the order in which they stand in its file."""
    name = delivery.partition("/")[2].rpartition("/")[0].partition("@")[0]
    keys = "area, institution, sex, part, plan, clause, indicator, item"
    query = f'select {keys} from "stg_{name}" where delivery = ? order by row'  # noqa: S608  (names of the catalogue)
    return con.execute(query, [delivery]).fetchall()


def _place(catalog: Catalog, dataset: Dataset, key: dict[str, str]) -> str:
    """Where a cell stands, in words; a place that is in no list as it was written."""
    district = catalog.district
    if "clause" in key:
        return f"{key['plan']}{key['clause']}"
    indicator = catalog.indicators.get(key.get("indicator", ""))
    names = {**district.names, **district.members, district.code: district.short, WHOLE: district.short}
    place = key["institution"] if dataset.by_institution else key["area"]
    words = [
        indicator.name if indicator else "",
        names.get(place, place) or say("messages/row/blank"),
        catalog.told_group(key["sex"], key["part"].removeprefix(WHOLE)),
    ]
    return "，".join(filter(None, words))

"""`check`, `receive` and the yearly run answer alike: the same status, figures and findings for every case.

All three end in `pipeline.checked`, so each case is walked with that function cut short when the file has been read;
whatever the later stages say, they say of the same rows. A few cases go the whole way.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.records import Catalog
from flows import ingest, pipeline, warehouse
from flows.answer import feedback
from tests.benchmarks import roads
from tests.fixtures.answers import EXPECTED
from tests.fixtures.deliveries import CATALOG, CATALOGUE, FILES, YEAR
from tests.fixtures.warehouses import memory, rows

WHOLE = ("two_sheets.xlsx", "unit_in_title.csv", "doubled.csv", "whole_row_wrong.csv", "bad_byte.csv", "statement.csv")
FILLED = "select table_name from duckdb_tables() where table_name like 'stg!_%' escape '!' and estimated_size > 0 order by all"
"""The tables of staged rows that have any."""


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What each road has read, row by row, with no stage behind it and no year but the file's. Feedback sheets are filled and not
    packed: `test_every_road_answers_the_same` packs some.
    """
    seen: list[str] = []

    def checked(con: duckdb.DuckDBPyConnection, catalog: Catalog, raw: Path, year: int, do: Any, *_: object) -> None:
        ingest.store(con, catalog, raw, [year])
        names = [row["table_name"].removeprefix("stg_") for row in rows(con, FILLED)]
        staged = {name: rows(con, f"select * from stg_{name} order by all") for name in names}
        seen.append(json.dumps({name: found for name, found in staged.items() if found}, default=str))

    monkeypatch.setattr(feedback, "packed", lambda book: b"")
    monkeypatch.setattr(warehouse, "memory", memory)
    monkeypatch.setattr(pipeline, "checked", checked)
    monkeypatch.setattr(pipeline, "figures", checked)
    monkeypatch.setattr(pipeline, "years", lambda catalog, year: range(year, year + 1))
    yield seen


def differing(found: dict[str, roads.Answer]) -> str:
    return "" if roads.alike(found) else "\n".join(f"{road}: {answer}" for road, answer in found.items())


@pytest.mark.parametrize("case", EXPECTED, ids=lambda case: case["file"])
def test_every_road_reads_the_same(case: dict[str, str], read: list[str]) -> None:
    text = case["file"].endswith((".csv", ".txt"))  # of a workbook, `receive` chooses the worksheet
    found = roads.answers(FILES / case["file"], case["dataset"], CATALOGUE, CATALOG, YEAR, told=text)
    assert not differing(found)
    assert len(set(read)) == 1


@pytest.mark.parametrize("case", [c for c in EXPECTED if c["file"] in WHOLE], ids=lambda case: case["file"])
def test_every_road_answers_the_same(case: dict[str, str]) -> None:
    assert not differing(roads.answers(FILES / case["file"], case["dataset"], CATALOGUE, CATALOG, YEAR))

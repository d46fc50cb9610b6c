"""Published figures through the flow: values, changes and verdicts as the statistics bureau printed them."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import duckdb
import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows import assess, compute, ingest, validate

ROOT = Path(__file__).parents[1]
DISTRICT = "100000"
TABLE = list(csv.DictReader((ROOT / "tests/spec/national_children_outline.csv").read_text("utf-8").splitlines()))
YEARS = range(2010, 2023)
MET = "提前达标|提前实现|明显低于|低于|远优于|高于|之内|实现|达到|取得明显成效"
"""How the reports say that a target is met; nothing else is printed as a verdict in the table."""


class Flow(NamedTuple):
    catalog: Catalog
    deliveries: list[tuple[int, str]]
    findings: list[str]
    values: dict[tuple[str, int], float]
    assessments: dict[tuple[str, int], dict[str, object]]


@pytest.fixture(scope="module")
def flow() -> Flow:
    catalog = load(DISTRICT)
    con = duckdb.connect()
    con.execute((ROOT / "warehouse/tables.sql").read_text(encoding="utf-8"))
    ingest.receive(con, catalog, ROOT / "raw", YEARS)
    validate.contract(con, catalog)
    ingest.observe(con, catalog)
    compute.indicators(con, catalog)
    for plan in catalog.plans:
        assess.targets(con, catalog, min(plan.head.end, YEARS[-1]))
    indicator = {p.id: str(p.target.indicator) for p in catalog.promises()}
    cursor = con.execute("select * from out_assessments")
    columns = [d[0] for d in cursor.description or ()]
    assessments = {}
    for row in cursor.fetchall():
        cells = dict(zip(columns, row, strict=True))
        assessments[indicator[str(cells["target"])], int(str(cells["year"]))] = cells
    deliveries = con.execute("select year, status from meta_deliveries order by all").fetchall()
    findings = [message for (message,) in con.execute("select message from out_findings").fetchall()]
    values = con.execute("select indicator, year, value from out_indicators where state = 'ok'").fetchall()
    return Flow(catalog, deliveries, findings, {(i, y): v for i, y, v in values}, assessments)


def key(catalog: Catalog, printed: str) -> str:
    names = {normalize("NFKC", word): k for k, i in catalog.indicators.items() for word in (i.name, *i.aliases)}
    return names[normalize("NFKC", printed)]


def known() -> dict[tuple[str, int], float]:
    """Every value that the table has: of its year, and of the baseline year beside it."""
    values = {(r["indicator"], int(r["year"])): float(r["value"]) for r in TABLE}
    return values | {
        (r["indicator"], int(r["baseline_year"])): float(r["baseline_value"]) for r in TABLE if r["baseline_year"]
    }


def changes(row: dict[str, str]) -> Iterator[tuple[int, float]]:
    """The differences that a report printed: since which year, how much."""
    sign = {"提高": 1, "增加": 1, "下降": -1}
    year = int(row["year"])
    for text in row["published_change"].split("；"):
        if m := re.search(r"由(\d{4})年的([\d.]+)\S*?(?:提高|下降)到(?:\d{4}年的)?([\d.]+)", text):
            yield int(m[1]), float(m[3]) - float(m[2])
        elif m := re.search(r"与(\d{4})年持平", text):
            yield int(m[1]), 0
        elif "目标" not in text and (m := re.search(r"(提高|增加|下降)([\d.]+)个?", text)):
            since = re.search(r"比(\d{4})年", text)
            named = int(since[1]) if since else year - 1 if "上年" in text else int(row["baseline_year"] or 0)
            yield named, sign[m[1]] * float(m[2])


CHANGES = [
    pytest.param(row, since, change, id=f"{row['indicator']}-{row['year']}-{since}")
    for row in TABLE
    for since, change in changes(row)
    if (row["indicator"], since) in known()
]


def test_the_table_has_what_is_tested() -> None:
    assert len(TABLE) == 31
    assert len(CHANGES) == 8
    assert len([r for r in TABLE if r["published_verdict"]]) == 16


@pytest.mark.parametrize("row", TABLE, ids=lambda r: f"{r['indicator']}-{r['year']}")
def test_values_arrive_as_they_were_printed(flow: Flow, row: dict[str, str]) -> None:
    indicator = key(flow.catalog, row["indicator"])
    assert flow.values[indicator, int(row["year"])] == float(row["value"])
    if row["baseline_year"]:
        assert flow.values[indicator, int(row["baseline_year"])] == float(row["baseline_value"])
    if row["target_value"]:
        assert flow.assessments[indicator, int(row["year"])]["threshold"] == float(row["target_value"])


def test_no_value_is_there_that_was_not_printed(flow: Flow) -> None:
    assert set(flow.values) == {(key(flow.catalog, name), year) for name, year in known()}


@pytest.mark.parametrize(
    "row", [r for r in TABLE if r["published_verdict"]], ids=lambda r: f"{r['indicator']}-{r['year']}"
)
def test_verdicts_agree_with_the_reports(flow: Flow, row: dict[str, str]) -> None:
    """Before the last year: 提前达标, or on which side the value is; in it, that the target was reached."""
    assert re.search(MET, row["published_verdict"])
    found = flow.assessments[key(flow.catalog, row["indicator"]), int(row["year"])]
    assert found["met"] is True
    assert found["verdict"] == ("met" if row["year"] == "2020" else "met_early")


@pytest.mark.parametrize("row, since, change", CHANGES)
def test_changes_agree_with_the_reports(flow: Flow, row: dict[str, str], since: int, change: float) -> None:
    found = flow.assessments[key(flow.catalog, row["indicator"]), int(row["year"])]
    column = "change_baseline" if since == found["baseline_year"] else "change_previous"
    assert column == "change_baseline" or since == int(row["year"]) - 1
    assert found[column] == pytest.approx(change, abs=1e-9)


def test_distances_to_the_target_agree_with_the_reports(flow: Flow) -> None:
    """低于《纲要》目标1.36个百分点, and 下降幅度超过40% for the one target without a number."""
    for printed, distance in (("低出生体重发生率", 1.36), ("5岁以下儿童低体重率", 3.51)):
        found = flow.assessments[key(flow.catalog, printed), 2015]
        assert float(str(found["threshold"])) - float(str(found["value"])) == pytest.approx(distance, abs=1e-9)
    defects = flow.assessments["severe_birth_defects", 2020]
    fall = -float(str(defects["change_baseline"])) / float(str(defects["baseline"]))
    assert 0.40 < fall < 0.41


def test_a_value_below_its_target_is_not_called_met(flow: Flow) -> None:
    """九年义务教育巩固率 94.2 % in 2018: the report prints a rise and no verdict."""
    found = flow.assessments["compulsory_retention", 2018]
    assert (found["met"], found["verdict"]) == (False, "unknown")  # the baseline was never printed


def test_a_year_without_a_report_is_no_gap_of_a_department(flow: Flow) -> None:
    assert flow.deliveries == [(year, "accepted") for year in (2010, 2015, 2018, 2020, 2021, 2022)]
    assert flow.findings == []
    reasons = {a["reason"] for (_, year), a in flow.assessments.items() if year in (2016, 2017, 2019)}
    assert reasons == {"not_received"}

"""Published figures through the flow: values, changes and verdicts as the statistics bureau printed them."""

import csv
import re
from collections.abc import Iterator
from typing import NamedTuple
from unicodedata import normalize

import duckdb
import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows import assess, compute, ingest, validate
from flows.places import PROJECT
from flows.report.facts import Facts
from flows.report.say.narrative import Narrator
from flows.wording import read
from tests.fixtures.deliveries import DESK
from tests.fixtures.homes import Same
from tests.fixtures.warehouses import warehouse

DISTRICT = "100000"
TABLE = list(csv.DictReader((PROJECT / "tests/spec/national_children_outline.csv").read_text("utf-8").splitlines()))
YEARS = range(2010, 2025)
MET = "远超|提前达标|提前实现|明显低于|低于|远优于|高于|之内|实现|达到|取得明显成效"
"""How the reports say that a target is met; nothing else is printed as a verdict in the table."""


class Flow(NamedTuple):
    catalog: Catalog
    deliveries: list[tuple[int, str]]
    findings: list[str]
    values: dict[tuple[str, int], float]
    assessments: dict[tuple[str, int], dict[str, object]]
    con: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def flow() -> Flow:
    catalog = load(DISTRICT)
    con = warehouse()
    ingest.store(con, catalog, PROJECT / "raw", YEARS)
    validate.contract(con, catalog, DESK)
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
    return Flow(catalog, deliveries, findings, {(i, y): v for i, y, v in values}, assessments, con)


def key(catalog: Catalog, printed: str) -> str:
    names = {normalize("NFKC", word): k for k, i in catalog.indicators.items() for word in (i.name, *i.aliases)}
    return names[normalize("NFKC", printed)]


def known() -> dict[tuple[str, int], float]:
    """Every value that the table has: of its year, and of the baseline year beside it."""
    values = {(r["indicator"], int(r["year"])): float(r["value"]) for r in TABLE}
    return values | {
        (r["indicator"], int(r["baseline_year"])): float(r["baseline_value"]) for r in TABLE if r["baseline_year"]
    }


class Printed(NamedTuple):
    """A change that a report printed: since which year, how much, and whether in % of the earlier value."""

    since: int
    size: float
    relative: bool = False


def changes(row: dict[str, str]) -> Iterator[Printed]:
    sign = {"提高": 1, "增加": 1, "下降": -1, "降低": -1}
    year = int(row["year"])
    for text in row["published_change"].split("；"):
        if m := re.search(r"由(\d{4})年的([\d.]+)\S*?(?:提高|下降)到(?:\d{4}年的)?([\d.]+)", text):
            yield Printed(int(m[1]), float(m[3]) - float(m[2]))
        elif m := re.search(r"与(\d{4})年(?:基本)?持平", text):
            yield Printed(int(m[1]), 0)
        elif "目标" not in text and (m := re.search(r"(提高|增加|下降|降低)([\d.]+)(%?)", text)):
            since = re.search(r"比(\d{4})年", text)
            named = int(since[1]) if since else year - 1 if "上年" in text else int(row["baseline_year"] or year - 1)
            yield Printed(named, sign[m[1]] * float(m[2]), bool(m[3]))


CHANGES = [
    pytest.param(row, change, id=f"{row['indicator']}-{row['year']}-{change.since}")
    for row in TABLE
    for change in changes(row)
]
"""All of them, whether or not the figure that they are counted from was ever printed."""


def test_the_table_has_what_is_tested() -> None:
    assert len(TABLE) == 65
    assert len(CHANGES) == 55
    assert len([c for c in CHANGES if (c.values[0]["indicator"], c.values[1].since) not in known()]) == 23
    assert len([r for r in TABLE if r["published_verdict"]]) == 31


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
    direction = row["target_operator"] == "none"
    assert found["verdict"] == ("met" if row["year"] == "2020" else "on_course" if direction else "met_early")


@pytest.mark.parametrize("row, change", CHANGES)
def test_changes_agree_with_the_reports(flow: Flow, row: dict[str, str], change: Printed) -> None:
    """As published, although the base was not: 九年义务教育巩固率 has risen by 4.1 since a 2010 that nobody printed."""
    found = flow.assessments[key(flow.catalog, row["indicator"]), int(row["year"])]
    columns = {"change_baseline": found["baseline_year"], "change_previous": int(row["year"]) - 1}
    same = [column for column, since in columns.items() if since == change.since]
    assert same
    if not change.relative and "基本持平" not in row["published_change"]:
        assert [found[column] for column in same] == [pytest.approx(change.size, abs=1e-9)] * len(same)


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
    assert flow.deliveries == [(year, "accepted") for year in (2010, 2013, *range(2015, 2025))]
    assert flow.findings == []
    reasons = {a["reason"] for (_, year), a in flow.assessments.items() if year in (2011, 2012, 2014)}
    assert reasons == {"not_entered"}


# --- the wording, side by side with the printed one (tests/golden/expected/national_wording.csv) ---


def phrases(flow: Flow, row: dict[str, str]) -> tuple[str, str, str]:
    """Change since the last figure, change since the baseline, and verdict, as our report words them."""
    year = int(row["year"])
    facts = Facts(flow.con, flow.catalog, year)
    narrator = Narrator(facts, read("wording"))
    indicator = key(flow.catalog, row["indicator"])
    item = next(i for i in facts.items if i.promise.target.indicator == indicator)
    verdict = narrator._unknown(item) if item.verdict == "unknown" else narrator.standing(item)
    change, since = narrator.change(item), narrator.change(item, item.change_baseline)
    return change.striptags().lstrip("，"), since.striptags().lstrip("，"), verdict.striptags()


def test_the_wording_beside_the_printed_one(flow: Flow, same: Same) -> None:
    lines = [["指标", "年份", "印出的变化", "本报告的变化", "本报告与基期的比较", "印出的评价", "本报告的评价"]]
    for row in TABLE:
        change, since, verdict = phrases(flow, row)
        lines.append(
            [row["indicator"], row["year"], row["published_change"], change, since, row["published_verdict"], verdict]
        )
    same("\n".join(",".join(f'"{c}"' for c in line) for line in lines) + "\n", "national_wording.csv")


@pytest.mark.parametrize("row, change", CHANGES)
def test_the_words_say_what_the_reports_say(flow: Flow, row: dict[str, str], change: Printed) -> None:
    told = phrases(flow, row)
    since = change.since
    phrase = next((p for p in told[:2] if str(since) in p or (since == int(row["year"]) - 1 and "上年" in p)), "")
    if change.size == 0:
        assert "持平" in phrase
    else:
        assert re.search("提高|上升|增长|增加|升" if change.size > 0 else "下降|减少|降", phrase)
        assert f"{abs(change.size):g}{'%' if change.relative else ''}" in re.sub(
            r"(\.\d*?)0+(?=\D)", r"\1", phrase
        ).replace(".个", "个")

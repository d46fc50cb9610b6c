"""A promise for each place: how many of those that it applies to keep it, and which are left out."""

import duckdb
import pytest

from expectations.records import Catalog
from flows.report.facts import Facts
from flows.report.say.narrative import Narrator
from flows.wording import read
from tests.fixtures.assessed import assessed
from tests.fixtures.deliveries import BASE, sent

TARGET = "{indicator: reporting, rule: every_place_at_least, value: 0.5, each: area}"
"""%; 3 of 300 in 东风街道, 2 of 200 in 西桥镇, none of 100 in 南山镇 (1.0, 1.0 and 0.0)."""
EAST, WEST, SOUTH = "东风街道,300,3", "西桥镇,200,2", "南山镇,100,0"
NOT_THERE, NOT_SENT = ",不适用,不适用", ",,"

TOLD = [
    ("all apply", {SOUTH: "南山镇,100,1"}, (3, 3, [], 0, 0), "3个街镇的死亡报告率均达到0.5‰以上", ""),
    ("one does not apply", {SOUTH: f"南山镇{NOT_THERE}"}, (2, 2, [], 0, 1), "2个街镇的死亡报告率均达到0.5‰以上",
     "另有1个街镇不适用，未计入。"),
    ("one fails", {}, (3, 2, ["南山镇"], 0, 0), "2个街镇的死亡报告率达到0.5‰以上，南山镇未达到", ""),
    ("one fails and one does not apply", {WEST: f"西桥镇{NOT_THERE}"}, (2, 1, ["南山镇"], 0, 1),
     "1个街镇的死亡报告率达到0.5‰以上，南山镇未达到", "另有1个街镇不适用，未计入。"),
    ("one fails and one is not known", {WEST: f"西桥镇{NOT_SENT}"}, (3, 1, ["南山镇"], 1, 0),
     "1个街镇的死亡报告率达到0.5‰以上，南山镇未达到", "另有1个街镇没有数据。"),
    ("both that are known fail", {WEST: f"西桥镇{NOT_SENT}", EAST: "东风街道,300,0"}, (3, 0, ["东风街道", "南山镇"], 1, 0),
     "2个街镇的死亡报告率均未达到0.5‰以上", "另有1个街镇没有数据。"),
    ("all fail", {WEST: "西桥镇,200,0", EAST: "东风街道,300,0"}, (3, 0, ["东风街道", "西桥镇", "南山镇"], 0, 0),
     "3个街镇的死亡报告率均未达到0.5‰以上", ""),
]  # fmt: skip


FIELDS = "places_total, places_met, places_failing, places_unknown, places_exempt"
YEARS = dict(zip((case for case, *_ in TOLD), range(2021, 2031), strict=False))
"""Each case is a year of its own, and all are taken in and judged at once."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[duckdb.DuckDBPyConnection, Catalog]:
    files = {2020: [sent("births")]}
    for case, changed, *_ in TOLD:
        births = BASE["births"]
        for old, new in changed.items():
            assert old in births
            births = births.replace(old, new)
        files[YEARS[case]] = [sent("births", births)]
    return assessed(tmp_path_factory.mktemp("places"), [TARGET], files)


@pytest.mark.parametrize(("year", "counts", "said", "aside"),
                         [(YEARS[case], *told) for case, _, *told in TOLD], ids=list(YEARS))  # fmt: skip
def test_places_are_counted_where_the_promise_applies(
    judged: tuple[duckdb.DuckDBPyConnection, Catalog], year: int, counts: tuple[object, ...], said: str, aside: str
) -> None:
    con, catalog = judged
    assert con.execute(f"select {FIELDS} from out_assessments where year = ?", [year]).fetchall() == [counts]
    facts = Facts(con, catalog, year)
    [item] = facts.items
    text = Narrator(facts, read("wording")).sentence(item).striptags()
    assert said in text
    assert ("另有" in text) == bool(aside)
    assert aside in text

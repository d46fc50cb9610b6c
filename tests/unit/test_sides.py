"""A place that has one side of a quotient only: 不适用 in the one column, people in the other."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows import compute, ingest, validate
from tests.fixtures.deliveries import BASE, CATALOG, CATALOGUE, DESK, DISTRICT, YEAR, Sent, deliver, sent, taken_in
from tests.fixtures.warehouses import warehouse

WEST = "990201101"
SPEC = [
    # live births, deaths of 西桥镇: the town's state, the district's state and rate (‰), what is said
    ("200", "2", "ok", "ok", 5 / 600 * 1000, None),
    (
        "不适用",
        "2",
        "rejected",
        "rejected",
        None,
        "第3行“死亡人数”（西桥镇）为2人，同处的“活产数”却填“不适用”，不能计算“死亡率”",
    ),
    ("200", "不适用", "rejected", "rejected", None, "第3行“活产数”（西桥镇）为200人，同处的“死亡人数”却填“不适用”"),
    ("不适用", "0", "not_applicable", "ok", 3 / 400 * 1000, None),  # nobody more and nobody less
    ("0", "不适用", "not_applicable", "ok", 3 / 400 * 1000, None),
    ("不适用", "不适用", "not_applicable", "ok", 3 / 400 * 1000, None),
]


@contextmanager
def checked(raw: Path, **texts: str) -> Iterator[duckdb.DuckDBPyConnection]:
    deliver(raw, YEAR, [sent(name, text) for name, text in texts.items()])
    with taken_in(raw, [YEAR]) as con:
        compute.indicators(con, CATALOG)
        validate.ratios(con, CATALOG, DESK)
        yield con


def told(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    found = con.execute("select severity, message from out_findings where rule = 'ratio_sides'").fetchall()
    return [(severity, message) for severity, message in found]


@pytest.mark.parametrize(("births", "deaths", "town", "district", "rate", "says"), SPEC)
def test_no_sum_has_one_side_without_the_other(
    tmp_path: Path, births: str, deaths: str, town: str, district: str, rate: float | None, says: str | None
) -> None:
    text = BASE["births"].replace("西桥镇,200,2", f"西桥镇,{births},{deaths}")
    with checked(tmp_path, births=text) as con:
        found = {
            area: (state, value)
            for area, state, value in con.execute(
                "select area, state, value from out_indicators where indicator = 'mortality' and area in (?, ?)",
                [WEST, DISTRICT],
            ).fetchall()
        }
        assert (found[WEST][0], found[DISTRICT][0]) == (town, district)
        assert found[DISTRICT][1] == (None if rate is None else pytest.approx(rate))
        assert [severity for severity, _ in told(con)] == ([] if says is None else ["critical"])
        assert says is None or says in told(con)[0][1]


ALONE = "（全区，女）为60人，同处的“受访人数”却填“不适用”"
SHARE = "（全区，男）为50人，同处的“合格人数”（女）却填“不适用”"
"""Women's share of those who passed needs both sexes."""


RATE = ("literacy", "total")
WOMEN, MEN = ("literacy", "female"), ("literacy", "male")
PASSED, ASKED = ("passed_share", "total"), ("asked_share", "total")
ONE_SEX: list[tuple[str, list[str], dict[tuple[str, str], str]]] = [
    # women asked and passed, what is said, and which figures of the district are not simply there
    ("120,60", [], {}),
    ("不适用,60", [ALONE], {RATE: "rejected", WOMEN: "rejected", ASKED: "rejected"}),
    ("不适用,不适用", [SHARE], {WOMEN: "not_applicable", PASSED: "rejected", ASKED: "rejected"}),  # the rate is men's
    ("120,不适用", [SHARE], {RATE: "rejected", WOMEN: "rejected", PASSED: "rejected"}),
]


@pytest.mark.parametrize(("women", "says", "states"), ONE_SEX)
def test_so_it_is_of_one_sex(tmp_path: Path, women: str, says: list[str], states: dict[tuple[str, str], str]) -> None:
    text = BASE["literacy"].replace("女,120,60", f"女,{women}")
    with checked(tmp_path, literacy=text) as con:
        found = [message for _, message in told(con)]
        figures = con.execute("select indicator, sex, state from out_indicators where area = ?", [DISTRICT]).fetchall()
    assert all(any(part in message for message in found) for part in says)
    assert bool(found) == bool(says)
    seen = {(key, sex): state for key, sex, state in figures}
    sound = dict.fromkeys((RATE, WOMEN, MEN, PASSED, ASKED), "ok")
    assert {figure: seen[figure] for figure in sound} == sound | states


@pytest.mark.parametrize(
    ("form", "total"), [("literacy", "2024,合计,230,不适用,80\n"), ("births", "2024,990201,甲区,不适用,5\n")]
)
def test_a_row_of_the_whole_is_only_compared_and_takes_nothing_back(tmp_path: Path, form: str, total: str) -> None:
    others = {name: text for name, text in BASE.items() if name != "published"}
    with checked(tmp_path, **others | {form: BASE[form] + total}) as con:
        assert told(con) == []
        states = con.execute("select distinct state from out_indicators where area = ?", [DISTRICT]).fetchall()
    assert states == [("ok",)]


TEAMS = """
teams:
  title: 部门班子表
  department: civil_affairs
  due: "03-10"
  columns:
    年份: {is: year}
    街镇代码: {is: area}
    街镇: {is: area_name}
    党委部门数: {measure: party, unit: 个}
    党委有女干部部门数: {measure: party_women, unit: 个}
    政府部门数: {measure: state, unit: 个}
    政府有女干部部门数: {measure: state_women, unit: 个}
"""
QUOTIENTS = """
with_women:
  {name: 部门配备率, kind: ratio, numerator: [party_women, state_women], denominator: [party, state], per: 100, unit: "%",
   decimals: 1, better: higher, lead: health, definition: 配有女干部的部门占部门总数的比重。}
state:
  {name: 政府党委部门比, kind: ratio, numerator: [state, state_women], denominator: party, per: 100, unit: "%", decimals: 1,
   better: higher, lead: health, definition: 政府部门数与党委部门数之比，键与一个数据项相同。}
"""
GOAL = "  30: {title: 部门, targets: [{indicator: with_women, rule: increase}, {indicator: state, rule: increase}]}\n"
OTHERS = "990201101,西桥镇,10,5,10,5\n2024,990201102,南山镇,10,5,10,5\n"
SEVERAL = [
    # 东风街道: party, with women; state, with women → state of 部门配备率 and of 政府党委部门比 in the district, what is said
    ("10,5,30,15", "ok", "ok", []),
    (
        "不适用,12,30,15",
        "rejected",
        "rejected",
        ["“党委有女干部部门数”（东风街道）为12个，同处的“党委部门数”却填“不适用”，不能计算“部门配备率”"],
    ),
    ("10,不适用,30,15", "rejected", "ok", ["“党委部门数”（东风街道）为10个，同处的“党委有女干部部门数”却填“不适用”"]),
    ("不适用,12,30,不适用", "rejected", "rejected", ["为12个", "“政府部门数”（东风街道）为30个"]),
    (
        "不适用,不适用,30,15",
        "ok",
        "rejected",
        ["为30个，同处的“党委部门数”却填“不适用”，不能计算“政府党委部门比”"],
    ),  # a pair is away together
    (
        "10,5,30,不适用",
        "rejected",
        "ok",  # of two kinds that are added on one side a place may have one only
        ["“政府部门数”（东风街道）为30个"],
    ),
    ("不适用,0,0,0", "ok", "ok", []),  # nobody more and nobody less
    ("不适用,不适用,不适用,不适用", "ok", "ok", []),
]


@pytest.fixture(scope="module")
def with_teams(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    home = Path(shutil.copytree(CATALOGUE, tmp_path_factory.mktemp("home") / "expectations"))
    for file, more in {
        "datasets/all.yml": TEAMS,
        "indicators/all.yml": QUOTIENTS,
        "plans/demo_women_2021/1_all.yml": GOAL,
    }.items():
        path = home / file
        path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    return load(DISTRICT, home)


@pytest.mark.parametrize(("east", "teams", "ratio", "says"), SEVERAL)
def test_a_side_of_two_measures_hides_none_of_them(
    with_teams: Catalog, tmp_path: Path, east: str, teams: str, ratio: str, says: list[str]
) -> None:
    header = "年份,街镇代码,街镇,党委部门数,党委有女干部部门数,政府部门数,政府有女干部部门数"
    text = f"{header}\n2024,990201001,东风街道,{east}\n2024,{OTHERS}"
    deliver(tmp_path, YEAR, [Sent("teams", text.encode())])
    with warehouse() as con:
        ingest.store(con, with_teams, tmp_path, [YEAR])
        validate.contract(con, with_teams, DESK)
        ingest.observe(con, with_teams)
        compute.indicators(con, with_teams)
        validate.ratios(con, with_teams, DESK)
        found = con.execute(
            "select state from out_indicators where area = ? and indicator in ('state', 'with_women') order by indicator",
            [DISTRICT],
        ).fetchall()
        messages = " ".join(message for _, message in told(con))
    assert found == [(ratio,), (teams,)]
    assert [part for part in says if part not in messages] == [] and bool(messages) == bool(says)

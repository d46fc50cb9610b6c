"""A place that has one side of a quotient only: 不适用 in the one column, people in the other."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows import compute, validate
from tests.fixtures.deliveries import (
    BASE,
    CATALOG,
    DESK,
    DISTRICT,
    YEAR,
    Sent,
    deliver,
    enlarged,
    reckoned,
    sent,
    taken_in,
)

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


def told(con: duckdb.DuckDBPyConnection, year: int = YEAR) -> list[tuple[str, str]]:
    query = "select severity, message from out_findings where rule = 'ratio_sides' and year = ?"
    return [(severity, message) for severity, message in con.execute(query, [year]).fetchall()]


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
YEARS = {YEAR - 2 * number: case for number, case in enumerate(SPEC)}
YEARS_OF_SEXES = {YEAR - 1 - 2 * number: case for number, case in enumerate(ONE_SEX)}
"""Each case is a year of its own, none of a form the next to another, and all are taken in and computed at once."""


@pytest.fixture(scope="module")
def sided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    raw = tmp_path_factory.mktemp("raw")
    for year, (births, deaths, *_) in YEARS.items():
        deliver(raw, year, [sent("births", BASE["births"].replace("西桥镇,200,2", f"西桥镇,{births},{deaths}"))])
    for year, (women, *_) in YEARS_OF_SEXES.items():
        deliver(raw, year, [sent("literacy", BASE["literacy"].replace("女,120,60", f"女,{women}"))])
    with taken_in(raw, sorted(YEARS | YEARS_OF_SEXES)) as con:
        compute.indicators(con, CATALOG)
        validate.ratios(con, CATALOG, DESK)
        yield con


@pytest.mark.parametrize(
    ("year", "town", "district", "rate", "says"), [(year, *case) for year, (_, _, *case) in YEARS.items()]
)
def test_no_sum_has_one_side_without_the_other(
    sided: duckdb.DuckDBPyConnection, year: int, town: str, district: str, rate: float | None, says: str | None
) -> None:
    found = {
        area: (state, value)
        for area, state, value in sided.execute(
            "select area, state, value from out_indicators where indicator = 'mortality' and area in (?, ?) and year = ?",
            [WEST, DISTRICT, year],
        ).fetchall()
    }
    assert (found[WEST][0], found[DISTRICT][0]) == (town, district)
    assert found[DISTRICT][1] == (None if rate is None else pytest.approx(rate))
    assert [severity for severity, _ in told(sided, year)] == ([] if says is None else ["critical"])
    assert says is None or says in told(sided, year)[0][1]


def test_nothing_is_said_of_no_year(sided: duckdb.DuckDBPyConnection) -> None:
    """… so that each case has seen all that is said of it."""
    query = "select distinct year from out_findings where rule = 'ratio_sides' order by all"
    assert [y for (y,) in sided.execute(query).fetchall()] == sorted(
        [y for y, (*_, says) in YEARS.items() if says] + [y for y, (_, says, _) in YEARS_OF_SEXES.items() if says]
    )


@pytest.mark.parametrize(
    ("year", "says", "states"), [(year, says, states) for year, (_, says, states) in YEARS_OF_SEXES.items()]
)
def test_so_it_is_of_one_sex(
    sided: duckdb.DuckDBPyConnection, year: int, says: list[str], states: dict[tuple[str, str], str]
) -> None:
    found = [message for _, message in told(sided, year)]
    figures = sided.execute(
        "select indicator, sex, state from out_indicators where area = ? and year = ?", [DISTRICT, year]
    ).fetchall()
    assert all(any(part in message for message in found) for part in says)
    assert bool(found) == bool(says)
    seen = {(key, sex): state for key, sex, state in figures}
    sound = dict.fromkeys((RATE, WOMEN, MEN, PASSED, ASKED), "ok")
    assert {figure: seen[figure] for figure in sound} == sound | states


@pytest.mark.parametrize(
    ("form", "total"), [("literacy", "2024,合计,230,不适用,80\n"), ("births", "2024,990201,甲区,不适用,5\n")]
)
def test_a_row_of_the_whole_is_only_compared_and_takes_nothing_back(tmp_path: Path, form: str, total: str) -> None:
    texts = {name: text for name, text in BASE.items() if name != "published"} | {form: BASE[form] + total}
    with reckoned(tmp_path, [sent(name, text) for name, text in texts.items()]) as con:
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
examined:
  title: 体检情况表
  department: health
  due: "03-10"
  columns:
    年份: {is: year}
    街镇代码: {is: area}
    街镇: {is: area_name}
    性别: {is: sex}
    体检人数: {measure: examined, unit: 人}
    宫颈癌筛查人数: {measure: screened, unit: 人}
"""
QUOTIENTS = """
with_women:
  {name: 部门配备率, kind: ratio, numerator: [party_women, state_women], denominator: [party, state], per: 100, unit: "%",
   decimals: 1, better: higher, lead: health, definition: 配有女干部的部门占部门总数的比重。}
death_rate:
  {name: 人口死亡率, kind: ratio, numerator: deaths, denominator: residents, per: 1000, unit: ‰, decimals: 3, better: lower,
   lead: health, definition: 死亡人数与常住人口之比，分子分街镇，分母只有全区的数。}
people_counted:
  {name: 人均登记数, kind: ratio, numerator: [births, deaths], denominator: residents, per: 1000, unit: ‰, decimals: 3, better: none,
   lead: health, definition: 活产数、死亡人数之和与常住人口之比，街镇可以只有其中一项。}
passed_rate:
  {name: 人口合格率, kind: ratio, numerator: passed, denominator: residents, per: 1000, unit: ‰, decimals: 3, better: higher,
   lead: health, definition: 合格人数与常住人口之比，分子分性别，分母只有合计。}
death_report:
  {name: 体检死亡率, kind: ratio, numerator: deaths, denominator: examined, per: 1000, unit: ‰, decimals: 3, better: lower,
   lead: health, definition: 死亡人数与体检人数之比，分子分街镇，分母分街镇和性别。}
screening:
  {name: 宫颈癌筛查率, kind: ratio, numerator: screened, denominator: births, per: 1000, unit: ‰, decimals: 3, better: higher,
   lead: health, definition: 筛查人数与活产数之比，分子分街镇和性别，分母只分街镇。}
state:
  {name: 政府党委部门比, kind: ratio, numerator: [state, state_women], denominator: party, per: 100, unit: "%", decimals: 1,
   better: higher, lead: health, definition: 政府部门数与党委部门数之比，键与一个数据项相同。}
"""
GOAL = """  30:
    title: 部门
    targets:
      - {indicator: with_women, rule: increase}
      - {indicator: state, rule: increase}
      - {indicator: death_rate, rule: decrease}
      - {indicator: passed_rate, rule: increase}
      - {indicator: people_counted, rule: increase}
      - {indicator: death_report, rule: decrease}
      - {indicator: screening, rule: increase}
"""
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
    more = {"datasets/all.yml": TEAMS, "indicators/all.yml": QUOTIENTS, "plans/demo_women_2021/1_all.yml": GOAL}
    return load(DISTRICT, enlarged(tmp_path_factory.mktemp("home"), more))


@pytest.mark.parametrize(("east", "teams", "ratio", "says"), SEVERAL)
def test_a_side_of_two_measures_hides_none_of_them(
    with_teams: Catalog, tmp_path: Path, east: str, teams: str, ratio: str, says: list[str]
) -> None:
    header = "年份,街镇代码,街镇,党委部门数,党委有女干部部门数,政府部门数,政府有女干部部门数"
    text = f"{header}\n2024,990201001,东风街道,{east}\n2024,{OTHERS}"
    with reckoned(tmp_path, [Sent("teams", text.encode())], with_teams) as con:
        found = con.execute(
            "select state from out_indicators where area = ? and indicator in ('state', 'with_women') order by indicator",
            [DISTRICT],
        ).fetchall()
        messages = " ".join(message for _, message in told(con))
    assert found == [(ratio,), (teams,)]
    assert [part for part in says if part not in messages] == [] and bool(messages) == bool(says)


def unlike(cell: str, other: str, indicator: str) -> str:
    return f"{cell}填“不适用”，不计入其和；“{other}”没有同样分开，可能仍包括这一部分，“{indicator}”因此可能不实"


SOUTH = unlike("第4行“死亡人数”（南山镇）", "常住人口", "人口死亡率")
BORN = unlike("第4行“活产数”（南山镇）", "常住人口", "人均登记数")
WOMAN = unlike("“合格人数”（全区，女）", "常住人口", "人口合格率")
DEPTHS = [
    # form, what it says instead, residents; what is asked, and the state of the district's figure
    ("births", ("100,0", "不适用,不适用"), "65.1234", "death_rate", "ok", [BORN, SOUTH]),
    ("births", ("100,0", "0,0"), "65.1234", "death_rate", "ok", []),
    ("births", ("100,0", "不适用,0"), "65.1234", "people_counted", "ok", []),  # of two kinds that are added a place may have one
    ("births", ("100,0", "—,—"), "65.1234", "death_rate", "not_received", []),
    ("births", ("100,0", "不适用,不适用"), "0.0000", "death_rate", "not_applicable", []),  # nobody is left out
    ("births", ("100,0", "不适用,不适用"), "不适用", "death_rate", "not_applicable", []),
    ("births", (r"[0-9]+,[0-9]+\n", "不适用,不适用\n"), "65.1234", "death_rate", "not_applicable", []),  # nothing is added up
    ("literacy", ("120,60", "不适用,不适用"), "65.1234", "passed_rate", "ok", [WOMAN]),
    ("literacy", ("79\n", "79\n2024,未说明,不适用,不适用,\n"), "65.1234", "passed_rate", "ok", []),  # a row of nobody
    ("literacy", ("79\n", "79\n2024,合计,230,不适用,\n"), "65.1234", "passed_rate", "ok", []),  # only compared
]  # fmt: skip


@pytest.mark.parametrize(("form", "instead", "residents", "indicator", "state", "says"), DEPTHS)
def test_what_is_left_out_of_a_divided_side_may_be_in_the_other_one(
    with_teams: Catalog, tmp_path: Path, form: str, instead: tuple[str, str], residents: str, indicator: str, state: str,
    says: list[str],
) -> None:  # fmt: skip
    population = BASE["population"].replace("65.1234", residents)
    texts = {form: re.sub(*instead, BASE[form]), "population": population}
    assert texts[form] != BASE[form]
    with reckoned(tmp_path, [sent(name, text) for name, text in texts.items()], with_teams) as con:
        found = con.execute(
            "select severity, message from out_findings where rule = 'ratio_depth' order by measure"
        ).fetchall()
        [(figure,)] = con.execute(
            "select state from out_indicators where indicator = ? and area = ? and sex = 'total'", [indicator, DISTRICT]
        ).fetchall()
    assert figure == state
    assert [severity for severity, _ in found] == ["warning"] * len(says)
    assert all(part in message for part, (_, message) in zip(says, found, strict=True)), found


def examined(west: str, east_men: str, south_men: str = "不适用") -> Sent:
    """The examined (women, men of 西桥镇 first), and the screened, of whom men are none."""
    head = "年份,街镇代码,街镇,性别,体检人数,宫颈癌筛查人数\n"
    women, men = west.split()
    rows = [
        f"990201001,东风街道,女,305,30\n2024,990201001,东风街道,男,300,{east_men}",
        f"990201101,西桥镇,女,{women},20\n2024,990201101,西桥镇,男,{men},不适用",
        f"990201102,南山镇,女,105,10\n2024,990201102,南山镇,男,100,{south_men}",
    ]
    return Sent("examined", (head + "".join(f"2024,{row}\n" for row in rows)).encode())


def unlike_findings(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    found = con.execute(
        "select rule, message from out_findings where rule in ('ratio_sides', 'ratio_depth') order by all"
    )
    return [(rule, message.partition("csv”")[2].partition("。")[0]) for rule, message in found.fetchall()]


NO_MEN = unlike("“宫颈癌筛查人数”（全区，男）", "活产数", "宫颈癌筛查率")
WITHIN = "第3行“死亡人数”（西桥镇）填“不适用”，分得更细的“体检人数”在同处却有数，不能计算“体检死亡率”"
FINER = [
    # births and deaths, women and men examined of 西桥镇; findings, the state of the rate in the town and in the district
    ("不适用,不适用", "205 200", [("ratio_sides", WITHIN)], ("rejected", "rejected")),
    ("不适用,不适用", "205 不适用", [("ratio_sides", WITHIN)], ("rejected", "rejected")),  # one of them is enough
    ("不适用,不适用", "0 0", [], ("not_applicable", "ok")),
    ("不适用,不适用", "不适用 不适用", [], ("not_applicable", "ok")),
    ("200,2", "205 200", [], ("ok", "ok")),
]


@pytest.mark.parametrize(("births", "west", "says", "states"), FINER)
def test_who_is_counted_in_a_finer_side_is_known_to_be_there(
    with_teams: Catalog, tmp_path: Path, births: str, west: str, says: list[tuple[str, str]], states: tuple[str, str]
) -> None:
    """Deaths by town, the examined by town and sex: 405 of them beside 不适用 are no question (3/1215), but a contradiction."""
    text = BASE["births"].replace("西桥镇,200,2", f"西桥镇,{births}")
    with reckoned(tmp_path, [sent("births", text), examined(west, "0", "0")], with_teams) as con:
        figures = dict(
            con.execute(
                "select area, state from out_indicators where indicator = 'death_report' and sex = 'total'"
            ).fetchall()
        )
        found = [told for told in unlike_findings(con) if "体检死亡率" in told[1]]
    assert (figures[WEST], figures[DISTRICT]) == states
    assert found == says


@pytest.mark.parametrize(
    ("east_men", "says"),
    [
        ("不适用", [NO_MEN]),  # men in no town: the column is of women, one question of the form and not one of each town
        ("0", [unlike("第7行“宫颈癌筛查人数”（南山镇，男）", "活产数", "宫颈癌筛查率"),
               unlike("第5行“宫颈癌筛查人数”（西桥镇，男）", "活产数", "宫颈癌筛查率")]),
    ],
)  # fmt: skip
def test_a_sex_of_no_town_is_one_question(with_teams: Catalog, tmp_path: Path, east_men: str, says: list[str]) -> None:
    with reckoned(tmp_path, [sent("births"), examined("205 200", east_men)], with_teams) as con:
        found = unlike_findings(con)
        [(state,)] = con.execute(
            "select state from out_indicators where indicator = 'screening' and area = ?", [DISTRICT]
        ).fetchall()
    assert sorted(found) == sorted(("ratio_depth", message) for message in says)
    assert state == "ok"

"""Totals that a department delivers, held against the sum of what they are the total of. Every expectation was worked out by hand
from the tables of tests/fixtures before the first run.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows import compute, validate
from flows.desk import trial
from tests.fixtures import divided
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
from tests.fixtures.warehouses import rows

pytestmark = pytest.mark.usefixtures("lent")

MANAGED = """
managed:
  title: 儿童管理情况表
  department: health
  due: "03-10"
  columns:
    年份: {is: year}
    街镇代码: {is: area}
    街镇: {is: area_name}
    性别: {is: sex}
    管理人数: {measure: managed, unit: 人}
"""
GOAL = "  30: {title: 管理, targets: [{indicator: managed_children, rule: increase}]}\n"
CHILDREN = """
managed_children:
  {name: 儿童管理人数, kind: count, numerator: managed, unit: 人, decimals: 0, better: higher, lead: health,
   definition: 年末接受管理的儿童数。}
"""
Told = list[tuple[str, str]]
"""Rule and a part of the message, of each finding that compares a total."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The small district, with a form of women and men by area."""
    more = {"datasets/all.yml": MANAGED, "indicators/all.yml": CHILDREN, "plans/demo_women_2021/1_all.yml": GOAL}
    return load(DISTRICT, enlarged(tmp_path_factory.mktemp("home"), more))


def told(raw: Path, catalog: Catalog, files: Iterable[tuple[str, str]]) -> Told:
    deliver(raw, YEAR, [Sent(name, text.encode()) for name, text in files])
    with taken_in(raw, [YEAR], DESK, catalog) as con:
        validate.plausibility(con, catalog, DESK)
        found = rows(con, "select rule, message from out_findings where gate = 'plausibility' order by line, rule")
    return [(f["rule"], f["message"]) for f in found]


def agrees(found: Told, asked: Told) -> bool:
    return len(found) == len(asked) and all(
        rule == of and part in message for (rule, message), (of, part) in zip(found, asked, strict=True)
    )


def births(south: str, *more: str) -> str:
    return "\n".join([BASE["births"].replace("南山镇,100,0", f"南山镇,{south}").rstrip(), *more, ""])


def literacy(*cells: str) -> str:
    return "\n".join(["年份,性别,受访人数,合格人数,参与率", *(f"2024,{row}" for row in cells), ""])


def schools(pupils: str) -> str:
    return f"年份,小学生数,初中生数,在校学生数,心理教师数\n2024,{pupils},8\n"


def clinics(west: str, whole: str) -> str:
    return f"年份,机构,医生数\n2024,西桥镇卫生院,{west}\n2024,南山镇卫生院,3\n2024,合计,{whole}\n"


NOTHING = [
    # a form, its text, and what is asked: 不适用 adds nothing, what was not received leaves no sum
    ("births", births("不适用,不适用", "2024,990201,甲区,600,5"), [("areas_total", "“活产数”（全区）为600人，各街镇之和为500人，相差100人")]),
    ("births", births("不适用,不适用", "2024,990201,甲区,500,5"), []),
    ("births", births("—,—", "2024,990201,甲区,600,5"), []),
    ("births", births("1OO,0", "2024,990201,甲区,700,5"), []),  # rejected
    ("literacy", literacy("女,不适用,不适用,80", "男,110,50,79", "合计,230,50,79"), [("sexes_total", "“受访人数”（全区）合计为230人，女、男之和为110人")]),
    ("literacy", literacy("女,不适用,不适用,80", "男,110,50,79", "合计,110,50,79"), []),
    ("literacy", literacy("女,—,不适用,80", "男,110,50,79", "合计,230,50,79"), []),
    ("schools", schools("不适用,300,800"), [("parts_sum", "“在校学生数”（全区）为800人，各组成部分之和为300人")]),
    ("schools", schools("不适用,300,300"), []),
    # who was added up is named: persons of whom the sex is not stated, where there are any
    ("literacy", literacy("女,120,60,80", "男,110,50,79", "未说明,20,15,79", "合计,260,125,80"), [("sexes_total", "“受访人数”（全区）合计为260人，女、男和未说明之和为250人，相差10人")]),
    ("literacy", literacy("女,120,60,80", "男,110,50,79", "未说明,20,15,79", "合计,250,125,80"), []),
    ("literacy", literacy("女,120,60,80", "男,110,50,79", "未说明,不适用,不适用,", "合计,240,110,80"), [("sexes_total", "合计为240人，女、男之和为230人")]),
    # where nothing below is known, the whole alone is: nothing was added up
    ("literacy", literacy("女,不适用,不适用,不适用", "男,不适用,不适用,不适用", "合计,230,110,80"), []),
    ("schools", schools("不适用,不适用,800"), []),
    ("schools", schools("—,300,800"), []),
    ("clinics", clinics("2", "9"), [("institutions_total", "“医生数”（全区）为9人，各单位之和为5人，相差4人")]),
    ("clinics", clinics("2", "5"), []),
    ("clinics", clinics("不适用", "9"), [("institutions_total", "各单位之和为3人")]),
    ("clinics", clinics("—", "9"), []),
]  # fmt: skip


@pytest.mark.parametrize(("form", "text", "asked"), NOTHING)
def test_what_is_not_applicable_adds_nothing_and_switches_no_comparison_off(
    tmp_path: Path, form: str, text: str, asked: Told
) -> None:
    found = told(tmp_path, CATALOG, [(form, text)])
    assert agrees(found, asked), found


@pytest.mark.parametrize(
    ("south", "registered", "asked"),
    [
        (
            "不适用,不适用",
            600,
            [("same_figure", "“出生登记数”为600人，区卫生健康委《活产和死亡情况表》的“活产数”为500人")],
        ),
        ("不适用,不适用", 500, []),
        ("—,—", 600, []),
        ("100,0", 600, []),
    ],
)
def test_so_do_two_departments(tmp_path: Path, south: str, registered: int, asked: Told) -> None:
    population = BASE["population"].replace(",600,", f",{registered},")
    found = told(tmp_path, CATALOG, [("births", births(south)), ("population", population)])
    assert agrees(found, asked), found


TOWNS = (("990201001", "东风街道"), ("990201101", "西桥镇"), ("990201102", "南山镇"))
EACH = [f"{code},{name},{sex},{number}" for code, name in TOWNS for sex, number in (("女", 90), ("男", 110))]
OVER_BOTH = [
    # rows beside 90 women and 110 men of each of three towns, and what is asked
    (["990201,甲区,合计,900"], [("areas_total", "“管理人数”（全区）为900人，各街镇之和为600人")]),
    (["990201,甲区,合计,600"], []),
    (["990201,甲区,女,280"], [("areas_total", "“管理人数”（全区，女）为280人，各街镇之和为270人")]),
    # what is compared over the one, and this over the other, is not told twice
    (["990201,甲区,女,270", "990201,甲区,男,330", "990201,甲区,合计,601"], [("sexes_total", "合计为601人，女、男之和为600人")]),
    (["990201,甲区,女,270", "990201,甲区,男,330", "990201,甲区,合计,600"], []),
    (["990201001,东风街道,合计,201"], [("sexes_total", "（东风街道）合计为201人，女、男之和为200人")]),
]  # fmt: skip


@pytest.mark.parametrize(("more", "asked"), OVER_BOTH)
def test_a_total_over_towns_and_sexes_is_compared_with_the_finest_cells(
    catalog: Catalog, tmp_path: Path, more: list[str], asked: Told
) -> None:
    table = "\n".join(["年份,街镇代码,街镇,性别,管理人数", *(f"2024,{row}" for row in [*EACH, *more]), ""])
    found = told(tmp_path, catalog, [("managed", table)])
    assert agrees(found, asked), found


def test_a_total_without_one_of_its_cells_is_not_compared(catalog: Catalog, tmp_path: Path) -> None:
    table = "\n".join(
        ["年份,街镇代码,街镇,性别,管理人数", *(f"2024,{row}" for row in [*EACH[1:], "990201,甲区,合计,900"]), ""]
    )
    assert told(tmp_path, catalog, [("managed", table)]) == []


DIVIDED = [
    # rows of 合计 beside the table of tests/fixtures/divided.py for 2022, and what is asked of them
    (["990501,示例区,合计,合计,9631,12000"], [("areas_total", "为9631人，各街镇之和为9630人")]),
    (["990501,示例区,合计,合计,9630,12000"], []),
    (["990501,示例区,城市,合计,4631,5000"], [("areas_total", "（全区，城市）为4631人，各街镇之和为4630人")]),
    (["990501,示例区,合计,女,4840,6001"], [("areas_total", "（全区，女）为6001人，各街镇之和为6000人")]),
    (["990501001,东街道,合计,合计,4391,5000"], [("parts_total", "（东街道）合计为4391人，各组之和为4390人")]),
    (["990501001,东街道,合计,合计,4390,5000"], []),
    (
        ["990501001,东街道,合计,女,2140,2500", "990501001,东街道,合计,男,2250,2500", "990501001,东街道,合计,合计,4391,5000"],
        [("sexes_total", "（东街道）合计为4391人，女、男之和为4390人")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("more", "asked"), DIVIDED)
def test_so_it_is_over_parts(tmp_path: Path, more: list[str], asked: Told) -> None:
    insurance = divided.GIVEN[2022]["insurance"].rstrip() + "\n" + "\n".join(more) + "\n"
    raw = divided.deliver(tmp_path, {2022: {"insurance": insurance}})
    with trial.checked(divided.CATALOG, raw, 2022) as con:
        found = [
            (f["rule"], f["message"])
            for f in rows(con, "select rule, message from out_findings where rule like '%_total'")
        ]
    assert agrees(found, asked), found


# --- against the year before ---

CEASED = [
    # 南山镇's live births and deaths of the year before and of this year, and what is asked
    ("100,0", "不适用,不适用", ["第4行“活产数”（南山镇）本年填“不适用”，上年为100人；填“不适用”的不计入合计"]),  # of no death nobody asks
    ("100,2", "不适用,不适用", ["“活产数”（南山镇）本年填“不适用”，上年为100人", "“死亡人数”（南山镇）本年填“不适用”，上年为2人"]),
    ("100,0", "0,0", []),
    ("100,0", "—,—", []),  # a gap is told as one
    ("不适用,不适用", "不适用,不适用", []),
    ("—,—", "不适用,不适用", []),
    ("不适用,不适用", "100,0", []),
]  # fmt: skip


@pytest.mark.parametrize(("before", "now", "asked"), CEASED)
def test_a_place_that_had_figures_does_not_cease_in_silence(
    tmp_path: Path, before: str, now: str, asked: list[str]
) -> None:
    for year, south in ((YEAR - 1, before), (YEAR, now)):
        deliver(tmp_path, year, [sent("births", births(south))])
    with taken_in(tmp_path, (YEAR - 1, YEAR)) as con:
        validate.plausibility(con, CATALOG, DESK)
        validate.settle(con, CATALOG)
        found = rows(con, "select * from out_findings where rule = 'ceased' order by measure")
    assert len(found) == len(asked) and all(part in f["message"] for f, part in zip(found, asked, strict=True)), found
    assert {(f["severity"], f["value"]) for f in found} <= {("warning", "不适用")}
    assert [f["previous"] for f in found] == ["100", "2"][: len(found)]


@pytest.mark.parametrize("row", ["2024,990201,甲区,{},5", "2024,990000,示例市,{},50"])
def test_a_row_that_is_not_added_up_may_cease(tmp_path: Path, row: str) -> None:
    """The district's own, beside its towns', and one of the city above."""
    for year, figure in ((YEAR - 1, "600"), (YEAR, "不适用")):
        deliver(tmp_path, year, [sent("births", births("100,0", row.format(figure)))])
    with taken_in(tmp_path, (YEAR - 1, YEAR)) as con:
        assert con.execute("select value from core_observations where state = 'not_applicable'").fetchall() == [(None,)]
        validate.plausibility(con, CATALOG, DESK)
        assert rows(con, "select message from out_findings where rule = 'ceased'") == []


# --- of figures that come ready-made ---


@pytest.mark.parametrize(
    ("rates", "says"),
    [  # the district, its three areas
        (("50", "5", "6", "7"), "“死亡率”（全区）为50‰，不在各街镇数值之间（较近的一个为7‰）"),
        (("4.4", "5", "6", "7"), "（较近的一个为5‰）"),
        (("4.9", "5", "6", "7"), None),  # 4.5 may be printed as 5
        (("4.94", "5.0", "6.0", "7.0"), "（较近的一个为5‰）"),
        (("4.95", "5.0", "6.0", "7.0"), None),
        (("7.04", "5", "6.2", "7"), None),  # a sheet drops the 0 of 7.0
        (("7.14", "5", "6.2", "7"), "（较近的一个为7‰）"),
        (("7.1", "5.00", "6.00", "7.05"), None),  # the district with less
        (("6", "5", "6", "7"), None),
        (("7", "5", "6", "7"), None),  # equal to one of them, as rounding may make it
        (("50", "5", "6", "—"), None),  # one is not known
    ],
)
def test_a_rate_of_the_whole_lies_between_those_of_its_areas(
    small: Catalog, tmp_path: Path, rates: tuple[str, ...], says: str | None
) -> None:
    places = ((DISTRICT, "甲区"), *TOWNS)
    lines = [f"2024,{code},{name},死亡率,‰,{rate}" for (code, name), rate in zip(places, rates, strict=True)]
    text = "\n".join(["年份,街镇代码,街镇,指标,计量单位,数值", *lines, ""])
    with reckoned(tmp_path, [Sent("published", text.encode())], small) as con:
        found = rows(con, "select * from out_findings where rule = 'published_areas'")
    assert [f["severity"] for f in found] == ([] if says is None else ["warning"])
    assert says is None or says in found[0]["message"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The small catalogue, with the towns in its form of ready-made figures."""
    home = enlarged(tmp_path_factory.mktemp("home"), {})
    path = home / "datasets/all.yml"
    form = path.read_text(encoding="utf-8")
    columns = "    年份: {is: year}\n    指标"
    assert columns in form
    placed = "    年份: {is: year}\n    街镇代码: {is: area}\n    街镇: {is: area_name}\n    指标"
    path.write_text(form.replace(columns, placed), encoding="utf-8")
    return load(DISTRICT, home)


STRAYS = [
    # the rows of the form; what is known of the district; whether there is a figure that can be used, so that the form is not sent back
    ([("990201001", "东风街道", "5")], "not_received", True),
    (
        [("990201001", "东风街道", "5"), ("990199001", "外区某镇", "7")],
        "not_received",
        True,
    ),  # rather a town: nobody sent the district's
    ([("990199001", "外区某镇", "7")], "rejected", False),  # the only row of it: it may be the district's
    ([("990201001", "东风街道", "5"), ("990199001", "外区某镇", "7"), (DISTRICT, "甲区", "6")], "ok", True),
    ([("990201001", "东风街道", "5"), (DISTRICT, "甲区", "约6")], "rejected", True),  # it came
]


@pytest.mark.parametrize(("sent_rows", "state", "used"), STRAYS)
def test_a_foreign_town_among_the_towns_is_not_the_district(
    small: Catalog, tmp_path: Path, sent_rows: list[tuple[str, str, str]], state: str, used: bool
) -> None:
    lines = [f"2024,{code},{name},死亡率,‰,{rate}" for code, name, rate in sent_rows]
    text = "\n".join(["年份,街镇代码,街镇,指标,计量单位,数值", *lines, ""])
    deliver(tmp_path, YEAR, [Sent("published", text.encode())])
    with taken_in(tmp_path, [YEAR], DESK, small) as con:
        compute.indicators(con, small)
        found = con.execute(
            "select state from out_indicators where indicator = 'mortality' and area = ? and year = ?", [DISTRICT, YEAR]
        ).fetchall()
        status = con.execute("select status from meta_deliveries where dataset = 'published'").fetchall()
    assert (found, status != [("refused",)]) == ([(state,)], used)

"""What the words around a table say of its figures: understood or asked about, never dropped; and no false alarm."""

import re
from pathlib import Path

import pytest
import yaml

from expectations.catalog import CatalogError, load
from flows import ingest, validate
from flows.desk import filing, intake
from flows.desk.filing import Wanted
from flows.files import TextRows, UnreadableError, View
from flows.ingest.header import Names, Top, best, check
from flows.ingest.surroundings import Surrounding, Surroundings
from flows.places import Places, RefusedError
from tests.fixtures.deliveries import BASE, CATALOG, CATALOGUE, DESK, DISTRICT, Sent, deliver, sent, taken_in
from tests.fixtures.warehouses import rows, warehouse

pytestmark = pytest.mark.usefixtures("lent")

AROUND = Surroundings(CATALOG.datasets["births"], CATALOG.codes, 2024, ("示例市甲区", "甲区"))

SAID: list[tuple[Surrounding, str, set[str]]] = [
    # the form's own year, in every way of writing it
    ("title", "2024年活产和死亡情况表", set()),
    ("title", "示例市甲区2024年度活产和死亡情况统计年报表", set()),
    ("title", "2024年1—12月活产和死亡情况表", set()),
    ("title", "2024年1月1日至12月31日", set()),
    ("title", "截至2024年12月31日", set()),
    ("title", "2024年12月", set()),
    ("title", "2023—2024学年活产和死亡情况表", set()),
    ("title", "妇女发展规划（2021—2025年）监测统计表", set()),
    ("title", "制定机关：国家统计局 文号：国统字〔2019〕101号 有效期至：2026年1月", set()),
    ("title", "报出日期：2025年3月1日", set()),
    ("title", "数据年份：2024年　　报送部门：区卫生健康委　　截止日期：2025年3月10日", set()),
    ("title", "2025年3月填报", set()),
    ("title", "3月填报", set()),
    ("title", "2024年机关事业单位职工生育情况表", set()),
    # another time
    ("title", "2023年活产和死亡情况表", {"year"}),
    ("title", "2025年统计年报", {"year"}),
    ("title", "2024年1—6月活产和死亡情况表", {"period"}),
    ("title", "2024年上半年活产和死亡情况表", {"period"}),
    ("title", "2024年前三季度", {"period"}),
    ("title", "数据截止时间：2024年6月30日", {"period"}),
    ("title", "截至6月30日", {"period"}),
    ("title", "2024年6月", {"period"}),
    ("title", "2022—2024年活产和死亡情况表", {"period"}),
    ("group", "12月", {"period"}),
    ("group", "其中：上半年", {"period"}),
    # other people, another place, no actual figures
    ("group", "流动人口", {"people"}),
    ("title", "2024年户籍人口活产情况表", {"people"}),
    ("title", "2024年活产和死亡情况表（按常住人口统计）", {"residents"}),
    # whoever is no resident is somebody else, and so is who is left when residents are left out
    ("title", "2024年活产和死亡情况表（非常住人口）", {"people"}),
    ("note", "仅含非常住人口", {"people"}),
    ("column", "非本地常住人口", {"people"}),
    ("note", "注：常住人口以外的人员", {"people"}),
    ("title", "2024年活产和死亡情况表（不含常住人口）", {"people", "exclusion"}),
    ("title", "2024年活产和死亡情况表（常住人口未计入）", {"people", "exclusion"}),
    ("group", "其中：常住人口", {"people"}),
    ("title", "2024年活产和死亡情况表（其中常住人口）", {"people"}),
    ("group", "常住人口", {"residents"}),
    ("note", "注：数据含全部常住人口", {"residents"}),
    ("note", "注：死亡人数按常住人口统计", {"people"}),
    ("note", "注：活产数、死亡人数均按常住人口统计", {"residents"}),
    ("note", "注：活产数、死亡数均按常住人口统计", {"residents"}),  # by another name
    ("note", "注：本表按常住人口统计。死亡人数来自疾控中心。", {"residents"}),  # another sentence names one
    ("note", "注：活产数含国际活产，其中各镇数据按常住人口统计。", {"residents"}),
    (
        "note",
        "注：统计口径为常住人口，不含死胎死产。",
        {"residents", "exclusion"},
    ),  # others than residents are left out
    ("title", "2024年活产和死亡情况表（常住人口，不含死胎）", {"residents", "exclusion"}),
    ("note", "注：不含非常住人口", {"residents"}),  # residents alone
    ("note", "注：含常住人口和非常住人口", set()),  # everybody
    ("note", "注：含非常住院分娩的活产", set()),
    ("title", "2024年活产和死亡情况表（除常住人口外）", {"people"}),
    ("title", "2024年活产数统计表（常住人口）", {"residents"}),  # a title names the form by one of its figures
    ("title", "2024年常住人口活产情况表（初步）", {"residents", "preliminary"}),
    ("title", "全市2024年活产和死亡情况表", {"place"}),
    ("title", "示例市乙区2024年活产和死亡情况表", {"place"}),
    ("title", "2024年各地区活产和死亡情况表", set()),
    ("title", "2024年活产和死亡情况表（预计数）", {"forecast"}),
    ("title", "2024年快报", {"forecast"}),
    ("note", "注：数据为初步统计，未经核定", {"preliminary"}),
    # notes speak of other years without being about them
    ("note", "注：2020年起按新口径统计。", set()),
    ("note", "注：本表数据为2023年数", {"year"}),
    ("note", "资料来源：区卫生健康委", set()),
    ("note", "注：12月", {"period"}),
    ("note", "说明：本表数据截至9月", {"period"}),
    ("note", "说明：本表数据截至12月", set()),
    ("note", "报送时间：3月10日", set()),
    # from one day to another
    ("title", "2024年1月1日—2024年12月31日", set()),
    ("title", "2024.1.1—2024.9.30", {"period"}),
    ("note", "统计时间：2024年1月1日至12月31日", set()),
    ("note", "统计时间：2024年1月1日至9月30日", {"period"}),
    ("note", "统计时间：2023年1月1日至12月31日", {"year"}),
    ("note", "填报时间：2025年1月1日至1月20日", set()),
    # who or what is left out
    ("title", "2024年活产和死亡情况表（不含民办）", {"exclusion"}),
    ("note", "说明：本表未包括部队医院。", {"exclusion"}),
    ("note", "说明：本表包括部队医院。", set()),
    # what stands in a column that the form does not have
    ("column", "女", {"people"}),
    ("column", "合计", set()),
    ("column", "上半年", {"period"}),
    ("column", "2010", set()),
    ("column", "已核对", set()),
    # ranges of numbers are no days
    ("note", "说明：统计口径为体重3.5-4.2千克", set()),
    ("note", "注：本表指标值在18.5-23.9之间", set()),
    ("note", "说明：统计时间3月5日-4月2日", {"period"}),
    # days and months as names of files and tables have them
    ("title", "活产20240101-20241231", set()),
    ("title", "活产20240101-20240930", {"period"}),
    ("title", "活产和死亡情况表（2024.1-12）", set()),
    ("title", "活产和死亡情况表（2024.1-6）", {"period"}),
    ("title", "2024年1月—2024年12月", set()),
    ("title", "2024年1-6月活产和死亡情况表", {"period"}),  # with the hyphen of the keyboard, as a day is written
    ("title", "2024年10-11月活产和死亡情况表", {"period"}),
    ("title", "2024年1-12月活产和死亡情况表", set()),
    ("title", "2024-12-31活产和死亡情况表", set()),
    ("column", "2024.1-2024.6", {"period"}),
    ("column", "2024.01-2024.12", set()),
    # the name of who sends or keeps the figures does not say what they are of
    ("note", "填报单位：区农业农村委", set()),
    ("note", "数据来源：全国妇幼健康信息系统", set()),
    ("title", "填报单位：区城市管理委　填报日期：2025年3月1日", set()),
    ("note", "数据来源：区农业农村委统计年报", set()),
    ("note", "数据来源：农村统计年报", {"settlement"}),
    ("column", "市直机关工委", set()),
    ("column", "市直各委办局", {"place"}),
    ("note", "数据来源：户籍人口登记", {"people"}),
    ("note", "说明：不含农业局", {"settlement", "exclusion"}),
    ("note", "全市数据由区卫生健康委提供", {"place"}),
    # both sides of a division are everybody
    ("note", "注：含户籍人口和流动人口", set()),
    ("column", "含城镇和农村", set()),
    ("note", "注：含流动人口", {"people"}),
    ("note", "注：不含户籍人口和流动人口", {"people", "exclusion"}),
    ("title", "全市妇幼系统2024年活产和死亡情况表", {"place"}),
]


@pytest.mark.parametrize(("kind", "text", "expected"), SAID, ids=[text for _, text, _ in SAID])
def test_what_words_say(kind: Surrounding, text: str, expected: set[str]) -> None:
    assert {sense.what for sense in AROUND.senses(text, kind)} == expected


def test_a_question_names_the_word_that_was_written_and_no_part_of_it() -> None:
    """Of 非常住人口 it was told that others than residents are left out: the opposite of what it says."""
    [asked] = AROUND.ask("非常住人口", "标题", "title")
    assert (asked.severity, "“非常住人口”" in asked.problem, "“常住人口”" in asked.problem) == ("critical", True, False)
    assert "另一部分人" in asked.problem and "以外的人" not in asked.problem
    [asked] = AROUND.ask("常住人口", "标题", "title")
    assert asked.severity == "warning" and "以外的人" in asked.problem


@pytest.mark.parametrize(
    ("group", "known"),
    [("出生情况", True), ("活产和死亡情况", True), ("2024年", True), ("一、主要指标", True), ("医疗机构上报", False), ("全部人口", False)],
)  # fmt: skip
def test_a_group_that_the_form_does_not_know_is_asked_about(group: str, known: bool) -> None:
    assert AROUND.is_known(group) is known


def answer(raw: Path, dataset: str, text: str, **entry: object) -> tuple[str, list[tuple[str, str]], list[str]]:
    """Status, findings and figures of one file."""
    deliver(raw, 2024, [sent(dataset, text, **entry)])
    with taken_in(raw, [2024]) as con:
        validate.plausibility(con, CATALOG, DESK)
        [(status,)] = con.execute("select status from meta_deliveries where file is not null").fetchall()
        found = con.execute(
            "select severity, rule from out_findings where delivery is not null order by 1, 2"
        ).fetchall()
        figures = rows(
            con, "select coalesce(value::int::varchar, state) as f from core_observations order by line, measure"
        )
    return status, found, [row["f"] for row in figures]


HALF = BASE["births"].replace("年份,街镇代码", "2024年1—6月活产和死亡情况表,,,,\n年份,街镇代码", 1)


def test_a_question_is_settled_by_a_registered_answer(tmp_path: Path) -> None:
    status, found, figures = answer(tmp_path / "asked", "births", HALF)
    assert (status, found[0], figures) == ("refused", ("critical", "surroundings"), [])
    told = {"surroundings": "区卫生健康委李某电话确认是全年数"}
    status, found, figures = answer(tmp_path / "told", "births", HALF, confirmed=told)
    assert (status, len(figures)) == ("accepted", 6)
    assert {severity for severity, _ in found} == {"info"}
    status, found, _ = answer(tmp_path / "sound", "births", BASE["births"], confirmed=told)
    assert (status, found) == ("accepted", [("warning", "register")])  # an answer to nothing


ASKED, NOT_ASKED = ("critical", "surroundings"), ("warning", "unknown_column")
BESIDE = [
    # title and cells of a column that the form does not have, what is found, and whether the figures are used
    ("期间", ("上半年", "上半年", "上半年"), [ASKED, NOT_ASKED], False),
    ("人群", ("流动人口", "流动人口", "流动人口"), [ASKED, NOT_ASKED], False),
    ("性别", ("女", "女", "女"), [ASKED, NOT_ASKED], False),
    # whom statistics count unless they say otherwise; of what kind a place is
    ("人群范围", ("按常住人口统计",) * 3, [("warning", "surroundings"), NOT_ASKED], True),
    ("人群范围", ("按户籍人口统计",) * 3, [ASKED, NOT_ASKED], False),
    ("城乡分类", ("农村", "农村", "农村"), [("warning", "surroundings"), NOT_ASKED], True),
    ("城乡人口", ("农村", "农村", "农村"), [ASKED, NOT_ASKED], False),
    # what tells no kind of a place is no less certain in such a column
    ("城乡分类", ("户籍", "户籍", "户籍"), [ASKED, NOT_ASKED], False),
    ("地区类型", ("全市", "全市", "全市"), [ASKED, NOT_ASKED], False),
    ("单位性质", ("非常住人口", "非常住人口", "非常住人口"), [ASKED, NOT_ASKED], False),
    ("地区类型", ("农村户籍", "农村户籍", "农村户籍"), [ASKED, NOT_ASKED], False),
    ("单位性质", ("城区", "城区", "城区"), [("warning", "surroundings"), NOT_ASKED], True),
    ("数据状态", ("实际数", "预计数", "实际数"), [("warning", "surroundings"), NOT_ASKED], True),
    # what tells rows apart says of each row what it is, and nothing of its figures
    ("类别", ("城区", "农村", "农村"), [NOT_ASKED], True),
    ("审核", ("已审", "已审", "已审"), [NOT_ASKED], True),
    ("上年活产数", ("301", "2023", "99"), [NOT_ASKED], True),
    # of which time: the title of the column says what its cells tell
    ("期间", ("2023年", "2023年", "2023年"), [ASKED, NOT_ASKED], False),
    ("统计时间", ("截至6月底", "截至6月底", "截至6月底"), [ASKED, NOT_ASKED], False),
    ("数据年度", ("2024年度", "2024年度", "2024年度"), [NOT_ASKED], True),
    ("建档年度", ("2023年", "2023年", "2023年"), [NOT_ASKED], True),
    ("统计时间", ("6月", "", ""), [("warning", "surroundings"), NOT_ASKED], True),
    ("统计时间", ("全年", "", ""), [NOT_ASKED], True),
    # who filled it in
    ("填报人性别", ("女", "女", "女"), [NOT_ASKED], True),
    ("填报单位", ("城市管理局", "城市管理局", "城市管理局"), [NOT_ASKED], True),
    ("主管部门", ("区农业农村委", "区农业农村委", "区农业农村委"), [NOT_ASKED], True),
    ("填报口径", ("农村", "农村", "农村"), [ASKED, NOT_ASKED], False),
]


@pytest.mark.parametrize(
    ("header", "cells", "expected", "used"), BESIDE, ids=[header + "".join(cells) for header, cells, *_ in BESIDE]
)
def test_what_a_column_that_is_not_asked_for_says_of_all_rows_is_asked_about(
    tmp_path: Path, header: str, cells: tuple[str, ...], expected: list[tuple[str, str]], used: bool
) -> None:
    lines = zip(BASE["births"].splitlines(), (header, *cells), strict=True)
    status, found, figures = answer(tmp_path, "births", "".join(f"{line},{more}\n" for line, more in lines))
    assert (status, found, len(figures)) == ("accepted" if used else "refused", expected, 6 if used else 0)


def test_several_years_below_each_other_give_the_asked_one(tmp_path: Path) -> None:
    earlier = BASE["births"].partition("\n")[2].replace("2024,", "2023,").replace("300", "299")
    status, found, figures = answer(tmp_path / "two", "births", BASE["births"] + earlier)
    assert (status, found, figures) == ("accepted", [("info", "other_year")], ["300", "3", "200", "2", "100", "0"])
    slip = BASE["births"].replace("2024,990201101", "2023,990201101")
    status, found, figures = answer(tmp_path / "slip", "births", slip)
    assert status == "partial" and ("critical", "row_year") in found and len(figures) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE["births"].replace(",300,3", ",,").replace(",200,2", ",,").replace(",100,0", ",,"),
         ("critical", "blank_form")),
        (BASE["births"].replace(",3\n", ",\n").replace(",2\n", ",\n").replace(",0\n", ",\n"),
         ("warning", "blank_column")),
        (BASE["births"].replace(",3\n", ",0\n").replace(",2\n", ",0\n"), ("info", "zero_column")),
        (BASE["births"].replace("300,3", "0,0").replace("200,2", "0,0").replace("100,0", "0,0"),
         ("warning", "zero_column")),
    ],
    ids=["nothing", "a column of nothing", "a column of zeros", "zeros alone"],
)  # fmt: skip
def test_what_was_not_filled_in_is_told(tmp_path: Path, text: str, expected: tuple[str, str]) -> None:
    assert expected in answer(tmp_path, "births", text)[1]


TITLED = [
    # what stands above the table, the amount as it is written there (万元 is what the form asks for), what is asked
    ("人口和补贴情况表（金额：元）", "10240000", [("info", "title_rows"), ("warning", "unit_converted")]),
    ("金额：元", "10240000", [("info", "title_rows"), ("warning", "unit_converted")]),
    ("人口和补贴情况表（金额：万元）", "1024", [("info", "title_rows")]),
    ("人口和补贴情况表（制表：李元）", "1024", [("info", "title_rows")]),
]


@pytest.mark.parametrize(("words", "written", "expected"), TITLED, ids=[words for words, *_ in TITLED])
def test_a_unit_behind_any_word_of_a_title_is_read(
    tmp_path: Path, words: str, written: str, expected: list[tuple[str, str]]
) -> None:
    text = BASE["population"].replace("1024.50", written)
    status, found, figures = answer(tmp_path, "population", f"{words}\n{text}")
    assert (status, found, figures[0]) == ("accepted", expected, "10240000")


RESIDENTS = [
    # what stands over births and over deaths; whether the figures are used
    ("常住人口,常住人口", True),
    (",常住人口", False),  # of residents beside all: a rate of them is none
    ("常住人口,", False),
    ("其中：常住人口,其中：常住人口", False),
    ("口径：常住人口,单位：人", True),  # about the table
    ("情况,常住人口口径", True),
    (",", True),
]


@pytest.mark.parametrize(("over", "used"), RESIDENTS, ids=[over for over, _ in RESIDENTS])
def test_residents_are_whom_statistics_count_only_if_all_figures_are_of_them(
    tmp_path: Path, over: str, used: bool
) -> None:
    head, *towns = BASE["births"].splitlines()
    births, deaths = (words or "情况" for words in over.split(","))  # a group covers the columns beside it without one
    status, found, figures = answer(tmp_path, "births", "\n".join([f",,,{births},{deaths}", head, *towns, ""]))
    assert (status, len(figures)) == (("accepted", 6) if used else ("refused", 0))
    asked = {severity for severity, rule in found if rule == "surroundings"}
    assert asked == ({"critical"} if not used else {"warning"} if "常住" in over else set())


DATED = [
    # births and deaths in the header, the cells of a town, what is found; whether they are used
    ("活产数（2024年）,死亡人数", "{},{}", [], True),
    ("活产数（2023年）,死亡人数", "{},{}", [("critical", "missing_column")], False),
    ("活产数（2023年）,活产数（2024年）,死亡人数", "9,{},{}", [("info", "other_year")], True),
    ("活产数（2024年）,活产数,死亡人数", "9,{},{}", [("critical", "delivery_duplicate")], False),
    # what is not used sends nothing back
    ("活产数（上年）,活产数（上年）,活产数,死亡人数", "9,9,{},{}", [("info", "other_year")], True),
    ("活产数（2023年）,活产数,活产数（2023年）,死亡人数", "9,{},9,{}", [("info", "other_year")], True),
    ("活产数（上年）,活产数,活产数,死亡人数", "9,9,{},{}", [("critical", "duplicate_column")], False),
    ("活产数（本年）,活产数,死亡人数", "9,{},{}", [("critical", "duplicate_column")], False),
    ("上年,上年,本年,本年\n,,,活产数,死亡人数,活产数,死亡人数", "9,9,{},{}", [("info", "other_year")], True),
    ("上年,上年\n,,,活产数,死亡人数", "{},{}", [("critical", "missing_column")], False),
]


@pytest.mark.parametrize(("titles", "cells", "expected", "used"), DATED, ids=[titles for titles, *_ in DATED])
def test_columns_of_the_data_year_are_used_whether_they_name_it_or_not(
    tmp_path: Path, titles: str, cells: str, expected: list[tuple[str, str]], used: bool
) -> None:
    towns = [row.split(",") for row in BASE["births"].splitlines()[1:]]
    text = f"年份,街镇代码,街镇,{titles}\n" + "".join(f"{','.join(t[:3])},{cells.format(*t[3:])}\n" for t in towns)
    status, found, figures = answer(tmp_path, "births", text)
    assert (status == "accepted", set(expected) <= set(found)) == (used, True)
    assert figures == (["300", "3", "200", "2", "100", "0"] if used else [])


BY_ITEMS = [
    # the titles behind the year of a form with its figures one below the other, the cells behind an item; whether they are used
    ("指标,数值（上年）,数值（本年）", "9,{}", True),
    ("指标,计量单位,数值（本年）", ",{}", True),
    ("指标,数值（上年）", "{}", False),
    ("指标（上年）,数值", "{}", False),  # only figures are of a year
    ("指标（本年）,数值", "{}", False),
    ("指标,计量单位（上年）,数值", ",{}", True),  # a column that the form does not have
    ("指标（2023年）,数值", "{}", False),  # of which year are the figures?
    ("指标（2025年）,数值", "{}", False),
    ("指标（2024年）,数值", "{}", True),
    ("指标,计量单位（2023年）,数值", ",{}", False),
    ("指标,数值（2024年）", "{}", True),
    ("指标（2023年）,数值（2024年）", "{}", True),  # the figures say it themselves
    ("指标（2023年）,数值（2023年）,数值（2024年）", "9,{}", True),
    ("指标（2024年）,数值（2023年）", "{}", False),
]


@pytest.mark.parametrize(("titles", "cells", "used"), BY_ITEMS, ids=[titles for titles, *_ in BY_ITEMS])
def test_only_columns_of_figures_are_of_a_year_in_brackets(tmp_path: Path, titles: str, cells: str, used: bool) -> None:
    items = {"常住人口": "65.1234", "补贴金额": "1024.50", "出生登记数": "600", "人口净增": "-321"}
    text = f"年份,{titles}\n" + "".join(f"2024,{item},{cells.format(n)}\n" for item, n in items.items())
    status, found, figures = answer(tmp_path, "population", text)
    assert (status, len(figures)) == (("accepted", 4) if used else ("refused", 0))
    unknown = "计量单位（上年）" in titles
    assert (("warning", "unknown_column") in found) is unknown


OF_PLACES = [
    # the titles of the year and the places, and whether anything is asked
    ("年份,街镇代码（2020年）,街镇", True),  # the year of a list of codes
    ("年份,街镇代码,街镇（2020年）", True),
    ("年份（2023年）,街镇代码,街镇", True),
    ("年份,街镇代码（2023年版）,街镇", True),
    ("年份（2024年）,街镇代码（2024年）,街镇", False),
]


@pytest.mark.parametrize(("titles", "asked"), OF_PLACES, ids=[titles for titles, _ in OF_PLACES])
def test_a_year_over_places_and_years_is_asked_about_and_sends_nothing_back(
    tmp_path: Path, titles: str, asked: bool
) -> None:
    text = BASE["births"].replace("年份,街镇代码,街镇", titles)
    status, found, figures = answer(tmp_path, "births", text)
    assert (status, len(figures)) == ("accepted", 6)
    assert bool({severity for severity, _ in found} & {"warning"}) is asked


@pytest.mark.parametrize(
    ("titles", "told"),
    [
        ("活产数（本年）,活产数", "第1行的列“活产数（本年）”和“活产数”是同一项数据"),
        ("活产数,活产数", "第1行的列“活产数”出现了两次"),
    ],
)
def test_two_columns_of_one_figure_are_named_as_they_are_written(titles: str, told: str) -> None:
    head = ["年份", "街镇代码", "街镇", *titles.split(","), "死亡人数"]
    names = Names(CATALOG.datasets["births"], CATALOG.codes)
    _, layout = best(Top(View("", lambda: iter([TextRows([1], [head])]))), names)
    with pytest.raises(UnreadableError) as refused:
        check(layout, names, 2024)
    assert refused.value.defect.problem == told


@pytest.mark.parametrize(
    ("before", "now", "year"), [("上年", "本年", None), ("上年", "本年", 2024), ("2023年", "2024年", 2024)]
)
def test_a_file_with_the_year_before_beside_is_recognised(
    tmp_path: Path, before: str, now: str, year: int | None
) -> None:
    head, *towns = (row.split(",") for row in BASE["births"].splitlines())
    lines = [[*head[:3], before, before, now, now], ["", "", "", *head[3:], *head[3:]]]
    lines += [[*town[:3], "9", "1", *town[3:]] for town in towns]
    path = tmp_path / "活产.csv"
    path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")
    found = filing.recognise(path, CATALOG, Wanted(year=year))
    assert [(known.dataset, known.year) for known in found.known] == [("births", 2024)]


WITHOUT_YEAR = [
    # the titles behind the places of a file without a column of years, the cells of a town, and whether they are used
    ("2023年,2023年,2024年,2024年\n,,活产数,死亡人数,活产数,死亡人数", "9,9,{},{}", True),
    ("活产数（2024年）,死亡人数", "{},{}", True),
    ("活产数（2023年）,活产数,死亡人数", "9,{},{}", False),
    ("上年,上年,本年,本年\n,,活产数,死亡人数,活产数,死亡人数", "9,9,{},{}", False),  # this year is any
    ("活产数,死亡人数", "{},{}", False),
]


@pytest.mark.parametrize(("titles", "cells", "used"), WITHOUT_YEAR, ids=[titles for titles, *_ in WITHOUT_YEAR])
def test_a_file_without_a_column_of_years_stops_no_run(tmp_path: Path, titles: str, cells: str, used: bool) -> None:
    towns = [row.split(",") for row in BASE["births"].splitlines()[1:]]
    text = f"街镇代码,街镇,{titles}\n" + "".join(f"{','.join(t[1:3])},{cells.format(*t[3:])}\n" for t in towns)
    status, found, figures = answer(tmp_path, "births", text)
    assert (status, figures) == (("accepted", ["300", "3", "200", "2", "100", "0"]) if used else ("refused", []))
    assert ("critical" in {severity for severity, _ in found}) is not used


MIXED = [
    # two shares of one column, one of them with its sign; how many are used
    ("0.9", "93%", [("critical", "cell_number")], 5),
    ("0.9%", "93%", [], 6),
    ("0", "93%", [], 6),
    ("1", "93%", [("critical", "cell_number")], 5),  # one percent, or all
    ("1.0", "93%", [("critical", "cell_number")], 5),
    ("1%", "93%", [], 6),
    ("100", "93%", [], 6),
    ("1.9", "93%", [], 6),
    ("0.9", "93", [], 6),  # no sign says in what the other was written
]


@pytest.mark.parametrize(("women", "men", "expected", "used"), MIXED)
def test_a_part_of_one_beside_percentages_is_asked_about(
    tmp_path: Path, women: str, men: str, expected: list[tuple[str, str]], used: int
) -> None:
    text = BASE["literacy"].replace("80.5", women).replace("79", men)
    items = [f"2024,{sex},参与率,{share}\n" for sex, share in (("女", women), ("男", men))]
    items += [f"2024,{sex},{item},{n}\n" for sex, item, n in (("女", "受访人数", 9), ("男", "受访人数", 8))]
    items += [f"2024,{sex},{item},{n}\n" for sex, item, n in (("女", "合格人数", 6), ("男", "合格人数", 5))]
    for folder, written in (("columns", text), ("items", "年份,性别,数据项,数值\n" + "".join(items))):
        _, found, figures = answer(tmp_path / folder, "literacy", written)
        assert (found, len(figures)) == (expected, used)


OF_COLUMN = [
    # the header's unit, a cell with a unit of its own, whether both can be meant
    ("参与率（‰）", "80.5%", False),
    ("参与率（‰）", "805‰", True),
    ("参与率", "80.5%", True),
    ("参与率（%）", "805‰", True),  # the form's own unit stands in the header of every form: the cell says more
]


@pytest.mark.parametrize(("header", "cell", "agrees"), OF_COLUMN)
def test_a_cell_whose_unit_contradicts_its_column_s_is_asked_about(
    tmp_path: Path, header: str, cell: str, agrees: bool
) -> None:
    text = (
        BASE["literacy"]
        .replace("参与率", header)
        .replace("80.5", cell)
        .replace("79", "790" if "‰）" in header else "79")
    )
    _, found, figures = answer(tmp_path, "literacy", text)
    assert (("critical", "cell_number") in found, len(figures)) == (not agrees, 6 if agrees else 5)


def test_sums_as_departments_call_them_are_sums(tmp_path: Path) -> None:
    """全区合计 is the district's row, and compared; 街道合计 and 西桥镇合计 are left out; an unknown name is no sum."""
    named = "2024,,街道合计,300,3\n2024,,乡镇总计,300,2\n2024,,全区合计,601,5\n"
    status, found, figures = answer(tmp_path / "sums", "births", BASE["births"] + named)
    assert (status, figures[-2:]) == ("accepted", ["601", "5"])
    assert found == [("info", "subtotal"), ("info", "subtotal"), ("warning", "areas_total")]
    status, found, _ = answer(tmp_path / "unknown", "births", BASE["births"] + "2024,,统计合计,300,3\n")
    assert (status, found) == ("partial", [("critical", "row_area")])
    for folder, behind in (("alone", "合计"), ("pivot", " 汇总")):  # then it is not true that there is a header alone
        text = re.sub("(东风街道|西桥镇|南山镇),", rf"\1{behind},", BASE["births"])
        status, found, figures = answer(tmp_path / folder, "births", text)
        assert (status, found, figures) == ("refused", [("critical", "empty")], [])


def test_a_year_beyond_every_plan_is_asked_about(tmp_path: Path) -> None:
    deliver(tmp_path / "raw", 2023, [sent(name) for name in BASE])
    late = tmp_path / "活产.csv"
    late.write_text(BASE["births"].replace("2024,", "2042,"), encoding="utf-8")
    with pytest.raises(RefusedError, match=r"数据年份是2042年，还没有到。.*请核对年份列"):
        intake.receive([late], CATALOG, Places(tmp_path), Wanted(), None, None)
    assert not (tmp_path / "raw" / DISTRICT / "2042").exists()


# --- what a catalogue may say of its deliverers' words ---------------------------------------------------------------


@pytest.fixture
def abroad(tmp_path: Path) -> Path:
    """The little district with a form of one indicator in the codes of SDMX, where a blank sex is the total."""
    home = tmp_path / "expectations"
    for path in CATALOGUE.rglob("*.yml"):
        copy = home / path.relative_to(CATALOGUE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    form = {
        "title": "死亡率公布表", "department": "statistics", "due": "03-10", "irregular": True, "indicator": "mortality",
        "columns": {"TIME_PERIOD": {"is": "year"}, "REF_AREA": {"is": "area", "blank": "total"},
                    "SEX": {"is": "sex", "blank": "total"}, "UNIT_MEASURE": {"is": "value_unit"},
                    "OBS_VALUE": {"is": "value", "decimals": 6}},
    }  # fmt: skip
    key = next(k for k, i in CATALOG.indicators.items() if i.name == "死亡率")
    form["indicator"] = key
    (home / "datasets" / "sdmx.yml").write_text(yaml.safe_dump({"sdmx": form}, allow_unicode=True), encoding="utf-8")
    return home


def test_codes_of_a_standard_and_own_words_are_read(abroad: Path, tmp_path: Path) -> None:
    (abroad / "words.yml").write_text(
        'units: {"Rate per 1,000": ‰}\nwhole: [England]\nsexes: {female: [Girls]}\n', "utf-8"
    )
    catalog = load(DISTRICT, abroad)
    text = (
        'TIME_PERIOD,REF_AREA,SEX,UNIT_MEASURE,OBS_VALUE\n2024,,,PER_1000,5.25\n2024,,Girls,"Rate per 1,000",4.5\n'
        "2024,,M,PT,0.6\n"
    )
    deliver(tmp_path / "raw", 2024, [Sent("sdmx", text.encode())])
    with warehouse() as con:
        ingest.store(con, catalog, tmp_path / "raw", [2024])
        validate.contract(con, catalog, DESK)
        ingest.observe(con, catalog)
        figures = con.execute(
            "select measure, area, sex, value::double from core_observations order by line"
        ).fetchall()
    assert figures == [
        ("mortality", DISTRICT, sex, value) for sex, value in (("total", 5.25), ("female", 4.5), ("male", 6))
    ]


def test_a_form_of_values_that_names_no_indicator_is_a_mistake_of_the_catalogue(abroad: Path) -> None:
    path = abroad / "datasets" / "sdmx.yml"
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    form["sdmx"].pop("indicator", None)
    path.write_text(yaml.safe_dump(form, allow_unicode=True), encoding="utf-8")
    with pytest.raises(
        CatalogError, match=r"datasets/sdmx\.yml 第\d+行 sdmx\.columns：现成数值（is: value）是哪个指标"
    ):
        load(DISTRICT, abroad)

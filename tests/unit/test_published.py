"""Figures that come ready-made, beside forms of numerators: declared, checked as what they are, never added up."""

import hashlib
import re
import shutil
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from expectations.catalog import CatalogError, load
from expectations.records import Catalog
from flows import compute
from flows.desk import forms, intake, trial
from flows.desk.filing import Wanted
from flows.desk.trace import FigureAsked, Trace, _lines, _Tracer
from flows.places import Places
from tests.fixtures.homes import GOLDEN, GOLDEN_WORDS
from tests.second_reader.__main__ import read

pytestmark = pytest.mark.usefixtures("lent", "unset")

DISTRICT = "990101"
FORM = """
bulletin:
  title: 统计公报数据表
  department: organization
  due: "03-15"
  indicators: [life_expectancy, employment_rate, cervical_screening]
  columns:
    年份: {is: year}
    指标: {is: indicator}
    计量单位: {is: value_unit}
    性别: {is: sex, blank: total}
    数值: {is: value, decimals: 2}
"""
INDICATORS = """
life_expectancy:
  {name: 平均预期寿命, kind: published, unit: 岁, decimals: 2, better: higher, by_sex: true, range: [40, 100], lead: health,
   definition: 出生时平均预期寿命，由统计部门公布。}
employment_rate:
  {name: 就业率, kind: published, unit: "%", decimals: 1, better: higher, by_sex: true, range: [0, 100], lead: health,
   definition: 就业人员占劳动年龄人口的比重，由统计部门公布。}
"""
TARGETS = (
    "      - {indicator: maternal_anaemia, rule: decrease}\n",
    "      - {indicator: maternal_anaemia, rule: decrease}\n      - {indicator: life_expectancy, rule: increase}\n"
    "      - {indicator: employment_rate, rule: at_least, value: 70}\n",
)
FILE = "区委组织部-统计公报数据表.csv"
BULLETIN = {
    "平均预期寿命,岁,女": "83.10", "平均预期寿命,岁,男": "78.20", "平均预期寿命,岁,": "80.55",
    "就业率,%,女": "66.1", "就业率,%,男": "72.3", "就业率,%,": "69.4",
    "宫颈癌筛查率,%,": "70.00",
}  # fmt: skip
"""Women, men and both, as a bulletin prints them; what 2022's own form gives for screening is 840 of 1,200."""


def change(home: Path, file: str, old: str, new: str) -> None:
    text = (home / file).read_text(encoding="utf-8")
    assert old in text
    (home / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def text(year: int, figures: Mapping[str, str]) -> str:
    rows = "".join(f"{year},{place},{value}\n" for place, value in figures.items())
    return f"年份,指标,计量单位,性别,数值\n{rows}"


def deliver(raw: Path, year: int, figures: Mapping[str, str]) -> None:
    """Put a bulletin into the year's folder and its register."""
    folder = raw / DISTRICT / str(year)
    data = text(year, figures).encode()
    (folder / FILE).write_bytes(data)
    path = folder / "deliveries.yml"
    head = yaml.safe_load(path.read_text(encoding="utf-8"))
    head["deliveries"].append({"dataset": "bulletin", "file": FILE, "received": f"{year + 1}-03-11",
                               "sha256": hashlib.sha256(data).hexdigest()})  # fmt: skip
    path.write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden district with a form of ready-made figures beside its own, two years of which are there."""
    home = tmp_path_factory.mktemp("both")
    for part in ("expectations", "raw"):
        shutil.copytree(GOLDEN / part, home / part)
    own = home / "expectations"
    for file, more in (("datasets/all.yml", FORM), ("indicators/all.yml", INDICATORS)):
        (own / file).write_text((own / file).read_text(encoding="utf-8") + more, encoding="utf-8")
    change(own, "plans/demo_women_2021/1_health.yml", *TARGETS)
    earlier = BULLETIN | {"平均预期寿命,岁,": "80.35", "宫颈癌筛查率,%,": "68.00"}
    deliver(home / "raw", 2021, earlier)
    deliver(home / "raw", 2020, earlier | {"宫颈癌筛查率,%,": "66.67"})
    return home


@pytest.fixture(scope="module")
def catalog(both: Path) -> Catalog:
    return load(DISTRICT, both / "expectations")


# --- the catalogue ---


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("datasets/all.yml", "  indicators: [life_expectancy, employment_rate, cervical_screening]\n", "",
         "须用 indicators 列出这张表报送哪些指标的现成数值"),
        ("datasets/all.yml", "[life_expectancy,", "[life_expectency,", "indicators.0：没有指标 'life_expectency'"),
        ("datasets/all.yml", "[life_expectancy, ", "[", "life_expectancy.kind：没有报表报送它的现成数值"),
        ("datasets/all.yml", "{measure: anaemic,", "{measure: anemic,", "maternal_anaemia.numerator：没有报表提供 'anaemic'"),
        ("datasets/all.yml", "indicators: [life_expectancy", "indicator: life_expectancy  # [",
         "须由指标列（is: indicator）或 indicator 写明，二者取一"),
        ("indicators/all.yml", "kind: published, unit: 岁", "kind: published, numerator: years, unit: 岁", "不写 numerator"),
        ("indicators/all.yml", "kind: published, unit: 岁", "kind: count, unit: 岁", "不计算的，请写 kind: published"),
        ("indicators/all.yml", "kind: published, unit: 岁", "kind: count, numerator: asked, unit: 岁",
         "计量单位为岁的数不能相加"),
        ("indicators/all.yml", 'kind: published, unit: "%"', 'kind: count, numerator: asked, unit: "%"',
         "数值由公布机构给出的请写 published"),
        ("indicators/all.yml", "definition: 查出贫血的孕产妇占受检孕产妇的比重。",
         "definition: 查出贫血的孕产妇占受检孕产妇的比重。, calibers: [{since: 2022, note: 口径调整, numerator: anaemics}]",
         "没有报表提供 'anaemics'"),
        ("datasets/all.yml", "{measure: tested,", "{measure: cervical_screening,", "与 maternal_health 的数据列同名"),
        ("indicators/all.yml", "by_sex: true, range: [40, 100]", "by_sex: true, range: [-40, 100]",
         "指标 'life_expectancy' 的下限（range）为-40，低于它的 min（0），负数会被退回；请写 min: -40"),
        ("datasets/all.yml", "{is: value, decimals: 2}", "{is: value}",
         "columns.数值.decimals：指标 'life_expectancy' 印2位小数，这一列只能填整数；请写 decimals: 2 或更多"),
        ("datasets/all.yml", "{is: value, decimals: 2}", "{is: value, decimals: 1}",
         "指标 'life_expectancy' 印2位小数，这一列最多填1位小数"),
        # the finest is of another unit (岁): of those in the column's own, the finest
        ("datasets/all.yml", "{is: value, decimals: 2}", '{is: value, unit: "%"}',
         "指标 'cervical_screening' 印2位小数，这一列只能填整数"),
        ("datasets/all.yml", "{is: value, decimals: 2}", '{is: value, unit: "％"}',
         "指标 'cervical_screening' 印2位小数，这一列只能填整数"),
    ],
)  # fmt: skip
def test_what_a_form_of_ready_made_figures_leaves_open_is_named(
    both: Path, tmp_path: Path, file: str, old: str, new: str, says: str
) -> None:
    """One such form is no reason to ask nothing of the others."""
    own = Path(shutil.copytree(both / "expectations", tmp_path / "expectations"))
    load(DISTRICT, own)
    change(own, file, old, new)
    with pytest.raises(CatalogError) as error:
        load(DISTRICT, own)
    assert says in str(error.value) and ".yml 第" in str(error.value)


def test_a_column_owes_no_decimals_to_an_indicator_of_another_unit(both: Path, tmp_path: Path) -> None:
    own = tmp_path / "expectations"
    shutil.copytree(both / "expectations", own)
    change(own, "datasets/all.yml", "{is: value, decimals: 2}", '{is: value, unit: "%", decimals: 2}')
    change(own, "indicators/all.yml", "unit: 岁, decimals: 2", "unit: 岁, decimals: 3")
    assert load(DISTRICT, own).datasets["bulletin"].columns["数值"].decimals == 2


def test_a_column_owes_no_room_below_nought_to_an_indicator_of_another_unit(both: Path, tmp_path: Path) -> None:
    """Years that may be less than nothing do not come in a column of %; in one that says no unit they may."""
    own = Path(shutil.copytree(both / "expectations", tmp_path / "expectations"))
    change(own, "indicators/all.yml", "by_sex: true, range: [40, 100]", "by_sex: true, range: [-40, 100]")
    change(own, "datasets/all.yml", "{is: value, decimals: 2}", '{is: value, unit: "%", decimals: 2}')
    assert load(DISTRICT, own).datasets["bulletin"].columns["数值"].min == 0


RATE = 'unit: "%", decimals: 1, better: higher, by_sex: true, range: [0, 100], lead: health,\n   definition: 就业人员'
UNLIKE = [
    # the unit of the column of rates, and what is told
    ("元", "columns.就业率.unit：本列的计量单位 '元' 不能换算为指标 'employment_rate' 的%；请改为%，或删去 unit"),
    ("百分", "本列的计量单位 '百分' 不能换算为"),
    ("‰", ""),
    ("％", ""),
]


@pytest.mark.parametrize(("unit", "says"), UNLIKE)
def test_a_column_has_a_unit_that_becomes_that_of_its_only_indicator(
    both: Path, tmp_path: Path, unit: str, says: str
) -> None:
    own = Path(shutil.copytree(both / "expectations", tmp_path / "expectations"))
    change(own, "datasets/all.yml", ", employment_rate", "")
    rates = f"""
rates:
  title: 就业率表
  department: organization
  due: "03-15"
  indicator: employment_rate
  columns:
    年份: {{is: year}}
    就业率: {{is: value, unit: "{unit}", decimals: 1}}
"""
    with (own / "datasets/all.yml").open("a", encoding="utf-8") as file:
        file.write(rates)
    with nullcontext() if not says else pytest.raises(CatalogError, match=re.escape(says)):
        load(DISTRICT, own)


BELOW_NOUGHT = [
    # the unit of the column, its min, and what is told: the rate of employment may be −20 %
    ("％", "0", "的下限（range）为-20，低于它的 min（0），负数会被退回；请写 min: -20"),
    ("‰", "0", "的下限（range）为-20%（-200‰），低于它的 min（0），负数会被退回；请写 min: -200"),
    ("‰", "-199", "请写 min: -200"),
    ("/10万", "0", "的下限（range）为-20%（-20000/10万），低于它的 min（0）"),
    ("‰", "-200", ""),
    ("岁", "0", ""),
]


@pytest.mark.parametrize(("unit", "least", "says"), BELOW_NOUGHT)
def test_a_column_has_room_below_nought_in_its_own_unit(
    both: Path, tmp_path: Path, unit: str, least: str, says: str
) -> None:
    own = Path(shutil.copytree(both / "expectations", tmp_path / "expectations"))
    change(own, "indicators/all.yml", RATE, RATE.replace("[0,", "[-20,"))
    change(
        own, "datasets/all.yml", "{is: value, decimals: 2}", f'{{is: value, unit: "{unit}", decimals: 2, min: {least}}}'
    )
    with nullcontext() if not says else pytest.raises(CatalogError, match=re.escape(says)):
        load(DISTRICT, own)


def test_a_ready_made_figure_may_be_negative_where_its_form_says_so(both: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(both / "expectations", tmp_path / "expectations"))
    change(own, "indicators/all.yml", "by_sex: true, range: [40, 100]", "by_sex: true, range: [-40, 100]")
    change(own, "datasets/all.yml", "数值: {is: value, decimals: 2}", "数值: {is: value, decimals: 2, min: -40}")
    assert load(DISTRICT, own).datasets["bulletin"].columns["数值"].min == -40


def test_it_is_owed_and_asks_for_what_it_gives(catalog: Catalog) -> None:
    assert catalog.owed(2022)["bulletin"] == ("organization",)
    form = forms.Form(catalog, "bulletin", 2022, "organization")
    assert list(dict.fromkeys(row[1] for row in form.rows())) == ["宫颈癌筛查率", "平均预期寿命", "就业率"]


def test_only_the_forms_that_have_a_part_decide(catalog: Catalog) -> None:
    assert set(catalog.deciding("bulletin").datasets) == {"bulletin", "maternal_health"}
    assert set(catalog.deciding("maternal_health").datasets) == {"bulletin", "maternal_health"}
    assert set(catalog.deciding("cadres").datasets) == {"cadres"}


# --- what is found in it ---

SPEC = [
    # what is sent instead                     rule                    what is told
    ({}, None, ""),
    ({"平均预期寿命,岁,": "83.15"}, "published_sexes", "合计为83.15岁，不在女、男两个数值之间（较近的一个为83.1岁）"),
    ({"平均预期寿命,岁,": "83.10"}, None, ""),  # equal to one of them, as rounding may make it
    ({"平均预期寿命,岁,": "161.30"}, "published_range", "为161.3岁，超出该指标可能的界限100岁"),
    ({"就业率,%,男": "172.3"}, "published_range", "（全区，男）为172.3%，超出该指标可能的界限100%"),
    ({"宫颈癌筛查率,%,": "70.01"}, "published_computed", "为70.01%，由基础数据计算为70%"),
    ({"宫颈癌筛查率,‰,": "700.0", "宫颈癌筛查率,%,": None}, None, ""),  # another unit of the same figure
    ({"平均预期寿命,岁,女": "—"}, None, ""),  # one side is not known: nothing to compare
]  # fmt: skip


@pytest.mark.parametrize(("sent", "rule", "says"), SPEC)
def test_a_ready_made_figure_is_checked_as_what_it_is(
    both: Path, catalog: Catalog, tmp_path: Path, sent: Mapping[str, str | None], rule: str | None, says: str
) -> None:
    raw = Path(shutil.copytree(both / "raw", tmp_path / "raw"))
    deliver(raw, 2022, {place: value for place, value in (BULLETIN | sent).items() if value is not None})
    with trial.checked(catalog.around("bulletin", "maternal_health"), raw, 2022, "2022/bulletin/v1") as con:
        found = con.execute(
            "select rule, message from out_findings where delivery = '2022/bulletin/v1' and severity <> 'info'"
        ).fetchall()
    assert {name for name, _ in found} - {"published_sexes"} == {rule} - {None, "published_sexes"}
    assert rule is None or any(name == rule and says in message for name, message in found), found
    assert rule is not None or found == []


def test_a_slip_of_the_unit_is_seen_against_its_own_years(both: Path, catalog: Catalog, tmp_path: Path) -> None:
    raw = Path(shutil.copytree(both / "raw", tmp_path / "raw"))
    tenth = {"平均预期寿命,岁,女": "831", "平均预期寿命,岁,男": "782", "平均预期寿命,岁,": "805.5"}
    deliver(raw, 2022, BULLETIN | tenth)
    with trial.checked(catalog.around("bulletin"), raw, 2022, "2022/bulletin/v1") as con:
        rules = {r for (r,) in con.execute("select rule from out_findings where delivery like '%bulletin%'").fetchall()}
    assert rules == {"unit_slip", "published_range"}


def test_the_other_forms_keep_their_checks(both: Path, catalog: Catalog, tmp_path: Path) -> None:
    """More screened than there are: the part above its whole, and a rate of more than 100 %."""
    raw = Path(shutil.copytree(both / "raw", tmp_path / "raw"))
    deliver(raw, 2022, BULLETIN)
    path = raw / DISTRICT / "2022" / "区卫生健康委-孕产妇保健情况表.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("800,570", "800,5700"), encoding="utf-8")
    register = path.with_name("deliveries.yml")
    head = yaml.safe_load(register.read_text(encoding="utf-8"))
    for entry in head["deliveries"]:
        entry["sha256"] = hashlib.sha256(path.with_name(entry["file"]).read_bytes()).hexdigest()
    register.write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
    with trial.checked(catalog.around("maternal_health", "bulletin"), raw, 2022) as con:
        rules = {r for (r,) in con.execute("select rule from out_findings where year = 2022").fetchall()}
    assert {"ratio_range", "published_computed"} <= rules
    assert "part_above_whole" not in rules  # the rate tells it, at the same cell


# --- what becomes of it ---


def test_what_is_computed_goes_first_and_what_is_ready_made_serves_where_nothing_came(
    both: Path, catalog: Catalog, tmp_path: Path
) -> None:
    raw = Path(shutil.copytree(both / "raw", tmp_path / "raw"))
    deliver(raw, 2022, BULLETIN | {"宫颈癌筛查率,%,": "71.00"})
    register = raw / DISTRICT / "2021" / "deliveries.yml"
    head = yaml.safe_load(register.read_text(encoding="utf-8"))
    head["deliveries"] = [e for e in head["deliveries"] if e["dataset"] != "maternal_health"]
    register.write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
    with trial.judged(catalog, raw, 2022) as con:
        found = con.execute(
            "select year, value, numerator is null from out_indicators "
            "where indicator = 'cervical_screening' and area = ? order by year", [DISTRICT]
        ).fetchall()  # fmt: skip
        verdicts = con.execute(
            "select target, verdict, method from out_assessments where year = 2022 "
            "and (target like '%life%' or target like '%employment%') order by 1"
        ).fetchall()
        taken, computed = (
            _Tracer(con, catalog, FigureAsked("cervical_screening", year, DISTRICT), None).trace()
            for year in (2021, 2022)
        )
    assert found == [(2020, pytest.approx(66.667, abs=0.001), False), (2021, 68.0, True), (2022, 70.0, False)]
    assert verdicts == [
        ("demo_women_2021.g1.3.employment_rate", "behind", "path"),
        ("demo_women_2021.g1.3.life_expectancy", "on_course", "direction"),
    ]
    assert _follows(taken) == (
        "由报送或公布的单位直接给出，不计算",
        ["现成数值 68，没有计算，取自1格："],
        [["68.00"]],
    )
    assert [cell.measure for side in taken.sides for cell in side.cells] == ["宫颈癌筛查率"]
    assert computed.formula == "（接受筛查人数）÷（适龄妇女人数）×100，单位%"
    assert _follows(computed)[1] == ["分子 840，由2格相加，相符：", "分母 1200，由2格相加，相符："]


def _follows(found: Trace) -> tuple[str, list[str], list[list[str]]]:
    """What a figure is followed to: how it came about, what that is told of its sides, and what stands in their cells."""
    told = list(_lines(found))
    return (
        found.formula,
        [line for line in told if line.startswith(("分子", "分母", "现成"))],
        [[cell.written for cell in side.cells] for side in found.sides],
    )


def test_it_is_received_like_any_other(
    both: Path, catalog: Catalog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Places(tmp_path)
    shutil.copytree(both / "raw", home.raw)
    path = tmp_path / "公报.csv"
    path.write_text(text(2022, BULLETIN), encoding="utf-8")
    assert all(one.sound for one in intake.check(path, catalog, home, Wanted()))
    assert intake.receive([path], catalog, home, Wanted(), None, "补报")
    path.write_text(text(2022, BULLETIN | {"就业率,%,": "70.4"}), encoding="utf-8")
    intake.receive([path], catalog, home, Wanted(), None, "更正就业率")
    told = capsys.readouterr().out
    assert told.count("没有发现问题") == 3
    assert "数值（就业率，示例区）：69.4 → 70.4" in told
    assert "就业率，示例区：无 → 70.4%" in told  # both came late: no report uses either
    assert "妇女规划目标1.3“就业率”：无法判断 → 提前达标" in told


def test_the_second_reader_makes_the_same_of_it(both: Path, catalog: Catalog, tmp_path: Path) -> None:
    """Also of a year of which only the ready-made figure is there."""
    shutil.copytree(both / "expectations", tmp_path / "expectations")
    raw = Path(shutil.copytree(both / "raw", tmp_path / "raw"))
    deliver(raw, 2022, BULLETIN | {"宫颈癌筛查率,%,": "71.00", "就业率,%,女": "—", "平均预期寿命,岁,": "约80"})
    register = raw / DISTRICT / "2021" / "deliveries.yml"
    head = yaml.safe_load(register.read_text(encoding="utf-8"))
    head["deliveries"] = [e for e in head["deliveries"] if e["dataset"] != "maternal_health"]
    register.write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
    wanted = ("cervical_screening", "life_expectancy", "employment_rate")
    with trial.received(catalog, raw, range(2020, 2023)) as con:
        compute.indicators(con, catalog)
        rows = con.execute(
            "select indicator, year, area, institution, sex, part, value, state from out_indicators where list_contains(?, indicator)",
            [wanted],
        ).fetchall()
    theirs = {tuple(row[:6]): (row[6], row[7]) for row in rows}
    mine, _ = read(tmp_path, DISTRICT, 2022, GOLDEN_WORDS)
    assert theirs == {
        key: (None if v.value is None else pytest.approx(float(v.value)), v.state)
        for key, v in mine.figures.items()
        if key[0] in wanted
    }
    assert theirs["cervical_screening", 2021, DISTRICT, "", "total", ""] == (68.0, "ok")
    assert theirs["life_expectancy", 2022, DISTRICT, "", "total", ""] == (None, "rejected")


REFUSED = [
    # what is sent instead                        what is known of the year                               state
    ({}, "life_expectancy", "total", "ok"),
    ({"平均预期寿命,岁,": "约80"}, "life_expectancy", "total", "rejected"),
    ({"平均预期寿命,岁,": "约80"}, "life_expectancy", "female", "ok"),
    ({"平均预期寿命,岁,女": "八十三"}, "life_expectancy", "female", "rejected"),
    ({"平均预期寿命,岁,": "80.5555"}, "life_expectancy", "total", "rejected"),
    ({"平均预期寿命,岁,": None, "平均预期寿命,岁,某": "80.55"}, "life_expectancy", "total", "rejected"),
    ({"平均预期寿命,岁,某": "80.55"}, "life_expectancy", "total", "ok"),  # the total is there: this row is not it
    ({"平均预期寿命,岁,": None}, "life_expectancy", "total", None),
    ({"平均预期寿命,岁,": "—"}, "life_expectancy", "total", "not_received"),
    ({"平均预期寿命,岁,": "—", "平均预期寿命,岁,某": "80.55"}, "life_expectancy", "total", "not_received"),
    ({"平均预期寿命,岁,": None, "平均预期寿命,岁,某": "—"}, "life_expectancy", "total", None),
    ({"就业率,%,": "约69"}, "life_expectancy", "total", "ok"),
    ({"宫颈癌筛查率,%,": "约70"}, "cervical_screening", "total", "ok"),  # it is computed
]  # fmt: skip
"""A figure that came and cannot be used is another thing than one that did not come."""


@pytest.mark.parametrize(("sent", "indicator", "sex", "state"), REFUSED)
def test_a_ready_made_figure_that_cannot_be_used_is_not_one_that_did_not_come(
    both: Path,
    catalog: Catalog,
    tmp_path: Path,
    sent: Mapping[str, str | None],
    indicator: str,
    sex: str,
    state: str | None,
) -> None:
    raw = Path(shutil.copytree(both / "raw", tmp_path / "raw"))
    deliver(raw, 2022, {place: value for place, value in {**BULLETIN, **sent}.items() if value is not None})
    with trial.received(catalog.around("bulletin", "maternal_health"), raw, range(2022, 2023)) as con:
        compute.indicators(con, catalog)
        found = con.execute(
            "select state from out_indicators where year = 2022 and indicator = ? and area = ? and sex = ?",
            [indicator, DISTRICT, sex],
        ).fetchall()
    assert found == ([(state,)] if state else [])


def test_a_refused_figure_is_told_where_nothing_came_to_compute_it_from(
    both: Path, catalog: Catalog, tmp_path: Path
) -> None:
    raw = Path(shutil.copytree(both / "raw", tmp_path / "raw"))
    deliver(raw, 2022, BULLETIN | {"宫颈癌筛查率,%,": "约70"})
    register = raw / DISTRICT / "2022" / "deliveries.yml"
    head = yaml.safe_load(register.read_text(encoding="utf-8"))
    head["deliveries"] = [e for e in head["deliveries"] if e["dataset"] != "maternal_health"]
    register.write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
    with trial.received(catalog.around("bulletin"), raw, range(2022, 2023)) as con:
        compute.indicators(con, catalog)
        found = con.execute(
            "select state from out_indicators where indicator = 'cervical_screening' and area = ?", [DISTRICT]
        ).fetchall()
    assert found == [("rejected",)]

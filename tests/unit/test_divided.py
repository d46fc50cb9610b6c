"""Forms that divide people by residence or by another declared dimension: figures, verdicts, findings and mistakes of the
catalogue. The expected figures were computed by hand from the tables of tests/fixtures/divided.py.
"""

import csv
import random
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.catalog import CatalogError, load
from expectations.records import Catalog
from expectations.requirement import requirement
from flows import disclose
from flows.desk import forms, trial
from flows.places import MendableError
from flows.validate import plan_gate
from raw.simulator.figures import Behaviour, Simulation
from raw.simulator.figures import cells as simulated_cells
from raw.simulator.simulate import _sheets
from tests.fixtures.divided import ALL, CATALOG, CATALOGUE, GIVEN, HOME, INSURANCE, deliver
from tests.fixtures.warehouses import Con, rows

pytestmark = pytest.mark.usefixtures("lent")

EAST, WEST = "990501001", "990501101"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Con]:
    with trial.judged(CATALOG, deliver(tmp_path_factory.mktemp("raw")), 2022) as con:
        yield con


Place = tuple[str, str, str]
"""Area, sex, part."""
FIGURES: Mapping[str, Mapping[Place, tuple[float, float | None, float]]] = {
    "insured": {
        (HOME, "total", ""): (9630, 12000, 80.25),
        (HOME, "total", "urban"): (4630, 5000, 92.6),
        (HOME, "total", "rural"): (5000, 7000, 71.4286),
        (HOME, "female", ""): (4840, 6000, 80.6667),
        (HOME, "female", "urban"): (2290, 2500, 91.6),
        (HOME, "female", "rural"): (2550, 3500, 72.8571),
        (EAST, "total", "urban"): (3740, 4000, 93.5),
        (WEST, "male", "rural"): (2100, 3000, 70),
    },
    "insured_people": {(HOME, "total", ""): (9630, None, 9630), (HOME, "total", "rural"): (5000, None, 5000)},
    "income": {
        (HOME, "total", ""): (350_000_000, 12000, 29166.6667),
        (HOME, "total", "urban"): (210_000_000, 5000, 42000),
        (HOME, "total", "rural"): (140_000_000, 7000, 20000),
    },
    "enrolment": {  # its parts do not make up the whole: 980 of 1000 were delivered
        (HOME, "total", ""): (980, 1000, 98),
        (HOME, "total", "migrant_child"): (192, 200, 96),
        (HOME, "total", "left_child"): (98, 100, 98),
    },
}


def test_every_indicator_is_computed_for_the_whole_and_for_each_part(judged: Con) -> None:
    told = rows(judged, "select * from out_indicators where year = 2022 and state = 'ok'")
    found: dict[str, dict[Place, tuple[Any, ...]]] = {}
    for r in told:
        below = r["denominator"] and int(r["denominator"])
        place = (r["area"], r["sex"], r["part"])
        found.setdefault(r["indicator"], {})[place] = (int(r["numerator"]), below, round(r["value"], 4))
    assert {key: {place: found[key][place] for place in places} for key, places in FIGURES.items()} == FIGURES
    assert {key: len(places) for key, places in found.items()} == {
        "insured": 27,  # 3 places, 3 sexes with the total, 2 parts and the whole
        "insured_people": 9,
        "income": 3,
        "enrolment": 3,
    }


VERDICTS = {  # target → value, baseline, met, distance in % of the group that is compared with
    "g1.1.insured": (80.25, 76.1667, False, None),
    "g1.1.insured.female": (80.6667, 72.5, False, None),
    "g1.1.insured.rural": (71.4286, 65.0, False, None),
    "g1.1.insured.rural.female": (72.8571, 60.0, False, None),
    "g1.2.insured.residence": (21.1714, 26.8, True, None),
    "g1.2.insured.urban.rural": (18.7429, 30.0, True, None),  # of women alone
    "g1.2.insured": (0.8333, 7.3333, True, None),  # women and men
    "g1.2.income.residence": (22000, 20000, False, 52.381),
    "g1.3.insured_people.rural": (5000, 4550, True, None),
    "g1.4.enrolment.migrant_child": (96, 90, True, None),
    "g1.4.enrolment.left_child.migrant_child": (2, 8, True, None),
}


def test_targets_on_a_part_and_on_the_distance_between_parts_are_judged(judged: Con) -> None:
    found = {
        r["target"].partition(".")[2]: (r["value"], r["baseline"], r["met"], r["relative"])
        for r in rows(judged, "select * from out_assessments where year = 2022")
    }
    exact = {key: tuple(round(v, 4) if isinstance(v, float) else v for v in values) for key, values in found.items()}
    assert exact == VERDICTS


def test_a_target_names_the_groups_that_it_is_about() -> None:
    promises = {p.id.partition(".")[2]: p for p in CATALOG.promises(2022)}
    names = {key: p.name for key, p in promises.items()}
    assert names["g1.1.insured.rural"] == "农村医疗保险参保率"
    assert names["g1.1.insured.rural.female"] == "农村女性医疗保险参保率"
    asked = {key: requirement(CATALOG, p) for key, p in promises.items()}
    assert asked["g1.2.insured.residence"] == "城乡差距缩小"
    assert asked["g1.2.insured"] == "两性差距缩小"
    assert [side.name for side in promises["g1.2.insured.urban.rural"].sides] == ["城市女性", "农村女性"]
    assert [side.name for side in promises["g1.2.insured.residence"].sides] == ["农村", "城市"]


# --- how files may write them ----------------------------------------------------------------------------------------

WIDE = """年份,街镇代码,街镇,性别,城市参保人数,应参保人数（城镇）,参保人数-农村,农村应参保人数
2022,990501001,东街道,女,1840,2000,300,500
2022,990501001,东街道,男,1900,2000,350,500
2022,990501101,西镇,女,450,500,2250,3000
2022,990501101,西镇,男,440,500,2100,3000
"""
TWO_LINES = """年份,街镇代码,街镇,性别,城市,,农村,
,,,,参保人数,应参保人数,参保人数,应参保人数
2022,990501001,东街道,女,1840,2000,300,500
2022,990501001,东街道,男,1900,2000,350,500
2022,990501101,西镇,女,450,500,2250,3000
2022,990501101,西镇,男,440,500,2100,3000
"""
THREE_LINES = """年份,街镇代码,街镇,城市,,,,农村,,,
,,,女,,男,,女,,男,
,,,参保人数,应参保人数,参保人数,应参保人数,参保人数,应参保人数,参保人数,应参保人数
2022,990501001,东街道,1840,2000,1900,2000,300,500,350,500
2022,990501101,西镇,450,500,440,500,2250,3000,2100,3000
"""
BOTH_BESIDE_THE_NAME = """年份,街镇代码,街镇,城市女性参保人数,城市女性应参保人数,城市男性参保人数,城市男性应参保人数,参保人数（农村女）,应参保人数（农村女）,参保人数（农村男）,应参保人数（农村男）
2022,990501001,东街道,1840,2000,1900,2000,300,500,350,500
2022,990501101,西镇,450,500,440,500,2250,3000,2100,3000
"""
LONG = GIVEN[2022]["insurance"]
OTHER_WORDS = LONG.replace("城市,", "城镇居民,").replace("农村,", "乡村,")
WITH_TOTALS = f"{LONG.strip()}\n990501001,东街道,合计,女,2140,2500\n990501101,西镇,小计,女,2700,3500\n"


def insurance(folder: Path, text: str) -> tuple[list[tuple[Any, ...]], list[dict[str, Any]]]:
    """The observations of one file of 2022, and what is found in it."""
    raw = deliver(folder, {2022: {"insurance": text}})
    with trial.checked(CATALOG, raw, 2022) as con:
        seen = con.execute(
            "select area, sex, part, measure, value::integer from core_observations where part <> '' order by all"
        ).fetchall()
        return seen, rows(con, "select * from out_findings where dataset = 'insurance' and severity <> 'info'")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    seen, findings = insurance(tmp_path_factory.mktemp("raw"), LONG)
    assert findings == [] and len(seen) == 16
    return seen


@pytest.mark.parametrize("text", [WIDE, TWO_LINES, THREE_LINES, BOTH_BESIDE_THE_NAME, OTHER_WORDS])
def test_columns_and_rows_of_parts_are_read_as_one_form(
    text: str, plain: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    seen, findings = insurance(tmp_path, text)
    assert findings == []
    assert seen == plain


def test_a_delivered_total_is_compared_and_never_added(plain: list[tuple[Any, ...]], tmp_path: Path) -> None:
    seen, findings = insurance(tmp_path, WITH_TOTALS.replace("小计", "合计"))
    assert (seen, findings) == (plain, [])
    _, findings = insurance(tmp_path / "wrong", WITH_TOTALS.replace("小计", "合计").replace("2700", "2701"))
    assert [(f["rule"], f["area"], f["sex"], f["part"], f["value"]) for f in findings] == [
        ("parts_total", WEST, "female", None, "2701")
    ]
    assert "各组之和为2700" in findings[0]["message"] and "第11行" in findings[0]["message"]


def test_an_unknown_word_is_named_with_its_cell(tmp_path: Path) -> None:
    seen, findings = insurance(tmp_path, LONG.replace("城市,女,1840", "城郊,女,1840"))
    [found] = [f for f in findings if f["rule"] == "row_part"]
    assert (found["line"], found["column_name"], found["value"]) == (2, "城乡", "城郊")
    assert "应为城市、农村或合计" in found["message"] and "请改正该行后重新报送" in found["message"]
    assert len(seen) == 14, "the other rows are used"
    assert not [f for f in findings if f["rule"] == "incomplete"], "one cause is told once"
    assert found["cure"].endswith("（表中缺东街道城市女的数据，可能就是这一行）")


def test_a_row_whose_group_cannot_be_read_is_not_told_missing_beside_one_that_is(tmp_path: Path) -> None:
    short = "\n".join(LONG.replace("城市,女,1840", "城郊,女,1840").strip().split("\n")[:-1]) + "\n"
    gone = LONG.strip().split("\n")[-1].split(",")
    _, findings = insurance(tmp_path, short)
    [absent] = [f for f in findings if f["rule"] == "incomplete"]
    [found] = [f for f in findings if f["rule"] == "row_part"]
    assert "东街道城市女" not in absent["value"] and "、" not in absent["value"] and gone[-3] in absent["value"]
    assert found["cure"].endswith("（表中缺东街道城市女的数据，可能就是这一行）")


def test_each_row_that_cannot_be_placed_is_told_what_it_may_be_once(tmp_path: Path) -> None:
    """One without a place that is known, one without a group that is known."""
    text = LONG.replace("城市,女,1840", "城郊,女,1840").replace("990501101,西镇,农村,男", "990501999,西真,农村,男")
    _, findings = insurance(tmp_path, text)
    cures = {f["rule"]: f["cure"].partition("（表中缺")[2] for f in findings if f["rule"] in {"row_part", "row_area"}}
    assert cures == {
        "row_part": "东街道城市女的数据，可能就是这一行）",
        "row_area": "西镇农村男的数据，可能就是这一行）",
    }
    assert not [f for f in findings if f["rule"] == "incomplete"]


def test_a_part_that_is_not_there_leaves_a_gap(tmp_path: Path) -> None:
    """No figure of the district is summed up without it; those of the other part stand."""
    lines = [line for line in LONG.splitlines() if not line.startswith("990501001,东街道,农村")]
    raw = deliver(tmp_path, {2022: {"insurance": "\n".join(lines)}})
    with trial.judged(CATALOG, raw, 2022) as con:
        states = con.execute(
            "select area, part, state from out_indicators where indicator = 'insured' and sex = 'total' and year = 2022"
        ).fetchall()
    assert set(states) == {
        *((HOME, part, "not_received") for part in ("", "rural")),
        (HOME, "urban", "ok"),
        *((EAST, part, "not_received") for part in ("", "rural")),
        (EAST, "urban", "ok"),
        *((WEST, part, "ok") for part in ("", "urban", "rural")),
    }


@pytest.mark.parametrize(("part", "figures", "whole"), [("城郊", "10,20", "rejected"), ("城郊", "0,0", "ok")])
def test_a_row_of_an_unknown_part_costs_the_whole_that_it_is_of(
    tmp_path: Path, part: str, figures: str, whole: str
) -> None:
    """Ten women more, of town or country: those of either stand, and so do the men."""
    raw = deliver(tmp_path, {2022: {"insurance": f"{LONG.strip()}\n990501001,东街道,{part},女,{figures}\n"}})
    with trial.judged(CATALOG, raw, 2022) as con:
        states = con.execute(
            "select area, sex, part, state from out_indicators where indicator = 'insured' and year = 2022"
        ).fetchall()
    of = {(area, sex, ""): whole for area in (HOME, EAST) for sex in ("female", "total")}
    assert len(states) == 27
    assert {(*place, state) for *place, state in states} == {
        (area, sex, part, of.get((area, sex, part), "ok"))
        for area in (HOME, EAST, WEST)
        for sex in ("female", "male", "total")
        for part in ("", "urban", "rural")
    }


def test_a_part_of_which_one_side_is_not_there_costs_only_a_whole_that_it_makes_up(tmp_path: Path) -> None:
    """Children left behind are some of the children: the whole has a row of its own."""
    text = ALL[2022]["enrolment"].replace("留守儿童,98,100", "留守儿童,不适用,100")
    with trial.judged(CATALOG, deliver(tmp_path, ALL | {2022: ALL[2022] | {"enrolment": text}}), 2022) as con:
        found = con.execute(
            "select part, state from out_indicators where indicator = 'enrolment' and year = 2022 order by part"
        ).fetchall()
    assert found == [("", "ok"), ("left_child", "rejected"), ("migrant_child", "ok")]


def test_a_row_of_an_unknown_part_costs_no_delivered_whole(tmp_path: Path) -> None:
    """Migrants and left-behind children do not make up all children: of these the delivered total counts."""
    text = "儿童类别,入学人数,适龄人数\n合计,980,1000\n流动儿童,192,200\n留守儿童,98,100\n城郊儿童,5,6\n"
    with trial.judged(CATALOG, deliver(tmp_path, {2022: {"enrolment": text}}), 2022) as con:
        states = con.execute(
            "select distinct state from out_indicators where indicator = 'enrolment' and year = 2022"
        ).fetchall()
    assert states == [("ok",)]


def test_a_part_above_its_whole_is_named(tmp_path: Path) -> None:
    def found(folder: Path, migrants: str) -> list[dict[str, Any]]:
        text = "儿童类别,入学人数,适龄人数\n合计,980,1000\n流动儿童," + migrants + "\n留守儿童,98,100\n"
        with trial.checked(CATALOG, deliver(folder, {2022: {"enrolment": text}}), 2022) as con:
            return rows(con, "select * from out_findings where dataset = 'enrolment' and severity <> 'info'")

    assert found(tmp_path / "sound", "192,200") == []
    [one] = found(tmp_path / "above", "985,990")
    assert (one["rule"], one["part"], one["line"], one["value"]) == ("part_above_total", "migrant_child", 3, "985")
    assert "大于合计的980人" in one["message"] and "流动儿童" in one["message"]


CELLS = st.lists(st.tuples(st.integers(0, 900), st.integers(900, 1000)), min_size=8, max_size=8)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=CELLS, seed=st.integers(0, 99))
def test_parts_make_up_the_whole_in_whatever_order_the_rows_stand(
    cells: list[tuple[int, int]], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    header, *lines = INSURANCE.strip().splitlines()
    filled = [
        ",".join([*line.split(",")[:4], str(above), str(below)])
        for line, (above, below) in zip(lines, cells, strict=True)
    ]
    random.Random(seed).shuffle(filled)
    raw = deliver(tmp_path_factory.mktemp("raw"), {2022: {"insurance": "\n".join([header, *filled])}})
    with trial.received(CATALOG, raw, range(2022, 2023)) as con:
        from flows import compute

        compute.indicators(con, CATALOG)
        sums = con.execute(
            "select area, sex, sum(numerator) filter (part = ''), sum(numerator) filter (part <> ''), "
            "sum(denominator) filter (part = ''), sum(denominator) filter (part <> '') "
            "from out_indicators where indicator = 'insured' group by all"
        ).fetchall()
        whole = con.execute(
            "select numerator::integer, denominator::integer from out_indicators "
            "where indicator = 'insured' and area = ? and sex = 'total' and part = ''",
            [HOME],
        ).fetchall()
    assert len(sums) == 9
    assert [(a, b) for _, _, a, _, b, _ in sums] == [(a, b) for _, _, _, a, _, b in sums]
    assert whole == [(sum(a for a, _ in cells), sum(b for _, b in cells))]


# --- mistakes of the catalogue ---------------------------------------------------------------------------------------


def changed(home: Path, file: str, old: str, new: str) -> str:
    """What is said of the catalogue after a change in one of its files."""
    shutil.copytree(CATALOGUE, home, dirs_exist_ok=True)
    path = home / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load(HOME, home)
    return str(caught.value)


PLAN, FORMS, INDICATORS, OWN = (
    "plans/demo_women_2021/1_all.yml",
    "datasets/all.yml",
    "indicators/all.yml",
    "dimensions.yml",
)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (FORMS, "is: residence", "is: residense", ["all.yml 第9行", "城乡.is", "'residense'", "是否为 'residence'"]),
        (FORMS, "儿童类别: {is: care, blank: total}", "城乡: {is: residence}\n    类别: {is: care}", ["只能有一个分组", "城乡、类别"]),
        (INDICATORS, "by: residence", "by: residens", ["insured.by", "是否为 'residence'"]),
        (INDICATORS, "by: care", "by: residence", ["enrolment.by", "enrolment 没有城乡列（is: residence）"]),
        (INDICATORS, "   by: residence, people: false", "   people: false", ["between", "income 没有写 by: residence"]),
        (PLAN, "value: 80, part: rural", "value: 80, part: rual", ["1_all.yml 第9行", "part", "'rual'", "是否为 'rural'"]),
        (PLAN, "between: residence", "between: residance", ["1_all.yml 第14行", "between", "是否为 'residence'"]),
        (PLAN, "between: residence", "between: age", ["'age' 有3组", "应写明比较其中哪两组"]),
        (PLAN, "[urban, rural]", "[urban, migrant]", ["同一分组的两组", "urban、migrant"]),
        (PLAN, "[urban, rural]", "[urban]", ["第15行", "between"]),
        (PLAN, "rule: at_least, value: 90", "rule: at_least, value: 90, between: residence", ["只有 narrow_gap 目标可以写 between"]),
        (PLAN, "rule: narrow_gap, between: residence", "rule: narrow_gap, between: residence, part: rural", ["不再写 part"]),
        (PLAN, "rule: narrow_gap}", "rule: narrow_gap, sex: male}", ["不再写 sex"]),
        (OWN, "concept: CARE", "concept: SEX", ["care.concept", "'SEX' 已由 SDMX 文件 使用"]),
        (OWN, "left_child:", "rural:", ["care.parts.rural", "'rural' 已是 residence 的一组"]),
        (OWN, "words: [随迁子女]", "words: [合计]", ["'合计' 已表示合计或性别"]),
        (OWN, "sdmx: LEFT", "sdmx: MIGR", ["'MIGR' 已表示流动儿童"]),
        (OWN, "exhaustive: false", "exhaustiv: false", ["exhaustiv", "没有这个键"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_and_key(
    file: str, old: str, new: str, told: list[str], tmp_path: Path
) -> None:
    said = changed(tmp_path / "home", file, old, new)
    assert [words for words in told if words not in said] == [], said


def test_a_home_adds_dimensions_and_replaces_those_of_the_same_name(tmp_path: Path) -> None:
    assert {"residence", "care"} <= CATALOG.dimensions.keys() and list(CATALOG.divided) == ["residence", "care"]
    home = tmp_path / "home"
    shutil.copytree(CATALOGUE, home)
    with (home / OWN).open("a", encoding="utf-8") as file:
        file.write(
            "residence:\n  {name: 城镇和乡村, concept: URBANISATION, exhaustive: true, parts: "
            "{urban: {name: 城镇, sdmx: U}, rural: {name: 乡村, sdmx: R}}}\n"
        )
    there = load(HOME, home)
    assert next(p.name for p in there.promises() if p.target.part == "rural") == "乡村医疗保险参保率"


# --- what the public edition must not give away ----------------------------------------------------------------------


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Con]:
    """Three persons in the country, in a form that is divided by residence alone: total less city gives them away."""
    income = "城乡,居民收入总额,居民人数\n城市,21000,5000\n农村,9,3\n"
    years = {year: {"income": tables["income"]} for year, tables in GIVEN.items()} | {2022: {"income": income}}
    with trial.judged(CATALOG, deliver(tmp_path, years), 2022) as con:
        yield con


def test_the_intruder_knows_that_parts_make_up_the_whole(few: Con) -> None:
    with pytest.raises(MendableError, match="居民人数（2022年，示例区，农村）"):
        disclose.protect(few, CATALOG, secondary=False)


def test_with_a_small_part_another_count_is_kept_back(few: Con) -> None:
    disclose.protect(few, CATALOG)
    kept = dict(few.execute("select part, kind from out_suppressed").fetchall())
    assert kept == {"rural": "primary", "urban": "secondary"}
    with disclose.public(few, CATALOG) as copy:
        told = {
            part: (below, value, state)
            for part, below, value, state in copy.execute(
                "select part, denominator, value, state from out_indicators where indicator = 'income' and year = 2022"
            ).fetchall()
        }
        assert told["rural"] == (None, None, "suppressed")
        verdict = copy.execute(
            "select value, relative, verdict from out_assessments where target like '%income.residence' and year = 2022"
        ).fetchall()
    assert verdict == [(None, None, "suppressed")]


def test_a_part_of_many_is_printed(judged: Con) -> None:
    disclose.protect(judged, CATALOG)
    assert judged.execute("select count(*) from out_suppressed where indicator = 'income'").fetchone() == (0,)


# --- the empty form --------------------------------------------------------------------------------------------------


def test_the_empty_form_has_a_row_for_each_part(tmp_path: Path) -> None:
    """Where the parts make up the whole, they alone are asked for; else the whole is asked for as well."""
    with trial.judged(CATALOG, deliver(tmp_path / "raw"), 2022) as con:
        previous = forms.previous_figures(con, CATALOG, "insurance", 2023)
    assert previous[EAST, "", "female", "rural", "insured"] == "300"
    for dataset, columns, rows_of in (
        ("insurance", slice(1, 5), [[code, name, part, sex]
                                    for code, name in ((EAST, "东街道"), (WEST, "西镇"))
                                    for part in ("城市", "农村") for sex in ("女", "男")]),
        ("enrolment", slice(1, 2), [["合计"], ["流动儿童"], ["留守儿童"]]),
    ):  # fmt: skip
        _, path = forms.write(CATALOG, dataset, 2022, tmp_path, previous)
        with path.open(encoding="utf-8-sig", newline="") as file:
            _, *found = csv.reader(file)
        assert [row[columns] for row in found] == rows_of


def test_a_filled_form_is_read_as_it_was_meant(tmp_path: Path, plain: list[tuple[Any, ...]]) -> None:
    figures = [line.split(",")[4:] for line in LONG.strip().splitlines()[1:]]
    _, path = forms.write(CATALOG, "insurance", 2022, tmp_path / "form", {})
    header, *empty = path.read_text(encoding="utf-8-sig").splitlines()
    filled = [",".join([*row.split(",")[:5], *own]) for row, own in zip(empty, figures, strict=True)]
    seen, findings = insurance(tmp_path / "raw", "\n".join([header, *filled]))
    assert (seen, findings) == (plain, [])


def test_the_simulated_departments_fill_in_parts_too() -> None:
    """Half as many of the insured live in the country as in the city; the parts sum to the district's figure."""
    catalog = CATALOG.only({"insurance"})
    entries = {
        "insurable": Behaviour(total=(9000, 9000), women=(50, 50), parts={"urban": 2, "rural": 1}),
        "insured": Behaviour(of="insurable", rate=(80, 90), women=(50, 50)),
    }
    simulation = Simulation(catalog, entries)
    figures = simulation.figures("insurable", 2024) or {}
    by_part = {part: sum(n for c, n in figures.items() if c.part == part) for part in ("urban", "rural")}
    assert by_part == {"urban": 6000, "rural": 3000} and len(figures) == 8
    insured = simulation.figures("insured", 2024) or {}
    assert all(insured[cell] <= figures[cell] for cell in figures)
    [_, first, *_] = next(s.rows for s in _sheets(catalog, simulation, 2024))
    assert first[:5] == ("2024", EAST, "东街道", "城市", "女")
    with pytest.raises(ValueError, match="儿童入学情况表的分组合起来不是全部，不能模拟"):
        list(simulated_cells(CATALOG, CATALOG.datasets["enrolment"]))


# --- figures that come ready-made ------------------------------------------------------------------------------------

READY = """
published:
  title: 公布的指标
  department: statistics
  due: "03-10"
  irregular: true
  columns:
    年份: {is: year}
    指标: {is: indicator}
    计量单位: {is: value_unit}
    城乡: {is: residence}
    数值: {is: value, decimals: 2}
    比基期变化: {is: note}
  stated: {baseline: 比基期变化}
"""
RATE = """
mortality:
  {name: 死亡率, kind: ratio, numerator: deaths, denominator: births, per: 1000, unit: ‰, decimals: 1, better: lower,
   by: residence, lead: statistics, definition: 死亡人数与活产数之比。}
"""
PROMISE = """
domain: 1
title: 妇女与健康
goals:
  1: {title: 缩小城乡差距, targets: [{indicator: mortality, rule: narrow_gap, between: residence}]}
  2:
    title: 降低死亡率
    targets: [{indicator: mortality, rule: decrease}, {indicator: mortality, rule: decrease, part: rural}]
"""


@pytest.fixture(scope="module")
def national(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The same district with one table of published rates for all, the city and the country."""
    home = tmp_path_factory.mktemp("published")
    shutil.copytree(CATALOGUE, home, dirs_exist_ok=True)
    for name, text in ((FORMS, READY), (INDICATORS, RATE), (PLAN, PROMISE)):
        (home / name).write_text(text, encoding="utf-8")
    return load(HOME, home)


@pytest.mark.parametrize("wide", [False, True])
def test_published_rates_of_city_and_country_are_taken_as_they_stand(
    national: Catalog, wide: bool, tmp_path: Path
) -> None:
    """Rates have no counts that could be added: the published rate of all stands beside those of the parts."""
    years = {2020: ("9.00", "6.00", "14.00"), 2021: ("8.50", "5.80", "13.00"), 2022: ("8.10", "5.60", "11.40")}
    given = {}
    for year, rates in years.items():
        if wide:
            text = f"年份,指标,计量单位,全区,城市,农村\n{year},死亡率,‰,{','.join(rates)}\n"
        else:
            rows_of = zip(("全区", "城镇", "乡村"), rates, strict=True)
            text = "年份,指标,计量单位,城乡,数值\n" + "".join(
                f"{year},死亡率,‰,{part},{rate}\n" for part, rate in rows_of
            )
        given[year] = {"published": text}
    with trial.judged(national, deliver(tmp_path, given), 2022) as con:
        told = dict(con.execute("select part, value from out_indicators where year = 2022").fetchall())
        [verdict] = rows(
            con, "select value, baseline, met from out_assessments where year = 2022 and target like '%residence'"
        )
    assert told == {"": 8.1, "urban": 5.6, "rural": 11.4}
    assert {k: v if isinstance(v, bool) else round(v, 6) for k, v in verdict.items()} == {
        "value": 5.8, "baseline": 8.0, "met": True,
    }  # fmt: skip


def test_the_plan_check_calls_a_gap_a_gap(national: Catalog, tmp_path: Path) -> None:
    """City and country moved apart, and the rate of all rose, too: its number has the name of the rate."""
    rows_of = {2020: ("9.00", "6.00", "14.00"), 2022: ("9.50", "5.00", "14.00")}
    head = "年份,指标,计量单位,全区,城市,农村\n"
    given = {year: {"published": f"{head}{year},死亡率,‰,{','.join(rates)}\n"} for year, rates in rows_of.items()}
    with trial.judged(national, deliver(tmp_path, given), 2022) as con:
        plan_gate(con, national, 2022)
        told = "".join(m for (m,) in con.execute("select message from out_findings where gate = 'plan'").fetchall())
    assert "“死亡率的城乡差距”2022年为9个千分点，未达到规划要求（低于8个千分点）" in told
    assert "“死亡率”2022年为9.5‰，未达到规划要求（低于9‰）" in told


def test_what_is_published_of_all_is_not_said_of_a_part(national: Catalog, tmp_path: Path) -> None:
    """The baseline year was never published; the office prints how far the rate of all has fallen since."""
    text = "年份,指标,计量单位,城乡,数值,比基期变化\n2022,死亡率,‰,合计,8.10,-0.9\n2022,死亡率,‰,农村,11.40,{}\n"

    def judged(folder: Path, change: str) -> dict[str, list[Any]]:
        with trial.judged(national, deliver(folder, {2022: {"published": text.format(change)}}), 2022) as con:
            found = con.execute(
                "select target, verdict, method, reason from out_assessments where year = 2022 and target like '%g1.2%'"
            ).fetchall()
        return {target.partition("mortality")[2]: told for target, *told in found}

    fallen = ["on_course", "stated", None]
    assert judged(tmp_path / "of_all", "") == {"": fallen, ".rural": ["unknown", None, "no_baseline"]}
    assert judged(tmp_path / "of_both", "0.4") == {"": fallen, ".rural": ["away", "stated", None]}


@pytest.mark.parametrize(("of_all", "said"), [("8.10", None), ("5.50", "较近的一个为5.6‰"), ("11.41", "11.4")])
def test_a_published_rate_of_all_lies_between_those_of_the_parts(
    national: Catalog, of_all: str, said: str | None, tmp_path: Path
) -> None:
    text = f"年份,指标,计量单位,全区,城市,农村\n2022,死亡率,‰,{of_all},5.60,11.40\n"
    with trial.checked(national, deliver(tmp_path, {2022: {"published": text}}), 2022) as con:
        found = con.execute("select rule, message from out_findings where severity = 'warning'").fetchall()
    assert [rule for rule, _ in found] == ([] if said is None else ["published_parts"])
    assert said is None or said in found[0][1]


def test_ready_made_figures_by_residence_come_in_a_form_that_has_it(tmp_path: Path) -> None:
    home = tmp_path / "published"
    shutil.copytree(CATALOGUE, home)
    for name, text in ((FORMS, READY.replace("    城乡: {is: residence}\n", "")), (INDICATORS, RATE), (PLAN, PROMISE)):
        (home / name).write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load(HOME, home)
    assert "mortality.by：给出它的报表 published 没有城乡列（is: residence）" in str(caught.value)


TOTALS = """年份,街镇代码,街镇,性别,{}
2022,990501001,东街道,女,2140,1840,300,2500,2000,500
2022,990501001,东街道,男,2250,1900,350,2500,2000,500
2022,990501101,西镇,女,2700,450,2250,3500,500,3000
2022,990501101,西镇,男,2541,440,2100,3500,500,3000
"""


@pytest.mark.parametrize(
    "titles",
    [
        "参保人数,城市参保人数,农村参保人数,应参保人数,城市应参保人数,农村应参保人数",
        "参保人数,,,应参保人数,,\n,,,,合计,城市,农村,合计,城市,农村",
        "参保人数,,,应参保人数,,\n,,,,合计,其中：城市,其中：农村,合计,其中：城市,其中：农村",
    ],
)
def test_a_column_of_totals_is_compared_with_the_columns_of_parts(
    titles: str, plain: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    """Beside 城市 and 农村, 合计 is their total and not that of women and men."""
    seen, findings = insurance(tmp_path, TOTALS.format(titles))
    assert seen == plain
    [found] = findings
    assert (found["rule"], found["sex"], found["value"]) == ("parts_total", "male", "2541")
    assert "各组之和为2540" in found["message"]

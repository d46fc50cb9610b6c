"""A district lives longer than one plan: the next plan, departments that come and go, what is owed in which year."""

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from expectations.catalog import CatalogError, load
from expectations.records import Catalog
from expectations.requirement import requirement
from expectations.rules import RULES
from expectations.vocabulary import Ending
from flows.assess import _case
from flows.assess.rules import Point, assess
from flows.desk import trial
from flows.edition import contents
from flows.places import MendableError
from flows.report.write import listing
from tests.fixtures import editions
from tests.fixtures.homes import GOLDEN
from tests.fixtures.promises import outcome

Changed = Callable[..., Catalog]
NEXT = "plans/demo_women_2026"
PERIOD = ("start: 2021\nend: 2025\nbaseline: 2020", "start: 2026\nend: 2030\nbaseline: 2025")


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """The golden catalogue with the plan of the next period, which asks the same but for the evidence of goal 1.5."""
    home = Path(shutil.copytree(GOLDEN / "expectations", tmp_path / "expectations"))
    shutil.copytree(home / "plans/demo_women_2021", home / NEXT)
    change(home, f"{NEXT}/plan.yml", *PERIOD)
    change(
        home, f"{NEXT}/1_health.yml", "      - {rule: evidence, lead: health, ask: 妇女健康知识普及的开展情况}\n", ""
    )
    change(home, "districts/990101.yml", "plans: [demo_women_2021]", "plans: [demo_women_2021, demo_women_2026]")
    return home


def change(home: Path, file: str, old: str, new: str) -> None:
    text = (home / file).read_text(encoding="utf-8")
    assert old in text
    (home / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_list_of_targets_names_the_plan_and_an_edition_lists_those_of_its_year(two: Path) -> None:
    """Both plans are of women: who reads the list could not tell what is in force. The neighbour: without a year, all."""
    catalog = load("990101", two)

    def listed(year: int | None = None) -> set[str]:
        out = io.StringIO()
        listing.show(catalog, "csv", out, year)
        return {row["plan"] for row in csv.DictReader(io.StringIO(out.getvalue()))}

    assert listed(2022) == {"demo_women_2021"}
    assert listed(2026) == {"demo_women_2026"}
    assert listed() == {"demo_women_2021", "demo_women_2026"}


def test_the_same_target_of_two_periods_has_two_ids(two: Path) -> None:
    catalog = load("990101", two)
    ids = [p.id for p in catalog.promises()]
    assert len(ids) == len(set(ids)) == 17
    assert [p.id for p in catalog.promises(2026)][:2] == [
        "demo_women_2026.g1.1.maternal_mortality",
        "demo_women_2026.g1.2.cervical_screening",
    ]


def test_two_plans_of_one_year_have_two_short_titles(two: Path) -> None:
    """Departments name a plan by its short title: with the same one, a statement would have two meanings."""
    change(two, f"{NEXT}/plan.yml", "start: 2026", "start: 2025")
    with pytest.raises(CatalogError, match="demo_women_2026 与 demo_women_2021 同年实施，简称（short）都是 '妇女规划'"):
        load("990101", two)
    change(two, f"{NEXT}/plan.yml", "short: 妇女规划", "short: 妇女新规划")
    assert {p.head.short for p in load("990101", two).in_force(2025)} == {"妇女规划", "妇女新规划"}


def test_an_earlier_edition_has_the_ids_of_today(tmp_path: Path) -> None:
    """What it printed has been published: it must be known as the same target."""
    target = editions.target("demo_women_2021.g1.1.x", 2021, "met_year", 1.0)
    editions.write(tmp_path, 2021, [target])
    path = tmp_path / contents.NAME
    assert contents.read(tmp_path).targets[0].id == "demo_women_2021.g1.1.x"
    old = json.loads(path.read_text(encoding="utf-8"))
    old["format"], old["targets"][0]["id"] = contents.WITHOUT_PLAN, "women.g1.1.x"
    path.write_text(json.dumps(old), encoding="utf-8")
    assert contents.read(tmp_path).targets[0].id == "demo_women_2021.g1.1.x"
    assert contents.parse(path.read_bytes(), "").targets[0].id == "women.g1.1.x"  # as printed


def test_an_earlier_edition_called_an_institution_a_unit(tmp_path: Path) -> None:
    figure = {"year": 2021, "area": "990101001", "sex": "total", "value": 2.0, "state": "ok", "numerator": 2.0, "denominator": None,
              "caliber": 0}  # fmt: skip
    told = {"name": "医生数", "unit": "人", "decimals": 0, "values": [{**figure, "institution": "clinic_1"}]}
    editions.write(tmp_path, 2021, indicators={"doctors": told})
    now, path = contents.read(tmp_path).indicators, tmp_path / contents.NAME
    text = path.read_text(encoding="utf-8")
    for form in (contents.OF_UNITS, contents.WITHOUT_PLAN):
        path.write_text(text.replace(contents.FORMAT, form).replace('"institution": ', '"unit": '), encoding="utf-8")
        assert contents.read(tmp_path).indicators == now
        assert [value.institution for value in now["doctors"].values] == ["clinic_1"]
    path.write_text(text.replace('"institution": "clinic_1"', '"place": "clinic_1"'), encoding="utf-8")
    with pytest.raises(MendableError, match=r"读不出（indicators\.doctors\.values\.0\.institution）"):
        contents.read(tmp_path)


def test_an_id_keeps_the_word_with_which_its_rule_was_first_called(two: Path) -> None:
    """Earlier editions and sheets that were sent hold it."""
    found = [p.id for p in load("990101", two).promises(2026) if p.target.rule.key == "every_place_at_least"]
    assert found == ["demo_women_2026.g1.2.cervical_screening.every_unit_at_least"]


# --- what is owed ---


def test_statements_are_owed_while_their_plan_runs(two: Path) -> None:
    """The next plan asks health for no statement; nor was one owed before the first plan began."""
    catalog = load("990101", two)
    assert catalog.senders["progress"] == ("health",)
    assert {year: catalog.owed(year).get("progress") for year in (2020, 2021, 2025, 2026)} == {
        2020: None,
        2021: ("health",),
        2025: ("health",),
        2026: None,
    }


def test_a_form_is_owed_from_the_baseline_to_the_end_of_a_plan_that_needs_it(two: Path) -> None:
    change(two, f"{NEXT}/1_health.yml", "{indicator: regular_exercise, rule: at_least, value: 45, sex: female}",
           "{indicator: maternal_anaemia, rule: at_most, value: 9}")  # fmt: skip
    catalog = load("990101", two)
    owing = {year: "exercise_survey" in catalog.owed(year) for year in (2019, 2020, 2024, 2025, 2026, 2030)}
    assert owing == {2019: False, 2020: True, 2024: True, 2025: True, 2026: False, 2030: False}
    assert catalog.owed(2031) == catalog.owed(2019) == {}


def test_a_form_that_no_target_needs_is_owed_by_nobody(two: Path) -> None:
    """A department of the district has a form in the shared folder that this district's plans do not use."""
    form = """
unused:
  title: 医院床位情况表
  department: health
  due: "03-15"
  columns:
    年份: {is: year}
    床位数: {measure: beds, unit: 张}
"""
    with (two / "datasets/all.yml").open("a", encoding="utf-8") as file:
        file.write(form)
    catalog = load("990101", two)
    assert "unused" in catalog.datasets
    assert [name for name in catalog.datasets if name not in catalog.owed(2021)] == ["unused"]


def test_a_form_about_institutions_that_the_district_has_not_is_not_its_form(two: Path) -> None:
    form = """
clinics:
  title: 社区卫生服务中心情况表
  department: health
  due: "03-15"
  institution_kind: clinic
  columns:
    年份: {is: year}
    机构名称: {is: institution}
    医生数: {measure: doctors, unit: 人}
"""
    with (two / "datasets/all.yml").open("a", encoding="utf-8") as file:
        file.write(form)
    assert "clinics" not in load("990101", two).datasets


# --- departments that come and go ---

MERGED = "  sports: {name: 区体育局, until: 2022, successor: culture}\n  culture: {name: 区文体局, since: 2023}\n"


def test_the_successor_of_a_department_owes_its_forms(two: Path) -> None:
    change(two, "districts/990101.yml", "  sports: {name: 区体育局}\n", MERGED)
    catalog = load("990101", two)
    assert [catalog.owed(year)["exercise_survey"] for year in (2020, 2022, 2023, 2026)] == [
        ("sports",),
        ("sports",),
        ("culture",),
        ("culture",),
    ]
    leads = {year: {p.lead for p in catalog.promises(year) if p.target.indicator == "regular_exercise"}
             for year in (2022, 2023)}  # fmt: skip
    assert leads == {2022: {"sports"}, 2023: {"culture"}}
    assert catalog.senders["exercise_survey"] == (
        "sports",
        "culture",
    )  # a later version may come from who has the papers


def test_a_department_without_successor_owes_nothing_more(two: Path) -> None:
    change(two, "districts/990101.yml", "{name: 区体育局}", "{name: 区体育局, until: 2022}")
    catalog = load("990101", two)
    assert "exercise_survey" in catalog.owed(2022)
    assert "exercise_survey" not in catalog.owed(2023)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{name: 区体育局, successor: health}", "须写明 until"),
        ("{name: 区体育局, until: 2022, successor: nobody}", "没有部门 'nobody'"),
        ("{name: 区体育局, since: 2023, until: 2022}", "until（2022）早于 since（2023）"),
        ("{name: 区体育局, until: 2022, successor: later}\n  later: {name: 区文体局, since: 2025}", "在 2023 年不在"),
    ],
)
def test_a_succession_that_cannot_be_is_named(two: Path, written: str, says: str) -> None:
    change(two, "districts/990101.yml", "{name: 区体育局}", written)
    with pytest.raises(CatalogError, match=says):
        load("990101", two)


# --- a target that was revised ---

REVISED = ("{indicator: cervical_screening, rule: at_least, value: 70}",
           "{indicator: cervical_screening, rule: at_least, value: 65,\n"
           "         revised: [{since: 2022, value: 90, by: 示例区政府2022年第5号文件}]}")  # fmt: skip
SCREENING = "demo_women_2021.g1.2.cervical_screening"


def test_a_year_is_asked_for_the_number_of_its_time(two: Path) -> None:
    change(two, "plans/demo_women_2021/1_health.yml", *REVISED)
    catalog = load("990101", two)
    told = {year: requirement(catalog, catalog.promise(SCREENING, year)) for year in (2021, 2022, 2025)}
    assert told == {2021: "≥65%", 2022: "≥90%（2022年起；原≥65%）", 2025: "≥90%（2022年起；原≥65%）"}
    again = "revised: [{since: 2022, value: 90, by: 第5号文件}, {since: 2024, value: 95, by: 第6号文件}]"
    change(
        two,
        "plans/demo_women_2021/1_health.yml",
        "revised: [{since: 2022, value: 90, by: 示例区政府2022年第5号文件}]",
        again,
    )
    catalog = load("990101", two)
    assert requirement(catalog, catalog.promise(SCREENING, 2023)) == "≥90%（2022年起；原≥65%）"
    assert requirement(catalog, catalog.promise(SCREENING, 2024)) == "≥95%（2024年起；2022年起≥90%；原≥65%）"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("{indicator: maternal_anaemia, rule: decrease, revised: [{since: 2022, value: 3, by: 第5号文件}]}", "只有带数值的目标"),
        ("{indicator: maternal_anaemia, rule: at_most, value: 9, revised: [{since: 2026, value: 3, by: 第5号文件}]}",
         "goals.3.targets.0.revised.0.since：目标值调整自2026年起，不在规划期（2021—2025年）内"),
        ("{indicator: maternal_anaemia, rule: at_most, value: 9, revised: [{since: 2023, value: 3, by: 第5号文件}, "
         "{since: 2022, value: 4, by: 第4号文件}]}", "由早到晚"),
        ("{indicator: maternal_anaemia, rule: at_most, value: 9, revised: [{since: 2023, value: 3}]}", "by：缺少这一项"),
    ],
)  # fmt: skip
def test_a_revision_that_cannot_be_is_named(two: Path, written: str, says: str) -> None:
    change(two, "plans/demo_women_2021/1_health.yml", "{indicator: maternal_anaemia, rule: decrease}", written)
    with pytest.raises(CatalogError, match=re.escape(says)):
        load("990101", two)


def test_old_verdicts_stand(two: Path) -> None:
    """Screening was 68 % in 2021 and 70 % in 2022: what the plan's 65 % asked stays met, and 90 % is not met."""
    change(two, "plans/demo_women_2021/1_health.yml", *REVISED)
    with trial.judged(load("990101", two), GOLDEN / "raw", 2022) as con:
        verdicts = con.execute(
            "select year, threshold, met from out_assessments where target = ? order by year", [SCREENING]
        ).fetchall()
    assert verdicts == [(2021, 65.0, True), (2022, 90.0, False)]


def test_early_is_counted_from_the_number_that_decides() -> None:
    """Met since 2021 by the plan's number, and by the number of 2023 since 2023, as far as anybody has judged."""
    values = "80 95 96 97 98 99"
    assert outcome("at_least", values, "90").since == 2021
    revised = outcome("at_least", values, "90", revised=[{"since": 2023, "value": 90, "by": "第5号文件"}])
    assert (revised.status, revised.since, revised.is_since_known) == (Ending.EARLY, 2023, True)


@pytest.mark.parametrize("first", [2010, 2019])
def test_years_that_only_an_older_plan_reads_decide_nothing(first: int) -> None:
    """上升趋势减缓 of a plan since 2021 (baseline 2020): rises of 9 up to 2014, then of 1, and in 2021 of 2."""
    catalog = load("990101", GOLDEN / "expectations")
    asked = next(p for p in catalog.promises(2021) if p.indicator is not None and p.target.rule.series == "value")
    slow = replace(asked, target=asked.target.model_copy(update={"rule": RULES["slow_increase"], "value": None}))
    values = {y: 9 * min(y - 2010, 4) + max(y - 2014, 0) + (1 if y > 2020 else 0) for y in range(2010, 2022)}
    places = {
        (catalog.district.code, "", slow.target.sex, ""): {
            y: Point(Fraction(v), "ok", 0) for y, v in values.items() if y >= first
        }
    }
    found = assess(_case(catalog, {str(slow.target.indicator): places}, slow, 2021))
    assert (found.met, found.threshold) == (False, values[2020] + 1)

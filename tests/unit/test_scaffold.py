"""A home has only its own files: what it has not is the program's, and what it has goes before that."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from expectations.catalog import HOME, MARK, CatalogError, forms, library, load, promised
from expectations.records import District, PlanHead, Target
from flows.adopt import scaffold, schemas
from flows.ingest import register
from flows.ingest.register import Register
from flows.places import SETTINGS, MendableError
from tests.fixtures.deliveries import CATALOGUE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(CATALOGUE, tmp_path / "expectations")
    return tmp_path / "expectations"


def asking(home: Path, indicator: str) -> None:
    """The first target of the demo plan asks another indicator, whose figures come ready-made."""
    form = home / "datasets" / "all.yml"
    if form.exists():
        listed = re.sub(r"indicators: \[.*\]", f"indicators: [{indicator}]", form.read_text(encoding="utf-8"))
        form.write_text(listed, encoding="utf-8")
    path = home / "plans" / "demo_women_2021" / "1_all.yml"
    domain = yaml.safe_load(path.read_text(encoding="utf-8"))
    domain["goals"] = {1: {"title": "一条目标", "targets": [{"indicator": indicator, "rule": "at_least", "value": 90}]}}
    domain["actions"] = {}
    path.write_text(yaml.safe_dump(domain, allow_unicode=True), encoding="utf-8")


def test_an_indicator_that_a_home_has_not_is_the_programs(home: Path) -> None:
    asking(home, "hospital_delivery")
    assert load("990201", home).indicators == {"hospital_delivery": library()["hospital_delivery"]}
    asking(home, "no_such_indicator")
    with pytest.raises(CatalogError, match="没有指标 'no_such_indicator'"):
        load("990201", home)


def test_an_indicator_of_a_home_goes_before_the_programs(home: Path) -> None:
    shipped = (HOME / "indicators" / "library.yml").read_text(encoding="utf-8")
    own = {"hospital_delivery": yaml.safe_load(shipped)["hospital_delivery"] | {"name": "本地住院分娩率"}}
    (home / "indicators" / "own.yml").write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")
    asking(home, "hospital_delivery")
    assert load("990201", home).indicators["hospital_delivery"].name == "本地住院分娩率"
    known = library(home)
    assert known["hospital_delivery"].name == "本地住院分娩率"
    assert known["antenatal_care"] == library()["antenatal_care"]


def test_a_home_that_names_only_its_own_does_not_depend_on_the_programs_files(home: Path, tmp_path: Path) -> None:
    """An upgrade of the library changes no run of it: the files are not part of what was read."""
    before = load("990201", home).digest
    path = home / "indicators" / "all.yml"
    path.write_text(path.read_text(encoding="utf-8") + "# one word\n", encoding="utf-8")
    assert load("990201", home).digest != before


def test_what_a_home_cannot_mend_in_the_programs_files_is_told_of_its_own(home: Path) -> None:
    """breast_screening is led by health, which is there, and supported by women_federation, which is not; it stands in a file of
    the program.
    """
    asking(home, "breast_screening")
    with pytest.raises(CatalogError) as caught:
        load("990201", home)
    [problem] = caught.value.problems
    district = home / "districts" / "990201.yml"
    lines = district.read_text(encoding="utf-8").splitlines()
    assert (problem.file, lines[problem.line - 1]) == ("expectations/districts/990201.yml", "departments:")
    assert "breast_screening（support.0）" in problem.message and "'women_federation'" in problem.message
    text = district.read_text(encoding="utf-8")
    federation = "departments:\n  women_federation: {name: 区妇联}"
    district.write_text(text.replace("departments:", federation, 1), encoding="utf-8")
    assert set(load("990201", home).indicators) == {"breast_screening"}


@pytest.mark.parametrize(("name", "instead"), [("checks.yml", "policy.yml"), ("codes.yml", "words.yml")])
def test_a_file_of_a_home_that_is_not_read_is_not_passed_over_in_silence(home: Path, name: str, instead: str) -> None:
    shipped = (HOME / name).read_bytes()
    (home / name).write_bytes(shipped)
    load("990201", home)  # a copy of the program's own takes nothing from anybody
    (home / name).write_bytes(shipped + b"# one word\n")
    with pytest.raises(CatalogError) as caught:
        load("990201", home)
    [problem] = caught.value.problems
    assert (problem.file, instead in problem.message) == (f"expectations/{name}", True)


def test_thresholds_that_a_home_has_not_are_the_programs(home: Path) -> None:
    (home / "policy.yml").unlink()
    assert load("990201", home).policy == load("120115", HOME).policy


def explained(text: str, model: type[BaseModel]) -> set[str]:
    """Keys of a record that a text has with a word of what they mean."""
    keys = {field.alias or key for key, field in model.model_fields.items()}
    return {key for key in keys for line in text.splitlines() if f"{key}:" in line and "#" in line}


def test_a_scaffold_explains_every_key(tmp_path: Path) -> None:
    list(scaffold.district("990301", "云岭县", 2025, tmp_path, True))
    list(scaffold.plan("women_2026", "云岭县妇女规划", 2026, 2030, tmp_path / "expectations"))
    text = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.yml")}
    assert explained(text["990301.yml"], District) >= set(District.model_fields) - {"compiled_from"}
    assert explained(text["plan.yml"], PlanHead) >= set(PlanHead.model_fields) - {"extent"}
    assert explained(text["1_domain.yml"], Target) >= set(Target.model_fields) - {"id"}
    assert explained(text["deliveries.yml"], Register) == set(Register.model_fields)
    assert all(one.startswith(schemas.SPEAKS) for one in text.values())


@pytest.mark.parametrize(
    ("settings", "told"), [('district: "120115"', True), ('district: "990301"', False), (None, False)]
)
def test_a_home_that_is_another_districts_is_told(settings: str | None, told: bool, tmp_path: Path) -> None:
    """Else every command that names none is about a district that is not there."""
    if settings:
        (tmp_path / SETTINGS).write_text(f"{settings}\n", encoding="utf-8")
    lines = [*scaffold.district("990301", "云岭县", 2025, tmp_path, True)]
    assert [f"{tmp_path / SETTINGS} 原有，其中的地区是 120115" in line for line in lines].count(True) == told
    assert (tmp_path / SETTINGS).read_text(encoding="utf-8").startswith(settings or schemas.SPEAKS)


CODE, NAME, YEAR = "990301", "云岭县", 2025


def begun(home: Path, simulated: bool = True, year: int = YEAR) -> str:
    """All that is told where a district is begun."""
    return "\n".join(scaffold.district(CODE, NAME, year, home, simulated))


def standing(home: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (f"name: {NAME}", "name: 云山县", "是 云山县（990301）的地区文件，不是 云岭县 的"),
        (f'code: "{CODE}"', 'code: "990302"', "是 云岭县（990302）的地区文件"),
        ("departments:", "departments: [", "990301.yml"),
        ("plans: [women_2026]", "plans: []", "plans"),
        ("", "", None),
    ],
)
def test_a_districts_file_that_is_there_must_be_its_own_and_whole(
    tmp_path: Path, old: str, new: str, told: str | None
) -> None:
    begun(tmp_path)
    shutil.rmtree(tmp_path / "raw")
    path = tmp_path / "expectations" / "districts" / f"{CODE}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    before = standing(tmp_path)
    if told is None:
        assert "只建立登记表" in begun(tmp_path)
        assert set(standing(tmp_path)) - set(before) == {tmp_path / "raw" / CODE / str(YEAR) / register.REGISTER}
        return
    with pytest.raises((CatalogError, MendableError), match=re.escape(told)):
        begun(tmp_path)
    assert standing(tmp_path) == before


def test_a_folder_with_the_name_of_a_districts_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "expectations" / "districts" / f"{CODE}.yml").mkdir(parents=True)
    with pytest.raises(CatalogError, match=f"{CODE}.yml .*不是普通文件"):
        begun(tmp_path)
    assert standing(tmp_path) == {}


@pytest.mark.parametrize(("year", "is_made"), [(YEAR + 1, False), (YEAR - 1, True), (YEAR, False)])
def test_only_the_first_register_is_begun_anew(tmp_path: Path, year: int, is_made: bool) -> None:
    """Later ones follow from an earlier one, with its days and its note."""
    begun(tmp_path)
    before = standing(tmp_path)
    if is_made:
        begun(tmp_path, year=year)
        assert len(standing(tmp_path)) == len(before) + 1
        return
    with pytest.raises(MendableError, match="receive" if year > YEAR else "已经有了"):
        begun(tmp_path, year=year)
    assert standing(tmp_path) == before


def test_a_district_without_its_file_gets_it_and_no_second_beginning(tmp_path: Path) -> None:
    begun(tmp_path)
    path = tmp_path / "expectations" / "districts" / f"{CODE}.yml"
    path.unlink()
    before = standing(tmp_path)
    assert f"已有{YEAR}年的登记表" in begun(tmp_path, year=YEAR + 1)
    assert set(standing(tmp_path)) - set(before) == {path}


@pytest.mark.parametrize(("earlier", "asked"), [(True, False), (False, True)])
def test_a_register_that_is_simulated_otherwise_than_later_ones_is_to_be_confirmed(
    tmp_path: Path, earlier: bool, asked: bool
) -> None:
    begun(tmp_path, simulated=True)
    begun(tmp_path, simulated=earlier, year=YEAR - 1)
    text = (tmp_path / "raw" / CODE / str(YEAR - 1) / register.REGISTER).read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith("simulated:")]
    assert (MARK in line and f"{YEAR}年的登记表写明 simulated: true" in line) == asked


def test_a_register_waits_until_its_marks_are_gone(tmp_path: Path) -> None:
    list(scaffold.district("990301", "云岭县", 2025, tmp_path, True))
    path = tmp_path / "raw" / "990301" / "2025" / "deliveries.yml"
    with pytest.raises(CatalogError, match="草稿尚未确认"):
        register.read(path, tmp_path / "raw")
    path.write_text(
        "\n".join(line.partition(MARK)[0] for line in path.read_text(encoding="utf-8").splitlines()), encoding="utf-8"
    )
    assert register.read(path, tmp_path / "raw").year == 2025


def test_a_form_for_what_nobody_has_named_yet_is_asked_for(home: Path) -> None:
    path = home / "indicators" / "own.yml"
    path.write_text(
        "own_rate: {name: 自有指标, kind: ratio, numerator: own_part, denominator: own_whole, unit: '%', decimals: 1, better: higher, "
        "people: false, lead: health, definition: 自有的一部分占全部的比重。}\n",
        encoding="utf-8",
    )
    asking(home, "own_rate")
    shutil.rmtree(home / "datasets")
    with pytest.raises(MendableError, match="own_part、own_whole"):
        list(scaffold.form("990201", home))


def test_a_form_for_a_promise_for_each_area_asks_each_area(home: Path) -> None:
    path = home / "plans" / "demo_women_2021" / "1_all.yml"
    asking(home, "postnatal_visit")
    shutil.rmtree(home / "datasets")
    list(scaffold.form("990201", home))
    assert "is: area" not in made(home, "health_more")
    shutil.rmtree(home / "datasets")
    path.write_text(
        path.read_text(encoding="utf-8").replace("rule: at_least", "each: area\n      rule: every_place_at_least")
    )
    list(scaffold.form("990201", home))
    assert "is: area" in made(home, "health_more_by_area")


def made(home: Path, form: str) -> str:
    """The columns of a form that was written, as text."""
    text = (home / "datasets" / "health.yml").read_text(encoding="utf-8")
    return text.partition(f"{form}:")[2].partition("title")[2]


def test_a_title_with_a_place_for_the_districts_word_is_quoted(home: Path) -> None:
    asking(home, "town_government_women")
    shutil.rmtree(home / "datasets")
    path = home / "districts" / "990201.yml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("departments:", "departments:\n  organization: {name: 区委组织部}", 1)
    )
    list(scaffold.form("990201", home))
    [form] = yaml.safe_load((home / "datasets" / "organization.yml").read_text(encoding="utf-8")).values()
    assert form["title"] == "{areas}领导班子情况表"
    assert form["exempt"] is True, "holders of office: as the shipped form says"


def test_a_form_for_an_indicator_by_residence_asks_for_city_and_country(home: Path) -> None:
    own = yaml.safe_load((HOME / "indicators" / "library.yml").read_text(encoding="utf-8"))["hospital_delivery"]
    (home / "indicators" / "own.yml").write_text(
        yaml.safe_dump({"delivery": own | {"by": "residence"}}, allow_unicode=True), encoding="utf-8"
    )
    asking(home, "delivery")
    shutil.rmtree(home / "datasets")
    asked, plans, indicators = promised("990201", home)
    [form] = [d for datasets in scaffold.needed(asked, plans, indicators, {}).values() for d in datasets.values()]
    assert form.dimension == "residence" and "城乡" in form.columns and "分城乡数据表" in form.title
    list(scaffold.form("990201", home))
    assert "城乡: {is: residence}" in "".join(p.read_text(encoding="utf-8") for p in (home / "datasets").glob("*.yml"))


def test_what_is_written_is_a_catalogue(home: Path) -> None:
    """A rate by residence and another of the same births: no form names a column that it has not."""
    shipped = yaml.safe_load((HOME / "indicators" / "health.yml").read_text(encoding="utf-8"))
    own = shipped["maternal_mortality"]
    (home / "indicators" / "own.yml").write_text(
        yaml.safe_dump({"maternal_mortality": own | {"by": "residence"}}, allow_unicode=True),
        encoding="utf-8",
    )
    asking(home, "maternal_mortality")
    path = home / "plans" / "demo_women_2021" / "1_all.yml"
    domain = yaml.safe_load(path.read_text(encoding="utf-8"))
    domain["goals"][1]["targets"] = [
        {"indicator": "maternal_mortality", "rule": "decrease"},
        {"indicator": "maternal_management", "rule": "at_least", "value": 90},
    ]
    path.write_text(yaml.safe_dump(domain, allow_unicode=True), encoding="utf-8")
    shutil.rmtree(home / "datasets")
    district = home / "districts" / "990201.yml"
    district.write_text(
        district.read_text(encoding="utf-8").replace("departments:", "departments:\n  police: {name: 区公安局}", 1),
        encoding="utf-8",
    )
    list(scaffold.form("990201", home))
    for one in (home / "datasets").glob("*.yml"):
        text = one.read_text(encoding="utf-8")
        one.write_text("\n".join(line.partition(MARK)[0] for line in text.splitlines()), encoding="utf-8")
    load("990201", home)


@pytest.mark.parametrize("district", ["120115", "100000"])
def test_what_has_its_forms_gets_no_others(district: str) -> None:
    """The shipped districts have forms for all that their plans ask; the second one has values ready-made."""
    asked, plans, indicators = promised(district, HOME)
    assert scaffold.needed(asked, plans, indicators, forms()) == {}


def test_a_plan_says_whom_it_is_about(tmp_path: Path) -> None:
    """By its title, else by what is typed: it is neither guessed nor left out. Sexes are wanted where nothing else is known."""
    period = (2026, 2030, tmp_path / "expectations")
    told = {"云岭县妇女规划": "women true", "云岭县儿童规划": "children true", "云岭县老龄事业规划": "elders false",
            "云岭县残疾人事业规划": "disabled false", "云岭县中长期青年规划": "youth false"}  # fmt: skip
    for n, (title, expected) in enumerate(told.items()):
        list(scaffold.plan(f"plan_{n}", title, *period))
        assert head(tmp_path, f"plan_{n}") == expected
        example = (tmp_path / "expectations" / "plans" / f"plan_{n}" / "1_domain.yml").read_text(encoding="utf-8")
        assert ("孕产妇" in example) == (expected == "women true")
    list(scaffold.plan("plan_6", "云岭县民族规划", *period, "minorities"))
    assert head(tmp_path, "plan_6") == "minorities true"
    with pytest.raises(MendableError, match="看不出对象是谁，请用 --audience 写明英文名，如 women、children、elders"):
        list(scaffold.plan("plan_7", "云岭县民族规划", *period))
    with pytest.raises(MendableError, match="小写英文字母"):
        list(scaffold.plan("plan_7", "云岭县民族规划", *period, "少数民族"))


def head(home: Path, plan: str) -> str:
    """Audience and by_sex of a plan that was begun."""
    said = yaml.safe_load((home / "expectations" / "plans" / plan / "plan.yml").read_text(encoding="utf-8"))
    return f"{said['audience']} {str(said['by_sex']).lower()}"


@pytest.mark.parametrize("by_sex", [True, False])
def test_a_form_asks_for_sexes_where_a_plan_wants_them(home: Path, by_sex: bool) -> None:
    """The shipped survey is by sex, and so is its indicator."""
    asking(home, "health_literacy")
    district = home / "districts" / "990201.yml"
    named = district.read_text(encoding="utf-8").replace(
        "departments:\n", "departments:\n  publicity: {name: 区委宣传部}\n"
    )
    district.write_text(named, encoding="utf-8")
    path = home / "plans" / "demo_women_2021" / "plan.yml"
    path.write_text(f"{path.read_text(encoding='utf-8')}by_sex: {str(by_sex).lower()}\n", encoding="utf-8")
    shutil.rmtree(home / "datasets")
    (home / "datasets").mkdir()
    list(scaffold.form("990201", home))
    form = home / "datasets" / "health.yml"
    text = form.read_text(encoding="utf-8")
    assert ("{is: sex}" in text) == by_sex
    form.write_text(re.sub(rf"[ ]*{MARK}.*", "", text), encoding="utf-8")
    catalog = load("990201", home)
    assert catalog.indicators["health_literacy"].by_sex == by_sex
    assert library(home)["health_literacy"].by_sex

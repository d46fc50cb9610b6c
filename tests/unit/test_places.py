"""Nothing knows what a district and its parts are called: words, codes and the default district come from its files."""

import ast
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from expectations import suites
from expectations.catalog import CatalogError, load
from expectations.records import Area, Catalog, Codes, District
from flows.ingest.staging import Coders
from flows.ingest.surroundings import Surroundings
from flows.places import CHOSEN, PROJECT, SETTINGS, MendableError, default_district
from flows.report.write import tables
from flows.validate.findings import place_names
from tests.fixtures.deliveries import CATALOG, CATALOGUE
from tests.fixtures.hamlet import hamlet
from tests.fixtures.homes import told

WORDS = re.compile("街镇|全区|本区")
"""Words that are right in some districts only."""
MEANT = {
    "flows/ingest/surroundings.py": {
        "全区",
        "本区",
        "街镇",
    },  # words of files: they name no other district, or a kind of place
    "expectations/records/district.py": {"街镇"},  # where the district's file says nothing else
    "expectations/codes.yml": {"全区"},  # another place, where the whole is not called so
    "flows/adopt/likeness.py": {"全区", "本区"},  # words of plans
    "flows/adopt/promises.py": {"街镇", "全区"},
    "flows/adopt/words.py": {"街镇"},
    "report_templates/keys.yml": {"街镇"},  # what the key is for
    "report_templates/scaffold.yml": {"街镇"},
}
SHARED = ("expectations/indicators", "expectations/datasets", "report_templates")


CODES = Codes.model_validate(yaml.safe_load((PROJECT / "expectations/codes.yml").read_text(encoding="utf-8")))


def _constants(tree: ast.AST) -> Iterator[str]:
    """The texts of a module that are no docstrings."""
    told_apart = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told_apart:
            yield node.value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def test_no_text_of_the_program_says_what_a_district_is_called() -> None:
    modules = [path for folder in ("expectations", "flows") for path in (PROJECT / folder).rglob("*.py")]
    data = [
        *(PROJECT / "expectations").glob("*.yml"),
        *(path for folder in SHARED for path in (PROJECT / folder).rglob("*.yml")),
    ]
    found: dict[str, set[str]] = {}
    for path in [*modules, *data, *(PROJECT / "report_templates").glob("*.html")]:
        text = path.read_text(encoding="utf-8")
        if not WORDS.search(text):
            continue
        match path.suffix:
            case ".py":
                texts = list(_constants(ast.parse(text)))
            case ".yml":
                texts = list(_texts(yaml.safe_load(text)))
            case _:
                texts = [text]
        if words := {word for one in texts for word in WORDS.findall(one)}:
            found[path.relative_to(PROJECT).as_posix()] = words
    assert found == MEANT


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped catalogue, with all that it promises, in a city with counties."""
    home = tmp_path_factory.mktemp("home") / "expectations"
    (home / "districts").mkdir(parents=True)
    for name in ("indicators", "datasets", "plans", "policy.yml"):
        (home / name).symlink_to(PROJECT / "expectations" / name)
    text = (PROJECT / "expectations/districts/120115.yml").read_text(encoding="utf-8")
    for old, new in (
        ("name: 天津市宝坻区", "name: 云南省昭通市"),
        ("short: 宝坻区", "areas_called: 县（市、区）\nshort: 昭通市"),
    ):
        assert old in text
        text = text.replace(old, new)
    (home / "districts" / "120115.yml").write_text(text, encoding="utf-8")
    return load("120115", home)


def shared(catalog: Catalog) -> str:
    """All texts of records that districts share."""
    checks = [text for check in catalog.checks.root.values() for text in (check.title, check.why)]
    forms = [f"{d.title} {' '.join(d.columns)}" for d in catalog.datasets.values()]
    return "\n".join([*checks, *forms, *(f"{i.name} {i.definition}" for i in catalog.indicators.values())])


def test_shared_texts_use_the_words_of_the_district(city: Catalog) -> None:
    here, there = shared(city), shared(load("120115"))
    assert not re.search("街镇|全区|本区|[区驻]区|区(级|委|政府|人大|政协)", here)
    for words in (
        "各县（市、区）之和等于全市",
        "县（市、区）代码",
        "市级部门正职中女性比例",
        "年内全市孕产妇死亡人数",
        "本市户籍",
    ):
        assert words in here
    for words in ("各街镇之和等于全区", "街镇代码", "区级部门正职中女性比例", "年内全区孕产妇死亡人数", "本区户籍"):
        assert words in there
    assert len(here.splitlines()) == len(there.splitlines())
    assert not re.search(r"[{}]", here + there)


def test_what_senders_are_told_uses_the_words_of_the_district(city: Catalog) -> None:
    suite = [check for d in city.datasets.values() for check in suites.contract(city, d)]
    suite += suites.complete(city.checks)
    said = {text for check in suite for text in (check.header, check.expected, check.cure)}
    assert [text for text in said if WORDS.search(text)] == []
    for words in (
        "县（市、区）名录中的代码或名称",
        "与县（市、区）代码相符的名称",
        "每个县（市、区）、单位等各一行",
    ):
        assert words in said
    assert place_names(city)["120115"] == "全市" and place_names(load("120115"))["120115"] == "全区"


def test_a_place_for_words_that_no_district_has_is_named(tmp_path: Path) -> None:
    home = tmp_path / "expectations"
    shutil.copytree(CATALOGUE, home)
    path = home / "datasets" / "all.yml"
    text = path.read_text(encoding="utf-8").replace("    街镇代码:", '    "{areas}代码":', 1)
    path.write_text(text, encoding="utf-8")
    assert "街镇代码" in load("990201", home).datasets["births"].columns
    path.write_text(text.replace("{areas}", "{area}"), encoding="utf-8")
    with pytest.raises(CatalogError) as caught:
        load("990201", home)
    line = text.splitlines().index('    "{areas}代码": {is: area}') + 1
    assert f"all.yml 第{line}行" in str(caught.value)
    assert "没有占位词 {area}" in str(caught.value) and "{areas}、{whole}、{level}" in str(caught.value)


# --- how files write places ------------------------------------------------------------------------------------------


def called(name: str, *areas: Area, whole: str | None = None) -> Catalog:
    """The fixture district under another name."""
    district = CATALOG.district.model_copy(
        update={"name": name, "short": name, "whole_called": whole, "areas": areas or CATALOG.district.areas}
    )
    return replace(CATALOG, district=district, codes=CODES.at_home(district.called_whole))


def area(catalog: Catalog, written: str) -> str:
    return Coders(catalog).of(catalog.datasets["births"], 2024)["area"](written)


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("示例县", "全县"),
        ("示例自治州", "全州"),
        ("示例省", "全省"),
        ("示例市", "全市"),
        ("示例旗", "全旗"),
        ("示例盟", "全盟"),
    ],
)
def test_the_whole_is_known_by_what_the_district_is(name: str, whole: str) -> None:
    assert area(called(name), whole) == CATALOG.district.code
    other = "全省" if whole != "全省" else "全县"
    assert area(called(name), other) == other, "another place is asked about, and never taken for the whole"


def test_the_whole_may_have_a_name_of_its_own() -> None:
    assert area(called("示例新区筹备处", whole="全新区"), "全新区") == CATALOG.district.code
    assert area(CATALOG, "全市") == "990000", "in a district of a city, the city"


def test_what_the_whole_is_called_is_no_other_place() -> None:
    for catalog, at_home, elsewhere in ((called("示例市"), "全市", "全区"), (called("示例区"), "全区", "全市")):
        around = Surroundings(catalog.datasets["births"], catalog.codes, 2024)
        assert around.senses(f"2024年{at_home}活产和死亡情况表", "title") == []
        assert [s.what for s in around.senses(f"2024年{elsewhere}活产和死亡情况表", "title")] == ["place"]


@pytest.mark.parametrize("code", ["530602", "530602001", "530602001001"])
def test_a_code_has_the_digits_of_its_level_and_may_be_written_with_zeros(code: str) -> None:
    catalog = called("示例市", Area(code=code, name="东片", kind="county"))
    for digits in {len(code), 9, 12}:
        assert area(catalog, code.ljust(digits, "0")) == code
    assert area(catalog, "530603") == "530603", "a code that nobody has stays as it was written"


def test_a_code_of_another_length_is_refused() -> None:
    for code in ("5306", "53060200", "5306020010010"):
        with pytest.raises(ValueError, match="code"):
            Area(code=code, name="东片", kind="county")


def test_a_part_is_what_the_list_has_whatever_its_code() -> None:
    """A table of areas for counties with six digits, and none for a town that the district is only compared with."""
    town = Area(code="990301001", name="邻镇", kind="reference")
    county = Area(code="530602", name="昭阳区", kind="district")

    def found(own: tuple[Area, ...], code: str) -> list[str]:
        catalog = replace(CATALOG, district=CATALOG.district.model_copy(update={"areas": own, "references": (town,)}))
        figures = SimpleNamespace(of_year=lambda year: [{"indicator": "mortality", "area": code}])
        items = [SimpleNamespace(promise=p) for p in catalog.promises()]
        facts = SimpleNamespace(catalog=catalog, year=2024, figures=figures, items=items)
        return tables.area_indicators(facts)  # type: ignore[arg-type]

    assert found((county,), "530602") == ["mortality"]
    assert found((county,), town.code) == []


# --- the district of a run that names none ---------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a catalogue of one district."""
    (tmp_path / "expectations" / "districts").mkdir(parents=True)
    (tmp_path / "expectations" / "districts" / "530600.yml").touch()
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.delenv(CHOSEN, raising=False)
    return tmp_path


def settle(home: Path, text: str) -> None:
    (home / SETTINGS).write_text(text, encoding="utf-8")


def add(home: Path) -> None:
    (home / "expectations" / "districts" / "530300.yml").touch()


def test_the_only_district_of_a_catalogue_needs_no_name(home: Path) -> None:
    assert default_district() == "530600"


def test_of_several_the_home_names_one_and_the_environment_another(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(home)
    settle(home, 'district: "530300"\n')
    assert default_district() == "530300"
    monkeypatch.setenv(CHOSEN, "530600")
    assert default_district() == "530600"


def test_without_a_choice_it_is_told_how_to_choose(home: Path) -> None:
    add(home)
    with pytest.raises(MendableError) as caught:
        default_district()
    for words in ("530300、530600", "--district", str(home / SETTINGS), CHOSEN):
        assert words in str(caught.value)
    assert told("plan").returncode == 2
    assert told("plan").stderr.strip() == str(caught.value)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('# 地区\ndistrict: "530400"\n', [f"{SETTINGS} 第2行 district", "530400", "530300、530600"]),
        ("district: 530300\n", [f"{SETTINGS} 第1行 district", "加引号"]),
        ('distrikt: "530300"\n', [f"{SETTINGS} 第1行 distrikt", "没有这个键"]),
    ],
)
def test_a_wrong_choice_is_named_with_its_line(home: Path, text: str, parts: list[str]) -> None:
    add(home)
    settle(home, text)
    with pytest.raises(CatalogError) as caught:
        default_district()
    assert [part for part in parts if part not in str(caught.value)] == []


def test_a_wrong_choice_of_the_environment_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOSEN, "530400")
    with pytest.raises(MendableError, match=f"{CHOSEN}.*530400.*530600"):
        default_district()


def test_a_home_without_a_catalogue_uses_the_projects_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHOSEN, raising=False)
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    assert default_district() == "120115"
    settle(tmp_path, 'district: "100000"\n')
    assert default_district() == "100000"


def test_what_no_district_says_of_its_areas_is_not_guessed(tmp_path: Path) -> None:
    """云岭县 names none: its clerk is not told of 街镇. A 区 has 街镇."""
    _, county = hamlet(tmp_path)
    checks = [catalog.checks.root["row_area"].title for catalog in (county, CATALOG)]
    assert checks == ["所辖地区在名录之内", "街镇在名录之内"]
    assert [catalog.district.areas_called for catalog in (county, CATALOG)] == ["所辖地区", "街镇"]


@pytest.mark.parametrize(
    ("name", "areas"),
    [
        ("天津市宝坻区", "街镇"),
        ("石家庄市井陉矿区", "街镇"),
        ("内蒙古自治区", "所辖地区"),
        ("西藏自治区阿里地区", "所辖地区"),
        ("六盘水市六枝特区", "所辖地区"),
        ("湖北省神农架林区", "所辖地区"),
        ("香港特别行政区", "所辖地区"),
    ],
)
def test_only_a_district_of_a_city_has_areas_by_the_name_of_those_of_a_city(name: str, areas: str) -> None:
    said = {
        "code": "990201",
        "name": name,
        "short": name,
        "issuers": [name],
        "plans": ["women_2026"],
        "departments": {},
    }
    assert District.model_validate(said).areas_called == areas
    assert District.model_validate(said | {"areas_called": "苏木"}).areas_called == "苏木"

"""Areas and institutions come and go: what is expected in which year, what is said of a row that is too late or too
early, and which total can be told.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from expectations import territory
from expectations.catalog import CatalogError, load
from expectations.records import Area, Catalog, District
from flows import assess, compute, disclose, ingest, validate
from flows.desk.forms import Form, previous_figures
from flows.disclose.counts import Cell, Definitions
from flows.validate.findings import Trial, fate_told
from tests.fixtures.deliveries import BASE, CATALOGUE, deliver, sent
from tests.fixtures.warehouses import rows, warehouse

pytestmark = pytest.mark.usefixtures("lent")

HOME, EAST, WEST, SOUTH = "990201", "990201001", "990201101", "990201102"
NORTH, NEW = "990201103", "990201002"
MERGED = [{"code": NORTH, "name": "北桥镇", "kind": "town", "until": 2022, "merged_into": WEST}]
SPLIT = [{"code": NEW, "name": "新城街道", "kind": "subdistrict", "since": 2023, "split_from": EAST}]
CLINIC = {"id": "clinic_north", "name": "北桥镇卫生院", "area": NORTH, "until": 2022, "merged_into": "clinic_west"}


def home_of(folder: Path, areas: list[dict[str, Any]], clinics: tuple[dict[str, Any], ...] = ()) -> Path:
    """The catalogue of the small district with more areas and institutions."""
    home = Path(shutil.copytree(CATALOGUE, folder / "expectations"))
    path = home / "districts/990201.yml"
    district = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = {a["code"]: a for a in district["areas"]}
    district["areas"] = list((known | {a["code"]: known.get(a["code"], {}) | a for a in areas}).values())
    district["institutions"]["clinic"]["members"] += clinics
    path.write_text(yaml.safe_dump(district, allow_unicode=True), encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """北桥镇 went into 西桥镇 in 2023, with its clinic; in the same year 新城街道 was split from 东风街道."""
    return load("990201", home_of(tmp_path_factory.mktemp("home"), MERGED + SPLIT, (CLINIC,)))


def test_areas_of_different_years_can_have_one_tile(tmp_path: Path) -> None:
    tiles = {EAST: [1, 1], WEST: [2, 1], SOUTH: [3, 1], NORTH: [1, 2], NEW: [1, 2]}
    listed = {a["code"]: a for a in MERGED + SPLIT}
    areas = [listed.get(code, {"code": code}) | {"grid": tile} for code, tile in tiles.items()]
    loaded = load("990201", home_of(tmp_path, areas, (CLINIC,))).district
    assert loaded.is_mapped(2022) and loaded.is_mapped(2023)
    always = [{k: v for k, v in a.items() if k not in {"since", "split_from"}} for a in areas]
    shutil.rmtree(tmp_path / "expectations")
    with pytest.raises(CatalogError, match="第1行第2列已是北桥镇；一个方格只放一个地区"):
        load("990201", home_of(tmp_path, always, (CLINIC,)))


# --- who was there when ---


def district(*areas: str) -> District:
    """A district of areas written as `name since-until >merged_into <split_from`."""
    made = []
    for text in areas:
        name, years, *links = text.split()
        since, until = years.split("-")
        link = {{">": "merged_into", "<": "split_from"}[word[0]]: word[1:] for word in links}
        made.append(Area.model_construct(
            code=name, name=name, since=int(since or 0), until=int(until or 9999), aliases=(),
            **({"merged_into": None, "split_from": None} | link),
        ))  # fmt: skip
    return District.model_construct(code="D", areas=tuple(made))


MERGER = district("A -", "B -2022 >A", "C -")
SPLITTING = district("A -", "B 2023- <A", "C -")
JOINED = district("A -2022 >N", "B -2022 >N", "N 2023-")
DIVIDED = district("A -2022", "B 2023- <A", "C 2023- <A")
REJOINED = district("A -", "B 2022-2023 <A >A")
MOVED = district("A -", "B -2022", "C 2024-")
TWICE = district("A -2021 >B", "B -2023 >C", "C -")


@pytest.mark.parametrize(
    ("of", "area", "year", "heirs"),
    [
        (MERGER, "B", 2022, "B"), (MERGER, "B", 2023, "A"), (MERGER, "A", 2023, "A"),
        (SPLITTING, "B", 2022, "A"), (SPLITTING, "B", 2023, "B"),
        (JOINED, "A", 2025, "N"), (JOINED, "N", 2022, "A B"),
        (DIVIDED, "A", 2023, "B C"), (DIVIDED, "C", 2022, "A"),
        (REJOINED, "B", 2021, "A"), (REJOINED, "B", 2024, "A"),
        (MOVED, "B", 2023, ""), (MOVED, "C", 2023, ""),
        (TWICE, "A", 2022, "B"), (TWICE, "A", 2024, "C"),
    ],
)  # fmt: skip
def test_who_has_the_ground_of_an_area(of: District, area: str, year: int, heirs: str) -> None:
    assert " ".join(territory.heirs(of, area, year)) == heirs


@pytest.mark.parametrize(
    ("of", "area", "now", "year", "parts"),
    [
        (MERGER, "A", 2024, 2022, "A B"), (MERGER, "A", 2022, 2021, "A"), (MERGER, "C", 2024, 2020, "C"),
        (SPLITTING, "A", 2024, 2022, ""), (SPLITTING, "B", 2024, 2022, ""), (SPLITTING, "A", 2024, 2023, "A"),
        (SPLITTING, "C", 2024, 2020, "C"),
        (JOINED, "N", 2024, 2020, "A B"), (DIVIDED, "B", 2024, 2022, ""),
        (REJOINED, "A", 2024, 2023, "A B"), (REJOINED, "A", 2024, 2020, "A"), (REJOINED, "A", 2023, 2020, ""),
        (MOVED, "A", 2024, 2020, "A"), (MOVED, "C", 2024, 2023, ""),
        (TWICE, "C", 2024, 2022, "B C"), (TWICE, "C", 2024, 2020, "A B C"),
    ],
)  # fmt: skip
def test_of_which_areas_one_of_today_was_made(of: District, area: str, now: int, year: int, parts: str) -> None:
    assert " ".join(territory.made_of(of, area, now, year)) == parts


@pytest.mark.parametrize(
    ("of", "outer", "splits"),
    [(MERGER, [], []), (SPLITTING, [], [2023]), (JOINED, [], []), (DIVIDED, [], [2023]), (REJOINED, [], [2022]),
     (MOVED, [2023, 2024], [2023, 2024]), (district("A -", "B -"), [], [])],
)  # fmt: skip
def test_since_when_earlier_years_are_not_comparable(of: District, outer: list[int], splits: list[int]) -> None:
    assert (sorted(territory.outer(of)), sorted(territory.splits(of))) == (outer, splits)


@pytest.mark.parametrize(
    ("of", "area", "year", "told"),
    [(MERGER, "B", 2024, "2023年并入A"), (SPLITTING, "B", 2021, "2023年由A分设"), (JOINED, "N", 2020, "2023年由A、B合并设立"),
     (DIVIDED, "A", 2024, "2023年分设为B、C"), (MOVED, "B", 2023, "2023年划出本地区"), (MOVED, "C", 2023, "2024年划入本地区"),
     (TWICE, "A", 2024, "2022年并入B")],
)  # fmt: skip
def test_what_became_of_an_area_is_told(of: District, area: str, year: int, told: str) -> None:
    assert fate_told(territory.fate(of, area, year)) == told


@pytest.mark.parametrize(
    ("areas", "key", "says"),
    [
        ([MERGED[0] | {"merged_into": "990201999"}], "areas.3.merged_into", "所辖地区（areas）中没有代码 '990201999'"),
        ([MERGED[0] | {"merged_into": NORTH}], "areas.3.merged_into", "北桥镇不能并入自己"),
        ([MERGED[0], {"code": WEST, "until": 2022}], "areas.3.merged_into", "西桥镇 在 2023 年不在（since、until），不能并入"),
        ([MERGED[0], {"code": WEST, "until": 2022, "merged_into": NORTH}], "areas.1.merged_into", "北桥镇 在 2023 年不在"),
        ([{k: v for k, v in MERGED[0].items() if k != "until"}], "areas.3", "写了 merged_into（并入的地区）的，须写明 until"),
        ([MERGED[0] | {"since": 2023}], "areas.3.until", "until（2022）早于 since（2023）"),
        ([SPLIT[0] | {"split_from": "990201999"}], "areas.3.split_from", "所辖地区（areas）中没有代码 '990201999'"),
        ([SPLIT[0], {"code": EAST, "until": 2020}], "areas.3.split_from", "东风街道 在 2022 年不在（since、until），不能从中分出"),
        ([{k: v for k, v in SPLIT[0].items() if k != "since"}], "areas.3", "写了 split_from（分出前所属的地区）的，须写明 since"),
        ([SPLIT[0], {"code": EAST, "until": 2022, "merged_into": NEW}], "areas.3.split_from", "只是改名或换代码的，请改用 aliases"),
        ([MERGED[0], {"code": WEST, "aliases": ["北桥镇"]}], "areas.3", "北桥镇 同时是西桥镇的名称或代码；已列为单独一项的，不再写作其他地区的别名"),
        ([SPLIT[0] | {"name": "东风街道"}], "areas.3", "东风街道 同时是东风街道的名称或代码"),
    ],
)  # fmt: skip
def test_a_contradiction_is_named_with_its_place(
    tmp_path: Path, areas: list[dict[str, Any]], key: str, says: str
) -> None:
    with pytest.raises(CatalogError) as error:
        load("990201", home_of(tmp_path, areas))
    [problem] = [p for p in error.value.problems if p.key == key]
    assert problem.file == "expectations/districts/990201.yml"
    assert problem.line > 1
    assert says in problem.message


@pytest.mark.parametrize(
    ("clinic", "says"),
    [
        (CLINIC | {"merged_into": "clinic_nowhere"}, "乡镇卫生院中没有单位 'clinic_nowhere'"),
        (CLINIC | {"merged_into": "clinic_north"}, "北桥镇卫生院 在 2023 年不在"),
        ({k: v for k, v in CLINIC.items() if k != "until"}, "须写明 until"),
    ],
)
def test_so_is_one_of_institutions(tmp_path: Path, clinic: dict[str, Any], says: str) -> None:
    with pytest.raises(CatalogError, match=says):
        load("990201", home_of(tmp_path, MERGED, (clinic,)))


# --- what is expected in a year ---


@pytest.mark.parametrize(
    ("year", "there"),
    [(2022, ["东风街道", "西桥镇", "南山镇", "北桥镇"]), (2023, ["东风街道", "西桥镇", "南山镇", "新城街道"])],
)
def test_a_form_lists_the_areas_of_its_year(catalog: Catalog, year: int, there: list[str]) -> None:
    assert [row[2] for row in Form(catalog, "births", year, "health").rows()] == [*there, "示例市"]
    assert list(catalog.places("area", year).values()) == there
    assert ("北桥镇卫生院" in [row[1] for row in Form(catalog, "clinics", year, "health").rows()]) == (year == 2022)


BEFORE = "年份,街镇代码,街镇,活产数,死亡人数\n2024,,东风街道,300,3\n2024,,西桥镇,120,2\n2024,,南山镇,100,0\n2024,,北桥镇,80,0\n"
"""Of 2022, as `deliver` dates it."""
AFTER = "年份,街镇代码,街镇,活产数,死亡人数\n2024,,东风街道,200,3\n2024,,西桥镇,200,2\n2024,,南山镇,100,0\n2024,,新城街道,100,0\n"
"""Of 2023: the same births, counted in the areas of that year."""


@contextmanager
def made(folder: Path, catalog: Catalog, files: Mapping[int, Mapping[str, str]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """All stages up to the indicators, without Great Expectations; `files` are dataset → text by year."""
    for year, texts in files.items():
        deliver(folder, year, [sent(dataset, text) for dataset, text in texts.items()])
    with warehouse() as con:
        ingest.store(con, catalog, folder, list(files))
        validate.contract(con, catalog, Trial())
        ingest.observe(con, catalog)
        validate.plausibility(con, catalog, Trial())
        compute.indicators(con, catalog)
        yield con


def births(con: duckdb.DuckDBPyConnection, year: int) -> dict[str, object]:
    """Area → the number of births, or why there is none."""
    return {
        r["area"]: int(r["value"]) if r["value"] is not None else r["state"]
        for r in rows(con, "select * from out_indicators where indicator = 'births_total' and year = ?", year)
        if r["area"] != "990000"
    }


def told(con: duckdb.DuckDBPyConnection, year: int) -> list[tuple[str, str]]:
    query = "select rule, message from out_findings where gate <> 'file' and year = ? order by all"
    return con.execute(query, [year]).fetchall()


def test_both_years_are_whole_and_add_up(tmp_path: Path, catalog: Catalog) -> None:
    """Before: 300 + 120 + 100 + 80; after: 200 + 200 + 100 + 100. Nobody is missed who is not there."""
    with made(tmp_path, catalog, {2022: {"births": BEFORE}, 2023: {"births": AFTER}}) as con:
        assert births(con, 2022) == {
            HOME: 600, EAST: 300, WEST: 120, SOUTH: 100, NORTH: 80, NEW: "not_applicable",
        }  # fmt: skip
        assert births(con, 2023) == {
            HOME: 600, EAST: 200, WEST: 200, SOUTH: 100, NORTH: "not_applicable", NEW: 100,
        }  # fmt: skip
        assert told(con, 2022) == told(con, 2023) == []


def test_a_row_of_an_area_that_is_gone_is_named_and_not_taken(tmp_path: Path, catalog: Catalog) -> None:
    """Whether 西桥镇's 120 are with or without 北桥镇's 80 nobody can tell: neither it nor the total is a figure."""
    late = AFTER.replace("西桥镇,200,2", "西桥镇,120,2") + "2024,,北桥镇,80,0\n"
    with made(tmp_path, catalog, {2023: {"births": late}}) as con:
        [(rule, message)] = told(con, 2023)
        [(status,)] = con.execute("select status from meta_deliveries where file is not null").fetchall()
        assert births(con, 2023) == {
            HOME: "rejected", EAST: 200, WEST: "rejected", SOUTH: 100, NORTH: "not_applicable", NEW: 100,
        }  # fmt: skip
    assert (rule, status) == ("row_area_absent", "partial")
    assert "第6行“街镇”列的值“北桥镇”有误：应为数据年份存在的街镇，北桥镇2023年并入西桥镇。" in message
    assert message.endswith("请按数据年份的区划改正该行后重新报送，不得遗漏或重复。")


def test_an_empty_row_of_an_area_that_is_gone_costs_nothing(tmp_path: Path, catalog: Catalog) -> None:
    """The department filled in the form of the year before: told, and all figures are there."""
    with made(tmp_path, catalog, {2023: {"births": AFTER + "2024,,北桥镇,—,\n"}}) as con:
        assert [rule for rule, _ in told(con, 2023)] == ["row_area_absent"]
        assert births(con, 2023)[HOME] == 600


def test_a_row_of_an_area_that_is_not_there_yet(tmp_path: Path, catalog: Catalog) -> None:
    early = BEFORE.replace("东风街道,300,3", "东风街道,200,3") + "2024,,新城街道,100,0\n"
    with made(tmp_path, catalog, {2022: {"births": early}}) as con:
        [(_, message)] = told(con, 2022)
        found = births(con, 2022)
    assert "新城街道2023年由东风街道分设" in message
    assert (found[HOME], found[EAST], found[WEST]) == ("rejected", "rejected", 120)


def test_a_row_of_an_area_that_left_the_district_is_not_its_own(tmp_path: Path) -> None:
    """What 北桥镇 has since it belongs to another district is no part of this one's total."""
    gone = [{k: v for k, v in MERGED[0].items() if k != "merged_into"}]
    catalog = load("990201", home_of(tmp_path, gone))
    with made(tmp_path / "raw", catalog, {2023: {"births": BASE["births"] + "2024,,北桥镇,80,0\n"}}) as con:
        assert "北桥镇2023年划出本地区" in told(con, 2023)[0][1]
        assert births(con, 2023) == {HOME: 600, EAST: 300, WEST: 200, SOUTH: 100, NORTH: "not_applicable"}


def test_sound_rows_are_not_refused_for_those_of_areas_that_are_gone(tmp_path: Path) -> None:
    """Four of seven rows are too late: far more than the share from which a delivery is refused."""
    gone = [MERGED[0] | {"code": f"99020110{n}", "name": f"北桥{n}镇"} for n in range(3, 7)]
    catalog = load("990201", home_of(tmp_path, gone))
    text = BASE["births"] + "".join(f"2024,,北桥{n}镇,—,\n" for n in range(3, 7))
    with made(tmp_path / "raw", catalog, {2023: {"births": text}}) as con:
        assert {rule for rule, _ in told(con, 2023)} == {"row_area_absent"}
        assert births(con, 2023)[HOME] == 600


def test_an_institution_that_is_gone(tmp_path: Path, catalog: Catalog) -> None:
    there = "年份,机构,医生数\n2024,西桥镇卫生院,2\n2024,南山镇卫生院,3\n"
    late = there + "2024,北桥镇卫生院,1\n"
    with made(tmp_path, catalog, {2022: {"clinics": late}, 2023: {"clinics": late}, 2024: {"clinics": there}}) as con:
        assert told(con, 2022) == told(con, 2024) == []
        [(rule, message)] = told(con, 2023)
    assert rule == "row_institution_absent"
    assert "“北桥镇卫生院”有误：应为数据年份存在的乡镇卫生院，北桥镇卫生院2023年并入西桥镇卫生院" in message


def test_the_lowest_is_one_of_those_that_were_there(tmp_path: Path, catalog: Catalog) -> None:
    """每所卫生院≥2名医生: 北桥镇卫生院 had one until 2022; since then nobody asks for it."""
    there = "年份,机构,医生数\n2024,西桥镇卫生院,2\n2024,南山镇卫生院,3\n"
    files = {2022: {"clinics": there + "2024,北桥镇卫生院,1\n"}, 2023: {"clinics": there}}
    [target] = [p for p in catalog.promises(2023) if p.target.each == "clinic"]
    with made(tmp_path, catalog, files) as con:
        assess.targets(con, catalog, 2023)
        found = rows(con, "select * from out_assessments where target = ? and year in (2022, 2023)", target.id)
    assert [(r["year"], r["value"], r["places_total"], r["places_failing"]) for r in found] == [
        (2022, 1, 3, ["北桥镇卫生院"]), (2023, 2, 2, []),
    ]  # fmt: skip


def test_a_new_area_may_have_the_name_of_the_one_that_it_was_split_from(tmp_path: Path) -> None:
    """Written by its name alone, a row is of the area of its year."""
    areas = [{"code": EAST, "until": 2022}, SPLIT[0] | {"name": "东风街道"},
             {"code": "990201003", "name": "东河街道", "kind": "subdistrict", "since": 2023, "split_from": EAST}]  # fmt: skip
    catalog = load("990201", home_of(tmp_path, areas))
    later = BASE["births"].replace("990201001,东风街道,300,3", ",东风街道,180,2\n2024,,东河街道,120,1")
    files = {2022: {"births": BASE["births"].replace("990201001", "")}, 2023: {"births": later}}
    with made(tmp_path / "raw", catalog, files) as con:
        assert told(con, 2022) == told(con, 2023) == []
        assert [births(con, 2022)[a] for a in (HOME, EAST)] == [600, 300]
        assert [births(con, 2023)[a] for a in (HOME, EAST, NEW)] == [600, "not_applicable", 180]


def test_the_figures_of_the_year_before_are_those_of_the_form_s_areas(tmp_path: Path, catalog: Catalog) -> None:
    """北桥镇's 80 and 西桥镇's 120 are 200; what of 东风街道's 300 were 新城街道's nobody knows."""
    with made(tmp_path, catalog, {2022: {"births": BEFORE}}) as con:
        before = previous_figures(con, catalog, "births", 2023)
    shown = {place[0]: text for place, text in before.items() if place[-1] == "births" and place[0] != NORTH}
    assert shown == {EAST: "—", WEST: "200", SOUTH: "100"}


# --- against the years before ---


def test_the_sum_of_the_areas_is_that_of_the_areas_of_the_year(tmp_path: Path, catalog: Catalog) -> None:
    """In 2022 the total is 10 more than its four areas; in 2023, with as many other areas, it is right."""
    files = {2022: {"births": BEFORE + "2024,,合计,610,5\n"}, 2023: {"births": AFTER + "2024,,合计,600,5\n"}}
    with made(tmp_path, catalog, files) as con:
        assert [rule for rule, _ in told(con, 2022)] == ["areas_total"]
        assert told(con, 2023) == []


def test_an_area_that_was_split_is_no_slip_of_units(tmp_path: Path) -> None:
    """From 300 births a year to 30: of an area that was split nobody asks, of another one somebody does."""
    small = BASE["births"].replace("东风街道,300,3", "东风街道,30,0")
    years = {year: {"births": BASE["births"]} for year in (2019, 2020, 2021, 2022)}
    for areas, asked in (([SPLIT[0] | {"since": 2023}], False), ([], True)):
        catalog = load("990201", home_of(tmp_path / str(asked), areas))
        late = small + ("" if asked else "2024,,新城街道,270,3\n")
        with made(tmp_path / str(asked) / "raw", catalog, years | {2023: {"births": late}}) as con:
            assert ("unit_slip" in [rule for rule, _ in told(con, 2023)]) == asked


@pytest.mark.parametrize(
    ("areas", "comparable"),
    [
        ([], True),
        (MERGED, True),
        (SPLIT, True),
        ([{k: v for k, v in MERGED[0].items() if k != "merged_into"}], False),
        ([{k: v for k, v in SPLIT[0].items() if k != "split_from"}], False),
    ],
)
def test_the_district_is_comparable_with_itself_unless_areas_come_or_leave(
    tmp_path: Path, areas: list[dict[str, Any]], comparable: bool
) -> None:
    """From 2022 to 2023: mergers and splits within the district change nothing of its total."""
    catalog = load("990201", home_of(tmp_path, areas))
    texts = {2022: BEFORE if NORTH in str(areas) else BASE["births"],
             2023: AFTER if NEW in str(areas) else BASE["births"]}  # fmt: skip
    [target] = [
        p for p in catalog.promises(2023) if p.name.startswith("活产总数") and p.target.rule.key == "slow_increase"
    ]
    with made(tmp_path / "raw", catalog, {year: {"births": text} for year, text in texts.items()}) as con:
        assess.targets(con, catalog, 2023)
        [found] = rows(con, "select * from out_assessments where target = ? and year = 2023", target.id)
    assert (found["value"], found["change_previous"]) == (600, 0 if comparable else None)


# --- the whole without one of its parts ---


@pytest.mark.parametrize(
    ("row", "total"),
    [
        ("", 600),
        ("2024,,开发区,40,0\n", "rejected"),
        ("2024,,开发区,—,\n", 600),
        ("2024,,开发区,0,0\n", 600),
        ("2024,,开发区,40,0\n2024,,合计,640,5\n", 640),
        ("2024,,合计,600,5\n", 600),
    ],
)
def test_a_total_that_lacks_a_row_is_not_told(tmp_path: Path, catalog: Catalog, row: str, total: object) -> None:
    """The figures of an unlisted area belong to the district: its total is the delivery's own row of it, or none."""
    with made(tmp_path, catalog, {2022: {"births": BEFORE + row}}) as con:
        assert births(con, 2022)[HOME] == total
        assert births(con, 2022)[EAST] == 300
        assert ("row_area" in [rule for rule, _ in told(con, 2022)]) == ("开发区" in row)


@pytest.mark.parametrize(
    ("sex", "female", "male"), [("female", "rejected", 50), ("male", 60, "rejected"), ("total", "rejected", "rejected")]
)
def test_only_the_sex_that_is_lacking_is_not_told(tmp_path: Path, sex: str, female: object, male: object) -> None:
    """A row of women of an unlisted area says nothing against the district's figure of men."""
    form = {
        "title": "分街镇素养调查表", "department": "education", "due": "03-10",
        "columns": {"年份": {"is": "year"}, "街镇": {"is": "area"}, "性别": {"is": "sex"},
                    "受访人数": {"measure": "asked", "unit": "人"}, "合格人数": {"measure": "passed", "unit": "人"}},
    }  # fmt: skip
    home = home_of(tmp_path, [])
    path = next(p for p in (home / "datasets").glob("*.yml") if "literacy:" in p.read_text(encoding="utf-8"))
    listed = yaml.safe_load(path.read_text(encoding="utf-8")) | {"literacy": form}
    path.write_text(yaml.safe_dump(listed, allow_unicode=True), encoding="utf-8")
    catalog = load("990201", home)
    lines = [
        f"2024,{area},{s},100,{n}" for area in ("东风街道", "西桥镇", "南山镇") for s, n in (("女", 60), ("男", 50))
    ]
    lines += [f"2024,开发区,{ {'female': '女', 'male': '男', 'total': '合计'}[sex] },100,90"]
    text = "\n".join(["年份,街镇,性别,受访人数,合格人数", *lines, ""])
    with made(tmp_path / "raw", catalog, {2023: {"literacy": text}}) as con:
        found = {r["sex"]: r["value"] or r["state"] for r in rows(
            con, "select * from out_indicators where indicator = 'literacy' and area = ?", HOME)}  # fmt: skip
    assert found == {"female": female, "male": male, "total": "rejected"}


@pytest.mark.parametrize(
    ("row", "uneven"),
    [("", set()), ("2024,,合计,600,5\n", set()), ("2024,,开发区,40,2\n2024,,合计,640,7\n", {("births",), ("deaths",)})],
)
def test_an_intruder_cannot_take_such_a_total_for_the_sum_of_its_areas(
    tmp_path: Path, catalog: Catalog, row: str, uneven: set[tuple[str, ...]]
) -> None:
    """3 and 2 deaths are kept back; 7 of the district are no sum that could be told apart by them."""
    with made(tmp_path, catalog, {2022: {"births": BEFORE + row}}) as con:
        assess.targets(con, catalog, 2022)
        disclose.protect(con, catalog)
        true = disclose.figures(con, catalog)
        kept = con.execute("select area from out_suppressed where indicator = 'mortality' order by all").fetchall()
    found = Definitions(catalog).uneven_in(true)
    assert {measures for measures, _ in found} == uneven
    assert {(EAST,), (WEST,)} <= set(kept)
    cells = [Cell(("deaths",), 2022, area, "", "total") for area in (EAST, WEST, SOUTH, NORTH, HOME)]
    [sum_] = Definitions(catalog, found).structure(cells)
    assert (sum_.low == 0) == (("deaths",) not in uneven)


# --- an area that the district is compared with ---

CITY = "990000"
COMPARED = BASE["births"] + f"2024,{CITY},示例市,9000,90\n"


def compared_with(folder: Path, **changed: object) -> Path:
    """The small district, whose mortality is compared with a city of which something is said."""
    home = home_of(folder, [])
    path = home / "districts/990201.yml"
    district = yaml.safe_load(path.read_text(encoding="utf-8"))
    district["references"] = [district["references"][0] | changed]
    path.write_text(yaml.safe_dump(district, allow_unicode=True), encoding="utf-8")
    return home


@pytest.mark.parametrize(
    ("changed", "years"),
    [({}, {2022: True, 2023: True}), ({"until": 2022}, {2022: True, 2023: False}), ({"since": 2023}, {2022: False, 2023: True})],
)  # fmt: skip
def test_a_reference_is_asked_for_and_compared_with_in_its_years(
    tmp_path: Path, changed: dict[str, int], years: dict[int, bool]
) -> None:
    """In other years its row is named, and costs the district nothing."""
    catalog = load("990201", compared_with(tmp_path, **changed))
    asked = {year: "示例市" in Form(catalog, "births", year, "health").references for year in years}
    assert asked == years
    with made(tmp_path / "raw", catalog, {year: {"births": COMPARED} for year in years}) as con:
        assert {year: births(con, year)[HOME] for year in years} == dict.fromkeys(years, 600)
        rejected = {year: [m for rule, m in told(con, year) if rule == "row_area_absent"] for year in years}
        assert {year: not rejected[year] for year in years} == years
        assess.targets(con, catalog, 2023)
        compared = con.execute("select year, threshold from out_assessments where target like '%.g1.9.%'").fetchall()
    assert {year: number == 10 for year, number in compared if year in years} == years
    gone = next((messages[0] for messages in rejected.values() if messages), None)
    assert gone is None or ("2023年撤销" if "until" in changed else "2023年设立") in gone


def test_a_reference_may_have_had_another_name(tmp_path: Path) -> None:
    catalog = load("990201", compared_with(tmp_path, aliases=["旧示例市"]))
    with made(tmp_path / "raw", catalog, {2023: {"births": COMPARED.replace(f"{CITY},示例市", ",旧示例市")}}) as con:
        [row] = rows(con, "select * from out_indicators where indicator = 'mortality' and area = ?", CITY)
    assert row["value"] == 10


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"until": 2022, "merged_into": WEST}, "不写并入和分出；只写 since、until 和 aliases"),
        (
            {"until": 2019},
            "references.0.until：demo_women_2021 的目标 demo_women_2021.g1.9.reporting 以示例市为对照，但它在2021—2099年都不在",
        ),
        ({"since": 2100}, "references.0.since：demo_women_2021 的目标 demo_women_2021.g1.9.reporting 以示例市为对照"),
        ({"since": 2023, "until": 2022}, "until（2022）早于 since（2023）"),
    ],
)
def test_a_reference_that_cannot_be_is_named(tmp_path: Path, changed: dict[str, object], says: str) -> None:
    with pytest.raises(CatalogError) as error:
        load("990201", compared_with(tmp_path, **changed))
    assert says in str(error.value)

"""The example home (docs/example): a city of counties, two plan periods, areas, departments and a target that change."""

import csv
import json
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from expectations.catalog import load
from expectations.rules import RULES
from flows import pipeline
from flows.desk import forms
from flows.places import PROJECT
from flows.press import pdf
from flows.report.kinds import KINDS
from raw.simulator import example
from tests.fixtures import agreeing
from tests.fixtures.homes import linked
from tests.fixtures.printed import pressing, unpressed

HOME = PROJECT / "docs" / "example"
CITY = "530600"
WRONG = re.compile("街镇|全区|本区|各区|驻区|区(?:级|委|政府|人大|政协)")
"""Words that the shipped district's report has and a city's must not have."""
HERE = "县（市、区）"
MADE = (("final", 2025, pressing("report.pdf", "areas.pdf", public=False)), ("annual", 2026, unpressed))
"""The end of one period and the beginning of the next; a yearly report is set by others, a final one by few, and none but this
one by counties: its internal papers, of which the public ones have less.
"""


@pytest.fixture(scope="module")
def home(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    def make(folder: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLAN_MONITOR_HOME", str(linked(folder, HOME)))
            for kind, year, press in MADE:
                patch.setattr(pdf, "press", press)
                pipeline.make(KINDS[kind], year, CITY, lambda title, stage, *args, **kwargs: stage(*args, **kwargs))
        catalog = load(CITY, HOME / "expectations")
        for dataset in catalog.owed(2026):
            forms.write(catalog, dataset, 2026, folder / "forms", {})

    return once("example", make)


def edition(home: Path, kind: str, year: int) -> Path:
    return home / "output" / CITY / str(year) / kind


def text(path: Path) -> str:
    if path.suffix == ".pdf" and path.read_bytes().startswith(b"%PDF"):
        return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    if path.suffix == ".png":  # drawn from the poster's page
        return ""
    if path.suffix in {".xlsx", ".docx"}:
        with zipfile.ZipFile(path) as parts:
            return "\n".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    return path.read_text(encoding="utf-8-sig")


def running(folder: Path) -> str:
    """The report's text without the ends of its lines: each numeral stands in a line of its own."""
    return "".join(text(folder / f"{paper}.txt") for paper in ("report", "data")).replace("\n", "")


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_no_sentence_stands_twice(home: Path) -> None:
    """In the internal report, nor in the public one."""
    folder = edition(home, "annual", 2026)
    assert [agreeing.told_twice(folder), agreeing.told_twice(folder / "public")] == [[], []]


def test_all_papers_count_a_departments_targets_alike(home: Path) -> None:
    """The printed sheets, the data volume, the workbook and the ledgers."""
    folder = edition(home, "annual", 2026)
    for told in (agreeing.warnings_told(folder), agreeing.behind_told(folder)):
        assert len({str(sorted(counts.items())) for counts in told.values()}) == 1, told


def test_the_files_are_those_that_the_seed_makes(tmp_path: Path) -> None:
    """One year of them; the others follow by the same rules."""
    catalog = load(CITY, HOME / "expectations")
    example.write(tmp_path, catalog, 2022, example.sheets(catalog, 2022))
    there = HOME / "raw" / CITY / "2022"
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {p.name: p.read_bytes() for p in there.iterdir()}
    for year in range(example.FIRST, example.LAST + 1):
        assert "simulated: true" in (HOME / "raw" / CITY / str(year) / "deliveries.yml").read_text(encoding="utf-8")


def test_it_has_every_rule_and_whatever_can_change() -> None:
    catalog = load(CITY, HOME / "expectations")
    assert {t.rule.key for plan in catalog.plans for t in plan.targets} == set(RULES)
    assert {plan.id: len(plan.targets) for plan in catalog.plans} == {
        "zhaotong_women_2021": 31,
        "zhaotong_elderly_2021": 5,
        "zhaotong_women_2026": 10,
    }
    areas = catalog.district.areas
    assert [a.name for a in areas if a.merged_into] == ["绥江县"] and [a.name for a in areas if a.split_from] == [
        "示例新区"
    ]
    assert [d.successor for d in catalog.district.departments.values() if d.successor] == ["agriculture"]
    assert [t.revised[0].value for plan in catalog.plans for t in plan.targets if t.revised] == [75]
    assert [plan.by_sex for plan in catalog.plans] == [True, False, True]
    assert any(t.between == "residence" for plan in catalog.plans for t in plan.targets)


def test_no_text_has_the_words_of_a_city_district(home: Path, golden: Path) -> None:
    files = [path for folder in ("output", "forms") for path in (home / folder).rglob("*") if path.is_file()]
    found = [(path.name, word) for path in files for word in WRONG.findall(f"{path.name}\n{text(path)}")]
    assert found == []
    assert {path.suffix for path in files} >= {".pdf", ".html", ".xlsx", ".csv", ".json", ".txt"}
    there = golden / "output" / "990101" / "2022" / "annual"
    for name in ("report.pdf", "report.html", "report.xlsx", "areas.csv", "checks.html"):
        assert WRONG.search(text(there / name)), "the neighbour speaks of 街镇"


@pytest.mark.parametrize("part", ["", "public"])
def test_there_is_a_table_by_county(home: Path, part: str) -> None:
    folder = edition(home, "annual", 2026) / part
    rows = table(folder, "areas")
    assert [row[HERE] for row in rows][-3:] == ["彝良县", "威信县", "水富市"]
    assert {"示例新区", "镇雄县"} <= {row[HERE] for row in rows} and "绥江县" not in {row[HERE] for row in rows}
    assert f"各{HERE}主要指标" in running(folder)
    sheet = openpyxl.load_workbook(folder / "report.xlsx")[f"分{HERE}"]
    [named] = sheet.tables.values()
    assert re.fullmatch(r"[^\W\d]\w*", named.name), "what Excel accepts as the name of a table"


def test_what_changed_is_told(home: Path) -> None:
    told = running(edition(home, "final", 2025))
    assert "示例新区由镇雄县分设，两地此前年度没有可比的数据" in told
    assert "绥江县并入水富市" in told
    assert "≥75%（2023年起；原≥70%）" in told
    assert "示例：昭通市妇儿工委2023年第2次会议纪要" in told
    [latrines] = [
        row for row in table(edition(home, "final", 2025), "outcomes") if row["指标"] == "农村无害化卫生厕所普及率"
    ]
    assert latrines["责任部门"] == "市农业农村局", "which has the duties of 市乡村振兴局 since 2024"


def test_city_and_country_stand_side_by_side(home: Path) -> None:
    rows = table(edition(home, "annual", 2026), "divided")
    assert {row["组"] for row in rows} >= {"城市", "农村"}
    assert "农村女性比城市女性低" in running(edition(home, "annual", 2026))


def test_the_next_period_begins_with_an_outlook(home: Path) -> None:
    """Its first year has what the period before has left: a series long enough for a probability."""
    report = json.loads((edition(home, "annual", 2026) / "report.json").read_text(encoding="utf-8"))
    assert {target["id"].partition(".")[0] for target in report["targets"]} == {"zhaotong_women_2026"}
    foreseen = {target["id"].partition(".")[2] for target in report["targets"] if target["probability"] is not None}
    assert foreseen == {
        "g1.1.maternal_mortality",
        "g1.2.maternal_management",
        "g1.2.maternal_management.every_unit_at_least",
        "g1.3.cervical_screening",
        "g1.4.health_literacy",
        "g1.4.health_literacy.residence",
        "g2.1.town_government_women",
        "g2.2.women_village_committees",
        "g2.3.female_unemployment",
    }


def test_a_form_has_a_row_for_each_county_and_for_the_province_that_a_target_compares_with(tmp_path: Path) -> None:
    catalog = load(CITY, HOME / "expectations")
    names = [a.name for a in catalog.district.areas_of(2024)]
    forms.write(catalog, "school_progress", 2024, tmp_path, {})
    [path] = tmp_path.glob("*基础教育和职业教育情况表-2024.csv")
    header, *rows = path.read_text(encoding="utf-8-sig").splitlines()
    assert header.split(",")[1:4] == [f"{HERE}代码", HERE, "性别"]
    assert [row.split(",")[2] for row in rows[::2]] == [*names, "云南省"]
    assert rows[-1].endswith(",,,不适用,不适用"), "of the province, only what is compared is asked"
    forms.write(catalog, "maternal_health", 2024, tmp_path, {})
    [other] = tmp_path.glob("*孕产妇保健和健康情况表-2024.csv")
    assert "云南省" not in other.read_text(encoding="utf-8-sig"), "nothing there is compared"

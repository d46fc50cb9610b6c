"""A city with counties on the shared catalogue: from its empty forms to both editions, no word of a city district."""

import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from flows import pipeline
from flows.report.kinds import KINDS
from tests.fixtures.city import CITY, FORMS, YEAR, home_of_a_city

WRONG = re.compile("街镇|全区|本区|各区|驻区|区(?:级|委|政府|人大|政协)")
"""Words that the shipped district's report has and a city's must not have."""
HERE = "县（市、区）"


@pytest.fixture(scope="module")
def home(once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    def make(folder: Path) -> None:
        home_of_a_city(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLAN_MONITOR_HOME", str(folder))
            pipeline.make(KINDS["annual"], YEAR, CITY, lambda title, stage, *args, **kwargs: stage(*args, **kwargs))

    return once("city", make)


def text(path: Path) -> str:
    if path.suffix == ".pdf":
        return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as parts:
            return "\n".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    return path.read_text(encoding="utf-8-sig")


def test_no_text_has_the_words_of_a_city_district(home: Path, golden: Path) -> None:
    files = [path for folder in ("output", FORMS) for path in (home / folder).rglob("*") if path.is_file()]
    found = [(path.name, word) for path in files for word in WRONG.findall(f"{path.name}\n{text(path)}")]
    assert found == []
    kinds = {path.suffix for path in files}
    assert kinds >= {".pdf", ".html", ".xlsx", ".csv", ".json", ".txt"}
    assert any("核查反馈单" in path.name for path in files) and any("checks.html" in path.name for path in files)
    there = golden / "output" / "990101" / "2022" / "annual"
    for name in ("report.pdf", "report.html", "report.xlsx", "areas.csv", "checks.html"):
        assert WRONG.search(text(there / name)), "the neighbour speaks of 街镇"


@pytest.mark.parametrize("edition", ["", "public"])
def test_there_is_a_table_and_a_chart_by_county(home: Path, edition: str) -> None:
    folder = home / "output" / CITY / str(YEAR) / "annual" / edition
    header, *rows = text(folder / "areas.csv").splitlines()
    assert header.startswith(f"{HERE},孕产妇死亡率（/10万）,")
    assert [row.partition(",")[0] for row in rows] == ["昭阳区", "鲁甸县", "水富市"]
    printed = text(folder / "report.txt").replace("\n", "")  # each numeral stands in a line of its own
    assert f"附表2各{HERE}主要指标" in printed and f"{YEAR}年各{HERE}适龄妇女宫颈癌筛查率" in printed
    assert "3个县（市、区）全部达到要求" in printed and "市人大代表中女性比例" in printed
    sheet = openpyxl.load_workbook(folder / "report.xlsx")[f"分{HERE}"]
    [table] = sheet.tables.values()
    assert re.fullmatch(r"[^\W\d]\w*", table.name), "what Excel accepts as the name of a table"
    assert f"各{HERE}主要指标" in text(folder / "report.html")


def test_the_form_has_a_row_for_each_county_and_for_the_province_that_a_target_compares_with(home: Path) -> None:
    [path] = (home / FORMS).glob(f"*儿科资源情况表-{YEAR}.csv")
    header, *rows = path.read_text(encoding="utf-8-sig").splitlines()
    assert header.split(",")[1:3] == [f"{HERE}代码", HERE]
    assert rows[2:] == [f"{YEAR},530681,水富市,,,", f"{YEAR},530000,云南省,,,不适用"]
    [other] = (home / FORMS).glob(f"*孕产妇保健和健康情况表-{YEAR}.csv")
    assert "云南省" not in other.read_text(encoding="utf-8-sig"), "nothing there is compared"

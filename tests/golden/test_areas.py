"""所辖地区画像 (areas.pdf): a page for each area, and nothing on it that the edition's tables do not tell."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest

from expectations.catalog import load
from flows.edition import figures
from flows.report.draw.drawings import Drawings
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.papers import areas, own_pages
from tests.fixtures.printed import Printed
from tests.fixtures.warehouses import golden_warehouse

AREAS = {"990101001": "东街道", "990101101": "西镇"}


@pytest.fixture(scope="module", params=["", "public"])
def folder(request: pytest.FixtureRequest, edition: Path) -> Path:
    return edition / str(request.param)


def test_each_area_has_one_page_behind_the_page_that_leads_to_it(folder: Path) -> None:
    with pikepdf.open(folder / "areas.pdf") as document:
        printed = Printed(folder / "areas.pdf", document)
        assert len(document.pages) == 1 + len(AREAS)
        assert [printed.chapters[page] for page in range(1, 1 + len(AREAS))] == [*AREAS.values()]


def test_nothing_is_told_of_an_area_that_the_table_of_all_indicators_does_not_tell(folder: Path, golden: Path) -> None:
    """So a public edition's pages open nothing that its other files keep back (flows/disclose/intruder.py knows these)."""
    with (folder / "indicators.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["性别"] == "合计" and r["数值"] != "—"]
    known = {(r["指标"], r["年份"], r["地区代码"]): float(r["数值"]) for r in rows}
    names = {key: indicator.name for key, indicator in load("990101", golden / "expectations").indicators.items()}
    told = list(_told(folder))
    assert {area for _, _, area, _, _ in told} == AREAS.keys()
    for key, year, area, what, value in told:
        of = known.get((names[key], year, area))
        if what == "change_previous":
            assert value == pytest.approx(of - known[names[key], str(int(year) - 1), area])
        else:
            assert what in {"", "joined"} and value == of


def _told(folder: Path) -> Iterator[tuple[str, str, str, str, float]]:
    """Indicator, year, area and what of it, of every figure that a page of an area prints, with its value."""
    for one in figures.parse((folder / "figures.csv").read_bytes(), "areas"):
        key, year, area, what = [*one.fact.split("/"), "", "", ""][:4]
        if area in AREAS and not one.sense and key != "portrait":
            yield key, year, area, what, float(one.value)


def test_a_single_event_has_no_place(folder: Path) -> None:
    text = (folder / "areas.txt").read_text(encoding="utf-8")
    assert text.count("孕产妇死亡率") == 1  # the note that says why it is not there
    assert "孕产妇死亡率为小概率事件，按街镇计算受偶然因素影响大，不分街镇列出。" in text
    assert not any(fact.startswith("maternal_mortality/") for fact in _facts(folder))


def _facts(folder: Path) -> list[str]:
    return [one.fact for one in figures.parse((folder / "figures.csv").read_bytes(), "areas")]


def test_a_district_without_areas_has_no_such_paper(golden: Path, tmp_path: Path) -> None:
    catalog = load("990101", golden / "expectations")
    bare = replace(catalog, district=catalog.district.model_copy(update={"areas": ()}))
    with golden_warehouse(golden) as con:
        for district, there in ((catalog, True), (bare, False)):
            made = KINDS["annual"].of(Facts(con, district, 2022))
            (staging := tmp_path / str(there)).mkdir()
            assert (areas.context(made, charts := Drawings(staging)) is not None) is there
            if not there:
                assert "areas" not in dict(own_pages(made, charts))

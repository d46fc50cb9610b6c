"""One department, one sheet: what it is told of its targets and its forms, each numeral bound."""

import re
from pathlib import Path

import pytest

from expectations.catalog import load
from flows.places import TEMPLATES
from flows.press import binding, document, pdf
from flows.report import papers
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.kinds.report import TOOLS, Report
from flows.report.papers import departments
from flows.wording import read
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import changed

CATALOG = load("990101", GOLDEN / "expectations")


def made(golden: Path, kind: str, *changes: str) -> tuple[Report, dict[str, object] | None, str]:
    """The report of the golden district, what its sheets say, and their page."""
    with changed(golden, *changes) as con:
        report = KINDS[kind].of(Facts(con, CATALOG, 2022))
        told = departments.context(report, None)  # type: ignore[arg-type]  # no chart is drawn
        page = pdf.html(TEMPLATES, "departments.html", {**report._edition(), **TOOLS, **told}) if told else ""
    return report, told, page


@pytest.fixture(scope="module")
def page(golden: Path) -> str:
    return made(golden, "annual")[2]


def text(page: str, key: str) -> str:
    """What one department is told."""
    alone = document.part(document.read(page), key)
    assert alone is not None
    return "".join("".join(alone.itertext()).split())


def test_every_numeral_is_bound(page: str) -> None:
    assert binding.read(page, read("wording")).problems == []


def test_a_department_is_told_its_targets_its_forms_and_by_when(page: str) -> None:
    told = text(page, "health")
    assert "区卫生健康委：" in told and "区体育局" not in told
    assert "孕产妇死亡率（妇女规划目标1.1）" in told
    assert "超出1例" in told
    assert "策略1.1：“落实孕产妇风险筛查”" in told
    assert re.search(r"于2023年7月30日前报示例区统计局", told)  # fifteen days after the report
    assert "回执" in told


def test_who_has_nothing_to_press_gets_no_slip(page: str) -> None:
    assert "回执" not in text(page, "organization")
    assert "目前没有需要办理的事项" in text(page, "organization")


def test_each_sheet_is_a_file_of_its_own(page: str) -> None:
    found = dict(papers.apart({"departments": document.read(page)}))
    assert {"feedback/区卫生健康委-监测反馈单-2022.pdf", "feedback/区体育局-监测反馈单-2022.pdf"} <= found.keys()
    for tree in found.values():
        assert len(tree.findall("./body/section")) == 1


def test_only_the_internal_annual_report_has_sheets(golden: Path) -> None:
    assert made(golden, "annual", "update meta_audience set audience = 'public'")[1] is None
    assert made(golden, "annual")[1] is not None

"""One department, one sheet: what it is told of its targets and its forms, each numeral bound."""

import re
from pathlib import Path

import pytest

from expectations.catalog import load
from expectations.vocabulary import SHORT
from flows import ledger, pipeline
from flows.desk import trial
from flows.journal import OPEN
from flows.places import TEMPLATES
from flows.press import binding, document, pdf
from flows.report import papers
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.kinds.report import TOOLS, Report
from flows.report.papers import departments
from flows.report.say import lacking
from flows.wording import read
from tests.fixtures import agreeing
from tests.fixtures.deliveries import BASE, deliver, sent
from tests.fixtures.deliveries import CATALOG as SMALL
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import changed, warehouse

CATALOG = load("990101", GOLDEN / "expectations")
PLAN = "demo_women_2021"


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
    assert (
        "工作簿《区卫生健康委-整改台账-2022.xlsx》中逐项填写原因、整改措施、完成时限和状态，于2023年7月30日前报" in told
    )
    assert "数据问题的说明填在《区卫生健康委-核查反馈单-2022.xlsx》的“部门答复”列" in told


def test_who_is_on_the_way_is_not_said_to_be_expected_to_miss(golden: Path) -> None:
    """A target that is 预期可达标 may be warned of because it is unlikely; 预计达标困难 in the same cell would contradict it."""
    unlikely = f"insert into out_warnings values ('{PLAN}.g2.1.women_party_members', 2022, 'miss', 'light', 'lag', 'unlikely', 2022, null, null, null, null)"
    page = made(golden, "annual", unlikely)[2]
    assert binding.read(page, read("wording")).problems == []
    assert "预期可达标；三级预警（达标把握不足），" in text(page, "organization")
    assert "预计达标困难" not in text(page, "organization")
    assert "；三级预警（预计达标困难），" in text(page, "health")


def test_targets_are_called_others_only_beside_those_that_are_warned_of(page: str) -> None:
    assert "附表1预警的目标、差距和规划措施" in text(page, "health") and "附表2其他定量目标的进展" in text(
        page, "health"
    )
    assert "附表1定量目标的进展" in text(page, "organization")


def test_who_has_nothing_to_press_is_sent_to_no_workbook(page: str) -> None:
    assert "工作簿" not in text(page, "organization")
    assert "目前没有需要办理的事项" in text(page, "organization")


def test_the_workbooks_that_a_sheet_names_are_there(edition: Path) -> None:
    named = set(re.findall("《([^《》]+[.]xlsx)》", "".join((edition / "departments.txt").read_text("utf-8").split())))
    there = {path.name for folder in ("ledger", "feedback") for path in (edition / folder).glob("*.xlsx")}
    assert named == there != set()


def test_all_papers_count_a_departments_targets_alike(edition: Path) -> None:
    """The sheet, the data volume, the workbook and the ledger: warnings, and what falls short."""
    for told in (agreeing.warnings_told(edition), agreeing.behind_told(edition)):
        assert len({str(sorted(counts.items())) for counts in told.values()}) == 1, told


def test_no_sentence_stands_twice(edition: Path, tmp_path: Path) -> None:
    assert [agreeing.told_twice(edition), agreeing.told_twice(edition / "public")] == [[], []]
    (tmp_path / "report.txt").write_text("某率为10.0%，比上年提高0.5个百分点，预期可以达标。" * 2, encoding="utf-8")
    assert len(agreeing.told_twice(tmp_path)) == 1


def test_every_target_that_falls_short_is_warned_of(golden: Path) -> None:
    """So the ledger leaves none of them out."""
    with changed(golden) as con:
        facts = Facts(con, CATALOG, 2022)
    assert {i.id for i in facts.items if i.verdict in SHORT} <= {w.item.id for w in facts.warnings}


def test_a_gap_has_one_wording(golden: Path) -> None:
    """In the ledger and in the report, whatever is warned of: people, places, or the distance in the indicator's unit."""
    literacy, members = f"{PLAN}.g1.5.health_literacy", f"{PLAN}.g2.1.women_party_members"
    warnings = [
        f"insert into out_warnings values ('{target}', 2022, 'miss', 'light', 'lag', 'behind', 2022, null, null, null, null)"
        for target in (members, f"{PLAN}.g1.2.cervical_screening.every_unit_at_least")
    ]
    failing = (
        "update out_assessments set places_failing = ['西镇'], met = false where target like '%every_unit_at_least'"
    )
    with changed(golden, *warnings, failing) as con:
        facts = Facts(con, CATALOG, 2022)
        items, told = {i.id: i for i in facts.items}, {}
        narrator = KINDS["annual"].of(facts).narrator
        for entry in ledger.entries(con, CATALOG, 2022):
            told[entry.promise.id] = (entry.gap, str(lacking.gap(narrator, items[entry.promise.id]).striptags()))
    assert told.pop(literacy) == ("—", "")  # nothing came
    assert len(told) == 3
    assert all(one == other for one, other in told.values()), told


def test_each_sheet_is_a_file_of_its_own(page: str) -> None:
    found = dict(papers.apart({"departments": document.read(page)}))
    assert {"feedback/区卫生健康委-监测反馈单-2022.pdf", "feedback/区体育局-监测反馈单-2022.pdf"} <= found.keys()
    for tree in found.values():
        assert len(tree.findall("./body/section")) == 1


def test_only_the_internal_annual_report_has_sheets(golden: Path) -> None:
    assert made(golden, "annual", "update meta_audience set audience = 'public'")[1] is None
    assert made(golden, "annual")[1] is not None


def test_a_place_without_a_figure_is_named_to_its_department_whether_area_or_institution(tmp_path: Path) -> None:
    """A promise for each place; the neighbours, which have sent theirs, are not named."""
    blank = {"births": ("200,2", ","), "clinics": ("南山镇卫生院,3", "南山镇卫生院,—")}
    deliver(tmp_path, 2024, [sent(name, text.replace(*blank.get(name, ("", "")))) for name, text in BASE.items()])
    with warehouse() as con:
        pipeline.figures(con, SMALL, tmp_path, 2024, trial.quietly, OPEN)
        told = departments.context(KINDS["annual"].of(Facts(con, SMALL, 2024)), None)  # type: ignore[arg-type]  # no chart
    assert told is not None
    absent = {
        str(line.item.promise.target.indicator): str(line.absent.striptags())
        for sheet in told["sheets"]
        for line in (*sheet.pressing, *sheet.others)
        if line.absent
    }
    assert absent == {"births_total": "西桥镇没有可用的数据", "doctors": "南山镇卫生院没有可用的数据"}

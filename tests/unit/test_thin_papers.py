"""What the papers of a district with hardly anything in it print: one target, evidence alone, a year of which nothing came, a
department that only owes a form. Each sentence stands only where what it speaks of exists.
"""

from pathlib import Path

import pytest

from flows.answer import feedback
from flows.letters import letter_of
from tests.fixtures.hamlet import HEALTH, SCREENING, facts, papers, screened

pytestmark = pytest.mark.usefixtures("shelf")

BEFORE = {2022: screened(2022, 50)}
SHEET, LEDGER = f"{HEALTH}-核查反馈单-2023.xlsx", f"{HEALTH}-整改台账-2023.xlsx"
COLUMN, ASKED_FOR = "“部门答复”列", "请于2024年7月30日前向云岭县统计局补报《宫颈癌筛查情况表》。"
FAULTY = {"screen": "年份,应筛查人数,筛查人数\n2023,1000,6O0\n"}


# --- what a department is asked to do ---


@pytest.mark.parametrize(
    ("sent", "named", "asked"),
    [
        ({}, set(), f"\n{ASKED_FOR}本年度数据已于"),  # it owes a form, and nothing else
        (FAULTY, {SHEET}, "\n一、请于2024年7月30日前改正不能使用的数据，重新报送有关报表。"),
        (screened(2023, 51), {LEDGER}, "\n一、本年对你单位牵头的目标发出预警1项"),
        (screened(2023, 60), {LEDGER}, "\n一、本年对你单位牵头的目标发出预警1项"),
    ],
    ids=["owes", "faulty", "behind", "swung"],
)
def test_a_department_is_sent_to_workbooks_that_are_there(
    sent: dict[str, str], named: set[str], asked: str, tmp_path: Path
) -> None:
    with facts(tmp_path / "home", {**BEFORE, 2023: sent}, SCREENING) as known:
        written = feedback.write(known.con, known.catalog, 2023, tmp_path / "home" / "raw", tmp_path / "feedback")
    sheet = papers(tmp_path, {**BEFORE, 2023: sent}, SCREENING)["departments"]
    assert asked in sheet
    assert {name for name in (SHEET, LEDGER) if name in sheet} == named
    assert {path.name for path in written} == named - {LEDGER}
    assert ("答复以工作簿为准" in sheet) == ("没有收到工作簿的" in sheet) == bool(named)
    assert (COLUMN in sheet) == (SHEET in named)


ROAD = f"答复填在工作簿“{SHEET}”的“部门答复”列，填好后整份报云岭县统计局；"


@pytest.mark.parametrize(
    ("sent", "warned", "road"),
    [
        (FAULTY, False, f"{ROAD}文件名可以改，“编号”列和表头不改。数据有误的，重新报送有关报表。"),
        (FAULTY, True, f"{ROAD}文件名可以改，“编号”列和表头不改。数据有误的，重新报送有关报表。预警事项的原因和措施填在《整改台账》，不填在本表。"),
        ({}, False, "本单没有需要答复的问题，不用报回。"),
        (screened(2023, 60), False, "本单没有需要答复的问题，不用报回。"),
    ],
)  # fmt: skip
def test_a_feedback_sheet_says_how_it_comes_back(sent: dict[str, str], warned: bool, road: str, tmp_path: Path) -> None:
    with facts(tmp_path, {**BEFORE, 2023: sent}, SCREENING) as known:
        assert letter_of(known.con, known.catalog, 2023, "health", warned=warned).road == road

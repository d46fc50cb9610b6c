"""整改台账: what a warning asks for, the workbook that is sent, and what is read of it when it comes back."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from expectations.requirement import called
from flows import ingest, ledger, validate
from flows.desk import filing
from flows.desk.filing import Wanted
from flows.ingest import replies
from flows.places import MendableError
from tests.fixtures.ledgers import (
    CATALOG,
    LITERACY,
    MORTALITY,
    PLACES,
    SCREENING,
    entry,
    filled,
    registered,
    screening,
    workbook,
)
from tests.fixtures.warehouses import memory, rows

SIGNED = {"填报人": "王某", "填报日期": "2023-08-01"}
SOUND = {
    "原因": "两个街镇筛查车没有到位",
    "整改措施": "九月起每周下乡筛查一次",
    "完成时限": "2023-11-30",
    "状态": "整改中",
}

# --- what is asked for ---


def test_a_gap_is_counted_in_people_from_unrounded_counts() -> None:
    """69.97 % of 2001 and is one woman short."""
    found = screening(1400, 2001)
    assert found.gap == "还差1人"
    assert found.acceptance.endswith("；按2022年适龄妇女人数2001人计算，不少于1401人")
    assert screening(1401, 2001).shortage is None


def test_rare_events_are_counted_and_not_scheduled() -> None:
    deaths = entry(MORTALITY, value=125.0, threshold=20.0, numerator=1, denominator=800)
    assert (deaths.gap, deaths.pace) == ("超出1例", "")
    assert screening().pace == "距2025年12月末29个月，平均每月增加3人（2023年13人、2024年29人、2025年28人）"


def test_shares_of_a_sample_are_no_people(monkeypatch: pytest.MonkeyPatch) -> None:
    assert screening().gap == "还差70人"
    monkeypatch.setattr("flows.shortage.is_counted", lambda *_: False)
    assert (screening().gap, screening().pace) == ("还差7.00个百分点", "")


def test_places_are_named() -> None:
    found = entry(PLACES, value=55.0, threshold=60.0, units_failing=["西镇"])
    assert (found.gap, found.pace) == ("1个街镇未达到：西镇", "2025年12月末前新达到1个")


@pytest.mark.parametrize(
    ("number", "published", "told"),
    [
        (10, date(2025, 7, 15), "距2025年12月末5个月，平均每月增加2人"),
        (3, date(2025, 7, 15), "距2025年12月末5个月，平均每季度增加2人"),
        (1, date(2025, 7, 15), "2025年12月末前增加1人"),
        (1, date(2025, 12, 1), ""),
    ],
)
def test_what_each_month_must_bring(number: int, published: date, told: str) -> None:
    assert ledger.paced(number, "人", "增加", published, date(2025, 12, 31)) == told


def test_the_years_of_a_schedule_are_all_that_is_short() -> None:
    told = ledger.paced(100, "人", "增加", date(2023, 7, 15), date(2025, 12, 31))
    assert told.endswith("（2023年18人、2024年41人、2025年41人）")


def test_the_days_agree() -> None:
    """An answer is asked for after the report, and what is promised for after that."""
    found = screening()
    assert (found.answer_due, found.deadline) == (date(2023, 8, 14), date(2025, 12, 31))
    assert not found.is_overdue(date(2023, 8, 14))
    assert found.is_overdue(date(2023, 8, 15))


# --- the workbook ---


def test_a_workbook_locks_what_is_known_and_opens_what_is_asked(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(workbook(tmp_path, screening()))["整改台账"]
    locked = {sheet.cell(5, cell.column).value: cell.protection.locked for cell in sheet[6]}
    assert [name for name, is_locked in locked.items() if not is_locked] == [
        "原因", "整改措施", "完成时限", "状态", "完成情况和依据", "异议",
    ]  # fmt: skip
    assert sheet.protection.sheet
    assert "请在2023年8月14日前填写" in sheet["A3"].value


def test_a_name_that_two_targets_of_a_clause_have_says_what_each_asks_for() -> None:
    names = called(CATALOG, 2022)
    assert names[SCREENING] == "宫颈癌筛查率（≥70%）"
    assert names[MORTALITY] == "孕产妇死亡率"


# --- what comes back ---


def read(raw: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Replies, sheets and findings of a folder of deliveries."""
    with memory() as con:
        ingest.answers(con, CATALOG, raw, [2022], closed=False)
        return (
            rows(con, "select * from core_replies order by delivery, line"),
            rows(con, "select * from meta_replies order by version"),
            rows(con, "select * from out_findings order by line, column_name"),
        )


def test_answers_come_back(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening(), entry(LITERACY)), SOUND, **SIGNED)
    [reply], [sheet], found = read(registered(tmp_path / "raw", (path, "2023-08-10")))
    assert found == []
    assert (reply["target"], reply["kind"], reply["state"]) == (SCREENING, "miss", "underway")
    assert (reply["cause"], reply["until"]) == (SOUND["原因"], date(2023, 11, 30))
    assert (reply["person"], reply["said"]) == ("王某", date(2023, 8, 1))
    assert (sheet["rows_in"], sheet["replies"], sheet["blank"], sheet["due"]) == (2, 1, 1, date(2023, 8, 14))


WRONG = {
    "a state that is none": ({"状态": "办理中"}, "状态是“办理中”，按待答复处理", "waiting"),
    "no state": ({"状态": ""}, "写了答复，没有选状态", "waiting"),
    "a day that is none": ({"完成时限": "年底前"}, "完成时限“年底前”不是日期", "underway"),
    "no such day": ({"完成时限": "2023-11-31"}, "完成时限“2023-11-31”不是日期", "underway"),
    "before the report": ({"完成时限": "2023-07-14"}, "早于报告成文日期", "underway"),
    "done without anything done": ({"状态": "已完成"}, "没有写完成情况和依据，按待答复处理", "waiting"),
    "underway without a day": ({"完成时限": ""}, "状态是“整改中”，“完成时限”没有填写", "underway"),
    "undone without a cause": ({"状态": "未完成", "原因": ""}, "状态是“未完成”，没有写原因", "undone"),
    "a word that says nothing": ({"原因": "同上"}, "“原因”只写了“同上”", "underway"),
}


@pytest.mark.parametrize(("change", "told", "state"), WRONG.values(), ids=WRONG.keys())
def test_a_bad_cell_is_told_and_the_others_are_read(
    tmp_path: Path, change: Mapping[str, str], told: str, state: str
) -> None:
    path = filled(workbook(tmp_path, screening()), {**SOUND, **change}, **SIGNED)
    [reply], [sheet], found = read(registered(tmp_path / "raw", (path, "2023-08-10")))
    assert told in found[0]["message"]
    assert (reply["state"], sheet["status"]) == (state, "accepted")
    assert all(finding["line"] == 6 for finding in found)


FOREIGN = {
    "a target that is none": ({"目标": "识字率"}, "不是2022年规划的目标"),
    "another's target": ({"条目": "目标2.1", "目标": "女党员比例"}, "由区委组织部负责"),
    "another year": ({"年份": "2021"}, "年份是“2021”"),
    "no kind of warning": ({"预警类型": "预警"}, "预警类型是“预警”"),
}


@pytest.mark.parametrize(("change", "told"), FOREIGN.values(), ids=FOREIGN.keys())
def test_a_row_that_is_about_nothing_of_the_sender_is_rejected(
    tmp_path: Path, change: Mapping[str, str], told: str
) -> None:
    path = filled(workbook(tmp_path, screening(), entry(LITERACY)), {**SOUND, **change}, SOUND, **SIGNED)
    [reply], [sheet], [finding] = read(registered(tmp_path / "raw", (path, "2023-08-10")))
    assert told in finding["message"]
    assert finding["severity"] == "critical"
    assert (reply["target"], sheet["rejected"], sheet["status"]) == (LITERACY, 1, "partial")


def test_a_row_that_stands_twice_is_not_read_once(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening(), screening()), SOUND, SOUND, **SIGNED)
    found, [sheet], findings = read(registered(tmp_path / "raw", (path, "2023-08-10")))
    assert (found, sheet["rejected"], len(findings)) == ([], 2, 2)


def test_who_answered_and_when(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening()), SOUND, 填报日期="2023-09-01")
    [reply], _, found = read(registered(tmp_path / "raw", (path, "2023-08-10")))
    assert (reply["person"], reply["said"]) == (None, None)
    assert ["没有写填报人" in f["message"] or "晚于收到日期" in f["message"] for f in found] == [True, True]


def test_what_is_left_open_later_takes_nothing_back(tmp_path: Path) -> None:
    """The second version answers another row; the first one's answer stands, and its day."""
    first = filled(workbook(tmp_path, screening(), entry(LITERACY, value=None)), SOUND, **SIGNED)
    (tmp_path / "later").mkdir()
    done = {"状态": "已完成", "完成情况和依据": "已印发方案并举办讲座，见年度总结"}
    later = filled(workbook(tmp_path / "later", screening(), entry(LITERACY)), {}, done, **SIGNED)
    raw = registered(tmp_path / "raw", (first, "2023-08-10"), (later, "2023-10-01"))
    with memory() as con:
        ingest.answers(con, CATALOG, raw, [2022], closed=False)
        con.execute("insert into meta_register values ('990101', 2022, true, '', '2023-06-30', '2023-07-15')")
        for target in (SCREENING, LITERACY):
            con.execute(
                "insert into out_warnings values (?, 2022, 'miss', 'light', 'lag', 'behind', 2022, null, null)",
                [target],
            )
            con.execute(
                "insert into out_assessments (district, target, year, verdict, method, met) "
                "values ('990101', ?, 2022, 'behind', 'end', false)", [target]
            )  # fmt: skip
        early, now = (
            {e.promise.id: e.reply for e in ledger.entries(con, CATALOG, 2022, on=day)}
            for day in (date(2023, 9, 1), date(2024, 1, 1))
        )
    assert early[LITERACY] is None
    assert (now[SCREENING].state, now[SCREENING].first) == ("underway", date(2023, 8, 10))
    assert (now[LITERACY].state, now[LITERACY].first) == ("done", date(2023, 10, 1))


def test_an_answer_to_no_warning_is_asked_about(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening()), SOUND, **SIGNED)
    raw = registered(tmp_path / "raw", (path, "2023-08-10"))
    with memory() as con:
        ingest.answers(con, CATALOG, raw, [2022], closed=False)
        con.execute(
            "insert into out_warnings values (?, 2022, 'miss', 'light', 'lag', 'behind', 2022, null, null)", [LITERACY]
        )
        validate.answers(con, CATALOG)
        [finding] = rows(con, "select * from out_findings")
    assert "按现有数据该目标2022年没有这类预警" in finding["message"]


def test_the_lock_of_a_report_leaves_answers_for_the_next(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening()), SOUND, **SIGNED)
    raw = registered(tmp_path / "raw", (path, "2023-08-10"))
    with memory() as con:
        ingest.answers(con, CATALOG, raw, [2022])
        assert rows(con, "select * from meta_replies") + rows(con, "select * from out_findings") == []


def test_a_file_without_the_headings_is_told(tmp_path: Path) -> None:
    path = tmp_path / "台账.csv"
    path.write_text("年份,目标,原因\n2022,宫颈癌筛查率,没有到位\n", encoding="utf-8")
    found, [sheet], [finding] = read(registered(tmp_path / "raw", (path, "2023-08-10")))
    assert (found, sheet["status"]) == ([], "refused")
    assert "找不到整改台账的表头" in finding["message"]


@pytest.mark.parametrize("text", ["2023-11-30", "2023/11/30", "2023年11月30日", "2023.11.30", "2023-11-30 00:00:00"])
def test_a_day_as_clerks_write_it(text: str) -> None:
    assert replies.parsed(text) == date(2023, 11, 30)


# --- filing ---


def test_a_ledger_is_known_by_its_headings_and_its_sender_by_its_title(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening()), SOUND, **SIGNED)
    path = path.rename(tmp_path / "回复.xlsx")
    [known] = filing.recognise(path, CATALOG, Wanted())
    assert (known.dataset, known.department, known.year, known.rows) == ("ledger", "health", 2022, 1)


def test_a_later_version_needs_no_reason(tmp_path: Path) -> None:
    """A ledger is answered again as long as there is something to tell, and always after the lock."""
    raw = tmp_path / "raw"
    registered(raw)
    for number in (1, 2):
        path = filled(workbook(tmp_path, screening()), {**SOUND, "原因": f"第{number}次说明原因"}, **SIGNED)
        [known] = filing.recognise(path, CATALOG, Wanted())
        filed = filing.file(known, CATALOG, raw, date(2023, 8, number), None)
        assert not isinstance(filed, str)
        assert filed.delivery == f"2022/ledger@health/v{number}"
    assert filed.entry.replaces == "区卫生健康委-整改台账.xlsx"


def test_a_ledger_of_nobody_is_not_filed(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening()), SOUND, **SIGNED)
    book = openpyxl.load_workbook(path)
    book.active["A1"].value = "整改台账"
    book.save(path)
    with pytest.raises(MendableError, match=r"不能确定“台账\.xlsx”是哪个部门的整改台账，请用 --from 指明"):
        filing.recognise(path, CATALOG, Wanted())
    [known] = filing.recognise(path, CATALOG, Wanted(sender="区卫生健康委"))
    assert known.department == "health"

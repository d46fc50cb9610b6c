"""整改台账: what a warning asks for, the workbook that is sent, and what is read of it when it comes back."""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pypdfium2
import pytest
from rich.console import Console

from expectations.requirement import called
from flows import ingest, ledger, validate
from flows.answer import feedback, letters
from flows.desk import filing, intake
from flows.desk import ledger as desk
from flows.desk.filing import Wanted
from flows.ingest import replies
from flows.ingest.filed import adopt
from flows.journal import OPEN, CutOff, Journal
from flows.letters import ASKED, Finding, Letter, numbered
from flows.places import MendableError, Places
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
    warned,
    workbook,
)
from tests.fixtures.promises import outcome
from tests.fixtures.warehouses import changed, memory, rows

SIGNED = {"填报人": "王某", "填报日期": "2023-08-01"}
SOUND = {
    "原因": "两个街镇筛查车没有到位",
    "整改措施": "九月起每周下乡筛查一次",
    "完成时限": "2023-11-30",
    "状态": "整改中",
}

# --- what is asked for ---


@pytest.mark.parametrize(
    ("rule", "value", "values", "value_told", "gap"),
    [
        ("above", "50", "40 42 44 46 48 50", "2025年50.0%", "恰为50.0%，尚不符合要求"),
        ("increase", None, "50 42 44 46 48 50", "2025年50.0%", "与2020年相同"),
        ("slow_increase", None, "10 11 12 13 14 15", "2025年15.0%", "升幅与此前年均升幅相同"),
        ("at_least", "90", "40 42 44 46 48 89.96", "2025年89.96%", "还差0.04个百分点"),
    ],
)
def test_what_misses_by_nothing_or_a_hair_is_told_so(
    rule: str, value: str | None, values: str, value_told: str, gap: str
) -> None:
    found = outcome(rule, values, value, better="lower" if rule == "slow_increase" else "higher").item
    made = replace(screening(), promise=found.promise, row={**screening().row, **found.row}, year=2025)
    assert (made.value, made.gap) == (value_told, gap)


def test_a_gap_is_counted_in_people_from_unrounded_counts() -> None:
    """69.97 % of 2001 and is one woman short."""
    found = screening(1400, 2001)
    assert found.gap == "还差1名妇女"
    assert found.acceptance.endswith("；按2022年适龄妇女人数2001人计算，不少于1401人")
    assert screening(1401, 2001).shortage is None


def test_rare_events_are_counted_and_not_scheduled() -> None:
    deaths = entry(MORTALITY, value=125.0, threshold=20.0, numerator=1, denominator=800)
    assert (deaths.gap, deaths.pace) == ("超出1例", "")
    assert screening().pace == "距2025年12月末29个月，平均每月增加3人（2023年13人、2024年29人、2025年28人）"


def test_shares_of_a_sample_are_no_people(monkeypatch: pytest.MonkeyPatch) -> None:
    assert screening().gap == "还差70名妇女"
    monkeypatch.setattr("flows.shortage.is_counted", lambda *_: False)
    assert (screening().gap, screening().pace) == ("还差7.00个百分点", "")


def test_places_are_named() -> None:
    """And their people added up, where their counts are known."""
    found = entry(PLACES, value=55.0, threshold=60.0, places_failing=["西镇"])
    counted = replace(found, failing=[{"value": 55.0, "numerator": 220, "denominator": 400}])
    assert counted.gap == "西镇未达到要求，还差20名妇女"
    assert (found.gap, found.pace) == ("西镇未达到要求", "2025年12月末前新达到1个")


@pytest.mark.parametrize(
    ("number", "published", "told"),
    [
        (10, date(2025, 7, 15), "距2025年12月末5个月，平均每月增加2人"),
        (3, date(2025, 7, 15), "距2025年12月末5个月，平均每季度增加2人"),
        (1, date(2025, 7, 15), "2025年12月末前增加1人"),
        (9, date(2025, 12, 5), "2025年12月末前增加9人"),
        (2, date(2025, 9, 1), "2025年12月末前增加2人"),  # one quarter is no row of quarters
        (9, date(2026, 1, 5), ""),
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
    assert (found.answer_due, found.deadline) == (date(2023, 7, 30), date(2025, 12, 31))
    assert not found.is_overdue(date(2023, 7, 30))
    assert found.is_overdue(date(2023, 7, 31))


# --- the workbook ---


def test_a_workbook_locks_what_is_known_and_opens_what_is_asked(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(workbook(tmp_path, screening()))["整改台账"]
    locked = {sheet.cell(5, cell.column).value: cell.protection.locked for cell in sheet[6]}
    assert [name for name, is_locked in locked.items() if not is_locked] == [
        "原因", "整改措施", "完成时限", "状态", "完成情况和依据", "异议",
    ]  # fmt: skip
    assert sheet.protection.sheet
    assert "请在2023年7月30日前填写" in sheet["A3"].value


def test_a_name_that_two_targets_of_a_clause_have_says_what_each_asks_for() -> None:
    names = called(CATALOG, 2022)
    assert names[SCREENING] == "宫颈癌筛查率（≥70%）"
    assert names[MORTALITY] == "孕产妇死亡率"


# --- what comes back ---


def read(raw: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Replies, sheets and findings of a folder of deliveries."""
    with memory() as con:
        ingest.answers(con, CATALOG, raw, [2022], OPEN)
        return (
            rows(con, "select * from core_replies order by delivery, line"),
            rows(con, "select * from meta_replies order by version"),
            rows(con, "select * from out_answer_findings order by line, column_name"),
        )


def test_answers_come_back(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening(), entry(LITERACY)), SOUND, **SIGNED)
    [reply], [sheet], found = read(registered(tmp_path / "raw", (path, "2023-08-10")))
    assert found == []
    assert (reply["target"], reply["kind"], reply["state"]) == (SCREENING, "miss", "underway")
    assert (reply["cause"], reply["until"]) == (SOUND["原因"], date(2023, 11, 30))
    assert (reply["person"], reply["said"]) == ("王某", date(2023, 8, 1))
    assert (sheet["rows_in"], sheet["replies"], sheet["blank"], sheet["due"]) == (2, 1, 1, date(2023, 7, 30))


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


# --- as clerks fill it in ---


def returned(tmp_path: Path, path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The replies of a file whose warnings are known, and what is said of it."""
    raw = registered(tmp_path / "raw", (path, "2023-08-10"))
    with memory() as con:
        warned(con, SCREENING, LITERACY)
        ingest.answers(con, CATALOG, raw, [2022], OPEN)
        return rows(con, "select * from core_replies order by line"), [
            r["message"] for r in rows(con, "select message from out_answer_findings order by line, column_name")
        ]


def sent(tmp_path: Path, *answers: Mapping[str, str]) -> Path:
    """The ledger of the two warnings, as it goes out, with answers typed in."""
    with memory() as con:
        warned(con, SCREENING, LITERACY)
        entries = ledger.entries(con, CATALOG, 2022)
    return filled(workbook(tmp_path, *sorted(entries, key=lambda e: e.promise.id)), *answers, **SIGNED)


def test_a_text_file_as_a_spreadsheet_saves_it_is_read(tmp_path: Path) -> None:
    """As 另存为 CSV, in the country's own encoding, under another name."""
    sheet = openpyxl.load_workbook(sent(tmp_path, SOUND)).worksheets[0]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([value or "" for value in row] for row in sheet.iter_rows(values_only=True))
    path = tmp_path / "回复最新.csv"
    path.write_bytes(out.getvalue().encode("gb18030"))
    [reply], found = returned(tmp_path, path)
    assert (reply["target"], reply["cause"], found) == (SCREENING, SOUND["原因"], [])


def test_a_row_that_was_deleted_is_named(tmp_path: Path) -> None:
    path = sent(tmp_path, SOUND)
    book = openpyxl.load_workbook(path)
    book.active.delete_rows(7)
    book.save(path)
    [reply], [message] = returned(tmp_path, path)
    assert reply["target"] == SCREENING
    assert "文件中没有“妇女规划，目标1.5，普及健康知识，预计达标困难”一行，按没有答复处理" in message


MISPLACED = {
    "over a fact": ({"差距": "筛查车没有到位", "状态": "整改中"}, "第6行“差距”列的内容是“筛查车没有到位”"),
    "a state as a cause": ({**SOUND, "原因": "整改中"}, "“原因”列填的是“整改中”，像是填错了列"),
    "a day as a measure": ({**SOUND, "整改措施": "2023-11-30"}, "“整改措施”列填的是“2023-11-30”，像是填错了列"),
}


@pytest.mark.parametrize(("answers", "told"), MISPLACED.values(), ids=MISPLACED.keys())
def test_an_answer_in_a_wrong_column_is_told(tmp_path: Path, answers: Mapping[str, str], told: str) -> None:
    _, found = returned(tmp_path, sent(tmp_path, answers))
    assert any(told in message for message in found), found


def test_what_stands_beside_the_table_is_told(tmp_path: Path) -> None:
    path = sent(tmp_path, SOUND)
    book = openpyxl.load_workbook(path)
    book.active.cell(6, len(ledger.COLUMNS) + 1).value = "已经安排专人"
    book.save(path)
    assert "在表格以外写有“已经安排专人”，没有读取" in returned(tmp_path, path)[1][0]


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
        ingest.answers(con, CATALOG, raw, [2022], OPEN)
        warned(con, SCREENING, LITERACY)
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
        ingest.answers(con, CATALOG, raw, [2022], OPEN)
        warned(con, LITERACY)
        validate.answers(con, CATALOG)
        [finding] = rows(con, "select * from out_answer_findings")
    assert "按现有数据该目标2022年没有这类预警" in finding["message"]


def test_the_lock_of_a_report_leaves_answers_for_the_next(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening()), SOUND, **SIGNED)
    raw = registered(tmp_path / "raw", (path, "2023-08-10"))
    with memory() as con:
        ingest.answers(con, CATALOG, raw, [2022])
        assert rows(con, "select * from meta_replies") + rows(con, "select * from out_answer_findings") == []


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
    [known] = filing.recognise(path, CATALOG, Wanted()).known
    assert (known.dataset, known.department, known.year, known.rows) == ("ledger", "health", 2022, 1)


def test_a_later_version_needs_no_reason(tmp_path: Path) -> None:
    """A ledger is answered again as long as there is something to tell, and always after the lock."""
    raw = tmp_path / "raw"
    registered(raw)
    for number in (1, 2):
        path = filled(workbook(tmp_path, screening()), {**SOUND, "原因": f"第{number}次说明原因"}, **SIGNED)
        [known] = filing.recognise(path, CATALOG, Wanted()).known
        filed = filing.file(known, CATALOG, raw, date(2023, 8, number), None)
        assert not isinstance(filed, str)
        assert filed.delivery == f"2022/ledger@health/v{number}"
    assert filed.entry.replaces == "区卫生健康委-整改台账.xlsx"


@pytest.mark.parametrize("reason", ["第2版填错了单位", None])
def test_an_earlier_sheet_of_answers_becomes_the_newest_for_a_reason(tmp_path: Path, reason: str | None) -> None:
    raw = tmp_path / "raw"
    registered(raw)
    paths = []
    for number in (1, 2):
        path = filled(workbook(tmp_path, screening()), {**SOUND, "原因": f"第{number}次说明原因"}, **SIGNED)
        paths.append(path.rename(tmp_path / f"{number}.xlsx"))
        [known] = filing.recognise(paths[-1], CATALOG, Wanted()).known
        filing.file(known, CATALOG, raw, date(2023, 8, number), None)
    [known] = filing.recognise(paths[0], CATALOG, Wanted()).known
    filed = filing.file(known, CATALOG, raw, date(2023, 8, 3), reason, restore=True)
    if reason is None:
        assert isinstance(filed, str) and "现在用的是第2版。没有改动；要恢复第1版" in filed
    else:
        assert not isinstance(filed, str) and filed.delivery == "2022/ledger@health/v3"


@pytest.mark.parametrize(("day", "status"), [("2023-07-25", "accepted"), ("2023-07-24", "refused")])
def test_answers_are_used_as_they_were_filed(tmp_path: Path, day: str, status: str) -> None:
    """In time or late is told by the day of receipt: nobody changes it by hand."""
    path = filled(workbook(tmp_path, screening()), SOUND, **SIGNED)
    raw, journal = registered(tmp_path / "raw", (path, "2023-07-25")), Journal(tmp_path / "journal" / "990101")
    adopt(journal, raw / "990101", raw)
    [register] = raw.rglob("deliveries.yml")
    register.write_text(register.read_text(encoding="utf-8").replace("2023-07-25", day), encoding="utf-8")
    with memory() as con:
        warned(con, SCREENING)
        ingest.answers(con, CATALOG, raw, [2022], CutOff(closed=False, journal=journal))
        [row] = rows(con, "select status, replies from meta_replies")
        assert (row["status"], row["replies"]) == (status, int(status == "accepted"))
        assert len(rows(con, "select * from out_answer_findings where rule = 'unfiled'")) == 1 - row["replies"]


def test_a_ledger_of_nobody_is_not_filed(tmp_path: Path) -> None:
    path = filled(workbook(tmp_path, screening()), SOUND, **SIGNED)
    book = openpyxl.load_workbook(path)
    book.active["A1"].value = "整改台账"
    book.save(path)
    with pytest.raises(MendableError, match=r"不能确定“台账\.xlsx”是哪个部门的整改台账。.*可用 --from 指明"):
        filing.recognise(path, CATALOG, Wanted())
    [known] = filing.recognise(path, CATALOG, Wanted(sender="区卫生健康委")).known
    assert known.department == "health"


# --- the letters ---


def day_of(answers: Mapping[str, str], level: str, today: date, tmp_path: Path) -> list[letters.Reminder]:
    """The letters of a day about one warning that was answered so, or not at all."""
    path = filled(workbook(tmp_path, screening()), answers, **SIGNED)
    raw = registered(tmp_path / "raw", (path, "2023-07-25"))
    with memory() as con:
        ingest.answers(con, CATALOG, raw, [2022], OPEN)
        warned(con, SCREENING, level=level)
        entries = ledger.entries(con, CATALOG, 2022, on=today)
    return list(letters.reminders(CATALOG, entries, today, simulated=True))


DONE = {"状态": "已完成", "完成情况和依据": "筛查率达到71%，见妇幼保健院年报"}
BEFORE, AFTER = date(2023, 7, 28), date(2023, 8, 20)
CALLED = {
    "not answered, not due": ({}, "moderate", BEFORE, []),
    "not answered in time": ({}, "moderate", AFTER, ["urge"]),
    "answered": (SOUND, "moderate", AFTER, []),
    "answered, its day is over": (SOUND, "moderate", date(2023, 12, 5), ["press"]),
    "done": (DONE, "serious", date(2023, 12, 5), []),
    "serious from the first day": ({}, "serious", BEFORE, ["press"]),
    "serious and not answered: one letter, not two": ({}, "serious", AFTER, ["press"]),
}


@pytest.mark.parametrize(("answers", "level", "today", "kinds"), CALLED.values(), ids=CALLED.keys())
def test_who_gets_which_letter(
    tmp_path: Path, answers: Mapping[str, str], level: str, today: date, kinds: list[str]
) -> None:
    assert [letter.kind for letter in day_of(answers, level, today, tmp_path)] == kinds


def test_the_days_of_a_letter_agree_with_its_own(tmp_path: Path) -> None:
    [letter] = day_of(SOUND, "moderate", date(2023, 12, 5), tmp_path)
    assert "截至2023年12月5日，附表所列1项没有完成整改（其中1项已超过承诺的时限或整改期限）" in letter.lead
    assert letter.request.startswith("请于2023年12月20日前")
    assert letter.matters[0].answer == "整改中，承诺2023年11月30日前完成"


def test_a_letter_names_the_report_as_its_cover_does(golden: Path) -> None:
    from flows.answer import facts as answered
    from flows.report.facts import Facts
    from flows.report.kinds import KINDS

    with changed(golden) as con:
        assert answered.title(CATALOG, 2022) == KINDS["annual"].of(Facts(con, CATALOG, 2022)).title


def test_a_letter_is_signed_under_its_text(tmp_path: Path) -> None:
    """Before the table, whose length nobody knows: no signature stands on a page of its own."""
    with memory() as con:
        warned(con, SCREENING, level="serious")
        [entry] = ledger.entries(con, CATALOG, 2022, on=AFTER)
    [letter] = letters.reminders(CATALOG, [entry], AFTER, simulated=True)
    pages = pypdfium2.PdfDocument(str(letters.printed(letter._replace(matters=[*letter.matters] * 20), tmp_path)))
    first, last = (pages[n].get_textpage().get_text_range() for n in (0, len(pages) - 1))
    assert len(pages) > 1
    assert "附表所列1项" in first and "2023年8月20日\r\n" in first and "宫颈癌" in last


def test_what_follows_a_serious_warning_is_told(tmp_path: Path) -> None:
    [letter] = day_of({}, "serious", AFTER, tmp_path)
    assert letter.request.endswith("对一级预警，将召开会议研究。")
    assert letter.matters[0].answer == "没有答复"
    [urging] = day_of({}, "moderate", AFTER, tmp_path)
    assert "应于2023年7月30日前答复。截至2023年8月20日，附表所列1项没有答复，已逾期21天。" in urging.lead
    assert "会议" not in urging.request


# --- the terminal ---


def test_the_terminal_tells_what_is_open_due_and_overdue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = filled(workbook(tmp_path, screening(), entry(LITERACY)), SOUND, **SIGNED)
    raw = registered(tmp_path / "raw", (path, "2023-08-10"))

    @contextmanager
    def answered(*_: object) -> Iterator[duckdb.DuckDBPyConnection]:
        with memory() as con:
            ingest.answers(con, CATALOG, raw, [2022], OPEN)
            warned(con, SCREENING, LITERACY)
            yield con

    monkeypatch.setattr("flows.desk.trial.answered", answered)
    out = io.StringIO()
    desk.show(CATALOG, Places(tmp_path), 2022, AFTER, "text", None, out)
    [head, columns, row, *_] = out.getvalue().splitlines()
    assert head == "示例区2022年预警整改情况（2023-08-20；应于2023-07-30前答复）"
    assert dict(zip(columns.split()[:6], row.split()[:6], strict=True)) | {"": ""} == {
        "部门": "区卫生健康委", "事项": "2", "一级": "1", "待答复": "1", "整改中": "1", "已完成": "1", "": "",
    }  # fmt: skip
    assert "目标1.5“普及健康知识”（预计达标困难）：没有答复，逾期21天" in out.getvalue()
    listed = io.StringIO()
    desk.show(CATALOG, Places(tmp_path), 2022, AFTER, "csv", None, listed)
    assert [line.split(",")[8] for line in listed.getvalue().splitlines()] == ["状态", "整改中", "待答复"]
    with pytest.raises(MendableError, match="2022年报告的成文日期是2023-07-15，2023-07-01还没有整改事项"):
        desk.show(CATALOG, Places(tmp_path), 2022, date(2023, 7, 1), "text", None, out)


# --- the feedback sheet ---


def feedback_sheet(folder: Path, *answers: str) -> Path:
    """The feedback sheet of a file with an odd figure and a figure that is none, with answers typed in row by row."""
    found = {**dict.fromkeys(ASKED), "year": 2022, "department": "health", "rule": "jump"}
    numbers = [numbered({**found, "value": value}) for value in ("9001", "3O0")]
    texts = [
        Finding(
            "孕产妇保健情况表", "2022/表.csv", "", 3, 4, "筛查人数", v, "100", "", "", "请核实", "warning", "", number=n
        )
        for v, n in zip(("9001", "3O0"), numbers, strict=True)
    ]
    letter = Letter(
        "区卫生健康委", 2022, "示例市示例区", date(2023, 4, 1), date(2023, 6, 30), 15, True, [], texts, "示例区统计局", ""
    )  # fmt: skip
    book = feedback._workbook(letter, folder)
    sheet = book.worksheets[0]
    head = next(row for row in sheet.iter_rows() if any(cell.value == "部门答复" for cell in row))
    column = next(cell.column for cell in head if cell.value == "部门答复")
    for row, answer in enumerate(answers, head[0].row + 1):
        sheet.cell(row, column).value = answer
    path = folder / "反馈.xlsx"
    book.save(path)
    return path


def test_the_answers_of_a_feedback_sheet_come_back_by_the_number_of_the_finding(tmp_path: Path) -> None:
    path = feedback_sheet(tmp_path, "新增两个筛查点，人数属实", "")
    [known] = filing.recognise(path, CATALOG, Wanted()).known
    assert (known.dataset, known.department, known.year) == ("feedback", "health", 2022)
    raw = registered(tmp_path / "raw", (path, "2023-04-10"), sheet="feedback")
    [reply], [sheet], found = read(raw)
    asked = {**dict.fromkeys(ASKED), "year": 2022, "department": "health", "rule": "jump", "value": "9001"}
    assert (reply["finding"], reply["cause"]) == (numbered(asked), "新增两个筛查点，人数属实")
    assert (sheet["replies"], sheet["blank"], found) == (1, 1, [])


@pytest.mark.parametrize(("sheet", "told"), [("feedback", False), ("ledger", True)])
def test_of_a_feedback_sheet_no_other_day_is_told_than_it_names(sheet: str, told: bool, tmp_path: Path) -> None:
    """The day of the warnings' answers is another one, months later."""
    book = workbook(tmp_path, screening(), entry(LITERACY))
    path = filled(book, SOUND, **SIGNED) if told else feedback_sheet(tmp_path, "新增两个筛查点，人数属实", "")
    [known] = filing.recognise(path, CATALOG, Wanted()).known
    raw, out = registered(tmp_path / "raw", (path, "2023-04-10"), sheet=sheet), io.StringIO()
    with memory() as con:
        ingest.answers(con, CATALOG, raw, [2022], OPEN)
        [(delivery,)] = con.execute("select delivery from meta_replies").fetchall()
        intake._tell_answers(Console(file=out, width=200), con, CATALOG, known, delivery)
    assert ("应答复日期" in out.getvalue()) == told
    assert "答复1项，没有填写1项" in out.getvalue()


def test_a_finding_keeps_its_number_when_its_file_is_sent_again() -> None:
    found = {**dict.fromkeys(ASKED), "rule": "jump", "value": "9001", "line": 3, "file": "a.csv"}
    assert numbered(found) == numbered({**found, "line": 7, "file": "b.csv"})
    assert numbered(found) != numbered({**found, "value": "9002"})


def test_what_is_not_listed_has_no_number() -> None:
    """It stands for other figures in another version of the file. A line that stands for several rows is listed."""
    found = {**dict.fromkeys(ASKED), "rule": "jump", "times": 7}
    assert [numbered({**found, "line": line}) for line in (None, 3)] == [
        "",
        numbered({**found, "times": None, "line": 3}),
    ]


@pytest.mark.parametrize(
    ("rule", "number"),
    [("row_institution", "51E67E49"), ("institutions_total", "D04C6C77"), ("jump", "2C65C02C")],
)
def test_a_finding_keeps_its_number_when_its_rule_is_called_otherwise(rule: str, number: str) -> None:
    """Numbers as sheets had them when these rules were row_unit and units_total; jump has its name still."""
    found = {"year": 2024, "department": "health", "dataset": "clinics", "column_name": "机构", "value": "注册卫生院"}
    assert numbered({**dict.fromkeys(ASKED), **found, "rule": rule}) == number


def test_a_row_without_its_number_answers_nothing(tmp_path: Path) -> None:
    path = feedback_sheet(tmp_path, "新增两个筛查点，人数属实")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    [number] = [cell for row in sheet.iter_rows() for cell in row if cell.value == "编号"]
    sheet.cell(number.row + 1, number.column).value = "1"
    book.save(path)
    found, [sheet], [finding] = read(registered(tmp_path / "raw", (path, "2023-04-10"), sheet="feedback"))
    assert (found, sheet["rejected"], sheet["blank"]) == ([], 1, 1)
    assert "编号是“1”，不知答复的是哪一个问题" in finding["message"]


@pytest.mark.parametrize("answered", [False, True])
def test_what_is_not_listed_takes_no_answer(tmp_path: Path, answered: bool) -> None:
    path = feedback_sheet(tmp_path, "新增两个筛查点，人数属实")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    [number] = [cell for row in sheet.iter_rows() for cell in row if cell.value == "编号"]
    sheet.cell(number.row + 1, number.column).value = "—"
    if not answered:
        sheet.cell(number.row + 1, number.column - 1).value = None
    book.save(path)
    found, [sheet], findings = read(registered(tmp_path / "raw", (path, "2023-04-10"), sheet="feedback"))
    assert (found, sheet["rejected"], sheet["blank"]) == ([], int(answered), 2 - answered)
    assert [("没有逐一列出的问题" in f["message"], "这一行不填" in f["cure"]) for f in findings] == [
        (True, True)
    ] * answered

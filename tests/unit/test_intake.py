"""A department's round trip: the empty form, filled in with mistakes, checked, mended, received, sent again."""

import csv
import io
import re
import shutil
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest
import yaml

from expectations.records import Override
from expectations.vocabulary import Fit
from flows import letters, pipeline, validate
from flows.desk import effects, filing, intake, owed, trial
from flows.desk.filing import Wanted
from flows.edition import publish
from flows.ingest import header, register
from flows.journal import CLOSED, CutOff
from flows.places import MendableError, Places, RefusedError
from flows.validate import deliveries as gate
from flows.validate import findings
from flows.warehouse import memory
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, deliver, sent
from tests.fixtures.make import BIRTHS, ROWS, xlsx

pytestmark = pytest.mark.usefixtures("lent", "unset", "shelf")

NOTHING = Wanted()


def filed(
    home: Places,
    *paths: Path,
    on: date | None = date(2025, 3, 1),
    reason: str | None = None,
    wanted: Wanted = NOTHING,
    unusable: bool = False,
) -> None:
    """Received, but for the look at what was filed: where a test asks only whether something is filed, and as what, or what comes
    after it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_before", lambda *_: None)
        patch.setattr(intake, "_looked_at", lambda *_: True)
        intake.receive(paths, CATALOG, home, wanted, on, reason, unusable)


@pytest.fixture
def home(tmp_path: Path) -> Places:
    """Births of 2023, and what else came for 2024."""
    deliver(tmp_path / "raw", 2023, [sent("births")])
    deliver(tmp_path / "raw", 2024, [sent(name) for name in BASE if name != "births"])
    return Places(tmp_path)


def filled(form: Path, values: dict[str, object], name: str) -> Path:
    book = openpyxl.load_workbook(form)
    for at, value in values.items():
        book["填报"][at] = value
    path = form.parent / name
    book.save(path)
    return path


SOUND: dict[str, object] = {"D5": 310, "E5": 3, "D6": 200, "E6": 2, "D7": 100, "E7": 0, "D8": 9000, "E8": 90}


def test_round_trip(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    forms = intake.empty_forms(CATALOG, home, "births", 2024, home.home / "forms")
    assert [p.name for p in forms] == [
        "区卫生健康委-活产和死亡情况表-2024.xlsx",
        "区卫生健康委-活产和死亡情况表-2024.csv",
    ]
    before = openpyxl.load_workbook(forms[0])["上年数据"]
    assert 300 in {cell.value for row in before.iter_rows() for cell in row}

    # three mistakes: a letter in a figure, a part above its whole, a town that is none
    wrong = filled(forms[0], SOUND | {"D5": "3O0", "E6": 900, "B7": None, "C7": "南珊镇"}, "错.xlsx")
    [tried] = intake.check(wrong, CATALOG, home, NOTHING)
    assert (tried.fit, tried.sound) == (Fit.PARTLY, False) and "的值“3O0”有误" in tried.first
    told = capsys.readouterr().out
    for words in ("第5行“活产数（人）”列的值“3O0”有误", "疑为“300”", "第6行“死亡人数”（西桥镇）为900人，大于“活产数”的",
                  "第7行“街镇”列的值“南珊镇”有误", "最接近的是“南山镇”"):  # fmt: skip
        assert words in told
    sheet = openpyxl.load_workbook(home.home / "forms" / "错-核查反馈单.xlsx").worksheets[1]
    assert "应为不小于0的整数" in sheet["D5"].comment.text
    assert "上年值：300" in sheet["D5"].comment.text
    assert sheet["D5"].value == "3O0"
    assert "最接近的是“南山镇”" in sheet["C7"].comment.text, "the sheet tells as much as the terminal"
    book = openpyxl.load_workbook(home.home / "forms" / "错-核查反馈单.xlsx").worksheets[0]
    said = [str(c.value) for row in book.iter_rows() for c in row if c.value is not None]
    assert any("　报送前核查" in text for text in said), "what is only checked bears no date"
    assert any("报表1份在报送前核查，没有登记" in text and "请改正或备好书面说明后报送" in text for text in said)
    assert not {"按时", "第1版", "第2版"} & {*said} and "收到1份" not in "".join(said), "nothing was sent"
    assert sheet["E6"].comment and sheet["C7"].comment and not sheet["D6"].comment

    right = filled(forms[0], SOUND, "对.xlsx")
    [tried] = intake.check(right, CATALOG, home, NOTHING)
    assert (tried.fit, tried.sound, tried.first) == (Fit.USABLE, True, "")
    assert "没有发现问题" in capsys.readouterr().out
    assert not (home.raw / DISTRICT / "2024").joinpath("区卫生健康委-活产和死亡情况表.xlsx").exists()

    intake.receive([right], CATALOG, home, NOTHING, date(2025, 3, 8), None)
    told = capsys.readouterr().out
    assert "已登记为第1版" in told
    assert "采用：收到8格，采用8格，退回0格" in told
    [sheet_back] = (home.output / "feedback" / DISTRICT / "2024").glob("*.xlsx")
    assert str(sheet_back) in told
    assert publish.damaged(home.output / DISTRICT, "a" * 64) == []  # what stands beside editions is taken for one
    copy = home.raw / DISTRICT / "2024" / "区卫生健康委-活产和死亡情况表.xlsx"
    assert copy.read_bytes() == right.read_bytes()

    intake.receive([right], CATALOG, home, NOTHING, date(2025, 3, 9), None)
    assert "完全相同，没有重复登记" in capsys.readouterr().out

    again = filled(forms[0], SOUND | {"E6": 12}, "再报.xlsx")
    with pytest.raises(MendableError, match="重新报送须用 --reason 写明原因"):
        intake.receive([again], CATALOG, home, NOTHING, date(2025, 3, 20), None)
    intake.receive([again], CATALOG, home, NOTHING, date(2025, 3, 20), "核增死亡人数")
    told = capsys.readouterr().out
    assert "已登记为第2版" in told
    assert "与上一版相比，1格不同：" in told
    assert "死亡人数（西桥镇）：2 → 12" in told
    assert re.search("指标值有[1-9]项变化", told)
    head = register.read(home.raw / DISTRICT / "2024" / "deliveries.yml", home.raw)
    first, second = [e for e in head.deliveries if e.dataset == "births"]
    assert (second.replaces, second.reason, second.original, second.rows) == (
        first.file,
        "核增死亡人数",
        "再报.xlsx",
        4,
    )


@pytest.mark.parametrize(
    ("dataset", "old", "new", "part"),
    [
        ("births", "200,2", "200,12", {"births", "published"}),
        ("progress", "推进中", "已落实", {"progress"}),
    ],
)
def test_what_a_version_changes_is_seen_on_the_forms_that_have_a_part(
    tmp_path: Path, dataset: str, old: str, new: str, part: set[str]
) -> None:
    deciding = CATALOG.deciding(dataset)
    assert {dataset} <= deciding.datasets.keys() == part < CATALOG.datasets.keys()
    seen = []
    for name, changed in (("before", old), ("after", new)):
        assert old in BASE[dataset]
        for year in (2023, 2024):
            text = BASE[dataset].replace(old, changed) if year == 2024 else BASE[dataset]
            deliver(tmp_path / name, year, [sent(n, text if n == dataset else None) for n in BASE])
        raw, targets = tmp_path / name, CATALOG.decided_by(dataset)
        seen.append([effects.effects(CATALOG, raw, 2024), effects.effects(deciding, raw, 2024, targets)])
    (whole, part), (whole_after, part_after) = seen
    for kind in effects.Effects._fields:
        told = [
            {(k, before.get(k), after.get(k)) for k in {*before, *after} if before.get(k) != after.get(k)}
            for before, after in (
                (getattr(whole, kind), getattr(whole_after, kind)),
                (getattr(part, kind), getattr(part_after, kind)),
            )
        ]
        assert told[0] == told[1]
        assert told[0] or dataset == "progress" or kind == "verdicts"


def test_ready_made_figures_may_be_of_any_indicator() -> None:
    assert CATALOG.deciding("published") is CATALOG
    assert "published" in CATALOG.deciding("births").datasets


def taken(home: Places, year: int, cut_off: CutOff) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """What a report of a year reads."""
    return trial.received(CATALOG, home.raw, pipeline.years(CATALOG, year), cut_off)


def csv_file(folder: Path, text: str, name: str = "活产.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode("gb18030"))
    return path


def test_a_late_delivery_needs_a_reason(home: Places) -> None:
    path = csv_file(home.home, BIRTHS)
    with pytest.raises(MendableError, match="2024年数据已于2025年6月30日截止，之后报送须用 --reason 写明原因"):
        intake.receive([path], CATALOG, home, NOTHING, date(2025, 7, 1), None)


@pytest.mark.parametrize(
    ("year", "on", "filed", "checked"),
    [
        (2024, date(2025, 6, 30), "", ""),
        (
            2024,
            date(2025, 7, 1),
            "已登记，暂不采用：2024年数据已于2025年6月30日截止",
            "2024年数据已于2025年6月30日截止：此后报送的",
        ),
        (2023, date(2025, 6, 30), "用于2024年报告（数据截止日期2025年6月30日）", "用于2024年报告"),
        (
            2023,
            date(2025, 7, 1),
            "已登记，暂不采用：2024年数据已于2025年6月30日截止",
            "2024年数据已于2025年6月30日截止：此后报送的",
        ),
    ],
)
def test_a_delivery_is_told_used_only_where_a_report_uses_it(
    home: Places,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    year: int,
    on: date,
    filed: str,
    checked: str,
) -> None:
    """Both commands say what the next report does: it leaves out what came after its own lock, of whatever year."""
    path = csv_file(home.home, BIRTHS.replace("2024", str(year)).replace("200,2", "200,12"))
    monkeypatch.setattr(intake, "today", lambda: on)
    intake.check(path, CATALOG, home, NOTHING)
    before = capsys.readouterr().out
    assert ("截止" in before, checked in before) == (bool(checked), True)
    intake.receive([path], CATALOG, home, NOTHING, on, "核增死亡人数")
    told = capsys.readouterr().out
    assert filed in told
    left_out = "暂不采用" in filed
    assert ("如决定采用：收到6格，采用6格" in told, "  采用：收到6格" in told) == (left_out, not left_out)
    with taken(home, 2024, CLOSED) as con:
        newest = "select count(*) from core_observations join meta_deliveries using (delivery) where received = ? and dataset = 'births'"
        assert bool(con.execute(newest, [on]).fetchone()[0]) != left_out, "the report does what was told"


@pytest.mark.parametrize(
    ("text", "wanted", "says"),
    [
        ("甲,乙\n1,2\n", NOTHING, "的表头与任何报表都不相符，不能确定是哪一份报表"),
        (
            BIRTHS.replace("2024", "二四"),
            NOTHING,
            "不能确定数据年份。一份报表只报一个年度，请改正年份列后重新报送。知道是哪一年的，可用 --year 指明",
        ),
        (
            BASE["progress"],
            NOTHING,
            "请在文件名开头写明部门，如“区卫生健康委-目标进展情况表”，再重新报送。知道是哪个部门的，可用 --from 指明",
        ),
        (BIRTHS, Wanted(dataset="birth"), "没有报表 birth"),
        (BIRTHS, Wanted(sender="区教育局"), "“区教育局”不报送活产和死亡情况表；报送部门：区卫生健康委"),
        ("", NOTHING, "文件是空的"),
    ],
    ids=["header", "year", "department", "dataset", "sender", "empty"],
)
def test_what_cannot_be_told_is_asked(home: Places, text: str, wanted: Wanted, says: str) -> None:
    with pytest.raises(MendableError, match=re.escape(says)):
        intake.receive([csv_file(home.home, text)], CATALOG, home, wanted, date(2025, 3, 1), None)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (
            "年份,街镇代码,街镇,活产人数,死亡人数",
            ("最接近的是“活产和死亡情况表”", "缺少列“活产数”，多出列“活产人数”（与“活产数”相近）。"),
        ),
        ("年份,街镇代码,街镇,死亡人数", ("最接近的是“活产和死亡情况表”", "缺少列“活产数”。")),
    ],
)
def test_a_header_of_no_form_is_told_from_the_nearest(home: Places, header: str, told: tuple[str, ...]) -> None:
    first, _, rest = BIRTHS.partition("\n")
    path = csv_file(home.home, f"{header}\n{rest}")
    with pytest.raises(RefusedError) as refused:
        intake.check(path, CATALOG, home, NOTHING)
    assert all(words in refused.value.told for words in (*told, "请按该表空表的列名改正后重新报送"))
    assert "--" not in refused.value.told, "a sender types no commands"
    assert str(refused.value) == refused.value.told, "no option would make it one of the form"
    assert intake.check(csv_file(home.home, f"{first}\n{rest}"), CATALOG, home, NOTHING)


@pytest.mark.parametrize(
    ("text", "returned"),
    [
        (BIRTHS, False),
        (BIRTHS.replace("200,2", "200,2人左右"), True),
        (BIRTHS.replace("死亡人数", "死亡"), True),  # the whole form
        (BIRTHS.replace("200,2", "200,—"), False),  # asked about, and nothing to send again
    ],
)
def test_what_was_sent_back_is_not_said_to_be_enough(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str, returned: bool
) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2025, 7, 1))
    path = csv_file(home.home, text)
    wanted = Wanted(dataset="births", year=2024)
    filed(home, path, wanted=wanted, unusable=True)
    capsys.readouterr()
    [tried] = intake.check(path, CATALOG, home, wanted)
    told = capsys.readouterr().out
    assert tried.fit == Fit.SAME and bool(tried.first) == returned == (not tried.sound)
    assert ("须改正后重新报送" in told) == returned == ("不必再报" not in told), told
    assert ("不能使用：" in told) == returned
    if "死亡人数" not in text:
        return  # nothing was read that could be the same
    again = home.home / "再报.csv"  # as Excel saves it
    again.write_text(text, encoding="utf-8-sig")
    [tried] = intake.check(again, CATALOG, home, wanted)
    told = capsys.readouterr().out
    assert tried.fit == Fit.SAME and bool(tried.first) == returned
    assert ("须改正后重新报送" in told) == returned == ("不必再报" not in told), told
    for file in (path, again):
        assert intake.receive([file], CATALOG, home, wanted, date(2025, 3, 2), None) == (not returned)
        assert ("须改正后重新报送" in capsys.readouterr().out) == returned


def test_what_cannot_be_used_is_told_beside_the_hint_at_another_year(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2026, 7, 1))
    path = csv_file(home.home, BIRTHS.replace("200,2", "200,2人左右"))
    filed(home, path)
    for again in (lambda: received(home, path), lambda: intake.check(path, CATALOG, home, NOTHING)[0].sound):
        capsys.readouterr()
        assert not again()
        told = capsys.readouterr().out
        assert "请核对是否拿错了文件" in told and "须改正后重新报送" in told


@pytest.mark.parametrize("lost", [False, True])
def test_a_filed_copy_that_was_changed_is_no_fault_of_the_sender(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2025, 7, 1))
    path = csv_file(home.home, BIRTHS)
    filed(home, path)
    copy = home.raw / DISTRICT / "2024" / "区卫生健康委-活产和死亡情况表.csv"
    copy.unlink() if lost else copy.write_text("甲\n", encoding="utf-8")
    [tried] = intake.check(path, CATALOG, home, NOTHING)
    assert tried.sound and "须改正" not in capsys.readouterr().out


def test_the_same_file_is_known_and_another_is_held_against_it(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2025, 7, 1))
    first = csv_file(home.home, BIRTHS)
    [before] = intake.check(first, CATALOG, home, NOTHING)
    assert "已收" not in capsys.readouterr().out
    filed(home, first)
    assert [one.fit for one in intake.check(first, CATALOG, home, NOTHING)] == [Fit.SAME] and before.fit == Fit.USABLE
    told = capsys.readouterr().out
    assert (
        "与已收文件相同：第1版（区卫生健康委-活产和死亡情况表.csv），2025-03-01收到" in told
        and "反馈单" not in told.split("与已收")[1]
    )
    second = csv_file(home.home, BIRTHS.replace("200,2", "200,3"), "更正.csv")
    [tried] = intake.check(second, CATALOG, home, NOTHING)
    told = capsys.readouterr().out
    assert tried.fit == Fit.USABLE
    assert "与已收到的第1版（区卫生健康委-活产和死亡情况表.csv）相比，1格不同：" in told and "：2 → 3" in told
    assert "2024年数据已于2025年6月30日截止" in told
    filed(home, second, on=date(2025, 3, 2), reason="更正")
    [stale] = intake.check(first, CATALOG, home, NOTHING)
    assert (stale.fit, stale.sound) == (Fit.SAME, False)
    assert stale.first.startswith(
        "这份文件是第1版（区卫生健康委-活产和死亡情况表.csv），已于2025-03-01登记；现在用的是第2版，请核对是否拿错了文件，确要改回这一版的，请向收件单位说明原因"
    )


@pytest.mark.parametrize("came", [False, True])
def test_a_form_of_last_year_is_not_taken_for_this_years(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, came: bool
) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2025, 3, 8))
    if came:
        filed(home, csv_file(home.home, BIRTHS, "今年.csv"), on=date(2025, 3, 8))
    [last] = (home.raw / DISTRICT / "2023").glob("*-births.csv")
    [tried] = intake.check(last, CATALOG, home, NOTHING)
    assert (tried.fit, tried.sound) == (Fit.SAME, came)
    assert intake.receive([last], CATALOG, home, NOTHING, date(2025, 3, 8), None) == came
    told = capsys.readouterr().out
    wrong = "2024年的《活产和死亡情况表》还没有收到（应于2025-03-10报送），请核对是否拿错了文件"
    assert told.count(f"这是2023年的表，2024-03-01已收到。{wrong}") == (0 if came else 2)
    assert ("不必再报" in told) == came


def test_a_workbook_may_hold_several_datasets(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    def fill(book: openpyxl.Workbook, sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.title = "活产"
        for row in ROWS:
            sheet.append(row)
        other = book.create_sheet("学校")
        for row in (["年份", "小学生数", "初中生数", "在校学生数", "心理教师数"], [2024, 500, 300, 800, 6]):
            other.append(row)

    path = home.home / "两表.xlsx"
    path.write_bytes(xlsx(fill))
    tried = intake.check(path, CATALOG, home, NOTHING)
    assert len(tried) == 2 and "没有本报表的表头" not in capsys.readouterr().out, "each is the other's"
    assert len([*path.parent.glob("两表-*-核查反馈单.xlsx")]) == 2, "a sheet for each"
    intake.receive([path], CATALOG, home, NOTHING, date(2025, 3, 1), None)
    told = capsys.readouterr().out
    assert "工作表“活产”" in told and "工作表“学校”" in told and "没有本报表的表头" not in told
    head = register.read(home.raw / DISTRICT / "2024" / "deliveries.yml", home.raw)
    assert {(e.dataset, e.sheet) for e in head.deliveries if e.sheet} == {("births", "活产"), ("schools", "学校")}


def test_a_form_that_needs_a_reason_keeps_no_other_of_its_workbook_back(
    home: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    def fill(book: openpyxl.Workbook, sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.title = "机构"
        for row in (["年份", "机构", "医生数"], [2024, "西桥镇卫生院", 4], [2024, "南山镇卫生院", 3]):
            sheet.append(row)
        other = book.create_sheet("活产")
        for row in ROWS:
            other.append(row)

    path = home.home / "两表.xlsx"
    path.write_bytes(xlsx(fill))
    with pytest.raises(MendableError, match=r"clinics\.csv”已经登记，重新报送须用 --reason 写明原因"):
        intake.receive([path], CATALOG, home, NOTHING, date(2025, 3, 1), None)
    told = capsys.readouterr().out
    assert "活产和死亡情况表" in told and told.count("已登记为第1版") == 1
    head = register.read(home.raw / DISTRICT / "2024" / "deliveries.yml", home.raw)
    assert [e.sheet for e in head.deliveries if e.sheet] == ["活产"]


def test_who_owes_what(home: Places) -> None:
    out = io.StringIO()
    owed.show(CATALOG, home.raw, 2024, date(2025, 4, 1), "text", out)
    text = out.getvalue()
    assert "催报清单" in text
    assert "活产和死亡情况表：应于2025-03-10报送，已逾期22天" in text
    out = io.StringIO()
    owed.show(CATALOG, home.raw, 2024, date(2025, 3, 1), "csv", out)
    listed = {(r["部门"], r["报表"]): r for r in csv.DictReader(io.StringIO(out.getvalue()))}
    assert listed["区卫生健康委", "活产和死亡情况表"]["处理结果"] == "未到期"
    assert listed["区教育局", "素养调查表"]["处理结果"] == "采用"


@pytest.mark.parametrize(("year", "told"), [(2019, True), (2024, False)])
def test_nothing_is_owed_for_a_year_of_no_plan(home: Places, year: int, told: bool) -> None:
    out = io.StringIO()
    owed.show(CATALOG, home.raw, year, date(2025, 4, 1), "text", out)
    assert (f"{year}年不在规划的" in out.getvalue(), "没有应报的报表" in out.getvalue()) == (told, told)
    assert ("催报" in out.getvalue()) != told


def test_a_form_is_called_by_its_name_or_its_title(home: Places) -> None:
    paths = [
        intake.empty_forms(CATALOG, home, called, 2024, home.home / "f") for called in ("births", "活产和死亡情况表")
    ]
    assert paths[0] == paths[1]
    with pytest.raises(MendableError, match="没有报表“xx”。可用的报表：\n  births  活产和死亡情况表\n"):
        intake.empty_forms(CATALOG, home, "xx", 2024, home.home / "f")


def test_a_first_delivery_of_a_year_makes_its_register(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(home.raw / DISTRICT / "2024")
    intake.receive([csv_file(home.home, BIRTHS)], CATALOG, home, NOTHING, date(2025, 3, 1), None)
    head = yaml.safe_load((home.raw / DISTRICT / "2024" / "deliveries.yml").read_text(encoding="utf-8"))
    assert (head["year"], head["simulated"], str(head["locked"])) == (2024, True, "2025-06-30")
    assert "已登记为第1版" in capsys.readouterr().out


def test_a_version_that_was_replaced_comes_back_only_for_a_reason(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2025, 3, 9))
    first, second = csv_file(home.home, BIRTHS), csv_file(home.home, BIRTHS.replace("200,2", "200,12"), "更正.csv")
    filed(home, first)
    filed(home, second, on=date(2025, 3, 2), reason="更正")
    capsys.readouterr()
    for paths, reason in (([first], None), ([first, second], "再次登记")):
        assert intake.receive(paths, CATALOG, home, NOTHING, date(2025, 3, 3), reason)
        told = capsys.readouterr().out
        assert (
            "与第1版相同，但现在用的是第2版。没有改动；要恢复第1版，请单独登记这份文件，用 --reason 写明原因，登记为第3版"
            in told
        )
        assert "已登记为" not in told and ("完全相同，没有重复登记" in told) == (len(paths) > 1)
    intake.receive([first], CATALOG, home, NOTHING, date(2025, 3, 3), "第2版有误，恢复第1版")
    told = capsys.readouterr().out
    assert "已登记为第3版" in told and "死亡人数（西桥镇）：12 → 2" in told
    intake.receive([first], CATALOG, home, NOTHING, date(2025, 3, 4), "再次登记")
    assert "完全相同，没有重复登记" in capsys.readouterr().out


@pytest.mark.parametrize(("deaths", "asked"), [("200,2", 0), ("200,12", 1)])
def test_of_a_file_that_is_there_already_nothing_is_computed(
    home: Places, monkeypatch: pytest.MonkeyPatch, deaths: str, asked: int
) -> None:
    filed(home, csv_file(home.home, BIRTHS))
    effects_of = list[object]()
    monkeypatch.setattr(intake, "_effects", lambda known, *_: effects_of.append(known))
    monkeypatch.setattr(intake, "_looked_at", lambda *_: True)
    received(home, csv_file(home.home, BIRTHS.replace("200,2", deaths)), reason="更正")
    assert len(effects_of) == asked


@pytest.mark.parametrize(("text", "same"), [(BIRTHS, True), (BIRTHS.replace("200,2", "200,3"), False)])
def test_the_same_data_in_another_format_is_no_new_version(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, text: str, same: bool
) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2025, 3, 9))
    filed(home, csv_file(home.home, BIRTHS))
    path, folder = home.home / "活产.txt", home.raw / DISTRICT / "2024"
    path.write_bytes(text.replace(",", "\t").encode("utf-8"))
    before = (folder / "deliveries.yml").read_bytes()
    [tried] = intake.check(path, CATALOG, home, NOTHING)
    assert (tried.fit == Fit.SAME, tried.sound) == (same, True)
    assert intake.receive([path], CATALOG, home, NOTHING, date(2025, 3, 2), "另一种格式")
    told = capsys.readouterr().out
    words = "与第1版（区卫生健康委-活产和死亡情况表.csv）数据完全相同，不同的只是文件格式，不必再报"
    assert (told.count(words), "已登记为第2版" in told) == ((2, False) if same else (0, True))
    assert ((folder / "deliveries.yml").read_bytes() == before) == same


def test_versions_in_which_a_place_stands_twice_are_compared_row_by_row(
    home: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    filed(home, csv_file(home.home, DOUBLED))
    intake.receive([csv_file(home.home, BIRTHS, "更正.csv")], CATALOG, home, NOTHING, date(2025, 3, 2), "更正")
    told = capsys.readouterr().out
    assert "与上一版相比，2格不同：" in told and "活产数（南山镇）：90 → 没有数据" in told
    assert "死亡人数（南山镇）：0 → 没有数据" in told and "活产数（南山镇）：100" not in told


LACKING = BIRTHS.replace(",死亡人数", "").replace("300,3", "300").replace("200,2", "200").replace("100,0", "100")
DOUBLED = BIRTHS + "2024,990201102,南山镇,90,0\n"
HEADER, BLANK = BIRTHS.partition("\n")[0] + "\n", re.sub(r"\d+,\d+$", ",", BIRTHS, flags=re.M)


@pytest.mark.parametrize("text", [HEADER, LACKING])
def test_no_hint_leads_to_filing_what_cannot_be_used(home: Places, text: str) -> None:
    path = csv_file(home.home, text)
    for wanted in (NOTHING, Wanted(dataset="births")):
        with pytest.raises(RefusedError) as refused:
            intake.receive([path], CATALOG, home, wanted, date(2025, 3, 2), "更正")
        assert "--" not in str(refused.value)


@pytest.mark.parametrize("text", [LACKING, DOUBLED, HEADER, BLANK], ids=["lacking", "doubled", "header", "blank"])
def test_what_cannot_be_used_replaces_nothing_that_can(
    home: Places, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    wanted, folder = Wanted(dataset="births", year=2024), home.raw / DISTRICT / "2024"
    filed(home, csv_file(home.home, BIRTHS), wanted=wanted)
    before = (folder / "deliveries.yml").read_bytes()
    path = csv_file(home.home, text, "再报.csv")
    with pytest.raises(MendableError, match="没有可用的数据，没有登记，现在用的是第1版") as refused:
        intake.receive([path], CATALOG, home, wanted, date(2025, 3, 2), "更正")
    assert refused.value.code == 3 and (folder / "deliveries.yml").read_bytes() == before
    told = capsys.readouterr().out
    assert "没有登记。收到" in told and "“再报.csv”：区卫生健康委2024年活产和死亡情况表" in told
    filed(home, path, wanted=wanted, on=date(2025, 3, 2), reason="更正", unusable=True)
    assert "已登记为第2版" in capsys.readouterr().out
    again = csv_file(home.home, text.replace("东风", "东凤") + "\n")
    filed(home, again, wanted=wanted, on=date(2025, 3, 3), reason="再次更正")
    assert "已登记为第3版" in capsys.readouterr().out, "no version that can be used is replaced"


def test_a_useless_file_that_was_filed_with_other_answers_replaces_nothing_that_can_be_used(
    home: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted, folder = Wanted(dataset="births", year=2024), home.raw / DISTRICT / "2024"
    useless, good = csv_file(home.home, DOUBLED), csv_file(home.home, BIRTHS, "更正.csv")
    answered = wanted._replace(confirmed={"fraction": "区卫生健康委，已核对"})
    filed(home, useless, wanted=answered)
    filed(home, good, wanted=wanted, on=date(2025, 3, 2), reason="更正")
    before = (folder / "deliveries.yml").read_bytes()
    with pytest.raises(MendableError, match="没有可用的数据，没有登记，现在用的是第2版"):
        intake.receive([useless, good], CATALOG, home, wanted, date(2025, 3, 3), "再次更正")
    assert (folder / "deliveries.yml").read_bytes() == before
    capsys.readouterr()
    filed(home, useless, wanted=wanted, on=date(2025, 3, 3), reason="再次更正", unusable=True)
    assert "已登记为第3版" in capsys.readouterr().out


def test_a_version_that_cannot_be_used_is_not_restored(home: Places) -> None:
    wanted = Wanted(dataset="births", year=2024)
    first, second = csv_file(home.home, DOUBLED), csv_file(home.home, BIRTHS, "更正.csv")
    filed(home, first, wanted=wanted)
    filed(home, second, wanted=wanted, on=date(2025, 3, 2), reason="更正")
    with pytest.raises(MendableError, match="没有可用的数据，没有登记，现在用的是第2版"):
        intake.receive([first], CATALOG, home, wanted, date(2025, 3, 3), "恢复")


def test_what_can_be_used_in_part_replaces_the_version_before(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    filed(home, csv_file(home.home, BIRTHS))
    path = csv_file(home.home, BIRTHS.replace("200,2", "200,甲"), "再报.csv")
    filed(home, path, on=date(2025, 3, 2), reason="更正")
    assert "已登记为第2版" in capsys.readouterr().out


def test_an_unreadable_file_is_filed_and_refused(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    path = csv_file(home.home, BIRTHS.replace("活产数", "活产"))
    intake.receive([path], CATALOG, home, Wanted(dataset="births", year=2024), date(2025, 3, 1), None)
    told = capsys.readouterr().out
    assert "不能使用：第1行的表头缺少列“活产数”" in told
    assert "退回：收到0格" in told


# --- what is the same, and what is only like it ---------------------------------------------------------------------


@pytest.fixture
def in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day on which no later form is due."""
    monkeypatch.setattr(intake, "today", lambda: date(2025, 3, 9))


def two_forms(path: Path, births: list[list[object]], clinics: list[list[object]]) -> Path:
    def fill(book: openpyxl.Workbook, sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.title = "活产"
        for row in births:
            sheet.append(row)
        other = book.create_sheet("机构")
        for row in clinics:
            other.append(row)

    path.write_bytes(xlsx(fill))
    return path


CLINICS: list[list[object]] = [["年份", "机构", "医生数"], [2024, "西桥镇卫生院", 4], [2024, "南山镇卫生院", 3]]


def received(home: Places, *paths: Path, on: date = date(2025, 3, 1), reason: str | None = None) -> bool:
    return intake.receive(paths, CATALOG, home, NOTHING, on, reason)


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize("deaths", [2, 12])
def test_the_same_data_are_seen_in_a_workbook_of_two_forms(
    home: Places, capsys: pytest.CaptureFixture[str], deaths: int
) -> None:
    filed(home, csv_file(home.home, BIRTHS))
    births = [[*row[:-1], deaths] if row[-1] == 2 else [*row] for row in ROWS]
    path = two_forms(home.home / "两表.xlsx", births, CLINICS)
    capsys.readouterr()
    tried = intake.check(path, CATALOG, home, NOTHING)
    same = deaths == 2
    assert tried[[one.fit for one in tried].index(Fit.SAME)].sound if same else tried[0].fit == Fit.USABLE
    filed(home, path, reason="两表合报")
    told = capsys.readouterr().out
    assert told.count("活产和死亡情况表.csv）数据完全相同，不同的只是文件格式，不必再报") == (2 if same else 0)
    births_filed = [
        e
        for e in register.read(home.raw / DISTRICT / "2024" / "deliveries.yml", home.raw).deliveries
        if e.dataset == "births"
    ]
    assert len(births_filed) == (1 if same else 2)


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize(
    ("text", "different"),
    [
        (BIRTHS.replace(",", "\t"), "文件格式"),
        ("\n".join([BIRTHS.splitlines()[0], *reversed(BIRTHS.splitlines()[1:])]) + "\n", "行的顺序"),
        (BIRTHS + "注：数据取自妇幼年报,,,,\n", "多了“注：数据取自妇幼年报”"),
        (BIRTHS.replace("300,3", "３００,3"), ""),
        (BIRTHS.replace("300,3", "300.0,3"), ""),
        (BIRTHS.replace("东风街道", ""), "少了“东风街道”"),
        (BIRTHS.replace("990201001", ""), ""),
    ],
    ids=["format", "order", "footnote", "writing", "figure", "name", "code"],
)
def test_what_is_different_beside_the_same_data_is_told(
    home: Places, capsys: pytest.CaptureFixture[str], text: str, different: str
) -> None:
    filed(home, csv_file(home.home, BIRTHS))
    path = csv_file(home.home, text, "再报.txt" if "\t" in text else "再报.csv")
    received(home, path, reason="再报")
    told = "数据完全相同" + (f"，不同的只是{different}" if different else "") + "，不必再报"
    assert told in capsys.readouterr().out
    intake.check(path, CATALOG, home, NOTHING)
    assert told in capsys.readouterr().out


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize("beside", ["口径说明：只统计户籍人口", ""])
def test_a_new_worksheet_is_not_swallowed(home: Places, capsys: pytest.CaptureFixture[str], beside: str) -> None:
    """A note about other people is one: the file is not the same, and can be filed; the neighbour was saved again."""
    filed(home, two_forms(home.home / "一.xlsx", [[*row] for row in ROWS], [["填表须知"]]))
    path = two_forms(home.home / "二.xlsx", [[*row] for row in ROWS], [["填表须知"], *([[beside]] if beside else [])])
    book = openpyxl.load_workbook(path)
    book.properties.creator = "另存"  # else the neighbour, made in the same second, has the same bytes
    book.save(path)
    capsys.readouterr()
    [tried] = intake.check(path, CATALOG, home, NOTHING)
    assert (tried.fit == Fit.SAME) != bool(beside)
    received(home, path, reason="补口径")
    told = capsys.readouterr().out
    assert (told.count("数据完全相同，不必再报"), told.count("工作表“机构”")) == ((0, 2) if beside else (2, 0))


@pytest.mark.usefixtures("in_time")
def test_a_footnote_that_is_lost_is_named(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    filed(home, csv_file(home.home, BIRTHS + "注：数据取自妇幼年报,,,,\n"))
    received(home, csv_file(home.home, BIRTHS, "再报.csv"), reason="再报")
    assert "不同的只是少了“注：数据取自妇幼年报”，不必再报" in capsys.readouterr().out


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_version_that_nobody_filed_is_none_to_refer_to(
    home: Places, capsys: pytest.CaptureFixture[str], by_hand: bool
) -> None:
    """The journal does not know it, so no report uses it: the same data are filed, and the same file is no answer."""
    first = csv_file(home.home, BIRTHS)
    filed(home, first)
    path, folder = home.home / "活产.txt", home.raw / DISTRICT / "2024"
    path.write_bytes(BIRTHS.replace(",", "\t").encode("utf-8"))
    if by_hand:
        head = yaml.safe_load((folder / "deliveries.yml").read_text(encoding="utf-8"))
        [mine] = [entry for entry in head["deliveries"] if entry["dataset"] == "births"]
        mine["received"] = "2025-03-02"
        (folder / "deliveries.yml").write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
    capsys.readouterr()
    assert received(home, first) is not by_hand
    assert ("第1版是登记以外添入或改动的，数据不予采用，请编制单位查明" in capsys.readouterr().out) == by_hand
    [tried] = intake.check(first, CATALOG, home, NOTHING)
    assert tried.sound is not by_hand
    received(home, first, reason="补登")
    told = capsys.readouterr().out
    assert ("已登记为第2版" in told) == by_hand, "the same bytes, too"
    assert ("核查未通过 → " in told) == by_hand
    received(home, path, reason="再报")
    assert ("已登记为第3版" in capsys.readouterr().out) is False, "what was filed is referred to"


@pytest.mark.parametrize("came", [False, True])
def test_the_same_data_of_last_year_are_not_taken_for_this_years(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, came: bool
) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2025, 3, 8))
    if came:
        filed(home, csv_file(home.home, BIRTHS, "今年.csv"))
    [last] = (home.raw / DISTRICT / "2023").glob("*-births.csv")
    path = home.home / "去年.txt"
    path.write_text(last.read_text(encoding="utf-8").replace(",", "\t"), encoding="utf-8")
    [tried] = intake.check(path, CATALOG, home, NOTHING)
    assert (tried.fit, tried.sound) == (Fit.SAME, came)
    assert received(home, path, reason="再报") == came
    told = capsys.readouterr().out
    assert told.count("这是2023年的表，2024-03-01已收到。2024年的《活产和死亡情况表》还没有收到") == (0 if came else 2)


@pytest.mark.parametrize("late", [True, False])
def test_a_late_version_is_not_told_to_be_in_use(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2025, 7, 2))
    first, second = csv_file(home.home, BIRTHS), csv_file(home.home, BIRTHS.replace("200,2", "200,12"), "更正.csv")
    filed(home, first)
    filed(home, second, on=date(2025, 7, 1) if late else date(2025, 3, 2), reason="更正")
    capsys.readouterr()
    [tried] = intake.check(first, CATALOG, home, NOTHING)
    received(home, first, on=date(2025, 3, 3))
    told = capsys.readouterr().out
    assert ("最新的第2版在数据截止后收到，没有采用，报告用的是第1版。没有改动，不必再报" in told) == late
    assert ("现在用的是第2版" in told) != late and ("要恢复第1版" in told) != late
    assert tried.sound == late


@pytest.mark.parametrize("late", [True, False])
def test_what_changes_is_counted_from_what_reports_use(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """A late version is used by nobody: against it, going back to the first one's figures would be news."""
    monkeypatch.setattr(intake, "today", lambda: date(2025, 7, 2))
    filed(home, csv_file(home.home, BIRTHS))
    second = csv_file(home.home, BIRTHS.replace("200,2", "200,12"), "二.csv")
    filed(home, second, on=date(2025, 7, 1) if late else date(2025, 3, 2), reason="更正")
    capsys.readouterr()
    head, *rows = BIRTHS.splitlines()
    third = csv_file(home.home, "\n".join([head, *reversed(rows)]) + "\n", "三.csv")
    received(home, third, on=date(2025, 7, 1), reason="再更正")
    assert ("如决定采用，指标值有0项变化" in capsys.readouterr().out) == late


def test_every_paper_says_the_same_of_what_came_late(home: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next letter of the department, too, and `deliveries`; a first version is used by nobody, of a second one the first is."""
    monkeypatch.setattr(intake, "today", lambda: date(2025, 7, 2))
    filed(home, csv_file(home.home, BIRTHS))
    filed(home, csv_file(home.home, BIRTHS.replace("200,2", "200,12"), "更正.csv"), on=date(2025, 7, 1), reason="更正")
    clinics = csv_file(home.home, BASE["clinics"].replace(",2\n", ",4\n"), "机构.csv")
    received(home, clinics, on=date(2025, 3, 2), reason="更正")  # writes the next letter
    [sheet] = (home.output / "feedback" / DISTRICT / "2024").glob("*.xlsx")
    rows = [[c.value for c in row if c.value] for row in openpyxl.load_workbook(sheet).worksheets[0].iter_rows()]
    assert [row[-1] for row in rows if row and row[0] == "活产和死亡情况表"] == ["新版暂不采用"]
    found = {o.title: o.word for o in owed.owed(CATALOG, home.raw, 2024, date(2025, 7, 2))}
    assert (found["活产和死亡情况表"], found[CATALOG.titled("clinics")]) == ("新版暂不采用", "采用")


@pytest.mark.usefixtures("in_time")
def test_a_worksheet_that_is_no_form_keeps_no_other_back(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    """Each form for itself: the year of one cannot be told, the header of the other is damaged."""
    births = [[*row[:-1], 12] if row[-1] == 2 else [*row] for row in ROWS]
    wrong: list[list[object]] = [CLINICS[0], ["二四", "西桥镇卫生院", 4]]
    for name, clinics, told in (
        ("年份.xlsx", wrong, "“年份.xlsx”的工作表“机构”年份列中没有四位数的年份，不能确定数据年份"),
        (
            "表头.xlsx",
            [["年份", "机构", "医生总数"], *CLINICS[1:]],
            "“表头.xlsx”的工作表“机构”的表头与任何报表都不完全相符，最接近的是“",
        ),
    ):
        path = two_forms(home.home / name, births, clinics)
        good, other = intake.check(path, CATALOG, home, NOTHING)
        assert (good.sound, other.sound) == (True, False) and told in other.first
        shown = capsys.readouterr().out
        assert told in shown and "没有本报表的表头" not in shown
    with pytest.raises(RefusedError, match=re.escape(told)):
        filed(home, path)
    assert "已登记为第1版" in capsys.readouterr().out
    sound = two_forms(home.home / "好.xlsx", births, [["说明", "本表由妇幼科填写"]])
    assert len(intake.check(sound, CATALOG, home, NOTHING)) == 1, "a sheet of words is no damaged form"


@pytest.mark.parametrize(
    ("head", "is_form"),
    [
        (["年份", "街镇代码", "街镇", "活产人数", "死亡总数"], True),
        (["年份", "街镇代码", "街镇", "活产数", "死亡人口"], True),
        (["年份", "机构", "医生总数"], True),
        (["街镇", "活产数", "死亡人数"], False),
        (["月份", "活产数", "死亡人数"], False),
        (["街镇", "活产数", "比上年增减"], False),
        (["年份", "街镇", "活产数"], False),
        (["街镇", "2023年活产数", "2023年死亡人数"], False),
        (["年份", "街镇", "2023年活产数", "2023年死亡人数"], False),
        (["活产数", "死亡人数"], False),
    ],
)
def test_a_working_sheet_is_no_damaged_form(tmp_path: Path, head: list[object], is_form: bool) -> None:
    path = two_forms(tmp_path / "a.xlsx", [[*row] for row in ROWS], [head, ["东风街道"] * len(head)])
    found, refused, _ = filing.recognise(path, CATALOG, NOTHING)
    assert [bool(refused), bool(found[0].sheet)] == [is_form, is_form], "beside a working sheet the form is the file"


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize("wanted", [Wanted(sheet="活产"), Wanted(dataset="births")])
def test_the_same_bytes_are_the_same_file_however_they_were_filed(
    home: Places, capsys: pytest.CaptureFixture[str], wanted: Wanted
) -> None:
    path = two_forms(home.home / "两表.xlsx", [[*row] for row in ROWS], [["说明"]] if wanted.sheet else CLINICS)
    filed(home, path, wanted=wanted, on=None, reason="两表合报")
    capsys.readouterr()
    tried = intake.check(path, CATALOG, home, NOTHING)
    assert Fit.SAME in [one.fit for one in tried]
    with suppress(MendableError):  # of the other form, which came before
        received(home, path)
    told = capsys.readouterr().out
    assert "不同的只是" not in told and told.count("活产和死亡情况表.xlsx”完全相同") == 1


@pytest.mark.usefixtures("in_time")
def test_another_worksheet_of_a_file_is_another_version(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    def fill(book: openpyxl.Workbook, sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.title = "初稿"
        for row in ROWS:
            sheet.append([*row[:-1], 12] if row[-1] == 2 else [*row])
        other = book.create_sheet("定稿")
        for row in ROWS:
            other.append([*row])

    path = home.home / "两稿.xlsx"
    path.write_bytes(xlsx(fill))
    filed(home, path, wanted=Wanted(sheet="初稿"))
    intake.receive([path], CATALOG, home, Wanted(sheet="定稿"), date(2025, 3, 1), "应为定稿")
    told = capsys.readouterr().out
    assert "已登记为第2版" in told and "死亡人数（西桥镇）：12 → 2" in told
    intake.receive([path], CATALOG, home, NOTHING._replace(sheet="定稿"), date(2025, 3, 1), None)
    assert "完全相同，没有重复登记" in capsys.readouterr().out


def test_the_years_in_a_file_of_several_are_named_with_their_lines(home: Places) -> None:
    path = csv_file(home.home, BIRTHS.replace("2024,990201102", "2023,990201102"))
    with pytest.raises(RefusedError, match="年份列中有2023（第4行起）、2024（第2行起），不能确定数据年份"):
        intake.check(path, CATALOG, home, NOTHING)


def test_a_column_like_two_is_not_guessed() -> None:
    """Of what the form lacks both are named; what it has is no candidate."""
    form = header.Names(CATALOG.datasets["schools"].form(2024), CATALOG.codes)
    assert form.meant("中学生数", {"小学生数", "初中生数", "心理教师数"}) == ["小学生数", "初中生数"]
    assert form.meant("中学生数", {"初中生数", "心理教师数"}) == ["初中生数"]
    assert form.meant("校医数", {"在校学生数"}) == []


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("310%", "8元", False), ("N/A", "NULL", False), ("310%", "200%", True), ("3~5", "约200", True)],
)
def test_only_faults_of_one_cause_are_told_as_the_same(
    home: Places, capsys: pytest.CaptureFixture[str], first: str, second: str, same: bool
) -> None:
    text = BIRTHS.replace("300,3", f"{first},3").replace("200,2", f"{second},2")
    intake.check(csv_file(home.home, text), CATALOG, home, NOTHING)
    told = capsys.readouterr().out
    assert ("（同样的问题共2处，另在第3行）" in told) == same
    assert (f"“{second}”有误" in told) != same


def test_faults_that_are_not_told_one_by_one_are_counted(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven towns that are none, of which two are named: 7 faults, and the whole form is sent back."""
    monkeypatch.setattr(gate, "DETAILS", 2)
    unknown = "".join(f"2024,99020130{number},第{number}村,1,0\n" for number in range(7))
    intake.check(csv_file(home.home, BIRTHS + unknown), CATALOG, home, NOTHING)
    told = capsys.readouterr().out
    assert "10行中有7行未通过核查" in told and "不能使用8项" in told
    assert "（同样的问题共7处，另在第6行）" in told


@pytest.mark.parametrize(("named", "rest"), [(2, 1), (3, 0)])
def test_what_cannot_be_true_is_not_listed_without_end(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, named: int, rest: int
) -> None:
    """More deaths than births in each of three towns; all are counted, and those that are not listed are told as a number."""
    monkeypatch.setattr(findings, "DETAILS", named)
    path = csv_file(
        home.home, BIRTHS.replace("300,3", "300,301").replace("200,2", "200,202").replace("100,0", "100,109")
    )
    intake.check(path, CATALOG, home, NOTHING)
    told = capsys.readouterr().out
    [sheet] = home.home.glob("*核查反馈单.xlsx")
    cells = [[str(cell.value) for cell in row] for row in openpyxl.load_workbook(sheet).worksheets[0].iter_rows()]
    listed = [row for row in cells if "提请核实" in row]
    further = [
        row for row in listed if any("没有逐一列出，改正或说明已列出的再核查，列出其余的" in cell for cell in row)
    ]
    assert (len(listed), len(further)) == (named + bool(rest), bool(rest))
    assert all(f"另有{rest}处同样的问题" in " ".join(row) for row in further)
    assert "提请核实3项" in told and "有提请核实的问题3项" in cells[2][0]


def test_a_report_lists_no_more_and_keeps_what_somebody_answers_for(
    home: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "DETAILS", 1)
    wrong = BIRTHS.replace("300,3", "300,301").replace("200,2", "200,202").replace("100,0", "100,109")
    filed(home, csv_file(home.home, wrong))
    answer = Override(year=2024, dataset="births", rule="part_above_whole", area="西桥镇", column="死亡人数", reason="含上年登记的死亡",
                      by="张某", until=date(2026, 12, 31), version=1)  # fmt: skip
    catalog = replace(CATALOG, exemptions=CATALOG.exemptions.model_copy(update={"overrides": (answer,)}))
    with memory() as con:
        pipeline.checked(con, catalog, home.raw, 2024, trial.quietly)
        validate.shorten(con)
        query = "select area, override is null, times from out_findings where rule = 'part_above_whole' order by rowid"
        found = con.execute(query).fetchall()
        unused = con.execute("select message from out_findings where rule = 'override'").fetchall()
    assert found == [("990201001", True, None), ("990201101", False, None), (None, True, 1)]
    assert unused == []


def test_what_is_not_printed_is_counted_as_all_is(capsys: pytest.CaptureFixture[str]) -> None:
    """One of those that are not printed stands for 199: 20 and 200 are the 220 that the line above counts."""
    one = intake.Told("critical", "有误", 1)
    intake._tell_findings(intake.line_console(), [*[one] * (intake.SHOWN + 1), one._replace(times=199)])
    told = capsys.readouterr().out
    assert f"不能使用{intake.SHOWN + 200}项" in told and "另有200项未列出" in told


@pytest.mark.parametrize("explained", [False, True])
def test_who_has_explained_what_was_listed_sees_the_next(
    home: Places, monkeypatch: pytest.MonkeyPatch, explained: bool
) -> None:
    """Three towns with more deaths than births, one of which is listed: the answer to it is kept, and the next one is listed before it."""
    monkeypatch.setattr(findings, "DETAILS", 1)
    wrong = BIRTHS.replace("300,3", "300,301").replace("200,2", "200,202").replace("100,0", "100,109")
    received(home, csv_file(home.home, wrong))
    [sheet] = (home.output / "feedback" / DISTRICT / "2024").glob("*.xlsx")
    book = openpyxl.load_workbook(sheet)
    [head] = [row for row in book.worksheets[0].iter_rows() if "部门答复" in [cell.value for cell in row]]
    column = {str(cell.value): cell.column for cell in head}
    numbers = [book.worksheets[0].cell(head[0].row + n, column["编号"]).value for n in (1, 2)]
    book.worksheets[0].cell(head[0].row + 1, column["部门答复"]).value = "经与原始台账核对，数据无误"
    book.save(sheet)
    assert numbers[1] == "—" and (not explained or received(home, sheet))
    with trial.checked(CATALOG, home.raw, 2024) as con:
        found = [r for r in letters.asked(con, 2024, "health") if r["rule"] == "part_above_whole"]
    first, second = ("990201001", None), ("990201101", None)
    assert [(row["area"], row["times"]) for row in found] == (
        [second, first, (None, 1)] if explained else [first, (None, 2)]
    )


def test_a_run_knows_the_answers_before_it_lists_what_is_open(home: Places) -> None:
    done: list[str] = []
    with memory() as con:
        pipeline.figures(con, CATALOG, home.raw, 2024, lambda title, *_, **__: done.append(title))
    assert done[-1] == "列出问题" and "接收答复" in done


@pytest.mark.parametrize("name", ["空.xlsx", "空.csv"])
def test_an_empty_file_is_told_as_empty(home: Places, name: str) -> None:
    """What Excel saves of a sheet whose cells were cleared has commas only."""
    path = home.home / name
    openpyxl.Workbook().save(path) if name.endswith("xlsx") else path.write_text(",,,\n" * 3, encoding="utf-8")
    with pytest.raises(RefusedError, match=rf"“{name}”是空的，没有任何内容"):
        intake.check(path, CATALOG, home, NOTHING)


@pytest.mark.parametrize("answered", [False, True])
def test_a_sheet_of_answers_that_comes_back_blank_is_told(
    home: Places, capsys: pytest.CaptureFixture[str], answered: bool
) -> None:
    received(home, csv_file(home.home, BIRTHS.replace("200,2", "200,900")))
    [sheet] = (home.output / "feedback" / DISTRICT / "2024").glob("*.xlsx")
    book = openpyxl.load_workbook(sheet)
    [head] = [row for row in book.worksheets[0].iter_rows() if "部门答复" in [cell.value for cell in row]]
    [column] = [cell.column for cell in head if cell.value == "部门答复"]
    if answered:
        book.worksheets[0].cell(head[0].row + 1, column).value = "经与原始台账核对，数据无误"
    book.save(sheet)
    capsys.readouterr()
    [tried] = intake.check(sheet, CATALOG, home, NOTHING)
    assert received(home, sheet) == tried.sound == answered
    told = capsys.readouterr().out
    assert (told.count("这份核查反馈单没有填写任何答复") == 2) != answered
    assert ("没有发现问题" in told) == answered


def test_a_sheet_that_asks_nothing_comes_back_blank(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    """Its only row is a hint (提示)."""
    received(home, csv_file(home.home, BIRTHS.replace("300,3", "310,3") + "填表人：王\n"))
    [sheet] = (home.output / "feedback" / DISTRICT / "2024").glob("*.xlsx")
    [tried] = intake.check(sheet, CATALOG, home, NOTHING)
    assert received(home, sheet) and tried.sound
    assert "没有填写任何答复" not in capsys.readouterr().out

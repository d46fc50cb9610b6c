"""What goes back: each department's feedback sheet and letter, and the statistician's page of checks."""

import re
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest

from flows import letters, validate
from flows.answer import feedback, page
from tests.fixtures.deliveries import BASE, CATALOG, DESK, DISTRICT, Sent, deliver, sent, taken_in
from tests.fixtures.make import BIRTHS, xlsx

EVIL = "=cmd|'/c calc'!A1"
BAD = (
    BIRTHS.replace("西桥镇,200,", f'西桥镇,"{EVIL}",')
    .replace("东风街道,300,3", "东风街道,3O0,-3")
    .replace("2024,990201102,南山镇", "2024,,<b>南山\x07镇</b>")
)
Con = duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Con, Path]]:
    """2024 with a bad births file, 2023 whole; the department of population sends nothing in 2024."""
    raw = tmp_path_factory.mktemp("raw")
    deliver(raw, 2023, [sent(name) for name in BASE])
    others = [sent(name) for name in BASE if name not in {"births", "population", "published"}]
    deliver(raw, 2024, [Sent("births", BAD.encode()), *others])
    with taken_in(raw, [2023, 2024]) as made:
        validate.plausibility(made, CATALOG, DESK)
        validate.settle(made, CATALOG)
        made.execute("delete from out_findings where rule = 'repeated'")
        yield made, raw


@pytest.fixture(scope="module")
def written(con: tuple[Con, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("feedback")
    found = {path.name: path for path in feedback.write(con[0], CATALOG, 2024, con[1], folder)}
    for department in ("health", "civil_affairs"):  # in print as its sender gets it at once
        _, printed = feedback.write_one(con[0], CATALOG, 2024, department, con[1], folder / "one", date(2025, 7, 15))
        found[printed.name] = printed
    return found


def test_only_departments_with_something_to_answer_get_one(written: dict[str, Path]) -> None:
    """区教育局 owes a statement, 区民政局 its table: their sheets ask for these."""
    assert [name for name in written if name.endswith(".xlsx")] == ["区卫生健康委-核查反馈单-2024.xlsx"]


def test_a_value_is_quoted_and_not_repeated_whatever_its_length(tmp_path: Path) -> None:
    """A word of 20,000 letters took a page longer than anybody waits."""
    raw = tmp_path / "raw"
    deliver(raw, 2024, [Sent("births", BIRTHS.replace("南山镇", "W" * 20_000).replace("990201102", "", 1).encode())])
    with taken_in(raw, [2024]) as made:
        sheet, letter = feedback.write_one(made, CATALOG, 2024, "health", raw, tmp_path, date(2025, 3, 10))
        [(longest,)] = made.execute("select max(len(message)) from out_findings").fetchall()
    told = subprocess.run(["pdftotext", letter, "-"], check=True, capture_output=True, text=True).stdout
    assert longest < 400 and "（共20000字）" in "".join(told.split())
    assert "（全文共20000字，未印部分见原文件）" in str(openpyxl.load_workbook(sheet).worksheets[1]["C4"].value)


def test_cells_are_marked_where_they_stand(written: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(written["区卫生健康委-核查反馈单-2024.xlsx"])
    listed, copy = book.worksheets[0], book.worksheets[1]
    assert copy["D2"].value == "3O0"
    assert "【不能使用】数字中混有字母或标点，疑为“300”，应为不小于0的整数（人）" in copy["D2"].comment.text
    assert "上年值：300。" in copy["D2"].comment.text
    assert copy["E2"].comment and copy["D3"].comment and copy["C4"].comment
    assert not copy["E3"].comment
    links = {cell.value: cell.hyperlink.location for row in listed.iter_rows() for cell in row if cell.hyperlink}
    assert links["D2"] == f"'{copy.title}'!D2"


def test_what_is_wrong_and_how_to_mend_it_stand_once_each(written: dict[str, Path]) -> None:
    """The column of the fault has neither the file's name nor the cure, which have places of their own, and is never empty."""
    sheet = openpyxl.load_workbook(written["区卫生健康委-核查反馈单-2024.xlsx"]).worksheets[0]
    rows = [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]
    [head] = [row for row in rows if "修改办法" in row]
    wrong, cure = head.index("问题"), head.index("修改办法")
    listed = [row for row in rows[rows.index(head) + 1 :] if row[0].isdigit()]
    assert len(listed) > 3
    for row in listed:
        assert row[wrong] and row[cure] and row[cure] not in row[wrong] and ".csv" not in row[wrong]


def test_nothing_a_department_wrote_is_run(written: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(written["区卫生健康委-核查反馈单-2024.xlsx"])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert EVIL in {cell.value for cell in cells}
    assert "<b>南山□（U+0007）镇</b>" in {cell.value for cell in cells}


def text(path: Path) -> str:
    out = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", "", out)


def test_the_letter_says_what_and_by_when(written: dict[str, Path]) -> None:
    letter = text(written["区卫生健康委-核查反馈单-2024.pdf"])
    assert "请于2025年7月30日前改正不能使用的数据，重新报送有关报表" in letter  # 15 days after its own date
    assert "本年度数据已于2025年6月30日截止" in letter
    assert "3O0" in letter
    assert "D2" in letter
    missing = text(written["区民政局-核查反馈单-2024.pdf"])
    assert "应报报表1份，收到0份，未报送1份。请于2025年7月30日前向甲区统计局补报《" in missing
    assert "改正" not in missing and "部门答复" not in missing


def letter(con: tuple[Con, Path], department: str, on: date | None) -> letters.Letter:
    return letters.letter_of(con[0], CATALOG, 2024, department, on)


@pytest.mark.parametrize(
    ("on", "due"),
    [
        (date(2025, 3, 10), date(2025, 3, 25)),
        (date(2025, 6, 20), date(2025, 6, 30)),  # no later than the lock
        (date(2025, 7, 1), date(2025, 7, 16)),
        (None, date(2025, 7, 30)),  # the report's own date: 15 July
    ],
)
def test_an_answer_is_asked_for_after_the_letter(con: tuple[Con, Path], on: date | None, due: date) -> None:
    found = letter(con, "health", on)
    assert (found.due, found.on) == (due, on or date(2025, 7, 15))
    assert found.on < found.due
    assert found.is_closed == (found.on > date(2025, 6, 30))


def test_a_form_that_is_used_by_nobody_yet_is_not_told_to_be_used(con: tuple[Con, Path]) -> None:
    on = date(2025, 7, 1)
    for word in ("暂不采用", "新版暂不采用", ""):
        found = letters.letter_of(con[0], CATALOG, 2024, "health", on, waits={("progress", "health"): word})
        [form] = [form for form in found.deliveries if form.title == CATALOG.titled("progress")]
        assert form.word == (word or "采用") and (f"，{word}1份" in letters.lead(found)) == bool(word)
        assert form._replace(status="refused").word == "退回", "it must be mended, whenever it came"


def test_the_first_day_stands_beside_that_of_a_version_sent_again() -> None:
    first, due = date(2025, 3, 8), date(2025, 3, 10)
    form = letters.DueDataset("表", "表.csv", "第2版", date(2025, 3, 20), first, due, "accepted", True)
    assert (form.came, form.punctual) == ("2025-03-20（首次2025-03-08）", "按时")
    assert form._replace(received=first).came == "2025-03-08"


def test_what_is_not_due_yet_is_not_missed(con: tuple[Con, Path]) -> None:
    [form] = letter(con, "civil_affairs", None).deliveries
    assert (form.word, form.is_missing) == ("未报送", True)
    early = letter(con, "civil_affairs", form.due)
    assert early.deliveries[0].word == "未到期"
    assert not early.needed


def test_a_form_that_did_not_come_says_what_cannot_be_judged(con: tuple[Con, Path]) -> None:
    [form] = letter(con, "civil_affairs", None).deliveries
    assert "无法评价" in form.told_blocked and "（妇女规划目标" in form.told_blocked
    findings = letter(con, "health", None).findings
    assert {bool(f.blocked) for f in findings if f.severity == "warning"} <= {False}
    assert any("无法评价" in f.blocked for f in findings if f.value == "3O0")


def test_the_same_findings_are_the_same_bytes(con: tuple[Con, Path], written: dict[str, Path], tmp_path: Path) -> None:
    again = {path.name: path for path in feedback.write(con[0], CATALOG, 2024, con[1], tmp_path)}
    first = {n: p.read_bytes() for n, p in written.items() if n in again}
    assert {name: path.read_bytes() for name, path in again.items()} == first


def test_one_department_is_told_that_all_is_well(con: tuple[Con, Path], tmp_path: Path) -> None:
    _, letter = feedback.write_one(con[0], CATALOG, 2023, "health", con[1], tmp_path, date(2024, 3, 10))
    assert "核查通过" in text(letter)


def test_the_page_has_every_check_and_runs_nothing(con: tuple[Con, Path], tmp_path: Path) -> None:
    html = page.write(con[0], CATALOG, 2024, tmp_path).read_text(encoding="utf-8")
    assert "&lt;b&gt;南山" in html
    assert "<b>南山" not in html
    assert "数字写法和小数位数" in html
    assert "不能确定其值的写法不作数字使用" in html
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', html)  # nothing is fetched, nothing leaves
    assert "3O0" in html


def test_the_page_counts_what_one_finding_stands_for(con: tuple[Con, Path]) -> None:
    """另有29处同样的问题: each of its numbers has them."""
    made, _ = con
    one = "(select min(rowid) from out_findings where year = 2024 and gate = 'contract' and severity = 'critical')"
    before = page.ChecksPage(made, CATALOG, 2024)
    made.begin()
    made.execute(f"update out_findings set times = 30 where rowid = {one}")
    after = page.ChecksPage(made, CATALOG, 2024)
    told = [
        (
            p.tally["critical"],
            p.matrix[-1].findings,
            sum(r.findings for r in p.book),
            sum(s.tally["critical"] for s in p.sections),
        )
        for p in (before, after)
    ]
    made.rollback()
    assert [after - before for before, after in zip(*told, strict=True)] == [29] * 4


def test_a_workbook_is_copied_at_its_own_places(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook, sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.append([])
        sheet.append(["活产和死亡情况表"])
        for line in BAD.replace("\x07", "").splitlines():
            sheet.append(["", *line.replace('"', "").split(",")])

    raw = tmp_path / "raw"
    deliver(raw, 2024, [Sent("births", xlsx(fill), {"file": "表.xlsx"})])
    with taken_in(raw, [2024]) as con:
        book = feedback.tried(con, CATALOG, 2024, "health", raw, tmp_path)
    copy = openpyxl.load_workbook(book).worksheets[1]
    assert copy["E4"].value == "3O0"
    assert copy["E4"].comment
    assert (raw / DISTRICT / "2024" / "表.xlsx").exists()

"""What is told of cells and rows that a form does not have, before its sender lets it go."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from expectations.vocabulary import Fit
from flows.desk import intake
from flows.desk.filing import Wanted
from flows.places import Places
from tests.fixtures.deliveries import BASE, CATALOG, deliver, sent

pytestmark = pytest.mark.usefixtures("lent")


@pytest.fixture
def home(tmp_path: Path) -> Places:
    deliver(tmp_path / "raw", 2024, [sent(name) for name in BASE if name != "births"])
    return Places(tmp_path)


def checked(home: Places, text: str) -> intake.Tried:
    path = home.home / "活产.csv"
    path.write_text(text, encoding="utf-8")
    [tried] = intake.check(path, CATALOG, home, Wanted())
    return tried


def sheet(home: Places) -> openpyxl.Workbook:
    return openpyxl.load_workbook(home.home / "活产-核查反馈单.xlsx")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("200,2", ",2", "西桥镇“活产数”没有填写（D3）。缺这1格，全区"),
        ("200,2", "—,2", "西桥镇“活产数”填“—”（D3）。缺这1格，全区"),
        ("200,2", "不适用,不适用", ""),
        ("200,2", "200,2", ""),
    ],
    ids=["empty", "a sign for nothing", "not applicable", "filled in"],
)
def test_an_empty_cell_is_asked_about_with_its_place(
    home: Places, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    tried = checked(home, BASE["births"].replace(old, new))
    said = capsys.readouterr().out
    assert (told in said, "缺这" in said, tried.sound) == (True, bool(told), not told)
    assert ("应填6格，填写5格，可用5格" if told else "收到6格，可用6格") in said
    if told:
        comments = [c.comment.text for row in sheet(home).worksheets[1].iter_rows() for c in row if c.comment]
        assert any(told in text and "请补填；确未统计的说明原因" in text for text in comments)


def test_empty_cells_of_a_column_are_told_once(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    checked(home, BASE["births"].replace("300,3", ",3").replace("200,2", "—,2"))
    told = capsys.readouterr().out
    assert "东风街道“活产数”没有填写（D2），西桥镇填“—”（D3）。缺这2格，全区" in told and told.count("缺这") == 1


def test_a_column_without_any_figure_is_told_as_a_whole(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    checked(home, BASE["births"].replace(",3\n", ",\n").replace(",2\n", ",\n").replace(",0\n", ",\n"))
    told = capsys.readouterr().out
    assert "整列没有填写" in told and "缺这" not in told and "应填6格，填写3格" in told


@pytest.mark.parametrize(
    ("gone", "fit", "told"),
    [
        ("2024,990201101,西桥镇,200,2\n", Fit.PARTLY, "应报3个街镇，收到2个街镇，缺少西桥镇。全区"),
        ("", Fit.USABLE, ""),
    ],
    ids=["a town is not there", "all are there"],
)
def test_a_form_without_a_town_can_be_used_in_part_only(
    home: Places, capsys: pytest.CaptureFixture[str], gone: str, fit: Fit, told: str
) -> None:
    tried = checked(home, BASE["births"].replace(gone, ""))
    said = capsys.readouterr().out
    assert (tried.fit, "应报3个街镇" in said, told in said) == (fit, bool(told), True)
    rows = [row for row in sheet(home).worksheets[0].iter_rows(values_only=True) if "缺少西桥镇" in str(row[7])]
    assert [str(row[9]).endswith("无法评价") for row in rows] == [True] * bool(told)


def test_a_command_is_told_to_whoever_files_and_never_to_the_sender(
    home: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    text = BASE["births"].replace(",3\n", ",\n").replace(",2\n", ",\n").replace(",0\n", ",\n")
    checked(home, text)
    told, asked = capsys.readouterr().out, "在反馈单“部门答复”列写明确认人和依据"
    assert asked in told and "--confirm" not in told
    intake.receive([home.home / "活产.csv"], CATALOG, home, Wanted(), date(2025, 3, 8), None)
    told = capsys.readouterr().out
    assert "规则：blank_column" in told and told.count("--confirm") == 1
    for path in (home.home / "活产-核查反馈单.xlsx", *(home.output / "feedback").rglob("*.xlsx")):
        cells = [c for page in openpyxl.load_workbook(path) for row in page.iter_rows() for c in row]
        words = "".join(f"{c.value}{c.comment.text if c.comment else ''}" for c in cells)
        assert asked in words and "--confirm" not in words


@pytest.mark.parametrize(
    ("gone", "word"), [("2024,990201101,西桥镇,200,2\n", "部分采用"), ("", "采用")], ids=["a town is not there", "all"]
)
def test_what_was_received_is_called_the_same_on_terminal_and_sheet(
    home: Places, capsys: pytest.CaptureFixture[str], gone: str, word: str
) -> None:
    path = home.home / "活产.csv"
    path.write_text(BASE["births"].replace(gone, "") if gone else BASE["births"], encoding="utf-8")
    intake.receive([path], CATALOG, home, Wanted(), date(2025, 3, 8), None)
    assert f"  {word}：收到" in capsys.readouterr().out
    [book] = (home.output / "feedback").rglob("*.xlsx")
    cells = [str(c) for row in openpyxl.load_workbook(book).worksheets[0].iter_rows(values_only=True) for c in row]
    assert (word in cells, "部分采用" in cells) == (True, word == "部分采用")


def test_a_sheet_of_what_is_only_checked_has_no_room_for_an_answer(home: Places) -> None:
    text = BASE["births"].replace("200,2", ",2")
    checked(home, text)
    intake.receive([home.home / "活产.csv"], CATALOG, home, Wanted(), date(2025, 3, 8), None)
    [received] = (home.output / "feedback").rglob("*.xlsx")
    for book, filed in ((sheet(home), False), (openpyxl.load_workbook(received), True)):
        cells = {str(c) for row in book.worksheets[0].iter_rows(values_only=True) for c in row}
        assert ({"部门答复", "编号"} <= cells, "本单是报送前核查，不用报回。" in cells) == (filed, not filed)

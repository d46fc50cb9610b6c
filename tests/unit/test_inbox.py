"""What departments leave in their folder is judged as it comes, once, and nobody's file is touched or filed."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from expectations.catalog import load
from expectations.records import Catalog
from expectations.vocabulary import Fit
from flows import disk
from flows.desk import inbox, intake
from flows.desk.filing import Wanted
from flows.places import MendableError, places
from flows.run import incoming
from flows.run.failure import failure as told_of
from flows.run.notices import Notice
from tests.fixtures.homes import home_in, told

pytestmark = pytest.mark.usefixtures("lent", "unset")

YEAR = "2022"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The inbox of a home of the golden district."""
    home = home_in(tmp_path / "home")
    district = home / "expectations/districts/990101.yml"
    (tmp_path / "收件").mkdir()
    with district.open("a", encoding="utf-8") as file:
        file.write(f"inbox: {tmp_path / '收件'}\n")
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(home))
    monkeypatch.setattr(inbox, "SETTLED", 0)
    yield tmp_path / "收件"


def catalog() -> Catalog:
    return load("990101", places().expectations)


def look() -> inbox.Round:
    return inbox.judge(catalog(), places(), lambda error: told_of(error)[1])


def judge() -> list[inbox.Arrival]:
    return [*look().judged]


def answer(folder: Path, name: str) -> Path:
    """The text that lies beside a file."""
    [text] = (folder / "核查结果").glob(f"{name} */核查结果.txt")
    return text


def put(folder: Path, name: str = "孕产妇.csv") -> Path:
    """A sound delivery of the golden district, as somebody leaves it in the folder."""
    path = put_again(folder, name)
    known = path.read_bytes()
    path.write_bytes(known.replace(b",100,32", b",99,32"))
    assert path.read_bytes() != known, "not the data that were filed"
    return path


def put_again(folder: Path, name: str = "孕产妇.csv") -> Path:
    """A file that was received already: where a test asks which files are answered, and not what is found in them."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(min((places().raw / "990101" / YEAR).glob("*.csv")), folder / name)
    return folder / name


def put_any(folder: Path, name: str = "孕产妇.csv") -> Path:
    """A file of no form, which is answered soonest: where a test asks when an answer is laid down, and where."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("甲,乙\n1,2\n", encoding="utf-8")
    return folder / name


def test_a_file_gets_its_answer_beside_it_once_and_is_not_filed(folder: Path) -> None:
    left, before = put(folder), (places().raw / "990101" / YEAR / "deliveries.yml").read_bytes()
    content = left.read_bytes()
    [judged] = judge()
    text = answer(folder, "孕产妇.csv").read_bytes().decode("utf-8-sig")
    assert judged.name == "孕产妇.csv"
    assert all(told in text for told in ("文件没有登记", "可以采用（核查结果，尚未登记）", "核查结果：", "\r\n"))
    assert "：采用" not in text
    assert judge() == [], "judged again"
    assert left.read_bytes() == content
    assert (places().raw / "990101" / YEAR / "deliveries.yml").read_bytes() == before


def test_a_file_that_is_sent_again_is_judged_again_and_only_it(folder: Path) -> None:
    left = put_any(folder)
    put_any(folder / "卫生健康委", "又一份.csv")
    assert [one.name for one in judge()] == ["孕产妇.csv", "卫生健康委/又一份.csv"]
    left.write_bytes(left.read_bytes() + b"\r\n")
    assert [one.name for one in judge()] == ["孕产妇.csv"]


def test_what_cannot_be_read_gets_an_answer_and_stops_no_other(folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"\x00\x01\x02")
    put(folder, "b.csv")
    wrong, _ = judge()
    assert not wrong.sound
    assert "a.csv" in answer(folder, "a.csv").read_text(encoding="utf-8-sig")
    assert {path.suffix for path in answer(folder, "b.csv").parent.iterdir()} == {".txt", ".xlsx"}


@pytest.mark.parametrize("name", ["~$孕产妇.xlsx", ".孕产妇.csv", "孕产妇.csv.part", "Thumbs.db"])
def test_what_is_no_file_of_a_department_is_left_alone(folder: Path, name: str) -> None:
    put(folder, name)
    assert judge() == []


def test_a_folder_whose_name_is_no_text_stops_no_other_file(folder: Path) -> None:
    put_again(folder / os.fsdecode(b"\xff" + "区体育局".encode()))
    put_again(folder / "卫生健康委", "b.csv")
    names = {one.name: one for one in judge()}
    assert set(names) == {"⟨0xFF⟩区体育局/孕产妇.csv", "卫生健康委/b.csv"}
    assert [one.unanswered for one in names.values()] == ["", ""]
    assert "⟨0xFF⟩区体育局" in names["⟨0xFF⟩区体育局/孕产妇.csv"].note
    text = "".join(f"{one.name}{one.told}{one.text}{one.unanswered}" for one in names.values())
    assert text.encode(), "what is told can be written and sent"


@pytest.mark.parametrize("sign", ["\n", "\r", "\u2028", "\t"])
def test_the_name_of_a_file_adds_no_line_to_a_list(folder: Path, sign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = f"x{sign}假.csv：可以采用"
    (folder / forged).write_bytes(b"a,b\n1,2\n")
    (folder / "甲" / "乙").mkdir(parents=True)
    (folder / "甲" / "乙" / forged).write_bytes(b"")
    found = look()
    lines = inbox.said(found)[1].split("\n")
    assert not [line for line in lines if line.startswith("假")] and sign not in "".join(lines)
    assert f"U+{ord(sign):04X}" in lines[0]
    assert f"x⟨U+{ord(sign):04X}⟩假.csv" in found.judged[0].text and f"{sign}假" not in found.judged[0].text
    monkeypatch.setattr(inbox, "SETTLED", 60)
    (folder / f"新{sign}.csv").write_bytes(b"")
    assert [name for name in look().young if name.startswith("新")] == [f"新⟨U+{ord(sign):04X}⟩.csv"]


def test_an_answer_that_cannot_be_written_stops_no_other_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_again(folder, "a.csv")
    put_again(folder, "b.csv")
    hint, asked = inbox._elsewhere, list[str]()

    def broken(*known: object) -> str:
        asked.append("")
        return "\udcff" if len(asked) == 1 else hint(*known)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox, "_elsewhere", broken)
    lost, sound = judge()
    assert lost.unanswered and not sound.unanswered
    assert answer(folder, "b.csv").is_file()


def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    put(folder.parent, "outside.csv")
    (folder / "link.csv").symlink_to(folder.parent / "outside.csv")
    assert judge() == []


def test_a_file_that_is_still_on_its_way_waits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_any(folder)
    monkeypatch.setattr(inbox, "SETTLED", 60)
    assert judge() == []
    monkeypatch.setattr(inbox, "SETTLED", 0)
    assert len(judge()) == 1


def test_an_answer_that_cannot_be_written_is_told(folder: Path) -> None:
    left = put_any(folder)
    (folder / "核查结果").write_text("of somebody")
    judged = judge()  # what is in the way is a file like any other
    assert {one.name for one in judged} == {"孕产妇.csv", "核查结果"}
    assert all("核查结果 不是文件夹" in one.unanswered for one in judged)
    assert left.is_file() and (folder / "核查结果").read_text() == "of somebody"


def test_an_answer_that_could_not_be_laid_down_is_tried_again_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_any(folder)
    (folder / "核查结果").write_text("of somebody")
    now = [folder.stat().st_mtime]
    monkeypatch.setattr(inbox, "time", lambda: now[0])
    assert [bool(one.unanswered) for one in judge()] == [True, True]
    assert judge() == [], "not at once"
    now[0] += inbox.AGAIN + 1
    assert [bool(one.unanswered) for one in judge()] == [True, True]
    now[0] += inbox.AGAIN + 1
    assert judge() == [], "each time later than before"
    (folder / "核查结果").unlink()
    now[0] += inbox.DAY
    assert [one.unanswered for one in judge()] == [""]
    assert answer(folder, "孕产妇.csv").is_file()
    now[0] += inbox.DAY
    assert judge() == []


@pytest.mark.parametrize("lost", [True, False])
def test_an_answer_that_is_lost_is_told_to_those_who_run_the_home(
    folder: Path, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    told: list[Notice] = []
    monkeypatch.setattr(incoming, "tell", lambda notice, also_good: told.append(notice))
    monkeypatch.setattr(incoming, "create_table_artifact", lambda *_: None)
    monkeypatch.setattr(incoming.LOG, "info", lambda *_: None)
    put_again(folder)
    if lost:
        (folder / "核查结果").write_text("of somebody")
    flow = incoming.watching(catalog())
    assert flow is not None
    flow.fn()
    [notice] = told
    assert notice.good != lost and ("核查结果 不是文件夹" in notice.message) == lost


def test_what_is_no_fault_of_the_sender_is_not_told_to_him(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register = places().raw / "990101" / YEAR / "deliveries.yml"
    text = register.read_text(encoding="utf-8")
    put(folder)
    register.write_text(text.replace("district:", "distrikt:"), encoding="utf-8")
    [one] = judge()
    assert one.fit is None and "deliveries.yml" in one.unanswered and not one.sound
    told = answer(folder, "孕产妇.csv").read_text(encoding="utf-8-sig")
    assert "系统暂时不能核查这个文件" in told and "deliveries.yml" not in told
    assert inbox.said(inbox.Round([one]))[0] == "核查1份：没有核查完1份"
    register.write_text(text, encoding="utf-8")
    monkeypatch.setattr(inbox, "AGAIN", 0)
    assert [one.fit for one in judge()] == [Fit.PARTLY]


def test_each_is_counted_as_what_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2023, 4, 1))  # the year of these files is the newest that is over
    sent_back, *_, sound = sorted((places().raw / "990101" / YEAR).glob("*.csv"))
    put(folder, "a.csv")
    (folder / "b.csv").write_text("甲,乙\n1,2\n", encoding="utf-8")
    shutil.copy(sound, folder / "c.csv")
    shutil.copy(sent_back, folder / "d.csv")
    state, lines = inbox.said(look())
    assert state == "核查4份：与已收文件相同2份、部分可以采用1份、不能采用1份"
    assert "c.csv：与已收文件相同\n" in lines
    assert "d.csv：与已收文件相同。2022年" in lines and "的值“约30”有误" in lines.partition("d.csv")[2]
    assert "b.csv：不能采用。“b.csv”的表头与任何报表都不相符" in lines
    assert re.search("a.csv：部分可以采用。.*第2行.*有误", lines), "the first fault is told"
    told = answer(folder, "c.csv").read_text(encoding="utf-8-sig")
    assert "与已收文件相同：第1版" in told and "不必再报" in told and "没有登记" not in told
    assert "以前已经收到并登记" in told


def test_a_version_that_was_replaced_is_not_told_to_be_unfiled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "today", lambda: date(2023, 4, 1))
    source = min((places().raw / "990101" / YEAR).glob("*.csv"))
    shutil.copy(source, folder / "c.csv")
    newer = folder.parent / "更正.csv"
    newer.write_bytes(source.read_bytes().replace(b",100,", b",101,", 1))
    assert newer.read_bytes() != source.read_bytes()
    intake.receive([newer], catalog(), places(), Wanted(), date(2023, 4, 1), "更正")
    [one] = judge()
    assert re.fullmatch(
        "与已收文件相同。这份文件是第1版（.*），已于2023-.*登记，核查有问题，但不必再改正；现在用的是第2版，请核对是否拿错了文件",
        one.told,
    )
    told = answer(folder, "c.csv").read_text(encoding="utf-8-sig")
    assert "以前已经收到并登记。" in told and "没有登记" not in told and "现在用的是第2版，请核对是否拿错了文件" in told
    assert "。；" not in inbox.said(inbox.Round([one]))[1]


@pytest.mark.parametrize(
    ("asked", "passed", "fit", "told"),
    [
        ("90", "105", Fit.PARTLY, "（D2）为105人，大于“受访人数”90人，算出“居民健康素养水平”116.7%，不能使用"),
        ("30000", "30001", Fit.PARTLY, "（D2）为30001人，大于“受访人数”30000人，算出“居民健康素养水平”100.003%"),
        ("90", "90", Fit.USABLE, ""),
    ],
)
def test_a_ratio_that_cannot_be_is_told_with_its_digits_and_its_place(
    folder: Path, asked: str, passed: str, fit: Fit, told: str
) -> None:
    text = f"年份,性别,受访人数,具备健康素养人数\n2022,女,{asked},{passed}\n2022,男,100,32\n"
    (folder / "素养.csv").write_text(text, encoding="utf-8")
    [one] = judge()
    assert (one.fit, told in one.text) == (fit, True)
    book = openpyxl.load_workbook(next((folder / "核查结果").rglob("*.xlsx"))).worksheets[0]
    places = [str(row[3]) for row in book.iter_rows(values_only=True) if told and told in str(row[7])]
    assert places == ["第2行，“具备健康素养人数”列"] * bool(told)
    assert one.text.count("不能使用：") == one.text.count("大于“受访人数”") == bool(told), "one cause is told once"


@pytest.mark.parametrize(("lines", "exchanged"), [("all", True), ("one", False)])
def test_two_columns_are_taken_for_exchanged_where_every_line_says_so(
    folder: Path, lines: str, exchanged: bool
) -> None:
    source = min((places().raw / "990101" / YEAR).glob("*孕产妇*.csv"))
    rows = [line.split(",") for line in source.read_text(encoding="utf-8-sig").split()]
    part, whole = rows[0].index("接受筛查人数"), rows[0].index("适龄妇女人数")
    for row in rows[1:] if lines == "all" else rows[1:2]:
        row[part], row[whole] = str(int(row[whole]) + 1), row[part]
    (folder / "筛查.csv").write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    [one] = judge()
    assert ("疑两列填反" in one.text, "（G2）为" in one.text) == (exchanged, not exchanged)
    book = openpyxl.load_workbook(next((folder / "核查结果").rglob("*.xlsx")))
    tints = {c.fill.fgColor.rgb[-6:] for row in book.worksheets[-1].iter_rows(min_row=2) for c in row if c.comment}
    assert exchanged or "F8CBAD" in tints, "the cell is marked as what cannot be used"
    assert "部分可以采用（核查结果，尚未登记）" in one.text and "；另有1项比率算不出可用的结果" in one.text


def test_what_was_passed_over_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder / "卫生健康委" / "2022", "深.csv")
    put(folder, "新.csv")
    monkeypatch.setattr(inbox, "SETTLED", 60)
    state, lines = inbox.said(look())
    assert state == "没有新文件"
    assert "另有1份放入不到60秒" in lines and "新.csv" in lines
    assert "另有1份没有核查，放得太深" in lines and "卫生健康委/2022/深.csv" in lines


@pytest.mark.parametrize(("name", "differs"), [("体育局", True), ("卫生健康委", False), ("2022年", False), ("", False)])
def test_a_file_in_the_folder_of_another_department_is_told(folder: Path, name: str, differs: bool) -> None:
    put_again(folder / name)
    [one] = judge()
    told = answer(folder / name, "孕产妇.csv").read_text(encoding="utf-8-sig")
    assert (f"文件放在“{name}”的文件夹中，按内容是" in told) == (f"文件放在“{name}”" in one.told) == differs


def test_a_long_name_gets_its_answer_like_any(folder: Path) -> None:
    left = put(folder, f"{'表' * 80}.csv")
    assert [one.unanswered for one in judge()] == [""]
    assert {path.suffix for path in next((folder / "核查结果").iterdir()).iterdir()} == {".txt", ".xlsx"}
    assert left.is_file()


@pytest.mark.parametrize("what", ["folder of answers", "folder of a department"])
def test_no_link_leads_an_answer_out_of_the_folder(folder: Path, what: str) -> None:
    outside = folder.parent / "outside"
    put_any(outside, "x.csv")
    if what == "folder of answers":
        put_any(folder)
        (folder / "核查结果").symlink_to(outside)
    else:
        (folder / "卫生健康委").symlink_to(outside)
    before = sorted(outside.iterdir())
    assert [bool(one.unanswered) for one in judge()] == [True] * (what == "folder of answers")
    assert sorted(outside.iterdir()) == before


def test_files_that_are_called_alike_have_an_answer_each_and_no_answer_is_written_over(folder: Path) -> None:
    left = put_any(folder, "a.csv")
    put_any(folder, "a.txt")
    assert len(judge()) == 2
    left.write_bytes(left.read_bytes() + b"\r\n")
    assert len(judge()) == 1
    assert sorted(path.name.partition(" ")[0] for path in (folder / "核查结果").iterdir()) == [
        "a.csv",
        "a.csv",
        "a.txt",
    ]


def test_a_sheet_that_comes_back_filled_in_is_judged_like_any_file(folder: Path) -> None:
    put(folder)
    judge()
    sheet = next((folder / "核查结果").rglob("*.xlsx"))
    shutil.copy(sheet, folder / sheet.name)
    assert [one.name for one in judge()] == [sheet.name]


def test_whoever_may_read_a_file_may_read_its_answer(folder: Path) -> None:
    folder.chmod(0o2775)
    put_any(folder).chmod(0o664)
    judge()
    text = answer(folder, "孕产妇.csv")
    assert text.stat().st_mode & 0o044 == 0o044
    assert text.parent.stat().st_mode & 0o055 == 0o055


def test_a_file_that_ends_the_run_keeps_no_other_waiting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "a.csv")
    os.utime(put(folder, "b.csv"), (1e9 + 1, 1e9 + 1))
    os.utime(folder / "a.csv", (1e9, 1e9))
    begun: list[str] = []

    def killed(path: Path, *_: object) -> list[intake.Tried]:
        begun.append(path.name)
        raise KeyboardInterrupt

    monkeypatch.setattr(intake, "check", killed)
    for _ in range(6):
        with suppress(KeyboardInterrupt):
            judge()
    assert begun == ["a.csv", "b.csv", "a.csv", "b.csv"]


@pytest.mark.parametrize("where", ["raw/收件", "output", "."])
def test_a_folder_of_our_own_is_no_inbox(folder: Path, where: str) -> None:
    own = places().home / where
    own.mkdir(parents=True, exist_ok=True)
    district = places().expectations / "districts/990101.yml"
    district.write_text(district.read_text(encoding="utf-8").replace(str(folder), str(own)), encoding="utf-8")
    with pytest.raises(MendableError, match="与系统自己的目录重叠"):
        judge()


def test_a_name_in_the_bytes_of_a_chinese_windows_is_told_in_characters(folder: Path) -> None:
    put(folder, os.fsdecode("孕产妇.csv".encode("gb18030")))
    state, message = inbox.said(look())
    assert state == "核查1份：部分可以采用1份"
    assert "孕产妇.csv" in message.encode().decode()


def test_a_clock_that_was_set_back_keeps_no_file_waiting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_any(folder)
    monkeypatch.setattr(inbox, "SETTLED", 60)
    monkeypatch.setattr(inbox, "time", lambda: 1e9)
    assert len(judge()) == 1


def test_a_folder_that_is_gone_is_told_with_the_cure(folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(MendableError, match=r"没有收件目录 .*请建立"):
        judge()


def test_the_command_tells_what_has_come(folder: Path) -> None:
    assert told("inbox", "--district", "990101").stdout == "没有新文件\n"
    put(folder, "a.csv").write_bytes(b"\x00\x01\x02")
    answered = told("inbox", "--district", "990101")
    assert answered.returncode == 3
    assert answered.stdout.startswith("核查1份：不能采用1份\na.csv：不能采用。“a.csv”：")


@pytest.mark.parametrize("deleted", [True, False])
def test_a_lock_that_is_deleted_while_it_is_held_ends_the_round(
    folder: Path, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    """Another run could begin beside it; what was judged keeps its answer, and the next run goes on."""
    put_any(folder, "a.csv")
    put_any(folder, "b.csv")
    judged = inbox._judged

    def then(*known: object, **more: bool) -> inbox.Arrival:
        found = judged(*known, **more)  # type: ignore[arg-type]
        if deleted:
            (places().warehouse / "990101.inbox-lock").unlink()
        return found

    monkeypatch.setattr(inbox, "_judged", then)
    if deleted:
        with pytest.raises(MendableError, match=r"锁文件 .*990101\.inbox-lock 被删去，余下的文件没有核查"):
            judge()
        monkeypatch.setattr(inbox, "_judged", judged)
    assert [one.name for one in judge()] == (["b.csv"] if deleted else ["a.csv", "b.csv"])


def test_whoever_waits_for_a_lock_that_is_deleted_gets_the_new_one(tmp_path: Path) -> None:
    path, found = tmp_path / "lock", list[bool]()
    with disk.locked(path) as first:
        path.unlink()
        with disk.locked(path, 0, "busy") as second:
            found += [disk.holds(first, path), disk.holds(second, path)]
            with pytest.raises(MendableError, match="busy"), disk.locked(path, 0, "busy"):
                pass
    assert found == [False, True]


def test_many_line_breaks_in_a_name_are_counted(folder: Path) -> None:
    (folder / ("x" + "\n" * 200 + ".csv")).write_bytes(b"a,b\n1,2\n")
    (folder / "y\n.csv").write_bytes(b"a,b\n1,2\n")
    assert {one.name for one in judge()} == {"x⟨U+000A⟩×200.csv", "y⟨U+000A⟩.csv"}


def test_a_file_that_lies_too_deep_is_answered_beside_it_once(folder: Path) -> None:
    left = put_any(folder / "卫生健康委" / "二月", "表.csv")
    assert [one.path for one in inbox.waiting(catalog(), places())] == [left], "alone it is answered, too"
    put_any(folder / "卫生健康委", "好.csv")
    found = look()
    assert inbox.waiting(catalog(), places()) == []
    assert ([one.name for one in found.judged], found.deep) == (["卫生健康委/好.csv"], ["卫生健康委/二月/表.csv"])
    told = answer(left.parent, "表.csv").read_text(encoding="utf-8-sig")
    assert "放得太深。请移到本部门的文件夹" in told and "，没有核查。" in told and "自动核查。文件没有登记" not in told
    look()
    assert answer(left.parent, "表.csv").is_file(), "one answer, and no file of ours is judged"
    assert look().deep == ["卫生健康委/二月/表.csv"]

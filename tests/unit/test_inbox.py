"""What departments leave in their folder is judged as it comes, once, and nobody's file is touched or filed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows.desk import inbox
from flows.places import MendableError, places
from flows.run.answer import answer
from tests.fixtures.homes import home_in, told

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


def judge() -> list[inbox.Arrival]:
    return inbox.judge(catalog(), places(), lambda error: answer(error)[1])


def put(folder: Path, name: str = "孕产妇.csv") -> Path:
    """A sound delivery of the golden district, as somebody leaves it in the folder."""
    source = min((places().raw / "990101" / YEAR).glob("*.csv"))
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(source.read_bytes() + b"\r\n")  # not the very file that was filed
    return folder / name


def test_a_file_gets_its_answer_beside_it_once_and_is_not_filed(folder: Path) -> None:
    left, before = put(folder), (places().raw / "990101" / YEAR / "deliveries.yml").read_bytes()
    content = left.read_bytes()
    [judged] = judge()
    text = (folder / "孕产妇-核查结果.txt").read_bytes().decode("utf-8-sig")
    assert judged.name == "孕产妇.csv"
    assert all(told in text for told in ("文件没有登记", "核查结果：", "\r\n"))
    assert judge() == [], "judged again"
    assert left.read_bytes() == content
    assert (places().raw / "990101" / YEAR / "deliveries.yml").read_bytes() == before


def test_a_file_that_is_sent_again_is_judged_again_and_only_it(folder: Path) -> None:
    left = put(folder)
    put(folder / "卫生健康委", "又一份.csv")
    assert [one.name for one in judge()] == ["孕产妇.csv", "卫生健康委/又一份.csv"]
    left.write_bytes(left.read_bytes() + b"\r\n")
    assert [one.name for one in judge()] == ["孕产妇.csv"]


def test_what_cannot_be_read_gets_an_answer_and_stops_no_other(folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"\x00\x01\x02")
    put(folder, "b.csv")
    wrong, _ = judge()
    assert not wrong.sound
    assert "a.csv" in (folder / "a-核查结果.txt").read_text(encoding="utf-8-sig")
    assert (folder / "b-核查结果.txt").is_file()


@pytest.mark.parametrize(
    "name", ["~$孕产妇.xlsx", ".孕产妇.csv", "孕产妇.csv.part", "Thumbs.db", "孕产妇-核查结果.txt"]
)
def test_what_is_no_file_of_a_department_is_left_alone(folder: Path, name: str) -> None:
    put(folder, name)
    assert judge() == []


def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    put(folder.parent, "outside.csv")
    (folder / "link.csv").symlink_to(folder.parent / "outside.csv")
    assert judge() == []


def test_a_file_that_is_still_on_its_way_waits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder)
    monkeypatch.setattr(inbox, "SETTLED", 60)
    assert judge() == []
    monkeypatch.setattr(inbox, "SETTLED", 0)
    assert len(judge()) == 1


def test_an_answer_that_cannot_be_written_is_told(folder: Path) -> None:
    left = put(folder)
    (folder / "孕产妇-核查结果.txt").mkdir()
    [judged] = judge()
    assert "孕产妇-核查结果.txt" in judged.unanswered
    assert left.is_file() and judge() == []


def test_a_folder_that_is_gone_is_told_with_the_cure(folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(MendableError, match=r"没有收件目录 .*请建立"):
        judge()


def test_the_command_tells_what_has_come(folder: Path) -> None:
    assert told("inbox", "--district", "990101").stdout == "没有新文件\n"
    put(folder, "a.csv").write_bytes(b"\x00\x01\x02")
    answered = told("inbox", "--district", "990101")
    assert answered.returncode == 3
    assert answered.stdout.startswith("核查1份，可用0份\na.csv：请看核查结果\n")

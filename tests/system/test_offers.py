"""What the server offers, when a run of the calendar may begin, and who is told how one ended."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.run import notices
from flows.run.notices import Notice
from tests.fixtures.homes import home_in
from tests.fixtures.mailbox import Robot, robot

DUE = datetime(2023, 7, 1, 1, tzinfo=UTC)
"""1 July, 9:00 in Beijing."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / ".prefect"))
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    return home_in(tmp_path)


def due() -> Any:
    return SimpleNamespace(expected_start_time=DUE, parameters={})


def district_file(home: Path) -> Path:
    return home / "expectations" / "districts" / "990101.yml"


def test_only_districts_with_deliveries_are_offered_or_the_home_s_own(home: Path) -> None:
    from flows.run import serve

    other = district_file(home).with_name("990102.yml")
    other.write_text(district_file(home).read_text(encoding="utf-8").replace("990101", "990102"), encoding="utf-8")
    assert serve.districts() == ["990101"]
    shutil.copytree(home / "raw" / "990101", home / "raw" / "990102")
    assert serve.districts() == ["990101", "990102"]
    other.unlink()
    shutil.rmtree(home / "raw")
    assert serve.districts() == ["990101"]


def test_a_wrong_district_keeps_no_other_from_being_offered(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from flows.run import serve

    shutil.copytree(home / "raw" / "990101", home / "raw" / "990102")
    district_file(home).with_name("990102.yml").write_text("code: '990102'\n", encoding="utf-8")
    assert {name.rpartition("/")[2] for name in serve.offered()} == {"990101", "990101-yearly"}
    assert capsys.readouterr().out.startswith("地区 990102 暂不能运行：expectations/districts/990102.yml ")


@pytest.mark.parametrize(
    ("locked", "told", "begins"),
    [
        ("2023-06-30", "", None),
        ("2023-07-01", "", datetime(2023, 7, 2, 1, tzinfo=UTC)),
        ("2023-07-10", 'yearly: {time: "10:30", days_after_lock: 3}\n', datetime(2023, 7, 13, 2, 30, tzinfo=UTC)),
    ],
)
def test_a_run_of_the_calendar_waits_for_the_lock(home: Path, locked: str, told: str, begins: datetime | None) -> None:
    from flows.run import serve

    register = home / "raw" / "990101" / "2022" / "deliveries.yml"
    text = register.read_text(encoding="utf-8").replace("locked: 2023-06-30", f"locked: {locked}")
    register.write_text(text, encoding="utf-8")
    with district_file(home).open("a", encoding="utf-8") as file:
        file.write(told)
    offered = serve.offered()
    assert offered["annual/990101-yearly"].year(due()) == 2022
    assert offered["annual/990101-yearly"].not_before(due()) == begins
    assert offered["annual/990101"].not_before(due()) is None  # whoever asks for it is at hand


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> Any:
    with robot() as found:
        monkeypatch.setenv("PLAN_MONITOR_WEBHOOK", found.address)
        yield found


def test_what_ends_badly_is_told_until_it_has_ended_well(
    home: Path, group: Robot, capsys: pytest.CaptureFixture[str]
) -> None:
    notices.tell(Notice("990101-2022", False, "没有编成", "2022年没有报送登记"))
    notices.tell(Notice("990101-2021", True, "已编成", ""))
    [said] = group.said
    assert "【发展规划监测】990101-2022　没有编成" in said["text"]["content"]
    assert "990101-2022　没有编成：2022年没有报送登记" in capsys.readouterr().out
    notices.remind()
    assert capsys.readouterr().out.startswith("1项运行没有完成，请处理：\n  ")
    notices.tell(Notice("990101-2022", True, "已编成", ""))
    notices.remind()
    assert (capsys.readouterr().out, len(group.said)) == ("", 1)

"""The journal of a district: events are added, chained, and never changed without trace."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from expectations.vocabulary import Deed
from flows import pipeline
from flows.edition import manifest
from flows.journal import Anchor, BrokenError, Journal, journal
from flows.places import MendableError, places
from flows.rerun import Run


@pytest.fixture
def filled(tmp_path: Path) -> Journal:
    found = Journal(tmp_path / "120115")
    for file in ("甲.csv", "乙.csv", "丙.csv"):
        found.append(Deed.FILED, file=file)
    return found


def test_the_journal_is_told_what_came_late_and_is_used(tmp_path: Path) -> None:
    rows = [{"file": "甲.csv", "decided_by": "李某"}, {"file": "乙.csv", "decided_by": None}]
    manifest.note(tmp_path, run="0", late=rows)
    run = Run(district="120115", years=(), draft=False, where=places(), target=tmp_path)
    assert pipeline._decided(run)["admitted"] == rows[:1]


def test_a_journal_that_is_not_there_has_no_events(tmp_path: Path) -> None:
    empty = Journal(tmp_path / "120115")
    assert empty.events() == ()
    assert empty.anchor() == Anchor(0, "")
    assert not empty.folder.exists()


def test_events_are_read_as_they_were_added(filled: Journal) -> None:
    assert [(e.number, e.deed, e.of) for e in filled.events()] == [
        (1, Deed.FILED, {"file": "甲.csv"}),
        (2, Deed.FILED, {"file": "乙.csv"}),
        (3, Deed.FILED, {"file": "丙.csv"}),
    ]
    assert filled.anchor() == Anchor(3, filled.events()[-1].hash)


def test_the_journal_is_for_owner_and_group(filled: Journal) -> None:
    assert filled.path.stat().st_mode & 0o777 == 0o640


def test_a_group_that_may_write_into_the_folder_above_may_add_events(tmp_path: Path) -> None:
    above = tmp_path / "journal"
    above.mkdir()
    above.chmod(0o2770)
    shared = Journal(above / "120115")
    shared.append(Deed.FILED, file="甲.csv")
    found = {path: path.stat().st_mode & 0o7777 for path in (shared.folder, shared.path, shared.folder / ".lock")}
    assert [*found.values()] == [0o2770, 0o660, 0o660]
    shared.path.chmod(0o640)
    shared.append(Deed.FILED, file="乙.csv")
    assert shared.path.stat().st_mode & 0o777 == 0o660


def test_a_file_of_another_account_keeps_its_rights(filled: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.path.chmod(0o660)
    monkeypatch.setattr(os, "geteuid", lambda: -1)
    filled.append(Deed.FILED, file="丁.csv")
    assert filled.path.stat().st_mode & 0o777 == 0o660


def _edit(journal: Journal, change: str) -> None:
    lines = journal.path.read_text(encoding="utf-8").splitlines()
    if change == "changed":
        lines[1] = lines[1].replace("乙", "丁")
    elif change == "taken out":
        del lines[1]
    elif change == "put in":
        lines.insert(1, lines[0])
    elif change == "first gone":
        del lines[0]
    elif change == "no event":
        lines[1] = "{}"
    elif change == "in another order":
        lines[1], lines[2] = lines[2], lines[1]
    journal.path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.mark.parametrize("change", ["changed", "taken out", "put in", "first gone", "no event", "in another order"])
def test_an_edited_line_breaks_the_chain(filled: Journal, change: str) -> None:
    _edit(filled, change)
    with pytest.raises(BrokenError, match=r"第[123]行"):
        filled.events()
    text = filled.path.read_bytes()
    with pytest.raises(BrokenError):
        filled.append(Deed.FILED, file="戊.csv")
    assert filled.path.read_bytes() == text


@pytest.mark.parametrize("number", ["Infinity", "1e999", "[" * 100_000])
def test_an_odd_number_or_a_deep_line_is_no_event(number: str, filled: Journal) -> None:
    lines = filled.path.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace('"number": 2', f'"number": {number}')
    filled.path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    with pytest.raises(BrokenError, match="第2行读不出"):
        filled.events()


@pytest.mark.parametrize("district", ["/tmp/evil", "../120115", "12011", "120115\n", "１２０１１５"])
def test_what_is_no_code_of_a_district_has_no_journal(district: str) -> None:
    with pytest.raises(MendableError, match="地区代码应为6位数字"):
        journal(district)
    assert manifest.parse(json.dumps({"run": "a", "district": district}).encode()) is None
    assert journal("120115").folder.name == "120115"


def test_an_untouched_file_is_no_edit(filled: Journal) -> None:
    _edit(filled, "nothing")
    assert len(filled.events()) == 3


def test_a_line_that_a_power_cut_left_unfinished_is_none_and_the_next_event_tells_of_it(filled: Journal) -> None:
    with filled.path.open("ab") as file:
        file.write(b'{"number": 4, "at": "20')
    assert len(filled.events()) == 3
    filled.append(Deed.MADE, run="1")
    assert [event.number for event in filled.events()] == [1, 2, 3, 4]
    assert '"torn"' in filled.path.read_text(encoding="utf-8").splitlines()[-1]


def test_many_at_once_make_one_chain(tmp_path: Path) -> None:
    shared = Journal(tmp_path / "120115")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: shared.append(Deed.FILED, file=str(n)), range(40)))
    assert [event.number for event in shared.events()] == list(range(1, 41))
    assert {event.of["file"] for event in shared.events()} == {str(n) for n in range(40)}

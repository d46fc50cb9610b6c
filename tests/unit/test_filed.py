"""What a register says is held against the journal: a change that nobody filed is found, whoever made it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.vocabulary import Deed
from flows.ingest import filed, register
from flows.ingest.filed import History
from flows.journal import account
from tests.fixtures.deliveries import BASE, DISTRICT, deliver, sent
from tests.fixtures.kills import Killed, killed
from tests.fixtures.registered import FILE, TAMPERED, Edit, Home, digest, unfiled
from tests.fixtures.warehouses import rows


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path)
    found.adopt()
    return found


def status(con: duckdb.DuckDBPyConnection, delivery: str = "2024/births/v1") -> str:
    [row] = rows(con, "select status from meta_deliveries where delivery = ?", delivery)
    return str(row["status"])


# --- adopted ---


def test_registers_that_the_journal_does_not_know_are_adopted_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    deliver(home.raw, 2023, [sent("births")])
    assert home.adopt() == [2023, 2024]
    assert home.adopt() == []
    deliver(home.raw, 2022, [sent("births")])
    assert "2022年" in filed.adopted(home.journal, home.raw / DISTRICT, home.raw)
    assert filed.adopted(home.journal, home.raw / DISTRICT, home.raw) == ""
    assert not unfiled(home.store())


def test_a_register_that_cannot_be_read_is_adopted_when_it_can(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = home.year / register.REGISTER
    text = path.read_text(encoding="utf-8")
    path.write_text("]", encoding="utf-8")
    assert home.adopt() == []
    path.write_text(text, encoding="utf-8")
    assert home.adopt() == [2024]


# --- changed without a filing ---


def test_a_count_that_was_changed_together_with_its_hash_is_critical_and_named(home: Home) -> None:
    home.tamper()
    con = home.store()
    [found] = unfiled(con)
    assert (found["severity"], found["gate"], found["delivery"]) == ("critical", "file", "2024/births/v1")
    day = home.journal.events()[0].at.date()
    for part in (
        FILE,
        digest(BASE["births"])[:12],
        digest(TAMPERED)[:12],
        "2025-03-01收到",
        f"{day}首次记入",
        "写明原因",
    ):
        assert part in found["message"]
    assert status(con) == "refused"
    assert status(con, "2024/clinics/v1") == "accepted"
    [row] = rows(con, "select * from meta_unfiled")
    assert (row["form"], row["kind"], row["filed"]) == ("2024/births", "changed", digest(BASE["births"]))


def test_the_same_change_that_was_filed_is_none(home: Home) -> None:
    home.send(TAMPERED)
    con = home.store()
    assert not unfiled(con) and not rows(con, "select * from meta_unfiled")
    assert status(con, "2024/births/v2") == "accepted"


def test_who_filed_it_is_told(home: Home) -> None:
    home.send(TAMPERED)
    name = "区卫生健康委-活产和死亡情况表-第2版.csv"
    (home.year / name).write_text(BASE["births"] + "\n", encoding="utf-8")
    home.edit(lambda entries: entries[-1].update(sha256=digest(BASE["births"] + "\n")))
    [found] = unfiled(home.store())
    assert f"由{account()}登记，流水第2号" in found["message"]


def test_one_who_only_looks_is_told_nothing(home: Home) -> None:
    home.tamper()
    assert not unfiled(home.store(journal=False))


def test_what_was_put_back_is_none(home: Home) -> None:
    home.tamper()
    (home.year / FILE).write_text(BASE["births"], encoding="utf-8")
    home.edit(lambda entries: entries[0].update(sha256=digest(BASE["births"])))
    assert not unfiled(home.store())


@pytest.mark.parametrize(
    ("key", "was", "now", "severity", "simulated"),
    [
        ("simulated", True, False, "critical", True),
        ("simulated", False, True, "warning", True),
        ("locked", "2025-06-30", "2025-08-31", "warning", False),
    ],
)
def test_what_a_register_says_of_its_year_is_not_changed_by_hand(
    key: str, was: object, now: object, severity: str, simulated: bool, tmp_path: Path
) -> None:
    """What is simulated is never printed as real because somebody has edited one word."""
    home = Home(tmp_path)
    home.head(simulated=False, locked="2025-06-30", published="2025-09-15")
    home.head(**{key: was})
    home.adopt()
    assert not unfiled(home.store())
    home.head(**{key: now})
    con = home.store()
    [found] = unfiled(con)
    assert found["severity"] == severity and "写明原因" in found["cure"]
    assert rows(con, "select simulated from meta_register") == [{"simulated": simulated}]
    home.send(TAMPERED)  # what is filed since does not make it right
    assert unfiled(home.store())
    path = home.year / register.REGISTER
    found_head = filed.head(register.read(path, home.raw))
    home.journal.append(
        Deed.EXPLAINED, year=2024, file=register.REGISTER, head=found_head, reason="实际数据已报齐", person="李某"
    )
    con = home.store()
    assert not unfiled(con)
    assert rows(con, "select simulated from meta_register") == [{"simulated": found_head["simulated"]}]


ADMITTED = {"by": "李某（区妇儿工委办）", "on": "2025-08-05", "reason": "漏报死亡一例"}
EDITS: dict[str, tuple[Edit, str]] = {
    "another day of receipt": (lambda e: e[0].update(received="2025-03-02"), "收到日期由“2025-03-01”改为“2025-03-02”"),
    "another form": (lambda e: e[1].update(dataset="literacy"), "报表由“clinics”改为“literacy”"),
    "marked as simulated": (lambda e: e[0].update(simulated=True), "模拟数据标志由“无”改为“是”"),
    "answered for the sender": (
        lambda e: e[0].update(confirmed={"unit": "电话确认"}),
        "部门已确认的问题由“无”改为“unit=电话确认”",
    ),
    "taken out": (lambda e: e.pop(0), "登记中已没有这一份"),
    "put in": (lambda e: e.append({**e[0], "file": "9.csv"}), "流水中没有它的登记"),
    "a note": (lambda e: e[0].update(reason="说明"), ""),
    "a decision": (lambda e: e[0].update(admitted=ADMITTED), ""),
    "another order": (lambda e: e.reverse(), ""),
}


@pytest.mark.parametrize("edit", EDITS)
def test_what_decides_which_file_is_used_is_not_changed_by_hand(home: Home, edit: str) -> None:
    change, told = EDITS[edit]
    home.edit(change)
    found = unfiled(home.store())
    assert bool(found) == bool(told)
    assert all(one["severity"] == "critical" and told in one["message"] for one in found)


def test_a_version_that_is_newest_only_because_a_newer_one_was_taken_out_is_not_used(home: Home) -> None:
    home.send(TAMPERED)
    home.edit(lambda entries: entries.pop())
    con = home.store()
    assert status(con) == "refused"
    [found] = unfiled(con)
    assert "登记中已没有这一份" in found["message"]


# --- explained ---


def test_what_the_office_has_explained_is_used_and_told(home: Home) -> None:
    home.tamper()
    [entry, _] = register.read(home.year / register.REGISTER, home.raw).deliveries
    home.explain(filed.told(entry))
    con = home.store()
    [found] = unfiled(con)
    assert found["severity"] == "warning"
    assert found["override"].startswith("误录，经核对原件改正（李某，")
    assert status(con) == "accepted"
    [row] = rows(con, "select * from meta_unfiled")
    assert row["explained"] == found["override"]


def test_what_was_explained_after_a_day_is_not_known_on_it(home: Home) -> None:
    home.tamper()
    entries = register.read(home.year / register.REGISTER, home.raw).deliveries
    home.explain(filed.told(entries[0]))
    events = home.journal.events()
    day = events[-1].at.date()
    [known] = filed.History(events, day).unfiled(2024, entries)
    [unknown] = filed.History(events, day - timedelta(days=1)).unfiled(2024, entries)
    assert known.explained is not None and unknown.explained is None


def test_what_is_changed_again_is_not_explained(home: Home) -> None:
    home.tamper()
    [entry, _] = register.read(home.year / register.REGISTER, home.raw).deliveries
    home.explain(filed.told(entry))
    home.edit(lambda entries: entries[0].update(received="2025-03-02"))
    [found] = unfiled(home.store())
    assert found["severity"] == "critical"


def test_what_is_explained_to_be_gone_may_be_gone_and_may_not_come_back(home: Home) -> None:
    kept: list[dict[str, Any]] = []
    home.edit(lambda entries: kept.append(entries.pop(0)))
    home.explain()
    assert [one["severity"] for one in unfiled(home.store())] == ["warning"]
    home.edit(lambda entries: entries.insert(0, kept[0]))
    assert "critical" in {one["severity"] for one in unfiled(home.store())}


# --- what a kill leaves ---


def test_a_filing_that_stands_in_the_register_was_filed_and_is_finished_by_the_next(home: Home) -> None:
    home.send(TAMPERED)
    lines = home.journal.path.read_text(encoding="utf-8").splitlines(keepends=True)
    home.journal.path.write_text("".join(lines[:-1]), encoding="utf-8")  # killed before it could tell that it was done
    assert not unfiled(home.store())
    home.send(BASE["births"].replace("300,3", "300,4"))
    events = home.journal.events()
    assert [event.deed for event in events[1:]] == [Deed.FILING, Deed.FILED, Deed.FILING, Deed.FILED]
    assert not unfiled(home.store())


STEPS = 21
"""Of a filing that change a disk, with what the journal is told."""


@pytest.mark.parametrize("at", range(1, STEPS + 2))
def test_a_filing_killed_at_any_step_does_not_look_like_a_change_by_hand(home: Home, at: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        killed(patch, at)
        try:
            home.send(TAMPERED)
        except Killed:
            assert at <= STEPS
        else:
            assert at == STEPS + 1, "a step is not killed"
    assert not unfiled(home.store())  # a run before anybody mends anything
    home.send(TAMPERED)  # who was not told that it is filed files it again
    history = History(home.journal.events())
    head = register.read(home.year / register.REGISTER, home.raw)
    assert [known.filed for known in history.years[2024]] == list(head.deliveries)
    assert not unfiled(home.store())


def test_a_filing_that_was_begun_and_left_no_trace_is_none(home: Home) -> None:
    source = Home(home.folder / "other")
    source.adopt()
    source.send(TAMPERED)
    begun = source.journal.events()[1]
    home.journal.append(Deed.FILING, **begun.of)
    assert not unfiled(home.store())
    assert History(home.journal.events()).begun

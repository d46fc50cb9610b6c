"""The audit: what is as the journal has it, what is not, and what the office says of it."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.desk import audit
from flows.edition import memory
from flows.ingest import register
from flows.journal import Journal
from flows.places import MendableError, Places
from tests.fixtures.approving import A, B, approved, make
from tests.fixtures.deliveries import BASE, DISTRICT
from tests.fixtures.homes import told
from tests.fixtures.registered import FILE, TAMPERED, Home, digest, unfiled

APPROVING = "990101"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(tmp_path)
    found.adopt()
    found.send(BASE["births"].replace("300,3", "300,4"))
    return found


def audited(home: Home, district: str = DISTRICT) -> audit.Audited:
    return audit.audit(district, Places(home.folder))


def shown(found: audit.Audited, form: audit.AuditForm = "text") -> str:
    out = io.StringIO()
    audit.show(found, form, out)
    return out.getvalue()


def test_what_is_as_the_journal_has_it_is_told_in_two_lines(home: Home) -> None:
    found = audited(home)
    assert not found.found and not found.wrong
    lines = shown(found).splitlines()
    assert lines[0].startswith("流水共3条，首尾衔接，没有改动；最后一条是第3号")
    assert lines[1:] == ["登记、文件、报告和审定版与流水相符。"]


def test_a_home_without_a_journal_is_not_wrong(tmp_path: Path) -> None:
    found = audited(Home(tmp_path))
    assert not found.wrong
    assert "还没有流水" in shown(found)


def gone(home: Home) -> None:
    (home.year / FILE).unlink()


def altered(home: Home) -> None:
    (home.year / FILE).write_text(TAMPERED, encoding="utf-8")


def without_register(home: Home) -> None:
    (home.year / register.REGISTER).unlink()


def unreadable(home: Home) -> None:
    (home.year / register.REGISTER).write_text("]", encoding="utf-8")


def edited(home: Home) -> None:
    lines = home.journal.path.read_text(encoding="utf-8").splitlines()
    home.journal.path.write_text("\n".join([lines[0].replace("births", "deaths"), *lines[1:]]) + "\n", encoding="utf-8")


WRONG: dict[str, tuple[Callable[[Home], None], str, str]] = {
    "count and hash": (Home.tamper, "登记", f"“{FILE}”：登记以外的改动：登记的散列值收到时为"),
    "file gone": (gone, "文件", f"{FILE} 不在"),
    "file altered": (altered, "文件", f"现在是 {digest(TAMPERED)[:12]}"),
    "register gone": (without_register, "登记", "流水中登记过3份报送"),
    "register broken": (unreadable, "登记", "读不出，不能核对"),
    "journal edited": (edited, "流水", "第2行与上一行衔接不上"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_where_and_what_to_do(home: Home, case: str) -> None:
    change, subject, words = WRONG[case]
    change(home)
    found = audited(home)
    assert found.wrong
    [one] = [one for one in found.found if one.wrong]
    assert (one.subject, words.replace("现在是", "文件是") in one.told) == (subject, True), one.told
    assert one.cure and "。。" not in shown(found)


def test_what_decides_no_file_is_told_and_not_wrong(home: Home) -> None:
    path = home.year / register.REGISTER
    head: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    head["published"] = "2025-09-30"
    head["deliveries"][0]["admitted"] = {"by": "李某", "on": "2025-08-05", "reason": "漏报死亡一例"}
    path.write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
    found = audited(home)
    assert [one.wrong for one in found.found] == [False, False]
    told_of = "".join(one.told for one in found.found)
    assert "成文日期由“" in told_of and "改为“2025-09-30”" in told_of and "采用逾期报送的决定" in told_of


def test_a_day_or_a_mark_of_a_register_that_was_changed_is_wrong_until_it_is_explained(home: Home) -> None:
    home.head(locked="2025-06-29", simulated=False)
    wrong = {one.told for one in audited(home).found if one.wrong}
    assert wrong == {
        "2024年登记的数据截止日期由“2025-06-30”改为“2025-06-29”（流水第1号以后），没有说明",
        "2024年登记的模拟数据标志由“是”改为“否”（流水第1号以后），没有说明",
    }
    name = f"2024/{register.REGISTER}"
    [told_of] = audit.explain(DISTRICT, Places(home.folder), [name], "实际数据已报齐", "李某")
    assert name in told_of and not audited(home).wrong


def test_the_same_as_data(home: Home) -> None:
    home.tamper()
    told_of = json.loads(shown(audited(home), "json"))
    assert (told_of["district"], told_of["events"], told_of["anchor"]["number"]) == (DISTRICT, 3, 3)
    assert told_of["found"][0]["wrong"] is True


# --- explained ---


def test_an_explanation_is_told_in_the_journal_and_ends_the_finding(home: Home) -> None:
    home.tamper()
    [line] = audit.explain(DISTRICT, Places(home.folder), [f"2024/{FILE}"], "误录，经核对原件改正", "李某")
    assert "流水第4号" in line
    found = audited(home)
    assert not found.wrong and "误录，经核对原件改正（李某" in found.found[0].cure
    assert [one["severity"] for one in unfiled(home.store())] == ["warning"]


@pytest.mark.parametrize(
    ("files", "reason", "person", "words"),
    [
        ([f"2024/{FILE}"], "改", "李某", "写明原因"),
        ([f"2024/{FILE}"], "误录，经核对原件改正", "", "写说明人的姓名"),
        (["2024/1-clinics.csv"], "误录，经核对原件改正", "李某", f"还没有说明的：2024/{FILE}"),
        ([], "误录，经核对原件改正", "李某", f"还没有说明的：2024/{FILE}"),
    ],
)
def test_what_is_explained_is_named_and_by_somebody(
    home: Home, files: list[str], reason: str, person: str, words: str
) -> None:
    home.tamper()
    with pytest.raises(MendableError, match=words):
        audit.explain(DISTRICT, Places(home.folder), files, reason, person)
    assert len(home.journal.events()) == 3


# --- editions and approvals ---


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with two editions, of which the first is approved."""
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    found = Home(tmp_path)
    found.journal = Journal(tmp_path / "journal" / APPROVING)
    make(tmp_path, A)
    monkeypatch.setattr("flows.desk.approve.account", lambda: "another")
    approved()
    make(tmp_path, B, compared=A)
    return found


def wrongs(home: Home) -> list[str]:
    return [one.told for one in audited(home, APPROVING).found if one.wrong]


def test_editions_as_they_were_made(office: Home) -> None:
    assert wrongs(office) == []


def test_an_output_that_was_emptied_is_told_and_not_wrong(office: Home) -> None:
    shutil.rmtree(office.folder / "output")
    found = audited(office, APPROVING)
    assert [one.wrong for one in found.found] == [False]
    assert "annual 不在" in found.found[0].told


def test_a_paper_that_was_changed_is_wrong(office: Home) -> None:
    (office.folder / "output" / APPROVING / "2022" / "annual" / "brief.pdf").write_text("x", encoding="utf-8")
    [line] = wrongs(office)
    assert "编成以后有改动：brief.pdf" in line


def test_a_memory_that_was_changed_is_wrong(office: Home) -> None:
    kept = memory.place(office.journal) / "2022" / "annual.earlier"
    (kept / A[:12] / "manifest.json").write_text(json.dumps({"run": A, "files": {}, "x": 1}), encoding="utf-8")
    shutil.rmtree(kept / B[:12])
    changed, lost = wrongs(office)
    assert A[:12] in changed and "留存有改动" in changed
    assert B[:12] in lost and "没有留存" in lost


def test_a_journal_that_was_cut_short_is_wrong_because_an_approval_knows_more(office: Home) -> None:
    lines = office.journal.path.read_text(encoding="utf-8").splitlines(keepends=True)
    office.journal.path.write_text("", encoding="utf-8")
    found = wrongs(office)
    assert any("流水被截短或重写过" in line for line in found)
    assert any("不是审定的" in line for line in found)
    office.journal.path.write_text("".join(lines), encoding="utf-8")
    assert wrongs(office) == []


def test_the_command_says_what_is_wrong_with_its_exit_code(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(home.folder))
    catalogue = Path(__file__).parents[1] / "fixtures" / "catalogue"
    (home.folder / "expectations").symlink_to(catalogue, target_is_directory=True)
    assert told("audit", "--district", DISTRICT).returncode == 0
    home.tamper()
    answer = told("audit", "--district", DISTRICT)
    assert answer.returncode == 3 and "共1项不符。" in answer.stdout
    explained = ("--explain", "误录，经核对原件改正", "--by", "李某", "--file", f"2024/{FILE}")
    assert told("audit", *explained, "--district", DISTRICT).returncode == 0
    assert told("audit", "--district", DISTRICT).returncode == 0

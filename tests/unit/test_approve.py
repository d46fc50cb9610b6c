"""An edition is approved by somebody else than who made it, who knows what is open; what is approved is kept as it was."""

import fcntl
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from expectations.vocabulary import Deed
from flows import disk, journal, pipeline
from flows.desk import approve, approvers, editions, verify
from flows.edition import approved, manifest, record, signature
from flows.journal import Journal
from flows.places import MendableError, RefusedError, places
from flows.wording import say
from tests.fixtures.approving import ANNUAL, BOTH, DISTRICT, MISSING, UNSIGNED, YEAR, A, B, C, make
from tests.fixtures.approving import approved as sign_for
from tests.fixtures.homes import told
from tests.fixtures.kills import Killed

SECRET = "长口令一二三四五"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.delenv(approvers.PASSWORD, raising=False)
    monkeypatch.setattr(approvers, "COST", {"n": 2, "r": 1, "p": 1})  # what it costs is not what is tested
    for code in (DISTRICT, "110101"):
        path = tmp_path / "expectations" / "districts" / f"{code}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on another account works."""
    monkeypatch.setattr(approve, "account", lambda: "li")


def kept(home: Path) -> list[str]:
    folder = home / "journal" / DISTRICT / "approved"
    return sorted(p.name for p in folder.iterdir() if p.name != ".lock") if folder.exists() else []


def history() -> Journal:
    return journal.journal(DISTRICT)


# --- what must be acknowledged ---------------------------------------------------------------------------------------


def test_everything_open_must_be_acknowledged(home: Path, other: None) -> None:
    make(home, caveats=(MISSING, UNSIGNED))
    with pytest.raises(RefusedError) as refused:
        sign_for(acknowledged=[MISSING.number])
    assert UNSIGNED.told in str(refused.value) and MISSING.told not in str(refused.value)
    assert kept(home) == []
    done = sign_for(acknowledged=[number.lower() for number in BOTH])
    assert done.approval().acknowledged == (MISSING, UNSIGNED)


def test_the_terminal_lists_what_is_open_and_how_to_go_on(home: Path, other: None) -> None:
    make(home, caveats=(MISSING,))
    listed = told("approve", str(YEAR), "--district", DISTRICT)
    assert listed.returncode == 0 and kept(home) == []
    assert "待审定，审定后为第1版" in listed.stdout and MISSING.told in listed.stdout
    assert f"--by 姓名 --run {A[:12]} --acknowledge {MISSING.number}" in listed.stdout
    asked = ["approve", str(YEAR), "--district", DISTRICT, "--by", "李某"]
    unseen = told(*asked)
    assert unseen.returncode == 2 and "请先看报告，再用 --run" in unseen.stderr
    asked += ["--run", A[:12]]
    refused = told(*asked)
    assert refused.returncode == 3 and MISSING.told in refused.stderr
    done = told(*asked, "--acknowledge", MISSING.number)
    assert done.returncode == 0 and "已审定：2022年统计监测报告第1版（李某" in done.stdout
    again = told(*asked, "--acknowledge", MISSING.number)
    assert again.returncode == 2 and "已经审定（第1版，李某" in again.stderr


def test_where_nothing_is_open_that_is_said(home: Path) -> None:
    make(home)
    assert "没有须逐项确认的事项" in told("approve", str(YEAR), "--district", DISTRICT, "--by", "李某", "--list").stdout


def test_what_is_acknowledged_twice_or_is_not_open_does_no_harm(home: Path, other: None) -> None:
    make(home)
    assert sign_for(acknowledged=["FFFFFFFF", "FFFFFFFF"]).approval().acknowledged == ()


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_the_bytes_that_the_run_made_are_kept_whole_and_read_only(home: Path, other: None) -> None:
    folder = make(home)
    done = sign_for()
    assert kept(home) == ["2022-annual-1"]
    assert record.files(folder).items() <= record.files(done.folder).items()
    assert record.digest(folder / record.NAME) == done.approval().record
    assert {stat.S_IMODE(p.stat().st_mode) for p in done.folder.rglob("*")} == {0o440, 0o550}
    assert done.damage() == ""
    [made, event] = history().events()
    approval = done.approval()
    assert (made.deed, event.deed) == (Deed.MADE, Deed.APPROVED)
    assert (approval.journal.number, approval.journal.hash) == (made.number, made.hash)
    assert (approval.run, approval.number, approval.supersedes) == (A, 1, None)
    assert approval.maker.account == journal.account() and approval.approver.account == "li"


def test_the_office_signs_the_approval(home: Path, other: None) -> None:
    make(home)
    signature.make(places().keys)
    done = sign_for()
    assert signature.check(done.folder / approved.NAME, places().keys)[0] == "ok"
    assert "没有签名" not in approve.told(done)


def test_an_account_that_cannot_read_the_key_approves_without_signing(
    home: Path, other: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home)
    signature.make(places().keys)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    done = sign_for()
    assert not (done.folder / f"{approved.NAME}.sig").exists() and "审定记录没有签名" in approve.told(done)


@pytest.mark.parametrize(
    "act",
    [
        lambda folder: (folder / "brief.pdf").write_text("%PDF other"),
        lambda folder: (folder / "public" / "report.pdf").unlink(),
        lambda folder: (folder / "feedback" / "more.pdf").write_text("%PDF"),
        lambda folder: [(folder / "charts").mkdir(), (folder / "charts" / "report.pdf").write_text("%PDF")],
        lambda folder: (folder / "manifest.json").write_text((folder / "manifest.json").read_text() + "\n"),
    ],
    ids=["changed", "gone", "added", "among charts", "manifest"],
)
def test_an_edition_that_was_changed_since_is_refused(act: Callable[[Path], object], home: Path, other: None) -> None:
    act(make(home))
    with pytest.raises(MendableError, match="在编成后有改动"):
        sign_for()
    assert kept(home) == []


def test_an_edition_with_another_record_is_refused(home: Path, other: None) -> None:
    """Whoever changes a paper and its record together is found by the journal."""
    folder = make(home, caveats=(MISSING,))
    (folder / "report.pdf").write_text("%PDF forged")
    record.write(folder, [])
    with pytest.raises(MendableError, match="没有对应的编成记录"):
        sign_for()


@pytest.mark.parametrize(
    ("key", "value"), [("year", 2021), ("kind", "final"), ("district", "990102")], ids=["year", "kind", "district"]
)
def test_an_edition_of_another_place_is_refused(key: str, value: object, home: Path, other: None) -> None:
    make(home, **{key: value})  # type: ignore[arg-type]
    with pytest.raises(MendableError, match="不是地区和年份相符的2022年"):
        sign_for()


def test_a_draft_and_an_edition_that_is_not_there_are_refused(home: Path, other: None) -> None:
    with pytest.raises(MendableError, match=r"请先运行 \./monitor annual 2022"):
        sign_for()
    make(home, draft=True)
    with pytest.raises(MendableError, match=r"送审稿.*不加 --draft"):
        sign_for()


def test_an_edition_that_took_the_place_of_the_one_looked_at_is_refused(home: Path, other: None) -> None:
    make(home, B)
    with pytest.raises(MendableError, match="已被新的一版"):
        sign_for(run=A[:12])
    with pytest.raises(MendableError, match=f"至少12位；现在待审定的是 {B[:12]}"):
        sign_for(run=B[:11])
    assert sign_for(run=B[:12]).run == B


# --- one after the other ---------------------------------------------------------------------------------------------


def test_a_new_edition_supersedes_with_what_moved(home: Path, other: None) -> None:
    make(home, A)
    sign_for()
    make(home, B)
    with pytest.raises(MendableError, match="没有与现行的第1版比较"):
        sign_for()
    make(home, C, compared=A)
    done = sign_for(by="赵某")
    assert (done.number, done.approval().supersedes) == (2, 1)
    first, second = approved.listed(history())
    assert (first.superseded_by, second.superseded_by) == (2, None)
    assert [one.state for one in editions.listed(DISTRICT)] == ["已被第2版替代", "已审定", "未审定"]


def test_a_run_is_compared_with_the_approved_edition(home: Path, other: None) -> None:
    target = make(home, A)
    sign_for()
    make(home, B)
    found = {run: pipeline._previous(history(), target, run) for run in (A, B, C)}
    approved_one = home / "journal" / DISTRICT / "approved" / "2022-annual-1"
    assert {run: folder and folder.name for run, folder in found.items()} == {
        A: B[:12],  # as before it was approved: the newest of another run
        B: approved_one.name,
        C: approved_one.name,
    }


def test_no_new_edition_in_the_place_of_one_that_was_changed(home: Path, other: None) -> None:
    make(home, A)
    paper = sign_for().folder / "report.pdf"
    paper.chmod(0o640)
    paper.write_text("%PDF forged")
    make(home, B, compared=A)
    with pytest.raises(MendableError, match=r"与审定时不同（report\.pdf）。请从备份恢复"):
        sign_for()


def test_a_folder_that_somebody_put_there_is_no_approved_edition(home: Path, other: None) -> None:
    make(home, A)
    done = sign_for()
    shutil.copytree(done.folder, done.folder.with_name("2022-annual-2"))
    assert [one.number for one in approved.listed(history())] == [1]
    make(home, B, compared=A)
    with pytest.raises(MendableError, match="2022-annual-2 已经存在，却没有这一版的审定记录"):
        sign_for()
    assert [one.number for one in approved.listed(history())] == [1] and kept(home) == [
        "2022-annual-1",
        "2022-annual-2",
    ]


def test_a_folder_that_somebody_put_in_the_way_of_an_approval_costs_nothing(home: Path, other: None) -> None:
    folder = make(home)
    with pytest.MonkeyPatch.context() as patch:
        killed(patch, STEPS - 1)  # the event is written, the folder has not its name
        with pytest.raises(Killed):
            sign_for()
    [done] = approved.listed(history())
    assert not done.folder.exists()
    done.folder.mkdir()
    (done.folder / "report.pdf").write_text("%PDF foreign")
    with pytest.raises(MendableError, match=r"来历不明的文件夹，已移到 .*2022-annual-1-foreign-1，审定的一版已归位"):
        sign_for()
    assert done.damage() == "" and record.files(folder).items() <= record.files(done.folder).items()
    assert kept(home) == ["2022-annual-1", "2022-annual-1-foreign-1"]
    with pytest.raises(MendableError, match="已经审定（第1版，李某"):
        sign_for()


def test_a_journal_that_is_older_than_an_approval_approves_nothing(home: Path, other: None) -> None:
    make(home, A)
    sign_for()
    make(home, B, compared=A)
    sign_for()
    lines = history().path.read_bytes().splitlines(keepends=True)
    history().path.write_bytes(b"".join(lines[:2]))
    make(home, C, compared=A)
    with pytest.raises(MendableError, match=r"2022-annual-2 审定时流水已有第3号，现在的流水（共.条）没有这一条"):
        sign_for()


@pytest.mark.parametrize("name", [record.NAME, "charts/more.pdf"])
def test_what_is_changed_or_added_in_an_approved_edition_is_damage(name: str, home: Path, other: None) -> None:
    make(home)
    done = sign_for()
    path = done.folder / name
    done.folder.chmod(0o750)
    path.parent.mkdir(exist_ok=True)
    if path.exists():
        path.chmod(0o640)
    path.write_text("{}")
    assert f"与审定时不同（{name}）" in done.damage()


def test_a_public_folder_without_a_public_edition_is_kept_as_it_is(home: Path, other: None) -> None:
    make(home, bare=True)
    assert sign_for().damage() == ""


# --- who approves ----------------------------------------------------------------------------------------------------


def test_who_made_it_does_not_approve_it(home: Path) -> None:
    make(home)
    with pytest.raises(MendableError, match=r"不能证明审定人是另一个人.*approver add 李某"):
        sign_for()


def test_one_account_and_a_password(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    approvers.add(DISTRICT, "李某", "副局长", SECRET)
    make(home)
    with pytest.raises(MendableError, match=r"没有写明编制人.*PLAN_MONITOR_OPERATOR"):
        sign_for(password=SECRET)
    make(home, operator="李某")
    with pytest.raises(MendableError, match="由李某编制，审定人应是另一个人"):
        sign_for(password=SECRET)
    make(home, B, operator="王某")
    with pytest.raises(MendableError, match="口令不对"):
        sign_for(password="别的口令一二三四")
    with pytest.raises(MendableError, match="没有终端"):
        sign_for()
    monkeypatch.setenv(approvers.PASSWORD, SECRET)
    approver = sign_for().approval().approver
    assert (approver.name, approver.title, approver.proved) == ("李某", "副局长", "password")


def test_who_made_it_is_no_other_after_a_rerun_of_somebody_else(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    approvers.add(DISTRICT, "李某", "副局长", SECRET)
    make(home, operator="李某")
    make(home, operator="王某")
    with pytest.raises(MendableError, match="由李某编制，审定人应是另一个人"):
        sign_for(password=SECRET)
    told = "\n".join(approve.lines(approve.waiting(DISTRICT, YEAR, ANNUAL)))
    assert f"由李某（{journal.account()}）、王某（{journal.account()}）编成" in told
    approvers.remove(DISTRICT, "李某")
    monkeypatch.setattr(approve, "account", lambda: "li")
    make(home, B)
    monkeypatch.setattr(journal, "account", lambda: "li")
    make(home, B)
    with pytest.raises(MendableError, match="由账户 li 编成"):
        sign_for(by="赵某")


def test_what_the_calendar_has_run_names_nobody_who_runs_it_again(home: Path) -> None:
    approvers.add(DISTRICT, "李某", "副局长", SECRET)
    make(home, operator=say("messages/run/calendar"))
    make(home)
    with pytest.raises(MendableError, match=r"没有写明编制人.*PLAN_MONITOR_OPERATOR"):
        sign_for(password=SECRET)
    make(home, B, operator=say("messages/run/calendar"))
    assert sign_for(password=SECRET).by == "李某"


@pytest.mark.parametrize("name", ["李", "李某 ", "李某\n", "李\x1b[2J", "李\udcff", "\u202e李某", ""])
def test_one_rule_for_the_names_of_persons(name: str, home: Path, other: None) -> None:
    make(home)
    with pytest.raises(MendableError, match="审定人姓名应为2—20个字") as refused:
        sign_for(by=name)
    assert str(refused.value).isprintable()


def test_the_same_rule_for_who_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(pipeline.OPERATOR, " 王某 ")
    assert pipeline.operator() == "王某"
    monkeypatch.setenv(pipeline.OPERATOR, "王\x1b[2J某")
    with pytest.raises(MendableError, match="编制人（PLAN_MONITOR_OPERATOR）姓名应为2—20个字"):
        pipeline.operator()


def test_ideographs_that_look_the_same_are_one_name(home: Path, other: None) -> None:
    make(home, operator="李某")
    with pytest.raises(MendableError, match="由李某编制"):
        sign_for(by="\uf9e1某")


def test_a_password_is_asked_for_while_nobody_is_kept_waiting(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    approvers.add(DISTRICT, "李某", "副局长", SECRET)
    make(home, operator="王某")

    def ask(_: str) -> str:
        with (home / "journal" / DISTRICT / "approved" / ".lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return SECRET

    monkeypatch.setattr(approvers, "ask", ask)
    assert sign_for().by == "李某"


def test_who_stands_in_the_file_only_is_no_approver(home: Path, other: None) -> None:
    approvers.add("110101", "李某", "", SECRET)
    path = home / ".keys" / "approvers.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("110101", DISTRICT), encoding="utf-8")
    make(home)
    with pytest.raises(MendableError, match="登记在流水中没有记载"):
        sign_for(password=SECRET)
    approvers.add(DISTRICT, "李某", "", SECRET)
    assert sign_for(password=SECRET).by == "李某"
    path.write_text(text.replace("salt: ", "salt: x"), encoding="utf-8")
    with pytest.raises(MendableError, match="读不出"):
        approvers.listed("110101")
    with pytest.raises(MendableError, match="目录库中没有地区 110109"):
        approvers.add("110109", "李某", "", SECRET)


def test_an_account_that_cannot_read_who_approves_is_no_way_around_the_passwords(
    home: Path, other: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home)
    approvers.add(DISTRICT, "李某", "", SECRET)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(MendableError, match=r"账户 .*不能核对审定人（李某）的口令"):
        sign_for(by="赵某")


def test_where_approvers_are_registered_nobody_else_approves(home: Path, other: None) -> None:
    approvers.add(DISTRICT, "李某", "副局长", SECRET)
    make(home)
    with pytest.raises(MendableError, match="“赵某”没有登记为审定人；已登记：李某"):
        sign_for(by="赵某", password=SECRET)
    assert sign_for(password=SECRET).by == "李某"


def test_the_register_of_approvers_holds_no_password_and_is_for_its_owner(home: Path) -> None:
    approvers.add(DISTRICT, "李某", "副局长", SECRET)
    approvers.add("110101", "赵某", "", SECRET)
    path = home / ".keys" / "approvers.yml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and SECRET not in path.read_text(encoding="utf-8")
    assert list(approvers.listed(DISTRICT)) == ["李某"]
    assert [event.deed for event in history().events()] == [Deed.APPOINTED]
    path.chmod(0o640)
    with pytest.raises(MendableError, match="其他人也能读"):
        approvers.listed(DISTRICT)


def test_an_approver_can_be_struck_off(home: Path) -> None:
    approvers.add(DISTRICT, "李某", "副局长", SECRET)
    with pytest.raises(MendableError, match="没有登记为审定人"):
        approvers.remove(DISTRICT, "赵某")
    approvers.remove(DISTRICT, "李某")
    assert approvers.listed(DISTRICT) == {}
    assert [event.deed for event in history().events()] == [Deed.APPOINTED, Deed.DISMISSED]


@pytest.mark.parametrize(
    ("name", "title", "password", "says"),
    [
        ("李", "", SECRET, "审定人姓名应为"),
        ("李某\nBcc: x", "", SECRET, "姓名应为"),
        ("李某", "长" * 41, SECRET, "职务应为"),
        ("李某", "副局长\n", SECRET, "职务应为"),
        ("李某", "", "短口令", "不少于8个字符"),
        ("王某", "", SECRET, "已经登记"),
    ],
)
def test_what_is_no_approver_is_refused(name: str, title: str, password: str, says: str, home: Path) -> None:
    approvers.add(DISTRICT, "王某", "", SECRET)
    with pytest.raises(MendableError, match=says):
        approvers.add(DISTRICT, name, title, password)
    assert list(approvers.listed(DISTRICT)) == ["王某"]


def test_an_approver_is_registered_from_the_terminal(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told("approver", "list", "--district", DISTRICT).stdout.startswith("没有登记审定人")
    assert told("approver", "add", "李某", "--district", DISTRICT).returncode == 2
    monkeypatch.setenv(approvers.PASSWORD, SECRET)
    assert told("approver", "add", "李某", "--title", "副局长", "--district", DISTRICT).returncode == 0
    assert told("approver", "list", "--district", DISTRICT).stdout == "李某　副局长\n"


# --- killed at any step ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("readable", [True, False])
def test_a_lock_that_is_a_link_changes_no_file_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, readable: bool
) -> None:
    folder, secret = tmp_path / "journal", tmp_path / "secret"
    folder.mkdir()
    folder.chmod(0o2770)
    secret.write_text("key")
    secret.chmod(0o600)
    (folder / disk.LOCK).symlink_to(secret)
    opened = os.open

    def refusing(path: Any, flags: int, *mode: int) -> int:
        if not readable and flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, *mode)

    monkeypatch.setattr(os, "open", refusing)
    with pytest.raises(OSError, match="symbolic links"), disk.alone(folder):
        pass
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    monkeypatch.undo()
    (folder / disk.LOCK).unlink()
    with disk.alone(folder):
        assert (folder / disk.LOCK).is_file()


def killed(patch: pytest.MonkeyPatch, at: int) -> None:
    """From now on the `at`-th step that changes something on the disk does not happen, nor any after it."""
    steps = 0
    for owner, name in (
        (Path, "rename"), (Path, "write_text"), (shutil, "copytree"), (shutil, "rmtree"), (disk, "freeze"),
        (disk, "keep"), (Journal, "append"),
    ):  # fmt: skip
        original = getattr(owner, name)

        def step(*args: Any, _original: Callable[..., Any] = original, **kwargs: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps >= at:
                if steps == at and _original.__name__ == "copytree":  # half of it was written
                    Path(args[1]).mkdir(parents=True)
                    (Path(args[1]) / "report.pdf").write_bytes(b"half")
                raise Killed
            return _original(*args, **kwargs)

        patch.setattr(owner, name, step)


STEPS = 12
"""Of an approval: copies of its folders, its texts, modes, names on the disk, the event, the last name."""


@pytest.mark.parametrize("at", range(1, STEPS + 1))
def test_an_approval_that_is_killed_is_done_or_undone_by_the_next(at: int, home: Path, other: None) -> None:
    folder = make(home)
    with pytest.MonkeyPatch.context() as patch:
        killed(patch, at)
        with pytest.raises(Killed):
            sign_for()
    written = [one.number for one in approved.listed(history())]
    if written:
        with pytest.raises(MendableError, match="已经审定（第1版，李某"):
            sign_for()
    else:
        sign_for()
    assert kept(home) == ["2022-annual-1"]
    [done] = approved.listed(history())
    assert done.damage() == "" and record.files(folder).items() <= record.files(done.folder).items()
    assert [event.deed for event in history().events()].count(Deed.APPROVED) == 1


def test_no_step_is_left_out(home: Path, other: None) -> None:
    make(home)
    with pytest.MonkeyPatch.context() as patch:
        killed(patch, STEPS + 1)
        assert sign_for().number == 1


def test_an_edition_that_changes_while_it_is_copied_is_not_approved(home: Path, other: None) -> None:
    make(home)
    copy = shutil.copytree

    def meanwhile(source: Path, target: Path, *rest: Any, **more: Any) -> None:
        copy(source, target, *rest, **more)
        (Path(target) / "report.pdf").write_text("%PDF torn")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "copytree", meanwhile)
        with pytest.raises(MendableError, match="审定过程中文件有改动"):
            sign_for()
    assert kept(home) == []


# --- what a paper says of itself --------------------------------------------------------------------------------------


def verified(paper: Path) -> tuple[str, str]:
    head = manifest.read(places().output / DISTRICT / str(YEAR) / ANNUAL.name)
    assert head is not None
    found = verify._approved(paper, head)
    return found.state, found.told


def test_verify_knows_what_was_approved(home: Path, other: None, tmp_path: Path) -> None:
    folder = make(home, A)
    paper = tmp_path / "report.pdf"
    shutil.copyfile(folder / "report.pdf", paper)
    assert verified(paper) == ("open", "未审定：本机没有这份报告的审定记录，旁边也没有 approval.json")
    sign_for()
    assert verified(paper)[0] == "ok" and verified(paper)[1].startswith("已审定（第1版，李某")
    make(home, B, compared=A)
    sign_for()
    assert verified(paper)[1].endswith("已被第2版替代")
    paper.write_text("%PDF forged")
    assert verified(paper)[0] == "open"


def test_verify_elsewhere_rests_on_the_signed_approval(
    home: Path, other: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home)
    signature.make(places().keys)
    done, sent = sign_for(), tmp_path / "sent"
    sent.mkdir()
    for name in ("report.pdf", approved.NAME, approved.NAME + signature.SUFFIX, signature.KEY):
        shutil.copyfile(done.folder / name, sent / name)
    own = places().keys / signature.KNOWN
    city = tmp_path / "city"
    city.mkdir()
    head = manifest.read(done.folder)
    assert head is not None
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(city))
    found = verify._approved(sent / "report.pdf", head)
    assert found.state == "open" and "不能证明" in found.told
    signature.accept(city / ".keys", own / "本单位.pem", "某区统计局")
    found = verify._approved(sent / "report.pdf", head)
    assert found.state == "ok" and "某区统计局" in found.told
    (sent / "report.pdf").write_text("%PDF forged")
    assert verify._approved(sent / "report.pdf", head).state == "wrong"


def test_the_list_of_editions(home: Path, other: None) -> None:
    assert "没有地区" in told("editions", "--district", DISTRICT).stdout
    make(home, A)
    sign_for()
    make(home, B, draft=True)
    make(home, C, compared=A)
    shown = told("editions", "--district", DISTRICT).stdout
    assert [line.split()[2:4] for line in shown.splitlines()[1:]] == [
        ["第1版", "已审定"],
        ["—", "送审稿"],
        ["—", "待审定"],
    ]
    assert '"state": "待审定"' in told("editions", "--district", DISTRICT, "--format", "json").stdout


def test_a_home_that_cannot_be_written_tells_it(home: Path, other: None) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is closed to root")
    make(home)
    (home / "journal" / DISTRICT).chmod(0o550)
    assert told("approve", str(YEAR), "--district", DISTRICT, "--by", "李某").returncode == 2

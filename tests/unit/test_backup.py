"""A backup is whole or not there, and what is restored is what was backed up."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from expectations.vocabulary import Deed
from flows.desk import audit, backup
from flows.journal import Journal
from flows.places import MendableError, Places
from tests.fixtures.deliveries import BASE, DISTRICT
from tests.fixtures.homes import told
from tests.fixtures.kills import Killed, killed
from tests.fixtures.registered import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with deliveries, a journal, a key and an edition."""
    folder = tmp_path / "home"
    folder.mkdir()
    found = Home(folder)
    found.adopt()
    found.send(BASE["births"].replace("300,3", "300,4"))
    for name in ("plan-monitor.yml", ".keys/office.key", "output/x.pdf", "warehouse/x.duckdb", "expectations/a.yml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x", encoding="utf-8")
    return found


@pytest.fixture
def packed(home: Home, tmp_path: Path) -> Path:
    return backup.backup(Places(home.folder), tmp_path / "a.tar.gz").path


def files(home: Path) -> dict[str, bytes]:
    return {
        p.relative_to(home).as_posix(): p.read_bytes() for p in home.rglob("*") if p.is_file() and p.name != ".lock"
    }


def test_what_is_restored_is_what_was_backed_up(home: Home, packed: Path, tmp_path: Path) -> None:
    backup.restore(packed, tmp_path / "again")
    before, after = files(home.folder), files(tmp_path / "again")
    events = f"journal/{DISTRICT}/events.jsonl"
    left_out = {".keys/office.key", "output/x.pdf", "warehouse/x.duckdb", "births.csv"}
    assert {k: v for k, v in before.items() if k not in {*left_out, events}} == {
        k: v for k, v in after.items() if k != events
    }
    journal = Journal(tmp_path / "again" / "journal" / DISTRICT)
    assert [event.deed for event in journal.events()][-1] == Deed.RESTORED
    assert after[events].startswith(before[events])
    assert not audit.audit(DISTRICT, Places(tmp_path / "again")).wrong


def test_keys_and_output_are_in_it_if_asked_for(home: Home, tmp_path: Path) -> None:
    made = backup.backup(Places(home.folder), tmp_path / "b.tar.gz", keys=True, output=True)
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert "备份中有签名密钥" in "".join(made.told("written"))
    backup.restore(made.path, tmp_path / "again")
    assert (tmp_path / "again" / ".keys" / "office.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "again" / "output" / "x.pdf").is_file()


def test_into_a_folder_that_is_empty_and_no_other(packed: Path, tmp_path: Path) -> None:
    empty, full = tmp_path / "empty", tmp_path / "full"
    for folder in (empty, full):
        folder.mkdir()
    (full / "x").touch()
    backup.restore(packed, empty)
    with pytest.raises(MendableError, match="不是空目录"):
        backup.restore(packed, full)
    assert [path.name for path in full.iterdir()] == ["x"]


def again(packed: Path, change: Callable[[dict[str, bytes]], object]) -> None:
    """Pack a backup anew, with its members changed."""
    with tarfile.open(packed) as tar:
        members = {one.name: file.read() for one in tar if (file := tar.extractfile(one))}
    change(members)
    with tarfile.open(packed, "w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


EVENTS = f"journal/{DISTRICT}/events.jsonl"


def another_journal(members: dict[str, bytes]) -> None:
    """Both the last event and the file's hash are taken out: the newest event is not the one that was told."""
    import hashlib

    members[EVENTS] = b"".join(members[EVENTS].splitlines(keepends=True)[:-1])
    index = json.loads(members[backup.INDEX])
    index["files"][EVENTS] = hashlib.sha256(members[EVENTS]).hexdigest()
    members[backup.INDEX] = json.dumps(index).encode()


def changed(members: dict[str, bytes]) -> None:
    members[f"raw/{DISTRICT}/2024/0-births.csv"] += b"\n"


def linked(packed: Path) -> None:
    """A link in the place of a folder leads what comes after it elsewhere."""
    with tarfile.open(packed, "w:gz") as tar:
        link, inside = tarfile.TarInfo("raw"), tarfile.TarInfo("raw/x")
        link.type, link.linkname = tarfile.SYMTYPE, str(packed.parent)
        tar.addfile(link)
        tar.addfile(inside, io.BytesIO(b""))


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut short": (lambda p: p.write_bytes(p.read_bytes()[:-200]), "不完整"),
    "something else": (lambda p: p.write_bytes(b"x"), "不是本系统的备份"),
    "another archive": (lambda p: p.write_bytes(gzip.compress(b"")), "不是本系统的备份"),
    "no index": (lambda p: again(p, lambda m: m.pop(backup.INDEX)), "不是本系统的备份"),
    "a file changed": (lambda p: again(p, changed), "与备份时不同（raw/990201/2024/0-births.csv）"),
    "a file more": (lambda p: again(p, lambda m: m.update({"raw/x": b""})), "与备份时不同（raw/x）"),
    "a file less": (lambda p: again(p, lambda m: m.pop("plan-monitor.yml")), "与备份时不同（plan-monitor.yml）"),
    "another journal": (lambda p: again(p, another_journal), "流水与备份时不同"),
    "the whole way out": (lambda p: again(p, lambda m: m.update({str(p.parent / "x"): b""})), "不是本系统的备份"),
    "a link": (linked, "不是本系统的备份"),
    "a way out": (lambda p: again(p, lambda m: m.update({"../x": b""})), "不是本系统的备份"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_of_a_damaged_backup_nothing_is_restored(packed: Path, tmp_path: Path, damage: str) -> None:
    act, words = DAMAGES[damage]
    act(packed)
    with pytest.raises(MendableError, match=words):
        backup.restore(packed, tmp_path / "again")
    assert {path.name for path in tmp_path.iterdir()} == {"home", "a.tar.gz"}


@pytest.mark.parametrize(
    ("name", "words"), [("a.tar.zst", "应以 .tar.gz 结尾"), ("a.tar.gz", "已经存在"), ("x/b.tar.gz", "没有目录")]
)
def test_a_backup_goes_nowhere_else(home: Home, packed: Path, tmp_path: Path, name: str, words: str) -> None:
    before = packed.read_bytes()
    with pytest.raises(MendableError, match=words):
        backup.backup(Places(home.folder), tmp_path / name)
    assert packed.read_bytes() == before


def test_a_backup_of_a_journal_that_is_broken_is_not_made(home: Home, tmp_path: Path) -> None:
    home.journal.path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(MendableError, match="流水不完整"):
        backup.backup(Places(home.folder), tmp_path / "a.tar.gz")
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


@pytest.mark.parametrize("at", range(1, 12))
def test_a_backup_that_is_killed_is_not_there(home: Home, tmp_path: Path, at: int) -> None:
    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        killed(patch, at)
        backup.backup(Places(home.folder), tmp_path / "a.tar.gz")
    if (tmp_path / "a.tar.gz").exists():
        backup.restore(tmp_path / "a.tar.gz", tmp_path / "again")


def test_the_commands(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(home.folder))
    done = told("backup", str(tmp_path / "a.tar.gz"))
    assert done.returncode == 0 and "没有签名密钥" in done.stdout
    done = told("restore", str(tmp_path / "a.tar.gz"), "--to", str(tmp_path / "again"))
    assert done.returncode == 0 and "逐个核对无误" in done.stdout
    assert told("restore", str(tmp_path / "a.tar.gz"), "--to", str(tmp_path / "again")).returncode == 2


def test_a_backup_leaves_the_words_about_who_ran(home: Home, tmp_path: Path) -> None:
    """The lock of a run says who holds it, for those who come next."""
    lock = home.folder / "warehouse" / f"{DISTRICT}.lock"
    lock.write_text("7月1日9时0分开始，进程 1", encoding="utf-8")
    backup.backup(Places(home.folder), tmp_path / "c.tar.gz")
    assert lock.read_text(encoding="utf-8") == "7月1日9时0分开始，进程 1"

"""The folder (收件目录) in which departments leave their files: each new one is judged as `check` judges it. Its answer has a folder of its
own below 核查结果, beside the file, so that nothing that lies there is ever written over. Nothing is filed: that a file has come, when
and from whom, is for a person to say (`receive`).

A sender is told what he can mend. What he cannot (a share that is full, a register that cannot be read) is told to those who run the
home, and the file is judged again later.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from secrets import token_hex
from time import time
from typing import NamedTuple

from expectations.records import Catalog
from expectations.vocabulary import Fit
from flows import disk
from flows.desk import intake
from flows.desk.filing import Wanted
from flows.files.characters import fitting
from flows.inert import called, shown
from flows.letters import contact
from flows.machine import about
from flows.places import MendableError, Places, RefusedError
from flows.wording import BEIJING, read, say

SETTLED = 15
"""How many seconds nothing may have changed a file before it is read: it may still be on its way."""
AGAIN = 600
"""After how many seconds a file without an answer is judged again; each further time after twice as many, at last once a day."""
DAY = 86_400
TRIED = 2
"""How often a file is begun: one that ends the run each time must not keep the others waiting."""
LARGEST = 10_000
"""How many files a folder may hold."""
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".db", ".ini", ".lnk")
"""What programs leave while they copy, and what Windows leaves in a folder."""
DONE = -1


class FileState(NamedTuple):
    """A file as it is, and how often it was begun (`DONE`: it has its answer)."""

    size: int
    changed: int
    """In nanoseconds."""
    begun: int = 0
    failed: int = 0
    """How often its answer could not be found or laid down."""
    at: int = 0
    """When that was last so, in seconds."""

    @property
    def rests(self) -> bool:
        """Whether it is too early to judge it again."""
        return 0 <= time() - self.at < min(AGAIN * 2 ** (self.failed - 1), DAY) if self.failed else False


class Left(NamedTuple):
    path: Path
    state: FileState


@dataclass(frozen=True)
class Arrival:
    """A file that has come, and what its sender is told."""

    name: str
    fit: Fit | None
    """What it would be if it were filed, as the least of its forms; None if that could not be found."""
    first: str
    """What its sender must mend or explain first; empty if there is nothing."""
    text: str
    note: str = ""
    """A hint that asks for no answer."""
    unanswered: str = ""
    """What those who run the home must mend before there is an answer, or before it can lie beside the file; usually empty."""

    @property
    def sound(self) -> bool:
        return self.fit is not None and self.fit.is_sound and not self.first and not self.unanswered

    @property
    def told(self) -> str:
        """Its result, in a few words or with what is to be mended first."""
        word = self.fit.word if self.fit else say("messages/inbox/later")
        return "。".join(part.rstrip("。") for part in (word, self.first, self.note) if part)


@dataclass(frozen=True)
class Round:
    """What one look at the folder has brought."""

    judged: Sequence[Arrival]
    young: Sequence[str] = ()
    """Files that may still be on their way."""
    deep: Sequence[str] = ()
    """Files in folders below those of departments, which nobody looks into."""

    @property
    def sound(self) -> bool:
        return all(one.sound for one in self.judged)


def waiting(catalog: Catalog, where: Places) -> list[Left]:
    """The files that have come and are not answered yet, those that lie too deep too, the oldest first, behind them those with which a
    run has ended. One that changed some seconds ago may still be on its way. None without a folder.

    Raises `MendableError` if the folder is not there, lies among our own, or holds too much; `OSError` if it cannot be read.
    """
    if catalog.district.inbox is None:
        return []
    folder, seen = _folder(catalog, where), _seen(_memory(catalog, where))
    found = []
    for path in (*_files(folder), *_below(folder)):
        now, before = _state(path), seen.get(_name(path, folder))
        if now is None or not _is_settled(path):
            continue
        known = before if before is not None and before[:2] == now[:2] else now
        if known.begun != DONE and known.begun < TRIED and not known.rests:
            found.append(Left(path, known))
    return sorted(found, key=lambda one: (one.state.begun, one.state.changed, one.path))


def judge(catalog: Catalog, where: Places, tell: Callable[[Exception], str]) -> Round:
    """Judge the files that wait, and leave each answer beside its file; `tell` gives what those who run the home are told of an error.

    Raises `MendableError` if the district has no folder, and what `waiting` raises.
    """
    if catalog.district.inbox is None:
        raise MendableError(say("messages/inbox/none", district=catalog.district.code))
    folder, memory, judged = Path(catalog.district.inbox), _memory(catalog, where), []
    with _alone(memory) as lasts:
        listed = waiting(catalog, where)
        there = {_name(path, folder): path for path in _files(folder)}
        young = [_as_read(name) for name, path in there.items() if not _is_settled(path)]
        below = {_name(path, folder): path for path in _below(folder)}
        seen = {name: state for name, state in _seen(memory).items() if name in there or name in below}
        for path, _ in listed:
            now = _state(path)
            if now is None or not _is_settled(path):  # taken away or changed meanwhile
                continue
            if not lasts():
                raise MendableError(say("messages/inbox/unlocked", path=_lock(memory)))
            name = _name(path, folder)
            before = seen.get(name)
            known = before if before is not None and before[:2] == now[:2] else now
            seen[name] = known._replace(begun=known.begun + 1)
            _note(memory, seen)
            if name in below:
                with suppress(OSError, MendableError):  # it is told with every round, too
                    _turn_back(path, catalog)
                    seen[name] = now._replace(begun=DONE)
                    _note(memory, seen)
                continue
            judged.append(one := _judged(path, name, catalog, where, tell, again=known.failed > 0))
            failed = now._replace(failed=known.failed + 1, at=int(time()))
            seen[name] = failed if one.unanswered else now._replace(begun=DONE)
            _note(memory, seen)
    return Round(judged, young, [_as_read(name) for name in below])


def said(found: Round) -> tuple[str, str]:
    """What has come, in a few words, and each file with its result."""
    words = read("messages")["inbox"]
    passed = [_passed("young", found.young), _passed("deep", found.deep)]
    if not found.judged:
        return words["nothing"], "\n".join(filter(None, passed))
    count = Counter(one.fit for one in found.judged)
    listed = [say("messages/inbox/count", word=fit.word, number=count[fit]) for fit in (*Fit,) if count[fit]]
    listed += [say("messages/inbox/count", word=words["later"], number=count[None])] if count[None] else []
    state = say("messages/inbox/judged", number=len(found.judged), listed="、".join(listed))
    lines = [f"{one.name}：{one.told}{one.unanswered and f'（{one.unanswered}）'}" for one in found.judged]
    return state, "\n".join([*lines, words["then"], *filter(None, passed)])


NAMED = 5
"""How many files that were passed over are named."""


def _passed(why: str, names: Sequence[str]) -> str:
    listed = "、".join(names[:NAMED])
    listed = say("messages/some", listed=listed) if len(names) > NAMED else listed
    return say(f"messages/inbox/{why}", number=len(names), listed=listed, seconds=SETTLED) if names else ""


def _judged(
    path: Path, name: str, catalog: Catalog, where: Places, tell: Callable[[Exception], str], *, again: bool
) -> Arrival:
    """Judge a file and lay the answer beside it; that it cannot be judged now its sender is told once, and not `again`."""
    out = StringIO()
    fit: Fit | None = None
    first = note = unanswered = text = ""
    with tempfile.TemporaryDirectory(prefix="inbox-") as aside:
        try:
            with redirect_stdout(out):
                tried = intake.check(path, catalog, where, Wanted(), Path(aside))
            fit = max((one.fit for one in tried), key=[*Fit].index)
            first = next((one.first for one in tried if one.first), "")
            note = _elsewhere(
                catalog, _as_read(Path(name).parent.name), {one.department for one in tried if one.department}
            )
        except RefusedError as error:
            fit, first = Fit.UNUSABLE, error.told
            out.write(error.told)
        except Exception as error:  # one file stops no other
            unanswered = tell(error)
            out = StringIO(say("messages/inbox/fault"))
        at = datetime.now(BEIJING)
        try:
            told = "\n".join(filter(None, [out.getvalue().replace(f"{aside}/", "").strip(), note]))
            standing = say(f"messages/inbox/{'filed' if fit == Fit.SAME else 'unfiled'}")
            text = _write(Path(aside), path, at, standing, told, catalog)
            if not (unanswered and again):
                _answer(path, f"{at:%Y-%m-%d %H%M%S}", Path(aside))
        except Exception as error:  # nor does its answer
            unanswered = unanswered or tell(error)
    return Arrival(_as_read(name), fit, _in_a_line(first), text, note, shown(unanswered))


def _turn_back(path: Path, catalog: Catalog) -> None:
    """Tell the sender of a file that nobody looks into its folder."""
    at = datetime.now(BEIJING)
    with tempfile.TemporaryDirectory(prefix="inbox-") as aside:
        told = say("messages/inbox/too_deep")
        _write(Path(aside), path, at, say("messages/inbox/unfiled"), told, catalog, done="unchecked")
        _answer(path, f"{at:%Y-%m-%d %H%M%S}", Path(aside))


def _write(
    aside: Path, path: Path, at: datetime, standing: str, told: str, catalog: Catalog, done: str = "checked"
) -> str:
    """Write the text of an answer; returns it."""
    facts = {"name": _as_read(path.name), "at": f"{at:%Y-%m-%d %H:%M}", "standing": standing, "told": told}
    facts["done"] = say(f"messages/inbox/{done}")
    text = say("messages/inbox/answer", **facts, contact=contact(catalog)).rstrip() + "\n"
    answer = Path(aside, say("messages/inbox/text"))
    answer.write_text(text, encoding="utf-8-sig", newline="\r\n")  # Windows' editor reads it so
    return text


def _as_read(name: str) -> str:
    """A name in the folder as people read it: in one line, for one of two could look like two files."""
    return "/".join(shown(called(Path(part))) for part in name.split("/"))


def _in_a_line(text: str) -> str:
    return " ".join(text.splitlines())


def _elsewhere(catalog: Catalog, folder: str, senders: Set[str]) -> str:
    """A hint that a file lies in the folder of a department that does not send it; empty where the folder is nobody's."""
    known = catalog.district.departments
    owners = [key for key, d in known.items() if folder in (key, d.name)]
    owners = owners or [key for key, d in known.items() if len(folder) > 1 and (folder in d.name or d.name in folder)]
    if len(owners) != 1 or not senders or owners[0] in senders:
        return ""
    names = "、".join(catalog.department(key) for key in sorted(senders))
    return say("messages/inbox/elsewhere", folder=folder, senders=names)


def _answer(path: Path, at: str, answer: Path) -> None:
    """Lay an answer beside a file, in a folder that nobody has had before; whoever may read the file may read it, too."""
    above = path.parent / say("messages/inbox/answers")
    of_file, of_folder = path.lstat(), path.parent.stat()
    with about(above), suppress(FileExistsError):
        _make(above, of_folder)
    if not stat.S_ISDIR(above.lstat().st_mode):  # a link would lead out of the folder
        raise MendableError(say("messages/inbox/in_the_way", path=above))
    folder = above / fitting(path.name, f" {at} {token_hex(2)}")
    with about(folder):
        _make(folder, of_folder)
        try:
            for one in sorted(answer.iterdir()):
                copy = folder / one.name
                shutil.copyfile(one, copy)
                _share(copy, 0o640 | of_file.st_mode & 0o044, of_file.st_gid)
        except OSError:  # half an answer could be read as a whole one
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _make(folder: Path, like: os.stat_result) -> None:
    folder.mkdir(mode=disk.FOLDER)
    _share(folder, 0o750 | like.st_mode & 0o2077, like.st_gid)


def _share(path: Path, mode: int, group: int) -> None:
    with suppress(PermissionError):  # a group that is not ours
        os.chown(path, -1, group)
    path.chmod(mode)


def _folder(catalog: Catalog, where: Places) -> Path:
    folder = Path(catalog.district.inbox or "")
    if not folder.is_dir():
        raise MendableError(say("messages/inbox/gone", folder=folder))
    ours = (where.raw, where.output, where.warehouse, where.journal, where.expectations, where.keys)
    if any(folder.resolve().is_relative_to(own.resolve()) for own in ours) or where.home.is_relative_to(
        folder.resolve()
    ):
        raise MendableError(say("messages/inbox/ours", folder=folder))
    return folder


def _files(folder: Path) -> Iterator[Path]:
    """The files in the folder and in the folders of departments in it; links are not followed."""
    number = 0
    for part in [folder, *_folders(folder)]:
        for entry in sorted(_entries(part), key=lambda e: e.name):
            if entry.is_file(follow_symlinks=False) and not _is_none(entry.name):
                number += 1
                if number > LARGEST:
                    raise MendableError(say("messages/inbox/many", folder=folder, number=LARGEST))
                yield Path(entry.path)


def _folders(folder: Path) -> list[Path]:
    """The folders in a folder, without those of answers and hidden ones."""
    found = sorted(Path(entry.path) for entry in _entries(folder) if entry.is_dir(follow_symlinks=False))
    return [path for path in found if path.name != say("messages/inbox/answers") and not path.name.startswith(".")]


def _below(folder: Path) -> list[Path]:
    """The files in folders below those of departments, as far as there are not too many."""
    waiting, found = [below for part in _folders(folder) for below in _folders(part)], list[Path]()
    while waiting and len(found) < LARGEST:
        part = waiting.pop(0)
        with suppress(OSError):  # one that we may not read is none of ours
            files = (e for e in _entries(part) if e.is_file(follow_symlinks=False) and not _is_none(e.name))
            found += sorted(Path(e.path) for e in files)
            waiting += _folders(part)
    return found


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return list(found)


def _is_settled(path: Path) -> bool:
    try:
        age = time() - path.lstat().st_ctime
    except OSError:  # taken away meanwhile
        return False
    return not 0 <= age < SETTLED  # a clock that was set back must not keep a file waiting


def _is_none(name: str) -> bool:
    """Whether a name cannot be that of a department's file: hidden, of Excel or Windows, or not yet whole."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def _state(path: Path) -> FileState | None:
    """A file as it is; None for all that is no file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return FileState(found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _memory(catalog: Catalog, where: Places) -> Path:
    return where.warehouse / f"{catalog.district.code}.inbox"


def _lock(memory: Path) -> Path:
    return memory.with_suffix(".inbox-lock")


@contextmanager
def _alone(memory: Path) -> Iterator[Callable[[], bool]]:
    """Let one program at a time judge what has come; gives whether that still holds, for somebody may delete the lock."""
    with ExitStack() as held:
        with about(memory):
            memory.parent.mkdir(mode=disk.FOLDER, exist_ok=True)
            lock = held.enter_context(disk.locked(_lock(memory), mode=disk.FILE))
        yield lambda: disk.holds(lock, _lock(memory))


def _seen(memory: Path) -> dict[str, FileState]:
    """What was judged; nothing if that cannot be read: then it is judged again."""
    try:
        return {
            name: FileState(*map(int, state)) for name, state in json.loads(memory.read_text(encoding="utf-8")).items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _note(memory: Path, seen: Mapping[str, FileState]) -> None:
    half = memory.with_suffix(f".{token_hex(4)}.half")
    with about(memory):
        half.write_text(json.dumps(seen), encoding="utf-8")
        half.replace(memory)

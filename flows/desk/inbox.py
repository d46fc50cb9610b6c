"""The folder (收件目录) in which departments leave their files: each new one is judged as `check` judges it. Its answer has a folder of its
own below 核查结果, beside the file, so that nothing that lies there is ever written over. Nothing is filed: that a file has come, when
and from whom, is for a person to say (`receive`).
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from secrets import token_hex
from time import time
from typing import NamedTuple

from expectations.records import Catalog
from flows import disk
from flows.desk import intake
from flows.desk.filing import Wanted
from flows.inert import called, shown
from flows.machine import about
from flows.places import MendableError, Places
from flows.wording import BEIJING, read, say

SETTLED = 15
"""How many seconds nothing may have changed a file before it is read: it may still be on its way."""
TRIED = 2
"""How often a file is begun: one that ends the run each time must not keep the others waiting."""
LARGEST = 10_000
"""How many files a folder may hold."""
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".db", ".ini", ".lnk")
"""What programs leave while they copy, and what Windows leaves in a folder."""
DONE = -1


class State(NamedTuple):
    """A file as it is, and how often it was begun (`DONE`: it has its answer)."""

    size: int
    changed: int
    """In nanoseconds."""
    begun: int = 0


class Left(NamedTuple):
    path: Path
    state: State


@dataclass(frozen=True)
class Arrival:
    """A file that has come, and what its sender is told."""

    name: str
    sound: bool
    """Whether it would be used whole."""
    text: str
    unanswered: str = ""
    """Why the answer does not lie beside the file; usually empty."""


def waiting(catalog: Catalog, where: Places) -> list[Left]:
    """The files that have come and are not judged yet, the oldest first, behind them those with which a run has ended. One
    that changed some seconds ago may still be on its way. None without a folder.

    Raises `MendableError` if the folder is not there, lies among our own, or holds too much; `OSError` if it cannot be read.
    """
    if catalog.district.inbox is None:
        return []
    folder, seen = _folder(catalog, where), _seen(_memory(catalog, where))
    found = []
    for path in _files(folder):
        now, before = _state(path), seen.get(_name(path, folder))
        if now is None or not _is_settled(path):
            continue
        begun = before.begun if before is not None and before[:2] == now[:2] else 0
        if begun != DONE and begun < TRIED:
            found.append(Left(path, now._replace(begun=begun)))
    return sorted(found, key=lambda one: (one.state.begun, one.state.changed, one.path))


def judge(catalog: Catalog, where: Places, tell: Callable[[Exception], str]) -> list[Arrival]:
    """Judge the files that wait, and leave each answer beside its file; `tell` gives what a sender is told of an error.

    Raises `MendableError` if the district has no folder, and what `waiting` raises.
    """
    if catalog.district.inbox is None:
        raise MendableError(say("messages/inbox/none", district=catalog.district.code))
    folder, memory, judged = Path(catalog.district.inbox), _memory(catalog, where), []
    with _alone(memory):
        listed = waiting(catalog, where)
        there = {_name(path, folder) for path in _files(folder)}
        seen = {name: state for name, state in _seen(memory).items() if name in there}
        for path, _ in listed:
            now = _state(path)
            if now is None or not _is_settled(path):  # taken away or changed meanwhile
                continue
            name = _name(path, folder)
            before = seen.get(name)
            begun = before.begun if before is not None and before[:2] == now[:2] else 0
            seen[name] = now._replace(begun=begun + 1)
            _note(memory, seen)
            judged.append(_judged(path, name, catalog, where, tell))
            seen[name] = now._replace(begun=DONE)
            _note(memory, seen)
    return judged


def said(judged: Sequence[Arrival]) -> tuple[str, str]:
    """What has come, in a few words, and each file with its result."""
    if not judged:
        return say("messages/inbox/nothing"), ""
    words = read("messages")["inbox"]
    state = say("messages/inbox/judged", number=len(judged), sound=sum(one.sound for one in judged))
    lines = [
        f"{one.name}：{words['sound' if one.sound else 'unsound']}{one.unanswered and f'（{one.unanswered}）'}"
        for one in judged
    ]
    return state, "\n".join([*lines, words["then"]])


def _judged(path: Path, name: str, catalog: Catalog, where: Places, tell: Callable[[Exception], str]) -> Arrival:
    out, sound = StringIO(), False
    told_name = shown(called(Path(name)) if "/" not in name else f"{Path(name).parent}/{called(Path(name))}")
    told_name = " ".join(told_name.splitlines())  # a name of two lines could look like two files
    with tempfile.TemporaryDirectory(prefix="inbox-") as aside:
        try:
            with redirect_stdout(out):
                sound = intake.check(path, catalog, where, Wanted(), Path(aside))
        except Exception as error:  # one file stops no other
            out.write(tell(error))
        at = datetime.now(BEIJING)
        told = out.getvalue().replace(f"{aside}/", "").strip()
        text = say("messages/inbox/answer", name=shown(called(path)), at=f"{at:%Y-%m-%d %H:%M}", told=told)
        answer = Path(aside, say("messages/inbox/text"))
        answer.write_text(text, encoding="utf-8-sig", newline="\r\n")  # Windows' editor reads it so
        try:
            _answer(path, f"{at:%Y-%m-%d %H%M%S}", Path(aside))
        except (OSError, MendableError) as error:
            return Arrival(told_name, sound, text, tell(error))
    return Arrival(told_name, sound, text)


def _answer(path: Path, at: str, answer: Path) -> None:
    """Lay an answer beside a file, in a folder that nobody has had before; whoever may read the file may read it, too."""
    above = path.parent / say("messages/inbox/answers")
    of_file, of_folder = path.lstat(), path.parent.stat()
    with about(above), suppress(FileExistsError):
        _make(above, of_folder)
    if not stat.S_ISDIR(above.lstat().st_mode):  # a link would lead out of the folder
        raise MendableError(say("messages/inbox/in_the_way", path=above))
    folder = above / f"{path.name} {at} {token_hex(2)}"
    with about(folder):
        _make(folder, of_folder)
        for one in sorted(answer.iterdir()):
            copy = folder / one.name
            shutil.copyfile(one, copy)
            _share(copy, 0o640 | of_file.st_mode & 0o044, of_file.st_gid)


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
    for part in [folder, *sorted(Path(e.path) for e in _entries(folder) if e.is_dir(follow_symlinks=False))]:
        if part.name == say("messages/inbox/answers") or (part != folder and part.name.startswith(".")):
            continue
        for entry in sorted(_entries(part), key=lambda e: e.name):
            if entry.is_file(follow_symlinks=False) and not _is_none(entry.name):
                number += 1
                if number > LARGEST:
                    raise MendableError(say("messages/inbox/many", folder=folder, number=LARGEST))
                yield Path(entry.path)


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
    """Whether a name is none of a department's file: hidden, of Excel or Windows, or not yet whole."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def _state(path: Path) -> State | None:
    """A file as it is; None for all that is no file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return State(found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _memory(catalog: Catalog, where: Places) -> Path:
    return where.warehouse / f"{catalog.district.code}.inbox"


@contextmanager
def _alone(memory: Path) -> Iterator[None]:
    """Let one program at a time judge what has come."""
    with ExitStack() as held:
        with about(memory):
            memory.parent.mkdir(mode=disk.FOLDER, exist_ok=True)
            held.enter_context(disk.locked(memory.with_suffix(".inbox-lock"), mode=disk.FILE))
        yield


def _seen(memory: Path) -> dict[str, State]:
    """What was judged; nothing if that cannot be read: then it is judged again."""
    try:
        return {name: State(*map(int, state)) for name, state in json.loads(memory.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _note(memory: Path, seen: Mapping[str, State]) -> None:
    half = memory.with_suffix(f".{token_hex(4)}.half")
    with about(memory):
        half.write_text(json.dumps(seen), encoding="utf-8")
        half.replace(memory)

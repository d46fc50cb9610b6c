"""The folder (收件目录) in which departments leave their files: each new one is judged as `check` judges it, and the answer lies beside
it. Nothing is filed: that a file has come, when and from whom, is for a person to say (`receive`).
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from time import time

from expectations.records import Catalog
from flows import disk
from flows.desk import intake
from flows.desk.filing import Wanted
from flows.inert import called
from flows.machine import about
from flows.places import MendableError, Places
from flows.wording import BEIJING, read, say

SETTLED = 15
"""How many seconds nothing may have changed a file before it is read: it may still be on its way."""
LARGEST = 10_000
"""How many files a folder may hold."""
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".db", ".ini", ".lnk")
"""What programs leave while they copy, and what Windows leaves in a folder."""

Seen = Mapping[str, Sequence[int]]
"""The name of each judged file, its size in bytes and when it changed, in nanoseconds."""


@dataclass(frozen=True)
class Arrival:
    """A file that has come, and what its sender is told."""

    name: str
    sound: bool
    """Whether it would be used whole."""
    text: str
    unanswered: str = ""
    """Why the answer does not lie beside the file; usually empty."""


def waiting(catalog: Catalog, where: Places) -> list[Path]:
    """The files that have come and are not judged yet, the oldest first; none without a folder. One that changed some seconds ago
    may still be on its way.
    """
    if catalog.district.inbox is None:
        return []
    folder, seen = Path(catalog.district.inbox), _seen(_memory(catalog, where))
    found = [
        (now, path) for path, now in _files(folder) if seen.get(_name(path, folder)) != list(now) and _is_settled(path)
    ]
    return [path for _, path in sorted(found, key=lambda one: (one[0][1], one[1]))]


def judge(catalog: Catalog, where: Places, tell: Callable[[Exception], str]) -> list[Arrival]:
    """Judge the files that wait, and leave each answer beside its file; `tell` gives what a sender is told of an error.

    Raises `MendableError` if the district has no folder, or it is not there.
    """
    if catalog.district.inbox is None:
        raise MendableError(say("messages/inbox/none", district=catalog.district.code))
    folder, memory = Path(catalog.district.inbox), _memory(catalog, where)
    if not folder.is_dir():
        raise MendableError(say("messages/inbox/gone", folder=folder))
    judged = []
    for path in waiting(catalog, where):
        name, now = _name(path, folder), _state(path)
        if now is None:  # taken away meanwhile
            continue
        found = _judged(path, name, catalog, where, tell)
        judged.append(found)
        there = {_name(other, folder) for other, _ in _files(folder)}
        _note(memory, {key: value for key, value in {**_seen(memory), name: now}.items() if key in there})
    return judged


def _judged(path: Path, name: str, catalog: Catalog, where: Places, tell: Callable[[Exception], str]) -> Arrival:
    out, sound = StringIO(), False
    try:
        with redirect_stdout(out):
            sound = intake.check(path, catalog, where, Wanted())
    except Exception as error:  # one file stops no other
        out.write(tell(error))
    at = f"{datetime.now(BEIJING):%Y-%m-%d %H:%M}"
    text = say("messages/inbox/answer", name=called(path), at=at, told=out.getvalue().strip())
    beside = path.with_name(path.stem + _ending())
    try:
        with about(beside):
            beside.write_text(text, encoding="utf-8-sig", newline="\r\n")  # Windows' editor reads it so
    except (OSError, MendableError) as error:
        return Arrival(name, sound, text, tell(error))
    return Arrival(name, sound, text)


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


def _ending() -> str:
    """How the name of an answer ends."""
    return say("messages/inbox/ending")


def _files(folder: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    """The files in the folder, and in the folders of departments in it, each as it is now."""
    for number, path in enumerate(sorted([*folder.glob("*"), *folder.glob("*/*")])):
        if number == LARGEST:
            raise MendableError(say("messages/inbox/many", folder=folder, number=LARGEST))
        if _is_none(path.name):
            continue
        found = _state(path)
        if found is not None:
            yield path, found


def _is_settled(path: Path) -> bool:
    try:
        return time() - path.lstat().st_ctime >= SETTLED
    except OSError:  # taken away meanwhile
        return False


def _is_none(name: str) -> bool:
    """Whether a name is none of a department's file: hidden, of Excel or Windows, not yet whole, or our own answer."""
    is_answer = name.endswith(_ending()) or Path(name).stem.endswith(intake.SHEET)
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED) or is_answer


def _state(path: Path) -> tuple[int, int] | None:
    """The size of a file and when it changed; None for all that is no file of its own: a link would lead out of the folder."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _memory(catalog: Catalog, where: Places) -> Path:
    return where.warehouse / f"{catalog.district.code}.inbox"


def _seen(memory: Path) -> Seen:
    """What was judged; nothing if that cannot be read: then it is judged again."""
    try:
        return dict(json.loads(memory.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _note(memory: Path, seen: Mapping[str, Sequence[int]]) -> None:
    half = memory.with_suffix(".half")
    with about(memory):
        memory.parent.mkdir(mode=disk.FOLDER, exist_ok=True)
        half.write_text(json.dumps(seen), encoding="utf-8")
        half.replace(memory)

"""Results of costly steps that a later run may take over, each under the hashes of all that it was made from.

A result is a file of its own below `warehouse/<district>.kept/<kind>-<year>/`, in a place named by its step and its key. It is taken over
if every hash is the same, and if its content still has the hash that was written with it; otherwise it is made anew, and the
shelf says why. Nothing here is needed by anybody: all of it may be deleted at any time.

A run that makes an edition opens the shelf of its report, the desk that answers while somebody waits its own
(flows/desk/shelf.py). Whoever proves something (`verify`) works everything out from the delivered files.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from flows import disk
from flows.wording import read, say

Parts = Mapping[str, str]
"""What a result was made from: the name of each part → its hash."""
SUFFIX = ".kept"


@dataclass
class Shelf:
    """The results of one report, open while a run lasts."""

    folder: Path
    common: Parts
    """What every result depends on: program, libraries, machine."""
    renew: bool = False
    """Whether everything is made anew."""
    used: list[Place] = field(default_factory=list)
    """What the run needed since somebody last asked (`told`)."""

    def place(self, step: str, key: str, parts: Parts, subject: str) -> Place:
        """Where a result stands, with its content if that may be taken over."""
        path = self.folder / step / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}{SUFFIX}"
        parts = {**self.common, **parts}
        known, content = _read(path)
        changed = sorted(key for key in {*parts, *known} if parts.get(key) != known.get(key)) if known else [NEW]
        if self.renew:
            changed = [RENEW]
        elif FOREIGN in known:
            changed = [FOREIGN]
        elif content is None and not changed:
            changed = [DAMAGED]
        return Place(path, parts, subject, changed, None if changed else content)


NEW, RENEW, DAMAGED, FOREIGN = "new", "renew", "damaged", "foreign"
"""Why a result is made although nothing that it is made from has changed."""


@dataclass(frozen=True)
class Place:
    """Where one result stands."""

    path: Path
    parts: Parts
    subject: str
    """What the terminal calls it; empty for the run as a whole."""
    changed: Sequence[str]
    """Why it has to be made: the parts that are not as they were; empty if it is taken over."""
    content: bytes | None
    """None if it has to be made."""

    def put(self, content: bytes) -> bytes:
        """Keep what was made. A disk that refuses it does not stop the run: the next one makes it again."""
        head = json.dumps({"parts": self.parts, "sha256": hashlib.sha256(content).hexdigest()}, sort_keys=True)
        half = self.path.with_suffix(".half")
        with suppress(OSError):
            if not self.path.parent.is_dir():  # asked first: there are hundreds of results in a few folders
                for folder in self.path.parents[2::-1]:  # each with its own rights
                    folder.mkdir(mode=disk.FOLDER, exist_ok=True)
            half.unlink(missing_ok=True)
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, disk.FILE), "wb") as file:
                file.write(head.encode() + b"\n" + content)
            half.replace(self.path)
        return content


def _read(path: Path) -> tuple[Parts, bytes | None]:
    """What a result was made from, and its content. Without a result, no parts; with a damaged one, no content. A result that
    somebody else could have written is not read: it is only known as `FOREIGN`.
    """
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return {FOREIGN: ""}, None
            head, _, content = file.read().partition(b"\n")
        told = json.loads(head)
        parts, expected = dict(told["parts"]), told["sha256"]
    except (OSError, ValueError, TypeError, KeyError):
        return {}, None
    return parts, content if hashlib.sha256(content).hexdigest() == expected else None


_open: ContextVar[Shelf | None] = ContextVar("shelf", default=None)


@contextmanager
def shelf(folder: Path, common: Parts, renew: bool = False) -> Iterator[Shelf]:
    """Open the results of a district for one run; with `renew`, none of them is taken over."""
    if renew:
        shutil.rmtree(folder, ignore_errors=True)
    opened = Shelf(folder, common, renew)
    token = _open.set(opened)
    try:
        yield opened
    finally:
        _open.reset(token)


def place(step: str, key: str, parts: Callable[[], Parts], subject: str) -> Place | None:
    """Where the result of a step with this key stands on the open shelf; None where no shelf is open. The parts are asked for
    only then; `subject` is what the terminal calls it.
    """
    found = _open.get()
    return None if found is None else found.place(step, key, parts(), subject)


def kept(step: str, key: str, parts: Callable[[], Parts], subject: str, make: Callable[[], bytes]) -> bytes:
    """The result of a step: as an earlier run made it from the same parts, or as `make` makes it."""
    found = place(step, key, parts, subject)
    if found is None:
        return make()
    use(found)
    return found.put(make()) if found.content is None else found.content


def use(place: Place) -> None:
    """Let the terminal tell of a result with the stage that now ends."""
    if (found := _open.get()) is not None:
        found.used.append(place)


def told() -> str:
    """What was taken over and what was made since somebody last asked, and why, in Chinese; empty if nothing was needed."""
    found = _open.get()
    used = [] if found is None else list(found.used)
    if found is not None:
        found.used.clear()
    if whole := [place for place in used if not place.subject]:
        return say("messages/kept/changed", listed=named(whole[0].changed)) if whole[0].changed else ""
    if used and all(place.changed == [NEW] for place in used):
        return say("messages/kept/first", number=len(used))
    why: dict[tuple[str, ...], list[str]] = {}
    for place in used:
        if place.changed:
            why.setdefault(tuple(place.changed), []).append(place.subject)
    made = sum(map(len, why.values()))
    if not used or not made:
        return say("messages/kept/all", number=len(used)) if used else ""
    listed = "；".join(_told(changed, subjects) for changed, subjects in why.items())
    return say("messages/kept/some", kept=len(used) - made, made=made, listed=listed)


SHOWN = 3
"""How many results, or parts of them, are named."""


def _told(changed: Sequence[str], subjects: Sequence[str]) -> str:
    return say("messages/kept/why", why=named(changed), listed=_some([*dict.fromkeys(subjects)]))


def named(changed: Sequence[str]) -> str:
    """The parts that changed, in Chinese; files, by their paths, come first."""
    words = read("messages")["kept"]["parts"]
    return _some([words.get(part, part) for part in sorted(changed, key=lambda part: (part in words, part))])


def _some(listed: Sequence[str]) -> str:
    some = "、".join(listed[:SHOWN])
    return some if len(listed) <= SHOWN else say("messages/cell_more", listed=some, number=len(listed))


def digest(value: object) -> str:
    """The hash of bytes, of a text, or of anything that JSON can say, records and dates in their own words."""
    data = value if isinstance(value, bytes) else json.dumps(value, sort_keys=True, default=str).encode()
    return hashlib.sha256(data).hexdigest()


def machine() -> str:
    """The hash of what sets pages and computes below the locked libraries: Python and what Debian brings."""
    versions = [platform.python_version(), platform.machine()]
    for library, function in NATIVE.items():
        with suppress(OSError, AttributeError):
            asked = getattr(ctypes.CDLL(library), function)
            asked.restype = ctypes.c_char_p
            versions.append(f"{library} {asked()}")
    return digest(versions)


NATIVE = {"libpango-1.0.so.0": "pango_version_string", "libharfbuzz.so.0": "hb_version_string"}

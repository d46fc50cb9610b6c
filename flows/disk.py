"""Gives files their access rights, whatever the umask, and makes sure that they survive a power cut."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from time import monotonic, sleep

from flows.places import MendableError

UMASK = 0o027
"""The umask of all our processes: what is not public is for owner and group."""
FOLDER, FILE = 0o750, 0o640
PUBLIC_FOLDER, PUBLIC_FILE = 0o755, 0o644
FROZEN_FOLDER, FROZEN_FILE = 0o550, 0o440
LOCK = ".lock"
ASK_AGAIN_SECONDS = 0.02


def settle(path: Path, public: str = "") -> None:
    """Give a file, or a folder with everything in it, its access rights, and wait until it is on the disk.

    If the folder contains a `public` folder for all readers, everybody may enter it; everything else in it is for owner
    and group only.
    """
    open_to_all = path / public if public else None
    for found in _inside_first(path):
        shown = open_to_all is not None and (found == path or found.is_relative_to(open_to_all))
        _put(found, (PUBLIC_FOLDER, PUBLIC_FILE) if shown else (FOLDER, FILE))


def freeze(path: Path) -> None:
    """Let nobody write into a folder and its files any more, and wait until they are on the disk."""
    for found in _inside_first(path):
        _put(found, (FROZEN_FOLDER, FROZEN_FILE))


def shared(folder: Path) -> None:
    """Make a folder for what several accounts add to: if the group may write into the folder above it, it may write here,
    too. One that is there is left as it is.
    """
    if folder.is_dir():
        return
    shared(folder.parent)
    folder.mkdir(exist_ok=True)
    above = folder.parent.stat().st_mode
    folder.chmod(FOLDER | above & (stat.S_IWGRP | stat.S_ISGID))
    keep(folder.parent)


def admit(handle: int, folder: Path) -> None:
    """Give an open file in such a folder its access rights, and wait until it is on the disk. A file of another account keeps
    the rights that it has from there.
    """
    if os.fstat(handle).st_uid == os.geteuid():
        os.fchmod(handle, FILE | folder.stat().st_mode & stat.S_IWGRP)
    os.fsync(handle)


def reach(folder: Path, below: Path) -> None:
    """Let everybody enter `folder` and the folders above it up to `below`; only the group may write. Folders of others
    are left.
    """
    for part in (folder, *folder.parents):
        found = part.stat()
        mode = (stat.S_IMODE(found.st_mode) | PUBLIC_FOLDER) & ~stat.S_IWOTH
        if found.st_uid == os.geteuid() and mode != stat.S_IMODE(found.st_mode):
            part.chmod(mode)
        if part == below:
            return


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one program at a time work in a folder for what several accounts add to (`shared`); the others wait."""
    shared(folder)
    with locked(folder / LOCK) as lock:
        admit(lock, folder)
        yield


@contextmanager
def locked(path: Path, seconds: float = inf, busy: str = "", mode: int = 0o660) -> Iterator[int]:
    """Hold the lock of a file, which is made with `mode` if there is none, until the block ends; gives the open file.

    Raises `MendableError`, saying `busy`, if another program holds it for so many seconds. A file of another account that
    may only be read can be locked, too. A link is not followed (`OSError`): the rights of a file elsewhere would be changed.
    Where somebody has deleted the file meanwhile, the lock holds nobody back, and the new file is locked.
    """
    while True:
        lock = _opened(path, mode)
        try:
            _hold(lock, seconds, busy)
            if holds(lock, path):
                yield lock
                return
        finally:
            os.close(lock)


def holds(lock: int, path: Path) -> bool:
    """Whether an open lock is still that of the file: one that was deleted keeps nobody out."""
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(found, os.fstat(lock))


def _opened(path: Path, mode: int) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, mode)
    except PermissionError:
        if not path.exists():
            raise
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)


def _hold(lock: int, seconds: float, busy: str) -> None:
    until = monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if seconds == inf else fcntl.LOCK_NB))
            return
        except BlockingIOError:
            if monotonic() >= until:
                raise MendableError(busy) from None
            sleep(ASK_AGAIN_SECONDS)


def keep(folder: Path) -> None:
    """Wait until the names in a folder are on the disk: renaming a file is complete only then."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _inside_first(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for child in sorted(path.iterdir()):
            yield from _inside_first(child)
    yield path


def _put(path: Path, modes: tuple[int, int]) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        found = os.fstat(handle)
        mode = modes[0] if stat.S_ISDIR(found.st_mode) else modes[1]
        os.fchmod(handle, mode | stat.S_IMODE(found.st_mode) & stat.S_ISGID)  # a shared folder hands its group down
        os.fsync(handle)
    finally:
        os.close(handle)

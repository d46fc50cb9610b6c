"""Puts a finished edition into its final place, complete or not at all; earlier editions are kept.

flows/edition/__init__.py describes the folders, docs/operations.md who may read what.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flows import disk
from flows.edition import DIGITS, MANIFEST, PUBLIC, archive, contents, damage, order, run, unlisted, unread
from flows.edition.record import DRAWN
from flows.machine import about
from flows.wording import say

STAGING = ".staging-"


@contextmanager
def staging(output: Path) -> Iterator[Path]:
    """An empty folder beside the editions, closed to others; it is removed when the run ends, however it ends.

    What a killed run left behind is removed by the next run: a folder belongs to a living run as long as it is locked.
    """
    output.mkdir(parents=True, exist_ok=True)
    handle = os.open(output, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # while a folder is made and not yet locked, nobody looks for leftovers
        for leftover in output.glob(f"{STAGING}*"):
            _remove_unless_used(leftover)
        with about(output), ExitStack() as ending:
            folder = tempfile.mkdtemp(prefix=STAGING, dir=output)
            mine = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            ending.callback(os.close, mine)  # the lock is let go when the folder is gone
            ending.callback(shutil.rmtree, folder)
            fcntl.flock(mine, fcntl.LOCK_EX)
            fcntl.flock(handle, fcntl.LOCK_UN)
            yield Path(folder)
    finally:
        os.close(handle)


def _remove_unless_used(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, PermissionError):  # gone by now; of another account, which removes its own
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    except BlockingIOError:
        return
    finally:
        os.close(handle)


def edition(staged: Path, target: Path) -> Path:
    """Put `staged` in the place of `target`; a reader sees the old edition or the new one, never a mixture.

    An edition of another run is kept before it is replaced, so that a killed run never loses anything. An edition of
    the same run is only replaced. Each step is on the disk before the next one begins, so a power cut does no more harm
    than a killed run.
    """
    output = target.parents[2]
    with about(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh, old = _beside(target, "new"), _beside(target, "old")
        _mend(target)
        for leftover in (fresh, old):  # of a run that was killed
            _remove(leftover)
        shutil.copytree(staged, fresh, ignore=shutil.ignore_patterns(DRAWN))
        disk.settle(fresh, PUBLIC)
        disk.reach(target.parent, output)
        if target.exists() and (run(target) is None or run(target) != run(staged)):
            _keep(target)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        for folder in (target.parent, target.parents[1], output):
            disk.keep(folder)
        _remove(old)
    return target


def prepare(district: Path) -> None:
    """Before a run begins: check that its edition can be written, and finish what a killed run has left.

    Only the holder of the district's lock (flows/warehouse.py) may call it.
    """
    with staging(district.parent) as probe:
        (probe / MANIFEST).write_bytes(b"{}")
    for target in sorted(_targets(district)):
        _mend(target)
        _remove(_beside(target, "new"))
        _remove(_beside(target, "old"))


def previous(target: Path, run_id: str) -> Path | None:
    """The edition to compare this run's edition with: the newest complete one that another run made.

    The answer is the same before and after the edition is published, so that the same inputs give the same bytes.
    """
    last = current(target)
    if run(last) not in {None, run_id} and not damage(last):
        return last
    kept = (archive(target) / name for name in reversed(order(target)))
    return next((folder for folder in kept if run(folder) not in {None, run_id} and not damage(folder)), None)


def earlier(district: Path) -> list[Path]:
    """Every edition of a district that has a public part, one for each run: by year and kind, the oldest first."""
    return [folder for folder in editions(district) if (folder / PUBLIC).is_dir()]


def damaged(district: Path, run_id: str) -> list[str]:
    """Editions of other runs that are gone, or that may not be as they were published; in Chinese.

    Ask this after this run's edition has been published: only then does every edition stand in its final place.
    """
    found = []
    for folder in editions(district):
        if run(folder) != run_id and (why := damage(folder)):
            found.append(say("messages/edition/damaged", why=why, folder=folder))
        elif run(folder) != run_id and (why := unread(folder)):
            found.append(say("messages/edition/not_read", why=why, cure=say(contents.CURE)))
    for target in sorted(_targets(district)):
        listed = archive(target) / "order.txt"
        if names := [name for name in unlisted(target) if name != run_id[:DIGITS]]:
            found.append(say("messages/edition/unlisted", listed=listed, names="、".join(names), file=listed.name))
        if names := [name for name in order(target) if not (archive(target) / name).is_dir()]:
            found.append(say("messages/edition/gone", listed=listed, names="、".join(names), file=listed.name))
    return found


def editions(district: Path) -> list[Path]:
    """Every edition of a district, one for each run and place: by year and kind, the oldest first."""
    found = []
    for target in sorted(_targets(district)):
        last = current(target)
        kept = [archive(target) / name for name in dict.fromkeys((*unlisted(target), *order(target)))]
        found += [p for p in kept if p.is_dir() and p.name != (run(last) or "")[:DIGITS]]
        found += [last] if last.is_dir() else []
    return found


def _keep(target: Path) -> None:
    """Copy the current edition to the earlier ones, as the newest of them."""
    folder, name = archive(target), _name(target)
    folder.mkdir(exist_ok=True)
    if not (folder / name).is_dir():
        half = folder / f".{name}"
        _remove(half)
        shutil.copytree(target, half)
        disk.settle(half, PUBLIC)
        half.rename(folder / name)
    listed = [n for n in order(target) if n != name]
    half = folder / ".order.txt"
    half.write_text("".join(f"{n}\n" for n in (*listed, name)), encoding="utf-8")
    disk.settle(half)
    half.rename(folder / "order.txt")
    disk.reach(folder, target.parent)
    disk.keep(folder)


def _name(edition: Path) -> str:
    """The folder name of an earlier edition; made of the folder's time if the edition does not tell its run."""
    found = run(edition)
    return found[:DIGITS] if found else f"unknown-{edition.stat().st_mtime_ns}"


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f".{target.name}.{what}")


def current(target: Path) -> Path:
    """The path of the current edition; it stands aside if a run was killed between its last two renames."""
    old = _beside(target, "old")
    return old if old.is_dir() and not target.exists() else target


def _mend(target: Path) -> None:
    if (old := current(target)) != target:
        old.rename(target)


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)


def _targets(district: Path) -> set[Path]:
    """The places where editions of a district stand, or have stood."""
    folders = (p for p in district.glob("*/*") if p.is_dir())
    return {p.with_name(re.sub(r"^\.(.+)\.(?:new|old)$|^(.+)\.earlier$", r"\1\2", p.name)) for p in folders}

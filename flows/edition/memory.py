"""Keeps of every edition what later ones read of it, beside the journal: output/ may be emptied, what was published stays known.

`journal/<district>/editions/` has the folders of `output/<district>/`, without the current ones: every edition is an earlier
one there, and order.txt lists all of them, the newest last. So whoever looks for earlier editions reads the one place like
the other.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from expectations.vocabulary import Deed
from flows import disk
from flows.edition import COMPARED, DIGITS, MANIFEST, PUBLIC, archive, damage, manifest, order, publish, run
from flows.journal import Journal, Recorded
from flows.machine import about
from flows.wording import say

FOLDER = "editions"


def place(journal: Journal) -> Path:
    """Where the editions of a district are kept; it is read like output/<district>."""
    return journal.folder / FOLDER


def made(events: Iterable[Recorded]) -> dict[str, Recorded]:
    """Run → the newest event that tells of its edition."""
    deeds = (Deed.MADE, Deed.ADOPTED)
    return {str(event.of["run"]): event for event in events if event.deed in deeds and "run" in event.of}


def remember(journal: Journal, district: Path) -> list[str]:
    """Keep every whole edition of output/<district> that is not kept yet; returns the runs of those that the journal did
    not know, which it is told of as found.

    An edition whose copy here is damaged is copied again. Only the holder of the district's lock may call it.
    """
    known = {*made(journal.events())}
    found = []
    for folder, target in _editions(district):
        told = manifest.read(folder)
        if told is None or damage(folder):
            continue
        kept = _kept(journal, district, target)
        if told.run not in known:
            hashed = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
            journal.append(
                Deed.ADOPTED, run=told.run, kind=told.kind, year=told.year, draft=told.draft, manifest=hashed
            )
            known.add(told.run)
            found.append(told.run)
        with about(kept):
            _copy(folder, archive(kept) / told.run[:DIGITS])
    for target in sorted({target for _, target in _editions(district)}):
        _list(target, _kept(journal, district, target))
    return found


def _editions(district: Path) -> Iterator[tuple[Path, Path]]:
    """Every edition of output/<district>, with its place."""
    for folder in publish.editions(district):
        parent = folder.parent
        earlier = parent.name.endswith(EARLIER)
        yield folder, parent.with_name(parent.name.removesuffix(EARLIER)) if earlier else folder


EARLIER = ".earlier"


def _kept(journal: Journal, district: Path, target: Path) -> Path:
    return place(journal) / target.relative_to(district)


def _copy(folder: Path, to: Path) -> None:
    """Copy what later runs read of an edition, whole or not at all."""
    if to.is_dir() and not damage(to):
        return
    half = to.with_name(f".{to.name}")
    for part in ("", PUBLIC):
        if (folder / part).is_dir():
            (half / part).mkdir(parents=True, exist_ok=True)
            for name in (MANIFEST, *COMPARED):
                if (folder / part / name).is_file():
                    shutil.copyfile(folder / part / name, half / part / name)
    disk.settle(half)
    if to.is_dir():
        shutil.rmtree(to)
    half.rename(to)
    disk.keep(to.parent)


def _list(target: Path, kept: Path) -> None:
    """Continue the order in which editions stood in a place with those that have stood there since."""
    folder, listed = archive(kept), list(order(kept))
    last = publish.current(target)
    stood = [*order(target), *([(run(last) or "")[:DIGITS]] if last.is_dir() else [])]
    stood = [name for name in stood if (folder / name).is_dir()]
    fresh = listed + [name for name in stood if name not in listed]
    if stood and fresh and fresh[-1] != stood[-1]:
        fresh.append(stood[-1])  # an edition that was made again is the newest again
    if fresh != listed:
        with about(folder):
            half = folder / ".order.txt"
            half.write_text("".join(f"{name}\n" for name in fresh), encoding="utf-8")
            disk.settle(half)
            half.rename(folder / "order.txt")
            disk.keep(folder)


def unkept(journal: Journal, district: Path) -> list[Path]:
    """The editions of output/<district> that are not kept whole here. After `remember`, these are the ones that are not
    whole themselves: what they have printed is not known.
    """
    found = []
    for folder, target in _editions(district):
        kept = archive(_kept(journal, district, target)) / (run(folder) or folder.name)[:DIGITS]
        if not kept.is_dir() or damage(kept):
            found.append(folder)
    return found


def damaged(journal: Journal, district: Path, run_id: str) -> list[str]:
    """Editions of other runs of which it is not known any more what they have printed, in Chinese."""
    found = publish.damaged(place(journal), run_id)
    for folder in unkept(journal, district):
        if run(folder) != run_id and (why := damage(folder)):
            found.append(say("messages/edition/damaged", why=why, folder=folder))
    for target in sorted({target for _, target in _editions(district)}):
        kept, listed = archive(_kept(journal, district, target)), archive(target) / "order.txt"
        lost = [name for name in order(target) if not (archive(target) / name).is_dir() and not (kept / name).is_dir()]
        if lost:
            found.append(say("messages/edition/gone", listed=listed, names="、".join(lost), file=listed.name))
    return found

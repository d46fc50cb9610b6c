"""Reads the folder of an edition: which run made it, what came before it, and whether its files are as they were
published.

`<kind>/` is the current edition, `<kind>.earlier/<run>/` an earlier one, and `<kind>.earlier/order.txt` lists the runs
that stood there, the newest last. A public edition is a folder within the internal one, with a manifest of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from flows.edition import contents, manifest
from flows.wording import say

DIGITS = 12
"""The digits of a run's id that name its folder."""
MANIFEST = manifest.NAME
PUBLIC = "public"
COMPARED = (contents.NAME, "targets.csv", "indicators.csv")
"""The files that prove an edition before later ones read it: its contents as data, and the tables with the same
contents.
"""


def run(folder: Path) -> str | None:
    """The id of the run that made an edition; its public part has the same id. None if neither manifest names it."""
    found = manifest.read(folder) or manifest.read(folder / PUBLIC)
    return None if found is None else found.run


def damage(folder: Path) -> str:
    """What is wrong with an edition that later editions are compared with, in Chinese; empty if it is as published.

    It is as published if its manifests can be read and its files, also those of the public part, have the hashes in
    them.
    """
    parts = [folder / PUBLIC] if (folder / PUBLIC).is_dir() else []
    return "；".join(filter(None, map(_damage, (folder, *parts))))


def _damage(folder: Path) -> str:
    told = manifest.read(folder)
    if told is None:
        state = "unreadable" if (folder / MANIFEST).exists() else "absent"
        return say(f"messages/edition/{state}", path=folder / MANIFEST)
    for name in COMPARED:
        path = folder / name
        if name in told.files and not path.is_file():
            return say("messages/edition/absent", path=path)
        if name in told.files and hashlib.sha256(path.read_bytes()).hexdigest() != told.files[name]:
            return say("messages/edition/other", path=path)
    return ""


def unread(folder: Path) -> str:
    """Why an edition that is as published cannot be read as data, in Chinese; empty if it can, or if it
    is no report.
    """
    for part in (folder, folder / PUBLIC):
        if any((part / name).is_file() for name in COMPARED) and (why := contents.unread(part)):
            return why
    return ""


def archive(target: Path) -> Path:
    return target.with_name(f"{target.name}.earlier")


def order(target: Path) -> Sequence[str]:
    """The runs that stood in a place, the newest last."""
    path = archive(target) / "order.txt"
    return path.read_text(encoding="utf-8").split() if path.is_file() else []


def unlisted(target: Path) -> Sequence[str]:
    """Editions that are kept but that no order.txt lists."""
    folder, listed = archive(target), set(order(target))
    found = [p.name for p in folder.iterdir() if p.is_dir()] if folder.is_dir() else []
    return sorted(name for name in found if not name.startswith(".") and name not in listed)

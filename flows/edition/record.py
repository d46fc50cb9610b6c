"""Reads and writes record.json: what whoever approves an edition must know of it, and the hash of each of its files.

It stands in the internal edition and is no part of its manifest. The journal has its hash (`Deed.MADE`), so that neither
the edition nor its record can be changed between the run and the approval.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from expectations.vocabulary import Concern
from flows.edition.manifest import Read

NAME = "record.json"
DRAWN = "charts"
"""The name of folders of an unfinished edition that are not published (flows/edition/publish.py)."""


class Caveat(Read):
    """Caveat (须确认事项): what is open in an edition, and must be acknowledged before it is approved"""

    number: str
    """Eight letters and digits; the same caveat has the same number in another run."""
    kind: Concern
    told: str


class EditionRecord(Read):
    """The record of an edition."""

    caveats: tuple[Caveat, ...]
    files: Mapping[str, str]
    """Path below the edition's folder → sha256, of every file but the record."""


def number(told: str) -> str:
    """The number of a caveat that has none of its own."""
    return hashlib.sha256(told.encode()).hexdigest()[:8].upper()


def write(staging: Path, caveats: Iterable[Caveat]) -> None:
    """Write the record of a finished edition, after its signatures."""
    published = {name: hashed for name, hashed in files(staging).items() if DRAWN not in name.split("/")}
    told = {"caveats": [caveat.model_dump(mode="json") for caveat in caveats], "files": published}
    (staging / NAME).write_text(f"{json.dumps(told, ensure_ascii=False, indent=1)}\n", encoding="utf-8")


def read(folder: Path) -> EditionRecord | None:
    """The record of an edition; None if there is none that can be read."""
    try:
        return EditionRecord.model_validate_json((folder / NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def files(folder: Path) -> dict[str, str]:
    """Path → sha256 of every file of an edition but its record."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    named = sorted(name for path in found if (name := path.as_posix()) != NAME)
    return {name: digest(folder / name) for name in named}


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hashed(folder: Path, name: str = NAME) -> str | None:
    """SHA-256 of the record of an edition, or of another file of it; None if it has none."""
    path = folder / name
    return digest(path) if path.is_file() else None


def changed(folder: Path, told: Mapping[str, str]) -> list[str]:
    """The files of a folder that are not what they were: changed, gone, or not there then."""
    found = files(folder)
    return sorted(name for name in {*found, *told} if found.get(name) != told.get(name))

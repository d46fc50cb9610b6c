"""manifest.json as data: which edition a folder holds, what went into it by hash, and the hashes of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

NAME = "manifest.json"


class Read(BaseModel):
    """What one of an edition's files says. What a later program adds is passed over, what is of another kind is no such
    file.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class Part(Read):
    """An indicator's or a target's record by its hash, and the datasets and indicators that feed it."""

    record: str
    datasets: Sequence[str] = ()
    indicators: Sequence[str] = ()


class Parts(Read):
    """What figures and verdicts depend on, one hash each (docs/formats.md)."""

    program: str
    reading: str
    judging: str
    places: str
    datasets: Mapping[str, str]
    indicators: Mapping[str, Part]
    targets: Mapping[str, Part]
    deliveries: Mapping[str, Sequence[str]]
    corrections: Mapping[str, str]


class Manifest(Read):
    """Everything but the run can be missing: from the public part, where it is not told, and from an edition in the
    making.
    """

    run: str
    """The same inputs always bear the same id."""
    kind: str = ""
    district: str = ""
    year: int = 0
    published: date | None = None
    draft: bool = False
    audience: str = "internal"
    catalogue: str = ""
    code: str = ""
    environment: Mapping[str, Any] = {}
    compared: str | None = None
    """The run of the edition that it was compared with."""
    earlier: Sequence[str] = ()
    """Of the public part: the runs of the editions that it was protected together with."""
    editions: Mapping[str, str] = {}
    """Of the final evaluation: year → sha256 of what was first published."""
    inputs: Mapping[str, str] | None = None
    parts: Parts | None = None
    files: Mapping[str, str] = {}
    """File → sha256, as published."""

    def tells(self, fields: Iterable[str]) -> bool:
        """Whether it says all of this."""
        return self.model_fields_set >= set(fields)


def parse(text: bytes) -> Manifest | None:
    """A manifest; None where the text is none."""
    try:
        return Manifest.model_validate_json(text)
    except ValueError:
        return None


def read(folder: Path) -> Manifest | None:
    """What the manifest of a folder says; None where there is none, or none that can be read."""
    try:
        return parse((folder / NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


def inputs(folder: Path) -> Parts | None:
    """What went into an edition, or into the one that this is the public part of; None where that is told nowhere."""
    found = (read(place) for place in (folder, folder.parent))
    return next((told.parts for told in found if told is not None and told.parts is not None), None)


def note(staging: Path, **facts: object) -> None:
    """Write down more of an edition in the making; the run's id, which tells what went in, stays as it is."""
    path = staging / NAME
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(f"{json.dumps({**before, **facts}, ensure_ascii=False, indent=1)}\n", encoding="utf-8")


def seal(staging: Path, names: Iterable[str]) -> None:
    """Add the hash of every file that the PDF will carry."""
    note(staging, files={n: hashlib.sha256((staging / n).read_bytes()).hexdigest() for n in names if n != NAME})

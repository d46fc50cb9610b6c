"""Reads and writes manifest.json: which edition a folder holds, its inputs by hash, and the hashes of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

NAME = "manifest.json"


class Read(BaseModel):
    """Content of a file of an edition. Keys that a later program adds are ignored; a value of another
    kind is an error.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")


class Depending(Read):
    """The hash of an indicator's or a target's record, and the datasets and indicators that it depends on."""

    record: str
    datasets: Sequence[str] = ()
    indicators: Sequence[str] = ()


class FiledForm(Read):
    """A form in which something is not as it was filed."""

    filed: Sequence[str]
    """Its files as they were filed, the newest last."""
    explained: bool
    """Whether the office has explained all of it."""


class Depends(Read):
    """What figures and verdicts depend on, one hash each (docs/formats.md)."""

    program: str
    reading: str
    judging: str
    places: str
    datasets: Mapping[str, str]
    indicators: Mapping[str, Depending]
    targets: Mapping[str, Depending]
    deliveries: Mapping[str, Sequence[str | None]]
    corrections: Mapping[str, str]
    unfiled: Mapping[str, FiledForm] = {}


class Manifest(Read):
    """Everything but the run may be missing: in the public part, which does not tell it, and in an
    unfinished edition.
    """

    run: str
    """The id of the run: the same inputs always have the same id."""
    kind: str = ""
    district: Annotated[str, Field(pattern="^[0-9]{6}$")] = ""
    """Six digits: it is a folder's name, and the manifest may be anybody's."""
    year: int = 0
    published: date | None = None
    as_of: date | None = None
    """The day of an edition that knows only what had come in by then."""
    draft: bool = False
    audience: str = "internal"
    catalogue: str = ""
    code: str = ""
    environment: Mapping[str, Any] = {}
    compared: str | None = None
    """The run of the edition that this one was compared with."""
    earlier: Sequence[str] = ()
    """In the public part: the runs of the editions that it was protected together with."""
    editions: Mapping[str, str] = {}
    """In the final evaluation: year → sha256 of what was first published."""
    inputs: Mapping[str, str | None] | None = None
    """File → sha256 as it was read; null for one that could not be read."""
    parts: Depends | None = None
    late: Sequence[Mapping[str, Any]] = ()
    """What came after the lock of its year, and what was decided about it: rows of meta_late."""
    files: Mapping[str, str] = {}
    """File → sha256, as published."""

    def tells(self, fields: Iterable[str]) -> bool:
        """Whether the manifest has all these entries."""
        return self.model_fields_set >= set(fields)


def parse(text: bytes) -> Manifest | None:
    """A manifest; None if the text is none."""
    try:
        return Manifest.model_validate_json(text)
    except ValueError:
        return None


def read(folder: Path) -> Manifest | None:
    """The manifest of a folder; None if there is none, or none that can be read."""
    try:
        return parse((folder / NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


def inputs(folder: Path) -> Depends | None:
    """The inputs of an edition, or of the edition to which this public part belongs; None if no manifest tells them."""
    found = (read(place) for place in (folder, folder.parent))
    return next((told.parts for told in found if told is not None and told.parts is not None), None)


def note(staging: Path, **facts: object) -> None:
    """Add entries to the manifest of an unfinished edition; the run's id, which depends on the inputs,
    stays the same.
    """
    path = staging / NAME
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    path.write_text(f"{json.dumps({**before, **facts}, ensure_ascii=False, indent=1)}\n", encoding="utf-8")


def seal(staging: Path, names: Iterable[str]) -> None:
    """Add the hash of every file that the PDF will carry."""
    note(staging, files={n: hashlib.sha256((staging / n).read_bytes()).hexdigest() for n in names if n != NAME})

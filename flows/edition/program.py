"""The program that makes editions and what it stands on, as hashes."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flows.places import PROJECT

CODE = ("expectations", "flows", "report_templates", "warehouse")
SOURCES = {".py", ".html", ".css", ".yml", ".sql", ".conf", ".txt"}
FONTS = {"FONTCONFIG_FILE": str(PROJECT / "report_templates" / "fonts.conf")}
"""Where fontconfig is told which fonts there are, unless the environment says it."""
FACES = ("FandolFang", "FandolKai", "Noto Serif CJK SC", "Noto Sans CJK SC", "DejaVu Sans", "Symbola")
DIGITS = 16
"""The number of digits of a part's hash."""


def environment() -> dict[str, Any]:
    """What the bytes depend on beside inputs, catalogue and program: the locked libraries and the fonts."""
    files = {face: _file(face) for face in FACES}
    return {
        "libraries": libraries(),
        "faces": {face: hashlib.sha256(Path(file).read_bytes()).hexdigest()[:DIGITS] for face, file in files.items()},
    }


def libraries() -> str:
    """The locked libraries, as one hash."""
    return code([PROJECT / "uv.lock"])[:DIGITS]


def _file(face: str) -> str:
    command = ["fc-match", "--format=%{file}", face]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=FONTS | os.environ).stdout  # noqa: S603


def program(*, catalogue: bool = True) -> str:
    """The program that makes an edition, as one hash; with the catalogue's files that stand in it, or without."""
    files = (p for folder in CODE for p in (PROJECT / folder).rglob("*") if p.suffix in SOURCES)
    return code(p for p in files if catalogue or p.suffix != ".yml" or PROJECT / "expectations" not in p.parents)


def code(paths: Iterable[Path]) -> str:
    """Files of the project with their paths, as one hash."""
    found = hashlib.sha256()
    for path in sorted(p for p in paths if p.is_file()):
        found.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()

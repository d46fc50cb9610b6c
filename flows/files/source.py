"""The bytes of a delivered file. Those of a small one are read once, for all that ask what it is and what stands in it; a large one
is read anew each time, some bytes at a time.
"""

from __future__ import annotations

import hashlib
from io import BufferedReader, BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple

SMALL = 1 << 20
"""The most bytes that are kept in memory: a hundred times as many as a usual form has."""


class FileBytes(NamedTuple):
    path: Path
    data: bytes | None
    """All of its bytes; None for a large file."""

    @classmethod
    def of(cls, path: Path) -> FileBytes:
        with path.open("rb") as file:
            data = file.read(SMALL + 1)
        return cls(path, data if len(data) <= SMALL else None)

    def open(self) -> BufferedReader | BytesIO:
        return self.path.open("rb") if self.data is None else BytesIO(self.data)

    def text(self, codec: str, newline: str | None) -> TextIOWrapper:
        return TextIOWrapper(self.open(), codec, newline=newline)

    def digest(self) -> str:
        with self.open() as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

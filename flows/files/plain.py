"""Splits plain lines of a text file many at a time: without quotation marks every separator ends a cell and every line feed a
row, so that the bytes alone tell where cells begin and end.

Lines that are not all alike, or have a long cell, are left to the csv module, as is every file with a quotation mark. Both
see the same cells: tests/unit/test_plain.py and tests/benchmarks/splits.py hold one against the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from flows.files.source import FileBytes
from flows.files.texts import Texts, first_of

CODECS = frozenset({"utf-8-sig", "gb18030"})
"""Encodings in which no byte of a longer character looks like a separator, a quotation mark or the end of a line."""
BLOCK = 1 << 23
"""The bytes that are split at a time; then their lines are read to the end."""
ROWS = 122_880
"""The most lines that are split at a time: the warehouse packs so many rows together, and those that come with one insert."""
LONGEST = 64
"""The bytes of the longest cell that is split here."""
WORD = 8
"""The bytes of a cell that are compared at once."""
MASKS = np.array([(1 << 8 * size) - 1 for size in range(WORD + 1)], np.uint64)
"""What belongs to a cell, of which so many bytes are left."""
LINE_FEED, RETURN = b"\n\r"

Offsets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PlainRows:
    """Rows that follow each other and have the same number of cells, column by column."""

    lines: range
    """The line of each row."""
    texts: Sequence[Texts]

    @property
    def rows(self) -> list[list[str]]:
        """The cells of each row."""
        return [*map(list, zip(*(column.each().tolist() for column in self.texts), strict=True))]


def is_plain(source: FileBytes, codec: str) -> bool:
    """Whether a file has no quotation mark, and no end of a line that is not a line feed, with or without a return before it."""
    if codec not in CODECS:
        return False
    with source.open() as file:
        while block := file.read(BLOCK):
            if block.endswith(b"\r"):
                block += file.read(1)
            if b'"' in block or block.count(b"\r") != block.count(b"\r\n"):
                return False
    return True


def blocks(source: FileBytes, line: int) -> Iterator[tuple[int, bytes]]:
    """What stands below a line of a plain file, in blocks of whole lines; each with the number of lines before it."""
    with source.open() as file:
        for _ in range(line):
            file.readline()
        rest = b""
        while block := rest + file.read(max(BLOCK - len(rest), 0)):
            block += b"" if block.endswith(b"\n") else file.readline()
            ends = np.flatnonzero(np.frombuffer(block, np.uint8) == LINE_FEED)
            end = ends[ROWS - 1] + 1 if len(ends) >= ROWS else len(block)
            yield line, block[:end]
            line, rest = line + min(len(ends), ROWS), block[end:]


def columns(block: bytes, before: int, codec: str, separator: str) -> PlainRows | None:
    """Plain lines, column by column; None if they are not all alike, or a cell is long. `before` is the number of lines before
    them.
    """
    block += b"" if block.endswith(b"\n") else b"\n"
    data = np.frombuffer(block, np.uint8)
    feeds = data == LINE_FEED
    marks = np.flatnonzero((data == ord(separator)) | feeds)
    rows, width = np.count_nonzero(feeds), block.count(separator.encode(), 0, block.index(b"\n")) + 1
    if width < 2 or len(marks) != rows * width:  # a blank line is a row without cells
        return None
    ends = marks.reshape(rows, width)
    if not feeds[ends[:, -1]].all():
        return None
    starts = np.concatenate(([0], marks[:-1] + 1)).reshape(rows, width)
    ends[:, -1] -= data[ends[:, -1] - 1] == RETURN
    if (ends - starts).max() > LONGEST:
        return None
    padded = block + bytes(LONGEST + WORD)
    words = np.ndarray(len(padded) - WORD + 1, np.dtype("<u8"), padded, strides=(1,))
    texts = [_column(block, words, starts[:, n], ends[:, n], codec.removesuffix("-sig")) for n in range(width)]
    return PlainRows(range(before + 1, before + 1 + rows), texts)


def _column(block: bytes, words: npt.NDArray[np.uint64], starts: Offsets, ends: Offsets, codec: str) -> Texts:
    """The cells between these places: two are the same word if they have the same bytes. No text has a byte 0."""
    sizes = ends - starts
    at = np.zeros(len(starts), np.intp)
    for begun in range(0, int(sizes.max()), WORD):
        part = words[starts + begun] & MASKS[np.clip(sizes - begun, 0, WORD)]
        codes, different = pd.factorize(part)
        at = pd.factorize(at * len(different) + codes)[0] if begun else codes
    first = first_of(at)
    cells = zip(starts[first].tolist(), ends[first].tolist(), strict=True)
    return Texts([block[start:end].decode(codec) for start, end in cells], at.astype(np.int32))

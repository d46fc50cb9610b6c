"""Opens a delivered file and returns its rows of text, whatever program wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.files import encoding, foreign, text
from flows.files.defects import ODD, Defect, UnreadableError, WorksheetsError, describe, odd
from flows.wording import read, say

if TYPE_CHECKING:
    from flows.files.plain import PlainRows
    from flows.files.sheet import Sheet
    from flows.files.source import FileBytes

__all__ = [
    "BOOK_SHEETS",
    "FORM_SHEETS",
    "ODD",
    "Defect",
    "File",
    "Row",
    "Rows",
    "UnreadableError",
    "View",
    "WorksheetsError",
    "cell",
    "describe",
    "is_ours",
    "odd",
    "open_file",
]

FORM_SHEETS: tuple[str, ...] = tuple(read("letters")["sheets"])
"""Worksheets of our own empty forms: to fill in, for comparison, and the guide."""


BOOK_SHEETS: tuple[str, ...] = tuple(read("letters")["book"])
"""The first and the last worksheet of a workbook of ours that has all forms of a department."""


def is_ours(sheets: Sequence[str]) -> bool:
    """Whether the worksheets of a workbook are those of our own forms: one of them, or all of a department."""
    return list(sheets) == list(FORM_SHEETS) or [*sheets[:1], *sheets[-1:]] == list(BOOK_SHEETS)


class TextRow(NamedTuple):
    line: int
    """Physical line of a text file, or row of a worksheet, 1-based."""
    cells: list[str]


class TextRows(NamedTuple):
    """Rows that follow each other. What is done with many at once costs much less than row by row."""

    lines: Sequence[int]
    """The line of each row, as in `Row`."""
    rows: Sequence[list[str]]


class View(NamedTuple):
    """One way to read a file as a table: a worksheet, or a text file with one separator."""

    sheet: str
    """Name of the worksheet; empty for a text file."""
    blocks: Callable[[], Iterator[TextRows | PlainRows]]
    """Read anew at each call, some rows at a time; raises `UnreadableError` if a text file cannot be split into columns."""
    visible: bool = True
    hidden: tuple[int, ...] = ()
    """Rows with content that the sender does not see, and columns by their letters."""
    hidden_columns: tuple[str, ...] = ()
    merged: frozenset[tuple[int, int]] = frozenset()
    """Row and column (from 1) of the cells of merged areas; each cell has the text of its area."""
    separator: str = ""
    """What separates the columns of a text file."""
    remarks: tuple[Defect, ...] = ()
    """What stands beside the cells: comments, and decimals that are stored but not shown."""

    def rows(self) -> Iterator[TextRow]:
        """The same, row by row."""
        return (TextRow(*row) for block in self.blocks() for row in zip(block.lines, block.rows, strict=True))


class File(NamedTuple):
    encoding: str
    """utf-8, gb18030, utf-16, xlsx or xls."""
    evidence: str
    views: tuple[View, ...]
    doubt: Defect | None = None


def cell(row: TextRow, position: int | None) -> str:
    return row.cells[position] if position is not None and position < len(row.cells) else ""


def open_file(path: Path) -> File:
    """Find out by its bytes, never by its name, what a file is. Raises `UnreadableError` if nothing can be read."""
    global _last
    from flows.files import workbooks

    source = foreign.opened(path)
    with source.open() as file:
        is_workbook = workbooks.is_workbook(file.read(16))
    digest = source.digest()
    if not is_workbook and source.data is None:  # its rows are read anew, and from where it stands now
        return _text(source, digest)
    if _last is None or _last[0] != digest:
        _last = (digest, _workbook(source) if is_workbook else _text(source, digest))
    return _last[1]


_last: tuple[str, File] | None = None
"""The file that was opened last, by its bytes: `check` and `receive` ask several times for the same one, and for its copy."""


def _text(source: FileBytes, digest: str) -> File:
    global _decided
    if _decided is None or _decided[0] != digest:
        _decided = (digest, encoding.decide(source))
    found = _decided[1]
    views = [View("", _blocks(read), separator=mark) for mark, read in text.views(source, found.codec)]
    return File(found.name, found.evidence, tuple(views), found.doubt)


_decided: tuple[str, encoding.Encoding] | None = None
"""The encoding that was decided last, by the bytes of its file: to decide takes ten times as long as to recognise a large file again."""


def _blocks(
    read: Callable[[], Iterator[tuple[list[int], list[list[str]]] | PlainRows]],
) -> Callable[[], Iterator[TextRows | PlainRows]]:
    return lambda: (TextRows(*block) if isinstance(block, tuple) else block for block in read())


# --- workbooks -------------------------------------------------------------------------------------------------------


def _workbook(source: FileBytes) -> File:
    from flows.files import workbooks

    kind, sheets = workbooks.sheets(source)
    return File(kind, say("messages/evidence/workbook", number=len(sheets)), tuple(map(_worksheet, sheets)))


def _worksheet(sheet: Sheet) -> View:
    return View(
        sheet.name,
        _blocks(sheet.blocks),
        sheet.visible,
        sheet.hidden,
        sheet.hidden_columns,
        sheet.merged,
        remarks=tuple(sheet.remarks),
    )

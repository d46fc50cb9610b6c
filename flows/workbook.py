"""Workbooks that have the same bytes whenever they are made, and hold no text that a spreadsheet would run."""

from __future__ import annotations

import io
import zipfile
from copy import copy
from functools import cache
from unicodedata import east_asian_width

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill
from openpyxl.styles.cell_style import StyleArray
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from flows.files.characters import printable
from flows.inert import is_formula


def packed(book: Workbook) -> bytes:
    """The bytes of a workbook, without the times at which its parts were written."""
    loose = io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(loose, "w")).save()  # Workbook.save would set the time of change to now
    return undated(loose)


def undated(loose: io.BytesIO) -> bytes:
    """A file of several parts (.xlsx, .docx), without the times at which they were written."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(loose) as parts, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as whole:
        for name in parts.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            whole.writestr(entry, parts.read(name), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def put_text(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """Write text as text: never as a formula, and with printable characters only."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    cell.value = _shown(text)
    cell.data_type = "s"
    if is_formula(text):
        cell.quotePrefix = True
    return cell


class Looks:
    """The looks of the cells of a sheet, each told to openpyxl once: it compares every part of every font and border for each cell that is
    given one, which took a third of the time of a sheet with thousands of findings.
    """

    def __init__(self) -> None:
        self.known: dict[str, StyleArray] = {}

    def give(self, cell: Cell, name: str, **parts: Font | Alignment | Border | PatternFill) -> None:
        """Give a cell the look of that name; the first one that has it is given the parts that make it."""
        if name in self.known:
            is_quoted = cell.quotePrefix  # of its text, not of its look
            cell._style = copy(self.known[name])  # type: ignore[attr-defined]  # there is no open way
            cell.quotePrefix = is_quoted
            return
        for part, value in parts.items():
            setattr(cell, part, value)
        self.known[name] = copy(cell._style)  # type: ignore[attr-defined]


_shown = cache(printable)
"""The same words stand in a workbook again and again."""


@cache
def breadth(line: str) -> int:
    """Half-width columns of a line in a Chinese font, which sets —“”○≥‰ wide; a terminal (rich) counts them narrow."""
    return sum(2 if east_asian_width(c) in "WFA" else 1 for c in line)

"""Reads workbooks of Excel 97—2003 as rows of text; xlrd opens them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import xlrd

from flows.files import foreign, formats
from flows.files.defects import UnreadableError, describe
from flows.files.sheet import PLAIN, Look, Sheet, Style, protected
from flows.files.source import FileBytes

WHITE = (255, 255, 255)


def sheets(source: FileBytes) -> list[Sheet]:
    """Every worksheet. Raises `UnreadableError` if the workbook cannot be read to its end."""
    with source.open() as file:
        data = file.read()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise protected()
    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
        return [_sheet(book, sheet) for sheet in book.sheets()]
    except MemoryError:
        raise
    except Exception as error:  # xlrd raises whatever a broken file makes it stumble over
        if type(error).__name__ == "UnreadableError":
            raise
        if "encrypted" in str(error).lower():
            raise protected() from None
        raise foreign.unopened(source.path) or UnreadableError(describe("workbook/damaged")) from None


def _sheet(book: xlrd.book.Book, sheet: Any) -> Sheet:
    found = Sheet(sheet.name, not sheet.visibility)
    found.zeros = bool(getattr(sheet, "show_zero_values", 1))
    for row in range(sheet.nrows):
        for column in range(sheet.row_len(row)):
            _put(book, sheet, found, row, column)
    hidden = [n + 1 for n, row in sheet.rowinfo_map.items() if row.hidden or row.height == 0]
    columns = [(n + 1, n + 1) for n, column in sheet.colinfo_map.items() if column.hidden or column.width == 0]
    areas = [(top + 1, bottom, left + 1, right) for top, bottom, left, right in sheet.merged_cells]
    found.finish(areas, hidden, columns, _comments(sheet))
    return found


def _put(book: xlrd.book.Book, sheet: Any, found: Sheet, row: int, column: int) -> None:
    cell = sheet.cell(row, column)
    style = _style(book, cell.xf_index)
    match cell.ctype:
        case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
            value = Decimal(f"{cell.value:.15g}")
            if value.is_finite():
                shown = found.shown(value, style, base_1904=bool(book.datemode))
                found.put_number(row + 1, column + 1, shown)
        case xlrd.XL_CELL_BOOLEAN:
            found.put(row + 1, column + 1, "TRUE" if cell.value else "FALSE")
        case xlrd.XL_CELL_ERROR:
            found.put(row + 1, column + 1, str(xlrd.error_text_from_code.get(cell.value, "#ERROR")))
        case xlrd.XL_CELL_TEXT if cell.value:
            runs = sheet.rich_text_runlist_map.get((row, column), [])
            found.put_text(row + 1, column + 1, _runs(book, cell.value, runs, style.look), style)


def _runs(book: xlrd.book.Book, text: str, changes: list[tuple[int, int]], cell: Look) -> Iterator[tuple[str, Look]]:
    """Pieces of a text that look alike: the first looks like its cell, each later one as its own font says."""
    ends = [at for at, _ in changes] + [len(text)]
    yield text[: ends[0]], cell
    for (at, font), end in zip(changes, ends[1:], strict=True):
        yield text[at:end], _look(book, font)


def _style(book: xlrd.book.Book, index: int | None) -> Style:
    if index is None:
        return Style()
    style = book.xf_list[index]
    layout = book.format_map.get(style.format_key)
    look = _look(book, style.font_index)
    ground: Any = style.background
    filled = bool(ground.fill_pattern) and book.colour_map.get(ground.pattern_colour_index) != WHITE
    look = look._replace(white=look.white and not filled)
    return Style(layout.format_str if layout else formats.GENERAL, look, filled)


def _look(book: xlrd.book.Book, index: int) -> Look:
    if index >= len(book.font_list):
        return PLAIN
    font = book.font_list[index]
    raised = {1: PLAIN._replace(raised="superscript"), 2: PLAIN._replace(raised="subscript")}.get(
        font.escapement, PLAIN
    )
    white = book.colour_map.get(font.colour_index) == WHITE
    return raised._replace(struck=bool(font.struck_out), white=white)


def _comments(sheet: Any) -> Iterator[tuple[int, int, str]]:
    for (row, column), note in sheet.cell_note_map.items():
        yield row + 1, column + 1, note.text.removeprefix(f"{note.author}:")

"""Worksheets as rows of text, each cell as Excel shows it: percentages with their sign, dates as dates."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import xlrd
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils import column_index_from_string, get_column_letter

from flows.files.defects import Defect, UnreadableError

Text = dict[tuple[int, int], str]
"""Row and column, 1-based → what the cell says; nothing where it is empty."""
LARGEST = 500_000_000
"""Bytes that a workbook may unpack to."""
MERGED = 1_000_000
"""Cells of one merged area; for larger ones openpyxl would take minutes and gigabytes."""
AREA = re.compile(rb'<mergeCell ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
SAVE_AS = "请用 Excel 打开后另存为“.xlsx”或“CSV UTF-8”再报送"


class Sheet(NamedTuple):
    name: str
    cells: Text
    visible: bool
    hidden: tuple[int, ...]
    """Rows that the sender does not see."""
    hidden_columns: tuple[str, ...]
    merged: frozenset[tuple[int, int]]
    """Row and column, 1-based, of every cell of a merged area."""

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with content: its number and its cells, from column 1 to its last one with content."""
        widths: dict[int, int] = {}
        for row, column in self.cells:
            widths[row] = max(widths.get(row, 0), column)
        for row in sorted(widths):
            yield row, [self.cells.get((row, column), "") for column in range(1, widths[row] + 1)]


def is_workbook(head: bytes) -> bool:
    """By the first bytes, whatever the file is called."""
    return head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def kind(path: Path) -> str:
    with path.open("rb") as file:
        return "xlsx" if file.read(2) == b"PK" else "xls"


def sheets(path: Path) -> list[Sheet]:
    """Every worksheet, hidden ones too. Raises `UnreadableError` where the workbook cannot be opened."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what openpyxl leaves out (charts, drop-down lists) is no data
            return _new(path) if kind(path) == "xlsx" else _old(path)
    except (UnreadableError, MemoryError):
        raise
    except Exception as error:  # the two libraries raise whatever a broken file makes them stumble over
        if "encrypted" in str(error).lower():
            raise _protected() from None
        raise _unreadable("不是 Excel 能打开的工作簿，或者已经损坏") from None


def _unreadable(problem: str) -> UnreadableError:
    return UnreadableError(Defect("workbook", "没有密码、能正常打开的 Excel 工作簿", SAVE_AS, problem))


def _protected() -> UnreadableError:
    cure = "请取消打开密码后重新报送"
    return UnreadableError(Defect("workbook", "没有密码、能正常打开的 Excel 工作簿", cure, "工作簿设有打开密码"))


# --- .xlsx -----------------------------------------------------------------------------------------------------------


def _new(path: Path) -> list[Sheet]:
    with zipfile.ZipFile(path) as packed:
        names = packed.namelist()
        if "xl/workbook.xml" not in names:
            other = {"word/document.xml": "Word 文档", "content.xml": "OpenDocument 文档"}
            raise _unreadable(f"是{next((w for n, w in other.items() if n in names), '压缩包')}，不是 Excel 工作簿")
        if sum(part.file_size for part in packed.infolist()) > LARGEST:
            raise UnreadableError(
                Defect(
                    "workbook",
                    "能逐格读取的工作簿",
                    "请另存为 CSV UTF-8 后报送",
                    f"工作簿解开后超过{LARGEST // 10**6}兆字节",
                )
            )
        for name in names:
            if name.startswith("xl/worksheets/") and any(
                _area(*ref) > MERGED for ref in AREA.findall(packed.read(name))
            ):
                raise _unreadable("合并了几乎整张工作表的单元格")
    with path.open("rb") as file:  # openpyxl judges a path by its name
        values = openpyxl.load_workbook(file, data_only=True)
        formulas = openpyxl.load_workbook(file)
    found = []
    for sheet in values.worksheets:
        formula = formulas[sheet.title]
        # Only the cells that there are: a blank in the last row would else make a million of them.
        cells: Text = {at: text for at, cell in sheet._cells.items() if (text := _shown(at, cell, formula._cells))}
        areas = [(a.min_row, a.max_row, a.min_col, a.max_col) for a in sheet.merged_cells.ranges]
        merged = _spread(cells, areas)
        hidden = tuple(sorted(n for n, row in sheet.row_dimensions.items() if row.hidden))
        columns = tuple(sorted(name for name, column in sheet.column_dimensions.items() if column.hidden))
        found.append(Sheet(sheet.title, cells, sheet.sheet_state == "visible", hidden, columns, merged))
    return found


def _area(left: bytes, top: bytes, right: bytes, bottom: bytes) -> int:
    width = column_index_from_string(right.decode()) - column_index_from_string(left.decode()) + 1
    return width * (int(bottom) - int(top) + 1)


def _shown(at: tuple[int, int], cell: Cell | MergedCell, formulas: Mapping[tuple[int, int], Any]) -> str:
    if isinstance(cell, MergedCell):
        return ""
    if cell.value is None:
        other = formulas.get(at)
        # A formula that was never calculated has no value: it is shown as it stands, and is no number.
        return str(other.value) if other is not None and other.data_type == "f" and other.value != '=""' else ""
    return _text(cell.value, cell.number_format or "")


def _spread(cells: Text, areas: Iterable[tuple[int, int, int, int]]) -> frozenset[tuple[int, int]]:
    """A merged area says the same in each of its cells, as far as the sheet has any; the cells of all areas."""
    last_row = max((row for row, _ in cells), default=0)
    last_column = max((column for _, column in cells), default=0)
    merged = set()
    for top, bottom, left, right in areas:
        if text := cells.get((top, left), ""):
            for row in range(top, min(bottom, last_row) + 1):
                for column in range(left, min(right, last_column) + 1):
                    cells[row, column] = text
                    merged.add((row, column))
    return frozenset(merged)


# --- .xls ------------------------------------------------------------------------------------------------------------


def _old(path: Path) -> list[Sheet]:
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise _protected()
    book = xlrd.open_workbook(file_contents=data, formatting_info=True, logfile=io.StringIO())
    found = []
    for sheet in book.sheets():
        cells: Text = {}
        for row in range(sheet.nrows):
            for column in range(sheet.row_len(row)):
                if text := _old_cell(book, sheet.cell(row, column)):
                    cells[row + 1, column + 1] = text
        merged = _spread(cells, [(top + 1, bottom, left + 1, right) for top, bottom, left, right in sheet.merged_cells])
        hidden = tuple(sorted(n + 1 for n, row in sheet.rowinfo_map.items() if row.hidden))
        columns = tuple(get_column_letter(n + 1) for n, column in sorted(sheet.colinfo_map.items()) if column.hidden)
        found.append(Sheet(sheet.name, cells, not sheet.visibility, hidden, columns, merged))
    return found


def _old_cell(book: xlrd.book.Book, cell: Any) -> str:
    layout = book.format_map[book.xf_list[cell.xf_index].format_key].format_str if cell.xf_index is not None else ""
    match cell.ctype:
        case xlrd.XL_CELL_DATE:
            return _text(xlrd.xldate.xldate_as_datetime(cell.value, book.datemode), layout)
        case xlrd.XL_CELL_BOOLEAN:
            return _text(bool(cell.value), layout)
        case xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
        case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_TEXT:
            return _text(cell.value, layout)
        case _:
            return ""


# --- one cell --------------------------------------------------------------------------------------------------------

QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
"""Parts of a number format that say nothing of its kind."""
SCALED = re.compile(r"[0#?],+(?![0#?,])")
"""A format that shows thousands: the figure seen is not the one stored, so neither is taken."""


def _text(value: object, layout: str) -> str:
    """A value as its cell shows it: percentages and dates by the cell's format, numbers with every digit they have."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date):
        return _dated(value, layout)
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, int | float):
        kind = QUOTED.sub("", layout)
        shown = _number(value, "%" in kind)
        return f"{shown}（单元格按千缩小显示）" if SCALED.search(kind) else shown
    return str(value)


def _number(value: float, percent: bool) -> str:
    """Excel keeps 15 digits; what stands behind them is binary noise."""
    exact = Decimal(f"{value:.15g}") * (100 if percent else 1)
    if not exact.is_finite():
        return str(value)
    return f"{exact:f}".rstrip("0").rstrip(".") + "%" * percent if "." in f"{exact:f}" else f"{exact:f}" + "%" * percent


def _dated(value: datetime | date, layout: str) -> str:
    """2024年 where only the year is shown, else the whole date."""
    shown = QUOTED.sub("", layout).lower()
    if "y" in shown and not {"m", "d"} & set(shown):
        return f"{value.year}年"
    day = value.date() if isinstance(value, datetime) else value
    return day.isoformat()

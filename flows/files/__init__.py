"""The bytes of a delivered file in, its rows of text out, whatever program wrote it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flows.files import encoding
from flows.files.defects import Defect, UnreadableError, odd

if TYPE_CHECKING:
    from flows.files.workbooks import Sheet

__all__ = ["FORM_SHEETS", "Defect", "File", "Row", "UnreadableError", "View", "cell", "odd", "open_file"]

FORM_SHEETS = ("填报", "上年数据", "填表说明")
"""Worksheets of our own empty forms: to fill in, for comparison, the guide."""
SEPARATORS = (",", "\t", ";")
FOREIGN = (
    (b"%PDF", "PDF 文件"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"{\\rtf", "Word 文档"),
)


class Row(NamedTuple):
    line: int
    """Physical line of a text file, or row of a worksheet, 1-based."""
    cells: list[str]


class View(NamedTuple):
    """One way to read a file as a table: a worksheet, or a text file with one separator."""

    sheet: str
    """Name of the worksheet; empty for a text file."""
    rows: Callable[[], Iterator[Row]]
    """Read anew at each call, row by row; raises `UnreadableError` where a text file cannot be split into columns."""
    visible: bool = True
    hidden: tuple[int, ...] = ()
    """Rows that the sender does not see, and columns by their letters."""
    hidden_columns: tuple[str, ...] = ()
    merged: frozenset[tuple[int, int]] = frozenset()
    """Row and column, 1-based, of the cells of merged areas: each says what the area says."""


class File(NamedTuple):
    encoding: str
    """utf-8, gb18030, utf-16, xlsx or xls."""
    evidence: str
    views: tuple[View, ...]
    doubt: Defect | None = None


def cell(row: Row, position: int | None) -> str:
    return row.cells[position] if position is not None and position < len(row.cells) else ""


def open_file(path: Path) -> File:
    """Decide what a file is by its bytes, never by its name. Raises `UnreadableError` where nothing can be read."""
    with path.open("rb") as file:
        head = file.read(512)
    _refuse_foreign(head)
    from flows.files import workbooks

    if workbooks.is_workbook(head):
        views = [_worksheet(sheet) for sheet in workbooks.sheets(path)]
        return File(workbooks.kind(path), f"Excel 工作簿，共{len(views)}张工作表", tuple(views))
    found = encoding.decide(path)
    views = [View("", _text_rows(path, found.codec, separator)) for separator in SEPARATORS]
    return File(found.name, found.evidence, tuple(views), found.doubt)


def _refuse_foreign(head: bytes) -> None:
    what = next((word for mark, word in FOREIGN if head.startswith(mark)), "")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(
        (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<style", b"<div", b"<!--", b"mime-version")
    ):
        what = "网页（有的系统以 .xls 为名导出网页）"
    if what:
        cure = "请用 Excel 打开后另存为“.xlsx”或“CSV UTF-8”再报送"
        raise UnreadableError(Defect("format", "CSV 文本文件或 Excel 工作簿", cure, f"文件是{what}"))


def _worksheet(sheet: Sheet) -> View:
    return View(
        sheet.name,
        lambda: (Row(*row) for row in sheet.rows()),
        sheet.visible,
        sheet.hidden,
        sheet.hidden_columns,
        sheet.merged,
    )


def _text_rows(path: Path, codec: str, separator: str) -> Callable[[], Iterator[Row]]:
    def rows() -> Iterator[Row]:
        line = 1
        with path.open(encoding=codec, newline="") as file:
            reader = csv.reader(file, delimiter=separator, strict=True)
            try:
                for cells in reader:
                    yield Row(line, cells)
                    line = reader.line_num + 1
            except csv.Error:
                problem = f"第{line}行的引号没有配对，或者一格太长，无法拆分成列"
                cure = "请检查该行的引号后重新报送"
                raise UnreadableError(Defect("csv", "每行一条记录的 CSV", cure, problem, line)) from None

    return rows

"""The bytes of one delivered file in, its header and rows of text out, each row with its physical line."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from expectations.records import Codes, Dataset

BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
SEPARATORS = (",", "\t", ";")
HEAD_ROWS = 20
"""A header further down than this is not looked for."""


class Defect(NamedTuple):
    """What is wrong with a file; `fatal` where nothing in it can be used."""

    rule: str
    expected: str
    cure: str
    problem: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    fatal: bool = True


class UnreadableError(Exception):
    def __init__(self, defect: Defect) -> None:
        self.defect = defect
        super().__init__(defect.problem)


class Row(NamedTuple):
    line: int
    cells: list[str]


class Table(NamedTuple):
    """A file as read: `columns` maps the record's header to the position in the file."""

    encoding: str
    columns: Mapping[str, int]
    width: int
    """Columns of the header."""
    rows: list[Row]
    defects: list[Defect]


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding, decided over the whole file: BOM, else UTF-8, else GB18030; never guessed from a part."""
    if not data.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise UnreadableError(Defect("empty", "有表头和数据的 CSV 文件", "请导出完整的报表后重新报送", "文件是空的"))
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return _strict(data, encoding), encoding.removesuffix("-sig")
    try:
        return _strict(data, "utf-8"), "utf-8"
    except UnreadableError as utf8:
        try:
            return _strict(data, "gb18030"), "gb18030"
        except UnreadableError:
            raise utf8 from None


def _strict(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        problem = f"第{error.start + 1}个字节（0x{data[error.start]:02X}）既不是 UTF-8 也不是 GB18030"
        cure = "请在 Excel 中另存为“CSV UTF-8（逗号分隔）”后重新报送"
        raise UnreadableError(Defect("encoding", "UTF-8 或 GB18030 编码的文本", cure, problem)) from None
    if "\x00" in text:
        problem = f"第{text.count(chr(10), 0, text.index(chr(0))) + 1}行含有空字符，不是文本文件"
        raise UnreadableError(Defect("encoding", "CSV 文本文件", "请另存为 CSV 后重新报送", problem))
    return text


def even(text: str) -> str:
    """Full-width forms made half-width, outer blanks and quotes taken off: one word written two ways compares equal."""
    return unicodedata.normalize("NFKC", text).replace("\u00a0", " ").strip().strip("'").strip()


def _title(header: str) -> str:
    return re.sub(r"\s+", "", even(header))


def _bare(title: str) -> str:
    """A header without its unit in brackets."""
    return re.sub(r"\((?:单位:)?[^()]{1,6}\)$", "", title)


class Names:
    """The ways in which a dataset's headers may be written; a unit in brackets may be added or left out."""

    def __init__(self, dataset: Dataset) -> None:
        words = [(_title(w), header) for header, c in dataset.columns.items() for w in (header, *c.aliases)]
        bare = [_bare(title) for title, _ in words]
        self.known = {_bare(title): header for title, header in words if bare.count(_bare(title)) == 1} | dict(words)

    def find(self, cell: str) -> str | None:
        title = _title(cell)
        return self.known.get(title) or self.known.get(_bare(title))

    def nearest(self, cell: str) -> str | None:
        near = get_close_matches(_title(cell), self.known, 1)
        return self.known[near[0]] if near else None


def read(data: bytes, dataset: Dataset, codes: Codes) -> Table:
    """Find the header below any title rows, leave out unit rows, repeated headers, footers and empty rows.

    Raises `UnreadableError` where nothing in the file can be used.
    """
    text, encoding = decode(data)
    names = Names(dataset)
    best: tuple[int, str, int] = (-1, ",", 0)
    for separator in SEPARATORS:
        for position, row in enumerate(_head(text, separator)):
            known = len({found for found in map(names.find, row.cells) if found})
            if known > best[0]:
                best = (known, separator, position)
    known, separator, position = best
    rows = _rows(text, separator)
    head = next((row for i, row in enumerate(rows) if i == position), Row(1, []))
    columns, defects = _columns(head, names, dataset)
    data_rows = [row for row in rows if any(map(even, row.cells))]
    kept, skipped = _without_dressing(data_rows, head, columns, codes)
    if head.line > 1:
        defects.append(_note("title_rows", f"表头在第{head.line}行，其上的标题行未作数据", head.line))
    defects += skipped
    if not kept:
        raise UnreadableError(
            Defect("empty", "至少一行数据", "请填报数据后重新报送", "只有表头，没有数据行", head.line)
        )
    return Table(encoding, columns, len(head.cells), kept, defects)


def _head(text: str, separator: str) -> Iterable[Row]:
    try:
        yield from (row for _, row in zip(range(HEAD_ROWS), _rows(text, separator), strict=False))
    except UnreadableError:
        return


def _rows(text: str, separator: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    line = 1
    try:
        for cells in reader:
            yield Row(line, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        problem = f"第{line}行无法拆分成列（{error}）"
        defect = Defect("csv", "每行一条记录的 CSV", "请检查该行的引号后重新报送", problem, line)
        raise UnreadableError(defect) from None


def _columns(head: Row, names: Names, dataset: Dataset) -> tuple[dict[str, int], list[Defect]]:
    columns: dict[str, int] = {}
    defects = []
    for position, cell in enumerate(head.cells):
        written, header = cell.strip(), names.find(cell)
        if not written:
            continue
        if header is None:
            near = names.nearest(cell)
            cure = f"如果是“{near}”，请改正列名后重新报送" if near else "如不需要，请删去该列"
            problem = f"第{head.line}行有报表中没有的列“{written}”，该列未使用"
            defects.append(Defect("unknown_column", "报表规定的列名", cure, problem, head.line, written, fatal=False))
        elif header in columns:
            problem = f"第{head.line}行的列“{written}”出现了两次"
            raise UnreadableError(
                Defect("duplicate_column", "每列一次", "请删去多余的列后重新报送", problem, head.line, written)
            )
        else:
            columns[header] = position
    optional = {h for h, c in dataset.columns.items() if c.is_ in {"area_name", "unit_name", "note", "value_unit"}}
    missing = [h for h in dataset.columns if h not in columns and h not in optional]
    if missing:
        listed = "、".join(f"“{h}”" for h in missing)
        problem = f"第{head.line}行的表头缺少列{listed}"
        cure = "请按报表格式补齐列名后重新报送"
        raise UnreadableError(Defect("missing_column", f"表头含有{listed}", cure, problem, head.line, missing[0]))
    return columns, defects


def _without_dressing(
    rows: Iterable[Row], head: Row, columns: Mapping[str, int], codes: Codes
) -> tuple[list[Row], list[Defect]]:
    """Rows of data only; what a spreadsheet adds around them is noted, not lost silently."""
    kept: list[Row] = []
    notes: list[Defect] = []
    titles = [_title(c) for c in head.cells if c.strip()]
    for row in rows:
        cells = [even(c) for c in row.cells]
        filled = [c for c in cells if c]
        if [_title(c) for c in row.cells if c.strip()] == titles:
            notes.append(_note("repeated_header", f"第{row.line}行重复了表头，未作数据", row.line))
        elif not kept and not any(ch.isdigit() for c in filled for ch in c):
            notes.append(_note("unit_row", f"第{row.line}行是计量单位，未作数据", row.line))
        elif len(filled) <= 2 and filled[0].startswith(tuple(codes.footers)):
            notes.append(_note("footer", f"第{row.line}行是表尾说明，未作数据", row.line))
        else:
            kept.append(row)
    return kept, notes


def _note(rule: str, problem: str, line: int) -> Defect:
    return Defect(rule, "只有表头和数据的表", "不影响使用；下次可直接使用空白报表", problem, line, fatal=False)

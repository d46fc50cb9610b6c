"""The bytes of one delivered file in, its header and rows of text out, each row with its physical line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Literal, NamedTuple

from expectations.records import Codes, Column, Dataset

BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
SEPARATORS = (",", "\t", ";")
HEAD_ROWS = 20
"""A header further down than this is not looked for."""
OPTIONAL = {"area_name", "unit_name", "note", "value_unit"}
"""Columns that a file may leave out."""
HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x200B: None, 0xFEFF: None}
"""Full-width forms only: NFKC would also make 10² a 102 and a footnote mark ① a digit."""


class Defect(NamedTuple):
    """What is wrong with a file, or was left out of it."""

    rule: str
    expected: str
    cure: str
    problem: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    severity: Literal["critical", "warning", "info"] = "critical"


class UnreadableError(Exception):
    """Nothing in a file can be used."""

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


def even(text: str) -> str:
    """Full-width forms made half-width, outer blanks and quotes taken off: one word written two ways compares equal."""
    return text.translate(HALF_WIDTH).strip().strip("'").strip()


def cell(row: Row, position: int | None) -> str:
    return row.cells[position] if position is not None and position < len(row.cells) else ""


def read(data: bytes, dataset: Dataset, codes: Codes) -> Table:
    """Find the header below any title rows, leave out unit rows, repeated headers, footers and empty rows.

    Raises `UnreadableError` where nothing in the file can be used.
    """
    text, encoding = decode(data)
    names = _Names(dataset)
    separator, position = _header(text, names)
    rows = list(_rows(text, separator))
    head = rows[position] if rows else Row(1, [])
    columns, defects = _columns(head, names, dataset)
    if head.line > 1:
        defects.append(_left_out("title_rows", f"表头在第{head.line}行，其上的标题行未作数据", head.line))
    kept, dressing = _undressed(rows[position + 1 :], head, columns, dataset, codes)
    defects += dressing
    _check_units(rows[:position], head, columns, dataset, codes)
    defects += _nameless(head, kept)
    if not kept:
        problem = "只有表头，没有数据行"
        raise UnreadableError(Defect("empty", "至少一行数据", "请填报数据后重新报送", problem, head.line))
    return Table(encoding, columns, len(head.cells), kept, defects)


# --- bytes to text ---------------------------------------------------------------------------------------------------


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding, decided over the whole file: BOM, else UTF-8, else GB18030; never guessed from a part."""
    if not data.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise UnreadableError(Defect("empty", "有表头和数据的 CSV 文件", "请导出完整的报表后重新报送", "文件是空的"))
    marked = [encoding for mark, encoding in BOMS if data.startswith(mark)]
    furthest = 0
    for encoding in marked[:1] or ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            furthest = max(furthest, len(data) - len(error.object) + error.start)  # without the mark
        else:
            _check_text(text)
            return text, encoding.removesuffix("-sig")
    problem = f"第{furthest + 1}个字节（0x{data[furthest]:02X}）不是{_listed(marked[:1]) or ' UTF-8 或 GB18030 '}文字"
    cure = "请在 Excel 中另存为“CSV UTF-8（逗号分隔）”后重新报送"
    raise UnreadableError(Defect("encoding", "UTF-8 或 GB18030 编码的文本", cure, problem))


def _listed(encodings: Sequence[str]) -> str:
    return "".join(f" {e.removesuffix('-sig').upper()} " for e in encodings)


def _check_text(text: str) -> None:
    """Marks that a program has lost characters on the way here, or that this is no text."""
    for mark, problem, cure in (
        ("\x00", "含有空字符，不是文本文件", "请另存为 CSV 后重新报送"),
        ("\ufffd", "有已经损坏的文字（�）", "请从原系统重新导出后报送"),
        ("锟斤拷", "有已经损坏的文字（锟斤拷）", "请从原系统重新导出后报送"),
    ):
        if (at := text.find(mark)) >= 0:
            line = text.count("\n", 0, at) + 1
            raise UnreadableError(Defect("encoding", "完好的 CSV 文本文件", cure, f"第{line}行{problem}", line))


def _rows(text: str, separator: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            yield Row(line, cells)
            line = reader.line_num + 1
    except csv.Error:
        problem = f"第{line}行的引号没有配对，或者一格太长，无法拆分成列"
        defect = Defect("csv", "每行一条记录的 CSV", "请检查该行的引号后重新报送", problem, line)
        raise UnreadableError(defect) from None


# --- the header ------------------------------------------------------------------------------------------------------


def _title(header: str) -> str:
    return re.sub(r"\s+", "", even(header))


def _bracketed(title: str) -> tuple[str, str]:
    """A header without its unit in brackets, and that unit."""
    found = re.fullmatch(r"(.+)\((?:(?:计量)?单位:)?([^()]{1,6})\)", title)
    return (found[1], found[2]) if found else (title, "")


class _Names:
    """The ways in which a dataset's headers may be written; a unit in brackets may be added or left out."""

    def __init__(self, dataset: Dataset) -> None:
        words = [(_title(w), header) for header, c in dataset.columns.items() for w in (header, *c.aliases)]
        bare = [_bracketed(title)[0] for title, _ in words]
        self.known = {b: header for b, (_, header) in zip(bare, words, strict=True) if bare.count(b) == 1} | dict(words)

    def find(self, cell: str) -> str | None:
        title = _title(cell)
        return self.known.get(title) or self.known.get(_bracketed(title)[0])

    def nearest(self, cell: str) -> str | None:
        near = get_close_matches(_title(cell), self.known, 1)
        return self.known[near[0]] if near else None


def _header(text: str, names: _Names) -> tuple[str, int]:
    """The separator and the row with which most of the dataset's headers are found."""
    best = (0, SEPARATORS[0], 0)
    for separator in SEPARATORS:
        rows = _rows(text, separator)
        for position in range(HEAD_ROWS):
            try:
                row = next(rows, None)
            except UnreadableError:  # reported when the whole file is read
                break
            if row is None:
                break
            known = len({found for found in map(names.find, row.cells) if found})
            best = (known, separator, position) if known > best[0] else best
    return best[1:]


def _columns(head: Row, names: _Names, dataset: Dataset) -> tuple[dict[str, int], list[Defect]]:
    columns: dict[str, int] = {}
    defects = []
    for position, text in enumerate(head.cells):
        written, header = text.strip(), names.find(text)
        if not written:
            continue
        if header is None:
            near = names.nearest(text)
            cure = f"如果是“{near}”，请改正列名后重新报送" if near else "如不需要，请删去该列"
            problem = f"第{head.line}行有报表中没有的列“{written}”，该列未使用"
            defects.append(Defect("unknown_column", "报表规定的列名", cure, problem, head.line, written,
                                  severity="warning"))  # fmt: skip
        elif header in columns:
            problem = f"第{head.line}行的列“{header}”出现了两次"
            raise UnreadableError(
                Defect("duplicate_column", "每列一次", "请删去多余的列后重新报送", problem, head.line, written)
            )
        else:
            columns[header] = position
    missing = [h for h, c in dataset.columns.items() if h not in columns and c.is_ not in OPTIONAL]
    if missing:
        listed = "、".join(f"“{h}”" for h in missing)
        unknown = "、".join(f"“{d.column}”" for d in defects if d.column)
        problem = f"第{head.line}行的表头缺少列{listed}" + (f"，多出列{unknown}" if unknown else "")
        cure = "请按报表格式改正列名后重新报送"
        raise UnreadableError(Defect("missing_column", f"表头含有{listed}", cure, problem, head.line, missing[0]))
    return columns, defects


def _nameless(head: Row, rows: Iterable[Row]) -> list[Defect]:
    """Columns with content but without a name."""
    blank = [position for position, text in enumerate(head.cells) if not even(text)]
    filled = {p + 1: row.line for row in rows for p in blank if even(cell(row, p))}
    return [
        Defect("unknown_column", "每列都有列名", "请补上列名或删去该列",
               f"第{number}列没有列名但有内容（如第{line}行），该列未使用", head.line, severity="warning")
        for number, line in sorted(filled.items())
    ]  # fmt: skip


# --- what a spreadsheet puts around the data -------------------------------------------------------------------------


def _undressed(
    rows: Iterable[Row], head: Row, columns: Mapping[str, int], dataset: Dataset, codes: Codes
) -> tuple[list[Row], list[Defect]]:
    """Rows of data only; what stands around them is noted, not lost silently."""
    kept: list[Row] = []
    notes: list[Defect] = []
    below = False
    titles = [_title(c) for c in head.cells if c.strip()]
    figures = {columns[h]: column for h, column in dataset.columns.items() if h in columns and column.measure}
    units = {*codes.units, *codes.scales, *(str(column.unit) for column in figures.values())}
    for row in rows:
        filled = [text for text in map(even, row.cells) if text]
        if not filled:
            continue
        stated = {p: even(cell(row, p)).strip("()").removeprefix("单位:") for p in figures if even(cell(row, p))}
        if [_title(c) for c in row.cells if c.strip()] == titles:
            notes.append(_left_out("repeated_header", f"第{row.line}行重复了表头，未作数据", row.line))
        elif not kept and stated and all(word in units for word in stated.values()):
            for position, word in stated.items():
                _check_unit(word, figures[position], row.line, head.cells[position], codes)
            notes.append(_left_out("unit_row", f"第{row.line}行是计量单位，未作数据", row.line))
        elif _is_footer(filled, stated.values(), below, codes):
            below = True
            notes.append(_left_out("footer", f"第{row.line}行是表尾说明，未作数据", row.line))
        else:
            kept.append(row)
    return kept, notes


def _is_footer(filled: Sequence[str], figures: Iterable[str], below: bool, codes: Codes) -> bool:
    """注：…, 制表人：… and the lines that go on below it; never a row with a figure."""
    if any(ch.isdigit() for figure in figures for ch in figure):
        return False
    return filled[0].startswith(codes.footers) or (below and len(filled) == 1)


def _left_out(rule: str, problem: str, line: int) -> Defect:
    cure = "不影响使用；下次可直接使用空白报表"
    return Defect(rule, "只有表头和数据的表", cure, problem, line, severity="info")


def _check_units(titles: Iterable[Row], head: Row, columns: Mapping[str, int], dataset: Dataset, codes: Codes) -> None:
    """A unit in a header's brackets, or one above the header for all figures, must be the agreed one."""
    agreed = [(columns[h], column) for h, column in dataset.columns.items() if column.measure and h in columns]
    for position, column in agreed:
        stated = _bracketed(_title(head.cells[position]))[1]
        if stated in {*codes.units, *codes.scales}:
            _check_unit(stated, column, head.line, head.cells[position], codes)
    for row in titles:
        found = re.search(r"单位:([^,、;()]+)", _title("".join(row.cells)))
        if agreed and found and found[1] in codes.scales and found[1] not in {c.unit for _, c in agreed}:
            _check_unit(found[1], agreed[0][1], row.line, "", codes)


def _check_unit(stated: str, column: Column, line: int, header: str, codes: Codes) -> None:
    """人 for 名 is the same; 万人 for 人, or ‰ for %, would make every figure wrong."""
    agreed = str(column.unit)
    rates = {"%", "‰"} & {stated, agreed}
    if stated == agreed or not (rates or stated in codes.scales or agreed in codes.scales):
        return
    where = f"“{header.strip()}”列的" if header.strip() else ""
    problem = f"第{line}行注明{where}计量单位是“{stated}”，报表规定的是“{agreed}”"
    cure = f"请换算为“{agreed}”后重新报送"
    raise UnreadableError(Defect("unit", f"计量单位“{agreed}”", cure, problem, line, header.strip() or None, stated))

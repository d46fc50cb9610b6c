"""One delivered file in, its rows of data out: what a spreadsheet puts around them is noted, not lost silently."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from expectations.records import Codes, Dataset
from flows.files import FORM_SHEETS, Defect, File, Row, UnreadableError, View, cell, open_file
from flows.ingest import header
from flows.ingest.header import Conversion, Layout, Names, even, title

CHUNK = 50_000
"""Rows that are held in memory at a time."""
DETAILS = 20
"""Lines of one kind that are named one by one."""
NUMBERING = re.compile(r"[甲乙丙丁戊己庚辛壬癸]|\(?[0-9]{1,2}\)?")
DRESSING = {
    "repeated_header": "重复了标题或表头",
    "unit_row": "是计量单位",
    "numbering": "是栏次",
    "subtotal": "是部分合计",
    "heading": "是标题或说明",
    "footer": "是表尾说明",
}


class Table:
    """A file as one dataset: its header at once, its rows chunk by chunk.

    Raises `UnreadableError` where nothing can be used; a text file may turn out so only after some of its rows.
    """

    def __init__(self, file: File, dataset: Dataset, codes: Codes, year: int, sheet: str | None = None) -> None:
        self.file, self.dataset, self.codes, self.year = file, dataset.form(year), codes, year
        names = Names(self.dataset, codes)
        self.view, self.layout = header.locate(_views(file, sheet), names)
        try:
            self.notes = header.check(self.layout, names, year)
        except UnreadableError:
            if file.doubt and not self.layout.uses:
                raise UnreadableError(file.doubt) from None
            raise
        above = list(islice(self.view.rows(), self.layout.start))
        self._take_units(above)
        self.figures = self._figures()
        for row in above:
            self._is_unit_row(row)
        self.repeated = [_titles(row) for row in (*above, *self.layout.head)]
        self.subtotals = {*codes.subtotals}
        self.rows_in = 0
        self.ours = [view.sheet for view in file.views] == list(FORM_SHEETS)
        """An empty form of ours, filled in: the title, the guide and the line for signatures are no news."""
        if above and not self.ours:
            words = f"表头在第{self.layout.line}行，其上的标题行未作数据"
            self.notes.append(_left_out("title_rows", words, self.layout.line))
        self.notes += _hidden(self.view)
        self.notes += [] if self.ours else _other_sheets(file, self.view.sheet)

    def chunks(self, size: int = CHUNK) -> Iterator[list[Row]]:
        """Rows of data; `rows_in` and `notes` are whole when the last chunk has been taken."""
        data = self._data()
        while chunk := list(islice(data, size)):
            self.rows_in += len(chunk)
            yield chunk
        self.notes += [
            _converted(position, conversion, self.layout) for position, conversion in self.conversions.items()
            if conversion.factor != 1
        ]  # fmt: skip
        if not self.rows_in:
            problem = "只有表头，没有数据行"
            line = self.layout.line
            raise UnreadableError(Defect("empty", "至少一行数据", "请填报数据后重新报送", problem, line))

    def _take_units(self, above: Sequence[Row]) -> None:
        """Units that the header and the lines above it state; one that nobody knows is said."""
        stated = header.general_units(above)
        known = [unit for _, unit in stated if self.codes.is_unit(unit)]
        self.general = known
        self.conversions: dict[int, Conversion] = header.conversions(self.layout, known, self.dataset, self.codes)
        for line, unit in stated:
            if unit not in known:
                problem = f"第{line}行注明的计量单位“{unit}”无法识别，数据按报表规定的计量单位使用"
                self.notes.append(Defect("unit_unknown", "报表规定的计量单位", "请核对数据的计量单位", problem, line,
                                         value=unit, severity="warning"))  # fmt: skip

    def _data(self) -> Iterator[Row]:
        """The rows below the header, without unit rows, repeated headers, footers and empty rows."""
        layout, dressing = self.layout, _Dressing()
        blank = [p for p, words in enumerate(layout.titles) if not even(words)]
        nameless: dict[int, int] = {}
        begun = below = False
        for row in islice(self.view.rows(), layout.start + len(layout.head), None):
            # Most rows begin with a year or a code and are data.
            if (
                not begun
                or below
                or not row.cells
                or not row.cells[0].isdigit()
                or not self.subtotals.isdisjoint(row.cells)
            ):
                filled = [text for text in map(even, row.cells) if text]
                if not filled:
                    continue
                if kind := self._dress(row, filled, begun, below):
                    below = below or kind == "footer"
                    dressing.note(kind, row.line)
                    continue
            begun = True
            for position in blank:
                if position not in nameless and even(cell(row, position)):
                    nameless[position] = row.line
            yield self._unmerged(row) if self.view.merged else row
        self.notes += [] if self.ours else dressing.defects()
        self.notes += [_nameless(position, line, layout) for position, line in sorted(nameless.items())]

    def _unmerged(self, row: Row) -> Row:
        """A figure in a merged area belongs to nobody knows which of its rows and columns: it is no figure."""
        if not any((row.line, position + 1) in self.view.merged for position in self.figures):
            return row
        cells = [
            f"{text}（合并单元格）" if text and p in self.figures and (row.line, p + 1) in self.view.merged else text
            for p, text in enumerate(row.cells)
        ]
        return Row(row.line, cells)

    def _dress(self, row: Row, filled: Sequence[str], begun: bool, below: bool) -> str:
        """What a row is that is no data; empty for data."""
        if _titles(row) in self.repeated:
            return "repeated_header"
        if not begun and self._is_unit_row(row):
            return "unit_row"
        if not begun and len(filled) > 1 and all(NUMBERING.fullmatch(text) for text in filled):
            return "numbering"
        if not self.subtotals.isdisjoint(filled):
            return "subtotal"
        if self._is_footer(filled[0]):
            self._warn_of_unit(row, filled)
            return "footer"
        only = len(set(filled)) == 1
        figures = any(cell(row, position).strip() for position in self.figures)
        if only and self.figures and (not figures or len(filled) > 1) and not re.match("(19|20)[0-9]{2}", filled[0]):
            return "footer" if below else "heading"
        return ""

    def _is_footer(self, first: str) -> bool:
        """注：…, 制表人：…, 注1.…; 负责人数 is none."""
        word = next((word for word in self.codes.footers if first.startswith(word)), None)
        rest = first.removeprefix(word).lstrip() if word else ""
        return word is not None and (not rest or rest[0] in ":.、" or bool(re.match("[0-9]+[.、:]", rest)))

    def _warn_of_unit(self, row: Row, filled: Sequence[str]) -> None:
        """A note below the table that states a unit comes too late to be taken without a word."""
        text = "".join(dict.fromkeys(filled))
        if (found := re.search("计量单位[为是:]*(.{1,4})", text)) and self.codes.is_unit(found[1].strip("。.")):
            problem = f"第{row.line}行说明计量单位是“{found[1]}”，数据按报表规定的计量单位使用"
            self.notes.append(Defect("unit_unknown", "报表规定的计量单位", "请核对数据的计量单位，在列名中注明", problem,
                                     row.line, value=text, severity="warning"))  # fmt: skip

    def _figures(self) -> Mapping[int, str]:
        """Position of every column of figures → its unit as agreed."""
        columns = self.dataset.columns
        figures = {*self.dataset.measures.values(), self.dataset.roles.get("value"), header.VALUE}
        return {
            use.position: str(columns[use.match.header].unit) if use.match.header in columns else ""
            for use in self.layout.uses
            if use.match.header in figures
        }

    def _is_unit_row(self, row: Row) -> bool:
        """人 人 % below the header, where no row of data has come yet; what it states is the columns' unit."""
        figures = self.figures
        stated = {p: word for p in figures if (word := even(cell(row, p)).strip("()").removeprefix("单位:"))}
        if not stated or not all(self.codes.is_unit(word) or word in figures.values() for word in stated.values()):
            return False
        for position, word in stated.items():
            if agreed := figures[position]:
                printed = self.layout.titles[position]
                self.conversions[position] = header.convert(word, agreed, printed, row.line, position, self.codes)
        return True


def read(path: Path, dataset: Dataset, codes: Codes, year: int, sheet: str | None = None) -> Table:
    return Table(open_file(path), dataset, codes, year, sheet)


def _views(file: File, sheet: str | None) -> Sequence[View]:
    views = [view for view in file.views if not sheet or view.sheet == sheet]
    if not views:
        there = "、".join(f"“{view.sheet}”" for view in file.views)
        problem = f"登记的工作表“{sheet}”不在文件中，文件中有{there}"
        raise UnreadableError(Defect("worksheets", "登记的工作表在文件中", "请改正登记的工作表名", problem))
    return views


def _titles(row: Row) -> list[str]:
    return [words for words in map(title, row.cells) if words]


def _hidden(view: View) -> Iterator[Defect]:
    """What the sender does not see is asked about, and what stands beside the cells is told.

    Raises `UnreadableError` for a hidden worksheet: nobody knows whether it was meant to be sent.
    """
    if not view.visible:
        problem = f"工作表“{view.sheet}”是隐藏的，报送人看不到，数据未使用"
        cure = "请确认数据：应当报送的取消隐藏，不应报送的删去该工作表，再重新报送"
        raise UnreadableError(Defect("hidden_sheet", "数据在看得见的工作表内", cure, problem))
    cure = "请确认这些数据应当报送：应当报送的取消隐藏或筛选，不应报送的删去，再重新报送"
    if view.hidden:
        listed = "、".join(map(str, view.hidden[:DETAILS])) + ("等" if view.hidden[DETAILS:] else "")
        problem = f"第{listed}行（共{len(view.hidden)}行）在工作表中是隐藏的或被筛选掉的，报送人看不到，已一并读取"
        yield Defect("hidden_rows", "看得见的行", cure, problem, view.hidden[0], severity="warning")
    if view.hidden_columns:
        listed = "、".join(view.hidden_columns[:DETAILS]) + ("等" if view.hidden_columns[DETAILS:] else "")
        problem = f"{listed}列在工作表中是隐藏的，报送人看不到，已一并读取"
        yield Defect("hidden_columns", "看得见的列", cure, problem, severity="warning")
    yield from view.remarks


class _Dressing:
    """What stood around the data, by kind."""

    def __init__(self) -> None:
        self.lines: dict[str, list[int]] = {}

    def note(self, kind: str, line: int) -> None:
        self.lines.setdefault(kind, []).append(line)

    def defects(self) -> Iterator[Defect]:
        for rule, lines in self.lines.items():
            words = DRESSING[rule]
            for line in lines[:DETAILS]:
                yield _left_out(rule, f"第{line}行{words}，未作数据", line)
            if more := lines[DETAILS:]:
                yield _left_out(rule, f"第{more[0]}行起另有{len(more)}行{words}，未作数据", more[0])


def _left_out(rule: str, problem: str, line: int | None = None) -> Defect:
    return Defect(rule, "只有表头和数据的表", "不影响使用；下次可直接使用空白报表", problem, line, severity="info")


def _nameless(position: int, line: int, layout: Layout) -> Defect:
    problem = f"第{position + 1}列没有列名但有内容（如第{line}行），该列未使用"
    return Defect("unknown_column", "每列都有列名", "请补上列名或删去该列", problem, layout.line, severity="warning",
                  position=position + 1)  # fmt: skip


def _converted(position: int, conversion: Conversion, layout: Layout) -> Defect:
    unit, agreed, factor = conversion
    problem = f"“{layout.titles[position]}”列注明的计量单位是“{unit}”，已按1{unit}={factor.normalize():f}{agreed}换算"
    return Defect("unit_converted", f"计量单位“{agreed}”", f"不影响使用；下次请直接按“{agreed}”填报", problem,
                  layout.line, layout.titles[position], unit, "info", position + 1)  # fmt: skip


def _other_sheets(file: File, used: str) -> Iterator[Defect]:
    """Worksheets besides the one that is used: said, so that nobody believes their figures were taken."""
    if not used:
        return
    for view in file.views:
        if view.sheet != used and next(view.rows(), None) is not None:
            seen = "" if view.visible else "隐藏的"
            yield _left_out("other_sheet", f"{seen}工作表“{view.sheet}”没有本报表的表头，未作数据")

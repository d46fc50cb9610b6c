"""Reads one delivered file as the rows of a dataset; what stands around the data is noted and never lost silently."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from expectations.records import Codes, Dataset
from flows import wording
from flows.files import Defect, File, TextRow, TextRows, UnreadableError, View, cell, describe, is_ours, open_file
from flows.files.texts import Gathered, Texts
from flows.ingest import header
from flows.ingest.header import Conversion, Layout, Names, Use
from flows.ingest.surroundings import ABOUT, APART, SHORT, TABLE, Surrounding, Surroundings, words_of
from flows.ingest.writing import bracketed, even, marked, title
from flows.wording import say

if TYPE_CHECKING:
    from flows.files.plain import PlainRows

CHUNK = 50_000
"""The number of rows in memory at a time."""
DETAILS = 20
"""The number of lines of one kind that are named one by one."""
FEW = 5
"""The number of values of one kind that are named one by one."""
WORDS = frozenset({"note", "text", "source", "agreement", "value_unit"})
"""Roles of columns that say something of a row and not what it is of."""
SUBTOTAL = ("小计", "分计", "汇总", *(f"{kind}{word}" for kind in ("街道", "镇", "乡") for word in ("合计", "总计")))
FIGURE_LIKE = re.compile(r"(?!.*[月季年])[-+(▲△]?[0-9][0-9,. \xa0]*\)?\s*\D{0,4}|[-–—/]+")
DAY = re.compile(r"(?:19|20)[0-9]{2}[年./-][0-9]{1,2}[月./-][0-9]{1,2}日?")
NUMBERING = re.compile(r"[甲乙丙丁戊己庚辛壬癸]|\(?[0-9]{1,2}\)?")


class Chunk(NamedTuple):
    """Rows of data, column by column."""

    lines: Sequence[int]
    cells: Sequence[int]
    """How many cells each row has."""
    surplus: Mapping[int, list[str]]
    """Number of a row in this chunk, from 0 → its cells beyond the header."""
    columns: Mapping[int, Texts]
    """The texts of each column that is used, by its position; empty where a row is too short."""


class _Gathering:
    """Makes a chunk of rows."""

    def __init__(self, positions: Iterable[int], width: int) -> None:
        """`positions` are the columns that are used, `width` is how many columns the header has."""
        self.width = width
        self.lines: list[int] = []
        self.cells: list[int] = []
        self.surplus: dict[int, list[str]] = {}
        self.columns = {position: Gathered() for position in positions}

    def add(self, block: TextRows) -> None:
        cells, rows = [*map(len, block.rows)], block.rows
        if max(cells, default=0) > self.width:
            start = len(self.lines)
            self.surplus |= {start + n: row[self.width :] for n, row in enumerate(rows) if len(row) > self.width}
            rows = [row[: self.width] for row in rows]
        self.lines += block.lines
        self.cells += cells
        columns = [*zip_longest(*rows, fillvalue="")]
        nothing = ("",) * len(cells)
        for position, gathered in self.columns.items():
            gathered.add(columns[position] if position < len(columns) else nothing)

    def chunk(self) -> Chunk:
        columns = {position: gathered.column() for position, gathered in self.columns.items()}
        return Chunk(self.lines, self.cells, self.surplus, columns)


class DeliveredTable:
    """A file as one dataset: the header is read at once, the rows chunk by chunk.

    Raises `UnreadableError` if nothing can be used. For a text file this may come only after some of its rows.
    """

    def __init__(
        self,
        file: File,
        dataset: Dataset,
        codes: Codes,
        year: int,
        sheet: str | None = None,
        places: Iterable[str] = (),
    ) -> None:
        """`places` are the names of the district that the title may have."""
        self.file, self.dataset, self.codes, self.year = file, dataset.form(year), codes, year
        self.names = names = Names(self.dataset, codes)
        self.view, self.layout = header.locate(_views(file, sheet), names, year)
        try:
            self.notes = header.check(self.layout, names, year)
        except UnreadableError:
            if file.doubt and not self.layout.uses:
                raise UnreadableError(file.doubt) from None
            raise
        self.around = Surroundings(self.dataset, codes, year, places)
        above = list(islice(self.view.rows(), self.layout.start))
        self.figures = self._figures()
        self._take_units(above)
        told = {s.line for s in header.general_units(above, codes) if s.known and s.plain}
        for row in above:
            if row.line not in told and (stated := self._stated(row)):
                self._take_unit_row(row, stated, above=True)
        self.repeated = [_titles(row) for row in (*above, *self.layout.head)]
        self.rows_in = 0
        self.ours = is_ours([view.sheet for view in file.views])
        """An empty form of ours, filled in: the title, the guide and the line for signatures are no news."""
        if above and not self.ours and not _saved_form(above):
            self.notes.append(describe("title_rows", line=self.layout.line, severity="info"))
        self._ask_around(above)
        strays = [p for p in header.strays(self.layout, names) if p != self.layout.unit_column]
        self.remarks = _Remarks(self.layout, strays, self.around)
        self.below: dict[int, str] = {}
        """Notes around the data, by line."""
        self.late: dict[str, int] = {}
        """Units that stand below the figures, and their lines: they may be meant for rows that state none."""
        self.notes += _hidden(self.view)
        self.notes += [] if self.ours else _other_sheets(file, self.view.sheet, names)

    def chunks(self, size: int = CHUNK) -> Iterator[Chunk]:
        """The rows of data, about `size` at a time. `rows_in` and `notes` are complete when the last chunk has been taken."""
        used, width = [use.position for use in self.layout.uses], self.layout.width
        some = _Gathering(used, width)
        for block in self._data():
            self.rows_in += len(block.lines)
            if isinstance(block, TextRows):
                some.add(block)
            if some.lines and (len(some.lines) >= size or not isinstance(block, TextRows)):
                yield some.chunk()
                some = _Gathering(used, width)
            if not isinstance(block, TextRows):
                columns = {position: block.texts[position] for position in used}
                yield Chunk(block.lines, [width] * len(block.lines), {}, columns)
        if some.lines:
            yield some.chunk()
        converted = {p: c for p, c in self.conversions.items() if c.factor != 1}
        general = Counter(c.unit for c in converted.values() if c.general)
        self.notes += [
            # One unit for several columns, or stated where titles stand: was it meant for this one too?
            _converted(p, c, self.layout, c.general and (general[c.unit] > 1 or not self.plainly))
            for p, c in converted.items()
        ]
        self.notes += self.remarks.defects(self.rows_in)
        self.notes += self._footnotes()
        self.notes += self._unlike_units()
        if not self.rows_in:
            if sums := [note.line for note in self.notes if note.rule == "subtotal"]:
                raise UnreadableError(describe("empty/subtotals", line=sums[0]))
            raise UnreadableError(describe("empty/no_rows", line=self.layout.line))

    # --- what the words around the table say --------------------------------------------------------------------------

    def _ask_around(self, above: Sequence[TextRow]) -> None:
        """Ask about a title, a worksheet's name or a group of columns that gives the figures another meaning."""
        for row in above:
            if words := words_of(row.cells):
                is_part = any(
                    self.around.senses(name, "group", of_all=False) != self.around.senses(name, "group")
                    for name in self._over_some(row)
                )
                senses = self.around.senses(words, "title", of_all=not is_part)
                where = say("messages/where/line", line=row.line)
                self.notes += self.around.ask(words, where, "title", row.line, senses=senses)
        if self.view.sheet and not self.ours:
            self.notes += self.around.ask(self.view.sheet, say("messages/where/sheet"), "title")
        self._ask_of_years()
        asked: set[str] = set()
        figures = [use for use in self.layout.uses if use.match.header in self.names.figures]
        for use in figures:
            for words in use.group:
                if words in asked:
                    continue
                asked.add(words)
                is_over_all = all(words in other.group for other in figures)
                senses = self.around.senses(words, "group", of_all=is_over_all)
                where = say("messages/where/above", line=self.layout.line, column=use.printed)
                found = list(self.around.ask(words, where, "group", self.layout.line, use.position + 1, senses=senses))
                if not found and not self.around.is_known(words):
                    names_table = is_over_all and title(words).endswith(self.codes.plain)
                    found = [_unknown_group(words, use, self.layout, "info" if names_table else "warning")]
                self.notes += found

    def _ask_of_years(self) -> None:
        """Ask about a year in the title of a column that has no figures. Over their names or units (指标（2023年）) it may be the year
        of the figures, unless these say themselves that they are of the data year; over places and years it may be that
        of a list of codes (地区代码（2020年）), and sends nothing back.
        """
        uses, roles = self.layout.uses, self.dataset.roles
        of_data_year = any(use.match.year == str(self.year) for use in uses if use.match.header in self.names.figures)
        naming = {header.ITEM, header.ITEM_UNIT, roles.get("indicator"), roles.get("value_unit")}
        for use in uses:
            bracket = bracketed(title(use.printed))[1]
            if use.match.header not in self.names.figures and header.YEAR.fullmatch(bracket):
                where, senses = say("messages/where/line", line=self.layout.line), self.around.senses(bracket, "title")
                certain, at = use.match.header in naming and not of_data_year, (self.layout.line, use.position + 1)
                self.notes += self.around.ask(use.printed, where, "title", *at, certain=certain, senses=senses)

    def _over_some(self, row: TextRow) -> Iterator[str]:
        """The short texts of a row above the header that begin over a figure and do not cover all of them: names of groups that the
        header could do without. A text with a colon (口径：…) is about the table, as is one that says how it was counted, and one
        beside a title.
        """
        beside = (title(cell(row, position)) for position in range(min(self.figures, default=0)))
        if any(TABLE.search(words) for words in beside):
            return
        over: dict[int, str] = {}
        for position in range(self.layout.width):
            over[position] = even(cell(row, position)) or over.get(position - 1, "")
        names = {over[position] for position in self.figures}
        for name in names if len(names) > 1 else ():
            first = next(position for position in over if over[position] == name)
            if name and first in self.figures and len(name) <= SHORT and not ABOUT.search(name):
                yield name

    # --- units --------------------------------------------------------------------------------------------------------

    def _take_units(self, above: Sequence[TextRow]) -> None:
        """Read the units in the header and in the lines above it. A unit that nobody knows is reported."""
        named = [TextRow(0, [self.view.sheet])] if self.view.sheet else []
        stated = header.general_units([*named, *above], self.codes)
        stated = [s for s in stated if s.known or s.line]
        self.general = list(dict.fromkeys(s.unit for s in stated if s.known))
        self.plainly = all(s.plain and s.line for s in stated if s.known)
        """单位：百人, as forms state it; otherwise it is asked whether the conversion was meant."""
        self.headed = {use.position: use.unit for use in self.layout.uses if self.codes.is_unit(use.unit)}
        """Column position → the unit in its header, or in a row of units under or over it."""
        self.conversions: dict[int, Conversion] = header.conversions(
            self.layout, self.general, self.dataset, self.codes
        )
        for line, unit, known, _ in stated:
            if not known:
                self.notes.append(describe("unit_unknown/word", line=line, value=unit, severity="warning"))
            elif self._fits_nothing(unit):
                where = say("messages/where/line", line=line) if line else say("messages/where/sheet")
                self.notes.append(self._unfit(where, unit, line or None, alone=len(self.general) == 1))

    def _fits_nothing(self, unit: str) -> bool:
        """Report a unit that measures something other than every column below it: 户 over columns of 人."""
        agreed = [own for own in self.figures.values() if own]
        return bool(agreed) and all(self.codes.loosely(unit, own) is None for own in agreed)

    def _unfit(self, where: str, unit: str, line: int | None, alone: bool) -> Defect:
        agreed = "、".join(f"“{own}”" for own in dict.fromkeys(filter(None, self.figures.values())))
        return describe(
            "unit_unknown/unfit",
            line=line,
            value=unit,
            severity="critical" if alone else "warning",
            where=where,
            agreed=agreed,
        )

    def _stated(self, row: TextRow) -> dict[int, str]:
        """A row of units (人 人 %) over or under the columns of figures: position → unit; empty if it holds anything
        else.
        """
        stated = {p: word for p in self.figures if (word := even(cell(row, p)).strip("()").removeprefix("单位:"))}
        known = all(self.codes.is_unit(word) or word in self.figures.values() for word in stated.values())
        return stated if known else {}

    def _take_unit_row(self, row: TextRow, stated: Mapping[int, str], above: bool) -> None:
        agreed = {p: unit for p, unit in self.figures.items() if unit}
        if above and 0 < len(stated) < len(agreed):
            # One unit above several columns: for which of them?
            for position, word in stated.items():
                factor = self.codes.loosely(word, agreed[position]) if position in agreed else Decimal(1)
                if factor != 1:
                    printed, own = self.layout.titles[position], agreed[position]
                    told = describe("unit/which", line=row.line, value=word, printed=printed, agreed=own)
                    raise UnreadableError(told)
            return
        self.headed |= stated
        for position, word in stated.items():
            # ready-made figures are converted row by row, each to the unit of its indicator
            if position in agreed and not self.dataset.ready_made:
                printed = self.layout.titles[position]
                self.conversions[position] = header.convert(
                    word, agreed[position], printed, row.line, position, self.codes
                )

    def _late_units(self, row: TextRow) -> None:
        """A unit stated below the table, or between its rows, is the unit of the figures that were read before it as
        well.
        """
        for line, unit, known, _ in header.general_units([row], self.codes):
            told = [
                self.layout.titles[p]
                for p, agreed in self.figures.items()
                if known and agreed and p not in self.conversions and self.codes.loosely(unit, agreed) not in (None, 1)
            ]
            if known and self._fits_nothing(unit):
                where = say("messages/where/below", line=line)
                self.notes.append(self._unfit(where, unit, line, alone=True))
            if told:
                listed = "、".join(f"“{words}”" for words in told[:DETAILS])
                self.notes.append(
                    describe("unit_below", line=line, value=words_of(row.cells), unit=unit, listed=listed)
                )
            elif known:
                self.late[unit] = line

    def _unlike_units(self) -> Iterator[Defect]:
        """A column of units in a table with one column for each figure: it repeats the form's units, or the figures are
        unusable.
        """
        position = self.layout.unit_column
        if position is None:
            return
        agreed = {unit for unit in self.figures.values() if unit}
        other = {
            unit: line
            for unit, line in self.remarks.units.items()
            if self.codes.is_unit(unit) and any(self.codes.loosely(unit, own) != 1 for own in agreed)
        }
        printed = self.layout.titles[position]
        if other:
            few = list(other.items())[:FEW]
            listed = "、".join(say("messages/where/quoted", words=unit, line=line) for unit, line in few)
            first, line = next(iter(other.items()))
            yield describe(
                "unit/column",
                line=line,
                column=printed,
                value=first,
                position=position + 1,
                listed=listed,
                agreed="、".join(f"“{unit}”" for unit in sorted(agreed)),
            )
        elif self.remarks.units:
            yield describe(
                "unit_column",
                line=self.layout.line,
                column=printed,
                severity="info",
                position=position + 1,
                printed=printed,
            )

    def _footnotes(self) -> Iterator[Defect]:
        """A mark after a column's name points to a note. The note may say what the figures leave out."""
        for use in self.layout.uses:
            if not (mark := marked(title(use.printed))) or use.position not in self.figures:
                continue
            digits = mark.translate(str.maketrans("①②③④⑤⑥⑦⑧⑨⑩¹²³⁴⁵⁶⁷⁸⁹⁰", "12345678911234567890"))
            note = next(((n, t) for n, t in self.below.items() if even(t).startswith((mark, digits))), None)
            found = (
                say("messages/note/found", line=note[0], words=note[1][:60]) if note else say("messages/note/absent")
            )
            yield describe(
                "footnote",
                line=self.layout.line,
                column=use.printed,
                value=mark,
                severity="warning",
                position=use.position + 1,
                mark=mark,
                found=found,
            )

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _data(self) -> Iterator[TextRows | PlainRows]:
        """The rows below the header, without unit rows, repeated headers, footers and empty rows."""
        layout, dressing = self.layout, _Dressing()
        nameless = _Nameless(layout)
        above = layout.start + len(layout.head)
        begun = below = over = False
        for block in self.view.blocks():
            if not isinstance(block, TextRows) and begun and not below and self._are_plain(block):
                yield block
                continue
            lines, rows, above = block.lines[above:], block.rows[above:], max(above - len(block.lines), 0)
            if not begun or below or not self._are_data(rows):
                data: list[TextRow] = []
                for row in map(TextRow, lines, rows):
                    if not begun or below or not self._are_data([row.cells]):
                        filled = [text for text in map(even, row.cells) if text]
                        if not filled:
                            continue
                        if begun and self._is_other_header(row, filled):
                            self.notes.append(_second_table(row))
                            over = True
                            break
                        if not begun and self._is_second_line(row, filled):
                            raise UnreadableError(_second_line(row, self.layout))
                        if kind := self._dress(row, filled, begun, below):
                            below = below or kind == "footer"
                            dressing.note(kind, row.line)
                            continue
                    begun = True
                    data.append(row)
                lines, rows = [row.line for row in data], [row.cells for row in data]
            nameless.look_at(lines, rows)
            self.remarks.look_at(lines, rows)
            yield TextRows(lines, [*map(self._unmerged, lines, rows)] if self.view.merged else rows)
            if over:
                break
        self.notes += [] if self.ours else dressing.defects()
        self.notes += nameless.defects()

    def _are_data(self, rows: Sequence[list[str]]) -> bool:
        """Whether rows are data at first sight, as most are: each begins with a year or a code, and no cell sounds like a
        subtotal.
        """
        return all(cells and cells[0].isdigit() for cells in rows) and not self._is_subtotal(set().union(*rows))

    def _are_plain(self, block: PlainRows) -> bool:
        """Whether all rows of a block are data at first sight, and nothing but their cells has to be looked at."""
        if len(block.texts) != self.layout.width or self._are_remarked:
            return False
        words = (word for column in block.texts for word in column.words)
        return all(map(str.isdigit, block.texts[0].words)) and not self._is_subtotal(words)

    @cached_property
    def _are_remarked(self) -> bool:
        """Whether a column without a title, of words or of units is read beside the data."""
        has_title = all(map(even, self.layout.titles))
        return bool(self.remarks.texts) or self.layout.unit_column is not None or not has_title

    def _unmerged(self, line: int, cells: list[str]) -> list[str]:
        """A figure in a merged area belongs to several rows or columns at once, so it is no figure."""
        if not any((line, position + 1) in self.view.merged for position in self.figures):
            return cells
        return [
            say("messages/seen/merged", text=text)
            if text and p in self.figures and (line, p + 1) in self.view.merged
            else text
            for p, text in enumerate(cells)
        ]

    def _dress(self, row: TextRow, filled: Sequence[str], begun: bool, below: bool) -> str:
        """What a row is, if it is no data; empty for data."""
        if _titles(row) in self.repeated:
            return "repeated_header"
        if not begun and (stated := self._stated(row)):
            self._take_unit_row(row, stated, above=False)
            return "unit_row"
        if not begun and len(filled) > 1 and all(NUMBERING.fullmatch(text) for text in filled):
            return "numbering"
        if self._is_subtotal(even(cell(row, position)) for position in self.keys):
            return "subtotal"
        if self._is_footer(filled[0]) or self._is_dressing(row, filled):
            self._late_units(row)
            self.below[row.line] = words_of(row.cells)
            where = say("messages/where/line", line=row.line)
            self.notes += self.around.ask(words_of(row.cells), where, "note", row.line)
            return "footer" if below or begun else "heading"
        return ""

    def _is_subtotal(self, texts: Iterable[str]) -> bool:
        """Whether a row with these keys is a subtotal: 小计, or 西桥镇 汇总, as Excel writes it."""
        for text in texts:
            if text[-1:] in "计总" and text:
                words = title(text)
                if words in self.codes.subtotals or (words.endswith(SUBTOTAL) and words not in self.codes.whole):
                    return True
        return False

    def _is_footer(self, first: str) -> bool:
        """Whether a row is a footer: 注：…, 制表人：…, 注1.… are; 负责人数 is not."""
        word = next((word for word in self.codes.footers if first.startswith(word)), None)
        rest = first.removeprefix(word).lstrip() if word else ""
        return word is not None and (not rest or rest[0] in ":.、" or bool(re.match("[0-9]+[.、:]", rest)))

    def _is_dressing(self, row: TextRow, filled: Sequence[str]) -> bool:
        """Whether a row is words alone: no figure in a column of figures, and no year or place at its beginning."""
        if not self.figures:
            return False
        if any(FIGURE_LIKE.fullmatch(even(cell(row, position))) for position in self.figures):
            # The same text in all columns is a merged heading, unless it is a figure.
            return len(filled) > 1 and len(set(filled)) == 1 and not re.match("(19|20)[0-9]{2}", filled[0])
        if any(even(cell(row, position)) for position in self.figures) and not self._are_words(row):
            return False
        keys = [use.position for use in self.layout.uses if use.position not in self.figures]
        named = [even(cell(row, position)) for position in keys if even(cell(row, position))]
        if len(set(filled)) == 1:
            # 2024;990201101;西桥镇;238;1 in a file of commas is a row of data, written otherwise.
            return not re.match("(19|20)[0-9]{2}(年度?)?([;,|\t].*[;,|\t].*)?$", filled[0])
        year = next((u.position for u in self.layout.uses if u.match.header == self.layout.year_header), None)
        return (
            year is not None
            and not re.search("[0-9]{2}", even(cell(row, year)))
            and not any(re.fullmatch("[0-9]{6,12}", text) or title(text) in self.codes.whole for text in named)
        )

    def _is_second_line(self, row: TextRow, filled: Sequence[str]) -> bool:
        """Whether a row qualifies the names above it: 12月 and 1—12月 under 活产数."""
        if len(filled) < 2 or not self.figures or _titles(row) in self.repeated or self._stated(row):
            return False
        keys = [use.position for use in self.layout.uses if use.position not in self.figures]
        under = [text for position in self.figures if (text := even(cell(row, position)))]
        return (
            bool(under)
            and not any(even(cell(row, position)) for position in keys)
            and not any(FIGURE_LIKE.fullmatch(text) or NUMBERING.fullmatch(text) or ":" in text for text in under)
            and not any(DAY.fullmatch(text) for text in under)
        )

    def _are_words(self, row: TextRow) -> bool:
        """Whether the columns of figures hold a signature or a day, and not a figure that was written badly."""
        texts = [even(cell(row, position)) for position in self.figures]
        return all(
            not text or self._is_footer(text) or DAY.fullmatch(text) or not re.search("[0-9]", text) for text in texts
        )

    def _is_other_header(self, row: TextRow, filled: Sequence[str]) -> bool:
        """Whether a row is the header of another table on the same sheet: names of columns, one of them ours, and no
        figure.
        """
        if len(filled) < 2 or _titles(row) in self.repeated or any(re.search("[0-9]{3}|:", text) for text in filled):
            return False
        return any(
            (found := self.names.match([text])) and found.match.header in self.names.dataset.roles.values()
            for text in filled
        )

    @cached_property
    def keys(self) -> Sequence[int]:
        """The columns that say what a row is of, and those without a title, in which a sum may be named. What a remark or a
        text says (学校汇总) is of one figure.
        """
        words = {name for name, column in self.dataset.columns.items() if column.role in WORDS}
        words |= {header.ITEM_UNIT, *self.names.figures}
        named = {use.position for use in self.layout.uses if use.match.header not in words}
        return sorted(named | {p for p, printed in enumerate(self.layout.titles) if not even(printed)})

    def _figures(self) -> Mapping[int, str]:
        """Position of each column of figures → its agreed unit; empty where each row has a unit of its own."""
        columns = self.dataset.columns
        return {
            use.position: (columns[use.match.header].unit or "") if use.match.header in columns else ""
            for use in self.layout.uses
            if use.match.header in self.names.figures
        }


def read(
    path: Path, dataset: Dataset, codes: Codes, year: int, sheet: str | None = None, places: Iterable[str] = ()
) -> DeliveredTable:
    return DeliveredTable(open_file(path), dataset, codes, year, sheet, places)


def _views(file: File, sheet: str | None) -> Sequence[View]:
    views = [view for view in file.views if not sheet or view.sheet == sheet]
    if not views:
        there = "、".join(f"“{view.sheet}”" for view in file.views)
        raise UnreadableError(describe("worksheets/absent", sheet=sheet, there=there))
    return views


def _titles(row: TextRow) -> list[str]:
    return [words for words in map(title, row.cells) if words]


def _hidden(view: View) -> Iterator[Defect]:
    """Ask about what the sender does not see, and report what stands beside the cells.

    Raises `UnreadableError` for a hidden worksheet: nobody knows whether it was meant to be sent.
    """
    if not view.visible:
        raise UnreadableError(describe("hidden_sheet", sheet=view.sheet))
    if view.hidden:
        listed = _some(list(map(str, view.hidden)))
        number = len(view.hidden)
        yield describe("hidden_rows", line=view.hidden[0], severity="warning", listed=listed, number=number)
    if view.hidden_columns:
        listed = _some(view.hidden_columns)
        yield describe("hidden_columns", severity="warning", listed=listed)
    yield from view.remarks


def _some(names: Sequence[str]) -> str:
    """The first of them, and whether there are more."""
    listed = "、".join(names[:DETAILS])
    return say("messages/some", listed=listed) if names[DETAILS:] else listed


class _Dressing:
    """Collects what stands around the data, by kind."""

    def __init__(self) -> None:
        self.lines: dict[str, list[int]] = {}

    def note(self, kind: str, line: int) -> None:
        self.lines.setdefault(kind, []).append(line)

    def defects(self) -> Iterator[Defect]:
        for rule, lines in self.lines.items():
            for line in lines[:DETAILS]:
                yield describe(rule, line=line, severity="info", lines=say("messages/where/line", line=line))
            if more := lines[DETAILS:]:
                where = say("messages/where/more_lines", line=more[0], number=len(more))
                yield describe(rule, line=more[0], severity="info", lines=where)


def _counts(texts: Sequence[str]) -> bool:
    """Whether a column counts 0, 1, 2 …: then a program has numbered the rows."""
    return all(text.isdigit() for text in texts) and [int(t) for t in texts] in (
        list(range(len(texts))),
        list(range(1, len(texts) + 1)),
    )


class _Nameless:
    """Looks at the columns that have no title: whether anything stands in them, and whether it only numbers the rows."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.texts: dict[int, list[str]] = {p: [] for p, words in enumerate(layout.titles) if not even(words)}
        self.first: dict[int, int] = {}
        """Position → the first line with a text."""

    def look_at(self, lines: Sequence[int], rows: Sequence[list[str]]) -> None:
        for position, texts in self.texts.items():
            for line, text in _column(position, lines, rows) if len(texts) < MOST else ():
                if (words := even(text)) and len(texts) < MOST:
                    texts.append(words)
                    self.first.setdefault(position, line)

    def defects(self) -> Iterator[Defect]:
        for position, line in sorted(self.first.items()):
            place: dict[str, Any] = {"line": self.layout.line, "position": position + 1}
            if _counts(self.texts[position]):
                yield describe("numbering_column/nameless", severity="info", **place)
            else:
                yield describe("unknown_column/nameless", severity="warning", first=line, **place)


def _column(position: int, lines: Sequence[int], rows: Sequence[list[str]]) -> list[tuple[int, str]]:
    """The texts of a column, with their lines; what is empty is left out."""
    return [
        (line, cells[position])
        for line, cells in zip(lines, rows, strict=True)
        if position < len(cells) and cells[position]
    ]


def _unknown_group(words: str, use: Use, layout: Layout, severity: Literal["warning", "info"]) -> Defect:
    """A group that covers all figures and ends like the name of a table (生命统计) is only reported."""
    return describe(
        "group_unknown",
        line=layout.line,
        column=use.printed,
        value=words,
        severity=severity,
        position=use.position + 1,
        words=words,
        header=use.match.header,
    )


def _saved_form(above: Sequence[TextRow]) -> bool:
    """Whether the line for signatures of our forms stands above a table: somebody has saved its worksheet as text."""
    labels = wording.read("letters")["form"]["signatures"]
    return any(all(label in "".join(row.cells) for label in labels) for row in above)


def _second_line(row: TextRow, layout: Layout) -> Defect:
    listed = "、".join(f"“{text}”" for text in dict.fromkeys(t for t in map(even, row.cells) if t))
    return describe("header_lines", line=row.line, listed=listed)


def _second_table(row: TextRow) -> Defect:
    listed = "、".join(f"“{text}”" for text in [t for t in map(even, row.cells) if t][:FEW])
    return describe("second_table", line=row.line, severity="warning", listed=listed)


class _Remarks:
    """Reads the columns of words beside the figures: remarks, columns that the form does not have, and the unit of each row."""

    def __init__(self, layout: Layout, strays: Iterable[int], around: Surroundings) -> None:
        self.layout, self.around = layout, around
        told = [p for p in strays if not around.is_of_sender(layout.titles[p])]
        self.texts: dict[int, Counter[str]] = {position: Counter() for position in (*layout.remarks, *told)}
        self.lines: dict[tuple[int, str], int] = {}
        self.units: dict[str, int] = {}
        """Unit → the first line that states it."""

    def look_at(self, lines: Sequence[int], rows: Sequence[list[str]]) -> None:
        if (position := self.layout.unit_column) is not None:
            for line, text in _column(position, lines, rows):
                if unit := title(text):
                    self.units.setdefault(unit, line)
        for position, texts in self.texts.items():
            for line, words in _column(position, lines, rows):
                if (text := even(words)) and (text in texts or len(texts) < MOST):
                    texts[text] += 1
                    self.lines.setdefault((position, text), line)

    def defects(self, rows: int) -> Iterator[Defect]:
        for position, texts in self.texts.items():
            printed = self.layout.titles[position]
            is_remark = position in self.layout.remarks
            for text, times in texts.items():
                kind: Surrounding = "note" if is_remark else "column"
                senses = self.around.senses(text, kind, printed)
                apart = not is_remark and {sense.what for sense in senses} <= APART
                if apart and times < rows:
                    continue  # it tells which people or places some of the rows are of (城区, 农村)
                certain = times * 2 >= rows and not self.around.is_of_place(printed, senses)
                line = self.lines[position, text]
                where = say("messages/where/of_column", line=line, column=printed)
                yield from self.around.ask(text, where, kind, line, position + 1, certain, senses)
            if texts and is_remark:
                line = min(line for (p, _), line in self.lines.items() if p == position)
                yield describe(
                    "remark", line=line, column=printed, severity="info", position=position + 1, printed=printed
                )


MOST = 200
"""The number of different remarks in one column that are read."""


def _converted(position: int, conversion: Conversion, layout: Layout, ask: bool) -> Defect:
    unit, agreed, factor, _ = conversion
    return describe(
        "unit_converted/asked" if ask else "unit_converted/stated",
        line=layout.line,
        column=layout.titles[position],
        value=unit,
        severity="warning" if ask else "info",
        position=position + 1,
        agreed=agreed,
        factor=factor.normalize(),
    )


def _other_sheets(file: File, used: str, names: Names) -> Iterator[Defect]:
    """Report the worksheets that are not used, so that nobody believes their figures were taken."""
    if not used:
        return
    for view in file.views:
        if view.sheet == used or next(view.rows(), None) is None:
            continue
        score, layout = header.best(header.Top(view), names)
        rival = (
            score >= names.whole and next(islice(view.rows(), layout.start + len(layout.head), None), None) is not None
        )
        if rival and not view.visible:
            yield describe("other_sheet/hidden", severity="warning", sheet=view.sheet, used=used)
            continue
        kind = "no_header" if score < names.whole else "other_year" if rival else "no_rows"
        which = say("messages/where/seen_sheet" if view.visible else "messages/where/unseen_sheet", sheet=view.sheet)
        yield describe(f"other_sheet/{kind}", severity="info", which=which)

"""Writes tables as one accessible workbook: contents, notes, and each table on its own sheet, with numbers as numbers.

It follows the Analysis Function's guidance on releasing statistics in spreadsheets: the title in A1, one marked-up
table a sheet, no merged, hidden or empty cells, words instead of symbols.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table as Marked
from openpyxl.worksheet.table import TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from expectations.vocabulary import NOT_IN_PRINT, Ending, Reason, Verdict
from flows.press.bound import Word
from flows.press.numbers import Figure
from flows.report.facts import Facts
from flows.wording import read, say
from flows.workbook import breadth, packed, put_text

if TYPE_CHECKING:
    from flows.report.write.table import Table

NARROW, WIDE = 8, 48
"""Least and greatest width of a column, in characters of half width."""
TITLE, LINK = Font(size=14, bold=True), Font(color="0563C1", underline="single")
WRAPPED, TOP = Alignment(wrap_text=True, vertical="top"), Alignment(vertical="top")
NONE = "—"
GROUNDS = {
    code: PatternFill("solid", fgColor=colour)
    for colour, codes in {
        "E2EFDA": ("met_early", "met_year", "met", "early", "carried_out"),
        "DDEBF7": ("on_course", "nearly", "in_progress"),
        "F8CBAD": ("behind", "away", "missed_year", "missed", "not_started", "no_statement"),
        "E7E6E6": ("unknown", "suppressed", "no_data", "not_asked"),
    }.items()
    for code in codes
}
"""The ground of a verdict's cell; black is legible on each, and in grey the marks tell them apart."""
WORDS: Mapping[str, Any] = read("labels")["workbook"]


def write(facts: Facts, title: str, tables: Sequence[Table], path: Path) -> None:
    """Write report.xlsx; the same tables give the same bytes."""
    book = Workbook()
    contents = book.active
    assert isinstance(contents, Worksheet)
    contents.title = WORDS["contents"]
    notes = WORDS["notes"]
    sheets = [(notes, WORDS["notes_about"], None), *((t.title, t.about, len(t.rows)) for t in tables)]
    listed = [[name, about, NONE if size is None else size] for name, about, size in sheets]
    place(contents, title, _about(facts), WORDS["listed"], listed)
    for cell in contents["A"][-len(listed) :]:
        link(cell, str(cell.value))
    place(book.create_sheet(notes), notes, [title], WORDS["explained"], _notes(facts))
    note = say("labels/workbook/sheet", title=title)
    for table in tables:
        place(book.create_sheet(table.title), table.about, [note], table.header, table.rows, table.pinned)
    for sheet in book.worksheets:
        _repeat(sheet, title, facts.edition.marks + (f"　{say('labels/simulated')}" if facts.edition.simulated else ""))
    _describe(book, facts, title)
    path.write_bytes(packed(book))


def place(
    sheet: Worksheet,
    title: str,
    notes: Sequence[str],
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    pinned: int = 0,
) -> None:
    """Write the title in A1, a line for each note, the link back to the contents, and the table, named
    like the sheet; its head and its `pinned` first columns stay in view.
    """
    put(sheet, 1, 1, title).font = TITLE
    for line, note in enumerate(notes, 2):
        put(sheet, line, 1, note)
    top = len(notes) + 2
    contents = WORDS["contents"]
    if sheet.title != contents:
        link(put(sheet, top, 1, say("labels/workbook/back", contents=contents)), contents)
        top += 1
    filled = list(rows) or [[WORDS["no_rows"], *[NONE] * (len(header) - 1)]]
    widths = [_width(h) for h in header]
    for column, word in enumerate(header, 1):
        put(sheet, top, column, word).alignment = WRAPPED
    for line, row in enumerate(filled, top + 1):
        cells = [put(sheet, line, column, value) for column, value in enumerate(row, 1)]
        sizes = [_width(cell.value) for cell in cells]
        widths = [max(pair) for pair in zip(widths, sizes, strict=True)]
        if max(sizes) > WIDE:
            for cell in cells:
                cell.alignment = WRAPPED if cell.data_type == "s" else TOP
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = min(max(width + 2, NARROW), WIDE)
    area = f"A{top}:{get_column_letter(len(header))}{top + len(filled)}"
    name = re.sub(r"\W+", "_", sheet.title).strip("_")  # the name of a table has no brackets: 分县（市、区）
    marked = Marked(displayName=name, name=name, ref=area)
    marked.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(marked)
    sheet.freeze_panes = f"{get_column_letter(pinned + 1)}{top + 1}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr = 0, PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{top}:{top}"


def link(cell: Cell, sheet: str) -> None:
    cell.hyperlink, cell.font = Hyperlink(ref=cell.coordinate, location=f"'{sheet}'!A1"), LINK


def put(sheet: Worksheet, row: int, column: int, value: object) -> Cell:
    """Write a number as a number with its printed decimals, and a text as text whatever its first letter; never an
    empty cell.
    """
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    if isinstance(value, Figure):
        number = value.text.replace("−", "-")
        if re.fullmatch(r"-?\d+(\.\d+)?", number):
            decimals = len(number.partition(".")[2])
            cell.value = float(number) if decimals else int(number)
            cell.number_format = f"0.{'0' * decimals}" if decimals else "0"
            return cell
        value = value.text
    if isinstance(value, int | float | date) and not isinstance(value, bool):
        cell.value = value
        if isinstance(value, date):
            cell.number_format = "yyyy-mm-dd"
        return cell
    cell = put_text(sheet, row, column, NONE if value is None or value == "" else str(value))
    if isinstance(value, Word):
        _show_verdict(cell, value)
    return cell


def _show_verdict(cell: Cell, word: Word) -> None:
    """Show a verdict with its mark and on the ground of its kind; the text of the cell stays as it is."""
    end = word.source.endswith("/outcome")
    codes: type[Verdict | Ending] = Ending if end else Verdict
    if not end and not word.source.endswith("/verdict"):
        return
    code = codes.of(word.sense)
    mark = code.sign if isinstance(code, Ending) else code.mark
    cell.fill, cell.number_format = GROUNDS[code], f'"{mark} "@'


def _repeat(sheet: Worksheet, title: str, marks: str) -> None:
    """What every page says when it is printed: title and marks at its head, and its number."""
    head, foot = sheet.oddHeader, sheet.oddFooter
    assert head is not None and head.left is not None and head.right is not None
    assert foot is not None and foot.center is not None
    head.left.text, head.right.text = (text.replace("&", "&&") for text in (title, marks))  # & begins a command
    foot.center.text = WORDS["page"]


def _width(value: object) -> int:
    """The width of a column in half-width characters: that of the longest line of a text."""
    return max(map(breadth, f"{value}".split("\n")))


def _about(facts: Facts) -> list[str]:
    edition = facts.edition
    dates = {"locked": edition.locked_words, "published": edition.published_words, "marks": edition.marks}
    lines = [
        say("labels/workbook/issuers", issuers="、".join(facts.catalog.district.issuers)),
        say("labels/workbook/year", year=facts.year),
        say("labels/workbook/dates", **dates),
    ]
    if edition.as_of:
        lines.append(edition.as_of_words)
    if edition.compiled:
        lines.append(say("labels/workbook/compiled", told=edition.compiled))
    return [*lines, say("labels/workbook/simulated", told=edition.note)] if edition.simulated else lines


def _notes(facts: Facts) -> list[tuple[str, str]]:
    """The meaning of every word and mark in the tables."""
    unused = {
        Reason.OK,
        *({Reason.NOT_RECEIVED} if facts.catalog.is_entered else NOT_IN_PRINT),
        *(set() if facts.is_unasked else {Reason.NOT_ASKED}),
        *(set() if facts.catalog.rolled else {Reason.NOT_SUMMED}),
    }
    notes = [
        (reason.word, say("labels/workbook/not_zero", meaning=reason.meaning))
        for reason in Reason
        if reason not in unused
    ]
    notes += [(f"{verdict.mark} {verdict.word}", WORDS["mark"]) for verdict in Verdict]
    notes += [(NONE, WORDS["none"]), *WORDS["terms"].items()]
    return [(say("labels/simulated"), facts.edition.note), *notes] if facts.edition.simulated else notes


def _describe(book: Workbook, facts: Facts, title: str) -> None:
    published = datetime.combine(facts.edition.published, time(9))
    known = book.properties
    known.title, known.language, known.creator = title, "zh-CN", "、".join(facts.catalog.district.issuers)
    known.subject = say("labels/workbook/subject", year=facts.year, plans=facts.named)
    known.keywords = say("labels/simulated") if facts.edition.simulated else None
    known.created = known.modified = published

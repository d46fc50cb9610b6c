"""整改台账: for each department a workbook with what its warnings ask for, and room for its answers, which come back as any
delivery does (flows/ingest/replies.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Literal

import duckdb
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from expectations.records import Catalog
from expectations.vocabulary import AnswerSheet, Redress
from flows import kept, ledger
from flows.answer import facts
from flows.ledger import ANSWERED, COLUMNS, LedgerEntry
from flows.letters import answered_in, contact
from flows.wording import day, read, say
from flows.workbook import breadth, packed, put_text

FOLDER = "ledger"
"""Where the workbooks stand in an edition."""
BODY, HEADING, TITLE = Font("宋体", 10.5), Font("黑体", 10.5), Font("黑体", 16)
THIN = Side("thin", color="8C8C8C")
GRID = Border(THIN, THIN, THIN, THIN)
LEFT, MIDDLE = (Alignment(side, "center", wrap_text=True) for side in ("left", "center"))
HEADER_TINT, FILL_TINT = PatternFill("solid", "DCE6F1"), PatternFill("solid", "FFF9DB")
OPEN = Protection(locked=False)
SIGNED, HEAD = 4, 5
"""The rows of the signatures and of the headings."""
SIGNED_AT = (4, 8, 10, 12)
"""The columns of the labels of who signs: each is wide enough, and so is the one behind it."""
CENTRED = {"number", "year", "plan", "clause", "kind", "level", "deadline", "until", "state"}
A3 = 8
TALLEST = 409.0
"""The greatest height of a row in a spreadsheet, in points."""


def write(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, folder: Path, on: date = date.max) -> list[Path]:
    """Write the workbook of every department that a warning of the year is about, with what it has answered up to a day."""
    grouped = ledger.departments(ledger.entries(con, catalog, year, on=on))
    title = facts.title(catalog, year)
    simulated = facts.simulated(con, year)
    written = []
    for department, entries in grouped.items():
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / answered_in(catalog.department(department), AnswerSheet.LEDGER, year)
        told = [[e.promise.id, e.name, e.year, e.row, e.published, repr(e.reply), e.failing] for e in entries]
        parts = {"letter": kept.digest([told, title, simulated]), "catalogue": catalog.digest}
        make = partial(_workbook, catalog, catalog.department(department), entries, title, simulated)
        path.write_bytes(_packed(path.name, parts, make))
        written.append(path)
    return written


def _packed(name: str, parts: kept.Parts, make: Callable[[], Workbook]) -> bytes:
    return kept.kept("ledger", name, lambda: parts, name, lambda: packed(make()))


def _say(text: str, **facts: object) -> str:
    return say(f"letters/ledger/{text}", **facts)


def _workbook(
    catalog: Catalog, department: str, entries: Sequence[LedgerEntry], report: str, simulated: bool
) -> Workbook:
    book, first = Workbook(), entries[0]
    made = datetime.combine(first.published, time(9))
    book.properties.created = book.properties.modified = made
    book.properties.creator = catalog.district.issuers[0]
    book.properties.title = _say("document", department=department, year=first.year)
    sheet = book.worksheets[0]
    sheet.title = AnswerSheet.LEDGER.word
    mark = say("letters/feedback/simulated") if simulated else ""
    _across(sheet, 1, _say("title", department=department, year=first.year), TITLE, 30)
    head = _say("head", district=catalog.district.issuers[0], date=day(first.published), simulated=mark)
    _across(sheet, 2, head, BODY, 18)
    told = _say("lead", title=report, number=len(entries), day=day(first.answer_due))
    _across(sheet, 3, told + contact(catalog), BODY, 36)
    _signatures(sheet)
    _entries(sheet, entries)
    _validate(sheet, entries)
    for offset, text in enumerate(_guide()):
        _across(sheet, HEAD + len(entries) + 2 + offset, text, BODY, 18)
    _page(sheet)
    sheet.protection.sheet = True  # no password: it guards against slips, not against people
    sheet.protection.formatColumns = sheet.protection.formatRows = False  # that is, allowed
    return book


def _guide() -> list[str]:
    states = "、".join(Redress.words().values())
    return [text.format(states=states) for text in read("letters")["ledger"]["guide"]]


def _across(sheet: Worksheet, row: int, text: str, font: Font, height: float) -> None:
    cell = put_text(sheet, row, 1, text)
    cell.font, cell.alignment = font, LEFT
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(COLUMNS))
    sheet.row_dimensions[row].height = height


def _signatures(sheet: Worksheet) -> None:
    """A name and an open cell for each who signs, above the headings; the reader finds them by the names."""
    for at, name in zip(SIGNED_AT, read("letters")["ledger"]["signed"].values(), strict=True):
        label = put_text(sheet, SIGNED, at, name)
        label.font, label.alignment = HEADING, Alignment("right", "center")
        cell = sheet.cell(SIGNED, at + 1)
        cell.fill, cell.border, cell.protection, cell.number_format = FILL_TINT, GRID, OPEN, "@"
        cell.alignment = MIDDLE
    sheet.row_dimensions[SIGNED].height = 22


def _entries(sheet: Worksheet, entries: Sequence[LedgerEntry]) -> None:
    for column, (heading, width) in enumerate(COLUMNS.values(), 1):
        cell = put_text(sheet, HEAD, column, heading)
        cell.font, cell.alignment, cell.border, cell.fill = HEADING, MIDDLE, GRID, HEADER_TINT
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.row_dimensions[HEAD].height = 24
    for offset, entry in enumerate(entries, 1):
        texts = {"number": str(offset), **ledger.told(entry)}
        for column, key in enumerate(COLUMNS, 1):
            cell = put_text(sheet, HEAD + offset, column, texts[key])
            cell.font, cell.border = BODY, GRID
            cell.alignment = MIDDLE if key in CENTRED else LEFT
            if key in ANSWERED:
                cell.protection, cell.fill, cell.number_format = OPEN, FILL_TINT, "@"
        lines = (-(-breadth(texts[key]) // (width - 2)) for key, (_, width) in COLUMNS.items())
        sheet.row_dimensions[HEAD + offset].height = min(max(32.0, 6 + 14.0 * max(lines)), TALLEST)
    sheet.freeze_panes = f"{_letter('kind')}{HEAD + 1}"
    sheet.print_title_rows = f"{HEAD}:{HEAD}"


def _letter(key: str) -> str:
    return get_column_letter([*COLUMNS].index(key) + 1)


def _validate(sheet: Worksheet, entries: Sequence[LedgerEntry]) -> None:
    """Rules for what may be typed, with what is wanted beside the cell."""
    last = HEAD + len(entries)
    states = [*Redress.words().values()]
    listed = f'"{",".join(states)}"'
    wanted = {"state": _say("wanted/state", states="、".join(states)),
              "until": _say("wanted/until", first=entries[0].published)}  # fmt: skip
    for key in ANSWERED:
        cells = f"{_letter(key)}{HEAD + 1}:{_letter(key)}{last}"
        asks = wanted.get(key, _say("wanted/text"))
        kind: Literal["list", "custom"] = "list" if key == "state" else "custom"
        first = f"{_letter(key)}{HEAD + 1}"
        least = {"until": f"LEN(TRIM({first}))>=5"}.get(key, f"LEN(TRIM({first}))>=4")
        rule = DataValidation(
            type=kind,
            formula1=listed if key == "state" else least,
            allow_blank=True,
            showErrorMessage=True,
            showInputMessage=True,
            errorStyle="stop",
            promptTitle=COLUMNS[key][0],
            prompt=asks,
            errorTitle=COLUMNS[key][0],
            error=_say("wanted/wrong", told=asks),
        )
        rule.add(cells)
        sheet.add_data_validation(rule)


def _page(sheet: Worksheet) -> None:
    """A3 across, as a 台账 is printed, as wide as the table."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(say("letters/form/foot")))

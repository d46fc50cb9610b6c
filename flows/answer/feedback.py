"""核查反馈单: what each department must mend or explain, as a workbook with its own cells marked, and as PDF."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path

import duckdb
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from expectations.records import Catalog
from flows import kept, ledger
from flows.files import TextRow, UnreadableError, open_file
from flows.files.characters import printable
from flows.letters import NONE, Finding, Letter, file_of, lead, letter_of
from flows.places import TEMPLATES
from flows.wording import day, read, say
from flows.workbook import Looks, breadth, packed, put_text

TINTS = {
    severity: PatternFill("solid", color)
    for severity, color in {"critical": "F8CBAD", "warning": "FFE699", "info": "D9E1F2"}.items()
}
ANSWER = 2
"""The last columns, for the answer and for the number by which it is found again: what is only checked is not answered."""
SHOWN = 5_000
"""The number of rows of a delivered file that are copied into the workbook."""


def write(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, raw: Path, folder: Path) -> list[Path]:
    """Write the workbook of every department that has something to mend or to explain; its sheet, which is printed with the
    report (flows/report/papers/departments.py), has the same in print. Who only owes a form has nothing to answer: the sheet asks for it.
    """
    written = []
    warned = ledger.departments(ledger.entries(con, catalog, year))
    for department in catalog.district.departments:
        letter = letter_of(con, catalog, year, department, warned=department in warned)
        if letter.open:
            written.append(_book(letter, raw / catalog.district.code, folder))
    return written


def write_one(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    year: int,
    department: str,
    raw: Path,
    folder: Path,
    on: date,
    waits: Mapping[tuple[str, str], str] = NONE,
) -> list[Path]:
    """Write the workbook and the PDF of one department, even if all its checks passed; `on` is the day on which its file came,
    `waits` the forms that came late, and what is said of each (`letter_of`).
    """
    letter = letter_of(con, catalog, year, department, on, waits=waits)
    book = _book(letter, raw / catalog.district.code, folder)
    return [book, _pdf(letter, book.with_suffix(".pdf"))]


def tried(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, department: str, raw: Path, folder: Path
) -> Path:
    """Write the workbook of a file that was only checked. It has no PDF, which is for passing round what was filed, and takes as long
    as all the rest.
    """
    return _book(letter_of(con, catalog, year, department, filed=False), raw / catalog.district.code, folder)


def _book(letter: Letter, raw: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / letter.workbook

    def parts() -> kept.Parts:
        files = dict.fromkeys(_located(raw, finding.file) for finding in letter.findings if finding.line)
        read = [[file.name, kept.digest(file.read_bytes())] for file in files if file.is_file()]
        return {"letter": kept.digest(repr(letter)), "figures": kept.digest(read)}

    path.write_bytes(kept.kept("feedback", path.name, parts, path.name, lambda: packed(_workbook(letter, raw))))
    return path


def _say(text: str, **facts: object) -> str:
    return say(f"letters/feedback/{text}", **facts)


def _columns() -> list[tuple[str, int]]:
    """The columns of the list of findings, with their widths in characters."""
    columns: list[tuple[str, int]] = read("letters")["feedback"]["columns"]
    return columns


# --- the workbook ----------------------------------------------------------------------------------------------------

BODY, HEADING, TITLE = Font("宋体", 10.5), Font("黑体", 10.5), Font("黑体", 16)
LINK = Font("宋体", 10.5, underline="single", color="1F4E9E")
THIN = Side("thin", color="8C8C8C")
GRID = Border(THIN, THIN, THIN, THIN)
LEFT = Alignment("left", "center", wrap_text=True)
MIDDLE = Alignment("center", "center", wrap_text=True)


def _workbook(letter: Letter, raw: Path) -> Workbook:
    book = Workbook()
    book.properties.created = book.properties.modified = datetime.combine(letter.on, time(9))
    book.properties.creator = letter.district
    book.properties.title = _say("document", department=letter.department, year=letter.year)
    sheet = book.worksheets[0]
    sheet.title = _say("name")
    copies = _copies(book, letter, raw)
    _list(sheet, letter, copies)
    return book


def _list(sheet: Worksheet, letter: Letter, copies: Mapping[tuple[str, str], str]) -> None:
    """Deliveries, then findings, each with a link to its cell and room for an answer."""
    head = _say("head" if letter.filed else "head_tried", district=letter.district, date=day(letter.on))
    _line(sheet, 1, _say("title", department=letter.department, year=letter.year), TITLE)
    _line(sheet, 2, head + (_say("simulated") if letter.simulated else ""), BODY)
    _line(sheet, 3, lead(letter), BODY)
    sheet.row_dimensions[3].height = 34
    _line(sheet, 4, letter.road if letter.filed else _say("not_returned"), BODY)
    sheet.row_dimensions[4].height = 34
    delivered = [[d.title, d.file or "—", d.version, str(d.due), d.came, d.punctual, d.word] for d in letter.deliveries]
    looks = Looks()
    start = _table(sheet, looks, 6, read("letters")["feedback"]["delivered"], delivered, first=3) + 2
    if letter.findings:
        told = len(_columns()) - (0 if letter.filed else ANSWER)
        listed = [_told(n, f)[:told] for n, f in enumerate(letter.findings, 1)]
        _table(sheet, looks, start - 1, [name for name, _ in _columns()[:told]], listed)
    for offset, finding in enumerate(letter.findings):
        looks.give(_cell(sheet, start + offset, 2), finding.severity, fill=TINTS[finding.severity])
        copy = copies.get((finding.file, finding.sheet))
        if copy and finding.line:
            target = finding.cell or f"A{finding.line}"
            link = _cell(sheet, start + offset, 5)
            link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{copy}'!{target}")
            looks.give(link, "link", font=LINK)
    for index, (_, width) in enumerate(_columns(), 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    _page(sheet)


def _told(number: int, finding: Finding) -> list[str]:
    weight = _say("answered") if finding.answered else finding.word
    return [
        str(number),
        weight,
        finding.title,
        finding.where,
        finding.cell,
        finding.value,
        finding.previous,
        finding.wrong,
        finding.cure,
        finding.blocked,
        finding.answered,
        finding.number or _say("unnumbered"),
    ]


def _page(sheet: Worksheet) -> None:
    """Set the page: A4 landscape, as wide as the table."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _line(sheet: Worksheet, row: int, text: str, font: Font) -> None:
    cell = put_text(sheet, row, 1, text)
    cell.font, cell.alignment = font, LEFT
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(_columns()))


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    return cell


def _table(
    sheet: Worksheet, looks: Looks, row: int, header: Sequence[str], rows: Iterable[Sequence[str]], first: int = 1
) -> int:
    """Write a ruled table from `row` on; returns the row after it."""
    for column, text in enumerate(header, first):
        cell = put_text(sheet, row, column, text)
        cell.font, cell.alignment, cell.border = HEADING, MIDDLE, GRID
    for texts in rows:
        row += 1
        for column, text in enumerate(texts, first):
            looks.give(put_text(sheet, row, column, text), "body", font=BODY, alignment=LEFT, border=GRID)
        widths = [_columns()[i - 1][1] for i in range(first, first + len(texts))]
        lines = max(-(-breadth(text) // (width - 2)) for text, width in zip(texts, widths, strict=True))
        sheet.row_dimensions[row].height = 4 + 14 * max(lines, 1)
    return row + 1


def _copies(book: Workbook, letter: Letter, raw: Path) -> dict[tuple[str, str], str]:
    """A copy of each delivered file with findings, with marks; row n of the sheet is line n of the file."""
    copies: dict[tuple[str, str], str] = {}
    for finding in letter.findings:
        key = (finding.file, finding.sheet)
        if key in copies or not finding.line:
            continue
        rows = _delivered(_located(raw, finding.file), finding.sheet)
        if rows is None:
            continue
        mine = [f for f in letter.findings if (f.file, f.sheet) == key and f.line]
        sheet = book.create_sheet(_sheet_name(finding, len(copies) + 1))
        copies[key] = sheet.title
        _copy(sheet, rows, mine)
    return copies


def _sheet_name(finding: Finding, number: int) -> str:
    words = re.sub(r"[\[\]:*?/\\']", "", finding.title or file_of(finding.file))
    return f"{number}.{words}"[:31]


def _located(raw: Path, told: str) -> Path:
    """The file that the findings are about, by its name as it is printed (some characters of a name are not printed as
    they are).
    """
    files = (raw / told.partition("/")[0]).rglob("*")
    return next((path for path in files if printable(path.relative_to(raw).as_posix()) == told), raw / told)


def _delivered(path: Path, sheet: str) -> list[TextRow] | None:
    """The rows of a file as it came; None if it cannot be read at all."""
    try:
        views = [view for view in open_file(path).views if not sheet or printable(view.sheet) == sheet]
    except (OSError, UnreadableError):
        return None
    best: list[TextRow] = []
    for view in views:
        rows: list[TextRow] = []
        try:
            for row in view.rows():
                rows.append(row)
        except UnreadableError:  # what could be split into columns is shown
            pass
        if max((len(r.cells) for r in rows), default=0) > max((len(r.cells) for r in best), default=0):
            best = rows
    return best


def _copy(sheet: Worksheet, rows: Sequence[TextRow], findings: Sequence[Finding]) -> None:
    marked = {f.line for f in findings}
    shown, looks = [row for i, row in enumerate(rows) if i < SHOWN or row.line in marked], Looks()
    for row in shown:
        spread = len({text for text in row.cells if text}) == 1  # a merged title says the same in every cell
        for column, text in enumerate(row.cells[:1] if spread else row.cells, 1):
            if text:
                looks.give(put_text(sheet, row.line, column, text), "body", font=BODY)
    by_cell: dict[str, list[Finding]] = {}
    for finding in findings:
        by_cell.setdefault(finding.cell or f"A{finding.line}", []).append(finding)
    for at, told in by_cell.items():
        cell = sheet[at]
        cell.fill = TINTS[told[0].severity]
        comment = Comment("\n".join(map(_comment, told)), _say("comment/author"))
        comment.width, comment.height = 320, 60 + 60 * len(told)
        cell.comment = comment
    widths = [
        max(
            (breadth(row.cells[i]) for row in shown[:200] if i < len(row.cells) and breadth(row.cells[i]) <= 24),
            default=0,
        )
        for i in range(max((len(row.cells) for row in shown), default=0))
    ]
    for index, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(index)].width = max(width + 2, 8)
    _page(sheet)
    if len(shown) < len(rows):
        note = _say("shortened", all=len(rows), shown=SHOWN)
        put_text(sheet, max(row.line for row in shown) + 2, 1, note).font = HEADING


def _comment(finding: Finding) -> str:
    parts = [_say("comment/wrong", word=finding.word, wrong=finding.wrong), finding.cure + "。"]
    if finding.previous and f"（{finding.previous}" not in finding.said:  # a jump says it itself
        parts.insert(1, _say("comment/previous", value=finding.previous))
    return "".join(parts)


# --- the PDF ---------------------------------------------------------------------------------------------------------


def _pdf(letter: Letter, path: Path) -> Path:
    from flows.press import pdf

    grouped: dict[str, list[tuple[int, Finding]]] = {}
    for number, finding in enumerate(letter.findings, 1):
        grouped.setdefault(finding.title or _say("register"), []).append((number, finding))
    context = {"letter": letter, "lead": lead(letter), "groups": grouped, "templates": TEMPLATES.resolve().as_uri()}
    return pdf.write(pdf.html(TEMPLATES, "feedback.html", context), path, [TEMPLATES], letter.on)

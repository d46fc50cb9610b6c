"""核查反馈单: what each department must mend or explain, as a workbook with its own cells marked, and as PDF."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import NamedTuple

import duckdb
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from expectations.records import Catalog
from expectations.vocabulary import DeliveryStatus, Severity
from flows.answer import facts
from flows.files import Row, UnreadableError, open_file
from flows.files.characters import file_name, printable
from flows.places import TEMPLATES
from flows.wording import day, read, say
from flows.workbook import breadth, packed, put_text

TINTS = {"critical": "F8CBAD", "warning": "FFE699", "info": "D9E1F2"}
SHOWN = 5_000
"""The number of rows of a delivered file that are copied into the workbook."""


class Finding(NamedTuple):
    """One thing to mend or to explain, in words."""

    title: str
    """The title of the dataset."""
    file: str
    sheet: str
    line: int | None
    position: int | None
    column: str
    value: str
    previous: str
    expected: str
    message: str
    cure: str
    severity: str
    answered: str
    """Why the department need not answer it; empty if it must."""

    @property
    def cell(self) -> str:
        """D5, as Excel names it; empty if the finding is about more than one cell."""
        return f"{get_column_letter(self.position)}{self.line}" if self.line and self.position else ""

    @property
    def word(self) -> str:
        return Severity.of(self.severity).word

    @property
    def where(self) -> str:
        named = {"sheet": self.sheet, "line": self.line, "column": self.column}
        return "，".join(_say(part, **{part: found}) for part, found in named.items() if found) or _say("whole")


class DueDataset(NamedTuple):
    """One dataset that the department owes, and what became of it."""

    title: str
    file: str
    version: str
    received: date | None
    first: date | None
    """When its first version came: a correction is not late."""
    due: date
    status: str
    cells: int
    used: int
    filed: bool
    """False if it was only checked, and nothing was sent."""

    @property
    def word(self) -> str:
        return DeliveryStatus.of(self.status).word

    @property
    def punctual(self) -> str:
        if not self.filed:
            return "—"
        if self.first is None:
            return DeliveryStatus.MISSING.word
        late = (self.first - self.due).days
        return _say("late", days=late) if late > 0 else say("labels/cell/punctual")


class Letter(NamedTuple):
    """Everything that one department is told."""

    department: str
    year: int
    district: str
    published: date
    locked: date
    simulated: bool
    deliveries: list[DueDataset]
    findings: list[Finding]
    filed: bool = True
    """False if a file was only checked before it is sent: then nothing is said of when it came."""

    @property
    def open(self) -> list[Finding]:
        return [f for f in self.findings if not f.answered and f.severity != "info"]

    @property
    def needed(self) -> bool:
        """Whether there is anything to tell the department."""
        return bool(self.open) or any(d.status in {"refused", "missing"} for d in self.deliveries)


def write(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, raw: Path, folder: Path) -> list[Path]:
    """Write the workbook and the PDF for every department that has something to mend, explain or send."""
    written = []
    for department in catalog.district.departments:
        letter = _letter(con, catalog, year, department)
        if letter.needed:
            written += _pair(letter, raw / catalog.district.code, folder)
    return written


def write_one(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    year: int,
    department: str,
    raw: Path,
    folder: Path,
    filed: bool = True,
) -> list[Path]:
    """Write the workbook and the PDF of one department, even if all its checks passed; `filed` is false for a file that
    was only checked.
    """
    return _pair(_letter(con, catalog, year, department, filed), raw / catalog.district.code, folder)


def _pair(letter: Letter, raw: Path, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    stem = (letter.department, _say("name"), str(letter.year))
    sheet = folder / file_name(*stem, suffix=".xlsx")
    sheet.write_bytes(packed(_workbook(letter, raw)))
    return [sheet, _pdf(letter, folder / file_name(*stem, suffix=".pdf"))]


# --- what is told ----------------------------------------------------------------------------------------------------


def _letter(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, department: str, filed: bool = True) -> Letter:
    head = facts.register(con, year) or {
        "published": date(year + 1, 12, 31),
        "locked": date(year + 1, 12, 31),
        "simulated": False,
    }
    titles = {name: d.title for name, d in catalog.datasets.items()}
    deliveries = [
        DueDataset(
            titles[r["dataset"]],
            _name(r["file"]),
            say("labels/version", number=r["version"]) if r["version"] and filed else "—",
            r["received"] if filed else None,
            r["first"] if filed else None,
            r["due"],
            r["status"],
            r["cells_in"],
            r["observations"],
            filed,
        )
        for r in facts.standing(con, year, department)
    ]
    findings = [
        Finding(
            titles.get(r["dataset"], ""),
            r["file"] or "",
            r["sheet"] or "",
            r["line"],
            r["position"],
            r["column_name"] or "",
            r["value"] or "",
            r["previous"] or "",
            r["expected"],
            r["message"],
            r["cure"],
            r["severity"],
            r["override"] or "",
        )
        for r in facts.asked(con, year, department)
    ]
    name = catalog.department(department)
    return Letter(
        name,
        year,
        catalog.district.name,
        head["published"],
        head["locked"],
        head["simulated"],
        deliveries,
        findings,
        filed,
    )


def _name(file: str | None) -> str:
    return (file or "").partition("/")[2]


def _say(text: str, **facts: object) -> str:
    return say(f"letters/feedback/{text}", **facts)


def _columns() -> list[tuple[str, int]]:
    """The columns of the list of findings, with their widths in characters."""
    columns: list[tuple[str, int]] = read("letters")["feedback"]["columns"]
    return columns


# --- the workbook ----------------------------------------------------------------------------------------------------

BODY, HEADING, TITLE = Font("宋体", 10.5), Font("黑体", 10.5), Font("黑体", 16)
THIN = Side("thin", color="8C8C8C")
GRID = Border(THIN, THIN, THIN, THIN)
LEFT = Alignment("left", "center", wrap_text=True)
MIDDLE = Alignment("center", "center", wrap_text=True)


def _workbook(letter: Letter, raw: Path) -> Workbook:
    book = Workbook()
    book.properties.created = book.properties.modified = datetime.combine(letter.published, time(9))
    book.properties.creator = letter.district
    book.properties.title = _say("document", department=letter.department, year=letter.year)
    sheet = book.worksheets[0]
    sheet.title = _say("name")
    copies = _copies(book, letter, raw)
    _list(sheet, letter, copies)
    return book


def _list(sheet: Worksheet, letter: Letter, copies: Mapping[tuple[str, str], str]) -> None:
    """Deliveries, then findings, each with a link to its cell and room for an answer."""
    head = _say("head", district=letter.district, date=day(letter.published))
    _line(sheet, 1, _say("title", department=letter.department, year=letter.year), TITLE)
    _line(sheet, 2, head + (_say("simulated") if letter.simulated else ""), BODY)
    _line(sheet, 3, lead(letter), BODY)
    sheet.row_dimensions[3].height = 34
    delivered = [
        [d.title, d.file or "—", d.version, str(d.due), str(d.received or "—"), d.punctual, d.word]
        for d in letter.deliveries
    ]
    start = _table(sheet, 5, read("letters")["feedback"]["delivered"], delivered, first=3) + 2
    if letter.findings:
        _table(
            sheet, start - 1, [name for name, _ in _columns()], [_told(n, f) for n, f in enumerate(letter.findings, 1)]
        )
    for offset, finding in enumerate(letter.findings):
        sheet.cell(start + offset, 2).fill = PatternFill("solid", TINTS[finding.severity])
        copy = copies.get((finding.file, finding.sheet))
        if copy and finding.line:
            target = finding.cell or f"A{finding.line}"
            link = sheet.cell(start + offset, 5)
            link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{copy}'!{target}")
            link.font = Font("宋体", 10.5, underline="single", color="1F4E9E")
    for index, (_, width) in enumerate(_columns(), 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    _page(sheet)


def _told(number: int, finding: Finding) -> list[str]:
    about_cell = finding.line and finding.value
    weight = _say("answered") if finding.answered else finding.word
    wanted = finding.expected if about_cell else finding.message
    return [
        str(number),
        weight,
        finding.title,
        finding.where,
        finding.cell,
        finding.value,
        finding.previous,
        wanted,
        finding.cure,
        finding.answered,
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


def _table(sheet: Worksheet, row: int, header: Sequence[str], rows: Iterable[Sequence[str]], first: int = 1) -> int:
    """Write a ruled table from `row` on; returns the row after it."""
    for column, text in enumerate(header, first):
        cell = put_text(sheet, row, column, text)
        cell.font, cell.alignment, cell.border = HEADING, MIDDLE, GRID
    for texts in rows:
        row += 1
        for column, text in enumerate(texts, first):
            cell = put_text(sheet, row, column, text)
            cell.font, cell.alignment, cell.border = BODY, LEFT, GRID
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
    words = re.sub(r"[\[\]:*?/\\']", "", finding.title or _name(finding.file))
    return f"{number}.{words}"[:31]


def _located(raw: Path, told: str) -> Path:
    """The file that the findings are about, by its name as it is printed (some characters of a name are not printed as
    they are).
    """
    files = (raw / told.partition("/")[0]).rglob("*")
    return next((path for path in files if printable(path.relative_to(raw).as_posix()) == told), raw / told)


def _delivered(path: Path, sheet: str) -> list[Row] | None:
    """The rows of a file as it came; None if it cannot be read at all."""
    try:
        views = [view for view in open_file(path).views if not sheet or printable(view.sheet) == sheet]
    except (OSError, UnreadableError):
        return None
    best: list[Row] = []
    for view in views:
        rows: list[Row] = []
        try:
            for row in view.rows():
                rows.append(row)
        except UnreadableError:  # what could be split into columns is shown
            pass
        if max((len(r.cells) for r in rows), default=0) > max((len(r.cells) for r in best), default=0):
            best = rows
    return best


def _copy(sheet: Worksheet, rows: Sequence[Row], findings: Sequence[Finding]) -> None:
    marked = {f.line for f in findings}
    shown = [row for i, row in enumerate(rows) if i < SHOWN or row.line in marked]
    for row in shown:
        spread = len({text for text in row.cells if text}) == 1  # a merged title says the same in every cell
        for column, text in enumerate(row.cells[:1] if spread else row.cells, 1):
            if text:
                put_text(sheet, row.line, column, text).font = BODY
    by_cell: dict[str, list[Finding]] = {}
    for finding in findings:
        by_cell.setdefault(finding.cell or f"A{finding.line}", []).append(finding)
    for at, told in by_cell.items():
        cell = sheet[at]
        cell.fill = PatternFill("solid", TINTS[told[0].severity])
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
    parts = [_say("comment/expected", word=finding.word, expected=finding.expected), finding.cure + "。"]
    if finding.previous:
        parts.insert(1, _say("comment/previous", value=finding.previous))
    return "".join(parts)


# --- the PDF ---------------------------------------------------------------------------------------------------------


def lead(letter: Letter) -> str:
    """What was received, and what must be done by when, in one or two sentences."""
    due, came = len(letter.deliveries), sum(d.status != "missing" for d in letter.deliveries)
    status = Counter(d.status for d in letter.deliveries)
    told = [_say("came" if letter.filed else "tried", due=due, came=came)]
    told += [
        _say("status", word=word, number=status[key]) for key, word in DeliveryStatus.words().items() if status[key]
    ]
    severity = Counter(f.severity for f in letter.open)
    if not letter.open and not letter.needed:
        return "，".join(told) + "。" + _say("passed")
    grave = (Severity.CRITICAL, Severity.WARNING)
    asked = [_say("asked", word=s.word, number=severity[s]) for s in grave if severity[s]]
    found = _say("found", asked="、".join(asked)) if asked else ""
    request = _say("request", day=day(letter.locked)) if letter.filed else _say("request_tried")
    return f"{'，'.join(told)}。{found}{request}"


def _pdf(letter: Letter, path: Path) -> Path:
    from flows.press import pdf

    grouped: dict[str, list[tuple[int, Finding]]] = {}
    for number, finding in enumerate(letter.findings, 1):
        grouped.setdefault(finding.title or _say("register"), []).append((number, finding))
    context = {"letter": letter, "lead": lead(letter), "groups": grouped, "templates": TEMPLATES.resolve().as_uri()}
    return pdf.write(pdf.html(TEMPLATES, "feedback.html", context), path, [TEMPLATES], letter.published)

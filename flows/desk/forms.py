"""Writes the empty form that a department fills in: known cells are filled and locked, the others are checked as typed.

A form is a workbook with three sheets (填报, 上年数据, 填表说明), and its first sheet again as CSV. The same input gives the same
bytes.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb
from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from expectations import territory
from expectations.records import PART, Catalog, Column, Dataset
from expectations.units import scale
from flows import inert
from flows.files import BOOK_SHEETS, FORM_SHEETS
from flows.files.characters import file_name
from flows.places import MendableError
from flows.wording import day as day_told
from flows.wording import read, say
from flows.workbook import breadth, packed

FILL, PREVIOUS, GUIDE = FORM_SHEETS
INDEX, BOOK_GUIDE = BOOK_SHEETS
HEAD = 4
"""The row of the header; the title, the purpose of the form and the signatures stand above it."""
NOTHING = ("—", "——", "-", "不适用")
"""Signs that may stand for a missing figure: those of expectations/codes.yml that a keyboard has."""
MADE = datetime(2000, 1, 1)
"""Written as the time at which the workbook was made: nothing reads the clock."""

LastYear = Mapping[tuple[str, str, str, str, str], str]
"""Area code, institution, sex, part and measure → last year's figure in the column's unit."""


def write(catalog: Catalog, dataset: str, year: int, folder: Path, previous: LastYear) -> list[Path]:
    """Write `<部门>-<报表名>-<year>.xlsx` and `.csv` for each department that owes the dataset for a data year.

    Raises `MendableError` if there is no such dataset, if nobody owes it for that year, or if nobody fills it in.
    """
    record = catalog.datasets[named(catalog, dataset)]
    if record.released:
        raise MendableError(
            f"“{record.title}”没有空白表：由所辖各地区编印报告时生成（output/<地区>/<年份>/annual/released/{year}.csv），"
            "用 ./monitor receive 登记"
        )
    senders = catalog.senders[dataset] if record.irregular else catalog.owed(year).get(dataset, ())
    forms = [form for key in senders if (form := Form(catalog, dataset, year, key)).lines]
    if not forms:
        raise MendableError(f"{year}年没有部门须报送“{record.title}”。")
    folder.mkdir(parents=True, exist_ok=True)
    return [path for form in forms for path in _pair(form, folder, previous)]


def named(catalog: Catalog, called: str) -> str:
    """The dataset of this name or title. Raises `MendableError` if there is none."""
    for key, record in catalog.datasets.items():
        if called in (key, record.title):
            return key
    known = "\n".join(f"  {key}  {d.title}" for key, d in catalog.datasets.items())
    raise MendableError(f"没有报表“{called}”。可用的报表：\n{known}")


def book(forms: Sequence[Form], folder: Path, previous: Mapping[str, LastYear]) -> Path:
    """Write all forms of one department as one workbook, `<部门>-报表-<year>.xlsx`: an index, a sheet for each form, last
    year's figures and the guide. It comes back as one file; each sheet is recognised by its header.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(forms[0].sender, _say("book"), str(forms[0].year), suffix=".xlsx")
    path.write_bytes(packed(_book(forms, previous)))
    return path


def of_department(catalog: Catalog, department: str, year: int) -> list[Form]:
    """The forms that a department owes for a data year, by due date."""
    owed = [
        name
        for name, senders in catalog.owed(year).items()
        if department in senders and not catalog.datasets[name].released
    ]
    found = [form for name in owed if (form := Form(catalog, name, year, department)).lines]
    return sorted(found, key=lambda form: form.record.due)


def _pair(form: Form, folder: Path, previous: LastYear) -> tuple[Path, Path]:
    words = (form.sender, form.record.title, str(form.year))
    book, text = (folder / file_name(*words, suffix=suffix) for suffix in (".xlsx", ".csv"))
    book.write_bytes(packed(_workbook(form, previous)))
    text.write_bytes(_csv(form))
    return book, text


def previous_figures(con: duckdb.DuckDBPyConnection, catalog: Catalog, dataset: str, year: int) -> LastYear:
    """The figures of the year before `year`, in the units of that year's form; — or 不适用 where there is none.

    Of an area that took in another one, it is the sum; of one that was split, there is none to compare with.
    """
    form = catalog.datasets[dataset].form(year)
    units = {str(c.measure): str(c.unit) for c in form.columns.values() if c.measure}
    if form.ready_made:
        units = {key: indicator.unit for key, indicator in catalog.indicators.items()}
    found = con.execute(
        "select o.area, o.institution, o.sex, o.part, o.measure, o.value, o.state from core_observations o "
        "join meta_deliveries d using (delivery) where o.year = ? and d.dataset = ? order by all",
        [year - 1, dataset],
    ).fetchall()
    known = {tuple(place): Before(value, state) for *place, value, state in found if place[-1] in units}
    for code, since in territory.extents(catalog.district):
        if since == year and form.by_area and not form.by_institution:
            _join(catalog, known, code, year, {m for m, unit in units.items() if catalog.codes.adds_up(unit)})
    return {(a, u, s, p, m): _told(catalog, *told, units[m]) for (a, u, s, p, m), told in known.items()}


class Before(NamedTuple):
    """A figure of the year before, in base units."""

    value: Decimal | None
    state: str


def _join(catalog: Catalog, known: dict[tuple[str, ...], Before], area: str, year: int, added: Set[str]) -> None:
    """Put the figure of an area as it is in `year` in the place of what it was the year before, or nothing."""
    parts = territory.made_of(catalog.district, area, year, year - 1)
    for place in {("", *place[1:]) for place in known if place[0] in {area, *parts}}:
        found = [known.get((part, *place[1:]), Before(None, "not_received")) for part in parts]
        values = [told.value for told in found if told.value is not None]
        whole = place[-1] in added and found and len(values) == len(found)
        known[area, *place[1:]] = Before(sum(values, Decimal(0)), "ok") if whole else Before(None, "not_received")


def _told(catalog: Catalog, value: Decimal | None, state: str, unit: str) -> str:
    """A figure in base units, as text in a column's unit."""
    if value is None:
        return catalog.codes.nothing["not_applicable"][0] if state == "not_applicable" else NOTHING[0]
    return f"{(value / scale(unit)).normalize():f}"


# --- what a form holds -----------------------------------------------------------------------------------------------


class FormRow(NamedTuple):
    """One row of a form."""

    given: Mapping[str, str]
    """Dimension → the word in its cell."""
    place: tuple[str, str, str, str]
    """Area, institution, sex and part, as core_observations has them."""
    indicator: str = ""
    """The indicator of a figure that comes ready-made."""
    ask: str = ""
    """What the statement must tell."""
    compared: frozenset[str] | None = None
    """The measures that are asked of an area outside the district; None if all are asked."""

    def asks(self, column: Column) -> bool:
        """Whether the sender fills in this column."""
        if column.measure and self.compared is not None:
            return column.measure in self.compared
        return str(column.role) not in self.given

    def told(self, column: Column) -> str:
        """What stands in the cell from the beginning."""
        if column.measure:
            return "" if self.asks(column) else NOTHING[-1]
        return self.given.get(str(column.role), "")


@dataclass(frozen=True)
class Form:
    catalog: Catalog
    dataset: str
    year: int
    department: str

    @cached_property
    def record(self) -> Dataset:
        return self.catalog.datasets[self.dataset].form(self.year)

    @property
    def sender(self) -> str:
        return self.catalog.department(self.department)

    @property
    def number(self) -> str:
        """Its number by law; empty where the district has none."""
        statute = self.catalog.district.statute
        if self.record.number or statute is None or self.record.above:
            return self.record.number or ""
        place = [name for name, d in self.catalog.datasets.items() if not d.above].index(self.dataset) + 1
        return _say("number", prefix=statute.prefix, number=place)

    @property
    def statute(self) -> str:
        """What stands above it by law; empty where the district has nothing of the kind."""
        found = self.catalog.district.statute
        if found is None:
            return ""
        maker = found.maker or self.catalog.district.issuers[0]
        approved = {"approver": found.approver, "approval": found.approval, "until": day_told(found.until)}
        return _say("statute", number=self.number, maker=maker, **approved)

    @property
    def due(self) -> str:
        return day_told(self.record.due_for(self.year))

    @cached_property
    def headers(self) -> list[str]:
        """The headers as printed, with the unit in brackets."""
        return [f"{h}（{c.unit}）" if c.unit else h for h, c in self.record.columns.items()]

    @cached_property
    def lines(self) -> list[FormRow]:
        """Every row that is due: by clause, or by indicator, place, part and sex."""
        year = {"year": str(self.year)}
        if "clause" in self.record.roles:
            asks = {p.id: str(p.target.ask) for p in self.catalog.promises(self.year)}
            return [
                FormRow(
                    year | {"plan": plan, "clause": clause}, ("", "", "", ""), ask="；".join(asks[t] for t in targets)
                )
                for (department, plan, clause), targets in self.catalog.asked(self.year).items()
                if department == self.department
            ]
        words, of = self.catalog.codes.sexes, self.compared
        sexes: tuple[Literal["female", "male", "total"], ...]
        sexes = ("female", "male") if self.record.by_sex else ("total",)
        return [
            FormRow(
                year | place | item | {PART: named, "sex": words[sex][0]},
                (area, institution, sex, part),
                indicator,
                compared=of.get(area),
            )
            for indicator, item in self._items()
            for place, area, institution in self._places()
            if not indicator or indicator in of.get(area, {indicator})
            for part, named in self._parts()
            for sex in sexes
        ]

    @cached_property
    def compared(self) -> Mapping[str, frozenset[str]]:
        """What is asked of areas outside the district."""
        return self.catalog.compared(self.dataset, self.year)

    @property
    def references(self) -> list[str]:
        """The names of the areas outside the district that have a row."""
        return [area.name for area in self.catalog.district.references if area.code in self.compared]

    def _items(self) -> list[tuple[str, dict[str, str]]]:
        """The indicators whose figures come ready-made, each with the words that identify it."""
        if "indicator" not in self.record.roles:
            return [("", {})]
        known = [(key, self.catalog.indicators[key]) for key in self.catalog.indicators_of(self.dataset, self.year)]
        return [(key, {"indicator": i.name, "value_unit": i.unit}) for key, i in known]

    def _parts(self) -> list[tuple[str, str]]:
        """Each part of the form's dimension with its name, and the whole where they do not make it up."""
        parts = [(part, words.name) for part, words in self.catalog.parts_by(self.record).items()]
        if any(part not in self.catalog.added_parts for part, _ in parts):
            return [("", self.catalog.codes.sexes["total"][0]), *parts]
        return parts or [("", "")]

    def _places(self) -> list[tuple[dict[str, str], str, str]]:
        """For each place: the words that identify it, its area code, its institution."""
        district, roles = self.catalog.district, self.record.roles
        names = {district.code: district.name, **district.names}
        kind = district.institutions.get(str(self.record.institution_kind))
        members = {"": ""} | {one.id: one.name for one in (kind.members if kind else ())}
        return [
            (
                {
                    "area": area if "area_name" in roles else names[area],
                    "area_name": names[area],
                    "institution": institution if "institution_name" in roles else members[institution],
                    "institution_name": members[institution],
                },
                area,
                institution,
            )
            for area, institution in self.catalog.places_of(self.dataset, self.year)
        ]

    def rows(self) -> list[list[str]]:
        """The content of each cell; empty where the department fills it in."""
        return [[line.told(c) for c in self.record.columns.values()] for line in self.lines]

    def before(self, previous: LastYear) -> list[list[str]]:
        """The same rows with the figures of the year before."""
        return [
            [_before(line, c, previous, self.year - 1) for c in self.record.columns.values()] for line in self.lines
        ]

    def asked_for(self, column: Column) -> bool:
        return self.lines[0].asks(column)


def _before(line: FormRow, column: Column, previous: LastYear, year: int) -> str:
    if column.is_ == "year":
        return str(year)
    if column.measure or column.is_ == "value":
        return previous.get((*line.place, column.measure or line.indicator), "")
    return line.given.get(str(column.role), "")


# --- what each column asks for, in words -----------------------------------------------------------------------------


def _say(text: str, **facts: object) -> str:
    return say(f"letters/form/{text}", **facts)


def _wanted(form: Form, header: str, column: Column) -> str:
    """What a sender must know of a column."""
    if not form.asked_for(column):
        return _say("wanted/given")
    if column.is_ == "stage":
        return _say("wanted/stage", stages="、".join(_stages(form.catalog)))
    if not _is_figure(column):
        return _say("wanted/origin" if form.record.above and column.is_ == "source" else f"wanted/{column.role}")
    number = _say("wanted/decimals", decimals=column.decimals) if column.decimals else _say("wanted/integer")
    bounds = "least" if column.max is None else "between"
    parts = [
        _say("wanted/unit", number=number, unit=column.unit) if column.unit else number,
        _say(f"wanted/{bounds}", least=column.min, most=column.max),
    ]
    return "；".join([*parts, *_relations(form, column)]) + "。"


def columns_told(form: Form) -> list[tuple[str, str]]:
    """Each column that a sender fills in, with what it asks for."""
    columns = zip(form.headers, form.record.columns.items(), strict=True)
    return [(title, _wanted(form, header, c)) for title, (header, c) in columns if form.asked_for(c)]


def _relations(form: Form, column: Column) -> Iterable[str]:
    """How a column must agree with other columns, of this dataset or another."""
    own = form.record.measures
    if whole := own.get(column.not_above or ""):
        yield _say("wanted/part", whole=whole)
    if parts := [own[m] for m in column.sum_of if m in own]:
        yield _say("wanted/sum", parts="、".join(_say("wanted/part_name", part=part) for part in parts))
    if column.same_as:
        name, other = form.catalog.measure_home(column.same_as)
        sender = form.catalog.sender(name, form.year)
        department = form.catalog.department(form.department if sender in ("*", "") else sender)
        yield _say("wanted/same", department=department, title=other.title, header=other.measures[column.same_as])


def _is_figure(column: Column) -> bool:
    return column.measure is not None or column.is_ == "value"


def _stages(catalog: Catalog) -> list[str]:
    return [words[0] for words in catalog.codes.stages.values()]


def _guide(form: Form, fill: str, previous: str, road: str) -> list[tuple[str, str]]:
    """Subject and instruction, in the order of the sheet; a subject without an instruction is a heading. `fill` and
    `previous` are the worksheets that it speaks of, `road` is how the form is sent: alone, or in a book.
    """
    guide = read("letters")["form"]["guide"]
    figures = any(_is_figure(c) for c in form.record.columns.values())
    asks = [(f"{line.given['plan']} {line.given['clause']}", line.ask) for line in form.lines if line.ask]
    facts = {
        "issuer": form.catalog.district.issuers[0],
        "sender": form.sender,
        "year": form.year,
        "due": form.due,
        "district": form.catalog.district.short,
        "whole": form.catalog.district.called_whole,
        "references": "、".join(form.references),
        "fill": fill,
        "previous": previous,
    }
    general = [*guide["before"], *(guide["figures"] if figures else ())]
    general += guide["above"] if form.record.above else ()
    general += [*(guide["references"] if form.references else ()), *guide["after"], guide["road"][road]]
    columns = zip(form.headers, form.record.columns.items(), strict=True)
    return [
        *((subject, instruction.format(**facts)) for subject, instruction in general),
        (guide["columns"], ""),
        *((title, _wanted(form, header, column)) for title, (header, column) in columns),
        *([(guide["asks"], ""), *asks] if asks else []),
    ]


# --- CSV -------------------------------------------------------------------------------------------------------------


def _csv(form: Form) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[_inert(cell) for cell in row] for row in (form.headers, *form.rows())])
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel takes it for GBK


def _inert(text: str) -> str:
    """A text guarded by a quotation mark; the reader of the form removes the mark before a text that is no formula."""
    return text if text in NOTHING else inert.cell(text)


# --- the workbook ----------------------------------------------------------------------------------------------------

BODY, HEADING, TITLE = Font("宋体", 10.5), Font("黑体", 10.5), Font("黑体", 16)
SUBTLE = Font("宋体", 10.5, color="595959")
THIN = Side("thin", color="8C8C8C")
GRID = Border(THIN, THIN, THIN, THIN)
HEADER_TINT, FILL_TINT = PatternFill("solid", "DCE6F1"), PatternFill("solid", "FFF9DB")
WRONG_TINT = PatternFill(bgColor="F8CBAD")
MIDDLE = Alignment("center", "center", wrap_text=True)
LEFT = Alignment("left", "center", wrap_text=True)
RIGHT = Alignment("right", "center")
OPEN = Protection(locked=False)
PORTRAIT, NARROWEST = 92, 76
"""Characters that a page of A4 upright holds in a line at this size, and the width below which a title is clipped."""
GUIDE_WIDTHS = (34, 80)
TALLEST = 409.0
"""The greatest height of a row in a spreadsheet, in points."""


def _workbook(form: Form, previous: LastYear) -> Workbook:
    book = _new(form, _say("title", title=form.record.title, year=form.year))
    fill = book.worksheets[0]
    fill.title = FILL
    before, guide = book.create_sheet(PREVIOUS), book.create_sheet(GUIDE)
    _fill(fill, before, guide, form, previous)
    _write_guide(guide, form, _guide(form, FILL, PREVIOUS, "alone"))
    return _locked(book)


def _book(forms: Sequence[Form], previous: Mapping[str, LastYear]) -> Workbook:
    first = forms[0]
    book = _new(first, _say("book_title", sender=first.sender, year=first.year))
    index = book.worksheets[0]
    index.title = INDEX
    names = [re.sub(r"[\[\]:*?/\\']", "", form.record.title) for form in forms]
    fills = [
        book.create_sheet(_say("book_sheet", number=n, title=name)[:LONGEST_NAME]) for n, name in enumerate(names, 1)
    ]
    befores = [book.create_sheet(_say("book_before", number=n)) for n in range(1, len(forms) + 1)]
    guide, row = book.create_sheet(BOOK_GUIDE), 1
    for form, fill, before in zip(forms, fills, befores, strict=True):
        _fill(fill, before, guide, form, previous.get(form.dataset, {}))
        row = _write_guide(guide, form, _guide(form, fill.title, before.title, "book"), row)
    _write_index(index, forms, fills)
    return _locked(book)


LONGEST_NAME = 31
"""The letters that the name of a worksheet may have."""


def _new(form: Form, title: str) -> Workbook:
    book = Workbook()
    book.properties.created = book.properties.modified = MADE
    book.properties.creator = form.catalog.district.issuers[0]
    book.properties.title = title
    return book


def _locked(book: Workbook) -> Workbook:
    for sheet in book.worksheets:
        sheet.protection.sheet = True  # no password: it guards against slips, not against people
        sheet.protection.formatColumns = sheet.protection.formatRows = False  # that is, allowed
    return book


def _fill(fill: Worksheet, before: Worksheet, guide: Worksheet, form: Form, previous: LastYear) -> None:
    """Write the table that is filled in and the one of last year; lists of words that may be typed stand beside the guide."""
    widths = _widths(form)
    _table(fill, form, form.headers, form.rows(), widths)
    _signatures(fill, form)
    _open_cells(fill, form)
    _asks(fill, form, sum(widths))
    _previous(before, form, previous, widths)
    _validate(fill, guide, form)


INDEX_WIDTHS = (6, 18, 46, 10, 18, 34)


def _write_index(sheet: Worksheet, forms: Sequence[Form], fills: Sequence[Worksheet]) -> None:
    """Every form with a link to its sheet."""
    first = forms[0]
    width = len(INDEX_WIDTHS)
    _across(sheet, 1, width, _say("book_title", sender=first.sender, year=first.year), TITLE, MIDDLE, 32)
    head = _say("index_head", number=len(forms), issuer=first.catalog.district.issuers[0])
    _across(sheet, 2, width, head, BODY, LEFT, 36)
    for column, (title, wide) in enumerate(zip(read("letters")["form"]["index"], INDEX_WIDTHS, strict=True), 1):
        cell = _put(sheet, 3, column, title, HEADING, MIDDLE)
        cell.border, cell.fill = GRID, HEADER_TINT
        sheet.column_dimensions[get_column_letter(column)].width = wide
    for row, (form, fill) in enumerate(zip(forms, fills, strict=True), 4):
        told = [str(row - 3), form.number or "—", form.record.title, str(len(form.lines)), form.due, fill.title]
        for column, text in enumerate(told, 1):
            _put(sheet, row, column, text).border = GRID
        link = sheet.cell(row, width)
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{fill.title}'!A1")
        link.font = Font("宋体", 10.5, underline="single", color="1F4E9E")
    _page(sheet, wide=True)


def _put(sheet: Worksheet, row: int, column: int, text: str, font: Font = BODY, align: Alignment = LEFT) -> Cell:
    """Write a figure or a code of digits as a number (Excel would flag it as text), anything else as text, never a
    formula.
    """
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?", text):
        cell.value = Decimal(text)
        cell.number_format = "0" + "." * ("." in text) + "0" * len(text.partition(".")[2])
    elif text:
        cell.value = text
        cell.data_type = "s"
        cell.quotePrefix = inert.is_formula(text)
    cell.font, cell.alignment = font, align
    return cell


def _across(sheet: Worksheet, row: int, width: int, text: str, font: Font, align: Alignment, height: float) -> Cell:
    cell = _put(sheet, row, 1, text, font, align)
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
    sheet.row_dimensions[row].height = min(height, TALLEST)
    return cell


def _table(
    sheet: Worksheet,
    form: Form,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    before: bool = False,
) -> None:
    """Write titles, header and rows, locked and ready to print."""
    columns = list(form.record.columns.values())
    _titles(sheet, form, before)
    _header(sheet, list(map(_folded, headers, widths)), widths)
    for number, row in enumerate(rows, HEAD + 1):
        sheet.row_dimensions[number].height = 60 if "text" in form.record.roles else 20
        for position, (text, column) in enumerate(zip(row, columns, strict=True), 1):
            _put(sheet, number, position, text, align=RIGHT if _is_figure(column) else MIDDLE).border = GRID
    first = next((n for n, c in enumerate(columns, 1) if form.asked_for(c)), 1)
    sheet.freeze_panes = f"{get_column_letter(first)}{HEAD + 1}"
    sheet.print_title_rows = f"{HEAD}:{HEAD}"
    _page(sheet, wide=sum(widths) > PORTRAIT)


def _titles(sheet: Worksheet, form: Form, before: bool) -> None:
    """What the table is, for which year, and whose; above what is filled in, what stands there by law."""
    title, year, last = form.record.title, form.year, _say("due", day=form.due)
    if before:
        title, year, last = _say("previous_title", title=title, sheet=PREVIOUS), year - 1, _say("compare_only")
    width = len(form.headers)
    _across(sheet, 1, width, title, TITLE, MIDDLE, 32)
    head = _say("head", year=year, sender=form.sender, last=last)
    lawful = "" if before else form.statute
    _across(sheet, 2, width, f"{lawful}\n{head}" if lawful else head, BODY, MIDDLE, 50 if lawful else 20)


def _header(sheet: Worksheet, headers: Sequence[str], widths: Sequence[int]) -> None:
    for position, (header, width) in enumerate(zip(headers, widths, strict=True), 1):
        cell = _put(sheet, HEAD, position, header, HEADING, MIDDLE)
        cell.border, cell.fill = GRID, HEADER_TINT
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.row_dimensions[HEAD].height = 8 + 15 * max(map(_deep, headers, widths))


def _widths(form: Form) -> list[int]:
    """The width of each column in characters; a Chinese character counts two."""
    fixed = {"stage": 12, "text": 52, "source": 32, "note": 32}
    widths = []
    for position, (header, column) in enumerate(zip(form.headers, form.record.columns.values(), strict=True)):
        longest = max(breadth(row[position]) for row in form.rows())
        wanted = breadth(header) + 3
        wanted = wanted if wanted < 20 else min(18, wanted // 2 + 3)
        widths.append(fixed.get(str(column.role)) or max(8, longest + 3, wanted))
    missing = max(0, NARROWEST - sum(widths))
    return [w + missing // len(widths) for w in widths]


def _folded(header: str, width: int) -> str:
    """A header with its unit on a line of its own if it needs more than one line: a bracket is never broken."""
    name, opened, unit = header.rpartition("（")
    return f"{name}\n{opened}{unit}" if name and _deep(header.split("\n")[-1], width) > 1 else header


def _deep(text: str, width: int) -> int:
    """The number of lines that a text needs; a line is not filled to its last character."""
    return sum(max(1, math.ceil(breadth(part) / max(2, width - 2))) for part in text.split("\n"))


def _page(sheet: Worksheet, wide: bool) -> None:
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "landscape" if wide else "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.print_options.horizontalCentered = True
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(center=_HeaderFooterPart(_say("foot")))


def _signatures(sheet: Worksheet, form: Form) -> None:
    """Write the lines for signatures above the header, where no data are expected: one cell, whatever
    the form's width.
    """
    blanks = "　　　　　".join(read("letters")["form"]["signatures"])
    _across(sheet, HEAD - 1, len(form.headers), blanks, BODY, LEFT, 22).protection = OPEN


def _open_cells(sheet: Worksheet, form: Form) -> None:
    for position, column in enumerate(form.record.columns.values(), 1):
        for row in (row for row, line in enumerate(form.lines, HEAD + 1) if line.asks(column)):
            cell = sheet.cell(row, position)
            cell.protection, cell.fill = OPEN, FILL_TINT
            if not _is_figure(column) and column.is_ != "stage":
                cell.number_format, cell.alignment = "@", LEFT


def _asks(sheet: Worksheet, form: Form, width: int) -> None:
    """Write a note for each plan below the rows: a column would be one that the dataset does not have."""
    row = HEAD + len(form.lines) + 2
    for plan, lines in groupby((line for line in form.lines if line.ask), lambda line: line.given["plan"]):
        listed = "\n".join(f"{line.given['clause']}　{line.ask}" for line in lines)
        text = _say("asks", plan=plan, listed=listed)
        _across(sheet, row, len(form.headers), text, SUBTLE, LEFT, 8 + 15 * _deep(text, width))
        row += 1


def _previous(sheet: Worksheet, form: Form, previous: LastYear, widths: list[int]) -> None:
    """Write the sheet of last year's figures. Its headers differ from the form's, or the reader would find two tables
    of data.
    """
    rows = form.before(previous)
    figures = [n for n, c in enumerate(form.record.columns.values()) if _is_figure(c)]
    if any(row[n] for row in rows for n in figures):
        headers = [_say("previous_header", header=header) for header in form.headers]
        _table(sheet, form, headers, rows, widths, before=True)
    else:
        _put(sheet, 1, 1, _say("no_previous", year=form.year - 1), align=Alignment("left", "center"))
        _page(sheet, wide=False)


def _write_guide(sheet: Worksheet, form: Form, matters: Sequence[tuple[str, str]], first: int = 1) -> int:
    """Write the guide from a row on; returns the row after it."""
    for letter, width in (("A", GUIDE_WIDTHS[0]), ("B", GUIDE_WIDTHS[1])):
        sheet.column_dimensions[letter].width = width
    _across(sheet, first, 2, _say("guide/title", title=form.record.title), TITLE, MIDDLE, 32)
    for row, (matter, instruction) in enumerate(matters, first + 1):
        if not instruction:
            _across(sheet, row, 2, matter, HEADING, LEFT, 24).fill = HEADER_TINT
            continue
        for column, text in ((1, matter), (2, instruction)):
            cell = _put(sheet, row, column, text, HEADING if column == 1 else BODY)
            cell.border = GRID
        sheet.row_dimensions[row].height = 6 + 15 * max(map(_deep, (matter, instruction), GUIDE_WIDTHS))
    sheet.print_area = f"A1:B{first + len(matters)}"
    _page(sheet, wide=False)
    return first + len(matters) + 2


# --- what may be typed -----------------------------------------------------------------------------------------------


def _validate(sheet: Worksheet, guide: Worksheet, form: Form) -> None:
    last = HEAD + len(form.lines)
    for position, (header, column) in enumerate(form.record.columns.items(), 1):
        letter = get_column_letter(position)
        cells = f"{letter}{HEAD + 1}:{letter}{last}"
        wanted = _wanted(form, header, column)
        if _is_figure(column):
            sign = _say("sign", none=NOTHING[0], not_applicable=NOTHING[-1])
            _allow(sheet, cells, header, wanted + sign, "custom", _figure(column, f"{letter}{HEAD + 1}"))
            _mark_excess(sheet, form, column, cells)
        elif column.is_ == "stage":
            _allow(sheet, cells, header, wanted, "list", _inline(_stages(form.catalog)))
        elif form.asked_for(column):
            for row, line in enumerate(form.lines, HEAD + 1):
                told = _say("ask", ask=line.ask, wanted=wanted) if column.is_ == "text" and line.ask else wanted
                cell = f"{letter}{row}"
                least = 0 if column.is_ == "note" else 2
                _allow(sheet, cell, header, told, "custom", f"LEN(TRIM({cell}))>={least}")
        else:
            words = list(dict.fromkeys(line.given[str(column.role)] for line in form.lines))
            _allow(sheet, cells, header, wanted, "list", _choices(guide, header, words))


def _allow(sheet: Worksheet, cells: str, header: str, told: str, kind: Literal["custom", "list"], formula: str) -> None:
    """Add a rule for what may be typed. Excel shows 32 characters of a title and 255 of a message."""
    rule = DataValidation(
        type=kind,
        formula1=formula,
        allow_blank=True,
        showErrorMessage=True,
        showInputMessage=True,
        errorStyle="stop",
        promptTitle=header[:32],
        prompt=told[:255],
        errorTitle=header[:32],
        error=_say("wrong", told=told)[:255],
    )
    rule.add(cells)
    sheet.add_data_validation(rule)


def _figure(column: Column, cell: str) -> str:
    """A number within the record's bounds, or a sign for no figure. IF is used because AND evaluates all parts and
    fails on text.
    """
    bounds = [f"ROUND({cell},{column.decimals})={cell}", f"{cell}>={column.min:f}"]
    bounds += [] if column.max is None else [f"{cell}<={column.max:f}"]
    signs = (f'TRIM({cell})="{sign}"' for sign in NOTHING)
    return f"IF(ISNUMBER({cell}),AND({','.join(bounds)}),OR({','.join(signs)}))"


def _mark_excess(sheet: Worksheet, form: Form, column: Column, cells: str) -> None:
    """Turn a part red that is larger than its whole, whichever of the two is typed first."""
    header = form.record.measures.get(column.not_above or "")
    if header is None:
        return
    whole = list(form.record.columns).index(header) + 1
    part, limit = cells.partition(":")[0], f"{get_column_letter(whole)}{HEAD + 1}"
    formula = f"AND(ISNUMBER({part}),ISNUMBER({limit}),{part}>{limit})"
    sheet.conditional_formatting.add(
        cells, Rule("expression", dxf=DifferentialStyle(fill=WRONG_TINT), formula=[formula])
    )


def _inline(words: Sequence[str]) -> str:
    return f'"{",".join(words)}"'


def _choices(guide: Worksheet, header: str, words: Sequence[str]) -> str:
    """The allowed words: in the rule if Excel can hold them (255 characters, no comma), else in a list on the sheet of
    the guide.
    """
    if len(_inline(words)) <= 255 and not any("," in word or '"' in word for word in words):
        return _inline(words)
    column = max(guide.max_column, 3) + 1  # beside the instructions, outside what is printed
    _put(guide, 1, column, _say("list", header=header), HEADING)
    for row, word in enumerate(words, 2):
        _put(guide, row, column, word, align=Alignment("left", "center"))
    letter = get_column_letter(column)
    guide.column_dimensions[letter].width = max(map(breadth, words)) + 3
    return f"'{GUIDE}'!${letter}$2:${letter}${len(words) + 1}"

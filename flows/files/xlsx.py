"""Reads Open XML workbooks as a stream, and only what concerns cells with content.

openpyxl builds every formatted empty cell, drops the look of single letters, and fails on parts that no cell needs
(drawings, fills, links to other workbooks). So this module reads them itself, with Python's XML parser.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from posixpath import dirname, normpath
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from flows.files import formats, limits
from flows.files.defects import UnreadableError, describe
from flows.files.limits import Watch
from flows.files.sheet import PLAIN, CellRange, Look, Sheet, Style, protected
from flows.files.source import FileBytes
from flows.wording import say

THIN = 0.1
"""Points of a row, letters of a column: lower rows and narrower columns cannot be seen."""
BLOCK = 1 << 17
Attributes = dict[str, str]
BROKEN = (
    expat.ExpatError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    LookupError,
    ValueError,
    TypeError,
    OverflowError,
    RuntimeError,
)
"""Errors that the libraries raise on a damaged workbook, or on numbers that are none."""
EMPTY_ROW = re.compile(rb'<row r="[0-9]+"[^<>/]*+(?:/>|>(?:<c r="[A-Z]+[0-9]+"[^<>/]*+(?:/>|></c>))*+</row>)')
EMPTY_CELL = re.compile(rb'<c r="[A-Z]+[0-9]+"[^<>/]*+(?:/>|></c>)')
"""A cell of formatting alone, as every program writes it; it is removed before the parser reads the sheet."""
KNOWN = 100_000
"""The number of figures whose text is kept in case they come again."""
STANDARD = Style()
LAST = 100_000
"""The most bytes of an unfinished row that wait for the next block."""
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
PLACE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")


class _UnnumberedError(Exception):
    """A row or cell does not name its place. Then the empty ones before it must be counted as well."""


# --- the package -----------------------------------------------------------------------------------------------------


class Package:
    """The parts of a workbook, found as Excel finds them: upper or lower case, any slashes, and even if other parts are
    missing.
    """

    def __init__(self, file: BinaryIO, watch: Watch) -> None:
        self.watch, self.read = watch, 0
        try:
            self.packed = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise UnreadableError(describe("workbook/cut")) from None
        self.parts = {_name(part.filename): part for part in self.packed.infolist()}
        if sum(part.file_size for part in self.packed.infolist()) > limits.UNPACKED:
            raise _too_large()
        if any(part.flag_bits & 1 for part in self.packed.infolist()):
            raise protected()

    def blocks(self, name: str) -> Iterator[bytes]:
        with self.packed.open(self.parts[_name(name)]) as part:
            while block := part.read(BLOCK):
                self.watch.check()
                self.read += len(block)
                if self.read > limits.UNPACKED:
                    raise _too_large()
                yield block

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Id → the last word of the relation's type, and the name of its part. Links out of the workbook
        are left out.
        """
        folder, _, last = name.rpartition("/")
        found: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: Attributes) -> None:
            if tag == "Relationship" and attributes.get("TargetMode") != "External":
                kind = attributes.get("Type", "").rpartition("/")[2]
                target = attributes.get("Target", "").replace("\\", "/")
                whole = target if target.startswith("/") else f"{folder}/{target}"
                found[attributes.get("Id", str(len(found)))] = (kind, _name(normpath(whole)))

        rels = f"{folder}/_rels/{last}.rels".removeprefix("/")
        if _name(rels) in self.parts:
            parse(self.blocks(rels), start)
        return found

    def main(self) -> str:
        """The name of the part that lists the worksheets."""
        for kind, name in self.relations("").values():
            if kind == "officeDocument" and name in self.parts:
                return name
        return next((n for n in ("xl/workbook.xml", *self.parts) if n in self.parts and n.endswith("workbook.xml")), "")


def _name(written: str) -> str:
    return written.replace("\\", "/").lstrip("/").lower()


def _too_large() -> UnreadableError:
    size = limits.UNPACKED // 10**6
    return UnreadableError(describe("limit/unpacked", size=size))


# --- XML -------------------------------------------------------------------------------------------------------------


def parse(
    blocks: Iterator[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] = lambda tag: None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Parse XML. Tags have their local names, so that Strict and Transitional Open XML are the same. No entities,
    limited depth.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    names: dict[str, str] = {}
    depth = 0

    def started(tag: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > limits.DEPTH:
            raise UnreadableError(describe("workbook/nested", most=limits.DEPTH))
        start(names.get(tag) or names.setdefault(tag, tag.rpartition(":")[2]), attributes)

    def ended(tag: str) -> None:
        nonlocal depth
        depth -= 1
        end(names[tag])

    def declared(*_: object) -> None:
        raise UnreadableError(describe("workbook/dtd"))

    parser.StartElementHandler, parser.EndElementHandler = started, ended
    parser.StartDoctypeDeclHandler = declared
    if text is not None:
        parser.CharacterDataHandler = text
    for block in blocks:
        parser.Parse(block, False)
    parser.Parse(b"", True)


def _local(attributes: Attributes, name: str) -> str:
    """An attribute that may have a prefix (r:id)."""
    return next((value for key, value in attributes.items() if key.rpartition(":")[2] == name), "")


def _is_on(attributes: Attributes, name: str, absent: str = "0") -> bool:
    return attributes.get(name, absent).lower() in ("1", "true", "on")


def _unescaped(text: str) -> str:
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


# --- the workbook ----------------------------------------------------------------------------------------------------


_Text = str | list[tuple[str, Look]]
"""A plain text, or a text in pieces of different looks."""


class _Book(NamedTuple):
    strings: list[_Text]
    styles: list[Style]
    base_1904: bool
    computed: bool
    """Whether a formula's 0 may be believed."""


def sheets(source: FileBytes, watch: Watch) -> list[Sheet]:
    """Every worksheet. Raises `UnreadableError` if the workbook cannot be read to its end."""
    with source.open() as file:
        try:
            return _sheets(Package(file, watch))
        except BROKEN:
            raise UnreadableError(describe("workbook/torn")) from None


def _sheets(package: Package) -> list[Sheet]:
    main = package.main()
    if not main:
        raise UnreadableError(describe("workbook/archive"))
    listed: list[tuple[str, str, bool]] = []
    base_1904, full = False, False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal base_1904, full
        if tag == "sheet":
            shown = attributes.get("state", "visible") == "visible"
            listed.append((_unescaped(attributes.get("name", "")), _local(attributes, "id"), shown))
        elif tag == "workbookPr":
            base_1904 = _is_on(attributes, "date1904")
        elif tag == "calcPr":
            full = _is_on(attributes, "fullCalcOnLoad")

    parse(package.blocks(main), start)
    relations = package.relations(main)
    by_kind = {kind: name for kind, name in relations.values() if name in package.parts}
    strings = by_kind.get("sharedStrings", _beside(main, "sharedstrings.xml"))
    styles = by_kind.get("styles", _beside(main, "styles.xml"))
    book = _Book(
        _strings(package, strings) if strings in package.parts else [],
        _styles(package, styles) if styles in package.parts else [],
        base_1904,
        not full and ("calcChain" in by_kind or _keeps_no_chain(package)),
    )
    found, cells = [], 0
    for number, (name, identifier, visible) in enumerate(listed, 1):
        kind, part = relations.get(identifier, ("worksheet", _beside(main, f"worksheets/sheet{number}.xml")))
        if kind != "worksheet":  # a chart, a dialogue, macros: no cells
            continue
        if part not in package.parts:
            raise UnreadableError(describe("workbook/no_sheet", name=name))
        sheet = _sheet(package, part, book, name, visible)
        cells += sum(map(len, sheet.lines.values()))
        if cells > limits.CELLS:
            raise _too_many()
        found.append(sheet)
    return found


def _too_many() -> UnreadableError:
    return UnreadableError(describe("limit/cells", most=limits.CELLS // 10000))


def _beside(main: str, name: str) -> str:
    return f"{dirname(main)}/{name}".removeprefix("/")


def _keeps_no_chain(package: Package) -> bool:
    """Whether the program that wrote the workbook computes formulas, but keeps no list of them as Excel does."""
    if "docprops/app.xml" not in package.parts:
        return False
    with package.packed.open(package.parts["docprops/app.xml"]) as part:
        return bool(re.search(rb"<Application>\s*(LibreOffice|WPS|ET|Kingsoft|OpenOffice)", part.read(BLOCK)))


class _Letters:
    """Collects the pieces of one text with their look, without phonetic guides."""

    def __init__(self, cell: Look = PLAIN) -> None:
        self.runs: list[tuple[str, Look]] = []
        self.cell = cell
        self.look = cell
        self.text: list[str] | None = None
        self.aloud = self.own = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "rPh":
            self.aloud = True
        elif tag == "t" and not self.aloud:
            self.text = []
        elif tag == "rPr":  # a run with a look of its own does not take the cell's
            self.own, self.look = True, PLAIN
        elif self.own:
            self.look = _looks(self.look, tag, attributes)

    def end(self, tag: str) -> None:
        if tag == "rPh":
            self.aloud = False
        elif tag == "t" and self.text is not None:
            self.runs.append((_unescaped("".join(self.text)), self.look))
            self.text = None
        elif tag == "rPr":
            self.own = False
        elif tag == "r":
            self.look = self.cell

    def take(self, text: str) -> None:
        if self.text is not None:
            self.text.append(text)


def _looks(look: Look, tag: str, attributes: Attributes) -> Look:
    if tag == "strike":
        return look._replace(struck=_is_on(attributes, "val", "1"))
    if tag == "vertAlign":
        words: dict[str, Look] = {
            "superscript": look._replace(raised="superscript"),
            "subscript": look._replace(raised="subscript"),
        }
        return words.get(attributes.get("val", ""), look)
    if tag == "color":
        return look._replace(white=_is_white(attributes))
    return look


def _is_white(colour: Attributes) -> bool:
    if "rgb" in colour:
        return colour["rgb"].upper().endswith("FFFFFF") and len(colour["rgb"]) in (6, 8)
    return (colour.get("theme") == "0" and float(colour.get("tint", 0)) == 0) or colour.get("indexed") in ("1", "9")


def _strings(package: Package, part: str) -> list[_Text]:
    found: list[_Text] = []
    letters: _Letters | None = None
    size = 0

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal letters
        if tag == "si":
            letters = _Letters()
        elif letters is not None:
            letters.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal letters, size
        if tag == "si" and letters is not None:
            runs = letters.runs
            found.append("".join(text for text, _ in runs) if all(look == PLAIN for _, look in runs) else runs)
            letters, size = None, 0
            if len(found) > limits.CELLS:
                raise _too_many()
        elif letters is not None:
            letters.end(tag)

    def text(words: str) -> None:
        nonlocal size
        if letters is not None:
            size += len(words)
            if size > 10 * limits.LETTERS:
                raise UnreadableError(describe("limit/text", letters=10 * limits.LETTERS, most=limits.LETTERS))
            letters.take(words)

    parse(package.blocks(part), start, end, text)
    return found


def _styles(package: Package, part: str) -> list[Style]:
    """The number format of each cell style, and the look of its letters."""
    codes: dict[int, str] = dict(formats.BUILT_IN)
    looks: list[Look] = []
    dark: list[bool] = []
    found: list[Style] = []
    path: list[str] = []

    def start(tag: str, attributes: Attributes) -> None:
        above = path[-1] if path else ""
        path.append(tag)
        if tag == "numFmt" and above == "numFmts":
            codes[int(attributes.get("numFmtId", 0))] = _unescaped(attributes.get("formatCode", ""))
        elif tag == "font" and above == "fonts":
            looks.append(PLAIN)
        elif above == "font" and "fonts" in path:
            looks[-1] = _looks(looks[-1], tag, attributes)
        elif tag == "fill" and above == "fills":
            dark.append(False)
        elif tag == "patternFill" and above == "fill" and "fills" in path:
            dark[-1] = attributes.get("patternType", "none") != "none"
        elif tag == "gradientFill" and "fills" in path:
            dark[-1] = True
        elif tag == "fgColor" and "fills" in path and _is_white(attributes):
            dark[-1] = False
        elif tag == "xf" and above == "cellXfs":
            number, font, fill = (int(attributes.get(k, 0) or 0) for k in ("numFmtId", "fontId", "fillId"))
            look = looks[font] if font < len(looks) else PLAIN
            filled = fill < len(dark) and dark[fill]
            look = look._replace(white=look.white and not filled)
            found.append(Style(codes.get(number, formats.GENERAL), look, filled))

    def end(tag: str) -> None:
        path.pop()

    parse(package.blocks(part), start, end)
    return found


# --- one worksheet ---------------------------------------------------------------------------------------------------


def _sheet(package: Package, part: str, book: _Book, name: str, visible: bool) -> Sheet:
    try:
        reader = _Reader(book, Sheet(name, visible), quick=True)
        parse(_without_empty(package.blocks(part)), reader.start, reader.end, reader.take)
    except _UnnumberedError:
        reader = _Reader(book, Sheet(name, visible), quick=False)
        parse(package.blocks(part), reader.start, reader.end, reader.take)
    sheet = reader.sheet
    sheet.finish(reader.areas, reader.unseen, reader.unseen_columns, _comments(package, part))
    return sheet


def _without_empty(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The XML of a worksheet without cells and rows that hold formatting alone."""
    rest, plain = b"", False
    for block in blocks:
        block = rest + block
        plain = plain or b"<!" in block  # comments and CDATA may hold what looks like a cell
        if plain:
            yield block
            rest = b""
            continue
        at = block.rfind(b"<row ")
        if at < 0 or len(block) - at > LAST:
            at = len(block)
        rest, block = block[at:], block[:at]
        yield EMPTY_CELL.sub(b"", EMPTY_ROW.sub(b"", block))
    yield rest


class _Reader:
    """Turns the events of a worksheet's XML into cells."""

    def __init__(self, book: _Book, sheet: Sheet, *, quick: bool) -> None:
        self.book, self.sheet, self.quick = book, sheet, quick
        self.areas: list[CellRange] = []
        self.unseen: set[int] = set()
        self.unseen_columns: list[tuple[int, int]] = []
        self.row = self.column = self.cells = 0
        self.style, self.number = STANDARD, 0
        self.known: dict[tuple[str, int], formats.Shown] = {}
        self.kind = "n"
        self.inside = False
        self.value: list[str] | None = None
        self.formula: list[str] | None = None
        self.shared = ""
        self.formulas: dict[str, str] = {}
        self.letters: _Letters | None = None
        self.buffer: list[str] | None = None
        self.size = 0

    def start(self, tag: str, attributes: Attributes) -> None:
        if self.inside:
            if self.letters is not None:
                self.letters.start(tag, attributes)
            elif tag == "v":
                self.value = self.buffer = []
            elif tag == "f":
                self.formula = self.buffer = []
                self.shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
            elif tag == "is":
                self.letters = _Letters(self.style.look)
        elif tag == "c":
            self._begin(attributes)
        elif tag == "row":
            self._row(attributes)
        else:
            self._around(tag, attributes)

    def _row(self, attributes: Attributes) -> None:
        number = attributes.get("r")
        if number is None and self.quick:
            raise _UnnumberedError
        self.row = int(number) if number is not None else self.row + 1
        self.column = 0
        height = float(attributes.get("ht", 1) or 1)
        if _is_on(attributes, "hidden") or height < THIN:
            self.unseen.add(self.row)

    def _begin(self, attributes: Attributes) -> None:
        place = PLACE.fullmatch(attributes.get("r", ""))
        if place:
            self.column, self.row = _column(place[1]), int(place[2])
        elif self.quick:
            raise _UnnumberedError
        else:
            self.column += 1
        self.number = int(attributes.get("s") or 0)
        self.style = self.book.styles[self.number] if self.number < len(self.book.styles) else STANDARD
        self.kind = attributes.get("t", "n")
        self.inside, self.value, self.formula, self.letters, self.shared, self.size = True, None, None, None, "", 0

    def _around(self, tag: str, attributes: Attributes) -> None:
        if tag == "mergeCell":
            corners = [PLACE.fullmatch(corner.strip()) for corner in attributes.get("ref", "").split(":")]
            first, last = corners[0], corners[-1]
            if first and last:
                (top, bottom) = sorted((int(first[2]), int(last[2])))
                (left, right) = sorted((_column(first[1]), _column(last[1])))
                self.areas.append((top, bottom, left, right))
                if len(self.areas) > limits.SPREAD:
                    raise UnreadableError(describe("workbook/merged"))
        elif tag == "col":
            width = float(attributes.get("width", 1) or 1)
            if _is_on(attributes, "hidden") or width < THIN:
                self.unseen_columns.append((int(attributes["min"]), int(attributes["max"])))
        elif tag == "sheetView":
            self.sheet.zeros = self.sheet.zeros and _is_on(attributes, "showZeros", "1")

    def take(self, text: str) -> None:
        if not self.inside:
            return
        self.size += len(text)
        if self.size > 10 * limits.LETTERS:
            raise UnreadableError(
                describe(
                    "limit/run", line=self.row, sheet=self.sheet.name, letters=10 * limits.LETTERS, most=limits.LETTERS
                )
            )
        if self.letters is not None:
            self.letters.take(text)
        elif self.buffer is not None:
            self.buffer.append(text)

    def end(self, tag: str) -> None:
        if not self.inside:
            return
        if tag == "c":
            self.inside = False
            self._finish()
        elif tag in ("v", "f"):
            self.buffer = None
        elif tag != "is" and self.letters is not None:
            self.letters.end(tag)

    def _finish(self) -> None:
        self.cells += 1
        if self.cells > limits.CELLS:
            raise _too_many()
        value = "".join(self.value) if self.value is not None else None
        if self.formula is not None and self._is_uncomputed(value):
            return
        if self.letters is not None:
            self._text(self.letters.runs)
        elif value is None or value == "":
            return
        elif self.kind == "s":
            at = int(value)
            if not 0 <= at < len(self.book.strings):
                raise UnreadableError(describe("workbook/no_text", sheet=self.sheet.name, row=self.row))
            found = self.book.strings[at]
            self._text([(found, self.style.look)] if isinstance(found, str) else found)
        elif self.kind == "b":
            self.sheet.put(self.row, self.column, "TRUE" if value.strip() in ("1", "true") else "FALSE")
        elif self.kind == "d":
            self._text([(value.partition("T")[0], self.style.look)])
        elif self.kind in ("str", "e", "inlineStr"):
            self._text([(_unescaped(value), self.style.look)])
        else:
            self._number(value)

    def _is_uncomputed(self, value: str | None) -> bool:
        """Whether a formula was never computed: it has no value, or a 0 from nowhere. Such a cell is reported and never
        used.
        """
        assert self.formula is not None
        written = "".join(self.formula)
        if self.shared:
            written = written or self.formulas.get(self.shared, "")
            self.formulas.setdefault(self.shared, written)
        if written == '""' or (value is None and self.letters is not None):
            return False
        empty = value is None or (value == "" and self.kind != "str")
        if not empty and not (self.kind == "n" and not self.book.computed and _is_zero(str(value))):
            return False
        self.sheet.put(self.row, self.column, say("messages/seen/formula", written=written)[: limits.LETTERS])
        return True

    def _text(self, runs: list[tuple[str, Look]]) -> None:
        self.sheet.put_text(self.row, self.column, runs, self.style)

    def _number(self, value: str) -> None:
        key = (value, self.number)
        if (shown := self.known.get(key)) is None:
            try:
                number = Decimal(f"{float(value):.15g}")  # Excel keeps 15 digits; what stands behind is binary noise
            except (ValueError, InvalidOperation):
                number = Decimal("nan")
            if not number.is_finite():
                self._text([(value, self.style.look)])
                return
            shown = self.sheet.shown(number, self.style, base_1904=self.book.base_1904)
            if len(self.known) < KNOWN:
                self.known[key] = shown
        self.sheet.put_number(self.row, self.column, shown)


def _is_zero(value: str) -> bool:
    try:
        return float(value) == 0
    except ValueError:
        return False


@lru_cache(limits.COLUMNS)
def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _comments(package: Package, part: str) -> Iterator[tuple[int, int, str]]:
    """Row, column and words of every comment: old notes, and comments in threads."""
    threads = [name for kind, name in package.relations(part).values() if kind == "threadedComment"]
    notes = [name for kind, name in package.relations(part).values() if kind == "comments"]
    for name in [*threads, *notes]:
        if name in package.parts:
            yield from _commented(package, name, threaded=name in threads, beside=bool(threads))


def _commented(package: Package, name: str, *, threaded: bool, beside: bool) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    authors: list[str] = []
    words: list[str] | None = None
    place, author, collecting = "", "", False
    ours = say("letters/feedback/comment/author")  # a department that mends our feedback sheet may send it back

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal words, place, author, collecting
        if tag in ("comment", "threadedComment"):
            place, words = attributes.get("ref", ""), []
            at = attributes.get("authorId", "")
            author = authors[int(at)] if at.isdigit() and int(at) < len(authors) else ""
        elif tag == "author":
            authors.append("")
        collecting = tag in ("t", "author") or (threaded and tag == "text")

    def text(said: str) -> None:
        if not collecting:
            return
        if words is not None:
            if sum(map(len, words)) < limits.LETTERS:
                words.append(said)
        elif authors:
            authors[-1] += said

    def end(tag: str) -> None:
        nonlocal words, collecting
        collecting = False
        if tag in ("comment", "threadedComment") and words is not None:
            corner = PLACE.fullmatch(place)
            said = _unescaped("".join(words)).removeprefix(f"{author}:") if author else _unescaped("".join(words))
            # each thread has a note with the same words, for old programs
            if corner and author != ours and not (beside and not threaded and author.startswith("tc=")):
                found.append((int(corner[2]), _column(corner[1]), said))
            words = None

    parse(package.blocks(name), start, end, text)
    return found

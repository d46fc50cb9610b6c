"""Writes a composed page as a Word document (.docx), for those who are asked to comment on it: the same words and figures, in
the page that GB/T 9704 asks for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import docx
import pypdfium2
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from flows import kept
from flows.press import document, pdf
from flows.press.document import Page
from flows.workbook import undated

FURNITURE = {"mark", "running", "draft"}
"""What every page repeats: it stands in the head."""
BLACK = RGBColor(0, 0, 0)
LATIN = "Times New Roman"


@dataclass(frozen=True)
class Face:
    """How the paragraphs of a style look."""

    font: str = "仿宋"
    size: float = 16
    line: float | None = None
    """The distance of lines in points; None if single."""
    bold: bool = False
    indent: bool = False
    """Whether the first line begins two letters later."""
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.LEFT
    keep: bool = False
    """Whether it stays on the page of what follows."""


CENTER, RIGHT, BOTH = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.JUSTIFY
FACES: Mapping[str, Face] = {
    "Normal": Face(line=28.95, indent=True, align=BOTH),
    "Title": Face("方正小标宋简体", 22, 33, align=CENTER),
    "Heading 1": Face("黑体", 16, 28.95, indent=True, keep=True),
    "Heading 2": Face("楷体", 16, 28.95, indent=True, keep=True),
    "Heading 3": Face(line=28.95, bold=True, indent=True, keep=True),
    "Caption": Face("黑体", 12, 17, align=CENTER, keep=True),
    "Header": Face("楷体", 9),
    "Footer": Face("宋体", 14),
    "cover": Face("楷体", 18, 30, align=CENTER),
    "edition": Face("黑体", 14, 24, align=RIGHT),
    "lead": Face(line=28.95, bold=True, indent=True, align=BOTH),
    "summary": Face(size=11, line=15.6, indent=True, align=BOTH),
    "summary lead": Face(size=11, line=15.6, bold=True, indent=True, align=BOTH),
    "small": Face(size=12, line=19, indent=True, align=BOTH),
    "note": Face(size=9.5, line=13),
    "legend": Face("黑体", 9, 13),
    "unit": Face(size=10.5, line=14, align=RIGHT, keep=True),
    "contents": Face(size=13, line=20),
    "kicker": Face("宋体", 20, 28, bold=True),
    "by": Face("楷体", 11, 17, align=CENTER),
    "notice": Face("黑体", 10.5, 16, align=CENTER),
    "figure": Face(size=12, align=CENTER, keep=True),
    "cell": Face(size=10, line=13.5),
    "wide": Face(size=8.5, line=11.5),
    "end": Face(size=1, line=1),
}
"""Style → its face; a name with a small letter is a style of ours, called by its class."""
BLOCKS = {"h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd", "table", "figure", "div", "section"}
"""What stands on lines of its own."""
AROUND = {"cover": "cover", "small": "small", "brief": "small", "summary": "summary"}
"""What an element may stand in → the style of its paragraphs."""
NAMED = ("edition", "lead", "small", "note", "legend", "unit", "kicker", "by", "notice")
"""The styles that are called like the class of a paragraph."""
HEADINGS = {"h2": "Heading 1", "h3": "Heading 2", "h4": "Heading 3"}
PORTRAIT, LANDSCAPE = 156, 247
"""The width of the text in mm."""
GAP = 8
"""The space behind a table in points."""
DOTS = 200
"""Dots of a chart in an inch."""


def write(page: Page, staging: Path, to: Path, published: date) -> Path:
    """Write a page; returns its path. The same page gives the same bytes. Charts are read from `staging`."""
    tree = document.read(page)
    to.write_bytes(
        kept.kept(
            "docx",
            to.name,
            lambda: pdf.made_of(document.written(tree), staging, published),
            to.name,
            lambda: _written(tree, staging, published),
        )
    )
    return to


def _written(tree: Element, staging: Path, published: date) -> bytes:
    body = tree.find("body")
    assert body is not None
    charts = list(dict.fromkeys(image.attrib["src"] for image in body.iter("img")))
    # All at once: how a picture comes out depends a little on what is drawn with it.
    pictures = _drawn(pdf.charts([staging / chart for chart in charts])) if charts else ()
    file = docx.Document()
    written = _Writing(file, dict(zip(charts, pictures, strict=True)), _set_styles(file))
    _describe(written.file, tree, published)
    written.whole(body)
    loose = io.BytesIO()
    written.file.save(loose)
    return undated(loose)


# --- the text ---


@dataclass
class _Writing:
    """A document while it is written."""

    file: Any
    pictures: Mapping[str, bytes]
    styles: Mapping[str, str | None]
    """The name of a style → its key; None: that of a paragraph that names none."""
    wide: bool = False
    """Whether the page is landscape."""
    empty: bool = True
    """Whether nothing stands on the page yet."""
    behind: bool = False
    """Whether a table is what was written last."""

    def whole(self, body: Element) -> None:
        head = "　".join(_text(part) for part in body.iter() if "running" in _kinds(part))
        mark = "　".join(_text(part) for part in body.iter() if _kinds(part) & {"mark", "draft"} and _text(part))
        parts = [part for part in body if part.tag == "section"]
        front = sum(not _kinds(part).isdisjoint(document.FRONT) for part in parts[:-1])
        _set_page(self.file.sections[0], wide=False)
        for child in body:
            kinds = _kinds(child)
            if child.tag == "section":
                number = parts.index(child)
                if (front and number == front) or ("wide" in kinds) != self.wide:
                    self._turn("wide" in kinds)
                elif not self.empty and (number < front or kinds & {"chapter", "wide"}):
                    self.file.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)
                    self.empty = True
            self.block(child)
        _set_heads(self.file, head, mark, bool(front))

    def _turn(self, wide: bool) -> None:
        """Begin pages of another layout."""
        if not self.empty:
            self.file.add_section(WD_SECTION.NEW_PAGE)
            self.file.paragraphs[-1].style = "end"
        _set_page(self.file.sections[-1], wide)
        self.wide, self.empty, self.behind = wide, True, False

    def block(self, element: Element, inside: frozenset[str] = frozenset()) -> None:
        """Write an element that stands on lines of its own."""
        kinds = _kinds(element)
        inside |= kinds
        if kinds & FURNITURE:
            return
        if element.tag == "table":
            self._table(element)
        elif element.tag == "figure":
            self._figure(element)
        elif not any(part.tag in BLOCKS for part in element.iter() if part is not element):
            if _text(element):
                self._paragraph(element, _style(element, inside))
        else:
            assert not (element.text or "").strip(), f"<{element.tag}>: {element.text}"
            for child in element:
                self.block(child, inside)
                assert not (child.tail or "").strip(), f"behind <{child.tag}>: {child.tail}"

    def _line(self, style: str) -> Any:
        """A new paragraph. Asked for a style by its name, the library looks at all that it has, again for each paragraph."""
        paragraph = self.file.add_paragraph()
        paragraph._p.style = self.styles[style]
        return paragraph

    def _paragraph(self, element: Element, style: str) -> Any:
        paragraph = self._line(style)
        if style == "kicker":  # its mark stands at the other end of the line
            paragraph.paragraph_format.tab_stops.add_tab_stop(Mm(PORTRAIT), WD_TAB_ALIGNMENT.RIGHT)
            paragraph.add_run("\t".join([(element.text or "").strip(), *map(_text, element)]))
        else:
            _write_runs(paragraph, element)
        if self.behind and style != "note":
            paragraph.paragraph_format.space_before = Pt(GAP)
        self.empty = self.behind = False
        return paragraph

    def _figure(self, element: Element) -> None:
        image, caption = element.find("img"), element.find("figcaption")
        assert image is not None and caption is not None
        paragraph = self._line("figure")
        drawn = io.BytesIO(self.pictures[image.attrib["src"]])
        shape = paragraph.add_run().add_picture(drawn, width=Mm(PORTRAIT))
        shape._inline.docPr.set("descr", image.attrib["alt"])
        shape._inline.docPr.set("title", _text(caption))
        self._paragraph(caption, "Caption").paragraph_format.keep_with_next = False

    def _table(self, element: Element) -> None:
        rows = [(row, group.tag == "thead") for group in element if group.tag in {"thead", "tbody"} for row in group]
        if (caption := element.find("caption")) is not None:
            self._paragraph(caption, "Caption")
        elif self.behind:
            self._line("end")  # two tables would become one
        width, style = (LANDSCAPE, "wide") if self.wide else (PORTRAIT, "cell")
        behind = self.file.element.body.add_p()
        behind.addprevious(_table(element, rows, width, style))
        self.file.element.body.remove(behind)
        self.empty, self.behind = False, True


def _style(element: Element, inside: frozenset[str]) -> str:
    """The style of a heading or paragraph: its own class before those around it."""
    if element.tag == "h1":
        return "Title"
    if element.tag in HEADINGS:
        return HEADINGS[element.tag]
    if element.tag == "li":
        return "contents" if "contents" in inside else "Normal"
    own = _kinds(element)
    if "caption" in own:
        return "Caption"
    named = next((name for name in NAMED if name in own), None)
    if "summary" in inside and named == "lead":
        return "summary lead"
    around = next((style for name, style in AROUND.items() if name in inside), "Normal")
    return named or around


def _write_runs(paragraph: Any, element: Element, bold: bool = False) -> None:
    """The text of an element, without the line breaks of its template; pieces that look alike are one run."""
    for text, strong in _joined(_pieces(element, bold)):
        run = paragraph.add_run(text)  # a line break in it becomes one in Word
        if strong:
            run.bold = True


def _pieces(element: Element, bold: bool) -> Iterator[tuple[str, bool]]:
    bold = bold or element.tag in {"b", "strong"}
    yield document.TEMPLATE_BREAK.sub("", element.text or ""), bold
    for child in element:
        if child.tag == "br":
            yield "\n", bold
        else:
            yield from _pieces(child, bold)
        yield document.TEMPLATE_BREAK.sub("", child.tail or ""), bold


def _joined(pieces: Iterable[tuple[str, bool]]) -> list[tuple[str, bool]]:
    joined: list[tuple[str, bool]] = []
    for piece, bold in pieces:
        if joined and joined[-1][1] == bold:
            joined[-1] = (joined[-1][0] + piece, bold)
        elif piece:
            joined.append((piece, bold))
    return joined


# --- tables: python-docx looks for each cell anew, which takes minutes for long ones ---


def _table(element: Element, rows: Sequence[tuple[Element, bool]], width: float, style: str) -> Any:
    """A table of three lines; its head is repeated on every page, and no row is broken."""
    widths = _widths(element, rows, width)
    table = OxmlElement("w:tbl")
    properties = _add(table, "w:tblPr")
    _add(properties, "w:tblW", w=sum(widths), type="dxa")
    _add(properties, "w:jc", val="center")
    borders = _add(properties, "w:tblBorders")
    for side in ("top", "bottom"):
        _add(borders, f"w:{side}", val="single", sz=8, space=0, color="000000")
    _add(properties, "w:tblLayout", type="fixed")
    margins = _add(properties, "w:tblCellMar")
    for side in ("left", "right"):
        _add(margins, f"w:{side}", w=45, type="dxa")
    grid = _add(table, "w:tblGrid")
    for one in widths:
        _add(grid, "w:gridCol", w=one)
    held: dict[int, int] = {}
    """Column → how many rows below are held by a cell above."""
    heads = sum(head for _, head in rows)
    for number, (row, head) in enumerate(rows, 1):
        _row(table, row, head, number == heads, widths, held, style)
    return table


def _row(
    table: Any, row: Element, head: bool, last: bool, widths: Sequence[int], held: dict[int, int], style: str
) -> None:
    line = _add(table, "w:tr")
    properties = _add(line, "w:trPr")
    _add(properties, "w:cantSplit")
    if head:
        _add(properties, "w:tblHeader")
    kept = "group" in _kinds(row)  # on the page of the next row
    column, cells = 0, iter(row)
    while column < len(widths):
        if held.get(column):
            held[column] -= 1
            _cell(line, None, [widths[column]], style, "continue", head and last, kept)
            column += 1
            continue
        cell = next(cells, None)
        if cell is None:
            _cell(line, None, widths[column:], style, "", head and last, kept)
            break
        span = int(cell.get("colspan", 1))
        down = int(cell.get("rowspan", 1)) - 1
        if down:
            held.update(dict.fromkeys(range(column, column + span), down))
        merged, ruled = "restart" if down else "", head and (last or down > 0)
        _cell(line, cell, widths[column : column + span], style, merged, ruled, kept)
        column += span


def _cell(
    line: Any, cell: Element | None, widths: Sequence[int], style: str, merged: str, ruled: bool, kept: bool
) -> None:
    made = _add(line, "w:tc")
    properties = _add(made, "w:tcPr")
    _add(properties, "w:tcW", w=sum(widths), type="dxa")
    if len(widths) > 1:
        _add(properties, "w:gridSpan", val=len(widths))
    if merged:
        _add(properties, "w:vMerge", val=merged)
    if ruled:
        _add(_add(properties, "w:tcBorders"), "w:bottom", val="single", sz=4, space=0, color="000000")
    paragraph = _add(made, "w:p")
    looks = _add(paragraph, "w:pPr")
    _add(looks, "w:pStyle", val=style)
    if kept:
        _add(looks, "w:keepNext")
    if cell is None:
        return
    kinds, head = _kinds(cell), cell.get("scope") == "col" or cell.get("scope") == "colgroup"
    if head or kinds & {"n", "c", "w"}:
        _add(looks, "w:jc", val="right" if "n" in kinds else "center")
    if head:
        _add(properties, "w:vAlign", val="center")
    strong = "bad" in kinds or cell.get("scope") == "rowgroup"
    for text, bold in _joined(_pieces(cell, strong)):
        run = _add(paragraph, "w:r")
        if bold:
            _add(_add(run, "w:rPr"), "w:b")
        for n, part in enumerate(text.split("\n")):
            if n:
                _add(run, "w:br")
            piece = _add(run, "w:t")
            piece.text = part
            piece.set(qn("xml:space"), "preserve")


def _widths(element: Element, rows: Sequence[tuple[Element, bool]], width: float) -> list[int]:
    """The columns' widths in twentieths of a point: as the page says, the others share what is left."""
    told = [re.search(r"width:\s*([\d.]+)mm", col.get("style", "")) for col in element.iterfind("colgroup/col")]
    given: list[float | None] = [float(found[1]) if found else None for found in told]
    most = max((sum(int(cell.get("colspan", 1)) for cell in row) for row, _ in rows), default=1)
    given += [None] * (most - len(given))
    fixed, free = sum(filter(None, given)), sum(one is None for one in given)
    share = max((width - fixed) / free, 8) if free else 0
    scale = width / (fixed + share * free)
    return [round((share if one is None else one) * scale * 1440 / 25.4) for one in given]


def _add(to: Any, tag: str, **values: object) -> Any:
    made = OxmlElement(tag)
    for name, value in values.items():
        made.set(qn(f"w:{name}"), str(value))
    to.append(made)
    return made


# --- the page ---


def _set_styles(file: Any) -> dict[str, str | None]:
    """Give every style its face; returns the key of each."""
    known = {style.name: style for style in file.styles}
    keys: dict[str, str | None] = {}
    for name, face in FACES.items():
        style = known.get(name) or file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        keys[name] = style.style_id
        layout = style.element.get_or_add_pPr()
        for old in [*layout.findall(qn("w:pBdr")), *layout.findall(qn("w:tabs"))]:  # of python-docx's own template
            layout.remove(old)
        properties = style.element.get_or_add_rPr()
        for old in properties.findall(qn("w:rFonts")):
            properties.remove(old)
        style.font.name, style.font.size, style.font.bold = LATIN, Pt(face.size), face.bold
        style.font.italic, style.font.color.rgb = False, BLACK
        properties.rFonts.set(qn("w:eastAsia"), face.font)
        layout = style.paragraph_format
        layout.alignment, layout.keep_with_next = face.align, face.keep
        layout.space_before = layout.space_after = Pt(0)
        layout.line_spacing = Pt(face.line) if face.line else 1.0
        layout.widow_control = True
        layout.first_line_indent = Pt(face.size * 2 if face.indent else 0)
    language = OxmlElement("w:lang")
    for name in ("val", "eastAsia"):
        language.set(qn(f"w:{name}"), "zh-CN")
    file.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}").append(language)
    return keys | {file.styles.default(WD_STYLE_TYPE.PARAGRAPH).name: None}


def _set_page(section: Any, wide: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(297), Mm(210)) if wide else (Mm(210), Mm(297))
    sides = (28, 25, 22, 25) if wide else (37, 26, 35, 28)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, sides)
    section.header_distance, section.footer_distance = Mm(15), Mm(14 if wide else 22)


def _set_heads(file: Any, head: str, mark: str, front: bool) -> None:
    """What every page repeats; numbers stand on the outer side, from the first page behind the front."""
    file.settings.odd_and_even_pages_header_footer = True
    for number, section in enumerate(file.sections):
        width = LANDSCAPE if section.orientation == WD_ORIENT.LANDSCAPE else PORTRAIT
        if front and number == 0:
            section.different_first_page_header_footer = True
        for place in (section.header, section.even_page_header):
            place.is_linked_to_previous = False
            line = place.paragraphs[0]
            line.paragraph_format.tab_stops.add_tab_stop(Mm(width), WD_TAB_ALIGNMENT.RIGHT)
            line.text = f"{head}\t{mark}"
        for place, side in ((section.footer, RIGHT), (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)):
            place.is_linked_to_previous = False
            if not front or number:
                _number(place.paragraphs[0], side)
        if front and number == 1:
            _add(section._sectPr, "w:pgNumType", start=1)


def _number(line: Any, side: WD_ALIGN_PARAGRAPH) -> None:
    """— 1 —, as a field."""
    line.alignment = side
    line.add_run("— ")
    _add(_add(_add(line._p, "w:fldSimple", instr="PAGE"), "w:r"), "w:t").text = "1"
    line.add_run(" —")


def _describe(file: Any, tree: Element, published: date) -> None:
    told = {meta.get("name"): meta.get("content", "") for meta in tree.iterfind("head/meta")}
    known, made = file.core_properties, datetime.combine(published, time(9))
    known.title, known.author = tree.findtext("head/title") or "", told.get("author", "")
    known.last_modified_by = known.author
    known.comments, known.keywords = told.get("description", ""), told.get("keywords", "")
    known.language, known.revision, known.created, known.modified = "zh-CN", 1, made, made


def _drawn(pages: bytes) -> list[bytes]:
    """Each page as a PNG."""
    found = []
    with pypdfium2.PdfDocument(pages) as file:
        for page in file:
            out = io.BytesIO()
            page.render(scale=DOTS / 72).to_pil().quantize(64).save(out, "PNG")
            found.append(out.getvalue())
    return found


def _kinds(element: Element) -> frozenset[str]:
    return frozenset(element.get("class", "").split())


def _text(element: Element) -> str:
    return "".join(text for text, _ in _joined(_pieces(element, bold=False))).strip()

"""A plan's document (.txt, .docx, .pdf) in; its paragraphs out, each with the place where it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from flows import inert
from flows.adopt.numerals import chinese
from flows.files import limits
from flows.places import MendableError
from flows.wording import say

MOST_BYTES = 50_000_000
"""The largest size of a document that is read; a plan's text has some hundred thousand bytes."""
WIDE = str.maketrans(
    "０１２３４５６７８９．％／＞＜（）－～",
    "0123456789.%/><()-~",
)
"""Full-width letters that stand in numbers → the usual ones; each is one letter, so that places stay the same."""
ENDING = "。；：！？!?;:”』」）)"
"""What ends a paragraph where a document's lines are broken at the margin."""


class Paragraph(NamedTuple):
    text: str
    place: str
    """第12行, 第3页, 表2第4行."""
    cells: tuple[str, ...] = ()
    """Of a table's row: its cells."""


@dataclass(frozen=True)
class Document:
    """A whole document as one text, so that everything found in it has a place.

    `text` is what was written; `plain` is the same, letter by letter, with usual digits and signs.
    """

    name: str
    paragraphs: tuple[Paragraph, ...]
    text: str
    starts: tuple[int, ...]

    @property
    def plain(self) -> str:
        return self.text.translate(WIDE)

    def place(self, position: int) -> str:
        return self.paragraphs[bisect_right(self.starts, position) - 1].place if self.paragraphs else ""

    def rows(self) -> Iterator[tuple[int, Paragraph]]:
        """Rows of tables with their position."""
        return ((start, p) for start, p in zip(self.starts, self.paragraphs, strict=True) if p.cells)


BETWEEN = "\t"
"""What stands between the cells of a row in the text."""


def compose(name: str, paragraphs: Iterable[Paragraph]) -> Document:
    """One text of all paragraphs, a line each."""
    kept = tuple(p._replace(text=_seen(p.text), cells=tuple(map(_seen, p.cells))) for p in paragraphs)
    kept = tuple(p for p in kept if p.text.strip())
    starts, length = [], 0
    for p in kept:
        starts.append(length)
        length += len(p.text) + 1
    return Document(name, kept, "\n".join(p.text for p in kept), tuple(starts))


def _seen(words: str) -> str:
    """The same with a blank for each letter that nobody sees: a draft is a text file, and it is shown on a terminal."""
    return "".join(c if c.isprintable() or c == BETWEEN else " " for c in words)


def read(path: Path) -> Document:
    """The document of a file. Raises `MendableError` for what is no text, or has none."""
    if not path.is_file():
        raise MendableError(f"没有这个文件：{path}")
    if path.stat().st_size > MOST_BYTES:
        raise MendableError(f"{path} 超过 {MOST_BYTES // 1_000_000} MB，未读取；请只留规划正文，{say('adopt/cure')}")
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"%PDF"):
        found = list(_pdf(path))
        if not any(p.text.strip() for p in found):
            raise MendableError(f"{path} 里没有文字，只有图像（扫描件）。请先做文字识别，或取原始的 Word 文件")
    elif head.startswith(b"PK\x03\x04"):
        found = list(_docx(path))
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        raise MendableError(f"{path} 是旧的 Word 或 WPS 文件，不能读取。{say('adopt/cure')}")
    else:
        found = list(_txt(path))
    return compose(_seen(inert.called(path)).rpartition(".")[0], found)


def _txt(path: Path) -> Iterator[Paragraph]:
    from flows.files.defects import UnreadableError
    from flows.files.encoding import decide
    from flows.files.source import FileBytes

    try:
        source = FileBytes.of(path)
        with source.text(decide(source).codec, newline=None) as file:
            text = file.read()
    except UnreadableError as error:
        raise MendableError(f"{path} 不能读作文字：{error}。{say('adopt/cure')}") from None
    lines = [(line, say("adopt/place/line", n=n)) for n, line in enumerate(text.splitlines(), 1)]
    yield from _joined(lines) if _is_broken([line for line, _ in lines]) else _split(lines)


def _split(lines: Iterable[tuple[str, str]]) -> Iterator[Paragraph]:
    for line, place in lines:
        cells = tuple(c for c in re.split(r"\t+|\s*[|｜]\s*", line.strip(" |｜")) if c.strip())
        yield Paragraph(line, place, cells if len(cells) > 1 else ())


def _is_broken(lines: list[str]) -> bool:
    """Whether lines end at the margin and not with a sentence, as in the text of a PDF."""
    full = [line.rstrip() for line in lines if len(line.strip()) > 15]
    broken = sum(line[-1] not in ENDING for line in full)
    return len(full) >= 5 and broken > len(full) / 2


def _pdf(path: Path) -> Iterator[Paragraph]:
    import pypdfium2

    lines: list[tuple[str, str]] = []
    try:
        with pypdfium2.PdfDocument(path) as pages:
            for n, page in enumerate(pages, 1):
                text = page.get_textpage().get_text_range()
                lines += [
                    (line, say("adopt/place/page", n=n))
                    for line in text.splitlines()
                    if not PAGE_NUMBER.fullmatch(line)
                ]
    except pypdfium2.PdfiumError as error:
        raise MendableError(
            f"{path} 是不能打开的 PDF（{error}）：可能有密码，或文件不全。{say('adopt/cure')}"
        ) from None
    yield from _joined(lines)


PAGE_NUMBER = re.compile(r"\s*(?:[-—–－]\s*)?\d{1,3}(?:\s*[-—–－])?\s*|\s*P\.\s*\d+\s*|\s*第\s*\d+\s*页.*")
"""A line with a page's number and nothing else; these are no words of the plan."""
COLUMNS = re.compile(r"\s{3,}")
VALUE = re.compile(r"[＞>≥＜<≤〉〈]?\s*[0-9０-９][0-9０-９.,．]*(?:[%％‰]|/10万|年)?")
"""A cell of a table that is a number or a year."""
BEGINS = re.compile(
    r"\s*(?:[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)]|第[一二三四五六七八九十]+[章节部]"
    r"|[0-9０-９]{1,2}\s*[.．、]|[-—–－]{1,2}(?![0-9])|主要目标|策略措施|专栏)"
)
"""How a heading or a clause begins."""


def _joined(lines: Iterable[tuple[str, str]]) -> Iterator[Paragraph]:
    """Paragraphs of lines that end at the margin: a line goes on the one before unless it begins or ends something."""
    gathered, place = "", ""
    for line, where in lines:
        bare = line.strip()
        cells = _columns(bare)
        if cells:
            if gathered:
                yield Paragraph(gathered, place)
            gathered = ""
            yield Paragraph(BETWEEN.join(cells), where, cells)
            continue
        if not bare:
            continue
        heading = len(gathered) <= 30 and BEGINS.match(gathered) and not re.search("[，。；]", gathered)
        if gathered and not BEGINS.match(bare) and gathered[-1] not in "。；：！？" and not heading:
            gathered += bare
            continue
        if gathered:
            yield Paragraph(gathered, place)
        gathered, place = bare, where
    if gathered:
        yield Paragraph(gathered, place)


def _columns(line: str) -> tuple[str, ...]:
    """The cells of a table's row in a text without a table: wide gaps between them, or a word with numbers behind it."""
    wide = tuple(c for c in COLUMNS.split(line) if c)
    if len(wide) > 1 and re.search(r"[0-9０-９]", "".join(wide[1:])):
        return wide
    narrow = tuple(line.split())
    if len(narrow) < 2 or re.search("[。，；：]", line) or len(re.findall("[一-龥]", narrow[0])) < 2:
        return ()
    return narrow if VALUE.fullmatch(narrow[1]) and all(len(c) <= SHORT for c in narrow[1:]) else ()


SHORT = 8
"""The letters of a cell that stands behind a row's name."""


def _docx(path: Path) -> Iterator[Paragraph]:
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table

    try:
        with ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > limits.UNPACKED:
                raise MendableError(
                    f"{path} 展开后超过 {limits.UNPACKED // 10**6} MB，未读取；请删去图片，{say('adopt/cure')}"
                )
        opened = docx.Document(str(path))
    except (KeyError, ValueError, SyntaxError, BadZipFile, PackageNotFoundError) as error:
        raise MendableError(f"{path} 不是 Word 文档，或已损坏（{type(error).__name__}）。{say('adopt/cure')}") from None
    numbering, tables, n = _Numbering(opened), 0, 0
    for block in opened.iter_inner_content():
        if isinstance(block, Table):
            tables += 1
            for row, line in enumerate(block.rows, 1):
                seen = {cell._tc: re.sub(r"\s+", " ", cell.text.strip()) for cell in line.cells}
                cells = tuple(seen.values())
                yield Paragraph(BETWEEN.join(cells), say("adopt/place/row", table=tables, n=row), cells)
            continue
        n += 1
        mark = numbering.mark(block)
        for part in block.text.split("\n"):
            yield Paragraph(mark + part, say("adopt/place/paragraph", n=n))
            mark = ""


class _Numbering:
    """The numbers that Word sets itself before a paragraph and that its text does not have."""

    def __init__(self, opened: Any) -> None:
        from docx.oxml.ns import qn

        self.counts: dict[tuple[str, int], int] = defaultdict(int)
        self.levels: dict[str, dict[int, tuple[str, str]]] = {}
        try:
            root = opened.part.numbering_part.element
        except (KeyError, NotImplementedError):
            return
        abstract = {}
        for found in root.findall(qn("w:abstractNum")):
            abstract[found.get(qn("w:abstractNumId"))] = {
                int(level.get(qn("w:ilvl"))): (_said(level, "w:numFmt"), _said(level, "w:lvlText"))
                for level in found.findall(qn("w:lvl"))
            }
        for found in root.findall(qn("w:num")):
            self.levels[found.get(qn("w:numId"))] = abstract.get(_said(found, "w:abstractNumId"), {})

    def mark(self, paragraph: Any) -> str:
        """1. or （一） as Word shows it, or nothing."""
        properties = _numbered(paragraph)
        if properties is None:
            return ""
        key, level = _said(properties, "w:numId"), int(_said(properties, "w:ilvl") or 0)
        form, text = self.levels.get(key, {}).get(level, ("", ""))
        if not form or form in {"bullet", "none"}:
            return "——" if form == "bullet" else ""
        self.counts[key, level] += 1
        for deeper in [k for k in self.counts if k[0] == key and k[1] > level]:
            del self.counts[deeper]
        number = self.counts[key, level]
        shown = chinese(number) if "hinese" in form or "japanese" in form else str(number)
        return text.replace(f"%{level + 1}", shown)


def _said(element: Any, tag: str) -> str:
    """What an element of a part says."""
    from docx.oxml.ns import qn

    found = element.find(qn(tag))
    return "" if found is None else str(found.get(qn("w:val"), ""))


def _numbered(paragraph: Any) -> Any:
    """The numbering of a paragraph, or of its style."""
    for properties in (paragraph._p.pPr, paragraph.style.element.pPr if paragraph.style is not None else None):
        if properties is not None and properties.numPr is not None:
            return properties.numPr
    return None

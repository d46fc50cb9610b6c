"""Turns HTML into an official PDF: the only module that uses Jinja2 and, beside what mends it (flows/press/mended.py), WeasyPrint."""

from __future__ import annotations

import io
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from ctypes import util
from datetime import UTC, date, datetime, time
from functools import cache
from html import unescape
from multiprocessing import active_children, connection, forkserver, get_context, parent_process
from multiprocessing.context import ForkServerContext
from pathlib import Path
from threading import Thread
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element

import pydyf  # type: ignore[import-untyped]
from cssselect2 import ElementWrapper
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from flows import garbage, kept
from flows.edition.program import FONTS
from flows.places import MendableError
from flows.press import document
from flows.wording import say

os.environ.update(FONTS | os.environ)  # read at the first page


@contextmanager
def _named_as_they_are() -> Iterator[None]:
    """Let WeasyPrint load its libraries by the names of their files alone, which are among those that it tries. For every other name
    Python would ask ldconfig, gcc and ld: 54 processes, and a third of the time of this import.
    """
    find = util.find_library
    util.find_library = lambda name: None
    try:
        yield
    finally:
        util.find_library = find


with _named_as_they_are():
    from weasyprint import HTML, Attachment
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    from flows.press import mended

mended.mend()


class LayoutError(Exception):
    """WeasyPrint could not set something as told; such a report is not published."""


class Write(Protocol):
    """Sets pages into a file: `write`, or the same in another process."""

    def __call__(
        self,
        text: str,
        path: Path,
        roots: Sequence[Path],
        published: date,
        attachments: Mapping[str, str] | None = None,
        /,
    ) -> Path: ...


class _Closed(URLFetcher):  # type: ignore[misc]
    """Reads only files below the given folders, and data: addresses."""

    def __init__(self, *roots: Path) -> None:
        super().__init__(allowed_protocols={"file", "data"}, allow_redirects=False, fail_on_errors=True)
        self.roots = [root.resolve() for root in roots]

    def fetch(self, url: str, headers: Any = None) -> Any:
        if urlsplit(url).scheme != "data":  # the scheme in small letters, however it was written
            url = self._within(url).as_uri()  # what was looked at is what is opened
        return super().fetch(url, headers)

    def _within(self, url: str) -> Path:
        """The file that an address means, after links and `..`; raises `LayoutError` if it is outside the folders."""
        parts = urlsplit(url)
        try:
            path = Path(unquote(parts.path, errors="strict")).resolve()
        except ValueError:  # a byte 0, or no UTF-8
            raise LayoutError(say("messages/layout/address", url=url)) from None
        local = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
        if not local or not any(path.is_relative_to(root) for root in self.roots):
            raise LayoutError(say("messages/layout/outside", url=url))
        return path


class _Pages(HTML):  # type: ignore[misc]
    """WeasyPrint's document over the tree that all others read; WeasyPrint's own parser takes thirty times as long."""

    def __init__(self, tree: Element, base_url: str, url_fetcher: URLFetcher) -> None:
        self.base_url, self.url_fetcher, self.media_type = base_url, url_fetcher, "print"
        self.wrapper_element = ElementWrapper.from_html_root(tree, content_language=None)
        self.etree_element = tree


@cache
def _fonts() -> FontConfiguration:
    """The fonts of this machine, looked for and opened once in a process: no style sheet of ours brings its own."""
    return FontConfiguration()


class _Strict(logging.Handler):
    """Collects what WeasyPrint only warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def html(templates: Path, name: str, context: Mapping[str, object]) -> str:
    """A template, filled in; all values are escaped."""
    return _environment(templates).get_template(name).render(context)


@cache
def _environment(templates: Path) -> Environment:
    """Where templates stand and how they are read; each is compiled once: that takes longer than to fill it in."""
    return Environment(
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols"],
    )


PRESSES, MOST = "PLAN_MONITOR_PRESSES", 16
"""The variable that says how many documents are set at the same time, and the most that it may say."""


def presses() -> int:
    """How many documents are set at the same time: one for each core, and four at most (up to a gigabyte each), if nobody has
    said otherwise. Their bytes do not depend on it.
    """
    given = os.environ.get(PRESSES, "").strip()
    if not given:
        return min(4, len(os.sched_getaffinity(0)))
    if not re.fullmatch(r"[0-9]{1,2}", given) or not 1 <= int(given) <= MOST:
        raise MendableError(say("messages/layout/presses", variable=PRESSES, given=given, most=MOST))
    return int(given)


def warm() -> ForkServerContext:
    """Start the process that those of the press are forked from, and let it import once what takes long; whoever calls this
    early has these seconds for something else. Raises `MendableError` if `PRESSES` is no number of presses.
    """
    presses()
    processes = get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    forkserver.ensure_running()
    return processes


@contextmanager
def press(staging: Path | None = None) -> Iterator[tuple[Write, Callable[[], None]]]:
    """Set several documents at the same time, each in its own process; one that an earlier run has set from the same page is
    taken over; `staging` is the folder of the edition.

    The second function waits for all of them, and raises the error of the first that failed. The processes always end
    with this one.
    """
    with ProcessPoolExecutor(presses(), warm(), _begin) as pool, _all_or_none():
        waiting: list[tuple[Future[Path] | None, Path, kept.Place | None]] = []

        def submit(
            text: str,
            path: Path,
            roots: Sequence[Path],
            published: date,
            attachments: Mapping[str, str] | None = None,
            /,
        ) -> Path:
            name = path.relative_to(staging or path.parent).as_posix()
            place = kept.place("pdf", name, lambda: made_of(text, path.parent, published, attachments), name)
            job = None
            if place is not None and place.content is not None:
                path.write_bytes(place.content)
            else:
                job = pool.submit(_next, text, path, roots, published, attachments)
            waiting.append((job, path, place))
            return path

        def wait() -> None:
            for job, path, place in waiting:
                if job is not None:
                    job.result()
                if place is not None:
                    kept.use(place)
                if place is not None and job is not None:
                    place.put(path.read_bytes())

        yield submit, wait


@contextmanager
def _all_or_none() -> Iterator[None]:
    """Ends the processes at once if a run is broken off: it would wait for pages that nobody publishes."""
    try:
        yield
    except BaseException:
        for process in active_children():
            process.kill()
        raise


def made_of(text: str, folder: Path, published: date, attachments: Mapping[str, str] | None = None) -> kept.Parts:
    """What a document in a folder is made from, beside the style sheets, which are part of the program."""
    files = {name: [told, kept.digest((folder / name).read_bytes())] for name, told in (attachments or {}).items()}
    charts = [[name, kept.digest((folder / name).read_bytes())] for name in drawn(text) if (folder / name).is_file()]
    return {"page": kept.digest([text, published]), "charts": kept.digest(charts), "attached": kept.digest(files)}


def drawn(text: str) -> list[str]:
    """The files of the pictures of a page, in their order: papers read no other file of their folder."""
    return [unquote(unescape(name)) for name in re.findall(r'<img\b[^>]*?\bsrc="(?!data:)([^"]+)"', text)]


def _begin() -> None:
    """Called in each process of the press."""
    garbage.look_between()
    _end_with_us()


def _next(text: str, path: Path, roots: Sequence[Path], published: date, attachments: Mapping[str, str] | None) -> Path:
    """Set the next paper of this process."""
    garbage.look()
    return write(text, path, roots, published, attachments)


def _end_with_us() -> None:
    """Make this process end with the run, even if the run was killed.

    Otherwise it would wait for work for ever: its parent is the process that starts the presses, and that one waits as
    well.
    """
    run = parent_process()
    assert run is not None

    def watch() -> None:
        connection.wait([run.sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def write(
    text: str, path: Path, roots: Sequence[Path], published: date, attachments: Mapping[str, str] | None = None, /
) -> Path:
    """Set the pages as PDF/A-3a, with files beside `path` attached; the same input gives the same bytes.

    A path that ends in .png gets a picture of the first page instead (flows/press/picture.py).
    `roots` are the folders that the pages may read from. Raises `LayoutError` on any layout warning, and if a file that
    the pages need cannot be read.
    """
    created = datetime.combine(published, time(9), UTC)
    strict = _Strict()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(strict)
    try:
        base = f"{path.parent.resolve().as_uri()}/"
        tree = document.parsed(text)
        pages = _Pages(tree, base, _Closed(*roots, path.parent))
        out = io.BytesIO()
        options: dict[str, Any] = {
            "pdf_variant": "pdf/a-3a",
            "attachments": [
                Attachment(
                    string=(path.parent / name).read_bytes(),
                    name=name,
                    description=description,
                    relationship="Data",
                    created=created,
                    modified=created,
                )
                for name, description in sorted((attachments or {}).items())  # a name tree is sorted
            ],
        }
        pages.write_pdf(out, finisher=_finish, font_config=_fonts(), **options)
    except FatalURLFetchingError as error:  # no Exception: WeasyPrint lets nothing of its own catch it
        why = error.__cause__
        raise LayoutError(
            str(why) if isinstance(why, LayoutError) else say("messages/layout/unread", error=error, why=why)
        ) from None
    finally:
        logger.removeHandler(strict)
    if strict.messages:
        raise LayoutError(say("messages/layout/wrong", listed="；".join(dict.fromkeys(strict.messages))))
    if path.suffix == ".png":
        from flows.press import picture

        path.write_bytes(picture.drawn(out.getvalue()))
    else:
        path.write_bytes(out.getvalue())
    return path


def charts(drawn: Sequence[Path]) -> bytes:
    """Charts (SVG) as a PDF, each on a page of its own size."""
    pages, styles = [], []
    for number, path in enumerate(drawn):
        size = " ".join(re.findall(r'(?:width|height)="([\d.]+pt)"', path.read_text(encoding="utf-8"))[:2])
        styles.append(f"@page c{number} {{ size: {size}; margin: 0 }} .c{number} {{ page: c{number} }}")
        pages.append(f'<div class="c{number}"><img style="display: block" src="{path.resolve().as_uri()}"></div>')
    text = f"<style>body {{ margin: 0 }} {''.join(styles)}</style>{''.join(pages)}"
    out = io.BytesIO()
    _Pages(document.parsed(text), "", _Closed(*{path.parent for path in drawn})).write_pdf(out, font_config=_fonts())
    return out.getvalue()


# --- what WeasyPrint leaves undone in a tagged file; docs/pdf.md has the clauses ---


def _finish(document: Any, pdf: Any) -> None:
    """Called with the set pages, before the file is written."""
    root = _object(pdf, pdf.catalog["StructTreeRoot"])
    tagged = list(_elements(pdf, root["K"][0]))
    _headings(tagged)
    for element in tagged:
        if element.get("S") == "/TH":
            group = _object(pdf, _object(pdf, element["P"])["P"])
            element["A"]["Scope"] = "/Column" if group["S"] == "/THead" else "/Row"
        elif element.get("S") == "/Figure":  # from CSS pixels below the top edge to points above the bottom edge
            left, top, right, bottom = (side * 0.75 for side in element["A"]["BBox"])
            height = _object(pdf, element["Pg"])["MediaBox"][3]
            element["A"]["BBox"] = pydyf.Array((left, height - bottom, right, height - top))
    _running_heads(pdf, root, {element.number for element in tagged})
    for page in document.pages:
        for box in page._page_box.descendants():
            if box.link_annotation:  # a reader hears where a link leads, not what its anchor is called
                told = box.element.get("title") or "".join(box.element.itertext())
                box.link_annotation["Contents"] = pydyf.String(" ".join(told.split()))
    if "AF" in pdf.catalog:  # each file once
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    _page_labels(document, pdf)


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _elements(pdf: Any, reference: bytes) -> Iterator[Any]:
    """A structure element and all elements below it, in reading order."""
    element = _object(pdf, reference)
    yield element
    for kid in element.get("K", ()):
        if isinstance(kid, bytes):
            yield from _elements(pdf, kid)


def _headings(tagged: Sequence[Any]) -> None:
    """Make heading levels follow without a gap: an official document may go from 一、 to 1. if it has no （一）."""
    above: list[int] = []
    for element in tagged:
        if found := re.fullmatch(r"/H(\d)", element.get("S", "")):
            level = int(found[1])
            above = [*(outer for outer in above if outer < level), level]
            element["S"] = f"/H{len(above)}"


def _running_heads(pdf: Any, root: Any, tagged: set[int]) -> None:
    """Mark the texts in the margins as artifacts: WeasyPrint marks them as text of an element that
    belongs to nothing.
    """
    nums = _object(pdf, root["ParentTree"])["Nums"]
    for number, page in enumerate(pdf.pages["Kids"][::3]):
        elements = nums[2 * number + 1]
        loose = {n for n, element in enumerate(elements) if int(element.split()[0]) not in tagged}
        content = _object(pdf, pdf.objects[page]["Contents"]).stream
        for place, piece in enumerate(content):
            if isinstance(piece, pydyf.Dictionary) and piece.get("MCID") in loose:
                content[place - 1 : place + 1] = ["/Artifact", pydyf.Dictionary({"Type": "/Pagination"})]
        for n in loose:
            _object(pdf, elements[n]).clear()
            elements[n] = "null"


def _page_labels(document: Any, pdf: Any) -> None:
    """Name each page by the number at its foot; pages before the first number have small Roman numbers."""
    for number, page in enumerate(document.pages):
        for margin in (box for box in page._page_box.children if hasattr(box, "at_keyword")):
            text = "".join(getattr(box, "text", "") for box in margin.descendants())
            if found := re.fullmatch(r"— (\d+) —", text):
                front = [0, pydyf.Dictionary({"S": "/r"})] if number else []
                body = pydyf.Dictionary({"S": "/D", "St": int(found[1])})
                pdf.catalog["PageLabels"] = pydyf.Dictionary({"Nums": pydyf.Array([*front, number, body])})
                return

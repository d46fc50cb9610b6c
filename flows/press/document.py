"""Reads a composed page into a tree, once; whatever is proved, shown, printed or attached is taken from that tree."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, tostring

from lxml.etree import HTMLParser
from lxml.html.defs import empty_tags

Page = str | Element
"""A page as its template wrote it, or as a tree."""
IMPLIED = frozenset({"html", "head", "body"})
"""Elements that every page has, even if they are not written."""


class _Builder(TreeBuilder):
    """lxml's parser, which is fast, with the standard library's tree: WeasyPrint can set such a tree."""

    def start(self, tag: str, attrs: object) -> Element:
        return super().start(tag, dict(attrs))  # type: ignore[call-overload]


def read(page: Page) -> Element:
    """The tree of a page; a tree is returned as it is.

    Our templates close every element that they open. Anything else is a mistake in them and raises `ValueError`: a
    parser would guess where an element ends, and so where a binding ends.
    """
    if isinstance(page, Element):
        return page
    tree, strays = _parsed(page)
    found = Counter(element.tag for element in tree.iter())
    opened = [tag for tag in found.keys() - empty_tags - IMPLIED if found[tag] != page.count(f"</{tag}>")]
    if strays or opened:
        raise ValueError("; ".join([*strays, *(f"<{tag}> is not closed everywhere" for tag in sorted(opened))]))
    return tree


def parsed(text: str) -> Element:
    """The tree of a page as a browser reads it: elements may be left open."""
    return _parsed(text)[0]


def written(tree: Element) -> str:
    """A page as text; it reads as the same tree."""
    return f"<!DOCTYPE html>\n{tostring(tree, 'unicode', method='html')}\n"


def plain(tree: Element, part: str) -> str:
    """The text of a part of a page, by its id: one line for each heading, paragraph and row, a wide space after each
    cell. Raises `ValueError` if the page has no such part.
    """
    found = tree.find(f".//*[@id='{part}']")
    if found is None:
        raise ValueError(f"the page has no part {part}")
    return "".join(_pieces(found)).strip() + "\n"


def _pieces(element: Element) -> Iterator[str]:
    """The text without the line breaks of the template."""
    yield TEMPLATE_BREAK.sub("", element.text or "")
    for child in element:
        yield from _pieces(child)
        yield ENDS.get(child.tag, "")
        yield TEMPLATE_BREAK.sub("", child.tail or "")


PAPER = "data-paper"
"""The attribute of a section that only some papers print: their names."""


def part(tree: Element, paper: str) -> Element | None:
    """What one paper prints of a page that several share; None if it prints nothing of its own.

    A section that names no paper is in all of them. A link to what another paper prints is plain text; one to what none prints is a
    mistake in the template and raises `ValueError`: a list of contents would name an annex that is not there.
    """
    page = deepcopy(tree)
    body = page.find("body")
    assert body is not None
    own = not any(PAPER in section.attrib for section in body)
    for section in list(body):
        if PAPER in section.attrib:
            if paper in section.attrib.pop(PAPER).split():
                own = True
            else:
                body.remove(section)
    there, anywhere = _names(page), _names(tree)
    for link in page.iter("a"):
        address = link.get("href", "")
        if address.startswith("#") and address[1:] not in there:
            if address[1:] not in anywhere:
                raise ValueError(f"a link to {address}, which is nowhere on the page")
            del link.attrib["href"]
            link.tag = "span"
    return page if own else None


def _names(page: Element) -> set[str]:
    return {element.attrib["id"] for element in page.iter() if "id" in element.attrib}


FRONT = ("cover", "summary", "contents")
"""The sections of a report before its first numbered page, one page each: `@page :first` in style.css counts on them."""


def prove_front(page: Element) -> None:
    """Raise `ValueError` if a report lacks a section that its page numbers count on."""
    there = {kind for section in page.iterfind("./body/section") for kind in section.get("class", "").split()}
    if lacking := [kind for kind in FRONT if kind not in there]:
        raise ValueError(f"no section of class {', '.join(lacking)}: the first chapter would not begin on page 1")


TEMPLATE_BREAK = re.compile(r"\s*\n\s*")
ENDS = {"td": "　", "th": "　"} | dict.fromkeys(("h2", "h3", "h4", "p", "tr"), "\n")


def _parsed(text: str) -> tuple[Element, list[str]]:
    """The tree, and the parser's messages about tags that close nothing."""
    parser = HTMLParser(target=_Builder(), huge_tree=True)
    try:
        parser.feed(text)
        tree: Element | None = parser.close()
    except ParseError as error:
        raise ValueError(f"text behind the page: {error}") from None
    if tree is None:
        raise ValueError("no page")
    strays = [entry for entry in parser.feed_error_log if entry.type_name == "ERR_TAG_NAME_MISMATCH"]
    return tree, [f"{entry.message}, line {entry.line}" for entry in strays]

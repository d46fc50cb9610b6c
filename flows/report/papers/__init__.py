"""The papers of an edition, one row each: what is printed, who is meant, and where its text comes from.

The report and its data volume are one page in two bindings: a template marks each section with the paper that prints
it, the page for the browser shows both, and a verdict is told in one of them. Any other paper has a page of its own: a
row here, its template in report_templates, and a module beside this file with what only its template says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from flows.press import document

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings
    from flows.report.kinds.report import Context, Report

MAIN = "report"
"""The page that an edition always has."""


@dataclass(frozen=True)
class Paper:
    """One paper."""

    name: str
    """The name of its files, of its template, and of its module."""
    cut: bool = False
    """Whether it is a part of the main page."""
    internal: bool = False
    """Whether only the internal edition has it."""
    commented: bool = False
    """Whether others are asked to comment on it (征求意见): the internal edition has it as a Word document, too."""
    apart: str = ""
    """The folder in which each of its sections also stands as a file of its own: what is sent to one reader alone."""
    picture: bool = False
    """Whether it is a picture for a phone as well, with a style sheet of its own (`PHONE`)."""


PAPERS = {
    paper.name: paper
    for paper in (
        Paper(MAIN, cut=True, commented=True),
        Paper("data", cut=True),
        Paper("brief", internal=True, commented=True),
        Paper("areas"),
        Paper("poster", picture=True),
        Paper("departments", internal=True, apart="feedback"),
    )
}
"""Every paper, in the order in which they are offered."""


def own_pages(made: Report, charts: Drawings) -> Iterator[tuple[str, Context]]:
    """The papers with a page of their own that this edition has, each with what only its template says.

    A module's `context(made, charts)` returns None where the edition has no such paper.
    """
    for paper in PAPERS.values():
        if paper.cut or (paper.internal and not made.facts.edition.internal):
            continue
        context = import_module(f"{__name__}.{paper.name}").context(made, charts)
        if context is not None:
            yield paper.name, context


PHONE = "phone"
"""The style sheet of pictures for a phone."""


def on_phone(page: Element, paper: str) -> Element:
    """The same page with the style sheet for a phone in the place of its own: the same words and figures."""
    own = deepcopy(page)
    for link in own.iter("link"):
        link.set("href", link.get("href", "").replace(f"/{paper}.css", f"/{PHONE}.css"))
    return own


def bound(pages: Mapping[str, Element]) -> dict[str, Element]:
    """The tree of every paper, cut from the pages as they were composed."""
    found = {}
    for paper in PAPERS.values():
        page = pages.get(MAIN if paper.cut else paper.name)
        if page is not None:
            tree = document.part(page, paper.name)
            if tree is not None:
                found[paper.name] = tree
    if MAIN in found:
        document.prove_front(found[MAIN])
    return found


FILE = "data-file"
"""The attribute of a section that stands apart: the name of its file. It names a second paper, which is it alone."""


def apart(pages: Mapping[str, Element]) -> Iterator[tuple[str, Element]]:
    """The path and the tree of every section that also stands as a file of its own."""
    for paper in PAPERS.values():
        page = pages.get(paper.name)
        if not paper.apart or page is None:
            continue
        for section in page.iterfind(f"./body/section[@{FILE}]"):
            alone = document.part(page, section.attrib[document.PAPER].split()[-1])
            assert alone is not None
            yield f"{paper.apart}/{section.attrib[FILE]}.pdf", alone

"""The papers of an edition, one row each: what is printed, who is meant, and where its text comes from.

The report and its data volume are one page in two bindings: a template marks each section with the paper that prints
it, the page for the browser shows both, and a verdict is told in one of them. Any other paper has a page of its own: a
row here, its template in report_templates, and a module beside this file with what only its template says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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


PAPERS = {paper.name: paper for paper in (Paper(MAIN, cut=True), Paper("data", cut=True))}
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


def bound(pages: Mapping[str, Element]) -> dict[str, Element]:
    """The tree of every paper, cut from the pages as they were composed."""
    found = {}
    for paper in PAPERS.values():
        page = pages.get(MAIN if paper.cut else paper.name)
        if page is not None:
            tree = document.part(page, paper.name)
            if tree is not None:
                found[paper.name] = tree
    return found

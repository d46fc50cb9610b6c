"""Tells which datasets the tables of a file are, by their headers alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import islice
from pathlib import Path
from string import whitespace
from typing import NamedTuple

import pandas as pd

from expectations.records import Catalog
from flows.files import Defect, File, UnreadableError, View, cell, open_file
from flows.files.text import SEPARATORS
from flows.ingest import header
from flows.ingest.header import Layout, Names, Top
from flows.ingest.staging import Coders, Stager
from flows.ingest.table import DeliveredTable
from flows.ingest.writing import bracketed, title


class Candidate(NamedTuple):
    """A dataset whose header was found in a file or on one of its worksheets."""

    dataset: str
    sheet: str
    """The worksheet; empty for a text file."""
    matched: int
    """The number of headers found."""
    year: int
    """A year in which the form of the file was in use."""


def identify(file: File, catalog: Catalog, year: int | None) -> list[Candidate]:
    """For each worksheet, the dataset of which most headers were found and none is missing; all of them if several are
    equal.
    """
    found: dict[str, list[Candidate]] = {}
    tops = [Top(view) for view in file.views]
    indicators = [word for i in catalog.indicators.values() for word in (i.name, *i.aliases)]
    for name, dataset in catalog.datasets.items():
        forms = {of: Names(dataset.form(of), catalog.codes) for of in ((year,) if year else dataset.forms())}
        for view, top in zip(file.views, tops, strict=True):
            best = max((_matched(view, top, names, year, indicators), of) for of, names in forms.items())
            if best[0] > 0:
                found.setdefault(view.sheet, []).append(Candidate(name, view.sheet, *best))
    return [c for group in found.values() for c in group if c.matched == max(g.matched for g in group)]


def is_empty(file: File) -> bool:
    """Whether no cell of a file says anything; what only separates columns does not."""
    marks = "".join((*SEPARATORS, *whitespace))
    return not any(text.strip(marks) for view in file.views for row in view.rows() for text in row.cells)


class Nearest(NamedTuple):
    """The form that a file without the header of any form comes nearest to."""

    dataset: str
    wrong: Defect
    """What its header lacks of that form, and what it has besides."""
    sheet: str
    is_whole: bool
    """Whether it can be nothing else than this form: it has nearly all of its columns, and tells no year beside them, as does what
    stands there to compare with it (上年数据, 2023年活产数)."""


def nearest(file: File, catalog: Catalog, year: int | None) -> Nearest | None:
    """The form of which a file has the most figures, by their names or by such as are almost the same; None if it has none."""
    found = [near for view in file.views if (near := _nearest(view, catalog, year))]
    return max(found, key=lambda near: near[0])[1] if found else None


def damaged(file: File, catalog: Catalog, year: int | None, known: Set[str]) -> Iterator[Nearest]:
    """The visible worksheets besides the `known` ones that are forms with a damaged header. Any other one with figures of the same
    names is a working sheet (图表数据, 分月, 去年), which keeps nothing back.
    """
    for view in file.views:
        near = _nearest(view, catalog, year) if view.sheet and view.visible and view.sheet not in known else None
        if near and near[1].is_whole:
            yield near[1]


def _nearest(view: View, catalog: Catalog, year: int | None) -> tuple[tuple[int, int, int], Nearest] | None:
    """The form that a table comes nearest to, and how near: first by its figures."""
    best: tuple[tuple[int, int, int], Nearest] | None = None
    top = Top(view)
    for name, dataset in catalog.datasets.items():
        of = year or dataset.forms()[0]
        names = Names(dataset.form(of), catalog.codes)
        _, layout = header.best(top, names)
        figures = sum(use.match.header in names.figures for use in layout.uses)
        strays = [layout.titles[position] for position in header.strays(layout, names)]
        near = [names.nearest([words]) for words in strays[:MANY]]
        alike = [known for known in near if known is not None and known in names.figures]
        lacking = header.lacking(layout, names)
        likeness = (figures + len(alike), len(layout.uses), -len(lacking))
        if figures + len(alike) and (best is None or likeness > best[0]):
            of_other_year = any(use.match.year for use in layout.uses) or any(map(_tells_year, strays))
            is_whole = not of_other_year and _is_whole(names, layout, lacking, {*alike})
            try:
                header.check(layout, names, of)
            except UnreadableError as error:
                best = likeness, Nearest(name, error.defect, view.sheet, is_whole)
    return best


def _tells_year(words: str) -> bool:
    return title(words).startswith(header.PREVIOUS) or bool(A_YEAR.search(title(words)))


def _is_whole(names: Names, layout: Layout, lacking: Iterable[str], alike: Set[str]) -> bool:
    """Whether a table has each column that says of what its rows are, and of the figures all but a few, by names that are
    almost the same.
    """
    gone = [column for column in lacking if column not in alike]
    of_rows = {column for role, column in names.dataset.roles.items() if role != "value"}
    few = 0 if layout.by_items else len(names.dataset.measures) // IN_EACH
    return of_rows.isdisjoint(gone) and len(gone) <= few


A_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
IN_EACH = 4
"""Of so many figures one may be gone from a form whose header is damaged."""
MANY = 20
"""The number of unknown columns that are compared with those of each form."""


def _matched(view: View, top: Top, names: Names, year: int | None, indicators: Iterable[str]) -> int:
    try:
        _, layout = header.best(top, names)
        if header.lacking(layout, names):  # to tell of it takes longer than to see it
            return 0
        header.check(layout, names, year or max(header.years(layout), default=0))
        return len(layout.uses) + _items(view, layout, names, indicators)
    except UnreadableError:
        return 0


def _items(view: View, layout: Layout, names: Names, indicators: Iterable[str]) -> int:
    """For a form with its figures one below the other: how many of its first items belong to the dataset."""
    named = {header.ITEM, names.dataset.roles.get("indicator")}
    position = next((use.position for use in layout.uses if use.match.header in named), None)
    if position is None:
        return 0
    known = {title(word) for word in ((*names.known,) if layout.by_items else indicators)}
    rows = islice(view.rows(), layout.start + len(layout.head), layout.start + 200)
    items = {title(cell(row, position)) for row in rows}
    return len(known & {*items, *(bracketed(item)[0] for item in items)})


def worksheet(path: Path, catalog: Catalog, dataset: str, year: int) -> str:
    """The worksheet that is read as a dataset where none is named; empty if that cannot be told."""
    try:
        view, _ = header.locate(open_file(path).views, Names(catalog.datasets[dataset].form(year), catalog.codes), year)
    except UnreadableError:
        return ""
    return view.sheet


class FirstReading(NamedTuple):
    """What a first reading of a delivery tells."""

    rows: int
    years: Mapping[str, int]
    """Year as written in the column of years → the line in which it first stands; 0 where the file has no such column."""
    areas: frozenset[str]
    """Codes of the areas that rows are of."""


def look(file: File, catalog: Catalog, dataset: str, year: int, sheet: str | None) -> FirstReading:
    """Read a whole file as the given dataset. Raises `UnreadableError` if it cannot be used."""
    table = DeliveredTable(
        file,
        catalog.datasets[dataset],
        catalog.codes,
        year,
        sheet,
        (catalog.district.name, catalog.district.short),
    )
    stager = Stager(Coders(catalog), "", table)
    years: dict[str, int] = {}
    areas: set[str] = set()
    for chunk in table.chunks():
        for _, block in stager.blocks(chunk):
            staged = pd.DataFrame({name: block[name] for name in ("year", "line", "area")}, copy=False)
            for text, line in staged.groupby("year")["line"].min().items():
                years.setdefault(str(text), int(line))
            areas.update(map(str, staged["area"].unique()))
    return FirstReading(stager.rows, years, frozenset(areas))

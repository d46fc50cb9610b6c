"""Earlier editions in, what they printed of counts out, and which of those counts have been revised since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from expectations.records import Catalog
from flows import edition
from flows.disclose.counts import Cell, Definitions, FigurePlace, IndicatorRow
from flows.disclose.intruder import Publication, Statement, small_counts
from flows.disclose.suppress import kept_together, of_nobody, without
from flows.edition import contents
from flows.edition.contents import Contents


def earlier_publications(
    definitions: Definitions, rows: Sequence[IndicatorRow], folders: Sequence[Path]
) -> list[Publication]:
    """What the public editions in these folders print, each count dated against the rows of today.

    A folder without a public part has printed nothing. Indicators and targets that the catalogue no longer knows are
    left out. Raises `MendableError` where an edition cannot be read as data: what it has printed is then not known.
    """
    versions: dict[Cell, list[float | None]] = {}
    for row in rows:
        for cell, count in definitions.counted(row):
            versions.setdefault(cell, [count])
    found = []
    for folder in folders:
        if not (folder / edition.PUBLIC).is_dir():
            continue
        told = contents.read(folder / edition.PUBLIC)
        true = list(_rows(definitions.catalog, contents.read(folder)))
        vintages: dict[Cell, int] = {}
        for row in true:
            for cell, count in definitions.counted(row):
                known = versions.setdefault(cell, [])
                if count not in known:
                    known.append(count)
                if number := known.index(count):
                    vintages[cell] = number
        statements = tuple(_statements(definitions.catalog, told))
        published = Publication(tuple(_rows(definitions.catalog, told)), statements, vintages)
        found.append(replace(published, nobody=set(map(published.dated, of_nobody(definitions, true)))))
    return found


def publications_of_areas(definitions: Definitions, rows: Sequence[IndicatorRow]) -> Iterator[Publication]:
    """What the areas of a city have printed themselves, if its figures are put together from theirs: at most every count
    that is not small and no zero beside a small one. What an area has kept back besides, nobody here relies on.
    """
    rolled, areas = definitions.catalog.rolled, definitions.areas
    own: dict[str, list[IndicatorRow]] = defaultdict(list)
    for row in rows:
        if row.figure.indicator in rolled and row.figure.area in areas:
            own[row.figure.area].append(row)
    for of_area in own.values():
        hidden = {cell for row in of_area for cell, _ in small_counts(definitions, row)}
        hidden |= kept_together(definitions, of_area).back
        yield Publication([without(definitions, row, hidden) for row in of_area])


def _rows(catalog: Catalog, told: Contents) -> Iterator[IndicatorRow]:
    for key, indicator in told.indicators.items():
        if key in catalog.indicators:
            for v in indicator.values:
                figure = FigurePlace(key, v.year, v.area, v.institution, v.sex, v.part)
                yield IndicatorRow(figure, v.numerator, v.denominator, v.value, v.state)


def _statements(catalog: Catalog, told: Contents) -> Iterator[Statement]:
    """The verdict and the compared value of every target in every year: of the edition's own with what it says
    outright.
    """
    known: Mapping[str, object] = {promise.id: promise for promise in catalog.promises()}
    for target in told.targets:
        for year, judged in target.verdicts.items():
            if target.id in known:
                met = target.met if year == told.head.year else judged.verdict.met
                yield Statement(target.id, year, judged.value, met)

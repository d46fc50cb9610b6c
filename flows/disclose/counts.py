"""Tells which counts stand behind a figure, and how counts depend on each other as everybody knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, cycle
from typing import NamedTuple

from expectations.records import Catalog, Column, Indicator
from expectations.vocabulary import Reason


class FigurePlace(NamedTuple):
    """The place of one row of `out_indicators`."""

    indicator: str
    year: int
    area: str
    institution: str
    sex: str
    part: str = ""


class IndicatorRow(NamedTuple):
    """One row of `out_indicators` as an edition prints it; a value that is not printed is None."""

    figure: FigurePlace
    numerator: float | None
    denominator: float | None
    value: float | None
    state: str


class Cell(NamedTuple):
    """One count: what is counted, when and where. The same count in two indicators is one cell."""

    measures: tuple[str, ...]
    year: int
    area: str
    institution: str
    sex: str
    vintage: int = 0
    """0: as known today; another number if an earlier edition had another figure."""
    part: str = ""
    """The part of a dimension; empty for all."""


class Constraint(NamedTuple):
    """low ≤ Σ factor · count ≤ high."""

    terms: tuple[tuple[Cell, float], ...]
    low: float
    high: float
    soft: bool = False
    """Should be true but may not be: a part that is not above its whole, two departments with the same figure."""


INFINITE = float("inf")

Expression = tuple[tuple[Cell, float], ...]
"""Σ factor · count: a count, or the persons of a denominator who are not in the numerator."""


class SpanTable(NamedTuple):
    """Single events that are told together or not at all: of one kind, of all places, sexes and parts, in a few years."""

    kind: tuple[str, ...]
    """The measures that count them; of persons who are not in a numerator, `rest` and the indicator."""
    first: int
    last: int


class SpanCase(NamedTuple):
    """What one row tells of a table of single events."""

    table: SpanTable
    expression: Expression
    number: float | None
    """None if it is not printed."""
    closed: bool
    """Whether all years of the table are over: a later edition will not tell one more."""
    usual: tuple[int, int]
    """The years that it would be told with if every year had been delivered."""


@dataclass(frozen=True)
class Definitions:
    """The catalogue as a person reads it who looks for counts; all of it is public."""

    catalog: Catalog
    uneven: frozenset[tuple[tuple[str, ...], int]] = frozenset()
    """Measures and years of which the district's count is more than the sum of its areas: the delivery's own row of the
    whole counts, and the areas lack a row.
    """

    @cached_property
    def columns(self) -> Mapping[str, tuple[str, Column]]:
        """Measure → its dataset, its column."""
        return {
            measure: (name, dataset.columns[header])
            for name, dataset in self.catalog.forms.items()
            for measure, header in dataset.measures.items()
        }

    @cached_property
    def areas(self) -> frozenset[str]:
        """The areas that make up the district, without areas that are only compared with it."""
        return frozenset(self.catalog.district.area_codes)

    @cached_property
    def _measures(self) -> dict[tuple[str, int], tuple[tuple[str, ...], tuple[str, ...]]]:
        return {}

    def measures(self, indicator: str, year: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Numerator and denominator of the definition that is in force in a year."""
        found = self._measures.get((indicator, year))
        if found is None:
            record = self.catalog.indicators[indicator]
            numerator, denominator = record.numerator, record.denominator
            for caliber in sorted(record.calibers, key=lambda c: c.since):
                if caliber.since <= year:
                    numerator, denominator = caliber.numerator or numerator, caliber.denominator or denominator
            found = self._measures[indicator, year] = tuple(sorted(numerator)), tuple(sorted(denominator))
        return found

    @cached_property
    def _cells(self) -> dict[FigurePlace, tuple[Cell | None, Cell | None]]:
        return {}

    @cached_property
    def _of_people(self) -> dict[tuple[str, ...], bool]:
        return {}

    def cells(self, figure: FigurePlace) -> tuple[Cell | None, Cell | None]:
        """The counts above and below the line. A share of women has women above and everybody below.

        A count that is delivered ready-made has the indicator's own name; a ready-made rate has no counts.
        """
        found = self._cells.get(figure)
        if found is None:
            found = self._cells[figure] = self._find_cells(figure)
        return found

    def _find_cells(self, figure: FigurePlace) -> tuple[Cell | None, Cell | None]:
        record = self.catalog.indicators[figure.indicator]
        above, below = self.measures(figure.indicator, figure.year)

        def cell(measures: tuple[str, ...], sex: str) -> Cell:
            return Cell(measures, figure.year, figure.area, figure.institution, sex, part=figure.part)

        if not all(m in self.columns for m in (*above, *below)):
            return (cell((figure.indicator,), figure.sex) if record.kind == "count" else None), None
        if record.kind == "share":
            return cell(above, "female"), cell(above, "total")
        return cell(above, figure.sex), cell(below, figure.sex) if below else None

    def of_people(self, cell: Cell) -> bool:
        """Whether the policy protects the count: it counts persons, and its figures are not public by their nature."""
        found = self._of_people.get(cell.measures)
        if found is None:
            found = self._of_people[cell.measures] = self._count_people(cell)
        return found

    def _count_people(self, cell: Cell) -> bool:
        policy, codes = self.catalog.policy.disclosure, self.catalog.codes

        def of(measure: str) -> tuple[str, str | None]:
            if measure in self.columns:
                dataset, column = self.columns[measure]
                return dataset, column.unit
            return "", self.catalog.indicators[measure].unit

        units = [of(m) for m in cell.measures]
        datasets = self.catalog.forms
        return all(
            codes.is_among(str(unit), policy.counts) and not (form and datasets[form].exempt) for form, unit in units
        )

    def whole(self, cell: Cell) -> bool:
        """Whether everybody knows that the count is a whole number."""
        exact = all(m in self.columns and self.columns[m][1].is_exact for m in cell.measures)
        return exact or self.of_people(cell)

    def counted(self, row: IndicatorRow) -> tuple[tuple[Cell, float | None], ...]:
        """Each count of a row, with what is printed for it."""
        above, below = self.cells(row.figure)
        number = row.numerator
        if above is not None and number is None and self.catalog.indicators[row.figure.indicator].kind == "count":
            number = row.value
        both = ((above, number), (below, row.denominator))
        return tuple((cell, printed) for cell, printed in both if cell is not None)

    def structure(self, cells: Iterable[Cell]) -> Iterator[Constraint]:
        """What is true of the cells whatever their values: sums over areas, institutions, sexes and parts of dimensions;
        columns that are parts of others.
        """
        present = set(cells)
        yield from self._sums(present)
        yield from self._sexes(present)
        yield from self._dimensions(present)
        yield from self._parts(present)

    def _sums(self, present: set[Cell]) -> Iterator[Constraint]:
        home = self.catalog.district.code
        areas, institutions = defaultdict(list), defaultdict(list)
        for cell in sorted(present):
            if cell.institution:
                institutions[cell.measures, cell.year, cell.sex, cell.part].append(cell)
            elif cell.area in self.areas:
                areas[cell.measures, cell.year, cell.sex, cell.part].append(cell)
        for parts in (areas, institutions):
            for (measures, year, sex, part), members in parts.items():
                total = Cell(measures, year, home, "", sex, part=part)
                if total in present:
                    low = -INFINITE if (measures, year) in self.uneven else 0
                    yield Constraint((*((c, 1.0) for c in members), (total, -1.0)), low, 0)

    def uneven_in(self, rows: Iterable[IndicatorRow]) -> frozenset[tuple[tuple[str, ...], int]]:
        """The measures and years of which the true counts of the areas do not make up the district's."""
        true = {cell: count for row in rows for cell, count in self.counted(row) if count is not None}
        home = self.catalog.district.code
        sums: dict[Cell, float] = defaultdict(float)
        for cell, count in true.items():
            if not cell.institution and cell.area in self.areas:
                sums[cell._replace(area=home)] += count
        return frozenset((c.measures, c.year) for c, sum_ in sums.items() if c in true and sum_ < true[c] - 1e-6)

    def _sexes(self, present: set[Cell]) -> Iterator[Constraint]:
        for total in sorted(c for c in present if c.sex == "total"):
            sexes = [total._replace(sex=sex) for sex in ("female", "male", "not_stated")]
            found = [c for c in sexes if c in present]
            if found:
                # A share has women alone: the others are zero or more. With both sexes, women and men make the total.
                high = 0.0 if set(sexes[:2]) <= present else INFINITE
                yield Constraint(((total, 1.0), *((c, -1.0) for c in found)), 0, high)

    def _dimensions(self, present: set[Cell]) -> Iterator[Constraint]:
        for total in sorted(c for c in present if not c.part):
            for dimension in self.catalog.divided.values():
                parts = [total._replace(part=part) for part in dimension.parts]
                found = [part for part in parts if part in present]
                if found and dimension.exhaustive:
                    high = 0.0 if len(found) == len(parts) else INFINITE
                    yield Constraint(((total, 1.0), *((part, -1.0) for part in found)), 0, high)
                else:
                    for part in found:
                        yield Constraint(((total, 1.0), (part, -1.0)), 0, INFINITE)

    def _parts(self, present: set[Cell]) -> Iterator[Constraint]:
        by_measure: dict[str, list[Cell]] = defaultdict(list)
        for cell in sorted(present):
            if len(cell.measures) == 1:
                by_measure[cell.measures[0]].append(cell)
        for measure, (_, column) in self.columns.items():
            for cell in by_measure.get(measure, ()):
                if column.not_above and (whole := cell._replace(measures=(column.not_above,))) in present:
                    yield Constraint(((whole, 1.0), (cell, -1.0)), 0, INFINITE, soft=True)
                if column.same_as and (other := cell._replace(measures=(column.same_as,))) in present:
                    yield Constraint(((cell, 1.0), (other, -1.0)), 0, 0, soft=True)
                parts = [cell._replace(measures=(m,)) for m in column.sum_of]
                if parts and all(p in present for p in parts):
                    yield Constraint(((cell, 1.0), *((p, -1.0) for p in parts)), 0, 0)
        for cell in sorted(c for c in present if len(c.measures) > 1):
            parts = [cell._replace(measures=(m,)) for m in cell.measures]
            if all(p in present for p in parts):
                yield Constraint(((cell, 1.0), *((p, -1.0) for p in parts)), 0, 0)

    def proportion(self, indicator: str) -> bool:
        """Whether the numerator is a part of the denominator."""
        record: Indicator = self.catalog.indicators[indicator]
        return record.kind == "ratio" and record.range is not None and record.range[1] == record.per

    def related(self, indicator: str) -> bool:
        """Whether denominator minus numerator is a number of persons: true of a proportion and of a share."""
        return self.proportion(indicator) or self.catalog.indicators[indicator].kind == "share"

    def with_rest(self, indicator: str) -> bool:
        """Whether denominator minus numerator is protected as well."""
        return self.catalog.indicators[indicator].complement and self.related(indicator)

    def cases(self, rows: Sequence[IndicatorRow]) -> Iterator[tuple[IndicatorRow, SpanCase]]:
        """What the rows of an edition tell of single events: deaths and cases (`event`), and persons who are not in a
        numerator where they are protected (`complement`).

        Which years are told together follows from those that have been delivered, as every reader sees: what is kept back says so,
        and what is not there says that.
        """
        found = [(row, kind, e, number) for row in rows for kind, e, number in self._events(row)]
        delivered: dict[tuple[str, ...], set[int]] = defaultdict(set)
        for row, kind, _, number in found:
            if number is not None or row.state == Reason.SUPPRESSED:
                delivered[kind].add(row.figure.year)
        years = {row.figure.year for row in rows}
        first, newest = min(years, default=0), max(years, default=0)
        sizes = self.catalog.policy.disclosure.spans
        usual = spans(sizes, first, newest, years)
        runs = {kind: spans(sizes, first, newest, delivered[kind]) for kind in {kind for _, kind, _, _ in found}}
        for row, kind, expression, number in found:
            year = row.figure.year
            run = runs[kind][year]
            yield row, SpanCase(SpanTable(kind, *run), expression, number, run[1] <= newest, usual[year])

    def _events(self, row: IndicatorRow) -> Iterator[tuple[tuple[str, ...], Expression, float | None]]:
        """The kinds of single events that a row tells of, how each is counted, and what is printed for it."""
        if row.figure.indicator not in self._telling:
            return
        counted = self.counted(row)
        if not counted or not self.of_people(counted[0][0]):
            return
        above, numerator = counted[0]
        if self.catalog.indicators[row.figure.indicator].event:
            yield above.measures, ((above, 1.0),), numerator
        if len(counted) < 2:
            return
        below, denominator = counted[1]
        # that there was somebody at all is a case, too: 不适用 beside 数据保护 tells the years
        yield below.measures, ((below, 1.0),), denominator
        if self.with_rest(row.figure.indicator):
            rest = None if numerator is None or denominator is None else denominator - numerator
            yield ("rest", row.figure.indicator), ((below, 1.0), (above, -1.0)), rest

    @cached_property
    def _telling(self) -> frozenset[str]:
        """The indicators that tell of single events."""
        return frozenset(
            key for key, i in self.catalog.indicators.items() if i.event or (i.complement and self.related(key))
        )


def spans(sizes: Sequence[int], first: int, last: int, delivered: Set[int]) -> Mapping[int, tuple[int, int]]:
    """Each year of an edition, from its first to its last → the first and the last year of those it is told together with.

    `sizes` divide the calendar: (2, 3) the years 2021 and 2022, 2023 to 2025, 2026 and 2027 … If only one year of a span has been
    `delivered`, everybody could say when the events were: such a span is told together with the next one.
    """
    ends = accumulate(cycle(sizes), initial=first - (first - 1) % sum(sizes) - 1)
    runs: dict[int, tuple[int, int]] = {}
    begin = first
    for end in ends:
        if begin > last:
            break
        if begin <= end and (end > last or sum(begin <= year <= end for year in delivered) > 1):
            runs |= dict.fromkeys(range(begin, min(end, last) + 1), (begin, end))
            begin = end + 1
    return runs

"""The intruder: works out from all printed editions what can be known of each count that is not printed.

It knows the catalogue and the policy, adds and subtracts every table of every edition, and asks a solver (HiGHS) for
the least and the greatest value that each count can have. It shares one thing with the code that decides what to
suppress: the knowledge of how counts depend on each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, vstack

from expectations.records import Catalog, Promise
from flows.disclose.counts import (
    INFINITE,
    Cell,
    Constraint,
    Definitions,
    Expression,
    FigurePlace,
    IndicatorRow,
    SpanCase,
    SpanTable,
)

MANY = 1e7
"""More than any count of a district: the solver needs an upper bound, although nobody prints one."""
FEW = 2
"""So few intervals are looked for one by one, more of them together first."""
PROVED, ROUGH = 0.0, 0.1
"""How far from the best a point may be, as a share: where any good point will do, HiGHS need not prove that none is better."""
NODES = 100
"""So many branches are looked at for a rough point: work is counted, no clock is read, so the same rows give the same."""
LOOKS = 4
"""So many points are looked for before it is asked whether more of them are worth it."""
NEARLY = 1e-3
"""A count is beyond a limit if it is beyond it by at least this share of one person."""


class Statement(NamedTuple):
    """What an edition says of a target in a year: its compared value, and whether it is met; None if it
    does not say.
    """

    target: str
    year: int
    value: float | None
    met: bool | None


@dataclass(frozen=True)
class Publication:
    """Every count that one edition prints."""

    rows: Sequence[IndicatorRow]
    statements: Sequence[Statement] = ()
    vintages: Mapping[Cell, int] = field(default_factory=dict)
    """Counts that have been revised since, each with the number of its version."""
    nobody: Set[Cell] = frozenset()
    """True counts, dated, that protect nobody, so that they need not stay open."""

    def dated(self, cell: Cell) -> Cell:
        vintage = self.vintages.get(cell)
        return cell._replace(vintage=vintage) if vintage else cell


class Interval(NamedTuple):
    """The smallest and the greatest value that a count can have, given all that is printed."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low


class Knowledge:
    """Counts with their bounds, and the constraints between them."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.bounds: dict[Cell, tuple[float, float]] = {}
        self.constraints: list[Constraint] = []
        self.around: dict[Cell, list[int]] = defaultdict(list)
        self._seen: set[Constraint] = set()

    def bound(self, cell: Cell, low: float, high: float) -> None:
        """Narrow the bounds of a count."""
        before = self.bounds.get(cell, (0.0, INFINITE))
        self.bounds[cell] = max(low, before[0]), min(high, before[1])

    def add(self, constraint: Constraint) -> None:
        if constraint in self._seen:
            return
        self._seen.add(constraint)
        for cell, _ in constraint.terms:
            self.bounds.setdefault(cell, (0.0, INFINITE))
            self.around[cell].append(len(self.constraints))
        self.constraints.append(constraint)

    def drop(self, constraint: Constraint) -> None:
        """Remove the constraint that was added last."""
        assert self.constraints[-1] == constraint
        self.constraints.pop()
        self._seen.remove(constraint)
        for cell, _ in constraint.terms:
            self.around[cell].pop()

    def known(self, cell: Cell) -> bool:
        low, high = self.bounds[cell]
        return low == high

    def unknown(self, constraint: Constraint) -> list[Cell]:
        return [c for c, _ in constraint.terms if not self.known(c)]

    def component(self, start: Cell) -> Component:
        """The unknown counts that are connected with one by constraints, and those constraints."""
        cells, constraints, ahead = {start}, set(), [start]
        while ahead:
            for number in self.around[ahead.pop()]:
                if number not in constraints:
                    constraints.add(number)
                    for cell in self.unknown(self.constraints[number]):
                        if cell not in cells:
                            cells.add(cell)
                            ahead.append(cell)
        return tuple(sorted(cells)), tuple(sorted(constraints))


def learn(definitions: Definitions, publications: Sequence[Publication]) -> Knowledge:
    """Everything that the editions print, taken together."""
    knowledge = Knowledge(definitions)
    for publication in publications:
        _read(knowledge, publication)
    return knowledge


def _read(knowledge: Knowledge, publication: Publication) -> None:
    definitions, dated = knowledge.definitions, publication.dated
    present: set[Cell] = set()
    perhaps_none: set[Cell] = set()
    for constraint, cells in _single_events(definitions, publication):
        knowledge.add(_dated(constraint, publication))
        perhaps_none |= cells
    for row in publication.rows:
        counted = definitions.counted(row)
        if not any(definitions.of_people(cell) for cell, _ in counted):
            continue  # never suppressed
        for cell, printed in counted:
            present.add(cell)
            least = 0 if cell in perhaps_none else 1
            knowledge.bound(dated(cell), *_range(definitions, cell, row, printed, least))
        for constraint in _quotient(definitions, row, counted):
            knowledge.add(_dated(constraint, publication))
    for constraint in definitions.structure(present):
        knowledge.add(_dated(constraint, publication))
    known = {p.id for p in definitions.catalog.promises()}
    figures = {row.figure for row in publication.rows if row.state == "suppressed"}
    for statement in publication.statements:
        if statement.target in known:
            promise = definitions.catalog.promise(statement.target, statement.year)
            for constraint in told(definitions, promise, statement, figures):
                knowledge.add(_dated(constraint, publication))


def _single_events(definitions: Definitions, publication: Publication) -> Iterator[tuple[Constraint, frozenset[Cell]]]:
    """What the silence of an edition says of single events, with the suppressed counts that may be zero.

    Where a table of them (`SpanCase`) prints a zero, every count of it that is suppressed is not zero: each is one or more.
    Where it prints no zero, whoever knows the rule knows of a closed table only that somewhere in it there is one or more. A table
    that printed a zero did not wait for a later span: it says nothing of the years of such a span.
    """
    tables: dict[SpanTable, list[tuple[IndicatorRow, SpanCase]]] = defaultdict(list)
    for row, case in definitions.cases(publication.rows):
        tables[case.table].append((row, case))
    for found in tables.values():
        nones = {case.usual for row, case in found if case.number == 0 and row.state == "ok"}
        silent = [(row, case) for row, case in found if row.state == "suppressed" and case.number is None]
        for _, case in silent:
            if case.usual in nones:
                yield Constraint(case.expression, 1, INFINITE, soft=True), frozenset()
        if silent := [(row, case) for row, case in silent if case.usual not in nones]:
            terms: dict[Cell, float] = defaultdict(float)
            for _, case in silent:
                for cell, factor in case.expression:
                    terms[cell] += factor
            least = 1 if silent[0][1].closed else 0
            cells = {c for row, _ in silent for c, printed in definitions.counted(row) if printed is None}
            yield Constraint(tuple(terms.items()), least, INFINITE, soft=True), frozenset(cells)


def _dated(constraint: Constraint, publication: Publication) -> Constraint:
    if not publication.vintages:
        return constraint
    return constraint._replace(terms=tuple((publication.dated(c), f) for c, f in constraint.terms))


def _range(
    definitions: Definitions, cell: Cell, row: IndicatorRow, printed: float | None, least: float
) -> tuple[float, float]:
    """A printed count is exact, or within half the rounding base; a suppressed one is `least` or more: zero only among
    single events.
    """
    if printed is not None:
        base = definitions.catalog.policy.disclosure.rounding
        if base > 1 and printed and definitions.of_people(cell):
            return printed - base / 2, printed + base / 2
        return printed, printed
    if row.state == "suppressed":
        return least, INFINITE
    return (0, 0) if row.state == "not_applicable" else (0, INFINITE)


def _quotient(
    definitions: Definitions, row: IndicatorRow, counted: Sequence[tuple[Cell, float | None]]
) -> Iterator[Constraint]:
    """A rate gives the count above the line from the count below it; a part is not larger than its whole."""
    if len(counted) < 2:
        return
    (above, numerator), (below, denominator) = counted
    record = definitions.catalog.indicators[row.figure.indicator]
    if definitions.related(row.figure.indicator):
        yield Constraint(((below, 1.0), (above, -1.0)), 0, INFINITE, soft=True)
    if row.value is not None and (numerator is None or denominator is None):
        yield Constraint(((above, 1.0), (below, -row.value / float(record.per))), -1e-6, 1e-6)


def told(
    definitions: Definitions, promise: Promise, statement: Statement, figures: set[FigurePlace]
) -> Iterator[Constraint]:
    """What a verdict on a number printed in the plan, or a printed minimum, says of the counts that it rests on.

    Of which years and places it speaks, and whether of the lowest of them, is asked of the records. What follows for a figure is worked
    out here, on purpose, by the keys of the rules.
    """
    target, home = promise.target, definitions.catalog.district.code
    indicator, group = str(target.indicator), (target.sex, target.part or "")
    rule = target.rule.key
    if target.rule.lowest:
        least = statement.value
        if least is None and statement.met and target.value is not None:
            least = float(target.value)
        if least is not None:
            for year in range(statement.year - target.window + 1, statement.year + 1):
                for area, institution in definitions.catalog.places(target.each, year) if target.each else [(home, "")]:
                    yield from beyond(
                        definitions, FigurePlace(indicator, year, area, institution, *group), figures, least
                    )
        return
    if target.window > 1:
        return  # of a mean or a sum of several years nothing is known here: no answer that rests on one is told
    figure = FigurePlace(indicator, statement.year, home, "", *group)
    if statement.value is not None and rule != "narrow_gap":
        yield from beyond(definitions, figure, figures, statement.value, statement.value)
    if statement.met is None:
        return
    low, high = -INFINITE, INFINITE
    if rule == "balance" and statement.met:
        assert target.band
        low, high = float(target.band[0]), float(target.band[1])
    elif rule in {"at_least", "above", "at_most", "below"} and target.value is not None:
        value = float(target.value)
        upwards = (rule in {"at_least", "above"}) == statement.met
        low, high = (value, INFINITE) if upwards else (-INFINITE, value)
    if (low, high) != (-INFINITE, INFINITE):
        strict = (rule in {"above", "below"}) == statement.met and rule != "balance"
        yield from beyond(definitions, figure, figures, low, high, strict=strict)


def beyond(
    definitions: Definitions,
    figure: FigurePlace,
    figures: set[FigurePlace],
    low: float = -INFINITE,
    high: float = INFINITE,
    *,
    strict: bool = False,
) -> Iterator[Constraint]:
    """low ≤ rate ≤ high, as a constraint on the counts of a figure."""
    if figure not in figures:
        return
    above, below = definitions.cells(figure)
    if above is None:
        return
    per = float(definitions.catalog.indicators[figure.indicator].per)
    slack = NEARLY if strict else -1e-6
    for limit, sign in ((low, 1.0), (high, -1.0)):
        if abs(limit) == INFINITE:
            continue
        if below is None:
            yield Constraint(((above, sign),), sign * limit + slack, INFINITE)
        else:
            yield Constraint(((above, sign), (below, -sign * limit / per)), slack, INFINITE)


def attack(
    definitions: Definitions, publications: Sequence[Publication], enough: float = INFINITE
) -> dict[Expression, Interval]:
    """For each count of people that some edition suppresses, the interval that all editions together leave open.

    Counts are whole numbers. `enough` saves work for the solver: an interval that is already that wide is not widened
    further, and the returned interval then lies within the true one.
    """
    knowledge = learn(definitions, publications)
    return intervals(knowledge, targets(definitions, publications), enough)


def pointed(
    definitions: Definitions, publications: Sequence[Publication], knowledge: Knowledge | None = None
) -> list[Expression]:
    """The single events of which all editions together tell the place, or the year: a place in all years of a table, and
    the district in one year, of which it is certain that there is one or more.

    Places and years that have a printed number of them are left out: nobody looks for those. In a city that is put
    together from its districts, each district tells of itself what it tells. `knowledge` is what was learned of these editions,
    if that has been done.
    """
    knowledge = knowledge or learn(definitions, publications)
    wanted = {e for publication in publications for e in places_and_years(definitions, publication)}
    found = intervals(knowledge, sorted(wanted), 0, wanted)
    return [expression for expression, interval in found.items() if interval.low > NEARLY]


def places_and_years(definitions: Definitions, publication: Publication) -> Iterator[Expression]:
    """Σ of the counts of single events that are not printed: of each place over the years of a table, of the district year
    by year.
    """
    home, rolled = definitions.catalog.district.code, definitions.catalog.rolled
    sums: dict[tuple[object, ...], list[SpanCase]] = defaultdict(list)
    for row, case in definitions.cases(publication.rows):
        figure = row.figure
        if (figure.sex, figure.part) != ("total", ""):
            continue  # an event of a woman is one of everybody
        district = figure.area == home and not figure.institution
        if district or figure.indicator not in rolled:
            sums[case.table, figure.area, figure.institution, district and figure.year].append(case)
    for found in sums.values():
        if any(case.number is None for case in found) and not any(case.number for case in found):
            terms: dict[Cell, float] = defaultdict(float)
            for expression in {case.expression for case in found if case.number is None}:
                for cell, factor in expression:
                    terms[publication.dated(cell)] += factor
            yield tuple(sorted(terms.items()))


def targets(definitions: Definitions, publications: Sequence[Publication]) -> list[Expression]:
    """What must stay open: every suppressed count of people, and the rest of its denominator if the policy says so."""
    found: dict[Expression, None] = {}
    for publication in publications:
        for row in publication.rows:
            if row.state != "suppressed":
                continue
            counted = definitions.counted(row)
            hidden = [publication.dated(c) for c, printed in counted if printed is None and definitions.of_people(c)]
            for cell in hidden:
                found[(cell, 1.0),] = None
            if hidden and len(counted) == 2 and definitions.with_rest(row.figure.indicator):
                (above, _), (below, _) = counted
                found[(publication.dated(below), 1.0), (publication.dated(above), -1.0)] = None
    return list(found)


def small_counts(definitions: Definitions, row: IndicatorRow) -> Iterator[tuple[Cell, Expression]]:
    """The counts of a row that the policy keeps back, each with what is small: itself, or the persons who are not in the
    numerator.
    """
    threshold = definitions.catalog.policy.disclosure.threshold
    counted = definitions.counted(row)
    for cell, count in counted:
        if count is not None and 0 < count < threshold and definitions.of_people(cell):
            yield cell, ((cell, 1.0),)
    if len(counted) == 2 and definitions.with_rest(row.figure.indicator):
        (above, numerator), (below, denominator) = counted
        rest = denominator - numerator if numerator and denominator else 0
        if 0 < rest < threshold and definitions.of_people(above):
            yield above, ((below, 1.0), (above, -1.0))


def intervals(
    knowledge: Knowledge, wanted: Iterable[Expression], enough: float = INFINITE, exact: Set[Expression] = frozenset()
) -> dict[Expression, Interval]:
    """The interval of each expression, component by component. Of those in `exact` the least value is the true one."""
    found: dict[Expression, Interval] = {}
    for component, expressions in by_component(knowledge, wanted):
        found |= Program(knowledge, *component).intervals(expressions, enough, exact)
    return found


Component = tuple[tuple[Cell, ...], tuple[int, ...]]
"""Unknown counts that are connected, and the numbers of the constraints between them."""


def by_component(knowledge: Knowledge, wanted: Iterable[Expression]) -> list[tuple[Component, list[Expression]]]:
    """Expressions by the component that decides them; those that are completely known have the empty one."""
    home: dict[Cell, int] = {}
    components: list[Component] = []
    found: dict[frozenset[int], list[Expression]] = {}
    for expression in wanted:
        unknown = [cell for cell, _ in expression if not knowledge.known(cell)]
        for cell in unknown:
            if cell not in home:
                components.append(reached := knowledge.component(cell))
                home |= dict.fromkeys(reached[0], len(components) - 1)
        found.setdefault(frozenset(home[cell] for cell in unknown), []).append(expression)
    return [(_together([components[n] for n in numbers]), expressions) for numbers, expressions in found.items()]


def _together(components: Sequence[Component]) -> Component:
    if len(components) == 1:
        return components[0]
    cells = {cell for part, _ in components for cell in part}
    constraints = {number for _, part in components for number in part}
    return tuple(sorted(cells)), tuple(sorted(constraints))


class Program:
    """The linear program of one component: its unknown counts, which of them are whole numbers, and
    their constraints.
    """

    def __init__(self, knowledge: Knowledge, cells: Sequence[Cell], constraints: Sequence[int]) -> None:
        self.knowledge, self.cells = knowledge, cells
        self.position = {cell: n for n, cell in enumerate(cells)}
        bounds = [knowledge.bounds[c] for c in cells]
        whole = np.array([knowledge.definitions.whole(c) for c in cells])
        self.integrality = whole.astype(int)
        self.bounds = Bounds(
            [low for low, _ in bounds],
            [min(high, MANY) if w else high for (_, high), w in zip(bounds, whole, strict=True)],
        )
        chosen = [knowledge.constraints[n] for n in constraints]
        self.fitting = [self._matrix(chosen)]
        if any(c.soft for c in chosen):
            self.fitting.append(self._matrix([c for c in chosen if not c.soft]))

    def _matrix(self, constraints: Sequence[Constraint]) -> list[_Rows]:
        data: list[float] = []
        rows: list[int] = []
        columns: list[int] = []
        low: list[float] = []
        high: list[float] = []
        for constraint in constraints:
            given = 0.0
            for cell, factor in constraint.terms:
                if cell in self.position:
                    data.append(factor)
                    rows.append(len(low))
                    columns.append(self.position[cell])
                else:
                    given += factor * self.knowledge.bounds[cell][0]
            low.append(constraint.low - given)
            high.append(constraint.high - given)
        if not low:
            return []
        matrix = csr_array((data, (rows, columns)), shape=(len(low), len(self.cells)))
        return [_Rows(matrix, low, high)]

    def feasible(self) -> bool:
        return self._extreme(np.zeros(len(self.cells))) is not None

    def intervals(
        self, expressions: Sequence[Expression], enough: float, exact: Set[Expression] = frozenset()
    ) -> dict[Expression, Interval]:
        """The interval of each expression. Every point that the solver finds is used for all expressions, and it is asked for
        points that move many at once, before what is left is asked for one by one.
        """
        if not expressions:
            return {}
        seen = _Seen(*self._vectors(expressions), enough, np.array([e in exact for e in expressions]))
        if not self.cells:
            seen.witness(np.zeros(0))
            return seen.intervals(expressions)
        if enough < INFINITE and len(expressions) > FEW:
            self._move_many(seen)
        for number in np.flatnonzero(seen.open()):
            vector = seen.matrix[[number]].toarray()[0]
            for sign in (1, -1):
                if not seen.open()[number] or (sign == -1 and seen.wide()[number]):
                    break
                point = self._extreme(sign * vector)
                if point is None:
                    raise ArithmeticError(f"no counts fit what is printed around {self.cells[0]}")
                seen.witness(point)
        return seen.intervals(expressions)

    def _move_many(self, seen: _Seen) -> None:
        """Look for points at which many open expressions lie beyond what has been seen of them, until that is no less work
        than to ask for what is left one by one.
        """
        point = self._extreme(np.asarray(seen.matrix.sum(axis=0)).ravel())
        if point is None:
            return
        seen.witness(point)
        drawn = np.random.default_rng(0)  # the same rows give the same points
        before = INFINITE
        while FEW < (left := int(seen.open().sum())) < before - FEW:
            before = left
            for point in (self._least(seen), *(self._apart(seen, drawn) for _ in range(LOOKS))):
                if point is not None:
                    seen.witness(point)

    def _least(self, seen: _Seen) -> np.ndarray | None:
        """A point at which the expressions of which the least value matters are small together."""
        chosen = seen.open() & seen.exact
        if not chosen.any():
            return None
        return self._extreme(np.asarray(seen.matrix[chosen].sum(axis=0)).ravel(), ROUGH)

    def _apart(self, seen: _Seen, drawn: np.random.Generator) -> np.ndarray | None:
        """A point at which some expressions exceed what has been seen of them and others fall below it, each rewarded up to
        `enough`. Where one can rise only if another falls, a weight that is drawn for each decides which.
        """
        chosen = ~seen.wide()
        if not chosen.any():
            return None
        many = int(chosen.sum())
        weights = drawn.uniform(1, 2, many)
        up = drawn.permutation(many) % 4 > 0  # small counts have more room above than below
        sign = np.where(up, 1.0, -1.0)
        limit = sign * (np.where(up, seen.high[chosen], seen.low[chosen]) - seen.given[chosen])
        matrix = seen.matrix[chosen].multiply(sign[:, None])
        gains = LinearConstraint(hstack([matrix, -eye_array(many)]), limit, np.inf)
        return self._extreme(np.zeros(len(self.cells)), ROUGH, gains, weights, seen.enough)

    def nearest(
        self, expression: Expression, limit: float, sign: int, cells: Sequence[Cell], counts: Sequence[float]
    ) -> np.ndarray | None:
        """The point nearest to some counts of these cells at which an expression is at least (1), or at most (−1), a limit; None
        if there is none.
        """
        if not self.feasible():  # by what is soft, if the counts fit that, or else without
            return None
        many = len(cells)
        vector, given = self._vectors([expression])
        places = csr_array(
            (np.ones(many), (range(many), [self.position[c] for c in cells])), shape=(many, len(self.cells))
        )
        away = hstack([vstack([places, -places]), -vstack([eye_array(many), eye_array(many)])])
        beyond = hstack([sign * vector, csr_array((1, many))])
        limits = np.concatenate([counts, np.negative(counts), [sign * (limit - given[0])]])
        gains = LinearConstraint(vstack([away, beyond]), limits, np.inf)
        return self._extreme(np.zeros(len(self.cells)), ROUGH, gains, np.ones(many))

    def _vectors(self, expressions: Sequence[Expression]) -> tuple[csr_array, np.ndarray]:
        """Each expression as a row of factors, and what its known counts add to it."""
        data: list[float] = []
        rows: list[int] = []
        columns: list[int] = []
        given = np.zeros(len(expressions))
        for number, expression in enumerate(expressions):
            for cell, factor in expression:
                if cell in self.position:
                    data.append(factor)
                    rows.append(number)
                    columns.append(self.position[cell])
                else:
                    given[number] += factor * self.knowledge.bounds[cell][0]
        return csr_array((data, (rows, columns)), shape=(len(expressions), len(self.cells))), given

    def _extreme(
        self,
        objective: np.ndarray,
        gap: float = PROVED,
        gains: LinearConstraint | None = None,
        weights: np.ndarray | None = None,
        most: float = 0,
    ) -> np.ndarray | None:
        """A point at which the objective is least; None if no values fit all that is printed. With `gains`, there are as many
        further unknowns as `weights`, none above `most`, and their weighted sum is to be as great as can be.
        """
        weights = np.zeros(0) if weights is None else weights
        many = len(weights)
        for constraints in self.fitting:
            result = milp(
                np.concatenate([objective, -weights]),
                constraints=[*(c.among(many) for c in constraints), *([gains] if gains is not None else [])],
                bounds=Bounds(
                    np.concatenate([self.bounds.lb, np.full(many, -np.inf)]),
                    np.concatenate([self.bounds.ub, np.full(many, most)]),
                ),
                integrality=np.concatenate([self.integrality, np.zeros(many, dtype=int)]),
                options={"mip_rel_gap": gap, "node_limit": NODES} if gap else {"mip_rel_gap": gap},
            )
            if result.x is not None:
                self.fitting = [constraints]  # what is soft is true of all points or of none
                point = np.asarray(result.x)[: len(self.cells)]
                return np.where(self.integrality == 1, np.round(point), point)
        return None


class _Rows(NamedTuple):
    """low ≤ matrix · counts ≤ high."""

    matrix: csr_array
    low: Sequence[float]
    high: Sequence[float]

    def among(self, many: int) -> LinearConstraint:
        """The constraints of a program with further unknowns, which have no part in them."""
        matrix = hstack([self.matrix, csr_array((len(self.low), many))]) if many else self.matrix
        return LinearConstraint(matrix, self.low, self.high)


class _Seen:
    """The least and the greatest value of each expression at the points that have been found."""

    def __init__(self, matrix: csr_array, given: np.ndarray, enough: float, exact: np.ndarray) -> None:
        self.matrix, self.given, self.enough, self.exact = matrix, given, enough, exact
        self.low, self.high = np.full(len(given), INFINITE), np.full(len(given), -INFINITE)

    def witness(self, point: np.ndarray) -> None:
        values = self.given + self.matrix @ point
        self.low, self.high = np.minimum(self.low, values), np.maximum(self.high, values)

    def wide(self) -> np.ndarray:
        return np.asarray(self.high - self.low >= self.enough)

    def open(self) -> np.ndarray:
        """What must still be searched: intervals that are too narrow, and exact ones whose least value is not yet known to be 0."""
        return ~self.wide() | (self.exact & (self.low > NEARLY))

    def intervals(self, expressions: Sequence[Expression]) -> dict[Expression, Interval]:
        found = zip(expressions, self.low, self.high, strict=True)
        return {e: _rounded(Interval(float(low), float(high))) for e, low, high in found}


def _rounded(interval: Interval) -> Interval:
    """A bound without the solver's last digits; there is no upper bound beyond every count."""
    low, high = round(interval.low, 6), round(interval.high, 6)
    return Interval(low, INFINITE if high >= MANY / 2 else high)


def read(catalog: Catalog, rows: Iterable[Sequence[object]]) -> list[IndicatorRow]:
    """Rows of out_indicators: indicator, year, area, institution, sex, part, numerator, denominator, value, state."""

    def number(value: object) -> float | None:
        return None if value is None else float(str(value))

    return [
        IndicatorRow(
            FigurePlace(str(i), int(str(y)), str(a), str(u), str(s), str(p)),
            number(n),
            number(d),
            number(v),
            str(state),
        )
        for i, y, a, u, s, p, n, d, v, state in rows
        if str(i) in catalog.indicators
    ]

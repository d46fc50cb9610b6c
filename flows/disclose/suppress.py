"""Decides which counts are not printed: the small ones, and as few others as keep everybody from computing them."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from expectations.records import Promise
from expectations.vocabulary import Reason
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
from flows.disclose.intruder import (
    NEARLY,
    Component,
    Interval,
    Knowledge,
    Program,
    Publication,
    Statement,
    beyond,
    by_component,
    intervals,
    learn,
    places_and_years,
    small_counts,
    targets,
    told,
)
from flows.disclose.moves import Pieces, Truth


@dataclass
class Suppression:
    """The decision: counts that are not printed, and why; and counts that an earlier edition has printed already."""

    primary: set[Cell] = field(default_factory=set)
    secondary: set[Cell] = field(default_factory=set)
    beside: set[Cell] = field(default_factory=set)
    """Counts that would point to a small count of single events: none in another place or year."""
    nobody: set[Cell] = field(default_factory=set)
    """Counts of this and of earlier editions that are told, or not told, without telling of anybody (`of_nobody`)."""
    perhaps_none: set[Cell] = field(default_factory=set)
    """All counts of the tables of single events that are not told: whoever misses one cannot say that it is not zero."""
    rest: set[Expression] = field(default_factory=set)
    """Small rests: denominators minus numerators."""
    printed: set[Cell] = field(default_factory=set)
    """Counts that earlier editions print and that have not changed: they cannot be taken back."""
    beyond: set[Cell] = field(default_factory=set)
    """Counts that are kept back because the search had come to its bound, whether they need be or not."""

    def protects(self, expression: Expression) -> bool:
        """Whether the policy protects an expression: not if its counts have been printed, or stand beside others, now or in
        an earlier edition, with nobody in them; a rest only if it is small.
        """
        if all(cell in self.printed for cell, _ in expression):
            return False
        if len(expression) == 1:
            [(cell, _)] = expression
            own = cell in self.primary or cell in self.secondary
            return cell not in self.beside and (own or cell not in self.nobody)
        return expression in self.rest or any(cell.vintage for cell, _ in expression)

    @property
    def hidden(self) -> set[Cell]:
        return self.primary | self.secondary | self.beside

    def points(self, expression: Expression) -> bool:
        """Whether one of the single events of an expression is to be protected."""
        outside = {cell for cell, factor in expression if factor < 0}
        if outside:
            return any(rest[1][0] in outside - self.printed for rest in self.rest)
        return any(cell in self.primary - self.printed for cell, _ in expression)


def small(definitions: Definitions, rows: Sequence[IndicatorRow], earlier: Sequence[Publication]) -> Suppression:
    """Counts of people below the threshold, and counts that an earlier edition suppressed and that have not changed."""
    decided = Suppression()
    decided.printed = {
        cell
        for publication in earlier
        for row in publication.rows
        for cell, printed in definitions.counted(row)
        if printed is not None and not publication.vintages.get(cell, 0)
    }

    for row in rows:
        for cell, few in small_counts(definitions, row):
            decided.primary.add(cell)
            if len(few) > 1:
                decided.rest.add(few)
    kept_back = {
        cell
        for publication in earlier
        for row in publication.rows
        if row.state == Reason.SUPPRESSED
        for cell, printed in definitions.counted(row)
        if printed is None and not publication.vintages.get(cell, 0)
    }
    together = kept_together(definitions, rows, {cell for one in earlier for cell in _kept_whole(definitions, one)})
    decided.perhaps_none = together.around
    decided.beside = together.back - decided.primary
    decided.nobody = of_nobody(definitions, rows).union(*(publication.nobody for publication in earlier))
    there = {cell for row in rows for cell, count in definitions.counted(row) if count is not None}
    nothing = {cell for row in rows for cell, count in definitions.counted(row) if count == 0}
    free = decided.printed | decided.beside | nothing | together.over
    decided.secondary = (kept_back & there) - decided.primary - free
    return decided


def _kept_whole(definitions: Definitions, publication: Publication) -> Iterator[Cell]:
    """The counts that an edition kept back of tables that were over, one for each case. Tables with a printed zero are left out: in
    them a count is missing for another reason.
    """
    cases = list(definitions.cases(publication.rows))
    told = {case.table for _, case in cases if case.number == 0}
    for row, case in cases:
        if case.number is None and case.closed and row.state == Reason.SUPPRESSED and case.table not in told:
            yield publication.dated(case.expression[-1][0])


def of_nobody(definitions: Definitions, rows: Sequence[IndicatorRow]) -> set[Cell]:
    """True counts that protect nobody by themselves: of none, and of all, where nobody is missing of those who are protected
    (`complement`). An edition keeps them back only so that no gap points to others, or until their span is over.
    """
    none = {cell for row in rows for cell, count in definitions.counted(row) if count == 0}
    none |= {case.expression[-1][0] for _, case in definitions.cases(rows) if case.number == 0}
    return none - {cell for row in rows for cell, _ in small_counts(definitions, row)}


class Together(NamedTuple):
    """What the rule on single events says of some rows."""

    back: set[Cell]
    """Counts that are not told."""
    around: set[Cell]
    """All counts of their tables."""
    over: set[Cell]
    """Counts that are told because their table is over and has no event: an earlier edition may have had to wait."""


def kept_together(definitions: Definitions, rows: Sequence[IndicatorRow], before: Set[Cell] = frozenset()) -> Together:
    """Single events: where a table has a small count, or is not over, none of its counts under the threshold is told, zero
    included, and never one alone. What an earlier edition kept back of a table that was over (`before`) stays back.
    """
    threshold = definitions.catalog.policy.disclosure.threshold
    tables: dict[SpanTable, list[tuple[IndicatorRow, SpanCase]]] = defaultdict(list)
    for row, case in definitions.cases(rows):
        if case.number is not None:
            tables[case.table].append((row, case))
    back, around, over = set[Cell](), set[Cell](), set[Cell]()
    for found in tables.values():
        few = [(row, case) for row, case in found if case.number is not None and case.number < threshold]
        told_before = any(case.expression[-1][0] in before for _, case in few)
        if not few:
            continue
        if few[0][1].closed and not told_before and not any(case.number for _, case in few):
            over |= {case.expression[-1][0] for _, case in few}
            continue
        if few[0][1].closed and len({case.expression for _, case in few}) == 1:
            few.append(_company(few[0], found))
        back |= {case.expression[-1][0] for _, case in few}
        back |= {cell for row, _ in few for cell, count in definitions.counted(row) if count == 0}
        around |= {cell for row, _ in found for cell, _ in definitions.counted(row)}
    return Together(back, around, over - back)


def _company(
    alone: tuple[IndicatorRow, SpanCase], found: Sequence[tuple[IndicatorRow, SpanCase]]
) -> tuple[IndicatorRow, SpanCase]:
    """The row that is kept back with the only one that has to be: of the same place, and the smallest there is."""
    place = alone[0].figure[2:]
    others = [one for one in found if one[1].expression != alone[1].expression]
    return min(others or [alone], key=lambda one: (one[0].figure[2:] != place, one[1].number, one[0].figure))


def without(definitions: Definitions, row: IndicatorRow, hidden: Set[Cell]) -> IndicatorRow:
    """A row as it is printed without the hidden counts."""
    above, below = definitions.cells(row.figure)
    if above not in hidden and below not in hidden:
        return row
    return row._replace(
        numerator=None if above in hidden else row.numerator,
        denominator=None if below in hidden else row.denominator,
        value=None,
        state=Reason.SUPPRESSED,
    )


class Search:
    """Secondary suppression: hides one more count at a time, the cheapest first, and checks each step as an intruder
    would.

    Its work is bounded (`QUESTIONS`): then it hides more at a time, and prints none of it again (`Suppression.beyond`). What
    an attack on the finished copy opens all the same is given back to it (`answer`).
    """

    def __init__(
        self,
        definitions: Definitions,
        rows: Sequence[IndicatorRow],
        earlier: Sequence[Publication],
        decided: Suppression,
    ) -> None:
        self.definitions, self.decided = definitions, decided
        self.answers = 0
        self.kept_whole: set[Cell] = set()
        """Counts that are kept back with the whole of their component: nothing less was found."""
        self.hidden = set(decided.hidden)
        self.enough = float(definitions.catalog.policy.disclosure.protection)
        self.true = {c: n for row in rows for c, n in definitions.counted(row) if n is not None}
        self.uses = Counter(c for row in rows for c, n in definitions.counted(row) if n is not None)
        self.home = definitions.catalog.district.code
        # Earlier editions have been printed, whatever is decided now.
        self.knowledge = learn(definitions, earlier)
        self.before = dict(self.knowledge.bounds)
        for row in rows:
            for cell, _ in definitions.counted(row):
                self.before.setdefault(cell, (0.0, INFINITE))
        now = learn(definitions, [Publication(rows)])
        for constraint in now.constraints:
            self.knowledge.add(constraint)
        self.printable = dict(now.bounds)
        for cell, (low, high) in self.printable.items():
            if cell not in self.hidden:
                self.knowledge.bound(cell, low, high)
        self.truth = Truth(self.knowledge, self.true)
        self.wanted: dict[Expression, None] = {}
        self.around: dict[Cell, dict[Expression, None]] = defaultdict(dict)
        """Count → the wanted expressions that it is in."""
        self.proved: dict[Expression, frozenset[Cell]] = {}
        """Expressions known to be wide enough → the counts of which that would no longer be proved if they were printed."""
        self.proving: dict[Cell, dict[Expression, None]] = defaultdict(dict)
        self.places: set[Expression] = set()
        for expression in filter(decided.protects, targets(definitions, earlier)):
            self._want(expression)
        self.rest_of: dict[Cell, list[Expression]] = defaultdict(list)
        for expression in sorted(decided.rest):
            self.rest_of[expression[1][0]].append(expression)
        for cell in sorted(decided.hidden):
            self._hide(cell)
        told_alone = Publication([without(definitions, row, self.hidden) for row in rows])
        self.places |= set(filter(decided.points, places_and_years(definitions, told_alone)))
        for expression in sorted(self.places):
            self._want(expression)
        self.left = QUESTIONS * (len(self.wanted) + 1)

    def _want(self, expression: Expression) -> None:
        self.wanted[expression] = None
        for cell, _ in expression:
            self.around[cell][expression] = None

    def _leave(self, expression: Expression) -> None:
        if expression in self.wanted:
            del self.wanted[expression]
            for cell, _ in expression:
                self.around[cell].pop(expression, None)

    def _hide(self, cell: Cell) -> None:
        self.hidden.add(cell)
        low, high = self.before.get(cell, (0.0, INFINITE))
        self.truth.bound(cell, max(low, 0.0 if cell in self.decided.perhaps_none else 1.0), high)
        if cell in self.decided.printed:
            return  # what has been printed is beyond protection
        if cell in self.decided.beside:
            return  # nobody is protected by it who is not in another count
        self._want(((cell, 1.0),))
        for expression in self.rest_of.get(cell, ()):
            self._want(expression)

    def _show(self, cell: Cell) -> None:
        self.hidden.discard(cell)
        low, high = self.before.get(cell, (0.0, INFINITE))
        own = self.printable[cell]
        self.truth.bound(cell, max(low, own[0]), min(high, own[1]))
        self._leave(((cell, 1.0),))
        for expression in self.proving.pop(cell, ()):
            for other in self.proved.pop(expression, ()):
                if other != cell:
                    self.proving[other].pop(expression, None)

    def run(self) -> None:
        self._close()
        holds: set[Component] = set()
        while narrow := self._audit(holds):
            for expression in narrow:
                if not self._widen(expression):
                    self._leave(expression)  # the attack will name it
            self._close()
        self._spare()

    def withhold(self, attack: Knowledge, opened: Iterable[Expression], places: Set[Expression]) -> bool:
        """Keep back more, so that an attack no longer opens what it has opened: what it knew of these counts, the search
        knows from now on. For `places` the least value must stay 0. Returns False if everything that can be kept back is
        kept back.
        """
        before, ways = set(self.hidden), len(self.knowledge.constraints)
        opened = sorted(opened)
        starts = {cell for expression in opened for cell, _ in expression if not attack.known(cell)}
        for number in sorted({number for cell in starts for number in attack.component(cell)[1]}):
            self.knowledge.add(attack.constraints[number])
        self.truth = Truth(self.knowledge, self.true)
        self.proved.clear()
        self.proving.clear()
        self.places |= places
        self.answers += 1
        if self.answers > ANSWERS:
            self.left = 0
        learned = len(self.knowledge.constraints) > ways and self.left > 0
        for expression in opened:
            self._want(expression)
            if not learned or (self._lacking(expression) and not self._open(expression)):
                self._keep_whole(expression)
        self.run()
        return not self.hidden <= before

    def _close(self) -> None:
        """A sum with one unknown gives it away: hide another of its counts, until no sum has exactly one unknown."""
        ahead = sorted(self.hidden)
        while ahead:
            for number in self.knowledge.around[ahead.pop()]:
                if self.truth.alone(number) is not None:
                    candidates = self._candidates([number])
                    if candidates:
                        self.decided.secondary.add(candidates[0])
                        self._hide(candidates[0])
                        ahead.append(candidates[0])

    def _candidates(self, numbers: Iterable[int]) -> list[Cell]:
        """The cheapest counts that could be kept back in these constraints, the cheapest first, and no more of them than are
        tried.

        The cheapest is a count that closes another sum as well, then an area before a total, then a count that few
        figures use, then the smallest.
        """
        return heapq.nsmallest(TRIED, self._printed(numbers), key=self._cost)

    def _printed(self, numbers: Iterable[int]) -> set[Cell]:
        """Counts of people in these constraints that are still printed, positive, and in no earlier edition."""
        return {
            cell
            for number in numbers
            for cell, _ in self.knowledge.constraints[number].terms
            if cell not in self.hidden
            and self.true.get(cell, 0) > 0
            and cell not in self.decided.printed
            and self.definitions.of_people(cell)
        }

    def _cost(self, cell: Cell) -> tuple[int, bool, bool, int, float, Cell]:
        closing = sum(self.truth.alone(number) is not None for number in self.knowledge.around[cell])
        total = cell.area == self.home and not cell.institution and not cell.part
        return -closing, total, cell.sex == "total", self.uses[cell], self.true[cell], cell

    def _audit(self, holds: set[Component]) -> list[Expression]:
        """What is too narrow. A component whose intervals are wide is not examined again until it changes."""
        narrow: list[Expression] = []
        for component, expressions in by_component(self.knowledge, self.wanted):
            if component in holds:
                continue
            left = self._unproved(expressions)
            tight = set(filter(self._tight, left))
            asked = [e for e in left if e not in tight]
            self.left -= len(asked)
            found = Program(self.knowledge, *component).intervals(asked, self.enough, self.places) if asked else {}
            bad = [e for e in left if e in tight or self._lacks(e, found[e])]
            narrow += bad
            if not bad:
                holds.add(component)
        return narrow

    def _unproved(self, expressions: Iterable[Expression]) -> list[Expression]:
        """Those that the solver must decide: no point a few counts away from the true ones has shown that they are wide enough."""
        return [e for e in expressions if not self._prove(e)]

    def _prove(self, expression: Expression) -> bool:
        if expression not in self.proved:
            if self._tight(expression):
                return False
            need = 0.0 if len(expression) > 2 else self.enough
            self.left -= 1
            moved = self.truth.moved(expression, need, to_none=expression in self.places)
            if moved is None:
                return False
            self._take(expression, moved)
        return True

    def _take(self, expression: Expression, moved: frozenset[Cell]) -> None:
        """Note a proof that an expression is wide enough: it holds as long as these counts are not printed."""
        self.proved[expression] = moved
        for cell in moved:
            self.proving[cell][expression] = None

    def _widen(self, expression: Expression) -> bool:
        """Hide the cheapest count that makes the interval wide enough, or else the count that widens it most."""
        if not self._tight(expression) and not self._lacking(expression):
            return True  # another count hidden meanwhile has opened it
        if self.left <= 0:
            return self._open(expression, beyond=True) or self._keep_whole(expression)
        candidates = self._candidates(sorted({n for c, _ in expression for n in self.knowledge.around[c]}))
        if not candidates:
            start = next((c for c, _ in expression if not self.knowledge.known(c)), None)
            if start is None:
                return False
            _, numbers = self.knowledge.component(start)
            candidates = self._candidates(numbers)
        best = next((cell for cell in candidates if not self._lacking_without(cell, expression, roughly=True)), None)
        if best is None and candidates:
            best = min(candidates, key=lambda cell: self._lacking_without(cell, expression))
        if best is None:
            return False
        self.decided.secondary.add(best)
        self._hide(best)
        return True

    def _open(self, expression: Expression, *, beyond: bool = False) -> bool:
        """Hide at once all counts that one other set of counts needs, at which the expression is as far from its true value
        as it must be able to be; of such sets the one that is nearest to the true counts. False if there is none.
        """
        reach, printed = {cell for cell, _ in expression}, set[Cell]()
        while True:
            around = self._around(reach | printed)
            further = self._printed(around[1]) - printed
            if not further and printed:
                return False
            printed |= further
            moved = self._moved_by(expression, *self._around(reach | printed), sorted(printed))
            if moved is not None:
                break
            if not further:
                return False
        self.decided.secondary |= moved
        if beyond:
            self.decided.beyond |= moved
        for cell in sorted(moved):
            self._hide(cell)
        return True

    def _around(self, start: Iterable[Cell]) -> Component:
        """Some counts with all that are not printed and hang together with them, and the constraints around all of these."""
        cells = set(start)
        numbers: set[int] = set()
        ahead = sorted(cells)
        while ahead:
            for number in self.knowledge.around[ahead.pop()]:
                if number not in numbers:
                    numbers.add(number)
                    new = [
                        cell for cell in self.knowledge.unknown(self.knowledge.constraints[number]) if cell not in cells
                    ]
                    cells.update(new)
                    ahead += new
        return tuple(sorted(cells)), tuple(sorted(numbers))

    def _moved_by(
        self, expression: Expression, cells: Sequence[Cell], numbers: Sequence[int], printed: Sequence[Cell]
    ) -> set[Cell] | None:
        """Which of the printed counts are others at the points that show that an expression is wide enough."""
        before = {cell: self.knowledge.bounds[cell] for cell in printed}
        for cell in printed:
            low, high = self.before.get(cell, (0.0, INFINITE))
            self.knowledge.bounds[cell] = max(low, 0.0 if cell in self.decided.perhaps_none else 1.0), high
        program = Program(self.knowledge, cells, numbers)
        self.knowledge.bounds |= before
        true = [self.true[cell] for cell in printed]
        value = sum(factor * self.true.get(cell, 0.0) for cell, factor in expression)
        need = 0.0 if len(expression) > 2 else self.enough
        if expression in self.places:
            ways = [(-value, max(0.0, need - value))]
        else:
            ways = [(-down, need - down) for down in (0.0, need, *range(1, int(need)))]
        for way in ways:
            self.left -= len(way)
            points = [
                program.nearest(expression, value + by, sign, printed, true)
                for by, sign in zip(way, (-1, 1), strict=True)
                if by
            ]
            if all(point is not None for point in points):
                return {
                    cell
                    for point in points
                    if point is not None
                    for cell, count in zip(printed, true, strict=True)
                    if abs(point[program.position[cell]] - count) > NEARLY
                }
        return None

    def _keep_whole(self, expression: Expression) -> bool:
        """Hide all that can be hidden of what hangs together with an expression; False if all of it is."""
        whole = self._printed(self._around(cell for cell, _ in expression)[1])
        self.decided.secondary |= whole
        self.decided.beyond |= whole
        self.kept_whole |= whole
        for cell in sorted(whole):
            self._hide(cell)
        return bool(whole)

    def _lacking_without(self, cell: Cell, expression: Expression, *, roughly: bool = False) -> float:
        """By how much an interval is too narrow if a count is hidden; `roughly`, infinite wherever it is."""
        self._hide(cell)
        lacking = INFINITE if roughly and self._tight(expression) else self._lacking(expression)
        self._show(cell)
        return lacking

    def _lacking(self, expression: Expression) -> float:
        if self._prove(expression):
            return 0.0
        if expression not in self.places and (width := self.truth.width(expression, self.enough)) is not None:
            return max(0.0, self.enough - width)
        return self._lacks(expression, self._interval(expression))

    def _interval(self, expression: Expression) -> Interval:
        self.left -= 1
        return intervals(self.knowledge, [expression], self.enough, self.places)[expression]

    def _tight(self, expression: Expression) -> bool:
        """Whether one sum alone shows that a count's interval is too narrow; the solver need not be asked then."""
        return len(expression) == 1 and self.truth.within(expression[0][0]) < self.enough

    def _lacks(self, expression: Expression, interval: Interval) -> float:
        """By how much an interval is too narrow; of single events in a place or a year, how many are certain."""
        certain = interval.low if expression in self.places and interval.low > NEARLY else 0.0
        return certain + (0.0 if len(expression) > 2 else max(0.0, self.enough - interval.width))

    def _spare(self) -> None:
        """Print counts again that need not be hidden, the largest first."""
        kept_back = {c for c in self.decided.secondary if self.before.get(c, (0.0, 0.0))[0] >= 1} | self.kept_whole
        asked = dict.fromkeys(self._unproved(self.wanted))
        given_away = {cell for number in range(len(self.knowledge.constraints)) if (cell := self._given_away(number))}
        pieces = Pieces(self.truth)
        for cell in sorted(self.decided.secondary - kept_back, key=lambda c: (-self.uses[c], -self.true[c], c)):
            if self.left <= 0:
                self.decided.beyond.add(cell)
                continue
            shaken = {e: self.proved[e] for e in self.proving.get(cell, ())}
            self._show(cell)
            left = self._stays_open(cell, shaken, asked, given_away, pieces)
            if left is not None:
                self.decided.secondary.discard(cell)
                self.decided.beyond.discard(cell)
                asked |= dict.fromkeys(left)
                pieces.part(cell)
            else:
                self._hide(cell)
                for expression, moved in shaken.items():
                    if expression not in self.proved:
                        self._take(expression, moved)

    def _stays_open(
        self,
        shown: Cell,
        shaken: Iterable[Expression],
        asked: Iterable[Expression],
        given_away: Set[Cell],
        pieces: Pieces,
    ) -> Sequence[Expression] | None:
        """Of what a count that is printed again might open, that which the solver alone shows to be wide; None if one is not.

        The sums around it are looked at first, then all that hangs together with it, then points beside the true one; the
        solver is asked for what is left.
        """
        near = [e for e in shaken if e in self.wanted]
        if any(map(self._given_away, self.knowledge.around[shown])) or any(map(self._tight, near)):
            return None
        piece = pieces.of(shown)
        far = [e for e in asked if e in self.wanted and any(c in piece for c, _ in e)]
        if not piece.isdisjoint(given_away - {shown}) or any(map(self._tight, far)):
            return None
        left = self._unproved([*near, *far])
        self.left -= len(left)
        found = intervals(self.knowledge, left, self.enough, self.places)
        return None if any(self._lacks(e, i) for e, i in found.items()) else left

    def _given_away(self, number: int) -> Cell | None:
        """The count that a sum gives away, if somebody is protected by it."""
        cell = self.truth.alone(number)
        return cell if cell is not None and (self.around.get(cell) or cell in self.decided.beside) else None


TRIED = 12
"""The number of counts that are tried before the best of them is taken to widen an interval."""
QUESTIONS = 400
"""So often, for each count that is to be protected, it is asked how wide an interval is; then more is kept back instead. Work is
counted, no clock is read: the same rows give the same edition on any machine.
"""
ANSWERS = 4
"""So many attacks are answered with as few counts as can be; one more with all that hang together."""


def verdicts(
    definitions: Definitions,
    publications: Sequence[Publication],
    cases: Sequence[tuple[Promise, int, bool]],
    places: Mapping[tuple[str, int], Sequence[FigurePlace]],
) -> dict[tuple[str, int], bool]:
    """For each target and year that rests on a suppressed figure, whether 达标 or 未达标 may still be told.

    It may be told only if both answers are harmless. If only the harmful answer were withheld, withholding it would
    give it away. `places` are the suppressed figures behind a promise for every area or institution.
    """
    knowledge = learn(definitions, publications)
    wanted = targets(definitions, publications)
    figures = {row.figure for row in publications[-1].rows if row.state == Reason.SUPPRESSED}
    enough = float(definitions.catalog.policy.disclosure.protection)
    found: dict[tuple[str, int], bool] = {}
    for promise, year, met in cases:
        answers = {
            answer: _answer(definitions, promise, year, answer, figures, places.get((promise.id, year), ()))
            for answer in (True, False)
        }
        harmless = all(
            _harmless(knowledge, wanted, constraints, enough) for told_ in answers.values() for constraints in told_
        ) and any(answers.values())
        found[promise.id, year] = harmless
        if harmless and len(answers[met]) == 1:
            for constraint in answers[met][0]:
                knowledge.add(constraint)
    return found


def _answer(
    definitions: Definitions,
    promise: Promise,
    year: int,
    met: bool,
    figures: set[FigurePlace],
    places: Sequence[FigurePlace],
) -> list[list[Constraint]]:
    """What follows from an answer: one set of constraints, or several of which one is true."""
    if promise.target.rule.lowest and not met and promise.target.value is not None:
        least = float(promise.target.value)
        return [list(beyond(definitions, f, figures, high=least, strict=True)) for f in places]
    constraints = list(told(definitions, promise, Statement(promise.id, year, None, met), figures))
    if promise.target.rule.limit == "band" and not met and promise.target.band is not None:
        figure = FigurePlace(
            str(promise.target.indicator),
            year,
            definitions.catalog.district.code,
            "",
            promise.target.sex,
            promise.target.part or "",
        )
        low, high = (float(limit) for limit in promise.target.band)
        return [
            list(beyond(definitions, figure, figures, high=low, strict=True)),
            list(beyond(definitions, figure, figures, low=high, strict=True)),
        ]
    return [constraints] if constraints else []


def _harmless(
    knowledge: Knowledge, wanted: Sequence[Expression], constraints: Sequence[Constraint], enough: float
) -> bool:
    """Whether an answer leaves all intervals wide. An impossible answer is harmless: the only other
    answer is then known already.
    """
    added = []
    for constraint in constraints:
        size = len(knowledge.constraints)
        knowledge.add(constraint)
        if len(knowledge.constraints) > size:
            added.append(constraint)
    try:
        start = next((c for k in constraints for c, _ in k.terms if not knowledge.known(c)), None)
        if start is None:
            return True
        component = knowledge.component(start)
        program = Program(knowledge, *component)
        if not program.feasible():
            return True
        inside = set(component[0])
        touched = [e for e in wanted if any(c in inside for c, _ in e)]
        return all(i.width >= enough for i in intervals(knowledge, touched, enough).values())
    finally:
        for constraint in reversed(added):
            knowledge.drop(constraint)

"""Decides which counts are not printed: the small ones, and as few others as keep everybody from computing them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from expectations.records import Promise
from expectations.vocabulary import Reason
from flows.disclose.counts import INFINITE, Cell, Constraint, Definitions, FigurePlace, IndicatorRow
from flows.disclose.intruder import (
    Component,
    Expression,
    Interval,
    Knowledge,
    Program,
    Publication,
    Statement,
    beyond,
    by_component,
    intervals,
    learn,
    small_counts,
    targets,
    told,
)


@dataclass
class Suppression:
    """The decision: counts that are not printed, and why; and counts that an earlier edition has printed already."""

    primary: set[Cell] = field(default_factory=set)
    secondary: set[Cell] = field(default_factory=set)
    rest: set[Expression] = field(default_factory=set)
    """Small rests: denominators minus numerators."""
    printed: set[Cell] = field(default_factory=set)
    """Counts that earlier editions print and that have not changed: they cannot be taken back."""
    narrow: dict[Expression, Interval] = field(default_factory=dict)
    """Expressions that cannot be protected, with their intervals."""

    def protects(self, expression: Expression) -> bool:
        """Whether the policy protects an expression: not if its counts have been printed; a rest only if
        it is small.
        """
        if all(cell in self.printed for cell, _ in expression):
            return False
        return len(expression) == 1 or expression in self.rest or any(cell.vintage for cell, _ in expression)

    @property
    def hidden(self) -> set[Cell]:
        return self.primary | self.secondary


def plan(
    definitions: Definitions,
    rows: Sequence[IndicatorRow],
    earlier: Sequence[Publication] = (),
    *,
    secondary: bool = True,
) -> Suppression:
    """Primary suppression by the policy, then secondary suppression until the intruder's intervals are wide enough."""
    decided = small(definitions, rows, earlier)
    if secondary:
        _Search(definitions, rows, earlier, decided).run()
    return decided


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
    there = {cell for row in rows for cell, count in definitions.counted(row) if count is not None}
    decided.secondary = (kept_back & there) - decided.primary - decided.printed
    return decided


class _Search:
    """Secondary suppression: hides one more count at a time, the cheapest first, and checks each step as an intruder
    would.
    """

    def __init__(
        self,
        definitions: Definitions,
        rows: Sequence[IndicatorRow],
        earlier: Sequence[Publication],
        decided: Suppression,
    ) -> None:
        self.definitions, self.decided = definitions, decided
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
            if cell not in decided.hidden:
                self.knowledge.bound(cell, low, high)
        self.wanted: dict[Expression, None] = dict.fromkeys(filter(decided.protects, targets(definitions, earlier)))
        self.rest_of: dict[Cell, list[Expression]] = defaultdict(list)
        for expression in sorted(decided.rest):
            self.rest_of[expression[1][0]].append(expression)
        for cell in sorted(decided.hidden):
            self._hide(cell)

    def _hide(self, cell: Cell) -> None:
        low, high = self.before.get(cell, (0.0, INFINITE))
        self.knowledge.bounds[cell] = max(low, 1.0), high
        if cell in self.decided.printed:
            return  # what has been printed is beyond protection
        self.wanted[(cell, 1.0),] = None
        self.wanted |= dict.fromkeys(self.rest_of.get(cell, ()))

    def _show(self, cell: Cell) -> None:
        low, high = self.before.get(cell, (0.0, INFINITE))
        own = self.printable[cell]
        self.knowledge.bounds[cell] = max(low, own[0]), min(high, own[1])
        self.wanted.pop(((cell, 1.0),), None)

    def run(self) -> None:
        self._close()
        holds: set[Component] = set()
        while True:
            narrow = self._audit(holds)
            if not narrow:
                break
            for expression, interval in narrow.items():
                if not self._widen(expression, interval):
                    self.decided.narrow[expression] = interval
                    self.wanted.pop(expression)
            self._close()
        self._spare()

    def _close(self) -> None:
        """A sum with one unknown gives it away: hide another of its counts, until no sum has exactly one unknown."""
        ahead = sorted(self.decided.hidden)
        while ahead:
            for number in self.knowledge.around[ahead.pop()]:
                constraint = self.knowledge.constraints[number]
                if constraint.low == constraint.high and len(self.knowledge.unknown(constraint)) == 1:
                    candidates = self._candidates([constraint])
                    if candidates:
                        self.decided.secondary.add(candidates[0])
                        self._hide(candidates[0])
                        ahead.append(candidates[0])

    def _candidates(self, constraints: Iterable[Constraint]) -> list[Cell]:
        """Counts of people that are still printed, positive, and in no earlier edition; the cheapest first.

        The cheapest is a count that closes another sum as well, then an area before a total, then a count that few
        figures use, then the smallest.
        """
        found = {
            cell
            for constraint in constraints
            for cell, _ in constraint.terms
            if self.true.get(cell, 0) > 0
            and cell not in self.decided.hidden
            and cell not in self.decided.printed
            and self.definitions.of_people(cell)
        }
        return sorted(found, key=self._cost)

    def _cost(self, cell: Cell) -> tuple[int, bool, bool, int, float, Cell]:
        sums = [self.knowledge.constraints[n] for n in self.knowledge.around[cell]]
        closing = sum(len(self.knowledge.unknown(c)) == 1 for c in sums if c.low == c.high)
        total = cell.area == self.home and not cell.unit and not cell.part
        return -closing, total, cell.sex == "total", self.uses[cell], self.true[cell], cell

    def _audit(self, holds: set[Component]) -> dict[Expression, Interval]:
        """Intervals that are too narrow. A component whose intervals are wide is not examined again
        until it changes.
        """
        narrow: dict[Expression, Interval] = {}
        for component, expressions in by_component(self.knowledge, self.wanted).items():
            if component in holds:
                continue
            found = Program(self.knowledge, *component).intervals(expressions, self.enough)
            bad = {e: i for e, i in found.items() if i.width < self.enough}
            narrow |= bad
            if not bad:
                holds.add(component)
        return narrow

    def _widen(self, expression: Expression, interval: Interval) -> bool:
        """Hide the cheapest count that makes the interval wide enough, or else the count that widens it most."""
        now = self._interval(expression)
        if now.width >= self.enough:  # another count hidden meanwhile has opened it
            return True
        numbers = {n for c, _ in expression for n in self.knowledge.around[c]}
        candidates = self._candidates(self.knowledge.constraints[n] for n in sorted(numbers))
        if not candidates:
            start = next((c for c, _ in expression if not self.knowledge.known(c)), None)
            if start is None:
                return False
            _, numbers_ = self.knowledge.component(start)
            candidates = self._candidates(self.knowledge.constraints[n] for n in numbers_)
        best, gain = None, -1.0
        for cell in candidates[:TRIED]:
            self._hide(cell)
            width = self._interval(expression).width
            self._show(cell)
            if width - now.width > gain:
                best, gain = cell, width - now.width
            if width >= self.enough:
                break
        if best is None:
            return False
        self.decided.secondary.add(best)
        self._hide(best)
        return True

    def _interval(self, expression: Expression) -> Interval:
        return intervals(self.knowledge, [expression], self.enough)[expression]

    def _spare(self) -> None:
        """Print counts again that need not be hidden, the largest first."""
        spared: set[Cell] = set()
        kept_back = {c for c in self.decided.secondary if self.before.get(c, (0.0, 0.0))[0] >= 1}
        for cell in sorted(self.decided.secondary - kept_back, key=lambda c: (-self.uses[c], -self.true[c], c)):
            cells, _ = self.knowledge.component(cell)
            touched = set(cells)
            self._show(cell)
            wanted = [e for e in self.wanted if any(c in touched for c, _ in e)]
            if self._all_wide(wanted):
                self.decided.secondary.discard(cell)
                spared.add(cell)
            else:
                self._hide(cell)

    def _all_wide(self, wanted: Sequence[Expression]) -> bool:
        """Whether all intervals are wide enough; the sums are checked before the solver is asked."""
        for expression in wanted:
            for cell, _ in expression:
                for number in self.knowledge.around[cell]:
                    constraint = self.knowledge.constraints[number]
                    if constraint.low == constraint.high and self.knowledge.unknown(constraint) == [cell]:
                        return False
        return all(i.width >= self.enough for i in intervals(self.knowledge, wanted, self.enough).values())


TRIED = 12
"""The number of counts that are tried before the best of them is taken to widen an interval."""


def verdicts(
    definitions: Definitions,
    publications: Sequence[Publication],
    cases: Sequence[tuple[Promise, int, bool]],
    units: Mapping[tuple[str, int], Sequence[FigurePlace]],
) -> dict[tuple[str, int], bool]:
    """For each target and year that rests on a suppressed figure, whether 达标 or 未达标 may still be told.

    It may be told only if both answers are harmless. If only the harmful answer were withheld, withholding it would
    give it away. `units` are the suppressed figures behind a promise for every area or institution.
    """
    knowledge = learn(definitions, publications)
    wanted = targets(definitions, publications)
    figures = {row.figure for row in publications[-1].rows if row.state == Reason.SUPPRESSED}
    enough = float(definitions.catalog.policy.disclosure.protection)
    found: dict[tuple[str, int], bool] = {}
    for promise, year, met in cases:
        answers = {
            answer: _answer(definitions, promise, year, answer, figures, units.get((promise.id, year), ()))
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
    units: Sequence[FigurePlace],
) -> list[list[Constraint]]:
    """What follows from an answer: one set of constraints, or several of which one is true."""
    if promise.target.rule.series == "lowest" and not met and promise.target.value is not None:
        least = float(promise.target.value)
        return [list(beyond(definitions, f, figures, high=least, strict=True)) for f in units]
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
    """Whether an answer leaves all intervals wide. An impossible answer is harmless: then the other one tells nothing
    new.
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

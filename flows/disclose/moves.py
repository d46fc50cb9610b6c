"""True counts in, other counts that would fit all that is printed as well out: they prove how wide an interval is at least."""

from __future__ import annotations

from collections.abc import Mapping

from flows.disclose.counts import Cell, Expression
from flows.disclose.intruder import Knowledge

DEEP = 10
"""So many counts change together in one step at most."""
TRIED = 200
"""So many changes are tried for a step before it is given up."""
NEAR, SHORT = 2, 8
"""Limits of limits are asked for so often, and in sums of so few counts that are not printed."""
SLACK = 1e-6

Moves = Mapping[Cell, float]
"""Count → by how much it differs from the true one."""


class Truth:
    """The true counts, and which of them are open: not printed, so that they could be others.

    From them other points are reached by a few counts that make up for each other. Such a point is proof; that none is
    found proves nothing. Every point that the intruder cannot rule out is one of its own program as well.
    """

    def __init__(self, knowledge: Knowledge, true: Mapping[Cell, float]) -> None:
        self.knowledge, self.true = knowledge, true
        self.factors: dict[Cell, list[tuple[int, float]]] = {}
        self.open: list[dict[Cell, float]] = []
        """Of each constraint the counts that are not printed, with their factors."""
        self.sums: list[float] = []
        self._broken: list[int] = []
        """Constraints that the true counts do not fit, or of which one is not known: nothing is proved beside them."""
        self._doubtful: frozenset[Cell] | None = None
        for number, constraint in enumerate(knowledge.constraints):
            unknown = set(knowledge.unknown(constraint))
            self.open.append({})
            sum_, whole = 0.0, True
            for cell, factor in constraint.terms:
                if factor == 0:  # a share that is compared with 0 says nothing of its whole
                    continue
                self.factors.setdefault(cell, []).append((number, factor))
                count = true.get(cell) if cell in unknown else knowledge.bounds[cell][0]
                whole &= count is not None
                sum_ += factor * (count or 0.0)
                if cell in unknown:
                    self.open[number][cell] = self.open[number].get(cell, 0.0) + factor
            self.sums.append(sum_)
            if not (whole and constraint.low - SLACK <= sum_ <= constraint.high + SLACK):
                self._broken.append(number)
        self._outside = {cell for cell in self.true.keys() & knowledge.bounds.keys() if self._is_outside(cell)}
        """Counts that are not printed and whose true value the intruder would rule out."""

    def _is_outside(self, cell: Cell) -> bool:
        low, high = self.knowledge.bounds[cell]
        return low < high and not low - SLACK <= self.true[cell] <= high + SLACK

    def bound(self, cell: Cell, low: float, high: float) -> None:
        """Print a count, or keep it back: new bounds for it."""
        before = self.knowledge.known(cell)
        self.knowledge.bounds[cell] = low, high
        if cell in self.true and self._is_outside(cell) != (cell in self._outside):
            self._outside ^= {cell}
            self._doubtful = None
        if before == (low == high):
            return
        self._doubtful = None
        for number, factor in self.factors.get(cell, ()):
            if before:
                self.open[number][cell] = self.open[number].get(cell, 0.0) + factor
            else:
                self.open[number].pop(cell, None)

    def alone(self, number: int) -> Cell | None:
        """The count that a sum gives away: the only one of it that is not printed."""
        constraint, unknown = self.knowledge.constraints[number], self.open[number]
        return next(iter(unknown)) if len(unknown) == 1 and constraint.low == constraint.high else None

    def connected(self, start: Cell) -> set[Cell]:
        """The counts that are not printed and hang together with one."""
        cells, seen, ahead = {start}, set(), [start]
        while ahead:
            for number, _ in self.factors.get(ahead.pop(), ()):
                if number not in seen:
                    seen.add(number)
                    new = [cell for cell in self.open[number] if cell not in cells]
                    cells.update(new)
                    ahead += new
        return cells

    def within(self, cell: Cell) -> float:
        """How wide the interval of a count is at most, as the sums around it show."""
        low, high = self._limits(cell, NEAR, -1)
        return high - low

    def _limits(self, cell: Cell, near: int, without: int) -> tuple[float, float]:
        """The least and the greatest value of a count that its sums leave, but for the one that the question comes from."""
        low, high = self.knowledge.bounds[cell]
        for number, factor in self.factors.get(cell, ()):
            constraint, unknown = self.knowledge.constraints[number], self.open[number]
            if number == without or constraint.soft or not unknown.keys() <= self.true.keys():
                continue
            nearer = near if len(unknown) <= SHORT else 0
            given, fewest, most = self.sums[number] - factor * self.true[cell], 0.0, 0.0
            for other, by in unknown.items():
                if other != cell:
                    ends = self._limits(other, nearer - 1, number) if nearer else self.knowledge.bounds[other]
                    given -= by * self.true[other]
                    fewest += by * ends[by < 0]
                    most += by * ends[by > 0]
            limits = (constraint.low - given - most) / factor, (constraint.high - given - fewest) / factor
            low, high = max(low, min(limits)), min(high, max(limits))
        return low, high

    def width(self, expression: Expression, need: float) -> float | None:
        """How wide the interval of a count is, if both its sums and points beside the true one show the same."""
        if len(expression) > 1 or not self._sure(expression):
            return None
        found = sum(_Way(self).go(expression, sign, need) for sign in (1, -1))
        return found if self.within(expression[0][0]) <= found + SLACK else None

    def _sure(self, expression: Expression) -> bool:
        cells = [cell for cell, _ in expression]
        return all(cell in self.true for cell in cells) and self._doubt().isdisjoint(cells)

    def moved(self, expression: Expression, need: float, *, to_none: bool = False) -> frozenset[Cell] | None:
        """The counts whose printing would end the proof that an expression can differ by as much as is needed, or, `to_none`,
        that it can be zero; None if no proof was found.
        """
        if not self._sure(expression):
            return None
        ways = [_Way(self)]
        if to_none:
            value = sum(factor * self.true[cell] for cell, factor in expression)
            if ways[0].go(expression, -1, value) < value - SLACK:
                return None
            need -= value
        for sign in (1, -1) if not to_none else (1,):
            if need > SLACK:
                ways.append(_Way(self))
                need -= ways[-1].go(expression, sign, need)
        if need > SLACK:
            return None
        return frozenset(cell for way in ways for cell, by in way.moves.items() if by)

    def _doubt(self) -> frozenset[Cell]:
        """The counts that hang together with a constraint, or with bounds, that the true ones do not fit."""
        if self._doubtful is None:
            found: set[Cell] = set()
            for cell in (*self._outside, *(cell for number in self._broken for cell in self.open[number])):
                if cell not in found:
                    found |= self.connected(cell)
            self._doubtful = frozenset(found)
        return self._doubtful


class _Way:
    """A way from the true counts to others, step by step; after each step they fit all that is printed."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self.moves: dict[Cell, float] = {}
        self.sums: dict[int, float] = {}
        self.left = 0

    def go(self, expression: Expression, sign: int, need: float) -> float:
        """Make an expression greater (1) or less (−1) by as much as is needed, or as is found; returns by how much."""
        gained = 0.0
        while gained < need - SLACK:
            for cell, factor in expression:
                step = sign if factor > 0 else -sign
                before = dict(self.moves)
                self.left = TRIED
                if self._change(cell, step, {}, [], DEEP):
                    gain = sign * sum(f * (self.moves.get(c, 0.0) - before.get(c, 0.0)) for c, f in expression)
                    if gain > SLACK:
                        gained += gain
                        break
                    self._back(before)
            else:
                return gained
        return gained

    def _back(self, before: Mapping[Cell, float]) -> None:
        for cell in list(self.moves):
            if by := before.get(cell, 0.0) - self.moves[cell]:
                self._add(cell, by)

    def _add(self, cell: Cell, by: float) -> None:
        self.moves[cell] = self.moves.get(cell, 0.0) + by
        for number, factor in self.truth.factors.get(cell, ()):
            self.sums[number] = self.sums.get(number, 0.0) + factor * by

    def _change(self, cell: Cell, step: float, made: dict[Cell, float], off: list[int], deep: int) -> bool:
        """Change a count by one, and others until all sums come out; if no way is found all is as it was."""
        low, high = self.truth.knowledge.bounds[cell]
        if low == high or cell not in self.truth.true or made.get(cell, step) != step or not deep or not self.left:
            return False
        if not low - SLACK <= self.truth.true[cell] + self.moves.get(cell, 0.0) + step <= high + SLACK:
            return False
        self.left -= 1
        self._add(cell, step)
        made = {**made, cell: step}
        if self._mend(made, [*off, *(number for number, _ in self.truth.factors.get(cell, ()))], deep - 1):
            return True
        self._add(cell, -step)
        return False

    def _mend(self, made: dict[Cell, float], off: list[int], deep: int) -> bool:
        """Change further counts until the sums named in `off` come out."""
        constraints = self.truth.knowledge.constraints
        for place, number in enumerate(off):
            constraint = constraints[number]
            sum_ = self.truth.sums[number] + self.sums.get(number, 0.0)
            beyond = sum_ - min(max(sum_, constraint.low), constraint.high)
            if abs(beyond) > SLACK:
                return any(
                    self._change(cell, -1.0 if beyond * factor > 0 else 1.0, made, off[place:], deep)
                    for cell, factor in self.truth.open[number].items()
                )
        return True

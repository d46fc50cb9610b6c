"""True counts in, other counts that would fit all that is printed as well out: they prove how wide an interval is at least."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from flows.disclose.counts import INFINITE, Cell, Expression
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
        self.moved_last: dict[tuple[int, bool], Cell] = {}
        """The count that last made a sum come out that was too great, or too small: in a long sum it is tried first."""
        self._margins: dict[int, _Margin] = {}
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
        for number, _ in self.factors.get(cell, ()):
            self._margins.pop(number, None)
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
            if number == without or constraint.soft:
                continue
            if len(unknown) > SHORT:
                margin = self._margin(number)
                if not margin.whole:
                    continue
                by = unknown.get(cell, 0.0)
                given = margin.given + (by - factor) * self.true[cell]
                fewest, most = margin.without(self.knowledge.bounds[cell], by)
            elif unknown.keys() <= self.true.keys():
                given, fewest, most = self.sums[number] - factor * self.true[cell], 0.0, 0.0
                for other, by in unknown.items():
                    if other != cell:
                        ends = self._limits(other, near - 1, number) if near else self.knowledge.bounds[other]
                        given -= by * self.true[other]
                        fewest, most = fewest + _ends(ends, by)[0], most + _ends(ends, by)[1]
            else:
                continue
            limits = (constraint.low - given - most) / factor, (constraint.high - given - fewest) / factor
            low, high = max(low, min(limits)), min(high, max(limits))
        return low, high

    def _margin(self, number: int) -> _Margin:
        """What the bounds of all counts of a sum leave, remembered until one of them changes."""
        found = self._margins.get(number)
        if found is None:
            found = self._margins[number] = _Margin(self.sums[number])
            for cell, by in self.open[number].items():
                found.add(self.knowledge.bounds[cell], by, self.true.get(cell))
        return found

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


class _Margin:
    """What is given of a sum of counts, and its least and greatest value by their bounds, of which what is not finite is
    counted apart.
    """

    def __init__(self, given: float) -> None:
        self.given, self.whole = given, True
        self.finite, self.infinite = [0.0, 0.0], [0, 0]

    def add(self, bounds: tuple[float, float], by: float, true: float | None) -> None:
        self.whole &= true is not None
        self.given -= by * (true or 0.0)
        for end, value in enumerate(_ends(bounds, by)):
            if abs(value) == INFINITE:
                self.infinite[end] += 1
            else:
                self.finite[end] += value

    def without(self, bounds: tuple[float, float], by: float) -> tuple[float, float]:
        """The least and the greatest value of all but one of the counts."""
        own = _ends(bounds, by) if by else (0.0, 0.0)
        unbounded = [n - (abs(value) == INFINITE) for n, value in zip(self.infinite, own, strict=True)]
        rest = [sum_ - (0.0 if abs(value) == INFINITE else value) for sum_, value in zip(self.finite, own, strict=True)]
        return -INFINITE if unbounded[0] else rest[0], INFINITE if unbounded[1] else rest[1]


def _ends(bounds: tuple[float, float], by: float) -> tuple[float, float]:
    """The least and the greatest that a count adds to a sum."""
    return by * bounds[by < 0], by * bounds[by > 0]


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
                unknown, key = self.truth.open[number], (number, beyond > 0)
                last = self.truth.moved_last.get(key)
                for cell in chain([last] if last in unknown else [], unknown):
                    step = -1.0 if beyond * unknown[cell] > 0 else 1.0
                    if self._change(cell, step, made, off[place:], deep):
                        self.truth.moved_last[key] = cell
                        return True
                return False
        return True

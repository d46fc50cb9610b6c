"""True counts in, other counts that would fit all that is printed as well out: they prove how wide an interval is at least."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from flows.disclose.counts import INFINITE, Cell, Expression
from flows.disclose.intruder import Knowledge

DEEP = 10
"""So many counts change together in one step at most."""
TRIED = 200
"""So many changes are tried for a step before it is given up."""
NEAR, SHORT = 2, 8
"""Limits of limits are asked for so often, and in sums of so few counts that are not printed."""
SLACK = 1e-6


class Truth:
    """The true counts, and which of them are open: not printed, so that they could be others.

    From them other points are reached by a few counts that make up for each other. Such a point is proof; that none is
    found proves nothing. Every point that the intruder cannot rule out is one of its own program as well.
    """

    def __init__(self, knowledge: Knowledge, true: Mapping[Cell, float]) -> None:
        self.knowledge, self.true = knowledge, true
        self.factors: dict[Cell, list[tuple[int, float]]] = {}
        """Count → the constraints that it is in, with its factor."""
        self.sums: list[_Sum] = []
        """One for each constraint."""
        self._broken: list[int] = []
        """Constraints that the true counts do not fit, or of which one is not known: nothing is proved beside them."""
        self._doubtful: tuple[Set[Cell], Set[int]] | None = None
        for number, constraint in enumerate(knowledge.constraints):
            factors: dict[Cell, float] = defaultdict(float)
            for cell, factor in constraint.terms:
                factors[cell] += factor
            sum_, whole = _Sum(), True
            for cell, factor in factors.items():
                if factor == 0:  # a share that is compared with 0 says nothing of its whole
                    continue
                self.factors.setdefault(cell, []).append((number, factor))
                count = knowledge.bounds[cell][0] if knowledge.known(cell) else true.get(cell)
                whole &= count is not None
                sum_.value += factor * (count or 0.0)
                if not knowledge.known(cell):
                    sum_.hide(cell, factor, self._ends(cell, factor))
            self.sums.append(sum_)
            if not (whole and constraint.low - SLACK <= sum_.value <= constraint.high + SLACK):
                self._broken.append(number)
        self._outside = {cell for cell in self.true.keys() & knowledge.bounds.keys() if self._is_outside(cell)}
        """Counts that are not printed and whose true value the intruder would rule out."""

    def _is_outside(self, cell: Cell) -> bool:
        low, high = self.knowledge.bounds[cell]
        return low < high and not low - SLACK <= self.true[cell] <= high + SLACK

    def bound(self, cell: Cell, low: float, high: float) -> None:
        """Print a count, or keep it back: new bounds for it."""
        before, known = self.knowledge.known(cell), low == high
        if not before:
            for number, factor in self.factors.get(cell, ()):
                self.sums[number].show(cell, self._ends(cell, factor))
        self.knowledge.bounds[cell] = low, high
        if not known:
            for number, factor in self.factors.get(cell, ()):
                self.sums[number].hide(cell, factor, self._ends(cell, factor))
        if cell in self.true and self._is_outside(cell) != (cell in self._outside):
            self._outside ^= {cell}
            self._doubtful = None
        if before != known and not self._beyond_doubt(cell):
            self._doubtful = None

    def _ends(self, cell: Cell, factor: float) -> tuple[float, float]:
        """By how much a count that is not printed can make a sum less and more than it is; without end where it is not known."""
        if cell not in self.true:
            return -INFINITE, INFINITE
        low, high = self.knowledge.bounds[cell]
        ends = factor * (low - self.true[cell]), factor * (high - self.true[cell])
        return min(ends), max(ends)

    def alone(self, number: int) -> Cell | None:
        """The count that a sum gives away: the only one of it that is not printed."""
        constraint, unknown = self.knowledge.constraints[number], self.sums[number].open
        return next(iter(unknown)) if len(unknown) == 1 and constraint.low == constraint.high else None

    def connected(self, start: Iterable[Cell]) -> set[Cell]:
        """Some counts with all that are not printed and hang together with them."""
        return self._reached(start)[0]

    def _reached(self, start: Iterable[Cell]) -> tuple[set[Cell], set[int]]:
        """Those that are connected, and the constraints around them."""
        cells, seen = set(start), set[int]()
        ahead = list(cells)
        while ahead:
            for number, _ in self.factors.get(ahead.pop(), ()):
                if number not in seen:
                    seen.add(number)
                    new = [cell for cell in self.sums[number].open if cell not in cells]
                    cells.update(new)
                    ahead += new
        return cells, seen

    def within(self, cell: Cell) -> float:
        """How wide the interval of a count is at most, as the sums around it show."""
        low, high = self._limits(cell, NEAR, -1)
        return high - low

    def _limits(self, cell: Cell, near: int, without: int) -> tuple[float, float]:
        """The least and the greatest value of a count that its sums leave, but for the one that the question comes from."""
        low, high = self.knowledge.bounds[cell]
        if cell not in self.true:
            return low, high
        true = self.true[cell]
        for number, factor in self.factors.get(cell, ()):
            constraint = self.knowledge.constraints[number]
            if number == without or constraint.soft:
                continue
            less, more = self._beside(cell, number, factor, near)
            value = self.sums[number].value
            room = constraint.low - value - more, constraint.high - value - less
            limits = true + room[0] / factor, true + room[1] / factor
            low, high = max(low, min(limits)), min(high, max(limits))
        return low, high

    def _beside(self, cell: Cell, number: int, factor: float, near: int) -> tuple[float, float]:
        """By how much the other open counts of a sum can make it less and more than it is."""
        sum_ = self.sums[number]
        if not near or len(sum_.open) > SHORT:
            return sum_.beside(self._ends(cell, factor))
        less, more = 0.0, 0.0
        for other, by in sum_.open.items():
            if other == cell:
                continue
            if other not in self.true:
                return -INFINITE, INFINITE
            low, high = self._limits(other, near - 1, number)
            ends = by * (low - self.true[other]), by * (high - self.true[other])
            less, more = less + min(ends), more + max(ends)
        return less, more

    def width(self, expression: Expression, need: float) -> float | None:
        """How wide the interval of a count is, if both its sums and points beside the true one show the same."""
        if len(expression) > 1 or not self._sure(expression):
            return None
        (cell, _), *_ = expression
        low, high = self._limits(cell, NEAR, -1)  # no way leads beyond them
        ends = (1, high - self.true[cell]), (-1, self.true[cell] - low)
        found = sum(_Way(self).go(expression, sign, min(need, most)) for sign, most in ends)
        return found if high - low <= found + SLACK else None

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

    def _doubt(self) -> Set[Cell]:
        """The counts that hang together with a constraint, or with bounds, that the true ones do not fit."""
        if self._doubtful is None:
            cells = *self._outside, *(cell for number in self._broken for cell in self.sums[number].open)
            found, numbers = self._reached(cells)
            self._doubtful = found, numbers.union(self._broken)
        return self._doubtful[0]

    def _beyond_doubt(self, cell: Cell) -> bool:
        """Whether no constraint of a count is one of those that are in doubt, as far as that has been asked."""
        return self._doubtful is not None and self._doubtful[1].isdisjoint(n for n, _ in self.factors.get(cell, ()))


class Pieces:
    """What hangs together of the counts that are not printed: a piece is walked through once for all its counts."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self._home: dict[Cell, set[Cell]] = {}

    def of(self, cell: Cell) -> set[Cell]:
        """The piece of a count (`Truth.connected`), or of one that is being printed, as long as nobody has parted it."""
        if cell not in self._home:
            piece = self.truth.connected([cell])
            self._home |= dict.fromkeys(piece, piece)
        return self._home[cell]

    def part(self, cell: Cell) -> None:
        """A count has been printed, so that its piece may be several now: each is walked through when it is asked for."""
        for one in self._home.get(cell, ()):
            del self._home[one]


@dataclass
class _Sum:
    """What the counts of a constraint make up, and by how much those that are not printed could make it another."""

    value: float = 0.0
    """At the true counts."""
    open: dict[Cell, float] = field(default_factory=dict)
    """The counts that are not printed, with their factors."""
    falling: dict[Cell, float] = field(default_factory=dict)
    """Open counts that one more or one fewer of makes the sum less: 1 or −1."""
    rising: dict[Cell, float] = field(default_factory=dict)
    less: float = 0.0
    """By how much all open counts together can make it less; what has no end is counted apart."""
    more: float = 0.0
    endless_less: int = 0
    endless_more: int = 0

    def hide(self, cell: Cell, factor: float, ends: tuple[float, float]) -> None:
        """Take in an open count, which can make the sum less and more by so much."""
        self.open[cell] = factor
        step = 1.0 if factor > 0 else -1.0
        if ends[0] <= SLACK - abs(factor):
            self.falling[cell] = -step
        if ends[1] >= abs(factor) - SLACK:
            self.rising[cell] = step
        self._change(ends, 1)

    def show(self, cell: Cell, ends: tuple[float, float]) -> None:
        del self.open[cell]
        self.falling.pop(cell, None)
        self.rising.pop(cell, None)
        self._change(ends, -1)

    def _change(self, ends: tuple[float, float], by: int) -> None:
        less, more = ends
        if less == -INFINITE:
            self.endless_less += by
        else:
            self.less += by * less
        if more == INFINITE:
            self.endless_more += by
        else:
            self.more += by * more

    def beside(self, ends: tuple[float, float]) -> tuple[float, float]:
        """By how much the open counts beside one of them can make the sum less and more."""
        less, more = ends
        endless = self.endless_less - (less == -INFINITE), self.endless_more - (more == INFINITE)
        return (
            -INFINITE if endless[0] else self.less - (0.0 if less == -INFINITE else less),
            INFINITE if endless[1] else self.more - (0.0 if more == INFINITE else more),
        )


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
        if low == high or cell not in self.truth.true or made.get(cell, step) != step:
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
            sum_ = self.truth.sums[number]
            value = sum_.value + self.sums.get(number, 0.0)
            beyond = value - min(max(value, constraint.low), constraint.high)
            if abs(beyond) > SLACK:
                for cell, step in (sum_.falling if beyond > 0 else sum_.rising).items():
                    if not (deep and self.left):
                        return False
                    if self._change(cell, step, made, off[place:], deep):
                        return True
                return False
        return True

"""Points beside the true counts prove what the solver would: held against it on tables small enough for it to be exact."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import numpy as np
import pytest

from flows.disclose.counts import INFINITE, Cell, Constraint
from flows.disclose.intruder import Knowledge, intervals
from flows.disclose.moves import Pieces, Truth, _Way


def cell(area: str, sex: str = "total") -> Cell:
    return Cell(("ill",), 2020, area, "", sex)


def beside(counts: Mapping[Cell, int], *sums: tuple[Cell, ...], known: int = 0) -> Truth:
    """The true counts, none of them printed and each one or more, and the printed sums of some of them."""
    knowledge = Knowledge(cast(Any, SimpleNamespace(whole=lambda _: True)))
    for one in counts:
        knowledge.bound(one, 1, INFINITE)
    for number, added in enumerate(sums):
        total = cell(f"total{number}")
        knowledge.bound(total, *[float(sum(counts[c] for c in added) + known)] * 2)
        knowledge.add(Constraint((*((c, 1.0) for c in added), (total, -1.0)), 0, 0))
    return Truth(knowledge, {c: float(n) for c, n in counts.items()})


A, B, C = cell("a"), cell("b"), cell("c")


def test_two_towns_make_up_for_each_other() -> None:
    assert beside({A: 4, B: 12}, (A, B)).moved(((A, 1.0),), 4) == frozenset({A, B})


def test_a_sum_of_two_small_counts_has_no_room() -> None:
    """1 + 2 = 3 leaves 1 or 2 for each: the points and the sum say so both, and nobody need ask further."""
    truth = beside({A: 1, B: 2}, (A, B))
    assert truth.moved(((A, 1.0),), 4) is None
    assert truth.within(A) == truth.width(((A, 1.0),), 4) == 1


def test_towns_by_sex_move_in_a_rectangle() -> None:
    table = {cell(area, sex): 20 for area in "ab" for sex in ("female", "male")}
    rows, columns = [[c for c in table if c.area == a] for a in "ab"], [[c for c in table if c.sex == s] for s in SEXES]
    truth = beside(table, *map(tuple, (*rows, *columns)))
    assert truth.moved(((cell("a", "female"), 1.0),), 4) == frozenset(table)


def test_nothing_is_proved_where_the_true_counts_do_not_fit() -> None:
    assert beside({A: 4, B: 12}, (A, B), known=1).moved(((A, 1.0),), 4) is None


def test_a_count_that_is_printed_again_moves_no_more() -> None:
    truth = beside({A: 4, B: 12}, (A, B))
    truth.bound(B, 12, 12)
    assert truth.moved(((A, 1.0),), 4) is None
    assert truth.alone(0) == A
    truth.bound(B, 1, INFINITE)
    assert truth.moved(((A, 1.0),), 4) == frozenset({A, B})
    assert truth.alone(0) is None


SEXES = ("female", "male")


@pytest.mark.parametrize(("room", "found"), [(1, False), (5, True)], ids=["no room", "room"])
def test_a_long_sum_is_no_more_work_than_a_short_one(monkeypatch: pytest.MonkeyPatch, room: int, found: bool) -> None:
    """One ill in each of many towns cannot be fewer: they are not tried, however many they are; one town alone has room."""
    changed = Mock(side_effect=_Way._change)
    monkeypatch.setattr(_Way, "_change", lambda *given: changed(*given))
    work = []
    for towns in (10, 400):
        counts = {cell(str(n)): 1 for n in range(towns)} | {B: 1 + room}
        truth = beside(counts, tuple(counts))
        changed.reset_mock()
        assert (truth.moved(((cell("0"), 1.0),), 4) is not None) is found
        assert truth.within(cell("0")) == room
        work.append(changed.call_count)
    assert work[0] == work[1]


def test_a_search_that_has_tried_enough_looks_at_no_further_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many towns by sex, women of each printed together with men of the next: no step comes out before DEEP counts have changed."""
    changed = Mock(side_effect=_Way._change)
    monkeypatch.setattr(_Way, "_change", lambda *given: changed(*given))
    work = []
    for towns in (100, 400):
        counts = {cell(str(n), sex): 20 for n in range(towns) for sex in SEXES}
        women = tuple(c for c in counts if c.sex == "female")
        pairs = [(cell(str(n), "female"), cell(str(n), "male")) for n in range(towns)]
        truth = beside(counts, women, *pairs, *((c,) for c in counts if c.sex == "male"))
        changed.reset_mock()
        assert truth.moved(((women[0], 1.0),), 4) is None
        work.append(changed.call_count)
    assert work[0] == work[1]


def test_what_hangs_together_is_walked_through_once_for_all_its_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Women of many towns are one piece, men another: two walks, however many they are."""
    walked = Mock(side_effect=Truth.connected)
    monkeypatch.setattr(Truth, "connected", lambda *given: walked(*given))
    for towns in (10, 400):
        counts = {cell(str(n), sex): 20 for n in range(towns) for sex in SEXES}
        sums = {sex: tuple(c for c in counts if c.sex == sex) for sex in SEXES}
        pieces = Pieces(beside(counts, *sums.values()))
        walked.reset_mock()
        assert all(pieces.of(c) == set(sums[c.sex]) for c in counts)
        assert walked.call_count == 2


def test_a_piece_is_walked_through_again_when_it_may_be_several() -> None:
    """a hangs together with c by b alone; d and e are another piece, which stays as it is."""
    far, farther = cell("d"), cell("e")
    truth = beside(dict.fromkeys((A, B, C, far, farther), 5), (A, B), (B, C), (far, farther))
    pieces = Pieces(truth)
    assert pieces.of(A) == {A, B, C}
    other = pieces.of(far)
    truth.bound(B, 5, 5)
    assert pieces.of(B) == truth.connected([B]) == {A, B, C}  # it is being printed: what it held together may be opened
    pieces.part(B)
    assert (pieces.of(A), pieces.of(C)) == ({A}, {C})
    assert pieces.of(far) is other


@pytest.mark.parametrize("seed", range(4))
def test_what_is_known_of_sums_follows_what_is_printed_and_kept_back(seed: int) -> None:
    """Counts are printed, kept back and bounded anew in any order: the same is known as by whoever begins with the last bounds."""
    drawn = np.random.default_rng(seed)
    table = {cell(a, s): int(drawn.integers(1, 7)) for a, s in product("abcdefghi", SEXES)}
    sums = [tuple(c for c in table if c.area == a) for a in "abcdefghi"] + [
        tuple(c for c in table if c.sex == s) for s in SEXES
    ]
    truth = beside(table, *sums[seed % 2 :], known=int(seed == 3))  # of the last no sum comes out
    for one in drawn.permutation(np.array(list(range(len(table))) * 3)):
        count = list(table)[one]
        low, high = [(table[count],) * 2, (1, INFINITE), (1, 9), (2, INFINITE)][drawn.integers(4)]
        truth.bound(count, float(low), float(high))
        anew = Truth(truth.knowledge, truth.true)
        for other in table:
            assert truth.within(other) == anew.within(other)
            assert truth.connected([other]) == anew.connected([other])
        assert truth._doubt() == anew._doubt()
        for number in range(len(truth.knowledge.constraints)):
            assert truth.alone(number) == anew.alone(number)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_proved_is_true_and_the_solver_finds_the_same_by_two_ways(seed: int) -> None:
    """Three areas by two sexes with all margins but one: asked for exactly, and asked for what is wide enough."""
    drawn = np.random.default_rng(seed)
    table = {cell(a, s): int(drawn.integers(1, 7)) for a, s in product("abc", SEXES)}
    margins = [tuple(c for c in table if c.area == a) for a in "abc"] + [
        tuple(c for c in table if c.sex == s) for s in SEXES
    ]
    truth = beside(table, *margins[seed % 2 :])
    wanted = [((c, 1.0),) for c in table]
    exact, enough = intervals(truth.knowledge, wanted), intervals(truth.knowledge, wanted, 4)
    for expression in wanted:
        wide = exact[expression].width >= 4
        assert (enough[expression].width >= 4) == wide
        assert wide or enough[expression] == exact[expression]
        assert truth.within(expression[0][0]) >= exact[expression].width
        assert wide or truth.moved(expression, 4) is None
        assert truth.width(expression, 4) in {None, exact[expression].width} or wide


def test_a_share_compared_with_nothing_says_nothing_of_its_whole() -> None:
    """A target of at most 0 % that is met says that nobody was ill: 100 · ill − 0 · asked ≤ 0."""
    knowledge = Knowledge(cast(Any, SimpleNamespace(whole=lambda _: True)))
    for one in (A, B):
        knowledge.bound(one, 1, INFINITE)
    knowledge.add(Constraint(((A, 100.0), (B, -0.0)), 1, INFINITE))
    truth = Truth(knowledge, {A: 3.0, B: 8.0})
    assert truth.within(B) == INFINITE
    assert truth.moved(((B, 1.0),), 4) is not None


def test_beside_a_true_count_that_the_intruder_rules_out_nothing_is_proved() -> None:
    """None ill in a, which an earlier edition has shown to be some: the solver finds 1 to 4 for b, beside the truth it seems more."""
    ruled_out, fitting = beside({A: 0, B: 5}, (A, B)), beside({A: 1, B: 6}, (A, B))
    assert ruled_out.moved(((B, 1.0),), 4) is None
    assert fitting.moved(((B, 1.0),), 4) is not None
    ruled_out.bound(A, 0, INFINITE)
    assert ruled_out.moved(((B, 1.0),), 4) is not None

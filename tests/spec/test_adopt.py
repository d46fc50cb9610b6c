"""How much of ten extracts of plans is read, against keys made by hand (tests/fixtures/adopt/README.md)."""

from collections import Counter

import pytest

from tests.fixtures.adopting import TEXTS, Entry, counted, key_of, read

EXTRACTS = sorted(path.stem for path in TEXTS.glob("*.csv"))
FLOORS = {"numbers": (0.96, 0.97, 0.98), "directions": (0.74, 0.95, 1.0)}
"""Over all extracts: the least recall, precision, and share of indicators that are right at first."""


@pytest.fixture(scope="module")
def counts() -> dict[str, Counter[str]]:
    return {name: counted(key_of(TEXTS / f"{name}.csv"), read(TEXTS / f"{name}.txt")) for name in EXTRACTS}


@pytest.mark.parametrize("name", EXTRACTS)
def test_every_goal_is_found_and_none_more(name: str, counts: dict[str, Counter[str]]) -> None:
    n = counts[name]
    assert 0 < n["goals"] == n["goals found"] == n["goals drafted"]


@pytest.mark.parametrize("kind", FLOORS)
def test_targets_are_found_with_their_indicators(kind: str, counts: dict[str, Counter[str]]) -> None:
    n = sum(counts.values(), Counter[str]())
    assert n[kind] > 50
    rates = (
        n[f"{kind} found"] / n[kind],
        n[f"{kind} found"] / n[f"{kind} drafted"],
        n[f"{kind} first"] / n[f"{kind} named"],
    )
    assert all(rate >= floor for rate, floor in zip(rates, FLOORS[kind], strict=True)), rates


def test_the_count_sees_what_is_missing_and_what_is_too_much() -> None:
    """Of a key with one target more nothing is found for it; of one with a target less a draft is too much."""
    found = read(TEXTS / "ministry.txt")
    key = key_of(TEXTS / "ministry.csv")
    more = (*key, Entry(1, "goals", 1, 3, "hearing_screening", "at_least", key[0].value, "total"))
    whole, longer, shorter = (counted(k, found) for k in (key, more, key[1:]))
    assert whole["numbers"] == whole["numbers found"] == whole["numbers drafted"] == 9
    assert (longer["numbers"], longer["numbers found"]) == (10, 9)
    assert (shorter["numbers found"], shorter["numbers drafted"]) == (8, 9)

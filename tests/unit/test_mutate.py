"""A seeded share of tests/benchmarks/mutate.py: one stated difference in an honest file is noticed, and nothing else
is.
"""

import pytest

from tests.benchmarks.mutate import ALARM, CRASH, SILENT, Trial, told, trial, tried

pytestmark = pytest.mark.usefixtures("lent")


def trials(seed: int, number: int) -> list[Trial]:
    """The first trials of a seed with a kind and place of its own each."""
    found: dict[tuple[str, str], Trial] = {}
    for n in range(1, 2000):
        one = trial(seed, n)
        found.setdefault((one.planted.kind, one.planted.place), one)
        if len(found) == number:
            break
    return list(found.values())


@pytest.mark.parametrize(
    "one", trials(2024, 40), ids=lambda one: f"{one.number}-{one.planted.kind}-{one.planted.place}"
)
def test_a_difference_is_noticed_and_nothing_else(one: Trial) -> None:
    result, answer = tried(one)
    assert result not in {SILENT, CRASH, ALARM}, told(one, result, answer)


def test_a_trial_is_the_same_for_the_same_seed() -> None:
    again = [trial(7, n)._replace(data=b"") for n in range(1, 20)]  # a workbook's bytes tell when it was zipped
    assert again == [trial(7, n)._replace(data=b"") for n in range(1, 20)]
    assert again != [trial(8, n)._replace(data=b"") for n in range(1, 20)]

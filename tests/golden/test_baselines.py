"""What was delivered for the baseline year is told, also where no year of the plan has a figure to hold against it."""

from pathlib import Path

import pytest

from expectations.catalog import load
from flows.report.facts import Facts
from tests.fixtures.warehouses import changed

GAP = "demo_women_2021.g1.5.health_literacy"
LOWEST = "demo_women_2021.g1.2.cervical_screening.every_unit_at_least"
FIGURE = "update out_indicators set value = null, state = 'rejected' where year = 2020 and indicator = '{}' and {}"


def baseline(golden: Path, target: str, *changes: str) -> str:
    with changed(golden, *changes) as con:
        facts = Facts(con, load("990101", golden / "expectations"), 2022)
    return str(next(i for i in facts.items if i.id == target).at(2020))


@pytest.mark.parametrize(
    ("target", "lacking", "told"),
    [
        (GAP, FIGURE.format("health_literacy", "sex = 'male'"), "核查未通过"),
        (LOWEST, FIGURE.format("cervical_screening", "area = '990101101'"), "核查未通过"),
    ],
)
def test_a_baseline_stands_alone(golden: Path, target: str, lacking: str, told: str) -> None:
    nothing_since = (
        "update out_assessments set value = null, baseline = null, change_baseline = null, change_previous = null, "
        f"met = null, method = null, verdict = 'unknown', reason = 'not_received' where target = '{target}'"
    )
    known = baseline(golden, target)
    assert known[0].isdigit()
    assert baseline(golden, target, nothing_since) == known
    assert baseline(golden, target, nothing_since, lacking) == told

"""Every number of the two plans, by clause: the targets that carry it, or the reason why it is none.

The table was made by going through the plans' text by program: digits, numerals with a unit, and words that mean all
(全覆盖, 全部, 应…尽…).
"""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest

from expectations.catalog import load

TABLE = (Path(__file__).parent / "plan_numbers.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(TABLE.splitlines()))
PROMISES = {p.id: p for p in load("120115").promises()}
ALL = re.compile("全|应.尽.")


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r['plan']} {r['clause']} {r['number']}")
def test_a_number_is_carried_by_its_targets_or_is_none(row: dict[str, str]) -> None:
    assert bool(row["targets"]) != bool(row["reason"])
    for target in row["targets"].split():
        promise = PROMISES[target]
        assert (promise.plan.audience, promise.clause) == (row["plan"], row["clause"])
        digits = re.match(r"[\d.]+", row["number"])
        expected = Decimal(digits.group()) if digits else Decimal(100) if ALL.search(row["number"]) else None
        assert abs(promise.target.value or Decimal(0)) == expected


def test_every_target_with_a_number_has_its_place_in_the_plan() -> None:
    carried = {target for row in ROWS for target in row["targets"].split()}
    assert {p.id for p in PROMISES.values() if p.target.value is not None} == carried


@pytest.mark.parametrize(
    ("plan", "goals"), [("women", (10, 11, 10, 12, 10, 9, 10, 9)), ("children", (12, 11, 9, 11, 9, 9, 10))]
)
def test_every_goal_of_every_domain_has_a_target(plan: str, goals: tuple[int, ...]) -> None:
    found = next(p for p in load("120115").plans if p.audience == plan)
    assert tuple(len(d.goals) for d in found.domains) == goals
    for domain in found.domains:
        assert list(domain.goals) == list(range(1, len(domain.goals) + 1))
        served = {goal for action in domain.actions.values() for goal in action.goals}
        assert served == set(domain.goals), "a warning on every goal has a measure to quote"

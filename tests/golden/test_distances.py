"""What a target on the distance between two groups has of its own, and what it must not take from the whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from expectations.catalog import load
from expectations.rules import RULES
from flows.report.facts import Facts
from flows.report.facts.items import _rare
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import changed

CATALOG = load("990101", GOLDEN / "expectations")
KEPT_BACK = (
    "update out_indicators set value = null, numerator = null, denominator = null, state = 'suppressed' "
    "where indicator = 'health_literacy' and year = 2020 and sex = 'female'",
    "update out_assessments set baseline = null",
)


@pytest.mark.parametrize(("changes", "state"), [(KEPT_BACK, "suppressed"), ((), "ok")], ids=["kept back", "as it was"])
def test_the_baseline_of_a_distance_says_why_it_is_not_there(
    golden: Path, changes: tuple[str, ...], state: str
) -> None:
    """Before: 未报送, whatever the reason."""
    with changed(golden, *changes) as con:
        [item] = [i for i in Facts(con, CATALOG, 2022).items if i.promise.target.rule.series == "gap"]
    assert item.series[2020]["state"] == state


def test_events_and_interval_are_those_of_the_whole(golden: Path) -> None:
    with changed(golden) as con:
        facts = Facts(con, CATALOG, 2022)
        years = facts.figures.years("maternal_mortality", "total", None)
    promise = next(p for p in CATALOG.promises(2022) if p.target.indicator == "maternal_mortality")
    distance = replace(promise, target=promise.target.model_copy(update={"rule": RULES["narrow_gap"], "value": None}))
    assert _rare(promise, years, 2022) is not None
    assert _rare(distance, years, 2022) is None

"""Which two promises ask the same of one figure, so that they are told once: each difference that counts, beside one that does not."""

from dataclasses import replace
from typing import Any

import pytest

from expectations.records import Promise, Revision, Target
from tests.fixtures.promises import promise

REVISED = Revision(since=2023, value="60", by="某文2023年第1号")


def of(rule: str, value: str | None = None, *, head: dict[str, int] | None = None, **extra: Any) -> Promise:
    found = promise(rule, value, **extra)
    return replace(found, plan=replace(found.plan, head=found.plan.head.model_copy(update=head or {})))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (of("at_least", "90"), of("at_least", "90", note="另一规划的说明", lead="education"), True),
        (of("at_least", "90"), of("at_least", "90.0"), True),  # one number, written twice
        (of("at_least", "90"), of("at_least", "90", head={"baseline": 2018}), True),  # a number rests on no baseline
        (of("at_least", "90"), of("at_least", "90", head={"end": 2030}), False),  # to be reached by another year
        (of("at_least", "90"), of("at_least", "90", every_year=True), False),
        (of("at_least", "90"), of("at_least", "90", soft="力争"), False),
        (of("at_least", "90"), of("at_least", "90", words="保持在"), False),
        (of("at_least", "90"), of("at_least", "90", revised=(REVISED,)), False),
        (of("at_least", "90"), of("above", "90"), False),
        (of("at_most", "9", words="控制在"), of("at_most", "9", words="控制在", head={"baseline": 2018}), False),
        (of("increase", words="逐步提高"), of("increase", words="明显提高"), True),  # one direction in two words
        (of("increase"), of("increase", head={"baseline": 2018}), False),
        (of("baseline_change", "20"), of("baseline_change", "20", head={"baseline": 2022}), False),
        (of("not_below_indicator", than="y"), of("not_below_indicator", than="z"), False),
        (of("not_below_area", than="120000"), of("not_below_area", than="100000"), False),
        (of("balance", band=("40", "60")), of("balance", band=("45", "55")), False),
        (of("hold", tolerance="1"), of("hold", tolerance="0"), False),
        (of("every_place_at_least", "90", each="area"), of("every_place_at_least", "90", each="area"), True),
        (of("every_place_at_least", "90", each="area"), of("every_place_at_least", "90", each="school"), False),
    ],
)
def test_what_asks_the_same(one: Promise, other: Promise, same: bool) -> None:
    assert (one.asked == other.asked) is same


def test_a_statement_is_about_its_own_clause() -> None:
    one, other = (
        replace(of("increase"), indicator=None, target=Target(rule="evidence", lead="health", ask="开展情况", id=name))
        for name in ("a", "b")
    )
    assert one.asked != other.asked

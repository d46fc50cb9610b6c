"""What a target lacks in people, things and places: from unrounded counts."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from expectations.catalog import load
from expectations.records import Indicator
from flows import shortage
from flows.report.facts import Facts, shortfall
from flows.report.say import lacking
from flows.report.say.narrative import Narrator
from flows.wording import read
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import changed

CATALOG = load("990101", GOLDEN / "expectations")
RATIO = Indicator(
    name="指标", kind="ratio", numerator=("a",), denominator=("b",), per=100, unit="%", decimals=1, better="higher",
    lead="health", definition="分子与分母之比。",
)  # fmt: skip
COUNT = RATIO.model_copy(update={"kind": "count", "denominator": (), "per": Decimal(1), "unit": "人"})


@pytest.mark.parametrize(
    ("above", "below", "limit", "more", "strict", "lacks"),
    [
        ("69", "100", "70", True, False, 1),
        ("70", "100", "70", True, False, 0),
        ("70", "100", "70", True, True, 1),  # 高于70%
        ("70", "101", "70", True, False, 1),  # 70.7 people are 71
        ("70", "101", "70", True, True, 1),
        ("10", "30", "33.333333333333336", True, False, 0),  # a third, as a computer writes it
        ("11", "100", "10", False, False, 1),
        ("10", "100", "10", False, False, 0),
        ("10", "100", "10", False, True, 1),  # 低于10%
        ("10", "99", "10", False, False, 1),  # 9.9 people are 9
        ("0", "0", "70", True, False, None),  # no quotient
        (None, "100", "70", True, False, None),  # kept back
    ],
)
def test_whole_people_are_lacking(
    above: str | None, below: str, limit: str, more: bool, strict: bool, lacks: int | None
) -> None:
    value = None if not Decimal(below) else 1.0
    row = {"value": value, "numerator": None if above is None else Decimal(above), "denominator": Decimal(below)}
    assert shortage.lacking(row, RATIO, Fraction(limit), more, strict) == lacks


def test_a_count_is_compared_as_it_is() -> None:
    row = {"value": 1.0, "numerator": Decimal(1), "denominator": None}
    assert shortage.lacking(row, COUNT, Fraction(2), True, False) == 1
    assert shortage.lacking(None, COUNT, Fraction(2), True, False) is None


def words(golden: Path, *changes: str) -> dict[str, str]:
    """Target, without its plan → what it lacks, in words, of the golden district after changes."""
    with changed(golden, *changes) as con:
        facts = Facts(con, CATALOG, 2022)
    narrator = Narrator(facts, read("wording"))
    said = {i.id.partition(".")[2]: lacking.told(narrator, i).striptags() for i in facts.items}
    return {target: text for target, text in said.items() if text}


LACKING = {
    "g1.1.maternal_mortality": "超出1例",
    "g2.1.women_party_members": "还差2名女性党员",  # 33 of 100, 35 % are asked for
    "g2.2.women_delegates": "还差1名女性代表",  # 32 of 100, as many as in the party
}


def test_what_the_golden_district_lacks(golden: Path) -> None:
    assert words(golden) == LACKING


EACH = "g1.2.cervical_screening.every_unit_at_least"
"""60 % are asked for in each town."""
OWN = {"东街道": ("990101001", 474), "西镇": ("990101101", 222)}
"""Screened in each: of 800 and of 400 women, who need 480 and 240."""


@pytest.mark.parametrize(
    ("names", "also", "text"),
    [
        (["东街道"], "", "东街道未达到要求，还差6名妇女"),
        (["东街道", "西镇"], "", "东街道、西镇未达到要求，共还差24名妇女"),
        ([], "", None),
        (["西镇"], "numerator = null", "西镇未达到要求"),  # kept back: the public edition
        (["西镇"], "value = 0, numerator = 0", "西镇尚未配备"),
    ],
)
def test_places_are_named_and_their_people_added_up(
    golden: Path, names: list[str], also: str, text: str | None
) -> None:
    set_to = "update out_indicators set {} where indicator = 'cervical_screening' and year = 2022 and area = '{}'"
    changes = [
        f"update out_assessments set places_failing = {names} where target like '%{EACH}' and year = 2022",
        *(set_to.format(f"numerator = {n}, value = 59", area) for area, n in OWN.values()),
        *([set_to.format(also, OWN["西镇"][0])] if also else []),
    ]
    assert words(golden, *changes).get(EACH) == text


def test_of_a_sample_nobody_can_say_how_many_people_are_lacking(golden: Path) -> None:
    own = CATALOG.indicators["women_party_members"]
    with changed(golden) as con:
        facts = Facts(con, CATALOG, 2022)
    item = next(i for i in facts.items if i.promise.target.indicator == "women_party_members")
    sampled = replace(item, promise=replace(item.promise, indicator=own.model_copy(update={"sample": True})))
    found, all_of_them = shortfall.of(facts, sampled), shortfall.of(facts, item)
    assert found is not None and all_of_them is not None
    assert (found.lacking, found.who) == (None, "")
    assert str(all_of_them.lacking) == "2"


@pytest.mark.parametrize(("judged", "short"), [("value", True), ("gap", False), ("something else", False)])
def test_the_year_s_people_are_lacking_only_where_the_year_s_figure_is_judged(judged: str, short: bool) -> None:
    """A rule that judges what no rule judged before must not be told with the counts of one year."""
    asked = next(p for p in CATALOG.promises(2022) if p.target.rule.key == "at_least")
    rule = replace(asked.target.rule, series=judged)
    asked = replace(asked, target=asked.target.model_copy(update={"rule": rule}))
    row = {"value": 60, "threshold": 70, "met": False, "year": 2022, "places_failing": None}
    assert (shortage.lack(CATALOG, asked, row, [None]) is not None) is short

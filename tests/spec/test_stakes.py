"""What is at stake, as a table: what was promised and how it stands in, level and order out."""

from decimal import Decimal
from fractions import Fraction

import pytest

from expectations.catalog import load
from expectations.records import Outlook
from expectations.stakes import Stake, level, order
from expectations.vocabulary import Reason, Verdict
from flows.assess import warnings
from flows.assess.rules import Assessment, Point

CATALOG = load("120115")
PROMISES = {p.id: p for p in CATALOG.promises()}
OUTLOOK = Outlook(likely=Decimal("0.5"), unlikely=Decimal("0.2"))
NUMBER, DIRECTION, SOFT = (
    "baodi_women_2021.g1.3.cervical_screening",
    "baodi_women_2021.g2.6.women_vocational_students",
    "baodi_women_2021.g4.10.women_village_committees",
)
ACTION, TOWNS, STATEMENT = (
    "baodi_women_2021.m1.4.maternal_management",
    "baodi_children_2021.g1.6.vaccination",
    "baodi_women_2021.g3.1.evidence",
)

TABLE = """
target     verdict      probability  besides   level
number     behind       0.11         -         serious
number     behind       0.2          -         moderate
number     behind       0.43         -         moderate
number     behind       -            -         moderate
number     away         -            -         serious
number     missed       -            -         serious
number     missed       -            by_one    moderate
number     missed       -            fragile   light
number     on_course    0.43         -         light
number     on_course    0.5          -         -
number     met_early    -            -         -
number     unknown      -            late      light
number     unknown      -            -         -
towns      missed_year  0.43         -         serious
direction  away         0.28         -         light
direction  away         0.01         -         moderate
direction  away         0.01         by_one    moderate
direction  away         0.47         by_one    light
direction  missed       -            -         moderate
action     behind       0.03         -         moderate
action     behind       0.3          -         light
soft       behind       0.01         -         light
statement  not_started  -            -         light
statement  in_progress  -            -         -
"""
NAMES = {
    "number": NUMBER,
    "direction": DIRECTION,
    "soft": SOFT,
    "action": ACTION,
    "towns": TOWNS,
    "statement": STATEMENT,
}


def stake(name: str, verdict: str, probability: str = "-", besides: str = "-", distance: float | None = None) -> Stake:
    return Stake(
        PROMISES[NAMES[name]], verdict, None if probability == "-" else float(probability), besides == "fragile",
        besides == "by_one", distance, besides == "late",
    )  # fmt: skip


@pytest.mark.parametrize("line", TABLE.strip().splitlines()[1:], ids=lambda line: " ".join(line.split()))
def test_level(line: str) -> None:
    name, verdict, probability, besides, wanted = line.split()
    assert level(stake(name, verdict, probability, besides), OUTLOOK) == (None if wanted == "-" else wanted)


def test_one_person_is_never_of_the_first_level() -> None:
    for verdict in ("behind", "away", "missed", "missed_year"):
        for probability in ("-", "0", "0.1", "0.9"):
            for besides in ("by_one", "fragile"):
                assert level(stake("number", verdict, probability, besides), OUTLOOK) != "serious"


def test_the_order_never_contradicts_the_levels() -> None:
    """一级 before 二级 before 三级 before the rest; within one: the promise, then the chance, then the distance."""
    stakes = [
        stake("action", "met_early"),
        stake("soft", "behind", "0.01"),
        stake("direction", "away", "0.01"),
        stake("number", "behind", "0.11", distance=0.1),
        stake("towns", "missed_year", "0.43", distance=0.01),
    ]
    places = order(stakes, OUTLOOK)
    assert [places[NAMES[n]] for n in ("towns", "number", "direction", "soft", "action")] == [1, 2, 3, 4, 5]


def test_what_is_decided_stands_by_its_distance() -> None:
    near, far = stake("number", "missed", distance=0.01), stake("towns", "missed", distance=0.3)
    assert order([near, far], OUTLOOK) == {TOWNS: 1, NUMBER: 2}
    assert order([near._replace(distance=0.4), far], OUTLOOK) == {NUMBER: 1, TOWNS: 2}


# --- swings ---


def swing(target: str, counts: list[tuple[int, int]]) -> tuple[float, float | None] | None:
    """Events and exposures of 2020 and the years after it."""
    promise = PROMISES[target]
    indicator = promise.indicator
    assert indicator is not None
    points = {
        2020 + n: Point(
            Fraction(e) * Fraction(indicator.per) / x if x else Fraction(e), "ok", 0, Fraction(e), Fraction(x)
        )
        for n, (e, x) in enumerate(counts)
    }
    figures = {str(promise.target.indicator): {(CATALOG.district.code, "", promise.target.sex, ""): points}}
    return warnings._swing(CATALOG, promise, figures, max(points))


def test_one_case_is_no_swing() -> None:
    """乙肝母婴传播: 2 cases, then 1, out of 350 births a year; chance explains 12 after 2 no longer."""
    transmission = "baodi_women_2021.g1.5.hepb_transmission"
    assert swing(transmission, [(5, 353), (3, 350), (3, 351), (2, 350), (1, 350)]) is None
    told = swing(transmission, [(5, 353), (3, 350), (3, 351), (2, 350), (14, 350)])
    assert told is not None
    assert told[1] is not None
    assert told[1] < 0.01


def test_rates_of_women_only_count_cases_too() -> None:
    """`people: false` means that no split by sex is due, not that nobody is counted."""
    promise = PROMISES["baodi_women_2021.g1.5.hepb_transmission"]
    assert promise.indicator is not None
    assert not promise.indicator.people
    assert CATALOG.counts_cases(promise.indicator)
    assert not CATALOG.counts_cases(CATALOG.indicators["mean_wage"])
    assert not CATALOG.counts_cases(CATALOG.indicators["child_venue_visits"])
    assert not CATALOG.counts_cases(CATALOG.indicators["nursery_count"])


@pytest.mark.parametrize(("reason", "late"), [("rejected", True), ("not_received", True), ("not_summed", False)])
def test_nobody_is_late_with_what_cannot_be_added(reason: str, late: bool) -> None:
    """A target that was missed the year before asks for its data where they have not come; a city's that have come are there."""
    promise = PROMISES["baodi_women_2021.g1.5.hepb_transmission"]
    before = Assessment(promise.id, 2023, verdict=Verdict.BEHIND)
    now = Assessment(promise.id, 2024, verdict=Verdict.UNKNOWN, reason=Reason.of(reason))
    assert warnings.stake(promise, now, before).late is late

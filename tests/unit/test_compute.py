"""Observations in, indicators out: sums, quotients, sexes, and the reason why a figure is not there."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from expectations.catalog import load
from flows import compute
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import warehouse

CATALOG = load("990101", GOLDEN / "expectations")
EAST, WEST, HOME = "990101001", "990101101", "990101"

Cell = tuple[str, str, str, int | None, str]
"""measure, area, sex, value, state"""


def computed(cells: list[Cell], rejected: tuple[str, ...] = ()) -> dict[tuple[str, str, str], tuple[object, ...]]:
    """(indicator, area, sex) → numerator, denominator, value, state."""
    con = warehouse()
    con.execute(
        "insert into meta_deliveries (delivery, district, year, dataset, department, due, simulated, status) "
        "values ('d', ?, 2022, 'x', 'health', '2023-03-15', true, 'accepted')",
        [HOME],
    )
    for measure, area, sex, value, state in cells:
        con.execute(
            "insert into core_observations values (?, 2022, ?, '', ?, '', ?, ?, ?, 'd', 2)",
            [HOME, area, sex, measure, value, state],
        )
    for measure in rejected:
        con.execute(
            "insert into core_rejections values ('d', 2, 'c', ?, null, null, null, null, '约30', 'number', '…')",
            [measure],
        )
    compute.indicators(con, CATALOG)
    query = "select indicator, area, sex, numerator, denominator, value, state from out_indicators"
    found = {row[:3]: row[3:] for row in con.execute(query).fetchall()}
    con.close()
    return found


def screening(
    east: int | None, west: int | None, eligible: tuple[int, int] = (800, 400), state: str = "ok"
) -> list[Cell]:
    return [
        ("eligible", EAST, "total", eligible[0], "ok"),
        ("eligible", WEST, "total", eligible[1], "ok"),
        ("screened", EAST, "total", east, "ok" if east is not None else state),
        ("screened", WEST, "total", west, "ok" if west is not None else state),
    ]


def test_persons_of_whom_the_sex_is_not_stated_count_in_the_total() -> None:
    """30 of 100 women, 20 of 100 men, 5 of 10 not stated: 55 of 210; women's share of the party 40 of 100."""
    cells: list[Cell] = [
        (m, HOME, sex, n, "ok")
        for m, counts in (("literate", (30, 20, 5)), ("asked", (100, 100, 10)), ("party_members", (40, 55, 5)))
        for sex, n in zip(("female", "male", "not_stated"), counts, strict=True)
    ]
    out = computed(cells)
    assert out["health_literacy", HOME, "total"][:2] == (55, 210)
    assert out["health_literacy", HOME, "female"][2] == 30.0
    assert out["women_party_members", HOME, "total"][2] == 40.0


def test_a_figure_that_stands_twice_stops_the_program() -> None:
    """What a primary key would refuse is found when all is computed; without the other row the same is in order."""
    con = warehouse()
    con.execute("insert into meta_register values ('990101', 2022, true, '', '2023-06-30', '2023-07-15')")
    con.execute(
        "insert into meta_deliveries (delivery, district, year, dataset, department, due, simulated, status) "
        "values ('d', ?, 2022, 'x', 'health', '2023-03-15', true, 'accepted')",
        [HOME],
    )
    compute.indicators(con, CATALOG)
    with pytest.raises(compute.TwiceError, match=r"/2022/990101"):
        compute.indicators(con, CATALOG)


def test_a_total_is_the_quotient_of_sums_never_the_mean_of_parts() -> None:
    out = computed(screening(570, 270))
    assert out["cervical_screening", EAST, "total"][2] == 71.25
    assert out["cervical_screening", WEST, "total"][2] == 67.5
    assert out["cervical_screening", HOME, "total"] == (840, 1200, 70.0, "ok")  # the mean of the two is 69.375


def test_a_missing_part_makes_the_total_missing() -> None:
    out = computed(screening(570, None, state="not_received"))
    assert out["cervical_screening", HOME, "total"] == (None, None, None, "not_received")
    assert out["cervical_screening", EAST, "total"][2] == 71.25


def test_a_rejected_part_says_so() -> None:
    out = computed(screening(570, 270)[:3], rejected=("screened",))
    assert out["cervical_screening", HOME, "total"][3] == "rejected"


def test_what_never_came_is_not_received() -> None:
    assert computed([])["cervical_screening", HOME, "total"][3] == "not_received"


def test_zero_is_a_value() -> None:
    assert computed(screening(0, 0))["cervical_screening", HOME, "total"] == (0, 1200, 0.0, "ok")


def test_a_zero_denominator_is_not_applicable() -> None:
    out = computed(screening(0, 0, eligible=(0, 0)))
    assert out["cervical_screening", HOME, "total"] == (0, 0, None, "not_applicable")


def test_a_part_that_does_not_apply_is_left_out() -> None:
    out = computed(screening(570, None, state="not_applicable"))
    assert out["cervical_screening", HOME, "total"][3] == "ok"
    assert out["cervical_screening", WEST, "total"][2:] == (None, "not_applicable")  # never an empty ok


def test_a_share_is_women_among_women_and_men() -> None:
    out = computed([("party_members", HOME, "female", 33, "ok"), ("party_members", HOME, "male", 67, "ok")])
    assert out["women_party_members", HOME, "total"] == (33, 100, 33.0, "ok")


def test_a_total_row_is_never_added_to_its_parts() -> None:
    cells = [*screening(570, 270), ("screened", HOME, "total", 999, "ok"), ("eligible", HOME, "total", 999, "ok")]
    assert computed(cells)["cervical_screening", HOME, "total"][2] == 70.0


@settings(max_examples=8, deadline=None)
@given(*(st.tuples(st.integers(0, 500), st.integers(500, 900)) for _ in range(2)))
def test_women_and_men_make_the_total(female: tuple[int, int], male: tuple[int, int]) -> None:
    out = computed(
        [
            (measure, HOME, sex, value, "ok")
            for sex, pair in (("female", female), ("male", male))
            for measure, value in zip(("literate", "asked"), pair, strict=True)
        ]
    )
    parts = [out["health_literacy", HOME, sex] for sex in ("female", "male")]
    total = out["health_literacy", HOME, "total"]
    assert total[:2] == tuple(sum(Decimal(str(p[i])) for p in parts) for i in (0, 1))
    assert min(p[2] for p in parts) <= total[2] <= max(p[2] for p in parts)  # type: ignore[type-var, operator]


@pytest.mark.parametrize(("events", "lower", "upper"), [(0, 0.0, 461.1), (1, 3.2, 696.5)])
def test_rare_events_carry_their_interval(events: int, lower: float, upper: float) -> None:
    con_cells: list[Cell] = [
        ("live_births", EAST, "total", 500, "ok"), ("live_births", WEST, "total", 300, "ok"),
        ("maternal_deaths", EAST, "total", events, "ok"), ("maternal_deaths", WEST, "total", 0, "ok"),
    ]  # fmt: skip
    value = computed(con_cells)["maternal_mortality", HOME, "total"][2]
    assert value == events / 800 * 100000
    got = compute.limits(CATALOG.indicators["maternal_mortality"], events, 800)
    assert (round(got[0], 1), round(got[1], 1)) == (lower, upper)

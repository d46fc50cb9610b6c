"""Published worked examples of small-number statistics; each row of the files in tests/spec names its source."""

import csv
from pathlib import Path

import pytest

from flows import intervals

SPEC = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    with (SPEC / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", rows("exact_poisson_95_computed.csv"), ids=lambda r: r["events"])
def test_exact_poisson_limits(row: dict[str, str]) -> None:
    events = int(row["events"])
    lower, upper = intervals.poisson(events) if events < intervals.BYAR_FROM else exact(events)
    assert lower == pytest.approx(float(row["lower95"]), abs=1e-5)
    assert upper == pytest.approx(float(row["upper95"]), abs=1e-5)


def exact(events: int) -> tuple[float, float]:
    """From 10 events on the project uses Byar; within 0.2 % of the exact limits (PHE guide), so hold it to that."""
    lower, upper = intervals.poisson(events)
    row = next(r for r in rows("exact_poisson_95_computed.csv") if r["events"] == str(events))
    assert lower == pytest.approx(float(row["lower95"]), rel=0.002)
    assert upper == pytest.approx(float(row["upper95"]), rel=0.002)
    return float(row["lower95"]), float(row["upper95"])


@pytest.mark.parametrize("row", rows("phe_rate_limits.csv"), ids=lambda r: f"{r['numerator']}/{r['denominator']}")
def test_published_rate_limits(row: dict[str, str]) -> None:
    events, scale = float(row["numerator"]), float(row["multiplier"]) / float(row["denominator"])
    for level, confidence in (("95", 0.95), ("99_8", 0.998)):
        if not row[f"lower{level}"]:
            continue
        lower, upper = intervals.poisson(events, confidence)
        assert lower * scale == pytest.approx(float(row[f"lower{level}"]), rel=1e-6)
        assert upper * scale == pytest.approx(float(row[f"upper{level}"]), rel=1e-6)


@pytest.mark.parametrize("row", rows("phe_proportion_limits.csv"), ids=lambda r: f"{r['numerator']}/{r['denominator']}")
def test_published_proportion_limits(row: dict[str, str]) -> None:
    scale = float(row["multiplier"])
    for level, confidence in (("95", 0.95), ("99_8", 0.998)):
        if not row[f"lower{level}"]:
            continue
        lower, upper = intervals.wilson(float(row["numerator"]), float(row["denominator"]), confidence)
        assert lower * scale == pytest.approx(float(row[f"lower{level}"]), rel=1e-6, abs=1e-9)
        assert upper * scale == pytest.approx(float(row[f"upper{level}"]), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("row", rows("phe_byars_wilson_limits.csv"), ids=lambda r: f"{r['method']} {r['x']}")
def test_published_byar_and_wilson_limits(row: dict[str, str]) -> None:
    confidence = float(row["confidence"].rstrip("%")) / 100
    x = float(row["x"])
    if row["method"].lower().startswith("byar"):
        lower, upper = intervals.byar(x, confidence)
    else:
        lower, upper = intervals.wilson(x, float(row["n"]), confidence)
    for printed, computed in ((row["lower"], lower), (row["upper"], upper)):
        if printed:  # the source leaves out the lower limit of one event at 99.8 %
            assert computed == pytest.approx(float(printed), rel=1e-6)


def test_one_maternal_death_among_3400_births() -> None:
    lower, upper = intervals.poisson(1)
    assert round(1 / 3400 * 1e5, 1) == 29.4
    assert (round(lower / 3400 * 1e5, 1), round(upper / 3400 * 1e5, 1)) == (0.7, 163.9)


def test_no_event_still_allows_a_rate() -> None:
    lower, upper = intervals.poisson(0)
    assert (lower, round(upper, 3)) == (0.0, 3.689)


def test_two_counts_alike_differ_by_chance() -> None:
    assert intervals.chance(11, 1000, 17, 1000) > 0.05  # "同比下降" of 17 to 11 deaths is no finding
    assert intervals.chance(40, 1000, 100, 1000) < 0.001

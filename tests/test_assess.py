"""The rules of the plans as tables: yearly values in, verdict out. Computed by hand; no warehouse."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.catalog import HOME, Source
from expectations.records import Domain, Goal, Indicator, Plan, PlanHead, Policy, Promise, Target
from flows.assess.rules import Assessment, Case, Point, assess, direction

POLICY = Source(HOME / "policy.yml", HOME).read(Policy, Source(HOME / "policy.yml", HOME).data)
HEAD = PlanHead(
    title="某区妇女发展规划", short="妇女规划", audience="women", start=2021, end=2025, baseline=2020,
    issued="2022-01-01", source="某区人民政府",
)  # fmt: skip


def promise(rule: str, value: str | None = None, better: str = "higher", **extra: object) -> Promise:
    rare = bool(extra.pop("rare", False))
    indicator = Indicator(
        name="指标", kind="ratio", numerator=("a",), denominator=("b",), per=100, unit="%", decimals=1, better=better,
        by_sex=True, rare=rare, interval="poisson" if rare else None, lead="health", definition="分子与分母之比。",
        versions=extra.pop("versions", ()),
    )  # fmt: skip
    target = Target(rule=rule, indicator="x", value=value, id="women.g1.1.x", **extra)
    domain = Domain(domain=1, title="妇女与健康", goals={1: Goal(title="目标", targets=(target,))})
    return Promise(target, Plan("p", HEAD, (domain,)), domain, "goal", 1, "目标", indicator, "health", ())


def series(text: str, calibers: str = "") -> dict[int, Point]:
    """`88 89 – 91`: values of 2020, 2021, …; – was not received, / is not applicable, x was rejected."""
    states = {"–": "not_received", "/": "not_applicable", "x": "rejected"}
    marks = calibers.split() or ["0"] * len(text.split())
    return {
        2020 + i: Point(None, states[word], int(c)) if word in states else Point(Fraction(word), "ok", int(c))
        for i, (word, c) in enumerate(zip(text.split(), marks, strict=True))
    }


def judge(p: Promise, values: str, **extra: object) -> Assessment:
    points = series(values, str(extra.pop("calibers", "")))
    return assess(Case(p, POLICY, max(points), points, **extra))


TABLE = """
rule             value  values 2020…                 verdict       reason/method
at_least         90     88 89 90                     met_early     kept
at_least         90     88 89 90.0                   met_early     kept
at_least         98     97 97.5 97.99                on_course     path
at_least         90     80 80.5 81                   behind        path
at_least         90     80 79 79                     away          path
at_least         90     80 80 80                     behind        path
at_least         90     80 82 84 86                  on_course     linear
at_least         90     80 80 80 80                  behind        linear
at_least         90     80 81 82 83                  behind        linear
at_least         90     80 82 81 79                  away          linear
at_least         90     80 82 84 86 88 90            met           end
at_least         90     80 82 84 86 88 89.9          missed        end
above            90     88 89 90.0 89 89.5 90.0      missed        end
above            90     88 89 90.0 89 89.5 90.1      met           end
at_most          8.5    9 8.6 8.5                    met_early     kept
at_most          8.5    9 8.6 8.51                   on_course     path
below            10     12 11 10                     on_course     path
baseline_change  -20    50 48 46 44                  on_course     linear
baseline_change  -20    50 48 42 40                  met_early     kept
baseline_change  -20    50 48 46 44 42 40.1          missed        end
baseline_change  -20    –  48 46                     unknown       no_baseline
yearly_change    -1     56 55 54                     met_year      kept
yearly_change    -1     56 55 54.1                   missed_year   kept
yearly_change    -1     56 –  54                     unknown       no_previous
increase         -      20 21 22                     on_course     direction
increase         -      20 22 21                     on_course     direction
increase         -      20 18 19                     behind        direction
increase         -      20 19 18                     away          direction
increase         -      20 20 20                     behind        direction
increase         -      –  20 21                     unknown       no_baseline
increase         -      20 21 22 23 24 24.5          met           end
increase         -      20 21 22 23 24 20            missed        end
decrease         -      20 19 18                     on_course     direction
hold             -      30 29.2 29                   met_year      kept
hold             -      30 29.2 28.9                 missed_year   kept
hold             -      30 28 31 30 30 29            met           end
hold             -      30 30 31 30 30 28.9          missed        end
slow_increase    -      10 12 13                     on_course     kept
slow_increase    -      10 12 15                     away          kept
slow_increase    -      10 12                        unknown       too_few_years
near_balance     -      35 36 37                     on_course     direction
near_balance     -      65 64 63                     on_course     direction
near_balance     -      35 34 33                     away          direction
near_balance     -      35 35 35                     behind        direction
near_balance     -      45 48 54                     on_course     direction
near_balance     -      35 36 37 38 39 37            met           end
near_balance     -      65 64 63 62 61 65            missed        end
near_balance     -      45 46 47 48 50 55            missed        end
near_balance     -      –  36 37                     unknown       no_baseline
at_least         90     88 89 –                      unknown       not_received
at_least         90     88 89 /                      unknown       not_applicable
at_least         90     88 89 x                      unknown       rejected
at_least         90     –  89 89.5                   unknown       no_baseline
"""


def table() -> list[list[str]]:
    cells = [(line[:17], line[17:24], line[24:53], *line[53:].split()) for line in TABLE.strip().splitlines()[1:]]
    return [[cell.strip() for cell in row] for row in cells]


@pytest.mark.parametrize(("rule", "value", "values", "verdict", "why"), table())
def test_verdict(rule: str, value: str, values: str, verdict: str, why: str) -> None:
    found = judge(promise(rule, None if value == "-" else value), values)
    assert (found.verdict, found.reason or found.method or "-") == (verdict, why)


def test_a_target_met_but_worse_than_last_year_says_so() -> None:
    found = judge(promise("at_least", "90"), "88 93 92")
    assert (found.verdict, found.worsened) == ("met_early", True)


def test_every_year_targets_are_judged_in_their_year() -> None:
    assert judge(promise("at_least", "95", every_year=True), "96 94").verdict == "missed_year"
    assert judge(promise("at_least", "95", every_year=True), "94 95").verdict == "met_year"


def test_not_below_names_its_reference() -> None:
    p = promise("not_below_indicator", than="y")
    assert judge(p, "30 31 32", others={2022: Fraction(32)}).verdict == "met_early"
    assert judge(p, "30 31 32").reason == "no_reference"


def test_balance_stays_inside_its_band() -> None:
    p = promise("balance", band=("40", "60"))
    assert judge(p, "44 45 60").verdict == "met_early"
    assert judge(p, "55 57 59 60 60.5 61").verdict == "missed"


def test_every_unit_counts_those_that_reach_it() -> None:
    units = {
        "甲镇": Point(Fraction(95), "ok", 0),
        "乙镇": Point(Fraction(94), "ok", 0),
        "丙镇": Point(None, "not_received", 0),
    }
    found = judge(promise("every_unit_at_least", "95", each="area"), "96 94", units=units)
    assert found.units == (3, 1, ("乙镇",))


def test_one_event_more_would_turn_the_verdict() -> None:
    p = promise("at_most", "10", better="lower", rare=True)
    points = {2020 + i: Point(Fraction(e), "ok", 0, Fraction(e), Fraction(100)) for i, e in enumerate((9, 10, 10))}
    found = assess(Case(p, POLICY, 2022, points))
    assert (found.met, found.fragile) == (True, True)


def test_growth_never_crosses_an_unbridged_break() -> None:
    version = {"since": 2022, "note": "自2022年起改用新口径"}
    found = judge(promise("increase", versions=(version,)), "20 21 30", calibers="0 0 2022")
    assert (found.verdict, found.reason, found.comparable, found.previous) == ("unknown", "break", False, None)


def test_a_bridge_factor_restates_the_baseline() -> None:
    version = {"since": 2022, "note": "自2022年起改用新口径", "bridge": "1.5"}
    found = judge(promise("increase", versions=(version,)), "20 21 30", calibers="0 0 2022")
    assert (found.verdict, found.baseline, found.previous) == ("behind", 30, Fraction("31.5"))


# --- invariants ---

VALUES = st.lists(st.integers(0, 1000), min_size=2, max_size=6)


WAYS = {"at_least": "50", "above": "50", "at_most": "50", "below": "50", "baseline_change": "-20"}


@given(st.sampled_from(sorted(WAYS)), VALUES, st.integers(0, 100), st.booleans())
def test_a_better_value_never_gets_a_worse_verdict(rule: str, values: list[int], more: int, rare: bool) -> None:
    """Whatever the rule and however the verdict is reached; events of a rare indicator are out of 1,000."""
    order = ["unknown", "away", "behind", "on_course", "met_early"]
    better = "lower" if rule in {"at_most", "below", "baseline_change"} else "higher"
    p = promise(rule, WAYS[rule], better, rare=rare)

    def point(events: int) -> Point:
        return Point(Fraction(events, 10), "ok", 0, Fraction(events), Fraction(1000))

    def verdict(last: int) -> str:
        points = {2020 + i: point(v) for i, v in enumerate([*values[:4], 0])}
        year = max(points)
        return assess(Case(p, POLICY, year, {**points, year: point(last)})).verdict

    improved = max(values[-1] - more, 0) if better == "lower" else values[-1] + more
    assert order.index(verdict(values[-1])) <= order.index(verdict(improved))


@given(st.sampled_from(["at_least", "at_most"]), st.integers(1, 999), st.integers(1, 999))
def test_the_value_itself_meets_its_target(rule: str, numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, 1) * 100 / denominator
    p = promise(rule, "50")
    found = assess(Case(p, POLICY, 2025, {2025: Point(exact, "ok", 0)}))
    assert found.met == (direction(p) * (exact - 50) >= 0)

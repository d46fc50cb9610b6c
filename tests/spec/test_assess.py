"""The rules of the plans as tables: yearly values in, verdict out. Computed by hand; no warehouse."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.vocabulary import Method
from flows.assess import _minima
from flows.assess.rules import Assessment, Case, Point, assess
from flows.outlook import Aim, RateCounts
from flows.outlook.own import chance
from tests.fixtures.promises import POLICY, judge, outcome, promise, series
from tests.fixtures.spec import drawn


@pytest.mark.parametrize(("rule", "value", "values", "verdict", "why"), drawn("verdicts", "One value a year"))
def test_verdict(rule: str, value: str, values: str, verdict: str, why: str) -> None:
    found = judge(promise(rule, None if value == "-" else value), values)
    assert (found.verdict, found.reason or found.method or "-") == (verdict, why)


@pytest.mark.parametrize(
    ("rule", "value", "values", "verdict", "why"), drawn("verdicts", "A direction is decided by what is printed")
)
def test_a_direction_is_decided_by_what_is_printed(rule: str, value: str, values: str, verdict: str, why: str) -> None:
    found = judge(promise(rule, None if value == "-" else value), values)
    assert (found.verdict, found.method) == (verdict, why)


def test_what_a_direction_started_from_is_printed_no_finer_than_it_is_judged() -> None:
    """37.04 is no 37.04 beside 37.0: of a number, the figure that misses it by so little is printed so."""
    assert str(outcome("decrease", "37 38 38 38 38 37.04").item.value) == "37.0"
    assert str(outcome("at_most", "38 38 38 38 38 37.04", "37").item.value) == "37.04"


def test_two_distances_of_a_gap_in_amounts_move_by_what_is_printed_of_each() -> None:
    """In the unit with the indicator's decimal, in per cent of men's figure with one: 20.0 and 19.96 are one per cent."""

    def told(gap: str, before: str, now: str) -> bool | None:
        return judge(promise("narrow_gap"), gap, relative={2020: Fraction(before), 2021: Fraction(now)}).met

    assert [told("3.0 2.9", "20.0", share) for share in ("19.96", "19.94")] == [False, True]
    assert [told(f"3.0 {gap}", "20.0", "19.0") for gap in ("2.96", "2.94")] == [False, True]


def test_the_odds_of_a_direction_are_those_of_a_difference_that_is_printed() -> None:
    """Nobody is more likely to end a printed step above the baseline than to end above it; of a number nothing is added."""
    values = {2020 + i: Fraction(v) for i, v in enumerate((30, 31, 29, 30))}
    aim = Aim(1, Fraction(30), strict=True, base_year=2020, target_year=2025)
    exact, printed = (chance(values, a, 2023).probability for a in (aim, replace(aim, unseen=Fraction(1, 2))))
    wide = chance(values, replace(aim, unseen=Fraction(3)), 2023).probability
    assert exact is not None and exact == printed, "values without decimals are no finer than what is printed of them"
    assert wide is not None and wide < exact
    counts = {y: RateCounts(v * 10, Fraction(1000)) for y, v in values.items()}
    counted = [
        chance(values, replace(aim, unseen=Fraction(u)), 2023, counts, Fraction(100)).probability for u in (0, 3)
    ]
    assert counted[0] is not None and counted[1] is not None and counted[1] < counted[0]


def test_a_target_met_but_worse_than_last_year_says_so() -> None:
    found = judge(promise("at_least", "90"), "88 93 92")
    assert (found.verdict, found.worsened) == ("met_early", True)


def test_every_year_targets_are_judged_in_their_year() -> None:
    assert judge(promise("at_least", "95", every_year=True), "96 94").verdict == "missed_year"
    assert judge(promise("at_least", "95", every_year=True), "94 95").verdict == "met_year"


@pytest.mark.parametrize(("rule", "value", "words", "values", "verdicts"), drawn("verdicts", "A number to be kept"))
def test_a_number_to_be_kept_is_judged_at_the_end(
    rule: str, value: str, words: str, values: str, verdicts: str
) -> None:
    known = values.split()
    tolerance = "0" if words == "不降低" else None
    better = "lower" if rule == "at_most" else "higher"
    p = promise(rule, None if value == "-" else value, better, words=words, tolerance=tolerance)
    assert [judge(p, " ".join(known[: n + 2])).verdict for n in range(5)] == verdicts.split()


@pytest.mark.parametrize("values", ["27.8 27 26 25.4 24.9", "27.8 27 26 25.4 25.1", "27.8 24 26 26 26", "– 26 24"])
def test_a_limit_that_the_baseline_year_broke_is_one_to_be_reached(values: str) -> None:
    """孕产妇死亡率控制在20/10万以下, 30 in 2010: 国家统计局 prints 提前实现 of 2016 (19.9) and 基本实现 of 2015 (20.1)."""
    told = judge(promise("at_most", "25", "lower", words="控制在"), values)
    assert told.verdict in {"met_early", "on_course", "behind", "away"}
    assert told == judge(promise("at_most", "25", "lower"), values)


def test_every_year_is_asked_only_where_the_plan_says_so() -> None:
    """每年接受2次以上: the last year, too, is one of the years; 保持 without 每年 asks for the end."""
    values = "1.6 1.8 1.9 2.1 2.2 2.4"
    assert judge(promise("at_least", "2", every_year=True), values).verdict == "met_year"
    assert judge(promise("at_least", "2", words="保持在"), values).verdict == "met"


def test_the_national_office_judges_the_end_value() -> None:
    """女性占就业人员比重 43.5 % in 2020, 实现保持在40%以上 (《中国妇女发展纲要（2011—2020年）》终期统计监测报告, 国家统计局)."""
    p = promise("at_least", "40", words="保持在")
    found = assess(
        Case(p, POLICY, 2025, {2020: Point(Fraction("44.7"), "ok", 0), 2025: Point(Fraction("43.5"), "ok", 0)})
    )
    assert (found.verdict, found.method) == ("met", "end")


def test_a_share_moves_to_the_middle_from_either_side() -> None:
    """The baseline is no wall: 45 → 54 is nearer to half and half, 45 → 56 is not, nor 45 → 55."""
    p = promise("near_balance")
    assert [judge(p, f"45 46 47 48 49 {end}").met for end in ("54", "55", "56")] == [True, False, False]
    assert judge(p, "45 48 46").worsened
    assert not judge(p, "45 46 54").worsened


RANGES = [
    ("balance", {"band": ("40", "60")}, "55.2 55 54.7 54.5 54.2", {}),
    ("near_balance", {}, "33.5 34.2 34.7 35.7 36.5", {}),
    ("near_balance", {}, "66.5 65.9 65.1 64.2 63.8", {}),
    ("not_below_area", {"than": "120000"}, "1.9 1.93 1.97 1.98 2.03", {y: Fraction("2.15") for y in range(2020, 2025)}),
    ("not_below_indicator", {"than": "y"}, "36 37 37.5 38 38.7", {y: Fraction("40.4") for y in range(2020, 2025)}),
]


@pytest.mark.parametrize(("rule", "extra", "values", "others"), RANGES)
def test_the_range_of_the_end_is_one_of_values(
    rule: str, extra: dict[str, object], values: str, others: dict[int, Fraction]
) -> None:
    """54.2 % may end between 53 and 56 %, not between 5.8 and 6.1: that was the distance to the target."""
    found = judge(promise(rule, **extra), values, others=others)
    assert found.value is not None
    low, middle, high = found.chance.low, found.chance.middle, found.chance.high
    assert low is not None
    assert middle is not None
    assert high is not None
    assert low < middle < high
    assert abs(middle - float(found.value)) < 0.1 * float(found.value)
    assert low <= float(found.value) + 1.5
    assert high >= float(found.value) - 1.5


def test_a_share_on_its_way_to_the_middle_is_likely_to_be_nearer() -> None:
    to, off = (
        judge(promise("near_balance"), "33.5 34.2 34.7 35.7 36.5"),
        judge(promise("near_balance"), "66.5 67 67.5 68 69"),
    )
    assert to.chance.probability is not None
    assert off.chance.probability is not None
    assert to.chance.probability > 0.9
    assert off.chance.probability < 0.1


@pytest.mark.parametrize(("towns", "lowest"), drawn("verdicts", "A number for every town"))
def test_a_known_failure_settles_a_target_of_every_place(towns: str, lowest: str) -> None:
    found = _minima([{2021: series(f"0 {word}")[2021]} for word in towns.split()], Fraction(95))[2021]
    wanted = series(f"0 {lowest}")[2021]
    assert (found.value, found.state) == (wanted.value, wanted.state)


def test_units_of_which_nothing_is_known_are_counted() -> None:
    towns = dict(zip("甲乙丙丁", (series(f"0 {w}")[2021] for w in ("90", "–", "99", "/")), strict=True))
    found = judge(promise("every_place_at_least", "95", each="area"), "96 90", places=towns)
    assert (found.verdict, found.places) == ("away", (3, 1, ("甲",), 1, 1))


def wages(women: str, men: str) -> Case:
    f, m = ([Fraction(w) for w in words.split()] for words in (women, men))
    gaps = {2020 + i: Point(abs(a - b), "ok", 0) for i, (a, b) in enumerate(zip(f, m, strict=True))}
    shares = {2020 + i: abs(a - b) * 100 / b for i, (a, b) in enumerate(zip(f, m, strict=True))}
    return Case(promise("narrow_gap"), POLICY, max(gaps), gaps, relative=shares)


@pytest.mark.parametrize(
    ("women", "men", "verdict"),
    [
        ("84 87 90", "100 102 104", "on_course"),  # 16 → 14, 16.0 % → 13.5 %: both narrow
        ("84.3 90 95.4", "100 106.5 112.5", "behind"),  # 15.7 → 17.1, 15.7 % → 15.2 %: they part
        ("84 82 80", "100 101 102", "away"),  # 16 → 22, 16.0 % → 21.6 %: both widen
        ("84 84 84", "100 100 100", "behind"),  # neither moves
        ("84 85 86 87 88 90", "100 101 102 103 104 105", "met"),
        ("84.3 86 88 90 92 95.4", "100 102 104 106 109 112.5", "missed"),
        ("84 83 82 81 80 80", "100 101 102 103 104 105", "missed"),
    ],
)
def test_a_gap_in_wages_narrows_where_both_of_its_distances_do(women: str, men: str, verdict: str) -> None:
    found = assess(wages(women, men))
    assert found.verdict == verdict
    assert found.met == (verdict in {"met", "on_course"})
    assert found.relative is not None
    assert found.relative_baseline is not None


def test_what_one_person_would_mend_is_known() -> None:
    """33 of 752 in the baseline year, 32 now; 30 are two short."""
    p = promise("increase")

    def found(now: int, cases: bool = True) -> Assessment:
        points = {
            2020 + i: Point(Fraction(100 * e, 752), "ok", 0, Fraction(e), Fraction(752))
            for i, e in enumerate((33, 33, now))
        }
        return assess(Case(p, POLICY, 2022, points, cases=cases))

    assert [found(now).by_one for now in (32, 33, 34, 31)] == [True, True, False, False]
    assert not found(32, cases=False).by_one  # 752 institutions


@pytest.mark.parametrize(("rule", "value", "values", "verdict", "why"), drawn("verdicts", "One value a year"))
def test_a_verdict_names_the_rule_that_decided(rule: str, value: str, values: str, verdict: str, why: str) -> None:
    """And what is printed of that rule holds."""
    found = judge(promise(rule, None if value == "-" else value), values)
    assert (found.method in Method.words()) == (verdict != "unknown")
    if found.method == "end":
        assert (found.year, verdict) == (2025, "met" if found.met else "missed")
    elif found.method == "kept":
        assert verdict == ("missed_year" if not found.met else "met_early" if verdict == "met_early" else "met_year")
    elif found.method == "linear":
        symbols = {"sun": "on_course", "slightly_cloudy": "on_course", "cloudy": "behind", "thunderstorm": "away"}
        assert verdict == ("behind" if found.trend == 0 else symbols[str(found.weather)])
    elif found.method == "path":
        assert len(values.split()) < 4


def test_not_below_names_its_reference() -> None:
    p = promise("not_below_indicator", than="y")
    assert judge(p, "30 31 32", others={2022: Fraction(32)}).verdict == "met_early"
    assert judge(p, "30 31 32").reason == "no_reference"


def test_balance_stays_inside_its_band() -> None:
    p = promise("balance", band=("40", "60"))
    assert judge(p, "44 45 60").verdict == "met_early"
    assert judge(p, "55 57 59 60 60.5 61").verdict == "missed"


def test_every_place_counts_those_that_reach_it() -> None:
    places = {
        "甲镇": Point(Fraction(95), "ok", 0),
        "乙镇": Point(Fraction(94), "ok", 0),
        "丙镇": Point(None, "not_received", 0),
    }
    found = judge(promise("every_place_at_least", "95", each="area"), "96 94", places=places)
    assert found.places == (3, 1, ("乙镇",), 1, 0)


def test_one_event_more_would_turn_the_verdict() -> None:
    p = promise("at_most", "10", better="lower", rare=True)
    points = {2020 + i: Point(Fraction(e), "ok", 0, Fraction(e), Fraction(100)) for i, e in enumerate((9, 10, 10))}
    found = assess(Case(p, POLICY, 2022, points))
    assert (found.met, found.fragile) == (True, True)


def test_growth_never_crosses_an_unbridged_break() -> None:
    caliber = {"since": 2022, "note": "自2022年起改用新口径"}
    found = judge(promise("increase", later=(caliber,)), "20 21 30", calibers="0 0 2022")
    assert (found.verdict, found.reason, found.comparable, found.previous) == ("unknown", "break", False, None)


def test_a_bridge_factor_restates_the_baseline() -> None:
    caliber = {"since": 2022, "note": "自2022年起改用新口径", "bridge": "1.5"}
    found = judge(promise("increase", later=(caliber,)), "20 21 30", calibers="0 0 2022")
    assert (found.verdict, found.baseline, found.previous) == ("behind", 30, Fraction("31.5"))


@pytest.mark.parametrize(
    ("bridge", "verdict"),
    [
        ("1.5", "behind"),  # 4.5 was 6.75 in the caliber of today: a number to be reached
        ("1.0", "missed_year"),  # 4.5 was within it: to be kept
        (None, "unknown"),  # what it was in that caliber is not known
    ],
)
def test_whether_a_limit_is_to_be_kept_is_decided_in_the_caliber_of_the_year(bridge: str | None, verdict: str) -> None:
    caliber = {"since": 2022, "note": "自2022年起改用新口径"} | ({} if bridge is None else {"bridge": bridge})
    limited = promise("at_most", "5", better="lower", words="控制在", later=(caliber,))
    assert judge(limited, "4.5 4.4 6.4", calibers="0 0 2022").verdict == verdict


def test_a_figure_held_against_another_one_is_projected_on_its_own_way() -> None:
    """50 to 53, one a year: 55 in 2025, wherever the other figure goes; held against a number it is the same."""
    others = {2020 + i: Fraction(60 + i) for i in range(4)}
    assert judge(promise("not_below_indicator", than="y"), "50 51 52 53", others=others).projection == 55
    assert judge(promise("at_least", "63"), "50 51 52 53").projection == 55


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
    assert found.met == (p.direction * (exact - 50) >= 0)


@pytest.mark.parametrize(("rule", "value", "values", "verdict", "why"), drawn("verdicts", "At the end of what can be"))
def test_nothing_is_asked_that_nobody_can_keep(rule: str, value: str, values: str, verdict: str, why: str) -> None:
    found = judge(promise(rule, None if value == "-" else value, better="lower"), values)
    assert (found.verdict, found.reason or found.method) == (verdict, why)


def test_all_of_a_share_are_the_best_that_can_be() -> None:
    def told(values: str, rule: str = "increase", value: str | None = None) -> Assessment:
        return judge(promise(rule, value), values, limits=(Fraction(0), Fraction(100)))

    assert [told(v).verdict for v in ("100 100 100", "99 99 99")] == ["on_course", "behind"]
    assert [told(v, "yearly_change", "1").verdict for v in ("98 99.5 100", "98 99.5 99.9")] == [
        "met_year",
        "missed_year",
    ]
    assert told("98 99.5 100", "yearly_change", "1").threshold == 100
    assert told("96 97 98", "baseline_change", "10").threshold == 100


def test_one_case_more_is_told_where_none_is_the_best() -> None:
    def told(*events: int) -> Assessment:
        points = {2020 + n: Point(Fraction(e), "ok", 0, Fraction(e), Fraction(100)) for n, e in enumerate(events)}
        return assess(Case(promise("decrease", better="lower", rare=True), POLICY, 2020 + len(events) - 1, points))

    none, once = told(0, 0, 0), told(0, 1, 0)
    assert (none.verdict, none.method, none.fragile) == ("on_course", "best", True)
    assert (once.verdict, once.method) == ("away", "pooled")

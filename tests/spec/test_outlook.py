"""The published rules against published verdicts, and the door that asks them: tables in, tables out."""

import csv
import io
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from flows.desk.question import ask
from flows.outlook import Aim, RateCounts, own
from flows.outlook.destatis import weather
from flows.outlook.own import BELIEF, COMPLETION, chance
from flows.outlook.statcan import progress
from flows.outlook.status import likelihood, reconciled
from flows.places import PROJECT, MendableError

SPEC = Path(__file__).parent


def rows(name: str) -> list[dict[str, str]]:
    with (SPEC / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def asked(tmp_path: Path, targets: str, values: str, method: str = "all") -> list[dict[str, str]]:
    (tmp_path / "t.csv").write_text(targets, encoding="utf-8")
    (tmp_path / "v.csv").write_text(values, encoding="utf-8")
    out = io.StringIO()
    ask(tmp_path / "t.csv", tmp_path / "v.csv", method, "csv", out)  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(out.getvalue())))


# --- Statistics Canada ---


def test_statistics_canada_as_published(tmp_path: Path) -> None:
    """All published rows through the door: verdict, value and score."""
    published = rows("statcan_published.csv")
    targets, values = ["target,indicator,rule,value,base_year,target_year,limit,unit"], ["indicator,year,value"]
    for r in published:
        up = r["direction"] == "1"
        rule = ("at_least" if up else "at_most") if r["target"] else ("increase" if up else "decrease")
        name = r["indicator"]
        targets.append(f"{name},{name},{rule},{r['target']},{r['base_year']},{r['target_year']},{r['limit']},")
        for year, value in {r["base_year"]: r["base_value"], r["year"]: r["value"]}.items():
            values.append(f"{name},{year},{value}")
    found = {(r["target"], r["year"]): r for r in asked(tmp_path, "\n".join(targets), "\n".join(values), "statcan")}
    for r in published:
        got = found[r["indicator"], r["year"]]
        assert got["verdict"] == r["published_status"], r
        for ours, theirs in (("ratio", "published_value"), ("score", "published_score")):
            if r[theirs]:
                assert float(got[ours]) == pytest.approx(float(r[theirs]), rel=1e-9), r
            else:
                assert got[ours] == "", r


def judged(base: str, now: str, **aim: object) -> tuple[str, str]:
    told = progress(
        {2015: Fraction(base), 2020: Fraction(now)}, Aim(**{"direction": 1, "base_year": 2015, **aim}), 2020
    )  # type: ignore[arg-type]
    return told.verdict, told.reason


def test_no_small_number_takes_the_place_of_a_zero() -> None:
    assert judged("0", "5") == ("not_available", "基期值为零，增长率无意义")
    assert judged("5", "3", direction=-1, target=Fraction(0), target_year=2030)[0] == "not_available"
    assert judged("5", "0", direction=-1, target=Fraction(0), target_year=2030)[0] == "target_achieved"
    assert judged("-5", "5")[0] == "not_available"


def test_negative_series_run_the_other_way() -> None:
    assert judged("-10", "-5")[0] == "substantial_progress"
    assert judged("-5", "-10")[0] == "deterioration"


def test_a_value_kept_at_its_limit_is_progress() -> None:
    kept = progress({2015: Fraction(100), 2020: Fraction(100)}, Aim(1, base_year=2015, bound=Fraction(100)), 2020)
    assert (kept.verdict, kept.score) == ("substantial_progress", 5.0)


def test_a_base_value_that_is_the_target_and_was_left() -> None:
    assert judged("50", "48", target=Fraction(50), target_year=2030)[0] == "deterioration"


# --- Destatis ---


@pytest.mark.parametrize("row", rows("weather.csv"), ids=lambda r: r["case"])
def test_weather(row: dict[str, str]) -> None:
    values = {2015 + n: Fraction(v) for n, v in enumerate(row["values from 2015"].split())}
    up = row["rule"] in {"at_least", "every_year_at_least", "increase"}
    aim = Aim(
        1 if up else -1, Fraction(row["target"]) if row["target"] else None,
        every_year=row["rule"].startswith("every_year"), target_year=int(row["target_year"] or 0) or None,
    )  # fmt: skip
    found = weather(values, aim, max(values))
    assert found.symbol == row["symbol"]
    if row["miss"]:
        assert found.miss == Fraction(row["miss"])


def test_exactly_five_and_twenty_per_cent() -> None:
    """At least 5 % and at most 20 % are slightly cloudy: a line of 1 a year, four years to go."""

    def symbol(target: str) -> str:
        values = {2015 + n: Fraction(n) for n in range(6)}
        return weather(values, Aim(1, Fraction(target), target_year=2024), 2020).symbol

    # now 5, line 9: misses T by (T − 9)/(T − 5)
    assert symbol(str(Fraction(9 * 20 - 5, 19))) == "slightly_cloudy"  # exactly 5 %
    assert symbol("9.2") == "sun"
    assert symbol("10") == "slightly_cloudy"  # exactly 20 %
    assert symbol("10.01") == "cloudy"


def test_destatis_as_published(tmp_path: Path) -> None:
    published = rows("destatis_published.csv")
    targets = dict.fromkeys(
        f"{r['indicator']},{r['indicator']},{r['rule']},{r['target']},,{r['target_year']},," for r in published
    )
    head = "target,indicator,rule,value,base_year,target_year,limit,unit\n"
    values = "indicator,year,value\n" + "\n".join(f"{r['indicator']},{r['year']},{r['value']}" for r in published)
    found = {
        (r["target"], r["year"]): r["verdict"] for r in asked(tmp_path, head + "\n".join(targets), values, "destatis")
    }
    for r in published:
        if r["published_symbol"]:
            assert found[r["indicator"], r["year"]] == r["published_symbol"], r


# --- the project's own ---


def series(*values: str) -> dict[int, Fraction]:
    return {2020 + n: Fraction(v) for n, v in enumerate(values)}


def likely(values: dict[int, Fraction], target: str, direction: int = 1, bound: int | None = None) -> float:
    aim = Aim(direction, Fraction(target), target_year=2025, bound=None if bound is None else Fraction(bound))
    found = chance(values, aim, max(values))
    assert found.probability is not None
    return found.probability


def test_a_steady_rise_is_likely_to_go_on() -> None:
    assert likely(series("80", "82", "84", "86"), "88") > 0.6
    assert likely(series("80", "80.2", "79.9", "80.1"), "88") < 0.1


def test_at_its_limit_it_stays_there() -> None:
    assert likely(series("100", "100", "100", "100"), "100", bound=100) > 0.9


@pytest.mark.parametrize(("last", "low", "high"), [("94", 0.001, 0.01), ("99", 0.01, 0.05), ("99.8", 0.08, 0.2)])
def test_everybody_is_reached_as_often_as_published_shares_were(last: str, low: float, high: float) -> None:
    """The nearer, the likelier; no coin that must fall right once for everyone."""
    end = Fraction(last)
    rising = series(*(str(end - Fraction(n, 10)) for n in (3, 2, 1, 0)))
    assert low < likely(rising, "100", bound=100) < high


def test_counts_do_not_make_everybody_impossible() -> None:
    """One of 5 000 is missing: some places reach all, however many persons they have."""
    counts = {2020 + n: RateCounts(Fraction(5000 - missing), Fraction(5000)) for n, missing in enumerate((9, 5, 3, 1))}
    values = {y: c.events * 100 / c.exposure for y, c in counts.items()}
    aim = Aim(1, Fraction(100), target_year=2025, bound=Fraction(100))
    found = chance(values, aim, 2023, counts, Fraction(100))
    assert found.probability is not None and 0.1 < found.probability < 0.6
    assert found.low is not None and found.high is not None and found.low < 100 and found.high <= 100


@pytest.mark.parametrize("missing", [(40, 30, 20, 10), (20, 15, 9, 4), (3, 0, 0, 0)])
def test_a_share_of_many_is_judged_alike_with_its_counts_and_without(missing: tuple[int, ...]) -> None:
    counts = {2020 + n: RateCounts(Fraction(10_000 - m), Fraction(10_000)) for n, m in enumerate(missing)}
    values = {y: c.events * 100 / c.exposure for y, c in counts.items()}
    aim = Aim(1, Fraction(100), target_year=2025, bound=Fraction(100))
    counted = chance(values, aim, 2023, counts, Fraction(100)).probability
    printed = {y: Fraction(round(v * 10), 10) for y, v in values.items()}
    alone = chance(printed, aim, 2023).probability
    assert counted is not None and alone is not None
    assert alone / 3 < counted < alone + 0.1


def test_of_twelve_persons_chance_alone_may_reach_all() -> None:
    counts = {2020 + n: RateCounts(Fraction(12 - m), Fraction(12)) for n, m in enumerate((1, 0, 1, 0))}
    values = {y: c.events * 100 / c.exposure for y, c in counts.items()}
    aim = Aim(1, Fraction(100), target_year=2025, bound=Fraction(100))
    found = chance(values, aim, 2023, counts, Fraction(100)).probability
    assert found is not None and 0.4 < found < 0.75  # 46 of 48 reached: 0.96 to the 12th is 0.6


def test_who_stood_at_the_end_and_fell_is_not_who_never_did() -> None:
    fallen, never = series("100", "100", "100", "99.5"), series("99.2", "99.3", "99.4", "99.5")
    assert likely(fallen, "100", bound=100) > 2 * likely(never, "100", bound=100)


def test_no_series_is_beyond_surprise() -> None:
    """A calm one far from its number, and one far beyond it: neither is certain, for in the back-test neither was."""
    calm = series("50", "50.1", "50", "50.1")
    assert likely(calm, "90", bound=100) == pytest.approx(BELIEF.surprise / 2, abs=1e-3)
    assert likely(calm, "10", bound=100) == pytest.approx(1 - BELIEF.surprise / 2, abs=0.01)
    assert 0.3 < likely(calm, "50", bound=100) < 0.8


# --- verdict and probability in one row ---


def test_a_verdict_does_not_stand_beside_odds_that_exclude_it() -> None:
    assert reconciled("on_course", 0.09) == "behind"
    assert reconciled("on_course", 0.1) == "on_course"
    assert reconciled("behind", 0.9) == reconciled("away", 0.95) == "on_course"
    assert reconciled("away", 0.89) == "away"
    assert reconciled("on_course", None) == "on_course"
    assert (reconciled("on_course", 0.49, whole=True), reconciled("on_course", 0.5, whole=True)) == (
        "behind",
        "on_course",
    )
    assert (reconciled("behind", 0.5, whole=True), reconciled("behind", 0.5)) == ("on_course", "behind")
    assert reconciled("met_early", 0.01) == "met_early"  # a fact, whatever comes
    assert reconciled("missed_year", 0.99) == "missed_year"


def test_a_percentage_is_printed_only_where_the_back_test_bears_it_out() -> None:
    """What is printed as a percentage differs from what came true by less than ten points; what is told in words came
    true in fewer than one of five, or in more than four.
    """
    record = yaml.safe_load((PROJECT / "flows/outlook/record.yml").read_text(encoding="utf-8"))
    rows = [(r, words == "to 100 %") for judged in record["sets"].values() for words,
    some in judged["reliability"].items()
            for r in some if r["judgements"] >= 100]  # fmt: skip
    assert len(rows) > 12
    for row, whole in rows:
        sense = likelihood(row["said"], whole)
        if sense:
            assert row["true"] < 0.2 if sense == "improbable" else row["true"] > 0.8, row
        else:
            assert abs(row["true"] - row["said"]) < 0.1, row
    assert {likelihood(p) for p in (0.0, 0.099)} == {"improbable"}
    assert {likelihood(p) for p in (0.1, 0.899)} == {""}
    assert {likelihood(p) for p in (0.9, 1.0)} == {"probable"}
    assert (likelihood(0.49, whole=True), likelihood(0.5, whole=True)) == ("improbable", "probable")


def test_single_deaths_are_drawn_as_single_deaths() -> None:
    """3 400 births a year and 8.5/10万: only none at all meets it. One death in four years is 0.25 a year, e^−0.25 =
    0.78; the rate itself is not known, which takes some of it away.
    """
    deaths = {2020: 0, 2021: 1, 2022: 0, 2023: 0}
    counts = {y: RateCounts(Fraction(d), Fraction(3400)) for y, d in deaths.items()}
    values = {y: c.events * 100_000 / c.exposure for y, c in counts.items()}
    found = chance(values, Aim(-1, Fraction("8.5"), target_year=2025), 2023, counts, Fraction(100_000))
    assert found.probability == pytest.approx(0.70, abs=0.12)


@pytest.mark.parametrize("events", [-1.0, 0.0, 3.0, 49.0, 50.0, 51.0])
def test_events_are_drawn_as_scipy_draws_them_to_the_last_digit(events: float) -> None:
    from scipy.stats import binom, poisson

    rates = np.array([[0.0, 1e-9, 0.06, 0.5, 0.98, 1.0]])
    for told, expected in (
        (own._at_most(events, rates, 50.0, True), binom.cdf(events, 50, rates)),
        (own._more_than(events, rates, 50.0, True), binom.sf(events, 50, rates)),
        (own._at_most(events, rates, 50.0, False), poisson.cdf(events, rates * 50)),
        (own._more_than(events, rates, 50.0, False), poisson.sf(events, rates * 50)),
    ):
        assert told.tolist() == expected.tolist()


def test_less_than_four_values_give_no_probability() -> None:
    found = chance(series("80", "82", "84"), Aim(1, Fraction(88), target_year=2025), 2022)
    assert found.probability is None
    assert "不足4个" in found.reason


@given(
    st.lists(st.integers(1, 999), min_size=4, max_size=6), st.integers(1, 999), st.integers(0, 200),
    st.sampled_from([1, -1])
)  # fmt: skip
def test_an_easier_target_is_never_less_likely(values: list[int], target: int, easier: int, direction: int) -> None:
    points = {2018 + n: Fraction(v, 10) for n, v in enumerate(values)}
    hard = Fraction(target, 10)
    easy = max(hard - direction * Fraction(easier, 10), Fraction(1, 10))
    year = max(points)

    def p(goal: Fraction) -> float:
        return chance(points, Aim(direction, goal, target_year=year + 2), year).probability or 0.0

    assert p(easy) >= p(hard) - 1e-9


@given(st.lists(st.integers(0, 1000), min_size=4, max_size=6), st.integers(0, 1000))
def test_a_limit_holds(values: list[int], target: int) -> None:
    points = {2018 + n: Fraction(v, 10) for n, v in enumerate(values)}
    found = chance(points, Aim(1, Fraction(target, 10), target_year=2026, bound=Fraction(100)), max(points))
    assert found.probability is not None and 0 <= found.probability <= 1
    assert 0 <= (found.low or 0) <= (found.middle or 0) <= (found.high or 0) <= 100


def test_the_printed_record_belongs_to_the_constants() -> None:
    """Whoever changes a constant runs the back-test again: python -m tests.benchmarks.backtest --write."""
    record = yaml.safe_load((PROJECT / "flows/outlook/record.yml").read_text(encoding="utf-8"))
    assert record["belief"] == vars(BELIEF)
    assert record["completion"] == COMPLETION._asdict()
    rules = ("Destatis", "StatCan", "last value stays")
    for judged in record["sets"].values():
        scores = {m["method"]: m["brier"] for m in judged["methods"]}
        assert scores["own model"] < min(scores[name] for name in rules)


# --- the door ---

HEAD = "target,indicator,rule,value,base_year,target_year,limit,unit\n"


def test_each_year_uses_only_what_was_known(tmp_path: Path) -> None:
    targets = HEAD + "t,x,at_least,90,2020,2025,100,%\n"
    lines = ["x,2020,80", "x,2021,82", "x,2022,84", "x,2023,85", "x,2024,70"]
    head = "indicator,year,value\n"
    whole = asked(tmp_path, targets, head + "\n".join(lines))
    for n in range(1, 5):
        assert asked(tmp_path, targets, head + "\n".join(lines[:n])) == whole[: 3 * n]
    assert asked(tmp_path, targets, head + "\n".join(reversed(lines))) == whole


def test_what_cannot_be_judged_says_why(tmp_path: Path) -> None:
    targets = HEAD + (
        "two,a,at_least,90,2020,2025,,\nnone,b,at_least,90,2020,2025,,\nbase,c,baseline_change,-20,2019,2025,,\n"
        "high,d,at_least,90,2020,2025,100,%\nother,c,not_below_area,,2020,2025,,\n"
    )
    values = "indicator,year,value\na,2020,1\na,2020,2\nc,2020,5\nd,2020,104\n"
    found = {(r["target"], r["method"]): r for r in asked(tmp_path, targets, values)}
    assert found["two", "own"]["reason"] == "2020年有两个数值（1、2），须先核实"
    assert found["two", "destatis"]["verdict"] == "none"
    assert found["none", "statcan"]["reason"] == "没有这个指标的数值"
    assert found["base", "own"]["reason"] == "缺少2019年（基期）数值，无法确定目标值"
    assert found["high", "own"]["reason"] == "2020年的数值超出自然界限100，须先核实"
    assert found["other", "own"]["reason"] == "规则 not_below_area 须与另一地区比较，单个序列无法评价"
    assert {r["verdict"] for r in found.values() if r["method"] == "own"} == {"无法判断"}


def test_a_base_year_without_value_is_replaced_and_said(tmp_path: Path) -> None:
    values = "indicator,year,value\nx,2021,80\nx,2022,82\n"
    found = {
        r["method"]: r for r in asked(tmp_path, HEAD + "t,x,at_least,90,2020,2025,,\n", values) if r["year"] == "2022"
    }
    assert found["statcan"]["reason"].startswith("2020年没有数值，以2021年为基期")
    assert found["own"]["reason"].startswith("2020年没有数值，以2021年为基期")


@pytest.mark.parametrize(
    ("targets", "values", "message"),
    [
        ("target,indicator\n", "indicator,year,value\n", "t.csv 第1行：表头缺少rule、value"),
        (HEAD + "t,x,atleast,90,,,,\n", "indicator,year,value\n", "t.csv 第2行 rule 列为“atleast”"),
        (HEAD + "t,x,at_least,,,,,\n", "indicator,year,value\n", "t.csv 第2行 value 列为空"),
        (HEAD + "t,x,at_least,9,20,,,\n", "indicator,year,value\n", "t.csv 第2行 base_year 列为“20”"),
        (HEAD + "t,x,at_least,9,,,,\nt,x,below,9,,,,\n", "indicator,year,value\n", "不重复的名称（第2行已有）"),
        (HEAD, "indicator,year,value\nx,2020,八十\n", "v.csv 第2行 value 列为“八十”，应为数字"),
        (HEAD, "indicator,year,value\nx,2020,inf\n", "v.csv 第2行 value 列为“inf”"),
    ],
)
def test_bad_tables_are_refused_by_line(tmp_path: Path, targets: str, values: str, message: str) -> None:
    with pytest.raises(MendableError, match=message.replace("“", ".").replace("（", ".").replace("）", ".")):
        asked(tmp_path, targets, values)


def test_gb18030_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(
        (HEAD + "孕产妇死亡率达标,孕产妇死亡率,at_most,8.5,2020,2025,0,/10万\n").encode("gb18030")
    )
    (tmp_path / "v.csv").write_bytes("indicator,year,value\n孕产妇死亡率,2020,8\n".encode("gb18030"))
    out = io.StringIO()
    ask(tmp_path / "t.csv", tmp_path / "v.csv", "own", "csv", out)
    assert "孕产妇死亡率达标,2020,own,提前达标" in out.getvalue()


def test_text_that_a_spreadsheet_would_run_is_quoted(tmp_path: Path) -> None:
    found = asked(tmp_path, HEAD + "=1+1,x,at_least,9,,,,\n", "indicator,year,value\nx,2020,8\n")
    assert {r["target"] for r in found} == {"'=1+1"}
    assert defaultdict(int, {r["method"]: 1 for r in found}).keys() == {"destatis", "statcan", "own"}

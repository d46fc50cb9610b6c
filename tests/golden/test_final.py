"""The final evaluation: outcomes computed by hand, counts and their bounds, the ranking, the next
baseline, odd input.
"""

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from expectations import stakes
from expectations.catalog import load
from expectations.records import Catalog
from expectations.vocabulary import Basis, Level
from flows import pipeline
from flows.desk import intake, trial
from flows.desk.filing import Wanted
from flows.places import PROJECT, MendableError, Places
from flows.press import binding, pdf
from flows.press.numbers import Figure
from flows.report import compose, make
from flows.report.facts import Facts, published
from flows.report.facts.evaluation import Carried, Count, Evaluation, Outcome, spans, together
from flows.report.kinds import KINDS, final, review
from tests.fixtures import editions
from tests.fixtures.homes import GOLDEN_WORDS, Same, home_in
from tests.fixtures.printed import offered_in_vain, text, unpressed
from tests.fixtures.promises import POLICY, outcome
from tests.fixtures.warehouses import ONE_YEAR, changed, golden_warehouse
from tests.second_reader import compare, contradictions
from tests.second_reader.__main__ import read

pytestmark = pytest.mark.usefixtures("shelf")

BREAK = {"later": ({"since": 2025, "note": "自2025年起改用新口径"},), "calibers": "0 0 0 0 0 2025"}
"""The last year is counted otherwise than all years before it."""


def suppressed(rule: str, values: str, value: str | None = None) -> Outcome:
    """As the public edition has it: no value, no verdict."""
    item = outcome(rule, values, value).item
    hidden = {"verdict": "suppressed", "reason": "suppressed", "met": None, "value": None, "change_baseline": None}
    row = {**item.row, **hidden}
    return Outcome(replace(item, row=row, history={**item.history, 2025: row}))


@pytest.mark.parametrize(
    ("rule", "value", "values", "extra", "judgement"),
    [
        # a number at the end, and since when
        ("at_least", "70", "60 62 64 66 68 70", {}, "达标"),
        ("at_least", "70", "60 65 70 71 72 73", {}, "提前达标（2022年起）"),
        ("at_least", "70", "60 71 65 66 69 70", {}, "达标"),  # early and lost again is not early
        ("at_least", "70", "60 71 – 72 – 73", {}, "提前达标（2021年起）"),  # years without data do not tell
        ("at_least", "70", "60 – 72 72 – 73", {}, "提前达标（不晚于2022年）"),
        ("at_least", "70", "60 71 72 70 69 65", {}, "未达标（2021—2023年曾达标）"),
        ("above", "70", "60 62 64 66 68 70", {}, "基本达标"),  # 高于 does not include the number
        # basically met: 70 − 0.5 % = 69.65
        ("at_least", "70", "60 62 64 66 68 69.65", {}, "基本达标"),
        ("at_least", "70", "60 62 64 66 68 69.64", {}, "未达标"),
        ("at_least", "70", "69.8 69 69 69 69 69.7", {}, "未达标"),  # no nearer than the baseline
        ("at_least", "70", "– 62 64 66 68 69.65", {}, "未达标"),  # nearer than what? no baseline, no 基本达标
        ("at_most", "20", "30 28 26 24 22 20.1", {"better": "lower"}, "基本达标"),  # as 国家统计局 printed in 2020
        ("at_most", "20", "30 28 26 24 22 20.11", {"better": "lower"}, "未达标"),
        # promised for every year
        ("at_least", "95", "90 95 96 97 98 99", {"every_year": True}, "达标"),
        ("at_least", "95", "96 96 94.9 97 98 99", {"every_year": True}, "未达标（2022年未达标）"),
        ("at_least", "95", "96 94 94 94 98 93", {"every_year": True}, "未达标（2021—2023年、2025年未达标）"),
        ("at_least", "95", "96 96 – 97 98 99", {"every_year": True}, "无数据（2022年未报送）"),
        ("at_least", "95", "96 96 – 94 98 99", {"every_year": True}, "未达标（2023年未达标）"),  # one miss is enough
        ("yearly_change", "-1", "50 49 48 47 46 45", {"better": "lower"}, "达标"),
        ("yearly_change", "-1", "50 49 48 47.5 46 45", {"better": "lower"}, "未达标（2023年未达标）"),
        # to be kept: the end value decides, and a year that broke it is told; never early
        ("at_least", "95", "96 94 96 97 98 99", {"words": "保持在"}, "达标（2021年低于要求）"),
        ("at_least", "95", "96 96 96 97 98 99", {"words": "保持在"}, "达标"),
        ("at_least", "95", "96 96 – 97 98 99", {"words": "保持在"}, "达标"),
        ("at_least", "95", "96 96 96 97 98 90", {"words": "保持在"}, "未达标（2021—2024年曾达标）"),
        ("at_most", "25", "27.8 27 26 25.5 25.1 24.6", {"better": "lower", "words": "控制在"}, "达标"),  # on its way down
        ("at_most", "25", "24 26 24.5 25 25 24.6", {"better": "lower", "words": "控制在"}, "达标（2021年高于要求）"),
        ("at_most", "25", "24 24 24.5 25 25 24.6", {"better": "lower", "words": "控制在"}, "达标"),
        # … but what the baseline year broke is reached, and may be so early
        ("at_most", "20", "30 22 19.9 18 19 17", {"better": "lower", "words": "控制在"}, "提前达标（2022年起）"),
        ("at_most", "20", "30 19 22 19 21 17", {"better": "lower", "words": "控制在"}, "达标"),
        ("below", "25", "24 25.1 24.5 24 24 24.6", {"better": "lower", "words": "控制在"}, "达标（2021年高于要求）"),
        ("at_most", "20", "30 19 22 19 18 20.1", {"better": "lower", "words": "控制在"}, "基本达标"),
        ("below", "25", "24 25 24.5 24 24 24.6", {"better": "lower", "words": "控制在"}, "达标（2021年未达要求）"),
        ("below", "25", "24 25 25.1 24 24 24.6", {"better": "lower", "words": "控制在"}, "达标（2021年、2022年未达要求）"),
        ("hold", None, "60 58 60 60 60 60", {}, "达标（2021年低于要求）"),
        ("hold", None, "60 62 60 60 60 60", {"better": "lower"}, "达标（2021年高于要求）"),
        ("near_balance", None, "33 34 32 35 36 37", {}, "达标"),
        ("near_balance", None, "67 66 65 64 66 68", {}, "未达标"),
        # directions: better than the baseline at the end; never early, never basically met
        ("increase", None, "60 61 62 63 64 65", {}, "达标"),
        ("increase", None, "60 61 62 63 64 60", {}, "未达标"),
        ("increase", None, "60 61 62 63 64 59.9", {}, "未达标"),
        ("decrease", None, "60 61 62 63 64 59.9", {"better": "lower"}, "达标"),
        ("hold", None, "60 61 62 63 64 59", {}, "达标"),  # hold_tolerance: 1
        ("hold", None, "60 61 62 63 64 58.9", {}, "未达标"),
        ("narrow_gap", None, "4 5 5 5 5 3.9", {}, "达标"),
        # no outcome, and why
        ("at_least", "70", "60 71 72 73 74 –", {}, "无数据（未报送）"),
        ("at_least", "70", "60 71 72 73 74 x", {}, "无数据（核查未通过）"),
        ("increase", None, "– 61 62 63 64 65", {}, "无法判断（缺基期数据）"),
        ("increase", None, "60 61 62 63 64 65", BREAK, "无法判断（口径变化）"),
        ("increase", None, "60 61 62 63 64 65", BREAK | {"calibers": "0 0 0 0 0 0"}, "达标"),
        ("increase", None, "60 61 62 63 64 –", BREAK, "无数据（未报送）"),
        ("at_least", "70", "– – – – – –", {}, "无数据（未报送）"),
    ],
)  # fmt: skip
def test_what_became_of_a_target(
    rule: str, value: str | None, values: str, extra: dict[str, Any], judgement: str
) -> None:
    assert str(outcome(rule, values, value, **extra).judgement) == judgement


def test_a_suppressed_target_is_neither_met_nor_missed() -> None:
    found = suppressed("at_least", "60 62 64 66 68 70", "70")
    assert (found.status, str(found.judgement), found.sign) == ("suppressed", "数据保护", "※")
    assert (found.distance, str(found.change)) == (None, "—")


def test_the_attainment_rate_has_both_denominators_and_its_bounds() -> None:
    ends = ["73", "70", "70", "69.65", "60", "60", "–"]  # early, met, met, nearly, missed, missed, no data
    outcomes = [outcome("at_least", f"60 62 64 66 {71 if n == 0 else 68} {end}", "70") for n, end in enumerate(ends)]
    count = Count([*outcomes, suppressed("at_least", "60 62 64 66 68 70", "70")], "final/all")
    numbers = (count.all, count.judged, count.attained, count.number("missed"), count.number("no_data"))
    assert [int(n.value) for n in numbers] == [8, 6, 4, 2, 1]
    assert [str(r) for r in (count.rate, count.least, count.most)] == ["66.7", "50.0", "75.0"]  # 4/6, 4/8, (8−2)/8
    assert count.rate.fact == "final/all/rate/judged"  # type: ignore[union-attr]
    assert str(Count([], "none").rate) == "不适用"


def test_both_rates_of_what_is_to_be_kept() -> None:
    """By the end value 3 of 4, as if every year counted 1 of 4; where a year is kept back, only the first is told. What the
    baseline year was beyond is a number to be reached: it was not broken before it was.
    """

    def kept(values: str) -> Outcome:
        return outcome("at_least", values, "95", words="保持在")

    all_years, once, twice = kept("96 96 96 96 96 96"), kept("96 94 96 96 96 96"), kept("96 94 96 90 96 96")
    lost = kept("96 96 96 96 96 90")
    count = Count([all_years, once, twice, lost], "all")
    assert (str(count.rate), str(count.kept)) == ("75.0", "25.0")
    assert str(Count([all_years, lost], "all").kept) == "不适用"
    reached = outcome("at_most", "27.8 27 26 25.5 25.1 24.6", "25", better="lower", words="控制在")
    strayed = outcome("at_most", "24 26 24.5 25 25 24.6", "25", better="lower", words="控制在")
    assert str(Count([reached], "all").kept) == "不适用"
    assert str(Count([reached, strayed], "all").kept) == "50.0"
    row = {**all_years.item.history[2022], "verdict": "suppressed", "met": None}
    hidden = Outcome(replace(all_years.item, history={**all_years.item.history, 2022: row}))
    assert str(Count([hidden, once], "all").kept) == "不适用"


def test_which_way_the_middle_lies() -> None:
    assert [outcome("near_balance", v).trend for v in ("33 34 35 36 37 38", "67 66 65 64 63 62",
    "33 34 35 36 37 32")] == [
        "improved", "improved", "worse",
    ]  # fmt: skip


def test_a_slower_rise_is_no_distance_from_a_level() -> None:
    assert outcome("slow_increase", "10 11 12 13 14 17").distance is None


def test_years_are_told_as_spans() -> None:
    assert spans([2021, 2022, 2024, 2025, 2026]) == "2021年、2022年、2024—2026年"


def test_problems_are_ranked_by_what_is_at_stake() -> None:
    """As the year's warnings are: a firm number by its distance, then a direction, then 力争, then what was missed on the
    way.
    """
    far, near = (outcome("at_least", f"50 52 54 56 58 {v}", "70") for v in ("60", "65"))
    worse = outcome("at_least", "69 68 68 68 68 68.6", "70")
    soft = outcome("at_least", "60 50 50 50 50 10", "70", soft="力争")
    direction = outcome("increase", "60 60 60 60 60 59")
    once = outcome("at_least", "48 49.2 51 52 52 52.7", "50", every_year=True)
    given = {f"t{n}": o for n, o in enumerate((once, direction, near, soft, far, worse))}
    placed = stakes.order(
        [
            stakes.Stake(replace(o.item.promise, target=o.item.promise.target.model_copy(update={"id": key})),
                         o.item.verdict, distance=abs(o.item.row["value"] / o.item.row["threshold"] - 1))
            for key, o in given.items()
        ],
        POLICY.outlook,
    )  # fmt: skip
    ranked = {key: Outcome(replace(o.item, row={**o.item.row, "priority": placed[key]})) for key, o in given.items()}
    evaluation = Evaluation.__new__(Evaluation)
    evaluation.outcomes = list(ranked.values())
    expected = [far, near, worse, direction, soft, once]
    assert [o.item.promise.target for o in evaluation.problems] == [o.item.promise.target for o in expected]
    assert [o.weight for o in evaluation.problems] == [1, 1, 1, 2, 2, 1]
    assert [str(o.distance_figure) for o in evaluation.problems] == ["14.3", "7.1", "2.0", "1.7", "85.7", "1.6"]
    assert [o.trend for o in evaluation.problems] == ["improved", "improved", "worse", "worse", "worse", "improved"]


def test_the_final_ranks_as_the_warnings_of_its_year_do(home: Path, evaluated: Path) -> None:
    with golden_warehouse(home) as con:
        warned = con.execute(
            "select target, level from out_warnings join out_assessments using (target, year) "
            "where year = 2022 and kind = 'miss' and met = false order by priority"
        ).fetchall()
    names = {"demo_women_2021.g2.1.women_party_members": "目标2.1", "demo_women_2021.g2.2.women_delegates": "目标2.2",
             "demo_women_2021.g1.1.maternal_mortality": "目标1.1"}  # fmt: skip
    told = [(r["条目"], r["级别"]) for r in table(evaluated / "problems.csv")]
    assert told == [(names[target], Level.of(level).word) for target, level in warned]
    assert [level for _, level in told] == sorted((level for _, level in told), key=list(Level.words().values()).index)


@pytest.mark.parametrize(
    ("made", "basis"),
    [
        (outcome("at_least", "60 62 64 66 68 70", "70"), "end"),
        (outcome("at_least", "60 65 70 71 72 73", "70"), "end"),  # early
        (outcome("at_least", "60 62 64 66 68 69.65", "70"), "near"),
        (outcome("at_least", "60 62 64 66 68 69.64", "70"), "end"),
        (outcome("at_least", "95 96 96 96 96 96", "95", every_year=True), "yearly"),
        (outcome("at_least", "95 96 96 96 96 96", "95", words="保持在"), "end"),
        (outcome("increase", "60 61 62 63 64 65"), "end"),
        (outcome("at_least", "60 62 64 66 68 –", "70"), None),
        (suppressed("at_least", "60 62 64 66 68 70", "70"), None),
    ],
)
def test_what_an_outcome_rests_on(made: Outcome, basis: str | None) -> None:
    assert made.basis == basis


def test_the_annex_counts_what_every_outcome_rests_on(home: Path, tmp_path: Path) -> None:
    html = composed(home, "", lambda catalog: catalog, tmp_path)
    rows = [line.strip().split("\t") for line in text(html).partition("得出结果的依据")[2].splitlines()]
    counts = {row[0]: int(row[2]) for row in rows if len(row) == 3 and row[2].isdigit()}
    assert counts == {Basis.END.word: 5, Basis.YEARLY.word: 1, Basis.STATEMENT.word: 1}
    assert "无数据的2项不在表中" in text(html)  # 5 + 1 + 1 + 2: all nine targets of the golden plan


def test_what_is_kept_back_is_not_called_incomparable() -> None:
    kept_back, unknown = (
        suppressed("at_least", "60 62 64 66 68 70", "70"),
        outcome("at_least", "– 62 64 66 68 70", "70"),
    )
    point = {"value": None, "state": "suppressed", "caliber": 0}
    kept_back = Outcome(replace(kept_back.item, series={**kept_back.item.series, 2025: point}))
    assert [str(o.trend_word) for o in (kept_back, unknown)] == ["数据保护", "无法比较"]
    count = Count([kept_back, unknown], "all")
    assert [int(count.moved[t].value) for t in ("incomparable", "suppressed")] == [1, 1]


def test_the_distance_of_a_yearly_promise_is_that_of_the_year_it_was_missed() -> None:
    lost = outcome("at_least", "48 49.2 51 52 52 52.7", "50", every_year=True)
    assert (str(lost.distance_figure), lost.failing["year"], lost.trend) == ("1.6", 2021, "improved")
    assert isinstance(lost.distance_figure, Figure)
    assert lost.distance_figure.fact.endswith("/2021/distance")


def test_what_several_plans_promise_is_told_once_where_the_first_of_them_stands() -> None:
    first, between, again = (
        outcome("at_least", f"50 52 54 56 58 {v}", t) for v, t in (("60", "70"), ("65", "71"), ("60", "70"))
    )
    assert together([first, between, again]) == [[first, again], [between]]


@pytest.mark.parametrize(("state", "carry"), [("suppressed", "protected"), ("not_received", "supply")])
def test_a_figure_that_is_not_told_is_no_missing_figure(state: str, carry: str) -> None:
    met = outcome("at_least", "60 62 64 66 68 70", "70")
    indicator = met.item.promise.indicator
    assert indicator is not None
    assert Carried("x", indicator, [met], {"total": {"value": None, "state": state}}).next == carry


def test_values_beside_which_the_years_cannot_be_compared_are_marked_once() -> None:
    """An unchanged caliber has no mark; where the change of caliber is the reason, it is told already."""
    told = [
        str(outcome(rule, "60 61 62 63 64 95", value, **parts).item.judgement)
        for rule, value, parts in (("at_least", "90", BREAK), ("at_least", "90", {}), ("increase", None, BREAK))
    ]
    assert told == ["达标（与2025年以前不可比）", "达标", "无法判断（口径变化）"]


def test_a_value_that_cannot_be_compared_is_not_called_missing() -> None:
    there, missing = (outcome("increase", f"60 61 62 63 64 {end}", **BREAK) for end in ("65", "–"))
    assert [(o.status, o.basis, o.sign) for o in (there, missing)] == [("unknown", None, "◇"), ("no_data", None, "？")]
    count = Count([there, there, missing], "all")
    assert [int(count.number(s).value) for s in ("unknown", "no_data")] == [2, 1]
    assert int(count.judged.value) == 0
    indicator = there.item.promise.indicator
    assert indicator is not None
    rows = {"total": {"value": 65.0, "state": "ok"}}
    assert [Carried("x", indicator, [o], rows).next for o in (there, missing)] == ["compare", "supply"]


@pytest.mark.parametrize(
    ("rule", "value", "limit", "completion"),
    [
        ("at_most", "0", "8", "100.0"), ("at_most", "8", "8", "100.0"), ("at_most", "10", "8", "80.0"),
        ("at_least", "0", "70", "0.0"), ("at_least", "63", "70", "90.0"), ("at_least", "77", "70", "100.0"),
    ],
)  # fmt: skip
def test_completion_goes_by_the_figures_where_the_verdict_is_not_told(
    rule: str, value: str, limit: str, completion: str
) -> None:
    item = outcome(rule, f"50 40 30 20 10 {value}", limit).item
    assert str(item.completion) == completion
    assert str(replace(item, row={**item.row, "met": None, "verdict": "suppressed"}).completion) == completion


def test_a_document_is_cited_by_its_title() -> None:
    assert (
        review.titled("某区人民政府关于印发规划的通知，2022年8月4日")
        == "《某区人民政府关于印发规划的通知》，2022年8月4日"
    )
    assert review.titled("示例，无原文") == "示例，无原文"


# --- the golden district, its plan ending in 2022 (tests/golden/README.md) ---


def do(title: str, stage: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return "" if title == "编排公开版" else stage(*args, **kwargs)  # as long as all the others


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("final")
    home_in(folder)
    plan = folder / "expectations" / "plans" / "demo_women_2021" / "plan.yml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("end: 2025", "end: 2022"), encoding="utf-8")
    earlier = folder / "output" / "990101" / "2021"
    for place, value, verdict in (("annual.earlier/aaa", 67.5, "behind"), ("annual", 68.0, "on_course")):
        (earlier / place).mkdir(parents=True)
        (earlier / place / "manifest.json").write_text(json.dumps({"run": place[-3:]}), encoding="utf-8")
        first = editions.target("demo_women_2021.g1.2.cervical_screening", 2021, verdict, value, f"{value:.2f}")
        editions.write(earlier / place, 2021, [first])
    (earlier / "annual.earlier" / "order.txt").write_text("aaa\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(folder))
        patch.setattr(pdf, "press", unpressed)  # real_figures and example set the pages of a final evaluation
        with pipeline.baseline_copied(folder / "new.csv", KINDS["final"], 2022, "990101"):
            pipeline.make(KINDS["final"], None, "990101", do, draft=True)
    yield folder


@pytest.fixture(scope="module")
def evaluated(home: Path) -> Path:
    return home / "output" / "990101" / "2022" / "final"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_outcomes_of_the_golden_district(evaluated: Path) -> None:
    found = [(r["条目"], r["结果"], r["说明"]) for r in table(evaluated / "outcomes.csv")]
    assert found == [
        ("目标1.1", "未达标", "2022年未达标，受小样本影响"), ("目标1.2", "达标", "—"), ("目标1.2", "提前达标", "基期已达到"),
        ("目标1.3", "达标", "—"), ("目标1.4", "无数据", "未报送"), ("目标1.5", "已落实", "—"),
        ("目标1.5", "无数据", "核查未通过"), ("目标2.1", "未达标", "—"), ("目标2.2", "未达标", "—"),
    ]  # fmt: skip
    [*_, total] = table(evaluated / "attainment.csv")
    assert [total[k] for k in ("定量目标", "可评价", "达标率（%）", "下限（%）", "上限（%）")] == [
        "8",
        "6",
        "50.0",
        "37.5",
        "62.5",
    ]


def test_a_second_reader_and_the_evaluation_itself_find_no_fault(home: Path, evaluated: Path) -> None:
    mine, left = read(home, "990101", 2022, GOLDEN_WORDS)
    assert left == []
    found = compare.edition(mine, evaluated, public=False)
    assert found.differences == []
    assert found.counts["outcomes.csv 结果"] == 8
    assert contradictions.edition(evaluated)[1] == []


@pytest.mark.parametrize(
    ("name", "fault", "where"),
    [
        ("since", 2022, "outcomes.csv 结果"),  # nothing is early any more
        ("missed_years", [], "outcomes.csv 所列年份"),  # a year that broke a promise for every year is not told
    ],
)
def test_a_fault_in_the_evaluation_is_found(
    home: Path, name: str, fault: Any, where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Outcome, name, fault)
    catalog = load("990101", home / "expectations")
    with golden_warehouse(home) as con:
        make(KINDS["final"], con, catalog, 2022, tmp_path, write=lambda *_: tmp_path / "report.pdf")
    mine, _ = read(home, "990101", 2022, GOLDEN_WORDS)
    differences = compare.edition(mine, tmp_path, public=False).differences
    assert differences
    assert [line for line in differences if not line.startswith(where)] == []


def test_what_was_first_published_is_the_oldest_edition_of_the_year(evaluated: Path) -> None:
    [row] = table(evaluated / "first_published.csv")
    assert [row[k] for k in ("年份", "首次公布数值", "现行数值", "数值", "首次公布评价")] == [
        "2021",
        "67.50",
        "68.00",
        "有变化",
        "达标困难",
    ]
    manifest = json.loads((evaluated / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["kind"], manifest["draft"], list(manifest["editions"])) == ("final", True, ["2021"])


def test_the_next_baseline(home: Path, evaluated: Path) -> None:
    assert (home / "new.csv").read_bytes() == (evaluated / "baseline.csv").read_bytes()
    rows = {(r["indicator"], r["sex"]): r for r in table(home / "new.csv")}
    screening = rows["cervical_screening", "total"]
    assert [screening[k] for k in ("year", "numerator", "denominator", "state", "carry")] == [
        "2022",
        "840",
        "1200",
        "ok",
        "hold",
    ]
    assert Decimal(screening["value"]) == 70
    assert [screening[k] for k in ("lowest", "lowest_at", "gap")] == ["67.5", "西镇", "—"], "270 of 400 in 西镇"
    assert {r["lowest"] for key, r in rows.items() if key[0] != "cervical_screening"} == {"—"}
    assert rows["women_party_members", "total"]["carry"] == "press"
    assert {r["carry"] for (indicator, _), r in rows.items() if indicator == "regular_exercise"} == {"supply"}


def test_the_next_baseline_has_the_gap_that_is_judged(home: Path) -> None:
    sql = (
        "update out_assessments set value = 2.25 where target like '%health_literacy' and year = 2022",
        "update out_indicators set value = 31.123456789, state = 'ok' where indicator = 'health_literacy' and year = 2022",
    )
    with changed(home, *sql) as con:
        catalog = load("990101", home / "expectations")
        header, listed = final.baseline(Evaluation(Facts(con, catalog, 2022)))
    rows = [dict(zip(header, row, strict=True)) for row in listed if row[0] == "health_literacy"]
    assert {r["sex"]: r["gap"] for r in rows} == {"female": None, "male": None, "total": "2.25"}
    assert {r["value"] for r in rows} == {"31.123457"}, "no finer than a delivery can hold it"


NEXT = ("start: 2021\nend: 2022\nbaseline: 2020", "start: 2023\nend: 2027\nbaseline: 2022")


@pytest.fixture(scope="module")
def following(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The next plan, of which the baseline year has nothing but baseline.csv, in the form that the page shows."""
    folder = tmp_path_factory.mktemp("following")
    for part in ("expectations", "raw"):
        shutil.copytree(home / part, folder / part)
    own = folder / "expectations"
    page = (PROJECT / "docs" / "final.md").read_text(encoding="utf-8")
    [form] = re.findall("```yaml\n(plan_baseline:.*?)```", page, re.S)
    (own / "datasets/all.yml").write_text(
        (own / "datasets/all.yml").read_text(encoding="utf-8") + form, encoding="utf-8"
    )
    shutil.copytree(own / "plans/demo_women_2021", own / "plans/demo_women_2023")
    for path, old, new in (
        (own / "plans/demo_women_2023/plan.yml", *NEXT),
        (own / "districts/990101.yml", "plans: [demo_women_2021]", "plans: [demo_women_2023]"),
        (own / "districts/990101.yml", "departments:", "departments:\n  statistics: {name: 区统计局}"),
    ):
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
    raw = folder / "raw/990101"
    for year in (2020, 2021):
        shutil.rmtree(raw / str(year))
    shutil.copytree(raw / "2022", raw / "2023")
    for path in (raw / "2023").iterdir():
        path.write_bytes(path.read_bytes().replace(b"2023", b"2024").replace(b"2022", b"2023"))
    for year, kept in ((2022, ()), (2023, ("maternal_health",))):
        register = raw / str(year) / "deliveries.yml"
        head = yaml.safe_load(register.read_text(encoding="utf-8"))
        head["deliveries"] = [e for e in head["deliveries"] if e["dataset"] in kept]
        for entry in head["deliveries"]:
            entry["sha256"] = hashlib.sha256((register.parent / entry["file"]).read_bytes()).hexdigest()
        register.write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
    return folder


def test_the_next_plan_takes_its_baseline_from_it(
    home: Path, following: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(following / "raw", tmp_path / "raw")
    catalog, place = load("990101", following / "expectations"), Places(tmp_path)
    assert intake.receive([home / "new.csv"], catalog, place, Wanted(dataset="plan_baseline"), None, "上期终期评估")
    assert "如决定采用：应填11格，填写6格，采用6格" in capsys.readouterr().out  # the year's lock is long past
    with trial.judged(catalog, place.raw, 2023) as con:
        found = dict(
            con.execute(
                "select target, baseline from out_assessments where year = 2023 and value is not null"
            ).fetchall()
        )
    assert found["demo_women_2023.g1.2.cervical_screening"] == 70
    assert found["demo_women_2023.g1.3.maternal_anaemia"] == pytest.approx(11.5)
    assert found["demo_women_2023.g1.2.cervical_screening.every_unit_at_least"] is None, "it is told and not read"


def test_a_baseline_that_its_own_forms_contradict_is_asked_about(
    home: Path, following: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both are there: the computed figure is the baseline, and the sender is asked where the other is not the same."""
    shutil.copytree(following / "raw", tmp_path / "raw")
    shutil.rmtree(tmp_path / "raw/990101/2022")
    shutil.copytree(home / "raw/990101/2022", tmp_path / "raw/990101/2022")
    wrong = tmp_path / "base.csv"
    text = (home / "new.csv").read_text(encoding="utf-8-sig")
    assert ",2022,total,70,840,1200," in text
    wrong.write_text(text.replace(",2022,total,70,840,1200,", ",2022,total,71,840,1200,"), encoding="utf-8")
    catalog, place = load("990101", following / "expectations"), Places(tmp_path)
    assert not intake.receive([wrong], catalog, place, Wanted(dataset="plan_baseline"), None, "上期终期评估")
    assert "“宫颈癌筛查率”（全区）为71%，由基础数据计算为70%" in capsys.readouterr().out.replace("\n", "")


def test_the_text_of_the_final_evaluation(home: Path, tmp_path: Path, same: Same) -> None:
    html = composed(home, "", lambda catalog: catalog, tmp_path)
    same(text(html), "final.txt")


def test_a_brief_calls_what_falls_short_as_its_report_does(edition: Path, evaluated: Path) -> None:
    for folder, word, other in ((edition, "未达进度", "未达标的"), (evaluated, "未达标", "未达进度")):
        told = "".join((folder / "brief.txt").read_text(encoding="utf-8").split())
        assert re.search(f"{word}的[0-9]+项", told)
        assert other not in told


def test_every_figure_and_judging_word_is_bound(evaluated: Path) -> None:
    printed = table(evaluated / "figures.csv")  # written only where nothing is unbound (flows/press/binding.py)
    assert {"final/all/rate/judged", "demo_women_2021.g1.1.maternal_mortality/2022/outcome"} <= {
        r["依据"] for r in printed
    }


def composed(home: Path, change: str, catalogue: Callable[[Catalog], Catalog], folder: Path) -> str:
    """The golden evaluation from a warehouse and a catalogue that were changed; nothing in it may be unbound."""
    catalog = catalogue(load("990101", home / "expectations"))
    with changed(home, change) as con:
        made = KINDS["final"].of(Facts(con, catalog, 2022))
        made.tables()
        html = dict(compose(made, folder))["report"]
    assert list(binding.read(html, made.words).problems) == []
    assert not re.search(r"\b(None|nan|inf|unknown|not_received)\b", re.sub(r"<[^>]+>", "", html))
    return html


NOTHING_IN_2 = (
    "delete from out_indicators where indicator in ('women_party_members', 'women_delegates');"
    "update out_assessments set value = null, threshold = null, met = null, baseline = null, change_baseline = null, "
    "verdict = 'unknown', reason = 'not_received', method = null where target like 'demo_women_2021.g2.%'"
)
NOTHING_JUDGED = (
    "update out_assessments set met = null, change_baseline = null, verdict = 'unknown', reason = 'break', method = null "
    "where value is not null"
)
NO_STATEMENT = (
    "delete from core_statements; update out_assessments set verdict = 'unknown', reason = 'not_received', "
    "method = null where verdict = 'carried_out'"
)
SUPPRESSED = (
    "update out_indicators set value = null, numerator = null, denominator = null, state = 'suppressed' "
    "where indicator = 'cervical_screening';"
    "update out_assessments set value = null, met = null, change_baseline = null, baseline = null, previous = null, "
    "verdict = 'suppressed', reason = 'suppressed', method = null where target like '%cervical_screening%'"
)


def value(number: float) -> str:
    return "; ".join(
        f"update {t} set value = {number} where {k} like '%women_party_members' and year = 2022"
        for t, k in (("out_indicators", "indicator"), ("out_assessments", "target"))
    )


def named(catalog: Catalog) -> Catalog:
    indicator = catalog.indicators["women_party_members"].model_copy(update={"name": "区" * 40})
    indicators = {**catalog.indicators, "women_party_members": indicator}
    return replace(catalog, indicators=indicators)


def without_towns(catalog: Catalog) -> Catalog:
    return replace(catalog, district=catalog.district.model_copy(update={"areas": ()}))


def unchanged(catalog: Catalog) -> Catalog:
    return catalog


@pytest.mark.parametrize(
    ("change", "catalogue", "said"),
    [
        (NOTHING_IN_2, unchanged, "领域缺少可评价的定量目标"),
        (ONE_YEAR, unchanged, "没有基期和期末都分性别且口径一致的指标"),
        (value(123.94), unchanged, "123.9"),
        (value(0.004), unchanged, "0.0"),
        ("", named, "区" * 40),
        ("delete from out_indicators where length(area) > 6", without_towns, "终期评估报告"),
        ("delete from out_warnings", unchanged, "终期评估报告"),
        (NO_STATEMENT, unchanged, "无说明"),
        (SUPPRESSED, unchanged, "涉及人数较少，不予公布"),
        (NOTHING_JUDGED, unchanged, "，对规划整体不作结论。"),
    ],
    ids=["no delivery", "one year", "above 100", "tiny", "long name", "no towns", "no warnings", "no statement",
    "public", "nothing judged"],
)  # fmt: skip
def test_odd_input_stands_and_says_what_there_is(
    change: str, catalogue: Callable[[Catalog], Catalog], said: str, home: Path, tmp_path: Path
) -> None:
    assert said in composed(home, change, catalogue, tmp_path)


def test_two_hundred_problems_are_ranked(home: Path, tmp_path: Path) -> None:
    """A plan of 200 targets that were all missed: the first stand in the report's table, all in the annexes."""

    def many(catalog: Catalog) -> Catalog:
        plan = catalog.plans[0]
        [target] = plan.domains[1].goals[1].targets
        goal = plan.domains[1].goals[1]
        goals = {
            n: goal.model_copy(
                update={"targets": (target.model_copy(update={"id": f"t{n}", "value": Decimal(100 + n)}),)}
            )
            for n in range(1, 201)
        }
        domain = plan.domains[1].model_copy(update={"goals": goals, "actions": {}})
        return replace(catalog, plans=(replace(plan, domains=(domain,)),))

    copies = ";".join(
        f"insert into out_assessments select * replace ('t{n}' as target) from out_assessments "
        "where target = 'demo_women_2021.g2.1.women_party_members'"
        for n in range(1, 201)
    )
    html = composed(home, copies, many, tmp_path)
    problems, annex = (
        html.partition(f'id="{name}"')[2].partition("</section>")[0] for name in ("problems", "annex-problems")
    )
    assert (annex.count('<th scope="row">'), annex.count("区委组织部")) == (200, 200)
    assert problems.count('<th scope="row">') == final.PROBLEMS_TOLD


# --- what the user can mend ---


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home_in(tmp_path)
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("year", "message"),
    [
        (None, "规划尚未期满"),
        (2022, "2022年没有期满的规划（期满年份：示例区妇女发展规划2025年）"),
        (2025, "2025年没有报送登记"),
    ],
)
def test_a_plan_that_runs_is_not_concluded(bare: Path, year: int | None, message: str) -> None:
    with pytest.raises(MendableError, match=re.escape(message)):
        pipeline.make(KINDS["final"], year, "990101", do)


def test_a_last_year_without_deliveries_is_named(bare: Path) -> None:
    folder = bare / "raw" / "990101" / "2025"
    folder.mkdir()
    (folder / "deliveries.yml").write_text(
        yaml.safe_dump(
            {
                "district": "990101",
                "year": 2025,
                "simulated": True,
                "locked": "2026-06-30",
                "published": "2026-07-15",
                "deliveries": [],
            }
        ),
        encoding="utf-8",
    )
    with pytest.raises(MendableError, match="没有登记任何报送"):
        pipeline.make(KINDS["final"], None, "990101", do)


def test_no_file_is_written_over(bare: Path) -> None:
    (bare / "old.csv").write_text("x", encoding="utf-8")
    with (
        pytest.raises(MendableError, match="已经存在"),
        pipeline.baseline_copied(bare / "old.csv", KINDS["final"], 2022, "990101"),
    ):
        pytest.fail("begun")
    with (
        pytest.raises(MendableError, match="没有目录"),
        pipeline.baseline_copied(bare / "none" / "x", KINDS["final"], 2022, "990101"),
    ):
        pytest.fail("begun")


def test_a_public_report_reads_public_editions_only(tmp_path: Path) -> None:
    annual = tmp_path / "2021" / "annual"
    annual.mkdir(parents=True)
    editions.write(annual, 2021)
    (annual / "manifest.json").write_text('{"run": "a"}', encoding="utf-8")
    assert published.editions(tmp_path, "annual", [2021, 2022]) == {2021: annual}
    assert published.editions(tmp_path, "annual", [2021], "public") == {}
    (annual / "public").mkdir()
    editions.write(annual / "public", 2021)
    (annual / "public" / "manifest.json").write_text('{"run": "a"}', encoding="utf-8")
    assert published.editions(tmp_path, "annual", [2021], "public") == {2021: annual / "public"}


def test_each_option_of_the_page_finds_a_target(evaluated: Path) -> None:
    options, vain = offered_in_vain((evaluated / "report.html").read_text(encoding="utf-8"))
    assert (options > 5, vain) == (True, [])

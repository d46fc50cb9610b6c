"""What a sentence says of one target, in the words of a statistical report: each with a neighbour that is told otherwise."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast, get_args

import pytest

from expectations.records import Indicator, MistakeError, Revision
from expectations.rules import SeriesKind
from expectations.vocabulary import Cause, Gap, Moved
from flows import letters
from flows.press.numbers import figure
from flows.report.facts import gaps
from flows.report.facts.evaluation import Count, Outcome
from flows.report.facts.followed import Followed
from flows.report.facts.items import Item, Rare
from flows.report.papers import poster
from flows.report.say import lacking
from flows.report.say.concluding import Conclusion
from flows.report.say.narrative import Narrator
from flows.wording import read, say
from tests.fixtures.promises import CATALOG, outcome


def narrator(*doubted: Item, year: int = 2024) -> Narrator:
    """One that has nothing but its words; of `doubted` it is warned although they are fine."""
    warnings = [SimpleNamespace(item=item, row={"reason": Cause.UNLIKELY}) for item in doubted]
    facts = SimpleNamespace(year=year, catalog=CATALOG, warnings=warnings, by_sex=False)
    return Narrator(facts, read("wording"))  # type: ignore[arg-type]


def conclusion() -> Conclusion:
    facts = SimpleNamespace(year=2025, catalog=CATALOG, warnings=[], by_sex=False, named="妇女规划")
    return Conclusion(SimpleNamespace(facts=facts), read("wording"))  # type: ignore[arg-type]


def item(rule: str, values: str, value: str | None = None, year: int = 2024, **extra: Any) -> Item:
    found = outcome(rule, values, value, **extra).item
    return replace(found, row=found.history[year])


def told(found: Item, *doubted: Item) -> str:
    return narrator(*doubted).standing(found).striptags()


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (item("at_least", "96 96 96 96 96 96", "95"), "在基期已达到95%以上的目标并继续保持"),
        (item("at_least", "94 96 96 96 96 96", "95"), "提前实现95%以上的目标"),
        (item("at_least", "96 94 96 96 96 96", "95"), "提前实现95%以上的目标"),
        (item("above", "95 96 96 96 96 96", "95"), "提前实现高于95%的目标"),  # the baseline was not above it
        (item("at_most", "4.8 4.8 4.8 4.8 4.8 4.8", "5", better="lower"), "在基期已达到5%以下的目标并继续保持"),
    ],
)
def test_what_the_baseline_already_was_is_not_called_early(found: Item, said: str) -> None:
    assert told(found) == said
    assert ("基期已达到" in found.judgement) == ("基期" in said)


def test_of_a_year_that_is_kept_back_it_is_not_said_that_it_kept_the_number() -> None:
    open_, hidden = (item("at_least", "96 96 96 96 96 96", "95") for _ in range(2))
    history = {y: {**r, "met": None, "verdict": "suppressed"} if y == 2022 else r for y, r in hidden.history.items()}
    assert open_.is_kept_since_base
    assert not replace(hidden, history=history).is_kept_since_base


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (item("at_least", "90 91 92 93 94 95", "100"), "距100%的目标还差6.0个百分点，达标困难"),
        (item("at_most", "12 12 12 12 12 12", "10", better="lower"), "比10%的目标高2.0个百分点，达标困难"),
        (item("at_least", "90 91 92 93 94 95", "100", soft="力争"), "距“力争达到100%”的目标还差6.0个百分点，达标困难"),
        (item("increase", "90 90 90 90 90 90", words="逐步提高"), "未达到“逐步提高”的要求，达标困难"),
        (item("at_least", "96 96 96 96 94 96", "95", words="保持在"), "未保持在95%以上，还差1.0个百分点"),
        (item("at_least", "96 96 96 96 96 96", "95", words="保持在"), "保持在95%以上"),
        (item("at_most", "4 4 4 4 6 4", "5", better="lower", words="控制在"), "未控制在5%以内，高出1.0个百分点"),
        (item("below", "4 4 4 4 6 4", "5", better="lower", every_year=True), "未达到低于5%的要求，高出1.0个百分点"),
        (item("at_most", "4.8 4.8 4.8 4.8 4.7 4.8", "5", better="lower", every_year=True), "控制在5%以下"),
        (item("balance", "50 50 50 50 50 50", band=(40, 60), words="保持均衡"), "符合保持均衡（40%—60%）的要求"),
        (item("above", "60 66 66 66 66 66", "66", year=2022), "恰为66%，要求为高于66%（不含本数），预期可以达标"),
        (item("above", "60 65 65 65 65 66", "66", year=2022), "距66%的目标还差1.0个百分点，预期可以达标"),
        (item("above", "60 67 67 67 67 67", "66", year=2022), "提前实现高于66%的目标"),
        (
            item("below", "9 5 5 5 5 5", "5", year=2022, better="lower"),
            "恰为5%，要求为低于5%（不含本数），预期可以达标",
        ),
        (item("increase", "60 65 65 65 65 66", year=2022), "符合“提高”的要求"),
    ],
)
def test_a_verdict_is_told_as_the_plan_puts_it(found: Item, said: str) -> None:
    assert told(found) == said


def test_of_a_figure_that_is_kept_back_it_is_not_said_that_it_is_as_asked() -> None:
    found = item("above", "60 65 65 65 65 66", "66", year=2022)
    hidden = replace(found, row={**found.row, "value": None, "threshold": None, "met": None})
    assert told(hidden) == "对照高于66%的要求，预期可以达标"


@pytest.mark.parametrize(
    ("state", "said"), [("ok", "为94.0%"), ("suppressed", "数值不予公布"), ("not_received", "未报送")]
)
def test_a_poster_tells_why_there_is_no_figure(state: str, said: str) -> None:
    found = item("at_least", "90 91 92 93 94 95", "100")
    point = {"value": 94.0 if state == "ok" else None, "state": state, "caliber": 0}
    assert poster._stands(narrator(), replace(found, series={**found.series, 2024: point})).striptags() == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "2024年，指标为93.0%；缺基期数据，无法评价。"),
        (4, "指标、指标、指标等4项无法评价，原因见数据卷。"),
    ],
)
def test_directions_that_cannot_be_judged_are_told(number: int, said: str) -> None:
    fine, unknown = item("increase", "90 91 92 93 94 95"), item("increase", "– 90 91 92 93 94")
    told = narrator()._directions([fine, *[unknown] * number]).striptags()
    assert told == f"方向性目标中，指标符合规划要求的方向。{said}"


def finely(found: Item) -> Item:
    """The same, printed with two decimals."""
    assert found.promise.indicator is not None
    indicator = found.promise.indicator.model_copy(update={"decimals": 2})
    return replace(found, promise=replace(found.promise, indicator=indicator))


@pytest.mark.parametrize(
    ("now", "moved", "said", "trend"),
    [
        ("2.03", Gap.SAME, "，与上年基本持平", Moved.FLAT),
        ("2.05", Gap.SAME, "，与上年基本持平", Moved.FLAT),
        ("2.06", Gap.WIDENED, "，比上年扩大0.06个百分点", Moved.WORSE),
        ("1.94", Gap.NARROWED, "，比上年缩小0.06个百分点", Moved.IMPROVED),
    ],
)
def test_a_distance_has_one_word_for_one_change(now: str, moved: Gap, said: str, trend: Moved) -> None:
    """In the sentence of a target, in the outcome at its end, and in the table of all distances."""
    found = finely(item("narrow_gap", f"2 2 2 2 {now} {now}"))
    assert gaps.moved(Decimal(2), Decimal(now), 2, "%", CATALOG) == moved
    assert narrator().change(found).striptags() == said
    assert Outcome(finely(item("narrow_gap", f"2 2 2 2 2 {now}", year=2025))).trend == trend


def test_a_figure_that_is_no_distance_goes_by_what_is_printed() -> None:
    """Its change stands beside the word in outcomes.csv."""
    assert Outcome(finely(item("increase", "2 2 2 2 2 2.03", year=2025))).trend == Moved.IMPROVED
    assert Outcome(finely(item("increase", "2 2 2 2 2 2.003", year=2025))).trend == Moved.FLAT


def test_the_number_before_a_later_decision_is_told_beside_it() -> None:
    now = item("at_least", "60 62 64 66 68 70", "75")
    target = now.promise.target.model_copy(update={"revised": (Revision(since=2023, value="75", by="某区政府文件"),)})
    before = target.model_copy(update={"value": Decimal(70)})
    revised = replace(now, promise=replace(now.promise, target=target, earlier=(before,)))
    assert told(now).startswith("距75%的目标还差")
    assert told(revised).startswith("距75%以上（2023年起，原为70%以上）的目标还差")


def test_a_promise_for_every_year_that_was_broken_says_so_though_it_is_kept() -> None:
    broken, kept = (item("at_least", values, "2", every_year=True) for values in ("1 1 3 1 3 3", "1 3 3 3 3 3"))
    assert narrator()._reserved(broken).striptags() == "，但2021年、2023年未达标"
    assert narrator()._reserved(kept) == ""
    assert broken.judgement == "本年达标（2021年、2023年未达标）"
    assert kept.judgement == "本年达标"


def test_how_far_a_figure_is_from_what_is_asked_is_exact_in_every_paper() -> None:
    """84.8 less 80.25 is 4.55, which prints as 4.6; of two binary numbers it would be a little less, and print as 4.5."""
    short = outcome("at_least", "79 79 79 79 79 80.25", "84.8").item
    assert "4.6个百分点" in narrator(year=2025)._gap(short).striptags()
    assert "4.6个百分点" in lacking.distance(narrator(year=2025), short).striptags()
    near = outcome("at_least", "79 79 79 79 79 80.3", "84.8").item
    assert "4.5个百分点" in lacking.distance(narrator(year=2025), near).striptags()


def test_what_is_fine_and_warned_of_is_told_in_one_sentence() -> None:
    found = item("at_least", "60 62 64 66 68 70", "70")
    doubted = replace(found, row={**found.row, "probability": 0.43})
    said = narrator(doubted)._reserved(doubted).striptags()
    assert said == "，但按历年波动测算，期末达标概率为43%，列入预警"
    assert narrator()._reserved(doubted) == ""


def test_a_value_moves_toward_a_band_or_away_from_it() -> None:
    trend = {
        "70 68 66 65 64 63": Moved.IMPROVED,
        "62 63 64 65 66 67": Moved.WORSE,
        "50 51 52 53 54 55": Moved.FLAT,  # within it no side is better
        "30 32 33 34 35 39": Moved.IMPROVED,
    }
    for values, moved in trend.items():
        assert outcome("balance", values, band=(40, 60)).trend == moved
    assert outcome("balance", "– 51 52 53 54 55", band=(40, 60)).trend == Moved.INCOMPARABLE


@pytest.mark.parametrize(
    ("rule", "values", "asked", "said"),
    [
        ("at_most", "30 5 5 5 – –", "1", "按此推算2025年可降至0%"),  # 11.7 below nothing by arithmetic
        ("at_most", "30 25 20 15 – –", "1", "按此推算2025年为5.0%"),
        ("at_least", "30 5 5 5 – –", "40", "按此推算2025年为0%"),  # nobody strives for it
    ],
)
def test_a_projection_beyond_what_can_be_is_told_as_the_least_that_can_be(
    rule: str, values: str, asked: str, said: str
) -> None:
    falling = item(rule, values, asked, year=2023, better="lower" if rule == "at_most" else "higher")
    warned = SimpleNamespace(item=falling, row={"kind": "miss", "reason": "behind", "year": 2023})
    assert said in narrator(year=2023).grounds(warned).striptags()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("found", "year", "shown"),
    [
        (item("at_least", "80 85 88 89.99 91 92", "90"), 2023, "89.99"),  # missed then, and printed so
        (item("at_least", "80 85 88 90 91 92", "90"), 2023, "90.0"),
        (item("balance", "40 44.96 50 50 50 50", band=("45", "55")), 2021, "44.96"),
        (item("balance", "40 45 50 50 50 50", band=("45", "55")), 2021, "45.0"),
        (item("increase", "40 40.04 50 50 50 50"), 2021, "40.0"),  # a direction is decided by what is printed
    ],
)
def test_a_figure_does_not_look_like_the_number_that_it_missed(found: Item, year: int, shown: str) -> None:
    assert str(found.at(year)) == shown


def test_what_was_not_done_is_not_done_to_a_hundred_per_cent() -> None:
    assert str(item("at_least", "80 85 88 89 94.999 95", "95").completion) == "99.999"
    assert str(item("at_least", "80 85 88 89 95 95", "95").completion) == "100.0"


def test_a_plan_has_no_cell_before_its_baseline() -> None:
    found = item("at_least", "80 85 – 89 94 95", "95")
    assert (str(found.cell(2019)), str(found.cell(2020)), str(found.cell(2022))) == ("—", "80.0", "未报送")


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [("45.0", "55.0", "flat"), ("45.0", "54.0", "improved"), ("45.0", "56.0", "worse"), ("45.1", "54.9", "flat")],
)
def test_a_share_that_is_as_far_from_half_as_before_has_not_moved(before: str, now: str, moved: str) -> None:
    balanced = item("near_balance", f"40.0 {before} {now} – – –", year=2022)
    warned = SimpleNamespace(year=2021, kind="miss")
    assert Followed([warned], balanced, date(2023, 6, 30)).moved == moved  # type: ignore[list-item]


def test_a_change_is_told_in_per_cent_where_the_indicator_says_so() -> None:
    points = item("at_most", "12 11 10 9 6 6", "5", better="lower")
    indicator = points.promise.indicator
    assert indicator is not None
    rate = indicator.model_copy(update={"unit": "/10万", "change": "relative"})
    relative = replace(points, promise=replace(points.promise, indicator=rate))
    assert narrator().change(points).striptags() == "，比上年下降3.0个百分点"
    assert narrator().change(relative).striptags() == "，比上年下降33.3%"


@pytest.mark.parametrize(("unit", "rare", "key"), [("%", False, "change"), ("/10万", True, "change"), ("‰", False, "")])
def test_no_change_of_few_events_or_of_a_percentage_is_relative(unit: str, rare: bool, key: str) -> None:
    record = {"name": "指标", "kind": "ratio", "numerator": "a", "denominator": "b", "unit": unit, "decimals": 1,
              "better": "lower", "lead": "health", "definition": "分子与分母之比。", "change": "relative",
              "rare": rare, "interval": "poisson" if rare else None}  # fmt: skip
    if key:
        with pytest.raises(ValueError, match="相对变动") as mistake:
            Indicator.model_validate(record)
        assert isinstance(mistake.value.errors()[0]["ctx"]["error"], MistakeError)  # type: ignore[attr-defined]
    else:
        assert Indicator.model_validate(record).change == "relative"


@pytest.mark.parametrize(
    ("events", "total", "said"),
    [
        (0, 1, "当年未发生孕产妇死亡，2021—2024年共1例。"),
        (2, 5, "当年发生孕产妇死亡2例，2021—2024年共5例。"),
        (0, 0, "2021—2024年均未发生孕产妇死亡。"),
        (0, None, "当年未发生孕产妇死亡。"),  # a year of it is kept back
        (1, None, "当年发生孕产妇死亡1例。"),
    ],
)
def test_events_are_told_by_their_number(events: int, total: int | None, said: str) -> None:
    found = item("at_most", "0 0 0 0 0 0", "5", better="lower", rare=True)
    indicator = found.promise.indicator
    assert indicator is not None
    named = replace(found.promise, indicator=indicator.model_copy(update={"event": "孕产妇死亡"}))
    count = figure(events, 0, "x")
    every = None if total is None else figure(total, 0, "x")
    rare = Rare(count, count, count, count, None, every, "2021—2024年")
    assert narrator()._rare(replace(found, promise=named, rare=rare)).striptags() == said


@pytest.mark.parametrize(
    ("value", "met", "failing", "said"),
    [
        ("1", 2, ["东街道"], "2个街镇已配备班子女干部，东街道尚未配备，达标困难。"),
        ("2", 2, ["东街道"], "2个街镇已配备2人以上班子女干部，东街道尚未配足，达标困难。"),
        ("1", 3, [], "3个街镇均配有班子女干部，达标困难。"),
        ("1", 0, ["东街道", "西镇"], "3个街镇均尚未配备班子女干部，达标困难。"),
    ],
)
def test_posts_are_told_by_the_towns_that_have_them(value: str, met: int, failing: list[str], said: str) -> None:
    found = item("every_place_at_least", "0 0 0 0 0 0", value, each="area")
    indicator = found.promise.indicator
    assert indicator is not None
    posts = indicator.model_copy(update={"name": "班子女干部人数", "unit": "人", "decimals": 0})
    row = {**found.row, "places_total": 3, "places_met": met, "places_failing": failing}
    towns = replace(found, row=row, promise=replace(found.promise, indicator=posts))
    assert (
        narrator()._each(towns, narrator().change(towns), narrator().words["target"]["behind"][9:-1], 1).striptags()
        == said
    )


def test_of_towns_with_a_rate_those_that_miss_it_are_named() -> None:
    found = item("every_place_at_least", "96 96 96 96 94 96", "95", each="area", every_year=True)
    row = {**found.row, "places_total": 3, "places_met": 2, "places_failing": ["东街道"]}
    some, every = (replace(found, row=r) for r in (row, {**row, "places_met": 3, "places_failing": []}))
    said, all_said = (
        narrator()._each(one, narrator().change(one), narrator()._each_standing(one), 1).striptags()
        for one in (some, every)
    )
    assert said == "2个街镇的指标达到95%以上，东街道未达到，最低的为94.0%，比上年下降2.0个百分点，未达到要求。"
    assert all_said.startswith("3个街镇的指标均达到95%以上，最低的为94.0%")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (outcome("at_least", "96 96 96 96 96 96", "95"), "在基期已达到95%以上的目标并继续保持"),
        (outcome("at_least", "94 96 96 96 96 96", "95"), "提前实现95%以上的目标"),
        (outcome("at_least", "96 94 96 96 96 96", "95", words="保持在"), "期末保持在95%以上，2021年低于要求"),
        (outcome("at_most", "6 6 6 6 6 6", "5", better="lower"), "未实现5%以下的目标，高出1.0个百分点"),
        (outcome("balance", "62 62 62 62 62 62", band=(40, 60)), "未实现保持在40%—60%之间的目标，相差2.0个百分点"),
    ],
)
def test_an_ending_is_told_as_the_plan_puts_it(found: Outcome, said: str) -> None:
    assert conclusion().ended(found).striptags() == said


KEPT, MISSED = (outcome("at_least", f"80 84 88 92 94 {end}", "95") for end in (96, 90))
RISEN, FALLEN = (outcome("increase", f"80 80 80 80 80 {end}") for end in (82, 78))


@pytest.mark.parametrize(
    ("women", "elders", "said"),
    [
        ([KEPT], [MISSED], "妇女规划可评价的1项中达标1项、老龄规划可评价的1项中达标0项"),
        ([KEPT, MISSED], [MISSED], "妇女规划达标率50.0%、老龄规划可评价的1项中达标0项"),
        ([KEPT, MISSED], [MISSED, MISSED], "妇女规划达标率50.0%、老龄规划达标率0.0%"),
    ],
)
def test_no_plan_of_one_judged_target_has_a_rate(women: list[Outcome], elders: list[Outcome], said: str) -> None:
    counts = {"妇女规划": Count(women, "final/women"), "老龄规划": Count(elders, "final/elders")}
    assert conclusion().plan_rates(counts).striptags() == f"按规划分，{said}。"


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([MISSED, RISEN], "数值型目标可评价1项，达标0项；方向性目标可评价1项，达标1项。两类合计，"),
        ([MISSED, MISSED, RISEN], "数值型目标可评价2项，达标率为0.0%；方向性目标可评价1项，达标1项。两类合计，"),
        ([KEPT, KEPT, RISEN, FALLEN],
         "数值型目标可评价2项，达标率为100.0%；方向性目标可评价2项，达标率为50.0%。两类合计，"),
    ],
)  # fmt: skip
def test_no_kind_of_one_judged_target_has_a_rate(outcomes: list[Outcome], said: str) -> None:
    told = conclusion().tally(Count(outcomes, "final/all"), "规划").striptags()
    assert told.partition("。")[2].startswith(f"{said}可评价目标的达标率为")


@pytest.mark.parametrize(
    ("endings", "whole", "apart"),
    [
        (["suppressed", "suppressed"], "妇女规划的定量目标涉及人数较少，评价不予公布。", "定量目标的评价不予公布"),
        (["no_data", "unknown"], "妇女规划各项目标缺少评价依据，对规划整体不作结论。", "没有可以评价的定量目标"),
        (["suppressed", "no_data", "unknown"],
         "妇女规划的3项目标中，1项涉及人数较少，评价不予公布；其余2项缺少评价依据，对规划整体不作结论。",
         "1项定量目标的评价不予公布，其余2项不能评价"),
    ],
)  # fmt: skip
def test_what_is_kept_back_is_not_said_to_lack_grounds(endings: list[str], whole: str, apart: str) -> None:
    count: Any = Count((SimpleNamespace(code=e, quantitative=True, numbered=True) for e in endings), "final/all")  # type: ignore[misc]
    assert conclusion().verdict(count).striptags() == f"到2025年，{whole}"
    assert conclusion().none_judged(count).striptags() == apart


@pytest.mark.parametrize(("value", "said"), [("1", "“每年提高1个百分点以上”"), ("-1", "“每年降低1个百分点以上”")])
def test_a_rule_without_words_of_its_own_is_quoted_as_a_list_says_it(value: str, said: str) -> None:
    assert narrator().goal(item("yearly_change", "50 51 52 53 54", value)) == said


def test_a_rule_with_words_of_its_own_is_told_in_them() -> None:
    assert narrator().goal(item("at_least", "50 51 52 53 54", "60")) == "60%以上"


@pytest.mark.parametrize("series", sorted({*get_args(SeriesKind)} - {"", "value"}))
def test_what_is_not_the_year_s_own_figure_is_called_otherwise(series: str) -> None:
    """Else a sentence tells it as the figure of the year."""
    assert say(f"labels/name/{series}", name="筛查率", gap="城乡差距") != "筛查率"


@pytest.mark.parametrize(
    ("series", "said"), [("value", "城市为50.0%，农村为50.0%"), ("lowest", ""), ("fewest of some years", "")]
)
def test_the_year_s_figures_by_part_stand_beside_the_year_s_own_figure_only(series: str, said: str) -> None:
    found = item("at_least", "50 51 52 53 54", "60")
    promise = found.promise
    assert promise.indicator is not None
    target = promise.target.model_copy(update={"rule": replace(promise.target.rule, series=series)})
    asked = replace(promise, target=target, indicator=promise.indicator.model_copy(update={"by": "residence"}))
    known = narrator()
    known.facts.figures = SimpleNamespace(years=lambda *_: {2024: {"value": 50.0}})  # type: ignore[assignment]
    told = known._parts(replace(found, promise=asked, rare=cast(Rare, SimpleNamespace()))).striptags()
    assert said in told and bool(said) == bool(told)


def test_a_figure_that_no_rule_judged_before_is_called_in_a_sentence_as_in_a_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = item("at_least", "50 51 52 53 54", "60")
    assert own.spoken == own.name == "指标"
    monkeypatch.setattr(letters, "say", lambda form, /, **facts: f"{facts['name']}（{form.rpartition('/')[2]}）")
    rule = replace(own.promise.target.rule, series="fewest_of")
    target = own.promise.target.model_copy(update={"rule": rule})
    other = replace(own, promise=replace(own.promise, target=target))
    assert other.spoken == other.name == "指标（fewest_of）"

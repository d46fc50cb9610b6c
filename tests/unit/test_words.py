"""One fact, one word: sentences against the tables, counts against the lists they count, dates against what came by
then.
"""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import duckdb
import pytest

from expectations.catalog import load
from expectations.records import SeverityCode
from expectations.records.record import Counted, SexCode
from expectations.requirement import requirement
from expectations.rules import RULES
from expectations.vocabulary import FINE, SHORT, Severity, Sex
from flows import compute, letters, report, wording
from flows.desk import trace
from flows.ingest import register
from flows.press import binding
from flows.press.bound import Name
from flows.press.numbers import MOST_DECIMALS, finely, rounded
from flows.report.facts import Facts
from flows.report.facts.counts import Tally
from flows.report.facts.evaluation import Outcome
from flows.report.facts.gaps import Sexes
from flows.report.facts.warning import Warning
from flows.report.kinds import KINDS, annual
from flows.report.say.narrative import Narrator
from flows.report.write import tables
from tests.fixtures.deliveries import BASE, deliver, sent, taken_in
from tests.fixtures.deliveries import CATALOG as SMALL
from tests.fixtures.printed import text
from tests.fixtures.promises import CATALOG, outcome, promise
from tests.fixtures.warehouses import ONE_YEAR, changed, golden_warehouse

pytestmark = pytest.mark.usefixtures("shelf")

# --- what the public edition may say of a year that it keeps back ---


def with_hidden(found: Outcome, *years: int) -> Outcome:
    """The same target where the figures of some years are kept back."""
    item = found.item
    hidden = {"verdict": "suppressed", "reason": "suppressed", "met": None, "value": None}
    history = {y: {**r, **hidden} if y in years else r for y, r in item.history.items()}
    series = {y: {**p, "value": None, "state": "suppressed"} if y in years else p for y, p in item.series.items()}
    return Outcome(replace(item, history=history, series=series))


def test_a_file_may_write_the_codes_of_the_vocabulary() -> None:
    """pydantic checks what a file writes against a type, and mypy what the program writes: the codes stand there a second time."""
    assert {*get_args(SeverityCode)} == {*Severity}
    assert {*get_args(Counted)} == {*Sex}
    assert {*get_args(SexCode)} == {*Sex} - {Sex.NOT_STATED}, "no target is of those"


@pytest.mark.parametrize(
    ("values", "hidden", "judgement"),
    [
        ("60 71 65 66 72 73", (2022, 2023), "提前达标（不晚于2024年）"),  # missed in both, which it may not tell
        ("60 71 72 73 74 75", (2022, 2023), "提前达标（不晚于2024年）"),  # and the same where it was met in both
        ("60 71 72 73 74 75", (2021,), "提前达标（不晚于2022年）"),
        ("60 71 72 73 74 75", (), "提前达标（2021年起）"),
        (
            "60 71 65 66 72 73",
            (2021,),
            "提前达标（2024年起）",
        ),  # a year that is told bars the way: nothing is left open
        ("60 71 65 66 68 73", (2024,), "达标（是否提前不予公布）"),
        ("60 62 65 66 68 73", (), "达标"),
    ],
)
def test_nothing_is_said_of_a_year_that_is_kept_back(values: str, hidden: tuple[int, ...], judgement: str) -> None:
    assert str(with_hidden(outcome("at_least", values, "70"), *hidden).judgement) == judgement


def test_basically_met_needs_a_baseline_to_be_nearer_than() -> None:
    assert outcome("at_least", "60 62 64 66 68 69.65", "70").status == "nearly"
    assert outcome("at_least", "– 62 64 66 68 69.65", "70").status == "missed"
    found = outcome("at_least", "60 62 64 66 68 69.65", "70")
    broken = replace(found.item, row={**found.item.row, "change_baseline": None})
    assert Outcome(broken).status == "missed"  # a change of caliber between them
    hidden = replace(with_hidden(found, 2020).item, row=broken.row)
    assert Outcome(hidden).status == "suppressed"  # only the public edition does not know it


# --- women, men and the gap: one definition ---


def sexes(base: tuple[str, str], end: tuple[str, str], decimals: int = 1, unit: str = "%") -> Sexes:
    indicator = CATALOG.indicators["cervical_screening"].model_copy(update={"decimals": decimals, "unit": unit})
    values = {
        (year, sex): Decimal(value)
        for year, pair in ((2020, base), (2025, end))
        for sex, value in zip(("female", "male"), pair, strict=True)
    }
    return Sexes(indicator, "x", 2020, 2025, values, CATALOG)


@pytest.mark.parametrize(
    ("base", "end", "sense", "told"),
    [
        (("50.0", "48.0"), ("50.0", "49.0"), "narrowed", ("2.0", "1.0")),
        (("50.0", "49.0"), ("50.0", "51.0"), "turned", ("1.0", "1.0")),
        (("50.0", "49.96"), ("50.0", "50.06"), "same", ("0.04", "0.06")),  # not 持平 beside 0.0 and 0.1
        (("50.0", "48.96"), ("50.0", "48.94"), "same", ("1.04", "1.06")),
        (("50.0", "48.96"), ("50.0", "49.04"), "narrowed", ("1.04", "0.96")),  # not 由1.0缩小到1.0
        (("50.0", "49.98"), ("50.0", "49.98"), "same", ("0.0", "0.0")),
    ],
)
def test_a_gap_moves_by_one_rule_and_is_printed_so_that_it_shows(
    base: tuple[str, str], end: tuple[str, str], sense: str, told: tuple[str, str]
) -> None:
    found = sexes(base, end)
    assert found.gap_moved == sense
    assert (found.distance(2020).text, found.distance(2025).text) == told


def test_differences_agree_with_the_values_printed_beside_them() -> None:
    found = 0
    for tenth in range(1000):
        one, other = Decimal("50") + Decimal(tenth) / 137, Decimal("46") + Decimal(tenth * 3) / 211
        decimals = finely(one, other, 1)
        found += decimals > 1
        assert rounded(rounded(one, decimals) - rounded(other, decimals), 1) == rounded(one - other, 1)
        assert decimals <= MOST_DECIMALS
    assert 100 < found < 400
    assert finely(Decimal("50.9"), Decimal("46.8"), 1) == 1


# --- what is asked, in words ---


@pytest.mark.parametrize(
    ("rule", "value", "extra", "told"),
    [
        ("yearly_change", "-1", {"every_year": True}, "每年降低1个百分点以上"),
        ("yearly_change", "2", {}, "每年提高2个百分点以上"),
        ("baseline_change", "-20", {}, "比2020年降低20%"),
        ("at_most", "8.5", {"every_year": True}, "每年≤8.5%"),
    ],
)
def test_what_is_asked_is_told_once_and_whole(rule: str, value: str, extra: dict[str, Any], told: str) -> None:
    assert requirement(CATALOG, promise(rule, value, **extra)) == told


# --- after the lock: by decision only ---

DECIDED = {"by": "李某（区妇儿工委办）", "on": "2025-08-05", "reason": "更正漏报的死亡人数"}
FIXED = BASE["births"].replace("300,3", "300,4")


def corrected(raw: Path, received: str, **entry: Any) -> duckdb.DuckDBPyConnection:
    """Births, and a correction of them that came on a day: the lock is 2025-06-30."""
    fix = sent("births", FIXED, received=received, replaces="0-births.csv", reason="更正", **entry)
    deliver(raw, 2024, [sent("births"), fix])
    return taken_in(raw, [2024])


def deaths(con: duckdb.DuckDBPyConnection) -> int:
    [(value,)] = con.execute(
        "select value from core_observations where measure = 'deaths' and area = '990201001'"
    ).fetchall()
    return int(value)


def told(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [m for (m,) in con.execute("select message from out_findings where rule = 'after_lock'").fetchall()]


def test_what_came_after_the_lock_is_used_by_decision_only(tmp_path: Path) -> None:
    with corrected(tmp_path / "in time", "2025-06-30") as con:
        assert (deaths(con), told(con), late_rows(con)) == (4, [], [])
    with corrected(tmp_path / "late", "2025-08-01") as con:
        assert deaths(con) == 3
        assert "于2025-08-01收到，迟于本版数据截止日期2025-06-30，未用于本版" in told(con)[0]
        assert "admitted" in told(con)[0]
        assert late_rows(con) == [(date(2025, 8, 1), None, None)]
    with corrected(tmp_path / "admitted", "2025-08-01", admitted=DECIDED) as con:
        assert (deaths(con), told(con)) == (4, [])
        assert late_rows(con) == [(date(2025, 8, 1), DECIDED["by"], date(2025, 8, 5))]


def late_rows(con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return con.execute("select received, decided_by, decided_on from meta_late").fetchall()


def test_a_decision_is_told_of_its_file_and_not_of_another_of_the_same_day(tmp_path: Path) -> None:
    late = {"received": "2025-08-01", "admitted": DECIDED, "replaces": "0-births.csv"}
    again = {
        "received": "2025-08-01",
        "admitted": {**DECIDED, "by": "赵某", "reason": "再次更正"},
        "replaces": "1-births.csv",
    }
    deliver(tmp_path, 2024, [sent("births"), sent("births", FIXED, **late), sent("births", FIXED + "\n", **again)])
    with taken_in(tmp_path, [2024]) as con:
        tracer = trace._Tracer(con, SMALL, trace.FigureAsked(next(iter(SMALL.indicators)), 2024, "990201"), None)
        tracer.lines = {("2024/births/v1", 2)}
        told = list(tracer._deliveries())
    assert len(told) == 3 and "李某" not in told[0]
    assert "李某" in told[1] and "赵某" not in told[1]
    assert "赵某" in told[2] and "李某" not in told[2]


def test_a_version_that_replaces_an_unused_one_replaces_what_it_replaced() -> None:
    def entry(name: str, received: str, replaces: str | None = None, **more: Any) -> register.Entry:
        return register.Entry(dataset="births", file=name, received=date.fromisoformat(received), sha256="0" * 64,
                              replaces=replaces, **more)  # fmt: skip

    entries = [
        entry("a", "2025-03-01"), entry("b", "2025-08-01", "a"),
        entry("c", "2025-08-02", "b", admitted=register.Admission.model_validate(DECIDED)),
    ]  # fmt: skip
    used, late = register.closed(entries, date(2025, 6, 30))
    assert [(e.file, e.replaces) for e in used] == [("a", None), ("c", "a")]
    assert [e.file for e in late] == ["b", "c"]
    assert register.closed(entries, date(2025, 12, 31)) == (entries, [])


def test_of_what_came_or_was_decided_after_a_day_nothing_is_known_on_it() -> None:
    def entry(name: str, received: str, replaces: str | None = None, **more: Any) -> register.Entry:
        told = {"dataset": "births", "file": name, "received": received, "sha256": "0" * 64, "replaces": replaces}
        return register.Entry.model_validate({**told, **more})

    entries = [
        entry("a", "2025-03-01"),
        entry("b", "2025-08-01", "a", admitted=DECIDED),  # decided on 2025-08-05
        entry("c", "2025-08-07", "b"),
    ]
    lock = date(2025, 6, 30)
    known = {
        day: [(e.file, e.replaces, e.admitted is not None) for e in register.closed(entries, lock, day)[0]]
        for day in (date(2025, 2, 28), date(2025, 3, 1), date(2025, 8, 4), date(2025, 8, 5))
    }
    assert [*known.values()] == [
        [],
        [("a", None, False)],
        [("a", None, False)],
        [("a", None, False), ("b", "a", True)],
    ]
    late = {day: len(register.closed(entries, lock, day)[1]) for day in (date(2025, 7, 31), date(2025, 8, 4), None)}
    assert [*late.values()] == [0, 1, 2]


def test_a_decision_is_not_older_than_the_file(tmp_path: Path) -> None:
    with corrected(tmp_path, "2025-08-09", admitted=DECIDED) as con:
        [(message,)] = con.execute("select message from out_findings where rule = 'register'").fetchall()
    assert "admitted 的 on（2025-08-05）早于收到日期 2025-08-09" in message


@pytest.mark.parametrize("admitted", [False, True])
def test_an_edition_has_the_dates_of_what_is_in_it(golden: Path, tmp_path: Path, admitted: bool) -> None:
    html = recomposed(
        golden, tmp_path, LATE.format("'李某', date '2023-08-05', '更正人数'" if admitted else "null, null, null")
    )
    assert ("2023年8月5日" in html.partition("摘　要")[0]) == admitted  # 成文日期
    assert ("另经决定采用截止后收到的报表" in html) == admitted
    assert ("于2023年8月5日决定采用" in text(html)) == admitted
    assert ("未用于本版" in text(html)) != admitted


LATE = "insert into meta_late values (2022, 'maternal_health', 'health', date '2023-08-01', {}, '2022/更正.csv')"


def recomposed(golden: Path, folder: Path, change: str) -> str:
    """The golden report from a warehouse that was changed; nothing in it may be unbound."""
    with changed(golden, change) as con:
        html = dict(
            report.compose(KINDS["annual"].of(Facts(con, load("990101", golden / "expectations"), 2022)), folder)
        )["report"]
    assert list(binding.read(html, wording.read("wording")).problems) == []
    return html


# --- sentences against tables and counts ---


SENT_AGAIN = (
    "update meta_deliveries set status = 'superseded' where delivery = '2022/maternal_health/v1';"
    "insert into meta_deliveries select * replace ('2022/maternal_health/v2' as delivery, 2 as version, "
    "due + 10 as received, 'accepted' as status) from meta_deliveries where delivery = '2022/maternal_health/v1'"
)


@pytest.mark.parametrize(("change", "late"), [("", 0),
("; update meta_deliveries set received = due + 1 where version = 1 "
                                                         "and delivery like '2022/maternal_health/%'", 1)])  # fmt: skip
def test_a_correction_is_late_when_its_first_version_was(golden: Path, tmp_path: Path, change: str, late: int) -> None:
    said = text(recomposed(golden, tmp_path, SENT_AGAIN + change))
    assert f"其中迟报{late}份" in said
    assert re.search(r"第2版\t[\d-]+\t[\d-]+\t更正\t", said)


TWO_OF_NINE = (
    "update out_assessments set verdict = 'unknown', reason = 'not_received', met = null, value = null, method = null "
    "where year = 2022 and verdict not in ('carried_out', 'in_progress', 'not_started') and target not in "
    "(select target from out_assessments where year = 2022 and verdict = 'met_early' order by target limit {})"
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (TWO_OF_NINE.format(1), "可评价的只有1项，尚不能作出总体判断"),
        (TWO_OF_NINE.format(0), "各项定量目标尚不具备评价条件"),  # of evidence departments have told
        ("", "可评价的5项数值型目标"),
    ],
)
def test_of_what_could_not_be_judged_nothing_is_said(golden: Path, tmp_path: Path, change: str, said: str) -> None:
    lead = text(recomposed(golden, tmp_path, change)).partition("摘　要\n")[2].partition("\n")[0]
    assert said in lead
    assert ("总体顺利" in lead) <= (change == "")


def test_the_counts_of_directions_are_those_of_the_table(golden: Path, tmp_path: Path) -> None:
    """Each domain's sentence counts the directions that its table has on course, also where the
    indicator has a number.
    """
    with golden_warehouse(golden) as con:
        facts = Facts(con, load("990101", golden / "expectations"), 2022)
        narrator = Narrator(facts, wording.read("wording"))
        for plan in facts.plans:
            for domain in plan.domains:
                items = facts.of_domain(plan, domain)
                directions = [i for i in items if i.promise.target.rule.directional]
                said = "".join(narrator.paragraphs(items))
                fine, short = (sum(i.verdict in v for i in directions) for v in (FINE, SHORT))
                for number, sense in ((fine, "fine"), (short, "short")):
                    found = re.findall(rf'data-fact="count/{plan.id}/{domain.domain}/{sense}" data-sense="count"', said)
                    assert bool(found) == bool(number)
                twice = replace(items[0], row=directions[0].row, promise=directions[0].promise) if directions else None
                if twice:  # the same indicator, with a number as well
                    numbered = replace(twice, promise=replace(twice.promise, target=twice.promise.target.model_copy(
                        update={"rule": RULES["at_least"], "value": Decimal(1)})))  # fmt: skip
                    again = "".join(narrator.paragraphs([*items, numbered]))
                    assert again.count(f"count/{plan.id}/{domain.domain}/") >= said.count(
                        f"count/{plan.id}/{domain.domain}/"
                    )


def narrated(*found: Outcome) -> str:
    """What an annual report prints of some targets that stand alike."""
    items = [replace(o.item, row=o.item.history[2024]) for o in found]
    narrator = Narrator(SimpleNamespace(year=2024, catalog=CATALOG), wording.read("wording"))  # type: ignore[arg-type]
    return narrator._together(items, 0).striptags()


def test_of_several_that_are_kept_the_year_is_said_before_all() -> None:
    """均 stands before the verdict: 均保持在, 均提前实现; what the baseline already kept is not called early."""
    kept = [outcome("at_least", "96 96 96 96 96 96", "95", words="保持在") for _ in range(2)]
    early = [outcome("at_least", "90 96 96 96 96 96", "95") for _ in range(2)]
    assert "均保持在95%以上" in narrated(*kept)
    assert "均提前实现95%以上的目标" in narrated(*early)


def test_a_rate_over_all_is_a_range_only_where_something_is_not_judged() -> None:
    """77.2%至77.2% is none."""
    judged, unknown = (outcome("at_least", v, "70").item for v in ("60 62 64 66 68 70", "60 62 64 66 68 –"))
    narrator = Narrator(SimpleNamespace(catalog=CATALOG), wording.read("wording"))  # type: ignore[arg-type]
    assert "至" not in narrator.rates(Tally([judged, judged], "all"))
    assert "66.7%至100.0%" in narrator.rates(Tally([judged, judged, unknown], "all")).striptags()
    assert "%" not in narrator.rates(Tally([judged, unknown], "all"))  # of one there is no share


def test_what_two_plans_ask_alike_is_warned_of_by_name_once() -> None:
    item = outcome("at_least", "60 62 64 66 68 69", "70").item
    other = replace(
        item,
        promise=replace(
            item.promise,
            plan=replace(item.promise.plan, head=item.promise.plan.head.model_copy(update={"short": "儿童规划"})),
        ),
    )
    alone = outcome("at_least", "60 62 64 66 68 69", "75").item
    told = annual._told_once([Warning(i, {}) for i in (item, alone, other)])
    assert [(w.item, plans) for w, plans in told] == [(item, f"{item.promise.plan.head.short}和儿童规划"), (alone, "")]


def test_a_list_that_is_shortened_says_how_many_it_has() -> None:
    narrator = Narrator.__new__(Narrator)
    narrator.words = wording.read("wording")
    names = [Name(n, "x") for n in ("甲", "乙", "丙", "丁")]
    assert narrator._shortened(names[:3], "f").striptags() == "甲、乙、丙"
    assert narrator._shortened(names, "f").striptags() == "甲、乙、丙等4项"
    turned = [sexes(("50.0", "49.0"), ("50.0", "51.0"), unit=u) for u in ("%", "%", "‰", "张")]
    assert narrator.extremes(turned[:3]).striptags() == "宫颈癌筛查率、宫颈癌筛查率、宫颈癌筛查率的两性高低较基期反转。"
    assert narrator.extremes(turned).striptags().endswith("等4项的两性高低较基期反转。")


# --- rows that nobody delivered ---


def test_an_area_of_which_nothing_came_has_no_row(tmp_path: Path) -> None:
    """A line without a place is no line of the reference area; one of its own that cannot be used is."""
    for name, line, found in (("nobody", "2024,,不明,300,3\n", 0), ("own", "2024,990000,示例市,约300,3\n", 1)):
        deliver(tmp_path / name, 2024, [sent("births", BASE["births"] + line)])
        with taken_in(tmp_path / name, [2024]) as con:
            compute.indicators(con, SMALL)
            rows = con.execute(
                "select state from out_indicators where area = '990000' and indicator = 'mortality'"
            ).fetchall()
        assert rows == [("rejected",)] * found


# --- one order ---


def test_problems_stand_in_the_order_of_the_warnings(golden: Path) -> None:
    with golden_warehouse(golden) as con:
        facts = Facts(con, load("990101", golden / "expectations"), 2022)
    warned = [w.item for w in facts.warnings if w.row["kind"] == "miss" and w.item.verdict in SHORT]
    assert tables.problems(facts) == list({i.promise.asked: i for i in reversed(warned)}.values())[::-1] or warned == []
    last = facts.items[-1]
    facts.items[-1] = replace(last, row={**last.row, "priority": 0})
    rest = [replace(i, row={**i.row, "priority": n}) for n, i in enumerate(facts.items[:-1], start=1)]
    facts.items[:-1] = rest
    assert facts.ranked == [facts.items[-1], *rest]


def test_a_distance_is_told_of_what_was_asked() -> None:
    short = outcome("yearly_change", "50 49 48 47 46 45.2", "-1", better="lower")  # 0.8 of 1 point
    assert str(short.distance_figure) == "20.0"
    assert str(outcome("at_least", "50 52 54 56 58 63", "70").distance_figure) == "10.0"


def test_a_distance_between_women_and_men_grows_and_shrinks() -> None:
    narrator = Narrator.__new__(Narrator)
    gap, rate = outcome("narrow_gap", "4 5 5 5 5 3.9").item, outcome("increase", "60 61 62 63 64 65").item
    assert [narrator._verb(gap, rise) for rise in (True, False)] == ["扩大", "缩小"]
    assert [narrator._verb(rate, rise) for rise in (True, False)] == ["提高", "下降"]


def test_the_letter_to_a_department_counts_lateness_alike(tmp_path: Path) -> None:
    with corrected(tmp_path, "2025-05-30") as con:
        letter = letters.letter_of(con, SMALL, 2024, "health")
    [births] = [d for d in letter.deliveries if d.title == SMALL.datasets["births"].title]
    assert (births.version, births.punctual) == ("第2版", "按时")


ONE_TARGET = "delete from out_assessments where target <> 'demo_women_2021.g1.2.cervical_screening'"
HIDDEN = (
    "update out_indicators set value = null, numerator = null, denominator = null, lower = null, upper = null, "
    "state = 'suppressed';"
    "update out_assessments set value = null, met = null, baseline = null, previous = null, change_baseline = null, "
    "change_previous = null, worsened = null, verdict = 'suppressed', reason = 'suppressed', method = null, trend = null, "
    "probability = null, projection = null where verdict not in ('carried_out', 'in_progress', 'not_started');"
    "delete from out_warnings; delete from out_track"
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            f"{ONE_YEAR}; delete from out_warnings where reason = 'late'",
            "本年均未列出全区的女性数值（未报送1项，核查未通过1项），无法进行分性别分析。",
        ),
        (ONE_TARGET, "数值型目标1项，可评价1项"),
        (HIDDEN, "妇女规划的定量目标涉及人数较少，评价不予公布"),
    ],
    ids=["one year", "one target", "everything kept back"],
)
def test_thin_data_are_told_as_they_are(golden: Path, tmp_path: Path, change: str, said: str) -> None:
    assert said in text(recomposed(golden, tmp_path, change))


def test_a_plan_without_figures_by_sex_says_so(golden: Path, tmp_path: Path) -> None:
    with golden_warehouse(golden) as con:
        facts = Facts(con, load("990101", golden / "expectations"), 2022)
        facts.__dict__["sexed"] = {key: i for key, i in facts.sexed.items() if not i.by_sex}
        said = text(dict(report.compose(KINDS["annual"].of(facts), tmp_path))["report"])
    assert "规划所用指标没有分别列出女性和男性数值的，不作分性别分析。" in said


def test_what_is_kept_back_was_delivered_by_sex(golden: Path) -> None:
    def scores(change: str) -> list[list[str]]:
        told = "update out_indicators set value = 30, state = 'ok' where indicator = 'health_literacy'"
        with changed(golden, told, change) as con:
            table = tables.scorecard(Facts(con, load("990101", golden / "expectations"), 2022))
        return [[str(r[k]) for k in ("name", "due", "got", "missing")] for r in table]

    gone = "update out_indicators set value = null, state = '{}' where indicator = 'health_literacy'"
    assert scores(gone.format("suppressed")) == scores("select 1") != scores(gone.format("not_received"))


def test_the_public_edition_says_why_a_distance_is_not_compared(golden: Path, tmp_path: Path) -> None:
    """What is kept back has been delivered: 缺数据 alone would be untrue of it."""
    told = "update out_indicators set value = 30, state = 'ok' where indicator = 'health_literacy'"
    with changed(golden, told) as con:
        facts = Facts(con, load("990101", golden / "expectations"), 2022)
        internal = text(dict(report.compose(KINDS["annual"].of(facts), _folder(tmp_path / "internal")))["report"])
        facts.edition = replace(facts.edition, audience="public")
        public = text(dict(report.compose(KINDS["annual"].of(facts), _folder(tmp_path / "public")))["report"])
    assert "本年缺数据的1项不能比较" in internal
    assert "本年缺数据或不予公布的1项不能比较" in public


def test_completion_is_told_where_the_public_edition_is_silent() -> None:
    """控制在 whose baseline is kept back: value and limit are printed, whether they agree is not; 0 cases
    divide nothing.
    """
    item = outcome("at_most", "2 1 0 0 0 0", "1").item
    assert str(item.completion) == "100.0"
    assert str(replace(item, row={**item.row, "met": None}).completion) == "100.0"
    assert str(replace(item, row={**item.row, "met": None, "value": 2.0}).completion) == "50.0"


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize(("better", "word"), [("none", "不分优劣"), ("higher", "改善"), ("lower", "退步")])
def test_a_table_calls_a_change_of_a_sex_as_the_sentence_does(better: str, word: str) -> None:
    moved = sexes(("50", "50"), ("60", "60"))
    moved = replace(moved, indicator=moved.indicator.model_copy(update={"better": better}))
    assert str(moved.moved_word("female")) == word

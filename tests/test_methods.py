"""What the annex says of the methods of judging, held against every row: each verdict worked out anew by the printed sentence."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from expectations.catalog import load
from expectations.records import MIDDLE, Catalog, Indicator, Policy, Promise
from expectations.rules import Rule
from expectations.vocabulary import Method
from flows.assess import rules
from flows.assess.rules import Case, Point, assess
from flows.outlook import destatis, status
from flows.report import wording
from flows.report.facts import Facts
from flows.report.kinds import annual
from flows.report.say.narrative import Narrator
from tests.test_assess import POLICY, promise, series, table

Row = Mapping[str, Any]
Says = Callable[["Known"], str | None]
SENTENCES: dict[str, tuple[str, Says]] = {}
"""Method → the sentence as printed, and the verdict that it gives; None where the sentence is not about the row."""


def says(sentence: str) -> Callable[[Says], Says]:
    def kept(verdict: Says) -> Says:
        SENTENCES[verdict.__name__] = sentence, verdict
        return verdict

    return kept


class Value(NamedTuple):
    value: Fraction
    caliber: int
    events: Fraction | None = None
    exposure: Fraction | None = None


@dataclass(frozen=True)
class Known:
    """What a sentence may look at: the promise, its figures up to the year, and the probability printed beside the verdict."""

    promise: Promise
    policy: Policy
    year: int
    series: Mapping[int, Value]
    others: Mapping[int, Fraction] = field(default_factory=dict)
    """The figure that the promise is compared with, by year."""
    relative: Mapping[int, Fraction] = field(default_factory=dict)
    """A gap in amounts, in % of men's figure."""
    probability: float | None = None
    stage: str | None = None
    """What the department says of a qualitative target."""
    stated: Fraction | None = None
    """The change since the baseline as the source prints it."""

    @property
    def rule(self) -> str:
        return self.promise.target.rule.key

    @property
    def base(self) -> int:
        return self.promise.plan.head.baseline

    @property
    def ended(self) -> bool:
        return self.year >= self.promise.plan.head.end

    @property
    def directional(self) -> bool:
        return self.rule in {"increase", "decrease", "slow_increase", "hold", "narrow_gap", "near_balance"}

    @property
    def rare(self) -> bool:
        return self.promise.indicator is not None and self.promise.indicator.rare

    @property
    def yearly(self) -> bool:
        target = self.promise.target
        return target.every_year or self.rule == "yearly_change"

    @property
    def keeps(self) -> bool:
        """保持, 巩固; 控制在 where the baseline year was within the number already."""
        words = self.promise.target.words or ""
        if self.directional or not words.startswith("控制"):
            return self.promise.target.kept
        start, number = self.series.get(self.base), Fraction(self.promise.target.value or 0)
        return start is not None and self.reached(number - start.value if self.less else start.value - number)

    @property
    def values(self) -> dict[int, Fraction]:
        """Those of the year's caliber, earlier ones multiplied by the factors that are registered."""
        now, found = self.series.get(self.year), {}
        for year, point in sorted(self.series.items()):
            factor: Fraction | None = Fraction(1)
            for version in self.promise.indicator.versions if self.promise.indicator and now else ():
                if now and point.caliber < version.since <= now.caliber:
                    factor = None if version.bridge is None or factor is None else factor * Fraction(version.bridge)
            if factor is not None and now and year <= self.year:
                found[year] = point.value * factor
        return found

    @property
    def less(self) -> bool:
        target, indicator = self.promise.target, self.promise.indicator
        if self.rule == "hold":
            return indicator is not None and indicator.better == "lower"
        return self.rule in {"at_most", "below", "decrease", "slow_increase", "narrow_gap"} or (
            self.rule in {"baseline_change", "yearly_change"} and (target.value or 0) < 0
        )

    def asked(self, year: int) -> Fraction | None:
        """The number that the year's value is held against."""
        target, values = self.promise.target, self.values
        base = values.get(self.base)
        number = None if target.value is None else Fraction(target.value)
        if self.rule == "baseline_change":
            return None if base is None or number is None else base + base * number / 100
        if self.rule == "yearly_change":
            return values[year - 1] + number if year - 1 in values and number is not None else None
        if self.rule in {"not_below_indicator", "not_below_area"}:
            return self.others.get(year)
        if self.rule == "hold":
            slack = Fraction(self.policy.hold_tolerance if target.tolerance is None else target.tolerance)
            return None if base is None else base + slack if self.less else base - slack
        if self.rule == "slow_increase":
            rise = self.usual_rise
            return None if rise is None or year != self.year else values[year - 1] + rise
        return base if self.directional else number

    @property
    def usual_rise(self) -> Fraction | None:
        """Of the years before: the mean of the changes from one to the next."""
        earlier = sorted(y for y in self.values if y < self.year)
        if len(earlier) < 2 or earlier[-1] != self.year - 1:
            return None
        changes = [(self.values[b] - self.values[a]) / (b - a) for a, b in itertools.pairwise(earlier)]
        return sum(changes, Fraction(0)) / len(changes)

    def lead(self, year: int) -> Fraction | None:
        """How far the value is on the good side of what is asked."""
        value, band, asked = self.values.get(year), self.promise.target.band, self.asked(year)
        if value is None:
            return None
        if band is not None:
            return min(value - Fraction(band[0]), Fraction(band[1]) - value)
        if asked is None:
            return None
        if self.rule == "near_balance":
            return abs(asked - Fraction(MIDDLE)) - abs(value - Fraction(MIDDLE))
        return asked - value if self.less else value - asked

    @property
    def leads(self) -> dict[int, Fraction]:
        found = {y: self.lead(y) for y in self.values}
        return {y: lead for y, lead in found.items() if lead is not None}

    def reached(self, lead: Fraction) -> bool:
        """高于、低于 do not include the number, and better than the baseline is not equal to it."""
        strict = self.rule in {"above", "below"} or (self.directional and self.rule != "hold")
        return lead > 0 if strict else lead >= 0

    @property
    def met(self) -> bool | None:
        lead = self.lead(self.year)
        if lead is None:
            return None
        if self.base in self.values and self.year in self.relative and self.base in self.relative:
            return self.reached(lead) and self.relative[self.year] < self.relative[self.base]
        return self.reached(lead)


def mean(values: Mapping[int, Fraction], most: int = 6) -> Fraction:
    years = sorted(values)[-most:]
    return (values[years[-1]] - values[years[0]]) / (years[-1] - years[0])


@says(
    "期末年以期末数值评价：达到规划要求（方向性目标为优于基期）的为“达标”，没有达到的为“未达标”。以金额、时间计的两性差距，绝对差距和"
    "相对差距（占男性数值的比重）都缩小才算达到。"
)
def end(known: Known) -> str | None:
    if known.met is None or not known.ended or known.yearly:
        return None
    return "met" if known.met else "missed"


@says(
    "规划写明“每年”的目标，以及期末年尚未到来的用“保持”“巩固”等表述的目标和用“控制在”表述、基期数值已在界限以内的目标，当年达到要求的为“本年达标”，没有达到的为"
    "“本年未达标”；其他有目标值的目标，期末年之前已经达到的为“提前达标”。"
)
def kept(known: Known) -> str | None:
    if known.met is None:
        return None
    if known.yearly or (known.keeps and not known.ended):
        return "met_year" if known.met else "missed_year"
    return "met_early" if known.met and not known.ended and not known.directional else None


@says(
    "上升趋势减缓类目标，期末年之前，本年升幅小于此前历年平均升幅的为“预期可达标”；不小于的，本年仍有上升的为“背离目标”，没有上升的为"
    "“达标困难”。"
)
def rise(known: Known) -> str | None:
    if known.rule != "slow_increase" or known.ended or known.usual_rise is None:
        return None
    risen = known.values[known.year] - known.values[known.year - 1]
    return "on_course" if risen < known.usual_rise else "away" if risen > 0 else "behind"


def straight(leads: Mapping[int, Fraction], known: Known) -> str | None:
    """Of the distance in the baseline year as much is left as the years that are left."""
    if known.base not in leads:
        return None
    end_year = known.promise.plan.head.end
    left = -leads[known.base] * Fraction(end_year - known.year, end_year - known.base)
    now, first = -leads[known.year], -leads[known.base]
    return "on_course" if now <= left else "behind" if now <= first else "away"


def open_number(known: Known) -> bool:
    """A number that is still to be reached."""
    return known.met is False and not (known.ended or known.yearly or known.directional or known.keeps)


def by_rule(known: Known) -> tuple[str, str] | None:
    """What 外推、方向、直线进度 say, whether or not the probability is heard after them."""
    if open_number(known):
        leads = known.leads
        if len(leads) < 4:
            found = straight(leads, known)
            return ("path", found) if found else None
        change, now = mean(leads), leads[known.year]
        later = now + change * (known.promise.plan.head.end - known.year)
        if change <= 0:
            return "linear", "behind" if change == 0 else "away"
        close = known.reached(later) or 0 < -later <= -now * Fraction(20, 100)
        return "linear", "on_course" if close else "behind"
    if known.directional and known.rule not in {"hold", "slow_increase"} and not known.ended:
        found = course(known.values, known)
        both = course({y: v for y, v in known.relative.items() if y in known.values}, known)
        if found is None:
            return None
        return "direction", found if both in {None, found} else "behind"
    return None


def course(values: Mapping[int, Fraction], known: Known) -> str | None:
    """Better is up: the mean change and the last one."""
    if known.base not in values or known.year not in values or len(values) < 2:
        return None
    good = {
        y: -abs(v - Fraction(MIDDLE)) if known.rule == "near_balance" else -v if known.less else v
        for y, v in values.items()
    }
    last = good[known.year] - good[sorted(good)[-2]]
    change = mean(good)
    return "on_course" if change > 0 else "behind" if change == 0 or last > 0 else "away"


def overruled(known: Known, verdict: str) -> str | None:
    """Where the probability all but excludes the verdict, the other one."""
    if known.probability is None:
        return None
    whole = known.promise.indicator and known.promise.indicator.range and not known.less and (
        known.asked(known.year) == Fraction(known.promise.indicator.range[1]) and known.rule != "narrow_gap"
    )  # fmt: skip
    low, high = (0.5, 0.5) if whole else (0.1, 0.9)
    if verdict == "on_course" and known.probability < low:
        return "behind"
    return "on_course" if verdict in {"behind", "away"} and known.probability >= high else None


def common(known: Known, method: str) -> str | None:
    found = by_rule(known)
    return found[1] if found and found[0] == method and not known.rare and not overruled(known, found[1]) else None


@says(
    "有4个以上可比年度数值、尚未达到目标值的，以最近6个可比年度（不足的取全部）的年均变动外推至期末年：达到目标值，或差额不超过现有差距"
    "20%的，为“预期可达标”；差额更大的，或年均没有变动的，为“达标困难”；年均变动背离目标的，为“背离目标”。目标值逐年变动的，外推与"
    "目标值的差距。"
)
def linear(known: Known) -> str | None:
    return common(known, "linear")


@says(
    "方向性目标，期末年之前，最近6个可比年度（不足的取全部）的年均变动符合要求的为“预期可达标”；年均没有变动，或仅最近一次变动符合要求的，"
    "为“达标困难”；都不符合的为“背离目标”。以金额、时间计的两性差距，绝对差距和相对差距（占男性数值的比重）分别评价，结论不同的为"
    "“达标困难”。"
)
def direction(known: Known) -> str | None:
    return common(known, "direction")


@says(
    "可比年度数值不足4个、尚未达到目标值的，以基期差距逐年等量缩小、到期末年为零的进度衡量：当年差距不大于进度的为“预期可达标”；大于"
    "进度而不大于基期差距的为“达标困难”；大于基期差距的为“背离目标”。"
)
def path(known: Known) -> str | None:
    return common(known, "path")


@says(
    "小概率事件尚未达到目标值的，以及小概率事件的方向性目标，期末年之前不以一年的增减评价：期末达标概率不低于50%的为“预期可达标”，低于的为"
    "“达标困难”。"
)
def model(known: Known) -> str | None:
    if not known.rare or by_rule(known) is None or known.probability is None:
        return None
    return "on_course" if known.probability >= 0.5 else "behind"


@says(
    "小概率事件尚未达到目标值的，以及小概率事件的方向性目标，年度较少、不能计算概率的，以规划实施以来各年合并的数值代替当年数值：已达到"
    "目标值的为“预期可达标”，没有达到的按直线进度评价；方向性目标优于基期的为“预期可达标”，与基期相同的为“达标困难”，差于基期的为"
    "“背离目标”。"
)
def pooled(known: Known) -> str | None:
    indicator = known.promise.indicator
    if not known.rare or by_rule(known) is None or known.probability is not None or indicator is None:
        return None
    period = [p for y, p in known.series.items() if y >= known.promise.plan.head.start and y in known.values and y <= known.year]  # fmt: skip
    events, exposure = sum(p.events or 0 for p in period), sum(p.exposure or 0 for p in period)
    together = replace(
        known, series={known.base: known.series[known.base], known.year: Value(Fraction(events) * Fraction(indicator.per) / Fraction(exposure), known.series[known.year].caliber)}
    )  # fmt: skip
    lead = together.lead(known.year)
    assert lead is not None
    if known.directional:
        return "on_course" if lead > 0 else "behind" if lead == 0 else "away"
    return "on_course" if together.reached(lead) else straight(together.leads, together)


@says(
    "外推、方向或直线进度与期末达标概率截然相反的，以概率为准：前者为“预期可达标”而概率不足10%的，改为“达标困难”；前者为“达标困难”或"
    "“背离目标”而概率达到90%的，改为“预期可达标”；要求全部达到的目标都以50%为界。"
)
def odds(known: Known) -> str | None:
    found = by_rule(known)
    return overruled(known, found[1]) if found and not known.rare else None


@says(
    "缺基期数值而公布者给出与基期相比增减的方向性目标，增减符合要求的为“预期可达标”（期末年为“达标”），不符合的为“背离目标”（期末年为"
    "“未达标”）。"
)
def stated(known: Known) -> str | None:
    if (
        known.stated is None
        or known.base in known.values
        or known.rule not in {"increase", "decrease"}
        or not known.values
    ):
        return None
    good = (known.stated < 0) if known.less else (known.stated > 0)
    return ("met" if good else "missed") if known.ended else ("on_course" if good else "away")


@says("定性目标的结论为牵头部门进展说明中的进展：“已落实”“推进中”或“未启动”。")
def statement(known: Known) -> str | None:
    return known.stage


def verdicts(known: Known) -> dict[str, str]:
    """What each sentence that is about the row makes of it: one sentence, or none where nothing can be judged."""
    found = {method: verdict(known) for method, (_, verdict) in SENTENCES.items()}
    return {method: verdict for method, verdict in found.items() if verdict is not None}


# --- a warehouse, row by row ---


def untrue(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> tuple[Counter[str], list[str]]:
    """How many rows each method decided, and the rows of which its printed sentence is not true."""
    counts: Counter[str] = Counter()
    found = []
    for row, known in judged(con, catalog):
        counts[str(row["method"])] += 1
        told = {} if row["method"] is None else {row["method"]: row["verdict"]}
        if (meant := verdicts(known)) != told:
            found.append(f"{row['target']} {row['year']} 评价为{told}，按印出的方法应为{meant}")
    return counts, found


def judged(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> Iterator[tuple[Row, Known]]:
    figures: dict[tuple[str, str, str, str], dict[int, tuple[Any, ...]]] = {}
    for *place, year, value, numerator, denominator, state, caliber in con.execute(
        "select indicator, area, unit, sex, year, value, numerator, denominator, state, caliber from out_indicators"
    ).fetchall():
        figures.setdefault(tuple(place), {})[year] = value, numerator, denominator, state, caliber  # type: ignore[index]
    stages = {(t, y): s for t, y, s in con.execute("select target, year, stage from core_statements").fetchall()}
    told = {
        (i, y): Fraction(v)
        for i, y, v in con.execute("select indicator, year, value from core_stated where kind = 'baseline'").fetchall()
    }
    promises = {p.id: p for p in catalog.promises()}
    result = con.execute("select target, year, verdict, method, probability from out_assessments order by all")
    names = [c[0] for c in result.description or ()]
    for cells in result.fetchall():
        row = dict(zip(names, cells, strict=True))
        promised, year = promises[row["target"]], row["year"]
        if promised.indicator is None:
            yield row, Known(promised, catalog.policy, year, {}, stage=stages.get((row["target"], year)))
            continue
        known = Known(
            promised, catalog.policy, year, _compared(catalog, figures, promised),
            {y: v.value for y, v in _reference(catalog, figures, promised).items()},
            _shares(catalog, figures, promised), row["probability"],
            stated=told.get((str(promised.target.indicator), year)),
        )  # fmt: skip
        yield row, known


def _series(indicator: Indicator, years: Mapping[int, tuple[Any, ...]]) -> dict[int, Value]:
    found = {}
    for year, (value, numerator, denominator, _, caliber) in years.items():
        if value is None:
            continue
        events, exposure = (None if n is None else Fraction(n) for n in (numerator, denominator))
        exact = Fraction(str(value))
        if events is not None and indicator.kind == "count":
            exact = events
        elif events is not None and exposure:
            exact = events * Fraction(indicator.per) / exposure
        found[year] = Value(exact, caliber, events, exposure)
    return found


Figures = Mapping[tuple[str, str, str, str], Mapping[int, tuple[Any, ...]]]


def _one(catalog: Catalog, figures: Figures, key: str, area: str, unit: str, sex: str) -> dict[int, Value]:
    return _series(catalog.indicators[key], figures.get((key, area, unit, sex), {}))


def _compared(catalog: Catalog, figures: Figures, promised: Promise) -> dict[int, Value]:
    target, home = promised.target, catalog.district.code
    key = str(target.indicator)
    if target.rule.key == "narrow_gap":
        women, men = (_one(catalog, figures, key, home, "", sex) for sex in ("female", "male"))
        return {y: Value(abs(women[y].value - men[y].value), women[y].caliber) for y in women if y in men}
    if target.rule.key != "every_unit_at_least":
        return _one(catalog, figures, key, home, "", target.sex)
    if target.each == "area":
        places = [(a.code, "") for a in catalog.district.areas]
    else:
        places = [(u.area or home, u.id) for u in catalog.district.units[str(target.each)].members]
    lowest: dict[int, Value] = {}
    cells = [figures.get((key, area, unit, target.sex), {}) for area, unit in places]
    for year in sorted({y for one in cells for y in one}):
        points = [_series(catalog.indicators[key], {year: one[year]}).get(year) for one in cells if year in one and one[year][3] != "not_applicable"]  # fmt: skip
        known = [p for p in points if p is not None]
        if known and (len(known) == len(points) or min(p.value for p in known) < Fraction(target.value or 0)):
            lowest[year] = min(known)
    return lowest


def _reference(catalog: Catalog, figures: Figures, promised: Promise) -> dict[int, Value]:
    target, home = promised.target, catalog.district.code
    if target.rule.key == "not_below_indicator":
        return _one(catalog, figures, str(target.than), home, "", target.sex)
    if target.rule.key == "not_below_area":
        return _one(catalog, figures, str(target.indicator), str(target.than), "", target.sex)
    return {}


def _shares(catalog: Catalog, figures: Figures, promised: Promise) -> dict[int, Fraction]:
    """Of gaps in 元 or 分钟 alone: a gap of percentages is one already."""
    indicator, home = promised.indicator, catalog.district.code
    if promised.target.rule.key != "narrow_gap" or indicator is None or indicator.unit in {"%", "‰", "/万", "/10万"}:
        return {}
    women, men = (_one(catalog, figures, str(promised.target.indicator), home, "", sex) for sex in ("female", "male"))
    return {y: abs(women[y].value - men[y].value) * 100 / men[y].value for y in women if y in men and men[y].value}


# --- the printed annex ---

GOLDEN = Path(__file__).parent / "golden"


def annex(home: Path) -> tuple[str, Facts]:
    """The golden report's annex of methods, as plain text of one line a paragraph or row."""
    text = (home / "output/990101/2022/annual/methods.txt").read_text(encoding="utf-8")
    catalog = load("990101", home / "expectations")
    with duckdb.connect(str(home / "warehouse/990101.duckdb"), read_only=True) as con:
        return text, Facts(con, catalog, 2022)


def test_every_method_has_one_sentence_and_it_is_the_one_that_is_held(golden: Path) -> None:
    _, facts = annex(golden)
    told = Narrator(facts, wording()).methods(annual.constants(facts))
    printed = {key: unescape(re.sub(r"<[^>]+>", "", text)) for key, text in told.items()}
    assert printed == {key: sentence for key, (sentence, _) in SENTENCES.items()}
    assert list(printed) == list(Method.words())


def test_the_annex_has_the_methods_of_the_year_and_how_many_targets_each_decided(golden: Path) -> None:
    text, facts = annex(golden)
    used = Counter(item.row["method"] for item in facts.items)
    rows = [line.strip("　").split("　") for line in text.splitlines()]
    found = {row[0]: (row[1], int(row[2])) for row in rows if len(row) == 3 and row[0] in Method.words().values()}
    assert found == {
        Method.of(key).word: (SENTENCES[key][0], number) for key, number in used.items() if key is not None
    }
    assert {"end", "linear", "odds"}.isdisjoint(used)
    assert f"另有{used[None]}项无法判断，没有结论。" in text


def test_the_golden_edition_is_judged_as_it_says(golden: Path) -> None:
    catalog = load("990101", golden / "expectations")
    with duckdb.connect(str(golden / "warehouse/990101.duckdb"), read_only=True) as con:
        counts, found = untrue(con, catalog)
    assert found == []
    assert counts.keys() >= {"kept", "path", "direction", "statement"}


@pytest.mark.parametrize(
    ("fault", "target"),
    [
        ("update out_assessments set verdict = 'behind' where target = '{}' and year = 2022", "women.g2.1.women_party_members"),
        ("update out_assessments set method = 'linear' where target = '{}' and year = 2022", "women.g2.1.women_party_members"),
        ("update out_assessments set method = null where target = '{}' and year = 2022", "women.g2.1.women_party_members"),
        ("update out_indicators set numerator = 31, value = 31 where indicator = 'women_party_members' and year = 2022",
         "women.g2.1.women_party_members"),
        ("update core_statements set stage = 'in_progress' where target = '{}' and year = 2022", "women.g1.5.evidence"),
    ],
)  # fmt: skip
def test_a_row_that_is_not_judged_as_printed_is_found(fault: str, target: str, golden: Path) -> None:
    catalog = load("990101", golden / "expectations")
    with duckdb.connect() as con:
        con.execute(f"attach '{golden / 'warehouse/990101.duckdb'}' as made (read_only)")
        for name in ("out_assessments", "out_indicators", "core_statements", "core_stated"):
            con.execute(f"create table {name} as select * from made.{name}")
        assert untrue(con, catalog)[1] == []
        con.execute(fault.format(target))
        assert any(line.startswith(f"{target} 2022") for line in untrue(con, catalog)[1])


# --- the rules of the product, with a fault in one of them ---


def everybody() -> Promise:
    """A share of which the plan asks 100 %."""
    promised = promise("at_least", "100")
    assert promised.indicator is not None
    return replace(promised, indicator=promised.indicator.model_copy(update={"range": (0, 100)}))


CASES = [
    *((promise(rule, None if value == "-" else value), series(values)) for rule, value, values, *_ in table()),
    (promise("at_least", "95", every_year=True), series("96 94 95")),
    (promise("at_least", "95", words="保持在"), series("97 96 94")),
    (promise("at_least", "90"), series("80 86 87 87.5")),  # by its last changes alone it would not be in time
    (promise("at_least", "90"), series("80 81 83 84.8 86.5")),  # goes on to 88.1, half of what is left
    (everybody(), series("90 93 95 97.5")),  # goes on to 102.5, and hardly ever are all of them reached
    (promise("narrow_gap"), series("4 5 4.5 3.9")),
]


def rare(events: str, of: int, rule: str = "at_most", value: str | None = "10") -> tuple[Promise, dict[int, Point]]:
    """Cases of 2020, 2021, … among so many."""
    points = {
        2020 + n: Point(Fraction(100 * int(e), of), "ok", 0, Fraction(e), Fraction(of))
        for n, e in enumerate(events.split())
    }
    return promise(rule, value, better="lower", rare=True), points


CASES += [
    rare("20 18 16", 100), rare("20 22 25", 100), rare("20 15 9 12", 100), rare("30 28 29 27", 100), rare("9 8 12", 100),
    rare("20 18 22", 100, "decrease", None), rare("20 21 19 18", 100, "decrease", None),
]  # fmt: skip


def contradicted() -> list[str]:
    """Cases whose verdict is not that of the printed sentence of its method."""
    found = []
    for promised, points in CASES:
        made = assess(Case(promised, POLICY, max(points), points))
        values = {y: Value(p.value, p.caliber, p.events, p.exposure) for y, p in points.items() if p.value is not None}
        known = Known(promised, POLICY, made.year, values, probability=made.chance.probability)
        told = {} if made.method is None else {made.method: made.verdict}
        if verdicts(known) != told:
            found.append(f"{promised.target.rule} {[str(p.value) for p in points.values()]}：{told}，{verdicts(known)}")
    return found


def test_the_rules_do_what_is_printed() -> None:
    assert contradicted() == []
    seen = Counter(assess(Case(p, POLICY, max(s), s)).method for p, s in CASES)
    assert seen.keys() >= {"end", "kept", "rise", "linear", "direction", "path", "model", "pooled", "odds"}


def _never(_: Case) -> bool:
    return False


def _raw(_: Case, __: Mapping[int, Fraction], found: Any) -> Any:
    return found


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (destatis, "FAR", Fraction(60, 100)),
        (destatis, "YEARS_NEEDED", 5),
        (destatis, "WINDOW", 3),
        (status, "STATUSES", {**status.STATUSES, "cloudy": "on_course"}),
        (rules, "reconciled", lambda verdict, *_: verdict),
        (Rule, "strict", property(lambda _: False)),
        (rules, "_yearly", _never),
        (rules, "_without_jumps", _raw),
        (rules, "_off_middle", lambda share: share),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_that_parts_from_its_sentence_is_found(
    module: Any, name: str, wrong: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, wrong)
    assert contradicted()

"""Outcomes in, everything that the final evaluation's template says and the tables beside it out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from expectations.records import MIDDLE, Domain, Plan
from expectations.requirement import plain
from expectations.vocabulary import Ending, Verdict
from flows.places import PROJECT
from flows.press.bound import Name, counted
from flows.press.numbers import Figure, constant, count, exact, figure, numeral
from flows.report.facts import Facts, published, quality
from flows.report.facts.evaluation import BASES, NEXT, QUANTITATIVE, WEIGHTS, Evaluation, Outcome, there, together
from flows.report.facts.published import Published
from flows.report.say.concluding import Conclusion
from flows.report.write import formats, tables

if TYPE_CHECKING:
    from flows.press.pdf import Write
    from flows.report.draw.charts import Bar
    from flows.report.draw.drawings import Drawings

TEMPLATES = PROJECT / "report_templates"
PROBLEMS_TOLD = 12
"""Problems that have a paragraph; all of them stand in the table."""
YEARS_SHOWN = 6
"""Columns of years that an upright page has room for."""
REVISIONS_SHOWN = 60
REMEDIES_TOLD = 3
"""Of a plan's measures for one goal."""
LEAST_USES = 3
"""A population is told of where it is the denominator of so many indicators."""


def write(
    facts: Facts, staging: Path, editions: Path, previous: formats.Previous, press: Write | None = None
) -> dict[str, int]:
    """Write the edition; return how many targets ended how, in Chinese. Arguments and errors are those of `conclude`."""
    from flows.report import publish

    evaluation = Evaluation(facts)
    years = range(evaluation.base + 1, facts.year + 1)
    found = published.editions(editions, years, facts.edition.audience)
    compared = published.compare(evaluation, found)
    listed = collect(evaluation, compared)
    formats.write(facts, listed, staging, previous, title(facts), "final", published.digests(found))
    said = conclusion(evaluation)
    publish(facts, compose(evaluation, said, compared, staging), said.words, staging, press)
    statuses = evaluation.count().statuses
    return {status.word: statuses[status] for status in Ending if statuses[status]}


def conclusion(evaluation: Evaluation) -> Conclusion:
    from flows.report import wording

    return Conclusion(evaluation, wording())


def compose(evaluation: Evaluation, said: Conclusion, compared: Sequence[Published], staging: Path) -> str:
    """The whole final evaluation as HTML; its charts are drawn into `staging`."""
    from flows.press import pdf

    return kept(pdf.html(TEMPLATES, "final.html", context(evaluation, said, compared, staging)))


def kept(html: str) -> str:
    """The same with every range of running text (2021—2025年, 40%—60%) kept on one line.

    A range within a word that judges stays as it is: such a word is one piece of text (flows/press/binding.py).
    """
    return PARAGRAPH.sub(lambda p: WORDS_AND_RANGES.sub(_kept, p[0]), html)


def _kept(found: re.Match[str]) -> str:
    return f'<span class="nb">{found["range"]}</span>' if found["range"] else found[0]


PARAGRAPH = re.compile(r"<p\b[^>]*>.*?</p>", re.S)
_FIGURE, _UNIT = r'<data class="fig"[^>]*>[^<]*</data>', r"(?:/10万|/万|[%‰年岁])?"
WORDS_AND_RANGES = re.compile(
    r'<span data-fact[^>]*>[^<]*</span>|<span class="nb">.*?</span>|'
    rf"(?P<range>{_FIGURE}—{_FIGURE}{_UNIT}|(?<![\d.])\d[\d.]*{_UNIT}—\d[\d.]*{_UNIT})|<[^>]*>"
)


def context(
    evaluation: Evaluation, said: Conclusion, compared: Sequence[Published], staging: Path
) -> dict[str, object]:
    """What report_templates/final.html needs; the charts are drawn into `staging`."""
    from flows.report.draw.drawings import Drawings

    facts = evaluation.facts
    charts, years = Drawings(staging), evaluation.years
    plans = [_plan(evaluation, said, charts, plan) for plan in facts.plans]
    problems, listed = evaluation.problems, quality.by_year(facts)
    changed = [p for p in compared if p.value_changed or p.verdict_changed]
    return {
        "catalog": facts.catalog, "district": facts.catalog.district, "edition": facts.edition, "year": facts.year,
        "title": title(facts), "facts": facts, "running": f"{facts.year}年终期评估报告", "title_lines": title_lines(facts), "templates": TEMPLATES.resolve().as_uri(),
        "said": said, "plans": plans, "plan_counts": {p.head.short: evaluation.count(evaluation.of_plan(p), p.id) for p in facts.plans}, "all": evaluation.count(), "scope": {1: "规划", 2: "两个规划"}.get(len(plans), "各规划"),
        "base": evaluation.base, "years": years, "policy": facts.catalog.policy, "middle": MIDDLE,
        "marks": _legend(evaluation), "yearly_marks": _yearly_legend(evaluation),
        "methods": _bases(evaluation, said), "left": _left(evaluation), "problems": problems, "level": evaluation.level, "told": [(g[0], said.problem(g[0]), _places(g)) for g in evaluation.shared[:PROBLEMS_TOLD]], "distinct": evaluation.distinct, "shared": evaluation.shared, "supporting": _supporting,
        "bases": list(dict.fromkeys(str(p["basis"]) for p in plans)),
        "unknown": evaluation.unknown, "silent": _silent(evaluation), "advice": _advice(problems),
        "supply": _by_lead(evaluation.unknown), "sexes": evaluation.sexes, "carried": evaluation.carried,
        "next_words": NEXT, "quality": listed, "punctuality": quality.trend(listed), "admitted": quality.late(facts)[0], "unused": quality.late(facts)[1], "received": _received(listed),
        "sources": _sources(facts), "denominators": _denominators(facts, years), "changed": changed[:REVISIONS_SHOWN],
        "changes": count(len(changed), "final/changed"), "compared": count(len(compared), "final/compared"),
        "editions": sorted({p.year for p in compared}), "breaks": _breaks(evaluation),
        "readings": [i for i in facts.items if i.reading],
        "standing": charts.bars("outcomes", "各领域定量目标完成情况（项）", _bars(evaluation), _bar_kinds()),
        "origins": tables.origins(facts), "annex_origins": "附录6", "count": count, "constant": constant, "counted": counted, "numeral": numeral, "least_uses": LEAST_USES,
    }  # fmt: skip


def _plan(evaluation: Evaluation, said: Conclusion, charts: Drawings, plan: Plan) -> dict[str, object]:
    outcomes = evaluation.of_plan(plan)
    return {
        "plan": plan, "basis": titled(plan.head.source), "count": evaluation.count(outcomes, plan.id), "size": _size(plan, outcomes),
        "years": _shown(evaluation, outcomes), "experience": evaluation.experience(plan),
        "domains": [_domain(evaluation, said, charts, plan, d) for d in plan.domains],
    }  # fmt: skip


def _domain(
    evaluation: Evaluation, said: Conclusion, charts: Drawings, plan: Plan, domain: Domain
) -> dict[str, object]:
    outcomes = evaluation.of_domain(plan, domain)
    tally = evaluation.count(outcomes, f"{plan.id}/{domain.domain}")
    items = [o.item for o in outcomes]
    return {
        "domain": domain, "outcomes": outcomes, "count": tally, "size": _domain_size(plan, domain),
        "finding": said.domain(domain, tally, outcomes), "tally": said.tally(tally, "本领域"),
        "moved": said.moved(tally, "本领域"), "goals": said.goals(outcomes),
        "numbers": [o for o in outcomes if o.item.quantitative],
        "evidence": [o for o in outcomes if not o.item.quantitative],
        "charts": list(charts.trends(evaluation.facts, plan.id, domain, items)),
    }  # fmt: skip


def title_lines(facts: Facts) -> list[str]:
    """The title as the cover sets it, line by line, from the plans' own titles."""
    short = facts.catalog.district.short
    names = [p.head.title for p in facts.plans]
    place = short if names and any(name.startswith(short) for name in names) else ""
    last = f"终期评估报告{facts.edition.kind}"
    return [place, *(name.removeprefix(short) for name in names), last] if place else [*names, last]


def title(facts: Facts) -> str:
    """宝坻区妇女发展“十四五”规划和儿童发展“十四五”规划终期评估报告"""
    lines = title_lines(facts)
    place = lines[0] if len(lines) > len(facts.plans) + 1 else ""
    return f"{place}{'和'.join(lines[len(lines) - 1 - len(facts.plans) : -1])}{lines[-1]}"


def _size(plan: Plan, outcomes: Sequence[Outcome]) -> dict[str, Figure]:
    """How much a plan promises."""
    fact = f"plan/{plan.id}"
    sizes = {
        "domains": len(plan.domains),
        "goals": sum(len(d.goals) for d in plan.domains),
        "measures": sum(len(d.measures) for d in plan.domains),
        "targets": len(outcomes),
    }
    return {name: figure(size, 0, f"{fact}/{name}") for name, size in sizes.items()}


def _domain_size(plan: Plan, domain: Domain) -> dict[str, Figure]:
    fact = f"plan/{plan.id}/{domain.domain}"
    return {"goals": figure(len(domain.goals), 0, f"{fact}/goals"),
            "measures": figure(len(domain.measures), 0, f"{fact}/measures")}  # fmt: skip


def _shown(evaluation: Evaluation, outcomes: Sequence[Outcome]) -> list[int]:
    """Years of a plan's tables: those with any figure; where there are too many, both ends and the last before the end."""
    head = outcomes[0].item.promise.plan.head if outcomes else None
    base = head.baseline if head else evaluation.base
    known = {y for o in outcomes for y, p in o.item.series.items() if base <= y <= evaluation.facts.year and there(p)}
    years = sorted(known | {base, evaluation.facts.year})
    return years if len(years) <= YEARS_SHOWN else [years[0], *years[1 - YEARS_SHOWN :]]


def _legend(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Every sign that occurs, and what it stands for."""
    found = {o.status for o in evaluation.outcomes}
    return [(status.sign, status.word) for status in Ending if status in found]


def _yearly_legend(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Every mark of the yearly strip that occurs, and the verdicts it stands for."""
    found: dict[str, list[str]] = {}
    occurring = {r["verdict"] for o in evaluation.outcomes for r in o.item.history.values()}
    for verdict in Verdict:
        if verdict in occurring:
            found.setdefault(verdict.mark, []).append(verdict.word)
    return [(mark, "、".join(words)) for mark, words in found.items()]


def _bases(evaluation: Evaluation, said: Conclusion) -> list[tuple[str, Markup, Figure]]:
    """Each basis that outcomes rest on: its name, how it decides, how many there are."""
    found = Counter(o.basis for o in evaluation.outcomes)
    rules = said.bases()
    return [
        (name, rules[key], figure(found[key], 0, f"final/bases/{key}")) for key, name in BASES.items() if found[key]
    ]


def _left(evaluation: Evaluation) -> list[tuple[str, Figure]]:
    """What rests on none of them, by outcome."""
    count = evaluation.count()
    return [
        (s.word, count.number(s)) for s in (Ending.NO_DATA, Ending.SUPPRESSED, Ending.NO_STATEMENT) if count.statuses[s]
    ]


def _silent(evaluation: Evaluation) -> list[Outcome]:
    """Evidence targets that nobody has begun with or told of."""
    return [o for o in evaluation.outcomes if o.status in {Ending.NOT_STARTED, Ending.NO_STATEMENT}]


def _advice(problems: Sequence[Outcome]) -> list[dict[str, object]]:
    """Department by department, the heaviest problem first: goals that were missed, and the plan's measures for them."""
    advice: list[dict[str, object]] = []
    for lead, group in _by_lead(problems).items():
        shared = together(group)
        served: dict[object, list[list[Outcome]]] = {}
        for same in shared:  # the promises of one plan's goal together; what a second plan repeats by itself
            item = same[0].item
            goal = (item.promise.plan.id, item.promise.domain.domain, tuple(item.goals))
            served.setdefault(goal if len({o.item.promise.plan.id for o in same}) == 1 else item.id, []).append(same)
        number = figure(len(shared), 0, f"final/advice/{group[0].item.promise.lead}")
        advice.append({"lead": lead, "goals": [_goal(found) for found in served.values()], "number": number})
    return advice


def _goal(found: Sequence[Sequence[Outcome]]) -> dict[str, object]:
    """What one paragraph of advice is about: the names once, their clauses, each plan's measures, who supports."""
    outcomes = [o for same in found for o in same]
    firsts = list({o.item.promise.plan.id: o.item for o in reversed(outcomes)}.values())[::-1]
    remedies = [
        (Name(i.promise.plan.head.short, f"plan/{i.promise.plan.id}") if len(firsts) > 1 else "", clause, measure)
        for i in firsts
        for clause, measure in i.remedies[:REMEDIES_TOLD]
    ]
    return {"names": list(dict.fromkeys(o.name for o in outcomes)), "places": _places(outcomes),
            "remedies": remedies, "support": _supporting(outcomes)}  # fmt: skip


def _places(outcomes: Iterable[Outcome]) -> list[tuple[Name | str, Name]]:
    """Where a promise stands, plan by plan: the plan's name before the first of its clauses."""
    told: dict[str, Plan] = {}
    places: list[tuple[Name | str, Name]] = []
    for clause, plan in dict.fromkeys((o.item.clause, o.item.promise.plan.id) for o in outcomes):
        found = next(o.item.promise.plan for o in outcomes if o.item.promise.plan.id == plan)
        places.append(("" if plan in told else Name(found.head.short, f"plan/{plan}"), clause))
        told[plan] = found
    return places


def _supporting(outcomes: Iterable[Outcome]) -> list[str]:
    return list(dict.fromkeys(d for o in outcomes for d in o.item.support))


def titled(source: str) -> str:
    """A document's title in 《》, where the source is a title with what comes after it: a date, a number."""
    title, mark, rest = source.partition("，")
    return f"《{title}》{mark}{rest}" if TITLE.search(title) and "《" not in source else source


TITLE = re.compile(r"(?:通知|意见|决定|批复|函)$")


def _by_lead(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    grouped: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault(outcome.item.lead, []).append(outcome)
    return grouped


def _received(listed: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Sums over the years of what is a figure in all of them: a public edition does not tell of corrections."""
    keys = ("due", "received", "punctual", "used", "cells_revised")
    return {
        key: count(sum(int(r[key].value) for r in listed), f"final/deliveries/{key}")
        for key in keys
        if all(isinstance(r[key], Figure) for r in listed)
    }


def _sources(facts: Facts) -> list[dict[str, object]]:
    """Who has sent what: departments with the datasets they owe."""
    owed: dict[str, list[str]] = {}
    for dataset, senders in facts.catalog.senders.items():
        for department in senders:
            owed.setdefault(department, []).append(facts.catalog.datasets[dataset].title)
    return [
        {"name": facts.catalog.department(key), "titles": [Name(t, f"dataset/{key}") for t in owed[key]]}
        for key in facts.catalog.district.departments
        if key in owed
    ]


def _denominators(facts: Facts, years: Sequence[int]) -> list[dict[str, object]]:
    """The populations that at least `LEAST_USES` indicators are measured against, with their yearly figures."""
    used: dict[str, list[str]] = {}
    for key, indicator in facts.catalog.indicators.items():
        if len(indicator.denominator) == 1 and not indicator.versions:
            used.setdefault(indicator.denominator[0], []).append(key)
    listed: list[dict[str, object]] = []
    for measure, keys in sorted(used.items(), key=lambda pair: -len(pair[1])):
        home = next((d for d in facts.catalog.datasets.values() if measure in d.measures), None)
        if len(keys) < LEAST_USES or home is None or any(r["name"] == home.measures[measure] for r in listed):
            continue
        yearly = facts.figures.years(keys[0], "total")
        found = {y: r["denominator"] for y, r in yearly.items() if r["denominator"] is not None}
        header = home.measures[measure]
        cells = [count(int(found[y]), f"base/{measure}/{y}") if y in found else "未报送" for y in years]
        listed.append({"name": Name(header, f"measure/{measure}"), "unit": home.columns[header].unit, "cells": cells})
    return listed


def _breaks(evaluation: Evaluation) -> list[dict[str, object]]:
    """Changes of caliber since the baseline, with their bridge."""
    return [
        {"key": key, "name": Name(i.name, f"name/{key}"), "since": v.since, "note": Name(v.note, f"note/{key}"),
         "bridge": "不可比" if v.bridge is None else figure(exact(v.bridge), 3, f"bridge/{key}/{v.since}")}
        for key, i in evaluation.own_indicators.items()
        for v in i.versions
        if evaluation.base < v.since <= evaluation.facts.year
    ]  # fmt: skip


def _bars(evaluation: Evaluation) -> list[Bar]:
    from flows.report.draw.charts import Bar

    bars = []
    for plan in evaluation.facts.plans:
        for domain in plan.domains:
            statuses = evaluation.count(evaluation.of_domain(plan, domain)).statuses
            bars.append(Bar(plan.head.short, domain.title, {str(k): statuses[k] for k in _bar_kinds()}))
    return bars


def _bar_kinds() -> dict[str, str]:
    return {k: f"{k.sign} {k.word}" for k in QUANTITATIVE}


# --- tables beside the report ---


def collect(evaluation: Evaluation, compared: Sequence[Published]) -> list[formats.Table]:
    """Every table of the final evaluation, in the order of the report."""
    facts = evaluation.facts
    year, table = facts.year, formats.Table
    return [
        table("attainment", "完成情况", "各规划、各领域目标的完成情况和达标率", *attainment(evaluation)),
        table("outcomes", "全部目标", "全部目标的历年数值、评价和结果", *outcomes(evaluation)),
        table("statements", "定性目标", f"{year}年定性目标的进展和部门说明", *tables.statements(facts)),
        table("sexes_change", "分性别变化", "女性、男性和两性差距的变化", *sexes_change(evaluation)),
        table("problems", "问题排序", "未达标目标按排序规则列出", *problems(evaluation)),
        table("baseline", "新基期数据", "下一规划期监测的基期数据，未经修约", *baseline(evaluation)),
        table("first_published", "首次公布", "首次公布与现行的数值和评价", *first_published(compared)),
        table("indicators", "全部指标", "全部指标分年度、地区、单位、性别的数值，未经修约", *tables.indicators(facts)),
        table("quality", "数据质量", "历年报送的及时、完整和更正情况", quality.HEADER, quality.table(quality.by_year(facts))),
    ]  # fmt: skip


Rows = tuple[list[str], list[list[object]]]


def outcomes(evaluation: Evaluation) -> Rows:
    """Every target: baseline, every year, change, requirement, verdicts of the years, outcome."""
    years = evaluation.years
    header = ["规划", "领域", "条目", "目标", "指标", "单位", *(f"{y}年" for y in years), "增减", "规划要求", "历年评价",
              "结果", "说明", "距要求（%）", "比基期", "责任部门"]  # fmt: skip
    listed: list[list[object]] = []
    for outcome in evaluation.outcomes:
        item, number = outcome.item, outcome.item.quantitative
        values = [item.at(y) if number else "—" for y in years]
        missed = outcome.status in {Ending.MISSED, Ending.NEARLY}
        listed.append(
            [item.promise.plan.head.short, item.promise.domain.title, item.promise.clause, item.promise.title,
             item.name if number else "（定性目标）", item.unit, *values, outcome.change if number else "—", item.required,
             outcome.strip, outcome.status.word, _inside(str(outcome.judgement)),
             outcome.distance_figure if missed else "—", outcome.trend_word if number else "—", item.lead]
        )  # fmt: skip
    return header, listed


def _inside(judgement: str) -> str:
    """What qualifies a judgement: the text in its brackets."""
    return judgement.partition("（")[2].removesuffix("）") or "—"


def problems(evaluation: Evaluation) -> Rows:
    """What was missed, in the order of what is at stake."""
    header = ["次序", "级别", "类别", "比基期", "距要求（%）", "规划", "条目", "指标", "单位", "期末",
              "规划要求", "责任部门", "配合部门", "规划措施"]  # fmt: skip
    listed: list[list[object]] = []
    for number, group in enumerate(evaluation.shared, start=1):
        o, item, items = group[0], group[0].item, [other.item for other in group]
        measures = dict.fromkeys((i.promise.plan.id, c, m.title) for i in items for c, m in i.measures)
        listed.append(
            [number, evaluation.level(o), WEIGHTS[o.weight], o.trend_word, o.distance_figure,
             "、".join(dict.fromkeys(i.promise.plan.head.short for i in items)),
             "、".join(dict.fromkeys(i.promise.clause for i in items)), item.name, item.unit, item.value, item.required,
             "、".join(dict.fromkeys(i.lead for i in items)), "、".join(_supporting(group)),
             "；".join(f"{c} {title}" for _, c, title in measures)]
        )  # fmt: skip
    return header, listed


def attainment(evaluation: Evaluation) -> Rows:
    """Counts by plan and domain, and the attainment rate with its bounds."""
    header = ["规划", "领域", "定量目标", "可评价", *(s.word for s in QUANTITATIVE),
              "达标率（%）", "下限（%）", "上限（%）", "定性目标", "已落实"]  # fmt: skip
    listed: list[list[object]] = []
    for plan in evaluation.facts.plans:
        parts = [(d.title, evaluation.of_domain(plan, d), f"{plan.id}/{d.domain}") for d in plan.domains]
        for name, found, key in [*parts, ("小计", evaluation.of_plan(plan), plan.id)]:
            c = evaluation.count(found, key)
            numbers = [c.number(s) for s in QUANTITATIVE]
            listed.append([plan.head.short, name, c.all, c.judged, *numbers, c.rate, c.least, c.most, c.evidence,
                           c.number(Ending.CARRIED_OUT)])  # fmt: skip
    return header, listed


def sexes_change(evaluation: Evaluation) -> Rows:
    """Women, men and the gap, from the baseline to the end."""
    base, end = evaluation.base, evaluation.facts.year
    header = ["指标", "单位", f"{base}年女", f"{end}年女", "女性增减", "女性", f"{base}年男", f"{end}年男", "男性增减", "男性",
              f"{base}年差距", f"{end}年差距", "两性差距"]  # fmt: skip
    return header, [
        [s.name, s.indicator.unit, s.at(base, "female"), s.at(end, "female"), s.change("female"),
         s.moved_word("female"), s.at(base, "male"), s.at(end, "male"), s.change("male"), s.moved_word("male"),
         s.gap(base), s.gap(end), s.gap_word]
        for s in evaluation.sexes
    ]  # fmt: skip


def first_published(compared: Sequence[Published]) -> Rows:
    """Every target and year of which there is an annual edition: as first published, as now."""
    header = ["规划", "条目", "指标", "单位", "年份", "首次公布数值", "现行数值", "数值",
              "首次公布评价", "现行评价", "评价"]  # fmt: skip
    return header, [
        [p.item.promise.plan.head.short, p.item.promise.clause, p.item.name, p.item.unit, p.year, p.value, p.now,
         "有变化" if p.value_changed else "一致", p.verdict, p.verdict_now, "有变化" if p.verdict_changed else "一致"]
        for p in compared
    ]  # fmt: skip


def baseline(evaluation: Evaluation) -> Rows:
    """Every indicator of the plans that end with its last value: exact parts, so that the next plan rounds nothing twice."""
    header = ["indicator", "name", "year", "sex", "value", "numerator", "denominator", "unit",
              "state", "caliber", "carry"]  # fmt: skip
    listed: list[list[object]] = []
    for carried in evaluation.carried:
        for sex, r in carried.rows.items():
            parts = [None if r[k] is None else plain(exact(r[k])) for k in ("numerator", "denominator")]
            listed.append([carried.key, carried.indicator.name, r["year"], sex, r["value"], *parts,
                           carried.indicator.unit, r["state"], r["caliber"] or "", carried.next])  # fmt: skip
        if not carried.rows:
            blank = [carried.key, carried.indicator.name, evaluation.facts.year, "total", None, None, None]
            listed.append([*blank, carried.indicator.unit, "not_received", "", carried.next])
    return header, listed

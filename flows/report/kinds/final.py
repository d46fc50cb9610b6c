"""Everything that the template of the final evaluation says, and its tables, from what became of the targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from expectations.records import Domain, Plan
from expectations.requirement import plain
from expectations.vocabulary import BASELESS, NOT_WHOLLY_MET, UNJUDGED, Basis, Ending, Weight
from flows.press.bound import Word, counted
from flows.press.numbers import Figure, count, exact, figure, rounded
from flows.report.facts import Facts, published, quality
from flows.report.facts.evaluation import ATTAINED, QUANTITATIVE, Carried, Count, Evaluation, Outcome
from flows.report.facts.published import Published
from flows.report.kinds import YEARLY, Kind
from flows.report.kinds.report import Alike, Context, Glance, worded
from flows.report.kinds.review import Review, TableRows, advice, by_lead, supporting
from flows.report.say import domains
from flows.report.say.concluding import Conclusion
from flows.report.write import divided, tables
from flows.report.write.table import Table, table
from flows.wording import headings, read, say

if TYPE_CHECKING:
    from flows.report.draw.charts import Bar
    from flows.report.draw.drawings import Drawings

PROBLEMS_TOLD = 12
"""The number of problems in the report's own table; the annex has all of them."""
REVISIONS_SHOWN = 60


class Final(Review):
    """The evaluation of plans at the end of their period."""

    annexed = "final"
    endings = ("problems", "advice", "next")

    narrator: Conclusion

    def __init__(self, kind: Kind, facts: Facts, editions: Path | None) -> None:
        super().__init__(kind, facts, editions)
        self.evaluation = Evaluation(facts)
        self.narrator = Conclusion(self.evaluation, read("wording"))

    @cached_property
    def _printed(self) -> Mapping[int, Path]:
        """The annual editions that were the first of their year."""
        years = range(self.facts.base + 1, self.facts.year + 1)
        if self.editions is None:
            return {}
        return published.editions(self.editions, YEARLY.name, years, self.facts.edition.audience)

    @cached_property
    def _compared(self) -> list[Published]:
        return published.compare(self.evaluation, self._printed)

    @property
    def read(self) -> Mapping[str, str]:
        return published.digests(self._printed)

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        return {"targets": worded(self.evaluation.count().codes, Ending.words())}

    @property
    def standings(self) -> Mapping[str, Ending]:
        return {outcome.item.id: outcome.status for outcome in self.evaluation.outcomes}

    def glance(self) -> Glance:
        """By what became of the targets."""
        evaluation = self.evaluation
        tally = evaluation.count()
        groups = []
        for ending in QUANTITATIVE:
            number, found = tally.number(ending), [o for o in evaluation.outcomes if o.status == ending]
            if found:
                word = ending.word if ending is Ending.SUPPRESSED else counted(ending.word, number)
                groups.append(Alike(ending.sign * len(found), word, number, ending is Ending.MISSED))
        fact = tally.rate.fact if isinstance(tally.rate, Figure) else f"{tally.fact}/rate/judged"
        told = Word(say("labels/glance/ended"), fact, "count")
        kinds = (tally.numbers.judged, tally.directions.judged)
        return Glance(tally.all, tally.judged, kinds, tally.rate, told, groups, [o.item for o in evaluation.distinct])

    def annexes_missing(self) -> Collection[str]:
        there = {"problems": self.evaluation.problems, "next": self.evaluation.carried}
        return {*super().annexes_missing(), *(key for key, listed in there.items() if not listed)}

    def plan(self, plan: Plan) -> Context:
        return {"count": self.evaluation.count(self.evaluation.of_plan(plan), plan.id)}

    def domain(self, charts: Drawings, plan: Plan, domain: Domain) -> Context:
        evaluation, said, outcomes = self.evaluation, self.narrator, self.evaluation.of_domain(plan, domain)
        tally, here = evaluation.count(outcomes, f"{plan.id}/{domain.domain}"), say("labels/scope/here")
        missed = [o.item for o in outcomes if o.status == Ending.MISSED]
        return {
            "count": tally,
            "heading": said.titled(domain, tally.all, tally.judged, tally.attained),
            "finding": said.domain(domain, tally, outcomes),
            "tally": said.tally(tally, here, rates=False),
            "paragraphs": domains.paragraphs(said, _standing(outcomes), said.outcome, tally.fact, "final"),
            "note": said.notes([o.item for o in outcomes]),
            "fallen": domains.fallen(said, tally.judged, tally.number(Ending.MISSED), missed),
            "numbers": [o for o in outcomes if o.item.quantitative],
            "evidence": [o for o in outcomes if not o.item.quantitative],
            "charts": list(charts.leading(self.facts, plan.id, domain, [o.item for o in outcomes])),
            "others": list(charts.others(self.facts, plan.id, domain, [o.item for o in outcomes])),
        }

    def chapters(self, charts: Drawings) -> Context:
        return {**super().chapters(charts), **self._summary(charts), **self._problems(), **self._annexes()}

    def _summary(self, charts: Drawings) -> Context:
        evaluation = self.evaluation
        counts = {p.head.short: evaluation.count(evaluation.of_plan(p), p.id) for p in self.facts.plans}
        bars = charts.bars("outcomes", say("labels/chart/outcomes"), _bars(evaluation), _bar_kinds())
        every = evaluation.count()
        figures = 10 + sum(every.codes[ending] > 0 for ending in (Ending.UNKNOWN, Ending.SUPPRESSED))
        stages = _stages(every)
        columns = (figures if every.all.value else 1) + (1 + len(stages) if every.evidence.value else 0)
        return {
            "all": every,
            "plan_counts": counts,
            "marks": _legend(evaluation),
            "standing": bars,
            "columns": columns,
            "stages": stages,
        }

    def _problems(self) -> Context:
        evaluation, shared = self.evaluation, self.evaluation.shared
        return {
            "problems": evaluation.problems,
            "level": evaluation.level,
            "shared": shared,
            "told": shared[:PROBLEMS_TOLD],
            "unknown": evaluation.unknown,
            "silent": [o for o in evaluation.outcomes if o.status in {Ending.NOT_STARTED, Ending.NO_STATEMENT}],
            "advice": advice(evaluation.problems, self.kind),
            "supply": by_lead(evaluation.unknown.get(Ending.NO_DATA, [])),
            "supporting": supporting,
            "carried": evaluation.carried,
        }

    def _annexes(self) -> Context:
        compared = self._compared
        changed = [p for p in compared if p.value_changed or p.verdict_changed]
        return {
            "revised": changed[:REVISIONS_SHOWN],
            "revisions": count(len(changed), "final/changed"),
            "compared": count(len(compared), "final/compared"),
            "editions": sorted({p.year for p in compared}),
            "methods": _bases(self.evaluation, self.narrator),
            "left": _left(self.evaluation),
        }

    def tables(self) -> list[Table]:
        facts, evaluation, year = self.facts, self.evaluation, self.facts.year
        return [
            table("attainment", *attainment(evaluation)),
            table("outcomes", *outcomes(evaluation)),
            table("statements", *tables.statements(facts), year=year),
            *self.followed_table(),
            *self.sexes_change(),
            *([table("divided", *divided.table(facts))] if divided.divided(facts) else []),
            *([table("above", *tables.above(facts), pinned=1)] if self.beside else []),
            table("problems", *problems(evaluation)),
            table("baseline", *baseline(evaluation)),
            table("first_published", *first_published(self._compared)),
            table("indicators", *tables.indicators(facts)),
            table("quality", headings("quality"), quality.table(quality.by_year(facts))),
        ]


def _standing(outcomes: Sequence[Outcome]) -> domains.DomainStanding[Outcome]:
    """A domain's quantitative targets by how they ended."""
    own = [o for o in outcomes if o.quantitative]
    endings = ((Ending.MISSED,), ATTAINED, UNJUDGED)
    return domains.DomainStanding(*([o for o in own if o.status in group] for group in endings))


def _stages(every: Count) -> list[Ending]:
    """The endings of targets of evidence that have a column: beside those with a figure, how many were carried out; alone, all."""
    if every.all.value:
        return [Ending.CARRIED_OUT]
    silent = (ending for ending in (Ending.NO_STATEMENT, Ending.NOT_ASKED) if every.codes[ending])
    return [Ending.CARRIED_OUT, Ending.IN_PROGRESS, Ending.NOT_STARTED, *silent]


def _legend(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Every sign that occurs of targets with a figure, and its meaning."""
    found = {o.status for o in evaluation.outcomes if o.quantitative}
    return [(status.sign, status.word) for status in Ending if status in found]


def _bases(evaluation: Evaluation, said: Conclusion) -> list[tuple[str, Markup, Figure]]:
    """Each basis of outcomes: its name, how it decides, and how many outcomes rest on it."""
    found = Counter(o.basis for o in evaluation.outcomes)
    rules = said.bases()
    return [
        (basis.word, rules[basis], figure(found[basis], 0, f"final/bases/{basis}")) for basis in Basis if found[basis]
    ]


def _left(evaluation: Evaluation) -> list[tuple[str, Figure]]:
    """How many targets rest on no basis, by outcome: not judged, suppressed, or without a statement."""
    count = evaluation.count()
    return [(s.word, count.number(s)) for s in BASELESS if count.codes[s]]


def _bars(evaluation: Evaluation) -> list[Bar]:
    from flows.report.draw.charts import Bar

    bars = []
    for plan in evaluation.facts.plans:
        for domain in plan.domains:
            statuses = evaluation.count(evaluation.of_domain(plan, domain)).codes
            bars.append(Bar(plan.head.short, domain.title, {str(k): statuses[k] for k in _bar_kinds()}))
    return bars


def _bar_kinds() -> dict[str, str]:
    return {k: f"{k.sign} {k.word}" for k in QUANTITATIVE}


# --- tables beside the report ---


def outcomes(evaluation: Evaluation) -> TableRows:
    """Every target: baseline, every year, change, requirement, verdicts of the years, outcome."""
    years = evaluation.facts.years
    header = headings("outcomes", years=years)
    listed: list[list[object]] = []
    for outcome in evaluation.outcomes:
        item, number = outcome.item, outcome.item.quantitative
        values = [item.cell(y) for y in years]
        missed = outcome.status in NOT_WHOLLY_MET
        listed.append(
            [
                item.promise.plan.head.short,
                item.promise.domain.title,
                item.promise.clause,
                item.promise.title,
                item.name if number else say("labels/cell/evidence"),
                item.unit,
                *values,
                outcome.change if number else "—",
                item.required,
                outcome.strip,
                outcome.status.word,
                _inside(str(outcome.judgement)),
                outcome.distance_figure if missed else "—",
                outcome.trend_word if number else "—",
                item.lead,
            ]
        )
    return header, listed


def _inside(judgement: str) -> str:
    """The qualification of a judgement: the text in its brackets."""
    return judgement.partition("（")[2].removesuffix("）") or "—"


def problems(evaluation: Evaluation) -> TableRows:
    """What was missed, most at stake first."""
    header = headings("problems")
    listed: list[list[object]] = []
    for number, group in enumerate(evaluation.shared, start=1):
        o, item, items = group[0], group[0].item, [other.item for other in group]
        actions = dict.fromkeys((i.promise.plan.id, clause, text) for i in items for clause, text in i.remedies)
        listed.append(
            [
                number,
                evaluation.level(o),
                Weight.of(o.weight).word,
                o.trend_word,
                o.distance_figure,
                "、".join(dict.fromkeys(i.promise.plan.head.short for i in items)),
                "、".join(dict.fromkeys(i.promise.clause for i in items)),
                item.name,
                item.unit,
                item.value,
                item.required,
                "、".join(dict.fromkeys(i.lead for i in items)),
                "、".join(supporting(group)),
                "；".join(f"{c} {text}" for _, c, text in actions),
            ]
        )
    return header, listed


def attainment(evaluation: Evaluation) -> TableRows:
    """Counts by plan and domain, and the attainment rate with its bounds."""
    header = headings("attainment", endings=[s.word for s in QUANTITATIVE])
    listed: list[list[object]] = []
    for plan in evaluation.facts.plans:
        parts = [(d.title, evaluation.of_domain(plan, d), f"{plan.id}/{d.domain}") for d in plan.domains]
        for name, found, key in [*parts, (say("labels/cell/sum"), evaluation.of_plan(plan), plan.id)]:
            c = evaluation.count(found, key)
            numbers = [c.number(s) for s in QUANTITATIVE]
            listed.append(
                [
                    plan.head.short,
                    name,
                    c.all,
                    c.judged,
                    *numbers,
                    c.rate,
                    c.least,
                    c.most,
                    c.evidence,
                    c.number(Ending.CARRIED_OUT),
                ]
            )
    return header, listed


def _alike(changed: bool) -> str:
    return say(f"labels/cell/{'changed' if changed else 'agree'}")


def first_published(compared: Sequence[Published]) -> TableRows:
    """Every target and year with an annual edition: as first published, and as it is now."""
    header = headings("first_published")
    return header, [
        [
            p.item.promise.plan.head.short,
            p.item.promise.clause,
            p.item.name,
            p.item.unit,
            p.year,
            p.value,
            p.now,
            _alike(p.value_changed),
            p.verdict,
            p.verdict_now,
            _alike(p.verdict_changed),
        ]
        for p in compared
    ]


def baseline(evaluation: Evaluation) -> TableRows:
    """Every indicator of the ending plans with its last value, as exact parts, so that the next plan rounds nothing
    twice; where a target judges the lowest area or institution, or the distance of women and men, that one beside it.

    A form of ready-made figures can read it (docs/final.md): a value has as many decimals as a delivery can hold.
    """
    header = [
        "indicator",
        "name",
        "year",
        "sex",
        *(["part"] if (divided_by := evaluation.facts.catalog.divided) else []),
        "value",
        "numerator",
        "denominator",
        "unit",
        "state",
        "caliber",
        "carry",
        "lowest",
        "lowest_at",
        "gap",
    ]
    listed: list[list[object]] = []
    for carried in evaluation.carried:
        of_parts = (part for key, d in divided_by.items() if key == carried.indicator.by for part in d.parts)
        for r in (
            *carried.rows.values(),
            *(row for part in of_parts for row in _of_part(evaluation, carried.key, part)),
        ):
            value = None if r["value"] is None else plain(rounded(r["value"], DELIVERED).normalize())
            parts = [None if r[k] is None else plain(exact(r[k])) for k in ("numerator", "denominator")]
            own = (None,) * 3 if r["part"] else _judged_instead(evaluation, carried, r["sex"])
            place = [r["sex"], *([r["part"]] if divided_by else [])]
            row = [carried.key, carried.indicator.name, r["year"], *place, value, *parts, carried.indicator.unit]
            listed.append([*row, r["state"], r["caliber"] or "", carried.next, *own])
        if not carried.rows:
            no_part = [""] if divided_by else []
            blank = [carried.key, carried.indicator.name, evaluation.facts.year, "total", *no_part, None, None, None]
            listed.append([*blank, carried.indicator.unit, carried.absent, "", carried.next, None, None, None])
    return header, listed


def _of_part(evaluation: Evaluation, key: str, part: str) -> Iterator[Mapping[str, Any]]:
    """An indicator's figures of a part in the last year: of all, and of each sex."""
    found = evaluation.facts.figures.at_home(key, part)
    return (row for (year, _), row in found.items() if year == evaluation.facts.year)


DELIVERED = 6
"""The decimals of a figure that the warehouse takes from a delivery."""


def _judged_instead(evaluation: Evaluation, carried: Carried, sex: str) -> tuple[object, object, object]:
    """What targets of the indicator judge in place of its own value: the lowest place's value and its name, the gap of women
    and men.
    """
    facts = evaluation.facts
    judged = [o.item for o in carried.outcomes if o.item.promise.target.between is None]
    lowest = next((item for item in reversed(judged) if item.promise.target.each is not None), None)
    gaps = (item for item in reversed(judged) if item.promise.target.rule.series == "gap")
    gap = next(gaps, None) if sex == "total" else None
    told = [None if item is None else item.row["value"] for item in (lowest, gap)]
    names = ""
    if lowest is not None and lowest.promise.target.sex == sex and told[0] is not None:
        known = facts.catalog.places(str(lowest.promise.target.each), facts.year)
        names = "、".join(
            known[r["area"], r["institution"]]
            for r in facts.figures.all
            if (r["indicator"], r["year"], r["sex"], r["part"], r["value"])
            == (carried.key, facts.year, sex, "", told[0])
            and (r["area"], r["institution"]) in known
        )
    shown = [None if value is None else plain(rounded(value, DELIVERED).normalize()) for value in told]
    return (shown[0] if names else None, names or None, shown[1])

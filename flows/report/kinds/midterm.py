"""Everything that the midterm evaluation says, from the facts of the year in which half of a plan's time is over.

The verdicts are those of the annual report of that year. Beside each stands the share of the way from the baseline to
the plan's number that is done (任务进度), compared with the share of the time that has passed (时间进度): 时间过半，任务是否过半.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from expectations.records import Domain, Plan
from expectations.vocabulary import FINE, OF_YEAR, SHORT, Reason, Verdict
from flows.press.bound import joined
from flows.press.numbers import Figure, exact, figure
from flows.report.facts import Facts, quality
from flows.report.facts.counts import Tally
from flows.report.facts.evaluation import WAYS, Outcome, together
from flows.report.facts.items import Difference, Item
from flows.report.kinds import Kind
from flows.report.kinds.report import Context, Glance, deciding, glance, plans_together, undecided, worded
from flows.report.kinds.review import Review, TableRows, advice
from flows.report.say import domains
from flows.report.say.concluding import Evaluator, vocabulary
from flows.report.say.narrative import Words
from flows.report.write import divided, tables
from flows.report.write.table import Table, table
from flows.wording import headings, period, read, say

if TYPE_CHECKING:
    from flows.report.draw.drawings import Chart, Drawings

PROBLEMS_TOLD = 12
"""The number of targets behind in the report's own table; the annex has all of them."""
NAMED = 8
"""The number of targets that a sentence of the summary names."""
HALF, WHOLE = 50, 100
STEADY = tuple(verdict for verdict in FINE if verdict is not Verdict.MET_EARLY)
STANDINGS: Mapping[str, tuple[str, tuple[Verdict, ...]]] = {
    "early": (say("labels/halfway/early"), (Verdict.MET_EARLY,)),
    "steady": (say("labels/halfway/steady"), STEADY),
    "short": (say("labels/halfway/short"), SHORT),
    "unknown": (Verdict.UNKNOWN.word, (Verdict.UNKNOWN,)),
    "suppressed": (Verdict.SUPPRESSED.word, (Verdict.SUPPRESSED,)),
}
"""The word for a target at half-time, by the verdict of the year."""


@dataclass(frozen=True)
class Road:
    """A target's way from the baseline to the number that the plan asks for at its end."""

    item: Item

    @property
    def able(self) -> bool:
        """Whether there is such a way: to a fixed number, by the plan's end, not kept before, and not decided by a
        single event.
        """
        target, indicator = self.item.promise.target, self.item.promise.indicator
        kept = target.kept or target.every_year or self.item.verdict in OF_YEAR
        return indicator is not None and target.rule.limit in {"number", "change"} and not kept and not indicator.rare

    @cached_property
    def time(self) -> Figure:
        """The share of the plan's time that has passed, in %."""
        head, year = self.item.promise.plan.head, int(self.item.row["year"])
        share = exact(year - head.baseline) * 100 / (head.end - head.baseline)
        return figure(share, 0 if share == int(share) else 1, f"midterm/{self.item.promise.plan.id}/time")

    @cached_property
    def share(self) -> Decimal | str:
        """The share of the way that is done, in %; below 0 if the value moved away; a word if it cannot be told."""
        item, row = self.item, self.item.row
        if not self.able:
            return Reason.NOT_APPLICABLE.word
        for shown in (item.value, item.at(item.promise.plan.head.baseline)):
            if isinstance(shown, str):
                return shown
        if row["change_baseline"] is None or row["threshold"] is None:
            if item.verdict == Verdict.SUPPRESSED:
                return Reason.SUPPRESSED.word
            if (
                row["threshold"] is None and row["reason"] == Reason.ZERO_BASELINE
            ):  # of nothing no per cent can be asked
                return Reason.ZERO_BASELINE.word
            return Reason.BREAK.word
        now, limit = exact(row["value"]), exact(row["threshold"])
        start = now - exact(row["change_baseline"])
        ahead = item.promise.direction * (start - limit)
        if item.promise.target.rule.reached(ahead):
            return say("labels/cell/met_at_base")
        if ahead == 0:  # 高于、低于 that begins on the number itself: there is no way that could be measured
            return Reason.NOT_APPLICABLE.word
        return (now - start) * 100 / (limit - start)

    @property
    def done(self) -> Figure | str:
        """The same as printed: on a short way, a share far above 100 % says nothing; the whole way to 高于、低于 is not yet
        beyond it.
        """
        if isinstance(self.share, str):
            return self.share
        if self.share > WHOLE or (self.share == WHOLE and not self.item.promise.target.rule.strict):
            return say("labels/cell/met")
        return figure(self.share, 1, self.item.fact("progress"), WHOLE)

    @property
    def is_half(self) -> bool:
        return isinstance(self.share, Decimal) and self.share >= HALF

    @property
    def is_timely(self) -> bool:
        return isinstance(self.share, Decimal) and self.share >= self.time.value

    @property
    def change(self) -> Figure | str:
        return Outcome(self.item).change


class Halfway(Evaluator):
    """Writes the running text of the midterm evaluation: the annual report's sentences, with changes since the
    baseline.
    """

    def __init__(self, facts: Facts, words: Words) -> None:
        self.own: Words = words["midterm"]
        super().__init__(facts, {**vocabulary(words, "final", "midterm"), **self.own["instead"]})

    @property
    def last(self) -> str:
        return period(self.facts.year, self.facts.year)

    def change(self, item: Item, found: Difference | None = None) -> Markup:
        since = found or item.change_baseline
        return super().change(item, since) if since else Markup("")

    def standings(self, tally: Tally) -> Mapping[str, Figure]:
        return {key: tally.number(*STANDINGS[key][1]) for key in ("early", "steady", "short")}

    def progress(self, items: Sequence[Item], scope: str, fact: str) -> Markup:
        """How many of the numbers are half-way, and how many have kept pace with time."""
        roads = [road for road in map(Road, items) if isinstance(road.share, Decimal)]
        if not roads:
            return Markup("")
        counts = {
            name: figure(sum(roads_so), 0, f"{fact}/progress/{name}")
            for name, roads_so in {
                "all": [True for _ in roads],
                "half": [road.is_half for road in roads],
                "pace": [road.is_timely for road in roads],
            }.items()
        }
        alike = len({str(road.time) for road in roads}) == 1
        return self.say(self.own["progress" if alike else "progress_apart"], scope=scope, time=roads[0].time, **counts)

    def unjudged(self, items: Sequence[Item]) -> Markup:
        """What cannot be judged, and why."""
        told = list(dict.fromkeys(Markup("{}（{}）").format(i.name, Reason.of(i.row["reason"]).word) for i in items))
        number, form = figure(len(items), 0, "midterm/count/unknown"), "unjudged"
        if len(items) > len(told[:NAMED]):
            form = "unjudged_many"
        return self.say(self.own[form], names=joined(told[:NAMED]), number=number)

    def way(self, outcome: Outcome, place: int = 0) -> Markup:
        """A target, with the share of the way that is done if it is behind."""
        item = outcome.item
        road, text = Road(item), self.sentence(item, place)
        if item.verdict not in SHORT:
            return text
        if not isinstance(road.done, Figure):
            return text
        form = "away" if road.done.value < 0 else "timely" if road.is_timely else "slow"
        sense = "timely" if road.is_timely else "short"
        return text + self.say(self.own["road"][form], item.fact("progress"), sense, done=road.done, time=road.time)


class Midterm(Review):
    """The evaluation of plans when half of their time is over."""

    annexed = "midterm"
    endings = ("problems", "advice")

    narrator: Halfway

    def __init__(self, kind: Kind, facts: Facts, editions: Path | None) -> None:
        super().__init__(kind, facts, editions)
        self.narrator = Halfway(facts, read("wording"))

    @cached_property
    def behind(self) -> list[list[Outcome]]:
        """Targets that are behind, most at stake first; a target that two plans share is there once."""
        return together(Outcome(item) for item in self.facts.ranked if item.verdict in SHORT)

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        return {"targets": worded(Counter(item.verdict for item in self.facts.items), Verdict.words())}

    def glance(self) -> Glance:
        tally = self.facts.tally(item for item in self.facts.items if item.quantitative)
        short = [group[0].item for group in self.behind]
        return glance(tally, STANDINGS, say("labels/glance/halfway"), short)

    def plan(self, plan: Plan) -> Context:
        return self._told(self.facts.of_plan(plan), plan.id, plan.head.short)

    def domain(self, charts: Drawings, plan: Plan, domain: Domain) -> Context:
        said, items, key = self.narrator, self.facts.of_domain(plan, domain), f"{plan.id}/{domain.domain}"
        tally = self.facts.tally(items, key)
        return {
            "count": tally,
            "heading": said.titled(domain, tally.all, tally.judged, tally.fine),
            "finding": said.finding(domain, items),
            "tally": said.counts(tally, say("labels/scope/here")),
            "paragraphs": [
                *domains.paragraphs(said, _standing(items), said.way, f"midterm/{key}", "midterm"),
                *filter(None, [said.idle(items, tally.fact)]),
            ],
            "note": said.notes(items),
            "fallen": domains.fallen(said, tally.judged, tally.short, [i for i in items if i.verdict in SHORT]),
            "numbers": [Road(item) for item in items if item.quantitative],
            "evidence": [item for item in items if not item.quantitative],
            "charts": list(charts.leading(self.facts, plan.id, domain, items)),
            "others": list(charts.others(self.facts, plan.id, domain, items)),
        }

    def _told(self, items: Sequence[Item], key: str, scope: str) -> Context:
        """How many targets have each verdict, how far they have come, and how many have moved in each direction."""
        tally, said = self.facts.tally(items, key), self.narrator
        found = Counter(Outcome(item).trend for item in items if item.quantitative)
        ways: dict[str, Figure] = {way: figure(found[way], 0, f"midterm/{key}/trend/{way}") for way in WAYS}
        return {
            "count": tally,
            "standing": said.two_kinds(tally) * (key == "all") + said.counts(tally, scope) + said.rates(tally),
            "moved": said.moved(ways, scope if key != "all" else ""),
            "progress": said.progress(items, scope, f"midterm/{key}"),
        }

    def chapters(self, charts: Drawings) -> Context:
        facts, scope = self.facts, plans_together(self.facts)
        return {
            **super().chapters(charts),
            "whole": self._told(facts.items, "all", scope),
            "standings": STANDINGS,
            "stages": self.stages,
            "bars": self._bars(charts),
            "roads": {item.id: Road(item) for item in facts.items},
            "half": HALF,
            "methods": deciding(facts, self.narrator),
            "left": undecided(facts),
            "history": facts.history,
            **self._problems(),
        }

    def _problems(self) -> Context:
        listed = [outcome for group in self.behind for outcome in group]
        unknown = [item for item in self.facts.items if item.quantitative and item.verdict == Verdict.UNKNOWN]
        return {
            "behind": self.behind,
            "told": self.behind[:PROBLEMS_TOLD],
            "advice": advice(listed, self.kind),
            "unknown": unknown,
            "evidence_lacking": self.narrator.evidence_lacking(),
            "behind_number": figure(len(listed), 0, "midterm/behind"),
        }

    def _bars(self, charts: Drawings) -> Chart | None:
        from flows.report.draw.charts import Bar

        bars = []
        for plan in self.facts.plans:
            for domain in plan.domains:
                found = Counter(i.verdict for i in self.facts.of_domain(plan, domain) if i.quantitative)
                counts = {key: sum(found[v] for v in verdicts) for key, (_, verdicts) in STANDINGS.items()}
                bars.append(Bar(plan.head.short, domain.title, counts))
        kinds = {key: word for key, (word, _) in STANDINGS.items()}
        return charts.bars("midterm", say("labels/chart/halfway"), bars, kinds)

    def tables(self) -> list[Table]:
        facts, year = self.facts, self.facts.year
        return [
            table("overview", *tables.overview(facts), year=year),
            table("targets", *self._targets(), text="targets_midterm"),
            table("statements", *tables.statements(facts), year=year),
            *self.followed_table(),
            *self.sexes_change(),
            *([table("divided", *divided.table(facts))] if divided.divided(facts) else []),
            *([table("above", *tables.above(facts), pinned=1)] if self.beside else []),
            table("indicators", *tables.indicators(facts)),
            table("quality", headings("quality"), quality.table(quality.by_year(facts))),
        ]

    def _targets(self) -> TableRows:
        """The annual table, with the share of the way that each target has done."""
        header, listed = tables.targets(self.facts)
        roads = [Road(item) for item in self.facts.items]
        return [*header, *headings("targets_midterm")], [
            [*row, road.done] for row, road in zip(listed, roads, strict=True)
        ]


def _standing(items: Sequence[Item]) -> domains.DomainStanding[Outcome]:
    """A domain's quantitative targets by how they stand at half-time."""
    own = [Outcome(item) for item in items if item.quantitative]
    verdicts = (SHORT, FINE, (Verdict.UNKNOWN,))
    return domains.DomainStanding(*([o for o in own if o.item.verdict in group] for group in verdicts))

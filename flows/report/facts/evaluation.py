"""Tells what became of every promise by the plans' last year: outcomes, counts, ranking, women and men."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from expectations import stakes
from expectations.records import MIDDLE, Domain, Indicator, Plan
from expectations.requirement import kind
from expectations.units import unit_of
from expectations.vocabulary import (
    BASELESS,
    EVIDENCE,
    NOT_WHOLLY_MET,
    OF_YEAR,
    UNJUDGED,
    Basis,
    Ending,
    Following,
    Level,
    Moved,
    Reason,
    Verdict,
    WarningKind,
)
from flows.press.bound import Name, Word
from flows.press.numbers import Figure, exact, figure, rounded
from flows.report.facts import Facts
from flows.report.facts.counts import Counts
from flows.report.facts.gaps import nearer, toward
from flows.report.facts.items import Item, alike, spans
from flows.wording import say

ATTAINED = tuple(ending for ending in Ending if ending.attained)
"""国家统计局's reports count 基本实现 among the attained (practice of 2011—2020); the report says so."""
WAYS = tuple(way for way in Moved if way != Moved.UNDIRECTED)
"""Which way the value of a target can have gone: a target has a better side."""
QUANTITATIVE = (*ATTAINED, Ending.MISSED, Ending.NO_DATA, Ending.SUPPRESSED, Ending.UNKNOWN)
"""How a target with a figure can end, in the order of tables and charts."""


@dataclass(frozen=True)
class Outcome:
    """What became of one target over the whole period."""

    item: Item

    @property
    def years(self) -> range:
        head = self.item.promise.plan.head
        return range(head.start, head.end + 1)

    @property
    def code(self) -> str:
        return self.status

    @property
    def quantitative(self) -> bool:
        return self.item.quantitative

    @property
    def numbered(self) -> bool:
        return self.item.numbered

    @property
    def end(self) -> int:
        return self.item.promise.plan.head.end

    @property
    def fact(self) -> str:
        return self.item.fact("outcome")

    @cached_property
    def yearly(self) -> bool:
        """A promise for every year (每年): all years are judged."""
        return self.item.promise.target.yearly

    @cached_property
    def directional(self) -> bool:
        return self.item.promise.target.rule.directional

    @property
    def can_be_early(self) -> bool:
        """Whether it can be met early: a number to be reached; not one for every year, a direction, or a number that
        was met already.
        """
        return self.item.numbered and not self.yearly and not self.kept

    @cached_property
    def kept(self) -> bool:
        """A state to be kept, as each year before the end was judged: 保持, or 控制在 a number that the baseline year was
        within.
        """
        target = self.item.promise.target
        judged = {self._row(y)["verdict"] for y in self.years[:-1]}
        return target.kept or (target.limiting and not judged.isdisjoint(OF_YEAR))

    def _row(self, year: int) -> Mapping[str, Any]:
        return self.item.history.get(year, {"met": None, "verdict": Verdict.UNKNOWN, "reason": Reason.NOT_RECEIVED})

    def _years(self, met: bool | None) -> list[int]:
        return [y for y in self.years if self._row(y)["met"] is met]

    @cached_property
    def status(self) -> Ending:
        """early, met, nearly, missed, no_data, unknown or suppressed; for evidence targets, the department's last
        statement.
        """
        item = self.item
        if not item.quantitative:
            if item.verdict in {*EVIDENCE, Verdict.SUPPRESSED}:
                return Ending.of(item.verdict)
            return Ending.NOT_ASKED if item.row["reason"] == Reason.NOT_ASKED else Ending.NO_STATEMENT
        asked = [self._row(y) for y in (self.years if self.yearly else [self.end])]
        if any(r["verdict"] == Verdict.SUPPRESSED for r in asked):
            return Ending.SUPPRESSED
        if any(r["met"] is False for r in asked):
            return {True: Ending.NEARLY, False: Ending.MISSED, None: Ending.SUPPRESSED}[self.is_near]
        unjudged = [r for r in asked if r["met"] is None]
        if unjudged:
            return Ending.NO_DATA if any(r.get("value") is None for r in unjudged) else Ending.UNKNOWN
        return Ending.EARLY if self.since < self.end and self.can_be_early else Ending.MET

    @property
    def basis(self) -> Basis | None:
        """What decided the outcome, if anything did."""
        if self.status in BASELESS:
            return None
        if self.status == Ending.NEARLY:
            return Basis.NEAR
        if self.yearly:
            return Basis.YEARLY
        method = str(self.item.row["method"])  # before the plan's end others decide, which no ending rests on
        return Basis.of(method) if method in set(Basis) else None

    @cached_property
    def since(self) -> int:
        """The first of the years up to the last one in which the target was met and not missed again, as far as is
        known.

        A year that was judged by another number (a target that was revised) is not looked at. A year without data decides
        nothing, but the source of a figure may say since when. A suppressed year in the
        public edition may have been missed, so the answer is never before such a year.
        """
        first = self.item.stated_since or self.end
        for year in reversed(self.years[:-1]):
            row = self._row(year)
            if year < self._same_number_since:
                break
            if row["met"] is False or (row["met"] is None and row["verdict"] == Verdict.SUPPRESSED):
                break
            if row["met"]:
                first = min(first, year)
        return first

    @property
    def _same_number_since(self) -> int:
        """The first year that is judged by the number of the last one."""
        return max((r.since for r in self.item.promise.target.revised if r.since <= self.end), default=0)

    @cached_property
    def is_since_known(self) -> bool:
        """Whether `since` is really the first year, and not only the first year that is told or has a figure."""
        return (
            self.item.stated_since == self.since
            or self.since in (self.years[0], self._same_number_since)
            or self._row(self.since - 1)["met"] is False
        )

    @property
    def is_early_at_base(self) -> bool:
        """Whether it was met early because the baseline already was as asked."""
        return self.status == Ending.EARLY and self.item.is_kept_since_base

    @property
    def is_early_untold(self) -> bool:
        """Whether a number that is met may have been met before the end, in a year that the public
        edition suppresses.
        """
        before = self._row(self.end - 1)
        return (
            self.can_be_early
            and self.status == Ending.MET
            and before["verdict"] == Verdict.SUPPRESSED
            and before["met"] is None
        )

    @property
    def lost(self) -> list[int]:
        """Years in which a number that is missed in the end had been reached."""
        return [] if self.yearly or self.directional or self.status != Ending.MISSED else self._years(met=True)

    @property
    def missed_years(self) -> list[int]:
        return self._years(met=False) if self.yearly else []

    @property
    def broken(self) -> list[int]:
        """Years on the way in which a state was not kept, if the end value meets it: the end decides, and they are told."""
        return self._years(met=False) if self.kept and self.status == Ending.MET else []

    @property
    def is_missed_on_the_way(self) -> bool:
        """Whether a state that is met at the end would be missed if it were asked for in every year."""
        return self.kept and self.status in ATTAINED and bool(self._years(met=False))

    @property
    def hidden(self) -> bool:
        """Whether the public edition suppresses a year in which a state may have been broken. Of 控制在 such a year may also have been
        the one that tells whether it is a state.
        """
        target = self.item.promise.target
        may_be = target.kept or target.limiting
        return may_be and any(self._row(y)["verdict"] == Verdict.SUPPRESSED for y in self.years)

    @property
    def broken_word(self) -> Word:
        """How those years compare with the number."""
        promise, year = self.item.promise, self.broken[-1]
        side = "equal" if self._equals_limit else "more" if promise.direction > 0 else "less"
        word = promise.target.rule.broken or say(f"labels/broken/{side}")
        return Word(word, self.item.fact("verdict", year), Verdict.MISSED_YEAR)

    @property
    def _equals_limit(self) -> bool:
        """Whether a year missed 低于 or 高于 because its value is the number itself: it lies neither below nor above."""
        if not self.item.promise.target.rule.strict:
            return False
        rows = [row for row in map(self._row, self.broken) if row["value"] is not None and row["threshold"] is not None]
        return any(exact(row["value"]) == exact(row["threshold"]) for row in rows)

    @property
    def unknown_years(self) -> list[int]:
        return self._years(met=None) if self.yearly else []

    @cached_property
    def is_near(self) -> bool | None:
        """Whether it is missed by at most `policy.final.tolerance` % of the number asked, and less far on its bad side
        than the baseline was.

        A baseline that is unknown, or of another caliber, never gives 基本达标; the answer is None if only the public
        edition does not know the baseline.

        The tolerance is 国家统计局's: its mid-term report prints 20.1/10万 (2015) as 基本实现20/10万. The second condition is for
        rates near 100 %, where the baseline itself may be within the tolerance. Directions, bands, promises for every
        year and promises for every institution are either kept or not.
        """
        item, row, target = self.item, self.item.row, self.item.promise.target
        if self.yearly or self.directional or target.rule.limit == "band" or target.rule.series not in {"value", "gap"}:
            return False
        if self.distance is None or self.distance > item.catalog.policy.final.tolerance:
            return False
        if row["change_baseline"] is None:
            hidden = item.at(item.promise.plan.head.baseline) == Reason.SUPPRESSED.word
            return None if hidden else False
        limit, now = exact(row["threshold"]), exact(row["value"])
        asked = self._asked_at_base(limit)
        if not isinstance(asked, Decimal):
            return asked
        return item.promise.direction * (now - limit - (now - exact(row["change_baseline"]) - asked)) > 0

    def _asked_at_base(self, limit: Decimal) -> Decimal | bool | None:
        """The number that the baseline is held against: the same as the last value, or the figure of that year that a
        relative rule names; False if that one is not known, None if only the public edition does not know it.
        """
        if not self.item.promise.target.rule.relative:
            return limit
        base, end = (self.item.reference.get(y) for y in (self.item.promise.plan.head.baseline, self.end))
        if base is None or base["value"] is None or end is None:
            return None if base is not None and base["state"] == Reason.SUPPRESSED else False
        factor = self.item.catalog.indicators[base["indicator"]].bridged(base["caliber"], end["caliber"])
        return False if factor is None else exact(base["value"]) * factor.numerator / factor.denominator

    @cached_property
    def failing(self) -> Mapping[str, Any]:
        """The row of the last year in which the target was missed."""
        missed = self._years(met=False)
        return self._row(missed[-1]) if missed and self.yearly else self.item.row

    @cached_property
    def limit(self) -> Decimal | None:
        """What the value is compared with: the target's number, the nearer edge of its band, a direction's baseline, or
        (趋于平衡) what lies as far from the middle as the baseline, on the value's side.
        """
        row, band = self.failing, self.item.promise.target.band
        if row.get("value") is None:
            return None
        if band is not None:
            return band[0] if exact(row["value"]) < band[0] else band[1]
        if self.item.promise.target.rule.paced:
            return None  # held against the earlier rises: no level to be far from
        if row["threshold"] is None:
            return None
        if self.item.promise.target.rule.limit == "middle":
            off = abs(exact(row["threshold"]) - MIDDLE)
            return MIDDLE + off if exact(row["value"]) > MIDDLE else MIDDLE - off
        return exact(row["threshold"])

    @cached_property
    def distance(self) -> Decimal | None:
        """The distance to what was asked, in % of it (每年降低1个百分点: of that point); None if there is no value, or it is
        zero. A direction that is missed only by what is not printed has none to go.
        """
        target = self.item.promise.target
        whole = target.value if target.rule.yearly else self.limit
        if not self.limit or not whole:
            return None
        value = exact(self.failing["value"])
        lacking = abs(value - self.limit)
        if target.rule.limit == "middle":
            lacking = abs(value - MIDDLE) - abs(self.limit - MIDDLE)
        elif self.directional:
            lacking = (self.limit - value) * self.item.promise.direction
        return max(lacking, Decimal(0)) * 100 / abs(whole)

    @cached_property
    def trend(self) -> Moved:
        """Which way the value went since the baseline, by printed decimals."""
        indicator, target = self.item.promise.indicator, self.item.promise.target
        change = self.item.row["change_baseline"]
        if indicator is None or change is None:
            return Moved.INCOMPARABLE
        if target.rule.two_sided:
            now = exact(self.item.row["value"])
            return nearer(target, now - exact(change), now, self.item.decimals)
        return Moved.FLAT if self.is_even else toward(exact(change) * self.item.promise.direction)

    @property
    def is_even(self) -> bool:
        """Whether the value is told as that of the baseline: it prints alike or, of a distance, the table of all distances says so."""
        change, item = self.item.row["change_baseline"], self.item
        if change is None:
            return False
        if item.promise.target.rule.series == "gap":
            return alike(change, item.decimals, item.unit, item.catalog)
        return rounded(change, item.decimals) == 0

    @property
    def incomparable(self) -> str:
        """Why no trend can be told: another caliber, no baseline, or a suppressed figure; empty if a trend can be told."""
        if self.trend != Moved.INCOMPARABLE:
            return ""
        if Reason.SUPPRESSED.word in (self.item.value, self.item.at(self.item.promise.plan.head.baseline)):
            return "suppressed"
        return "caliber" if self.has_both_ends and self.item.row["change_baseline"] is None else "baseline"

    @property
    def trend_word(self) -> Word:
        fact = self.item.fact("trend_baseline")
        if self.incomparable == "suppressed":
            return Word(Ending.SUPPRESSED.word, fact, Ending.SUPPRESSED)
        return Word(self.trend.word, fact, self.trend)

    @property
    def priority(self) -> int:
        """Its rank in the last year by what is at stake."""
        return int(self.item.row["priority"])

    @cached_property
    def weight(self) -> int:
        """1: a firm number among the 主要目标; 2: a direction, soft wording (力争、一般) or a miss by one event there; 3: a
        策略措施.
        """
        return stakes.weight(self.item.promise, single=self.chance)

    @property
    def chance(self) -> bool:
        """Whether one event decides in the deciding year; true of every rare event if that is not told (public
        edition).
        """
        indicator = self.item.promise.indicator
        return indicator is not None and indicator.rare and self.failing.get("fragile") is not False

    @property
    def word(self) -> Word:
        return Word(self.status.word, self.fact, self.status)

    @property
    def tip(self) -> str:
        """The text of its cell in the summary."""
        return f"{self.item.promise.clause} {self.item.name}：{self.judgement}"

    @property
    def sign(self) -> str:
        return self.status.sign

    @property
    def reason(self) -> str:
        """Why there is no outcome: printed in a table instead of the figure, or what is missing for a judgement."""
        year = (self.unknown_years or [self.end])[0]
        shown = self.item.at(year)
        return Reason.words().get(str(self._row(year)["reason"]), "") if isinstance(shown, Figure) else str(shown)

    @property
    def judgement(self) -> Word:
        """The status as a table prints it, with its qualifications."""
        notes = []
        if self.status in UNJUDGED:
            notes.append(self.reason if not self.yearly else f"{spans(self.unknown_years)}{self.reason}")
        if self.is_early_at_base:
            notes.append(say("labels/note/at_base"))
        elif self.status == Ending.EARLY:
            notes.append(say(f"labels/note/{'since' if self.is_since_known else 'by'}", year=self.since))
        if self.is_early_untold:
            notes.append(say("labels/note/early_untold"))
        if self.missed_years:
            notes.append(say("labels/note/missed", years=spans(self.missed_years)))
        if self.broken:
            notes.append(f"{spans(self.broken)}{self.broken_word}")
        if self.lost:
            notes.append(say("labels/note/lost", years=spans(self.lost)))
        if self.item.parted:
            notes.append(self.item.parted)
        if self.item.quantitative and self.item.row["fragile"]:
            notes.append(say("labels/note/fragile"))
        return Word(self.status.word + (f"（{'，'.join(notes)}）" if notes else ""), self.fact, self.status)

    @property
    def strip(self) -> str:
        """The verdict's mark in every year of the plan."""
        return "".join(Verdict.of(self._row(y)["verdict"]).mark for y in self.years)

    @property
    def change(self) -> Figure | str:
        """Baseline to final, in the indicator's unit; 不可比 if both are there but their calibers differ."""
        item = self.item
        if item.row["change_baseline"] is not None:
            return figure(item.row["change_baseline"], item.decimals, item.fact("change_baseline"))
        return say("labels/cell/incomparable") if self.has_both_ends else "—"

    @property
    def has_both_ends(self) -> bool:
        """Whether the baseline and the last value are there, of whatever caliber."""
        item = self.item
        return item.row["value"] is not None and isinstance(item.at(item.promise.plan.head.baseline), Figure)

    @property
    def distance_figure(self) -> Figure | str:
        if self.distance is None:
            return say("labels/cell/uncountable")
        fact = self.item.fact("distance", int(self.failing["year"]))
        return figure(self.distance, 1, fact, 0)  # a miss is never 0.0 by rounding

    @property
    def name(self) -> Name:
        """Its name in running text."""
        return self.item.spoken

    @property
    def subject(self) -> Name:
        """Whose value it is: the lowest town's or institution's, if every one of them is asked."""
        target = self.item.promise.target
        if target.each is None:
            return self.name
        least, each = (
            "lowest_of" if unit_of(self.item.unit).is_rate else "fewest_of",
            kind(self.item.catalog, target.each),
        )
        return Name(say(f"labels/name/{least}", name=self.name, each=each), f"name/{self.item.id}")


def together(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Outcomes of the same promise in several plans, in the order of the first of each."""
    found: dict[tuple[object, ...], list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.item.promise.asked, []).append(outcome)
    return list(found.values())


class Count(Counts[Outcome]):
    """Counts by ending, with the attainment rate, its bounds and the counts behind them."""

    @property
    def moved(self) -> dict[str, Figure]:
        """How many went in each direction since the baseline."""
        ways = Counter(
            Ending.SUPPRESSED if o.incomparable == "suppressed" else o.trend for o in self.targets if o.quantitative
        )
        return {way: figure(ways[way], 0, f"{self.fact}/trend/{way}") for way in (*WAYS, Ending.SUPPRESSED)}

    @property
    def judged(self) -> Figure:
        return self.number(*ATTAINED, Ending.MISSED)

    @property
    def attained(self) -> Figure:
        return self.number(*ATTAINED)

    @property
    def unknown(self) -> Figure:
        return self.number(*UNJUDGED)

    @property
    def suppressed(self) -> Figure:
        return self.number(Ending.SUPPRESSED)

    @property
    def rate(self) -> Figure | str:
        """Attained targets over targets that could be judged."""
        return self._rate(self.attained.value, self.judged, "judged")

    @property
    def least(self) -> Figure | str:
        """The rate over all targets if all that could not be judged were missed."""
        return self._rate(self.attained.value, self.all, "least")

    @property
    def kept(self) -> Figure | str:
        """The rate if every state to be kept were asked for in every year, if that makes a difference and all years are
        told; else a word.
        """
        broken = sum(o.is_missed_on_the_way for o in self.targets)
        if not broken or any(o.hidden for o in self.targets):
            return Reason.NOT_APPLICABLE.word
        return self._rate(self.attained.value - broken, self.judged, "kept")

    @property
    def most(self) -> Figure | str:
        """The rate over all targets if all that could not be judged were met."""
        return self._rate(self.all.value - self.codes[Ending.MISSED], self.all, "most")


@dataclass(frozen=True)
class Carried:
    """One indicator of the plans that end, as the next plan takes it over."""

    key: str
    indicator: Indicator
    outcomes: Sequence[Outcome]
    rows: Mapping[str, Mapping[str, Any]]
    """Its rows of the last year by sex."""
    absent: str = Reason.NOT_RECEIVED
    """Why it has no figure of the last year, if it has no row."""

    @property
    def name(self) -> Name:
        return Name(self.indicator.name, f"name/{self.key}")

    @cached_property
    def next(self) -> Following:
        statuses = {o.status for o in self.outcomes}
        if statuses & NOT_WHOLLY_MET:
            return Following.PRESS
        total = self.rows.get("total")
        if Ending.SUPPRESSED in statuses or (total is not None and total["state"] == Reason.SUPPRESSED):
            return Following.PROTECTED  # the figure is there, it is not told
        silent = statuses == {Ending.NO_DATA} and all(o.item.row["value"] is None for o in self.outcomes)
        if silent or total is None or total["value"] is None:
            return Following.SUPPLY
        if statuses <= set(UNJUDGED):
            return Following.COMPARE
        bounds, sense = self.indicator.range, self.indicator.sense
        if bounds and sense and exact(total["value"]) == bounds[sense > 0]:
            return Following.ROUTINE
        return Following.HOLD

    @property
    def _undivided(self) -> str:
        """未分性别 of an indicator of people, if a plan wants women and men told apart; else there is nothing to divide."""
        wanted = any(o.item.promise.plan.by_sex for o in self.outcomes)
        asked = wanted and self.indicator.people and self.indicator.kind != "share"
        return say("labels/cell/undivided") if asked else "—"

    def at(self, sex: str) -> Figure | str:
        row = self.rows.get(sex)
        if row is None:
            return self._undivided if sex != "total" else Reason.of(self.absent).word
        if row["value"] is None:
            return Reason.of(row["state"]).word
        return figure(row["value"], self.indicator.decimals, f"final/baseline/{self.key}/{sex}")

    @property
    def results(self) -> list[Word]:
        found = {o.status: o.word for o in self.outcomes}
        return [found[s] for s in Ending if s in found]


class Evaluation:
    """Everything that the final evaluation says beyond the facts of the last year."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.outcomes = [Outcome(i) for i in facts.items]

    def of_plan(self, plan: Plan) -> list[Outcome]:
        return [o for o in self.outcomes if o.item.promise.plan is plan]

    def of_domain(self, plan: Plan, domain: Domain) -> list[Outcome]:
        return [o for o in self.of_plan(plan) if o.item.promise.domain is domain]

    def count(self, outcomes: Sequence[Outcome] | None = None, key: str = "all") -> Count:
        return Count(self.outcomes if outcomes is None else outcomes, f"final/{key}")

    @cached_property
    def problems(self) -> list[Outcome]:
        """What was missed, most at stake first: the order of the annual report's warnings (expectations/stakes.py)."""
        return sorted((o for o in self.outcomes if o.status == "missed"), key=lambda o: o.priority)

    def level(self, outcome: Outcome) -> str:
        """The level of the last year's warning; — if only earlier years fell short."""
        return self._levels.get(outcome.item.id, "—")

    @cached_property
    def _levels(self) -> Mapping[str, str]:
        return {w.item.id: Level.of(w.row["level"]).word for w in self.facts.warnings if w.kind == WarningKind.MISS}

    @cached_property
    def shared(self) -> list[list[Outcome]]:
        """The same, each with the promises of another plan that repeat it: an indicator of two plans is
        told only once.
        """
        return together(self.problems)

    @property
    def distinct(self) -> list[Outcome]:
        return [group[0] for group in self.shared]

    @cached_property
    def unknown(self) -> dict[Ending, list[Outcome]]:
        """What could not be judged, by its ending."""
        found = {ending: [o for o in self.outcomes if o.status == ending] for ending in UNJUDGED}
        return {ending: outcomes for ending, outcomes in found.items() if outcomes}

    @cached_property
    def carried(self) -> list[Carried]:
        """Every indicator of the ending plans, as the next plan takes it over."""
        by_indicator: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            by_indicator.setdefault(str(outcome.item.promise.target.indicator), []).append(outcome)
        year, figures = self.facts.year, self.facts.figures
        return [
            Carried(
                k,
                i,
                by_indicator[k],
                {sex: r for (y, sex), r in figures.at_home(k).items() if y == year},
                self.facts.absence(k, year),
            )
            for k, i in self.facts.indicators.items()
        ]

"""Writes the final evaluation's sentences; their forms stand under `final` in report_templates/wording.yml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from expectations.records import Domain
from expectations.vocabulary import UNJUDGED, Ending, Following, Gap, Moved
from flows.press.bound import Name, Quote, Word, joined
from flows.press.numbers import Figure, constant, exact, figure, rounded
from flows.report.facts import Facts
from flows.report.facts.counts import has_share
from flows.report.facts.evaluation import ATTAINED, Carried, Count, Evaluation, Outcome
from flows.report.facts.gaps import Sexes
from flows.report.facts.items import Item, spans
from flows.report.say.narrative import Narrator, Words, of_number, without
from flows.wording import say

NAMED = 3
"""The number of directions, or indicators, that a sentence names one by one."""
GAPS_NAMED = 8
"""The number of targets that the summary names."""


def vocabulary(words: Words, *kinds: str) -> Words:
    """The words of wording.yml, with those of some kinds of reports added to senses and counts."""
    merged = dict(words)
    for part in ("senses", "counted"):
        merged[part] = dict(words[part])
        for kind in kinds:
            for key, own in words[kind][part].items():
                merged[part][key] = [*merged[part].get(key, []), *own]
    return merged


def _named(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that a lead sentence names: none that one event decides, unless there are no others."""
    return [o for o in outcomes if not o.chance] or list(outcomes)


def _names(outcomes: Iterable[Outcome]) -> Markup:
    return joined(dict.fromkeys(o.name for o in outcomes))


class Evaluator(Narrator):
    """Writes the sentences of all evaluations about the years since the baseline."""

    def __init__(self, facts: Facts, words: Words) -> None:
        super().__init__(facts, words)
        self.forms_of: Words = words["final"]

    @property
    def last(self) -> str:
        """The name of the data year."""
        return say("labels/end")

    def moved(self, counts: Mapping[str, Figure], scope: str) -> Markup:
        """How many targets' values are better than at the baseline, and how many are worse."""
        if not any(counts[t].value for t in ("improved", "flat", "worse")):
            return Markup("")
        words = self.forms_of["moved"]
        ways = [self.say(words[t], number=n) for t, n in counts.items() if n.value]
        return self.say(words["all"], scope=scope, base=self.facts.base, ways=joined(ways))

    def sexes_overall(self, changes: Sequence[Sexes]) -> Markup:
        """Women, men and the gap between them, over all indicators that have both."""
        if not changes:
            return self.say(self.forms_of["sexes"]["none"], last=self.last)
        fact = "sexes"
        parts: dict[str, object] = {sex: self._sides(changes, sex) for sex in ("female", "male")}
        parts |= {g: figure(sum(c.gap_moved == g for c in changes), 0, f"{fact}/{g}") for g in Gap}
        number = figure(len(changes), 0, f"{fact}/all")
        return self.say(self.forms_of["sexes"]["counts"], base=self.facts.base, last=self.last, all=number, **parts)

    def _sides(self, changes: Sequence[Sexes], sex: str) -> Markup:
        """改善77项、持平3项、退步10项: one sex over all indicators, and how many have no better side."""
        ways = []
        for trend in (Moved.IMPROVED, Moved.FLAT, Moved.WORSE, Moved.UNDIRECTED):
            number = sum(c.moved(sex) == trend for c in changes)
            if number or trend in {Moved.IMPROVED, Moved.WORSE}:
                told = figure(number, 0, f"sexes/{sex}/{trend}")
                ways.append(self.say(self.forms_of["sexes"][trend], number=told))
        return joined(ways)

    def served(self, item: Item) -> Markup:
        """The target that an action served, as the whole report compares it: with the baseline."""
        return self.sentence(item)

    def told(self, item: Item) -> Quote:
        """A department's statement, with its source before the full stop of the sentence."""
        said = item.statement or {"text": "", "source": "", "delivery": ""}
        return Quote(f"{said['text'].strip().rstrip('。；')}（{said['source']}）", said["delivery"])


class Conclusion(Evaluator):
    """Writes the running text of the final evaluation."""

    def __init__(self, evaluation: Evaluation, words: Words) -> None:
        super().__init__(evaluation.facts, {**vocabulary(words, "final"), "heading": words["final"]["heading"]})
        self.evaluation = evaluation

    # --- the whole ---

    def verdict(self, count: Count) -> Markup:
        """The most important sentence, chosen by the attainment rate."""
        words, least = self.forms_of["verdict"], count.least
        of = {"year": self.facts.year, "plans": self.facts.named}
        if not count.all.value:
            return self.evidence_alone(words, count, **of)
        told = self._led_by(count)
        form, fact = self._attained(told)
        sure = isinstance(least, Figure) and least.value >= self.facts.catalog.policy.final.most
        missed, left = count.number(Ending.MISSED), self._left(count)
        if form == "all" and left and not sure:
            left += self.say(words["open"])
        return self.say(
            of_number(words, form, told.judged if told.judged.value else told.all),
            fact,
            form,
            **of,
            missed=missed,
            all=told.all,
            judged=told.judged,
            attained=told.attained,
            short=told.number(Ending.MISSED),
            kind=self.kind_of(told, count, count),
            suppressed=told.suppressed,
            unknown=told.unknown,
            unjudged=left,
            done=self.say(words["done"] if sure else ""),
            more=self.say(words["more"] if missed.value != told.codes[Ending.MISSED] else "", missed=missed),
            also=self.say(words["also"] if missed.value else "", missed=missed),
        )

    def _led_by(self, whole: Any) -> Any:
        """Those with a number, where one of all was missed."""
        enough = self._attained(whole)[0] != "sparse" and whole.numbers.judged.value
        return whole.numbers if enough and whole.codes[Ending.MISSED] else whole

    def _left(self, count: Count) -> Markup:
        """How many targets cannot be judged; empty if all are judged."""
        left = count.number(*UNJUDGED, Ending.SUPPRESSED)
        form = "unjudged_public" if count.number(Ending.SUPPRESSED).value else "unjudged"
        return self.say(self.forms_of["verdict"][form] if left.value else "", number=left)

    def _attained(self, count: Count) -> tuple[str, str]:
        """The name of the attainment rate (`policy.final`) or, without one, why it is not there; and the fact behind it."""
        policy, rate = self.facts.catalog.policy, count.rate
        fact = f"{count.fact}/rate/judged"
        if not isinstance(rate, Figure):
            return without(count), fact
        if self.is_sparse(count.judged, count.all):
            return "sparse", fact
        if not count.codes[Ending.MISSED]:
            return "all", fact
        return "most" if rate.value >= policy.final.most else "half" if rate.value > policy.final.half else "few", fact

    def tally(self, count: Count, scope: str, rates: bool = True) -> Markup:
        """How many targets ended how, with both rates if they are wanted."""
        words, text = self.forms_of["tally"], Markup("")
        if count.all.value:
            ended = [self.say(words[s], number=count.number(s)) for s in (*ATTAINED, Ending.MISSED) if count.codes[s]]
            parts = {"scope": scope, "all": count.all, "judged": count.judged, "ended": joined(ended)}
            text += self.say(words["numbers" if ended else "unjudged"], **parts)
            for status in (*UNJUDGED, Ending.SUPPRESSED):
                if count.codes[status]:
                    text += self.say(words[status], number=count.number(status))
            text += Markup("。")
            rates = rates and has_share(count.judged)
            if rates and isinstance(count.rate, Figure):
                numbers, directions = count.numbers, count.directions
                if numbers.judged.value and directions.judged.value and str(numbers.rate) != str(directions.rate):
                    told = (("kinds_numbers", numbers), ("kinds_directions", directions))
                    text += joined((self._rated(words, form, part) for form, part in told), "；") + words["kinds_both"]
                bounds = {bound.value for bound in (count.least, count.most) if isinstance(bound, Figure)}
                form = "rate" if bounds == {count.rate.value} else "rates"
                text += self.say(words[form], rate=count.rate, least=count.least, most=count.most)
            if rates and isinstance(count.kept, Figure):
                text += self.say(words["kept"], rate=count.kept)
        if count.evidence.value:
            form, carried_out = "evidence" if text else "evidence_alone", count.number(Ending.CARRIED_OUT)
            text += self.say(words[form], scope=scope, evidence=count.evidence, carried_out=carried_out)
        return text

    def plan_rates(self, counts: Mapping[str, Count]) -> Markup:
        """Attainment plan by plan, if there are several."""
        able = {name: c for name, c in counts.items() if c.judged.value}
        if len(able) < 2:
            return Markup("")
        words = self.forms_of["plans"]
        listed = joined(self._rated(words, "each", count, scope=name) for name, count in able.items())
        return self.say(words["all"], listed=listed)

    def _rated(self, words: Words, form: str, count: Count, **of: str) -> Markup:
        """Attainment of a part of the targets: the share or, where there is none, how many."""
        own = form if has_share(count.judged) else f"{form}_one"
        return self.say(words[own], judged=count.judged, rate=count.rate, attained=count.attained, **of)

    def bases(self) -> dict[str, Markup]:
        """How each basis of an outcome decides."""
        tolerance = constant(self.facts.catalog.policy.final.tolerance, "final/tolerance")
        return {key: self.say(form, tolerance=tolerance) for key, form in self.forms_of["methods"].items()}

    def unknown(self, ending: Ending, outcomes: Sequence[Outcome]) -> Markup:
        """What has no figure, or one that cannot be judged, and why."""
        named = joined(Markup("{}（{}）").format(o.name, o.reason) for o in outcomes[:GAPS_NAMED])
        form = "many" if len(outcomes) > GAPS_NAMED else "few"
        number = figure(len(outcomes), 0, f"final/all/count/{ending}")
        return self.say(self.forms_of["unknown"][ending][form], names=named, number=number)

    # --- a domain ---

    def domain(self, domain: Domain, count: Count, outcomes: Sequence[Outcome]) -> Markup:
        """The domain's finding in one sentence, chosen by the attainment rate of its targets."""
        if not count.all.value:
            return self.evidence_alone(self.forms_of["domain"], count, domain=domain.title)
        form, fact = self._attained(count)
        weak = sorted(  # numbers before directions
            (o for o in outcomes if o.status == Ending.MISSED), key=lambda o: (not o.numbered, o.priority)
        )
        told = _named(weak)[:NAMED]
        number = count.number(Ending.MISSED)
        named = self.say(
            self.words["shortened"] if len(weak) > len(told) else "{names}", names=_names(told), number=number
        )
        own = "few_all" if form == "few" and not count.attained.value else form
        return self.say(
            of_number(self.forms_of["domain"], own, count.judged),
            fact,
            form,
            domain=domain.title,
            weak=named,
            all=count.all,
            judged=count.judged,
            short=number,
            suppressed=count.suppressed,
            unknown=count.unknown,
            unjudged=self._left(count),
        )

    def outcome(self, outcome: Outcome, place: int = 0) -> Markup:
        """One target: the way from the baseline, how it ended, and its qualifications.

        `place` is the number of sentences before it in its paragraph.
        """
        item = outcome.item
        if outcome.status in {*UNJUDGED, Ending.SUPPRESSED}:
            return self._without(outcome)
        if item.row["value"] is None:
            return self._hidden(item, self.ended(outcome))
        if events := self._events(outcome):
            return events + self._caliber(item)
        change = self.change(item, item.change_baseline) if item.change_baseline else Markup("")
        text = self._each(item, change, self._ended_each(outcome), place) or self._road(
            outcome, self.ended(outcome), place
        )
        return text + self._rare(item) + self._sexes(item) + self._parts(item) + self._caliber(item)

    def served(self, item: Item) -> Markup:
        return self.outcome(next(o for o in self.evaluation.outcomes if o.item.id == item.id))

    def _ended_each(self, outcome: Outcome) -> Markup:
        """How a promise for every town or institution ended, whose number has been told."""
        words, form = self.forms_of["each"], self._form(outcome)
        if form not in words:
            return Markup("")
        years = spans(outcome.broken or outcome.lost or outcome.missed_years)
        broken = escape(outcome.broken_word) if outcome.broken else Markup("")
        return self.say(words[form], outcome.fact, outcome.status, years=years, broken=broken)

    def _events(self, outcome: Outcome) -> Markup:
        """A promise for every year that single events broke: the last year, the missed years, and all years together.

        Empty if it is no such promise, or if the numbers of events are not told (public edition).
        """
        item, words = outcome.item, self.forms_of["events"]
        indicator, rare = item.promise.indicator, item.rare
        if (
            indicator is None
            or rare is None
            or not (outcome.yearly and outcome.chance and outcome.status == Ending.MISSED)
        ):
            return Markup("")
        target = item.promise.target
        found = {
            y: r
            for y, r in self.facts.figures.years(target.indicator, target.sex, target.part).items()
            if r["numerator"] is not None and r["value"] is not None
        }
        if not {*outcome.missed_years, outcome.end} <= found.keys():
            return Markup("")
        less = target.rule.limit == "number" and item.promise.direction < 0 and not target.rule.strict
        event = Name(indicator.event, f"event/{target.indicator}")
        text = self.say(
            words["now" if rare.events.value else "none"],
            name=item.spoken,
            year=outcome.end,
            event=event,
            events=rare.events,
            value=self.level(item),
        )
        earlier = [y for y in outcome.missed_years if y != outcome.end]
        if outcome.end in outcome.missed_years:
            text += self.say(words["so_less" if less else "so"], outcome.fact, Ending.MISSED, goal=self.goal(item))
        for year in earlier:
            text += self.say(
                words["missed_less" if less else "missed"],
                outcome.fact,
                Ending.MISSED,
                year=year,
                goal=self.goal(item),
                events=figure(found[year]["numerator"], 0, item.fact("numerator", year)),
                value=self.level(item, item.at(year)),
            )
        if rare.pooled is not None:
            limit = item.row["threshold"]
            below = less and limit is not None and rare.pooled.value < exact(limit)
            form = "pooled_below" if below else "pooled"
            text += self.say(
                words[form],
                item.fact("pooled"),
                Ending.MET,
                years=rare.years,
                value=self.level(item, rare.pooled),
                limit=item.limit,
            )
        return text + Markup("。")

    def _without(self, outcome: Outcome) -> Markup:
        words = self.forms_of["without"]
        if outcome.status == Ending.SUPPRESSED:
            return self.say(words["suppressed"], outcome.fact, Ending.SUPPRESSED, name=outcome.name)
        years = spans(outcome.unknown_years or [outcome.end])
        status = outcome.status
        return self.say(words[status], outcome.fact, status, name=outcome.name, years=years, reason=outcome.reason)

    def _road(self, outcome: Outcome, standing: Markup, place: int) -> Markup:
        """由2020年的62.1%提高到2025年的71.2%, or the level alone if the baseline cannot be compared."""
        item = outcome.item
        change, base = item.row["change_baseline"], item.promise.plan.head.baseline
        parts = {
            "name": outcome.subject,
            "year": self.facts.year,
            "value": self.level(item),
            "standing": standing,
            "base_year": base,
        }
        if change is None or item.rare:
            return self.say(self.forms_of["level"], **parts)
        if not isinstance(
            item.base, Figure
        ):  # who published the figure published the change as well, and not the baseline
            stated = self.change(item, item.change_baseline) if item.change_baseline else Markup("")
            return self.say(self.forms_of["stated"], **parts, change=stated)
        fact = item.fact("change_baseline")
        if outcome.is_even:
            return self.say(
                self.forms_of["nearly" if rounded(change, item.decimals) else "flat"], fact, "flat", **parts
            )
        verb = Word(self._verb(item, change > 0), fact, "up" if change > 0 else "down")
        amount = self.amount(item, change, "change_baseline")
        road = self.form(self.forms_of["road"], item, place)
        return self.say(road, **parts, base=self.level(item, item.base), verb=verb, amount=amount)

    def ended(self, outcome: Outcome) -> Markup:
        """How the value compares with the promise at the end."""
        words, item, status = self.forms_of["ended"], outcome.item, outcome.status
        row, gap = outcome.failing, Markup("")
        if outcome.limit is not None and row["value"] is not None and exact(row["value"]) != outcome.limit:
            gap = self.amount(item, float(exact(row["value"]) - outcome.limit), "gap")
        form = self._form(outcome)
        asked = self._as_asked(item, outcome.fact, status) if status == Ending.MET else Markup("")
        if asked and form == "met":
            return asked
        if asked and f"{form}_asked" in words:
            form = f"{form}_asked"
        broken = escape(outcome.broken_word) if outcome.broken else Markup("")
        if form == "missed" and (not gap or item.by_one):
            form = "missed_plain"
        return self.say(
            words[form],
            outcome.fact,
            status,
            goal=self.goal(item),
            lack=self._lack(item, gap),
            years=spans(outcome.broken or outcome.lost or outcome.missed_years),
            broken=broken,
            asked=asked,
        )

    @staticmethod
    def _form(outcome: Outcome) -> str:
        """Which of the forms of `ended` tells an outcome."""
        if outcome.yearly:
            return f"{outcome.status}_yearly"
        if outcome.directional:
            return f"{outcome.status}_direction"
        if outcome.is_early_at_base:
            return "early_base"
        return "met_broken" if outcome.broken else "lost" if outcome.lost else str(outcome.status)

    # --- problems, and what comes next ---

    def carried(self, carried: Sequence[Carried]) -> Markup:
        """How many indicators the next plan takes over, and how."""
        words = self.forms_of["carried"]
        if not carried:
            return self.say(words["nothing"])
        parts = {k: figure(sum(c.next == k for c in carried), 0, f"final/carried/{k}") for k in Following}
        text = self.say(words["all"], year=self.facts.year, all=figure(len(carried), 0, "final/carried/all"))
        listed = [self.say(words[k], number=parts[k]) for k in Following if parts[k].value]
        return text + joined(listed, "；") + Markup("。")

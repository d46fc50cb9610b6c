"""Writes sentences from items: what rose, by how much, compared with what; the words stand in
report_templates/wording.yml.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from expectations import territory
from expectations.records import SHARE_DECIMALS, Domain, Promise
from expectations.requirement import demand, kind, plain, size, than
from expectations.units import YUAN, unit_of
from expectations.vocabulary import (
    ATTAINED,
    EVIDENCE,
    FINE,
    OF_YEAR,
    SHORT,
    Against,
    Cause,
    Gap,
    Method,
    Moved,
    Reason,
    Verdict,
    Versus,
    WarningKind,
    people,
)
from flows.press.bound import Name, Word, joined
from flows.press.numbers import Figure, exact, figure, rounded, together
from flows.report.facts import Facts, gaps, received, wanted
from flows.report.facts.counts import Tally, has_share
from flows.report.facts.gaps import Sexes
from flows.report.facts.items import Difference, Item, alike, spans
from flows.report.facts.wanted import WantedYear
from flows.report.facts.warning import Warning
from flows.warehouse import Row
from flows.wording import period, say

Words = dict[str, Any]
GAPS_NAMED = 3
"""The number of indicators with a changed distance between women and men that a sentence names."""
SETTLED_ENOUGH = 10
"""The number of warnings with a result from which on a share of them is told."""
MOST_DIRECTIONS = 3
"""The number of directions that a sentence names one by one."""
MOST_NAMED = 6
"""The number of towns, of institutions or of targets of evidence that a sentence names one by one."""
SILENT = ("untold", "returned", "unasked")
"""Why nothing is told of a target of evidence, in the order in which it is said."""
ASKED = ("untold", "returned")
"""Where its department is asked for something."""
BRACKETS = re.compile(r"\[([^\]]+)\]")


def of_number(forms: Words, form: str, number: Figure) -> str:
    """The form of a sentence about so many: that of one alone, which has no 均 and no 全部, where there is one."""
    return str(forms.get(f"{form}_one", forms[form]) if number.value == 1 else forms[form])


def years_wanted(lacking: Iterable[WantedYear]) -> Markup:
    """2022年、2023年: the years of which figures are wanted."""
    return joined(Name(say("labels/year", year=year), "year") for year in sorted({want.year for want in lacking}))


def without(count: Any) -> str:
    """Why targets with a figure are not judged: they cannot be, their verdict is not told (public edition), or both."""
    if not count.suppressed.value:
        return "none"
    return "part_hidden" if count.unknown.value else "hidden"


def _far(item: Item, gap: Decimal) -> str:
    """The form in which it is said how far a target is from what is asked."""
    rule, upwards = item.promise.target.rule, item.promise.direction > 0
    even = alike(gap, item.decimals, item.unit, item.catalog)
    if rule.paced:  # what it is held against are the earlier rises, not the baseline
        return "rise_more" if not even else "rise_nearly" if gap else "rise_same"
    if not rule.directional or rule.keeps:
        return "gap_less" if rule.limit == "number" and not upwards else "gap"
    if even:
        return "gap_nearly" if gap else "gap_none"
    return "gap_direction" if upwards else "gap_wider" if rule.series == "gap" else "gap_direction_less"


class Narrator:
    """Writes the running text of one edition."""

    targets_annex = ""
    """What the annex is called that lists all targets."""
    outlook_annex = ""
    """What the annex is called that tells where each target is heading."""
    warnings_annex = ""
    """What the annex is called that lists all warnings."""

    def __init__(self, facts: Facts, words: Words) -> None:
        self.facts, self.words = facts, words

    @staticmethod
    def form(forms: Sequence[str], item: Item, place: int) -> str:
        """One of several forms, chosen by the plan's number of the goal or action and by the place among its sentences in the paragraph:
        those of one clause take turns. Of two clauses they may begin alike.

        Nothing else changes it: one target more or less leaves the other clauses' sentences as they are.
        """
        return forms[(item.promise.number - 1 + place) % len(forms)]

    def say(self, template: str, fact: str = "", sense: str = "", /, **parts: object) -> Markup:
        """Fill in a form; its words in brackets are bound to `fact` with `sense`, unless they name a
        fact of their own.
        """
        words: dict[str, Word] = {}

        def bind(match: re.Match[str]) -> str:
            text, _, own = match[1].partition("|")
            if own.startswith("="):
                of = parts[own[1:]]
                source = of.fact if isinstance(of, Figure) else f"{fact}/none"
                word = Word(text, source, "count")
            else:
                word = Word(text, fact, own or sense)
            words[key := f"word{len(words)}"] = word
            return f"{{{key}}}"

        return Markup(BRACKETS.sub(bind, template)).format(**parts, **words)

    def methods(self, constants: Mapping[str, Figure]) -> dict[str, Markup]:
        """How each method decides, with its constants, by its key in expectations/vocabulary.py."""
        told = {key: self.say(form, **constants) for key, form in self.words["methods"].items()}
        if self.apart is None:
            return told
        more = {key: self.say(form, **self.apart) for key, form in self.words["methods_apart"].items()}
        return {key: text + more.get(key, Markup("")) for key, text in told.items()}

    @property
    def apart(self) -> Mapping[str, str] | None:
        """What the distances of the plans are called: between women and men, the parts of a dimension, or both; None if they
        know neither.
        """
        parted = any(p.target.between is not None for p in self.facts.catalog.promises())
        if not parted and not self.facts.by_sex:
            return None
        words: Mapping[str, str] = self.words["apart"][
            "sexes" if not parted else "both" if self.facts.by_sex else "parts"
        ]
        return words

    def overall(self) -> Markup:
        """The most important sentence, by the plans' numbers; by the directions if nothing else is judged; by what departments
        say if the plans ask for nothing that can be counted.
        """
        every, of = self.facts.tally(), {"year": self.facts.year, "plans": self.facts.named}
        if not every.all.value:
            return self.evidence_alone(self.words["overall"], every, **of)
        whole = self.facts.tally(i for i in self.facts.items if i.quantitative)
        told = self._led_by(whole)
        form = self._grade(told)
        form = "all" if form == "good" and not told.short.value else form
        return self.say(
            of_number(self.words["overall"], form, told.judged if told.judged.value else told.all),
            f"{told.fact}/rate/short",
            form,
            **of,
            kind=self.kind_of(told, whole, every),
            all=told.all,
            judged=told.judged,
            fine=told.fine,
            short=told.short,
            suppressed=told.suppressed,
            unknown=told.unknown,
            unjudged=self._unjudged(told),
        )

    def kind_of(self, told: Any, whole: Any, every: Any) -> str:
        """What the targets of an overall sentence are called; where none of them is judged, and there are no others, just that."""
        alone = not told.judged.value and not every.evidence.value
        kinds: Mapping[str, str] = self.words["kinds"]
        return kinds["any" if alone else "all" if told is whole else "numbers"]

    def evidence_alone(self, forms: Words, every: Any, **of: object) -> Markup:
        """The one sentence about targets of which all ask for evidence, of a whole report or of a domain."""
        form = of_number(forms, "evidence", every.evidence)
        return self.say(form, all=every.evidence, said=self._said(every), **of)

    def _said(self, every: Any) -> Markup:
        """What departments say of targets of evidence: how many have been carried out, have begun or have not, and of how many
        nobody says anything.
        """
        words, number = self.words["statements"], every.evidence
        counts = [(code, every.number(code)) for code in EVIDENCE]
        parts = [self.say(of_number(words["parts"], code, number), n=n) for code, n in counts if n.value]
        told = [self.say(words["said"], parts=joined(parts))] if parts else []
        why = Counter(self.silence(t if isinstance(t, Item) else t.item) for t in every.targets)
        for form in SILENT:
            if why[form]:
                n = figure(why[form], 0, f"{every.fact}/count/{form}")
                told.append(self.say(of_number(words["silent"], form, number), n=n))
        return joined(told, "，")

    def silence(self, item: Item) -> str:
        """Why nothing is told of a target of evidence (`SILENT`): its department wrote nothing, what it wrote was sent back, or nobody
        asked it; empty if something is told, and of every other target.
        """
        if item.quantitative or item.verdict != Verdict.UNKNOWN:
            return ""
        reason = item.row["reason"]
        if reason == Reason.NOT_ASKED:
            return "unasked"
        return "returned" if reason == Reason.REJECTED else "untold"

    def statement(self, item: Item) -> Markup:
        """What stands in the place of a department's statement."""
        form = self.words["statements"]["instead"][self.silence(item) or "untold"]
        return self.say(form, ask=Name(str(item.promise.target.ask), f"ask/{item.id}"))

    def idle(self, items: Sequence[Item], fact: str, *, led: bool = False) -> Markup:
        """The targets of evidence on which, as their departments say, nothing has begun, by name, with `led` who leads them;
        empty where there are none.
        """
        return self._of_evidence("idle", [i for i in items if i.verdict == Verdict.NOT_STARTED], fact, led=led)

    def _of_evidence(self, form: str, found: Sequence[Item], fact: str, *, led: bool) -> Markup:
        words = self.words["statements"]
        if not found:
            return Markup("")
        one, several = words["one_led" if led else "one_here"], len(self.facts.plans) > 1 and led
        listed = joined(
            self.say(
                one,
                title=i.title,
                clause=Name(f"{i.promise.plan.head.short}{i.clause}", i.clause.source) if several else i.clause,
                lead=i.lead,
            )
            for i in found[:MOST_NAMED]
        )
        number = figure(len(found), 0, f"{fact}/count/{Verdict.NOT_STARTED if form == 'idle' else form}")
        return self.say(words[f"{form}_many" if len(found) > MOST_NAMED else form], number=number, listed=listed)

    def evidence_lacking(self) -> list[Markup]:
        """The targets of evidence of the whole report that nobody has begun, and those on which nothing was said, or what was said was sent
        back, with who leads them and what is asked of them. Of what nobody was asked for, nothing is asked now.
        """
        words, fact, ranked = self.words["statements"], self.facts.tally().fact, self.facts.ranked
        found = {"idle": self.idle(ranked, fact, led=True)}
        for form in ASKED:
            found[form] = self._of_evidence(form, [i for i in ranked if self.silence(i) == form], fact, led=True)
        asks = not self.facts.edition.compiled
        return [text + self.say(words["asked"][form] if asks else "") for form, text in found.items() if text]

    def _led_by(self, whole: Any) -> Any:
        """The targets that the first sentence is about: those with a number, or all if none of these is judged, or too few of all."""
        return whole.numbers if whole.numbers.judged.value and self._grade(whole) != "sparse" else whole

    def untroubled(self) -> Markup:
        """What stands in the place of problems, where no judged target falls short: nothing good is said of the others. Empty
        where something else is told of targets of evidence (`evidence_lacking`), and there are no others.
        """
        words, whole = self.words["untroubled"], self.facts.tally(i for i in self.facts.items if i.quantitative)
        if not whole.all.value:
            return self._begun()
        if not whole.judged.value:
            told = self.say(words[without(whole)], suppressed=whole.suppressed, unknown=whole.unknown)
            return told + self._supply()
        form = "sparse" if self.is_sparse(whole.judged, whole.all) else "all"
        why = without(whole) if form == "sparse" else "none"
        rest = "" if why == "none" else f"_{why}"
        text = self.say(
            of_number(words, f"{form}{rest}", whole.judged),
            f"{whole.fact}/rate/short",
            form,
            all=whole.all,
            judged=whole.judged,
            short=whole.short,
            unjudged=self._unjudged(whole),
        )
        if self.facts.edition.compiled:
            return text + self.say(words["compiled"])
        doubted = {w.item.id for w in self.facts.warnings if w.kind == WarningKind.MISS and w.item.quantitative}
        if doubted:
            number = figure(len(doubted), 0, "problems/warned")
            text += self.say(words["advice_warned"], number=number, annex=Name(self.warnings_annex, "annex/warnings"))
        if form == "sparse":
            return text + self._supply()
        asked = any(i.verdict == Verdict.NOT_STARTED or self.silence(i) in ASKED for i in self.facts.items)
        return text if doubted or asked else text + self.say(words["advice"])

    def _supply(self) -> Markup:
        """Who is asked for what targets without a verdict lack; empty where nobody can be. The public edition names no debts."""
        words, edition = self.words["untroubled"], self.facts.edition
        lacking = [] if edition.compiled else [*wanted.of(self.facts), *wanted.now(self.facts)]
        if not lacking:
            return Markup("")
        if not edition.internal:
            return self.say(words["supply_public"], years=years_wanted(lacking))
        asked: dict[str, list[WantedYear]] = {}
        for want in lacking:
            asked.setdefault(want.department, []).append(want)
        if len(asked) > MOST_NAMED:
            number = figure(len(wanted.targets(lacking)), 0, "problems/wanted")
            return self.say(words["supply_many"], number=number, years=years_wanted(lacking))
        listed = [
            self.say(
                words["department"],
                department=Name(self.facts.catalog.department(key), f"department/{key}"),
                wants=self._wanted(wants, f"problems/wanted/{key}"),
            )
            for key, wants in asked.items()
        ]
        return joined(listed, "；") + Markup("。")

    def _wanted(self, wants: Sequence[WantedYear], fact: str) -> Markup:
        """What one department is asked for: what it did not send, and what could not be used, each figure with its own year."""
        told = []
        for form in ("supply", "mend"):
            years: dict[int, list[Name]] = {}
            for want in wants:
                if want.is_rejected == (form == "mend"):
                    years.setdefault(want.year, []).append(want.item.spoken)
            figures = [
                self.say(
                    self.words["untroubled"]["figures"],
                    names=self._shortened(list(dict.fromkeys(names)), f"{fact}/{form}/{year}"),
                    year=year,
                )
                for year, names in sorted(years.items())
            ]
            if figures:
                told.append(self.say(self.words["untroubled"][form], figures=joined(figures)))
        return joined(told, "，")

    def none_judged(self, count: Any) -> Markup:
        """Why an evaluation has nothing to say of targets with a figure, without a full stop."""
        form = without(count) if count.all.value else "evidence"
        return self.say(self.words["none_judged"][form], suppressed=count.suppressed, unknown=count.unknown)

    def _begun(self) -> Markup:
        """The same where there are only targets of evidence."""
        words, every = self.words["untroubled"], self.facts.tally()
        idle, said = every.number(Verdict.NOT_STARTED), every.number(*EVIDENCE)
        if not said.value and all(self.silence(item) == "unasked" for item in every.targets):
            return self.say(words["unasked"])
        if idle.value or not said.value:
            return Markup("")
        told = self.say(words["evidence"], number=idle)
        if said.value < every.evidence.value:
            return told
        return told + self.say(words["compiled" if self.facts.edition.compiled else "advice"])

    def two_kinds(self, whole: Any) -> Markup:
        """What the first sentence counts and the next ones count, where these are two sets of targets; else nothing."""
        apart = self._led_by(whole) is not whole and whole.directions.all.value
        return self.say(self.words["two_kinds"]) if apart else Markup("")

    def _grade(self, tally: Tally) -> str:
        """good, mixed or poor; sparse if too few are judged to speak of all; else why none is judged (`without`)."""
        if not tally.judged.value:
            return without(tally)
        if self.is_sparse(tally.judged, tally.all):
            return "sparse"
        return self._progress(int(tally.judged.value), int(tally.short.value))

    def is_sparse(self, judged: Figure, every: Figure) -> bool:
        """Whether too few targets are judged to say anything of how they all do."""
        return judged.value * 100 < self.facts.catalog.policy.wording.least * every.value

    def _unjudged(self, tally: Tally) -> Markup:
        """How many targets cannot be judged; empty if all are judged."""
        left = tally.number(Verdict.UNKNOWN, Verdict.SUPPRESSED)
        form = "unjudged_public" if tally.number(Verdict.SUPPRESSED).value else "unjudged"
        return self.say(self.words[form], number=left) if left.value else Markup("")

    def _progress(self, judged: int, short: int) -> str:
        """good, mixed or poor, by how many of the judged targets fall short (`policy.wording`)."""
        wording, share = self.facts.catalog.policy.wording, Decimal(short) / judged * 100
        return "good" if share <= wording.good else "mixed" if share <= wording.mixed else "poor"

    def compiled(self, until: str) -> Markup:
        """Whose figures these are and who compiled them; empty if departments deliver the figures."""
        by = self.facts.catalog.district.compiled_from
        issuers = "、".join(self.facts.catalog.district.issuers)
        return (
            self.say(self.words["compiled"], issuers=issuers, source=by.source, works=by.works, until=until)
            if by
            else Markup("")
        )

    def questioned(self, years: Container[int]) -> Markup:
        """Which forms of some years have figures that may be meant otherwise than they are written, and of which of them the department has
        said how; empty if none has.
        """
        told, found = [], received.questioned(self.facts, years)
        for form, replied in (("asked", False), ("replied", True)):
            if forms := [title for title, has_replied in found if has_replied == replied]:
                listed = joined((self.say(self.words["brief"]["title"], title=title) for title in forms), "")
                told.append(self.say(self.words["questioned"][form], titles=listed))
        return joined(told, "")

    # --- a domain ----------------------------------------------------------------------------------------------------

    def finding(self, domain: Domain, items: Sequence[Item]) -> Markup:
        """The domain's one sentence, chosen by the share of judged targets that are fine."""
        plan = next((i.promise.plan.id for i in items), "")  # each plan has a domain of that number
        every = self.facts.tally(items, f"{plan}/{domain.domain}")
        if not every.all.value:
            return self.evidence_alone(self.words["finding"], every, domain=domain.title)
        tally = self.facts.tally([i for i in items if i.quantitative], f"{plan}/{domain.domain}")
        weak = sorted(  # numbers before directions
            (i for i in items if i.verdict in SHORT), key=lambda i: (not i.numbered, i.row["priority"])
        )
        form = self._grade(tally)
        form = "all" if form == "good" and not weak else form
        if form == "none":  # it has numbers, without data
            return self.say(
                of_number(self.words["overall"], form, tally.all),
                f"{tally.fact}/rate/short",
                form,
                year=self.facts.year,
                plans=say("labels/scope/domain", title=domain.title),
                all=tally.all,
                kind=self.words["kinds"]["any" if all(i.quantitative for i in items) else "all"],
            )
        if form == "all" and self._unjudged(tally):
            form = "all_judged"
        return self.say(
            of_number(self.words["finding"], form, tally.judged),
            f"{tally.fact}/rate/short",
            form.partition("_")[0],
            domain=domain.title,
            weak=self._shortened([i.spoken for i in weak], f"{tally.fact}/count/{'+'.join(SHORT)}"),
            all=tally.all,
            judged=tally.judged,
            fine=tally.fine,
            short=tally.short,
            suppressed=tally.suppressed,
            unknown=tally.unknown,
            unjudged=self._unjudged(tally),
        )

    def titled(
        self, domain: Domain, every: Figure, judged: Figure, fine: Figure, coming: Figure | None = None
    ) -> Markup:
        """The domain's title, with how many of its judged targets are fine; the title alone if too few are judged to speak of
        all. If all that are fine are only expected to be (`coming`), that is said.
        """
        silent = not judged.value or self.is_sparse(judged, every)
        form = "none" if silent else "all" if fine.value == judged.value else "some"
        if coming is not None and not silent and fine.value and coming.value == fine.value:
            form, fine = f"{form}_coming", coming
        return self.say(of_number(self.words["heading"], form, judged), title=domain.title, judged=judged, fine=fine)

    def _shortened(self, names: Sequence[Name], fact: str, most: int = 3) -> Markup:
        """The first names of a list; if there are more, 等 and their number."""
        told = joined(dict.fromkeys(names[:most]))
        if len(names) <= most:
            return told
        return self.say(self.words["shortened"], names=told, number=figure(len(names), 0, fact))

    def counts(self, tally: Tally, scope: str = "") -> Markup:
        """How many targets there are and how many have which verdict."""
        words, here = self.words, scope or say("labels/scope/here")
        unknown = self.say(words["counts_unknown"], unknown=tally.unknown) if tally.unknown.value else Markup("")
        if tally.suppressed.value:
            unknown += self.say(words["counts_suppressed"], suppressed=tally.suppressed)
        counted = self.standings(tally)
        parts = [self.say(words["counts_parts"][k], n=figure) for k, figure in counted.items() if figure.value]
        text = Markup("")
        if tally.all.value:
            listed = Markup(words["counts_begin"]) + joined(parts) if parts else Markup("")
            text += self.say(
                words["counts"],
                scope=here,
                all=tally.all,
                judged=tally.judged,
                parts=listed,
                unknown=unknown,
            )
        broken = sum(bool(i.missed_before) and i.verdict in FINE for i in tally.targets)
        if broken:
            text += self.say(
                words["counts_broken"],
                scope=here,
                number=figure(broken, 0, f"{tally.fact}/broken"),
            )
        if tally.evidence.value:
            told = tally.number(*EVIDENCE)
            form = "counts_evidence" if text else "counts_evidence_alone"
            text += self.say(words[form], scope=here, evidence=tally.evidence, told=told)
        return text

    def standings(self, tally: Tally) -> Mapping[str, Figure]:
        """How many targets there are in each part that `counts` tells, by its form."""
        return {"attained": tally.attained, "on_course": tally.number(Verdict.ON_COURSE), "short": tally.short}

    def rates(self, tally: Tally, *, bounds: bool = True) -> Markup:
        """Attainment: numbers first, then directions, then both together, over the judged targets and, with `bounds`, over
        all of them.
        """
        words = self.words["rates"]
        parts: list[Markup] = []
        for form, part in (("numbers", tally.numbers), ("directions", tally.directions)):
            if part.judged.value:
                own = of_number(words, form, part.judged)
                parts.append(self.say(own, all=part.all, judged=part.judged, rate=part.fine_rate, fine=part.fine))
        if not parts:
            return Markup("")
        if not has_share(tally.judged):
            return joined(parts) + Markup("。")
        form = "sure" if not bounds or str(tally.fine_rate_all) == str(tally.fine_rate_most) else "between"
        hidden = self.say(words["hidden"]) if tally.suppressed.value else Markup("")
        return joined(parts, "；") + self.say(
            words["both" if len(parts) > 1 else "one"] + words[form],
            fine_rate=tally.fine_rate,
            attained_rate=tally.attained_rate,
            fine_rate_all=tally.fine_rate_all,
            fine_rate_most=tally.fine_rate_most,
            hidden=hidden,
        )

    def paragraphs(self, items: Sequence[Item]) -> list[Markup]:
        """Goal by goal: one sentence for each number of the plan; the directions in one sentence."""
        told = {i.promise.asked: i for i in reversed(items) if i.quantitative and not i.promise.target.rule.directional}
        numbers = [
            i for i in items if told.get(i.promise.asked) is i
        ]  # a goal and its action that ask the same are told once
        texts = []
        for _, group in groupby(numbers, key=lambda i: i.promise.clause):
            texts.append(Markup("").join(self._sentences(list(group))))
        directions = [i for i in items if i.promise.target.rule.directional]  # all of them: the table counts them, too
        if directions:
            texts.append(self._directions(directions))
        return [t for t in texts if t]

    def rest(self, items: Sequence[Item], scope: str) -> list[Markup]:
        """One sentence for the targets that a text does not tell one by one; nothing if it tells all."""
        if not items:
            return []
        tally = self.facts.tally(items, f"{scope}/rest")
        parts = [self.say(self.words["counts_parts"][k], n=n) for k, n in self.standings(tally).items() if n.value]
        form, annex = "rest" if len(parts) > 1 else "rest_alike", Name(self.targets_annex, "annex/targets")
        return [self.say(self.words[form], all=tally.all, parts=joined(parts), annex=annex)]

    def _sentences(self, items: Sequence[Item]) -> list[Markup]:
        """The sentences of a paragraph."""

        def alike(item: Item) -> tuple[object, ...]:
            target = item.promise.target
            return (
                target.rule,
                target.value,
                item.verdict,
                item.is_kept_since_base,
                self._far(item),
            )

        told: list[Markup] = []
        for _, group in groupby(items, key=alike):
            siblings = list(group)
            for alone, part in groupby(siblings, key=self._stands_alone):
                some = list(part)
                if len(some) > 1 and not alone:
                    told.append(self._together(some, len(told)))
                else:
                    for item in some:
                        told.append(self.sentence(item, len(told)))
        return told

    def _stands_alone(self, item: Item) -> bool:
        """Whether a target has a sentence of its own: it is not met, or something is to be said beside that it is."""
        plain_one = item.verdict in ATTAINED and item.rare is None and not item.row["places_total"]
        return not plain_one or item.row["value"] is None or item.worsened or bool(self._reserved(item))

    def _together(self, items: Sequence[Item], place: int) -> Markup:
        values = [self.level(i) for i in items]
        if len({v.striptags() for v in values}) == 1:
            form = self.words["together_alike"]
            names = joined(i.spoken for i in items)
            return self.say(form, names=names, value=values[0], target=self._standing_of_all(items[0]))
        listed = joined(values[:-1]) + escape(say("labels/and")) + values[-1]
        return self.say(
            self.form(self.words["together"], items[0], place),
            year=items[0].row["year"],
            names=joined(i.spoken for i in items),
            values=listed,
            target=self._standing_of_all(items[0]),
        )

    def _standing_of_all(self, item: Item) -> Markup:
        """The same as `standing`, for several targets with the same verdict."""
        return self.say(self.words["together_all"], target=self.standing(item))

    def sentence(self, item: Item, place: int = 0) -> Markup:
        """One target: level, change on the year before, verdict; qualifications come after it.

        `place` is the number of sentences before it in its paragraph.
        """
        if item.verdict == Verdict.UNKNOWN:
            return self._unknown(item)
        if item.verdict == Verdict.SUPPRESSED:
            return self.say(self.words["suppressed"], item.fact("verdict"), name=item.spoken)
        if item.row["value"] is None:
            return self._hidden(item, self.standing(item))
        text = self._each(item, self.change(item), self._each_standing(item), place) or self.say(
            self.form(self.words["sentence"], item, place),
            year=item.row["year"],
            name=item.spoken,
            value=self.level(item),
            # a jump between single events says nothing
            change="" if item.rare else self.change(item) + self.above(item),
            target=self.standing(item) + self._reserved(item),
        )
        return text + self._rare(item) + self._sexes(item) + self._parts(item) + self._caliber(item)

    def _hidden(self, item: Item, target: Markup) -> Markup:
        """How a target stands whose figure is kept back."""
        return self.say(self.words["hidden"], year=item.row["year"], name=item.spoken, target=target)

    def _reserved(self, item: Item) -> Markup:
        """What is to be said beside a target's being met, or on its way: that it is warned of all the same, or was broken in
        an earlier year; usually nothing.
        """
        words, text = self.words, Markup("")
        if item.id in self._doubted:
            told = item.percent("probability")
            form = words["unlikely_word" if isinstance(told, Word) else "unlikely"]
            text += self.say(form, item.fact("cause"), p=told)
        if item.verdict in FINE and (missed := item.missed_before):
            text += self.say(words["missed_before"], item.fact("verdict", missed[-1]), years=spans(missed))
        return text

    @cached_property
    def _doubted(self) -> frozenset[str]:
        """The targets that are met or on course, and warned of because that is not likely to last."""
        return frozenset(w.item.id for w in self.facts.warnings if w.row["reason"] == Cause.UNLIKELY)

    def _unknown(self, item: Item) -> Markup:
        """Why there is no verdict; what is known is told all the same."""
        row, reason = item.row, Reason.of(item.row["reason"]).word
        if row["value"] is None:
            each = item.promise.target.each
            return self.say(
                self.words["unknown_places" if each else "unknown"],
                item.fact("verdict"),
                Verdict.UNKNOWN,
                kind=kind(item.catalog, each) if each else "",
                name=item.spoken,
                reason=reason,
                sent_back=self.sent_back(item, "（", "）"),
            )
        form, short = "unknown_valued", Markup("")
        if row["threshold"] is not None:
            form, short = "unknown_path", self._short(item)
        return self.say(
            self.words[form],
            item.fact("verdict"),
            Verdict.UNKNOWN,
            year=row["year"],
            name=item.spoken,
            value=self.level(item),
            reason=reason,
            short=short,
        )

    def sent_back(self, item: Item, begin: str, end: str = "") -> Markup:
        """That the form which would have the figure came, and was sent back; empty for every other reason."""
        promise, reason = item.promise, item.row["reason"]
        if promise.indicator is None or reason != Reason.NOT_RECEIVED:
            return Markup("")
        if self._sent_back.isdisjoint(promise.indicator.measures_of(self.facts.year)):
            return Markup("")
        return self.say(self.words["sent_back"], begin=begin, end=end)

    @cached_property
    def _sent_back(self) -> frozenset[str]:
        return received.sent_back(self.facts)

    def level(self, item: Item, which: Figure | str | None = None) -> Markup:
        """A figure with its unit, as printed in running text: 85.2%, 16.9/10万, 9.8年."""
        shown = which if which is not None else item.value
        unit = self._told_as(item, item.unit) if isinstance(shown, Figure) else ""
        form = '<span class="nb">{}{}</span>' if unit.startswith("/") else "{}{}"  # no line ends in 8.2/
        return Markup(form).format(shown, unit)

    @staticmethod
    def _told_as(item: Item, unit: str) -> str:
        """A unit in running text: a column of units says 百分点, running text 个百分点."""
        own = unit_of(item.promise.indicator.unit) if item.promise.indicator else None
        return own.difference if own is not None and own.apart and unit == own.points else unit

    def change(self, item: Item, found: Difference | None = None) -> Markup:
        """比上年提高1.2个百分点, 与2020年持平, …: points and per cent are never mixed."""
        words, slight = self.words["change"], item.catalog.policy.wording.slight
        found = found or item.change
        if found is None:
            return Markup("")
        change, size, fact = found.value, abs(exact(found.value)), item.fact(found.field)
        since = (
            say("labels/last_year") if found.year == item.row["year"] - 1 else self.say(words["since"], year=found.year)
        )
        if found.printed:
            return self._as_stated(item, found, since)
        if alike(change, item.decimals, item.unit, item.catalog):
            return self.say(words["nearly" if size else "flat"], fact, since=since)
        rise = change > 0
        amount = self._relative(item, found) or self.amount(item, change, found.field)
        if item.unit == "%" and size <= slight:
            return self.say(words["slightly_up" if rise else "slightly_down"], fact, since=since, amount=amount)
        verb = Word(self._verb(item, rise), fact, "up" if rise else "down")
        return self.say(words["up"], since=since, verb=verb, amount=amount)

    def above(self, item: Item) -> Markup:
        """，比全国高1.1个百分点: how far the year's figure is from that of each area above the district; nothing of what chance
        makes of single events, of differences that are told as none, and of what cannot be compared.
        """
        target, text = item.promise.target, Markup("")
        if item.row["value"] is None or not target.rule.own or target.sex != "total" or target.part:
            return text
        for area in self.facts.catalog.district.references:
            found = self.facts.above.newest(str(target.indicator), area)
            if target.rule.limit == "area" and target.than == area.code:
                continue  # the verdict tells it
            if found is None or found.gap is None or found.told.year != item.row["year"]:
                continue
            if found.standing not in {Against.LIKE, Versus.EVEN}:
                form = "over" if found.gap.value > 0 else "under"
                size = figure(abs(found.gap.value), found.gap.places, found.gap.fact)
                amount = Markup("{}{}").format(size, unit_of(item.unit).difference)
                text += self.say(self.words["above"][form], found.gap.fact, area=area.called_whole, gap=amount)
        return text

    def _relative(self, item: Item, found: Difference) -> Markup:
        """33.3%: the change in % of the earlier value, if the indicator's record wants it told so; else empty."""
        indicator, now = item.promise.indicator, item.row["value"]
        if indicator is None or indicator.change != "relative" or item.unit != indicator.unit or now is None:
            return Markup("")
        before = exact(now) - exact(found.value)
        if not before:
            return Markup("")
        share = figure(abs(exact(found.value)) * 100 / before, SHARE_DECIMALS, item.fact(f"{found.field}_relative"))
        return self.say(self.words["change"]["relative"], size=share)

    def _as_stated(self, item: Item, change: Difference, since: object) -> Markup:
        """A change as the source of the figure prints it, neither computed nor softened."""
        words, number = self.words["change"], change.printed.rstrip("%")
        relative = number != change.printed
        fact = item.fact(f"{change.field}/stated" if relative else change.field)
        if not change.value:
            return self.say(words["flat" if change.printed == Moved.FLAT.word else "nearly"], fact, since=since)
        rise, size = change.value > 0, figure(abs(exact(change.value)), len(number.partition(".")[2]), fact)
        verb = Word(
            say("labels/verb/grown" if rise else "labels/verb/down") if relative else self._verb(item, rise),
            fact,
            "up" if rise else "down",
        )
        amount = Markup("{}{}").format(size, "%" if relative else unit_of(item.unit).difference)
        return self.say(words["up"], since=since, verb=verb, amount=amount)

    def _verb(self, item: Item, rise: bool) -> str:
        """提高、上升、下降 for rates and means, 增加、减少 for counts, 扩大、缩小 for a distance."""
        target = item.promise.target
        if target.rule.series == "gap" or (target.words or "").endswith(Gap.NARROWED.word):
            return say(
                "labels/verb/widened" if rise else "labels/verb/narrowed"
            )  # of an indicator that is itself a distance, the plan's word
        if unit_of(item.unit).is_level:
            higher = item.promise.indicator is not None and item.promise.indicator.sense > 0
            return say("labels/verb/" + (("better" if higher else "up") if rise else "down"))
        return say("labels/verb/more" if rise else "labels/verb/less")

    def amount(self, item: Item, change: float | Decimal, field: str) -> Markup:
        """A difference with its unit: 个百分点, 个千分点, 个十万分点, or the indicator's own."""
        return self._points(item, change, item.fact(field))

    def _points(self, item: Item, change: float | Decimal, fact: str, places: int | None = None) -> Markup:
        unit = self._told_as(item, unit_of(item.unit).difference)
        decimals = item.decimals if places is None else places
        while change and rounded(change, decimals) == 0 and decimals < 4:
            decimals += 1
        return Markup("{}{}").format(figure(abs(exact(change)), decimals, fact), unit)

    def goal(self, item: Item) -> Name:
        """What the plan asks for, in prose."""
        return Name(self._goal(item), f"required/{item.id}")

    def _goal(self, item: Item) -> str:
        """The same, with the number that was asked for before where a later decision has changed it."""
        promise = item.promise
        told = self._asked(item, promise)
        if not promise.earlier:
            return told
        since = promise.target.revised[len(promise.earlier) - 1].since
        before = self._asked(item, replace(promise, target=promise.earlier[-1], earlier=()))
        return str(self.words["goal"]["revised"]).format(goal=told, since=since, before=before)

    def _asked(self, item: Item, promise: Promise) -> str:
        words: Words = self.words["goal"]
        target, value = promise.target, size(promise)
        if target.rule.directional:  # as the plan says it; of a distance, its name says what it is
            gap = target.rule.series == "gap"
            return str(words["quoted"]).format(
                words=target.words or target.rule.direction if gap else demand(item.catalog, promise)
            )
        if target.words:
            told = demand(item.catalog, promise)
            return str(words["soft_other"]).format(soft=target.soft, words=told) if target.soft else told
        variants = {
            "all": value == "100%",
            "count": unit_of(item.unit).is_counted,
            "fall": target.rule.wants == "sign" and promise.direction < 0,
        }
        keys = [f"{target.rule}_{variant}" for variant, fits in variants.items() if fits]
        quoted = str(words["quoted"])
        form = words.get(next((key for key in keys if key in words), target.rule.key))
        low, high = (plain(edge) + promise.unit for edge in target.band or (None, None))
        told = (
            quoted.format(words=demand(item.catalog, promise))  # as a list says it
            if form is None
            else str(form).format(
                value=value,
                low=low,
                high=high,
                than=than(item.catalog, promise),
                year=promise.plan.head.baseline,
                kind=kind(item.catalog, target.each) if target.each else "",
            )
        )
        if not target.soft:
            return told
        if target.rule.key == "at_least":
            return str(words["soft"]).format(goal=told)
        return str(words["soft_other"]).format(soft=target.soft, words=told.strip(quoted.format(words="")))

    def standing(self, item: Item) -> Markup:
        """How the value compares with the promise; a value that is met but worse than last year has
        words of its own.
        """
        words, verdict = self.words["target"], item.verdict
        target, gap = item.promise.target, self._gap(item)
        far = "" if item.rare else self._far(item)  # single events make no distance and no fall
        asked = self._as_asked(item, item.fact("verdict"), verdict, missed=verdict in SHORT)
        less = target.rule.limit == "number" and item.promise.direction < 0 and not target.rule.strict
        lack = self._lack(item, Markup("") if item.by_one else gap)
        form, worse = str(verdict), item.worsened and not item.rare
        if verdict in {Verdict.MET_EARLY, Verdict.MET_YEAR} and worse:
            form = "far_worse" if far else "met_worse_asked" if asked else "met_worse_less" if less else "met_worse"
        elif far:
            form = far
        elif asked and verdict in OF_YEAR:
            return asked + (lack if verdict == Verdict.MISSED_YEAR else Markup(""))
        elif verdict == Verdict.MET_EARLY and item.is_kept_since_base:
            form = "met_base"
        elif verdict == Verdict.ON_COURSE and item.by_one and not target.rule.directional:
            form = "on_course_by_one"
        elif verdict == Verdict.ON_COURSE and not (gap or item.row["met"] or target.rule.directional):
            form = "on_course_untold" if item.apart is None else "on_course_level"
        elif f"{verdict}_direction" in words and (target.rule.directional or not gap or item.by_one):
            form = f"{verdict}_direction"
        if less and f"{form}_less" in words:
            form = f"{form}_less"
        if target.band is not None and f"{form}_band" in words:
            form = f"{form}_band"
        return self.say(
            words[form],
            item.fact("verdict"),
            verdict,
            goal=self.goal(item),
            lack=lack,
            limit=item.limit,
            short=self._short(item),
            asked=asked,
        )

    def _gap(self, item: Item) -> Markup:
        """How far the value is from the number asked for; empty if it is that number, or either is not told."""
        return self.amount(item, item.apart, "gap") if item.apart else Markup("")

    def _short(self, item: Item) -> Markup:
        """距95%的目标还差1.2个百分点: how far the value is from the number asked for."""
        promise, rule = item.promise, item.promise.target.rule
        plain_ones = {"indicator": "than", "area": "than_area", "number": "less" if promise.direction < 0 else "more"}
        whole = promise.target.soft or promise.earlier or (rule.relative and promise.direction < 0)
        form = "other" if whole else plain_ones.get(rule.limit, "other")
        return self.say(
            self.words["short"][form],
            goal=self.goal(item),
            limit=item.limit,
            than=Name(than(item.catalog, promise), f"required/{item.id}"),
            gap=self._gap(item),
        )

    def _lack(self, item: Item, gap: Markup) -> Markup:
        """，还差0.65个百分点, or of a limit that is exceeded ，高出0.65个百分点; empty without a gap."""
        if not gap:
            return Markup("")
        less = item.promise.target.rule.limit == "number" and item.promise.direction < 0
        form = "aside" if item.promise.target.band is not None else "less" if less else "more"
        return self.say(self.words["lack"][form], gap=gap)

    def _as_asked(self, item: Item, fact: str, sense: str, *, missed: bool = False) -> Markup:
        """保持在95%以上: a verdict in the plan's own words before its number; empty if they say no state, or another number
        or a softer word is to be told with them.
        """
        target, words = item.promise.target, self.words["as_asked"]
        if target.words is None or target.words not in words or target.value is None:
            return Markup("")
        if target.each or target.soft or item.promise.earlier:
            return Markup("")
        rest = Name(demand(item.catalog, item.promise).removeprefix(target.words), f"required/{item.id}")
        return self.say(words[target.words]["missed" if missed else "met"], fact, sense, rest=rest)

    def _each_standing(self, item: Item) -> Markup:
        """The verdict on a promise for every town or institution, whose number has been told."""
        words, form = self.words["each"]["target"], str(item.verdict)
        if form not in words:
            return Markup("")
        if item.verdict in {Verdict.MET_EARLY, Verdict.MET_YEAR} and item.worsened:
            form = "met_worse"
        elif item.verdict == Verdict.MET_EARLY and item.is_kept_since_base:
            form = "met_base"
        return self.say(words[form], item.fact("verdict"), item.verdict) + self._reserved(item)

    def _each(self, item: Item, change: Markup, standing: Markup, place: int) -> Markup:
        """How many towns or institutions are as asked, and which are not; empty if the target is about something else, or
        that is not told.
        """
        row, words, target = item.row, self.words["each"], item.promise.target
        indicator = item.promise.indicator
        if not row["places_total"] or indicator is None or not standing:
            return Markup("")
        failing = list(row["places_failing"] or ())
        form = "some" if failing and row["places_met"] else "none" if failing else "all"
        unit, one = unit_of(item.unit), target.value == 1
        thing = next(
            (item.promise.name.removesuffix(end) for end in words["thing"] if item.promise.name.endswith(end)), ""
        )
        if unit.kind == "person" and thing:
            form += "_persons" if one or form == "all" else "_persons_more"
            least = words["least_one" if one else "least_more"]
        else:
            form += "_count" if unit.is_counted else ""
            least = words["least"]
        number = figure(len(failing), 0, item.fact("places_failing"))
        whole = number if row["places_unknown"] else figure(row["places_total"], 0, item.fact("places_total"))
        names = joined(Name(one, item.fact("places_failing")) for one in failing[:MOST_NAMED])
        if len(failing) > MOST_NAMED:
            names = self.say(words["many"], names=names, number=number)
        return self.say(
            self.form(words["begin"], item, place) + of_number(words, form, whole),
            year=row["year"],
            total=whole,
            met=figure(row["places_met"], 0, item.fact("places_met")),
            failing=number,
            kind=kind(item.catalog, target.each),
            name=item.spoken,
            thing=Name(thing, f"name/{item.id}"),
            least=Name(str(least).format(value=size(item.promise)), f"required/{item.id}"),
            names=names,
            value=self.level(item),
            change=change,
            target=standing,
        ) + self._each_aside(item)

    def _each_aside(self, item: Item) -> Markup:
        """Of how many towns or institutions nothing was told: of those without a figure, and of those to which it does not apply."""
        told = Markup("")
        for field in ("places_unknown", "places_exempt"):
            if item.row[field]:
                number = figure(item.row[field], 0, item.fact(field))
                called = kind(item.catalog, item.promise.target.each)
                told += self.say(self.words["each"][field], number=number, kind=called)
        return told

    def _far(self, item: Item) -> str:
        """The form for a promised number that is exceeded by far; empty if it is not, or if the promise is no such
        number.
        """
        rule, value, limit = item.promise.target.rule, item.row["value"], item.row["threshold"]
        before = any(h["met"] for y, h in item.history.items() if y < item.row["year"])
        if item.verdict not in ATTAINED or not before or not limit or value is None or not rule.plain:
            return ""
        margin = abs(exact(value) - exact(limit)) / abs(exact(limit)) * 100
        if margin < self.facts.catalog.policy.wording.far:
            return ""
        return "far_low" if item.promise.direction < 0 else "far_high"

    def _swung(self, warning: Warning) -> Markup:
        """How the figure that swung went; 总体, where it is another one than the target judges."""
        item, row, words = warning.item, warning.row, self.words["grounds"]
        assert item.promise.indicator is not None
        own = item.promise.target.rule.own
        since, field = row["swung_to"] - row["swung_from"], "swing_points"
        if own and item.row["change_previous"] is not None:  # as its publisher states it, where one does
            since, field = item.row["change_previous"], "change_previous"
        told: dict[str, object] = {"amount": self.amount(item, since, field)}
        if row["change"] is None:
            form = "from_none"
        else:
            form = "rise" if row["change"] > 0 else "fall"
            told["size"] = figure(abs(exact(row["change"])), 1, item.fact("swing"))
        if unit_of(item.promise.indicator.unit).is_rate:
            form += "_points"
        text = Markup("") if own else Markup(words["whole"])
        text += self.say(words[form], item.fact("swing"), **told)
        if row["p"] is None:
            return text + Markup(words["unusual"])
        return text + self.say(words["chance"], p=figure(max(row["p"], 0.0001), 4, item.fact("swing_p")))

    def grounds(self, warning: Warning) -> Markup:
        """Why a warning was given, in numbers."""
        item, row, words = warning.item, warning.item.row, self.words["grounds"]
        if warning.row["kind"] == WarningKind.SWING:
            return self._swung(warning)
        if warning.row["reason"] == Cause.LATE:
            before = item.history[row["year"] - 1]
            return self.say(words["late"], item.fact("verdict", row["year"] - 1), str(before["verdict"]))
        if not item.quantitative:
            return self.say(words["not_started"], item.fact("verdict"))
        parts = []
        if (gap := item.apart) is not None and not row["met"]:
            if item.by_one:
                one = figure(1, 0, "method/one_event")
                parts.append(self.say(words["fragile"], events=item.by_one.events, one=one))
            else:
                parts.append(self.say(words[_far(item, gap)], item.fact("gap"), gap=self.amount(item, gap, "gap")))
        if row["relative"] is not None and row["relative_baseline"] is not None:
            now, then = (figure(row[f], SHARE_DECIMALS, item.fact(f)) for f in ("relative", "relative_baseline"))
            parts.append(self.say(words["relative"], now=now, then=then))
        if row["trend"] is not None and row["trend"] != 0 and not item.rare:
            up = row["trend"] > 0
            verb = Word(self._verb(item, up), item.fact("trend"), "up" if up else "down")
            parts.append(self.say(words["trend"], verb=verb, amount=self.amount(item, row["trend"], "trend")))
        if row["trend"] and (value := self.projected(item)):
            limit, way = item.projection_limit, item.promise.direction
            at_best = limit is not None and (row["projection"] - float(limit)) * way > 0
            form = "projection" if not at_best else "projection_most" if way > 0 else "projection_least"
            parts.append(self.say(words[form], year=item.promise.plan.head.end, value=value))
        likely, yet = self.facts.catalog.policy.outlook.likely, False
        if row["probability"] is not None and (item.verdict not in SHORT or row["probability"] < likely):
            told = item.percent("probability")
            form = "likelihood" if isinstance(told, Word) else "probability"
            yet = self.is_projected(item) and row["probability"] < likely
            parts.append(self.say(words[f"{form}_yet" if yet else form], p=told))
        if item.differ and not yet:
            annex = Markup("<span data-label>{}</span>").format(self.outlook_annex)
            parts.append(self.say(words["differ"], item.fact("differ"), annex=annex))
        if parts:
            return Markup("，").join(parts)
        return Markup(words["hidden"] if row["value"] is None else Method.of(row["method"]).word)

    def projected(self, item: Item) -> Markup:
        """What the years so far, drawn on to the plan's last year, come to: no more than can be. Empty where that is not
        known, of single events, and in the last year itself.
        """
        row = item.row
        if row["projection"] is None or item.rare or row["year"] >= item.promise.plan.head.end:
            return Markup("")
        limit = item.projection_limit
        if limit is not None:
            return self.level(item, figure(limit, 0, f"range/{item.id}"))
        return self.level(item, item.number("projection"))

    @staticmethod
    def is_projected(item: Item) -> bool:
        """Whether the years so far, drawn on, would reach what is asked for: then a small chance of it needs a word. What
        another figure will ask for by then is not known.
        """
        row, end = item.row, item.promise.plan.head.end
        if (
            item.promise.target.rule.relative
            or row["projection"] is None
            or row["threshold"] is None
            or item.rare
            or row["year"] >= end
        ):
            return False
        return bool((row["projection"] - row["threshold"]) * item.promise.direction >= 0)

    def record(self, track: Sequence[Mapping[str, Any]]) -> Markup:
        """How the warnings of earlier years did, all taken together; where no target had a verdict, nobody could warn."""
        unjudged = [r["year"] for r in track if r["blank"]]
        sums = {
            k: sum(int(r[k].value) for r in track)
            for k in ("warned", "hits", "alarms", "undecided", "silent", "unjudged")
        }
        parts: dict[str, Figure | Markup] = {k: figure(v, 0, f"track/all/{k}") for k, v in sums.items()}
        words, settled = self.words["record"], sums["hits"] + sums["alarms"]
        first, last = track[0]["year"], track[-1]["year"]
        years = period(first, last)
        parts["blind"] = self.say(words["unjudged"], number=parts["unjudged"]) if sums["unjudged"] else Markup("")
        if len(unjudged) == len(track):
            return self.say(words["blank"], years=years, **parts)
        parts["idle"] = self.say(words["idle"], years=spans(unjudged)) if unjudged else Markup("")
        if not sums["warned"]:
            return self.say(words["none"], years=years, **parts)
        text = self.say(words["counts"], years=years, **parts)
        if 0 < settled < SETTLED_ENOUGH:
            return text + self.say(words["few"], settled=figure(settled, 0, "track/all/settled"))
        if settled:
            rate = figure(sums["hits"] * 100 / settled, 1, "track/all/right")
            return text + self.say(words["right"], rate=rate)
        return text + Markup(words["open"])

    def _rare(self, item: Item) -> Markup:
        """The events behind a rare event's rate, of the year and of all years together."""
        rare, indicator = item.rare, item.promise.indicator
        if rare is None or indicator is None:
            return Markup("")
        form = "some" if rare.events.value else "none"
        if rare.total is None:
            form += "_alone"
        elif not rare.total.value:
            form = "never"
        return self.say(
            self.words["rare"][form],
            year=item.row["year"],
            event=Name(indicator.event, f"event/{item.promise.target.indicator}"),
            events=rare.events,
            total=rare.total,
            years=rare.years,
        )

    def notes(self, items: Sequence[Item]) -> Markup:
        """What stands below the text of a domain: whose verdicts one event decides; usually nothing."""
        fragile = list(dict.fromkeys(i.spoken for i in items if i.rare and i.row["fragile"]))
        if not fragile:
            return Markup("")
        return self.say(self.words["rare_note"], names=joined(fragile), one=figure(1, 0, "method/one_event"))

    def _caliber(self, item: Item) -> Markup:
        """A change of definition since the baseline, and whether earlier values were made comparable."""
        year, start = int(item.row["year"]), item.promise.plan.head.baseline
        calibers = item.promise.indicator.calibers if item.promise.indicator else ()
        text = Markup("")
        for caliber in calibers:
            if start < caliber.since <= year:
                form = "caliber_break" if caliber.bridge is None else "caliber_bridged"
                factor = (
                    "" if caliber.bridge is None else figure(caliber.bridge, 3, item.fact(f"bridge_{caliber.since}"))
                )
                text += self.say(self.words[form], since=caliber.since, factor=factor)
        for since in sorted(territory.breaks(item.catalog.district, item.promise.target.each)):
            if start < since <= year:
                text += self.say(self.words["caliber_areas"], since=since)
        return text

    def _sexes(self, item: Item) -> Markup:
        """Women and men, if the target is about both."""
        indicator, target = item.promise.indicator, item.promise.target
        if indicator is None or not indicator.by_sex or target.sex != "total" or target.rule.series == "gap":
            return Markup("")
        if item.rare or not item.promise.plan.by_sex:
            return Markup("")
        sides = [(sex, target.part or "") for sex in ("female", "male")]
        place = f"{target.indicator}/{item.row['year']}" + (f"/{target.part}" if target.part else "")
        facts = dict(zip(sides, (f"{place}/female", f"{place}/male"), strict=True))
        called = {
            "women": Name(indicator.sexes[0], f"sexes/{target.indicator}"),
            "men": Name(indicator.sexes[1], f"sexes/{target.indicator}"),
        }
        return self._beside(item, facts, f"{place}/gap", "sexes", called)

    def _parts(self, item: Item) -> Markup:
        """The parts of the indicator's dimension beside each other, if the target is about all or about their distance;
        where there are only two, how far they are apart.
        """
        promise, indicator, target = item.promise, item.promise.indicator, item.promise.target
        gap = target.rule.series == "gap"
        if indicator is None or indicator.by is None or target.part or not (target.rule.own or gap):
            return Markup("")
        if gap and target.between is None:
            return Markup("")
        dimension, place = item.catalog.dimensions[indicator.by], f"{target.indicator}/{item.row['year']}"
        parts = [side.part for side in reversed(promise.sides)] if gap else list(dimension.parts)
        facts = {(str(target.sex), part): f"{place}/{part}/{target.sex}" for part in reversed(parts)}
        name = Name(dimension.name, f"dimension/{indicator.by}")
        if len(parts) == 2 and not item.rare:
            of = people(target.sex)
            one, other = (Name(item.catalog.part_names[part] + of, f"part/{part}") for _, part in facts)
            called = {
                "dimension": name,
                "one": one,
                "other": other,
                "called": Name(of + dimension.gap_called(parts), f"gap/{indicator.by}"),
            }
            fact = f"{place}/{indicator.by}" + (f"/{target.sex}" if of else "")
            return self._beside(item, facts, f"{fact}/gap", "parts", called)
        rows = {place: self._figures(item, place).get(int(item.row["year"])) for place in reversed(facts)}
        told = [
            self.say(
                self.words["parts_one"],
                part=Name(item.catalog.part_names[part] + people(target.sex), f"part/{part}"),
                value=self._own(item, figure(row["value"], indicator.decimals, facts[sex, part])),
            )
            for (sex, part), row in rows.items()
            if row is not None and row["value"] is not None
        ]
        return (
            self.say(self.words["parts_listed"], dimension=name, listed=joined(told, "，"))
            if len(told) == len(parts)
            else Markup("")
        )

    def _figures(self, item: Item, group: tuple[str, str]) -> Mapping[int, Row]:
        """Year → the district's figure of the item's indicator for a sex and a part."""
        return self.facts.figures.years(item.promise.target.indicator, *group)

    def _own(self, item: Item, shown: Figure) -> Markup:
        """A figure with the unit of the item's indicator, also where the item is a distance."""
        unit = item.promise.indicator.unit if item.promise.indicator else ""
        return Markup('<span class="nb">{}{}</span>' if unit.startswith("/") else "{}{}").format(shown, unit)

    def _beside(
        self, item: Item, sides: Mapping[tuple[str, str], str], fact: str, form: str, called: Mapping[str, object]
    ) -> Markup:
        """Two groups (sex and part → the fact of its figure), how far they are apart, and what became of that since the
        baseline.
        """
        indicator = item.promise.indicator
        assert indicator is not None
        year, base = int(item.row["year"]), item.promise.plan.head.baseline
        found = {
            (y, side): r
            for side in sides
            for y, r in self._figures(item, side).items()
            if y in {year, base} and r["value"] is not None
        }
        one, other = sides
        if not {(year, one), (year, other)} <= found.keys():
            return Markup("")
        values = {side: exact(found[year, side]["value"]) for side in sides}
        gap = values[one] - values[other]
        if alike(gap, indicator.decimals, indicator.unit, self.facts.catalog):
            return self.say(self.words[f"{form}_alike"], fact, **called)
        since, distance = Markup(""), item.promise.target.rule.series == "gap"
        comparable = {(base, one), (base, other)} <= found.keys() and len({r["caliber"] for r in found.values()}) == 1
        if comparable and not distance:  # which itself tells how it has changed
            before = exact(found[base, one]["value"]) - exact(found[base, other]["value"])
            since = self._gap_since(item, before, gap, base, fact, form, called)
        decimals, apart = together(values[one], values[other], indicator.decimals)
        first, second = (self._own(item, figure(values[side], decimals, name)) for side, name in sides.items())
        return self.say(
            self.words[form],
            first=first,
            second=second,
            word=self._ahead(item, gap, fact),
            gap=self._points(item, gap, fact, apart),
            since=since,
            **called,
        )

    def _ahead(self, item: Item, gap: Decimal, fact: str) -> Word:
        """高 or 低, for counts 多 or 少: one group compared with another."""
        unit = item.promise.indicator.unit if item.promise.indicator else ""
        high, low = ("higher", "lower") if unit_of(unit).is_rate else ("greater", "smaller")
        return Word(say(f"labels/verb/{high if gap > 0 else low}"), fact, "up" if gap > 0 else "down")

    def _gap_since(
        self, item: Item, before: Decimal, gap: Decimal, base: int, place: str, form: str, called: Mapping[str, object]
    ) -> Markup:
        """What became of the distance since the baseline, in the words of the table of all indicators by sex."""
        fact, then = f"{place}_change", place.replace(f"/{item.row['year']}/", f"/{base}/")
        sense = gaps.moved(before, gap, item.decimals, item.unit, self.facts.catalog)
        if sense == Gap.TURNED:
            return self.say(
                self.words[f"{form}_turned"],
                fact,
                sense,
                year=base,
                word=self._ahead(item, before, then),
                amount=self._points(item, before, then),
                **called,
            )
        if sense == Gap.SAME:
            return self.say(self.words[f"{form}_since_flat"], fact, sense, year=base, **called)
        amount = self._points(item, abs(gap) - abs(before), fact)
        word = Word(sense.word, fact, sense)
        return self.say(self.words[f"{form}_since"], year=base, amount=amount, word=word, **called)

    def extremes(self, changes: Sequence[Sexes]) -> Markup:
        """Where the distance shrank and grew most, percentages first and then money, and where it
        turned, in any unit.
        """
        text = self._extremes(changes, "%", "told") + self._extremes(changes, YUAN, "yuan")
        turned = [c for c in changes if c.gap_moved == "turned"]
        if turned:
            number = figure(len(turned), 0, "sexes/turned")
            names = joined(c.name for c in turned[:GAPS_NAMED])
            form = "turned" if len(turned) > GAPS_NAMED else "turned_few"
            text += self.say(self.words["gaps"][form], names=names, number=number)
        return text

    def sides(self, key: str, name: Name, called: Name, number: int, moved: Sequence[str]) -> Markup:
        """How many indicators are told by the parts of a dimension, and what became of the distances between two parts;
        `moved` has a code of each.
        """
        words = self.words["sides"]
        every = figure(number, 0, f"{key}/divided/all")
        counts = {str(code): sum(one == code for one in moved) for code in Gap}
        counts["unknown"] = len(moved) - sum(counts.values())
        ways = [
            self.say(words[code], number=figure(found, 0, f"{key}/divided/{code}"))
            for code, found in counts.items()
            if found
        ]
        form = "all" if moved else "alone"
        told = joined(ways)
        return self.say(words[form], dimension=name, all=every, year=self.facts.year, called=called, ways=told)

    def _extremes(self, changes: Sequence[Sexes], unit: str, part: str) -> Markup:
        words, text = self.words["gaps"], Markup("")
        for sense in ("narrowed", "widened"):
            able = [c for c in changes if c.indicator.unit == unit and c.gap_moved == sense]
            chosen = sorted(able, key=lambda c: (-abs(c.closing), c.key))[:GAPS_NAMED]
            if not chosen:
                continue
            listed = [
                self.say(
                    words["one"],
                    name=c.name,
                    before=c.distance(c.base),
                    after=c.distance(c.end),
                    word=c.gap_word,
                    unit=c.gap_unit,
                )
                for c in chosen
            ]
            number = figure(len(chosen), 0, f"sexes/{sense}/{part}")
            prefix = "" if text else words[part]
            form = sense if len(able) > len(chosen) else f"{sense}_all"
            text += self.say(prefix + words[form], number=number, listed=joined(listed, "，"))
        return text

    def _directions(self, items: Sequence[Item]) -> Markup:
        words, text = self.words["direction"], Markup("")
        first = items[0].promise
        place = f"count/{first.plan.id}/{first.domain.domain}"
        fine = sorted((i for i in items if i.verdict in FINE), key=lambda i: bool(i.worsened))
        short = [i for i in items if i.verdict in SHORT]
        if fine:
            form = "fine" if len(fine) > MOST_DIRECTIONS else "fine_few"
            names = joined(i.spoken for i in fine[:MOST_DIRECTIONS])
            text += self.say(words[form], names=names, count=figure(len(fine), 0, f"{place}/fine"))
        if worse := [i for i in fine if i.worsened]:
            form = "worse" if len(worse) > MOST_DIRECTIONS else "worse_few"
            names = joined(i.spoken for i in worse[:MOST_DIRECTIONS])
            text += self.say(words[form], names=names, count=figure(len(worse), 0, f"{place}/worse"))
        if short:
            form = "short" if len(short) > MOST_DIRECTIONS else "short_few"
            names = joined(i.spoken for i in short[:MOST_DIRECTIONS])
            text += self.say(words[form], names=names, count=figure(len(short), 0, f"{place}/short"))
        unknown = [i for i in items if i.verdict == Verdict.UNKNOWN]
        if len(unknown) <= MOST_DIRECTIONS:
            return text + Markup("").join(self._unknown(i) for i in unknown)
        names, annex = joined(i.spoken for i in unknown[:MOST_DIRECTIONS]), Name(self.targets_annex, "annex/targets")
        number = figure(len(unknown), 0, f"{place}/unknown")
        return text + self.say(words["unknown"], names=names, count=number, annex=annex)

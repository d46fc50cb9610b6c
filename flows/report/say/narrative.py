"""Writes sentences from items: what rose, by how much, compared with what; the words stand in
report_templates/wording.yml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from expectations import territory
from expectations.records import SHARE_DECIMALS, Domain
from expectations.requirement import demand, kind, plain, size, than
from expectations.units import YUAN, unit_of
from expectations.vocabulary import ATTAINED, EVIDENCE, FINE, SHORT, Gap, Method, Moved, Reason, Verdict, people
from flows.press.bound import Name, Word, joined
from flows.press.numbers import Figure, exact, figure, finely, rounded
from flows.report.facts import Facts, gaps
from flows.report.facts.counts import Tally
from flows.report.facts.figures import Row
from flows.report.facts.gaps import Sexes
from flows.report.facts.items import Difference, Item, alike
from flows.report.facts.warning import Warning
from flows.wording import period, say

Words = dict[str, Any]
GAPS_NAMED = 3
"""The number of indicators with a changed distance between women and men that a sentence names."""
MOST_DIRECTIONS = 3
"""The number of directions that a sentence names one by one."""
MOST_NAMED = 6
"""The number of towns or institutions that a sentence names one by one."""
BRACKETS = re.compile(r"\[([^\]]+)\]")


class Narrator:
    """Writes the running text of one edition."""

    targets_annex = ""
    """What the annex is called that lists all targets."""
    outlook_annex = ""
    """What the annex is called that tells where each target is heading."""

    def __init__(self, facts: Facts, words: Words) -> None:
        self.facts, self.words = facts, words

    @staticmethod
    def form(forms: Sequence[str], item: Item, place: int) -> str:
        """One of several forms, chosen by the plan's number of the goal or measure and by the place in the paragraph.

        Nothing else changes it: one target more or less leaves the other paragraphs as they are.
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
        """The most important sentence, by the plans' numbers; by the directions if nothing else is judged."""
        whole = self.facts.tally(i for i in self.facts.items if i.quantitative)
        told = whole.numbers if whole.numbers.judged.value and self._grade(whole) != "sparse" else whole
        form = self._grade(told)
        form = "all" if form == "good" and not told.short.value else form
        return self.say(
            self.words["overall"][form],
            f"{told.fact}/rate/short",
            form,
            year=self.facts.year,
            plans=self.facts.named,
            kind=self.words["kinds"]["numbers" if told is not whole else "all"],
            all=told.all,
            judged=told.judged,
            unjudged=self._unjudged(told),
        )

    def _grade(self, tally: Tally) -> str:
        """good, mixed or poor; sparse if too few are judged to speak of all; none if none can be judged."""
        judged, every = int(tally.judged.value), int(tally.all.value)
        if judged and judged * 100 < self.facts.catalog.policy.wording.least * every:
            return "sparse"
        return self._progress(judged, int(tally.short.value))

    def _unjudged(self, tally: Tally) -> Markup:
        """How many targets cannot be judged; empty if all are judged."""
        left = tally.number(Verdict.UNKNOWN, Verdict.SUPPRESSED)
        form = "unjudged_public" if tally.number(Verdict.SUPPRESSED).value else "unjudged"
        return self.say(self.words[form], number=left) if left.value else Markup("")

    def _progress(self, judged: int, short: int) -> str:
        """good, mixed or poor, by how many of the judged targets fall short (`policy.wording`); none if
        none is judged.
        """
        if not judged:
            return "none"
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

    # --- a domain ----------------------------------------------------------------------------------------------------

    def finding(self, domain: Domain, items: Sequence[Item]) -> Markup:
        """The domain's one sentence, chosen by the share of judged targets that are fine."""
        plan = next((i.promise.plan.id for i in items), "")  # each plan has a domain of that number
        tally = self.facts.tally([i for i in items if i.quantitative], f"{plan}/{domain.domain}")
        weak = sorted((i for i in items if i.verdict in SHORT), key=lambda i: i.row["priority"])
        form = self._grade(tally)
        form = "all" if form == "good" and not weak else form
        if tally.unknown.value and form == "none":  # it has numbers, without data
            apart = "domain" if all(i.quantitative for i in items) else "domain_numbers"
            return self.say(
                self.words["overall"]["none"],
                f"{tally.fact}/rate/short",
                form,
                year=self.facts.year,
                plans=say(f"labels/scope/{apart}", title=domain.title),
            )
        if form == "all" and self._unjudged(tally):
            form = "all_judged"
        return self.say(
            self.words["finding"][form],
            f"{tally.fact}/rate/short",
            form.partition("_")[0],
            domain=domain.title,
            weak=self._shortened([i.name for i in weak], f"{tally.fact}/count/{'+'.join(SHORT)}"),
            all=tally.all,
            judged=tally.judged,
            unjudged=self._unjudged(tally),
        )

    def titled(self, domain: Domain, tally: Tally) -> Markup:
        """The domain's title, with how many of its targets are fine; the title alone if none is judged."""
        form = "heading" if tally.judged.value else "heading_none"
        return self.say(self.words[form], title=domain.title, judged=tally.judged, fine=tally.fine)

    def _shortened(self, names: Sequence[Name], fact: str, most: int = 3) -> Markup:
        """The first names of a list; if there are more, 等 and their number."""
        told = joined(dict.fromkeys(names[:most]))
        if len(names) <= most:
            return told
        return self.say(self.words["shortened"], names=told, number=figure(len(names), 0, fact))

    def counts(self, tally: Tally, scope: str = "") -> Markup:
        """How many targets there are and how many have which verdict."""
        words = self.words
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
                scope=scope or say("labels/scope/here"),
                all=tally.all,
                judged=tally.judged,
                parts=listed,
                unknown=unknown,
            )
        if tally.evidence.value:
            told = tally.number(*EVIDENCE)
            text += self.say(words["counts_evidence"], evidence=tally.evidence, told=told)
        return text

    def standings(self, tally: Tally) -> Mapping[str, Figure]:
        """How many targets there are in each part that `counts` tells, by its form."""
        return {"attained": tally.attained, "on_course": tally.number(Verdict.ON_COURSE), "short": tally.short}

    def rates(self, tally: Tally) -> Markup:
        """Attainment: numbers first, then directions, then both together, over the judged targets and over all."""
        words = self.words["rates"]
        parts: list[Markup] = []
        for form, part in (("numbers", tally.numbers), ("directions", tally.directions)):
            if part.judged.value:
                parts.append(self.say(words[form], all=part.all, judged=part.judged, rate=part.fine_rate))
        if not parts:
            return Markup("")
        form = "sure" if str(tally.fine_rate_all) == str(tally.fine_rate_most) else "between"
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
        told = {i.asked: i for i in reversed(items) if i.quantitative and not i.promise.target.rule.directional}
        numbers = [i for i in items if told.get(i.asked) is i]  # a goal and its measure that ask the same are told once
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
        listed = joined(parts)
        return [
            self.say(self.words["rest"], all=tally.all, parts=listed, annex=Name(self.targets_annex, "annex/targets"))
        ]

    def _sentences(self, items: Sequence[Item]) -> list[Markup]:
        """The sentences of a paragraph."""

        def alike(item: Item) -> tuple[object, ...]:
            target = item.promise.target
            return (
                target.rule,
                target.value,
                item.verdict,
                item.worsened if item.verdict in FINE else None,
                self._far(item),
            )

        told: list[Markup] = []
        for _, group in groupby(items, key=alike):
            siblings = list(group)
            plain_ones = all(
                i.verdict in ATTAINED and i.rare is None and not i.row["units_total"] and i.row["value"] is not None
                for i in siblings
            )
            if len(siblings) > 1 and plain_ones:
                told.append(self._together(siblings, len(told)))
            else:
                for item in siblings:
                    told.append(self.sentence(item, len(told)))
        return told

    def _together(self, items: Sequence[Item], place: int) -> Markup:
        values = [self.level(i) for i in items]
        if len({v.striptags() for v in values}) == 1:
            form = self.words["together_alike"]
            names = joined(i.name for i in items)
            return self.say(form, names=names, value=values[0], target=self._standing_of_all(items[0]))
        listed = joined(values[:-1]) + escape(say("labels/and")) + values[-1]
        return self.say(
            self.form(self.words["together"], items[0], place),
            names=joined(i.name for i in items),
            values=listed,
            target=self._standing_of_all(items[0]),
        )

    def _standing_of_all(self, item: Item) -> Markup:
        """The same as `standing`, for several targets with the same verdict: 均提前实现, but 本年均满足."""
        told = self.standing(item)
        if told == self.say(self.words["target"]["met_year"], item.fact("verdict"), "met_year", goal=self.goal(item)):
            return self.say(
                self.words["target"]["met_year_all"], item.fact("verdict"), "met_year", goal=self.goal(item)
            )
        return self.say(self.words["together_all"], target=told)

    def sentence(self, item: Item, place: int = 0) -> Markup:
        """One target: level, change on the year before, verdict; qualifications come after it.

        `place` is the number of sentences before it in its paragraph.
        """
        if item.verdict == Verdict.UNKNOWN:
            return self._unknown(item)
        if item.verdict == Verdict.SUPPRESSED:
            return self.say(self.words["suppressed"], item.fact("verdict"), name=item.name)
        if item.row["value"] is None:
            return self.say(self.words["hidden"], year=item.row["year"], name=item.name, target=self.standing(item))
        text = self.say(
            self.form(self.words["sentence"], item, place),
            year=item.row["year"],
            name=item.name,
            value=self.level(item),
            change="" if item.rare else self.change(item),  # a jump between single events says nothing
            target=self.standing(item),
        )
        return text + self._units(item) + self._rare(item) + self._sexes(item) + self._parts(item) + self._caliber(item)

    def _unknown(self, item: Item) -> Markup:
        """Why there is no verdict; what is known is told all the same."""
        row, reason = item.row, Reason.of(item.row["reason"]).word
        if row["value"] is None:
            return self.say(self.words["unknown"], item.fact("verdict"), Verdict.UNKNOWN, name=item.name, reason=reason)
        form, gap = "unknown_valued", Markup("")
        if row["threshold"] is not None:
            form, gap = "unknown_path", self.amount(item, row["value"] - row["threshold"], "gap")
        return self.say(
            self.words[form],
            item.fact("verdict"),
            Verdict.UNKNOWN,
            year=row["year"],
            name=item.name,
            value=self.level(item),
            reason=reason,
            goal=self.goal(item),
            gap=gap,
        )

    def level(self, item: Item, which: Figure | str | None = None) -> Markup:
        """A figure with its unit, as printed in running text: 85.2%, 16.9/10万, 9.8年."""
        shown = which if which is not None else item.value
        unit = item.unit if isinstance(shown, Figure) else ""
        own = unit_of(item.promise.indicator.unit) if item.promise.indicator else None
        if own is not None and own.apart and unit == own.points:
            unit = own.difference  # a column of units says 百分点, running text 个百分点
        form = '<span class="nb">{}{}</span>' if unit.startswith("/") else "{}{}"  # no line ends in 8.2/
        return Markup(form).format(shown, unit)

    def change(self, item: Item, found: Difference | None = None) -> Markup:
        """比上年提高1.2个百分点, 与2020年持平, …: points and per cent are never mixed."""
        words, bounds = self.words["change"], self.facts.catalog.policy.wording
        found = found or item.change
        if found is None:
            return Markup("")
        change, size, fact = found.value, abs(exact(found.value)), item.fact(found.field)
        since = (
            say("labels/last_year") if found.year == item.row["year"] - 1 else self.say(words["since"], year=found.year)
        )
        if found.printed:
            return self._as_stated(item, found, since)
        if rounded(change, item.decimals) == 0:
            return self.say(words["nearly" if size else "flat"], fact, since=since)
        rise = change > 0
        amount = self.amount(item, change, found.field)
        if item.unit == "%" and size <= bounds.flat:
            return self.say(words["nearly"], fact, since=since)
        if item.unit == "%" and size <= bounds.slight:
            return self.say(words["slightly_up" if rise else "slightly_down"], fact, since=since, amount=amount)
        verb = Word(self._verb(item, rise), fact, "up" if rise else "down")
        return self.say(words["up"], since=since, verb=verb, amount=amount)

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
            higher = item.promise.indicator is not None and item.promise.indicator.better == "higher"
            return say("labels/verb/" + (("better" if higher else "up") if rise else "down"))
        return say("labels/verb/more" if rise else "labels/verb/less")

    def amount(self, item: Item, change: float, field: str) -> Markup:
        """A difference with its unit: 个百分点, 个千分点, 个十万分点, or the indicator's own."""
        return self._points(item, change, item.fact(field))

    def _points(self, item: Item, change: float | Decimal, fact: str) -> Markup:
        unit = unit_of(item.unit).difference
        decimals = item.decimals
        while change and rounded(change, decimals) == 0 and decimals < 4:
            decimals += 1
        return Markup("{}{}").format(figure(abs(exact(change)), decimals, fact), unit)

    def goal(self, item: Item) -> Name:
        """What the plan asks for, in prose."""
        return Name(self._goal(item), f"required/{item.id}")

    def _goal(self, item: Item) -> str:
        promise, words = item.promise, self.words["goal"]
        target, value = promise.target, size(promise)
        if target.words or target.rule.directional:  # as the plan says it
            return demand(item.catalog, promise)
        variants = {
            "all": value == "100%",
            "count": unit_of(item.unit).is_counted,
            "fall": target.rule.wants == "sign" and promise.direction < 0,
        }
        keys = [f"{target.rule}_{variant}" for variant, fits in variants.items() if fits]
        form = words[next((key for key in keys if key in words), target.rule.key)]
        low, high = (plain(edge) + promise.unit for edge in target.band or (None, None))
        return str(form).format(
            value=value,
            low=low,
            high=high,
            than=than(item.catalog, promise),
            year=promise.plan.head.baseline,
            kind=kind(item.catalog, target.each) if target.each else "",
        )

    def standing(self, item: Item) -> Markup:
        """How the value compares with the promise; a value that is met but worse than last year has
        words of its own.
        """
        words, verdict = self.words["target"], item.verdict
        row = item.row
        gap = ""
        if row["threshold"] is not None and row["value"] is not None:
            gap = self.amount(item, row["value"] - row["threshold"], "gap")
        form = verdict
        hidden = f"{verdict}_hidden"
        far = "" if item.rare else self._far(item)  # single events make no distance and no fall
        if verdict in {Verdict.MET_EARLY, Verdict.MET_YEAR} and item.worsened and not item.rare:
            form = "far_worse" if far else "met_worse"
        elif far:
            form = far
        elif (row["value"] is None or item.by_one) and hidden in words:
            form = hidden
        elif verdict == Verdict.ON_COURSE and item.by_one and not item.promise.target.rule.directional:
            form = "on_course_by_one"
        elif f"{verdict}_direction" in words and (item.promise.target.rule.directional or not gap or item.by_one):
            form = f"{verdict}_direction"
        limit = item.limit
        return self.say(words[form], item.fact("verdict"), verdict, goal=self.goal(item), gap=gap, limit=limit)

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

    def grounds(self, warning: Warning) -> Markup:
        """Why a warning was given, in numbers."""
        item, row, words = warning.item, warning.item.row, self.words["grounds"]
        if warning.row["kind"] == "swing":
            change = warning.row["change"]
            size = figure(abs(exact(change)), 1, item.fact("swing"))
            form, since = "rise" if change > 0 else "fall", row["change_previous"]
            if unit_of(item.unit).is_rate and since is not None:
                amount = self.amount(item, since, "change_previous")
                text = self.say(words[f"{form}_points"], item.fact("swing"), amount=amount, size=size)
            else:
                text = self.say(words[form], item.fact("swing"), size=size)
            if warning.row["p"] is not None:
                text += self.say(words["chance"], p=figure(max(warning.row["p"], 0.0001), 4, item.fact("swing_p")))
            elif warning.row["change"] is not None:
                text += Markup(words["unusual"])
            return text
        if warning.row["reason"] == "late":
            before = item.history[row["year"] - 1]
            return self.say(words["late"], item.fact("verdict", row["year"] - 1), str(before["verdict"]))
        if not item.quantitative:
            return self.say(words["not_started"], item.fact("verdict"))
        parts = []
        if row["threshold"] is not None and row["value"] is not None and not row["met"]:
            gap, rule = row["value"] - row["threshold"], item.promise.target.rule
            form = "gap" if not rule.directional or rule.keeps else "gap_direction" if gap else "gap_none"
            if rule.limit == "rises":  # what it is held against are the earlier rises, not the baseline
                form = "rise_more" if gap else "rise_same"
            if item.by_one:
                one = figure(1, 0, "method/one_event")
                parts.append(self.say(words["fragile"], events=item.by_one.events, one=one))
            else:
                parts.append(self.say(words[form], item.fact("gap"), gap=self.amount(item, gap, "gap")))
        if row["relative"] is not None and row["relative_baseline"] is not None:
            now, then = (figure(row[f], SHARE_DECIMALS, item.fact(f)) for f in ("relative", "relative_baseline"))
            parts.append(self.say(words["relative"], now=now, then=then))
        if row["trend"] is not None and row["trend"] != 0 and not item.rare:
            up = row["trend"] > 0
            verb = Word(self._verb(item, up), item.fact("trend"), "up" if up else "down")
            parts.append(self.say(words["trend"], verb=verb, amount=self.amount(item, row["trend"], "trend")))
        if row["projection"] is not None and not item.rare and row["year"] < item.promise.plan.head.end:
            bound = item.promise.indicator.range if item.promise.indicator else None
            form, value = "projection", Markup("{}{}").format(item.number("projection"), item.unit)
            if bound is not None and row["projection"] > bound[1]:  # no share is told that cannot be
                form, value = (
                    "projection_limit",
                    Markup("{}{}").format(figure(bound[1], 0, f"range/{item.id}"), item.unit),
                )
            parts.append(self.say(words[form], year=item.promise.plan.head.end, value=value))
        likely = self.facts.catalog.policy.outlook.likely
        if row["probability"] is not None and (item.verdict not in SHORT or row["probability"] < likely):
            told = item.percent("probability")
            parts.append(self.say(words["likelihood" if isinstance(told, Word) else "probability"], p=told))
        if item.differ:
            annex = Markup("<span data-label>{}</span>").format(self.outlook_annex)
            parts.append(self.say(words["differ"], item.fact("differ"), annex=annex))
        if parts:
            return Markup("，").join(parts)
        return Markup(words["hidden"] if row["value"] is None else Method.of(row["method"]).word)

    def record(self, track: Sequence[Mapping[str, Any]]) -> Markup:
        """How the warnings of earlier years did, all taken together."""
        sums = {k: sum(int(r[k].value) for r in track) for k in ("warned", "hits", "alarms", "undecided", "silent")}
        parts = {k: figure(v, 0, f"track/all/{k}") for k, v in sums.items()}
        words, settled = self.words["record"], sums["hits"] + sums["alarms"]
        first, last = track[0]["year"], track[-1]["year"]
        years = period(first, last)
        if not sums["warned"]:
            return self.say(words["none"], years=years, **parts)
        text = self.say(words["counts"], years=years, **parts)
        if settled:
            rate = figure(sums["hits"] * 100 / settled, 1, "track/all/right")
            return text + self.say(words["right"], rate=rate)
        return text + Markup(words["open"])

    def _units(self, item: Item) -> Markup:
        row = item.row
        if not row["units_total"]:
            return Markup("")
        name = kind(item.catalog, item.promise.target.each)
        total = figure(row["units_total"], 0, item.fact("units_total"))
        met = figure(row["units_met"], 0, item.fact("units_met"))
        form = "units_all" if row["units_met"] == row["units_total"] else "units"
        text = self.say(self.words[form], total=total, kind=name, met=met)
        if below := row["units_failing"]:
            listed = "、".join(below[:MOST_NAMED])
            if len(below) > MOST_NAMED:
                listed = say("labels/first_of", listed=listed)
            names = Name(listed, item.fact("units_failing"))
            failing = figure(len(below), 0, item.fact("units_failing"))
            text += self.say(self.words["units_failing"], failing=failing, names=names)
        return text + Markup("。")

    def _rare(self, item: Item) -> Markup:
        rare = item.rare
        if rare is None:
            return Markup("")
        pooled = Markup("")
        if rare.pooled is not None:
            value = Markup("{}{}").format(rare.pooled, item.unit)
            pooled = self.say(self.words["pooled"], years=rare.years, value=value)
        indicator = item.promise.indicator
        assert indicator is not None
        name = Name(self.facts.measure_title(indicator.denominator[0]), f"measure/{indicator.denominator[0]}")
        text = self.say(
            self.words["rare" if rare.events.value else "rare_none"],
            year=item.row["year"],
            events=rare.events,
            exposure_name=name,
            exposure=rare.exposure,
            confidence=figure(95, 0, "method/confidence"),
            lower=Markup("{}{}").format(rare.lower, item.unit if item.unit in {"%", "‰"} else ""),
            upper=Markup("{}{}").format(rare.upper, item.unit),
            pooled=pooled,
        )
        if item.row["fragile"]:
            text += self.say(self.words["fragile"], one=figure(1, 0, "method/one_event"))
        return text

    def _caliber(self, item: Item) -> Markup:
        """A change of definition since the baseline, and whether earlier values were made comparable."""
        year, start = int(item.row["year"]), item.promise.plan.head.baseline
        versions = item.promise.indicator.versions if item.promise.indicator else ()
        text = Markup("")
        for version in versions:
            if start < version.since <= year:
                form = "caliber_break" if version.bridge is None else "caliber_bridged"
                factor = (
                    "" if version.bridge is None else figure(version.bridge, 3, item.fact(f"bridge_{version.since}"))
                )
                text += self.say(self.words[form], since=version.since, factor=factor)
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
        return self._beside(item, facts, f"{place}/gap", "sexes", {})

    def _parts(self, item: Item) -> Markup:
        """The parts of the indicator's dimension beside each other, if the target is about all or about their distance;
        where there are only two, how far they are apart.
        """
        promise, indicator, target = item.promise, item.promise.indicator, item.promise.target
        if indicator is None or indicator.by is None or target.part or target.rule.series == "lowest":
            return Markup("")
        gap = target.rule.series == "gap"
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
        decimals = finely(values[one], values[other], indicator.decimals)
        first, second = (self._own(item, figure(values[side], decimals, name)) for side, name in sides.items())
        return self.say(
            self.words[form],
            first=first,
            second=second,
            word=self._ahead(item, gap, fact),
            gap=self._points(item, gap, fact),
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

    def _alike(self, item: Item, size: Decimal) -> bool:
        return alike(size, item.decimals, item.unit, self.facts.catalog)

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
        fine = [i for i in items if i.verdict in FINE]
        short = [i for i in items if i.verdict in SHORT]
        if fine:
            form = "fine" if len(fine) > MOST_DIRECTIONS else "fine_few"
            names = joined(i.name for i in fine[:MOST_DIRECTIONS])
            text += self.say(words[form], names=names, count=figure(len(fine), 0, f"{place}/fine"))
        if short:
            count = figure(len(short), 0, f"{place}/short")
            text += self.say(words["short"], names=joined(i.name for i in short), count=count)
        return text

"""What was read of a document in; the files of a draft catalogue out: a plan's head, its domains, and all its numbers."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import yaml

from expectations.catalog import MARK, dimensions
from expectations.records import Indicator, has_words
from flows import inert, wording
from flows.adopt.document import Document
from flows.adopt.likeness import Library
from flows.adopt.numerals import Numeral
from flows.adopt.outline import Chapter, Clause, ClauseGroup, Outline
from flows.adopt.promises import CHANGES, DOWN, UP, Draft, read_chapter
from flows.adopt.words import FILES, ISSUED, KINDS, LETTERS, PERIODS, SPAN, about, audiences
from flows.wording import say

LONGEST = 30
"""The letters of a title's draft; the report prints titles in one line."""
TEXTS = range(6, 2001)
"""The letters that the text of an action may have."""
LIKELY = 0.45
"""An indicator that is nearer than this is put into the draft; else it must be chosen."""
AKIN = 0.35
"""Words without a measure belong to the department whose indicator is as near as this, else to that of the domain."""
SEMICOLON = "；"
CHOOSE = "to_be_chosen"
COUNTED = ("chapters", "goals", "actions", "numbered", "directions", "evidence", "numbers", "unread", "marks")


@dataclass
class Adopted:
    """A plan as a draft: its files by name, and the counts that are told."""

    key: str
    title: str
    files: dict[str, str]
    counts: Counter[str] = field(default_factory=Counter)
    unread: tuple[str, ...] = ()
    """Each number that was not understood, with its place and its words."""


def draft(document: Document, outline: Outline, numerals: Sequence[Numeral], library: Library, first: bool) -> Adopted:
    """The draft of one plan. What stands before its first domain is told with the first plan of a document."""
    audience = audience_of(outline)
    read = {c.number: read_chapter(document.plain, c, numerals, library, audience) for c in outline.chapters}
    taken = {n.start: f"{_clause(c, part, number)}" for c in outline.chapters for (part, number), drafts in read[c.number].items()
             for d in drafts for n in d.numerals}  # fmt: skip
    start, _ = _period(outline.title or document.name, document.plain)
    adopted = Adopted(f"{audience or 'plan'}{f'_{start}' if start else ''}", outline.title, {})
    since = 0 if first else outline.chapters[0].start
    mine = [n for n in numerals if since <= n.start < outline.end]
    unread = [n for n in mine if n.is_quantity and n.start not in taken]
    for chapter in outline.chapters:
        name = next((name for word, name in FILES if word in chapter.title), "domain")
        writing = _Writing(document, library, chapter, read[chapter.number], unread)
        adopted.files[f"{chapter.number}_{name}.yml"] = "\n".join(writing.lines()) + "\n"
        adopted.counts.update(writing.counts)
    outside = [
        n for n in unread if not any(c.start <= n.start < c.end for d in outline.chapters for _, c in d.clauses())
    ]
    adopted.files["plan.yml"] = "\n".join(_head(document, outline, audience, outside)) + "\n"
    adopted.files["numbers.csv"] = _numbers(document, mine, taken)
    adopted.unread = tuple(f"{document.place(n.start)}：{_around(document, n)}" for n in unread)
    adopted.counts.update(dict.fromkeys(COUNTED, 0))
    adopted.counts.update(
        chapters=len(outline.chapters),
        numbers=len(mine),
        unread=len(unread),
        marks=sum(text.count(MARK) for text in adopted.files.values()),
    )
    return adopted


def audience_of(outline: Outline) -> str:
    """Whom a plan is about, by its title or by that of its first domain; nobody of those whose words are known: ""."""
    return about(f"{outline.title} {outline.chapters[0].title}")[0]


def _clause(chapter: Chapter, part: ClauseGroup, number: int) -> str:
    return say(f"adopt/numbers/{part}", domain=chapter.number, number=number)


def _around(document: Document, numeral: Numeral) -> str:
    """The words around a numeral, in one line."""
    start, end = max(0, numeral.start - 16), min(len(document.text), numeral.end + 12)
    words = document.text[start:end]
    left, right = words[: numeral.start - start], words[numeral.start - start :]
    return re.sub(
        r"\s+", " ", re.split(r"[。；\n](?:\s*\d{1,2}[.．、](?!\d))?", left)[-1] + re.split(r"[。；\n]", right)[0]
    ).strip()


def _numbers(document: Document, mine: Sequence[Numeral], taken: Mapping[int, str]) -> str:
    """Every numeral of the document, and what became of it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(wording.read("adopt")["numbers"]["columns"])
    for n in mine:
        where = say("adopt/numbers/unread") if n.is_quantity else say("adopt/numbers/elsewhere")
        where = taken.get(n.start, where)
        row = (document.place(n.start), n.written, n.kind, where, _around(document, n))
        writer.writerow(map(inert.cell, row))
    return out.getvalue()


def scalar(words: str) -> str:
    """Words as YAML writes them, also between braces."""
    return yaml.safe_dump([words], allow_unicode=True, width=10_000, default_flow_style=True).strip()[1:-1]


def _head(document: Document, outline: Outline, audience: str, outside: Sequence[Numeral]) -> Iterator[str]:
    title = _name(outline.title or document.name)
    start, end = _period(title, document.plain)
    issued = ISSUED.search(document.plain)
    day = f"{issued[1]}-{int(issued[2]):02}-{int(issued[3]):02}" if issued else ""
    persons = about(f"{outline.title} {outline.chapters[0].title}")[1]
    meaning = wording.read("keys")["PlanHead"].__getitem__
    yield f"# {say('adopt/draft/head', document=document.name)}"
    yield f"title: {scalar(title[:60])}  {MARK}"
    short = say("adopt/draft/short", about=persons, kind=next((k for k in KINDS if k in title), KINDS[-1]))
    yield f"short: {short}  {MARK} {meaning('short')}"
    known = "、".join(audiences())
    yield (
        f"audience: {audience}" if audience else f"audience: people  {MARK} {say('adopt/draft/audience', known=known)}"
    )
    yield f"by_sex: {str(audiences()[audience].by_sex if audience else True).lower()}  {MARK} {meaning('by_sex')}"
    yield f"start: {start or 2021}  {MARK} {meaning('start') if start else say('adopt/draft/period')}"
    yield f"end: {end or 2025}  {MARK}"
    yield f"baseline: {(start or 2021) - 1}  {MARK} {meaning('baseline')}"
    yield f'issued: "{day or "2021-01-01"}"  {MARK} {meaning("issued")}'
    yield f"source: {scalar(title)}  {MARK} {meaning('source')}"
    if outside:
        yield f"{MARK} {say('adopt/draft/outside')}"
    for n in outside:
        yield f"{MARK} {document.place(n.start)}：{_around(document, n)}"


def _period(title: str, text: str) -> tuple[int, int]:
    for words in (title, text):
        if found := SPAN.search(words):
            return int(found[1]), int(found[2])
        for name, start in PERIODS:
            if name in words:
                return start, start + 4
    return 0, 0


DIRECTIONS = re.compile(f"{UP}|{DOWN}|缩小|消除|保持|减缓|均衡|平衡|适当|不降低")
"""Words that promise something without a number."""


def undrafted(words: str, drafts: Sequence[Draft]) -> list[str]:
    """Phrases of a goal that promise a direction and became no target, where others of the goal did; without any, the whole
    goal is one for a department to tell of.
    """
    quoted = [re.sub(r"\s", "", draft.quote) for draft in drafts]
    phrases = [re.sub(r"\s", "", phrase) for phrase in re.split("[，；。;]", words)]
    return [
        phrase
        for phrase in phrases
        if quoted and DIRECTIONS.search(phrase) and not any(phrase in q or q in phrase for q in quoted)
    ]


class _Writing:
    """One domain's file."""

    def __init__(
        self,
        document: Document,
        library: Library,
        chapter: Chapter,
        drafts: Mapping[tuple[ClauseGroup, int], tuple[Draft, ...]],
        unread: Sequence[Numeral],
    ) -> None:
        self.document, self.library, self.chapter = document, library, chapter
        self.drafts, self.unread = drafts, unread
        self.counts: Counter[str] = Counter()
        leads = Counter(library.indicators[d.key].lead for found in drafts.values() for d in found if d.score >= LIKELY)
        self.lead = max(leads, key=lambda lead: (leads[lead], lead), default=CHOOSE)
        """Who leads most of the domain's indicators."""

    def words(self, clause: Clause) -> str:
        return re.sub(r"\s+", " ", self.document.text[clause.start : clause.end]).strip()

    def lines(self) -> Iterator[str]:
        title = self.chapter.title if has_words(self.chapter.title) else ""
        yield f"domain: {self.chapter.number}"
        to_fill = f"{say('adopt/draft/to_fill')}  {MARK} {say('adopt/draft/no_title')}"
        yield f"title: {scalar(title) if title else to_fill}"
        yield "goals:"
        if not self.chapter.goals:
            yield f"  {MARK} {say('adopt/draft/no_goals')}"
        for goal in self.chapter.goals:
            yield from self.entry("goals", goal)
        if self.chapter.actions:
            yield "actions:"
        for action in self.chapter.actions:
            yield from self.entry("actions", action)

    def entry(self, part: ClauseGroup, clause: Clause) -> Iterator[str]:
        drafts = self.drafts.get((part, clause.number), ())
        words = self.words(clause)
        self.counts[part] += 1
        yield f"  {clause.number}:"
        place, kept = self.document.place(clause.start), part == "actions" and len(words) in TEXTS
        yield f"    # {place}" if kept else f"    # {place}：{words if len(words) <= 300 else words[:300] + '……'}"
        yield f"    title: {scalar(self.title(words, drafts))}  {MARK}"
        if part == "actions":
            if kept:
                yield f"    text: {scalar(words)}"
            yield f"    goals: [{', '.join(map(str, self.served(words)))}]  {MARK} {wording.read('keys')['Action']['goals']}"
        unread = [n for n in self.unread if clause.start <= n.start < clause.end]
        for n in unread:
            yield f"    {MARK} {say('adopt/draft/number', words=_around(self.document, n))}"
        for phrase in undrafted(words, drafts) if part == "goals" else ():
            yield f"    {MARK} {say('adopt/draft/direction', words=phrase)}"
        if drafts or part == "goals":
            yield "    targets:"
        for draft in drafts:
            yield from self.target(draft)
        if part == "goals" and not drafts:
            yield from self.evidence(words)

    def title(self, words: str, drafts: Sequence[Draft]) -> str:
        """The first words of the clause; if they have a number, the verb, where the rule says one, and the indicator of its first
        target. Where the rule goes against what the indicator calls better, something was misread, and no verb is said.
        """
        first = re.split(r"[。；;]|--|——", words)[0]
        if not re.search(r"\d", first) or not drafts:
            return _cut(first)
        is_known = drafts[0].score >= LIKELY
        name = drafts[0].nearest[0].name if is_known else drafts[0].subject
        is_against = is_known and drafts[0].way * self.library.indicators[drafts[0].key].sense < 0
        verb = None if is_against else {1: "more", -1: "less"}.get(drafts[0].way)
        return _cut(say(f"adopt/draft/title/{verb}", name=name) if verb else name)

    def served(self, words: str) -> list[int]:
        """The goals whose words are nearest to an action's."""
        mine = _pairs(words)
        scored = [
            (len(mine & _pairs(self.words(g))) / (len(_pairs(self.words(g))) or 1), g.number)
            for g in self.chapter.goals
        ]
        best = max(scored, default=(0.0, 1))
        return sorted(number for score, number in scored if score >= NEARLY * best[0] and score > 0)[:MOST_SERVED] or [
            best[1]
        ]

    def target(self, draft: Draft) -> Iterator[str]:
        sure = draft.score >= LIKELY
        nearest = SEMICOLON.join(f"{n.key} {n.name} {n.score:.2f}" for n in draft.nearest) or say(
            "adopt/draft/nothing_near"
        )
        indicator = self.library.indicators[draft.nearest[0].key] if sure else None
        lead = say("adopt/draft/lead", department=indicator.lead) if indicator else ""
        yield f"      # {say('adopt/draft/nearest', quote=_flat(draft.quote), nearest=nearest, lead=lead)}"
        fields: dict[str, str] = {"indicator": draft.nearest[0].key if sure else CHOOSE, "rule": draft.rule}
        doubts = [] if sure else [say("adopt/draft/choose")]
        factor, doubt = self.factor(draft, indicator) if draft.valued else (Decimal(1), "")
        doubts += [doubt] if doubt else []
        if draft.value is not None:
            fields["value"] = _figure(draft.value * factor)
        if indicator and draft.female and indicator.by_sex and draft.rule != "narrow_gap":
            fields["sex"] = "female"
        if draft.rule == "every_place_at_least":
            fields["each"] = "area"
            doubts.append(say("adopt/draft/each", words=_flat(draft.each)))
        by = next((key for key, one in dimensions().items() if one.name in draft.quote), "")
        if draft.rule == "narrow_gap" and by:  # without it, women would be compared with men
            fields["between"] = by
            doubts.append(say("adopt/draft/between", words=dimensions()[by].name))
        elif part := self.part(draft, indicator):
            key, dimension, name = part
            doubts.append(say("adopt/draft/part", words=name, part=key, by=dimension))
        if draft.rule == "balance":
            lower, upper = draft.band or BALANCED
            fields["band"] = f"[{_figure(lower * factor)}, {_figure(upper * factor)}]"
        if draft.rule.startswith("not_below"):
            other = [n for n in self.library.nearest(draft.than, "%", 1) if n.score >= LIKELY]
            known = other[0].key if other else CHOOSE
            fields["than"] = known if draft.rule == "not_below_indicator" else '"000000"'
            doubts.append(say("adopt/draft/than", words=_flat(draft.than)))
        if draft.soft:
            fields["soft"] = draft.soft
        if draft.words and len(draft.words) <= 10:
            fields["words"] = scalar(draft.words)
        if draft.barred:  # the worse way is named: nothing may be lost
            fields["tolerance"] = "0"
        if draft.every_year and not draft.words:
            fields["every_year"] = "true"
        if draft.note:
            fields["note"] = scalar(draft.note)
        self.counts["numbered" if draft.valued else "directions"] += 1
        inside = ", ".join(f"{key}: {value}" for key, value in fields.items())
        yield f"      - {{{inside}}}  {MARK}{' ' + SEMICOLON.join(doubts) if doubts else ''}"

    @staticmethod
    def part(draft: Draft, indicator: Indicator | None) -> tuple[str, str, str] | None:
        """The part of a dimension that the words are about and the indicator is not (农村妇女……): its key, dimension, name."""
        for by, dimension in dimensions().items():
            for key, part in dimension.parts.items():
                if part.name in draft.quote and indicator is not None and part.name not in indicator.name:
                    return key, by, part.name
        return None

    def factor(self, draft: Draft, indicator: Indicator | None) -> tuple[Decimal, str]:
        """By how much the document's number is multiplied to be in the indicator's unit, and what is to be confirmed."""
        if indicator is None or not draft.unit or draft.rule in CHANGES or draft.unit == indicator.unit:
            return Decimal(1), ""
        factor = self.library.codes.loosely(draft.unit, indicator.unit)
        if factor is None:
            return Decimal(1), say("adopt/draft/unit", given=draft.unit, known=indicator.unit)
        given = "—".join(_figure(n) for n in draft.band or (draft.value or Decimal(0),)) + draft.unit
        return factor, "" if factor == 1 else say("adopt/draft/converted", given=given)

    def evidence(self, words: str) -> Iterator[str]:
        near = self.library.nearest(words[:80])
        lead = self.lead if not near or near[0].score < AKIN else self.library.indicators[near[0].key].lead
        self.counts["evidence"] += 1
        nearest = SEMICOLON.join(f"{n.key} {n.name} {n.score:.2f}" for n in near)
        nearest = nearest or say("adopt/draft/nothing_near")
        yield f"      # {say('adopt/draft/evidence', nearest=nearest)}"
        ask = scalar(say("adopt/draft/ask", title=_cut(re.split("[。；;]", words)[0])))
        yield f"      - {{rule: evidence, lead: {lead}, ask: {ask}}}  {MARK}"


BALANCED = Decimal(40), Decimal(60)
"""均衡 without numbers: the share of either sex in percent."""
NEARLY = 0.75
MOST_SERVED = 3


def _flat(words: str) -> str:
    return re.sub(r"\s+", " ", words).strip()


def _pairs(words: str) -> set[str]:
    return {words[i : i + 2] for i in range(len(words) - 1) if LETTERS.fullmatch(words, i, i + 2)}


def _cut(words: str) -> str:
    """At most as many letters as a title has, cut where a part of the sentence ends."""
    words = re.sub(r"^(?:[-—–]+|\W+)|[\s。；，,]+$", "", words)
    if len(words) > LONGEST:
        parts = [m.start() for m in re.finditer("[，,、]", words) if 4 <= m.start() <= LONGEST]
        words = words[: parts[-1]] if parts else words[:LONGEST]
    return _name(words)


def _name(words: str) -> str:
    """The words, if they can be a name."""
    return words if len(words) > 1 and has_words(words) else say("adopt/draft/to_fill")


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"

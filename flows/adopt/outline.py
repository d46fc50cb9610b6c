"""A document in; its plans out, each with its domains, goals and actions as it numbers them, and what was odd."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

from flows.adopt.document import Document
from flows.adopt.numerals import value
from flows.wording import say

ClauseGroup = Literal["goals", "actions"]
ListKind = Literal["not yet", "numbers", "dashes", "lines"]
"""By what the clauses after a label are told apart; known from the first mark on."""
EventKind = Literal["upper", "lower", "goals", "actions", "item", "dash"]


@dataclass
class Clause:
    """A goal or an action: its number, and where its words begin and end in the document's text."""

    number: int
    start: int
    end: int
    mark: tuple[int, int] = (0, 0)
    """Where its number stands."""
    row: tuple[str, ...] = ()
    """Of an indicator's row in a table: its cells."""
    heads: tuple[str, ...] = ()
    """… and the headings of its columns."""


@dataclass
class Chapter:
    """A domain of the plan as the document has it."""

    number: int
    title: str
    start: int
    goals: list[Clause] = field(default_factory=list)
    actions: list[Clause] = field(default_factory=list)

    def clauses(self) -> Iterator[tuple[ClauseGroup, Clause]]:
        yield from (("goals", c) for c in self.goals)
        yield from (("actions", c) for c in self.actions)


@dataclass
class Outline:
    """One plan of a document."""

    title: str
    chapters: list[Chapter] = field(default_factory=list)
    end: int = -1
    """Where the next plan of the document begins, or the document ends."""


class Event(NamedTuple):
    """Something in the text that begins a part of it."""

    start: int
    end: int
    kind: EventKind
    number: int = 0
    title: str = ""


ORDER = "[一二三四五六七八九十]{1,3}"
AT = r"(?:(?<=[\s。；;：:！\]])|^)"
"""Where a heading may begin: at the beginning of a line, or after a sentence where all stands in one line."""
GOALS = r"(?:主要|发展|具体|核心)目标|目标任务|目标"
ACTIONS = r"(?:策略|主要|政策|工作|对策|保障|具体)(?:措施|举措)|策略与措施|(?:主要|重点)任务|措施"
HEADINGS = re.compile(
    rf"{AT}[ \t　]*(?:第?(?P<upper>{ORDER})(?:、|[章部]分?[ 　、]*)|[（(](?P<lower>{ORDER})[）)][、.]?|领域(?P<field>{ORDER})[：:、]?)"
    r"[ 　]*(?P<title>[^，。；：,;:\n\t]{2,30}?)(?=[\s，。；：:;]|$)",
    re.M,
)
LABELS = re.compile(
    rf"(?:{AT}|(?<=[一二三四五六七八九十][、）)]))[ \t　]*(?:(?P<goals>{GOALS})|(?P<actions>{ACTIONS}))"
    r"[ 　]*(?:是?[：:。]|(?=[ 　]*(?:\n|$|1[.．、]|[-—]{1,2})))"
    rf"|(?P<counted>{AT}?[^。；\n]{{0,30}}?(?:主要|发展)目标共?有?(?:{ORDER}|\d+)[项个方]面?[：:])",
    re.M,
)
ITEMS = re.compile(
    rf"^[ \t　]*(?P<first>\d{{1,2}})[.、](?=\d)"
    rf"|{AT}[ \t　]*(?:[(]?(?P<digits>\d{{1,2}}) ?(?:[)][.、]?|[.、])(?!\d)|(?P<words>{ORDER})是)",
    re.M,
)
"""A clause's number. Before a digit (8．5岁以下儿童……) it is one only at the beginning of a line."""
DASHES = re.compile(rf"{AT}[ \t　]*(?:[-—–―－]{{1,2}}|[•·●◆])(?=[^\s\d—-])", re.M)
TABLES = re.compile(r"专栏\s*\d*[ 　:：]*(?P<title>[^\n\t]{2,30})|(?P<bare>[^\n\t，。]{0,20}主要指标[^\n\t，。]{0,6})")
PLANS = re.compile(
    r"^[ \t　]*《?(?P<title>[^，。；：\n《》]{2,40}(?:规划|纲要|计划|方案)[^，。；：\n《》]{0,20})》?[ \t　]*$", re.M
)
FURTHER = 2
"""How many numbers a list of clauses may leave out before it is taken for another list, or its first mark for none."""


def read(document: Document) -> tuple[tuple[Outline, ...], tuple[str, ...]]:
    """The plans of a document, and what a reader must be told of how it was read."""
    events = list(_events(document.plain))
    reading = _Reading(document)
    if not any(e.kind == "goals" for e in events):
        events = list(_unlabelled(events))
        if any(e.kind == "goals" for e in events):
            reading.told.append(say("adopt/odd/no_label"))
    if not any(e.kind == "goals" for e in events) and not any(True for _ in document.rows()):
        title = PLANS.match(document.plain)
        at = title.end() if title else 0
        events.insert(0, Event(at, at, "goals"))
        reading.told.append(say("adopt/odd/no_heading"))
    for event in sorted(events, key=lambda e: (e.start, e.end)):
        reading.take(event)
    reading.settle(len(document.plain))
    reading.tables()
    for plan, following in pairwise(reading.plans):
        plan.end = following.chapters[0].start
    for plan in reading.plans[-1:]:
        plan.end = len(document.plain)
    return tuple(reading.plans), tuple(reading.told)


def marks(plans: tuple[Outline, ...]) -> Iterator[tuple[int, int]]:
    """Where the numbers of clauses stand."""
    return (c.mark for plan in plans for chapter in plan.chapters for _, c in chapter.clauses() if c.mark[1])


def _events(text: str) -> Iterator[Event]:
    found: dict[int, Event] = {}
    for match in DASHES.finditer(text):
        found[match.end()] = Event(match.start(), match.end(), "dash")
    for match in ITEMS.finditer(text):
        number = int(match["first"] or match["digits"] or value(match["words"]))
        found[match.end()] = Event(match.start(), match.end(), "item", number)
    for match in HEADINGS.finditer(text):
        order = match["upper"] or match["field"] or match["lower"]
        kind: EventKind = "lower" if match["lower"] else "upper"
        if not re.fullmatch(rf"(?:{GOALS}|{ACTIONS})[：:]?", match["title"]):
            found[match.start("title")] = Event(match.start(), match.end(), kind, int(value(order)), match["title"])
    for match in LABELS.finditer(text):
        found[match.end()] = Event(match.start(), match.end(), "actions" if match["actions"] else "goals")
    yield from sorted(found.values())


def _unlabelled(events: list[Event]) -> Iterator[Event]:
    """The same events with a label before the items of each heading that has items."""
    for event, following in pairwise([*events, Event(0, 0, "upper")]):
        yield event
        if event.kind in {"upper", "lower"} and following.kind in {"item", "dash"}:
            yield Event(event.end, event.end, "goals")


class _Reading:
    """What is open while the events of a document are read one after another."""

    def __init__(self, document: Document) -> None:
        self.document, self.text = document, document.plain
        self.plans: list[Outline] = []
        self.told: list[str] = []
        self.heading: Event | None = None
        self.opened: Event | None = None
        self.chapter: Chapter | None = None
        self.part: ClauseGroup | None = None
        self.begun = 0
        self.listed: ListKind = "not yet"
        self.expected = 1
        self.last: dict[ClauseGroup, int] = {}
        """The last number of each part so far: some plans number on from list to list, and from domain to domain."""

    def take(self, event: Event) -> None:
        inside = self.part is not None and self.opened is not None and self.opened.kind == "upper"
        if event.kind == "lower" and inside:
            self.clause(event._replace(end=event.end - len(event.title)))
        elif event.kind in {"upper", "lower"}:
            self.settle(event.start)
            self.part, self.heading = None, event
        elif event.kind in {"goals", "actions"}:
            self.settle(event.start)
            self.label(event)
        elif self.part is not None and self.chapter is not None:
            self.clause(event)

    def label(self, event: Event) -> None:
        if event.kind == "goals" and (self.chapter is None or self.heading is not self.opened or self.heading is None):
            number = self.heading.number if self.heading else 1
            start = self.heading.start if self.heading else event.start
            title = self.heading.title if self.heading else self.line_before(event.start)
            if self.heading is None and PLANS.fullmatch(title):
                title = ""  # the plan's own
            if not title:
                self.told.append(say("adopt/odd/no_title", place=self.document.place(event.start)))
            since = self.plans[-1].chapters[-1].start if self.plans else 0
            named, again = self.title(since, start), bool(self.plans) and number <= self.plans[-1].chapters[-1].number
            if not self.plans or (again and named):
                self.plans.append(Outline(named))
                self.last = {}
            elif again:
                number = self.plans[-1].chapters[-1].number + 1
                self.told.append(say("adopt/odd/again", place=self.document.place(start), number=number))
            self.chapter, self.opened = Chapter(number, title, start), self.heading
            self.plans[-1].chapters.append(self.chapter)
        if self.chapter is not None:
            self.part = "goals" if event.kind == "goals" else "actions"
            self.begun, self.listed = event.end, "not yet"

    def line_before(self, at: int) -> str:
        """A short line without a mark before the label: 妇女与健康."""
        lines = re.sub(rf"(?:{ORDER}、|[(（]{ORDER}[)）])\s*$", "", self.text[:at]).strip().splitlines()[-1:]
        return (
            lines[0].strip()
            if lines and 2 <= len(lines[0].strip()) <= 20 and not re.search("[，。；：]", lines[0])
            else ""
        )

    def title(self, since: int, until: int) -> str:
        """The last line that looks like a plan's title before its first domain."""
        titles = [m["title"].strip() for m in PLANS.finditer(self.text, since, until)]
        return titles[-1] if titles else ""

    def clause(self, event: Event) -> None:
        assert self.chapter is not None and self.part is not None
        clauses = self.chapter.goals if self.part == "goals" else self.chapter.actions
        number, place = event.number, self.document.place(event.start)
        if self.listed == "not yet":
            self.listed = self.begin(event, clauses)
        if self.listed == "lines" or (event.kind == "dash" and self.listed == "numbers"):
            return  # a part of a clause
        if event.kind == "dash":
            number = _next(clauses)
        elif not self.expected <= number <= self.expected + FURTHER:
            return  # a list within a clause
        elif number > self.expected:
            self.told.append(say("adopt/odd/jump", place=place, before=self.expected - 1, number=number))
        self.expected = number + 1
        if number < _next(clauses):  # a second list of the same domain begins anew
            written, number = number, _next(clauses)
            self.told.append(say("adopt/odd/anew", place=place, written=written, number=number))
        self.close(event.start)
        clauses.append(Clause(number, event.end, -1, (event.start, event.end)))
        self.last[self.part] = number

    def begin(self, event: Event, clauses: list[Clause]) -> ListKind:
        """By what the list is told apart whose first mark this is. Its numbers go on where the last list ended, or begin anew."""
        assert self.part is not None
        on = self.last.get(self.part, 0) + 1
        if event.kind == "dash":
            self.unnumbered("dashes", event.start, clauses)
            return "dashes"
        if not 1 <= event.number <= on + FURTHER:
            return "lines"  # 98.5%的…… at the beginning of a line
        self.expected = on if 1 < on <= event.number else event.number
        if not clauses and self.expected not in {1, on}:
            place = self.document.place(event.start)
            self.told.append(say("adopt/odd/begins", place=place, number=event.number))
        return "numbers"

    def unnumbered(self, how: Literal["dashes", "no_numbers"], at: int, clauses: list[Clause]) -> None:
        """Tell how a list without numbers gets them."""
        place = self.document.place(at)
        further = say("adopt/odd/further", place=place, number=_next(clauses))
        self.told.append(further if clauses else say(f"adopt/odd/{how}", place=place))

    def close(self, at: int) -> None:
        """The open clause ends here."""
        if self.chapter is not None and self.part is not None:
            for clause in (self.chapter.goals if self.part == "goals" else self.chapter.actions)[-1:]:
                clause.end = at if clause.end < 0 else clause.end

    def settle(self, at: int) -> None:
        """The open part ends here. If it has text and no numbers, each of its lines is a clause."""
        self.close(at)
        if self.chapter is None or self.part is None:
            return
        clauses = self.chapter.goals if self.part == "goals" else self.chapter.actions
        lines = re.compile(r"\S[^\n]*").finditer(self.text, self.begun, at)
        if self.listed in {"not yet", "lines"} and self.text[self.begun : at].strip():
            self.unnumbered("no_numbers", self.begun, clauses)
            clauses.extend([Clause(n, *m.span()) for n, m in enumerate(lines, _next(clauses))])
            self.listed, self.last[self.part] = "lines", clauses[-1].number

    def tables(self) -> None:
        """Every table of indicators is a domain, with a goal for each of its rows; its rows are taken out of clauses."""
        rows = list(self.document.rows())
        heads: tuple[str, ...] = ()
        chapter: Chapter | None = None
        last = -1
        for start, row in rows:
            bare = tuple(re.sub(r"\s", "", c) for c in row.cells)
            index = self.document.starts.index(start)
            if any("指标" in c or c in {"项目", "内容"} for c in bare) and not _has_value(bare):
                heads, chapter = bare, None
            elif (
                heads
                and _has_value(bare[1:])
                and (chapter is None or index == last + 1 or len(row.cells) == len(heads))
            ):
                if chapter is None:
                    chapter = self.table(start)
                number = re.match(r"\s*\d{1,3}(?:[.、]|\t)", self.text[start:])
                mark = (start, start + number.end()) if number else (start, start)
                chapter.goals.append(Clause(len(chapter.goals) + 1, start, start + len(row.text), mark, bare, heads))
            last = index
            for plan in self.plans:
                for other in plan.chapters:
                    for _, clause in other.clauses():
                        if clause.start < start < clause.end and not clause.row:
                            clause.end = start

    def table(self, start: int) -> Chapter:
        titles = list(TABLES.finditer(self.text, max(0, start - 400), start))
        found = titles[-1] if titles else None
        title = re.sub(r"\s", "", (found["title"] or found["bare"]) if found else "") or "主要指标"
        if not self.plans:
            self.plans.append(Outline(self.title(0, start)))
        number = max((c.number for c in self.plans[-1].chapters), default=0) + 1
        self.plans[-1].chapters.append(Chapter(number, title, start))
        self.told.append(say("adopt/odd/table", place=self.document.place(start), title=title, number=number))
        return self.plans[-1].chapters[-1]


def _next(clauses: list[Clause]) -> int:
    return clauses[-1].number + 1 if clauses else 1


def _has_value(cells: tuple[str, ...]) -> bool:
    """Whether a cell is a number, perhaps with a sign or a unit."""
    return any(
        re.fullmatch(r"[＞>＜<≥≤〉〈\[]*\d[\d.,]*(?:%|‰|/10万|[^\d年]{0,4})?\]?(?:以上|以下|左右|以内)?", c)
        for c in cells
    )

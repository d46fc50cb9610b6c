"""Says of each problem what it is and since when, why, what the plan provides for it, and what is asked of whom by when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from expectations.vocabulary import SHORT, WarningKind
from flows.press.bound import Name, Quote, joined
from flows.report.facts import Facts
from flows.report.facts.items import Item
from flows.report.say import lacking
from flows.report.say.narrative import Narrator
from flows.wording import day, say


class Shortcoming(NamedTuple):
    """Targets that fall short for which the same department is asked for the same."""

    names: Markup
    text: Markup


class Request(NamedTuple):
    """What an edition asks of departments: nothing of the public one's readers."""

    said: Mapping[tuple[str, str], Quote]
    """Target and kind of warning → what its department says of the cause."""
    answer_due: str
    """By when they answer; empty where nobody is asked."""
    deadlines: Mapping[str, date]
    """Target → by when it must be reached."""


def told(narrator: Narrator, items: Sequence[Item], asked: Request) -> list[Shortcoming]:
    """The problems in the order of their most pressing target."""
    grouped: dict[tuple[object, ...], list[Item]] = {}
    for item in items:
        actions = tuple(action for _, action in _remedies(narrator.facts, item)[1])
        grouped.setdefault((item.promise.lead, actions, asked.deadlines.get(item.id)), []).append(item)
    usual = _usual(items, asked)
    return [_problem(narrator, group, asked, usual) for group in grouped.values()]


def asked_of_all(narrator: Narrator, items: Sequence[Item], asked: Request) -> Markup:
    """What every department is asked for by when, once for all problems; empty where nobody is asked."""
    if not asked.answer_due or not items:
        return Markup("")
    words, usual = narrator.words["problems"]["asked"], _usual(items, asked)
    answered = sum((item.id, WarningKind.MISS) in asked.said for item in items)
    parts, one = [], "_one" if len(items) == 1 else ""
    if answered < len(items):
        form = "some" if answered else f"nobody{one}"
        parts.append(narrator.say(words[form], due=Name(asked.answer_due, "deadline")))
    if usual is not None:
        parts.append(narrator.say(words[f"usual{one}"], day=Name(day(usual), "deadline")))
    return Markup("").join(parts)


def _usual(items: Sequence[Item], asked: Request) -> date | None:
    """The deadline that most of the targets have; the earliest of them, if several are as frequent."""
    days = Counter(asked.deadlines[i.id] for i in items if i.id in asked.deadlines)
    return min(days, key=lambda found: (-days[found], found), default=None)


def _problem(narrator: Narrator, group: Sequence[Item], asked: Request, usual: date | None) -> Shortcoming:
    stands = joined((_stands(narrator, item, len(group) > 1) for item in group), "；") + Markup("。")
    cause = Markup("").join(_cause(narrator, group, asked)) if asked.answer_due else Markup("")
    return Shortcoming(joined(item.spoken for item in group), stands + cause + _request(narrator, group, asked, usual))


def _stands(narrator: Narrator, item: Item, named: bool) -> Markup:
    """What the figure is, what it lacks, and since when it falls short."""
    words = narrator.words["problems"]
    public = not narrator.facts.edition.internal
    gap = lacking.distance(narrator, item) if public else lacking.gap(narrator, item)
    parts = [narrator.say(words["lowest" if item.promise.target.each else "value"], value=narrator.level(item))]
    if gap and not (public and item.by_one):
        parts.append(gap)
    if (since := _since(item)) is not None:
        parts.append(narrator.say(words["since"], item.fact("verdict"), item.verdict, since=since))
    text = joined(parts, "，")
    return narrator.say(words["of"], name=item.spoken, text=text) if named else text


def _since(item: Item) -> int | None:
    """The first of the years in a row in which it fell short; None if that is this year."""
    year = first = int(item.row["year"])
    while str(item.history.get(first - 1, {}).get("verdict")) in SHORT:
        first -= 1
    return first if first < year else None


def _cause(narrator: Narrator, group: Sequence[Item], asked: Request) -> Iterator[Markup]:
    """What the department says of it, each of its answers once; that it says nothing is told of all together."""
    words, kind = narrator.words["problems"], WarningKind.MISS
    quotes = dict.fromkeys(q for item in group if (q := asked.said.get((item.id, kind))) is not None)
    for quote in quotes:
        yield narrator.say(words["said"], text=quote)


def _request(narrator: Narrator, group: Sequence[Item], asked: Request, usual: date | None) -> Markup:
    """What the plan provides and who is asked, and by when if that is not the `usual` day."""
    first, words = group[0], narrator.words["problems"]
    several, remedies = _remedies(narrator.facts, first)
    listed = joined(narrator.say(words["action"], clause=clause, text=text) for clause, text in remedies)
    actions = narrator.say(words["actions_of" if several else "actions"], listed=listed) if listed else ""
    support = dict.fromkeys(department for item in group for department in item.support)
    with_ = narrator.say(words["support"], departments="、".join(support)) if support else ""
    lead = {"lead": first.lead, "support": with_, "actions": actions or say("labels/remedy/none")}
    if not asked.answer_due:
        return narrator.say(words["request_public"], **lead)
    answered = all((item.id, WarningKind.MISS) in asked.said for item in group)
    deadline = asked.deadlines.get(first.id)
    end = narrator.say(words["deadline"], day=Name(day(deadline), "deadline")) if deadline not in (None, usual) else ""
    return narrator.say(words["request_said" if answered else "request"], end=end, **lead)


def _remedies(facts: Facts, item: Item) -> tuple[bool, list[tuple[Name, Name]]]:
    """Whether several plans ask the same, and the fitting action of each of them; then with the plan's name."""
    same = [i for i in facts.items if i.promise.asked == item.promise.asked]
    several = len({i.promise.plan.id for i in same}) > 1
    found: dict[str, tuple[Name, Name]] = {}
    for other in same:
        for clause, action in other.remedies:
            place = f"{other.promise.plan.head.short}{clause}" if several else str(clause)
            found.setdefault(place, (Name(place, clause.source), action))
    return several, list(found.values())

"""领导专报: two pages for those who decide: how things stand, what is most urgent, what is asked for, what is not known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from expectations.vocabulary import DeliveryStatus, Level, Reason, Verdict, WarningKind
from flows.press.bound import Name, counted, joined
from flows.press.numbers import Figure, figure
from flows.report.facts import shortfall, wanted, warned
from flows.report.facts.counts import has_share
from flows.report.facts.items import Item
from flows.report.facts.wanted import WantedYear
from flows.report.kinds.report import Context, Glance, Report
from flows.report.papers.poster import findings
from flows.report.say import beside, lacking
from flows.report.say.narrative import SILENT, years_wanted
from flows.report.write import tables
from flows.wording import day, say

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings

URGENT, URGENT_MOST = 10, 12
"""The number of targets in the table: more of them, where more are of the gravest level."""
NAMED, DEPARTMENTS_NAMED = 3, 8
"""The number of names in a sentence."""


def context(made: Report, charts: Drawings) -> Context | None:
    """What the template says; None if nothing could be judged and no department can be asked for anything: for a form, for a
    baseline, or for an answer to a warning.
    """
    glance, owed, earlier = made.glance(), _owed(made), _wanted(made)
    asks = owed or earlier or (made.kind.answers and warned.asks(made.facts))
    if not glance.judged.value and not asks:
        return None
    due = warned.deadlines(made.facts) if made.kind.answers else {}
    urgent = glance.short[: min(max(URGENT, _gravest(made)), URGENT_MOST)]
    ahead = [made.narrator.projected(item) for item in urgent]
    days = {due[item.id] for item in urgent if item.id in due}
    return {
        "sheet": "brief",
        "glance": glance,
        "told_once": _standing(made, glance),
        "urgent": [
            (i, lacking.gap(made.narrator, i) or Markup("—"), coming or "—")
            for i, coming in zip(urgent, ahead, strict=True)
        ],
        "ahead": any(ahead),
        "reaching": any(made.narrator.is_projected(item) for item in urgent),
        "end": max((i.promise.plan.head.end for i in urgent), default=made.facts.year),
        "left": len(glance.short) > len(urgent),
        "by": [day(one) for one in sorted(days)],
        "decisions": _decisions(made, glance, owed, earlier),
        "open_points": _unknown(made),
    }


def _gravest(made: Report) -> int:
    """How many targets are warned of at the gravest level, what several plans ask alike once."""
    grave = [
        w.item.promise.asked
        for w in made.facts.warnings
        if w.kind == WarningKind.MISS and w.row["level"] == Level.SERIOUS
    ]
    return len(set(grave))


def _standing(made: Report, glance: Glance) -> list[Markup]:
    """Three conclusions: how targets stand, what went best, where the problems are."""
    said, words, short = made.narrator, made.narrator.words["brief"], glance.short
    number = next((group.number for group in glance.groups if group.short), figure(0, 0, "brief/short"))
    called = counted(_called(glance), number)
    merged = Markup("")
    if number.value > len(short):
        merged = said.say(words["merged"], number=figure(len(short), 0, "brief/short"))
    leads = figure(len({i.promise.lead for i in short}), 0, "brief/departments")
    if not glance.judged.value:
        return _unjudged(made)
    form = "standing_one" if not has_share(glance.judged) else "standing" if short else "standing_all"
    kinds = Markup("")
    if all(part.value for part in glance.kinds):
        kinds = said.say(words["kinds"], numbers=glance.kinds[0], directions=glance.kinds[1])
    told = [
        said.say(
            words[form],
            year=made.facts.year,
            plans=made.facts.named,
            judged=glance.judged,
            kinds=kinds,
            told=glance.told,
            rate=glance.rate,
            short=number,
            called=called,
            merged=merged,
            departments=leads,
            ended=glance.groups[0].word,  # what is judged stands before what is not
        )
    ]
    if said.is_sparse(glance.judged, glance.all):
        told[0] += said.say(words["sparse"], all=glance.all, judged=glance.judged)
    if best := findings(made)[:NAMED]:
        listed = joined(
            said.say(words["best_one"], name=i.name, before=said.level(i, i.base), now=said.level(i)) for i in best
        )
        told.append(said.say(words["best"], listed=listed, base=made.facts.base) + _beside(made))
    if short:
        told.append(_where(made, short))
    idle = made.facts.tally().number(Verdict.NOT_STARTED)
    if idle.value:  # by name where there is room: the report has them all
        told[0] += said.say(words["idle"], number=idle)
    return told


def _unjudged(made: Report) -> list[Markup]:
    """The same where no target with a figure could be judged: what is known of the targets of evidence."""
    said, facts = made.narrator, made.facts
    if not facts.tally().all.value:
        alone = said.evidence_alone(said.words["overall"], facts.tally(), year=facts.year, plans=facts.named)
        return [alone, *_idle(made)]
    return [said.say(said.words["brief"]["standing_none"], year=facts.year, plans=facts.named), *_idle(made)]


def _idle(made: Report) -> list[Markup]:
    """The targets of evidence that nobody has begun, if there are any."""
    told = made.narrator.idle(made.facts.ranked, made.facts.tally().fact, led=True)
    return [told] if told else []


def _beside(made: Report) -> Markup:
    """How the year's figures stand to those of the highest area above the district; empty where none can be compared."""
    found = made.beside
    return beside.standing(made.narrator, found, found.areas[-1]) if found and found.areas else Markup("")


def _where(made: Report, short: Sequence[Item]) -> Markup:
    """In which domains, with which departments and in which places the problems are."""
    said, words = made.narrator, made.narrator.words["brief"]
    domains = Counter((i.promise.plan.id, i.promise.domain.domain, i.promise.domain.title) for i in short)
    leads = Counter((i.promise.lead, i.lead) for i in short)
    places: Counter[str] = Counter()
    for item in short:
        found = shortfall.of(made.facts, item)
        if found is not None and item.promise.target.each == "area":
            places.update(str(name) for name in found.places)
    form, counted_in = ("where", _most) if len(short) > 1 else ("where_one", _only)
    text = said.say(
        words[form],
        domains=counted_in(
            made, "domain", (((f"{plan}/{key}"), title, n) for (plan, key, title), n in domains.items())
        ),
        departments=counted_in(made, "lead", ((key, name, n) for (key, name), n in leads.items())),
    )
    if places:
        called = made.facts.catalog.district.areas_called
        most = _most(made, "place", ((name, name, n) for name, n in places.items()))
        if len(places) > NAMED:
            number = figure(len(places), 0, "brief/places")
            most = said.say(words["places_more"], places=most, number=number, areas=called)
        text += said.say(words["places"], areas=called, places=most)
    return text + Markup("。")


def _most(made: Report, of: str, numbers: Iterable[tuple[str, str, int]]) -> Markup:
    """The names with the highest numbers, each with its number."""
    ordered = sorted(numbers, key=lambda one: -one[2])[:NAMED]
    said, form = made.narrator, made.narrator.words["brief"]["number_of"]
    return joined(
        said.say(form, name=Name(name, f"{of}/{key}"), number=figure(n, 0, f"brief/{of}/{key}"))
        for key, name, n in ordered
    )


def _only(_made: Report, of: str, numbers: Iterable[tuple[str, str, int]]) -> Name:
    """The one name, whose number is 1."""
    [(key, name, _)] = numbers
    return Name(name, f"{of}/{key}")


def _called(glance: Glance) -> str:
    """What this kind of report calls a target that falls short."""
    return next((str(group.word) for group in glance.groups if group.short), say("labels/glance/short"))


def _decisions(
    made: Report, glance: Glance, owed: Sequence[Mapping[str, Any]], earlier: Sequence[WantedYear]
) -> list[Markup]:
    """What is asked for: to take up the most serious targets, to hear who leads most of them, to have data sent."""
    facts, said, words, short = made.facts, made.narrator, made.narrator.words["brief"], glance.short
    by = warned.answer_due(facts)
    asked: list[Markup] = []
    if made.kind.answers:
        misses = [w for w in facts.warnings if w.kind == WarningKind.MISS]
        grave = next((level for level in Level if any(w.row["level"] == level for w in misses)), None)
        if grave is not None:
            raised = [w for w in misses if w.row["level"] == grave]
            items = list({w.item.promise.asked: w.item for w in raised}.values())
            asked.append(
                said.say(
                    words["take_up"],
                    number=figure(len(items), 0, "brief/grave"),
                    level=grave.word,
                    follow_up=raised[0].follow_up,
                    departments=_departments(made, items, "grave"),
                    day=Name(by, "deadline"),
                )
            )
    elif short:
        number = figure(len(short), 0, "brief/short")
        called, departments = counted(_called(glance), number), _departments(made, short, "short")
        asked.append(said.say(words["carry_on"], number=number, called=called, departments=departments))
    if short:
        (key, name), most = Counter((i.promise.lead, i.lead) for i in short).most_common(1)[0]
        number = figure(most, 0, "brief/lead/short")
        called = counted(_called(glance), number)
        asked.append(said.say(words["hear"], department=Name(name, f"lead/{key}"), number=number, called=called))
    if earlier:
        asked.append(
            said.say(
                words["earlier"],
                departments=_listed(made, [facts.catalog.department(w.department) for w in earlier], "wanted"),
                number=figure(len(wanted.targets(earlier)), 0, "brief/wanted"),
                years=years_wanted(earlier),
                day=Name(by, "deadline"),
            )
        )
    asked.append(_data(made, by, owed))
    return asked


def _wanted(made: Report) -> list[WantedYear]:
    """The targets that lack a figure of an earlier year; none of a report that was compiled, which asks nobody."""
    return [] if made.facts.edition.compiled else wanted.of(made.facts)


def _owed(made: Report) -> list[dict[str, Any]]:
    """The forms that are to be sent, or to be mended; none of a report that was compiled."""
    return [] if made.facts.edition.compiled else tables.owed(tables.deliveries(made.facts))


def _data(made: Report, by: str, owed: Sequence[Mapping[str, Any]]) -> Markup:
    """To have sent what is not there, or to tell the public."""
    said, words = made.narrator, made.narrator.words["brief"]
    if not owed:
        return said.say(words["publish"])
    asked = groupby(owed[:NAMED], lambda r: (r["department_name"], r["status"] == DeliveryStatus.MISSING))
    names = joined(
        said.say(
            words["form"],
            department=department,
            what=words["form_missing" if missing else "form_wrong"],
            titles=joined((said.say(words["title"], title=Name(r["title"], "dataset")) for r in forms), ""),
        )
        for (department, missing), forms in asked
    )
    form = "send" if len(owed) <= NAMED else "send_many"
    number = figure(len(owed), 0, "brief/absent")
    return said.say(words[form], forms=names, number=number, day=Name(by, "deadline"))


def _departments(made: Report, items: Sequence[Item], of: str) -> Markup:
    return _listed(made, [i.lead for i in items], of)


def _listed(made: Report, departments: Iterable[str], of: str) -> Markup:
    names = list(dict.fromkeys(departments))
    listed = joined(Name(name, "department") for name in names[:DEPARTMENTS_NAMED])
    if len(names) <= DEPARTMENTS_NAMED:
        return listed
    number = figure(len(names), 0, f"brief/{of}/departments")
    return made.narrator.say(made.narrator.words["brief"]["departments"], listed=listed, number=number)


def _unknown(made: Report) -> list[Markup]:
    """What the figures do not tell: targets without a verdict, and those that a single event decides."""
    facts, said, words = made.facts, made.narrator, made.narrator.words["brief"]
    told: list[Markup] = []
    blind = [i for i in facts.ranked if i.quantitative and i.verdict == Verdict.UNKNOWN]
    if blind:
        each: dict[str, Markup] = {}  # two plans may ask for one figure
        for i in blind:
            reason = Reason.of(i.row["reason"]).word
            one = said.say(words["blind_one"], name=i.name, reason=reason, sent_back=said.sent_back(i, "，"))
            each.setdefault(one.striptags(), one)
        number: Figure = figure(len(blind), 0, "brief/unknown")
        listed = joined([*each.values()][:5])
        told.append(said.say(words["blind" if len(each) <= 5 else "blind_many"], listed=listed, number=number))
    for why in SILENT:
        if silent := [i for i in facts.ranked if said.silence(i) == why]:
            number, listed = figure(len(silent), 0, f"brief/{why}"), joined(i.title for i in silent[:5])
            told.append(
                said.say(words["silent"][why if len(silent) <= 5 else f"{why}_many"], listed=listed, number=number)
            )
    fragile = list({i.promise.asked: i for i in facts.ranked if i.row["fragile"]}.values())
    if fragile:
        names = joined(i.name for i in fragile[:5])
        number = figure(len(fragile), 0, "brief/fragile")
        told.append(said.say(words["fragile" if len(fragile) <= 5 else "fragile_many"], listed=names, number=number))
    if made.questioned:
        told.append(made.questioned)
    if (unanswered := _unanswered(made)) is not None:
        told.append(unanswered)
    if facts.edition.simulated:
        told.append(said.say(words["simulated"]))
    return told


def _unanswered(made: Report) -> Markup | None:
    """How many of the earlier warnings nobody has answered; None if there are none, or if it is not known whether all went out."""
    found: Any = made.told_of_before["followed"]
    if found is None or found["unsent"] or not found["whole"].numbers["silent"].value:
        return None
    numbers, lock = found["whole"].numbers, Name(made.facts.edition.locked_words, "lock")
    words = made.narrator.words["brief"]["unanswered"]
    return made.narrator.say(
        words, before=Name(found["span"], "years"), all=numbers["all"], lock=lock, unanswered=numbers["silent"]
    )

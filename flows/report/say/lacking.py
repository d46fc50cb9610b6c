"""Says what a target lacks: 还差9736名妇女; 史各庄镇尚未配备; 大唐庄镇、尔王庄镇未达到要求，共还差14剂次."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from expectations.requirement import kind
from flows import shortage
from flows.press.bound import Name, joined
from flows.press.numbers import Figure, figure
from flows.report.facts import shortfall
from flows.report.facts.items import Item
from flows.report.say.narrative import Narrator


def gap(narrator: Narrator, item: Item) -> Markup:
    """The same or, where nothing can be counted, how far the figure is from what is asked; empty where that is not known."""
    return told(narrator, item) or distance(narrator, item)


def distance(narrator: Narrator, item: Item) -> Markup:
    """How far the figure is from what is asked, in its own unit; empty where that is not known, or is not a matter of size."""
    row, promise = item.row, item.promise
    if item.apart is None or row["met"] or promise.target.rule.two_sided:
        return Markup("")
    if (
        item.apart * promise.direction >= 0
    ):  # on the number itself, or better than a direction's baseline by what is not printed
        return Markup("")
    form = "rises" if promise.target.rule.paced else "under" if promise.direction > 0 else "over"
    return narrator.say(narrator.words["lacking"][form], gap=narrator.amount(item, item.apart, "gap"))


def told(narrator: Narrator, item: Item) -> Markup:
    """What would meet the requirement, in people, things or places, without a full stop; empty if that cannot be counted."""
    found, words = shortfall.of(narrator.facts, item), narrator.words["lacking"]
    if found is None:
        return Markup("")
    people = Markup("")
    if found.lacking is not None:
        form = "fewer" if found.excess else "more"
        people = narrator.say(words[form], number=found.lacking, who=found.who)
    if not found.places:
        return people
    names, failing = _named(narrator, item, found.places, "places_failing")
    text = narrator.say(words["bare" if found.bare else "places"], names=names, failing=failing)
    if found.bare or not people:
        return text
    return text + narrator.say(words["all_places" if len(found.places) > 1 else "one_place"], people=people)


def absent(narrator: Narrator, item: Item) -> Markup:
    """The places without a figure, of a promise for each of them, without a full stop; empty where all have one."""
    if not (places := shortfall.absent(narrator.facts, item)):
        return Markup("")
    names, _ = _named(narrator, item, places, "places_unknown")
    return narrator.say(narrator.words["lacking"]["absent"], names=names)


def _named(narrator: Narrator, item: Item, places: Sequence[Name], field: str) -> tuple[Markup, Figure]:
    """The places, the first of them by name, and how many there are."""
    names, number = joined(places[: shortage.PLACES_NAMED]), figure(len(places), 0, item.fact(field))
    if len(places) > shortage.PLACES_NAMED:
        called, shortened = kind(item.catalog, item.promise.target.each), narrator.words["lacking"]["shortened"]
        names = narrator.say(shortened, names=names, number=number, kind=called)
    return names, number

"""Tells of a domain in about a page: what falls short, by what is at stake; the best of what was reached; the rest in numbers."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Generic, NamedTuple, Protocol, TypeVar

from markupsafe import Markup

from expectations.vocabulary import Reason
from flows.press.bound import Name, joined
from flows.press.numbers import Figure, count, exact, figure
from flows.report.facts.items import Item
from flows.report.say.narrative import Narrator

SHORT_TOLD, FINE_TOLD = 3, 2
SHORT_PUBLIC, FINE_PUBLIC = 2, 1
"""The number of targets that have a sentence of their own; those that fall short are all named."""


class Ended(Protocol):
    """A target as a kind of report tells of it."""

    @property
    def item(self) -> Item: ...

    @property
    def name(self) -> Name: ...


T = TypeVar("T", bound=Ended)


class DomainStanding(NamedTuple, Generic[T]):
    """The quantitative targets of a domain, sorted by how they stand, without those that a public edition does not tell of."""

    short: Sequence[T]
    fine: Sequence[T]
    unjudged: Sequence[T]


def paragraphs(
    said: Narrator, standing: DomainStanding[T], sentence: Callable[[T, int], Markup], fact: str, kind: str
) -> list[Markup]:
    """A paragraph of what falls short and one of what was reached; those that have nothing to say are left out.

    `sentence` tells of one target, by its place among those of its clause that are told before it, so that they take turns, and a
    target more elsewhere changes nothing; `kind` names the words in wording.yml.
    """
    words = said.words["domains"]
    short = sorted(standing.short, key=lambda one: (_is_direction(one), one.item.row["priority"]))
    internal = said.facts.edition.internal
    most, best = (SHORT_TOLD, FINE_TOLD) if internal else (SHORT_PUBLIC, FINE_PUBLIC)
    told, named = short[:most], short[most:]
    troubles = _in_turn(sentence, told)
    blank = [one for one in standing.unjudged if _is_blank(one.item)]
    compared = [one for one in standing.unjudged if one not in blank]
    for form, group in (("short", named), ("blank", blank), ("unjudged", compared)):
        if group:
            number = figure(len(group), 0, f"{fact}/rest/{form}")
            troubles.append(said.say(words[kind][form], names=_names(group, form), number=number))
    fine = sorted(standing.fine, key=_merit)
    reached = _in_turn(sentence, fine[:best])
    if left := fine[best:]:
        reached.append(said.say(words[kind]["fine"], number=figure(len(left), 0, f"{fact}/rest/fine")))
    return [Markup("").join(texts) for texts in (troubles, reached) if texts]


def _in_turn(sentence: Callable[[T, int], Markup], told: Sequence[T]) -> list[Markup]:
    """A sentence for each target, by its place among the told ones of its clause. What of a clause is told no more stands behind them, so
    it changes no place.
    """
    among: dict[str, Iterator[int]] = defaultdict(itertools.count)
    return [sentence(one, next(among[one.item.promise.clause])) for one in told]


class Fallen(NamedTuple):
    """One line of the summary: what of a domain falls short."""

    judged: Figure
    short: Figure
    names: Sequence[Markup]
    """The targets with a number, and those with a direction."""


def fallen(said: Narrator, judged: Figure, short: Figure, items: Sequence[Item]) -> Fallen:
    """The names of all `items`, which fall short, most at stake first; a name that several of them bear is there once, with their
    number.
    """
    ranked = sorted(items, key=lambda i: i.row["priority"])
    names = [
        joined(
            said.say(said.words["shortened_several"], name=name, number=count(n, "domain/requirements"))
            if n > 1
            else name
            for name, n in Counter(i.spoken for i in ranked if i.numbered is numbered).items()
        )
        for numbered in (True, False)
    ]
    return Fallen(judged, short, names)


def _is_blank(item: Item) -> bool:
    """Whether it has no figure of the year; one that is kept back is there."""
    return item.row["value"] is None and item.point(int(item.row["year"]))["state"] != Reason.SUPPRESSED


def _names(group: Sequence[Ended], form: str) -> Markup:
    """Each name once, of what has no figure with the reason."""
    if form != "blank":
        return joined(dict.fromkeys(one.name for one in group))
    told = dict.fromkeys((one.name, _why_blank(one.item)) for one in group)
    return joined(Markup("{}（{}）").format(name, why) for name, why in told)


def _why_blank(item: Item) -> str:
    """Why it has no figure of the year; why it has no verdict, where the figure alone would be there."""
    shown = item.at(int(item.row["year"]))
    return Reason.of(item.row["reason"]).word if isinstance(shown, Figure) else shown


def _is_direction(one: Ended) -> bool:
    return one.item.promise.target.rule.directional


def _merit(one: Ended) -> tuple[object, ...]:
    """Numbers among the main goals first, and what has moved most since the baseline."""
    item, moved = one.item, progress(one.item)
    return (item.promise.clause_kind != "goal", _is_direction(one), item.rare is not None, moved is None, -(moved or 0))


def progress(item: Item) -> Decimal | None:
    """By what share of its baseline the value has moved to the better side; None of what has moved the other way, cannot
    be compared, or is moved by single events.
    """
    change, value = item.row["change_baseline"], item.row["value"]
    if not item.quantitative or change is None or value is None or item.rare is not None:
        return None
    base, gone = exact(value) - exact(change), exact(change) * item.promise.direction
    return gone / abs(base) if base and gone > 0 else None

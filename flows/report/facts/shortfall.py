"""Tells what a target lacks in people, things and places (flows/shortage.py), each bound to its fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from expectations.vocabulary import Reason
from flows import shortage
from flows.press.bound import Name
from flows.press.numbers import Figure, count
from flows.report.facts import Facts
from flows.report.facts.items import Item
from flows.warehouse import Row


@dataclass(frozen=True)
class Shortfall:
    """A lack as it is printed: how many people, cases or things would meet the requirement, and which places do not meet it."""

    lacking: Figure | None
    """How many more are needed, or how many are too many; None where that is not known (`shortage.Lack`)."""
    excess: bool
    """Whether so many are too many."""
    who: Name
    """What is counted, with its measure word: 名妇女, 例, 个托位; empty if nothing is."""
    places: Sequence[Name]
    """The areas or institutions that do not keep a promise for each of them."""
    bare: bool
    """Whether these have none at all."""


def of(facts: Facts, item: Item) -> Shortfall | None:
    """What a target lacks in the data year; None if it is met, asks for no number, or has no figure."""
    found = shortage.lack(facts.catalog, item.promise, item.row, _counts(facts, item))
    if found is None:
        return None
    fact = item.fact("lacking")
    return Shortfall(
        None if found.number is None else count(found.number, fact),
        found.excess,
        Name(found.who, fact),
        [Name(name, f"{item.fact('places_failing')}/{n}") for n, name in enumerate(found.places, 1)],
        found.bare,
    )


def absent(facts: Facts, item: Item) -> Sequence[Name]:
    """The places without a usable figure, for a promise to each place. A place to which the indicator does not apply lacks nothing."""
    target = item.promise.target
    if target.each is None or not item.row["places_unknown"]:
        return ()
    there = {Reason.OK, Reason.NOT_APPLICABLE}
    unknown = [name for name, row in _of_places(facts, item) if row is None or row["state"] not in there]
    return [Name(name, f"{item.fact('places_unknown')}/{n}") for n, name in enumerate(unknown, 1)]


def _counts(facts: Facts, item: Item) -> Sequence[Row | None]:
    """The counts of the whole or, of a promise for each place, of those that do not keep it."""
    target = item.promise.target
    if item.promise.indicator is None:
        return ()
    if target.each is None:
        return [facts.figures.years(str(target.indicator), target.sex, target.part).get(facts.year)]
    failing = set(item.row["places_failing"] or ())
    return [row for name, row in _of_places(facts, item) if name in failing]


def _of_places(facts: Facts, item: Item) -> Iterator[tuple[str, Row | None]]:
    """Each place of a promise for every one of them by name, with its figure of the year if there is a row of it."""
    target, of_group = item.promise.target, facts.figures.of_group
    for place, name in item.catalog.places(str(target.each), facts.year).items():
        yield name, of_group(str(target.indicator), facts.year, place, target.sex, target.part or "")

"""Tells what a target lacks in people, things and places: from unrounded counts, one definition for all papers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from expectations.records import Indicator
from expectations.vocabulary import people as of_sex
from flows.press.bound import Name
from flows.press.numbers import Figure, count, exact
from flows.report.facts import Facts
from flows.report.facts.figures import Row
from flows.report.facts.items import Item
from flows.shortage import is_counted, lacking
from flows.wording import read, say


@dataclass(frozen=True)
class Shortfall:
    """Shortfall (缺口): how many people, cases or things would meet the requirement, and which places do not meet it."""

    lacking: Figure | None
    """How many more are needed with this year's denominator, or how many are too many; of a promise for each place the sum
    over those that do not keep it. None where that is no whole number of people, cases or things, or not known.
    """
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
    row, target, indicator = item.row, item.promise.target, item.promise.indicator
    if indicator is None or not item.numbered or row["value"] is None or row["threshold"] is None:
        return None
    if target.rule.series == "gap" or target.rule.two_sided:
        return None
    limit = Fraction(target.value) if target.rule.limit == "number" and target.value is not None else None
    limit = Fraction(exact(row["threshold"])) if limit is None else limit
    more, strict = item.promise.direction > 0, target.rule.strict
    if target.rule.series == "lowest":
        if not row["units_failing"]:
            return None
        names = [Name(name, f"{item.fact('units_failing')}/{n}") for n, name in enumerate(row["units_failing"], 1)]
        found = [_own(facts, item, place) for place in _failing(item)]
    elif _meets(Fraction(exact(row["value"])), limit, more, strict):
        return None
    else:
        names, found = [], [facts.figures.years(target.indicator, target.sex, target.part).get(facts.year)]
    lacks = (
        [lacking(r, indicator, limit, more, strict) for r in found]
        if is_counted(facts.catalog, indicator, facts.year)
        else [None]
    )
    known = [n for n in lacks if n is not None]
    whole = bool(known) and len(known) == len(lacks)
    return Shortfall(
        count(sum(known), item.fact("lacking")) if whole else None,
        not more,
        Name(_who(facts, item, indicator) if whole else "", item.fact("lacking")),
        names,
        bool(names) and all(r is not None and r["value"] == 0 for r in found),
    )


def _meets(value: Fraction, limit: Fraction, more: bool, strict: bool) -> bool:
    if value == limit:
        return not strict
    return (value > limit) == more


def _failing(item: Item) -> list[tuple[str, str]]:
    """(area, institution) of the places that do not keep the promise."""
    names = item.catalog.places(str(item.promise.target.each), int(item.row["year"]))
    return [place for place, name in names.items() if name in item.row["units_failing"]]


def _own(facts: Facts, item: Item, place: tuple[str, str]) -> Row | None:
    """The figure of one place in the data year."""
    target = item.promise.target
    return facts.figures.of_group(str(target.indicator), facts.year, place, target.sex, target.part or "")


def _who(facts: Facts, item: Item, indicator: Indicator) -> str:
    """What is counted, after a number: 名妇女; 例 for events; the column's unit where nobody is named."""
    words: Mapping[str, Any] = read("labels")["shortfall"]["who"]
    unit = _unit(facts, indicator.numerator[0])
    if indicator.rare:
        return say("labels/shortfall/event")
    above, below = ([facts.measure_title(m) for m in side] for side in (indicator.numerator, indicator.denominator))
    if unit not in words["persons"]:
        noun = _noun(above, words["things"])
        return f"{unit}{words['things'].get(noun, '')}"
    noun = _noun(above, words["people"]) or _noun(below, words["people"])
    sex = "female" if indicator.kind == "share" else item.promise.target.sex
    group = "" if any(word in noun for word in words["women"]) else of_sex(sex)
    if not noun and not group:
        return unit
    return say("labels/shortfall/person", who=f"{item.promise.part}{group}{noun}")


def _unit(facts: Facts, measure: str) -> str:
    found = (c.unit for d in facts.catalog.forms.values() for c in d.columns.values() if c.measure == measure)
    return str(next(found, ""))


def _noun(titles: Iterable[str], nouns: Iterable[str]) -> str:
    """The noun that stands last in the first title that has one: the head of 感染孕产妇所生儿童用药人数 is 儿童."""
    for title in titles:
        found = [(title.rfind(noun) + len(noun), len(noun), noun) for noun in nouns if noun in title]
        if found:
            return max(found)[2]
    return ""

"""How many people, cases or things are short of what is asked, or too many, and what they are called: from unrounded counts,
one definition and one wording for all that is printed and sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

from expectations.records import Catalog, Indicator, Promise
from expectations.requirement import kind
from expectations.units import base, unit_of
from expectations.vocabulary import people as of_sex
from flows.press.numbers import exact
from flows.warehouse import Row
from flows.wording import read, say

NEAR = Fraction(1, 10**6)
"""A limit that was computed (a baseline less 20 %) is known to 15 digits: what is this near to a whole number is that number."""


PLACES_NAMED = 5
"""The number of places that are named one by one; the data volume has all of them."""
MARKS = re.compile(r"\[([^|\]]*)(?:\|[^\]]*)?\]")
"""What binds a word of a form to its fact; a letter has none."""


class Lack(NamedTuple):
    """Lack (缺口): what would meet the requirement, in people, cases or things, and the places that do not meet it."""

    number: int | None
    """How many more are needed with the year's denominator, or how many are too many; of a promise for each place the sum
    over those that do not keep it. None where that is no whole number of people, cases or things, or not known.
    """
    who: str
    """What is counted, with its measure word: 名妇女, 例, 个托位; empty if nothing is."""
    excess: bool
    """Whether so many are too many."""
    places: tuple[str, ...]
    """The areas or institutions that do not keep a promise for each of them."""
    bare: bool
    """Whether these have none at all."""


def limit_of(promise: Promise, threshold: float | Decimal) -> Fraction:
    """The number that a value is held against: the plan's own, or the one that follows from it; of a direction, the nearest
    that is printed as another one.
    """
    target = promise.target
    if target.rule.limit == "number" and target.value is not None:
        return Fraction(target.value)
    beyond = Fraction(promise.unseen) if target.rule.strict else Fraction(0)
    return Fraction(exact(threshold)) + (beyond if promise.direction > 0 else -beyond)


def lack(catalog: Catalog, promise: Promise, row: Row, counts: Sequence[Row | None]) -> Lack | None:
    """What a target lacks in its year. `row` is its row of out_assessments; `counts` are the counts of the whole or, of a
    promise for each place, of those that do not keep it. None if it is met, asks for no side, or has no figure.
    """
    indicator, rule = promise.indicator, promise.target.rule
    if indicator is None or row["value"] is None or row["threshold"] is None:
        return None
    each = promise.target.each is not None
    if not (rule.own or each) or rule.two_sided or rule.paced:
        return None
    limit, more, strict = limit_of(promise, row["threshold"]), promise.direction > 0, rule.strict
    places = tuple(row["places_failing"] or ()) if each else ()
    if each:
        if not places:
            return None
    elif row["met"] or rule.reached((Fraction(exact(row["value"])) - limit) * promise.direction):
        # met without being beyond the limit: the best value keeps a direction
        return None
    lacks = (
        [lacking(one, indicator, limit, more, strict) for one in counts]
        if is_counted(catalog, indicator, int(row["year"]))
        else [None]
    )
    known = [n for n in lacks if n is not None]
    number = sum(known) if known and len(known) == len(lacks) else None
    bare = bool(places) and bool(counts) and all(one is not None and one["value"] == 0 for one in counts)
    return Lack(number, "" if number is None else called(catalog, promise), not more, places, bare)


def called(catalog: Catalog, promise: Promise) -> str:
    """What of a target is counted, after a number: 名妇女; 例 for events; the column's base unit where nobody is named."""
    indicator = promise.indicator
    assert indicator is not None
    words: Mapping[str, Any] = read("labels")["shortfall"]["who"]
    if indicator.rare:
        return say("labels/shortfall/event")
    forms = catalog.forms.values()
    counted = indicator.numerator[0]
    unit = base(next((str(c.unit) for d in forms for c in d.columns.values() if c.measure == counted), ""))
    above, below = ([catalog.measured(m) for m in side] for side in (indicator.numerator, indicator.denominator))
    if unit_of(unit).kind != "person":
        noun = _noun(above, words["things"])
        return f"{unit}{words['things'].get(noun, '')}"
    noun = _noun(above, words["people"]) or _noun(below, words["people"])
    sex = "female" if indicator.kind == "share" else promise.target.sex
    group = "" if any(word in noun for word in words["women"]) else of_sex(sex)
    if not noun and not group:
        return unit
    return say("labels/shortfall/person", who=f"{promise.part_called}{group}{noun}")


def _noun(titles: Iterable[str], nouns: Iterable[str]) -> str:
    """The noun that stands last in the first title that has one: the head of 感染孕产妇所生儿童用药人数 is 儿童."""
    for title in titles:
        found = [(title.rfind(noun) + len(noun), len(noun), noun) for noun in nouns if noun in title]
        if found:
            return max(found)[2]
    return ""


def told(catalog: Catalog, promise: Promise, found: Lack) -> str:
    """The same in words, for a letter: the report's form (flows/report/say/lacking.py) without what binds it."""
    words: Mapping[str, str] = read("wording")["lacking"]
    people = ""
    if found.number is not None:
        people = words["fewer" if found.excess else "more"].format(number=found.number, who=found.who)
    if not found.places:
        return people
    names = "、".join(found.places[:PLACES_NAMED])
    if len(found.places) > PLACES_NAMED:
        called = kind(catalog, promise.target.each)
        names = words["shortened"].format(names=names, number=len(found.places), kind=called)
    text = MARKS.sub(r"\1", words["bare" if found.bare else "places"]).format(names=names)
    if found.bare or not people:
        return text
    return text + words["all_places" if len(found.places) > 1 else "one_place"].format(people=people)


def apart(promise: Promise, more: bool, size: object) -> str:
    """What is missing in the indicator's own unit, where people cannot be counted."""
    form = "rises" if promise.target.rule.paced else "under" if more else "over"
    return str(read("wording")["lacking"][form]).format(gap=size)


def is_counted(catalog: Catalog, indicator: Indicator, year: int) -> bool:
    """Whether the numerator is a whole number of people, cases or things of all that the indicator is about, and no rounded
    one.
    """
    _, numerator, _ = indicator.caliber(year)
    above = [c for d in catalog.forms.values() for c in d.columns.values() if c.measure in numerator]
    counts = unit_of(indicator.unit).is_rate or all(unit_of(str(c.unit)).is_counted for c in above)
    return bool(above) and counts and not indicator.sample and all(c.is_exact for c in above)


def needed(row: Row, indicator: Indicator, limit: Fraction, more: bool, strict: bool) -> int | None:
    """The least count that would do with the row's denominator, or the greatest; None where the denominator is not known."""
    if indicator.kind != "count":
        if not row["denominator"]:
            return None
        limit = limit * Fraction(row["denominator"]) / Fraction(indicator.per)
    if abs(limit - round(limit)) < NEAR:
        limit = Fraction(round(limit))
    if more:
        return floor(limit) + 1 if strict else ceil(limit)
    return ceil(limit) - 1 if strict else floor(limit)


def lacking(row: Row | None, indicator: Indicator, limit: Fraction, more: bool, strict: bool) -> int | None:
    """How far the numerator is from what the limit asks for with the same denominator; None where a count is not known."""
    if row is None or row["value"] is None or row["numerator"] is None:
        return None
    wanted = needed(row, indicator, limit, more, strict)
    if wanted is None:
        return None
    above = Fraction(row["numerator"])
    return max(0, ceil(wanted - above) if more else ceil(above - wanted))

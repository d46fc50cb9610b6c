"""Tells of the district before anything is judged: how many people live there, and how that has changed."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from expectations.units import unit_of
from expectations.vocabulary import Sex
from flows.press.bound import joined
from flows.press.numbers import Figure, exact, figure, rounded
from flows.report.facts.profile import Profile, Trait
from flows.report.say.narrative import Narrator

PERCENT = "%"
TOLD = 5
"""The number of figures that a sentence tells; the table has all of them."""


def described(said: Narrator, profile: Profile) -> list[Markup]:
    """The figures of the data year, and how they have changed since the baseline; the second only where they can be
    compared.
    """
    words, told = said.words["profile"], profile.traits[:TOLD]
    levels = joined(_level(said, trait) for trait in told)
    place = said.facts.catalog.district.short
    sentences = [said.say(words["levels"], year=profile.year, place=place, traits=levels)]
    if changes := [text for trait in told for text in _changes(said, trait, profile.base)]:
        sentences.append(said.say(words["changes"], since=profile.base, changes=joined(changes)))
    return sentences


def _level(said: Narrator, trait: Trait) -> Markup:
    year = trait.facts.year
    sides = {sex: trait.at(year, sex) for sex in (Sex.FEMALE, Sex.MALE)}
    form = said.words["profile"]["by_sex" if trait.by_sex else "one"]
    return said.say(form, name=trait.name, value=trait.at(year), unit=trait.unit, **sides)


def _changes(said: Narrator, trait: Trait, since: int) -> Iterator[Markup]:
    """One change, if it can be told."""
    words, change, unit = said.words["profile"], trait.change(since), unit_of(trait.unit)
    if not isinstance(change, Figure):
        return
    size = figure(abs(exact(change.value)), change.places, change.fact)
    if rounded(change.value, change.places) == 0:
        yield said.say(words["flat"], change.fact, name=trait.name)
        return
    rise = change.value > 0
    form = ("higher" if rise else "lower") if unit.is_level else ("more" if rise else "less")
    amount = Markup("{}{}").format(size, unit.difference if unit.is_rate else PERCENT)
    yield said.say(words[form], change.fact, name=trait.name, change=amount)

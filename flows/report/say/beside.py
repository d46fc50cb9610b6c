"""Tells in a sentence how the district stands to each area above it: how many figures are better, and which are worse."""

from __future__ import annotations

from markupsafe import Markup

from expectations.records import Area
from expectations.vocabulary import Against, Versus
from flows.press.bound import Name, joined
from flows.press.numbers import Figure, count
from flows.report.facts.beside import Beside
from flows.report.say.narrative import Narrator

NAMED = 3
"""The number of indicators that a sentence names."""
STANDINGS = {
    "ahead": (Versus.AHEAD,),
    "after": (Versus.AFTER,),
    "even": (Versus.EVEN, Against.LIKE),
    "apart": (Versus.OVER, Versus.UNDER),
}
"""The standings that a sentence tells as one."""


def standing(narrator: Narrator, beside: Beside, area: Area) -> Markup:
    """与全国同年、同口径的数值相比，可比的8项指标中，好于全国的6项……; empty if nothing can be compared."""
    words, called = narrator.words["above"], area.called_whole
    able = [c for c in beside.of(area) if c.standing is not None]
    if not able:
        return Markup("")
    parts = []
    for form, covered in STANDINGS.items():
        group = [c for c in able if c.standing in covered]
        if not group:
            continue
        names = [
            Name(narrator.facts.catalog.indicators[c.told.indicator].name, f"name/{c.told.indicator}") for c in group
        ]
        told = words["counts_parts"][f"{form}_many" if form == "after" and len(group) > NAMED else form]
        number = _number(area, form, len(group))
        parts.append(narrator.say(told, area=called, number=number, names=joined(names[:NAMED])))
    return narrator.say(words["counts"], area=called, all=_number(area, "all", len(able)), parts=joined(parts))


def _number(area: Area, form: str, number: int) -> Figure:
    return count(number, f"{area.code}/above/{form}")

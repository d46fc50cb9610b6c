"""Writes what is told of one area in a sentence: what is demanded of it, and where it is far from the district."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from flows.press.bound import Name, joined
from flows.press.numbers import Figure, figure
from flows.report.facts.portraits import AreaFigure, Portrait
from flows.report.say.narrative import Narrator
from flows.wording import say

NAMED = 3
"""The number of indicators, or of areas, that a sentence names."""


def finding(narrator: Narrator, portrait: Portrait) -> Markup:
    """The area's one sentence: what it does not reach, then what is far from the district, the worse first."""
    parts = [*_demanded(narrator, portrait), *_apart(narrator, portrait)]
    words = narrator.words["areas"]
    return joined(parts, "；") + "。" if parts else narrator.say(words["nothing"], year=portrait.year)


def _demanded(narrator: Narrator, portrait: Portrait) -> list[Markup]:
    words, unmet = narrator.words["areas"], portrait.unmet
    if len(unmet) == 1:
        return [_valued(narrator, unmet[0], "unmet_alone", unmet=portrait.number("unmet"))]
    if unmet:
        listed = joined([_valued(narrator, s, "unmet_one") for s in unmet[:NAMED]])
        form = "unmet" if len(unmet) <= NAMED else "unmet_many"
        return [narrator.say(words[form], listed=listed, unmet=portrait.number("unmet"))]
    reached = portrait.number("reached")
    if not reached.value:
        return []
    form = "reached" if len(portrait.reached) == len(portrait.demanded) else "reached_known"
    called = narrator.facts.catalog.district.areas_called
    return [narrator.say(words[form], areas=called, reached=reached)]


def _apart(narrator: Narrator, portrait: Portrait) -> list[Markup]:
    words, whole = narrator.words["areas"], narrator.facts.catalog.district.called_whole
    if not portrait.compared:
        return []
    told = []
    for name in ("behind", "better"):
        found: list[AreaFigure] = getattr(portrait, name)
        if found:
            listed = joined([_valued(narrator, s, "apart_one", whole=whole) for s in found[:NAMED]])
            many = "" if len(found) <= NAMED else "_many"
            told.append(narrator.say(words[name + many], listed=listed, number=portrait.number(name), whole=whole))
    rest = portrait.number("rest")
    if rest.value:
        told.append(narrator.say(words["rest" if told else "alike"], rest=rest, whole=whole))
    return told


def _valued(narrator: Narrator, standing: AreaFigure, form: str, **more: object) -> Markup:
    unit = standing.indicator.unit
    value, district = (
        Markup("{}{}").format(v, unit) if isinstance(v, Figure) else v for v in (standing.value, standing.whole)
    )
    return narrator.say(
        narrator.words["areas"][form],
        name=standing.name,
        value=value,
        district=district,
        required=_required(narrator, standing),
        **more,
    )


def _required(narrator: Narrator, standing: AreaFigure) -> Name:
    """The number that this area has to reach: that each of them has to, the district's report tells."""
    item = standing.demanded
    if item is None:
        return Name("", "")
    form = "at_least_all" if item.limit == "100%" else "at_least"
    return Name(str(narrator.words["goal"][form]).format(value=item.limit), f"required/{item.id}")


def overview(narrator: Narrator, listed: Sequence[Portrait], numbers: dict[str, Figure]) -> Markup:
    """All areas in a sentence: how many have nothing that somebody should look at, and which have most."""
    words, district = narrator.words["areas"], narrator.facts.catalog.district
    told = {"year": narrator.facts.year, "areas": district.areas_called, **numbers}
    highest = max(len(p.pressing) for p in listed)
    most = [p for p in listed if len(p.pressing) == highest]
    if not highest:
        known = any(isinstance(s.value, Figure) for p in listed for s in p.standings)
        whole = not any(p.missing for p in listed)
        return narrator.say(
            words["overview_none" if whole else "overview_known" if known else "overview_blank"], **told
        )
    return narrator.say(
        words["overview" if len(most) <= NAMED else "overview_many"],
        most=joined([Name(p.area.name, f"area/{p.area.code}") for p in most[:NAMED]]),
        many=figure(len(most), 0, f"{numbers['all'].fact}/most"),
        each=say("labels/portrait/each") if len(most) > 1 else "",
        number=most[0].number("pressing"),
        **told,
    )


def unmet(narrator: Narrator, listed: Sequence[Portrait]) -> Markup:
    """How many areas reach all that is demanded of each, and which do not reach most; empty if all reach all."""
    highest = max((len(p.unmet) for p in listed), default=0)
    if not highest:
        return Markup("")
    words, fact = narrator.words["areas"], f"portraits/{narrator.facts.year}"
    most = [p for p in listed if len(p.unmet) == highest]
    reached = [p for p in listed if p.demanded and len(p.reached) == len(p.demanded)]
    alike = len(most) == sum(bool(p.unmet) for p in listed)
    few = "unmet_places_alike" if alike else "unmet_places"
    return narrator.say(
        words[few if len(most) <= NAMED else "unmet_places_many"],
        areas=narrator.facts.catalog.district.areas_called,
        asked=figure(max(len(p.demanded) for p in listed), 0, f"{fact}/demanded"),
        all=figure(len(listed), 0, f"{fact}/all"),
        reached=figure(len(reached), 0, f"{fact}/reached"),
        most=joined([Name(p.area.name, f"area/{p.area.code}") for p in most[:NAMED]]),
        many=figure(len(most), 0, f"{fact}/most_unmet"),
        each=say("labels/portrait/each") if len(most) > 1 else "",
        unmet=most[0].number("unmet"),
    )

"""What the report says of areas that were merged or split: the figures of an area of today as far as its parts add up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from expectations import territory
from expectations.vocabulary import Reason
from flows.report.facts import Facts
from flows.warehouse import Row
from flows.wording import say


class Note(NamedTuple):
    """An adjustment of the district's areas, in words."""

    since: int
    text: str


class Joined(NamedTuple):
    """A figure of an area, put together from the areas of an earlier year that make it up."""

    value: float | None
    state: str
    """Why there is no value."""
    caliber: int = 0
    """The indicator's definition in that year."""

    def is_apart(self, other: Joined) -> bool:
        """Whether both are known, and of different calibers."""
        return None not in (self.value, other.value) and self.caliber != other.caliber


def notes(facts: Facts) -> list[Note]:
    """Every adjustment since the baseline up to the report's year."""
    return [
        Note(change.year, "；".join(_told(change)) + "。")
        for change in territory.adjustments(facts.catalog.district)
        if facts.base < change.year <= facts.year
    ]


def _told(change: territory.Adjustment) -> Iterator[str]:
    pairs = [("merged", change.merged), ("split", change.split)]
    for kind, listed in pairs:
        for area, other in listed:
            yield say(f"messages/territory/note/{kind}", area=area.name, other=other.name, year=change.year)
    for kind, areas in (("come", change.come), ("gone", change.gone)):
        if areas:
            yield say(f"messages/territory/note/{kind}", areas="、".join(a.name for a in areas))


def areas(facts: Facts) -> list[str]:
    """The areas of the report's year that are not what they were in the baseline year, by their codes."""
    district = facts.catalog.district
    moved = {code for code, since in territory.extents(district) if facts.base < since <= facts.year}
    return [a.code for a in district.areas_of(facts.year) if a.code in moved or a.since > facts.base]


def joined(facts: Facts, indicator: str, area: str, year: int, sex: str = "total", part: str = "") -> Joined:
    """The figure of an area, as it is in the report's year, for that year or an earlier one; of all, or of one sex or part.

    Numerators and denominators of the areas that make it up are added, as far as this edition prints them: so a sum
    tells nothing that its parts do not tell. If the area was only a part of another one, there is no figure.
    """
    places = territory.made_of(facts.catalog.district, area, facts.year, year)
    found = [facts.figures.of_group(indicator, year, (place, ""), sex, part) for place in places]
    if not places:
        return Joined(None, Reason.BREAK)
    known = [row for row in found if row is not None and row["state"] != Reason.NOT_APPLICABLE]
    if len(known) < len(places) and any(row is None for row in found):
        return Joined(None, facts.absence(indicator, year))
    if not known:
        return Joined(None, Reason.NOT_APPLICABLE)
    if missing := next((row["state"] for row in known if row["state"] != "ok"), None):
        return Joined(None, str(missing))
    since, *_ = facts.catalog.indicators[indicator].caliber(year)
    return _sum(facts, indicator, known)._replace(caliber=since)


def _sum(facts: Facts, indicator: str, rows: list[Row]) -> Joined:
    record = facts.catalog.indicators[indicator]
    if len(rows) == 1:
        return Joined(rows[0]["value"], "ok")
    if record.kind == "count":
        return Joined(sum(float(row["value"]) for row in rows), "ok")
    if any(row["numerator"] is None or row["denominator"] is None for row in rows):
        return Joined(None, Reason.BREAK if facts.edition.internal else Reason.SUPPRESSED)  # ready-made, or kept back
    numerator, denominator = (sum((row[k] for row in rows), Decimal(0)) for k in ("numerator", "denominator"))
    if not denominator:
        return Joined(None, Reason.NOT_APPLICABLE)
    return Joined(float(numerator * record.per / denominator), "ok")

"""所辖地区画像: one area, one page, behind a page that leads to them; a district without areas has no such paper."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from math import ceil
from typing import TYPE_CHECKING

from expectations.vocabulary import Reason
from flows.press.bound import Name, Word
from flows.press.numbers import Figure, figure
from flows.report.facts.portraits import FEW, SURE, WARNED, AreaFigure, Portrait, portraits
from flows.report.kinds.report import Context, Report
from flows.report.say import areas
from flows.report.write import tables
from flows.wording import say

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings

LINES = 27
"""The number of lines that a page's table has room for; a long name takes two."""
NAME = 18
"""The number of Chinese letters of a name on one line; other letters are half as wide."""
WIDE = 0x2E80
"""Where the letters begin that are as wide as high."""
MISSING_NAMED = 4
"""The number of indicators without a figure that are named, reason by reason."""


def context(made: Report, charts: Drawings) -> Context | None:
    """What the template says: every area's page, and the numbers of the first page."""
    facts, keys = made.facts, tables.area_indicators(made.facts)
    listed = list(portraits(facts, keys))
    if not any(p.standings for p in listed):
        return None
    rank = {str(i.promise.target.indicator): n for n, i in zip(count(), facts.ranked, strict=False)}
    fact = f"portraits/{facts.year}"
    numbers = {
        "all": figure(len(listed), 0, f"{fact}/all"),
        "calm": figure(sum(not p.pressing for p in listed), 0, f"{fact}/calm"),
    }
    return {
        "title": say("labels/portrait/title", title=made.title, areas=facts.catalog.district.areas_called),
        "sheet": "areas",
        "pages": [_page(made, charts, p, rank) for p in listed],
        "finding": areas.overview(made.narrator, listed, numbers),
        "map": charts.pressing(facts, listed),
        "before": facts.base < facts.year - 1,
        "base": facts.base,
        "rare": [facts.catalog.indicators[k].name for k in keys if facts.catalog.indicators[k].rare],
        "kept_back": Reason.SUPPRESSED.word,
        "limits": {"few": FEW, "warned": WARNED * 100, "sure": SURE * 100},
        "pressed": {"demanded": any(p.demanded for p in listed), "compared": any(p.compared for p in listed)},
    }


def _page(made: Report, charts: Drawings, portrait: Portrait, rank: dict[str, int]) -> Context:
    order = _order(portrait, rank)
    shown = _fitting(portrait, order)
    hidden = [s for s in portrait.standings if s not in shown]
    return {
        "area": portrait.area,
        "portrait": portrait,
        "finding": areas.finding(made.narrator, portrait),
        "chart": charts.past(made.facts, portrait, order),
        "rows": [(s, _apart(portrait, s)) for s in shown],
        "few": [s.name for s in shown if s.few],
        "calibers": any(s.apart_base or s.apart_before for s in shown),
        "missing": _missing(portrait),
        "protected": any(Reason.SUPPRESSED.word in (s.base, s.before) for s in shown),
        "hidden": figure(len(hidden), 0, f"{portrait.fact}/hidden"),
    }


def _order(portrait: Portrait, rank: dict[str, int]) -> list[AreaFigure]:
    """What matters most first: not reached, far worse, far better, demanded, then by what is at stake in the plans; figures
    of few people behind others.
    """

    def matters(standing: AreaFigure) -> tuple[bool | int, ...]:
        s = standing
        absent = s.value == Reason.NOT_APPLICABLE.word
        at_stake = rank.get(s.key, len(rank))
        return (s.met is not False, not s.worse, not s.better, s.demanded is None, absent, s.few, at_stake)

    return sorted(portrait.standings, key=matters)


def _fitting(portrait: Portrait, order: Sequence[AreaFigure]) -> list[AreaFigure]:
    """As many as a page holds, what matters most first, in the order of the plans."""
    kept, lines = [], 0
    for standing in order:
        lines += _lines(standing)
        if lines > LINES:
            break
        kept.append(standing)
    return [s for s in portrait.standings if s in kept]


def _lines(standing: AreaFigure) -> int:
    """How many lines its name takes."""
    row = say("labels/portrait/row", name=standing.name, unit=standing.indicator.unit)
    return ceil(sum(1 if ord(letter) > WIDE else 0.5 for letter in row) / NAME)


def _apart(portrait: Portrait, standing: AreaFigure) -> Word | str:
    if standing.apart is None:
        return "—"
    return Word(standing.apart.word, portrait.fact_of(standing, "apart"), standing.apart)


def _missing(portrait: Portrait) -> list[tuple[str, list[Name], Figure | None]]:
    """Reason by reason, the indicators without a figure; their number if not all are named."""
    told: dict[str, list[Name]] = {}
    for standing in portrait.missing:
        told.setdefault(str(standing.value), []).append(standing.name)
    return [
        (
            reason,
            names[:MISSING_NAMED],
            figure(len(names), 0, f"{portrait.fact}/missing/{n}") if len(names) > MISSING_NAMED else None,
        )
        for n, (reason, names) in enumerate(told.items())
    ]

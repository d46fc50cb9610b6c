"""所辖地区画像: one area, one page, behind a page that leads to them; a district without areas has no such paper."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from math import ceil
from typing import TYPE_CHECKING

from expectations.vocabulary import Reason
from flows.press.bound import Name, Word
from flows.press.numbers import Figure, figure
from flows.report.facts.profiles import FEW, SURE, WARNED, Profile, Standing, profiles
from flows.report.kinds.report import Context, Report
from flows.report.say import areas
from flows.report.write import tables

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
    listed = list(profiles(facts, keys))
    if not any(p.standings for p in listed):
        return None
    rank = {str(i.promise.target.indicator): n for n, i in zip(count(), facts.ranked, strict=False)}
    fact = f"profiles/{facts.year}"
    numbers = {
        "all": figure(len(listed), 0, f"{fact}/all"),
        "calm": figure(sum(not p.pressing for p in listed), 0, f"{fact}/calm"),
    }
    return {
        "title": f"{made.title}（{facts.catalog.district.areas_called}画像）",
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


def _page(made: Report, charts: Drawings, profile: Profile, rank: dict[str, int]) -> Context:
    order = _order(profile, rank)
    shown = _fitting(profile, order)
    hidden = [s for s in profile.standings if s not in shown]
    return {
        "area": profile.area,
        "profile": profile,
        "finding": areas.finding(made.narrator, profile),
        "chart": charts.past(made.facts, profile, order),
        "rows": [(s, _apart(profile, s)) for s in shown],
        "few": [s.name for s in shown if s.few],
        "missing": _missing(profile),
        "protected": any(Reason.SUPPRESSED.word in (s.base, s.before) for s in shown),
        "hidden": figure(len(hidden), 0, f"{profile.fact}/hidden"),
    }


def _order(profile: Profile, rank: dict[str, int]) -> list[Standing]:
    """What matters most first: not reached, far worse, far better, demanded, then by what is at stake in the plans; figures
    of few people behind others.
    """

    def matters(standing: Standing) -> tuple[bool | int, ...]:
        s = standing
        absent = s.value == Reason.NOT_APPLICABLE.word
        at_stake = rank.get(s.key, len(rank))
        return (s.met is not False, not s.worse, not s.better, s.demanded is None, absent, s.few, at_stake)

    return sorted(profile.standings, key=matters)


def _fitting(profile: Profile, order: Sequence[Standing]) -> list[Standing]:
    """As many as a page holds, what matters most first, in the order of the plans."""
    kept, lines = [], 0
    for standing in order:
        lines += ceil(
            sum(1 if ord(c) > WIDE else 0.5 for c in f"{standing.name}（{standing.indicator.unit}）＊") / NAME
        )
        if lines > LINES:
            break
        kept.append(standing)
    return [s for s in profile.standings if s in kept]


def _apart(profile: Profile, standing: Standing) -> Word | str:
    if standing.apart is None:
        return "—"
    return Word(standing.apart.word, f"{standing.key}/{profile.year}/{profile.area.code}/apart", standing.apart)


def _missing(profile: Profile) -> list[tuple[str, list[Name], Figure | None]]:
    """Reason by reason, the indicators without a figure; their number if not all are named."""
    told: dict[str, list[Name]] = {}
    for standing in profile.missing:
        told.setdefault(str(standing.value), []).append(standing.name)
    return [
        (
            reason,
            names[:MISSING_NAMED],
            figure(len(names), 0, f"{profile.fact}/missing/{n}") if len(names) > MISSING_NAMED else None,
        )
        for n, (reason, names) in enumerate(told.items())
    ]

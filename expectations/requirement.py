"""Writes in a few words what a target demands, for lists and tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from expectations.records import Catalog, Promise


def plain(value: Decimal | None) -> str:
    """8.5, 98, -20: never 9.8E+1."""
    return "" if value is None else format(value.normalize(), "f")


def requirement(catalog: Catalog, promise: Promise) -> str:
    """≥70%, 每个街镇≥95%, 逐步提高, 控制在8.5/10万以内, 不低于女党员比例, ≥95%（2023年起；原≥90%）…"""
    if not promise.earlier:
        return _demanded(catalog, promise)
    numbers = [_demanded(catalog, replace(promise, target=target)) for target in promise.earlier]
    years = [revision.since for revision in promise.target.revised][: len(numbers)]
    told = [f"{years[-1]}年起", *(f"{y}年起{n}" for y, n in zip(years[-2::-1], numbers[:0:-1], strict=True))]
    return f"{_demanded(catalog, promise)}（{'；'.join([*told, f'原{numbers[0]}'])}）"


def _demanded(catalog: Catalog, promise: Promise) -> str:
    """The same by the number of the year alone."""
    target = promise.target
    words = demand(catalog, promise)
    if target.every_year and not target.rule.yearly:  # whose words begin with it
        words = f"每年{words}"
    return f"{target.soft}{words}" if target.soft else words


def demand(catalog: Catalog, promise: Promise) -> str:
    """The same without 每年 and without 力争 or 一般."""
    target = promise.target
    if target.rule.directional:
        return direction(promise)
    number = plain(target.value) + promise.unit
    each = kind(catalog, target.each) if target.each else ""
    if target.words and target.value is not None:
        return f"{f'每个{each}' if each else ''}{target.words}{number}{'以内' if promise.direction < 0 else '以上'}"
    if number == "100%" and target.rule.key == "at_least":
        return number  # nothing lies above
    facts = {
        "number": number,
        "each": each,
        "size": size(promise),
        "way": "降低" if (target.value or 0) < 0 else "提高",
        "baseline": promise.plan.head.baseline,
        "than": than(catalog, promise),
        "band": _band(promise),
    }
    told = target.rule.demand.format(**{**dict(target), **facts})
    return f"{target.words}（{told}）" if target.words else told


def size(promise: Promise) -> str:
    """The number of the plan with its unit, without its sign; empty if it has none."""
    value = promise.target.value
    return "" if value is None else plain(abs(value)) + promise.unit


def than(catalog: Catalog, promise: Promise) -> str:
    """The other indicator, or the other area, that the promise is compared with; empty if it names none."""
    target = promise.target
    match target.rule.limit:
        case "indicator":
            return catalog.indicators[str(target.than)].name
        case "area":
            return next(a.name for a in catalog.district.references if a.code == target.than)
    return ""


def _band(promise: Promise) -> str:
    """40%—60%, 1—2名."""
    if promise.target.band is None:
        return ""
    low, high = (plain(number) for number in promise.target.band)
    return f"{low}%—{high}%" if promise.unit == "%" else f"{low}—{high}{promise.unit}"


def direction(promise: Promise) -> str:
    """The direction that a target asks for, if possible in the plan's own word: 明显提高, 城乡差距显著缩小, 不降低."""
    target = promise.target
    words = target.words or target.rule.direction
    return f"{promise.gap_called}{words}" if target.rule.series == "gap" else words


def kind(catalog: Catalog, each: str | None) -> str:
    """What the district calls its areas, or the name of a kind of institution."""
    return catalog.district.areas_called if each == "area" else catalog.district.institutions[str(each)].name


def called(catalog: Catalog, year: int) -> Mapping[str, str]:
    """Target of a year → the name by which a department finds it in its clause: with what it asks for where two targets
    of a clause have the same name.
    """
    promises = catalog.promises(year)
    often = Counter((p.plan.id, p.clause, p.name) for p in promises)
    return {
        p.id: p.name if often[p.plan.id, p.clause, p.name] == 1 else f"{p.name}（{requirement(catalog, p)}）"
        for p in promises
    }

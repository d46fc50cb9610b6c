"""Which areas a district has in which data year: what became of an area, and of which areas one of today was made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from expectations.records import FOREVER, Area, District


class Adjustment(NamedTuple):
    """What happened to the areas from one data year to the next."""

    year: int
    """The first data year in which it holds."""
    merged: tuple[tuple[Area, Area], ...] = ()
    """An area that is gone, and the one that took it in."""
    split: tuple[tuple[Area, Area], ...] = ()
    """An area that is new, and the one that it was part of."""
    come: tuple[Area, ...] = ()
    """Areas that did not belong to the district before."""
    gone: tuple[Area, ...] = ()
    """Areas that belong to another district since."""


def adjustments(district: District) -> tuple[Adjustment, ...]:
    """Every change of the district's areas, year by year."""
    years = {a.since for a in district.areas if a.since} | {a.until + 1 for a in district.areas if a.until < FOREVER}
    return tuple(_changed(district, year) for year in sorted(years))


def _changed(district: District, year: int) -> Adjustment:
    by_code = {area.code: area for area in district.areas}
    new = [a for a in district.areas if a.since == year]
    ended = [a for a in district.areas if a.until == year - 1]
    merged = tuple((a, by_code[a.merged_into]) for a in ended if a.merged_into)
    split = tuple((a, by_code[a.split_from]) for a in new if a.split_from)
    made = {into.code for _, into in merged}
    divided = {whole.code for _, whole in split}
    come = tuple(a for a in new if not a.split_from and a.code not in made)
    gone = tuple(a for a in ended if not a.merged_into and a.code not in divided)
    return Adjustment(year, merged, split, come, gone)


def outer(district: District) -> frozenset[int]:
    """The years since when the district is not what it was before: an area came from outside, or left it."""
    return frozenset(c.year for c in adjustments(district) if c.come or c.gone)


def splits(district: District) -> frozenset[int]:
    """The years since when areas are there whose past is not known."""
    return frozenset(c.year for c in adjustments(district) if c.split) | outer(district)


def breaks(district: District, each: str | None) -> frozenset[int]:
    """The years since when a target's earlier values are not comparable: for a promise for each area (`each`), since
    areas are there whose past is not known; for others, since the district is another one.
    """
    return splits(district) if each == "area" else outer(district)


def extents(district: District) -> Iterator[tuple[str, int]]:
    """Area, and a year since when it is not what it was before; the district itself is one of them."""
    for year in sorted(outer(district)):
        yield district.code, year
    for change in adjustments(district):
        for code in sorted({whole.code for _, whole in (*change.merged, *change.split)}):
            yield code, change.year


def heirs(district: District, code: str, year: int) -> tuple[str, ...]:
    """The areas that have, in a data year, the ground of an area: itself, those that it went into or was part of, or
    none if it does not belong to the district then.
    """
    area = next(a for a in district.areas if a.code == code)
    if area.there(year):
        return (code,)
    if year > area.until:
        parts = [a.code for a in district.areas if a.split_from == code and a.since == area.until + 1]
        others = [area.merged_into] if area.merged_into else parts
    else:
        parts = [a.code for a in district.areas if a.merged_into == code and a.until == area.since - 1]
        others = [area.split_from] if area.split_from else parts
    return tuple(dict.fromkeys(heir for other in others for heir in heirs(district, other, year)))


def made_of(district: District, code: str, now: int, year: int) -> tuple[str, ...]:
    """The areas of an earlier year that together are exactly the area as it is `now`; none if there are no such areas."""
    found = {code}
    for change in reversed(adjustments(district)):
        if not year < change.year <= now:
            continue
        before = found - {a.code for a in district.areas if a.since == change.year}
        before |= {a.code for a, into in change.merged if into.code in found}
        for whole in {whole.code: whole for _, whole in change.split}.values():
            pieces = {a.code for a, of in change.split if of is whole}
            pieces |= {whole.code} if whole.there(change.year) else set()
            if pieces <= found:
                before |= {whole.code}
            elif pieces & found:
                return ()
        if found & {a.code for a in change.come}:
            return ()
        found = before
    return tuple(a.code for a in district.areas if a.code in found)


class AreaFate(NamedTuple):
    """Why an area is not there in a data year."""

    kind: Literal["merged", "divided", "gone", "split", "made", "come"]
    """Taken in by another one, divided into others, left the district; or, of one that was not there yet: split from
    another one, made of others, come from outside.
    """
    year: int
    """The first data year in which that holds."""
    others: tuple[str, ...]
    """Names of the areas that it went into, or was part of."""


def fate(district: District, code: str, year: int) -> AreaFate:
    """What became of an area that is not there in a data year any more, or where one comes from that was not there yet."""
    area = next(a for a in district.areas if a.code == code)
    names = {a.code: a.name for a in district.areas}
    since = area.until + 1 if year > area.until else area.since
    direct = area.merged_into if year > area.until else area.split_from
    if direct:
        return AreaFate("merged" if year > area.until else "split", since, (names[direct],))
    around = since if year > area.until else since - 1
    others = tuple(names[other] for other in heirs(district, code, around))
    if year > area.until:
        return AreaFate("divided" if others else "gone", since, others)
    return AreaFate("made" if others else "come", since, others)

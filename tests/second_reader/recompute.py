"""Every indicator for every year, area, institution, sex and part: sums divided by sums, in fractions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from tests.second_reader.catalogue import Catalogue, listed
from tests.second_reader.deliveries import Place, Read

Own = Mapping[str, Mapping[tuple[str, str], Fraction | None]]
"""Measure → sex and part → what the file's own row of the whole district has beyond all that is known below it, of the measures that
are taken from that row.
"""


class Value(NamedTuple):
    """A figure in the indicator's unit; `value` is None where `state` says why."""

    value: Fraction | None
    state: str
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    caliber: int = 0


Key = tuple[str, int, str, str, str, str]
"""Indicator, year, area, institution, sex, part of a dimension."""


def indicators(catalogue: Catalogue, years: Mapping[int, Read]) -> dict[Key, Value]:
    found: dict[Key, Value] = {}
    for year, read in years.items():
        for key, record in catalogue.indicators.items():
            found.update(_one(catalogue, key, record, year, read))
    return found


def _one(catalogue: Catalogue, key: str, record: dict[str, Any], year: int, read: Read) -> dict[Key, Value]:
    caliber = 0
    numerators, denominators = listed(record.get("numerator")), listed(record.get("denominator"))
    for version in sorted(record.get("calibers", []), key=lambda v: v["since"]):
        if version["since"] <= year:
            caliber = version["since"]
            numerators = listed(version.get("numerator")) or numerators
            denominators = listed(version.get("denominator")) or denominators
    measures = [*numerators, *denominators]
    ready = {
        (key, year, *place): Value(v, "ok", caliber=caliber)
        if isinstance(v, Fraction)
        else Value(None, v, caliber=caliber)
        for (name, place), v in read.ready.items()
        if name == key
    }
    placed = any(name == key and place[0] != catalogue.code for name, place in read.ready)
    for name, (area, institution, sex, part) in read.refused:
        if name == key and (
            area or not placed
        ):  # among rows of places, a row of none is rather one of these than the whole
            ready.setdefault(
                (key, year, area or catalogue.code, institution, sex, part), Value(None, "rejected", caliber=caliber)
            )
    if not measures or any(m not in catalogue.homes for m in measures):
        return ready
    found: dict[Key, Value] = {}
    unstated, own = _unstated(catalogue, read, measures), _own(catalogue, read, measures, year)
    for area, institution in _levels(catalogue, measures):
        since = {caliber, *(y for y in catalogue.redrawn(area) if y <= year and not institution)}
        for sex, part in _groups(catalogue, record):
            parts = [
                list(_cells(catalogue, read, m, (area, institution), (sex, part), year, unstated, own))
                for m in measures
            ]
            if not all(parts) if sex != "not_stated" else not any(parts):
                continue
            top = [cell for part in parts[: len(numerators)] for cell in part]
            below = [cell for part in parts[len(numerators) :] for cell in part]
            value = _value(record, top, below, max(since))
            if area in catalogue.references and not any(
                area == a for m in measures for a, *_ in read.values.get(m, {})
            ):
                continue  # what nobody was to deliver is no gap, even where the file is refused
            found[key, year, area, institution, sex, part] = value
    _withdraw_impossible(catalogue, record, found)
    for (area, institution, sex, part), (lacking, *group) in (
        *_one_sided(record["kind"], numerators, denominators, read),
        *_within(catalogue, record["kind"], numerators, denominators, read),
    ):
        told = (own.get(lacking, {}).get((group[0], group[1])) or 0) > 0  # by the district's own row
        if area not in catalogue.references:
            for place in product({area, catalogue.code}, {institution, ""}, {sex, "total"}, {part, ""}):
                beneath = (area, institution) != (catalogue.code, "")
                if (key, year, *place) in found and not (told and beneath and place[:2] == (catalogue.code, "")):
                    found[key, year, *place] = Value(None, "rejected", caliber=found[key, year, *place].caliber)
    # What is computed goes first; a ready-made figure stands where nothing came to compute it from.
    return found | {
        place: v for place, v in ready.items() if place not in found or found[place].state == "not_received"
    }


def _withdraw_impossible(catalogue: Catalogue, record: dict[str, Any], found: dict[Key, Value]) -> None:
    """Reject what lies beyond the bounds of its indicator, somebody of nobody too, and every sum that it is a part of."""
    if "range" not in record:
        return
    low, high = (Fraction(str(bound)) for bound in record["range"])
    beyond = [
        place
        for place, v in found.items()
        if (v.value is not None and not low <= v.value <= high) or (v.numerator and v.denominator == 0)
    ]
    for key, year, area, institution, sex, part in beyond:
        wholes = {area} if area in catalogue.references else {area, catalogue.code}
        for place in product(wholes, {institution, ""}, {sex, "total"}, {part, ""}):
            if (key, year, *place) in found:
                found[key, year, *place] = Value(None, "rejected", caliber=found[key, year, *place].caliber)


def _own(catalogue: Catalogue, read: Read, measures: list[str], year: int) -> Own:
    """The measures that the district's own row stands for: a row of no place has a figure of their form, and the own row has all of
    them, each beside complete cells or with more than what is known below it.
    """
    strayed = {catalogue.homes[m] for m in measures if read.stray.get(m)}
    found: dict[str, dict[tuple[str, str], Fraction | None]] = {}
    for measure in (m for m in measures if catalogue.homes[m] in strayed):
        dataset, dimension = catalogue.datasets[catalogue.homes[measure]], catalogue.dimension(catalogue.homes[measure])
        roles = {spec.get("is") for spec in dataset["columns"].values()}
        places = (
            [(area, institution) for institution, area in catalogue.institutions(dataset["institution_kind"], year)]
            if "institution" in roles
            else [(area, "") for area in catalogue.areas if area in catalogue.there(year)]
        )
        parts = [*([] if dimension and dimension["exhaustive"] else [""]), *(dimension["parts"] if dimension else ())]
        beyond: dict[tuple[str, str], Fraction | None] = {}
        enough = True
        for group in product(("female", "male") if "sex" in roles else ("total",), parts):
            own = read.whole.get(measure, {}).get(group)
            cells = [read.values.get(measure, {}).get((*place, *group)) for place in places]
            others = {
                (s, p, v)
                for _, s, p, v in read.stray.get(measure, [])
                if s in (None, "total", group[0]) and p in (None, "", group[1])
            }
            known = [*(v for v in cells if isinstance(v, Fraction)), *(v for *_, v in others)]
            more = (
                None if None in known or not isinstance(own, Fraction) else own - sum(v for v in known if v is not None)
            )
            beyond[group] = more
            enough &= isinstance(own, Fraction) and (
                not {None, "not_received"} & {*cells} or (more is not None and more > 0)
            )
        if enough:
            found[measure] = beyond
    return found


def _one_sided(kind: str, top: list[str], below: list[str], read: Read) -> Iterator[tuple[Place, tuple[str, str, str]]]:
    """Places with people on one side of the quotient, where the file says of the other that it does not apply: of all that is there of
    the other side, or, where both sides have as many measures, of the one that belongs to it; with such a measure, its sex and part.
    """
    values = read.values
    places = {place for measure in (*top, *below) for place in values.get(measure, {})}
    for area, institution, sex, part in places if kind != "count" else ():
        facing = [([a], [b]) for a, b in zip(top, below, strict=True)] if len(top) == len(below) else [(top, below)]
        across = sex
        if kind == "share":
            facing, across = (
                [([measure], [measure]) for measure in top],
                {"female": "male", "male": "female"}.get(sex, ""),
            )
        for one, two in (*facing, *(pair[::-1] for pair in facing)):
            here, there = (
                [v for m in side if (v := values.get(m, {}).get((area, institution, of, part))) is not None]
                for side, of in ((one, sex), (two, across))
            )
            if {*there} == {"not_applicable"} and any(isinstance(v, Fraction) and v > 0 for v in here):
                yield (area, institution, sex, part), (min(two), across, part)


def _within(
    catalogue: Catalogue, kind: str, top: list[str], below: list[str], read: Read
) -> Iterator[tuple[Place, tuple[str, str, str]]]:
    """The same where the side with people is divided more finely: they are in a place of which the other side says that it does not
    apply, while it counts others.
    """
    if kind != "ratio":
        return
    cells = {m: _summed(catalogue, m, read) for m in (*top, *below)}
    facing = [([a], [b]) for a, b in zip(top, below, strict=True)] if len(top) == len(below) else [(top, below)]
    for one, two in (*facing, *(pair[::-1] for pair in facing)):
        for area, institution, sex, part in {
            place for m in one for place, v in cells[m].items() if isinstance(v, Fraction) and v > 0
        }:
            for wider in {*product({area, catalogue.code}, {institution, ""}, {sex, "total"}, {part, ""})}:
                there = {m: cells[m][wider] for m in two if wider in cells[m]}
                counts = any(isinstance(v, Fraction) for m in there for v in cells[m].values())
                if wider != (area, institution, sex, part) and {*there.values()} == {"not_applicable"} and counts:
                    yield (area, institution, sex, part), (min(there), wider[2], wider[3])


def _summed(catalogue: Catalogue, measure: str, read: Read) -> dict[Place, Fraction | str]:
    """The cells that a measure is summed from: none of a whole beside its parts, of another area, or of a sex not stated."""
    home = catalogue.homes[measure]
    roles = {spec.get("is") for spec in catalogue.datasets[home]["columns"].values()}
    dimension = catalogue.dimension(home)
    parts = set(dimension["parts"]) if dimension and dimension["exhaustive"] else {""}
    placed = bool(roles & {"area", "institution"})
    return {
        (area, institution, sex, part): value
        for (area, institution, sex, part), value in read.values.get(measure, {}).items()
        if area not in catalogue.references
        and (not placed or institution or area != catalogue.code)
        and (sex in {"female", "male"} if "sex" in roles else sex == "total")
        and part in parts
    }


def _unstated(catalogue: Catalogue, read: Read, measures: list[str]) -> set[tuple[str, str, str]]:
    """Area, institution and part where a form of these measures counts persons of whom the sex is not stated: whoever is
    in one of the measures is asked for in all of them.
    """
    forms = {catalogue.homes[m] for m in measures}
    found = set()
    for measure in catalogue.used:
        if catalogue.homes.get(measure) in forms:
            for (area, institution, sex, part), value in read.values.get(measure, {}).items():
                if sex == "not_stated" and isinstance(value, Fraction) and value:
                    found.add((area, institution, part))
            for area, institution, of_sex, of in read.loose.get(measure, []):
                if of_sex == "not_stated" and of is not None:
                    found.add((area, institution, of))
    return found


def _groups(catalogue: Catalogue, record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The sexes and the parts for which an indicator is computed, each with the whole."""
    by = record.get("by")
    for part in ("", *(catalogue.dimensions[by]["parts"] if by else ())):
        yield "total", part
        if record.get("by_sex"):
            yield from ((sex, part) for sex in ("female", "male", "not_stated"))


def _levels(catalogue: Catalogue, measures: list[str]) -> Iterator[tuple[str, str]]:
    """The district, and every area or institution that all measures of the indicator are delivered for."""
    yield catalogue.code, ""
    datasets = [catalogue.datasets[catalogue.homes[m]] for m in measures]
    roles = [{spec.get("is") for spec in d["columns"].values()} for d in datasets]
    if all("institution" in r for r in roles):
        for institution, area in catalogue.institutions(datasets[0]["institution_kind"]):
            yield area, institution
    elif all("area" in r for r in roles):
        for area in (*catalogue.areas, *catalogue.references):
            yield area, ""


Cell = tuple[str, Fraction | str]
"""Sex and number, or the state."""


def _cells(
    catalogue: Catalogue,
    read: Read,
    measure: str,
    place: tuple[str, str],
    group: tuple[str, str],
    year: int,
    unstated: set[tuple[str, str, str]],
    own: Own,
) -> Iterator[Cell]:
    """The cells that a figure of this place, sex and part is made of: those that should be there, and those that are."""
    (area, institution), (sex, part) = place, group
    there = catalogue.there(year)
    dataset = catalogue.datasets[catalogue.homes[measure]]
    roles = {spec.get("is") for spec in dataset["columns"].values()}
    places: list[tuple[str, str]]
    if "institution" in roles:
        places = [(a, u) for u, a in catalogue.institutions(dataset["institution_kind"], year)]
    elif "area" in roles:
        places = [(a, "") for a in catalogue.areas if a in there]
    else:
        places = [(catalogue.code, "")]
    have = read.values.get(measure, {})
    due = ("female", "male") if "sex" in roles else ("total",)
    dimension = catalogue.dimension(catalogue.homes[measure])
    all_parts = not part and dimension is not None and dimension["exhaustive"]
    parts = list(dimension["parts"]) if all_parts and dimension else [part]
    strays = {s for a, s, *_ in read.stray.get(measure, []) if a == area}
    cells = [(each, of) for of in parts for each in due if sex in ("total", each)]
    if (area, institution) != (catalogue.code, ""):
        gone = (
            institution not in {u for u, _ in catalogue.institutions(dataset["institution_kind"], year)}
            if institution
            else area not in there
        )
        if gone:
            yield from ((each, "not_applicable") for each, _ in cells)
            return
        places = [place]
    elif measure in own:
        yield from ((each, read.whole[measure][each, of]) for each, of in cells)
        return
    if strays & {None, sex} or (strays and sex == "total"):
        yield from ((each, "rejected") for each, _ in cells)
        return
    for here in ((*p, of) for p in places for of in parts):
        *home, of = here
        for each in due:
            if sex not in ("total", each):
                continue
            value = have.get((home[0], home[1], each, of))
            if value is None:
                gone = any(
                    a in (None, here[0], catalogue.code)
                    and u in (None, "", here[1])
                    and s in (None, each)
                    and p in (None, of)
                    for a, u, s, p in read.rejected.get(measure, [])
                )
                value = "rejected" if gone else "not_received"
            yield each, value
        if "sex" in roles and (home[0], home[1], of) in unstated and sex in ("total", "not_stated"):
            torn = any(s == "not_stated" and (a, u, p) == (*home, of) for a, u, s, p in read.loose.get(measure, []))
            yield "not_stated", have.get((home[0], home[1], "not_stated", of), "rejected" if torn else "not_received")
    for a, u, s, p in read.loose.get(measure, []):  # a row of some sex or part of this total, nobody knows which
        of_part = (all_parts if p is None else p in parts) and (s is None or p is None)
        if of_part and (a, u) in places and sex in ("total", s):
            yield "total", "rejected"


def _value(record: dict[str, Any], top: list[Cell], below: list[Cell], caliber: int) -> Value:
    states = {v for _, v in (*top, *below) if isinstance(v, str)}
    for state in ("rejected", "not_received"):
        if state in states:
            return Value(None, state, caliber=caliber)
    share = record["kind"] == "share"
    upper = [v for s, v in top if isinstance(v, Fraction) and (not share or s == "female")]
    lower = [v for _, v in (top if share else below) if isinstance(v, Fraction)]
    n = sum(upper, Fraction()) if upper else None
    if record["kind"] == "count":
        return Value(n, "ok" if n is not None else "not_applicable", n, None, caliber)
    d = sum(lower, Fraction()) if lower else None
    if n is None or not d:
        return Value(None, "not_applicable", n, d, caliber)
    return Value(n * Fraction(str(record["per"])) / d, "ok", n, d, caliber)

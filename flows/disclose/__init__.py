"""Decides which figures a public edition must not print, and makes the copy of the warehouse from which
it is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from expectations.records import Catalog
from flows.disclose.counts import Cell, Definitions, Expression, IndicatorRow
from flows.disclose.editions import earlier_publications, publications_of_areas
from flows.disclose.intruder import (
    Interval,
    Knowledge,
    Publication,
    Statement,
    intervals,
    learn,
    pointed,
    read,
    targets,
)
from flows.disclose.released import BINARY, hidden_years, public
from flows.disclose.suppress import Search, Suppression, small, verdicts
from flows.places import MendableError
from flows.warehouse import append
from flows.wording import period, say

__all__ = ["protect", "public"]


def protect(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, earlier: Sequence[Path] = (), *, secondary: bool = True
) -> None:
    """Fill `out_suppressed` and `out_withheld` by the policy, so that no public edition, this or an earlier one, gives
    a count away.

    `earlier` are folders of editions: `indicators.csv` with the true figures, `public/` with what was printed. What a
    city puts together from its districts' figures is protected as if each district had printed all that is not small. Raises
    `MendableError` if a small count has been printed before, or if the intruder's interval for any suppressed count
    stays narrower than the policy demands: then there is no public edition. Without `secondary` suppression, an edition
    that suppresses only the small counts is examined in the same way.
    """
    rows = figures(con, catalog)
    definitions = Definitions(catalog, Definitions(catalog).uneven_in(rows))
    before = [*earlier_publications(definitions, rows, earlier), *publications_of_areas(definitions, rows)]
    search = Search(definitions, rows, before, small(definitions, rows, before))
    if secondary:
        search.run()
    _refuse_printed(definitions, search.decided)
    while True:
        _write(con, definitions, rows, search.decided)
        _decide_verdicts(con, definitions, before)
        with public(con, catalog) as copy:
            now = printed(copy, catalog)
        attacks = list(_attacks(definitions, before, now, search.decided))
        if not attacks:
            return
        if not secondary or not any(search.withhold(a.knowledge, a.opened, a.places) for a in attacks):
            raise MendableError(attacks[0].told)


class Attack(NamedTuple):
    """What an attack on a finished copy has opened."""

    knowledge: Knowledge
    """What it knew."""
    opened: Sequence[Expression]
    places: frozenset[Expression]
    """Those of which the place or the year of a single event is told."""
    told: str
    """What has been opened, in Chinese."""


def _attacks(
    definitions: Definitions, earlier: Sequence[Publication], now: Publication, decided: Suppression
) -> Iterator[Attack]:
    """The attacks on the public edition, and on it and all earlier ones, that have opened something."""
    knowledge = learn(definitions, [*earlier, now])
    if found := opened(definitions, [*earlier, now], decided, knowledge):
        yield Attack(knowledge, list(found), frozenset(), _told(definitions, found))
    yield from _pointing(definitions, earlier, now, decided, knowledge)


def figures(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[IndicatorRow]:
    """All of `out_indicators`: the true figures of a warehouse, or the printed ones of its public copy."""
    query = (
        "select indicator, year, area, institution, sex, part, numerator, denominator, value, state "
        "from out_indicators order by all"
    )
    return read(catalog, con.execute(query).fetchall())


def printed(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> Publication:
    """What an intruder reads in an edition that is made from this warehouse or from its public copy."""
    statements = con.execute("select target, year, value, met from out_assessments order by all").fetchall()
    return Publication(figures(con, catalog), tuple(Statement(*row) for row in statements))


def opened(
    definitions: Definitions, publications: Sequence[Publication], decided: Suppression, knowledge: Knowledge
) -> Mapping[Expression, Interval]:
    """The intervals narrower than the policy demands that the attack on the public edition and all
    earlier ones finds; `knowledge` is what was learned of them.
    """
    enough = float(definitions.catalog.policy.disclosure.protection)
    wanted = filter(decided.protects, targets(definitions, publications))
    found = intervals(knowledge, wanted, enough)
    return {expression: interval for expression, interval in found.items() if interval.width < enough}


def _pointing(
    definitions: Definitions,
    earlier: Sequence[Publication],
    now: Publication,
    decided: Suppression,
    knowledge: Knowledge,
) -> Iterator[Attack]:
    """The attacks that tell the place or the year of a single event: from this edition, or from it and earlier ones, which
    cannot be taken back.
    """
    attempts = [("pointed", [now], learn(definitions, [now]) if earlier else knowledge)]
    if earlier and definitions.catalog.policy.disclosure.published_before == "refuse":
        attempts.append(("pointed_before", [*earlier, now], knowledge))
    for message, publications, learned in attempts:
        if found := sorted(filter(decided.points, pointed(definitions, publications, learned))):
            listed = _some(definitions, [expression[0][0] for expression in found])
            yield Attack(learned, found, frozenset(found), say(f"messages/disclosure/{message}", listed=listed))


def _write(
    con: duckdb.DuckDBPyConnection, definitions: Definitions, rows: Sequence[IndicatorRow], decided: Suppression
) -> None:
    con.execute("delete from out_suppressed")
    table, kept_back = [], decided.hidden
    for row in rows:
        counted = definitions.counted(row)
        hidden = [cell in kept_back and count is not None for cell, count in counted]
        if any(hidden):
            small = any(h and cell in decided.primary for h, (cell, _) in zip(hidden, counted, strict=True))
            beyond = any(h and cell in decided.beyond for h, (cell, _) in zip(hidden, counted, strict=True))
            kind = "primary" if small else "beyond" if beyond else "secondary"
            table.append((*row.figure, kind, hidden[0], len(hidden) > 1 and hidden[1]))
    append(con, "out_suppressed", table)


def _decide_verdicts(con: duckdb.DuckDBPyConnection, definitions: Definitions, earlier: Sequence[Publication]) -> None:
    """Fill `out_withheld`: the verdicts that rest on suppressed figures, and whether their answer may be told."""
    catalog = definitions.catalog
    con.execute("delete from out_withheld")
    hidden = hidden_years(con, catalog)
    small = set(  # figures on few people
        con.execute(
            "select indicator, year, sex, part from out_indicators where area = ? and institution = '' and denominator < ?",
            [catalog.district.code, catalog.policy.disclosure.threshold],
        ).fetchall()
    )
    cases, rows = [], []
    for target, year, met, verdict in con.execute(
        "select target, year, met, verdict from out_assessments order by target, year"
    ).fetchall():
        if target not in hidden or min(hidden[target]) > year:
            continue
        now = year in hidden[target]
        rows.append((target, year, now))
        promise = catalog.promise(target, year)
        event = promise.indicator is not None and promise.indicator.event  # 达标 is none, 未达标 is one
        of = promise.target
        few = any(  # somebody was there
            (of.indicator, y, of.sex, of.part or "") in small for y in range(year - of.window + 1, year + 1)
        )
        if now and met is not None and of.rule.fixed and not (event or few):
            cases.append((promise, year, BINARY.get(verdict, met)))
    places = {(target, year): figures_ for target, years in hidden.items() for year, figures_ in years.items()}
    told: Mapping[tuple[str, int], bool] = {}
    if cases:
        with public(con, catalog) as copy:
            told = verdicts(definitions, [*earlier, printed(copy, catalog)], cases, places)
    append(con, "out_withheld", [(*row, told.get((row[0], row[1]), False)) for row in rows])


def _refuse_printed(definitions: Definitions, decided: Suppression) -> None:
    """Raise if an earlier public edition has printed a small count: it cannot be taken back, so somebody must know."""
    policy = definitions.catalog.policy.disclosure
    found = sorted(decided.primary & decided.printed)
    if found and policy.published_before == "refuse":
        facts = {"number": len(found), "threshold": policy.threshold, "listed": _some(definitions, found)}
        raise MendableError(say("messages/disclosure/printed", **facts))


def _told(definitions: Definitions, found: Mapping[Expression, Interval]) -> str:
    least = definitions.catalog.policy.disclosure.protection
    lines = []
    for expression, interval in list(found.items())[:SHOWN]:
        what = name(definitions, expression[0][0])
        if expression[1:]:
            what = say("messages/disclosure/less", what=what, other=name(definitions, expression[1][0]))
        lines.append(say("messages/disclosure/interval", what=what, low=interval.low, high=interval.high))
    listed = "；".join(lines)
    if len(found) > SHOWN:
        listed = say("messages/disclosure/more", listed=listed, number=len(found))
    return say("messages/disclosure/narrow", least=least, listed=listed)


SHOWN = 10
"""The number of counts that a message names."""


def _some(definitions: Definitions, cells: Sequence[Cell]) -> str:
    words = "；".join(name(definitions, cell) for cell in cells[:SHOWN])
    return say("messages/disclosure/some", listed=words) if len(cells) > SHOWN else words


def name(definitions: Definitions, cell: Cell) -> str:
    """孕产妇死亡人数（2023年，海滨街道）: a count as a message names it, without its value."""
    catalog = definitions.catalog
    titles = [
        catalog.forms[definitions.columns[m][0]].measures[m] if m in definitions.columns else catalog.indicators[m].name
        for m in cell.measures
    ]
    areas = {a.code: a.name for a in (*catalog.district.areas, *catalog.district.references)}
    institutions = catalog.district.members
    place = institutions.get(cell.institution) or areas.get(cell.area, catalog.district.short)
    return say(
        "messages/disclosure/name",
        titles="、".join(titles),
        place="，".join(filter(None, [period(cell.year, cell.year), place, catalog.told_group(cell.sex, cell.part)])),
    )

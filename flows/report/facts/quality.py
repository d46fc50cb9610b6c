"""The quality of what the departments sent, year by year: punctuality, completeness, revisions, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from statistics import median
from typing import Any

from expectations.vocabulary import Moved
from flows.cells import Cells
from flows.press.bound import Word
from flows.press.numbers import Figure, count, figure, rounded
from flows.report.facts import Facts, received
from flows.warehouse import rows
from flows.wording import say

NONE = "—"


def by_year(facts: Facts) -> list[dict[str, Any]]:
    """One row for each data year with a register, from the baseline year to the report's; a figure, or — if there is
    none.
    """
    listed = "select year from meta_register where year between ? and ? order by 1"
    years = [r["year"] for r in rows(facts.con, listed, facts.base, facts.year)]
    if not facts.edition.internal:  # there are no cells to compare
        return [{**_year(facts, year, []), "revised": NONE, "cells_revised": NONE, "size": NONE} for year in years]
    revised = _revised(facts)
    return [_year(facts, year, revised.get(year, [])) for year in years]


def _year(facts: Facts, year: int, revised: Sequence[tuple[str, Decimal | None]]) -> dict[str, Any]:
    [d] = rows(facts.con, DELIVERIES, year, received.unowed(facts))
    cells = Cells.of([d])
    found = Counter(dict(facts.con.execute(FINDINGS, [year]).fetchall()))
    sizes = [size for _, size in revised if size is not None]

    def counted(name: str, value: int) -> Figure:
        return count(value, f"quality/{year}/{name}")

    return {
        "year": year,
        "due": counted("due", d["due"]),
        "received": counted("received", d["received"]),
        "punctual": counted("punctual", d["punctual"]),
        "punctual_rate": _rate(year, "punctual_rate", d["punctual"], d["due"]),
        "cells": counted("cells", cells.came),
        "used": counted("used", cells.used),
        "used_rate": _rate(year, "used_rate", cells.used, cells.came),
        "unfilled": counted("unfilled", cells.unfilled),
        "unfilled_rate": _rate(year, "unfilled_rate", cells.unfilled, cells.used + cells.unfilled),
        "revised": counted("revised", len({delivery for delivery, _ in revised})),
        "cells_revised": counted("cells_revised", len(revised)),
        "size": figure(median(sizes), 1, f"quality/{year}/size") if sizes else NONE,
        "critical": counted("critical", found["critical"]),
        "warning": counted("warning", found["warning"]),
    }


DELIVERIES = """
select count(*) as due, count(received) as received, count(*) filter (where first <= due) as punctual,
    coalesce(sum(cells_in), 0)::integer as cells_in, coalesce(sum(observations), 0)::integer as observations,
    coalesce(sum(rejections), 0)::integer as rejections, coalesce(sum(unfilled), 0)::integer as unfilled
from (select *, min(received) over (partition by dataset, department) as first from meta_deliveries
    where year = ? and not list_contains(?, dataset))
where status <> 'superseded'
"""
FINDINGS = "select severity, sum(coalesce(times, 1))::integer from out_findings where year = ? and gate <> 'plan' and override is null group by 1"


def _rate(year: int, name: str, part: int, whole: int) -> Figure | str:
    return figure(Decimal(part) * 100 / whole, 1, f"quality/{year}/{name}") if whole else NONE


def _revised(facts: Facts) -> Mapping[int, list[tuple[str, Decimal | None]]]:
    """Year → each cell that a later version changed: its delivery and the size of the change in %."""
    found: dict[int, list[tuple[str, Decimal | None]]] = {}
    for row, cells in received.corrected(facts):
        found.setdefault(row["year"], []).extend((row["delivery"], _size(c.old, c.new)) for c in cells)
    return found


def _size(old: str | None, new: str | None) -> Decimal | None:
    try:
        before, after = Decimal(old or ""), Decimal(new or "")
    except InvalidOperation:
        return None
    return abs(after - before) * 100 / abs(before) if before else None


def table(listed: Sequence[Mapping[str, Any]]) -> list[list[object]]:
    """The rows of quality.csv."""
    keys = (
        "year",
        "due",
        "received",
        "punctual",
        "punctual_rate",
        "cells",
        "used",
        "used_rate",
        "unfilled",
        "unfilled_rate",
        "revised",
        "cells_revised",
        "size",
        "critical",
        "warning",
    )
    return [[row[key] for key in keys] for row in listed]


def trend(listed: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Punctuality in the first and in the last year, as printed, and its direction; None if there are fewer than two
    years.
    """
    if len(listed) < 2 or NONE in (listed[0]["punctual_rate"], listed[-1]["punctual_rate"]):
        return None
    first, last = listed[0], listed[-1]
    gap = rounded(last["punctual_rate"].value, 1) - rounded(first["punctual_rate"].value, 1)
    word, sense = (Moved.FLAT.word, "flat")
    if gap:
        word, sense = (say("labels/verb/better"), "up") if gap > 0 else (say("labels/verb/down"), "down")
    fact = f"quality/{last['year']}/punctual_change"
    return {"first": first, "last": last, "word": Word(word, fact, sense), "gap": figure(abs(gap), 1, fact)}


def late(facts: Facts) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What came after the edition's lock: used by decision, and not used."""
    found = received.late(facts)
    return [r for r in found if r["decided_by"]], [r for r in found if not r["decided_by"]]

"""Uses the changes that the source of a figure states itself: to judge where no baseline was published, and to print
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

import duckdb

from expectations.records import Catalog, Promise
from expectations.rules import Rule
from expectations.vocabulary import Method, Reason, Verdict
from flows.assess.rules import Assessment

StatedChanges = Mapping[tuple[str, str, int, str], Fraction]
"""(indicator, part, year, kind) → change, in the indicator's unit or in %. Its sign decides the verdict."""


def judged(con: duckdb.DuckDBPyConnection, catalog: Catalog, rows: Iterable[Assessment]) -> list[Assessment]:
    """The same assessments, with a verdict on directions for which only a change since the baseline was published."""
    promises = {p.id: p for p in catalog.promises()}
    changes = {
        (indicator, part, year, kind): Fraction(value)
        for indicator, part, year, kind, value in con.execute(
            "select indicator, part, year, kind, value from core_stated where kind <> 'since' and value is not null"
        ).fetchall()
    }
    return [_judged(promises[row.target], row, changes) for row in rows] if changes else list(rows)


def _judged(promise: Promise, row: Assessment, changes: StatedChanges) -> Assessment:
    if not promise.target.of_the_whole or row.value is None:
        return row
    key = (*promise.target.subject, row.year)
    towards = promise.direction
    before = changes.get((*key, "previous"))
    if row.worsened is None and before is not None:
        row = replace(row, worsened=towards * before < 0)
    since = changes.get((*key, "baseline"))
    if since is None or row.reason != Reason.NO_BASELINE or not _by_baseline(promise.target.rule):
        return row
    met = towards * since > 0
    if row.year >= promise.plan.head.end:
        return replace(row, met=met, verdict=Verdict.MET if met else Verdict.MISSED, reason=None, method=Method.STATED)
    short = Verdict.AWAY if since else Verdict.BEHIND  # 持平 is no move the wrong way
    return replace(row, met=met, verdict=Verdict.ON_COURSE if met else short, reason=None, method=Method.STATED)


def _by_baseline(rule: Rule) -> bool:
    """Whether a change since the baseline alone decides the target."""
    return rule.own and rule.limit == "baseline"


def printed(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Replace changes that were computed from rounded figures by the published changes."""
    of = [(p.id, *p.target.subject) for p in catalog.promises() if p.target.of_the_whole]
    if not of or not con.execute("select 1 from core_stated limit 1").fetchone():
        return
    targets, indicators, parts = (list(column) for column in zip(*of, strict=True))
    for kind in ("previous", "baseline"):
        con.execute(
            f"""update out_assessments a set change_{kind} = s.value
                from core_stated s join (select unnest(?) as target, unnest(?) as indicator, unnest(?) as part) t using (indicator, part)
                where a.target = t.target and s.kind = ? and s.year = a.year and a.value is not null
                  and s.value is not null and not s.relative""",  # noqa: S608  (our own names)
            [targets, indicators, parts, kind],
        )

"""What a verdict lacks beside the figure of its year: a figure of an earlier year, which no form of this year brings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from expectations.vocabulary import EARLIER_LACKS, DeliveryStatus, Reason, Verdict
from flows.report.facts import Facts
from flows.report.facts.items import Item
from flows.warehouse import rows

HIDING = {Reason.NOT_RECEIVED, Reason.REJECTED}
"""Why a year may lack its own figure, so that its verdict does not say what else is lacking."""
SUPPLIED = {*HIDING, Reason.NOT_ASKED}
"""Why a figure may be lacking that somebody can send."""


class WantedYear(NamedTuple):
    """A target that cannot be judged before the figure of an earlier year is there."""

    item: Item
    year: int
    department: str
    """Who is asked for it."""
    form: str | None = None
    """The title of the form with which that department owed it; None if nobody was asked for it then: who leads the target may have it."""


def of(facts: Facts) -> list[WantedYear]:
    """Those of the report, most at stake first: of some the baseline is lacking, of some the year before."""
    found = []
    for item in facts.ranked:
        if (year := _year(item)) is not None:
            owing = _owing(facts, item, year)
            found += [WantedYear(item, year, key, form) for key, form in owing] or [
                WantedYear(item, year, item.promise.lead)
            ]
    return found


def targets(wanted: Iterable[WantedYear]) -> list[Item]:
    """The targets, each once, also where two departments are asked for its figure."""
    return list({w.item.id: w.item for w in wanted}.values())


def _year(item: Item) -> int | None:
    """The earlier year that a target lacks, also where it lacks that of the report's year."""
    if item.verdict != Verdict.UNKNOWN or not item.quantitative:
        return None
    rule, reason = item.promise.target.rule, Reason.of(item.row["reason"])
    earlier = int(item.row["year"]) - 1 if rule.from_previous else item.promise.plan.head.baseline
    if reason in EARLIER_LACKS:
        return earlier
    asks = (rule.from_previous or rule.from_baseline) and reason in HIDING
    return earlier if asks and item.point(earlier)["state"] in SUPPLIED else None


def _owing(facts: Facts, item: Item, year: int) -> Sequence[tuple[str, str]]:
    """Who was asked for the figure in its own year, with the form.

    They are the departments whose form did not come, or could not be used as it is. If there are no such departments, all that were
    asked are told. The list is empty if the year has no register, or if no form of that year had the figure.
    """
    if year not in facts.absent.registered:
        return []
    catalog, keys = facts.catalog, item.promise.target.indicators
    measures = {measure for key in keys for measure in catalog.indicators[key].measures_of(year)}
    query = "select dataset, department, status from meta_deliveries where year = ? and status <> 'superseded'"
    status = {(r["dataset"], r["department"]): DeliveryStatus.of(r["status"]) for r in rows(facts.con, query, year)}
    owed = [
        (key, name)
        for name, departments in catalog.owed(year).items()
        if measures & (form := catalog.datasets[name].form(year)).measures.keys() or form.gives(keys)
        for key in departments
    ]
    wanting = {place for place, of in status.items() if of.is_wanting}
    lacking = [(key, name) for key, name in owed if (name, key) in wanting] or owed
    now = [(catalog.district.acting(key, facts.year), name) for key, name in lacking]
    return [(key, catalog.datasets[name].title) for key, name in now if key is not None]

"""What a verdict lacks, and who can send it: the figure of its year, or that of an earlier one, which no form of this year brings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from expectations.vocabulary import DeliveryStatus, Reason, Verdict
from flows.report.facts import Facts
from flows.report.facts.items import Item
from flows.warehouse import rows

HIDING = {Reason.NOT_RECEIVED, Reason.REJECTED}
"""Why a year may lack its own figure, so that its verdict does not say what else is lacking."""
SUPPLIED = {*HIDING, Reason.NOT_ASKED}
"""Why a figure may be lacking that somebody can send."""
LACKING = {DeliveryStatus.MISSING, DeliveryStatus.REFUSED, DeliveryStatus.PARTIAL}
"""How a delivery stands of which something is still to be sent, or to be mended."""


class WantedYear(NamedTuple):
    """A target that cannot be judged before the figure of a year is there."""

    item: Item
    year: int
    department: str
    """Who is asked for it."""
    form: str | None = None
    """The title of the form with which that department owed it; None if nobody was asked for it then: who leads the target may have it."""


def of(facts: Facts) -> list[WantedYear]:
    """Those of the report, most at stake first: of some the baseline is lacking, of some the year before."""
    return [want for item in facts.ranked if (year := _year(item)) is not None for want in _of_year(facts, item, year)]


def now(facts: Facts) -> list[WantedYear]:
    """The same for the report's own year."""
    unknown = (i for i in facts.ranked if i.quantitative and i.verdict == Verdict.UNKNOWN)
    return [want for i in unknown if i.row["reason"] in HIDING for want in _of_year(facts, i, facts.year)]


def _of_year(facts: Facts, item: Item, year: int) -> list[WantedYear]:
    owing = _owing(facts, item, year)
    return [WantedYear(item, year, key, form) for key, form in owing] or [WantedYear(item, year, item.promise.lead)]


def targets(wanted: Iterable[WantedYear]) -> list[Item]:
    """The targets, each once, also where two departments are asked for its figure."""
    return list({w.item.id: w.item for w in wanted}.values())


def _year(item: Item) -> int | None:
    """The earlier year that a target lacks, also where it lacks that of the report's year."""
    if item.verdict != Verdict.UNKNOWN or not item.quantitative:
        return None
    rule, reason = item.promise.target.rule, Reason.of(item.row["reason"])
    earlier = int(item.row["year"]) - 1 if rule.from_previous else item.promise.plan.head.baseline
    if reason in {Reason.NO_BASELINE, Reason.NO_PREVIOUS}:
        return earlier
    asks = (rule.from_previous or rule.from_baseline) and reason in HIDING
    return earlier if asks and item.point(earlier)["state"] in SUPPLIED else None


def _owing(facts: Facts, item: Item, year: int) -> Sequence[tuple[str, str]]:
    """Who was asked for the figure in its own year, with the form: the departments whose form did not come, or could not be used as it
    is, all of them if none is such a form; none if the year has no register, or no form of it had the figure.
    """
    if year not in facts.absent.registered:
        return []
    catalog, keys = facts.catalog, item.promise.target.indicators
    measures = {measure for key in keys for measure in catalog.indicators[key].measures_of(year)}
    query = "select dataset, department, status from meta_deliveries where year = ? and status <> 'superseded'"
    status = {(r["dataset"], r["department"]): r["status"] for r in rows(facts.con, query, year)}
    owed = [
        (key, name)
        for name, departments in catalog.owed(year).items()
        if measures & (form := catalog.datasets[name].form(year)).measures.keys() or form.gives(keys)
        for key in departments
    ]
    lacking = [(key, name) for key, name in owed if status.get((name, key)) in LACKING] or owed
    now = [(catalog.district.acting(key, facts.year), name) for key, name in lacking]
    return [(key, catalog.datasets[name].title) for key, name in now if key is not None]

"""Tells which targets cannot be judged without a figure or a form: why a department should send it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import duckdb

from expectations.records import Catalog, Promise
from expectations.vocabulary import Verdict
from flows.answer import facts
from flows.wording import say

NAMED = 3
"""The number of targets that are named one by one."""


class Blocked:
    """The targets of a year by what they need; where verdicts were taken, only those that could not be judged."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int) -> None:
        verdicts = facts.verdicts(con, year)
        self.catalog, self.year = catalog, year
        self.promises = [p for p in catalog.promises(year) if verdicts.get(p.id, Verdict.UNKNOWN) == Verdict.UNKNOWN]
        self._by_measure: dict[str, list[Promise]] = defaultdict(list)
        for promise in self.promises:
            for key in promise.target.indicators:
                for measure in catalog.indicators[key].measures_of(year) | {key}:
                    self._by_measure[measure].append(promise)

    def by(self, measure: str) -> str:
        """What cannot be judged without one figure; empty if that is nothing."""
        return _told(self._by_measure[measure])

    def without(self, dataset: str, department: str) -> str:
        """What cannot be judged without a whole form of a department; empty if that is nothing."""
        form = self.catalog.datasets[dataset].form(self.year)
        if "clause" in form.roles:
            return _told(p for p in self.promises if p.target.rule.evidence and p.lead == department)
        measures = [*form.measures, *form.gives(self.catalog.indicators)]
        return _told(p for measure in measures for p in self._by_measure[measure])


def _told(promises: Iterable[Promise]) -> str:
    found = list({p.id: p for p in promises}.values())
    named = [say("letters/blocked/target", name=p.name, plan=p.plan.head.short, clause=p.clause) for p in found[:NAMED]]
    if not named:
        return ""
    more = say("letters/blocked/more", number=len(found)) if len(found) > NAMED else ""
    return say("letters/blocked/told", listed="、".join(named) + more)

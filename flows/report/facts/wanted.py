"""What a verdict lacks beside the figure of its year: a figure of an earlier year, which no form of this year brings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from expectations.vocabulary import Reason, Verdict
from flows.report.facts.items import Item


class WantedYear(NamedTuple):
    """A target that cannot be judged before the figure of an earlier year is there."""

    item: Item
    year: int
    reason: Reason


def of(items: Iterable[Item]) -> list[WantedYear]:
    """Those of some targets, in their order: of some the baseline is lacking, of some the year before."""
    found = []
    for item in items:
        if item.verdict != Verdict.UNKNOWN or not item.quantitative:
            continue
        years = {Reason.NO_BASELINE: item.promise.plan.head.baseline, Reason.NO_PREVIOUS: int(item.row["year"]) - 1}
        reason = Reason.of(item.row["reason"])
        if reason in years:
            found.append(WantedYear(item, years[reason], reason))
    return found

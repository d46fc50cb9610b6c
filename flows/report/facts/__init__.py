"""Reads from the warehouse what the report says: one item for every target, with figures ready to print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import duckdb

from expectations.records import Catalog, Domain, Indicator, Plan
from expectations.vocabulary import Reason
from flows.absence import Absence
from flows.report.facts import edition, items
from flows.report.facts.above import Above
from flows.report.facts.counts import Tally
from flows.report.facts.figures import Figures
from flows.report.facts.items import Item, there
from flows.report.facts.warning import Warning
from flows.warehouse import rows
from flows.wording import period, say


class Facts:
    """Everything that the templates may say about one edition."""

    def __init__(self, con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, draft: bool = False) -> None:
        self.con, self.catalog, self.year = con, catalog, year
        self.edition = edition.read(con, catalog, year, draft)
        self.absent = Absence(con, catalog)
        self.figures = Figures(con, catalog.district.code, self.absent)
        self.above = Above(con, catalog, self.figures, year, self.absent)
        self.items = items.read(con, catalog, year, self.figures, self.absent)
        by_id = {item.id: item for item in self.items}
        self.warnings = [
            Warning(by_id[row["target"]], row)
            for row in rows(con, "select * from out_warnings where year = ?", year)
            if row["target"] in by_id
        ]
        self.warnings.sort(key=lambda w: (w.row["kind"], w.item.row["priority"]))

    @property
    def ranked(self) -> list[Item]:
        """Every target, most at stake first: the order of summary, warnings, problems and advice."""
        return sorted(self.items, key=lambda i: i.row["priority"])

    @property
    def plans(self) -> tuple[Plan, ...]:
        return self.catalog.in_force(self.year)

    @property
    def named(self) -> str:
        """What the plans are called, all of them: 妇女规划和儿童规划."""
        return say("labels/and").join(plan.head.short for plan in self.plans)

    @property
    def base(self) -> int:
        """The first baseline of the plans."""
        return min((plan.head.baseline for plan in self.plans), default=self.year)

    @property
    def years(self) -> list[int]:
        """The years from the baseline to the data year that have any figure; both ends in any case."""
        points = ((y, p) for i in self.items for y, p in i.series.items())
        known = {y for y, p in points if self.base <= y <= self.year and there(p)}
        return sorted(known | {self.base, self.year})

    @property
    def history(self) -> str:
        """The years before the baseline that have figures: an outlook looks back on them. Empty if there are none."""
        known = sorted({r["year"] for r in self.figures.all if r["year"] < self.base and there(r)})
        return period(known[0], known[-1]) if known else ""

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """Indicators that a target of the plans names, in the catalogue's order."""
        named = {item.promise.target.indicator for item in self.items}
        return {key: indicator for key, indicator in self.catalog.indicators.items() if key in named}

    @property
    def by_sex(self) -> bool:
        """Whether something is told of women and men apart: a plan wants it, and one of its indicators knows it."""
        return any(indicator.by_sex for indicator in self.sexed.values())

    @cached_property
    def sexed(self) -> Mapping[str, Indicator]:
        """Indicators of plans that want women and men told apart, in the catalogue's order."""
        named = {key for plan in self.plans if plan.by_sex for target in plan.targets for key in target.indicators}
        return {key: indicator for key, indicator in self.catalog.indicators.items() if key in named}

    def of_plan(self, plan: Plan) -> list[Item]:
        return [i for i in self.items if i.promise.plan is plan]

    def of_domain(self, plan: Plan, domain: Domain) -> list[Item]:
        return [i for i in self.of_plan(plan) if i.promise.domain is domain]

    @cached_property
    def is_unasked(self) -> bool:
        """Whether the report says of a figure or a statement that nobody was asked for it."""
        every = range(self.base, self.year + 1)
        told = {row["state"] for row in self.figures.all if row["year"] in every}
        told |= {item.point(year)["state"] for item in self.items if item.quantitative for year in every}
        return Reason.NOT_ASKED in told | {row["reason"] for item in self.items for row in item.history.values()}

    def absence(self, indicator: str, year: int) -> str:
        """Why a figure of a year is not there, if nothing else is known of it."""
        return self.absent.of(indicator, year)

    def tally(self, items: Iterable[Item] | None = None, name: str = "all") -> Tally:
        return Tally(self.items if items is None else items, f"tally/{name}/{self.year}")

"""The kinds of reports, one row each. Command line, flows, deployments, pipeline and verify read it and name no kind.

A kind is a row here, a module beside it with the class of its name (`final.Final`), and its template in
report_templates. Heavy modules are imported when a report begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from expectations.records import Catalog, Plan, PlanHead
    from flows.report.facts import Facts
    from flows.report.kinds.report import Report


class Once(NamedTuple):
    """For a kind of report that is made once: when in the life of a plan."""

    reached: str
    """The word for a plan that has reached this time, in Chinese."""
    year: Callable[[PlanHead], int]


@dataclass(frozen=True)
class Kind:
    """One kind of report."""

    name: str
    """The name of its command, flow, module, template and manifest, and of the folder of its editions."""
    word: str
    """Its name in Chinese."""
    titled: str
    """The last words of its title."""
    year: str
    """What its year means, for users who must give one."""
    once: Once | None = None
    """None if it is made every year, also by the calendar, for all plans in force."""
    answers: bool = False
    """Whether it sends feedback to the departments."""
    baseline: bool = False
    """Whether it writes the baseline of the next plan, baseline.csv."""

    @property
    def about(self) -> str:
        return f"编印{'规划的' if self.once else ''}{self.word}"

    @property
    def otherwise(self) -> str:
        """The year of a flow if none is given."""
        if self.once is None:
            return "不填时为计划运行时间的上一年"
        return f"不填时为已有报送登记的最近一个{self.once.reached}年份"

    def is_due(self, plan: Plan, year: int) -> bool:
        """Whether a report of this kind on `year` is about the plan."""
        head = plan.head
        return head.start <= year <= head.end if self.once is None else self.once.year(head) == year

    def narrowed(self, catalog: Catalog, year: int) -> Catalog:
        """The catalogue for the report: a report that is made once is only about the plans that have
        reached its time.
        """
        if self.once is None:
            return catalog
        return replace(catalog, plans=tuple(plan for plan in catalog.plans if self.is_due(plan, year)))

    def of(self, facts: Facts, editions: Path | None = None) -> Report:
        """The report on these facts; `editions` (output/<district>) has the earlier editions."""
        made: type[Report] = getattr(import_module(f"{__name__}.{self.name}"), self.name.capitalize())
        return made(self, facts, editions)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("annual", "年度统计监测报告", "统计监测报告", "数据年份", answers=True),
        Kind(
            "midterm",
            "中期评估报告",
            "中期评估报告",
            "规划时间过半的年份",
            Once("过半", lambda head: (head.start + head.end) // 2),
        ),
        Kind(
            "final",
            "终期评估报告",
            "终期评估报告",
            "规划期满的年份",
            Once("期满", lambda head: head.end),
            baseline=True,
        ),
    )
}
YEARLY = next(kind for kind in KINDS.values() if kind.once is None)
"""The report of every year; it says what was first published of that year."""

"""What a verdict lacks, and who can send it: the figure of its year, or that of an earlier one, which no form of this year brings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from expectations.vocabulary import EARLIER_LACKS, Reason, Verdict
from flows.letters import INCOMPLETE
from flows.report.facts import Facts
from flows.report.facts.items import Item
from flows.warehouse import rows

HIDING = {Reason.NOT_RECEIVED, Reason.REJECTED}
"""Why a year may lack its own figure, so that its verdict does not say what else is lacking."""
SUPPLIED = {*HIDING, Reason.NOT_ASKED}
"""Why a figure may be lacking that somebody can send."""


class WantedYear(NamedTuple):
    """A target that cannot be judged before the figure of a year is there."""

    item: Item
    year: int
    department: str
    """Who is asked for it."""
    form: str | None = None
    """The title of the form with which that department owed it; None if nobody was asked for it then: who leads the target may have it."""

    @property
    def is_rejected(self) -> bool:
        """Whether some of the figure came, and cannot be used."""
        own = self.year == int(self.item.row["year"])
        why = self.item.row["reason"] if own else self.item.point(self.year)["state"]
        return bool(why == Reason.REJECTED)


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
    if reason in EARLIER_LACKS:
        return earlier
    asks = (rule.from_previous or rule.from_baseline) and reason in HIDING
    return earlier if asks and item.point(earlier)["state"] in SUPPLIED else None


def _owing(facts: Facts, item: Item, year: int) -> Sequence[tuple[str, str]]:
    """Who was asked for the figure in its own year, with the form: the departments whose form lacks a cell or a row of it; if none does,
    those that wrote 不适用 in one, and else all of them. None if the year has no register, or no form of it had the figure.
    """
    if year not in facts.absent.registered:
        return []
    catalog, target = facts.catalog, item.promise.target
    measures = {measure for key in target.indicators for measure in catalog.indicators[key].measures_of(year)}
    found = rows(facts.con, GAPS, year, target.sex, target.part or "", INCOMPLETE, [*SUPPLIED])
    gaps = {(r["dataset"], r["department"], r["measure"]): r["gap"] for r in found}
    owed = []
    for name, departments in catalog.owed(year).items():
        form = catalog.datasets[name].form(year)
        if not (needed := measures & form.measures.keys() | form.gives(target.indicators)):
            continue
        for key in departments:
            owed.append((max(gaps.get((name, key, measure), LACKING) for measure in needed), key, name))
    widest = max((gap for gap, *_ in owed), default=LACKING)
    now = [(catalog.district.acting(key, facts.year), name) for gap, key, name in owed if gap == widest]
    return [(key, catalog.datasets[name].title) for key, name in now if key is not None]


LACKING = 2
"""A gap of a form: a cell or a row is lacking. 1 where a cell is 不适用, 0 where there is none."""
GAPS = f"""
with cells as (
    select delivery, measure, sex, part, case state when 'ok' then 0 when 'not_received' then {LACKING} else 1 end as gap
    from core_observations
    union all
    select delivery, indicator, sex, null,
        case when list_contains($5, state) then {LACKING} when state = 'not_applicable' then 1 else 0 end
    from core_released
    union all select delivery, measure, sex, part, {LACKING} from core_rejections
)
select dataset, department, measure, max(gap) as gap from meta_deliveries join cells using (delivery)
where year = $1 and status <> 'superseded'
    and not exists (from out_findings f where f.rule = $4 and f.delivery = meta_deliveries.delivery)
    and ($2 = 'total' or coalesce(sex, $2) = $2) and ($3 = '' or coalesce(part, $3) = $3)
group by all
"""  # noqa: S608
"""The widest gap of each measure, and of the figures that an area has released, by form; only of the sex and the part that are asked
about. A row that did not come has no cell: of a form that lacks one, no measure is told. What an area keeps back is no gap."""

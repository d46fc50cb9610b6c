"""What a report on whole plans has: what they promise, how the data came, and what has moved since the baseline."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree.ElementTree import Element

from expectations.records import Domain, Plan
from expectations.vocabulary import FINE, Verdict
from flows.press.bound import Name
from flows.press.lines import keep_ranges
from flows.press.numbers import Figure, count, exact, figure
from flows.report.facts import Facts, gaps, redrawn
from flows.report.facts.evaluation import Outcome, together
from flows.report.facts.gaps import Sexes
from flows.report.facts.items import Item
from flows.report.kinds import Kind
from flows.report.kinds.report import Context, Report, legend
from flows.report.say import domains
from flows.report.say.concluding import Evaluator
from flows.report.write import divided
from flows.report.write.table import Table, table
from flows.wording import headings, period, say

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings

PRACTICES = 5
"""The number of practices that a report tells of, one of a domain at most."""
TableRows = tuple[list[str], list[list[object]]]


class Review(Report):
    """A report on whole plans since their baseline."""

    narrator: Evaluator

    @cached_property
    def sexes(self) -> Sequence[Sexes]:
        """Indicators with women and men of one caliber in the baseline year and in the data year."""
        wanted = {key: indicator for key, indicator in self.facts.indicators.items() if key in self.facts.sexed}
        return gaps.changes(self.facts, self.facts.base, wanted)

    def laid(self, page: Element) -> Element:
        return keep_ranges(page)

    endings: ClassVar[tuple[str, ...]]
    """Its last chapters, by the ids of their sections."""

    def chapters_there(self) -> Mapping[str, bool]:
        facts = self.facts
        advises = facts.edition.internal or facts.edition.compiled
        return {
            "profile": self.profile is not None,
            "process": True,
            **{f"plan-{plan.id}": True for plan in facts.plans},
            "sexes": bool(facts.sexed),
            "divided": bool(divided.divided(facts)),
            "experience": bool(self.practices),
            **dict.fromkeys(self.endings, True),
            "advice": bool(advises) and any(item.quantitative for item in facts.items),
        }

    @abstractmethod
    def domain(self, charts: Drawings, plan: Plan, domain: Domain) -> Context:
        """What a domain's section says."""

    @abstractmethod
    def plan(self, plan: Plan) -> Context:
        """What only this kind tells of a plan: its `count` has `all` and `evidence`."""

    def chapters(self, charts: Drawings) -> Context:
        facts, plans = self.facts, [self._plan(charts, plan) for plan in self.facts.plans]
        occurring = {str(row["verdict"]) for item in facts.items if item.quantitative for row in item.history.values()}
        return {
            "plans": plans,
            "bases": list(dict.fromkeys(str(p["basis"]) for p in plans)),
            "base": facts.base,
            "years": facts.years,
            "yearly_marks": legend(occurring),
            "sexes": self.sexes,
            "divided": divided.divided(facts),
            "sources": _sources(facts),
            "breaks": _breaks(facts),
            "practices": self.practices,
            **self.told_of_before,
        }

    def _quality(self) -> Context:
        context = super()._quality()
        return {**context, "received": _received(context["quality"], self.kind.name)}

    def _plan(self, charts: Drawings, plan: Plan) -> Context:
        items = self.facts.of_plan(plan)
        return {
            "plan": plan,
            "basis": titled(plan.head.source),
            "size": _size(plan, items),
            **self.plan(plan),
            "domains": [
                {"domain": d, "size": _domain_size(plan, d), **self.domain(charts, plan, d)} for d in plan.domains
            ],
        }

    @cached_property
    def practices(self) -> list[tuple[Item, Item]]:
        """What departments tell of actions that they carried out, each with the target of the same goal that has come
        furthest: one of a domain at most, the largest improvement first.
        """
        found: list[tuple[Decimal, Item, Item]] = []
        for plan in self.facts.plans:
            for domain in plan.domains:
                items = self.facts.of_domain(plan, domain)
                done = [i for i in items if i.verdict == Verdict.CARRIED_OUT and i.statement]
                paired = (
                    (moved, item, one)
                    for item in items
                    if (moved := domains.progress(item)) is not None and item.verdict in FINE
                    for one in done
                    if {*one.goals} & {*item.goals}
                )
                if best := max(paired, key=lambda pair: pair[0], default=None):
                    found.append(best)
        found.sort(key=lambda pair: -pair[0])
        return [(item, one) for _, item, one in found[:PRACTICES]]

    def annexes_missing(self) -> Collection[str]:
        from flows.report.draw.drawings import shares

        missing = {
            "charts": not any(share.others for share in shares(self.facts).values()),
            "statements": all(item.quantitative for item in self.facts.items),
            "sexes": not self.sexes,
            "followed": not self.followed,
        }
        return {*super().annexes_missing(), *(key for key, so in missing.items() if so)}

    def sexes_change(self) -> list[Table]:
        """Women, men and the gap, from the baseline to the end; nothing if no plan wants it."""
        if not self.facts.sexed:
            return []
        base, end = self.facts.base, self.facts.year
        header = headings("sexes_change", base=base, end=end)
        listed: list[list[object]] = [
            [
                s.name,
                s.indicator.unit,
                s.at(base, "female"),
                s.at(end, "female"),
                s.change("female"),
                s.moved_word("female"),
                s.at(base, "male"),
                s.at(end, "male"),
                s.change("male"),
                s.moved_word("male"),
                s.gap(base),
                s.gap(end),
                s.gap_word,
            ]
            for s in self.sexes
        ]
        return [table("sexes_change", header, listed)]


def _size(plan: Plan, items: Sequence[Item]) -> dict[str, Figure]:
    """How much a plan promises."""
    fact = f"plan/{plan.id}"
    sizes = {
        "domains": len(plan.domains),
        "goals": sum(len(d.goals) for d in plan.domains),
        "actions": sum(len(d.actions) for d in plan.domains),
        "targets": len(items),
    }
    return {name: figure(size, 0, f"{fact}/{name}") for name, size in sizes.items()}


def _domain_size(plan: Plan, domain: Domain) -> dict[str, Figure]:
    fact = f"plan/{plan.id}/{domain.domain}"
    return {
        "goals": figure(len(domain.goals), 0, f"{fact}/goals"),
        "actions": figure(len(domain.actions), 0, f"{fact}/actions"),
    }


def titled(source: str) -> str:
    """A document's title in 《》; its source gives the title and, after it, a date or a number."""
    title, mark, rest = source.partition("，")
    return f"《{title}》{mark}{rest}" if TITLE.search(title) and "《" not in source else source


TITLE = re.compile(r"(?:通知|意见|决定|批复|函)$")


def _received(listed: Any, kind: str) -> dict[str, Figure]:
    """Sums over the years of values that are figures in all of them: a public edition does not tell of corrections."""
    keys = ("due", "received", "punctual", "used", "cells_revised")
    return {
        key: count(sum(int(r[key].value) for r in listed), f"{kind}/deliveries/{key}")
        for key in keys
        if all(isinstance(r[key], Figure) for r in listed)
    }


def _sources(facts: Facts) -> list[dict[str, object]]:
    """Which departments send data, with the datasets that they owe for some year from the baseline on."""
    owed: dict[str, list[str]] = {}
    for dataset, department in _owed(facts):
        owed.setdefault(department, []).append(facts.catalog.datasets[dataset].title)
    return [
        {"name": _acting(facts, key), "titles": [Name(t, f"dataset/{key}") for t in owed[key]]}
        for key in facts.catalog.district.departments
        if key in owed
    ]


def _acting(facts: Facts, key: str) -> str:
    """市乡村振兴局（2020—2023年）: a department, with its years if it was not there in all of them."""
    name, record = facts.catalog.department(key), facts.catalog.district.departments[key]
    first, last = max(record.since, facts.base), min(record.until, facts.year)
    if (first, last) == (facts.base, facts.year):
        return name
    return say("labels/acting", name=name, years=period(first, last))


def _owed(facts: Facts) -> list[tuple[str, str]]:
    """Dataset and department, in the catalogue's order; published series are owed by nobody and have a sender."""
    catalog = facts.catalog
    years = range(min(p.head.baseline for p in facts.plans), facts.year + 1)
    found = {(name, key) for year in years for name, keys in catalog.owed(year).items() for key in keys}
    found |= {(name, d.department) for name, d in catalog.datasets.items() if d.irregular}
    return [(name, key) for name, keys in catalog.senders.items() for key in keys if (name, key) in found]


def _breaks(facts: Facts) -> list[dict[str, object]]:
    """Changes of caliber since the baseline, with their bridge, and of the areas."""
    listed: list[dict[str, object]] = [
        {
            "key": key,
            "name": Name(i.name, f"name/{key}"),
            "since": v.since,
            "note": Name(v.note, f"note/{key}"),
            "bridge": say("labels/cell/incomparable")
            if v.bridge is None
            else figure(exact(v.bridge), 3, f"bridge/{key}/{v.since}"),
        }
        for key, i in facts.indicators.items()
        for v in i.calibers
        if facts.base < v.since <= facts.year
    ]
    for since, text in redrawn.notes(facts):
        name, note = Name(say("labels/cell/areas"), "areas"), Name(text, f"note/areas/{since}")
        listed.append({"key": f"areas/{since}", "name": name, "since": since, "note": note, "bridge": "—"})
    return listed


def advice(problems: Sequence[Outcome], of: Kind) -> list[dict[str, object]]:
    """Department by department, the most serious problem first: missed goals, and the plan's actions for them."""
    listed: list[dict[str, object]] = []
    for lead, group in by_lead(problems).items():
        shared = together(group)
        served: dict[object, list[list[Outcome]]] = {}
        for same in shared:  # the promises of one plan's goal together; what a second plan repeats by itself
            item = same[0].item
            goal = (item.promise.plan.id, item.promise.domain.domain, tuple(item.goals))
            served.setdefault(goal if len({o.item.promise.plan.id for o in same}) == 1 else item.id, []).append(same)
        number = figure(len(shared), 0, f"{of.name}/advice/{group[0].item.promise.lead}")
        listed.append({"lead": lead, "goals": [_goal(found) for found in served.values()], "number": number})
    return listed


def _goal(found: Sequence[Sequence[Outcome]]) -> dict[str, object]:
    """The subject of one paragraph of advice: names once, clauses, the actions of each plan, supporting
    departments.
    """
    outcomes = [o for same in found for o in same]
    firsts = list({o.item.promise.plan.id: o.item for o in reversed(outcomes)}.values())[::-1]
    remedies = [
        (Name(i.promise.plan.head.short, f"plan/{i.promise.plan.id}") if len(firsts) > 1 else "", clause, action)
        for i in firsts
        for clause, action in i.remedies
    ]
    return {
        "names": list(dict.fromkeys(o.name for o in outcomes)),
        "places": places(outcomes),
        "remedies": remedies,
        "support": supporting(outcomes),
    }


def places(outcomes: Iterable[Outcome]) -> list[tuple[Name | str, Name]]:
    """Where a promise stands, plan by plan: the plan's name before its first clause."""
    told: dict[str, Plan] = {}
    found: list[tuple[Name | str, Name]] = []
    for clause, plan in dict.fromkeys((o.item.clause, o.item.promise.plan.id) for o in outcomes):
        home = next(o.item.promise.plan for o in outcomes if o.item.promise.plan.id == plan)
        found.append(("" if plan in told else Name(home.head.short, f"plan/{plan}"), clause))
        told[plan] = home
    return found


def supporting(outcomes: Iterable[Outcome]) -> list[str]:
    return list(dict.fromkeys(d for o in outcomes for d in o.item.support))


def by_lead(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    grouped: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault(outcome.item.lead, []).append(outcome)
    return grouped

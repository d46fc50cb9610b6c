"""一图读懂: what a citizen wants to know of an edition on one page, printed and as a picture for a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from expectations.requirement import kind
from expectations.units import unit_of
from expectations.vocabulary import FINE, Reason
from flows.press.numbers import Figure
from flows.report.facts import Facts
from flows.report.facts.counts import has_share
from flows.report.facts.items import Item
from flows.report.facts.portraits import FEW
from flows.report.kinds.report import Context, Report
from flows.report.say.narrative import Narrator
from flows.wording import say

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings

FINDINGS, TASKS = 5, 3
MARKS = 240
"""The number of marks, one for each target, that a reader can take in at a glance."""


def context(made: Report, charts: Drawings) -> Context | None:
    """What the template says; None if nothing could be judged: there is nothing to be read at a glance."""
    glance = made.glance()
    if not glance.judged.value:
        return None
    said = made.narrator
    found = findings(made)
    return {
        "sheet": "poster",
        "parts": _parts(made),
        "glance": glance,
        "alone": "" if has_share(glance.judged) else glance.groups[0].word,  # what is judged stands before what is not
        "lined": any(i.numbered and not i.promise.target.rule.relative for i in found),
        "marked": sum(len(group.marks) for group in glance.groups) <= MARKS,
        "findings": [(i, said.level(i), _changed(said, i), _whose(i), charts.spark(made.facts, i)) for i in found],
        "tasks": [(i, _stands(said, i), _whose(i)) for i in glance.short[:TASKS]],
        "left": len(glance.short) > TASKS,
    }


def _parts(made: Report) -> list[str]:
    """The title in parts between which a line may end."""
    *lines, ending = made.title_lines
    first = len(lines) - len(made.facts.plans)
    return [*lines[:first], *(f"{name}{say('labels/and')}" for name in lines[first:-1]), lines[-1], ending]


def findings(made: Report) -> list[Item]:
    """The targets that are well whose figure improved most since the baseline, one of a domain, in the order of the plans;
    numbers to be reached before directions.

    Percentages by their points, others by the share of the baseline's figure: half as many beds again is told beside
    fifty points more. Left out are single events, shares of few people, and what cannot be compared with the baseline.
    """
    facts = made.facts
    able = sorted((i for i in facts.items if _gain(i) > 0 and not _few(facts, i)), key=_worth, reverse=True)
    told: dict[tuple[str, int], Item] = {}
    for item in able:
        known = {i.promise.target.indicator for i in told.values()}
        if item.promise.target.indicator not in known:
            told.setdefault((item.promise.plan.id, item.promise.domain.domain), item)
    kept = sorted(told.values(), key=_worth, reverse=True)[:FINDINGS]
    return [item for item in facts.items if item in kept]


def _changed(said: Narrator, item: Item) -> Markup:
    """比2020年提高0.56年: how the figure has changed since the baseline, at the head of a line."""
    told = said.change(item, item.change_baseline)
    return told[1:] if told.startswith("，") else told


def _stands(said: Narrator, item: Item) -> Markup:
    """为85.2% or, where there is no figure to be told, why: 数值不予公布, 未报送."""
    if isinstance(item.value, Figure):
        return said.say(said.words["stands"], value=said.level(item))
    kept_back = item.point(int(item.row["year"]))["state"] == Reason.SUPPRESSED
    return said.say(said.words["grounds"]["hidden"]) if kept_back else said.level(item)


def _whose(item: Item) -> str:
    """最低的街镇, where the figure is that of one of many places; else empty."""
    each = item.promise.target.each
    if not each:
        return ""
    form = "lowest" if unit_of(item.unit).is_rate else "fewest"
    return say(f"labels/poster/{form}", each=kind(item.catalog, each))


def _few(facts: Facts, item: Item) -> bool:
    """Whether so few people or cases are behind the figure of either year that one of them shows."""
    target = item.promise.target
    own = facts.figures.years(target.indicator, target.sex, target.part)
    rows = (own.get(year) for year in (item.promise.plan.head.baseline, facts.year))
    return any(row is not None and row["denominator"] is not None and row["denominator"] < FEW for row in rows)


def _worth(item: Item) -> tuple[bool, float]:
    return item.numbered, _gain(item)


def _gain(item: Item) -> float:
    """How much its figure improved since the baseline, as a share; 0 if that cannot be told of it."""
    change, target = item.change_baseline, item.promise.target
    known = isinstance(item.value, Figure) and isinstance(item.base, Figure)
    plain = target.rule.own and not target.rule.two_sided and not item.rare
    if item.verdict not in FINE or change is None or change.printed or not (known and plain):
        return 0
    size = change.value * item.promise.direction
    if item.unit == "%":
        return float(size) / 100
    base = item.row["value"] - change.value
    return float(size / abs(base)) if base else 0

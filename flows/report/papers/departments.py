"""One department, one sheet (一部门一单): its targets, what they lack, the measures of the plan that fit, what it owes, and what
it is asked to do by when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from expectations.vocabulary import SHORT
from flows import letters
from flows.files.characters import file_name
from flows.letters import Letter
from flows.press.bound import Name, joined
from flows.press.numbers import Figure, figure
from flows.report.facts import received
from flows.report.facts.counts import Tally
from flows.report.facts.items import Item
from flows.report.facts.warning import Warning
from flows.report.say import lacking
from flows.wording import say

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings
    from flows.report.kinds.report import Context, Report


@dataclass(frozen=True)
class Asking:
    """What plans ask of one figure: told once, whatever the number of plans and clauses that ask it."""

    item: Item
    places: Markup
    """妇女规划目标7.6、儿童规划目标6.7"""
    lacking: Markup
    """还差762人; empty where nothing can be counted."""
    warnings: Sequence[Warning]


@dataclass(frozen=True)
class DepartmentSheet:
    """What one department is told."""

    key: str
    letter: Letter
    tally: Tally
    counts: Markup
    pressing: Sequence[Asking]
    """The targets that fall short or are warned of, most at stake first."""
    others: Sequence[Asking]
    statements: Sequence[Item]
    due: Figure
    came: Figure
    number: Figure
    """How many targets must be pressed."""

    @property
    def name(self) -> str:
        return self.letter.department

    @property
    def file(self) -> str:
        return file_name(self.name, say("letters/sheet/name"), str(self.letter.year))

    @property
    def asked(self) -> list[letters.Finding]:
        """What must be answered, the heaviest first."""
        return self.letter.open


def context(made: Report, charts: Drawings) -> Context | None:
    """The sheets of all departments that answer for a target or must hear of their forms; None of a kind of report that answers
    no department.
    """
    facts = made.facts
    if not made.kind.answers or facts.edition.compiled or not facts.edition.internal:
        return None
    leads = {item.promise.lead for item in facts.items}
    listed = [_sheet(made, key) for key in facts.catalog.district.departments]
    sheets = [sheet for sheet in listed if sheet.key in leads or sheet.letter.needed]
    return {"sheets": sheets, "contact": letters.contact(facts.catalog)} if sheets else None


def _sheet(made: Report, key: str) -> DepartmentSheet:
    facts = made.facts
    mine = [item for item in facts.ranked if item.promise.lead == key]
    lines = _lines(made, [item for item in mine if item.quantitative])
    pressing = [line for line in lines if line.item.verdict in SHORT or line.warnings]
    letter = received.letter(facts, key)
    tally = facts.tally(mine, f"department/{key}")
    scope = say("letters/sheet/scope")
    return DepartmentSheet(
        key,
        letter,
        tally,
        made.narrator.counts(tally, scope),
        pressing,
        [line for line in lines if line not in pressing],
        [item for item in mine if not item.quantitative],
        figure(len(letter.deliveries), 0, f"department/{key}/due"),
        figure(letter.came, 0, f"department/{key}/came"),
        figure(len(pressing), 0, f"department/{key}/pressing"),
    )


def _lines(made: Report, items: Sequence[Item]) -> list[Asking]:
    """One line for all that ask the same of one figure, in the order of the first."""
    grouped: dict[tuple[object, ...], list[Item]] = {}
    for item in items:
        grouped.setdefault((*item.asked, item.verdict), []).append(item)
    found = []
    for same in grouped.values():
        ids = {item.id for item in same}
        warned = [w for w in made.facts.warnings if w.item.id in ids and not w.welcome]
        places = joined(Name(f"{i.promise.plan.head.short}{i.promise.clause}", f"clause/{i.id}") for i in same)
        kinds = {w.kind: w for w in warned}  # of two plans that ask the same, one warning is told
        found.append(Asking(same[0], places, lacking.told(made.narrator, same[0]), list(kinds.values())))
    return found

"""One department, one sheet (一部门一单): its targets, what they lack, the actions of the plan that fit, what it owes, and what
it is asked to do by when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from expectations.vocabulary import AnswerSheet, Level, WarningKind
from flows import letters
from flows.letters import Letter
from flows.press.bound import Name, joined
from flows.press.numbers import Figure, figure
from flows.report.facts import received, wanted, warned
from flows.report.facts.counts import Tally
from flows.report.facts.items import Item
from flows.report.facts.wanted import WantedYear
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
    """还差762名妇女; of a figure that swings, how it did; empty where it is not known."""
    absent: Markup
    """南山镇卫生院没有可用的数据; empty where no place is asked, or all have a figure."""
    warnings: Sequence[Warning]
    merged: bool
    """Whether several clauses ask it."""

    @property
    def name(self) -> Name:
        return self.item.name if self.item.quantitative else self.item.title


@dataclass(frozen=True)
class DepartmentSheet:
    """What one department is told."""

    key: str
    letter: Letter
    tally: Tally
    counts: Markup
    pressing: Sequence[Asking]
    """The targets that are warned of, most at stake first: those of the department's ledger."""
    others: Sequence[Asking]
    statements: Sequence[Item]
    due: Figure
    came: Figure
    entries: Figure
    """How many warnings its ledger lists."""
    rows: Figure
    """In how many lines they are told here."""
    merged: bool
    """Whether some of them ask the same."""
    wanted: Sequence[WantedYear]
    """The targets for which it is asked for a figure of an earlier year."""

    @property
    def name(self) -> str:
        return self.letter.department

    @property
    def file(self) -> str:
        return letters.named(self.name, say("letters/sheet/name"), self.letter.year)

    @property
    def workbook(self) -> str:
        """The file in which the warnings are answered."""
        return letters.answered_in(self.name, AnswerSheet.LEDGER, self.letter.year)

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
    lacking = wanted.of(facts)
    listed = [
        _sheet(made, key, [w for w in lacking if w.department == key]) for key in facts.catalog.district.departments
    ]
    sheets = [sheet for sheet in listed if sheet.key in leads or sheet.letter.needed or sheet.wanted]
    told = {"contact": letters.contact(facts.catalog), "answer_due": warned.answer_due(facts)}
    return {"sheets": sheets, **told} if sheets else None


def _sheet(made: Report, key: str, lacking: Sequence[WantedYear]) -> DepartmentSheet:
    facts = made.facts
    mine = [item for item in facts.ranked if item.promise.lead == key]
    lines = _lines(made, mine)
    pressing = [line for line in lines if line.warnings]
    others = [line for line in lines if not line.warnings]
    entries = sum(w.item.promise.lead == key for w in facts.warnings)
    letter = received.letter(facts, key)
    tally = facts.tally(mine, f"department/{key}")
    scope = say("letters/sheet/scope")
    return DepartmentSheet(
        key,
        letter,
        tally,
        made.narrator.counts(tally, scope),
        pressing,
        [line for line in others if line.item.quantitative],
        [line.item for line in others if not line.item.quantitative],
        figure(len(letter.deliveries), 0, f"department/{key}/due"),
        figure(letter.came, 0, f"department/{key}/came"),
        figure(entries, 0, f"department/{key}/warnings"),
        figure(len(pressing), 0, f"department/{key}/lines"),
        any(line.merged for line in pressing),
        lacking,
    )


def _lines(made: Report, items: Sequence[Item]) -> list[Asking]:
    """One line for all that ask the same of one figure, in the order of the first."""
    grouped: dict[tuple[object, ...], list[Item]] = {}
    for item in items:
        grouped.setdefault((*item.promise.asked, item.verdict), []).append(item)
    found = []
    for same in grouped.values():
        ids = {item.id for item in same}
        given = [w for w in made.facts.warnings if w.item.id in ids]
        places = joined(Name(f"{i.promise.plan.head.short}{i.promise.clause}", f"clause/{i.id}") for i in same)
        gravest = sorted(given, key=lambda w: [*Level].index(Level.of(w.row["level"])), reverse=True)
        kinds = {w.kind: w for w in gravest}  # of two clauses that ask the same, the gravest warning is told
        lack, absent = _lack(made, same[0], kinds), lacking.absent(made.narrator, same[0])
        found.append(Asking(same[0], places, lack, absent, list(kinds.values()), len(same) > 1))
    return found


def _lack(made: Report, item: Item, warnings: Mapping[WarningKind, Warning]) -> Markup:
    """What is lacking, or how the figure swung."""
    swing = warnings.get(WarningKind.SWING)
    if told := lacking.gap(made.narrator, item):
        return told
    return Markup("") if swing is None else made.narrator.grounds(swing)

"""Makes a table for each department: the targets that it answers for, their warnings, and the forms that it owes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from expectations.vocabulary import SHORT, Ending, Verdict
from flows.press.bound import Name, Word
from flows.press.numbers import figure
from flows.report.facts import Facts, shortfall
from flows.report.facts.items import Item
from flows.report.facts.warning import Warning
from flows.report.say import lacking
from flows.report.say.narrative import Narrator
from flows.report.write import tables
from flows.report.write.table import Table, table
from flows.wording import headings, read, say

WORDS: Mapping[str, str] = read("labels")["department"]
NONE = "—"
LONGEST = 31
"""The letters that the name of a sheet may have."""


def by_department(narrator: Narrator, standings: Mapping[str, Verdict | Ending]) -> list[Table]:
    """A table for each department with a target or a debt, in the district's order.

    The public edition has no people that are lacking, no warnings, no follow-up and no debts. A plan that has ended has no
    warnings.
    """
    facts = narrator.facts
    ended = any(isinstance(code, Ending) for code in standings.values())
    warned: dict[str, list[Warning]] = {}
    for warning in facts.warnings if facts.edition.internal and not ended else ():
        warned.setdefault(warning.item.id, []).append(warning)
    owed = tables.owed(tables.deliveries(facts)) if facts.edition.internal else []
    found = []
    for key, department in facts.catalog.district.departments.items():
        own = [i for i in facts.items if key in (i.promise.lead, *i.promise.support)]
        own.sort(key=lambda i: (i.promise.lead != key, i.row["priority"]))
        rows = [_target(narrator, item, key, standings[item.id], warned.get(item.id, ())) for item in own]
        rows += [_debt(row) for row in owed if row["department"] == key]
        if rows:
            found.append(_told(facts, department.name, rows, bool(warned), bool(owed)))
    return found


def _told(facts: Facts, name: str, rows: Iterable[Sequence[object]], warnings: bool, debts: bool) -> Table:
    """A table without the columns that this edition has not."""
    header = headings("department", before=facts.year - 1, year=facts.year)
    left_out = {
        *(() if facts.edition.internal else (LACKING, LACKING + 1)),
        *(() if warnings else range(WARNING, WARNING + 4)),
        *(() if debts else (DUE,)),
    }
    kept = [n for n in range(len(header)) if n not in left_out]
    made = table(
        "department",
        [header[n] for n in kept],
        [[row[n] for n in kept] for row in rows],
        department=name,
        year=facts.year,
    )
    return Table(made.name, re.sub(r"[][:*?/\\]", "", name)[:LONGEST], made.about, made.header, made.rows, pinned=2)


LACKING, WARNING, DUE = 10, 12, 16
"""The places of the first of the columns about what is lacking and about warnings, and of the date by which a form was due."""


def _target(
    narrator: Narrator, item: Item, department: str, standing: Verdict | Ending, warnings: Sequence[Warning]
) -> list[object]:
    fact = item.fact("outcome" if isinstance(standing, Ending) else "verdict")
    figures = (item.before, item.value) if item.quantitative else (NONE, NONE)
    return [
        item.clause,
        item.name if item.quantitative else item.title,
        WORDS["lead" if item.promise.lead == department else "support"],
        item.promise.plan.head.short,
        Name(item.unit, "unit"),
        *figures,
        item.required,
        Word(standing.word, fact, standing),
        _apart(item, standing),
        lacks.lacking if (lacks := shortfall.of(narrator.facts, item)) and lacks.lacking else NONE,
        lacking.told(narrator, item).striptags() or NONE,
        *_warned(warnings),
        NONE,
    ]


def _apart(item: Item, standing: Verdict | Ending) -> object:
    """How far a target that falls short is from the number asked for, in its unit; one event makes no distance."""
    short = standing in SHORT if isinstance(standing, Verdict) else standing is Ending.MISSED
    if not short or item.apart is None or item.by_one or item.promise.target.rule.directional:
        return NONE
    return figure(abs(item.apart), item.decimals, item.fact("gap"), 0)


def _warned(warnings: Sequence[Warning]) -> Iterator[object]:
    """What is warned of, why, which of the plan's actions fit, and what is to be done."""
    if not warnings:
        yield from [NONE] * 4
        return
    yield "；".join(say("labels/department/warned", kind=w.kind.word, level=w.level) for w in warnings)
    yield "；".join(dict.fromkeys(str(w.cause) for w in warnings))
    yield "；".join(f"{clause}{action}" for clause, action in warnings[0].item.remedies) or NONE
    yield "；".join(dict.fromkeys(w.follow_up for w in warnings))


def _debt(row: Mapping[str, object]) -> list[object]:
    title = say("labels/department/form", title=row["title"])
    return [WORDS["debt"], title, NONE, NONE, NONE, NONE, NONE, NONE, row["word"], *[NONE] * 7, row["due"]]

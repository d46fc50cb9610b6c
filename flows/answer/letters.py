"""催报函 and 督办函: letters to the departments that have not answered a warning, or not done what was promised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb

from expectations import remedies
from expectations.records import Catalog
from expectations.vocabulary import AnswerSheet, Level, Redress
from flows import ledger
from flows.answer import facts
from flows.files.characters import file_name
from flows.ledger import LedgerEntry
from flows.letters import answered_in, contact
from flows.places import TEMPLATES
from flows.wording import day, say

LetterKind = Literal["urge", "press"]
WIDTHS = {"answer": "18mm", "action": "31mm"}
"""The columns that have a width of their own: an action is a whole sentence."""


class Matter(NamedTuple):
    """One entry as a letter tells it."""

    name: str
    level: str
    gap: str
    acceptance: str
    pace: str
    answer: str
    action: str


class Reminder(NamedTuple):
    """A letter to one department."""

    kind: LetterKind
    department: str
    year: int
    district: str
    issuer: str
    contact: str
    simulated: bool
    on: date
    """The day of the letter."""
    lead: str
    request: str
    matters: Sequence[Matter]

    @property
    def title(self) -> str:
        return _say(f"{self.kind}/title", year=self.year)

    @property
    def dated(self) -> str:
        return day(self.on)


def wanted(entry: LedgerEntry, today: date) -> LetterKind | None:
    """The letter that an entry calls for: 督办函 if it is 一级 or what was promised has not been done, 催报函 if nothing was
    answered in time.
    """
    if entry.state == Redress.DONE:
        return None
    if entry.level == Level.SERIOUS or (entry.reply is not None and entry.is_overdue(today)):
        return "press"
    return "urge" if entry.is_overdue(today) else None


def write(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, today: date, folder: Path) -> list[Path]:
    """Write the letters of the day `today` as PDF; none of a department that owes nothing."""
    entries = ledger.entries(con, catalog, year, on=today)
    return [printed(letter, folder) for letter in reminders(catalog, entries, today, facts.simulated(con, year))]


def printed(letter: Reminder, folder: Path) -> Path:
    """Write one letter into a folder."""
    from flows.press import pdf

    folder.mkdir(parents=True, exist_ok=True)
    words = (letter.department, _say(f"{letter.kind}/name"), str(letter.year), letter.on.isoformat())
    columns = {"columns": _columns(letter.kind), "widths": WIDTHS, "caption": _say("caption")}
    context = {"letter": letter, **columns, "templates": TEMPLATES.resolve().as_uri()}
    page = pdf.html(TEMPLATES, "letter.html", context)
    return pdf.write(page, folder / file_name(*words, suffix=".pdf"), [TEMPLATES], letter.on)


def reminders(catalog: Catalog, entries: Sequence[LedgerEntry], today: date, simulated: bool) -> Iterator[Reminder]:
    """The letters of a day, by department: one letter asks about an entry, never two."""
    for department, found in ledger.departments(entries).items():
        for kind, tell in LEADS.items():
            if mine := [entry for entry in found if wanted(entry, today) == kind]:
                yield _letter(catalog, kind, department, mine, tell(catalog, mine, today), today, simulated)


def _say(text: str, /, **facts: object) -> str:
    return say(f"letters/reminder/{text}", **facts)


def _columns(kind: LetterKind) -> dict[str, str]:
    """The columns of the table: a letter that only asks for an answer tells of none."""
    keys = ["target", "level", "gap", "acceptance", "pace"] + (["answer", "action"] if kind == "press" else [])
    return {key: _say(f"columns/{key}") for key in keys}


def _letter(
    catalog: Catalog,
    kind: LetterKind,
    department: str,
    entries: Sequence[LedgerEntry],
    lead: str,
    today: date,
    simulated: bool,
) -> Reminder:
    asked = day(ledger.answer_due(catalog, today))
    follow_up = _say("press/follow_up", action=catalog.policy.follow_up["serious"]) if kind == "press" else ""
    file = answered_in(catalog.department(department), AnswerSheet.LEDGER, entries[0].year)
    serious = any(entry.level == Level.SERIOUS for entry in entries)
    return Reminder(
        kind,
        catalog.department(department),
        entries[0].year,
        catalog.district.name,
        catalog.district.issuers[0],
        contact(catalog),
        simulated,
        today,
        lead,
        _say(f"{kind}/request", day=asked, file=file, follow_up=follow_up if serious else "").replace("。。", "。"),
        [_matter(entry, today) for entry in entries],
    )


def _matter(entry: LedgerEntry, today: date) -> Matter:
    plan, clause, name, _ = entry.key
    remedy = remedies.fitting(entry.promise)
    action = _say("action", clause=remedy.clause, text=remedy.text) if remedy else say("labels/remedy/none")
    gap = "，".join(part for part in (entry.value, entry.gap) if part != "—")
    return Matter(
        f"{name}（{plan}{clause}）",
        entry.level.word,
        gap,
        entry.acceptance,
        entry.pace_from(today) or "—",
        _answer(entry),
        action,
    )


def _answer(entry: LedgerEntry) -> str:
    """What the department has said so far."""
    if entry.reply is None:
        return _say("state/waiting")
    if entry.reply.until is None:
        return _say("state/said", state=entry.state.word)
    return _say("state/promised", state=entry.state.word, until=day(entry.reply.until))


def _urging(catalog: Catalog, entries: Sequence[LedgerEntry], today: date) -> str:
    first = entries[0]
    report = facts.title(catalog, first.year)
    days = (today - first.answer_due).days
    told = {"report": report, "due": day(first.answer_due), "today": day(today), "number": len(entries), "days": days}
    return _say("urge/lead", **told)


def _pressing(catalog: Catalog, entries: Sequence[LedgerEntry], today: date) -> str:
    serious = sum(entry.level == Level.SERIOUS for entry in entries)
    overdue = sum(entry.reply is not None and entry.is_overdue(today) for entry in entries)
    counts = {"serious": serious, "overdue": overdue}
    listed = "，".join(_say(f"press/{form}", number=number) for form, number in counts.items() if number)
    report = facts.title(catalog, entries[0].year)
    parts = _say("parts", listed=listed)
    return _say("press/lead", report=report, today=day(today), number=len(entries), parts=parts)


LEADS: dict[LetterKind, Callable[[Catalog, Sequence[LedgerEntry], date], str]] = {"urge": _urging, "press": _pressing}

"""Reads what departments send back: the ledger (整改台账) and the feedback sheet (核查反馈单), with their answers filled in.

A sheet is known by its headings, whatever its file is called. It is registered like any delivery (deliveries.yml, `dataset:
ledger`) and may come again as often as its department has something to say. Every row ends as a reply, as one left open or as
one that cannot be used, and each fault is told with line, column and cure.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from expectations.catalog import CatalogError
from expectations.records import Catalog, Promise
from expectations.requirement import called
from expectations.vocabulary import AnswerSheet, Redress, Severity, WarningKind
from flows import ledger
from flows.files import Defect, File, TextRow, UnreadableError, View, cell, describe, odd, open_file
from flows.files.characters import printable
from flows.ingest import register
from flows.ingest.accounting import AccountingError
from flows.ingest.deliveries import registered
from flows.ingest.filed import History, Unfiled, describe_unfiled
from flows.ingest.findings import Delivery, Findings
from flows.ingest.register import REGISTER, Entry, Register
from flows.ingest.writing import even, title
from flows.journal import CLOSED, CutOff
from flows.ledger import LedgerEntry
from flows.warehouse import append_named
from flows.wording import read, say

SEARCHED = 200
"""The number of rows in which the headings are looked for."""
SHORTEST = 4
"""The least letters of an answer that says anything."""
YEAR = re.compile(r"((?:19|20)[0-9]{2})年")
DAY = re.compile(r"((?:19|20)[0-9]{2})[-/.年]\s*([0-9]{1,2})[-/.月]\s*([0-9]{1,2})日?(?:\s+0?0:00(?::00)?)?")
TEXTS = ("cause", "steps", "evidence", "objection")
SENT = ("value", "gap", "acceptance", "pace")
"""Columns of facts that nothing is read from: what was typed over them is told."""


class Returned(NamedTuple):
    """A sheet that came back, as it stands in a file."""

    sheet: AnswerSheet
    view: View
    columns: Mapping[str, int]
    """Key of a column → its position, from 0."""
    above: Sequence[TextRow]
    """The rows above the headings."""
    rows: Sequence[TextRow]

    @property
    def years(self) -> set[str]:
        """The years that it is about: of its rows, or else of its title."""
        if "year" in self.columns:
            return {even(cell(row, self.columns["year"])) for row in self.rows}
        titles = (text for row in self.above for text in row.cells if self.sheet.word in text)
        return {found[1] for text in islice(titles, 1) if (found := YEAR.search(text))}  # below it stand days

    @property
    def asks(self) -> int:
        """The number of rows that wait for an answer: a hint does not, nor what was answered before (`Letter.open`)."""
        if "weight" not in self.columns:
            return len(self.rows)
        settled = {Severity.INFO.word, say("letters/feedback/answered")}
        return sum(cell(row, self.columns["weight"]).strip() not in settled for row in self.rows)

    def said(self, key: str) -> str:
        """What stands beside a label above the headings (填报人, 填报日期); empty if nothing does."""
        label = title(read("letters")["ledger"]["signed"][key])
        labels = {title(word) for word in read("letters")["ledger"]["signed"].values()}
        for row in self.above:
            words = [title(text).rstrip(":") for text in row.cells]
            if label in words:
                beside = words.index(label) + 1
                if beside < len(words) and words[beside] not in labels:
                    return printable(row.cells[beside].strip())
        return ""


def _headings(sheet: AnswerSheet) -> Mapping[str, str]:
    """The columns by which a sheet is known: key → heading."""
    if sheet == AnswerSheet.LEDGER:
        return {key: ledger.COLUMNS[key][0] for key in (*ledger.KEY, *ledger.ANSWERED)}
    headings = [heading for heading, _ in read("letters")["feedback"]["columns"]]
    return {"weight": headings[1], "title": headings[2], "cause": headings[-2], "finding": headings[-1]}


def found(file: File) -> Returned | None:
    """The sheet that a file is; None if it is none."""
    for view in file.views:
        try:
            head = list(islice(view.rows(), SEARCHED))
        except UnreadableError:
            continue
        for number, row in enumerate(head):
            words = [title(text) for text in row.cells]
            for sheet in AnswerSheet:
                wanted = {key: title(heading) for key, heading in _headings(sheet).items()}
                if wanted and {*wanted.values()} <= {*words}:
                    known = {key: title(ledger.COLUMNS[key][0]) for key in SENT} if sheet == AnswerSheet.LEDGER else {}
                    columns = {key: words.index(word) for key, word in (known | wanted).items() if word in words}
                    below = [r for r in view.rows() if r.line > row.line and _has_key(r, columns)]
                    return Returned(sheet, view, columns, head[:number], below)
    return None


NUMBER = re.compile(r"[0-9A-F]{8}")
"""The number of a finding on the feedback sheet."""


def _has_key(row: TextRow, columns: Mapping[str, int]) -> bool:
    """Whether a row is of the table: notes below it fill one cell, or the same text in merged ones."""
    texts = [even(cell(row, columns[key])) for key in columns]
    return len({text for text in texts if text}) > 1


def department(name: str, returned: Returned, catalog: Catalog) -> str:
    """Whose sheet it is: that of the department that its title or its file's name begins with; empty if neither does."""
    texts = [*(text for row in returned.above for text in row.cells[:1]), name]
    names = sorted(catalog.district.departments.items(), key=lambda item: -len(item[1].name))
    return next((key for text in texts for key, d in names if text.strip().startswith(d.name)), "")


# --- into the warehouse ----------------------------------------------------------------------------------------------


def answers(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    raw: Path,
    years: Iterable[int],
    cut_off: CutOff = CLOSED,
    kinds: Collection[str] = tuple(AnswerSheet),
) -> None:
    """Fill meta_replies and core_replies from the registers of `years`, with what counts by the `cut_off`: what departments
    answer to a report always comes after its own lock, and is left for the next one. `kinds` are the sheets that are read.
    """
    history = History(cut_off.journal.events() if cut_off.journal else ())
    heads = {year: head for year in years if (head := _register(catalog, raw, year)) is not None}
    lock = heads[max(heads)].locked if cut_off.closed and heads else date.max
    findings, sheets, answers = Findings(), [], []
    sent = {year: ledger.departments(ledger.entries(con, catalog, year)) for year in heads}
    for year, head in heads.items():
        folder = raw / catalog.district.code / str(year)
        unfiled = {one.file: one for one in history.unfiled(year, head.deliveries) if one.now and not one.explained}
        groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in register.closed(head.deliveries, lock, cut_off.as_of)[0]:
            if entry.dataset in kinds:
                groups[entry.dataset, entry.department or ""].append(entry)
        for (sheet, sender), group in groups.items():
            ordered, _ = register.newest_last(group)
            for number, entry in enumerate(ordered, 1):
                file = f"{year}/{printable(entry.file)}"
                delivery = Delivery(f"{year}/{sheet}@{sender}/v{number}", year, sheet, sender, file)
                changed = unfiled.get(entry.file)
                row, told = _taken(
                    catalog, findings, folder, head, entry, delivery, sent[year].get(sender, ()), changed
                )
                sheets.append({**row, "version": number})
                answers += told
    append_named(con, "meta_replies", sheets)
    append_named(con, "core_replies", answers)
    findings.store(con, "out_answer_findings")
    _account(sheets)


def _register(catalog: Catalog, raw: Path, year: int) -> Register | None:
    """The register of a year; None if there is none that can be used: that is told where deliveries are read."""
    path = raw / catalog.district.code / str(year) / REGISTER
    if not path.is_file():
        return None
    try:
        head = register.read(path, raw)
    except CatalogError:
        return None
    return head if (head.district, head.year) == (catalog.district.code, year) else None


def _account(sheets: Iterable[Mapping[str, Any]]) -> None:
    """Every row of a sheet is a reply, was left open, or cannot be used. The run stops if they differ."""
    for sheet in sheets:
        if sheet["rows_in"] != sheet["replies"] + sheet["blank"] + sheet["rejected"]:
            facts = {"delivery": sheet["delivery"], "cells": sheet["rows_in"], "taken": sheet["replies"]}
            told = say("messages/accounting/delivery", returned=sheet["rejected"], **facts)
            raise AccountingError(say("messages/accounting/unbalanced", listed=told))


def _taken(
    catalog: Catalog,
    findings: Findings,
    folder: Path,
    head: Register,
    entry: Entry,
    delivery: Delivery,
    sent: Sequence[LedgerEntry],
    unfiled: Unfiled | None,
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """One version: its row of meta_replies, and its rows of core_replies; its faults become findings. Of one that is `unfiled`
    nothing is used.
    """
    row: dict[str, object] = {
        "delivery": delivery.key,
        "year": delivery.year,
        "sheet": delivery.dataset,
        "department": delivery.department,
        "file": delivery.file,
        "received": entry.received,
        "due": ledger.answer_due(catalog, head.published),
        "reason": entry.reason and printable(entry.reason),
        **dict.fromkeys(("rows_in", "replies", "blank", "rejected"), 0),
    }
    try:
        if unfiled is not None:
            raise UnreadableError(describe_unfiled(unfiled))
        path, digest = registered(folder, entry)
        row["sha256"] = digest
        returned = found(open_file(path))
        if returned is None or returned.sheet != delivery.dataset:
            raise UnreadableError(describe("reply/no_table", sheet=AnswerSheet.of(delivery.dataset).word))
    except UnreadableError as error:
        findings.report(delivery, error.defect)
        return {**row, "status": "refused"}, []
    kind = _Ledger if returned.sheet == AnswerSheet.LEDGER else _Feedback
    reader = kind(catalog, delivery, head.published, entry.received, returned, sent)
    told = list(reader.replies())
    for defect in reader.defects:
        findings.report(delivery, defect, printable(returned.view.sheet))
    counts = {key: reader.counts[key] for key in ("replies", "blank", "rejected")}
    status = "partial" if reader.counts["rejected"] else "accepted"
    return {**row, "rows_in": len(returned.rows), **counts, "status": status}, told


class _Reader(ABC):
    """The rows of one sheet, read into replies."""

    def __init__(
        self,
        catalog: Catalog,
        delivery: Delivery,
        published: date,
        received: date,
        returned: Returned,
        sent: Sequence[LedgerEntry] = (),
    ) -> None:
        self.catalog, self.delivery, self.returned = catalog, delivery, returned
        self.published, self.received = published, received
        self.sent = {tuple(title(word) for word in (str(entry.year), *entry.key)): entry for entry in sent}
        self.counts: Counter[str] = Counter()
        self.defects: list[Defect] = []

    @abstractmethod
    def replies(self) -> Iterator[dict[str, object]]:
        """Every row that says something; counts those that were left open or cannot be used."""

    def heading(self, key: str) -> str:
        return ledger.COLUMNS[key][0] if key in SENT else _headings(self.returned.sheet)[key]

    def _tell(
        self, told: str, line: int, key: str | None, value: str, severity: str = "critical", **facts: object
    ) -> None:
        place: dict[str, Any] = {"column": "", "position": None}
        if key is not None:
            place = {"column": self.heading(key), "position": self.returned.columns[key] + 1}
        self.defects.append(
            describe(f"reply/{told}", line=line, value=value, severity=severity, **place, **facts)  # type: ignore[arg-type]
        )

    def _cell(self, row: TextRow, key: str) -> str:
        return cell(row, self.returned.columns[key]).strip()

    def _text(self, row: TextRow, key: str) -> str:
        text = self._cell(row, key)
        where = say("messages/where/column", line=row.line, column=self.heading(key))
        self.defects += odd(text, where, row.line, self.heading(key))
        if 0 < len(text) < SHORTEST and title(text) not in {title(word) for word in Redress.words().values()}:
            self._tell("short", row.line, key, text, severity="warning", least=SHORTEST)
        return printable(text)

    def _signed(self) -> tuple[str, date | None]:
        """Who filled it in, and when: the second is None if it is not told, or later than the day of receipt."""
        text = self.returned.said("said")
        said = parsed(text) if text else None
        line = self.returned.above[-1].line if self.returned.above else 1
        if text and said is None:
            self._tell("said", line, None, text, severity="warning")
        elif said is not None and said > self.received:
            self._tell("said_late", line, None, text, severity="warning", received=self.received)
            said = None
        return self.returned.said("person"), said


class _Feedback(_Reader):
    """The rows of a feedback sheet: what the department says of each finding."""

    def replies(self) -> Iterator[dict[str, object]]:
        answered, unnumbered = say("letters/feedback/answered"), say("letters/feedback/unnumbered")
        person, said = self._signed()
        for row in self.returned.rows:
            number = even(self._cell(row, "finding")).upper()
            if self._cell(row, "finding") == unnumbered:
                text = self._cell(row, "cause")
                if text:
                    self._tell("unlisted", row.line, "cause", text)
                self.counts["rejected" if text else "blank"] += 1
                continue
            if not NUMBER.fullmatch(number):
                self._tell("number", row.line, "finding", self._cell(row, "finding"))
                self.counts["rejected"] += 1
                continue
            text = "" if self._cell(row, "weight") == answered else self._text(row, "cause")
            if not text:
                self.counts["blank"] += 1
                continue
            self.counts["replies"] += 1
            yield {
                "year": self.delivery.year,
                "department": self.delivery.department,
                "finding": number,
                "cause": text,
                "person": person or None,
                "said": said,
                "delivery": self.delivery.key,
                "line": row.line,
            }


class _Ledger(_Reader):
    """The rows of one ledger: what the department says of each warning."""

    @cached_property
    def _known(self) -> Mapping[tuple[str, str, str], Promise]:
        """The targets of the year, by plan, clause and what each is called."""
        year = self.delivery.year
        names = called(self.catalog, year)
        return {(p.plan.head.short, p.clause, title(names[p.id])): p for p in self.catalog.promises(year)}

    @cached_property
    def _kinds(self) -> Mapping[str, str]:
        return {word: kind for kind, word in WarningKind.words().items()}

    @cached_property
    def _states(self) -> Mapping[str, Redress]:
        return {title(state.word): state for state in Redress}

    def replies(self) -> Iterator[dict[str, object]]:
        """Every row that says something and is about a target of the department."""
        keys = Counter(self._key(row) for row in self.returned.rows)
        person, said = self._signed()
        for row in self.returned.rows:
            target = self._target(row, keys)
            if target is None:
                self.counts["rejected"] += 1
                continue
            self._look_beside(row)
            texts = {key: self._text(row, key) for key in TEXTS}
            state, until = self._state(row, texts), self._until(row)
            if not (state.answered or until or any(texts.values())):
                self.counts["blank"] += 1
                continue
            if not any(texts.values()):
                self._look_over(row)
            state = self._proved(row, state, texts, until)
            self.counts["replies"] += 1
            yield {
                "year": self.delivery.year,
                "department": self.delivery.department,
                "target": target[0],
                "kind": target[1],
                "state": str(state),
                "until": until,
                **{key: text or None for key, text in texts.items()},
                "person": person or None,
                "said": said,
                "delivery": self.delivery.key,
                "line": row.line,
            }
        for key in self.sent.keys() - keys.keys():
            entry = self.sent[key]
            about = "，".join(entry.key)
            self._tell(
                "absent", self.returned.rows[-1].line if self.returned.rows else 1, None, "", "warning", about=about
            )
        if self.counts["replies"] and not person:
            self._tell("person", self.returned.rows[0].line, None, "", severity="warning")

    def _look_beside(self, row: TextRow) -> None:
        """Tell what was written where nothing is read, beside the table, and what stands in a column of something else."""
        last = max(self.returned.columns.values())
        beside = "，".join(filter(None, (text.strip() for text in row.cells[last + 1 :])))
        if beside:
            self._tell("beside", row.line, None, printable(beside), "warning")
        for key in ("cause", "steps", "evidence"):
            text = self._cell(row, key)
            if title(text) in self._states or (text and parsed(text)):
                self._tell("misplaced", row.line, key, text, "warning")

    def _look_over(self, row: TextRow) -> None:
        """Tell what was typed over a fact that was sent, in a row that has a state and no word of explanation."""
        entry = self.sent.get(self._key(row))
        facts = {} if entry is None else ledger.told(entry)
        for key in SENT:
            if key in facts and key in self.returned.columns:
                text = self._cell(row, key)
                if title(text) != title(facts[key]):
                    self._tell("overwritten", row.line, key, text, "warning", before=facts[key])

    def _key(self, row: TextRow) -> tuple[str, ...]:
        return tuple(title(self._cell(row, key)) for key in ledger.KEY)

    def _target(self, row: TextRow, keys: Mapping[tuple[str, ...], int]) -> tuple[str, str] | None:
        """The target and the kind of warning that a row is about; None if it cannot be told or is not the sender's."""
        year, plan, clause, name, kind = key = self._key(row)
        about = "，".join(self._cell(row, part) for part in ledger.KEY[1:])
        if year != str(self.delivery.year):
            self._tell("year", row.line, "year", year, year=self.delivery.year)
        elif kind not in self._kinds:
            self._tell("kind", row.line, "kind", self._cell(row, "kind"), kinds="、".join(self._kinds))
        elif (promise := self._known.get((plan, clause, name))) is None:
            self._tell("target", row.line, "target", self._cell(row, "target"), about=about, year=self.delivery.year)
        elif self.delivery.department not in self.catalog.district.succession(promise.lead):
            lead = self.catalog.department(promise.lead)
            self._tell("not_yours", row.line, "target", self._cell(row, "target"), lead=lead)
        elif keys[key] > 1:
            self._tell("doubled", row.line, "target", self._cell(row, "target"), times=keys[key])
        else:
            return promise.id, self._kinds[kind]
        return None

    def _state(self, row: TextRow, texts: Mapping[str, str]) -> Redress:
        word = self._cell(row, "state")
        if not word:
            if any(texts.values()):
                self._tell("no_state", row.line, "state", "", severity="warning", states="、".join(self._states))
            return Redress.WAITING
        if title(word) not in self._states:
            self._tell("state", row.line, "state", word, states="、".join(self._states))
            return Redress.WAITING
        return self._states[title(word)]

    def _until(self, row: TextRow) -> date | None:
        text = self._cell(row, "until")
        if not text:
            return None
        found = parsed(text)
        if found is None:
            self._tell("until", row.line, "until", text)
        elif found < self.published:
            self._tell("until_early", row.line, "until", text, first=self.published)
        else:
            return found
        return None

    def _proved(self, row: TextRow, state: Redress, texts: Mapping[str, str], until: date | None) -> Redress:
        """The state as far as the row bears it: what is said to be done without saying what was done is not taken over."""
        if state == Redress.DONE and len(texts["evidence"]) < SHORTEST:
            self._tell("done", row.line, "evidence", texts["evidence"])
            return Redress.WAITING
        if state == Redress.UNDERWAY and not (texts["steps"] and until):
            self._tell("underway", row.line, "steps" if not texts["steps"] else "until", "", severity="warning")
        if state == Redress.UNDONE and not texts["cause"]:
            self._tell("undone", row.line, "cause", "", severity="warning")
        return state


def parsed(text: str) -> date | None:
    """A day as a clerk writes it: 2025-11-30, 2025/11/30, 2025.11.30, 2025年11月30日; None if it is none."""
    found = DAY.fullmatch(even(text))
    if found is None:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None

"""What departments say of the warnings, and what became of those of the year before or, for a report on whole plans, of all
before: answered, kept, moved. For the internal edition alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from expectations.records import Plan
from expectations.vocabulary import EVIDENCE, Cause, Moved, Redress, Verdict, WarningKind
from flows import ledger
from flows.ledger import LedgerEntry, Reply
from flows.press.bound import Quote, Word
from flows.press.numbers import Figure, exact, figure
from flows.report.facts import Facts, received
from flows.report.facts.gaps import nearer
from flows.report.facts.items import Item, alike
from flows.warehouse import rows
from flows.wording import say


@dataclass(frozen=True)
class Followed:
    """A target that was warned of before, with what its department answered and how it stands now."""

    entries: Sequence[LedgerEntry]
    """Its warnings of one kind, year by year: one, where only the year before is told of."""
    item: Item
    lock: date
    """The last day whose deliveries the edition knows."""
    whole: bool = False
    """Whether the report is on whole plans: then the figure is compared with that of the first warning."""

    @property
    def entry(self) -> LedgerEntry:
        """The warning that counts: the newest that was answered, else the newest."""
        return next((e for e in reversed(self.entries) if e.reply is not None), self.entries[-1])

    @property
    def first(self) -> int:
        """The year of its first warning."""
        return self.entries[0].year

    @property
    def reply(self) -> Reply | None:
        return self.entry.reply

    @property
    def then(self) -> Figure | str:
        """The value of the year of its first warning."""
        return self.item.at(self.first)

    @property
    def department(self) -> str:
        return self.item.catalog.department(self.entry.promise.lead)

    @property
    def answered(self) -> bool:
        return self.reply is not None

    @property
    def late(self) -> bool:
        """Whether a first answer came after its day."""
        return any(e.reply is not None and e.reply.first > e.answer_due for e in self.entries)

    @property
    def objecting(self) -> bool:
        return self.reply is not None and bool(self.reply.objection)

    @property
    def missed(self) -> bool:
        """Whether a target was warned of, and not a figure that swung."""
        return self.entry.kind == WarningKind.MISS

    @property
    def numbered(self) -> bool:
        """Whether a figure can have moved: it was there when it was warned of."""
        return self.missed and self.item.quantitative and self.entries[0].row["value"] is not None

    @cached_property
    def reached(self) -> bool | None:
        """Whether what was asked for is there: by the year's figure or statement; of a swing, whether it was explained."""
        if not self.missed:
            return bool(self.reply and self.reply.cause)
        if self.item.promise.indicator is None:
            told = self.item.verdict in EVIDENCE
            return self.item.verdict != Verdict.NOT_STARTED if told else None
        if self.entries[-1].row["reason"] == Cause.LATE:
            return self.item.row["value"] is not None
        met: bool | None = self.item.row["met"]
        return met

    @cached_property
    def moved(self) -> Moved:
        """Which way the figure went since the first warning."""
        if self.first < int(self.item.row["year"]) - 1:
            return self._moved_since
        change = self.item.row["change_previous"]
        if change is None:
            return Moved.INCOMPARABLE
        if alike(change, self.item.decimals, self.item.unit, self.item.catalog):
            return Moved.FLAT
        if self.item.promise.target.rule.two_sided:
            now = exact(self.item.row["value"])
            return nearer(self.item.promise.target, now - exact(change), now, self.item.decimals)
        return Moved.WORSE if self.item.row["worsened"] else Moved.IMPROVED

    @property
    def _moved_since(self) -> Moved:
        """The same over several years, where both figures are of one caliber."""
        item = self.item
        before, now = item.point(self.first), item.point(int(item.row["year"]))
        if before["value"] is None or now["value"] is None or before["caliber"] != now["caliber"]:
            return Moved.INCOMPARABLE
        change = exact(now["value"]) - exact(before["value"])
        if alike(change, item.decimals, item.unit, item.catalog):
            return Moved.FLAT
        if item.promise.target.rule.two_sided:
            return nearer(item.promise.target, exact(before["value"]), exact(now["value"]), item.decimals)
        return Moved.IMPROVED if change * item.promise.direction > 0 else Moved.WORSE

    @property
    def due(self) -> bool:
        """Whether an answer promised something up to the edition's lock, or says that it is over."""
        if self.reply is None:
            return False
        return self.reply.state in {Redress.DONE, Redress.UNDONE} or self.entry.until <= self.lock

    @property
    def fulfilled(self) -> bool:
        """Whether what was promised is there: the figure decides; where there is none, the department's word."""
        if not self.due:
            return False
        return self.reached if self.reached is not None else self.entry.state == Redress.DONE

    @property
    def claimed(self) -> bool:
        """Whether a department says that it is done, and the figure says that it is not."""
        return self.missed and self.entry.state == Redress.DONE and self.reached is False

    # --- ready to print ---

    def fact(self, field: str) -> str:
        return f"followed/{self.item.id}/{self.entry.kind}/{field}"

    @property
    def open(self) -> bool:
        """Whether what was asked for is not there, or not known to be."""
        return self.reached is not True

    @property
    def way(self) -> Word | None:
        """The word for which way the figure went; None where it cannot have moved."""
        word = say(f"wording/followed/{'period/ways' if self.whole else 'ways'}/{self.moved}")
        return Word(word, self.fact("moved"), self.moved) if self.numbered else None

    @property
    def result(self) -> Word:
        """The word for whether what was asked for is there."""
        sense = {True: "reached", False: "short", None: "untold"}[self.reached]
        sense = sense if self.missed else f"swing_{sense}"
        return Word(say(f"wording/followed/results/{sense}"), self.fact("reached"), sense)

    @property
    def said(self) -> Quote | None:
        return None if self.reply is None else said(self.reply)

    @property
    def objection(self) -> Quote | None:
        return None if self.reply is None else quoted(self.reply, "objection")


def said(reply: Reply) -> Quote:
    """What a department says of a warning, in one line of its own words."""
    texts = (text.rstrip("。；;. ") for text in (reply.cause, reply.steps, reply.evidence))
    return Quote("；".join(filter(None, texts)), reply.delivery)


def quoted(reply: Reply, field: str) -> Quote:
    """One column of an answer in the department's words, without a full stop of its own."""
    return Quote(str(getattr(reply, field)).rstrip("。；;. "), reply.delivery)


COUNTS: Mapping[str, Callable[[Followed], bool]] = {
    "all": lambda f: True,
    "answered": lambda f: f.answered,
    "late": lambda f: f.late,
    "silent": lambda f: not f.answered,
    "objecting": lambda f: f.objecting,
    "due": lambda f: f.due,
    "kept": lambda f: f.fulfilled,
    "claimed": lambda f: f.claimed,
    "missed": lambda f: f.missed,
    "reached": lambda f: f.missed and f.reached is True,
    "short": lambda f: f.missed and f.reached is False,
    "open": lambda f: f.open,
    "untold": lambda f: f.missed and f.reached is None,
    "numbered": lambda f: f.numbered,
    **{way.value: (lambda f, way=way: f.numbered and f.moved == way) for way in Moved},  # type: ignore[misc]
}
"""What is counted of entries."""


class FollowedCounts(NamedTuple):
    """Entries of one department, or of all, counted."""

    name: str
    numbers: Mapping[str, Figure]
    rate: Figure | None
    """兑现率: the share (%) of what was promised up to the lock that was kept; None if nothing was."""


def years_told(facts: Facts, whole: bool) -> list[int]:
    """The years whose warnings are told of: the one before or, of whole plans, all before; none in the public edition, or
    where nobody was asked.
    """
    if not facts.edition.internal or facts.catalog.is_entered:
        return []
    first = min((plan.head.start for plan in facts.plans), default=facts.year) if whole else facts.year - 1
    return [y for y in range(first, facts.year) if facts.catalog.in_force(y) and y in facts.absent.registered]


def ended(facts: Facts, years: Iterable[int]) -> list[Plan]:
    """The plans that were in force in one of these years and are no more: what was warned of under them is not judged again."""
    return [
        plan
        for plan in facts.catalog.plans
        if plan not in facts.plans and any(plan in facts.catalog.in_force(y) for y in years)
    ]


def read(facts: Facts, years: Iterable[int], whole: bool = False) -> list[Followed]:
    """The targets that were warned of in these years, most at stake now first; each kind of warning of one is there once."""
    items = {item.id: item for item in facts.items}
    grouped: dict[tuple[str, str], list[LedgerEntry]] = {}
    for year in years:
        for entry in ledger.entries(facts.con, facts.catalog, year):
            if entry.promise.id in items:
                grouped.setdefault((entry.promise.id, entry.kind), []).append(entry)
    lock = facts.edition.locked
    found = [Followed(entries, items[target], lock, whole) for (target, _), entries in grouped.items()]
    return sorted(found, key=lambda f: (f.entry.kind, f.item.row["priority"]))


def counted(found: Iterable[Followed], name: str, key: str) -> FollowedCounts:
    """The counts of entries; `key` names them in the facts."""
    listed = list(found)
    numbers = {field: figure(sum(map(test, listed)), 0, f"followed/{key}/{field}") for field, test in COUNTS.items()}
    due = numbers["due"].value
    rate = figure(numbers["kept"].value * 100 / due, 1, f"followed/{key}/rate") if due else None
    return FollowedCounts(name, numbers, rate)


def by_department(facts: Facts, found: Sequence[Followed]) -> list[FollowedCounts]:
    """The counts of each department that a warning was about, in the district's order."""
    leads = {f.entry.promise.lead for f in found}
    names = {key: d.name for key, d in facts.catalog.district.departments.items() if key in leads}
    return [counted((f for f in found if f.entry.promise.lead == key), name, key) for key, name in names.items()]


def unasked(facts: Facts, years: Sequence[int]) -> int:
    """The number of answers about these years that belong to no warning, as the figures are known now."""
    query = "select count(*) as number from out_answer_findings where rule = 'unasked' and list_contains(?, year)"
    return int(rows(facts.con, query, list(years))[0]["number"])


def explanations(facts: Facts) -> Mapping[tuple[str, str], Quote]:
    """Target and kind of a warning of this year → what its department says of it: in an answer to this year's warning, to a
    question about its figures, or to last year's warning of the same kind.
    """
    if not facts.edition.internal:
        return {}
    found: dict[tuple[str, str], Quote] = {}
    for year in (facts.year - 1, facts.year):
        if year == facts.year:
            found |= _of_figures(facts)
        for entry in ledger.entries(facts.con, facts.catalog, year):
            if entry.reply is not None and entry.reply.cause:
                found[entry.promise.id, entry.kind] = quoted(entry.reply, "cause")
    return found


def _of_figures(facts: Facts) -> dict[tuple[str, str], Quote]:
    """What departments answered to questions about the figures behind a warning."""
    said = [(row, row["reply"]) for row in received.findings(facts) if row["reply"]]
    found: dict[tuple[str, str], Quote] = {}
    for warning in facts.warnings:
        target, indicator = warning.item.promise.target, warning.item.promise.indicator
        measures = indicator.measures if indicator else set()
        about = (
            q
            for row, q in said
            if row["measure"] in measures or (row["indicator"] and row["indicator"] == target.indicator)
        )
        if (quote := next(about, None)) is not None:
            found[warning.item.id, warning.kind] = quote
    return found

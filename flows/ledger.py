"""What a warning asks of its department, in numbers and in words: the gap in people or places, the figure that counts as done,
what each month must bring; and what the department has answered. Everybody who tells of it reads it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import duckdb

from expectations.records import Catalog, Promise
from expectations.requirement import called, requirement
from expectations.units import base, unit_of
from expectations.vocabulary import Cause, Level, Redress, Verdict, WarningKind
from flows import shortage
from flows.press.numbers import distinct, rounded, seen
from flows.shortage import Lack
from flows.warehouse import Row, rows
from flows.wording import read, say

COLUMNS: Mapping[str, tuple[str, int]] = read("letters")["ledger"]["columns"]
"""The columns of the workbook of entries: key → heading and width in characters."""
KEY = ("year", "plan", "clause", "target", "kind")
"""Those by which an entry is found again."""
ANSWERED = ("cause", "steps", "until", "state", "evidence", "objection")
"""Those that the department fills in."""


class Shortage(NamedTuple):
    """How many people (or things) are short of what is asked, or too many."""

    number: int
    unit: str
    needed: int
    """The count that would do, among as many people as there are in the year."""
    whole: int | None
    """How many there are in all: what the needed count is a part of; None for a plain count."""
    whole_unit: str
    whole_called: str
    more: bool
    """Whether more are asked for, and not fewer."""


class Reply(NamedTuple):
    """What a department says of one warning, in the newest of its answers that says anything of it."""

    state: Redress
    cause: str
    steps: str
    until: date | None
    evidence: str
    objection: str
    person: str
    said: date
    """The day that it bears, else the day on which it came."""
    first: date
    """When the first answer to this warning came."""
    delivery: str


@dataclass(frozen=True)
class LedgerEntry:
    """Ledger entry (台账事项): a warning of a report with what it asks for, and what became of it so far."""

    catalog: Catalog
    promise: Promise
    name: str
    year: int
    row: Row
    """Its row of out_warnings, with those of out_assessments and out_indicators."""
    published: date
    """成文日期 of the year's report."""
    reply: Reply | None = None
    failing: Sequence[Row | None] = ()
    """The counts of the places that do not keep a promise for each of them."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """By which a department's answer is found again: plan, clause, name and kind, in words."""
        return self.promise.plan.head.short, self.promise.clause, self.name, self.kind.word

    @property
    def kind(self) -> WarningKind:
        return WarningKind.of(self.row["kind"])

    @property
    def level(self) -> Level:
        return Level.of(self.row["level"])

    @property
    def state(self) -> Redress:
        return self.reply.state if self.reply else Redress.WAITING

    @property
    def required(self) -> str:
        return (
            say("letters/ledger/evidence")
            if self.promise.indicator is None
            else requirement(self.catalog, self.promise)
        )

    # --- dates ---

    @property
    def answer_due(self) -> date:
        return answer_due(self.catalog, self.published)

    @property
    def deadline(self) -> date:
        """The last day of the year in which the figure must be reached: the plan's last one, or the next."""
        next_year = self.year + 1
        end = next_year if self.promise.target.yearly else max(self.promise.plan.head.end, next_year)
        return date(end, 12, 31)

    @property
    def until(self) -> date:
        """By when it is to be done: as the department has promised, but not after the deadline."""
        promised = self.reply.until if self.reply else None
        return min(promised, self.deadline) if promised else self.deadline

    def is_overdue(self, today: date) -> bool:
        """Whether an answer is due and has not come, or what was promised is not done."""
        if self.reply is None:
            return today > self.answer_due
        return self.state != Redress.DONE and today > self.until

    # --- the figures ---

    @property
    def unit(self) -> str:
        """Of the figure that is told: of a gap in % 个百分点; of one that swung the indicator's own."""
        indicator = self.promise.indicator
        if indicator is None:
            return ""
        gap = self.promise.target.rule.series == "gap" and self.kind != WarningKind.SWING
        return unit_of(indicator.unit).difference if gap else indicator.unit

    @property
    def _whole(self) -> str:
        """总体, where the figure that swung is another one than the target judges."""
        return "" if self.promise.target.rule.own else say("letters/ledger/whole")

    def told(self, value: float | Fraction, apart: bool = False, unlike: Fraction | None = None) -> str:
        """A value with its unit, or a distance with what a distance is called; so that it does not look like `unlike`."""
        indicator = self.promise.indicator
        assert indicator is not None
        exact = float(value)
        other = None if unlike is None else float(unlike)
        shown = rounded(exact, distinct(exact, other, seen(exact, indicator.decimals)))
        return f"{shown:f}".replace("-", "−") + (unit_of(indicator.unit).difference if apart else self.unit)

    @property
    def value(self) -> str:
        """The year's value, or in words what is known in its place; of a swing the figure that swung."""
        if self.kind == WarningKind.SWING:
            return say("letters/ledger/value", year=self.year, of=self._whole, value=self.told(self.row["swung_to"]))
        if self.row["value"] is None or self.promise.indicator is None:
            return say(f"letters/ledger/state/{self.row['reason']}") if self.row["reason"] in STATED else "—"
        rule = self.promise.target.rule
        of = self.promise.gap_called if rule.series == "gap" else say("letters/ledger/lowest") if rule.lowest else ""
        missed = self.limit if self.is_short and not rule.directional else None
        return say("letters/ledger/value", year=self.year, of=of, value=self.told(self.row["value"], unlike=missed))

    @cached_property
    def limit(self) -> Fraction | None:
        """The number that the value is held against: a plan's own, or the one that follows from it."""
        target, value = self.promise.target, self.row["value"]
        if target.band is not None and value is not None:
            low, high = target.band
            return Fraction(low) if value < low else Fraction(high) if value > high else None
        if target.rule.limit == "number" and target.value is not None:
            return Fraction(target.value)
        return None if self.row["threshold"] is None else Fraction(str(self.row["threshold"]))

    @property
    def more(self) -> bool:
        """Whether more is asked for, and not less."""
        if self.promise.target.band is not None and self.limit is not None:
            return Fraction(str(self.row["value"])) < self.limit
        return self.promise.direction > 0

    @property
    def is_short(self) -> bool:
        """Whether it is about a value that is known and misses what is asked."""
        known = self.kind == WarningKind.MISS and self.row["value"] is not None and self.limit is not None
        return known and self.row["met"] is False

    @cached_property
    def lack(self) -> Lack | None:
        """What is short in people and places; None where a value is not known, or what is asked for is there."""
        if not self.is_short:
            return None
        counts = [self.row] if self.promise.target.each is None else self.failing
        return shortage.lack(self.catalog, self.promise, {**self.row, "year": self.year}, counts)

    @cached_property
    def shortage(self) -> Shortage | None:
        """How many people are short of the whole, where persons, cases or things are counted one by one, and not only some of
        them.
        """
        indicator, lack = self.promise.indicator, self.lack
        if indicator is None or lack is None or not lack.number or not self.promise.target.rule.own:
            return None
        limit, strict = shortage.limit_of(self.promise, self.row["threshold"]), self.promise.target.rule.strict
        needed = shortage.needed(self.row, indicator, limit, self.more, strict)
        assert needed is not None  # something is short of it
        _, counted, wholes = indicator.caliber(self.year)
        unit = say("labels/shortfall/event") if indicator.rare else self._unit_of(counted)
        measures = wholes or counted
        if indicator.kind == "count":
            return Shortage(lack.number, unit, needed, None, "", "", self.more)
        named = self._columns[measures[0]][0] if len(measures) == 1 and measures[0] in self._columns else ""
        whole = int(self.row["denominator"])
        return Shortage(lack.number, unit, needed, whole, self._unit_of(measures), named, self.more)

    @property
    def _columns(self) -> Mapping[str, tuple[str, str]]:
        """Measure → what its column is called, and the unit in which it is known: the base of its column's."""
        return {
            c.measure: (header, base(str(c.unit)))
            for form in self.catalog.forms.values()
            for header, c in form.columns.items()
            if c.measure
        }

    def _unit_of(self, measures: Iterable[str]) -> str:
        """The unit in which measures are counted; empty if they have several."""
        units = {self._columns[m][1] for m in measures if m in self._columns}
        return units.pop() if len(units) == 1 else ""

    @property
    def places(self) -> tuple[str, ...]:
        """The areas or institutions that miss what each of them must reach."""
        return tuple(self.row["places_failing"] or ()) if self.kind == WarningKind.MISS else ()

    @property
    def gap(self) -> str:
        """How much is missing, in people or places if they are counted."""
        if self.kind == WarningKind.SWING:
            before, now = self.row["swung_from"], self.row["swung_to"]
            way = say(f"letters/ledger/{'rise' if now > before else 'fall'}")
            ends = {"before": self.told(before), "way": way, "now": self.told(now)}
            return say("letters/ledger/gap/swing", of=self._whole, year=self.year - 1, **ends)
        if self.lack and (told := shortage.told(self.catalog, self.promise, self.lack)):
            return told
        if self.is_short and self.limit is not None and self.promise.target.rule.limit != "middle":
            lacking = (self.limit - Fraction(str(self.row["value"]))) * (1 if self.more else -1)
            if lacking > 0:  # else it stands on the number, or is better than a baseline by what is not printed
                return shortage.apart(self.promise, self.more, self.told(lacking, apart=True))
            rule = self.promise.target.rule
            form = "rises" if rule.paced else "same" if rule.from_baseline and rule.directional else "number"
            return say(f"letters/ledger/gap/{form}", year=self.promise.plan.head.baseline, value=self.told(self.limit))
        return say("letters/ledger/gap/met") if self.row["met"] else "—"

    @property
    def acceptance(self) -> str:
        """What counts as done."""
        year = self.deadline.year
        if self.kind == WarningKind.SWING or self.row["reason"] in STATED:
            return say(f"letters/ledger/acceptance/{self.row['reason']}", year=self.year)
        rule, limit = self.promise.target.rule, self.row["threshold"]
        form = "number"
        if rule.directional and limit is not None:
            form = rule.limit if rule.limit in {"middle", "rises"} else "hold" if rule.keeps else "direction"
        than = say(f"letters/ledger/{'above' if self.more else 'below'}")
        least = say(f"letters/ledger/{'least' if self.more else 'most'}")
        kept = say(f"letters/ledger/{'not_below' if self.more else 'not_above'}")
        facts = {"required": self.required, "baseline": self.promise.plan.head.baseline, "than": than, "kept": kept}
        facts["value"] = "" if limit is None else self.told(limit)
        told = say(f"letters/ledger/acceptance/{form}", year=year, **facts)
        found = self.shortage
        if found is None or found.whole is None:
            return told
        form = "all" if found.needed == found.whole else "people"
        whole = f"{found.whole_called}{found.whole}{found.whole_unit}"
        needed = f"{found.needed}{found.unit}"
        return told + say(f"letters/ledger/acceptance/{form}", year=self.year, whole=whole, least=least, needed=needed)

    @property
    def pace(self) -> str:
        """倒排计划 from the day of the report."""
        return self.pace_from(self.published)

    def pace_from(self, day: date) -> str:
        """倒排计划: what each month, quarter or year from a day to the deadline must bring; empty where nothing is counted, or where
        less of it is asked for: what befalls people is not planned by the month.
        """
        found = self.shortage
        rare = self.promise.indicator is not None and self.promise.indicator.rare
        if found and found.more and not rare:
            return paced(found.number, found.unit, say("letters/ledger/grow"), day, self.deadline)
        if self.places:
            facts = (say("letters/ledger/place"), say("letters/ledger/reach"), day, self.deadline)
            return paced(len(self.places), *facts)
        return ""


def told(entry: LedgerEntry) -> dict[str, str]:
    """What stands in each column of an entry: the facts, and what its department has answered so far."""
    plan, clause, target, kind = entry.key
    facts = {
        "year": str(entry.year),
        "plan": plan,
        "clause": clause,
        "target": target,
        "kind": kind,
        "level": entry.level.word,
        "value": entry.value,
        "gap": entry.gap,
        "acceptance": entry.acceptance,
        "deadline": str(entry.deadline),
        "pace": entry.pace or "—",
    }
    reply = entry.reply
    said = dict.fromkeys(ANSWERED, "")
    if reply is not None:
        said |= {key: getattr(reply, key) for key in ("cause", "steps", "evidence", "objection")}
        said |= {"state": reply.state.word, "until": str(reply.until or "")}
    return facts | said


STATED = frozenset({Cause.LATE, Verdict.NOT_STARTED, Cause.SWING})
"""Reasons of a warning that are no figure."""


def paced(number: int, unit: str, verb: str, first: date, deadline: date) -> str:
    """What each month must bring, from the month after `first` to the deadline: by quarter or in all where there are fewer
    than months, and year by year where there is more than one year.
    """
    months = (deadline.year - first.year) * 12 + deadline.month - first.month
    if first > deadline:
        return ""
    facts = {"end": deadline.year, "month": deadline.month, "months": months, "verb": verb}
    quarters = -(-months // 3)
    if months < 2 or number < quarters or (quarters == 1 and number < months):
        return say("letters/ledger/pace/whole", size=f"{number}{unit}", **facts)
    form, parts = ("month", months) if number >= months else ("quarter", quarters)
    told = say(f"letters/ledger/pace/{form}", size=f"{-(-number // parts)}{unit}", **facts)
    if deadline.year - first.year < 2:
        return told
    listed, done = [], 0
    for year in range(first.year, deadline.year + 1):
        passed = (year - first.year) * 12 + 12 - first.month
        due = -(-number * min(passed, months) // months)
        if due > done:
            listed.append(say("letters/ledger/pace/of_year", year=year, size=f"{due - done}{unit}"))
        done = due
    return told + say("letters/ledger/pace/years", listed="、".join(listed))


def answer_due(catalog: Catalog, published: date) -> date:
    """The day by which departments answer what a report of this date tells them."""
    return published + timedelta(days=catalog.policy.answer_days)


ENTRIES = """
select w.*, a.value, a.threshold, a.met, a.verdict, a.worsened, a.places_failing, a.priority, r.published
from out_warnings w join out_assessments a using (target, year) join meta_register r using (year)
where w.year = ? order by w.kind, a.priority, w.target
"""
COUNTS = """
select indicator, sex, part, numerator, denominator from out_indicators
where year = ? and area = ? and institution = '' and state = 'ok'
"""
PLACES = """
select indicator, sex, part, area, institution, value, numerator, denominator from out_indicators
where year = ? and (area <> ? or institution <> '') and state = 'ok'
"""
REPLIES = """
select c.target, c.kind, arg_max(c, m.version) as reply, max(m.received) as received, min(m.received) as first
from core_replies c join meta_replies m using (delivery)
where c.year = ? and c.target is not null and m.received <= ? group by all
"""


def entries(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    year: int,
    departments: Iterable[str] | None = None,
    on: date = date.max,
) -> list[LedgerEntry]:
    """Every warning of a year as an entry, the most at stake first; of some departments, if they are named. Answers that came
    after the day `on` are left out. None where all figures come out of publications: there no department answers.
    """
    if catalog.is_entered:
        return []
    wanted = None if departments is None else set(departments)
    names = called(catalog, year)
    counts = {(r["indicator"], r["sex"], r["part"]): r for r in rows(con, COUNTS, year, catalog.district.code)}
    of_places = {
        (r["indicator"], r["sex"], r["part"], r["area"], r["institution"]): r
        for r in rows(con, PLACES, year, catalog.district.code)
    }
    said = {(r["target"], r["kind"]): _reply(r) for r in rows(con, REPLIES, year, on)}
    found = []
    for row in rows(con, ENTRIES, year):
        if row["target"] not in names:
            continue
        promise = catalog.promise(row["target"], year)
        if wanted is not None and promise.lead not in wanted:
            continue
        target = promise.target
        figure = (str(target.indicator), target.sex, target.part or "")
        count = counts.get(figure, {})
        places = catalog.places(target.each, year) if target.each and row["places_failing"] else {}
        failing = [of_places.get((*figure, *at)) for at, name in places.items() if name in row["places_failing"]]
        whole = {**row, "numerator": count.get("numerator"), "denominator": count.get("denominator")}
        reply = said.get((row["target"], row["kind"]))
        found.append(LedgerEntry(catalog, promise, names[promise.id], year, whole, row["published"], reply, failing))
    return found


def _reply(row: Row) -> Reply:
    told = row["reply"]
    return Reply(
        Redress.of(told["state"]),
        told["cause"] or "",
        told["steps"] or "",
        told["until"],
        told["evidence"] or "",
        told["objection"] or "",
        told["person"] or "",
        told["said"] or row["received"],
        row["first"],
        told["delivery"],
    )


def departments(entries: Iterable[LedgerEntry]) -> dict[str, list[LedgerEntry]]:
    """The entries by the department that answers for them, in the district's order."""
    grouped: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        grouped.setdefault(entry.promise.lead, []).append(entry)
    order = list(grouped and next(iter(grouped.values()))[0].catalog.district.departments)
    return {key: grouped[key] for key in order if key in grouped}

"""Holds registers against the journal: events and entries in, every entry that was changed, put in or taken out otherwise
than by a filing out.

The journal tells of a filing twice: that it begins, before the register has its entry, and that it is done. What was
begun and stands in the register was filed, also if the program was killed before it could tell.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple

from expectations.catalog import CatalogError
from expectations.records import Catalog, Dataset, SeverityCode
from expectations.vocabulary import Deed
from flows.files import Defect, describe
from flows.files.characters import printable
from flows.ingest import register
from flows.ingest.findings import Delivery, Findings
from flows.ingest.register import REGISTER, Entry, Register
from flows.journal import Journal, Recorded
from flows.wording import read, say

DECISIVE = ("dataset", "file", "sha256", "received", "department", "sheet", "replaces", "simulated", "confirmed")
"""The keys of an entry that decide which file is used, and as what. The decision to use a late file (`admitted`) names who
took it, and is printed; the other keys are told by `./monitor audit` alone.
"""
HEAD = ("simulated", "locked")
"""What of a register's head decides what a report says of itself, and which files are late."""


DIGITS = 12
"""The digits of a hash that are printed."""


class KnownEntry(NamedTuple):
    """What the journal says of one entry."""

    now: Entry | None
    """As the register has it by the last event about it; None if that event explains why it is gone."""
    filed: Entry | None
    """As it was filed, or first found; None if it never was."""
    since: Recorded
    """The event that first tells of it."""
    explained: Recorded | None = None
    """The event that explains why it is not as it was filed."""


class Unfiled(NamedTuple):
    """One entry of a register that is not as it was filed."""

    year: int
    file: str
    kind: Literal["changed", "appeared", "gone"]
    was: Entry | None
    """As it was filed."""
    now: Entry | None
    """As the register has it."""
    since: Recorded | None
    """The event that first tells of it; None if none does."""
    explained: Recorded | None
    """The event that explains it; None if nobody has."""

    @property
    def entry(self) -> Entry:
        """Either of them, which tell what it is of."""
        found = self.now or self.was
        assert found is not None
        return found


def sender(catalog: Catalog, entry: Entry, year: int) -> str:
    """The department of an entry; empty if the dataset is not known, or nobody sends it that year."""
    if entry.department is not None or entry.dataset not in catalog.datasets:
        return entry.department or ""
    return catalog.sender(entry.dataset, year)


def stem(dataset: Dataset, name: str, department: str, year: int) -> str:
    """The key of a form that a department sends for a year: <year>/<dataset>[@<department>]."""
    return f"{year}/{name}{'@' + department if dataset.department == '*' else ''}"


def decisive(entry: Entry | None) -> tuple[str, ...]:
    """What of an entry decides which file is used; empty if there is no entry."""
    return () if entry is None else tuple(repr(getattr(entry, key)) for key in DECISIVE)


class History:
    """What a journal says of the registers of a district; of what was explained after the day `as_of`, if one is given,
    nothing is known.
    """

    def __init__(self, events: Iterable[Recorded], as_of: date | None = None) -> None:
        self.years: dict[int, list[KnownEntry]] = {}
        """Data year → its entries, each as the last event about it has it. A year that no event tells of is not there."""
        self.begun: dict[int, tuple[int, KnownEntry]] = {}
        """Number of the event → data year and entry of a filing whose end was not recorded."""
        self.heads: dict[int, tuple[Mapping[str, Any], Recorded]] = {}
        """Data year → what its register first said of it, or says since that was explained, and the event that tells it."""
        for event in events:
            if as_of is None or event.deed != Deed.EXPLAINED or event.at.date() <= as_of:
                self._take(event)

    def _take(self, event: Recorded) -> None:
        of = event.of
        if "head" in of and (event.deed == Deed.EXPLAINED or int(of["year"]) not in self.heads):
            self.heads[int(of["year"])] = (of["head"], event)
        if event.deed == Deed.ADOPTED and "entries" in of:
            found = [Entry.model_validate(entry) for entry in of["entries"]]
            self.years[int(of["year"])] = [KnownEntry(entry, entry, event) for entry in found]
        elif event.deed == Deed.FILING:
            entry = Entry.model_validate(of["entry"])
            self.begun[event.number] = (int(of["year"]), KnownEntry(entry, entry, event))
        elif event.deed == Deed.FILED and (begun := self.begun.pop(int(of["filing"]), None)):
            year, known = begun
            listed = self.years.setdefault(year, [])
            if not any(other.now == known.now for other in listed):  # adopted between the two events
                listed.append(known)
        elif event.deed == Deed.EXPLAINED and "entries" in of:
            self._explain(event)

    def _explain(self, event: Recorded) -> None:
        """From now on, the entries of a file are accepted as the register had them then."""
        year, file = int(event.of["year"]), event.of["file"]
        listed = self.years.setdefault(year, [])
        before = [known for known in listed if _file(known) == file]
        now = [Entry.model_validate(entry) for entry in event.of["entries"]]
        kept = [known for known in listed if _file(known) != file]
        for number in range(max(len(before), len(now))):
            old = before[number] if number < len(before) else KnownEntry(None, None, event)
            fresh = now[number] if number < len(now) else None
            if old.filed or fresh:
                kept.append(old._replace(now=fresh, explained=event))
        self.years[year] = kept

    def edited(self, year: int, now: Register) -> list[str]:
        """The keys of a register's head that were changed by hand, and decide something."""
        was, new = self.heads[year][0] if year in self.heads else {}, head(now)
        return [key for key in HEAD if key in was and was[key] != new[key]]

    def unfiled(self, year: int, entries: Sequence[Entry]) -> list[Unfiled]:
        """The entries of a year that are not as they were filed, first those of the register in its order; empty if no event
        tells of the year.
        """
        begun = {decisive(known.now) for other, known in self.begun.values() if other == year}
        if year not in self.years and not begun:
            return []
        found: list[Unfiled] = []
        strange: list[Entry] = []
        left: dict[tuple[str, ...], list[KnownEntry]] = defaultdict(list)
        for known in self.years.get(year, []):
            left[decisive(known.now)].append(known)
        for entry in entries:
            if same := left.get(decisive(entry)):
                known = same.pop(0)
                found += [_unfiled(year, known, entry)] if known.explained else []
            elif decisive(entry) not in begun:
                strange.append(entry)
        gone = [known for group in left.values() for known in group]
        for entry in strange:
            old = next((known for known in gone if known.now and _file(known) == entry.file), None)
            if old is None:
                found.append(Unfiled(year, entry.file, "appeared", None, entry, None, None))
            else:
                gone.remove(old)
                found.append(_unfiled(year, old._replace(explained=None), entry))
        for known in gone:  # what is explained to be gone is; of anything else nobody has told
            found.append(_unfiled(year, known._replace(explained=known.explained if known.now is None else None), None))
        return found


def _file(known: KnownEntry) -> str:
    entry = known.now or known.filed
    assert entry is not None
    return entry.file


def _unfiled(year: int, known: KnownEntry, now: Entry | None) -> Unfiled:
    was = known.filed or (known.now if now is None else None)
    kind: Literal["changed", "appeared", "gone"] = "gone" if now is None else "changed" if was else "appeared"
    return Unfiled(year, _file(known), kind, was, now, known.since, known.explained)


class AsFiled:
    """A year of the journal, form by form, held against what an edition reads of its register."""

    def __init__(
        self,
        catalog: Catalog,
        history: History,
        year: int,
        unfiled: Sequence[Unfiled],
        lock: date,
        as_of: date | None = None,
    ) -> None:
        self.catalog, self.year, self.unfiled, self.lock, self.as_of = catalog, year, unfiled, lock, as_of
        known = history.years.get(year, [])
        self.known = bool(known)
        self.newest = {form: group[-1].file for form, group in self._forms([k.now for k in known]).items()}
        self.filed = self._forms([k.filed for k in known])

    def _forms(self, entries: Iterable[Entry | None]) -> Mapping[str, list[Entry]]:
        """Form → its entries that an edition uses, the newest last."""
        groups: dict[str, list[Entry]] = defaultdict(list)
        for entry in register.closed([entry for entry in entries if entry], self.lock, self.as_of)[0]:
            groups[self._form(entry)].append(entry)
        return {form: register.newest_last(group)[0] for form, group in groups.items()}

    def _form(self, entry: Entry) -> str:
        dataset = self.catalog.datasets.get(entry.dataset)
        if dataset is None:
            return f"{self.year}/{entry.dataset}" + (f"@{entry.department}" if entry.department else "")
        return stem(dataset, entry.dataset, sender(self.catalog, entry, self.year), self.year)

    def denies(self, delivery: Delivery, entry: Entry) -> bool:
        """Whether an entry that an edition would use is not as it was filed, or takes the place of one that was."""
        form = delivery.key.rpartition("/")[0]
        left = [one for one in self.unfiled if one.explained is None and form in self._forms_of(one)]
        if any(one.now is not None and one.now.file == entry.file for one in left):
            return True
        return bool(left) and self.newest.get(form) != entry.file

    def _forms_of(self, one: Unfiled) -> set[str]:
        return {self._form(entry) for entry in (one.was, one.now) if entry is not None}

    def report(self, found: Findings, deliveries: Iterable[Delivery], asked: int) -> None:
        """Tell of everything that is not as it was filed, as findings of the year `asked` for."""
        by_file = {delivery.file: delivery for delivery in deliveries}
        for one in self.unfiled:
            file = printable(one.file)
            delivery = by_file.get(f"{self.year}/{file}") if one.now else None
            found.unfiled(self.year, file, describe_unfiled(one), delivery, asked, why(one))

    def rows(self, taken: Iterable[Mapping[str, object]]) -> Iterator[Mapping[str, object]]:
        """The rows of meta_unfiled; `taken` are those of meta_deliveries."""
        for one in self.unfiled:
            since = one.since
            for form in sorted(self._forms_of(one)):
                yield {
                    **self._row(form, one.file, one.kind, one.was, one.now),
                    "since": since and since.number,
                    "filed_on": since and since.at.date(),
                    "filed_by": since and since.by,
                    "explained": why(one) or None,
                }
        for row in taken if self.known else ():
            if row["file"] is not None and row["sha256"] is None:
                form = str(row["delivery"]).rpartition("/")[0]
                yield self._row(form, str(row["file"]).partition("/")[2], "file", None, None)

    def _row(self, form: str, file: str, kind: str, was: Entry | None, now: Entry | None) -> dict[str, object]:
        return {
            "year": self.year,
            "form": form,
            "file": printable(file),
            "kind": kind,
            "was": was and was.sha256,
            "now": now and now.sha256,
            "keys": " ".join(different(was, now)),
            "filed": " ".join(entry.sha256 for entry in self.filed.get(form, [])),
        }


def different(was: Entry | None, now: Entry | None) -> list[str]:
    """The decisive keys in which two entries differ; none if one of them is not there."""
    if was is None or now is None:
        return []
    return [key for key in DECISIVE if getattr(was, key) != getattr(now, key)]


def describe_unfiled(one: Unfiled) -> Defect:
    """What is wrong with an entry that is not as it was filed, in words: old and new hash, when it was filed and by whom."""
    since = say("messages/unfiled/never")
    if one.was is not None and one.since is not None:
        form = "adopted" if one.since.deed == Deed.ADOPTED else "filed"
        facts = {"on": one.since.at.date(), "by": printable(one.since.by), "number": one.since.number}
        since = say(f"messages/unfiled/{form}", **facts, received=one.was.received)
    was, now = (entry.sha256[:DIGITS] if entry else "" for entry in (one.was, one.now))
    kind: str = one.kind
    listed = ""
    if one.kind == "changed":
        keys = different(one.was, one.now)
        kind = "hash" if "sha256" in keys else "keys"
        rest = [key for key in keys if key != "sha256"]
        words = read("messages")["unfiled"]["keys"]
        listed = "、".join(say("messages/unfiled/key", key=words[key], **_both(one, key)) for key in rest)
        listed = say("messages/unfiled/also", listed=listed) if listed and kind == "hash" else listed
    severity: SeverityCode = "critical" if one.explained is None else "warning"
    found = describe(f"unfiled/{kind}", severity=severity, was=was, now=now, since=since, listed=listed)
    return found if one.explained is None else found._replace(cure=say("messages/unfiled/explained"))


def describe_edited(history: History, year: int, now: Register) -> Iterator[Defect]:
    """What is wrong with a register whose head was changed by hand. What was marked as simulated and is no more is critical:
    it is printed as simulated until that is explained.
    """
    if keys := history.edited(year, now):
        was, event = history.heads[year]
        new, words = head(now), read("messages")["unfiled"]["keys"]
        pairs = [(words[key], _shown(was[key]), _shown(new[key])) for key in keys]
        listed = "、".join(say("messages/unfiled/key", key=key, was=old, now=other) for key, old, other in pairs)
        since = say("messages/unfiled/head", on=event.at.date(), by=printable(event.by), number=event.number)
        severity: SeverityCode = "critical" if unmarked(history, year, now) else "warning"
        yield describe("unfiled/head", severity=severity, listed=listed, since=since)


def unmarked(history: History, year: int, now: Register) -> bool:
    """Whether a register says by hand that data are real which it said to be simulated."""
    return "simulated" in history.edited(year, now) and not now.simulated


def _both(one: Unfiled, key: str) -> dict[str, str]:
    return {side: _shown(getattr(entry, key)) for side, entry in (("was", one.was), ("now", one.now))}


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool):
        return str(read("messages")["unfiled"]["value"][str(value)])
    if isinstance(value, Mapping):
        return printable("；".join(f"{rule}={answer}" for rule, answer in value.items()))
    return printable(str(value))


def why(one: Unfiled) -> str:
    """Who explained it, when, and how; empty if nobody has."""
    if one.explained is None:
        return ""
    of = one.explained.of
    told = {"reason": printable(of["reason"]), "person": printable(of["person"])}
    return say("messages/unfiled/why", **told, on=one.explained.at.date())


# --- what is written into the journal --------------------------------------------------------------------------------


def told(entry: Entry) -> dict[str, Any]:
    """An entry as the journal keeps it."""
    return {key: value for key, value in entry.model_dump(mode="json").items() if value is not None}


def head(found: Register) -> dict[str, Any]:
    """What a register says of its year as a whole, as the journal keeps it."""
    return found.model_dump(mode="json", include={"simulated", "note", "locked", "published"})


def adopt(journal: Journal, folder: Path, raw: Path) -> list[int]:
    """Record as found every entry of the registers in a district's folder that the journal does not know yet; returns
    their years. A register that cannot be read is left for the next time.
    """
    adopted: list[int] = []
    known = History(journal.events()).years
    for path in sorted(folder.glob(f"[0-9][0-9][0-9][0-9]/{REGISTER}")):
        year = int(path.parent.name)
        if year in known:
            continue

        def found(events: Sequence[Recorded], year: int = year, path: Path = path) -> Mapping[str, Any] | None:
            if year in History(events).years:
                return None
            try:
                read = register.read(path, raw)
            except CatalogError:
                return None
            return {"year": year, "head": head(read), "entries": [told(entry) for entry in read.deliveries]}

        adopted += [year] if journal.record(Deed.ADOPTED, found) else []
    return adopted


def digest(journal: Journal) -> str:
    """The hash of all that a journal says of registers: while it is the same, they are as they were filed or they are not."""
    deeds = (Deed.ADOPTED, Deed.FILING, Deed.FILED, Deed.EXPLAINED)
    told = [event.hash for event in journal.events() if event.deed in deeds and "run" not in event.of]
    return hashlib.sha256(" ".join(told).encode()).hexdigest()


def adopted(journal: Journal, folder: Path, raw: Path) -> str:
    """Adopt what the journal does not know yet, and tell of it in one sentence; empty if it knows all."""
    years = adopt(journal, folder, raw)
    return say("messages/journal/adopted", years="、".join(map(str, years))) if years else ""


def begin(journal: Journal, year: int, delivery: str, found: Register, entry: Entry) -> Recorded:
    """Tell that an entry is going to be filed in a register."""
    return journal.append(Deed.FILING, year=year, delivery=delivery, entry=told(entry), head=head(found))


def finish(journal: Journal, year: int, entries: Iterable[Entry]) -> None:
    """Tell of every filing that was begun and stands in the register that it is done."""
    standing = {decisive(entry) for entry in entries}
    for number, (other, known) in History(journal.events()).begun.items():
        if other == year and decisive(known.now) in standing:
            journal.append(Deed.FILED, filing=number)

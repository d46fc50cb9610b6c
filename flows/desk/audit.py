"""Proves the journal of a district, and holds against it what stands beside it: registers, files, editions, approvals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TextIO

from expectations.catalog import CatalogError
from expectations.vocabulary import Deed
from flows import edition, inert
from flows.edition import DIGITS, approved, manifest, memory, publish, record
from flows.files.characters import printable
from flows.ingest import filed, register
from flows.ingest.filed import History, Unfiled
from flows.ingest.register import REGISTER, Entry, Register
from flows.journal import Anchor, BrokenError, Journal, Recorded
from flows.places import MendableError, Places
from flows.wording import read, say

AuditForm = Literal["text", "json"]
SHORTEST = 4
"""The least letters of an explanation that says anything."""


@dataclass(frozen=True)
class Discrepancy:
    """One thing that is not as the journal has it; `wrong`: nobody has answered for it."""

    subject: str
    told: str
    cure: str
    wrong: bool = True


@dataclass(frozen=True)
class Audited:
    """What was proved, and what does not agree."""

    district: str
    events: int
    anchor: Anchor
    found: Sequence[Discrepancy]

    @property
    def wrong(self) -> bool:
        return any(one.wrong for one in self.found)


def audit(district: str, where: Places) -> Audited:
    """Hold everything of a district against its journal."""
    journal = Journal(where.journal / district)
    try:
        events = journal.events()
    except BrokenError as error:
        told, _, cure = str(error).partition("。")
        return Audited(district, 0, Anchor(0, ""), [_found("chain", told=told, cure=cure)])
    found = [
        *_registers(events, where.raw, district),
        *_approvals(journal, events),
        *_editions(events, where, district),
        *_kept(journal, events),
    ]
    return Audited(district, len(events), journal.anchor(), sorted(found, key=lambda one: not one.wrong))


def _found(kind: str, /, *, wrong: bool = True, **facts: object) -> Discrepancy:
    """In the words of messages.yml; `kind` is its subject and, if that has several, its kind."""
    subject = kind.partition("/")[0]
    told, cure = (say(f"messages/audit/{kind}/{part}", **facts) for part in ("told", "cure"))
    return Discrepancy(read("messages")["audit"][subject]["subject"], told, cure, wrong)


# --- registers -------------------------------------------------------------------------------------------------------


def _registers(events: Sequence[Recorded], raw: Path, district: str) -> Iterator[Discrepancy]:
    history, folder = History(events), raw / district
    there = {int(path.parent.name) for path in folder.glob(f"[0-9][0-9][0-9][0-9]/{REGISTER}")}
    heads = {int(event.of["year"]): event for event in events if "head" in event.of}
    for year in sorted({*there, *history.years}):
        path = folder / str(year) / REGISTER
        if year not in history.years and not any(other == year for other, _ in history.begun.values()):
            yield _found("register/unknown", wrong=False, path=path)
            continue
        try:
            head = register.read(path, raw) if path.is_file() else None
        except CatalogError as error:
            yield _found("register/unreadable", path=path, why=str(error).splitlines()[0])
            continue
        if head is None:
            yield _found("register/gone", path=path, number=len(history.years[year]))
            continue
        yield from map(_unfiled, history.unfiled(year, head.deliveries))
        yield from _bytes(path.parent, head.deliveries)
        yield from _edited(year, history, head, heads.get(year))


def _unfiled(one: Unfiled) -> Discrepancy:
    defect = filed.describe_unfiled(one)
    told = say("messages/audit/register/of", year=one.year, file=printable(one.file), told=defect.problem)
    why = filed.why(one)
    cure = say("messages/audit/register/explained", why=why) if why else say("messages/audit/register/cure")
    return Discrepancy(read("messages")["audit"]["register"]["subject"], told, cure, not why)


def _bytes(folder: Path, entries: Sequence[Entry]) -> Iterator[Discrepancy]:
    """The files that are not what the register says of them."""
    for entry in entries:
        path = folder / entry.file
        if not path.is_file() and not register.held(folder, entry.sha256).is_file():
            yield _found("file/gone", path=path)
        elif path.is_file() and (now := _digest(path)) != entry.sha256:
            yield _found("file/changed", path=path, was=entry.sha256[: filed.DIGITS], now=now[: filed.DIGITS])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _edited(year: int, history: History, head: Register, told: Recorded | None) -> Iterator[Discrepancy]:
    """What was edited that decides no file: days and note of the year, and of an entry all but its decisive keys."""
    words, values = read("messages")["audit"]["keys"], read("messages")["unfiled"]["value"]
    now, was = filed.head(head), (told.of["head"] if told else {})
    for key in history.edited(year, head):
        first, event = history.heads[year]
        said = {side: values.get(str(value), value) for side, value in (("was", first[key]), ("now", now[key]))}
        facts = {"year": year, "key": words[key], **said}
        yield _found("edited/decides", **facts, number=event.number)
    for key in (key for key in was if was[key] != now[key] and key not in filed.HEAD):
        facts = {"year": year, "key": words[key], "was": was[key], "now": now[key]}
        yield _found("edited/head", wrong=False, **facts, number=told.number if told else 0)
    known = {filed.decisive(one.now): one for one in history.years.get(year, []) if one.now}
    for entry in head.deliveries:
        one = known.get(filed.decisive(entry))
        if one is None or one.now is None:
            continue
        keys = [key for key in Entry.model_fields if getattr(entry, key) != getattr(one.now, key)]
        if keys:
            listed = "、".join(words[key] for key in keys)
            yield _found("edited/entry", wrong=False, year=year, file=printable(entry.file), keys=listed)


# --- what was made and approved --------------------------------------------------------------------------------------


def _approvals(journal: Journal, events: Sequence[Recorded]) -> Iterator[Discrepancy]:
    """Approved editions that are not as they were, and approvals that know another journal than this."""
    folder = journal.folder / approved.FOLDER
    known = set()
    for one in approved.listed(journal):
        known.add(one.folder.name)
        if why := one.damage():
            told, _, cure = why.partition("。")
            yield _found("approval/damaged", told=told, cure=cure or say("messages/audit/restore"))
    for path in sorted(folder.glob(f"[!.]*/{approved.NAME}")):
        told_by = approved.read(path)
        if told_by is not None and path.parent.name not in known:  # told above, if the journal knows it
            yield _found("approval/unknown", folder=path.parent)
    for told_by, _ in approved.cut(journal):
        yield _found("approval/anchor", name=told_by.name, number=told_by.journal.number, have=len(events))


def _editions(events: Sequence[Recorded], where: Places, district: str) -> Iterator[Discrepancy]:
    """The newest edition of each place that is not as it was made."""
    newest = {(event.of["year"], event.of["kind"]): event for event in events if event.deed == Deed.MADE}
    for (year, kind), event in sorted(newest.items()):
        folder = where.output / district / str(year) / str(kind)
        facts: dict[str, Any] = {
            "folder": folder,
            "run": str(event.of["run"])[:DIGITS],
            "on": event.at.date(),
            "number": event.number,
        }
        told, head = record.read(folder), manifest.read(folder)
        if not folder.is_dir():
            yield _found("edition/gone", wrong=False, **facts)
        elif head is None or told is None or head.run != event.of["run"]:
            yield _found("edition/other", **facts)
        elif record.digest(folder / record.NAME) != event.of["record"]:
            yield _found("edition/changed", **facts, files=record.NAME)
        elif files := record.changed(folder, told.files):
            yield _found("edition/changed", **facts, files="、".join(files[: approved.MOST_NAMED]))


def _kept(journal: Journal, events: Sequence[Recorded]) -> Iterator[Discrepancy]:
    """What later editions read of an edition, and is not as it was when that was made."""
    folders = {edition.run(folder): folder for folder in publish.editions(memory.place(journal))}
    for run, event in memory.made(events).items():
        facts: dict[str, Any] = {"run": run[:DIGITS], "on": event.at.date(), "number": event.number}
        folder, hashed = folders.get(run), event.of.get("manifest")
        if folder is None:
            yield _found("kept/gone", **facts)
        elif why := edition.damage(folder):
            yield _found("kept/changed", **facts, why=why)
        elif hashed is not None and record.digest(folder / edition.MANIFEST) != hashed:
            yield _found("kept/changed", **facts, why=say("messages/edition/other", path=folder / edition.MANIFEST))


# --- explaining ------------------------------------------------------------------------------------------------------


def explain(district: str, where: Places, files: Sequence[str], reason: str, person: str) -> list[str]:
    """Tell why entries are not as they were filed; returns a sentence for each.

    A file is named as the report names it: year and name, 2024/区卫生健康委-….csv. Raises `MendableError` if one of them is as
    it was filed, or if nobody says why.
    """
    if len(reason.strip()) < SHORTEST or len(person.strip()) < 2:
        raise MendableError(say("messages/audit/explain/short", least=SHORTEST))
    journal = Journal(where.journal / district)
    history, heads = History(journal.events()), {}
    for year in history.years:
        path = where.raw / district / str(year) / REGISTER
        heads[year] = register.read(path, where.raw) if path.is_file() else None
    found = {year: history.unfiled(year, head.deliveries if head else ()) for year, head in heads.items()}
    left: dict[str, Unfiled | int] = {
        f"{year}/{one.file}": one for year, listed in found.items() for one in listed if one.explained is None
    }
    left |= {f"{year}/{REGISTER}": year for year, head in heads.items() if head and history.edited(year, head)}
    if strange := [file for file in files if file not in left]:
        listed = "、".join(left) or say("messages/audit/explain/nothing")
        raise MendableError(say("messages/audit/explain/unknown", files="、".join(strange), listed=listed))
    if not files:
        listed = "、".join(left) or say("messages/audit/explain/nothing")
        raise MendableError(say("messages/audit/explain/which", listed=listed))
    told = []
    for file in dict.fromkeys(files):
        one = left[file]
        head = heads[one if isinstance(one, int) else one.year]
        if isinstance(one, int):
            assert head is not None
            of: dict[str, Any] = {"year": one, "file": REGISTER, "head": filed.head(head)}
            event = journal.append(Deed.EXPLAINED, **of, reason=reason.strip(), person=person.strip())
            told.append(say("messages/audit/explain/done", file=file, number=event.number))
            continue
        entries = [filed.told(entry) for entry in (head.deliveries if head else ()) if entry.file == one.file]
        event = journal.append(
            Deed.EXPLAINED, year=one.year, file=one.file, entries=entries, reason=reason.strip(), person=person.strip()
        )
        told.append(say("messages/audit/explain/done", file=file, number=event.number))
    return told


# --- shown -----------------------------------------------------------------------------------------------------------


def show(found: Audited, form: AuditForm, out: TextIO) -> None:
    """Write what was found as text for people, or as JSON."""
    if form == "json":
        told: Mapping[str, object] = asdict(found)
        out.write(inert.escaped(json.dumps(told, ensure_ascii=False, indent=1)) + "\n")
        return
    write: Callable[[str], object] = lambda line: out.write(inert.shown(f"{line}\n"))  # noqa: E731
    for one in found.found:
        mark = say("messages/audit/wrong" if one.wrong else "messages/audit/noted")
        write(say("messages/audit/line", mark=mark, subject=one.subject, told=one.told, cure=one.cure))
    if not found.events:
        write(say("messages/audit/empty" if not found.wrong else "messages/audit/unproved"))
        return
    wrong = sum(one.wrong for one in found.found)
    facts = {"events": found.events, "number": found.anchor.number, "hash": found.anchor.hash[:DIGITS]}
    write(say("messages/audit/proved", **facts))
    write(say("messages/audit/sum" if wrong else "messages/audit/right", wrong=wrong))

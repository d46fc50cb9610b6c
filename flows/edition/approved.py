"""The approved editions of a district: whole, numbered, read-only, in `journal/<district>/approved/<year>-<kind>-<number>/`.

An approval has three steps, each on the disk before the next: a copy of the edition with its approval.json, aside; the
event of the journal with the hash of approval.json; the copy's own name. Before the second nothing is approved, and
`finish` clears away what is left; after it `finish` does the third. So an edition is approved if, and only if, the
journal says so, and a folder that somebody puts there is nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from expectations.vocabulary import Deed
from flows import disk
from flows.edition import MANIFEST, PUBLIC, record, signature
from flows.edition.manifest import Read
from flows.edition.record import Caveat
from flows.inert import shown
from flows.journal import Journal
from flows.machine import about
from flows.places import MendableError
from flows.wording import day, say

NAME = "approval.json"
FOLDER = "approved"
FORMAT = "plan-monitor approval 1"
ASIDE = ".new"


class Maker(Read):
    """Who made an edition."""

    account: str
    """The account of the operating system."""
    operator: str = ""
    """The name that was told (PLAN_MONITOR_OPERATOR); empty if none was."""
    at: datetime


class Approver(Read):
    """Who approved an edition."""

    name: str
    title: str = ""
    account: str
    proved: str
    """How it was proved that this is the approver: `password`, or `account`, another one than the maker's."""


class Anchored(Read):
    """The newest event of the journal before an approval: nothing up to there can change unseen any more."""

    number: int
    hash: str


class Approval(Read):
    """Approval (审定): who took responsibility for which bytes, and what he knew then"""

    district: str
    year: int
    kind: str
    number: int
    """第n版: counted by district, year and kind."""
    run: str
    approver: Approver
    at: datetime
    maker: Maker | None = None
    acknowledged: tuple[Caveat, ...] = ()
    supersedes: int | None = None
    journal: Anchored
    manifest: str
    """SHA-256 of manifest.json."""
    record: str | None = None
    """SHA-256 of record.json, which is in no edition's list of files."""
    files: Mapping[str, str]
    """Path → sha256 of every file of the edition."""

    @property
    def name(self) -> str:
        return f"{self.year}-{self.kind}-{self.number}"

    def of_public(self) -> Approval:
        """What of it goes with the public edition: nothing of internal files (the hash of a small one would show it), of
        what was open, and of who made it.
        """
        files = {name.removeprefix(AMONG): digest for name, digest in self.files.items() if name.startswith(AMONG)}
        approver = self.approver.model_copy(update={"account": ""})
        told = {
            "files": files,
            "manifest": files[MANIFEST],
            "approver": approver,
            "maker": None,
            "acknowledged": (),
            "record": None,
        }
        return self.model_copy(update=told)


@dataclass(frozen=True)
class Approved:
    """An approved edition, as the journal tells of it."""

    year: int
    kind: str
    number: int
    run: str
    by: str
    at: datetime
    folder: Path
    hash: str
    """SHA-256 of its approval.json."""
    superseded_by: int | None = None

    @property
    def told(self) -> str:
        """第1版，张某，2026年11月27日"""
        return say("messages/approved/version", number=self.number, by=self.by, day=day(self.at.date()))

    def approval(self) -> Approval:
        """The approval itself; raises `MendableError` if it is not as it was when it was signed for."""
        path = self.folder / NAME
        found = read(path)
        if found is None or record.digest(path) != self.hash:
            raise MendableError(say("messages/approved/damaged", folder=self.folder, file=path.name))
        return found

    def damage(self) -> str:
        """What of it is not as it was approved, in Chinese; empty if all is."""
        try:
            approval = self.approval()
        except MendableError as error:
            return str(error)
        files = _altered(self.folder, approval)
        written = (NAME, NAME + signature.SUFFIX, signature.KEY)
        added = {f"{part}{name}" for part in ("", AMONG) for name in written} - approval.files.keys()
        if files := [name for name in files if name not in added]:
            listed = "、".join(files[:MOST_NAMED])
            return say("messages/approved/damaged", folder=self.folder, file=listed)
        return ""


def _altered(folder: Path, approval: Approval) -> list[str]:
    """The files that are not what was approved."""
    same = approval.record is None or record.hashed(folder) == approval.record
    return record.changed(folder, approval.files) + ([] if same else [record.NAME])


MOST_NAMED = 5
AMONG = f"{PUBLIC}/"
"""How the names of public files begin in the internal edition."""


def read(path: Path) -> Approval | None:
    """An approval.json; None if it is none."""
    try:
        return Approval.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def listed(journal: Journal) -> tuple[Approved, ...]:
    """Every approved edition of a district, in the order of the approvals. Raises `BrokenError`."""
    found: list[Approved] = []
    for event in journal.events():
        if event.deed == Deed.APPROVED:
            of = event.of
            folder = journal.folder / FOLDER / str(of["name"])
            at = datetime.fromisoformat(str(of["at"]))
            told = (int(of["year"]), str(of["kind"]), int(of["edition"]), str(of["run"]), str(of["by"]))
            found.append(Approved(*told, at, folder, str(of["approval"])))
    last = {(one.year, one.kind): one.number for one in found}
    return tuple(
        replace(one, superseded_by=one.number + 1) if one.number < last[one.year, one.kind] else one for one in found
    )


def newest(journal: Journal, year: int, kind: str) -> Approved | None:
    """The approved edition that is in force."""
    return next((a for a in reversed(listed(journal)) if (a.year, a.kind) == (year, kind)), None)


def of_file(journal: Journal, sha256: str) -> Approved | None:
    """The newest approved edition that has a file with these bytes."""
    for one in reversed(listed(journal)):
        found = read(one.folder / NAME)
        if found is not None and sha256 in found.files.values() and record.digest(one.folder / NAME) == one.hash:
            return one
    return None


def alone(journal: Journal) -> AbstractContextManager[None]:
    """Let one approval of a district at a time go on."""
    return disk.alone(journal.folder / FOLDER)


def finish(journal: Journal) -> None:
    """Do, or undo, what an approval that was killed has left; only within `alone`.

    Raises `MendableError` where a folder of somebody else stood in the place of the approved edition: it is put beside it,
    and the edition stands where it belongs.
    """
    names = {one.folder.name: one.hash for one in listed(journal)}
    for aside in sorted((journal.folder / FOLDER).glob(f".*{ASIDE}")):
        name = aside.name.removeprefix(".").removesuffix(ASIDE)
        target, foreign = aside.parent / name, None
        if name not in names:
            _remove(aside)
        elif record.hashed(aside, NAME) != names[name]:
            continue  # changed since it was approved: that is told, and not cleared away
        elif target.is_dir() and record.hashed(target, NAME) == names[name]:  # restored from a backup meanwhile
            _remove(aside)
        else:
            if os.path.lexists(target):
                foreign = _away(target)
            aside.rename(target)
        disk.keep(aside.parent)
        if foreign is not None:
            raise MendableError(say("messages/approved/foreign", folder=target, moved=foreign))


def _away(path: Path) -> Path:
    """Give what stands in another's place a name of its own beside it."""
    number = 1
    while os.path.lexists(moved := path.with_name(f"{path.name}-foreign-{number}")):
        number += 1
    path.rename(moved)
    return moved


def cut(journal: Journal) -> Iterator[tuple[Approval, Path]]:
    """Approvals in the folder of a district that know events which its journal has not, or has otherwise: it was cut, written
    anew, or restored from an older backup.
    """
    hashes = {event.number: event.hash for event in journal.events()}
    for path in sorted((journal.folder / FOLDER).glob(f"[!.]*/{NAME}")):
        found = read(path)
        if found is not None and found.journal.number and hashes.get(found.journal.number) != found.journal.hash:
            yield found, path.parent


def whole(journal: Journal) -> None:
    """Raise `MendableError` if an approval knows another journal than this: what it would say now may be wrong."""
    for found, folder in cut(journal):
        number = journal.anchor().number
        raise MendableError(
            say(
                "messages/approved/cut", folder=folder, name=shown(found.name), number=found.journal.number, have=number
            )
        )


def keep(journal: Journal, edition: Path, approval: Approval, keys: Path) -> Approved:
    """Keep an edition as approved; only within `alone`, after `finish`.

    Raises `MendableError` if the copy is not what was approved, because somebody has changed the edition meanwhile, or if
    something stands in its place.
    """
    parent = journal.folder / FOLDER
    aside, target = parent / f".{approval.name}{ASIDE}", parent / approval.name
    if os.path.lexists(target):
        raise MendableError(say("messages/approved/taken", folder=target))
    with about(target):
        shutil.copytree(edition, aside)
        if files := _altered(aside, approval):
            _remove(aside)
            raise MendableError(say("messages/approve/changing", files="、".join(files[:MOST_NAMED])))
        _write(approval, aside, keys)
        if f"{AMONG}{MANIFEST}" in approval.files:
            _write(approval.of_public(), aside / PUBLIC, keys)
        disk.freeze(aside)
        disk.keep(parent)
        hashed = record.digest(aside / NAME)
        journal.append(
            Deed.APPROVED,
            name=approval.name,
            year=approval.year,
            kind=approval.kind,
            edition=approval.number,
            run=approval.run,
            by=approval.approver.name,
            at=approval.at.isoformat(timespec="seconds"),
            approval=hashed,
        )
        aside.rename(target)
        disk.keep(parent)
    found = newest(journal, approval.year, approval.kind)
    assert found is not None
    return found


def _write(approval: Approval, folder: Path, keys: Path) -> None:
    told: dict[str, Any] = {"format": FORMAT, **approval.model_dump(mode="json", exclude_none=True)}
    (folder / NAME).write_text(f"{json.dumps(told, ensure_ascii=False, indent=1)}\n", encoding="utf-8")
    if os.access(keys, os.X_OK):  # the key is for the account that makes editions: another one approves without it
        signature.sign_file(folder / NAME, keys)


def _remove(folder: Path) -> None:
    """Delete a folder, also one that nothing may be written into."""
    for part in (folder, *folder.rglob("*")):
        if part.is_dir():
            part.chmod(0o700)
    shutil.rmtree(folder)


def previous(journal: Journal, year: int, kind: str, run: str) -> Path | None:
    """The approved edition that another run's edition is compared with: the one in force, if that run did not make it."""
    found: Sequence[Approved] = [a for a in listed(journal) if (a.year, a.kind) == (year, kind) and a.run != run]
    return found[-1].folder if found else None

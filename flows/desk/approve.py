"""The desk at which an edition is approved: what is to be approved, what must be acknowledged, who may, and the record.

What is approved are the bytes that the run has made: nothing is printed again.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

from expectations.vocabulary import Deed
from flows.desk import approvers
from flows.desk.approvers import RegisteredApprover
from flows.edition import DIGITS, MANIFEST, approved, manifest, record, signature
from flows.edition.approved import Anchored, Approval, Approved, Approver, Maker
from flows.edition.manifest import Manifest
from flows.edition.record import Caveat, EditionRecord
from flows.inert import shown
from flows.journal import Journal, Recorded, account, journal, person
from flows.places import MendableError, RefusedError, places
from flows.report.kinds import KINDS, Kind
from flows.wording import BEIJING, day, say


@dataclass(frozen=True)
class Waiting:
    """Waiting (待审定): an edition that a run has made and nobody has approved yet"""

    district: str
    year: int
    kind: Kind
    folder: Path
    manifest: Manifest
    record: EditionRecord
    makers: tuple[Maker, ...]
    """Whoever has run it, or made sure that it stands as it is; the first first."""
    last: Approved | None
    """The approved edition that it would supersede."""

    @property
    def number(self) -> int:
        """第n版: what it would be."""
        return self.last.number + 1 if self.last else 1

    @property
    def maker(self) -> Maker:
        """Who ran it last."""
        return self.makers[-1]

    def missing(self, acknowledged: Sequence[str]) -> list[Caveat]:
        """What must still be acknowledged."""
        given = {number.upper() for number in acknowledged}
        return [caveat for caveat in self.record.caveats if caveat.number not in given]


def waiting(district: str, year: int, kind: Kind) -> Waiting:
    """The edition that stands to be approved.

    Raises `MendableError`, with the cure, where there is no edition, or one that nobody may approve: a draft, one that the
    journal does not know, one that was changed since, one that is approved already, or one that was not compared with the
    approved edition before it.
    """
    folder = places().output / district / str(year) / kind.name
    words = {"year": year, "kind": kind.titled, "command": f"./monitor {kind.name} {year} --district {district}"}
    head = manifest.read(folder)
    if head is None:
        raise MendableError(say("messages/approve/none", folder=folder, **words))
    if head.draft:
        raise MendableError(say("messages/approve/draft", **words))
    history, path = journal(district), folder / record.NAME
    found, last = record.read(folder), approved.newest(history, year, kind.name)
    made = _made(history, head.run, record.digest(path)) if found is not None else []
    if found is None or not made:
        raise MendableError(say("messages/approve/unknown", folder=folder, **words))
    place = (district, year, kind.name)
    if (head.district, head.year, head.kind) != place or any((e.of["year"], e.of["kind"]) != place[1:] for e in made):
        told = {"district": head.district, "said": head.year, "of": shown(head.kind)}
        raise MendableError(say("messages/approve/elsewhere", folder=folder, **told, **words))
    if files := record.changed(folder, found.files):
        listed = "、".join(files[: approved.MOST_NAMED])
        raise MendableError(say("messages/approve/changed", folder=folder, files=listed, **words))
    if last is not None:
        if last.run == head.run:
            raise MendableError(say("messages/approve/already", told=last.told, **words))
        if why := last.damage():
            raise MendableError(say("messages/approve/last_damaged", why=why))
        if head.compared != last.run:
            raise MendableError(say("messages/approve/uncompared", number=last.number, **words))
    makers = tuple(Maker(account=e.by, operator=str(e.of.get("operator", "")), at=e.at) for e in made)
    return Waiting(district, year, kind, folder, head, found, makers, last)


def _made(history: Journal, run: str, hashed: str) -> list[Recorded]:
    """The events of a run that made just these bytes, or found them made."""
    made = (run, hashed)
    return [e for e in history.events() if e.deed == Deed.MADE and (e.of.get("run"), e.of.get("record")) == made]


def approve(
    district: str,
    year: int,
    kind: Kind,
    by: str,
    acknowledged: Sequence[str] = (),
    *,
    run: str,
    password: str | None = None,
) -> Approved:
    """Approve the edition of a year and keep it; returns it with its number.

    `run` is the run of the edition that he has looked at, at least its first digits: it could have been replaced since.
    `password` is the approver's, where he is registered; it is asked for if it is None. Raises `RefusedError` if something was not
    acknowledged, and `MendableError` for the other reasons (`waiting`, `_proved`).
    """
    history, by = journal(district), person(by, say("messages/approver/of"))
    if password is None:
        with approved.alone(history):
            known = _registered(_seen(history, district, year, kind, run), by)
        password = approvers.ask(by) if known else ""  # while nobody is kept waiting
    with approved.alone(history):
        found = _seen(history, district, year, kind, run)
        approver = _proved(found, by, password)
        if missing := found.missing(acknowledged):
            raise RefusedError(
                "\n".join([say("messages/approve/unacknowledged", number=len(missing)), *_told(missing)])
            )
        anchor = history.anchor()
        approval = Approval(
            district=district,
            year=year,
            kind=kind.name,
            number=found.number,
            run=found.manifest.run,
            approver=approver,
            at=datetime.now(BEIJING).replace(microsecond=0),
            maker=found.maker,
            acknowledged=found.record.caveats,
            supersedes=found.last.number if found.last else None,
            journal=Anchored(number=anchor.number, hash=anchor.hash),
            manifest=record.digest(found.folder / MANIFEST),
            record=record.hashed(found.folder),
            files=found.record.files,
        )
        return approved.keep(history, found.folder, approval, places().keys)


def _seen(history: Journal, district: str, year: int, kind: Kind, run: str) -> Waiting:
    """What waits to be approved, if it is the run that was looked at; only within `approved.alone`."""
    approved.finish(history)
    approved.whole(history)
    found = waiting(district, year, kind)
    now = found.manifest.run[:DIGITS]
    if len(run) < DIGITS:
        raise MendableError(say("messages/approve/unseen", least=DIGITS, now=now))
    if not found.manifest.run.startswith(run):
        raise MendableError(say("messages/approve/replaced", seen=shown(run[:DIGITS]), now=now))
    return found


def _registered(found: Waiting, by: str) -> RegisteredApprover | None:
    """The approver as he is registered, None where nobody is; raises `MendableError` if he is the wrong one to ask for a
    password: not registered, or one of those who made the edition.
    """
    known, mine = approvers.listed(found.district), account()
    if by in {unicodedata.normalize("NFKC", maker.operator) for maker in found.makers}:
        raise MendableError(say("messages/approve/own", by=by))
    if known and by not in known:
        raise MendableError(say("messages/approver/unknown", name=by, listed="、".join(known)))
    own = [maker for maker in found.makers if maker.account == mine]
    if not known:
        if own:
            raise MendableError(say("messages/approve/same_account", account=mine, by=by))
        return None
    if by not in approvers.appointed(journal(found.district)):
        raise MendableError(say("messages/approver/unvouched", name=by))
    asked = [maker for maker in own if maker.operator != say("messages/run/calendar")]  # by a person
    if asked and not any(maker.operator for maker in asked):
        command = f"./monitor {found.kind.name} {found.year} --district {found.district}"
        raise MendableError(say("messages/approve/nameless", account=mine, command=command))
    return known[by]


def _proved(found: Waiting, by: str, password: str) -> Approver:
    """Who approves, if it is somebody else than everybody who made the edition; raises `MendableError` otherwise.

    A registered approver proves himself by his password. Where nobody is registered, another account than the makers'
    is the proof.
    """
    known = _registered(found, by)
    if known is None:
        return Approver(name=by, account=account(), proved="account")
    if not approvers.proves(known, password):
        raise MendableError(say("messages/approver/wrong", name=by))
    return Approver(name=by, title=known.title, account=account(), proved="password")


# --- what the desk tells ---------------------------------------------------------------------------------------------


def _told(caveats: Sequence[Caveat]) -> Iterator[str]:
    for caveat in caveats:
        yield f"  {shown(caveat.number)}　{caveat.kind.word}　{shown(caveat.told)}"


def lines(found: Waiting) -> Iterator[str]:
    """What an approver must know before he approves, line by line."""
    maker = found.maker
    words: Mapping[str, object] = {
        "title": _title(found.year, found.kind),
        "run": found.manifest.run[:DIGITS],
        "day": day(maker.at.date()),
        "time": f"{maker.at:%H:%M}",
        "maker": "、".join(
            dict.fromkeys(f"{m.operator}（{m.account}）" if m.operator else m.account for m in found.makers)
        ),
        "number": found.number,
        "folder": found.folder,
    }
    yield say("messages/approve/waiting", **words)
    if found.last:
        yield say("messages/approve/supersedes", told=found.last.told)
    caveats = found.record.caveats
    yield say(f"messages/approve/{'caveats' if caveats else 'no_caveats'}", number=len(caveats))
    yield from _told(caveats)
    given = f" --run {found.manifest.run[:DIGITS]}" + "".join(f" --acknowledge {caveat.number}" for caveat in caveats)
    command = f"./monitor approve {found.year} --kind {found.kind.name} --district {found.district} --by 姓名{given}"
    yield say("messages/approve/command", command=command)


def show(district: str, year: int, kind: Kind, out: TextIO) -> None:
    """Print what stands to be approved."""
    for line in lines(waiting(district, year, kind)):
        out.write(f"{shown(line)}\n")


def told(done: Approved) -> str:
    """What was approved, in one line."""
    words = {"number": done.number, "by": shown(done.by), "day": day(done.at.date()), "folder": done.folder}
    signed = (done.folder / (approved.NAME + signature.SUFFIX)).is_file()
    lines = [say("messages/approve/done", title=_title(done.year, KINDS[done.kind]), **words)]
    return "\n".join([*lines, *([] if signed else [say("messages/approve/unsigned")])])


def _title(year: int, kind: Kind) -> str:
    return f"{year}年{kind.titled}"

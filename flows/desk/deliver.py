"""Sends an approved edition to those whom the district's file names, each once, whatever happens in between.

Before something is sent the journal says so (`Deed.SENDING`), and after it how it ended (`SENT`, `UNSENT`). Where the end
is missing nobody knows whether it was sent: it is not sent again until somebody who has asked the recipient says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Literal, NamedTuple, TextIO

from expectations.records import Catalog, Recipient
from expectations.vocabulary import Deed, Posting
from flows import disk
from flows.edition import PUBLIC, approved, contents, signature
from flows.edition.approved import Approved
from flows.files.characters import file_name
from flows.inert import shown
from flows.journal import Journal, Recorded, journal
from flows.places import MendableError, RefusedError
from flows.post import WAITS, DoubtfulError, UnsentError, attempt, hook, mail, store, why
from flows.post import home as settings
from flows.report.kinds import Kind
from flows.wording import day, say

Way = Literal["mail", "folder", "webhook", "notice"]


class Addressee(NamedTuple):
    """Somebody who is sent something, and by which way."""

    name: str
    way: Way
    address: str
    papers: tuple[str, ...] = ()
    internal: bool = False


class Posted(NamedTuple):
    """What became of one sending."""

    to: Addressee
    result: Posting
    told: str = ""
    """When it was sent, or why it was not."""


def deliver(
    catalog: Catalog, year: int, kind: Kind, resend: Sequence[str] = (), waits: Sequence[float] = WAITS
) -> list[Posted]:
    """Send the approved edition of a year to everybody who has not got it; `resend` names who gets it again.

    One who cannot be reached keeps nobody else from getting it. Raises `MendableError` if nothing is approved, or it is
    not as it was approved, if nobody is named, or mail cannot be sent at all.
    """
    district = catalog.district.code
    history = journal(district)
    with _alone(history):
        with approved.alone(history):
            approved.finish(history)
            approved.whole(history)
        found = approved.newest(history, year, kind.name)
        if found is None:
            command = f"./monitor approve {year} --kind {kind.name} --district {district}"
            raise MendableError(say("messages/deliver/unapproved", year=year, kind=kind.titled, command=command))
        if why := found.damage():
            raise MendableError(why)
        listed = addressees(catalog, found)
        if not listed:
            raise MendableError(say("messages/deliver/nobody", district=district))
        if unknown := [name for name in resend if name not in {to.name for to in listed}]:
            names = {"names": "、".join(unknown), "listed": "、".join(to.name for to in listed)}
            raise MendableError(say("messages/deliver/unknown", **names))
        desk = _Desk(catalog, found, kind, history, waits)
        return [desk.post(to, again=to.name in resend) for to in listed]


def addressees(catalog: Catalog, found: Approved) -> list[Addressee]:
    """Who is sent something of an edition: the recipients, then each department that has a sheet in it."""
    listed = [_addressee(recipient) for recipient in catalog.district.recipients]
    files = found.approval().files
    for department in catalog.district.departments.values():
        sheet = f"feedback/{file_name(department.name)}-"
        if department.notice and any(name.startswith(sheet) for name in files):
            listed.append(Addressee(department.name, "notice", department.notice))
    return listed


def _addressee(told: Recipient) -> Addressee:
    if told.webhook is not None:
        return Addressee(told.name, "webhook", told.webhook)
    way: Way = "mail" if told.mail else "folder"
    return Addressee(told.name, way, str(told.mail or told.folder), told.papers, told.internal)


def last_events(history: Journal, edition: str) -> Mapping[str, Recorded]:
    """Name → the newest event about sending an approved edition to it."""
    deeds = (Deed.SENDING, Deed.SENT, Deed.UNSENT)
    return {str(e.of["to"]): e for e in history.events() if e.deed in deeds and e.of.get("edition") == edition}


@contextmanager
def _alone(history: Journal) -> Iterator[None]:
    """Let one delivery of a district at a time go on; another is refused, as it would find nothing to do."""
    disk.shared(history.folder)
    with disk.locked(history.folder / ".delivering", 0, say("messages/deliver/busy")) as lock:
        disk.admit(lock, history.folder)
        yield


class _Desk:
    """What all sendings of one edition share."""

    def __init__(self, catalog: Catalog, found: Approved, kind: Kind, history: Journal, waits: Sequence[float]) -> None:
        self.catalog, self.found, self.kind, self.history, self.waits = catalog, found, kind, history, waits
        self.events = last_events(history, found.folder.name)
        by_mail = {"mail", "notice"} & {to.way for to in addressees(catalog, found)}
        self.server = mail.server(settings()) if by_mail else None
        head = contents.read(found.folder).head
        self.title, self.simulated = head.title, head.simulated

    def post(self, to: Addressee, again: bool) -> Posted:
        """Send to one, if it was not sent before; both ends are written into the journal."""
        before = self.events.get(to.name)
        if before is not None and not again:
            on = day(before.at.date())
            if before.deed == Deed.SENT:
                return Posted(to, Posting.BEFORE, on)
            if before.deed == Deed.SENDING and to.way != "folder":  # the same files in the same place are the same
                return Posted(to, Posting.DOUBTFUL, say("messages/deliver/doubtful", on=on, name=to.name))
        of = {"edition": self.found.folder.name, "to": to.name, "way": to.way, "address": to.address}
        try:
            send = self._sending(to)
        except Exception as error:  # one address that cannot be used keeps nobody else from it
            return self._unsent(to, of, error)
        self.history.append(Deed.SENDING, **of, message=self._identity(to))
        try:
            attempt(send, self.waits)
        except UnsentError as error:
            return self._unsent(to, of, error)
        except DoubtfulError as error:
            return Posted(to, Posting.DOUBTFUL, str(error))
        except Exception as error:  # a way may raise what nobody has foreseen: then nobody knows how far it came
            if to.way == "folder":  # but the same files can be put there again
                return self._unsent(to, of, error)
            return Posted(to, Posting.DOUBTFUL, say("messages/post/fault", why=why(error)))
        sent = self.history.append(Deed.SENT, **of)
        return Posted(to, Posting.SENT, day(sent.at.date()))

    def _unsent(self, to: Addressee, of: Mapping[str, str], error: Exception) -> Posted:
        foreseen = isinstance(error, UnsentError | MendableError)
        told = str(error) if foreseen else say("messages/post/fault", why=why(error))
        self.history.append(Deed.UNSENT, **of, why=told)
        return Posted(to, Posting.UNSENT, told)

    def _sending(self, to: Addressee) -> Callable[[], object]:
        """What sends it; raises `UnsentError` or `MendableError` if it can be told before that it cannot be sent."""
        if to.way == "webhook":
            return partial(hook.send, hook.address(to.address), self._words("letters/post/group", to))
        if to.way == "folder":
            below = f"{self.catalog.district.code}/{self.found.folder.name}"
            return partial(store.put, to.address, below, self._files(to), not to.internal)
        assert self.server is not None
        form, files = ("papers", self._files(to)) if to.way == "mail" else ("notice", {})
        subject = self._words(f"letters/post/{form}/subject", to)
        text = self._words(f"letters/post/{form}/text", to, files)
        made = mail.message(self.server, to.address, subject, text, files, self._identity(to))
        return partial(mail.send, self.server, made)

    def _files(self, to: Addressee) -> dict[str, bytes]:
        """The papers of an addressee, with what proves them: signatures, the approval, the public key."""
        folder = self.found.folder if to.internal else self.found.folder / PUBLIC
        if absent := [name for name in to.papers if not (folder / name).is_file()]:
            form = "absent" if folder.is_dir() else "no_public"
            raise UnsentError(say(f"messages/deliver/{form}", names="、".join(absent)))
        proofs = [name + signature.SUFFIX for name in (*to.papers, approved.NAME)]
        names = (*to.papers, approved.NAME, *proofs, signature.KEY)
        return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}

    def _identity(self, to: Addressee) -> str:
        """The same for the same edition and the same addressee."""
        return hashlib.sha256(f"{self.found.hash} {to.way} {to.name}".encode()).hexdigest()[:40]

    def _words(self, form: str, to: Addressee, files: Mapping[str, bytes] | None = None) -> str:
        district = self.catalog.district
        contact = district.contact
        by = (
            say("letters/post/contact", office=contact.office or district.issuers[0], telephone=contact.telephone)
            if contact
            else ""
        )
        return say(
            form,
            name=to.name,
            title=self.title,
            number=self.found.number,
            audience=say(f"labels/edition/{'internal' if to.internal else 'public'}"),
            simulated=say("letters/post/simulated") if self.simulated else "",
            closed=say("letters/post/closed") if to.internal else "",
            on=day(self.found.at.date()),
            by=self.found.by,
            files="\n".join(f"  {name}" for name in files or ()),
            issuer="、".join(district.issuers),
            contact=by,
        )


# --- what the desk tells ---------------------------------------------------------------------------------------------


def show(posted: Sequence[Posted], out: TextIO) -> None:
    """Print what became of each sending; raises `RefusedError` if one is not known to have been sent."""
    for one in posted:
        out.write(
            f"{one.to.name}　{say(f'messages/deliver/ways/{one.to.way}')}　{one.result.word}　{shown(one.told)}\n"
        )
    open_ends = [one.to.name for one in posted if one.result.is_open]
    if open_ends:
        raise RefusedError(say("messages/deliver/open", number=len(open_ends), names="、".join(open_ends)))

"""The journal of a district: what was done, by whom and when, in the order in which it was done.

`journal/<district>/events.jsonl` has one event a line. Each line has the hash of the line before it, so a line that was
changed, put in or taken out later breaks the chain there. What the chain cannot show is that its last lines are gone, or
that the whole journal was written anew: for this, what leaves the house (an approval, docs/operations.md) has the number
and the hash of the newest event.

The journal is only ever added to. It is no output: nothing can make it again.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from expectations.vocabulary import Deed
from flows import disk
from flows.inert import shown
from flows.machine import about
from flows.places import MendableError, places
from flows.wording import BEIJING, say

NAME = "events.jsonl"


class BrokenError(MendableError):
    """The chain of a journal is broken: somebody has edited it, or the disk has."""


@dataclass(frozen=True)
class Recorded:
    """One line of the journal."""

    number: int
    """1 for the first."""
    at: datetime
    """When it was written, Beijing time."""
    by: str
    """The account of the operating system under which it was written."""
    deed: Deed
    of: Mapping[str, Any]
    """What was done to what; which entries there are depends on the deed (docs/operations.md)."""
    hash: str
    """SHA-256 of the line: the next line repeats it."""


@dataclass(frozen=True)
class Anchor:
    """The newest event of a journal: who knows both can later prove that nothing up to there has changed."""

    number: int
    hash: str


@dataclass(frozen=True)
class Journal:
    """The journal in a folder; a folder that is not there is a journal without events."""

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / NAME

    def events(self) -> tuple[Recorded, ...]:
        """Every event, the oldest first. Raises `BrokenError`, with the line, if the chain is broken."""
        lines, _ = self._lines()
        found: list[Recorded] = []
        for number, line in enumerate(lines, 1):
            event = _event(line)
            if event is None:
                raise BrokenError(say("messages/journal/unreadable", path=self.path, line=number))
            if _before(line) != (found[-1].hash if found else "") or event.number != number:
                raise BrokenError(say("messages/journal/broken", path=self.path, line=number))
            found.append(event)
        return tuple(found)

    def anchor(self) -> Anchor:
        """The newest event; number 0 and an empty hash if there is none. Raises `BrokenError`."""
        return _anchor(self.events())

    def append(self, deed: Deed, **of: Any) -> Recorded:
        """Add an event; it is on the disk when this returns. Raises `BrokenError` if the chain is broken: nothing is
        added to a journal that somebody has edited.
        """
        event = self.record(deed, lambda _: of)
        assert event is not None
        return event

    def record(self, deed: Deed, told: Callable[[Sequence[Recorded]], Mapping[str, Any] | None]) -> Recorded | None:
        """Add an event if there is something to add: while nobody else can add any, `told` makes of the events so far what
        the new one says, or None. On the disk, and raised, is the same as for `append`.
        """
        with about(self.path), disk.alone(self.folder):
            events = self.events()
            if (of := told(events)) is None:
                return None
            last = _anchor(events)
            line = {
                "number": last.number + 1,
                "at": datetime.now(BEIJING).isoformat(timespec="seconds"),
                "by": account(),
                "deed": deed.value,
                "of": of,
                "before": last.hash,
            }
            _, torn = self._lines()
            if torn:  # written when the power was cut; nobody was told that it was done
                line["torn"] = hashlib.sha256(torn).hexdigest()
                os.truncate(self.path, self.path.stat().st_size - len(torn))
            written = json.dumps(line, ensure_ascii=False).encode()
            with self.path.open("ab") as file:
                file.write(written + b"\n")
                file.flush()
                disk.admit(file.fileno(), self.folder)
            disk.keep(self.folder)
        return _event(written)

    def _lines(self) -> tuple[list[bytes], bytes]:
        """The whole lines, and what of a line stands after them: another program is writing it, or died while it was."""
        try:
            *lines, torn = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return [], b""
        return lines, torn


@dataclass(frozen=True)
class CutOff:
    """Cut-off of deliveries (数据截止): which of them count."""

    closed: bool = True
    """Whether nothing counts that came after the lock of the last year, unless somebody decided otherwise (`admitted`)."""
    journal: Journal | None = None
    """If one is given, nothing counts that was not filed, or stands otherwise in the register (flows/ingest/filed.py)."""
    as_of: date | None = None
    """If a day is given, nothing is known of what came or was decided after it."""


CLOSED, OPEN = CutOff(), CutOff(closed=False)
"""As an edition counts deliveries; and as the desk looks at them while a year is open: everything that has come."""


def journal(district: str) -> Journal:
    """The journal of a district in the home in use; raises `MendableError` if it is not a code: it could be a path."""
    if re.fullmatch("[0-9]{6}", district) is None:
        raise MendableError(say("messages/journal/district", code=_shown(district)))
    return Journal(places().journal / district)


def account() -> str:
    """The account of the operating system: asked from the system, not from variables that anybody can set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container the account may have no name
        return str(os.getuid())


def person(name: str, of: str) -> str:
    """A person's name as the journal and the approvals have it, the same for ideographs that only look the same; `of` says
    whose. Raises `MendableError` if it is none: it is printed, compared and asked for.
    """
    found = unicodedata.normalize("NFKC", name)
    if re.fullmatch(r"[\w·]{2,20}", found) is None:
        raise MendableError(say("messages/journal/person", of=of, name=_shown(name)))
    return found


def _shown(words: str) -> str:
    return shown(words.replace("\n", "␊"))


def _event(line: bytes) -> Recorded | None:
    """The event of a line; None if the line is none."""
    try:
        told = json.loads(line)
        at = datetime.fromisoformat(told["at"])
        hashed = hashlib.sha256(line).hexdigest()
        return Recorded(int(told["number"]), at, str(told["by"]), Deed.of(told["deed"]), dict(told["of"]), hashed)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):  # whatever somebody has written there
        return None


def _anchor(events: Sequence[Recorded]) -> Anchor:
    return Anchor(events[-1].number, events[-1].hash) if events else Anchor(0, "")


def _before(line: bytes) -> str:
    return str(json.loads(line).get("before"))

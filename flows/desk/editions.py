"""Lists the editions of a district: which were approved, as what number, by whom, and to whom they went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TextIO

from rich.table import Table

from expectations.vocabulary import Deed, Posting
from flows.console import line_console, table_console
from flows.desk import deliver
from flows.edition import DIGITS, approved, manifest, publish
from flows.edition.approved import Approved
from flows.inert import escaped
from flows.journal import Recorded, journal
from flows.places import places
from flows.report.kinds import KINDS
from flows.wording import day, say


class Listed(NamedTuple):
    """One edition."""

    year: int
    kind: str
    run: str
    draft: bool
    folder: Path
    approved: Approved | None
    current: bool
    """Whether it is the newest of its year and kind that was not approved."""
    sent: Mapping[str, str] = {}
    """To whom it was sent: name → when, or what is known of it."""

    @property
    def number(self) -> str:
        return say("messages/editions/number", number=self.approved.number) if self.approved else "—"

    @property
    def state(self) -> str:
        """待审定, 送审稿, 已审定, 已被第2版替代, 未审定: in words."""
        if self.approved is not None:
            later = self.approved.superseded_by
            form = "approved" if later is None else "superseded"
            return say(f"messages/editions/{form}", number=later)
        form = "draft" if self.draft else "waiting" if self.current else "past"
        return say(f"messages/editions/{form}")


def listed(district: str) -> list[Listed]:
    """Every edition that is kept, by year and kind, the oldest first; of one run that was approved, the approved one."""
    history, found = journal(district), []
    runs = set()
    for one in approved.listed(history):
        sent = {name: _sent(event) for name, event in deliver.last_events(history, one.folder.name).items()}
        found.append(Listed(one.year, one.kind, one.run, False, one.folder, one, False, sent))
        runs.add((one.year, one.kind, one.run))
    for folder in publish.editions(places().output / district):
        head = manifest.read(folder)
        if head is not None and (head.year, head.kind, head.run) not in runs:
            current = folder.name == head.kind
            found.append(Listed(head.year, head.kind, head.run, head.draft, folder, None, current))
    order = list(KINDS)
    return sorted(found, key=lambda one: (one.year, order.index(one.kind), one.approved is None))


def _sent(event: Recorded) -> str:
    """When something was sent, or how it stands."""
    result = {Deed.SENT: "", Deed.UNSENT: Posting.UNSENT.word, Deed.SENDING: Posting.DOUBTFUL.word}[event.deed]
    return result or day(event.at.date())


def show(district: str, form: Literal["text", "json"], out: TextIO) -> None:
    """Print every edition of a district."""
    found = listed(district)
    if form == "json":
        told = json.dumps([_told(one) for one in found], ensure_ascii=False, indent=1)
        out.write(f"{escaped(told)}\n")
        return
    if not found:
        line_console(out).print(say("messages/editions/none", district=district))
        return
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for heading in say("messages/editions/columns").split("、"):
        table.add_column(heading)
    for one in found:
        by = (one.approved.by, day(one.approved.at.date())) if one.approved else ("—", "—")
        sent = "；".join(f"{name}（{told}）" for name, told in one.sent.items()) or "—"
        table.add_row(str(one.year), KINDS[one.kind].titled, one.number, one.state, *by, one.run[:DIGITS], sent)
    table_console(out).print(table)


def _told(one: Listed) -> dict[str, Any]:
    signed = one.approved
    return {
        "year": one.year,
        "kind": one.kind,
        "number": signed and signed.number,
        "state": one.state,
        "run": one.run,
        "draft": one.draft,
        "by": signed and signed.by,
        "at": signed and signed.at.isoformat(),
        "superseded_by": signed and signed.superseded_by,
        "sent": dict(one.sent),
        "folder": str(one.folder),
    }

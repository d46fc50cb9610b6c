"""What departments leave in their folder, as a Prefect flow: it is judged as it comes."""

# No `from __future__ import annotations` here: Prefect builds the form for the parameters from the annotations.

import threading
import time
from collections.abc import Sequence
from typing import Any

from prefect import Flow, flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from expectations.records import Catalog
from flows.desk import inbox, shelf
from flows.places import places
from flows.run.failure import failure
from flows.run.notices import Notice, tell
from flows.run.tasks import LOG, ended
from flows.wording import read, say

INBOX = "inbox"


def watching(catalog: Catalog) -> Flow[..., Any] | None:
    """The flow that judges what has come into the district's folder; None if it has none."""
    if catalog.district.inbox is None:
        return None
    name = run_of(catalog)

    def make() -> State:
        from expectations.catalog import load

        try:
            with shelf.opened(places(), catalog.district.code):
                found = inbox.judge(load(catalog.district.code, places().expectations), places(), told)
            state, message = inbox.said(found)
            for one in found.judged:
                LOG.info("\n".join(filter(None, [one.name, one.text, one.unanswered])))
            if found.judged:
                title = say("messages/inbox/title", folder=catalog.district.inbox)
                create_table_artifact(_table(found.judged), name, title)
            lost = any(one.unanswered for one in found.judged)
            tell(Notice(name, not lost, state, message), also_good=bool(found.judged))
        except Exception as error:  # Prefect would show its trace
            return ended(name, failure(error)[1])
        return Completed(name=state, message=message)

    return flow(make, name=INBOX, flow_run_name=name)


def run_of(catalog: Catalog) -> str:
    """What a run for a district's folder is called."""
    return f"{catalog.district.code}-{INBOX}"


def told(error: Exception) -> str:
    """What those who run the home are told of an error."""
    return failure(error)[1]


def _table(judged: Sequence[inbox.Arrival]) -> list[dict[str, str]]:
    words = read("messages")["inbox"]
    rows = [(one.name, one.told, one.unanswered) for one in judged]
    return [dict(zip(words["headings"], row, strict=True)) for row in rows]


class Peek:
    """A look at what waits, on a thread of its own that nobody waits for: a share that does not answer must hold up neither the runs of
    the server nor its end.
    """

    def __init__(self, catalog: Catalog, before: "Peek | None" = None) -> None:
        self.folder = catalog.district.inbox
        self.begun = time.monotonic()
        self.hung = False
        """Whether somebody was told that it takes too long."""
        self.was_hung: bool = before is not None and (before.hung or before.was_hung)
        """Whether somebody was told so of the folder that the district had `before`."""
        self.done = threading.Event()
        self.found: object = None
        threading.Thread(target=self._look, args=(catalog,), daemon=True).start()

    def _look(self, catalog: Catalog) -> None:
        self.found = waiting(catalog)
        self.done.set()


def waiting(catalog: Catalog) -> object:
    """The files that wait to be judged, each as it is now; what hinders that is something for a run to tell, too. None if there
    is nothing.
    """
    try:
        return inbox.waiting(catalog, places()) or None
    except Exception as error:
        return str(error)

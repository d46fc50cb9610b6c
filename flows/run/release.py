"""What comes after a run, as Prefect's flows: somebody approves its edition, and it is sent.

Each is a run of its own: nothing waits for a person, neither a process nor a lock.
"""

# No `from __future__ import annotations` here: Prefect builds the form for the parameters from the annotations.

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from prefect import Flow, flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import SecretStr

from expectations.vocabulary import Posting
from flows import journal
from flows.desk import approve, approvers, deliver
from flows.edition import DIGITS, approved, manifest, record
from flows.places import MendableError, places
from flows.report.kinds import KINDS, Kind
from flows.run.failure import failure
from flows.run.tasks import LOG, one_of, told
from flows.wording import read, say

APPROVE, DELIVER = "approve", "deliver"
SECRET = "password"  # noqa: S105  (the name of a parameter)
"""A parameter that Prefect's database does not keep."""


class Chosen(NamedTuple):
    """An edition that can be chosen."""

    year: int
    kind: str
    run: str


def waiting(district: str) -> tuple[Mapping[str, Chosen], Sequence[str]]:
    """What can be chosen to be approved, and all that is open in it, each by its words."""
    history, editions, caveats = journal.journal(district), {}, []
    for path in sorted((places().output / district).glob(f"*/*/{manifest.NAME}"), reverse=True):
        year, name = path.parts[-3:-1]
        head, found = manifest.read(path.parent), record.read(path.parent)
        if name not in KINDS or not year.isdecimal() or head is None or head.draft or found is None:
            continue
        last = approved.newest(history, int(year), name)
        if last is None or last.run != head.run:
            editions[_named(int(year), KINDS[name], head.run)] = Chosen(int(year), name, head.run)
            caveats += [f"{caveat.number}　{caveat.kind.word}　{caveat.told}" for caveat in found.caveats]
    return editions, list(dict.fromkeys(caveats))


def to_deliver(district: str) -> Mapping[str, Chosen]:
    """The approved editions in force, each by its words, the newest first."""
    found = approved.listed(journal.journal(district))
    return {
        f"{a.year}年{KINDS[a.kind].titled}　{a.told}": Chosen(a.year, a.kind, a.run)
        for a in sorted(found, key=lambda a: a.at, reverse=True)
        if a.superseded_by is None
    }


def _named(year: int, kind: Kind, run: str) -> str:
    return say("messages/run/edition", year=year, kind=kind.titled, run=run[:DIGITS])


def approving(district: str) -> Flow[..., Any] | None:
    """The flow with which an approver approves an edition that waits; None if no approver has a password: then accounts
    tell people apart, and whoever is at the page works under the account of the server.
    """
    names = tuple(approvers.listed(district))
    if not names:
        return None
    editions, caveats = waiting(district)
    words = read("messages")["run"]["parameters"]
    choices = tuple(editions) or (words["none_waits"],)

    def make(edition: str, by: str, password: SecretStr, acknowledged: list[str] = []) -> State:  # noqa: B006
        chosen = editions.get(edition)
        if chosen is None:
            return Failed(name=say("messages/run/unapproved"), message=words["none_waits"])
        known = [text.partition("　")[0] for text in acknowledged]
        try:
            done = approve.approve(
                district,
                chosen.year,
                KINDS[chosen.kind],
                by,
                known,
                password=password.get_secret_value(),
                run=chosen.run,
            )
        except Exception as error:  # Prefect would show its trace
            return _failed("unapproved", error)
        LOG.info(message := approve.told(done))
        return Completed(name=say("messages/run/approved", number=done.number), message=message)

    listed = list[Literal[tuple(caveats)]] if caveats else list[str]  # type: ignore[misc]
    make.__annotations__ |= {
        "edition": told(one_of(choices), words["edition"], words["edition_why"]),
        "by": told(one_of(names), words["by"], words["by_why"]),
        SECRET: told(SecretStr, words["password"], words["password_why"]),
        "acknowledged": told(listed, words["acknowledged"], words["acknowledged_why"]),
    }
    return flow(make, name=APPROVE, flow_run_name=f"{district}-{APPROVE}", validate_parameters=True)


def delivering(district: str) -> Flow[..., Any] | None:
    """The flow that sends an approved edition to those who have not got it; None if nothing is approved."""
    editions = to_deliver(district)
    if not editions:
        return None
    words, choices = read("messages")["run"]["parameters"], tuple(editions)

    def make(edition: str = choices[0]) -> State:
        from expectations.catalog import load

        chosen = editions[edition]
        try:
            posted = deliver.deliver(load(district, places().expectations), chosen.year, KINDS[chosen.kind])
        except Exception as error:  # Prefect would show its trace
            return _failed("undelivered", error)
        headings = read("messages")["run"]["posted"]
        rows = [(one.to.name, say(f"messages/deliver/ways/{one.to.way}"), one.result.word, one.told) for one in posted]
        for row in rows:
            LOG.info("　".join(row))
        create_table_artifact([dict(zip(headings, row, strict=True)) for row in rows], f"{DELIVER}-{district}", edition)
        unsent = [one.to.name for one in posted if one.result.is_open]
        if unsent:
            why = say("messages/deliver/open", number=len(unsent), names="、".join(unsent))
            return _failed("undelivered", MendableError(why))
        sent = sum(one.result is Posting.SENT for one in posted)
        return Completed(name=say("messages/run/delivered", number=sent), message=edition)

    make.__annotations__["edition"] = told(one_of(choices), words["edition"], words["deliver_why"])
    return flow(make, name=DELIVER, flow_run_name=f"{district}-{DELIVER}")


def _failed(state: str, error: Exception) -> State:
    message = failure(error)[1]
    LOG.error(message)
    return Failed(name=say(f"messages/run/{state}"), message=message)

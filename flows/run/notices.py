"""How runs of the server ended: kept beside the logs, told to whoever answers for them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from flows import machine
from flows.places import places
from flows.wording import BEIJING, say


@dataclass(frozen=True)
class Notice:
    """What became of a run."""

    run: str
    """Its name, the same for each run of one report: 120115-2024."""
    good: bool
    state: str
    """In a few Chinese words, as Prefect's page shows it."""
    message: str
    """What happened and what to do."""
    at: str = ""
    """When, in Beijing."""


def tell(notice: Notice, also_good: bool = False) -> None:
    """Keep a notice in output/log/runs.jsonl. One that is no good one, or any with `also_good`, goes to those who run the
    home: to the terminal of `./monitor serve`, by mail, and to their group, where they are named.
    """
    now = Notice(notice.run, notice.good, notice.state, notice.message, f"{datetime.now(BEIJING):%Y-%m-%d %H:%M}")
    log = _log()
    with machine.about(log), log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(now), ensure_ascii=False) + "\n")
    if not now.good or also_good:
        print(said(now), flush=True)
        from flows.post import operators  # which looks for no mail until somebody must be told

        for problem in operators.tell(say("messages/run/subject", run=now.run, state=now.state), said(now)):
            print(problem, flush=True)


def unmended() -> list[Notice]:
    """The reports whose last run ended badly, the oldest first: what nobody has run again with success."""
    last: dict[str, Notice] = {}
    if (log := _log()).is_file():
        for line in log.read_text(encoding="utf-8").splitlines():
            try:
                found = Notice(**json.loads(line))
            except (ValueError, TypeError):  # cut off by a full disk
                continue
            last.pop(found.run, None)
            last[found.run] = found
    return [notice for notice in last.values() if not notice.good]


def remind() -> None:
    """Print what is unmended, if anything is."""
    if found := unmended():
        print(say("messages/run/open", number=len(found)), flush=True)
        for notice in found:
            print(f"  {said(notice)}", flush=True)


def said(notice: Notice) -> str:
    return say("messages/run/one", **asdict(notice))


def _log() -> Path:
    places().log.mkdir(parents=True, exist_ok=True)
    return places().log / "runs.jsonl"

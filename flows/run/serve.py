"""The deployments of every kind of report: by the calendar, from Prefect's page, from the terminal."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Crashed, Failed, Scheduled

from expectations.catalog import CatalogError, load
from expectations.records import Catalog
from flows import pipeline
from flows.ingest import register
from flows.places import MendableError, default_district, places, run_minutes
from flows.report.kinds import KINDS, YEARLY, Kind
from flows.run import incoming
from flows.run.incoming import INBOX, run_of, watching
from flows.run.notices import Notice, remind, tell
from flows.run.release import APPROVE, DELIVER, SECRET, approving, delivering
from flows.run.server import Password, forget, log
from flows.run.tasks import FLOWS, asked, refusal, run_name, year_before, yearly
from flows.wording import BEIJING, say

SCHEDULED = "-yearly"
"""The end of the name of a deployment that the calendar starts, behind the code of its district."""
LATE = timedelta(hours=6)
"""How long a run that is due may wait for others before somebody is told."""
REMIND = 9
"""The hour of the day, in Beijing, from which on it is told what is still to be mended."""
BESIDE = {APPROVE: "approving", DELIVER: "delivering", INBOX: "watching"}
"""What is run beside reports → how its deployment is told."""
WATCHING = 30.0
"""How many minutes one run may judge what has come; the next goes on with what is left."""
ASKED, AFTER = 10, 0.05
"""How often, and after how many seconds, it is asked whether a look at the inbox has ended; usually it has at once."""
HANGS = 60
"""After how many seconds without an answer of the inbox's share somebody is told."""
ATTEMPTS = 3
"""How often a run of the calendar begins; a machine that it brings down is not brought down at every start."""


OURS = FlowFilter(name=FlowFilterName(any_=[*FLOWS, *BESIDE]))


@dataclass(frozen=True)
class Offer:
    """A deployment of one district: a kind of report, by the calendar or when it is asked for, or what comes beside it."""

    flow: Flow[..., Any]
    catalog: Catalog
    kind: Kind | None = None
    """None for what comes beside reports."""
    scheduled: bool = False

    @property
    def deployment(self) -> str:
        """Its own name, the second part of the whole one."""
        return self.catalog.district.code + (SCHEDULED if self.scheduled else "")

    @property
    def name(self) -> str:
        return f"{self.flow.name}/{self.deployment}"

    def year(self, run: FlowRun) -> int:
        """The data year of a run."""
        given = run.parameters.get("year", self.flow.parameters.properties.get("year", {}).get("default"))
        return year_before(run.expected_start_time) if given is None else int(given)

    def run_name(self, run: FlowRun) -> str:
        code = self.catalog.district.code
        return run_name(self.kind, code, self.year(run)) if self.kind else f"{code}-{self.flow.name}"

    def lock(self, run: FlowRun) -> tuple[Path, date | None]:
        """The register of a run's data year, and the day on which it locks the data, if it says one."""
        return pipeline.lock(self.year(run), self.catalog.district.code)

    def not_before(self, run: FlowRun) -> datetime | None:
        """When a run of the calendar may begin, if the data are locked too late for its own time."""
        if not self.scheduled:
            return None
        _, locked = self.lock(run)
        if locked is None:
            return None
        given = self.catalog.district.yearly
        day = locked + timedelta(days=given.days_after_lock)
        begin = datetime.combine(day, dt.time.fromisoformat(given.time), BEIJING)
        return begin if begin > run.expected_start_time else None

    @property
    def told(self) -> str:
        """What Prefect's page says of it."""
        district, kind = self.catalog.district, self.kind
        if kind is None:
            return say(f"messages/run/{BESIDE[self.flow.name]}", district=district.name)
        if self.scheduled:
            given = district.yearly
            month, day = given.month_day
            when = {"month": month, "day": day, "time": given.time, "after": given.days_after_lock}
            return say("messages/run/yearly", district=district.name, kind=kind.word, **when)
        if kind.once:
            return say("messages/run/asked_once", district=district.name, kind=kind.word, reached=kind.once.reached)
        return say("messages/run/asked", district=district.name, kind=kind.word)

    @property
    def options(self) -> dict[str, Any]:
        """What Prefect is told of it beside its flow."""
        calendar = Cron(self.catalog.district.yearly.cron, timezone=BEIJING.key) if self.scheduled else None
        tags = [self.catalog.district.short, *([self.kind.word] if self.kind else [])]
        return {"description": self.told, "tags": tags, "schedule": calendar}


def districts() -> Sequence[str]:
    """The districts of the catalogue that have deliveries in this home; the one of runs that name none if no district
    has.
    """
    where = places()
    known = {path.stem for path in (where.expectations / "districts").glob("*.yml")}
    found = sorted({path.parents[1].name for path in _registers()} & known)
    return found or [default_district()]


def _registers() -> Sequence[Path]:
    return sorted(places().raw.glob(f"*/*/{register.REGISTER}"))


def offers(district: str) -> Iterator[Offer]:
    """The deployments of a district: each kind of report, for the years of its plans that have a register, and what comes
    after it.
    """
    catalog = load(district, places().expectations)
    registered = {int(path.parent.name) for path in _registers() if path.parents[1].name == district}
    for kind in KINDS.values():
        heads = [plan.head for plan in catalog.plans]
        lasting = range(min(head.start for head in heads), max(head.end for head in heads) + 1)
        due = [year for year in lasting if any(kind.is_due(plan, year) for plan in catalog.plans)]
        if not due:
            continue
        years = [year for year in due if year in registered]
        yield Offer(asked(kind, district, years or due, bool(years)), catalog, kind)
        if kind is YEARLY and due[-1] >= year_before(datetime.now(UTC)):  # else no plan is in force any more
            yield Offer(yearly(kind, district), catalog, kind, scheduled=True)
    for flow in (approving(district), delivering(district), watching(catalog)):
        if flow is not None:
            yield Offer(flow, catalog)


def offered() -> Mapping[str, Offer]:
    """Every deployment of this home by its name; a district whose catalogue is wrong has none, and that is told."""
    found: dict[str, Offer] = {}
    for district in districts():
        try:
            found |= {offer.name: offer for offer in offers(district)}
        except (CatalogError, MendableError) as error:
            print(say("messages/run/not_offered", district=district, why=error), flush=True)
    return found


class _Runner(Runner):  # type: ignore[misc]
    """Runs only the flows that were given to it, one at a time, with parameters that they accept; it obeys nothing else
    from the server.

    `add_flow` keeps a flow in memory, and its runs start from there. Entrypoint, pull steps, path, command and
    environment of a deployment are never read, because anybody with the password can rewrite them.

    One run at a time, whatever its district: a run takes both cores of a small machine and up to 2 GB.
    """

    def __init__(self, own: bool) -> None:
        super().__init__(limit=1, pause_on_shutdown=False)
        self._own = own
        self._kept: dict[UUID, Offer] = {}
        self._seen: object = None
        self._names: dict[UUID, str] = {}
        self._begun: dict[UUID, float] = {}
        self._ended: dict[UUID, State] = {}
        self._late: set[UUID] = set()
        self._looks: dict[UUID, incoming.Peek] = {}
        self._watched: dict[UUID, tuple[UUID | None, object]] = {}
        """Deployment → the last run for what has come, and what that was."""
        self._secrets: dict[UUID, Any] = {}
        self._forgotten = True
        self._reminded: date | None = None

    async def offer(self) -> None:
        """Keep the deployments of this home, and take back those of before that are no more, if the server is ours."""
        self._seen = _depends()
        found = offered()
        if not found and not self._kept:
            raise MendableError(say("messages/run/nothing_offered", raw=places().raw))
        self._kept = {
            await self.aadd_flow(offer.flow, offer.deployment, **offer.options): offer for offer in found.values()
        }
        if self._own:
            async with get_client() as client:
                for gone in await client.read_deployments(flow_filter=OURS):
                    if gone.id not in self._kept:
                        await client.delete_deployment(gone.id)

    async def __aenter__(self) -> _Runner:
        await super().__aenter__()
        waiting = self._client.get_scheduled_flow_runs_for_deployments

        async def sound(*args: Any, **kwargs: Any) -> list[FlowRun]:
            await self._look_around()
            due = [run for run in await waiting(*args, **kwargs) if await self._sound(run)]
            await self._queue(due)
            return due

        self._client.get_scheduled_flow_runs_for_deployments = sound
        self._hook_runner.run_crashed_hooks = self._crashed
        return self

    async def _look_around(self) -> None:
        """What is to be done from time to time: end what hangs, offer what has come, remind of what has failed."""
        running = self._process_manager.flow_run_ids()
        self._begun = {run: self._begun.get(run, time.monotonic()) for run in running}
        for run, begun in self._begun.items():
            if run not in self._ended and (end := self._overdue(run, time.monotonic() - begun)):
                self._ended[run] = end
                await self._process_manager.kill(run, force=True)
        try:
            if self._seen != _depends():
                await self.offer()
        except FileNotFoundError:  # a run is just publishing what we looked at: we look again
            self._seen = None
        for deployment, offer in self._kept.items():
            if offer.flow.name == INBOX:
                await self._watch(deployment, offer)
        if not self._forgotten:
            self._forgotten = await asyncio.to_thread(forget)
        now = datetime.now(BEIJING)
        if now.hour >= REMIND and self._reminded != now.date():
            self._reminded = now.date()
            remind()

    def _overdue(self, run: UUID, seconds: float) -> State | None:
        """How a run is ended that has taken so many seconds; None if it goes on. One for a share that does not answer would hold
        up all others.
        """
        name = self._names.get(run, "")
        watches = name.endswith(f"-{INBOX}")
        kept = ((look, self._kept.get(deployment)) for deployment, look in self._looks.items())
        hung = [look.folder for look, offer in kept if look.hung and offer and name == run_of(offer.catalog)]
        if hung:
            told = say("messages/run/watching_silent_why", folder=hung[0])
            return Failed(name=say("messages/run/silent"), message=told)
        minutes = min(run_minutes(), WATCHING) if watches else run_minutes()
        if seconds <= minutes * 60:
            return None
        told = say(f"messages/run/{'watching_timeout_why' if watches else 'timeout_why'}", minutes=minutes)
        return Failed(name=say("messages/run/timeout"), message=told)

    async def _watch(self, deployment: UUID, offer: Offer) -> None:
        """Start a run for what has come into a district's folder, when the last one has ended and something is new since."""
        look = self._looks.get(deployment)
        if (
            look is None or look.folder != offer.catalog.district.inbox
        ):  # one that hangs is left with the folder of before
            look = incoming.Peek(offer.catalog, look)
        self._looks[deployment] = look
        for _ in range(ASKED):
            if not look.done.is_set():
                await asyncio.sleep(AFTER)
        name, folder = run_of(offer.catalog), offer.catalog.district.inbox
        if not look.done.is_set():
            if not look.hung and time.monotonic() - look.begun > HANGS:
                look.hung = True
                told = say("messages/run/silent_why", folder=folder, seconds=HANGS)
                await asyncio.to_thread(tell, Notice(name, False, say("messages/run/silent"), told))
            return
        if look.hung or look.was_hung:
            told = say("messages/run/answers_why", folder=folder)
            await asyncio.to_thread(tell, Notice(name, True, say("messages/run/answers"), told), True)
        found = self._looks.pop(deployment).found
        last, before = self._watched.get(deployment, (None, None))
        if found is None:
            self._watched[deployment] = last, None
        if found in (None, before) or (last and await self._is_open(last)):
            return
        try:
            run = await self._client.create_flow_run_from_deployment(deployment)
        except PrefectHTTPStatusError:  # somebody has deleted the deployment on the page: it is offered again
            self._seen = None
            return
        self._watched[deployment] = run.id, found

    async def _is_open(self, run: UUID) -> bool:
        try:
            state = (await self._client.read_flow_run(run)).state
        except (ObjectNotFound, PrefectHTTPStatusError):
            return False
        return state is not None and not state.is_final()

    async def _sound(self, run: FlowRun) -> bool:
        """Whether a run can begin now; if it cannot, its state says why, and somebody is told."""
        offer = self._kept.get(run.deployment_id)
        await self._keep_secret(run)
        if wrong := refusal(offer.flow, run.parameters) if offer else say("messages/run/not_ours"):
            await self._close(run, Failed(name=say("messages/run/failed"), message=wrong))
            return False
        assert offer
        self._names[run.id] = offer.run_name(run)
        if (begin := offer.not_before(run)) and begin > datetime.now(UTC):
            path, locked = offer.lock(run)
            then = f"{begin.astimezone(BEIJING):%Y-%m-%d %H:%M}"
            told = say("messages/run/early_why", path=path, locked=locked, then=then, year=offer.year(run))
            await self._close(run, Scheduled(name=say("messages/run/early"), message=told, scheduled_time=begin))
            return False
        return True

    async def _keep_secret(self, run: FlowRun) -> None:
        """Take a password out of Prefect's database, whose page would show it, and give it to the run alone."""
        if SECRET in run.parameters:
            self._secrets[run.id] = run.parameters[SECRET]
            others = {name: value for name, value in run.parameters.items() if name != SECRET}
            await self._client.update_flow_run(run.id, parameters=others)
            self._forgotten = False
        elif run.id in self._secrets:
            run.parameters[SECRET] = self._secrets[run.id]

    async def _queue(self, due: Sequence[FlowRun]) -> None:
        """Say of runs that wait who is ahead, and tell somebody of those that wait too long."""
        ahead = "、".join(self._names.get(run, "") for run in self._process_manager.flow_run_ids())
        queued = say("messages/run/queued")
        for run in due:
            since = run.expected_start_time
            if since and datetime.now(UTC) - since > LATE and run.id not in self._late and ahead:
                self._late.add(run.id)
                when = f"{since.astimezone(BEIJING):%Y-%m-%d %H:%M}"
                why = say("messages/run/late_why", due=when, ahead=ahead)
                await asyncio.to_thread(tell, Notice(self._names[run.id], False, say("messages/run/late"), why))
            if ahead and run.state_name != queued:
                why = say("messages/run/queued_why", ahead=ahead)
                state = Scheduled(name=queued, message=why, scheduled_time=run.next_scheduled_start_time)
                await self._client.set_flow_run_state(run.id, state, force=True)

    async def _crashed(self, run: FlowRun, state: State) -> None:
        """Called when the process of a run has ended without having told its end."""
        code = re.search(r"-?\d+", state.message or "")
        told = say("messages/run/ended_why", code=code[0] if code else "")
        await self._close(run, self._ended.pop(run.id, None) or Crashed(name=say("messages/run/ended"), message=told))

    async def _close(self, run: FlowRun, state: State) -> None:
        """Give a run the state that says why it is not done, and tell it."""
        await self._client.set_flow_run_state(run.id, state, force=True)
        self._secrets.pop(run.id, None)
        notice = Notice(self._names.get(run.id, run.name), False, state.name, state.message)
        await asyncio.to_thread(tell, notice)

    def handle_sigterm(self, *_: object) -> None:
        """End as after Ctrl-C: Prefect's own handler would leave the loop in the middle of its work."""
        signal.raise_signal(signal.SIGINT)


def _depends() -> object:
    """What the deployments are made of: the registers that are there, the files of districts and plans, the editions, who
    approves them and what was approved.
    """
    where = places()
    made_of = {
        where.expectations: ("districts/*.yml", "plans/*/plan.yml"),
        where.output: ("[0-9]*/*/*/manifest.json",),
        where.journal: ("*/*",),
        where.keys: ("*.yml",),
    }
    files = [path for folder, patterns in made_of.items() for pattern in patterns for path in folder.glob(pattern)]
    return _registers(), {path: path.stat().st_mtime_ns for path in files}, datetime.now(BEIJING).year


def serve(password: Password | None) -> None:
    """Serve every deployment until Ctrl-C or a request to end, one run at a time."""
    with _details_in(log()), suppress(KeyboardInterrupt):
        asyncio.run(_serve(password))


async def _serve(password: Password | None) -> None:
    runner = _Runner(own=password is not None)
    await runner.offer()
    await _take_up_interrupted()
    print(f"Prefect 服务已启动：{os.environ['PREFECT_API_URL'].removesuffix('/api')}（按 Ctrl-C 结束）", flush=True)
    if password and password.new:
        print(_told_once(password, password.new), flush=True)
    remind()
    await runner.start()


def _told_once(password: Password, kept: Path) -> str:
    """The sentence about the password. It has the password only for a terminal: any other output is a log that others
    may read.
    """
    shown = f"网页的密码：{password.text}（只显示这一次，" if sys.stdout.isatty() else "网页的密码已生成（"
    return f"{shown}保存在 {kept}，只有本用户可读）"


@contextmanager
def _details_in(path: Path) -> Iterator[None]:
    """Write the long messages of Prefect and of a failed run to the log and not to the terminal."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with path.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(terminal)


async def _take_up_interrupted() -> None:
    """Runs that ended with an earlier server: those of the calendar begin again, the others are told to have ended.
    Otherwise they would be shown as running for ever.
    """
    begun = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING]))
    )
    async with get_client() as client:
        for found in await client.read_flow_runs(flow_run_filter=begun, flow_filter=OURS):
            if not found.deployment_id:  # of a terminal
                continue
            if found.auto_scheduled and found.run_count < ATTEMPTS:
                state = Scheduled(name=say("messages/run/again"), message=say("messages/run/again_why"))
            else:
                state = Crashed(name=say("messages/run/ended"), message=say("messages/run/stopped_why"))
            await client.set_flow_run_state(found.id, state, force=True)
            await asyncio.to_thread(tell, Notice(found.name, False, state.name, state.message))


def run(deployment: str, assignments: list[str]) -> None:
    """Start a deployment on the running server, as its page does, and wait for the end."""
    known = offered()
    name = deployment if "/" in deployment else f"{deployment}/{default_district()}"
    offer = known.get(name)
    if offer is None:
        raise MendableError(f"没有部署 {name!r}；有 {'、'.join(known)}")
    parameters = dict(_parameter(text, offer.flow.parameters.properties) for text in assignments)
    if wrong := refusal(offer.flow, parameters):
        raise MendableError(wrong)
    address = os.environ["PREFECT_API_URL"]
    try:
        ended = run_deployment(name, parameters=parameters, timeout=None, poll_interval=1, as_subflow=False)
    except ObjectNotFound:
        raise MendableError(
            f"{address} 上没有部署 {name}：./monitor serve 可能正在启动，请稍后再试；"
            "或者那里运行的是别的程序，请检查 PREFECT_API_URL"
        ) from None
    except httpx.TransportError:
        raise MendableError(f"连不上 Prefect 服务 {address}，或运行中连接中断。请确认 ./monitor serve 在运行") from None
    except PrefectHTTPStatusError as refused:
        raise MendableError(_refusal(refused.response, address)) from None
    state = ended.state
    if state is None or not state.is_completed():
        raise MendableError(f"运行 {ended.name} 没有完成：{_reason(state.message or '') if state else ''}")
    print(f"运行 {ended.name}：{state.name}")


def _reason(message: str) -> str:
    """Why a run failed: its own sentence, or where the details of the failure are."""
    broke = message.startswith(("Flow run encountered an exception", "Process exited", "Flow run could not start"))
    return f"程序出错，详情见 {log()}" if broke else message


def _parameter(text: str, properties: dict[str, Any]) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise MendableError(f"参数应写成 名称=值，实为 {text!r}")
    if properties.get(name, {}).get("type") != "string":
        with suppress(json.JSONDecodeError):
            return name, json.loads(value)
    return name, value


def _refusal(answer: httpx.Response, address: str) -> str:
    if answer.status_code in (401, 403):
        return (
            f"Prefect 服务 {address} 不认这个口令。请用启动服务的用户运行；"
            "服务另设了 PREFECT_SERVER_API_AUTH_STRING 的，这里把 PREFECT_API_AUTH_STRING 设成同样的值"
        )
    return f"Prefect 服务 {address} 拒绝了这次运行（{answer.status_code}）：{answer.text[:200]}"

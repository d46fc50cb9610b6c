"""Every kind of report as a Prefect flow: its parameters, each stage as a task, one run in this process."""

# No `from __future__ import annotations` here: Prefect builds the form for the parameters from the annotations.

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, ParamSpec, TypeVar, get_type_hints

import httpx
from prefect import Flow, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging.handlers import APILogHandler
from prefect.results import ResultStore
from prefect.runtime import flow_run
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Completed, Failed
from pydantic import Field, TypeAdapter, ValidationError, WithJsonSchema

from expectations.vocabulary import DeliveryStatus
from flows import pipeline
from flows.pipeline import Do, Made
from flows.places import MendableError
from flows.report.kinds import KINDS, Kind
from flows.run import artifacts
from flows.run.failure import failure
from flows.run.notices import Notice, tell
from flows.run.terminal import RunProgress
from flows.warehouse import BusyError
from flows.wording import BEIJING, read, say

P = ParamSpec("P")
T = TypeVar("T")
Year = Annotated[int, Field(ge=2000, le=2100)]
District = Annotated[str, Field(pattern=r"^\d{6}$")]
Operator = Annotated[str, Field(pattern=r"^\S{0,20}$")]
ASK_AGAIN_SECONDS = 10
"""How often a run of the server looks whether one that was started beside the server has ended."""


def _no_result(_: object) -> None:
    raise MendableError("本系统不读取运行结果")


# Our flows have no results. If the server says that a run has ended already, Prefect would load the file that the state
# names as its result. That is a pickled file, and unpickling runs programs.
ResultStore._from_metadata = _no_result


def refusal(flow: Flow[..., Any], parameters: Mapping[str, Any]) -> str:
    """What is wrong with the parameters of a run, even if Prefect's server has accepted them; empty if nothing is."""
    fields, hints = flow.parameters.properties, get_type_hints(flow.fn, include_extras=True)
    for name, value in parameters.items():
        if name not in fields:
            usable = "、".join(fields)
            return f"没有参数 {name!r}；{f'可用的参数：{usable}' if usable else '这项运行没有参数'}"
        try:
            TypeAdapter(hints[name]).validate_python(value)
        except ValidationError:
            seen = "" if fields[name].get("format") == "password" else f"；实为 {value!r}"
            return f"参数 {name} 不符合要求：{fields[name]['description']}{seen}"
    missing = [name for name in flow.parameters.required if name not in parameters]
    return f"缺少参数：{'、'.join(missing)}" if missing else ""


def flow_of(kind: Kind) -> Flow[..., Any]:
    """The flow that makes a kind of report of any district and year, for a run of the command line."""

    def make(
        year: Year, district: District, draft: bool = False, force: bool = False, as_of: date | None = None
    ) -> None:
        report(lambda do: pipeline.make(kind, year, district, do, draft, force, as_of))

    def named() -> str:
        given = flow_run.parameters
        return run_name(kind, given["district"], given["year"])

    make.__doc__ = f"{kind.about}。"
    return flow(make, name=kind.name, flow_run_name=named)


def asked(kind: Kind, district: str, years: Sequence[int], registered: bool) -> Flow[..., Any]:
    """The flow of a deployment that somebody starts: one of `years`, which have a register or are those of the plans."""
    choices = tuple(map(str, years))  # Prefect's form would print a number as 2,024
    words = read("messages")["run"]["parameters"]
    which = f"{words['registered' if registered else 'planned']}（{'、'.join(choices)}）"

    def make(
        year: str = choices[-1],
        draft: bool = False,
        as_of: date | None = None,
        operator: str = "",
        force: bool = False,
    ) -> State:
        return deployed(kind, district, int(year), operator, draft, force, as_of)

    make.__annotations__ |= {
        "year": told(one_of(choices), kind.year, words["year"].format(what=kind.year, which=which)),
        "draft": told(bool, words["draft"], words["draft_why"]),
        "as_of": told(date | None, words["as_of"], words["as_of_why"]),
        "operator": told(Operator, words["operator"], words["operator_why"]),
        "force": told(bool, words["force"], words["force_why"]),
    }

    def named() -> str:
        return run_name(kind, district, flow_run.parameters["year"])

    return flow(make, name=kind.name, flow_run_name=named)


def told(allowed: Any, title: str, description: str) -> Any:
    """The type of a parameter, with what Prefect's form shows of it."""
    return Annotated[allowed, Field(json_schema_extra={"title": title, "description": description})]


def one_of(choices: Sequence[str]) -> Any:
    """The type of a choice. Prefect's form would let nobody change what has one choice only, and shows it empty."""
    return Annotated[Literal[tuple(choices)], WithJsonSchema({"type": "string", "enum": [*choices]})]


def yearly(kind: Kind, district: str) -> Flow[..., Any]:
    """The flow of a deployment that the calendar starts: the year before its day."""

    def make() -> State:
        by = say("messages/run/calendar")
        return deployed(kind, district, year_before(flow_run.scheduled_start_time), by)

    def named() -> str:
        return run_name(kind, district, year_before(flow_run.scheduled_start_time))

    return flow(make, name=kind.name, flow_run_name=named)


def run_name(kind: Kind, district: str, year: int | str) -> str:
    """What a run is called, the same for each run of one report."""
    return "-".join([district, *([kind.name] if kind.once else []), str(year)])


def year_before(scheduled: datetime) -> int:
    """The data year of a scheduled run; a run that starts late, or again, keeps the year of its schedule."""
    return scheduled.astimezone(BEIJING).year - 1


def report(make: Callable[[Do], Made], live: bool = True) -> Made:
    """Make a report, each stage a task; `live` for somebody who looks on at the terminal."""
    progress = RunProgress(live)
    made = make(tasks(progress))
    progress.finish(made)
    return made


def deployed(
    kind: Kind,
    district: str,
    year: int,
    operator: str,
    draft: bool = False,
    force: bool = False,
    as_of: date | None = None,
) -> State:
    """Make a report for the server: the state in which the run ends says what happened, or what to do. `operator` is who
    has asked for it, if that is known.
    """
    from expectations.catalog import load
    from flows.places import places

    if operator:
        os.environ[pipeline.OPERATOR] = operator
    try:
        known = load(district, places().expectations).district
        LOG.info(say("messages/run/begun", district=known.name, year=year, kind=kind.titled))
        made = report(_in_turn(lambda do: pipeline.make(kind, year, district, do, draft, force, as_of)), live=False)
    except Exception as error:  # Prefect would show its trace
        return ended(run_name(kind, district, year), failure(error)[1])
    try:
        artifacts.show(kind, known, made)
    except Exception as error:  # the report stands
        LOG.warning(say("messages/run/no_tables", why=failure(error)[1]))
    return ended(
        run_name(kind, district, year), "\n".join(filter(None, [str(made.report), made.unpublished])), _state(made)
    )


def ended(run: str, message: str, state: str = "") -> State:
    """The last state of a run, told to those who wait for it; a bad one if it has no name."""
    name = state or say("messages/run/failed")
    LOG.log(logging.INFO if state else logging.ERROR, f"{name}：{message}")
    tell(Notice(run, bool(state), name, message))
    return Completed(name=name, message=message) if state else Failed(name=name, message=message)


def _state(made: Made) -> str:
    """What came of a run that made a report, in a few words."""
    words = read("messages")["run"]
    missing = made.counts["deliveries"].get(DeliveryStatus.words()["missing"], 0)
    parts = [
        words["unchanged" if made.unchanged else "made"],
        words["missing"].format(number=missing) if missing else "",
    ]
    return "，".join(filter(None, [*parts, words["no_public"] if _unpublished(made) else ""]))


def _unpublished(made: Made) -> bool:
    from flows import edition

    return not (made.report.parent / edition.PUBLIC).is_dir()


def _in_turn(make: Callable[[Do], Made]) -> Callable[[Do], Made]:
    """The same, after a run that was started beside the server: that one ends by itself, and nothing is lost by waiting.

    Nothing else is tried again: the same files and the same program would fail in the same way.
    """

    def wait(do: Do) -> Made:
        waited = False
        while True:
            try:
                return make(do)
            except BusyError as busy:
                if not waited:
                    LOG.info(f"{say('messages/run/locked')}：{busy}")
                waited = True
                time.sleep(ASK_AGAIN_SECONDS)

    return wait


def _log() -> logging.Logger:
    """What Prefect's page of a run tells of it: the stages in Chinese, without Prefect's own words."""
    log = logging.getLogger("plan-monitor")
    if not log.handlers:
        log.addHandler(APILogHandler())
        log.setLevel(logging.INFO)
        log.propagate = False
    return log


LOG = _log()


def tasks(progress: RunProgress) -> Do:
    """Runs each stage as a task with the stage's title."""

    def do(title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        # Prefect would search every argument for futures, down to the last record of the catalogue, and it keeps the
        # function for as long as the process lives: so the task has no arguments, and lets go of what it has done.
        waiting = [lambda: progress(title, stage, *args, **kwargs)]
        results: list[T] = []
        failures: list[Exception] = []

        @task(name=title, cache_policy=NO_CACHE)  # type: ignore[untyped-decorator]
        def run() -> State | None:
            try:
                results.append(waiting.pop()())
            except Exception as error:  # Prefect would log its trace
                failures.append(error)
                return Failed(message=str(error))
            taken = progress.taken.get(title, "")
            LOG.info(
                say("messages/run/stage", title=title, seconds=progress.seconds[title], taken=taken and f"，{taken}")
            )
            return None

        run(return_state=True)
        if failures:
            raise failures.pop()
        return results.pop()

    return do


FLOWS = {name: flow_of(kind) for name, kind in KINDS.items()}


def here(flow: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """One run of a flow in this process."""
    # A run of a few seconds needs no heartbeat; waiting for the thread that sends it would add a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            flow(*args, **kwargs)
        except (RuntimeError, httpx.TransportError) as error:
            if isinstance(error, httpx.TransportError) or "Failed to reach API" in str(error):
                raise MendableError(say("messages/run/unreached", api=PREFECT_API_URL.value())) from None
            raise

"""Every kind of report as a Prefect flow: its parameters, each stage as a task, one run in this process."""

# No `from __future__ import annotations` here: Prefect builds the form for the parameters from the annotations.

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, ParamSpec, TypeVar, get_type_hints

from prefect import Flow, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.results import ResultStore
from prefect.runtime import deployment, flow_run
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Failed
from pydantic import Field, TypeAdapter, ValidationError

from expectations.catalog import CatalogError
from flows import pipeline
from flows.pipeline import Do, Made
from flows.places import MendableError, default_district
from flows.report.kinds import KINDS, Kind
from flows.run.terminal import RunProgress
from flows.wording import BEIJING

P = ParamSpec("P")
T = TypeVar("T")
Year = Annotated[int, Field(ge=2000, le=2100)]
District = Annotated[str, Field(pattern=r"^\d{6}$")]


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
            return f"没有参数 {name!r}；可用的参数：{'、'.join(fields)}"
        try:
            TypeAdapter(hints[name]).validate_python(value)
        except ValidationError:
            return f"参数 {name} 不符合要求：{fields[name]['description']}；实为 {value!r}"
    return ""


def flow_of(kind: Kind) -> Flow[..., Any]:
    """The flow that makes a kind of report."""
    try:
        home = default_district()
    except (CatalogError, MendableError):  # told to whoever asks for a report without naming its district
        home = ""

    def make(
        year: Year | None = None,
        district: District = home,
        draft: bool = False,
        force: bool = False,
        as_of: date | None = None,
    ) -> State | None:
        chosen = _year(kind, year)
        if year is None and kind.once is None and deployment.id:
            due = flow_run.scheduled_start_time.astimezone(BEIJING).date()
            if early := pipeline.open_data(int(chosen or due.year), district or default_district(), due):
                return Failed(message=early)
        return report(lambda do: pipeline.make(kind, chosen, district or default_district(), do, draft, force, as_of))

    def named() -> str:
        given = flow_run.parameters
        kept = "" if kind.once is None else kind.name
        return "-".join(filter(None, (given["district"], kept, str(_year(kind, given.get("year")) or ""))))

    make.__doc__ = f"""{kind.about}。

    Args:
        year: {kind.year}，2000—2100；{kind.otherwise}
        district: 地区代码，六位数字
        draft: 是否为送审稿
        force: 是否全部重做，不沿用以前运行的结果
        as_of: 只采用到这一天为止收到的报表和作出的决定，如 2025-05-31；不填的不限
    """
    return flow(make, name=kind.name, flow_run_name=named)


def _year(kind: Kind, year: int | None) -> int | None:
    """The given year; otherwise, for a yearly report the year before the run was due, for others the result of
    `pipeline.due`.
    """
    return year_before(flow_run.scheduled_start_time) if year is None and kind.once is None else year


def year_before(scheduled: datetime) -> int:
    """The data year of a scheduled run; a run that starts late, or again, keeps the year of its schedule."""
    return scheduled.astimezone(BEIJING).year - 1


def report(make: Callable[[Do], Made]) -> State | None:
    """Make a report, each stage a task; if the user can mend its failure, a deployed run fails with the sentence that
    says how.
    """
    progress = RunProgress()
    try:
        progress.finish(make(tasks(progress)))
    except (CatalogError, MendableError) as error:
        if not deployment.id:
            raise
        progress.console.print(str(error), style="red", markup=False)
        return Failed(message=str(error))
    return None


def tasks(progress: RunProgress) -> Do:
    """Runs each stage as a task with the stage's title."""

    def do(title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        # Prefect would search every argument for futures, down to the last record of the catalogue, and it keeps the
        # function for as long as the process lives: so the task has no arguments, and lets go of what it has done.
        waiting = [lambda: progress(title, stage, *args, **kwargs)]

        @task(name=title, cache_policy=NO_CACHE)  # type: ignore[untyped-decorator]
        def run() -> T:
            return waiting.pop()()

        result: T = run()
        return result

    return do


FLOWS = {name: flow_of(kind) for name, kind in KINDS.items()}


def here(flow: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """One run of a flow in this process."""
    # A run of a few seconds needs no heartbeat; waiting for the thread that sends it would add a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            flow(*args, **kwargs)
        except RuntimeError as error:
            if "Failed to reach API" in str(error):
                raise MendableError(f"连不上 PREFECT_API_URL 指定的 Prefect 服务：{PREFECT_API_URL.value()}") from None
            raise

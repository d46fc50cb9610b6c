"""What both flows share: their parameters, each stage as a task of Prefect, one run in this process."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ParamSpec, TypeVar, get_type_hints

from prefect import Flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.results import ResultStore
from prefect.runtime import deployment
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Failed
from pydantic import Field, TypeAdapter, ValidationError

from expectations.catalog import CatalogError
from flows.pipeline import Do, Outcome
from flows.places import MendableError
from flows.run.terminal import Progress

P = ParamSpec("P")
T = TypeVar("T")
Year = Annotated[int, Field(ge=2000, le=2100)]
District = Annotated[str, Field(pattern=r"^\d{6}$")]


def _no_result(_: object) -> None:
    raise MendableError("本系统不读取运行结果")


# Our flows have no results. Where the server says that a run has ended already, Prefect would load what its state names as
# the result: a pickled file, which is a program.
ResultStore._from_metadata = _no_result


def refusal(flow: Flow[..., Any], parameters: Mapping[str, Any]) -> str:
    """What is wrong with the parameters of a run, whatever Prefect's server has accepted; empty where nothing is."""
    fields, hints = flow.parameters.properties, get_type_hints(flow.fn, include_extras=True)
    for name, value in parameters.items():
        if name not in fields:
            return f"没有参数 {name!r}；可用的参数：{'、'.join(fields)}"
        try:
            TypeAdapter(hints[name]).validate_python(value)
        except ValidationError:
            return f"参数 {name} 不符合要求：{fields[name]['description']}；实为 {value!r}"
    return ""


def report(make: Callable[[Do], Outcome]) -> State | None:
    """Make a report, each stage a task; a deployed run that its user can mend fails with the sentence that says how."""
    progress = Progress()
    try:
        progress.finish(make(tasks(progress)))
    except (CatalogError, MendableError) as error:
        if not deployment.id:
            raise
        progress.console.print(str(error), style="red", markup=False)
        return Failed(message=str(error))
    return None


def tasks(progress: Progress) -> Do:
    """Carries out each stage as a task that bears the stage's title."""

    def do(title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        # Prefect would search every argument, down to the last record of the catalogue, for futures, and it keeps the
        # function for as long as the process lives: so the task has no arguments, and lets go of what it has done.
        waiting = [lambda: progress(title, stage, *args, **kwargs)]

        @task(name=title, cache_policy=NO_CACHE)  # type: ignore[untyped-decorator]
        def run() -> T:
            return waiting.pop()()

        result: T = run()
        return result

    return do


def here(flow: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """One run of a flow in this process."""
    # A run of seconds needs no sign of life; waiting for the thread that gives it would add a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            flow(*args, **kwargs)
        except RuntimeError as error:
            if "Failed to reach API" in str(error):
                raise MendableError(f"连不上 PREFECT_API_URL 指定的 Prefect 服务：{PREFECT_API_URL.value()}") from None
            raise

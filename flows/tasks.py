"""What both flows share: their parameters, each stage as a task of Prefect, one run in this process."""

from collections.abc import Callable
from typing import Annotated, ParamSpec, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from pydantic import Field

from flows.contents import Do
from flows.places import MendableError
from flows.terminal import Progress

P = ParamSpec("P")
T = TypeVar("T")
Year = Annotated[int, Field(ge=2000, le=2100)]
District = Annotated[str, Field(pattern=r"^\d{6}$")]


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


def here(flow: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """One run of a flow in this process."""
    # A run of seconds needs no sign of life; waiting for the thread that gives it would add a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            flow(*args, **kwargs)
        except RuntimeError as error:
            if "Failed to reach API" in str(error):
                raise MendableError(f"连不上 PREFECT_API_URL 指定的 Prefect 服务：{PREFECT_API_URL.value()}") from None
            raise

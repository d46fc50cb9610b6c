"""The annual report as a Prefect flow: each stage of the contents page is a task."""

# No `from __future__ import annotations` here: Prefect builds the form for the parameters from the annotations.
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from pydantic import Field

from flows import contents
from flows.places import DISTRICT, MendableError
from flows.terminal import Progress

P = ParamSpec("P")
T = TypeVar("T")
Year = Annotated[int, Field(ge=2000, le=2100)]
District = Annotated[str, Field(pattern=r"^\d{6}$")]

BEIJING = ZoneInfo("Asia/Shanghai")


def _name() -> str:
    given = flow_run.parameters
    return f"{given['district']}-{given.get('year') or year_before(flow_run.scheduled_start_time)}"


@flow(name="annual", flow_run_name=_name)  # type: ignore[untyped-decorator]
def annual(year: Year | None = None, district: District = DISTRICT) -> None:
    """编印年度统计监测报告。

    Args:
        year: 数据年份，2000—2100；不填时为计划运行时间的上一年
        district: 地区代码，六位数字
    """
    progress = Progress()

    def do(title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        # Prefect would search every argument, down to the last record of the catalogue, for futures, and it keeps the
        # function for as long as the process lives: so the task has no arguments, and lets go of what it has done.
        waiting = [lambda: progress(title, stage, *args, **kwargs)]

        @task(name=title, cache_policy=NO_CACHE)  # type: ignore[untyped-decorator]
        def run() -> T:
            return waiting.pop()()

        result: T = run()
        return result

    progress.finish(contents.annual(year or year_before(flow_run.scheduled_start_time), district, do))


def year_before(scheduled: datetime) -> int:
    """The data year of a scheduled run: a run that starts late, or again, is still the run of its schedule."""
    return scheduled.astimezone(BEIJING).year - 1


def here(year: int, district: str) -> None:
    """One run in this process."""
    # A run of seconds needs no sign of life; waiting for the thread that gives it would add a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            annual(year, district)
        except RuntimeError as error:
            if "Failed to reach API" in str(error):
                raise MendableError(f"连不上 PREFECT_API_URL 指定的 Prefect 服务：{PREFECT_API_URL.value()}") from None
            raise

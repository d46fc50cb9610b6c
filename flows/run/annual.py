"""The annual report as a Prefect flow: each stage of the contents page is a task."""

# No `from __future__ import annotations` here: Prefect builds the form for the parameters from the annotations.
from datetime import datetime
from zoneinfo import ZoneInfo

from prefect import State, flow
from prefect.runtime import flow_run

from flows import pipeline
from flows.places import DISTRICT
from flows.run.tasks import District, Year, report

BEIJING = ZoneInfo("Asia/Shanghai")


def _name() -> str:
    given = flow_run.parameters
    return f"{given['district']}-{given.get('year') or year_before(flow_run.scheduled_start_time)}"


@flow(name="annual", flow_run_name=_name)  # type: ignore[untyped-decorator]
def annual(year: Year | None = None, district: District = DISTRICT, draft: bool = False) -> State | None:
    """编印年度统计监测报告。

    Args:
        year: 数据年份，2000—2100；不填时为计划运行时间的上一年
        district: 地区代码，六位数字
        draft: 是否为送审稿
    """
    data_year = year or year_before(flow_run.scheduled_start_time)
    return report(lambda do: pipeline.annual(data_year, district, do, draft))


def year_before(scheduled: datetime) -> int:
    """The data year of a scheduled run: a run that starts late, or again, is still the run of its schedule."""
    return scheduled.astimezone(BEIJING).year - 1

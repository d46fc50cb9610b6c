"""The final evaluation as a Prefect flow: each stage of its contents page is a task."""

# No `from __future__ import annotations` here: Prefect builds the form for the parameters from the annotations.
from prefect import State, flow
from prefect.runtime import flow_run

from flows import pipeline
from flows.places import DISTRICT
from flows.run.tasks import District, Year, report


def _name() -> str:
    given = flow_run.parameters
    return "-".join(filter(None, (given["district"], "final", str(given.get("year") or ""))))


@flow(name="final", flow_run_name=_name)  # type: ignore[untyped-decorator]
def final(year: Year | None = None, district: District = DISTRICT, draft: bool = False) -> State | None:
    """编印规划的终期评估报告。

    Args:
        year: 规划期满的年份，2000—2100；不填时为已有报送登记的最近一个期满年份
        district: 地区代码，六位数字
        draft: 是否为送审稿
    """
    return report(lambda do: pipeline.final(year, district, do, draft))

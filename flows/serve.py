"""The deployments of both reports: by the calendar, from Prefect's page, from the terminal."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from contextlib import suppress
from typing import Any

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Crashed

from flows.annual import annual
from flows.final import final
from flows.places import PROJECT, MendableError

YEARLY = "0 9 1 7 *"
"""1 July, 9:00: the year before is delivered by the end of June."""


class _Runner(Runner):  # type: ignore[misc]
    def handle_sigterm(self, *_: object) -> None:
        """End as Ctrl-C does: Prefect's own answer leaves the loop in the middle of its work."""
        signal.raise_signal(signal.SIGINT)


def serve() -> None:
    """Serve `annual/yearly`, `annual/adhoc` and `final/adhoc` until Ctrl-C or a request to end, one run at a time."""
    os.chdir(PROJECT)  # Prefect notes where the flow stands relative to the working folder
    _close_interrupted()
    runner = _Runner(limit=1, pause_on_shutdown=False)
    runner.add_deployment(
        annual.to_deployment(
            "yearly",
            schedules=[Cron(YEARLY, timezone="Asia/Shanghai")],
            description="每年7月1日9时编印上一年的年度统计监测报告。",
        )
    )
    runner.add_deployment(annual.to_deployment("adhoc", description="随时编印某一年的年度统计监测报告。"))
    runner.add_deployment(final.to_deployment("adhoc", description="规划期满后编印终期评估报告。"))
    print(f"Prefect 服务已启动：{os.environ['PREFECT_API_URL'].removesuffix('/api')}（按 Ctrl-C 结束）", flush=True)
    with suppress(KeyboardInterrupt):
        asyncio.run(runner.start())


def _close_interrupted() -> None:
    """Runs that ended with an earlier server would be shown as running for ever."""
    running = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])))
    deployed = DeploymentFilter(name=DeploymentFilterName(any_=["yearly", "adhoc"]))
    with get_client(sync_client=True) as client:
        for found in client.read_flow_runs(flow_run_filter=running, deployment_filter=deployed):
            client.set_flow_run_state(found.id, Crashed(message="服务中断"), force=True)


def run(deployment: str, assignments: list[str]) -> None:
    """Start a deployment on the running server, as its page does, and wait for the end."""
    try:
        with get_client(sync_client=True) as client:
            schema = client.read_deployment_by_name(deployment).parameter_openapi_schema or {}
        fields = schema.get("properties", {})
        parameters = dict(_parameter(text, fields) for text in assignments)
        ended = run_deployment(deployment, parameters=parameters, timeout=None, poll_interval=1, as_subflow=False)
    except ObjectNotFound:
        raise MendableError(f"没有部署 {deployment!r}；有 annual/adhoc、annual/yearly 和 final/adhoc") from None
    except httpx.ConnectError:
        raise MendableError("没有找到正在运行的 Prefect 服务。请先在另一个终端执行：./monitor serve") from None
    except PrefectHTTPStatusError as refusal:
        raise MendableError(_refusal(refusal.response.json().get("detail", ""), fields)) from None
    if ended.state is None or not ended.state.is_completed():
        raise MendableError(f"运行 {ended.name} 没有完成：{ended.state.message if ended.state else ''}")
    print(f"运行 {ended.name} 已完成")


def _parameter(text: str, properties: dict[str, Any]) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise MendableError(f"参数应写成 名称=值，实为 {text!r}")
    if properties.get(name, {}).get("type") != "string":
        with suppress(json.JSONDecodeError):
            return name, json.loads(value)
    return name, value


def _refusal(detail: str, fields: dict[str, Any]) -> str:
    named = re.search(r"field '(\w+)'", detail)
    wanted = fields.get(named[1], {}).get("description") if named else None
    return f"参数 {named[1]} 不符合要求：{wanted}" if named and wanted else f"服务拒绝了这些参数：{detail}"

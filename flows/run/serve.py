"""The deployments of every kind of report: by the calendar, from Prefect's page, from the terminal."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Crashed, Failed

from flows.places import MendableError
from flows.report.kinds import KINDS
from flows.run.server import Password, log
from flows.run.tasks import FLOWS, refusal

YEARLY = "0 9 1 7 *"
"""1 July, 9:00: the data of the year before have been delivered by the end of June."""
ON_DEMAND, SCHEDULED = "adhoc", "yearly"
DEPLOYED: dict[str, Flow[..., Any]] = {
    f"{name}/{deployment}": flow
    for name, flow in FLOWS.items()
    for deployment in (ON_DEMAND, *([] if KINDS[name].once else [SCHEDULED]))
}


class _Runner(Runner):  # type: ignore[misc]
    """Runs only the flows that were given to it, with parameters that they accept; it obeys nothing else from the
    server.

    `add_flow` keeps a flow in memory, and its runs start from there. Entrypoint, pull steps, path, command and
    environment of a deployment are never read, because anybody with the password can rewrite them.
    """

    def __init__(self) -> None:
        super().__init__(limit=1, pause_on_shutdown=False)
        self._kept: dict[UUID, Flow[..., Any]] = {}

    def keep(self, flow: Flow[..., Any], name: str, **options: Any) -> None:
        self._kept[self.add_flow(flow, name, **options)] = flow

    async def __aenter__(self) -> _Runner:
        await super().__aenter__()
        waiting = self._client.get_scheduled_flow_runs_for_deployments

        async def sound(*args: Any, **kwargs: Any) -> list[FlowRun]:
            return [run for run in await waiting(*args, **kwargs) if await self._sound(run)]

        self._client.get_scheduled_flow_runs_for_deployments = sound
        return self

    async def _sound(self, run: FlowRun) -> bool:
        """Whether a run can begin; if it cannot, it has failed with the sentence that says why."""
        flow = self._kept.get(run.deployment_id)
        wrong = refusal(flow, run.parameters) if flow else "不是本服务的部署"
        if wrong:
            print(f"没有运行：{wrong}", flush=True)
            await self._client.set_flow_run_state(run.id, Failed(message=wrong), force=True)
        return not wrong

    def handle_sigterm(self, *_: object) -> None:
        """End as after Ctrl-C: Prefect's own handler would leave the loop in the middle of its work."""
        signal.raise_signal(signal.SIGINT)


def serve(password: Password | None) -> None:
    """Serve every deployment until Ctrl-C or a request to end, one run at a time."""
    with _details_in(log()):
        _close_interrupted()
        runner = _Runner()
        calendar = Cron(YEARLY, timezone="Asia/Shanghai")
        for name, kind in KINDS.items():
            if kind.once is None:
                told = f"每年7月1日9时编印上一年的{kind.word}。"
                runner.keep(FLOWS[name], SCHEDULED, schedule=calendar, description=told)
            when = f"规划{kind.once.reached}后" if kind.once else "随时"
            runner.keep(FLOWS[name], ON_DEMAND, description=f"{when}编印{'' if kind.once else '某一年的'}{kind.word}。")
        print(f"Prefect 服务已启动：{os.environ['PREFECT_API_URL'].removesuffix('/api')}（按 Ctrl-C 结束）", flush=True)
        if password and password.new:
            print(_told_once(password, password.new), flush=True)
        with suppress(KeyboardInterrupt):
            asyncio.run(runner.start())


def _told_once(password: Password, kept: Path) -> str:
    """The sentence about the password. It has the password only for a terminal: any other output is a log that others
    may read.
    """
    shown = f"网页登录口令：{password.text}（只显示这一次，" if sys.stdout.isatty() else "网页登录口令已生成（"
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


def _close_interrupted() -> None:
    """End runs that ended with an earlier server: they would be shown as running for ever."""
    running = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])))
    deployed = DeploymentFilter(name=DeploymentFilterName(any_=[SCHEDULED, ON_DEMAND]))
    with get_client(sync_client=True) as client:
        for found in client.read_flow_runs(flow_run_filter=running, deployment_filter=deployed):
            client.set_flow_run_state(found.id, Crashed(message="服务中断"), force=True)


def run(deployment: str, assignments: list[str]) -> None:
    """Start a deployment on the running server, as its page does, and wait for the end."""
    flow = DEPLOYED.get(deployment)
    if flow is None:
        raise MendableError(f"没有部署 {deployment!r}；有 {'、'.join(DEPLOYED)}")
    parameters = dict(_parameter(text, flow.parameters.properties) for text in assignments)
    if wrong := refusal(flow, parameters):
        raise MendableError(wrong)
    address = os.environ["PREFECT_API_URL"]
    try:
        ended = run_deployment(deployment, parameters=parameters, timeout=None, poll_interval=1, as_subflow=False)
    except ObjectNotFound:
        raise MendableError(
            f"{address} 上没有部署 {deployment}：./monitor serve 可能正在启动，请稍后再试；"
            "或者那里运行的是别的程序，请检查 PREFECT_API_URL"
        ) from None
    except httpx.TransportError:
        raise MendableError(f"连不上 Prefect 服务 {address}，或运行中连接中断。请确认 ./monitor serve 在运行") from None
    except PrefectHTTPStatusError as refused:
        raise MendableError(_refusal(refused.response, address)) from None
    state = ended.state
    if state is None or not state.is_completed():
        raise MendableError(f"运行 {ended.name} 没有完成：{_reason(state.message or '') if state else ''}")
    print(f"运行 {ended.name} 已完成")


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

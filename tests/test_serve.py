"""The Prefect server: its deployments, a run asked for as its page does, one from the terminal, and a clean end."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "golden"


T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Page:
    """What Prefect's page asks of the server."""

    def __init__(self, port: int) -> None:
        self.api = f"http://127.0.0.1:{port}/api"

    def ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
        time.sleep(0.2)  # busy: Prefect's own client asks again, too
        return self.ask(path, body)

    def until(self, answer: Callable[[], T]) -> T:
        """The first answer that is one."""
        deadline = time.monotonic() + 60
        while True:
            with suppress(urllib.error.URLError, ConnectionError):
                if found := answer():
                    return found
            assert time.monotonic() < deadline, "no answer"
            time.sleep(0.2)

    def deployment(self, name: str) -> Any:
        return self.until(lambda: self.ask(f"/deployments/name/{name}"))

    def start(self, deployment: Any, **parameters: object) -> Any:
        state = {"type": "SCHEDULED"}
        return self.ask(f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters, "state": state})

    def end_of(self, run: Any) -> str:
        def ended() -> str:
            state = str(self.ask(f"/flow_runs/{run['id']}")["state_type"])
            return "" if state in {"SCHEDULED", "PENDING", "RUNNING"} else state

        return self.until(ended)


def refusal(page: Page, deployment: Any, **parameters: object) -> str:
    with pytest.raises(urllib.error.HTTPError) as error:
        page.start(deployment, **parameters)
    assert 400 <= error.value.code < 500
    return error.value.read().decode()


def test_the_server_runs_the_report_whoever_asks(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "expectations", tmp_path / "expectations")
    shutil.copytree(GOLDEN / "raw", tmp_path / "raw")
    report = tmp_path / "output" / "990101" / "2022" / "annual" / "report.pdf"
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    environment["PLAN_MONITOR_HOME"] = str(tmp_path)

    def monitor(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "flows.cli", *arguments, "--port", str(port)]

    server = subprocess.Popen(monitor("serve"), cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    try:
        page = Page(port)
        yearly, adhoc = page.deployment("annual/yearly"), page.deployment("annual/adhoc")
        schedule = yearly["schedules"][0]["schedule"]
        assert (schedule["cron"], schedule["timezone"]) == ("0 9 1 7 *", "Asia/Shanghai")
        assert not yearly["paused"]
        assert adhoc["schedules"] == []
        assert "数据年份" in adhoc["parameter_openapi_schema"]["properties"]["year"]["description"]
        concluding = page.deployment("final/adhoc")
        assert "期满" in concluding["parameter_openapi_schema"]["properties"]["year"]["description"]
        assert concluding["schedules"] == []
        assert "1900" in refusal(page, adhoc, year=1900)
        assert "99" in refusal(page, adhoc, year=2022, district="99")

        scheduled = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
        expected = page.until(lambda: page.ask("/flow_runs/filter", scheduled))[0]["expected_start_time"]
        assert expected.endswith("-07-01T01:00:00Z")  # 9:00 in Beijing

        run = page.start(adhoc, year=2022, district="990101")
        assert page.end_of(run) == "COMPLETED"
        assert report.is_file()
        first = report.read_bytes()

        asked = monitor("run", "annual/adhoc", "-p", "year=2022", "-p", "district=990101")
        result = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=60)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == "运行 990101-2022 已完成\n"
        assert report.read_bytes() == first
    finally:
        server.send_signal(signal.SIGINT)
        told, _ = server.communicate(timeout=30)
    assert server.returncode == 0
    assert f"http://127.0.0.1:{port}" in told.decode()
    with pytest.raises(urllib.error.URLError):
        page.ask("/health")


def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN / "expectations", tmp_path / "expectations")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    environment["PLAN_MONITOR_HOME"] = str(tmp_path)
    command = [sys.executable, "-m", "flows.cli", "annual", "2022", "--district", "990101"]
    run = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    assert run.stdout is not None
    shown = b""
    while "核对报送".encode() not in shown:
        shown += run.stdout.read(1)
    os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C does
    told, _ = run.communicate(timeout=30)  # it ends when every process that it started has ended
    assert run.returncode == 130
    assert told.decode().split() in (["没有完成", "已中断"], ["已中断"])
    assert [p.name for p in (tmp_path / "output").iterdir()] == ["log"]


def test_a_server_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    api = f"http://127.0.0.1:{free_port()}/api"
    command = [sys.executable, "-m", "flows.cli", "annual", "2024"]
    environment = {**os.environ, "PLAN_MONITOR_HOME": str(tmp_path), "PREFECT_API_URL": api}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=60)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"连不上 PREFECT_API_URL 指定的 Prefect 服务：{api}\n"


@pytest.mark.parametrize(("month", "day", "year"), [(7, 1, 2024), (12, 31, 2025)])
def test_a_scheduled_run_takes_its_year_from_its_schedule(
    month: int, day: int, year: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    from flows.annual import year_before

    assert year_before(datetime(2025, month, day, 17, tzinfo=UTC)) == year  # New Year's Day, 1:00, in Beijing

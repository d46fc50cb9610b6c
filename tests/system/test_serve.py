"""The Prefect server: its deployments, a run asked for as its page does, one from the terminal, who is refused, a clean
end.
"""

import json
import os
import pty
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import sync_playwright
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from flows.places import PROJECT, MendableError
from flows.run import server
from tests.fixtures.browsers import QUIET
from tests.fixtures.homes import cli, home_in, linked
from tests.fixtures.serving import ENVIRONMENT, Page, RefusedError, call, free_port


def refusal(page: Page, deployment: Any, **parameters: object) -> str:
    with pytest.raises(RefusedError) as error:
        page.start(deployment, parameters)
    assert 400 <= error.value.code < 500
    return error.value.text


@dataclass
class Served:
    home: Path
    page: Page
    process: subprocess.Popen[bytes]
    terminal: int

    def told(self) -> str:
        """What stands on the terminal and was not read before."""
        text = b""
        os.set_blocking(self.terminal, False)
        with suppress(BlockingIOError):
            while part := os.read(self.terminal, 65536):
                text += part
        return text.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server at a terminal, for all tests of this file."""
    home = home_in(tmp_path_factory.mktemp("served"))
    port = free_port()
    terminal, slave = pty.openpty()
    command, environment = cli("serve", "--port", str(port)), {**ENVIRONMENT, "PLAN_MONITOR_HOME": str(home)}
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    try:
        page = Page(port)
        kept = home / ".prefect" / "password"
        page.password = page.until(lambda: kept.is_file() and kept.read_text().strip()) or ""
        for name in ("annual/990101-yearly", "annual/990101", "midterm/990101", "final/990101"):
            page.deployment(name)
        yield Served(home, page, process, terminal)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        os.close(terminal)


def test_the_password_is_told_once_and_kept_from_others(served: Served) -> None:
    def all_told() -> str:
        found.append(served.told())
        return "".join(found) if "密码" in "".join(found) else ""

    found: list[str] = []
    first, second = served.page.until(all_told).splitlines()
    assert first == f"Prefect 服务已启动：http://{served.page.host}（按 Ctrl-C 结束）"
    kept = served.home / ".prefect" / "password"
    assert second == f"网页的密码：{served.page.password}（只显示这一次，保存在 {kept}，只有本用户可读）"
    assert re.fullmatch(r"monitor:[\w-]{32}", served.page.password)
    assert (kept.parent.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o700, 0o600)
    assert {path.stat().st_mode & 0o077 for path in kept.parent.glob("prefect.db*")} == {0}
    processes = [p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline") if p.parent.exists()]
    assert not [command for command in processes if served.page.password.encode() in command]


def test_the_files_of_the_page_stand_in_the_home(served: Served) -> None:
    """The program belongs to root where it is installed as the guide says: nothing can be written beside the libraries."""
    page = served.home / ".prefect" / "page" / "v1" / "index.html"
    assert page.read_bytes()[:9].lower() == b"<!doctype"


def test_the_server_runs_the_report_whoever_asks(served: Served) -> None:
    page, home = served.page, served.home
    report = home / "output" / "990101" / "2022" / "annual" / "report.pdf"
    yearly, adhoc = page.deployment("annual/990101-yearly"), page.deployment("annual/990101")
    schedule = yearly["schedules"][0]["schedule"]
    assert (schedule["cron"], schedule["timezone"]) == ("0 9 1 7 *", "Asia/Shanghai")
    assert not yearly["paused"]
    assert adhoc["schedules"] == []
    assert yearly["description"] == (
        "示例市示例区：每年7月1日09:00自动编印上一年的年度统计监测报告；数据截止日期晚的，截止后第1天编印。"
    )
    asked = adhoc["parameter_openapi_schema"]["properties"]
    assert {name: field["title"] for name, field in asked.items()} == {
        "year": "数据年份",
        "draft": "送审稿",
        "as_of": "截止到哪一天",
        "operator": "经办人",
        "force": "全部重做",
    }
    assert asked["year"]["enum"] == ["2021", "2022"]  # 2020 is before the plan
    assert asked["year"]["description"] == "数据年份；可选的是已有报送登记的年份（2021、2022）"
    assert yearly["parameter_openapi_schema"]["properties"] == {}
    concluding = page.deployment("final/990101")
    assert "期满" in concluding["parameter_openapi_schema"]["properties"]["year"]["description"]
    asked_too = set(concluding["parameter_openapi_schema"]["properties"])
    assert asked_too == {"year", "draft", "as_of", "operator", "force"}  # no path, no district
    assert concluding["schedules"] == []
    assert "1900" in refusal(page, adhoc, year="1900")
    assert "maybe" in refusal(page, adhoc, draft="maybe")

    scheduled = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    expected = page.until(lambda: page.ask("/flow_runs/filter", scheduled))[0]["expected_start_time"]
    assert expected.endswith("-07-01T01:00:00Z")  # 9:00 in Beijing

    run = page.start(adhoc, {"year": "2022"})
    assert page.end_of(run) == ("COMPLETED", str(report))
    assert page.ask(f"/flow_runs/{run['id']}")["state"]["name"] == "已编成，缺报1份"
    assert report.is_file()
    first = report.read_bytes()

    result = call(home, "run", "annual", "-p", "year=2022")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "运行 990101-2022：没有变化，缺报1份\n"
    assert report.read_bytes() == first


@pytest.mark.parametrize("wrong", ["", "monitor:0"])
def test_without_the_password_nothing_is_told_or_done(served: Served, wrong: str) -> None:
    stranger = Page(int(served.page.host.split(":")[1]), wrong)
    for path, body in (
        ("/deployments/name/annual/990101", None), ("/deployments/filter", {}), ("/deployments/", {}),
        ("/flow_runs/filter", {}), ("/admin/settings", None), ("/admin/database/clear", {"confirm": True}),
        ("/block_documents/", {}), ("/automations/", {}), ("/variables/name/system-health", None),
    ):  # fmt: skip
        assert stranger.refused(path, body).code == 401
    assert stranger.ask("/health") is True  # that it runs is no secret
    with (
        pytest.raises(ConnectionClosed),
        connect(f"ws://{stranger.host}/api/events/in", subprotocols=["prefect"], proxy=None) as events,
    ):
        events.send(json.dumps({"type": "auth", "token": wrong}))
        events.recv(timeout=10)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost:{port}"},  # another user's program may answer to it, on ::1
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_another_site_is_refused_even_with_the_password(served: Served, headers: dict[str, str]) -> None:
    page, port = served.page, served.page.host.split(":")[1]
    sent = {name: value.format(port=port) for name, value in headers.items()}
    answer = page.refused("/deployments/name/annual/990101", **sent)
    assert (answer.code, answer.text) == (403, f"请用 http://{page.host} 访问本服务。")
    assert "access-control-allow-origin" not in answer.headers
    preflight = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization"}
    assert page.refused("/deployments/", method="OPTIONS", **sent, **preflight).code == 403
    name, value = next(iter(sent.items()))
    with pytest.raises(InvalidStatus, match="403"):
        host, origin = (page.host, value) if name == "Origin" else (value, None)
        there = socket.create_connection(("127.0.0.1", int(port)))
        connect(f"ws://{host}/api/events/in", sock=there, origin=origin, subprotocols=["prefect"])  # type: ignore[arg-type]
    assert page.ask("/deployments/name/annual/990101", Origin=f"http://{page.host}")["name"] == "990101"


def test_it_listens_on_this_machine_only(served: Served) -> None:
    port = f":{int(served.page.host.split(':')[1]):04X}"
    lines = [
        line.split() for file in ("tcp", "tcp6") for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]
    ]
    assert {address for _, address, _, state, *_ in lines if address.endswith(port) and state == "0A"} == {
        f"0100007F{port}"
    }


def test_what_the_api_says_of_a_deployment_is_no_order(served: Served, tmp_path: Path) -> None:
    """Whoever has the password rewrites everything that Prefect's own runner would carry out."""
    page, mark = served.page, tmp_path / "mark"
    (tmp_path / "evil.py").write_text(
        f"from pathlib import Path\nfrom prefect import flow\nPath({str(mark)!r}).touch()\n\n\n@flow\ndef final(): ...\n"
    )
    (tmp_path / "sitecustomize.py").write_text(f"from pathlib import Path\nPath({str(mark)!r}).touch()\n")
    known = page.deployment("final/990101")
    variables = {"command": f"touch {mark}", "env": {"PYTHONPATH": str(tmp_path), "PLAN_MONITOR_HOME": str(tmp_path)}}
    shell = {"prefect.deployments.steps.run_shell_script": {"script": f"touch {mark}"}}
    page.ask("/deployments/", {
        "name": "990101", "flow_id": known["flow_id"], "entrypoint": f"{tmp_path}/evil.py:final", "path": str(tmp_path),
        "pull_steps": [shell], "job_variables": variables, "enforce_parameter_schema": False,
        "parameter_openapi_schema": known["parameter_openapi_schema"],
    })  # fmt: skip
    rewritten = page.deployment("final/990101")
    assert (rewritten["id"], rewritten["pull_steps"]) == (known["id"], [shell])  # the attack has reached the server
    state, message = page.end_of(page.start(rewritten, {"year": "2025"}, job_variables=variables))
    register = served.home / "raw" / "990101" / "2025" / "deliveries.yml"
    assert state == "FAILED"
    assert message.startswith(f"2025年没有报送登记 {register}")  # said by our own flow
    assert not mark.exists()
    assert not (served.home / "output" / "990101" / "2025").exists()


@pytest.mark.parametrize(
    ("deployment", "parameters", "sentence"),
    [
        ("annual/990101-yearly", {"unknown": 1}, "没有参数 'unknown'；这项运行没有参数"),
        ("final/990101", {"baseline_out": "/tmp/x"}, "没有参数 'baseline_out'；可用的参数：year、draft、as_of、operator、force"),
        ("annual/990101", {"year": "1900"}, "参数 year 不符合要求：数据年份；可选的是已有报送登记的年份（2021、2022）；实为 '1900'"),
        ("annual/990101", {"year": {"$ref": "x"}}, "参数 year 不符合要求：数据年份；可选的是已有报送登记的年份（2021、2022）；实为 {'$ref': 'x'}"),
    ],
)  # fmt: skip
def test_parameters_are_checked_whatever_the_server_accepts(
    served: Served, deployment: str, parameters: dict[str, object], sentence: str
) -> None:
    page = served.page
    known = page.deployment(deployment)
    page.ask(f"/deployments/{known['id']}", {"enforce_parameter_schema": False}, "PATCH")
    state, message = page.end_of(page.start(known, parameters))
    assert (state, message) == ("FAILED", sentence)


def test_a_refusal_is_one_sentence_on_the_terminal(served: Served) -> None:
    sentence = "2025年没有报送登记"
    result = call(served.home, "run", "final/990101")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"运行 990101-final-2025 没有完成：{sentence}")
    assert len(result.stderr.splitlines()) == 1
    wrong = call(served.home, "run", PREFECT_API_AUTH_STRING="monitor:0")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 1)
    assert f"Prefect 服务 http://{served.page.host}/api 不认这个口令" in wrong.stderr
    told = served.told()
    assert sentence in told
    assert "Traceback" not in told
    assert not (served.home / "output" / "990101" / "2025").exists()


def test_a_home_has_one_server(served: Served) -> None:
    second = call(served.home, "serve", "--port", str(free_port()))
    assert (second.returncode, second.stderr) == (2, f"服务已在运行：http://{served.page.host}\n")


def test_the_page_asks_nobody_else(served: Served) -> None:
    asked: list[str] = []
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*QUIET, "--no-proxy-server"]
        )
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"http://{served.page.host}")
        page.get_by_role("textbox").fill(served.page.password)
        page.keyboard.press("Enter")
        page.get_by_text("Flow Runs").first.wait_for(timeout=30_000)
        page.goto(f"http://{served.page.host}/deployments")
        page.get_by_text("990101-yearly").first.wait_for(timeout=30_000)
        browser.close()
    assert {urlsplit(url).netloc for url in asked if url.startswith("http")} == {served.page.host}
    blocked = [text for text in said if "Content Security Policy" in text]
    assert blocked  # it would
    assert not [text for text in blocked if "amplitude.com" not in text]  # and nothing that the page needs is missing


def test_the_server_ends_when_it_is_asked_to(served: Served) -> None:
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(30) == 0
    with pytest.raises(urllib.error.URLError):
        served.page.ask("/health")
    result = call(served.home, "run")
    assert (result.returncode, result.stderr) == (
        2,
        "没有找到正在运行的 Prefect 服务。请先在另一个终端执行：./monitor serve\n",
    )


def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path, served: Served) -> None:
    run, _ = begun(home_in(tmp_path), served)
    os.killpg(run.pid, signal.SIGINT)  # as Ctrl-C does
    told, _ = run.communicate(timeout=30)  # it ends when every process that it started has ended
    assert run.returncode == 130
    # met while it writes the name of a stage, the terminal writes that name again
    assert told.decode().split() in (["没有完成", "已中断"], ["已中断"], ["核对报送", "已中断"])
    assert [p.name for p in (tmp_path / "output").iterdir()] == ["log"]


def begun(home: Path, served: Served) -> tuple[subprocess.Popen[bytes], int]:
    """A run that has come as far as 核对报送, and the process of its server.

    Its database is the one that the lasting server has built: that takes longer than all the rest of a start.
    """
    with closing(sqlite3.connect(served.home / ".prefect" / "prefect.db")) as built:
        (home / ".prefect").mkdir(mode=0o700)
        with closing(sqlite3.connect(home / ".prefect" / "prefect.db")) as own:
            built.backup(own)
    run = subprocess.Popen(
        cli("annual", "2022", "--district", "990101"), cwd=PROJECT, env={**ENVIRONMENT, "PLAN_MONITOR_HOME": str(home)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    assert run.stdout is not None
    shown = b""
    while "核对报送".encode() not in shown:
        part = run.stdout.read(1)
        assert part, shown.decode()
        shown += part
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    return run, next(int(pid) for pid in children if b"flows.run.gate" in Path(f"/proc/{pid}/cmdline").read_bytes())


def port_of(pid: int) -> int:
    """Where a process listens."""
    with suppress(FileNotFoundError):
        sockets = {
            f"socket:[{line.split()[9]}]": line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        }
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            if (found := sockets.get(str(handle.readlink()))) and found[3] == "0A":
                return int(found[1].split(":")[1], 16)
    raise AssertionError("no server")


def test_the_server_of_one_run_obeys_that_run_only_and_its_end_is_told(tmp_path: Path, served: Served) -> None:
    run, server_of_run = begun(home_in(tmp_path), served)
    stranger = Page(port_of(server_of_run))
    for password in ("", "monitor:0"):
        stranger.password = password
        assert stranger.refused("/flow_runs/filter", {}).code == 401
    assert stranger.refused("/flow_runs/filter", {}, Host="evil.example").code == 403
    assert not (tmp_path / ".prefect" / "password").exists()
    os.kill(server_of_run, signal.SIGKILL)
    told, _ = run.communicate(timeout=60)
    assert run.returncode == 2
    log = tmp_path / "output" / "log" / "server.log"
    assert told.decode().splitlines()[-1] == (
        f"Prefect 服务中途退出，这次运行没有完成。原因见 {log} 的末尾；排除后重新运行。"
        "编印报告不一定要用 Prefect：annual 和 final 可加 --no-prefect"
    )
    assert not (tmp_path / "output" / "990101").exists()


def test_a_server_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    api = f"http://127.0.0.1:{free_port()}/api"
    asked = call(home_in(tmp_path), "annual", "2022", "--district", "990101", PREFECT_API_URL=api)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr.startswith(f"连不上 Prefect 服务 {api}，或运行中连接中断，这次运行没有完成。")


def test_a_server_that_dies_at_its_start_is_told_at_once(tmp_path: Path) -> None:
    begin = time.monotonic()
    asked = call(tmp_path, "serve", "--port", str(free_port()), PREFECT_API_DATABASE_CONNECTION_URL="sqlite:///nowhere")
    assert time.monotonic() - begin < server.START_SECONDS / 2
    assert (asked.returncode, asked.stdout) == (2, "")
    log = tmp_path / "output" / "log" / "server.log"
    assert asked.stderr.startswith(f"Prefect 服务没有启动。原因见 {log} 的末尾；")
    assert "Traceback" not in asked.stderr
    assert log.stat().st_size


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of this process's own, and an environment that it may change."""
    environment = {**ENVIRONMENT, "PLAN_MONITOR_HOME": str(tmp_path)}
    monkeypatch.setattr(os, "environ", environment)
    return tmp_path


def started(port: int) -> None:
    with server.lasting(port):
        pytest.fail("started")


def test_a_port_that_is_taken_is_named(own: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(MendableError, match=f"端口 {port} 已被别的程序占用。请用 --port 换一个端口"):
            started(port)


@pytest.mark.parametrize("damage", [b"x" * 100_000, b"SQLite format 3\0" + b"\xff" * 100_000])
def test_a_damaged_database_is_named_and_how_to_mend_it(own: Path, damage: bytes) -> None:
    (own / ".prefect").mkdir()
    path = own / ".prefect" / "prefect.db"
    path.write_bytes(damage)
    with pytest.raises(MendableError) as error:
        started(free_port())
    assert f"Prefect 的数据库 {path} 已损坏" in str(error.value)
    assert f"请把 {own}/.prefect 中以 prefect.db 开头的文件移走" in str(error.value)
    assert path.read_bytes() == damage


def test_a_database_that_another_program_holds_is_named(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LOCK_SECONDS", 0.1)
    (own / ".prefect").mkdir()
    path = own / ".prefect" / "prefect.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("create table x (x)")
        other.execute("begin exclusive")
        with pytest.raises(MendableError, match=f"数据库 {path} 正被别的程序占用。请结束占用它的程序后重新运行"):
            started(free_port())


def test_a_password_that_others_could_read_is_replaced(own: Path) -> None:
    folder = own / ".prefect"
    folder.mkdir(mode=0o755)
    assert server._folder() == folder
    assert folder.stat().st_mode & 0o777 == 0o700
    first = server._password(folder)
    assert first.new == folder / "password"
    assert server._password(folder) == server.Password(first.text)
    (folder / "password").chmod(0o644)
    second = server._password(folder)
    assert (second.new, second.text != first.text) == (folder / "password", True)
    assert (folder / "password").stat().st_mode & 0o777 == 0o600


def test_our_password_is_for_our_server_only(own: Path) -> None:
    folder = server._folder()
    text = server._password(folder).text
    os.environ["PREFECT_API_URL"] = "http://127.0.0.1:4200/api"
    (folder / "server").write_text(
        "http://127.0.0.1:4200/api"
    )  # of a server that has ended: anybody may listen there now
    server.reach()
    assert "PREFECT_API_AUTH_STRING" not in os.environ
    with server._only_one(folder, "http://127.0.0.1:4200/api"):
        server.reach()
        assert os.environ["PREFECT_API_AUTH_STRING"] == text


@pytest.mark.parametrize("answers", [True, False])
def test_a_run_beside_a_lasting_server_needs_none_of_its_own(
    answers: bool, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lasting, started = "http://127.0.0.1:4200/api", []

    @contextmanager
    def running(*_: object, **__: object) -> Iterator[None]:
        started.append(os.environ["PREFECT_API_URL"])
        yield

    monkeypatch.setattr(server, "_running", running)
    monkeypatch.setattr(server, "_answers", lambda page, _: answers and page == lasting.removesuffix("/api"))
    folder = server._folder()
    text = server._password(folder).text
    with server._only_one(folder, lasting), server.for_one_run(lambda: None):
        assert (os.environ["PREFECT_API_URL"] == lasting) is answers
        assert (os.environ["PREFECT_API_AUTH_STRING"] == text) is answers
    assert len(started) == (not answers)


def test_a_server_that_ends_while_it_is_told_of_a_run_is_named(own: Path) -> None:
    from flows.run.tasks import here

    def flow() -> None:
        raise httpx.ConnectError("All connection attempts failed")

    with pytest.raises(MendableError, match="运行中连接中断，这次运行没有完成"):
        here(flow)


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.mark,)


def test_a_result_that_the_api_names_is_not_loaded(own: Path) -> None:
    """A state can name a pickled file as the result of a run, and Prefect would load it where the run has ended
    already.
    """
    from prefect._internal.result_records import ResultRecord, ResultRecordMetadata
    from prefect.states import Completed

    from flows.run import tasks  # noqa: F401 (whatever runs a flow imports it)

    named = ResultRecordMetadata(storage_key=str(own / "result"))
    (own / "result").write_bytes(ResultRecord(result=Trap(own / "mark"), metadata=named).serialize())
    with pytest.raises(MendableError, match="不读取运行结果"):
        Completed(data=named).result()
    assert not (own / "mark").exists()


@pytest.mark.parametrize(
    ("deployment", "assignment", "sentence"),
    [
        (
            "annual/daily",
            "year=2024",
            "没有部署 'annual/daily'；有 annual/990101、annual/990101-yearly、midterm/990101、final/990101",
        ),
        ("annual", "unknown=1", "没有参数 'unknown'；可用的参数：year、draft、as_of、operator、force"),
        (
            "final/990101",
            "year=99",
            "参数 year 不符合要求：规划期满的年份；可选的是规划涉及的年份（2025）；实为 '99'",
        ),
        ("annual", "year", "参数应写成 名称=值，实为 'year'"),
    ],
)
def test_what_cannot_be_run_is_told_before_it_is_asked_for(
    own: Path, deployment: str, assignment: str, sentence: str
) -> None:
    from flows.run import serve

    linked(own)
    with pytest.raises(MendableError) as error:
        serve.run(deployment, [assignment])
    assert str(error.value) == sentence


@pytest.mark.parametrize(("month", "day", "year"), [(7, 1, 2024), (12, 31, 2025)])
def test_a_scheduled_run_takes_its_year_from_its_schedule(
    month: int, day: int, year: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    from flows.run.tasks import year_before

    assert year_before(datetime(2025, month, day, 17, tzinfo=UTC)) == year  # New Year's Day, 1:00, in Beijing


def test_two_first_starts_of_a_home_do_not_build_its_database_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`annual` and `final` typed side by side in a new home: the second waits until the first one's server answers."""
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    entered = Event()

    def second() -> None:
        with server._alone():
            entered.set()

    with server._alone():
        other = Thread(target=second)
        other.start()
        assert not entered.wait(0.3)
    assert entered.wait(5)
    other.join()

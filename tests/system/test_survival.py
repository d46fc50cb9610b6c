"""A server that was down, a run that hangs, one that is killed, a server that dies: the next thing happens all the same."""

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from flows.desk import approvers
from flows.places import PROJECT
from tests.fixtures.homes import cli, home_in, stocked
from tests.fixtures.processes import below, gone
from tests.fixtures.serving import ENVIRONMENT, Page, free_port

PASSWORD = "口令 of the approver"
TELLING = {"PYTHONFAULTHANDLER": "1"}
"""A process that is aborted tells where each of its threads stands."""


class Server:
    """`./monitor serve` of a home."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.said = home / "said.txt"
        command, environment = (
            cli("serve", "--port", str(port)),
            {**ENVIRONMENT, **TELLING, "PLAN_MONITOR_HOME": str(home)},
        )
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=out, stderr=out, start_new_session=True
            )
        self.page = Page(port)
        kept = home / ".prefect" / "password"
        self.page.password = self.page.until(lambda: kept.is_file() and kept.read_text().strip()) or ""
        self.page.deployment("annual/990101")

    def runs(self) -> list[Any]:
        found = self.page.ask("/flow_runs/filter", {"sort": "EXPECTED_START_TIME_ASC"})
        assert isinstance(found, list)
        return found

    def state(self, run: Any) -> tuple[str, str]:
        found = self.page.ask(f"/flow_runs/{run['id']}")["state"]
        return found["type"], found["name"]

    def until_state(self, run: Any, *names: str) -> str:
        """The message of a run when its state has one of these names. For a moment, Prefect calls a run that has ended by itself
        Crashed; then our server says why.
        """
        ended = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        state = self.page.until(
            lambda: (found := self.state(run))[1] in names or (found[0] in ended and found[1] != "Crashed")
        )
        told = self.page.ask(f"/flow_runs/{run['id']}")["state"]
        assert state and told["name"] in names, f"{told}\n{self.said.read_text(encoding='utf-8')}"
        return str(told["message"])

    def run_processes(self) -> list[int]:
        """The processes of the runs that are under way, or are about to end."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(c) for c in children if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]

    def run_process(self) -> int:
        return (self.page.until(self.run_processes) or [0])[0]


@contextmanager
def serving(home: Path, port: int) -> Iterator[Server]:
    server = Server(home, port)
    try:
        yield server
    except BaseException:  # what hangs tells where; that a server does not end while its run hangs is no news
        processes = {server.process.pid, *below(server.process.pid)}
        for pid in processes:
            os.kill(pid, signal.SIGABRT)
        for pid in gone(processes):
            os.kill(pid, signal.SIGKILL)
        server.process.wait(60)
        for said in (server.said, home / "output/log/server.log"):
            print(said.read_text(encoding="utf-8")[-20000:])
        raise
    server.process.terminate()
    server.process.wait(60)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, golden: Path) -> Path:
    """A home whose server was down when its yearly run came due, in 2023."""
    home, port = stocked(home_in(tmp_path_factory.mktemp("survival")), golden), free_port()
    district = home / "expectations" / "districts" / "990101.yml"
    recipient = f"recipients: [{{name: 市统计局, folder: {home / 'sent'}}}]\ninbox: {home / 'inbox'}\n"
    district.write_text(district.read_text(encoding="utf-8") + recipient, encoding="utf-8")
    for folder in ("sent", "inbox"):
        (home / folder).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(home))
        approvers.add("990101", "李某", "副局长", PASSWORD)
    with serving(home, port) as server:
        server.page.until(server.runs)
    assert server.process.returncode == 0
    with closing(sqlite3.connect(home / ".prefect" / "prefect.db")) as database:
        first = database.execute("select id, state_id from flow_run order by expected_start_time").fetchone()
        due = "2023-07-01 01:00:00.000000"
        database.execute(
            "update flow_run set expected_start_time = ?, next_scheduled_start_time = ? where id = ?",
            (due, due, first[0]),
        )
        database.execute(  # a run does not begin before the time that its state has
            "update flow_run_state set state_details = json_set(state_details, '$.scheduled_time', ?) where id = ?",
            ("2023-07-01T09:00:00+08:00", first[1]),
        )
        database.commit()
    return home


def waiting(server: Server) -> list[str]:
    """The editions that wait until somebody approves them; how that is done, and what is sent then, is test_serve.py's."""
    found = server.page.deployment("approve/990101")["parameter_openapi_schema"]["properties"]["edition"]
    return [str(edition) for edition in found.get("enum", ()) if "2022年" in edition]


def answered(server: Server, home: Path) -> None:
    """What a department left in its folder is judged by a run that nobody started, and only once."""
    found = server.page.until(lambda: [run for run in server.runs() if run["name"] == "990101-inbox"])
    assert found
    assert server.until_state(found[0], "核查1份：不能采用1份").startswith("孕产妇.csv：不能采用。")
    [text] = (home / "inbox").glob("核查结果/孕产妇.csv */核查结果.txt")
    assert "没有登记" in text.read_text(encoding="utf-8-sig")
    assert [run["name"] for run in server.runs()].count("990101-inbox") == 1
    server.page.until(lambda: not server.run_processes())


def _stopped(pid: int) -> bool:
    """Whether a process stands still now; one that has just done its work is gone."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except ProcessLookupError:
        return False
    return True


def test_what_came_due_while_the_server_was_down_is_done_once_for_its_own_year(home: Path) -> None:
    with serving(home, free_port()) as server:
        [run] = [run for run in server.runs() if run["expected_start_time"].startswith("2023")]
        assert server.until_state(run, "已编成，缺报1份") == str(home / "output/990101/2022/annual/report.pdf")
        begun = [run for run in server.runs() if run["state_type"] != "SCHEDULED"]
        assert [run["name"] for run in begun] == ["990101-2022"]
        told = [json.loads(line) for line in (home / "output/log/runs.jsonl").read_text().splitlines()]
        assert [(notice["run"], notice["good"]) for notice in told] == [("990101-2022", True)]

        (home / "inbox" / "孕产妇.csv").write_text("指标,数值\n", encoding="gb18030")
        server.page.until(lambda: waiting(server))
        assert not list((home / "sent").iterdir())
        answered(server, home)

        adhoc = server.page.deployment("annual/990101")
        first, second = (server.page.start(adhoc, {"year": "2022", "force": True}) for _ in range(2))
        server.until_state(first, "Running")
        stuck = server.run_process()
        assert server.until_state(second, "排队") == "每次只运行一项；正在运行 990101-2022，结束后自动开始"
        workers = server.page.until(lambda: len(below(stuck)) >= 3 and below(stuck)) or set()
        workers = {pid for pid in workers if _stopped(pid)}
        assert workers and _stopped(stuck)
        (home / "plan-monitor.yml").write_text('district: "990101"\nrun_minutes: 0.05\n', encoding="utf-8")
        told_why = server.until_state(first, "超时终止")
        (home / "plan-monitor.yml").unlink()
        assert told_why.startswith("运行超过0.05分钟，已经终止，以前编印的各版不受影响。")
        for pid in workers:  # they look for their run when they are let go
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        assert gone({stuck, *workers}) == set()

        server.until_state(second, "Running")
        next_one = server.run_process()
        os.kill(next_one, signal.SIGKILL)
        assert "状态码 -9" in server.until_state(second, "运行中断")
        with (home / "warehouse/990101.lock").open("a") as lock:
            server.page.until(lambda: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB) is None)

        children = below(server.process.pid)
        [api] = [pid for pid in children if b"flows.run.gate" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(api, signal.SIGKILL)
        assert server.process.wait(60) == 2
        assert gone(children) == set()
        assert "Prefect 服务中途退出" in server.said.read_text().splitlines()[-1]

"""The Prefect server: its deployments; the whole way on its page, where a report is asked for, watched, read, approved by
somebody else, and sent, once; a run from the terminal, who is refused, a clean end.
"""

import base64
import json
import os
import pty
import re
import signal
import socket
import sqlite3
import subprocess
import urllib.error
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request

import pytest
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from flows.desk import approvers
from flows.places import PROJECT
from tests.fixtures.forms import choose, enter, field, form, submitted, tab
from tests.fixtures.homes import cli, home_in, stocked
from tests.fixtures.mailbox import HOST, SECRET, USER, Mailbox, mail_server
from tests.fixtures.serving import ENVIRONMENT, Page, RefusedError, call, free_port

PASSWORD = "口令 of the approver"


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
    box: Mailbox

    def told(self) -> str:
        """What stands on the terminal and was not read before."""
        text = b""
        os.set_blocking(self.terminal, False)
        with suppress(BlockingIOError):
            while part := os.read(self.terminal, 65536):
                text += part
        return text.decode().replace("\r\n", "\n")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, golden: Path) -> Path:
    """A home with an approver, and two who get the public report: by mail, and in a folder."""
    home = stocked(home_in(tmp_path_factory.mktemp("served")), golden)
    (home / "sent").mkdir()
    district = home / "expectations" / "districts" / "990101.yml"
    recipients = (
        "recipients: [{name: 市统计局, mail: city@example.gov.cn}, "
        f"{{name: 市妇儿工委办公室, folder: {home / 'sent'}}}]\n"
    )
    district.write_text(district.read_text(encoding="utf-8") + recipients, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(home))
        approvers.add("990101", "李某", "副局长", PASSWORD)
    return home


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Mailbox]:
    with mail_server(folder := tmp_path_factory.mktemp("mail")) as found:
        mail = f"mail: {{host: {HOST}, port: {found.port}, user: {USER}, sender: office@example.gov.cn}}\n"
        (home / "plan-monitor.yml").write_text(f'district: "990101"\n{mail}', encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(folder / "server.pem"))
            yield found


@pytest.fixture(scope="module")
def served(home: Path, box: Mailbox) -> Iterator[Served]:
    """A server at a terminal, for all tests of this file."""
    port = free_port()
    terminal, slave = pty.openpty()
    command = cli("serve", "--port", str(port))
    environment = {**ENVIRONMENT, "PLAN_MONITOR_HOME": str(home), "PLAN_MONITOR_MAIL_PASSWORD": SECRET,
                   "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"]}  # fmt: skip
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=slave, stderr=slave, start_new_session=True
    )
    os.close(slave)
    try:
        page = Page(port)
        kept = home / ".prefect" / "password"
        page.password = page.until(lambda: kept.is_file() and kept.read_text().strip()) or ""
        for name in ("annual/990101-yearly", "annual/990101", "midterm/990101", "final/990101",
                     "approve/990101"):  # fmt: skip
            page.deployment(name)
        yield Served(home, page, process, terminal, box)
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


@dataclass
class Way:
    """What somebody has seen who asked for a report on the page, approved it, and sent it twice."""

    run: str
    """The page of the run that made it."""
    report: bytes
    """What the link in the run's table gives."""
    before: tuple[list[EmailMessage], list[Path]]
    """What had been sent when it was approved."""
    asked: list[str]
    """Every address that the browser asked for anything."""
    said: list[str]
    """What stands in the browser's console."""


@pytest.fixture(scope="module")
def way(served: Served) -> Way:
    """Each step waits for the state that it must lead to."""
    page, home, asked, said = served.page, served.home, list[str](), list[str]()
    with tab() as shown:
        shown.on("request", lambda request: asked.append(request.url))
        shown.on("console", lambda message: said.append(message.text))
        enter(shown, page)
        shown.goto(f"http://{page.host}/deployments")
        shown.get_by_text("990101-yearly").first.wait_for()

        form(shown, page, "annual")
        field(shown, "经办人").locator("textarea").fill("王某")
        submitted(shown, page, "annual", "已编成，缺报1份")
        for told in ("开始编印示例市示例区2022年统计监测报告", "接收报送："):
            expect(shown.get_by_text(told).first).to_be_visible()
        run = shown.content()
        shown.get_by_text("Artifacts", exact=True).last.click()
        shown.get_by_text("annual-990101-2022-summary").first.click()
        folder = str(home / "output/990101/2022/annual")
        for told in ("目标：提前达标 2", folder, "点表中的文件名打开"):
            expect(shown.get_by_text(told).first).to_be_visible()
        linked = shown.get_by_role("link", name="report.pdf", exact=True).first.get_attribute("href")
        report = opened(page, linked or "")

        page.until(lambda: "2022年" in str(offered(page, "edition")["enum"]))
        form(shown, page, "approve")
        choose(shown, "报告", "2022年统计监测报告")
        choose(shown, "审定人", "李某")
        field(shown, "审定人口令").locator("textarea").fill(PASSWORD)
        choose(shown, "已核实的事项", *(str(point)[:8] for point in offered(page, "acknowledged")["items"]["enum"]))
        submitted(shown, page, "approve", "已审定，第1版")
        before = [*served.box.came], [*(home / "sent").iterdir()]

        for state in ("已发送2件", "已发送0件"):
            form(shown, page, "deliver")
            submitted(shown, page, "deliver", state)
    return Way(run, report, before, asked, said)


def opened(page: Page, address: str) -> bytes:
    """What the page's server gives for a link to whoever has the password."""
    secret = base64.b64encode(page.password.encode()).decode()
    with page.straight.open(Request(address, headers={"Authorization": f"Basic {secret}"}), timeout=30) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return bytes(answer.read())


def offered(page: Page, field: str) -> Any:
    """What the form for approvals lets one choose from."""
    return page.deployment("approve/990101")["parameter_openapi_schema"]["properties"][field]


def test_the_page_of_a_run_tells_what_it_does_and_leads_to_the_report(served: Served, way: Way) -> None:
    assert "Waiting for logs" not in way.run
    assert way.report == (served.home / "output/990101/2022/annual/report.pdf").read_bytes()


def test_what_was_approved_on_the_page_is_sent_once(served: Served, way: Way) -> None:
    assert way.before == ([], [])  # nobody has sent it yet
    assert served.box.to == ["city@example.gov.cn"]
    [mail] = served.box.came
    assert "2022年示例区" in str(mail["Subject"])
    approved = (served.home / "journal/990101/approved/2022-annual-1/public/report.pdf").read_bytes()
    [paper] = [part for part in mail.iter_attachments() if part.get_filename() == "report.pdf"]
    assert paper.get_content() == approved
    [copied] = (served.home / "sent").rglob("report.pdf")
    assert copied.read_bytes() == approved
    database = (served.home / ".prefect").glob("prefect.db*")
    assert not [path for path in database if PASSWORD.encode() in path.read_bytes()]


def test_the_page_asks_nobody_else(served: Served, way: Way) -> None:
    assert {urlsplit(url).netloc for url in way.asked if url.startswith("http")} == {served.page.host}
    blocked = [text for text in way.said if "Content Security Policy" in text]
    assert blocked  # it would
    assert not [text for text in blocked if "amplitude.com" not in text]  # and nothing that the page needs is missing


def test_the_server_runs_the_report_whoever_asks(served: Served, way: Way) -> None:
    """After the run on the page there is nothing new to do."""
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
    assert concluding["parameter_openapi_schema"]["properties"]["year"]["description"] == (
        "规划期满的年份；可选的是规划涉及的年份（2025）"
    )
    asked_too = set(concluding["parameter_openapi_schema"]["properties"])
    assert asked_too == {"year", "draft", "as_of", "operator", "force"}  # no path, no district
    assert concluding["schedules"] == []
    assert "'1900' is not one of ['2021', '2022']" in refusal(page, adhoc, year="1900")
    assert "'maybe' is not of type 'boolean'" in refusal(page, adhoc, draft="maybe")

    scheduled = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    expected = page.until(lambda: page.ask("/flow_runs/filter", scheduled))[0]["expected_start_time"]
    assert expected.endswith("-07-01T01:00:00Z")  # 9:00 in Beijing

    run = page.start(adhoc, {"year": "2022"})
    assert page.end_of(run) == ("COMPLETED", str(report))
    assert page.ask(f"/flow_runs/{run['id']}")["state"]["name"] == "没有变化，缺报1份"
    assert report.read_bytes() == way.report

    result = call(home, "run", "annual", "-p", "year=2022")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "运行 990101-2022：没有变化，缺报1份\n"
    assert report.read_bytes() == way.report


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
        "编印报告不一定要用 Prefect：annual、midterm、final 均可加 --no-prefect"
    )
    assert not (tmp_path / "output" / "990101").exists()

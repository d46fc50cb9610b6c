"""The Prefect server without one that lasts: what keeps it from starting, its password, what is refused beforehand."""

import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from flows.places import MendableError
from flows.run import server
from tests.fixtures.homes import home_in, linked
from tests.fixtures.serving import ENVIRONMENT, call, free_port


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
        with pytest.raises(
            MendableError, match=f"数据库 {path} 正被别的程序占用。请结束占用它的程序后重新运行"
        ) as error:
            started(free_port())
    assert "annual、midterm、final 均可加 --no-prefect" in str(error.value)


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

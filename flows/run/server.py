"""A Prefect server for this machine alone, for as long as it is needed; it obeys only its own user."""

from __future__ import annotations

import ctypes
import fcntl
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from flows import disk
from flows.places import PROJECT, MendableError, places
from flows.report.kinds import KINDS
from flows.run import ending

HOST = "127.0.0.1"
START_SECONDS = 120
"""Seconds to wait for a start; the first start builds Prefect's database."""
LOCK_SECONDS = 3
"""Seconds for which another program may block the database before it is named."""
ASK_AGAIN_SECONDS = 3
"""Seconds for which a run may tidy up after its server has died."""
LOOK_SECONDS, UNANSWERED = 30, 4
"""How often it is looked whether the server still answers, and how many times in a row it may not."""
USER = "monitor"
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
SETTINGS = {
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_RUNNER_POLL_FREQUENCY": "2",
    # The page shows the next run, up to a year ahead.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME": "P400D",
}


class Password(NamedTuple):
    text: str
    """In the form that Prefect's page asks for: user:password."""
    new: Path | None = None
    """The file, if the password has just been made; None if it was known before."""


@contextmanager
def for_one_run(ahead: Callable[[], object]) -> Iterator[None]:
    """A server for the run of this process, unless there is one: the one that PREFECT_API_URL names, or this home's (`serve`),
    whose page then shows the run while it lasts. What the run needs `ahead` is done while a server starts.

    Only this process knows its password. Errors reach the command line, which tells them once; they are in neither
    Prefect's terminal output nor the server's log.
    """
    for name in ("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "PREFECT_LOGGING_INTERNAL_LEVEL"):
        os.environ.setdefault(name, "CRITICAL")
    if api := os.environ.get("PREFECT_API_URL") or _answering():
        os.environ["PREFECT_API_URL"] = api
        _greet(api)
        yield
        return
    os.environ.setdefault("PREFECT_LOGGING_TO_API_ENABLED", "false")
    os.environ["PREFECT_UI_ENABLED"] = "false"  # nobody has its password
    with _listening(0) as ours:
        _settle(ours, secrets.token_urlsafe(32))

        def meanwhile() -> None:
            import_module("flows.run.tasks")
            ahead()

        with _running(ours, "--once", meanwhile=meanwhile):
            yield


@contextmanager
def lasting(port: int) -> Iterator[Password | None]:
    """A server on `port` until the program ends, and its password; none if PREFECT_API_URL names another server."""
    ending.leave_to_loop()
    api = f"http://{HOST}:{port}/api"
    if (os.environ.get("PREFECT_API_URL") or api) != api:
        _settle()
        yield None
        return
    folder = _folder()
    with _only_one(folder, api), _listening(port) as ours:
        given = os.environ.get("PREFECT_SERVER_API_AUTH_STRING")
        password = Password(given) if given else _password(folder)
        _settle(ours, password.text)
        with _running(ours):
            yield password


def reach() -> None:
    """Set what Prefect's client needs for the server that PREFECT_API_URL names, or for ours, which must be running."""
    api = os.environ.get("PREFECT_API_URL") or _kept_api()
    if not api:
        raise MendableError("没有找到正在运行的 Prefect 服务。请先在另一个终端执行：./monitor serve")
    os.environ["PREFECT_API_URL"] = api
    _greet(api)


def _greet(api: str) -> None:
    """Set the password for a server that runs already; only our own server ever gets our password."""
    _settle()
    if api == _kept_api():
        given = os.environ.get("PREFECT_SERVER_API_AUTH_STRING")
        os.environ.setdefault("PREFECT_API_AUTH_STRING", given or _password(_folder()).text)


def log() -> Path:
    """The path of the server's log; its folder is made."""
    places().log.mkdir(parents=True, exist_ok=True)
    return places().log / "server.log"


def _settle(ours: socket.socket | None = None, password: str = "") -> None:
    """Set what Prefect reads when it is imported, unless the operator has set it; the protection of our server is
    always set.
    """
    for name, value in {"PREFECT_HOME": str(_folder()), **SETTINGS}.items():
        os.environ.setdefault(name, value)
    if ours is not None:
        page = _page(ours)
        os.environ |= {
            "PREFECT_API_URL": f"{page}/api",
            "PREFECT_UI_API_URL": f"{page}/api",
            # Else beside the libraries, which belong to root: there would be no page, and only a log would say so.
            "PREFECT_UI_STATIC_DIRECTORY": str(_page_files()),
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": page,
            "PREFECT_SERVER_API_AUTH_STRING": password,
            "PREFECT_API_AUTH_STRING": password,
        }
    if urlsplit(os.environ["PREFECT_API_URL"]).hostname in (HOST, "localhost", "::1"):
        # Requests to this machine must not go through a proxy, and there are no others.
        for name in [name for name in os.environ if name.lower() in PROXIES]:
            del os.environ[name]


def _page(ours: socket.socket) -> str:
    return f"http://{HOST}:{ours.getsockname()[1]}"


def _folder() -> Path:
    """The folder for Prefect's database and the password, for their owner only."""
    folder = places().prefect
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder


def _page_files() -> Path:
    """The folder in which Prefect puts the files of its page together."""
    folder = _folder() / "page"
    folder.mkdir(exist_ok=True)
    return folder


def _password(folder: Path) -> Password:
    """The password made at the first start; a new one if there is none, or if others could read it."""
    kept = folder / "password"
    if kept.is_file() and not kept.stat().st_mode & 0o077 and (text := kept.read_text(encoding="utf-8").strip()):
        return Password(text)
    made = Password(f"{USER}:{secrets.token_urlsafe(24)}", kept)
    part = folder / f"password.{secrets.token_hex(4)}"
    part.touch(mode=0o600, exist_ok=False)
    part.write_text(made.text + "\n", encoding="utf-8")
    part.replace(kept)
    return made


@contextmanager
def _only_one(folder: Path, api: str) -> Iterator[None]:
    """Hold the file that says where this home's server is; it is ours as long as the lock is."""
    with (folder / "server").open("a+") as file:
        if not _locked(file.fileno(), fcntl.LOCK_EX):
            file.seek(0)
            raise MendableError(f"服务已在运行：{file.read().removesuffix('/api')}")
        file.truncate(0)
        file.write(api)
        file.flush()
        yield


def _kept_api() -> str | None:
    """The address of this home's server; None if none runs."""
    try:
        with (_folder() / "server").open() as file:
            return None if _locked(file.fileno(), fcntl.LOCK_SH) else file.read() or None
    except FileNotFoundError:
        return None


def _answering() -> str | None:
    """The address of this home's server, if it answers: while it starts or ends, a run has a server of its own."""
    api = _kept_api()
    return api if api and _answers(api.removesuffix("/api"), 1) else None


def _locked(handle: int, kind: int) -> bool:
    """Whether we have the lock now; a program that only looks for a server holds it for a moment."""
    for _ in range(5):
        with suppress(BlockingIOError):
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """A port of this machine that is reserved for us until the program ends, also while a server starts or after it has
    died.
    """
    try:
        found = socket.create_server((HOST, port))
    except OSError:
        raise MendableError(f"端口 {port} 已被别的程序占用。请用 --port 换一个端口，或先结束占用它的程序") from None
    with found:
        yield found


@contextmanager
def _running(ours: socket.socket, *options: str, meanwhile: Callable[[], object] = lambda: None) -> Iterator[None]:
    """A server that answers; it ends with this program, and this program ends with it. What this one does `meanwhile`
    costs no time: the server takes seconds to start.
    """
    _look_at_database()
    command = [sys.executable, "-m", "flows.run.gate", str(ours.fileno()), *options]
    start = ExitStack()
    start.enter_context(_alone())  # until the server answers
    with log().open("ab") as out:
        # A session of its own: Ctrl-C reaches this program alone, which then ends the server.
        server = subprocess.Popen(  # noqa: S603
            command, stdout=out, stderr=out, cwd=PROJECT, start_new_session=True, preexec_fn=_end_with_parent,
            pass_fds=[ours.fileno()], umask=0o077,
        )  # fmt: skip
    page, asked, died = _page(ours), Event(), Event()

    def watch() -> None:
        unanswered = 0
        while not asked.is_set():
            try:
                server.wait(LOOK_SECONDS)
                break
            except subprocess.TimeoutExpired:
                unanswered = 0 if _answers(page, LOOK_SECONDS) else unanswered + 1
            if unanswered == UNANSWERED:
                server.kill()
        if not asked.is_set():
            died.set()
            ours.close()  # who waits for an answer is told that there will be none
            os.kill(os.getpid(), signal.SIGINT)
            while not asked.wait(ASK_AGAIN_SECONDS):  # Prefect's client tries on for a minute with every call
                os.kill(os.getpid(), signal.SIGINT)

    try:
        with start:
            meanwhile()
            _wait(server, page)
        Thread(target=watch, daemon=True).start()
        try:
            yield
        except BaseException:
            if not died.is_set():
                raise
        if died.is_set():
            raise MendableError(f"Prefect 服务中途退出，这次运行没有完成。{_mend()}")
    finally:
        asked.set()
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


@contextmanager
def _alone() -> Iterator[None]:
    """One start at a time in a home: the first builds Prefect's database, and two would build it at once."""
    with disk.locked(_folder() / "start.lock", mode=0o600):
        yield


def _end_with_parent() -> None:
    parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
    ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGTERM)


def _wait(server: subprocess.Popen[bytes], page: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        if _answers(page, 1):
            return
    raise MendableError(f"Prefect 服务没有启动。{_mend()}")


def _answers(page: str, seconds: float) -> bool:
    """Whether the server answers within some seconds."""
    with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
        urllib.request.urlopen(f"{page}/api/health", timeout=seconds).close()  # noqa: S310
        return True
    return False


def _mend() -> str:
    return f"原因见 {log()} 的末尾；排除后重新运行。编印报告不一定要用 Prefect：{_direct()}"


def _direct() -> str:
    return f"{'、'.join(KINDS)} 均可加 --no-prefect"


def forget() -> bool:
    """Empty the journal in which SQLite keeps what was written before; returns whether that could be done now."""
    path = Path(os.environ["PREFECT_HOME"]) / "prefect.db"
    if not path.exists():  # the database is elsewhere
        return True
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as found:
        return bool(found.execute("pragma wal_checkpoint(truncate)").fetchone()[0] == 0)
    return False


def _look_at_database() -> None:
    """Report a fault of Prefect's database before the server fails because of it."""
    elsewhere = ("PREFECT_API_DATABASE_CONNECTION_URL", "PREFECT_SERVER_DATABASE_CONNECTION_URL")
    path = Path(os.environ["PREFECT_HOME"]) / "prefect.db"
    if any(map(os.environ.get, elsewhere)) or not path.exists():
        return
    memory = "它只记着以往的运行，不含统计数据"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=LOCK_SECONDS)) as found:
            sound = found.execute("pragma quick_check(1)").fetchone() == ("ok",)
            found.execute("begin immediate")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise MendableError(
                f"Prefect 的数据库 {path} 正被别的程序占用。请结束占用它的程序后重新运行；编印报告时 {_direct()}"
            ) from None
        raise MendableError(
            f"不能读写 Prefect 的数据库 {path}（{error.sqlite_errorname}）。请检查它和所在目录的权限、磁盘空间；{memory}"
        ) from None
    except sqlite3.DatabaseError:
        sound = False
    if not sound:
        raise MendableError(
            f"Prefect 的数据库 {path} 已损坏。{memory}：请把 {path.parent} 中以 prefect.db 开头的文件移走，再重新运行，"
            "程序会另建一个"
        )

"""A Prefect server of this machine alone, for as long as it is needed."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.places import MendableError, places

START_SECONDS = 120
"""The first start builds Prefect's database."""
SETTINGS = {
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_RUNNER_POLL_FREQUENCY": "2",
    # The page shows the next run, up to a year ahead.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MAX_SCHEDULED_TIME": "P400D",
}


def prepare(port: int, quiet: bool = False) -> bool:
    """Set what Prefect reads when it is imported, unless the operator has set it.

    True where the server is ours to run: where PREFECT_API_URL does not name another. `quiet` keeps what goes wrong
    off the terminal, and off the log of a server that ends with the run.
    """
    api = f"http://127.0.0.1:{port}/api"
    ours = os.environ.setdefault("PREFECT_API_URL", api) == api
    settings = {"PREFECT_HOME": str(places().prefect), **SETTINGS}
    if quiet:
        settings["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
        settings["PREFECT_LOGGING_TO_API_ENABLED"] = str(not ours)
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    return ours


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def running(port: int) -> Iterator[None]:
    """A server that answers; it ends with us, however we end."""
    for request in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(request, signal.default_int_handler)
    page = f"http://127.0.0.1:{port}"
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        raise MendableError(f"端口 {port} 已被占用：服务可能已在运行；也可用 --port 换一个端口") from None
    log = places().log / "server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("ab") as out:
        # A session of its own: Ctrl-C reaches us, and we end the server after we have told it so.
        server = subprocess.Popen(  # noqa: S603
            command, stdout=out, stderr=out, start_new_session=True, preexec_fn=_end_with_parent
        )
    try:
        _wait(server, page, log)
        yield
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _end_with_parent() -> None:
    parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
    ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGTERM)


def _wait(server: subprocess.Popen[bytes], page: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{page}/api/health", timeout=5).close()  # noqa: S310
            return
        time.sleep(0.1)
    raise MendableError(f"Prefect 服务没有启动。详情见 {log}")

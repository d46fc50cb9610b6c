"""Nothing is left behind: when the main process is killed, what it started ends too."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows.places import PROJECT
from flows.run import ending
from tests.fixtures.processes import below, gone

SCRIPT = """
import sys, time
from datetime import date
from pathlib import Path
from flows.press import pdf
from flows.run import ending

if __name__ == "__main__":
    ending.listen()
    with pdf.press() as (write, printed):
        for paragraphs in (1, 20_000):  # one press is at work, the other waits
            page = '<html lang="zh-CN"><title>t</title>' + "<p>字字字字</p>" * paragraphs
            write(page, Path(sys.argv[1]) / f"{paragraphs}.pdf", [], date(2023, 7, 15))
        while not (Path(sys.argv[1]) / "1.pdf").exists():
            time.sleep(0.05)
        print("working", flush=True)
        time.sleep(600)
"""


LOST = """
import os, signal, time
from flows.run import ending

class Gone:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)

ending.listen()
try:
    Gone()  # Python ignores what is raised here
    time.sleep(600)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("request_to_end", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_presses_end_with_the_run(tmp_path: Path, request_to_end: signal.Signals) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as run:
        assert run.stdout is not None and run.stdout.readline() == b"working\n"
        started = below(run.pid)
        assert len(started) >= 3  # what forks the presses, and both of them
        run.send_signal(request_to_end)
        assert run.wait(ending.INSIST_SECONDS) != 0  # it does not wait for the pages that are being set
    left = gone(started)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def test_an_interruption_that_python_loses_comes_again(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    told = subprocess.run([sys.executable, "-c", LOST], env=environment, capture_output=True, timeout=30)
    assert (told.stdout, told.stderr) == (b"interrupted\n", b"")

"""Nothing is left behind: when the main process is killed, what it started ends too."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from flows.places import PROJECT
from tests.fixtures.processes import below, gone

SCRIPT = """
import sys, time
from datetime import date
from pathlib import Path
from flows.press import pdf

if __name__ == "__main__":
    with pdf.press() as (write, printed):
        for paragraphs in (1, 20_000):  # one press is at work, the other waits
            page = '<html lang="zh-CN"><title>t</title>' + "<p>字字字字</p>" * paragraphs
            write(page, Path(sys.argv[1]) / f"{paragraphs}.pdf", [], date(2023, 7, 15))
        while not (Path(sys.argv[1]) / "1.pdf").exists():
            time.sleep(0.05)
        print("working", flush=True)
        time.sleep(600)
"""


def test_the_presses_end_when_the_run_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as run:
        assert run.stdout is not None and run.stdout.readline() == b"working\n"
        started = below(run.pid)
        assert len(started) >= 3  # what forks the presses, and both of them
        run.send_signal(signal.SIGKILL)
    left = gone(started)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left

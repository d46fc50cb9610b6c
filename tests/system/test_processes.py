"""Nothing is left behind: when the main process is killed, what it started ends too."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from flows.places import PROJECT

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


def below(pid: int) -> set[int]:
    """Every process that descends from one."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def alive(pids: set[int]) -> set[int]:
    running = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        running |= {pid} if state != "Z" else set()
    return running


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
    deadline = time.monotonic() + 10
    while (left := alive(started)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left

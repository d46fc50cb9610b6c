"""What a command costs is counted whole: also what its children do, and those that outlive it."""

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks import bench, growth

SPENT = "import time\nwhile time.process_time() < 0.3: pass\n"
LEAVES_ONE_BEHIND = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {SPENT!r}])
"""


def measured(text: str, folder: Path) -> float:
    """Seconds of processor, asked in a process of its own: whoever measures takes on all orphans."""
    ask = (
        "import ctypes, sys; from pathlib import Path; from tests.benchmarks import bench\n"
        f"ctypes.CDLL(None).prctl(bench.SUBREAPER, 1)\n"
        f"print(bench.measured([[sys.executable, '-c', {text!r}]], Path({str(folder)!r})).processor)"
    )
    return float(subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout)


def test_what_outlives_a_command_is_counted(tmp_path: Path) -> None:
    assert measured(LEAVES_ONE_BEHIND, tmp_path) >= 0.3 > measured("pass", tmp_path)


def test_results_are_kept_and_drawn(tmp_path: Path) -> None:
    row = {
        "processor": 2.0,
        "clock": 1.0,
        "memory": 9.0,
        "floor_processor": 1.0,
        "floor_clock": 1.0,
        "ratio": 2.0,
        "goal": 1.0,
    }
    for _ in range(2):
        listed = bench.kept([{"row": "check", **row}], "990101", tmp_path / "results.csv")
    assert [one["row"] for one in listed] == ["check", "check"]
    bench.drawn(listed, tmp_path / "results.png")
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")


def test_growth_is_kept_and_drawn(tmp_path: Path) -> None:
    """Also of a step that was not waited for."""
    told = [("areas", 24, 20.0), ("areas", 240, 190.0), ("areas", 2_400, None), ("rows", 30_000, 1.0)]
    for _ in range(2):
        rows = [asdict(growth.Cost(by, size, "annual", seconds)) for by, size, seconds in told]
        listed = bench.kept(rows, "990101", tmp_path / "growth.csv")
    assert [row["size"] for row in listed[:4]] == ["24", "240", "2400", "30000"]
    growth.drawn(listed, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")

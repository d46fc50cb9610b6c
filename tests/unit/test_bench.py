"""What a command costs is counted whole: also what its children do, and those that outlive it."""

import os
import subprocess
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pikepdf
import pytest

from flows.places import TEMPLATES
from flows.press import pdf
from tests.benchmarks import bench, growth

SPENT = "import time\nwhile time.process_time() < 0.3: pass\n"
LEAVES_ONE_BEHIND = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {SPENT!r}])
"""


def measured(asked: str) -> float:
    """Seconds of processor, asked in a process of its own: whoever measures takes on all orphans."""
    ask = (
        "import sys; from pathlib import Path; from tests.benchmarks import bench, growth\n"
        f"growth.adopt()\nprint({asked})"
    )
    return float(subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout)


def test_what_outlives_a_command_is_counted(tmp_path: Path) -> None:
    """By the rows, and by the curves of growth."""
    for asked in (
        "bench.measured([[sys.executable, '-c', {text!r}]], Path({home!r})).processor",
        "growth.spent([sys.executable, '-c', {text!r}], Path({home!r}), 60)",
    ):
        outlived, alone = (measured(asked.format(text=t, home=str(tmp_path))) for t in (LEAVES_ONE_BEHIND, "pass"))
        assert outlived >= 0.3 > alone


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


def test_two_districts_are_held_against_what_all_cores_could_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not against the clock of both in turn, of which a core that waits for the other is a part."""
    monkeypatch.setattr(
        bench, "_twice", lambda home, after: bench.Cost(processor=100, clock=62 if after else 55, memory=9)
    )
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    [row] = [row for row in bench.ROWS if row.name == "two districts at once"]
    told = bench.compared(row, bench.Home(Path(), "990101", 2024), 1)
    assert (told["floor_clock"], told["ratio"]) == (50, 1.1)


def test_growth_is_kept_and_drawn(tmp_path: Path) -> None:
    """Also of a step that was not waited for."""
    told = [("areas", 24, 20.0), ("areas", 240, 190.0), ("areas", 2_400, None), ("rows", 30_000, 1.0)]
    for _ in range(2):
        rows = [asdict(growth.Cost(by, size, "annual", seconds)) for by, size, seconds in told]
        listed = bench.kept(rows, "990101", tmp_path / "growth.csv")
    assert [row["size"] for row in listed[:4]] == ["24", "240", "2400", "30000"]
    growth.drawn(listed, tmp_path / "growth.png")
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


def test_what_grows_faster_than_linear_is_told_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times as much for ten times the size is not told, nor what nearly is; a step that did not end is, with what it said."""
    monkeypatch.setattr(growth, "REASONS", {("areas", "annual"): "its list of areas is set once more for each page."})
    found = [
        growth.Cost("areas", size, step, seconds)
        for step, own in {
            "annual": (1.0, 10.0, 150.0),
            "check": (1.0, 10.9, 109.0),
            "public edition": (1.0, 30.0),
        }.items()
        for size, seconds in zip((24, 240, 2_400), own, strict=False)
    ]
    found.append(growth.Cost("areas", 2_400, "public edition", None, "ended with 1: 公开版未编制"))
    assert list(growth.reasons(found)) == [
        "annual, 240 to 2,400 areas: 1.50 times linear: its list of areas is set once more for each page.",
        "public edition, 24 to 240 areas: 3.00 times linear: nobody has stated a reason: profile it, and state it in REASONS",
        "public edition, 2,400 areas: ended with 1: 公开版未编制",
    ]
    table = growth.shown("areas", found)
    assert [list(column.cells) for column in table.columns] == [
        ["annual", "check", "public edition"], ["1.0", "1.0", "1.0"],
        ["10.0 (1.00)", "10.9 (1.09)", "30.0 (3.00)"], ["150.0 (1.50)", "109.0 (1.00)", "—"],
    ]  # fmt: skip


def test_a_step_that_fails_says_why_and_ends_nothing_else(tmp_path: Path) -> None:
    def spent(text: str) -> float | str:
        return growth.spent([sys.executable, "-c", text], tmp_path, 60)

    assert spent("raise SystemExit('公开版未编制')") == "ended with 1: 公开版未编制"
    assert spent("print('seconds: 1.25')") == 1.25
    assert isinstance(spent("raise SystemExit(3)"), float)  # something was found


def test_a_paper_has_a_page_for_each_area_and_one_before_them(tmp_path: Path) -> None:
    path = pdf.write(growth.paper(2), tmp_path / "paper.pdf", [TEMPLATES], date(2025, 7, 15))
    with pikepdf.open(path) as made:
        assert len(made.pages) == 3

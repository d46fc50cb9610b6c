"""How the cost of each step grows with the areas of a district and with its years: ./monitor bench --growth

Homes are made from 宝坻区 (simulated): each town of it stands there several times, with the same figures, so that every file stays
sound; of the years, only the last are there. Told for each step are seconds of processor and how much more it costs than as
many times the smaller home: 1 is linear. Each step has a process of its own; a step that takes longer than `--limit` seconds
of the clock is not waited for, nor is a larger home. Rows are those of one file (tests/benchmarks/ten_million.py).
`./monitor bench --growth areas` measures one of them, `--growth` all; they are kept and drawn in output/bench/growth.csv and .png.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from flows.places import PROJECT
from tests.benchmarks import ten_million
from tests.fixtures.homes import cli

DISTRICT, YEAR, YEARS = "120115", 2024, 5
TIMES = (1, 2, 4, 10, 100)
"""24, 48, 96, 240 and 2,400 areas."""
ROWS = (30_000, 300_000, 3_000_000)
BY = ("areas", "years", "rows")
"""What grows."""
LIMIT = 600.0
AREA, NAME = "街镇代码", "街镇"
STEPS: Mapping[str, Sequence[str]] = {
    "up to the verdicts": [sys.executable, "-m", "tests.benchmarks.growth", "--figures"],
    "public edition": [sys.executable, "-m", "tests.benchmarks.growth", "--protect"],
    "check": cli("check", "FORM", "--district", DISTRICT),
    "annual": cli("annual", str(YEAR), "--district", DISTRICT, "--no-prefect", "--force"),
}
"""The public edition is told without what comes before it."""


def make(home: Path, times: int, years: int) -> int:
    """A home in which each town stands `times` times, with `years` years; gives the number of its areas."""
    ignored = shutil.ignore_patterns("*.py", "__pycache__")
    shutil.copytree(PROJECT / "expectations", home / "expectations", ignore=ignored)
    path = home / "expectations" / "districts" / f"{DISTRICT}.yml"
    told = path.read_text(encoding="utf-8")
    towns = re.findall(rf'^  - {{code: "({DISTRICT}\d+)".*\n', told, re.M)

    def several(found: re.Match[str]) -> str:
        line = re.sub(r", grid: \[[^]]*\]", "", found[0]) if times > 1 else found[0]  # else two stand in one field
        copies = (re.sub(r"name: ([^,}]+)", rf"name: \1{_mark(n)}", line) for n in range(times))
        return "".join(line.replace(found[1], _code(found[1], n)) for n, line in enumerate(copies))

    path.write_text(re.sub(rf'^  - {{code: "({DISTRICT}\d+)".*\n', several, told, flags=re.M), encoding="utf-8")
    for folder in sorted((PROJECT / "raw" / DISTRICT).iterdir()):
        if folder.is_dir() and YEAR - years < int(folder.name) <= YEAR:
            _deliver(folder, home / "raw" / DISTRICT / folder.name, times)
    return len(towns) * times


def _deliver(source: Path, folder: Path, times: int) -> None:
    shutil.copytree(source, folder)
    digests = {}
    for path in folder.glob("*.csv"):
        before = _digest(path)
        rows = list(csv.reader(io.StringIO(_text(path))))
        if AREA in rows[0] and times > 1:
            code, name = rows[0].index(AREA), rows[0].index(NAME)
            several = [
                [
                    _code(c, n) if i == code and c else f"{c}{_mark(n)}" if i == name and c else c
                    for i, c in enumerate(row)
                ]
                for row in rows[1:]
                for n in range(times if row[code].startswith(DISTRICT) and row[code] != DISTRICT else 1)
            ]
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([rows[0], *several])
        digests[before] = _digest(path)
    register = folder / "deliveries.yml"
    told = register.read_text(encoding="utf-8")
    register.write_text(
        re.sub(r"\b[0-9a-f]{64}\b", lambda found: digests.get(found[0], found[0]), told), encoding="utf-8"
    )


def _code(code: str, number: int) -> str:
    return code if number == 0 else f"{code}{number:03}"


def _mark(number: int) -> str:
    return "" if number == 0 else f"第{number + 1}分区"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def measured(home: Path, words: Sequence[str], limit: float) -> float | None:
    """Seconds of processor of a command; None if it did not end in time."""
    kept = next((home / "raw" / DISTRICT / str(YEAR)).glob("*孕产妇保健*.csv"))
    form = home / kept.name
    form.write_bytes(kept.read_bytes() + b"\r\n")  # else it is the same file again
    command = [word.replace("FORM", str(form)) for word in words]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {
        "PATH": "/usr/bin:/bin",
        "PLAN_MONITOR_HOME": str(home),
        "PYTHONPATH": str(PROJECT),
        "PYTHONUTF8": "1",
    }
    try:
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode not in (0, 3):  # 3: something was found
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = re.search(r"^seconds: ([\d.]+)$", done.stdout, re.M)
    return float(told[1]) if told else after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def figures(protect: bool) -> None:
    """Judge a home's figures, and choose what its public edition keeps back; tells the seconds of the last of both."""
    from time import process_time

    from expectations.catalog import load
    from flows import disclose, pipeline, warehouse
    from flows.desk import trial
    from flows.places import places

    where = places()
    catalog = load(DISTRICT, where.expectations)
    with warehouse.memory() as con:
        pipeline.figures(con, catalog, where.raw, YEAR, trial.quietly)
        if protect:
            begun = process_time()
            disclose.protect(con, catalog)
            print(f"seconds: {process_time() - begun:.2f}")


@dataclass(frozen=True)
class Cost:
    """What a step cost in a home of some size."""

    by: str
    """What grows: one of `BY`."""
    size: int
    step: str
    seconds: float | None
    """Of processor; None if it was not waited for."""


def costs(by: str, sizes: Sequence[tuple[int, int]], steps: Sequence[str], limit: float) -> list[Cost]:
    """Every step for some sizes of homes: how many times each town, how many years."""
    found: list[Cost] = []
    for times, years in sizes:
        with TemporaryDirectory(prefix="growth-") as folder:
            areas = make(Path(folder), times, years)
            for step in steps:
                waited = all(cost.seconds is not None for cost in found if cost.step == step)
                seconds = measured(Path(folder), STEPS[step], limit) if waited else None
                found.append(Cost(by, areas if by == "areas" else years, step, seconds))
    return found


def shown(by: str, found: Sequence[Cost]) -> Table:
    """A row for each step: seconds of processor, and in brackets how much more than linear the next larger home costs."""
    steps = {cost.step: [other for other in found if other.step == cost.step] for cost in found}
    table = Table(by, *(str(cost.size) for cost in next(iter(steps.values()))))
    for step, own in steps.items():
        cells = ["—" if own[0].seconds is None else f"{own[0].seconds:.1f}"]
        for small, large in pairwise(own):
            if small.seconds is None or large.seconds is None:
                cells.append("—")
            else:
                ratio = large.seconds / small.seconds / (large.size / small.size)
                cells.append(f"{large.seconds:.1f} ({ratio:.2f})")
        table.add_row(step, *cells)
    return table


def read(sizes: Sequence[int]) -> list[Cost]:
    """A file of so many rows, from its receipt to its observations."""
    found = []
    for rows in sizes:
        with TemporaryDirectory(prefix="growth-") as folder:
            ten_million.make(Path(folder), rows)
            stages = ten_million.apart("pipeline", Path(folder))["stages"]
        found.append(Cost("rows", rows, "a delivery", sum(seconds for seconds, _ in stages.values())))
    return found


def measure(
    steps: Sequence[str], times: Sequence[int], years: Sequence[int], rows: Sequence[int], limit: float
) -> list[Cost]:
    """Print a table of each that grows, and give what they are made of."""
    whole: list[Cost] = []
    if times:
        whole += told("areas", costs("areas", [(n, YEARS) for n in times], steps, limit))
    if years:
        whole += told("years", costs("years", [(1, n) for n in years], steps, limit))
    if rows:
        whole += told("rows", read(rows))
    return whole


def told(by: str, found: list[Cost]) -> list[Cost]:
    """The same, after they are printed as a table."""
    Console(width=120).print(shown(by, found))
    return found


def drawn(listed: Sequence[Mapping[str, object]], path: Path) -> None:
    """Seconds of processor over size, a panel for each that grows and a line for each step and version; along the dotted line
    twice as much costs twice as much.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    known = [row for row in listed if row["seconds"] not in ("", None)]
    panels = list(dict.fromkeys(str(row["by"]) for row in known))
    figure = Figure(figsize=(5 * len(panels), 5), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, by in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        lines: dict[str, list[tuple[float, float]]] = {}
        for row in (row for row in known if row["by"] == by):
            point = float(str(row["size"])), float(str(row["seconds"]))
            lines.setdefault(f"{row['step']}, {row['version']}", []).append(point)
        for name, points in lines.items():
            [line] = axes.plot(*zip(*sorted(points), strict=True), marker="o", label=name)
            (first, cost), (last, _) = min(points), max(points)
            axes.plot([first, last], [cost, cost * last / first], color=line.get_color(), linestyle=":", linewidth=0.8)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(by)
        axes.set_ylabel("processor, s")
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--times", nargs="*", type=int, default=TIMES, help="how often each town stands there")
    parser.add_argument("--years", nargs="*", type=int, default=range(1, YEARS + 1, 2))
    parser.add_argument("--rows", nargs="*", type=int, default=())
    parser.add_argument("--steps", nargs="*", default=list(STEPS), choices=list(STEPS))
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--figures", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--protect", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.figures or given.protect:
        figures(given.protect)
    else:
        measure(given.steps, given.times, given.years, given.rows, given.limit)


if __name__ == "__main__":
    main()

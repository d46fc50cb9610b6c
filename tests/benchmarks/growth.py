"""How the cost of each step grows with the areas of a district and with its years: python -m tests.benchmarks.growth

Homes are made from 宝坻区 (simulated): each town of it stands there several times, with the same figures, so that every file stays
sound; of the years, only the last are there. Told for each step are seconds of processor and how much more it costs than as
many times the smaller home: 1 is linear. Each step has a process of its own; a step that takes longer than `--limit` seconds
of the clock is not waited for, nor is a larger home. Rows of one file are measured by `python -m tests.benchmarks.ten_million`.
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
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from flows.places import PROJECT
from tests.fixtures.homes import cli

DISTRICT, YEAR = "120115", 2024
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


def cost(home: Path, words: Sequence[str], limit: float) -> float | None:
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
    from flows.places import places

    where = places()
    catalog = load(DISTRICT, where.expectations)
    with warehouse.memory() as con:
        pipeline.figures(con, catalog, where.raw, YEAR, lambda _, work, *given, **named: work(*given, **named))
        if protect:
            begun = process_time()
            disclose.protect(con, catalog)
            print(f"seconds: {process_time() - begun:.2f}")


def grown(title: str, sizes: Sequence[tuple[int, int]], steps: Sequence[str], limit: float) -> Table:
    """The cost of every step for some sizes of homes: how many times each town, how many years."""
    found: dict[str, list[tuple[int, float | None]]] = {step: [] for step in steps}
    for times, years in sizes:
        with TemporaryDirectory(prefix="growth-") as folder:
            areas = make(Path(folder), times, years)
            size = areas if title == "areas" else years
            for step in steps:
                waited = all(seconds is not None for _, seconds in found[step])
                found[step].append((size, cost(Path(folder), STEPS[step], limit) if waited else None))
    table = Table(title, *(str(size) for size, _ in found[steps[0]]))
    for step, costs in found.items():
        cells = ["—" if costs[0][1] is None else f"{costs[0][1]:.1f}"]
        for (small, before), (large, after) in pairwise(costs):
            cells.append(
                "—" if before is None or after is None else f"{after:.1f} ({after / before / (large / small):.2f})"
            )
        table.add_row(step, *cells)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--times", nargs="*", type=int, default=[1, 2, 4, 10, 100], help="how often each town stands there"
    )
    parser.add_argument("--years", nargs="*", type=int, default=[1, 2, 5])
    parser.add_argument("--steps", nargs="*", default=list(STEPS), choices=list(STEPS))
    parser.add_argument("--limit", type=float, default=600)
    parser.add_argument("--figures", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--protect", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.figures or given.protect:
        return figures(given.protect)
    console = Console(width=120)
    if given.times:
        console.print(grown("areas", [(times, 5) for times in given.times], given.steps, given.limit))
    if given.years:
        console.print(grown("years", [(1, years) for years in given.years], given.steps, given.limit))
    return None


if __name__ == "__main__":
    main()

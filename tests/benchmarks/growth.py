"""How the cost of each step grows with the areas of a district, with its years, and with the pages of a paper: ./monitor bench --growth

Homes are made from 宝坻区 (simulated): each town of it stands there several times, with the same figures, so that every file stays
sound. Of the years only the last are there; where there are more than it has, its plan begins earlier and the same figures stand there again.
A paper is one of 所辖地区画像: a list with page numbers, and a page for each area. Rows are those of one file (tests/benchmarks/ten_million.py).

Told for each step are seconds of processor and, in brackets, how much more it costs than as many times the smaller home: 1 is linear. What is
worse than linear is told with its reason (`REASONS`), or with the word that nobody has stated one. Each step has a process of its own, and each
cost is told when it is known. A step that fails, or takes longer than `--limit` seconds of the clock, is told with its reason, a larger home
is not tried for it, and the others go on.
`./monitor bench --growth areas` measures one of them, `--growth` all; they are kept and drawn in output/bench/growth.csv and .png.
"""

from __future__ import annotations

import argparse
import csv
import ctypes
import hashlib
import io
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from subprocess import PIPE
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from flows.places import PROJECT, TEMPLATES
from tests.benchmarks import ten_million
from tests.fixtures.homes import cli

DISTRICT, YEAR, YEARS = "120115", 2024, 5
TIMES = (1, 10, 100)
"""24, 240 and 2,400 areas."""
LASTING = (1, 5, 10)
"""So many years, up to `YEAR`."""
PAGES = (10, 100, 1_000)
ROWS = (30_000, 300_000, 1_000_000)
BY = ("areas", "years", "pages", "rows")
"""What grows."""
LIMIT = 7200.0
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER, prctl(2)."""
LINEAR = 1.1
"""What costs more than so many times as much as linear growth would is told with a reason; less is not told from chance."""
AREA, NAME = "街镇代码", "街镇"
STEPS: Mapping[str, Sequence[str]] = {
    "up to the verdicts": [sys.executable, "-m", "tests.benchmarks.growth", "--figures"],
    "public edition": [sys.executable, "-m", "tests.benchmarks.growth", "--protect"],
    "check": cli("check", "FORM", "--district", DISTRICT),
    "annual": cli("annual", str(YEAR), "--district", DISTRICT, "--no-prefect", "--force"),
}
"""The public edition is told without what comes before it."""
UP_TO = {"annual": 10}
"""Steps that are measured with each town so many times at most: more takes hours, and is told as not measured."""
SETTING = "setting a paper"
REASONS: Mapping[tuple[str, str], str] = {
    (
        "areas",
        "public edition",
    ): "to widen a count the search looks through all counts of the sums around it (Search._candidates): "
    "16 times with 24 areas, 600 times with 240, and sums are as long as there are areas.",
}
"""Why a step grows faster than what it is given: what was found when it was last looked into."""


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
    if years > YEARS:
        for plan in sorted((home / "expectations" / "plans").glob("*/plan.yml")):
            _begin(plan, YEAR - years + 1)
    for year in range(YEAR - years + 1, YEAR + 1):
        _deliver(YEAR - (YEAR - year) % YEARS, year, home / "raw" / DISTRICT / str(year), times)
    return len(towns) * times


def _begin(path: Path, baseline: int) -> None:
    """Let a plan of the years that the district has begin with an earlier baseline."""
    plan, ours = path.read_text(encoding="utf-8"), YEAR - YEARS + 1
    if f"baseline: {ours}\n" in plan:
        plan = plan.replace(f"baseline: {ours}\n", f"baseline: {baseline}\n").replace(
            f"start: {ours + 1}\n", f"start: {baseline + 1}\n"
        )
        path.write_text(plan, encoding="utf-8")


def _deliver(source: int, year: int, folder: Path, times: int) -> None:
    """What the departments sent in one year, as if it had been another, with each town several times."""
    shutil.copytree(PROJECT / "raw" / DISTRICT / str(source), folder)
    digests = {}
    for path in folder.glob("*.csv"):
        before = _digest(path)
        if source != year:
            told = re.sub(rf"(?m)^{source},", f"{year},", _text(path)).replace(f"{source}年", f"{year}年")
            path.write_text(told, encoding="utf-8", newline="")
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
    told = re.sub(r"\b20\d\d\b", lambda found: str(int(found[0]) + year - source), register.read_text(encoding="utf-8"))
    told = re.sub(r"-02-29\b", "-02-28", told)
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


def measured(home: Path, words: Sequence[str], limit: float) -> float | str:
    """Seconds of processor of a command, or why there are none."""
    kept = next((home / "raw" / DISTRICT / str(YEAR)).glob("*孕产妇保健*.csv"))
    form = home / kept.name
    form.write_bytes(kept.read_bytes() + b"\r\n")  # else it is the same file again
    return spent([word.replace("FORM", str(form)) for word in words], home, limit)


def adopt() -> None:
    """Processes whose parent has ended become ours, so that their cost is known, too: papers are set by such."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1)


def spent(command: Sequence[str], home: Path, limit: float) -> float | str:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {
        "PATH": "/usr/bin:/bin",
        "PLAN_MONITOR_HOME": str(home),
        "PYTHONPATH": str(PROJECT),
        "PYTHONUTF8": "1",
    }
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True
    ) as running:
        try:
            said, warned = running.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            return f"not waited for after {limit:.0f} s of the clock"
    with suppress(ChildProcessError):  # until all of its group that were adopted have ended
        while True:
            os.waitpid(-running.pid, 0)
    if running.returncode not in (0, 3):  # 3: something was found
        last = (warned.strip() or said.strip()).splitlines() or [""]
        return f"ended with {running.returncode}: {last[-1]}"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told = re.search(r"^seconds: ([\d.]+)$", said, re.M)
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


def paper(pages: int) -> str:
    """所辖地区画像 of so many areas, with a page for each."""
    sheets = "".join(
        f'<link rel="stylesheet" href="{(TEMPLATES / name).as_uri()}">' for name in ("style.css", "areas.css")
    )
    listed = "".join(
        f'<tr><th scope="row"><a href="#area-{n}">第{n}镇</a></th><td class="n"><a class="page" href="#area-{n}"></a></td></tr>'
        for n in range(pages)
    )
    row = '<tr><th scope="row">孕产妇系统管理率（%）</th><td class="c">≥90</td><td class="n">95.1</td><td class="n">94.8</td></tr>'
    head = '<thead><tr><th scope="col">指标（单位）</th><th>规划要求</th><th>2024年</th><th>全区</th></tr></thead>'
    areas = "".join(
        f'<section class="area" id="area-{n}"><h2>第{n}镇</h2><p class="lead">2项指标需要关注。</p>'
        f'<table class="three">{head}<tbody>{row * 25}</tbody></table></section>'
        for n in range(pages)
    )
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>画像</title>{sheets}</head><body>'
        f'<section class="front"><h1>街镇画像</h1><table class="three index"><tbody>{listed}</tbody></table></section>'
        f"{areas}</body></html>"
    )


def set_paper(pages: int) -> None:
    """Set a paper in this process, as one of the press does; tells the seconds of it."""
    from time import process_time

    from flows.press import pdf

    with TemporaryDirectory(prefix="growth-") as folder:
        begun = process_time()
        pdf.write(paper(pages), Path(folder) / "paper.pdf", [TEMPLATES], date(2025, 7, 15))
        print(f"seconds: {process_time() - begun:.2f}")


@dataclass(frozen=True)
class Cost:
    """What a step cost in a home of some size."""

    by: str
    """What grows: one of `BY`."""
    size: int
    step: str
    seconds: float | None
    """Of processor; None if it did not end."""
    why: str = ""
    """Why it did not."""


def cost(by: str, size: int, step: str, found: float | str) -> Cost:
    """The same as a record, told at once: a long run may be stopped."""
    one = Cost(by, size, step, None, found) if isinstance(found, str) else Cost(by, size, step, found)
    print(f"{by} {size:,}, {step}: {one.why or f'{one.seconds:.1f} s'}", flush=True)
    return one


def costs(by: str, sizes: Sequence[tuple[int, int]], steps: Sequence[str], limit: float) -> list[Cost]:
    """Every step for some sizes of homes: how many times each town, how many years."""
    found: list[Cost] = []
    for times, years in sizes:
        with TemporaryDirectory(prefix="growth-") as folder:
            areas = make(Path(folder), times, years)
            for step in steps:
                if all(one.seconds is not None for one in found if one.step == step):
                    is_asked = times <= UP_TO.get(step, times)
                    seconds = measured(Path(folder), STEPS[step], limit) if is_asked else "not measured (UP_TO)"
                    found.append(cost(by, areas if by == "areas" else years, step, seconds))
    return found


def setting(sizes: Sequence[int], limit: float) -> list[Cost]:
    """Papers of so many pages."""
    found: list[Cost] = []
    with TemporaryDirectory(prefix="growth-") as folder:
        command = [sys.executable, "-m", "tests.benchmarks.growth", "--set"]
        for n in sizes:
            if all(one.seconds is not None for one in found):
                found.append(cost("pages", n, SETTING, spent([*command, str(n)], Path(folder), limit)))
    return found


def read(sizes: Sequence[int], limit: float) -> list[Cost]:
    """A file of so many rows, from its receipt to its observations, and as its sender checks it."""
    found: list[Cost] = []
    for rows in sizes:
        with TemporaryDirectory(prefix="growth-") as folder:
            path = ten_million.make(Path(folder), rows)
            stages = ten_million.apart("pipeline", Path(folder))["stages"]
            found.append(cost("rows", rows, "a delivery", sum(seconds for seconds, _ in stages.values())))
            beside = path.replace(Path(folder) / "figures.csv")  # what is registered already is not checked again
            shutil.rmtree(path.parent)
            command = cli("check", str(beside), "--district", ten_million.DISTRICT)
            found.append(cost("rows", rows, "check", spent(command, Path(folder), limit)))
    return found


def ratio(small: Cost, large: Cost) -> float | None:
    """How much more the larger costs than linear growth would make of the smaller; None if one of them did not end."""
    if small.seconds is None or large.seconds is None:
        return None
    return large.seconds / small.seconds / (large.size / small.size)


def shown(by: str, found: Sequence[Cost]) -> Table:
    """A row for each step: seconds of processor, and in brackets how much more than linear the next larger home costs."""
    sizes = list(dict.fromkeys(one.size for one in found))
    table = Table(by, *map(str, sizes))
    for step in dict.fromkeys(one.step for one in found):
        own = {one.size: one for one in found if one.step == step}
        cells, before = [], None
        for size in sizes:
            one = own.get(size)
            cells.append("—" if one is None or one.seconds is None else f"{one.seconds:.1f}")
            if before and one and (more := ratio(before, one)) is not None:
                cells[-1] += f" ({more:.2f})"
            before = one
        table.add_row(step, *cells)
    return table


def reasons(found: Sequence[Cost]) -> Iterator[str]:
    """A line for each step that grows faster than linear, or did not end, with the reason."""
    for step in dict.fromkeys(one.step for one in found):
        own = [one for one in found if one.step == step]
        for small, large in pairwise(own):
            if (more := ratio(small, large)) is not None and more > LINEAR:
                why = REASONS.get((large.by, step), "nobody has stated a reason: profile it, and state it in REASONS")
                yield f"{step}, {small.size:,} to {large.size:,} {large.by}: {more:.2f} times linear: {why}"
        yield from (f"{step}, {one.size:,} {one.by}: {one.why}" for one in own if one.why)


def measure(
    steps: Sequence[str],
    times: Sequence[int],
    years: Sequence[int],
    pages: Sequence[int],
    rows: Sequence[int],
    limit: float,
) -> list[Cost]:
    """Print a table of each that grows, with what there is to say of it, and give what they are made of."""
    whole: list[Cost] = []
    if times:
        whole += told("areas", costs("areas", [(n, YEARS) for n in times], steps, limit))
    if years:
        whole += told("years", costs("years", [(1, n) for n in years], steps, limit))
    if pages:
        whole += told("pages", setting(pages, limit))
    if rows:
        whole += told("rows", read(rows, limit))
    return whole


def told(by: str, found: list[Cost]) -> list[Cost]:
    """The same, after they are printed as a table."""
    console = Console(width=120)
    console.print(shown(by, found))
    for line in reasons(found):
        console.print(line, markup=False, highlight=False)
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
    parser.add_argument("--years", nargs="*", type=int, default=LASTING)
    parser.add_argument("--pages", nargs="*", type=int, default=PAGES)
    parser.add_argument("--rows", nargs="*", type=int, default=())
    parser.add_argument("--steps", nargs="*", default=list(STEPS), choices=list(STEPS))
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--figures", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--protect", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--set", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    adopt()
    if given.set:
        set_paper(given.set)
    elif given.figures or given.protect:
        figures(given.protect)
    else:
        measure(given.steps, given.times, given.years, given.pages, given.rows, given.limit)


if __name__ == "__main__":
    main()

"""What each command costs, beside a floor that is measured in the same run: ./monitor bench

Every row is a command and its floor: what nobody could do without, such as setting the same pages, or importing the libraries
that it needs. Both are run in turn, several times; told are the medians of their seconds of processor, of all their processes, and of
the clock, the highest memory, and the ratio. Seconds of two machines cannot be compared, ratios can. Each run adds its rows
to output/bench/results.csv, with day and version, and draws them as output/bench/results.png: a loss is seen there. Nothing here is
asserted anywhere. `--rows` chooses some, `--times` says how often; `--district` and `--year` take another home's district.
`--growth` tells instead how costs grow with areas, years, pages and rows, or with one of them (tests/benchmarks/growth.py), and keeps and draws
that as growth.csv and growth.png.
"""

from __future__ import annotations

import argparse
import csv
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from flows.places import PROJECT
from tests.benchmarks import growth, ten_million
from tests.fixtures.homes import cli

RESULTS = PROJECT / "output" / "bench"


@dataclass(frozen=True)
class Cost:
    """What some processes cost, all together."""

    processor: float
    """Seconds of processor, in the program and in the system for it."""
    clock: float
    memory: float
    """The most that one process held, in MB."""


@dataclass(frozen=True)
class Home:
    """A copy of a district's home, in which commands are measured."""

    folder: Path
    district: str
    year: int

    def run(self, *arguments: str) -> Callable[[], Cost]:
        return lambda: measured([cli(*arguments)], self.folder)

    @property
    def delivery(self) -> Path:
        """A form of the year, as its sender sent it."""
        return min((self.folder / "raw" / self.district / str(self.year)).glob("*.csv"))

    def sent(self) -> Path:
        """The same form with one figure more or less, as if it were sent again."""
        path = self.folder / "sent" / self.delivery.name
        path.parent.mkdir(exist_ok=True)
        number = len(list(path.parent.iterdir()))
        path = path.with_stem(f"{path.stem}-{number}")
        path.write_bytes(self.delivery.read_bytes() + b"\r\n" * (number + 1))
        return path


@dataclass(frozen=True)
class Row:
    """A command and its floor."""

    name: str
    cost: Callable[[Home], Cost]
    floor: Callable[[Home], Cost]
    floor_name: str
    goal: float
    """The ratio of both that is wanted, by processor or clock."""
    by_clock: bool = False


def measured(commands: Sequence[Sequence[str]], home: Path, after: bool = False) -> Cost:
    """Run commands at the same time, or one `after` another, and count all of their processes, also those that outlive them."""
    environment = {**os.environ, "PLAN_MONITOR_HOME": str(home), "PYTHONPATH": str(PROJECT), "PYTHONUTF8": "1"}
    began, clock, processor, memory = perf_counter(), 0.0, 0.0, 0.0
    for some in [[command] for command in commands] if after else [commands]:
        ours = {
            subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            ).pid: command
            for command in some
        }
        while True:
            try:
                pid, status, used = os.wait4(-1, 0)
            except ChildProcessError:
                break
            processor += used.ru_utime + used.ru_stime
            memory = max(memory, used.ru_maxrss / 1024)
            if pid in ours:
                clock = perf_counter() - began
                if os.waitstatus_to_exitcode(status) not in (0, 3):  # 3: something was found
                    raise SystemExit(f"{' '.join(ours[pid])} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(processor, clock, memory)


def python(text: str) -> Callable[[Home], Cost]:
    return lambda home: measured([[sys.executable, "-c", text]], home.folder)


def command(*words: str, district: bool = True) -> Callable[[Home], Cost]:
    """Runs a command of the program for the home's district; `YEAR` in it is the home's year."""

    def run(home: Home) -> Cost:
        filled = [word.replace("YEAR", str(home.year)) for word in words]
        return home.run(*filled, *(("--district", home.district) if district else ()))()

    return run


anew = command("annual", "YEAR", "--no-prefect", "--force")
again = command("annual", "YEAR", "--no-prefect")


def checked(home: Home) -> Cost:
    return home.run("check", str(home.sent()), "--district", home.district)()


def verified(home: Home) -> Cost:
    return home.run("verify", str(home.folder / f"output/{home.district}/{home.year}/annual/report.pdf"))()


def filed(home: Home) -> Cost:
    return home.run("receive", str(home.sent()), "--district", home.district, "--reason", "benchmark")()


def after_one_file(home: Home) -> Cost:
    """A yearly run after one form was sent again with a figure changed."""
    text = home.delivery.read_bytes().decode("utf-8-sig").splitlines()
    cells = text[-1].split(",")
    place = max(i for i, cell in enumerate(cells) if cell.isdigit())
    cells[place] = str(int(cells[place]) + 1)
    path = home.sent()
    path.write_text("\r\n".join([*text[:-1], ",".join(cells)]) + "\r\n", encoding="utf-8")
    options = ("--district", home.district, "--year", str(home.year), "--reason", "benchmark")
    home.run("receive", str(path), *options)()
    return again(home)


def pages(home: Home) -> Cost:
    """The papers of the edition, set by themselves, by as many processes as a run has."""
    kept = home.folder / "pages"
    if not kept.is_dir():
        measured([[sys.executable, "-m", "tests.benchmarks.bench", "--keep-pages", str(kept), *_of(home)]], home.folder)
    return measured([[sys.executable, "-m", "tests.benchmarks.bench", "--set-pages", str(kept)]], home.folder)


def two_at_once(home: Home) -> Cost:
    return _twice(home, False)


def two_spread_evenly(home: Home) -> Cost:
    """Two runs one after the other, told with the clock that they would take if all cores worked from the first moment to the last.
    A run keeps more than one core busy by itself, so that half the clock of both in turn cannot be reached.
    """
    cost = _twice(home, True)
    return replace(cost, clock=cost.processor / len(os.sched_getaffinity(0)))


def _twice(home: Home, after: bool) -> Cost:
    commands = []
    for name in ("first", "second"):
        folder = home.folder / name
        if not folder.is_dir():
            copied(folder, home.folder, home.district)
        inside = ["env", f"PLAN_MONITOR_HOME={folder}"]
        options = [str(home.year), "--district", home.district, "--no-prefect", "--force"]
        commands.append([*inside, *cli("annual", *options)])
    return measured(commands, home.folder, after)


LARGE = 300_000


def large(way: str) -> Callable[[Home], Cost]:
    """A delivery of so many rows, one of the ways of tests/benchmarks/ten_million.py."""

    def run(home: Home) -> Cost:
        folder = home.folder / "large"
        if not folder.is_dir():
            folder.mkdir()
            ten_million.make(folder, LARGE)
        return measured(
            [[sys.executable, "-m", ten_million.__name__, "--way", way, "--home", str(folder)]], home.folder
        )

    return run


def _of(home: Home) -> list[str]:
    return ["--district", home.district, "--year", str(home.year)]


ROWS = (
    Row("help", command("--help", district=False), python("pass"), "python -c pass", 3),
    Row("annual, first", anew, pages, "its pages set alone", 1.15),
    Row("annual, again", again, python("import flows.pipeline, flows.report, duckdb"), "imports", 1.5),
    Row("annual, one form new", after_one_file, anew, "annual, first", 0.5),
    Row("check", checked, python("import duckdb, pandas, flows.desk.intake"), "imports", 1.5),
    Row("receive", filed, checked, "check", 2),
    Row(
        "deliveries",
        command("deliveries", "YEAR"),
        python("import typer, expectations.catalog, flows.desk.owed"),
        "imports",
        1.5,
    ),
    Row("verify", verified, pages, "its pages set alone", 1.5),
    Row("a delivery of 300,000 rows", large("pipeline"), large("bare"), "DuckDB's bare reading", 5),
    Row("two districts at once", two_at_once, two_spread_evenly, "all cores busy", 1.2, by_clock=True),
    # Of an edition that stands: what Prefect costs is the same for each run, and would be lost in the minutes of a report.
    Row("Prefect", command("annual", "YEAR"), again, "--no-prefect", 2.5),
)


def copied(folder: Path, source: Path, district: str) -> None:
    """A home in `folder` with the files and the catalogue of another one."""
    shutil.copytree(source / "raw" / district, folder / "raw" / district)
    shutil.copytree(
        source / "expectations", folder / "expectations", ignore=shutil.ignore_patterns("*.py", "__pycache__")
    )


def compared(row: Row, home: Home, times: int) -> Mapping[str, float]:
    """The medians of a command and of its floor, run in turn."""
    pairs = [(row.floor(home), row.cost(home)) for _ in range(times)]
    floor, cost = ([pair[side] for pair in pairs] for side in (0, 1))
    told = {
        "processor": median(c.processor for c in cost),
        "clock": median(c.clock for c in cost),
        "memory": max(c.memory for c in cost),
        "floor_processor": median(c.processor for c in floor),
        "floor_clock": median(c.clock for c in floor),
    }
    measure = "clock" if row.by_clock else "processor"
    return {**told, "ratio": median(getattr(b, measure) / getattr(a, measure) for a, b in pairs), "goal": row.goal}


def keep_pages(folder: Path, district: str, year: int) -> None:
    """Make a report and keep what each of its papers is set from."""
    from flows.press import pdf
    from flows.run import cli as command_line

    folder.mkdir()
    made_of = pdf.made_of

    def kept(
        text: str, place: Path, published: date, attachments: Mapping[str, str] | None = None
    ) -> Mapping[str, str]:
        aside = folder / f"{len(list(folder.iterdir())):03}"
        shutil.copytree(place, aside)
        (aside / "page.pickle").write_bytes(pickle.dumps((text, published, attachments)))
        return made_of(text, place, published, attachments)

    sys.argv = ["monitor", "annual", str(year), "--district", district, "--no-prefect", "--force"]
    with patch.object(pdf, "made_of", kept):
        command_line.main()


def set_pages(folder: Path) -> None:
    from flows.places import TEMPLATES
    from flows.press import pdf

    with pdf.press() as (write, printed):
        for aside in sorted(folder.iterdir()):
            text, published, attachments = pickle.loads((aside / "page.pickle").read_bytes())
            write(text, aside / "set.pdf", [aside, TEMPLATES], published, attachments)
        printed()


def kept(rows: Iterable[Mapping[str, object]], district: str, path: Path) -> list[dict[str, object]]:
    """The results of all runs, with those of this one added."""
    path.parent.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    ).stdout.strip()
    listed: list[dict[str, object]] = []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            listed += [dict(row) for row in csv.DictReader(file)]
    head = {"day": date.today().isoformat(), "version": version, "district": district}
    listed += [{**head, **{k: f"{v:.3f}" if isinstance(v, float) else v for k, v in row.items()}} for row in rows]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*listed[-1]])
        writer.writeheader()
        writer.writerows(listed)
    return listed


def drawn(listed: Sequence[Mapping[str, object]], path: Path) -> None:
    """The ratios of every row by version, each divided by its goal: 1 is what is wanted."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for name in dict.fromkeys(str(row["row"]) for row in listed):
        own = [row for row in listed if row["row"] == name]
        versions = [f"{row['day']}\n{row['version']}" for row in own]
        axes.plot(versions, [float(str(r["ratio"])) / float(str(r["goal"])) for r in own], marker="o", label=name)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_yscale("log")
    axes.set_ylabel("ratio / goal")
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./monitor bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", nargs="*", default=[row.name for row in ROWS], choices=[row.name for row in ROWS])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--district", default="120115")
    parser.add_argument("--year", type=int, default=2024)
    parser.add_argument("--home", type=Path, default=PROJECT)
    parser.add_argument(
        "--growth",
        nargs="*",
        choices=growth.BY,
        help="how costs grow, in place of the rows: with all of these, or with those named",
    )
    parser.add_argument("--keep-pages", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--set-pages", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.keep_pages:
        return keep_pages(given.keep_pages, given.district, given.year)
    if given.set_pages:
        return set_pages(given.set_pages)
    growth.adopt()
    if given.growth is not None:
        by = given.growth or growth.BY
        times = growth.TIMES if "areas" in by else ()
        years = growth.LASTING if "years" in by else ()
        pages = growth.PAGES if "pages" in by else ()
        rows = growth.ROWS if "rows" in by else ()
        costs = growth.measure(list(growth.STEPS), times, years, pages, rows, growth.LIMIT)
        listed = kept([asdict(cost) for cost in costs], growth.DISTRICT, RESULTS / "growth.csv")
        return growth.drawn(listed, RESULTS / "growth.png")
    found: dict[str, Mapping[str, float]] = {}
    table = Table("row", "processor, s", "clock, s", "memory, MB", "floor", "processor, s", "ratio", "goal")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Home(Path(folder), given.district, given.year)
        copied(home.folder, given.home, given.district)
        if set(given.rows) & {"annual, again", "verify", "Prefect"}:
            again(home)
        for row in ROWS:
            if row.name in given.rows:
                one = found[row.name] = compared(row, home, given.times)
                cells = (f"{one[k]:.2f}" for k in ("processor", "clock"))
                table.add_row(
                    row.name, *cells, f"{one['memory']:.0f}", row.floor_name, f"{one['floor_processor']:.2f}",
                    f"{one['ratio']:.2f}", f"{row.goal:g}",
                )  # fmt: skip
    Console(width=120).print(table)
    measures = [{"row": name, **row} for name, row in found.items()]
    drawn(kept(measures, given.district, RESULTS / "results.csv"), RESULTS / "results.png")
    return None


if __name__ == "__main__":
    main()

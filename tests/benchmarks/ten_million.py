"""Ten million rows through receive, contract and observe, beside DuckDB's bare reading of the same file: a run of
`python -m tests.benchmarks.ten_million` from the project's folder.

The catalogue and the file are made anew in a temporary folder. Each way has a process of its own, which tells its peak
of memory; both may use as many threads and as much memory as the warehouse. Only ratios within one run say anything.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, ParamSpec, TypeVar

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "catalogue"
PROJECT = Path(__file__).resolve().parents[2]
DISTRICT, DATASET, YEAR = "990201", "figures", 2024
ROWS, AREAS = 10_000_000, 3_000
SEXES = ("女", "男", "合计")
HEADER = ("年份", "街镇代码", "性别", "指标", "计量单位", "数值")
UNITS = ("%", "‰", "人")
CATALOGUE = "catalogue"
"""The stage that costs the same however many rows there are."""
LIMIT = 2.5
"""GB that the pipeline may take at most, whatever the size of a file."""

P = ParamSpec("P")
T = TypeVar("T")


# --- the catalogue and the file --------------------------------------------------------------------------------------


def make(home: Path, rows: int) -> Path:
    """A home with a catalogue and one registered file of so many sound rows; gives the path of the file."""
    indicators = -(-rows // (AREAS * len(SEXES)))
    catalogue = home / "expectations"
    shutil.copytree(FIXTURES, catalogue)
    with (catalogue / "districts" / f"{DISTRICT}.yml").open("a+", encoding="utf-8") as file:
        file.seek(0)
        text = file.read()
        areas = "".join(f'  - {{code: "{_code(n)}", name: 第{n}街道, kind: subdistrict}}\n' for n in range(AREAS))
        file.truncate(0)
        file.write(text.replace("\nareas:\n", f"\nareas:\n{areas}", 1))
    (catalogue / "datasets" / "figures.yml").write_text(
        DATASET_RECORD.format(listed=", ".join(f"many_{n}" for n in range(indicators))), encoding="utf-8"
    )
    (catalogue / "indicators" / "many.yml").write_text(
        "".join(INDICATOR.format(number=n, unit=_unit(n)) for n in range(indicators)), encoding="utf-8"
    )
    targets = "".join(f"      - {{indicator: many_{n}, rule: increase}}\n" for n in range(indicators))
    plan = catalogue / "plans" / "demo_women_2021" / "2_many.yml"
    plan.write_text(
        f"domain: 2\ntitle: 很多指标\ngoals:\n  1:\n    title: 提高\n    targets:\n{targets}", encoding="utf-8"
    )
    folder = home / "raw" / DISTRICT / str(YEAR)
    folder.mkdir(parents=True)
    path = folder / "figures.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(islice(_rows(indicators), rows))
    with path.open("rb") as binary:
        digest = hashlib.file_digest(binary, "sha256").hexdigest()
    (folder / "deliveries.yml").write_text(REGISTER.format(digest=digest), encoding="utf-8")
    return path


def _rows(indicators: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(20240101)
    for number, area in product(range(indicators), range(AREAS)):
        apart = sorted((chance.randrange(10_000), chance.randrange(10_000)))
        for sex, hundredths in zip(SEXES, (*apart, sum(apart) // 2), strict=True):  # the total is between both
            yield YEAR, _code(area), sex, f"第{number}项指标", _unit(number), f"{hundredths / 100:.2f}"


def _code(number: int) -> str:
    return f"9903{number:05d}"


def _unit(number: int) -> str:
    return UNITS[number % len(UNITS)]


DATASET_RECORD = """\
figures:
  title: 公布数据大表
  department: statistics
  due: "03-10"
  indicators: [{listed}]
  columns:
    年份: {{is: year}}
    街镇代码: {{is: area}}
    性别: {{is: sex}}
    指标: {{is: indicator}}
    计量单位: {{is: value_unit}}
    数值: {{is: value, decimals: 2}}
"""
INDICATOR = """\
many_{number}: {{name: 第{number}项指标, kind: published, unit: "{unit}", decimals: 2, better: higher,
  by_sex: true, lead: statistics, definition: 第{number}项，直接报送。}}
"""
REGISTER = f"""\
district: "{DISTRICT}"
year: {YEAR}
simulated: true
locked: "{YEAR + 1}-06-30"
published: "{YEAR + 1}-07-15"
deliveries:
  - {{{{dataset: {DATASET}, file: figures.csv, received: "{YEAR + 1}-03-10", sha256: "{{digest}}"}}}}
"""


# --- the two ways, each in a process of its own ----------------------------------------------------------------------


class Clock:
    """Seconds of processor, of all threads, and the peak of memory so far, by stage."""

    def __init__(self) -> None:
        self.stages: dict[str, list[float]] = {}

    def do(self, title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        begun = process_time()
        result = stage(*args, **kwargs)
        self.stages[title] = [process_time() - begun, _peak()]
        return result


def _peak() -> float:
    """GB of this process at most; Linux counts kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def pipeline(home: Path) -> dict[str, Any]:
    """What `flows.desk.trial.received` does, with a warehouse on disk. A run asks Great Expectations as well, which takes as long to
    import as 400,000 rows take here, once for all forms of a year.
    """
    from expectations.catalog import load
    from flows import ingest, validate, warehouse

    clock = Clock()
    catalog = clock.do(CATALOGUE, load, DISTRICT, home / "expectations")
    with warehouse.build(home / "warehouse" / "figures.duckdb") as con:
        clock.do("receive", ingest.store, con, catalog, home / "raw", [YEAR])
        clock.do("contract", validate.contract, con, catalog, validate.Trial())
        clock.do("observe", ingest.observe, con, catalog)
        [counts] = con.execute(
            "select status, rows_in, cells_in, observations, rejections from meta_deliveries where file is not null"
        ).fetchall()
    names = ("status", "rows", "cells", "observations", "rejections")
    return {"stages": clock.stages, **dict(zip(names, counts, strict=True))}


def bare(home: Path) -> dict[str, Any]:
    """DuckDB alone: every cell as text into one table of a database."""
    import duckdb

    from flows.warehouse import configure

    clock = Clock()
    with duckdb.connect(home / "bare.duckdb") as con:
        configure(con)
        file = home / "raw" / DISTRICT / str(YEAR) / "figures.csv"
        read = f"create or replace table t as select * from read_csv('{file}', all_varchar = true, header = true)"
        clock.do("read_csv", con.execute, read)
        [(rows,)] = con.execute("select count(*) from t").fetchall()
    return {"stages": clock.stages, "rows": rows}


WAYS = {"bare": bare, "pipeline": pipeline}


def apart(way: str, home: Path) -> dict[str, Any]:
    """What a way tells, in a process of its own."""
    command = [sys.executable, "-m", __spec__.name, "--way", way, "--home", str(home)]
    done = subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def compare(rows: int, folder: Path | None) -> None:
    """Make the file, send it both ways and print what each took."""
    with TemporaryDirectory(dir=folder) as temporary:
        home = Path(temporary)
        make(home, rows)
        size = (home / "raw" / DISTRICT / str(YEAR) / "figures.csv").stat().st_size
        plain, ours = apart("bare", home), apart("pipeline", home)
    [(one, least)] = plain["stages"].values()
    whole = sum(seconds for seconds, _ in ours["stages"].values())
    rows_alone = sum(seconds for stage, (seconds, _) in ours["stages"].items() if stage != CATALOGUE)
    print(
        f"{rows:,} rows, {size / 1e6:,.0f} MB; DuckDB's bare reading: {plain['rows']:,} rows, peak {least:.2f} GB = 1"
    )
    for stage, (seconds, peak) in ours["stages"].items():
        print(f"  {stage}: {seconds / one:.1f} times as long, {100 * seconds / whole:.0f} %, peak so far {peak:.2f} GB")
    peak = max(peak for _, peak in ours["stages"].values())
    print(f"  altogether: {whole / one:.1f} times as long, peak {peak:.2f} GB ({peak / least:.1f} times as much), "
          f"{'below' if peak < LIMIT else 'ABOVE'} {LIMIT} GB")  # fmt: skip
    print(f"  of that what rows cost: {rows_alone / one:.1f} times as long")
    balanced = ours["cells"] == ours["observations"] + ours["rejections"]
    print(f"  {ours['status']}: {ours['rows']:,} rows, {ours['cells']:,} cells {'=' if balanced else '≠'} "
          f"{ours['observations']:,} observations + {ours['rejections']:,} rejections")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made; ten million rows take 4 GB")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        print(json.dumps(WAYS[given.way](given.home)))
    else:
        compare(given.rows, given.folder)


if __name__ == "__main__":
    main()

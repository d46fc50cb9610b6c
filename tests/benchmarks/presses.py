"""The same bytes, whatever the number of presses: `python -m tests.benchmarks.presses`

A yearly report is made anew with one, two and four presses (`--presses`, as PLAN_MONITOR_PRESSES says it); told is what each costs
and, file by file, where editions differ: nowhere. `--district` and `--year` take another home's district
(`--home tests/golden --district 990101 --year 2022` is done in a minute).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from flows.places import PROJECT
from flows.press import pdf
from tests.benchmarks import bench, growth


def files(folder: Path) -> Mapping[str, str]:
    """Each file of an edition, and its hash."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--presses", nargs="+", type=int, default=(1, 2, 4))
    parser.add_argument("--district", default="120115")
    parser.add_argument("--year", type=int, default=2024)
    parser.add_argument("--home", type=Path, default=PROJECT)
    given = parser.parse_args()
    growth.adopt()
    table = Table("presses", "processor, s", "clock, s", "memory, MB", "files", "differ")
    first: Mapping[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="presses-") as folder:
        for number in given.presses:
            home = bench.Home(Path(folder, str(number)), given.district, given.year)
            bench.copied(home.folder, given.home, given.district)
            with patch.dict(os.environ, {pdf.PRESSES: str(number)}):
                cost = bench.anew(home)
            made = files(home.folder / "output" / given.district / str(given.year) / "annual")
            first = first or made
            differ = sorted(name for name in {*first, *made} if first.get(name) != made.get(name))
            told = (f"{cost.processor:.1f}", f"{cost.clock:.1f}", f"{cost.memory:.0f}", str(len(made)))
            table.add_row(str(number), *told, "、".join(differ) or "none")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

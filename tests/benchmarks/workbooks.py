"""What rows of formatting alone cost, and a table of figures: our reader against openpyxl opening the file twice.

`python -m tests.benchmarks.workbooks --rows 100000`; before there was a reader of our own, every workbook was opened
so.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from flows.files import workbooks
from flows.files.source import FileBytes
from tests.fixtures.make import ROWS, xlsx
from tests.fixtures.workbooks import formatted_only


def ours(path: Path) -> None:
    _, [sheet] = workbooks.sheets(FileBytes.of(path))
    assert len(next(iter(sheet.lines.values()))) >= len(ROWS[0])


def twice(path: Path) -> None:
    with path.open("rb") as file:
        openpyxl.load_workbook(file, data_only=True)
        openpyxl.load_workbook(file)


def measured(reader: Callable[[Path], None], path: Path) -> tuple[float, int]:
    """Processor seconds and megabytes of a process that does nothing else."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (reader, path))


def _measured(reader: Callable[[Path], None], path: Path) -> tuple[float, int]:
    begun = time.process_time()
    reader(path)
    return time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def figures(rows: int) -> bytes:
    def fill(book: openpyxl.Workbook, sheet: Worksheet) -> None:
        for n in range(rows):
            sheet.append([2024, "990201001", "东风街道", n, 3])

    return xlsx(fill)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "报表.xlsx"
        for what, data in (
            ("rows of formatting alone", formatted_only(given.rows)),
            ("rows of five cells", figures(given.rows // 10)),
        ):
            path.write_bytes(data)
            (after, small), (before, large) = measured(ours, path), measured(twice, path)
            rows = given.rows if "alone" in what else given.rows // 10
            print(f"{rows} {what}: {after:.2f} s, {small} MB; openpyxl twice {before:.2f} s, {large} MB: "
                  f"{before / after:.0f} times")  # fmt: skip


if __name__ == "__main__":
    main()

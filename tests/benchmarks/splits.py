"""What is done for large files only gives the same as the way of small ones.

`python -m tests.benchmarks.splits --files 200000 --seed 1`: sound files of a form are damaged in their bytes, separators, quotation marks,
line ends, encodings, blanks, figures and cells; each is then read many lines at a time (flows/files/plain.py) and by the
csv module alone. Cells, lines, findings, raw and staged rows have to be the same, and so has what ends the reading.

`python -m tests.benchmarks.splits --raw raw`: whole districts are received, checked and observed on both ways; all tables have to be the
same. The suite does both with a few of them (tests/unit/test_plain.py).
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pandas as pd

from expectations.catalog import load
from expectations.records import Catalog
from flows import ingest, validate
from flows.files import UnreadableError, open_file, plain, text, texts
from flows.ingest import accounting, deliveries
from flows.ingest.staging import Coders, Stager
from flows.ingest.table import DeliveredTable, read
from flows.validate import deliveries as gate
from tests.fixtures.deliveries import CATALOG, YEAR
from tests.fixtures.warehouses import warehouse

CODERS = Coders(CATALOG)
AREAS = (
    ("990201001", "东风街道"),
    ("990201101", "西桥镇"),
    ("990201102", "南河镇"),
    ("", "东风街道"),
    ("990201001", ""),
)
WORDS = ("年份", "女", "合计", "小计", "西桥镇 汇总", "注：不含流动人口", "单位：万人", "万人", "—", "不适用", "2023", "2024年", "１２", "〇", "1,234",
         "0.03万人", "-0", "1e9", "12①", "0.5", "9" * 40, "很长的一句说明" * 12)  # fmt: skip
BYTES = (b'"', b'""', b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r\n", b",", b";", b"\t", b",,", b" ", b"\xe3\x80\x80", b"\xc2\xa0", b"\x00", b"\x1a",
         b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\x0b", b"\x0c", b"\x85", b"\xff", b"\x81\x30\x81\x30", b"'", b"=\"1\"", b"|")  # fmt: skip


def sound(random_: random.Random) -> bytes:
    """A form as its sender might send it, filled in."""
    separator, end = random_.choice(",,,;\t"), random_.choice(("\n", "\r\n"))
    rows = [["年份", "街镇代码", "街镇", "活产数", "死亡人数"]]
    for _ in range(random_.randint(4, 24)):
        area = random_.choice(AREAS[: random_.choice((3, 5))])
        rows.append([str(YEAR), *area, str(random_.randint(0, 900)), str(random_.randint(0, 9))])
    for _ in range(random_.choice((0, 0, 0, 1, 2))):  # cells that are odd, and lines that are no rows of their own
        row = random_.choice(rows)
        row[random_.randrange(len(row))] = random_.choice(WORDS)
    if random_.random() < 0.1:
        row = random_.choice(rows)
        row[:] = row[: random_.randint(0, 4)] if random_.random() < 0.5 else [*row, random_.choice(WORDS)]
    data = end.join(separator.join(row) for row in rows) + random_.choice((end, end, "", end * 2))
    return data.encode(random_.choice(("utf-8", "utf-8", "utf-8-sig", "gb18030")), "replace")


def damaged(random_: random.Random) -> bytes:
    """A sound file, in which some bytes may be put in, cut out or doubled."""
    data = bytearray(sound(random_))
    for _ in range(random_.choice((0, 0, 1, 1, 2, 3))):
        at = random_.randrange(len(data) + 1)
        match random_.randrange(4):
            case 0:
                del data[at : at + random_.randint(1, 6)]
            case 1:
                data[at:at] = data[at : at + random_.randint(1, 60)]
            case 2 if at < len(data):
                data[at] = random_.randrange(256)
            case _:
                data[at:at] = random_.choice(BYTES)
    return bytes(data)


class Seen(NamedTuple):
    """What a way of splitting saw of a file."""

    told: list[Any]
    """Its cells and lines, or its rows and findings."""
    split: int
    """The rows that were split many at a time."""


@contextmanager
def small(at_once: int, block: int, longest: int = plain.LONGEST) -> Iterator[None]:
    """Read only so many rows one by one at the beginning, and so many bytes, or three lines, at a time, so that small files are
    split as large ones.
    """
    with ExitStack() as stack:
        stack.enter_context(patch.object(text, "AT_ONCE", at_once))
        stack.enter_context(patch.object(plain, "BLOCK", block))
        stack.enter_context(patch.object(plain, "ROWS", 3))
        stack.enter_context(patch.object(plain, "LONGEST", longest))
        yield


def seen(look: Callable[[Path], Iterator[Any]], path: Path, *, careful: bool) -> Seen:
    rows = 0

    def counted(*given: Any) -> plain.PlainRows | None:
        nonlocal rows
        found = columns(*given)
        rows += len(found.lines) if found else 0
        return found

    columns, told = plain.columns, list[Any]()
    split = patch.object(plain, "is_plain", return_value=False) if careful else patch.object(plain, "columns", counted)
    with split:
        try:
            told += look(path)
        except UnreadableError as error:
            told.append(error.defect)
    return Seen(told, rows)


def cells(path: Path) -> Iterator[Any]:
    """Every cell of a file, with its line, for each separator."""
    for view in open_file(path).views:
        try:
            yield from view.rows()
        except UnreadableError as error:
            yield error.defect


def staged(path: Path) -> Iterator[Any]:
    """What is stored of a file of the form of births, and what is told of it."""
    table = read(path, CATALOG.datasets["births"], CATALOG.codes, YEAR)
    stager = Stager(CODERS, "", table)
    for chunk in table.chunks():
        for pair in stager.blocks(chunk):
            for frame in map(pd.DataFrame, pair):
                yield from frame.astype(object).where(frame.notna(), None).to_dict("records")
    yield from (table.rows_in, stager.rows, stager.cells, stager.other_years, table.notes, [*stager.notes()])


def sorted_out(told: list[Any]) -> list[Any]:
    """Raw rows before staged ones: how many stand in one chunk differs."""
    return sorted((row for row in told if isinstance(row, dict)), key=lambda row: len(row)) + [
        other for other in told if not isinstance(other, dict)
    ]


def differing(random_: random.Random, folder: Path, thorough: bool) -> tuple[bytes | None, int]:
    """A damaged file that the two ways see otherwise, or None; and how many rows were split many at a time."""
    data, path = damaged(random_), folder / "file.csv"
    path.write_bytes(data)
    look = staged if thorough else cells
    with small(random_.randint(1, 3), random_.choice((16, 64, 256, 1024)), random_.choice((8, 16, 64))):
        one, other = (seen(look, path, careful=careful) for careful in (False, True))
    same = sorted_out(one.told) == sorted_out(other.told)
    return None if same else data, one.split


# --- whole districts -------------------------------------------------------------------------------------------------


@contextmanager
def ways(*, careful: bool) -> Iterator[Counter[str]]:
    """Take every file as a large one, or none; counts the files of which rows were split many at a time."""
    counts, columns = Counter[str](), plain.columns
    number = 10**9 if careful else 1

    def split(*given: Any) -> plain.PlainRows | None:
        found = columns(*given)
        counts["rows"] += len(found.lines) if found else 0
        return found

    with ExitStack() as stack:
        stack.enter_context(small(3, 64))
        for module in (texts, accounting, gate):
            stack.enter_context(patch.object(module, "MANY", number))
        stack.enter_context(patch.object(deliveries, "MANY", number))
        if careful:
            stack.enter_context(patch.object(plain, "is_plain", return_value=False))
        stack.enter_context(patch.object(plain, "columns", split))
        stack.enter_context(patch.object(deliveries, "read", _counting(counts)))
        yield counts


def _counting(counts: Counter[str]) -> Callable[..., DeliveredTable]:
    def counted(*given: Any) -> DeliveredTable:
        table, chunks = read(*given), DeliveredTable.chunks

        def of(size: int = 50_000) -> Iterator[Any]:
            before = counts["rows"]
            yield from chunks(table, size)
            counts["files"] += counts["rows"] > before

        table.chunks = of  # type: ignore[method-assign]
        return table

    return counted


def tables(
    catalog: Catalog, raw: Path, years: Sequence[int], *, careful: bool, trial: validate.Trial | None = None
) -> tuple[dict[str, list[Any]], Counter[str]]:
    """Every table after all files were received, checked and observed, and what `ways` counted."""
    with ways(careful=careful) as counts, warehouse() as con:
        ingest.store(con, catalog, raw, years)
        validate.contract(con, catalog, trial)
        ingest.observe(con, catalog)
        names = [
            name
            for (name,) in con.execute(
                "select table_name from duckdb_tables() where not temporary order by 1"
            ).fetchall()
        ]
        return {name: con.execute(f'from "{name}" order by all').fetchall() for name in names}, counts


def districts(raw: Path) -> None:
    for folder in sorted(path for path in raw.iterdir() if path.name.isdigit()):
        catalog, years = load(folder.name), sorted(int(path.name) for path in folder.iterdir())
        (one, counts), (other, _) = (tables(catalog, raw, years, careful=careful) for careful in (False, True))
        wrong = [name for name in one if one[name] != other[name]]
        files = sum(row[0] is not None for row in one["meta_deliveries"])
        print(
            f"{folder.name}: {files} deliveries, {counts['files']} files split many lines at a time, {len(one)} tables; different: {wrong}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--raw", type=Path, help="the folder of districts, in place of damaged files")
    given = parser.parse_args()
    if given.raw:
        districts(given.raw)
        return
    random_, counts = random.Random(given.seed), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        for number in range(1, given.files + 1):
            wrong, rows = differing(random_, Path(name), thorough=number % 20 == 0)
            counts["rows"] += rows
            counts["split"] += rows > 0
            if wrong is not None:
                counts["wrong"] += 1
                print(f"{number}: {wrong!r}", flush=True)
            if number % 5_000 == 0 or number == given.files:
                told = f"{number:,} files, {counts['split']:,} of them split many lines at a time ({counts['rows']:,} rows)"
                print(f"{told}; seen otherwise: {counts['wrong']:,}", flush=True)


if __name__ == "__main__":
    main()

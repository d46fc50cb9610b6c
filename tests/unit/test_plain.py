"""Plain lines are split many at a time, and large forms asked word by word: the same cells, rows and findings as one by one."""

import random
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import validate
from flows.files import open_file, plain
from flows.files.source import FileBytes
from flows.places import PROJECT
from tests.benchmarks.splits import cells, differing, seen, small, staged, tables
from tests.fixtures.answers import EXPECTED
from tests.fixtures.deliveries import CATALOG, FILES, Sent, deliver

HEAD = "年份,街镇代码,街镇,活产数,死亡人数\n"
ROW = "2024,990201001,东风街道,300,3\n"


def read(path: Path, text: str | bytes, at_once: int = 2, block: int = 64) -> tuple[list[tuple[int, list[str]]], int]:
    """The lines and cells of a file, and how many of its rows were split many at a time."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with small(at_once, block):
        one, other = (seen(cells, path, careful=careful) for careful in (False, True))
    assert one.told == other.told
    first = open_file(path).views[0]
    return [(row.line, row.cells) for row in first.rows()], one.split


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_plain_lines_are_split_many_at_a_time(tmp_path: Path, codec: str, end: str) -> None:
    text = (HEAD + ROW * 20).replace("\n", end).removesuffix(end)
    found, split = read(tmp_path / "a.csv", text.encode(codec))
    assert [line for line, _ in found] == [*range(1, 22)]
    assert found[20][1] == ["2024", "990201001", "东风街道", "300", "3"]
    assert split == 19


@pytest.mark.parametrize(
    ("odd", "lines"),
    [
        ('2024,990201001,"东风\n街道",300,3\n', [*range(1, 23), *range(24, 44)]),  # a quotation mark anywhere
        ("2024,990201001,东风街道\r300,3\n", [*range(1, 44)]),  # an end of a line that is no line feed
    ],
)
def test_a_file_that_is_not_plain_is_left_to_the_csv_module(tmp_path: Path, odd: str, lines: list[int]) -> None:
    found, split = read(tmp_path / "a.csv", HEAD + ROW * 20 + odd + ROW * 20)
    assert ([line for line, _ in found], split) == (lines, 0)


@pytest.mark.parametrize(
    "odd",
    ["2024,990201001,东风街道,300\n", ROW.replace("\n", ",\n"), "\n", ROW.replace("东风", "东风" * 20), ",\n,,,,,,\n"],
)
def test_only_the_lines_around_an_odd_one_are_left_to_the_csv_module(tmp_path: Path, odd: str) -> None:
    found, split = read(tmp_path / "a.csv", HEAD + ROW * 20 + odd + ROW * 20)
    assert found[21][1] == odd.split("\n")[0].split(",") if odd != "\n" else found[21][1] == []
    assert [line for line, _ in found] == [*range(1, 42 + odd.count("\n"))]
    assert 20 < split < 40


def test_odd_letters_are_told_in_one_order_however_many_rows_are_read_at_a_time(tmp_path: Path) -> None:
    """The later column has one first, and of two cells of a column the later has the word that another row has made known."""
    hidden = "\u200b"
    odd = (
        ROW.replace("东风", f"东{hidden}风")
        + ROW * 3
        + ROW.replace("990201001", f"99{hidden}0201001").replace("东风", f"东风{hidden}")
    )
    path = tmp_path / "a.csv"
    path.write_text(HEAD + ROW * 3 + odd, encoding="utf-8")
    told = []
    for at_once in (1, 2, 1000):
        with small(at_once, 64):
            told.append(seen(staged, path, careful=False).told[-1])
    assert told[0] == told[1] == told[2]
    assert [defect.rule for defect in told[0]].count("invisible") == 3


@pytest.mark.parametrize("size", [8, 40, 1 << 20])  # less than a line, some lines, the whole file
def test_blocks_follow_each_other_and_have_so_many_lines_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    lines = [f"{number},{'x' * (number % 5)}\n".encode() for number in range(20)] + [b"20,without an end"]
    (tmp_path / "a.csv").write_bytes(b"".join(lines))
    monkeypatch.setattr(plain, "BLOCK", size)
    monkeypatch.setattr(plain, "ROWS", 6)
    found = list(plain.blocks(FileBytes.of(tmp_path / "a.csv"), 2))
    assert b"".join(block for _, block in found) == b"".join(lines[2:])
    assert [block.splitlines(keepends=True)[0] for _, block in found] == [lines[line] for line, _ in found]
    assert max(len(block.splitlines()) for _, block in found) <= 6


def test_words_that_begin_alike_are_not_the_same() -> None:
    words = [
        "一二三四五六七八",
        "一二三四五六七八九",
        "12345678",
        "123456780",
        "",
        "1234567",
        "12345678",
        "一二三四五六七九",
    ]
    block = "".join(f"{word},{n}\n" for n, word in enumerate(words)).encode()
    found = plain.columns(block, 7, "utf-8-sig", ",")
    assert found is not None and found.lines == range(8, 16)
    assert found.texts[0].each().tolist() == words
    assert found.rows[6] == ["12345678", "6"]
    assert len(found.texts[0].words) == len(set(words))


def test_both_ways_see_the_same_cells_of_damaged_files(tmp_path: Path) -> None:
    random_ = random.Random(20260101)
    found = [differing(random_, tmp_path, thorough=number % 5 == 0) for number in range(150)]
    assert [wrong for wrong, _ in found if wrong is not None] == []
    assert sum(rows > 0 for _, rows in found) > 40


def test_both_ways_see_the_same_cells_of_every_file_that_is_here(tmp_path: Path) -> None:
    here = [path for folder in ("raw", "tests", "docs") for path in sorted((PROJECT / folder).rglob("*.csv"))]
    for number, case in enumerate(EXPECTED):
        path = tmp_path / f"{number}.csv"
        path.write_bytes((FILES / case["file"]).read_bytes())
        here.append(path)
    split = 0
    for path in here:
        with small(2, 256):
            one, other = (seen(cells, path, careful=careful) for careful in (False, True))
        assert one.told == other.told, path
        split += one.split > 0
    assert len(here) > 700 and split > 500


def test_every_file_gives_the_same_tables_on_both_ways(tmp_path: Path) -> None:
    """All that is done otherwise for large files, taken with small ones."""
    for number, case in enumerate(EXPECTED):
        entry = {"department": "health"} if case["dataset"] == "progress" else {}
        deliver(tmp_path, 1950 + number, [Sent(case["dataset"], (FILES / case["file"]).read_bytes(), entry)])
    years = range(1950, 1950 + len(EXPECTED))
    (one, counts), (other, none) = (tables(CATALOG, tmp_path, years, careful=careful) for careful in (False, True))
    assert [name for name in one if one[name] != other[name]] == []
    assert counts["files"] > 50 and none["files"] == 0
    assert {"accepted", "partial", "refused"} <= {str(row) for line in one["meta_deliveries"] for row in line}


def test_a_year_of_a_district_gives_the_same_tables_on_both_ways() -> None:
    catalog = load("120115")
    (one, counts), (other, _) = (
        tables(catalog, PROJECT / "raw", [2024], careful=careful, trial=validate.Trial()) for careful in (False, True)
    )
    assert [name for name in one if one[name] != other[name]] == []
    assert counts["files"] > 10

"""A city's report over three counties: of which one failed, and of which none did."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import disclose, report
from flows.desk import trial
from flows.report.kinds import KINDS
from tests.conftest import Once
from tests.fixtures import counties
from tests.fixtures.counties import CITY, YEAR

THIRD = "990503"


def edition(folder: Path, files: dict[str, dict[int, str]]) -> None:
    """The city's edition of 2022 without its paper, and the public one in a folder of it."""
    home = counties.home_of_the_city(folder / "home", files)
    catalog = load(CITY, home / "expectations")
    with trial.judged(catalog, home / "raw", YEAR) as con:
        (folder / "public").mkdir()
        kind = KINDS["annual"]
        report.make(kind, con, catalog, YEAR, folder, write=lambda page, path, *_: path)
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            report.make(kind, copy, catalog, YEAR, folder / "public", write=lambda page, path, *_: path)


@pytest.fixture(scope="module")
def sound(once: Once, released: dict[str, dict[int, str]]) -> Path:
    return once("sound_city", lambda folder: edition(folder, released))


@pytest.fixture(scope="module")
def failed(once: Once, released: dict[str, dict[int, str]]) -> Path:
    """The third county's file of 2022 has lost its last four lines."""
    torn = "\r\n".join(released[THIRD][YEAR].split("\r\n")[:-5]) + "\r\n"
    files = {**released, THIRD: {**released[THIRD], YEAR: torn}}
    return once("failed_city", lambda folder: edition(folder, files))


def rows(path: Path, indicator: str) -> Iterator[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from ([*line[1:3], line[-1]] for line in csv.reader(file) if line[0].startswith(indicator))


def test_each_county_stands_beside_the_city_in_its_group(sound: Path) -> None:
    assert [*rows(sound / "districts.csv", "宫颈癌筛查率")] == [
        ["全市", "70.0", "—"],
        ["乙县", "75.0", "显著优于"],
        ["甲县", "70.0", "无显著差异"],
        ["丙县", "50.0", "显著劣于"],
    ]
    assert [*rows(sound / "districts.csv", "孕产妇死亡率")] == [
        ["全市", "42.9", "—"],
        ["甲县", "25.0", "无显著差异"],  # 0.6—139.3 of one death
        ["乙县", "0.0", "无显著差异"],
        ["丙县", "200.0", "无显著差异"],  # 24.2—722.5 of two
    ]
    assert [*rows(sound / "districts.csv", "妇女平均预期寿命")] == [
        ["全市", "不汇总", "—"], ["甲县", "81.5", "—"], ["乙县", "80.2", "—"], ["丙县", "79.0", "—"],
    ]  # fmt: skip


def test_the_public_edition_tells_no_small_count_of_a_county(sound: Path) -> None:
    assert [line[:2] for line in rows(sound / "public" / "districts.csv", "医生中女性比例")] == [
        ["全市", "数据保护"], ["甲县", "60.0"], ["乙县", "40.0"], ["丙县", "数据保护"],
    ]  # fmt: skip
    assert next(rows(sound / "public" / "districts.csv", "宫颈癌筛查率"))[:2] == ["全市", "70.0"]


def test_one_county_s_failure_is_told_and_the_others_go_on(failed: Path) -> None:
    for folder in (failed, failed / "public"):
        assert [line[:2] for line in rows(folder / "districts.csv", "宫颈癌筛查率")] == [
            ["全市", "核查未通过"], ["甲县", "70.0"], ["乙县", "75.0"], ["丙县", "核查未通过"],
        ]  # fmt: skip
        text = "".join((folder / f"{paper}.txt").read_text(encoding="utf-8") for paper in ("report", "data"))
        assert "丙县的已发布指标数据退回" in text
        assert "由各县（市、区）报告（内部版）已发布的分子、分母相加得到" in text
        assert not re.search("[甲乙]县的已发布指标数据", text)
    with (failed / "findings.csv").open(encoding="utf-8-sig", newline="") as file:
        told = [line for line in csv.reader(file) if any("文件写明有13行数据，实有9行" in cell for cell in line)]
    assert len(told) == 1
    assert "2022/990503.csv" in told[0]


def test_nothing_is_told_of_a_county_that_did_not_fail(sound: Path) -> None:
    assert "县的已发布指标数据" not in (sound / "report.txt").read_text(encoding="utf-8")

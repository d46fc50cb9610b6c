"""Whom a plan is about, and whether it wants women and men told apart, is written in its folder; nothing else knows it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest

from expectations.catalog import CatalogError, load
from tests.fixtures.elders import COUNTY, DUE, EDITIONS, home_of_elders, print_all

Once = Callable[[str, Callable[[Path], object]], Path]
BESIDE = ("annual", "final")
PERSONS = re.compile("妇女|妇儿|儿童|孕产|女|男|性别|两性")
"""What a report about the elderly has no reason to say."""
SEXES = {"sexes.csv", "scorecard.csv", "sexes_change.csv"}
OF_ALL = {"indicators.csv": "全部指标", "changes.csv": "较上一版变动"}
"""Tables for programs: their columns are those of all editions, 性别 among them."""


@pytest.fixture(scope="module")
def alone(once: Once) -> Path:
    return once("elders", lambda folder: print_all(home_of_elders(folder)))


@pytest.fixture(scope="module")
def beside(once: Once) -> Path:
    return once("elders_and_women", lambda folder: print_all(home_of_elders(folder, "women_2021"), *BESIDE))


def said(folder: Path) -> str:
    return "".join((folder / "report.txt").read_text(encoding="utf-8").split())


def everything(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text of an edition that a person reads, with its place."""
    for path in sorted(folder.glob("*.html")) + sorted(folder.glob("*.txt")):
        yield path.name, re.sub(r"<style.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for path in sorted(folder.glob("*.csv")):
        header, _, rest = path.read_text(encoding="utf-8-sig").partition("\n")
        yield path.name, rest if path.name in OF_ALL else header + rest
    book = openpyxl.load_workbook(folder / "report.xlsx", read_only=True)
    yield "report.xlsx", " ".join(map(str, (book.properties.title, book.properties.subject, *book.sheetnames)))
    for sheet in book:
        words = (str(cell) for row in sheet.values for cell in row if cell is not None)
        yield (
            f"report.xlsx {sheet.title}",
            " ".join(w for w in words if sheet.title not in OF_ALL.values() or w != "性别"),
        )


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_plan_about_others_says_nothing_of_women_children_and_sexes(edition: str, alone: Path) -> None:
    folder = alone / edition
    found = [(place, m[0], text[max(0, m.start() - 20) : m.end() + 20]) for place, text in everything(folder)
             for m in PERSONS.finditer(text)]  # fmt: skip
    assert found == []
    assert not SEXES & {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("kind", DUE)
def test_chapters_and_methods_are_numbered_without_those_of_sexes(kind: str, alone: Path, beside: Path) -> None:
    """Neither 二、四、 nor （五）（七）: what is not there leaves no gap."""
    for home in (alone, beside) if kind in BESIDE else (alone,):
        html = (home / kind / "report.html").read_text(encoding="utf-8")
        headings = re.findall(r"<h2[^>]*>(?:<[^>]+>)*([一二三四五六七八九十]+)、", html)
        assert headings == list("一二三四五六七八九十")[: len(headings)]
        assert len(headings) >= 4
        methods = html.partition('id="annex-methods"')[2].partition("</section>")[0]
        points = re.findall(r"<p[^>]*>(?:<[^>]+>)*（([一二三四五六七八九十]+)）", methods)
        numerals = [*"一二三四五六七八九十", "十一", "十二", "十三"]
        assert points == numerals[: len(points)]
        assert len(points) >= 8


@pytest.mark.parametrize("kind", BESIDE)
def test_beside_the_womens_plan_sexes_are_told_of_what_that_plan_wants(kind: str, beside: Path) -> None:
    text = said(beside / kind)
    assert "《青禾县“十四五”老龄事业发展规划》" in text
    assert "《青禾县妇女发展规划（2021—2025年）》" in text
    name = "分性别分析" if kind == "annual" else "女性、男性和两性差距的变化"
    assert name in text
    assert "妇女、男性" not in text
    assert "儿童" not in text
    told = (beside / kind / ("sexes.csv" if kind == "annual" else "sexes_change.csv")).read_text(encoding="utf-8-sig")
    assert [line.partition(",")[0] for line in told.splitlines()[1:]] == ["居民健康素养水平"]


def test_departments_are_asked_for_sexes_of_what_the_womens_plan_wants(beside: Path) -> None:
    """One indicator of the women's plan, and it came by sex: those of the elders' plan are not counted against anybody."""
    _, *listed = (beside / "annual" / "scorecard.csv").read_text(encoding="utf-8-sig").splitlines()
    assert listed == ["县卫生健康委,1,1,1,0,—"]


def test_a_title_says_what_the_plans_say(alone: Path, beside: Path) -> None:
    assert "<title>2022年青禾县“十四五”老龄事业发展规划统计监测报告" in (alone / "annual/report.html").read_text(
        encoding="utf-8"
    )
    both = "青禾县“十四五”老龄事业发展规划和妇女发展规划（2021—2025年）终期评估报告"
    assert both in (beside / "final/report.html").read_text(encoding="utf-8")
    subjects = [openpyxl.load_workbook(home / "annual/report.xlsx").properties.subject for home in (alone, beside)]
    assert subjects == ["2022年老龄规划统计监测数据", "2022年老龄规划和妇女规划统计监测数据"]


@contextmanager
def changed(path: Path, old: str, new: str) -> Iterator[None]:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    yield
    path.write_text(text, encoding="utf-8")


def test_a_plan_that_wants_no_sexes_promises_nothing_of_one_of_them(tmp_path: Path) -> None:
    home = home_of_elders(tmp_path, "women_2021", years=()) / "expectations"
    assert not load(COUNTY, home).plans[0].by_sex
    assert load(COUNTY, home).plans[1].by_sex  # where nothing is said
    plan = home / "plans/women_2021"
    with changed(plan / "plan.yml", "audience: women\n", "audience: women\nby_sex: false\n"):
        assert not load(COUNTY, home).indicators["literacy"].by_sex  # its form may still have a row for each sex
        for written in ("rule: narrow_gap}", "rule: at_least, value: 60, sex: female}"):
            with (
                changed(plan / "1_health.yml", "rule: at_least, value: 60}", written),
                pytest.raises(
                    CatalogError,
                    match=r"1_health\.yml 第7行 .*by_sex: false），这里却评价女性、男性或两性差距；应改目标，或写 by_sex: true",
                ),
            ):
                load(COUNTY, home)


@pytest.mark.parametrize("audience", ["elders", "persons_with_disabilities", "youth"])
def test_an_audience_is_a_word_of_the_plan(audience: str, tmp_path: Path) -> None:
    home = home_of_elders(tmp_path, years=()) / "expectations"
    with changed(home / "plans/elders_2021/plan.yml", "audience: elders", f"audience: {audience}"):
        assert load(COUNTY, home).plans[0].audience == audience


def test_an_audience_is_written_like_every_name(tmp_path: Path) -> None:
    home = home_of_elders(tmp_path, years=()) / "expectations"
    with (
        changed(home / "plans/elders_2021/plan.yml", "audience: elders", "audience: 老年人"),
        pytest.raises(CatalogError, match=r"plan\.yml.*audience"),
    ):
        load(COUNTY, home)

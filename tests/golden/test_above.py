"""The golden district below a province and the nation: what its report says of both, and what it does not say in public.

2022        district                province        nation
screening   840/1200 = 70.00 %      72.5 (2021)     68.5 %, the same definition: 1.50 points above it
anaemia     23/200 = 11.5 %         11.5 %          9.8 %, another definition
mortality   1/800 = 125.0/100,000   —               15.7, within what chance makes of one death
members     33.0 %                  30.1 %          —
literacy    rejected                —               27.8 %
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import disclose, report
from flows.desk import trial
from flows.report.kinds import KINDS
from tests.fixtures.above import DISTRICT, YEAR, entered, home_below
from tests.fixtures.homes import GOLDEN_WORDS
from tests.second_reader import compare, contradictions
from tests.second_reader.__main__ import read


def row(year: int, area: str, name: str, unit: str, value: str, agreement: str = "一致") -> tuple[str, ...]:
    return (str(year), area, name, unit, value, agreement, f"{area}{year}年监测报告", f"{year + 1}-02-01")


FIGURES = {
    2021: [row(2021, "示例省", "宫颈癌筛查率", "%", "72.5"), row(2021, "全国", "宫颈癌筛查率", "%", "67.0")],
    2022: [
        row(2022, "全国", "宫颈癌筛查率", "%", "68.5"),
        row(2022, "全国", "孕产妇贫血患病率", "%", "9.8", "全国不含流动人口"),
        row(2022, "示例省", "孕产妇贫血患病率", "%", "11.5"),
        row(2022, "全国", "孕产妇死亡率", "/10万", "15.7"),
        row(2022, "示例省", "女党员比例", "%", "30.1"),
        row(2022, "全国", "居民健康素养水平", "%", "27.8"),
    ],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the district's internal edition and its public part; no PDF is printed."""
    folder = home_below(tmp_path_factory.mktemp("below"))
    entered(folder, FIGURES)
    catalog = load(DISTRICT, folder / "expectations")
    with trial.judged(catalog, folder / "raw", YEAR) as con:
        disclose.protect(con, catalog)
        (folder / "edition").mkdir()
        report.make(KINDS["annual"], con, catalog, YEAR, folder / "edition", write=lambda *_: folder)
        (folder / "edition/public").mkdir()
        with disclose.public(con, catalog) as copy:
            report.make(KINDS["annual"], copy, catalog, YEAR, folder / "edition/public", write=lambda *_: folder)
    yield folder


def text(home: Path, paper: str = "report", part: str = "edition") -> str:
    return "".join((home / part / f"{paper}.txt").read_text(encoding="utf-8").split())


def table(home: Path, part: str = "edition") -> dict[tuple[str, str, str], dict[str, str]]:
    with (home / part / "above.csv").open(encoding="utf-8-sig", newline="") as file:
        return {(r["指标"], r["地区"], r["年份"]): r for r in csv.DictReader(file)}


def test_a_second_reader_finds_the_same(home: Path) -> None:
    mine, left = read(home, DISTRICT, YEAR, GOLDEN_WORDS)
    assert left == []
    for part, public in (("edition", False), ("edition/public", True)):
        found = compare.edition(mine, home / part, public)
        assert found.differences == []
        assert found.counts["above.csv"] >= 1 + 3 * 8
        _, against = contradictions.edition(home / part)
        assert against == []


def test_a_sentence_tells_how_far_the_district_is_from_the_nation(home: Path) -> None:
    told = text(home)
    assert "比全国高1.5" in told
    assert "与全国同年、同口径的数值相比，可比的2项指标中，好于全国的1项、相当或差异不显著的1项。" in told
    assert "与全省同年、同口径的数值相比，可比的2项指标中，好于全省的1项、相当或差异不显著的1项。" in told


def test_what_cannot_be_compared_is_shown_and_says_why(home: Path) -> None:
    rows, data = table(home), text(home, "data")
    assert rows["孕产妇贫血患病率", "全国", "2022"]["比较"] == "—"
    assert "口径不同：全国不含流动人口" in data
    assert "口径不同" in text(home)
    assert rows["居民健康素养水平", "全国", "2022"]["本地区同年数值"] == "核查未通过"
    assert rows["孕产妇死亡率", "全国", "2022"]["比较"] == "无显著差异"
    assert "72.5（2021年）" in text(home)
    sentences = [s for s in text(home).split("。") if "比全省" in s and "比上年" in s]
    assert [s.partition("为")[0][-5:] for s in sentences] == ["女党员比例"]  # others are alike, or of another year


def test_real_figures_beside_simulated_ones_are_told_apart(home: Path) -> None:
    assert "示例区的数值是模拟的，全省、全国的数值是真实的，比较结果没有实际意义" in text(home)
    assert {r["是否模拟"] for r in table(home).values()} == {"否"}


def test_nothing_is_judged_added_or_forecast_by_them(home: Path, edition: Path) -> None:
    """Beside the new annex and table, every table is the one of the district without them."""
    for name in ("targets", "outlook", "warnings", "track", "sexes", "areas", "indicators", "overview"):
        assert (home / "edition" / f"{name}.csv").read_bytes() == (edition / f"{name}.csv").read_bytes(), name


def test_no_column_and_no_annex_stands_where_nothing_is_known(edition: Path) -> None:
    assert not (edition / "above.csv").exists()
    assert "与上级数据比较" not in (edition / "data.txt").read_text(encoding="utf-8")
    assert "相比，可比的" not in (edition / "report.txt").read_text(encoding="utf-8")


def test_a_figure_that_the_public_edition_keeps_back_cannot_be_computed_from_the_nations(home: Path) -> None:
    """One death: neither the rate, nor its distance from a published one, nor which of the two is higher."""
    hidden = {key: r for key, r in table(home, "edition/public").items() if r["本地区同年数值"] == "数据保护"}
    inside = table(home)
    assert ("孕产妇死亡率", "全国", "2022") in hidden
    for key, told in hidden.items():
        assert (told["数值"], told["相差"], told["比较"]) == (inside[key]["数值"], "—", "—")
        assert inside[key]["相差"] != "—"
    with (home / "edition/public/figures.csv").open(encoding="utf-8-sig", newline="") as file:
        facts = {r["依据"] for r in csv.DictReader(file)}
    assert "maternal_mortality/2022/100000" in facts
    assert "maternal_mortality/2022/100000/gap" not in facts
    assert "可比的1项指标中" in text(home, part="edition/public")

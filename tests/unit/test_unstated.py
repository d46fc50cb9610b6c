"""Persons of whom the sex is not stated, or cannot be read: they are on both sides of a quotient, or there is none.

受访 女120 男110, 合格 女60 男50: 110/230; women's share of those who passed 60/110.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from expectations.catalog import load
from flows import compute, ingest, validate
from tests.fixtures import divided
from tests.fixtures.deliveries import BASE, CATALOG, CATALOGUE, DESK, DISTRICT, YEAR, Sent, deliver, sent, taken_in
from tests.fixtures.warehouses import warehouse
from tests.second_reader import catalogue, deliveries, recompute
from tests.second_reader.__main__ import SHIPPED

pytestmark = pytest.mark.usefixtures("lent")

Figure = tuple[str, float | None, float | None]
"""State, numerator, denominator."""
ALL: Figure = ("ok", 110, 230)
WOMEN: Figure = ("ok", 60, 110)
LATE: Figure = ("not_received", None, None)
BAD: Figure = ("rejected", None, None)
LACKS = "缺少全区未说明的“{}”：应为同一指标的各项数都计入性别未说明的人。请补报，没有的填0。"
ROWS: list[tuple[str, Figure, Figure, list[str]]] = [
    # a third row (受访, 合格): the level of both sexes, women's share of those who passed, what is told
    ("", ALL, WOMEN, []),
    ("未说明,20,15,79", ("ok", 125, 250), ("ok", 60, 125), []),
    ("未说明,0,0,", ALL, WOMEN, []),
    ("未说明,0,,", ALL, WOMEN, []),  # nobody is not stated: nothing is asked for
    ("未说明,,0,", ALL, WOMEN, []),
    ("未说明,0,15,", ("ok", 125, 230), ("ok", 60, 125), []),
    ("未说明,0,1O,", BAD, BAD, ["“合格人数”列的值“1O”有误"]),
    ("未说明,,,", ALL, WOMEN, []),  # a row of nobody
    ("未说明,不适用,不适用,", ALL, WOMEN, []),
    ("未说明,20,,", LATE, LATE, [LACKS.format("合格人数")]),
    ("未说明,20,0,", ("ok", 110, 250), WOMEN, []),
    ("未说明,,15,", LATE, ("ok", 60, 125), [LACKS.format("受访人数")]),
    ("未说明,20,1O,", BAD, BAD, ["“合格人数”列的值“1O”有误"]),
    ("未说明,2O,15,", BAD, ("ok", 60, 125), ["“受访人数”列的值“2O”有误"]),
    ("不明,20,15,", BAD, BAD, ["“性别”列的值“不明”有误"]),
    ("不明,0,0,", ALL, WOMEN, ["“性别”列的值“不明”有误"]),  # nobody more, whoever they are
    ("总数,230,110,80", ALL, WOMEN, ["“性别”列的值“总数”有误"]),  # the sums of women and men: nobody more either
    ("全部,230,110,80", ALL, WOMEN, []),  # a word for the total
    ("两性,230,110,80", ALL, WOMEN, []),
    ("不分性别,230,110,80", ALL, WOMEN, []),
    ("总数,230,,", ALL, WOMEN, ["“性别”列的值“总数”有误"]),
    (",230,110,80", ALL, WOMEN, ["“性别”列"]),
    ("总数,230,111,80", BAD, BAD, ["“性别”列的值“总数”有误"]),
    ("总数,110,50,80", BAD, BAD, ["“性别”列的值“总数”有误"]),  # as many as the men
    ("未说明,20,15,79\n2024,总数,250,125,80", ("ok", 125, 250), ("ok", 60, 125), ["“性别”列的值“总数”有误"]),
    ("未说明,20,15,79\n2024,总数,230,110,80", BAD, BAD, ["“性别”列的值“总数”有误"]),
]


Found = tuple[dict[tuple[str, str], Figure], list[str]]
"""(indicator, sex) → its figure of the district, and what the contract gate says."""


MEN = ("110,50", "0,0", "0,50")
"""Men who were asked and passed, beside a row in an unknown word with the sums of women and men."""


def found_in(raw: Path, texts: Sequence[str]) -> list[Found]:
    """What is found in each form, one a data year; held against the second reader."""
    years = range(YEAR, YEAR + len(texts))
    for year, text in zip(years, texts, strict=True):
        deliver(raw, year, [sent("literacy", text)])
    with taken_in(raw, years) as con:
        compute.indicators(con, CATALOG)
        validate.ratios(con, CATALOG, DESK)
        figures: dict[int, dict[tuple[str, str], Figure]] = {year: {} for year in years}
        for year, key, sex, state, *numbers in con.execute(
            "select year, indicator, sex, state, numerator, denominator from out_indicators where area = ? "
            "and indicator in ('literacy', 'passed_share')",
            [DISTRICT],
        ).fetchall():
            above, below = (None if n is None else float(n) for n in numbers)
            figures[year][key, sex] = (state, above, below)
        query = "select message from out_findings where dataset = 'literacy' and year = ?"
        told = [[message for (message,) in con.execute(query, [year]).fetchall()] for year in years]
    known = catalogue.read(CATALOGUE, DISTRICT, SHIPPED)
    mine = {key: known.indicators[key] for key in ("literacy", "passed_share")}
    for year in years:
        read = deliveries.read(known, raw, year)
        assert read is not None and read.left == []
        again = recompute.indicators(replace(known, indicators=mine), {year: read})
        for (key, sex), figure in figures[year].items():
            other = again[key, year, DISTRICT, "", sex, ""]
            assert (other.state, other.numerator, other.denominator) == figure, (key, sex)
    return list(zip(figures.values(), told, strict=True))


@pytest.fixture(scope="module")
def of_rows(tmp_path_factory: pytest.TempPathFactory, lent: None) -> dict[str, Found]:
    """What is found with each third row of ROWS, and with each of MEN."""
    texts = {row: BASE["literacy"] + (f"2024,{row}\n" if row else "") for row, *_ in ROWS}
    for men in MEN:
        asked, passed = (women + int(n) for women, n in zip((120, 60), men.split(","), strict=True))
        texts[f"men: {men}"] = BASE["literacy"].replace("110,50", men) + f"2024,总数,{asked},{passed},80\n"
    return dict(zip(texts, found_in(tmp_path_factory.mktemp("rows"), [*texts.values()]), strict=True))


@pytest.mark.parametrize(("row", "level", "share", "says"), ROWS, ids=[row[0] or "none" for row in ROWS])
def test_who_is_on_one_side_is_on_the_other(
    of_rows: dict[str, Found], row: str, level: Figure, share: Figure, says: list[str]
) -> None:
    figures, told = of_rows[row]
    assert figures["literacy", "total"] == level
    assert figures["passed_share", "total"] == share
    assert (figures["literacy", "female"], figures["literacy", "male"]) == (("ok", 60, 120), ("ok", 50, 110))
    assert len(told) == len(says) and all(part in message for part, message in zip(says, told, strict=True))


@pytest.mark.parametrize(
    ("men", "figure"),
    [("110,50", ("ok", 110, 230)), ("0,0", BAD), ("0,50", ("ok", 110, 120))],
    ids=["two sexes", "women alone", "men in one measure"],
)
def test_as_many_as_one_sex_may_be_others(of_rows: dict[str, Found], men: str, figure: Figure) -> None:
    """Where there are women alone, a row in an unknown word with as many may be of other persons."""
    figures, _ = of_rows[f"men: {men}"]
    assert figures["literacy", "total"] == figure


EAST = "990501001"


UNKNOWN = [
    # a form, a row more, whose total is asked for, its state
    ("insurance", "990501001,东街道,城市,总数,3740,4000", "insured", EAST, "ok"),  # of women and men
    ("insurance", "990501001,东街道,城市,总数,3741,4000", "insured", EAST, "rejected"),
    ("insurance", "990501001,东街道,城市,总数,3740,4000", "insured", divided.HOME, "ok"),
    ("insurance", "990501001,东街道,全部居民,女,2140,2500", "insured", EAST, "ok"),  # of city and country
    ("insurance", "990501001,东街道,全部居民,女,2140,2501", "insured", EAST, "rejected"),
    ("insurance", "990501001,东街道,全部居民,合计,4390,5000", "insured", EAST, "ok"),
    ("insurance", "990501001,东街道,全部居民,总数,4390,5000", "insured", EAST, "ok"),
    ("insurance", "990501101,西镇,全部居民,总数,4390,5000", "insured", "990501101", "rejected"),  # the east's
    ("income", "全部居民,35000,12000", "income", divided.HOME, "ok"),  # 万元, stored in 元
    ("income", ",35000,12000", "income", divided.HOME, "ok"),
    ("income", "全部居民,35000.01,12000", "income", divided.HOME, "rejected"),
]
UNKNOWN_YEARS = range(2022, 2022 + len(UNKNOWN))


@pytest.fixture(scope="module")
def of_unknown(
    tmp_path_factory: pytest.TempPathFactory, lent: None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Each row of UNKNOWN in a data year of its own, and the folder of its files."""
    given = divided.GIVEN[2022]
    tables = {
        year: {**given, dataset: f"{given[dataset].strip()}\n{row}\n"}
        for year, (dataset, row, *_) in zip(UNKNOWN_YEARS, UNKNOWN, strict=True)
    }
    raw = divided.deliver(tmp_path_factory.mktemp("unknown"), tables)
    with warehouse() as con:
        ingest.store(con, divided.CATALOG, raw, UNKNOWN_YEARS)
        validate.contract(con, divided.CATALOG, DESK)
        ingest.observe(con, divided.CATALOG)
        compute.indicators(con, divided.CATALOG)
        yield con, raw


@pytest.mark.parametrize(
    ("year", "indicator", "area", "state"),
    [(year, *case[2:]) for year, case in zip(UNKNOWN_YEARS, UNKNOWN, strict=True)],
    ids=[f"{dataset}-{row}" for dataset, row, *_ in UNKNOWN],
)
def test_a_total_in_an_unknown_word_is_of_nobody_more(
    of_unknown: tuple[duckdb.DuckDBPyConnection, Path], year: int, indicator: str, area: str, state: str
) -> None:
    con, raw = of_unknown
    [(found, told)] = con.execute(
        "select state, (select count(*) from out_findings where rule in ('row_sex', 'row_part') and year = $year) "
        "from out_indicators where indicator = $indicator and area = $area and year = $year and sex = 'total' and part = ''",
        {"year": year, "indicator": indicator, "area": area},
    ).fetchall()
    assert (found, told > 0) == (state, True)
    known = catalogue.read(divided.CATALOGUE, divided.HOME, SHIPPED)
    read = deliveries.read(known, raw, year)
    assert read is not None and read.left == []
    again = recompute.indicators(known, {year: read})
    assert again[indicator, year, area, "", "total", ""].state == state


WIDE = "年份,受访人数（女）,受访人数（男）{},合格人数（女）,合格人数（男）{},参与率（女）,参与率（男）\n2024,120,110{},60,50{},80,79\n"


COLUMNS: list[tuple[str, str, Figure, list[str]]] = [
    # columns more for those who were asked and who passed, the level of all, what is told
    ("", "", ALL, []),
    (",受访人数（未说明）", ",合格人数（未说明）", ("ok", 125, 250), []),
    (",受访人数（未说明）", "", LATE, ["合格人数"]),
    ("", ",合格人数（未说明）", LATE, ["受访人数"]),
]
COLUMN_YEARS = range(YEAR, YEAR + len(COLUMNS))


@pytest.fixture(scope="module")
def of_columns(tmp_path_factory: pytest.TempPathFactory, lent: None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Each wide form in a data year of its own."""
    raw = tmp_path_factory.mktemp("columns")
    for year, (asked, passed, *_) in zip(COLUMN_YEARS, COLUMNS, strict=True):
        text = WIDE.format(asked, passed, ",20" if asked else "", ",15" if passed else "")
        deliver(raw, year, [sent("literacy", text)])
    with taken_in(raw, COLUMN_YEARS) as con:
        compute.indicators(con, CATALOG)
        yield con


@pytest.mark.parametrize(
    ("year", "level", "says"), [(year, *case[2:]) for year, case in zip(COLUMN_YEARS, COLUMNS, strict=True)]
)
def test_a_column_of_them_has_its_fellow(
    of_columns: duckdb.DuckDBPyConnection, year: int, level: Figure, says: list[str]
) -> None:
    [figure] = of_columns.execute(
        "select state, numerator, denominator from out_indicators where indicator = 'literacy' and sex = 'total' and year = ?",
        [year],
    ).fetchall()
    query = "select message from out_findings where rule = 'unstated' and year = ?"
    told = [m for (m,) in of_columns.execute(query, [year]).fetchall()]
    assert figure == level
    assert len(told) == len(says) and all(LACKS.format(h) in message for h, message in zip(says, told, strict=True))


def test_two_forms_are_asked_alike(tmp_path: Path) -> None:
    """合格人数 stands in a form of its own: whoever is among the 受访 of the other form is asked for in it."""
    own = Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))
    path = own / "datasets/all.yml"
    text = path.read_text(encoding="utf-8")
    passed = "    合格人数: {measure: passed, unit: 人, not_above: asked}\n"
    assert passed in text
    path.write_text(
        text.replace(passed, "")
        + "passes:\n  title: 素养合格情况表\n  department: health\n  due: '03-10'\n  columns:\n"
        f"    年份: {{is: year}}\n    性别: {{is: sex}}\n{passed.replace(', not_above: asked', '')}",
        encoding="utf-8",
    )
    catalog = load(DISTRICT, own)
    for name, row, state, says in (
        ("without", "", "not_received", ["“1-passes.csv”" + LACKS.format("合格人数")]),
        ("with", "2024,未说明,0\n", "ok", []),
    ):
        raw = tmp_path / name
        asked = "年份,性别,受访人数,参与率\n2024,女,120,80\n2024,男,110,79\n2024,未说明,20,79\n"
        deliver(
            raw,
            YEAR,
            [sent("literacy", asked), Sent("passes", f"年份,性别,合格人数\n2024,女,60\n2024,男,50\n{row}".encode())],
        )
        with warehouse() as con:
            ingest.store(con, catalog, raw, [YEAR])
            validate.contract(con, catalog, DESK)
            ingest.observe(con, catalog)
            compute.indicators(con, catalog)
            [(found,)] = con.execute(
                "select state from out_indicators where indicator = 'literacy' and sex = 'total'"
            ).fetchall()
            told = [m for (m,) in con.execute("select message from out_findings where rule = 'unstated'").fetchall()]
        assert found == state
        assert len(told) == len(says) and all(part in message for part, message in zip(says, told, strict=True))

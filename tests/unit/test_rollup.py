"""A city is put together from what its counties have released; what is wrong with one county is that county's.

deaths / births        甲 1/4000   乙 0/2000    丙 2/1000   city 3/7000 = 42.857 per 100,000
screened / eligible    甲 700/1000 乙 1500/2000 丙 250/500  city 2450/3500 = 70.0 %
literate women / asked 甲 40/100   乙 60/200    丙 20/50    city 120/350 = 34.286 %
literate men / asked   甲 30/100   乙 70/200    丙 25/50    city 125/350 = 35.714 %
women / doctors        甲 30/50    乙 8/20      丙 2/10     city 40/80 = 50.0 %
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from expectations.catalog import CatalogError, load
from expectations.records import Catalog
from expectations.vocabulary import Reason
from flows import compute, disclose, rollup
from flows.desk import trial
from flows.report.facts import Facts, wanted
from flows.report.write import tables
from tests.fixtures import counties
from tests.fixtures.counties import BASE, CATALOGUE, CITY, YEAR
from tests.fixtures.homes import told

pytestmark = pytest.mark.usefixtures("lent")

Files = dict[str, dict[int, str]]
FIRST, SECOND, THIRD = counties.COUNTIES
RATES = {
    ("maternal_mortality", "total"): (3, 7000, 300000 / 7000),
    ("cervical_screening", "total"): (2450, 3500, 70.0),
    ("health_literacy", "female"): (120, 350, 12000 / 350),
    ("health_literacy", "male"): (125, 350, 12500 / 350),
    ("health_literacy", "total"): (245, 700, 35.0),
    ("women_doctors", "total"): (40, 80, 50.0),
}


class City:
    """What becomes of the city's figures of 2022."""

    def __init__(self, home: Path, catalog: Catalog | None = None) -> None:
        self.catalog = catalog or counties.catalog_of(CITY)
        with trial.received(self.catalog, home / "raw", range(YEAR, YEAR + 1)) as con:
            compute.indicators(con, self.catalog)
            rows = con.execute(
                "select indicator, sex, area, numerator, denominator, value, state from out_indicators where year = ?",
                [YEAR],
            ).fetchall()
            self.findings = con.execute(
                "select rule, department, message from out_findings where severity <> 'info' order by all"
            ).fetchall()
            self.status = dict(
                con.execute("select department, status from meta_deliveries where year = ?", [YEAR]).fetchall()
            )
            self.unfilled = dict(
                con.execute("select department, unfilled from meta_deliveries where year = ?", [YEAR]).fetchall()
            )
        self.figures = {
            (key, sex, area): (*(None if n is None else float(n) for n in numbers), state)
            for key, sex, area, *numbers, state in rows
        }

    def whole(self) -> dict[tuple[str, str], tuple[object, ...]]:
        return {(key, sex): told for (key, sex, area), told in self.figures.items() if area == CITY}

    def states(self, area: str) -> set[str]:
        return {
            str(told[-1]) for (key, _, of), told in self.figures.items() if of == area and key in self.catalog.rolled
        }


def _changed(files: Files, change: Callable[[str], str]) -> Files:
    """The same files, the third county's of 2022 changed."""
    return {**files, THIRD: {**files[THIRD], YEAR: change(files[THIRD][YEAR])}}


def test_the_figures_of_the_city_are_the_sums_of_its_counties(tmp_path: Path, released: Files) -> None:
    city = City(counties.home_of_the_city(tmp_path / "city", released))
    assert city.findings == []
    for place, (above, below, value) in RATES.items():
        assert city.whole()[place] == (above, below, pytest.approx(value), "ok")
    assert city.figures["maternal_mortality", "total", THIRD] == (2, 1000, 200.0, "ok")
    assert city.whole()["city_clinics", "total"] == (2, None, 2.0, "ok")  # a form of the city's own


def test_a_value_without_parts_is_shown_by_county_and_not_put_together(tmp_path: Path, released: Files) -> None:
    city = City(counties.home_of_the_city(tmp_path / "city", released))
    values = {area: told[2:] for (key, _, area), told in city.figures.items() if key == "life_expectancy"}
    apart = (None, "not_summed")  # and not 未报送: everything has come
    assert values == {FIRST: (81.5, "ok"), SECOND: (80.2, "ok"), THIRD: (79.0, "ok"), CITY: apart}


def test_one_value_without_parts_is_no_figure_that_did_not_come(tmp_path: Path, released: Files) -> None:
    """丙县 releases 50 % of the screened in place of 250 of 500; what it has as numbers is summed as before."""

    def value_alone(text: str) -> str:
        lines = text.split("\r\n")
        own = [line for line in lines if ",cervical_screening," in line]
        [first] = [line for line in own if ",分子," in line]
        assert len(own) == 2
        kept = [line for line in lines if line not in own]
        kept.insert(lines.index(own[0]), first.replace("分子", "数值").rpartition(",")[0] + ",50")
        return "\r\n".join(kept).replace("版,13,", "版,12,")

    city = City(counties.home_of_the_city(tmp_path / "city", _changed(released, value_alone)))
    [(rule, department, message)] = city.findings  # and none of life_expectancy, which nobody adds up
    assert (rule, department, city.status[department]) == ("value_alone", "third_office", "accepted")
    assert "“宫颈癌筛查率”（合计）没有可以相加的数，全市不能汇总。请补报分子、分母" in message
    assert city.whole()["cervical_screening", "total"] == (None, None, None, "not_summed")
    assert city.figures["cervical_screening", "total", THIRD] == (None, None, 50.0, "ok")
    assert city.whole()["maternal_mortality", "total"][-1] == "ok"


LACKING = [
    # what 丙县 releases of the screened, a value in place of its two numbers; the state of the city's rate
    ("不汇总", "not_summed"),
    ("未公布", "not_published"),
    ("本表未收录", "not_entered"),
    ("数据保护", "suppressed"),
    ("不适用", "ok"),  # the neighbour: nothing is left out of a sum of two
]


@pytest.mark.parametrize(("word", "state"), LACKING)
def test_a_city_has_no_sum_of_two_counties_out_of_three(tmp_path: Path, released: Files, word: str, state: str) -> None:
    """Nothing but 不适用 of one county leaves the sum of the others whole (甲 700/1000 + 乙 1500/2000)."""
    city = City(counties.home_of_the_city(tmp_path / "city", _changed(released, lambda t: _said(t, word))))
    sum_of_two = (2200, 3000, pytest.approx(220000 / 3000), "ok")
    # whoever has no sum is asked for the numbers; the other words are told by their own county's report
    assert [rule for rule, *_ in city.findings] == (["value_alone"] if state == "not_summed" else [])
    assert city.whole()["cervical_screening", "total"] == (sum_of_two if state == "ok" else (None, None, None, state))
    assert city.whole()["maternal_mortality", "total"][-1] == "ok"


@pytest.mark.parametrize(("word", "unfilled"), [("未报送", {"third_office": 1}), ("数据保护", {})])
def test_what_a_county_did_not_receive_is_no_cell_that_came(
    tmp_path: Path, released: Files, word: str, unfilled: dict[str, int]
) -> None:
    """未报送 in a released file is a cell without a figure; what the county keeps back is one that came, and is told."""
    city = City(counties.home_of_the_city(tmp_path / "city", _changed(released, lambda t: _said(t, word))))
    assert city.status["third_office"] == "accepted"
    assert {key: number for key, number in city.unfilled.items() if number} == unfilled


def test_a_reason_that_no_figure_has_is_refused_in_a_released_cell(tmp_path: Path, released: Files) -> None:
    city = City(counties.home_of_the_city(tmp_path / "city", _changed(released, lambda t: _said(t, "未布置"))))
    [(_, department, message)] = city.findings
    assert department == "third_office" and "未布置" in message
    assert city.whole()["cervical_screening", "total"] == (None, None, None, "rejected")
    assert city.whole()["maternal_mortality", "total"][-1] == "ok"


def test_every_reason_that_a_figure_can_have_is_in_the_order_of_the_worst() -> None:
    assert {*rollup.WORST, Reason.NOT_APPLICABLE} == {reason for reason in Reason if reason.is_computed}


def _said(text: str, word: str) -> str:
    """The file with a word in place of the two numbers of the screened."""
    lines = text.split("\r\n")
    above, below = (line for line in lines if ",cervical_screening," in line)
    said = above.replace("分子", "数值").rpartition(",")[0] + f",{word}"
    return "\r\n".join(said if line == above else line for line in lines if line != below).replace("版,13,", "版,12,")


def _other_county(text: str) -> str:
    return text.replace(THIRD, FIRST).replace("丙县", "甲县")


FAILED: Mapping[str, tuple[Callable[[str], str], str, str]] = {
    # what happens to the third county's file, what the finding says, what its figures are then
    "another format": (
        lambda t: t.replace("released 1", "released 9"),
        "文件的格式是“plan-monitor released 9”",
        "rejected",
    ),
    "another edition": (lambda t: t.replace("内部版", "公开版"), "取自该地区报告的“公开版”", "rejected"),
    "another year": (lambda t: t.replace(f",{YEAR},", ",2023,"), "文件是2023年的数据", "rejected"),
    "another county": (_other_county, "文件是“甲县”的数据。应为丙县的数据", "rejected"),
    "torn between rows": (
        lambda t: "\r\n".join(t.split("\r\n")[:-4]) + "\r\n",
        "文件写明有13行数据，实有10行",
        "rejected",
    ),
    "empty": (lambda t: "", "文件是空的", "rejected"),
}


@pytest.mark.parametrize(("change", "says", "state"), FAILED.values(), ids=FAILED)
def test_one_county_s_failure_is_that_county_s(
    tmp_path: Path, released: Files, change: Callable[[str], str], says: str, state: str
) -> None:
    city = City(counties.home_of_the_city(tmp_path / "city", _changed(released, change)))
    [(_, department, message), *others] = city.findings
    assert (department, others) == ("third_office", [])
    assert says in message
    assert city.status == {
        "first_office": "accepted", "second_office": "accepted", "third_office": "refused", "health": "accepted",
    }  # fmt: skip
    assert city.states(THIRD) == {state}
    assert city.states(FIRST) == city.states(SECOND) == {"ok"}
    assert {city.whole()[place][-1] for place in RATES} == {state}  # never a sum of two of three
    assert city.whole()["city_clinics", "total"][-1] == "ok"


def test_of_a_row_that_was_cut_only_its_figure_is_lost(tmp_path: Path, released: Files) -> None:
    """The last row is the denominator of the women among the doctors: a numerator alone is no figure."""
    city = City(counties.home_of_the_city(tmp_path / "city", _changed(released, lambda t: t[:-9])))
    assert {department for _, department, _ in city.findings} == {"third_office"}
    assert city.status["third_office"] == "partial"
    assert city.figures["women_doctors", "total", THIRD] == (None, None, None, "rejected")
    assert city.whole()["women_doctors", "total"] == (None, None, None, "rejected")
    assert city.whole()["cervical_screening", "total"][-1] == "ok"


NOTHING: Mapping[str, tuple[tuple[object, object], str, tuple[object, ...]]] = {
    # 丙县's births and deaths, what it releases of them, the city's deaths, births and state
    "deaths of births": ((1000, 2), "分子,2 分母,1000", (3, 7000, "ok")),
    "no births, no deaths": ((0, 0), "分子,0 分母,0", (1, 6000, "ok")),
    "不适用 and no deaths": (("不适用", 0), "数值,不适用", (1, 6000, "ok")),
    "births and 不适用": ((0, "不适用"), "数值,不适用", (1, 6000, "ok")),
    "不适用 twice": (("不适用", "不适用"), "数值,不适用", (1, 6000, "ok")),
    "nothing came": (("—", "—"), "数值,未报送", (None, None, "not_received")),
}


@pytest.mark.parametrize(("delivered", "told", "whole"), NOTHING.values(), ids=NOTHING)
def test_a_county_to_which_a_rate_does_not_apply_costs_the_city_nothing(
    tmp_path: Path, released: Files, delivered: tuple[object, object], told: str, whole: tuple[object, ...]
) -> None:
    mine = {**counties.FIGURES[THIRD], "mothers": (*delivered, 500, 250)}
    [files] = counties.county_files(tmp_path / "county", {THIRD: mine}).values()
    rows = [row.split(",") for row in files[YEAR].split("\r\n") if "maternal_mortality" in row]
    assert " ".join(",".join(row[-2:]) for row in rows) == told
    city = City(counties.home_of_the_city(tmp_path / "city", released | {THIRD: files}))
    above, below, _, state = city.whole()["maternal_mortality", "total"]
    assert (above, below, state) == whole
    assert city.findings == []


def _torn(text: str, row: str, instead: str) -> str:
    """The file with another row, or one row less, and the right number of rows."""
    assert text.count(row) == 1
    changed = text.replace(row, instead) if instead else "\r\n".join(t for t in text.split("\r\n") if row not in t)
    return changed if instead else changed.replace("版,13,", "版,12,")


@pytest.mark.parametrize(
    ("row", "instead", "lacks"),
    [("合计,分母,1000", "", "分母"), ("合计,分子,2", "", "分子"), ("合计,分母,1000", "合计,分母,不适用", "分母")],
)
def test_a_figure_torn_in_its_file_is_told_its_county(
    tmp_path: Path, released: Files, row: str, instead: str, lacks: str
) -> None:
    formula = counties.catalog_of(CITY).indicators["maternal_mortality"].formula(YEAR)
    line = f"maternal_mortality,{formula},{row}"
    more = line.replace(row, instead) if instead else ""
    city = City(counties.home_of_the_city(tmp_path / "city", _changed(released, lambda t: _torn(t, line, more))))
    [(rule, department, message)] = city.findings
    assert (rule, department) == ("torn", "third_office")
    assert f"缺少“孕产妇死亡率”（合计）的{lacks}：应为每个比率的分子、分母各一行" in message
    assert city.status["third_office"] == "partial"
    assert city.figures["maternal_mortality", "total", THIRD] == (None, None, None, "rejected")
    assert city.whole()["maternal_mortality", "total"] == (None, None, None, "rejected")
    assert city.whole()["cervical_screening", "total"][-1] == "ok"
    assert city.figures["maternal_mortality", "total", FIRST][-1] == "ok"


def test_a_county_without_an_edition_is_missing(tmp_path: Path, released: Files) -> None:
    files = {**released, THIRD: {BASE: released[THIRD][BASE]}}
    city = City(counties.home_of_the_city(tmp_path / "city", files))
    assert city.status["third_office"] == "missing"
    assert city.states(THIRD) == {"not_received"}
    assert {city.whole()[place] for place in RATES} == {(None, None, None, "not_received")}
    assert city.states(FIRST) == {"ok"}


@pytest.mark.parametrize(
    ("third", "first", "asked"),
    [
        (lambda _: None, lambda t: t, {"third_office"}),
        (lambda t: _said(t, "未报送"), lambda t: t, {"third_office"}),
        (lambda t: _torn(t, next(r for r in t.split("\r\n") if "screening" in r), ""), lambda t: t, {"third_office"}),
        (lambda t: _said(t, "不适用"), lambda _: None, {"first_office"}),  # the neighbour: nothing of it is lacking
        (lambda t: _said(t, "数据保护"), lambda _: None, {"first_office"}),
        (lambda _: None, lambda _: None, {"first_office", "third_office"}),
    ],
    ids=["no file", "not received", "torn", "not applicable", "kept back", "two files"],
)
def test_only_the_county_that_lacks_a_figure_is_asked_for_it(
    tmp_path: Path,
    released: Files,
    third: Callable[[str], str | None],
    first: Callable[[str], str | None],
    asked: set[str],
) -> None:
    files = dict(released)
    for code, change in ((FIRST, first), (THIRD, third)):
        text = change(released[code][YEAR])
        files[code] = {BASE: released[code][BASE]} | ({} if text is None else {YEAR: text})
    home, catalog = counties.home_of_the_city(tmp_path / "city", files), counties.catalog_of(CITY)
    with trial.judged(catalog, home / "raw", YEAR) as con:
        facts = Facts(con, catalog, YEAR)
        [item] = [i for i in facts.items if i.promise.target.indicator == "cervical_screening"]
        assert item.row["reason"] in wanted.HIDING
        found = [want for want in wanted.now(facts) if want.item is item]
        assert {want.department for want in found} == asked
        owed = {row["department"] for row in tables.owed(tables.deliveries(facts))}
        assert owed <= asked  # the report asks nobody for another form than the brief does


def test_another_caliber_is_not_added(tmp_path: Path, released: Files) -> None:
    files = _changed(released, lambda t: t.replace("screened/eligible*100 %", "screened/eligible*100 % 2022年起"))
    city = City(counties.home_of_the_city(tmp_path / "city", files))
    assert {(rule, department) for rule, department, _ in city.findings} == {("row_caliber", "third_office")}
    assert city.status["third_office"] == "partial"
    assert "口径不一致，不汇总" in city.findings[0][2]
    assert city.figures["cervical_screening", "total", THIRD][-1] == "rejected"
    assert city.whole()["cervical_screening", "total"] == (None, None, None, "rejected")
    assert city.whole()["maternal_mortality", "total"][-1] == "ok"


def test_what_a_county_keeps_back_is_kept_back_in_the_sum(tmp_path: Path, released: Files) -> None:
    """The public edition of 丙县 does not tell its two deaths."""
    line = f"maternal_mortality,{counties.catalog_of(CITY).indicators['maternal_mortality'].formula(YEAR)},合计,"

    def public(text: str) -> str:
        rows = [row for row in text.replace("内部版", "公开版").split("\r\n") if f"{line}分母" not in row]
        told = "\r\n".join(rows).replace(f"{line}分子,2", f"{line}数值,数据保护")
        return told.replace("版,13,", f"版,{told.count('公开版')},")

    home = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE, home)
    forms = (home / "datasets" / "all.yml").read_text(encoding="utf-8")
    (home / "datasets" / "all.yml").write_text(
        forms.replace("released: internal", "released: public"), encoding="utf-8"
    )
    files = {
        code: {year: public(text) if code == THIRD else text.replace("内部版", "公开版") for year, text in told.items()}
        for code, told in released.items()
    }
    city = City(counties.home_of_the_city(tmp_path / "city", files, home), load(CITY, home))
    assert city.findings == []
    assert city.figures["maternal_mortality", "total", THIRD] == (None, None, None, "suppressed")
    assert city.whole()["maternal_mortality", "total"] == (None, None, None, "suppressed")
    assert city.whole()["cervical_screening", "total"][-1] == "ok"


def test_a_county_that_was_not_there_yet_is_no_part(tmp_path: Path, released: Files) -> None:
    home = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE, home)
    path = home / "districts" / f"{CITY}.yml"
    city = yaml.safe_load(path.read_text(encoding="utf-8"))
    city["areas"][2] |= {"since": YEAR + 1}
    path.write_text(yaml.safe_dump(city, allow_unicode=True), encoding="utf-8")
    two = {code: files for code, files in released.items() if code != THIRD}
    found = City(counties.home_of_the_city(tmp_path / "city", two, home), load(CITY, home))
    assert found.status == {"first_office": "accepted", "second_office": "accepted", "health": "accepted"}
    assert found.whole()["cervical_screening", "total"][:3] == (2200, 3000, pytest.approx(220 / 3))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'area: "990503"',
            'area: "990504"',
            "departments.third_office.area：所辖地区（areas）中没有代码 '990504'；是否为 '990501'、'990502'、'990503'？",
        ),
        ('area: "990503"', 'area: "990502"', "departments.third_office.area：'990502' 已由部门 'second_office' 报送"),
    ],
)
def test_whose_figures_an_office_sends_is_checked(tmp_path: Path, old: str, new: str, says: str) -> None:
    home = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE, home)
    path = home / "districts" / f"{CITY}.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogError) as error:
        load(CITY, home)
    assert says in str(error.value)


# What the city's public edition keeps back


def test_the_city_gives_no_county_s_small_count_away(tmp_path: Path, released: Files) -> None:
    """Deaths: 1, 0 and 2; with the city's 3, one who knows that 乙县 has none would know much of the others. Women among the
    doctors: 30, 8 and 2; with the city's 40, one would know the 2, since 30 and 8 have been printed by the counties. Of
    the screened none are few.
    """
    home = counties.home_of_the_city(tmp_path / "city", released)
    catalog = load(CITY, home / "expectations")
    with trial.judged(catalog, home / "raw", YEAR) as con:
        disclose.protect(con, catalog)
        hidden = set(con.execute("select indicator, area, kind from out_suppressed where year = ?", [YEAR]).fetchall())
    assert hidden == {
        ("maternal_mortality", FIRST, "primary"),
        ("maternal_mortality", THIRD, "primary"),
        ("maternal_mortality", CITY, "primary"),
        ("women_doctors", THIRD, "primary"),
        ("women_doctors", CITY, "secondary"),
    }


def test_many_deaths_of_counties_of_which_each_has_few_are_told_as_a_sum(tmp_path: Path, released: Files) -> None:
    """4, 3 and 4 deaths: each is one of 1 to 9 where only the sum 11 is known."""
    line = f"maternal_mortality,{counties.catalog_of(CITY).indicators['maternal_mortality'].formula(YEAR)},合计,分子,"
    deaths = {FIRST: (1, 4), SECOND: (0, 3), THIRD: (2, 4)}
    files = {
        code: {
            year: text.replace(f"{line}{deaths[code][0]}", f"{line}{deaths[code][1]}") for year, text in told.items()
        }
        for code, told in released.items()
    }
    home = counties.home_of_the_city(tmp_path / "city", files)
    catalog = load(CITY, home / "expectations")
    with trial.judged(catalog, home / "raw", YEAR) as con:
        disclose.protect(con, catalog)
        hidden = con.execute(
            "select area from out_suppressed where indicator = 'maternal_mortality' and year = ?", [YEAR]
        )
        assert {area for (area,) in hidden.fetchall()} == {FIRST, SECOND, THIRD}


# At the desk


@pytest.fixture
def desk(tmp_path: Path, released: Files, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A city that has received nothing yet, and the third county's file of 2022 beside it."""
    home = counties.home_of_the_city(tmp_path / "city", {})
    (home / "sent.csv").write_text(released[THIRD][YEAR], encoding="utf-8", newline="")
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(home))
    return home


def test_whose_file_it_is_stands_in_the_file(desk: Path) -> None:
    done = told("check", str(desk / "sent.csv"), "--district", CITY)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "“sent.csv”：丙县妇儿工委办2022年县级已发布指标数据")


def test_a_file_of_another_city_s_county_is_nobody_s(desk: Path) -> None:
    text = (desk / "sent.csv").read_text(encoding="utf-8")
    (desk / "sent.csv").write_text(text.replace(THIRD, "990604"), encoding="utf-8")
    done = told("check", str(desk / "sent.csv"), "--district", CITY)
    assert done.returncode == 3
    assert "“sent.csv”是990604的数据，应为所辖一个地区的数据：990501（甲县妇儿工委办）" in done.stderr


def test_nobody_fills_such_a_form(desk: Path) -> None:
    done = told("template", "released", str(YEAR), "--district", CITY)
    assert done.returncode == 2
    assert "“县级已发布指标数据”没有空白表" in done.stderr

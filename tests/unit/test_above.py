"""Figures of areas above the district: read from a form or a released file, refused where they cannot be meant, kept apart."""

import io
from datetime import date
from pathlib import Path

import pytest

from expectations.catalog import CatalogError, load
from expectations.records import Catalog
from flows import compute
from flows.desk import forms, owed, trial
from tests.fixtures.above import DISTRICT, FORM, HEADER, ROW, YEAR, home_below
from tests.fixtures.registers import received

pytestmark = pytest.mark.usefixtures("lent")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return load(DISTRICT, home_below(tmp_path_factory.mktemp("below")) / "expectations")


def change(**cells: str) -> tuple[str, ...]:
    """The sound row with other cells."""
    names = ("year", "area", "indicator", "unit", "value", "agreement", "source", "issued")
    return tuple(cells.get(name, cell) for name, cell in zip(names, ROW, strict=True))


class Taken:
    """What became of a form with some rows: what is known, and what was told of it."""

    def __init__(self, catalog: Catalog, raw: Path, *rows: tuple[str, ...]) -> None:
        text = HEADER + "".join(",".join(row) + "\n" for row in rows)
        entry = {"dataset": "above_figures", "file": "bulletin.csv"}
        received(raw / DISTRICT / str(YEAR), DISTRICT, YEAR, {"bulletin.csv": text}, [entry])
        own = catalog.only({"above_figures"})
        with trial.received(own, raw, range(YEAR, YEAR + 1)) as con:
            self.told = con.execute("select rule, message from out_findings where severity = 'critical'").fetchall()
            compute.indicators(con, own)
            self.known = con.execute(
                "select indicator, year, area, value, decimals, agreement, source, issued::varchar from out_above"
            ).fetchall()
            self.own = con.execute("select count(*) from core_observations").fetchall()


@pytest.mark.parametrize(
    ("rule", "bad", "good", "says"),
    [
        ("row_indicator", {"indicator": "孕产妇死亡律"}, {"indicator": "maternal_mortality"}, "“孕产妇死亡率”"),
        ("row_above", {"area": "示例区"}, {"area": "100000"}, "上级地区（示例省、全国）"),
        ("row_above", {"area": "东街道"}, {"area": "全省"}, "本地区和所辖地区的数值请删去"),
        ("row_year", {"year": "2023"}, {"year": "2022年"}, "与报送年份一致"),
        ("row_value_unit", {"unit": "元"}, {"unit": "‰", "value": "0.157"}, "换算为目录中的计量单位"),
        ("row_value_unit", {"unit": ""}, {}, "目录中该指标的计量单位"),
        ("cell_number", {"value": "约15.7"}, {"value": "15.70"}, "“约15.7”"),
        (
            "row_bounds",
            {"indicator": "宫颈癌筛查率", "unit": "%", "value": "101"},
            {"indicator": "宫颈癌筛查率", "unit": "%", "value": "100"},
            "取值范围之内",
        ),
        ("row_agreement", {"agreement": ""}, {"agreement": "不含流动人口"}, "“一致”，或写明与本地区口径有何不同"),
        ("row_origin", {"source": "网"}, {"source": "监测报告"}, "公报或报告的名称"),
        ("row_issued", {"issued": "2022-12-31"}, {"issued": "2023年1月24日"}, "年度结束以前公布的只能是预计数"),
        ("row_issued", {"issued": "2023-02-30"}, {"issued": "2023/2/28"}, "“2023-02-30”"),
    ],
)
def test_a_cell_that_cannot_be_meant_is_told_and_its_neighbour_is_read(
    catalog: Catalog, tmp_path: Path, rule: str, bad: dict[str, str], good: dict[str, str], says: str
) -> None:
    refused, taken = (Taken(catalog, tmp_path / side, change(**row)) for side, row in (("bad", bad), ("good", good)))
    assert [r for r, _ in refused.told] == [rule]
    assert says in refused.told[0][1] or says in catalog.checks.of(rule).why
    assert refused.known == []
    assert taken.told == []
    assert len(taken.known) == 1


def test_where_nothing_was_published_yet_nobody_is_asked_to_fill_in_every_cell(
    catalog: Catalog, tmp_path: Path
) -> None:
    taken = Taken(catalog, tmp_path, change(value="", agreement="", source="", issued=""))
    [(rule, message)] = taken.told
    assert (rule, "不必报送" in message, "未报送" in message) == ("blank_form", True, False)
    out = io.StringIO()
    owed.show(catalog, tmp_path, 2022, date(2023, 6, 1), "text", out)
    reminded = out.getvalue().partition("催报清单")[2]
    assert "上级对比数据" not in reminded and "体育锻炼调查表" in reminded


def test_a_figure_is_kept_apart_with_its_source_and_as_it_was_published(catalog: Catalog, tmp_path: Path) -> None:
    taken = Taken(catalog, tmp_path, ROW, change(area="全省", value="9.0", agreement="不含流动人口"))
    assert taken.known == [
        ("maternal_mortality", 2022, "100000", 15.7, 1, "", "国家统计局2022年监测报告", "2023-12-31"),
        ("maternal_mortality", 2022, "990000", 9.0, 1, "不含流动人口", "国家统计局2022年监测报告", "2023-12-31"),
    ]
    assert taken.own == [(0,)]


def test_the_same_figure_twice_refuses_the_form(catalog: Catalog, tmp_path: Path) -> None:
    taken = Taken(catalog, tmp_path, ROW, change(value="15.8"))
    assert {rule for rule, _ in taken.told} >= {"refused"}
    assert taken.known == []


def test_a_row_that_was_left_open_says_that_nothing_was_published(catalog: Catalog, tmp_path: Path) -> None:
    taken = Taken(catalog, tmp_path, ROW, change(area="全省", value="", agreement="", source="", issued=""))
    assert taken.told == []
    assert len(taken.known) == 1


def test_its_form_asks_for_every_indicator_of_every_area_above(catalog: Catalog, tmp_path: Path) -> None:
    paths = forms.write(catalog, "above_figures", YEAR, tmp_path, {})
    text = next(path for path in paths if path.suffix == ".csv").read_text(encoding="utf-8-sig")
    header, *rows = text.splitlines()
    assert header + "\n" == HEADER
    assert "2022,示例省,孕产妇死亡率,/10万,,,," in rows
    assert len(rows) == 2 * len({key for p in catalog.promises(YEAR) for key in p.target.indicators})


def test_nobody_owes_such_a_form_and_no_figure_of_the_district_comes_from_it(catalog: Catalog) -> None:
    assert all("above_figures" not in catalog.owed(year) for year in (2021, 2022))
    assert catalog.datasets["above_figures"].gives(catalog.indicators) == frozenset()
    assert not catalog.rolled


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("above: true}", "above: true, columns: {年份: {is: year}, 数值: {is: value}}}", "列由程序规定"),
        ("above: true}", "above: true, released: internal}", "上级的数据只采用公开版"),
        ("above: true}", "above: true, indicators: [maternal_mortality]}", "above_figures.indicators"),
    ],
)
def test_a_mistake_in_the_form_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = home_below(tmp_path) / "expectations/datasets/all.yml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogError) as error:
        load(DISTRICT, tmp_path / "expectations")
    assert says in str(error.value)


RELEASED_FORM = """
province_released:
  {title: 上级已发布指标数据, due: "07-31", above: true, released: public}
"""
OFFICE = (
    "  sports: {name: 区体育局}\n",
    '  sports: {name: 区体育局}\n  office: {name: 省妇儿工委办, area: "990000"}\n',
)


def released(catalog: Catalog, audience: str = "公开版", caliber: str = "") -> str:
    """A file as an edition of the province writes it: 2 of 12,500."""
    formula = caliber or catalog.indicators["maternal_mortality"].formula(YEAR)
    head = "格式,版别,行数,年份,地区代码,地区,指标代码,口径,性别,组成,数值\n"
    row = 'plan-monitor released 1,{},2,2022,990000,示例省,maternal_mortality,"{}",合计,{},{}\n'
    return head + row.format(audience, formula, "分子", 2) + row.format(audience, formula, "分母", 12500)


@pytest.mark.parametrize(
    ("audience", "caliber", "known", "says"),
    [
        ("公开版", "", [("maternal_mortality", 16.0, "示例省2022年已发布指标数据（公开版）")], ""),
        ("内部版", "", [], "公开版"),
        ("公开版", "deaths / births", [], "口径"),
    ],
)
def test_what_those_above_have_released_is_read_as_a_city_reads_its_districts(
    tmp_path: Path, audience: str, caliber: str, known: list[tuple[object, ...]], says: str
) -> None:
    home = home_below(tmp_path / "home")
    for file, old, new in (("datasets/all.yml", FORM, FORM + RELEASED_FORM), ("districts/990101.yml", *OFFICE)):
        path = home / "expectations" / file
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    catalog = load(DISTRICT, home / "expectations")
    assert catalog.senders["province_released"] == ("office",)
    assert not catalog.rolled
    entry = {"dataset": "province_released", "department": "office", "file": "2022.csv"}
    raw, text = tmp_path / "raw", released(catalog, audience, caliber)
    received(raw / DISTRICT / str(YEAR), DISTRICT, YEAR, {"2022.csv": text}, [entry])
    own = catalog.only({"province_released"})
    with trial.received(own, raw, range(YEAR, YEAR + 1)) as con:
        told = con.execute("select message from out_findings where severity = 'critical'").fetchall()
        compute.indicators(con, own)
        assert con.execute("select indicator, value, source from out_above").fetchall() == known
    assert says in "".join(message for (message,) in told)
    assert bool(told) == (not known)

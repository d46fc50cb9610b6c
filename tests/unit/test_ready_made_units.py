"""The unit of a ready-made figure: of its cell, its name, its column or its table; where two of them differ, nobody guesses."""

from dataclasses import replace
from pathlib import Path

import pytest

from expectations.records import Catalog
from tests.fixtures.deliveries import CATALOG, YEAR, deliver, sent, taken_in

pytestmark = pytest.mark.usefixtures("lent")

LONG = "年份,指标,计量单位,数值\n"
BELOW = "{year},死亡率,{cell},{figure}\n"


def became(
    raw: Path, dataset: str, text: str, catalog: Catalog = CATALOG
) -> tuple[list[float], list[tuple[str, str, str]]]:
    """The figures that a file gives, and what was found: rule, severity, message."""
    deliver(raw, YEAR, [sent(dataset, text)])
    with taken_in(raw, [YEAR], catalog=catalog) as con:
        figures = con.execute("select value::double from core_observations where state = 'ok' order by line").fetchall()
        found = con.execute("select rule, severity, message from out_findings where delivery is not null").fetchall()
    return [value for (value,) in figures], found


READ = [
    # where the unit stands            the file                                               the figure, in the indicator's unit
    ("cell", f"{LONG}2024,死亡率,%,0.52\n", 5.2),
    ("name", f"{LONG}2024,活产总数（万人）,,0.06\n", 600),
    ("name alone", "年份,指标,数值\n2024,活产总数（万人）,0.06\n", 600),
    ("column", "年份,指标,数值（%）\n2024,死亡率,0.52\n", 5.2),
    ("column, right", "年份,指标,数值（‰）\n2024,死亡率,5.2\n", 5.2),
    ("column, as it is called", "年份,指标,数值（万名）\n2024,活产总数,0.06\n", 600),
    ("column and the same cell", "年份,指标,计量单位,数值（%）\n2024,死亡率,%,0.52\n", 5.2),
    ("a row of units", "年份,指标,数值\n,,万人\n2024,活产总数,0.06\n", 600),
    ("table", "单位：万人,,\n年份,指标,数值\n2024,活产总数,0.06\n", 600),
    ("table, right", "单位：‰,,\n年份,指标,数值\n2024,死亡率,5.2\n", 5.2),
    ("table, of another row", f"单位：万人,,,\n{LONG}2024,死亡率,‰,5.2\n", 5.2),
    ("table, of several", "单位：万人、%,,\n年份,指标,数值\n2024,死亡率,0.52\n", 5.2),
    ("nowhere", f"{LONG}2024,死亡率,,5.2\n", 5.2),
    ("a whole number of persons", f"{LONG}2024,活产总数,人,600.0\n", 600),
    ("a whole number of persons in 万人", f"{LONG}2024,活产总数,万人,0.05\n", 500),
    ("below, of a row that has its own", f"{LONG}2024,活产总数,人,600\n单位：万人,,,\n", 600),
]  # fmt: skip


@pytest.mark.parametrize(("text", "figure"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_a_ready_made_figure_has_the_unit_that_is_stated(tmp_path: Path, text: str, figure: float) -> None:
    figures, found = became(tmp_path, "published", text)
    assert figures == [pytest.approx(figure)]
    assert {severity for _, severity, _ in found} <= {"info"}, found


ASKED = [
    # what is wrong                     the file                                              rule              what is told
    ("cell and column", "年份,指标,计量单位,数值（万人）\n2024,活产总数,人,0.06\n",
     "cell_number", "第2行“数值（万人）”列的值“0.06”有误", "计量单位既写“人”又写“万人”"),
    ("name and column", "年份,指标,数值（%）\n2024,死亡率（‰）,5.2\n", "cell_number", "“5.2”", "计量单位既写“‰”又写“%”"),
    ("cell and name", f"{LONG}2024,死亡率（%）,‰,5.2\n", "cell_number", "“5.2”", "计量单位既写“‰”又写“%”"),
    ("cell and table", f"单位：万人,,,\n{LONG}2024,活产总数,人,600\n", "cell_number", "“600”", "计量单位既写“人”又写“万人”"),
    ("cell that cannot be", f"{LONG}2024,死亡率,人,5.2\n", "row_value_unit", "“计量单位”列的值“人”", "计量单位"),
    ("column that cannot be", "年份,指标,数值（人）\n2024,死亡率,5.2\n",
     "cell_number", "“数值（人）”列的值“5.2”", "计量单位“人”不能换算为“‰”"),
    ("table that cannot be", "单位：元,,\n年份,指标,数值\n2024,死亡率,5.2\n", "cell_number", "“5.2”", "计量单位“元”不能换算为“‰”"),
    ("half a person", f"{LONG}2024,活产总数,人,600.5\n", "cell_number", "“600.5”", "以“人”为单位的是整数"),
    ("below the figures", f"{LONG}2024,活产总数,,6\n单位：百人,,,\n", "unit_below", "第3行", "不知“数值”列是否都以“百人”为单位"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rule", "where", "says"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_a_ready_made_figure_with_two_meanings_is_asked_about(
    tmp_path: Path, text: str, rule: str, where: str, says: str
) -> None:
    _, found = became(tmp_path, "published", text)
    [told] = [message for named, severity, message in found if (named, severity) == (rule, "critical")]
    assert where in told and says in told and "None" not in told


def _of_form(unit: str | None, leave_out: str = "") -> Catalog:
    """The same form with figures in a unit, where the file says nothing else; without one of its columns."""
    form = CATALOG.datasets["published"]
    columns = {header: column for header, column in form.columns.items() if header != leave_out}
    columns["数值"] = columns["数值"].model_copy(update={"unit": unit})
    facts = {name: value for name, value in form if name != "columns"}
    form = type(form).model_construct(**facts, columns=columns)
    return replace(CATALOG, datasets=CATALOG.datasets | {"published": form})


PER_CENT = _of_form("%")
OF_THE_FORM = [
    # where the unit stands     the file                                          the figure, in the indicator's unit
    ("nowhere", "年份,指标,数值\n2024,死亡率,1.52\n", 15.2),
    ("nowhere, of an empty cell", f"{LONG}2024,死亡率,,1.52\n", 15.2),
    ("behind the figure", "年份,指标,数值\n2024,死亡率,15.2‰\n", 15.2),
    ("heading", "年份,指标,数值（‰）\n2024,死亡率,15.2\n", 15.2),
    ("heading and figure", "年份,指标,数值（‰）\n2024,死亡率,15.2‰\n", 15.2),
    ("table and figure", "单位：‰,,\n年份,指标,数值\n2024,死亡率,15.2‰\n", 15.2),
    ("cell and figure", f"{LONG}2024,死亡率,‰,15.2‰\n", 15.2),
    ("a row of units", "年份,指标,数值\n,,‰\n2024,死亡率,15.2\n", 15.2),
    ("table", "单位：‰,,\n年份,指标,数值\n2024,死亡率,15.2\n", 15.2),
    ("cell", f"{LONG}2024,死亡率,‰,15.2\n", 15.2),
    ("cell of another kind", f"{LONG}2024,活产总数,人,600\n", 600),
]


@pytest.mark.parametrize(("text", "figure"), [row[1:] for row in OF_THE_FORM], ids=[row[0] for row in OF_THE_FORM])
def test_a_figure_that_says_no_unit_has_that_of_its_column_in_the_form(
    tmp_path: Path, text: str, figure: float
) -> None:
    figures, found = became(tmp_path, "published", text, PER_CENT)
    assert figures == [pytest.approx(figure)]
    assert {severity for _, severity, _ in found} <= {"info"}, found


NOT_OF_THE_FORM = [
    ("nowhere", f"{LONG}2024,活产总数,,600\n", "“600”", "没有写明计量单位，报表规定的“%”不能换算为“人”"),
    ("heading and figure", "年份,指标,数值（‰）\n2024,死亡率,1.52%\n", "“1.52", "计量单位既写“%”又写“‰”"),
    ("table and figure", "单位：‰,,\n年份,指标,数值\n2024,死亡率,1.52%\n", "“1.52", "计量单位既写“%”又写“‰”"),
    ("cell and figure", f"{LONG}2024,死亡率,‰,1.52%\n", "“1.52", "计量单位既写“‰”又写“%”"),
    ("cell and figure of another kind", f"{LONG}2024,活产总数,人,600%\n", "“600", "计量单位既写“人”又写“%”"),
    (
        "heading and figure in brackets",
        "年份,指标,数值（‰）\n2024,死亡率,(1.52%)\n",
        "“(1.52%)”",
        "计量单位既写“%”又写“‰”",
    ),
    ("figure of another kind", "年份,指标,数值\n2024,活产总数,600%\n", "“600", "计量单位“%”不能换算为“人”"),
]


@pytest.mark.parametrize(
    ("text", "where", "says"), [row[1:] for row in NOT_OF_THE_FORM], ids=[row[0] for row in NOT_OF_THE_FORM]
)
def test_a_figure_that_cannot_be_in_the_unit_of_its_column_is_asked_about(
    tmp_path: Path, text: str, where: str, says: str
) -> None:
    figures, found = became(tmp_path, "published", text, PER_CENT)
    [told] = [message for rule, severity, message in found if (rule, severity) == ("cell_number", "critical")]
    assert not figures and where in told and says in told


def test_a_unit_of_a_name_is_asked_about_where_the_form_has_no_column_of_units(tmp_path: Path) -> None:
    plain = _of_form(None, leave_out="计量单位")
    text = "年份,指标,数值\n2024,活产总数（{unit}）,{figure}\n"
    figures, found = became(tmp_path / "unlike", "published", text.format(unit="%", figure=600), plain)
    [told] = [message for rule, severity, message in found if (rule, severity) == ("cell_number", "critical")]
    assert not figures and "计量单位“%”不能换算为“人”" in told
    assert became(tmp_path / "alike", "published", text.format(unit="万人", figure="0.06"), plain)[0] == [600]


def test_a_unit_in_a_title_is_used_and_asked_about(tmp_path: Path) -> None:
    """As where each figure has a column: 单位：万人 is how forms say it, （万人） in a title may be of something else."""
    figures, found = became(tmp_path, "published", "公布数据表（万人）,,\n年份,指标,数值\n2024,活产总数,0.06\n")
    assert figures == [pytest.approx(600)]
    assert ("unit_converted", "warning") in {told[:2] for told in found}


ITEMS = "年份,街镇,指标,数值{column}\n" + "".join(
    f"2024,{town},活产数{{name}},{births}\n2024,{town},死亡人数,{deaths}\n"
    for town, births, deaths in (("东风街道", 300, 3), ("西桥镇", 200, 2), ("南山镇", 100, 0))
)


def test_items_below_each_other_are_asked_the_same(tmp_path: Path) -> None:
    """A name in 人 in a column of 百人: two units. Its neighbour states 百人 once."""
    figures, found = became(tmp_path / "two", "births", ITEMS.format(column="（百人）", name="（人）"))
    assert not figures  # half of the rows: the delivery is returned
    assert sum("计量单位既写“人”又写“百人”" in message for *_, message in found) == 3
    figures, found = became(tmp_path / "one", "births", ITEMS.format(column="（百人）", name=""))
    assert figures == [30000, 300, 20000, 200, 10000, 0]
    under = ITEMS.format(column="", name="").replace("数值\n", "数值\n,,,百人\n")
    assert became(tmp_path / "row", "births", under)[0] == figures


SHARES = CATALOG.datasets["published"].model_copy(update={"indicators": ("mortality", "literacy")})
SPEC_SHARES = [
    # the figures                                          the question that is asked
    ("2024,素养水平,%,0.48\n", "“素养水平”以“%”为单位，报送的数值却都小于1（如0.48），可能没有乘以100"),
    ("2024,素养水平,,0.48\n", "“素养水平”以“%”为单位"),
    ("2024,素养水平（%）,,0.48\n2024,死亡率,‰,5.2\n", "“素养水平”以“%”为单位"),
    ("2024,素养水平,%,48\n", ""),
    ("2024,素养水平,%,0\n", ""),
    ("2024,素养水平,%,—\n", ""),
    ("2024,素养水平,‰,0.48\n", ""),  # it says itself that it is no share of one
    ("2024,死亡率,‰,0.48\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "says"), SPEC_SHARES)
def test_a_share_written_as_a_fraction_is_asked_about_and_used(tmp_path: Path, lines: str, says: str) -> None:
    catalog = replace(CATALOG, datasets=CATALOG.datasets | {"published": SHARES})
    figures, found = became(tmp_path, "published", LONG + lines, catalog)
    asked = [(severity, message) for rule, severity, message in found if rule == "fraction"]
    assert [severity for severity, _ in asked] == (["warning"] if says else [])
    assert all(says in message and "确认无误的" in message for _, message in asked)
    assert len(figures) == lines.count("\n") - lines.count("—")

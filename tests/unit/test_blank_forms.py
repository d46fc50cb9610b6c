"""A form without one figure: it came, it brings nothing, and its department is asked for it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from expectations.vocabulary import DeliveryStatus, Fit, Reason
from flows import letters
from flows.cells import Cells
from flows.desk import intake, owed, trial
from flows.desk.filing import Wanted
from flows.places import Places
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, YEAR, deliver, reckoned_by_year, sent

pytestmark = pytest.mark.usefixtures("lent", "unset")

BIRTHS = BASE["births"]
PUBLISHED = BASE["published"].replace("5.25", "{}").replace("600", "{}")
CITY = "2024,990000,示例市,不适用,不适用\n"


def births(*cells: str) -> str:
    """The form of births with these in the place of its six figures."""
    east, west, south = (",".join(cells[n : n + 2]) for n in (0, 2, 4))
    return BIRTHS.replace("300,3", east).replace("200,2", west).replace("100,0", south)


def of_two_years(*cells: str) -> str:
    """The form of births with these figures, below those of the year before."""
    head, _, rows = BIRTHS.partition("\n")
    return f"{head}\n{rows.replace('2024,', '2023,')}{births(*cells).partition(chr(10))[2]}"


BLANK: list[tuple[str, str, str, Reason]] = [
    # a form of births, what becomes of it, what is told, what the district's figure is
    (births(*"——————"), "refused", "“活产数”列3格填“—”，“死亡人数”列3格填“—”", Reason.NOT_RECEIVED),
    (births(*[""] * 6), "refused", "“活产数”列3格没有填写，“死亡人数”列3格没有填写", Reason.NOT_RECEIVED),
    (births(*[""] * 6) + CITY, "refused", "“活产数”列3格没有填写", Reason.NOT_RECEIVED),  # as the template came
    (births("—", "", "—", "", "/", ""), "refused", "“活产数”列1格填“/”，“活产数”列2格填“—”", Reason.NOT_RECEIVED),
    (births(*["—", "不适用"] * 3), "refused", "“活产数”列3格填“—”", Reason.NOT_RECEIVED),
    (births("300", *"—————"), "accepted", "", Reason.NOT_RECEIVED),
    (births(*["300", "—"] * 3), "accepted", "", Reason.OK),
    (births(*"000000"), "accepted", "", Reason.OK),
    (births(*["不适用"] * 6), "accepted", "", Reason.NOT_APPLICABLE),
    (births("三百", *"—————"), "refused", "", Reason.REJECTED),  # something came, and it cannot be used
    (births("三百", "3", *"————"), "partial", "", Reason.REJECTED),
    (births("三百", "不适用", *"————"), "partial", "", Reason.REJECTED),  # what does not apply has been answered
    (births(*[""] * 6) + "2024,,北山镇,9,1\n", "refused", "", Reason.NOT_RECEIVED),  # a foreign town's alone
    (of_two_years(*"——————"), "refused", "“活产数”列3格填“—”，“死亡人数”列3格填“—”", Reason.NOT_RECEIVED),
    (of_two_years(*[""] * 6), "refused", "“活产数”列3格没有填写，“死亡人数”列3格没有填写", Reason.NOT_RECEIVED),
    (of_two_years(*["300", "—"] * 3), "accepted", "", Reason.OK),
]
SHAPES: list[tuple[str, str, str]] = [
    # a form of any shape, and what becomes of it
    ("published", PUBLISHED.format("—", "—"), "refused"),
    ("published", PUBLISHED.format("—", "600"), "accepted"),
    ("births", "年份,街镇,指标,数值\n2024,东风街道,活产数,—\n2024,西桥镇,活产数,—\n", "refused"),
    (
        "births",
        "年份,街镇,指标,数值\n2024,东风街道,活产数,—\n2024,西桥镇,活产数,5\n",
        "partial",
    ),  # the rest is not there
    (
        "births",
        "年份,街镇,指标,数值\n2024,东风街道,活产数,—\n2024,西桥镇,产妇数,5\n",
        "refused",
    ),  # of what it is, nobody knows
    (
        "births",
        "年份,街镇,指标,数值\n2023,东风街道,活产数,4\n2023,西桥镇,活产数,5\n2024,东风街道,活产数,—\n2024,西桥镇,活产数,—\n",
        "refused",
    ),
    ("progress", BASE["progress"].replace("推进中,开展宣传活动,年度工作总结", ",,"), "refused"),
    ("progress", BASE["progress"], "accepted"),
]
SHAPED = range(YEAR, YEAR + len(SHAPES))  # first: statements are asked for while a plan is in force
BLANKED = range(SHAPED.stop, SHAPED.stop + len(BLANK))


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory, lent: None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every form in a data year of its own."""
    shaped = {year: [sent(dataset, text)] for year, (dataset, text, _) in zip(SHAPED, SHAPES, strict=True)}
    blank = {year: [sent("births", text)] for year, (text, *_) in zip(BLANKED, BLANK, strict=True)}
    with reckoned_by_year(tmp_path_factory.mktemp("raw"), shaped | blank) as con:
        yield con


@pytest.mark.parametrize(
    ("year", "status", "told", "state"), [(y, *case[1:]) for y, case in zip(BLANKED, BLANK, strict=True)]
)
def test_a_form_without_one_figure_is_sent_back_and_its_figures_did_not_come(
    forms: duckdb.DuckDBPyConnection, year: int, status: str, told: str, state: Reason
) -> None:
    found = forms.execute("select message from out_findings where rule = 'blank_form' and year = ?", [year]).fetchall()
    assert [told in message for (message,) in found] == [True] * bool(told)
    [row] = forms.execute(
        "select status, cells_in > 0 from meta_deliveries where dataset = 'births' and file is not null and year = ?",
        [year],
    ).fetchall()
    assert row == (status, not told)
    asked = "select state from out_indicators where indicator = 'births_total' and area = ? and year = ?"
    assert forms.execute(asked, [DISTRICT, year]).fetchall() == [(state,)]


@pytest.mark.parametrize(
    ("year", "dataset", "status"),
    [(year, dataset, status) for year, (dataset, _, status) in zip(SHAPED, SHAPES, strict=True)],
)
def test_the_same_holds_of_every_shape_of_form(
    forms: duckdb.DuckDBPyConnection, year: int, dataset: str, status: str
) -> None:
    query = "select status from meta_deliveries where dataset = ? and year = ? and department = 'health' and file is not null"
    found = forms.execute(query.replace("and department = 'health' " * (dataset == "published"), ""), [dataset, year])
    assert found.fetchall() == [(status,)]


@pytest.mark.parametrize(("text", "is_blank"), [(births(*"——————"), True), (births(*"000000"), False)])
def test_desk_and_letter_ask_for_what_did_not_come(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, is_blank: bool
) -> None:
    deliver(tmp_path / "raw", YEAR, [sent(name) for name in BASE if name != "births"])
    home, path = Places(tmp_path), tmp_path / "活产.csv"
    path.write_text(text, encoding="utf-8")
    [tried] = intake.check(path, CATALOG, home, Wanted())
    said = capsys.readouterr().out
    assert (tried.fit == Fit.UNUSABLE, "为零的填0，不适用的填“不适用”" in said) == (is_blank, is_blank)
    assert ("没有重新报送，也没有其他来源的，有关指标列为“未报送”" in said) is is_blank
    intake.receive([path], CATALOG, home, Wanted(), date(2025, 3, 8), None)
    assert ("退回：收到0格，采用0格，退回0格" in capsys.readouterr().out) is is_blank
    [form] = [o for o in owed.owed(CATALOG, home.raw, YEAR, date(2025, 7, 1)) if o.title == "活产和死亡情况表"]
    assert (form.is_refused, form.received) == (is_blank, date(2025, 3, 8))
    with trial.checked(CATALOG, home.raw, YEAR) as con:
        letter = letters.letter_of(con, CATALOG, YEAR, "health")
        [about] = [d for d in letter.deliveries if d.title == "活产和死亡情况表"]
        assert (about.word == DeliveryStatus.REFUSED.word, bool(about.blocked)) == (is_blank, is_blank)
        assert ("表中没有一个数据" in "".join(f.message for f in letter.open)) is is_blank


@pytest.mark.parametrize(("unfilled", "counted"), [(0, Cells(6, 5, 1, 0)), (2, Cells(4, 3, 1, 2))])
def test_a_cell_without_a_figure_is_not_told_as_data_that_came(unfilled: int, counted: Cells) -> None:
    nothing = {"cells_in": 0, "observations": 0, "rejections": 0, "unfilled": 0}
    assert (
        Cells.of([nothing | {"cells_in": 6, "observations": 5, "rejections": 1, "unfilled": unfilled}, nothing])
        == counted
    )
    assert Cells.of([]) == Cells(0, 0, 0, 0)

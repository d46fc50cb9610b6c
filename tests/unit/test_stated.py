"""What a published table says of its own figures: it is said of the figure that is used, or of none."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows import assess, compute, ingest, validate
from tests.fixtures.deliveries import BASE, CATALOGUE, DESK, DISTRICT, YEAR, deliver, sent
from tests.fixtures.warehouses import warehouse

pytestmark = pytest.mark.usefixtures("lent")

COLUMNS = {"area": "街镇: {is: area}", "sex": "性别: {is: sex}"}
CASES: Mapping[str, tuple[str, str, dict[str, list[float]], dict[str, str]]] = {
    # a column more, the rows of the published table, what is said of each indicator (上年, 基期), other forms
    "the district alone": ("", "2024,死亡率,‰,5,-1,-2\n", {"mortality": [-2, -1]}, {}),
    "a town beside it": (
        "area",
        "2024,全区,死亡率,‰,5,-1,-2\n2024,西桥镇,死亡率,‰,6,9,8\n",
        {"mortality": [-2, -1]},
        {},
    ),
    "a town before it": (
        "area",
        "2024,西桥镇,死亡率,‰,6,9,8\n2024,全区,死亡率,‰,5,-1,-2\n",
        {"mortality": [-2, -1]},
        {},
    ),
    "a town alone": ("area", "2024,西桥镇,死亡率,‰,6,9,8\n", {}, {}),
    "all sexes": (
        "sex",
        "2024,合计,素养水平,%,50,1,2\n2024,女,素养水平,%,48,-3,-4\n2024,男,素养水平,%,52,7,6\n",
        {"literacy": [2, 1]},
        {},
    ),
    "women alone": ("sex", "2024,女,素养水平,%,48,-3,-4\n", {}, {}),
    "a figure that is refused": ("", "2024,死亡率,‰,5.2X,-1,-2\n", {}, {}),
    "a figure that is not there": ("", "2024,死亡率,‰,—,-1,-2\n", {}, {}),
    "a figure that is computed": ("", "2024,死亡率,‰,5,-1,-2\n", {}, {"births": BASE["births"]}),
}


def catalog(folder: Path, column: str) -> Catalog:
    """The small district, whose published table states changes."""
    own = Path(shutil.copytree(CATALOGUE, folder))
    path = own / "datasets/all.yml"
    text = path.read_text(encoding="utf-8")
    for old, new in (
        (
            "  indicators: [mortality, births_total]",
            "  indicators: [mortality, births_total, literacy]\n  stated: {previous: 比上年变化, baseline: 比基期变化}",
        ),
        (
            "    年份: {is: year}\n    指标: ",
            f"    年份: {{is: year}}\n{f'    {COLUMNS[column]}' if column else ''}\n    指标: ",
        ),
        (
            "    数值: {is: value, decimals: 2}",
            "    数值: {is: value, decimals: 2}\n    比上年变化: {is: note}\n    比基期变化: {is: note}",
        ),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return load(DISTRICT, own)


YEARS = range(YEAR - 2, 2031, 2)
"""Data years for cases of one catalogue: in each of them the plan is in force, and the year before has no figure."""


class Taken(NamedTuple):
    """A catalogue with its cases in one warehouse, each in a data year of its own."""

    catalog: Catalog
    con: duckdb.DuckDBPyConnection
    years: Mapping[str, int]


@pytest.fixture(scope="module")
def taken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, lent: None) -> Iterator[Taken]:
    column, folder = request.param, tmp_path_factory.mktemp("stated")
    own = catalog(folder / "catalogue", column)
    mine = [case for case, (its, *_) in CASES.items() if its == column]
    years = dict(zip(mine, YEARS, strict=False))
    assert years.keys() == {*mine}, "there are years enough"
    more = f"{COLUMNS[column].split(':')[0]}," if column else ""
    for case, year in years.items():
        _, rows, _, others = CASES[case]
        text = f"年份,{more}指标,计量单位,数值,比上年变化,比基期变化\n{rows}"
        deliver(folder / "raw", year, [sent("published", text), *(sent(name, text) for name, text in others.items())])
    with warehouse() as con:
        ingest.store(con, own, folder / "raw", years.values())
        validate.contract(con, own, DESK)
        ingest.observe(con, own)
        compute.indicators(con, own)
        assess.targets(con, own, max(years.values()))
        yield Taken(own, con, years)


@pytest.mark.parametrize(
    ("taken", "case"), [(column, c) for c, (column, *_) in CASES.items()], indirect=["taken"], ids=CASES
)
def test_a_change_is_that_of_the_figure_that_is_used(taken: Taken, case: str) -> None:
    found: dict[str, list[float]] = {}
    for indicator, value in taken.con.execute(
        "select indicator, value from core_stated where year = ? order by indicator, kind", [taken.years[case]]
    ).fetchall():
        found.setdefault(indicator, []).append(float(value))
    said = CASES[case][2]
    assert found == said
    judged = taken.con.execute(
        "select target, change_baseline, change_previous from out_assessments where year = ?", [taken.years[case]]
    ).fetchall()
    assert judged
    for target, baseline, previous in judged:
        promise = next(p for p in taken.catalog.promises() if p.id == target)
        mine = said.get(str(promise.target.indicator)) if promise.target.sex == "total" else None
        if mine and promise.target.rule.series == "value":
            assert [baseline, previous] == mine, target
        elif promise.target.indicator in {"mortality", "literacy"}:
            assert [baseline, previous] == [None, None], target

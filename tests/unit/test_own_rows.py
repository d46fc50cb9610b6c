"""Rows of which nobody knows whose they are: what they take away, of towns and of institutions, and when the district's own row is enough.

Every expectation was worked out by hand from the rows below, and the second reader has to come to the same.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows import compute, ingest, validate
from flows.desk import trial
from tests.fixtures.deliveries import CATALOGUE, DISTRICT, YEAR, Sent, deliver
from tests.fixtures.warehouses import warehouse
from tests.second_reader import catalogue, deliveries, recompute
from tests.second_reader.__main__ import SHIPPED

pytestmark = pytest.mark.usefixtures("lent")

STAFF = """
staff:
  title: 卫生院培训情况表
  department: health
  due: "03-10"
  institution_kind: clinic
  columns:
    年份: {is: year}
    机构: {is: institution}
    性别: {is: sex}
    在职人数: {measure: staff, unit: 人}
    受训人数: {measure: trained, unit: 人, not_above: staff}
"""
TRAINING = """
training:
  {name: 受训率, kind: ratio, numerator: trained, denominator: staff, per: 100, unit: "%", decimals: 1, better: higher, by_sex: true,
   range: [0, 100], lead: health, definition: 受训人数占在职人数的比重。}
"""
GOAL = "  30: {title: 培训, targets: [{indicator: training, rule: every_place_at_least, value: 10, each: clinic}]}\n"
BRANCH = '      - {id: clinic_branch, name: 西桥镇分院, area: "990201101"}\n'
SOUTH = '      - {id: clinic_south, name: 南山镇卫生院, area: "990201102"}\n'
Told = tuple[str, float | None, float | None]
"""State, numerator, denominator."""
Place = tuple[str, str, str]
"""Area, institution, sex."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small district with a form of women and men by institution, two of which stand in one town."""
    home = Path(shutil.copytree(CATALOGUE, tmp_path_factory.mktemp("home") / "expectations"))
    more = {"datasets/all.yml": STAFF, "indicators/all.yml": TRAINING, "plans/demo_women_2021/1_all.yml": GOAL}
    for file, text in more.items():
        path = home / file
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    path = home / "districts/990201.yml"
    text = path.read_text(encoding="utf-8")
    assert SOUTH in text
    path.write_text(text.replace(SOUTH, SOUTH + BRANCH), encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def catalog(home: Path) -> Catalog:
    return load(DISTRICT, home)


def computed(home: Path, catalog: Catalog, raw: Path, form: str, text: str, indicator: str) -> Mapping[Place, Told]:
    """The figures of an indicator; held against the second reader."""
    deliver(raw, YEAR, [Sent(form, text.encode())])
    with warehouse() as con:
        ingest.store(con, catalog, raw, [YEAR])
        validate.contract(con, catalog)
        ingest.observe(con, catalog)
        compute.indicators(con, catalog)
        validate.withdraw(con, catalog)
        found = {
            (area, institution, sex): (state, *(None if n is None else float(n) for n in numbers))
            for area, institution, sex, state, *numbers in con.execute(
                "select area, institution, sex, state, numerator, denominator from out_indicators where indicator = ?",
                [indicator],
            ).fetchall()
        }
    known = catalogue.read(home, DISTRICT, SHIPPED)
    read = deliveries.read(known, raw, YEAR)
    assert read is not None and read.left == []
    mine = replace(known, indicators={indicator: known.indicators[indicator]})
    again = recompute.indicators(mine, {YEAR: read})
    told = {place: again[indicator, YEAR, *place, ""] for place in found}
    assert {place: (v.state, v.numerator, v.denominator) for place, v in told.items()} == found
    return found  # type: ignore[return-value]


# --- a town that nobody knows ---

BAD: Told = ("rejected", None, None)
LATE: Told = ("not_received", None, None)
OWN: Told = ("ok", 6, 650)
TOWNS = [
    # births and deaths of 西桥镇, beside 300,3 and 100,0; of a town of unknown name; of the district's own row
    ("200,2", "50,1", "650,6", OWN),
    ("200,2", "50,1", None, BAD),
    # on one side only: the own row counts 西桥镇, or it is the sum without it
    ("不适用,2", "50,1", "650,6", OWN),
    ("不适用,2", "50,1", "450,6", BAD),
    ("200,不适用", "50,1", "650,6", OWN),
    ("200,不适用", "50,1", "650,4", BAD),
    ("不适用,2", "5O,1", "650,6", BAD),  # what the unknown town has cannot be read
    ("不适用,不适用", "50,1", "450,4", ("ok", 4, 450)),
    # not received: so it is
    ("—,2", "50,1", "650,6", OWN),
    ("—,2", "50,1", "450,6", BAD),
    # the unknown town has nobody on one side: one row of the district has both
    ("200,2", "50,0", "650,6", OWN),
    ("200,—", "50,0", "650,6", OWN),
    ("200,—", "50,0", "650,3", LATE),
    ("200,不适用", "50,0", "650,6", OWN),
    ("200,不适用", "50,0", "650,3", BAD),
    ("200,2", "50,0", "650,—", ("ok", 5, 650)),
    ("200,2", "0,0", None, ("ok", 5, 600)),
]  # fmt: skip


@pytest.mark.parametrize(("west", "unknown", "own", "told"), TOWNS)
def test_when_the_district_s_own_row_is_enough(
    home: Path, catalog: Catalog, tmp_path: Path, west: str, unknown: str, own: str | None, told: Told
) -> None:
    rows = ["990201001,东风街道,300,3", f"990201101,西桥镇,{west}", "990201102,南山镇,100,0", f",某镇,{unknown}"]
    rows += [f"990201,甲区,{own}"] if own else []
    text = "年份,街镇代码,街镇,活产数,死亡人数\n" + "".join(f"2024,{row}\n" for row in rows)
    found = computed(home, catalog, tmp_path, "births", text, "mortality")
    assert found[DISTRICT, "", "total"] == told


@pytest.mark.parametrize(("own", "costs"), [("650,6", False), ("650,4", True)])
def test_a_cell_that_costs_the_district_nothing_is_asked_about_and_no_more(
    catalog: Catalog, tmp_path: Path, own: str, costs: bool
) -> None:
    rows = [
        "990201001,东风街道,300,3",
        "990201101,西桥镇,200,",
        "990201102,南山镇,100,0",
        ",某镇,50,1",
        f"990201,甲区,{own}",
    ]
    text = "年份,街镇代码,街镇,活产数,死亡人数\n" + "".join(f"2024,{row}\n" for row in rows)
    deliver(tmp_path, YEAR, [Sent("births", text.encode())])
    with trial.checked(catalog, tmp_path, YEAR) as con:
        [(said,)] = con.execute("select said from out_findings where rule = 'unfilled'").fetchall()
    assert "西桥镇“死亡人数”没有填写（E3）" in said
    assert ("全区" in said, "“死亡率”" in said) == (costs, costs)


@pytest.mark.parametrize(
    ("own", "costs"),
    [
        ("990201,甲区,650,6", False),
        ("990201,甲区,650,4", True),  # as many deaths as are known without 西桥镇: the row may be the same sum
        ("", True),
    ],
)
def test_of_a_row_of_no_known_place_its_sender_reads_what_cannot_be_judged(
    catalog: Catalog, tmp_path: Path, own: str, costs: bool
) -> None:
    """西桥镇 has no row, and a row stands there under a name that nobody knows."""
    rows = ["990201001,东风街道,300,3", "990201102,南山镇,100,0", ",某镇,50,1", *([own] if own else [])]
    text = "年份,街镇代码,街镇,活产数,死亡人数\n" + "".join(f"2024,{row}\n" for row in rows)
    deliver(tmp_path, YEAR, [Sent("births", text.encode())])
    with trial.checked(catalog, tmp_path, YEAR) as con:
        [(message,)] = con.execute("select message from out_findings where rule = 'row_area'").fetchall()
        [(state,)] = con.execute(
            "select state from out_indicators where indicator = 'mortality' and area = ? and year = ?", [DISTRICT, YEAR]
        ).fetchall()
    assert state == ("rejected" if costs else "ok")
    told = "。这样的行不能归入任何一处，全区的有关数据因此不能使用，“死亡率”"
    assert (told in message, message.endswith("无法评价。")) == (costs, costs)


@pytest.mark.parametrize(("stray", "cells"), [("", False), (",某镇,50,1", True)])
def test_an_impossible_rate_is_told_with_the_cells_that_are_used(
    catalog: Catalog, tmp_path: Path, stray: str, cells: bool
) -> None:
    """1001 of 1000 in the row of the whole, which is only compared with its towns: 3/400 is what is used, unless a row has no place."""
    rows = ["990201001,东风街道,300,3", "990201101,西桥镇,0,0", "990201102,南山镇,100,0", "990201,甲区,1000,1001"]
    text = "年份,街镇代码,街镇,活产数,死亡人数\n" + "".join(
        f"2024,{row}\n" for row in [*rows, *([stray] if stray else [])]
    )
    bounded = catalog.indicators["mortality"].model_copy(update={"range": (0, 1000)})
    deliver(tmp_path, YEAR, [Sent("births", text.encode())])
    limited = replace(catalog, indicators=dict(catalog.indicators) | {"mortality": bounded})
    with trial.checked(limited, tmp_path, YEAR) as con:
        found = [m for (m,) in con.execute("select message from out_findings where rule = 'ratio_range'").fetchall()]
    assert ["（E5）为1001人，大于“活产数”1000人，算出“死亡率”1001.0‰" in message for message in found] == [True] * cells


def test_an_impossible_sum_has_no_cells_of_a_row_that_is_not_used(catalog: Catalog, tmp_path: Path) -> None:
    """The towns have 1007 deaths and 1000 births, because one of them says 不适用 of its births; the row of the whole has 600 and 2000."""
    rows = [
        "990201001,东风街道,900,600",
        "990201101,西桥镇,不适用,407",
        "990201102,南山镇,100,0",
        "990201,甲区,2000,600",
    ]
    text = "年份,街镇代码,街镇,活产数,死亡人数\n" + "".join(f"2024,{row}\n" for row in rows)
    bounded = catalog.indicators["mortality"].model_copy(update={"range": (0, 1000)})
    deliver(tmp_path, YEAR, [Sent("births", text.encode())])
    limited = replace(catalog, indicators=dict(catalog.indicators) | {"mortality": bounded})
    with trial.checked(limited, tmp_path, YEAR) as con:
        [message] = [
            m for (m,) in con.execute("select message from out_findings where rule = 'ratio_range'").fetchall()
        ]
    assert "按报送的数据计算为1007.0‰" in message and "2000" not in message


# --- an institution of which a row has no sex that can be read ---

WEST, BRANCH_OF_WEST, FAR = (
    ("990201101", "clinic_west"),
    ("990201101", "clinic_branch"),
    ("990201102", "clinic_south"),
)
EACH = [
    "西桥镇卫生院,女,10,5",
    "西桥镇卫生院,男,8,4",
    "西桥镇分院,女,4,2",
    "西桥镇分院,男,3,1",
    "南山镇卫生院,女,6,3",
    "南山镇卫生院,男,5,2",
]
ALL: Mapping[tuple[str, str], Told] = {
    WEST: ("ok", 9, 18), BRANCH_OF_WEST: ("ok", 3, 7), FAR: ("ok", 5, 11), (DISTRICT, ""): ("ok", 17, 36),
}  # fmt: skip
OF_DISTRICT = {(DISTRICT, ""): BAD}
UNITS: list[tuple[list[str], list[str], Mapping[tuple[str, str], Told]]] = [
    # rows that are gone, rows that stand there more, and what is not simply there of both sexes
    ([], [], {}),
    ([], ["西桥镇卫生院,不明,3,1"], {WEST: BAD, **OF_DISTRICT}),
    ([], ["西桥镇卫生院,不明,0,0"], {}),
    ([], ["西桥镇卫生院,总数,18,9"], {}),  # the sums of its women and men
    ([], ["西桥镇卫生院,总数,7,3"], {WEST: BAD, **OF_DISTRICT}),  # those of the branch
    ([], ["西桥镇卫生院,未说明,3,1"], {WEST: ("ok", 10, 21), (DISTRICT, ""): ("ok", 18, 39)}),
    ([], ["西桥镇卫生院,未说明,3,x"], {WEST: BAD, **OF_DISTRICT}),
    (["西桥镇分院,男,3,1"], ["西桥镇卫生院,不明,3,1"], {WEST: BAD, BRANCH_OF_WEST: LATE, **OF_DISTRICT}),
    ([], ["某卫生院,女,3,1"], OF_DISTRICT),
    ([], ["某卫生院,女,3,1", "合计,女,23,11", "合计,男,16,7"], {(DISTRICT, ""): ("ok", 18, 39)}),
    ([], ["合计,不明,3,1"], {}),  # only compared
    # more than all of them, and somebody of nobody
    (["西桥镇卫生院,男,8,4"], ["西桥镇卫生院,男,8,9"], {WEST: BAD, **OF_DISTRICT}),
    (["西桥镇卫生院,男,8,4"], ["西桥镇卫生院,男,0,4"], {WEST: BAD, **OF_DISTRICT}),
    (["西桥镇卫生院,男,8,4"], ["西桥镇卫生院,男,0,0"], {WEST: ("ok", 5, 10), (DISTRICT, ""): ("ok", 13, 28)}),
]


@pytest.mark.parametrize(("gone", "more", "told"), UNITS)
def test_a_row_of_no_known_sex_is_of_its_own_institution(
    home: Path, catalog: Catalog, tmp_path: Path, gone: list[str], more: list[str], told: Mapping[tuple[str, str], Told]
) -> None:
    rows = [row for row in EACH if row not in gone] + more
    text = "年份,机构,性别,在职人数,受训人数\n" + "".join(f"2024,{row}\n" for row in rows)
    found = computed(home, catalog, tmp_path, "staff", text, "training")
    assert {place: found[*place, "total"] for place in ALL} == {**ALL, **told}
    assert found[*WEST, "female"] == ("ok", 5, 10) and found[*FAR, "male"] == ("ok", 2, 5)

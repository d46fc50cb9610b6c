"""Women and men that were filled in the wrong way round: their sum is right, so no other check sees it. Every expectation was worked
out by hand before the first run.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows import validate
from tests.fixtures.deliveries import DESK, DISTRICT, YEAR, Sent, deliver, enlarged, taken_in
from tests.fixtures.warehouses import rows

pytestmark = pytest.mark.usefixtures("lent")

STAFF = """
staff:
  title: 教师情况表
  department: health
  due: "03-10"
  columns:
    年份: {is: year}
    街镇代码: {is: area}
    街镇: {is: area_name}
    性别: {is: sex}
    教师数: {measure: staff, unit: 人}
    校医数: {measure: medics, unit: 人}
    工资总额: {measure: staff_wages, unit: 元}
"""
TEACHERS = """
staff_women:
  {name: 女教师数, kind: count, numerator: staff, unit: 人, decimals: 0, better: higher, by_sex: true,
   lead: health, definition: 年末教师中的女性。}
"""
GOAL = "  30: {title: 教师, targets: [{indicator: staff_women, sex: female, rule: increase}]}\n"
TOWNS = {"990201001": "东风街道", "990201101": "西桥镇", "990201102": "南山镇"}
"""Codes and names, in the order of the figures below."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    more = {"datasets/all.yml": STAFF, "indicators/all.yml": TEACHERS, "plans/demo_women_2021/1_all.yml": GOAL}
    return load(DISTRICT, enlarged(tmp_path_factory.mktemp("home"), more))


def file(year: int, figures: str, doctors: str) -> Sent:
    """A file of the form: 女/男 of each town. Each teacher is paid 1,000 yuan."""
    lines = ["年份,街镇代码,街镇,性别,教师数,校医数,工资总额"]
    towns = zip(TOWNS.items(), figures.split(), doctors.split(), strict=True)
    for (code, name), teachers, others in towns:
        for sex, number, other in zip("女男", teachers.split("/"), others.split("/"), strict=True):
            paid = int(number) * 1000 if number.isdigit() else "—"
            lines.append(f"{year},{code},{name},{sex},{number},{other},{paid}")
    return Sent("staff", "\n".join(lines).encode())


Deliveries = tuple[str, ...]
"""Women and men of the teachers of each year, up to the newest."""


def told_of(
    raw: Path, catalog: Catalog, cases: Sequence[tuple[Deliveries, Sequence[str]]]
) -> list[list[tuple[int, str]]]:
    """What is asked about each case, with the number of its year; two years lie between one case and the next. The doctors are
    the same every year where nothing is said of them.
    """
    first, begun = YEAR, list[int]()
    for figures, doctors in cases:
        begun.append(first)
        for year, (teachers, others) in enumerate(zip(figures, doctors or [SAME] * len(figures), strict=True), first):
            deliver(raw, year, [file(year, teachers, others)])
        first += len(figures) + 2
    with taken_in(raw, range(YEAR, first), DESK, catalog) as con:
        validate.plausibility(con, catalog, DESK)
        found = rows(con, "select year, message from out_findings where rule = 'exchanged' order by line")
    return [
        [(r["year"] - start, r["message"]) for r in found if start <= r["year"] < start + len(figures)]
        for start, (figures, _) in zip(begun, cases, strict=True)
    ]


SAME = "9/9 9/9 9/9"
BEFORE = "600/400 6000/4000 6/4"
EXCHANGED = [
    # the year's figures, where something is asked: the share of women went from 60 % to 40 %
    ("400/600 6000/4000 6/4", ["（东风街道）女性400人、男性600人，上年女性600人、男性400人"]),
    ("600/400 4100/6000 6/4", ["（西桥镇）女性4100人、男性6000人，上年女性6000人、男性4000人"]),
    # two towns beyond chance, and the third likewise: the column is exchanged as a whole, which is said once
    ("400/600 4000/6000 4/6", ["“教师数”女性4404人、男性6606人，上年女性6606人、男性4404人"]),
    ("600/400 4000/6000 4/6", ["第4行“教师数”（西桥镇）女性4000人、男性6000人"]),  # the ten persons may be chance
    ("600/400 6000/4000 4/6", []),  # ten persons: may be chance
    ("560/440 5600/4400 5/5", []),
    ("600/400 6000/4000 6/4", []),
    ("600/400 3000/7000 6/4", []),  # another fault, or a true change: 30 % is not the 40 % that men had
    ("400/不适用 6000/4000 6/4", []),
    ("0/0 6000/4000 6/4", []),
]


TIPPED = [
    # before, now, how often something is asked
    ("5100/4900 1/1 1/1", "4900/5100 1/1 1/1", 0),  # two points among ten thousand: less than three standard errors
    ("51000/49000 1/1 1/1", "49000/51000 1/1 1/1", 1),  # among a hundred thousand: nearly nine
    ("502000/498000 1/1 1/1", "498000/502000 1/1 1/1", 0),  # less than a point, whatever the number
]
WHOLE = ("600/400 12/8 6/4", "400/600 8/12 4/6")
"""Only the large town is beyond chance by itself."""
EAST_ALONE = ("600/400 12/8 6/4", "400/600 12/8 6/4")
AGAIN = (BEFORE, "400/600 6000/4000 6/4", BEFORE)
ROWS: Deliveries = (BEFORE, "400/600 6000/4000 6/4")
OF_ONE_TOWN, OF_TWO = ("90/10 9/9 9/9", "10/90 9/9 9/9"), ("9/9 90/10 9/9", "9/9 10/90 9/9")
"""Doctors beside them."""
CASES: list[tuple[Deliveries, Sequence[str]]] = [
    *(((BEFORE, now), ()) for now, _ in EXCHANGED),
    *(((before, now), ()) for before, now, _ in TIPPED),
    (WHOLE, ()),
    (EAST_ALONE, ()),
    (AGAIN, ()),
    (ROWS, OF_ONE_TOWN),
    (ROWS, OF_TWO),
]
Asked = Callable[..., list[tuple[int, str]]]


@pytest.fixture(scope="module")
def asked_of(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, lent: None) -> Asked:
    """What is asked about a case; all stand in one warehouse."""
    found = told_of(tmp_path_factory.mktemp("raw"), catalog, CASES)

    def asked(figures: Deliveries, doctors: Sequence[str] = ()) -> list[tuple[int, str]]:
        return found[CASES.index((figures, doctors))]

    return asked


@pytest.mark.parametrize(("now", "asked"), EXCHANGED)
def test_women_and_men_the_wrong_way_round_are_asked_about(asked_of: Asked, now: str, asked: list[str]) -> None:
    found = asked_of((BEFORE, now))
    assert len(found) == len(asked) and all(part in f for (_, f), part in zip(found, asked, strict=True)), found


@pytest.mark.parametrize(("before", "now", "number"), TIPPED)
def test_a_balance_that_tips_is_asked_about_beyond_chance_only(
    asked_of: Asked, before: str, now: str, number: int
) -> None:
    assert len(asked_of((before, now))) == number


def test_a_column_that_is_exchanged_in_every_place_is_told_as_one(asked_of: Asked) -> None:
    """If the large town alone were told and mended, nobody would see the others."""
    [(_, found)] = asked_of(WHOLE)
    assert "“教师数”女性412人、男性618人，上年女性618人、男性412人" in found
    [(_, found)] = asked_of(EAST_ALONE)
    assert "（东风街道）" in found


def test_a_year_that_is_right_again_is_not_asked_about(asked_of: Asked) -> None:
    [(year, _)] = asked_of(AGAIN)
    assert year == 1


def test_rows_that_were_exchanged_are_told_once(asked_of: Asked) -> None:
    """Two columns of one town: one finding. Of another town one more."""
    [(_, found)] = asked_of(ROWS, OF_ONE_TOWN)
    assert "（东风街道）" in found and "（同处另有1列也是这样）" in found
    of_two = asked_of(ROWS, OF_TWO)
    assert len(of_two) == 2 and not any("同处另有" in one for _, one in of_two)


def test_an_area_that_took_in_another_is_not_asked_about(tmp_path: Path, catalog: Catalog) -> None:
    """What came in has more men: the share of women went from 60 % to 40 % though nothing was exchanged."""
    district = catalog.district
    taken = {"until": YEAR, "merged_into": "990201001"}
    areas = tuple(a.model_copy(update=taken) if a.code == "990201101" else a for a in district.areas)
    merged = replace(catalog, district=district.model_copy(update={"areas": areas}))
    case: tuple[Deliveries, Sequence[str]] = (("600/400 2000/3600 6/4", "2400/3600 —/— 6/4"), ())
    for name, of, number in (("merged", merged, 0), ("none", catalog, 1)):
        (raw := tmp_path / name).mkdir()
        [found] = told_of(raw, of, [case])
        assert len(found) == number

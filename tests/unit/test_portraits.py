"""What is told of one area: control limits against exact sums, what is demanded of it, what is kept back, and its place on the
tile map.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest
import yaml

from expectations.catalog import load
from expectations.records import Catalog
from expectations.rules import Rule
from expectations.vocabulary import Apart
from flows import intervals
from flows.press.numbers import Figure
from flows.report.draw.drawings import Drawings
from flows.report.facts import Facts
from flows.report.facts.items import Item
from flows.report.facts.portraits import Portrait, portraits
from flows.report.say import areas
from flows.report.say.narrative import Narrator
from flows.report.write import tables
from flows.wording import read
from tests.fixtures.warehouses import changed, golden_warehouse

EAST, WEST = "990101001", "990101101"

# --- control limits ---


def binomial(exposure: int, rate: Fraction) -> list[Fraction]:
    """The exact probability of each count."""
    return [comb(exposure, k) * rate**k * (1 - rate) ** (exposure - k) for k in range(exposure + 1)]


def poisson(expected: Fraction, most: int) -> list[Fraction]:
    """The probability of each count to 40 digits."""
    with localcontext(prec=60):  # for this thread alone, and until here: reports are made in it as well
        mean = Decimal(expected.numerator) / expected.denominator
        each, found = (-mean).exp(), []
        for k in range(most + 1):
            found.append(Fraction(each))
            each = each * mean / (k + 1)
    return found


CASES = [
    ("wilson", Fraction(1, 2), 10), ("wilson", Fraction(9, 10), 7), ("wilson", Fraction(86, 100), 120),
    ("wilson", Fraction(1, 200), 300), ("wilson", Fraction(999, 1000), 50), ("wilson", Fraction(1, 3), 1),
    ("poisson", Fraction(1, 100), 120), ("poisson", Fraction(1, 8), 400), ("poisson", Fraction(85, 1000000), 3400),
]  # fmt: skip


@pytest.mark.parametrize("confidence", [0.95, 0.998])
@pytest.mark.parametrize(("method", "rate", "exposure"), CASES)
def test_a_count_is_beyond_the_limits_exactly_if_its_tail_is_small(
    method: str, rate: Fraction, exposure: int, confidence: float
) -> None:
    """Summed term by term in exact numbers, by the definition of the two distributions (Spiegelhalter 2005, appendix A.1)."""
    tail = (1 - Fraction(str(confidence))) / 2
    whole = method == "wilson"
    odds = binomial(exposure, rate) if whole else poisson(rate * exposure, round(float(rate) * exposure) * 3 + 40)
    least, greatest = intervals.control(method, float(rate), exposure, confidence)
    for count in range(len(odds) if whole else len(odds) // 2):
        assert (count < least) == (sum(odds[: count + 1]) <= tail), count
        assert (count > greatest) == (1 - sum(odds[:count]) <= tail), count


@pytest.mark.parametrize(
    ("method", "rate", "exposure", "limits"),
    [
        ("wilson", 0.0, 50, (0, 0)),
        ("wilson", 1.0, 50, (50, 50)),
        ("poisson", 0.0, 50, (0, 0)),
        ("wilson", 0.5, 0, (0, 0)),
    ],
)
def test_where_nothing_is_left_to_chance_one_count_is_expected(
    method: str, rate: float, exposure: int, limits: tuple[int, int]
) -> None:
    assert intervals.control(method, rate, exposure) == limits


# --- areas of the golden district ---


def portrayed(facts: Facts) -> dict[str, Portrait]:
    return {p.area.code: p for p in portraits(facts, tables.area_indicators(facts))}


def screening(portrait: Portrait):  # type: ignore[no-untyped-def]
    return next(s for s in portrait.standings if s.key == "cervical_screening")


@pytest.fixture(scope="module")
def catalog(golden: Path) -> Catalog:
    return load("990101", golden / "expectations")


@pytest.fixture(scope="module")
def facts(golden: Path, catalog: Catalog) -> Facts:
    return Facts(golden_warehouse(golden), catalog, 2022)


def test_an_area_stands_beside_its_district_and_its_own_past(facts: Facts) -> None:
    found = screening(portrayed(facts)[WEST])
    assert [str(v) for v in (found.value, found.whole)] == ["67.50", "70.00"]  # 270 of 400, 840 of 1200
    assert found.apart is Apart.WITHIN
    assert found.met is True and not found.worse and not found.few
    assert all(isinstance(v, Figure | str) for v in (found.base, found.before, found.change))


def test_single_events_are_not_told_of_an_area(facts: Facts) -> None:
    keys = tables.area_indicators(facts)
    assert any(facts.catalog.indicators[key].rare for key in keys)
    assert not any(s.indicator.rare for p in portrayed(facts).values() for s in p.standings)


SCREENED = "update out_indicators set numerator = {n}, value = {n} / 4.0 where indicator = 'cervical_screening' and year = 2022 and area = '{area}'"


@pytest.mark.parametrize(
    ("screened", "apart", "met"),
    [(250, Apart.FAR_BELOW, True), (251, Apart.BELOW, True), (262, Apart.WITHIN, True), (261, Apart.BELOW, True),
     (298, Apart.WITHIN, True), (299, Apart.ABOVE, True), (308, Apart.ABOVE, True),
     (309, Apart.FAR_ABOVE, True), (239, Apart.FAR_BELOW, False)],
)  # fmt: skip
def test_only_what_chance_does_not_explain_is_told_apart(
    golden: Path, catalog: Catalog, screened: int, apart: Apart, met: bool
) -> None:
    """70 % of 400 are 280; the exact limits are 262 to 298 (95 %) and 251 to 308 (99.8 %)."""
    with changed(golden, SCREENED.format(n=screened, area=WEST)) as con:
        found = portrayed(Facts(con, catalog, 2022))[WEST]
    one = screening(found)
    assert (one.apart, one.met) == (apart, met)
    assert [s.key for s in found.pressing] == (["cervical_screening"] if apart == Apart.FAR_BELOW else [])


def test_an_area_is_told_the_number_that_it_has_to_reach(golden: Path, catalog: Catalog) -> None:
    """On the page of one town, 每个街镇保持在60%以上 is nothing that this town can miss."""
    with changed(golden, SCREENED.format(n=239, area=WEST)) as con:
        facts = Facts(con, catalog, 2022)
        said, found = Narrator(facts, read("wording")), portrayed(facts)
        missed, reached = (areas.finding(said, found[area]).striptags() for area in (WEST, EAST))
    assert missed.startswith("宫颈癌筛查率为59.75%，未达到60%以上的要求")
    assert reached.startswith("规划对每个街镇的1项要求全部达到")


LARGE = (
    "update out_indicators set numerator = {n}, denominator = {d}, value = {n} * 100.0 / {d} "
    "where indicator = 'cervical_screening' and year = 2022 and area = '{area}'"
)


@pytest.mark.parametrize(
    ("screened", "apart"),
    [(699_500, Apart.WITHIN), (696_000, Apart.BELOW), (695_000, Apart.BELOW), (694_900, Apart.FAR_BELOW)],
)
def test_half_a_point_is_not_far_among_however_many(
    golden: Path, catalog: Catalog, screened: int, apart: Apart
) -> None:
    """70 % of a million: 99.8 % of chance lies within 1,420; `slight` of the policy is half a point."""
    whole = LARGE.format(n=7_000_000, d=10_000_000, area="990101")
    with changed(golden, whole, LARGE.format(n=screened, d=1_000_000, area=WEST)) as con:
        assert screening(portrayed(Facts(con, catalog, 2022))[WEST]).apart == apart


WOMEN = (
    "insert into out_indicators by name select * replace ('female' as sex, 230 as numerator, 400 as denominator, 57.5 as value) "
    f"from out_indicators where indicator = 'cervical_screening' and year = 2022 and area = '{WEST}'"
)


def asked(facts: Facts, **other: object) -> Item:
    """The golden target of each town, ≥60 % screened, as another plan could ask it."""
    item = next(i for i in facts.items if i.promise.target.each == "area")
    target = item.promise.target.model_copy(update={"id": f"{item.id}_too", **other})
    return replace(item, promise=replace(item.promise, target=target))


@pytest.mark.parametrize(
    ("other", "met"),
    [
        ({"value": Decimal(50)}, [True, True]),
        ({"value": Decimal(70)}, [True, False]),  # 67.5: the last one that was read does not decide for both
        ({"sex": "female"}, [True, False]),  # 57.5 of women, 67.5 of all
        ({}, [True]),  # the same asked twice is one line
    ],
)
def test_a_town_is_held_against_each_target_by_the_figure_that_it_asks(
    golden: Path, catalog: Catalog, other: dict[str, object], met: list[bool]
) -> None:
    with changed(golden, WOMEN) as con:
        facts = Facts(con, catalog, 2022)
        facts.items.append(asked(facts, **other))
        found = portrayed(facts)[WEST]
    assert [s.met for s in found.demanded] == met
    assert len(found.unmet) == met.count(False)


def test_a_town_that_misses_by_a_hair_is_not_printed_as_if_it_reached_it(golden: Path, catalog: Catalog) -> None:
    short = SCREENED.format(n=239.99, area=WEST)
    with changed(golden, short.replace(f"numerator = {239.99}, ", "")) as con:
        one = screening(portrayed(Facts(con, catalog, 2022))[WEST])
    assert (one.met, str(one.value)) == (False, "59.998")


def test_what_is_kept_back_is_neither_told_nor_compared(golden: Path, catalog: Catalog) -> None:
    hidden = (
        "update out_indicators set numerator = null, denominator = null, value = null, state = 'suppressed' "
        f"where indicator = 'cervical_screening' and year = 2022 and area = '{WEST}'"
    )
    with changed(golden, hidden) as con:
        found = portrayed(Facts(con, catalog, 2022))
    one = screening(found[WEST])
    assert (str(one.value), one.apart, one.met, one.few) == ("数据保护", None, None, False)
    assert [s.key for s in found[WEST].missing] == ["cervical_screening"]
    assert screening(found[EAST]).apart is Apart.WITHIN  # its own figures and the district's are there


# --- the tile map ---


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory, golden: Path) -> Iterator[Catalog]:
    home = Path(shutil.copytree(golden / "expectations", tmp_path_factory.mktemp("mapped") / "expectations"))
    path = home / "districts" / "990101.yml"
    district = yaml.safe_load(path.read_text(encoding="utf-8"))
    for area, place in zip(district["areas"], ([1, 2], [2, 1]), strict=True):
        area["grid"] = place
    path.write_text(yaml.safe_dump(district, allow_unicode=True), encoding="utf-8")
    yield load("990101", home)


def test_what_every_area_must_reach_is_drawn_on_tiles(facts: Facts, mapped: Catalog, tmp_path: Path) -> None:
    own = Facts(facts.con, mapped, 2022)
    [chart] = Drawings(tmp_path).tiles(own, own.items)
    assert chart["alt"] == "达到目标≥60%：东街道71.25%、西镇67.50%。"
    assert (tmp_path / chart["file"]).is_file()


AT_MOST = Rule("every_place_at_most", "lowest", "less", "number", "每个{each}≤{number}", field="each")
ABOVE = replace(AT_MOST, key="every_place_above", wants="more", demand="每个{each}＞{number}", strict=True)


@pytest.mark.parametrize(
    ("rule", "value", "told"),
    [
        (AT_MOST, "70", "达到目标≤70%：西镇67.50%。未达到目标≤70%：东街道71.25%。"),
        (AT_MOST, "67.5", "达到目标≤67.5%：西镇67.50%。未达到目标≤67.5%：东街道71.25%。"),
        (ABOVE, "67.5", "达到目标＞67.5%：东街道71.25%。未达到目标＞67.5%：西镇67.50%。"),
    ],
)
def test_tiles_ask_the_rule_what_reaches_the_number(
    facts: Facts, mapped: Catalog, tmp_path: Path, rule: Rule, value: str, told: str
) -> None:
    own = Facts(facts.con, mapped, 2022)
    [item] = [i for i in own.items if i.promise.target.each]
    target = item.promise.target.model_copy(update={"rule": rule, "value": Decimal(value)})
    asked = replace(item, promise=replace(item.promise, target=target))
    made = Drawings(tmp_path)
    [chart] = made.tiles(own, [asked])
    assert chart["alt"] == told
    [dots] = made.areas(own, item.promise.plan.id, item.promise.domain, [asked])
    assert dots["alt"].endswith(f"未达到目标的有{told.split('：')[-1].rstrip('0123456789.%。')}。")


@pytest.mark.parametrize(
    ("lost", "drawn"),
    [
        ((), "实线为本地，点线为全区，红色虚线为要求"),
        (("990101",), "实线为本地，红色虚线为要求"),
        (("990101", EAST), "圆点为本地，红色虚线为要求"),
    ],
)
def test_a_caption_names_the_lines_that_are_drawn(
    lost: tuple[str, ...], drawn: str, golden: Path, facts: Facts, tmp_path: Path
) -> None:
    """Of 2021 the figure of the district, or of the area, is not there: no line leads to that of 2022."""
    gone = [
        f"update out_indicators set value = null, numerator = null, state = 'not_received' where area = '{area}' and year = 2021"
        for area in lost
    ]
    with changed(golden, *gone) as con:
        own = Facts(con, facts.catalog, 2022)
        one = next(p for p in portraits(own, ["cervical_screening"]) if p.area.code == EAST)
        chart = Drawings(tmp_path).past(own, one, one.standings)
    assert chart is not None and chart["caption"].endswith(f"主要指标（{drawn}）")


def test_without_places_or_areas_there_is_no_tile_map(facts: Facts, tmp_path: Path) -> None:
    made = Drawings(tmp_path)
    assert list(made.tiles(facts, facts.items)) == []
    bare = replace(facts.catalog, district=facts.catalog.district.model_copy(update={"areas": ()}))
    assert list(made.tiles(Facts(facts.con, bare, 2022), facts.items)) == []
    assert list(portraits(Facts(facts.con, bare, 2022), [])) == []


def test_what_is_not_known_is_hatched_and_told(golden: Path, mapped: Catalog, tmp_path: Path) -> None:
    lost = (
        "update out_indicators set value = null, numerator = null, state = 'not_received' "
        f"where indicator = 'cervical_screening' and year = 2022 and area = '{EAST}'"
    )
    with changed(golden, lost, SCREENED.format(n=200, area=WEST)) as con:
        own = Facts(con, mapped, 2022)
        [chart] = Drawings(tmp_path).tiles(own, own.items)
    assert chart["alt"] == "未达到目标≥60%：西镇50.00%。没有数值：东街道未报送。"

"""Single events, a death or a case: nothing that the public edition prints tells the place or the year of one.

Zero is printed of other counts, and a count that is kept back among zeros would tell where it is. So deaths and cases of
a few years are told together or not at all (`spans`: 2021 and 2022, 2023 to 2025).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.records import Catalog
from flows import disclose
from flows.disclose import printed, suppress
from flows.disclose.counts import INFINITE, Cell, Definitions, spans
from flows.disclose.editions import publications_of_areas
from flows.disclose.intruder import intervals, learn, pointed
from flows.places import MendableError
from tests.fixtures.disclosing import HOME, TOWNS, Table, catalogue, district, edition, published, under

pytestmark = pytest.mark.usefixtures("lent")

DEATHS = {
    "datasets/all.yml": """
births:
  title: 孕产妇保健和健康情况表
  department: health
  due: "03-15"
  columns:
    年份: {is: year}
    街镇代码: {is: area}
    街镇: {is: area_name}
    活产数: {measure: live_births, unit: 人}
    孕产妇死亡人数: {measure: deaths, unit: 人, not_above: live_births}
    危重人数: {measure: severe, unit: 人}
    抢救成功人数: {measure: rescued, unit: 人, not_above: severe}
""",
    "indicators/all.yml": """
mortality: {name: 孕产妇死亡率, kind: ratio, numerator: deaths, denominator: live_births, per: 100000, unit: /10万,
  decimals: 1, better: lower, people: false, rare: true, event: 孕产妇死亡, interval: poisson, lead: health,
  definition: 孕产妇死亡人数与活产数之比。}
rescue: {name: 抢救成功率, kind: ratio, numerator: rescued, denominator: severe, per: 100, unit: "%", decimals: 1,
  better: higher, complement: true, people: false, range: [0, 100], lead: health, definition: 抢救成功人数占危重人数的比重。}
""",
    "plans/demo_women_2021/1_all.yml": """
domain: 1
title: 死亡
goals:
  1: {title: 死亡, targets: [{indicator: mortality, rule: at_most, value: 8.5, every_year: true}]}
  2: {title: 抢救, targets: [{indicator: rescue, rule: at_least, value: 95, every_year: true}]}
""",
}
"""In the place of all else that the district counts: what is computed and judged and not looked at costs as much."""
YEARS = range(2020, 2026)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """One district of four towns, which counts the deaths of mothers."""
    return catalogue(tmp_path_factory.mktemp("catalogue"), DEATHS, spans=[2, 3])


def years(deaths: Mapping[int, Sequence[int]], last: int = 2025, births: int = 500) -> dict[int, Table]:
    """Deaths of the four towns in some years; in all others none."""
    return {
        year: {
            "live_births": dict.fromkeys(TOWNS, births),
            "deaths": dict(zip(TOWNS, deaths.get(year, (0, 0, 0, 0)), strict=True)),
        }
        for year in range(2020, last + 1)
    }


def _only(tables: Mapping[int, Table], delivered: Set[int]) -> dict[int, Table]:
    """The tables of some years; in the years before and between them nothing of these forms was delivered."""
    return {year: tables[year] if year in delivered else {} for year in range(2020, max(delivered) + 1)}


PLACES = (HOME, *TOWNS.values())


def told(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, list[float | None]]:
    """The deaths of each place that are printed, year by year."""
    with disclose.public(con, catalog) as copy:
        return _numbers(copy)


def _numbers(copy: duckdb.DuckDBPyConnection) -> dict[str, list[float | None]]:
    query = "select area, numerator::float from out_indicators where indicator = 'mortality' order by year"
    found: dict[str, list[float | None]] = {place: [] for place in PLACES}
    for area, number in copy.execute(query).fetchall():
        found[area].append(number)
    return found


def keep_back_alone(con: duckdb.DuckDBPyConnection) -> None:
    """Keep back the small counts of 2023 alone, in 甲镇 and the district, as older programs did."""
    for area in (HOME, TOWNS["甲镇"]):
        con.execute(
            "insert into out_suppressed values ('mortality', 2023, ?, '', 'total', '', 'primary', true, false)", [area]
        )


def pointed_at(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> set[str]:
    """The places and years that the intruder names of what the public copy prints."""
    with disclose.public(con, catalog) as copy:
        return _pointed(copy, catalog)


def _pointed(copy: duckdb.DuckDBPyConnection, catalog: Catalog) -> set[str]:
    definitions = Definitions(catalog)
    found = pointed(definitions, [printed(copy, catalog)])
    return {disclose.name(definitions, expression[0][0]) for expression in found}


@pytest.mark.parametrize(
    ("delivered", "runs"),
    [
        ({2021, 2022, 2023, 2024}, {(2021, 2022), (2023, 2025)}),
        ({2020, 2021, 2022}, {(2020, 2022)}),
        ({2020}, {(2020, 2022)}),
        ({2022, 2023, 2024}, {(2022, 2025)}),
        ({2022, 2023, 2025, 2026}, {(2022, 2025), (2026, 2027)}),
        ({2023, 2025, 2026}, {(2023, 2025), (2026, 2027)}),
        ({2024, 2025, 2026}, {(2024, 2025), (2026, 2027)}),
        ({2025}, {(2025, 2027)}),
        ({2025, 2026, 2027}, {(2025, 2027)}),
        ({2022, 2027, 2028}, {(2022, 2027), (2028, 2030)}),
    ],
    ids=["whole", "a baseline alone goes with what follows it", "and waits for it", "from the last year of a span",
         "and on", "without the second of three", "from the second of three", "from the last of three", "and its two",
         "a span that was never delivered"],
)  # fmt: skip
def test_years_are_told_two_and_three_together(delivered: set[int], runs: set[tuple[int, int]]) -> None:
    found = spans((2, 3), min(delivered), max(delivered), delivered)
    assert set(found.values()) == runs
    assert all(first <= year <= last for year, (first, last) in found.items())
    # whatever stands before the first delivered year, as an empty line does
    before = spans((2, 3), 2016, max(delivered), delivered)
    assert {end for _, end in before.values()} >= {end for _, end in runs}


def test_one_death_among_printed_zeros_is_told_by_its_gap(catalog: Catalog) -> None:
    """As it was before: the one count that is missing is the one death, in 甲镇, in 2023."""
    with district(catalog, years({2023: (1, 0, 0, 0)})) as con:
        keep_back_alone(con)
        assert pointed_at(con, catalog) == {"孕产妇死亡人数（2023年，丁区）", "孕产妇死亡人数（2023年，甲镇）"}
        disclose.protect(con, catalog)
        assert pointed_at(con, catalog) == set()


def test_no_death_in_a_span_is_printed_as_none_one_keeps_the_span_back(catalog: Catalog) -> None:
    with district(catalog, years({2023: (1, 0, 0, 0)})) as con:
        disclose.protect(con, catalog)
        assert told(con, catalog) == {place: [0, 0, 0, None, None, None] for place in PLACES}


def test_many_deaths_are_printed_beside_what_is_kept_back(catalog: Catalog) -> None:
    """Nobody's death: 30 of a district, 6 and more of a town. The small ones and the zeros are kept back."""
    with district(catalog, years({2024: (9, 12, 0, 2)})) as con:
        disclose.protect(con, catalog)
        shown = told(con, catalog)
    assert shown[HOME] == [0, 0, 0, None, 23, None]
    assert shown[TOWNS["乙镇"]][4] == 12
    assert shown[TOWNS["丙镇"]][4] is None


def test_the_newest_year_waits_for_its_span(catalog: Catalog) -> None:
    """No death in 2023 and 2024. Were that printed, a death of 2025 would be told by what is missing then."""
    with district(catalog, years({}, last=2024)) as con:
        disclose.protect(con, catalog)
        assert told(con, catalog)[HOME] == [0, 0, 0, None, None]
    with district(catalog, years({}, last=2025)) as con:
        disclose.protect(con, catalog)
        assert told(con, catalog)[HOME] == [0, 0, 0, 0, 0, 0]


def test_the_verdict_goes_with_the_count(catalog: Catalog) -> None:
    """At most 8.5 of 100,000 means none: 达标 of 2024 and 2025 beside 未达标 of 2023 would tell the year."""
    with district(catalog, years({2023: (1, 0, 0, 0)})) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            query = "select year, verdict from out_assessments where target like '%mortality' order by year"
            found = dict(copy.execute(query).fetchall())
            warned = copy.execute("select distinct year from out_warnings where target like '%mortality'").fetchall()
    assert found == {2021: "met_year", 2022: "met_year", **dict.fromkeys((2023, 2024, 2025), "suppressed")}
    assert warned == []


def test_all_were_rescued_tells_the_year_in_which_one_was_not(catalog: Catalog) -> None:
    """100 % beside 数据保护: 39 of 40 were rescued in 2021, and one has died."""
    rescued = {2021: 9}
    tables = {
        year: {
            "severe": dict.fromkeys(TOWNS, 10),
            "rescued": {**dict.fromkeys(TOWNS, 10), "甲镇": rescued.get(year, 10)},
        }
        for year in YEARS
    }
    with district(catalog, tables) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            query = "select value from out_indicators where indicator = 'rescue' and area = ? order by year"
            found = [value for (value,) in copy.execute(query, [HOME]).fetchall()]
    assert found == [None, None, None, 100, 100, 100]


# What the attack opens is given back


SIX_OF_ONE_TOWN = {2020: (0, 0, 0, 1), 2021: (0, 0, 0, 6), 2022: (0, 0, 0, 6)}
"""Six deaths of the district, six of 丁镇: the other towns had none, so what is kept back of 2020 to 2022 is in 2020."""


def test_somewhere_in_a_closed_table_there_is_one(catalog: Catalog) -> None:
    """The search does not know it and the attack does: one more count of 2021 or 2022 goes with the death of 2020."""
    with district(catalog, years(SIX_OF_ONE_TOWN, last=2022)) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            assert not {name for name in _pointed(copy, catalog) if _small(name, SIX_OF_ONE_TOWN)}
            shown = _numbers(copy)
    missing = [shown[area][1:] for area in (HOME, TOWNS["丁镇"])]
    assert sum(number is None for numbers in missing for number in numbers) == 1
    assert shown[HOME][0] is None


def test_beside_two_towns_nothing_more_is_kept_back(catalog: Catalog) -> None:
    """Four of 2021 are in 丙镇, and not in 丁镇, whose eight are printed: what is kept back may be in 2021 alone."""
    with district(catalog, years(SIX_OF_ONE_TOWN | {2021: (0, 0, 4, 8)}, last=2022)) as con:
        disclose.protect(con, catalog)
        shown = told(con, catalog)
    assert [shown[HOME], shown[TOWNS["丁镇"]]] == [[None, 12, 6], [None, 8, 6]]


@pytest.mark.parametrize("severe", [{2022: 4}, {2021: 4, 2022: 4}], ids=["one year", "two years"])
@pytest.mark.parametrize("saved", [2, 4], ids=["two died", "nobody died"])
def test_a_form_of_one_year_waits_for_the_next_span(
    catalog: Catalog, tmp_path: Path, severe: Mapping[int, int], saved: int
) -> None:
    """Who was not rescued up to 2022, and the form is of that year alone: kept back at once, that would tell the year, so that it is
    told with 2023 to 2025 whatever it says. With two years nothing has to wait.
    """
    tables = {y: dict(t) for y, t in years({}).items()}
    for year in (*severe, 2023, 2024, 2025):
        tables[year] |= {"severe": dict.fromkeys(TOWNS, 4), "rescued": dict.fromkeys(TOWNS, 4)}
    tables[2022]["rescued"] = {**dict.fromkeys(TOWNS, 4), "甲镇": saved}
    earlier: list[Path] = []
    query = "select value::float from out_indicators where indicator = 'rescue' and year = 2022 and area = ?"
    for last in (2022, 2025):
        with district(catalog, {year: table for year, table in tables.items() if year <= last}) as con:
            disclose.protect(con, catalog, earlier)
            earlier.append(tmp_path / str(last) / "annual")
            with published(earlier[-1], con, catalog) as copy:
                assert _pointed(copy, catalog) == set()
                [(shown,)] = copy.execute(query, [HOME]).fetchall()
            assert shown == (100 if saved == 4 and (last == 2025 or len(severe) == 2) else None)


def test_one_town_alone_tells_where_it_was_whatever_is_kept_back(catalog: Catalog) -> None:
    """Where only one town has the cases of a form, whoever misses them knows where they were; beside a second town nobody does."""
    tables = {y: dict(t) for y, t in years({}, last=2022).items()}
    for year in (2021, 2022):
        tables[year] |= {"severe": {"甲镇": 40}, "rescued": {"甲镇": 38}}
    with district(catalog, tables) as con, pytest.raises(MendableError, match="可推知下列个案发生的地点或年份"):
        disclose.protect(con, catalog)
    for year in (2021, 2022):
        tables[year] |= {"severe": {"甲镇": 40, "乙镇": 40}, "rescued": {"甲镇": 38, "乙镇": 40}}
    with district(catalog, tables) as con:
        disclose.protect(con, catalog)


# Editions over time


LIFE = {2021: 0, 2022: 3, 2023: 3, 2024: 3, 2025: 6}
"""The editions of an office, and how many years from 2020 each may tell if nobody dies: none of a span that is not over."""


@pytest.mark.parametrize("births", [500, 3], ids=["large towns", "a town of three births"])
def test_no_death_is_told_when_the_span_is_over_whatever_was_published_while_it_was_not(
    catalog: Catalog, tmp_path: Path, births: int
) -> None:
    """Five yearly editions, one of the middle of the plan that is made again late, and the final one: none is refused, and
    the final one tells what it would tell without the others. A count of three births takes its zero deaths with it.
    """
    earlier: list[Path] = []
    for number, last in enumerate((*LIFE, 2023, 2025)):
        tables = {
            y: dict(t) | {"live_births": {**t["live_births"], "甲镇": births}} for y, t in years({}, last).items()
        }
        with district(catalog, tables) as con:
            if number == len(LIFE) + 1:
                disclose.protect(con, catalog)
                alone = told(con, catalog)
            disclose.protect(con, catalog, earlier)
            earlier.append(tmp_path / str(number) / str(last) / "annual")
            with published(earlier[-1], con, catalog) as copy:
                final = _numbers(copy)
            assert final[HOME] == [*[0] * LIFE[last], *[None] * (last - 2019 - LIFE[last])]
    assert final == alone


@pytest.mark.parametrize("saved", [10, 9], ids=["all", "all but one"])
def test_that_all_were_rescued_is_told_when_the_span_is_over(catalog: Catalog, tmp_path: Path, saved: int) -> None:
    """Nobody is missing from 2023 to 2025: the edition of 2024 had to wait, that of 2025 has not; if one is, it has."""
    tables = {
        year: {
            "severe": dict.fromkeys(TOWNS, 10),
            "rescued": {**dict.fromkeys(TOWNS, 10), "甲镇": saved if year == 2023 else 10},
        }
        for year in YEARS
    }
    query = "select value::float from out_indicators where indicator = 'rescue' and area = ? order by year"
    earlier: list[Path] = []
    for last, found in ((2024, [None, None]), (2025, [100, 100, 100] if saved == 10 else [None, None, None])):
        with district(catalog, {year: tables[year] for year in YEARS if year <= last}) as con:
            disclose.protect(con, catalog, earlier)
            earlier.append(tmp_path / str(last) / "annual")
            with published(earlier[-1], con, catalog) as copy:
                for area in (HOME, TOWNS["甲镇"], TOWNS["丁镇"]):
                    values = [value for (value,) in copy.execute(query, [area]).fetchall()]
                    assert values == [100, 100, 100, *found]


def test_a_death_after_printed_zeros_is_in_a_year_that_no_edition_tells(catalog: Catalog, tmp_path: Path) -> None:
    """Editions of 2023, 2024 and 2025, one death in 2025: each prints 2020 to 2022 alone, and none is refused."""
    earlier: list[Path] = []
    for last in (2022, 2023, 2024, 2025):
        with district(catalog, years({2025: (0, 1, 0, 0)}, last=last)) as con:
            disclose.protect(con, catalog, earlier)
            earlier.append(tmp_path / str(last) / "annual")
            with published(earlier[-1], con, catalog) as copy:
                assert _numbers(copy)[HOME] == [0, 0, 0, *[None] * (last - 2022)]


BEGUN = {
    "from the first of two": ((2021, 2022, 2023, 2024, 2025), (2021, 2022)),
    "from the last of two": ((2022, 2023, 2024, 2025), (2022, 2025)),
    "from the first of three": ((2023, 2024, 2025, 2026), (2023, 2025)),
    "from the second of three": ((2024, 2025, 2026), (2024, 2025)),
    "from the last of three": ((2025, 2026, 2027), (2025, 2027)),
    "without the second of three": ((2023, 2025, 2026, 2027), (2023, 2025)),
    "without the last of two": ((2021, 2023, 2024, 2025), (2021, 2025)),
}
"""Years that are delivered, and those that the first of them is told with."""


@pytest.mark.parametrize(("delivered", "first"), BEGUN.values(), ids=list(BEGUN))
def test_whenever_a_home_begins_each_year_has_its_edition(
    catalog: Catalog, tmp_path: Path, delivered: Sequence[int], first: tuple[int, int]
) -> None:
    """One death in the first year, and all were rescued in all years. Three editions, each beside all earlier ones: none is refused,
    and what is none is told as soon as its span is over.
    """
    whole = years({delivered[0]: (1, 0, 0, 0)}, last=delivered[-1])
    whole = {
        y: {**t, "severe": dict.fromkeys(TOWNS, 10), "rescued": dict.fromkeys(TOWNS, 10)} for y, t in whole.items()
    }
    runs = spans((2, 3), delivered[0], delivered[-1], set(delivered))
    assert runs[delivered[0]] == first
    query = "select numerator::float from out_indicators where indicator = ? and area = ? order by year"
    earlier: list[Path] = []
    for last in (delivered[0], *delivered[-2:]):
        with district(catalog, _only(whole, {year for year in delivered if year <= last})) as con:
            disclose.protect(con, catalog, earlier)
            earlier.append(tmp_path / str(last) / "annual")
            with published(earlier[-1], con, catalog) as copy:
                died, saved = (
                    [n for (n,) in copy.execute(query, [of, HOME]).fetchall()] for of in ("mortality", "rescue")
                )
        over = {year for year in delivered if runs[year][1] <= last}
        assert saved == [40 if year in over else None for year in range(2020, last + 1)]
        assert died == [0 if year in over and year > first[1] else None for year in range(2020, last + 1)]


def test_a_year_that_comes_late_closes_its_span(catalog: Catalog, tmp_path: Path) -> None:
    """2021 was delivered after the edition of 2023, which could not tell 2022 yet."""
    whole, earlier = years({2023: (1, 0, 0, 0)}, last=2025), list[Path]()
    for last, some, shown in (
        (2023, (2022, 2023), [None, None, None, None]),
        (2024, (2021, 2022, 2023, 2024), [None, 0, 0, None, None]),
        (2025, (2021, 2022, 2023, 2024, 2025), [None, 0, 0, None, None, None]),
    ):
        with district(catalog, _only(whole, set(some))) as con:
            disclose.protect(con, catalog, earlier)
            earlier.append(tmp_path / str(last) / "annual")
            with published(earlier[-1], con, catalog) as copy:
                assert _numbers(copy)[HOME] == shown


@pytest.mark.parametrize("told_first", [2022, 2023], ids=["of the span before", "of the same span"])
def test_zeros_that_did_not_wait_say_nothing_of_a_later_span(catalog: Catalog, tmp_path: Path, told_first: int) -> None:
    """An older program took 2021 and 2022 to be over, although only 2022 was delivered, and told its zeros in 2024: 2023 and 2024 had
    to wait, and nobody need have died in them. Had it told the zeros of 2023, who died would have died in 2024.
    """
    whole = years({2024: (0, 2, 0, 0)}, last=2025)
    with district(catalog, _only(whole, {2022, 2023, 2024})) as con:
        con.executemany(
            "insert into out_suppressed values ('mortality', ?, ?, '', 'total', '', 'primary', true, false)",
            [(year, area) for year in (2022, 2023, 2024) if year != told_first for area in PLACES],
        )
        folder = edition(tmp_path / "2024" / "annual", con, catalog)
    with district(catalog, _only(whole, {2022, 2023, 2024, 2025})) as con:
        if told_first == 2022:
            disclose.protect(con, catalog, [folder])
            assert told(con, catalog)[HOME] == [None] * 6
        else:
            with pytest.raises(MendableError, match="可推知下列个案发生的地点或年份"):
                disclose.protect(con, catalog, [folder])


def test_what_an_older_edition_printed_cannot_be_taken_back(catalog: Catalog, tmp_path: Path) -> None:
    """It printed the zeros of 2024 beside the death of 2023: refused, or allowed by the policy and told of no more."""
    with district(catalog, years({2023: (1, 0, 0, 0)}, last=2024)) as con:
        keep_back_alone(con)
        folder = edition(tmp_path / "2024" / "annual", con, catalog)
    with district(catalog, years({2023: (1, 0, 0, 0)}, last=2025)) as con:
        with pytest.raises(MendableError, match="可推知下列个案发生的地点或年份：孕产妇死亡人数（2023年，丁区）"):
            disclose.protect(con, catalog, [folder])
        disclose.protect(con, under(catalog, published_before="allow"), [folder])
        assert told(con, catalog)[HOME] == [0, 0, 0, None, None, None]


def test_what_was_kept_back_of_a_span_stays_back(catalog: Catalog, tmp_path: Path) -> None:
    """The death of 2023 was an error. Its zeros stay back: printed beside the older edition they would tell of it."""
    with district(catalog, years({2023: (1, 0, 0, 0), 2024: (0, 0, 2, 0)})) as con:
        disclose.protect(con, catalog)
        folder = edition(tmp_path / "2025" / "annual", con, catalog)
    with district(catalog, years({2023: (1, 0, 0, 0)})) as con:
        disclose.protect(con, catalog, [folder])
        assert told(con, catalog)[HOME] == [0, 0, 0, None, None, None]


def test_each_district_of_a_city_says_it_of_its_own_years(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """甲镇 has no figures of 2021 and tells its zeros of 2022 in 2025, 乙镇 told those of both years: 甲镇 waits, and nobody has died."""
    monkeypatch.setattr(Catalog, "rolled", frozenset({"mortality"}))
    tables = _only(years({2022: (0, 0, 1, 0)}, last=2022), {2021, 2022})
    without = {measure: {town: n for town, n in row.items() if town != "甲镇"} for measure, row in tables[2021].items()}
    with district(catalog, tables | {2021: without}) as con:
        definitions, rows = Definitions(replace(catalog)), disclose.figures(con, catalog)
    knowledge = learn(definitions, list(publications_of_areas(definitions, rows)))
    cells = [Cell(("deaths",), 2022, TOWNS[town], "", "total") for town in ("甲镇", "乙镇")]
    assert [knowledge.bounds[cell] for cell in cells] == [(0, INFINITE), (0, 0)]
    assert [i.low for i in intervals(knowledge, [((cell, 1.0),) for cell in cells], 4).values()] == [0, 0]


# Any table


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.sampled_from([0, 0, 0, 0, 1, 2, 6]), min_size=4, max_size=4), min_size=6, max_size=6),
    st.integers(2022, 2025),
    st.sampled_from([3, 30, 500]),
    st.sets(st.sampled_from(YEARS), max_size=3),
)
def test_whatever_the_deaths_there_is_an_edition_and_no_place_and_no_year_is_told(
    catalog: Catalog, deaths: list[list[int]], last: int, births: int, missing: set[int]
) -> None:
    """`protect` keeps back what it must and refuses nothing. Every true zero of a told span is told as zero."""
    table = dict(zip(YEARS, ([min(n, births) for n in row] for row in deaths), strict=True))
    delivered = {year for year in YEARS if year == last or (year < last and year not in missing)}
    with district(catalog, _only(years(table, last, births), delivered)) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            named, numbers = _pointed(copy, catalog), _numbers(copy)[HOME]
        assert not [n for n in named if _small(n, table)]
        for first, end in set(spans((2, 3), 2020, last, delivered).values()):
            told_years = [year for year in range(first, end + 1) if year in delivered]
            if end <= last and not any(any(table[year]) for year in told_years):
                assert [numbers[year - 2020] for year in told_years] == [0] * len(told_years)


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0, 1, 2, 3, 4, 5, 8, 40]), st.sampled_from([0, 0, 0, 1, 2, 5])),
        min_size=24,
        max_size=24,
    ),
    st.sampled_from([0, 400]),
)
def test_whoever_was_not_rescued_there_is_an_edition_whether_it_was_searched_or_not(
    catalog: Catalog, cases: list[tuple[int, int]], questions: int
) -> None:
    """Cases and those who died of them, by town and year; with a search that may ask nothing as well.

    Without a question about one table in thirty is refused: then no public edition is made, and nothing is told.
    """
    tables = {y: dict(t) for y, t in years({}).items()}
    for year in YEARS:
        drawn = dict(zip(TOWNS, cases[4 * (year - 2020) :], strict=False))
        tables[year]["severe"] = {town: severe for town, (severe, _) in drawn.items()}
        tables[year]["rescued"] = {town: max(0, severe - died) for town, (severe, died) in drawn.items()}
    with pytest.MonkeyPatch.context() as patch, district(catalog, tables) as con:
        patch.setattr(suppress, "QUESTIONS", questions)
        try:
            disclose.protect(con, catalog)  # which ends with the attack, and raises what it opens
        except MendableError as refused:
            assert questions == 0 and str(refused).startswith("公开版未编制")


def _small(name: str, table: Mapping[int, Sequence[int]]) -> bool:
    """Whether the count that a message names is small."""
    year = next(y for y in table if str(y) in name)
    numbers = dict(zip(TOWNS, table[year], strict=True)) | {"丁区": sum(table[year])}
    return 0 < next(n for place, n in numbers.items() if place in name) < 5

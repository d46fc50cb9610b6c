"""The public edition: what it keeps back, that nobody can work it out, and who can when only small counts are kept
back.

Every table here is small enough to be checked by hand. The threshold is 5 persons; the interval left open for a count
that is kept back must be at least 4 wide, so that it reaches 5 (1 to 5) and does not even tell that the count is small.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.catalog import load
from expectations.records import Catalog, Goal, Plan
from expectations.rules import RULES, Rule
from flows import assess, compute, disclose, ingest, warehouse
from flows.disclose import printed, suppress
from flows.disclose.counts import INFINITE, Cell, Definitions, FigurePlace
from flows.disclose.editions import earlier_publications
from flows.disclose.intruder import Interval, Publication, Statement, attack
from flows.disclose.moves import Truth
from flows.disclose.released import BINARY, pattern
from flows.edition import contents
from flows.places import PROJECT, MendableError
from flows.report.facts import Facts
from tests.fixtures.disclosing import (
    CITY,
    CODES,
    FILES,
    HOME,
    TOWNS,
    Table,
    catalogue,
    district,
    edition,
    tell,
    under,
    where,
)

pytestmark = pytest.mark.usefixtures("lent")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """One district of four towns; the holders of office are exempt."""
    return catalogue(tmp_path_factory.mktemp("catalogue"))


def with_rests(catalog: Catalog, *keys: str) -> Catalog:
    """The catalogue in which those outside the numerator of these indicators are protected as well."""
    marked = {key: catalog.indicators[key].model_copy(update={"complement": True}) for key in keys}
    return replace(catalog, indicators={**catalog.indicators, **marked})


@pytest.mark.parametrize(
    ("hidden", "ill", "level"),
    [(2021, 11, "moderate"), (2021, 12, "serious"), (2022, 11, "moderate"), (2022, 12, "moderate")],
)
def test_what_one_person_would_mend_is_no_highest_warning(catalog: Catalog, hidden: int, ill: int, level: str) -> None:
    """At most 10 % of 100: the year's own figure tells; where it is kept back while its verdict is told, one may do."""
    births = {2020: 8, 2021: 3, 2022: ill}
    years = {y: {"births": dict.fromkeys(TOWNS, 25), "anaemic": _shared(n)} for y, n in births.items()}
    with district(catalog, years) as con:
        con.execute(
            "insert into out_suppressed values ('anaemia', ?, ?, '', 'total', '', 'primary', true, false)",
            [hidden, HOME],
        )
        con.execute("insert into out_withheld values ('demo_women_2021.g1.1.anaemia', ?, true, true)", [hidden])
        with disclose.public(con, catalog) as copy:
            found = copy.execute(
                "select level from out_warnings where target like '%g1.1.%' and year = 2022"
            ).fetchall()
    assert found == [(level,)]


def _shared(count: int) -> dict[str, int]:
    """So many cases over the towns, as evenly as can be."""
    return {town: count // 4 + (i < count % 4) for i, town in enumerate(TOWNS)}


def suppressed(con: duckdb.DuckDBPyConnection, kind: str = "%") -> set[tuple[str, ...]]:
    """Indicator, town and sex of what is kept back."""
    names = {code: town for town, code in CODES.items()}
    query = "select indicator, area, sex from out_suppressed where kind like ?"
    return {(i, names[a], s) for i, a, s in con.execute(query, [kind]).fetchall()}


def counts(con: duckdb.DuckDBPyConnection, indicator: str, sex: str = "total") -> dict[str, tuple[object, ...]]:
    """Town → numerator, denominator, value and state, as the warehouse has them."""
    names = {code: town for town, code in CODES.items()}
    query = (
        "select area, numerator::integer, denominator::integer, value, state from out_indicators "
        "where indicator = ? and sex = ?"
    )
    return {names[a]: tuple(rest) for a, *rest in con.execute(query, [indicator, sex]).fetchall()}


def opened(con: duckdb.DuckDBPyConnection, catalog: Catalog, earlier: tuple[Path, ...] = ()) -> dict[Cell, Interval]:
    """What the intruder works out of each count that the public copy keeps back."""
    definitions = Definitions(catalog)
    before = earlier_publications(definitions, disclose.figures(con, catalog), earlier)
    with disclose.public(con, catalog) as copy:
        found = attack(definitions, [*before, printed(copy, catalog)])
    return {expression[0][0]: interval for expression, interval in found.items() if len(expression) == 1}


def cell(measure: str, place: object, year: int = 2020) -> Cell:
    area, institution, sex = where(place) if place != "全区" else (HOME, "", "total")
    return Cell((measure,), year, area, institution, sex)


def towns(*values: int) -> dict[str, int]:
    return dict(zip(TOWNS, values, strict=True))


def anaemia(*values: int, births: int = 500) -> Table:
    """So many anaemic mothers in each of the four towns; caesareans are many everywhere."""
    return {"births": towns(*[births] * 4), "anaemic": towns(*values), "caesarean": towns(*[births // 2] * 4)}


# The threshold


def test_four_are_kept_back_five_are_printed_none_is_printed_as_none(catalog: Catalog) -> None:
    with district(catalog, {2020: anaemia(4, 5, 0, 30)}) as con:
        disclose.protect(con, catalog)
        assert suppressed(con, "primary") == {("anaemia", "甲镇", "total")}
        with disclose.public(con, catalog) as copy:
            shown = counts(copy, "anaemia")
    assert shown["甲镇"] == (None, 500, None, "suppressed")
    assert shown["丙镇"] == (0, 500, 0.0, "ok")
    assert shown["全区"] == (39, 2000, 1.95, "ok")


def test_toilets_and_holders_of_office_are_no_private_persons(catalog: Catalog) -> None:
    tables_ = {"toilets": towns(1, 2, 3, 4), "women_leaders": {"court": 1, "police": 2}}
    with district(catalog, {2020: tables_}) as con:
        disclose.protect(con, catalog)
        assert suppressed(con) == set()


def test_a_small_denominator_is_kept_back_with_its_rate(catalog: Catalog) -> None:
    """Three births in 甲镇, none of the mothers anaemic: 0 of ?, and no rate."""
    births = {"births": towns(3, 200, 300, 400), "anaemic": towns(0, 20, 30, 40), "caesarean": towns(0, 90, 90, 90)}
    with district(catalog, {2020: births}) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            assert counts(copy, "anaemia")["甲镇"] == (0, None, None, "suppressed")


def test_who_was_not_rescued_is_a_count_too_where_the_policy_says_so(catalog: Catalog) -> None:
    """498 of 500: the two others are protected only where the rest is named in the policy."""
    for complement, expected in (((), set()), (("anaemia",), {("anaemia", "甲镇", "total")})):
        policy = with_rests(catalog, *complement)
        with district(policy, {2020: anaemia(498, 400, 420, 450)}) as con:
            disclose.protect(con, policy)
            assert suppressed(con, "primary") == expected


# Secondary suppression, and what the intruder does without it


def test_total_minus_parts(catalog: Catalog) -> None:
    """96 − 12 − 30 − 50 = 4. With 乙镇 kept back as well only their sum is known, 16: each is one of 1 to 15."""
    with district(catalog, {2020: anaemia(4, 12, 30, 50)}) as con:
        with pytest.raises(MendableError, match="贫血人数（2020年，甲镇）可推算为4至4"):
            disclose.protect(con, catalog, secondary=False)
        assert opened(con, catalog) == {cell("anaemic", "甲镇"): Interval(4, 4)}
        disclose.protect(con, catalog)
        assert suppressed(con) == {("anaemia", "甲镇", "total"), ("anaemia", "乙镇", "total")}
        assert opened(con, catalog) == dict.fromkeys(
            (cell("anaemic", "甲镇"), cell("anaemic", "乙镇")), Interval(1, 15)
        )


def test_a_sum_of_two_small_counts_is_no_protection(catalog: Catalog) -> None:
    """1 + 2 = 3 leaves 1 or 2 for each; a third town is kept back until the interval reaches 5."""
    with district(catalog, {2020: anaemia(1, 2, 30, 50)}) as con:
        disclose.protect(con, catalog)
        assert suppressed(con, "secondary") == {("anaemia", "丙镇", "total")}
        assert min(i.width for i in opened(con, catalog).values()) >= 4


def test_beyond_its_bound_the_search_keeps_back_more_and_says_so(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 + 2 leave no room for 5, another town goes with them. A search that may ask nothing does not look whether it must."""
    with district(catalog, {2020: anaemia(1, 2, 6, 7)}) as con:
        for questions, beyond in ((suppress.QUESTIONS, False), (0, True)):
            monkeypatch.setattr(suppress, "QUESTIONS", questions)
            disclose.protect(con, catalog)
            assert suppressed(con) > {("anaemia", "甲镇", "total"), ("anaemia", "乙镇", "total")}
            assert bool(suppressed(con, "beyond")) is beyond
            assert min(i.width for i in opened(con, catalog).values()) >= 4
            with disclose.public(con, catalog) as copy:
                assert copy.execute("select beyond from meta_audience").fetchone() == (beyond,)


def test_women_and_men_make_the_total(catalog: Catalog) -> None:
    """43 − 40 = 3: one sex cannot be kept back alone."""
    table = {"asked": {"female": 900, "male": 900}, "affected": {"female": 3, "male": 40}}
    with district(catalog, {2020: table}) as con:
        with pytest.raises(MendableError):
            disclose.protect(con, catalog, secondary=False)
        assert opened(con, catalog) == {cell("affected", "female"): Interval(3, 3)}
        disclose.protect(con, catalog)
        assert len(suppressed(con)) == 2
        assert opened(con, catalog)[cell("affected", "female")].width >= 4


SEXES = ("female", "male")


def test_towns_by_sex(catalog: Catalog) -> None:
    """One small cell of a table with margins needs a rectangle: two towns by two sexes."""
    ill = {("甲镇", "female"): 3, ("甲镇", "male"): 20, ("乙镇", "female"): 15, ("乙镇", "male"): 18}
    ill |= {(t, s): 40 for t in ("丙镇", "丁镇") for s in SEXES}
    with district(catalog, {2020: {"ill": ill, "examined": dict.fromkeys(ill, 700)}}) as con:
        with pytest.raises(MendableError):
            disclose.protect(con, catalog, secondary=False)
        disclose.protect(con, catalog)
        rectangle = {("illness", t, s) for t in ("甲镇", "乙镇") for s in SEXES}
        assert suppressed(con) == rectangle
        # Women 18, men 38, 甲镇 23, 乙镇 33 are printed: 甲镇's women are 1 to 17.
        assert opened(con, catalog)[cell("ill", ("甲镇", "female"))] == Interval(1, 17)


def test_what_the_sums_around_a_count_show_is_not_looked_for_farther(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else of the rectangle is printed gives the rest away: nobody walks through all that hangs together with it."""
    walked = Mock(side_effect=Truth.connected)
    monkeypatch.setattr(Truth, "connected", lambda *given: walked(*given))
    ill = {
        (t, s): n
        for t, many in zip(TOWNS, (3, 15, 40, 40), strict=True)
        for s, n in zip(SEXES, (many, 30), strict=True)
    }
    with district(catalog, {2020: {"ill": ill, "examined": dict.fromkeys(ill, 700)}}) as con:
        disclose.protect(con, catalog)
        assert len(suppressed(con, "secondary")) == 3
    assert not walked.called


def test_births_behind_two_rates_are_one_count(catalog: Catalog) -> None:
    """Who prints the small number of births in one table gives it to all others."""
    births = {"births": towns(3, 200, 300, 400), "anaemic": towns(0, 20, 30, 40), "caesarean": towns(1, 90, 90, 90)}
    with district(catalog, {2020: births}) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            assert counts(copy, "anaemia")["甲镇"][1] is counts(copy, "caesarean")["甲镇"][1] is None
            copy.execute("update out_indicators set denominator = 3 where indicator = 'anaemia' and area = '990401101'")
            found = attack(Definitions(catalog), [printed(copy, catalog)])
    assert found[(cell("births", "甲镇"), 1.0),] == Interval(3, 3)


def test_a_rate_gives_its_count_back(catalog: Catalog) -> None:
    """0.8 % of 500 is 4."""
    with district(catalog, {2020: anaemia(4, 12, 30, 50)}) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            told = printed(copy, catalog)
    rows = [r._replace(value=0.8) if r.figure[:3] == ("anaemia", 2020, TOWNS["甲镇"]) else r for r in told.rows]
    found = attack(Definitions(catalog), [Publication(rows, told.statements)])
    assert found[(cell("anaemic", "甲镇"), 1.0),] == Interval(4, 4)


# Verdicts


def one_town(anaemic: int, births: int) -> Table:
    """All is in 甲镇, so that the district's own figure is small."""
    return {
        "births": towns(births, 0, 0, 0),
        "anaemic": towns(anaemic, 0, 0, 0),
        "caesarean": towns(births // 2, 0, 0, 0),
    }


@pytest.mark.parametrize(("anaemic", "met"), [(1, True), (3, False)])
def test_a_verdict_that_would_bound_the_count_is_kept_back_whatever_it_is(
    catalog: Catalog, anaemic: int, met: bool
) -> None:
    """At most 10 % of 20 births: 达标 says 1 or 2. 未达标 (3 to 20) would be harmless, but then silence would say 达标."""
    with district(catalog, {2021: one_town(anaemic, 20)}) as con:
        [(true,)] = con.execute("select met from out_assessments where target like '%anaemia'").fetchall()
        assert true is met
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            [shown] = copy.execute(
                "select value, met, verdict, reason from out_assessments where target like '%anaemia'"
            ).fetchall()
            said = Statement(targets(con)["anaemia"], 2021, None, True)
            told = Publication(printed(copy, catalog).rows, (said,))
    assert shown == (None, None, "suppressed", "suppressed")
    found = attack(Definitions(catalog), [told])
    assert found[(cell("anaemic", "全区", 2021), 1.0),] == Interval(1, 2)


def test_a_verdict_that_tells_nothing_is_told(catalog: Catalog) -> None:
    """At most 10 % of 300 births: 1 to 30 mothers, or 31 and more."""
    with district(catalog, {2021: one_town(3, 300)}) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            [shown] = copy.execute(
                "select value, met, verdict from out_assessments where target like '%anaemia'"
            ).fetchall()
    assert shown == (None, True, "met_year")


@pytest.mark.parametrize("anaemic", [1, 4], ids=["within", "beyond"])
def test_a_limit_does_not_tell_whether_the_baseline_was_within(catalog: Catalog, anaemic: int) -> None:
    """控制在10%以内 of 20 births, 2020 kept back: 本年达标 would say 1 or 2, 提前达标 3 or 4; of each the public
    edition is silent.
    """
    limited = replace(
        catalog, plans=tuple(_with_words(plan, "anaemia", words="控制在", every_year=False) for plan in catalog.plans)
    )
    with district(limited, {2020: one_town(anaemic, 20), 2021: one_town(10, 300)}) as con:
        [(true,)] = con.execute(
            "select verdict from out_assessments where target like '%anaemia' and year = 2021"
        ).fetchall()
        assert true == ("met_year" if anaemic == 1 else "met_early")
        disclose.protect(con, limited)
        with disclose.public(con, limited) as copy:
            [shown] = copy.execute(
                "select met, verdict, method from out_assessments where target like '%anaemia' and year = 2021"
            ).fetchall()
    assert shown == (None, "suppressed", None)


def _with_words(plan: Plan, indicator: str, **changes: object) -> Plan:
    """The plan with other words in the targets of one indicator."""

    def changed(goal: Goal) -> Goal:
        return goal.model_copy(
            update={
                "targets": tuple(t.model_copy(update=changes) if t.indicator == indicator else t for t in goal.targets)
            }
        )

    domains = tuple(
        d.model_copy(update={"goals": {n: changed(goal) for n, goal in d.goals.items()}}) for d in plan.domains
    )
    return replace(plan, domains=domains)


def test_a_direction_needs_every_year(catalog: Catalog) -> None:
    """The baseline is kept back, and with it whatever is measured from it; this year's value is printed."""
    table = {"asked": {"female": 900, "male": 900}, "affected": {"female": 3, "male": 2}}
    later = {"asked": {"female": 900, "male": 900}, "affected": {"female": 30, "male": 20}}
    with district(catalog, {2020: table, 2021: later}) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            [shown] = copy.execute(
                "select round(value, 3), baseline, threshold, change_baseline, previous, probability, met, verdict "
                "from out_assessments where target like '%affliction'"
            ).fetchall()
            warned = copy.execute("select * from out_warnings where target like '%affliction'").fetchall()
    assert shown == (2.778, None, None, None, None, None, None, "suppressed")
    assert warned == []


def test_the_lowest_town(catalog: Catalog) -> None:
    """Every town has at least the printed minimum; where one of them is kept back there is none, and no
    list of towns.
    """
    table = {**anaemia(60, 60, 60, 60), "caesarean": towns(4, 60, 60, 60)}
    with district(catalog, {2021: table}) as con:
        disclose.protect(con, catalog)
        target = targets(con)["caesarean"]
        with disclose.public(con, catalog) as copy:
            [shown] = copy.execute(
                "select value, places_met, places_failing from out_assessments where target = ?", [target]
            ).fetchall()
            rows = printed(copy, catalog).rows
    assert shown == (None, None, None)
    found = attack(Definitions(catalog), [Publication(rows, (Statement(target, 2021, 0.8, None),))])
    assert found[(cell("caesarean", "甲镇", 2021), 1.0),].low == 4


@pytest.mark.parametrize(
    ("first", "missing", "told"),
    [
        (4, "", [("missed_year", "ok", "0.8"), ("missed_year", "suppressed", "数据保护")]),
        (60, "丙镇", [("unknown", "not_asked", "未布置")] * 2),
    ],
    ids=["all sent", "one lacking"],
)
def test_a_lowest_value_that_is_kept_back_says_so_beside_its_verdict(
    catalog: Catalog, first: int, missing: str, told: list[tuple[str, ...]]
) -> None:
    """甲镇 has 4 of 500, beside towns with 250: 未达标 tells nothing of it and is told, and the figure is 数据保护. Where a town
    lacks, that is the reason in both editions (未布置: this warehouse has no register).
    """
    table = {**anaemia(60, 60, 60, 60), "caesarean": {t: first if t == "甲镇" else 250 for t in TOWNS if t != missing}}
    with district(catalog, {2021: table}) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            items = [
                next(i for i in Facts(source, catalog, 2021).items if i.promise.target.each == "area")
                for source in (con, copy)
            ]
    assert [(item.verdict, item.point(2021)["state"], str(item.at(2021))) for item in items] == told


@pytest.mark.parametrize(
    ("first", "reason", "told"),
    [
        (60, "too_few_years", ["年度不足", "年度不足"]),
        (60, "break", ["口径变化", "口径变化"]),
        (60, "rejected", ["核查未通过", "核查未通过"]),
        (4, "too_few_years", ["年度不足", "数据保护"]),
        (4, "break", ["口径变化", "数据保护"]),
        (4, "rejected", ["核查未通过", "核查未通过"]),
    ],
)
def test_only_a_value_of_which_something_is_kept_back_is_called_so(
    catalog: Catalog, first: int, reason: str, told: list[str]
) -> None:
    """A compared value that is not there for the reason of its verdict (a rule over several years that lack). Where 甲镇 has 4 of 500 it
    may have had a value, which the public edition has no more; what was refused had none in either.
    """
    table = {**anaemia(60, 60, 60, 60), "caesarean": {town: first if town == "甲镇" else 250 for town in TOWNS}}
    with district(catalog, {2021: table}) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            found = []
            for source in (con, copy):
                source.execute(
                    "update out_assessments set value = null, method = null, verdict = 'unknown', reason = ? where target like '%caesarean'",
                    [reason],
                )
                found += [
                    str(i.at(2021)) for i in Facts(source, catalog, 2021).items if i.promise.target.each == "area"
                ]
    assert found == told


def test_a_town_without_a_case_is_told_beside_a_lowest_value_that_is_kept_back(catalog: Catalog) -> None:
    """乙镇 has none, which protects nobody: it is printed, and with it no count that is kept back is known any better."""
    table = {**anaemia(60, 60, 60, 60), "caesarean": towns(4, 0, 3, 250)}
    with district(catalog, {2021: table}) as con:
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            [shown] = copy.execute(
                "select value, places_failing from out_assessments where target like '%caesarean'"
            ).fetchall()
            printed_ = counts(copy, "caesarean")
        found = opened(con, catalog)
    assert shown == (None, None)
    assert printed_["乙镇"] == (0, 500, 0.0, "ok")
    assert {printed_[town][3] for town in ("甲镇", "丙镇")} == {"suppressed"}
    assert all(i.width >= catalog.policy.disclosure.protection for i in found.values())


def targets(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Indicator → target."""
    return {t.rpartition(".")[2]: t for (t,) in con.execute("select distinct target from out_assessments").fetchall()}


# Rules


ASKED = {
    "at_least": "indicator: caesarean, value: 1",
    "above": "indicator: caesarean, value: 1",
    "at_most": "indicator: caesarean, value: 1, words: 控制在",
    "below": "indicator: caesarean, value: 1",
    "every_place_at_least": "indicator: caesarean, value: 1, each: area",
    "baseline_change": "indicator: caesarean, value: -10",
    "yearly_change": "indicator: caesarean, value: 21",
    "not_below_indicator": "indicator: caesarean, than: anaemia",
    "not_below_area": f'indicator: caesarean, than: "{CITY}"',
    "increase": "indicator: caesarean",
    "decrease": "indicator: caesarean",
    "slow_increase": "indicator: caesarean",
    "hold": "indicator: illness, sex: female",
    "narrow_gap": "indicator: illness",
    "balance": "indicator: caesarean, band: [1, 40]",
    "near_balance": "indicator: caesarean",
}
"""A target of each rule. One caesarean, or ill girl, of 300 is below 1 %, four are above; to one more than 21 points are added in
2023, to four fewer.
"""
OTHERS = (60, 63, 69, 66, 72, 72)
"""How many there are in 2020, 2021 … where the number is not small."""


@pytest.fixture(scope="module")
def every_rule(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The district of four towns, with a target of each rule that judges figures, and its city."""
    city = f'references: [{{code: "{CITY}", name: 全市, kind: city}}]\n'
    of_goals = "".join(
        f"  {n}: {{title: 目标, targets: [{{rule: {r}, {of}}}]}}\n" for n, (r, of) in enumerate(ASKED.items(), 1)
    )
    more = {
        "districts/990401.yml": FILES["districts/990401.yml"] + city,
        "plans/demo_women_2021/1_all.yml": f"domain: 1\ntitle: 健康\ngoals:\n{of_goals}",
    }
    return catalogue(tmp_path_factory.mktemp("rules"), more)


@contextmanager
def with_few(catalog: Catalog, few: int, year: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """All is in 甲镇; in one year there are few, in all others many."""
    years = {}
    for y, many in enumerate(OTHERS, 2020):
        number = few if y == year else many
        births = {"births": towns(300, 0, 0, 0), "anaemic": towns(many, 0, 0, 0), "caesarean": towns(number, 0, 0, 0)}
        births["births"]["全市"], births["caesarean"]["全市"] = 3000, 600 + y - 2020
        ill = {(town, sex): 0 for town in TOWNS for sex in ("female", "male")}
        ill |= {("甲镇", "female"): number, ("甲镇", "male"): 164 - number}  # their sum is printed, and tells nothing
        years[y] = births | {"examined": {place: 300 if n else 0 for place, n in ill.items()}, "ill": ill}
    with district(catalog, years) as con:
        yield con


JUDGED = (
    "select target, year, value, threshold, baseline, previous, met, verdict, reason from out_assessments order by all"
)


def public_copy(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of the copy from which the public edition is printed."""
    disclose.protect(con, catalog)
    with disclose.public(con, catalog) as copy:
        tables = [name for (name,) in copy.execute("show tables").fetchall()]
        copied = {t: copy.execute(f"from {t} order by all").fetchall() for t in tables}
        return copied | {"judged": copy.execute("select target, year, value, met from out_assessments").fetchall()}


@pytest.mark.parametrize("year", [2020, 2022, 2025], ids=["baseline", "between", "last"])
def test_no_rule_tells_in_any_year_of_a_figure_that_is_kept_back(every_rule: Catalog, year: int) -> None:
    """One or four of 300: inside, they make other verdicts, and by no rule those of a year that does not rest on them; the public
    edition is the same to the last row.
    """
    assert set(ASKED) == {key for key, rule in RULES.items() if not rule.evidence}
    judged, told = [], []
    for few in (1, 4):
        with with_few(every_rule, few, year) as con:
            judged.append(set(con.execute(JUDGED).fetchall()))
            told.append(public_copy(con, every_rule))
    one, four = judged
    differing = {(str(row[0]), int(row[1])) for row in one ^ four}
    promises = {p.id: p for p in every_rule.promises()}
    answers = [{(t, y): (met, BINARY.get(verdict)) for t, y, *_, met, verdict, _ in rows} for rows in judged]
    others = {place for place in answers[0] if answers[0][place] != answers[1][place]}
    assert {promises[target].target.rule.key for target, _ in differing} == set(ASKED)
    assert others
    assert all(promises[target].rests_on(y, year) for target, y in others)
    assert told[0] == told[1]


@pytest.mark.parametrize(
    ("series", "least", "told"),
    [("held", 1, None), ("held", 10, False), ("mean", 10, None)],
    ids=["the least tells", "the least tells nothing", "not known"],
)
def test_a_rule_over_several_years_names_them_and_tells_of_none(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, series: str, least: int, told: bool | None
) -> None:
    """连续3年≥1%: the one or four of 300 in 2022 are the least of 2022, 2023 and 2024, and no figure of 2025. At ≥10% the answer of
    these years tells nothing of the least; where nobody knows what follows from it, it is not told.
    """
    monkeypatch.setattr(Rule, "lowest", property(lambda rule: rule.series == "held"))
    rule = Rule("at_least_for_n_years", cast(Any, series), "more", "number", windowed_by="years")
    asked = {"rule": RULES["at_least"], "value": Decimal(least), "each": None}

    def asking(**changes: object) -> Catalog:
        return replace(catalog, plans=tuple(_with_words(p, "caesarean", **asked | changes) for p in catalog.plans))

    copies, lasting = [], asking(rule=rule, years=3)
    for few in (1, 4):
        with with_few(asking(), few, 2022) as con:
            con.execute(LASTING, [least, least])
            copies.append(public_copy(con, lasting))
    shown = {year: (value, met) for target, year, value, met in copies[0]["judged"] if "caesarean" in str(target)}
    assert copies[0] == copies[1]
    assert {year: shown[year] for year in (2022, 2023, 2024)} == dict.fromkeys((2022, 2023, 2024), (None, told))
    assert shown[2021] == (21, True) and shown[2025] == (22, True), "the least of 21, and of 22, 24, 24"


LASTING = """
update out_assessments a set value = h.value, met = h.value >= ?,
    verdict = case when h.value >= ? then 'met_year' else 'missed_year' end
from (
    select a.target, a.year, min(b.value) as value from out_assessments a join out_assessments b using (target)
    where target like '%caesarean' and b.year between a.year - 2 and a.year group by all
) h where h.target = a.target and h.year = a.year
"""
"""The verdicts of one target, as a rule over three years gives them."""


# Earlier editions


def test_an_edition_reads_back_as_it_was_printed(catalog: Catalog, tmp_path: Path) -> None:
    with district(catalog, {2020: anaemia(4, 12, 30, 50)}) as con:
        disclose.protect(con, catalog)
        folder = edition(tmp_path / "2020" / "annual", con, catalog)
        [read] = earlier_publications(Definitions(catalog), disclose.figures(con, catalog), [folder])
        with disclose.public(con, catalog) as copy:
            told = {r.figure: r[1:4] for r in printed(copy, catalog).rows if r.value is not None}
    assert {r.figure: r[1:4] for r in read.rows if r.value is not None} == told
    assert not read.vintages


def test_what_was_kept_back_stays_back(catalog: Catalog, tmp_path: Path) -> None:
    """乙镇 (12) protected 甲镇 (4). It stays back while it is unchanged, although another choice would do now."""
    with district(catalog, {2020: anaemia(4, 12, 30, 50)}) as con:
        disclose.protect(con, catalog)
        folder = edition(tmp_path / "2020" / "annual", con, catalog)
    with district(catalog, {2020: anaemia(4, 12, 9, 50)}) as con:  # 丙镇 was 30 and is 9: the cheapest now
        disclose.protect(con, catalog, [folder])
        assert {t for _, t, _ in suppressed(con)} >= {"甲镇", "乙镇"}


def test_a_revised_neighbour_must_not_open_the_edition_before(catalog: Catalog, tmp_path: Path) -> None:
    """Before: 96 printed, 甲镇 4 and 乙镇 12 kept back. Now 甲镇 is 40: no small count is left, nothing would be kept
    back, and 乙镇 = 12 would give 96 − 30 − 50 − 12 = 4 as it was.
    """
    with district(catalog, {2020: anaemia(4, 12, 30, 50)}) as con:
        disclose.protect(con, catalog)
        folder = edition(tmp_path / "2020" / "annual", con, catalog)
    with district(catalog, {2020: anaemia(40, 12, 30, 50)}) as con:
        old = cell("anaemic", "甲镇")._replace(vintage=1)
        assert opened(con, catalog, (folder,))[old] == Interval(4, 4)
        disclose.protect(con, catalog, [folder])
        assert ("anaemia", "乙镇", "total") in suppressed(con)
        after = opened(con, catalog, (folder,))
        assert after[old].width >= 4
        # 132 − 30 − 50 = 52 are in 甲镇 and 乙镇: one of them alone would tell the other.
        assert {t for _, t, _ in suppressed(con)} == {"甲镇", "乙镇"}


def test_nobody_takes_back_what_has_been_printed(catalog: Catalog, tmp_path: Path) -> None:
    """An edition made under a lower threshold printed the 4: the new one is refused until the policy allows for it."""
    generous = under(catalog, threshold=2)
    with district(catalog, {2020: anaemia(4, 12, 30, 50)}) as con:
        disclose.protect(con, generous)
        folder = edition(tmp_path / "2020" / "annual", con, generous)
        with pytest.raises(MendableError, match="1个小于5的数已在以前的公开版中公布：贫血人数（2020年，甲镇）"):
            disclose.protect(con, catalog, [folder])
        allowed = under(catalog, published_before="allow")
        disclose.protect(con, allowed, [folder])
        assert suppressed(con) == {("anaemia", "甲镇", "total")}


def test_an_edition_that_cannot_be_protected_is_not_made(catalog: Catalog, tmp_path: Path) -> None:
    """Every other town was printed before; the revised total gives 甲镇's new count, and nothing can be kept back."""
    with district(catalog, {2020: anaemia(40, 12, 30, 50)}) as con:
        disclose.protect(con, catalog)
        folder = edition(tmp_path / "2020" / "annual", con, catalog)
    with district(catalog, {2020: anaemia(4, 12, 30, 50)}) as con:
        disclose.protect(con, catalog, [folder])
        assert suppressed(con) == {("anaemia", "甲镇", "total"), ("anaemia", "全区", "total")}
        # The total was revised with it (132 → 96) and can be kept back; what could not, would be named:
        con.execute("delete from out_suppressed where area = ?", [HOME])
        assert opened(con, catalog, (folder,))[cell("anaemic", "甲镇")] == Interval(4, 4)


def test_a_verdict_that_an_earlier_edition_told_is_known(catalog: Catalog, tmp_path: Path) -> None:
    """At most 10 % of 20 births, told as 达标 in 2021: 1 or 2, whatever is withheld now."""
    with district(catalog, {2021: one_town(1, 20)}) as con:
        disclose.protect(con, catalog)
        folder = edition(tmp_path / "2021" / "annual", con, catalog)
        assert opened(con, catalog, (folder,))[cell("anaemic", "全区", 2021)] == Interval(1, 20)
        with disclose.public(con, catalog) as copy:
            tell(folder / "public", copy, catalog, "met_year")
        assert opened(con, catalog, (folder,))[cell("anaemic", "全区", 2021)] == Interval(1, 2)
        with pytest.raises(MendableError, match="可推算为1至2"):
            disclose.protect(con, catalog, [folder])


@pytest.fixture(scope="module")
def before(
    catalog: Catalog, tmp_path_factory: pytest.TempPathFactory, lent: None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """The figures of 2020, and an edition of them as it should be."""
    with district(catalog, {2020: anaemia(4, 12, 30, 50)}) as con:
        disclose.protect(con, catalog)
        folder = edition(tmp_path_factory.mktemp("before") / "2020" / "annual", con, catalog)
        disclose.protect(con, catalog, [folder])
        yield con, folder


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (None, "report.json 没有，由较早的程序编印"),
        ("{}", "report.json 读不出。请从备份恢复"),
        (
            '{"format": "plan-monitor edition 0"}',
            "report.json 的格式是“plan-monitor edition 0”，本程序能读的是“plan-monitor edition 3”",
        ),
        (f'{{"format": "{contents.FORMAT}", "head": {{}}}}', "report.json 读不出（head.title）"),
        ("", "report.json 读不出。请从备份恢复"),
    ],
)
def test_what_cannot_be_read_of_an_earlier_edition_is_not_guessed(
    catalog: Catalog, before: tuple[duckdb.DuckDBPyConnection, Path], tmp_path: Path, told: str | None, message: str
) -> None:
    """As an older program left it (tables only), of another format, or not whole: there is no public edition, and it
    says why.
    """
    con, sound = before
    folder = shutil.copytree(sound, tmp_path / "2020" / "annual")
    (folder / "public" / "indicators.csv").write_text("指标,年份\n", encoding="utf-8")
    (folder / "public" / contents.NAME).unlink()
    if told is not None:
        (folder / "public" / contents.NAME).write_text(told, encoding="utf-8")
    with pytest.raises(MendableError, match=re.escape(message)):
        disclose.protect(con, catalog, [folder])


# Any table


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 40)), min_size=8, max_size=8),
    st.sampled_from([(), ("illness",)]),
)
def test_whatever_the_table_nothing_is_opened_and_the_truth_is_possible(
    catalog: Catalog, pairs: list[tuple[int, int]], complement: tuple[str, ...]
) -> None:
    """Towns by sex, some of them small or empty: every interval is wide, holds the truth and does not hold zero. Where those
    outside are protected, it may: who is not outside stands beside others, and is protected by nothing.
    """
    policy = with_rests(catalog, *complement)
    places = [(town, sex) for town in TOWNS for sex in ("female", "male")]
    ill = {place: few for place, (few, _) in zip(places, pairs, strict=True)}
    examined = {place: few + more for place, (few, more) in zip(places, pairs, strict=True)}
    with district(policy, {2020: {"ill": ill, "examined": examined}}) as con:
        disclose.protect(con, policy)
        true = {c: n for row in disclose.figures(con, policy) for c, n in Definitions(policy).counted(row)}
        for kept_back, interval in opened(con, policy).items():
            count = cast(float, true[kept_back])
            assert interval.low <= count <= interval.high
            assert interval.low >= 1 or complement
            nobody = complement and true[kept_back._replace(measures=("ill",))] in (
                0,
                true[kept_back._replace(measures=("examined",))],
            )
            assert interval.width >= 4 or (nobody and not 0 < count < 5)


@pytest.mark.parametrize("base", [3, 5])
def test_rounded_counts_and_rates(catalog: Catalog, base: int) -> None:
    """12 of 500 in steps of 5 is 10 of 500: 2.0 %, not 2.4 %; nothing but none is printed as none."""
    policy = under(catalog, rounding=base)
    with district(policy, {2020: anaemia(6, 12, 31, 52)}) as con:
        disclose.protect(con, policy)
        with disclose.public(con, policy) as copy:
            shown = counts(copy, "anaemia")
    for numerator, denominator, value, _ in shown.values():
        if value is not None:
            assert cast(int, numerator) % base == cast(int, denominator) % base == 0
            assert numerator != 0
            assert value == pytest.approx(100 * cast(int, numerator) / cast(int, denominator))
    if base == 5:
        assert shown["乙镇"] == (10, 500, 2.0, "ok")


# What else is printed


def test_statements_with_small_numbers(catalog: Catalog) -> None:
    small = pattern(5)
    assert all(small.search(t) for t in ("发现3人患病", "共 4 例", "处理两起", "有１名儿童", "其中一人"))
    assert not small.search("各部门一起开展宣传")
    assert not any(
        small.search(t) for t in ("培训13人", "5名", "1.3人次/万人", "二十一人", "第三人民医院", "3个百分点")
    )


def test_the_public_copy_has_no_delivered_data(catalog: Catalog) -> None:
    with district(catalog, {2021: anaemia(4, 12, 30, 50)}) as con:
        target = targets(con)["anaemia"]
        con.execute(
            "insert into core_statements values (?, 2021, ?, 'carried_out', '救治2名孕产妇', '文件', '2021', 2)",
            [HOME, target],
        )
        disclose.protect(con, catalog)
        with disclose.public(con, catalog) as copy:
            assert copy.execute("select audience from meta_audience").fetchall() == [("public",)]
            assert copy.execute("from core_observations").fetchall() == []
            assert copy.execute("select text from core_statements").fetchall() == [("部门说明含小数目，公开版不列",)]
            names = {n for (n,) in copy.execute("select table_name from information_schema.tables").fetchall()}
        assert not [n for n in names if n.startswith(("raw_", "stg_"))]
        assert con.execute("select audience from meta_audience").fetchall() == [("internal",)]


# The simulated district


def test_some_forms_are_exempt_and_some_rests_protected() -> None:
    catalog = load("120115")
    assert {"cadres", "congress_members"} <= {key for key, d in catalog.datasets.items() if d.exempt}
    assert {"critical_maternal_rescue"} <= {key for key, i in catalog.indicators.items() if i.complement}


@pytest.fixture(scope="module")
def simulated() -> Iterator[tuple[duckdb.DuckDBPyConnection, Catalog]]:
    """宝坻区, one year without bad cells: received, computed and judged."""
    catalog = load("120115")
    with warehouse.memory() as con:
        ingest.store(con, catalog, PROJECT / "raw", range(2021, 2022))
        ingest.observe(con, catalog)
        compute.indicators(con, catalog)
        assess.targets(con, catalog, 2021)
        yield con, catalog


def test_a_whole_district_is_opened_only_without_secondary_suppression(
    simulated: tuple[duckdb.DuckDBPyConnection, Catalog],
) -> None:
    con, catalog = simulated
    with pytest.raises(MendableError, match="可推算为"):
        disclose.protect(con, catalog, secondary=False)
    disclose.protect(con, catalog)
    least = catalog.policy.disclosure.protection
    assert {i.width >= least for i in opened(con, catalog).values()} == {True}


def test_no_small_count_is_left_anywhere(simulated: tuple[duckdb.DuckDBPyConnection, Catalog]) -> None:
    """The true counts and rates of what is kept back are nowhere in the public copy where they would stand for it."""
    con, catalog = simulated
    hidden = con.execute(
        "select i.indicator, i.year, i.area, i.institution, i.sex, i.part, i.value from out_indicators i "
        "join out_suppressed using (indicator, year, area, institution, sex, part) where i.value > 0"
    ).fetchall()
    assert len(hidden) > 50
    others = "select value from out_indicators anti join out_suppressed using (indicator, year, area, institution, sex, part)"
    secret = {value for *_, value in hidden} - {v for (v,) in con.execute(others).fetchall()}  # no chance matches
    assert len(secret) > 20
    figures = {FigurePlace(*row[:6]) for row in hidden}
    with disclose.public(con, catalog) as copy:
        for row in printed(copy, catalog).rows:
            assert row.figure not in figures or (row.value is None and row.state == "suppressed")
            assert row.state == "ok" or row.value is None
        for (table,) in copy.execute("select table_name from information_schema.tables").fetchall():
            for line in copy.execute(f"select * from {table}").fetchall():
                assert secret.isdisjoint(v for v in line if isinstance(v, float))
    assert INFINITE > least_width(opened(con, catalog)) >= catalog.policy.disclosure.protection


def least_width(found: Mapping[Cell, Interval]) -> float:
    return min(i.width for i in found.values())

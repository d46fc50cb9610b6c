"""A place that has one side of a quotient only: 不适用 in the one column, people in the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from flows import compute, validate
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, YEAR, deliver, sent, taken_in

WEST = "990201101"
SPEC = [
    # live births, deaths of 西桥镇: the town's state, the district's state and rate (‰), what is said
    ("200", "2", "ok", "ok", 5 / 600 * 1000, None),
    (
        "不适用",
        "2",
        "rejected",
        "rejected",
        None,
        "第3行“死亡人数”（西桥镇）为2人，同处的“活产数”却填“不适用”，不能计算“死亡率”",
    ),
    ("200", "不适用", "rejected", "rejected", None, "第3行“活产数”（西桥镇）为200人，同处的“死亡人数”却填“不适用”"),
    ("不适用", "0", "not_applicable", "ok", 3 / 400 * 1000, None),  # nobody more and nobody less
    ("0", "不适用", "not_applicable", "ok", 3 / 400 * 1000, None),
    ("不适用", "不适用", "not_applicable", "ok", 3 / 400 * 1000, None),
]


@contextmanager
def checked(raw: Path, **texts: str) -> Iterator[duckdb.DuckDBPyConnection]:
    deliver(raw, YEAR, [sent(name, texts.get(name)) for name in BASE if name != "published"])
    with taken_in(raw, [YEAR]) as con:
        compute.indicators(con, CATALOG)
        validate.ratios(con, CATALOG)
        yield con


def told(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    found = con.execute("select severity, message from out_findings where rule = 'ratio_sides'").fetchall()
    return [(severity, message) for severity, message in found]


@pytest.mark.parametrize(("births", "deaths", "town", "district", "rate", "says"), SPEC)
def test_no_sum_has_one_side_without_the_other(
    tmp_path: Path, births: str, deaths: str, town: str, district: str, rate: float | None, says: str | None
) -> None:
    text = BASE["births"].replace("西桥镇,200,2", f"西桥镇,{births},{deaths}")
    with checked(tmp_path, births=text) as con:
        found = {
            area: (state, value)
            for area, state, value in con.execute(
                "select area, state, value from out_indicators where indicator = 'mortality' and area in (?, ?)",
                [WEST, DISTRICT],
            ).fetchall()
        }
        assert (found[WEST][0], found[DISTRICT][0]) == (town, district)
        assert found[DISTRICT][1] == (None if rate is None else pytest.approx(rate))
        assert [severity for severity, _ in told(con)] == ([] if says is None else ["critical"])
        assert says is None or says in told(con)[0][1]


ALONE = "（全区，女）为60人，同处的“受访人数”却填“不适用”"
SHARE = "（全区，男）为50人，同处的“合格人数”（女）却填“不适用”"
"""Women's share of those who passed needs both sexes."""


RATE = ("literacy", "total")
WOMEN, MEN = ("literacy", "female"), ("literacy", "male")
PASSED, ASKED = ("passed_share", "total"), ("asked_share", "total")
ONE_SEX: list[tuple[str, list[str], dict[tuple[str, str], str]]] = [
    # women asked and passed, what is said, and which figures of the district are not simply there
    ("120,60", [], {}),
    ("不适用,60", [ALONE], {RATE: "rejected", WOMEN: "rejected", ASKED: "rejected"}),
    ("不适用,不适用", [SHARE], {WOMEN: "not_applicable", PASSED: "rejected", ASKED: "rejected"}),  # the rate is men's
    ("120,不适用", [SHARE], {RATE: "rejected", WOMEN: "rejected", PASSED: "rejected"}),
]


@pytest.mark.parametrize(("women", "says", "states"), ONE_SEX)
def test_so_it_is_of_one_sex(tmp_path: Path, women: str, says: list[str], states: dict[tuple[str, str], str]) -> None:
    text = BASE["literacy"].replace("女,120,60", f"女,{women}")
    with checked(tmp_path, literacy=text) as con:
        found = [message for _, message in told(con)]
        figures = con.execute("select indicator, sex, state from out_indicators where area = ?", [DISTRICT]).fetchall()
    assert all(any(part in message for message in found) for part in says)
    assert bool(found) == bool(says)
    seen = {(key, sex): state for key, sex, state in figures}
    sound = dict.fromkeys((RATE, WOMEN, MEN, PASSED, ASKED), "ok")
    assert {figure: seen[figure] for figure in sound} == sound | states

"""A ready-made figure of what other forms say does not apply: asked about, never dropped without a word."""

from collections.abc import Iterator

import duckdb
import pytest

from flows import compute, validate
from tests.fixtures.deliveries import BASE, CATALOG, DESK, DISTRICT, YEAR, deliver, sent, taken_in

pytestmark = pytest.mark.usefixtures("lent")

TOWNS = (("990201001", "东风街道"), ("990201101", "西桥镇"), ("990201102", "南山镇"))


def births(*each: str) -> str:
    """The form of births, with births and deaths of the three towns."""
    rows = [f"2024,{code},{name},{cells}" for (code, name), cells in zip(TOWNS, each, strict=True)]
    return "年份,街镇代码,街镇,活产数,死亡人数\n" + "".join(f"{row}\n" for row in rows)


NOTHING = ("published_nothing", "“死亡率”（全区）为5.25‰，由基础数据计算却为“不适用”")
CASES: dict[str, tuple[str | None, str, tuple[str, float | None], list[tuple[str, str]]]] = {
    # births and deaths; the ready-made rate; state and value of the district; what is asked of the ready-made rate
    "all 不适用": (births(*["不适用,不适用"] * 3), "5.25", ("not_applicable", None), [NOTHING]),
    "no births": (births(*["0,0"] * 3), "5.25", ("not_applicable", None), [NOTHING]),
    "none of none, printed as 0": (births(*["0,0"] * 3), "0", ("not_applicable", None), []),
    "all 不适用 and no figure": (births(*["不适用,不适用"] * 3), "—", ("not_applicable", None), []),
    "one town 不适用": (births("400,2", "200,1", "不适用,不适用"), "5.00", ("ok", 5.0), []),
    "another rate": (
        births("400,2", "200,1", "100,0"),
        "5.25",
        ("ok", 3000 / 700),
        [("published_computed", "“死亡率”（全区）为5.25‰，由基础数据计算为4.285714‰")],
    ),
    "no form": (None, "5.25", ("ok", 5.25), []),
    "blank": (births(*["—,—"] * 3), "5.25", ("ok", 5.25), []),
}


YEARS = {case: YEAR - 2 * number for number, case in enumerate(CASES)}
"""Each case is a year of its own, none the next to another, and all are taken in and computed at once."""


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    raw = tmp_path_factory.mktemp("raw")
    for case, (text, rate, *_) in CASES.items():
        published = f"年份,指标,计量单位,数值\n2024,死亡率,‰,{rate}\n"
        others = [sent(name) for name in BASE if name not in {"births", "published"}]
        forms = [sent("births", text)] if text else []
        deliver(raw, YEARS[case], [*others, *forms, sent("published", published)])
    with taken_in(raw, sorted(YEARS.values())) as con:
        compute.indicators(con, CATALOG)
        validate.ratios(con, CATALOG, DESK)
        yield con


@pytest.mark.parametrize(
    ("year", "figure", "says"), [(YEARS[case], *told) for case, (_, _, *told) in CASES.items()], ids=CASES
)
def test_what_does_not_apply_has_no_figure_from_elsewhere_in_silence(
    computed: duckdb.DuckDBPyConnection, year: int, figure: tuple[str, float | None], says: list[tuple[str, str]]
) -> None:
    [(state, value)] = computed.execute(
        "select state, value from out_indicators where indicator = 'mortality' and area = ? and year = ?",
        [DISTRICT, year],
    ).fetchall()
    told = computed.execute(
        "select rule, severity, message from out_findings "
        "where dataset = 'published' and rule <> 'blank_form' and year = ? order by all",
        [year],
    ).fetchall()
    assert (state, value) == (figure[0], None if figure[1] is None else pytest.approx(figure[1]))
    assert [(rule, severity) for rule, severity, _ in told] == [(rule, "warning") for rule, _ in says]
    assert all(part in message for (_, part), (*_, message) in zip(says, told, strict=True))


def test_every_finding_is_of_a_year(computed: duckdb.DuckDBPyConnection) -> None:
    """… so that each case has seen all that is asked of it."""
    assert not computed.execute("select 1 from out_findings where dataset = 'published' and year is null").fetchall()

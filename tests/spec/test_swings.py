"""波动较大 as it is told: the two figures that were compared, whatever else the target judges."""

from pathlib import Path

import pytest

from flows import ledger
from flows.disclose import released
from flows.report.facts import Facts
from flows.report.say.narrative import Narrator
from flows.wording import read
from tests.fixtures.assessed import assessed
from tests.fixtures.deliveries import BASE, Sent, sent

GAP = "{indicator: literacy, rule: narrow_gap}"
SHARE = "{indicator: literacy, rule: at_least, value: 10}"
EACH = "{indicator: births_total, rule: every_place_at_least, value: 90, each: area}"
Sexes = tuple[tuple[object, object], tuple[object, object]]
"""Of women and of men: asked, and literate."""
EVEN: Sexes = ((1200, 400), (1100, 500))
"""33.3 and 45.5 %, together 39.1 %."""
MORE: Sexes = ((1200, 700), (1100, 650))
"""58.3 and 59.1 %, together 58.7 %: the gap is narrower, the whole is larger."""
HALF_UNKNOWN: Sexes = (("不适用", "不适用"), (1100, 300))
BIRTHS = BASE["births"]
"""300, 200, 100."""
MORE_BIRTHS = BIRTHS.replace("300,3", "900,3").replace("100,0", "95,0")
"""900, 200, 95: the lowest is lower, their sum is larger."""


def year(sexes: Sexes = EVEN, births: str = BIRTHS) -> list[Sent]:
    women, men = sexes
    text = f"年份,性别,受访人数,合格人数,参与率\n2024,女,{women[0]},{women[1]},80.5\n2024,男,{men[0]},{men[1]},79\n"
    return [sent("births", births), sent("literacy", text)]


TOLD = [
    ("a gap", [GAP], {2021: year(), 2022: year(MORE)}, "2022年总体58.7%", "总体由2021年的39.1%上升到58.7%",
     "总体比上年上升19.6个百分点（相对变动50.0%）"),
    ("a gap that was not known", [GAP], {2021: year(HALF_UNKNOWN), 2022: year(MORE)}, "2022年总体58.7%",
     "总体由2021年的27.3%上升到58.7%", "总体比上年上升31.4个百分点（相对变动115.2%）"),
    ("the lowest town", [EACH], {2021: year(), 2022: year(births=MORE_BIRTHS)}, "2022年总体1195人",
     "总体由2021年的600人上升到1195人", "总体比上年增长99.2%"),
    ("the figure itself", [SHARE], {2021: year(), 2022: year(MORE)}, "2022年58.7%", "由2021年的39.1%上升到58.7%",
     "比上年上升19.6个百分点（相对变动50.0%）"),
    ("the figure itself and a gap", [GAP, SHARE], {2021: year(), 2022: year(MORE)}, "2022年58.7%",
     "由2021年的39.1%上升到58.7%", "比上年上升19.6个百分点（相对变动50.0%）"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("targets", "files", "value", "gap", "grounds"), [t[1:] for t in TOLD], ids=[t[0] for t in TOLD]
)
def test_a_swing_is_told_of_the_figure_that_swung(
    targets: list[str], files: dict[int, list[Sent]], value: str, gap: str, grounds: str, tmp_path: Path
) -> None:
    con, catalog = assessed(tmp_path, targets, {2020: year(), **files})
    [entry] = [e for e in ledger.entries(con, catalog, 2022) if e.kind == "swing"]
    told = ledger.told(entry)
    assert (told["value"], told["gap"]) == (value, gap)
    facts = Facts(con, catalog, 2022)
    [warning] = [w for w in facts.warnings if w.kind == "swing"]
    said = Narrator(facts, read("wording")).grounds(warning).striptags()
    assert said == f"{grounds}，属于偶然的概率不超过0.0001"
    assert warning.welcome == (
        warning.item.promise.indicator is not None and warning.item.promise.indicator.better == "higher"
    )


def test_a_swing_of_a_figure_that_is_kept_back_is_not_public(tmp_path: Path) -> None:
    """The verdict on each town does not rest on the district's figure; the swing does."""
    con, catalog = assessed(tmp_path, [EACH], {2020: year(), 2021: year(), 2022: year(births=MORE_BIRTHS)})
    swings = "select year from out_warnings where kind = 'swing'"
    hide = "insert into out_suppressed values ('births_total', ?, ?, '', 'total', '', 'primary', false, false)"
    con.execute(hide, [2021, "990201001"])
    released._empty_swings(con, catalog)
    assert con.execute(swings).fetchall() == [(2022,)]
    con.execute(hide, [2021, catalog.district.code])
    released._empty_swings(con, catalog)
    assert con.execute(swings).fetchall() == []


def deaths(*numbers: int) -> list[Sent]:
    """Of 600 births."""
    rows = zip(("990201001,东风街道,300", "990201101,西桥镇,200", "990201102,南山镇,100"), numbers, strict=True)
    text = "年份,街镇代码,街镇,活产数,死亡人数\n" + "".join(f"2024,{place},{number}\n" for place, number in rows)
    return [sent("births", text)]


@pytest.mark.parametrize(
    ("before", "now", "gap", "said"),
    [
        ((0, 0, 0), (20, 10, 10), "由2021年的0.0‰上升到66.7‰", "比上年上升66.7个千分点（上年为零）"),
        ((1, 0, 0), (20, 10, 10), "由2021年的1.7‰上升到66.7‰", "比上年上升65.0个千分点（相对变动3900.0%）"),
        ((0, 0, 0), (2, 0, 0), None, None),  # chance explains two after none
        ((0, 0, 0), (0, 0, 0), None, None),
    ],
)
def test_a_rise_from_none_is_a_swing_where_chance_does_not_explain_it(
    before: tuple[int, ...], now: tuple[int, ...], gap: str | None, said: str | None, tmp_path: Path
) -> None:
    target = "{indicator: mortality, rule: at_most, value: 10}"
    con, catalog = assessed(tmp_path, [target], {2020: deaths(*before), 2021: deaths(*before), 2022: deaths(*now)})
    entries = [e for e in ledger.entries(con, catalog, 2022) if e.kind == "swing"]
    assert [ledger.told(e)["gap"] for e in entries] == ([gap] if gap else [])
    facts = Facts(con, catalog, 2022)
    swings = [w for w in facts.warnings if w.kind == "swing"]
    texts = [Narrator(facts, read("wording")).grounds(w).striptags() for w in swings]
    assert texts == ([f"{said}，属于偶然的概率不超过0.0001"] if said else [])
    assert not any(w.welcome for w in swings)


def test_a_count_that_was_none_is_told_in_its_unit(tmp_path: Path) -> None:
    none = BIRTHS.replace("300,3", "0,0").replace("200,2", "0,0").replace("100,0", "0,0")
    target = "{indicator: births_total, rule: at_least, value: 90}"
    con, catalog = assessed(tmp_path, [target], {2020: year(), 2021: year(births=none), 2022: year()})
    facts = Facts(con, catalog, 2022)
    [warning] = [w for w in facts.warnings if w.kind == "swing"]
    said = Narrator(facts, read("wording")).grounds(warning).striptags()
    assert said == "比上年增加600人（上年为零），属于偶然的概率不超过0.0001"

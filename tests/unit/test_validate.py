"""The gates: for each rule a delivery that breaks it beside a neighbour that does not, and what the finding says."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from expectations import suites
from expectations.rules import RULES
from flows import assess, validate
from flows.validate.figures import _There
from flows.warehouse import append
from tests.fixtures.contract import CASES, Case
from tests.fixtures.deliveries import BASE, CATALOG, DESK, DISTRICT, deliver, sent, taken_in
from tests.fixtures.warehouses import rows, warehouse

Con = duckdb.DuckDBPyConnection
EAST, WEST, SOUTH = (area.code for area in CATALOG.district.areas)

# --- contract --------------------------------------------------------------------------------------------------------


YEARS = range(2021, 2021 + 2 * len(CASES))
BROKEN = [pytest.param(c, y, id=f"{c.rule}-{c.bad}") for c, y in zip(CASES, YEARS[::2], strict=True)]
SOUND = [pytest.param(c, y, id=f"{c.rule}-{c.good}") for c, y in zip(CASES, YEARS[1::2], strict=True)]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Con]:
    """Every case in a data year of its own: the broken delivery in an odd year, its neighbour in the next."""
    raw = tmp_path_factory.mktemp("raw")
    for case, year in zip(CASES, YEARS[::2], strict=True):
        assert case.old in BASE[case.dataset]
        deliver(raw, year, [sent(case.dataset, BASE[case.dataset].replace(case.old, case.bad, 1))])
        deliver(raw, year + 1, [sent(case.dataset, BASE[case.dataset].replace(case.old, case.good, 1))])
    with taken_in(raw, YEARS, None) as con:  # as a report asks
        yield con


def found(con: Con, year: int) -> list[dict[str, Any]]:
    return rows(con, "select * from out_findings where year = ? and gate <> 'file' and rule <> 'incomplete'", year)


@pytest.mark.parametrize(("case", "year"), BROKEN)
def test_a_broken_rule_is_named_with_line_column_value_and_cure(gate: Con, case: Case, year: int) -> None:
    [finding] = found(gate, year)
    assert (finding["gate"], finding["severity"], finding["rule"]) == ("contract", "critical", case.rule)
    assert (finding["line"], finding["column_name"], finding["value"]) == (case.line, case.header, case.value)
    assert finding["message"].startswith(f"{year}年“0-{case.dataset}.csv”第{case.line}行")
    assert case.says in finding["message"]
    assert finding["message"].endswith(f"{finding['cure']}。")


@pytest.mark.parametrize(("case", "year"), SOUND)
def test_its_neighbour_passes(gate: Con, case: Case, year: int) -> None:
    assert found(gate, year) == []
    assert gate.execute(
        "select status, rejections from meta_deliveries where year = ? and file is not null", [year]
    ).fetchall() == [("accepted", 0)]


@pytest.mark.parametrize(("case", "year"), BROKEN)
def test_a_bad_row_costs_its_row_and_a_bad_cell_its_cell(gate: Con, case: Case, year: int) -> None:
    [delivery] = rows(gate, "select * from meta_deliveries where year = ? and file is not null", year)
    measures = len(CATALOG.datasets[case.dataset].measures) or 1
    assert delivery["status"] == (
        "partial" if delivery["observations"] else "refused"
    )  # one statement: nothing is left
    assert delivery["rejections"] == (1 if case.rule.startswith("cell_") else measures)
    rejected = rows(gate, "select * from core_rejections where delivery = ?", delivery["delivery"])
    assert {r["line"] for r in rejected} == {case.line}
    assert {r["rule"] for r in rejected} == {case.rule}


def test_a_rejected_cell_says_what_is_known_of_its_place(gate: Con) -> None:
    def places(rule: str) -> set[tuple[str | None, str | None]]:
        return set(gate.execute("select area, sex from core_rejections where rule = ?", [rule]).fetchall())

    assert places("row_area") == {(None, "total")}
    assert places("row_sex") == {(DISTRICT, None)}
    assert (WEST, "total") in places("row_year")


def year_of(dataset: str, good: str) -> int:
    return next(
        year + 1 for case, year in zip(CASES, YEARS[::2], strict=True) if (case.dataset, case.good) == (dataset, good)
    )


@pytest.mark.parametrize(
    ("dataset", "good", "measure", "value"),
    [
        ("births", '"1,200",2', "births", 1200), ("births", "２００,2", "births", 200), ("births", "0,0", "births", 0),
        ("population", "65.12340", "residents", 651234), ("population", '"1,024.5"', "allowance", 10245000),
        ("literacy", "80.5％", "turnout", 80.5), ("published", "万人,600", "births_total", 6000000),
    ],
)  # fmt: skip
def test_a_figure_written_otherwise_is_the_same_figure(
    gate: Con, dataset: str, good: str, measure: str, value: float
) -> None:
    found = gate.execute(
        "select value::double from core_observations where year = ? and measure = ? order by abs(line - 3)",
        [year_of(dataset, good), measure],
    ).fetchall()
    assert (value,) in found


@pytest.mark.parametrize(("good", "state"), [("暂无,2", "not_received"), ("200,—", "not_received")])
def test_nothing_is_a_state_and_never_a_number(gate: Con, good: str, state: str) -> None:
    year = year_of("births", good)
    assert gate.execute(
        "select value, state from core_observations where year = ? and state <> 'ok'", [year]
    ).fetchall() == [(None, state)]


def contract(tmp_path: Path, dataset: str, text: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    deliver(tmp_path, 2024, [sent(dataset, text)])
    with taken_in(tmp_path, [2024]) as con:
        findings = rows(con, "select * from out_findings where gate = 'contract' order by line, rule")
        [delivery] = rows(con, "select * from meta_deliveries where file is not null")
    assert delivery["cells_in"] == delivery["observations"] + delivery["rejections"]
    return findings, delivery


def test_a_doubled_row_refuses_the_delivery(tmp_path: Path) -> None:
    findings, delivery = contract(tmp_path, "births", BASE["births"] + "2024,,西桥镇,201,2\n")
    assert [(f["rule"], f["line"]) for f in findings] == [
        ("delivery_duplicate", 3), ("delivery_duplicate", 5), ("refused", None),
    ]  # fmt: skip
    assert "第3、5行都是西桥镇，数不同，请留正确的一行，整份报送退回" in findings[2]["message"]
    assert (delivery["status"], delivery["observations"], delivery["rejections"]) == ("refused", 0, 8)


def test_equal_rows_are_told_as_equal(tmp_path: Path) -> None:
    findings, _ = contract(tmp_path, "births", BASE["births"] + "2024,,西桥镇,200,2\n")
    assert "第3、5行都是西桥镇，完全相同，请删去多余的行，整份报送退回" in findings[2]["message"]


def test_a_wrong_code_does_not_make_the_right_row_of_its_town_a_doubled_one(tmp_path: Path) -> None:
    findings, delivery = contract(tmp_path, "births", BASE["births"].replace("990201001,东风", "990201101,东风"))
    [found] = findings
    assert (found["rule"], found["line"], delivery["status"]) == ("row_area_name", 2, "partial")
    for words in (
        "代码990201101是“西桥镇”",
        "“东风街道”的代码是990201001，疑本行代码",
        "缺东风街道的数据，可能就是这一行",
    ):
        assert words in found["message"]


def test_codes_and_names_of_areas_in_each_other_s_column_are_told_once(tmp_path: Path) -> None:
    text = BASE["births"].replace("990201001,东风街道", "东风街道,990201001000")
    text = text.replace("990201101,西桥镇", "西桥镇,990201101").replace("990201102,南山镇", "南山镇,990201102")
    findings, delivery = contract(tmp_path, "births", text + "2024,甲区,990201,600,5\n")
    assert [(f["rule"], f["line"], f["position"], f["times"]) for f in findings] == [
        ("row_area_name", 2, 3, 4), ("refused", None, None, None),
    ]  # fmt: skip
    assert "第2行起有4行，“街镇代码”（B列）填的是名称，“街镇”（C列）填的是代码，疑两列填反" in findings[0]["message"]
    assert (delivery["status"], delivery["rejections"]) == ("refused", 8)


def test_one_row_with_its_code_and_name_exchanged_is_told_by_its_cells(tmp_path: Path) -> None:
    text = BASE["births"].replace("990201101,西桥镇", "西桥镇,990201101")
    [found], delivery = contract(tmp_path, "births", text)
    assert (found["line"], delivery["status"]) == (3, "partial")
    assert "第3行“街镇代码”（B3）填的是名称，“街镇”（C3）填的是代码，疑两格填反，不能使用" in found["message"]
    assert found["cure"].startswith("请核对 B3 和 C3；填反的，对调后重新报送")
    assert "缺西桥镇" not in found["message"]  # its row is there


def test_rows_that_are_doubled_because_they_are_wrong_are_only_wrong(tmp_path: Path) -> None:
    wrong = "2024,,某镇,1,1\n2024,,某镇,1,1\n2023,,西桥镇,1,1\n"
    findings, _ = contract(tmp_path, "births", BASE["births"] + wrong)
    assert {f["rule"] for f in findings} == {"row_area", "row_year", "refused"}
    assert "6行中有3行未通过核查，超过20%" in findings[-1]["message"]


OF_WRONG_UNIT = "2024,死亡率,公里,5.2\n2024,活产总数,公里,590\n"


@pytest.mark.parametrize(
    ("more", "status", "rules"),
    [
        (OF_WRONG_UNIT, "partial", {"row_value_unit": 2}),
        ("2024,死亡率,‰,5.2\n2024,活产总数,公里,590\n", "refused", {"delivery_duplicate": 2, "row_value_unit": 1, "refused": 1}),
    ],
    ids=["two wrong rows of two indicators", "one of them is doubled"],
)  # fmt: skip
def test_the_row_of_another_indicator_makes_none_doubled(
    tmp_path: Path, more: str, status: str, rules: dict[str, int]
) -> None:
    deliver(tmp_path, 2024, [sent("published", BASE["published"] + more)])
    with taken_in(tmp_path, [2024]) as con:
        [(found,)] = con.execute("select status from meta_deliveries where file is not null").fetchall()
        told = dict(
            con.execute("select rule, count(*) from out_findings where file is not null group by all").fetchall()
        )
    assert (found, told) == (status, rules)


def test_a_few_bad_rows_do_not_refuse_a_delivery(tmp_path: Path) -> None:
    findings, delivery = contract(tmp_path, "births", BASE["births"].replace("200,2", "x,y").replace("100,0", "x,y"))
    assert len(findings) == 4
    assert (delivery["status"], delivery["rejections"]) == ("partial", 4)


def test_what_is_absent_is_named(tmp_path: Path) -> None:
    text = BASE["births"].replace("2024,990201101,西桥镇,200,2\n", "")
    [finding], delivery = contract(tmp_path, "births", text)
    assert (finding["severity"], finding["rule"], finding["value"]) == ("warning", "incomplete", "西桥镇")
    assert "应报3个街镇，其中收到2个街镇，缺少西桥镇。请补上缺少的各行" in finding["message"]
    assert delivery["status"] == "partial"


@pytest.mark.parametrize(
    ("dataset", "old", "absent"),
    [("literacy", "2024,男,110,50,79\n", "全区男"), ("clinics", "2024,南山镇卫生院,3\n", "南山镇卫生院")],
)
def test_absent_sexes_and_institutions_are_named(tmp_path: Path, dataset: str, old: str, absent: str) -> None:
    [finding], _ = contract(tmp_path, dataset, BASE[dataset].replace(old, ""))
    assert (finding["rule"], finding["value"]) == ("incomplete", absent)


def test_a_clause_without_a_statement_is_named(tmp_path: Path) -> None:
    text = "年份,规划,条目,进展阶段,进展情况,佐证材料\n2024,妇女规划,目标1.9,推进中,开展活动,总结\n"
    findings, _ = contract(tmp_path, "progress", text)
    assert {(f["rule"], f["value"]) for f in findings} == {
        ("row_clause", "妇女规划 目标1.9"),
        ("incomplete", "妇女规划目标1.15"),
    }


def test_rows_that_sum_the_others_are_taken_and_kept_apart(tmp_path: Path) -> None:
    deliver(tmp_path, 2024, [sent("births", BASE["births"] + "2024,,全区,600,5\n"),
                             sent("literacy", BASE["literacy"] + "2024,合计,230,110,79.8\n")])  # fmt: skip
    with taken_in(tmp_path, [2024]) as con:
        assert rows(con, "select * from out_findings") == []
        assert con.execute(
            "select area, sex, measure, value::int from core_observations where line = 5 and measure = 'births'"
        ).fetchall() == [(DISTRICT, "total", "births", 600)]
        assert con.execute("select sex, value::int from core_observations where measure = 'asked' order by 2").fetchall() == [
            ("male", 110), ("female", 120), ("total", 230),
        ]  # fmt: skip


# --- plausibility ----------------------------------------------------------------------------------------------------

Figure = tuple[int, str, str, str, float | None]
"""year, measure, area, sex, value"""


def plausible(figures: list[Figure], rejected: tuple[str, int] | None = None) -> list[dict[str, Any]]:
    homes = {m: name for name, dataset in CATALOG.datasets.items() for m in dataset.measures}
    with warehouse() as con:
        for year, name in sorted({(year, homes[measure]) for year, measure, *_ in figures}):
            con.execute(
                "insert into meta_deliveries (delivery, district, year, dataset, department, file, due, simulated, status) "
                "values (?, ?, ?, ?, 'health', ?, '2025-03-10', true, 'accepted')",
                [f"{year}/{name}/v1", DISTRICT, year, name, f"{year}/{name}.csv"],
            )
        lines: dict[tuple[Any, ...], int] = {}
        for year, measure, area, sex, value in figures:
            line = lines.setdefault((year, homes[measure], area, sex), len(lines) + 2)
            con.execute(
                "insert into core_observations values (?, ?, ?, '', ?, '', ?, ?, ?, ?, ?)",
                [DISTRICT, year, area, sex, measure, value, "not_received" if value is None else "ok",
                 f"{year}/{homes[measure]}/v1", line],
            )  # fmt: skip
        if rejected:
            measure, year = rejected
            con.execute("insert into core_rejections values (?, 9, 'c', ?, null, null, null, null, 'x', 'cell_number', '…')",
                        [f"{year}/{homes[measure]}/v1", measure])  # fmt: skip
        validate.plausibility(con, CATALOG, DESK)
        return rows(con, "select * from out_findings order by all")


def births(year: int, *values: float | None, measure: str = "births") -> list[Figure]:
    return [(year, measure, area, "total", value) for area, value in zip((EAST, WEST, SOUTH), values, strict=True)]


def test_a_part_is_not_above_its_whole() -> None:
    [finding] = plausible([*births(2024, 300, 200, 0), *births(2024, 300, 201, 0, measure="deaths")])
    assert (finding["rule"], finding["severity"], finding["area"], finding["line"]) == (
        "part_above_whole",
        "warning",
        WEST,
        3,
    )
    assert (
        finding["message"]
        == "2024年“births.csv”第3行“死亡人数”（西桥镇）为201人，大于“活产数”的200人，其中数不应大于总数。请核对这两列。"
    )
    assert finding["indicator"] == "mortality"


def sexes(total: float, female: float | None = 60) -> list[Figure]:
    return [(2024, "passed", DISTRICT, sex, v) for sex, v in (("female", female), ("male", 50), ("total", total))]


def test_women_and_men_make_the_total() -> None:
    assert plausible(sexes(110)) == []
    [finding] = plausible(sexes(111))
    assert finding["rule"] == "sexes_total"
    assert "“合格人数”（全区）合计为111人，女、男之和为110人，相差1人，两者应相等" in finding["message"]


def test_a_sum_without_one_of_its_parts_is_not_compared() -> None:
    assert plausible(sexes(111, female=None)) == []
    assert plausible([*births(2024, 300, 200, None), (2024, "births", DISTRICT, "total", 600)]) == []
    assert plausible([*births(2024, 300, 200, 100)[:2], (2024, "births", DISTRICT, "total", 600)]) == []


def test_areas_make_the_district() -> None:
    assert plausible([*births(2024, 300, 200, 100), (2024, "births", DISTRICT, "total", 600)]) == []
    [finding] = plausible([*births(2024, 300, 200, 100), (2024, "births", DISTRICT, "total", 601)])
    assert (finding["rule"], finding["value"]) == ("areas_total", "601")
    assert "各街镇之和为600" in finding["message"]


@pytest.mark.parametrize("summed", [[], [(2024, "births", DISTRICT, "total", 600.0)]], ids=["areas", "and-total"])
def test_two_departments_agree(summed: list[Figure]) -> None:
    here = [*births(2024, 300, 200, 100), *summed]
    assert plausible([*here, (2024, "registered", DISTRICT, "total", 600)]) == []
    [finding] = plausible([*here, (2024, "registered", DISTRICT, "total", 598)])
    assert finding["rule"] == "same_figure"
    assert (
        "“出生登记数”为598人，区卫生健康委《活产和死亡情况表》的“活产数”为600人，相差2人，两者应一致"
        in finding["message"]
    )


def test_departments_are_not_compared_where_a_part_was_rejected() -> None:
    figures = [*births(2024, 300, 200, 100)[:2], (2024, "registered", DISTRICT, "total", 600.0)]
    assert len(plausible(figures)) == 1
    assert plausible(figures, rejected=("births", 2024)) == []


def series(measure: str, *values: float, sex: str = "total") -> list[Figure]:
    return [(2020 + i, measure, DISTRICT, sex, value) for i, value in enumerate(values)]


def test_a_unit_slip_is_told_by_its_magnitude() -> None:
    assert plausible(series("residents", 651000, 652000, 653000)) == []
    [finding] = plausible(series("residents", 651000, 65.2, 653000))
    assert (finding["rule"], finding["year"]) == ("unit_slip", 2021)
    assert finding["value"] == "0.00652"  # as the form's 万人
    told = "“常住人口”（全区）为0.00652万人，历年一般为65.1万人左右，相差约10000倍，疑为计量单位有误。请核实计量单位"
    assert told in finding["message"]


@pytest.mark.parametrize(
    ("times", "of_unit"),
    [(24, False), (10, False), (0.1, False), (100, False), (9000, True), (1200, True), (0.0001, True)],
)
def test_only_as_much_as_units_differ_is_told_as_a_unit(times: float, of_unit: bool) -> None:
    """Ten times as many persons are no mistaken 万人: whoever is asked looks for a wrong digit or line."""
    [finding] = plausible(series("residents", 651000, 651000 * times, 653000))
    assert finding["rule"] == "unit_slip"
    assert ("计量单位" in finding["message"], "填错了行、列" in finding["message"]) == (of_unit, not of_unit)


def test_a_slip_in_one_place_does_not_hide_in_the_sum() -> None:
    figures = [f for year, west in ((2020, 200), (2021, 2000), (2022, 201)) for f in births(year, 9000, west, 100)]
    [finding] = plausible(figures)
    assert (finding["rule"], finding["area"], finding["value"]) == ("unit_slip", WEST, "2000")


def test_small_counts_and_short_series_do_not_slip() -> None:
    assert plausible(series("deaths", 1, 20, 1)) == []
    assert plausible(series("residents", 2, 20, 2)) == []  # 0.0002万人 with all its decimals is a count, too
    [slip] = plausible(series("residents", 200, 2000, 200))
    assert slip["rule"] == "unit_slip"
    assert plausible(series("residents", 651000, 65)) == []


def test_a_jump_stands_beside_last_year() -> None:
    assert plausible(series("asked", 1000, 1010, 1030, 1040, 1060)) == []
    [finding] = plausible(series("asked", 1000, 1010, 1030, 1040, 1240))
    assert (finding["rule"], finding["year"]) == ("jump", 2024)
    assert finding["previous"] == "1040"  # of the whole district, as the message tells it
    assert (
        "“受访人数”本年为1240人，比上年（1040人）增加200人，此前各年一般增减10人左右，变动异常。请核实"
        in finding["message"]
    )
    assert plausible(series("asked", 10000, 10010, 10030, 10040, 10240)) == []  # under 10 %


def test_a_trial_leaves_out_only_what_could_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Totals, a median of three years, and the year before, each where it just begins to say something."""
    looked_at = [sexes(111), series("residents", 651000, 65.2, 653000), series("asked", 1000, 1000)]
    told = [plausible(found) for found in looked_at]
    monkeypatch.setattr("flows.validate.figures._there", lambda *_: _There())
    assert told == [plausible(found) for found in looked_at]
    assert [len(found) for found in told[:2]] == [1, 1]


# --- the plan --------------------------------------------------------------------------------------------------------


def judged(seed: int, most: int | None = None) -> Con:
    """Random indicators of six years, judged."""
    chance = random.Random(seed)
    con = warehouse()
    clinics = [(u.area or DISTRICT, u.id) for u in CATALOG.district.institutions["clinic"].members]
    places = [(DISTRICT, ""), *((a, "") for a in (EAST, WEST, SOUTH)), ("990000", ""), *clinics]
    figures = list[tuple[object, ...]]()
    for key, indicator in CATALOG.indicators.items():
        low, high = {"births_total": (80, 120), "doctors": (1, 4), "mortality": (8, 12)}.get(key, (38, 62))
        if most is not None:
            low, high = 0, most
        for year in range(2020, 2026):
            for area, institution in places:
                for sex in ("female", "male", "total") if indicator.by_sex else ("total",):
                    value = float(chance.randint(low, high))
                    known = chance.random() > 0.05
                    figure = (value, None, None, "ok") if known else (None, None, None, "rejected")
                    figures.append((DISTRICT, key, year, area, institution, sex, "", None, None, *figure, 0))
    append(con, "out_indicators", figures)
    assess.targets(con, CATALOG, 2025)
    return con


def test_the_suite_and_the_verdicts_agree_for_every_target() -> None:
    """Two ways to the same answer, over every rule, met and missed."""
    seen: set[tuple[str, bool]] = set()
    rules = {p.id: p.target.rule.key for p in CATALOG.promises()}
    for seed in range(6):
        with judged(seed) as con:
            missed = validate.gate_results(con, CATALOG, 2025)
            met = dict(
                con.execute("select target, met from out_assessments where year = 2025 and met is not null").fetchall()
            )
        assert {target: not failing for target, failing in missed.items()} == met
        seen |= {(rules[target], answer) for target, answer in met.items()}
    assert seen == {(rule, answer) for rule in set(rules.values()) - {"evidence"} for answer in (True, False)}


def test_they_agree_where_nothing_better_can_be() -> None:
    """None of what is to fall, no distance: a direction that stands there is kept, by both."""
    stood = 0
    for seed in range(6):
        with judged(seed, most=1) as con:
            missed = validate.gate_results(con, CATALOG, 2025)
            met = dict(
                con.execute("select target, met from out_assessments where year = 2025 and met is not null").fetchall()
            )
            best = "select count(*) from out_assessments where year = 2025 and method = 'best'"
            stood += con.execute(best).fetchall()[0][0]
        assert {target: not failing for target, failing in missed.items()} == met
    assert stood > 0


def test_a_target_missed_is_a_finding() -> None:
    with judged(2) as con:
        validate.plan_gate(con, CATALOG, 2025)
        findings = rows(con, "select * from out_findings")
        missed = validate.gate_results(con, CATALOG, 2025)
    assert {f["target"] for f in findings} == {target for target, failing in missed.items() if failing}
    assert {(f["gate"], f["severity"], f["year"]) for f in findings} == {("plan", "warning", 2025)}
    missed = next(f for f in findings if f["target"] == "demo_women_2021.g1.5.births_total")
    assert missed["expected"] == "不低于90人"
    assert "妇女规划目标1.5“活产总数”2025年为" in missed["message"]
    assert any(name in missed["message"] for name in ("东风街道", "西桥镇", "南山镇"))


@pytest.mark.parametrize(
    ("rule", "value", "threshold", "relative", "missed"),
    [
        ("near_balance", 37.0, 33.5, None, []),
        ("near_balance", 64.0, 33.5, None, []),  # beyond the middle, and nearer to it
        ("near_balance", 33.5, 33.5, None, ["t"]),
        ("near_balance", 66.5, 33.5, None, ["t"]),  # as far on the other side
        ("near_balance", 30.0, 33.5, None, ["t"]),
        ("near_balance", 63.0, 66.5, None, []),
        ("narrow_gap", 14000.0, 15000.0, (15.0, 16.0), []),
        ("narrow_gap", 16000.0, 15000.0, (15.0, 16.0), ["t"]),
        ("narrow_gap", 14000.0, 15000.0, (16.0, 16.0), ["t/relative"]),
        ("narrow_gap", 16000.0, 15000.0, (17.0, 16.0), ["t", "t/relative"]),
    ],
)
def test_the_suite_asks_what_the_rule_asks(
    rule: str, value: float, threshold: float, relative: tuple[float, float] | None, missed: list[str]
) -> None:
    record = next(p for p in CATALOG.promises() if p.indicator)
    asked = replace(record, target=record.target.model_copy(update={"rule": RULES[rule], "id": "t", "value": None}))
    checks = suites.plan(CATALOG.checks, asked, threshold, rule == "narrow_gap", relative and relative[1])
    frame = pd.DataFrame({"place": [""], "t": [value], suites.relative_of("t"): [relative and relative[0]]})
    assert sorted(f.check.looks_at for f in suites.run(frame, checks, ["place"])) == missed


def test_a_missing_value_is_no_miss() -> None:
    with warehouse() as con:
        assess.targets(con, CATALOG, 2025)
        validate.plan_gate(con, CATALOG, 2025)
        assert rows(con, "select * from out_findings") == []

"""An edition against itself: what the check finds, and that it finds nothing in the editions that the suite makes."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from tests.second_reader import contradictions

TARGET = {
    "id": "women.g1.1.x", "plan": "p", "domain": 1, "clause": "目标1.1", "name": "某率", "required": "≥95%",
    "indicator": "x",
    "sex": "total", "rule": "at_least", "unit": "%", "threshold": 95.0, "value": 94.0, "verdict": "behind",
    "projection": None,
    "probability": None, "outlook_low": None, "outlook": None, "outlook_high": None,
    "verdicts": {"2024": {"verdict": "behind"}},
}  # fmt: skip

DECIDED = {"method": "direction", "baseline_year": 2020, "decimals": 2}
Tables = Mapping[str, list[dict[str, str]]]


def folder(
    place: Path, html: str = "", judged: Sequence[dict[str, Any]] = ({},), tables: Tables = MappingProxyType({})
) -> Path:
    """An edition of a few words: its page, its report.json, and the tables that matter."""
    plans = [{"id": "p", "short": "某规划", "domains": {"1": "某领域"}}]
    listed = [{**TARGET, **t} for t in judged]
    report = {
        "head": {"year": 2024},
        "plans": plans,
        "targets": listed,
        "warnings": [],
        "indicators": {"x": {"name": "某率", "unit": "%", "values": []}},
    }
    place.mkdir(exist_ok=True)
    (place / "report.json").write_text(json.dumps(report), encoding="utf-8")
    (place / "report.html").write_text(html, encoding="utf-8")
    for name, rows in tables.items():
        with (place / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return place


def kinds(place: Path) -> set[str]:
    return {line.partition("：")[0] for line in contradictions.edition(place)[1]}


def word(fact: str, sense: str, text: str) -> str:
    return f'<span data-fact="{fact}" data-sense="{sense}">{text}</span>'


def figure(fact: str, value: str, text: str) -> str:
    return f'<data class="fig" value="{value}" data-fact="{fact}">{text}</data>'


def name(text: str) -> str:
    return f'<span data-name="name/{text}">{text}</span>'


NAMES = "、".join(map(name, "甲乙丙"))
V = "women.g1.1.x/2024/verdict"
WOMEN, MEN = figure("x/2024/female", "50.94", "50.9"), figure("x/2024/male", "46.76", "46.8")


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("一事一词", word(V, "behind", "达标困难") + word(V, "away", "背离目标"), word(V, "behind", "达标困难") * 2),
        ("文表评价", word(V, "met_early", "提前达标"), word(V, "behind", "达标困难") + word(V, "worse", "不及")),
        ("文表评价", word(V, "away", "背离目标"), word(V, "behind", "达标困难") + word(f"previous/{V}", "on_course", "预期可达标")),
        ("一事一数", figure("count/1", "17", "17") + figure("count/1", "7", "7"),
         figure("x", "-1", "1") + figure("x", "1", "1")),
        ("一数一形", figure("x", "1.5", "1") + figure("x", "1.5", "2"),
         figure("x", "1.5", "2") + figure("x", "1.5", "1.5")),
        ("列举与项数", f"<p>反转的有4项（{NAMES}）。</p>", f"<p>反转的有3项（{NAMES}），缩小的有4项（{NAMES}等）。</p>"),
        ("列举与项数", f"<p>{NAMES}等3项符合要求。</p>", f"<p>{NAMES}等4项符合要求。</p>"),
        ("列举与项数", f"<p>一级预警4项：{NAMES}。</p>", f"<p>一级预警4项：{NAMES}等。</p>"),
        ("列举未写项数", f"<p>{NAMES}等没有如期完成。</p>", f"<p>{NAMES}等4项没有如期完成。</p>"),
        ("计数与名单", figure("tally/p/1/2024/count/behind", "2", "2"),
         figure("tally/p/1/2024/count/behind+away", "1", "1")),
        ("用语重复", "<p>每年每年降低1个百分点</p>", "<p>每年降低1个百分点</p>"),
        (
            "相减",
            f"<p>{WOMEN}，{MEN}，高{figure('x/2024/gap', '4.18', '4.2')}</p>",
            f"<p>{WOMEN}，{MEN}，高{figure('x/2024/gap', '4.18', '4.1')}</p>",
        ),
        (
            "相减",
            f"<p>{figure('x/2024/female', '50.94', '50.94')}，{MEN}，高{figure('x/2024/gap', '4.18', '4.2')}</p>",
            f"<p>{figure('x/2024/female', '50.94', '50.94')}，{figure('x/2024/male', '46.76', '46.76')}，高"
            f"{figure('x/2024/gap', '4.18', '4.2')}</p>",
        ),
    ],
)  # fmt: skip
def test_what_a_page_says_against_itself(kind: str, wrong: str, right: str, tmp_path: Path) -> None:
    assert kind in kinds(folder(tmp_path / "wrong", wrong))
    assert kind not in kinds(folder(tmp_path / "right", right))


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        ("可能值超出范围", {"outlook_low": -3.5, "outlook_high": -2.4}, {"outlook_low": 93.5, "outlook_high": 96.4}),
        ("可能值超出范围", {"outlook_low": 99.0, "outlook_high": 100.4}, {"outlook_low": 99.0, "outlook_high": 100.0}),
        ("外推超出可能范围", {"projection": 103.0}, {"projection": 100.0}),
        (
            "概率与可能值",
            {"probability": 0.8, "outlook_low": 90.0, "outlook_high": 94.9},
            {"probability": 0.4, "outlook_low": 90.0, "outlook_high": 95.2},
        ),
        (
            "概率与可能值",
            {"rule": "at_most", "probability": 0.1, "outlook_low": 90.0, "outlook_high": 94.9},
            {"rule": "at_most", "probability": 0.95, "outlook_low": 90.0, "outlook_high": 94.9},
        ),
        (
            "方向与变动",
            {"rule": "decrease", "verdict": "away", "change_baseline": 0.004, **DECIDED},
            {"rule": "decrease", "verdict": "behind", "change_baseline": 0.004, **DECIDED},
        ),
        (
            "方向与变动",
            {"rule": "increase", "verdict": "met", "change_baseline": 0.005, **DECIDED},
            {"rule": "increase", "verdict": "met", "change_baseline": 0.006, **DECIDED},
        ),
        ("用语重复", {"required": "每年每年降低1个百分点"}, {"required": "每年降低1个百分点以上"}),
    ],
)  # fmt: skip
def test_what_a_figure_may_be(kind: str, wrong: dict[str, Any], right: dict[str, Any], tmp_path: Path) -> None:
    assert kind in kinds(folder(tmp_path / "wrong", judged=(wrong,)))
    assert kind not in kinds(folder(tmp_path / "right", judged=(right,)))


@pytest.mark.parametrize(
    "said",
    [
        "<p>2024年，某规划实施进展总体顺利，可评价的数值型目标多数已达到或预期可以达到规划要求。</p>",
        "<p>某领域领域可评价的1项定量目标均达到或预期可以达到规划要求。</p>",
    ],
)
def test_of_few_nothing_is_said_of_all(said: str, tmp_path: Path) -> None:
    unknown = {"id": "p.g1.2.y", "verdict": "unknown"}
    assert "总评依据" in kinds(folder(tmp_path / "wrong", said, ({}, unknown, unknown)))
    assert "总评依据" not in kinds(folder(tmp_path / "right", said, ({}, unknown)))


WARNING = {
    "类型": "预计达标困难",
    "级别": "一级",
    "条目": "目标1.1",
    "指标": "某率",
    "规划要求": "≥95%",
    "评价": "达标困难",
}
LINE = {"条目": "目标1.1", "指标": "某率", "规划要求": "≥95%"}
PROBLEM = {**LINE, "级别": "一级", "类别": "一类", "比基期": "改善", "距要求（%）": "1.1"}


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        (
            "各表评价",
            {"targets": [{**LINE, "评价": "达标困难", "说明": ""}], "outlook": [{**LINE, "评价": "背离目标", "达标概率（%）": "3"}]},
            {"targets": [{**LINE, "评价": "达标困难（较上年变差）", "说明": ""}], "outlook": [{**LINE, "评价": "达标困难", "达标概率（%）": "3"}]},
        ),
        (
            "评价与概率",
            {"outlook": [{**LINE, "评价": "预期可达标", "达标概率（%）": "＜1"}]},
            {"outlook": [{**LINE, "评价": "预期可达标", "达标概率（%）": "62"}]},
        ),
        (
            "缺数原因",
            {"targets": [{**LINE, "评价": "无法判断", "2024年": "未公布", "说明": "未报送"}]},
            {"targets": [{**LINE, "评价": "无法判断", "2024年": "未公布", "说明": "未公布"}]},
        ),
        (
            "问题级别",
            {"problems": [{**PROBLEM, "次序": "1", "级别": "二级"}, {**PROBLEM, "次序": "2", "级别": "一级"}]},
            {"problems": [{**PROBLEM, "次序": "1", "级别": "一级"}, {**PROBLEM, "次序": "2", "级别": "二级"}]},
        ),
        (
            "问题距离",
            {"problems": [{**PROBLEM, "次序": "1"}, {**PROBLEM, "次序": "2", "距要求（%）": "3.1"}]},
            {"problems": [{**PROBLEM, "次序": "1", "距要求（%）": "3.1"}, {**PROBLEM, "次序": "2"}]},
        ),
        (
            "更正作迟报",
            {"deliveries": [{"部门": "甲", "报表": "乙", "版本": v, "是否按时": p} for v, p in (("1", "按时"), ("2", "迟报"))]},
            {"deliveries": [{"部门": "甲", "报表": "乙", "版本": v, "是否按时": p} for v, p in (("1", "迟报"), ("2", "迟报"))]},
        ),
        (
            "差距与数值",
            {"sexes_change": [{"指标": "某率", "2020年差距": "0.0", "2024年差距": "-0.1", "两性差距": "缩小"}]},
            {"sexes_change": [{"指标": "某率", "2020年差距": "1.0", "2024年差距": "-0.1", "两性差距": "缩小"}]},
        ),
    ],
)  # fmt: skip
def test_what_tables_say(kind: str, wrong: Tables, right: Tables, tmp_path: Path) -> None:
    assert kind in kinds(folder(tmp_path / "wrong", tables=wrong))
    assert kind not in kinds(folder(tmp_path / "right", tables=right))


@pytest.mark.parametrize(("other", "gone"), [("women.g1.1.x", False), ("women.g1.2.y", False), ("women.g1.3.z", True)])
def test_who_is_warned_of_at_the_highest_level_is_among_the_problems(other: str, gone: bool, tmp_path: Path) -> None:
    """The first is the target itself, the second promises the same in another clause, the third is another promise."""
    lesser = "women.g1.4.w"
    judged = [{}, {"id": "women.g1.2.y"}, {"id": "women.g1.3.z", "indicator": "z"}, {"id": lesser, "indicator": "w"}]
    said = "".join(figure(f"{one}/2024/value", "94.0", "94.0") for one in (other, lesser))
    home = folder(tmp_path / "e", f'<section id="problems"><p>{said}</p></section>', judged, {"warnings": [WARNING]})
    report = json.loads((home / "report.json").read_text(encoding="utf-8"))
    levels = (("women.g1.1.x", "serious"), (lesser, "moderate"))
    report["warnings"] = [{"target": target, "level": level, "kind": "miss"} for target, level in levels]
    (home / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert ("级别与问题" in kinds(home)) == gone


@pytest.mark.parametrize(
    ("inside", "outside", "denied"),
    [
        ("2024年起", "2021年起", True),  # earlier than the truth: the years between are kept back, and were missed
        ("2021年起", "2024年起", False),
        ("2021年起", "2021年起", False),
        ("—", "2021年起", True),
    ],
)
def test_the_public_part_denies_nothing(inside: str, outside: str, denied: bool, tmp_path: Path) -> None:
    line = {"规划": "某规划", "目标": "某", **LINE, "结果": "提前达标", "2024年": "96.0"}
    home = folder(tmp_path / "e", tables={"outcomes": [{**line, "说明": inside}]})
    folder(home / "public", tables={"outcomes": [{**line, "说明": outside}]})
    assert bool(contradictions.audiences(home)) == denied


@pytest.mark.parametrize(("fact", "denied"), [("changes/verdicts", False), ("x/2024/female", True)])
def test_what_the_public_part_counts_may_be_less(fact: str, denied: bool, tmp_path: Path) -> None:
    home = folder(tmp_path / "e", figure(fact, "50", "50"))
    folder(home / "public", figure(fact, "48", "48"))
    assert bool(contradictions.audiences(home)) == denied


@pytest.mark.parametrize(("told", "more"), [("3项", ""), ("2项", "儿童与健康 印作2项，表中3项")])
def test_a_name_of_which_a_part_is_kept_on_one_line_is_one_name(told: str, more: str, tmp_path: Path) -> None:
    line = {"规划": "某规划", "领域": "儿童与健康", "结果": "未达标", **LINE}
    rows = [{**line, "指标": name} for name in ("近视率", "床位数", "7—9岁儿童窝沟封闭率")]
    parted = name("7—9岁儿童窝沟封闭率").replace(">7—9岁", '><span class="nb">7—9岁</span>')
    listed = "、".join((name("近视率"), name("床位数"), parted))
    page = f"<p>儿童与健康领域可评价的9项定量目标多数实现，{listed}等{told}没有如期完成。</p>"
    found = contradictions.shortfalls(contradictions.read(folder(tmp_path / "e", page, tables={"outcomes": rows})))
    assert [finding for _, finding in found if finding] == ([more] if more else [])


@pytest.mark.parametrize(("note", "denied"), [("是否提前不予公布，受小样本影响", False), ("受小样本影响", True)])
def test_who_was_early_is_met_where_the_public_part_says_that_it_does_not_tell(
    note: str, denied: bool, tmp_path: Path
) -> None:
    line = {"规划": "某规划", "目标": "某", **LINE, "2024年": "0.0"}
    home = folder(tmp_path / "e", tables={"outcomes": [{**line, "结果": "提前达标", "说明": "2023年起"}]})
    folder(home / "public", tables={"outcomes": [{**line, "结果": "达标", "说明": note}]})
    assert bool(contradictions.audiences(home)) == denied


def test_the_golden_edition_agrees_with_itself(edition: Path) -> None:
    for part in (edition, edition / "public"):
        counts, found = contradictions.edition(part)
        assert found == []
        assert counts.keys() >= {
            "总评依据", "一事一词", "文表评价", "一事一数", "一数一形", "各表评价", "列举与项数", "计数与名单", "预警次序",
            "问题次序", "用语重复", "缺数原因", "更正作迟报",
        }  # fmt: skip
    assert contradictions.audiences(edition) == []

"""A wrong catalogue is refused with file, line, key and what is expected; the golden one, untouched, loads."""

import re
import shutil
from pathlib import Path

import pytest

from expectations.catalog import CatalogError, load

GOLDEN = Path(__file__).parent / "golden" / "expectations"
DISTRICT = "districts/990101.yml"
PLAN = "plans/demo_women_2021/1_health.yml"
INDICATORS = "indicators/all.yml"
DATASETS = "datasets/all.yml"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN, tmp_path / "expectations"))


def change(home: Path, file: str, old: str, new: str) -> int:
    """Replace the first `old`; return the line on which it stood."""
    text = (home / file).read_text(encoding="utf-8")
    assert old in text
    (home / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def problems(home: Path, district: str = "990101") -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load(district, home)
    return [str(problem) for problem in caught.value.problems]


def test_the_untouched_catalogue_loads(home: Path) -> None:
    assert len(load("990101", home).promises()) == 9


WRONG = [
    # file, what stands there, what is written instead, the message names
    (PLAN, "title: 控制孕产妇死亡率", "titel: 控制孕产妇死亡率", ["titel", "没有这个键"]),
    (PLAN, "    title: 控制孕产妇死亡率\n", "", ["title", "缺少这一项"]),
    (
        PLAN,
        "indicator: maternal_mortality",
        "indicator: maternal_mortalty",
        ["indicator", "没有指标", "maternal_mortalty"],
    ),
    (PLAN, "rule: at_most, value: 20", "rule: atmost, value: 20", ["rule", "应为", "at_most", "atmost"]),
    (PLAN, "rule: at_most, value: 20", "rule: at_most", ["at_most", "须写 value"]),
    (PLAN, "rule: decrease", "rule: decrease, value: 3", ["decrease", "不得写 value"]),
    (PLAN, "value: 60, each: area", "value: 60", ["each"]),
    (PLAN, "value: 60, each: area", "value: 60, each: school", ["单位类别", "school"]),
    (PLAN, "value: 20", "value: 二十", ["value", "应为数字", "二十"]),
    (PLAN, "every_year: true", "every_year: 每年", ["every_year", "true 或 false"]),
    (PLAN, "ask: 妇女健康知识普及的开展情况", "note: 无", ["evidence", "ask"]),
    (PLAN, "lead: health, ask", "lead: helth, ask", ["部门", "helth"]),
    (PLAN, "goals: [1, 3]", "goals: [1, 7]", ["本领域没有目标 7"]),
    (PLAN, "  2:\n    title: 提高宫颈癌", "  1:\n    title: 提高宫颈癌", ["同一个键写了两次"]),
    (PLAN, "domain: 1", "domain: 2", ["领域 2 出现了两次"]),
    (PLAN, "domain: 1", "domain: [1", ["不是有效的 YAML"]),
    (INDICATORS, "denominator: live_births, ", "", ["maternal_mortality", "denominator"]),
    (INDICATORS, ", interval: poisson", "", ["maternal_mortality", "interval"]),
    (INDICATORS, "numerator: screened", "numerator: screend", ["没有报表提供", "screend"]),
    (INDICATORS, "lead: sports", "lead: sport", ["regular_exercise", "部门", "sport"]),
    (INDICATORS, "by_sex: true, range: [0, 100], lead: health", "range: [0, 100], lead: health", ["分性别", "true"]),
    (INDICATORS, "unit: /10万", "unit: ''", ["unit", "太短"]),
    (DATASETS, "{measure: screened, unit: 人", "{measure: screened", ["计量单位"]),
    (DATASETS, "{measure: screened,", "{is: note, measure: screened,", ["二者取一"]),
    (DATASETS, "measure: screened", "measure: eligible", ["eligible", "已由"]),
    (DATASETS, "not_above: asked", "not_above: surveyed", ["not_above", "同一报表"]),
    (DATASETS, "not_above: asked", "not_above: nobody", ["没有报表提供", "nobody"]),
    (DATASETS, 'due: "03-15"', 'due: "3月15日"', ["due", "格式"]),
    (DISTRICT, 'code: "990101"', "code: 990101", ["code", "加引号"]),
    (DISTRICT, "plans: [demo_women_2021]", "plans: [demo_women_2026]", ["demo_women_2026"]),
    (DISTRICT, "kind: town", "kind: village", ["kind", "应为", "village"]),
]


@pytest.mark.parametrize(("file", "old", "new", "parts"), WRONG, ids=[f"{w[0]} {w[2][:24]}" for w in WRONG])
def test_a_mistake_is_named(home: Path, file: str, old: str, new: str, parts: list[str]) -> None:
    change(home, file, old, new)
    told = "\n".join(problems(home))
    for part in parts:
        assert part in told
    assert re.search(r"expectations/\S+(\.yml)? 第\d+行", told)


def test_the_line_is_the_line_of_the_mistake(home: Path) -> None:
    line = change(home, PLAN, "rule: decrease", "rule: decreese")
    assert f"expectations/{PLAN} 第{line}行" in problems(home)[0]


def test_all_mistakes_are_told_at_once(home: Path) -> None:
    change(home, PLAN, "rule: at_most", "rule: atmost")
    change(home, PLAN, "rule: decrease", "rule: decreese")
    change(home, INDICATORS, "kind: share", "kind: sharing")
    assert len(problems(home)) == 3


def test_an_indicator_stands_once(home: Path) -> None:
    shutil.copy(home / INDICATORS, home / "indicators" / "again.yml")
    assert "重名" in problems(home)[0]


def test_an_empty_file_is_named(home: Path) -> None:
    (home / PLAN).write_text("", encoding="utf-8")
    assert any("文件是空的" in p for p in problems(home))


def test_an_unknown_district_names_those_there_are(home: Path) -> None:
    assert "990101" in problems(home, "120999")[0]

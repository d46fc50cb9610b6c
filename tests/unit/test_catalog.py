"""A wrong catalogue is refused with file, line, key and what is expected; the golden one, untouched, loads."""

import os
import re
import shutil
from pathlib import Path

import pytest

from expectations.catalog import CatalogError, Source, load
from tests.fixtures.homes import GOLDEN

DISTRICT = "districts/990101.yml"
PLAN = "plans/demo_women_2021/1_health.yml"
INDICATORS = "indicators/all.yml"
DATASETS = "datasets/all.yml"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN / "expectations", tmp_path / "expectations"))


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
    (PLAN, "rule: decrease", "rule: baseline_change, value: -20, words: 控制在", ["不只是一个数", "不得写 words"]),
    (PLAN, "value: 60, each: area", "value: 60", ["each"]),
    (PLAN, "value: 60, each: area", "value: 60, each: school", ["单位类别", "school"]),
    (PLAN, "value: 20", "value: 二十", ["value", "应为数字", "二十"]),
    (PLAN, "every_year: true", "every_year: 每年", ["every_year", "true 或 false"]),
    (PLAN, "ask: 妇女健康知识普及的开展情况", "note: 无", ["evidence", "ask"]),
    (PLAN, "lead: health, ask", "lead: helth, ask", ["部门", "helth"]),
    (PLAN, "goals: [1, 3]", "goals: [1, 7]", ["本领域没有目标 7"]),
    (
        PLAN,
        "rule: decrease",
        "rule: decrease, remedy: 没有这一句",
        ["remedy", "本领域没有一项策略措施有以“没有这一句”开头的句子"],
    ),
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
    (DISTRICT, "[live_births, eligible]", "[live_birth]", ["profile.0", "'live_birth'", "是否为 'live_births'"]),
    (DISTRICT, "[live_births, eligible]", "[eligible, eligible]", ["profile.1", "写了两次"]),
    (DISTRICT, "[live_births, eligible]", "[delegates]", ["profile.0", "公开版无从保护"]),
    (DISTRICT, "kind: town", "kind: reference", ["areas.1.kind", "西镇", "references"]),
    (DISTRICT, "kind: town", "kind: hamlet", ["kind", "应为", "hamlet"]),
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
    names = set(load("990101", home).indicators)
    shutil.copy(home / INDICATORS, home / "indicators" / "again.yml")
    told = r"expectations/indicators/all\.yml 第\d+行 (\w+)：与 expectations/indicators/again\.yml 重名"
    assert {found[1] for problem in problems(home) if (found := re.fullmatch(told, problem))} == names


def test_an_indicator_that_no_plan_names_may_stand_there_under_a_name_of_its_own(home: Path) -> None:
    """The neighbour of the mistake of two indicators of one name."""
    text = (home / INDICATORS).read_text(encoding="utf-8")
    own = (
        text.partition("cervical_screening:\n")[2]
        .partition("maternal_anaemia:")[0]
        .replace("宫颈癌筛查率", "妇女筛查率")
    )
    (home / INDICATORS).write_text(f"{text}also_screened:\n{own}", encoding="utf-8")
    assert "also_screened" not in load("990101", home).indicators
    (home / INDICATORS).write_text(
        f"{text}also_screened:\n{own.replace('妇女筛查率', '孕产妇死亡率')}", encoding="utf-8"
    )
    assert "'孕产妇死亡率' 也是指标" in problems(home)[0]


def test_an_empty_file_is_named(home: Path) -> None:
    (home / PLAN).write_text("", encoding="utf-8")
    assert any("文件是空的" in p for p in problems(home))


def test_an_unknown_district_names_those_there_are(home: Path) -> None:
    assert "990101" in problems(home, "120999")[0]


def aliases(first: str, item: str) -> str:
    """Nine aliases of nine aliases, nine deep: a few hundred bytes that stand for 387 million."""
    lines = [f"a: &a {first}"]
    for before, name in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{name}: &{name} " + item % ", ".join([f"*{before}"] * 9))
    return "\n".join(lines) + "\n"


HUGE = {
    "aliases": (aliases("[x]", "[%s]"), "引用（*）全部展开后超过"),
    "merges": (aliases("{x: 1}", "{<<: [%s]}"), "引用（*）全部展开后超过"),
    "long text": (f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 101)}]\n", "引用（*）全部展开后超过"),
    "of itself": ("a: &a [*a]\n", "“*a”引用了它自己所在的内容"),
    "brackets": ("[" * 1_000_000, "套了51层，最多50层"),
    "braces": ("{a: " * 100_000, "套了51层，最多50层"),
    "dashes": ("- " * 100_000, "套了51层，最多50层"),
    "bytes": ("# " + "x" * 4_000_000, "文件超过4,000,000字节"),
}


@pytest.mark.parametrize(("text", "says"), HUGE.values(), ids=HUGE)
def test_a_file_larger_than_people_write_is_refused(home: Path, text: str, says: str) -> None:
    (home / PLAN).write_text(text, encoding="utf-8")
    assert any(f"expectations/{PLAN} 第" in p and says in p for p in problems(home))


def test_what_people_write_is_within_the_limits(home: Path) -> None:
    deep = "[" * 49 + "]" * 49
    for text in (f"a: {deep}\n", f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 90)}]\n", "a: &a [x]\nb: [*a, *a]\n"):
        (home / "x.yml").write_text(text, encoding="utf-8")
        assert Source(home / "x.yml", home).data["a"]


def test_a_pipe_is_not_waited_for(home: Path) -> None:
    (home / PLAN).unlink()
    os.mkfifo(home / PLAN)
    assert any(f"expectations/{PLAN} 第1行：不是普通文件" in p for p in problems(home))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a:\n\tb: 1\n", "缩进须用空格，不用制表符"),
        ("a: b: c\n", "冒号的位置不对"),
        ("a: [1, 2\n", "方括号、花括号没有配对"),
        ('a: "x\n', "引号没有配对"),
        ("a: 1\n  b: 2\n", "冒号的位置不对"),
        ("a:\n  b: 1\n c: 2\n", "缩进与上文不一致"),
        ("a: *b\n", "没有用 & 定义"),
        ("a: !!python/object:os.system x\n", "有不认识的类型标记"),
        ("a: 1\n---\nb: 2\n", "只能有一份内容"),
        ("a: \x1b\n", "控制字符"),
        ("[a]: 1\n", "键应为文字"),
    ],
)
def test_what_the_parser_says_is_said_in_chinese(home: Path, text: str, says: str) -> None:
    (home / PLAN).write_text(text, encoding="utf-8")
    told = "\n".join(p for p in problems(home) if PLAN in p)
    assert says in told
    assert not re.search("[a-z]{3,} [a-z]{3,}", told.replace(PLAN, ""))


def test_a_file_in_another_encoding_is_named(home: Path) -> None:
    (home / PLAN).write_bytes((home / PLAN).read_text(encoding="utf-8").encode("gb18030"))
    assert any("请用文本编辑器另存为 UTF-8" in p for p in problems(home))


def test_what_is_shown_of_a_mistake_fits_on_a_screen(home: Path) -> None:
    change(home, PLAN, "rule: at_most, value: 20", f"rule: {'x' * 5000}, value: 20")
    assert all(len(p) < 600 for p in problems(home))
    (home / PLAN).write_text("".join(f"x{n}: 1\n" for n in range(2000)), encoding="utf-8")
    with pytest.raises(CatalogError, match=r"另有\d+处未列出") as caught:
        load("990101", home)
    assert len(str(caught.value).splitlines()) == 51

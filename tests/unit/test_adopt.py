"""A plan's document becomes a draft of its catalogue, and no number of it is lost."""

import csv
import io
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from zipfile import ZipFile

import docx
import pikepdf
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from expectations.catalog import MARK, CatalogError, Source, codes, library, load
from expectations.records import Domain, PlanHead
from flows.adopt import adopt, document, draft, numerals, outline
from flows.adopt.document import Document, Paragraph
from flows.adopt.likeness import Library
from flows.places import PROJECT, MendableError
from tests.fixtures.deliveries import CATALOGUE

TEXTS = PROJECT / "tests" / "fixtures" / "adopt"
CHAPTERS = {
    "baodi": [(1, "妇女与健康", 10, 0), (1, "儿童与健康", 12, 0)],
    "numbered": [(1, "妇女与决策管理", 10, 0)],
    "dashes": [(1, "妇女与健康", 9, 1)],
    "outline_2011": [(2, "儿童与教育", 8, 2)],
    "table": [(1, "“十四五”时期残疾人事业发展主要指标", 7, 0)],
    "ministry": [(1, "", 3, 0)],
    "action": [(1, "", 1, 0)],
    "beijing": [(1, "", 1, 0)],
    "fuzhou_children": [(1, "", 5, 0)],
    "fuzhou_women": [(1, "", 5, 0)],
}
"""Extract → number, title, goals and actions of each of its domains."""


@cache
def known() -> Library:
    return Library(library(), codes())


def drafted(read: Document) -> tuple[draft.Adopted, ...]:
    found, _ = outline.read(read)
    every = numerals.find(read.plain, tuple(outline.marks(found)))
    return tuple(draft.draft(read, plan, every, known(), i == 0) for i, plan in enumerate(found))


def written(text: str) -> Document:
    return document.compose(
        "试验",
        [
            Paragraph(line, f"第{n}行", tuple(line.split("\t")) if "\t" in line else ())
            for n, line in enumerate(text.splitlines(), 1)
        ],
    )


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_layout_is_read(name: str) -> None:
    plans, _ = outline.read(document.read(TEXTS / f"{name}.txt"))
    chapters = [(c.number, c.title, len(c.goals), len(c.actions)) for plan in plans for c in plan.chapters]
    assert chapters == CHAPTERS[name]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("（一）妇女与健康\n主要目标\n——孕产妇死亡率下降。\n——贫血率下降。", "破折号"),
        ("（一）妇女与健康\n主要目标\n孕产妇死亡率下降。\n贫血率下降。", "条目没有编号"),
        ("（一）妇女与健康\n主要目标\n1.孕产妇死亡率下降。\n3.贫血率下降。", "编号由1跳到3"),
        ("（一）妇女与健康\n1.孕产妇死亡率下降。\n2.贫血率下降。", "没有“主要目标”字样"),
        ("孕产妇死亡率下降到9/10万以下。", "没有领域标题"),
        ("（一）妇女与健康\n主要目标\n1.孕产妇死亡率下降。\n2.贫血率下降。", ""),
    ],
)
def test_what_is_odd_in_a_layout_is_told(text: str, told: str) -> None:
    plans, lines = outline.read(written(text))
    assert [len(c.goals) for p in plans for c in p.chapters] == [1 if told == "没有领域标题" else 2]
    assert (told in "\n".join(lines)) if told else not lines


def test_a_domain_may_be_a_chapter_with_labels_below() -> None:
    text = "一、妇女与健康\n（一）主要目标\n1.孕产妇死亡率下降。\n（二）策略措施\n1.建设医院。\n二、妇女与教育\n（一）主要目标\n1.入学率提高。"
    plans, told = outline.read(written(text))
    assert [(c.number, c.title, len(c.goals), len(c.actions)) for c in plans[0].chapters] == [
        (1, "妇女与健康", 1, 1),
        (2, "妇女与教育", 1, 0),
    ]
    assert told == ()


@pytest.mark.parametrize(("who", "asked"), [("农村妇女", True), ("妇女", False)])
def test_a_part_that_the_indicator_is_not_about_is_asked_about(who: str, asked: bool) -> None:
    text = f"云岭县妇女规划（2026—2030年）\n（一）妇女与健康\n主要目标\n1.{who}常见病筛查率达到80%以上。\n"
    written_out = "\n".join(file for one in drafted(written(text)) for file in one.files.values())
    assert ("part: rural" in written_out) == asked


def test_a_direction_beside_a_number_is_not_lost() -> None:
    goal = "1.孕产妇死亡率下降到8.5/10万以下，城乡差距缩小。\n2.孕产妇系统管理率达到92%以上，健全服务体系。\n"
    [one] = drafted(written(f"云岭县妇女规划（2026—2030年）\n（一）妇女与健康\n主要目标\n{goal}"))
    [asked] = [line for text in one.files.values() for line in text.splitlines() if "没有成为目标值的方向" in line]
    assert "城乡差距缩小" in asked and MARK in asked


def test_numbers_may_run_on_from_domain_to_domain() -> None:
    first = "（一）妇女与健康\n主要目标：\n1．孕产妇死亡率下降。\n2．贫血率下降。\n策略措施：\n1．建设医院。\n"
    plans, told = outline.read(
        written(f"{first}（二）妇女与教育\n主要目标：\n3．入学率提高。\n4．识字率提高。\n策略措施：\n2．建设学校。\n")
    )
    assert [([c.number for c in ch.goals], [c.number for c in ch.actions]) for ch in plans[0].chapters] == [
        ([1, 2], [1]),
        ([3, 4], [2]),
    ]
    assert told == ()


def test_two_plans_are_told_apart_by_their_titles_and_a_count_that_begins_again_is_told() -> None:
    domain = "（一）妇女与健康\n主要目标\n1.孕产妇死亡率下降。\n"
    plans, told = outline.read(written(f"云岭县妇女规划\n{domain}云岭县儿童规划\n{domain}"))
    assert [(p.title, len(p.chapters)) for p in plans] == [("云岭县妇女规划", 1), ("云岭县儿童规划", 1)]
    assert told == ()
    plans, told = outline.read(written(domain * 2))
    assert [c.number for p in plans for c in p.chapters] == [1, 2]
    assert "领域编号重新开始" in "".join(told)


def test_a_table_in_the_text_of_a_pdf_is_a_domain(tmp_path: Path) -> None:
    """PDFs have one blank between the cells of a row; a sentence with a number is no row."""
    lines = [
        "专栏1 主要指标",
        "指标 2025年 2030年 属性",
        "1.孕产妇死亡率（/10万） 10 ＜9 预期性",
        "2.学前一年毛入园率（%） 98 99 预期性",
    ]
    text = "\n".join(
        [*lines, *("到2030年，各项事业与经济社会协调发展，与国家的", "发展远景目标相适应，群众的获得感更强。") * 3]
    )
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    (adopted,) = drafted(document.read(tmp_path / "text.txt"))
    goals = yaml.safe_load(adopted.files["1_indicators.yml"])["goals"]
    targets = [goal["targets"][0] for goal in goals.values()]
    assert [(t["indicator"], t["rule"], t["value"]) for t in targets] == [
        ("maternal_mortality", "below", 9),
        ("preschool_last_year", "at_least", 99),
    ]


def lost(read: Document) -> list[str]:
    """Digits of a document that are neither in a target's draft, nor at a known place, nor told as not understood."""
    counted = [0] * len(read.plain)
    found, _ = outline.read(read)
    for numeral in numerals.find(read.plain, tuple(outline.marks(found))):
        for i in range(numeral.start, numeral.end):
            counted[i] += 1
    return [
        read.plain[max(0, i - 5) : i + 5]
        for i, letter in enumerate(read.plain)
        if letter.isdecimal() and counted[i] != 1
    ]


def told(adopted: draft.Adopted) -> Iterator[str]:
    rows = list(csv.DictReader(io.StringIO(adopted.files["numbers.csv"])))
    text = "\n".join(adopted.files.values())
    assert len(rows) == adopted.counts["numbers"]
    for row in rows:
        yield row["去向"]
        if row["去向"] == "没有读懂":
            words = row["原文"].removeprefix("'")  # before what a spreadsheet would run
            assert any(words in line for line in text.splitlines() if MARK in line)


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_number_of_a_document_is_lost(name: str) -> None:
    read = document.read(TEXTS / f"{name}.txt")
    assert lost(read) == []
    digits = len(re.findall(r"\d+", read.plain))
    rows = [place for adopted in drafted(read) for place in told(adopted)]
    assert 0 < len(rows) <= digits
    assert {place[:2] for place in rows} <= {"目标", "策略", "不是", "没有"}


PHRASES = st.sampled_from(
    ["率达到", "比例不低于", "控制在", "、", "和", "，", "。", "以上", "以下", "%", "‰", "/10万", "个百分点", "岁以下儿童", "年", "月", "日",
     "每所学校至少配备", "名", "比2020年下降", "从", "提高到", "到", "至", "均设", "\n", "（", "）", "——", "第", "号", "〔2021〕", " ", "５", "．", "1.", "百分之", "主要目标：\n"]
)  # fmt: skip
NUMBERS = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,2})?", fullmatch=True)


STRUCTURE = st.sampled_from(
    ["（一）", "一、", "主要目标：", "策略措施", "\n", "2．", "3、", "--", "一是", "专栏1", "指标", "云岭县儿童规划", "2025年", "＞7.5", "0,5", "[1]"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@example("（一）妇女与健康\n主要目标：\n1．", ["率达到", "0", "，", "000"])
@example("（一）妇女与健康\n主要目标：\n1．", ["率达到", "1,000", "，", "000人以上"])
@example("（一）妇女与健康\n主要目标：\n1．", ["（一）主要目标：", "一是"])
@example("", ["主要目标：", "\n", "学校", "1.", "\n", "2025年", "0.5", "到", "1"])
@given(
    st.sampled_from(["（一）妇女与健康\n主要目标：\n1．", ""]),
    st.lists(
        st.one_of(PHRASES, NUMBERS, STRUCTURE, st.sampled_from(["孕产妇死亡", "妇女", "入学", "学校"])), max_size=40
    ),
)
def test_no_number_of_any_text_is_lost(begin: str, parts: list[str]) -> None:
    read = written(begin + "".join(parts))
    assert lost(read) == []
    for adopted in drafted(read):
        assert list(told(adopted)) or not re.search(r"\d", read.plain)
        if "没有读出主要目标" not in "".join(adopted.files.values()):
            hold(adopted)


def hold(adopted: draft.Adopted) -> None:
    """A draft is valid but for what a person must choose."""
    for path, text in adopted.files.items():
        if path.endswith(".yml"):
            source = Source(PROJECT / path, PROJECT, text.encode())
            assert source.read(PlanHead if path == "plan.yml" else Domain, source.data)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_draft_is_a_file_of_the_catalogue_but_for_its_marks(name: str) -> None:
    for adopted in drafted(document.read(TEXTS / f"{name}.txt")):
        hold(adopted)


def test_goals_that_are_numbered_anew_keep_all_their_words() -> None:
    """Two lists of goals in one domain: the second is numbered on, and the reader is told. One list is numbered as the plan is."""
    read = written("（一）妇女与健康\n主要目标：\n1．降低孕产妇死亡率。\n2．提高筛查率。\n具体目标：\n1．提高签约率。")
    (plan,), odd = outline.read(read)
    (chapter,) = plan.chapters
    assert [read.plain[c.start : c.end].strip() for c in chapter.goals] == [
        "降低孕产妇死亡率。",
        "提高筛查率。",
        "提高签约率。",
    ]
    assert [c.number for c in chapter.goals] == [1, 2, 3]
    assert odd == ("第6行：同一领域的编号重新开始，原文编号1的条目按先后编为3",)
    (single,), odd = outline.read(written("（一）妇女与健康\n主要目标：\n1．降低孕产妇死亡率。\n2．提高筛查率。"))
    assert [c.number for c in single.chapters[0].goals] == [1, 2] and odd == ()


LISTS: list[tuple[str, list[list[str]], list[int], list[str]]] = [
    ("dashes twice", [["——", "——"], ["——", "——"]], [1, 2, 3, 4], ["破折号", "没有编号，接前文从3起编号"]),
    ("no numbers twice", [["", ""], ["", ""]], [1, 2, 3, 4], ["条目没有编号", "没有编号，接前文从3起编号"]),
    ("numbers that go on", [["1．", "2．", "3．", "4．"], ["5．", "6．", "7．"]], [1, 2, 3, 4, 5, 6, 7], []),
    ("… and leave one out", [["1．", "2．", "3．", "4．"], ["6．"]], [1, 2, 3, 4, 6], ["编号由4跳到6"]),
    ("numbers, then dashes", [["1．"], ["——", "——"]], [1, 2, 3], ["没有编号，接前文从2起编号"]),
    ("numbers, then none", [["1．"], ["", ""]], [1, 2, 3], ["没有编号，接前文从2起编号"]),
    ("no numbers, then some", [["", ""], ["1．"]], [1, 2, 3], ["条目没有编号", "原文编号1的条目按先后编为3"]),
    ("a number too high to go on", [["1．"], ["9．", "10．"]], [1, 2, 3], ["没有编号，接前文从2起编号"]),
    ("on, then anew", [["1．", "2．"], ["3．", "4．"], ["1．"]], [1, 2, 3, 4, 5], ["原文编号1的条目按先后编为5"]),
    ("dashes, then a number that is taken", [["——", "——"], ["2．"]], [1, 2, 3], ["破折号", "原文编号2的条目按先后编为3"]),
    ("a list that begins late", [["3．", "4．"]], [3, 4], ["编号从3开始"]),
    ("one list", [["1．", "2．"]], [1, 2], []),
]  # fmt: skip
"""Lists of goals in one domain, by what stands before each of their items → the goals' numbers, and what is told."""


def of_lists(lists: list[list[str]]) -> str:
    """A domain with measures between its lists of goals; each goal has its own words."""
    words = (
        f"妇女工作第{'甲乙丙丁戊己庚辛壬癸'[n // 10]}{'甲乙丙丁戊己庚辛壬癸'[n % 10]}项率提高。" for n in range(100)
    )
    blocks = ("".join(f"{mark}{next(words)}\n" for mark in marks) for marks in lists)
    return "（一）妇女与健康\n主要目标：\n" + "策略措施：\n1．加强服务。\n主要目标：\n".join(blocks)


@pytest.mark.parametrize(("lists", "numbers", "told"), [one[1:] for one in LISTS], ids=[one[0] for one in LISTS])
def test_further_lists_of_a_domain_are_read(lists: list[list[str]], numbers: list[int], told: list[str]) -> None:
    (plan,), odd = outline.read(written(of_lists(lists)))
    assert [goal.number for goal in plan.chapters[0].goals] == numbers
    odd = tuple(line for line in odd if "原文编号1的条目按先后编为2" not in line)  # of measures
    assert len(odd) == len(told) and all(words in line for words, line in zip(told, odd, strict=True)), odd


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["——", "", "．"]), st.integers(1, 12), st.integers(1, 4)), min_size=1, max_size=5
    )
)
def test_no_goal_of_any_lists_is_lost(kinds: list[tuple[str, int, int]]) -> None:
    lists = [[f"{first + n}．" if kind == "．" else kind for n in range(many)] for kind, first, many in kinds]
    read = written(of_lists(lists))
    (plan,), _ = outline.read(read)
    goals = plan.chapters[0].goals
    words = [re.sub(r"^\d+[.]", "", read.plain[goal.start : goal.end].strip()) for goal in goals]
    assert words == re.findall("妇女工作第.*", read.plain)
    assert [goal.number for goal in goals] == sorted({goal.number for goal in goals})
    assert lost(read) == []


READ = {
    "孕产妇死亡率控制在8.5/10万以下": ("maternal_mortality", "at_most", "8.5"),
    "孕产妇系统管理率达到90％以上": ("maternal_management", "at_least", "90"),
    "孕产妇系统管理率达到百分之九十以上": ("maternal_management", "at_least", "90"),
    "孕产妇系统管理率从85%提高到90%": ("maternal_management", "at_least", "90"),
    "3岁以下儿童系统管理率高于90%": ("under3_management", "above", "90"),
    "儿童意外伤害死亡率以2020年数据为基数下降20%": ("injury_mortality", "baseline_change", "-20"),
    "儿童青少年总体近视率在上一年度基础上每年降低1个百分点以上": ("myopia", "yearly_change", "-1"),
    "儿童青少年总体近视率每年降低0.5到1个百分点": ("myopia", "yearly_change", "-0.5"),
    "学生每天户外活动时间不少于1小时": ("outdoor_time", "at_least", "1"),
}
"""A phrase → indicator, rule, value."""


@pytest.mark.parametrize("phrase", READ)
def test_a_phrase_is_read(phrase: str) -> None:
    (adopted,) = drafted(written(f"（一）妇女与健康\n主要目标\n1．{phrase}。"))
    (target,) = yaml.safe_load(adopted.files["1_health.yml"])["goals"][1]["targets"]
    assert (target["indicator"], target["rule"], str(target["value"])) == READ[phrase]


@pytest.mark.parametrize(
    ("phrase", "title"),
    [
        ("孕产妇死亡率较2020年下降20%", "控制孕产妇死亡率"),
        ("产前筛查率较2020年提高20%", "提高产前筛查率"),
        ("儿童青少年总体近视率每年降低1个百分点以上", "控制儿童青少年总体近视率"),
        ("孕产妇死亡率控制在8.5/10万以下", "控制孕产妇死亡率"),
        ("孕产妇系统管理率达到90%以上", "提高孕产妇系统管理率"),
        ("2025年孕产妇死亡率上升", "孕产妇死亡率"),  # hardly what the plan means: no verb is said
        ("比2020年，居民健康素养水平性别差距缩小", "居民健康素养水平"),  # neither more of it is wanted, nor less
    ],
)
def test_the_title_of_a_goal_with_a_number_says_which_way_the_plan_goes(phrase: str, title: str) -> None:
    (adopted,) = drafted(written(f"（一）妇女与健康\n主要目标\n1．{phrase}。"))
    goal = yaml.safe_load(adopted.files["1_health.yml"])["goals"][1]
    assert goal["title"] == title, goal


NO_RULE = ("evidence", None, None)
STOPPED = {
    "5岁以下儿童死亡率与2020年相比不上升": ("hold", None, "不上升"),
    "孕产妇死亡率不再上升": ("hold", None, "不再上升"),
    "孕产妇死亡率上升": ("increase", None, "上升"),  # as it stands there
    "防止孕产妇死亡率上升": ("hold", None, "防止上升"),
    "孕产妇系统管理率与2020年相比不下降": ("hold", None, "不下降"),
    "孕产妇系统管理率不降低": ("hold", None, "不降低"),
    "孕产妇系统管理率不断提高": ("increase", None, "不断提高"),
    "避免孕产妇系统管理率下降": ("hold", None, "避免下降"),
    "遏制孕产妇系统管理率下降的趋势": ("hold", None, "遏制下降趋势"),
    "孕产妇系统管理率不再上升": NO_RULE,  # `hold` lets it rise
    "儿童青少年总体近视率2025年前不再增加": ("hold", None, "不再增加"),
    "遏制儿童青少年总体近视率2020年以来上升的势头": ("slow_increase", None, "遏制上升势头"),
    "减缓儿童青少年总体近视率上升": ("slow_increase", None, "减缓上升"),
    "减缓孕产妇系统管理率下降": NO_RULE,
    "扭转儿童青少年总体近视率上升趋势": ("decrease", None, "扭转上升趋势"),
    "扭转孕产妇系统管理率下降趋势": ("increase", None, "扭转下降趋势"),
    "居民健康素养水平性别差距不再扩大": NO_RULE,
    "居民健康素养水平性别差距逐步缩小": ("narrow_gap", None, "逐步缩小"),
}
"""A phrase → rule, value and words of its target."""


@pytest.mark.parametrize("phrase", STOPPED)
def test_a_way_that_must_not_be_gone_is_not_what_the_plan_asks(phrase: str) -> None:
    (adopted,) = drafted(written(f"（一）妇女与健康\n主要目标\n1．{phrase}。"))
    goal = yaml.safe_load(adopted.files["1_health.yml"])["goals"][1]
    (target,) = goal["targets"]
    assert (target["rule"], target.get("value"), target.get("words")) == STOPPED[phrase]
    assert target.get("tolerance") == (0 if target["rule"] == "hold" else None)
    assert not re.search(r"\d", phrase) or not goal["title"].startswith(("提高", "增加"))


CHANGED = {
    "2025年5岁以下儿童死亡率下降幅度不低于20%": ("baseline_change", -20),
    "5岁以下儿童死亡率较2020年降幅达到20%以上": ("baseline_change", -20),
    "5岁以下儿童死亡率下降不低于20%": ("baseline_change", -20),
    "孕产妇系统管理率提高幅度不低于5%": ("baseline_change", 5),
    "孕产妇系统管理率增幅超过5%": ("baseline_change", 5),
    "孕产妇死亡率下降幅度达20%左右": ("baseline_change", -20),
    "女性职业技能提升比例达到50%": ("at_least", 50),  # may be a share of women
    "儿童青少年总体近视率每年降幅不低于1个百分点": ("yearly_change", -1),
    "儿童青少年总体近视率增幅控制在5%以内": NO_RULE[:2],  # the most that it may change
    "孕产妇系统管理率逐步提高达到95%": ("at_least", 95),
    "孕产妇系统管理率不低于95%": ("at_least", 95),
    "儿童青少年总体近视率下降到50%以下": ("at_most", 50),
}
"""A phrase → rule and value of its target."""


@pytest.mark.parametrize("phrase", CHANGED)
def test_how_much_something_is_to_change_is_no_level(phrase: str) -> None:
    (adopted,) = drafted(written(f"（一）妇女与健康\n主要目标\n1．{phrase}。"))
    (target,) = yaml.safe_load(adopted.files["1_health.yml"])["goals"][1]["targets"]
    assert (target["rule"], target.get("value")) == CHANGED[phrase]


@pytest.mark.parametrize(
    ("phrase", "title", "targets"),
    [
        ("公务员中女性比例保持在40%—60%", "公务员中女性比例", ["indicator: civil_servants_women, rule: balance, band: [40, 60]}"]),
        ("公务员中女性比例保持在60%—40%", "公务员中女性比例", ["indicator: civil_servants_women, rule: balance, band: [40, 60]}"]),
        ("孕产妇系统管理率达到90%—85%", "提高孕产妇系统管理率", ["indicator: maternal_management, rule: at_least, value: 85, note: 文中是“90%—85%”，取其中较低的要求}"]),
        ("孕产妇死亡率比2020年下降5%—10%", "控制孕产妇死亡率", ["indicator: maternal_mortality, rule: baseline_change, value: -5, note: 文中是“5%—10%”，取其中较低的要求}"]),
        ("公务员中女性比例稳定在40到60%", "公务员中女性比例", ["indicator: civil_servants_women, rule: balance, band: [40, 60]}"]),
        ("公务员中女性比例保持在40%以上", "提高公务员中女性比例", ["indicator: civil_servants_women, rule: at_least, value: 40, words: 保持在}"]),
        ("孕产妇系统管理率达到85%—90%", "提高孕产妇系统管理率", ["indicator: maternal_management, rule: at_least, value: 85, note: 文中是“85%—90%”，取其中较低的要求}"]),
        ("孕产妇死亡率控制在8/10万—9/10万", "控制孕产妇死亡率", ["indicator: maternal_mortality, rule: at_most, value: 9, words: 控制在, note: 文中是“8/10万—9/10万”，取其中较低的要求}"]),
        ("孕产妇系统管理率、产前筛查率达到85%、90%", "提高孕产妇系统管理率", ["indicator: maternal_management, rule: at_least, value: 85}", "indicator: prenatal_screening, rule: at_least, value: 90}"]),
    ],
)  # fmt: skip
def test_of_a_range_both_ends_are_one_target(phrase: str, title: str, targets: list[str]) -> None:
    (adopted,) = drafted(written(f"（一）妇女与健康\n主要目标\n1．{phrase}。"))
    text = adopted.files["1_health.yml"]
    assert yaml.safe_load(text)["goals"][1]["title"] == title
    assert [line.partition("{")[2].partition(f"  {MARK}")[0] for line in text.splitlines() if "- {" in line] == targets
    assert adopted.unread == () and "没有读懂的数字" not in text


@pytest.mark.parametrize(
    ("phrase", "rules", "unread"),
    [
        ("男女受教育差距比2020年缩小20%", ["evidence"], True),
        ("孕产妇死亡率城乡差距控制在5%以内", ["evidence"], True),
        ("孕产妇死亡率城乡差距缩小到2个百分点以内", ["evidence"], True),
        ("孕产妇死亡率城乡差距缩小", ["narrow_gap"], False),
        ("城乡差距缩小，孕产妇系统管理率达到90%", ["at_least"], False),
        ("义务教育校际差异系数控制在0.5%以内", ["at_most"], False),
        ("孕产妇平均住院时间比2020年缩短20%", ["baseline_change"], False),
    ],
)
def test_a_number_of_a_distance_is_not_taken_for_the_indicators_own(
    phrase: str, rules: list[str], unread: bool
) -> None:
    (adopted,) = drafted(written(f"（一）妇女与健康\n主要目标\n1．{phrase}。"))
    text = adopted.files["1_health.yml"]
    goal = yaml.safe_load(text)["goals"][1]
    assert [target["rule"] for target in goal["targets"]] == rules
    assert ("没有读懂的数字" in text, bool(adopted.unread)) == (unread, unread)


@pytest.mark.parametrize(
    ("phrase", "rule", "told"),
    [
        ("住院分娩率各机构均达到98%以上", "every_place_at_least", "文中是“机构”"),
        ("各医疗机构住院分娩率均达到98%以上", "every_place_at_least", "文中是“医疗机构”"),
        ("各乡镇（街道）住院分娩率均不低于98%", "every_place_at_least", "文中是“乡镇(街道)”"),
        ("各医疗机构剖宫产率均控制在45%以下", "at_most", "规划要求“各医疗机构均”做到"),
        ("各级医疗机构住院分娩率均达到98%以上", "at_least", ""),  # every level, all of them together
        ("各医疗机构住院分娩率达到98%以上", "at_least", ""),  # not said of each
        ("各地区之间住院分娩率均达到98%以上", "at_least", ""),
        ("住院分娩率达到98%以上", "at_least", ""),
    ],
)
def test_what_each_place_is_to_reach_is_not_the_districts_own_figure(phrase: str, rule: str, told: str) -> None:
    (adopted,) = drafted(written(f"（一）妇女与健康\n主要目标\n1．{phrase}。"))
    text = adopted.files["1_health.yml"]
    (target,) = yaml.safe_load(text)["goals"][1]["targets"]
    indicator = "caesarean_rate" if "剖宫产" in phrase else "hospital_delivery"
    assert (target["indicator"], target["rule"], target.get("each")) == (
        indicator,
        rule,
        "area" if rule == "every_place_at_least" else None,
    )
    assert told in text and (bool(told) or not ("文中是“" in text or "逐个评价" in text))


@pytest.mark.parametrize(
    ("phrase", "between"),
    [("孕产妇死亡率城乡差距缩小", "residence"), ("居民健康素养水平性别差距缩小", None)],
)
def test_a_distance_between_city_and_country_is_not_taken_for_one_between_women_and_men(
    phrase: str, between: str | None
) -> None:
    (adopted,) = drafted(written(f"（一）妇女与健康\n主要目标\n1．{phrase}。"))
    text = adopted.files["1_health.yml"]
    (target,) = yaml.safe_load(text)["goals"][1]["targets"]
    assert (target["rule"], target.get("between")) == ("narrow_gap", between)
    assert ("比较男女的请删去 between" in text) == (between is not None)


@pytest.mark.parametrize(
    ("title", "told"),
    [("云岭县妇女发展规划", "县级乡镇（街道）"), ("宝坻区妇女发展规划", "区级街镇"), ("妇女发展规划", "区级街镇")],
)
def test_a_shared_name_is_told_as_the_district_of_the_plan_calls_things(title: str, told: str) -> None:
    shared = library()["hospital_delivery"].model_copy(update={"name": "{level}级{areas}住院分娩率"})
    assert Library({"own": shared}, codes(), title).nearest("住院分娩率")[0].name == f"{told}住院分娩率"


def test_a_number_in_another_unit_is_converted_and_said() -> None:
    (adopted,) = drafted(written("指标名称\t2025年\n城乡残疾人职业技能培训人数（万人）\t4\n孕产妇死亡率（‰）\t0.12"))
    goals = yaml.safe_load(adopted.files["1_indicators.yml"])["goals"]
    assert [goal["targets"][0]["value"] for goal in goals.values()] == [40000, 12]
    assert "文中是4万人，已换算" in adopted.files["1_indicators.yml"]


def test_a_number_without_a_rule_is_told_and_not_guessed() -> None:
    (adopted,) = drafted(written("（一）妇女与健康\n主要目标\n1．孕产妇系统管理率提高3个百分点。"))
    assert adopted.unread == ("第3行：孕产妇系统管理率提高3个百分点",)
    assert "没有读懂的数字：孕产妇系统管理率提高3个百分点" in adopted.files["1_health.yml"]


def test_a_draft_is_refused_while_its_marks_stand(tmp_path: Path) -> None:
    """Each mark is named with its line; without marks the same catalogue is read."""
    import shutil

    shutil.copytree(CATALOGUE, tmp_path / "expectations")
    path = tmp_path / "expectations" / "plans" / "demo_women_2021" / "plan.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\n", f"  {MARK} 基期年份\n", 1), encoding="utf-8")
    with pytest.raises(CatalogError, match=r"plan\.yml 第1行：草稿尚未确认（基期年份）"):
        load("990201", tmp_path / "expectations")
    path.write_text(text, encoding="utf-8")
    assert load("990201", tmp_path / "expectations").plans


def test_a_draft_is_written_once(tmp_path: Path) -> None:
    source = TEXTS / "numbered.txt"
    lines = list(adopt(source, tmp_path, "town_2011", PROJECT / "expectations"))
    assert "没有读懂的0个" in "\n".join(lines)
    assert sorted(p.name for p in (tmp_path / "town_2011").iterdir()) == ["1_decision.yml", "numbers.csv", "plan.yml"]
    with pytest.raises(MendableError, match="已经有了，没有改动"):
        list(adopt(source, tmp_path, "town_2011", PROJECT / "expectations"))


def test_of_two_plans_both_are_written_or_none(tmp_path: Path) -> None:
    (tmp_path / "town_2").mkdir()
    with pytest.raises(MendableError, match="town_2 已经有了"):
        list(adopt(TEXTS / "baodi.txt", tmp_path, "town", PROJECT / "expectations"))
    assert [p.name for p in tmp_path.iterdir()] == ["town_2"]
    list(adopt(TEXTS / "baodi.txt", tmp_path, "village", PROJECT / "expectations"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["town_2", "village_1", "village_2"]


def test_a_measure_keeps_the_documents_words(tmp_path: Path) -> None:
    """A report quotes the sentence that fits a target."""
    (tmp_path / "plan.txt").write_text(
        "（一）健康\n主要目标\n1．孕产妇死亡率控制在9/10万以下。\n策略措施\n1．保障分娩安全。落实：“筛查评估”等制度。",
        encoding="utf-8",
    )
    (adopted,) = drafted(document.read(tmp_path / "plan.txt"))
    action = yaml.safe_load(adopted.files["1_health.yml"])["actions"][1]
    assert action["text"] == "保障分娩安全。落实：“筛查评估”等制度。"


def test_letters_that_nobody_sees_and_signs_of_formulas_harm_no_draft(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text(
        "（一）健康\n主要目标\n1．孕产妇死亡率\u200b\x07控制在9/10万以下\u2028。\n2．=1+1是2。", encoding="utf-8"
    )
    (adopted,) = drafted(document.read(tmp_path / "plan.txt"))
    assert yaml.safe_load(adopted.files["1_health.yml"])["goals"][1]["targets"][0]["value"] == 9
    rows = list(csv.DictReader(io.StringIO(adopted.files["numbers.csv"])))
    assert [row["原文"] for row in rows if row["去向"] == "没有读懂"] == ["'=1+1是2"]


def test_a_document_of_word_is_read_with_its_own_numbers_and_tables(tmp_path: Path) -> None:
    made = docx.Document()
    made.add_paragraph("（一）妇女与健康")
    made.add_paragraph("主要目标：")
    made.add_paragraph("孕产妇死亡率控制在9/10万以下。", style="List Number")
    made.add_paragraph("孕产妇系统管理率达到90%以上。", style="List Number")
    table = made.add_table(rows=2, cols=3)
    for row, cells in zip(table.rows, (("指标名称", "2020年", "2025年"), ("婴儿死亡率（‰）", "5", "4.5")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    made.save(str(tmp_path / "plan.docx"))
    read = document.read(tmp_path / "plan.docx")
    assert [p.text for p in read.paragraphs][2:4] == [
        "1.孕产妇死亡率控制在9/10万以下。",
        "2.孕产妇系统管理率达到90%以上。",
    ]
    (adopted,) = drafted(read)
    goals = yaml.safe_load(adopted.files["1_health.yml"])["goals"]
    assert [g["targets"][0]["value"] for g in goals.values()] == [9, 90]
    (row,) = yaml.safe_load(adopted.files["2_indicators.yml"])["goals"].values()
    assert row["targets"] == [{"indicator": "infant_mortality", "rule": "at_most", "value": 4.5}]


def page(path: Path, words: str) -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        pdf.pages[0].Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        pdf.pages[0].Contents = pdf.make_stream(words.encode())
        pdf.save(path)


def test_the_text_of_a_pdf_is_read_and_a_scan_is_told(tmp_path: Path) -> None:
    page(tmp_path / "text.pdf", "BT /F1 12 Tf 72 720 Td (1.rate 95%) Tj 0 -40 Td (- 3 -) Tj ET")
    assert [(p.text, p.place) for p in document.read(tmp_path / "text.pdf").paragraphs] == [("1.rate 95%", "第1页")]
    page(tmp_path / "scan.pdf", "")
    with pytest.raises(MendableError, match="扫描件"):
        document.read(tmp_path / "scan.pdf")


def test_a_text_in_the_encoding_of_an_older_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_bytes((TEXTS / "numbered.txt").read_text(encoding="utf-8").encode("gb18030"))
    assert document.read(tmp_path / "plan.txt").text == document.read(TEXTS / "numbered.txt").text


def test_a_document_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docx.Document().save(str(tmp_path / "plan.docx"))
    assert document.read(tmp_path / "plan.docx").text == ""
    monkeypatch.setattr(document.limits, "UNPACKED", 1000)
    with pytest.raises(MendableError, match="展开后超过"):
        document.read(tmp_path / "plan.docx")


@pytest.mark.parametrize(("entity", "told"), [("&a11;", "已损坏"), ("&file;", "")])
def test_entities_of_a_document_neither_grow_nor_bring_files(tmp_path: Path, entity: str, told: str) -> None:
    made = docx.Document()
    made.add_paragraph("（一）妇女与健康HERE")
    made.save(str(tmp_path / "made.docx"))
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    grown = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    types = f'<!DOCTYPE r [{grown}<!ENTITY file SYSTEM "file://{tmp_path}/secret">]>'
    with ZipFile(tmp_path / "made.docx") as source, ZipFile(tmp_path / "plan.docx", "w") as changed:
        for part in source.infolist():
            text = source.read(part)
            if part.filename == "word/document.xml":
                text = text.replace(b"?>", f"?>{types}".encode(), 1).replace(b"HERE", entity.encode())
            changed.writestr(part, text)
    if told:
        with pytest.raises(MendableError, match=told):
            document.read(tmp_path / "plan.docx")
    else:
        assert document.read(tmp_path / "plan.docx").text == "（一）妇女与健康"


def test_what_is_no_text_is_refused_with_its_cure(tmp_path: Path) -> None:
    (tmp_path / "old.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    (tmp_path / "zip.docx").write_bytes(b"PK\x03\x04 no package")
    for name in ("old.doc", "zip.docx", "none.txt"):
        with pytest.raises(MendableError, match=r"另存为|没有这个文件"):
            document.read(tmp_path / name)

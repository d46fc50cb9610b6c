"""What the papers of a district with hardly anything in it print: one target, evidence alone, a year of which nothing came, a
department that only owes a form. Each sentence stands only where what it speaks of exists.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.answer import feedback
from flows.letters import letter_of
from flows.report.facts import Facts, wanted
from flows.report.facts.wanted import WantedYear
from flows.report.kinds import KINDS
from flows.report.kinds.report import pieces
from tests.fixtures.hamlet import HEALTH, SATISFIED, SCREENING, WORK_PLAN, composed, facts, papers, screened, told
from tests.fixtures.printed import text

pytestmark = pytest.mark.usefixtures("shelf")

BEFORE = {2022: screened(2022, 50)}
SHEET, LEDGER = f"{HEALTH}-核查反馈单-2023.xlsx", f"{HEALTH}-整改台账-2023.xlsx"
COLUMN, ASKED_FOR = "“部门答复”列", "请于2024年7月30日前向云岭县统计局补报《宫颈癌筛查情况表》。"
FAULTY = {"screen": "年份,应筛查人数,筛查人数\n2023,1000,6O0\n"}


def _satisfied(year: int, value: str) -> dict[str, str]:
    return {"ready": f"年份,满意率\n{year},{value}\n"}


# --- what a department is asked to do ---


@pytest.mark.parametrize(
    ("sent", "named", "asked"),
    [
        ({}, set(), f"\n{ASKED_FOR}本年度数据已于"),  # it owes a form, and nothing else
        (FAULTY, {SHEET}, "\n一、请于2024年7月30日前改正不能使用的数据，重新报送有关报表。"),
        (screened(2023, 51), {LEDGER}, "\n一、本年对你单位牵头的目标发出预警1项"),
        (screened(2023, 60), {LEDGER}, "\n一、本年对你单位牵头的目标发出预警1项"),
    ],
    ids=["owes", "faulty", "behind", "swung"],
)
def test_a_department_is_sent_to_workbooks_that_are_there(
    sent: dict[str, str], named: set[str], asked: str, tmp_path: Path
) -> None:
    with facts(tmp_path / "home", {**BEFORE, 2023: sent}, SCREENING) as known:
        written = feedback.write(known.con, known.catalog, 2023, tmp_path / "home" / "raw", tmp_path / "feedback")
    sheet = papers(tmp_path, {**BEFORE, 2023: sent}, SCREENING)["departments"]
    assert asked in sheet
    assert {name for name in (SHEET, LEDGER) if name in sheet} == named
    assert {path.name for path in written} == named - {LEDGER}
    assert ("答复以工作簿为准" in sheet) == ("没有收到工作簿的" in sheet) == bool(named)
    assert (COLUMN in sheet) == (SHEET in named)


ROAD = f"答复填在工作簿“{SHEET}”的“部门答复”列，填好后整份报云岭县统计局；"


@pytest.mark.parametrize(
    ("sent", "warned", "road"),
    [
        (FAULTY, False, f"{ROAD}文件名可以改，“编号”列和表头不改。数据有误的，重新报送有关报表。"),
        (FAULTY, True, f"{ROAD}文件名可以改，“编号”列和表头不改。数据有误的，重新报送有关报表。预警事项的原因和措施填在《整改台账》，不填在本表。"),
        ({}, False, "本单没有需要答复的问题，不用报回。"),
        (screened(2023, 60), False, "本单没有需要答复的问题，不用报回。"),
    ],
)  # fmt: skip
def test_a_feedback_sheet_says_how_it_comes_back(sent: dict[str, str], warned: bool, road: str, tmp_path: Path) -> None:
    with facts(tmp_path, {**BEFORE, 2023: sent}, SCREENING) as known:
        assert letter_of(known.con, known.catalog, 2023, "health", warned=warned).road == road


# --- what is not there, and what that blocks ---

NO_SCREENING = "县卫生健康局《宫颈癌筛查情况表》未报送，相关指标本年缺少全部或部分评价依据"
NO_STATEMENT = "县卫生健康局《目标进展情况表》未报送，相关定性目标没有进展说明"
SENT_BACK = "县卫生健康局《目标进展情况表》退回，相关定性目标缺少可以采用的进展说明"
OTHER = {"progress": told(2023, "推进中")["progress"] + "2023,妇女规划,目标9.9,推进中,已经起草方案,方案草稿\n"}
OTHER_ALONE = {"progress": OTHER["progress"].replace("目标1.2", "目标9.8")}
IN_PART = "县卫生健康局《目标进展情况表》部分采用"


@pytest.mark.parametrize(
    ("sent", "told_of"),
    [
        ({}, f"{NO_SCREENING}；{NO_STATEMENT}"),
        (screened(2023, 60), NO_STATEMENT),
        (screened(2023, 60) | told(2023, "正在研究"), SENT_BACK),
        (screened(2023, 60) | OTHER, IN_PART),  # its one statement is there
        (screened(2023, 60) | OTHER_ALONE, SENT_BACK),  # no row of it can be used
        (OTHER, f"{NO_SCREENING}；{IN_PART}"),
        (told(2023, "推进中"), NO_SCREENING),
        (screened(2023, 60) | told(2023, "推进中"), "应报报表均已收到并采用"),
    ],
    ids=["both", "statement", "sent back", "a row", "other rows", "figure and a row", "figure", "none"],
)
def test_each_form_that_is_lacking_blocks_what_it_would_have_told(
    sent: dict[str, str], told_of: str, tmp_path: Path
) -> None:
    report = papers(tmp_path, {**BEFORE, 2023: sent}, SCREENING, WORK_PLAN)["report"]
    assert f"\n数据：{told_of}。数据截至2024年6月30日。\n" in report


# --- evidence alone ---

NO_FIGURES = "规划没有定量目标，"


@pytest.mark.parametrize(
    ("stage", "warned", "row"),
    [
        ("推进中", "只对未启动的定性目标预警，本年0项。", "妇女与健康\t1\t0\t1\t0\n"),
        ("未启动", "只对未启动的定性目标预警，本年1项。", "妇女与健康\t1\t0\t0\t1\n"),
        ("", "定性目标没有作出评价，不作预警。", "妇女与健康\t1\t0\t0\t0\t1\n"),
    ],
)
def test_a_plan_of_evidence_alone_is_not_told_as_if_figures_were_lacking(
    stage: str, warned: str, row: str, tmp_path: Path
) -> None:
    report = papers(tmp_path, {2023: told(2023, stage) if stage else {}}, WORK_PLAN)["report"]
    assert f"\n预警：{NO_FIGURES}{warned}" in report
    assert f"、预警指标\n{NO_FIGURES}{warned}\n" in report
    assert (
        f"表1　2023年各领域定性目标进展\n单位：项\n领域\t定性目标\t已落实\t推进中\t未启动{'' if stage else '	无法判断'}\n妇女规划\n{row}"
        in report
    )
    assert not re.search(
        "可与上年比较|可按性别|分性别|两性|达标概率|方向性目标|占可评价|数值型目标|评价的定量目标", report
    )


def test_what_stands_beside_evidence_has_its_columns(tmp_path: Path) -> None:
    """The neighbour: with a target with a figure all is told; without evidence its column is not there."""
    before = "领域\t定量目标\t可评价\t已达标\t预期可达\t未达进度\t无法判断\t占可评价\t占全部下限\t占全部上限"
    for public in (False, True):
        sent = {2022: screened(2022, 50), 2023: screened(2023, 60) | told(2023, "推进中")}
        both = papers(tmp_path / f"both{public}", sent, SCREENING, WORK_PLAN, public=public)["report"]
        alone = papers(tmp_path / f"alone{public}", {**BEFORE, 2023: screened(2023, 60)}, SCREENING, public=public)[
            "report"
        ]
        assert f"{before}\t定性目标\n" in both and f"{before}\n" in alone


# --- methods ---


@pytest.mark.parametrize(
    ("years", "basis"),
    [
        ((2023,), "（二）评价依据。本年未对任何目标作出结论，没有用到评价方法。"),
        ((2022, 2023), "（二）评价依据。每项目标的结论由一种方法得出，"),
    ],
)
def test_methods_tell_only_of_what_is_there(years: tuple[int, ...], basis: str, tmp_path: Path) -> None:
    report = papers(tmp_path, {year: screened(year, 10 * (year - 2017)) for year in years}, SCREENING)["report"]
    methods = report.rpartition("评价方法\n")[2]
    assert basis in methods
    assert "见第二项" not in methods  # no verdict comes of a probability
    assert not re.search("女|两性|分性别", methods)
    assert "三、分性别分析\n规划所用指标没有分别列出女性和男性数值的，不作分性别分析。\n" in report


STATEMENTS = "定性目标.*?进展说明为准"
RARE, SILENCE = "“小概率事件指标”表", "没有进展的情形|无法判断的情形"


@pytest.mark.parametrize("kind", ["annual", "midterm", "final"])
@pytest.mark.parametrize(
    ("goals", "stage", "told_of"),
    [
        ((SCREENING,), "", set()),
        ((SCREENING, WORK_PLAN), "推进中", {STATEMENTS}),
        ((WORK_PLAN,), "推进中", {STATEMENTS}),
        ((WORK_PLAN,), "", {STATEMENTS, SILENCE}),
    ],
    ids=["figure", "both", "statement", "silence"],
)
def test_methods_of_every_kind_tell_only_of_what_is_there(
    kind: str, goals: tuple[str, ...], stage: str, told_of: set[str], tmp_path: Path
) -> None:
    """No event is rare here; an annual report says with its table of methods what statements decide."""
    last = {"annual": 2023, "midterm": 2025, "final": LAST}[kind]
    sent = {
        year: {
            **(screened(year, 7 * (year - 2015)) if SCREENING in goals else {}),
            **(told(year, stage) if stage else {}),
        }
        for year in range(2022, last + 1)
    }
    report = papers(tmp_path, sent, *goals, kind=kind)["report"]
    methods = re.split("\n（一）(?=取值|评价|定性目标)", report)[-1]
    found = {one for one in (STATEMENTS, RARE, SILENCE) if re.search(one, methods)}
    assert found == (told_of - {STATEMENTS} if kind == "annual" else told_of)


# --- what is asked for, where nothing can be judged ---

NOTHING = "本年没有作出评价的定量目标，本章不作分析。"


@pytest.mark.parametrize(
    ("sent", "public", "advice"),
    [
        ({2023: screened(2023, 60)}, False, "由县卫生健康局补齐宫颈癌筛查率评价所缺的2022年数据。"),
        ({2023: screened(2023, 60)}, True, "不能评价的目标，先补齐评价所缺的2022年数据。"),
        ({**BEFORE, 2023: {}}, False, "由县卫生健康局补齐宫颈癌筛查率评价所缺的2023年数据。"),
        (
            {2023: {}},
            False,
            "由县卫生健康局补齐宫颈癌筛查率评价所缺的2023年数据。",
        ),  # whoever reaches 80% needs no baseline
        ({**BEFORE, 2023: FAULTY}, False, "由县卫生健康局补报或改正宫颈癌筛查率评价所缺的2023年数据。"),
    ],
    ids=["baseline", "public", "year", "both", "faulty"],
)
def test_what_is_lacking_for_a_verdict_is_asked_for_by_its_name(
    sent: dict[int, dict[str, str]], public: bool, advice: str, tmp_path: Path
) -> None:
    report = papers(tmp_path, sent, SCREENING, public=public)["report"]
    assert f"、问题与对策建议\n{NOTHING}{advice}\n" in report


ONE_EACH = "由县卫生健康局补齐宫颈癌筛查率评价所缺的2022年数据、妇女满意率评价所缺的2023年数据。"
MENDED = "由县卫生健康局补齐宫颈癌筛查率评价所缺的2022年数据，补报或改正妇女满意率评价所缺的2023年数据。"
BASES = "由县卫生健康局补齐宫颈癌筛查率、妇女满意率评价所缺的2022年数据。"


@pytest.mark.parametrize(
    ("sent", "advice"),
    [
        ({2022: _satisfied(2022, "80.0"), 2023: screened(2023, 60)}, ONE_EACH),
        ({2022: _satisfied(2022, "80.0"), 2023: screened(2023, 60) | _satisfied(2023, "8O.0")}, MENDED),
        (
            {2022: {}, 2023: screened(2023, 60) | _satisfied(2023, "81.0")},
            BASES,
        ),  # the neighbour: the same year of both
    ],
    ids=["two years", "one rejected", "one year"],
)
def test_each_figure_is_asked_for_with_its_own_year(
    sent: dict[int, dict[str, str]], advice: str, tmp_path: Path
) -> None:
    assert f"\n{NOTHING}{advice}\n" in papers(tmp_path, sent, SCREENING, SATISFIED)["report"]


@pytest.mark.parametrize(
    ("departments", "told_of"),
    [
        (6, "由县卫生健康局补齐宫颈癌筛查率"),
        (7, "不能评价的1项目标，由有关部门补齐、改正所缺的2023年数据，见各部门监测反馈单。"),
    ],
)
def test_many_departments_are_asked_by_their_sheets(
    departments: int, told_of: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with facts(tmp_path, {**BEFORE, 2023: {}}, SCREENING) as known:
        [item] = known.items
        asked = ["health", *(f"office{n}" for n in range(1, departments))]
        monkeypatch.setattr(wanted, "now", lambda _: [WantedYear(item, 2023, key) for key in asked])
        monkeypatch.setattr(type(known.catalog), "department", lambda _, key: {"health": HEALTH}.get(key, key))
        assert KINDS["annual"].of(known).narrator.untroubled().striptags().startswith(f"{NOTHING}{told_of}")


# --- of one ---


@given(st.text("妇女（）2023—年"))
@example("妇女（发展规划")
def test_a_title_in_pieces_is_the_whole_title(title: str) -> None:
    assert "".join(pieces(title)) == title


def test_a_line_of_a_title_does_not_end_between_a_year_and_its_bracket(tmp_path: Path) -> None:
    assert pieces("云岭县妇女发展规划（2023—2027年）要点") == ["云岭县妇女发展规划", "（2023—2027年）", "要点"]
    assert pieces("云岭县妇女发展“十五五”规划") == ["云岭县妇女发展“十五五”规划"]
    with facts(tmp_path, {**BEFORE, 2023: screened(2023, 60)}, SCREENING) as known:
        pages = composed(KINDS["annual"].of(known), tmp_path / "papers")
    for paper in ("poster", "brief", "report"):
        assert '<span class="part">（2023—2027年）</span>' in pages[paper]


LACKS = "尚不具备评价条件。\n"


@pytest.mark.parametrize(
    ("goals", "sent", "whole", "domain"),
    [
        ((SCREENING,), {}, "的1项目标", "的1项目标"),
        ((SCREENING, WORK_PLAN), told(2023, "推进中"), "的1项定量目标", "的1项定量目标"),
        ((SCREENING, SATISFIED), {}, "各项目标", "各项目标"),
        ((SCREENING, SATISFIED, WORK_PLAN), told(2023, "推进中"), "各项定量目标", "各项定量目标"),
    ],
)
def test_one_target_is_not_called_several(
    goals: tuple[str, ...], sent: dict[str, str], whole: str, domain: str, tmp_path: Path
) -> None:
    report = papers(tmp_path, {2023: sent}, *goals)["report"]
    assert f"2023年，妇女规划{whole}{LACKS}" in report
    assert f"2023年，妇女与健康领域{domain}{LACKS}" in report
    assert f"对2023年{'目标进展' if len(goals) == 1 else '各项目标逐一'}进行了统计监测。" in report


def test_a_sheet_asks_for_one_figure_as_for_several(tmp_path: Path) -> None:
    for goals in ((SCREENING,), (SCREENING, SATISFIED)):
        sent = {2023: {**screened(2023, 60), **({"ready": "年份,满意率\n2023,80.0\n"} if len(goals) > 1 else {})}}
        sheet = papers(tmp_path / str(len(goals)), sent, *goals)["departments"]
        named = "、".join(
            f"{name}（妇女规划目标1.{n}，缺2022年）"
            for name, n in (("宫颈癌筛查率", 1), ("妇女满意率", 3))[: len(goals)]
        )
        assert (
            f"你单位牵头的目标中，因缺少以前年度的数值不能评价的有：{named}。请于2024年7月30日前将上述数值报云岭县统计局；"
            in sheet
        )


def test_a_poster_of_one_target_counts_no_marks(tmp_path: Path) -> None:
    one = papers(tmp_path / "one", {**BEFORE, 2023: screened(2023, 60)}, SCREENING)["poster"]
    two = {
        year: {**screened(year, year - 1972), "ready": f"年份,满意率\n{year},{year - 1940}.0\n"}
        for year in (2022, 2023)
    }
    assert "每个符号是一项目标" not in one and "可以评价的定量目标只有1项" in one
    assert "每个符号是一项目标" in papers(tmp_path / "two", two, SCREENING, SATISFIED)["poster"]


# --- evaluations of whole plans ---

LAST = 2027
FAULTY_LAST = {form: rows.replace("2023", str(LAST)) for form, rows in FAULTY.items()}


@pytest.mark.parametrize(
    ("kind", "year", "columns"),
    [("midterm", 2025, "定性目标\t已落实\t推进中\t未启动"), ("final", LAST, "定性目标\t已落实\t推进中\t未启动")],
)
def test_an_evaluation_of_evidence_alone_has_nothing_of_figures(
    kind: str, year: int, columns: str, tmp_path: Path
) -> None:
    report = papers(tmp_path, {y: told(y, "推进中") for y in range(2023, year + 1)}, WORK_PLAN, kind=kind)["report"]
    assert f"领域\t{columns}\n" in report
    assert f"\n规划没有定量目标，定性目标{'期末' * (kind == 'final')}有进展。\n" in report
    idle = papers(tmp_path / "idle", {year: told(year, "未启动")}, WORK_PLAN, kind=kind)["report"]
    assert "\n规划没有定量目标。\n" in idle and "有进展。" not in idle
    assert not re.search(
        "可以评价的定量目标|分性别|两性|女性|建议\n|所用指标|达标率|数值型目标|小概率|占可评价", report
    )


def test_an_evaluation_of_one_target_speaks_of_one(tmp_path: Path) -> None:
    rising = {year: screened(year, 50 + 7 * (year - 2022)) for year in range(2022, LAST + 1)}
    met = papers(tmp_path / "met", rising, SCREENING, kind="final")["report"]
    assert "可以评价的定量目标已完成。" in met and "可评价的目标已完成，所用指标纳入下一规划期监测。" in met
    assert "与2022年相比，定量目标的数值改善1项。" in met
    assert "规划所用指标没有分别列出女性和男性数值的，不作分性别分析。" in met and not re.search(
        "未分性别|女性的?数值", met
    )
    lacking = papers(tmp_path / "lacking", {**rising, LAST: {}}, SCREENING, kind="final")["report"]
    assert "到2027年，妇女规划的1项目标缺少评价依据，对规划整体不作结论。" in lacking
    assert (
        "\n宫颈癌筛查率（未报送）没有可用的数值，未作评价。\n" in lacking
    )  # it did not come: nothing is said of comparing
    faulty = papers(tmp_path / "faulty", {**rising, LAST: FAULTY_LAST}, SCREENING, kind="final")["report"]
    assert "\n宫颈癌筛查率（核查未通过）没有可用的数值，未作评价。\n" in faulty  # it came
    alone = papers(tmp_path / "first", {2025: screened(2025, 60)}, SCREENING, kind="midterm")["report"]
    assert "\n宫颈癌筛查率缺少可比数据，未作评价。\n" in alone
    assert "（一）口径。" in lacking and "（二）首次公布与修订。" in lacking


@pytest.mark.parametrize(("asked", "word"), [(True, "无说明"), (False, "未布置")])
def test_a_statement_that_nobody_was_asked_for_is_no_silence(asked: bool, word: str, tmp_path: Path) -> None:
    with facts(tmp_path, {LAST: {}}, WORK_PLAN) as known:
        if not asked:
            later = known.catalog.datasets["progress"].model_copy(update={"since": LAST + 1})
            known = Facts(known.con, replace(known.catalog, datasets={"progress": later}), LAST)
        made = KINDS["final"].of(known)
        assert made.counts()["targets"] == {word: 1}
        report = text(composed(made, tmp_path / "papers")["report"])
    assert f" {word}\t" in report and f"领域\t定性目标\t已落实\t推进中\t未启动\t{word}\n" in report
    assert ("没有可以采用的进展说明" in report) == asked


def test_a_figure_that_is_kept_back_is_told_alike_in_all_reports(tmp_path: Path) -> None:
    with facts(tmp_path, {y: screened(y, 50 + 7 * (y - 2022)) for y in range(2022, LAST + 1)}, SCREENING) as known:
        final = KINDS["final"].of(known)
        [item] = known.items
        item.row["value"] = None
        [outcome] = final.evaluation.outcomes  # type: ignore[attr-defined]
        for said in (KINDS["annual"].of(known).narrator.sentence(item), final.narrator.outcome(outcome)):  # type: ignore[attr-defined]
            assert re.fullmatch("2027年，宫颈癌筛查率(符合|实现)80%以上的(要求|目标)，数值不予公布。", said.striptags())


BEHIND = "领域\t可以评价\t未达进度\t未达进度的数值型目标（按轻重排列，下同）\n妇女与健康\t{}\t1\t宫颈癌筛查率\n"


@pytest.mark.parametrize("beside", [False, True])
def test_one_target_that_falls_short_has_no_column_of_others(beside: bool, tmp_path: Path) -> None:
    sent = {
        year: {**screened(year, share), **({"ready": f"年份,满意率\n{year},95.0\n"} if beside else {})}
        for year, share in ((2022, 50), (2023, 51))
    }
    report = papers(tmp_path, sent, SCREENING, *([SATISFIED] if beside else []))["report"]
    assert BEHIND.format(1 + beside) in report
    assert ("\n（一）妇女与健康：2项中1项达标或可达标\n" in report) == beside
    assert report.count("\n（一）妇女与健康\n") == 2 - beside  # in the contents, and over its text
    late = papers(tmp_path / "late", {**sent, 2024: {}}, SCREENING)["report"]
    assert late.count("预计达标困难1项（上年未达进度而本年缺少评价依据1项）；") == 2

"""What a report says where there is little: one year, one target, nobody asked, nothing warned of, nothing to compare."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest

from expectations.catalog import load
from expectations.records import Caliber, Catalog
from expectations.vocabulary import Concern, Following, Reason, Verdict
from flows import pipeline, wording
from flows.caveats import caveats
from flows.cells import Cells
from flows.desk import trial
from flows.disclose.released import public
from flows.letters import ASKED, numbered
from flows.places import TEMPLATES
from flows.press import binding, document, pdf
from flows.press.bound import Name
from flows.press.numbers import figure
from flows.report import compose
from flows.report.draw.drawings import Drawings, _short
from flows.report.facts import Facts, quality, wanted
from flows.report.facts.evaluation import Evaluation
from flows.report.facts.portraits import portraits
from flows.report.facts.profile import Trait
from flows.report.kinds import KINDS
from flows.report.kinds.annual import Annual, _changed
from flows.report.papers import brief
from flows.report.say.areas import overview
from flows.report.say.narrative import Narrator
from flows.report.write import tables
from tests.fixtures.elders import COUNTY, deliver, files, home_of_elders, print_all
from tests.fixtures.hamlet import composed
from tests.fixtures.printed import Printed, text
from tests.fixtures.warehouses import changed

pytestmark = pytest.mark.usefixtures("shelf")

Once = Callable[[str, Callable[[Path], object]], Path]
Alter = Callable[[Catalog], Catalog]


@contextmanager
def facts(home: Path, year: int, alter: Alter = lambda catalog: catalog) -> Iterator[Facts]:
    catalog = alter(load(COUNTY, home / "expectations"))
    with trial.judged(catalog, home / "raw", year) as con:
        yield Facts(con, catalog, year)


def said(kind: str, known: Facts, folder: Path) -> str:
    """The text of a report, in which every numeral and judging word has been proved."""
    made = KINDS[kind].of(known)
    html = dict(compose(made, folder))["report"]
    assert list(binding.read(made.laid(document.read(html)), made.words).problems) == []
    return text(html)


def only(*titles: str) -> Alter:
    """The plan with some of its goals only."""

    def alter(catalog: Catalog) -> Catalog:
        [plan] = catalog.plans
        domains = []
        for domain in plan.domains:
            if goals := {n: goal for n, goal in domain.goals.items() if goal.title in titles}:
                domains.append(domain.model_copy(update={"goals": goals, "actions": {}}))
        return replace(catalog, plans=(replace(plan, domains=tuple(domains)),))

    return alter


# --- one year ---


def test_the_first_year_of_a_district(tmp_path: Path) -> None:
    """Nobody was asked for the baseline: it is not said that nobody sent it, nor is its column printed twice."""
    home = home_of_elders(tmp_path, years=[2021])
    with facts(home, 2021) as known:
        report = said("annual", known, tmp_path)
    assert "条目\t指标\t单位\t2020年\t2021年\t规划要求\t评价" in report
    assert "目标2.1\t护理型床位占比\t%\t未布置\t50.8\t力争≥75%\t" in report
    assert "未布置：该年没有布置报送，没有部门应报" in report
    assert "未报送\t50.8" not in report
    assert not re.search(r"(20\d\d)—\1", report)
    assert "规划共用" not in report  # there is one


@pytest.mark.parametrize(("years", "judged"), [([2021], False), ([2020, 2021], True)], ids=["no baseline", "with it"])
def test_of_what_could_not_be_judged_nothing_good_is_said(tmp_path: Path, years: list[int], judged: bool) -> None:
    """One target of one department in one year: it is not said that all do well, and no table of methods is empty."""
    home = home_of_elders(tmp_path / "home", years=years)
    with facts(home, 2021, only("优化养老床位结构")) as known:
        told = said("annual", known, tmp_path)
    assert ("本年没有作出评价的定量目标" in told) != judged
    assert ("得出结论的方法" in told) == judged
    assert judged or "本年可评价的目标" not in told
    assert told.count("没有作出评价的定量目标，不判断是否预计达标困难；") == (0 if judged else 2)


@pytest.mark.parametrize(("years", "drawn"), [([2022], "2022年"), ([2020, 2021, 2022], "2021—2022年")])
def test_no_bar_stands_for_a_year_of_which_nobody_was_asked(years: list[int], drawn: str, tmp_path: Path) -> None:
    with facts(home_of_elders(tmp_path, years=years), 2022) as known:
        chart = Drawings(tmp_path).standing(known)
    assert chart is not None
    assert chart["caption"] == f"{drawn}定量目标评价（项）"


def test_of_the_second_year_both_years_before_are_told(tmp_path: Path) -> None:
    home = home_of_elders(tmp_path, years=[2020, 2021, 2022])
    with facts(home, 2022) as known:
        report = said("annual", known, tmp_path)
    assert "条目\t指标\t单位\t2020年\t2021年\t2022年\t规划要求\t评价" in report
    assert "未布置" not in report
    assert "2022年，按时报送率为100.0%，与2020年持平；" in report
    assert "变为" not in report
    late = home / "raw" / COUNTY / "2020" / "deliveries.yml"
    late.write_text(late.read_text(encoding="utf-8").replace("2021-02-10", "2021-05-10", 1), encoding="utf-8")
    (tmp_path / "late").mkdir()
    with facts(home, 2022) as known:
        assert "按时报送率为100.0%，比2020年提高33.3个百分点；" in said("annual", known, tmp_path / "late")


def test_annexes_are_numbered_as_they_stand(tmp_path: Path) -> None:
    """No target of 2021 has an outlook yet, and a district may have no areas."""
    home = home_of_elders(tmp_path, years=[2020, 2021])
    with facts(home, 2021) as known:
        assert known.catalog.district.areas
        annexes = [int(n) for n in re.findall(r"附件(\d+)　", said("annual", known, tmp_path))]
    assert annexes == [*range(1, 9), *range(1, 9)]  # in the contents, and in their places
    with facts(home_of_elders(tmp_path / "long", years=range(2020, 2025)), 2024) as known:
        annexes = [int(n) for n in re.findall(r"附件(\d+)　", said("annual", known, tmp_path / "long"))]
    assert annexes == [*range(1, 11), *range(1, 11)]


# --- two calibers ---


def redefined(*indicators: str, since: int = 2023) -> Alter:
    """The catalogue with another definition of some indicators from a year on, which no factor bridges."""

    def alter(catalog: Catalog) -> Catalog:
        calibers = (Caliber(since=since, note="统计范围扩大"),)
        changed = {key: catalog.indicators[key].model_copy(update={"calibers": calibers}) for key in indicators}
        return replace(catalog, indicators={**catalog.indicators, **changed})

    return alter


@pytest.mark.parametrize("indicators", [(), ("nursing_beds",)], ids=["one caliber", "two calibers"])
def test_a_figure_of_another_caliber_is_marked_beside_that_of_the_year(
    indicators: tuple[str, ...], tmp_path: Path
) -> None:
    """护理型床位占比 misses its number: 2020 stands beside 2025 in the table of problems, and in that of the data volume."""
    with facts(home_of_elders(tmp_path), 2025, redefined(*indicators)) as known:
        report = said("final", known, tmp_path)
    assert report.count("标※的数值与2025年口径不同，不能直接比较。") == report.count("※50.0\t") == 2 * bool(indicators)


@pytest.mark.parametrize(("since", "marked"), [(2030, (False, False)), (2023, (True, False)), (2025, (True, True))])
def test_an_areas_figures_of_another_caliber_are_marked(since: int, marked: tuple[bool, bool], tmp_path: Path) -> None:
    """Those of the baseline and of the year before, each by itself."""
    with facts(home_of_elders(tmp_path), 2025, redefined("elders_managed", since=since)) as known:
        [one, *_] = [s for p in portraits(known, ["elders_managed"]) for s in p.standings]
    assert (one.apart_base, one.apart_before) == marked


@pytest.mark.parametrize(("side", "caliber", "change"), [
    ("value", 0, "1.3"), ("value", 2023, "不可比"),
    ("denominator", 2023, "2.6"),  # of a measure the catalogue knows no caliber
])  # fmt: skip
def test_what_describes_the_district_is_not_compared_over_two_calibers(side: str, caliber: int, change: str) -> None:
    rows = {
        (y, "total"): {"indicator": "x", "caliber": c, "state": "ok", side: Decimal(v)}
        for y, c, v in ((2020, 0, 50), (2025, caliber, "51.3"))
    }
    trait = Trait(
        SimpleNamespace(year=2025), "x", Name("占比", "name/x"), "%" if side == "value" else "人", 1, side, rows
    )  # type: ignore[arg-type]
    assert str(trait.change(2020)) == change
    assert trait.is_apart(2020) == (change == "不可比")
    assert not trait.is_apart(2025)


# --- nothing to tell ---


def test_one_target_that_is_met(tmp_path: Path) -> None:
    """One of one is not 多数; no rule of warnings is told where there are none, and no report where none is asked."""
    home = home_of_elders(tmp_path, years=range(2020, 2024))
    with facts(home, 2023, only("提高健康素养水平")) as known:
        annual, midterm = (said(kind, known, folder(tmp_path, kind)) for kind in ("annual", "midterm"))
    assert "可评价的1项定量目标达到或预期可以达到规划要求。" in annual
    assert "可评价的1项定量目标提前达标或进展正常。" in midterm
    assert not re.search("1项(定量目标)?(均|全部)", annual + midterm)
    assert "多数" not in annual.partition("评价方法\n")[0] + midterm.partition("评估方法\n")[0]
    assert "预警分三级。" not in annual
    assert "按现有数据回算，2021—2022年没有需要作出预计达标困难预警的定量目标；未预警而未达标0项次。" in annual
    assert "各项预警尚无结果" not in annual
    assert "做法与经验" not in midterm  # nobody has told of any


def test_some_targets_that_are_not_met(tmp_path: Path) -> None:
    home = home_of_elders(tmp_path, years=range(2020, 2024))
    with facts(home, 2023) as known:
        annual, midterm = (said(kind, known, folder(tmp_path, kind)) for kind in ("annual", "midterm"))
    assert "预警分三级。" in annual
    assert "按现有数据回算，2021—2022年对定量目标共作出预计达标困难预警" in annual
    assert "做法与经验" not in midterm  # asked, and in progress: no chapter without a practice


def folder(home: Path, name: str) -> Path:
    (home / name).mkdir()
    return home / name


def test_one_target_that_is_missed(tmp_path: Path) -> None:
    """One of one is not 较多目标 and not 全部, and there is no order of one."""
    with facts(home_of_elders(tmp_path), 2025, only("优化养老床位结构")) as known:
        final = said("final", known, tmp_path)
    assert "可评价的1项数值型目标未实现，规划任务没有全面完成。" in final
    assert "养老服务领域可评价的1项定量目标未实现，即" in final
    assert "没有完成的目标如下表。" in final
    with facts(tmp_path, 2024, only("优化养老床位结构")) as known:
        annual = said("annual", known, folder(tmp_path, "annual"))
    assert "可评价的1项数值型目标未达进度，与规划要求有明显差距。" in annual
    assert "未达进度的目标共1项。具体如下。" in annual
    assert "较多目标" not in annual


def test_two_sets_of_targets_are_told_apart(tmp_path: Path) -> None:
    """The first sentence counts numbers, the second numbers and directions; of numbers alone there is nothing to tell apart."""
    home, apart = home_of_elders(tmp_path, years=range(2020, 2024)), "以下各数两类都计。"
    for titles, both in ((("提高健康素养水平", "优化养老床位结构"), True), (("优化养老床位结构",), False)):
        with facts(home, 2023, only(*titles)) as known:
            for kind in ("annual", "midterm"):
                told = said(kind, known, folder(tmp_path, f"{kind}{both}"))
                assert ("可评价的1项数值型目标" in told, apart in told) == (True, both)
            lead = brief._standing(KINDS["annual"].of(known), KINDS["annual"].of(known).glance())[0].striptags()
        assert ("定量目标（数值型1项、方向性1项）中" in lead) == both


def test_nobody_says_what_the_plan_does_not(tmp_path: Path) -> None:
    """That the plan asks for timely warnings is not known of any plan."""
    with facts(home_of_elders(tmp_path, years=range(2020, 2024)), 2023) as known:
        assert "按照规划" not in said("annual", known, tmp_path).partition("预警指标\n")[2]


# --- few that can be judged ---


def gone(*indicators: str) -> list[str]:
    """What is changed in the golden warehouse where the figures of 2022 did not come."""
    return [
        sql.format(key)
        for key in indicators
        for sql in (
            "update out_indicators set value = null, lower = null, upper = null, numerator = null, denominator = null, state = 'not_received' "
            "where year = 2022 and indicator = '{}'",
            "update out_assessments set value = null, met = null, verdict = 'unknown', reason = 'not_received', method = null, "
            "change_previous = null, change_baseline = null where year = 2022 and target like '%.{}%'",
        )
    ]


FORM = ("maternal_mortality", "cervical_screening", "maternal_anaemia")
"""What the golden district's form of health is asked for."""


@contextmanager
def told_of(golden: Path, *changes: str) -> Iterator[Annual]:
    with changed(golden, *changes) as con:
        made = KINDS["annual"].of(Facts(con, load("990101", golden / "expectations"), 2022))
        assert isinstance(made, Annual)
        yield made


MET = "update out_assessments set verdict = 'met_year', met = true where year = 2022 and target like '%maternal_mortality'"


UNWARNED = "delete from out_warnings where year = 2022"
BACK = (
    "update out_assessments set verdict = 'suppressed', reason = 'suppressed' where year = 2022 and verdict = 'unknown'"
)


@pytest.mark.parametrize(
    ("changes", "instead"),
    [
        ([*gone(*FORM), UNWARNED], "8项定量目标中可评价的只有2项，其中未达进度0项；其余不能评价，尚不能作出总体判断。由区卫生健康委补齐孕产妇死亡率、宫颈癌筛查率、孕产妇贫血患病率评价所缺的2022年数据，补报或改正居民健康素养水平的两性差距评价所缺的2022年数据；由区体育局补齐女性经常参加体育锻炼人数比例评价所缺的2022年数据。"),
        ([*gone(*FORM), BACK, UNWARNED], "8项定量目标中可评价的只有2项，其中未达进度0项；其余的评价不予公布，尚不能作出总体判断。"),
        ([*gone(*FORM), BACK + " and target like '%anaemia%'", UNWARNED], "8项定量目标中可评价的只有2项，其中未达进度0项；其余不能评价或者不予公布，尚不能作出总体判断。由区卫生健康委补齐孕产妇死亡率、宫颈癌筛查率评价所缺的2022年数据，补报或改正居民健康素养水平的两性差距评价所缺的2022年数据；由区体育局补齐女性经常参加体育锻炼人数比例评价所缺的2022年数据。"),
        ([MET, UNWARNED], "本年可评价的6项定量目标均达到或预期可以达到规划要求；另有2项不能评价，未计入。没有需要提出的对策建议。"),
        ([MET], "本年可评价的6项定量目标均达到或预期可以达到规划要求；另有2项不能评价，未计入。发出预警的2项目标见数据卷附件3，由牵头部门按预警的要求采取措施。"),
    ],
)  # fmt: skip
def test_of_few_that_are_judged_nothing_is_said_of_all(changes: list[str], instead: str, golden: Path) -> None:
    few = "8项定量目标中可评价的只有2项，不足以反映全部目标的情况。"
    with told_of(golden, *changes) as made:
        assert made.narrator.untroubled().striptags() == instead
        assert (few in brief._standing(made, made.glance())[0].striptags()) == (MET not in changes)


NONE = "update out_assessments set verdict = 'unknown', reason = 'not_received', method = null, met = null where year = 2022 and verdict <> 'carried_out'"


@pytest.mark.parametrize(
    ("hidden", "lead", "problem"),
    [
        ("'%maternal_mortality'", "2022年，妇女规划的8项定量目标中，1项涉及人数较少，评价不予公布；其余7项尚不具备评价条件。", "1项定量目标的评价不予公布，其余7项不能评价，本章不作分析。由区卫生健康委补齐居民健康素养水平的两性差距、宫颈癌筛查率、孕产妇贫血患病率评价所缺的2022年数据；由区委组织部补齐女党员比例、党代表中女性比例评价所缺的2022年数据；由区体育局补齐女性经常参加体育锻炼人数比例评价所缺的2022年数据。"),
        ("'%'", "2022年，妇女规划的定量目标涉及人数较少，评价不予公布。", "定量目标的评价不予公布，本章不作分析。"),
        ("''", "2022年，妇女规划各项定量目标尚不具备评价条件。", "本年没有作出评价的定量目标，本章不作分析。由区卫生健康委补齐孕产妇死亡率、居民健康素养水平的两性差距、宫颈癌筛查率等4项评价所缺的2022年数据；由区委组织部补齐女党员比例、党代表中女性比例评价所缺的2022年数据；由区体育局补齐女性经常参加体育锻炼人数比例评价所缺的2022年数据。"),
    ],
    ids=["one", "all", "none"],
)  # fmt: skip
def test_what_is_kept_back_is_not_said_to_be_impossible_to_judge(
    hidden: str, lead: str, problem: str, golden: Path
) -> None:
    back = f"update out_assessments set verdict = 'suppressed' where year = 2022 and target like {hidden} and verdict = 'unknown'"
    with told_of(golden, NONE, back) as made:
        assert made.narrator.overall().striptags() == lead
        assert made.narrator.untroubled().striptags() == problem
        health, *_ = made.facts.plans[0].domains
        found = made.narrator.finding(health, made.facts.of_domain(made.facts.plans[0], health)).striptags()
        assert ("评价不予公布" in found, "尚不具备评价条件" in found) == ("不予公布" in lead, "尚不具备" in lead)


def test_targets_that_are_judged_no_more_are_not_said_to_stand_as_before(golden: Path, tmp_path: Path) -> None:
    with told_of(golden, *gone(*FORM)) as made:
        html = dict(compose(made, tmp_path))["report"]
    assert "与上年相比，上年可评价的定量目标中，本年不能评价的有6项，其余2项没有改变进度类别。" in text(html)
    assert "没有目标改变进度类别" not in text(html)


def test_targets_of_evidence_that_changed_are_not_said_to_stand_as_before(golden: Path, tmp_path: Path) -> None:
    """The golden district has one of them, the neighbour has none."""
    unknown = "select target from out_assessments where year = 2022 and verdict = 'unknown'"
    with told_of(
        golden, MET, UNWARNED, f"delete from out_assessments where year = 2021 and target in ({unknown})"
    ) as made:
        html = dict(compose(made, tmp_path))["report"]
    assert "<p>与上年相比，没有定量目标改变进度类别。</p>" in html
    with lone(folder(tmp_path, "lone"), of(BEDS, 2020, 2021, 2022), BEDS) as (_, told):
        assert "与上年相比，没有目标改变进度类别。" in told["report"]


@pytest.mark.parametrize(("key", "demanded"), [("cervical_screening", True), ("maternal_anaemia", False)])
def test_a_caption_explains_the_lines_that_are_drawn(key: str, demanded: bool, golden: Path, tmp_path: Path) -> None:
    with told_of(golden) as made:
        one = next(portraits(made.facts, [key]))
        chart = Drawings(tmp_path).past(made.facts, one, one.standings)
    assert chart is not None
    assert ("红色虚线为要求" in chart["caption"]) == demanded


@pytest.mark.parametrize(("came", "ways"), [(True, (["maternal_mortality"], 5)), (False, ([], 2))])
def test_who_is_judged_no_more_has_not_changed(came: bool, ways: tuple[list[str], int], golden: Path) -> None:
    with told_of(golden, *([] if came else gone(*FORM))) as made:
        found = _changed(made.facts)
    assert [i.id.rpartition(".")[2] for i in found["worse"]] == ways[0]
    assert len(found["alike"]) == ways[1]


def test_two_targets_of_one_figure_that_did_not_come_have_each_their_sentence(golden: Path) -> None:
    """The district's own, and the one for each of its places."""
    with told_of(golden, *gone(*FORM)) as made:
        told = [made.narrator.sentence(i).striptags() for i in made.facts.items if "cervical" in i.id]
    assert told == ["宫颈癌筛查率未报送，本年无法评价。", "各街镇的宫颈癌筛查率未报送，本年无法评价。"]


# --- what was not sent ---


@pytest.mark.parametrize(
    ("wrong", "asked"),
    [
        (True, "责成县民政局改正《养老机构床位情况表》"),
        (False, "由县民政局补齐1项目标评价所缺的2020年数据，于2022年7月30日前完成。"),
    ],
)
def test_the_brief_asks_for_the_only_form_that_was_sent_back(wrong: bool, asked: str, tmp_path: Path) -> None:
    """Nothing can be judged: what is to be decided is that it is sent again. Where it is there, the baseline is needed."""
    home = home_of_elders(tmp_path, years=[])
    deliver(home / "raw" / COUNTY / "2021", 2021, {"beds": "机构,床位\n一院,30\n" if wrong else files(2021)["beds"]})
    with facts(home, 2021, only("优化养老床位结构")) as known:
        told = brief.context(KINDS["annual"].of(known), Drawings(tmp_path))
    assert told is not None
    assert "2021年，老龄规划没有可以评价的定量目标，对实施进展不作结论。" in str(told["told_once"])
    assert any(asked in one.striptags() for one in told["decisions"])  # type: ignore[attr-defined]
    assert len(told["decisions"]) == 1 + (not wrong)  # type: ignore[arg-type]


AWAY = "update out_assessments set verdict = 'away' where year = 2022 and target like '%women_delegates'"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([], "存在问题的目标在妇女与健康领域，由区卫生健康委牵头。"),
        ([AWAY], "问题较多的领域是妇女与健康（1项）、妇女参与决策和管理（1项），牵头目标问题较多的部门是区卫生健康委（1项）、区委组织部（1项）。"),
    ],
)  # fmt: skip
def test_one_problem_is_not_called_many(changes: list[str], told: str, golden: Path) -> None:
    with told_of(golden, *changes) as made:
        assert brief._standing(made, made.glance())[-1].striptags() == told


@pytest.mark.parametrize(
    ("lacking", "finding"),
    [
        ((), "都没有需要关注的指标。"),
        (("maternal_anaemia",), "有数值的指标中，都没有需要关注的。"),
        (FORM, "都没有可以评价的指标。"),
    ],
)
def test_areas_without_figures_are_not_said_to_need_no_attention(
    lacking: tuple[str, ...], finding: str, golden: Path
) -> None:
    with told_of(golden, *gone(*lacking)) as made:
        listed = list(portraits(made.facts, ["cervical_screening", "maternal_anaemia"]))
        assert (
            overview(made.narrator, listed, {"all": figure(2, 0, "areas/all")}).striptags()
            == f"2022年，2个街镇{finding}"
        )


HEALTH = "update meta_deliveries set status = '{}' where dataset = 'maternal_health' and year = 2022"


@pytest.mark.parametrize(
    ("status", "public", "why"),
    [("refused", False, "报表退回"), ("missing", False, ""), ("partial", False, ""), ("refused", True, "")],
)
def test_a_figure_whose_form_was_sent_back_is_not_told_as_if_nothing_had_come(
    status: str, public: bool, why: str, golden: Path
) -> None:
    """The summary calls the form 退回; what another department did not send stays 未报送 alone."""
    changes = [
        *gone(*FORM),
        HEALTH.format(status),
        *(["update meta_audience set audience = 'public'"] if public else []),
    ]
    with told_of(golden, *changes) as made:
        told = {
            i.id.rpartition(".")[2]: made.narrator.sentence(i).striptags() for i in made.facts.items if i.quantitative
        }
        brief_says = "".join(text.striptags() for text in brief._unknown(made))
    assert told["maternal_mortality"] == f"孕产妇死亡率未报送{f'（{why}）' if why else ''}，本年无法评价。"
    assert told["regular_exercise"] == "女性经常参加体育锻炼人数比例未报送，本年无法评价。"
    assert f"孕产妇死亡率（未报送{f'，{why}' if why else ''}）" in brief_says
    assert "女性经常参加体育锻炼人数比例（未报送）" in brief_says


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        ("refused", "区卫生健康委改正《健康素养调查表》《孕产妇保健情况表》、区体育局补报《体育锻炼调查表》"),
        (
            "missing",
            "区卫生健康委改正《健康素养调查表》、区卫生健康委补报《孕产妇保健情况表》、区体育局补报《体育锻炼调查表》",
        ),
    ],
)
def test_a_department_is_named_once_for_what_it_is_asked(status: str, asked: str, golden: Path) -> None:
    with told_of(golden, HEALTH.format(status)) as made:
        assert (
            brief._data(made, "2023年7月30日", brief._owed(made)).striptags() == f"责成{asked}，于2023年7月30日前完成。"
        )


def test_a_distance_that_lacks_the_year_is_not_put_down_to_the_baseline(golden: Path, tmp_path: Path) -> None:
    came = "update out_indicators set value = {}, state = 'ok' where indicator = 'regular_exercise' and year = {} and sex = '{}'"
    gone = "update out_indicators set value = null, state = 'not_received' where indicator = 'regular_exercise' and year = 2020 and sex = 'male'"
    both = [came.format(*one) for one in ((41, 2022, "female"), (45, 2022, "male"), (45, 2020, "male"))]
    year, base = "，本年缺数据的1项", "、基期缺数据或口径不同的1项不能比较"
    for n, changes in enumerate((both, [*both, gone])):
        with changed(golden, *changes) as con:
            report = said("annual", Facts(con, load("990101", golden / "expectations"), 2022), folder(tmp_path, str(n)))
        assert (year in report, base in report) == (True, bool(n))


NEVER_SENT = "delete from out_indicators where indicator in ('women_party_members', 'women_delegates')"


@pytest.mark.parametrize(("change", "got"), [("", "2"), (NEVER_SENT, "0")])
def test_what_never_came_did_not_come_by_sex(change: str, got: str, golden: Path) -> None:
    """A share has women and men in it by its nature, but only where it came."""
    with changed(golden, *filter(None, [change])) as con:
        rows = tables.scorecard(Facts(con, load("990101", golden / "expectations"), 2022))
    [row] = [r for r in rows if r["name"] == "区委组织部"]
    assert (str(row["due"]), str(row["got"])) == ("2", got)


@pytest.mark.parametrize(("years", "sent", "following"), [
    ([2020, 2022, 2023, 2024, 2025], None, Following.COMPARE),
    (range(2020, 2026), "elder_health", Following.SUPPLY),
])  # fmt: skip
def test_a_figure_of_the_last_year_is_not_said_to_be_missing(
    years: Iterable[int], sent: str | None, following: Following, tmp_path: Path
) -> None:
    """A promise for every year lacks an earlier year, or the last one."""
    home = home_of_elders(tmp_path, years=[y for y in years if y != 2025 or sent is None], deaths=())
    if sent is not None:
        deliver(
            home / "raw" / COUNTY / "2025", 2025, {d: t for d, t in files(2025).items() if d not in {sent, "survey"}}
        )
    with facts(home, 2025) as known:
        carried = {c.key: c for c in Evaluation(known).carried}["elders_fire_deaths"]
        report = said("final", known, tmp_path)
    assert carried.next == following
    assert ("期末没有数值、须先补齐数据的" in report) == (following is Following.SUPPLY)
    assert ("期末有数值而不能评价的先补齐可比数据" in report) == (following is Following.COMPARE)


# --- one target, and nothing else ---

BEDS, LITERACY, LISTED = "优化养老床位结构", "提高健康素养水平", "健全基本养老服务制度"
FORMS = {BEDS: "beds", LITERACY: "elder_survey", LISTED: "progress"}
Sent = dict[int, dict[str, str]]


def alone(*titles: str) -> Alter:
    """A catalogue of some goals, with their forms and the departments that send these, and no areas."""

    def alter(catalog: Catalog) -> Catalog:
        narrowed = only(*titles)(catalog)
        forms = {key: form for key, form in catalog.datasets.items() if key in {FORMS[title] for title in titles}}
        named = {target.indicator for plan in narrowed.plans for target in plan.targets}
        indicators = {key: one for key, one in catalog.indicators.items() if key in named}
        senders = {"health" if title == LITERACY else "civil_affairs" for title in titles}
        departments = {key: one for key, one in catalog.district.departments.items() if key in senders}
        district = catalog.district.model_copy(update={"departments": departments, "areas": ()})
        return replace(narrowed, datasets=forms, indicators=indicators, district=district)

    return alter


def stated(year: int, stage: str) -> dict[str, str]:
    """What the department says of the one target of evidence."""
    return {"progress": files(year)["progress"].replace("推进中", stage)}


def of(title: str, *years: int) -> Sent:
    return {year: {FORMS[title]: files(year)[FORMS[title]]} for year in years}


@contextmanager
def lone(home: Path, sent: Sent, *titles: str) -> Iterator[tuple[Annual, dict[str, str]]]:
    """The annual report of the last year of a district with some targets, and every paper of it as text."""
    home_of_elders(home / "home", years=[])
    for year, forms in sent.items():
        deliver(home / "home" / "raw" / COUNTY / str(year), year, forms)
    with facts(home / "home", max(sent), alone(*titles)) as known:
        made = KINDS["annual"].of(known)
        assert isinstance(made, Annual)
        yield made, {name: text(page) for name, page in composed(made, home / "papers").items()}


@pytest.mark.parametrize(
    ("sent", "lead", "problem", "decided"),
    [
        (
            stated(2021, "推进中"),
            "部门说明推进中。",
            "部门说明未启动的定性目标0项。没有需要提出的对策建议。",
            "",
        ),
        (
            stated(2021, "未启动"),
            "部门说明未启动。",
            "部门说明未启动的定性目标1项：健全基本养老服务制度（目标2.2，县民政局牵头）。由牵头部门说明原因，提出推进措施和完成时限。",
            "对1项三级预警目标书面提示，由县民政局于2022年7月30日前报送整改措施。",
        ),
        (
            {},
            "牵头部门尚未报送进展说明。",
            "没有进展说明的定性目标1项：健全基本养老服务制度（目标2.2，县民政局牵头）。由牵头部门补报进展说明。",
            "责成县民政局补报《目标进展情况表》，于2022年7月30日前完成。",
        ),
    ],
    ids=["begun", "not begun", "not sent"],
)
def test_a_lone_target_of_evidence_is_told_as_it_was_judged(
    sent: dict[str, str], lead: str, problem: str, decided: str, tmp_path: Path
) -> None:
    with lone(tmp_path, {2021: sent}, LISTED) as (_, told):
        report = told["report"]
    assert f"2021年，老龄规划的1项目标是定性目标，{lead}" in report
    assert f"养老服务领域的1项目标是定性目标，{lead}" in report
    assert f"四、问题与对策建议\n{problem}\n五、" in report
    assert report.count(f"共有定性目标1项，已报送进展说明{len(sent)}项。") == 2  # in the summary and in 总体情况
    assert ("规划没有定量目标，定性目标没有作出评价，不作预警。" in report) == (not sent)
    assert not re.search("尚不具备评价条件|以定性目标为主|没有作出评价的定量目标|附件1　全部目标", report)
    assert (decided in told["brief"]) if decided else "brief" not in told


UNSAID = {
    "the row": stated(2021, "正在研究"),
    "the form": {"progress": files(2021)["progress"].replace("推进中,印发基本养老服务清单,2021年工作总结", ",,")},
}


@pytest.mark.parametrize(
    ("sent", "reason"), [({}, Reason.NOT_RECEIVED), *((sent, Reason.REJECTED) for sent in UNSAID.values())]
)
def test_why_a_statement_is_lacking_is_said_once(sent: dict[str, str], reason: Reason, tmp_path: Path) -> None:
    """By the verdict, and so by the tables of both editions: a row that cannot be used and a form without one usable row are the same."""
    with lone(tmp_path, {2021: sent}, LISTED) as (made, _):
        [item] = made.facts.items
        _, [row] = tables.statements(made.facts)
        with public(made.facts.con, made.facts.catalog) as copy:
            [printed] = copy.execute("select reason from out_assessments where year = 2021").fetchall()
    assert (item.row["reason"], printed, row[-3:]) == (
        reason,
        (reason,),
        [f"无法判断（{reason.word}）", reason.word, reason.word],
    )


@pytest.mark.parametrize("sent", UNSAID.values(), ids=UNSAID.keys())
def test_a_statement_that_was_sent_back_is_not_told_as_none(sent: dict[str, str], tmp_path: Path) -> None:
    with lone(tmp_path, {2021: sent}, LISTED) as (_, told):
        report = told["report"]
    assert "2021年，老龄规划的1项目标是定性目标，部门的进展说明已退回。" in report
    asked = "健全基本养老服务制度（目标2.2，县民政局牵头）。由牵头部门改正后重新报送。"
    assert f"进展说明退回的定性目标1项：{asked}" in report
    assert "1项定性目标的进展说明已退回：健全基本养老服务制度。" in told["brief"]
    everything = "".join(told.values())
    assert "进展说明退回，改正后重新报送，应说明：基本养老服务清单的制定情况" in everything
    assert not re.search(
        "尚未报送进展说明|没有进展说明的|目标没有进展说明：|补报进展说明|未报送进展说明|没有布置报送", everything
    )


def later(year: int) -> Alter:
    """Statements are asked for since a year."""

    def alter(catalog: Catalog) -> Catalog:
        form = catalog.datasets["progress"].model_copy(update={"since": year})
        return replace(catalog, datasets={**catalog.datasets, "progress": form})

    return alter


@pytest.mark.parametrize("kind", ["annual", "midterm", "final"])
@pytest.mark.parametrize(("titles", "year"), [((LISTED,), 2025), ((LITERACY, LISTED), 2025)], ids=["alone", "beside"])
def test_a_statement_that_nobody_was_asked_for_is_not_demanded(
    kind: str, titles: tuple[str, ...], year: int, tmp_path: Path
) -> None:
    home = home_of_elders(tmp_path / "home", years=[])
    for each in (2020, year):
        deliver(home / "raw" / COUNTY / str(each), each, of(LITERACY, each)[each] if LITERACY in titles else {})
    with facts(home, year, lambda catalog: later(2026)(alone(*titles)(catalog))) as known:
        papers = dict(compose(KINDS[kind].of(known), folder(tmp_path, "papers")))
        report = said(kind, known, folder(tmp_path, "report"))
    everything = "".join(map(text, papers.values()))
    assert not re.search("补报进展说明|没有进展说明|尚未报送进展说明|未报送进展说明|没有可以采用的进展说明", everything)
    assert "没有布置报送进展说明" in everything
    assert ("没有布置报送定性目标的进展说明，本章不作分析。" in report) == (len(titles) == 1 and kind == "annual")


@pytest.mark.parametrize(
    ("kind", "year", "stage", "told"),
    [
        ("midterm", 2023, "未启动", "规划没有定量目标。\n部门说明未启动的定性目标1项：健全基本养老服务制度（目标2.2，县民政局牵头）。"),
        ("midterm", 2023, "推进中", "规划没有定量目标，定性目标有进展。\n历年预警整改情况"),
        ("final", 2025, "推进中", "四、下一规划期监测衔接\n本期规划没有定量目标，没有须移交下一规划期的基期数据。\n内部版"),
    ],
)  # fmt: skip
def test_of_whole_plans_the_same_is_told(kind: str, year: int, stage: str, told: str, tmp_path: Path) -> None:
    """An evaluation says what departments told, and has no annex of what is not there."""
    home = home_of_elders(tmp_path / "home", years=[])
    for each in range(2021, year + 1):
        deliver(home / "raw" / COUNTY / str(each), each, stated(each, stage))
    with facts(home, year, alone(LISTED)) as known:
        report = said(kind, known, folder(tmp_path, "papers"))
    assert f"到{year}年，老龄规划的1项目标是定性目标，部门说明{stage}。" in report
    assert told in report
    assert "老龄规划共有定性目标1项，" in report
    assert not re.search("附件1　全部定量目标|未达标目标排序|监测基期数据\n|没有落后|均已完成|其中，。", report)


@pytest.mark.parametrize(("stage", "advised"), [("推进中", True), ("未启动", False)])
def test_who_has_not_begun_is_advised(stage: str, advised: bool, tmp_path: Path) -> None:
    """Beside a target with a figure that is on its way."""
    with lone(tmp_path, {2020: of(LITERACY, 2020)[2020], 2021: {**of(LITERACY, 2021)[2021], **stated(2021, stage)}},
              LITERACY, LISTED) as (_, told):  # fmt: skip
        report = told["report"]
    assert ("没有需要提出的对策建议" in report) == advised
    assert "项。定性目标1项，已报送进展说明1项。" in report and "共有定性目标" not in report  # behind whose others are
    assert ("定性目标中部门说明未启动的有1项。" in told["brief"]) != advised
    assert report.count("部门说明未启动的定性目标1项：健全基本养老服务制度（目标2.2") == 2 * (not advised)


def test_what_is_judged_is_not_said_to_lack_grounds(tmp_path: Path) -> None:
    """The figure did not come, the statement did: only the targets with a figure cannot be judged."""
    with lone(tmp_path, {2021: stated(2021, "推进中")}, BEDS, LISTED) as (_, told):
        assert "2021年，老龄规划的1项定量目标尚不具备评价条件。" in told["report"]


@pytest.mark.parametrize(("years", "swung"), [((2021,), False), ((2020, 2021), True), ((2019, 2021), False)])
def test_what_stands_alone_is_not_said_to_be_steady(years: tuple[int, ...], swung: bool, tmp_path: Path) -> None:
    with lone(tmp_path, of(BEDS, *years), BEDS) as (_, told):
        report = told["report"]
    assert report.count("；波动较大0项。") == 2 * swung
    assert report.count("；没有可与上年比较的数值，不判断是否波动较大。") == 2 * (not swung)


@pytest.mark.parametrize(
    ("years", "row"),
    [((2022, 2023), ""), ((2020, 2022, 2023), "2021年\t—\t—\t—\t—\t—\t—\n2022年\t1\t0\t0\t1\t0\t")],
    ids=["no year", "one year"],
)
def test_noughts_are_not_told_of_years_in_which_nobody_could_warn(
    years: tuple[int, ...], row: str, tmp_path: Path
) -> None:
    with lone(tmp_path, of(BEDS, *years), BEDS) as (_, told):
        report = told["report"]
    assert ("历年“预计达标困难”预警" in report) == bool(row)
    assert row in report
    assert ("“—”表示当年没有作出评价的定量目标" in report) == bool(row)


@pytest.mark.parametrize(("years", "wanted"), [((2021,), True), ((2020, 2021), False)])
def test_who_lacks_a_baseline_is_asked_for_it(years: tuple[int, ...], wanted: bool, tmp_path: Path) -> None:
    with lone(tmp_path, of(BEDS, *years), BEDS) as (_, told):
        sheet = told["departments"]
    assert "目前没有需要办理的事项" not in sheet  # it is warned of where it could be judged
    asked = "护理型床位占比（老龄规划目标2.1，缺2020年）。请于2022年7月30日前将上述数值报青禾县统计局；"
    assert (asked in sheet) == wanted
    with lone(folder(tmp_path, "other"), of(LITERACY, 2020, 2021), LITERACY) as (_, told):
        assert "目前没有需要办理的事项" in told["departments"]
        assert "请按要求办理" not in told["departments"]


def surveyed_by_others(catalog: Catalog) -> Catalog:
    """健康素养 is led by 县卫生健康委, and its form is owed by 县民政局."""
    narrowed = alone(LITERACY, LISTED)(catalog)
    form = narrowed.datasets["elder_survey"].model_copy(update={"department": "civil_affairs"})
    return replace(narrowed, datasets={**narrowed.datasets, "elder_survey": form})


OWED = "因缺少你单位应报的以前年度数据不能评价的目标有：老年人健康素养水平（老龄规划目标1.3，缺2020年《老年人健康素养调查表》）。"
LED = "你单位牵头的目标中，因缺少以前年度的数值不能评价的有：老年人健康素养水平（老龄规划目标1.3，缺2020年）。"


@pytest.mark.parametrize(
    ("usable", "asked", "told"),
    [
        ({2020: False, 2021: True}, "县民政局", OWED),
        ({2021: True}, "县卫生健康委", LED),  # nobody was asked for it then
        ({2021: False}, "县卫生健康委", LED),  # which the figure of the year would hide
        ({2020: False, 2021: False}, "县民政局", OWED),
        ({2020: True, 2021: False}, None, None),
        ({2020: True, 2021: True}, None, None),
    ],
)
def test_a_baseline_is_asked_of_who_owed_it(
    usable: dict[int, bool], asked: str | None, told: str | None, tmp_path: Path
) -> None:
    home = home_of_elders(tmp_path / "home", years=[])
    for year, good in usable.items():
        survey = files(year)["elder_survey"].replace(",800,", ",800," if good else ",八百多,")
        deliver(home / "raw" / COUNTY / str(year), year, {"elder_survey": survey})
    with facts(home, 2021, surveyed_by_others) as known:
        papers = dict(compose(KINDS["annual"].of(known), folder(tmp_path, "papers")))
    sheets, points = text(papers["departments"]), text(papers["brief"])
    assert [part for part in (OWED, LED) if part in sheets] == ([told] if told else [])
    assert ("补齐" in points) == bool(told)
    if told:
        assert re.findall(r"^(县\S+)：$", sheets.partition(told)[0], re.MULTILINE)[-1] == asked
        assert f"由{asked}补齐1项目标评价所缺的2020年数据" in points


def of_two_forms(catalog: Catalog) -> Catalog:
    """健康素养 of the elderly over all of them: one form is owed by 县民政局, the other by 县卫生健康委."""
    indicator = catalog.indicators["elders_literacy"].model_copy(update={"denominator": ("elders",)})
    form = catalog.datasets["elder_survey"].model_copy(update={"department": "civil_affairs"})
    datasets, indicators = (
        {**catalog.datasets, "elder_survey": form},
        {**catalog.indicators, "elders_literacy": indicator},
    )
    return only(LITERACY)(replace(catalog, datasets=datasets, indicators=indicators))


@pytest.mark.parametrize(
    ("health", "survey", "asked"),
    [
        (
            (",0\n", ",无\n"),
            (",240\n", ",—\n"),
            ["civil_affairs"],
        ),  # 部分采用 for another column, and used with an empty cell
        (("9000", "九千"), (",800,", ",—,"), ["health"]),
        (
            ("2020,990501201,西乡,4000,2500,0\n", ""),
            (",800,", ",800,"),
            ["health"],
        ),  # a row that did not come has no cell
        (("9000", "九千"), (",240\n", ",—\n"), ["civil_affairs", "health"]),
    ],
)
def test_who_is_asked_for_a_baseline_is_whose_cells_or_rows_are_lacking(
    health: tuple[str, str], survey: tuple[str, str], asked: list[str], tmp_path: Path
) -> None:
    home = home_of_elders(tmp_path / "home", years=[])
    first, second = files(2020), files(2021)
    forms = {
        "elder_health": first["elder_health"].replace(*health),
        "elder_survey": first["elder_survey"].replace(*survey),
    }
    deliver(home / "raw" / COUNTY / "2020", 2020, forms)
    deliver(home / "raw" / COUNTY / "2021", 2021, {name: second[name] for name in forms})
    with facts(home, 2021, of_two_forms) as known:
        assert sorted(w.department for w in wanted.of(known)) == asked


def test_who_wrote_that_a_cell_does_not_apply_is_asked_before_who_wrote_all(tmp_path: Path) -> None:
    """Where no form is known to lack anything, both are asked."""
    home = home_of_elders(tmp_path / "home", years=[])
    for year in (2020, 2021):
        whole = files(year)
        forms = {"elder_health": whole["elder_health"], "elder_survey": whole["elder_survey"]}
        forms["elder_health"] = forms["elder_health"].replace("2020,990501201,西乡,4000,2500,0\n", "")
        deliver(home / "raw" / COUNTY / str(year), year, forms)
    with facts(home, 2021, of_two_forms) as known:
        known.con.execute("delete from out_findings where rule = 'incomplete'")
        assert sorted(w.department for w in wanted.of(known)) == ["civil_affairs", "health"]
        known.con.execute(
            "update core_observations set state = 'not_applicable', value = null where year = 2020 and measure = 'elders'"
        )
        assert [w.department for w in wanted.of(known)] == ["health"]


@pytest.mark.parametrize(("years", "lacks"), [((2021,), True), ((2020, 2021), False)])
def test_a_direction_without_a_baseline_is_told_in_its_domain(
    years: tuple[int, ...], lacks: bool, tmp_path: Path
) -> None:
    with lone(tmp_path, of(LITERACY, *years), LITERACY) as (_, told):
        report = told["report"]
    assert ("；缺基期数据，无法评价。" in report) == lacks
    assert ("本章不作分析。由县卫生健康委补齐老年人健康素养水平评价所缺的2020年数据。" in report) == lacks


def test_of_one_target_there_is_no_share(tmp_path: Path) -> None:
    with lone(folder(tmp_path, "one"), of(LITERACY, 2020, 2021), LITERACY) as (_, one):
        pass
    sent = {year: {**of(LITERACY, year)[year], **of(BEDS, year)[year]} for year in (2020, 2021)}
    with lone(folder(tmp_path, "two"), sent, LITERACY, BEDS) as (_, two):
        pass
    assert "可以评价的定量目标只有1项" in one["poster"] and "%\n1项可以评价" not in one["poster"]
    assert "可以评价的定量目标只有1项，预期可达标。" in one["brief"]
    assert "方向性目标1项，可评价1项，已达标或预期可达标1项。" in one["report"]
    assert "50.0%" in two["poster"] and "50.0%" in two["brief"]
    assert "数值型目标1项，可评价1项，已达标或预期可达标0项；方向性目标1项" in two["report"]
    assert "红色虚线" not in one["poster"]  # it asks for a direction


def test_a_poster_explains_what_stands_on_it(tmp_path: Path) -> None:
    """No target has gone well, so none is said to be chosen, and nothing is drawn."""
    with lone(tmp_path, of(BEDS, 2020, 2021), BEDS) as (_, told):
        assert "未达进度" in told["poster"]
        assert not re.search("进展较明显的|红色虚线", told["poster"])


@pytest.mark.parametrize("came", [True, False])
def test_of_what_did_not_come_no_rate_is_told(came: bool, tmp_path: Path) -> None:
    with lone(tmp_path, of(BEDS, 2020) | (of(BEDS, 2021) if came else {2021: {}}), BEDS) as (_, told):
        report = told["report"]
    assert "—%" not in report
    assert ("数据采用率为100.0%，未填率为0.0%。" in report) == came
    assert ("没有收到报表，没有可以核查的数据。" in report) != came
    assert ("逐项核对相符" in report) == came


def test_every_table_counts_the_same_cells(golden: Path) -> None:
    """Two cells of a form without a figure: neither came nor used, in the text, in the tables, and in the files."""
    with told_of(
        golden, "update meta_deliveries set unfilled = 2 where dataset = 'maternal_health' and year = 2022"
    ) as made:
        totals = Cells.of(tables.deliveries(made.facts))
        year = quality.by_year(made.facts)[-1]
        listed = tables.deliveries(made.facts)
    assert totals.unfilled == 2
    assert [int(year[key].value) for key in ("cells", "used", "unfilled")] == [totals.came, totals.used, 2]
    assert sum(int(row["observed"].value) for row in listed) == totals.used
    assert str(year["used_rate"]) == str(figure(Decimal(totals.used * 100) / totals.came, 1, ""))


QUESTION = (
    "insert into out_findings (gate, severity, rule, dataset, department, delivery, year, expected, message, cure) "
    "values ('{}', '{}', '{}', 'maternal_health', 'health', '2022/maternal_health/v1', 2022, '', '都小于1', '')"
)


@pytest.mark.parametrize(
    ("gate", "severity", "rule", "open_"),
    [
        ("file", "warning", "fraction", True),
        ("plausibility", "warning", "unit_slip", True),
        ("file", "info", "fraction", False),  # somebody has answered it
        ("file", "warning", "comment", True),  # it may limit the figure
        ("file", "warning", "other_sheet", True),  # which of both counts
        ("file", "warning", "hidden_rows", True),
        ("file", "warning", "hidden_columns", False),
        ("file", "warning", "unknown_column", False),  # not used
        ("file", "warning", "second_table", False),
        ("file", "warning", "blank_column", False),  # nothing is there
        ("plausibility", "warning", "jump", False),  # the figure is what it says
    ],
)
def test_a_figure_that_may_mean_something_else_has_a_reservation(
    gate: str, severity: str, rule: str, open_: bool, golden: Path, tmp_path: Path
) -> None:
    (tmp_path / "changes.csv").write_text("头\r\n", encoding="utf-8-sig")
    with told_of(golden, QUESTION.format(gate, severity, rule)) as made:
        told = made.questioned.striptags()
        found = caveats(made.facts.con, made.facts.catalog, tmp_path, "", signed=True)
    assert told == ("《孕产妇保健情况表》中有提请核实、尚未登记确认的数据，按所报的数值采用。" if open_ else "")
    assert [c.told for c in found if c.kind == Concern.QUESTION] == ["都小于1"] * open_


REPLIED = "都小于1部门已答复：已核实，确为0.93%；尚未登记确认。"


@pytest.mark.parametrize(
    ("replied", "told", "listed"),
    [
        ((), "尚未登记确认", {"都小于1"}),
        (("fraction",), "尚未登记确认", {"都小于1", REPLIED}),  # there is another question of the form
        (("fraction", "unit_slip"), "部门已答复但尚未登记确认", {REPLIED}),
    ],
)
def test_what_the_department_has_replied_to_is_not_said_to_be_open(
    replied: tuple[str, ...], told: str, listed: set[str], golden: Path, tmp_path: Path
) -> None:
    (tmp_path / "changes.csv").write_text("头\r\n", encoding="utf-8-sig")
    asked = [QUESTION.format("file", "warning", rule) for rule in ("fraction", "unit_slip")]
    sheet = (
        "insert into meta_replies (delivery, year, sheet, department, file, received, due, version, status) values "
        "('2022/feedback@health/v1', 2022, 'feedback', 'health', 'x.xlsx', '2023-05-20', '2023-05-30', 1, 'accepted')"
    )
    about = {"year": 2022, "department": "health", "dataset": "maternal_health"}
    replies = [
        "insert into core_replies (year, department, finding, cause, delivery, line) values (2022, 'health', "
        f"'{numbered({**dict.fromkeys(ASKED), **about, 'rule': rule})}', '已核实，确为0.93%。', '2022/feedback@health/v1', 2)"
        for rule in replied
    ]
    with told_of(golden, *asked, sheet, *replies) as made:
        assert made.questioned.striptags() == f"《孕产妇保健情况表》中有提请核实、{told}的数据，按所报的数值采用。"
        found = caveats(made.facts.con, made.facts.catalog, tmp_path, "", signed=True)
    assert {c.told for c in found if c.kind == Concern.QUESTION} == listed


# --- what is kept back, and what single events do ---


@pytest.fixture(scope="module")
def elders(once: Once) -> Path:
    return once("elders", lambda home: print_all(home_of_elders(home)))


def printed(edition: Path) -> str:
    return "".join((edition / "report.txt").read_text(encoding="utf-8").split())


def grounds(edition: Path) -> str:
    [row] = [line for line in (edition / "warnings.csv").read_text(encoding="utf-8-sig").splitlines()
             if "老年人火灾死亡率" in line]  # fmt: skip
    return row.split(",")[8]


def test_a_warning_of_a_figure_that_is_kept_back_says_so(elders: Path) -> None:
    assert grounds(elders / "annual" / "public") == "数值不予公布"
    assert "依据部门说明" not in printed(elders / "annual" / "public")


def test_the_record_of_warnings_says_whom_it_leaves_out(elders: Path) -> None:
    """The miss of 2022 is printed; that nobody was warned of it in 2021 is not told in public."""
    assert "未预警而未达标1项次" in printed(elders / "annual")
    assert "未预警而未达标" not in printed(elders / "annual" / "public")


@pytest.mark.parametrize(
    ("outcome", "told"), [("unknown", "各项预警尚无结果。"), ("missed", "已有结果的1项次过少，不计算比例。")]
)
def test_a_warning_whose_result_cannot_be_told_is_not_said_to_come_yet(outcome: str, told: str, golden: Path) -> None:
    with told_of(golden, f"update out_track set outcome = '{outcome}' where warned") as made:
        record = made.narrator.record(tables.track(made.facts)).striptags()
    assert record.endswith(told)
    assert "尚未到期" not in record


def test_a_year_without_a_verdict_is_no_warning_that_was_left_out(tmp_path: Path) -> None:
    """The same miss of 2022, where nothing was delivered of 2021: nobody could have warned of it."""
    with facts(home_of_elders(tmp_path, years=[2020, 2022]), 2022) as known:
        report = said("annual", known, tmp_path)
    assert "2021年没有作出评价的定量目标，不能预警，当年无法判断而未达标1项次。" in report
    assert "当年无法判断" in report.partition("预警及其结果")[2]


def test_a_distance_is_not_told_where_one_event_decides(elders: Path) -> None:
    """One death of 13,300 is 7.5: not 2.5 more than 5, but one."""
    assert grounds(elders / "annual") == "当年发生1例，增减1例即可改变评价"
    assert "老年人火灾死亡率为7.5/10万，未控制在5/10万以下。当年发生1例" in printed(elders / "annual")
    assert "个十万分点" not in printed(elders / "annual")


# --- counts, charts, pages ---


def test_the_terminal_counts_the_findings_that_the_report_tells(golden: Path) -> None:
    """What the plan gate asks about is told beside the verdicts."""
    with changed(golden) as con:
        told = con.execute("select count(*) from out_findings where year = 2022 and gate <> 'plan'").fetchall()
        con.execute("update out_findings set gate = 'plan' where year <> 2022")
        con.execute("update out_findings set year = 2022")
        assert con.execute("select 1 from out_findings where gate = 'plan'").fetchall()
        assert sum(pipeline._counts(con, 2022)["findings"].values()) == told[0][0]


def test_names_of_areas_are_cut_only_where_names_are_left() -> None:
    assert _short(["海滨街道", "方家庄镇"]) == {"海滨街道": "海滨", "方家庄镇": "方家庄"}
    assert _short(["东街道", "西镇"]) == {"东街道": "东街道", "西镇": "西镇"}


def test_a_table_that_goes_on_is_not_named_over_the_next_one(tmp_path: Path) -> None:
    """The first table ends where its page ends, and what says so stands nowhere."""
    begun = '<h2>附表{0}</h2><span class="begun" data-continued="续附表{0}"></span><p>表</p>'
    sections = "".join(f'<section class="wide">{begun.format(n)}</section>' for n in (2, 3))
    head = f'<head><link rel="stylesheet" href="{TEMPLATES.resolve().as_uri()}/style.css"></head>'
    page = f'<html lang="zh-CN">{head}<body>{sections}</body></html>'
    path = pdf.write(page, tmp_path / "report.pdf", [TEMPLATES], date(2023, 7, 15))
    with pikepdf.open(path) as pages:
        words = [word.text for word in Printed(path, pages).words]
    assert "附表3" in words
    assert "续附表2" not in words


def test_what_two_plans_lack_alike_is_named_once() -> None:
    """The number counts targets; each has an id of its own, also where the words are the same."""
    lacking = [("女", "素养水平", "no_baseline"), ("儿", "素养水平", "no_baseline"), ("女", "筛查率", "not_received")]
    items = [
        SimpleNamespace(
            quantitative=True,
            verdict=Verdict.UNKNOWN,
            row={"reason": reason, "fragile": None},
            name=Name(name, f"name/{plan}/{name}"),
        )
        for plan, name, reason in lacking
    ]
    facts: Any = SimpleNamespace(catalog=None, ranked=items, edition=SimpleNamespace(simulated=False))
    said: Any = Narrator(facts, wording.read("wording"))
    said.sent_back, said.silence = lambda *_: "", lambda _: ""
    made: Any = SimpleNamespace(facts=facts, narrator=said, questioned="", told_of_before={"followed": None})
    [told] = brief._unknown(made)
    assert told.striptags() == "3项定量目标不能评价：素养水平（缺基期数据）、筛查率（未报送）。"

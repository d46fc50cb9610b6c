"""What a report says where there is little: one year, one target, nobody asked, nothing warned of, nothing to compare."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pikepdf
import pytest

from expectations.catalog import load
from expectations.records import Catalog
from expectations.vocabulary import Following
from flows import pipeline
from flows.desk import trial
from flows.places import TEMPLATES
from flows.press import binding, document, pdf
from flows.report import compose
from flows.report.draw.drawings import _short
from flows.report.facts import Facts
from flows.report.facts.evaluation import Evaluation
from flows.report.kinds import KINDS
from flows.report.write import tables
from tests.fixtures.elders import COUNTY, deliver, files, home_of_elders, print_all
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
    html = compose(made, folder)["report"]
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


# --- nothing to tell ---


def test_one_target_that_is_met(tmp_path: Path) -> None:
    """One of one is not 多数; no rule of warnings is told where there are none, and no report where none is asked."""
    home = home_of_elders(tmp_path, years=range(2020, 2024))
    with facts(home, 2023, only("提高健康素养水平")) as known:
        annual, midterm = (said(kind, known, folder(tmp_path, kind)) for kind in ("annual", "midterm"))
    assert "1项定量目标均达到或预期可以达到规划要求，实施进展总体顺利。" in annual
    assert "可评价的1项定量目标均提前达标或进展正常。" in midterm
    assert "多数" not in annual.partition("评价方法\n")[0] + midterm.partition("评估方法\n")[0]
    assert "预警分三级。" not in annual
    assert "2021—2022年没有发出预计达标困难的预警；未预警而未达标0项次。" in annual
    assert "各项预警的结果" not in annual
    assert "做法与经验" not in midterm  # nobody has told of any


def test_some_targets_that_are_not_met(tmp_path: Path) -> None:
    home = home_of_elders(tmp_path, years=range(2020, 2024))
    with facts(home, 2023) as known:
        annual, midterm = (said(kind, known, folder(tmp_path, kind)) for kind in ("annual", "midterm"))
    assert "预警分三级。" in annual
    assert "按现有数据回算，2021—2022年共作出预计达标困难预警" in annual
    assert "做法与经验" not in midterm  # asked, and in progress: no chapter without a practice


def folder(home: Path, name: str) -> Path:
    (home / name).mkdir()
    return home / name


# --- what was not sent ---

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

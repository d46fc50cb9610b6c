"""A report put together from published figures: whose it is, why a figure is not there, changes without their base.

The home is a national women's outline that no code has seen (tests/fixtures/women): its figures with their sources.
"""

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from expectations.catalog import CatalogError, load
from expectations.records import Catalog
from flows import assess, compute, ingest, validate
from flows.assess.rules import Assessment
from flows.assess.stated import _judged
from flows.compute import stated
from flows.places import PROJECT, TEMPLATES
from flows.press.numbers import figure
from flows.report import make
from flows.report.facts import Facts
from flows.report.facts.evaluation import Evaluation
from flows.report.kinds import KINDS
from flows.report.say.concluding import Conclusion
from flows.report.say.narrative import Narrator
from flows.wording import read
from tests.fixtures.deliveries import DESK
from tests.fixtures.homes import Same, home_in
from tests.fixtures.spec import national
from tests.fixtures.warehouses import warehouse

pytestmark = pytest.mark.usefixtures("shelf")

FIXTURE = PROJECT / "tests/fixtures/women"
DISTRICT = "100000"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("women")
    home_in(folder, FIXTURE)
    shutil.copy(PROJECT / "expectations/policy.yml", folder / "expectations/policy.yml")
    district = folder / "expectations/districts/100000.yml"
    text = district.read_text(encoding="utf-8")
    known = "  unpublished: {2020: [disease_screening]}   # for this test; the office says nothing of it\n"
    district.write_text(text.replace("plans:", f"{known}plans:", 1), encoding="utf-8")
    return folder


def made(home: Path, first: int = 2010) -> tuple[Catalog, duckdb.DuckDBPyConnection]:
    catalog = load(DISTRICT, home / "expectations")
    con = warehouse()
    ingest.store(con, catalog, home / "raw", range(first, 2021))
    validate.contract(con, catalog, DESK)
    ingest.observe(con, catalog)
    compute.indicators(con, catalog)
    assess.targets(con, catalog, 2020)
    return catalog, con


@pytest.fixture(scope="module")
def women(home: Path) -> Iterator[tuple[Catalog, duckdb.DuckDBPyConnection]]:
    catalog, con = made(home)
    yield catalog, con
    con.close()


def unset(_pages: str, path: Path, _roots: Any, _published: date, _attached: Any = None, /) -> Path:
    """In the place of the PDF, whose pages other tests set."""
    return path


@pytest.fixture(scope="module")
def edition(women: tuple[Catalog, duckdb.DuckDBPyConnection], tmp_path_factory: pytest.TempPathFactory) -> Path:
    catalog, con = women
    folder = tmp_path_factory.mktemp("edition")
    counts = make(KINDS["final"], con, catalog, 2020, folder, write=unset)["targets"]
    assert counts == {"提前达标": 2, "达标": 3, "未达标": 1, "无数据": 1}
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- whose report it is ---


def test_no_format_bears_the_offices_name_as_author(edition: Path) -> None:
    html = (edition / "report.html").read_text(encoding="utf-8")
    assert re.search(r'<meta name="author" content="示例汇编组"', html)
    assert "不是国家统计局的报告" in html
    assert "（汇编）</title>" in html
    book = openpyxl.load_workbook(edition / "report.xlsx")
    assert book.properties.creator == "示例汇编组"
    head = json.loads((edition / "report.json").read_text(encoding="utf-8"))["head"]
    assert (head["issuers"], head["compiled_from"]) == (["示例汇编组"], "国家统计局")
    assert "不是国家统计局的报告" in head["compiled"]


def test_nothing_is_said_of_senders(edition: Path) -> None:
    """Who published has delivered nothing, owes nothing and is late with nothing."""
    text = (edition / "report.txt").read_text(encoding="utf-8")
    for word in ("应报", "按时", "未报送", "报送数据", "部门进展说明", "按时按质"):
        assert word not in text


def test_an_annual_report_says_the_same(women: tuple[Catalog, duckdb.DuckDBPyConnection], tmp_path: Path) -> None:
    catalog, con = women
    make(KINDS["annual"], con, catalog, 2020, tmp_path, write=unset)
    text = "".join((tmp_path / f"{paper}.txt").read_text(encoding="utf-8") for paper in ("report", "data"))
    assert "不是国家统计局的报告" in text
    assert "本表未收录" in text
    assert "资料来源：国家统计局历年《中国妇女发展纲要》统计监测报告" in text
    for word in ("应报报表", "未报送", "按时报送", "资料来源：国家卫生健康委", "部门更正"):
        assert word not in text


def test_an_issuer_is_not_the_source(home: Path, tmp_path: Path) -> None:
    own = shutil.copytree(home / "expectations", tmp_path / "expectations")
    path = own / "districts/100000.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("[示例汇编组]", "[国家统计局]"), encoding="utf-8")
    with pytest.raises(CatalogError, match="编制单位（issuers）应为汇编者"):
        load(DISTRICT, own)


# --- why a figure is not there ---


def test_what_was_not_published_and_what_was_not_entered_are_two_things(edition: Path) -> None:
    found = {r["指标"]: r for r in table(edition / "outcomes.csv")}
    assert found["妇女常见病筛查率"]["2020年"] == "未公布"
    assert found["妇女常见病筛查率"]["说明"] == "未公布"
    assert found["妇女常见病筛查率"]["2019年"] == "本表未收录"
    assert found["村委会成员中女性比例"]["2010年"] == "本表未收录"
    rows = {(r["indicator"], r["sex"]): r for r in table(edition / "baseline.csv")}
    assert rows["disease_screening", "total"]["state"] == "not_published"
    codes = {(r["INDICATOR"], r["TIME_PERIOD"]): r for r in table(edition / "sdmx.csv")}
    assert codes["disease_screening", "2020"]["COMMENT_OBS"] == "not_published"
    assert codes["disease_screening", "2019"]["COMMENT_OBS"] == "not_entered"
    data = json.loads((edition / "report.json").read_text(encoding="utf-8"))
    series = next(t for t in data["targets"] if t["indicator"] == "disease_screening")["series"]
    assert (series["2020"]["printed"], series["2019"]["printed"]) == ("未公布", "本表未收录")


def test_an_office_that_enters_its_own_figures_owes_none(home: Path, tmp_path: Path) -> None:
    """The same home without a compiler: nothing is 未公布, nothing 未报送."""
    own = Path(shutil.copytree(home, tmp_path / "home"))
    path = own / "expectations/districts/100000.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        re.sub(r"compiled_from:\n(  .*\n)+", "", text).replace("示例汇编组", "国家统计局"), encoding="utf-8"
    )
    catalog, con = made(own)
    assert catalog.district.compiled_from is None
    with con:
        states = {s for (s,) in con.execute("select state from out_indicators where value is null").fetchall()}
        reasons = {r for (r,) in con.execute("select reason from out_assessments where value is null").fetchall()}
    assert states == reasons == {"not_entered"}


def test_of_years_that_were_not_read_nothing_is_said(home: Path) -> None:
    """A later plan's report begins with its own baseline year: what is entered of 2015 is not 本表未收录 there."""
    for first in (2010, 2017):
        con = made(home, first)[1]
        with con:
            assert con.execute("select min(year) from out_indicators").fetchone() == (first,)


def test_every_figure_has_its_source_in_print(edition: Path) -> None:
    text = (edition / "data.txt").read_text(encoding="utf-8")
    annex = text.rpartition("数值出处")[2]
    assert annex.count("http") == len(table(FIXTURE / "printed.csv")) + 5


# --- published changes, and the year since when ---


@pytest.mark.parametrize(
    ("printed", "kind", "read"),
    [
        ("-0.3", "previous", ("-0.3", False)), ("+0.14", "baseline", ("0.14", False)),
         ("−49%", "baseline", ("-49", True)),
        ("持平", "previous", ("0", False)), ("基本持平", "previous", (None, False)), ("2013", "since", ("2013", False)),
        ("下降0.3", "previous", None), ("0.3个百分点", "previous", None), ("13", "since", None), ("-", "baseline", None),
    ],
)  # fmt: skip
def test_a_published_change_is_read_or_refused(printed: str, kind: str, read: tuple[str | None, bool] | None) -> None:
    found = stated(printed, kind)
    assert (found and (found[0] if found[0] is None else f"{found[0]:f}", found[1])) == read


@pytest.mark.parametrize(
    ("since", "year", "verdict"),
    [(1, 2018, "on_course"), (0, 2018, "behind"), (-1, 2018, "away"), (1, 2020, "met"), (0, 2020, "missed")],
)
def test_a_published_change_judges_as_a_computed_one_does(
    women: tuple[Catalog, duckdb.DuckDBPyConnection], since: int, year: int, verdict: str
) -> None:
    """持平 is no move the wrong way: 达标困难, not 背离目标."""
    catalog = women[0]
    promise = next(p for p in catalog.promises() if p.target.rule.key == "increase")
    unknown = Assessment(promise.id, year, value=Fraction(40), reason="no_baseline")
    changes = {(*promise.target.subject, year, "baseline"): Fraction(since)}
    assert _judged(promise, unknown, changes).verdict == verdict


def test_a_change_that_cannot_be_read_is_a_finding_and_not_used(home: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(home, tmp_path / "home"))
    path = own / "raw/100000/2018/published.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("-6.6%", "下降6.6%"), encoding="utf-8")
    register = path.with_name("deliveries.yml")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    register.write_text(re.sub(r"[0-9a-f]{64}", digest, register.read_text(encoding="utf-8")), encoding="utf-8")
    _, con = made(own)
    with con:
        told = [m for (m,) in con.execute("select message from out_findings").fetchall()]
        used = con.execute("select count(*) from core_stated where year = 2018 and kind = 'previous'").fetchone()
    assert [m for m in told if "“比上年变化”列的“下降6.6%”读不出" in m] == told != []
    assert used == (2,)


def test_since_rests_on_what_was_published(women: tuple[Catalog, duckdb.DuckDBPyConnection]) -> None:
    catalog, con = women
    found = {
        str(o.item.promise.target.indicator): str(o.judgement) for o in Evaluation(Facts(con, catalog, 2020)).outcomes
    }
    assert found["maternal_mortality"] == "提前达标（2016年起）"  # 20.1 in 2015
    assert found["higher_enrolment"] == "提前达标（2015年起）"  # the office says so; 2015 itself is not entered
    assert found["women_employed"] == "达标"  # 保持在40%以上: 实现, as the office says, and never 提前
    assert found["village_committees"] == "未达标"
    assert found["disease_screening"] == "无数据（未公布）"


def test_what_is_asked_stands_in_the_outlines_words(women: tuple[Catalog, duckdb.DuckDBPyConnection]) -> None:
    catalog, _ = women
    entered = {str(p.target.indicator): p.target.words for p in catalog.promises() if p.target.words}
    assert entered == national("women")


def test_how_the_plans_words_were_read_is_printed(
    edition: Path, women: tuple[Catalog, duckdb.DuckDBPyConnection], tmp_path: Path
) -> None:
    """What the catalogue notes of a target stands in the methods of both reports."""
    catalog, con = women
    make(KINDS["annual"], con, catalog, 2020, tmp_path, write=unset)
    notes = [p.target.note for p in catalog.promises() if p.target.note]
    for folder in (edition, tmp_path):
        methods = (folder / "methods.txt").read_text(encoding="utf-8")
        assert notes and all(note in methods for note in notes)


def test_all_is_said_only_of_those_that_could_be_judged(women: tuple[Catalog, duckdb.DuckDBPyConnection]) -> None:
    catalog, con = women
    evaluation = Evaluation(Facts(con, catalog, 2020))
    said = Conclusion(evaluation, read("wording"))
    attained = [o for o in evaluation.outcomes if o.status != "missed"]
    assert said.verdict(evaluation.count(attained)).striptags() == (
        "到2020年，妇女纲要（2011—2020年）可评价的5项定量目标全部如期实现；另有1项不能评价，对规划整体不作结论。"
    )
    judged = [o for o in attained if o.status != "no_data"]
    assert (
        said.verdict(evaluation.count(judged))
        .striptags()
        .startswith("到2020年，妇女纲要（2011—2020年）可评价的5项定量目标全部如期实现")
    )


def test_a_baseline_that_was_not_entered_is_not_told_as_if_it_were(
    women: tuple[Catalog, duckdb.DuckDBPyConnection],
) -> None:
    """Where the office tells a change and not what it is counted from, no 由2010年的本表未收录提高到 stands in its place."""
    catalog, con = women
    evaluation = Evaluation(Facts(con, catalog, 2020))
    said = Conclusion(evaluation, read("wording"))
    known = next(o for o in evaluation.outcomes if o.item.promise.target.indicator == "life_expectancy")
    item = known.item
    series = {**item.series, 2010: {**item.point(2010), "value": None, "state": "not_entered"}}
    lost = replace(known, item=replace(item, series=series, row={**item.row, "baseline": None}))
    assert said.outcome(known).striptags().startswith("女性平均预期寿命由2010年的77.37岁提高到2020年的80.88岁，")
    assert said.served(item) == said.outcome(known)  # beside an action, too, the baseline is what it is compared with
    assert said.outcome(lost).striptags().startswith("2020年，女性平均预期寿命为80.88岁，比2010年提高3.51岁，")


def test_a_heading_speaks_of_all_only_if_most_are_judged(women: tuple[Catalog, duckdb.DuckDBPyConnection]) -> None:
    """3项全部达标 over twelve targets of which nine have no figure contradicts the sentence below it, 尚不能作出总体结论."""
    catalog, con = women
    evaluation = Evaluation(Facts(con, catalog, 2020))
    said, [domain, *_] = Conclusion(evaluation, read("wording")), catalog.plans[0].domains
    three, six, seven = (figure(n, 0, "of") for n in (3, 6, 7))
    assert said.titled(domain, seven, three, three).striptags() == domain.title
    assert said.titled(domain, six, three, three).striptags() == f"{domain.title}：3项全部达标"


def test_the_wording_beside_the_printed_one(women: tuple[Catalog, duckdb.DuckDBPyConnection], same: Same) -> None:
    catalog, con = women
    lines = [["指标", "年份", "印出的变化", "本报告的变化", "本报告与基期的比较", "印出的评价", "本报告的评价"]]
    for row in table(FIXTURE / "printed.csv"):
        facts = Facts(con, catalog, int(row["year"]))
        narrator = Narrator(facts, read("wording"))
        item = next(i for i in facts.items if i.name == row["indicator"])
        verdict = narrator._unknown(item) if item.verdict == "unknown" else narrator.standing(item)
        ours = [narrator.change(item), narrator.change(item, item.change_baseline), verdict]
        change, since, told = (text.striptags().lstrip("，") for text in ours)
        lines.append(
            [row["indicator"], row["year"], row["printed_change"], change, since, row["printed_verdict"], told]
        )
        for size in re.findall(r"(?:提高|下降|降低)([\d.]+%?)(?!/|‰)", row["printed_change"]):
            assert size in change + since, row
    same("\n".join(",".join(f'"{c}"' for c in line) for line in lines) + "\n", "women_wording.csv")


def test_templates_name_no_office() -> None:
    """Whose figures they are is data; the methods annex cites one published judgement, as a quotation."""
    for path in [*TEMPLATES.glob("*.html"), TEMPLATES / "wording.yml"]:
        text = re.sub(r"国家统计局在中期统计监测中[^。]*。", "", path.read_text(encoding="utf-8"))
        text = re.sub(r"\{#.*?#\}|^\s*#.*$", "", text, flags=re.S | re.M)
        assert "国家统计局" not in text, path.name

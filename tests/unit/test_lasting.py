"""What goes on from one plan to the next: figures from before a baseline in an outlook, and what a late revision moves."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from expectations.catalog import load
from expectations.records import Catalog
from flows import pipeline
from flows.desk import intake, lock, trial
from flows.desk.filing import Wanted
from flows.edition import manifest
from flows.places import MendableError, Places
from flows.report.facts import Facts, quality
from flows.wording import BEIJING
from tests.fixtures.homes import GOLDEN

pytestmark = pytest.mark.usefixtures("lent", "unset")

DISTRICT, PLAN = "990101", "demo_women_2026"
SCREENING, ANAEMIA = f"{PLAN}.g1.2.cervical_screening", f"{PLAN}.g1.3.maternal_anaemia"
HEADER = "年份,街镇代码,街镇,活产数,孕产妇死亡人数,适龄妇女人数,接受筛查人数,受检孕产妇人数,贫血孕产妇人数\n"
FORM = "区卫生健康委-孕产妇保健情况表.csv"
SCREENED = {2020: 500, 2021: 520, 2022: 540, 2023: 560, 2024: 580, 2025: 600, 2026: 610, 2027: 620}
"""Women screened of 1,000, year by year: the district's rate is a tenth of it, in per cent."""
ANAEMIC = dict.fromkeys(SCREENED, 80)
"""Of 1,000 tested."""


def table(year: int, screened: int, anaemic: int) -> str:
    west, east = screened // 2, screened - screened // 2
    return HEADER + (
        f"{year},990101001,东街道,500,0,500,{east},500,{anaemic // 2}\n"
        f"{year},990101101,西镇,300,0,500,{west},500,{anaemic - anaemic // 2}\n"
    )


def deliver(raw: Path, screened: Mapping[int, int], anaemic: Mapping[int, int] = ANAEMIC) -> None:
    for year, number in screened.items():
        folder = raw / DISTRICT / str(year)
        folder.mkdir(parents=True)
        data = table(year, number, anaemic[year]).encode()
        (folder / FORM).write_bytes(data)
        entry = {"dataset": "maternal_health", "file": FORM, "received": f"{year + 1}-03-10",
                 "sha256": hashlib.sha256(data).hexdigest()}  # fmt: skip
        head = {"district": DISTRICT, "year": year, "simulated": True, "locked": f"{year + 1}-06-30",
                "published": f"{year + 1}-07-15", "deliveries": [entry]}  # fmt: skip
        (folder / "deliveries.yml").write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")


def change(home: Path, file: str, old: str, new: str) -> None:
    text = (home / file).read_text(encoding="utf-8")
    assert old in text
    (home / file).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Places:
    """The golden catalogue with the plan of the next period, which asks the same, and a form of eight years."""
    own = Path(shutil.copytree(GOLDEN / "expectations", tmp_path / "expectations"))
    shutil.copytree(own / "plans/demo_women_2021", own / "plans" / PLAN)
    period = ("start: 2021\nend: 2025\nbaseline: 2020", "start: 2026\nend: 2030\nbaseline: 2025")
    change(own, f"plans/{PLAN}/plan.yml", *period)
    change(own, f"districts/{DISTRICT}.yml", "[demo_women_2021]", f"[demo_women_2021, {PLAN}]")
    deliver(tmp_path / "raw", SCREENED)
    return Places(tmp_path)


@pytest.fixture
def catalog(home: Places) -> Catalog:
    return load(DISTRICT, home.expectations).deciding("maternal_health")


# --- figures from before the baseline ---


@pytest.mark.parametrize(
    ("plans", "year", "first"),
    [
        ("2021—2025", 2021, 2020),  # nothing was asked for before its own baseline
        ("2021—2025 2026—2030", 2025, 2020),
        ("2021—2025 2026—2030", 2026, 2020),  # 2025 and the five years before it
        ("2021—2025 2026—2030", 2030, 2020),  # the same in every year of the plan
        ("2011—2020 2021—2025", 2023, 2015),
        ("2021—2025 2031—2035", 2031, 2025),  # a period without a plan
        ("2021—2025", 2026, 2026),  # no plan is in force
    ],
)
def test_a_report_reads_the_years_that_an_outlook_looks_back_on(
    home: Places, plans: str, year: int, first: int
) -> None:
    catalog = load(DISTRICT, home.expectations)
    periods = [tuple(map(int, period.split("—"))) for period in plans.split()]
    heads = [
        catalog.plans[0].head.model_copy(update={"start": start, "end": end, "baseline": start - 1})
        for start, end in periods
    ]
    listed = tuple(type(catalog.plans[0])(f"p{n}", head, ()) for n, head in enumerate(heads))
    assert pipeline.years(type(catalog)(**{**vars(catalog), "plans": listed}), year) == range(first, year + 1)


def judged(catalog: Catalog, home: Places, year: int, target: str, of: int) -> dict[str, object]:
    wanted = "verdict, method, trend, weather, probability is not null as probable, baseline"
    with trial.judged(catalog, home.raw, year) as con:
        row = con.execute(f"select {wanted} from out_assessments where target = ? and year = ?", [target, of])
        return dict(zip([c[0] for c in row.description or ()], row.fetchall()[0], strict=True))


def test_the_first_year_of_a_plan_has_an_outlook(catalog: Catalog, home: Places) -> None:
    """52 % in 2021, 61 % in 2026: 1.8 points a year, so 68.2 % in 2030, where 70 % is asked: 1.8 of the 9 that are left."""
    found = judged(catalog, home, 2026, SCREENING, 2026)
    assert found == {
        "verdict": "on_course", "method": "linear", "trend": pytest.approx(1.8), "weather": "slightly_cloudy",
        "probable": True, "baseline": 60.0,
    }  # fmt: skip


def test_a_verdict_stays_what_it_was_in_a_later_report(catalog: Catalog, home: Places) -> None:
    assert judged(catalog, home, 2026, SCREENING, 2026) == judged(catalog, home, 2027, SCREENING, 2026)


def test_figures_of_another_caliber_do_not_serve(home: Places) -> None:
    """Screened by another definition since 2025: of two values the straight path is the measure, as at every beginning."""
    definition = "definition: 接受筛查的适龄妇女占适龄妇女的比重。}"
    version = definition.replace("}", ", calibers: [{since: 2025, note: 年龄范围扩大}]}")
    change(home.expectations, "indicators/all.yml", definition, version)
    catalog = load(DISTRICT, home.expectations).deciding("maternal_health")
    found = judged(catalog, home, 2026, SCREENING, 2026)
    assert (found["method"], found["weather"], found["probable"]) == ("path", "none", False)


def test_a_direction_is_about_what_came_after_its_baseline(home: Places) -> None:
    """Anaemia fell for years and has risen since 2025: 下降 means lower than in 2025."""
    shutil.rmtree(home.raw)
    falling = {2020: 100, 2021: 96, 2022: 92, 2023: 88, 2024: 84, 2025: 80, 2026: 82, 2027: 78}
    deliver(home.raw, SCREENED, falling)
    catalog = load(DISTRICT, home.expectations).deciding("maternal_health")
    assert judged(catalog, home, 2027, ANAEMIA, 2026)["verdict"] == "away"
    assert judged(catalog, home, 2027, ANAEMIA, 2027)["verdict"] == "on_course"


def test_tables_and_charts_begin_with_the_baseline(catalog: Catalog, home: Places) -> None:
    """Older figures serve the outlook; the report says of which years they are."""
    with trial.judged(catalog, home.raw, 2027) as con:
        facts = Facts(con, catalog, 2027)
        [item] = [item for item in facts.items if item.id == SCREENING]
        assert (facts.history, facts.years, item.told_years) == ("2020—2024年", [2025, 2026, 2027], [2025, 2026, 2027])
        assert [row["year"] for row in quality.by_year(facts)] == [2025, 2026, 2027]
    with trial.judged(catalog, home.raw, 2025) as con:
        assert Facts(con, catalog, 2025).history == "", "the first plan has nothing before it"


# --- what a late revision moves ---


def edition(output: Path, year: int, kind: str, form: str, sha256: str) -> None:
    """The manifest of a report that was made with a version of a form."""
    parts = {"program": "", "reading": "", "judging": "", "places": "", "datasets": {}, "indicators": {}, "targets": {},
             "deliveries": {form: [sha256[:12]]}, "corrections": {}}  # fmt: skip
    folder = output / DISTRICT / str(year) / kind
    folder.mkdir(parents=True)
    told = {"run": "0" * 64, "kind": kind, "district": DISTRICT, "year": year, "parts": parts}
    (folder / manifest.NAME).write_text(json.dumps(told), encoding="utf-8")


def test_a_revision_of_the_baseline_year_tells_what_it_moves_in_the_next_plan(
    catalog: Catalog, home: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    old = hashlib.sha256((home.raw / DISTRICT / "2025" / FORM).read_bytes()).hexdigest()
    for year, kind in ((2025, "final"), (2026, "annual")):
        edition(home.output, year, kind, "2025/maternal_health", old)
    edition(home.output, 2024, "annual", "2024/maternal_health", old)
    path = home.home / "更正.csv"
    path.write_text(table(2025, 600, 84), encoding="utf-8")
    intake.receive([path], load(DISTRICT, home.expectations), home, Wanted(), date(2026, 10, 9), "更正贫血人数")
    told = capsys.readouterr().out.replace("\n", "")
    assert "孕产妇贫血患病率，示例区：8.0% → 8.4%" in told
    assert "2026年妇女规划目标1.3“孕产妇贫血患病率”：达标困难 → 预期可达标" in told
    assert "2025年终期评估报告、2026年年度统计监测报告没有用这一版数据" in told
    assert "2024年" not in told.partition("没有用这一版数据")[0]


def test_a_revision_that_moves_nothing_makes_no_report_outdated(
    home: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    old = hashlib.sha256((home.raw / DISTRICT / "2025" / FORM).read_bytes()).hexdigest()
    edition(home.output, 2025, "final", "2025/maternal_health", old)
    path = home.home / "同数.csv"
    path.write_text(table(2025, 600, 80).replace("东街道,500", "东街道,501"), encoding="utf-8")
    intake.receive([path], load(DISTRICT, home.expectations), home, Wanted(), date(2026, 10, 9), "更正活产数")
    told = capsys.readouterr().out
    assert "指标值有0项变化" in told and "目标评价有0项变化" in told and "没有用这一版" not in told


@pytest.mark.parametrize(
    ("year", "runs"), [(2020, [2020, 2025, 2027]), (2024, [2024, 2025, 2027]), (2025, [2025, 2027]), (2027, [2027])]
)
def test_verdicts_of_every_year_since_are_looked_at(home: Places, year: int, runs: list[int]) -> None:
    assert lock.reached(load(DISTRICT, home.expectations), home.raw, year) == runs


def test_nothing_is_received_on_a_day_that_is_still_to_come(home: Places) -> None:
    path = home.home / "报表.csv"
    path.write_text(table(2026, 611, 80), encoding="utf-8")
    tomorrow = datetime.now(BEIJING).date() + timedelta(days=1)
    before = (home.raw / DISTRICT / "2026" / "deliveries.yml").read_bytes()
    with pytest.raises(MendableError, match=rf"（--date）是{tomorrow}，还没有到，今天是.*请改为实际收到的日期"):
        intake.receive([path], load(DISTRICT, home.expectations), home, Wanted(), tomorrow, "更正")
    assert (home.raw / DISTRICT / "2026" / "deliveries.yml").read_bytes() == before

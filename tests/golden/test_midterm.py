"""The midterm evaluation: how far each target has come, the golden district at half-time, and which year it can be made
of.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import pipeline, report
from flows.desk.trial import quietly
from flows.places import MendableError
from flows.press import binding, pdf
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.kinds.midterm import Road
from tests.fixtures.homes import GOLDEN, GOLDEN_WORDS, Same, home_in, linked
from tests.fixtures.printed import offered_in_vain, text, unpressed
from tests.fixtures.promises import outcome
from tests.fixtures.warehouses import changed
from tests.second_reader import compare, contradictions
from tests.second_reader.__main__ import read

pytestmark = pytest.mark.usefixtures("shelf")

MIDTERM = KINDS["midterm"]


# --- the way from the baseline to the plan's number ---


@pytest.mark.parametrize(
    ("rule", "values", "value", "done", "half", "timely"),
    [
        ("at_least", "20 30 40 50", "80", "50.0", True, False),  # half the way when three fifths of the time are over
        ("at_least", "20 30 40 56", "80", "60.0", True, True),  # and as far as the time is
        ("at_least", "20 30 40 49.9", "80", "49.8", False, False),
        ("at_least", "20 30 40 92", "80", "已达要求", True, True),  # and further than asked
        ("at_least", "20 30 40 79.99", "80", "99.98", True, True),  # not as asked, and not told as if it were
        ("at_most", "12 11 10 9", "8", "75.0", True, True),
        ("at_most", "12 11 10 13", "8", "−25.0", False, False),  # away from it
        ("baseline_change", "50 48 46 45", "-20", "50.0", True, False),  # a fifth off 50 is 40
        ("at_least", "85 86 87 88", "80", "基期已达", False, False),
        ("at_most", "7 6 5 4", "8", "基期已达", False, False),
        ("at_least", "80 81 82 83", "80", "基期已达", False, False),
        ("above", "40 42 46 50", "50", "100.0", True, True),  # the number itself is not yet beyond it
        ("above", "40 42 46 50.1", "50", "已达要求", True, True),
        ("above", "50 49 48 49", "50", "不适用", False, False),  # it begins on the number: no way to measure
        ("above", "51 49 48 49", "50", "基期已达", False, False),
        ("baseline_change", "0 1 2 3", "20", "基期为零", False, False),
        ("increase", "20 30 40 50", None, "不适用", False, False),  # a direction has no end
        ("yearly_change", "20 21 22 23", "1", "不适用", False, False),
        ("at_least", "20 30 40 –", "80", "未报送", False, False),
    ],
)
def test_how_far_a_target_has_come(
    rule: str, values: str, value: str | None, done: str, half: bool, timely: bool
) -> None:
    item = outcome(rule, f"{values} – –", value).item
    road = Road(type(item)(**{**vars(item), "row": item.history[2023]}))
    assert (str(road.time), str(road.done), road.is_half, road.is_timely) == ("60", done, half, timely)


def test_what_must_hold_every_year_has_no_way_to_go() -> None:
    item = outcome("at_least", "20 30 40 50 – –", "80", every_year=True).item
    assert Road(item).done == "不适用"


# --- the golden district, half of its plan's time over in 2022 (tests/golden/README.md) ---


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = home_in(tmp_path_factory.mktemp("midterm"))
    plan = folder / "expectations" / "plans" / "demo_women_2021" / "plan.yml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("end: 2025", "end: 2023"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(folder))
        patch.setattr(pdf, "press", unpressed)
        made = pipeline.make(MIDTERM, None, "990101", quietly)
        assert (made.year, made.unpublished) == (2022, "")
        assert made.counts["targets"]["达标困难"] == 2
    yield folder


@pytest.fixture(scope="module")
def evaluated(home: Path) -> Path:
    return home / "output" / "990101" / "2022" / "midterm"


def targets(folder: Path) -> list[dict[str, str]]:
    with (folder / "targets.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_both_editions_stand_in_a_folder_of_their_own(evaluated: Path) -> None:
    assert {p.name for p in evaluated.parent.iterdir()} == {"midterm"}
    for folder, audience in ((evaluated, "internal"), (evaluated / "public", "public")):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert (manifest["kind"], manifest["audience"], manifest["year"]) == ("midterm", audience, 2022)
        assert {"report.pdf", "report.html", "report.xlsx", "report.json", "sdmx.csv", "targets.csv", "changes.csv",
                "sexes_change.csv", "methods.txt", "figures.csv"} <= {p.name for p in folder.iterdir()}  # fmt: skip
    head = json.loads((evaluated / "report.json").read_text(encoding="utf-8"))["head"]
    assert head["title"] == "示例区妇女发展规划中期评估报告"
    assert not (evaluated / "feedback").exists()  # the annual report answers the departments


def test_the_progress_of_the_golden_district(evaluated: Path) -> None:
    found = {(r["条目"], r["指标"]): r["任务进度（%）"] for r in targets(evaluated)}
    assert found["目标1.2", "宫颈癌筛查率"] == "已达要求"  # 66.67 → 70.00, as asked
    assert found["目标2.1", "女党员比例"] == "60.0"  # 30 → 33 of 35
    assert found["目标1.2", "宫颈癌筛查率（最低）"] == "基期已达"  # 62.5 of 60 in 2020
    assert found["目标1.1", "孕产妇死亡率"] == "不适用"  # single deaths are no way
    assert found["目标1.4", "女性经常参加体育锻炼人数比例"] == "未报送"


def test_a_second_reader_and_the_evaluation_itself_find_no_fault(home: Path, evaluated: Path) -> None:
    mine, left = read(home, "990101", 2022, GOLDEN_WORDS)
    assert left == []
    for folder, public in ((evaluated, False), (evaluated / "public", True)):
        found = compare.edition(mine, folder, public)
        assert found.differences == []
        assert found.counts["targets.csv"] == 32
        assert contradictions.edition(folder)[1] == []


def composed(home: Path, folder: Path, change: str = "") -> str:
    catalog = load("990101", home / "expectations")
    with changed(home, change or "select 1") as con:
        made = MIDTERM.of(Facts(con, catalog, 2022))
        made.tables()
        html = dict(report.compose(made, folder))["report"]
    assert list(binding.read(html, made.words).problems) == []
    assert not re.search(r"\b(None|nan|inf|unknown|not_received)\b", re.sub(r"<[^>]+>", "", html))
    return html


def test_the_text_of_the_midterm_evaluation(home: Path, tmp_path: Path, same: Same) -> None:
    same(text(composed(home, tmp_path)), "midterm.txt")


ALL_MET = (
    "update out_assessments set verdict = 'met_early', met = true, reason = null, worsened = false, fragile = false "
    "where verdict in ('behind', 'away', 'missed_year')"
)
NOTHING = (
    "update out_assessments set value = null, threshold = null, met = null, baseline = null, change_baseline = null, "
    "verdict = 'unknown', reason = 'not_received', method = null "
    "where verdict not in ('carried_out', 'in_progress', 'not_started')"
)


@pytest.mark.parametrize(
    ("change", "said", "unsaid"),
    [
        ("", "可评价的5项数值型目标中，2项提前达标或进展正常，3项进展滞后", "没有落后于规划要求的"),
        (ALL_MET, "没有落后于规划要求的", "慢于时间进度"),
        (NOTHING, "尚不具备评价条件", "任务过半的"),
    ],
    ids=["as it is", "nothing behind", "nothing judged"],
)
def test_odd_input_stands_and_says_what_there_is(
    change: str, said: str, unsaid: str, home: Path, tmp_path: Path
) -> None:
    html = text(composed(home, tmp_path, change))
    assert said in html
    assert unsaid not in html


# --- which year ---


@pytest.mark.parametrize(
    ("start", "end", "year"), [(2021, 2025, 2023), (2011, 2020, 2015), (2021, 2030, 2025), (2021, 2023, 2022)]
)
def test_half_of_a_plan_is_over_in_its_middle_year(start: int, end: int, year: int) -> None:
    [plan] = load("990101", GOLDEN / "expectations").plans
    assert MIDTERM.once
    assert MIDTERM.once.year(plan.head.model_copy(update={"start": start, "end": end})) == year


@pytest.mark.parametrize(
    ("year", "message"),
    [
        (None, "规划尚未过半，或过半年份没有报送登记（过半年份：示例区妇女发展规划2023年）"),
        (2022, "2022年没有过半的规划（过半年份：示例区妇女发展规划2023年）；其他年份请用 ./monitor annual 2022"),
        (2023, "2023年没有报送登记"),
    ],
)
def test_no_other_year_is_evaluated(
    year: int | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(linked(tmp_path)))
    with pytest.raises(MendableError, match=re.escape(message)):
        pipeline.due(MIDTERM, year, "990101")


def test_each_option_of_the_page_finds_a_target(evaluated: Path) -> None:
    for folder in (evaluated, evaluated / "public"):
        options, vain = offered_in_vain((folder / "report.html").read_text(encoding="utf-8"))
        assert (options > 5, vain) == (True, [])

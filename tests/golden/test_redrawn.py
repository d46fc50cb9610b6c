"""A merger and a split, to the printed reports: the golden district with its areas redrawn in 2022.

Until 2021 西镇 was two: 西镇 and 北镇. In 2022 新街道 was split from 东街道. The district's own figures are those of the golden
edition, whatever its areas are.
"""

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from expectations.catalog import load
from flows import compute, pipeline
from flows.desk import trial
from flows.press import pdf
from flows.report.facts import Facts
from flows.report.kinds import KINDS, review
from tests.fixtures.homes import GOLDEN_WORDS, home_in
from tests.fixtures.printed import unpressed
from tests.fixtures.warehouses import golden_warehouse
from tests.second_reader import compare, contradictions
from tests.second_reader.__main__ import read

Once = Callable[[str, Callable[[Path], object]], Path]

NORTH = "  - {code: '990101102', name: 北镇, kind: town, until: 2021, merged_into: '990101101'}\n"
NEW = "  - {code: '990101002', name: 新街道, kind: subdistrict, since: 2022, split_from: '990101001'}\n"
ROWS = {
    2020: ("2020,990101101,西镇,300,0,400,250,80,10\n",
           "2020,990101101,西镇,200,0,300,200,50,6\n2020,990101102,北镇,100,0,100,50,30,4\n"),
    2021: ("2021,990101101,西镇,320,0,400,266,80,9\n",
           "2021,990101101,西镇,220,0,300,200,50,5\n2021,990101102,北镇,100,0,100,66,30,4\n"),
    2022: ("2022,990101001,东街道,500,1,800,570,120,14\n",
           "2022,990101001,东街道,400,1,600,450,90,10\n2022,990101002,新街道,100,0,200,120,30,4\n"),
}  # fmt: skip
"""Year → the row of the golden file, and the rows in its place: of the same sum."""


def redraw(folder: Path) -> None:
    home = home_in(folder)
    path = home / "expectations/districts/990101.yml"
    path.write_text(path.read_text(encoding="utf-8") + NORTH + NEW, encoding="utf-8")
    for year, (old, new) in ROWS.items():
        raw = home / "raw/990101" / str(year)
        register = yaml.safe_load((raw / "deliveries.yml").read_text(encoding="utf-8"))
        entry = next(e for e in register["deliveries"] if e["dataset"] == "maternal_health")
        file = raw / entry["file"]
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
        entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        (raw / "deliveries.yml").write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(home))
        patch.setattr(pdf, "press", unpressed)
        pipeline.make(KINDS["annual"], 2022, "990101", lambda title, stage, *args, **kwargs: stage(*args, **kwargs))


@pytest.fixture(scope="module")
def redrawn(once: Once) -> Path:
    return once("redrawn", redraw) / "output/990101/2022/annual"


def table(folder: Path, name: str) -> list[list[str]]:
    with (folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_the_district_is_what_it_was(edition: Path, redrawn: Path) -> None:
    """What is told of it as a whole does not depend on how it is divided."""
    golden, now = ([r for r in table(folder, "indicators.csv") if r[2] in {"地区代码", "990101"}]
                   for folder in (edition, redrawn))  # fmt: skip
    assert now == golden
    assert not [f for f in json.loads((redrawn / "report.json").read_text(encoding="utf-8"))["indicators"]
                if f not in json.loads((edition / "report.json").read_text(encoding="utf-8"))["indicators"]]  # fmt: skip


def test_past_figures_are_put_together_in_the_areas_of_today(redrawn: Path) -> None:
    """西镇 with 北镇: 250 of 400 in 2020, 266 of 400 in 2021, 270 of 400 in 2022; 10 of 80, 9 of 80, 9 of 80."""
    header, *listed = table(redrawn, "redrawn.csv")
    assert header == ["街镇", "指标", "2020年", "2021年", "2022年", "比2020年增减", "比2021年增减"]
    screening = {name: row for name, indicator, *row in listed if indicator == "宫颈癌筛查率（%）"}
    broken = ["口径变化", "口径变化"]
    assert screening == {
        "东街道": [*broken, "75.00", "不可比", "不可比"],
        "西镇": ["62.50", "66.50", "67.50", "5.00", "1.00"],
        "新街道": [*broken, "60.00", "不可比", "不可比"],
    }
    [anaemia] = [row for name, indicator, *row in listed if (name, indicator) == ("西镇", "孕产妇贫血患病率（%）")]
    assert anaemia == ["12.5", "11.2", "11.2", "-1.2", "0.0"]


def test_a_sum_tells_nothing_that_its_parts_do_not_tell(redrawn: Path) -> None:
    """4 anaemic mothers of 北镇 are kept back in the public edition: then 10 of the two towns are no sum to print."""
    _, *listed = table(redrawn / "public", "redrawn.csv")
    rows = {(name, indicator): row for name, indicator, *row in listed}
    anaemic = rows["西镇", "孕产妇贫血患病率（%）"]
    assert anaemic[:2] == anaemic[3:] == ["数据保护", "数据保护"]  # and not 不可比: the caliber is the same
    assert rows["东街道", "宫颈癌筛查率（%）"][3:] == ["不可比", "不可比"]
    assert rows["西镇", "宫颈癌筛查率（%）"] == ["62.50", "66.50", "67.50", "5.00", "1.00"]


def test_the_lowest_area_of_a_year_is_one_of_that_year(redrawn: Path) -> None:
    """Lowest: 北镇 50 (2020) and 66 (2021), 新街道 60 (2022), which no earlier year can be compared with."""
    made = json.loads((redrawn / "report.json").read_text(encoding="utf-8"))
    [target] = [t for t in made["targets"] if t["rule"] == "every_place_at_least"]
    assert {year: point["value"] for year, point in target["series"].items()} == {"2020": 50, "2021": 66, "2022": 60}
    assert (target["verdict"], target["places_total"], target["places_met"]) == ("met_early", 3, 3)
    assert (target["change_previous"], target["change_baseline"], target["trend"]) == (None, None, None)
    [whole] = [t for t in made["targets"] if t["id"].endswith("cervical_screening")]
    assert (round(whole["change_previous"], 6), round(whole["change_baseline"], 6)) == (2, 3.333333)


def test_evaluations_of_whole_plans_say_it_too(redrawn: Path) -> None:
    home = redrawn.parents[3]
    catalog = load("990101", home / "expectations")
    with golden_warehouse(home) as con:
        facts = Facts(con, catalog, 2022)
        [adjusted] = review._breaks(facts)
    assert (adjusted["since"], adjusted["bridge"], str(adjusted["name"])) == (2022, "—", "区划调整")
    assert "北镇并入西镇" in str(adjusted["note"])


def test_the_report_says_what_was_redrawn(redrawn: Path) -> None:
    said = "".join(
        "".join((redrawn / f"{paper}.txt").read_text(encoding="utf-8") for paper in ("report", "data")).split()
    )
    assert "北镇并入西镇，此前年度的西镇按2022年区划合并计算后比较；新街道由东街道分设，" in said
    assert said.count("自2022年起区划调整，该指标与此前年度不可比") == 1  # only the promise for each area
    assert "每个街镇≥60%●提前达标（与2022年以前不可比）" in said  # beside 50.00 and 66.00
    assert "≥70%●提前达标（基期已达到）100.0" in said or "≥70%●提前达标100.0" in said
    assert "北镇" not in "".join(",".join(row) for row in table(redrawn, "areas.csv"))
    [north] = [r for r in table(redrawn, "indicators.csv") if r[:3] == ["宫颈癌筛查率", "2022", "990101102"]]
    assert north[-1] == "不适用"


@pytest.mark.parametrize("part", ["", "public"])
def test_the_second_reader_makes_the_same_of_it(redrawn: Path, part: str) -> None:
    """It knows of areas that came and went what their records say, and nothing of the product's rules."""
    mine, left = read(redrawn.parents[3], "990101", 2022, GOLDEN_WORDS)
    assert left == []
    found = compare.edition(mine, redrawn / part, public=bool(part))
    assert found.differences == []
    assert (found.counts["report.json 评价"], found.counts["report.json 指标"]) == (16, 69)
    assert contradictions.edition(redrawn / part)[1] == []


GONE, UNLISTED = "2022,990101102,北镇,100,0,100,66,30,4\n", "2022,990101199,南镇,10,0,10,5,3,1\n"
WHOLE = "2022,990101,合计,810,1,1210,845,203,24\n"


@pytest.mark.parametrize(
    ("rows", "district", "west"),
    [
        ("", 70.0, 67.5),
        (GONE, None, None),  # whose are they?
        ("2022,990101102,北镇,0,0,0,0,0,0\n", 70.0, 67.5),
        (UNLISTED, None, 67.5),
        (UNLISTED + WHOLE, 84500 / 1210, 67.5),
        (WHOLE.replace("1210,845", "1200,840"), 70.0, 67.5),
    ],
    ids=["sound", "gone", "gone and empty", "unlisted", "unlisted with a whole", "a whole"],
)
def test_both_readers_know_what_a_row_of_no_area_costs(
    redrawn: Path, tmp_path: Path, rows: str, district: float | None, west: float | None
) -> None:
    home = Path(
        shutil.copytree(redrawn.parents[3], tmp_path / "home", ignore=shutil.ignore_patterns("output", "warehouse"))
    )
    folder = home / "raw/990101/2022"
    register = yaml.safe_load((folder / "deliveries.yml").read_text(encoding="utf-8"))
    register["deliveries"] = [e for e in register["deliveries"] if e["dataset"] == "maternal_health"]
    [entry] = register["deliveries"]
    file = folder / entry["file"]
    file.write_text(file.read_text(encoding="utf-8") + rows, encoding="utf-8")
    entry["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "deliveries.yml").write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
    catalog = load("990101", home / "expectations")
    with trial.received(catalog, home / "raw", range(2022, 2023)) as con:
        compute.indicators(con, catalog)
        theirs = {
            tuple(place): (value, state)
            for *place, value, state in con.execute(
                "select indicator, year, area, institution, sex, part, value, state from out_indicators "
                "where indicator in ('cervical_screening', 'maternal_anaemia')"
            ).fetchall()
        }
    mine, _ = read(home, "990101", 2022, GOLDEN_WORDS)
    mine_of = {
        key: (None if v.value is None else pytest.approx(float(v.value)), v.state)
        for key, v in mine.figures.items()
        if key[0] in {"cervical_screening", "maternal_anaemia"} and key[1] == 2022
    }
    assert theirs == mine_of
    screening = {key[2]: value for key, (value, _) in theirs.items() if key[0] == "cervical_screening"}
    assert screening["990101"] == (None if district is None else pytest.approx(district))
    assert screening["990101101"] == (None if west is None else pytest.approx(west))

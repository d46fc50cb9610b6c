"""From nothing to the first annual report of an invented district, by the commands that a newcomer types."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from expectations.catalog import MARK, load
from flows.places import PROJECT
from tests.fixtures.homes import told

DISTRICT = "990301"
PLAN = PROJECT / "docs" / "examples" / "plan.txt"
FIGURES = {
    "孕产妇保健和健康情况表": ("{year},3000,0,2750", "{year},3000,0,2800"),
    "县卫生健康委数据表": ("{year},2900", "{year},2980"),
    "妇女两癌和常见病筛查情况表": ("{year},40000,26000", "{year},40000,29000"),
    "目标进展情况表": ("", "{year},妇女规划,目标1.3,推进中,县妇幼保健院新院区开诊,县妇幼保健院年报"),
}
"""Form → its row of the baseline year and of the first year of the plan."""


def do(*words: str, code: int = 0) -> str:
    done = told(*words)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def confirmed(home: Path) -> int:
    """What a person does who has looked at every mark and found it right."""
    marks = 0
    for path in home.rglob("*.yml"):
        text = path.read_text(encoding="utf-8")
        marks += text.count(MARK)
        path.write_text(re.sub(rf"[ ]*{MARK}.*", "", text), encoding="utf-8")
    return marks


def test_a_new_district_comes_to_its_first_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    assert "下一步" in do(
        "new", "district", DISTRICT, "--name", "云岭县", "--year", "2025", "--to", str(home), "--simulated"
    )
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(home))
    assert "没有读懂的0个" in do("adopt", str(PLAN), "--name", "women_2026")
    assert "草稿尚未确认" in do("plan", "--district", DISTRICT, code=2)
    assert confirmed(home) == 27
    assert "没有报表提供 'maternal_deaths'" in do("plan", "--district", DISTRICT, code=2)
    do("new", "form", "--district", DISTRICT)
    assert confirmed(home) == 4
    assert "孕产妇住院分娩率" in do("plan", "--district", DISTRICT)
    assert "没有要生成的" in do("new", "form", "--district", DISTRICT)
    catalog = load(DISTRICT, home / "expectations")
    for n, year in enumerate((2025, 2026)):
        for key, dataset in catalog.datasets.items():
            if row := FIGURES[dataset.title][n].format(year=year):
                do("template", key, str(year), "--district", DISTRICT, "--to", str(tmp_path / str(year)))
                (form,) = (tmp_path / str(year)).glob(f"*{dataset.title}*.csv")
                header = form.read_text(encoding="utf-8-sig").splitlines()[0]
                form.write_text(f"{header}\n{row}\n", encoding="utf-8")
                came = min(date.today(), date(year + 1, 3, 1))  # no file can come on a day that is still to come
                do("receive", str(form), "--district", DISTRICT, "--date", str(came))
    do("annual", "2026", "--district", DISTRICT, "--no-prefect")
    report = json.loads((home / "output" / DISTRICT / "2026" / "annual" / "report.json").read_text(encoding="utf-8"))
    assert "云岭县" in json.dumps(report, ensure_ascii=False)
    assert (home / "output" / DISTRICT / "2026" / "annual" / "public" / "report.pdf").is_file()


def test_what_is_typed_wrong_or_stands_already_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = ("--year", "2025", "--to", str(tmp_path))
    assert "应为六位数字" in do("new", "district", "9903", "--name", "云岭县", *home, code=2)
    do("new", "district", DISTRICT, "--name", "云岭县", *home)
    assert "已经有了，没有改动" in do("new", "district", DISTRICT, "--name", "云岭县", *home, code=2)
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    period = ("--title", "云岭县妇女规划", "--from", "2026", "--until", "2030")
    assert "应为小写英文字母" in do("new", "plan", "Women 2026", *period, code=2)
    assert "早于第一年" in do("new", "plan", "women_2026", *period[:-1], "2020", code=2)
    do("new", "plan", "women_2026", *period)
    assert "草稿尚未确认" in do("new", "form", "--district", DISTRICT, code=2)
    confirmed(tmp_path)
    do("new", "form", "--district", DISTRICT)
    confirmed(tmp_path)
    assert "控制孕产妇死亡率" in do("plan", "--district", DISTRICT)


def test_a_home_that_is_named_is_the_one_that_is_read(tmp_path: Path) -> None:
    """Without PLAN_MONITOR_HOME: `--to` says which home, and that home says which district."""
    home = ("--to", str(tmp_path))
    do("new", "district", DISTRICT, "--name", "云岭县", "--year", "2025", *home)
    do("new", "plan", "women_2026", "--title", "云岭县妇女规划", "--from", "2026", "--until", "2030", *home)
    confirmed(tmp_path)
    assert f"{tmp_path / 'expectations' / 'datasets' / 'health.yml'}" in do("new", "form", *home)

"""Every kind of mistake that a person makes in a YAML file, and the answer to it: tests/spec/mistakes.csv.

Each is made in the golden district's home, which is sound before. With --renew the answers are written anew: read them.
"""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from expectations import catalog
from expectations.agreement import targets
from expectations.catalog import CatalogError
from expectations.rules import RULES
from flows.adopt import schemas
from flows.ingest import register
from flows.places import PROJECT, default_district
from tests.fixtures.homes import GOLDEN

LIST = Path(__file__).parent / "mistakes.csv"
HEADER = ("mistake", "file", "stands", "written", "answer")
with LIST.open(encoding="utf-8", newline="") as _list:
    MISTAKES: list[dict[str, str]] = list(csv.DictReader(_list))
SHIPPED = ("checks.yml", "codes.yml")
"""Files of the program: no home has its own."""
REGISTER = "raw/990101/2022/deliveries.yml"
BESIDE = {
    "words.yml": "{}\n",
    "corrections/990101.yml": """corrections:
  - {year: 2022, dataset: maternal_health, column: 活产数, line: 2, expect: "201", value: "210", reason: 录入时数字颠倒,
     by: 张某（区卫生健康委）, until: 2026-12-31}
overrides:
  - {year: 2022, dataset: maternal_health, rule: jump, reason: 经核实无误, by: 张某（区卫生健康委）, until: 2026-12-31}
""",
}
"""Files that the golden district has not, and could have."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a file of every kind, the program's own among them."""
    own = Path(shutil.copytree(GOLDEN / "expectations", tmp_path / "expectations"))
    for name, text in BESIDE.items():
        (own / name).parent.mkdir(exist_ok=True)
        (own / name).write_text(text, encoding="utf-8")
    for name in SHIPPED:
        shutil.copyfile(PROJECT / "expectations" / name, own / name)
    (tmp_path / REGISTER).parent.mkdir(parents=True)
    shutil.copyfile(GOLDEN / REGISTER, tmp_path / REGISTER)
    (tmp_path / "plan-monitor.yml").write_text('district: "990101"\n', encoding="utf-8")
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.delenv("PLAN_MONITOR_DISTRICT", raising=False)
    monkeypatch.setattr(catalog, "HOME", own)
    monkeypatch.setattr(catalog, "_shipped", dict)  # a home's own indicators are enough
    return tmp_path


def read(home: Path) -> list[str]:
    """Read every file of a home; what is told of the first that is wrong."""
    try:
        catalog.load(default_district(), home / "expectations")
        register.read(home / REGISTER, home / "raw")
    except CatalogError as error:
        return str(error).splitlines()
    return []


def test_the_home_is_sound(home: Path) -> None:
    assert read(home) == []


@pytest.mark.parametrize(
    ("rule", "words", "against"),
    [
        ("narrow_gap", "不再扩大", ""),
        ("narrow_gap", "由扩大转为缩小", ""),
        ("narrow_gap", "防止差距扩大", ""),
        ("narrow_gap", "提高女性水平，缩小差距", ""),
        ("narrow_gap", "不断扩大", "扩大"),
        ("increase", "不再下降", ""),
        ("increase", "由下降转为上升", ""),
        ("increase", "不再上升", "不再上升"),
        ("increase", "扭转上升趋势", "扭转上升"),
        ("increase", "扭转下降趋势", ""),
        ("decrease", "不再上升", ""),
        ("decrease", "扭转上升趋势", ""),
        ("decrease", "不再下降", "不再下降"),
        ("decrease", "由下降转为上升", "上升"),
        ("slow_increase", "上升趋势减缓", ""),
        ("hold", "不上升", ""),
    ],
)
def test_only_words_that_say_the_other_way_alone_are_against_a_rule(rule: str, words: str, against: str) -> None:
    assert targets.opposite(RULES[rule], words) == against


@pytest.mark.parametrize(
    ("rule", "words", "weaker"),
    [
        ("increase", "不再下降", "不再下降"),
        ("decrease", "不上升", "不上升"),
        ("decrease", "防止上升", "防止上升"),
        ("increase", "不再下降、稳步提高", ""),
        ("increase", "扭转下降趋势", ""),
        ("narrow_gap", "不再扩大", ""),  # no rule keeps a distance as it is
        ("hold", "不下降", ""),
    ],
)
def test_words_that_only_bar_the_other_way_are_no_direction(rule: str, words: str, weaker: str) -> None:
    assert targets.weaker(RULES[rule], words) == weaker


def test_there_are_many_and_each_is_another() -> None:
    assert len({m["mistake"] for m in MISTAKES}) == len(MISTAKES) > 100
    kinds = {re.sub(r"^plans/\w+/(?=plan)|(?<=/)[^/]+$", "", m["file"]) for m in MISTAKES}
    assert len(kinds) == 12


def test_every_pattern_is_told_in_words() -> None:
    found = re.findall(r'"pattern": ("(?:[^"\\\\]|\\\\.)*")', "".join(map(schemas.text, schemas.KINDS)))
    assert {json.loads(pattern) for pattern in found} <= catalog.FORMS.keys()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m["mistake"])
def test_a_mistake_is_answered(home: Path, mistake: dict[str, str], renew: bool) -> None:
    inside = mistake["file"] if (home / mistake["file"]).exists() else f"expectations/{mistake['file']}"
    path = home / inside
    text = path.read_text(encoding="utf-8")
    assert mistake["stands"] in text
    path.write_text(text.replace(mistake["stands"], mistake["written"], 1), encoding="utf-8")
    told = read(home)
    if renew:
        _write(mistake, "\n".join(told))
    assert told == mistake["answer"].splitlines() != []
    for line in told:
        assert re.match(r"\S+\.yml 第\d+行", line)
        words = re.sub(r"'[^']*'|\./monitor [a-z ]+|\S+\.yml|\S*_\S*", "", line)
        assert not re.search("[A-Za-z]{2,} [A-Za-z]{2,}|tuple|Traceback", words)


def _write(mistake: dict[str, str], answer: str) -> None:
    mistake["answer"] = answer
    with LIST.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER, lineterminator="\n")
        writer.writeheader()
        writer.writerows(MISTAKES)

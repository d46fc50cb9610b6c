"""What a table or a list is called is true of every row in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from expectations.catalog import load
from flows.places import TEMPLATES
from flows.press import pdf
from flows.report.draw.drawings import Drawings
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.papers import brief
from flows.report.write.changes import UNCOMPARED
from tests.fixtures.homes import GOLDEN
from tests.fixtures.printed import text
from tests.fixtures.warehouses import changed

PLAN = "demo_women_2021"
ASKED = f"{PLAN}.g1.1.maternal_mortality"
UNLIKELY = (
    f"insert into out_warnings values ('{PLAN}.g2.1.women_party_members', 2022, 'miss', 'light', 'lag', 'unlikely', 2022, "
    "null, null, null, null)"
)


def page(golden: Path, folder: Path, expectations: Path, *changes: str) -> str:
    """The annual report of the golden district as text, and the conclusions of its brief."""
    with changed(golden, *changes) as con:
        made = KINDS["annual"].of(Facts(con, load("990101", expectations), 2022))
        told = pdf.html(TEMPLATES, "annual.html", {**made.context(Drawings(folder)), "changes": UNCOMPARED})
        return text(told + "".join(f"<p>{said}</p>" for said in brief._standing(made, made.glance())))


@pytest.fixture(scope="module")
def plain(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return page(golden, tmp_path_factory.mktemp("plain"), GOLDEN / "expectations", UNLIKELY)


@pytest.fixture(scope="module")
def twice(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A measure of the only plan asks what one of its goals asks, as 策略1.13 and 目标1.10 of the shipped district do."""
    expectations = tmp_path_factory.mktemp("twice") / "expectations"
    shutil.copytree(GOLDEN / "expectations", expectations)
    health = expectations / "plans" / PLAN / "1_health.yml"
    same = "    targets:\n      - {indicator: maternal_mortality, rule: at_most, value: 20, every_year: true}\n"
    health.write_text(health.read_text(encoding="utf-8").rstrip("\n") + "\n" + same, encoding="utf-8")
    [repeated] = {p.id for p in load("990101", expectations).promises()} - {
        p.id for p in load("990101", GOLDEN / "expectations").promises()
    }
    again = f"insert into out_assessments by name select * replace ('{repeated}' as target) from out_assessments where target = '{ASKED}'"
    yield page(golden, tmp_path_factory.mktemp("drawn"), expectations, again)


def test_a_table_of_warnings_has_the_name_of_the_warning(plain: str) -> None:
    """A target that is 预期可达标 stands there, too: 预计达标困难的指标 would contradict its row."""
    table = plain.split("“预计达标困难”预警\n", 1)[1].split("预警年份", 1)[0]
    assert "预期可达标" in table and "本年未达标" in table
    assert "预计达标困难的指标" not in plain


def test_two_clauses_of_one_plan_that_ask_the_same_are_said_to_be_one(twice: str) -> None:
    assert "未达进度的目标要求相同，合为1项。" in twice
    assert "未达进度的2项，要求相同的合为一项后为1项（下同）" in twice
    assert "不同规划要求相同" not in twice


def test_where_nothing_is_merged_nothing_is_said_of_it(plain: str) -> None:
    assert "未达进度的目标共1项。" in plain
    assert "合为一项" not in plain


def test_the_table_of_all_forms_has_a_number_and_a_name(plain: str) -> None:
    assert "　2022年各报表报送情况\n部门\t报表\t版本" in plain

"""What a problem's paragraph says, in its order: what and since when, why, what the plan provides, who is asked by when."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from expectations.catalog import load
from flows.press.bound import Quote
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.say import problems
from flows.report.say.problems import Request
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import changed

CATALOG = load("990101", GOLDEN / "expectations")
PLAN = "demo_women_2021"
MEMBERS, DELEGATES = f"{PLAN}.g2.1.women_party_members", f"{PLAN}.g2.2.women_delegates"
SHORT = f"update out_assessments set verdict = 'behind', met = false where year = 2022 and target = '{MEMBERS}'"
BEFORE = f"update out_assessments set verdict = 'behind', met = false where year = 2021 and target = '{MEMBERS}'"
DUE, END = "2023年7月30日", date(2025, 12, 31)


def told(golden: Path, asked: Request, *changes: str, targets: Sequence[str] = (MEMBERS,)) -> list[str]:
    with changed(golden, *changes) as con:
        facts = Facts(con, CATALOG, 2022)
        narrator = KINDS["annual"].of(facts).narrator
        items = [item for target in targets for item in facts.items if item.id == target]
        return [str(problem.text.striptags()) for problem in problems.told(narrator, items, asked)]


def test_what_why_what_for_and_by_when(golden: Path) -> None:
    [text] = told(golden, Request({}, DUE, {MEMBERS: END}), SHORT, BEFORE)
    stands, request, rest = text.split("。")
    assert stands == "本年为33.0%，还差2名女性党员，2021年起连续未达进度"
    assert request.startswith("由区委组织部牵头")
    assert rest == ""


def test_who_has_explained_is_not_asked_again(golden: Path) -> None:
    said = {(MEMBERS, "miss"): Quote("存量党员性别结构变化慢", "2021/ledger@organization/v1")}
    [text] = told(golden, Request(said, DUE, {MEMBERS: END}), SHORT)
    assert "部门说明：存量党员性别结构变化慢。" in text
    assert text.endswith("按报送的措施推进。")


def asked_of_all(golden: Path, asked: Request) -> str:
    """What is told once for all problems."""
    with changed(golden) as con:
        facts = Facts(con, CATALOG, 2022)
        items = [i for i in facts.items if i.id in (MEMBERS, DELEGATES)]
        return str(problems.asked_of_all(KINDS["annual"].of(facts).narrator, items, asked).striptags())


def test_what_all_are_asked_for_is_told_once(golden: Path) -> None:
    said = {(MEMBERS, "miss"): Quote("存量党员性别结构变化慢", "2021/ledger@organization/v1")}
    days = {MEMBERS: END, DELEGATES: END}
    usual = "整改期限除另有注明外，为2025年12月31日。"
    due = "请于2023年7月30日前连同整改措施一并报送。"
    assert asked_of_all(golden, Request({}, DUE, days)) == f"各项原因待牵头部门说明，{due}{usual}"
    assert asked_of_all(golden, Request(said, DUE, days)) == f"未附部门说明的，原因待牵头部门说明，{due}{usual}"
    both = {**said, (DELEGATES, "miss"): Quote("换届时未提名", "2021/ledger@organization/v1")}
    assert asked_of_all(golden, Request(both, DUE, days)) == usual
    assert asked_of_all(golden, Request({}, "", days)) == ""


def test_another_day_than_most_have_is_told_with_its_problem(golden: Path) -> None:
    other = date(2024, 12, 31)
    days = {MEMBERS: END, DELEGATES: other}
    texts = told(golden, Request({}, DUE, days), SHORT, targets=(MEMBERS, DELEGATES))
    assert [text.endswith("，整改期限为2025年12月31日。") for text in texts] == [True, False]


def test_a_first_year_is_no_row_of_years(golden: Path) -> None:
    assert "年起连续" not in told(golden, Request({}, DUE, {}), SHORT)[0]


def test_nobody_is_asked_in_public(golden: Path) -> None:
    """Nor are people counted there."""
    [text] = told(golden, Request({}, "", {}), SHORT, "update meta_audience set audience = 'public'")
    assert "部门" not in text.replace("牵头部门", "") and "名女性" not in text
    assert text.startswith("本年为33.0%，还差2.0个百分点")


@pytest.mark.parametrize("same", [True, False])
def test_those_of_whom_the_same_is_asked_are_told_together(golden: Path, same: bool) -> None:
    """The same department, the same action, the same day."""
    end = END if same else date(2023, 12, 31)
    asked = Request({}, DUE, {MEMBERS: END, DELEGATES: end})
    found = told(golden, asked, SHORT, SHORT.replace(MEMBERS, DELEGATES), targets=(MEMBERS, DELEGATES))
    assert len(found) == (1 if same else 2)
    if same:
        assert found[0].startswith("女党员比例本年为33.0%，还差2名女性党员；")

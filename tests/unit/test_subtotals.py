"""A row is a subtotal if its key says so; what a remark says is no reason to leave a place out."""

from collections.abc import Mapping

import pytest

from tests.fixtures.deliveries import BASE, YEAR, deliver, sent, taken_in

pytestmark = pytest.mark.usefixtures("lent")

REMARKS = "\n".join(
    line + more
    for line, more in zip(BASE["births"].splitlines(), (",{title}", ",", ",{words}", ","), strict=True)
)  # fmt: skip
SPEC = [
    # title, words of the line of 西桥镇      the lines whose figures are used
    ("备注", "学校汇总", {2, 3, 4}),
    ("备注", "小计", {2, 3, 4}),
    ("数据来源", "各村小计", {2, 3, 4}),  # a column that the form does not have
    ("备注", "已核", {2, 3, 4}),
    ("", "小计", {2, 4}),  # where a program writes the sum of its groups
]


Lines = tuple[set[int], set[int]]
"""The lines whose cells are used, and those that are left out as subtotals."""
FORMS = {
    "a statement": BASE["progress"].replace("年度工作总结", "全区学校汇总"),  # first: while a plan is in force
    "a name": BASE["births"].replace("西桥镇", "西桥镇 汇总").replace("990201101", ""),
    "an item": "年份,街镇,指标,数值\n2024,东风街道,活产数,300\n2024,东风街道,小计,303\n2024,东风街道,死亡人数,3\n",
    **{f"{title}: {words}": REMARKS.format(title=title, words=words) for title, words, _ in SPEC},
}


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory, lent: None) -> Mapping[str, Lines]:
    """What is used of each form; each stands in a data year of its own."""
    raw, years = tmp_path_factory.mktemp("raw"), dict(enumerate(FORMS, YEAR))
    for year, name in years.items():
        deliver(raw, year, [sent("progress" if name == "a statement" else "births", FORMS[name])])
    found: Mapping[str, Lines] = {name: (set(), set()) for name in FORMS}
    with taken_in(raw, years) as con:
        for place, query in enumerate((
            "select year, line from core_observations union select year, line from core_statements",
            "select year, line from out_findings where rule = 'subtotal'",
        )):  # fmt: skip
            for year, line in con.execute(query).fetchall():
                found[years[year]][place].add(line)
    return found


@pytest.mark.parametrize(("title", "words", "lines"), SPEC)
def test_a_remark_makes_no_subtotal(used: Mapping[str, Lines], title: str, words: str, lines: set[int]) -> None:
    assert used[f"{title}: {words}"] == (lines, {2, 3, 4} - lines)


@pytest.mark.parametrize("key", ["a name", "an item"])
def test_a_subtotal_in_a_key_is_left_out(used: Mapping[str, Lines], key: str) -> None:
    assert used[key] == ({2, 4}, {3})


def test_a_statement_may_end_like_a_subtotal(used: Mapping[str, Lines]) -> None:
    assert used["a statement"] == ({2}, set())

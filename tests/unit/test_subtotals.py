"""A row is a subtotal if its key says so; what a remark says is no reason to leave a place out."""

from pathlib import Path

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


def used(raw: Path, dataset: str, text: str) -> tuple[set[int], set[int]]:
    """The lines whose cells are used, and those that are left out as subtotals."""
    deliver(raw, YEAR, [sent(dataset, text)])
    with taken_in(raw, [YEAR]) as con:
        lines = con.execute("select line from core_observations union select line from core_statements").fetchall()
        left = con.execute("select line from out_findings where rule = 'subtotal'").fetchall()
    return {line for (line,) in lines}, {line for (line,) in left}


@pytest.mark.parametrize(("title", "words", "lines"), SPEC)
def test_a_remark_makes_no_subtotal(tmp_path: Path, title: str, words: str, lines: set[int]) -> None:
    assert used(tmp_path, "births", REMARKS.format(title=title, words=words)) == (lines, {2, 3, 4} - lines)


def test_a_subtotal_in_a_key_is_left_out(tmp_path: Path) -> None:
    text = BASE["births"].replace("西桥镇", "西桥镇 汇总").replace("990201101", "")
    assert used(tmp_path / "name", "births", text) == ({2, 4}, {3})
    items = "年份,街镇,指标,数值\n2024,东风街道,活产数,300\n2024,东风街道,小计,303\n2024,东风街道,死亡人数,3\n"
    assert used(tmp_path / "item", "births", items) == ({2, 4}, {3})


def test_a_statement_may_end_like_a_subtotal(tmp_path: Path) -> None:
    text = BASE["progress"].replace("年度工作总结", "全区学校汇总")
    assert used(tmp_path, "progress", text) == ({2}, set())

"""What a clause of a progress form reads that has no statement: whether it was sent at all."""

from pathlib import Path

from tests.fixtures.assessed import assessed
from tests.fixtures.deliveries import sent

HEAD = "年份,规划,条目,进展阶段,进展情况,佐证材料\n"
SOUND, ALSO, BAD = (
    "2024,妇女规划,目标1.1,推进中,开展宣传活动,年度工作总结\n",
    "2024,妇女规划,目标1.3,推进中,开展宣传活动,年度工作总结\n",
    "2024,妇女规划,目标1.2,搞定了,开展宣传活动,年度工作总结\n",
)
TARGETS = [f"{{rule: evidence, lead: health, ask: {what}的开展情况}}" for what in ("宣传", "培训", "服务")]


def told(folder: Path, *rows: str) -> list[tuple[str, str | None]]:
    con, _ = assessed(folder, TARGETS, {2020: [], 2021: [sent("progress", HEAD + "".join(rows))]})
    return con.execute("select verdict, reason from out_assessments where year = 2021 order by target").fetchall()


def test_a_clause_that_was_never_sent_is_not_rejected_with_another(tmp_path: Path) -> None:
    assert told(tmp_path, SOUND, BAD) == [("in_progress", None), ("unknown", "rejected"), ("unknown", "not_received")]


def test_clauses_that_were_sent_are_told_by_their_own_rows(tmp_path: Path) -> None:
    assert told(tmp_path, SOUND, ALSO) == [("in_progress", None), ("unknown", "not_received"), ("in_progress", None)]

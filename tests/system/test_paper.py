"""Whatever a department writes, both editions are printed; `python -m tests.benchmarks.paper` tries as much as there is
time for.
"""

import random
from datetime import date
from pathlib import Path

from expectations.catalog import load
from flows.desk import filing
from tests.benchmarks.paper import DISTRICT, YEAR, deliver, misread, printed

WRITTEN = "✅已完成\ue000；\u2028བོད་\ufffe🎉" + "宣" * 700
SHOWN = "✅已完成□（U+E000）；□（U+2028）□（U+0F56）□（U+0F7C）□（U+0F51）□（U+0F0B）□（U+FFFE）🎉宣宣"


def test_a_page_gives_back_every_text_that_is_printed(tmp_path: Path) -> None:
    assert misread(random.Random(1), 60, tmp_path) == []


def test_both_editions_are_printed_and_proved_whatever_was_written(tmp_path: Path) -> None:
    """`receive` has filed a file by the time that its text comes to the page: what it holds stops no run."""
    delivered = deliver(random.Random(2), tmp_path)
    catalog, sent = load(DISTRICT, delivered.home / "expectations"), tmp_path / "区卫生健康委-进展.csv"
    head = "年份,规划,条目,进展阶段,进展情况,佐证材料\n"
    sent.write_text(f"{head}{YEAR},妇女规划,目标1.5,已落实,{WRITTEN},总结\n", encoding="utf-8")
    [known] = filing.recognise(sent, catalog, filing.Wanted(sender="health")).known
    filed = filing.file(known, catalog, delivered.home / "raw", date(YEAR + 1, 5, 1), "补报\ue000")
    assert isinstance(filed, filing.Filed)
    assert filed.entry.file == "区卫生／健康委-目标进展情况表-第2版.csv"
    assert (delivered.home / "raw" / DISTRICT / str(YEAR) / filed.entry.file).read_bytes() == sent.read_bytes()
    ended = printed(delivered, filed.delivery)
    assert SHOWN in ended.report and "未印部分见原文件）（总结）" in ended.report
    assert not ended.silent
    told = [(row.rule, row.line, row.column) for row in ended.findings if row.severity == "warning"]
    assert told == [("unprintable", None, None), ("unprintable", 2, "进展情况"), ("cut", 2, "进展情况")]
    seven = "第2行“进展情况”列有7个字符（U+E000、U+2028、U+0F56、U+0F7C、U+0F51等）无法印制"
    assert seven in "".join(row.message for row in ended.findings)

"""What is wrong with a figure, by its kind: each has its own cure, and never that of another."""

from decimal import Decimal

import pytest

from expectations.records import Column
from flows.validate import numerals
from tests.fixtures.deliveries import CATALOG

PERSONS, SHARE, MONEY, BARE = (
    Column(measure="x", unit="人"),
    Column(measure="x", unit="%", decimals=1),
    Column(measure="x", unit="万元", decimals=2),
    Column.model_validate({"is": "value", "decimals": 2}),
)
FAULTS = [
    # as written, as staged where that is otherwise, column, what is there, how to mend it
    ("96.5%", "", PERSONS, "带有“%”", "请填以“人”为单位的数"),
    ("12‰", "", PERSONS, "带有“‰”", "请填以“人”为单位的数"),
    ("8元", "", SHARE, "带有“元”，不能换算为“%”", "请填以“%”为单位的数"),
    ("1千", "", MONEY, "带有“千”，不能换算为“万元”", "请填以“万元”为单位的数"),
    ("1 234", "", PERSONS, "空格", "请去掉空格"),
    ("5\n6", "", PERSONS, "空格或换行", "只留应填的一个"),
    ("-5", "", PERSONS, "是负数", "不小于0的数"),
    ("（200）", "-200", PERSONS, "括号", "请去掉括号"),
    ("39（合并单元格）", "39(合并单元格)", PERSONS, "不知是哪一格的数", "请取消合并"),
    ("39（被合并单元格遮住，看不见）", "39(被合并单元格遮住,看不见)", PERSONS, "遮住", "请取消合并"),
    ("公式尚未计算：=E3+1", "公式尚未计算:=E3+1", PERSONS, "公式没有算出结果", "打开并保存"),
    ("#DIV/0!", "", PERSONS, "公式出错", "改正公式"),
    ("12,34", "", PERSONS, "逗号的位置不对", "请去掉逗号"),
    ("2O0", "", PERSONS, "疑为“200”", "改为数字"),
    ("200.5", "", PERSONS, "有小数", "填整数"),
    ("0.031", "", PERSONS, "有小数", "核对计量单位"),
    ("80.55", "", SHARE, "小数位数过多", "不超过1位小数"),
    ("９９９９９９９９９９９９９９９９", "9" * 16, PERSONS, "位数过多", "编号"),
    ("2E+02", "", PERSONS, "科学记数法", "常规"),
    ("2024-03-05", "", PERSONS, "是日期或时间", "常规"),
    ("65（按格式显示为6.5）", "65(按格式显示为6.5)", PERSONS, "看到的不同", "常规"),
    ("180200（其中180有删除线）", "180200(其中180有删除线)", PERSONS, "有的字有删除线", "只留应报的数"),
    ("310（有删除线）", "310(有删除线)", PERSONS, "不知是否作数", "取消删除线"),
    ("310（白色字，看不见）", "310(白色字,看不见)", PERSONS, "是白色字，看不见", "改为黑色字"),
    ("80.5‰", "8.05", SHARE, "换算为“%”后小数位数过多", "请填以“%”为单位的数，不超过1位小数"),
    ("0.03105万人", "310.5", PERSONS, "换算为“人”后有小数", "请填以“人”为单位的整数"),
    ("８0.55", "80.55", SHARE, "小数位数过多", "请保留不超过1位小数"),
    ("80.123456789012", "80.123457", SHARE, "小数位数过多", "请保留不超过1位小数"),
    ("1024 .50", "", PERSONS, "数中有空格", "请去掉空格"),
    ("- 321", "", PERSONS, "数中有空格", "请去掉空格"),
    ("约 200", "", PERSONS, "还有文字或符号", "只填一个数"),
    ("3月1日", "", PERSONS, "是日期或时间", "重新填数"),
    ("03:10:00", "", PERSONS, "是日期或时间", "重新填数"),
    ("3月", "", PERSONS, "还有文字或符号", "只填一个数"),
    ("三百一十", "", PERSONS, "不是用阿拉伯数字写的数", "用阿拉伯数字填写"),
    ("1.000", "1.000（不知小数点是否为千分位）", PERSONS, "千分位", "是小数点的，请核对计量单位"),
    ("+20", "+20（带正号，不知是否为增减数）", PERSONS, "带正号", "不带正号"),
    ("N/A", f"N/A（{CATALOG.codes.unclear['N/A']}）", PERSONS, "不知是没有数据", "没有数据的填“—”"),
    ("约200", "", PERSONS, "还有文字或符号", "只填一个数"),
    ("3~5", "", PERSONS, "还有文字或符号", "只填一个数"),
    ("见附件", "", PERSONS, "不是用阿拉伯数字写的数", "没有数据的填“—”"),
    ("8元", "", BARE, "还有文字或符号", "只填一个数"),
]


@pytest.mark.parametrize(("written", "staged", "column", "problem", "cure"), FAULTS)
def test_a_fault_is_told_by_its_kind(written: str, staged: str, column: Column, problem: str, cure: str) -> None:
    told = numerals.fault(written, staged or written, column, CATALOG.codes)
    assert problem in told.problem and cure in told.cure
    assert len(told.problem + told.cure) < 80 and "{" not in told.problem + told.cure, "short, and whole"


def test_only_faults_of_one_kind_share_a_sentence() -> None:
    """A minus in a column that may be negative is none, and what is asked of one column is not asked of another."""
    signed = Column(measure="x", unit="人", min=Decimal(-10))
    assert numerals.fault("-5.5", "-5.5", signed, CATALOG.codes).problem == "有小数"
    assert numerals.fault("-5", "-5", PERSONS, CATALOG.codes).problem == "是负数"


def test_one_cause_is_told_and_not_the_other() -> None:
    """A white figure has nothing to be struck out, and what is struck out can be seen."""
    struck, white = (
        numerals.fault(f"310（{why}）", f"310({why.replace('，', ',')})", PERSONS, CATALOG.codes)
        for why in ("有删除线", "白色字，看不见")
    )
    assert "白色" not in "".join(struck) and "看不见" not in "".join(struck)
    assert "删" not in "".join(white)

"""Turns records into Great Expectations suites and their results into plain rows: the only module that uses that
library.

Each kind of expectation is also written in pandas. A report asks the library about everything; the desk,
which answers while somebody waits, does without it.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

import pandas as pd

from expectations.records import MIDDLE, Catalog, Checks, Column, Dataset, Promise, Severity
from expectations.units import unit_of

Kind = Literal[
    "ExpectColumnValuesToBeInSet",
    "ExpectColumnPairValuesToBeEqual",
    "ExpectColumnValuesToMatchRegex",
    "ExpectColumnValuesToBeBetween",
    "ExpectColumnValueLengthsToBeBetween",
    "ExpectColumnPairValuesAToBeGreaterThanB",
]
MEMBER: Kind = "ExpectColumnValuesToBeInSet"
EQUAL: Kind = "ExpectColumnPairValuesToBeEqual"
PATTERN: Kind = "ExpectColumnValuesToMatchRegex"
BETWEEN: Kind = "ExpectColumnValuesToBeBetween"
LENGTH: Kind = "ExpectColumnValueLengthsToBeBetween"
GREATER: Kind = "ExpectColumnPairValuesAToBeGreaterThanB"
"""The expectations that are used, by their names in Great Expectations."""

DIGITS = 15
"""The digits before the decimal point that a figure in base units may have; the warehouse keeps 18."""


@dataclass(frozen=True)
class Check:
    """One expectation, and what to tell the senders if it fails.

    The beginning of the rule's name says what follows: `row_…` makes the row unusable, `cell_…` the cell, `delivery_…`
    the delivery.
    """

    kind: Kind
    arguments: Mapping[str, Any]
    """What the expectation is made with: its columns, bounds, words."""
    rule: str
    """The rule in expectations/checks.yml; for the plan gate `plan_<rule of the target>`."""
    header: str
    """The column as the department knows it."""
    looks_at: str
    """The column of the frame whose value is quoted."""
    expected: str
    cure: str
    severity: Severity

    @property
    def key(self) -> str:
        return f"{self.rule} {self.looks_at}"

    @property
    def expectation(self) -> Any:
        """The expectation as Great Expectations knows it."""
        meta = {"key": self.key, "rule": self.rule, "expected": self.expected, "cure": self.cure}
        kind = getattr(_library().expectations, self.kind)
        return kind(severity=self.severity, meta=meta, **self.arguments)


class Failure(NamedTuple):
    """One row that did not pass a check."""

    check: Check
    place: dict[str, Any]
    value: object


class _Maker:
    """Makes checks with the severity that expectations/checks.yml gives them."""

    def __init__(self, checks: Checks) -> None:
        self.checks = checks

    def __call__(
        self, kind: Kind, rule: str, header: str, looks_at: str, expected: str, cure: str, **arguments: Any
    ) -> Check:
        return Check(kind, arguments, rule, header, looks_at, expected, cure, self.checks.of(rule).severity)


def run(frame: pd.DataFrame, checks: Sequence[Check], index: Sequence[str]) -> list[Failure]:
    """Validate one frame; `index` names the columns that identify a failing row.

    A report asks Great Expectations about every check.
    """
    if frame.empty or not checks:
        return []
    batch = _frames().get_batch({"dataframe": frame})
    # Most checks pass: asking which rows fail only where some do halves the time.
    passed = _results(batch, checks, {"result_format": "BOOLEAN_ONLY"})
    failed = [check for check in checks if not passed[check.key].success]
    details = _results(batch, failed, {"result_format": "COMPLETE", "unexpected_index_column_names": list(index)})
    return [failure for check in failed for failure in _failures(check, details[check.key].result, index)]


def look(frame: pd.DataFrame, checks: Sequence[Check], index: Sequence[str]) -> list[Failure]:
    """The same failures without Great Expectations, which takes longer to import than a delivery to be checked."""
    found = []
    for check in checks if not frame.empty else ():
        if (bad := failing(frame, check)).any():
            rows = frame.loc[bad, list(dict.fromkeys([*index, check.looks_at]))].to_dict("records")
            found += [Failure(check, {name: row[name] for name in index}, row[check.looks_at]) for row in rows]
    return found


def failing(frame: pd.DataFrame, check: Check) -> pd.Series[bool]:
    """The rows of a frame that fail a check, marked. A value that is missing fails nothing but a comparison."""
    return FAILING[check.kind](frame, check.arguments)


def _not_in_set(frame: pd.DataFrame, asked: Mapping[str, Any]) -> pd.Series[bool]:
    column: pd.Series[Any] = frame[asked["column"]]
    return ~column.isin(asked["value_set"]) & column.notna()


def _unequal(frame: pd.DataFrame, asked: Mapping[str, Any]) -> pd.Series[bool]:
    one: pd.Series[Any] = frame[asked["column_A"]]
    other: pd.Series[Any] = frame[asked["column_B"]]
    return ~((one == other) | (one.isna() & other.isna()))


def _unlike(frame: pd.DataFrame, asked: Mapping[str, Any]) -> pd.Series[bool]:
    column: pd.Series[Any] = frame[asked["column"]]
    pattern = re.compile(asked["regex"])
    return column.isin([text for text in column.dropna().unique() if not pattern.search(text)])


def _outside(frame: pd.DataFrame, asked: Mapping[str, Any]) -> pd.Series[bool]:
    column = pd.to_numeric(frame[asked["column"]])
    outside = pd.Series(data=False, index=frame.index)
    if (least := asked.get("min_value")) is not None:
        outside |= column <= least if asked.get("strict_min") else column < least
    if (most := asked.get("max_value")) is not None:
        outside |= column >= most if asked.get("strict_max") else column > most
    return outside


def _too_short(frame: pd.DataFrame, asked: Mapping[str, Any]) -> pd.Series[bool]:
    column: pd.Series[Any] = frame[asked["column"]]
    return column.isin([text for text in column.dropna().unique() if len(text) < asked["min_value"]])


def _not_greater(frame: pd.DataFrame, asked: Mapping[str, Any]) -> pd.Series[bool]:
    one: pd.Series[Any] = frame[asked["column_A"]]
    other: pd.Series[Any] = frame[asked["column_B"]]
    return one < other


FAILING: Mapping[Kind, Callable[[pd.DataFrame, Mapping[str, Any]], pd.Series[bool]]] = {
    MEMBER: _not_in_set,
    EQUAL: _unequal,
    PATTERN: _unlike,
    BETWEEN: _outside,
    LENGTH: _too_short,
    GREATER: _not_greater,
}
"""What each expectation asks, in pandas; tests hold each against Great Expectations, row by row."""


def looked_at(frame: pd.DataFrame, check: Check) -> int:
    """The rows of a frame in which a check has something to compare."""
    return int(frame[check.looks_at].notna().sum()) if check.looks_at in frame else len(frame)


@cache
def _library() -> Any:
    """Great Expectations; importing it takes two seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations
        import great_expectations.expectations
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    return great_expectations


@cache
def _frames() -> Any:
    """One context for all frames, kept in memory: each new context would make a temporary folder."""
    context = _library().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("all")


def _results(batch: Any, checks: Sequence[Check], result_format: dict[str, Any]) -> dict[str, Any]:
    """Key of a check → its result. Great Expectations returns results in an order of its own."""
    if not checks:
        return {}
    suite = _library().ExpectationSuite(name="suite", expectations=[check.expectation for check in checks])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = batch.validate(suite, result_format=result_format).results
    found = {result.expectation_config.meta["key"]: result for result in results}
    for key, result in found.items():
        if not result.success and (result.exception_info or {}).get("raised_exception"):
            raise RuntimeError(f"{key}: {result.exception_info}")
    return found


def _failures(check: Check, result: dict[str, Any], index: Sequence[str]) -> Iterator[Failure]:
    for row in result["unexpected_index_list"]:
        yield Failure(check, {name: row[name] for name in index}, row.get(check.looks_at))


# --- the contract: is a delivery what was agreed? --------------------------------------------------------------------


def contract(catalog: Catalog, dataset: Dataset) -> list[Check]:
    """The checks of one dataset on the evened text of its deliveries (stg_); they follow from its record alone."""
    roles, check, areas = dataset.roles, _Maker(catalog.checks), catalog.district.areas_called
    checks = [
        check(MEMBER, "row_shape", "", "shape", "列数与表头相同的一行",
               "请检查该行缺少的列、多出的内容或未加引号的逗号后重新报送", column="shape", value_set=[""]),
        check(EQUAL, "row_year", roles["year"], "year", "与报送年份一致的四位年份",
               "请改正年份后重新报送", column_A="year", column_B="data_year"),
        check(MEMBER, "delivery_duplicate", _key_header(dataset), "copies",
              f"每个{areas}、单位、性别或条目在一份报表中只有一行", "请删去重复的行后重新报送", column="copies", value_set=[1]),
        *_places(catalog, dataset, check),
    ]  # fmt: skip
    if "value" in roles:
        checks += _reported(catalog, dataset, check)
    if dataset.measures:
        checks.append(
            check(MEMBER, "row_item", "数据项", "item", "报表规定的数据项名称",
                  "请改为报表规定的名称后重新报送", column="item", value_set=["", *dataset.measures])
        )  # fmt: skip
    if "clause" in roles:
        checks += _statements(catalog, dataset, check)
    for header, column in dataset.columns.items():
        if column.measure or column.is_ == "value":
            checks += _figures(catalog, header, column, check)
    return checks


def _key_header(dataset: Dataset) -> str:
    return next(dataset.roles[r] for r in ("clause", "indicator", "unit", "area", "sex", "year") if r in dataset.roles)


def _places(catalog: Catalog, dataset: Dataset, check: _Maker) -> Iterator[Check]:
    district, roles = catalog.district, dataset.roles
    if "area" in roles:
        codes = [district.code, *district.parts, *(a.code for a in district.references)]
        yield check(MEMBER, "row_area", roles["area"], "area", f"{district.areas_called}名录中的代码或名称",
                     "请改为名录中的名称或代码后重新报送", column="area", value_set=codes)  # fmt: skip
        if not dataset.by_unit and any(area.since or area.until < 9999 for area in district.areas):
            yield check(MEMBER, "row_area_absent", roles["area"], "absent", f"数据年份存在的{district.areas_called}",
                         "请按数据年份的区划改正该行后重新报送，不得遗漏或重复", column="absent",
                         value_set=[""])  # fmt: skip
    if "area_name" in roles:
        yield check(EQUAL, "row_area_name", roles["area_name"], "area_name", f"与{district.areas_called}代码相符的名称",
                     "请核对代码和名称后重新报送", column_A="area_name", column_B="area_expected")  # fmt: skip
    if "sex" in roles:
        yield check(MEMBER, "row_sex", roles["sex"], "sex", "女、男或合计", "请改为“女”“男”或“合计”后重新报送",
                     column="sex", value_set=["female", "male", "not_stated", "total"])  # fmt: skip
    if "unit" in roles:
        kind = district.units[str(dataset.unit_kind)]
        yield check(MEMBER, "row_unit", roles["unit"], "unit", f"{kind.name}名录中的代码或名称",
                     "请改为名录中的名称或代码后重新报送", column="unit",
                     value_set=["*", *(u.id for u in kind.members)])  # fmt: skip
        if any(unit.since or unit.until < 9999 for unit in kind.members):
            yield check(MEMBER, "row_unit_absent", roles["unit"], "absent", f"数据年份存在的{kind.name}",
                         "请按数据年份的名录改正该行后重新报送", column="absent", value_set=[""])  # fmt: skip


def _reported(catalog: Catalog, dataset: Dataset, check: _Maker) -> Iterator[Check]:
    """Indicators whose figures are delivered ready-made."""
    roles = dataset.roles
    if "indicator" in roles:
        yield check(MEMBER, "row_indicator", roles["indicator"], "indicator", "目录中的指标名称",
                     "请改为目录中的指标名称后重新报送", column="indicator",
                     value_set=list(catalog.indicators))  # fmt: skip
    if "value_unit" in roles:
        yield check(EQUAL, "row_value_unit", roles["value_unit"], "value_unit",
                     "目录中该指标的计量单位", "请换算为目录中的计量单位后重新报送",
                     column_A="value_unit", column_B="unit_expected")  # fmt: skip


def _statements(catalog: Catalog, dataset: Dataset, check: _Maker) -> Iterator[Check]:
    roles = dataset.roles
    yield check(MEMBER, "row_clause", roles["clause"], "asked", "由本部门说明进展的规划条目（如“妇女规划”“目标2.1”）",
                 "请按下发的条目清单改正后重新报送", column="asked", value_set=[""])  # fmt: skip
    yield check(MEMBER, "row_stage", roles["stage"], "stage", "已落实、推进中或未启动",
                 "请改为“已落实”“推进中”或“未启动”后重新报送", column="stage",
                 value_set=list(catalog.codes.stages))  # fmt: skip
    for role in ("text", "source"):
        if role in roles:
            yield check(LENGTH, f"row_{role}", roles[role], role,
                         "不少于两个字的说明", "请补充后重新报送", column=role, min_value=2)  # fmt: skip


def _figures(catalog: Catalog, header: str, column: Column, check: _Maker) -> Iterator[Check]:
    name = column.measure or "value"
    unit = f"（{column.unit}）" if column.unit else ""
    kind = f"最多{column.decimals}位小数的数字" if column.decimals else "整数"
    sign, least = ("-?", "") if column.min < 0 else ("", "不小于0的")
    decimals = rf"(\.[0-9]{{1,{column.decimals}}}0{{0,6}})?" if column.decimals else r"(\.0{1,6})?"
    digits = DIGITS + 1 - len(f"{catalog.codes.scale(column.unit or ''):.0f}")
    nothing = "|".join(re.escape(word) for words in catalog.codes.nothing.values() for word in words)
    yield check(PATTERN, "cell_number", header, name,
                 f"{least}{kind}{unit}，没有数据时填“—”", "请改正后重新报送", column=name,
                 regex=rf"^(?:{sign}[0-9]{{1,{digits}}}{decimals}|(?i:{nothing}))\Z")  # fmt: skip
    if column.min or column.max is not None:
        most = None if column.max is None else float(column.max)
        limit = f"不小于{column.min}" + (f"、不大于{column.max}" if column.max is not None else "")
        yield check(BETWEEN, "cell_range", header, f"{name}#", f"{limit}的数{unit}",
                     "请核对后重新报送", column=f"{name}#", min_value=float(column.min), max_value=most)  # fmt: skip


def complete(checks: Checks, areas: str) -> list[Check]:
    """All rows are present; run on a frame with one row for every place that a delivery should have. `areas` is what the
    district calls its areas.
    """
    return [
        _Maker(checks)(MEMBER, "incomplete", "", "present", f"每个{areas}、单位、性别或条目各一行",
               "请补报缺少的行", column="present", value_set=[1])
    ]  # fmt: skip


# --- plausibility: can it be true? -----------------------------------------------------------------------------------


def parts(checks: Checks, pairs: Iterable[tuple[str, str, str]]) -> list[Check]:
    """(part, whole, header of the whole): in the same row, no part is larger than its whole."""
    check = _Maker(checks)
    return [
        check(GREATER, "part_above_whole", "", part, f"不大于“{whole_header}”",
              "请核对这两列", column_A=whole, column_B=part, or_equal=True, ignore_row_if="either_value_is_missing")
        for part, whole, whole_header in pairs
    ]  # fmt: skip


def agreement(checks: Checks, rule: str, expected: str, cure: str) -> list[Check]:
    """Column `off`: how far a figure is from the figure that it must equal, in the unit of the rule's tolerance."""
    most = checks.of(rule).tolerance or 0
    words = f"{expected}，相差不超过{most:f}{checks.of(rule).unit}" if most else expected
    return [
        _Maker(checks)(BETWEEN, rule, "", "off", words, cure, column="off",
                       max_value=float(most))
    ]  # fmt: skip


def ranges(checks: Checks, limits: Iterable[tuple[str, str, float, float]]) -> list[Check]:
    """(indicator, name, lowest, highest): the column of each indicator stays between its bounds."""
    check = _Maker(checks)
    return [
        check(BETWEEN, "ratio_range", name, key, f"在{low:g}到{high:g}之间",
              "请核对分子和分母的口径和数据", column=key, min_value=low, max_value=high)
        for key, name, low, high in limits
    ]  # fmt: skip


def magnitude(checks: Checks) -> list[Check]:
    """Column `magnitude`: a figure in multiples of the median of its own series."""
    slip = float(checks.of("unit_slip").tolerance or 0)
    return [
        _Maker(checks)(BETWEEN, "unit_slip", "", "magnitude",
                       f"与历年中位数相差不到{slip:g}倍", "请核对计量单位（如人与万人、%与‰）", column="magnitude",
                       min_value=1 / slip, max_value=slip)
    ]  # fmt: skip


def jump(checks: Checks) -> list[Check]:
    """Column `jump`: the change on the year before, in multiples of the usual yearly change."""
    most = float(checks.of("jump").tolerance or 0)
    return [
        _Maker(checks)(BETWEEN, "jump", "", "jump",
                       f"变动不超过历年变动中位数的{most:g}倍", "请核对数据，确属实情的请附说明", column="jump",
                       max_value=most)
    ]  # fmt: skip


def repeated(checks: Checks) -> list[Check]:
    """Column `different`: how many figures of a delivery differ from those of the year before."""
    return [
        _Maker(checks)(BETWEEN, "repeated", "", "different", "与上年不完全相同",
                       "请核对是否误报了上年的数据，确属实情的请附说明", column="different", min_value=1)
    ]  # fmt: skip


# --- the plan: was the target met? -----------------------------------------------------------------------------------


def plan(
    checks: Checks, promise: Promise, threshold: float | None, lower_is_better: bool, relative: float | None = None
) -> list[Check]:
    """The expectations that follow from a target's record, on a column with the target's name.

    For a gap in amounts with a `relative` distance in the baseline year (in %), there is a second one on the column
    `relative_of`.
    """
    target = promise.target
    if target.band is not None:
        low, high = target.band
        bounds: dict[str, Any] = {"min_value": float(low), "max_value": float(high)}
        expected = f"在{low}—{high}{_unit(promise)}之间"
    elif threshold is None:
        return []
    elif target.rule.key == "near_balance":
        least, most = sorted((threshold, 2 * float(MIDDLE) - threshold))
        bounds = {"min_value": least, "max_value": most, "strict_min": True, "strict_max": True}
        expected = f"在{least:.6g}—{most:.6g}{_unit(promise)}之间，不含两端"
    else:
        strict = target.rule.key in {"above", "below", "increase", "decrease", "narrow_gap", "slow_increase"}
        side, words = ("max", ("不高于", "低于")) if lower_is_better else ("min", ("不低于", "高于"))
        bounds = {f"{side}_value": threshold, f"strict_{side}": strict}
        expected = f"{words[strict]}{threshold:.6g}{_unit(promise)}"
    told = [(promise.id, expected, bounds)]
    if relative is not None:
        told.append(
            (relative_of(promise.id), f"相对差距低于{relative:.6g}%", {"max_value": relative, "strict_max": True})
        )
    return [
        _Maker(checks)(BETWEEN, f"plan_{target.rule}", promise.name, column, words,
               "见报告中的预警和对策建议", column=column, **limits)
        for column, words, limits in told
    ]  # fmt: skip


def relative_of(target: str) -> str:
    """The column that holds a target's relative distance."""
    return f"{target}{RELATIVE}"


def target_of(column: str) -> str:
    """The target that a column of the plan gate belongs to."""
    return column.removesuffix(RELATIVE)


RELATIVE = "/relative"


def _unit(promise: Promise) -> str:
    unit = promise.indicator.unit if promise.indicator else ""
    return unit_of(unit).difference if promise.target.rule.key == "narrow_gap" else unit

"""Records in, Great Expectations suites out, and their results as plain rows: the only door to that library."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pandas as pd

from expectations.records import Catalog, Column, Dataset, Promise

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import great_expectations as gx
    from great_expectations import expectations as gxe

logging.getLogger("great_expectations").setLevel(logging.ERROR)

Severity = Literal["critical", "warning", "info"]
Field = Literal["cell", "row", "delivery"]
"""How much cannot be used where the check fails."""


@dataclass(frozen=True)
class Check:
    """One expectation and what to tell those who sent the data."""

    expectation: Any
    rule: str
    column: str
    """The header as the department knows it."""
    looks_at: str
    """The frame's column whose value is quoted."""
    expected: str
    cure: str
    severity: Severity = "critical"


class Failure(NamedTuple):
    """One row that a check did not pass."""

    check: Check
    place: dict[str, Any]
    value: object


def run(frame: pd.DataFrame, checks: Sequence[Check], index: Sequence[str]) -> list[Failure]:
    """Validate one frame; `index` names the columns that tell which row failed."""
    if frame.empty or not checks:
        return []
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("frames")
    batch = (
        source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    )
    suite = gx.ExpectationSuite(name="suite", expectations=[check.expectation for check in checks])
    form = {"result_format": "COMPLETE", "unexpected_index_column_names": list(index)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = batch.validate(suite, result_format=form).results
    return [f for check, result in zip(checks, results, strict=True) for f in _failures(check, result, index)]


def _failures(check: Check, result: Any, index: Sequence[str]) -> Iterable[Failure]:
    if result.exception_info and result.exception_info.get("raised_exception"):
        raise RuntimeError(f"{check.rule}: {result.exception_info.get('exception_message')}")
    if result.success:
        return
    for row in result.result.get("unexpected_index_list") or []:
        place = {name: row[name] for name in index}
        values = {k: v for k, v in row.items() if k not in index}
        yield Failure(check, place, values.get(check.looks_at, next(iter(values.values()), None)))


# --- the contract: is a delivery what was agreed? --------------------------------------------------------------------


def contract(catalog: Catalog, dataset: Dataset) -> list[Check]:
    """Checks of one dataset, on the evened text of its deliveries (stg_), from its record alone."""
    roles = dataset.roles
    checks = [
        Check(
            gxe.ExpectColumnValuesToBeInSet(column="surplus", value_set=[""]),
            "row_shape", "", "surplus", "与表头列数相同的一行", "请检查该行多出的内容或缺少引号的逗号", "critical",
        ),
        Check(
            gxe.ExpectColumnPairValuesToBeEqual(column_A="year", column_B="data_year"),
            "row_year", roles["year"], "year", "与报送年份一致的四位年份", "请改正年份后重新报送",
        ),
        Check(
            gxe.ExpectCompoundColumnsToBeUnique(column_list=["delivery", *_key(dataset)]),
            "delivery_duplicate", _key_header(dataset), "key", "每个街镇、单位、性别在一份报表中只有一行",
            "请删去重复行后重新报送",
        ),
    ]  # fmt: skip
    checks += _dimensions(catalog, dataset)
    for header, column in dataset.columns.items():
        if column.measure:
            checks += _figures(catalog, header, column, column.measure)
        elif column.is_ == "value":
            checks += _figures(catalog, header, column, "value")
    return checks


def _key(dataset: Dataset) -> list[str]:
    if "clause" in dataset.roles:
        return ["plan", "clause"]
    return ["indicator", "sex"] if "indicator" in dataset.roles else ["area", "unit", "sex"]


def _key_header(dataset: Dataset) -> str:
    for role in ("clause", "indicator", "unit", "area", "sex", "year"):
        if role in dataset.roles:
            return dataset.roles[role]
    return ""


def _dimensions(catalog: Catalog, dataset: Dataset) -> Iterable[Check]:
    district, roles = catalog.district, dataset.roles
    member = gxe.ExpectColumnValuesToBeInSet
    if "area" in roles:
        codes = [district.code, *(a.code for a in (*district.areas, *district.references))]
        yield Check(
            member(column="area", value_set=codes), "row_area", roles["area"], "area",
            "街镇名录中的代码或名称", "请改为名录中的代码和名称后重新报送",
        )  # fmt: skip
        if "area_name" in roles:
            yield Check(
                gxe.ExpectColumnPairValuesToBeEqual(column_A="area_name", column_B="area_expected"),
                "row_area_name", roles["area_name"], "area_name", "与街镇代码相符的名称", "请核对代码和名称后重新报送",
            )  # fmt: skip
    if "sex" in roles:
        yield Check(
            member(column="sex", value_set=["female", "male", "total"]), "row_sex", roles["sex"], "sex",
            "女、男或合计", "请改为“女”“男”或“合计”后重新报送",
        )  # fmt: skip
    if "unit" in roles and dataset.unit_kind:
        kind = district.units[dataset.unit_kind]
        yield Check(
            member(column="unit", value_set=[u.id for u in kind.members]), "row_unit", roles["unit"], "unit",
            f"{kind.name}名录中的名称", "请改为名录中的名称后重新报送",
        )  # fmt: skip
    if "indicator" in roles:
        yield Check(
            member(column="indicator", value_set=list(catalog.indicators)), "row_indicator", roles["indicator"],
            "indicator", "目录中的指标名称", "请改正指标名称",
        )  # fmt: skip
        if "value_unit" in roles:
            yield Check(
                gxe.ExpectColumnPairValuesToBeEqual(column_A="value_unit", column_B="unit_expected"),
                "row_value_unit", roles["value_unit"], "value_unit", "目录中该指标的计量单位",
                "请换算为目录中的计量单位",
            )  # fmt: skip
    if "clause" in roles:
        yield Check(
            member(column="asked", value_set=["1"]), "row_clause", roles["clause"], "clause",
            "由本部门说明进展的规划条目（如“妇女规划”“目标2.1”）", "请按下发的条目清单填写",
        )  # fmt: skip
        yield Check(
            member(column="stage", value_set=list(catalog.codes.stages)), "row_stage", roles["stage"], "stage",
            "已落实、推进中或未启动", "请改为“已落实”“推进中”或“未启动”",
        )  # fmt: skip
        for role in ("text", "source"):
            yield Check(
                gxe.ExpectColumnValueLengthsToBeBetween(column=role, min_value=2), f"row_{role}", roles[role], role,
                "不少于两个字的说明", "请补充说明后重新报送",
            )  # fmt: skip


def _figures(catalog: Catalog, header: str, column: Column, name: str) -> Iterable[Check]:
    nothing = [word for words in catalog.codes.nothing.values() for word in words]
    decimals = f"(\\.\\d{{1,{column.decimals}}})?" if column.decimals else "(\\.0+)?"
    listed = "|".join(_escaped(word) for word in nothing)
    kind = f"最多{column.decimals}位小数的数字" if column.decimals else "整数"
    yield Check(
        gxe.ExpectColumnValuesToMatchRegex(column=name, regex=f"^(-?\\d+{decimals}|{listed})$"),
        "cell_number", header, name, f"{kind}（{column.unit}），没有数据时填“—”", "请改为数字后重新报送",
    )  # fmt: skip
    most = float(column.max) if column.max is not None else None
    limit = f"不小于{column.min}" + (f"、不大于{column.max}" if column.max is not None else "")
    yield Check(
        gxe.ExpectColumnValuesToBeBetween(column=f"{name}#", min_value=float(column.min), max_value=most),
        "cell_range", header, f"{name}#", f"{limit}的数", "请核对后重新报送",
    )  # fmt: skip


def _escaped(word: str) -> str:
    return "".join(f"\\{c}" if c in r".*+?()[]{}|^$-/\\" else c for c in word)


def complete() -> list[Check]:
    """On a frame with one row for every place a delivery should have: all are present."""
    return [
        Check(
            gxe.ExpectColumnValuesToBeInSet(column="present", value_set=[1]),
            "incomplete", "", "present", "每个街镇、单位、性别各一行", "请补报缺少的行", "warning",
        )
    ]  # fmt: skip


# --- plausibility: can it be true? -----------------------------------------------------------------------------------


def parts(pairs: Iterable[tuple[str, str, str, str]]) -> list[Check]:
    """(part, whole, their headers): no part above its whole in the same row."""
    return [
        Check(
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=whole, column_B=part, or_equal=True, ignore_row_if="either_value_is_missing"
            ),
            "part_above_whole", part_header, part, f"“{part_header}”不大于“{whole_header}”", "请核对这两列后重新报送",
            "warning",
        )
        for part, whole, part_header, whole_header in pairs
    ]  # fmt: skip


def agreement(rule: str, expected: str, cure: str) -> list[Check]:
    """Two columns `value` and `other` that must carry the same figure."""
    return [
        Check(
            gxe.ExpectColumnPairValuesToBeEqual(
                column_A="value", column_B="other", ignore_row_if="either_value_is_missing"
            ),
            rule, "", "value", expected, cure, "warning",
        )
    ]  # fmt: skip


def history(slip: float, jump: float) -> list[Check]:
    """Columns `magnitude` (times the series' median) and `jump` (times its usual yearly change)."""
    return [
        Check(
            gxe.ExpectColumnValuesToBeBetween(column="magnitude", min_value=1 / slip, max_value=slip),
            "unit_slip", "", "value", f"与历年数据相差不到{slip:g}倍", "请核对计量单位（如人与万人、%与‰）", "warning",
        ),
        Check(
            gxe.ExpectColumnValuesToBeBetween(column="jump", max_value=jump),
            "jump", "", "value", f"变动不超过历年平均变动的{jump:g}倍", "请核对数据，确属实情的请附说明", "warning",
        ),
    ]  # fmt: skip


# --- the plan: was the target met? -----------------------------------------------------------------------------------


def plan(promise: Promise, threshold: float | None, lower_is_better: bool) -> list[Check]:
    """The expectation that a target's record says, on a column named like the target."""
    target = promise.target
    if target.band is not None:
        low, high = (float(b) for b in target.band)
        expectation = gxe.ExpectColumnValuesToBeBetween(column=promise.id, min_value=low, max_value=high)
    elif threshold is None:
        return []
    else:
        strict = target.rule in {"above", "below", "increase", "decrease", "narrow_gap", "slow_increase"}
        bound = (
            {"max_value": threshold, "strict_max": strict}
            if lower_is_better
            else {"min_value": threshold, "strict_min": strict}
        )
        expectation = gxe.ExpectColumnValuesToBeBetween(column=promise.id, **bound)
    return [
        Check(
            expectation,
            f"plan_{target.rule}",
            promise.name,
            promise.id,
            "达到规划目标",
            "见报告中的预警和对策建议",
            "warning",
        )
    ]

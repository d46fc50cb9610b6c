"""Turns records into Great Expectations suites and their results into plain rows: the only module that uses that
library.

Each kind of expectation is also written in pandas. A report asks the library about everything; the desk,
which answers while somebody waits, does without it.
"""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple

import pandas as pd

from expectations.records import MIDDLE, PART, Catalog, Checks, Column, Dataset, Promise, SeverityCode
from expectations.units import scale, unit_of
from expectations.vocabulary import WHOLE, Makeup, Reason

ExpectationName = Literal[
    "ExpectColumnValuesToBeInSet",
    "ExpectColumnPairValuesToBeEqual",
    "ExpectColumnValuesToMatchRegex",
    "ExpectColumnValuesToBeBetween",
    "ExpectColumnValueLengthsToBeBetween",
    "ExpectColumnPairValuesAToBeGreaterThanB",
]
MEMBER: ExpectationName = "ExpectColumnValuesToBeInSet"
EQUAL: ExpectationName = "ExpectColumnPairValuesToBeEqual"
PATTERN: ExpectationName = "ExpectColumnValuesToMatchRegex"
BETWEEN: ExpectationName = "ExpectColumnValuesToBeBetween"
LENGTH: ExpectationName = "ExpectColumnValueLengthsToBeBetween"
GREATER: ExpectationName = "ExpectColumnPairValuesAToBeGreaterThanB"
"""The expectations that are used, by their names in Great Expectations."""

DIGITS = 15
"""The digits before the decimal point that a figure in base units may have; the warehouse keeps 18."""


@dataclass(frozen=True)
class Check:
    """One expectation, and what to tell the senders if it fails.

    The beginning of the rule's name says what follows: `row_…` makes the row unusable, `cell_…` the cell, `delivery_…`
    the delivery.
    """

    kind: ExpectationName
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
    severity: SeverityCode

    @property
    def key(self) -> str:
        return f"{self.rule} {self.looks_at}"

    @property
    def expectation(self) -> Any:
        """The expectation as Great Expectations knows it."""
        meta = {"key": self.key, "rule": self.rule, "expected": self.expected, "cure": self.cure}
        kind = getattr(library().expectations, self.kind)
        return kind(severity=self.severity, meta=meta, **self.arguments)


class Failure(NamedTuple):
    """One row that did not pass a check."""

    check: Check
    place: dict[str, Any]
    value: object


class _Maker:
    """Makes checks with the severity and the words that expectations/checks.yml gives them."""

    def __init__(self, checks: Checks) -> None:
        self.checks = checks

    def __call__(
        self,
        kind: ExpectationName,
        rule: str,
        header: str,
        looks_at: str,
        expected: str | None = None,
        **arguments: Any,
    ) -> Check:
        """`expected` is for a rule whose words have places or several forms; else they are taken as they stand."""
        record = self.checks.of(rule)
        asked = record.asked() if expected is None else expected
        return Check(kind, arguments, rule, header or record.header, looks_at, asked, record.cure, record.severity)


class Job(NamedTuple):
    """A frame, what is asked of it, and the columns that name a failing row."""

    frame: pd.DataFrame
    checks: Sequence[Check]
    named: Sequence[str]


def run(frame: pd.DataFrame, checks: Sequence[Check], index: Sequence[str]) -> list[Failure]:
    """Validate one frame; `index` names the columns that identify a failing row.

    A report asks Great Expectations about every check.
    """
    return run_all([Job(frame, checks, index)])[0]


def run_all(jobs: Sequence[Job]) -> list[list[Failure]]:
    """Validate several frames at once; returns the failures of each, in the order of its checks and rows.

    What the library does for one expectation costs milliseconds, however few rows it has. So checks that ask the same, of whatever
    column and frame, are one expectation, on the different values that these have.
    """
    stacks: dict[str, _Stack] = {}
    for job in jobs:
        for check in job.checks if not job.frame.empty else ():
            asked, question = _asks(check), _question(check)
            if asked not in stacks:
                stacks[asked] = _Stack(question, len(stacks))
            stacks[asked].add(job.frame, question)
    failing = _failing(stacks)
    return [
        [
            failure
            for check in (job.checks if failing and not job.frame.empty else ())
            if (rows := failing.get(_asks(check))) is not None and (bad := next(rows)).any()
            for failure in _failures(job.frame, check, bad, job.named)
        ]
        for job in jobs
    ]


SIDES = ("column", "column_A", "column_B")
"""The arguments that say where an expectation looks."""


def _asks(check: Check) -> str:
    """What a check asks, of whatever column."""
    question = _question(check)
    asked = {name: value for name, value in question.arguments.items() if name not in SIDES}
    return json.dumps([question.kind, asked], sort_keys=True, default=str)


def _question(check: Check) -> Check:
    """A check as the library is asked it: a bound that has none on the other side stands beside the values, in the place of a
    column. Else each target of a plan would be an expectation of its own.
    """
    asked = check.arguments
    bounds = [end for end in ("min", "max") if asked.get(f"{end}_value") is not None]
    if check.kind != BETWEEN or len(bounds) != 1:
        return check
    [end] = bounds
    greater, less = (asked["column"], asked[f"{end}_value"])[:: 1 if end == "min" else -1]
    sides, equal = {"column_A": greater, "column_B": less}, not asked.get(f"strict_{end}")
    return replace(check, kind=GREATER, arguments={**sides, "or_equal": equal, "ignore_row_if": IGNORED})


IGNORED = "either_value_is_missing"
"""The rows in which nothing is compared."""


class _Stack:
    """Checks that ask the same, as one."""

    def __init__(self, first: Check, number: int) -> None:
        self.sides = {f"{number} {side}": side for side in SIDES if side in first.arguments}
        arguments = {**first.arguments, **{side: name for name, side in self.sides.items()}}
        self.check = replace(first, arguments=arguments, looks_at=next(iter(self.sides)))
        self.members: list[tuple[pd.DataFrame, Check]] = []

    def add(self, frame: pd.DataFrame, check: Check) -> None:
        self.members.append((frame, check))

    @cached_property
    def _whole(self) -> pd.DataFrame:
        """What each of the checks looks at, one below the other."""
        return pd.DataFrame(
            {
                name: pd.concat([_side(frame, check, side) for frame, check in self.members], ignore_index=True)
                for name, side in self.sides.items()
            }
        )

    @cached_property
    def _repeats(self) -> pd.Series[bool]:
        return self._whole.duplicated()

    @cached_property
    def different(self) -> pd.DataFrame:
        """The different values, or pairs of values, that the checks have to do with."""
        return self._whole[~self._repeats].reset_index(drop=True)

    def failing(self, values: list[int]) -> Iterator[pd.Series[bool]]:
        """For each of the checks, its rows that have one of the failing values; these are told by their places in
        `different`.
        """
        numbers = self._whole.groupby(list(self.sides), dropna=False, sort=False).ngroup()
        bad, start = numbers.isin(numbers[~self._repeats].iloc[values]), 0
        for frame, _ in self.members:
            yield bad.iloc[start : start + len(frame)].set_axis(frame.index)
            start += len(frame)


def _side(frame: pd.DataFrame, check: Check, side: str) -> pd.Series[Any]:
    """What stands on one side of a comparison: a column, or the same number in each row."""
    looked: str | float = check.arguments[side]
    return frame[looked] if isinstance(looked, str) else pd.Series(looked, index=frame.index)


def _failing(stacks: Mapping[str, _Stack]) -> dict[str, Iterator[pd.Series[bool]]]:
    """What a failed check asks → its failing rows, check by check."""
    found: dict[str, Iterator[pd.Series[bool]]] = {}
    for some in _alike(stacks):
        found |= _asked(some)
    return found


TOGETHER, LONG = 80, 10_000
"""So many columns stand side by side, and, from so many rows on, only those that are about as long."""


def _alike(stacks: Mapping[str, _Stack]) -> Iterator[dict[str, _Stack]]:
    """Stacks that can stand side by side in one frame: as it is as long as its longest, a long one would fill it with nothing."""
    some: dict[str, _Stack] = {}
    columns = shortest = 0
    for asked, stack in sorted(stacks.items(), key=lambda item: len(item[1].different)):
        rows = len(stack.different)
        if some and (columns + len(stack.sides) > TOGETHER or rows > max(LONG, 2 * shortest)):
            yield some
            some, columns = {}, 0
        if not some:
            shortest = rows
        some[asked] = stack
        columns += len(stack.sides)
    if some:
        yield some


def _asked(stacks: Mapping[str, _Stack]) -> dict[str, Iterator[pd.Series[bool]]]:
    """Ask the library about some stacks in one suite."""
    frame = pd.concat([stack.different for stack in stacks.values()], axis=1)
    frame[AT] = range(len(frame))
    batch = _frames().get_batch({"dataframe": frame})
    # Most checks pass: asking which rows fail only where some do halves the time.
    passed = _results(batch, [stack.check for stack in stacks.values()], {"result_format": "BOOLEAN_ONLY"})
    failed = {asked: stack for asked, stack in stacks.items() if not passed[stack.check.key].success}
    form = {"result_format": "COMPLETE", "unexpected_index_column_names": [AT]}
    details = _results(batch, [stack.check for stack in failed.values()], form)
    return {
        asked: stack.failing([row[AT] for row in details[stack.check.key].result["unexpected_index_list"]])
        for asked, stack in failed.items()
    }


AT = "at"


def look(frame: pd.DataFrame, checks: Sequence[Check], index: Sequence[str]) -> list[Failure]:
    """The same failures without Great Expectations, which takes longer to import than a delivery to be checked."""
    asked = ((check, failing(frame, check)) for check in (checks if not frame.empty else ()))
    return [failure for check, bad in asked if bad.any() for failure in _failures(frame, check, bad, index)]


def _failures(frame: pd.DataFrame, check: Check, bad: pd.Series[bool], index: Sequence[str]) -> Iterator[Failure]:
    rows = frame.loc[bad, list(dict.fromkeys([*index, check.looks_at]))].to_dict("records")
    for row in rows:
        yield Failure(check, {name: row[name] for name in index}, row[check.looks_at])


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


FAILING: Mapping[ExpectationName, Callable[[pd.DataFrame, Mapping[str, Any]], pd.Series[bool]]] = {
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
def library() -> Any:
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
    context = library().get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("all")


def _results(batch: Any, checks: Sequence[Check], result_format: dict[str, Any]) -> dict[str, Any]:
    """Key of a check → its result. Great Expectations returns results in an order of its own."""
    if not checks:
        return {}
    suite = library().ExpectationSuite(name="suite", expectations=[check.expectation for check in checks])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = batch.validate(suite, result_format=result_format).results
    found = {result.expectation_config.meta["key"]: result for result in results}
    for key, result in found.items():
        if not result.success and (result.exception_info or {}).get("raised_exception"):
            raise RuntimeError(f"{key}: {result.exception_info}")
    return found


# --- the contract: is a delivery what was agreed? --------------------------------------------------------------------


def contract(catalog: Catalog, dataset: Dataset) -> list[Check]:
    """The checks of one dataset on the evened text of its deliveries (stg_); they follow from its record alone."""
    roles, check = dataset.roles, _Maker(catalog.checks)
    checks = [
        check(MEMBER, "row_shape", "", "shape", column="shape", value_set=[""]),
        check(EQUAL, "row_year", roles["year"], "year", column_A="year", column_B="data_year"),
        check(MEMBER, "delivery_duplicate", _key_header(dataset), "copies", column="copies", value_set=[1]),
        *_places(catalog, dataset, check),
    ]
    if dataset.ready_made:
        checks += _reported(catalog, dataset, check)
    if dataset.measures:
        checks.append(check(MEMBER, "row_item", "", "item", column="item", value_set=["", *dataset.measures]))
    if "clause" in roles:
        checks += _statements(catalog, dataset, check)
    for header, column in dataset.columns.items():
        if column.measure or column.is_ == "value":
            words = [reason.word for reason in Reason if reason.is_computed] if dataset.released else []
            checks += _figures(catalog, header, column, check, words)
    return checks


def _key_header(dataset: Dataset) -> str:
    return next(
        dataset.roles[r]
        for r in ("clause", "indicator", "institution", "area", "sex", PART, "year")
        if r in dataset.roles
    )


def _places(catalog: Catalog, dataset: Dataset, check: _Maker) -> Iterator[Check]:
    district, roles = catalog.district, dataset.roles
    if dataset.above:
        asked = catalog.checks.of("row_above").asked(listed="、".join(area.name for area in district.references))
        above = [area.code for area in district.references]
        yield check(MEMBER, "row_above", roles["area"], "area", asked, column="area", value_set=above)
    elif "area" in roles:
        codes = [district.code, *district.area_codes, *(a.code for a in district.references)]
        yield check(MEMBER, "row_area", roles["area"], "area", column="area", value_set=codes)
        if not dataset.by_institution and not all(area.always for area in (*district.areas, *district.references)):
            yield check(MEMBER, "row_area_absent", roles["area"], "absent", column="absent", value_set=[""])
    if "area_name" in roles:
        sides = {"column_A": "area_name", "column_B": "area_expected"}
        yield check(EQUAL, "row_area_name", roles["area_name"], "area_name", **sides)
    if "institution_name" in roles:
        name = district.institutions[str(dataset.institution_kind)].name
        asked = catalog.checks.of("row_institution_name").asked(kind=name)
        sides = {"column_A": "institution_name", "column_B": "institution_expected"}
        yield check(EQUAL, "row_institution_name", roles["institution_name"], "institution_name", asked, **sides)
    if "sex" in roles:
        sexes = ["female", "male", "not_stated", "total"]
        yield check(MEMBER, "row_sex", roles["sex"], "sex", column="sex", value_set=sexes)
    if PART in roles:
        parts = catalog.parts_by(dataset)
        asked = catalog.checks.of("row_part").asked(listed="、".join(part.name for part in parts.values()))
        yield check(MEMBER, "row_part", roles[PART], PART, asked, column=PART, value_set=[WHOLE, *parts])
    if "institution" in roles:
        kind = district.institutions[str(dataset.institution_kind)]
        asked = catalog.checks.of("row_institution").asked(kind=kind.name)
        known = [WHOLE, *(one.id for one in kind.members)]
        yield check(
            MEMBER, "row_institution", roles["institution"], "institution", asked, column="institution", value_set=known
        )
        if not all(one.always for one in kind.members):
            asked = catalog.checks.of("row_institution_absent").asked(kind=kind.name)
            yield check(
                MEMBER, "row_institution_absent", roles["institution"], "absent", asked, column="absent", value_set=[""]
            )


def _reported(catalog: Catalog, dataset: Dataset, check: _Maker) -> Iterator[Check]:
    """Indicators whose figures are delivered ready-made."""
    roles = dataset.roles
    if dataset.released:  # an area may release indicators that no plan of the district names
        sides = {"column_A": "caliber", "column_B": "caliber_expected"}
        yield check(EQUAL, "row_caliber", roles["caliber"], "caliber", **sides)
        yield check(
            MEMBER, "row_makeup", roles["makeup"], "makeup", column="makeup", value_set=[p.value for p in Makeup]
        )
    elif "indicator" in roles:
        given = catalog.indicators if dataset.above else dataset.gives(catalog.indicators)
        known = [key for key in catalog.indicators if key in given]
        yield check(MEMBER, "row_indicator", roles["indicator"], "indicator", column="indicator", value_set=known)
    if "value_unit" in roles:
        sides = {"column_A": "value_unit", "column_B": "unit_expected"}
        yield check(EQUAL, "row_value_unit", roles["value_unit"], "value_unit", **sides)
    if dataset.above and not dataset.released:
        yield from _entered(dataset, check)


def _entered(dataset: Dataset, check: _Maker) -> Iterator[Check]:
    """Figures of those above the district that somebody entered from a bulletin."""
    roles = dataset.roles
    yield check(MEMBER, "row_bounds", roles["value"], "beyond", column="beyond", value_set=[""])
    yield check(LENGTH, "row_agreement", roles["agreement"], "agreement", column="agreement", min_value=2)
    yield check(LENGTH, "row_origin", roles["source"], "source", column="source", min_value=4)
    yield check(MEMBER, "row_issued", roles["issued"], "undated", column="undated", value_set=[""])


def _statements(catalog: Catalog, dataset: Dataset, check: _Maker) -> Iterator[Check]:
    roles = dataset.roles
    yield check(MEMBER, "row_clause", roles["clause"], "asked", column="asked", value_set=[""])
    stages = list(catalog.codes.stages)
    yield check(MEMBER, "row_stage", roles["stage"], "stage", column="stage", value_set=stages)
    for role in ("text", "source"):
        if role in roles:
            yield check(LENGTH, f"row_{role}", roles[role], role, column=role, min_value=2)


def _figures(
    catalog: Catalog, header: str, column: Column, check: _Maker, words: Sequence[str] = ()
) -> Iterator[Check]:
    name = column.measure or "value"
    unit = f"（{column.unit}）" if column.unit else ""
    kind = "decimals" if column.decimals else "whole"
    form = f"signed_{kind}" if column.min < 0 else kind
    sign = "-?" if column.min < 0 else ""
    decimals = rf"(\.[0-9]{{1,{column.decimals}}}0{{0,6}})?" if column.decimals else r"(\.0{1,6})?"
    digits = DIGITS + 1 - len(f"{scale(column.unit or ''):.0f}")
    nothing = "|".join(re.escape(w) for w in (*words, *(w for known in catalog.codes.nothing.values() for w in known)))
    pattern = rf"^(?:{sign}[0-9]{{1,{digits}}}{decimals}|(?i:{nothing}))\Z"
    asked = catalog.checks.of("cell_number").asked(form, decimals=column.decimals, unit=unit)
    yield check(PATTERN, "cell_number", header, name, asked, column=name, regex=pattern)
    if column.min or column.max is not None:
        form = "least" if column.max is None else "both"
        asked = catalog.checks.of("cell_range").asked(form, least=column.min, most=column.max, unit=unit)
        limits = {"min_value": float(column.min), "max_value": None if column.max is None else float(column.max)}
        yield check(BETWEEN, "cell_range", header, f"{name}#", asked, column=f"{name}#", **limits)


def complete(checks: Checks, rule: str = "incomplete") -> list[Check]:
    """All rows, or cells, are present; run on a frame with one row for every one that a delivery should have."""
    return [_Maker(checks)(MEMBER, rule, "", "present", column="present", value_set=[1])]


# --- plausibility: can it be true? -----------------------------------------------------------------------------------


def parts(checks: Checks, pairs: Iterable[tuple[str, str, str]]) -> list[Check]:
    """(part, whole, header of the whole): in the same row, no part is larger than its whole."""
    check, rule = _Maker(checks), "part_above_whole"
    given = {"or_equal": True, "ignore_row_if": IGNORED}
    return [
        check(GREATER, rule, "", part, checks.of(rule).asked(column=header), column_A=whole, column_B=part, **given)
        for part, whole, header in pairs
    ]


def agreement(checks: Checks, rule: str) -> list[Check]:
    """Column `off`: how far a figure is from the figure that it must equal, in the unit of the rule's tolerance."""
    record = checks.of(rule)
    most = record.tolerance or 0
    within = record.within.format(most=most, unit=record.unit) if most else ""
    return [_Maker(checks)(BETWEEN, rule, "", "off", record.asked() + within, column="off", max_value=float(most))]


def ranges(checks: Checks, limits: Iterable[tuple[str, str, float, float]]) -> list[Check]:
    """(indicator, name, lowest, highest): the column of each indicator stays between its bounds."""
    check, asked = _Maker(checks), checks.of("ratio_range").asked
    return [
        check(BETWEEN, "ratio_range", name, key, asked(low=low, high=high), column=key, min_value=low, max_value=high)
        for key, name, low, high in limits
    ]


def magnitude(checks: Checks) -> list[Check]:
    """Column `magnitude`: a figure in multiples of the median of its own series."""
    slip = float(checks.of("unit_slip").tolerance or 0)
    asked = checks.of("unit_slip").asked(slip=slip)
    limits = {"min_value": 1 / slip, "max_value": slip}
    return [_Maker(checks)(BETWEEN, "unit_slip", "", "magnitude", asked, column="magnitude", **limits)]


def jump(checks: Checks) -> list[Check]:
    """Column `jump`: the change on the year before, in multiples of the usual yearly change."""
    most = float(checks.of("jump").tolerance or 0)
    asked = checks.of("jump").asked(most=most)
    return [_Maker(checks)(BETWEEN, "jump", "", "jump", asked, column="jump", max_value=most)]


def repeated(checks: Checks) -> list[Check]:
    """Column `different`: how many figures of a delivery differ from those of the year before."""
    return [_Maker(checks)(BETWEEN, "repeated", "", "different", column="different", min_value=1)]


# --- the plan: was the target met? -----------------------------------------------------------------------------------


def plan(
    checks: Checks,
    promise: Promise,
    threshold: float | None,
    lower_is_better: bool,
    relative: float | None = None,
    best: float | None = None,
) -> list[Check]:
    """The expectations that follow from a target's record, on a column with the target's name.

    For a gap in amounts with a `relative` distance in the baseline year (in %), there is a second one on the column
    `relative_of`. A direction that starts where nothing is better than `best` asks for that.
    """
    target, asked, unit = promise.target, checks.of("plan").asked, unit_compared(promise)
    if target.band is not None:
        low, high = target.band
        bounds: dict[str, Any] = {"min_value": float(low), "max_value": float(high)}
        expected = asked("band", low=low, high=high, unit=unit)
    elif threshold is None:
        return []
    elif target.rule.key == "near_balance":
        least, most = sorted((threshold, 2 * float(MIDDLE) - threshold))
        least, most = _shifted(least, promise, 1), _shifted(most, promise, -1)
        inside = least < most
        if not inside:
            least = most = float(MIDDLE)
        bounds = {"min_value": least, "max_value": most, "strict_min": inside, "strict_max": inside}
        expected = asked("inside", low=least, high=most, unit=unit)
    else:
        strict = target.rule.key in {"above", "below", "increase", "decrease", "narrow_gap", "slow_increase"}
        side, forms = ("max", ("at_most", "below")) if lower_is_better else ("min", ("at_least", "above"))
        limit = _shifted(threshold, promise, -1 if lower_is_better else 1)
        if target.rule.key in DIRECTIONS and best is not None and (limit <= best if lower_is_better else limit >= best):
            strict, limit, threshold = False, best, best
        bounds = {f"{side}_value": limit, f"strict_{side}": strict}
        expected = asked(forms[strict], threshold=threshold, unit=unit)
    told = [(promise.id, expected, bounds)]
    if relative is not None:
        words = asked("relative", threshold=relative)
        most = _less(relative, SHARE)
        told.append((relative_of(promise.id), words, {"max_value": max(most, 0.0), "strict_max": most > 0}))
    return [
        _Maker(checks)(BETWEEN, f"plan_{target.rule}", promise.name, column, words, column=column, **limits)
        for column, words, limits in told
    ]


DIRECTIONS = {"increase", "decrease", "narrow_gap", "slow_increase", "near_balance"}
SHARE = Decimal("0.05")
"""Half of the one decimal with which a distance in % of men's figure is printed."""


def _shifted(threshold: float, promise: Promise, way: int) -> float:
    """The number that a direction must pass: half of the last printed decimal beyond the one that it starts from.

    This is decided here a second time on purpose, like the side.
    """
    if promise.target.rule.key not in DIRECTIONS or promise.indicator is None:
        return threshold
    return _less(threshold, -way * Decimal(5).scaleb(-promise.indicator.decimals - 1))


def _less(number: float, by: Decimal) -> float:
    return float(Decimal(repr(number)) - by)


def relative_of(target: str) -> str:
    """The column that holds a target's relative distance."""
    return f"{target}{RELATIVE}"


def target_of(column: str) -> str:
    """The target that a column of the plan gate belongs to."""
    return column.removesuffix(RELATIVE)


RELATIVE = "/relative"


def unit_compared(promise: Promise) -> str:
    """The unit of the value of a target, and of the number that it must reach."""
    unit = promise.indicator.unit if promise.indicator else ""
    return unit_of(unit).difference if promise.target.rule.key == "narrow_gap" else unit

"""What a frame plainly passes is what Great Expectations lets pass; it is asked about everything else."""

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from expectations import suites
from expectations.suites import BETWEEN, EQUAL, GREATER, LENGTH, MEMBER, PATTERN, Check, Kind
from flows import ingest, validate
from tests.fixtures.deliveries import BASE, CATALOG, deliver, sent
from tests.fixtures.warehouses import rows, warehouse

WORDS = ["", "a", "12", "-3", "一二", None]
FIGURES = [-1.0, 0.0, 0.5, 1.0, 2.0, math.inf, math.nan]
BOUNDS: list[dict[str, Any]] = [
    {"min_value": 0.0, "max_value": 1.0},
    {"min_value": 0.0, "max_value": 1.0, "strict_min": True, "strict_max": True},
    {"min_value": 0.5},
    {"min_value": 0.5, "strict_min": True},
    {"max_value": 0.5},
    {"max_value": 0.5, "strict_max": True},
]
ASKED: list[tuple[Kind, list[Any], dict[str, Any]]] = [
    (MEMBER, WORDS, {"column": "one", "value_set": ["", "a", "12"]}),
    (EQUAL, WORDS, {"column_A": "one", "column_B": "other"}),
    (PATTERN, WORDS, {"column": "one", "regex": r"^(?:-?[0-9]{1,2}|(?i:A))\Z"}),
    (LENGTH, WORDS, {"column": "one", "min_value": 1}),
    (GREATER, FIGURES, {"column_A": "one", "column_B": "other", "or_equal": True,
                        "ignore_row_if": "either_value_is_missing"}),
    *((BETWEEN, FIGURES, {"column": "one", **bounds}) for bounds in BOUNDS),
]  # fmt: skip


def check(kind: Kind, arguments: dict[str, Any], rule: str = "r") -> Check:
    return Check(kind, arguments, rule, "", "one", "", "", "warning")


@pytest.mark.parametrize(("kind", "values", "arguments"), ASKED)
def test_what_plainly_passes_passes(kind: Kind, values: list[Any], arguments: dict[str, Any]) -> None:
    chance, frames = random.Random(7), []
    for size in (1, 1, 1, 1, 2, 3):
        one = chance.choices(values, k=size)
        other = one if chance.random() < 0.5 else chance.choices(values, k=size)
        frames.append(pd.DataFrame({"one": pd.Series(one), "other": pd.Series(other)}))
    frames += [pd.DataFrame({"one": pd.Series([v]), "other": pd.Series([w])}) for v in values for w in values[:2]]
    asked, seen = check(kind, arguments), set[bool]()
    for frame in frames:
        [gx] = suites._results(
            suites._frames().get_batch({"dataframe": frame}), [asked], {"result_format": "BOOLEAN_ONLY"}
        ).values()
        assert suites.plainly_passes(frame, asked) == gx.success, frame
        seen.add(gx.success)
    assert seen == {True, False}


def test_what_cannot_be_compared_does_not_plainly_pass() -> None:
    frame = pd.DataFrame({"one": ["a", 1.0]})
    assert not suites.plainly_passes(frame, check(BETWEEN, {"column": "one", "max_value": 9.0}))
    assert not suites.plainly_passes(frame, check(PATTERN, {"column": "one", "regex": "."}))
    assert not suites.plainly_passes(frame, check(MEMBER, {"column": "absent", "value_set": []}))
    assert suites.plainly_passes(frame, check(MEMBER, {"column": "one", "value_set": ["a", 1.0]}))


@pytest.mark.parametrize(("old", "new", "asks"), [("300", "300", False), ("300", "3O0", True)], ids=["sound", "wrong"])
def test_great_expectations_is_asked_where_a_row_fails(
    old: str, new: str, asks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    ask: Callable[..., Any] = suites._results

    def told(batch: object, checks: list[Check], form: dict[str, Any]) -> object:
        asked.append([c.rule for c in checks])
        return ask(batch, checks, form)

    monkeypatch.setattr(suites, "_results", told)
    deliver(tmp_path, 2024, [sent("births", BASE["births"].replace(old, new, 1))])
    with warehouse() as con:
        ingest.store(con, CATALOG, tmp_path, [2024])
        validate.contract(con, CATALOG)
        found = {row["rule"] for row in rows(con, "select rule from out_findings where gate = 'contract'")}
    assert asked == ([["cell_number"]] if asks else [])
    assert found == ({"cell_number"} if asks else set())

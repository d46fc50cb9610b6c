"""What fails without Great Expectations is what fails with it; a report asks it, the desk does not."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from expectations import suites
from expectations.suites import BETWEEN, EQUAL, GREATER, LENGTH, MEMBER, PATTERN, Check, ExpectationName
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
ASKED: list[tuple[ExpectationName, list[Any], dict[str, Any]]] = [
    (MEMBER, WORDS, {"column": "one", "value_set": ["", "a", "12"]}),
    (EQUAL, WORDS, {"column_A": "one", "column_B": "other"}),
    (PATTERN, WORDS, {"column": "one", "regex": r"^(?:-?[0-9]{1,2}|(?i:A))\Z"}),
    (LENGTH, WORDS, {"column": "one", "min_value": 1}),
    (
        GREATER,
        FIGURES,
        {"column_A": "one", "column_B": "other", "or_equal": True, "ignore_row_if": "either_value_is_missing"},
    ),
    *((BETWEEN, FIGURES, {"column": "one", **bounds}) for bounds in BOUNDS),
]


def check(kind: ExpectationName, arguments: dict[str, Any], rule: str = "r") -> Check:
    return Check(kind, arguments, rule, "", "one", "", "", "warning")


@pytest.mark.parametrize(("kind", "values", "arguments"), ASKED)
def test_both_ways_find_the_same_rows(kind: ExpectationName, values: list[Any], arguments: dict[str, Any]) -> None:
    pairs = [(one, other) for one in values for other in values]
    frame = pd.DataFrame(pairs, columns=["one", "other"]).assign(at=range(len(pairs)))
    asked = check(kind, arguments)
    [library, ours] = [
        [(f.place["at"], f.value) for f in way(frame, [asked], ["at"])] for way in (suites.run, suites.look)
    ]
    assert library == ours
    assert 0 < len(ours) < len(pairs)
    single = [len(suites.look(frame.iloc[[at]], [asked], ["at"])) for at in frame["at"]]
    assert [at for at, found in enumerate(single) if found] == [at for at, _ in ours]


def test_an_empty_frame_fails_nothing() -> None:
    frame = pd.DataFrame({"one": [], "at": []})
    assert (
        suites.run(frame, [check(*ASKED[0][::2])], ["at"]) == suites.look(frame, [check(*ASKED[0][::2])], ["at"]) == []
    )


def test_all_kinds_are_asked() -> None:
    assert {kind for kind, _, _ in ASKED} == suites.FAILING.keys()


@pytest.mark.parametrize("text", ["300", "3O0"], ids=["sound", "wrong"])
@pytest.mark.parametrize("trial", [None, validate.Trial()], ids=["report", "desk"])
def test_a_report_asks_great_expectations_and_the_desk_does_not(
    text: str, trial: validate.Trial | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask: Callable[..., Any] = suites._results

    def told(batch: object, checks: list[Check], form: dict[str, Any]) -> object:
        asked.extend(c.rule for c in checks)
        return ask(batch, checks, form)

    monkeypatch.setattr(suites, "_results", told)
    deliver(tmp_path, 2024, [sent("births", BASE["births"].replace("300", text, 1))])
    with warehouse() as con:
        ingest.store(con, CATALOG, tmp_path, [2024])
        validate.contract(con, CATALOG, trial)
        found = {row["rule"] for row in rows(con, "select rule from out_findings where gate = 'contract'")}
    assert ("cell_number" in asked) == (trial is None)
    assert found == ({"cell_number"} if text == "3O0" else set())


def test_several_frames_are_asked_at_once_and_answer_for_themselves() -> None:
    """Equal checks are one expectation, whatever column and frame they are about; nulls, other types and other rows stay apart."""
    both = {"min_value": 0.0, "max_value": 1.0}
    frames = [
        pd.DataFrame({"one": [0.5, 2.0, math.nan, 2.0], "other": [3.0, 0.5, 0.5, math.nan], "at": [7, 8, 9, 10]}),
        pd.DataFrame({"one": [2, 1, 0], "at": [1, 2, 3]}, index=[5, 6, 7]),
        pd.DataFrame({"one": ["a", None, "b"], "other": ["a", "b", None], "at": [1, 2, 3]}),
        pd.DataFrame({"one": [], "at": []}),
    ]
    asked = [
        [Check(BETWEEN, {"column": column, **both}, "r", "", column, "", "", "warning") for column in ("other", "one")],
        [check(BETWEEN, {"column": "one", **both}), check(MEMBER, {"column": "one", "value_set": [1]}, "member")],
        [
            check(EQUAL, {"column_A": "one", "column_B": "other"}),
            check(MEMBER, {"column": "one", "value_set": ["a"]}, "m"),
        ],
        [check(BETWEEN, {"column": "one", **both})],
    ]
    jobs = [suites.Job(frame, checks, ["at"]) for frame, checks in zip(frames, asked, strict=True)]
    together = suites.run_all(jobs)
    assert together == [suites.look(*job) for job in jobs]
    assert [[f.place["at"] for f in failures] for failures in together] == [[7, 8, 10], [1, 1, 3], [2, 3, 3], []]


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """The expectations that the library is asked, one by one."""
    suite: list[Check] = []
    ask: Callable[..., Any] = suites._results

    def told(batch: object, checks: list[Check], form: dict[str, Any]) -> object:
        suite.extend(checks)
        return ask(batch, checks, form)

    monkeypatch.setattr(suites, "_results", told)
    return suite


def test_what_is_asked_alike_is_one_expectation(suite: list[Check]) -> None:
    forms = [(name, d.form(year)) for name, d in CATALOG.datasets.items() for year in d.forms()[:1]]
    checks = [(form, suites.contract(CATALOG, form)) for _, form in forms]
    jobs = [suites.Job(_blank(found), found, ["at"]) for _, found in checks]
    suites.run_all(jobs)
    written = {suites._asks(c) for _, found in checks for c in found}
    assert len({c.key for c in suite}) == len(written) < sum(len(found) for _, found in checks)


def test_bounds_of_their_own_are_one_expectation(suite: list[Check]) -> None:
    """Each target of a plan has a threshold of its own. A bound on either side is two comparisons, and stays what it is."""
    values = [0.5, 1.0, 1.5, math.nan, math.inf]
    frame = pd.DataFrame({"one": values, "other": values[::-1], "at": range(len(values))})

    def asked(column: str, **bounds: float | None) -> Check:
        return Check(BETWEEN, {"column": column, **bounds}, f"r{bounds}", "", column, "", "", "warning")

    least = [asked("one", min_value=n) for n in (0.5, 1.0, 1.5)] + [asked("other", min_value=1, max_value=None)]
    above = [asked("one", min_value=n, strict_min=True) for n in (0.5, 1.0)]
    most = [asked("one", max_value=1.0), asked("other", max_value=1.5)]
    both = [asked("one", min_value=0.5, max_value=n) for n in (1.0, 1.5)]
    checks = [*least, *above, *most, *both]
    assert suites.run(frame, checks, ["at"]) == suites.look(frame, checks, ["at"])
    assert len({suites._asks(c) for c in checks}) == len({c.key for c in suite}) == 4
    assert [len({suites._asks(c) for c in alike}) for alike in ([*least, *most], above, both)] == [1, 1, 2]


def _blank(checks: list[Check]) -> pd.DataFrame:
    """A frame with the columns of some checks and a row without a value."""
    names = {str(c.arguments[side]) for c in checks for side in suites.SIDES if side in c.arguments}
    return pd.DataFrame({name: [None] for name in sorted(names)}).assign(at=[0])

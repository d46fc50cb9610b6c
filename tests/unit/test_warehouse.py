"""The contract of warehouse/tables.sql: its words are the vocabulary's, and the public copy is held to it as well."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from expectations.catalog import load
from expectations.vocabulary import (
    EVIDENCE,
    DeliveryStatus,
    Gate,
    Level,
    Method,
    Pace,
    Reason,
    Severity,
    Sex,
    Symbol,
    Verdict,
)
from flows import disclose
from tests.fixtures.warehouses import changed, warehouse

DECIDED = set(Verdict) - {Verdict.UNKNOWN, Verdict.SUPPRESSED}
WORDS = {
    ("out_assessments", "verdict"): set(Verdict),
    ("out_assessments", "reason"): set(Reason)
    - {Reason.OK, Reason.NOT_ASKED},  # which is told of years without a register only
    ("out_assessments", "method"): set(Method),
    ("out_assessments", "weather"): set(Symbol),
    ("out_assessments", "second"): set(Pace),
    ("out_findings", "severity"): set(Severity),
    ("out_findings", "gate"): set(Gate),
    ("out_checks", "severity"): set(Severity),
    ("out_warnings", "level"): set(Level),
    ("meta_deliveries", "status"): set(DeliveryStatus),
    ("core_observations", "sex"): set(Sex),
    ("out_indicators", "sex"): set(Sex),
}
"""What the columns can say: all the codes of a kind."""
PARTS = {
    ("out_indicators", "state"): set(Reason),
    ("core_observations", "state"): set(Reason),
    ("out_warnings", "reason"): {*DECIDED, "unlikely", "late", "swing"},
    ("core_statements", "stage"): set(EVIDENCE),
    ("out_checks", "gate"): set(Gate),
}
"""… or some of them, and nothing else."""


def constraints(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    query = "select table_name, constraint_text from duckdb_constraints() where database_name = current_database()"
    return set(con.execute(query).fetchall())


def allowed(table: str, column: str) -> set[str]:
    """The words that a column's check lists."""
    with warehouse() as con:
        texts = [text for name, text in constraints(con) if name == table]
    [listed] = [m[1] for text in texts if (m := re.fullmatch(rf"CHECK\(\(\"?{column}\"? IN \((.*)\)\)\)", text))]
    return set(re.findall(r"'(\w+)'", listed))


@pytest.mark.parametrize("place", WORDS, ids=".".join)
def test_a_column_says_all_that_the_vocabulary_has(place: tuple[str, str]) -> None:
    assert allowed(*place) == WORDS[place]


@pytest.mark.parametrize("place", PARTS, ids=".".join)
def test_a_column_says_nothing_that_the_vocabulary_has_not(place: tuple[str, str]) -> None:
    assert allowed(*place) and allowed(*place) <= PARTS[place]


ASSESSMENT = (
    "insert into out_assessments (district, target, year, verdict, reason, method) values ('d', 't', 2022, ?, ?, ?)"
)


@pytest.mark.parametrize(
    "row",
    [
        ("met", None, "end"), ("unknown", "not_received", None), ("suppressed", "suppressed", None),
    ],
)  # fmt: skip
def test_a_verdict_with_its_method_or_the_reason_why_there_is_none(row: tuple[str, str | None, str | None]) -> None:
    with warehouse() as con:
        con.execute(ASSESSMENT, row)


@pytest.mark.parametrize(
    "row",
    [
        ("met", None, None), ("met", "not_received", "end"), ("unknown", None, None), ("unknown", "break", "end"),
        ("reached", None, "end"), ("unknown", "lost", None), ("met", None, "guess"), ("unknown", "ok", None),
    ],
)  # fmt: skip
def test_neither_both_nor_words_of_its_own(row: tuple[str, str | None, str | None]) -> None:
    with warehouse() as con, pytest.raises(duckdb.ConstraintException):
        con.execute(ASSESSMENT, row)


def test_a_figure_has_a_value_or_a_state_that_says_why_not() -> None:
    insert = "insert into out_indicators (district, indicator, year, area, sex, value, state) values ('d', ?, 2022, 'd', 'total', ?, ?)"
    with warehouse() as con:
        con.execute(insert, ["a", 1.5, "ok"])
        con.execute(insert, ["b", None, "suppressed"])
        for value, state in ((None, "ok"), (1.5, "rejected")):
            with pytest.raises(duckdb.ConstraintException):
                con.execute(insert, ["c", value, state])


def test_the_public_copy_keeps_every_constraint(golden: Path) -> None:
    """Checks and keys are those of tables.sql, and what the copy holds back has words of its own there."""
    catalog = load("990101", golden / "expectations")
    kept_back = (
        "insert into out_suppressed select indicator, year, area, institution, sex, part, 'primary', true, true "
        "from out_indicators where indicator = 'women_party_members' and year = 2022"
    )
    with changed(golden, kept_back) as con, disclose.public(con, catalog) as copy, warehouse() as whole:
        assert constraints(copy) == constraints(whole)
        assert copy.execute("select distinct kind from out_suppressed").fetchall() == [(None,)]
        assert ("suppressed",) in copy.execute("select state from out_indicators").fetchall()
        with pytest.raises(duckdb.ConstraintException):
            copy.execute("insert into out_assessments select * from out_assessments limit 1")

"""The contract of warehouse/tables.sql: its words are the vocabulary's, and the public copy is held to it as well."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from expectations.catalog import load
from expectations.vocabulary import (
    EVIDENCE,
    AnswerSheet,
    Cause,
    DeliveryStatus,
    Fate,
    Gate,
    Level,
    Makeup,
    Mending,
    Method,
    Pace,
    Readership,
    Reason,
    Redress,
    Severity,
    Sex,
    Symbol,
    Verdict,
    WarningKind,
)
from flows import compute, disclose
from flows.warehouse import append, append_named, memory
from tests.fixtures.warehouses import changed, warehouse

FIGURES = {Reason.OK, *(reason for reason in Reason if reason.is_computed)}
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
    ("out_indicators", "state"): FIGURES,
    ("core_released", "state"): FIGURES,
    ("core_released", "sex"): set(Sex),
    ("core_released", "makeup"): set(Makeup),
    ("core_replies", "kind"): set(WarningKind),
    ("core_replies", "state"): set(Redress),
    ("meta_audience", "audience"): set(Readership),
    ("meta_corrections", "state"): set(Mending),
    ("meta_replies", "sheet"): set(AnswerSheet),
    ("out_answer_findings", "severity"): set(Severity),
    ("out_answer_findings", "gate"): set(Gate),
    ("out_track", "outcome"): set(Fate),
    ("out_warnings", "kind"): set(WarningKind),
}
"""What the columns can say: all the codes of a kind."""
PARTS = {
    ("core_above", "state"): set(Reason),
    ("core_observations", "state"): set(Reason),
    ("meta_replies", "status"): set(DeliveryStatus),
    ("out_warnings", "reason"): {*DECIDED, Cause.UNLIKELY, Cause.LATE, Cause.SWING},
    ("core_statements", "stage"): set(EVIDENCE),
    ("out_checks", "gate"): set(Gate),
    ("out_warnings", "cause"): set(Cause),
}
"""… or some of them, and nothing else."""
OWN = {("core_stated", "kind"), ("meta_unfiled", "kind"), ("out_suppressed", "kind")}
"""Columns whose words are no codes of the domain: they stand beside the column alone."""


def constraints(con: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    query = "select table_name, constraint_text from duckdb_constraints() where database_name = current_database()"
    return set(con.execute(query).fetchall())


def listed(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], set[str]]:
    """Column → the words that its check lists."""
    return {
        (table, m[1]): set(re.findall(r"'(\w+)'", m[2]))
        for table, text in constraints(con)
        if (m := re.fullmatch(r"CHECK\(\(\"?(\w+)\"? IN \((.*)\)\)\)", text))
    }


def allowed(table: str, column: str) -> set[str]:
    with warehouse() as con:
        return listed(con)[table, column]


def test_every_column_with_a_list_of_words_is_held_against_the_vocabulary() -> None:
    with warehouse() as con:
        assert listed(con).keys() == WORDS.keys() | PARTS.keys() | OWN


def test_what_is_found_in_an_answer_has_the_checks_of_every_finding() -> None:
    with warehouse() as con:
        own, data = (
            {t for name, t in constraints(con) if name == table} for table in ("out_answer_findings", "out_findings")
        )
        assert own == data != set()
        with pytest.raises(duckdb.ConstraintException):
            append_named(con, "out_answer_findings", [{"gate": "file", "severity": "grave"}])


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


def test_more_figures_than_memory_holds_are_moved_to_the_disk() -> None:
    """An index over what tells them apart could not be: three million rows ended `check` with 内存不足."""
    many = (
        "insert into out_indicators (district, indicator, year, area, sex, value, state) "
        "select 'd', 'indicator_' || i // 300, 2024, '990301' || i % 300, 'total', i, 'ok' from range(100000) t(i)"
    )
    with memory() as con:
        con.execute("set memory_limit = '24MB'")
        con.execute(many)
        assert con.execute(compute.TWICE).fetchone() is None
        con.execute("insert into out_indicators select * from out_indicators where indicator = 'indicator_7' limit 1")
        assert con.execute(compute.TWICE).fetchone() == ("indicator_7", 2024, "9903010", "", "total", "")


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


def test_rows_are_inserted_as_they_are_told() -> None:
    """A statement takes them column by column, and a column of decimals and binary numbers must stay exact."""
    exact, when = Decimal("123456789012345678.123457"), date(2024, 2, 29)
    rows = [
        (exact, 0.1, "甲,'乙'\n", when, None, 3_000_000_000),
        (0.5, None, Verdict.MET, None, True, None),
        (7, 1, "", when, False, 0),
        (1, 2, 1, when, False, 0),
        (1, 2, 2.5, when, False, 0),
    ]
    with memory() as con:
        con.execute(
            "create table t (a decimal(24, 6), b double, c varchar, d date, e boolean, f bigint, g integer default 9)"
        )
        append(con, "t", rows, "abcdef")
        append_named(con, "t", [{"g": 1, "c": "x"}, {"c": "y"}])
        append(con, "t", [])
        found = con.execute("select * from t").fetchall()
    assert found == [
        (exact, 0.1, "甲,'乙'\n", when, None, 3_000_000_000, 9),
        (Decimal("0.5"), None, "met", None, True, None, 9),
        (7, 1, "", when, False, 0, 9),
        (1, 2, "1", when, False, 0, 9),
        (1, 2, "2.5", when, False, 0, 9),
        (None, None, "x", None, None, None, 1),
        (None, None, "y", None, None, None, None),
    ]


KINDS = {
    "integer": (3, None, -1),
    "decimal(24, 6)": (Decimal("123456789012345678.123456"), None, Decimal("0.1"), 5, Decimal("1.50")),
    "double": (0.1, None, 10**15, 1e-9),
    "varchar": ("甲", None, "", "2024-01-01"),
    "date": (None, date(2024, 2, 29)),
    "boolean": (None, True, False),
}
"""The kinds of columns, and values that may stand below one another."""


@pytest.mark.parametrize("number", [0, 1, 1001])
def test_rows_are_stored_as_they_are_and_in_their_order(number: int) -> None:
    listed = [tuple(values[n % len(values)] for values in KINDS.values()) for n in range(number)]
    with warehouse() as con:
        con.execute(f"create table kinds ({', '.join(f'c{n} {kind}' for n, kind in enumerate(KINDS))})")
        append(con, "kinds", listed)
        assert con.execute("from kinds").fetchall() == listed


def test_what_only_other_rows_have_is_null_and_a_row_of_another_length_is_refused() -> None:
    with warehouse() as con:
        con.execute("create table two (a integer, b varchar)")
        append_named(con, "two", [{"a": 1}, {"b": "x"}])
        assert con.execute("from two").fetchall() == [(1, None), (None, "x")]
        with pytest.raises(ValueError, match="zip"):
            append(con, "two", [(1, "x"), (2,)])


def standing(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Every table with its rows."""
    names = con.execute("select table_name from duckdb_tables() where not internal").fetchall()
    return {name: con.execute(f'from "{name}"').fetchall() for (name,) in names}


@pytest.mark.parametrize(
    "change",
    [
        "select 1",
        "delete from meta_audience",
        "update meta_audience set beyond = true",
        "insert into meta_audience from meta_audience",
        "insert into meta_as_of values ('2024-01-01')",
        "create table another (a integer)",
    ],
)
def test_a_warehouse_of_the_tests_is_lent_as_it_began(change: str) -> None:
    with warehouse() as con:
        begun = standing(con)
        con.execute(change)
    assert begun["meta_audience"] and not begun["meta_as_of"]
    with warehouse() as con:
        assert standing(con) == begun

"""Codes that stand as text, in a statement or in a comparison, are codes of their column: a typo there would be seen by nobody."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from expectations.vocabulary import (
    Cause,
    Code,
    DeliveryStatus,
    Ending,
    Fate,
    Gate,
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
)
from flows.places import PROJECT

SETS: dict[str, tuple[type[Code], ...]] = {
    "audience": (Readership,),
    "cause": (Cause,),
    "gate": (Gate,),
    "makeup": (Makeup,),
    "method": (Method,),
    "outcome": (Fate, Ending),
    "reason": (Reason, Verdict, Cause),
    "second": (Pace,),
    "severity": (Severity,),
    "sex": (Sex,),
    "state": (Reason, Redress, Mending),
    "status": (DeliveryStatus, Ending),
    "verdict": (Verdict,),
    "weather": (Symbol,),
}
"""What a column, or a variable of its name, may say."""
OTHERS = {("flows/desk/question.py", "method"), ("flows/intervals.py", "method")}
"""Where a name is of something else: an option of a command, a formula."""
IN_SQL = re.compile(rf"\b({'|'.join(SETS)})\s*(?:=|<>|!=|(?:not )?in)\s*(\([^()]*\)|'[^']*')")


def written(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, column and code of each code that stands in a statement or a comparison as text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for column, listed in IN_SQL.findall(node.value):
                yield from ((node.lineno, column, code) for code in re.findall(r"'(\w+)'", listed))
        elif isinstance(node, ast.Compare) and (column := named(node.left)) in SETS:
            for side in node.comparators:
                for one in getattr(side, "elts", [side]):
                    if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value:
                        yield node.lineno, column, one.value


def named(node: ast.expr) -> str:
    """The last name of what is compared: status of row["status"], of row.status and of status."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
    return ""


def is_known(column: str, code: str) -> bool:
    return any(code in kind._value2member_map_ for kind in SETS[column])


def test_every_code_that_stands_as_text_is_one_of_its_column() -> None:
    found = [
        (path.relative_to(PROJECT).as_posix(), *one)
        for folder in ("expectations", "flows")
        for path in sorted((PROJECT / folder).rglob("*.py"))
        for one in written(path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 150  # they are seen at all
    wrong = [one for one in found if not is_known(*one[2:])]
    assert {(file, column) for file, _, column, _ in wrong} == OTHERS, wrong


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("""query = "select * from meta_deliveries d where d.status = 'superceded'" """, ["superceded"]),
        ("""query = "select * from meta_deliveries d where d.status = 'superseded'" """, []),
        ("""query = f"from {name} where status not in ('missing', 'lost')" """, ["lost"]),
        ("""query = f"from {name} where status not in ('missing', 'refused')" """, []),
        ("""found = row["severity"] != "serious" """, ["serious"]),
        ("""found = row["severity"] != "info" """, []),
        ("""found = one.sex in {"female", "man"}""", ["man"]),
        ("""found = status == kind and row["dataset"] == "progress" """, []),
    ],
)
def test_a_code_that_its_column_has_not_is_found(source: str, wrong: list[str]) -> None:
    assert [code for _, column, code in written(source.strip()) if not is_known(column, code)] == wrong


def test_a_delivery_is_used_or_absent_or_replaced() -> None:
    others = [s for s in DeliveryStatus if s.is_used == s.is_absent]
    assert others == [DeliveryStatus.SUPERSEDED]
    assert [s for s in DeliveryStatus if s.is_wanting and s.is_used] == [DeliveryStatus.PARTIAL]

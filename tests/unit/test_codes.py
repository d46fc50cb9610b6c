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
OTHERS = {("flows/desk/question.py", "method"), ("flows/files/xlsx.py", "state"), ("flows/intervals.py", "method")}
"""Where a name is of something else: an option of a command, whether a sheet is seen, a formula."""
COLUMN, TEXT = rf"(?:\w+\.)?\b(?P<column>{'|'.join(SETS)})\b", "'[^']*'"
EQUAL = r"(?:=|<>|!=|is (?:not )?distinct from)"
IN_SQL = tuple(
    re.compile(pattern, re.S)
    for pattern in (
        rf"{COLUMN}(?:, {TEXT}\))?\s*(?:{EQUAL}|(?:not )?in)\s*(?P<codes>\([^()]*\)|{TEXT})",
        rf"(?P<codes>{TEXT})\s*{EQUAL}\s*(?:(?:coalesce|nullif)\()?{COLUMN}",
        rf"(?:coalesce|nullif)\({COLUMN}, (?P<codes>{TEXT})\)",
        rf"\bcase {COLUMN}\s+(?P<codes>when .*?)\b(?:end|else)\b",
    )
)
"""Where a statement compares a column with codes: status = '…' and its like, '…' = status, coalesce(status, '…'), case status when '…'."""


def written(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, column and code of each code that stands in a statement or a comparison as text."""
    tree = ast.parse(source)
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for column in {named(side) for side in sides} & SETS.keys():
                yield from ((node.lineno, column, code) for side in sides for code in texts(side))
        elif isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in parts:
            statement = "".join("".join(texts(part)) or "?" for part in getattr(node, "values", [node]))
            for found in (one for pattern in IN_SQL for one in pattern.finditer(statement)):
                before = "when " if found["codes"].startswith("when") else ""
                codes = re.findall(f"{before}'([^']*)'", found["codes"])
                yield from ((node.lineno, found["column"], code) for code in codes if code and "?" not in code)


def texts(node: ast.expr) -> list[str]:
    """The text that an expression is, or those that it lists."""
    listed = getattr(node, "elts", [node])
    return [one.value for one in listed if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value]


def named(node: ast.expr) -> str:
    """The last name of what is compared: status of row["status"], row.get("status"), row.status and status."""
    match node:
        case (
            ast.Name(id=name)
            | ast.Attribute(attr=name)
            | ast.Subscript(slice=ast.Constant(value=str(name)))
            | ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(name)), *_])
        ):
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
    assert len(found) > 200  # they are seen at all
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
        ("""query = "where coalesce(d.status, '') <> 'superceded'" """, ["superceded"]),
        ("""query = "where coalesce(d.status, '') <> 'superseded'" """, []),
        ("""query = "where coalesce(d.status, 'none') <> 'superseded'" """, ["none"]),
        ("""query = "where d.status is not distinct from 'superceded'" """, ["superceded"]),
        ("""query = "where d.status is not distinct from 'superseded'" """, []),
        ("""query = "where 'superceded' = d.status and d.file = 'a'" """, ["superceded"]),
        ("""query = "where d.file = 'a' and 'superseded' = d.status" """, []),
        ("""query = "select case d.status when 'superceded' then 'old' else 'new' end" """, ["superceded"]),
        ("""query = "select case d.status when 'missing' then 'a' when 'superseded' then 'b' end" """, []),
        ("""query = f"where status in ('missing', {kind}, 'lost')" """, ["lost"]),
        ("""query = f"where status in ('missing', '{kind}', 'refused')" """, []),
        ("""found = "superceded" == row["status"]""", ["superceded"]),
        ("""found = "superseded" == row["status"]""", []),
        ("""found = row.get("status") == "superceded" or row.get("file") == "a" """, ["superceded"]),
        ("""found = row.get("status", "") in ("missing", "superseded")""", []),
        ("""found = status == kind and row["dataset"] == "progress" """, []),
    ],
)
def test_a_code_that_its_column_has_not_is_found(source: str, wrong: list[str]) -> None:
    assert [code for _, column, code in written(source.strip()) if not is_known(column, code)] == wrong


def test_a_delivery_is_used_or_absent_or_replaced() -> None:
    others = [s for s in DeliveryStatus if s.is_used == s.is_absent]
    assert others == [DeliveryStatus.SUPERSEDED]
    assert [s for s in DeliveryStatus if s.is_wanting and s.is_used] == [DeliveryStatus.PARTIAL]

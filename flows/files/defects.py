"""What is wrong with a file, in words for those who sent it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from expectations.records import SeverityCode
from flows.files.characters import LONGEST, changes, printable
from flows.wording import say


class Defect(NamedTuple):
    """Something that is wrong with a file, or that was left out of it."""

    rule: str
    expected: str
    cure: str
    problem: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    severity: SeverityCode = "critical"
    position: int | None = None
    """Column of the file, from 1."""


def describe(
    told: str,
    /,
    *,
    line: int | None = None,
    column: str | None = None,
    value: str | None = None,
    severity: SeverityCode = "critical",
    position: int | None = None,
    **facts: object,
) -> Defect:
    """A defect in the words of messages.yml. `told` is its rule and, if the rule has several, its kind: csv, limit/line.

    Where it stands is filled in like the other facts.
    """
    place: dict[str, object] = {"line": line, "column": column, "value": value, "position": position}
    problem, expected, cure = (
        say(f"messages/reading/{told}/{part}", **place, **facts) for part in ("problem", "expected", "cure")
    )
    return Defect(told.partition("/")[0], expected, cure, problem, line, column, value, severity, position)


ODD: dict[str, SeverityCode] = {"unprintable": "warning", "invisible": "info", "cut": "warning"}
"""What `printable` may do to a text → how serious it is; in the order in which it is told."""


def odd(
    text: str, where: str, line: int | None = None, column: str | None = None, longest: int = LONGEST
) -> Iterator[Defect]:
    """The change that a text suffers when it is printed; `where` says in words where it stands."""
    for kind, told in changes(text, longest):
        shown = printable(text, 60)
        yield describe(kind, line=line, column=column, value=shown, severity=ODD[kind], where=where, told=told)


class UnreadableError(Exception):
    """Nothing in a file can be used."""

    def __init__(self, defect: Defect) -> None:
        self.defect = defect
        super().__init__(defect.problem)


class WorksheetsError(UnreadableError):
    """Several worksheets have the data; whoever files them can name one."""

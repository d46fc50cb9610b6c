"""What is wrong with a file, in words for those who sent it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

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
    severity: Literal["critical", "warning", "info"] = "critical"
    position: int | None = None
    """Column of the file, from 1."""


Severity = Literal["critical", "warning", "info"]


def describe(
    told: str,
    /,
    *,
    line: int | None = None,
    column: str | None = None,
    value: str | None = None,
    severity: Severity = "critical",
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


ODD: dict[str, tuple[str, str, Literal["warning", "info"]]] = {
    "unprintable": ("常用字库中有的字符", "请改用通用的字词后重新报送；报送的文件原样保存", "warning"),
    "invisible": ("没有看不见的字符", "不影响使用；下次请删去", "info"),
    "cut": ("简短的文字", "全文见报送的文件；请精简后重新报送", "warning"),
}
"""What `printable` may do to a text → what is expected, how to mend it, and how serious it is."""


def odd(
    text: str, where: str, line: int | None = None, column: str | None = None, longest: int = LONGEST
) -> Iterator[Defect]:
    """The change that a text suffers when it is printed; `where` says in words where it stands."""
    for kind, told in changes(text, longest):
        expected, cure, severity = ODD[kind]
        yield Defect(kind, expected, cure, f"{where}{told}", line, column, printable(text, 60), severity)


class UnreadableError(Exception):
    """Nothing in a file can be used."""

    def __init__(self, defect: Defect) -> None:
        self.defect = defect
        super().__init__(defect.problem)

"""What is wrong with a file, in words for those who sent it."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Defect(NamedTuple):
    """What is wrong with a file, or was left out of it."""

    rule: str
    expected: str
    cure: str
    problem: str
    line: int | None = None
    column: str | None = None
    value: str | None = None
    severity: Literal["critical", "warning", "info"] = "critical"
    position: int | None = None
    """Column of the file, 1-based."""


class UnreadableError(Exception):
    """Nothing in a file can be used."""

    def __init__(self, defect: Defect) -> None:
        self.defect = defect
        super().__init__(defect.problem)

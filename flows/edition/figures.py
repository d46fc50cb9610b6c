"""Reads and writes figures.csv: every numeral and judging word of a report as printed, and the fact that it is bound
to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flows import wording

NAME = "figures.csv"
HEADER: tuple[str, ...] = tuple(wording.read("labels")["proof"])
NONE = "—"


class Printed(NamedTuple):
    """One numeral or word as printed. `sense` is empty for a figure, `value` for a word."""

    fact: str
    sense: str
    value: str
    text: str


def write(listed: Sequence[Printed], staging: Path) -> None:
    """Write the file into an edition, in the order of the text."""
    with (staging / NAME).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows((n, p.fact, p.sense or NONE, p.value or NONE, p.text) for n, p in enumerate(listed, 1))


def parse(text: bytes) -> list[Printed]:
    """Read it from its text; raises `ValueError` if the text is no such file."""
    header, *rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""))) or [[]]
    if tuple(header) != HEADER or any(len(row) != len(HEADER) for row in rows):
        raise ValueError(f"not a {NAME}: {header}")
    return [Printed(fact, _said(sense), _said(value), shown) for _, fact, sense, value, shown in rows]


def _said(cell: str) -> str:
    return "" if cell == NONE else cell

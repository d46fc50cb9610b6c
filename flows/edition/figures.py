"""Reads and writes figures.csv: every numeral and judging word of an edition's papers as printed, and the fact that it
is bound to.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
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


def write(listed: Mapping[str, Sequence[Printed]], staging: Path) -> None:
    """Write the file into an edition, paper by paper, in the order of the text."""
    with (staging / NAME).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(HEADER)
        for paper, printed in listed.items():
            writer.writerows(
                (n, p.fact, p.sense or NONE, p.value or NONE, p.text, paper) for n, p in enumerate(printed, 1)
            )


def parse(text: bytes, paper: str) -> list[Printed]:
    """Read what it says of one paper from its text; raises `ValueError` if the text is no such file.

    The file of an edition that had one paper does not name it.
    """
    header, *rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline=""))) or [[]]
    if tuple(header) not in (HEADER, HEADER[:-1]) or any(len(row) != len(header) for row in rows):
        raise ValueError(f"not a {NAME}: {header}")
    own = [row for row in rows if len(row) < len(HEADER) or row[-1] == paper]
    return [Printed(fact, _said(sense), _said(value), shown) for _, fact, sense, value, shown, *_ in own]


def _said(cell: str) -> str:
    return "" if cell == NONE else cell

"""A table of an edition, whatever file it is written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.wording import read


@dataclass(frozen=True)
class Table:
    """One table of the edition: <name>.csv, and the sheet of the workbook with this `title`."""

    name: str
    title: str
    about: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]
    pinned: int = 0
    """The number of columns of the sheet that stay in view: those that say what a row is about."""


def table(
    name: str,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    text: str = "",
    pinned: int = 0,
    **facts: object,
) -> Table:
    """A table with its words from report_templates/tables.yml, by its name or by another key (`text`)."""
    words = read("tables")[text or name]
    return Table(name, words["title"].format(**facts), words["about"].format(**facts), header, rows, pinned)

"""What every table of an edition is, whatever file it is written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """One table of the edition: <name>.csv, and the sheet of the workbook that bears `title`."""

    name: str
    title: str
    about: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]

"""What became of the cells of deliveries: one rule for every paper, table and answer that counts them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Self


class Cells(NamedTuple):
    """Counts of cells. One that was left without a figure has not come, and is not used; it is told apart."""

    came: int
    used: int
    rejected: int
    unfilled: int

    @classmethod
    def of(cls, deliveries: Iterable[Mapping[str, Any]]) -> Self:
        """Those of some rows of `meta_deliveries`, taken together."""
        columns = ("cells_in", "observations", "rejections", "unfilled")
        asked = [[int(row[column]) for column in columns] for row in deliveries]
        cells, taken, rejected, unfilled = (sum(numbers) for numbers in zip(*asked, strict=True)) if asked else (0,) * 4
        return cls(cells - unfilled, taken - unfilled, rejected, unfilled)

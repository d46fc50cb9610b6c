"""Compares what earlier annual editions first said of each target with what is said now."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from expectations.vocabulary import Verdict
from flows.edition import archive, damage, order
from flows.press.bound import Word
from flows.press.numbers import Figure, rounded
from flows.report.facts import Item
from flows.report.facts.evaluation import Evaluation

TABLE = "targets.csv"


@dataclass(frozen=True)
class Published:
    """One target in one year: as the first edition of that year printed it, and as it is now."""

    item: Item
    year: int
    value: str
    verdict: str
    now: Figure | str

    @property
    def verdict_now(self) -> Word:
        found = str(self.item.history[self.year]["verdict"])
        return Word(Verdict.of(found).word, self.item.fact("verdict", self.year), found)

    @property
    def value_changed(self) -> bool:
        """Whether the figure has changed, in the decimals in which it was first printed."""
        if not isinstance(self.now, Figure):
            return self.value != self.now
        try:
            first = Decimal(self.value)
        except InvalidOperation:
            return True
        exponent = first.as_tuple().exponent
        return not isinstance(exponent, int) or rounded(self.now.value, max(0, -exponent)) != first

    @property
    def verdict_changed(self) -> bool:
        return self.verdict != self.verdict_now


def editions(folder: Path, years: Sequence[int], audience: str = "internal") -> Mapping[int, Path]:
    """Year → the first complete annual edition of that year, below output/<district>/ (kept there by
    flows/edition/publish.py).

    A public report reads only the public parts of the editions.
    """
    part = "" if audience == "internal" else audience
    found = {}
    for year in years:
        current = folder / str(year) / "annual"
        places = (*(archive(current) / name for name in order(current)), current)
        first = next((p / part for p in places if (p / part / TABLE).is_file() and not damage(p)), None)
        if first is not None:
            found[year] = first
    return found


def digests(found: Mapping[int, Path]) -> dict[str, str]:
    """Year → sha256 of what was read of its edition, for the manifest."""
    return {str(year): hashlib.sha256((path / TABLE).read_bytes()).hexdigest() for year, path in found.items()}


def compare(evaluation: Evaluation, found: Mapping[int, Path]) -> list[Published]:
    """Every target with a number, in every year with an edition; what an edition did not have is left out."""
    first: dict[tuple[str, str, str, int], tuple[str, str]] = {}
    for year, path in found.items():
        with (path / TABLE).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                place = (row["规划"], row["条目"], row["指标"], year)
                first[place] = (row.get(f"{year}年", "—"), row["评价"])
    listed = []
    for item in (o.item for o in evaluation.outcomes if o.item.quantitative):
        head = item.promise.plan.head
        for year in (y for y in found if head.start <= y <= head.end and y in item.history):
            told = first.get((head.short, item.promise.clause, str(item.name), year))
            if told is not None:
                listed.append(Published(item, year, *told, item.at(year)))
    return listed

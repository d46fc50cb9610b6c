"""Compares what earlier annual editions first said of each target with what is said now."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from expectations.vocabulary import Verdict
from flows.edition import archive, contents, damage, order
from flows.edition.contents import Judged, PrintedPoint
from flows.press.bound import Word
from flows.press.numbers import Figure, rounded
from flows.report.facts.evaluation import Evaluation
from flows.report.facts.items import Item


@dataclass(frozen=True)
class Published:
    """One target in one year: as the first edition of that year printed it, and as it is now."""

    item: Item
    year: int
    figure: PrintedPoint
    judged: Judged
    verdict: str
    """The printed word."""

    @property
    def value(self) -> str:
        """The value as printed; a number as in tables for programs."""
        printed = self.figure.printed
        return printed if self.figure.value is None else printed.replace("−", "-")

    @property
    def now(self) -> Figure | str:
        return self.item.at(self.year)

    @property
    def verdict_now(self) -> Word:
        found = Verdict.of(self.item.history[self.year]["verdict"])
        return Word(found.word, self.item.fact("verdict", self.year), found)

    @property
    def value_changed(self) -> bool:
        """Whether the figure has changed, in the decimals in which it was first printed, or is missing for another
        reason.
        """
        now = self.item.point(self.year)
        if self.figure.value is None or now["value"] is None:
            return (self.figure.value, self.figure.state) != (now["value"], now["state"])
        first = Decimal(self.value)
        return rounded(now["value"], len(self.value.partition(".")[2])) != first

    @property
    def verdict_changed(self) -> bool:
        return self.judged.verdict != self.verdict_now.sense


def editions(folder: Path, kind: str, years: Sequence[int], audience: str = "internal") -> Mapping[int, Path]:
    """Year → the first complete edition of a kind of that year, below output/<district>/ (kept there by
    flows/edition/publish.py).

    A public report reads only the public parts of the editions.
    """
    part = "" if audience == "internal" else audience
    found = {}
    for year in years:
        current = folder / str(year) / kind
        places = (*(archive(current) / name for name in order(current)), current)
        first = next((p / part for p in places if not contents.unread(p / part) and not damage(p)), None)
        if first is not None:
            found[year] = first
    return found


def digests(found: Mapping[int, Path]) -> dict[str, str]:
    """Year → sha256 of what was read of its edition, for the manifest."""
    return {str(year): hashlib.sha256((path / contents.NAME).read_bytes()).hexdigest() for year, path in found.items()}


def compare(evaluation: Evaluation, found: Mapping[int, Path]) -> list[Published]:
    """Every target with a number, in every year with an edition; what an edition did not have is left out."""
    told = {year: contents.read(path) for year, path in found.items()}
    first = {(target.id, year): target for year, edition in told.items() for target in edition.targets}
    listed = []
    for item in (o.item for o in evaluation.outcomes if o.item.quantitative):
        head = item.promise.plan.head
        for year in (y for y in found if head.start <= y <= head.end and y in item.history):
            target = first.get((item.id, year))
            if target is not None and year in target.series and year in target.verdicts:
                judged = target.verdicts[year]
                word = told[year].words.verdicts[judged.verdict]
                listed.append(Published(item, year, target.series[year], judged, word))
    return listed

"""A warning of the data year, as it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from expectations.vocabulary import Cause, Level, WarningKind
from flows.press.bound import Word
from flows.report.facts.items import Item

UNEXPLAINED = {Cause.SWING, Cause.UNLIKELY}


@dataclass(frozen=True)
class Warning:
    item: Item
    row: Mapping[str, Any]

    @property
    def kind(self) -> WarningKind:
        return WarningKind.of(self.row["kind"])

    @property
    def called(self) -> Word | str:
        """Its name beside a verdict: 预计达标困难 would contradict the 预期可达标 of a target that is only unlikely to hold."""
        unlikely = Cause.UNLIKELY
        return (
            Word(unlikely.word, self.item.fact("cause"), unlikely) if self.row["reason"] == unlikely else self.kind.word
        )

    @property
    def level(self) -> str:
        return Level.of(self.row["level"]).word

    @property
    def cause(self) -> Word:
        cause = Cause.of(self.row["cause"])
        if cause == Cause.LAG and self.row["reason"] in UNEXPLAINED:
            cause = Cause.of(self.row["reason"])
        return Word(cause.word, self.item.fact("cause"), cause)

    @property
    def welcome(self) -> bool:
        """Whether it is a swing for the better: there is nothing to mend, only to explain."""
        indicator = self.item.promise.indicator
        if self.kind != WarningKind.SWING or indicator is None:
            return False
        return bool((self.row["swung_to"] - self.row["swung_from"]) * indicator.sense > 0)

    @property
    def follow_up(self) -> str:
        return self.item.catalog.policy.follow_up[self.row["level"]]

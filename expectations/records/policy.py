"""Every threshold of the project."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from expectations.records.plan import Percent, Portion, Size
from expectations.records.record import Exact, MistakeError, Record, Title
from expectations.vocabulary import Level as WarningLevel


class Outlook(Record):
    likely: Portion
    """The least probability of meeting the target at which there is no warning."""
    unlikely: Portion
    """A target that falls short and is less likely to be met than this is treated as missed."""

    @model_validator(mode="after")
    def _in_order(self) -> Outlook:
        if self.unlikely > self.likely:
            raise MistakeError("unlikely", f"unlikely（{self.unlikely}）不得大于 likely（{self.likely}）")
        return self


class Swing(Record):
    significance: Portion
    relative: Size
    usual: Size


class Wording(Record):
    good: Percent
    mixed: Percent
    flat: Size
    far: Size
    slight: Size
    least: Percent = Decimal(50)

    @model_validator(mode="after")
    def _in_order(self) -> Wording:
        if self.good >= self.mixed:
            raise MistakeError("mixed", f"mixed（{self.mixed}）应大于 good（{self.good}）")
        return self


class Disclosure(Record):
    """What the public edition does not tell about people (flows/disclose)."""

    threshold: int = Field(ge=2)
    """Counts of persons from 1 up to one less than this are not printed, and neither are rates that reveal them."""
    protection: int = Field(ge=1)
    """The least width, in persons, of the interval that all printed figures together must leave open for a suppressed
    count.
    """
    rounding: int = Field(ge=1)
    """The base to which printed counts of persons are rounded; 1: no rounding."""
    counts: tuple[str, ...] = Field(min_length=1)
    """Units of columns that count persons."""
    spans: tuple[int, ...] = (2, 3)
    """How many years of single events (deaths, cases) are told together, in turns, from a year after one that they divide:
    2021 and 2022, 2023 to 2025, 2026 and 2027 … One year alone would be told by being kept back.
    """
    published_before: Literal["refuse", "allow"] = "refuse"
    """What is done if an earlier edition has printed a count that must not be printed."""

    @model_validator(mode="after")
    def _never_one_year(self) -> Disclosure:
        if not self.spans or min(self.spans) < 2:
            raise MistakeError("spans", f"spans（{list(self.spans)}）每段应不少于2年，否则不公布本身就说明是哪一年")
        return self

    @model_validator(mode="after")
    def _never_zero(self) -> Disclosure:
        if self.rounding > self.threshold:
            told = f"rounding（{self.rounding}）不得大于 threshold（{self.threshold}），否则小数目会印成 0"
            raise MistakeError("rounding", told)
        return self


class FinalPolicy(Record):
    """The final evaluation's thresholds (docs/final.md)."""

    tolerance: Exact = Field(ge=0, lt=10)
    """How far, in % of the target's number, a target that is basically met (基本达标) may be from it."""
    most: Exact = Field(gt=0, le=100)
    """Attainment rate (%) from which a plan is said to have met most of its targets."""
    half: Exact = Field(gt=0, le=100)
    """… and from which more than half of them."""

    @model_validator(mode="after")
    def _in_order(self) -> FinalPolicy:
        if self.half >= self.most:
            raise MistakeError("half", f"half（{self.half}）应小于 most（{self.most}）")
        return self


class Policy(Record):
    """Policy (阈值): every threshold of the project, in one place; the report prints them."""

    outlook: Outlook
    swing: Swing
    hold_tolerance: Size
    refuse_from: Percent
    refuse_rows: int = Field(ge=0)
    disclosure: Disclosure
    final: FinalPolicy
    wording: Wording
    answer_days: int = Field(default=15, ge=1, le=90)
    """The days that a department has to answer a sheet, a ledger or a letter, from its date."""
    follow_up: dict[Literal["serious", "moderate", "light"], Title]
    """Level of a warning → what follows from it."""

    @model_validator(mode="after")
    def _all_levels(self) -> Policy:
        if missing := [level.value for level in WarningLevel if level.value not in self.follow_up]:
            raise MistakeError("follow_up", f"缺少 {'、'.join(missing)}；每一级预警都须写明怎样处理")
        return self


SeverityCode = Literal["critical", "warning", "info"]
"""The codes of `Severity`, as a file writes them."""

"""What three methods say of a plain series and what it is to reach: destatis, statcan, own.

No table, plan or district is known here: both the stage `assess` and the command `./monitor assess` use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

HIGHER, LOWER = 1, -1
Values = Mapping[int, Fraction]
"""year → value; a year without a value is absent."""


@dataclass(frozen=True)
class Aim:
    """What a series is to reach: a direction, and a number if there is one."""

    direction: int
    """+1 if more is wanted, −1 if less is wanted."""
    target: Fraction | None = None
    """The number in the unit of the series; None if only the direction is promised."""
    strict: bool = False
    """高于、低于: the number itself does not meet it (民法典第1259条)."""
    every_year: bool = False
    """Whether it must be kept in every year, and not only be reached at the end."""
    base_year: int | None = None
    target_year: int | None = None
    bound: Fraction | None = None
    """The natural limit in the promised direction, such as 100 % or 0."""
    unseen: Fraction = Fraction(0)
    """The largest difference that counts as none, if a direction is promised."""

    @property
    def whole(self) -> bool:
        """Whether the number is 100 %: everybody."""
        return self.direction == HIGHER and self.bound is not None and self.target == self.bound

    def margin(self, value: Fraction) -> Fraction:
        """How far a value is on the good side (≥ 0) or the bad side (< 0) of the target."""
        assert self.target is not None
        return self.direction * (value - self.target)

    def met(self, value: Fraction) -> bool:
        distance = self.margin(value)
        return distance > self.unseen if self.strict else distance >= 0

    def towards(self, change: Fraction) -> Fraction:
        """A change as it counts for the promise: > 0 is better, and none is 0."""
        return Fraction(0) if abs(change) <= self.unseen else self.direction * change


class RateCounts(NamedTuple):
    """What a rate was counted from: value = events × per ÷ exposure."""

    events: Fraction
    exposure: Fraction


class Chance(NamedTuple):
    """The probability of meeting the target in the target year, with the middle 80 % of the values that
    year may have.
    """

    probability: float | None
    low: float | None = None
    middle: float | None = None
    high: float | None = None
    reason: str = ""


def until(values: Values, year: int) -> dict[int, Fraction]:
    """The values that were known at the end of a year, in order."""
    return {y: values[y] for y in sorted(values) if y <= year}


def mean_change(values: Values, window: int) -> Fraction | None:
    """The mean annual change over the last `window` values; None if there is only one value."""
    years = sorted(values)[-window:]
    return (values[years[-1]] - values[years[0]]) / (years[-1] - years[0]) if len(years) > 1 else None

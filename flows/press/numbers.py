"""Turns values into printed figures: rounded once, half to even (GB/T 8170), each bound to the fact that it prints.

Digits are not parted, in text, tables and charts alike, as the bulletins of the National Bureau of Statistics print them: so a
number is one word, at which no line ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from markupsafe import Markup

MOST_DECIMALS = 4


@dataclass(frozen=True)
class Figure:
    """Figure (数字): the number of an indicator or a measure as it is printed, rounded once, with the name of its fact; in HTML it carries
    the unrounded value too.
    """

    value: Decimal
    text: str
    fact: str

    def __str__(self) -> str:
        return self.text

    @property
    def places(self) -> int:
        """The number of printed decimals, so that a column can be aligned on its decimal points."""
        return len(self.text.partition(".")[2])

    def __html__(self) -> str:
        return Markup('<data class="fig" value="{}" data-fact="{}">{}</data>').format(self.value, self.fact, self.text)


def exact(value: float | int | Decimal) -> Decimal:
    """The shortest decimal that a binary number stands for."""
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def rounded(value: float | int | Decimal, decimals: int) -> Decimal:
    """Half to even, once, in decimal: 0.35 → 0.4, 1.050 → 1.0."""
    result = exact(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    return result if result else abs(result)  # no −0.0


def figure(value: float | int | Decimal, decimals: int, fact: str, unlike: float | Decimal | None = None) -> Figure:
    """A figure to print; it has more decimals if it would otherwise look like `unlike`, from which it differs."""
    decimals = distinct(value, unlike, decimals)
    shown = rounded(value, decimals)
    return Figure(exact(value), f"{shown:f}".replace("-", "−"), fact)


def distinct(value: float | int | Decimal, other: float | Decimal | None, decimals: int) -> int:
    """The decimals with which a value does not look like another one from which it differs: 89.99 beside ≥90, not 90.0."""
    if other is not None and exact(value) != exact(other):
        while decimals < MOST_DECIMALS and rounded(value, decimals) == rounded(other, decimals):
            decimals += 1
    return decimals


def seen(value: float | int | Decimal, decimals: int) -> int:
    """The number of decimals with which a value other than zero does not look like zero: 0.004, not 0.0."""
    while value and decimals < MOST_DECIMALS and rounded(value, decimals) == 0:
        decimals += 1
    return decimals


def finely(one: Decimal, other: Decimal, decimals: int) -> int:
    """The decimals with which two printed values have the same difference as the one printed beside them.

    50.9 and 46.8 beside a difference of 4.2 would contradict it; 50.94 and 46.78 do not.
    """
    told = rounded(one - other, decimals)
    for more in range(decimals, MOST_DECIMALS + 1):
        if rounded(rounded(one, more) - rounded(other, more), decimals) == told:
            return more
    return MOST_DECIMALS


def together(one: Decimal, other: Decimal, decimals: int) -> tuple[int, int]:
    """The decimals of two values and those of the difference that is printed beside them, so that the three agree.

    A difference of 0.106 beside 99.59 and 99.49 is told as 0.1; only where that does not help are the values told more
    finely. No difference loses its only decimal.
    """
    more = finely(one, other, decimals)
    shown = rounded(one, decimals) - rounded(other, decimals)
    coarse = rounded(one - other, decimals - 1) if decimals > 1 else 0
    if more > decimals and coarse and rounded(shown, decimals - 1) == coarse:
        return decimals, decimals - 1
    return more, decimals


def count(value: int, fact: str) -> Figure:
    """A count."""
    return figure(value, 0, fact)


def constant(value: float | int | Decimal, name: str) -> Figure:
    """A threshold of the policy or of a method, as it is written there."""
    text = f"{exact(value).normalize():f}"
    return figure(value, len(text.partition(".")[2]), f"policy/{name}")


def numeral(number: int) -> str:
    """一 … 九十九, as headings are numbered."""
    tens, ones = divmod(number, 10)
    return ("" if not tens else "十" if tens == 1 else f"{DIGITS[tens]}十") + (DIGITS[ones] if ones else "")


DIGITS = "〇一二三四五六七八九"

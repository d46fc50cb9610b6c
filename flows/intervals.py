"""Intervals for events and proportions, as public health statistics publishes them, and control limits of a funnel.

Sources: PHE/OHID technical guide "Confidence intervals" (2018): exact Poisson limits below 10 events, Byar's
approximation from 10 on; Wilson score limits for proportions. Control limits: D. J. Spiegelhalter, "Funnel plots for
comparing institutional performance", Statistics in Medicine 24 (2005), with the exact binomial or Poisson distribution.
"""

from __future__ import annotations

import math

from scipy.special import (
    betaincc,
    gammaincc,
    gammaincinv,
    ndtri,
)  # scipy.stats, which asks them, takes half a second to import

BYAR_FROM = 10


def poisson(events: float, confidence: float = 0.95) -> tuple[float, float]:
    """Limits of an expected count when `events` were seen; divide by the denominator for a rate.

    Exact (Garwood 1936): χ²(α/2; 2x)/2 and χ²(1−α/2; 2x+2)/2, where χ²(p; 2k)/2 is the inverse of the incomplete gamma
    function at k; Byar from 10 events.
    """
    if events < 0:
        raise ValueError("events cannot be negative")
    tail = (1 - confidence) / 2
    if events < BYAR_FROM:
        lower = gammaincinv(events, tail) if events > 0 else 0.0
        return float(lower), float(gammaincinv(events + 1, 1 - tail))
    return byar(events, confidence)


def byar(events: float, confidence: float = 0.95) -> tuple[float, float]:
    """Byar's limits: x(1 − 1/9x − z/3√x)³ and (x+1)(1 − 1/9(x+1) + z/3√(x+1))³."""
    z = float(ndtri(1 - (1 - confidence) / 2))
    more = events + 1
    lower = events * (1 - 1 / (9 * events) - z / (3 * math.sqrt(events))) ** 3
    upper = more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3
    return lower, upper


def wilson(events: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's limits of a proportion, between 0 and 1."""
    z = float(ndtri(1 - (1 - confidence) / 2))
    root = z * math.sqrt(z * z + 4 * events * (1 - events / n))
    scale = 2 * (n + z * z)
    return (2 * events + z * z - root) / scale, (2 * events + z * z + root) / scale


def of_rate(method: str, events: float, exposure: float, per: float) -> tuple[float, float]:
    """Limits of a rate in its own unit: Wilson for a part of a whole, Poisson for events of an exposure."""
    if method == "wilson":
        lower, upper = wilson(events, exposure)
        return lower * per, upper * per
    lower, upper = poisson(events)
    return lower * per / exposure, upper * per / exposure


def control(method: str, rate: float, exposure: int, confidence: float = 0.95) -> tuple[int, int]:
    """The least and the greatest count that chance alone makes of an exposure (people, births) at a given rate.

    A smaller count, or one as small, has at most the probability of one tail, (1 − confidence) / 2, and so has a greater
    one: exact, of the binomial distribution for a part of a whole (`wilson`), of Poisson's for events.
    """
    whole = method == "wilson"
    if exposure <= 0 or rate <= 0 or (whole and rate >= 1):
        sure = exposure if exposure > 0 and rate > 0 else 0
        return sure, sure
    expected = rate * exposure
    spread = math.sqrt(expected * (1 - rate if whole else 1))
    tail = (1 - confidence) / 2

    def up_to(count: int) -> float:
        """The probability of at most so many."""
        if count < 0 or (whole and count >= exposure):
            return float(count >= 0)
        return float(betaincc(count + 1, exposure - count, rate) if whole else gammaincc(count + 1, expected))

    reach = float(ndtri(1 - tail)) * spread
    lower, upper = max(0, round(expected - reach)), round(expected + reach)
    while lower and up_to(lower - 1) > tail:
        lower -= 1
    while up_to(lower) <= tail:
        lower += 1
    while upper and up_to(upper - 1) >= 1 - tail:
        upper -= 1
    while up_to(upper) < 1 - tail:
        upper += 1
    return lower, upper


def chance(events: int, exposure: float, earlier: int, earlier_exposure: float) -> float:
    """Two-sided probability that two counts differ by this much or more by chance alone.

    Given their sum, the later count is Binomial(sum, exposure / (exposure + earlier exposure)) if the rate is the same.
    """
    if events + earlier == 0:
        return 1.0
    from scipy.stats import binomtest

    share = exposure / (exposure + earlier_exposure)
    return float(binomtest(events, events + earlier, share).pvalue)

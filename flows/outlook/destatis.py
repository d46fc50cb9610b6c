"""The weather symbols of Germany's sustainability indicators: sun, slightly_cloudy, cloudy, thunderstorm, none.

Source: Statistisches Bundesamt, https://dns-indikatoren.de/en/status. A: a number in a target year. B: a number to be
kept in every year, or one that was met before its year. C: a direction without a number.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from expectations.vocabulary import Symbol
from flows.outlook import Aim, Values, mean_change, until

WINDOW = 6
"""The number of values used: the last five annual changes."""
YEARS_NEEDED = 4
NEAR, FAR = Fraction(5, 100), Fraction(20, 100)
"""Of the distance between the target and the present value."""


class Weather(NamedTuple):
    """A symbol and what it rests on; values in the unit of the series."""

    symbol: Symbol
    mean: Fraction | None = None
    """Mean annual change in the promised direction: > 0 is better."""
    projection: Fraction | None = None
    """The value in the target year if the mean change continues."""
    miss: Fraction | None = None
    """How far the projection misses the target, as a share of the distance that is left; 0 if it does not miss."""
    reason: str = ""


def weather(values: Values, aim: Aim, year: int) -> Weather:
    """The symbol for `year`, from the values up to it."""
    known = until(values, year)
    if year not in known:
        return Weather(Symbol.NONE, reason="本年没有数值")
    if len(known) < YEARS_NEEDED:
        return Weather(Symbol.NONE, reason=f"只有{len(known)}个年度的数值，不足{YEARS_NEEDED}个，不作趋势判断")
    change = mean_change(known, WINDOW)
    assert change is not None
    mean = aim.direction * change
    if aim.target is None:
        return _direction(known, aim, mean)
    if aim.every_year or aim.met(known[year]):
        return _kept(known[year], aim, mean)
    if aim.target_year is None:
        return Weather(Symbol.NONE, mean, reason="未给出目标年份，无法外推")
    return _reached(known[year], aim, mean, year)


def _reached(now: Fraction, aim: Aim, mean: Fraction, year: int) -> Weather:
    """A: the mean change, continued until the target year."""
    assert aim.target is not None and aim.target_year is not None
    left = max(aim.target_year - year, 0)
    projection = now + aim.direction * mean * left
    gap = abs(aim.target - now)
    miss = max(-aim.margin(projection), Fraction(0)) / gap if gap else Fraction(1)
    if mean <= 0:
        return Weather(Symbol.THUNDERSTORM, mean, projection, miss, "未达到目标值，平均变动没有朝向目标")
    if aim.met(projection) or (miss and miss < NEAR):
        return Weather(Symbol.SUN, mean, projection, miss, "按近年平均变动外推，可以达到目标值或相差不足5%")
    if miss <= FAR:
        return Weather(Symbol.SLIGHTLY_CLOUDY, mean, projection, miss, "按近年平均变动外推，相差5%—20%")
    return Weather(Symbol.CLOUDY, mean, projection, miss, "方向正确，按近年平均变动外推相差20%以上")


def _kept(now: Fraction, aim: Aim, mean: Fraction) -> Weather:
    """B: first the value, then the mean change."""
    if aim.met(now):
        if mean >= 0:
            return Weather(Symbol.SUN, mean, reason="已达到目标值，平均变动没有变差")
        return Weather(Symbol.SLIGHTLY_CLOUDY, mean, reason="已达到目标值，平均变动变差")
    if mean > 0:
        return Weather(Symbol.CLOUDY, mean, reason="未达到目标值，平均变动朝向目标")
    return Weather(Symbol.THUNDERSTORM, mean, reason="未达到目标值，平均变动没有朝向目标")


def _direction(known: Values, aim: Aim, mean: Fraction) -> Weather:
    """C: first the mean change, then the last change."""
    before, last = sorted(known)[-2:]
    turn = aim.direction * (known[last] - known[before])
    if mean > 0:
        if turn > 0:
            return Weather(Symbol.SUN, mean, reason="平均变动和最近一次变动均符合方向")
        return Weather(Symbol.SLIGHTLY_CLOUDY, mean, reason="平均变动符合方向，最近一次变动不符合")
    if turn > 0:
        return Weather(Symbol.CLOUDY, mean, reason="平均变动不符合方向，最近一次变动符合")
    return Weather(Symbol.THUNDERSTORM, mean, reason="平均变动和最近一次变动均不符合方向")

"""The weather symbols of Germany's sustainability indicators: sun, slightly_cloudy, cloudy, thunderstorm, none.

Source: Statistisches Bundesamt, https://dns-indikatoren.de/en/status. A: a number in a target year. B: a number to be
kept in every year, or one that was met before its year. C: a direction without a number.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from expectations.vocabulary import Symbol
from flows.outlook import Aim, Values, mean_change, until
from flows.wording import say

WINDOW = 6
"""The number of values used: the last five annual changes."""
YEARS_NEEDED = 4
NEAR, FAR = Fraction(5, 100), Fraction(20, 100)
"""Of the distance between the target and the present value."""


def first_year(baseline: int) -> int:
    """The first year that an outlook from a baseline looks back on: no promise of a plan is judged by earlier ones."""
    return baseline - WINDOW + 1


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
        return Weather(Symbol.NONE, reason=say("messages/trend/no_value"))
    if len(known) < YEARS_NEEDED:
        return Weather(Symbol.NONE, reason=say("messages/trend/few", number=len(known), needed=YEARS_NEEDED))
    change = mean_change(known, WINDOW)
    assert change is not None
    mean = aim.direction * change
    if aim.target is None:
        return _direction(known, aim, mean)
    if aim.every_year or aim.met(known[year]):
        return _kept(known[year], aim, mean)
    if aim.target_year is None:
        return Weather(Symbol.NONE, mean, reason=say("messages/trend/no_year"))
    return _reached(known[year], aim, mean, year)


def _reached(now: Fraction, aim: Aim, mean: Fraction, year: int) -> Weather:
    """A: the mean change, continued until the target year."""
    assert aim.target is not None and aim.target_year is not None
    left = max(aim.target_year - year, 0)
    projection = now + aim.direction * mean * left
    gap = abs(aim.target - now)
    miss = max(-aim.margin(projection), Fraction(0)) / gap if gap else Fraction(1)
    if mean <= 0:
        return Weather(Symbol.THUNDERSTORM, mean, projection, miss, say("messages/trend/stray"))
    if aim.met(projection) or (miss and miss < NEAR):
        return Weather(Symbol.SUN, mean, projection, miss, say("messages/trend/reached"))
    if miss <= FAR:
        return Weather(Symbol.SLIGHTLY_CLOUDY, mean, projection, miss, say("messages/trend/near"))
    return Weather(Symbol.CLOUDY, mean, projection, miss, say("messages/trend/far"))


def _kept(now: Fraction, aim: Aim, mean: Fraction) -> Weather:
    """B: first the value, then the mean change."""
    if aim.met(now):
        if mean >= 0:
            return Weather(Symbol.SUN, mean, reason=say("messages/trend/kept"))
        return Weather(Symbol.SLIGHTLY_CLOUDY, mean, reason=say("messages/trend/kept_worse"))
    if mean > 0:
        return Weather(Symbol.CLOUDY, mean, reason=say("messages/trend/toward"))
    return Weather(Symbol.THUNDERSTORM, mean, reason=say("messages/trend/stray"))


def changes(known: Values, aim: Aim) -> tuple[Fraction, Fraction]:
    """The change over the values that are used, and the last change, as they count for a promised direction."""
    years = sorted(known)[-WINDOW:]
    return aim.towards(known[years[-1]] - known[years[0]]), aim.towards(known[years[-1]] - known[years[-2]])


def _direction(known: Values, aim: Aim, mean: Fraction) -> Weather:
    """C: first the mean change, then the last change."""
    whole, turn = changes(known, aim)
    if whole > 0:
        if turn > 0:
            return Weather(Symbol.SUN, mean, reason=say("messages/trend/both"))
        return Weather(Symbol.SLIGHTLY_CLOUDY, mean, reason=say("messages/trend/mean_only"))
    if turn > 0:
        return Weather(Symbol.CLOUDY, mean, reason=say("messages/trend/last_only"))
    return Weather(Symbol.THUNDERSTORM, mean, reason=say("messages/trend/neither"))

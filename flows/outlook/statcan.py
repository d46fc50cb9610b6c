"""Statistics Canada's progress measure as Open SDG publishes it: growth since the base year against the growth needed.

Source: Open SDG, "Progress measurement methodology" (docs/progress-methodology.md), after Eurostat. For indicators
without a target, values near a natural limit lower the thresholds. Where the method replaces a zero by 0.001, this
module gives no verdict: the choice of the small number would decide it.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from expectations.vocabulary import Pace
from flows.outlook import Aim, Values, until
from flows.wording import say

ON_COURSE, ACCELERATE = 0.95, 0.60
"""Least ratio of observed to required growth."""
FAST, SLOW = 0.015, 0.005
"""Least growth a year without a target."""
STEEPNESS = 4.44
"""The exponent of the factor that lowers the thresholds near a limit."""


class Progress(NamedTuple):
    """A verdict by its published key, with the ratio (or the growth, if there is no target) and the score −5…5."""

    verdict: str
    ratio: float | None = None
    score: float | None = None
    reason: str = ""


def progress(values: Values, aim: Aim, year: int) -> Progress:
    """The verdict for `year`, from the values of the base year and of that year."""
    known = until(values, year)
    if year not in known:
        return _none(say("messages/progress/no_value"))
    base_year, note = _base_year(known, aim)
    if base_year is None:
        return _none(note)
    base, now = known[base_year], known[year]
    if aim.target is not None and aim.met(now):
        ratio = None if base_year == year else _ratio(base, now, aim, base_year, year)
        shown = ratio if isinstance(ratio, float) else None
        return Progress(Pace.TARGET_ACHIEVED, shown, 5.0, say("messages/progress/reached", note=note))
    if base_year == year:
        return _none(say("messages/progress/one_year", note=note))
    if problem := _unfit(base, now):
        return _none(note + problem)
    if aim.target is None:
        return _without_target(base, now, aim, year - base_year, note)
    ratio = _ratio(base, now, aim, base_year, year)
    if isinstance(ratio, str):
        return _none(note + ratio)
    score = min(7.1429 * ratio - 4.2857, 5.0) if ratio >= ACCELERATE else max(4.1667 * ratio - 2.5, -5.0)
    shown = None if ratio == float("-inf") else ratio
    verdict = _verdict(ratio, ON_COURSE, ACCELERATE)
    return Progress(verdict, shown, score, say("messages/progress/ratio", note=note))


def _none(reason: str) -> Progress:
    return Progress(Pace.NOT_AVAILABLE, reason=reason)


def _base_year(known: Iterable[int], aim: Aim) -> tuple[int | None, str]:
    """The base year, or the first year after it that has a value."""
    years = sorted(known)
    if aim.base_year is None:
        return years[0], say("messages/progress/no_base", year=years[0])
    later = [y for y in years if y >= aim.base_year]
    if not later:
        return None, say("messages/progress/nothing_since", base=aim.base_year)
    if later[0] == aim.base_year:
        return later[0], ""
    return later[0], say("messages/progress/other_base", base=aim.base_year, year=later[0])


def _unfit(base: Fraction, now: Fraction) -> str:
    """Why no growth can be computed; empty if it can."""
    if base == 0:
        return say("messages/progress/zero_base")
    if (base > 0) != (now > 0) and now != 0:
        return say("messages/progress/signs")
    if base < 0 and now == 0:
        return say("messages/progress/zero")
    return ""


def _growth(later: Fraction, earlier: Fraction, years: int) -> float:
    """Compound annual growth rate."""
    return float(float(later / earlier) ** (1 / years)) - 1


def _ratio(base: Fraction, now: Fraction, aim: Aim, base_year: int, year: int) -> float | str:
    """Observed growth over required growth, > 0 in the promised direction; a text says why there is none."""
    assert aim.target is not None
    if problem := _unfit(base, now):
        return problem
    if aim.target == 0:
        return say("messages/progress/zero_target")
    if (aim.target > 0) != (base > 0):
        return say("messages/progress/target_sign")
    if aim.target_year is None:
        return say("messages/progress/no_year")
    if aim.target_year <= base_year:
        return say("messages/progress/early_year", target=aim.target_year, base=base_year)
    observed = _growth(now, base, year - base_year) * aim.direction * (1 if base > 0 else -1)
    required = abs(_growth(aim.target, base, aim.target_year - base_year))
    if required == 0:  # the base value is the target: standing still was enough, and it did not stand still
        return float("-inf") if observed < 0 else say("messages/progress/stand")
    return observed / required


def _without_target(base: Fraction, now: Fraction, aim: Aim, years: int, note: str) -> Progress:
    growth = _growth(now, base, years) * aim.direction * (1 if base > 0 else -1)
    factor = 1.0
    if aim.bound is not None:
        if aim.direction * (abs(base) - abs(aim.bound)) > 0:
            return _none(say("messages/progress/bound", note=note))
        factor = _factor(abs(float(base)), abs(float(aim.bound)))
    verdict = _verdict(growth, FAST * factor, SLOW * factor)
    return Progress(verdict, growth, _growth_score(growth, factor), say("messages/progress/growth", note=note))


def _factor(base: float, bound: float) -> float:
    """The factor (0 to 1) by which the thresholds above zero are multiplied near a natural limit."""
    if base >= 2 * bound:
        return 1.0
    if base <= bound:
        return float(1 - (base / bound) ** STEEPNESS)
    return float(1 - ((2 * bound - base) / bound) ** STEEPNESS)


def _growth_score(growth: float, factor: float) -> float:
    if growth < 0:
        return max(125 * growth - 2.5, -5.0)
    if factor == 0:  # at its limit, and kept there
        return 5.0
    scaled = growth / factor
    if scaled >= FAST:
        return min(500 * scaled - 5, 5.0)
    return 250 * scaled - 1.25 if scaled >= SLOW else 500 * scaled - 2.5


def _verdict(value: float, high: float, middle: float) -> str:
    if value >= high:
        return Pace.SUBSTANTIAL_PROGRESS
    if value >= middle:
        return Pace.MODERATE_PROGRESS
    return Pace.LIMITED_PROGRESS if value >= 0 else Pace.DETERIORATION

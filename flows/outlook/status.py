"""The report's own statuses: met, likely, behind, or moving away.

Before the end the status follows Destatis's symbol: sun and slightly_cloudy are on course, cloudy is behind,
thunderstorm moves away (or stands still, which is behind). If there are fewer values than that rule needs, the straight
path from the baseline is used: required_t = b + (T − b)·(t − t0)/(tT − t0). If the model makes the expected outcome
very unlikely, the model decides: no page says 预期可达标 beside odds of one in a hundred.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from expectations.vocabulary import Likelihood, Method, Reason, Symbol, Verdict
from flows.outlook import Aim, Values, until
from flows.outlook.destatis import Weather, changes, weather

UNLIKELY, LIKELY = 0.1, 0.9
"""Beyond these the model contradicts a published rule outright, and beyond these its percentage is not printed: of
targets to which the back-test gave 98 % and more, three times as many failed as were said to (docs/outlook.md).
"""
EVEN = 0.5
STATUSES = {
    Symbol.SUN: Verdict.ON_COURSE,
    Symbol.SLIGHTLY_CLOUDY: Verdict.ON_COURSE,
    Symbol.CLOUDY: Verdict.BEHIND,
    Symbol.THUNDERSTORM: Verdict.AWAY,
}


class Status(NamedTuple):
    """A verdict of `out_assessments`, how it was reached, and the symbol beside it."""

    verdict: Verdict
    method: Method | None = None
    weather: Weather = Weather(Symbol.NONE)
    reason: Reason | None = None
    """Why the verdict is unknown: no_baseline, too_few_years."""


def status(values: Values, aim: Aim, year: int) -> Status:
    """The status at the end of `year`, which must have a value; a direction is compared with the base year's value."""
    known = until(values, year)
    symbol = weather(known, aim, year)
    ended = aim.target_year is not None and year >= aim.target_year
    if aim.target is None:
        return _direction(known, aim, year, ended, symbol)
    met = aim.met(known[year])
    if aim.every_year:
        return Status(Verdict.MET_YEAR if met else Verdict.MISSED_YEAR, Method.KEPT, symbol)
    if ended:
        return Status(Verdict.MET if met else Verdict.MISSED, None, symbol)
    if met:
        return Status(Verdict.MET_EARLY, Method.KEPT, symbol)
    if symbol.symbol != Symbol.NONE:
        standing = symbol.mean == 0 and symbol.symbol == Symbol.THUNDERSTORM
        return Status(Verdict.BEHIND if standing else STATUSES[Symbol.of(symbol.symbol)], Method.LINEAR, symbol)
    return _path(known, aim, year, symbol)


def reconciled(verdict: Verdict, probability: float | None, whole: bool = False) -> Verdict:
    """The verdict when the probability is known as well: the same, unless the two would contradict each other in one
    row.
    """
    told = "" if probability is None else likelihood(probability, whole)
    if verdict == Verdict.ON_COURSE and told == Likelihood.IMPROBABLE:
        return Verdict.BEHIND
    short = verdict in {Verdict.BEHIND, Verdict.AWAY}
    return Verdict.ON_COURSE if short and told == Likelihood.PROBABLE else verdict


def likelihood(probability: float, whole: bool = False) -> str:
    """probable or improbable if only that can be told; empty if the percentage can.

    `whole`: everybody is to be reached (100 %). The back-test has too few such targets with middling odds to confirm
    any percentage for them.
    """
    if whole:
        return Likelihood.IMPROBABLE if probability < EVEN else Likelihood.PROBABLE
    if probability < UNLIKELY:
        return Likelihood.IMPROBABLE
    return Likelihood.PROBABLE if probability >= LIKELY else ""


def _path(known: Values, aim: Aim, year: int, symbol: Weather) -> Status:
    if aim.base_year is None or aim.base_year not in known or aim.target_year is None:
        return Status(Verdict.UNKNOWN, None, symbol, Reason.NO_BASELINE)
    if year <= aim.base_year:
        return Status(Verdict.UNKNOWN, None, symbol, Reason.TOO_FEW_YEARS)
    start, now = aim.margin(known[aim.base_year]), aim.margin(known[year])
    required = start * (1 - Fraction(year - aim.base_year, aim.target_year - aim.base_year))
    verdict = Verdict.ON_COURSE if now >= required else Verdict.BEHIND if now >= start else Verdict.AWAY
    return Status(verdict, Method.PATH, symbol)


def _direction(known: Values, aim: Aim, year: int, ended: bool, symbol: Weather) -> Status:
    """Whether mean change and last change go in the promised direction; at the end, whether the value is better than
    the baseline. What was before the baseline is no part of the promise.
    """
    if aim.base_year is not None and aim.base_year not in known:
        return Status(Verdict.UNKNOWN, None, symbol, Reason.NO_BASELINE)
    known = {y: v for y, v in known.items() if aim.base_year is None or y >= aim.base_year}
    if len(known) < 2:
        return Status(Verdict.UNKNOWN, None, symbol, Reason.TOO_FEW_YEARS)
    first = min(known) if aim.base_year is None else aim.base_year
    if ended:
        met = aim.towards(known[year] - known[first]) > 0
        return Status(Verdict.MET if met else Verdict.MISSED, None, symbol)
    return Status(heading(*changes(known, aim)), Method.DIRECTION, symbol)


def heading(mean: Fraction, turn: Fraction) -> Verdict:
    """Where a direction is heading by its mean and its last change, both > 0 if they go as promised: what stands still, or has
    only just turned, is behind; only what does neither moves away.
    """
    if mean > 0:
        return Verdict.ON_COURSE
    return Verdict.BEHIND if mean == 0 or turn > 0 else Verdict.AWAY

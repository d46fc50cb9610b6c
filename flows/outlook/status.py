"""The report's own statuses: what is met, what is likely, what is behind, what moves away.

Before the end the status follows Destatis's symbol: sun and slightly_cloudy are on course, cloudy is behind, thunderstorm
moves away (or stands still, which is behind). With fewer values than that rule needs, the straight path from the baseline
is the measure: required_t = b + (T − b)·(t − t0)/(tT − t0). Where the model all but excludes what the rule expects, the
model decides: no page says 预期可达标 beside odds of one in a hundred.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from flows.outlook import Aim, Values, mean_change, until
from flows.outlook.destatis import WINDOW, Weather, weather

UNLIKELY, LIKELY = 0.1, 0.9
"""Beyond these the model contradicts a published rule outright, and beyond these its percentage is not printed: of targets
to which the back-test gave 98 % and more, three times as many failed as were said to (docs/outlook.md)."""
EVEN = 0.5
STATUSES = {"sun": "on_course", "slightly_cloudy": "on_course", "cloudy": "behind", "thunderstorm": "away"}


class Status(NamedTuple):
    """A verdict of `out_assessments`, how it was reached, and the symbol beside it."""

    verdict: str
    method: str | None = None
    weather: Weather = Weather("none")
    reason: str | None = None
    """Why the verdict is unknown: no_baseline, too_few_years."""


def status(values: Values, aim: Aim, year: int) -> Status:
    """The status at the end of `year`, which must have a value; a direction is measured from the base year's value."""
    known = until(values, year)
    symbol = weather(known, aim, year)
    ended = aim.target_year is not None and year >= aim.target_year
    if aim.target is None:
        return _direction(known, aim, year, ended, symbol)
    met = aim.met(known[year])
    if aim.every_year:
        return Status("met_year" if met else "missed_year", "kept", symbol)
    if ended:
        return Status("met" if met else "missed", None, symbol)
    if met:
        return Status("met_early", "kept", symbol)
    if symbol.symbol != "none":
        standing = symbol.mean == 0 and symbol.symbol == "thunderstorm"
        return Status("behind" if standing else STATUSES[symbol.symbol], "linear", symbol)
    return _path(known, aim, year, symbol)


def reconciled(verdict: str, probability: float | None, whole: bool = False) -> str:
    """The verdict once the probability has been heard; the same where the two can stand in one row."""
    told = "" if probability is None else likelihood(probability, whole)
    if verdict == "on_course" and told == "improbable":
        return "behind"
    return "on_course" if verdict in {"behind", "away"} and told == "probable" else verdict


def likelihood(probability: float, whole: bool = False) -> str:
    """probable or improbable, where that is all that can be told; empty where the percentage can.

    `whole`: everybody is to be reached (100 %). Of such targets with middling odds the back-test has too few to bear any out.
    """
    if whole:
        return "improbable" if probability < EVEN else "probable"
    return "improbable" if probability < UNLIKELY else "probable" if probability >= LIKELY else ""


def _path(known: Values, aim: Aim, year: int, symbol: Weather) -> Status:
    if aim.base_year is None or aim.base_year not in known or aim.target_year is None:
        return Status("unknown", None, symbol, "no_baseline")
    if year <= aim.base_year:
        return Status("unknown", None, symbol, "too_few_years")
    start, now = aim.margin(known[aim.base_year]), aim.margin(known[year])
    required = start * (1 - Fraction(year - aim.base_year, aim.target_year - aim.base_year))
    return Status("on_course" if now >= required else "behind" if now >= start else "away", "path", symbol)


def _direction(known: Values, aim: Aim, year: int, ended: bool, symbol: Weather) -> Status:
    """Mean change and last change, each in the promised direction or not; at the end, better than the baseline or not."""
    if aim.base_year is not None and aim.base_year not in known:
        return Status("unknown", None, symbol, "no_baseline")
    change = mean_change(known, WINDOW)
    if change is None:
        return Status("unknown", None, symbol, "too_few_years")
    first = min(known) if aim.base_year is None else aim.base_year
    if ended:
        return Status("met" if aim.direction * (known[year] - known[first]) > 0 else "missed", None, symbol)
    before = sorted(known)[-2]
    mean, turn = aim.direction * change, aim.direction * (known[year] - known[before])
    if mean > 0:
        return Status("on_course", "direction", symbol)
    return Status("behind" if mean == 0 or turn > 0 else "away", "direction", symbol)

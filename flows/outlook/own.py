"""The probability that a series meets its number in the target year, from as few as four values.

The model has a level that wanders, a trend that is doubted and dies out (Gardner & McKenzie 1985, Management Science
31, 1237), values that lie beside their level (the local level model: Muth 1960, JASA 55, 299), and the noise of
counting. It works on the scale on which the series can move freely: log if it cannot be negative, logit if it has two
limits. Four values do not tell how much the level wanders, so every size is tried and weighted by how well it explains
the values (a Bayesian average over a grid). At the end, events are drawn as whole numbers, Poisson or binomial. A
series with a natural end, such as 100 %, stands on it with a probability of its own (Ospina & Ferrari 2012, Comput.
Stat. Data Anal. 56, 1609); below the end the model applies. The constants were chosen by a back-test on series other
than those of its test (`python -m tests.benchmarks.backtest`, docs/outlook.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtr, pdtr, pdtrc
from scipy.special._ufuncs import _binom_cdf, _binom_sf  # no public one has their digits

from flows.outlook import Aim, Chance, RateCounts, Values, until
from flows.wording import say

Array = NDArray[np.float64]
YEARS_NEEDED = 4
EVENTS_ADDED = 0.5
"""Added to the events of all years, and to the non-events, so that no events at all do not give an
infinite logarithm.
"""
LEAN = 3.0
"""The number of events at which a year's own rate and the pooled rate have the same weight."""


@dataclass(frozen=True)
class Belief:
    """What is assumed before the first value is seen; sizes are on the free scale, per year."""

    wander: float = 0.25
    """The median amount by which a level changes in a year beside its trend."""
    wander_spread: float = 1.2
    """How much this amount varies between series, in powers of e."""
    trend: float = 0.5
    """The size of a trend, as a multiple of the wandering."""
    damping: float = 1.0
    """The part of a trend that is left a year later."""
    reach: int = 6
    """The number of values used, the newest first."""
    improvement: float = 0.3
    """The mean trend in the promised direction, as a multiple of the wandering."""
    margin: float = 0.005
    """The part of the limits that is kept free at both ends of the logit."""
    surprise: float = 0.04
    """The share of series that take a course which nothing here foresees (revisions, new ways of counting), half of
    them for the better.
    """


class Completion(NamedTuple):
    """How likely a share stands on its natural end: 1/(1 + exp(−(start + gap·ln g + kept·k))).

    g is the distance of the last value in percentage points (plus 0.05, or half a person), k the share of the earlier
    values that stood on the end. Once these two are known, the number of years left says nothing more.
    """

    start: float = -3.55
    gap: float = -1.12
    kept: float = 2.5


COMPLETION = Completion()
RESOLUTION = 0.05
"""The smallest distance, in percentage points, that shares printed with one decimal can show."""


BELIEF = Belief()


@dataclass(frozen=True)
class _Scale:
    """Converts values to the free scale and back."""

    kind: Literal["log", "logit", "odds", "plain"]
    size: float
    """The limit for logit, the typical size for plain."""
    margin: float

    def to(self, value: Array) -> Array:
        if self.kind == "log":
            return np.log(value)
        if self.kind == "logit":
            share = (value / self.size + self.margin) / (1 + 2 * self.margin)
            return np.log(share) - np.log1p(-share)
        return value / self.size

    def back(self, value: Array) -> Array:
        if self.kind == "log":
            return np.exp(value)
        if self.kind == "logit":
            share = 1 / (1 + np.exp(-value))
            return np.clip((share * (1 + 2 * self.margin) - self.margin) * self.size, 0.0, self.size)
        if self.kind == "odds":
            return 1 / (1 + np.exp(-value))
        return value * self.size


def chance(
    values: Values,
    aim: Aim,
    year: int,
    counts: Mapping[int, RateCounts] | None = None,
    per: Fraction | None = None,
    belief: Belief = BELIEF,
) -> Chance:
    """The probability that the target is met in its year, as known at the end of `year`.

    `values` are in the unit of the target; `counts` are used if every value has them, with `per` (100 for %). If there
    is no probability, `reason` says why.
    """
    known = dict(sorted(until(values, year).items())[-belief.reach :])
    if problem := _unfit(known, aim, year):
        return Chance(None, reason=problem)
    assert aim.target is not None and aim.target_year is not None
    counted = {y: counts[y] for y in known if y in counts} if counts else {}
    ahead = aim.target_year - year
    if per is not None and len(counted) == len(known) and all(c.exposure > 0 for c in counted.values()):
        return _counted(known, counted, float(per), aim, ahead, belief)
    return _measured(known, aim, ahead, belief)


def _unfit(known: Values, aim: Aim, year: int) -> str:
    if aim.target is None:
        return say("messages/chance/no_target")
    if aim.target_year is None:
        return say("messages/chance/no_year")
    if aim.target_year <= year:
        return say("messages/chance/over")
    if year not in known:
        return say("messages/chance/no_value")
    if len(known) < YEARS_NEEDED:
        return say("messages/chance/few", number=len(known), needed=YEARS_NEEDED)
    bound = aim.bound
    if bound is not None and any(aim.direction * (v - bound) > 0 for v in known.values()):
        worst = next(y for y, v in known.items() if aim.direction * (v - bound) > 0)
        return say("messages/chance/bound", year=worst, bound=float(bound))
    return ""


def _measured(known: Values, aim: Aim, ahead: int, belief: Belief) -> Chance:
    """A series that was given without its counts."""
    y = np.array([float(v) for v in known.values()])
    target, bound = float(aim.target or 0), None if aim.bound is None else float(aim.bound)
    top = bound if bound is not None and bound > 0 else None
    if top is not None and y.min() >= 0 and 0 <= target <= top:
        scale = _Scale("logit", top, belief.margin)
    elif y.min() > 0 and target > 0:
        scale = _Scale("log", 1.0, belief.margin)
    else:
        scale = _Scale("plain", float(np.abs(y).mean()) or 1.0, belief.margin)
    weights, means, sizes = _ahead(scale.to(y), np.zeros(len(y)), list(known), ahead, aim.direction, belief)

    def beyond(value: float) -> float:
        limit = float(scale.to(np.array([value]).clip(_least(scale)))[0])
        return float(weights @ ndtr(aim.direction * (means - limit) / sizes))

    # Values are printed rounded: a value that is rounded to the target meets it.
    half = max(0.5 * float(_unit(known)), float(aim.unseen))
    met = beyond(target - aim.direction * (half if not aim.strict else -half))
    if scale.kind != "logit" or top is None:
        return _told(_doubted(met, belief), weights, means, sizes, scale)
    outside = beyond(top - half)
    completed = _completed((top - y) * 100 / top, RESOLUTION)
    probability, full = _with_end(met, outside, completed, 1.0, target >= top, aim.strict, belief)
    return _told(probability, weights, means, sizes, scale, full, 1 - outside, top)


def _with_end(
    met: float, outside: float, completed: float, many: float, whole: bool, strict: bool, belief: Belief
) -> tuple[float, float]:
    """The probability of meeting the target, and of standing on the natural end.

    The model puts `outside` there, published shares `completed`; the end gets the mean of both opinions (the linear
    pool: Stone 1961, Annals of Mathematical Statistics 32, 1339). With few persons (`many` < 1) the second opinion
    counts for less, because chance alone may reach all of them. Short of the end the model is used as if there were no
    end.
    """
    full = outside + many / 2 * (completed - outside)
    if whole:
        return (0.0 if strict else full), full
    inside = max(met - outside, 0.0) / max(1 - outside, 1e-12)
    return full + (1 - full) * _doubted(inside, belief), full


def _completed(gaps: Array, least: float) -> float:
    """The probability of standing on the natural end, from the distances to it in percentage points, the
    newest last.
    """
    c = COMPLETION
    z = c.start + c.gap * float(np.log(gaps[-1] + least)) + c.kept * float((gaps[:-1] <= 0).mean())
    return float(1 / (1 + np.exp(-z)))


def _doubted(probability: float, belief: Belief) -> float:
    return belief.surprise / 2 + (1 - belief.surprise) * probability


def _least(scale: _Scale) -> float:
    return 1e-12 if scale.kind == "log" else 0.0 if scale.kind == "logit" else -np.inf


def _unit(known: Values) -> Fraction:
    """The last decimal of the given values, at most the sixth."""
    for decimals in range(6):
        if all((v * 10**decimals).denominator == 1 for v in known.values()):
            return Fraction(1, 10**decimals)
    return Fraction(0)


def _counted(
    known: Values, counted: Mapping[int, RateCounts], per: float, aim: Aim, ahead: int, belief: Belief
) -> Chance:
    """Events out of an exposure: the rate wanders, and the events of the year are drawn from it."""
    x = np.array([float(c.events) for c in counted.values()])
    n = np.array([float(c.exposure) for c in counted.values()])
    target = float(aim.target or 0)
    among = bool((x <= n).all()) and (
        aim.bound is not None or per <= 100
    )  # of n persons each may have the property or not
    z, noise = _linked(x, n, among)
    weights, means, sizes = _ahead(z, noise, list(known), ahead, aim.direction, belief)
    nodes, masses = np.polynomial.hermite_e.hermegauss(15)
    rates = means[:, None] + sizes[:, None] * nodes[None, :]
    rates = 1 / (1 + np.exp(-rates)) if among else np.exp(rates)
    mass = weights[:, None] * (masses / masses.sum())[None, :]
    exposure = float(n[-1])  # the next years' is not known; the last one is
    allowed = (target + aim.direction * float(aim.unseen)) / per * exposure
    edge = 1e-9 * max(1.0, allowed)
    if aim.direction > 0:
        least = np.ceil(allowed - edge) if not aim.strict else np.floor(allowed + edge) + 1
        met = _more_than(least - 1, rates, exposure, among)
    else:
        most = np.floor(allowed + edge) if not aim.strict else np.ceil(allowed - edge) - 1
        met = _at_most(most, rates, exposure, among)
    probability = float((mass * met).sum())
    free, odds = _Scale("log", 1.0, 0.0), _Scale("odds", 1.0, 0.0)
    if among and per == 100 and aim.direction > 0:
        least = max(RESOLUTION, 50 / exposure)
        completed = _completed((n - x) * 100 / n, least)
        whole, many = allowed >= exposure - edge, RESOLUTION / least
        few = float((mass * _more_than(round(exposure) - 1, rates, exposure, among)).sum())
        # Of thousands of persons the model never draws every one. So it is asked, as for published shares, how likely a
        # value is that is printed as 100.0 %.
        printed = float(weights @ ndtr((means - np.log(100 / RESOLUTION - 1)) / sizes))
        everybody = few + many * (printed - few)
        probability, full = _with_end(probability, everybody, completed, many, whole, aim.strict, belief)
        told = _told(probability, weights, means, sizes, odds, full, end=1.0)
    else:
        told = _told(_doubted(probability, belief), weights, means, sizes, odds if among else free)
    return told._replace(**{k: getattr(told, k) * per for k in ("low", "middle", "high")})


def _at_most(events: float, rates: Array, exposure: float, among: bool) -> Array:
    """The probability of no more than so many events: binomial `among` so many persons, else Poisson's. The same functions, to the last
    digit, that scipy.stats asks; to import that takes as long as to check a file.
    """
    persons = round(exposure)
    if events < 0 or (among and events >= persons):
        return np.full_like(rates, events >= 0)
    return np.asarray(_binom_cdf(events, persons, rates) if among else pdtr(events, rates * exposure), np.float64)


def _more_than(events: float, rates: Array, exposure: float, among: bool) -> Array:
    """The probability of more events than that, without the loss of digits that 1 − p has."""
    persons = round(exposure)
    if events < 0 or (among and events >= persons):
        return np.full_like(rates, events < 0)
    return np.asarray(_binom_sf(events, persons, rates) if among else pdtrc(events, rates * exposure), np.float64)


def _linked(x: Array, n: Array, among: bool) -> tuple[Array, Array]:
    """Counts on the log or logit scale with the variance of their counting, linear around a rate that leans on all
    years.

    Where events are few, the year's own rate says little, and the rate is mostly the pooled one; where they are many,
    it is the year's own.
    """
    pooled = (x.sum() + EVENTS_ADDED) / (n.sum() + (2 * EVENTS_ADDED if among else 0.0))
    usual = n * pooled
    lean = LEAN / np.minimum(usual, n - usual) if among else LEAN / usual
    expected = (x + lean * usual) / (1 + lean)
    if not among:
        return np.log(expected / n) + (x - expected) / expected, 1 / expected
    spread = expected * (1 - expected / n)
    return np.log(expected) - np.log(n - expected) + (x - expected) / spread, 1 / spread


def _told(
    probability: float,
    weights: Array,
    means: Array,
    sizes: Array,
    scale: _Scale,
    full: float = 0.0,
    inside: float = 1.0,
    end: float | None = None,
) -> Chance:
    """Add the middle 80 % of the year's value.

    The share `full` stands on `end`; what the model puts short of the end, `inside` of all, makes up the rest.
    """

    def value(share: float) -> float:
        if end is not None and share >= 1 - full:
            return end
        return float(scale.back(np.array([_quantile(share / (1 - full) * inside, weights, means, sizes)]))[0])

    return Chance(min(max(probability, 0.0), 1.0), value(0.1), value(0.5), value(0.9))


def _quantile(share: float, weights: Array, means: Array, sizes: Array) -> float:
    """A quantile of a mixture of normal distributions, by repeated halving."""
    low, high = float((means - 8 * sizes).min()), float((means + 8 * sizes).max())
    for _ in range(60):
        middle = (low + high) / 2
        if float(weights @ ndtr((middle - means) / sizes)) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


WANDERS = np.exp(np.linspace(-4.0, 3.0, 8))
"""The sizes of the wandering that are tried, as multiples of the median in powers of e."""
TRENDS = np.array([0.0, 1.0, 3.0])
BESIDES = np.array([0.0, 1.0, 3.0])
"""The sizes of a value's distance from its level that are tried, as multiples of the wandering."""


class _Sizes(NamedTuple):
    """What follows from the years and constants alone: one row for each combination of sizes that is tried."""

    drift: Array
    """The trend in the promised direction that is assumed before the first value is seen."""
    damped: float
    """The years ahead, each weighted by what is left of the trend by then."""
    inverse: Array
    gain: Array
    spread: Array
    """The standard deviation of the value ahead."""
    fit: Array
    """The logarithm of the prior and of the part of the likelihood that does not depend on the values."""


@lru_cache(maxsize=512)
def _sizes(ago: tuple[float, ...], noise: tuple[float, ...], ahead: int, belief: Belief) -> _Sizes:
    wander, trend, beside = (
        grid.ravel() for grid in np.meshgrid(belief.wander * WANDERS, belief.trend * TRENDS, BESIDES, indexing="ij")
    )
    x = np.array(ago)
    variance, slope, lone = wander**2, (trend * wander) ** 2, (beside * wander) ** 2
    walk = np.minimum.outer(-x, -x)  # the level walks away from the last year into the past
    ridge = 1e2
    cov = ridge + slope[:, None, None] * np.outer(x, x) + variance[:, None, None] * walk
    cov = cov + lone[:, None, None] * np.eye(len(x)) + np.diag(np.array(noise) + 1e-9)
    h = float(sum(belief.damping**k for k in range(1, ahead + 1)))
    inverse = np.linalg.inv(cov)
    across = ridge + slope[:, None] * (h * x)[None, :]
    gain = np.einsum("cij,cj->ci", inverse, across)
    left = ridge + slope * h**2 + variance * ahead + lone - np.einsum("ci,ci->c", gain, across)
    _, logdet = np.linalg.slogdet(cov)
    prior = -0.5 * (np.log(wander / belief.wander) / belief.wander_spread) ** 2
    return _Sizes(
        belief.improvement * wander, h, inverse, gain, np.sqrt(np.maximum(left, 0.0) + 1e-9), prior - 0.5 * logdet
    )


def _ahead(
    z: Array, noise: Array, years: list[int], ahead: int, direction: int, belief: Belief
) -> tuple[Array, Array, Array]:
    """Weights, means and standard deviations of the value `ahead` years after the last, one for each size that is
    tried.

    `noise` is the known variance of each value's counting.
    """
    ago = tuple(float(y - years[-1]) for y in years)
    sizes = _sizes(ago, tuple(noise.tolist()), ahead, belief)
    drift = direction * sizes.drift
    residual = z - z.mean() - drift[:, None] * np.array(ago)[None, :]
    means = z.mean() + drift * sizes.damped + np.einsum("ci,ci->c", sizes.gain, residual)
    fit = sizes.fit - 0.5 * np.einsum("ci,cij,cj->c", residual, sizes.inverse, residual)
    return np.exp(fit - logsumexp(fit)), means, sizes.spread

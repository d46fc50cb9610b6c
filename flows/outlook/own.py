"""The probability that a series meets its number in the target year, from as few as four values.

A level that wanders, a trend that is doubted and dies out, and the noise of counting, on the scale on which the series can
move freely: log for what cannot be negative, logit for what has two limits. How much it wanders is not known from four
values, so every size is tried and weighted by how well it explains them (a Bayesian average over a grid). Events are drawn
at last as what they are: a whole number, Poisson or binomial. The constants were chosen by the back-test on series that
are not its test (`python -m tests.benchmarks.backtest`, docs/outlook.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtr
from scipy.stats import binom, poisson

from flows.outlook import Aim, Values, until

Array = NDArray[np.float64]
YEARS_NEEDED = 4
EVENTS_ADDED = 0.5
"""Added to the events of all years, and to the non-events, so that none at all is no infinity."""
LEAN = 3.0
"""Events at which a year's own rate and the pooled one weigh the same."""


class Counts(NamedTuple):
    """What a rate was counted from: value = events × per ÷ exposure."""

    events: Fraction
    exposure: Fraction


class Chance(NamedTuple):
    """Probability of meeting the target in the target year, with the middle 80 % of what the year's value may be."""

    probability: float | None
    low: float | None = None
    middle: float | None = None
    high: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Belief:
    """What is held before the first value is seen; sizes are on the free scale, a year."""

    wander: float = 0.25
    """Median size of what a level changes by in a year beside its trend."""
    wander_spread: float = 1.2
    """… and its spread over series, in powers of e."""
    trend: float = 1.2
    """Size of a trend, as a multiple of the wandering."""
    damping: float = 0.9
    """What is left of a trend a year later."""
    reach: int = 10
    """Values looked at, the newest first."""
    improvement: float = 0.15
    """Mean trend in the promised direction, as a multiple of the wandering."""
    margin: float = 0.005
    """Share of the limits kept free at both ends of the logit."""


BELIEF = Belief()


@dataclass(frozen=True)
class _Scale:
    """To the free scale and back."""

    kind: Literal["log", "logit", "plain"]
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
        return value * self.size


def chance(
    values: Values,
    aim: Aim,
    year: int,
    counts: Mapping[int, Counts] | None = None,
    per: Fraction | None = None,
    belief: Belief = BELIEF,
) -> Chance:
    """How likely the target is met in its year, as known at the end of `year`.

    `values` are in the unit of the target; `counts` are used where every value has them, with `per` (100 for %). Without a
    probability, `reason` says why.
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
        return "没有数值目标，不计算概率"
    if aim.target_year is None:
        return "未给出目标年份，不计算概率"
    if aim.target_year <= year:
        return "已到目标年份，不再预测"
    if year not in known:
        return "本年没有数值"
    if len(known) < YEARS_NEEDED:
        return f"只有{len(known)}个年度的数值，不足{YEARS_NEEDED}个"
    bound = aim.bound
    if bound is not None and any(aim.direction * (v - bound) > 0 for v in known.values()):
        worst = next(y for y, v in known.items() if aim.direction * (v - bound) > 0)
        return f"{worst}年的数值超出自然界限{float(bound):g}"
    return ""


def _measured(known: Values, aim: Aim, ahead: int, belief: Belief) -> Chance:
    """A series of values of which only the values are known."""
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
    # A value is printed rounded, and one that is rounded to the target meets it.
    half = 0.5 * float(_unit(known))
    limit = float(
        scale.to(np.array([target - aim.direction * (half if not aim.strict else -half)]).clip(_least(scale)))[0]
    )
    probability = float(weights @ ndtr(aim.direction * (means - limit) / sizes))
    return _told(probability, weights, means, sizes, scale)


def _least(scale: _Scale) -> float:
    return 1e-12 if scale.kind == "log" else 0.0 if scale.kind == "logit" else -np.inf


def _unit(known: Values) -> Fraction:
    """The last decimal that the values are given with, at most six."""
    for decimals in range(6):
        if all((v * 10**decimals).denominator == 1 for v in known.values()):
            return Fraction(1, 10**decimals)
    return Fraction(0)


def _counted(known: Values, counted: Mapping[int, Counts], per: float, aim: Aim, ahead: int, belief: Belief) -> Chance:
    """Events out of an exposure: the rate wanders, and the year's events are drawn from it."""
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
    allowed = target / per * exposure
    edge = 1e-9 * max(1.0, allowed)
    if aim.direction > 0:
        least = np.ceil(allowed - edge) if not aim.strict else np.floor(allowed + edge) + 1
        met = binom.sf(least - 1, round(exposure), rates) if among else poisson.sf(least - 1, rates * exposure)
    else:
        most = np.floor(allowed + edge) if not aim.strict else np.ceil(allowed - edge) - 1
        met = binom.cdf(most, round(exposure), rates) if among else poisson.cdf(most, rates * exposure)
    told = _told(float((mass * met).sum()), weights, means, sizes, _Scale("log", 1.0, 0.0))
    if not among:
        return told._replace(**{k: getattr(told, k) * per for k in ("low", "middle", "high")})
    ends = {k: 1 / (1 + 1 / getattr(told, k)) * per for k in ("low", "middle", "high")}
    return told._replace(**ends)


def _linked(x: Array, n: Array, among: bool) -> tuple[Array, Array]:
    """Counts on the log or logit scale with the variance of their counting, linear around a rate that leans on all years.

    Where events are few the year's own rate says little, and the pooled one takes its place; where they are many it is the
    year's own.
    """
    pooled = (x.sum() + EVENTS_ADDED) / (n.sum() + (2 * EVENTS_ADDED if among else 0.0))
    usual = n * pooled
    lean = LEAN / np.minimum(usual, n - usual) if among else LEAN / usual
    expected = (x + lean * usual) / (1 + lean)
    if not among:
        return np.log(expected / n) + (x - expected) / expected, 1 / expected
    spread = expected * (1 - expected / n)
    return np.log(expected) - np.log(n - expected) + (x - expected) / spread, 1 / spread


def _told(probability: float, weights: Array, means: Array, sizes: Array, scale: _Scale) -> Chance:
    low, middle, high = (float(scale.back(np.array([_quantile(q, weights, means, sizes)]))[0]) for q in (0.1, 0.5, 0.9))
    return Chance(min(max(probability, 0.0), 1.0), low, middle, high)


def _quantile(share: float, weights: Array, means: Array, sizes: Array) -> float:
    """Of a mixture of normal distributions, by halving."""
    low, high = float((means - 8 * sizes).min()), float((means + 8 * sizes).max())
    for _ in range(60):
        middle = (low + high) / 2
        if float(weights @ ndtr((middle - means) / sizes)) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


WANDERS = np.exp(np.linspace(-4.5, 3.0, 16))
"""Sizes of the wandering that are tried, as multiples of the median in powers of e."""
TRENDS = np.array([0.0, 0.5, 1.0, 2.0, 4.0])


def _ahead(
    z: Array, noise: Array, years: list[int], ahead: int, direction: int, belief: Belief
) -> tuple[Array, Array, Array]:
    """Weights, means and standard deviations of the value `ahead` years after the last, one for each size that is tried.

    `noise` is the known variance of each value's counting.
    """
    wander, trend = (
        grid.ravel() for grid in np.meshgrid(belief.wander * WANDERS, belief.trend * TRENDS, indexing="ij")
    )
    x = np.array([float(y - years[-1]) for y in years])
    variance = wander**2
    walk = np.minimum.outer(-x, -x)  # the level walks away from the last year into the past
    ridge = 1e2
    slope = (trend * wander) ** 2
    cov = ridge + slope[:, None, None] * np.outer(x, x) + variance[:, None, None] * walk + np.diag(noise + 1e-9)
    h = float(sum(belief.damping**k for k in range(1, ahead + 1)))
    drift = direction * belief.improvement * wander
    residual = z - z.mean() - drift[:, None] * x[None, :]
    inverse = np.linalg.inv(cov)
    across = ridge + slope[:, None] * (h * x)[None, :]
    gain = np.einsum("cij,cj->ci", inverse, across)
    means = z.mean() + drift * h + np.einsum("ci,ci->c", gain, residual)
    left = ridge + slope * h**2 + variance * ahead - np.einsum("ci,ci->c", gain, across)
    sizes = np.sqrt(np.maximum(left, 0.0) + 1e-9)
    _, logdet = np.linalg.slogdet(cov)
    fit = -0.5 * (np.einsum("ci,cij,cj->c", residual, inverse, residual) + logdet)
    prior = -0.5 * (np.log(wander / belief.wander) / belief.wander_spread) ** 2
    weights = np.exp(fit + prior - logsumexp(fit + prior))
    return weights, means, sizes

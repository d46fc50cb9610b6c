"""Theta, a yardstick for the project's own model: a short series in, the probability of meeting a number out.

Assimakopoulos & Nikolopoulos 2000 (International Journal of Forecasting 16, 521) in the form of Hyndman & Billah 2003
(IJF 19, 287): simple exponential smoothing with half of the slope of the straight line as drift; the variance h years
ahead is s²(1 + (h − 1)α²), and from so few values the error is t-distributed. On the same scales as the project's
model.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from scipy.stats import t as student

from flows.outlook import Aim

ALPHAS = np.linspace(0.2, 0.99, 9)
MARGIN = 0.005


def theta(known: dict[int, Fraction], aim: Aim, year: int) -> float:
    """Probability at the end of `year` that the target is met in its year; years without a value are drawn straight."""
    assert aim.target is not None and aim.target_year is not None
    years = sorted(known)
    values = np.array([float(known[y]) for y in years])
    target, top = float(aim.target), float(aim.bound or 0)
    if top > 0 and values.min() >= 0 and 0 <= target <= top:
        share = (np.append(values, target) / top + MARGIN) / (1 + 2 * MARGIN)
        free = np.log(share / (1 - share))
    elif values.min() > 0 and target > 0:
        free = np.log(np.append(values, target))
    else:
        free = np.append(values, target) / (np.abs(values).mean() or 1.0)
    z = np.interp(np.arange(years[0], years[-1] + 1), years, free[:-1])
    drift = np.polyfit(np.arange(len(z)), z, 1)[0] / 2
    error, alpha, level = min(_smoothed(z, drift, float(a)) for a in ALPHAS)
    ahead, freedom = aim.target_year - year, max(len(z) - 2, 1)
    spread = math.sqrt(max(error / freedom * (1 + (ahead - 1) * alpha**2), 1e-10))
    return float(student.cdf(aim.direction * (level + drift * ahead - free[-1]) / spread, freedom))


def _smoothed(
    z: np.ndarray[tuple[int], np.dtype[np.float64]], drift: float, alpha: float
) -> tuple[float, float, float]:
    """Sum of squared one-step errors, alpha, last level."""
    level, error = float(z[0]), 0.0
    for value in z[1:]:
        ahead = level + drift
        error += (float(value) - ahead) ** 2
        level = alpha * float(value) + (1 - alpha) * ahead
    return error, alpha, level

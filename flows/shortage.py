"""How many people, cases or things are short of what is asked, or too many: from unrounded counts, one definition for all that is
printed and sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

from expectations.records import Catalog, Indicator
from expectations.units import unit_of

NEAR = Fraction(1, 10**6)
"""A limit that was computed (a baseline less 20 %) is known to 15 digits: what is this near to a whole number is that number."""


def is_counted(catalog: Catalog, indicator: Indicator, year: int) -> bool:
    """Whether the numerator is a whole number of people, cases or things of all that the indicator is about."""
    _, numerator, _ = indicator.caliber(year)
    above = [c for d in catalog.forms.values() for c in d.columns.values() if c.measure in numerator]
    counts = unit_of(indicator.unit).is_rate or all(unit_of(str(c.unit)).is_counted for c in above)
    return bool(above) and counts and not indicator.sample and not any(c.decimals for c in above)


def needed(row: Mapping[str, Any], indicator: Indicator, limit: Fraction, more: bool, strict: bool) -> int | None:
    """The least count that would do with the row's denominator, or the greatest; None where the denominator is not known."""
    if indicator.kind != "count":
        if not row["denominator"]:
            return None
        limit = limit * Fraction(row["denominator"]) / Fraction(indicator.per)
    if abs(limit - round(limit)) < NEAR:
        limit = Fraction(round(limit))
    if more:
        return floor(limit) + 1 if strict else ceil(limit)
    return ceil(limit) - 1 if strict else floor(limit)


def lacking(
    row: Mapping[str, Any] | None, indicator: Indicator, limit: Fraction, more: bool, strict: bool
) -> int | None:
    """How far the numerator is from what the limit asks for with the same denominator; None where a count is not known."""
    if row is None or row["value"] is None or row["numerator"] is None:
        return None
    wanted = needed(row, indicator, limit, more, strict)
    if wanted is None:
        return None
    above = Fraction(row["numerator"])
    return max(0, ceil(wanted - above) if more else ceil(above - wanted))

"""Decides what is at stake: the level of a warning and the order of all targets, once for every reader.

A level follows from what was promised and from how sure the miss is:

    | promised                                      | the miss is sure | it is not |
    |-----------------------------------------------|------------------|-----------|
    | a firm number among the 主要目标 (weight 1)     | 一级             | 二级      |
    | a direction among the 主要目标 (weight 2)       | 二级             | 三级      |
    | a 策略措施 (weight 3)                          | 二级             | 三级      |

A miss is sure if the year or the plan's end has decided it, or if meeting the target is less likely than
`policy.outlook.unlikely`; without a probability, if the value moves away. The level is at most 三级 for 力争 and 一般, for a
statement, for a target that is met or on course, for a late figure, and for a verdict that one rare event can turn. It
is at most 二级 if one person or case more would meet the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from expectations.records import Outlook, Promise
from expectations.vocabulary import DECIDED, SHORT, Level, Verdict


class Stake(NamedTuple):
    """One target in one year, as far as its reader may know it."""

    promise: Promise
    verdict: str
    probability: float | None = None
    fragile: bool = False
    """Whether one rare event more or less changes the verdict."""
    by_one: bool = False
    """Whether one person or case more would meet the target."""
    distance: float | None = None
    """The distance to what is asked, as a share of it."""
    late: bool = False
    """Whether there is no figure after a year that fell short."""


def weight(promise: Promise, single: bool) -> int:
    """1: a firm number among the 主要目标; 2: a direction, 力争 or 一般, or a miss by a `single` event there; 3: a 策略措施."""
    if promise.clause_kind != "goal":
        return 3
    return 1 if promise.target.value is not None and not promise.target.soft and not single else 2


def sure(stake: Stake, outlook: Outlook) -> bool:
    """Whether a target that falls short is practically missed."""
    if stake.verdict in DECIDED:
        return True
    if stake.probability is None:
        return stake.verdict == Verdict.AWAY
    return stake.verdict in SHORT and stake.probability < outlook.unlikely


def level(stake: Stake, outlook: Outlook) -> Level | None:
    """How urgent a warning is; None if nobody needs to act."""
    if stake.verdict not in SHORT:
        unlikely = stake.probability is not None and stake.probability < outlook.likely
        return Level.LIGHT if unlikely or stake.late or stake.verdict == Verdict.NOT_STARTED else None
    if stake.promise.target.soft or stake.fragile:
        return Level.LIGHT
    grade = (0 if weight(stake.promise, single=False) == 1 else 1) + (0 if sure(stake, outlook) else 1)
    return list(Level)[max(grade, 1) if stake.by_one else grade]


def order(stakes: Iterable[Stake], outlook: Outlook) -> Mapping[str, int]:
    """Target → its place; 1 has the most at stake.

    The order is: by level; then 主要目标 with a number, other 主要目标, 策略措施; then the less likely first (decided: 0; without a
    probability: after all that have one); then the greater distance; then as in the plans.
    """

    def key(stake: Stake) -> tuple[int, int, float, float]:
        found = level(stake, outlook)
        likely = 0.0 if stake.verdict in DECIDED else 1.0 if stake.probability is None else stake.probability
        return (
            len(Level) if found is None else list(Level).index(found),
            weight(stake.promise, single=stake.fragile),
            likely,
            -(stake.distance or 0.0),
        )

    return {stake.promise.id: n for n, stake in enumerate(sorted(stakes, key=key), start=1)}

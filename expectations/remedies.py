"""Finds, for a target, the sentence of the plan's own actions (策略措施) that fits it: one choice for all papers."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from expectations.records import Domain, Promise, clause

NEAR = 0.1
"""A sentence that shares less of what a target is about does not fit it."""
ABOUT = 0.7
"""What the indicator's name counts; the title of the goal counts the rest."""
UNHEARD = 0.7
"""The weight of a pair of letters that no sentence of the domain has: most of them stand across two words."""
OPENING = 0.95
"""The first sentence of several is the action's heading (促进妇女心理健康); what is to be done stands in the others."""
ASKS = re.compile(r"(?:达到|控制在|高于|不低于|至少|力争).*\d")
ASKING = 0.75
"""A sentence that repeats a number that is asked for says little of what is to be done."""
STOP = re.compile("[。！？]")
ALIKE = (("宫颈癌和乳腺癌", "宫颈癌"), ("疫苗接种", "疫苗预防接种"))
EMPTY = re.compile(
    r"[^\u4e00-\u9fffA-Za-z]|率|比例|比重|水平|人数|数量|平均|达到|以上|以下|控制|保持|提高|提升|降低|加强|完善|促进|开展|推进|逐步|"
    r"进一步|儿童|妇女|女性|中小学生|学生|孕产妇|每天|的|和|与|及|等"
)
"""What says nothing of what a target is about: all are about women or children, and to be promoted."""


class Remedy(NamedTuple):
    """Remedy (对应措施): a sentence of one of the plan's actions that fits a target."""

    clause: str
    """策略1.8"""
    text: str
    """The sentence, without its full stop; the action's title where its text is not entered."""
    nearness: float
    """How much of what the target is about the sentence has: from 0 to 1."""


def fitting(promise: Promise) -> Remedy | None:
    """The sentence that the catalogue names for the target; else the one that is nearest to what it is about, of the
    actions that serve it. None if none is near, or if the catalogue says that none fits.

    Where no text of theirs is entered, the nearest title is all that can be said.
    """
    if promise.target.remedy is not None:
        return chosen(promise.domain, promise.target.remedy)
    found = ranked(promise)
    best = max(found, key=lambda remedy: remedy.nearness, default=None)
    entered = any(promise.domain.actions[number].text for number in serve(promise))
    return None if best is None or (entered and best.nearness < NEAR) else best


NONE = "none"
"""The catalogue's word for a target that no action of the plan fits."""


def chosen(domain: Domain, words: str) -> Remedy | None:
    """The first sentence of the domain's actions that begins with these words; None if there is none."""
    if words == NONE:
        return None
    found = (
        Remedy(clause("action", domain, number), sentence, 1.0)
        for number, action in domain.actions.items()
        for sentence in _sentences(action.text or action.title)
        if sentence.startswith(words)
    )
    return next(found, None)


def serve(promise: Promise) -> list[int]:
    """The actions that serve the target: its own, or those that the plan gives its goal."""
    if promise.clause_kind == "action":
        return [promise.number]
    return [number for number, action in promise.domain.actions.items() if promise.number in action.goals]


def ranked(promise: Promise) -> list[Remedy]:
    """Every sentence of the actions that serve a target, with its nearness, in the plan's order."""
    domain, found = promise.domain, []
    subject = _pairs(promise.indicator.name if promise.indicator else promise.title)
    goal = _pairs(promise.title)
    sentences = {number: _sentences(action.text or action.title) for number, action in domain.actions.items()}
    seen = Counter(pair for told in sentences.values() for sentence in told for pair in _pairs(sentence))
    many = sum(map(len, sentences.values()))
    weights = {pair: math.log(1 + many / n) for pair, n in seen.items()}
    for number in serve(promise):
        for place, sentence in enumerate(sentences[number]):
            own, opens = _pairs(sentence), place == 0 and len(sentences[number]) > 1
            factor = (OPENING if opens else 1) * (ASKING if ASKS.search(sentence) else 1)
            near = ABOUT * _covered(subject, own, weights) + (1 - ABOUT) * _covered(goal, own, weights)
            told = clause("action", domain, number)
            found.append(Remedy(told, sentence, round(near * factor, 3)))
    return found


@lru_cache(maxsize=1000)
def _sentences(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in STOP.split(text) if part.strip())


@lru_cache(maxsize=10_000)
def _pairs(words: str) -> frozenset[str]:
    """The pairs of letters of what says something."""
    for given, same in ALIKE:
        words = words.replace(given, same)
    parts = EMPTY.sub(" ", words).split()
    return frozenset(part[i : i + 2] for part in parts for i in range(max(1, len(part) - 1)))


def _covered(wanted: Iterable[str], had: frozenset[str], weights: Mapping[str, float]) -> float:
    """How much of what is wanted a sentence has, the rarer the more; a pair that no sentence has tells little."""
    weighed = {pair: weights.get(pair, UNHEARD) for pair in wanted}
    return sum(w for pair, w in weighed.items() if pair in had) / (sum(weighed.values()) or 1)

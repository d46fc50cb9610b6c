"""A phrase of a plan and a library of indicators in; the indicators that it most likely means out, with scores."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from expectations.records import Codes, Indicator
from flows.adopt.words import audiences, called

SAME = (
    ("中国共产党", "中共"),
    ("职工代表大会", "职代会"),
    ("党代表大会", "党代会"),
    ("人民代表大会", "人大"),
    ("社区居民委员会", "居委会"),
    ("社区居委会", "居委会"),
    ("女干部占", "女占"),
    ("女代表", "女"),
    ("宫颈癌和乳腺癌", "两癌"),
    ("宫颈癌、乳腺癌", "两癌"),
    ("妇女", "女"),
    ("女性", "女"),
    ("女童", "女"),
    ("村民委员会", "村委会"),
    ("居民委员会", "居委会"),
    ("九年制", "九年"),
    ("学龄前", "学前"),
    ("学前教育", "学前"),
    ("比重", "比例"),
    ("比率", "比例"),
    ("占比", "比例"),
    ("少年儿童", "儿童"),
    ("婚前保健", "婚前医学检查"),
    ("婚检率", "婚前医学检查率"),
    ("感染率", "患病率"),
    ("发病率", "患病率"),
    ("人流率", "人工流产率"),
    ("预期寿命", "人均预期寿命"),
    ("期望寿命", "人均预期寿命"),
    ("人均人均", "人均"),
    ("平均人均", "人均"),
    ("托位数", "托位"),
    ("至", "—"),
    ("-", "—"),
    ("~", "—"),
    ("～", "—"),
    ("优生优育", "优生"),
)
"""Words of plans → those of the library, in this order."""
EMPTY = re.compile(
    r"\{[a-z]+\}|[\s（）()“”《》的之在中、，]|居民|本区|本市|本县|全区|全市|全县|全省|全国|各级|各类|各地|总数|人群|人员(?=比例)|进一步|实现|达标(?=率)|水平$"
)
"""What a name may have or not without being another one."""
HEAD = re.compile(
    r"(?:率|比例|比重|占比|水平|人数|数量|数|年限|寿命|时间|差距|面积|浓度|标准|次数|覆盖面|素养|意识|时长|发生|患病|死亡|程度|床位|托位)$"
)
"""How the name of something that is measured ends."""


Floats = npt.NDArray[Any]


class Likeness(NamedTuple):
    """An indicator and how well its name fits a phrase: 1 is the same name, 0 has nothing in common."""

    key: str
    name: str
    score: float


SHARE = re.compile(r"(?P<part>[^，、]{1,8}?)占(?P<whole>[^，、]{2,20}?)的?(?:比例|比重|比率)")


def plain(words: str) -> str:
    """Words without what differs between a plan and a name: 女干部占同级正职干部的比例 is 同级正职干部中女性比例."""
    words = SHARE.sub(r"\g<whole>\g<part>比例", words)
    for given, same in SAME:
        words = words.replace(given, same)
    return EMPTY.sub("", words)


def _grams(words: str) -> frozenset[str]:
    return frozenset(words[i : i + n] for n in (1, 2, 3) for i in range(len(words) - n + 1))


class Library:
    """The indicators that a plan can name, found by groups of letters that their names and definitions share."""

    def __init__(self, indicators: Mapping[str, Indicator], codes: Codes, title: str = "") -> None:
        """`title` is the plan's: names that districts share are told as its district calls things."""
        self.indicators, self.codes, self.called = indicators, codes, called(title)
        self.told = {key: self._filled(indicator.name) for key, indicator in indicators.items()}
        self.keys = sorted(indicators)
        named = [
            (i, _grams(plain(self._filled(n))))
            for i, k in enumerate(self.keys)
            for n in (indicators[k].name, *indicators[k].aliases)
        ]
        defined = [_grams(plain(self._filled(indicators[k].definition))) for k in self.keys]
        seen = Counter(g for _, grams in named for g in grams)
        self.weights = {g: math.log(1 + len(named) / n) for g, n in seen.items()}
        self.firsts = np.searchsorted([i for i, _ in named], range(len(self.keys)))
        self.names, self.definitions = self._index([g for _, g in named]), self._index(defined)
        self.nearest = lru_cache(maxsize=50_000)(self._nearest)
        self.factors = lru_cache(maxsize=100)(self._factors)

    def _filled(self, words: str) -> str:
        for place, name in self.called.items():
            words = words.replace(place, name)
        return words

    def _weight(self, grams: Iterable[str]) -> float:
        return sum(self.weights.get(g, OTHER) for g in grams)

    def _index(self, texts: Sequence[frozenset[str]]) -> tuple[Mapping[str, Floats], Floats]:
        """For each group of letters the texts that have it, and the weight of each text."""
        found: dict[str, list[int]] = defaultdict(list)
        for i, grams in enumerate(texts):
            for gram in grams:
                found[gram].append(i)
        return {g: np.array(at) for g, at in found.items()}, np.array([self._weight(g) for g in texts])

    def _alike(self, grams: frozenset[str], index: tuple[Mapping[str, Floats], Floats]) -> Floats:
        """For each text how much of it and of a phrase is the same."""
        having, totals = index
        common, given = np.zeros(len(totals)), self._weight(grams)
        for gram in grams & having.keys():
            common[having[gram]] += self.weights.get(gram, OTHER)
        alike: Floats = common / (common + EXTRA * (given - common) + LACKING * (totals - common))
        return alike

    def _factors(self, unit: str, way: int, audience: str) -> Floats:
        found = (self.indicators[key] for key in self.keys)
        return np.array([_fits(i, unit, way) * _meant(i.name, audience) for i in found])

    def _nearest(self, phrase: str, unit: str = "", way: int = 0, audience: str = "") -> tuple[Likeness, ...]:
        """The three nearest indicators, the best first.

        `unit` is that of the phrase's number, `way` +1 where the plan wants more and −1 where less: an indicator of
        another kind is farther away.
        """
        grams = _grams(plain(phrase))
        if not grams or not self.keys:
            return ()
        named = np.maximum.reduceat(self._alike(grams, self.names), self.firsts)
        scores = np.maximum(named, 0.7 * named + 0.3 * self._alike(grams, self.definitions)) * (named > 0)
        scores = np.round(scores * self.factors(unit, way, audience), 2)
        best = np.lexsort((np.arange(len(scores)), -scores))[:NEAREST]
        return tuple(Likeness(self.keys[i], self.told[self.keys[i]], float(scores[i])) for i in best if scores[i] > 0)

    def score(self, phrase: str, unit: str = "", way: int = 0, audience: str = "") -> float:
        """How near the nearest one is."""
        return max((one.score for one in self.nearest(phrase, unit, way, audience)), default=0.0)


NEAREST = 3
OTHER = 2.5
"""The weight of letters that no name has."""
EXTRA, LACKING = 0.35, 0.65
"""What counts more against an indicator: that the phrase lacks a part of its name. A plan says more than a name does."""


def _fits(indicator: Indicator, unit: str, way: int) -> float:
    factor = 0.85 if way * indicator.sense < 0 else 1.0
    if not unit or unit in {"个百分点", "change"}:
        return factor
    rate = {"%", "‰", "/万", "/10万"}
    same = unit == indicator.unit or (unit not in rate and indicator.unit not in rate)
    return factor * (1.0 if same else 0.75 if {unit, indicator.unit} <= rate else 0.5)


def _meant(name: str, audience: str) -> float:
    """An indicator about the others is farther away."""
    of = audiences().get(audience)
    if of is None or re.search(of.own, name):
        return 1.0
    return 0.9 if re.search(of.others, name) else 0.97

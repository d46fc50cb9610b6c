"""The units of measure, one record each. The factor of a rate and the word for a difference follow from the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["rate", "person", "case", "thing", "amount"]
"""A part of a whole; persons; events that happen to persons; things that can be counted; money, time, concentration."""


@dataclass(frozen=True)
class Unit:
    """Unit (计量单位): what a figure counts, as the catalogue writes it.

    `per`: by how much a quotient is multiplied; `difference`: what the distance of two figures is called; `sdmx`: its
    code, with the power of ten that the values are to be multiplied by; `is_level`: a rise is 提高 or 上升, and not 增加.
    """

    name: str
    kind: Kind
    sdmx: str
    power: int = 0
    per: int = 1
    difference: str = ""
    is_level: bool = False

    @property
    def is_rate(self) -> bool:
        return self.kind == "rate"

    @property
    def is_counted(self) -> bool:
        """Whether so many of it are there, and not so much."""
        return self.kind in {"person", "case", "thing"}

    @property
    def is_case(self) -> bool:
        """Whether one of it is one event, so that chance can explain how many there are."""
        return self.kind in {"person", "case"}


_ALL = (
    Unit("%", "rate", "PT", 0, 100, "个百分点", True),
    Unit("‰", "rate", "PER_1000", 0, 1000, "个千分点", True),
    Unit("/万", "rate", "PER_10000", 0, 10_000, "个万分点", True),
    Unit("/10万", "rate", "PER_100000", 0, 100_000, "个十万分点", True),
    Unit("人", "person", "PS"),
    Unit("名", "person", "PS"),
    Unit("例", "case", "NUMBER"),
    Unit("起", "case", "NUMBER"),
    Unit("个", "thing", "NUMBER"),
    Unit("张", "thing", "NUMBER"),
    Unit("册", "thing", "NUMBER"),
    Unit("万人", "amount", "PS", 4),
    Unit("人次", "amount", "PS_TIMES"),
    Unit("次", "amount", "TIMES"),
    Unit("岁", "amount", "Y", is_level=True),
    Unit("年", "amount", "Y", is_level=True),
    Unit("小时", "amount", "HOURS"),
    Unit("分钟", "amount", "MIN"),
    Unit("元", "amount", "CNY"),
    Unit("万元", "amount", "CNY", 4),
    Unit("元/月", "amount", "CNY_MONTH"),
    Unit("微克/立方米", "amount", "MCG_M3"),
)
UNITS = {unit.name: unit for unit in _ALL}
RATES = {unit.name: unit.per for unit in _ALL if unit.is_rate}
CASES = frozenset(unit.name for unit in _ALL if unit.is_case)


def difference(unit: str) -> str:
    """What a difference of two figures in this unit is called: 个百分点 of %, the unit itself of anything but a rate."""
    known = UNITS.get(unit)
    return known.difference if known and known.difference else unit


def is_rate(unit: str) -> bool:
    """Whether figures in this unit are parts of a whole."""
    return unit in RATES


def is_level(unit: str) -> bool:
    """Whether figures in this unit go up and down, and do not become more and less."""
    return unit in UNITS and UNITS[unit].is_level


def is_counted(unit: str) -> bool:
    """Whether so many of it are there, and not so much."""
    return unit in UNITS and UNITS[unit].is_counted

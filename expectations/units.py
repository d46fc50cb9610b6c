"""The units of measure, one record each. The factor of a rate and the word for a difference follow from the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MEASURE_WORD = "个"
Kind = Literal["rate", "person", "case", "thing", "amount"]
"""A part of a whole; persons; events that happen to persons; things that can be counted; money, time, concentration."""


@dataclass(frozen=True)
class Unit:
    """Unit (计量单位): what a figure counts, as the catalogue writes it.

    `per`: by how much a quotient is multiplied; `apart`: what the distance of two figures is called, if that is not the
    unit itself; `sdmx`: its code, with the power of ten that the values are to be multiplied by; `is_level`: figures go
    up and down (提高, 上升) and do not become more and less (增加).
    """

    name: str
    kind: Kind
    sdmx: str
    power: int = 0
    per: int = 1
    apart: str = ""
    is_level: bool = False

    @property
    def difference(self) -> str:
        """What the distance of two figures is called: 个百分点 of %, the unit itself of anything but a rate."""
        return self.apart or self.name

    @property
    def points(self) -> str:
        """The same behind a number that stands apart, in a column of units: 百分点."""
        return self.difference.removeprefix(MEASURE_WORD) if self.apart else self.name

    @property
    def is_rate(self) -> bool:
        """Whether figures are parts of a whole."""
        return self.kind == "rate"

    @property
    def is_counted(self) -> bool:
        """Whether so many of it are there, and not so much."""
        return self.kind in {"person", "case", "thing"}

    @property
    def is_case(self) -> bool:
        """Whether one of it is one event, so that chance can explain how many there are."""
        return self.kind in {"person", "case"}


YUAN = "元"
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
    Unit(YUAN, "amount", "CNY"),
    Unit("万元", "amount", "CNY", 4),
    Unit("元/月", "amount", "CNY_MONTH"),
    Unit("微克/立方米", "amount", "MCG_M3"),
)
UNITS = {unit.name: unit for unit in _ALL}
RATES = {unit.name: unit.per for unit in _ALL if unit.is_rate}


def unit_of(name: str) -> Unit:
    """The record of a unit; a unit that the catalogue writes and that has no record is an amount of its own."""
    return UNITS.get(name) or Unit(name, "amount", "_X")

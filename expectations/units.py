"""The units of measure, one record each. The factor of a rate and the word for a difference follow from the record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from math import prod
from typing import Literal

MEASURE_WORD = "个"
UnitKind = Literal["rate", "person", "case", "thing", "amount"]
"""A part of a whole; persons; events that happen to persons; things that can be counted; money, time, concentration."""


@dataclass(frozen=True)
class Unit:
    """Unit (计量单位): what a figure counts, as the catalogue writes it.

    `power`: one of it is 10 to this power of its base unit (万人: 4). `per`: by how much a quotient is multiplied; `apart`:
    what the distance of two figures is called, if that is not the unit itself; `sdmx`: its code, with the power of ten that
    the values are to be multiplied by; `is_level`: figures go up and down (提高, 上升) and do not become more and less (增加).
    """

    name: str
    kind: UnitKind
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
        """Whether so many of it are there, and not so much; 万人 as well as 人."""
        return self.kind in {"person", "case", "thing"}

    @property
    def is_case(self) -> bool:
        """Whether what it counts are single events, so that chance can explain how many there are."""
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
    Unit(
        "位", "thing", "NUMBER"
    ),  # of places (托位) and wells as well as of persons: the policy's `counts` say whether they are
    Unit("口", "thing", "NUMBER"),
    Unit("人次", "amount", "PS_TIMES"),
    Unit("次", "amount", "TIMES"),
    Unit("岁", "amount", "Y", is_level=True),
    Unit("年", "amount", "Y", is_level=True),
    Unit("小时", "amount", "HOURS"),
    Unit("分钟", "amount", "MIN"),
    Unit(YUAN, "amount", "CNY"),
    Unit("元/月", "amount", "CNY_MONTH"),
    Unit("微克/立方米", "amount", "MCG_M3"),
)
UNITS = {unit.name: unit for unit in _ALL}
RATES = {unit.name: unit.per for unit in _ALL if unit.is_rate}


MULTIPLES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}


def base(name: str) -> str:
    """The unit that a multiple is made of, in which the warehouse counts: 人 of 万人; of any other the unit itself."""
    return name.lstrip("".join(MULTIPLES))


def scale(name: str) -> Decimal:
    """How many base units one unit is: 万人 10,000, 千万元 10,000,000."""
    return prod((Decimal(MULTIPLES[letter]) for letter in name.removesuffix(base(name))), start=Decimal(1))


def unit_of(name: str) -> Unit:
    """The record of a unit; that of a multiple follows from its base. A unit that the catalogue writes and that has no record
    is an amount of its own.
    """
    if name in UNITS:
        return UNITS[name]
    single = UNITS.get(base(name)) or Unit(base(name), "amount", "_X")
    return replace(single, name=name, power=scale(name).adjusted())

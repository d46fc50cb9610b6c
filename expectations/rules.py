"""The rules that a target can have, one record each. Everything that differs between rules is asked of its record.

Two modules decide on their own, on purpose, which way a rule goes, so that a mistake here is found: the plan gate
(expectations/suites.py, flows/validate/promises.py) and the intruder (flows/disclose/intruder.py). The second reader of
the tests is a third.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from string import Formatter
from typing import Literal, TypeVar

Number = TypeVar("Number", Decimal, Fraction)
SeriesKind = Literal["value", "gap", "lowest", ""]
"""What is judged: the indicator's own value, the distance between women and men, or the lowest area or institution."""
Wants = Literal["more", "less", "sign", "better", ""]
"""More or less of the indicator; as the sign of the number says; or what the indicator calls better."""
Limit = Literal[
    "number", "change", "previous", "indicator", "area", "baseline", "allowance", "rises", "band", "middle", ""
]
"""What a value is compared with.

The limits are: the plan's own number; the baseline changed by it (%); the year before changed by it; another indicator;
another area; the baseline; the baseline less an allowance; the earlier rises; two numbers; and 50 %, from which the
value may not be further away than in the baseline year.
"""


@dataclass(frozen=True)
class Rule:
    """Rule (规则): how a promise is kept, and how it is told in a list (`demand`) or, for a direction, in a word
    (`direction`).

    `demand` has the places {number} (with its unit), {size} (without its sign), {way} (提高 or 降低), {each}, {than},
    {band}, {baseline} (the year).
    """

    key: str
    series: SeriesKind
    wants: Wants
    limit: Limit
    demand: str = ""
    direction: str = ""
    strict: bool = False
    """Whether a value equal to the limit misses the target (高于, 低于, any direction); 以上, 以下, 达到 include the limit (民法典第1259条)."""
    broken: str = ""
    """The word for a year that did not keep the promise, where it can be on either side; else 低于要求 or 高于要求, as the
    promise wants more or less.
    """
    lone: str = ""
    """Why one number and one series are not enough to judge it (`./monitor assess`); empty if they are enough."""
    field: str = ""
    """The field of a target that is its own: a target with this rule must have it."""
    windowed_by: str = ""
    """The field of a target that says of how many years the value judged in a year is made, that year the last of them; empty
    where it is made of the year alone. What must not be printed of it follows (`Target.window`).
    """

    def __str__(self) -> str:
        return self.key

    @property
    def own(self) -> bool:
        """Whether the figure of the year itself is judged. Where it is not, what is true of that figure (its numerator, its place on
        a map, a published change) must not be told of the target.
        """
        return self.series == "value"

    @property
    def lowest(self) -> bool:
        """Whether the lowest of several figures is judged, of places or of years: what it reaches, each of them reaches."""
        return self.series in {"lowest"}

    @property
    def valued(self) -> bool:
        """Whether the plan prints a number for it."""
        return self.limit in {"number", "change", "previous"}

    @property
    def says_more(self) -> bool:
        """Whether its demand says more than a number, and of which places: words of the plan before a number (保持在) would leave it out."""
        return bool({name for _, name, _, _ in Formatter().parse(self.demand) if name} - {"number", "each"})

    @property
    def fixed(self) -> bool:
        """Whether it is compared with numbers that the plan prints, and with nothing that is measured."""
        return self.limit in {"number", "band"}

    @property
    def directional(self) -> bool:
        """Whether it names a direction and no number."""
        return bool(self.direction)

    @property
    def evidence(self) -> bool:
        """Whether only the department's statement can answer it."""
        return not self.series

    @property
    def needs(self) -> frozenset[str]:
        """The fields that a target with this rule must have; with any other it must not."""
        own = {"value"} if self.valued else {"than"} if self.relative else {"band"} if self.limit == "band" else set()
        return frozenset(own | ({self.field} if self.field else set()))

    @property
    def relative(self) -> bool:
        """Whether it is compared with a figure of another indicator or area."""
        return self.limit in {"indicator", "area"}

    @property
    def moving(self) -> bool:
        """Whether the number that it is compared with changes every year."""
        return self.relative or self.yearly

    @property
    def from_baseline(self) -> bool:
        """Whether what is asked depends on the plan's baseline year."""
        return self.limit in {"change", "allowance", "baseline", "middle", "rises"}

    @property
    def yearly(self) -> bool:
        """Whether it is a promise for each year by its nature."""
        return self.limit == "previous"

    @property
    def from_previous(self) -> bool:
        """Whether a year is held against the year before."""
        return self.limit in {"previous", "rises"}

    @property
    def two_sided(self) -> bool:
        """Whether a value can be too high and too low."""
        return self.limit in {"band", "middle"}

    def way(self, number: Decimal | None) -> int:
        """+1 if a promise with this number of the plan wants more of the indicator's own value, −1 if less; 0 where the rule does not
        say: of a distance, of what can be too high and too low, and where the indicator decides.
        """
        if self.series == "gap" or self.two_sided:
            return 0
        if self.wants == "sign":
            return 0 if number is None else -1 if number < 0 else 1
        return {"more": 1, "less": -1}.get(self.wants, 0)

    def reached(self, ahead: Number, unseen: Number | Literal[0] = 0) -> bool:
        """Whether a value that is so far on the good side of its limit reaches it: 以上、以下、以内、达到 include the limit
        (民法典第1259条); 高于、低于 and directions do not, nor does a difference that is printed as none.
        """
        return ahead > unseen if self.strict else ahead >= 0

    @property
    def bound(self) -> str:
        """What a rule for every place asks of one of them, in a list: ≥{number}."""
        return self.demand.removeprefix("每个{each}")

    @property
    def plain(self) -> bool:
        """Whether the district's own value is compared with one number that the plan prints."""
        return self.own and self.limit == "number"

    @property
    def keeps(self) -> bool:
        """Whether the baseline is to be kept."""
        return self.limit == "allowance"

    @property
    def paced(self) -> bool:
        """Whether it asks how fast the figure rises: a figure that rises is then no miss, and no level is far from it."""
        return self.limit == "rises"


_ALL = (
    Rule("at_least", "value", "more", "number", "≥{number}"),
    Rule("above", "value", "more", "number", "＞{number}", strict=True),
    Rule("at_most", "value", "less", "number", "≤{number}"),
    Rule("below", "value", "less", "number", "＜{number}", strict=True),
    Rule("every_place_at_least", "lowest", "more", "number", "每个{each}≥{number}", field="each"),
    Rule("baseline_change", "value", "sign", "change", "比{baseline}年{way}{size}"),
    Rule("yearly_change", "value", "sign", "previous", "每年{way}{size}以上", lone="须逐年与上年比较"),
    Rule("not_below_indicator", "value", "more", "indicator", "不低于{than}", lone="须与另一指标比较"),
    Rule("not_below_area", "value", "more", "area", "不低于{than}", lone="须与另一地区比较"),
    Rule("increase", "value", "more", "baseline", direction="提高", strict=True),
    Rule("decrease", "value", "less", "baseline", direction="下降", strict=True),
    Rule("slow_increase", "value", "less", "rises", direction="上升趋势减缓", strict=True, lone="须与此前的升幅比较"),
    Rule("hold", "value", "better", "allowance", direction="保持基期水平", lone="须与基期比较并给出容许幅度"),
    Rule("narrow_gap", "gap", "less", "baseline", direction="缩小", strict=True),
    Rule("balance", "value", "more", "band", "{band}", broken="不在要求范围内", lone="须给出区间"),
    Rule("near_balance", "value", "less", "middle", direction="趋于平衡", strict=True, lone="须与基期比较到50%的距离"),
    Rule("evidence", "", "", "", "部门说明进展", lone="为定性目标"),
)
RULES = {rule.key: rule for rule in _ALL}
NEEDS = tuple(dict.fromkeys(field for rule in _ALL for field in sorted(rule.needs)))
"""Every field that some rule needs and the others must not have."""

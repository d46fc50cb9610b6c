"""What is measured, and how its definition changed."""

from __future__ import annotations

from collections.abc import Set
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, model_validator

from expectations.records.record import Exact, Identifier, Measured, Measures, MistakeError, Record, Title, Year
from expectations.units import RATES, base, scale, unit_of


class Caliber(Record):
    """Caliber (口径): a later definition of an indicator; from `since` on it is measured differently."""

    since: Year
    note: Annotated[str, Field(min_length=4)]
    numerator: Measures | None = None
    denominator: Measures | None = None
    bridge: Exact | None = Field(default=None, gt=0)
    """A registered factor that makes earlier values comparable; without it, changes cannot be computed
    across `since`.
    """


class Indicator(Record):
    """Indicator (指标): what is measured; the same one may stand in two plans."""

    name: Title
    aliases: tuple[str, ...] = ()
    """Other names under which published tables print it."""
    kind: Literal["count", "ratio", "share", "published"]
    """`published` is not computed: its values come ready-made, and are never added up."""
    numerator: Measures = ()
    denominator: Measures = ()
    per: Exact = Field(default=Decimal(1), gt=0)
    """The factor of the quotient: for a rate as its unit says (% 100), for a figure per 1,000 people 1000."""
    unit: Annotated[Measured, Field(min_length=1)]
    decimals: int = Field(ge=0, le=4)
    better: Literal["higher", "lower", "none"]
    by_sex: bool = False
    sexes: tuple[Title, Title] = ("女性", "男性")
    """What it calls women and men: 女童 and 男童, 女生 and 男生."""
    by: Identifier | None = None
    """The declared dimension by whose parts it is computed as well."""
    people: bool = True
    """Whether it counts people: then a missing split by sex lowers the score."""
    complement: bool = False
    """Whether the persons outside the numerator are protected as well: a person who was not rescued has died."""
    sample: bool = False
    """Whether only some of those it is about were looked at (a survey, spot checks): then nobody can say how many people more
    are needed.
    """
    rare: bool = False
    event: str = ""
    """What one of its rare events is called in a sentence: 孕产妇死亡."""
    change: Literal["points", "relative"] = "points"
    """How running text tells a change: as a difference in the indicator's unit, or in % of the earlier value (比2020年下降33.3%)."""
    interval: Literal["poisson", "wilson"] | None = None
    range: tuple[Exact, Exact] | None = None
    """Bounds that every true value keeps (net rates: 0 and 100)."""
    lead: Identifier
    support: tuple[Identifier, ...] = ()
    definition: Annotated[str, Field(min_length=6)]
    source: str = ""
    """The outline, plan, law or statistical system that the indicator is taken from."""
    calibers: tuple[Caliber, ...] = ()

    @property
    def measures(self) -> Set[str]:
        """Every measure that it is computed from, in any of its calibers, from the oldest to the newest."""
        return dict.fromkeys(
            m for _, numerator, denominator in self.formulas for m in (*numerator, *denominator)
        ).keys()

    def side(self, measure: str) -> Literal["numerator", "denominator"] | None:
        """Where its figures hold a measure as it was delivered, in every year; None if they do not."""
        if self.kind in {"count", "ratio"}:
            if all(below == (measure,) for _, _, below in self.formulas):
                return "denominator"
            if all(above == (measure,) for _, above, _ in self.formulas):
                return "numerator"
        return None

    @model_validator(mode="before")
    @classmethod
    def _rated(cls, data: object) -> object:
        if isinstance(data, dict):
            data = dict(data)
            rate = RATES.get(str(data.get("unit")))
            if rate is not None and data.setdefault("per", rate) != rate:
                raise MistakeError(
                    "per", f"per 与计量单位 {data['unit']} 不符，应为 {rate}；{data['unit']} 的指标可以不写 per"
                )
        return data

    @model_validator(mode="after")
    def _complete(self) -> Indicator:
        if self.kind == "ratio" and not self.denominator:
            raise ValueError("ratio 类指标须写明 denominator（分母）")
        if self.kind != "ratio" and self.denominator:
            raise MistakeError("denominator", "只有 ratio 类指标可以写 denominator（分母）")
        if self.rare and self.interval is None:
            raise ValueError("小概率指标（rare）须写明 interval：poisson 或 wilson")
        if self.event and not self.rare:
            raise MistakeError("event", "只有小概率指标（rare）写 event（每一例叫什么）")
        if self.change == "relative" and self.rare:
            raise MistakeError("change", "小概率指标（rare）的数值取决于个别事件，不说相对变动；应删去 change")
        if self.change == "relative" and self.unit == "%":
            raise MistakeError("change", "百分比的变动以百分点计，不说相对变动；应删去 change")
        if self.kind == "share" and self.by_sex:
            raise MistakeError("by_sex", "share 类指标本身就是女性所占的比重，不写 by_sex")
        if self.kind == "count" and self.interval is not None:
            raise MistakeError("interval", "计数指标（count）不算置信区间，不写 interval")
        if self.denominator and {*self.numerator} == {*self.denominator}:
            raise MistakeError("denominator", "与分子相同，比值总是1；请核对分子和分母")
        if self.kind == "share" and self.unit not in RATES:
            raise MistakeError(
                "unit", f"share 类指标是女性所占的比重，计量单位应为 {'、'.join(RATES)}，实为 {self.unit!r}"
            )
        if self.complement and self.kind == "count":
            raise MistakeError("complement", "计数指标（count）没有“不在分子中的人”，不写 complement")
        if self.range is not None and self.range[0] >= self.range[1]:
            raise MistakeError("range", f"下限 {self.range[0]} 应小于上限 {self.range[1]}")
        for key, measures in (("numerator", self.numerator), ("denominator", self.denominator)):
            if twice := next((m for m in measures if measures.count(m) > 1), None):
                raise MistakeError(key, f"{twice!r} 写了两次，会重复相加")
        since = [v.since for v in self.calibers]
        if since != sorted({*since}):
            raise MistakeError("calibers", "各项的 since 应由早到晚，不得重复")
        if self.kind == "published":
            self._not_computed()
        elif not self.numerator:
            raise ValueError("须写明 numerator（分子）；数值由公布机构给出、不计算的，请写 kind: published")
        unit = unit_of(self.unit)
        if self.kind == "count" and (unit.is_rate or (self.by_sex and unit.is_level)):
            told = f"计量单位为{self.unit}的数不能相加，不是计数（count）"
            raise MistakeError("unit", f"{told}；由分子、分母计算的请写 ratio，数值由公布机构给出的请写 published")
        if self.kind != "published" and unit.power and (self.kind == "count" or self.per * scale(self.unit) != 1):
            self._not_in_base()
        return self

    def _not_in_base(self) -> None:
        """Raise for a unit in which its figure is not computed: every column is counted in its base unit."""
        single = base(self.unit)
        told = f"各列都折合为{single}计算，得出的不是{self.unit}；请写 {single}"
        if self.kind == "count":
            raise MistakeError("unit", told)
        factor = f"{(1 / scale(self.unit)).normalize():f}"
        raise MistakeError("per", f"{told}，或者 per 写 {factor}（1{single}为{factor}{self.unit}）")

    def _not_computed(self) -> None:
        """Raise for what is said of an indicator that only one that is computed can have."""
        later = any(v.numerator or v.denominator for v in self.calibers)
        given = {"numerator": self.numerator, "denominator": self.denominator, "interval": self.interval}
        named = [key for key, value in given.items() if value] + (
            ["calibers 的 numerator、denominator"] if later else []
        )
        if named:
            raise MistakeError("kind", f"published 指标的数值由公布机构给出，不写 {'、'.join(named)}")

    def called(self, sex: str | None) -> str:
        """What it calls those of one sex: 女性, 女生; of both together nothing is said."""
        return {"female": self.sexes[0], "male": self.sexes[1]}.get(str(sex), "")

    @property
    def sense(self) -> int:
        """+1 if more of it is better, −1 if less is, 0 if neither."""
        return {"higher": 1, "lower": -1, "none": 0}[self.better]

    @property
    def chance(self) -> Literal["poisson", "wilson"] | None:
        """How chance moves its counts: as cases, or as a part of a whole; None where it does not, as for beds and amounts."""
        proportion = self.kind == "share" or (self.range is not None and self.range[1] == self.per)
        return self.interval or ("wilson" if proportion else None)

    @property
    def formulas(self) -> tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...]:
        """First year, numerator and denominator of each definition, from the oldest to the newest."""
        later = sorted(self.calibers, key=lambda v: v.since)
        return (
            (0, self.numerator, self.denominator),
            *((v.since, v.numerator or self.numerator, v.denominator or self.denominator) for v in later),
        )

    def caliber(self, year: int) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
        """The definition that is in force in a year."""
        return next(c for c in reversed(self.formulas) if c[0] <= year)

    def bridged(self, earlier: int, now: int) -> Fraction | None:
        """The factor that turns a value of an earlier definition into a later one, both named by their first year; None if none is
        registered.
        """
        factor = Fraction(1)
        for caliber in self.calibers:
            if earlier < caliber.since <= now:
                if caliber.bridge is None:
                    return None
                factor *= Fraction(caliber.bridge)
        return factor

    def formula(self, year: int) -> str:
        """How it is defined in a year, so that two districts can compare it: screened/eligible*100 % 2023年起."""
        since, *sides = self.caliber(year)
        above, below = (" + ".join(sorted(measures)) for measures in sides)
        above, below = (f"({side})" if "+" in side else side for side in (above, below))
        made = {"count": above, "share": f"{above}[女]/{above}", "ratio": f"{above}/{below}"}.get(self.kind, "公布值")
        per = "" if self.kind in {"count", "published"} else f"*{self.per.normalize():f}"
        return f"{made}{per} {self.unit}" + (f" {since}年起" if since else "")

    def measures_of(self, year: int) -> frozenset[str]:
        """The measures that its figure of a year is made of."""
        _, numerator, denominator = self.caliber(year)
        return frozenset({*numerator, *denominator})

"""The forms that departments deliver: their columns, and what people are divided by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, model_validator

from expectations.records.record import (
    FOREVER,
    DayOfYear,
    Exact,
    Identifier,
    Measured,
    MistakeError,
    Record,
    Title,
    Year,
    day_of_year,
)
from expectations.spelling import unknown
from expectations.units import unit_of

ROLES = (
    "year", "area", "area_name", "sex", "institution", "institution_name", "note", "plan", "clause", "stage", "text", "source",
    "indicator", "value", "value_unit",
)  # fmt: skip
"""What a column may tell of a row in any catalogue."""
RELEASED_ROLES = ("format", "audience", "rows", "caliber", "makeup")
"""What only the columns of released figures tell."""
ABOVE_ROLES = ("agreement", "issued")
"""What only the columns of figures of those above the district tell."""
OWN_ROLES = (*RELEASED_ROLES, *ABOVE_ROLES)
"""What only columns tell that the program gives a form, and no catalogue."""
NAMES = {"area_name": "area", "institution_name": "institution"}
"""The roles whose columns name what others have the code of; either of them is enough to know the place."""
PART = "part"
"""What a column of a declared dimension tells of a row: the part that it is of."""
KEY_COLUMN = {"anyOf": [{"enum": [*ROLES]}, {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}]}


class DimensionPart(Record):
    """Part (组): one of the groups into which a dimension divides people, such as 农村."""

    name: Title
    """What reports and forms print."""
    words: tuple[str, ...] = ()
    """Other words for it in the departments' files."""
    sdmx: Annotated[str, Field(pattern=r"^[A-Z0-9_]+$")]

    @property
    def written(self) -> tuple[str, ...]:
        """All words for it."""
        return (self.name, *self.words)


class Dimension(Record):
    """Dimension (分组): what people are divided by beside their sex (expectations/dimensions.yml)."""

    name: Title
    gap: str = ""
    """What the distance between its two parts is called, if it is not the name with 差距: 城乡差距."""
    concept: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
    """The name of the dimension in SDMX files."""
    exhaustive: bool
    """Whether the parts make up the whole, each person in one of them: then their sum is the whole."""
    parts: dict[Identifier, DimensionPart] = Field(min_length=1)
    """In the order of the report; the first is the one that the others are compared with."""

    def gap_called(self, parts: Sequence[str]) -> str:
        """What the distance between two of its parts is called."""
        if self.exhaustive and len(self.parts) == len(parts):
            return self.gap or f"{self.name}差距"
        return f"{'与'.join(self.parts[part].name for part in parts)}差距"


def dimension_of(dimensions: Mapping[str, Dimension], part: str) -> str:
    """The dimension of a part. Raises `LookupError`, in Chinese, if there is no such part."""
    found = {name: key for key, dimension in dimensions.items() for name in dimension.parts}
    if part not in found:
        raise LookupError(unknown("这一组（dimensions.yml 的 parts）", part, found))
    return found[part]


def pair(dimensions: Mapping[str, Dimension], between: str | tuple[str, str]) -> tuple[str, tuple[str, str]]:
    """The dimension that `between` names or whose parts it names; the part that is compared, and the one that it is
    compared with. Raises `LookupError`, in Chinese, if that is not two parts of one dimension.
    """
    if isinstance(between, str):
        if between not in dimensions:
            raise LookupError(unknown("这一分组（dimensions.yml）", between, dimensions))
        parts = tuple(dimensions[between].parts)
        if len(parts) != 2:
            listed = "、".join(parts)
            raise LookupError(
                f"{between!r} 有{len(parts)}组（{listed}），应写明比较其中哪两组，如 [{parts[-1]}, {parts[0]}]"
            )
        return between, (parts[1], parts[0])
    one, other = (dimension_of(dimensions, part) for part in between)
    if one != other or between[0] == between[1]:
        raise LookupError(f"应为同一分组的两组，实为 {'、'.join(between)}")
    return one, between


class Column(Record):
    """Column (数据列): a column of a dataset, either a dimension (`is`) or a measure with its unit."""

    is_: Annotated[Identifier, WithJsonSchema(KEY_COLUMN)] | None = Field(default=None, alias="is")
    """What it tells of a row: one of `ROLES`, or a dimension of the catalogue (dimensions.yml)."""
    measure: Identifier | None = None
    unit: Measured | None = None
    decimals: int = Field(default=0, ge=0, le=6)
    """Decimals the sender may write; 0 means whole numbers."""
    min: Exact = Decimal(0)
    max: Exact | None = None
    not_above: Identifier | None = None
    """A measure of the same row that this one is a part of."""
    same_as: Identifier | None = None
    """A measure of another dataset that must carry the same figure."""
    sum_of: tuple[Identifier, ...] = ()
    """Measures of the same row that make up this one (ages, kinds)."""
    since: Year = 0
    until: Year = FOREVER
    """The data years in which the form has this column: a form that changed keeps its old columns, with `until`."""
    blank: Literal["total"] | None = None
    """In this form an empty cell in a column of sexes, areas or parts means both sexes, the whole district, or all."""
    aliases: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_role(self) -> Column:
        if (self.is_ is None) == (self.measure is None):
            raise ValueError("一列要么是维度（is），要么是数据（measure），二者取一")
        if self.blank is not None and self.role not in {"area", "sex", PART}:
            raise MistakeError("blank", "只有地区列、性别列和分组列可以写 blank（空白表示合计）")
        if self.measure is not None and self.unit is None:
            raise ValueError("数据列须写明计量单位（unit）")
        unit = unit_of(str(self.unit))
        if self.decimals > unit.power and unit.is_case:
            told = f"填报的小数不多于{unit.power}位" if unit.power else "填报的是整数，不写 decimals"
            raise MistakeError("decimals", f"以{self.unit}{told}")
        if twice := next((m for m in self.sum_of if self.sum_of.count(m) > 1), None):
            raise MistakeError("sum_of", f"{twice!r} 写了两次，会重复相加")
        if self.max is not None and self.min > self.max:
            raise MistakeError("max", f"max（{self.max}）小于 min（{self.min}）")
        if self.since > self.until:
            raise MistakeError("until", f"until（{self.until}）早于 since（{self.since}）")
        return self

    @property
    def is_exact(self) -> bool:
        """Whether its figures are whole in their base unit and not rounded: 人 without decimals, 万人 with four."""
        return self.decimals == unit_of(str(self.unit)).power

    @property
    def dimension(self) -> str | None:
        """The declared dimension that it is of."""
        return None if self.is_ in (*ROLES, *OWN_ROLES) else self.is_

    @property
    def role(self) -> str | None:
        """What it tells of a row, as a column of stg_<dataset>: of whatever dimension, it tells the part."""
        return PART if self.dimension else self.is_


class Stated(Record):
    """Columns (notes) of a published table in which its office comments on a figure. The comment need not follow from
    other figures.

    A change is a number in the indicator's unit, a number with % (relative to the earlier value), 持平 or 基本持平.
    """

    previous: str | None = None
    """The change on the year before."""
    baseline: str | None = None
    """The change on the plan's baseline year."""
    since: str | None = None
    """The first year in which the target was met."""
    source: str | None = None
    """Where the figure was printed."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Kind → column header."""
        return {kind: header for kind, header in self if header is not None}


def with_codes(roles: Iterable[str]) -> set[str]:
    """Roles, and those that a name among them stands for."""
    given = set(roles)
    return given | {key for name, key in NAMES.items() if name in given}


ANY = "*"
RELEASED = "plan-monitor released 1"
"""The format of a file of released figures; the number changes if a column or a code changes."""
RELEASED_COLUMNS: Mapping[str, Mapping[str, object]] = {
    "格式": {"is": "format"},
    "版别": {"is": "audience"},
    "行数": {"is": "rows"},
    "年份": {"is": "year"},
    "地区代码": {"is": "area"},
    "地区": {"is": "area_name"},
    "指标代码": {"is": "indicator"},
    "口径": {"is": "caliber"},
    "性别": {"is": "sex"},
    "组成": {"is": "makeup"},
    "数值": {"is": "value", "decimals": 6, "min": -(10**15)},
}
"""The columns of such a file, which an edition writes and the edition of a city reads."""
ABOVE_COLUMNS: Mapping[str, Mapping[str, object]] = {
    "年份": {"is": "year"},
    "地区": {"is": "area"},
    "指标": {"is": "indicator"},
    "计量单位": {"is": "value_unit"},
    "数值": {"is": "value", "decimals": 4},
    "口径": {"is": "agreement"},
    "出处": {"is": "source"},
    "公布日期": {"is": "issued"},
}
"""The columns of the form in which a statistician enters what a bulletin says of those above the district."""
AGREED = "一致"
"""What such a row says of its definition, if it is the district's own."""


class Dataset(Record):
    """Dataset (报表): the agreed table that a department delivers every year."""

    title: Title
    number: Annotated[str, Field(min_length=2, max_length=30)] | None = None
    """Its number by law (表号), if it is not the one that the district's file gives by order."""
    department: Identifier | Literal["*"]
    """Who sends it; `*` means every department that answers for an evidence target."""
    due: DayOfYear
    """The date by which it is due: month and day of the year after the data year."""
    since: Year = 0
    until: Year = FOREVER
    """The first and the last data year for which it is sent."""
    irregular: bool = False
    """Whether it is not due every year, as a published series with gaps."""
    institution_kind: Identifier | None = None
    released: Literal["internal", "public"] | None = None
    """Set for the figures that the editions of the district's areas have released, internal or public: each area's office
    sends them, and the district's are put together from them. Such a form has no columns of its own.
    """
    above: bool = False
    """Whether its figures are those of an area above the district (`references`), which reports print beside its own: with
    `released` what the edition of that area has released, without it what was entered from a bulletin. They are never
    judged, added or forecast, and nobody owes them.
    """
    exempt: bool = False
    """Whether its figures are public by their nature: holders of office, staff of public institutions."""
    indicator: Identifier | None = None
    """The one indicator in a form of ready-made values that has no column for the indicator's name."""
    indicators: tuple[Identifier, ...] | Literal["*"] = ()
    """The indicators in a form of ready-made values that has such a column; `*` if it may have any and none depends on it;
    without it all of the district's, if no form of the district has what indicators are computed from.
    """
    stated: Stated = Field(default_factory=Stated)
    columns: dict[str, Column] = Field(min_length=2)

    @model_validator(mode="before")
    @classmethod
    def _as_released(cls, data: object) -> object:
        if not isinstance(data, dict) or data.get("released") is None:
            return data
        given = sorted({"columns", "department", "indicators"} & data.keys())
        if given:
            raise MistakeError(given[0], "已发布数据（released）的列和报送部门由程序规定；请删去这个键")
        return {**data, "department": "*", "indicators": ANY, "columns": RELEASED_COLUMNS}

    @model_validator(mode="before")
    @classmethod
    def _as_above(cls, data: object) -> object:
        if not isinstance(data, dict) or data.get("above") is not True:
            return data
        if data.get("released") == "internal":
            raise MistakeError("released", "上级的数据只采用公开版（released: public）；内部版的小数目不得用于对比")
        data = {**data, "irregular": True}
        if data.get("released"):
            return data
        given = sorted({"columns", "indicators", "indicator", "stated", "institution_kind"} & data.keys())
        if given:
            raise MistakeError(given[0], "上级对比数据（above）的列由程序规定；请删去这个键")
        return {**data, "indicators": ANY, "columns": ABOVE_COLUMNS}

    @model_validator(mode="after")
    def _dated(self) -> Dataset:
        roles = Counter(str(column.is_) for column in self.columns.values() if column.is_ not in {None, "note"})
        for header, column in self.columns.items():
            if roles[str(column.is_)] > 1:
                raise MistakeError(f"columns.{header}.is", f"有{roles[str(column.is_)]}列都是 {column.is_}，只能有一列")
            if column.is_ == "institution_name" and not roles["institution"]:
                told = "单位名称列（institution_name）之外没有单位列（institution）；只有一列的，请写 institution"
                raise MistakeError(f"columns.{header}.is", told)
        for header, column in () if self.released or self.above else self.columns.items():
            if column.is_ in OWN_ROLES:
                whose = "已发布数据（released）" if column.is_ in RELEASED_ROLES else "上级对比数据（above）"
                told = f"只有{whose}的报表有 {column.is_} 列；请删去"
                raise MistakeError(f"columns.{header}.is", told)
        day_of_year(self.due, "due")
        if self.since > self.until:
            raise MistakeError("until", f"until（{self.until}）早于 since（{self.since}）")
        return self

    def form(self, year: int) -> Dataset:
        """The dataset with its form of a data year."""
        columns = {header: c for header, c in self.columns.items() if c.since <= year <= c.until}
        if len(columns) == len(self.columns):
            return self
        # A copy would take along what is cached of the whole form.
        return Dataset.model_construct(**{name: value for name, value in self if name != "columns"}, columns=columns)

    def due_for(self, year: int) -> date:
        """The day by which it is due for a data year."""
        month, day = map(int, self.due.split("-"))
        return date(year + 1, month, day)

    def forms(self) -> tuple[int, ...]:
        """For each form that the dataset has had, one year in which it was in use; the newest form first."""
        changed = {c.since for c in self.columns.values() if c.since}
        changed |= {c.until + 1 for c in self.columns.values() if c.until < FOREVER}
        return (max(changed, default=0), *(year - 1 for year in sorted(changed, reverse=True)))

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """Dimension → column header."""
        return {c.role: header for header, c in self.columns.items() if c.role}

    @cached_property
    def measures(self) -> Mapping[str, str]:
        """Measure → column header."""
        return {c.measure: header for header, c in self.columns.items() if c.measure}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of stg_<dataset> that together may occur only once in a delivery."""
        if "clause" in self.roles:
            return ("clause", "plan")
        own = ("indicator", "makeup") if self.released else ("indicator",) if "indicator" in self.roles else ()
        return (*own, "item", "area", "institution", "sex", PART)

    @property
    def dimension(self) -> str | None:
        """The declared dimension by which its figures are divided."""
        return next((c.dimension for c in self.columns.values() if c.dimension), None)

    @property
    def by_area(self) -> bool:
        return "area" in self.roles

    @property
    def by_area_alone(self) -> bool:
        """Whether each area has one line of it."""
        return self.by_area and not (self.by_institution or self.by_sex or self.dimension)

    @property
    def by_sex(self) -> bool:
        return "sex" in self.roles

    @property
    def by_institution(self) -> bool:
        return "institution" in self.roles

    @property
    def ready_made(self) -> bool:
        """Whether it has values of indicators in place of what they are computed from."""
        return "value" in self.roles

    def gives(self, known: Iterable[str]) -> frozenset[str]:
        """Which of the `known` indicators of the district come ready-made in it."""
        if not self.ready_made or self.above:
            return frozenset()
        named = (self.indicator,) if self.indicator is not None else self.indicators
        return frozenset(key for key in known if not named or named == ANY or key in named)

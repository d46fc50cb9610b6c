"""The frozen records of the catalogue: what a YAML file may say, field by field.

Values are `Decimal` so that a threshold is exactly what the plan prints. Every record forbids unknown keys.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    RootModel,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from expectations.rules import RULES, Rule
from expectations.spelling import unknown
from expectations.units import RATES, UNITS, base, scale, unit_of
from expectations.vocabulary import AnswerSheet, people, told_sex
from expectations.vocabulary import Level as WarningLevel


def _exact(value: object) -> object:
    """YAML reads 8.5 as a binary float; its shortest text is the number that the author wrote."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


class MistakeError(ValueError):
    """A contradiction within one record, with the key at which it is told; a key below a key has a dot before it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def _rule(value: object) -> object:
    """The record of the rule that the file names."""
    if isinstance(value, str) and value in RULES:
        return RULES[value]
    if isinstance(value, Rule):
        return value
    *keys, last = (f"'{key}'" for key in RULES)
    raise PydanticCustomError("literal_error", "no such rule", {"expected": f"{', '.join(keys)} or {last}"})


Exact = Annotated[Decimal, BeforeValidator(_exact), WithJsonSchema({"type": "number"})]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Measures = Annotated[
    tuple[Identifier, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]
"""One measure, or a list of them that are added."""


def has_words(text: str) -> bool:
    """Whether a text can be a name: figures or signs alone would be taken for data where they are printed."""
    return any(letter.isalpha() for letter in text)


def _named(text: str) -> str:
    if not has_words(text):
        raise ValueError("名称应有文字；只有数字、符号的，印出来与数据分不开")
    if len(text.strip().splitlines()) > 1:
        raise ValueError("名称应写在一行内")
    return text.strip()


Title = Annotated[str, Field(min_length=2, max_length=60), AfterValidator(_named)]
"""A name that papers print. It may have numerals (3号街道, 婴幼儿照护（0—3岁）)."""
CALLED = "^[\u4e00-\u9fff（）、]{2,12}$"
"""What places are called together; it is printed within sentences and as the heading of a column."""

DayOfYear = Annotated[str, Field(pattern=r"^\d{2}-\d{2}$")]
"""A day of every year: 03-15."""
COMMON_YEAR = 2023
"""What is due every year has a day in every year, and most have no 29 February."""


def _day_of_year(text: str, key: str) -> tuple[int, int]:
    """Month and day; raises `MistakeError` if not every year has that day."""
    month, day = map(int, text.split("-"))
    if not (1 <= month <= 12 and 1 <= day <= monthrange(COMMON_YEAR, month)[1]):
        raise MistakeError(key, f"没有{month}月{day}日这一天；应为月-日，如 03-15")
    return month, day


Tile = Annotated[int, Field(ge=1, le=16)]
"""A row, counted from the north, or a column, counted from the west, of a tile map."""

Sex = Literal["female", "male", "total"]
Counted = Literal["female", "male", "not_stated", "total"]
"""The sexes that persons are counted by."""
Level = Literal["goal", "measure"]
MIDDLE = Decimal(50)
"""The share (%) at which there are as many women as men; near_balance is measured from it."""
SHARE_DECIMALS = 1
"""The decimals with which the distance of women and men is printed in % of men's figure."""
KEEPING = "保持"
"""Words of a plan for a number that is to be kept and not to be reached."""
LIMITING = "控制"
"""Words for a limit to stay below. If the baseline year was above it, it is a number to be reached."""


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Year = Annotated[int, Field(ge=1900, le=2100)]
FOREVER = 9999
"""The last data year of what has no end."""


class Lasting(Record):
    """What is there from one data year to another."""

    since: Year = 0
    until: Year = FOREVER
    """The first and the last data year in which it is there."""

    @model_validator(mode="after")
    def _in_order(self) -> Lasting:
        if self.since > self.until:
            raise MistakeError("until", f"until（{self.until}）早于 since（{self.since}）")
        return self

    def there(self, year: int) -> bool:
        return self.since <= year <= self.until

    def together(self, other: Lasting) -> bool:
        """Whether both are there in some year."""
        return self.since <= other.until and other.since <= self.until

    @property
    def always(self) -> bool:
        """Whether it is there in every data year."""
        return not self.since and self.until == FOREVER


class Department(Lasting):
    """Department (部门): who answers for indicators and delivers datasets.

    A bureau may be set up or dissolved (机构改革): it answers for the data years from `since` to `until`.
    """

    name: Title
    sends: bool = True
    """False where a department answers for indicators but delivers no dataset itself."""
    area: str | None = None
    """The code of the area (county, district) of which it sends the released figures: the office of that area, or of one of
    those above the district (`references`).
    """
    successor: Identifier | None = None
    """The department that has its duties after `until`."""
    notice: MailAddress | None = None
    """Where it is told that its sheet is ready; such a mail has no data."""

    @model_validator(mode="after")
    def _ends(self) -> Department:
        if self.successor is not None and self.until == FOREVER:
            raise ValueError("写了 successor（承接部门）的，须写明 until（最后负责的数据年份）")
        return self


class Area(Lasting):
    """Area (所辖地区): a part of the district, or another one that it is compared with."""

    code: Annotated[str, Field(pattern=r"^\d{6}(\d{3}){0,2}$")]
    """Of a county or what is above it (6 digits), a town or subdistrict (9), a village or community (12)."""
    name: Title
    kind: Literal[
        "province", "prefecture", "county", "city", "district", "banner", "zone",
        "subdistrict", "town", "township", "sumu", "village", "community",
        "reference",
    ]  # fmt: skip
    """What it is in the administrative divisions; `reference` for what the district is compared with, whatever it is.
    Nothing is computed from it: whether an area is a part of the district is told by the list that it stands in.
    """
    aliases: tuple[str, ...] = ()
    """Other names and codes of the area, such as its former name, or its name before a township became a
    town (撤乡设镇).
    """
    merged_into: str | None = None
    """The code of the area that took it in after `until`; without it, and if no area was split from it then, it has left
    the district.
    """
    split_from: str | None = None
    """The code of the area that it was part of before `since`; without it, and if no area was merged into it then, it
    has come from outside the district.
    """
    grid: tuple[Tile, Tile] | None = None
    """Its place on the district's tile map: row from the north, column from the west. It tells roughly where the area lies,
    and nothing of its size and borders.
    """

    @property
    def called_whole(self) -> str:
        """What it is called as a whole, beside the district: 全市, 全国."""
        return f"全{self.name[-1]}"

    @model_validator(mode="after")
    def _dated(self) -> Area:
        if self.merged_into is not None and self.until == FOREVER:
            raise ValueError("写了 merged_into（并入的地区）的，须写明 until（最后单独报送的数据年份）")
        if self.split_from is not None and self.since == 0:
            raise ValueError("写了 split_from（分出前所属的地区）的，须写明 since（最早单独报送的数据年份）")
        return self


class Institution(Lasting):
    """Institution (单位): a school, hospital or other body that a promise for every institution looks at, named with its
    kind.
    """

    id: Identifier
    name: Title
    area: str | None = None
    aliases: tuple[str, ...] = ()
    merged_into: Identifier | None = None
    """The institution of the same kind that took it in after `until`."""

    @model_validator(mode="after")
    def _dated(self) -> Institution:
        if self.merged_into is not None and self.until == FOREVER:
            raise ValueError("写了 merged_into（并入的单位）的，须写明 until（最后单独报送的数据年份）")
        return self


class InstitutionKind(Record):
    name: Title
    members: tuple[Institution, ...] = Field(min_length=1)

    def members_of(self, year: int) -> tuple[Institution, ...]:
        """The institutions that are there in a data year."""
        return tuple(m for m in self.members if m.there(year))


class Compilation(Record):
    """Compilation (汇编): the source of the published figures, where the issuer of the report has only compiled them."""

    source: Title
    """The office that published the figures."""
    works: Title
    """The publications of that office, as the cover names them."""
    unpublished: dict[int, tuple[Identifier, ...]] = Field(default_factory=dict)
    """Data year → indicators that the office has not published, if that is known."""
    decimals: dict[Identifier, Annotated[int, Field(ge=0, le=4)]] = Field(default_factory=dict)
    """The decimals with which it prints an indicator, if the catalogue has others."""

    def absence(self, indicator: str, year: int) -> Literal["not_published", "not_entered"]:
        """Why a figure is not there."""
        return "not_published" if indicator in self.unpublished.get(year, ()) else "not_entered"


TELEPHONE = r"^\+?\d[\d -]{4,23}$"


MAIL = r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"
"""An address of a mailbox: ASCII, without a name, so that it cannot be anything else in the head of a mail."""
HOST = r"[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*"
"""The name of a server, or its address in digits."""
STORES = ("s3", "s3a", "oss", "oci", "tos", "gs", "gcs", "abfs", "abfss", "az")
"""Object stores that papers may be sent to: they are spoken to over https, and what is put there is there whole or not at
all. Other places that fsspec knows are not (ftp is in clear text, sftp takes any server for the right one).
"""
WEBHOOK = r"^PLAN_MONITOR_WEBHOOK(_[A-Z0-9]+)*$"
"""The name of a variable of the environment. Whoever has the address of a group's robot can write to the group, so it does
not stand in a file.
"""
MailAddress = Annotated[str, Field(pattern=MAIL, max_length=120)]


class Recipient(Record):
    """Recipient (收件人): who gets the approved papers, by mail, in a folder or an object store, or is told of them in a
    group.
    """

    name: Title
    mail: MailAddress | None = None
    folder: Annotated[str, Field(min_length=2, max_length=300)] | None = None
    """A folder of this machine, or the URL of an object store (`STORES`): s3://…"""
    webhook: Annotated[str, Field(pattern=WEBHOOK)] | None = None
    """The variable that has the address of the group's robot; no paper is sent, only that there is one."""
    papers: tuple[Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z]+$")], ...] = Field(("report.pdf",), min_length=1)
    """Files of the edition."""
    internal: bool = False
    """Whether the papers are those of the internal edition; else of the public one."""

    @model_validator(mode="after")
    def _one_way(self) -> Recipient:
        if sum(way is not None for way in (self.mail, self.folder, self.webhook)) != 1:
            raise ValueError("mail（邮箱）、folder（文件夹或网址）、webhook（群机器人）须写一项，且只写一项")
        if self.folder is not None and re.search("://[^/]*@", self.folder):
            raise MistakeError("folder", "网址里不写用户名和口令；对象存储的密钥写在环境变量里")
        scheme, is_url, rest = (self.folder or "").partition("://")
        if is_url and (scheme not in STORES or "::" in rest):
            listed = "、".join(f"{name}://" for name in STORES)
            raise MistakeError(
                "folder", f"{scheme}:// 不能用；应为本机的文件夹（从根目录写起），或对象存储的网址（{listed}）"
            )
        return self


class MailServer(Record):
    """Mail server (邮件服务器): by which the home sends mail; its password stands in the environment only."""

    host: Annotated[str, Field(pattern=f"^{HOST}$", max_length=120)]
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls"] = "starttls"
    """Without TLS nothing is sent; the certificate is checked."""
    sender: MailAddress
    user: Annotated[str, Field(min_length=1, max_length=120)] | None = None


class Contact(Record):
    """Contact (联系方式): who answers the departments' questions about letters, sheets and forms."""

    office: Title | None = None
    """The office within the issuer, if it is not the first issuer itself."""
    person: Annotated[str, Field(min_length=2, max_length=30)] | None = None
    telephone: Annotated[str, Field(pattern=TELEPHONE)]
    """As it is printed: 022-00000000."""


class Statute(Record):
    """Statutory head (法定标识): what every approved form bears (部门统计调查项目管理办法)."""

    prefix: Annotated[str, Field(min_length=1, max_length=20)]
    """How the numbers of its forms (表号) begin: 宝妇儿统 gives 宝妇儿统1表, in the catalogue's order; a form may have a
    `number` of its own.
    """
    maker: Title | None = None
    """The body that made the forms (制定机关), if it is not the first issuer."""
    approver: Title
    """The body that approved them (批准机关)."""
    approval: Annotated[str, Field(min_length=4, max_length=60)]
    """The number of the approval (批准文号)."""
    until: date
    """The last day on which they are valid (有效期至)."""


class Yearly(Record):
    """Yearly run (年度定时运行): when the server makes the annual report by itself."""

    date: DayOfYear = "07-01"
    """The day of the year after the data year, in Beijing."""
    time: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "09:00"
    days_after_lock: Annotated[int, Field(ge=1, le=180)] = 1
    """Where the data are locked later than the day before `date`: how many days after the lock it is made."""

    @model_validator(mode="after")
    def _a_day(self) -> Yearly:
        assert self.month_day
        return self

    @property
    def month_day(self) -> tuple[int, int]:
        return _day_of_year(self.date, "date")

    @property
    def cron(self) -> str:
        """As a calendar of cron has it."""
        month, day = self.month_day
        hour, minute = map(int, self.time.split(":"))
        return f"{minute} {hour} {day} {month} *"


class District(Record):
    """District (地区): the unit reported on."""

    code: Annotated[str, Field(pattern=r"^\d{6}$")]
    name: Title
    short: Title
    issuers: tuple[Title, ...] = Field(min_length=1)
    contact: Contact | None = None
    """Whom to ask; printed under everything that is sent to a department."""
    statute: Statute | None = None
    """What stands above its forms by law; without it they have no such lines."""
    yearly: Yearly = Yearly()
    """When the server makes its annual report."""
    compiled_from: Compilation | None = None
    """Set if the issuer has only compiled what another body published: then every page says so."""
    plans: tuple[Identifier, ...] = Field(min_length=1)
    departments: dict[Identifier, Department]
    areas: tuple[Area, ...] = ()
    areas_called: Annotated[str, Field(pattern=CALLED)] = "街镇"
    """What its areas are called together, as reports and forms print it: 街镇, 乡镇（街道）, 县（市、区）."""
    whole_called: Annotated[str, Field(pattern=CALLED)] | None = None
    """What the whole district is called in a row of totals, if it is not 全 with the last letter of its name."""
    references: tuple[Area, ...] = ()
    """Areas that the district is compared with (the whole city); they are never summed into the district. One may be set up
    or dissolved (`since`, `until`); then nothing is compared with it in other years.
    """
    units: dict[Identifier, InstitutionKind] = Field(default_factory=dict)
    profile: tuple[Identifier, ...] = ()
    """基本情况: what reports tell first of the district, in this order, as far as it was delivered. Each is an indicator, or a
    measure that is by itself the numerator or the denominator of one: so the public edition protects it.
    """
    recipients: tuple[Recipient, ...] = ()
    """Who gets its approved papers."""
    inbox: Annotated[str, Field(pattern=r"^/.", max_length=300)] | None = None
    """The folder (收件目录) of this machine in which departments leave their files: what comes is judged, and not filed."""

    @model_validator(mode="after")
    def _each_recipient_once(self) -> District:
        names = [*(d.name for d in self.departments.values() if d.notice)]
        for number, recipient in enumerate(self.recipients):
            if recipient.name in names:
                raise MistakeError(f"recipients.{number}.name", f"收件人“{recipient.name}”重复；每个收件人只写一次")
            names.append(recipient.name)
        return self

    @cached_property
    def own(self) -> Mapping[str, Area]:
        """Code → its areas, also those that are there in some years only."""
        return {area.code: area for area in self.areas}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Code → name of its areas, and of those that it is compared with."""
        return {area.code: area.name for area in (*self.areas, *self.references)}

    @cached_property
    def members(self) -> Mapping[str, str]:
        """Id → name of its institutions of every kind."""
        return {member.id: member.name for kind in self.units.values() for member in kind.members}

    @property
    def called_whole(self) -> str:
        """The name of the whole district in a row of totals: 全区 for a 区, 全市 for a 市."""
        return self.whole_called or f"全{self.name[-1]}"

    @property
    def called(self) -> Mapping[str, str]:
        """What texts that districts share leave to the district: what its areas are called, what the whole is called,
        and the word of its level, as in 区级, 区委, 本区.
        """
        level = self.called_whole.removeprefix("全")
        return {"areas": self.areas_called, "whole": self.called_whole, "level": level}

    @property
    def parts(self) -> tuple[str, ...]:
        """The codes of the areas that make up the district, in the order of its list: no other area is a part of it,
        whatever its code looks like.
        """
        return tuple(area.code for area in self.areas)

    def areas_of(self, year: int) -> tuple[Area, ...]:
        """The areas that make up the district in a data year."""
        return tuple(area for area in self.areas if area.there(year))

    def is_mapped(self, year: int) -> bool:
        """Whether there is a tile map of the areas of a data year: all of them have a place on it."""
        areas = self.areas_of(year)
        return bool(areas) and all(area.grid for area in areas)

    def offices(self, year: int) -> tuple[str, ...]:
        """The departments that send the released figures of an area that is there in a data year."""
        there = {area.code for area in self.areas_of(year)}
        return tuple(key for key, d in self.departments.items() if d.area in there and d.there(year))

    def offices_of(self, areas: Iterable[Area]) -> tuple[str, ...]:
        """The departments that send the released figures of one of some areas, in whatever year."""
        codes = {area.code for area in areas}
        return tuple(key for key, department in self.departments.items() if department.area in codes)

    def succession(self, department: str) -> tuple[str, ...]:
        """The departments that have had the duties of this one, from the first to the last."""
        line = [department]
        while earlier := [k for k, d in self.departments.items() if d.successor == line[0] and k not in line]:
            if len(earlier) > 1:
                break  # several were merged: none of them had all of its duties
            line = [*earlier, *line]
        while (later := self.departments[line[-1]].successor) and later not in line:
            line.append(later)
        return tuple(line)

    def acting(self, department: str, year: int) -> str | None:
        """The department that has the duties of this one in a data year; None if it was not there yet, or is not there any
        more.
        """
        line = [k for k in self.succession(department) if self.departments[k].there(year)]
        own = [k for k in line if k == department]
        return next(iter((*own, *line)), None)


class Home(Record):
    """What a home says of itself (plan-monitor.yml)."""

    district: Annotated[str, Field(pattern=r"^\d{6}$")]
    """The district of a run that names none."""
    run_minutes: Annotated[float, Field(gt=0, le=1440)] = 60
    """How long a run of the server may take before it is ended."""
    mail: MailServer | None = None
    operators: tuple[MailAddress, ...] = ()
    """Who is told of a run that failed."""


ROLES = (
    "year", "area", "area_name", "sex", "unit", "unit_name", "note", "plan", "clause", "stage", "text", "source",
    "indicator", "value", "value_unit",
)  # fmt: skip
"""What a column may tell of a row in any catalogue."""
RELEASED_ROLES = ("format", "audience", "rows", "caliber", "makeup")
"""What only the columns of released figures tell."""
ABOVE_ROLES = ("agreement", "issued")
"""What only the columns of figures of those above the district tell."""
OWN_ROLES = (*RELEASED_ROLES, *ABOVE_ROLES)
"""What only columns tell that the program gives a form, and no catalogue."""
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
    unit: str | None = None
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
    unit_kind: Identifier | None = None
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
        given = sorted({"columns", "indicators", "indicator", "stated", "unit_kind"} & data.keys())
        if given:
            raise MistakeError(given[0], "上级对比数据（above）的列由程序规定；请删去这个键")
        return {**data, "indicators": ANY, "columns": ABOVE_COLUMNS}

    @model_validator(mode="after")
    def _dated(self) -> Dataset:
        roles = Counter(str(column.is_) for column in self.columns.values() if column.is_ not in {None, "note"})
        for header, column in self.columns.items():
            if roles[str(column.is_)] > 1:
                raise MistakeError(f"columns.{header}.is", f"有{roles[str(column.is_)]}列都是 {column.is_}，只能有一列")
        for header, column in () if self.released or self.above else self.columns.items():
            if column.is_ in OWN_ROLES:
                whose = "已发布数据（released）" if column.is_ in RELEASED_ROLES else "上级对比数据（above）"
                told = f"只有{whose}的报表有 {column.is_} 列；请删去"
                raise MistakeError(f"columns.{header}.is", told)
        _day_of_year(self.due, "due")
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
        return (*own, "item", "area", "unit", "sex", PART)

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
        return self.by_area and not (self.by_unit or self.by_sex or self.dimension)

    @property
    def by_sex(self) -> bool:
        return "sex" in self.roles

    @property
    def by_unit(self) -> bool:
        return "unit" in self.roles

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
    unit: Annotated[str, Field(min_length=1)]
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
    versions: tuple[Caliber, ...] = ()

    @property
    def measures(self) -> Set[str]:
        """Every measure that it is computed from, in any of its calibers, from the oldest to the newest."""
        return dict.fromkeys(
            m for _, numerator, denominator in self.calibers for m in (*numerator, *denominator)
        ).keys()

    def side(self, measure: str) -> Literal["numerator", "denominator"] | None:
        """Where its figures hold a measure as it was delivered, in every year; None if they do not."""
        if self.kind in {"count", "ratio"}:
            if all(below == (measure,) for _, _, below in self.calibers):
                return "denominator"
            if all(above == (measure,) for _, above, _ in self.calibers):
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
        since = [v.since for v in self.versions]
        if since != sorted({*since}):
            raise MistakeError("versions", "各项的 since 应由早到晚，不得重复")
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
        later = any(v.numerator or v.denominator for v in self.versions)
        given = {"numerator": self.numerator, "denominator": self.denominator, "interval": self.interval}
        named = [key for key, value in given.items() if value] + (
            ["versions 的 numerator、denominator"] if later else []
        )
        if named:
            raise MistakeError("kind", f"published 指标的数值由公布机构给出，不写 {'、'.join(named)}")

    def called(self, sex: str | None) -> str:
        """What it calls those of one sex: 女性, 女生; of both together nothing is said."""
        return {"female": self.sexes[0], "male": self.sexes[1]}.get(str(sex), "")

    @property
    def chance(self) -> Literal["poisson", "wilson"] | None:
        """How chance moves its counts: as cases, or as a part of a whole; None where it does not, as for beds and amounts."""
        proportion = self.kind == "share" or (self.range is not None and self.range[1] == self.per)
        return self.interval or ("wilson" if proportion else None)

    @property
    def calibers(self) -> tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...]:
        """First year, numerator and denominator of each definition, from the oldest to the newest."""
        later = sorted(self.versions, key=lambda v: v.since)
        return (
            (0, self.numerator, self.denominator),
            *((v.since, v.numerator or self.numerator, v.denominator or self.denominator) for v in later),
        )

    def caliber(self, year: int) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
        """The definition that is in force in a year."""
        return next(c for c in reversed(self.calibers) if c[0] <= year)

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


class Revision(Record):
    """Revision (目标值调整): another number in place of the plan's, by a later decision."""

    since: Year
    """The first year that is judged by it: verdicts of earlier years stand."""
    value: Exact
    by: Annotated[str, Field(min_length=4)]
    """The document that decided it, as it is quoted."""


class Target(Record):
    """Target (目标值): one promise, made of an indicator, a rule and a value; its `id` is filled in by the loader."""

    rule: Annotated[InstanceOf[Rule], BeforeValidator(_rule), WithJsonSchema({"type": "string", "enum": [*RULES]})]
    indicator: Identifier | None = None
    value: Exact | None = None
    sex: Sex = "total"
    part: Identifier | None = None
    """The part of a declared dimension that it is about, such as rural."""
    between: Annotated[
        Identifier | tuple[Identifier, Identifier],
        WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 2}]}),
    ] | None = None  # fmt: skip
    """narrow_gap: the dimension of two parts, or the two parts, between which the distance is measured; the first is
    compared with the second. Without it, women are compared with men.
    """
    each: Identifier | None = None
    than: str | None = None
    """The other indicator, or the code of the other area, that a relative rule names."""
    band: tuple[Exact, Exact] | None = None
    soft: Literal["力争", "一般"] | None = None
    words: Annotated[str, Field(min_length=2, max_length=10)] | None = None
    """The plan's own word for what it asks (逐步提高, 明显降低, 不降低; before a number 保持在, 控制在), printed as it is."""
    tolerance: Exact | None = Field(default=None, ge=0)
    """hold: the points by which a value may be worse than the baseline, instead of the policy's `hold_tolerance`; 0 for
    不降低.
    """
    every_year: bool = False
    """每年: the promise is one for each year. 保持 and 控制在 are not: their end value decides."""
    lead: Identifier | None = None
    support: tuple[Identifier, ...] | None = None
    ask: str | None = None
    """For evidence: what the department's statement must tell, in the project's words."""
    note: str | None = None
    remedy: Annotated[str, Field(min_length=4)] | None = None
    """The first words of the sentence of the domain's measures that fits it, where a person has chosen it; none if no
    measure fits.
    """
    revised: tuple[Revision, ...] = ()
    id: str = ""

    @model_validator(mode="after")
    def _fits_rule(self) -> Target:
        rule, problems = self.rule, []
        if rule.evidence == (self.indicator is not None):
            problems.append("evidence 目标不带 indicator，其余目标必须带 indicator")
        if rule.evidence and not (self.lead and self.ask):
            problems.append("evidence 目标须写明 lead（负责部门）和 ask（应说明的事项）")
        for key in ("value", "each", "than", "band"):
            if (key in rule.needs) != (getattr(self, key) is not None):
                problems.append(f"{rule} {'须' if key in rule.needs else '不得'}写 {key}")
        if self.ask is not None and not rule.evidence:
            problems.append("只有 evidence 目标可以写 ask（应说明的事项）")
        if self.between is not None and rule.series != "gap":
            problems.append("只有 narrow_gap 目标可以写 between")
        if self.between is not None and self.part is not None:
            problems.append("between 已写明比较哪两组，不再写 part")
        if rule.series == "gap" and self.between is None and self.sex != "total":
            problems.append("不写 between 的 narrow_gap 目标比较男女，不再写 sex")
        if self.tolerance is not None and not rule.keeps:
            problems.append("只有 hold 目标可以写 tolerance")
        if self.words and rule.valued and not (self.kept or self.limiting):
            problems.append("带数值的目标，words 只写规划的“保持……”或“控制……”")
        if self.revised and not rule.valued:
            problems.append("只有带数值的目标可以写 revised")
        if [r.since for r in self.revised] != sorted({r.since for r in self.revised}):
            problems.append("revised 各项的 since 应由早到晚，不得重复")
        if self.every_year and (self.kept or self.limiting):
            problems.append("every_year 只用于规划写明“每年”的目标，“保持”“控制”按期末值评价")
        if self.band is not None and self.band[0] >= self.band[1]:
            problems.append(f"band 的下限 {self.band[0]} 应小于上限 {self.band[1]}")
        if problems:
            raise ValueError("；".join(problems))
        return self

    @property
    def indicators(self) -> tuple[str, ...]:
        """Its own indicator, and the one it is compared with."""
        other = self.than if self.rule.limit == "indicator" else None
        return tuple(key for key in (self.indicator, other) if key)

    @property
    def figure(self) -> tuple[str, str]:
        """The indicator and the part that it is about."""
        return str(self.indicator), self.part or ""

    @property
    def of_the_whole(self) -> bool:
        """Whether it judges the indicator's own figure of both sexes and all areas, of which a published table may state a
        change (`Stated`).
        """
        return self.indicator is not None and self.rule.series == "value" and self.sex == "total"

    @property
    def of_one_sex(self) -> bool:
        """Whether it is about women or men, or about how far they are from each other."""
        return self.needs_sex or self.rule.limit == "middle"

    @property
    def needs_sex(self) -> bool:
        """Whether its indicator must be computed for women and men."""
        return self.sex != "total" or (self.rule.series == "gap" and self.between is None)

    @property
    def kept(self) -> bool:
        """保持: here met means kept and not early, and the final evaluation names every year on the way in which it was
        not kept.
        """
        if self.rule.directional:
            return self.rule.keeps
        return self.words is not None and self.words.startswith(KEEPING)

    @property
    def limiting(self) -> bool:
        """控制在 before a number: a state to be kept if the baseline year was within it, else a number to be reached.

        国家统计局 prints 提前实现 for 孕产妇死亡率控制在20/10万以下 (30 in 2010), but never for 保持在40%以上.
        """
        return not self.rule.directional and self.words is not None and self.words.startswith(LIMITING)

    @property
    def yearly(self) -> bool:
        """A promise for each year: all of its years are judged."""
        return self.every_year or self.rule.yearly

    def of(self, year: int | None) -> Target:
        """The target with the number that a year is judged by; the last one if no year is given."""
        numbers = [r.value for r in self.revised if year is None or r.since <= year]
        return self.model_copy(update={"value": numbers[-1]}) if numbers else self


class Goal(Record):
    """Goal (主要目标): what a domain of a plan is to reach, as the plan numbers it."""

    title: Title
    targets: tuple[Target, ...] = Field(min_length=1)


class Measure(Record):
    """Measure (策略措施): what is done for it, as the plan numbers it."""

    title: Title
    text: Annotated[str, Field(min_length=6, max_length=2000)] | None = None
    """The plan's own words: what of them fits a target is quoted where its gap is told."""
    goals: tuple[int, ...] = Field(min_length=1)
    """The goals of the same domain that this measure serves."""
    targets: tuple[Target, ...] = ()


class Domain(Record):
    """Domain (领域): a chapter of a plan."""

    domain: int = Field(ge=1)
    title: Title
    goals: dict[int, Goal] = Field(min_length=1)
    measures: dict[int, Measure] = Field(default_factory=dict)

    def entries(self) -> tuple[Goal | Measure, ...]:
        return (*self.goals.values(), *self.measures.values())


ISSUED = r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"


class PlanHead(Record):
    title: Title
    short: Title
    audience: Identifier
    """Whom it is about, in a word of the plan's own (women, elders): programs read it, nothing is computed from it."""
    by_sex: bool = True
    """Whether it wants women and men told apart: without it, a report on the plan has no chapter, table and sentence of
    them, and no department is asked for them.
    """
    start: Year
    end: Year
    baseline: Year
    issued: Annotated[str, Field(pattern=ISSUED)]
    """The day, month or year in which the document was issued."""
    source: str
    extent: str = ""
    """The part of the document that is entered here, if it is not all of it."""

    @model_validator(mode="after")
    def _in_order(self) -> PlanHead:
        if self.end < self.start:
            raise MistakeError("end", f"end（期末年 {self.end}）早于 start（起始年 {self.start}）")
        if self.baseline > self.start:
            raise MistakeError("baseline", f"baseline（基期年 {self.baseline}）晚于 start（起始年 {self.start}）")
        return self


@dataclass(frozen=True)
class Plan:
    """Plan (规划): what was promised, for a period, measured from a baseline year."""

    id: str
    head: PlanHead
    domains: tuple[Domain, ...]

    @property
    def audience(self) -> str:
        return self.head.audience

    @property
    def by_sex(self) -> bool:
        return self.head.by_sex

    @property
    def targets(self) -> tuple[Target, ...]:
        """Every target of its goals and measures, in the order of the plan."""
        return tuple(t for domain in self.domains for entry in domain.entries() for t in entry.targets)


def clause(level: Level, domain: Domain, number: int) -> str:
    """目标1.2 or 策略1.4, as the plan numbers them."""
    return f"{'目标' if level == 'goal' else '策略'}{domain.domain}.{number}"


class Side(NamedTuple):
    """One of the two groups between which a gap is measured."""

    sex: str
    part: str
    name: str
    """女性, 农村: as a sentence calls it."""


SEXES_GAP = "两性差距"


BESIDE = frozenset({"id", "words", "lead", "support", "ask", "note", "remedy"})
"""Fields of a target in which two can differ that ask the same (`Promise.asked`)."""


@dataclass(frozen=True)
class Promise:
    """A target together with its place in the plan."""

    target: Target
    plan: Plan
    domain: Domain
    level: Level
    number: int
    title: str
    indicator: Indicator | None
    lead: str
    support: tuple[str, ...]
    earlier: tuple[Target, ...] = ()
    """The target with the numbers that were in force before, from the plan's own to the last but one."""
    part: str = ""
    """The name of the part that it is about; empty if it is about all."""
    sides: tuple[Side, ...] = ()
    """narrow_gap: the group that is compared, and the one that it is compared with."""
    gap_called: str = SEXES_GAP
    """What the distance between the sides is called."""

    @property
    def id(self) -> str:
        return self.target.id

    @property
    def clause(self) -> str:
        """目标1.2 or 策略1.4, as the plan numbers them."""
        return clause(self.level, self.domain, self.number)

    @property
    def name(self) -> str:
        if self.indicator is None:
            return self.title
        if self.sides:
            return self.indicator.name  # of a distance, what it is called says the groups
        return f"{self.part}{self.indicator.called(self.target.sex)}{self.indicator.name}"

    @cached_property
    def asked(self) -> tuple[object, ...]:
        """The same for two promises that ask the same of the same figure, in one plan or in two.

        Everything in which two targets can differ counts, but for what decides neither a verdict nor the weight of a miss: how a
        plan words it, who answers, which measure fits. The plan's years count as far as the promise rests on them.
        """
        target, head = self.target, self.plan.head
        if self.indicator is None:
            return (target.id,)  # a statement is about its own clause
        decided = tuple(repr(getattr(target, key)) for key in Target.model_fields if key not in BESIDE)
        base = head.baseline if target.rule.from_baseline or target.limiting else None
        return (*decided, target.kept, target.limiting, base, head.start if target.yearly else None, head.end)

    @property
    def unit(self) -> str:
        """The unit of the target's printed value."""
        if self.indicator is None:
            return ""
        match self.target.rule.limit:
            case "change":
                return "%"
            case "previous":
                return unit_of(self.indicator.unit).difference
        return self.indicator.unit

    @property
    def unseen(self) -> Decimal:
        """The largest difference that is printed as none, half of the last decimal: it decides no direction. A number of the
        plan is compared as it is.
        """
        if self.indicator is None or not self.target.rule.directional:
            return Decimal(0)
        return half_of_last(self.indicator.decimals)

    @property
    def direction(self) -> int:
        """+1 if the promise wants more, −1 if it wants less; for `near_balance`, of the distance to the middle."""
        match self.target.rule.wants:
            case "less":
                return -1
            case "sign":
                return -1 if self.target.value is not None and self.target.value < 0 else 1
            case "better":
                return -1 if self.indicator is not None and self.indicator.better == "lower" else 1
        return 1


Share = Annotated[Exact, Field(ge=0, le=1)]
Percent = Annotated[Exact, Field(ge=0, le=100)]
Size = Annotated[Exact, Field(ge=0)]


def half_of_last(decimals: int) -> Decimal:
    """Half of the last of so many decimals; up to it a difference is rounded to zero (GB/T 8170)."""
    return Decimal(1).scaleb(-decimals) / 2


class Outlook(Record):
    likely: Share
    """The least probability of meeting the target at which there is no warning."""
    unlikely: Share
    """A target that falls short and is less likely to be met than this is treated as missed."""

    @model_validator(mode="after")
    def _in_order(self) -> Outlook:
        if self.unlikely > self.likely:
            raise MistakeError("unlikely", f"unlikely（{self.unlikely}）不得大于 likely（{self.likely}）")
        return self


class Swing(Record):
    significance: Share
    relative: Size
    usual: Size


class Wording(Record):
    good: Percent
    mixed: Percent
    flat: Size
    far: Size
    slight: Size
    least: Percent = Decimal(50)

    @model_validator(mode="after")
    def _in_order(self) -> Wording:
        if self.good >= self.mixed:
            raise MistakeError("mixed", f"mixed（{self.mixed}）应大于 good（{self.good}）")
        return self


class Disclosure(Record):
    """What the public edition does not tell about people (flows/disclose)."""

    threshold: int = Field(ge=2)
    """Counts of persons from 1 up to one less than this are not printed, and neither are rates that reveal them."""
    protection: int = Field(ge=1)
    """The least width, in persons, of the interval that all printed figures together must leave open for a suppressed
    count.
    """
    rounding: int = Field(ge=1)
    """The base to which printed counts of persons are rounded; 1: no rounding."""
    counts: tuple[str, ...] = Field(min_length=1)
    """Units of columns that count persons."""
    spans: tuple[int, ...] = (2, 3)
    """How many years of single events (deaths, cases) are told together, in turns, from a year after one that they divide:
    2021 and 2022, 2023 to 2025, 2026 and 2027 … One year alone would be told by being kept back.
    """
    published_before: Literal["refuse", "allow"] = "refuse"
    """What is done if an earlier edition has printed a count that must not be printed."""

    @model_validator(mode="after")
    def _never_one_year(self) -> Disclosure:
        if not self.spans or min(self.spans) < 2:
            raise MistakeError("spans", f"spans（{list(self.spans)}）每段应不少于2年，否则不公布本身就说明是哪一年")
        return self

    @model_validator(mode="after")
    def _never_zero(self) -> Disclosure:
        if self.rounding > self.threshold:
            told = f"rounding（{self.rounding}）不得大于 threshold（{self.threshold}），否则小数目会印成 0"
            raise MistakeError("rounding", told)
        return self


class FinalPolicy(Record):
    """The final evaluation's thresholds (docs/final.md)."""

    tolerance: Exact = Field(ge=0, lt=10)
    """How far, in % of the target's number, a target that is basically met (基本达标) may be from it."""
    most: Exact = Field(gt=0, le=100)
    """Attainment rate (%) from which a plan is said to have met most of its targets."""
    half: Exact = Field(gt=0, le=100)
    """… and from which more than half of them."""

    @model_validator(mode="after")
    def _in_order(self) -> FinalPolicy:
        if self.half >= self.most:
            raise MistakeError("half", f"half（{self.half}）应小于 most（{self.most}）")
        return self


class Policy(Record):
    """Policy (阈值): every threshold of the project, in one place; the report prints them."""

    outlook: Outlook
    swing: Swing
    hold_tolerance: Size
    refuse_from: Percent
    refuse_rows: int = Field(ge=0)
    disclosure: Disclosure
    final: FinalPolicy
    wording: Wording
    answer_days: int = Field(default=15, ge=1, le=90)
    """The days that a department has to answer a sheet, a ledger or a letter, from its date."""
    follow_up: dict[Literal["serious", "moderate", "light"], Title]
    """Level of a warning → what follows from it."""

    @model_validator(mode="after")
    def _all_levels(self) -> Policy:
        if missing := [level.value for level in WarningLevel if level.value not in self.follow_up]:
            raise MistakeError("follow_up", f"缺少 {'、'.join(missing)}；每一级预警都须写明怎样处理")
        return self


Severity = Literal["critical", "warning", "info"]


class Exemption(Record):
    """Something that a named person answers for, until a date."""

    year: Year
    dataset: Identifier
    department: Identifier | None = None
    """Given only for datasets that every department sends."""
    column: str | None = None
    """The header in the dataset's record."""
    reason: Annotated[str, Field(min_length=4)]
    by: Title
    until: date
    """The last 成文日期 for which it is valid."""


class Correction(Exemption):
    """Correction (数据订正): a cell that is read otherwise than it is written, as long as the file has the
    expected text.
    """

    line: int = Field(ge=1)
    column: str
    """The header in the dataset's record, another name of it, or what the file prints."""
    expect: str
    """The text that the file must have; if the file has been mended, the correction fails."""
    value: str
    row: dict[str, str] = {}
    """Header in the dataset's record → the word of the row that is meant (街镇: 西桥镇), so that no other row is changed."""
    version: int | None = Field(default=None, ge=1)
    """The version of the delivery that is meant. A file that was sent again asks for it, or for a row that is told from all others."""

    @model_validator(mode="after")
    def _changes(self) -> Correction:
        if self.expect == self.value:
            raise MistakeError("value", f"与 expect 相同（{self.value!r}），没有订正什么")
        return self

    def names_row(self, dataset: Dataset) -> bool:
        """Whether `row` tells its row from all others of the form; it need not where the form has one row."""
        named = {column.role for header, column in dataset.columns.items() if header in self.row}
        named |= {"area"} if "area_name" in named else set()
        return named >= {role for role in dataset.key if role in dataset.roles}


class Override(Exemption):
    """Override (免予说明): a finding that nobody needs to answer any more, as long as it is about the figure that was explained."""

    rule: Identifier
    area: str | None = None
    """Name of an area or institution."""
    value: str | None = None
    """The figure that was explained, as the finding tells it."""
    version: int | None = Field(default=None, ge=1)
    """The version of the delivery that was explained. A file that was sent again asks for it, or for the value."""


class Exemptions(Record):
    corrections: tuple[Correction, ...] = ()
    overrides: tuple[Override, ...] = ()


CheckLevel = Literal["structure", "cell", "whole", "ratio", "between", "time", "magnitude", "plan"]


ASKED = frozenset({"kind", "listed", "column", "unit", "decimals", "least", "most", "low", "high", "slip", "threshold"})
"""The facts of a column or a target that stand in what a check expects."""


class CheckRule(Record):
    """Check (核查规则): one kind of question that is asked of data (expectations/checks.yml)."""

    level: CheckLevel
    title: Title
    severity: Severity
    tolerance: Exact | None = None
    floor: Exact | None = None
    """Figures below this are not checked."""
    unit: str = ""
    """The unit of the tolerance, if it is not the unit of the figures."""
    why: Annotated[str, Field(min_length=4)]
    header: str = ""
    """The column that a failure names, where the dataset does not say it."""
    expected: str | dict[Identifier, str]
    """What the sender is told was expected; where it depends on the column or on the target, one text for each form."""
    within: str = ""
    """What is added to it if a tolerance is let pass."""
    cure: str

    def asked(self, form: str = "", **facts: object) -> str:
        """What is expected, with its facts filled in; `form` names one of several texts."""
        text = self.expected if isinstance(self.expected, str) else self.expected[form]
        return text.format(**facts)


class Checks(RootModel[dict[Identifier, CheckRule]]):
    """Every kind of check by its rule (expectations/checks.yml)."""

    model_config = ConfigDict(frozen=True)

    def of(self, rule: str) -> CheckRule:
        """The record of a rule; all rules of the plan gate share one record."""
        return self.root["plan" if rule.startswith("plan_") else rule]

    def __contains__(self, rule: str) -> bool:
        return rule in self.root


Qualifier = Literal["period", "people", "place", "forecast", "preliminary"]
"""Meanings that a word beside figures may add and that the form did not ask for."""


class Words(Record):
    """Words of one catalogue's departments for units, the whole district and the sexes, beside the usual ones
    (words.yml).
    """

    units: dict[str, str] = Field(default_factory=dict)
    whole: tuple[str, ...] = ()
    sexes: dict[Counted, tuple[str, ...]] = Field(default_factory=dict)


class Codes(Record):
    """How departments write sexes, stages, units, and that there is nothing to report (expectations/codes.yml)."""

    sexes: dict[Counted, tuple[str, ...]]
    nothing: dict[Literal["not_received", "not_applicable"], tuple[str, ...]]
    unclear: dict[str, str]
    """Signs that are no figure and have several meanings → those meanings."""
    whole: tuple[str, ...]
    stages: dict[Literal["carried_out", "in_progress", "not_started"], tuple[str, ...]]
    footers: tuple[str, ...]
    items: tuple[str, ...]
    values: tuple[str, ...]
    item_units: tuple[str, ...]
    units: tuple[str, ...]
    """Units that are no multiple of another unit, beside those of expectations/units.py."""
    counts: tuple[tuple[str, ...], ...]
    """Rows of words that count the same things."""
    called: dict[str, str]
    """Other words for a unit, among them the codes of SDMX → the unit."""
    subtotals: tuple[str, ...]
    remarks: tuple[str, ...]
    numbering: tuple[str, ...]
    qualifiers: dict[Qualifier, tuple[str, ...]]
    """Words around a table that give its figures another meaning, by that meaning."""
    comparisons: dict[Literal["this", "previous", "changes"], tuple[str, ...]]
    plain: tuple[str, ...]
    """Words above a group of columns that say nothing about its figures."""
    parts: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    """Dimension → part → its words; filled in by the loader from dimensions.yml."""

    def with_dimensions(self, dimensions: Mapping[str, Dimension]) -> Codes:
        """The same codes with the words for the parts of every dimension."""
        words = {
            key: {name: (*part.written, name, part.sdmx) for name, part in d.parts.items()}
            for key, d in dimensions.items()
        }
        return self.model_copy(update={"parts": words})

    def with_words(self, words: Words) -> Codes:
        """The same codes with the words of one catalogue's departments added."""
        return self.model_copy(
            update={
                "called": self.called | words.units,
                "whole": (*self.whole, *words.whole),
                "sexes": {sex: (*known, *words.sexes.get(sex, ())) for sex, known in self.sexes.items()},
            }
        )

    def at_home(self, whole: str) -> Codes:
        """The same codes in a district of which the whole is called `whole` (全区): that means a total, and not another
        place, while 全市 is another place there.
        """
        places = tuple(word for word in self.qualifiers["place"] if word != whole)
        return self.model_copy(
            update={
                "whole": tuple(dict.fromkeys((*self.whole, whole))),
                "qualifiers": {**self.qualifiers, "place": places},
            }
        )

    def is_unit(self, word: str) -> bool:
        """人, 万人, %, or 万 alone."""
        word = self.called.get(word, word)
        return word in RATES or (word != "" and (base(word) == "" or self._is_single(base(word))))

    def _is_single(self, unit: str) -> bool:
        """Whether a unit is known, and no multiple of another."""
        return unit in UNITS or unit in self.units

    def adds_up(self, unit: str) -> bool:
        """Whether figures in this unit may be added up: no rates, and no ages or years."""
        return not self.is_rate(unit) and not unit_of(self.called.get(unit, unit)).is_level

    def is_rate(self, unit: str) -> bool:
        """Whether figures in this unit are parts of a whole; they are never added up."""
        unit = self.called.get(unit, unit)
        return unit in RATES or "/" in unit

    def factor(self, given: str, wanted: str) -> Decimal | None:
        """How many `wanted` one `given` is (万人 → 人: 10000; % → ‰: 10); None if they do not measure the same thing."""
        given, wanted = self.called.get(given, given), self.called.get(wanted, wanted)
        if given == wanted:
            return Decimal(1)
        if given in RATES and wanted in RATES:
            return Decimal(RATES[wanted]) / RATES[given]
        if base(given) != base(wanted) or not self._is_single(base(given)):
            return None
        return scale(given) / scale(wanted)

    def loosely(self, given: str, wanted: str) -> Decimal | None:
        """The same, but 人 and 名 are one unit, 个 and 所 are one, and 万 alone is 万人.

        In a header or after a figure, these words only say that things are counted. 户 and 例 are not 人.
        """
        return self.factor(self.likened(given, wanted), wanted)

    def likened(self, given: str, wanted: str) -> str:
        """A unit in the words of another, where they count alike: beside 人, 万名 and 万 are 万人. Else as it is."""
        given = self.called.get(given, given)
        single, own = base(wanted), base(given)
        if own == "" and single != wanted and not wanted.startswith(given):
            return given  # 千 in a column of 万元: thousands of what?
        if own == "" or any(single in alike and own in alike for alike in self.counts):
            return given[: len(given) - len(own)] + single
        return given

    def is_among(self, unit: str, named: Iterable[str]) -> bool:
        """Whether a unit counts what one of others counts: among 人 and 例 also 万人 and 千例."""
        return any(self.factor(unit, name) is not None for name in named)


@dataclass(frozen=True)
class Catalog:
    """Everything that is expected of one district. Beside the warehouse, the stages need nothing else."""

    district: District
    plans: tuple[Plan, ...]
    indicators: Mapping[str, Indicator]
    datasets: Mapping[str, Dataset]
    policy: Policy
    codes: Codes
    checks: Checks
    exemptions: Exemptions
    digest: str
    """sha256 over all YAML files read, in order: part of a run's id."""
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    """What forms may divide people by beside their sex."""
    elsewhere: Mapping[str, Dataset] = field(default_factory=dict)
    """Forms that only the district's areas receive: what they count stands behind released figures."""
    aside: frozenset[str] = frozenset()
    """Datasets that are left out of a narrowed catalogue: their deliveries are passed over without a word."""

    def in_force(self, year: int) -> tuple[Plan, ...]:
        return tuple(p for p in self.plans if p.head.start <= year <= p.head.end)

    def promises(self, year: int | None = None) -> tuple[Promise, ...]:
        """Every target of the plans (in force in `year`, with the departments and numbers of that year), in the order of
        the plans.
        """
        plans = self.plans if year is None else self.in_force(year)
        return tuple(promise for plan in plans for promise in self._promised(plan, year))

    def _promised(self, plan: Plan, year: int | None) -> tuple[Promise, ...]:
        key = (plan.id, year)
        if key not in self._known_promises:
            self._known_promises[key] = tuple(self._promises(plan, year))
        return self._known_promises[key]

    def titled(self, key: str) -> str:
        """What a dataset is called, or a sheet that comes back with answers."""
        return self.datasets[key].title if key in self.datasets else AnswerSheet.of(key).word

    def promise(self, target: str, year: int) -> Promise:
        """One target as it was asked for in a year of its plan."""
        return self._by_id(year)[target]

    def _by_id(self, year: int) -> Mapping[str, Promise]:
        if year not in self._known_ids:
            self._known_ids[year] = {p.id: p for p in self.promises(year)}
        return self._known_ids[year]

    @cached_property
    def _known_ids(self) -> dict[int, Mapping[str, Promise]]:
        """Year → the promises of the year by target, as far as they were asked for."""
        return {}

    @cached_property
    def _known_promises(self) -> dict[tuple[str, int | None], tuple[Promise, ...]]:
        """Plan and year → its targets, as far as they were asked for."""
        return {}

    def _promises(self, plan: Plan, year: int | None = None) -> Iterator[Promise]:
        for domain in plan.domains:
            entries: list[tuple[Level, int, Goal | Measure]] = [
                *(("goal", n, g) for n, g in domain.goals.items()),
                *(("measure", n, m) for n, m in domain.measures.items()),
            ]
            for level, number, entry in entries:
                for target in entry.targets:
                    indicator = self.indicators[target.indicator] if target.indicator else None
                    lead = target.lead or (indicator.lead if indicator else "")
                    support = target.support if target.support is not None else (indicator.support if indicator else ())
                    acting = tuple(dict.fromkeys(self._acting(key, year) for key in (lead, *support)))
                    in_force = [r.since for r in target.revised if year is None or r.since <= year]
                    yield Promise(
                        target.of(year),
                        plan,
                        domain,
                        level,
                        number,
                        entry.title,
                        indicator,
                        acting[0],
                        acting[1:],
                        tuple(target.of(since - 1) for since in in_force),
                        self.part_names.get(target.part or "", ""),
                        *self._compared(target),
                    )

    def _compared(self, target: Target) -> tuple[tuple[Side, ...], str]:
        """The two groups between which a target measures a gap, and what the gap is called."""
        if target.rule.series != "gap":
            return (), ""
        if target.between is None:
            part, name = target.part or "", self.part_names.get(target.part or "", "")
            return (Side("female", part, "女性"), Side("male", part, "男性")), f"{name}{SEXES_GAP}"
        key, parts = pair(self.dimensions, target.between)
        sex = people(target.sex)
        sides = tuple(Side(target.sex, part, f"{self.part_names[part]}{sex}") for part in parts)
        return sides, f"{sex}{self.dimensions[key].gap_called(parts)}"

    def dimension_of(self, target: Target) -> str | None:
        """The dimension whose parts a target is about or compares; None if it is about all."""
        if target.between is not None:
            return pair(self.dimensions, target.between)[0]
        return None if target.part is None else dimension_of(self.dimensions, target.part)

    @cached_property
    def part_names(self) -> Mapping[str, str]:
        """Part → its name."""
        return {key: part.name for dimension in self.dimensions.values() for key, part in dimension.parts.items()}

    def parts_by(self, dataset: Dataset) -> Mapping[str, DimensionPart]:
        """The parts by which a form divides its figures; none if it does not."""
        return self.dimensions[dataset.dimension].parts if dataset.dimension else {}

    def is_made_of_parts(self, dataset: Dataset) -> bool:
        """Whether the parts of a form make up the whole: then a row of the whole is only compared with them."""
        return not self.added_parts.isdisjoint(self.parts_by(dataset))

    @cached_property
    def added_parts(self) -> frozenset[str]:
        """The parts that, with the others of their dimension, make up the whole."""
        return frozenset(part for d in self.dimensions.values() if d.exhaustive for part in d.parts)

    @cached_property
    def titles(self) -> frozenset[str]:
        """All names that papers print: the numerals and words in them (3号街道, 12345热线) tell of no figure."""
        district, forms = self.district, self.forms.values()
        found = {district.name, district.short, *district.issuers, *district.names.values(), *district.members.values()}
        found |= {d.name for d in district.departments.values()} | {kind.name for kind in district.units.values()}
        found |= {district.compiled_from.source} if district.compiled_from else set()
        found |= {title for plan in self.plans for title in (plan.head.title, plan.head.short)}
        domains = [domain for plan in self.plans for domain in plan.domains]
        found |= {d.title for d in domains} | {entry.title for d in domains for entry in d.entries()}
        found |= {i.name for i in self.indicators.values()} | {header for form in forms for header in form.columns}
        found |= (
            {form.title for form in forms} | {d.name for d in self.dimensions.values()} | {*self.part_names.values()}
        )
        return frozenset(found)

    @cached_property
    def divided(self) -> Mapping[str, Dimension]:
        """The dimensions that its forms use, in the order of the file."""
        used = {d.dimension for d in self.datasets.values()}
        return {key: dimension for key, dimension in self.dimensions.items() if key in used}

    def told_group(self, sex: str | None, part: str | None) -> str:
        """农村女: of whom a figure is, where it is said at all."""
        return self.part_names.get(part or "", part or "") + told_sex(sex)

    def _acting(self, department: str, year: int | None) -> str:
        if year is None or department not in self.district.departments:
            return department
        return self.district.acting(department, year) or department

    def measured(self, measure: str) -> str:
        """What a measure is called in its department's form; its own key if no form has it."""
        return next((d.measures[measure] for d in self.datasets.values() if measure in d.measures), measure)

    def asked(self, year: int) -> Mapping[tuple[str, str, str], tuple[str, ...]]:
        """Department, plan (short) and clause → the evidence targets of `year` that the department's
        statement answers.
        """
        found: dict[tuple[str, str, str], tuple[str, ...]] = {}
        for p in self.promises(year):
            if p.target.rule.evidence:
                place = (p.lead, p.plan.head.short, p.clause)
                found[place] = (*found.get(place, ()), p.id)
        return found

    def counts_cases(self, indicator: Indicator) -> bool:
        """Whether the indicator counts persons or cases, each of them; not money, hours, institutions, 人次 (one person may
        count twice), or persons in a form that rounds them (万人 with two decimals).
        """
        columns = {c.measure: c for d in self.datasets.values() for c in d.columns.values() if c.measure}
        counted = [columns.get(measure) for measure in indicator.numerator]
        return bool(counted) and all(c is not None and c.is_exact and unit_of(str(c.unit)).is_case for c in counted)

    def limits(self, indicator: Indicator) -> tuple[Decimal | None, Decimal | None]:
        """The least and the greatest that a figure of an indicator can be, in its unit; None where there is no such limit.

        Nothing that is counted is less than none, unless the column of a form may be negative (人口净增).
        """
        if indicator.range is not None:
            return indicator.range
        measures = indicator.measures
        columns = (c for form in self.forms.values() for c in form.columns.values() if c.measure in measures)
        least = None if any(c.min < 0 for c in columns) else Decimal(0)
        return least, indicator.per if indicator.kind == "share" else None

    def places(self, each: str, year: int | None = None) -> Mapping[tuple[str, str], str]:
        """(area, institution) → name, for every area or institution that a promise for each of them looks at in a data
        year, or in any.
        """
        if each == "area":
            return {(a.code, ""): a.name for a in self.district.areas if year is None or a.there(year)}
        members = self.district.units[each].members
        home = self.district.code
        return {(u.area or home, u.id): u.name for u in members if year is None or u.there(year)}

    def sources(self, promise: Promise) -> tuple[tuple[str, str, str, str, str], ...]:
        """Indicator, area, institution, sex and part of every series that decides a target's verdict; the target's own
        series first.
        """
        target, home = promise.target, self.district.code
        if target.indicator is None:
            return ()
        own, group = target.indicator, (target.sex, target.part or "")
        match target.rule.series:
            case "gap":
                found = [(own, home, "", side.sex, side.part) for side in promise.sides]
            case "lowest":
                found = [(own, area, unit, *group) for area, unit in self.places(str(target.each))]
            case _:
                found = [(own, home, "", *group)]
        match target.rule.limit:
            case "indicator":
                found.append((str(target.than), home, "", *group))
            case "area":
                found.append((own, str(target.than), "", *group))
        return tuple(found)

    def compared(self, dataset: str, year: int) -> Mapping[str, frozenset[str]]:
        """Area that is no part of the district → the measures (or ready-made indicators) of a dataset by area with which
        a target compares it, in a plan that runs in that year or has it as its baseline year.
        """
        form, there = self.datasets[dataset].form(year), {a.code for a in self.district.references if a.there(year)}
        found: dict[str, frozenset[str]] = {}
        for promise in self._asking(year) if form.by_area else ():
            target, indicator = promise.target, promise.indicator
            if target.rule.limit != "area" or indicator is None or target.than not in there:
                continue
            wanted = indicator.measures_of(year) & form.measures.keys()
            wanted |= form.gives([str(target.indicator)])
            if wanted:
                found[str(target.than)] = found.get(str(target.than), frozenset()) | wanted
        return found

    def measure_home(self, measure: str) -> tuple[str, Dataset]:
        """The dataset that delivers a measure."""
        return next((name, d) for name, d in self.datasets.items() if measure in d.measures)

    def around(self, *datasets: str) -> Catalog:
        """The same catalogue with only the datasets that are compared with one of the given."""
        mine = {measure for name in datasets for measure in self.datasets[name].measures}
        linked = set(mine)
        for other in self.datasets.values():
            for column in other.columns.values():
                if column.measure and column.same_as and {column.measure, column.same_as} & mine:
                    linked |= {column.measure, column.same_as}
        given = {key for name in datasets for key in self.datasets[name].gives(self.indicators)}
        own = {key for key, indicator in self.indicators.items() if key in given or indicator.measures & mine}
        linked |= {measure for key in own for measure in self.indicators[key].measures}
        ready_made = {name for name, other in self.datasets.items() if other.gives(own)}
        return self.only({*datasets, *ready_made}, linked)

    def deciding(self, dataset: str) -> Catalog:
        """The same catalogue with only the datasets that have a part in a figure or verdict that the given one may
        change.
        """
        if self.datasets[dataset].irregular:
            return self
        changed = self._resting_on(dataset)
        series = [{source[0] for source in self.sources(promise)} for promise in self.promises()]
        read = changed.union(*(keys for keys in series if keys & changed))
        given = {name for name, other in self.datasets.items() if other.gives(read)}
        return self.only({dataset, *given}, {measure for key in read for measure in self.indicators[key].measures})

    def decided_by(self, dataset: str) -> frozenset[str]:
        """The targets whose verdicts a delivery of a dataset may change."""
        own, changed = self.datasets[dataset], self._resting_on(dataset)
        return frozenset(
            promise.id
            for promise in self.promises()
            if own.irregular
            or ("stage" in own.roles and promise.target.rule.evidence)
            or not changed.isdisjoint(source[0] for source in self.sources(promise))
        )

    def _resting_on(self, dataset: str) -> set[str]:
        """The indicators that a delivery of a dataset may change."""
        own = self.datasets[dataset]
        changed = {key for key, indicator in self.indicators.items() if indicator.measures & set(own.measures)}
        return changed | own.gives(self.indicators)

    def answering(self, departments: Set[str], year: int) -> Catalog:
        """The same catalogue with only the datasets that decide the verdicts of a year for which departments answer."""
        mine = [p for p in self.promises(year) if p.lead in departments]
        keys = {source[0] for promise in mine for source in self.sources(promise)}
        given = {name for name, other in self.datasets.items() if other.gives(keys) or "stage" in other.roles}
        return self.only(given, {measure for key in keys for measure in self.indicators[key].measures})

    def only(self, names: Set[str], measures: Set[str] = frozenset()) -> Catalog:
        """The same catalogue with only the datasets of these names and those that deliver one of these measures."""
        kept = {n: d for n, d in self.datasets.items() if n in names or measures & set(d.measures)}
        return replace(self, datasets=kept, aside=self.aside | (self.datasets.keys() - kept.keys()))

    @property
    def forms(self) -> Mapping[str, Dataset]:
        """Every form whose columns stand behind a figure: those of the district, and those of its areas."""
        return {**self.elsewhere, **self.datasets}

    @cached_property
    def rolled(self) -> frozenset[str]:
        """The indicators that are put together from the released figures of the district's areas: those that its own forms
        do not have.
        """
        if not any(d.released and not d.above for d in self.datasets.values()):
            return frozenset()
        own = {measure for d in self.datasets.values() for measure in d.measures}
        given = {key for d in self.datasets.values() if d.indicators != ANY for key in d.gives(self.indicators)}
        computed = {key for key, i in self.indicators.items() if i.kind != "published" and i.measures <= own}
        return frozenset(self.indicators.keys() - given - computed)

    def department(self, key: str) -> str:
        return self.district.departments[key].name

    def absence(self, indicator: str, year: int) -> str:
        """Why a figure is not there, if nothing else is known of it."""
        if self.district.compiled_from is not None:
            return self.district.compiled_from.absence(indicator, year)
        return "not_entered" if self.is_entered else "not_received"

    @cached_property
    def is_entered(self) -> bool:
        """Whether all figures were entered from publications; then nobody owes a figure that is not there."""
        return self.district.compiled_from is not None or all(d.irregular for d in self.datasets.values())

    @cached_property
    def senders(self) -> Mapping[str, tuple[str, ...]]:
        """Dataset → the departments that may send it, in whatever year."""
        everyone = self._asked_of(self.promises())
        asked = tuple(dict.fromkeys(k for key in everyone for k in self.district.succession(key)))
        return {name: self._senders(d, asked) for name, d in self.datasets.items()}

    def _senders(self, dataset: Dataset, asked: tuple[str, ...]) -> tuple[str, ...]:
        """The departments that may send a dataset; `asked` are those that are asked for statements."""
        district = self.district
        if dataset.released:
            return district.offices_of(district.references if dataset.above else district.areas)
        return asked if dataset.department == "*" else district.succession(dataset.department)

    def sender(self, dataset: str, year: int) -> str:
        """The department that sends a dataset or a sheet of answers for a data year: `*` if several do, empty if none does."""
        if dataset in AnswerSheet.words():
            return "*"
        department = self.datasets[dataset].department
        return department if department == "*" else self.district.acting(department, year) or ""

    def owed(self, year: int) -> Mapping[str, tuple[str, ...]]:
        """Dataset → the departments that owe it for a data year.

        A form is owed if a target needs one of its measures: a target of a plan that runs in that year, or that has it
        as its baseline year. Statements are owed of evidence targets while their plan runs.
        """
        needed = {key for promise in self._asking(year) for key in promise.target.indicators}
        measures = {measure for key in needed for measure in self.indicators[key].measures_of(year)}
        found: dict[str, tuple[str, ...]] = {}
        for name, d in self.datasets.items():
            if d.irregular or not d.since <= year <= d.until:
                continue
            ready_made = bool(d.gives(needed))
            sender = self.sender(name, year)
            if d.released:
                found[name] = self.district.offices(year) if needed else ()
            elif sender == "*":
                found[name] = self._asked_of(self.promises(year))
            elif sender and (ready_made or measures & d.form(year).measures.keys()):
                found[name] = (sender,)
        return {name: departments for name, departments in found.items() if departments}

    def _asking(self, year: int) -> Iterator[Promise]:
        """Every target that needs figures of a data year: of plans that run then, or that have it as their baseline."""
        for plan in self.plans:
            if plan.head.baseline <= year <= plan.head.end:
                yield from self._promised(plan, None)

    def _asked_of(self, promises: Iterable[Promise]) -> tuple[str, ...]:
        """The departments that answer for an evidence target and send forms, in the district's order."""
        leads = {p.lead for p in promises if p.target.rule.evidence}
        return tuple(key for key, d in self.district.departments.items() if d.sends and key in leads)

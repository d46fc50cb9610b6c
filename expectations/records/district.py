"""The district and its home: departments, areas, institutions, whom to ask, who receives the papers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from expectations.records.record import (
    CALLED,
    FOREVER,
    DayOfYear,
    GridLine,
    Identifier,
    Lasting,
    MistakeError,
    Record,
    Title,
    day_of_year,
)


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
    grid: tuple[GridLine, GridLine] | None = None
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
        return day_of_year(self.date, "date")

    @property
    def cron(self) -> str:
        """As a calendar of cron has it."""
        month, day = self.month_day
        hour, minute = map(int, self.time.split(":"))
        return f"{minute} {hour} {day} {month} *"


NOT_OF_CITY = ("自治区", "特别行政区", "地区", "特区", "林区")
"""How the names of other 区 end: 内蒙古自治区, 香港特别行政区, 阿里地区, 六枝特区, 神农架林区."""


def is_of_city(name: str) -> bool:
    """Whether a name is that of a 区 of a city, whose areas are 街道 and 镇."""
    return name.endswith("区") and not name.endswith(NOT_OF_CITY)


class District(Record):
    """District (地区): what is reported on."""

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
    areas_called: Annotated[str, Field(pattern=CALLED)] = "所辖地区"
    """What its areas are called together, as reports and forms print it: 街镇, 乡镇（街道）, 县（市、区）."""
    whole_called: Annotated[str, Field(pattern=CALLED)] | None = None
    """What the whole district is called in a row of totals, if it is not 全 with the last letter of its name."""
    references: tuple[Area, ...] = ()
    """Areas that the district is compared with (the whole city); they are never summed into the district. One may be set up
    or dissolved (`since`, `until`); then nothing is compared with it in other years.
    """
    institutions: dict[Identifier, InstitutionKind] = Field(default_factory=dict)
    profile: tuple[Identifier, ...] = ()
    """基本情况: what reports tell first of the district, in this order, as far as it was delivered. Each is an indicator, or a
    measure that is by itself the numerator or the denominator of one: so the public edition protects it.
    """
    recipients: tuple[Recipient, ...] = ()
    """Who gets its approved papers."""
    inbox: Annotated[str, Field(pattern=r"^/.", max_length=300)] | None = None
    """The folder (收件目录) of this machine in which departments leave their files: what comes is judged, and not filed."""

    @model_validator(mode="before")
    @classmethod
    def _with_areas_called(cls, data: Any) -> Any:
        """Where a district does not say what its areas are called, those of a 区 of a city are 街镇; of others no word is guessed."""
        is_untold = isinstance(data, dict) and "areas_called" not in data and is_of_city(str(data.get("name", "")))
        return {**data, "areas_called": "街镇"} if is_untold else data

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
        return {member.id: member.name for kind in self.institutions.values() for member in kind.members}

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
    def area_codes(self) -> tuple[str, ...]:
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

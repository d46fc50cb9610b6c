"""Reads the words around a table for what they say of its figures: another year, part of a year, other people, a
forecast.

Titles, groups of columns, names of worksheets and files, notes, remarks and columns that the form does not have are no data, but
they tell what the data mean. Words that the form's own title has too are expected. Words that give the figures another meaning lead to a
question to the sender; the figures are never dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

from expectations.records import Codes, Dataset, Qualifier
from flows.files import Defect, describe
from flows.ingest.header import OF_WHICH
from flows.ingest.writing import even, title
from flows.wording import say

Surrounding = Literal["title", "group", "note", "column"]
"""Where words stand: above the table or as its name, over some of its columns, below or beside its figures, in a column that the form
does not have.
"""
MOSTLY = 3
"""A span of more years than this is the period of a plan and not of the figures."""


class Sense(NamedTuple):
    """The meaning of a word that the form did not ask for."""

    what: Qualifier | Literal["year"]
    word: str


DASH = "[-—–~～至到]+"
YEAR = r"(?<!\d)((?:19|20)\d\d)"
HARMLESS = (
    r"[\[(〔（]\d{4}[\])〕）]\s*\d*号?",  # the number of a document
    r"有效期[^\d]{0,4}\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?",
    rf"0?1月0?1日?{DASH}(?:\d{{4}}年)?12月31日?",  # of which year stands before it
    rf"0?1月?{DASH}(?:\d{{4}}年)?12月份?",
)
WRITTEN_SHORT = (
    (re.compile(rf"{YEAR}(0[1-9]|1[0-2])([0-3]\d)(?!\d)"), r"\1年\2月\3日"),
    (re.compile(rf"{YEAR}[./](0?[1-9]|1[0-2])({DASH})(0?[1-9]|1[0-2])(?![\d./])"), r"\1年\2\3\4月"),
    (re.compile(rf"{YEAR}[./](0?[1-9]|1[0-2])(?=$|[、,;)]|{DASH})"), r"\1年\2月"),
)
"""Days and months as they stand in names of files and in tables: 20240630, 2024.1-6, 2024.6."""
BODY = re.compile(
    r"(?<![\u4e00-\u9fff])(?:(?!数据|人数|口径|由|为|仅|不含|来自|取自|按|的|各)[\u4e00-\u9fff]){1,20}"
    r"(?:局|委|委员会|办|办公室|厅|科|支队|大队|派出所|妇联|平台"
    r"|(?:农业农村|组织|宣传|统战)部|(?:信息|数据|统计|指挥|管理|控制)中心|(?:信息|直报|管理|监测|登记)系统)"
    r"(?:统计)?(?:年报|年鉴|公报|台账|资料)?(?![\u4e00-\u9fff])"
)
"""The whole name of who sends or keeps figures (区农业农村委, 全国妇幼健康信息系统): it does not say what they are of."""
BOTH = re.compile(
    r"(?<![不未])(?:含|包括|涵盖)(?:(?:城镇|城市)(?:人口|居民)?[和及与、+](?:农村|乡村)|(?:农村|乡村)(?:人口|居民)?[和及与、+](?:城镇|城市)"
    r"|户籍(?:人口)?[和及与、+](?:非户籍|流动|外来|暂住)|(?:流动|外来|暂住)(?:人口)?[和及与、+]户籍"
    r"|常住(?:人口)?[和及与、+]非常住|非常住(?:人口)?[和及与、+]常住)(?:人口|居民)?"
)
"""Both sides of a division, so that it is everybody: 含户籍人口和流动人口."""
LEFT_OUT = r"(?:不含|未含|不包括|未包括|不计入|未计入|剔除|(?<![解免])除)[^、,;。()]{0,2}"
NO_OTHERS = re.compile(rf"{LEFT_OUT}非(常住人口)")
"""Others than residents are left out: only they are in it."""
NO_RESIDENTS = re.compile(
    rf"{LEFT_OUT}常住人口|常住人口[^、,;。()]{{0,2}}(?:不计入|未计入|除外|之外|以外)|不是常住人口"
)
"""Residents are left out: of a text that leaves out others, as 不含死胎, nothing of the kind is said."""
PART_OF = re.compile(rf"{OF_WHICH}[^、,;。()]{{0,2}}常住人口")
CLAUSE = re.compile("[,;。]")
EVERY = re.compile("本表|上表|表中|表内|数据|以上|均|都|全部|各|等")
"""Words of a clause that is of all figures, whichever it names."""
OF_SENDER = re.compile(
    "(?:填报|填表|制表|审核|报送|上报|报出|联系|负责|统计负责|单位负责)(?:单位|部门|人|日期|时间|电话)"
)
"""How the title of a column begins that tells who filled in a row, and when."""
OF_TIME = re.compile("(?:统计|数据|报告|报表|指标|所属)?(?:期间|时期|时段|时点|年度|年份|区间|时间|期)")
"""The title of a column that tells of which time the figures are."""
ELSEWHERE = re.compile(rf"(?:附?[表件]\d*[:、.]?)?([\u4e00-\u9fff]{{2,12}}?[区县旗])(?={YEAR}|[\u4e00-\u9fff]{{2,}}表)")
OF_PLACE = re.compile("(?:城乡|地区|区域|地域|乡镇|街镇|单位|学校|机构)(?:分类|划分|类型|类别|属性|性质)")
"""The title of a column that may tell of what kind the place of a row is, and not of whom its figures are: 城乡分类."""
NO_PLACES = (
    "地区",
    "城区",
    "社区",
    "山区",
    "库区",
    "景区",
    "园区",
    "校区",
    "辖区",
    "各区",
    "全区",
    "本区",
    "市区",
    "郊区",
    "小区",
    "病区",
    "院区",
    "各县",
    "全县",
    "分区",
    "发区",
)
DAY = re.compile(rf"(截[至止](?!日期)[^\d]{{0,6}})?{YEAR}[年./-](\d{{1,2}})[月./-](\d{{1,2}})(?![\d月])日?(?:止|前)?")
DAYS = re.compile(
    rf"(?:{YEAR}[年./-])?(\d{{1,2}})[月./-](\d{{1,2}})日?{DASH}(?:(\d{{4}})[年./-])?(\d{{1,2}})[月./-](\d{{1,2}})日?"
)
SCHOOL = re.compile(rf"{YEAR}年?{DASH}((?:20)?\d\d)(?:学年|学年度)")
SPAN = re.compile(rf"{YEAR}年?{DASH}((?:(?:19|20)\d\d)|\d\d)(?!\d|月)年?")
MONTHS = re.compile(rf"(?<!\d)\d{{1,2}}(?:月(?:\d{{1,2}}日)?)?{DASH}(?:\d{{4}}年)?\d{{1,2}}月(?:\d{{1,2}}日|份)?")
MONTH = re.compile(rf"{YEAR}年(\d{{1,2}})月(?:份|底|末)?")
MONTH_ALONE = re.compile(
    r"(截[至止](?!日期)[^\d]{0,6})?(?<![\d年])(\d{1,2})月(?:份|底|末)?(?!\d|日|.?(?:填报|报送|上报|报出|制表|印))"
)
DAY_ALONE = re.compile(r"(截[至止](?!日期)[^\d]{0,6})?(?<!\d)(\d{1,2})月(\d{1,2})日")
QUARTER = re.compile(r"(?:前[二三]|第?[一二三四1-4])个?季度?(?=$|[^度])|[一二三四1-4]季度")
ONLY_YEAR = re.compile(rf"{YEAR}(?=年|$)")
SAYS = re.compile(r"(?:本表|上表|以上|表中|表内|数据|本报表|统计(?:期|时间|时点|口径|范围|区间)|指标值|均).{0,12}")


class Surroundings:
    """Knows what the words around the tables of one dataset may say."""

    def __init__(self, dataset: Dataset, codes: Codes, year: int, places: Iterable[str] = ()) -> None:
        """`places` are the names of the district."""
        self.dataset, self.codes, self.year, self.places = dataset, codes, year, tuple(map(title, places))

    @cached_property
    def headings(self) -> str:
        """The form's own words: its title, its columns and their other names."""
        words = (self.dataset.title, *(w for h, c in self.dataset.columns.items() for w in (h, *c.aliases)))
        return title("、".join(words))

    def senses(self, text: str, kind: Surrounding, heading: str = "", of_all: bool = True) -> list[Sense]:
        """What a text says of the figures that the form did not ask for; empty if it only names the form. `heading` is the title of
        the column in which it stands, `of_all` tells whether it is about all figures of the table.
        """
        said_of_figures = re.sub(r"\s+", "", title(BOTH.sub("、", BODY.sub("、", even(text)))))
        said_of_figures = NO_OTHERS.sub(r"\1", said_of_figures)
        left = re.sub(r"\s+", "", title(text))
        for short, plain in WRITTEN_SHORT:
            left = short.sub(plain, left)
        for pattern in HARMLESS:
            left = re.sub(pattern, "、", left)
        said = [
            *self._times(left, kind, bool(OF_TIME.fullmatch(title(heading)))),
            *self._qualifiers(said_of_figures, of_all and not (kind == "note" and self._names_some(said_of_figures))),
            *self._elsewhere(left, kind),
            *self._sex(left, kind),
        ]
        return list(dict.fromkeys(said))

    @staticmethod
    def is_of_sender(heading: str) -> bool:
        """Whether a column tells who filled in a row, so that its words say nothing of the figures (填报人性别)."""
        return OF_SENDER.match(title(heading)) is not None

    def is_of_place(self, heading: str, senses: Iterable[Sense]) -> bool:
        """Whether a text in a column may tell of what kind the place of each row is (农村), in a form that has a row for each place."""
        has_places = not {"area", "institution"}.isdisjoint(self.dataset.roles)
        tells_kind = all(sense.what == "settlement" for sense in senses)
        return has_places and tells_kind and OF_PLACE.fullmatch(title(heading)) is not None

    def _elsewhere(self, text: str, kind: Surrounding) -> Iterator[Sense]:
        """A title that begins with the name of another district: that district's form was filled in, or its file was
        sent.
        """
        found = ELSEWHERE.match(text) if kind == "title" and self.places else None
        if found and not any(place in text for place in self.places) and not found[1].endswith(NO_PLACES):
            yield Sense("place", found[1])

    def _sex(self, text: str, kind: Surrounding) -> Iterator[Sense]:
        """Women alone, or men, in a column beside figures of a form that does not ask for them apart."""
        apart = {title(word).lower() for word in (*self.codes.sexes["female"], *self.codes.sexes["male"])}
        if kind == "column" and not self.dataset.by_sex and not text.isdigit() and text.lower() in apart:
            yield Sense("people", text)

    def _times(self, text: str, kind: Surrounding, is_of_time: bool) -> Iterator[Sense]:
        """Years and parts of years. Each is removed from the text once it has been understood."""
        spoken_of = str(self.year) in text
        found: list[Sense] = []
        meanings: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Sense | None]]] = [
            (DAYS, lambda m: self._days(m, kind, text)),
            (DAY, lambda m: Sense("period", m[0]) if m[1] and self._is_within(m) else None),
            (SCHOOL, lambda m: None if self.year in _both(m) else Sense("year", m[0])),
            (SPAN, lambda m: None if self._is_plan(m) else Sense("period", m[0])),
            (MONTH, lambda m: self._month(m, kind)),
            (MONTHS, lambda m: Sense("period", m[0])),
            (DAY_ALONE, lambda m: Sense("period", m[0]) if m[1] and (m[2], m[3]) != ("12", "31") else None),
            (QUARTER, lambda m: Sense("period", m[0])),
        ]
        beside = kind in {"note", "column"} and not is_of_time
        if not beside or SAYS.search(text) or (kind == "note" and len(text) <= SHORT):
            meanings.append((MONTH_ALONE, lambda m: None if m[1] and m[2] == "12" else Sense("period", m[0])))
        for pattern, meaning in meanings:
            found += [sense for m in pattern.finditer(text) if (sense := meaning(m))]
            text = pattern.sub("、", text)
        yield from found
        if not beside or SAYS.search(text):
            for word in ONLY_YEAR.findall(text):
                if int(word) != self.year and not spoken_of:
                    yield Sense("year", f"{word}年")

    def _days(self, found: re.Match[str], kind: Surrounding, text: str) -> Sense | None:
        """From one day to another: of a note that speaks of the figures, and not of when they were collected."""
        year, *first, last, month, day = found.groups()
        if not (year or last or "月" in found[0]):  # 18.5-23.9 are no days
            return None
        if (kind == "note" and not SAYS.search(text)) or int(year or self.year) > self.year:
            return None
        whole = (*map(int, first), int(last or year or self.year), int(month), int(day)) == (1, 1, self.year, 12, 31)
        return None if whole and int(year or self.year) == self.year else Sense("period", found[0])

    def _is_within(self, found: re.Match[str]) -> bool:
        """Whether figures end on a day that is neither the end of the data year nor the day of a report written after
        it.
        """
        return int(found[2]) <= self.year and (int(found[2]), found[3], found[4]) != (self.year, "12", "31")

    def _is_plan(self, found: re.Match[str]) -> bool:
        first, last = _both(found)
        return last - first > MOSTLY and first - 1 <= self.year <= last

    def _month(self, found: re.Match[str], kind: Surrounding) -> Sense | None:
        """December of the data year is its end. A month of the next year is the time when the table was made."""
        year, month = int(found[1]), int(found[2])
        if (year, month) == (self.year, 12) or (year > self.year and kind != "group"):
            return None
        return Sense("period" if year == self.year else "year", found[0])

    def _names_some(self, text: str) -> bool:
        """Whether a note says of some of the form's figures and not of all that they are of residents."""
        people = self.codes.qualifiers["residents"]
        text = next((clause for clause in CLAUSE.split(text) if any(word in clause for word in people)), "")
        if EVERY.search(text):
            return False
        named = set()
        for word, header in self._figures:
            if word in text:
                named.add(header)
                text = text.replace(word, "、")  # 筛查人数 within 应筛查人数 is another figure
        return 0 < len(named) < len({header for _, header in self._figures})

    @cached_property
    def _figures(self) -> Sequence[tuple[str, str]]:
        """The words for each figure and its header, the longest first; 常住人口 may be the people, too."""
        people = self.codes.qualifiers["residents"]
        headers = self.dataset.measures.values()
        words = [(title(w), header) for header in headers for w in (header, *self.dataset.columns[header].aliases)]
        return sorted((pair for pair in words if pair[0] not in people), key=lambda pair: -len(pair[0]))

    def _qualifiers(self, text: str, of_all: bool) -> Iterator[Sense]:
        parts = self.codes.parts.get(str(self.dataset.dimension), {})  # the form asks for them itself
        own = title("、".join((self.dataset.title, *(w for known in parts.values() for w in known))))
        left, found = text, set[Sense]()
        for sense in self._longest_first:
            if sense.word in left and sense.word not in own:
                found.add(sense)
                left = left.replace(sense.word, "、")  # 常住人口 within 非常住人口 says the opposite
        others = (
            not of_all or NO_RESIDENTS.search(text) or PART_OF.search(text) or any(s.what == "people" for s in found)
        )
        for sense in (s for s in self._in_order if s in found):
            yield sense._replace(what="people") if sense.what == "residents" and others else sense

    @cached_property
    def _in_order(self) -> Sequence[Sense]:
        return [Sense(what, word) for what, words in self.codes.qualifiers.items() for word in words]

    @cached_property
    def _longest_first(self) -> Sequence[Sense]:
        return sorted(self._in_order, key=lambda sense: -len(sense.word))

    def is_known(self, text: str) -> bool:
        """Whether a group's name says nothing that the form does not say itself."""
        left = title(text)
        for word in sorted((*self.codes.plain, *self.codes.comparisons["this"]), key=len, reverse=True):
            left = left.replace(word, " ")
        left = re.sub(rf"{self.year}年度?|[0-9]+[.、]|[一二三四五六七八九十]+、|[():：、,.\[\]]", " ", left)
        return all(part in self.headings for part in left.split())

    # --- findings ----------------------------------------------------------------------------------------------------

    def ask(
        self,
        text: str,
        where: str,
        kind: Surrounding,
        line: int | None = None,
        position: int | None = None,
        certain: bool = True,
        senses: Sequence[Sense] | None = None,
    ) -> Iterator[Defect]:
        """Ask what a text makes doubtful: the whole table, or the columns below the text. `senses` are those of the text, where they
        are known.

        If a title, a group or a name makes it certain, the figures cannot be used until the sender has answered. With a
        note, a remark or preliminary figures, the figures are used and the sender is asked.
        """
        senses = self.senses(text, kind) if senses is None else senses
        if not senses:
            return
        severe = certain and any(s.what not in DOUBTED and not self._is_heading(s, kind) for s in senses)
        if kind == "note" and len(title(text)) > SHORT and not SAYS.search(title(text)):
            severe = False
        words = "、".join(f"“{s.word}”" for s in senses)
        meaning = "，".join(dict.fromkeys(say(f"messages/meaning/{s.what}", year=self.year) for s in senses))
        shown = " ".join(text.split())
        shown = shown if len(shown) <= SHOWN else shown[:SHOWN] + "……"
        yield describe(
            "surroundings/certain" if severe else "surroundings/doubtful",
            line=line,
            value=shown,
            severity="critical" if severe else "warning",
            position=position,
            where=where,
            words=words,
            meaning=meaning,
            year=self.year,
        )

    def _is_heading(self, sense: Sense, kind: Surrounding) -> bool:
        """Whether a column of the form is about these people too: then the title may mean that column alone."""
        return kind != "group" and sense.what in {"people", "settlement", "place"} and sense.word in self.headings


DOUBTED = {"preliminary", "exclusion", "residents"}
"""What may be said of figures that are as they were asked for: what is left out may be none of what the form counts, and residents (常住人口)
are whom statistics count unless they say otherwise.
"""
ABOUT = re.compile(":|口径|统计|按")
"""What a text has that is about the table and no name of a group."""
TABLE = re.compile("表$")
"""How the title of a table ends."""
APART = {"people", "residents", "settlement", "place"}
"""What may tell the rows of a table apart (城区, 农村)."""
SHOWN = 40
"""The number of letters of a text that are quoted."""
SHORT = 14
"""A note with at most this many letters is about the whole table: （预计数）."""


def _both(found: re.Match[str]) -> tuple[int, int]:
    """First and last year of a span; the last year may be written without its century."""
    first, last = found[1], found[2]
    return int(first), int(last if len(last) == 4 else first[:2] + last)


def words_of(cells: Iterable[str]) -> str:
    """The texts of a row, each once: a merged area has the same text in each of its cells."""
    return "　".join(dict.fromkeys(text for text in (cell.strip() for cell in cells) if text))

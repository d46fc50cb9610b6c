"""A clause's words in; a draft of each target that it names out: subject, rule, value, unit and the words quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from expectations.records import KEEPING, LIMITING
from expectations.rules import RULES
from flows.adopt.likeness import HEAD, Library, Likeness
from flows.adopt.numerals import Numeral
from flows.adopt.outline import Chapter, Clause, ClauseGroup
from flows.adopt.words import audiences
from flows.wording import say


@dataclass(frozen=True)
class Draft:
    """A target as it was read, with all that a person needs to confirm it."""

    rule: str
    subject: str
    quote: str
    start: int
    value: Decimal | None = None
    unit: str = ""
    words: str = ""
    soft: str = ""
    every_year: bool = False
    each: str = ""
    note: str = ""
    female: bool = False
    than: str = ""
    """The words for what it is compared with."""
    barred: int = 0
    """The way that its indicator must not go (不再上升 +1, 不下降 −1), where the rule `hold` stands for that; else 0."""
    band: tuple[Decimal, Decimal] | None = None
    """Of a rule that wants its indicator between two numbers: both."""
    numerals: tuple[Numeral, ...] = ()
    """The numerals of the text that this target takes up."""
    nearest: tuple[Likeness, ...] = ()

    @property
    def valued(self) -> bool:
        return self.value is not None or self.band is not None

    @property
    def way(self) -> int:
        """+1 if it wants more of its indicator, −1 if less, 0 where neither is said (`Rule.way`)."""
        return RULES[self.rule].way(self.value)

    @property
    def key(self) -> str:
        """The nearest indicator, or the subject where there is none."""
        return self.nearest[0].key if self.nearest else self.subject

    @property
    def score(self) -> float:
        return self.nearest[0].score if self.nearest else 0.0


OPERATORS = {"＞": "above", ">": "above", "≥": "at_least", "＜": "below", "<": "below", "≤": "at_most"}
CELL = re.compile(r"(?P<sign>[＞>≥＜<≤〉〈])?(?P<number>\d[\d,.]*)(?P<unit>[^\d以左\]]*)(?P<tail>以上|以下|以内|左右)?")


def read_row(clause: Clause, numerals: Sequence[Numeral], library: Library, audience: str) -> tuple[Draft, ...]:
    """The draft of an indicator's row in a table: the last column with a number is the target, earlier ones the past."""
    inside = [n for n in numerals if clause.start <= n.start < clause.end and n.is_quantity]
    named = next((i for i, c in enumerate(clause.row) if len(re.findall("[一-龥]", c)) > 1), 0)
    name = re.sub(r"^\d{1,2}[.、．]", "", clause.row[named])
    units = [c for c, head in zip(clause.row, clause.heads, strict=False) if "单位" in head]
    found = [m for c in clause.row[named + 1 :] if (m := CELL.fullmatch(c))]
    in_brackets = re.search(r"[（(](?P<unit>[^（()）]*)[)）]$", name)
    if not found or not inside:
        return ()
    unit = found[-1]["unit"] or (in_brackets["unit"] if in_brackets else "") or "".join(units[:1])
    unit = "/10万" if re.fullmatch(r"1?/10万", unit) else unit
    subject = name[: in_brackets.start()] if in_brackets else name
    value = Decimal(found[-1]["number"].replace(",", "").rstrip("."))
    nearest = library.nearest(subject, unit, 0, audience)
    rule = OPERATORS.get(found[-1]["sign"] or "", "")
    if not rule:
        lower = found[-1]["tail"] in {"以下", "以内"} or (nearest and library.indicators[nearest[0].key].sense < 0)
        rule = "at_most" if lower else "at_least"
    quote = f"{name} {found[-1].group()}"
    return (Draft(rule, subject, quote, clause.start, value, unit, numerals=tuple(inside), nearest=nearest),)


ADVERBS = (
    "(?:逐步|逐年|稳步|分别|均|都|总体|继续|进一步|努力|力争|一般|基本|不断|持续|明显|显著|大幅|全面|有效|实现|也|要|应|将|并|全部|"
    "确保|保证|争取|普遍|总体上|平均|有所|更加|稳定)*"
)
UP_TO = (
    "达到|达|提高到|提高至|提升到|提升至|上升到|上升至|增加到|增加至|增长到|增长至|增至|升至|增到|扩大到|扩大至|延长到|延长至"
    "|不低于|不少于|至少达到|至少(?:各|应|需|须)?(?:配备|配置|有|建|设)"
    "|[各均](?:至少)?(?:配备|有|配|设|建)|至少|配备|实现|占到|占|为|有"
)
DOWN_TO = "控制在|控制到|下降到|下降至|降低到|降低至|减少到|减少至|降至|降到|压减到|压减至|不超过|不高于|不多于|不大于"
OVER, UNDER = "高于|超过|大于|多于|＞|>", "低于|少于|小于|＜|<"
KEPT = "保持在|稳定在|维持在|巩固在|稳定保持在|保持|稳定|维持"
UP, DOWN = "提高|提升|上升|增加|增长|扩大", "下降|降低|减少|缩减|缩小|缩短|压缩|压减"
CUE = re.compile(
    rf"(?P<adverbs>{ADVERBS})(?:(?P<kept>{KEPT})|(?P<up_to>{UP_TO})|(?P<down_to>{DOWN_TO})|(?P<over>{OVER})|(?P<under>{UNDER})"
    rf"|(?P<at_least>≥)|(?P<at_most>≤)|(?P<up>{UP})|(?P<down>{DOWN}))?了?\s*$"
)
TAIL = re.compile(r"\s*[)）]?\s*(?P<tail>及?以上|及?以下|以内|之内|左右|上下)?")
BASE = re.compile(
    r"(?:[,，]?(?:以|比|较|在|与)[^,，。]{0,3}(?:(?:19|20)\d\d\s*年|上一?年度?|基期|现有|“?十三五”?)[^,，。]{0,8}?(?:为基数|基础上|相比|底|末|年度?|水平)?)(?=[^的]*$)"
)
YEARLY = re.compile(r"每年|逐年|年均|每学年|每学期|每天|每周|每月")
EACH = re.compile(
    r"以(?P<place>[^，,以]{1,14}?)为单位|每[一]?[个所家名](?P<every>[^，,至]{1,24}?)(?=至少|配备|均|都|有|应|不少于|达到|建|设)|(?P<all>[^，,。；]{2,60}?)(?:至少)?[各均](?:至少)?(?:配备|有|设|建)"
)
EACH_OF = re.compile(
    r"各(?P<places>(?![级类项])[^，,。；、的率各（）()]{0,10}(?:机构|医院|学校|幼儿园|单位|企业|街道|乡|镇|村|社区|县|市|区|旗)(?:[（(][^）)]*[）)])?)(?!之?间)"
)
"""Places each of which is to reach what stands before 均达到 (各医疗机构…均达到); 各级, 各类 and 各项 are no places."""
AREAS = re.compile(
    r"^(?:\(?(?:乡|镇|街道|街镇|乡镇|县|市|区|旗|村|社区|苏木|、|和|[（(）)])+\)?)+$|街镇|乡镇|街道|旗县|县级|县[（(]市"
)
SOFT = re.compile(r"力争|争取|努力|一般")


def read_chapter(
    text: str, chapter: Chapter, numerals: Sequence[Numeral], library: Library, audience: str
) -> dict[tuple[ClauseGroup, int], tuple[Draft, ...]]:
    """The drafts of each clause of a domain. A direction that a goal or a number of the domain asks already is left out."""
    found: dict[tuple[ClauseGroup, int], tuple[Draft, ...]] = {}
    asked: set[str] = set()
    for part, clause in chapter.clauses():
        if clause.row:
            found[part, clause.number] = read_row(clause, numerals, library, audience)
            continue
        drafts = read(text, clause.start, clause.end, numerals, library, audience, part == "goals")
        numbered = {d.key for d in drafts if d.numerals}
        kept = [d for d in drafts if d.valued or d.key not in numbered | (asked if part == "actions" else set())]
        found[part, clause.number] = tuple(kept)
        asked |= {d.key for d in kept} if part == "goals" else set()
    return found


def read(
    text: str, start: int, end: int, numerals: Sequence[Numeral], library: Library, audience: str, goal: bool
) -> tuple[Draft, ...]:
    """The drafts of the clause that stands from `start` to `end` in the document's text.

    Every quantity of the clause is in a draft or in none: what is in none is for the list of what was not understood.
    """
    found: list[Draft] = []
    before = ""
    for begin, stop in _segments(text, start, end):
        inside = [n for n in numerals if begin <= n.start and n.end <= stop and n.is_quantity]
        drafts = list(_numeric(text, begin, stop, inside, before)) if inside else []
        last = max((n.end for d in drafts for n in d.numerals), default=begin)
        rest = TAIL.match(text, last, stop)
        drafts += _relative(text, rest.end() if rest and drafts else begin, stop)
        if not drafts:
            drafts += _directional(text, begin, stop, before)
        for draft in drafts:
            found += _placed(draft, library, audience, goal, before)
        before = text[begin:stop]
    return tuple(_once(found))


def _segments(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts of a sentence between commas; a bracket stays whole."""
    at, depth = start, 0
    for i in range(start, end):
        depth += (text[i] in "(（") - (text[i] in ")）")
        if (
            DASH.match(text, i)
            or text[i] in "。；;！!？?\n:："
            or (text[i] in ",，" and depth <= 0 and not THOUSANDS.match(text, i))
        ):
            if text[at:i].strip():
                yield at, i
            at, depth = i + 1, 0
    if text[at:end].strip():
        yield at, end


THOUSANDS = re.compile(r"(?<=\d),(?=\d{3})")
DASH = re.compile(r"(?<![\d-])(?:--|——)(?!\d)|(?<=-)-(?![\d-])|(?<=—)—(?!\d)")


def _groups(text: str, inside: list[Numeral]) -> Iterator[list[Numeral]]:
    """Quantities that one phrase lists: 3.0‰、5.0‰和6.0‰."""
    group: list[Numeral] = []
    for numeral in inside:
        if group and not re.fullmatch(
            r"\s*(?:以上|以下|以内)?\s*(?:、|和|及|以及|,|，)\s*", text[group[-1].end : numeral.start]
        ):
            yield group
            group = []
        group.append(numeral)
    if group:
        yield group


TO = re.compile(r"\s*(?:到|至|—|–|-|~|～)\s*")


def _ranged(text: str, inside: list[Numeral]) -> tuple[list[Numeral], dict[int, Numeral]]:
    """The quantities with each range (0.5到1个百分点, 40%—60%) as one, and where a range begins its upper end."""
    found: list[Numeral] = []
    upper: dict[int, Numeral] = {}
    for numeral in inside:
        last = found[-1] if found else None
        if (
            last is not None
            and last.unit in {"", numeral.unit}
            and last.value is not None
            and TO.fullmatch(text, last.end, numeral.start)
        ):
            found[-1] = last._replace(end=numeral.end, unit=numeral.unit)
            upper[last.start] = numeral
        else:
            found.append(numeral)
    return found, upper


def _numeric(text: str, begin: int, stop: int, inside: list[Numeral], before: str) -> Iterator[Draft]:
    inside, upper = _ranged(text, inside)
    groups = list(_groups(text, inside))
    left_from, carried, earlier = begin, "", tuple[Numeral, ...]()
    for i, group in enumerate(groups):
        right_to = groups[i + 1][0].start if i + 1 < len(groups) else stop
        tail = TAIL.match(text, group[-1].end, stop)
        assert tail is not None
        left, right = text[left_from : group[0].start], text[tail.end() : right_to]
        if re.search(r"(?:从|由)[^到至]{0,12}$", left) and re.match(
            r"(?:左右)?(?:逐步)?(?:提高|提升|上升|增加|增长|下降|降低|减少|扩大|延长)", right
        ):
            carried = re.sub(r"(?:从|由)[^到至]{0,12}$", "", left)
            left_from, earlier = tail.end(), (*earlier, *group)
            continue
        left, carried = carried + left, ""
        around = _is_around(left, group, right)
        cue = CUE.search(left)
        kept = cue["kept"] if cue else None
        last = i + 1 == len(groups) or not around or not right.strip().startswith("的")
        subject = right if around else ""
        each = EACH.search(left) or (EACH.search(before) if re.match(r"\s*(?:并|且|和)?至少", left) else None)
        for draft in _drafted(text[begin:stop].strip(), begin, left, group, tail["tail"] or "", subject, last, each):
            end = upper.get(draft.numerals[0].start)
            if end is not None and end.value is not None:
                words = text[draft.numerals[0].start : end.end]
                draft = replace(_between(draft, end.value, words, bool(kept)), numerals=(*draft.numerals, end))
            yield replace(draft, numerals=(*earlier, *draft.numerals))
        earlier = ()
        left_from = right_to if around else tail.end()


def _between(draft: Draft, upper: Decimal, words: str, kept: bool) -> Draft:
    """The draft where its number is one end of a range: 保持在 asks for both ends, all else for the weaker one."""
    assert draft.value is not None
    least, most = sorted((abs(draft.value), upper))
    if draft.rule == "at_least" and kept and least < most:
        return replace(draft, rule="balance", value=None, band=(least, most), words="", note="")
    value = most if draft.rule in {"at_most", "below"} else least
    return replace(draft, value=value.copy_sign(draft.value), note=say("adopt/note/range", words=words))


def _is_around(left: str, group: list[Numeral], right: str) -> bool:
    """Whether the words after the number belong to what it measures: 95%的城市社区……, 至少配备1名女干部."""
    cue = CUE.search(left)
    bare = cue is None or not cue.group().strip()
    whole = right.strip(" )）")
    if not whole or re.match("[、和及]", whole):
        return False
    counted = group[0].unit not in {"%", "‰", "/万", "/10万", "", "个百分点", "岁", "年"}
    return counted or (whole.startswith("的") and not left.strip("、和及 ")) or (bare and group[-1].value == 100)


def _drafted(
    quote: str,
    begin: int,
    left: str,
    group: list[Numeral],
    tail: str,
    around: str,
    last: bool,
    each: re.Match[str] | None,
) -> Iterator[Draft]:
    cue = CUE.search(left)
    assert cue is not None
    unit = group[0].unit
    subject = _around(left[: cue.start()], around, last, quote) if around else left[: cue.start()]
    every = (bool(YEARLY.search(left)) and unit in {"%", "‰", "个百分点"}) or "每年" in left
    rule, sign = _rule(cue, tail, unit, every)
    if not rule or DISTANCE.search(left):
        return
    kept = (cue["kept"] or cue["down_to"] or "") if rule in NUMBERED else ""
    words = kept if kept.startswith((KEEPING, LIMITING)) else ""
    loose = tail if tail in {"左右", "上下"} else cue["kept"] if not words else ""
    note = say("adopt/note/about", words=loose) if loose else ""
    place = ""
    if each and rule == "at_least":
        rule, place = "every_place_at_least", each["place"] or each["every"] or each["all"] or ""
        subject = EACH.sub("", subject, count=1) if each["place"] else subject
    elif (among := EACH_OF.search(subject)) and "均" in cue["adverbs"]:
        subject = subject[: among.start()] + subject[among.end() :]
        if rule == "at_least":
            rule, place = "every_place_at_least", among["places"]
        else:
            told = say("adopt/note/each", words=among.group())
            note = f"{note}；{told}" if note else told
    soft = SOFT.search(left)
    base = Draft(
        rule, "", quote, begin, None, unit, words, {"争取": "力争", "努力": "力争"}.get(soft.group(), soft.group()) if soft else "",
        rule == "yearly_change" or ("每年" in left and rule in NUMBERED), place, note,
    )  # fmt: skip
    if rule in CHANGES:
        subject = YEARLY.sub("", SOFT.sub("", BASE.sub("", CHANGE.sub("", subject))))
    else:
        subject = SOFT.sub("", subject)
    for n, numeral in enumerate(group):
        if numeral.value is not None:
            part = f"{n}/{len(group)}" if len(group) > 1 else ""
            yield replace(base, subject=subject, value=sign * numeral.value, numerals=(numeral,), than=part)


DISTANCE = re.compile("差距|差异(?!系数)")
"""What no rule with a number is about: it would be taken for the indicator's own value."""
NUMBERED = {"at_least", "above", "at_most", "below", "every_place_at_least"}
CHANGES = {"baseline_change", "yearly_change"}
PREDICATE = re.compile(r"(?:建立|建有|建成|配备|设有|设立|开展|实现|拥有|参加|接受|享有|掌握|有)")


def _around(subject: str, around: str, last: bool, quote: str) -> str:
    """The subject where the number stands in it: 95%的城市社区……建立家长学校, 至少配备1名女干部."""
    whole = re.sub(r"^的|[、和及]$", "", around.strip(" )）"))
    found = None if last else PREDICATE.search(quote)
    return subject + whole + (quote[found.start() :] if found else "")


CHANGE = re.compile(
    rf"(?:(?P<up>{UP})|(?P<down>{DOWN}))(?P<size>的?幅度)?$|(?P<rise>[增升涨]幅)$|(?P<fall>[降跌减]幅|(?:{DOWN})比例)$"
)
"""下降幅度, 降幅 before 不低于20%: the number is that of a change. 提升比例 may be a share of people."""
AT_LEAST = {"", "不低于", "不少于", "达到", "达", "至少", "至少达到", "为"}
"""Words before the number of a change that ask so much of it, or more …"""
MORE_THAN = re.compile(f"不低于|不少于|{OVER}|≥")
"""… and those that do so where 幅度 is left out: 下降不低于20%; 提高达到90% is a level."""


def _rule(cue: re.Match[str], tail: str, unit: str, every: bool) -> tuple[str, int]:
    """The rule of a number and the sign of its value; no rule if the catalogue has none for it."""
    if cue["up"] or cue["down"]:
        return _change(-1 if cue["down"] else 1, unit, every)
    if unit in {"%", "个百分点"} and (change := CHANGE.search(cue.string[: cue.start()])):
        said = cue.group().strip().removeprefix(cue["adverbs"])
        asks_more = said in AT_LEAST or MORE_THAN.fullmatch(said)
        least = tail.endswith("以上") or (tail in {"", "左右", "上下"} and asks_more)
        if change["size"] or change["rise"] or change["fall"]:  # the most that it may change is no rule
            return _change(-1 if change["down"] or change["fall"] else 1, unit, every) if least else ("", 1)
        if MORE_THAN.fullmatch(said):
            return _change(-1 if change["down"] else 1, unit, every)
    if unit in {"个百分点", "个千分点", "倍"}:
        return "", 1
    if tail.endswith("以下") or tail in {"以内", "之内"}:
        return "at_most", 1
    if tail.endswith("以上"):
        return "at_least", 1
    for group, rule in (("down_to", "at_most"), ("over", "above"), ("under", "below"), ("at_most", "at_most")):
        if cue[group]:
            return rule, 1
    if cue["up_to"] or cue["kept"] or cue["at_least"] or unit == "%":
        return "at_least", 1
    if unit and re.search("每|力争|拥有", cue.string) and cue.string.strip():
        return "at_least", 1
    return "", 1


def _change(sign: int, unit: str, every: bool) -> tuple[str, int]:
    """The rule of a number that tells how much more or less, with its sign."""
    if unit == "个百分点":
        return ("yearly_change", sign) if every else ("", 1)
    return ("baseline_change", sign) if unit == "%" and not every else ("", 1)


RELATIVE = re.compile(
    r"^(?P<subject>.+?)(?P<soft>一般)?(?:不低于|不少于|高于)(?P<than>[^\d]{2,40}(?:比例|平均水平|比重|平均|水平|占比))\s*$"
    r"|^(?P<of>.+?)与(?P<other>[^\d]{2,30}?)(?:比例|水平|规模)?相适应$"
)


def _relative(text: str, begin: int, stop: int) -> Iterator[Draft]:
    """不低于全市平均水平, 与女职工比例相适应: compared with another area or another indicator."""
    quote = text[begin:stop].strip(" 、并且")
    match = RELATIVE.match(quote)
    if match and match["subject"]:
        area = bool(re.search("全国|全省|全市|全区|平均", match["than"]))
        soft = "一般" if match["soft"] else ""
        yield Draft(
            "not_below_area" if area else "not_below_indicator",
            match["subject"],
            quote,
            begin,
            soft=soft,
            than=match["than"],
        )
    elif match and not re.search("实际需求|发展|形势|需要", match["other"]):
        yield Draft(
            "not_below_indicator",
            match["of"],
            quote,
            begin,
            than=match["other"] + "比例",
            note=say("adopt/note/matched"),
        )


FULL = "全覆盖|全部覆盖|应[一-龥]尽[一-龥]"
STRONG_UP = "提高|提升|上升|增加|增长|延长|扩大|提高和改善"
WEAK_UP = "增强|改善|优化|普及|推广使用|推广|加强|加大|健全|完善|普及推广|促进|支持|培育发展|发展"
STRONG_DOWN = "降低|下降|减少|减轻|遏制"
WEAK_DOWN = "预防和减少|预防和控制|预防控制|预防|控制|严格控制"
HOLDING = "保持适当比例|保持适当数量|保持合理比例|保持稳定|得到有效控制|得到有效保障|得到保障|得到基本保障|保持适度"
SLOWER = "(?:上升|升高|增长)(?:趋势|势头)(?:减缓|得到有效控制|得到控制|得到遏制|得到有效遏制)"
AFTER = re.compile(
    rf"^(?P<subject>.{{0,60}}?)(?P<word>(?P<slow>{SLOWER})|(?:{ADVERBS})(?:(?P<hold>{HOLDING})|(?P<balance>保持均衡|均衡)|(?P<near>趋于平衡)"
    rf"|(?P<gap>缩小)|(?P<up>{STRONG_UP})|(?P<down>{STRONG_DOWN})|(?P<weak>{WEAK_UP}|优化)|(?P<full>{FULL})))\s*$"
)
BEFORE = re.compile(
    rf"^(?:并且?|和|或|以及)?(?P<word>(?:{ADVERBS})(?:(?P<both>巩固提高)|(?P<hold>巩固完善|巩固提升|巩固|保障)|(?P<gap>缩小)|(?P<up>{STRONG_UP})"
    rf"|(?P<down>{STRONG_DOWN}|预防和减少)|(?P<weak>{WEAK_UP})|(?P<control>{WEAK_DOWN})))(?P<subject>.{{2,60}})$"
)
RISE, FALL = f"{STRONG_UP}|升高|反弹|回升", f"{STRONG_DOWN}|缩小|下滑|回落"
BARRED = re.compile(
    rf"^(?P<subject>.{{0,60}}?)(?:{ADVERBS})(?P<word>(?:不再|不会|不得|不|未)(?:再|继续|进一步|持续|出现|明显|显著)*(?:(?P<up>{RISE})|(?P<down>{FALL})))\s*$"
)
"""不再上升, 不下降: the way that is named must not be gone."""
STOPPED = re.compile(
    rf"^(?:并且?|和|或|以及)?(?:{ADVERBS})(?P<verb>防止|避免|预防|遏制|控制|减缓|扭转)(?P<subject>.{{2,60}}?)(?:{ADVERBS})(?P<fast>过快)?"
    rf"(?P<way>(?P<up>{RISE})|(?P<down>{FALL}))(?:的?(?P<trend>趋势|势头|态势))?\s*$"
)
"""防止……上升, 遏制……下降的势头: what is named is to be stopped, made slower or turned round."""
GAP = re.compile("差距|差异")
IN_FRONT = 0.55
"""How near an indicator must be to a phrase that only names a direction …"""
WEAKLY = 0.5
"""… and to one whose word for the direction says little (增强, 完善): it must be a goal."""


def _directional(text: str, begin: int, stop: int, before: str) -> Iterator[Draft]:
    quote = text[begin:stop].strip(" 　)）-—")
    every = EVERY.match(quote)
    if every:
        subject = every["subject"] + every["word"] + every["what"]
        note = say("adopt/note/whole", words=quote[every.end("subject") : every.start("word")])
        yield Draft("at_least", subject, quote, begin, Decimal(100), "%", note=note)
        return
    if match := BARRED.match(quote) or STOPPED.match(quote):
        subject = _or_before(match["subject"], before, quote)
        rule, barred = _stopped(match)
        if rule and subject and not GAP.search(subject):  # no rule keeps a distance as it is
            groups = match.groupdict()
            words = groups.get("word") or match["verb"] + match["way"] + (match["trend"] or "")
            yield Draft(rule, subject, quote, begin, words=words, barred=barred)
        return
    for match, verb_first in ((AFTER.match(quote), False), (BEFORE.match(quote), True)):
        if match is None:
            continue
        groups = match.groupdict()
        rule, value, note = "", None, ""
        if groups.get("slow"):
            rule = "slow_increase"
        elif groups.get("hold"):
            rule = "hold"
        elif groups.get("balance"):
            rule = "balance"
        elif groups.get("near"):
            rule = "near_balance"
        elif groups.get("gap"):
            rule = "narrow_gap"
        elif groups.get("up") or groups.get("weak") or groups.get("both"):
            rule = "increase"
        elif groups.get("down") or groups.get("control"):
            rule = "decrease"
        elif groups.get("full"):
            rule, value, note = "at_least", Decimal(100), say("adopt/note/whole", words=groups["full"])
        weak = bool(groups.get("weak") or groups.get("control") or (verb_first and groups.get("hold")))
        subject = _or_before(match["subject"], before, quote)
        if not subject:
            return
        yield Draft(
            rule, subject, quote, begin, value, "%" if value else "", match["word"] if value is None else "",
            note=note, than="weak" if weak else "",
        )  # fmt: skip
        return


def _or_before(subject: str, before: str, quote: str) -> str:
    """The subject, or what stands before a phrase that has none of its own (并逐步提高); empty if neither says it."""
    if re.sub(ADVERBS, "", subject):
        return subject
    return before.strip() if re.match("并|且|实现|确保", quote) else ""


def _stopped(match: re.Match[str]) -> tuple[str, int]:
    """The rule of a way that is not to be gone, and that way where the rule is `hold`; no rule where the catalogue has none."""
    way, groups = 1 if match["up"] else -1, match.groupdict()
    verb = groups.get("verb")
    if verb == "扭转":
        return ("decrease" if way > 0 else "increase"), 0
    if verb == "减缓":
        return ("slow_increase" if way > 0 else ""), 0
    if verb in {"遏制", "控制"} and way > 0 and (groups["trend"] or groups["fast"]):
        return "slow_increase", 0
    return "hold", way


EVERY = re.compile(r"^(?P<subject>.{2,30}?)全部(?P<word>配备|建立|建有|实现|纳入|开展)(?P<what>.{2,40})$")
"""中小学校全部配备心理健康工作人员."""


def _placed(draft: Draft, library: Library, audience: str, goal: bool, before: str) -> Iterator[Draft]:
    """The draft with its nearest indicators; one for each that its subject lists."""
    way, both_sexes = draft.way or -draft.barred, audience in audiences() and audiences()[audience].female
    unit = "change" if draft.rule in CHANGES else draft.unit
    place = draft.than.split("/") if re.fullmatch(r"\d/\d", draft.than) else []
    subjects = list(_listed(draft.subject, library, unit, way, audience))
    if place:
        number, of = int(place[0]), int(place[1])
        subjects = [subjects[number]] if len(subjects) == of else [draft.subject]
        draft = replace(draft, than="")
    for subject in subjects:
        nearest = library.nearest(subject, unit, way, audience)
        if before and (not nearest or nearest[0].score < SURE):
            wider = library.nearest(before + subject, unit, way, audience)
            short = draft.valued or len(subject) <= SHORT
            if short and wider and nearest and wider[0].score > nearest[0].score + 0.1:
                nearest = wider
        near = library.indicators[nearest[0].key] if nearest and nearest[0].score >= IN_FRONT else None
        if near and draft.barred and (near.sense < 0) != (draft.barred > 0):
            continue  # `hold` lets an indicator become better, and that is the way barred
        female = "女" in draft.subject and both_sexes
        one = replace(draft, subject=subject.strip(" 、和及"), nearest=nearest, female=female)
        if draft.numerals or draft.rule.startswith("not_below"):
            yield replace(one, than=draft.than)
        elif one.score >= _least(draft, subject, goal) or (goal and draft.than != "weak" and NAMED.search(subject)):
            yield replace(one, than="")
        else:
            continue
        also = [n for n in nearest[1:] if n.score >= nearest[0].score - 0.02] if "各级" in draft.quote else []
        for other in also:
            yield replace(one, nearest=(other, *(n for n in nearest if n != other)), than=draft.than)
        sexes = nearest and library.indicators[nearest[0].key].by_sex
        if draft.numerals and sexes and both_sexes and "女" not in subject and re.search("女童|女性|妇女", before):
            yield replace(one, female=True, than=draft.than, note=say("adopt/note/women", words=before.strip()))


NAMED = re.compile(r"(?:率|比例|比重|人数|寿命|年限)$")
"""How words end that name something measured, whether the library has it or not."""
SURE = 0.6
SHORT = 8
"""A subject of so few letters (随访率) may leave out what stands before it."""


def _least(draft: Draft, subject: str, goal: bool) -> float:
    """How near an indicator must be, so that words without a number promise something that is measured."""
    if draft.than != "weak":
        return IN_FRONT if goal else 0.6
    if not goal:
        return 0.6 if HEAD.search(subject) else 2.0
    return 0.7 if draft.words.endswith("保障") and not draft.words.startswith("得到") else WEAKLY


LIST = re.compile(r"、|以及|和|与|(?<!普)及(?!其)")


def _listed(subject: str, library: Library, unit: str, way: int, audience: str) -> Iterator[str]:
    """Each thing that a subject lists, in full words: 新生儿、婴儿和5岁以下儿童死亡率 → 新生儿死亡率 ……

    What a part leaves out stands in its neighbour: the end in the last part, the beginning in the first. How much of it
    belongs to the part is told by the library: the words that are nearest to an indicator's name.
    """
    subject = subject.strip(" 　、")
    best, found = library.score(subject, unit, way, audience), [subject]
    for choices in filter(None, _choices(subject)):
        full = _told_apart(choices, library, unit, way, audience)
        mean = sum(score for score, _ in full) / len(full) if full else 0.0
        if len(full) == len(choices) and mean >= max(best, LISTED):
            best, found = mean, [words for _, words in full]
    yield from found


LISTED = 0.5
"""How near indicators must be to the parts of a list, on average."""


def _choices(subject: str) -> Iterator[list[list[str]]]:
    """For each thing that a subject may list, the words that it may stand for. Two lists (感染艾滋病和梅毒的孕产妇及所生儿童)
    are every pair.
    """
    of, _, what = subject.partition("的")
    if LIST.search(of) and LIST.search(what):
        yield [[f"{o}的{w}" for o in left for w in right] for left in _filled(of, "") for right in _filled(what, "")]
    yield _filled(subject, "率")
    parts = [p for p in LIST.split(subject) if p.strip()]
    if len(parts) == PAIRED:  # 艾滋病、梅毒感染孕产妇及所生儿童治疗率: both lists meet within the second part
        first, both, last = parts
        for k in range(1, len(both)):
            left, right = _filled(f"{first}、{both[:k]}", ""), _filled(f"{both[k:]}、{last}", "")
            yield [[o + w for o in one for w in other] for one in left for other in right]


def _filled(words: str, ending: str) -> list[list[str]]:
    parts = [p for p in LIST.split(words) if p.strip()]
    if not 1 < len(parts) <= MOST_LISTED:
        return []
    first, last = parts[0], parts[-1]
    found = []
    for i, part in enumerate(parts):
        whole = HEAD.search(part) or i + 1 == len(parts)
        ends = ["", ending] if whole else ["", ending, *(last[-k:] for k in range(1, min(len(last), BORROWED) + 1))]
        lends = i > 0 and (whole or len(part) <= FEW)
        begins = ["", *(first[:k] for k in range(1, min(len(first), BORROWED) + 1))] if lends else [""]
        found.append([b + part + e for b in begins for e in dict.fromkeys(ends)])
    return found


BORROWED = 14
"""The most letters that a part of a list takes from its neighbour."""
FEW = 4
"""A part of so few letters (梅毒) may lack its beginning and its end."""
MOST_LISTED = 12
PAIRED = 3
"""The parts of two lists of two that share the part in the middle."""


def _told_apart(
    choices: list[list[str]], library: Library, unit: str, way: int, audience: str
) -> list[tuple[float, str]]:
    """For each part of a list the words that are nearest to an indicator's name, and a different indicator for each."""
    from scipy.optimize import linear_sum_assignment

    ranked: dict[tuple[int, str], tuple[float, int, str]] = {}
    for i, words in enumerate(choices):
        for one in words:
            for near in library.nearest(one, unit, way, audience) if len(one) > 1 else ():
                ranked[i, near.key] = max(ranked.get((i, near.key), (0.0, 0, "")), (near.score, -len(one), one))
    keys = sorted({key for _, key in ranked})
    if len(keys) < len(choices):
        return []
    scores = [[ranked.get((i, key), (0.0, 0, ""))[0] for key in keys] for i in range(len(choices))]
    pairs = [(int(i), keys[int(k)]) for i, k in zip(*linear_sum_assignment(scores, maximize=True), strict=True)]
    return [(ranked[pair][0], ranked[pair][2]) for pair in pairs if pair in ranked]


def _once(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """A clause asks each thing once: of two drafts of one indicator, rule and number the first."""
    seen: set[tuple[object, ...]] = set()
    for draft in drafts:
        key = (draft.key, draft.rule, draft.value, draft.female, draft.numerals)
        if key in seen:
            continue
        seen.add(key)
        yield draft

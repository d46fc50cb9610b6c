"""A text in; every numeral of it out, with what it is: a quantity, or at a known place (a date, a clause's number …)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

DIGITS = "〇一二三四五六七八九"
CHINESE = "零〇一二两三四五六七八九十百千"


def chinese(number: int) -> str:
    """12 → 十二; up to 99."""
    tens, ones = divmod(number, 10)
    return ("十" if tens == 1 else f"{DIGITS[tens]}十" if tens else "") + (DIGITS[ones] if ones or not tens else "")


def value(written: str) -> Decimal:
    """8.5, 1,000, 十五, 九十五点五, 两 → the number."""
    bare = re.sub(r"[,\s]", "", written)
    if bare[0].isdecimal():
        return Decimal(bare)
    whole, _, part = bare.translate(ONES).partition("点")
    total, figure = 0, 0
    for letter in whole:
        if letter in TENS:
            total, figure = total + (figure or 1) * TENS[letter], 0
        else:
            figure = int(letter)
    return Decimal(f"{total + figure}.{part or 0}").normalize() + 0


ONES = str.maketrans("零〇一两二三四五六七八九", "001223456789")
TENS = {"十": 10, "百": 100, "千": 1000}
NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?: *\. *\d+)?"
UNIT = (
    r"\s*(?:%|‰|/\s*10\s*万|/\s*万(?![元人])|/\s*千|个百分点|个千分点|万人次|万人|万元|万张|万名|万个|人次|平方米"
    r"|微克/立方米|元/月|元|分钟|小时|周岁|岁|个月|月龄|年|天|名|人|户|张|个|所|册|次|件|项|支|家|处|套|份|例|场|倍|起|台|种|门|节|篇|本|辆|期)"
)
_KINDS = (
    ("文号", r"[〔\[(（]\s*\d{4}\s*[〕\])）]\s*(?:第\s*)?\d+\s*号"),
    (
        "年份",
        r"(?:19|20)\d{2}\s*年?\s*(?:[—–\-~～至到―－]+\s*(?:19|20)\d{2}\s*年?)|(?<!\d)(?:19|20)\d{2}\s*年(?:代|度|底|末|初|前|后)?",
    ),
    ("日期", r"\d{1,2}\s*月\s*\d{1,2}\s*日|(?<=年)\s*\d{1,2}\s*月(?!龄)|(?<=月)\s*\d{1,2}\s*日|\d{1,2}日(?!常)"),
    ("序数", r"第\s*\d+\s*(?:次|条|款|项|章|节|届|批|页|号|期|位|个|部分)?"),
    (
        "年龄段",
        r"\d+\s*(?:[—–\-~～至到―－]+\s*\d+)?\s*(?:周岁|岁|个月龄|月龄|个月)\s*(?:以下|以上|以内|及以下|及以上|之内|内)?(?=[^，。；、,;\s以]|、)",
    ),
    ("年龄段", r"\d+\s*[—–\-~～至到―－]+\s*\d+\s*(?:周岁|岁|个月|月龄|天|周)"),
    (
        "称呼",
        r"\d+\s*年(?=制|义务|一贯)|\d+天(?=营养|健康)|\d+\s*[+＋]\s*(?:\d+|[A-Za-z])|[A-Za-z]\s*\d+|\d+G\b"
        r"|[\d/、]*\d{5}[\d/、]*(?=[^%‰\d]{0,6}(?:热线|电话|平台))|(?:110|120|119)(?=[^%‰\d]{0,4}(?:热线|电话|报警|平台|、))"
        r"|“[^”\n]{0,8}\d+[^”%‰\n]{0,8}”",
    ),
    (
        "计算口径",
        r"每\s*\d+\s*(?:万|千)?\s*(?:人口|儿童|老年人|学生|名|人)|1\s*/\s*10?\s*万|(?<=\()\s*(?:1/)?10\s*万(?=\))",
    ),
    (
        "编号",
        r"(?:专栏|附件|附录|附表|表|图)\s*\d+|(?m:^[ \t]*[(（]?\d{1,3}\s*[.、．)）](?!\d))|[(（]\d{1,2}[)）]|[①-⑳]|\[\d{1,3}\]",
    ),
)
"""Where numerals stand that promise nothing → how they look."""
KNOWN = tuple((kind, re.compile(pattern)) for kind, pattern in _KINDS)
QUANTITY = re.compile(
    rf"(?P<per>百分之|千分之|万分之|10万分之|十万分之)(?P<part>{NUMBER}|[{CHINESE}点]+)"
    rf"|(?P<tenths>[一二三四五六七八九])成(?=以上|以下|左右|[，。；、])"
    rf"|(?P<fraction>[一二两三四五六七八九十]分之[一二两三四五六七八九])"
    rf"|(?P<half>半数|一半)(?=以上|左右)"
    rf"|(?P<number>{NUMBER})(?P<unit>{UNIT})?"
    rf"|(?:(?<=至少)|(?<=配备)|(?<=各有)|(?<=各配备)|(?<=至少有)|(?<=不少于)|(?<=不低于)|(?<=达到)|(?<=中有)|(?<=至少配备))"
    rf"(?P<word>[一二两三四五六七八九十]+)(?P<counted>名|人|个|所|次|家|小时|张)"
)
"""A number with its unit, as a plan writes it. Chinese numerals are numbers where they count: 百分之九十五, 至少一名."""
DIGIT = re.compile(r"\d")


class Numeral(NamedTuple):
    """A numeral of the text, `start` to `end`, and what it is: 数量 or the kind of place where it stands."""

    start: int
    end: int
    written: str
    kind: str
    value: Decimal | None = None
    unit: str = ""

    @property
    def is_quantity(self) -> bool:
        return self.kind == QUANTITY_KIND


QUANTITY_KIND = "数量"


def find(text: str, marks: tuple[tuple[int, int], ...] = ()) -> tuple[Numeral, ...]:
    """Every numeral of a text (with usual digits), in order. `marks` are numbers of clauses that the outline has found.

    No digit is left out: what is at no known place is a quantity, whatever stands around it.
    """
    taken = [""] * len(text)
    found: list[Numeral] = []

    def take(start: int, end: int, kind: str) -> bool:
        if any(taken[start:end]):
            return False
        taken[start:end] = [kind] * (end - start)
        return True

    for start, end in marks:
        if DIGIT.search(text[start:end]) and take(start, end, "编号"):
            found.append(Numeral(start, end, text[start:end].strip(), "编号"))
    for kind, pattern in KNOWN:
        for match in pattern.finditer(text):
            if kind == "年龄段" and _is_reached(text, match):
                continue
            if take(*match.span(), kind):
                found.append(Numeral(*match.span(), match.group().strip(), kind))
    for match in QUANTITY.finditer(text):
        start, end = match.span()
        if match["number"]:  # a date may have taken a part of what looks like a number
            start, end = _free(taken, start, end)
            if start == end or not DIGIT.search(text[start:end]):
                continue
        if take(start, end, QUANTITY_KIND):
            whole = (start, end) == match.span()
            number, unit = _measured(match) if whole else (None, "")
            found.append(Numeral(start, end, text[start:end].strip(), QUANTITY_KIND, number, unit))
    for match in re.finditer(r"\d+", text):  # whatever no pattern knows
        start, end = _free(taken, *match.span())
        if start < end and take(start, end, QUANTITY_KIND):
            found.append(Numeral(start, end, text[start:end], QUANTITY_KIND))
    return tuple(sorted(found))


REACHED = re.compile(r"(?:达到|达|提高到|提高至|延长到|延长至|增加到|不低于|不少于|超过)\s*$")


def _is_reached(text: str, match: re.Match[str]) -> bool:
    """Whether an age is what is promised (预期寿命达到80岁以上) and not whom a promise is about (3岁以下儿童)."""
    return bool(REACHED.search(text[max(0, match.start() - 8) : match.start()]))


def _free(taken: list[str], start: int, end: int) -> tuple[int, int]:
    """The part of a stretch, from its first free letter on, that nothing has taken."""
    while start < end and taken[start]:
        start += 1
    stop = start
    while stop < end and not taken[stop]:
        stop += 1
    return start, stop


PARTS = {"百分之": "%", "千分之": "‰", "万分之": "/万", "10万分之": "/10万", "十万分之": "/10万"}


def _measured(match: re.Match[str]) -> tuple[Decimal, str]:
    """The number in a unit of the catalogue."""
    if match["per"]:
        return value(match["part"]), PARTS[match["per"]]
    if match["tenths"]:
        return value(match["tenths"]) * 10, "%"
    if match["half"]:
        return Decimal(50), "%"
    if match["fraction"]:
        below, above = match["fraction"].split("分之")
        return round(value(above) / value(below) * 100, 1), "%"
    if match["word"]:
        return value(match["word"]), match["counted"]
    unit = re.sub(r"\s", "", match["unit"] or "")
    return value(match["number"]), {"/十万": "/10万"}.get(unit, unit)

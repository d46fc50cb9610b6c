"""Applies number formats: turns a stored number into what its cell shows, and tells whether the two are the same
figure.

No maintained library does this: libraries that write formats do not apply them, and libraries that read values drop
them.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from flows.wording import say

GENERAL = "General"
BUILT_IN = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"¥"#,##0;-"¥"#,##0',
    6: '"¥"#,##0;[Red]-"¥"#,##0',
    7: '"¥"#,##0.00;-"¥"#,##0.00',
    8: '"¥"#,##0.00;[Red]-"¥"#,##0.00',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "yyyy/m/d",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "yyyy/m/d h:mm",
    37: "#,##0;-#,##0",
    38: "#,##0;[Red]-#,##0",
    39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;[Red]-#,##0.00",
    41: '_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ',
    42: '_ "¥"* #,##0_ ;_ "¥"* -#,##0_ ;_ "¥"* "-"_ ;_ @_ ',
    43: '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    44: '_ "¥"* #,##0.00_ ;_ "¥"* -#,##0.00_ ;_ "¥"* "-"??_ ;_ @_ ',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    48: "##0.0E+0",
    49: "@",
    27: "yyyy年m月",
    28: "m月d日",
    29: "m月d日",
    30: "m-d-yy",
    31: "yyyy年m月d日",
    32: "h时mm分",
    33: "h时mm分ss秒",
    34: "h时mm分",
    35: "h时mm分ss秒",
    36: "yyyy年m月",
    50: "yyyy年m月",
    51: "m月d日",
    52: "yyyy年m月",
    53: "m月d日",
    54: "m月d日",
    55: "h时mm分",
    56: "h时mm分ss秒",
    57: "yyyy年m月",
    58: "m月d日",
}
"""Formats that a workbook names only by a number, as a Chinese Excel shows them."""
TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|(?P<space>_.)|\*.|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/通用格式)|(?P<half>AM/PM|A/P|上午/下午)|(?P<power>[Ee][+-])|(?P<digit>[0#?])|(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)")
SPLIT = re.compile(r'(?:"[^"]*"?|[\\!_*].|\[[^\]]*\]|[^;"\\!_*\[]|.)*?(?:;|\Z)', re.DOTALL)
MULTIPLES = re.compile("[十百千万亿]+")
NUMBER = re.compile(r"(-?)([0-9]*(?:\.[0-9]*)?)(.*)", re.DOTALL)
LAST_DAY = 2_958_465
"""31 December 9999: no spreadsheet shows a later day."""
YEARS = range(1900, 2101)
"""Numbers of days that are much more likely years: as days they are in 1905."""


class Shown(NamedTuple):
    text: str
    """A plain figure, perhaps with a unit; if the cell shows something else, what is stored and what is shown."""
    rounded: str = ""
    """The stored number, if it has more decimals than the cell shows."""


class _Part(NamedTuple):
    kind: str
    """literal, digit, point, percent, comma, power, fraction, text, general or date."""
    text: str


class _Section(NamedTuple):
    parts: tuple[_Part, ...]
    condition: tuple[str, Decimal] | None
    unseen: bool
    """Whether its letters are white."""

    @property
    def kinds(self) -> set[str]:
        return {part.kind for part in self.parts}


def show(value: Decimal, code: str, *, base_1904: bool = False) -> Shown:
    """A number as its sender sees it under a format.

    If shown and stored number differ only by decimals, the shown decimals are returned, with the stored number beside
    them. If they differ in another way (a unit, a decimal point, a sign, or digits that the format adds or hides), a
    text is returned that is no figure.
    """
    if code in ("", GENERAL, "@"):  # a number under a text format is shown as it is
        return Shown(_plain(value))
    section, negative = _chosen(value, _sections(code))
    if section is None or section.unseen:
        return _differs(value, say("messages/seen/nothing"))
    kinds = section.kinds
    if "date" in kinds:
        return _dated(value, section, base_1904)
    if "general" in kinds:
        number = _plain(abs(value) if negative == "own" else value)
        return _judged(value, "".join(number if p.kind == "general" else p.text for p in section.parts), 0, None, 0)
    if not {"digit", "text"} & kinds:
        return _without_digits(value, section)
    if "text" in kinds:
        return Shown(_plain(value))
    if "fraction" in kinds:
        whole = value == value.to_integral_value()
        return Shown(_plain(value)) if whole else _differs(value, say("messages/seen/fraction"))
    if "power" in kinds:
        return _scientific(value, section)
    return _digits(value, section, negative)


def show_text(text: str, code: str) -> str:
    """A text under a format: usually itself, else with what the format adds, or with the remark that the format hides
    it.
    """
    sections = _sections(code)
    section = sections[3] if len(sections) > 3 else next((s for s in sections if "text" in s.kinds), None)
    if section is None:
        return text
    if "text" not in section.kinds:
        return say("messages/seen/format", text=text, seen=say("messages/seen/nothing"))
    return "".join(text if part.kind == "text" else part.text for part in section.parts).strip()


# --- reading a format ------------------------------------------------------------------------------------------------


@lru_cache(1000)
def _sections(code: str) -> tuple[_Section, ...]:
    found, at = [], 0
    while True:
        match = SPLIT.match(code, at)
        assert match is not None
        piece = match[0]
        found.append(_section(piece.removesuffix(";") if match.end() <= len(code) and piece.endswith(";") else piece))
        at = match.end()
        if not piece.endswith(";"):
            return tuple(found)


def _section(code: str) -> _Section:
    parts: list[_Part] = []
    condition, unseen = None, False
    for token in TOKEN.finditer(code):
        kind, text = str(token.lastgroup), token[0]
        if kind in ("quoted", "escaped"):
            parts.append(_Part("literal", token[kind]))
        elif kind == "bracket":
            word = token["bracket"]
            if stated := CONDITION.fullmatch(word):
                condition = (stated[1], Decimal(stated[2]))
            elif word.startswith("$"):
                parts.append(_Part("literal", word[1:].partition("-")[0]))
            elif re.fullmatch("h+|m+|s+", word.lower()):
                parts.append(_Part("date", f"[{word.lower()}]"))
            else:  # a colour, or [DBNum1]: the same figure in other digits
                unseen = unseen or word.lower() in ("white", "白色", "color2", "颜色2")
        elif kind in ("general", "digit", "power"):
            parts.append(_Part(kind, text))
        elif kind == "half":
            parts.append(_Part("date", "h"))
        elif kind == "other":
            parts.append(_other(text, parts))
    if not any(p.kind == "digit" for p in parts) or any(p.kind == "date" for p in parts):
        parts = [_Part("literal", p.text) if p.kind in ("fraction", "comma", "point") else p for p in parts]
    return _Section(tuple(parts), condition, unseen)


def _other(text: str, before: list[_Part]) -> _Part:
    kinds = {".": "point", ",": "comma", "%": "percent", "@": "text", "/": "fraction"}
    if text in kinds:
        return _Part(kinds[text], text)
    return _Part("date" if text.lower() in "ymdhsegba" else "literal", text)


def _chosen(value: Decimal, sections: tuple[_Section, ...]) -> tuple[_Section | None, str]:
    """The section of the format for a number, and who writes a minus: Excel, or the words of the section."""
    if any(section.condition for section in sections):
        for number, section in enumerate(sections[:3]):
            if section.condition is None:
                if number == 1 and sections[0].condition and len(sections) > 2 and value >= 0:
                    continue
                return section, "excel"
            sign, limit = section.condition
            if {
                "<": value < limit,
                "<=": value <= limit,
                ">": value > limit,
                ">=": value >= limit,
                "=": value == limit,
                "<>": value != limit,
            }[sign]:
                return section, "own" if sign in ("<", "<=") and limit <= 0 else "excel"
        return None, ""
    if value < 0 and len(sections) > 1:
        return sections[1], "own"
    if value == 0 and len(sections) > 2:
        return sections[2], "own"
    return sections[0], "excel"


# --- laying out a number ---------------------------------------------------------------------------------------------


def _digits(value: Decimal, section: _Section, negative: str) -> Shown:
    """Put digits into their places, from the decimal point outwards; the words between them keep their places."""
    parts = section.parts
    last = max(i for i, part in enumerate(parts) if part.kind == "digit")
    point = next((i for i, part in enumerate(parts) if part.kind == "point"), None)
    end = len(parts) if point is None else point
    behind = [i for i, part in enumerate(parts) if part.kind == "digit" and i > end]
    percents = sum(part.kind == "percent" for part in parts)
    scaling = 0
    for part in parts[last + 1 :] if point is None or last > point else parts[point + 1 :]:
        if part.kind != "comma":
            break
        scaling += 1
    if point is not None:  # commas right before the point scale too
        before = point - 1
        while before >= 0 and parts[before].kind == "comma":
            scaling, before = scaling + 1, before - 1
    seen = (value * 100**percents / Decimal(1000) ** scaling).quantize(Decimal(1).scaleb(-len(behind)), ROUND_HALF_UP)
    whole, _, fraction = f"{abs(seen):f}".partition(".")
    laid: dict[int, str] = {}
    rest = "" if whole == "0" else whole
    places = [i for i, part in enumerate(parts) if part.kind == "digit" and i < end]
    for i in reversed(places):
        laid[i], rest = (rest[-1:], rest[:-1]) if rest else ("0" if parts[i].text == "0" else "", "")
    if places:
        laid[places[0]] = rest + laid[places[0]]
    for i, digit in zip(behind, fraction, strict=True):
        laid[i] = digit
    for i in reversed(behind):
        if parts[i].text == "0" or laid[i] != "0":
            break
        laid[i] = ""
    if point is not None and not places:
        laid[point] = rest + "."
    text = "".join("" if part.kind == "comma" else laid.get(i, part.text) for i, part in enumerate(parts))
    minus = "-" if seen < 0 and negative == "excel" else ""
    return _judged(value, minus + text, percents, len(behind), scaling)


def _judged(value: Decimal, text: str, percents: int, decimals: int | None, scaling: int) -> Shown:
    """Whether the text that a cell shows is the figure that it holds."""
    bare = re.sub(r"\s", "", text)
    if value < 0 and (bracketed := re.fullmatch(r"[(（](.+)[)）]", bare)):
        bare = f"-{bracketed[1]}"
    found = NUMBER.fullmatch(bare)
    assert found is not None
    sign, number, suffix = found.groups()
    if not number.strip("."):
        return _differs(value, _words(bare), percents)
    seen = Decimal(f"{sign}{number}")
    stored = value * 100**percents
    if (scaling and value) or re.search("[0-9]", suffix) or MULTIPLES.fullmatch(suffix):
        return _differs(value, say("messages/seen/figure", shown=bare), percents)
    if seen == stored:
        return Shown(f"{_plain(stored)}{suffix}")
    if decimals and seen and seen == stored.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):
        return Shown(f"{seen:f}{suffix}", f"{_plain(stored)}{suffix}")
    return _differs(value, say("messages/seen/figure", shown=bare), percents)


def _without_digits(value: Decimal, section: _Section) -> Shown:
    """A cell that shows words alone. The dash of an accounting format is a zero; no other words stand for the stored
    number.
    """
    bare = re.sub(r"\s", "", "".join(part.text for part in section.parts if part.kind == "literal"))
    if value == 0 and bare.strip("¥￥$") == "-":
        return Shown("0", "0")
    return _differs(value, _words(bare))


def _scientific(value: Decimal, section: _Section) -> Shown:
    parts = section.parts
    point = next((i for i, part in enumerate(parts) if part.kind == "point"), None)
    power = next(i for i, part in enumerate(parts) if part.kind == "power")
    decimals = sum(part.kind == "digit" for part in parts[point:power]) if point is not None else 0
    seen = f"{value:.{decimals}E}"
    return Shown(_plain(value)) if Decimal(seen) == value else _differs(value, say("messages/seen/figure", shown=seen))


def _differs(value: Decimal, seen: str, percents: int = 0) -> Shown:
    stored = f"{_plain(value * 100**percents)}{'%' * percents}"
    return Shown(say("messages/seen/format", text=stored, seen=seen))


def _words(shown: str) -> str:
    """What a cell shows in place of its figure: words, or nothing."""
    return say("messages/seen/words", shown=shown) if shown else say("messages/seen/nothing")


def _plain(value: Decimal) -> str:
    """All digits and no superfluous ones: 200.0 is 200."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


# --- dates and times -------------------------------------------------------------------------------------------------


def _dated(value: Decimal, section: _Section, base_1904: bool) -> Shown:
    letters = "".join(part.text for part in section.parts if part.kind == "date").lower()
    if "[" in letters:
        hours, minutes = divmod(int(value * 1440), 60)
        return _differs(value, say("messages/seen/duration", hours=hours, minutes=minutes))
    day = moment(value, base_1904)
    if day is None:
        return _differs(value, say("messages/seen/no_date"))
    if value == value.to_integral_value() and int(value) in YEARS:
        return Shown(say("messages/seen/date", text=_plain(value), year=day.year))
    return Shown(written(day, letters))


def moment(value: Decimal, base_1904: bool = False) -> datetime | None:
    """The date that a number of days stands for; None if there is no such date."""
    if not 0 <= value <= LAST_DAY:
        return None
    # 29 February 1900, which never was, is day 60.
    start = datetime(1899, 12, 31) if value < 60 else datetime(1899, 12, 30)
    if base_1904:
        start = datetime(1904, 1, 1)
    try:
        return start + timedelta(seconds=round(float(value) * 86400))
    except OverflowError:
        return None


def written(value: datetime | date | time, letters: str) -> str:
    """2024年 if only the year is shown, else the whole date; a time of day as a time."""
    if isinstance(value, time):
        return value.isoformat()
    shown = set(letters)
    if isinstance(value, datetime) and {"h", "s"} & shown and not {"y", "e", "d"} & shown:  # m is minutes then
        return value.time().isoformat()
    if {"y", "e"} & shown and not {"m", "d"} & shown:
        return f"{value.year}年"
    return (value.date() if isinstance(value, datetime) else value).isoformat()

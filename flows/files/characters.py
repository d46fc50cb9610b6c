"""Makes text of departments fit to be printed, compared or quoted: the one module for what others wrote."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal, NamedTuple

from flows.inert import point
from flows.wording import say

LONGEST = 500
"""The number of letters of one text that are printed, so that a row of a table fits on a page. The delivered file has
the whole text.
"""
LONGEST_SOURCE = 150
"""The same for the evidence, which is printed after its statement in the same cell."""
LONGEST_TITLE = 80
"""The same for the title of a column in a file."""
QUOTED = 120
"""The number of letters of a value that a message quotes."""
LONGEST_NAME = 200
"""The most bytes in the name of a file: file systems allow 255, and some of our names are longer while they are
written.
"""
TO_FULL_WIDTH = 0xFEE0
MISSING = "\N{WHITE SQUARE}"
FACES = Path(__file__).with_name("faces.txt")
"""What the fonts of the reports can print, and what they draw alike; written by
tests/unit/test_characters.py --renew.
"""
BLANKS = "\t\n\r"
"""Control characters that only separate words."""
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\U000e0000-\U000e0fff]"
)
"""Characters that take no room on paper: joiners, directions, soft hyphens, variation selectors, tags, fillers."""
OVERRIDES = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Those of them that change the order in which the text beside them is read."""
RADICALS = dict(
    zip(
        "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻"
        "⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂乛乚乙亻冂𠘨刀刂卜㔾小尐兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺母民氵氺灬爫爬丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿"
        "肉𦥑艹艺艻虎衤覀西见角𧢲讠贝𧾷车辶辷辸邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟",
        strict=True,
    )
)
"""CJK radicals supplement → the ideograph that looks the same (Unicode, EquivalentUnifiedIdeograph)."""
LOOKALIKES = re.compile("[\u2e80-\u2fd5\uf900-\ufaff\U0002f800-\U0002fa1f]")
DOUBLES = frozenset("АВЕЅІЈКМНОРСТХУаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲ")
"""Cyrillic and Greek letters that look like Latin ones."""


def fold(text: str) -> str:
    """A text for comparing words: invisible characters are removed, and look-alikes become the ordinary character."""
    if text.isascii():
        return text
    return LOOKALIKES.sub(lambda found: _plain(found[0]), INVISIBLE.sub("", text))


def _plain(letter: str) -> str:
    """Radicals (Kangxi and others) and compatibility ideographs → the ordinary ideograph."""
    return RADICALS.get(letter) or (unicodedata.normalize("NFKC", letter) if LOOKALIKES.match(letter) else letter)


def printable(text: str, longest: int = LONGEST) -> str:
    """A text that every page, workbook and terminal can show. Whatever can be printed stays as it is.

    A character that the fonts of the reports do not have becomes □ with its code point. So do marks of direction,
    because they change what is read. Other invisible characters are left out, and radicals become the ideographs that
    look the same. A text that is too long is cut, and says so. `changes` tells what was done.
    """
    if len(text) <= longest and text.isascii() and text.isprintable():
        return text
    shown, whole = _begun(text, longest)
    if whole:
        return shown
    tail = say("messages/altered/tail", letters=len(text))
    return re.sub(f"{MISSING}[^）]*$", "", shown[: longest - len(tail)]) + tail


def _begun(text: str, longest: int) -> tuple[str, bool]:
    """A text as it is printed, and whether it may be printed whole; else the first of the two is enough of it to cut."""
    shown = _odd().sub(_shown, _composed(text[: 2 * longest]))
    return shown, len(text) <= 2 * longest and len(shown) <= longest


def are_plain(texts: Sequence[str], longest: int = LONGEST) -> bool:
    """Whether `printable` leaves all of these as they are, and `changes` has nothing to tell, at first sight: they are short and ASCII."""
    joined = "".join(texts)
    return joined.isascii() and joined.isprintable() and max(map(len, texts), default=0) <= longest


class Alteration(NamedTuple):
    """One change that `printable` makes to a text."""

    kind: Literal["unprintable", "invisible", "cut"]
    told: str


def changes(text: str, longest: int = LONGEST) -> list[Alteration]:
    """The changes of `printable` that a reader must know of; empty for nearly every text."""
    if len(text) <= longest and text.isascii() and text.isprintable():
        return []
    odd = [found[0] for found in _odd().finditer(_composed(text)) if found[0] != _shown(found)]
    hidden = [letter for letter in odd if _left_out(letter)]
    lost = [letter for letter in odd if not _left_out(letter)]
    told: list[Alteration] = []
    if lost:
        words = say("messages/altered/unprintable", number=len(lost), points=_points(lost), sign=MISSING)
        told.append(Alteration("unprintable", words))
    if hidden:
        words = say("messages/altered/invisible", number=len(hidden), points=_points(hidden))
        told.append(Alteration("invisible", words))
    if not _begun(text, longest)[1]:
        told.append(Alteration("cut", say("messages/altered/cut", letters=len(text))))
    return told


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", LOOKALIKES.sub(lambda found: _plain(found[0]), text))


def _shown(found: re.Match[str]) -> str:
    letter = found[0]
    if _left_out(letter):
        return ""
    return f"{MISSING}（{point(letter)}）" if letter in OVERRIDES or unset(letter) else letter


def _left_out(letter: str) -> bool:
    return letter not in OVERRIDES and INVISIBLE.match(letter) is not None


def named(text: str, longest: int = QUOTED) -> str:
    """A value for quoting in a message: two different values never look the same.

    A character that is invisible, an unusual blank or a look-alike is followed by its code point.
    """
    if len(text) <= longest and text.isascii() and text.isprintable():
        return text
    shown = "".join(_named(letter) for letter in text[:longest])
    return say("messages/altered/named", shown=shown, letters=len(text)) if len(text) > longest else shown


def _named(letter: str) -> str:
    if letter in BLANKS:
        return " "
    if INVISIBLE.match(letter):
        return f"（{point(letter)}）"
    if unset(_plain(letter)):
        return f"{MISSING}（{point(letter)}）"
    if LOOKALIKES.match(letter) or letter in DOUBLES or (letter.isspace() and letter not in " \u3000"):
        return f"{_plain(letter)}（{point(letter)}）"
    return letter


def unset(letter: str) -> bool:
    """Whether the fonts of the reports lack the character: on every machine, not only on this one."""
    return letter not in BLANKS and ord(letter) not in _faces()[0]


def _points(letters: Iterable[str]) -> str:
    """The code points of the characters, each once; only the first few."""
    found = list(dict.fromkeys(map(point, letters)))
    listed = "、".join(found[:5])
    return say("messages/some", listed=listed) if len(found) > 5 else listed


def as_drawn(text: str) -> str:
    """A text as it can be read back from a page: of characters that share one glyph in a font, one stands for all."""
    return text.translate(_faces()[1])


@cache
def _odd() -> re.Pattern[str]:
    """Every letter that may need a closer look. One search through the text is faster than asking for each letter."""
    known = (code for code in sorted({*_faces()[0], *map(ord, BLANKS)}) if code <= 0xFFFF)
    codes = [*map(ord, INVISIBLE.sub("", "".join(map(chr, known))))]
    ends = [i for i, (code, following) in enumerate(pairwise(codes)) if following != code + 1]
    spans = [(codes[i + 1], codes[j]) for i, j in pairwise([-1, *ends, len(codes) - 1])]
    return re.compile("[^" + "".join(rf"\u{first:04x}-\u{last:04x}" for first, last in spans) + "]")


@cache
def _faces() -> tuple[frozenset[int], dict[int, int]]:
    """The code points that can be printed, and those that share their glyph with another."""
    known: set[int] = set()
    twins: dict[int, int] = {}
    for line in FACES.read_text(encoding="ascii").split():
        first, sign, last = re.split("([-=])", line) if "-" in line or "=" in line else (line, "-", line)
        if sign == "=":
            twins[int(last, 16)] = int(first, 16)
        else:
            known.update(range(int(first, 16), int(last, 16) + 1))
    return frozenset(known), twins


def fitting(stem: str, suffix: str) -> str:
    """A name with this end, its beginning cut if it would be longer than a file's name may be."""
    while len(os.fsencode(f"{stem}{suffix}")) > LONGEST_NAME:
        stem = stem[:-1]
    return stem + suffix


def file_name(*words: str, suffix: str = "") -> str:
    """A file name made of several names, valid on every system: `部门-报表-2024.csv`. Path separators become full-width."""
    plain = " ".join(printable("-".join(words)).split())
    stem = re.sub(r'[/\\:*?"<>|]', lambda found: chr(ord(found[0]) + TO_FULL_WIDTH), plain).strip(" .")
    return fitting(stem or "_", suffix)

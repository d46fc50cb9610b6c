"""Evens out how a text is written, so that one word written in two ways compares equal."""

from __future__ import annotations

import re
from functools import lru_cache

from flows.files.characters import fold

HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0x2009: "\xa0",
    0x202F: "\xa0",
    0x2212: "-",
    0x1A: None,
}
"""Only full-width forms and blanks: NFKC would also turn 10² into 102 and a footnote mark ① into a digit."""
ORDINARY = re.compile("[0-9A-Za-z\u4e00-\u9fff]+")
"""Words of signs that are written in one way alone, as nearly all are: there is nothing to even out."""
GUARD = re.compile(r'="([^"]*)"')
"""What programs write so that Excel does not change a code."""
BRACKETS = str.maketrans("[【〔〖{（", "((((((") | str.maketrans("]】〕〗}）", "))))))")
REMEMBERED = 20_000
"""The number of titles of which the parts are remembered: each is compared with the columns of every form."""
MARKS = "①②③④⑤⑥⑦⑧⑨⑩¹²³⁴⁵⁶⁷⁸⁹⁰"
"""Signs that refer the reader to a note."""
DRESS = re.compile(r"^(?:[*＊★☆※#]+|[0-9]{1,2}[.、]|\([0-9一二三四五六七八九十]{1,3}\)|[一二三四五六七八九十]{1,3}、)+")


def even(text: str) -> str:
    """The text with full-width forms made half-width, without outer blanks, quotation marks and guards."""
    if ORDINARY.fullmatch(text):
        return text
    plain = fold(text).translate(HALF_WIDTH).strip().strip("'").strip()
    guarded = GUARD.fullmatch(plain)
    return guarded[1].strip() if guarded else plain


@lru_cache(REMEMBERED)
def title(header: str) -> str:
    """A heading without any blanks or line breaks."""
    return "".join(even(header).split())


@lru_cache(REMEMBERED)
def bracketed(words: str) -> tuple[str, str]:
    """A title without the brackets at its end, and what stands in them."""
    found = re.fullmatch(r"(.+)\((?:(?:计量)?单位:)?([^()]{1,30})\)", words.translate(BRACKETS))
    return (found[1], found[2]) if found else (words, "")


@lru_cache(REMEMBERED)
def undressed(words: str) -> str:
    """A title without a star, a number or the mark of a note: *活产数, 1.活产数, （二）活产数, 活产数① are all 活产数."""
    return DRESS.sub("", words).rstrip("*★☆※" + MARKS) or words


def marked(words: str) -> str:
    """The mark of a note at the end of a title; empty if there is none."""
    return words[len(words.rstrip(MARKS)) :]

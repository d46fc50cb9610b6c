"""The door for delivered text: what can be set, what is compared, what a message quotes, what a file may be called."""

import re
import subprocess
import unicodedata
from functools import reduce
from pathlib import Path

import pytest
from fontTools.ttLib import TTCollection, TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.files.characters import (
    DOUBLES,
    FACES,
    INVISIBLE,
    LONGEST,
    RADICALS,
    as_drawn,
    changes,
    file_name,
    fold,
    named,
    printable,
    unset,
)
from flows.ingest import writing

SONG, HEI, REST = "Noto Serif CJK SC", "Noto Sans CJK SC", ("DejaVu Sans", "Symbola")
DRAWN = ("FandolFang", "FandolKai", SONG, HEI, *REST)
TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
"""Of all planes, controls and lone surrogates too."""


def faces(family: str) -> list[dict[int, str]]:
    """Code point → glyph, of the regular and the bold face of a family, without glyphs of extraordinary width."""
    found = []
    for style in ("Regular", "Bold"):
        command = ["fc-match", "--format=%{file}", f"{family}:style={style}"]
        path = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        opened = TTCollection(path) if path.endswith("ttc") else TTFont(path)
        with opened:
            fonts = opened.fonts if isinstance(opened, TTCollection) else [opened]
            own = next(f for f in fonts if family in (f["name"].getDebugName(1), f["name"].getDebugName(16)))
            widths, widest = own["hmtx"].metrics, 1.5 * own["head"].unitsPerEm
            found.append({c: glyph for c, glyph in own.getBestCmap().items() if widths[glyph][0] <= widest})
    return found


def settable(letter: str) -> bool:
    """Set alone, from left to right: what joins, turns round or stands on the letter before cannot be read back."""
    if unicodedata.bidirectional(letter) in {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF", "BN"}:
        return False
    if unicodedata.category(letter)[0] in "CM" or unicodedata.category(letter) in {"Zl", "Zp"}:
        return False
    parts = unicodedata.normalize("NFKD", letter)  # a shaper takes a Lao AM apart; ¨ stays one
    taken_apart = unicodedata.decomposition(letter).startswith("<") and len(parts) > 1 and parts[0] != " "
    return not (taken_apart and any(unicodedata.category(part) == "Mn" for part in parts))


def installed() -> tuple[set[int], set[tuple[int, int]]]:
    """What the faces can set, in both weights, and pairs of code points that one of them draws with one glyph."""
    known: set[int] = set()
    groups: dict[int, set[int]] = {}
    for family in DRAWN:
        both = faces(family)
        if family in (SONG, HEI, *REST):
            known |= reduce(lambda a, b: a & b, map(set, both))
        for face in both:
            glyphs: dict[str, set[int]] = {}
            for code, glyph in face.items():
                if settable(chr(code)) and printable(chr(code)) == chr(code):
                    glyphs.setdefault(glyph, set()).add(code)
            for alike in (g for g in glyphs.values() if len(g) > 1):
                whole = reduce(lambda a, b: a | b, (groups.get(code, {code}) for code in alike))
                groups |= dict.fromkeys(whole, whole)
    return {c for c in known if settable(chr(c))}, {(min(g), c) for g in groups.values() for c in g if c != min(g)}


def written(known: set[int], pairs: set[tuple[int, int]]) -> str:
    ranges: list[list[int]] = []
    for code in sorted(known):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    lines = [f"{a:X}-{b:X}" if a < b else f"{a:X}" for a, b in ranges] + [f"{a:X}={b:X}" for a, b in sorted(pairs)]
    return "\n".join(lines) + "\n"


def test_every_face_has_what_is_set_in_it(renew: bool) -> None:
    if renew:
        FACES.write_text(written(installed()[0], set()), encoding="ascii")
        from flows.files import characters

        characters._faces.cache_clear()
        characters._odd.cache_clear()
        FACES.write_text(written(*installed()), encoding="ascii")
        characters._faces.cache_clear()
    known, pairs = installed()
    assert not [f"{code:X}" for code in {*range(0x110000)} - known - {9, 10, 13} if not unset(chr(code))]
    assert all(as_drawn(chr(a)) == as_drawn(chr(b)) for a, b in pairs)
    assert as_drawn("女性30.5%，第一产业") == "女性30.5%，第一产业"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("孕产妇死亡率 12.5/10万", None), ("Ñandú Москва é", None), ("✅已完成👍", None), ("堃昇喆邨䶮㐱𫚖", None), ("①②\n③", None),
        ("\ue000", "□（U+E000）"), ("行\u2028行", "行□（U+2028）行"), ("\x1b[31m", "□（U+001B）[31m"), ("\ufffe", "□（U+FFFE）"),
        ("\u202e321", "□（U+202E）321"), ("བོད", "□（U+0F56）□（U+0F7C）□（U+0F51）"), ("\ud83d", "□（U+D83D）"),
         ("\x00", "□（U+0000）"),
        ("سلام", "□（U+0633）□（U+0644）□（U+0627）□（U+0645）"), ("a\u0301", "á"), ("x\u0301", "x□（U+0301）"),
        ("女\u200b性\ufeff", "女性"), ("⼥性", "女性"), ("⻅效", "见效"), ("\uf9ff", "刺"), ("1\ufe0f\u20e3", "1□（U+20E3）"),
    ],
)  # fmt: skip
def test_what_no_face_has_is_shown_with_its_code_point(text: str, shown: str | None) -> None:
    assert printable(text) == (text if shown is None else shown)
    assert bool(changes(text)) == any(sign in printable(text) for sign in "□") or changes(text)[0].kind == "invisible"


def test_what_was_changed_is_told() -> None:
    assert changes("完成\ue000\ue000率") == [("unprintable", "有2个字符（U+E000）无法印制，以“□”和编码代替")]
    assert changes("完\u200b成") == [("invisible", "有1个看不见的字符（U+200B），已略去")]
    assert changes("字" * (LONGEST + 1)) == [("cut", f"全文{LONGEST + 1}字，太长，只印前面的部分")]
    assert changes("字" * LONGEST) == changes("é堃 ✅") == []
    assert changes("以上为摘要，未印部分见原文件）") == []  # a sender's own words, not those of a text that was cut


def test_a_long_text_is_cut_and_says_so() -> None:
    cut = printable("字" * 20_000_000)
    assert len(cut) <= LONGEST and cut.endswith("字……（全文共20000000字，未印部分见原文件）")
    assert len(printable("\ue000" * LONGEST)) <= LONGEST
    assert printable("字" * LONGEST) == "字" * LONGEST


@settings(max_examples=300, deadline=None)
@given(TEXT)
def test_printable_text_is_settled(text: str) -> None:
    shown = printable(text)
    assert not any(unset(letter) or INVISIBLE.match(letter) for letter in shown)
    assert printable(shown) == shown
    shown.encode()  # no lone surrogate is left
    assert (shown == unicodedata.normalize("NFC", shown)) or not text


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT)
def test_two_values_that_differ_never_look_the_same(one: str, other: str) -> None:
    for text in (one, other):
        assert not any(
            letter in named(text, 9999).replace(f"{letter}（U+{ord(letter):04X}）", "") for letter in DOUBLES
        )
        assert not any(unset(letter) or INVISIBLE.match(letter) for letter in named(text))
    if named(one) == named(other):
        assert " ".join(one.split()) == " ".join(other.split())


def test_words_are_compared_by_what_is_seen() -> None:
    assert fold("⼥\u200d性\u00ad") == fold("\ufeff女性\u202d\u2060\ufe0e") == "女性"
    assert all(fold(radical) == plain for radical, plain in RADICALS.items())
    assert fold("⾏") == "行" and fold("\uf967") == "不"
    assert fold("10²①") == "10²①"


def test_a_message_names_what_cannot_be_seen() -> None:
    assert named("女") == "女"
    assert named("女\u200b") == "女（U+200B）"
    assert named("⼥") == "女（U+2F25）"
    assert named("2О0") == "2О（U+041E）0"
    assert named("1\xa0000") == "1\xa0（U+00A0）000"
    assert named("长" * 500) == "长" * 120 + "……（共500字）"


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_any_name_makes_a_file_name(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    name = file_name(text, "核查反馈单", suffix=".pdf")
    assert name.endswith(".pdf") and Path(name).name == name and len(name.encode()) <= 240
    (tmp_path_factory.getbasetemp() / name).write_bytes(b"")


def test_a_plain_name_stays() -> None:
    assert file_name("区卫生健康委", "核查反馈单", "2024", suffix=".xlsx") == "区卫生健康委-核查反馈单-2024.xlsx"
    assert file_name("教育/体育局", "a:b", suffix=".csv") == "教育／体育局-a：b.csv"
    assert len(file_name("长" * 300, suffix=".csv").encode()) <= 240


def test_an_ordinary_word_is_what_evening_out_leaves_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = [sign for sign in map(chr, range(0x30000)) if writing.ORDINARY.fullmatch(sign)]
    assert writing.even("西桥镇") == "西桥镇" and writing.even("西桥\u200b镇　") == "西桥镇"
    monkeypatch.setattr(writing, "ORDINARY", re.compile("(?!)"))
    assert len(ordinary) > 20_000 and [sign for sign in ordinary if writing.even(sign) != sign] == []

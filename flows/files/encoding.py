"""Which encoding a text file has: decided over the whole file, never guessed from its beginning."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from flows.files import limits
from flows.files.defects import Defect, UnreadableError, describe
from flows.files.source import FileBytes
from flows.wording import say

BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
BLOCK = 1 << 20
RUNS = 2000
"""The number of different words that are searched for signs of an earlier wrong conversion."""
BLANK = b"\x00\xef\xbb\xbf\xff\xfe \t\r\n\x1a"


class Encoding(NamedTuple):
    name: str
    """utf-8, gb18030 or utf-16; a mark at the beginning is not part of the text."""
    evidence: str
    """How it was decided, in Chinese."""
    doubt: Defect | None = None
    """Why it may be wrong although every byte can be decoded; the doubt is settled if a header is recognised."""

    @property
    def codec(self) -> str:
        return "utf-8-sig" if self.name == "utf-8" else self.name


class _UndecodableError(Exception):
    def __init__(self, position: int, byte: int) -> None:
        self.position, self.byte = position, byte


def decide(source: FileBytes) -> Encoding:
    """The encoding of a file, in bounded memory: by its byte order mark, else UTF-8 if all of it is, else GB18030.

    Raises `UnreadableError` with the position of the byte that fits no encoding, or with the line of text that an
    earlier wrong conversion has garbled.
    """
    with source.open() as file:
        head = file.read(4)
        size = file.seek(0, 2)
    if _is_blank(source):
        raise UnreadableError(describe("empty/no_bytes"))
    marked = [encoding for mark, encoding in BOMS if head.startswith(mark)]
    failures: list[_UndecodableError] = []
    for name in marked[:1] or ("utf-8", "gb18030"):
        inspection = _Inspection(doubtful=bool(failures))
        try:
            for text in _decoded(source, name):
                inspection.look_at(text)
        except _UndecodableError as failure:
            failures.append(failure)
            continue
        inspection.check_words()
        if marked:
            return Encoding(name, say("messages/evidence/marked", name=name.upper(), size=size))
        if failures:
            at, byte = failures[0].position, failures[0].byte
            evidence = say("messages/evidence/gb18030", at=at, byte=byte, size=size)
            return Encoding(name, evidence, inspection.doubt())
        return Encoding(name, say("messages/evidence/utf8", size=size))
    furthest = max(failures, key=lambda f: f.position)
    known = f"{marked[0].upper()} " if marked else say("messages/evidence/either")
    raise UnreadableError(describe("encoding/undecodable", at=furthest.position, byte=furthest.byte, known=known))


def _is_blank(source: FileBytes) -> bool:
    with source.open() as file:
        return not any(block.strip(BLANK) for block in iter(lambda: file.read(BLOCK), b""))


def _decoded(source: FileBytes, name: str) -> Iterator[str]:
    """The text, block by block. Raises `_UndecodableError` with the position (from 1) of the first byte that does not
    fit.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig" if name == "utf-8" else name)()
    read = 0
    with source.open() as file:
        while True:
            block = file.read(BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                # `object` begins with the bytes that the decoder kept; a byte order mark was read as well.
                start = read + len(block) - len(error.object) if block else read - pending
                raise _UndecodableError(max(start, 0) + error.start + 1, error.object[error.start]) from None
            read += len(block)
            if text:
                yield text
            if not block:
                return


# --- marks that characters were lost or changed on the way here ------------------------------------------------------

LOST = (
    ("\x00", "binary"),
    ("\ufffd", "lost"),
    ("锟斤拷", "lost"),
    ("烫烫烫", "lost"),
)
"""What stands where letters were, and its kind in messages.yml."""
WORD = re.compile(r"[^\x00-\x7f][^\x00-\x7f]+")
BREAK = re.compile(r"[\r\n]")
HAN = re.compile(r"[\u3400-\u9fff]")
WESTERN = re.compile(r"[\u0080-\u00ff\u0152-\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]+\Z")
"""The letters that bytes above 0x7F become if they are read as Windows-1252 or Latin-1."""


class _Inspection:
    """Looks at the text while a file is decoded."""

    def __init__(self, doubtful: bool) -> None:
        """`doubtful` if bytes that can be decoded may still be of another encoding."""
        self.doubtful = doubtful
        self.lines = 0
        self.begun = 0
        """Letters of the line that the last block ended in."""
        self.words: dict[str, int] = {}
        self.letters: set[str] = set()

    def look_at(self, text: str) -> None:
        self._measure(text)
        for mark, kind in LOST:
            if (at := text.find(mark)) >= 0:
                line = self.lines + text.count("\n", 0, at) + 1
                raise UnreadableError(describe(f"encoding/{kind}", line=line, mark=mark))
        if not text.isascii() and len(self.words) < RUNS:
            new = set(WORD.findall(text)) - self.words.keys()
            words = WORD.finditer(text)
            while new:
                if (found := next(words))[0] in new:
                    self.words[found[0]] = self.lines + text.count("\n", 0, found.start()) + 1
                    new.remove(found[0])
            if self.doubtful:
                self.letters |= set(text)
        self.lines += text.count("\n")

    def _measure(self, text: str) -> None:
        """Check that lines are not too long: within a block, and for a line that continues from block to block."""
        first, last = BREAK.search(text), max(text.rfind("\n"), text.rfind("\r"))
        if self.begun + (first.start() if first else len(text)) > limits.LINE:
            line = self.lines + 1
            raise UnreadableError(describe("limit/line", line=line, most=limits.LINE // 10000))
        self.begun = self.begun + len(text) if last < 0 else len(text) - last - 1

    def check_words(self) -> None:
        """Raise `UnreadableError` if the text was garbled before it reached us, although it can be decoded."""
        garbled = {word: meant for word in self.words if (meant := _once(word))}
        if len(garbled) * 2 > sum(len(word) > 2 for word in self.words) > 0:
            word = next(iter(garbled))
            raise UnreadableError(
                describe(
                    "encoding/garbled", line=self.words[word], value=word[:40], seen=word[:12], meant=garbled[word][:12]
                )
            )

    def doubt(self) -> Defect | None:
        if _is_common(self.letters):
            return None
        return describe("encoding/doubtful")


def _once(word: str) -> str:
    """The word that a garbled word was before a wrong conversion; empty if there is no sign of one."""
    if WESTERN.match(word):
        steps = [(own, wrong) for wrong in ("cp1252", "latin-1") for own in ("utf-8", "gb18030")]
    else:
        steps = [("utf-8", "gb18030")]
    for own, wrong in steps:
        try:
            data = word.encode(wrong)
        except UnicodeEncodeError:
            continue
        for cut in range(3):  # the last character of a word may have lost its end
            try:
                meant = data[: len(data) - cut].decode(own)
            except UnicodeDecodeError:
                continue
            if len(HAN.findall(meant)) >= 2 and _is_common(set(meant)):
                return meant
    return ""


def _is_common(letters: Iterable[str]) -> bool:
    """Whether at least half of the Chinese and other double-byte letters are characters of GB 2312 in common use."""
    wide = [letter for letter in letters if ord(letter) > 0xFF and letter not in PUNCTUATION]
    return sum(_is_gb2312_han(letter) for letter in wide) * 2 >= len(wide)


PUNCTUATION = set(
    "，。、；：？！“”‘’（）《》〈〉【】—…·％‰　￥／－＋＝＜＞．～①②③④⑤⑥⑦⑧⑨⑩℃㎡"
    + "".join(map(chr, range(0xFF01, 0xFF5F)))
)


def _is_gb2312_han(letter: str) -> bool:
    try:
        data = letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(data) == 2 and data[0] >= 0xB0

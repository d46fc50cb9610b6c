"""Reads text files as rows of cells, and finds out what separates their columns."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain, islice
from typing import TYPE_CHECKING

from flows.files import limits
from flows.files.defects import UnreadableError, describe
from flows.files.source import FileBytes
from flows.wording import say

if TYPE_CHECKING:
    from flows.files.plain import PlainRows

SEPARATORS = (",", "\t", ";")
OTHERS = {
    "，": "full_comma",
    "|": "bar",
    "｜": "full_bar",
    "；": "full_semicolon",
    "、": "listing",
    "^": "caret",
    "~": "tilde",
    "¦": "broken_bar",
    "\x01": "control_01",
    "\x1f": "control_1f",
    "  ": "blanks",
}
"""Separators that are recognised but not used, as each of them also occurs within texts; and what they are called."""
Split = tuple[list[int], list[list[str]]]
"""Some rows: the line of each, and its cells."""
Reader = Callable[[], "Iterator[Split | PlainRows]"]
"""Reads a text from its beginning, some rows at a time."""
AT_ONCE = 500
"""The number of rows that are handed on together: so few that they are gone before the collector of garbage looks at them."""
LOOKED_AT = 50
"""The number of lines that are read to find the separator."""
QUOTED = re.compile(r'"[^",;\t]+[,;\t][^"]*"')
BLANKED = re.compile(r'(?:^|[,;\t])[ ]+"', re.MULTILINE)


def views(source: FileBytes, codec: str) -> list[tuple[str, Reader]]:
    """One reader for each separator that is understood. Raises `UnreadableError` if only another separator can be
    meant.
    """
    with source.text(codec, newline=None) as file:
        lines = [(number, line) for number, line in enumerate(islice(file, LOOKED_AT), 1) if line.strip()]
    for number, line in lines:
        _refuse_wide(number, max(map(line.count, SEPARATORS)) + 1)
    _refuse_quoted([line for _, line in lines])
    _refuse_others([line for _, line in lines])
    blanked = any(BLANKED.search(line) for _, line in lines)
    return [(separator, rows(source, codec, separator, blanked=blanked)) for separator in SEPARATORS]


def _refuse_wide(line: int, width: int) -> None:
    if width > limits.COLUMNS:
        raise UnreadableError(describe("limit/columns", line=line, width=width, most=limits.COLUMNS))


def _refuse_quoted(lines: Sequence[str]) -> None:
    """Raise if whole rows stand in quotation marks: some programs take a whole row for one text."""
    if lines and all(QUOTED.fullmatch(line.strip()) for line in lines):
        raise UnreadableError(describe("separator/quoted"))


def _refuse_others(lines: Iterable[str]) -> None:
    counted = {mark: _agreeing(mark, lines) for mark in (*SEPARATORS, *OTHERS)}
    understood = max(counted[mark] for mark in SEPARATORS)
    mark = max(OTHERS, key=lambda mark: counted[mark])
    if counted[mark] > max(understood, 1):
        raise UnreadableError(describe("separator/other", mark=say(f"messages/separators/{OTHERS[mark]}")))


def _agreeing(mark: str, lines: Iterable[str]) -> int:
    """How many lines have the same number of columns with a separator; at least two lines must agree."""
    split = (
        len(re.split("[ \u3000]{2,}|\u3000", line.strip())) if mark == "  " else line.count(mark) + 1 for line in lines
    )
    return max(Counter(n for n in split if n > 1).values(), default=0)


def rows(source: FileBytes, codec: str, separator: str, *, blanked: bool = False) -> Reader:
    """A reader that starts from the beginning at each call; `blanked` if blanks stand before quotation marks.

    After the first rows, plain lines come column by column, in large blocks.
    """

    def read() -> Iterator[Split | PlainRows]:
        from flows.files import plain

        with source.text(codec, newline="") as file:
            careful = _split(_unmarked(file), separator, blanked=blanked)
            lines, found = next(careful)
            yield lines, found
            if len(found) < AT_ONCE or not plain.is_plain(source, codec):
                yield from careful
                return
        for before, block in plain.blocks(source, lines[-1]):
            if columns := plain.columns(block, before, codec, separator):
                yield columns
            else:
                text = block.decode(codec.removesuffix("-sig"))
                yield from _split(StringIO(text, newline=""), separator, before)

    return read


def _split(lines: Iterable[str], separator: str, before: int = 0, *, blanked: bool = False) -> Iterator[Split]:
    """Lines as rows of cells, some at a time; `before` is the number of lines before them."""
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=blanked)
    end, failed = before, None
    while failed is None:
        numbers, found = [], list[list[str]]()
        try:
            for cells in islice(reader, AT_ONCE):
                numbers.append(end + 1)
                found.append(cells)
                end = before + reader.line_num
        except csv.Error as error:  # told when the rows before it have been taken
            failed = error
        wide = _first_wide(found)
        yield numbers[:wide], found[:wide]
        if wide is not None:
            _refuse_wide(numbers[wide], len(found[wide]))
        if failed is None and len(found) < AT_ONCE:
            return
    if "field limit" in str(failed):
        raise UnreadableError(describe("limit/quotation", line=end + 1, most=csv.field_size_limit()))
    raise UnreadableError(describe("csv", line=end + 1))


def _first_wide(rows: Sequence[list[str]]) -> int | None:
    """The first row that has more columns than a text file may have."""
    if max(map(len, rows), default=0) <= limits.COLUMNS:
        return None
    return next(n for n, cells in enumerate(rows) if len(cells) > limits.COLUMNS)


def _unmarked(lines: Iterator[str]) -> Iterator[str]:
    """The text without the byte order marks before it: two programs may each have added one, and would hide a quotation
    mark.
    """
    return chain((line.lstrip("\ufeff") for line in islice(lines, 1)), lines)

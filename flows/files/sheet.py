"""Reads worksheets as rows of text, each cell as its sender sees it; what is hidden or unclear is
reported beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from flows.coordinates import column_letters
from flows.files import formats, limits
from flows.files.defects import Defect, UnreadableError, describe
from flows.files.text import AT_ONCE
from flows.wording import say

LISTED = 10
"""The number of comments, and of columns, that are named one by one."""
PADDED = 256
"""The number of columns to which every row is filled up; a single cell further away does not make all rows longer."""
NARROWED = 200
"""The number of different spans of columns that are compared; a form has a few."""
SUPERSCRIPT = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
SUBSCRIPT = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
CellRange = tuple[int, int, int, int]
"""First and last row, first and last column, from 1."""


class Look(NamedTuple):
    """How letters look, as far as their look changes the meaning."""

    raised: Literal["", "superscript", "subscript"] = ""
    struck: bool = False
    white: bool = False


PLAIN = Look()


class Style(NamedTuple):
    """What the style of a cell says of its content."""

    code: str = formats.GENERAL
    """The code of the number format."""
    look: Look = PLAIN
    filled: bool = False
    """Whether white letters can be seen on its background."""


class Sheet:
    """A worksheet while it is read, and then its rows."""

    def __init__(self, name: str, visible: bool = True) -> None:
        self.name, self.visible = name, visible
        self.lines: dict[int, list[str]] = {}
        self.hidden: tuple[int, ...] = ()
        """Rows with content that the sender does not see."""
        self.hidden_columns: tuple[str, ...] = ()
        self.merged: frozenset[tuple[int, int]] = frozenset()
        """Row and column, 1-based, of the cells of merged areas."""
        self.remarks: list[Defect] = []
        self.rounded: dict[int, tuple[int, str, str]] = {}
        """Column → row, what is stored and what is shown of its first figure that shows fewer decimals."""
        self.zeros = True
        """Whether cells that hold 0 show it."""

    def put(self, row: int, column: int, text: str) -> None:
        """Store one cell. Raises `UnreadableError` if its place or its text is more than a worksheet can have."""
        if not (0 < row <= limits.ROWS and 0 < column <= limits.COLUMNS):
            raise UnreadableError(describe("workbook/beyond", sheet=self.name))
        if len(text) > limits.LETTERS:
            told = describe("limit/cell", line=row, sheet=self.name, at=column, letters=len(text), most=limits.LETTERS)
            raise UnreadableError(told)
        cells = self.lines.setdefault(row, [])
        cells.extend([""] * (column - len(cells)))
        cells[column - 1] = text

    def shown(self, value: Decimal, style: Style, *, base_1904: bool = False) -> formats.Shown:
        """What a number is under a style, for `put_number`."""
        found = formats.show(value, style.code, base_1904=base_1904)
        if value == 0 and not self.zeros and found.text == "0":
            found = formats.Shown(say("messages/seen/zero", text=found.text))
        return found if style.look == PLAIN else found._replace(text=seen([(found.text, style.look)], style.look))

    def put_number(self, row: int, column: int, shown: formats.Shown) -> None:
        if shown.rounded:
            self.rounded.setdefault(column, (row, shown.rounded, shown.text))
        self.put(row, column, shown.text)

    def put_text(self, row: int, column: int, runs: Iterable[tuple[str, Look]], style: Style) -> None:
        if style.filled:
            runs = [(words, look._replace(white=False)) for words, look in runs]
        text = seen(runs, style.look)
        self.put(row, column, formats.show_text(text, style.code) if text else "")

    def blocks(self) -> Iterator[tuple[list[int], list[list[str]]]]:
        """The rows with content, some at a time: their numbers and their cells. Blank cells are there too, up to the width of
        the sheet.
        """
        width = min(max(map(len, self.lines.values()), default=0), PADDED)
        rows = sorted(self.lines)
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            yield some, [cells + [""] * (width - len(cells)) for cells in map(self.lines.__getitem__, some)]

    def finish(
        self,
        areas: Iterable[CellRange],
        hidden: Iterable[int],
        hidden_columns: Iterable[tuple[int, int]],
        comments: Iterable[tuple[int, int, str]],
    ) -> None:
        """Work out what can be known only when the whole sheet has been read."""
        self.lines = {row: cells for row, cells in self.lines.items() if any(cells)}
        self.hidden = tuple(sorted(set(hidden) & self.lines.keys()))
        width = max(map(len, self.lines.values()), default=0)
        filled = {n + 1 for cells in self.lines.values() for n, text in enumerate(cells) if text}
        unseen = {n for first, last in hidden_columns for n in range(first, min(last, width) + 1)} & filled
        self.hidden_columns = tuple(map(column_letters, sorted(unseen)))
        self._comment(comments)
        self._rounded()
        self._spread(self._narrowed(list(areas)))

    def _comment(self, comments: Iterable[tuple[int, int, str]]) -> None:
        """Report a comment beside a cell: it may limit the figure, and only a person can know."""
        told = [(row, column, " ".join(words.split())) for row, column, words in sorted(set(comments))]
        told = [comment for comment in told if comment[2]]
        for row, column, words in told[:LISTED]:
            short = words if len(words) <= 80 else f"{words[:80]}…"
            letter = column_letters(column)
            self.remarks.append(
                describe(
                    "comment/one",
                    line=row,
                    value=words[:80],
                    severity="warning",
                    position=column,
                    letter=letter,
                    short=short,
                )
            )
        if more := told[LISTED:]:
            line, column, _ = more[0]
            letter, number = column_letters(column), len(more)
            self.remarks.append(describe("comment/more", line=line, severity="warning", letter=letter, number=number))

    def _rounded(self) -> None:
        for column, (row, stored, shown) in sorted(self.rounded.items()):
            kind = "zero" if shown == stored else "rounded"
            self.remarks.append(
                describe(
                    f"shown_decimals/{kind}",
                    line=row,
                    severity="info",
                    position=column,
                    letter=column_letters(column),
                    stored=stored,
                    shown=shown,
                )
            )

    def _narrowed(self, areas: list[CellRange]) -> list[CellRange]:
        """Join columns whose cells are all merged across the same columns: they are one column, and
        nothing is unclear.
        """
        last = max(self.lines, default=0)
        wide = [(top, min(bottom, last), left, right) for top, bottom, left, right in areas if left < right]
        spans = {(left, right) for _, _, left, right in wide}
        if len(spans) > NARROWED or sum(max(bottom - top + 1, 0) for top, bottom, _, _ in wide) > limits.SPREAD:
            return areas
        single = set()
        for left, right in spans:
            covered: set[int] = set()
            alone = 0
            for top, bottom, first, final in wide:
                if first <= left and right <= final:
                    covered.update(range(top, bottom + 1))
                    alone += (first, final) == (left, right) and top == bottom
            if alone > 1 and all(row in covered for row, cells in self.lines.items() if any(cells[left - 1 : right])):
                single.add((left, right))
        return [(t, b, left, left if (left, r) in single else r) for t, b, left, r in areas]

    def _spread(self, areas: Iterable[CellRange]) -> None:
        """Copy the text of a merged area into each of its cells, as far as the sheet reaches."""
        last_row = max(self.lines, default=0)
        last_column = max(map(len, self.lines.values()), default=0)
        merged: set[tuple[int, int]] = set()
        size = 0
        for top, bottom, left, right in areas:
            line = self.lines.get(top, [])
            text = line[left - 1] if left <= len(line) else ""
            bottom, right = min(bottom, last_row), min(right, last_column)
            if (top, left) == (bottom, right) or bottom < top or right < left:
                continue
            size += (bottom - top + 1) * (right - left + 1)
            if size > limits.SPREAD:
                raise UnreadableError(describe("workbook/merged"))
            if not text:
                self._cover(top, bottom, left, right)
                continue
            for row in range(top, bottom + 1):
                cells = self.lines.setdefault(row, [])
                cells.extend([""] * (right - len(cells)))
                cells[left - 1 : right] = [text] * (right - left + 1)
                merged.update((row, column) for column in range(left, right + 1))
        self.merged = frozenset(merged)

    def _cover(self, top: int, bottom: int, left: int, right: int) -> None:
        """Report a merged area that shows nothing but covers cells with content."""
        for row in range(top, bottom + 1):
            for at, text in enumerate(self.lines.get(row, [])[left - 1 : right], left - 1):
                if text:
                    self.lines[row][at] = say("messages/seen/covered", text=text)


def protected() -> UnreadableError:
    return UnreadableError(describe("workbook/password"))


def seen(runs: Iterable[tuple[str, Look]], cell: Look = PLAIN) -> str:
    """The text of a cell as people read it. Raised, struck out or white letters are reported and never part of a
    figure.
    """
    pieces = [(text, look) for text, look in runs if text]
    whole = "".join(text for text, _ in pieces)
    if (all(look == PLAIN for _, look in pieces) and cell == PLAIN) or not whole.strip():
        return whole
    struck = "".join(text for text, look in pieces if look.struck)
    if struck.strip():
        kind = "struck" if struck.strip() == whole.strip() else "partly_struck"
        return say(f"messages/seen/look/{kind}", text=whole, struck=struck)
    if all(look.white for text, look in pieces if text.strip()):
        return say("messages/seen/look/white", text=whole)
    if not any(look.raised for _, look in pieces):
        return whole
    base = "".join(text for text, look in pieces if not look.raised)
    if not base.strip():
        return f"{whole}（{_raised(next(look for _, look in pieces if look.raised))}）"
    if any(letter.isdigit() for letter in base):
        return "".join(f"（{_raised(look)}{text}）" if look.raised else text for text, look in pieces)
    small = {"superscript": SUPERSCRIPT, "subscript": SUBSCRIPT}
    return "".join(text.translate(small[look.raised]) if look.raised else text for text, look in pieces)


def _raised(look: Look) -> str:
    return say(f"messages/seen/raised/{look.raised}")

"""Reads worksheets as rows of text, each cell as its sender sees it; what is hidden or unclear is
reported beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal, NamedTuple

from openpyxl.utils import get_column_letter

from flows.files import formats, limits
from flows.files.defects import Defect, UnreadableError

SAVE_AS = "请用 Excel 打开后另存为“.xlsx”或“CSV UTF-8”再报送"
LISTED = 10
"""The number of comments, and of columns, that are named one by one."""
PADDED = 256
"""The number of columns to which every row is filled up; a single cell further away does not make all rows longer."""
NARROWED = 200
"""The number of different spans of columns that are compared; a form has a few."""
SUPERSCRIPT = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
SUBSCRIPT = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
Area = tuple[int, int, int, int]
"""First and last row, first and last column, from 1."""


class Look(NamedTuple):
    """How letters look, as far as their look changes the meaning."""

    raised: Literal["", "上标", "下标"] = ""
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
            raise unreadable(f"工作表“{self.name}”中有单元格超出了工作表的范围")
        if len(text) > limits.LETTERS:
            raise limits.exceeded(
                f"工作表“{self.name}”第{row}行第{column}列的一格有{len(text)}个字",
                f"每格不超过{limits.LETTERS}个字", "请改正该格后重新报送", row,
            )  # fmt: skip
        cells = self.lines.setdefault(row, [])
        cells.extend([""] * (column - len(cells)))
        cells[column - 1] = text

    def shown(self, value: Decimal, style: Style, *, base_1904: bool = False) -> formats.Shown:
        """What a number is under a style, for `put_number`."""
        found = formats.show(value, style.code, base_1904=base_1904)
        if value == 0 and not self.zeros and found.text == "0":
            found = formats.Shown("0（零值不显示）")
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

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with content: its number and its cells. Blank cells are there too, up to the width of the sheet."""
        width = min(max(map(len, self.lines.values()), default=0), PADDED)
        for row in sorted(self.lines):
            cells = self.lines[row]
            yield row, cells + [""] * (width - len(cells))

    def finish(
        self,
        areas: Iterable[Area],
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
        self.hidden_columns = tuple(map(get_column_letter, sorted(unseen)))
        self._comment(comments)
        self._rounded()
        self._spread(self._narrowed(list(areas)))

    def _comment(self, comments: Iterable[tuple[int, int, str]]) -> None:
        """Report a comment beside a cell: it may limit the figure, and only a person can know."""
        told = [(row, column, " ".join(words.split())) for row, column, words in sorted(set(comments))]
        told = [comment for comment in told if comment[2]]
        for row, column, words in told[:LISTED]:
            short = words if len(words) <= 80 else f"{words[:80]}…"
            problem = f"{get_column_letter(column)}{row}单元格有批注“{short}”"
            self.remarks.append(
                Defect("comment", "数据的范围和口径不靠批注说明", "请核对批注是否限制了该数据：不影响的删去批注，影响的改正数据后重新报送",
                       problem, row, None, words[:80], "warning", column)
            )  # fmt: skip
        if more := told[LISTED:]:
            problem = f"{get_column_letter(more[0][1])}{more[0][0]}等另有{len(more)}个单元格有批注"
            self.remarks.append(
                Defect(
                    "comment", "数据的范围和口径不靠批注说明", "请逐一核对批注", problem, more[0][0], severity="warning"
                )
            )

    def _rounded(self) -> None:
        for column, (row, stored, shown) in sorted(self.rounded.items()):
            letter = get_column_letter(column)
            if shown == stored:
                problem = f"{letter}列以“-”显示的是0（如第{row}行），按0读取"
                cure = "没有数据的请清空单元格或填“—”"
            else:
                problem = f"{letter}列按单元格显示的小数位读取（如第{row}行存储的是{stored}，显示并读取为{shown}）"
                cure = "不影响使用；需要更多小数位的，请增加显示的小数位后重新报送"
            self.remarks.append(
                Defect("shown_decimals", "显示与存储一致的数据", cure, problem, row, severity="info", position=column)
            )

    def _narrowed(self, areas: list[Area]) -> list[Area]:
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

    def _spread(self, areas: Iterable[Area]) -> None:
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
                raise unreadable("合并了几乎整张工作表的单元格")
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
                    self.lines[row][at] = f"{text}（被合并单元格遮住，看不见）"


def unreadable(problem: str, cure: str = SAVE_AS) -> UnreadableError:
    return UnreadableError(Defect("workbook", "没有密码、能正常打开的 Excel 工作簿", cure, problem))


def protected() -> UnreadableError:
    return unreadable("工作簿设有打开密码", "请取消打开密码后重新报送")


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
        return f"{whole}（有删除线）" if struck.strip() == whole.strip() else f"{whole}（其中{struck}有删除线）"
    if all(look.white for text, look in pieces if text.strip()):
        return f"{whole}（白色字，看不见）"
    if not any(look.raised for _, look in pieces):
        return whole
    base = "".join(text for text, look in pieces if not look.raised)
    if not base.strip():
        return f"{whole}（{pieces[0][1].raised}）"
    if any(letter.isdigit() for letter in base):
        return "".join(f"（{look.raised}{text}）" if look.raised else text for text, look in pieces)
    small = {"上标": SUPERSCRIPT, "下标": SUBSCRIPT}
    return "".join(text.translate(small[look.raised]) if look.raised else text for text, look in pieces)

"""Limits on how much of a file is read. A file beyond a limit is refused with the limit and the remedy; the run goes
on.
"""

from __future__ import annotations

import time

from flows.files.defects import Defect, UnreadableError

SECONDS = 300
"""For one file; far more than any file within the other limits takes."""
UNPACKED = 500_000_000
"""Bytes that the parts of a workbook may unpack to."""
PACKED = 100_000_000
"""Bytes of an .xls, which is read whole."""
CELLS = 5_000_000
"""Cells with content, of all worksheets together."""
COLUMNS = 16_384
"""The last column of a worksheet; a text file has no more."""
ROWS = 1_048_576
LETTERS = 32_767
"""In one cell, as in Excel."""
LINE = 5_000_000
"""Letters in one line of a text file."""
DEPTH = 100
"""XML elements within each other; a workbook has fewer than 20."""
SPREAD = 1_000_000
"""Cells that merged areas may fill."""


def exceeded(problem: str, expected: str, cure: str, line: int | None = None) -> UnreadableError:
    return UnreadableError(Defect("limit", expected, cure, problem, line))


class Watch:
    """The time allowed for one file. It is checked between pieces of work, so that no thread or signal is needed."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds, self.end = seconds, time.monotonic() + seconds

    def check(self) -> None:
        if time.monotonic() > self.end:
            raise exceeded(
                f"读了{self.seconds:g}秒还没有读完",
                f"{self.seconds:g}秒内能读完的文件",
                "请拆分或另存为“CSV UTF-8”后报送",
            )

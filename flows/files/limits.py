"""Limits on how much of a file is read. A file beyond a limit is refused with the limit and the remedy; the run goes
on.
"""

from __future__ import annotations

import time

from flows.files.defects import UnreadableError, describe

SECONDS = 300
"""Seconds for one file; files within the other limits take far less."""
UNPACKED = 500_000_000
"""The most bytes that the parts of a workbook may unpack to."""
PACKED = 100_000_000
"""The most bytes of an .xls, which is read as a whole."""
CELLS = 5_000_000
"""The most cells with content, in all worksheets together."""
COLUMNS = 16_384
"""The last column of a worksheet; a text file may not have more."""
ROWS = 1_048_576
LETTERS = 32_767
"""The most letters in one cell, as in Excel."""
LINE = 5_000_000
"""The most letters in one line of a text file."""
DEPTH = 100
"""The most XML elements within each other; a workbook has fewer than 20."""
SPREAD = 1_000_000
"""The most cells that merged areas may fill."""


class Watch:
    """The time allowed for one file. It is checked between pieces of work, so that no thread or signal is needed."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds, self.end = seconds, time.monotonic() + seconds

    def check(self) -> None:
        if time.monotonic() > self.end:
            raise UnreadableError(describe("limit/seconds", seconds=self.seconds))

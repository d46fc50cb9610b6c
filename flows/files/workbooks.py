"""Opens a workbook of either format and returns its worksheets."""

from __future__ import annotations

from flows.files import limits
from flows.files.defects import UnreadableError, describe
from flows.files.sheet import Sheet
from flows.files.source import FileBytes

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BIFF = (b"\x09\x08\x10\x00\x00\x06\x05\x00", b"\x09\x08\x08\x00\x00\x05")
"""An .xls without its container, as some old systems export it."""


def is_workbook(head: bytes) -> bool:
    """Whether the first bytes are those of a workbook, whatever the file is called."""
    return head.startswith((b"PK", OLE, *BIFF))


def sheets(source: FileBytes) -> tuple[str, list[Sheet]]:
    """The kind (xlsx or xls) and every worksheet, also hidden ones. Raises `UnreadableError` if there is none."""
    with source.open() as file:
        packed = file.read(2) == b"PK"
        size = file.seek(0, 2)
    watch = limits.Watch()
    if packed:
        from flows.files import xlsx

        kind, found = "xlsx", xlsx.sheets(source, watch)
    else:
        from flows.files import xls

        if size > limits.PACKED:
            raise UnreadableError(describe("limit/packed", most=limits.PACKED // 10**6))
        kind, found = "xls", xls.sheets(source)
    if not found:
        raise UnreadableError(describe("workbook/charts"))
    return kind, found

"""Opens a workbook of either format and returns its worksheets."""

from __future__ import annotations

from pathlib import Path

from flows.files import limits
from flows.files.sheet import Sheet, unreadable

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BIFF = (b"\x09\x08\x10\x00\x00\x06\x05\x00", b"\x09\x08\x08\x00\x00\x05")
"""An .xls without its container, as some old systems export it."""


def is_workbook(head: bytes) -> bool:
    """Whether the first bytes are those of a workbook, whatever the file is called."""
    return head.startswith((b"PK", OLE, *BIFF))


def sheets(path: Path) -> tuple[str, list[Sheet]]:
    """The kind (xlsx or xls) and every worksheet, also hidden ones. Raises `UnreadableError` if there is none."""
    with path.open("rb") as file:
        packed = file.read(2) == b"PK"
    watch = limits.Watch()
    if packed:
        from flows.files import xlsx

        kind, found = "xlsx", xlsx.sheets(path, watch)
    else:
        from flows.files import xls

        if path.stat().st_size > limits.PACKED:
            raise limits.exceeded(f"“.xls”工作簿超过{limits.PACKED // 10**6}兆字节", f"不超过{limits.PACKED // 10**6}兆字节的工作簿",
                                  "请删去图片和多余的工作表，或另存为“.xlsx”后报送")  # fmt: skip
        kind, found = "xls", xls.sheets(path)
    if not found:
        raise unreadable("工作簿中没有工作表，只有图表")
    return kind, found

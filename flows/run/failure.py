"""What a user is told of an error that ended a command or a run; its details go to the error log."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from flows import machine
from flows.places import MendableError, places


def failure(error: BaseException) -> tuple[int, str]:
    """The exit code, and what happened with the cure, in Chinese."""
    from expectations.catalog import CatalogError

    if message := machine.told(error):
        _note(error)
        return 2, message
    if isinstance(error, CatalogError | MendableError):
        return getattr(error, "code", 2), str(error)
    kind, where = type(error).__name__, _note(error) or _note(error, aside=True)
    return 1, f"程序出错，没有完成（{kind}）。" + (
        f"详情见 {where}" if where else "错误记录也写不下，请检查磁盘和权限。"
    )


def _note(error: BaseException, aside: bool = False) -> Path | None:
    """Store the details of an error in the log, or `aside` among temporary files; returns None if that
    is impossible.
    """
    import tempfile

    details = "".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace")
    try:
        if aside:
            handle, name = tempfile.mkstemp(prefix="plan-monitor-", suffix=".log")
            os.close(handle)
            log = Path(name)
        else:
            log = places().log / "error.log"
            log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(details)
    except (OSError, MendableError):
        return None
    return log

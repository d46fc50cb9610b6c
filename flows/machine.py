"""Explains errors of the machine in Chinese, with the remedy: full disks, missing rights, broken folders."""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 60
"""The number of characters shown of a file's name that is too long."""
FULL = "磁盘已满，写不下{path}。请腾出空间（配额已满的，请管理员扩大），再重新运行。"
RIGHTS = "没有权限读写{path}{owner}。请换有权限的账户运行，或请管理员更改它的属主和权限，再重新运行。"
BROKEN = "读写{path}时，磁盘或网络盘出错（{said}）。请管理员检查它，再重新运行。"
MEMORY = "内存不足，没有完成。请关闭其他程序，或换内存更大的机器，再重新运行。"
DATABASE = (
    "内存不足，没有完成：数据超过了数据库可以使用的内存。请关闭其他程序，再重新运行；仍不能完成的，"
    "请核对报表的行数是否有误，确实有这么多行的，请管理员联系程序的维护人员。"
)
PROCESSES = "系统不让再开进程或线程（上限 {processes}）。请关闭其他程序，或提高上限（ulimit -u），再重新运行。"
BUSY = "{path}正被其他程序使用。请关闭使用它的程序，再重新运行。"
CONDITIONS = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: "{path}超过了允许的文件大小。请提高上限（ulimit -f unlimited），或换允许大文件的磁盘，再重新运行。",
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
    errno.EROFS: "{path}所在的磁盘只能读，不能写。请重新挂载为可写，或用 PLAN_MONITOR_HOME 换一个目录，再重新运行。",
    errno.ENOENT: "找不到{path}：不存在，或在运行中被移走了。请恢复它，再重新运行。",
    errno.ENOTDIR: "{path}应为文件夹，实为文件。请移走或改名，再重新运行。",
    errno.EEXIST: "{path}应为文件夹，实为文件。请移走或改名，再重新运行。",
    errno.EISDIR: "{path}应为文件，实为文件夹。请移走或改名，再重新运行。",
    errno.ENOTEMPTY: "{path}应为空文件夹，里面却有文件。请移走它们，再重新运行。",
    errno.EMFILE: "同时打开的文件太多（上限 {files}）。请提高上限（ulimit -n 4096），再重新运行。",
    errno.ENFILE: "整个系统打开的文件太多。请关闭其他程序，再重新运行。",
    errno.ENAMETOOLONG: "名称太长：{path}。一个名称最多255字节（约85个汉字），请缩短，再重新运行。",
    errno.ELOOP: "{path}是互相指向的链接，或此处不能使用的链接。请改正链接，再重新运行。",
    errno.EIO: BROKEN,
    errno.ENXIO: BROKEN,
    errno.ENODEV: BROKEN,
    errno.ESTALE: BROKEN,
    errno.ETIMEDOUT: BROKEN,
    errno.EREMOTEIO: BROKEN,
    errno.ENOLCK: "{path}所在的磁盘不支持文件锁。请换一个磁盘（PLAN_MONITOR_HOME），再重新运行。",
    errno.EOPNOTSUPP: "{path}所在的磁盘不支持所需的操作（{said}）。请换一个磁盘（PLAN_MONITOR_HOME），再重新运行。",
    errno.EBUSY: BUSY,
    errno.ETXTBSY: BUSY,
    errno.ENOMEM: MEMORY,
    errno.EAGAIN: PROCESSES,
}
"""Conditions of the machine → what the user is told. An error that is not here is a fault of the program."""
OF_THE_PATH = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP})
"""Errors that a wrong path causes by itself: the user mends the path, nothing is wrong with the machine."""


def told(error: BaseException) -> str:
    """What the machine refused, for which path, and what to do; empty if the machine did not cause the error."""
    if isinstance(error, shutil.Error) and isinstance(
        error.args[0], list
    ):  # of a folder that was copied: one for each file
        _, path, said = error.args[0][0]
        return _by_words(str(said), str(path))
    if isinstance(error, OSError):
        return _sentence(error.errno, error.filename, error.strerror or "")
    if isinstance(error, MemoryError):
        return MEMORY
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return _sentence(errno.EAGAIN)
    if "concurrent.futures.process" in sys.modules:
        from concurrent.futures.process import BrokenProcessPool

        if isinstance(error, BrokenProcessPool):
            return (
                "排版进程被系统结束，没有完成；多半是内存不足。请关闭其他程序，或换内存更大的机器，再重新运行；"
                "仍不能完成的，请管理员查看系统日志（dmesg）。"
            )
    if "duckdb" in sys.modules:
        import duckdb

        if isinstance(error, duckdb.Error):
            return _of_duckdb(error, str(error))
    return ""


@contextmanager
def about(path: Path) -> Iterator[None]:
    """The path of an error that names no file, as when a disk becomes full while a file is written."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None and not isinstance(error, BrokenPipeError):
            error.filename = str(path)
        raise


def _of_duckdb(error: Exception, message: str) -> str:
    """DuckDB reports problems of the machine only in words; recognise them."""
    import duckdb

    named = re.search(r'"([^"]*/[^"]*)"', message)
    path = named[1] if named else None
    if "lock on file" in message:
        return _sentence(errno.EBUSY, path)
    if "not a valid DuckDB database" in message:
        return f"{_place(path)}不是 DuckDB 数据库，或已经损坏。请删去它，再重新运行：数据库由原始报表重新生成。"
    if known := _by_words(message, path):
        return known
    if "max_temp_directory_size" in message:
        return _sentence(errno.ENOSPC, path or "临时文件")
    short = isinstance(error, duckdb.OutOfMemoryException) or "failed to allocate" in message  # the latter at a commit
    return DATABASE if short else ""


def _by_words(message: str, path: str | None) -> str:
    """The same for libraries that keep only the words of an error."""
    return next((_sentence(n, path, os.strerror(n)) for n in CONDITIONS if os.strerror(n) in message), "")


def _sentence(number: int | None, path: str | bytes | int | None = None, said: str = "") -> str:
    form = CONDITIONS.get(number or 0, "")
    if not form:
        return ""
    named = os.fsdecode(path) if isinstance(path, str | bytes) else None
    if number == errno.ENOENT and named is not None and "/" not in named:
        return f"缺少程序或文件 {named}。请执行 ./monitor system 安装所缺的组件，再重新运行。"
    if named is not None and number in {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.ENOENT}:
        named = str(_culprit(Path(named), number))
    told = form.format(
        path=_place(named),
        owner=_owner(named) if named else "",
        said=said,
        files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        processes=resource.getrlimit(resource.RLIMIT_NPROC)[0],
    )
    return told.strip()


def _place(path: str | None) -> str:
    """A path as part of a sentence; bytes that are no UTF-8 are shown by their numbers."""
    if path is None:
        return "文件"
    shown = path.encode(errors="surrogateescape").decode(errors="backslashreplace")
    head, _, name = shown.rpartition("/")
    if len(name.encode()) > os.pathconf("/", "PC_NAME_MAX"):
        name = f"{name[:LONGEST]}…"
    if path.startswith("（"):  # what has no path: the standard output
        return path
    return f" {head}/{name} " if head or path.startswith("/") else f" {name} "


def _culprit(path: Path, number: int) -> Path:
    """The part of a path that causes the error: a file in the way, or the first folder that is missing or closed."""
    parts = [*reversed(path.parents), path]
    if number == errno.ENOENT:
        return next((part for part in parts if not os.path.lexists(part)), path)
    if number in {errno.ENOTDIR, errno.EEXIST}:
        return next((part for part in parts if os.path.lexists(part) and not _is_folder(part)), path)
    closed = next((part for part in parts if _is_folder(part) and not os.access(part, os.X_OK)), None)
    return closed or (path if os.path.lexists(path) else path.parent)


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError:
        return False


def _owner(path: str) -> str:
    """Who owns a path and who may use it: a folder that root has made is the usual case."""
    import pwd

    try:
        found = Path(path).stat()
        owner, mine = (pwd.getpwuid(number).pw_name for number in (found.st_uid, os.geteuid()))
    except (OSError, KeyError):
        return ""
    return f"（属主是 {owner}，权限是 {stat.S_IMODE(found.st_mode):o}，现在的账户是 {mine}）"

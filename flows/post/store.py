"""Files for a folder of this machine, or for an object store that fsspec knows.

The same files in the same place are the same, so they can be put there again. What stands there under the same name and
is something else is left, and told.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from flows import disk
from flows.machine import told
from flows.post import UnsentError
from flows.wording import say


def put(target: str, below: str, files: Mapping[str, bytes], public: bool) -> str:
    """Put files into a folder of a target; returns where they stand. On this machine all may read what is `public`.
    Raises `UnsentError`.
    """
    try:
        return _remote(target, below, files) if "://" in target else _local(Path(target), below, files, public)
    except OSError as error:
        raise UnsentError(told(error) or say("messages/post/store", place=target, why=error)) from None


def _local(target: Path, below: str, files: Mapping[str, bytes], public: bool) -> str:
    if not target.is_absolute() or not target.is_dir():
        raise UnsentError(say("messages/post/no_folder", place=target))
    folder = target / below
    with _opened(target, PurePosixPath(below)) as handle:
        for name, data in files.items():
            found = _content(handle, folder / name)
            if found is None:
                _write(handle, name, data, disk.PUBLIC_FILE if public else disk.FILE)
            elif found != data:
                raise UnsentError(say("messages/post/other_file", place=folder / name))
        if public:
            disk.reach(folder, target / PurePosixPath(below).parts[0])
        os.fsync(handle)
    return str(folder)


@contextmanager
def _opened(target: Path, below: PurePosixPath) -> Iterator[int]:
    """A folder below the target, made where it is not there. A link on the way would lead out of the target: it is refused."""
    handle, path = os.open(target, os.O_RDONLY | os.O_DIRECTORY), target
    try:
        for part in below.parts:
            path /= part
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=handle)
            try:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            except OSError as error:
                if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                    raise
                raise UnsentError(say("messages/post/link", place=path)) from None
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _content(handle: int, path: Path) -> bytes | None:
    """What stands in the open folder under a name; None if nothing does. What is no file is refused."""
    try:
        if not stat.S_ISREG(os.stat(path.name, dir_fd=handle, follow_symlinks=False).st_mode):
            raise UnsentError(say("messages/post/link", place=path))
    except FileNotFoundError:
        return None
    with os.fdopen(os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=handle), "rb") as file:
        return file.read()


def _write(handle: int, name: str, data: bytes, mode: int) -> None:
    """A file in the open folder: under a name that nobody can foresee, then under its own, when all of it is on the disk."""
    for left in os.listdir(handle):
        if left.startswith(f".{name}.") and left.endswith(HALF):
            os.unlink(left, dir_fd=handle)
    half = f".{name}.{secrets.token_hex(8)}{HALF}"
    made = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=handle)
    try:
        with os.fdopen(made, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.rename(half, name, src_dir_fd=handle, dst_dir_fd=handle)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(half, dir_fd=handle)
        raise


HALF = ".new"


def _remote(target: str, below: str, files: Mapping[str, bytes]) -> str:
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(target)
    except Exception as error:  # each store has errors of its own
        raise UnsentError(say("messages/post/no_protocol", place=target, why=error)) from None
    folder = PurePosixPath(path) / below
    try:
        system.makedirs(str(folder), exist_ok=True)
        for name, data in files.items():
            place = str(folder / name)
            found = system.cat_file(place) if system.exists(place) else b""
            if found != data and data.startswith(found):  # nothing, or what a sending that was killed has left
                system.pipe_file(place, data)
                found = system.cat_file(place)
            if found != data:
                raise UnsentError(say("messages/post/other_file", place=place))
    except UnsentError:
        raise
    except OSError:
        raise
    except Exception as error:
        raise UnsentError(say("messages/post/store", place=target, why=error), temporary=True) from None
    return f"{target.rstrip('/')}/{below}"

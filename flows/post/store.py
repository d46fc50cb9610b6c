"""Files for a folder of this machine, or for an object store or another place that fsspec knows.

The same files in the same place are the same, so they can be put there again. What stands there under the same name and
is something else is left, and told.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        if path.is_file() and path.read_bytes() == data:
            continue
        if path.exists():
            raise UnsentError(say("messages/post/other_file", place=path))
        half = path.with_name(f".{name}.new")
        half.write_bytes(data)
        disk.settle(half)
        if public:
            half.chmod(disk.PUBLIC_FILE)
        half.rename(path)
    if public:
        disk.reach(folder, target / PurePosixPath(below).parts[0])
    disk.keep(folder)
    return str(folder)


def _remote(target: str, below: str, files: Mapping[str, bytes]) -> str:
    import fsspec

    try:
        system, path = fsspec.core.url_to_fs(target)
    except (ImportError, ValueError) as error:
        raise UnsentError(say("messages/post/no_protocol", place=target, why=error)) from None
    folder = PurePosixPath(path) / below
    try:
        system.makedirs(str(folder), exist_ok=True)
        for name, data in files.items():
            place = str(folder / name)
            if not system.exists(place):
                system.pipe_file(place, data)
            if system.cat_file(place) != data:
                raise UnsentError(say("messages/post/other_file", place=place))
    except UnsentError:
        raise
    except OSError:
        raise
    except Exception as error:  # each store has errors of its own
        raise UnsentError(say("messages/post/store", place=target, why=error), temporary=True) from None
    return f"{target.rstrip('/')}/{below}"

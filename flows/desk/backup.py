"""Backs up what no program can make again, and restores it: deliveries, journals with what was published, catalogue, settings.

A backup is a .tar.gz with its files and, at its end, backup.json with the hash of each and the newest event of each journal. It
is written whole or not at all, while nobody files, runs or approves.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from expectations.vocabulary import Deed
from flows import disk
from flows.desk import filing
from flows.edition import PUBLIC, approved, publish
from flows.edition.manifest import Read
from flows.journal import Anchor, Journal, account
from flows.machine import about
from flows.places import SETTINGS, MendableError, Places
from flows.wording import BEIJING, say

INDEX = "backup.json"
FORMAT = "plan-monitor backup 1"
ENDING = ".tar.gz"
KEYS = ".keys"
ALWAYS = ("raw", "journal", "expectations", SETTINGS)
"""What stands in a home and goes into every backup; of a catalogue, its YAML."""
PATIENCE = 600.0
"""Seconds to wait for a run, an approval or a filing; a run takes about a minute."""


class Index(Read):
    """What a backup says of itself."""

    made: datetime
    by: str
    """The account of the operating system."""
    journals: Mapping[str, tuple[int, str]]
    """District → number and hash of the newest event."""
    files: Mapping[str, str]
    """Path below the home → sha256."""


@dataclass(frozen=True)
class Backup:
    """A backup that was written, or restored."""

    path: Path
    index: Index

    def told(self, form: str) -> list[str]:
        """What there is in it, in Chinese; `form` is written or restored."""
        lines = [say(f"messages/backup/{form}", path=self.path, files=len(self.index.files), made=self.index.made)]
        for district, (number, hashed) in self.index.journals.items():
            lines.append(say("messages/backup/journal", district=district, number=number, hash=hashed[:12]))
        keys = any(name.startswith(f"{KEYS}/") for name in self.index.files)
        return [*lines, say("messages/backup/keys" if keys else "messages/backup/no_keys")]


def backup(where: Places, to: Path, keys: bool = False, output: bool = False) -> Backup:
    """Write a backup of a home, with the office's `keys` and the `output` only if asked for.

    Raises `MendableError` if the file is there already, has another ending, or somebody is at work for longer than one waits.
    """
    if not to.name.endswith(ENDING):
        raise MendableError(say("messages/backup/ending", path=to, ending=ENDING))
    if to.exists():
        raise MendableError(say("messages/backup/exists", path=to))
    if not to.parent.is_dir():
        raise MendableError(say("messages/backup/no_folder", folder=to.parent))
    tops = [*ALWAYS, *([KEYS] if keys else []), *(["output"] if output else [])]
    handle, name = tempfile.mkstemp(prefix=f".{to.name}-", dir=to.parent)
    fresh = Path(name)
    try:
        with about(to), os.fdopen(handle, "wb") as file, _alone(where):
            index = _write(file, where, tops)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(to)
        disk.keep(to.parent)
    finally:
        fresh.unlink(missing_ok=True)
    return Backup(to, index)


@contextmanager
def _alone(where: Places) -> Iterator[None]:
    """Nobody runs, approves or files in any district of a home."""
    districts = [path.name for path in sorted(where.raw.iterdir()) if path.is_dir()] if where.raw.is_dir() else []
    with ExitStack() as held:
        for district in districts:
            held.enter_context(_no_run(where.warehouse / f"{district}.lock"))
            if (where.journal / district).is_dir():
                held.enter_context(approved.alone(Journal(where.journal / district)))
            held.enter_context(filing.alone(where.raw / district))
        yield


@contextmanager
def _no_run(path: Path) -> Iterator[None]:
    """Hold the lock of a district's warehouse (flows/warehouse.py), if there is any."""
    if not path.is_file():
        yield
        return
    with disk.locked(path, PATIENCE, say("messages/backup/running", district=path.stem)):
        yield


def _files(home: Path, top: str) -> Iterator[tuple[str, Path]]:
    """Every file of a folder of a home, by its path below the home; links are followed, locks left out."""
    if (home / top).is_file():
        yield top, home / top
    for folder, folders, names in os.walk(home / top, followlinks=True):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            wanted = path.suffix == ".yml" if top == "expectations" else name != disk.LOCK
            if wanted and path.is_file():
                yield path.relative_to(home).as_posix(), path


def _write(file: io.BufferedWriter, where: Places, tops: list[str]) -> Index:
    hashes: dict[str, str] = {}
    journals = {}
    for folder in sorted(where.journal.iterdir()) if where.journal.is_dir() else ():
        anchor = Journal(folder).anchor()
        journals[folder.name] = (anchor.number, anchor.hash)
    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for top in tops:
            for name, path in _files(where.home, top):
                with path.open("rb") as source:
                    read = _Hashed(source, os.fstat(source.fileno()).st_size)
                    info = tar.gettarinfo(arcname=name, fileobj=source)
                    info.type, info.size, info.linkname = tarfile.REGTYPE, read.left, ""
                    tar.addfile(info, read)  # type: ignore[arg-type]  # it is only read
                hashes[name] = read.hash.hexdigest()
        index = Index(made=datetime.now(BEIJING).replace(microsecond=0), by=account(), journals=journals, files=hashes)
        told = json.dumps({"format": FORMAT, **index.model_dump(mode="json")}, ensure_ascii=False, indent=1).encode()
        info = tarfile.TarInfo(INDEX)
        info.size, info.mode = len(told), 0o640
        tar.addfile(info, io.BytesIO(told))
    return index


class _Hashed:
    """A file that is read up to the length that it had at first, and its hash."""

    def __init__(self, source: io.BufferedReader, size: int) -> None:
        self.source, self.left, self.hash = source, size, hashlib.sha256()

    def read(self, size: int) -> bytes:
        data = self.source.read(min(size, self.left))
        self.left -= len(data)
        self.hash.update(data)
        return data


# --- restoring -------------------------------------------------------------------------------------------------------


def restore(path: Path, to: Path) -> Backup:
    """Make a home of a backup, whole or not at all, in a folder that is empty or not there.

    Every hash and every journal is proved before the folder appears. Raises `MendableError` if the folder is not empty, if
    the file is no whole backup of ours, or if something in it is not as it was.
    """
    if not path.is_file():
        raise MendableError(say("messages/backup/none", path=path))
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise MendableError(say("messages/backup/not_empty", folder=to))
    if not to.parent.is_dir():
        raise MendableError(say("messages/backup/no_folder", folder=to.parent))
    with about(to), tempfile.TemporaryDirectory(prefix=f".{to.name}-", dir=to.parent) as folder:
        home = Path(folder) / "home"
        home.mkdir()
        index = _unpack(path, home)
        for district, (number, hashed) in index.journals.items():
            journal = Journal(home / "journal" / district)
            if journal.anchor() != Anchor(number, hashed):
                raise MendableError(say("messages/backup/other_journal", path=path, district=district))
        _settle(home)
        for district in index.journals:
            with path.open("rb") as file:
                backed_up = hashlib.file_digest(file, "sha256").hexdigest()
            told = {"backup": backed_up, "made": index.made.isoformat(), "made_by": index.by}
            Journal(home / "journal" / district).append(Deed.RESTORED, **told)
        home.rename(to)
        disk.keep(to.parent)
    return Backup(path, index)


def _unpack(path: Path, home: Path) -> Index:
    """Unpack a backup and prove every file of it."""
    try:
        with tarfile.open(path, "r:gz") as tar:
            for info in tar:
                _take(tar, info, home)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise MendableError(say("messages/backup/broken", path=path)) from error
    try:
        index = Index.model_validate_json((home / INDEX).read_bytes())
    except (FileNotFoundError, ValueError):
        raise MendableError(say("messages/backup/broken", path=path)) from None
    (home / INDEX).unlink()
    found = {name: _digest(file) for top in sorted(p.name for p in home.iterdir()) for name, file in _all(home, top)}
    if wrong := sorted(name for name in {*found, *index.files} if found.get(name) != index.files.get(name)):
        raise MendableError(say("messages/backup/changed", path=path, files="、".join(wrong[: approved.MOST_NAMED])))
    return index


def _take(tar: tarfile.TarFile, info: tarfile.TarInfo, home: Path) -> None:
    """Unpack a file of a backup. Ours hold nothing else, and nothing that stands outside the home; the Python of Debian 12
    has no filter (PEP 706) that would say so.
    """
    path, read = home / info.name, tar.extractfile(info) if info.isreg() else None
    if read is None or ".." in path.parts or not path.is_relative_to(home):
        raise tarfile.ExtractError(info.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with read, path.open("xb") as file:
        shutil.copyfileobj(read, file)
    path.chmod(info.mode & 0o644 | 0o600)
    os.utime(path, (info.mtime, info.mtime))


def _all(home: Path, top: str) -> Iterator[tuple[str, Path]]:
    paths = [home / top, *(home / top).rglob("*")]
    yield from ((path.relative_to(home).as_posix(), path) for path in paths if not path.is_dir() or path.is_symlink())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _settle(home: Path) -> None:
    """Give everything its access rights, and wait until it is on the disk; approved editions are read-only again."""
    for part in home.iterdir():
        disk.settle(part)
    for folder in home.glob("output/[0-9]*"):
        for edition in publish.editions(folder):
            disk.settle(edition, PUBLIC)
            disk.reach(edition.parent, home / "output")
    if (home / KEYS).is_dir():
        for path in (home / KEYS, *(home / KEYS).rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
    for folder in home.glob(f"journal/*/{approved.FOLDER}/[!.]*"):
        disk.freeze(folder)

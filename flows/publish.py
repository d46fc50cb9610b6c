"""A finished edition in, the same edition under its final name out: whole, or not at all; earlier ones are kept.

`<kind>/` is the current edition, `<kind>.earlier/<run>/` one before it, `<kind>.earlier/order.txt` the runs that stood
there, the newest last.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DIGITS = 12
"""Of a run's id: what a folder is called by."""
PUBLIC = "public"


@contextmanager
def staging(output: Path) -> Iterator[Path]:
    """An empty folder beside the editions, gone when the run has ended, however it ended."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staging-", dir=output) as folder:
        yield Path(folder)


def edition(staged: Path, target: Path) -> Path:
    """Put `staged` in the place of `target`; a reader sees the old edition or the new one, never a mixture.

    An edition of another run is kept before it is replaced, so that a run killed anywhere loses nothing; one of the same
    run is only replaced.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = _beside(target, "new"), _beside(target, "old")
    _mend(target)
    for leftover in (fresh, old):  # of a run that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(staged, fresh, ignore=shutil.ignore_patterns("charts"))
    if run(target) not in {None, run(staged)}:
        _keep(target)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return target


def previous(target: Path, run_id: str) -> Path | None:
    """The edition that the one with this run's id is compared with: the newest that another run made.

    The answer is the same before and after the edition is published, so that the same inputs give the same bytes.
    """
    _mend(target)
    if run(target) not in {None, run_id}:
        return target
    others = [name for name in _order(target) if name != run_id[:DIGITS] and (_archive(target) / name).is_dir()]
    return _archive(target) / others[-1] if others else None


def earlier(district: Path) -> list[Path]:
    """Every edition of a district that has a public part, each run once: by year and kind, the oldest first."""
    found = []
    for target in sorted(_targets(district)):
        _mend(target)
        kept = [_archive(target) / name for name in _order(target)]
        current = run(target)
        found += [p for p in kept if current is None or p.name != current[:DIGITS]]
        found.append(target)
    return [p for p in found if (p / PUBLIC).is_dir()]


def run(folder: Path) -> str | None:
    """The id of the run that made an edition; None where there is no edition."""
    manifest = folder / "manifest.json"
    return str(json.loads(manifest.read_text(encoding="utf-8"))["run"]) if manifest.is_file() else None


def _keep(target: Path) -> None:
    """Copy the current edition to those before it, as their newest."""
    name = str(run(target))[:DIGITS]
    archive = _archive(target)
    if not (archive / name).is_dir():
        half = archive / f".{name}"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(target, half)
        half.rename(archive / name)
    order = [n for n in _order(target) if n != name]
    half = archive / ".order.txt"
    half.write_text("".join(f"{n}\n" for n in (*order, name)), encoding="utf-8")
    half.rename(archive / "order.txt")


def _order(target: Path) -> list[str]:
    path = _archive(target) / "order.txt"
    return path.read_text(encoding="utf-8").split() if path.is_file() else []


def _archive(target: Path) -> Path:
    return target.with_name(f"{target.name}.earlier")


def _beside(target: Path, what: str) -> Path:
    return target.with_name(f".{target.name}.{what}")


def _mend(target: Path) -> None:
    """A run killed between its last two renames left the edition aside: put it back."""
    old = _beside(target, "old")
    if old.is_dir() and not target.exists():
        old.rename(target)


def _targets(district: Path) -> set[Path]:
    """Where editions of a district stand, or have stood."""
    folders = {p for p in district.glob("*/*") if p.is_dir() and not p.name.startswith(".")}
    return {p.with_name(p.name.removesuffix(".earlier")) for p in folders}

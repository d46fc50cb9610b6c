"""A finished edition in, the same edition under its final name out: whole, or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def staging(output: Path) -> Iterator[Path]:
    """An empty folder beside the editions, gone when the run has ended, however it ended."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staging-", dir=output) as folder:
        yield Path(folder)


def edition(staged: Path, target: Path) -> Path:
    """Put `staged` in the place of `target`; a reader sees the old edition or the new one, never a mixture.

    What was there before is removed only after the new edition stands.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
    for leftover in (fresh, old):  # of a run that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(staged, fresh, ignore=shutil.ignore_patterns("charts"))
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return target

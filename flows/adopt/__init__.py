"""A plan's document in, a draft of its catalogue out, with a mark at everything that a person must confirm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flows.places import MendableError

if TYPE_CHECKING:
    from flows.adopt.draft import Adopted


PLACE = "expectations/plans/*/*.yml"
"""Where a plan stands in a home; a draft that is written elsewhere names no schema."""


def adopt(path: Path, plans: Path, name: str | None, expectations: Path) -> Iterator[str]:
    """Write a folder below `plans` for each plan of a document; told is what was read and what was not.

    `expectations` is the catalogue whose indicators are looked through. Nothing that stands is written over.
    """
    from expectations.catalog import codes, library
    from flows.adopt import document, draft, numerals, outline
    from flows.adopt.likeness import Library
    from flows.wording import say

    if name is not None and not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise MendableError(f"--name 应为小写英文字母、数字和下划线，如 baodi_women_2026，实为 {name!r}")
    read = document.read(path)
    found, told = outline.read(read)
    every = numerals.find(read.plain, tuple(outline.marks(found)))
    if not found:
        raise MendableError(
            f"{path} 里没有读出领域和目标。应有“（一）妇女与健康”“主要目标”“1．……”这样的标题和条目，或指标表"
        )
    known = Library(library(expectations), codes(), found[0].title)
    drafts = [draft.draft(read, plan, every, known, i == 0) for i, plan in enumerate(found)]
    keys = [name or one.key for one in drafts]
    keys = [f"{key}_{n}" if keys.count(key) > 1 else key for n, key in enumerate(keys, 1)]
    for key in keys:
        if (plans / key).exists():
            raise MendableError(f"{plans / key} 已经有了，没有改动。请换一个 --name，或先移走这个目录")
    for key, drafted in zip(keys, drafts, strict=True):
        yield from _write(plans / key, drafted)
    yield from (say("adopt/told/odd", line=line) for line in told)


def _write(folder: Path, drafted: Adopted) -> Iterator[str]:
    from flows.adopt import schemas
    from flows.wording import say

    folder.mkdir(parents=True)
    for name, text in drafted.files.items():
        path = folder / name
        head = f"{schemas.named(path)}\n" if path.suffix == ".yml" and path.resolve().match(PLACE) else ""
        path.write_text(head + text, encoding="utf-8")
    yield say("adopt/told/plan", title=drafted.title or say("adopt/told/untitled"), folder=folder)
    yield say("adopt/told/counts", **drafted.counts)
    yield say("adopt/told/numbers", **drafted.counts)
    yield from (say("adopt/told/number", line=line) for line in drafted.unread)
    yield say("adopt/told/marks", marks=drafted.counts["marks"], key=folder.name)

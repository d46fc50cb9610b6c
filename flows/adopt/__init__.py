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
    from expectations.catalog import library
    from flows.adopt import document, draft, numerals, outline
    from flows.adopt.likeness import Library

    if name is not None and not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise MendableError(f"--name 应为小写英文字母、数字和下划线，如 baodi_women_2026，实为 {name!r}")
    read = document.read(path)
    found, told = outline.read(read)
    every = numerals.find(read.plain, tuple(outline.marks(found)))
    known = Library(library(expectations))
    if not found:
        raise MendableError(
            f"{path} 里没有读出领域和目标。应有“（一）妇女与健康”“主要目标”“1．……”这样的标题和条目，或指标表"
        )
    for i, plan in enumerate(found):
        drafted = draft.draft(read, plan, every, known, i == 0)
        key = drafted.key if name is None else name if len(found) == 1 else f"{name}_{i + 1}"
        yield from _write(plans / key, drafted)
    yield from (f"请核对　{line}" for line in told)


def _write(folder: Path, drafted: Adopted) -> Iterator[str]:
    if folder.exists():
        raise MendableError(f"{folder} 已经有了，没有改动。请换一个 --name，或先移走这个目录")
    from flows.adopt import schemas

    folder.mkdir(parents=True)
    for name, text in drafted.files.items():
        path = folder / name
        head = f"{schemas.named(path)}\n" if path.suffix == ".yml" and path.resolve().match(PLACE) else ""
        path.write_text(head + text, encoding="utf-8")
    n = drafted.counts
    yield f"{drafted.title or '（没有标题）'} → {folder}"
    yield (
        f"　领域{n['chapters']}个，目标{n['goals']}条，措施{n['measures']}条；目标值{n['numbered']}个，只有方向的{n['directions']}个，"
        f"由部门说明的{n['evidence']}个"
    )
    yield f"　文中数字{n['numbers']}个，都在 numbers.csv 里；没有读懂的{n['unread']}个" + ("：" if n["unread"] else "")
    yield from (f"　　{line}" for line in drafted.unread)
    yield f"　请确认{n['marks']}处，改好一处删去一处；全部确认后，把 {folder.name} 写进地区文件的 plans"

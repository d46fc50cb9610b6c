"""Compares any two editions that lie on disk: every figure and verdict that moved, with its cause, and every sentence."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Literal, TextIO

from expectations.catalog import load
from flows import inert
from flows.desk import apportion
from flows.desk.apportion import Apportioned, ApportionedChange
from flows.edition import DIGITS, MANIFEST, contents, damage, manifest
from flows.edition.manifest import Manifest
from flows.places import MendableError, Places
from flows.report.kinds import KINDS
from flows.report.papers import MAIN
from flows.report.write import changes
from flows.report.write.changes import Changes
from flows.wording import headings, say

TextForm = Literal["text", "csv", "json"]
SENTENCES_TOLD = 40
"""The number of sentences that the terminal shows; the other forms have all of them."""


@dataclass(frozen=True)
class MovedText:
    """A piece of the report's text that only one of the editions has."""

    before: str
    after: str


@dataclass(frozen=True)
class ComparedEditions:
    """Two editions."""

    old: Manifest
    new: Manifest
    changes: Changes
    sentences: Sequence[MovedText]
    apportioned: Sequence[ApportionedChange] = ()
    """Every change with the share of each cause, where that was asked for."""


def compare(old: Path, new: Path, home: Places | None = None) -> ComparedEditions:
    """Hold one edition against another; with the `home` that the newer one was made in, each cause is undone for itself.
    Raises `MendableError` where a folder is no edition, is not whole, or is one of another district or kind.
    """
    heads = [_edition(folder) for folder in (old, new)]
    first, second = heads
    if (first.district, first.kind, first.audience) != (second.district, second.kind, second.audience):
        raise MendableError(say("messages/compare/unlike", old=_named(first), new=_named(second)))
    if home is not None and second.audience != "internal":
        raise MendableError(say("messages/apportion/public"))
    moved, shares = changes.since(old, new), list[ApportionedChange]()
    if home is not None:
        then, now = manifest.inputs(old), manifest.inputs(new)
        assert then is not None and now is not None
        catalog = load(second.district, home.expectations)
        shares = Apportioned(moved, then, now, catalog, home, second.year, second.as_of).told
    return ComparedEditions(first, second, moved, list(_sentences(_text(old), _text(new))), shares)


def _edition(folder: Path) -> Manifest:
    found = manifest.read(folder)
    if found is None or not (folder / contents.NAME).is_file():
        raise MendableError(say("messages/compare/no_edition", folder=folder, manifest=MANIFEST))
    if why := damage(folder) or contents.unread(folder):
        raise MendableError(say("messages/compare/damaged", folder=folder, why=why))
    if manifest.inputs(folder) is None:
        raise MendableError(say("messages/compare/no_inputs", folder=folder))
    return found


def _named(head: Manifest) -> str:
    return say(
        "messages/compare/edition",
        district=head.district,
        year=head.year,
        kind=KINDS[head.kind].word if head.kind in KINDS else head.kind,
        audience=say(f"labels/edition/{head.audience}"),
        run=head.run[:DIGITS],
    )


def _text(folder: Path) -> list[str]:
    """The report's text, piece by piece; the first line is the furniture of its pages."""
    path = folder / f"{MAIN}.txt"
    return path.read_text(encoding="utf-8").splitlines()[1:] if path.is_file() else []


def _sentences(old: Sequence[str], new: Sequence[str]) -> Iterator[MovedText]:
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield MovedText("\n".join(old[a:b]), "\n".join(new[c:d]))


def show(found: ComparedEditions, form: TextForm, out: TextIO) -> None:
    """Write the comparison as text for people, or as CSV or JSON."""
    header, table = found.changes.table()
    if found.apportioned:
        header = [*header, say("messages/apportion/column")]
        table = [[*row, "；".join(apportion.lines(one))] for row, one in zip(table, found.apportioned, strict=True)]
    if form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([inert.shown_cell(str(cell)) for cell in row] for row in table)
    elif form == "json":
        told = {
            "old": found.old.run,
            "new": found.new.run,
            "changes": [dict(zip(header, map(str, row), strict=True)) for row in table],
            "sentences": [{"old": s.before, "new": s.after} for s in found.sentences],
        }
        out.write(inert.escaped(json.dumps(told, ensure_ascii=False, indent=1)) + "\n")
    else:
        for line in _lines(found):
            out.write(inert.shown(f"{line}\n"))


def _lines(found: ComparedEditions) -> Iterator[str]:
    moved = found.changes
    yield say("messages/compare/head", old=_named(found.old), new=_named(found.new))
    yield say("messages/compare/counts", verdicts=len(moved.verdicts), figures=len(moved.figures))
    for cause, number in moved.by_cause:
        yield say("messages/compare/cause", cause=cause, number=number)
    names = headings("changes")
    shares = [list(apportion.lines(one)) for one in found.apportioned] or [[] for _ in moved.all]
    for change, told in zip(moved.all, shares, strict=True):
        cells = dict(zip(names, map(str, change.cells()), strict=True))
        yield "  " + "　".join(cells.values())
        yield from (f"      {line}" for line in told)
    yield say("messages/compare/sentences", number=len(found.sentences))
    for one in found.sentences[:SENTENCES_TOLD]:
        yield from (f"  － {line}" for line in one.before.splitlines())
        yield from (f"  ＋ {line}" for line in one.after.splitlines())
    if (left := len(found.sentences) - SENTENCES_TOLD) > 0:
        yield say("messages/compare/left", number=left)

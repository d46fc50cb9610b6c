"""Whether a file has the data that were filed before, in another format, and what else is different in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb

from flows.desk.filing import Filed, VersionInUse
from flows.files import UnreadableError, open_file
from flows.files.characters import named, printable
from flows.ingest.deliveries import QUESTIONS
from flows.ingest.register import Entry
from flows.ingest.writing import even
from flows.revisions import is_same, order
from flows.wording import say

NAMED = 3
"""The number of texts that are quoted."""
WORD = re.compile("[\u4e00-\u9fff]")


def told(con: duckdb.DuckDBPyConnection, filed: Filed, last: Entry, folder: Path, stands: VersionInUse) -> str:
    """What is told of a file that has the data of the version before it, and raises the same questions; else empty. A version that
    is not used because nobody has filed it is none to refer to. `folder` has the files of the year.
    """
    older, newer = filed.older, filed.delivery
    if stands.unfiled or _asked(con, older) != _asked(con, newer) or not is_same(con, older, newer):
        return ""
    listed = "、".join(_different(con, filed, last, folder)) or _say("writing")
    number = int(older.rpartition("/v")[2])
    standing = _say("standing", standing=stands.told) if stands.used != number else ""
    return _say("told", number=number, file=last.file, listed=listed, standing=standing)


def _asked(con: duckdb.DuckDBPyConnection, delivery: str) -> list[tuple[str, str]]:
    """The questions that a file raises; that other worksheets are no part of its form is none, and says nothing of its data."""
    harmless = say("messages/reading/other_sheet/no_header/cure")
    asked = """select distinct rule, value from out_findings where delivery = ? and list_contains(?, rule)
        and not (rule = 'other_sheet' and cure = ?) order by all"""
    return con.execute(asked, [delivery, list(QUESTIONS), harmless]).fetchall()


def _different(con: duckdb.DuckDBPyConnection, filed: Filed, last: Entry, folder: Path) -> Iterator[str]:
    """What is different beside the data, in words."""
    query = "select encoding, sheet is not null from meta_deliveries where delivery = ?"
    forms = [con.execute(query, [of]).fetchone() for of in (filed.older, filed.delivery)]
    paths = folder / last.file, filed.known.path
    if forms[0] != forms[1] or paths[0].suffix.lower() != paths[1].suffix.lower():
        yield _say("format")
    if order(con, filed.older) != order(con, filed.delivery):
        yield _say("order")
    sheets = [
        con.execute("select sheet from meta_deliveries where delivery = ?", [of]).fetchone()
        for of in (filed.older, filed.delivery)
    ]
    was, now = (_words(path, sheet[0] if sheet else None) for path, sheet in zip(paths, sheets, strict=True))
    for kind, words in (("less", was - now), ("more", now - was)):
        if words:
            quoted = "".join(f"“{named(printable(text))}”" for text in list(words)[:NAMED])
            yield _say(kind, listed=say("messages/some", listed=quoted) if len(words) > NAMED else quoted)


def _words(path: Path, sheet: str | None) -> Counter[str]:
    """The texts of a file in words, each as often as it stands there."""
    best: list[list[str]] = []
    for view in open_file(path).views:
        if sheet and printable(view.sheet) != sheet:
            continue
        try:
            rows = [list(row.cells) for row in view.rows()]
        except UnreadableError:  # another separator
            continue
        if max(map(len, rows), default=0) > max(map(len, best), default=0):
            best = rows
    return Counter(text for row in best for text in dict.fromkeys(map(even, row)) if WORD.search(text))


def _say(text: str, **facts: object) -> str:
    return say(f"messages/same/{text}", **facts)

"""Whether a file has the data that were filed before, in another format, and what else is different in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import duckdb

from expectations.records import Catalog
from flows.desk.filing import Filed, VersionInUse
from flows.files import UnreadableError, open_file
from flows.files.characters import named, printable
from flows.ingest.register import Entry
from flows.ingest.writing import even
from flows.questions import QUESTIONS
from flows.revisions import is_same, order
from flows.wording import say

NAMED = 3
"""The number of texts that are quoted."""
WORD = re.compile("[\u4e00-\u9fff]")


def told(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    filed: Filed,
    last: Entry,
    folder: Path,
    stands: VersionInUse,
    others: Collection[str],
) -> str:
    """What is told of a file that has the data of the version before it, raises the same questions and has no new worksheet, besides
    `others` that are told of apart; else empty. Nothing is told of a version that nobody has filed: it is not used. `folder`
    has the files of the year.
    """
    older, newer = filed.older, filed.delivery
    if stands.unfiled or _asked(con, older) != _asked(con, newer) or not is_same(con, catalog, older, newer):
        return ""
    paths = folder / last.file, filed.known.path
    was, now = (_beside(con, of, path, others) for of, path in zip((older, newer), paths, strict=True))
    if any(rows not in was.values() for rows in now.values()):  # it may tell of what the figures are (口径说明)
        return ""
    lost = [sheet for sheet, rows in was.items() if rows not in now.values()]
    listed = "、".join(_different(con, filed, paths, lost))
    number = int(older.rpartition("/v")[2])
    only = _say("only", listed=listed) if listed else ""
    end = _say("faulty" if is_faulty(con, newer) else "enough")
    return _say("told", number=number, file=last.file, only=only, end=end, standing=standing(stands, number))


def standing(stands: VersionInUse, number: int) -> str:
    """What is said beside a version that is not the one in use: which one is; else empty."""
    return _say("standing", standing=stands.told) if stands.used != number else ""


def is_faulty(con: duckdb.DuckDBPyConnection, delivery: str) -> bool:
    """Whether something in a delivery cannot be used: then the same data are not enough."""
    query = "select count(*) > 0 from out_findings where delivery = ? and severity = 'critical'"
    return bool(con.execute(query, [delivery]).fetchall()[0][0])


def _asked(con: duckdb.DuckDBPyConnection, delivery: str) -> list[tuple[str, str]]:
    """The questions that a file raises. Hints at worksheets of another form are left out: the worksheets themselves are compared."""
    asked = """select distinct rule, value from out_findings where delivery = ? and list_contains(?, rule)
        and not (rule = 'other_sheet' and severity = 'info') order by all"""
    return con.execute(asked, [delivery, list(QUESTIONS)]).fetchall()


def _beside(
    con: duckdb.DuckDBPyConnection, delivery: str, path: Path, others: Collection[str]
) -> Mapping[str, list[list[str]]]:
    """The worksheets of a file that are no part of its form, by what the checks say, and what stands there."""
    hints = "select message from out_findings where delivery = ? and rule = 'other_sheet'"
    told = "".join(message for (message,) in con.execute(hints, [delivery]).fetchall())
    views = [v for v in open_file(path).views if v.sheet and v.sheet not in others] if told else []
    return {v.sheet: [list(row.cells) for row in v.rows()] for v in views if f"“{printable(v.sheet)}”" in told}


def _different(
    con: duckdb.DuckDBPyConnection, filed: Filed, paths: tuple[Path, Path], lost: Sequence[str]
) -> Iterator[str]:
    """What is different beside the data, in words; nothing where only the writing is (blanks, 1,024.50)."""
    query = "select encoding, sheet from meta_deliveries where delivery = ?"
    forms = [con.execute(query, [of]).fetchall()[0] for of in (filed.older, filed.delivery)]
    (first, sheet), (second, other) = forms
    if (first, sheet is None, paths[0].suffix.lower()) != (second, other is None, paths[1].suffix.lower()):
        yield _say("format")
    if order(con, filed.older) != order(con, filed.delivery):
        yield _say("order")
    if lost:
        listed = "、".join(say("messages/where/seen_sheet", sheet=printable(name)) for name in lost[:NAMED])
        yield _say("less", listed=say("messages/some", listed=listed) if len(lost) > NAMED else listed)
    was, now = _words(paths[0], sheet), _words(paths[1], other)
    written = now | was
    for kind, words in (("less", was.keys() - now.keys()), ("more", now.keys() - was.keys())):
        if words:
            found = [written[word] for word in written if word in words]
            quoted = "".join(f"“{named(printable(text))}”" for text in found[:NAMED])
            yield _say(kind, listed=say("messages/some", listed=quoted) if len(found) > NAMED else quoted)


def _words(path: Path, sheet: str | None) -> dict[str, str]:
    """The texts of a file in words, by how they are compared."""
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
    return {even(text): text.strip() for row in best for text in row if WORD.search(text)}


def _say(text: str, **facts: object) -> str:
    return say(f"messages/same/{text}", **facts)

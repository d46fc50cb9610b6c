"""Stores what the gates found, as rows of out_findings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import pandas as pd

from expectations.records import Catalog
from expectations.territory import AreaFate
from expectations.vocabulary import Severity
from flows import kept
from flows.letters import ASKED, INCOMPLETE, numbered, replies
from flows.warehouse import append, rows
from flows.wording import say

if TYPE_CHECKING:
    from expectations.suites import Check, Failure

COLUMNS = (
    "gate",
    "severity",
    "rule",
    "dataset",
    "department",
    "delivery",
    "file",
    "sheet",
    "line",
    "position",
    "column_name",
    "year",
    "area",
    "institution",
    "sex",
    "part",
    "measure",
    "indicator",
    "target",
    "value",
    "previous",
    "expected",
    "said",
    "message",
    "cure",
    "times",
)
FindingRow = dict[str, Any]


DETAILS = 200
"""The number of findings of one check in one column of a delivery that are named one by one; one sentence tells of the rest."""


class Trial(NamedTuple):
    """A look at deliveries while somebody waits: it finds the same, without Great Expectations."""

    of: str | None = None
    """The only delivery that is told of, where what is found in others changes nothing."""


class Batch(NamedTuple):
    """A frame with what is asked of it."""

    frame: pd.DataFrame
    checks: Sequence[Check]
    named: Sequence[str]
    """The columns that name a failing row."""
    subject: str
    """What the terminal calls the frame."""
    key: str = ""
    """Tells it from the other frames of a run."""

    def parts(self) -> kept.Parts:
        """All that the answer rests on."""
        columns = [[name, str(column.dtype), column.tolist()] for name, column in self.frame.items()]
        asked = [[*map(asdict, self.checks)], list(self.named)]
        return {"figures": kept.digest(columns), "checks": kept.digest(asked)}

    def answered(self, told: bytes) -> list[Failure]:
        from expectations import suites

        by_key = {check.key: check for check in self.checks}
        return [suites.Failure(by_key[check], place, value) for check, place, value in json.loads(told)]


def asked(questions: Sequence[Batch], trial: Trial | None) -> list[list[Failure]]:
    """The rows of each frame that fail its checks: by Great Expectations, unless that is too slow for a trial. What an earlier
    run asked of the same frame is taken over; all others are asked about at once.
    """
    from expectations import suites

    if trial:
        return [suites.look(q.frame, q.checks, q.named) for q in questions]
    places = [
        None if q.frame.empty or not q.checks else kept.place("checks", f"{q.subject}/{q.key}", q.parts, q.subject)
        for q in questions
    ]
    for place in places:
        if place is not None:
            kept.use(place)
    known = [place.content if place is not None else None for place in places]
    open_ = [suites.Job(*q[:3]) for q, told in zip(questions, known, strict=True) if told is None]
    found, answers = iter(suites.run_all(open_) if open_ else ()), []
    for question, place, told in zip(questions, places, known, strict=True):
        if told is None:
            told = json.dumps([[f.check.key, f.place, f.value] for f in next(found)]).encode()
            if place is not None:
                place.put(told)
        answers.append(question.answered(told))
    return answers


def store(con: duckdb.DuckDBPyConnection, findings: Sequence[FindingRow]) -> None:
    if findings:
        frame = pd.DataFrame([{c: f.get(c) for c in COLUMNS} for f in findings], columns=list(COLUMNS))
        frame = frame.astype({"line": "Int64", "position": "Int64", "times": "Int64"})
        con.execute("insert into out_findings by name select * from frame")


def rest(head: FindingRow, told: FindingRow, number: int) -> FindingRow:
    """The finding that stands for a `number` of others that are alike: `told` is what they have in common. Where each of them says
    for itself what is expected, or how to mend it, the listed ones tell that.
    """
    said_alike = {key: told[key] or say(f"messages/finding/alike/{key}") for key in ("expected", "cure")}
    facts = {
        "file": named(head),
        "number": number,
        **said_alike,
        "next": say(f"messages/finding/next/{told['severity']}"),
    }
    column = say("messages/finding/column", header=told["column_name"]) if told["column_name"] else ""
    said, message = say("messages/finding/further", **facts), say("messages/finding/rest", column=column, **facts)
    return {**head, **told, **said_alike, "said": said, "message": message, "times": number}


def shorten(con: duckdb.DuckDBPyConnection) -> None:
    """Name only the first `DETAILS` findings of a check between the gates in one column of a delivery, and tell how many more there
    are. Those that somebody answers for stay, however many: a registered answer or one on a feedback sheet. Who has explained all that
    was named sees the next ones. This comes last: what is told of several findings together looks at all of them.
    """
    if not is_long(con):
        return
    replied = _replied(con)
    common = ", ".join(
        f"if(count(distinct {name}) = 1, any_value({name}), null) as {name}" for name in ("expected", "cure")
    )
    many = rows(con, MANY.format(alike=", ".join(ALIKE), common=common, open=OPEN), DETAILS, replied)
    con.execute(BEYOND.format(alike=", ".join(ALIKE), open=OPEN), [DETAILS, replied])
    known = heads(con)
    store(con, [rest(known[row.pop("delivery")], row, row.pop("number") - DETAILS) for row in many])


def is_long(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether there may be more findings of a check than are named: only then is it asked what departments have answered."""
    query = MANY.format(alike=", ".join(ALIKE), common="null", open=OPEN)
    return con.execute(query, [DETAILS, []]).fetchone() is not None


def _replied(con: duckdb.DuckDBPyConnection) -> list[int]:
    """The rows of the findings that departments have answered on their feedback sheets."""
    if not (said := replies(con)):
        return []
    query = f"select rowid as row, {', '.join(ASKED)}, line, times from out_findings where gate = 'plausibility' and list_contains(?, year)"  # noqa: S608
    found = rows(con, query, sorted({year for year, _ in said}))
    return [row["row"] for row in found if (row["year"], numbered(row)) in said]


OPEN = (
    "gate = 'plausibility' and override is null and delivery is not null and rowid not in (select unnest($2::bigint[]))"
)
"""What nobody answers for."""
ALIKE = ("delivery", "gate", "severity", "rule", "column_name", "measure", "indicator")
"""What findings have in common of which one stands for many. What is expected, and how to mend it, may name the cells of each."""
MANY = """
select {alike}, count(*) as number, {common} from out_findings where {open}
group by all having count(*) > $1 order by min(rowid)
"""
BEYOND = """
delete from out_findings where rowid in (
    select rowid from out_findings where {open}
    qualify row_number() over (partition by {alike} order by rowid) > $1)
"""


def weigh(con: duckdb.DuckDBPyConnection) -> None:
    """Note of each form what was found besides its cells: one that lacks a row, or from which a ratio comes that cannot be, is used
    in part, though every cell of it could be read.
    """
    con.execute(WEIGHED, [Severity.CRITICAL, INCOMPLETE])


WEIGHED = """
update meta_deliveries set status = 'partial'
where status = 'accepted' and delivery in (select delivery from out_findings where severity = ? or rule = ?)
"""


def heads(con: duckdb.DuckDBPyConnection) -> dict[str, FindingRow]:
    """The fields that every finding on a delivery has."""
    return {
        key: {"delivery": key, "dataset": dataset, "department": department, "file": file, "sheet": sheet, "year": year}
        for key, dataset, department, file, sheet, year in con.execute(
            "select delivery, dataset, department, file, sheet, year from meta_deliveries"
        ).fetchall()
    }


def columns_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Rows as the named columns that a query of DuckDB takes."""
    return {name: [row[n] for row in rows] for n, name in enumerate(names)}


def named(head: Mapping[str, Any]) -> str:
    sheet = f"·{head['sheet']}" if head["sheet"] else ""
    return say("messages/finding/file", year=head["year"], file=str(head["file"]).partition("/")[2] + sheet)


class PrintedColumn(NamedTuple):
    """Where a column stands in its file."""

    position: int | None
    """Position, from 1."""
    words: str


class Columns:
    """The columns of every delivered file, with the titles that they have there."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    @cached_property
    def known(self) -> Mapping[tuple[str, str, str, str], PrintedColumn]:
        """Delivery, the record's header, sex and part → the column; asked when something is found in a file."""
        return {
            (delivery, header, sex, part): PrintedColumn(position, printed)
            for delivery, header, sex, part, position, printed in self.con.execute(
                "select delivery, header, sex, part, position, printed from meta_columns"
            ).fetchall()
        }

    def find(self, delivery: str, header: str, sex: str, part: str) -> PrintedColumn:
        """Find a column by the header of the record: in a wide file the one for that sex and part, in a file of items the
        figures.
        """
        for name in (header, "@value"):
            for of in ((sex, part), (sex, ""), ("", part), ("", "")):
                if found := self.known.get((delivery, name, *of)):
                    return found if name == header else PrintedColumn(found.position, header)
        return PrintedColumn(None, header)


def count_checks(
    con: duckdb.DuckDBPyConnection,
    gate: str,
    suite: str,
    checks: Sequence[Check],
    checked: Mapping[str, int],
    failed: Mapping[str, int],
) -> None:
    """Store what was checked, failed or not, as rows of out_checks; the counts are by the key of the check."""
    rows = [
        (gate, suite, c.rule, c.header, c.expected, c.severity, checked.get(c.key, 0), failed.get(c.key, 0))
        for c in checks
    ]
    append(con, "out_checks", rows)


def place_names(catalog: Catalog) -> dict[str, str]:
    """Area code → name."""
    district = catalog.district
    return {
        district.code: district.called_whole,
        **{a.code: a.name for a in (*district.areas, *district.references)},
    }


def fate_told(fate: AreaFate) -> str:
    """2023年并入西镇: why an area is not there, in words."""
    return say(f"messages/territory/{fate.kind}", year=fate.year, others="、".join(fate.others))


def text(value: object) -> str | None:
    """A value as it stood in the frame; None if there was none."""
    return None if value is None or value != value or value == "" else str(value)

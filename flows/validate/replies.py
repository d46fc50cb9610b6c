"""Are the answers of the departments about something that they were asked?"""

from __future__ import annotations

import duckdb

from expectations.records import Catalog
from expectations.requirement import called
from expectations.vocabulary import WarningKind
from flows.warehouse import append_named, rows
from flows.wording import say

UNASKED = """
select c.*, m.file, m.sheet from core_replies c join meta_replies m using (delivery)
where c.target is not null
    and c.year in (select year from out_warnings)
    and not exists (from out_warnings w where w.target = c.target and w.year = c.year and w.kind = c.kind)
order by all
"""


def answers(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Ask about every answer to a warning that is not there: never given, or gone since figures were corrected."""
    found = []
    for row in rows(con, UNASKED):
        name = called(catalog, row["year"])[row["target"]]
        kind = WarningKind.of(row["kind"]).word
        expected, cure = (say(f"messages/unasked/{part}") for part in ("expected", "cure"))
        file = say("messages/finding/file", year=row["year"], file=str(row["file"]).partition("/")[2])
        facts = {"file": file, "line": row["line"], "name": name, "kind": kind, "year": row["year"]}
        found.append(
            {
                "gate": "plausibility",
                "severity": "warning",
                "rule": "unasked",
                "dataset": row["sheet"],
                "department": row["department"],
                "delivery": row["delivery"],
                "file": row["file"],
                "line": row["line"],
                "year": row["year"],
                "target": row["target"],
                "value": name,
                "expected": expected,
                "cure": cure,
                "message": say("messages/unasked/message", **facts, expected=expected, cure=cure),
            }
        )
    append_named(con, "out_answer_findings", found)

"""What departments are asked about how their figures are meant, and what they answered on their feedback sheets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from expectations.vocabulary import DeliveryStatus, Severity
from flows.letters import numbered
from flows.warehouse import Row, rows

QUESTIONS: Mapping[str, bool] = {
    "surroundings": True,
    "unit_below": True,
    "unit_converted": True,
    "group_unknown": True,
    "fraction": True,
    "zero_column": True,  # nothing has happened, or nothing was filled in
    "second_table": False,  # not read
    "blank_column": False,  # there is no figure
    "other_sheet": True,  # which of both counts
    "hidden_rows": True,  # with them, or without them
    "hidden_columns": False,  # each figure is what it says
    "comment": True,  # it may limit the figure
    "unit_unknown": True,
    "footnote": True,
}
"""Rules of a file whose findings are questions: a department's registered answer settles them. → Whether it is left open which
number is meant: the figures were used as they are written, and may mean something else (0.93 for 93%).
"""
UNIT_SLIP = "unit_slip"
"""The rule of a figure that is so many times the earlier ones that its unit may be another. It is settled by an override, as any finding may be."""
OPEN = (*(rule for rule, is_open in QUESTIONS.items() if is_open), UNIT_SLIP)


def unsettled(con: duckdb.DuckDBPyConnection) -> list[Row]:
    """What was asked about which number is meant, in any year, and is not settled by a registered answer; the newest year first.
    `reply` is what the department wrote on its feedback sheet, None if nothing: nobody has registered yet what follows from it.
    """
    query = """
    select f.* from out_findings f join meta_deliveries d using (delivery)
    where list_contains(?, f.rule) and f.severity = ? and f.override is null and list_contains(?, d.status)
    order by f.year desc, f.dataset, f.line, f.message
    """
    used = [status for status in DeliveryStatus if status.is_used]
    return replied(con, rows(con, query, list(OPEN), Severity.WARNING, used))


def replied(con: duckdb.DuckDBPyConnection, found: Iterable[Row]) -> list[Row]:
    """Findings, each with `reply`: text and delivery of the newest answer of its department to it, None if there is none. The
    public edition has no answers.
    """
    query = """
    select core_replies.year, finding, arg_max(cause, version) as text, arg_max(delivery, version) as delivery
    from core_replies join meta_replies using (delivery) where finding is not null group by all
    """
    said = {(r["year"], r["finding"]): {**r, "text": r["text"].rstrip("。；;. ")} for r in rows(con, query)}
    return [{**row, "reply": said.get((row["year"], numbered(row))) if said else None} for row in found]

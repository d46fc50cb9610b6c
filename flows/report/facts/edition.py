"""One issue of a report: for whom it is, its dates and its marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from expectations.records import Catalog
from flows.warehouse import rows
from flows.wording import day, say


@dataclass(frozen=True)
class Edition:
    """Edition (版本): one issue of a report, internal (内部版) or public (公开版), draft (送审稿) or approved; its dates come from
    the register of deliveries, never from the clock.
    """

    year: int
    published: date
    locked: date
    simulated: bool
    note: str
    audience: str = "internal"
    draft: bool = False
    compiled: str = ""
    """What every page says of a report that was compiled from another body's publications; else empty."""
    as_of: date | None = None
    """The day of an edition that knows only what had come in by then."""
    beyond: bool = False
    """Whether a public edition keeps back more than need be, because the search for what need be had come to its bound."""

    @property
    def kind(self) -> str:
        """The last words of its title."""
        return say("labels/edition/compilation") if self.compiled else ""

    @property
    def internal(self) -> bool:
        return self.audience == "internal"

    @property
    def marks(self) -> str:
        """内部版 or 公开版, with 送审稿 before it until it is approved."""
        return say(f"labels/edition/{self.audience}") + (say("labels/edition/draft") if self.draft else "")

    @property
    def published_words(self) -> str:
        return day(self.published)

    @property
    def locked_words(self) -> str:
        return day(self.locked)

    @property
    def as_of_words(self) -> str:
        return say("labels/edition/as_of", day=day(self.as_of)) if self.as_of else ""


def read(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, draft: bool) -> Edition:
    found = rows(con, "select * from meta_register where year <= ? order by year desc limit 1", year)
    head: dict[str, Any] = (
        found[0] if found else {"published": date(year + 1, 7, 15), "locked": date(year + 1, 6, 30), "note": ""}
    )
    simulated = bool(rows(con, "select 1 from meta_register where simulated and year <= ?", year))
    [(decided,)] = con.execute("select max(decided_on) from meta_late").fetchall()
    audience, beyond = con.execute("select audience, beyond from meta_audience").fetchone() or ("internal", False)
    by = catalog.district.compiled_from
    issuers = "、".join(catalog.district.issuers)
    compiled = say("labels/edition/compiled", issuers=issuers, source=by.source) if by else ""
    published = max(filter(None, (head["published"], decided)))
    [as_of] = con.execute("select day from meta_as_of").fetchone() or [None]
    locked = min(filter(None, (head["locked"], as_of)))
    return Edition(year, published, locked, simulated, head["note"], audience, draft, compiled, as_of, beyond)

"""Writes what goes back from the warehouse: a feedback sheet for each department, and the statistician's page of
checks.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from expectations.records import Catalog


def departments(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, raw: Path, staging: Path) -> None:
    """Write the page of checks for the statistician, and a feedback sheet for each department that must hear of
    something.
    """
    from flows.answer import feedback, page

    page.write(con, catalog, year, staging)
    feedback.write(con, catalog, year, raw, staging / "feedback")

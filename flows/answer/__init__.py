"""Writes what goes back from the warehouse: a feedback sheet and a ledger for each department, and the statistician's page
of checks.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from expectations.records import Catalog


def departments(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, raw: Path, staging: Path) -> None:
    """Write the page of checks for the statistician, a feedback workbook for each department that has something to
    mend or to explain, and a ledger for each that a warning is about.
    """
    from flows.answer import feedback, ledger, page

    page.write(con, catalog, year, staging)
    feedback.write(con, catalog, year, raw, staging / "feedback")
    ledger.write(con, catalog, year, staging / ledger.FOLDER)

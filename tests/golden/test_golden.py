"""One whole edition, small enough to compute by hand (tests/golden/README.md); `./monitor test --renew`
writes it anew.
"""

import hashlib
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import report, validate
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from tests.fixtures.homes import Same
from tests.fixtures.printed import text
from tests.fixtures.warehouses import golden_warehouse

TABLES = ("targets", "sexes", "warnings", "deliveries", "findings")


@pytest.mark.parametrize("table", TABLES)
def test_the_tables(edition: Path, table: str, same: Same) -> None:
    same((edition / f"{table}.csv").read_text(encoding="utf-8-sig"), f"{table}.csv")


def test_the_text_of_the_report(golden: Path, tmp_path: Path, same: Same) -> None:
    catalog = load("990101", golden / "expectations")
    with golden_warehouse(golden) as con:
        html = report.compose(KINDS["annual"].of(Facts(con, catalog, 2022)), tmp_path)["report"]
    same(text(html), "report.txt")


def test_the_same_inputs_give_the_same_bytes(golden: Path, edition: Path, tmp_path: Path) -> None:
    catalog = load("990101", golden / "expectations")
    with golden_warehouse(golden) as con:
        report.make(KINDS["annual"], con, catalog, 2022, tmp_path)
    first, second = (
        hashlib.sha256(p.read_bytes()).hexdigest() for p in (edition / "report.pdf", tmp_path / "report.pdf")
    )
    assert first == second


def test_great_expectations_and_the_verdicts_agree(golden: Path) -> None:
    catalog = load("990101", golden / "expectations")
    with golden_warehouse(golden) as con:
        verdicts = con.execute(
            "select target, met from out_assessments where year = 2022 and met is not null"
        ).fetchall()
        gate = validate.gate_results(con, catalog, 2022)
    assert dict(verdicts) == {target: not missed for target, missed in gate.items()}


def test_every_cell_received_is_accounted_for(golden: Path) -> None:
    with golden_warehouse(golden) as con:
        counts = con.execute("select sum(cells_in), sum(observations), sum(rejections) from meta_deliveries").fetchone()
    assert counts is not None
    assert counts[0] == counts[1] + counts[2] == 70  # 36 + 12 + 12 + 8 figures and 2 statements

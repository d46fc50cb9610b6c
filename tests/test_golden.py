"""One whole edition, small enough to compute by hand (tests/golden/README.md); `./monitor test --renew` writes it anew."""

import hashlib
import re
from html import unescape
from pathlib import Path

import duckdb
import pytest

from expectations.catalog import load
from flows import report, validate
from flows.report.facts import Facts
from flows.report.kinds import KINDS

EXPECTED = Path(__file__).parent / "golden" / "expected"
TABLES = ("targets", "sexes", "warnings", "deliveries", "findings")


def text(html: str) -> str:
    """What the report says, without tags: the same on every machine, whatever breaks its lines."""
    body = re.sub(r"<(style|head)>.*?</\1>", "", html, flags=re.S)
    body = re.sub(r"</(td|th)>", "\t", re.sub(r"\s*\n\s*", " ", body))
    body = re.sub(r"</(p|tr|h\d|li|figcaption|thead|section)>", "\n", body)
    lines = (re.sub(r"<[^>]+>", "", line).strip() for line in body.splitlines())
    return unescape("\n".join(filter(None, lines))) + "\n"


def same(found: str, name: str, renew: bool) -> None:
    path = EXPECTED / name
    if renew:
        EXPECTED.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES)
def test_the_tables(edition: Path, table: str, renew: bool) -> None:
    same((edition / f"{table}.csv").read_text(encoding="utf-8-sig"), f"{table}.csv", renew)


def test_the_text_of_the_report(golden: Path, tmp_path: Path, renew: bool) -> None:
    catalog = load("990101", golden / "expectations")
    with duckdb.connect(str(golden / "warehouse" / "990101.duckdb"), read_only=True) as con:
        html = report.compose(KINDS["annual"].of(Facts(con, catalog, 2022)), tmp_path)
    same(text(html), "report.txt", renew)


def test_the_same_inputs_give_the_same_bytes(golden: Path, edition: Path, tmp_path: Path) -> None:
    catalog = load("990101", golden / "expectations")
    with duckdb.connect(str(golden / "warehouse" / "990101.duckdb"), read_only=True) as con:
        report.make(KINDS["annual"], con, catalog, 2022, tmp_path)
    first, second = (
        hashlib.sha256(p.read_bytes()).hexdigest() for p in (edition / "report.pdf", tmp_path / "report.pdf")
    )
    assert first == second


def test_great_expectations_and_the_verdicts_agree(golden: Path) -> None:
    catalog = load("990101", golden / "expectations")
    with duckdb.connect(str(golden / "warehouse" / "990101.duckdb"), read_only=True) as con:
        verdicts = con.execute(
            "select target, met from out_assessments where year = 2022 and met is not null"
        ).fetchall()
        gate = validate.gate_results(con, catalog, 2022)
    assert dict(verdicts) == {target: not missed for target, missed in gate.items()}


def test_every_cell_received_is_accounted_for(golden: Path) -> None:
    with duckdb.connect(str(golden / "warehouse" / "990101.duckdb"), read_only=True) as con:
        counts = con.execute("select sum(cells_in), sum(observations), sum(rejections) from meta_deliveries").fetchone()
    assert counts is not None
    assert counts[0] == counts[1] + counts[2] == 70  # 36 + 12 + 12 + 8 figures and 2 statements

"""One whole edition, small enough to compute by hand (tests/golden/README.md); `./monitor test --renew`
writes it anew.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import report, validate
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from tests.fixtures.homes import Same
from tests.fixtures.printed import setting, text
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
        report.make(KINDS["annual"], con, catalog, 2022, tmp_path, write=setting("report.pdf"))
    first, second = (
        hashlib.sha256(p.read_bytes()).hexdigest() for p in (edition / "report.pdf", tmp_path / "report.pdf")
    )
    assert first == second


def test_pages_that_take_longest_are_given_out_first_and_no_page_waits_for_a_workbook(
    golden: Path, tmp_path: Path
) -> None:
    given: list[tuple[str, int]] = []
    waiting: list[Callable[[], object]] = []

    def write(page: str, path: Path, *_: object) -> Path:
        given.append((path.relative_to(tmp_path).as_posix(), len(page)))
        return path

    catalog = load("990101", golden / "expectations")
    with golden_warehouse(golden) as con:
        report.make(KINDS["annual"], con, catalog, 2022, tmp_path, write=write, later=waiting.append)
    papers = [size for name, size in given if name.endswith(".pdf") and "/" not in name]
    assert len(papers) == 6 and papers == sorted(papers, reverse=True)
    assert given[0][0] == "data.pdf"
    later = [tmp_path / name for name in ("report.xlsx", "report.docx", "brief.docx")]
    assert not any(path.exists() for path in later)
    assert all(f'href="{path.name}"' in (tmp_path / "report.html").read_text(encoding="utf-8") for path in later)
    for step in waiting:
        step()
    assert len(waiting) == 3 and all(path.is_file() for path in later)


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

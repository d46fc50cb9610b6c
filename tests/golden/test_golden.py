"""One whole edition, small enough to compute by hand (tests/golden/README.md); `./monitor test --renew`
writes it anew.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import report, validate
from flows.report.draw.drawings import Drawings
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.kinds.report import Report
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
        html = dict(report.compose(KINDS["annual"].of(Facts(con, catalog, 2022)), tmp_path))["report"]
    same(text(html), "report.txt")


def test_the_same_inputs_give_the_same_bytes(golden: Path, edition: Path, tmp_path: Path) -> None:
    catalog = load("990101", golden / "expectations")
    with golden_warehouse(golden) as con:
        report.make(KINDS["annual"], con, catalog, 2022, tmp_path, write=setting("report.pdf"))
    first, second = (
        hashlib.sha256(p.read_bytes()).hexdigest() for p in (edition / "report.pdf", tmp_path / "report.pdf")
    )
    assert first == second


def test_papers_are_given_out_while_the_longest_is_composed_and_none_waits_for_a_workbook(
    golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    waiting: list[Callable[[], object]] = []
    context = Report.context

    def composed(made: Report, charts: Drawings) -> Mapping[str, object]:
        done.append("the report")
        return context(made, charts)

    def write(_: str, path: Path, *__: object) -> Path:
        done.append(path.relative_to(tmp_path).as_posix())
        return path

    monkeypatch.setattr(Report, "context", composed)
    catalog = load("990101", golden / "expectations")
    with golden_warehouse(golden) as con:
        report.make(KINDS["annual"], con, catalog, 2022, tmp_path, write=write, later=waiting.append)
    own = ["brief.pdf", "areas.pdf", "poster.pdf", "poster.png", "departments.pdf"]
    assert done[: len(own) + 3] == [*own, "the report", "data.pdf", "report.pdf"]
    assert all(name.startswith("feedback/") for name in done[len(own) + 3 :])
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

"""The real thing, once: a district's yearly report through the launcher, as a newcomer types it."""

import csv
import json
import re
import subprocess
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import validate
from flows.outlook.status import likelihood, reconciled
from flows.places import PROJECT
from tests.fixtures import agreeing
from tests.fixtures.methods import untrue
from tests.fixtures.newcomers import faultless, typed
from tests.fixtures.warehouses import Con, opened


@pytest.fixture(scope="module")
def baodi(checkout: Path) -> tuple[str, Path]:
    return typed(checkout, "annual", "2024"), checkout / "output/120115/2024/annual"


def test_the_summary_tells_what_came_of_it(baodi: tuple[str, Path]) -> None:
    shown, _ = baodi
    for word in ("报送", "核查结果", "目标", "预警", "report.pdf"):
        assert word in shown


def test_the_edition_is_whole(baodi: tuple[str, Path]) -> None:
    _, folder = baodi
    names = {p.name for p in folder.iterdir()}
    assert {"report.pdf", "targets.csv", "indicators.csv", "findings.csv", "manifest.json"} <= names
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["simulated"] is True


def test_no_sentence_stands_twice(baodi: tuple[str, Path]) -> None:
    """In the internal report, nor in the public one."""
    _, folder = baodi
    assert [agreeing.told_twice(folder), agreeing.told_twice(folder / "public")] == [[], []]


def test_all_papers_count_a_departments_targets_alike(baodi: tuple[str, Path]) -> None:
    """The printed sheets, the data volume, the workbook and the ledgers."""
    _, folder = baodi
    for told in (agreeing.warnings_told(folder), agreeing.behind_told(folder)):
        assert len({str(sorted(counts.items())) for counts in told.values()}) == 1, told


def test_a_lack_has_one_wording(baodi: tuple[str, Path]) -> None:
    """In the ledger of a department, and in its sheet of the workbook."""
    in_ledgers, in_sheets = agreeing.lacking_told(baodi[1])
    both = in_ledgers.keys() & in_sheets.keys()
    assert len(both) > 20
    assert {key: in_ledgers[key] for key in both} == {key: in_sheets[key] for key in both}


def test_every_goal_of_both_plans_is_judged(baodi: tuple[str, Path]) -> None:
    _, folder = baodi
    rows = list(csv.DictReader((folder / "targets.csv").read_text(encoding="utf-8-sig").splitlines()))
    goals = {(row["规划"], row["条目"]) for row in rows if row["条目"].startswith("目标")}
    assert len(goals) == 152
    assert all(row["评价"] != "—" for row in rows)


def test_bad_deliveries_are_named_and_nothing_is_lost(checkout: Path, baodi: tuple[str, Path]) -> None:
    _, folder = baodi
    told = (folder / "findings.csv").read_text(encoding="utf-8-sig")
    for word in ("约30", "宝平街到", "婦"):
        assert word in told
    with opened(checkout, "120115") as con:
        lost = con.execute(
            "select count(*) from meta_deliveries "
            "where status <> 'superseded' and cells_in <> observations + rejections"
        ).fetchone()
        missing = con.execute("select dataset from meta_deliveries where status = 'missing' and year = 2024").fetchall()
    assert lost == (0,)
    assert missing == [("exercise_survey",)]


def test_great_expectations_and_the_verdicts_agree_on_every_target(checkout: Path, baodi: tuple[str, Path]) -> None:
    catalog = load("120115")
    with opened(checkout, "120115") as con:
        verdicts = dict(
            con.execute("select target, met from out_assessments where year = 2024 and met is not null").fetchall()
        )
        gate = validate.gate_results(con, catalog, 2024)
    assert verdicts == {target: not missed for target, missed in gate.items()}


def test_no_row_expects_what_the_model_excludes(checkout: Path, baodi: tuple[str, Path]) -> None:
    """Every target in every year; in the plans' last one, 2025, nothing is foreseen any more."""
    _, folder = baodi
    with opened(checkout, "120115") as con:
        rows = con.execute(
            "select target, year, verdict, probability from out_assessments where probability is not null"
        ).fetchall()
    assert {year for _, year, *_ in rows} <= {2021, 2022, 2023, 2024}
    assert len(rows) > 300
    assert not [r for r in rows if reconciled(r[2], r[3]) != r[2]]  # of 100 %, the printed words below
    assert {r[2] for r in rows if likelihood(r[3]) == "improbable"} >= {"behind"}
    with (folder / "outlook.csv").open(encoding="utf-8-sig") as file:
        printed = list(csv.DictReader(file))
    beside = {(r["评价"].partition("（")[0], r["达标概率（%）"]) for r in printed}
    assert ("达标困难", "可能性较小") in beside
    assert not beside & {("预期可达标", "可能性较小"), ("达标困难", "可能性较大"), ("背离目标", "可能性较大")}


def test_a_second_reader_and_the_edition_itself_find_no_fault(checkout: Path, baodi: tuple[str, Path]) -> None:
    _, folder = baodi
    faultless(checkout, folder, "120115", 2024)


def test_every_verdict_is_reached_as_the_annex_says(checkout: Path, baodi: tuple[str, Path]) -> None:
    with opened(checkout, "120115") as con:
        counts, found = untrue(con, load("120115"))
    assert found == []
    assert counts.keys() >= {"kept", "rise", "linear", "direction", "path", "model", "pooled", "odds", "statement"}


KEPT_BACK = {
    "docs/disclosure.md": (
        "{rows:,} rows of `out_indicators`",
        "{hidden} rows, {share:.1f} %; {stunted} of them",
        "{resting} verdicts rest on them, {told} are told all the same; in 2024, {targets} targets say",
        "| the policy as it is | {hidden} |",
    ),
    "docs/zh-CN/disclosure.md": (
        "`out_indicators` 共{rows:,}行",
        "共{hidden}行，占{share:.1f}%；其中{stunted}行",
        "有{resting}个评价以这些数值为依据，其中{told}个仍然印出；2024年有{targets}项目标印为数据保护",
        "| 现行规定 | {hidden} |",
    ),
}


@pytest.mark.parametrize("page", KEPT_BACK)
def test_the_public_edition_keeps_back_what_the_page_says(page: str, checkout: Path, baodi: tuple[str, Path]) -> None:
    """The table of years and the sentences below it; what other policies would keep back, tests.benchmarks.disclosure
    measures.
    """
    with opened(checkout, "120115") as con:
        years = con.execute(
            "select year, count(*), count(*) filter (kind = 'primary'), count(*) filter (kind = 'secondary') "
            "from out_indicators left join out_suppressed using (indicator, year, area, institution, sex, part) "
            "group by all order by all"
        ).fetchall()
        (stunted,) = _only(con, "select count(*) from out_suppressed where indicator = 'under5_stunting'")
        resting, told = _only(con, "select count(*), count(*) filter (met) from out_withheld")
    rows, hidden = sum(year[1] for year in years), sum(year[2] + year[3] for year in years)
    public = json.loads((baodi[1] / "public/report.json").read_text(encoding="utf-8"))
    targets = sum(target["verdict"] == "suppressed" for target in public["targets"])
    figures = {
        "rows": rows,
        "hidden": hidden,
        "share": 100 * hidden / rows,
        "stunted": stunted,
        "resting": resting,
        "told": told,
        "targets": targets,
    }
    text = " ".join((PROJECT / page).read_text(encoding="utf-8").split())
    for sentence in KEPT_BACK[page]:
        assert sentence.format(**figures) in text
    for year, number, primary, secondary in years:
        assert f"| {year} | {number:,} | {primary} | {secondary} |" in text


def _only(con: Con, query: str) -> tuple[int, ...]:
    [found] = con.execute(query).fetchall()
    return tuple(found)


def headings(page: str) -> list[str]:
    """The lines of a printed page, each without what it is spaced with: a heading is one of them."""
    return ["".join(line.split()) for line in page.splitlines()]


def test_the_printed_report(baodi: tuple[str, Path]) -> None:
    _, folder = baodi
    command = ["pdftotext", "-layout", str(folder / "report.pdf"), "-"]
    pages = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\f")[:-1]
    body = "".join(pages)
    for domain in (d.title for plan in load("120115").plans for d in plan.domains):
        assert domain in body
    assert ["摘要" in "".join(page.split()) for page in pages[:3]] == [False, True, False]
    assert "目录" in headings(pages[2]), "the summary is one page"
    third = ["pdftotext", "-layout", "-f", "3", "-l", "3", str(folder / "public" / "report.pdf"), "-"]
    public = subprocess.run(third, check=True, capture_output=True, text=True).stdout
    assert "目录" in headings(public), "and so is the public one"
    assert not re.search(r"\b(None|nan|not_received|unknown)\b", body)
    assert all(not page.strip() or "模拟数据" in page for page in pages)

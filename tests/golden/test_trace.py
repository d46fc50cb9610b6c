"""Where a figure comes from: every figure of the golden district, and every figure printed of it, leads to cells in files
that a second reader finds there.
"""

import csv
import html
import io
import json
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows.desk import trace
from flows.desk.trace import FigureAsked, Trace
from flows.edition import approved, figures, record
from flows.edition.approved import Anchored, Approval, Approver, Maker
from flows.journal import Journal
from flows.places import MendableError
from flows.wording import BEIJING
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import golden_warehouse, written


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load("990101", GOLDEN / "expectations")


@pytest.fixture(scope="module")
def warehouse(golden: Path) -> Path:
    return golden / "warehouse" / "990101.duckdb"


@pytest.fixture(scope="module")
def traced(golden: Path, catalog: Catalog, warehouse: Path) -> list[Trace]:
    """Every figure of the district and of its areas."""
    with golden_warehouse(golden) as con:
        keys = con.execute(
            "select indicator, year, area, sex, part from out_indicators where institution = ''"
        ).fetchall()
    return [trace.trace(warehouse, catalog, FigureAsked(*key)) for key in keys]


def test_cells_add_up_to_every_figure_that_is_there(traced: list[Trace]) -> None:
    assert len(traced) > 40
    assert [(t.name, t.year, t.place, s.name) for t in traced for s in t.sides if s.agrees is False] == []
    assert all(side.cells for t in traced if t.unrounded is not None for side in t.sides)


def test_a_second_reader_finds_each_cell_as_it_is_told(traced: list[Trace]) -> None:
    """The csv module and the line's number, and nothing of ours but the encoding."""
    seen = 0
    for t in traced:
        for cell in (c for side in t.sides for c in side.cells if c.file.endswith(".csv")):
            text = (GOLDEN / "raw" / "990101" / cell.file).read_bytes()
            lines = list(csv.reader(io.StringIO(decoded(text))))
            assert lines[cell.line - 1][lines[0].index(cell.column)].strip() == cell.written.strip()
            seen += 1
    assert seen > 100


def decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("gb18030")


def test_a_printed_figure_is_followed_by_its_id(edition: Path, catalog: Catalog, warehouse: Path) -> None:
    """The ids of figures.csv that name a value of a year lead to that value."""
    printed = figures.parse((edition / figures.NAME).read_bytes(), "report")
    known = {p.id for p in catalog.promises(2022) if p.target.rule.series == "value"}
    facts = {p.fact for p in printed if p.fact.endswith("/2022/value") and p.fact.partition("/")[0] in known}
    assert facts
    for fact in facts:
        asked = trace.asked(catalog, fact, None, "", "total", "")
        assert asked.year == 2022
        assert trace.trace(warehouse, catalog, asked).name


def test_a_figure_that_is_worked_out_is_not_shown_as_another(catalog: Catalog, edition: Path) -> None:
    """A change or a count is no cell: the figure behind it in its place would be untrue."""
    printed = {p.fact for p in figures.parse((edition / figures.NAME).read_bytes(), "report") if not p.sense}
    derived = {
        fact for fact in printed if fact.endswith(("/change_previous", "/gap", "/completion")) or "tally/" in fact
    }
    assert derived
    for fact in derived:
        with pytest.raises(MendableError, match="不是指标数值的编号"):
            trace.asked(catalog, fact, None, "", "total", "")


def test_a_lowest_place_and_a_distance_are_told_though_their_id_ends_like_a_value(catalog: Catalog) -> None:
    """The neighbour: the value of a target that is a figure itself is followed."""
    of = {p.target.rule.series: f"{p.id}/2022/value" for p in catalog.promises(2022) if p.indicator}
    for series in ("lowest", "gap"):
        with pytest.raises(MendableError, match="差距和最低值的编号也以 /value 结尾"):
            trace.asked(catalog, of[series], None, "", "total", "")
    assert trace.asked(catalog, of["value"], None, "", "total", "").year == 2022


def test_what_has_no_number_is_not_said_to_add_up(traced: list[Trace]) -> None:
    missing = next(t for t in traced if t.unrounded is None and any(s.agrees is None for s in t.sides))
    out = io.StringIO()
    trace.show(missing, "text", out)
    assert "没有数值" in out.getvalue()
    assert "None" not in out.getvalue()


def test_a_figure_that_is_not_there_says_why(traced: list[Trace]) -> None:
    missing = [t for t in traced if t.unrounded is None]
    assert missing
    assert all(t.value == t.state != "" for t in missing)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("没有这个指标", 2022, "", "total"), "没有名为“没有这个指标”的指标"),
        (("cervical_screening", None, "", "total"), "没有写年份"),
        (("cervical_screening", 2022, "某某镇", "total"), "没有地区“某某镇”"),
        (("cervical_screening", 2022, "", "其他"), "没有性别“其他”"),
    ],
)
def test_what_names_no_figure_is_told(words: tuple[str, int | None, str, str], told: str, catalog: Catalog) -> None:
    what, year, area, sex = words
    with pytest.raises(MendableError, match=told):
        trace.asked(catalog, what, year, area, sex, "")


@pytest.mark.parametrize(
    ("area", "code"),
    [("示例区", "990101"), ("示例市示例区", "990101"), ("全区", "990101"), ("东街道", "990101001"), ("", "990101")],
)
def test_a_place_is_named_as_reports_print_it(area: str, code: str, catalog: Catalog) -> None:
    assert trace.asked(catalog, "cervical_screening", 2022, area, "total", "").area == code


def test_a_year_without_a_figure_names_those_that_have_one(catalog: Catalog, warehouse: Path) -> None:
    asked = trace.asked(catalog, "cervical_screening", 2031, "", "total", "")
    with pytest.raises(MendableError, match=r"有数值的年份：.*2022"):
        trace.trace(warehouse, catalog, asked)


def test_without_a_warehouse_there_is_nothing_to_follow(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(MendableError, match="没有数据库"):
        trace.trace(tmp_path / "none.duckdb", catalog, FigureAsked("cervical_screening", 2022, "990101"))


def test_a_warehouse_of_another_program_is_named_and_not_asked(
    catalog: Catalog, warehouse: Path, tmp_path: Path
) -> None:
    """The neighbour: a copy with a table more, as each form has one of its own, is followed."""
    copy, asked = Path(shutil.copy(warehouse, tmp_path)), FigureAsked("cervical_screening", 2022, "990101")
    with written(copy) as con:
        con.execute("create table raw_other (line integer)")
    assert trace.trace(copy, catalog, asked).value
    with written(copy) as con:
        con.execute("alter table core_observations rename column institution to unit")
    with pytest.raises(MendableError, match=r"由另一版程序生成.*请先用 \./monitor annual"):
        trace.trace(copy, catalog, asked)


def test_text_and_json_tell_the_same(catalog: Catalog, warehouse: Path) -> None:
    found = trace.trace(warehouse, catalog, trace.asked(catalog, "cervical_screening", 2022, "", "total", ""))
    text, data = io.StringIO(), io.StringIO()
    trace.show(found, "text", text)
    trace.show(found, "json", data)
    told = json.loads(data.getvalue())
    assert told["value"] in text.getvalue()
    for cell in (c for side in told["sides"] for c in side["cells"]):
        assert f"第{cell['line']}行“{cell['column']}”列，原文“{cell['written']}”" in text.getvalue()


def test_what_is_not_told_by_sex_or_area_says_what_there_is(catalog: Catalog, warehouse: Path) -> None:
    """The neighbour: the same figure without the sex is there."""
    with pytest.raises(MendableError, match="没有示例市示例区男的数值；示例市示例区只有合计的"):
        trace.trace(warehouse, catalog, trace.asked(catalog, "cervical_screening", 2022, "", "male", ""))
    assert trace.trace(warehouse, catalog, trace.asked(catalog, "cervical_screening", 2022, "", "total", "")).value


def test_a_finding_of_the_district_is_none_of_its_areas(traced: list[Trace], golden: Path, catalog: Catalog) -> None:
    """The neighbour: the district's own figure tells it."""
    with golden_warehouse(golden) as con:
        found = con.execute(
            "select indicator, year, message from out_findings where indicator is not null and area is null or area = '990101'"
        ).fetchall()
    told = 0
    for indicator, year, message in found:
        for t in (t for t in traced if indicator and (t.name, t.year) == (catalog.indicators[indicator].name, year)):
            of_it = any(message in line for line in t.told.findings)
            told += of_it
            assert not of_it or t.place == catalog.district.name
    assert told


def test_cells_that_cannot_be_used_are_shown_with_the_figure_that_lacks_them(traced: list[Trace]) -> None:
    refused = [line for t in traced for side in t.sides for line in side.refused]
    with_reason = [line for line in refused if "原文“" in line and "：" in line]
    assert refused == with_reason != []


def test_the_page_tells_what_the_text_tells(catalog: Catalog, warehouse: Path, traced: list[Trace]) -> None:
    """Each line of the text stands on the page, apart from how a cell is laid out; nothing of a file becomes markup."""
    found = next(t for t in traced if any(side.refused for side in t.sides))
    text, page = io.StringIO(), io.StringIO()
    trace.show(found, "text", text)
    trace.show(found, "page", page)
    tree = html.unescape(page.getvalue())
    for line in text.getvalue().splitlines():
        if "←" not in line:
            assert line.strip().partition("：")[2] in tree
    assert all(c.written in tree and c.file in tree for side in found.sides for c in side.cells)
    assert found.simulated in tree


def test_markup_in_a_cell_is_text_on_the_page(traced: list[Trace]) -> None:
    found = traced[0]
    cell = replace(found.sides[0].cells[0], written="<script>alert(1)</script>")
    page = io.StringIO()
    trace.show(replace(found, sides=[replace(found.sides[0], cells=[cell])]), "page", page)
    assert "<script" not in page.getvalue()
    assert "&lt;script&gt;" in page.getvalue()


def test_what_turns_the_direction_of_text_is_named_on_the_page(traced: list[Trace]) -> None:
    found = next(t for t in traced if t.sides and t.sides[0].cells)
    cell = replace(found.sides[0].cells[0], written="12\u202e34")
    page = io.StringIO()
    trace.show(replace(found, sides=[replace(found.sides[0], cells=[cell])]), "page", page)
    assert "12⟨U+202E⟩34" in page.getvalue() and "\u202e" not in page.getvalue()


def test_approved_editions_that_have_the_figure_are_named(
    golden: Path, edition: Path, catalog: Catalog, warehouse: Path, tmp_path: Path
) -> None:
    """The second edition was approved with another value of it; the third, which is not whole, proves nothing."""
    history = Journal(tmp_path / "journal")
    for number in (1, 2, 3):
        copy = tmp_path / str(number)
        shutil.copytree(edition, copy)
        if number == 2:
            path = copy / "report.json"
            told = json.loads(path.read_text(encoding="utf-8"))
            [value] = [
                v
                for v in told["indicators"]["cervical_screening"]["values"]
                if (v["year"], v["area"], v["sex"]) == (2022, "990101", "total")
            ]
            value["value"] = 61.25
            path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        kept(history, copy, number)
    with suppress(PermissionError):
        (history.folder / "approved" / "2022-annual-3").chmod(0o700)
    (history.folder / "approved" / "2022-annual-3" / "targets.csv").unlink()
    asked = trace.asked(catalog, "cervical_screening", 2022, "", "total", "")
    told = trace.trace(warehouse, catalog, asked, history).told.approvals
    assert [line.rpartition("：")[2] for line in told] == ["与此相同", "当时为61.25%", "这一版不完整，不能查对"]
    assert trace.trace(warehouse, catalog, asked).told.approvals == []


def kept(history: Journal, edition: Path, number: int) -> None:
    """An edition that was approved as the n-th."""
    anchor = history.anchor()
    approval = Approval(
        district="990101",
        year=2022,
        kind="annual",
        number=number,
        run=str(number) * 64,
        approver=Approver(name="李某", account="li", proved="account"),
        at=datetime(2023, 8, number, 9, tzinfo=BEIJING),
        maker=Maker(account="zhang", at=datetime(2023, 8, 1, 8, tzinfo=BEIJING)),
        acknowledged=(),
        supersedes=number - 1 or None,
        journal=Anchored(number=anchor.number, hash=anchor.hash),
        manifest=record.digest(edition / "manifest.json"),
        files=record.files(edition),
    )
    with approved.alone(history):
        approved.keep(history, edition, approval, history.folder / "no keys")

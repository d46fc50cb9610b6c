"""The report as a Word document: the words and figures of report.txt, in a page of the standard, the same bytes again."""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zipfile import ZipFile

import docx
import pytest
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph
from PIL import Image

from flows.press import document, pdf
from flows.press import docx as word
from flows.press.binding import NUMERAL

PUBLISHED = datetime(2023, 7, 15, 9)
PAGE = """<!DOCTYPE html>
<html><head><title>甲县报告</title><meta name="author" content="甲县统计局"></head><body>
<span class="mark">模拟数据</span><span class="running">2022年报告　内部版</span>
<section class="cover"><h1>甲县<br>报告</h1></section>
<section class="chapter"><h2>一、总体</h2><p>共<b>3</b>项。</p>
<div class="table"><p class="caption">表1</p>{table}</div></section>
<section class="wide"><h2>附表</h2></section>
</body></html>"""
TABLE = """<table class="three"><colgroup><col style="width:56mm"></colgroup>
<thead><tr><th scope="col" rowspan="2">指标</th><th scope="colgroup" colspan="2">数值</th></tr>
<tr><th scope="col">甲</th><th scope="col">乙<br>丙</th></tr></thead>
<tbody><tr class="group"><th scope="rowgroup" colspan="3">规划</th></tr>
<tr><th scope="row">率</th><td class="n">1.5</td><td class="c bad">▲</td></tr></tbody></table>"""


def texts(path: Path) -> Iterator[str]:
    """Every paragraph in reading order, also those in cells."""
    body = docx.Document(str(path)).element.body
    for paragraph in body.iter(qn("w:p")):
        yield Paragraph(paragraph, body).text


def bare(texts: Iterator[str]) -> str:
    return "".join("".join(texts).split())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docx")
    return word.write(PAGE.format(table=TABLE), folder, folder / "a.docx", PUBLISHED.date())


def test_it_says_what_the_paper_says(edition: Path) -> None:
    written = list(edition.glob("*.docx"))
    assert edition / "report.docx" in written
    for path in written:
        _furniture, *nodes = path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()
        assert bare(texts(path)) == bare(iter(nodes))
    assert len(NUMERAL.findall(bare(texts(edition / "report.docx")))) > 100


def test_only_those_inside_are_asked_to_comment(edition: Path) -> None:
    assert (edition / "report.docx").is_file()
    assert not (edition / "data.docx").is_file()
    assert not list((edition / "public").glob("*.docx"))


def test_charts_are_pictures_with_their_words(edition: Path) -> None:
    page = (edition / "report.html").read_text(encoding="utf-8")
    told = [p.get("descr") for p in docx.Document(str(edition / "report.docx")).element.body.iter(qn("wp:docPr"))]
    assert told
    assert all(alt and alt in page for alt in told)


def test_a_chart_is_shown_to_its_edges(tmp_path: Path) -> None:
    """A sheet that is drawn all black has no white edge, and nothing of it is cut: its last column is grey."""
    chart = tmp_path / "chart.svg"
    chart.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="90pt" height="36pt" viewBox="0 0 90 36">'
        '<path d="M0 0H90V36H0Z"/><path d="M81 0H90V36H81Z" fill="#888888"/></svg>'
    )
    [picture] = word._drawn(pdf.charts([chart]))
    with Image.open(io.BytesIO(picture)) as drawn:
        grey, (width, height) = drawn.convert("L"), drawn.size
    assert (width, height) == (250, 100)
    seen = [grey.getpixel(at) for at in ((1, 1), (1, 98), (220, 50), (230, 50), (248, 1), (248, 98))]
    assert seen == [0, 0, 0, 0x88, 0x88, 0x88]


def test_headings_are_headings(made: Path) -> None:
    found = [(p.style.name, p.text) for p in docx.Document(str(made)).paragraphs if p.text]
    assert found == [("Title", "甲县\n报告"), ("Heading 1", "一、总体"), ("Normal", "共3项。"), ("Caption", "表1"),
                     ("Heading 1", "附表")]  # fmt: skip


def test_a_table_keeps_its_cells_and_repeats_its_head(made: Path) -> None:
    [table] = docx.Document(str(made)).tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["指标", "数值", "数值"], ["指标", "甲", "乙\n丙"], ["规划"] * 3, ["率", "1.5", "▲"],
    ]  # fmt: skip
    assert [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows] == [True, True, False, False]
    widths = [round(int(column.get(qn("w:w"))) / 1440 * 25.4) for column in table._tbl.tblGrid]
    assert widths == [56, 50, 50]


def test_pages_are_those_of_the_standard(made: Path) -> None:
    cover, body, wide = docx.Document(str(made)).sections
    for section in (cover, body):
        sides = (section.top_margin, section.right_margin, section.bottom_margin, section.left_margin)
        assert [round(side.mm) for side in sides if side] == [37, 26, 35, 28]
    assert [round(side.mm) for side in (wide.page_width, wide.page_height) if side] == [297, 210]
    assert cover.different_first_page_header_footer
    assert [bool(section.footer.paragraphs[0]._p.findall(qn("w:fldSimple"))) for section in (cover, body, wide)] == [
        False, True, True,
    ]  # fmt: skip
    assert body.header.paragraphs[0].text == "2022年报告　内部版\t模拟数据"


def test_a_table_between_others_stays_a_table_of_its_own(tmp_path: Path) -> None:
    made = word.write(PAGE.format(table=TABLE + TABLE), tmp_path, tmp_path / "a.docx", PUBLISHED.date())
    kinds = [type(part) for part in docx.Document(str(made)).iter_inner_content()]
    first = kinds.index(Table)
    assert kinds[first : first + 3] == [Table, Paragraph, Table]


def test_the_same_page_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    again = word.write(PAGE.format(table=TABLE), tmp_path, tmp_path / "b.docx", PUBLISHED.date())
    assert again.read_bytes() == made.read_bytes()
    known = docx.Document(str(made)).core_properties
    assert (known.title, known.author, known.modified.replace(tzinfo=None)) == ("甲县报告", "甲县统计局", PUBLISHED)
    with ZipFile(made) as parts:
        assert {entry.date_time[0] for entry in parts.infolist()} == {1980}
        assert not re.search("python-docx", parts.read("docProps/core.xml").decode())


def test_no_line_ends_within_a_number(tmp_path: Path) -> None:
    page = "<html><body><section><p>71940人</p></section></body></html>"
    made = word.write(page, tmp_path, tmp_path / "a.docx", PUBLISHED.date())
    assert "71940人" in list(texts(made))


def test_the_mark_of_a_paper_for_leaders_stands_apart_from_its_name(tmp_path: Path) -> None:
    page = '<html><body><section class="brief"><p class="kicker">专报<span>内部版</span></p></section></body></html>'
    made = word.write(page, tmp_path, tmp_path / "a.docx", PUBLISHED.date())
    assert "专报\t内部版" in list(texts(made))


def test_text_that_stands_beside_a_paragraph_is_a_fault(tmp_path: Path) -> None:
    page = "<html><body><section>{}<p>段落</p></section></body></html>"
    made = word.write(page.format("<div>文字</div><div></div>"), tmp_path, tmp_path / "a.docx", PUBLISHED.date())
    assert [text for text in texts(made) if text] == ["文字", "段落"]
    with pytest.raises(AssertionError):
        word.write(document.read(page.format("文字")), tmp_path, tmp_path / "a.docx", PUBLISHED.date())

"""A cell is read as its sender sees it, what Excel opens is opened, and what is no table is called by its name."""

import io
import os
import socket
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import openpyxl
import pytest
import xlwt
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from flows.coordinates import column_letters
from flows.files import File, UnreadableError, limits, open_file, sheet, workbooks, xlsx
from flows.files.formats import show, show_text
from flows.files.source import FileBytes
from flows.ingest.table import DeliveredTable
from flows.workbook import Looks, put_text
from tests.fixtures.deliveries import CATALOG
from tests.fixtures.make import BIRTHS, ROWS, plain
from tests.fixtures.make import rows as put_rows
from tests.fixtures.make import xlsx as made
from tests.fixtures.workbooks import (
    BOOK,
    D3,
    SHEET,
    SOUND,
    cell,
    commented,
    edited,
    formatted_only,
    renamed,
    styled,
)  # fmt: skip

TEXTS = [list(map(str, row)) for row in ROWS]


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    def opening(data: bytes, name: str = "报表.xlsx") -> File:
        path = tmp_path / name
        path.write_bytes(data)
        return open_file(path)

    return opening


def texts(file: File) -> list[list[str]]:
    return [row.cells for row in file.views[0].rows()]


def d3(file: File) -> str:
    return texts(file)[2][3]


def refusal(opening: Any, data: bytes, name: str = "报表.xlsx") -> str:
    with pytest.raises(UnreadableError) as caught:
        for view in opening(data, name).views:
            list(view.rows())
    assert caught.value.defect.cure
    return caught.value.defect.problem


def test_columns_are_named_as_a_spreadsheet_names_them() -> None:
    columns = range(1, limits.COLUMNS + 1)
    assert [*map(column_letters, columns)] == [*map(get_column_letter, columns)]


@pytest.mark.parametrize("texts", [("文字", "=1+1", "文字"), ("=1+1", "文字", "=1+1")])
def test_cells_of_one_look_keep_what_belongs_to_their_texts(texts: tuple[str, ...]) -> None:
    sheet, looks = openpyxl.Workbook().worksheets[0], Looks()
    cells = [put_text(sheet, row, 1, text) for row, text in enumerate(texts, 1)]
    looks.give(cells[0], "body", font=Font("宋体", 10.5))
    with patch.object(Font, "__hash__", side_effect=AssertionError("compared again")):
        for cell in cells[1:]:
            looks.give(cell, "body", font=Font("宋体", 10.5))
    assert {cell.font.name for cell in cells} == {"宋体"}
    looks.give(cells[0], "link", font=Font("黑体", 16))
    assert [cell.font.name for cell in cells] == ["黑体", "宋体", "宋体"]
    assert [cell.quotePrefix for cell in cells] == [text.startswith("=") for text in texts]


# --- what a number format shows --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "code", "read"),
    [
        # what is shown is what is stored
        ("200", "General", "200"), ("200", "0", "200"), ("1234567", "#,##0", "1234567"), ("0.805", "0.0%", "80.5%"),
        ("200", '0"人"', "200人"), ("80", '0"‰"', "80‰"), ("65.12", '0.00"万人"', "65.12万人"), ("200", 'General"人"', "200人"),
        ("-200", "0;[Red]-0", "-200"), ("-200", "#,##0_);(#,##0)", "-200"), ("200", "[DBNum1]General", "200"),
        ("200", "G/通用格式", "200"), ("1200", "_ * #,##0_ ;_ * -#,##0_ ;_ * \"-\"_ ;_ @_ ", "1200"),
         ("0.25", ".00", "0.25"),
        ("9", '[>=10000]0!.0,"万";0', "9"), ("65000", "0.0E+00", "65000"), ("2", "# ?/?", "2"),
         ("45292", 'yyyy"年"', "2024年"),
        ("45292", "yyyy-mm-dd", "2024-01-01"), ("0.5", "h:mm", "12:00:00"),
         ("0", "_ * \"-\"_ ;_ * -0_ ;_ * \"-\"_ ", "0"),
        # it is not: both are told, and the text is no figure
        ("2", '0"百"', "2（按格式显示为2百）"), ("651234", "0!.0000", "651234（按格式显示为65.1234）"),
        ("651234", "0\\.0000", "651234（按格式显示为65.1234）"), ("651234", '0"."0000', "651234（按格式显示为65.1234）"),
        ("651234", "0.00,", "651234（按格式显示为651.23）"), ("651234", '0!.0,"万"', "651234（按格式显示为65.1万）"),
        ("200", ";;;", "200（按格式不显示）"), ("200", '""', "200（按格式不显示）"), ("200", '"无"', "200（按格式显示为“无”）"),
        ("0", "0;-0;", "0（按格式不显示）"), ("0", "#,###", "0（按格式不显示）"), ("0", '0;-0;"—"', "0（按格式显示为“—”）"),
        ("-200", "0;0", "-200（按格式显示为200）"), ("200", "-0", "200（按格式显示为-200）"), ("200", "[White]0", "200（按格式不显示）"),
        ("200", "+0", "200（按格式显示为“+200”）"), ("1024.5", '"¥"#,##0.00', "1024.5（按格式显示为“¥1024.50”）"),
        ("199.6", "0", "199.6（按格式显示为200）"), ("199.6", "#,##0", "199.6（按格式显示为200）"),
         ("0.004", "0.00", "0.004（按格式显示为0.00）"),
        ("651234", "0.00E+00", "651234（按格式显示为6.51E+5）"), ("0.5", "# ?/?", "0.5（按格式显示为分数）"),
        ("2024", "yyyy", "2024（按日期格式显示为1905年）"), ("0.5", "[h]:mm", "0.5（按格式显示为时长12:00）"),
        ("-1", "yyyy-mm-dd", "-1（按格式不能显示为日期）"), ("1", '[=1]"是";[=2]"否";0', "1（按格式显示为“是”）"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_its_format_shows_it(stored: str, code: str, read: str) -> None:
    assert show(Decimal(stored), code).text == read


@pytest.mark.parametrize(
    ("stored", "code", "read", "beside"),
    [
        ("0.804545", "0.0%", "80.5%", "80.4545%"), ("65.12345", "0.0000", "65.1235", "65.12345"),
        ("2.345", "0.##", "2.35", "2.345"), ("-1.25", "0.0", "-1.3", "-1.25"), ("0.805", "0.0%", "80.5%", ""),
    ],
)  # fmt: skip
def test_decimals_are_taken_as_they_are_seen_and_what_is_stored_is_told(
    stored: str, code: str, read: str, beside: str
) -> None:
    assert show(Decimal(stored), code) == (read, beside)


@pytest.mark.parametrize(
    ("text", "code", "read"),
    [
        ("西桥镇", "General", "西桥镇"),
        ("西桥镇", "@", "西桥镇"),
        ("西桥", '@"镇"', "西桥镇"),
        ("西桥镇", ";;;", "西桥镇（按格式不显示）"),
    ],
)
def test_a_text_under_a_format(text: str, code: str, read: str) -> None:
    assert show_text(text, code) == read


def test_days_count_from_1904_where_the_workbook_says_so() -> None:
    assert show(Decimal(44195), "yyyy-mm-dd", base_1904=True).text == "2024-12-31"
    assert show(Decimal(44195), "yyyy-mm-dd").text == "2020-12-30"


def test_a_format_reaches_the_cell_and_decimals_that_are_not_shown_are_told(opened: Any) -> None:
    assert d3(opened(styled("2", '0"百"'))) == "2（按格式显示为2百）"
    file = opened(styled("200.04", "0.0"))
    assert d3(file) == "200.0"
    [told] = file.views[0].remarks
    assert (told.rule, told.severity, told.position) == ("shown_decimals", "info", 4)
    assert "D列按单元格显示的小数位读取（如第3行存储的是200.04，显示并读取为200.0）" in told.problem
    assert not opened(styled("200.5", "0.0")).views[0].remarks


def test_zeros_that_a_sheet_does_not_show(opened: Any) -> None:
    hidden = edited((SHEET, "<sheetView ", '<sheetView showZeros="0" '))
    assert texts(opened(hidden))[3][4] == "0（零值不显示）"
    assert texts(opened(SOUND))[3][4] == "0"


# --- what letters look like ------------------------------------------------------------------------------------------

RAISED, STRUCK = '<rPr><vertAlign val="superscript"/></rPr>', "<rPr><strike/></rPr>"


def runs(*pieces: str) -> bytes:
    xml = "".join(f"<r>{piece}</r>" for piece in pieces)
    return cell(f'<c r="D3" t="inlineStr"><is>{xml}</is></c>')


@pytest.mark.parametrize(
    ("pieces", "read"),
    [
        (("<t>200</t>", f"{RAISED}<t>1</t>"), "200（上标1）"),
        ((f"{RAISED}<t>200</t>",), "200（上标）"),
        (('<t xml:space="preserve"> </t>', f"{RAISED}<t>200</t>"), " 200（上标）"),  # a blank before it is not raised
        ((f"{STRUCK}<t>180</t>", "<rPr/><t>200</t>"), "180200（其中180有删除线）"),
        ((f"{STRUCK}<t>200</t>",), "200（有删除线）"),
        (("<t>面积（m</t>", f"{RAISED}<t>2</t>", "<t>）</t>"), "面积（m²）"),
        (("<t>H</t>", '<rPr><vertAlign val="subscript"/></rPr><t>2</t>', "<t>O</t>"), "H₂O"),
        (("<t>20</t>", "<rPr><b/></rPr><t>0</t>"), "200"),
        (("<t>200</t>", '<rPr><vertAlign val="baseline"/></rPr><t>1</t>'), "2001"),
        (('<rPr><strike val="0"/></rPr><t>200</t>',), "200"),
    ],
)
def test_runs_that_are_raised_or_struck_out_are_no_part_of_a_figure(opened: Any, pieces: Any, read: str) -> None:
    assert d3(opened(runs(*pieces))) == read


def test_the_same_in_shared_strings_and_without_what_is_read_aloud(opened: Any) -> None:
    strings = (f"<sst><si><r><t>200</t></r><r>{RAISED}<t>1</t></r></si>"
               "<si><t>西桥镇</t><rPh sb=\"0\" eb=\"1\"><t>XIQIAO</t></rPh></si></sst>").encode()  # fmt: skip
    shared = edited((SHEET, D3, '<c r="D3" t="s"><v>0</v></c><c r="F3" t="s"><v>1</v></c>'),
                    parts={"xl/sharedStrings.xml": strings})  # fmt: skip
    assert d3(opened(shared)) == "200（上标1）"
    assert texts(opened(shared))[2][5] == "西桥镇"


def test_a_whole_cell_struck_out_or_white(opened: Any) -> None:
    white, green = (
        '<font><color rgb="FFFFFFFF"/></font>',
        '<fill><patternFill patternType="solid"><fgColor rgb="FF00B050"/></patternFill></fill>',
    )
    assert d3(opened(styled("200", font="<font><strike/></font>"))) == "200（有删除线）"
    assert d3(opened(styled("200", font=white))) == "200（白色字，看不见）"
    assert d3(opened(styled("200", font=white, fill=green))) == "200"
    assert d3(opened(styled("200", font="<font><b/></font>"))) == "200"


def old(change: Any, style: Any = None) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("数据")
    for r, row in enumerate(ROWS):
        for c, value in enumerate(row):
            if (r, c) != (2, 3):
                sheet.write(r, c, value)
    change(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_same_in_workbooks_of_excel_97(opened: Any) -> None:
    raised, struck = xlwt.easyfont("escapement superscript"), xlwt.easyfont("struck_out on")
    usual = xlwt.easyfont("")
    assert d3(opened(old(lambda s: s.write_rich_text(2, 3, [("200", usual), ("1", raised)])))) == "200（上标1）"
    assert (
        d3(opened(old(lambda s: s.write_rich_text(2, 3, [("180", struck), ("200", usual)]))))
        == "180200（其中180有删除线）"
    )
    assert d3(opened(old(lambda s: s.write(2, 3, 200, xlwt.easyxf("font: struck_out on"))))) == "200（有删除线）"
    assert d3(opened(old(lambda s: s.write(2, 3, 2, xlwt.easyxf(num_format_str='0"百"'))))) == "2（按格式显示为2百）"
    assert d3(opened(old(lambda s: s.write(2, 3, 200)))) == "200"

    def unseen(sheet: xlwt.Worksheet) -> None:
        sheet.write(2, 3, 200)
        sheet.row(2).hidden = True
        sheet.col(4).hidden = True

    view = opened(old(unseen)).views[0]
    assert (view.hidden, view.hidden_columns) == ((3,), ("E",))


# --- formulas and kinds of cells -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "read"),
    [
        ('<c r="D3"><f>150+50</f><v>200</v></c>', "200"),
        ('<c r="D3"><f>[1]Sheet1!$B$2</f><v>200</v></c>', "200"),
        ('<c r="D3" t="str"><f>"200"</f><v>200</v></c>', "200"),
        ('<c r="D3" t="str"><f>IF(1,"")</f><v></v></c>', ""),
        ('<c r="D3"><f>150+50</f></c>', "公式尚未计算：=150+50"),
        ('<c r="D3"><f>150+50</f><v>0</v></c>', "公式尚未计算：=150+50"),
        ('<c r="D3"><f t="array" ref="D3">SUM(150*1,50*1)</f></c>', "公式尚未计算：=SUM(150*1,50*1)"),
        ('<c r="D3"><f t="array" ref="D3">SUM(150*1,50*1)</f><v>200</v></c>', "200"),
        ('<c r="D3" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
        ('<c r="D3" t="b"><v>1</v></c>', "TRUE"),
        ('<c r="D3" t="d"><v>2024-12-31T00:00:00</v></c>', "2024-12-31"),
        ('<c r="D3"><v>80.49999999999999</v></c>', "80.5"),
        ('<c r="D3"><v>2E2</v></c>', "200"),
        ('<c r="D3" t="str"><v>西桥_x000D_镇_x005F_x000D_</v></c>', "西桥\r镇_x000D_"),
        ('<c r="D3" t="inlineStr"><is><t xml:space="preserve">  </t></is></c>', "  "),
    ],
)
def test_what_a_cell_holds(opened: Any, xml: str, read: str) -> None:
    assert d3(opened(cell(xml))) == read


def test_a_zero_that_was_computed_is_one(opened: Any) -> None:
    zero = (SHEET, D3, '<c r="D3"><f>1-1</f><v>0</v></c>')
    chain = b'<calcChain><c r="D3" i="1"/></calcChain>'
    home = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rel = f'<Relationship Id="chain" Type="{home}/calcChain" Target="calcChain.xml"/></Relationships>'
    computed = edited(zero, (BOOK, ' fullCalcOnLoad="1"', ""), ("xl/_rels/workbook.xml.rels", "</Relationships>", rel),
                      parts={"xl/calcChain.xml": chain})  # fmt: skip
    assert d3(opened(computed)) == "0"
    assert d3(opened(edited(zero, (BOOK, ' fullCalcOnLoad="1"', "")))) == "公式尚未计算：=1-1"


def test_a_shared_formula_that_was_never_computed_is_quoted(opened: Any) -> None:
    shared = edited((SHEET, D3, '<c r="D3"><f t="shared" si="0" ref="D3:D4">E3*2</f></c>'),
                    (SHEET, '<c r="D4" t="n"><v>100</v></c>', '<c r="D4"><f t="shared" si="0"/></c>'))  # fmt: skip
    assert texts(opened(shared))[3][3] == "公式尚未计算：=E3*2"


# --- what the sender does not see ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "rows", "columns"),
    [
        ((SHEET, '<row r="3"', '<row hidden="1" r="3"'), (3,), ()),
        ((SHEET, '<row r="3"', '<row ht="0" customHeight="1" r="3"'), (3,), ()),
        ((SHEET, '<row r="3"', '<row ht="15" r="3"'), (), ()),
        ((SHEET, "<sheetData>", '<cols><col min="4" max="9" hidden="1"/></cols><sheetData>'), (), ("D", "E")),
        (
            (SHEET, "<sheetData>", '<cols><col min="5" max="5" width="0" customWidth="1"/></cols><sheetData>'),
            (),
            ("E",),
        ),
        ((SHEET, "<sheetData>", '<cols><col min="7" max="9" hidden="1"/></cols><sheetData>'), (), ()),
        ((SHEET, "</sheetData>", '<row hidden="1" r="9"/></sheetData>'), (), ()),
    ],
)
def test_hidden_rows_and_columns_with_content_are_known(opened: Any, change: Any, rows: Any, columns: Any) -> None:
    view = opened(edited(change)).views[0]
    assert (view.hidden, view.hidden_columns) == (rows, columns)


def as_births(file: File) -> DeliveredTable:
    table = DeliveredTable(file, CATALOG.datasets["births"], CATALOG.codes, 2024)
    assert list(table.chunks())
    return table


@pytest.mark.parametrize(
    ("data", "rule", "says"),
    [
        (edited((SHEET, '<row r="3"', '<row hidden="1" r="3"')), "hidden_rows", "第3行（共1行）"),
        (edited((SHEET, "<sheetData>", '<cols><col min="5" max="5" hidden="1"/></cols><sheetData>')),
         "hidden_columns", "E列"),
        (commented('<comments><authors><author>王某</author></authors><commentList><comment ref="D3" authorId="0"><text>'
                   "<r><t>王某:</t></r><r><t>只含户籍人口</t></r></text></comment></commentList></comments>"),
         "comment", "D3单元格有批注“只含户籍人口”"),
        (commented(thread='<ThreadedComments><threadedComment ref="D3" id="1"><text>快报数</text></threadedComment></ThreadedComments>'),
         "comment", "D3单元格有批注“快报数”"),
    ],
    ids=["row", "column", "note", "thread"],
)  # fmt: skip
def test_what_is_not_seen_is_asked_about(opened: Any, data: bytes, rule: str, says: str) -> None:
    [told] = as_births(opened(data)).notes
    assert (told.rule, told.severity) == (rule, "warning")
    assert says in told.problem
    assert not as_births(opened(SOUND)).notes


def test_our_own_comments_are_not_asked_about(opened: Any) -> None:
    note = ('<comments><authors><author>核查</author></authors><commentList><comment ref="D3" authorId="0"><text><t>请改正</t>'
            "</text></comment></commentList></comments>")  # fmt: skip
    assert not opened(commented(note)).views[0].remarks
    assert opened(commented(note.replace("核查", "科长"))).views[0].remarks


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_worksheet_is_not_used(opened: Any, state: str) -> None:
    file = opened(edited((BOOK, 'state="visible"', f'state="{state}"')))
    assert not file.views[0].visible
    with pytest.raises(UnreadableError, match="是隐藏的，报送人看不到"):
        as_births(file)


# --- merged areas ----------------------------------------------------------------------------------------------------


def pairs(*areas: str) -> bytes:
    """Each column of the form over two columns of the sheet."""

    def fill(book: openpyxl.Workbook, sheet: Worksheet) -> None:
        put_rows(sheet, [[value for one in row for value in (one, None)] for row in ROWS])
        for row in range(1, len(ROWS) + 1):
            for left in ("AB", "CD", "EF", "GH", "IJ"):
                sheet.merge_cells(f"{left[0]}{row}:{left[1]}{row}")
        for area in areas:
            sheet.merge_cells(area)

    return made(fill)


def test_cells_that_are_each_merged_over_the_same_columns_are_single_cells(opened: Any) -> None:
    view = opened(pairs()).views[0]
    assert not view.merged
    assert [row.cells[::2] for row in view.rows()] == TEXTS


@pytest.mark.parametrize("ref", ['"D3:D4"', "'D3:D4'", '"$D$3:$D$4"', '"d3:d4"', '"D4:D3"'])
def test_a_merged_area_says_the_same_in_each_cell_however_it_is_written(opened: Any, ref: str) -> None:
    merged = edited((SHEET, "</sheetData>", f"</sheetData><mergeCells><mergeCell ref={ref}/></mergeCells>"),
                    (SHEET, '<c r="D4" t="n"><v>100</v></c>', '<c r="D4"/>'))  # fmt: skip
    view = opened(merged).views[0]
    assert view.merged == {(3, 4), (4, 4)}
    assert [row.cells[3] for row in view.rows()] == ["活产数", "300", "200", "200"]


def test_what_a_merged_area_covers_is_not_seen(opened: Any) -> None:
    covered = edited((SHEET, "</sheetData>", '</sheetData><mergeCells><mergeCell ref="D3:D4"/></mergeCells>'),
                     (SHEET, D3, '<c r="D3"/>'))  # fmt: skip
    assert texts(opened(covered))[3][3] == "100（被合并单元格遮住，看不见）"


# --- what Excel opens ------------------------------------------------------------------------------------------------


def strict() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(SOUND)) as sound, zipfile.ZipFile(out, "w") as packed:
        for name in sound.namelist():
            data = sound.read(name)
            data = data.replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006", b"http://purl.oclc.org/ooxml/spreadsheetml"
            )
            data = data.replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006", b"http://purl.oclc.org/ooxml/officeDocument"
            )
            packed.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        SOUND, strict(), renamed(slashes=True), renamed(upper=True), renamed({BOOK: "XL/Workbook.xml"}),
        edited((SHEET, "</worksheet>", '<drawing r:id="rId9" xmlns:r="r"/></worksheet>')),
        edited(without="xl/styles.xml"), edited(without="xl/theme/theme1.xml"), edited(without="docProps/app.xml"),
        edited(without="[Content_Types].xml"), edited(without="_rels/.rels"),
        edited(without="xl/_rels/workbook.xml.rels"),
        edited((BOOK, "<sheets>",
        '<externalReferences><externalReference r:id="rId8" xmlns:r="r"/></externalReferences><sheets>')),
        edited(("xl/styles.xml", "<fills", "<fills><fill/></fills><fills")),
        edited((SHEET, '<row r="3"', "<row"), (SHEET, '<c r="A3" t="n">', '<c t="n">')),
        edited((SHEET, "</sheetData>", '<row r="5" s="1"><c r="A5" s="99"/></row></sheetData>')),
        edited((SHEET, D3, '<c r="D3" s="9999"><v>200</v></c>')),
        edited((SHEET, D3, f"<!-- <c r=\"D3\"/> -->{D3}")),
    ],
    ids=["sound", "strict", "backslashes", "capitals", "other case", "no drawing", "no styles", "no theme",
    "no properties",
         "no content types", "no relations", "no relations of the book", "no external link", "empty fill", "no places",
         "no such style", "no such style in use", "comment in the XML"],
)  # fmt: skip
def test_what_excel_opens_is_opened(opened: Any, data: bytes) -> None:
    assert texts(opened(data)) == TEXTS


def test_blank_cells_at_the_end_of_a_row_are_there(opened: Any) -> None:
    assert texts(opened(edited((SHEET, '<c r="E3" t="n"><v>2</v></c>', ""))))[2] == [*TEXTS[2][:4], ""]


def test_a_stray_cell_far_away_does_not_make_every_row_long(opened: Any) -> None:
    stray = edited((SHEET, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'))
    assert {len(row.cells) for row in opened(stray).views[0].rows()} == {sheet.PADDED, limits.COLUMNS}


def test_a_workbook_is_opened_once(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0
    reading = workbooks.sheets

    def counting(path: Path) -> Any:
        nonlocal count
        count += 1
        return reading(path)

    monkeypatch.setattr(workbooks, "sheets", counting)
    data = edited((SHEET, D3, '<c r="D3"><v>201</v></c>'))
    assert d3(opened(data)) == d3(opened(data, "另一名称.xlsx")) == "201"
    assert count == 1
    assert d3(opened(SOUND)) == "200"
    assert count == 2


# --- what is beyond the limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (edited((SHEET, "</sheetData>",
         f'<row r="9"><c r="A9" t="str"><v>{"a" * 40_000}</v></c></row></sheetData>')), "第9行第1列的一格有40000个字"),
        (edited((SHEET, "</sheetData>",
         f'<row r="9"><c r="A9" t="str"><v>{"a" * 400_000}</v></c></row></sheetData>')), "第9行有一格的文字超过"),
        (edited(parts={"xl/sharedStrings.xml": b"<sst><si><t>" + b"a" * 400_000 + b"</t></si></sst>"}), "有一格的文字超过"),
        (cell(f'<c r="D3"><v>{"<x>" * 200}{"</x>" * 200}</v></c>'), "嵌套超过100层"),
        (edited((SHEET, "<worksheet ", '<!DOCTYPE x [<!ENTITY a "aaa">]><worksheet ')), "文档类型定义（DTD）"),
        (edited((SHEET, "</sheetData>", '<row r="1048577"><c r="A1048577"><v>1</v></c></row></sheetData>')),
         "超出了工作表的范围"),
        (edited((SHEET, "</sheetData>",
         '<row r="9000"><c r="ZZ9000"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')),
         "合并了几乎整张工作表的单元格"),
        (edited((SHEET, "</sheetData>", "<row")), "内容残缺"),
        (SOUND[: (at := SOUND.find(b"PK\x01\x02")) + 6] + b"\xff" + SOUND[at + 7 :], "内容残缺"),
        (SOUND[:900], "文件不完整"),
        (SOUND[:-30], "文件不完整"),
    ],
    ids=["cell", "long cell", "long string", "deep", "entity", "rows", "merged", "broken XML", "version", "cut",
    "cut at the end"],
)  # fmt: skip
def test_what_is_beyond_a_limit_is_refused_by_name(opened: Any, data: bytes, says: str) -> None:
    assert says in refusal(opened, data)


def test_limits_on_cells_size_and_time(opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CELLS", 19)
    assert "单元格超过" in refusal(opened, edited((SHEET, D3, D3.replace("200", "202"))))
    monkeypatch.setattr(limits, "CELLS", 20)
    assert opened(edited((SHEET, D3, D3.replace("200", "203"))))
    monkeypatch.setattr(limits, "UNPACKED", 10_000)
    assert "解开后超过" in refusal(opened, edited((SHEET, D3, D3.replace("200", "204"))))
    monkeypatch.setattr(limits, "PACKED", 4_000)
    assert "“.xls”工作簿超过" in refusal(opened, old(lambda s: s.write(2, 3, 205)))
    monkeypatch.undo()
    assert d3(opened(old(lambda s: s.write(2, 3, 205)))) == "205"
    path = tmp_path / "报表.xlsx"
    path.write_bytes(SOUND)
    with pytest.raises(UnreadableError, match="还没有读完"):
        xlsx.sheets(FileBytes.of(path), limits.Watch(-1))
    assert xlsx.sheets(FileBytes.of(path), limits.Watch())


def test_rows_of_formatting_alone_cost_next_to_nothing(opened: Any) -> None:
    data = formatted_only(20_000)
    assert texts(opened(data)) == TEXTS
    kept = b"".join(xlsx._without_empty(iter([zipfile.ZipFile(io.BytesIO(data)).read(SHEET)])))
    assert len(kept) < 2_000


# --- text files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("separator", "says"),
    [
        ("，", "全角逗号"),
        ("|", "竖线"),
        ("；", "全角分号"),
        ("^", "“^”"),
        ("~", "“~”"),
        ("   ", "空格"),
        ("、", "顿号"),
    ],
)
def test_a_separator_that_is_not_understood_is_named(opened: Any, separator: str, says: str) -> None:
    assert says in refusal(opened, BIRTHS.replace(",", separator).encode(), "报表.csv")


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_one_that_is_understood_is_not_held_against_marks_within_texts(opened: Any, separator: str) -> None:
    text = BIRTHS.replace("镇", "镇，原西乡|北乡").replace(",", separator)
    assert len(opened(text.encode(), "报表.csv").views) == 3


def test_blanks_before_quotes(opened: Any) -> None:
    quoted = "\n".join(", ".join(f'"{cell}"' for cell in line.split(",")) for line in BIRTHS.splitlines())
    assert texts(opened(quoted.encode(), "报表.csv")) == TEXTS
    indented = BIRTHS.replace("西桥镇", "  西桥镇")
    assert texts(opened(indented.encode(), "报表.csv"))[2][2] == "  西桥镇"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BIRTHS + "2024," + "x" * 200_000, "第5行有一格超过131072个字"),
        ("," * 20_000 + "\n" + BIRTHS, "第1行有20001列"),
        ("x" * 5_100_000 + "\n", "第1行超过500万个字"),
        (BIRTHS + "\n" * 100 + "," * 20_000, "第105行有20001列"),
        (BIRTHS + '"未完', "第5行的引号没有配对"),
        ("", "文件是空的"),
    ],
    ids=["cell", "columns", "line", "columns below", "quote", "empty"],
)
def test_text_beyond_a_limit(opened: Any, text: str, says: str) -> None:
    assert says in refusal(opened, text.encode(), "报表.csv")


# --- by its name -----------------------------------------------------------------------------------------------------


def package(*names: str, **texts: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(zipfile.ZipInfo(name), texts.get(name, "<x/>"))
    return out.getvalue()


def ole(*streams: str) -> bytes:
    return workbooks.OLE + b"\0" * 504 + b"".join(name.encode("utf-16-le") + b"\0" * 64 for name in streams)


DBF = (
    bytes([3, 125, 3, 1, 1, 0, 0, 0, 65, 0, 11, 0])
    + b"\0" * 20
    + b"NAME\0\0\0\0\0\0\0C"
    + b"\0" * 20
    + b"\r 0123456789"
)
OWNER = b"\x05admin" + b" " * 48 + b"\x05\0a\0d\0m\0i\0n\0" + b" \0" * 49


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (package("[Content_Types].xml", "xl/workbook.bin"), "二进制工作簿（.xlsb）"),
        (package("mimetype", "content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"),
         "OpenDocument 表格（.ods）"),
        (package("mimetype", "content.xml", mimetype="application/vnd.oasis.opendocument.text"),
         "OpenDocument 文档（.odt）"),
        (package("word/document.xml"), "Word 文档（.docx）"), (package("ppt/presentation.xml"), "演示文稿（.pptx）"),
        (package("OFD.xml"), "OFD 版式文件"), (package("Index/Document.iwa"), "Numbers 表格"),
        (package("births.csv"), "压缩包（ZIP）"), (package(), "空的压缩包"),
        (ole("WordDocument"), "Word 文档（.doc）"), (ole("PowerPoint Document"), "演示文稿（.ppt）"),
        (ole("__properties_version1.0"), "Outlook 邮件"), (ole("Catalog"), "缩略图缓存"), (ole("ETExtData"), "WPS 表格（.et）"),
        (b"%PDF-1.7\n", "PDF 文件"), (b"\xef\xbb\xbf\n%PDF-1.4", "PDF 文件"), (b"\x89PNG\r\n\x1a\n", "图片（PNG）"),
        (b"\xff\xd8\xff\xe0", "图片（JPEG）"), (b"GIF89a", "图片（GIF）"),
         (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0(\0\0\0", "图片（BMP）"),
        (b"II*\0\x08\0", "图片（TIFF）"), (b"RIFF\x10\0\0\0WEBPVP8 ", "图片（WEBP）"),
         (b"\0\0\0\x18ftypheic\0\0\0\0", "图片（HEIC）"),
        (b"\0\0\0\x18ftypmp42", "录像"), (b"Rar!\x1a\x07\0", "压缩包（RAR）"), (b"7z\xbc\xaf\x27\x1c", "压缩包（7Z）"),
         (b"\x1f\x8b\x08", "压缩包（GZ）"),
        (DBF, "dBASE 数据库（.dbf）"), (b"\0\x01\0\0Standard ACE DB\0", "Access 数据库"), (b"$FL2@(#) SPSS\0", "SPSS 数据文件"),
        (b"<stata_dta><header>", "Stata 数据文件"), (b"\0" * 12 + b"\xc2\xea\x81\x60", "SAS 数据文件"),
        (b'[{"\xe5\xb9\xb4\xe4\xbb\xbd": 2024}]', "JSON 数据文件"), (b'{"data": [1]}', "JSON 数据文件"),
        (b"<html><table></table></html>", "网页"), (b"MIME-Version: 1.0\nContent-Type: multipart/related;",
         "单个文件网页（MHTML）"),
        (b"From: a@b.cn\nSubject: x\nDate: y\n", "电子邮件"),
        (b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>', "XML 电子表格 2003"),
        (b'<?xml version="1.0"?><data/>', "XML 文件"), (OWNER[:162], "临时文件（“~$”开头）"),
        (b"\0\x05\x16\x07\0\x02\0\0", "“._”文件"), (b"\0\0\0\x01Bud1", ".DS_Store"), (b"ID;PWXL;N;E", "SYLK"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_called_by_its_name(opened: Any, data: bytes, says: str) -> None:
    problem = refusal(opened, data, "报表.csv")
    assert says in problem
    assert "损坏" not in problem


@pytest.mark.parametrize(
    "text",
    ["[注]" + BIRTHS, "BM" + BIRTHS, "date: 2024\n" + BIRTHS, "{1}," + BIRTHS, "\x05" + BIRTHS, "MZ区" + BIRTHS[2:]],
    ids=["bracket", "BM", "date", "brace", "control", "MZ"],
)
def test_text_that_begins_like_something_else_is_text(opened: Any, text: str) -> None:
    assert opened(text.encode(), "报表.csv").encoding == "utf-8"


def test_what_cannot_be_told_by_its_bytes_is_called_by_its_name(opened: Any) -> None:
    assert "WPS 表格（.et）" in refusal(opened, ole("Workbook"), "报表.et")
    assert "WPS 表格（.et）" in refusal(opened, ole("其他"), "报表.et")
    assert "其中没有工作簿" in refusal(opened, ole("其他"), "报表.xls")
    assert "临时文件" in refusal(opened, OWNER, "~$报表.xlsx")
    assert "缩略图缓存" in refusal(opened, ole("256_1"), "Thumbs.db")


def test_a_pipe_a_socket_and_a_folder_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(tmp_path)  # the name of a socket is short
        try:
            bound.bind("socket.csv")
        finally:
            os.chdir(here)
    (tmp_path / "folder.csv").mkdir()
    for name, says in (("pipe.csv", "管道"), ("socket.csv", "套接字"), ("folder.csv", "文件夹")):
        with pytest.raises(UnreadableError, match=says):
            open_file(tmp_path / name)


def test_a_sound_workbook_has_no_remarks(opened: Any) -> None:
    view = opened(made(plain)).views[0]
    assert (view.remarks, view.hidden, view.hidden_columns, view.merged) == ((), (), (), frozenset())

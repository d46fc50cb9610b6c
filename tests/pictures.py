"""Makes the pictures of the guides and of README: the editions, forms and sheets of the simulated district in, PNG files out.

`python -m tests.pictures --home HOME` wants a home in which `./monitor run annual -p year=2024` has made a report, and writes
all of them. Drawn is what the program writes, and nothing else: a page of a PDF, a page in the browser, or a worksheet as a
spreadsheet shows it.
"""

import argparse
import html
import io
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pypdfium2
import pytest
import yaml
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from flows.places import PROJECT, SETTINGS
from tests.fixtures.browsers import QUIET
from tests.fixtures.homes import cli, told

DOCS = PROJECT / "docs"
GUIDES = DOCS / "zh-CN" / "guides"
DEPARTMENT, FORM = "区卫生健康委", "孕产妇保健和健康情况表"
COLOURS = 32
"""As many as text on a few grounds needs; a picture stays well under 150 kB."""
CHARACTER, LINE = 7.2, 1.34
"""Pixels of a character of a column's width, and of a point of a row's height."""
STYLE = """<meta charset="utf-8"><style>body { margin: 0; background: #fff; font: 13px/1.35 'Noto Sans CJK SC'; }
table { border-collapse: collapse; table-layout: fixed; }
td, th { border: 1px solid #d4d4d4; padding: 1px 4px; overflow: hidden; white-space: pre-wrap; overflow-wrap: anywhere; }
th { background: #e9e9e9; color: #555; font: 12px 'Noto Sans CJK SC'; }
p { margin: 0; background: #e9e9e9; } i { float: right; padding: 3px 8px; font-style: normal; color: #a33; } b { display: inline-block; padding: 3px 16px; font-weight: normal; color: #555; }
b.shown { background: #fff; color: #06603a; font-weight: bold; }</style>"""


# --- how each is drawn -----------------------------------------------------------------------------------------------


def kept(name: str, image: Image.Image, folder: Path = GUIDES) -> None:
    out = image.convert("RGB").quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    out.save(folder / f"{name}.png", optimize=True)


def papers(
    name: str, pages: Sequence[tuple[Path, int]], wide: int = 760, share: float = 1.0, folder: Path = GUIDES
) -> None:
    """Pages of PDFs, counted from 0, beside each other with thin frames; `share` of each from above."""
    drawn = []
    for pdf, number in pages:
        with pypdfium2.PdfDocument(pdf) as document:
            page = document[number]
            image = page.render(scale=wide / len(pages) / page.get_width()).to_pil().convert("RGB")
        drawn.append(image.crop((0, 0, image.width, int(image.height * share))))
    framed = Image.new("RGB", (sum(i.width + 2 for i in drawn), max(i.height for i in drawn) + 2), "#bbbbbb")
    for place, image in enumerate(drawn):
        framed.paste(image, (1 + place * (drawn[0].width + 2), 1))
    kept(name, framed, folder)


def screen(name: str, browser: Browser, page: Path, wide: int, high: int, at: str = "body") -> None:
    """What a browser shows of a page, from the place `at` (a selector) on."""
    shown = browser.new_page(viewport={"width": wide, "height": high})
    shown.goto(page.as_uri())
    shown.locator(at).first.evaluate("e => e.scrollIntoView()")
    kept(name, Image.open(io.BytesIO(shown.screenshot())))
    shown.close()


def sheet(
    name: str, browser: Browser, book: Path, of: str, cells: str, narrow: float = 1.0, hidden: Iterable[int | str] = ()
) -> None:
    """The cells (A1:L16) of a worksheet of a workbook but for hidden rows and columns; `narrow` is what becomes of the
    columns' width.
    """
    opened = openpyxl.load_workbook(book)
    tabs = "".join(f'<b class="{"shown" if tab == of else ""}">{html.escape(tab)}</b>' for tab in opened.sheetnames)
    page = browser.new_page(viewport={"width": 2400, "height": 1600})
    page.set_content(
        f"{STYLE}<div style='display: inline-block'>{table(opened[of], cells, narrow, {*hidden})}<p>{tabs}<i>模拟数据</i></p></div>"
    )
    kept(name, Image.open(io.BytesIO(page.locator("div").screenshot())))
    page.close()


def table(sheet: Worksheet, cells: str, narrow: float, hidden: set[int | str]) -> str:
    left, top, right, bottom = range_boundaries(cells)
    columns = [n for n in range(left, right + 1) if get_column_letter(n) not in hidden]
    widths = [CHARACTER * narrow * (sheet.column_dimensions[get_column_letter(n)].width or 9) for n in columns]
    spans = {(area.min_row, area.min_col): area for area in sheet.merged_cells.ranges}
    covered = {cell for area in spans.values() for row in area.rows for cell in row} - set(spans)
    widened = "".join(f"<col style='width: {width:.0f}px'>" for width in [34, *widths])
    heads = "".join(f"<th>{get_column_letter(n)}</th>" for n in columns)
    rows = []
    for line in range(top, bottom + 1):
        if line in hidden:
            continue
        height = LINE * (sheet.row_dimensions[line].height or 15)
        row = [f"<th>{line}</th>"]
        for n in columns:
            if (line, n) in covered:
                continue
            cell = sheet.cell(line, n)
            span = sum(n <= m <= spans[line, n].max_col for m in columns) if (line, n) in spans else 1
            fill = f"background: #{cell.fill.fgColor.rgb[2:]};" if cell.fill.fill_type == "solid" else ""
            look = f"{fill} font-weight: {'bold' if cell.font.b else 'normal'}; font-size: {(cell.font.sz or 11) * 1.15}px;"
            at = "center" if cell.alignment.horizontal == "center" else "left"
            if isinstance(cell.value, int | float) and cell.alignment.horizontal in {None, "general"}:
                at = "right"
            text = html.escape("" if cell.value is None else str(cell.value))
            row.append(f"<td colspan='{span}' style='{look} text-align: {at}'>{text}</td>")
        rows.append(f"<tr style='height: {height:.0f}px'>{''.join(row)}</tr>")
    whole = sum(widths) + 34
    return f"<table style='width: {whole:.0f}px'>{widened}<tr><th></th>{heads}</tr>{''.join(rows)}</table>"


# --- the server's page -----------------------------------------------------------------------------------------------------

PASSWORD = "monitor:pictures"
"""Of a server that runs for its pictures only."""


@contextmanager
def served(home: Path, browser: Browser) -> Iterator[Page]:
    """A page of the browser that is logged in to the server of a home."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    environment = os.environ | {"PREFECT_SERVER_API_AUTH_STRING": PASSWORD, "PLAN_MONITOR_HOME": str(home)}
    begun = subprocess.Popen(
        cli("serve", "--port", address.rpartition(":")[2]), cwd=PROJECT, env=environment, stdout=subprocess.PIPE
    )
    try:
        assert begun.stdout and address.encode() in begun.stdout.readline()
        page = browser.new_page(viewport={"width": 1200, "height": 880}, locale="zh-CN", timezone_id="Asia/Shanghai")
        page.goto(f"{address}/login")
        page.get_by_role("textbox").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_text("Dashboard").first.wait_for()
        yield page
    finally:
        begun.terminate()
        begun.wait()


def taken(name: str, page: Page) -> None:
    page.wait_for_timeout(4000)  # what the page draws comes in several answers
    kept(name, Image.open(io.BytesIO(page.screenshot())))


def server_pages(page: Page) -> None:
    """Deployments, the form that starts a run, and what came of the newest run."""
    address = page.url.partition("/dashboard")[0]
    page.goto(f"{address}/deployments")
    taken("deployments", page)
    page.get_by_role("link", name="120115", exact=True).first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    taken("run-form", page)
    page.goto(f"{address}/runs")
    page.get_by_role("link", name="120115-2024").first.click()
    page.get_by_text("Artifacts", exact=True).click()
    page.get_by_role("link", name="annual-120115-2024-summary").click()
    taken("run-page", page)


# --- what a department fills in and gets back ---------------------------------------------------------------------------


def form(folder: Path) -> Path:
    """The form of 2025, filled in by the department with the figures of the year before, somewhat fewer."""
    told("template", "maternal_health", "2025", "--to", str(folder))
    path = folder / f"{DEPARTMENT}-{FORM}-2025.xlsx"
    book = openpyxl.load_workbook(path)
    now, before = book.worksheets[:2]
    for row in now.iter_rows(min_row=5, min_col=4):
        for cell in row:
            last = before[cell.coordinate].value
            cell.value = last if last < 10 else round(last * 0.97)
    book.save(path)
    return path


def feedback(filled: Path, home: Path, folder: Path) -> Path:
    """The feedback sheet on the same with a mistake of each kind, as the desk of a home like this one sends it back."""
    book = openpyxl.load_workbook(filled)
    for cell, value in {"D8": "约160", "C12": "王卜庄乡", "I13": "*", "H6": 2900}.items():
        book.worksheets[0][cell].value = value
    book.save(sent := folder / filled.name)
    shutil.copytree(home / "raw", folder / "raw")
    shutil.copy(PROJECT / SETTINGS, folder)
    path = folder / "raw" / "120115" / "2025" / "deliveries.yml"
    register = yaml.safe_load(path.read_text(encoding="utf-8"))
    register["deliveries"] = [one for one in register["deliveries"] if one["dataset"] != "maternal_health"]
    path.write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(folder))
        told("receive", str(sent), "--date", "2026-03-05")
    [made] = folder.glob(f"output/feedback/120115/2025/{DEPARTMENT}*核查反馈单*.xlsx")
    return made


def answered(made: Path) -> tuple[Path, int, set[int]]:
    """The feedback sheet with an answer, the row of its last finding, and the rows about other forms."""
    book = openpyxl.load_workbook(made)
    rows = [*book.worksheets[0].iter_rows()]
    first = next(row[0].row for row in rows if row[0].value == "序号")
    last = max(row[0].row for row in rows if row[0].value)
    for row in rows[first:last]:
        if "大于“活产数”" in row[7].value:
            row[10].value = "多录一位，应为290人，已改正并重新报送报表"
    book.save(path := made.with_name(f"答复-{made.name}"))
    return path, last, {row[0].row for row in rows[6 : first - 2] if row[2].value != FORM}


def ledger(edition: Path, folder: Path) -> Path:
    """The ledger of the department with two entries answered."""
    [sent] = edition.glob(f"ledger/{DEPARTMENT}*.xlsx")
    book = openpyxl.load_workbook(sent)
    page = book.worksheets[0]
    signed = dict(zip(("E4", "I4", "K4", "M4"), ("王某", "李某", "022-00000000", "2025-07-28"), strict=True))
    first = ("个别接种点疫苗断货，12名儿童外出未归", "8月逐户通知补种，缺货的从邻镇调配", "2025-09-30", "整改中")
    second = ("筛查车检修，两个季度没有下乡", "增加一辆筛查车，每周下乡一次", "2025-11-30", "整改中")
    for row, texts in ((6, first), (7, second)):
        signed |= {f"{column}{row}": text for column, text in zip("MNOP", texts, strict=True)}
    for cell, text in signed.items():
        page[cell].value = text
    book.save(path := folder / sent.name)
    return path


# --- the page that is printed -----------------------------------------------------------------------------------------------

PRINTED = """@page { size: A4; margin: 20mm 22mm } body { font: 12.5pt/1.75 'FandolFang R', FandolFang, serif }
h1 { font: 20pt FandolHei; text-align: center; margin: 0 0 6mm } p { text-indent: 2em; margin: 0 0 2mm }
ol { padding-left: 7mm; margin: 0 } li { margin: 0 0 1.5mm } table { border-collapse: collapse; margin: 1mm 0 3mm }
td, th { border: 0.5pt solid #333; padding: 1mm 2mm; font-size: 11.5pt; text-align: left; line-height: 1.5 }
th { font-family: FandolHei; font-weight: normal; font-size: 10.5pt } td:first-child { white-space: nowrap }"""


def one_page() -> str:
    """The section of the clerk's guide that is printed on a page, as HTML."""
    text = (GUIDES / "clerk.md").read_text(encoding="utf-8")
    section = re.search(r"^## 一页说明\n(.*?)^## ", text, re.M | re.S)
    assert section
    parts = [f"<style>{PRINTED}</style><h1>部门填报须知</h1>"]
    for block in re.split(r"\n{2,}|\n(?=\d+\. )", html.escape(section[1].strip())):
        if block.startswith("|"):
            head, _, *rows = ([cell.strip() for cell in row.strip("| ").split("|")] for row in block.splitlines())
            cells = [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows]
            parts.append(f"<table><tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>{''.join(cells)}</table>")
        elif number := re.match(r"(\d+)\. ", block):
            parts.append(f"<ol start='{number[1]}'><li>{block[number.end() :]}</li></ol>")
        else:
            parts.append(f"<p>{block}</p>")
    return "".join(parts)


# --- all of them --------------------------------------------------------------------------------------------------------


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--home", type=Path, required=True)
    home = asked.parse_args().home.resolve()
    os.environ["PLAN_MONITOR_HOME"] = str(home)
    edition = home / "output" / "120115" / "2024" / "annual"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        printed = browser.new_page()
        printed.set_content(one_page())
        printed.pdf(path=GUIDES / "clerk-page.pdf", prefer_css_page_size=True)
        (desk := Path(folder) / "desk").mkdir()
        filled = form(Path(folder))
        sheet("form", browser, filled, "填报", "A1:L12")
        made = feedback(filled, home, desk)
        told_back, last, others = answered(made)
        sheet("feedback", browser, told_back, "核查反馈单", f"A1:L{last}", 0.8, others)
        papers("feedback-page", [(made.with_suffix(".pdf"), 1)], share=0.7)
        sheet("ledger", browser, ledger(edition, desk), "整改台账", "A1:R9", 0.7, "BCFG")
        papers("sheet", [(edition / "feedback" / f"{DEPARTMENT}-监测反馈单-2024.pdf", 0)])
        papers("report", [(edition / "report.pdf", 0), (edition / "brief.pdf", 0), (edition / "report.pdf", 8)], 1200)
        papers("pages", [(edition / "report.pdf", 1), (edition / "report.pdf", 8)], 1348, folder=DOCS)
        screen("checks", browser, edition / "checks.html", 1200, 800)
        told("trace", "cervical_screening", "2024", "--format", "page", "--to", str(traced := desk / "trace.html"))
        screen("trace", browser, traced, 1000, 800)
        with served(home, browser) as page:
            server_pages(page)


if __name__ == "__main__":
    main()

"""The printed report: numerals, wording, pages, the PDF's own properties, and what must never get into it."""

import csv
import re
import subprocess
from base64 import b64decode
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from flows.places import TEMPLATES
from flows.press import pdf
from flows.press.numbers import Figure, figure, rounded
from flows.report.write import tables
from tests.fixtures.homes import ODD

# --- numerals ---


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [(0.35, 1, "0.4"), (1.050, 1, "1.0"), (10.5002, 0, "11"), (2.5, 0, "2"), (-0.04, 1, "0.0"), (70.0, 2, "70.00")],
)  # GB/T 8170
def test_rounding_is_half_to_even_once(value: float, decimals: int, printed: str) -> None:
    assert f"{rounded(value, decimals):f}" == printed


def test_a_print_never_contradicts_its_verdict() -> None:
    assert figure(69.996, 2, "f", unlike=70).text == "69.996"
    assert figure(69.99, 2, "f", unlike=70).text == "69.99"
    assert figure(70.0, 2, "f", unlike=70).text == "70.00"


@given(st.decimals(-1000, 1000, places=5), st.integers(0, 3))
def test_a_printed_figure_is_near_its_fact(value: Decimal, decimals: int) -> None:
    printed = Decimal(figure(value, decimals, "f").text.replace("−", "-"))
    assert abs(printed - value) <= Decimal(5).scaleb(-decimals - 1)


def test_a_figure_is_bound_to_its_fact_in_html() -> None:
    html = Markup("{}").format(Figure(Decimal("70.0"), "70.0", 'x/2022/"value"'))
    assert html == '<data class="fig" value="70.0" data-fact="x/2022/&#34;value&#34;">70.0</data>'


# --- tables beside the report ---


@pytest.mark.parametrize("text", ["=1+1", "+1", "@SUM(A1)", "\tx", "-2+3"])
def test_a_spreadsheet_runs_no_formula_of_ours(text: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    tables.write_csv(path, ["列"], [[text]])
    assert next(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()[1:]))[0].startswith("'")


def test_a_negative_figure_stays_a_number(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    tables.write_csv(path, ["列"], [[figure(-0.4, 1, "f")], [-3]])
    assert path.read_text(encoding="utf-8-sig").split() == ["列", "-0.4", "-3"]


def test_no_table_has_an_empty_cell(edition: Path) -> None:
    for path in sorted(set(edition.glob("*.csv")) - {edition / "plan.csv", edition / "sdmx.csv"}):  # for programs
        for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines()):
            assert all(cell != "" for cell in row), (path.name, row)


# --- the PDF ---


@pytest.fixture(scope="module")
def pages(edition: Path) -> list[str]:
    command = ["pdftotext", "-layout", str(edition / "report.pdf"), "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\f")[:-1]


def test_simulated_data_say_so_on_every_page_and_in_the_metadata(edition: Path, pages: list[str]) -> None:
    for page in pages:
        assert not page.strip() or "模拟数据" in page
    with pikepdf.open(edition / "report.pdf") as document:
        assert "模拟数据" in str(document.docinfo["/Title"])
        assert "模拟数据" in str(document.docinfo["/Subject"])


def test_a_chart_stands_in_the_domain_that_it_is_about(pages: list[str]) -> None:
    """At the foot of a later page it could stand in the chapter of another plan."""
    text = "".join("".join(pages).split())
    found = re.findall(r"（[一二三四五六七八九十]）([\u4e00-\u9fff]+)：[0-9]|图[0-9]+([\u4e00-\u9fff]+)主要指标", text)
    about = [("".join(before), chart) for (before, _), (_, chart) in pairwise(found) if chart]
    assert about and all(heading == chart for heading, chart in about)


def test_the_summary_is_one_page(pages: list[str]) -> None:
    first, summary, contents = ("".join(page.split()) for page in pages[:3])
    assert [("摘要" in page, "目录" in page) for page in (first, summary, contents)] == [
        (False, False),
        (True, False),
        (False, True),
    ]


def test_every_target_stands_in_the_data_volume(edition: Path) -> None:
    body = (edition / "data.txt").read_text(encoding="utf-8")
    for clause in ("目标1.1", "目标1.2", "目标1.3", "目标1.4", "目标1.5", "目标2.1", "目标2.2"):
        assert clause in body


def test_no_word_of_the_program_gets_into_print(pages: list[str]) -> None:
    body = "".join(pages)
    assert not re.search(r"\b(None|nan|NaN|inf|not_received|rejected|unknown|True|False)\b", body)
    assert "\ufffd" not in body


def test_the_pdf_is_tagged_archival_and_carries_its_data(edition: Path) -> None:
    with pikepdf.open(edition / "report.pdf") as document:
        root = document.Root
        assert str(root.Lang) == "zh-CN"
        assert root.MarkInfo.Marked
        assert "/StructTreeRoot" in root
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        attached = set(document.attachments)
    assert {"targets.csv", "indicators.csv", "sexes.csv", "warnings.csv", "findings.csv", "manifest.json"} <= attached


def test_every_font_is_embedded_and_chinese_is_set_in_chinese_faces(edition: Path) -> None:
    listed = subprocess.run(
        ["pdffonts", str(edition / "report.pdf")], check=True, capture_output=True, text=True
    ).stdout.splitlines()[2:]
    assert listed
    for line in listed:
        assert re.search(r"(Fandol|Noto-?S(ans|erif)-?CJK|NotoS(ans|erif)CJK)", line), line
        assert re.search(r"\s(yes)\s+(yes|no)\s+(yes|no)\s+\d", line), line


def test_the_paper_is_a4(edition: Path) -> None:
    with pikepdf.open(edition / "report.pdf") as document:
        sizes = {tuple(sorted(round(float(v) * 25.4 / 72) for v in p.MediaBox[2:])) for p in document.pages}
    assert sizes == {(210, 297)}


# --- what is closed ---


DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="


def page(address: str) -> str:
    return f'<html lang="zh-CN"><title>t</title><img src="{address}" alt="x">'


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x.png", "ftp://example.org/x.png", "file:///etc/passwd", "../../secret.png",
        "FILE:///etc/passwd",
        "file:/etc/passwd", "file://localhost/etc/passwd", "file://example.org{folder}/dot.png",
        "file://{folder}/../secret.png",
        "file://{folder}/%2e%2e/secret.png", "file://{folder}/.%2E/secret.png", "%2e%2e/secret.png", "..%2fsecret.png",
        "file://{folder}/dot.png%00", "file://{folder}/dot.png%ff", "file:dot.png", "link.png",
        "file://{folder}?/../secret.png",
        "//example.org/x.png", "absent.png",
    ],
)  # fmt: skip
def test_nothing_is_fetched_from_elsewhere(url: str, tmp_path: Path) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    for path in (tmp_path / "secret.png", folder / "dot.png"):
        path.write_bytes(b64decode(DOT))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(pdf.LayoutError, match=r"不允许读取|不是文件的地址|读不到"):
        pdf.write(page(url.format(folder=folder)), folder / "report.pdf", [TEMPLATES], date(2023, 7, 15))
    assert not (folder / "report.pdf").exists()


@pytest.mark.parametrize(
    "url", ["dot.png", "./charts/../dot.png", "{uri}/dot.png", f"data:image/png;base64,{DOT}", "{uri}/%64ot.png"]
)
def test_what_lies_beside_the_report_is_read_whatever_the_folder_is_called(url: str, tmp_path: Path) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    (folder / "dot.png").write_bytes(b64decode(DOT))
    path = pdf.write(page(url.format(uri=folder.as_uri())), folder / "report.pdf", [TEMPLATES], date(2023, 7, 15))
    with pikepdf.open(path) as document:
        assert len(document.pages[0].get_images()) == 1


def test_a_report_is_made_in_a_folder_of_any_name(edition: Path) -> None:
    assert ODD in edition.parts
    assert {path.relative_to(edition).as_posix() for path in edition.rglob("*.pdf")} == {
        "report.pdf",
        "data.pdf",
        "brief.pdf",
        "areas.pdf",
        "poster.pdf",
        "public/report.pdf",
        "public/data.pdf",
        "public/areas.pdf",
        "public/poster.pdf",
        "departments.pdf",
        "feedback/区卫生健康委-监测反馈单-2022.pdf",
        "feedback/区委组织部-监测反馈单-2022.pdf",
        "feedback/区体育局-监测反馈单-2022.pdf",
    }


def test_a_layout_warning_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(pdf.LayoutError, match="no-such-property"):
        pdf.write(
            '<html lang="zh-CN"><title>t</title><p style="no-such-property: 1">',
            tmp_path / "report.pdf",
            [TEMPLATES],
            date(2023, 7, 15),
        )

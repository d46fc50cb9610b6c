"""The printed file, clause by clause: PDF/A-3a, PDF/UA-1 and GB/T 9704; docs/pdf.md lists what is checked and what is
not.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Stream
from weasyprint import CSS, css
from weasyprint.css import ComputedStyle
from weasyprint.formatting_structure.boxes import Box
from weasyprint.html import UA, UA_COUNTER_STYLE
from weasyprint.layout import block, inline, percent, preferred
from weasyprint.text import line_break

from flows.places import TEMPLATES
from flows.press import mended, pdf
from flows.wording import files
from tests.fixtures.filled import faults
from tests.fixtures.printed import MM, Printed, area, numbers, strays

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "pdf": "http://ns.adobe.com/pdf/1.3/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
}
TYPES = {
    "/Document", "/Part", "/Art", "/Sect", "/Div", "/BlockQuote", "/Caption", "/NonStruct", "/P", "/H1", "/H2", "/H3",
    "/H4", "/H5", "/H6", "/L", "/LI", "/Lbl", "/LBody", "/Table", "/TR", "/TH", "/TD", "/THead", "/TBody", "/TFoot",
    "/Span", "/Link", "/Figure",
}  # fmt: skip
"""Standard structure types (ISO 32000-1, 14.8.4) that a report can use."""
OPERATORS = re.compile(
    r"[bB]\*?|BDC|BI|BMC|BT|BX|cm?|CS|cs|d[01]?|Do|DP|EI|EMC|ET|EX|[fW]\*?|F|[gG]|gs|[hijJ]|ID|[kK]|[lmM]|MP|[nqQ]|re|RG|rg|"
    r"ri|[sS]|SCN?|scn?|sh|T\*|T[cdDfjJLmrswz]|[vwy'\"]"
)
PAINTING = {"Tj", "TJ", "'", '"', "S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "sh", "Do", "EI"}


VOLUMES = ["report.pdf", "data.pdf", "public/report.pdf", "public/data.pdf"]
"""Set as an official document is."""
SHEETS = ["areas.pdf", "public/areas.pdf"]
"""Papers to hang up or to hand over: with margins of their own, 18 mm and 22 mm at the top, and no list of contents."""


@pytest.fixture(scope="module", params=[*VOLUMES, *SHEETS])
def printed(request: pytest.FixtureRequest, edition: Path) -> Iterator[Printed]:
    path = edition / request.param
    with pikepdf.open(path) as document:
        yield Printed(path, document)


@pytest.fixture(scope="module", params=VOLUMES)
def volume(request: pytest.FixtureRequest, edition: Path) -> Iterator[Printed]:
    path = edition / request.param
    with pikepdf.open(path) as document:
        yield Printed(path, document)


def test_no_page_within_a_chapter_is_half_empty(volume: Printed) -> None:
    assert list(faults(volume.path)) == []


# --- PDF/A-3a (ISO 19005-3:2012), 6.1: the file ---


def test_a_6_1_2_and_6_1_3_header_trailer_and_end(printed: Printed) -> None:
    data = printed.path.read_bytes()
    assert re.match(rb"%PDF-1\.[0-7]\n%[\x80-\xff]{4}", data)
    assert data.rstrip(b"\r\n").endswith(b"%%EOF")
    assert len(data) - len(data.rstrip(b"\r\n")) <= 2
    identifier = printed.document.trailer.ID
    assert len(identifier) == 2
    assert all(len(bytes(part)) >= 16 for part in identifier)
    assert "/Encrypt" not in printed.document.trailer


def test_a_6_1_4_to_6_1_9_the_syntax_needs_no_repair(printed: Printed) -> None:
    assert printed.document.check_pdf_syntax() == []


def test_a_6_1_7_streams_lie_inside_and_are_packed_in_an_open_way(printed: Printed) -> None:
    for part in printed.parts:
        if isinstance(part, Stream):
            assert not {"/F", "/FFilter", "/FDecodeParms"} & set(part.keys())
            assert part.get("/Filter", "/FlateDecode") == "/FlateDecode"


def test_a_6_1_8_and_6_1_13_limits(printed: Printed) -> None:
    assert len(printed.document.objects) < 8388607
    for part in printed.parts:
        for key in part.keys():  # noqa: SIM118
            for value in part[key] if isinstance(part[key], Array) else [part[key]]:
                if isinstance(value, Name):
                    str(value).encode("utf-8")
                    assert len(bytes(value)) <= 127
                elif isinstance(value, pikepdf.String):
                    assert len(bytes(value)) <= 32767
                elif isinstance(value, int):
                    assert abs(value) < 2**31
    for _, _, operators in printed.streams:
        depth = 0
        for _, operator in operators:
            depth += {"q": 1, "Q": -1}.get(str(operator), 0)
            assert 0 <= depth <= 28
        assert depth == 0


# --- 6.2: what is painted ---


def test_a_6_2_2_content_streams_have_known_operators_and_resources_of_their_own(printed: Printed) -> None:
    assert len(printed.streams) >= len(printed.document.pages)
    for _, owner, operators in printed.streams:
        assert all(OPERATORS.fullmatch(str(operator)) for _, operator in operators)
        assert "/Resources" in owner


def test_a_6_2_3_the_output_intent_is_srgb(printed: Printed) -> None:
    [intent] = printed.root.OutputIntents
    assert intent.S == "/GTS_PDFA1"
    profile = intent.DestOutputProfile.read_bytes()
    assert (profile[12:16], profile[16:20], profile[36:40]) == (b"mntr", b"RGB ", b"acsp")
    assert profile[8] < 5
    assert b"sRGB" in profile
    assert intent.DestOutputProfile.N == 3


def test_a_6_2_4_to_6_2_10_colours_states_images_and_blending(printed: Printed) -> None:
    for _, _, operators in printed.streams:
        used = {str(operator) for _, operator in operators}
        assert not {"k", "K", "ri", "BI", "sh"} & used  # RGB and grey, of which the output intent is the measure
    for part in printed.parts:
        keys = set(part.keys())
        assert not {"/TR", "/HTP", "/HT"} & keys
        assert part.get("/TR2", "/Default") == "/Default"
        assert part.get("/BM", "/Normal") in {"/Normal", "/Multiply"}
        assert part.get("/Intent") is None
    for image in printed.having(Subtype="Image"):
        assert not {"/Alternates", "/OPI"} & set(image.keys())
        assert image.get("/Interpolate", False) is False
    for form in printed.having(Subtype="Form"):
        assert not {"/OPI", "/Subtype2", "/PS", "/Ref"} & set(form.keys())
    assert not printed.having(Subtype="PS")


def test_a_6_2_11_every_font_is_embedded_with_its_glyphs_widths_and_characters(printed: Printed) -> None:
    used: dict[str, set[int]] = {}
    for piece in printed.shown:
        used.setdefault(piece.font, set()).update(piece.codes)
    fonts = {str(f.BaseFont): f for f in printed.having(Type="Font") if f.Subtype != "/CIDFontType0"}
    assert used.keys() == fonts.keys()
    for name, font in fonts.items():
        assert (font.Subtype, font.Encoding) == ("/Type0", "/Identity-H")
        [cid] = font.DescendantFonts
        assert cid.Subtype == "/CIDFontType0"
        program = cid.FontDescriptor.FontFile3
        assert program.Subtype == "/OpenType"
        assert re.fullmatch(r"/[A-Z]{6}\+.+", name)
        assert "/CIDSet" not in cid.FontDescriptor
        codes, mapped = used[name], printed.unicode[name]
        assert 0 not in codes  # .notdef
        assert codes <= mapped.keys()
        assert not {"\0", "\ufeff", "\ufffe", "\ufffd", ""} & {mapped[code] for code in codes}
        assert not re.search(r"[\ue000-\uf8ff]", "".join(mapped[code] for code in codes))  # private use
        widths = _widths(cid.W)
        opened = TTFont(BytesIO(program.read_bytes()))
        glyphs, unit = opened.getGlyphOrder(), opened["head"].unitsPerEm
        for code in codes:
            assert glyphs[code] == f"cid{code:05d}"  # the program names its glyphs by the codes that are painted
            assert abs(opened["hmtx"][glyphs[code]][0] * 1000 / unit - widths[code]) <= 1, (name, code)


def _widths(listed: Any) -> dict[int, float]:
    found: dict[int, float] = {}
    values = list(listed)
    while values:
        first = int(values.pop(0))
        if isinstance(values[0], Array):
            found |= {first + n: float(w) for n, w in enumerate(values.pop(0))}
        else:
            last, width = int(values.pop(0)), float(values.pop(0))
            found |= dict.fromkeys(range(first, last + 1), width)
    return found


# --- 6.3 to 6.6: what a reader can do, and what the file says of itself ---


def test_a_6_3_annotations_are_links_that_print(printed: Printed) -> None:
    links = printed.having(Type="Annot")
    assert links
    for link in links:
        assert link.Subtype == "/Link"  # has no appearance of its own (6.3.3)
        assert link.F == 4  # Print; not Hidden, Invisible, NoView, ToggleNoView


def test_a_6_4_and_6_5_nothing_is_filled_in_and_nothing_runs(printed: Printed) -> None:
    assert not {"/AcroForm", "/OpenAction", "/AA", "/Perms", "/Collection", "/OCProperties", "/Requirements"} & set(
        printed.root.keys()
    )
    carried = (
        {"/EmbeddedFiles"} if printed.path.name == "report.pdf" else set()
    )  # the report carries the edition's data
    assert set(printed.root.Names.keys()) == {"/Dests", *carried}  # neither JavaScript nor AlternatePresentations
    for part in printed.parts:
        assert not {"/AA", "/JS", "/XFA", "/PresSteps"} & set(part.keys())
        assert part.get("/Type") != "/Action"


def test_nothing_points_out_of_the_file(printed: Printed) -> None:
    """6.1.7, 6.8, 6.2.9: no external stream, file, destination or reference; every link has its end in the file."""
    anchors = {str(name) for name in list(printed.root.Names.Dests.Names)[::2]}
    assert not [p for p in printed.parts if {"/URI", "/Win", "/FS"} & set(p.keys())]
    assert all("/EF" in p for p in printed.having(Type="Filespec"))
    for link in printed.having(Type="Annot"):
        assert "/A" not in link
        assert str(link.Dest) in anchors


def test_a_6_6_the_metadata_say_what_the_document_information_says(printed: Printed) -> None:
    packet = printed.root.Metadata.read_bytes()
    assert (printed.root.Metadata.Type, printed.root.Metadata.Subtype) == ("/Metadata", "/XML")
    assert re.match(rb'<\?xpacket begin="(\xef\xbb\xbf)?" id="W5M0MpCehiHzreSzNTczkc9d"\?>', packet)
    rdf = ElementTree.fromstring(packet).find("rdf:RDF", NAMESPACES)
    assert rdf is not None
    described = {
        **{key: value for item in rdf for key, value in item.attrib.items()},
        **{child.tag: "".join(child.itertext()) for item in rdf for child in item},
    }
    told = {}
    for key, value in described.items():
        space, _, name = key[1:].partition("}")
        told[f"{({v: k for k, v in NAMESPACES.items()})[space]}:{name}"] = value  # no schema but the predefined ones
    info = printed.document.docinfo
    assert (told.pop("pdfaid:part"), told.pop("pdfaid:conformance")) == ("3", "A")
    assert told.pop("rdf:about") == ""
    dated = {
        key: told.pop(f"xmp:{name}") for key, name in (("/CreationDate", "CreateDate"), ("/ModDate", "ModifyDate"))
    }
    assert {key: re.sub(r"[-:T]", "", value) for key, value in dated.items()} == {
        key: str(info[key]).removeprefix("D:") for key in dated
    }
    assert told == {
        "dc:title": str(info.Title), "dc:creator": str(info.Author), "dc:description": str(info.Subject),
        "pdf:Keywords": str(info.Keywords), "pdf:Producer": str(info.Producer),
    }  # fmt: skip


# --- 6.7: structure, and 6.8: attachments ---


def test_a_6_7_the_structure_has_standard_types_and_a_language(printed: Printed) -> None:
    assert printed.root.MarkInfo.Marked is True
    assert "/Suspects" not in printed.root.MarkInfo
    assert "/RoleMap" not in printed.root.StructTreeRoot
    assert {f"/{e.kind}" for e in printed.tree} <= TYPES
    assert str(printed.root.Lang) == "zh-CN"
    assert all("/Lang" not in p for p in printed.parts if p.get("/Type") == "/StructElem")  # nothing is in another one


def test_a_6_8_every_attachment_is_described_related_and_dated(printed: Printed) -> None:
    if printed.path.name != "report.pdf":
        assert "/AF" not in printed.root and not printed.having(Type="Filespec")
        return
    listed = list(printed.root.Names.EmbeddedFiles.Names)
    names = [str(name) for name in listed[::2]]
    assert names == sorted(names)
    assert {str(f.UF) for f in printed.root.AF} == set(names)
    assert len(printed.root.AF) == len(names) == len(printed.having(Type="Filespec"))
    mime = {".csv": "/text/csv", ".json": "/application/json", ".txt": "/text/plain"}
    for name, spec in zip(names, listed[1::2], strict=True):
        assert (str(spec.F), str(spec.UF), spec.AFRelationship) == (name, name, "/Data")
        assert str(spec.Desc) == files("街镇")[name]
        file = spec.EF.F
        assert file.Subtype == mime[Path(name).suffix]
        assert str(file.Params.ModDate) == str(printed.document.docinfo.ModDate)
        assert file.Params.Size == len(file.read_bytes())
        assert file.read_bytes() == (printed.path.parent / name).read_bytes()


# --- PDF/UA-1 (ISO 14289-1:2014) ---


def test_ua_7_1_all_that_is_painted_is_content_or_artifact(printed: Printed) -> None:
    for number, _, operators in printed.streams:
        inside: list[str] = []
        for operands, operator in operators:
            if str(operator) in {"BMC", "BDC"}:
                inside.append(str(operands[0]))
                assert inside[-1] == "/Artifact" or "/Artifact" not in inside  # content is in no artifact
            elif str(operator) == "EMC":
                inside.pop()
            elif str(operator) in PAINTING and number >= 0:  # a pattern is marked where it is used
                assert inside, f"page {number}"
    assert printed.root.ViewerPreferences.DisplayDocTitle is True


def test_ua_7_1_every_marked_content_is_in_the_structure_once(printed: Printed) -> None:
    """Content streams, structure tree and parent tree tell the same."""
    painted: list[tuple[int, int]] = []
    for number, _, operators in printed.streams:
        for operands, operator in operators:
            if str(operator) == "BDC" and "/MCID" in operands[1]:
                painted.append((number, int(operands[1]["/MCID"])))
    held = {(e.page, mcid): e for e in printed.tree for mcid in e.mcids}
    assert sum(len(e.mcids) for e in printed.tree) == len(held)
    assert sorted(painted) == sorted(held)
    nums = list(printed.root.StructTreeRoot.ParentTree.Nums)
    parents = dict(zip(nums[::2], nums[1::2], strict=True))
    for number, page in enumerate(printed.document.pages):
        listed = {n: e.objgen for n, e in enumerate(parents[page.StructParents]) if e is not None}
        assert listed == {mcid: e.own for (at, mcid), e in held.items() if at == number}
    known = {e.own for e in printed.tree}
    for element in printed.tree:
        assert element.data.P.objgen == (element.above[-1].own if element.above else printed.root.StructTreeRoot.objgen)
    links = printed.having(Type="Annot")
    assert {parents[link.StructParent].objgen for link in links} <= known
    referred = [k.Obj.objgen for e in printed.tree for k in e.kids if isinstance(k, Dictionary) and "/Obj" in k]
    assert sorted(referred) == sorted(link.objgen for link in links)


def test_ua_7_2_the_text_is_read_in_the_order_of_the_report(printed: Printed) -> None:
    """Heads repeated on the next page and page numbers of the contents come between; nothing is missing or earlier."""
    read = "".join("".join(printed.text(e.page, m) for m in e.mcids) for e in printed.tree)
    text, position = "".join(read.split()), 0
    for node in printed.path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()[1:]:
        found = text.find(node, position)
        assert 0 <= found <= position + 1500, node
        position = found + len(node)
    extracted = "".join(word.text for word in printed.words)
    assert "\ufffd" not in extracted


def test_ua_7_3_every_figure_is_told_and_lies_on_its_page(printed: Printed) -> None:
    figures = [e for e in printed.tree if e.kind == "Figure"]
    assert bool(figures) == ("图" in printed.path.with_suffix(".txt").read_text(encoding="utf-8"))
    for figure in figures:
        assert re.fullmatch(r"[^：]+：[^：]*\d[^：]*.*。", str(figure.data.Alt)), "what it is of, and figures of it"
        left, bottom, right, top = (float(side) / MM for side in figure.attributes.BBox)
        side, foot, head = (17.9, 17.9, 21.9) if printed.path.name in SHEETS else (25.9, 34.9, 36.9)
        assert side <= left < right <= 210 - side
        assert foot <= bottom < top <= 297 - head


def test_ua_7_4_headings_start_at_1_and_skip_no_level(printed: Printed) -> None:
    levels = [int(e.kind[1]) for e in printed.tree if re.fullmatch(r"H\d", e.kind)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_ua_7_5_cells_know_their_heads(printed: Printed) -> None:
    tables = [e for e in printed.tree if e.kind == "Table"]
    assert tables
    for table in tables:
        inside = [e for e in printed.tree if table in e.above]
        heads = {str(e.data.ID): e for e in inside if e.kind == "TH"}
        assert heads
        assert {str(e.attributes.Scope) for e in heads.values()} <= {"/Column", "/Row"}
        for cell in (e for e in inside if e.kind == "TD"):
            assert cell.attributes.Headers
            assert {str(name) for name in cell.attributes.Headers} <= heads.keys()
        widths = {
            sum(int(e.attributes.get("/ColSpan", 1)) for e in inside if e.above[-1] is row and e.kind in {"TH", "TD"})
            for row in inside if row.kind == "TR"
        }  # fmt: skip
        assert len(widths) == 1
        for row in (e for e in inside if e.kind == "TR"):
            assert row.above[-1].kind in {"THead", "TBody"}


def test_ua_7_6_lists_have_items_with_bodies(volume: Printed) -> None:
    lists = [e for e in volume.tree if e.kind == "L"]
    assert lists
    for element in volume.tree:
        if element.kind == "LI":
            assert element.above[-1].kind == "L"
        if element.kind == "LBody":
            assert element.above[-1].kind == "LI"
    assert all({e.kind for e in volume.tree if e.above and e.above[-1] is item} == {"LI"} for item in lists)


def test_ua_7_8_running_heads_and_page_numbers_are_artifacts(printed: Printed) -> None:
    for piece in printed.shown:
        text = "".join(printed.unicode[piece.font][code] for code in piece.codes)
        if re.fullmatch(r"— \d+ —", text) or "".join(text.split()) == "模拟数据·仅供演示·不是真实统计数据":
            assert piece.tag == "Artifact", text
    heads = [p for p in printed.shown if p.tag == "Artifact"]
    assert len(heads) >= 2 * (len(printed.document.pages) - 3)


def test_ua_7_17_bookmarks_and_page_labels(printed: Printed) -> None:
    headings = {printed.heading(e).replace("　", ""): e.kind for e in printed.tree if e.kind in {"H2", "H3"}}
    with printed.document.open_outline() as outline:
        chapters = ["".join(item.title.split()) for item in outline.root]
        below = ["".join(kid.title.split()) for item in outline.root for kid in item.children]
    assert chapters == [h for h, kind in headings.items() if kind == "H2"]
    assert set(below) <= {h for h, kind in headings.items() if kind == "H3"}
    assert len(below) >= 2 or printed.path.name != "report.pdf"
    assert all(page.get("/Tabs") == "/S" for page in printed.document.pages)
    labels = [page.label for page in printed.document.pages]
    body = labels.index("1")
    assert labels[:body] == ["i", "ii", "iii", "iv", "v", "vi"][:body]
    assert labels[body:] == [str(n + 1) for n in range(len(labels) - body)]
    for page, number in numbers(printed).items():
        assert labels[page] == str(number)


def test_ua_7_18_links_say_where_they_lead(printed: Printed) -> None:
    owners = {k.Obj.objgen: e for e in printed.tree for k in e.kids if isinstance(k, Dictionary) and "/Obj" in k}
    for link in printed.having(Type="Annot"):
        assert re.search(r"[\u4e00-\u9fff]", str(link.Contents))
        assert owners[link.objgen].kind == "Link"


# --- GB/T 9704-2012 ---


def test_gb_pages_are_a4_and_annexes_of_many_columns_lie_across(printed: Printed) -> None:
    sizes = [tuple(round(float(side) / MM) for side in page.MediaBox[2:]) for page in printed.document.pages]
    across = {n for n, size in enumerate(sizes) if size == (297, 210)}
    assert set(sizes) - {(297, 210)} == {(210, 297)}
    assert bool(across) == (printed.path.name == "data.pdf")
    for page in across:
        assert page - 1 in across or printed.chapters[page].startswith("附件")
    narrow = {
        page
        for page, title in printed.chapters.items()
        if not re.match(r"附件\d+　(全部目标|各街镇|目标走势|未达标目标|下一规划期)", title)
    }
    assert not across & narrow


def test_gb_5_2_all_text_stands_in_the_type_area(volume: Printed) -> None:
    """版心 156 × 225 mm, 28 mm from the binding, 37 mm from the top; only running heads and numbers stand outside."""
    assert strays(volume) == {}


def test_gb_7_5_page_numbers_stand_outside_and_start_with_the_body(volume: Printed) -> None:
    found = numbers(volume)
    assert list(found.values()) == list(range(1, len(found) + 1))
    body = min(page for page, title in volume.chapters.items() if re.match("[一二]、|附件1　", title))
    assert found[body] == 1
    assert body % 2 == 0  # the first body page is a right one
    for word in (w for w in volume.words if w.page in found and w.text == str(found[w.page])):
        left, _, right, bottom = area(volume, word.page)
        if word.top > bottom:
            odd = found[word.page] % 2 == 1
            assert odd == (word.page % 2 == 0)
            assert odd == (word.left > (left + right) / 2)
            if bottom > 200:  # upright pages: 7 mm below the type area, a character from its edge
                assert abs(word.top - (bottom + 7)) < 0.5
                dash = (right - 14 / MM) if odd else (left + 14 / MM)
                near = [w for w in volume.words if w.page == word.page and w.text == "—" and w.top > bottom]
                assert min(abs((w.right if odd else w.left) - dash) for w in near) < 0.5


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    """Nothing but body text, longer than a page."""
    path = _sheet(tmp_path_factory.mktemp("sheet") / "report.pdf")
    with pikepdf.open(path) as document:
        yield Printed(path, document)


def _sheet(path: Path) -> Path:
    style = f"{TEMPLATES.resolve().as_uri()}/style.css"
    text = "监测" * 900
    page = f'<html lang="zh-CN"><head><title>t</title><link rel="stylesheet" href="{style}"></head><body><p>{text}</p></body></html>'
    return pdf.write(page, path, [TEMPLATES], date(2023, 7, 15))


def test_gb_5_2_22_lines_of_28_characters_in_16_point_fangsong(sheet: Printed) -> None:
    lines = [word for word in sheet.words if word.page == 1 and set(word.text) == {"监", "测"}]
    assert len(lines) == 22
    assert {len(line.text) for line in lines} == {28}
    assert {round(line.height * MM, 1) for line in lines} == {16.0}
    pitch = {round((below.top - above.top) * MM, 1) for above, below in pairwise(lines)}
    assert pitch <= {28.9, 29.0}
    for line in lines:  # on a left page; the last letter's box is as wide as if another followed
        assert (round(line.left, 1), round(line.right - 0.1, 1)) == (26, 26 + 156)
    assert lines[-1].bottom <= 37 + 225
    assert {piece.font.partition("+")[2] for piece in sheet.shown if piece.tag == "Span"} == {"FandolFang"}
    assert abs(sheet.words[0].left - 28 - 2 * 156 / 28) < 0.2  # indented by two characters


def test_the_same_page_gives_the_same_bytes(sheet: Printed, tmp_path: Path) -> None:
    assert _sheet(tmp_path / "report.pdf").read_bytes() == sheet.path.read_bytes()


HEADED = "<h2>章{n}</h2>{note}<h3>节{n}</h3><p>正文</p>"
SUMMED = '<table class="three"><tbody>{rows}<tr class="sum"><td>计{n}</td></tr>{rows}</tbody></table>'
NOTED = (
    '<div class="table"><table class="three"><tbody>{rows}<tr><td>末{n}</td></tr></tbody></table><span class="ended"></span>'
    '<p class="note">注{n}' + "<br>说明" * 3 + "</p></div>"
)


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    """The same parts after more and more lines, each time on a new page: with all places at which a page can end in them."""
    style = f"{TEMPLATES.resolve().as_uri()}/style.css"
    note, rows = '<p class="note below">注：以下各图中</p>', "".join(f"<tr><td>行{i}</td></tr>" for i in range(9))
    parts = [
        HEADED.replace("{note}", note),
        HEADED.replace("{note}", ""),
        SUMMED.replace("{rows}", rows),
        NOTED.replace("{rows}", rows),
    ]
    body = "".join(
        f'<section class="chapter"><p>{"监测<br>" * lines}</p>{part.replace("{n}", f"{kind}之{lines}")}</section>'
        for kind, part in enumerate(parts)
        for lines in range(12, 22)
    )
    page = f'<html lang="zh-CN"><head><title>t</title><link rel="stylesheet" href="{style}"></head><body>{body}</body></html>'
    path = pdf.write(page, tmp_path_factory.mktemp("ends") / "report.pdf", [TEMPLATES], date(2023, 7, 15))
    with pikepdf.open(path) as document:
        yield Printed(path, document)


@pytest.mark.parametrize("kind", ["with a note", "without one"])
def test_no_head_stands_at_the_foot_of_a_page(ends: Printed, kind: str) -> None:
    number = 0 if kind == "with a note" else 1
    found = {word.text: word for word in ends.words}
    heads = [found[f"章{number}之{lines}"] for lines in range(12, 22)]
    assert [head.page for head in heads] == [found[f"节{number}之{lines}"].page for lines in range(12, 22)]
    assert {head.top < 45 for head in heads} == {True, False}  # in mm: some had to turn the page


def test_a_sum_does_not_begin_a_page(ends: Printed) -> None:
    for sums in [word for word in ends.words if word.text.startswith("计2之")]:
        above = [w for w in ends.words if w.page == sums.page and w.top < sums.top and w.text.startswith("行")]
        assert above, f"{sums.text} stands alone"


def test_a_note_stands_on_the_page_where_its_table_ends(ends: Printed) -> None:
    found = {word.text: word.page for word in ends.words}
    assert [found[f"注3之{n}"] for n in range(12, 22)] == [found[f"末3之{n}"] for n in range(12, 22)]


def test_what_leads_to_a_table_of_a_letter_stands_on_its_page(tmp_path: Path) -> None:
    table = '<div class="table"><p class="caption">表{n}</p><table class="three"><tbody><tr><td>行</td></tr></tbody></table></div>'
    body = "".join(
        f'<section class="sheet"><p>{"监测<br>" * lines}</p><p class="told">收到{lines}</p>{table.replace("{n}", str(lines))}</section>'
        for lines in range(20, 30)
    )
    styles = "".join(
        f'<link rel="stylesheet" href="{TEMPLATES.resolve().as_uri()}/{name}.css">' for name in ("style", "departments")
    )
    page = f'<html lang="zh-CN"><head><title>t</title>{styles}</head><body>{body}</body></html>'
    with pikepdf.open(pdf.write(page, tmp_path / "letters.pdf", [TEMPLATES], date(2023, 7, 15))) as document:
        found = {word.text: word for word in Printed(tmp_path / "letters.pdf", document).words}
    led = [found[f"收到{lines}"] for lines in range(20, 30)]
    assert [word.page for word in led] == [found[f"表{lines}"].page for lines in range(20, 30)]
    assert {word.top < 40 for word in led} == {True, False}


def test_each_stream_is_compressed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pydyf alone makes every object twice: first to hash the whole file."""
    pressed, compressor = [], zlib.compressobj
    monkeypatch.setattr(zlib, "compressobj", lambda *a, **k: pressed.append(a) or compressor(*a, **k))
    page = '<html lang="zh-CN"><head><title>t</title></head><body><p>字</p></body></html>'
    made = pdf.write(page, tmp_path / "t.pdf", [], date(2023, 7, 15)).read_bytes()
    assert len(pressed) == made.count(b"/FlateDecode") > 4
    with pikepdf.open(BytesIO(made)) as file:
        assert len(file.pages) == 1


DRAWN = """<svg xmlns="http://www.w3.org/2000/svg" width="200" height="90" font-family="'Noto Sans CJK SC'">
<text x="9" y="20" font-size="9">2020</text><text x="90" y="20" font-size="9">2022</text>
<text x="9" y="60" font-size="12">2020</text><text x="90" y="60" font-size="12" font-weight="700">2020</text></svg>"""


def _drawing(path: Path) -> bytes:
    (path.parent / "drawn.svg").write_text(DRAWN, encoding="utf-8")
    page = '<html lang="zh-CN"><head><title>t</title></head><body><img src="drawn.svg" alt="图"></body></html>'
    return pdf.write(page, path, [], date(2023, 7, 15)).read_bytes()


def test_a_letter_of_a_drawing_is_laid_out_once_in_each_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WeasyPrint alone lays out each letter of each text: the file is the same."""
    laid, lay_out = [], line_break.create_layout
    monkeypatch.setattr(line_break, "create_layout", lambda text, *a: laid.append(text) or lay_out(text, *a))
    once, each = line_break.split_first_line, line_break.split_first_line.__wrapped__
    monkeypatch.setattr(line_break, "split_first_line", each)
    alone, texts = _drawing(tmp_path / "alone.pdf"), list(laid)
    assert texts == ["2020", *"2020", "2022", *"2022", "2020", *"2020", "2020", *"2020"]
    laid.clear()
    pdf._fonts.cache_clear()  # no letter of another test is known
    monkeypatch.setattr(line_break, "split_first_line", once)
    assert _drawing(tmp_path / "once.pdf") == alone
    assert laid == ["2020", *"20", "2022", "2020", *"20", "2020", *"20"]


def _box(**style: object) -> Box:
    box = Box.__new__(Box)
    box.style = {"float": "none", "position": "static", **style}
    return box


@pytest.mark.parametrize(
    "style",
    [
        {},
        *({"position": position} for position in ("relative", "absolute", "fixed", ("running()", "a"))),
        *({"float": side} for side in ("left", "right", "footnote")),
        {"float": "left", "position": "relative"},
    ],
)
def test_a_box_that_stands_where_it_is_written_is_seen_at_once(style: dict[str, object]) -> None:
    assert _box(**style).is_in_normal_flow() == Box.is_in_normal_flow.__wrapped__(_box(**style))
    assert _box(**style).is_in_normal_flow() == (style in ({}, {"position": "relative"}))


ROWS = "".join(
    f"<tr id='{{id}}-{n}'><td>{n}</td><td class=b>未报送</td><td class=w>监测统计</td></tr>" for n in range(60)
)
SET = f"""<html lang="zh-CN"><head><title>t</title><style>
@page {{ size: 120mm 90mm; margin: 10mm 5% }}
table {{ width: 90%; min-width: 20mm }} .c {{ border-collapse: collapse }} td {{ border: 1pt solid; padding: 2% 1mm }}
.b {{ box-sizing: border-box; width: 30mm }} .w {{ width: calc(10mm + 5%); font-size: 80%; line-height: 1.5 }} .c .b {{ border-width: 3pt }}
p {{ margin: 5mm 0 -2mm }} h2 {{ margin: 3mm 0 }} .side {{ float: left; width: 30% }}
.to::after {{ content: target-counter(attr(href), page) }} tr#a-3 td {{ background: #ddd }}
</style></head><body><h2>一、监测</h2><p>统计<a href="#t">表</a></p><p class=side>旁注</p><table>{ROWS.replace("{id}", "a")}</table>
<table class=c id=t>{ROWS.replace("{id}", "b")}</table><p>第<a href="#b-7" id=from>7</a>行，见<a class=to href="#t">表</a><a id=x name=y></a></p>
<ul><li>甲<ol><li>乙</li><li>丙<p>丁</p></li></ol></li></ul><p>止</p></body></html>"""
"""Boxes of all kinds that the mended places are asked of, on several pages."""


def _set(path: Path) -> bytes:
    return pdf.write(SET, path, [], date(2023, 7, 15)).read_bytes()


def test_what_depends_on_a_style_alone_is_worked_out_once_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WeasyPrint alone works it out for each box and for each line: the file is the same."""
    asked, percentage = Counter[str](), percent.percentage

    def lengths(*values: object) -> object:
        asked["lengths"] += 1
        return percentage(*values)

    monkeypatch.setattr(percent, "percentage", lengths)
    once, shared = _set(tmp_path / "once.pdf"), asked.total()
    asked.clear()
    now = [percent.resolve_percentages, line_break.strut, line_break.get_font_description]
    for one in now:
        mended.everywhere(one, one.__wrapped__)
    try:
        alone = _set(tmp_path / "alone.pdf")
    finally:
        for one in now:
            mended.everywhere(one.__wrapped__, one)
    assert once == alone
    assert shared * 2 < asked.total()
    assert block.resolve_percentages is percent.resolve_percentages is now[0]


def test_rows_that_differ_in_their_id_alone_share_the_styles_of_their_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WeasyPrint alone makes styles for each cell of such a row: the file is the same, with all its anchors."""
    made, begin = Counter[str](), ComputedStyle.__init__

    def counted(style: ComputedStyle, parent: object, cascaded: object, pseudo: str | None, *others: object) -> None:
        made[pseudo or ""] += 1
        begin(style, parent, cascaded, pseudo, *others)

    monkeypatch.setattr(ComputedStyle, "__init__", counted)
    shared, few = _set(tmp_path / "shared.pdf"), made[""]
    made.clear()
    for owner, name in ((css, "find_style_attributes"), (css.StyleFor, "__init__")):
        monkeypatch.setattr(owner, name, getattr(owner, name).__wrapped__)
    assert _set(tmp_path / "alone.pdf") == shared
    assert made[""] - few == (2 * 60 - 4) * 3
    with pikepdf.open(BytesIO(shared)) as file:
        names = [str(name) for name in file.Root.Names.Dests.Names][::2]
    assert {"t", "from", "y", "a-3", "b-59"} < set(names) and len(names) == 2 * 60 + 3


def test_the_same_text_in_the_same_style_and_width_is_laid_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WeasyPrint alone lays it out in each cell: the file is the same."""
    laid, lay_out = Counter[str](), line_break.create_layout

    def counted(text: str, *others: object) -> object:
        laid[text] += 1
        return lay_out(text, *others)

    monkeypatch.setattr(line_break, "create_layout", counted)
    once = _set(tmp_path / "once.pdf")
    same = {text: laid[text] for text in ("未报送", "监测统计")}
    assert all(0 < times <= 3 * 3 for times in same.values())  # as wide as needed, as narrow as can be, and as printed
    laid.clear()
    for module in (inline, preferred):
        monkeypatch.setattr(module, "split_first_line", module.split_first_line.__wrapped__)
    assert _set(tmp_path / "alone.pdf") == once
    assert all(laid[text] >= 2 * 60 for text in same)


@pytest.mark.parametrize("margins", [[], [0], [0.0, 0], [3.5, 0, 2], [0, -2], [3, -2.5, -1], [-1]])
def test_no_margins_are_not_collapsed(margins: list[float]) -> None:
    assert block.collapse_margin(margins) == block.collapse_margin.__wrapped__(margins)


def test_only_elements_have_styles_and_markers_of_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WeasyPrint alone makes six more for each element, for notes and markers: the file is the same."""
    made, begin = Counter[str](), ComputedStyle.__init__

    def counted(style: ComputedStyle, parent: object, cascaded: object, pseudo: str | None, *others: object) -> None:
        made[pseudo or ""] += 1
        begin(style, parent, cascaded, pseudo, *others)

    monkeypatch.setattr(ComputedStyle, "__init__", counted)
    less = _set(tmp_path / "less.pdf")
    assert made["marker"] == SET.count("<li>")
    assert not [pseudo for pseudo in made if "note" in pseudo and "@" not in pseudo]  # a page has areas for them
    monkeypatch.setattr("weasyprint.UA_STYLESHEET", CSS(string=UA, counter_style=UA_COUNTER_STYLE))
    assert _set(tmp_path / "alone.pdf") == less
    assert made["footnote-call"] == made["marker"] - SET.count("<li>") > 400


@pytest.mark.parametrize("sheet", sorted(path.name for path in TEMPLATES.glob("*.css")))
def test_no_style_sheet_has_notes_or_lists_of_other_elements(sheet: str) -> None:
    """Styles for those are not made (flows/press/mended.py)."""
    assert not re.search(r"footnote|note\(|note-call|list-item|::marker", (TEMPLATES / sheet).read_text("utf-8"))

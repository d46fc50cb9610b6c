"""一图读懂: one printed page and a picture for a phone, of the same words and figures, whatever the kind of report."""

import io
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pikepdf
import pytest
from PIL import Image

from expectations.catalog import load
from flows.desk import verify
from flows.edition import figures
from flows.places import TEMPLATES
from flows.press import binding, document, pdf, picture
from flows.report.draw.drawings import Drawings
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.papers import on_phone, poster
from tests.fixtures.printed import Printed
from tests.fixtures.warehouses import changed, golden_warehouse

MOST_BYTES = 1_500_000


@pytest.fixture(scope="module", params=["", "public"])
def folder(request: pytest.FixtureRequest, edition: Path) -> Path:
    return edition / str(request.param)


@pytest.fixture(scope="module")
def printed(folder: Path) -> Iterator[Printed]:
    with pikepdf.open(folder / "poster.pdf") as document:
        yield Printed(folder / "poster.pdf", document)


def test_it_is_one_tagged_page_whose_charts_are_told(printed: Printed) -> None:
    [page] = printed.document.pages
    assert [round(float(side) / 72 * 25.4) for side in page.MediaBox[2:]] == [210, 297]
    drawn = [e for e in printed.tree if e.kind == "Figure"]
    assert len(drawn) == 2 and all("2022年" in str(figure.data.Alt) for figure in drawn)
    levels = [e.kind for e in printed.tree if e.kind.startswith("H")]
    assert levels[0] == "H1" and set(levels[1:]) == {"H2"}


@pytest.mark.parametrize("paper", ["areas", "poster"])
def test_the_page_says_what_is_proved_and_nothing_else(folder: Path, paper: str) -> None:
    path = folder / f"{paper}.pdf"
    attached = verify._attached(path, paper)
    assert verify._text(path, attached[f"{paper}.txt"].decode()).state == "ok"


def test_it_tells_what_the_report_tells(folder: Path) -> None:
    listed = (folder / figures.NAME).read_bytes()
    own, report = (figures.parse(listed, paper) for paper in ("poster", "report"))
    known = {one.fact: one.value for one in report if not one.sense}
    shared = [one for one in own if not one.sense and one.fact in known]
    assert len(shared) > 5
    assert all(one.value == known[one.fact] for one in shared)


def test_the_picture_is_as_wide_as_a_phone_and_marked(folder: Path) -> None:
    path = folder / "poster.png"
    with Image.open(path) as image:
        assert image.width == picture.WIDE
        assert image.height > image.width
        assert image.convert("RGB").getpixel((5, image.height - 5)) == (255, 255, 255)
    assert path.stat().st_size <= MOST_BYTES
    told = (folder / "poster.txt").read_text(encoding="utf-8")
    assert told.count("不是真实统计数据") == 3  # on every page, at the head and at the foot


def test_letters_are_large_enough_for_a_phone() -> None:
    """12 pt on a page of 108 mm are 14 pixels on a screen of 360; nothing is smaller, and what is long is no smaller."""
    sizes = [
        float(part.partition("pt")[0])
        for line in (TEMPLATES / "phone.css").read_text(encoding="utf-8").splitlines()
        for part in line.split("font-size: ")[1:]
    ]
    assert min(sizes) >= 12


def test_the_same_page_gives_the_same_picture(golden: Path, tmp_path: Path) -> None:
    with golden_warehouse(golden) as con:
        made = KINDS["annual"].of(Facts(con, load("990101", golden / "expectations"), 2022))
        charts = Drawings(tmp_path)
        context = {**made.context(charts), **(poster.context(made, charts) or {})}
        page = document.read(pdf.html(TEMPLATES, "poster.html", context))
        paper = pdf.write(
            binding.unbound(on_phone(page, "poster")), tmp_path / "long.pdf", [TEMPLATES], made.facts.edition.published
        )
    one, other = (picture.drawn(paper.read_bytes()) for _ in range(2))
    assert one == other
    with Image.open(io.BytesIO(one)) as image:
        assert image.width == picture.WIDE


def test_where_nothing_can_be_judged_there_is_no_poster(golden: Path, tmp_path: Path) -> None:
    catalog = load("990101", golden / "expectations")
    unjudged = "update out_assessments set verdict = 'unknown', reason = 'not_received', met = null, method = null where year = 2022"
    with changed(golden, unjudged) as con:
        made = KINDS["annual"].of(Facts(con, catalog, 2022))
        assert poster.context(made, Drawings(tmp_path)) is None


@pytest.mark.parametrize(("kind", "year"), [("annual", 2022), ("midterm", 2023), ("final", 2025)])
def test_every_kind_of_report_has_one(golden: Path, tmp_path: Path, kind: str, year: int) -> None:
    later = (
        f"insert into out_assessments by name select * replace ({year} as year) from out_assessments where year = 2022",
        f"insert into out_indicators by name select * replace ({year} as year) from out_indicators where year = 2022",
        f"insert into meta_register by name select * replace ({year} as year) from meta_register where year = 2022",
    )
    with changed(golden, *(later if year != 2022 else ())) as con:
        catalog = KINDS[kind].narrowed(load("990101", golden / "expectations"), year)
        made = KINDS[kind].of(Facts(con, catalog, year))
        charts = Drawings(tmp_path)
        context = poster.context(made, charts)
        assert context is not None
        page = document.read(pdf.html(TEMPLATES, "poster.html", {**made.context(charts), **context}))
    assert binding.read(page, made.words).problems == []
    assert sum(group.number.value for group in made.glance().groups) == made.facts.tally().all.value


def test_shares_of_few_people_are_no_finding(golden: Path) -> None:
    catalog = load("990101", golden / "expectations")

    def found(con: duckdb.DuckDBPyConnection) -> set[str | None]:
        return {i.promise.target.indicator for i in poster.findings(KINDS["annual"].of(Facts(con, catalog, 2022)))}

    with golden_warehouse(golden) as con:
        told = found(con)
    few = "update out_indicators set denominator = 29 where year = 2022 and area = '990101' and indicator = '{}'"
    with changed(golden, *(few.format(key) for key in told)) as con:
        assert told and told.isdisjoint(found(con))

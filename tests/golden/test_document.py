"""One tree of a composed page: what is refused, what is read, and that proof, web page and paper take
the same from it.
"""

from pathlib import Path
from xml.etree.ElementTree import Element, tostring

import pytest
import tinyhtml5

from expectations.catalog import load
from flows.press import binding, document, web
from flows.press.lines import keep_ranges
from flows.report import compose
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.papers import bound
from flows.wording import files, read
from tests.fixtures.printed import offered_in_vain
from tests.fixtures.warehouses import golden_warehouse

WORDS = read("wording")
NO_SCREEN = web.Screen("<p></p>", {}, {}, {}, {})
NAMED = '<span data-name="x">5岁以下</span>'

REFUSED_AND_FINE = [
    ("a name left open", '<p><span data-name="x">5岁<p>共7项</p>', f"<p>{NAMED}</p><p>共七项</p>"),
    ("a name left open to the end", '<p><span data-name="x">5岁</p>', f"<p>{NAMED}</p>"),
    ("a name closed by itself", '<p><span data-name="x"/>5岁</p>', f"<p>{NAMED}</p>"),
    ("tags that cross", '<p><span data-name="x">5岁</p></span>', f"<p>{NAMED}</p>"),
    ("a tag that closes nothing", "<p>甲</span>乙</p>", "<p><span>甲</span>乙</p>"),
    ("a paragraph left open", "<div><p>甲</div>", "<div><p>甲</p></div>"),
    ("a block in a paragraph", "<p><div>甲</div></p>", "<div><p>甲</p></div>"),
    ("a bare <", "<p>甲<b</p>", "<p>甲&lt;b</p>"),
    ("text behind the page", "<p>甲</p></body></html>共7项", "<p>甲</p></body></html>\n"),
    ("a paragraph behind the page", "<p>甲</p></body></html><p>乙</p>", "<p>甲</p></body></html>"),
    ("nothing", "<!-- 甲", "甲"),
]


@pytest.mark.parametrize(("refused", "fine"), [r[1:] for r in REFUSED_AND_FINE], ids=[r[0] for r in REFUSED_AND_FINE])
def test_what_a_parser_would_guess_at_is_refused(refused: str, fine: str) -> None:
    with pytest.raises(ValueError):
        document.read(refused)
    assert binding.read(fine, WORDS).problems == []


def test_a_mistake_is_named() -> None:
    with pytest.raises(ValueError, match="<span> is not closed everywhere"):
        document.read("<p><span>甲</p>")
    with pytest.raises(ValueError, match="Unexpected end tag : b, line 2"):
        document.read("<p>甲</p>\n</b>")


WHOLE = (
    '<section class="cover"></section><section class="summary"></section>'
    '<section class="contents" data-paper="report"><a href="#one">一</a><a href="#annex-methods">附件1</a></section>'
    '<section id="one" data-paper="report"><p>甲</p></section>'
    '<section id="annex-methods" data-paper="data"><p>乙</p></section>'
)


@pytest.mark.parametrize(
    ("stands", "instead", "told"),
    [
        ('<section id="annex-methods" data-paper="data"><p>乙</p></section>', "", "#annex-methods"),
        ("#one", "#two", "#two"),
        ('<section class="summary"></section>', "", "summary"),
        ('class="contents"', "", "contents"),
    ],
    ids=["an annex", "a chapter", "a summary", "contents"],
)
def test_a_report_without_a_part_that_it_counts_on_is_refused(stands: str, instead: str, told: str) -> None:
    """A list of contents would name what is not there, or pages would be numbered from -1."""
    assert stands in WHOLE
    with pytest.raises(ValueError, match=told):
        bound({"report": document.read(WHOLE.replace(stands, instead))})
    cut = bound({"report": document.read(WHOLE)})
    links = [link.get("href") for link in cut["report"].iter("a")]
    assert (cut.keys(), links) == ({"report", "data"}, ["#one"]), "what only another paper prints is plain text"


def test_the_text_of_a_part_that_is_not_there_is_not_taken_for_an_empty_one() -> None:
    assert document.plain(document.read(WHOLE), "annex-methods") == "乙\n"
    with pytest.raises(ValueError, match="annex-methods"):
        document.plain(document.read(WHOLE.replace("annex-methods", "methods")), "annex-methods")


FIGURE = '<data value="85.2" data-fact="t/2024/value">{}</data>'

READ = [
    ("a figure around a comment", FIGURE.format("85<!-- 7 -->.2"), []),
    ("a numeral around a comment", "<p>7<!-- x -->8项</p>", ["78"]),
    ("a numeral in a comment", "<p>甲<!-- 7 --></p>", []),
    ("CDATA, which HTML takes for a comment", "<p>甲<![CDATA[ 7 ]]></p>", []),
    ("a program, which HTML takes for a comment", "<p>甲<?php 7 ?></p>", []),
    ("a numeral by its code point", "<p>&#55;项</p>", ["7"]),
    ("a wide numeral", "<p>&#65303;项</p>", ["７"]),
    ("a tag in words", "<p>&lt;b&gt;7</p>", ["7"]),
    ("a script", "<script>var x = '<p>7';</script><p>甲</p>", []),
    ("a drawing within the page", "<svg viewBox='0 0 9 9'><text>7</text></svg>", ["7"]),
    ("a name around a figure", f'<span data-name="x">5岁{FIGURE.format("85.2")}</span>', []),
    ("a figure around a name", FIGURE.format('<span data-name="x">5岁</span>85.2'), []),
    ("a figure around a bare numeral", FIGURE.format("<b>85.2</b>"), ["85.2"]),
    ("a mark whose end is behind the next one", '<span data-name="x">5岁</span>7<span data-name="y">岁</span>', ["7"]),
    ("a name on a second page within the first", '<p>甲</p><body data-name="x"><p>7</p>', ["7"]),
    ("a mark in a place that is hidden", "<p hidden>7</p>", ["7"]),
    ("an address that looks like a tag", '<a href="a>7">甲</a>', []),
]  # fmt: skip


@pytest.mark.parametrize(("html", "unbound"), [r[1:] for r in READ], ids=[r[0] for r in READ])
def test_a_numeral_is_proved_wherever_it_would_be_seen(html: str, unbound: list[str]) -> None:
    found = binding.read(html, WORDS)
    assert [problem.partition("（")[0] for problem in found.problems] == [f"数字没有依据：{n}" for n in unbound]


def test_a_figure_against_its_fact_is_refused_within_a_name_too() -> None:
    problems = binding.read(f'<span data-name="x">{FIGURE.format("85.3")}</span>', WORDS).problems
    assert problems == ["印出的数字与依据不符：85.3（t/2024/value = 85.2）"]


@pytest.mark.parametrize(
    ("page", "paper"),
    [
        (f"<p>为{FIGURE.format('85.2')}%</p>", "<p>为85.2%</p>"),
        (f"<p>{NAMED}和{NAMED}的</p>", "<p>5岁以下和5岁以下的</p>"),
        ('<p><span data-fact="f" data-sense="up">提高</span><br>7</p>', "<p>提高<br>7</p>"),
        ('<p><span class="nb">2021—2025年</span></p>', '<p><span class="nb">2021—2025年</span></p>'),
        ("<p><span data-definition>甲</span></p>", '<p><span data-definition="">甲</span></p>'),
        ('<th data-name="x">甲</th>', '<th data-name="x">甲</th>'),
        ('<p><span data-name="x" class="b">甲</span></p>', '<p><span data-name="x" class="b">甲</span></p>'),
        ('<p><span data-name="x">甲<b>乙</b></span></p>', '<p><span data-name="x">甲<b>乙</b></span></p>'),
    ],
)
def test_paper_keeps_all_but_the_bindings(page: str, paper: str) -> None:
    whole = "<!DOCTYPE html>\n<html><body>{}</body></html>\n"
    assert binding.unbound(whole.format(page)) == whole.format(paper)


FIVE = '<data class="fig" value="5" data-fact="f">5</data>'


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>在2021—2025年，</p>", '<p>在<span class="nb">2021—2025年</span>，</p>'),
        ('<p><span data-name="a">40%—60%之间</span></p>',
         '<p><span data-name="a"><span class="nb">40%—60%</span>之间</span></p>'),
        ('<p><span data-fact="f" data-sense="missed">未达标（2021—2023年）</span></p>', None),
        ("<td>2021—2025年</td>", None),
        ('<p><span class="nb">0.0—8.2/10万</span></p>', None),
        (f"<p>为{FIVE}—{FIVE}%，</p>", f'<p>为<span class="nb">{FIVE}—{FIVE}%</span>，</p>'),
        (f"<p>{FIVE}—{FIVE}—{FIVE}</p>", f'<p><span class="nb">{FIVE}—{FIVE}</span>—{FIVE}</p>'),
        (f"<p>{FIVE}—2025年</p>", None),
        ('<p>1—2，<b>甲</b>3—4年和5—6岁</p>',
         '<p><span class="nb">1—2</span>，<b>甲</b><span class="nb">3—4年</span>和<span class="nb">5—6岁</span></p>'),
        ('<p>甲<span data-fact="f" data-sense="up">提高</span>1—2年</p>',
         '<p>甲<span data-fact="f" data-sense="up">提高</span><span class="nb">1—2年</span></p>'),
    ],
)  # fmt: skip
def test_ranges_stay_on_one_line(html: str, kept: str | None) -> None:
    found, expected = keep_ranges(document.read(html)), document.read(kept or html)
    assert document.written(found) == document.written(expected)


# --- a whole report ---


@pytest.fixture(scope="module")
def drawn(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The golden report as its template wrote it, and the folder with its charts."""
    catalog, folder = load("990101", golden / "expectations"), tmp_path_factory.mktemp("composed")
    with golden_warehouse(golden) as con:
        return dict(compose(KINDS["annual"].of(Facts(con, catalog, 2022)), folder))["report"], folder


@pytest.fixture(scope="module")
def composed(drawn: tuple[str, Path]) -> str:
    return drawn[0]


def shape(element: Element) -> list[tuple[object, ...]]:
    """A tree as a list: every element with its attributes and the text in it and behind it."""
    return [(e.tag, e.attrib, (e.text or "").strip(), (e.tail or "").strip()) for e in element.iter()]


def test_a_browser_reads_what_was_proved(composed: str) -> None:
    """tinyhtml5 follows the standard that browsers follow, step by step."""
    page = document.read(composed)
    assert len(shape(page)) > 1000
    for text in (composed, document.written(page), binding.unbound(page)):
        assert shape(tinyhtml5.parse(text, namespace_html_elements=False)) == shape(document.read(text))


def test_reading_changes_nothing_of_what_is_read(drawn: tuple[str, Path], tmp_path: Path) -> None:
    page = document.read(drawn[0])
    before = tostring(page)
    binding.read(page, WORDS)
    binding.unbound(page)
    web.write(page, drawn[1], tmp_path / "report.html", files("街镇"), ["report.pdf", "data.pdf"], NO_SCREEN)
    assert tostring(page) == before
    assert document.read(page) is page


def test_a_file_is_offered_by_its_ending_or_because_it_is_known_by_name(tmp_path: Path) -> None:
    for name in ("figures.tsv", "notes.bak", "more.csv"):
        (tmp_path / name).write_text("1", encoding="utf-8")
    assert web._files(tmp_path, {"report.pdf": "", "figures.tsv": ""}, ["report.pdf"]) == [
        "report.pdf",
        "figures.tsv",
        "more.csv",
    ]


def test_each_option_of_the_page_finds_a_target(edition: Path) -> None:
    for folder in (edition, edition / "public"):
        options, vain = offered_in_vain((folder / "report.html").read_text(encoding="utf-8"))
        assert (options > 10, vain) == (True, [])


def test_paper_says_what_was_proved(composed: str) -> None:
    proved, printed = binding.read(composed, WORDS), binding.read(binding.unbound(composed), WORDS)
    assert "".join(printed.nodes) == "".join(proved.nodes)
    assert (len(proved.bound) > 100, printed.bound) == (True, [])

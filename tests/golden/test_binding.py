"""Text that cannot lie: every numeral and judging word of the report, in HTML and in the finished PDF, against its
fact.
"""

import csv
import math
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pikepdf
import pytest

from expectations.catalog import load
from expectations.records import Catalog, Promise
from expectations.vocabulary import Verdict
from flows.desk import verify
from flows.edition import contents, figures, signature
from flows.places import TEMPLATES, MendableError
from flows.press import binding, pdf
from flows.press.binding import UnboundError
from flows.wording import read
from tests.fixtures.warehouses import golden_warehouse

DAY = date(2023, 7, 15)
WORDS: Mapping[str, object] = read("wording")


def problems(html: str) -> list[str]:
    return list(binding.read(f"<html><body>{html}</body></html>", WORDS).problems)


# --- the rules, one by one: what is refused, and its neighbour that passes ---

FIGURE = '<data value="{}" data-fact="t/2024/value">{}</data>'
WORD = '<span data-fact="t/2024/change_previous" data-sense="{}">{}</span>'

REFUSED_AND_FINE = [
    ("a numeral bound to nothing", "<p>为85.2%</p>", f"<p>为{FIGURE.format('85.2', '85.2')}%</p>"),
    ("a figure that is not its value", FIGURE.format("85.24", "85.3"), FIGURE.format("85.24", "85.2")),
    ("rounded half up", FIGURE.format("0.45", "0.5"), FIGURE.format("0.45", "0.4")),
    ("a number that looks like a year", "<p>2024项</p>", "<p>2024年，2021—2024年，2024年5月3日</p>"),
    ("the 10 of no unit", "<p>10</p>", "<p>/10万</p>"),
    ("a direction bound to nothing", "<p>比上年提高</p>", f"<p>比上年{WORD.format('up', '提高')}</p>"),
    ("a direction against its fact", WORD.format("down", "提高"), WORD.format("up", "提高")),
    (
        "a verdict of another fact",
        '<span data-fact="t/2024/verdict" data-sense="behind">提前达标</span>',
        '<span data-fact="t/2024/verdict" data-sense="met_early">提前达标（较上年变差）</span>',
    ),
    ("a verdict bound to nothing", "<td>未达标</td>", "<thead><tr><th>未达标</th></tr></thead>"),
    (
        "a count of something else",
        '<span data-fact="tally/all/2024/count/on_course" data-sense="count">已达标</span>',
        '<span data-fact="tally/all/2024/count/met_early+met_year+met" data-sense="count">已达标</span>',
    ),
    ("numbers in a definition", "<p data-definition>5年以上为提前达标</p>", "<p data-definition>多年为提前达标</p>"),
    ("a name without its source", "<p>5岁以下</p>", '<p><span data-name="x">5岁以下儿童死亡率下降</span></p>'),
    ("a statement without its source", "<p>救助3人</p>", '<p><span data-quote="d">救助3人，达标</span></p>'),
]


@pytest.mark.parametrize(("refused", "fine"), [r[1:] for r in REFUSED_AND_FINE], ids=[r[0] for r in REFUSED_AND_FINE])
def test_what_is_bound_to_nothing_is_refused(refused: str, fine: str) -> None:
    assert problems(refused) != []
    assert problems(fine) == []


NAMES = ("3号街道", "婴幼儿照护（0—3岁）", "12345热线", "达标路街道", "东街道")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("3号街道", []),
        ("东街道、3号街道和12345热线", []),
        ("婴幼儿照护（0—3岁）领域", []),
        ("达标路街道", []),
        ("13号街道", ["1"]),
        ("3号街道有7项", ["7"]),
        ("3号", ["3"]),
        ("东街道有3个", ["3"]),
        ("达标路街道已达标", ["已达标"]),
        ("0—3岁", ["0", "3"]),
    ],
)
def test_a_name_of_the_catalogue_may_have_numerals(text: str, left: list[str]) -> None:
    """What stands beside it, or is a part of it, is no name."""
    found = binding.read(f"<html><body><p>{text}</p></body></html>", WORDS, NAMES).problems
    assert len(found) == len(left) and all(f"：{word}（" in told for word, told in zip(left, found, strict=True)), found


def test_a_report_with_an_unbound_numeral_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(UnboundError, match="数字没有依据：7"):
        binding.prove({"report": "<html><body><p>共7项</p></body></html>"}, WORDS, (), tmp_path)
    assert not list(tmp_path.iterdir())


# --- a whole edition ---


@pytest.fixture(scope="module")
def printed(edition: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((edition / "figures.csv").read_text(encoding="utf-8-sig").splitlines()))


def looked_up(con: duckdb.DuckDBPyConnection, catalog: Catalog, fact: str) -> object:
    """The value of a fact, asked of the warehouse and apart from the report's code; None where only the
    report has it.
    """
    promises = {p.id: p for p in catalog.promises()}
    subject, _, rest = fact.partition("/")
    year, _, field = rest.removesuffix("/joined").partition("/")
    if subject == "tally":
        name, _, counted = rest.partition(f"/{LAST}/count/")
        verdicts = counted.split("+")
        if name != "all" or not set(verdicts) <= set(Verdict.words()):
            return None
        query = "select count(*) from out_assessments where year = ? and verdict in (select unnest(?::varchar[]))"
        return con.execute(query, [LAST, verdicts]).fetchone()[0]  # type: ignore[index]
    if not year.isdigit():
        return None
    if subject in promises and (field in FIELDS or field == "gap"):
        found = con.execute("select * from out_assessments where target = ? and year = ?", [subject, year])
        names = [c[0] for c in found.description or ()]
        row = dict(zip(names, found.fetchone() or [None] * len(names), strict=True))
        if field == "gap":
            return Decimal(str(row["value"])) - Decimal(str(row["threshold"]))
        value = row[field]
        if value is not None:
            return len(value) if isinstance(value, list) else value * 100 if field == "probability" else value
    column, sex, area = "value", "total", "990101"
    if subject in promises and field == "lacking":
        return lacking(con, promises[subject], int(year))
    if subject in promises:
        target = promises[subject].target
        if target.rule.series != "value":
            return None
        subject, sex = str(target.indicator), target.sex
        column = field
    elif field in {"female", "male", "total"}:
        sex = field
    elif re.fullmatch(r"990101\d{3}", field):
        area = field
    elif re.fullmatch(r"990101\d{3}/change_previous", field):
        now, before = (looked_up(con, catalog, f"{subject}/{int(year) - n}/{field[:9]}") for n in (0, 1))
        return Decimal(str(now)) - Decimal(str(before))
    elif re.fullmatch(r"990101\d{3}/\w+", field):  # a change of an area
        return None
    if column not in {"value", "numerator", "denominator", "lower", "upper"}:
        return None
    query = f"select {column} from out_indicators where indicator = ? and year = ? and sex = ? and area = ? and institution = ''"
    return (con.execute(query, [subject, year, sex, area]).fetchone() or [None])[0]


def lacking(con: duckdb.DuckDBPyConnection, promise: Promise, year: int) -> int:
    """How many whole people are missing, or are too many, with the year's denominator."""
    [(above, below, limit)] = con.execute(
        "select i.numerator, i.denominator, a.threshold from out_assessments a, out_indicators i "
        "where a.target = ? and a.year = ? and i.indicator = ? and i.year = a.year and i.area = '990101' and i.sex = ?",
        [promise.id, year, promise.target.indicator, promise.target.sex],
    ).fetchall()
    assert promise.indicator is not None
    needed = Decimal(repr(limit)) * below / promise.indicator.per
    more = promise.target.rule.wants == "more"
    return int((math.ceil(needed) - above) if more else (above - math.floor(needed)))


COMPUTED = {"value", "pooled", "pooled_events", "completion", "gap_change", "swing"}
"""What the report computes from several figures; `value` where it is a minimum or a gap of the baseline year."""
LAST = 2022
FIELDS = {"value", "threshold", "baseline", "change_previous", "change_baseline", "trend", "projection", "probability",
          "outlook_low", "outlook_high", "places_total", "places_met", "places_failing"}  # fmt: skip


def test_every_figure_is_what_the_warehouse_has(golden: Path, printed: list[dict[str, str]]) -> None:
    figures = [row for row in printed if row["含义"] == "—"]
    catalog = load("990101", golden / "expectations")
    promises, left = {p.id for p in catalog.promises()}, set()
    found = set()
    with golden_warehouse(golden) as con:
        for row in figures:
            value = looked_up(con, catalog, row["依据"])
            if value is not None:
                assert abs(Decimal(row["数值"])) == abs(Decimal(str(value))), row
                found.add(row["依据"])
            elif row["依据"].split("/")[0] in promises:
                left.add(row["依据"].rpartition("/")[2])
        values = con.execute(
            "select concat(target, '/', year, '/value') from out_assessments where year = ? and value is not null",
            [LAST],
        ).fetchall()
    assert {fact for (fact,) in values} <= found  # what each target is judged by is printed
    assert left <= COMPUTED


def test_every_word_of_a_target_is_its_verdict_or_the_way_it_went(golden: Path, printed: list[dict[str, str]]) -> None:
    found = set()
    with golden_warehouse(golden) as con:
        for row in printed:
            subject, _, rest = row["依据"].partition("/")
            year, _, field = rest.removesuffix("/joined").partition("/")
            if field == "verdict":
                (value,) = con.execute(
                    "select verdict from out_assessments where target = ? and year = ?", [subject, year]
                ).fetchone() or (None,)
                assert row["含义"] in {value, "worse"}, row
                found.add(row["依据"])
            elif field in {"change_previous", "change_baseline", "trend"} and row["含义"] != "—":
                (value,) = con.execute(
                    f'select "{field}" from out_assessments where target = ? and year = ?', [subject, year]
                ).fetchone() or (None,)
                assert row["含义"] == "flat" or (row["含义"] == "up") == (value > 0), row
                found.add(row["依据"])
        verdicts = con.execute(
            "select concat(target, '/', year, '/verdict') from out_assessments where year = ?", [LAST]
        ).fetchall()
    assert {fact for (fact,) in verdicts} <= found  # every target is judged in words


def test_the_pages_say_what_was_bound_and_nothing_else(edition: Path) -> None:
    check = verify._text(edition / "report.pdf", (edition / "report.txt").read_text(encoding="utf-8"))
    assert (check.title, check.state) == ("文字", "ok"), check.told


def test_the_figures_are_those_of_the_attached_data(edition: Path) -> None:
    check = verify._figures(figures.parse((edition / figures.NAME).read_bytes(), "report"), contents.read(edition))
    assert check.state == "ok", check.told


# --- mutations: one figure, one word ---


@pytest.fixture(scope="module")
def page(edition: Path) -> str:
    """The body of the report's first domain, short enough to be set again and again."""
    html = (edition / "report.html").read_text(encoding="utf-8")
    tables = re.findall(r"<table class=\"three\".*?</table>", html, re.S)
    table = next(t for t in tables if ">70.00<" in t and ">提前达标<" in t)
    table = re.sub(r' href="#[^"]*"', "", table)  # what they lead to is not set
    return f'<html lang="zh-CN"><head><title>t</title></head><body>{table}</body></html>'


@pytest.mark.parametrize(("old", "new"), [("70.00", "70.10"), ("提前达标", "达标困难")])
def test_one_altered_figure_or_word_is_found(page: str, old: str, new: str, tmp_path: Path) -> None:
    altered = page.replace(f">{old}<", f">{new}<", 1)
    assert altered != page
    assert problems(page) == []
    assert len(problems(altered)) == 1

    text = "\n".join(["", *binding.read(page, WORDS).nodes])
    honest = pdf.write(page, tmp_path / "honest.pdf", [TEMPLATES], DAY)
    forged = pdf.write(altered, tmp_path / "forged.pdf", [TEMPLATES], DAY)
    assert verify._text(honest, text).state == "ok"
    check = verify._text(forged, text)
    assert check.state == "wrong"
    assert old in check.told or new in check.told


def test_a_numeral_added_to_the_pages_is_found(page: str, tmp_path: Path) -> None:
    text = "\n".join(["", *binding.read(page, WORDS).nodes])
    forged = page.replace("</body>", "<p>另有873人</p></body>")
    path = pdf.write(forged, tmp_path / "forged.pdf", [TEMPLATES], DAY)
    assert "873" in verify._text(path, text).told


@pytest.mark.parametrize(
    ("pages", "pieces"),
    [
        ("差距缩小的1项\f下文又说差距缩小\f", [(2, 4)]),
        ("差距缩\f小的1项为，下文又说差距缩小\f", [(2, 4)]),
        ("差距缩图16紧缩\f小的1项为，下文又说差距缩小\f", [(2, 3), (8, 9)]),  # a chart at the foot of the page
        ("差距图16缩图17\f小的1项为，下文说扩大\f", [(5, 6), (9, 10)]),  # a paragraph begins behind a chart
        ("差距扩图16\f大的1项为，下文说扩大\f", []),
    ],
)
def test_a_word_that_a_page_parts_is_no_later_word(pages: str, pieces: list[tuple[int, int]]) -> None:
    """Else all that stands between the parted word and the next one like it would be missed."""
    assert verify._shown(pages).found("缩小", 2) == pieces


def test_a_page_painted_white_is_found_by_its_signature_alone(page: str, tmp_path: Path) -> None:
    """Its text, attachments and figures are all there: only the bytes tell, so it is signed."""
    text = "\n".join(["", *binding.read(page, WORDS).nodes])
    (tmp_path / "edition").mkdir()
    report = pdf.write(page, tmp_path / "edition" / "report.pdf", [TEMPLATES], DAY)
    signature.make(tmp_path / "keys")
    signature.sign(report.parent, tmp_path / "keys")
    assert signature.check(report, tmp_path / "keys")[0] == "ok"
    with pikepdf.open(report, allow_overwriting_input=True) as document:
        document.pages[0].contents_add(b"q 1 g 0 0 9000 9000 re f Q")
        document.save(report)
    assert verify._text(report, text).state == "ok"
    assert signature.check(report, tmp_path / "keys")[0] == "wrong"


# --- verify, at the door ---


def test_what_is_no_report_of_ours_is_refused(tmp_path: Path) -> None:
    other = pdf.write('<html lang="zh-CN"><title>t</title><p>x', tmp_path / "x.pdf", [TEMPLATES], DAY)
    (tmp_path / "y.pdf").write_text("no pdf")
    for path, told in ((other, "没有附带"), (tmp_path / "y.pdf", "不是 PDF"), (tmp_path / "z.pdf", "没有文件")):
        with pytest.raises(MendableError, match=told):
            list(verify.verify(path))


def test_a_report_is_made_again_without_the_papers_beside_it(tmp_path: Path) -> None:
    page, wanted, other = '<html lang="zh-CN"><title>t</title><p>x', tmp_path / "report.pdf", tmp_path / "data.pdf"
    setting = verify._only(wanted)
    assert [setting(page, path, [TEMPLATES], DAY) for path in (other, wanted)] == [other, wanted]
    assert wanted.is_file() and not other.exists()

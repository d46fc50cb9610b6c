"""Writes the files of one edition from the warehouse: the PDF, the page for the browser, and the same content as data.

Heavy libraries are imported only when a report begins: the command line reads the kinds of reports, which stand in a
folder of this one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from flows.places import TEMPLATES
from flows.report.write import Later, at_once

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    import duckdb

    from expectations.records import Catalog
    from flows.press.pdf import Write
    from flows.report.kinds import Kind
    from flows.report.kinds.report import Report
    from flows.report.write.changes import Changes
    from flows.report.write.formats import Previous


def make(
    kind: Kind,
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    year: int,
    staging: Path,
    editions: Path | None = None,
    previous: Previous = lambda _: None,
    draft: bool = False,
    write: Write | None = None,
    later: Later = at_once,
) -> Mapping[str, Mapping[str, int]]:
    """Write an edition of one data year into an empty folder; returns what the terminal tells of it, in Chinese.

    A public warehouse makes the public edition, in a folder of the internal edition, which is made before it. The same
    warehouse, compared with the same edition, gives the same bytes. Earlier editions of the district stand below
    `editions`. `write` sets the pages, if another process shall do it; then `later` keeps what can wait. Raises `LayoutError`
    if a page cannot be set as told, and `UnboundError` if a numeral or a word has no fact.
    """
    from flows.report.facts import Facts
    from flows.report.write import formats

    made = kind.of(Facts(con, catalog, year, draft), editions)
    changed = formats.write(made, staging, previous, later)
    publish(made, compose(made, staging, changed), staging, write, later)
    return made.counts()


def compose(made: Report, staging: Path, changed: Changes | None = None) -> Iterator[tuple[str, str]]:
    """The pages of all papers as HTML (`papers.PAPERS`), each as soon as it is composed, with what `changed` since the previous
    edition; their charts are drawn into `staging`. The longest, the report with its volume of data, comes last: the
    press sets the others meanwhile.
    """
    from flows.press import pdf
    from flows.report import papers
    from flows.report.draw.drawings import Drawings
    from flows.report.write.changes import UNCOMPARED

    charts, frame = Drawings(staging, made.facts.edition.audience), made.frame()
    for name, own in papers.own_pages(made, charts):
        yield name, pdf.html(TEMPLATES, f"{name}.html", {**frame, **own})
    context = {**made.context(charts), "changes": changed or UNCOMPARED}
    yield papers.MAIN, pdf.html(TEMPLATES, f"{made.kind.name}.html", context)


def publish(
    made: Report,
    pages: Iterable[tuple[str, str]],
    staging: Path,
    write: Write | None = None,
    later: Later = at_once,
) -> Path:
    """Turn the pages, as they are composed, into a PDF for each paper, their proof, the page for the browser, and at last the
    report, which carries the edition's data; papers to be commented on are Word documents, too. Returns the path of the report.

    A page is set before all are proved: where the proof fails, nothing of the edition is published.
    """
    import io
    from functools import partial

    from flows.edition import manifest
    from flows.press import binding, document, docx, pdf, web
    from flows.report import papers
    from flows.report.write import listing
    from flows.report.write.screen import screen
    from flows.wording import files

    facts, published = made.facts, made.facts.edition.published

    def put(tree: Element, path: Path, carried: Mapping[str, str] | None = None) -> None:
        (write or pdf.write)(binding.unbound(tree), path, [TEMPLATES], published, carried)

    trees: dict[str, Element] = {}
    cut: dict[str, Element] = {}
    for page, html in pages:
        trees[page] = made.laid(document.read(html))
        for name, tree in papers.bound({page: trees[page]}).items():
            cut[name] = tree
            if name != papers.MAIN:
                put(tree, staging / f"{name}.pdf")
            if papers.PAPERS[name].picture:
                put(papers.on_phone(tree, name), staging / f"{name}.png")
    bound = {name: cut[name] for name in papers.PAPERS if name in cut}
    binding.prove(bound, made.words, facts.catalog.titles, staging)
    methods = document.plain(trees[papers.MAIN], "annex-methods")
    (staging / "methods.txt").write_text(methods, encoding="utf-8")
    plan = io.StringIO()
    listing.show(facts.catalog, "csv", plan, facts.year)
    (staging / "plan.csv").write_text(plan.getvalue(), encoding="utf-8-sig")
    areas = facts.catalog.district.areas_called
    commented = [name for name in bound if papers.PAPERS[name].commented and facts.edition.internal]
    awaited = [
        f"{papers.MAIN}.xlsx",
        *(f"{name}.pdf" for name in bound),
        *(f"{name}.png" for name in bound if papers.PAPERS[name].picture),
        *(f"{name}.docx" for name in commented),
    ]
    beside = screen(facts, made.standings)
    web.write(trees[papers.MAIN], staging, staging / "report.html", files(areas), awaited, beside)
    attached = {name: told for name, told in files(areas, attached=True).items() if (staging / name).is_file()}
    manifest.seal(staging, attached)
    put(bound[papers.MAIN], staging / f"{papers.MAIN}.pdf", attached)
    for name, tree in papers.apart(trees):
        path = staging / name
        path.parent.mkdir(exist_ok=True)
        put(tree, path)
    for name in commented:
        later(partial(docx.write, bound[name], staging, staging / f"{name}.docx", published))
    return staging / f"{papers.MAIN}.pdf"

"""Writes the files of one edition from the warehouse: the PDF, the page for the browser, and the same
content as data.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import duckdb
import yaml

from expectations.records import Catalog
from flows.edition import manifest
from flows.places import PROJECT
from flows.press import binding, document
from flows.report.facts import Facts
from flows.report.kinds import annual
from flows.report.say.narrative import Narrator, Words
from flows.report.write import formats
from flows.report.write.changes import UNCOMPARED, Changes

if TYPE_CHECKING:
    from flows.press.pdf import Write

TEMPLATES = PROJECT / "report_templates"
ATTACHED = (
    "targets.csv", "outcomes.csv", "indicators.csv", "sdmx.csv", "sexes.csv", "sexes_change.csv", "warnings.csv",
    "outlook.csv", "track.csv", "first_published.csv", "baseline.csv", "deliveries.csv", "findings.csv",
    "changes.csv", "plan.csv", "methods.txt", "report.json", "report.txt", "figures.csv", "manifest.json",
)  # fmt: skip
"""The files that the PDF carries, if the edition has them."""
TEMPLATE_BREAK = re.compile(r"\s*\n\s*")
Previous = Callable[[str], Path | None]
"""Finds the edition to compare with, by the id of this run."""


def render(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    year: int,
    staging: Path,
    previous: Previous = lambda _: None,
    draft: bool = False,
    write: Write | None = None,
) -> Path:
    """Write the annual edition of one data year into an empty folder; returns the PDF.

    A public warehouse makes the public edition, in a folder of the internal edition, which is made before it. The same
    warehouse, compared with the same edition, gives the same bytes. `write` sets the pages, if another process shall do
    it. Raises `LayoutError` if a page cannot be set as told, and `UnboundError` if a numeral or a word has no fact.
    """
    facts = Facts(con, catalog, year, draft)
    words = wording()
    title = annual.title(facts)
    changed = formats.write(facts, formats.collect(facts, Narrator(facts, words)), staging, previous, title)
    return publish(facts, compose(facts, staging, changed), words, staging, write)


def compose(facts: Facts, staging: Path, changed: Changes = UNCOMPARED) -> str:
    """The whole report as HTML, with what `changed` since the previous edition; its charts are drawn into `staging`."""
    from flows.press import pdf

    context = annual.context(facts, Narrator(facts, wording()), staging)
    return pdf.html(TEMPLATES, "report.html", {**context, "changes": changed})


def conclude(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    year: int,
    staging: Path,
    editions: Path,
    previous: Previous = lambda _: None,
    draft: bool = False,
    write: Write | None = None,
) -> Mapping[str, int]:
    """Write the final evaluation of the catalogue's plans, which all end in `year`, into an empty folder.

    The annual editions below `editions` (output/<district>) tell what was published first. Returns how many targets
    ended how, in Chinese. Same bytes and errors as `render`.
    """
    from flows.report.kinds import final

    return final.write(Facts(con, catalog, year, draft), staging, editions, previous, write)


def wording() -> Words:
    """The words and forms of all sentences (report_templates/wording.yml)."""
    words: Words = yaml.safe_load((TEMPLATES / "wording.yml").read_text(encoding="utf-8"))
    return words


def publish(facts: Facts, html: str, words: Mapping[str, Any], staging: Path, write: Write | None = None) -> Path:
    """Turn a composed report into its proof, the page for the browser, and the PDF, which carries the
    edition's data.
    """
    from flows.press import pdf, web
    from flows.report.write import listing

    page = document.read(html)
    binding.prove(page, words, staging)
    (staging / "methods.txt").write_text(_methods(page), encoding="utf-8")
    plan = io.StringIO()
    listing.write(facts.catalog, "csv", plan)
    (staging / "plan.csv").write_text(plan.getvalue(), encoding="utf-8-sig")
    web.write(page, staging, staging / "report.html")
    attached = {name: web.FILES[name] for name in ATTACHED if (staging / name).is_file()}
    manifest.seal(staging, attached)
    return (write or pdf.write)(
        binding.unbound(page), staging / "report.pdf", [TEMPLATES], facts.edition.published, attached
    )


def _methods(page: Element) -> str:
    """The annex of methods as plain text."""
    section = page.find(".//section[@id='annex-methods']")
    return "" if section is None else "".join(_lines(section)).strip() + "\n"


def _lines(element: Element) -> Iterator[str]:
    """The text of an element without the template's line breaks: one line for each paragraph or row, a wide space after
    each cell.
    """
    yield TEMPLATE_BREAK.sub("", element.text or "")
    for child in element:
        yield from _lines(child)
        yield {"td": "　", "th": "　", "p": "\n", "tr": "\n", "h2": "\n", "h3": "\n", "h4": "\n"}.get(child.tag, "")
        yield TEMPLATE_BREAK.sub("", child.tail or "")

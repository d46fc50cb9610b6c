"""The warehouse in, the files of one edition out: the PDF, and the same content for who works on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import yaml

from expectations.records import Catalog
from flows.places import PROJECT
from flows.report import annual, formats
from flows.report.changes import UNCOMPARED, Changes
from flows.report.facts import Facts
from flows.report.narrative import Narrator

TEMPLATES = PROJECT / "report_templates"
ATTACHED = {
    "targets.csv": "全部目标的数值与评价",
    "indicators.csv": "全部指标分年度、地区、性别的数值",
    "sexes.csv": "分性别指标",
    "warnings.csv": "预警",
    "outlook.csv": "目标走势和达标概率",
    "track.csv": "历年预警及其结果",
    "deliveries.csv": "报送情况",
    "findings.csv": "核查结果",
    "manifest.json": "运行清单：输入文件、目录和程序的散列值",
}


def render(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    year: int,
    staging: Path,
    previous: Callable[[str], Path | None] = lambda _: None,
) -> Path:
    """Write report.pdf, the tables in every format and the manifest of one data year into an empty folder; return the PDF.

    `previous` finds the edition to compare with, given this run's id. The same warehouse, compared with the same edition,
    gives the same bytes. Raises `LayoutError` where a page cannot be set as told.
    """
    from flows import pdf

    facts = Facts(con, catalog, year)
    words = yaml.safe_load((TEMPLATES / "wording.yml").read_text(encoding="utf-8"))
    changed = formats.write(facts, Narrator(facts, words), staging, previous)
    text = compose(facts, staging, changed)
    return pdf.write(text, staging / "report.pdf", [TEMPLATES], facts.edition.published, ATTACHED)


def compose(facts: Facts, staging: Path, changed: Changes = UNCOMPARED) -> str:
    """The whole report as HTML, with what `changed` since the previous edition; its charts are drawn into `staging`."""
    from flows import pdf

    words = yaml.safe_load((TEMPLATES / "wording.yml").read_text(encoding="utf-8"))
    context = annual.context(facts, Narrator(facts, words), staging)
    return pdf.html(TEMPLATES, "report.html", {**context, "changes": changed})


def conclude(
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    year: int,
    staging: Path,
    editions: Path,
    audience: str = "internal",
    draft: bool = False,
) -> Mapping[str, int]:
    """Write the final evaluation of the catalogue's plans, all of which end in `year`, into an empty folder.

    Annual editions below `editions` (output/<district>) tell what was published first. Returns how many targets ended
    how, in Chinese. The same warehouse and editions give the same bytes; raises `LayoutError` as `render` does.
    """
    from flows.report import final

    facts = Facts(con, catalog, year)
    facts.edition = replace(facts.edition, audience=audience, draft=draft)
    return final.write(facts, staging, editions)

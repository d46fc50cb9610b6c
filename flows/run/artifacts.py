"""What Prefect's page shows of a run that has made a report: its summary, and its tables."""

from __future__ import annotations

import csv
from pathlib import Path

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from expectations.records import District
from flows import edition
from flows.pipeline import Made
from flows.places import places
from flows.report.kinds import Kind
from flows.run import papers
from flows.run.terminal import summary
from flows.wording import files, read, say

TABLES = (("targets", ("targets.csv", "outcomes.csv")), ("findings", ("findings.csv",)))
"""An artifact → the file of an edition that it shows: the first that the kind of report has."""
PAPERS = {".pdf", ".docx", ".xlsx", ".png"}


def show(kind: Kind, district: District, made: Made) -> None:
    """Give the run that is under way its summary, its table of verdicts and its table of findings."""
    key = f"{kind.name}-{made.district}-{made.year}"
    title = say("messages/run/summary_title", district=district.name, year=made.year, kind=kind.titled)
    create_markdown_artifact(_summary(title, district, made), f"{key}-summary", title)
    for name, candidates in TABLES:
        path = next((path for file in candidates if (path := made.report.parent / file).is_file()), None)
        if path:
            told = f"{title}：{say(f'messages/run/{name}')}"
            create_table_artifact(_table(path), f"{key}-{name}", told)


def _summary(title: str, district: District, made: Made) -> str:
    folder = made.report.parent
    named = files(district.areas_called)
    listed = [name for name in named if Path(name).suffix in PAPERS and (folder / name).is_file()]
    head = "| {} | {} | {} |".format(*read("messages")["run"]["papers"])
    rows = [
        f"| {named[name]} | {_shown(folder / name)} | {_shown(folder / edition.PUBLIC / name)} |" for name in listed
    ]
    counted = [f"- {line}" for line in summary(made)]
    below = [say("messages/run/folder", folder=folder)]
    if papers.address(""):
        below = [say("messages/run/open_papers"), "", *below]
    return "\n".join([f"## {title}", "", *counted, "", head, "| --- | --- | --- |", *rows, "", *below])


def _shown(path: Path) -> str:
    """A paper's name, linked to where the page shows it, if it is there."""
    if not path.is_file():
        return "—"
    name = f"{edition.PUBLIC}/{path.name}" if path.parent.name == edition.PUBLIC else path.name
    where = papers.address(path.relative_to(places().output).as_posix())
    return f"[{name}]({where})" if where else name


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))

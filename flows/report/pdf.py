"""HTML in, an official PDF out: the only door to Jinja2 and WeasyPrint."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from weasyprint import HTML, Attachment
from weasyprint.urls import URLFetcher

from flows.report.facts import Edition


class LayoutError(Exception):
    """WeasyPrint could not set something as told; such a report is not published."""


class _Closed(URLFetcher):  # type: ignore[misc]
    """Reads files below the given folders and nothing else."""

    def __init__(self, *roots: Path) -> None:
        super().__init__(allowed_protocols={"file", "data"}, allow_redirects=False, fail_on_errors=True)
        self.roots = [root.resolve() for root in roots]

    def fetch(self, url: str, headers: Any = None) -> Any:
        if url.startswith("file://"):
            path = Path(url.removeprefix("file://")).resolve()
            if not any(path.is_relative_to(root) for root in self.roots):
                raise LayoutError(f"不允许读取 {path}")
        return super().fetch(url, headers)


class _Strict(logging.Handler):
    """Collects what WeasyPrint only warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def html(templates: Path, context: Mapping[str, object]) -> str:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(context)


def write(text: str, templates: Path, staging: Path, edition: Edition, attachments: Mapping[str, str]) -> Path:
    """Set the pages as PDF/A-3a with the tables attached; the same input gives the same bytes.

    Raises `LayoutError` on any layout warning.
    """
    created = datetime.combine(edition.published, time(9), UTC)
    strict = _Strict()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(strict)
    try:
        document = HTML(string=text, base_url=f"{staging.resolve().as_uri()}/", url_fetcher=_Closed(templates, staging))
        out = io.BytesIO()
        document.write_pdf(
            out,
            pdf_variant="pdf/a-3a",
            attachments=[
                Attachment(
                    string=(staging / name).read_bytes(), name=name, description=description, relationship="Data",
                    created=created, modified=created,
                )
                for name, description in attachments.items()
            ],
        )  # fmt: skip
    finally:
        logger.removeHandler(strict)
    if strict.messages:
        raise LayoutError("版面有误：" + "；".join(dict.fromkeys(strict.messages)))
    path = staging / "report.pdf"
    path.write_bytes(out.getvalue())
    return path

"""HTML in, an official PDF out: the only door to Jinja2 and WeasyPrint."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from weasyprint import HTML, Attachment
from weasyprint.urls import URLFetcher


class LayoutError(Exception):
    """WeasyPrint could not set something as told; such a report is not published."""


class Write(Protocol):
    """Sets pages into a file: `write`, or the same in another process."""

    def __call__(
        self,
        text: str,
        path: Path,
        roots: Sequence[Path],
        published: date,
        attachments: Mapping[str, str] | None = None,
        /,
    ) -> Path: ...


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


def html(templates: Path, name: str, context: Mapping[str, object]) -> str:
    """A template filled in; everything that is put into it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(context)


@contextmanager
def press() -> Iterator[tuple[Write, Callable[[], None]]]:
    """Sets several documents side by side, each in a process of its own.

    The second function waits until all of them stand, and raises what the first that could not be set raised.
    """
    processes = get_context("forkserver")
    processes.set_forkserver_preload([__name__])  # what takes long to import is imported once
    with ProcessPoolExecutor(2, processes) as pool:
        waiting: list[Future[Path]] = []

        def submit(
            text: str,
            path: Path,
            roots: Sequence[Path],
            published: date,
            attachments: Mapping[str, str] | None = None,
            /,
        ) -> Path:
            waiting.append(pool.submit(write, text, path, roots, published, attachments))
            return path

        def wait() -> None:
            for job in waiting:
                job.result()

        yield submit, wait


def write(
    text: str, path: Path, roots: Sequence[Path], published: date, attachments: Mapping[str, str] | None = None, /
) -> Path:
    """Set the pages as PDF/A-3a, with files beside `path` attached; the same input gives the same bytes.

    `roots` are the folders that the pages may read from. Raises `LayoutError` on any layout warning.
    """
    created = datetime.combine(published, time(9), UTC)
    strict = _Strict()
    logger = logging.getLogger("weasyprint")
    logger.addHandler(strict)
    try:
        base = f"{path.parent.resolve().as_uri()}/"
        document = HTML(string=text, base_url=base, url_fetcher=_Closed(*roots, path.parent))
        out = io.BytesIO()
        document.write_pdf(
            out,
            pdf_variant="pdf/a-3a",
            attachments=[
                Attachment(
                    string=(path.parent / name).read_bytes(), name=name, description=description, relationship="Data",
                    created=created, modified=created,
                )
                for name, description in (attachments or {}).items()
            ],
        )  # fmt: skip
    finally:
        logger.removeHandler(strict)
    if strict.messages:
        raise LayoutError("版面有误：" + "；".join(dict.fromkeys(strict.messages)))
    path.write_bytes(out.getvalue())
    return path

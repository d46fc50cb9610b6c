"""The program that looks for half-empty pages sees one, and headings that stand alone."""

from datetime import date
from pathlib import Path

import pytest

from flows.places import TEMPLATES
from flows.press import pdf
from tests.fixtures.filled import faults

HEAD = (
    '<html lang="zh-CN"><head><title>t</title><link rel="stylesheet" href="{style}"></head><body>'
    '<section class="cover"><h1>t</h1></section>'
)
LINE = "<p>一行</p>"
LINES_A_PAGE = 22


def printed(folder: Path, *sections: str) -> list[str]:
    text = HEAD.format(style=(TEMPLATES / "style.css").as_uri()) + "".join(sections) + "</body></html>"
    path = pdf.write(text, folder / "t.pdf", [TEMPLATES], date(2026, 1, 1))
    return [fault.told for fault in faults(path)]


def chapter(*content: str) -> str:
    return f'<section class="chapter"><h2>一、章</h2>{"".join(content)}</section>'


FULL = LINE * 20
BREAK = '<div style="break-before: page"></div>'


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ((chapter(FULL), chapter(FULL)), []),
        ((chapter(LINE * 3), chapter(FULL)), []),  # the last page of a chapter
        ((chapter(LINE * 3, BREAK, FULL),), ["filled to 18%"]),
        ((chapter(LINE * 18, "<h3>（一）节</h3>", LINE, BREAK, FULL),), ["a heading with 1 lines below it"]),
        ((chapter(LINE * 14, "<h3>（一）节</h3>", LINE * 5, FULL),), []),
    ],
    ids=["full pages", "a short end", "half empty", "a heading alone", "a heading with its text"],
)
def test_what_stands_alone_is_seen(tmp_path: Path, sections: tuple[str, ...], told: list[str]) -> None:
    assert printed(tmp_path, *sections) == told

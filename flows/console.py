"""The terminal to write to: words are shown as they are."""

from __future__ import annotations

from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from flows.inert import shown


class _Literal(Console):
    """Prints words as they are: none is markup, an emoji's name, or a command to the terminal."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(shown(text), **{**options, "markup": False, "emoji": False})


def line_console(out: TextIO | None = None) -> Console:
    """For sentences: a line stays one, however long."""
    return _Literal(file=out, highlight=False, soft_wrap=True)


def table_console(out: TextIO) -> Console:
    """For tables: as wide as the terminal, or as a page where there is none."""
    return _Literal(file=out, highlight=False, width=None if out.isatty() else 120)

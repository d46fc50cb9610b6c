"""The consoles of the terminal. Words are printed as they are."""

from __future__ import annotations

from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from flows.inert import shown


class _Literal(Console):
    """Prints words as they are: no markup, no names of emojis, no commands to the terminal."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(shown(text), **{**options, "markup": False, "emoji": False})


def line_console(out: TextIO | None = None) -> Console:
    """A console for sentences: a line stays one line, however long it is."""
    return _Literal(file=out, highlight=False, soft_wrap=True)


def table_console(out: TextIO) -> Console:
    """A console for tables: as wide as the terminal, or as a page if there is none."""
    return _Literal(file=out, highlight=False, width=None if out.isatty() else 120)

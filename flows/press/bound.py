"""Texts that say where they come from: a name of the catalogue, words of a department, or a word that judges."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from flows.press.numbers import Figure


class Bound(str):
    """A text that prints as it is; in HTML it carries the fact that it is bound to."""

    form = '<span data-name="{}">{}</span>'
    source: str

    def __new__(cls, text: str, source: str) -> Bound:
        new = super().__new__(cls, text)
        new.source = source
        return new

    def __html__(self) -> str:
        return Markup(self.form).format(self.source, str.__str__(self))  # noqa: S704  (forms are ours)


class Name(Bound):
    """A name or number from the catalogue: an indicator, a clause, what a plan asks for."""


class Quote(Bound):
    """Words of somebody else: a department's statement, a finding about its file."""

    form = '<span data-quote="{}">{}</span>'


class Word(Bound):
    """Word (判断用语): a direction or a verdict; `sense` is what the fact says (up, down, flat, met_early, …)."""

    form = '<span data-fact="{}" data-sense="{}">{}</span>'
    sense: str

    def __new__(cls, text: str, source: str, sense: str = "") -> Word:
        new = super().__new__(cls, text, source)
        assert isinstance(new, Word)
        new.sense = sense
        return new

    def __html__(self) -> str:
        return Markup(self.form).format(self.source, self.sense, str.__str__(self))  # noqa: S704


def counted(word: str, figure: Figure) -> Word:
    """A word that says what a figure counts."""
    return Word(word, figure.fact, "count")


def joined(texts: Iterable[object], by: str = "、") -> Markup:
    """A list in running text; each part is still bound."""
    return Markup(escape(by)).join(texts)  # type: ignore[arg-type]  # noqa: S704

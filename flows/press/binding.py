"""Finds every numeral and every judging word in a composed report, and the fact that each is bound to, if any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from flows.edition import figures
from flows.edition.figures import Printed
from flows.press import document
from flows.press.document import Page
from flows.press.numbers import rounded
from flows.wording import say

NUMERAL = re.compile(r"(?<![/\d.])\d+(?:[.,]\d+)*")
"""A numeral; the 10 of a unit such as /10万 is none."""
YEAR = re.compile(r"(?:19|20)\d\d(?=年)|(?:19|20)\d\d(?=—(?:19|20)\d\d年)|(?<=年)\d{1,2}(?=月)|(?<=月)\d{1,2}(?=日)")
"""A year: it says when and not how much."""
TITLES = {"h1", "h2", "h3", "h4", "thead", "caption", "figcaption", "title", "nav", "style"}
"""Places where numerals number and words name: headings, captions, heads of tables, contents."""
NAMING = {"data-name", "data-quote", "data-label"}
"""Attributes of texts that need no proof: names, words of others, numbering."""
BINDINGS = {"data-fact", *NAMING}
TITLE_CLASSES = {"caption", "contents", "cover", "legend", "unit"}
SILENT = {
    "not_asked",
    "not_available",
    "None",
    "none",
    "sun",
    "slightly_cloudy",
    "cloudy",
    "thunderstorm",
    "agree",
    "suppressed",
    "quality",
    "late_data",
}
"""Senses whose words are also used where nothing is judged."""
FURNITURE = {"mark", "running", "draft"}
SILENT_TAGS = {"head", "style", "script"}


@dataclass(frozen=True)
class Reading:
    bound: Sequence[Printed]
    numerals: Sequence[str]
    """Every numeral of the text in reading order, whatever it is bound to."""
    nodes: Sequence[str]
    """The whole text, piece by piece, without white space and without what every page repeats."""
    furniture: Sequence[str]
    """What every page repeats: running head, marks."""
    problems: Sequence[str]
    """In Chinese, for the authors of templates: words and numerals that are bound to nothing or
    contradict their fact.
    """


def read(page: Page, words: Mapping[str, Any], titles: Iterable[str] = ()) -> Reading:
    """Read a report; `words` is report_templates/wording.yml, `titles` are the names of the catalogue."""
    reader = _Reader(words, titles)
    reader.read(document.read(page), _Place())
    return Reading(reader.bound, reader.numerals, reader.nodes, reader.furniture, reader.problems)


class UnboundError(Exception):
    """A report says what no fact says, so it is not made. This is a fault of the program, never of the user."""


def prove(pages: Mapping[str, Page], words: Mapping[str, Any], titles: Iterable[str], staging: Path) -> None:
    """Write what each paper prints (report.txt, …), and the fact of each figure and word of all of them (figures.csv).

    `pages` are the papers by name, `titles` the names that may have numerals. Raises `UnboundError` if a numeral or a judging word is bound to nothing or
    contradicts its fact.
    """
    found = {name: read(page, words, titles) for name, page in pages.items()}
    if problems := [f"{name}: {told}" for name, one in found.items() for told in one.problems]:
        raise UnboundError("\n".join(problems))
    for name, one in found.items():
        lines = ["　".join(one.furniture), *one.nodes]
        (staging / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    figures.write({name: one.bound for name, one in found.items()}, staging)


def unbound(page: Page) -> str:
    """The same text without its bindings, for paper: figures.csv has them, and a fifth of the work of
    setting is saved.
    """
    tree = deepcopy(document.read(page))
    for element in tree.iter():
        if _only_binds(element):
            element.tag = None  # type: ignore[assignment]  # what has no tag is written as its text
    return document.written(tree)


def _only_binds(element: Element) -> bool:
    """Whether an element holds one piece of text and serves only to bind it."""
    own = element.attrib.keys() - {"value", "data-sense"}
    plain = own <= BINDINGS | {"class"} and element.get("class", "fig") == "fig"
    return element.tag in ("span", "data") and not len(element) and len(own & BINDINGS) == 1 and plain


class _Place(NamedTuple):
    """The properties of all text within an element."""

    silent: bool = False
    """Whether nobody reads it."""
    furniture: bool = False
    """Whether every page repeats it."""
    named: bool = False
    """Whether it numbers, names or quotes."""
    defined: bool = False
    """Whether words are explained there, and say nothing of a fact."""

    def within(self, element: Element) -> _Place:
        own, classes = element.attrib, set(element.get("class", "").split())
        return _Place(
            self.silent or element.tag in SILENT_TAGS,
            self.furniture or bool(FURNITURE & classes),
            self.named or element.tag in TITLES or not NAMING.isdisjoint(own) or bool(TITLE_CLASSES & classes),
            self.defined or "data-definition" in own or "note" in classes,
        )


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """Finds any of some texts; where two begin alike, the longer one. Without texts it finds nothing."""
    return re.compile("|".join(map(re.escape, sorted(texts, key=lambda t: (-len(t), t)))) or "(?!)")


class _Reader:
    def __init__(self, words: Mapping[str, Any], titles: Iterable[str]) -> None:
        self.senses: Mapping[str, Sequence[str]] = words["senses"]
        self.counted: Mapping[str, Sequence[str]] = words["counted"]
        listed = {w for sense, ws in self.senses.items() if sense not in SILENT for w in ws if len(w) > 1}
        listed |= set(self.counted)
        self.neutral = re.compile("|".join(words["neutral"]))
        self.judging = _any_of(listed)
        saying = [t for t in titles if NUMERAL.search(t) or self.judging.search(t)]
        self.titles = _any_of(saying)
        self.bound: list[Printed] = []
        self.numerals: list[str] = []
        self.nodes: list[str] = []
        self.furniture: list[str] = []
        self.problems: list[str] = []

    def read(self, element: Element, around: _Place) -> None:
        """Each piece of text in reading order, with the element that holds it directly."""
        place = around.within(element)
        self._piece(element.text, element, place)
        for child in element:
            self.read(child, place)
            self._piece(child.tail, element, place)

    def _piece(self, piece: str | None, element: Element, place: _Place) -> None:
        if not piece or place.silent or not (text := "".join(piece.split())):
            return
        if place.furniture:
            self.furniture.append(text)
            return
        self.nodes.append(text)
        self.numerals += NUMERAL.findall(piece)
        if "data-fact" in element.attrib:
            self._bound(piece, element.attrib)
        elif not place.named:
            self._unbound(piece, place.defined)

    def _bound(self, text: str, own: Mapping[str, str]) -> None:
        printed = Printed(own["data-fact"], own.get("data-sense", ""), own.get("value", ""), text)
        self.bound.append(printed)
        self.problems += contradictions(printed, self.senses, self.counted)

    def _unbound(self, text: str, definition: bool) -> None:
        where = re.sub(r"\s+", " ", text.strip())[:60]
        text = self.titles.sub("", text)
        left = YEAR.sub("", text)
        self.problems += [say("messages/proof/numeral", text=n, where=where) for n in NUMERAL.findall(left)]
        if not definition:
            words = self.judging.findall(self.neutral.sub("", text))
            self.problems += [say("messages/proof/word", text=word, where=where) for word in words]


def contradictions(
    printed: Printed, senses: Mapping[str, Sequence[str]], counted: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Where a printed figure is not its value rounded, or where a word does not mean what its fact says."""
    told = printed._asdict()
    if not printed.fact:
        yield say("messages/proof/no_fact", **told)
    elif not printed.sense:
        if not _prints(printed.text, printed.value):
            yield say("messages/proof/figure", **told)
    elif printed.sense == "count":
        if not any(printed.fact.endswith(end) for end in counted.get(printed.text, ())):
            yield say("messages/proof/count", **told)
    elif printed.text.partition("（")[0] not in senses.get(printed.sense, ()):
        yield say("messages/proof/sense", **told)


def _prints(text: str, value: str) -> bool:
    """Whether a text is a value rounded once: without its sign (a sentence gives the sign in words) or with it."""
    try:
        shown = Decimal(text.replace("−", "-"))
        exact = Decimal(value)
    except InvalidOperation:
        return False
    exponent = shown.as_tuple().exponent
    return isinstance(exponent, int) and rounded(exact, max(0, -exponent)) == shown

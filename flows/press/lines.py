"""Keeps every range of running text (2021—2025年, 40%—60%) on one line."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree.ElementTree import Element

_UNIT = r"(?:/10万|/万|[%‰年岁])?"
UNIT = re.compile(_UNIT)
RANGE = re.compile(rf"((?<![\d.])\d[\d.]*{_UNIT}—\d[\d.]*{_UNIT})")


def keep_ranges(page: Element) -> Element:
    """Put each range in a paragraph into a span of its own (class nb); returns the page.

    A range within a word that judges stays as it is: such a word is one piece of text (flows/press/binding.py).
    """
    for paragraph in page.iter("p"):
        done = {inner for nb in paragraph.iter("span") if nb.get("class") == "nb" for inner in nb.iter()}
        for element in [e for e in paragraph.iter() if e not in done]:
            _keep_figures(element)
            _keep_words(element)
    return page


def _keep_figures(element: Element) -> None:
    for first, second in pairwise(list(element)):
        if first.tail == "—" and _is_figure(first) and _is_figure(second) and first in element:
            rest = second.tail or ""
            unit = UNIT.match(rest)
            assert unit is not None
            span = _kept("", rest[unit.end() :])
            element[list(element).index(first)] = span
            element.remove(second)
            second.tail = unit[0]
            span.extend([first, second])


def _is_figure(element: Element) -> bool:
    return element.tag == "data" and element.get("class") == "fig" and not len(element)


def _keep_words(element: Element) -> None:
    for place, child in reversed([*enumerate(element, 1)]):
        child.tail, spans = _parted(child.tail)
        element[place:place] = spans
    if element.tag != "span" or "data-fact" not in element.attrib:
        element.text, spans = _parted(element.text)
        element[:0] = spans


def _parted(text: str | None) -> tuple[str | None, list[Element]]:
    """The text before the first range, and each range with the text after it."""
    before, *parts = RANGE.split(text or "")
    return (before, list(map(_kept, parts[::2], parts[1::2]))) if parts else (text, [])


def _kept(text: str, rest: str) -> Element:
    span = Element("span", {"class": "nb"})
    span.text, span.tail = text, rest
    return span

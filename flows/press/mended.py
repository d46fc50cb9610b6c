"""WeasyPrint and pydyf, told once what they work out again and again: the bytes of every file stay the same.

flows/press/pdf.py puts them in place before the first page, and has what they leave undone in a file.
What a mend keeps lives with the style or the file that it belongs to, so no paper depends on what was set before it; letters of
drawings alone are kept for all papers of a process. tests/golden/test_pdf.py sets pages without each mend and compares.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import wraps
from typing import Any
from xml.etree.ElementTree import Element

import pydyf  # type: ignore[import-untyped]
from weasyprint import css
from weasyprint.formatting_structure.boxes import Box, PageBox, TableCellBox
from weasyprint.html import UA_STYLESHEET
from weasyprint.layout import block, inline, percent, preferred
from weasyprint.text import line_break


def mend() -> None:
    """Put all mends in place, each once."""
    _mend_pydyf()
    _mend_letters()
    _mend_flow()
    _mend_styles()
    _mend_lines()
    _mend_margins()
    _mend_notes()
    _mend_anchors()


def everywhere(was: Callable[..., Any], now: Callable[..., Any]) -> None:
    """Put a function in the place of one of WeasyPrint's, in each of its modules that has taken it."""
    for module in [module for name, module in sys.modules.items() if name.startswith("weasyprint.")]:
        if vars(module).get(was.__name__) is was:
            setattr(module, was.__name__, now)


def _mend_pydyf() -> None:
    """Let pydyf 0.13.0 do once what it does again and again: the bytes of the file stay the same.

    It makes each object twice, streams being compressed each time, because it first hashes the whole file; nothing reads an
    object before. And it lists all pages for each element of a page.
    """
    for made in (pydyf.Stream, pydyf.Dictionary):
        made.data = property(_once(made.data.fget, "_data", lambda _: None))
    listed = _once(pydyf.PDF.page_references.fget, "_page_references", lambda pdf: len(pdf.pages["Kids"]))
    pydyf.PDF.page_references = property(listed)


def _once(make: Callable[[Any], Any], name: str, depends: Callable[[Any], object]) -> Callable[[Any], Any]:
    """The same, kept with its owner as long as what it `depends` on stays the same."""

    def kept_with(owner: Any) -> Any:
        now = depends(owner)
        before, found = owner.__dict__.get(name, (None, None))
        if found is None or before != now:
            owner.__dict__[name] = now, (found := make(owner))
        return found

    return kept_with


def _mend_letters() -> None:
    """Let WeasyPrint 70 lay out a letter of a drawing once: it lays out each letter of each text by itself, and again to draw it,
    which took a sixth of the time of a volume with charts. A letter is the same wherever it stands, if its face is.
    """
    lay_out, known = line_break.split_first_line, dict[object, Any]()

    @wraps(lay_out)
    def once(text: str, style: Any, *others: Any) -> Any:
        if len(text) != 1:
            return lay_out(text, style, *others)
        face = (*style["font_family"], *(style[f"font_{of}"] for of in ("style", "weight", "size")), style["direction"])
        key = text, face, style.font_config
        if key not in known:
            layout, *_ = known[key] = lay_out(text, style, *others)
            layout.reactivate(style)
            layout.reactivate = lambda _: None
        return known[key]

    line_break.split_first_line = once  # pages have taken theirs already: only drawings look for it when they draw


def _mend_flow() -> None:
    """Let WeasyPrint see at once that a box stands where it is written, as nearly all do; it asks five questions, three million times
    for a report. So it does of each cell to see what all cells are: a place of their own for what floats in them.
    """
    asked = Box.is_in_normal_flow

    @wraps(asked)
    def is_in_normal_flow(box: Any) -> Any:
        return (box.style["float"] == "none" and box.style["position"] == "static") or asked(box)

    Box.is_in_normal_flow = is_in_normal_flow
    begins = Box.establishes_formatting_context

    @wraps(begins)
    def establishes_formatting_context(box: Any) -> bool:
        return isinstance(box, TableCellBox) or begins(box)

    Box.establishes_formatting_context = establishes_formatting_context


USED = ("width", "height", *(f"{most}_{side}" for most in ("min", "max") for side in ("width", "height")))
USED += tuple(f"{area}_{side}" for area in ("margin", "padding") for side in ("top", "right", "bottom", "left"))
"""What WeasyPrint works out for a box from its style and the size of the box around it, beside borders."""
BORDERS = tuple(f"border_{side}_width" for side in ("top", "right", "bottom", "left"))


def _mend_styles() -> None:
    """Let WeasyPrint work out once in each style what depends on the style alone. Boxes that look alike share their style, so of the
    fifty thousand boxes of a volume four in five have been worked out before: in pixels for a box around them of the same size,
    as a description of their font for each line, and as the height of a line.
    """
    resolve = percent.resolve_percentages

    @wraps(resolve)
    def resolve_percentages(box: Any, containing_block: Any) -> None:
        style, around = box.style, containing_block
        size = (around.width, around.height) if isinstance(around, Box) else tuple(around)
        known = style.__dict__.setdefault("_used", {})
        if style["box_sizing"] != "content-box":  # its borders count, which boxes of one style may have taken off
            resolve(box, around)
        elif (found := known.get(key := (isinstance(box, PageBox), *size))) is None:
            resolve(box, around)
            known[key] = {name: getattr(box, name) for name in USED}
        else:
            box.__dict__.update(found)
            collapsed = style["border_collapse"] == "collapse"
            for name in BORDERS:
                if not (collapsed and hasattr(box, name)):  # cells of a table have agreed on theirs
                    setattr(box, name, style[name])

    everywhere(resolve, resolve_percentages)
    for asked in (line_break.strut, line_break.get_font_description):
        everywhere(asked, wraps(asked)(_once(asked, f"_{asked.__name__}", lambda _: None)))


def _mend_lines() -> None:
    """Let WeasyPrint lay out once the same text in the same style and width: of the lines of a volume, a third."""
    lay_out = inline.split_first_line

    @wraps(lay_out)
    def split_first_line(text: str, style: Any, context: Any, *others: Any, **named: Any) -> Any:
        known = style.__dict__.setdefault("_lines", {})
        key = text, *others, *named.items()
        if key not in known:
            known[key] = lay_out(text, style, context, *others, **named)
        layout, *measures = known[key]
        return copy(layout), *measures  # what is drawn may be lengthened by an ellipsis

    inline.split_first_line = preferred.split_first_line = split_first_line


def _mend_margins() -> None:
    """Let WeasyPrint see at once that there are no margins to collapse: of thirty thousand times in a volume, all but a thousand."""
    collapse = block.collapse_margin

    @wraps(collapse)
    def collapse_margin(adjoining_margins: Sequence[float]) -> float:
        return collapse(adjoining_margins) if any(adjoining_margins) else 0

    everywhere(collapse, collapse_margin)


def _mend_notes() -> None:
    """Let WeasyPrint not work out for each element how its list marker and its footnote would look, six styles that nobody asks for:
    only items of lists have markers, and no style sheet of ours has footnotes.
    """
    matcher = UA_STYLESHEET.matcher
    every = matcher.other_selectors
    pseudo = 3  # of what a matcher keeps of a selector
    matcher.lower_local_name_selectors["li"] += [entry for entry in every if entry[pseudo] == "marker"]
    every[:] = [entry for entry in every if entry[pseudo] is None]


def _mend_anchors() -> None:
    """Let WeasyPrint share the styles of what stands in elements that differ in their id alone, as in rows of a table: each id counted as
    a style of its own, and so did all within it, four in five of a volume. What an element has from its id is the anchor.
    """
    attributes, begin = css.find_style_attributes, css.StyleFor.__init__

    @wraps(attributes)
    def find_style_attributes(*given: Any) -> Iterator[tuple[Any, Element, Sequence[Any], str]]:
        for found in attributes(*given):
            _, element, declared, _ = found
            if not (_anchor(element) and [getattr(one, "name", "") for one in declared] == ["-weasy-anchor"]):
                yield found

    @wraps(begin)
    def share(styles: Any, html: Any, *given: Any) -> None:
        begin(styles, html, *given)
        *_, targets = given
        for element in html.etree_element.iter():
            if anchor := _anchor(element):
                styles._computed_styles[element, None] = _Anchored(styles._computed_styles[element, None], anchor)
                targets.collect_anchor(anchor)

    css.find_style_attributes, css.StyleFor.__init__ = find_style_attributes, share


class _Anchored(css.ComputedStyle):  # type: ignore[misc]
    """A style that others share, and an anchor."""

    def __init__(self, shared: Any, anchor: str) -> None:
        super().__init__(
            shared.parent_style,
            shared.cascaded,
            shared.pseudo_type,
            shared.root_style,
            shared.base_url,
            shared.font_config,
            shared.initial_page_sizes,
        )
        self.shared, self.specified, self["anchor"] = shared, shared.specified, anchor

    def __missing__(self, key: str) -> Any:
        value = self[key] = self.shared[key]
        return value


def _anchor(element: Element) -> str | None:
    """The id of an element that has no other anchor: links may have a name."""
    return None if element.tag == "a" else element.get("id")

"""Turns the composed report into one file for the browser: the words of the PDF, laid out for screens of any width."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement

from flows.places import PROJECT
from flows.press import document
from flows.press.document import Page
from flows.wording import read, say

STYLE = PROJECT / "report_templates" / "web.css"
SCRIPT = PROJECT / "report_templates" / "web.js"
WORDS: Mapping[str, str] = read("labels")["web"]
PAPER_FACE = "'Noto Sans CJK SC'"
SCREEN_FACES = f"{PAPER_FACE}, 'PingFang SC', 'Microsoft YaHei', sans-serif"
"""The fonts of charts on a reader's machine."""
HEADINGS = {f"h{n}" for n in range(1, 7)}
MOST_LOW = 12
"""The rows that a telephone's screen shows at once; the head of a longer table stays in view."""
SHARED = frozenset({".xlsx", ".json", ".csv", ".txt"})
"""The endings of files that are linked even where nothing says what they are called."""
CLAUSE = "clause/"
"""How the fact of a clause begins: a row is about the targets whose clauses it names."""


class Screen(NamedTuple):
    """What the page has beside the words of the papers (`flows.report.write.screen` makes it)."""

    page: Page
    """The form `find`, which a script shows because only a script can answer it, and the section `sources`."""
    targets: Mapping[str, Mapping[str, str]]
    """Target → what its rows are found by: words apart by a blank, under the names of the form's fields."""
    areas: Mapping[str, str]
    """Name of an area → its code, by which its rows are found."""
    sources: Mapping[str, str]
    """Target → the id of the entry in `sources` that says where its figures come from."""
    facts: Mapping[str, object]
    """What the script tells of figures, beside those entries."""


def write(page: Page, staging: Path, to: Path, known: Mapping[str, str], later: Iterable[str], screen: Screen) -> Path:
    """Write the report as one page that needs no other file and no network and can be read without its script; returns
    its path.

    `known` tells what each file that may stand beside the page is called, in the order in which they are offered.
    Charts and the list of files are taken from `staging`: everything else that the page offers must be there, except
    the papers, which come `later`.
    """
    page = deepcopy(document.read(page))
    _show_charts(page, staging)
    _caption_tables(page)
    lists = _mark_rows(page, screen)
    _frame(page, {name: known.get(name, "") for name in _files(staging, known, later)})
    _add_screen(page, lists, screen)
    _level_headings(page)
    _close(page, screen.facts)
    to.write_bytes(document.written(page).encode())
    return to


def _files(staging: Path, known: Collection[str], later: Iterable[str]) -> list[str]:
    """The other files of the edition, the known ones first."""
    there = (path.name for path in staging.iterdir() if path.name in known or path.suffix in SHARED)
    found = sorted({*later, *there})
    return list(dict.fromkeys([*(name for name in known if name in found), *found]))


def _show_charts(page: Element, staging: Path) -> None:
    """Put each chart into the page, in a frame that scrolls if the screen is too narrow for its letters."""
    for n, figure in enumerate(page.iter("figure"), 1):
        image, caption = figure.find("img"), figure.find("figcaption")
        assert image is not None and caption is not None
        drawn = (staging / image.attrib["src"]).read_text(encoding="utf-8").replace(PAPER_FACE, SCREEN_FACES)
        image.set("src", f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}")
        caption.set("id", f"figure-{n}")
        figure.remove(image)
        figure.insert(0, _region(image, f"figure-{n}"))


def _caption_tables(page: Element) -> None:
    """Give every table a name and a frame that scrolls; the columns' widths on paper are removed."""
    parents = {child: parent for parent in page.iter() for child in parent}
    heading, unnamed = "", 0
    n = 0
    for element in list(page.iter()):
        if element.tag in HEADINGS:
            heading, unnamed = _text(element), 0
        if element.tag != "table":
            continue
        n += 1
        parent = parents[element]
        caption = Element("caption", {"id": f"table-{n}"})
        for part in [p for p in parent if p.get("class") in ("caption", "unit")]:
            parent.remove(part)
            caption.append(_change(part, "span"))
        if not len(caption):
            caption.set("class", "unseen")
            caption.text = say("labels/web/continued", heading=heading, number=unnamed) if unnamed else heading
            unnamed += 1
        for columns in element.findall("colgroup"):
            element.remove(columns)
        for header in element.iterfind("thead/tr/th"):
            _join_lines(header)
        element.insert(0, caption)
        _mark_corner(element)
        place = list(parent).index(element)
        parent[place] = _region(element, f"table-{n}")
        if len(element.findall("tbody/tr")) > MOST_LOW:
            parent[place].set("class", "scroll tall")


def _mark_corner(table: Element) -> None:
    """Mark the title of the column that names the rows: both stay in view."""
    titles = table.findall("thead/tr/th")
    named = (list(row).index(head) for row in table.iterfind("tbody/tr") for head in row.iterfind("th[@scope='row']"))
    place = next(named, None)
    if (
        place is not None
        and len(table.findall("thead/tr")) == 1
        and "colspan" not in {k for t in titles for k in t.attrib}
    ):
        titles[place].set("class", "corner")


def _mark_rows(page: Element, screen: Screen) -> list[Element]:
    """Mark the rows of each list of targets or areas with what they are found by; returns the lists.

    A list is a table whose rows are all about targets or areas: one over the page's whole width, or one that tells of each
    target how it stands.
    """
    lists = []
    sections = (section for section in page.iter("section") if "wide" in section.get("class", "").split())
    wide = {table for section in sections for table in section.iter("table")}
    for table in page.iter("table"):
        rows = [row for body in table.iterfind("tbody") for row in body if row.get("class") != "group"]
        marks = [_marks(row, screen) for row in rows]
        if not rows or not all(marks) or not (table in wide or all(map(_tells_standing, rows, marks))):
            continue
        for row, mark in zip(rows, marks, strict=True):
            row.attrib.update({f"data-{name}": words for name, words in mark.items()})
        table.set("data-list", "targets" if any("domain" in mark for mark in marks) else "areas")
        lists.append(table)
    return lists


def _marks(row: Element, screen: Screen) -> dict[str, str]:
    """What a row is found by; nothing if it is about no target and no area."""
    found: dict[str, dict[str, None]] = {}
    for target in _targets(row):
        for name, words in screen.targets.get(target, {}).items():
            found.setdefault(name, {}).update(dict.fromkeys(words.split()))
    head = row.find("th")
    if not found and head is not None and (area := screen.areas.get(_text(head))):
        return {"area": area}
    return {name: " ".join(words) for name, words in found.items()}


def _tells_standing(row: Element, marks: Mapping[str, str]) -> bool:
    return any(element.get("data-sense") in marks.get("status", "").split() for element in row.iter("span"))


def _targets(row: Element) -> list[str]:
    """The targets whose clauses a row names."""
    names = (element.get("data-name", "") for element in row.iter())
    return list(dict.fromkeys(name.removeprefix(CLAUSE) for name in names if name.startswith(CLAUSE)))


def _add_screen(page: Element, lists: Iterable[Element], screen: Screen) -> None:
    """Put the form before the longest list of targets, whose names lead to their sources, and the sources behind the
    text.
    """
    targets = [table for table in lists if table.get("data-list") == "targets"]
    if not targets:
        return
    longest = max(targets, key=lambda table: len(list(table.iter("tr"))))
    own = document.read(screen.page).find("body")
    assert own is not None
    form, sources = own
    parents = {child: parent for parent in page.iter() for child in parent}
    region = parents[longest]
    parents[region].insert(list(parents[region]).index(region), form)
    for row in longest.iter("tr"):
        head = row.find("th[@scope='row']")
        source = next((screen.sources[t] for t in _targets(row) if t in screen.sources), None)
        if head is not None and source:
            link = Element("a", {"class": "from", "href": f"#{source}"})
            link.text, link[:], head.text, head[:] = head.text, head[:], None, [link]
    files = _first(page, "files")
    parents[files].insert(list(parents[files]).index(files), sources)
    links = _first(page, "contents").find("ol")
    assert links is not None
    _link(links, "#sources", WORDS["sources"])
    _link(links, "#find", WORDS["find"])
    links[-1].set("hidden", "")  # until the form is shown
    links.insert(0, links[-1])
    del links[-1]


def _frame(page: Element, files: Mapping[str, str]) -> None:
    """Turn title, contents and text into landmarks; the edition and the mark of simulated data stay in view."""
    body = page.find("body")
    assert body is not None
    mark, cover, contents = (_first(body, name) for name in ("mark", "cover", "contents"))
    chapters = _bound_together(body, contents)
    frame = document.read(FRAME.format(**WORDS)).find("body")
    assert frame is not None
    bar, main, shelf = (_first(frame, name) for name in ("bar", "text", "files"))
    bar[1].text = _text(_first(cover, "edition"))
    bar[2].text = page.findtext("head/title")
    if mark.text:
        bar.append(_change(mark, "strong"))
    cover.tag = "header"
    contents.tag = "nav"
    contents.attrib |= {"id": "contents", "aria-label": WORDS["contents"]}
    links = contents.find("ol")
    assert links is not None
    _link(links, "#files", WORDS["files"])
    for name, told in files.items():
        _link(shelf[1], name, told or name).tail = f"（{name}）" if told else None
    main[:0] = chapters
    frame.insert(2, cover)
    _first(frame, "sheet").insert(0, contents)
    body[:] = frame[:]
    for link in body.iter("a"):
        if "title" in link.attrib:  # what a pointer is shown, a screen reader reads
            link.set("aria-label", link.attrib["title"])


def _bound_together(body: Element, contents: Element) -> list[Element]:
    """The chapters of all papers of the page, which has one list of contents on a screen; covers are for paper."""
    chapters, listed = [], contents.find("ol")
    assert listed is not None
    for section in body.iterfind("section"):
        section.attrib.pop(document.PAPER, None)
        kinds = section.get("class", "").split()
        if "contents" in kinds and section is not contents:
            listed.extend(section.iterfind("ol/li"))
        elif not {"contents", "cover"} & set(kinds):
            chapters.append(section)
    return chapters


FRAME = """<body>
<a class="skip" href="#text">{skip}</a>
<aside class="bar" aria-label="{edition}"><a href="#contents">{contents}</a><span></span><span class="title"></span></aside>
<div class="sheet">
<main class="text" id="text" tabindex="-1">
<section class="files" id="files"><h2>{files}</h2><ul></ul></section>
</main>
</div>
</body>"""


def _link(of: Element, address: str, text: str) -> Element:
    """Add a line with a link to a list."""
    link = SubElement(SubElement(of, "li"), "a", {"href": address})
    link.text = text
    return link


def _level_headings(page: Element) -> None:
    """Make heading levels follow without a gap: on paper a heading's tag is its type size, here it is its level."""
    above: list[str] = []
    for heading in page.iter():
        if heading.tag not in HEADINGS:
            continue
        while above and above[-1] >= heading.tag:
            above.pop()
        above.append(heading.tag)
        heading.tag = f"h{len(above)}"
        if heading.text:
            heading.text = re.sub("^(.)　(.)$", r"\1\2", heading.text)  # 摘　要 is one word


def _close(page: Element, facts: Mapping[str, object]) -> None:
    """Put style sheet and script into the page, and a policy that forbids everything else: no request, no other style, no
    other script.
    """
    head, mark = page.find("head"), page.find("body/aside/strong")
    assert head is not None
    style = STYLE.read_text(encoding="utf-8")
    if mark is not None:  # on paper too, on every page
        style += f"@page {{ @top-center {{ content: {json.dumps(mark.text, ensure_ascii=False)} }} }}\n"
    for element in page.iter():
        element.attrib.pop("style", None)
    script = SCRIPT.read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    for link in head.findall("link"):
        head.remove(link)
    head.insert(1, Element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}))
    head.insert(2, Element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}))
    SubElement(head, "style").text = style
    body = page.find("body")
    assert body is not None
    told = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    SubElement(body, "script", {"type": "application/json", "id": "facts"}).text = told
    SubElement(body, "script").text = script


def _digest(text: str) -> str:
    """How a policy names a text that it allows."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _region(content: Element, name: str) -> Element:
    """Make a frame scroll by finger and, when Tab has reached it, by the arrow keys; `name` is the id of its title."""
    region = Element("div", {"class": "scroll", "role": "region", "tabindex": "0", "aria-labelledby": name})
    region.append(content)
    region.tail, content.tail = content.tail, None
    return region


def _join_lines(element: Element) -> None:
    """Remove the line breaks of paper from column titles: the screen breaks them where it needs to."""
    for child in [c for c in element if c.tag == "br"]:
        place = list(element).index(child)
        if place:
            element[place - 1].tail = (element[place - 1].tail or "") + (child.tail or "")
        else:
            element.text = (element.text or "") + (child.tail or "")
        element.remove(child)


def _change(element: Element, tag: str) -> Element:
    element.tag, element.tail = tag, None
    return element


def _first(element: Element, name: str) -> Element:
    """The first element of a class; every template has it."""
    return next(e for e in element.iter() if name in e.get("class", "").split())


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()

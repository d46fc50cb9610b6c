"""A composed report in, every numeral and every judging word in it out, with what it is bound to; and what is bound to nothing."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

from flows.press.numbers import rounded

NUMERAL = re.compile(r"(?<![/\d.])\d+(?:[.,\u2009]\d+)*")
"""Not the 10 of a unit such as /10万."""
YEAR = re.compile(r"(?:19|20)\d\d(?=年)|(?:19|20)\d\d(?=—(?:19|20)\d\d年)|(?<=年)\d{1,2}(?=月)|(?<=月)\d{1,2}(?=日)")
"""A date says when, not how much."""
TITLES = {"h1", "h2", "h3", "h4", "thead", "caption", "figcaption", "title", "nav", "style"}
"""Where numerals number and words name: headings, captions, heads of tables, contents."""
NAMING = ("data-name", "data-quote", "data-label")
"""Attributes of what is not ours to prove: names, others' words, numbering."""
TITLE_CLASSES = {"caption", "contents", "cover", "legend", "unit"}
SILENT = {
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
VOID = {"br", "img", "meta", "link", "col", "input", "hr", "wbr"}


class Printed(NamedTuple):
    """One numeral or word as printed. `sense` is empty for a figure, `value` for a word."""

    fact: str
    sense: str
    value: str
    text: str


@dataclass(frozen=True)
class Reading:
    bound: Sequence[Printed]
    numerals: Sequence[str]
    """Every numeral of the text, in the order in which it is read, whatever it is bound to."""
    nodes: Sequence[str]
    """The whole text, piece by piece, without white space and without what every page repeats."""
    furniture: Sequence[str]
    """What every page repeats: running head, marks."""
    problems: Sequence[str]
    """In Chinese, for who writes templates: what is bound to nothing, or contradicts its fact."""


def read(html: str, words: Mapping[str, Any]) -> Reading:
    """Walk a report's HTML; `words` is report_templates/wording.yml."""
    reader = _Reader(words)
    reader.feed(html)
    reader.close()
    return Reading(reader.bound, reader.numerals, reader.nodes, reader.furniture, reader.problems)


class UnboundError(Exception):
    """A report says what no fact says: it is not made. Ours to mend, never the user's."""


HEADER = ("序号", "依据", "含义", "数值", "印出")
"""Of figures.csv: the id of the fact, its sense (a word) or its value (a figure), and the text as printed."""


def prove(html: str, words: Mapping[str, Any], staging: Path) -> None:
    """Write what the report prints (report.txt) and what each figure and word is bound to (figures.csv).

    Raises `UnboundError` where a numeral or a judging word is bound to nothing or contradicts its fact.
    """
    found = read(html, words)
    if found.problems:
        raise UnboundError("\n".join(found.problems))
    lines = ["　".join(found.furniture), *found.nodes]
    (staging / "report.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (staging / "figures.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows((n, p.fact, p.sense or "—", p.value or "—", p.text) for n, p in enumerate(found.bound, 1))


BINDING = re.compile(
    r'<(span|data) (?:class="fig" )?(?:value="[^"]*" )?data-(?:fact|name|quote|label)(?:="[^"]*")?(?: data-sense="[^"]*")?>'
    r"([^<]*)</\1>"
)


def unbound(html: str) -> str:
    """The same text for paper, where figures.csv has what it is bound to: a fifth less to set."""
    return BINDING.sub(r"\2", html)


class _Reader(HTMLParser):
    def __init__(self, words: Mapping[str, Any]) -> None:
        super().__init__(convert_charrefs=True)
        self.senses: Mapping[str, Sequence[str]] = words["senses"]
        self.counted: Mapping[str, Sequence[str]] = words["counted"]
        listed = {w for sense, ws in self.senses.items() if sense not in SILENT for w in ws if len(w) > 1}
        listed |= set(self.counted)
        self.neutral = re.compile("|".join(words["neutral"]))
        self.judging = re.compile("|".join(sorted(listed, key=len, reverse=True)))
        self.stack: list[tuple[str, Mapping[str, str]]] = []
        self.bound: list[Printed] = []
        self.numerals: list[str] = []
        self.nodes: list[str] = []
        self.furniture: list[str] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.stack.append((tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self.stack:
            if self.stack.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if not data.strip() or any(tag in {"style", "head", "script"} for tag, _ in self.stack):
            return
        text = "".join(data.split())
        if any(FURNITURE & set(attrs.get("class", "").split()) for _, attrs in self.stack):
            self.furniture.append(text)
            return
        self.nodes.append(text)
        self.numerals += NUMERAL.findall(data)
        _, own = self.stack[-1] if self.stack else ("", {})
        if "data-fact" in own:
            self._bound(data, own)
        elif not any(_names(tag, attrs) for tag, attrs in self.stack):
            self._unbound(data, any(_defines(attrs) for _, attrs in self.stack))

    def _bound(self, text: str, own: Mapping[str, str]) -> None:
        printed = Printed(own["data-fact"], own.get("data-sense", ""), own.get("value", ""), text)
        self.bound.append(printed)
        self.problems += contradictions(printed, self.senses, self.counted)

    def _unbound(self, text: str, definition: bool) -> None:
        left = YEAR.sub("", text)
        where = re.sub(r"\s+", " ", text.strip())[:60]
        self.problems += [f"数字没有依据：{n}（“{where}”）" for n in NUMERAL.findall(left)]
        if not definition:
            self.problems += [
                f"判断用语没有依据：{w}（“{where}”）" for w in self.judging.findall(self.neutral.sub("", text))
            ]


def _names(tag: str, attrs: Mapping[str, str]) -> bool:
    classes = set(attrs.get("class", "").split())
    return tag in TITLES or any(a in attrs for a in NAMING) or bool(TITLE_CLASSES & classes)


def _defines(attrs: Mapping[str, str]) -> bool:
    """Whether words are explained rather than said of a fact."""
    return "data-definition" in attrs or "note" in attrs.get("class", "").split()


def contradictions(
    printed: Printed, senses: Mapping[str, Sequence[str]], counted: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Where a printed figure is not its value rounded, or a word does not mean what its fact says."""
    if not printed.fact:
        yield f"没有写明依据：{printed.text}"
    elif not printed.sense:
        if not _prints(printed.text, printed.value):
            yield f"印出的数字与依据不符：{printed.text}（{printed.fact} = {printed.value}）"
    elif printed.sense == "count":
        if not any(printed.fact.endswith(end) for end in counted.get(printed.text, ())):
            yield f"计数用语与依据不符：{printed.text}（{printed.fact}）"
    elif printed.text.partition("（")[0] not in senses.get(printed.sense, ()):
        yield f"判断用语与依据不符：{printed.text}（{printed.fact}：{printed.sense}）"


def _prints(text: str, value: str) -> bool:
    """Whether a text is a value rounded once, in size (a sentence gives the sign in words) or with its sign."""
    try:
        shown = Decimal(text.replace("−", "-").replace("\u2009", ""))
        exact = Decimal(value)
    except InvalidOperation:
        return False
    exponent = shown.as_tuple().exponent
    return isinstance(exponent, int) and rounded(exact, max(0, -exponent)) == shown

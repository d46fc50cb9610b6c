"""What is wrong with a figure that cannot be read, by its kind: what stands there, and how its sender mends it.

The contract gate decides that a figure cannot be used (`cell_number`); here it is only told why, in the words of messages.yml.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from expectations.records import Codes, Column
from expectations.units import unit_of
from flows.wording import read, say

QUESTION = re.compile(r"（([^（）]+)）$")
"""What the reader asks behind a figure that may mean two things."""
DOUBTS = ("point", "comma", "plus")
"""Questions of the reader (messages/doubt) that have a cure of their own."""
SEEN = {
    "formula": ("formula",),
    "merged": ("merged",),
    "covered": ("covered",),
    "hidden": ("format", "zero", "date"),
    "struck": ("struck", "partly_struck", "white"),
}
"""Kind → the words behind a figure that tell why its sender does not see it so (messages/seen)."""
LOOKALIKES = str.maketrans("OoQlI|。", "000111.")
"""Letters that are typed in the place of digits."""
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
WITH_WORDS = re.compile(r"[-+]?[0-9][0-9,.]*\s*(?P<words>\D+)")
KINDS = (
    ("error", r"#(DIV/0!|REF!|N/A|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)"),
    ("blank", r"[-+]?[0-9][0-9,.]*(\s+[0-9][0-9,.]*)+"),
    ("marks", r"[-+]?[0-9]+(,[0-9]*)+(\.[0-9]+)?"),
    ("day", r"(19|20)[0-9]{2}\D[0-9]{1,2}\D([0-9]{1,2}\D?)?[ 0-9:]*"),
    ("power", r"[-+]?[0-9]+(\.[0-9]+)?[Ee][-+]?[0-9]+"),
)
"""Kinds that are known by how they are written."""


class Fault(NamedTuple):
    """Why a figure cannot be used."""

    problem: str
    cure: str


def fault(written: str, staged: str, column: Column, codes: Codes) -> Fault:
    """Why a figure of a column cannot be used: as it stands in the file, and as it was staged, with the question of the reader
    behind it if there is one.
    """
    kind, facts = _kind(written.strip(), staged, column, codes)
    told = {"unit": column.unit or "", "decimals": column.decimals, **facts}
    return Fault(*(say(f"messages/numeral/{kind}/{part}", **told) for part in Fault._fields))


def _kind(written: str, staged: str, column: Column, codes: Codes) -> tuple[str, dict[str, str]]:
    """The kind of a fault (messages/numeral), and the facts of its sentences."""
    for kind, form in _seen().items():
        if form.fullmatch(written):
            return kind, {}
    for why in codes.unclear.values():
        if staged.endswith(f"（{why}）"):
            return "unclear", {"question": why}
    if question := QUESTION.search(staged):
        kind = next((kind for kind in DOUBTS if question[1] == say(f"messages/doubt/{kind}")), "asked")
        return kind, {"question": question[1]}
    for kind, pattern in KINDS:
        if re.fullmatch(pattern, staged):
            return kind, {}
    if NUMBER.fullmatch(staged):
        return "bracketed" if written[0] in "(（" else _figure(staged, column), {}
    if NUMBER.fullmatch(meant := staged.translate(LOOKALIKES)):
        return "letters", {"figure": meant}
    found = WITH_WORDS.fullmatch(staged)
    words = found["words"] if found else ""
    if words in {"%", "‰"} and column.unit and unit_of(column.unit).is_counted:
        return "percent", {"words": words}
    if column.unit and codes.is_unit(words):
        return "unit", {"words": words}
    return ("beside" if re.search("[0-9]", staged) else "words"), {}


@cache
def _seen() -> dict[str, re.Pattern[str]]:
    """Kind → how a cell reads of which its sender sees something else."""
    texts = read("messages")["seen"]
    forms = {kind: [texts.get(word) or texts["look"][word] for word in words] for kind, words in SEEN.items()}
    patterns = {
        kind: "|".join(re.sub(r"\\\{\w+\\\}", ".*", re.escape(text)) for text in found) for kind, found in forms.items()
    }
    return {kind: re.compile(pattern, re.DOTALL) for kind, pattern in patterns.items()}


def _figure(text: str, column: Column) -> str:
    """The kind of a number that is written well, and yet cannot stand in its column."""
    if text.startswith("-") and column.min >= 0:
        return "negative"
    if "." in text:
        return "decimals" if column.decimals else "fraction"
    return "long"

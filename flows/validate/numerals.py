"""What is wrong with a figure that cannot be read, by its kind: what stands there, and how its sender mends it.

The contract gate decides that a figure cannot be used (`cell_number`); here it is only told why, in the words of messages.yml.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
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
    "partly_struck": ("partly_struck",),
    "struck": ("struck",),
    "white": ("white",),
}
"""Kind → the words behind a figure that tell why its sender does not see it so (messages/seen)."""
LOOKALIKES = str.maketrans("OoQlI|。", "000111.")
"""Letters that are typed in the place of digits."""
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
NOISE = Decimal("0.00001")
"""Less than this a figure may have been rounded when it was staged."""
WITH_WORDS = re.compile(r"[-+]?[0-9][0-9,.]*\s*(?P<words>\D+)")
_DAYS = (
    r"(19|20)[0-9]{2}\D[0-9]{1,2}\D([0-9]{1,2}\D?)?[ 0-9:]*",
    "[0-9]{1,2}月[0-9]{1,2}[日号]",  # which Excel makes of 3-1
    "[0-9]{1,2}(:[0-9]{2}){1,2}",  # … and of 3:10
)
KINDS = (
    ("error", r"#(DIV/0!|REF!|N/A|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)"),
    ("blank", r"(?=.*\s)[-+]?[0-9,.\s]*[0-9][0-9,.\s]*"),
    ("marks", r"[-+]?[0-9]+(,[0-9]*)+(\.[0-9]+)?"),
    ("day", "|".join(_DAYS)),
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
        return "bracketed" if written[0] in "(（" else _figure(written, staged, column), {}
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


def _figure(written: str, staged: str, column: Column) -> str:
    """The kind of a number that is written well, and yet cannot stand in its column."""
    if staged.startswith("-") and column.min >= 0:
        return "negative"
    if "." not in staged:
        return "long"
    if _is_converted(written, staged):
        return "converted" if column.decimals else "converted_fraction"
    return "decimals" if column.decimals else "fraction"


def _is_converted(written: str, staged: str) -> bool:
    """Whether a figure was staged in another unit than its sender's; what was rounded as binary noise was not."""
    plain = re.sub(r"[,\s]", "", re.sub("〇", "0", unicodedata.normalize("NFKC", written)))
    found = re.search(r"[0-9]+(\.[0-9]+)?", plain)
    return found is not None and abs(Decimal(found[0]) - abs(Decimal(staged))) > NOISE

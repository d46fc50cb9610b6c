"""What the words of a catalogue were called before. Whoever still writes one is told what it is called now.

Ids of targets, numbers of findings and hashes of records stand in editions and in sheets that have been sent: they keep the
word with which they were first made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RENAMED: Mapping[str, str] = {
    "units": "institutions",
    "unit": "institution",
    "unit_name": "institution_name",
    "unit_kind": "institution_kind",
    "every_unit_at_least": "every_place_at_least",
    "row_unit": "row_institution",
    "row_unit_absent": "row_institution_absent",
    "units_total": "institutions_total",
    "measures": "actions",
    "versions": "calibers",
}
"""The word as it was → as it is: keys of records, what a column may be, rules of targets and of checks."""
_FIRST = {now: was for was, now in RENAMED.items()}


def first_called(word: str) -> str:
    """The word with which ids, numbers and hashes tell it."""
    return _FIRST.get(word, word)


def in_first_words(dumped: Any) -> Any:
    """A record as plain data with the words that it had first: another word for a thing is no other thing."""
    match dumped:
        case str():
            return first_called(dumped)
        case dict():
            return {first_called(key): in_first_words(value) for key, value in dumped.items()}
        case list():
            return [in_first_words(value) for value in dumped]
    return dumped

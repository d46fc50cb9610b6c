"""Given a name that nothing has and the names there are, says so and suggests the nearest one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from expectations.renamed import RENAMED

LOOKALIKE = str.maketrans({"入": "人", "l": "1", "I": "1", "O": "0", "o": "0", "／": "/", "％": "%"})
"""Letters that are taken for another one."""
LIKE = 0.6
"""From what likeness on a name may have been meant (difflib)."""
ALIKE = 3
"""Up to so many names that are equally alike are asked about; if there are more, none of them is taken for the one that was meant."""
FEW = 12
"""So many names are listed where none is alike."""


def meant(given: object, known: Iterable[object]) -> str:
    """；是否为 'health'？ or, where no name is alike, those that there are; empty if those are too many to list. Of a word that has
    another name now, that name.
    """
    names = list(dict.fromkeys(str(name) for name in known))
    word = str(given)
    if (now := RENAMED.get(word)) in names:
        return f"；现已改名为 {now!r}，请照改"
    scores = {name: (_likeness(word, name), -abs(len(name) - len(word))) for name in names}
    best = max(scores.values(), default=(0.0, 0))
    found = [name for name, score in scores.items() if score == best]
    if best[0] >= LIKE and len(found) <= ALIKE:
        return f"；是否为 {'、'.join(map(repr, found))}？"
    return f"；现有：{'、'.join(names)}" if 0 < len(names) <= FEW else ""


def _likeness(word: str, name: str) -> float:
    if word.translate(LOOKALIKE) == name.translate(LOOKALIKE):
        return 1
    return SequenceMatcher(None, word, name).ratio()


def unknown(what: str, given: object, known: Iterable[object]) -> str:
    """没有部门 'helth'；是否为 'health'？"""
    return f"没有{what} {given!r}{meant(given, known)}"

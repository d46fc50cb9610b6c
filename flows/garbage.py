"""How often Python looks for objects that nobody can reach any more but that refer to each other."""

from __future__ import annotations

import gc

COMPOSING, SETTING = 5_000, 50_000
"""New objects before Python looks through these (its own: 700), for a process that composes a report or sets pages.

A report is made of millions of objects that live until it is printed. To look through them again and again took a quarter of the
time of setting pages and a sixth of composing them, and found next to nothing. What sets pages needs no more memory
for it; a run, which also fills workbooks, would.
"""


def look_rarely(new: int) -> None:
    """Wait for so many new objects; older ones are looked through as often, measured by that, as Python does."""
    gc.set_threshold(new, *gc.get_threshold()[1:])

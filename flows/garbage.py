"""How often Python looks for objects that nobody can reach any more but that refer to each other."""

from __future__ import annotations

import gc

OFTEN_ENOUGH = (50_000, 20, 10)
"""New objects before Python looks through these, and how often it then looks through older ones (its own: 700, 10, 10).

A report is made of millions of objects that live until it is printed. To look through them again and again took a quarter of the
time of setting pages and a fifth of composing them, and found next to nothing: the memory that a run needs is the same.
"""


def look_rarely() -> None:
    """For a process that makes reports."""
    gc.set_threshold(*OFTEN_ENOUGH)

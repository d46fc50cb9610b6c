"""How often Python looks for objects that nobody can reach any more but that refer to each other."""

from __future__ import annotations

import gc

OFTEN_ENOUGH = (5_000, 10, 10)
"""New objects before Python looks through these, and how many times before it looks through older ones, too (its own: 700, 10, 10).

A report is made of millions of objects that live until it is printed. To look through them again and again took a quarter of the
time of setting pages and a sixth of composing them, and found next to nothing. Ten times as rarely is a little faster
still, but needs more memory.
"""


def look_rarely() -> None:
    """For a process that makes reports."""
    gc.set_threshold(*OFTEN_ENOUGH)

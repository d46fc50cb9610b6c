"""How often Python looks for objects that nobody can reach any more but that refer to each other."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

COMPOSING, SETTING, BEGINNING = 5_000, 50_000, 50_000
"""New objects before Python looks through these (its own: 700), for a process that composes a report or sets pages, and for one that
begins.

What a program imports lives as long as it: to look through that while it comes took a seventh of the time of checking a small file,
and a fifth of the start of Prefect's server.

A report is made of millions of objects that live until it is printed. To look through them again and again took a quarter of the
time of setting pages and a sixth of composing them, and found next to nothing. What sets pages needs no more memory
for it; a run, which also fills workbooks, would.
"""


def look_rarely(new: int) -> None:
    """Wait for so many new objects; older ones are looked through as often, measured by that, as Python does."""
    gc.set_threshold(new, *gc.get_threshold()[1:])


@contextmanager
def passing_over() -> Iterator[Callable[[], None]]:
    """Gives what makes Python look no more, until this ends, at anything that is there when it is called: that lives as long, and
    a look through all of it takes a fifth of a second. What comes later, as workbooks do, is looked for as before.
    """
    try:
        yield gc.freeze
    finally:
        gc.unfreeze()

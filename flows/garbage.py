"""How often Python looks for objects that nobody can reach any more but that refer to each other."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BEGINNING, MANY, PILED = 50_000, 500_000, 2_000_000
"""New objects before Python looks through them (its own: 700), in a process that begins, and in one that composes a report; and those of
papers that are set before their process looks.

What a program imports lives as long as it: to look through that while it comes took a seventh of the time of checking a small file,
and a fifth of the start of Prefect's server.

A report is made of millions of objects that live until it is printed. To look through them again and again took a sixth of the time of
setting pages, and of composing a fourteenth even when 5,000 were waited for; it found next to nothing. What it finds are workbooks and
papers that are done: they refer to themselves. So many objects are some 100 and 400 MB.
"""


def look_rarely(new: int = MANY) -> None:
    """Wait for so many new objects; older ones are looked through as often, measured by that, as Python does."""
    gc.set_threshold(new, *gc.get_threshold()[1:])


def look_between() -> None:
    """Called when a process begins that does one large thing after another and has its libraries: look no more by itself, and never
    at them; `look` is called between two things.
    """
    gc.freeze()
    gc.disable()


def look() -> None:
    """Look for what the thing before has left, if that is much: while it was made, nothing of it was garbage."""
    if gc.get_count()[0] >= PILED:
        gc.collect()


@contextmanager
def passing_over() -> Iterator[Callable[[], None]]:
    """Gives what makes Python look no more, until this ends, at anything that is there when it is called: that lives as long, and
    a look through all of it takes a fifth of a second. What comes later, as workbooks do, is looked for as before.
    """
    try:
        yield gc.freeze
    finally:
        gc.unfreeze()

"""What Python looks through for garbage while a report is made: what lives until its end is passed over, the rest is not; and how a command ends."""

import gc
import subprocess
import sys
import weakref

import pytest

from flows import garbage
from flows.places import PROJECT


class Ring:
    """Refers to itself, so that only the garbage collector finds it."""

    def __init__(self) -> None:
        self.own = self


def test_what_is_there_is_passed_over_and_what_comes_later_is_found() -> None:
    lasting = Ring()
    with garbage.passing_over() as pass_over:
        pass_over()
        assert not any(found is lasting for found in gc.get_objects())
        later = weakref.ref(Ring())
        gc.collect()
        assert later() is None
    assert any(found is lasting for found in gc.get_objects())


def test_what_a_paper_has_left_is_looked_for_before_the_next_if_it_is_much(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        garbage.look_between()
        left = weakref.ref(Ring())
        monkeypatch.setattr(garbage, "PILED", 1_000_000)
        garbage.look()
        assert left() is not None
        more = [[] for _ in range(1_000)]
        monkeypatch.setattr(garbage, "PILED", len(more))
        garbage.look()
        assert left() is None
    finally:
        gc.enable()
        gc.unfreeze()


ENDS = """
import atexit, gc, os
from flows import garbage
from flows.run import cli

class Kept:
    def __del__(self):
        os.write(1, b"taken apart ")

kept = Kept()
kept.own = kept
cli._begin()
atexit.register(print, "told", gc.get_threshold()[0] == garbage.BEGINNING)
"""


def test_a_command_ends_when_all_is_told_and_takes_nothing_apart() -> None:
    """What others do at the end, as Prefect's client does, is done; what was imported is left to the system."""
    done = subprocess.run([sys.executable, "-c", ENDS], cwd=PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "told True\n", "")

"""What Python looks through for garbage while a report is made: what lives until its end is passed over, the rest is not."""

import gc
import weakref

import pytest

from flows import garbage


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

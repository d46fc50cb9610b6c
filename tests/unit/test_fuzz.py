"""A few hundred damaged files; `python -m tests.benchmarks.fuzz` runs as many as there is time for."""

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.fuzz import accounted, damaged, whole


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_no_bytes_make_a_stack_trace(seed: int) -> None:

    with tempfile.TemporaryDirectory() as name:
        assert whole(*damaged(random.Random(seed)), Path(name)) in {"read", "refused"}


def test_no_cell_is_lost() -> None:
    assert sum(accounted(random.Random(7), 40).values()) == 40

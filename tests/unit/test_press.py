"""How many papers are set at the same time: what somebody has said, or one for each core; and what a start of it asks for."""

import os
import subprocess
import sys
from ctypes import util

import pytest

from flows.places import PROJECT, MendableError
from flows.press import pdf


@pytest.mark.parametrize(("given", "number"), [("1", 1), (" 4 ", 4), ("16", 16)])
def test_as_many_as_somebody_has_said(monkeypatch: pytest.MonkeyPatch, given: str, number: int) -> None:
    monkeypatch.setenv(pdf.PRESSES, given)
    assert pdf.presses() == number


@pytest.mark.parametrize(("cores", "number"), [(1, 1), (2, 2), (64, 4)])
@pytest.mark.parametrize("given", [None, ""])
def test_else_one_for_each_core_as_far_as_memory_goes(
    monkeypatch: pytest.MonkeyPatch, cores: int, number: int, given: str | None
) -> None:
    if given is None:
        monkeypatch.delenv(pdf.PRESSES, raising=False)
    else:
        monkeypatch.setenv(pdf.PRESSES, given)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    assert pdf.presses() == number


@pytest.mark.parametrize("given", ["0", "17", "-1", "2.5", "二", "１", "x"])
def test_what_is_no_number_of_presses_is_told_before_the_work_begins(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(pdf.PRESSES, given)
    with pytest.raises(MendableError, match=f"PLAN_MONITOR_PRESSES 应为1到16的整数.*“{given}”"):
        pdf.warm()


def test_the_libraries_of_the_press_are_found_without_asking_a_compiler() -> None:
    """A start asks for no other program; afterwards Python looks for a library as it always does."""
    alone = "import subprocess; subprocess.Popen = None; import flows.press.pdf"
    done = subprocess.run([sys.executable, "-c", alone], cwd=PROJECT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert util.find_library.__module__ == util.__name__

"""The first page of help is kept, so that it is told at once: `./monitor test tests/unit/test_first_page.py --renew` writes it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.run import __main__ as entry
from flows.run import cli as command_line
from tests.fixtures.homes import told


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal, and none that is spoken of."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((0, 0)))


@contextmanager
def output_to(path: Path) -> Iterator[None]:
    """A file as standard output, which has no Chinese characters."""
    with path.open("w", encoding="ascii") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", file)  # by the test itself: pytest puts its own in place when a test begins
        yield


def page(arguments: list[str], tmp_path: Path) -> bytes | None:
    with output_to(tmp_path / "output"):
        return entry.page(arguments)


def test_the_page_is_what_typer_says(renew: bool) -> None:
    path = Path(entry.PAGE)
    said = told("--help").stdout
    if renew:
        path.write_text(said, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == said


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_it_is_told_without_the_command_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["monitor", *arguments])
    monkeypatch.setattr(command_line, "main", lambda: pytest.fail("the command line was asked"))
    with output_to(tmp_path / "output"):
        entry.main()
    kept = Path(entry.PAGE).read_text(encoding="utf-8")
    assert (tmp_path / "output").read_bytes() == kept.encode("ascii", "backslashreplace")


@pytest.mark.parametrize("arguments", [["--version"], ["check", "--help"], ["help"], ["-h", "x"], [""]])
def test_what_else_is_asked_is_for_the_command_line(arguments: list[str], tmp_path: Path) -> None:
    assert page(arguments, tmp_path) is None


@pytest.mark.parametrize(("columns", "is_kept"), [(79, False), (80, True), (200, True), (0, True)])
def test_a_narrow_terminal_has_lines_of_its_own(
    columns: int, is_kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((columns, 24)))
    assert (page([], tmp_path) is not None) == is_kept


def test_a_width_that_is_set_is_typers_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert page([], tmp_path) is None


def test_where_nothing_can_be_written_the_command_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(sys, "argv", ["monitor"])
    monkeypatch.setattr(command_line, "main", lambda: asked.append("told"))
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        entry.main()
    monkeypatch.setattr(sys, "stdout", None)
    entry.main()
    assert asked == ["told", "told"]

"""Documents that cannot lie: every command in the READMEs is run, every file they name is there, the twins agree."""

import re
import shlex
from pathlib import Path

import pytest

from flows.places import PROJECT
from tests.fixtures.homes import told

ENGLISH, CHINESE = ((PROJECT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
ELSEWHERE = {
    "./monitor annual 2024": "test_end_to_end",
    "./monitor final 2020 --district 100000": "test_end_to_end",
    "./monitor verify output/100000/2020/final/report.pdf": "test_end_to_end",
    "./monitor test": "this run",
    "./monitor serve": "test_serve",
    "./monitor run annual/adhoc -p year=2024": "test_serve",
}
"""Commands that other tests run."""
CODES = dict.fromkeys(re.findall(r"^\./monitor check .*$", ENGLISH, re.M), 3)
"""What is shown to find something: an empty form is told to be empty."""


def commands(text: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    return [line for block in blocks for line in block.splitlines() if line]


def test_the_twins_show_the_same_commands() -> None:
    assert commands(ENGLISH) == commands(CHINESE)


@pytest.mark.parametrize("command", [c for c in commands(ENGLISH) if c not in ELSEWHERE])
def test_a_command_runs(command: str, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(checkout))
    monkeypatch.chdir(checkout)
    launcher, *words = shlex.split(command)
    assert launcher == "./monitor"  # it is tried with the commands that run elsewhere
    done = told(*words)
    assert done.returncode == CODES.get(command, 0), done.stderr
    assert done.stdout


@pytest.mark.parametrize("command", ELSEWHERE)
def test_a_command_that_is_run_elsewhere_is_still_in_the_readme(command: str) -> None:
    assert command in commands(ENGLISH)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_every_file_it_names_is_there(text: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (PROJECT / link).exists(), link
    for name in re.findall(r"^([a-z_]+)/? {2,}", text, re.M):
        assert (PROJECT / name).exists() or name in {"output"}, name

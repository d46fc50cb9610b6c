"""The exit codes of the desk's commands have one home; help and documentation say the same."""

import re

import pytest

from flows.places import PROJECT
from flows.run import cli
from tests.fixtures.homes import told

ROW = re.compile(r"^\| `(\w+)` \| (\d) \| (.+) \|$", re.M)


def listed(page: str) -> dict[tuple[str, int], str]:
    text = (PROJECT / "docs" / page).read_text(encoding="utf-8")
    return {(command, int(code)): meaning for command, code, meaning in ROW.findall(text) if not meaning[0].isdigit()}


def test_both_pages_have_every_code_and_no_other() -> None:
    codes = {(command, code): meaning for command, known in cli.CODES.items() for code, meaning in known.items()}
    assert listed("zh-CN/operations.md") == codes
    assert listed("operations.md").keys() == codes.keys()


@pytest.mark.parametrize("command", cli.CODES)
def test_help_tells_them(command: str) -> None:
    shown = re.sub(r"\s", "", told(command, "--help").stdout)
    for code, meaning in cli.CODES[command].items():
        assert str(code) + re.sub(r"\s", "", meaning) in shown
    assert "退出码" not in told("plan", "--help").stdout

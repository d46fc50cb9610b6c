"""What an administrator copies: the service's unit, and the recipe of an image."""

import shutil
import subprocess
from pathlib import Path

import pytest

from flows.places import PROJECT
from tests.fixtures.homes import told

UNIT = PROJECT / "deploy" / "plan-monitor.service"


def test_the_service_runs_a_command_that_there_is() -> None:
    [command] = [line for line in UNIT.read_text(encoding="utf-8").splitlines() if line.startswith("ExecStart=")]
    assert command.split() == ["ExecStart=/opt/plan-monitor/monitor", "serve"]
    assert "serve " in told("--help").stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="nothing here knows what a unit may say")
def test_the_service_says_what_a_unit_may_say(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/plan-monitor/monitor", "/bin/true"), "utf-8")
    checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=30)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_no_image_has_what_no_commit_has() -> None:
    """Keys, passwords, editions and small counts are this machine's alone."""
    kept_out = (PROJECT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    for line in (PROJECT / ".gitignore").read_text(encoding="utf-8").split():
        name = line.strip("/") if line.startswith("/") or "/" in line.rstrip("/") else f"**/{line.rstrip('/')}"
        assert name in kept_out

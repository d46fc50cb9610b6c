"""What the launcher installs, and when: the installer is one that only writes down what it is asked for."""

import shutil
import subprocess
from pathlib import Path

import pytest

from flows.places import PROJECT

UV = """#!/bin/sh
[ "$1" = --version ] && exec echo "uv {version}"
cd "$(dirname "$0")"
echo "$@" >> asked
echo "$UV_PYTHON" >> python
if [ "$2" = --dev ]; then
    for tool in pytest ruff mypy; do cp ../../.venv/bin/python ../../.venv/bin/$tool; done
fi
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("monitor", "pyproject.toml", "uv.lock"):
        shutil.copy(PROJECT / name, tmp_path / name)
    version = next(line[3:] for line in (PROJECT / "monitor").read_text().splitlines() if line.startswith("UV="))
    tools = {".uv/bin/uv": UV.replace("{version}", version)}
    for name, script in (tools | {".venv/bin/python": "#!/bin/sh\n"}).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)
    return tmp_path


def asked(checkout: Path, *words: str) -> list[str]:
    """Which groups of packages the installer is asked for when a command is typed."""
    log = checkout / ".uv/bin/asked"
    log.unlink(missing_ok=True)
    subprocess.run([checkout / "monitor", *words], check=True, capture_output=True, timeout=60)
    return [line.split()[1] for line in log.read_text().splitlines()] if log.exists() else []


def test_the_tools_of_the_tests_are_installed_for_the_tests_alone(checkout: Path) -> None:
    assert asked(checkout, "annual", "2024") == ["--no-dev"]
    assert asked(checkout, "annual", "2024") == []
    assert asked(checkout, "test") == ["--dev"]
    assert asked(checkout, "test") == []
    assert asked(checkout, "annual", "2024") == []


def test_a_report_takes_nothing_from_who_runs_the_tests(checkout: Path) -> None:
    assert asked(checkout, "test") == ["--dev"]
    (checkout / "uv.lock").touch()
    assert asked(checkout, "annual", "2024") == ["--dev"]
    assert asked(checkout, "test") == []


def test_the_python_is_debians_whichever_comes_first(checkout: Path) -> None:
    """Another one knows what Debian's does not know yet, and the tests would not show it."""
    asked(checkout, "annual", "2024")
    assert (checkout / ".uv/bin/python").read_text().split() == ["/usr/bin/python3"]


@pytest.mark.parametrize(("tool", "code"), [("ruff", 1), ("mypy", 1), ("pytest", 3)])
def test_the_tests_fail_where_one_of_the_tools_does(checkout: Path, tool: str, code: int) -> None:
    """Though mypy runs beside the tests; where none fails, `asked` finds no fault either."""
    asked(checkout, "test")
    (checkout / ".venv/bin" / tool).write_text(f"#!/bin/sh\necho {tool} has said why\nexit {code}\n")
    done = subprocess.run([checkout / "monitor", "test"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, f"{tool} has said why" in done.stdout) == (code, True)

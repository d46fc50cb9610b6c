"""What a test has left in the checkout is seen when all have run (tests/conftest.py)."""

import subprocess
from pathlib import Path

from tests.fixtures.checkout import standing


def test_what_is_written_into_a_checkout_is_seen(tmp_path: Path) -> None:
    """Also where git ignores it; the neighbour is what Python keeps of compiled modules."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("/output/\n__pycache__/\n", encoding="utf-8")
    before = standing(tmp_path)
    for name in ("output", "raw", "__pycache__"):
        (tmp_path / name).mkdir()
    (tmp_path / "__pycache__" / "a.pyc").touch()
    assert (before, standing(tmp_path)) == ({"?? .gitignore"}, {"?? .gitignore"})
    (tmp_path / "output" / "report.pdf").touch()
    (tmp_path / "raw" / "a.csv").touch()
    assert standing(tmp_path) == {"?? .gitignore", "?? raw/", "!! output/"}


def test_without_a_repository_nothing_is_compared(tmp_path: Path) -> None:
    assert standing(tmp_path) is None

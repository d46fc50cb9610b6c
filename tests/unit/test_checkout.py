"""What a test has left in the checkout is seen when all have run (tests/conftest.py)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.checkout import OTHERS, changed, standing

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="no git")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for key in OTHERS:
        monkeypatch.delenv(key, raising=False)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("/output/\n/raw/*/.lock\n__pycache__/\n", encoding="utf-8")
    return tmp_path


def left(folder: Path, *names: str) -> list[str]:
    """What is seen when files of these names are written, or written anew."""
    before = standing(folder)
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(path.read_bytes() + b"a" if path.exists() else b"")
    after = standing(folder)
    assert before is not None and after is not None
    return changed(before, after)


@needs_git
def test_what_is_written_into_a_checkout_is_seen(repository: Path) -> None:
    """Also where git ignores it, and in a folder that stands there already; the neighbour is what tools keep."""
    for _ in range(2):
        kept = (
            "run.txt",
            "flows/__pycache__/a.pyc",
            ".venv/lib/a.py",
            ".coverage.host.1",
            ".hypothesis/a",
            "flows/.a.py.swp",
        )
        assert left(repository, *kept) == []
    assert left(repository) == []
    written = ("output/990101/report.pdf", "raw/990101/a.csv")
    assert left(repository, *written) == ["!! output/990101/report.pdf", "?? raw/990101/a.csv"]
    assert left(repository, "output/990101/second.pdf") == ["!! output/990101/second.pdf"]
    assert left(repository, *written) == ["!! output/990101/report.pdf", "?? raw/990101/a.csv"]  # written anew
    assert left(repository, "raw/990101/数据 一.csv") == ["?? raw/990101/数据 一.csv"]
    (repository / "raw/990101/数据 一.csv").rename(repository / "raw/990101/二.csv")
    assert left(repository) == []


@needs_git
def test_a_file_that_is_gone_or_committed_and_changed_is_seen(repository: Path) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    subprocess.run(["git", "add", ".gitignore"], cwd=repository, check=True)
    subprocess.run(["git", *author, "commit", "--quiet", "-m", "a"], cwd=repository, check=True)
    assert left(repository, ".gitignore") == [" M .gitignore"]
    assert left(repository, ".gitignore") == [" M .gitignore"]
    before = standing(repository)
    (repository / ".gitignore").unlink()
    after = standing(repository)
    assert before is not None and after is not None
    assert changed(before, after) == [" D .gitignore", " M .gitignore"]


@needs_git
def test_a_name_in_another_encoding_is_printed(repository: Path) -> None:
    try:
        (repository / "raw").mkdir()
        (repository / "raw" / os.fsdecode("数据.csv".encode("gb18030"))).touch()
    except OSError:
        pytest.skip("names are Unicode here")
    assert left(repository) == []
    found = standing(repository)
    assert found is not None and changed({}, found) == [r"?? raw/\udcca\udcfd\udcbe\udcdd.csv"]


@needs_git
def test_a_repository_around_a_folder_is_not_its_own(repository: Path) -> None:
    (repository / "inner").mkdir()
    assert standing(repository) is not None and standing(repository / "inner") is None


def test_without_a_repository_or_git_nothing_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert standing(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert standing(tmp_path) is None

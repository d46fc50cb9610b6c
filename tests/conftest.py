"""What tests share: `--renew` writes golden outputs anew, and one golden edition is made a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
ODD = "试 用 %41#1"
"""A folder's name in which nothing means what it means in an address; the golden edition is made in it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew", action="store_true", help="write tests/golden/expected anew")


SLOW = ("test_end_to_end", "test_serve", "test_readme")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: SLOW.index(item.path.stem) if item.path.stem in SLOW else len(SLOW))


@pytest.fixture
def renew(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--renew"))


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The edition of the golden district for 2022, made through all stages, and its warehouse beside it."""
    from flows import pipeline
    from flows.report.kinds import KINDS

    home = tmp_path_factory.mktemp("golden") / ODD
    home.mkdir()
    for folder in ("raw", "expectations"):
        (home / folder).symlink_to(GOLDEN / folder, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(home))
        pipeline.make(KINDS["annual"], 2022, "990101", lambda title, stage, *args, **kwargs: stage(*args, **kwargs))
    yield home


@pytest.fixture(scope="session")
def edition(golden: Path) -> Path:
    return golden / "output" / "990101" / "2022" / "annual"

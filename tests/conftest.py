"""The policy of all tests: what they share, what is made once for all of them, and in which order they begin.

A test writes into folders of its own only. What costs much is made once, by the process that comes first, and read by
all: the golden edition (`golden`, `edition`, `checkout`).
"""

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from flows.places import PROJECT
from tests.fixtures.checkout import Standing, changed, standing
from tests.fixtures.homes import GOLDEN, ODD, Same, linked, newcomers

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False  # else every process of the suite compiles the whole program anew

# A disk lets a test wait when its folders are removed: they stand in memory where there is room.
MEMORY, ROOM = "/dev/shm", 4 * 1024**3
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = MEMORY

Once = Callable[[str, Callable[[Path], object]], Path]

settings.register_profile("suite", deadline=None, database=None)  # no example is kept in the checkout
settings.load_profile("suite")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--renew", action="store_true", help="write tests/golden/expected anew")


STOOD = pytest.StashKey[Standing | None]()
LEFT = pytest.StashKey[list[str]]()


def pytest_sessionstart(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # the workers' writes are seen by the process that began them
        session.config.stash[STOOD] = standing(PROJECT)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run whose tests have written into the checkout fails, though each of them passed; with --renew they are asked to."""
    stood = session.config.stash.get(STOOD, None)
    if stood is None or session.config.getoption("--renew"):
        return
    session.config.stash[LEFT] = changed(stood, standing(PROJECT) or {})
    if session.config.stash[LEFT] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left := config.stash.get(LEFT, []):
        terminalreporter.section(
            "written into the checkout while the tests ran, by a test or by whoever works in it", red=True
        )
        for line in left:
            terminalreporter.line(line)


SLOW = (
    "test_end_to_end",
    "test_serve",
    "test_survival",
    "test_contributing",
    "test_report_inputs",
    "test_single_events",
    "test_roads",
    "test_intake",
    "test_example",
    "test_cases",
    "test_real_figures",
    "test_pages",
    "test_disclosure",
    "test_browser",
    "test_machine",
    "test_processes",
    "test_paper",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: SLOW.index(item.path.stem) if item.path.stem in SLOW else len(SLOW))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded until all tests are known stays to the end: nobody looks again and again whether it may go."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


atexit.register(gc.unfreeze)  # … and may go then, or DuckDB's binding tells what it holds still


@pytest.fixture(scope="session", autouse=True)
def no_power_cut() -> Iterator[None]:
    """No test is there after a power cut: what this process writes is not waited for until it is on the disk.

    Tests of what a power cut leaves count the calls (`fixtures/kills.py`, unit/test_register.py, unit/test_publish.py); what
    a process does that a test starts is done as in an office.
    """

    def fsync(handle: int) -> None:
        os.fstat(handle)  # one that is closed is a fault still

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        yield


@pytest.fixture
def renew(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--renew"))


@pytest.fixture
def same(renew: bool) -> Same:
    """Hold a text against a file of tests/golden/expected; with --renew, the file is written anew first."""

    def hold(found: str, name: str) -> None:
        path = GOLDEN / "expected" / name
        if renew:
            path.write_text(found, encoding="utf-8")
        assert found == path.read_text(encoding="utf-8")

    return hold


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Make a folder once for all processes of the run: the first that asks makes it, the others wait.

    A folder that could not be made is made again by whoever asks next, so that each test tells the reason itself.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder = shared / name
        with FileLock(shared / f"{name}.lock"):
            if not (shared / f"{name}.made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                (shared / f"{name}.made").touch()
        return folder

    return made


@pytest.fixture(scope="module")
def lent() -> Iterator[None]:
    """For tests of one part that ask for many warehouses in memory: the program lends them as `fixtures/warehouses.py` does.

    How the program makes one itself is held by unit/test_warehouse.py and by every edition that is made.
    """
    from flows import warehouse
    from flows.disclose import released
    from tests.fixtures.warehouses import memory

    with pytest.MonkeyPatch.context() as patch:
        for module in (warehouse, released):
            patch.setattr(module, "memory", memory)
        yield


@pytest.fixture(scope="module")
def unset() -> Iterator[None]:
    """For tests of what is received that read no page: the PDF beside each 核查反馈单 is empty.

    That it is set is held by unit/test_answer.py, and by what is received in system/.
    """
    from flows.press import pdf

    def write(_text: str, path: Path, *_: object) -> Path:
        path.write_bytes(b"")
        return path

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pdf, "write", write)
        yield


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For tests that compose many reports that differ a little: charts, Word documents and workbooks that were made from
    the same once are taken over, as by a run (flows/kept.py).

    That such a one has the same bytes is held by golden/test_rerun.py.
    """
    from flows import kept

    with pytest.MonkeyPatch.context() as patch, kept.shelf(tmp_path_factory.getbasetemp() / "shelf", {}):
        patch.setattr(kept, "use", lambda place: None)  # nobody asks what was taken over
        yield


@pytest.fixture(scope="session")
def golden(once: Once) -> Path:
    """The edition of the golden district for 2022, made through all stages, and its warehouse beside it."""

    def make(folder: Path) -> None:
        from flows import pipeline
        from flows.report.kinds import KINDS

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PLAN_MONITOR_HOME", str(linked(folder / ODD)))
            pipeline.make(KINDS["annual"], 2022, "990101", lambda title, stage, *args, **kwargs: stage(*args, **kwargs))

    return once("golden", make) / ODD


@pytest.fixture(scope="session")
def checkout(once: Once) -> Path:
    """A home that looks like the checkout to who types a command in it, and into which a test may write."""

    return once("checkout", newcomers)


@pytest.fixture(scope="session")
def edition(golden: Path) -> Path:
    return golden / "output" / "990101" / "2022" / "annual"


@pytest.fixture(scope="session")
def released(once: Once) -> dict[str, dict[int, str]]:
    """County → year → the text of the file that its edition of 2022 releases."""
    from tests.fixtures import counties

    folder = once("counties", counties.county_files)
    return {
        code: {
            int(path.stem): path.read_bytes().decode("utf-8-sig") for path in (folder / code / "released").glob("*.csv")
        }
        for code in counties.COUNTIES
    }

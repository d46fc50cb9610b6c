"""What was published stays known when output/ is emptied or damaged: the memory beside the journal."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from expectations.vocabulary import Deed
from flows import edition, pipeline
from flows.edition import memory, order, publish
from flows.journal import Journal
from tests.fixtures.editions import A, B, C, whole
from tests.fixtures.kills import Killed, killed


class Home:
    """A place for editions of one report, and the journal of its district."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.journal = folder, Journal(folder / "journal" / "990101")
        self.output = folder / "output"
        self.editions = self.output / "990101"
        self.target = self.editions / "2022" / "annual"

    def make(self, run: str) -> None:
        """What a run does at its end."""
        publish.edition(whole(self.folder / "staged", run), self.target)
        self.journal.append(Deed.MADE, run=run, kind="annual", year=2022)
        self.remember()

    def remember(self) -> list[str]:
        return memory.remember(self.journal, self.editions)

    @property
    def kept(self) -> Path:
        return memory.place(self.journal) / "2022" / "annual"

    def runs(self) -> list[str]:
        """The editions that a new public one is protected together with."""
        staged = self.folder / "new"
        staged.mkdir(exist_ok=True)
        return [str(edition.run(folder))[0] for folder in pipeline.published(self.journal, self.editions, staged)]

    def previous(self, run: str) -> str:
        found = publish.previous(self.kept, run)
        return str(edition.run(found))[0] if found else ""


def _empty(edition: Path, *parts: str) -> None:
    edition.joinpath(*parts).write_text("")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_an_emptied_output_changes_nothing_for_later_editions(home: Home) -> None:
    for run in (A, B):
        home.make(run)
    before = home.runs(), home.previous(C), memory.damaged(home.journal, home.editions, C)
    assert before == (["a", "b"], "b", [])
    shutil.rmtree(home.output)
    assert home.remember() == []
    assert (home.runs(), home.previous(C), memory.damaged(home.journal, home.editions, C)) == before


def test_what_is_kept_is_what_later_editions_read_and_for_nobody_else(home: Home) -> None:
    home.make(A)
    [folder] = publish.editions(memory.place(home.journal))
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    names = {"manifest.json", "report.json", "indicators.csv"}
    assert found == names | {f"public/{name}" for name in names}
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o640}


def test_the_same_edition_is_compared_with_the_same_one_again(home: Home) -> None:
    for run in (A, B, A):
        home.make(run)
    assert [name[0] for name in order(home.kept)] == ["a", "b", "a"]
    assert (home.previous(A), home.previous(B), home.previous(C)) == ("b", "a", "a")
    assert home.runs() == ["a", "b"]


def test_editions_of_a_home_without_a_journal_are_taken_up_as_found(home: Home) -> None:
    for run in (A, B):
        publish.edition(whole(home.folder / "staged", run), home.target)
    assert home.remember() == [A, B]
    assert [(event.deed, event.of["run"]) for event in home.journal.events()] == [(Deed.ADOPTED, A), (Deed.ADOPTED, B)]
    assert home.remember() == [] and home.previous(C) == "b"


def test_an_edition_that_is_damaged_later_does_no_harm(home: Home) -> None:
    home.make(A)
    _empty(home.target, "public", "indicators.csv")
    assert memory.damaged(home.journal, home.editions, C) == []
    assert (home.runs(), home.previous(C)) == (["a"], "a")
    assert not any(edition.damage(folder) for folder in pipeline.published(home.journal, home.editions, home.folder))


def test_one_that_was_damaged_before_it_was_kept_stops_the_public_edition(home: Home) -> None:
    publish.edition(whole(home.folder / "staged", A), home.target)
    _empty(home.target, "public", "indicators.csv")
    home.remember()
    [told] = memory.damaged(home.journal, home.editions, C)
    assert f"请从备份恢复 {home.target}" in told
    assert any(edition.damage(folder) for folder in pipeline.published(home.journal, home.editions, home.folder))


def test_a_damaged_copy_is_mended_from_the_edition(home: Home) -> None:
    home.make(A)
    [folder] = publish.editions(memory.place(home.journal))
    _empty(folder, "report.json")
    assert memory.damaged(home.journal, home.editions, C)
    home.remember()
    assert memory.damaged(home.journal, home.editions, C) == []


def test_an_edition_of_which_nothing_is_left_is_told(home: Home) -> None:
    for run in (A, B):
        home.make(run)
    shutil.rmtree(home.kept.with_name("annual.earlier") / A[:12])
    shutil.rmtree(home.target.with_name("annual.earlier") / A[:12])
    assert [A[:12] in told for told in memory.damaged(home.journal, home.editions, C)] == [True, True]


def _twice(home: Home) -> None:
    for run in (A, B):
        publish.edition(whole(home.folder / "staged", run), home.target)


@pytest.mark.parametrize("at", range(1, 40))
def test_keeping_that_is_killed_at_any_step_is_done_by_the_next_run(home: Home, at: int) -> None:
    _twice(home)
    with pytest.MonkeyPatch.context() as patch:
        killed(patch, at)
        with suppress(Killed):
            home.remember()
    home.remember()
    assert (home.runs(), home.previous(C), memory.damaged(home.journal, home.editions, C)) == (["a", "b"], "b", [])
    assert sorted(event.of["run"] for event in home.journal.events()) == [A, B]

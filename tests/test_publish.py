"""Editions that are kept: what is current, what came before it, and runs that are killed at any step."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows import publish

A, B, C = (letter * 64 for letter in "abc")


def staged(folder: Path, run: str, public: bool = True) -> Path:
    """A small edition; every file of it says which run made it."""
    made = folder / run[0]
    (made / "charts").mkdir(parents=True, exist_ok=True)
    for name in ("report.pdf", "charts/1.svg", *(["public/report.pdf"] if public else [])):
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text(run)
    (made / "manifest.json").write_text(json.dumps({"run": run}))
    return made


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "output" / "990101" / "2022" / "annual"


@pytest.fixture
def publish_run(tmp_path: Path, target: Path) -> Callable[[str], Path]:
    return lambda run: publish.edition(staged(tmp_path / "staged", run), target)


def kept(target: Path) -> list[str]:
    folder = target.with_name("annual.earlier")
    return sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.exists() else []


def test_an_earlier_edition_is_kept(target: Path, publish_run: Callable[[str], Path]) -> None:
    publish_run(A)
    publish_run(B)
    assert publish.run(target) == B
    assert kept(target) == [A[:12]]
    assert {p.name for p in target.parent.iterdir()} == {"annual", "annual.earlier"}
    assert not (target / "charts").exists()


def test_the_same_run_again_keeps_no_more(target: Path, publish_run: Callable[[str], Path]) -> None:
    for run in (A, B, B):
        publish_run(run)
    assert kept(target) == [A[:12]]


def test_a_run_is_compared_with_the_same_edition_before_and_after(
    target: Path, publish_run: Callable[[str], Path]
) -> None:
    assert publish.previous(target, A) is None
    publish_run(A)
    assert publish.previous(target, A) is None
    assert publish.previous(target, B) == target
    publish_run(B)
    before = publish.previous(target, B)
    assert before is not None and publish.run(before) == A


def test_a_run_that_comes_back_is_compared_with_what_stood_since(
    target: Path, publish_run: Callable[[str], Path]
) -> None:
    for run in (A, B, A, C):
        publish_run(run)
    before = publish.previous(target, C)
    assert before is not None and publish.run(before) == A
    assert kept(target) == [A[:12], B[:12]]


def test_all_editions_of_a_district_each_once(tmp_path: Path, publish_run: Callable[[str], Path]) -> None:
    for run in (A, B, A):
        publish_run(run)
    district = tmp_path / "output" / "990101"
    publish.edition(staged(tmp_path / "other", C), district / "2021" / "annual")
    publish.edition(staged(tmp_path / "internal", B, public=False), district / "2023" / "annual")
    assert [publish.run(p) for p in publish.earlier(district)] == [C, B, A]


STEPS = 13
"""Of an edition that takes the place of another."""


class Killed(BaseException):
    """Nothing of ours catches it."""


def killed(patch: pytest.MonkeyPatch, at: int) -> None:
    """From now on the `at`-th step that changes a folder does not happen, nor any after it."""
    steps = 0
    for owner, name in ((Path, "rename"), (Path, "write_text"), (shutil, "copytree"), (shutil, "rmtree")):
        original = getattr(owner, name)

        def step(*args: Any, _original: Callable[..., Any] = original, **kwargs: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps >= at:
                if steps == at and _original.__name__ == "copytree":  # half of it was written
                    Path(args[1]).mkdir(parents=True)
                    (Path(args[1]) / "report.pdf").write_bytes(b"half")
                raise Killed
            return _original(*args, **kwargs)

        patch.setattr(owner, name, step)


@pytest.mark.parametrize("at", range(1, STEPS + 2))
def test_a_run_killed_at_any_step_can_be_run_again(
    at: int, tmp_path: Path, target: Path, publish_run: Callable[[str], Path]
) -> None:
    publish_run(A)
    fresh = staged(tmp_path / "staged", B)
    with pytest.MonkeyPatch.context() as patch:
        killed(patch, at)
        try:
            publish.edition(fresh, target)
        except Killed:
            assert at <= STEPS
        else:
            assert at == STEPS + 1, "a step is not killed"
    seen = publish.run(target)
    assert seen in {None, A, B}
    if seen:
        assert (target / "report.pdf").read_text() == (target / "public/report.pdf").read_text() == seen
    before = publish.previous(target, B)  # what the second run is compared with
    assert before is not None and publish.run(before) == A
    assert (before / "public/report.pdf").read_text() == A
    publish_run(B)
    assert publish.run(target) == B
    assert kept(target) == [A[:12]]
    assert {p.name for p in target.parent.iterdir()} == {"annual", "annual.earlier"}
    assert {p.name for p in (target.parent / "annual.earlier").iterdir()} == {A[:12], "order.txt"}

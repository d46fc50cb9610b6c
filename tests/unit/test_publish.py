"""Editions that are kept: what is current, what came before it, and runs that are killed at any step."""

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from flows import disk, pipeline, warehouse
from flows.edition import contents, publish
from flows.edition import run as made_by
from flows.places import PROJECT
from tests.fixtures.editions import A, B, C, staged, whole


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
    assert made_by(target) == B
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
    assert before is not None and made_by(before) == A


def test_a_run_that_comes_back_is_compared_with_what_stood_since(
    target: Path, publish_run: Callable[[str], Path]
) -> None:
    for run in (A, B, A, C):
        publish_run(run)
    before = publish.previous(target, C)
    assert before is not None and made_by(before) == A
    assert kept(target) == [A[:12], B[:12]]


def test_all_editions_of_a_district_each_once(tmp_path: Path, publish_run: Callable[[str], Path]) -> None:
    for run in (A, B, A):
        publish_run(run)
    district = tmp_path / "output" / "990101"
    publish.edition(staged(tmp_path / "other", C), district / "2021" / "annual")
    publish.edition(staged(tmp_path / "internal", B, public=False), district / "2023" / "annual")
    assert [made_by(p) for p in publish.earlier(district)] == [C, B, A]


STEPS = 17
"""Of an edition that takes the place of another."""


class Killed(BaseException):
    """Nothing of ours catches it."""


def killed(patch: pytest.MonkeyPatch, at: int) -> None:
    """From now on the `at`-th step that changes a folder does not happen, nor any after it."""
    steps = 0
    for owner, name in ((Path, "rename"), (Path, "write_text"), (shutil, "copytree"), (shutil, "rmtree"),
                        (disk, "settle"), (disk, "keep")):  # fmt: skip
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
    seen = made_by(target)
    assert seen in {None, A, B}
    if seen:
        assert (target / "report.pdf").read_text() == (target / "public/report.pdf").read_text() == seen
    before = publish.previous(target, B)  # what the second run is compared with
    assert before is not None and made_by(before) == A
    assert (before / "public/report.pdf").read_text() == A
    publish_run(B)
    assert made_by(target) == B
    assert kept(target) == [A[:12]]
    assert {p.name for p in target.parent.iterdir()} == {"annual", "annual.earlier"}
    assert {p.name for p in (target.parent / "annual.earlier").iterdir()} == {A[:12], "order.txt"}


# --- what a power cut and a kill leave -------------------------------------------------------------------------------


def test_every_file_stands_on_the_disk_before_it_has_its_name(
    tmp_path: Path, target: Path, publish_run: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_run(A)
    fresh = staged(tmp_path / "staged", B)
    settled: set[int] = set()
    fsync, rename = os.fsync, Path.rename

    def note(handle: int) -> None:
        settled.add(os.fstat(handle).st_ino)
        fsync(handle)

    def check(path: Path, to: Path) -> Path:
        inside = {p.stat().st_ino for p in (path, *path.rglob("*"))}
        assert path.name == "annual" or inside <= settled, f"{path} is renamed while it is in memory only"
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(Path, "rename", check)
    publish.edition(fresh, target)
    output = target.parents[2]
    assert {p.stat().st_ino for p in (target.parent, target.parents[1], output)} <= settled


def test_a_staging_folder_is_closed_to_others_and_ends_with_its_run(tmp_path: Path) -> None:
    with publish.staging(tmp_path / "output") as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with pytest.raises(Killed), publish.staging(tmp_path / "output") as folder:
        (folder / "report.pdf").touch()
        raise Killed
    assert not [*(tmp_path / "output").iterdir()]


def test_what_a_killed_run_left_is_removed_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    output = tmp_path / "output"
    (output / ".staging-dead").mkdir(parents=True)
    (output / ".staging-dead" / "indicators.csv").write_text("internal")
    with publish.staging(output) as living:
        assert {p.name for p in output.iterdir()} == {living.name}
        with publish.staging(output) as other:
            assert {p.name for p in output.iterdir()} == {living.name, other.name}


def test_a_run_that_was_really_killed_leaves_its_folder_to_the_next(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from flows.edition import publish
with publish.staging(Path({str(tmp_path)!r})) as folder:
    print(folder, flush=True)
    input()
"""
    command = [sys.executable, "-c", script]
    run = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert run.stdin is not None and run.stdout is not None
    left = Path(run.stdout.readline().strip())
    with publish.staging(tmp_path):
        assert left.is_dir()
    run.kill()
    run.communicate()
    assert left.is_dir()
    with publish.staging(tmp_path):
        assert not left.exists()


def test_what_a_killed_run_left_in_other_years_is_finished_too(
    tmp_path: Path, target: Path, publish_run: Callable[[str], Path]
) -> None:
    publish_run(A)
    district = target.parents[1]
    other = publish.edition(staged(tmp_path / "other", B), district / "2021" / "annual")
    (target.parent / ".annual.new").mkdir()
    other.rename(other.with_name(".annual.old"))
    assert [made_by(p) for p in publish.earlier(district)] == [B, A]  # who only reads sees it where it is
    assert other.with_name(".annual.old").is_dir()
    publish.prepare(district)
    assert {p.relative_to(district).as_posix() for p in district.glob("*/*")} == {"2021/annual", "2022/annual"}


# --- editions that are not whole -------------------------------------------------------------------------------------


def empty(*parts: str) -> Callable[[Path], object]:
    return lambda edition: edition.joinpath(*parts).write_text("")


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "manifest empty": (empty("manifest.json"), "{e}/manifest.json 读不出"),
    "manifest cut short": (lambda e: (e / "manifest.json").write_text('{"run": "b'), "{e}/manifest.json 读不出"),
    "manifest something else": (lambda e: (e / "manifest.json").write_text("[1]"), "{e}/manifest.json 读不出"),
    "manifest gone": (lambda e: (e / "manifest.json").unlink(), "{e}/manifest.json 没有"),
    "public manifest empty": (empty("public", "manifest.json"), "{e}/public/manifest.json 读不出"),
    "report empty": (empty("report.json"), "{e}/report.json 与清单登记的散列值不符"),
    "table gone": (lambda e: (e / "indicators.csv").unlink(), "{e}/indicators.csv 没有"),
    "public table cut short": (empty("public", "indicators.csv"), "{e}/public/indicators.csv 与清单登记的散列值不符"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_edition_is_told_stepped_over_and_kept(damage: str, tmp_path: Path, target: Path) -> None:
    act, says = DAMAGES[damage]
    for run in (A, B):
        publish.edition(whole(tmp_path / "staged", run), target)
    assert publish.damaged(target.parents[1], C) == []
    act(target)
    [told] = publish.damaged(target.parents[1], C)
    assert says.format(e=target) in told and f"请从备份恢复 {target}" in told
    before = publish.previous(target, C)
    assert before is not None and made_by(before) == A
    assert target in publish.earlier(target.parents[1])  # what it has printed is not forgotten
    publish.edition(whole(tmp_path / "staged", C), target)
    assert made_by(target) == C and len(kept(target)) == 2
    again = publish.previous(target, C)
    assert again is not None and made_by(again) == A  # the same before and after
    [told] = publish.damaged(target.parents[1], C)
    place = archive_of(target, told)
    assert says.format(e=place) in told and f"请从备份恢复 {place}" in told and place.is_dir()


def archive_of(target: Path, told: str) -> Path:
    """The earlier edition that is named."""
    return next(p for p in target.with_name("annual.earlier").iterdir() if f" {p}。" in told)


@pytest.mark.parametrize("damage", DAMAGES)
def test_no_public_edition_beside_one_whose_figures_cannot_be_proved(damage: str, tmp_path: Path, target: Path) -> None:
    publish.edition(whole(tmp_path / "staged", A), target)
    con, catalog = cast(Any, None), cast(Any, None)  # it is not come so far
    with pytest.raises(AttributeError):
        pipeline.release(con, catalog, tmp_path, [target], lambda: None, lambda _: None)
    DAMAGES[damage][0](target)
    told = pipeline.release(con, catalog, tmp_path, [target], lambda: None, lambda _: None)
    assert told.startswith("公开版未编制：以前的一版不完整")


def test_the_same_run_again_heals_an_edition(tmp_path: Path, target: Path) -> None:
    for damage in ("manifest empty", "report empty"):
        publish.edition(whole(tmp_path / "staged", A), target)
        DAMAGES[damage][0](target)
        assert publish.damaged(target.parents[1], A) == []
        publish.edition(whole(tmp_path / "staged", A), target)
        assert publish.damaged(target.parents[1], C) == [] and kept(target) == []


def test_an_order_that_is_lost_hides_no_edition(target: Path, publish_run: Callable[[str], Path]) -> None:
    for run in (A, B):
        publish_run(run)
    archive = target.with_name("annual.earlier")
    (archive / "order.txt").write_text("")
    assert [made_by(p) for p in publish.earlier(target.parents[1])] == [A, B]
    assert publish.previous(target, B) is None  # nobody knows what came last
    [told] = publish.damaged(target.parents[1], C)
    assert f"{archive}/order.txt 没有列出 {A[:12]}" in told
    (archive / "order.txt").write_text(f"{A[:12]}\n")
    assert publish.damaged(target.parents[1], C) == []
    shutil.rmtree(archive / A[:12])
    [told] = publish.damaged(target.parents[1], C)
    assert f"列出的 {A[:12]} 已经不在" in told


# --- who may read ----------------------------------------------------------------------------------------------------


@pytest.fixture(params=[0o077, 0o022, 0o000], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    old = os.umask(request.param)
    yield request.param
    os.umask(old)


def modes(folder: Path) -> dict[str, int]:
    return {p.relative_to(folder).as_posix(): stat.S_IMODE(p.stat().st_mode) for p in folder.rglob("*")}


def test_only_the_public_part_is_for_all_whatever_the_umask(umask: int, tmp_path: Path, edition: Path) -> None:
    """The edition of the golden district, published twice, so that it stands among the earlier ones as well."""
    output = tmp_path / "output"
    target = output / "990101" / "2022" / "annual"
    with publish.staging(output) as staging:
        shutil.copytree(edition, staging / "edition", copy_function=shutil.copyfile)
        publish.edition(staging / "edition", target)
        publish.edition(staged(tmp_path / "staged", B), target)
    found = modes(output)
    folders = {"990101", "990101/2022", "990101/2022/annual", "990101/2022/annual.earlier"}
    for name, mode in {**found, ".": stat.S_IMODE(output.stat().st_mode)}.items():
        public = "public" in name.split("/")
        way = name in {".", *folders} or re.fullmatch(r"990101/2022/annual.earlier/[0-9a-f]{12}", name) is not None
        if (output / name).is_dir():
            assert mode & ~(way and stat.S_IWGRP) == (0o755 if public or way else 0o750), name
        else:
            assert mode == (0o644 if public else 0o640), name
    assert {"990101/2022/annual/public/report.pdf", "990101/2022/annual/manifest.json"} <= found.keys()
    assert any("/feedback/" in name for name in found)


def test_the_warehouse_is_for_owner_and_group_whatever_the_umask(umask: int, tmp_path: Path) -> None:
    path = tmp_path / "990101.duckdb"
    with warehouse.build(path):
        assert stat.S_IMODE((tmp_path / "990101.building.duckdb").stat().st_mode) == 0o640
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_folder_that_another_account_has_closed_stays_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "output" / "990101").mkdir(parents=True)
    (tmp_path / "output").chmod(0o770)
    monkeypatch.setattr(os, "geteuid", lambda: -1)
    disk.reach(tmp_path / "output" / "990101", tmp_path / "output")
    assert stat.S_IMODE((tmp_path / "output").stat().st_mode) == 0o770


def test_a_group_that_shares_a_folder_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "edition").mkdir()
    (tmp_path / "edition").chmod(0o2700)
    disk.settle(tmp_path / "edition")
    assert stat.S_IMODE((tmp_path / "edition").stat().st_mode) == 0o2750


# --- editions of other programs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "told", "says"),
    [
        ("", None, "report.json 没有，由较早的程序编印"),
        ("public", None, "public/report.json 没有，由较早的程序编印"),
        ("", '{"format": "plan-monitor edition 0"}', "report.json 的格式是“plan-monitor edition 0”"),
    ],
)
def test_an_edition_that_cannot_be_read_as_data_is_told(
    part: str, told: str | None, says: str, tmp_path: Path, target: Path
) -> None:
    """It is as it was published, so that nothing is wrong with it; but nothing can be compared with it either."""
    publish.edition(whole(tmp_path / "staged", A), target)
    assert publish.damaged(target.parents[1], C) == []
    path = target / part / contents.NAME
    path.unlink() if told is None else path.write_text(told)
    hashes = {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in path.parent.glob("*.[jc]s*")
        if p.name != "manifest.json"
    }
    (path.parent / "manifest.json").write_text(json.dumps({"run": A, "files": hashes}))
    [line] = publish.damaged(target.parents[1], C)
    assert line.startswith("以前的一版读不出，没有用来比较") and says in line

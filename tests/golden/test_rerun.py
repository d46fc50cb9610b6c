"""A rerun makes what has changed: nothing where nothing has, and always the same bytes as a run that makes everything."""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from expectations.catalog import load
from expectations.vocabulary import Deed
from flows import kept, pipeline, report, rerun
from flows.edition import manifest as told_of
from flows.edition import program, record, signature
from flows.journal import journal
from flows.places import PROJECT, TEMPLATES, Places
from flows.press import document, pdf
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from tests.fixtures.homes import GOLDEN, cli
from tests.fixtures.printed import Here, setting
from tests.fixtures.reruns import corrected, files
from tests.fixtures.warehouses import golden_warehouse

P = ParamSpec("P")
T = TypeVar("T")
ANNUAL, DISTRICT, YEAR = KINDS["annual"], "990101", 2022
FORM = "2022/区卫生健康委-孕产妇保健情况表.csv"


class Stages:
    """Runs stages and remembers what was told of each."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def __call__(self, title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = stage(*args, **kwargs)
        self.told[title] = kept.told()
        return result


@pytest.fixture
def home(golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which the golden edition has been made, that a test may change."""
    for part in ("output", "warehouse", "journal"):
        shutil.copytree(golden / part, tmp_path / part)
    for part in ("raw", "expectations"):
        shutil.copytree(GOLDEN / part, tmp_path / part)
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    return tmp_path


def edition(home: Path) -> Path:
    return home / "output" / DISTRICT / str(YEAR) / "annual"


def looked(home: Path, draft: bool = False) -> tuple[bool, str]:
    """Whether a run would find that nothing has changed, and what it would tell."""
    catalog = load(DISTRICT, home / "expectations")
    with kept.shelf(home / "warehouse" / f"{DISTRICT}.kept" / f"annual-{YEAR}", rerun.common(Places(home))):
        found = rerun.Run(DISTRICT, pipeline.years(catalog, YEAR), draft, Places(home), edition(home)).found()
        return found is not None, kept.told()


def test_where_nothing_has_changed_nothing_is_made(home: Path) -> None:
    before, stages = files(home / "output"), Stages()
    times = {path: path.stat().st_mtime_ns for path in edition(home).rglob("*")}
    made = pipeline.make(ANNUAL, YEAR, DISTRICT, stages)
    assert made.unchanged
    assert stages.told == {"查对变动": ""}
    assert made.report == edition(home) / "report.pdf"
    assert made.counts["targets"] == {"提前达标": 2, "预期可达标": 3, "本年未达标": 1, "无法判断": 2, "已落实": 1}
    assert files(home / "output") == before
    assert {path: path.stat().st_mtime_ns for path in times} == times


def test_a_rerun_that_makes_nothing_names_who_ran_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So an edition whose run named nobody can be approved without being made anew."""
    monkeypatch.setenv(pipeline.OPERATOR, "王某")
    assert pipeline.make(ANNUAL, YEAR, DISTRICT, Stages()).unchanged
    *_, event = journal(DISTRICT).events()
    hashed = record.digest(edition(home) / record.NAME)
    assert (event.deed, event.of["operator"], event.of["record"]) == (Deed.MADE, "王某", hashed)


def add(path: Path, text: str = "\n") -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def earlier(home: Path) -> None:
    shutil.copytree(edition(home), home / "output" / DISTRICT / "2021" / "annual")
    told_of.note(home / "output" / DISTRICT / "2021" / "annual", run="b" * 64)


CHANGES: Mapping[str, tuple[Callable[[Path], object], str]] = {
    "a cell": (lambda home: corrected(home / "raw" / DISTRICT / FORM, "570", "571"), f"raw/990101/{FORM}"),
    "a file more": (lambda home: add(home / "raw" / DISTRICT / "2022" / "x.csv"), "raw/990101/2022/x.csv"),
    "a register": (lambda home: add(home / "raw" / DISTRICT / "2020/deliveries.yml"), "2020/deliveries.yml"),
    "a file less": (lambda home: (home / "raw" / DISTRICT / FORM).unlink(), f"raw/990101/{FORM}"),
    "the policy": (lambda home: add(home / "expectations" / "policy.yml"), "expectations/policy.yml"),
    "a target": (lambda home: add(next(home.glob("expectations/plans/*/1*.yml"))), "expectations/plans/"),
    "a key": (lambda home: signature.make(home / ".keys"), "签名密钥"),
    "another edition": (earlier, "以前各版"),
    "a published file": (lambda home: add(edition(home) / "public" / "targets.csv"), "已发布的文件"),
    "a published file less": (lambda home: (edition(home) / "checks.html").unlink(), "已发布的文件"),
    "the edition": (lambda home: shutil.rmtree(edition(home)), "已发布的文件"),
    "the warehouse": (lambda home: (home / "warehouse" / f"{DISTRICT}.duckdb").unlink(), "数据库"),
    "the shelf": (lambda home: shutil.rmtree(home / "warehouse" / f"{DISTRICT}.kept"), "首次编制"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_run_reads_or_leaves_is_looked_at(home: Path, change: str) -> None:
    alter, told = CHANGES[change]
    assert looked(home) == (True, "")
    alter(home)
    same, why = looked(home)
    assert not same
    assert why.startswith("有变动：")
    assert told in why


def test_a_draft_and_another_program_are_something_else(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert looked(home, draft=True) == (False, "有变动：送审稿标记")
    monkeypatch.setattr(program, "program", lambda **_: "another")
    assert looked(home) == (False, "有变动：程序")


NEVER_READ = ("raw/990101/2019/x.csv", "raw/990102/2022/x.csv", "output/log/seconds.jsonl", "expectations/x.txt")


@pytest.mark.parametrize("name", NEVER_READ)
def test_what_no_run_reads_changes_nothing(home: Path, name: str) -> None:
    (home / name).parent.mkdir(parents=True, exist_ok=True)
    add(home / name)
    assert looked(home) == (True, "")


def test_both_roads_make_the_same_bytes(
    home: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One cell changes, one result is damaged: what is taken over and what is made stand in one edition. What is set on neither road
    is not set for both: that the same page gives the same bytes is held by golden/test_golden.py.
    """
    monkeypatch.setattr(pdf, "ProcessPoolExecutor", Here)
    monkeypatch.setattr(pdf, "warm", lambda: None)
    monkeypatch.setattr(pdf, "write", setting())
    corrected(home / "raw" / DISTRICT / FORM, "570", "571")
    next((home / "warehouse").rglob("chart/*.kept")).write_bytes(b"")
    fresh = tmp_path_factory.mktemp("fresh")
    for part in ("raw", "expectations", "output"):
        shutil.copytree(home / part, fresh / part)
    stages = Stages()
    assert not pipeline.make(ANNUAL, YEAR, DISTRICT, stages, draft=True).unchanged
    assert stages.told["查对变动"] == f"有变动：raw/990101/2022/deliveries.yml、raw/990101/{FORM}、送审稿标记等4处"
    assert stages.told["核对报送"] == "沿用5项，重做1项（数据：孕产妇保健情况表）"
    assert re.match("沿用[1-9]", stages.told["编排公开版"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(fresh))
        pipeline.make(ANNUAL, YEAR, DISTRICT, Stages(), draft=True, force=True)
    assert files(edition(home)) == files(edition(fresh))


def test_papers_read_nothing_of_their_folder_but_charts(golden: Path, tmp_path: Path) -> None:
    """What a paper is set from is known before it is set: its page, its charts, its attachments, and the style sheets."""
    with golden_warehouse(golden) as con:
        made = ANNUAL.of(Facts(con, load(DISTRICT, golden / "expectations"), YEAR))
        pages = dict(report.compose(made, tmp_path))
    for page in pages.values():
        assert "url(" not in page
        read = [e.get("src", e.get("data", "")) for e in document.read(page).iter() if e.tag in READING]
        assert read == pdf.drawn(page)
        assert all((tmp_path / name).is_file() for name in read)
        assert all(e.get("href", "").startswith(TEMPLATES.as_uri()) for e in document.read(page).iter("link"))


READING = ("img", "object", "embed", "iframe", "image", "use", "input", "video", "source")
"""Elements for which a page reads a file."""


def test_only_a_run_and_the_desk_that_answers_take_anything_over() -> None:
    """Whoever proves something works everything out: nobody else opens a shelf, or makes an edition by a run. The desk has its own,
    for four commands, one of which the server runs as well.
    """
    opening = {p for p in (PROJECT / "flows").rglob("*.py") if "kept.shelf(" in p.read_text(encoding="utf-8")}
    asking = {p for p in (PROJECT / "flows").rglob("*.py") if "shelf.opened(" in p.read_text(encoding="utf-8")}
    commands = re.findall(
        r"def (\w+)\(|shelf\.opened\(", (PROJECT / "flows" / "run" / "cli.py").read_text(encoding="utf-8")
    )
    making = {p for p in (PROJECT / "flows").rglob("*.py") if "pipeline.make(" in p.read_text(encoding="utf-8")}
    assert opening == {PROJECT / "flows" / "pipeline.py", PROJECT / "flows" / "desk" / "shelf.py"}
    assert asking == {PROJECT / "flows" / "run" / name for name in ("cli.py", "incoming.py")}
    assert {of for of, opened in pairwise(commands) if not opened} == {"receive", "check", "deliveries", "inbox"}
    assert making == {PROJECT / "flows" / "run" / name for name in ("cli.py", "tasks.py")}


def test_the_command_tells_that_nothing_has_changed(home: Path) -> None:
    import subprocess

    command = [*cli("annual", str(YEAR), "--district", DISTRICT, "--no-prefect")]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(PROJECT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "没有变化" in done.stdout

"""What a run takes over from earlier ones: only what was made from the same, and is as it was written."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pandas as pd
import pytest

from expectations import suites
from expectations.records import Catalog
from flows import ingest, kept, pipeline, rerun, warehouse
from flows.desk import approve
from flows.ingest import register
from flows.ingest.deliveries import Version, _Corrections, _Store, _take
from flows.ingest.findings import Delivery, Findings
from flows.ingest.staging import Coders
from flows.places import Places
from flows.press import pdf
from flows.report.kinds import KINDS
from flows.validate.findings import Batch, asked
from tests.fixtures import approving
from tests.fixtures.answers import EXPECTED
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, FILES, YEAR, Sent, deliver, sent
from tests.fixtures.reruns import corrected

BASIS = {"program": "1"}


class Made:
    """Counts how often something was made, on a shelf that is opened anew for each look."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.times = folder, 0

    def look(self, page: str = "a", basis: dict[str, str] = BASIS, renew: bool = False) -> tuple[bytes, str]:
        def make() -> bytes:
            self.times += 1
            return page.encode()

        with kept.shelf(self.folder, basis, renew):
            found = kept.kept("step", "key", lambda: {"page": kept.digest(page)}, "某表", make)
            return found, kept.told()


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path / "shelf")


def test_what_is_made_from_the_same_is_taken_over(made: Made) -> None:
    assert made.look() == (b"a", "首次编制1项")
    assert made.look() == (b"a", "沿用1项")
    assert made.times == 1


def test_what_is_made_from_something_else_is_made_anew_and_told(made: Made) -> None:
    made.look()
    assert made.look("b") == (b"b", "沿用0项，重做1项（版面文字：某表）")
    assert made.look("b", {"program": "2"}) == (b"b", "沿用0项，重做1项（程序：某表）")
    assert made.look("b", {"program": "2"}, renew=True) == (b"b", "沿用0项，重做1项（全部重做：某表）")
    assert made.look("b", {"program": "2"}) == (b"b", "沿用1项")
    assert made.times == 4


@pytest.mark.parametrize("harm", [b"", b"no json", b'{"parts": 1}\na', b"[]\na", None])
def test_what_is_damaged_is_made_anew(made: Made, harm: bytes | None) -> None:
    made.look()
    [path] = made.folder.rglob("*.kept")
    path.write_bytes(path.read_bytes()[:-1] + b"x" if harm is None else harm)
    found, told = made.look()
    assert found == b"a"
    assert ("留存结果损坏" if harm is None else "首次编制") in told
    assert made.look() == (b"a", "沿用1项")


def test_what_others_may_have_written_is_made_anew(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    made.look()
    [path] = made.folder.rglob("*.kept")
    path.chmod(0o660)
    assert made.look() == (b"a", "沿用0项，重做1项（留存结果不是本账户所写，或其他人能改写：某表）")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert made.look() == (b"a", "沿用1项")
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
        assert "留存结果不是本账户所写" in made.look()[1]


def test_without_a_shelf_everything_is_made(tmp_path: Path) -> None:
    def make() -> bytes:
        return b"made"

    def asked() -> kept.Parts:
        raise AssertionError("nobody asks what it is made from")

    assert kept.kept("step", "key", asked, "某表", make) == b"made"
    assert kept.told() == ""
    assert list(tmp_path.iterdir()) == []


def test_only_owner_and_group_may_read_what_is_kept(made: Made) -> None:
    before = os.umask(0)
    try:
        made.look()
    finally:
        os.umask(before)
    [path] = made.folder.rglob("*.kept")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (made.folder, path.parent)} == {0o750}


def test_a_disk_that_refuses_stops_no_run(tmp_path: Path) -> None:
    (tmp_path / "shelf").write_text("a file where the folder should be")
    assert Made(tmp_path / "shelf").look()[0] == b"a"


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[None]:
    with kept.shelf(tmp_path / "shelf", BASIS):
        yield


FRAME = pd.DataFrame({"at": [1, 2, 3], "delivery": ["a", "b", None], "off": [0.0, 7.5, float("nan")]})


def check(most: float) -> suites.Check:
    arguments = {"column": "off", "max_value": most}
    return suites.Check(suites.BETWEEN, arguments, "areas_total", "", "off", "—", "—", "warning")


@pytest.mark.usefixtures("shelf")
def test_checks_are_asked_once_of_the_same_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(frame: pd.DataFrame, most: float) -> list[suites.Failure]:
        return asked([Batch(frame, [check(most)], ["at", "delivery"], "表")], None)[0]

    once = answer(FRAME, 1)
    assert once == suites.run(FRAME, [check(1)], ["at", "delivery"])
    monkeypatch.setattr(suites, "run_all", None)
    assert answer(FRAME, 1) == once
    for other in (FRAME.assign(off=[0.0, 7.5, 8.0]), FRAME.astype({"at": float})):
        with pytest.raises(TypeError):
            answer(other, 1)
    with pytest.raises(TypeError):
        answer(FRAME, 2)


PAGE = '<html lang="zh-CN"><head><title>t</title></head><body><p>x</p><img src="charts/{}.svg" alt="a"></body></html>'
CHART = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt"><rect width="{}" height="9"/></svg>'


def test_a_paper_is_set_once_from_the_same_page_and_charts(tmp_path: Path) -> None:
    folder = tmp_path / "staging"
    (folder / "charts").mkdir(parents=True)
    changes = {"": ("1", 9, "x"), "figure": ("1", 3, "x"), "other": ("2", 9, "x"), "attached": ("1", 9, "y")}
    found = {}
    for change, (name, width, data) in changes.items():
        (folder / "charts" / f"{name}.svg").write_text(CHART.format(width))
        (folder / "data.csv").write_text(data)
        found[change] = pdf.made_of(PAGE.format(name), folder, date(2023, 7, 15), {"data.csv": "数据"})
    assert len({tuple(parts.values()) for parts in found.values()}) == len(changes)


@pytest.mark.parametrize("told", ['<img src="charts/a%20b.svg">', '<img alt=\'\' class="x" src="charts/a%20b.svg">'])
def test_the_charts_of_a_page_are_found(told: str) -> None:
    assert pdf.drawn(f'{told}<img src="data:image/png;base64,x">') == ["charts/a b.svg"]


def test_the_press_takes_over_what_it_has_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pdf, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1)
    )  # a process takes seconds to begin
    text, day = PAGE.replace('<img src="charts/{}.svg" alt="a">', ""), date(2023, 7, 15)
    found = []
    for _ in range(2):
        with ExitStack() as opened:
            opened.enter_context(kept.shelf(tmp_path / "shelf", BASIS))
            submit, wait = opened.enter_context(pdf.press(tmp_path))
            path = submit(text, tmp_path / "t.pdf", [], day)
            wait()
            found.append((path.read_bytes(), kept.told()))
            path.unlink()
    assert found[0][0] == found[1][0] == pdf.write(text, tmp_path / "t.pdf", [], day).read_bytes()
    assert [told for _, told in found] == ["首次编制1项", "沿用1项"]


@pytest.mark.parametrize(
    ("stands", "force", "begun"),
    [(False, False, ["press", "checks"]), (True, False, []), (True, True, ["press", "checks"])],
)
def test_what_a_run_will_need_is_begun_while_it_waits_unless_all_may_be_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stands: bool, force: bool, begun: list[str]
) -> None:
    found: list[str] = []
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.setattr(pdf, "warm", lambda: found.append("press"))
    monkeypatch.setattr(suites, "library", lambda: found.append("checks"))
    if stands:
        (tmp_path / "output" / DISTRICT / str(YEAR) / "annual").mkdir(parents=True)
    pipeline.ahead(KINDS["annual"], YEAR, DISTRICT, force)
    assert found == begun


def tables(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a warehouse."""
    names = con.execute("select table_name from information_schema.tables order by 1").fetchall()
    return {name: con.execute(f'select * from "{name}" order by all').fetchall() for (name,) in names}


def stored(raw: Path, shelf: Path | None) -> tuple[dict[str, list[tuple[object, ...]]], str]:
    """What reading a year stores, and what is told of it."""
    with ExitStack() as opened:
        if shelf:
            opened.enter_context(kept.shelf(shelf, BASIS))
        con = opened.enter_context(warehouse.memory())
        ingest.store(con, CATALOG, raw, [YEAR])
        return tables(con), kept.told()


def test_a_file_is_read_once_whatever_it_looks_like(tmp_path: Path) -> None:
    """Some of all cases: what reading a file stores, and what it stores when it is taken over."""
    raw = tmp_path / "raw"
    found = [case for n, case in enumerate(EXPECTED) if not n % 9 or case["file"] == "years_below.csv"]
    cases = [case for case in found if (FILES / case["file"]).is_file()]
    deliver(raw, YEAR, [Sent(c["dataset"], (FILES / c["file"]).read_bytes(), entry(c)) for c in cases])
    plain, _ = stored(raw, None)
    made, first = stored(raw, tmp_path / "shelf")
    taken, second = stored(raw, tmp_path / "shelf")
    assert plain == made == taken
    assert len(cases) > 15
    [number] = re.findall(r"首次编制(\d+)项", first)
    assert int(number) == len(cases)
    [again] = re.findall(r"沿用\d+项，重做(\d+)项", second)
    assert int(again) < 5  # what has other years below it is read again


def entry(case: Mapping[str, str]) -> dict[str, Any]:
    sender = {"department": "health"} if case["dataset"] == "progress" else {}
    return {"file": case["file"], "received": f"{YEAR + 1}-03-01", **sender}


def test_a_file_is_read_anew_where_file_register_or_record_is_another(tmp_path: Path) -> None:
    raw, shelf = tmp_path / "raw", tmp_path / "shelf"
    deliver(raw, YEAR, [sent("births"), sent("clinics")])
    listed = raw / DISTRICT / str(YEAR) / register.REGISTER
    stored(raw, shelf)
    assert stored(raw, shelf)[1] == "沿用2项"
    corrected(raw / DISTRICT / str(YEAR) / "0-births.csv", "300", "301")
    assert stored(raw, shelf)[1] == "沿用1项，重做1项（文件、登记：2024/0-births.csv）"
    listed.write_text(listed.read_text(encoding="utf-8").replace("-03-02", "-03-04"), encoding="utf-8")
    assert stored(raw, shelf)[1] == "沿用1项，重做1项（登记：2024/1-clinics.csv）"
    form = CATALOG.datasets["births"].model_copy(update={"title": "另一表"})
    other = replace(CATALOG, datasets={**CATALOG.datasets, "births": form})
    with kept.shelf(shelf, BASIS), warehouse.memory() as con:
        ingest.store(con, other, raw, [YEAR])
        assert kept.told() == "沿用1项，重做1项（目录：2024/0-births.csv）"


class Narrow:
    """A catalogue that has nothing but what the hash of a file's reading has of it (`_Reading`)."""

    codes, district, indicators, dimensions = (
        CATALOG.codes, CATALOG.district, CATALOG.indicators, CATALOG.dimensions
    )  # fmt: skip
    plans = tuple(SimpleNamespace(head=SimpleNamespace(short=p.head.short, title=p.head.title)) for p in CATALOG.plans)
    parts_by = Catalog.parts_by

    def __init__(self, name: str) -> None:
        self.datasets = {name: CATALOG.datasets[name]}


@pytest.mark.parametrize("name", BASE)
def test_a_file_is_read_with_nothing_but_what_its_hash_has(tmp_path: Path, name: str) -> None:
    deliver(tmp_path, YEAR, [sent(name)])
    folder = tmp_path / DISTRICT / str(YEAR)
    [mine] = register.read(folder / register.REGISTER, tmp_path).deliveries
    version = Version(Delivery(f"{YEAR}/{name}/v1", YEAR, name, "health", mine.file), mine, 1, superseded=False)
    with warehouse.memory() as con:
        ingest.store(con, CATALOG, tmp_path, [])
        corrections = _Corrections(con, CATALOG, version, date.max)
        row = _take(Coders(cast(Catalog, Narrow(name))), Findings(), folder, version, _Store(con), corrections)
    assert row["status"] == "accepted"


# --- a run as a whole ---


def test_an_approved_edition_that_was_damaged_and_restored_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a run that could not be compared with it would be taken over, and never be approved."""
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.setattr(approve, "account", lambda: "li")
    approving.make(tmp_path, approving.A)
    paper = approving.approved().folder / "report.pdf"
    run = rerun.Run(
        approving.DISTRICT, (), False, Places(tmp_path), approving.make(tmp_path, approving.B, compared=approving.A)
    )
    whole, content = run._left(), paper.read_bytes()
    paper.chmod(0o640)
    paper.write_bytes(b"%PDF forged")
    assert run._left()["approved"] != whole["approved"]
    paper.write_bytes(content)
    assert run._left() == whole

"""What a run takes over from earlier ones: only what was made from the same, and is as it was written."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from expectations import suites
from flows import kept, rerun
from flows.desk import approve
from flows.places import Places
from flows.press import pdf
from flows.validate.findings import asked
from tests.fixtures.approving import DISTRICT, A, B, approved, make

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
    assert made.look() == (b"a", "沿用0项，重做1项（首次编制：某表）")
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
    assert ("存档损坏" if harm is None else "首次编制") in told
    assert made.look() == (b"a", "沿用1项")


def test_what_others_may_have_written_is_made_anew(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    made.look()
    [path] = made.folder.rglob("*.kept")
    path.chmod(0o660)
    assert made.look() == (b"a", "沿用0项，重做1项（存档不是本账户所写，或其他人能改写：某表）")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert made.look() == (b"a", "沿用1项")
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
        assert "存档不是本账户所写" in made.look()[1]


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
    once = asked(FRAME, [check(1)], ["at", "delivery"], None, "表")
    assert once == suites.run(FRAME, [check(1)], ["at", "delivery"])
    monkeypatch.setattr(suites, "run", None)
    assert asked(FRAME, [check(1)], ["at", "delivery"], None, "表") == once
    for other in (FRAME.assign(off=[0.0, 7.5, 8.0]), FRAME.astype({"at": float})):
        with pytest.raises(TypeError):
            asked(other, [check(1)], ["at", "delivery"], None, "表")
    with pytest.raises(TypeError):
        asked(FRAME, [check(2)], ["at", "delivery"], None, "表")


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
def test_a_page_reads_the_charts_that_it_names(told: str) -> None:
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
    assert [told for _, told in found] == ["沿用0项，重做1项（首次编制：t.pdf）", "沿用1项"]


# --- a run as a whole ---


def test_files_of_the_same_name_in_home_and_program_are_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's checks are read beside the home's."""
    home, program = tmp_path / "home", tmp_path / "program"
    for folder in (home, program):
        (folder / "expectations").mkdir(parents=True)
        (folder / "expectations" / "checks.yml").write_text("a", encoding="utf-8")
    monkeypatch.setattr(rerun, "PROJECT", program)
    before = rerun._catalogue(Places(home))
    (program / "expectations" / "checks.yml").write_text("b", encoding="utf-8")
    after = rerun._catalogue(Places(home))
    changed = [name for name in before if before[name] != after[name]]
    assert changed == ["程序自带的expectations/checks.yml"] and "expectations/checks.yml" in after
    (home / "expectations" / "checks.yml").write_text("c", encoding="utf-8")
    assert rerun._catalogue(Places(home))["expectations/checks.yml"] != after["expectations/checks.yml"]
    assert rerun._catalogue(Places(program)).keys() == {"expectations/checks.yml"}


def test_an_approved_edition_that_was_damaged_and_restored_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a run that could not be compared with it would be taken over, and never be approved."""
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.setattr(approve, "account", lambda: "li")
    make(tmp_path, A)
    paper = approved().folder / "report.pdf"
    run = rerun.Run(DISTRICT, (), False, Places(tmp_path), make(tmp_path, B, compared=A))
    whole, content = run._left(), paper.read_bytes()
    paper.chmod(0o640)
    paper.write_bytes(b"%PDF forged")
    assert run._left()["approved"] != whole["approved"]
    paper.write_bytes(content)
    assert run._left() == whole

"""What the desk takes over of earlier answers changes no answer: told with and without it, command by command."""

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, redirect_stdout
from datetime import date
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection

from expectations import catalog
from expectations.catalog import Source
from expectations.records import Catalog
from flows import kept
from flows.answer import feedback
from flows.desk import intake, owed, shelf, trial
from flows.desk.filing import Wanted
from flows.places import MendableError, Places
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, deliver, sent

pytestmark = pytest.mark.usefixtures("lent")

BIRTHS, PROGRESS = BASE["births"], BASE["progress"]
Step = Callable[[Places], object]


def receives(name: str, text: str, **wanted: str) -> Step:
    def step(home: Places) -> object:
        path = home.home / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return intake.receive([path], CATALOG, home, Wanted(**wanted), date(2025, 3, 20), "更正")

    return step


def checks(name: str, text: str) -> Step:
    def step(home: Places) -> object:
        path = home.home / name
        path.write_text(text, encoding="utf-8")
        return intake.check(path, CATALOG, home, Wanted())

    return step


def owes(home: Places) -> object:
    out = io.StringIO()
    owed.show(CATALOG, home.raw, 2024, date(2025, 4, 1), "csv", out)
    return out.getvalue()


def edits(pattern: str, old: str, new: str) -> Step:
    """Somebody changes files behind the desk's back."""

    def step(home: Places) -> object:
        paths = list((home.raw / DISTRICT / "2024").glob(pattern))
        for path in paths:
            path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
        return len(paths)

    return step


STEPS: dict[str, Step] = {
    "a version that changes figures": receives("一.csv", BIRTHS.replace("200,2", "200,12")),
    "who owes what": owes,
    "the version after it": receives("二.csv", BIRTHS.replace("200,2", "200,20")),
    "a bad cell": checks("错.csv", BIRTHS.replace("200,2", "2o0,2")),
    "the bad cell is sent": receives("错.csv", BIRTHS.replace("200,2", "2o0,2")),
    "who owes what now": owes,
    "the way back": receives("三.csv", BIRTHS.replace("200,2", "200,20") + "\n"),
    "a statement": receives("区卫生健康委.csv", PROGRESS.replace("推进中", "已落实")),
    "a file is changed by hand": edits("*clinics.csv", "3", "4"),
    "who owes what then": owes,
    "it is mended": edits("*clinics.csv", "4", "3"),
    "the register is changed": edits("deliveries.yml", "published: '2025-07-15'", "published: '2025-07-16'"),
    "who owes what at last": owes,
    "figures of an earlier year": receives("四.csv", BIRTHS.replace("2024", "2023").replace("300,3", "300,9")),
    "a broken register": edits("deliveries.yml", "district:", "distrikt:"),
    "nobody can tell": owes,
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, lent: None) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Each step's answer without a shelf, and with one."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feedback, "write_one", lambda *given: [])
        for name in ("careful", "kept"):
            home = Places(tmp_path_factory.mktemp(name))
            deliver(home.raw, 2023, [sent("births")])
            deliver(home.raw, 2024, [sent(dataset) for dataset in BASE])
            found.append({step: _answer(run, home, opened=name == "kept") for step, run in STEPS.items()})
    yield found[0], found[1]


def _answer(step: Step, home: Places, *, opened: bool) -> str:
    out = io.StringIO()
    with ExitStack() as stack, redirect_stdout(out):
        if opened:
            stack.enter_context(shelf.opened(home, DISTRICT))
        try:
            print(step(home))
        except MendableError as error:
            print(error)
    return re.sub(r"2\d{3}-\d\d-\d\d \d\d:\d\d收到", "今日收到", out.getvalue().replace(str(home.home), "…"))


@pytest.mark.parametrize("step", STEPS)
def test_nothing_that_is_taken_over_changes_an_answer(told: tuple[dict[str, str], dict[str, str]], step: str) -> None:
    careful, kept_answers = told
    assert kept_answers[step] == careful[step]


def test_the_steps_tell_of_what_they_change(told: tuple[dict[str, str], dict[str, str]]) -> None:
    """Otherwise they would be alike whatever is taken over."""
    careful, _ = told
    assert "死亡率" in careful["the version after it"] and "→" in careful["the version after it"]
    lists = [careful[step] for step in STEPS if step.startswith(("who owes", "nobody"))]
    assert len({*lists}) == len(lists) - 1, "only a day that the register states changes nothing"
    assert "不能使用" in careful["the bad cell is sent"]


def test_what_has_not_changed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Places(tmp_path)
    deliver(home.raw, 2024, [sent(dataset) for dataset in BASE])
    with shelf.opened(home, DISTRICT):
        first = owes(home)
    asked: list[set[str]] = []
    standing = trial.standing

    def watched(catalog: Catalog, raw: Path, year: int) -> AbstractContextManager[DuckDBPyConnection]:
        asked.append({*catalog.datasets})
        return standing(catalog, raw, year)

    monkeypatch.setattr(trial, "standing", watched)
    with shelf.opened(home, DISTRICT):
        assert owes(home) == first
        assert asked == []
        receives("活产.csv", BIRTHS.replace("200,2", "200,12"))(home)
        owes(home)
    assert asked == [{"births", "population", "published"}], "one form has changed, and those that are held against it"


@pytest.mark.parametrize("text", ["甲", date(2025, 3, 1), 10**5000, [[]]], ids=["text", "day", "long", "itself"])
def test_what_json_cannot_say_is_parsed_each_time(tmp_path: Path, text: object) -> None:
    parsed: list[object] = []
    if isinstance(text, list):
        text[0] = text

    def parse() -> object:
        parsed.append(text)
        return text

    with shelf.opened(Places(tmp_path), DISTRICT):
        for _ in range(2):
            found = shelf._text("a.yml", "abc", parse)
            assert found is text or found == text
    assert len(parsed) == (1 if text == "甲" else 2)


def test_a_shelf_that_cannot_be_kept_costs_time_alone(tmp_path: Path) -> None:
    home = Places(tmp_path)
    deliver(home.raw, 2024, [sent(dataset) for dataset in BASE])
    (home.warehouse).write_text("no folder")
    with shelf.opened(home, DISTRICT):
        first = owes(home)
    home.warehouse.unlink()
    assert owes(home) == first
    with shelf.opened(home, DISTRICT):
        owes(home)
    stored = list(home.warehouse.glob(f"*/*/standing/*{kept.SUFFIX}"))
    assert len(stored) == len(CATALOG.datasets)
    for path in stored:
        path.write_bytes(path.read_bytes().replace(b"accepted", b"refused1"))
    with shelf.opened(home, DISTRICT):
        assert owes(home) == first, "what was changed by hand is not believed"


def test_a_text_is_parsed_once_and_again_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    parse = catalog._parsed.__wrapped__

    def counted(name: str, text: bytes, *rest: object) -> object:
        parsed.append(text)
        return parse(name, text, *rest)

    def said(text: str) -> object:
        path = tmp_path / "a.yml"
        path.write_text(text, encoding="utf-8")
        catalog._data.cache_clear()  # as another process would ask
        with shelf.opened(Places(tmp_path), DISTRICT):
            return Source(path, tmp_path / "expectations").data

    monkeypatch.setattr(catalog, "_parsed", counted)
    plain, dated = "a: [1, 2.5, no, true, 2024-03-01, null]\n", "2024: a\n"
    assert said(plain) == said(plain) == {"a": [1, 2.5, "no", True, "2024-03-01", None]}
    assert len(parsed) == 1
    assert said("a: 2\n") == {"a": 2} and len(parsed) == 2
    assert said(dated) == said(dated) == {2024: "a"}, "JSON would make a text of the year"
    assert len(parsed) == 4

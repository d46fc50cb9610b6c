"""An edition of a day knows what had come in by then, and nothing else: it is the edition that would have been made then."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest

from expectations.catalog import load
from expectations.records import Catalog
from flows import ingest, pipeline, warehouse
from flows.desk.trial import quietly
from flows.journal import CutOff
from flows.places import MendableError
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.write import manifest
from tests.fixtures.homes import home_in

DAY = date(2023, 4, 1)
FORM = "区卫生健康委-孕产妇保健情况表.csv"
TABLES = ("meta_deliveries", "meta_late", "stg_maternal_health", "out_findings")


def corrected(home: Path, received: str = "2023-05-02", admitted: str = "") -> None:
    """A department sends a form again, with other figures."""
    folder = home / "raw" / "990101" / "2022"
    text = re.sub(r"(\d)\n", r"\g<1>0\n", (folder / FORM).read_text(encoding="utf-8"), count=1)
    fresh = FORM.replace(".csv", "-更正.csv")
    (folder / fresh).write_text(text, encoding="utf-8")
    hashed = hashlib.sha256((folder / fresh).read_bytes()).hexdigest()
    entry = f"file: {fresh}, received: {received}, sha256: {hashed}, replaces: {FORM}, reason: 更正{admitted}"
    with (folder / "deliveries.yml").open("a", encoding="utf-8") as file:
        file.write(f"  - {{dataset: maternal_health, {entry}}}\n")


@contextmanager
def taken_in(home: Path, as_of: date | None = None) -> Iterator[tuple[duckdb.DuckDBPyConnection, Catalog]]:
    """A warehouse with what a run of an edition takes in: all that comes later is made of it."""
    catalog = load("990101", home / "expectations")
    with warehouse.memory() as con:
        ingest.store(con, catalog, home / "raw", pipeline.years(catalog, 2022), CutOff(as_of=as_of))
        yield con, catalog


def tables(home: Path, as_of: date | None = None) -> dict[str, list[tuple[object, ...]]]:
    """What such a run takes in of a home."""
    with taken_in(home, as_of) as (con, _):
        return {name: con.execute(f"select * from {name} order by all").fetchall() for name in TABLES}


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """The tables of an edition that was made before anything more came."""
    return tables(home_in(tmp_path_factory.mktemp("then")))


@pytest.mark.parametrize(
    ("received", "admitted"),
    [
        ("2023-05-02", ""),
        ("2023-08-01", ""),
        ("2023-08-01", ", admitted: {by: 李某, on: 2023-08-05, reason: 更正人数}"),
    ],
    ids=["sent again", "late", "late and decided"],
)
def test_the_edition_of_a_day_is_that_which_was_made_then(
    received: str, admitted: str, tmp_path: Path, then: dict[str, list[tuple[object, ...]]]
) -> None:
    corrected(home_in(tmp_path), received, admitted)
    now = tables(tmp_path)
    assert now != then
    assert tables(tmp_path, DAY) == then
    assert tables(tmp_path, date(2023, 8, 5)) == now


def test_the_day_is_part_of_the_edition(tmp_path: Path) -> None:
    """It is a part of the run's id, of the manifest and of report.json, and the data are told to end with it."""
    with taken_in(home_in(tmp_path)) as (con, catalog):
        plain = Facts(con, catalog, 2022)
        assert plain.edition.as_of is None and "as_of" not in manifest.content(plain)
    with taken_in(tmp_path, DAY) as (con, catalog):
        facts = Facts(con, catalog, 2022)
        told = manifest.content(facts)
        assert told["as_of"] == "2023-04-01"
        assert facts.edition.locked == DAY
        assert facts.edition.as_of_words == "数据截至2023年4月1日，此后收到的报表未采用"


@pytest.mark.parametrize(
    ("day", "says"), [(date(2023, 1, 1), "最早收到的是2023-03-10"), (date(2099, 1, 1), "还没有过完")]
)
def test_a_day_on_which_nothing_was_there_or_that_is_to_come(
    day: date, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(home_in(tmp_path)))
    with pytest.raises(MendableError, match=says):
        pipeline.make(KINDS["annual"], 2022, "990101", quietly, as_of=day)
    assert not (tmp_path / "output").exists()

"""Every kind of file that departments send, and the answer it gets: tests/spec/cases.csv, one row a case.

`python -m tests.spec.test_cases` prints the list with the actual answers; `--write` renews it (then read the
difference).

`check`, `receive` and the yearly run answer alike: the same status, figures and findings for every case. All three end in
`pipeline.checked`, so each case is walked with that function cut short when the file has been read; whatever the later stages
say, they say of the same rows. A few cases go the whole way in unit/test_roads.py.

A row whose status is `?` waits for its exact answer: `figures` says what is wanted, `value` which other figures are
right and `says` what must be said, as tests/benchmarks/intake.py has them; `--write` puts the exact answer there.
"""

import csv
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
import yaml

from expectations.records import Catalog
from flows import ingest, pipeline, validate, warehouse
from flows.answer import feedback
from tests.benchmarks import roads
from tests.benchmarks.intake import ACCEPTABLE, RIGHT, Case, judge
from tests.fixtures.answers import EXPECTED, LIST, Answer
from tests.fixtures.deliveries import CATALOG, CATALOGUE, DESK, DISTRICT, FILES, YEAR
from tests.fixtures.warehouses import memory, rows

COLUMNS = (
    "file",
    "dataset",
    "status",
    "used",
    "rejected",
    "severity",
    "rule",
    "line",
    "position",
    "value",
    "says",
    "figures",
)
PERSON = {"progress": {"department": "health"}}


class Registered(NamedTuple):
    """A file that was registered by hand, as the yearly run reads it: read once for all that is asked of it."""

    case: Answer
    staged: str
    """Its rows, as they were read."""
    read: roads.Answer
    """What was found when it was read."""
    answer: Answer
    """What becomes of it at the desk: its status, its first finding, its figures."""


def registered(case: Answer) -> Registered:
    """That a report finds the same is held by unit/test_suites.py for every kind of check."""
    file, dataset = case["file"], case["dataset"]
    data = (FILES / file).read_bytes()
    entry = {"dataset": dataset, "file": file, "received": "2025-03-01", "sha256": hashlib.sha256(data).hexdigest()}
    register = {"district": DISTRICT, "year": YEAR, "simulated": True, "locked": "2025-06-30",
                "published": "2025-07-15", "deliveries": [entry | PERSON.get(dataset, {})]}  # fmt: skip
    catalog = CATALOG.around(dataset)  # as the desk reads a file: of its form and of those that it is compared with
    with tempfile.TemporaryDirectory() as raw, memory() as con:
        folder = Path(raw) / DISTRICT / str(YEAR)
        folder.mkdir(parents=True)
        (folder / file).write_bytes(data)
        (folder / "deliveries.yml").write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
        ingest.store(con, catalog, Path(raw), [YEAR])
        rows_read, [read] = staged(con), roads.deliveries_in(con)
        validate.contract(con, catalog, DESK)
        ingest.observe(con, catalog)
        validate.plausibility(con, catalog, DESK)
        return Registered(case, rows_read, read, answered(con, file, dataset))


def answered(con: duckdb.DuckDBPyConnection, file: str, dataset: str) -> Answer:
    [delivery] = rows(con, "select * from meta_deliveries where file is not null")
    found = rows(con, FINDINGS)
    figures = con.execute(FIGURES).fetchall()
    first = found[0] if found else dict.fromkeys(("severity", "rule", "line", "position", "value", "message"))
    told = (file, dataset, delivery["status"], delivery["observations"], delivery["rejections"], first["severity"],
            first["rule"], first["line"], first["position"], first["value"],
            (first["message"] or "").partition("”")[2].removeprefix("："), "、".join(f for (f,) in figures))  # fmt: skip
    return {name: "" if value is None else str(value) for name, value in zip(COLUMNS, told, strict=True)}


def staged(con: duckdb.DuckDBPyConnection) -> str:
    """What was read, row by row."""
    names = [row["table_name"].removeprefix("stg_") for row in rows(con, FILLED)]
    return json.dumps({name: rows(con, f"select * from stg_{name} order by all") for name in names}, default=str)


FILLED = "select table_name from duckdb_tables() where table_name like 'stg!_%' escape '!' and estimated_size > 0 order by all"
"""The tables of staged rows that have any."""
FINDINGS = """
select * from out_findings where delivery is not null
order by case severity when 'critical' then 0 when 'warning' then 1 else 2 end, rule = 'refused' desc, line, position, rule
"""
FIGURES = """
select coalesce(regexp_replace(value::varchar, '[.]?0*$', ''), state) from core_observations order by line, sex, measure
"""


def test_every_case_has_its_file() -> None:
    from tests.fixtures.kinds import KINDS  # makes a hundred workbooks
    from tests.fixtures.make import CASES

    assert [case["file"] for case in EXPECTED] == list(CASES | KINDS)
    assert {path.name for path in FILES.iterdir()} == set(CASES | KINDS)


@pytest.fixture(scope="module", params=EXPECTED, ids=lambda case: case["file"])
def delivered(request: pytest.FixtureRequest) -> Registered:
    """Each case in turn: all tests of one are asked before the next is read."""
    return registered(request.param)


def test_the_answer(delivered: Registered) -> None:
    if delivered.case["status"] == "?":
        [answered], kind = classified(delivered.case)
        assert kind in {RIGHT, ACCEPTABLE}, f"{kind}: {answered}"
    else:
        assert delivered.answer == delivered.case


@contextmanager
def cut_short() -> Iterator[list[str]]:
    """What each road has read, row by row, with no stage behind it and no year but the file's. Feedback sheets are filled and not
    packed: unit/test_roads.py packs some.
    """
    seen: list[str] = []

    def checked(con: duckdb.DuckDBPyConnection, catalog: Catalog, raw: Path, year: int, do: Any, *_: object) -> None:
        ingest.store(con, catalog, raw, [year])
        seen.append(staged(con))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feedback, "packed", lambda book: b"")
        patch.setattr(warehouse, "memory", memory)
        patch.setattr(pipeline, "checked", checked)
        patch.setattr(pipeline, "figures", checked)
        patch.setattr(pipeline, "years", lambda catalog, year: range(year, year + 1))
        yield seen


def test_every_road_reads_the_same(delivered: Registered) -> None:
    file, dataset = delivered.case["file"], delivered.case["dataset"]
    text = file.endswith((".csv", ".txt"))  # of a workbook, `receive` chooses the worksheet
    named = roads.sender(CATALOG, dataset, file)  # the sender in the file's name need not be the registered one
    is_other = named is not None and named != PERSON[dataset]["department"]
    walked = roads.ROADS if is_other else ("check", "receive")
    with cut_short() as read:
        found = roads.answers(FILES / file, dataset, CATALOGUE, CATALOG, YEAR, walked, told=text)
    if not is_other:
        found["run"] = delivered.read
        read.append(delivered.staged)
    assert not roads.differing(found)
    assert len({*read}) == 1


def classified(expected: Answer) -> tuple[list[roads.Answer], str]:
    """What the run says of a case that waits for its exact answer, and the class of that."""
    file, dataset = expected["file"], expected["dataset"]
    case = Case(file, "", file, dataset, expected["figures"], "", expected["value"], expected["says"])
    answered = list(roads.answers(FILES / file, dataset, CATALOGUE, CATALOG, YEAR, ("run",)).values())
    return answered, judge(case, answered[0])


def test_every_rule_of_the_reader_has_a_case_that_breaks_it() -> None:
    rules = {case["rule"] for case in EXPECTED if case["severity"] in {"critical", "warning"}}
    assert {"encoding", "csv", "empty", "format", "workbook", "worksheets", "missing_column", "duplicate_column",
            "unknown_column", "unit"} <= rules  # fmt: skip


def main() -> None:
    actual = [registered(case).answer for case in EXPECTED]
    if "--write" in sys.argv:
        with LIST.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(actual)
        return
    for expected, got in zip(EXPECTED, actual, strict=True):
        if expected["status"] == "?":
            print(classified(expected)[1], expected["figures"], *(got[c] for c in COLUMNS[:-1]), sep=" | ")
            continue
        print("相符" if expected == got else "不符", *(got[c] for c in COLUMNS[:-1]), sep=" | ")
        if expected != got:
            print("应为", *(expected[c] for c in COLUMNS[:-1]), sep=" | ")
    print(f"{len(actual)}例，相符{sum(e == a for e, a in zip(EXPECTED, actual, strict=True))}例")


if __name__ == "__main__":
    main()

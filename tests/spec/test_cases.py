"""Every kind of file that departments send, and the answer it gets: tests/spec/cases.csv, one row a case.

`python -m tests.spec.test_cases` prints the list with the actual answers; `--write` renews it (then read the
difference).

A row whose status is `?` waits for its exact answer: `figures` says what is wanted, `value` which other figures are
right and `says` what must be said, as tests/benchmarks/intake.py has them; `--write` puts the exact answer there.
"""

import csv
import hashlib
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from flows import validate
from tests.benchmarks import roads
from tests.benchmarks.intake import ACCEPTABLE, RIGHT, Case, judge
from tests.fixtures.answers import EXPECTED, LIST, Answer
from tests.fixtures.deliveries import CATALOG, CATALOGUE, DESK, DISTRICT, FILES, YEAR, taken_in
from tests.fixtures.warehouses import rows

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


def answer(file: str, dataset: str) -> Answer:
    """What becomes of one file at the desk: its status, its first finding, its figures.

    That a report finds the same is held by unit/test_suites.py for every kind of check, and by unit/test_roads.py.
    """
    data = (FILES / file).read_bytes()
    entry = {"dataset": dataset, "file": file, "received": "2025-03-01", "sha256": hashlib.sha256(data).hexdigest()}
    register = {"district": DISTRICT, "year": YEAR, "simulated": True, "locked": "2025-06-30",
                "published": "2025-07-15", "deliveries": [entry | PERSON.get(dataset, {})]}  # fmt: skip
    with tempfile.TemporaryDirectory() as raw:
        folder = Path(raw) / DISTRICT / str(YEAR)
        folder.mkdir(parents=True)
        (folder / file).write_bytes(data)
        (folder / "deliveries.yml").write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
        catalog = CATALOG.around(dataset)  # as the desk reads a file: of its form and of those that it is compared with
        with taken_in(Path(raw), [YEAR], catalog=catalog) as con:
            validate.plausibility(con, catalog, DESK)
            [delivery] = rows(con, "select * from meta_deliveries where file is not null")
            found = rows(con, FINDINGS)
            figures = con.execute(FIGURES).fetchall()
    first = found[0] if found else dict.fromkeys(("severity", "rule", "line", "position", "value", "message"))
    told = (file, dataset, delivery["status"], delivery["observations"], delivery["rejections"], first["severity"],
            first["rule"], first["line"], first["position"], first["value"],
            (first["message"] or "").partition("”")[2].removeprefix("："), "、".join(f for (f,) in figures))  # fmt: skip
    return {name: "" if value is None else str(value) for name, value in zip(COLUMNS, told, strict=True)}


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


EXACT = [case for case in EXPECTED if case["status"] != "?"]
WAITING = [case for case in EXPECTED if case["status"] == "?"]


@pytest.mark.parametrize("expected", EXACT, ids=lambda case: case["file"])
def test_the_answer(expected: Answer) -> None:
    assert answer(expected["file"], expected["dataset"]) == expected


@pytest.mark.parametrize("expected", WAITING, ids=lambda case: case["file"])
def test_the_kind_of_answer(expected: Answer) -> None:
    [answered], kind = classified(expected)
    assert kind in {RIGHT, ACCEPTABLE}, f"{kind}: {answered}"


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
    actual = [answer(case["file"], case["dataset"]) for case in EXPECTED]
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

"""The same checks through Great Expectations, as plain SQL and in pandas find the same."""

from pathlib import Path

from flows import ingest
from flows.validate import deliveries
from tests.benchmarks.three_ways import WAYS
from tests.fixtures.contract import CASES
from tests.fixtures.deliveries import BASE, CATALOG, deliver, sent
from tests.fixtures.warehouses import warehouse


def test_three_ways_find_the_same(tmp_path: Path) -> None:
    from expectations import suites

    years = range(2021, 2021 + len(CASES))
    for case, year in zip(CASES, years, strict=True):
        deliver(tmp_path, year, [sent(case.dataset, BASE[case.dataset].replace(case.old, case.bad, 1))])
    con = warehouse()
    ingest.store(con, CATALOG, tmp_path, years)
    found = 0
    for name, dataset in CATALOG.datasets.items():
        for of, form in deliveries._forms(dataset, years):
            for frame in deliveries._frames(con, CATALOG, name, form, of):
                at = frame.assign(at=range(len(frame)))
                results = [way(at, suites.contract(CATALOG, form)) for way in WAYS.values()]
                assert results[0] == results[1] == results[2]
                found += len(results[0])
    assert found >= len(CASES)

"""The contract checks of all deliveries counted three ways in one run, and Great Expectations' share of a yearly run.

`python -m tests.benchmarks.checks`
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from expectations import suites
from expectations.catalog import load
from expectations.records import Catalog
from expectations.suites import Check
from flows import ingest, pipeline, warehouse
from flows.desk.trial import quietly
from flows.places import default_district, places
from flows.validate import deliveries
from tests.benchmarks.three_ways import WAYS, Found

YEAR = 2024
Job = tuple[pd.DataFrame, list[Check]]


def jobs(con: Any, catalog: Catalog) -> Iterator[Job]:
    query = (
        "select dataset, list(distinct year order by year) from meta_deliveries where status = 'accepted' group by 1"
    )
    used = dict(con.execute(query).fetchall())
    for name, dataset in catalog.datasets.items():
        for years, form in deliveries._forms(dataset, used.get(name, [])):
            for frame in deliveries._frames(con, catalog, name, form, years):
                yield frame.assign(at=range(len(frame))), suites.contract(catalog, form)


def tell(title: str, listed: list[Job]) -> None:
    """Each way's best of three, and whether all found the same."""
    found: dict[str, tuple[float, list[Found]]] = {}
    for name, way in WAYS.items():
        best, results = float("inf"), []
        for _ in range(3):
            start = time.perf_counter()
            results = [way(frame, checks) for frame, checks in listed]
            best = min(best, time.perf_counter() - start)
        found[name] = (best, results)
    checks, rows = sum(len(c) for _, c in listed), sum(len(f) for f, _ in listed)
    print(f"{title}: {len(listed)} frames, {rows} rows, {checks} checks")
    for name, (seconds, results) in found.items():
        same = "the same findings" if results == found["pandas"][1] else "OTHER FINDINGS"
        print(f"  {name}: {seconds / found['pandas'][0]:.1f} × pandas, {1000 * seconds / checks:.2f} ms a check, "
              f"{sum(map(len, results))} findings, {same}")  # fmt: skip


def saved(listed: list[Job]) -> None:
    """What the savings are worth: equal checks of all forms as one, BOOLEAN_ONLY first, one suite a form instead of one a
    delivery.
    """

    def seconds(run: Callable[[], object]) -> float:
        start = time.perf_counter()
        run()
        return time.perf_counter() - start

    complete = {"result_format": "COMPLETE", "unexpected_index_column_names": ["at"]}
    base = seconds(lambda: [suites.run(f, c, ["at"]) for f, c in listed])
    single = seconds(lambda: [suites.run(part, c, ["at"]) for f, c in listed for _, part in f.groupby("delivery")])
    whole = seconds(
        lambda: [suites._results(suites._frames().get_batch({"dataframe": f}), c, complete) for f, c in listed]
    )
    once = seconds(lambda: suites.run_all([suites.Job(f, c, ["at"]) for f, c in listed]))
    asked = len({suites._asks(check) for _, checks in listed for check in checks})
    print(
        f"one suite a delivery: {single / base:.1f} × one a form; COMPLETE at once, no check merged: {whole / base:.1f} ×; "
        f"all forms at once, {asked} expectations: {once / base:.2f} ×"
    )


def share(catalog: Catalog) -> None:
    """Great Expectations' part of the stages of a yearly run up to the verdicts."""
    inside, asked = 0.0, 0
    run = suites.run_all

    def timed(jobs: Sequence[suites.Job]) -> list[list[suites.Failure]]:
        nonlocal inside, asked
        start = time.perf_counter()
        try:
            return run(jobs)
        finally:
            inside += time.perf_counter() - start
            asked += sum(len(job.checks) for job in jobs)

    suites.run_all = timed
    start = time.perf_counter()
    with warehouse.memory() as con:
        pipeline.figures(con, catalog, places().raw, YEAR, quietly)
    whole = time.perf_counter() - start
    suites.run_all = run
    print(f"a yearly run up to the verdicts: {inside / whole:.0%} of it in Great Expectations, {asked} checks, "
          f"{1000 * inside / asked:.2f} ms each")  # fmt: skip


def main() -> None:
    catalog = load(default_district(), places().expectations)
    with warehouse.memory() as con:
        ingest.store(con, catalog, places().raw, pipeline.years(catalog, YEAR))
        listed = list(jobs(con, catalog))
    tell("all deliveries", listed)
    frame, checks = max(listed, key=lambda job: len(job[0]))
    large = pd.concat([frame] * (200_000 // len(frame)), ignore_index=True)
    tell("the largest form, made 200,000 rows", [(large.assign(at=range(len(large))), checks)])
    saved(listed)
    share(catalog)


if __name__ == "__main__":
    main()

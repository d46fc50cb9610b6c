"""What the policy of disclosure keeps back, and what other policies would: python -m tests.benchmarks.disclosure

宝坻区 (simulated), one edition with the years 2020 to 2024: rows of `out_suppressed`, and how many programs the solver was
given. The table stands in docs/disclosure.md. Minutes of processor time.
"""

from collections.abc import Mapping
from dataclasses import replace
from time import process_time
from typing import Any
from unittest.mock import patch

from expectations.catalog import load
from expectations.records import Catalog
from flows import disclose, pipeline, warehouse
from flows.disclose import intruder
from flows.places import PROJECT

YEAR = 2024


def main() -> None:
    catalog = load("120115")
    protection = catalog.policy.disclosure.model_copy(update={"protection": 5})
    variants: Mapping[str, Catalog] = {
        "the policy as it is": catalog,
        "`protection: 5`": replace(catalog, policy=catalog.policy.model_copy(update={"disclosure": protection})),
        "`complement` nowhere": _with_rests(catalog, False),
        "`complement` everywhere": _with_rests(catalog, True),
    }
    with warehouse.memory() as con:
        pipeline.figures(con, catalog, PROJECT / "raw", YEAR, lambda _, work, *args: work(*args))
        for name, changed in variants.items():
            began = process_time()
            with patch.object(intruder, "milp", wraps=intruder.milp) as solver:
                disclose.protect(con, changed)
            answer: Any = con.execute("select count(*) from out_suppressed").fetchone()
            seconds = process_time() - began
            print(f"| {name} | {answer[0]:,} | {solver.call_count:,} |   {seconds:.1f} s", flush=True)


def _with_rests(catalog: Catalog, complement: bool) -> Catalog:
    """The catalogue in which every indicator, or none, protects those outside its numerator."""
    marked = {key: i.model_copy(update={"complement": complement}) for key, i in catalog.indicators.items()}
    return replace(catalog, indicators=marked)


if __name__ == "__main__":
    main()

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
from flows import disclose, pipeline, warehouse
from flows.disclose import intruder
from flows.places import PROJECT

YEAR = 2024


def main() -> None:
    catalog = load("120115")
    variants: Mapping[str, dict[str, object]] = {
        "the policy as it is": {},
        "`protection: 5`": {"protection": 5},
        "`complement` empty": {"complement": ()},
        "`complement` everywhere": {"complement": tuple(catalog.indicators)},
    }
    with warehouse.memory() as con:
        pipeline.figures(con, catalog, PROJECT / "raw", YEAR, lambda _, work, *args: work(*args))
        for name, changed in variants.items():
            policy = catalog.policy.model_copy(
                update={"disclosure": catalog.policy.disclosure.model_copy(update=changed)}
            )
            began = process_time()
            with patch.object(intruder, "milp", wraps=intruder.milp) as solver:
                disclose.protect(con, replace(catalog, policy=policy))
            answer: Any = con.execute("select count(*) from out_suppressed").fetchone()
            seconds = process_time() - began
            print(f"| {name} | {answer[0]:,} | {solver.call_count:,} |   {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()

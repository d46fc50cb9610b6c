"""What the policy of disclosure keeps back, and what other policies would: python -m tests.benchmarks.disclosure

宝坻区 (simulated), one edition with the years 2020 to 2024: rows of `out_suppressed`, and how many programs the solver was
given. With `--areas 24 48 96 240 2400` instead: how the work grows with the number of areas, each of the 24 towns so many times over,
with the same counts, or, `--drawn`, each form of a copy with the counts of a town that is drawn for it. The tables stand in
docs/disclosure.md. A line is printed as soon as it is known, so that `timeout` can end it. Minutes of processor time.
"""

import argparse
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import process_time
from typing import Any
from unittest.mock import patch

from scipy.optimize import milp

from expectations.catalog import load
from expectations.records import Catalog
from flows import assess, compute, disclose, pipeline, warehouse
from flows.desk import trial
from flows.disclose import intruder
from flows.places import PROJECT

YEAR = 2024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--areas", type=int, nargs="+", help="multiples of 24")
    parser.add_argument("--drawn", action="store_true", help="copies are no twins")
    given = parser.parse_args()
    if given.areas:
        growth(given.areas, given.drawn)
    else:
        policies()


def policies() -> None:
    catalog = load("120115")
    protection = catalog.policy.disclosure.model_copy(update={"protection": 5})
    variants: Mapping[str, Catalog] = {
        "the policy as it is": catalog,
        "`protection: 5`": replace(catalog, policy=catalog.policy.model_copy(update={"disclosure": protection})),
        "`complement` nowhere": _with_rests(catalog, False),
        "`complement` everywhere": _with_rests(catalog, True),
    }
    with warehouse.memory() as con:
        pipeline.figures(con, catalog, PROJECT / "raw", YEAR, trial.quietly)
        for name, changed in variants.items():
            kept_back, programs, seconds = protect(con, changed)
            print(f"| {name} | {kept_back:,} | {programs:,} |   {seconds:.1f} s", flush=True)


def growth(areas: Sequence[int], drawn: bool) -> None:
    """One line a number of areas, the last column beside the first line: seconds for each area."""
    catalog = load("120115")
    towns = [area.code for area in catalog.district.areas]
    first = 0.0
    for number in areas:
        larger, copies = enlarged(catalog, number // len(towns))
        chance = random.Random(0)
        like = [(form, chance.choice(towns) if drawn else area, c) for area, c in copies for form in catalog.forms]
        with warehouse.memory() as con:
            pipeline.checked(con, catalog, PROJECT / "raw", YEAR, trial.quietly)
            con.execute("delete from out_indicators; delete from out_above")
            con.execute("create temp table copies (form varchar, area varchar, copy varchar)")
            con.execute("create temp table forms (form varchar, measure varchar)")
            warehouse.append(con, "copies", like)
            warehouse.append(con, "forms", [(form, m) for form, d in catalog.forms.items() for m in d.measures])
            con.execute(
                "insert into core_observations select o.* replace (c.copy as area) "
                "from core_observations o join forms using (measure) join copies c using (form, area)"
            )
            compute.indicators(con, larger)
            assess.targets(con, larger, YEAR)
            kept_back, programs, seconds = protect(con, larger)
            answer: Any = con.execute("select count(*) from out_indicators").fetchone()
        first = first or seconds / number
        print(
            f"| {number:,} | {answer[0]:,} | {kept_back:,} | {programs:,} | {seconds / number / first:.2f} |   {seconds:.1f} s",
            flush=True,
        )


def enlarged(catalog: Catalog, times: int) -> tuple[Catalog, list[tuple[str, str]]]:
    """The catalogue with each area so many times, and each area with the code of each copy of it."""
    areas = catalog.district.areas
    copies = [(area.code, f"{area.code}{number:03d}") for area in areas for number in range(1, times)]
    more = [
        area.model_copy(update={"code": code, "name": f"{area.name}{code[-3:]}"})
        for area in areas
        for home, code in copies
        if home == area.code
    ]
    district = catalog.district.model_copy(update={"areas": (*areas, *more)})
    return replace(catalog, district=district), copies


def protect(con: Any, catalog: Catalog) -> tuple[int, int, float]:
    """Rows kept back, programs solved, seconds of processor time."""
    began = process_time()
    with patch.object(intruder, "milp", wraps=milp) as solver:
        disclose.protect(con, catalog)
    seconds = process_time() - began
    answer: Any = con.execute("select count(*) from out_suppressed").fetchone()
    return answer[0], solver.call_count, seconds


def _with_rests(catalog: Catalog, complement: bool) -> Catalog:
    """The catalogue in which every indicator, or none, protects those outside its numerator."""
    marked = {key: i.model_copy(update={"complement": complement}) for key, i in catalog.indicators.items()}
    return replace(catalog, indicators=marked)


if __name__ == "__main__":
    main()

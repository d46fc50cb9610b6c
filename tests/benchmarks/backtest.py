"""How often each method was right: python -m tests.benchmarks.backtest [--choose]

A plan of five years is laid over every stretch of real published series (series/choice.csv, series/test.csv): a base year,
a number to reach five years later, judged in each year between from what was known then. Whether it was reached is known.
Constants of the project's own model are chosen on `choice` (`--choose`); the table printed is of `test`, which the choice
never saw. Symbols are turned into probabilities by how often they came true in `choice`.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import yaml

from flows.outlook import Aim
from flows.outlook.destatis import weather
from flows.outlook.own import BELIEF, YEARS_NEEDED, Belief, Counts, chance
from flows.outlook.statcan import progress
from flows.places import PROJECT

SERIES = Path(__file__).parent / "series"
RECORD = PROJECT / "flows" / "outlook" / "record.yml"
SEED = 20260101
PERIOD = 5
CUTS = tuple(Fraction(n, 100) for n in (0, 5, 10, 20, 30))
"""What a plan asks for: so much less than the base value, or so much of the way to the limit."""
BEFORE = (0, 5)
"""Years known before the base year: none, as in a new monitoring system, or five."""
PLANS = 400
"""Drawn for each source."""


@dataclass(frozen=True)
class Series:
    source: str
    name: str
    values: dict[int, Fraction]
    counts: dict[int, Counts]
    per: Fraction | None
    bound: Fraction | None
    direction: int


@dataclass(frozen=True)
class Plan:
    """One number to reach, in one series."""

    series: Series
    aim: Aim
    first: int
    """First year that is known."""

    @property
    def met(self) -> bool:
        assert self.aim.target_year is not None
        return self.aim.met(self.series.values[self.aim.target_year])

    def known(self, year: int) -> dict[int, Fraction]:
        return {y: v for y, v in self.series.values.items() if self.first <= y <= year}

    def years(self) -> Iterator[int]:
        """The years in which a report could have warned."""
        assert self.aim.base_year is not None
        for year in range(self.aim.base_year + 1, self.aim.base_year + PERIOD):
            if year in self.series.values and len(self.known(year)) >= YEARS_NEEDED:
                yield year


def read(path: Path) -> list[Series]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["series"]].append(row)
    return [_series(name, rows) for name, rows in found.items()]


def _series(name: str, rows: list[dict[str, str]]) -> Series:
    head = rows[0]
    counts = {int(r["year"]): Counts(Fraction(r["events"]), Fraction(r["exposure"])) for r in rows if r["events"]}
    per = Fraction(head["per"]) if head["per"] else None
    values = {
        int(r["year"]): counts[int(r["year"])].events * per / counts[int(r["year"])].exposure if per else Fraction(r["value"])
        for r in rows
    }  # fmt: skip
    bound = Fraction(head["bound"]) if head["bound"] else None
    return Series(head["source"], name, values, counts, per, bound, 1 if head["better"] == "higher" else -1)


def plans(series: Iterable[Series], most: int = PLANS) -> list[Plan]:
    """Every plan that could have been, and of each source as many as asked for, drawn with a fixed seed."""
    by_source: dict[str, list[Plan]] = defaultdict(list)
    for one in series:
        for base in one.values:
            end = base + PERIOD
            if end not in one.values:
                continue
            for before in BEFORE:
                if before and base - before not in one.values:
                    continue
                for cut in CUTS:
                    aim = Aim(one.direction, _target(one, base, cut), base_year=base, target_year=end, bound=one.bound)
                    by_source[one.source].append(Plan(one, aim, base - before))
    draw = random.Random(SEED)
    return [plan for _, some in sorted(by_source.items()) for plan in draw.sample(some, min(most, len(some)))]


def _target(series: Series, base: int, cut: Fraction) -> Fraction:
    """Rounded to a tenth, as plans are written."""
    value = series.values[base]
    if series.direction < 0:
        exact = value * (1 - cut)
    else:
        exact = value + cut * ((series.bound or value * Fraction(3, 2)) - value)
    return Fraction(round(exact * 10), 10)


METHODS: dict[str, Callable[[Plan, int], str]] = {
    "Destatis": lambda plan, year: weather(plan.known(year), plan.aim, year).symbol,
    "StatCan": lambda plan, year: progress(plan.known(year), plan.aim, year).verdict,
    "last value stays": lambda plan, year: "met" if plan.aim.met(plan.series.values[year]) else "not_met",
}
QUIET = {"sun", "slightly_cloudy", "target_achieved", "substantial_progress", "met"}
"""What is no warning."""


def own(plan: Plan, year: int, belief: Belief) -> float:
    """The model's probability."""
    counts = plan.series.counts if plan.series.per else None
    found = chance(plan.known(year), plan.aim, year, counts, plan.series.per, belief)
    return 0.5 if found.probability is None else found.probability


def brier(pairs: Iterable[tuple[float, bool]]) -> float:
    errors = [(p - met) ** 2 for p, met in pairs]
    return sum(errors) / len(errors)


def by_source(rows: Iterable[tuple[str, float, bool]]) -> float:
    """Mean over sources, so that none counts for more because it is longer."""
    found: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for source, p, met in rows:
        found[source].append((p, met))
    return sum(brier(pairs) for pairs in found.values()) / len(found)


GRID = {
    "wander": (0.06, 0.1, 0.15, 0.25),
    "wander_spread": (0.8, 1.2, 1.6, 2.2),
    "trend": (0.3, 0.5, 0.8, 1.2, 2.0),
    "damping": (0.7, 0.8, 0.9, 1.0),
    "reach": (6, 10),
    "improvement": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5),
    "margin": (0.002, 0.005, 0.01, 0.02),
}


def choose() -> Belief:
    """One constant after the other, twice round, whatever lowers the Brier score on `choice`."""
    cases = [(p, y) for p in plans(read(SERIES / "choice.csv"), 100) for y in p.years()]

    def score(belief: Belief) -> float:
        return by_source((p.series.source, own(p, y, belief), p.met) for p, y in cases)

    best, least = BELIEF, score(BELIEF)
    print(f"{len(cases)} judgements, Brier score {least:.4f} with {best}")
    for name, values in [*GRID.items(), *GRID.items()]:
        for value in values:
            belief = replace(best, **{name: value})
            if belief != best and (found := score(belief)) < least - 1e-5:
                best, least = belief, found
        print(f"{name:14} {getattr(best, name)!s:6} Brier score {least:.4f}", flush=True)
    return best


def frequencies(name: str) -> dict[str, float]:
    """How often each symbol came true in `choice`."""
    seen: dict[str, list[bool]] = defaultdict(list)
    for plan in plans(read(SERIES / "choice.csv")):
        for year in plan.years():
            seen[METHODS[name](plan, year)].append(plan.met)
    return {symbol: sum(met) / len(met) for symbol, met in seen.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--choose", action="store_true", help="search the constants on choice.csv and print them")
    parser.add_argument(
        "--write", action="store_true", help=f"keep the table in {RECORD.name}, which the report prints"
    )
    given = parser.parse_args()
    if given.choose:
        print(choose())
        return
    drawn = plans(read(SERIES / "test.csv"))
    cases = [(p, y) for p in drawn for y in p.years()]
    sources = sorted({p.series.source for p in drawn})
    print(f"seed {SEED}; {len({p.series.name for p in drawn})} series of {len(sources)} sources; {len(drawn)} plans of "
          f"{PERIOD} years, {sum(p.met for p in drawn) / len(drawn):.0%} of them met; {len(cases)} judgements\n")  # fmt: skip
    opinions: dict[str, list[tuple[float, bool]]] = {}
    """Method → probability and whether it warns, case by case."""
    for name, method in METHODS.items():
        often = frequencies(name)
        symbols = [method(p, y) for p, y in cases]
        opinions[name] = [(often.get(s, 0.5), s not in QUIET) for s in symbols]
    ours = [own(p, y, BELIEF) for p, y in cases]
    opinions = {"own model": [(p, p < 0.5) for p in ours], **opinions}
    print("method            Brier   log score   hits   false alarms   years ahead")
    record: list[dict[str, object]] = []
    for name, said in opinions.items():
        rows = list(zip(cases, said, strict=True))
        score = by_source((p.series.source, probability, p.met) for (p, _), (probability, _) in rows)
        logs = [-math.log(min(max(q if p.met else 1 - q, 1e-3), 1)) for (p, _), (q, _) in rows]
        warned = [(p, w) for (p, _), (_, w) in rows]
        missed = sum(not p.met for p, _ in warned)
        hits = sum(w and not p.met for p, w in warned) / missed
        alarms = [p.met for p, w in warned if w]
        record.append({"method": name, "brier": round(score, 4), "hits": round(hits, 3), "false_alarms":
                       round(sum(alarms) / len(alarms), 3), "lead": round(_ahead(rows), 2)})  # fmt: skip
        print(f"{name:17} {score:.4f}  {sum(logs) / len(logs):.4f}      {hits:.0%}    {sum(alarms) / len(alarms):.0%}"
              f"            {_ahead(rows):.2f}")  # fmt: skip
    print("\nBrier score by source")
    print(f"{'':24}" + "".join(f"{name:>18}" for name in opinions))
    for source in sources:
        here = [n for n, (p, _) in enumerate(cases) if p.series.source == source]
        scores = [brier((said[n][0], cases[n][0].met) for n in here) for said in opinions.values()]
        print(f"{source:24}" + "".join(f"{s:18.4f}" for s in scores))
    print("\ncalibration of the own model\nprobability    judgements   mean said   came true")
    for low in range(0, 100, 10):
        inside = [
            (q, p.met)
            for q, (p, _) in zip(ours, cases, strict=True)
            if low <= q * 100 < low + 10 or (low == 90 and q == 1)
        ]
        if inside:
            said, true = (sum(part) / len(inside) for part in zip(*inside, strict=True))
            print(f"{low:3}—{low + 10:3}%      {len(inside):8}     {said:8.1%}    {true:8.1%}")
    if given.write:
        head = {"belief": vars(BELIEF), "seed": SEED, "series": len({p.series.name for p in drawn}), "sources": len(sources),
                "plans": len(drawn), "judgements": len(cases), "methods": record}  # fmt: skip
        RECORD.write_text(
            f"# Written by python -m tests.benchmarks.backtest --write\n{yaml.safe_dump(head, sort_keys=False)}"
        )


def _ahead(rows: Iterable[tuple[tuple[Plan, int], tuple[float, bool]]]) -> float:
    """Mean years before the end since when a plan that was missed had been warned of without a break; 0 where never."""
    told: dict[int, list[tuple[int, bool, Plan]]] = defaultdict(list)
    for (plan, year), (_, warns) in rows:
        if not plan.met:
            told[id(plan)].append((year, warns, plan))
    leads = []
    for years in told.values():
        lead = 0
        for year, warns, plan in sorted(years, key=lambda y: -y[0]):
            if not warns:
                break
            lead = (plan.aim.target_year or year) - year
        leads.append(lead)
    return sum(leads) / len(leads)


if __name__ == "__main__":
    main()

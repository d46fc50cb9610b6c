"""How often each method was right: python -m tests.benchmarks.backtest [--choose] [--official FOLDER]

A plan of five years is laid over every stretch of real published series: a base year, a number to reach five years
later, judged in each year between from what was known then. Whether it was reached is known. Constants of the project's
own model were chosen on series/choice.csv (`--choose`), with the official series of half of the offices where FOLDER
has them (series/official.py); the tables printed are of series/fresh.csv and of the official series of the other
offices, which no choice has seen. Symbols are turned into probabilities by how often they came true in what was chosen
on.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import yaml
from scipy.optimize import minimize

from flows.outlook import Aim, RateCounts
from flows.outlook.destatis import weather
from flows.outlook.own import (
    BELIEF,
    COMPLETION,
    RESOLUTION,
    YEARS_NEEDED,
    Array,
    Belief,
    Completion,
    chance,
)
from flows.outlook.statcan import progress
from flows.places import PROJECT
from tests.benchmarks.theta import theta

SERIES = Path(__file__).parent / "series"
RECORD = PROJECT / "flows" / "outlook" / "record.yml"
SEED = 20260101
PERIOD = 5
CUTS = tuple(Fraction(n, 100) for n in (0, 5, 10, 20, 30))
"""What a plan asks for: so much less than the base value, or so much of the way to the limit."""
ROUND = tuple(Fraction(n) for n in (90, 95, 98, 99, 100))
"""What it asks for where the base value is 80 % and more: whole numbers above it, and everybody."""
BEFORE = (0, 2)
"""Years known before the base year: none, as in a new monitoring system, or two."""
PLANS = 100
"""Drawn for each source."""
CAPPED = "who_"
"""Estimates of WHO and UNICEF stop at 99 %: their sources are no judge of a target of 100 %."""


@dataclass(frozen=True)
class Series:
    source: str
    name: str
    values: dict[int, Fraction]
    counts: dict[int, RateCounts]
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
    counts = {int(r["year"]): RateCounts(Fraction(r["events"]), Fraction(r["exposure"])) for r in rows if r["events"]}
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
                for target in _targets(one, base):
                    aim = Aim(one.direction, target, base_year=base, target_year=end, bound=one.bound)
                    by_source[one.source].append(Plan(one, aim, base - before))
    draw = random.Random(SEED)
    return [plan for _, some in sorted(by_source.items()) for plan in draw.sample(some, min(most, len(some)))]


def _targets(series: Series, base: int) -> list[Fraction]:
    """Rounded to a tenth, as plans are written."""
    value = series.values[base]
    if series.direction < 0:
        exact = [value * (1 - cut) for cut in CUTS]
    elif series.bound is not None and value >= 80:
        above = [goal for goal in ROUND if goal >= value - 2]
        return sorted({*above[:3], series.bound} - ({series.bound} if series.source.startswith(CAPPED) else set()))
    else:
        exact = [value + cut * ((series.bound or value * Fraction(3, 2)) - value) for cut in CUTS]
    return sorted({Fraction(round(x * 10), 10) for x in exact})


Case = tuple[Plan, int]
"""One judgement: a plan, and the year in which it is made."""


def judgements(series: Iterable[Series], most: int = PLANS) -> list[Case]:
    return [(plan, year) for plan in plans(series, most) for year in plan.years()]


def to_the_end(case: Case) -> bool:
    """Whether everybody is to be reached: 100 %."""
    aim = case[0].aim
    return aim.bound is not None and aim.target == aim.bound


SYMBOLS: dict[str, Callable[[Plan, int], str]] = {
    "Destatis": lambda plan, year: weather(plan.known(year), plan.aim, year).symbol,
    "StatCan": lambda plan, year: progress(plan.known(year), plan.aim, year).verdict,
    "last value stays": lambda plan, year: "met" if plan.aim.met(plan.series.values[year]) else "not_met",
}
QUIET = {"sun", "slightly_cloudy", "target_achieved", "substantial_progress", "met"}
"""What is no warning."""


def own(plan: Plan, year: int, belief: Belief = BELIEF) -> float:
    """The model's probability."""
    counts = plan.series.counts if plan.series.per else None
    found = chance(plan.known(year), plan.aim, year, counts, plan.series.per, belief)
    return 0.5 if found.probability is None else found.probability


def tempered(probability: float, power: float) -> float:
    """Nearer to even odds, by a factor on the logit."""
    p = min(max(probability, 1e-6), 1 - 1e-6)
    return float(1 / (1 + (1 / p - 1) ** power))


Rows = Sequence[tuple[str, float, bool]]
"""Source, probability said, whether it was met."""


def brier(pairs: Iterable[tuple[float, bool]]) -> float:
    errors = [(p - met) ** 2 for p, met in pairs]
    return sum(errors) / len(errors)


def by_source(rows: Rows, score: Callable[[float, bool], float] = lambda p, met: (p - met) ** 2) -> float:
    """Mean over sources, so that none counts for more because it is longer."""
    found: dict[str, list[float]] = defaultdict(list)
    for source, p, met in rows:
        found[source].append(score(p, met))
    return sum(sum(errors) / len(errors) for errors in found.values()) / len(found)


def surprise(p: float, met: bool) -> float:
    """The log score of one judgement."""
    return -math.log(min(max(p if met else 1 - p, 1e-3), 1.0))


# --- choosing --------------------------------------------------------------------------------------------------------

GRID: dict[str, tuple[float, ...]] = {
    "surprise": (0.0, 0.02, 0.04, 0.06),
    "wander": (0.15, 0.25, 0.4),
    "wander_spread": (0.8, 1.2, 1.6),
    "trend": (0.5, 0.8, 1.2, 2.0),
    "damping": (0.8, 0.9, 1.0),
    "reach": (6, 10),
    "improvement": (0.1, 0.15, 0.2, 0.3),
    "margin": (0.002, 0.005, 0.01),
}


def choose(series: list[Series]) -> Belief:
    """One constant after the other, whatever lowers the log score, which a tail that is too sure pays dearly for."""
    cases = [case for case in judgements(series, 50) if not to_the_end(case)]

    def score(belief: Belief) -> float:
        return by_source([(p.series.source, own(p, y, belief), p.met) for p, y in cases], surprise)

    best, least = BELIEF, score(BELIEF)
    print(f"{len(cases)} judgements, log score {least:.4f} with {best}", flush=True)
    for name, values in GRID.items():
        for value in values:
            belief = replace(best, **{name: int(value) if name == "reach" else value})  # type: ignore[arg-type]
            if belief != best and (found := score(belief)) < least - 2e-4:
                best, least = belief, found
        print(f"{name:14} {getattr(best, name)!s:6} log score {least:.4f}", flush=True)
    return best


def complete(series: list[Series]) -> Completion:
    """The constants of standing on the end, by maximum likelihood."""
    rows = []
    for one in series:
        if one.bound != 100 or one.source.startswith(CAPPED):
            continue
        for base, before, ahead in itertools.product(one.values, BEFORE, range(1, PERIOD)):
            now, end = base + PERIOD - ahead, base + PERIOD
            known = {y: v for y, v in one.values.items() if base - before <= y <= now}
            enough = now in known and end in one.values and len(known) >= YEARS_NEEDED
            if enough and known[now] >= 90 and (not before or base - before in one.values):
                earlier = [known[y] >= 100 for y in known if y < now]
                rows.append((one.source, one.name, math.log(float(100 - known[now]) + RESOLUTION),
                             sum(earlier) / len(earlier), one.values[end] >= 100))  # fmt: skip
    held = Counter(source for source, _ in {row[:2] for row in rows})
    rows = [row for row in rows if held[row[0]] >= 10]
    facts = np.array([(1.0, gap, kept) for _, _, gap, kept, _ in rows])
    sides = np.array([1.0 if met else -1.0 for *_, met in rows])

    def unlikely(c: Array) -> float:
        return float(np.logaddexp(0, -sides * (facts @ c)).sum())

    found = minimize(unlikely, np.zeros(3))
    print(f"{len(rows)} judgements at 90 % and above, of {len({row[1] for row in rows})} series")
    return Completion(*(round(float(c), 2) for c in found.x))


def frequencies(name: str, cases: Sequence[Case]) -> dict[str, float]:
    """How often each symbol came true."""
    seen: dict[str, list[bool]] = defaultdict(list)
    for plan, year in cases:
        seen[SYMBOLS[name](plan, year)].append(plan.met)
    return {symbol: sum(met) / len(met) for symbol, met in seen.items()}


# --- judging ---------------------------------------------------------------------------------------------------------


def opinions(cases: Sequence[Case], chosen: Sequence[Case]) -> dict[str, list[tuple[float, bool]]]:
    """Method → probability and whether it warns, case by case."""
    ours = [own(p, y) for p, y in cases]
    thetas = [theta(p.known(y), p.aim, y) for p, y in cases]
    means = [(a + b) / 2 for a, b in zip(ours, thetas, strict=True)]
    said = {
        "own model": ours,
        "own, tempered": [tempered(p, 0.85) for p in ours],
        "Theta": thetas,
        "mean of both": means,
    }
    found = {name: [(p, p < 0.5) for p in some] for name, some in said.items()}
    for name, method in SYMBOLS.items():
        often = frequencies(name, chosen)
        found[name] = [(often.get(s, 0.5), s not in QUIET) for s in (method(p, y) for p, y in cases)]
    return found


def table(cases: Sequence[Case], said: Mapping[str, Sequence[tuple[float, bool]]]) -> list[dict[str, object]]:
    """Prints the scores and returns them."""
    record: list[dict[str, object]] = []
    ends = [to_the_end(case) for case in cases]
    print("method              Brier   log score   Brier at 100 %   hits   false alarms   years ahead")
    for name, opinion in said.items():
        rows = [(p.series.source, q, p.met) for (p, _), (q, _) in zip(cases, opinion, strict=True)]
        score, logs = by_source(rows), by_source(rows, surprise)
        last = [row for row, end in zip(rows, ends, strict=True) if end]
        whole = by_source(last) if last else None
        warned = [(p, w) for (p, _), (_, w) in zip(cases, opinion, strict=True)]
        hits = sum(w and not p.met for p, w in warned) / sum(not p.met for p, _ in warned)
        alarms = [p.met for p, w in warned if w]
        lead = _ahead(list(zip(cases, opinion, strict=True)))
        false = sum(alarms) / len(alarms)
        record.append({"method": name, "brier": round(score, 4), "log": round(logs, 4),
                       "brier_end": None if whole is None else round(whole, 4), "hits": round(hits, 3),
                       "false_alarms": round(false, 3), "lead": round(lead, 2)})  # fmt: skip
        shown = "     —" if whole is None else f"{whole:6.4f}"
        print(
            f"{name:17} {score:7.4f}   {logs:7.4f}     {shown}           {hits:.0%}    {false:.0%}            {lead:.2f}"
        )
    return record


def reliability(cases: Sequence[Case], said: Sequence[float], edges: Sequence[float]) -> list[dict[str, float]]:
    """Prints what was said against what came true, between the edges, and returns it."""
    rows: list[dict[str, float]] = []
    for low, high in itertools.pairwise(edges):
        inside = [(q, p.met) for q, (p, _) in zip(said, cases, strict=True) if low <= q < high or q == high == 1]
        if inside:
            mean, true = (sum(part) / len(inside) for part in zip(*inside, strict=True))
            rows.append(
                {"from": low, "to": high, "judgements": len(inside), "said": round(mean, 3), "true": round(true, 3)}
            )
            print(f"{low:4.0%}—{high:4.0%}   {len(inside):6}   said {mean:6.1%}   true {true:6.1%}")
    return rows


EDGES = (0.0, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1.0)


def judge(title: str, series: list[Series], chosen: Sequence[Case]) -> dict[str, object]:
    """One set that no choice has seen: the table, the reliability, and how often a year's value lay in its range."""
    cases = judgements(series)
    drawn = {id(p): p for p, _ in cases}.values()
    sources = {p.series.source for p in drawn}
    names = {p.series.name for p in drawn}
    print(f"\n== {title}: {len(names)} series of {len(sources)} sources; {len(drawn)} plans of {PERIOD} years, "
          f"{sum(p.met for p in drawn) / len(drawn):.0%} of them met; {len(cases)} judgements")  # fmt: skip
    said = opinions(cases, chosen)
    record = table(cases, said)
    ours = [q for q, _ in said["own model"]]
    at_end = [to_the_end(case) for case in cases]
    told = {}
    for words, wanted in (("short of 100 %", False), ("to 100 %", True)):
        some = [n for n, end in enumerate(at_end) if end is wanted]
        if some:
            print(f"own model, targets {words}")
            told[words] = reliability([cases[n] for n in some], [ours[n] for n in some], EDGES)
    inside = [low <= float(p.series.values[p.aim.target_year or 0]) <= high for p, y in cases
              for low, high in [_range(p, y)] if low is not None and high is not None]  # fmt: skip
    print(f"the middle 80 % held the year's value in {sum(inside) / len(inside):.0%}")
    return {"series": len(names), "sources": len(sources), "plans": len(drawn), "judgements": len(cases),
    "methods": record,
            "reliability": told}  # fmt: skip


def _range(plan: Plan, year: int) -> tuple[float | None, float | None]:
    counts = plan.series.counts if plan.series.per else None
    found = chance(plan.known(year), plan.aim, year, counts, plan.series.per)
    return found.low, found.high


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--choose", action="store_true", help="search the constants and print them")
    parser.add_argument("--official", type=Path, metavar="FOLDER", help="where series/official.py has written to")
    parser.add_argument(
        "--write", action="store_true", help=f"keep the tables in {RECORD.name}, which the report prints"
    )
    given = parser.parse_args()
    seen, unseen = read(SERIES / "choice.csv"), {"fresh": read(SERIES / "fresh.csv")}
    if given.official:
        seen += read(given.official / "official_choice.csv")
        unseen["official"] = read(given.official / "official_test.csv")
    if given.choose:
        print(complete(seen))
        print(choose(seen))
        return
    chosen = judgements(seen)
    print(f"seed {SEED}")
    sets = {title: judge(title, series, chosen) for title, series in unseen.items()}
    if given.write:
        head = {"belief": vars(BELIEF), "completion": COMPLETION._asdict(), "seed": SEED, "sets": sets}
        RECORD.write_text(
            f"# Written by python -m tests.benchmarks.backtest --official FOLDER --write\n"
            f"{yaml.safe_dump(head, sort_keys=False, allow_unicode=True)}"
        )


def _ahead(rows: Iterable[tuple[Case, tuple[float, bool]]]) -> float:
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

"""Read a home anew and hold its editions against it: python -m tests.second_reader --home HOME
--district D --year Y.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.second_reader import catalogue, compare, contradictions, deliveries, judge, recompute

WORDING = Path(__file__).parent / "wording.csv"
LOOKED_BACK = 5
"""Years before the baseline that the printed method goes by, where an earlier plan asked for them."""
SHIPPED = Path(__file__).parents[2] / "expectations"


def read(home: Path, district: str, last: int, words: Path = WORDING) -> tuple[compare.Mine, list[str]]:
    """Everything worked out anew from a home's raw files up to a data year, and what this reader has to leave."""
    expectations = home / "expectations" if (home / "expectations").is_dir() else SHIPPED
    known = catalogue.read(expectations, district, SHIPPED)
    base = min(int(p["baseline"]) for p in known.plans.values() if int(p["start"]) <= last <= int(p["end"]))
    first = max(base - LOOKED_BACK, min(int(p["baseline"]) for p in known.plans.values()))
    years = {y: r for y in range(first, last + 1) if (r := deliveries.read(known, home / "raw", y)) is not None}
    if (
        "compiled_from" not in known.district
    ):  # of a year without a register nothing came: an edition says so from the baseline on
        years = {y: deliveries.Read() for y in range(base, last + 1)} | years
    figures = recompute.indicators(known, years)
    demands = judge.wording(words)
    demands = [d for d in demands if d.plan in known.plans]
    stated = {(i, y): c for y, r in years.items() for i, c in r.stated.items()}
    whole = {(i, y): figures[i, y, known.code, "", "total", ""] for i, y in stated}
    printed = {place: c for place, c in stated.items() if whole[place].numerator is None}  # of the figure that is used
    found = judge.promises(known, demands, figures, printed)
    left = [line for r in years.values() for line in r.left]
    left += [
        f"目录中没有唯一的目标与规划用语相符：{d.clause} {d.indicator} {d.demand} {d.value}"
        for d, p in found
        if p is None
    ]
    above = {(i, y, area): told for y, r in years.items() for (i, area), told in r.above.items()}
    promises = [p for _, p in found if p is not None]
    return compare.Mine(known, figures, promises, entered(known, home / "raw"), above), left


def entered(known: catalogue.Catalogue, raw: Path) -> frozenset[tuple[str, int]]:
    """Indicator and year of every figure that was put into a compilation; nothing where departments deliver."""
    years = (int(p.name) for p in (raw / known.code).glob("[0-9]*")) if known.district.get("compiled_from") else ()
    reads = ((year, deliveries.read(known, raw, year)) for year in years)
    return frozenset((name, year) for year, read in reads if read for name, _ in read.ready)


def editions(home: Path, district: str, year: int) -> Iterator[tuple[str, Path, bool]]:
    """Name, folder and whether it is public, of every edition of a year."""
    for kind in ("annual", "final"):
        folder = home / "output" / district / str(year) / kind
        for part, public in ((folder, False), (folder / "public", True)):
            if (part / "report.json").is_file():
                yield f"{kind}{'/public' if public else ''}", part, public


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.second_reader", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--district", required=True)
    parser.add_argument("--year", type=int, required=True)
    parser.add_argument(
        "--wording", type=Path, default=WORDING, help="what the plans demand, where they are other plans"
    )
    asked = parser.parse_args()
    mine, left = read(asked.home, asked.district, asked.year, asked.wording)
    print(f"复算 {len(mine.figures)} 个数值，{len(mine.promises)} 项目标")
    for line in left:
        print(f"未复算：{line}")
    wrong = len(left)
    for name, folder, public in editions(asked.home, asked.district, asked.year):
        found = compare.edition(mine, folder, public)
        counts, against = contradictions.edition(folder)
        against += [] if public else contradictions.audiences(folder)
        print(f"— {name}：复算比较 {sum(found.counts.values())} 处，不符 {len(found.differences)} 处；")
        print(f"  前后对照 {sum(counts.values())} 处，矛盾 {len(against)} 处")
        for kind, number in sorted((found.counts + counts).items()):
            print(f"  {kind}　{number}")
        for line in (*found.differences, *against):
            print(f"  {line}")
        wrong += len(found.differences) + len(against)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

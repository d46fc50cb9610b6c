"""How much of plans `./monitor adopt` reads: recall and precision by kind, against keys made by hand.

    python -m tests.benchmarks.adopt                    the extracts in tests/fixtures/adopt
    python -m tests.benchmarks.adopt --whole plan.txt   宝坻's own document, against the shipped catalogue

`-v` names each target that was not found and each draft that the key has not.
"""

import argparse
from collections import Counter
from pathlib import Path

from expectations.catalog import load
from tests.fixtures.adopting import TEXTS, counted, key_in, key_of, read

KINDS = ("numbers", "directions")


def rate(part: int, whole: int) -> str:
    return f"{part}/{whole}" + (f" {100 * part / whole:.0f}%" if whole else "")


def row(name: str, n: Counter[str]) -> str:
    cells = [f"{name:<14} goals {rate(n['goals found'], n['goals'])}"]
    for kind in KINDS:
        found = n[f"{kind} found"]
        cells.append(
            f"{kind}: recall {rate(found, n[kind])}, precision {rate(found, n[f'{kind} drafted'])}, "
            f"first {rate(n[f'{kind} first'], n[f'{kind} named'])}, three {rate(n[f'{kind} three'], n[f'{kind} named'])}"
        )
    return " | ".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", type=Path)
    parser.add_argument("-v", action="store_true")
    given = parser.parse_args()
    if given.whole:
        pairs = [("whole", key_in(load("120115").plans), read(given.whole))]
    else:
        pairs = [(path.stem, key_of(path), read(path.with_suffix(".txt"))) for path in sorted(TEXTS.glob("*.csv"))]
    total: Counter[str] = Counter()
    for name, key, found in pairs:
        counts = counted(key, found)
        total += counts
        print(row(name, counts))
        if given.v:
            tell(key, found)
    print(row("all", total))


def tell(key, found) -> None:  # type: ignore[no-untyped-def]
    for clause in sorted({e.clause for e in key} | found.keys()):
        wanted = sorted((e.rule, str(e.value), e.indicator) for e in key if e.clause == clause and e.kind != "evidence")
        drafts = sorted((d.rule, str(d.value), d.key) for d in found.get(clause, ()))
        if wanted != drafts:
            print(
                "  ",
                *clause,
                "\n      key",
                *(w for w in wanted if w not in drafts),
                "\n      read",
                *(d for d in drafts if d not in wanted),
            )


if __name__ == "__main__":
    main()

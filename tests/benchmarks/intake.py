"""What becomes of a list of files that people really send, case by case and in classes.

`python -m tests.benchmarks.intake --cases FILE --files FOLDER --home HOME` (`--only ID …`, `--roads check` for one
road, `--wrong` for the rows that are not right). HOME is a catalogue's home, or its expectations.

A list has the columns `id,kind,file,dataset,want` (and `expected`, told beside a row that is not right, and `year`, if
it is not 2024): `want` is `READ:` with the figures in the order of lines and columns, `READ` alone, `ASK`, `REFUSE`,
either with `:` and a figure that must never be taken, or `NOTE`. Two columns may be added there or in a second list
(`--also`, by file): `also`, the figures that are right too, one reading after the other behind `|`; `says`, a pattern
that the message must match.
"""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from expectations.records import Catalog
from flows.desk.filing import Wanted
from tests.benchmarks import roads
from tests.benchmarks.roads import ROADS, Answer

YEAR = 2024
RIGHT, ACCEPTABLE, REFUSED, UNHELPFUL, SILENT, CRASH = CLASSES = (
    "right", "acceptable", "refused though honest", "unhelpful message", "wrong figure silently", "crash",
)  # fmt: skip


class Case(NamedTuple):
    id: str
    kind: str
    file: str
    dataset: str
    want: str
    expected: str = ""
    also: str = ""
    says: str = ""
    year: str = ""

    @property
    def wanted(self) -> str:
        """READ, ASK, REFUSE or NOTE."""
        return self.want.partition(":")[0]

    @property
    def named(self) -> tuple[str, ...]:
        """The figures behind it: those to be read, or those that must never be taken."""
        return figures(self.want.partition(":")[2])

    @property
    def readings(self) -> list[tuple[str, ...]]:
        """Every set of figures that is right."""
        first = [self.named] if self.wanted == "READ" and self.named else []
        return [*first, *(figures(reading) for reading in self.also.split("|") if reading)]


def figures(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("、") if part)


def listed(path: Path, also: Path | None = None) -> list[Case]:
    """The cases of a list, with what a second list adds by file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        cases = list(csv.DictReader(file))
    more: dict[str, dict[str, str]] = {}
    if also is not None:
        with also.open(encoding="utf-8-sig", newline="") as file:
            more = {row["file"]: row for row in csv.DictReader(file)}
    return [
        Case(*(({**case, **more.get(case["file"], {})}.get(name) or "") for name in Case._fields))
        for case in cases
    ]  # fmt: skip


# --- the class of an answer ------------------------------------------------------------------------------------------


def judge(case: Case, answer: Answer) -> str:
    """The class of one road's answer to a case, by what can be told mechanically."""
    if answer.code == 1:
        return CRASH
    if case.wanted == "NOTE":
        return RIGHT if _is_said(case, answer) else UNHELPFUL
    if _is_wrong(case, answer):
        return SILENT
    if _is_read(case, answer):
        return RIGHT if _is_told_calmly(case, answer) else UNHELPFUL
    if case.wanted == "READ" and not (case.says and _is_said(case, answer)):
        return REFUSED
    if not is_helpful(answer, case.file) or not _is_said(case, answer):
        return UNHELPFUL
    if case.wanted == "REFUSE" and answer.status == "accepted":  # a warning, and the figures were taken
        return UNHELPFUL if case.readings else ACCEPTABLE
    return ACCEPTABLE if case.wanted == "READ" or (case.wanted == "REFUSE" and case.readings) else RIGHT


def _is_read(case: Case, answer: Answer) -> bool:
    """Whether the honest figures were taken, or fewer of them with a word about the others."""
    if answer.status != "accepted":
        return False
    if case.want == "READ" or not answer.figures or answer.figures in case.readings:
        return True
    return bool(answer.findings) and any(_is_part(answer.figures, reading) for reading in case.readings)


def _is_part(some: tuple[str, ...], reading: tuple[str, ...]) -> bool:
    """Whether figures are left out of a reading and all others stand in its order."""
    rest = iter(reading)
    return len(some) < len(reading) and all(figure in rest for figure in some)


def _is_wrong(case: Case, answer: Answer) -> bool:
    """Whether a figure was taken that is not the honest one, with no warning, or with none about it."""
    if _is_never(case, answer):
        return True
    if answer.asked or not answer.figures:
        return False
    if case.wanted == "READ":
        return case.want != "READ" and answer.status == "accepted" and not _is_read(case, answer)
    if case.readings:
        return answer.figures not in case.readings or (case.says.startswith("!") and not _is_said(case, answer))
    return answer.status == "accepted" and not case.named


def _is_never(case: Case, answer: Answer) -> bool:
    """Whether a figure was taken that must never be, and no finding quotes it: as it is written, or times 万."""
    if case.wanted == "READ" or answer.figures in case.readings:
        return False
    for figure in case.named:
        plain = Decimal(figure.replace(",", ""))
        taken = {Decimal(f) for f in answer.figures if f[-1:].isdigit()}
        quoted = re.compile(rf"(?<![0-9.]){re.escape(figure)}(?![0-9.])")
        if {plain, plain * 10_000} & taken and not any(quoted.search(f.message) for f in answer.asked):
            return True
    return False


def _is_told_calmly(case: Case, answer: Answer) -> bool:
    """Whether a file that was read gave no false alarm, and no more words than anyone reads."""
    if len(re.findall(r"^ {4}", answer.told, re.MULTILINE)) > MANY:
        return False
    if case.says.startswith("!") or (answer.asked and case.wanted != "READ"):
        return _is_said(case, answer)
    return not answer.asked


MANY = 6
"""More lines of findings than a small honest file can be worth."""


def _is_said(case: Case, answer: Answer) -> bool:
    """Whether what must be said is said; the file's own name says nothing."""
    said = " ".join([answer.told, *(f.message for f in answer.findings)])
    return bool(re.search(case.says.removeprefix("!"), said.replace(case.file, "").replace(Path(case.file).stem, "")))


def is_helpful(answer: Answer, file: str) -> bool:
    """Whether it names the file, the place, what was seen, what was expected and how to mend it.

    Of a file that is not a table at all the name of the file is the place, and what it is is what was seen. That a
    delivery is refused as a whole may come first, if what is wrong with it comes next.
    """
    if answer.code not in (2, 3):
        return False
    if not answer.asked:
        return file in answer.told and "请" in answer.told
    return any(_is_whole(finding, answer, file) for finding in answer.asked[:3])


def _is_whole(finding: roads.Finding, answer: Answer, file: str) -> bool:
    """Whether one finding says all; one without a line is about the file, which is named."""
    message = finding.message
    named = roads.NAME in message or file in answer.told
    return named and finding.rule != "refused" and "应" in message and "请" in message


# --- the list --------------------------------------------------------------------------------------------------------


def shown(case: Case, found: dict[str, Answer], classes: dict[str, str]) -> str:
    """A row of the list."""
    told = [
        f"{road} {answer.code} {answer.status or '—'} {'、'.join(answer.figures)}" for road, answer in found.items()
    ]
    same = "" if len(found) == 1 else "alike" if roads.alike(found) else "NOT ALIKE"
    first = next((roads.plain(a.first) for a in found.values() if a.first), "")
    return " | ".join([case.id, worst(classes), case.kind, case.want, *told, same, first[:300]])


def worst(classes: dict[str, str]) -> str:
    """The class of a case is that of its worst road."""
    return max(classes.values(), key=CLASSES.index)


def note(case: Case, path: Path, home: Path, catalog: Catalog) -> Answer:
    """What `receive` says of a second version that has lost its last row of the first one's."""
    with tempfile.TemporaryDirectory(prefix="road-") as name:
        where = roads.home(home, Path(name))
        roads.register(where, catalog, YEAR)
        older, newer = Path(name) / f"1-{path.name}", Path(name) / path.name
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        older.write_bytes(path.read_bytes())
        newer.write_text("".join(lines[:-1]), encoding="utf-8")
        wanted = Wanted(case.dataset, None, YEAR)
        roads.receive(older, catalog, where, wanted, YEAR)
        return roads.receive(newer, catalog, where, wanted, YEAR, "更正")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--files", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--district", help="where the home has several")
    parser.add_argument("--also", type=Path, help="further columns by file")
    parser.add_argument("--only", nargs="*", default=[], help="ids, or the letters that they begin with")
    parser.add_argument("--roads", nargs="*", choices=ROADS, default=list(ROADS))
    parser.add_argument("--wrong", action="store_true", help="only the rows that are not right")
    given = parser.parse_args()
    catalog, began = roads.catalog_of(given.home, given.district), time.monotonic()
    counts, split, seconds, left = Counter[str](), list[str](), list[tuple[float, str]](), list[str]()
    for case in listed(given.cases, given.also):
        if given.only and not case.id.startswith(tuple(given.only)):
            continue
        path = given.files / case.file
        if not case.dataset or not path.is_file():
            left.append(f"{case.id}（{case.kind}）")
            continue
        start = time.monotonic()
        if case.wanted == "NOTE":
            found = {"receive": note(case, path, given.home, catalog)}
        else:
            found = roads.answers(path, case.dataset, given.home, catalog, int(case.year or YEAR), given.roads)
        classes = {road: judge(case, answer) for road, answer in found.items()}
        counts[worst(classes)] += 1
        if len(found) > 1 and not roads.alike(found):
            split.append(case.id)
        seconds.append((time.monotonic() - start, case.id))
        if not given.wrong or worst(classes) != RIGHT:
            print(shown(case, found, classes), f"\n      expected: {case.expected}" if worst(classes) != RIGHT else "")
    print(f"\n{sum(counts.values())} cases in {time.monotonic() - began:.0f} s")
    for name in CLASSES:
        print(f"{name}: {counts[name]}")
    print(f"not alike on the roads: {len(split)}", *split)
    print("slowest:", *(f"{name} {took:.1f} s" for took, name in sorted(seconds, reverse=True)[:3]))
    if left:
        print(f"not run, no dataset or no file: {len(left)}", *left)


if __name__ == "__main__":
    main()

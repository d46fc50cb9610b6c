"""Earlier editions in, what they printed of counts out, and which of those counts have been revised since."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from expectations.records import Catalog
from expectations.vocabulary import Sex, Verdict
from flows.disclose.counts import Cell, Definitions, Figure, Row
from flows.disclose.intruder import Publication, Statement

MET = {verdict.word: verdict.met for verdict in Verdict if verdict.met is not None}
SUPPRESSED = Verdict.SUPPRESSED.word
STATES = {"有数据": "ok", SUPPRESSED: "suppressed", "不适用": "not_applicable"}
NOTHING = {"", "—"}


def earlier_publications(definitions: Definitions, rows: Sequence[Row], folders: Sequence[Path]) -> list[Publication]:
    """What the public editions in these folders print, each count dated against the rows of today.

    A folder without `public/indicators.csv` has printed nothing. Indicators that the catalogue no longer knows are left
    out.
    """
    versions: dict[Cell, list[float | None]] = {}
    for row in rows:
        for cell, count in definitions.counted(row):
            versions.setdefault(cell, [count])
    found = []
    for folder in folders:
        if not (folder / "public" / "indicators.csv").is_file():
            continue
        vintages: dict[Cell, int] = {}
        for row in _rows(definitions.catalog, folder / "indicators.csv"):
            for cell, count in definitions.counted(row):
                known = versions.setdefault(cell, [])
                if count not in known:
                    known.append(count)
                if number := known.index(count):
                    vintages[cell] = number
        public = tuple(_rows(definitions.catalog, folder / "public" / "indicators.csv"))
        found.append(Publication(public, tuple(_statements(definitions.catalog, folder / "public")), vintages))
    return found


def _table(path: Path) -> Iterator[Mapping[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _rows(catalog: Catalog, path: Path) -> Iterator[Row]:
    indicators = {name: key for key, i in catalog.indicators.items() for name in (*i.aliases, i.name)}
    units = {u.name: u.id for kind in catalog.district.units.values() for u in kind.members}
    sexes = {sex.word: sex.value for sex in Sex}

    def number(text: str) -> float | None:
        return None if text in NOTHING else float(text.removeprefix("'"))

    for line in _table(path):
        if line["指标"] in indicators:
            unit = "" if line["单位"] in NOTHING else units.get(line["单位"], line["单位"])
            yield Row(
                Figure(indicators[line["指标"]], int(line["年份"]), line["地区代码"], unit, sexes[line["性别"]]),
                number(line["分子"]), number(line["分母"]), number(line["数值"]), STATES.get(line["状态"], "missing"),
            )  # fmt: skip


def _statements(catalog: Catalog, folder: Path) -> Iterator[Statement]:
    """The verdicts of an edition's own year; `folder` is <year>/<kind>/public."""
    path, year = folder / "targets.csv", folder.parent.parent.name
    if not path.is_file() or not year.isdigit():
        return
    promises = {(p.plan.head.short, p.clause, p.name): p.id for p in catalog.promises()}
    for line in _table(path):
        target = promises.get((line["规划"], line["条目"], line["指标"].removesuffix("（最低）")))
        if target is not None and line["评价"] in MET:
            yield Statement(target, int(year), None, MET[line["评价"]])

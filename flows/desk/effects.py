"""What a delivery changes: figures of its year, verdicts of that year and of later ones, and reports that are out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from pathlib import Path
from typing import NamedTuple

import duckdb

from expectations.records import Catalog
from expectations.vocabulary import Reason
from flows import kept, pipeline
from flows.absence import Absence
from flows.desk import shelf, trial
from flows.desk.lock import reached, years_in
from flows.edition import manifest
from flows.journal import OPEN, CutOff
from flows.report.kinds import KINDS


class Effects(NamedTuple):
    """The figures and verdicts that rest on a data year: id → in words."""

    indicators: dict[str, str]
    verdicts: dict[str, str]


def effects(
    catalog: Catalog, raw: Path, year: int, targets: Set[str] | None = None, cut_off: CutOff | None = None
) -> Effects:
    """The figures of a data year, and the verdicts on some targets, or all, in every year from it on, as far as deliveries are there.

    A figure of the baseline year decides verdicts of the next plan, and an outlook looks back. With a `cut_off`, which decides what
    counts, nothing is taken over from an earlier answer or kept for a later one.
    """
    lasts = list(_told_apart(catalog, reached(catalog, raw, year)))
    years = sorted({y for last in lasts for y in pipeline.years(catalog, last)})
    heads = shelf.registers(raw / catalog.district.code, raw, years)

    def parts() -> kept.Parts:
        asked = [year, lasts, targets and sorted(targets)]
        return {**(heads.parts(catalog, catalog.datasets.keys()) if heads else {}), "targets": kept.digest(asked)}

    if heads is None or cut_off is not None:
        return _found(catalog, raw, year, lasts, targets, cut_off or OPEN)
    key = kept.digest(sorted(catalog.datasets))
    made = kept.kept(
        "effects", f"{year}/{key}", parts, str(year), lambda: _written(_found(catalog, raw, year, lasts, targets, OPEN))
    )
    return Effects(*json.loads(made))


def _written(effects: Effects) -> bytes:
    return json.dumps(effects, ensure_ascii=False).encode()


def _found(
    catalog: Catalog, raw: Path, year: int, lasts: Sequence[int], targets: Set[str] | None, cut_off: CutOff
) -> Effects:
    found = Effects({}, {})
    for last in lasts:
        with trial.computed(catalog, raw, last, cut_off) as con:
            told = _told(con, catalog, year, last, targets)
        found.indicators.update(told.indicators)
        found.verdicts.update(told.verdicts)
    return found


def _told_apart(catalog: Catalog, years: Sequence[int]) -> Iterator[int]:
    """The years that must be looked at one by one: no later year has all of their plans in force."""
    plans = {year: {plan.id for plan in catalog.in_force(year)} for year in years}
    for year in years:
        if not any(later > year and plans[year] <= plans[later] for later in years):
            yield year


def _told(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, last: int, targets: Set[str] | None) -> Effects:
    from flows import assess

    places = {a.code: a.name for a in catalog.district.areas} | {catalog.district.code: catalog.district.short}
    institutions = catalog.district.members
    indicators, absent = {}, Absence(con, catalog)
    for key, area, institution, sex, part, value, state in con.execute(
        "select indicator, area, institution, sex, part, value, state from out_indicators where year = ? order by all",
        [year],
    ).fetchall():
        indicator = catalog.indicators[key]
        group = catalog.told_group(sex, part)
        name = f"{indicator.name}{f'（{group}）' if group else ''}，{institutions.get(institution) or places.get(area, area)}"
        shown = (
            f"{value:.{indicator.decimals}f}{indicator.unit}"
            if value is not None
            else Reason.of(absent.of(key, year, state)).word
        )
        indicators[name] = shown
    names = {p.id: f"{p.plan.head.short}{p.clause}“{p.name}”" for p in catalog.promises()}
    judged = sorted(assess.verdicts(con, catalog, last, targets), key=lambda a: (a.year, a.target))
    verdicts = {
        names[a.target] if a.year == year else f"{a.year}年{names[a.target]}": a.verdict.word
        for a in judged
        if a.year >= year
    }
    return Effects(indicators, verdicts)


def outdated(output: Path, catalog: Catalog, delivery: str, sha256: str) -> Iterator[str]:
    """The reports on the disk that were made with another version of a delivery, or without it, in words."""
    form = delivery.rpartition("/v")[0]
    folder = output / catalog.district.code
    for year in years_in(folder):
        for kind in KINDS.values():
            told = manifest.read(folder / str(year) / kind.name)
            if told is None or told.parts is None or form not in told.parts.deliveries:
                continue
            used = [known for known in told.parts.deliveries[form] if known]
            if not used or not sha256.startswith(used[-1]):
                yield f"{year}年{kind.word}{'（送审稿）' if told.draft else ''}"

"""Writes what the edition says of the district itself, for the city that it belongs to: one file for each year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from expectations.records import RELEASED, RELEASED_COLUMNS
from expectations.vocabulary import Makeup, Readership, Reason, Sex
from flows.report.facts import Facts
from flows.report.write.tables import write_csv

FOLDER = "released"


def write(facts: Facts, folder: Path) -> None:
    """Write released/<year>.csv for every year of the edition. A file says nothing of the edition but whether it is
    internal or public, so that a year that was not revised has the same bytes again.
    """
    home = facts.catalog.district
    (folder / FOLDER).mkdir()
    years = sorted({row["year"] for row in facts.figures.all})
    for year in years:
        told = [
            (row, part, value)
            for row in facts.figures.of_year(year)
            if row["area"] == home.code and row["sex"] in set(Sex)
            for part, value in _parts(row)
        ]
        head = [RELEASED, Readership.of(facts.edition.audience).word, len(told), year, home.code, home.name]
        rows = [
            [
                *head,
                row["indicator"],
                facts.catalog.indicators[row["indicator"]].formula(year),
                Sex.of(row["sex"]).word,
                part.word,
                value,
            ]
            for row, part, value in told
        ]
        write_csv(folder / FOLDER / f"{year}.csv", [*RELEASED_COLUMNS], rows)


def _parts(row: Mapping[str, Any]) -> Iterator[tuple[Makeup, object]]:
    """What an indicator's figure is made of; the value alone if it was ready-made, or why there is none.

    Where no quotient applies, the numbers are told if both are there (0 of 0 adds nothing); one alone is no figure.
    The format has no word for what nobody was asked for: it was not received either.
    """
    state = Reason.of(row["state"])
    state = Reason.NOT_RECEIVED if state == Reason.NOT_ASKED else state
    sides = [(Makeup.NUMERATOR, row["numerator"]), (Makeup.DENOMINATOR, row["denominator"])]
    told = [(makeup, _plain(number)) for makeup, number in sides if number is not None]
    if told and (state == Reason.OK or (state == Reason.NOT_APPLICABLE and len(told) == len(sides))):
        yield from told
    elif state == Reason.OK:
        yield Makeup.VALUE, f"{row['value']:.6f}".rstrip("0").rstrip(".")
    else:
        yield Makeup.VALUE, state.word


def _plain(value: Any) -> str:
    return f"{value.normalize():f}"

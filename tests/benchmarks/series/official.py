"""Yearly series of statistical offices out of clones of their public repositories, as the back-test reads them.

    uv run --no-project --with pandas python tests/benchmarks/series/official.py CLONES OUT

CLONES holds one git folder for each of REPOSITORIES, `owner+name` or `owner+name/repo`; official_choice.csv and
official_test.csv are written to OUT. The figures stay their offices' and are not part of this project. Kazakhstan, the
United States and half of the countries of the world are for choosing; the United Kingdom, Canada and the other half for
judging.
"""

import csv
import hashlib
import io
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd

REPOSITORIES = {
    "uk": ("ONSdigital+sdg-data", "b68b9d92341d106c2ce1535d6efe7cc0a30b322c"),
    "canada": ("sdg-data-canada-odd-donnees+sdg-data-donnees-odd", "f89e601dc5b925c4bc66f985a439be39d1f88a05"),
    "kaz": ("kazstat+sdg-data-kazstat", "72277878d12502232b21c3d4b8ac459630b4f578"),
    "usa": ("GSA+sdg-data-usa", "c5305af8ab52ce6c2ef85e95240e4b72bbe09abe"),
    "owid": ("owid+owid-datasets", "48c9992ae317b35ed327fc36d2af75fe8b3ef7ed"),
    "gapminder": ("open-numbers+ddf--gapminder--systema_globalis", "c63631abeb62af6db3910f68be7c2b443beca50b"),
    "world_bank": ("light-and-salt+World-Bank-Data-by-Indicators", "f6bc0432af81a31164cbc090d939d2114170c9dc"),
}
"""Folder and commit of each."""
MORE, LESS = ("higher", 100), ("lower", "")
SDG: dict[str, dict[str, tuple[str, int | str]]] = {
    "uk": {"4-2-1": MORE, "11-6-1": MORE, "3-a-1": LESS, "2-2-2": LESS, "3-3-1": LESS, "3-b-1": MORE, "3-2-2": LESS,
           "3-3-4": LESS, "3-1-2": MORE, "4-c-1": MORE, "17-8-1": MORE, "4-2-2": MORE, "3-4-2": LESS, "8-8-1": LESS,
           "6-2-1": MORE, "5-5-2": MORE},
    "canada": {"3-4-1": LESS, "3-2-1": LESS, "3-1-2": MORE, "4-3-1": MORE, "8-6-1": LESS, "1-2-1": LESS, "16-1-1": LESS,
               "3-6-1": LESS, "3-7-2": LESS, "5-5-1": MORE},
    "kaz": {"3-1-2": MORE, "3-2-1": LESS, "3-2-2": LESS, "3-4-2": LESS, "3-6-1": LESS, "5-5-2": MORE, "3-9-3": LESS,
            "3-7-2": LESS, "5-b-1": MORE, "8-5-2": LESS, "8-6-1": LESS, "4-c-1": MORE, "7-1-1": MORE, "1-4-2": MORE},
    "usa": {"8-5-2": LESS, "3-3-4": LESS, "3-3-1": LESS, "4-5-1": ("higher", "")},
}  # fmt: skip
"""Office → indicator of the Sustainable Development Goals → what is better, and its natural end."""
MOST = 60
"""Series of one indicator of one office."""
BESIDE = {"Year", "Value", "GeoCode", "Observation status", "COMMENT_OBS"}
GROUPS = """
    AFE AFW ARB CEB CSS EAP EAR EAS ECA ECS EMU EUU FCS HIC HPC IBD IBT IDA IDB IDX INX LAC LCN LDC LIC LMC LMY LTE MEA MIC MNA
    NAC OED OSS PRE PSS PST SAS SSA SSF SST TEA TEC TLA TMN TSA TSS UMC WLD
    """
"""Of the World Bank's codes, those that are no country."""


def share(key: object) -> float:
    """A number between 0 and 1 that stays with its series: the same ones are drawn on every machine."""
    return int(hashlib.sha256(str(key).encode()).hexdigest()[:8], 16) / 2**32


def text(clones: Path, office: str, path: str) -> io.BytesIO:
    """A file of an office's repository as it was; ends the program where it is not there."""
    folder, commit = REPOSITORIES[office]
    git = clones / folder / "repo" if (clones / folder / "repo").exists() else clones / folder
    found = subprocess.run(["git", "-C", str(git), "show", f"{commit}:{path}"], capture_output=True, check=False)
    if found.returncode:
        sys.exit(f"{office}: no {path}")
    return io.BytesIO(found.stdout)


class Written:
    """The rows, one a value; a series with under six values, or one outside 0—100 % where it has an end,
    is left out.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, int, float, str, str, str, object, str]] = []
        self.counted: Counter[str] = Counter()

    def put(self, source: str, series: str, values: dict[int, float], better: str, bound: object) -> None:
        inside = all(v >= 0 and (bound == "" or v <= 100) for v in values.values())
        if len(values) >= 6 and inside:
            self.rows += [(source, series, y, v, "", "", "", bound, better) for y, v in sorted(values.items())]
            self.counted[source] += 1


def goals(clones: Path, out: Written) -> None:
    """Long tables, one indicator each: every combination of the other columns is a series."""
    for office, indicators in SDG.items():
        for indicator, (better, bound) in indicators.items():
            found = text(clones, office, f"data/indicator_{indicator}.csv")
            frame = pd.read_csv(found, dtype=str, encoding="utf-8-sig")
            keys = [c for c in frame.columns if c not in BESIDE and not c.startswith("Unnamed")]
            frame = frame.assign(
                v=pd.to_numeric(frame.Value, errors="coerce"), y=pd.to_numeric(frame.Year.str[:4], errors="coerce")
            )
            frame = frame.dropna(subset=["v", "y"]).fillna("")
            source, seen = f"{office}_{indicator}", set()
            groups = [
                (tuple(map(str, key)), group) for key, group in frame.groupby(keys) if not group.y.duplicated().any()
            ]
            for key, group in sorted(groups, key=lambda pair: share(source + str(pair[0]))):
                unit = " ".join(v for column, v in zip(keys, key, strict=True) if "nit" in column)
                if out.counted[source] >= MOST or re.search("Number|GBP|Individ|change", unit):
                    continue
                values = {int(y): round(float(v), 2) for y, v in zip(group.y, group.v, strict=True)}
                told = tuple(sorted(values.items()))
                numbers = office == "canada" and (
                    "umber" in " ".join(key) or (bound == "" and max(values.values()) > 5000)
                )
                if told not in seen and not numbers:
                    seen.add(told)
                    out.put(source, f"{source}/{'; '.join(v for v in key if v)}", values, better, bound)


def world(clones: Path, out: Written) -> None:
    """Coverage by country: vaccinations, water and sanitation, skilled attendance at birth, electricity."""

    def put(source: str, frame: pd.DataFrame, place: str, year: str, column: str, decimals: int = 2) -> None:
        for key, group in frame.dropna(subset=[column]).groupby(place):
            values = {int(y): round(float(v), decimals) for y, v in zip(group[year], group[column], strict=True)}
            out.put(source, f"{source}/{key}", values, *MORE)

    name = "Vaccine Coverage and Disease Burden - WHO (2017)"
    who = pd.read_csv(text(clones, "owid", f"datasets/{name}/{name}.csv"))
    who = who[(who.Year >= 1990) & who.Entity.map(lambda e: share(f"who{e}") < 0.45)]
    for column, vaccine in zip(who.columns[2:7], ("bcg", "hepb3", "dtp3", "pol3", "mcv"), strict=True):
        put(f"who_{vaccine}", who, "Entity", "Year", column)
    name = "Water and Sanitation (WHO WASH, 2021)"
    wash = pd.read_csv(text(clones, "owid", f"datasets/{name}/{name}.csv"))
    wash = wash[wash.Entity.map(lambda e: share(f"wash{e}") < 0.4)]
    for column in ("wat_bas", "san_bas"):
        high = wash.groupby("Entity")[column].transform("max") > 70
        put(f"wash_{column}", wash[high], "Entity", "Year", column, 1)
    name = "births_attended_by_skilled_health_staff_percent_of_total"
    births = pd.read_csv(
        text(clones, "gapminder", f"countries-etc-datapoints/ddf--datapoints--{name}--by--geo--time.csv")
    )
    put("wb_births", births[births.groupby("geo")[name].transform("max") > 80], "geo", "time", name)
    urban = pd.read_csv(text(clones, "world_bank", "urban-development/urban-development-raw-2021.csv"), skiprows=4,
                        encoding="utf-8-sig")  # fmt: skip
    urban = urban[(urban["Indicator Code"] == "EG.ELC.ACCS.UR.ZS") & ~urban["Country Code"].isin(GROUPS.split())]
    urban = urban.melt("Country Code", [str(y) for y in range(1990, 2021)], "year", "value").dropna()
    held = urban.groupby("Country Code").value
    urban = urban[(held.transform("max") > 80) & (held.transform("min") < 100)]
    put("wb_electricity", urban, "Country Code", "year", "value", 1)


def aside(source: str, series: str) -> bool:
    """Whether no choice may see it."""
    if source.startswith(("who_", "wash_", "wb_")):
        return share("aside" + series.split("/")[1]) < 0.5
    return source.startswith(("uk_", "canada_"))


if __name__ == "__main__":
    clones, folder = Path(sys.argv[1]), Path(sys.argv[2])
    out = Written()
    goals(clones, out)
    world(clones, out)
    for name, wanted in (("official_choice", False), ("official_test", True)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("source", "series", "year", "value", "events", "exposure", "per", "bound", "better"))
            writer.writerows(row for row in out.rows if aside(row[0], row[1]) is wanted)

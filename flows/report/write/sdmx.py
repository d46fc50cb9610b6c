"""Writes indicators as SDMX-CSV 2.0: standard concepts and codes, one observation a line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from expectations.records import Indicator
from expectations.units import unit_of
from expectations.vocabulary import Reason, Sex
from flows import inert
from flows.report.facts import Facts

VERSION = "1.0.0"
"""The version of the dataflow's structure: the first digit changes when a dimension changes. Where forms divide people by
dimensions of their own, it is another dataflow, named with those dimensions.
"""
DIMENSIONS = ("FREQ", "REF_AREA", "INSTITUTION", "INDICATOR", "SEX", "TIME_PERIOD")
ATTRIBUTES = ("UNIT_MEASURE", "UNIT_MULT", "DECIMALS", "OBS_STATUS", "CONF_STATUS", "COMMENT_OBS")
BEFORE, AFTER = ("STRUCTURE", "STRUCTURE_ID", "ACTION"), ("OBS_VALUE", *ATTRIBUTES, "UNIT_NAME")
HEADER = (*BEFORE, *DIMENSIONS, *AFTER)

FREE, RESTRICTED = "F", "N"
"""SDMX:CL_CONF_STATUS(1.3): free for publication; not for publication, restricted for internal use only."""
NO_INSTITUTION, ALL = "_Z", "_T"


def write(facts: Facts, path: Path) -> None:
    """Write UTF-8 without BOM, with the line ends of RFC 4180; values are not rounded and in the indicator's unit."""
    with path.open("w", encoding="utf-8", newline="") as file:
        header = (*BEFORE, *DIMENSIONS, *(d.concept for d in facts.catalog.divided.values()), *AFTER)
        writer = csv.DictWriter(file, header, lineterminator="\r\n")
        writer.writeheader()
        for row in facts.figures.all:
            values = _observation(facts, row, facts.catalog.indicators[row["indicator"]])
            writer.writerow({key: inert.cell(v) if isinstance(v, str) else v for key, v in values.items()})


def dataflow(district: str, concepts: Iterable[str] = ()) -> str:
    return f"CN_{district}:{'_'.join(('DF_PLAN_MONITOR', *concepts))}({VERSION})"


def _observation(facts: Facts, row: Mapping[str, Any], indicator: Indicator) -> dict[str, object]:
    known = row["state"] == "ok"
    unit = unit_of(indicator.unit)
    divided = facts.catalog.divided
    begins = row["caliber"] and row["caliber"] == row["year"]
    return {
        "STRUCTURE": "dataflow",
        "STRUCTURE_ID": dataflow(row["district"], [d.concept for d in divided.values()]),
        "ACTION": "R",  # replace all of an earlier edition, or a value that is suppressed now would stay
        "FREQ": "A",
        "REF_AREA": row["area"],
        "INSTITUTION": row["institution"] or NO_INSTITUTION,
        "INDICATOR": row["indicator"],
        "SEX": Sex.of(row["sex"]).sdmx,
        **{d.concept: d.parts[row["part"]].sdmx if row["part"] in d.parts else ALL for d in divided.values()},
        "TIME_PERIOD": row["year"],
        "OBS_VALUE": row["value"] if known else None,
        "UNIT_MEASURE": unit.sdmx,
        "UNIT_MULT": unit.power,
        "DECIMALS": indicator.decimals,
        "OBS_STATUS": ("B" if begins else "A") if known else Reason.of(row["state"]).sdmx,
        "CONF_STATUS": RESTRICTED if facts.edition.internal or row["state"] == Reason.SUPPRESSED else FREE,
        "COMMENT_OBS": "" if known else row["state"],
        "UNIT_NAME": indicator.unit,
    }

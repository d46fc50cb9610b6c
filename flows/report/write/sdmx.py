"""Indicators in, SDMX-CSV 2.0 out: standard concepts and codes, one observation a line."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from expectations.records import Indicator
from flows import inert
from flows.report.facts import Facts

VERSION = "1.0.0"
"""Of the dataflow's structure: the first digit changes when a dimension does."""
DIMENSIONS = ("FREQ", "REF_AREA", "INSTITUTION", "INDICATOR", "SEX", "TIME_PERIOD")
ATTRIBUTES = ("UNIT_MEASURE", "UNIT_MULT", "DECIMALS", "OBS_STATUS", "CONF_STATUS", "COMMENT_OBS")
HEADER = ("STRUCTURE", "STRUCTURE_ID", "ACTION", *DIMENSIONS, "OBS_VALUE", *ATTRIBUTES, "UNIT_NAME")

SEXES = {"female": "F", "male": "M", "total": "_T", "not_stated": "_U"}
"""SDMX:CL_SEX(2.1)."""
STATUSES = {
    "not_received": "L", "not_applicable": "M", "rejected": "O", "suppressed": "Q", "not_published": "O", "not_entered": "L",
}  # fmt: skip
"""SDMX:CL_OBS_STATUS(2.2): not collected, cannot exist, missing, suppressed. A value is A, or B where its caliber begins."""
FREE, RESTRICTED = "F", "N"
"""SDMX:CL_CONF_STATUS(1.3): free for publication; not for publication, restricted for internal use only."""
UNITS = {
    "%": ("PT", 0), "‰": ("PER_1000", 0), "/万": ("PER_10000", 0), "/10万": ("PER_100000", 0), "人": ("PS", 0), "名": ("PS", 0),
    "万人": ("PS", 4), "人次": ("PS_TIMES", 0), "个": ("NUMBER", 0), "张": ("NUMBER", 0), "册": ("NUMBER", 0),
    "次": ("TIMES", 0), "岁": ("Y", 0), "年": ("Y", 0), "小时": ("HOURS", 0), "分钟": ("MIN", 0), "元": ("CNY", 0),
    "万元": ("CNY", 4), "元/月": ("CNY_MONTH", 0), "微克/立方米": ("MCG_M3", 0),
}  # fmt: skip
"""The unit of the catalogue → its code, and the power of ten that the values are to be multiplied by."""
OTHER_UNIT = ("_X", 0)
"""A unit that is none of these stands in UNIT_NAME only."""
NO_INSTITUTION = "_Z"


def write(facts: Facts, path: Path) -> None:
    """UTF-8 without BOM, lines ended as RFC 4180 has it; values unrounded, in the indicator's unit."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER, lineterminator="\r\n")
        writer.writeheader()
        for row in facts.figures.all:
            values = _observation(facts, row, facts.catalog.indicators[row["indicator"]])
            writer.writerow({key: inert.cell(v) if isinstance(v, str) else v for key, v in values.items()})


def dataflow(district: str) -> str:
    return f"CN_{district}:DF_PLAN_MONITOR({VERSION})"


def _observation(facts: Facts, row: Mapping[str, Any], indicator: Indicator) -> dict[str, object]:
    known = row["state"] == "ok"
    code, power = UNITS.get(indicator.unit, OTHER_UNIT)
    begins = row["caliber"] and row["caliber"] == row["year"]
    return {
        "STRUCTURE": "dataflow", "STRUCTURE_ID": dataflow(row["district"]),
        "ACTION": "R",  # what was loaded of an earlier edition is replaced whole, or a value since suppressed would stay
        "FREQ": "A", "REF_AREA": row["area"], "INSTITUTION": row["unit"] or NO_INSTITUTION, "INDICATOR": row["indicator"],
        "SEX": SEXES[row["sex"]], "TIME_PERIOD": row["year"], "OBS_VALUE": row["value"] if known else None,
        "UNIT_MEASURE": code, "UNIT_MULT": power, "DECIMALS": indicator.decimals,
        "OBS_STATUS": ("B" if begins else "A") if known else STATUSES[row["state"]],
        "CONF_STATUS": RESTRICTED if facts.edition.internal or row["state"] == "suppressed" else FREE,
        "COMMENT_OBS": "" if known else row["state"], "UNIT_NAME": indicator.unit,
    }  # fmt: skip

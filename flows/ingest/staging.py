"""Rows as they were written in, rows with codes for places, sexes and stages and evened text for figures out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from expectations.records import Catalog, Column, Dataset
from flows.ingest.files import OPTIONAL, Row, Table, cell, even

KEYS = ("area", "unit", "sex", "plan", "clause", "stage", "text", "source", "indicator", "value", "value_unit")
"""Dimensions and texts that a staged row may have besides its year and its measures."""


def columns(dataset: Dataset) -> list[str]:
    """The columns of stg_<dataset>; `shape` tells what a row has too many or too few of."""
    return ["delivery", "line", "year", *KEYS, "area_name", "shape", *dataset.measures]


def raw(dataset: Dataset, delivery: str, table: Table) -> pd.DataFrame:
    """The rows as they were written, under the record's headers."""
    texts: dict[str, list[Any]] = {"delivery": [delivery] * len(table.rows), "line": [r.line for r in table.rows]}
    for header in dataset.columns:
        texts[header] = [cell(row, table.columns.get(header)) for row in table.rows]
    return pd.DataFrame(texts)


def stage(catalog: Catalog, dataset: Dataset, delivery: str, table: Table) -> pd.DataFrame:
    """The same rows in codes; what is not known stays as it was written, for the contract gate to name."""
    coders = _coders(catalog, dataset)
    coded: dict[str, list[Any]] = {"delivery": [delivery] * len(table.rows), "line": [r.line for r in table.rows]}
    for header, column in dataset.columns.items():
        name = column.measure or column.is_
        if name is None or name in {"unit_name", "note"}:
            continue
        coder = coders.get(name) or (_figure(column) if column.measure or name == "value" else str)
        # What a department says in words is printed as it was written.
        spell = str.strip if column.is_ in {"text", "source"} else even
        coded[name] = [coder(spell(cell(row, table.columns.get(header)))) for row in table.rows]
    if {"area", "area_name"} <= coded.keys():  # a name alone is enough
        code = coders["area"]
        coded["area"] = [area or code(name) for area, name in zip(coded["area"], coded["area_name"], strict=True)]
    least = 1 + max(p for h, p in table.columns.items() if dataset.columns[h].is_ not in OPTIONAL)
    coded["shape"] = [_shape(row, least, table.width) for row in table.rows]
    return _with_defaults(catalog, dataset, pd.DataFrame(coded))


def _shape(row: Row, least: int, width: int) -> str:
    if len(row.cells) < least:
        return f"缺少{width - len(row.cells)}列"
    surplus = [text for text in map(even, row.cells[width:]) if text]
    return f"多出“{' '.join(surplus)}”" if surplus else ""


def _with_defaults(catalog: Catalog, dataset: Dataset, frame: pd.DataFrame) -> pd.DataFrame:
    """Dimensions that a dataset does not have: the whole district, no institution, both sexes."""
    home = catalog.district.code
    if "unit" in dataset.roles:
        homes = {u.id: u.area or home for u in catalog.district.units[str(dataset.unit_kind)].members}
        frame["area"] = frame["unit"].map(homes).fillna(home)
    defaults = {"area": home, "unit": "", "sex": "total"}
    return frame.assign(**{name: value for name, value in defaults.items() if name not in frame})


def _coders(catalog: Catalog, dataset: Dataset) -> dict[str, Callable[[str], str]]:
    """For each dimension, evened text → code."""
    district, codes = catalog.district, catalog.codes
    known = (*district.areas, *district.references)
    areas = {a.name: a.code for a in known}
    areas |= dict.fromkeys((district.name, district.short, *codes.whole), district.code)
    members = district.units[dataset.unit_kind].members if dataset.unit_kind else ()
    sexes = {word.lower(): sex for sex, words in codes.sexes.items() for word in words}
    stages = {word: stage for stage, words in codes.stages.items() for word in words}
    plans = {word: p.head.short for p in catalog.plans for word in (p.head.short, p.head.title)}
    indicators = {word: key for key, i in catalog.indicators.items() for word in (i.name, *i.aliases)}
    return {
        "year": _year,
        "area": _lookup(areas),
        "area_name": _lookup({a.name: a.name for a in known}),
        "unit": _lookup({unit.name: unit.id for unit in members}),
        "sex": lambda text: sexes.get(text.lower(), text),
        "stage": _lookup(stages),
        "plan": _lookup(plans | {f"《{word}》": short for word, short in plans.items()}),
        "clause": lambda text: re.sub(r"\s+", "", text),
        "indicator": _lookup(indicators),
        "value_unit": _lookup({i.unit: i.unit for i in catalog.indicators.values()}),
    }


def _lookup(words: Mapping[str, str]) -> Callable[[str], str]:
    evened = {even(word): code for word, code in words.items()}
    return lambda text: evened.get(text, text)


def _year(text: str) -> str:
    """2024年, 2024年度 and a spreadsheet's 2024.0 are 2024."""
    return re.sub(r"^([0-9]{4})(?:年度?|\.0)$", r"\1", text)


def _figure(column: Column) -> Callable[[str], str]:
    """Thousands marks taken out, a sign of the column's own unit taken off; nothing else is guessed."""

    def plain(text: str) -> str:
        figure = text.removesuffix(str(column.unit)).rstrip() if column.unit in {"%", "‰"} else text
        return figure.replace(",", "") if re.fullmatch(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", figure) else figure

    return plain

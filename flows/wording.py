"""Reads the Chinese texts that are printed or sent; they stand as YAML in report_templates."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from flows.places import PROJECT

BEIJING = ZoneInfo("Asia/Shanghai")
"""The zone of every day and time that is told."""


@cache
def read(name: str) -> dict[str, Any]:
    """All texts of report_templates/<name>.yml; who reads them changes nothing, they are the same for all."""
    return parsed(PROJECT / "report_templates" / f"{name}.yml")


def parsed(path: Path) -> dict[str, Any]:
    """What a YAML file of ours says; by the library in C where it is there, which takes a tenth of the time."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506  (both are safe)
    return found


def say(place: str, /, **facts: object) -> str:
    """One text with its facts filled in; `place` is its file and its keys: letters/form/wanted/stage."""
    name, *keys = place.split("/")
    text: Any = read(name)
    for key in keys:
        text = text[key]
    return str(text).format(**facts)


def day(date: date) -> str:
    """2025年7月15日"""
    return say("labels/day", day=date)


def period(first: int, last: int) -> str:
    """2020—2024年, or 2024年 if that is all."""
    return say("labels/years", first=first, last=last) if first < last else say("labels/year", year=last)


def files(areas: str, *, attached: bool = False) -> dict[str, str]:
    """What every file of an edition is called, in the order in which they are offered; or of those that the PDF
    carries; `areas` is what the district calls its areas.
    """
    own = read("labels")["files"]
    tables = {
        f"{name}.csv": words["file"].format(areas=areas)
        for name, words in read("tables").items()
        if "file" in words and (not attached or words.get("attached"))
    }
    beside = {part: {name: told.format(areas=areas) for name, told in own[part].items()} for part in own}
    return {**({} if attached else beside["apart"]), **beside["before"], **tables, **beside["after"]}


def headings(table: str, **facts: object) -> list[str]:
    """The headings of a table (tables.yml). A fact that is a list gives a heading for each of its members."""
    listed: list[str] = []
    lists = {name: fact for name, fact in facts.items() if isinstance(fact, list)}
    for heading in read("tables")[table]["columns"]:
        many = next((name for name in lists if f"{{{name}}}" in heading), None)
        listed += [heading.format(**{many: one}) for one in lists[many]] if many else [heading.format(**facts)]
    return listed

"""Reads the Chinese texts that are printed or sent; they stand as YAML in report_templates."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from flows.places import PROJECT


@cache
def read(name: str) -> dict[str, Any]:
    """All texts of report_templates/<name>.yml."""
    texts: dict[str, Any] = yaml.safe_load((PROJECT / "report_templates" / f"{name}.yml").read_text(encoding="utf-8"))
    return texts


def say(place: str, **facts: object) -> str:
    """One text with its facts filled in; `place` is its file and its keys: letters/form/wanted/stage."""
    name, *keys = place.split("/")
    text: Any = read(name)
    for key in keys:
        text = text[key]
    return str(text).format(**facts)

"""A small edition as data (report.json), with what a test says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from expectations.vocabulary import Reason, Sex, Verdict
from flows.edition import contents


def target(
    key: str, year: int, verdict: str, value: float | None = None, printed: str = "—", **more: object
) -> dict[str, Any]:
    """A target that was judged so in the edition's own year, with the compared value and how it was printed."""
    blank = (
        "indicator",
        "than",
        "change_previous",
        "change_baseline",
        "projection",
        "trend",
        "outlook_low",
        "outlook_high",
    )
    state = more.pop("state", Reason.OK if value is not None else Reason.NOT_RECEIVED)
    return {
        "id": key, "clause": "—", "name": "—", "sex": Sex.TOTAL, "decimals": 1, "met": Verdict.of(verdict).met,
        **dict.fromkeys(blank), "series": {year: {"value": value, "state": state, "printed": printed}},
        "verdicts": {year: {"verdict": verdict, "reason": None, "value": value}}, **more,
    }  # fmt: skip


def write(
    folder: Path, year: int, targets: Sequence[Mapping[str, Any]] = (), indicators: Mapping[str, Any] | None = None,
    district: str = "990101",
) -> None:  # fmt: skip
    """Put report.json into a folder."""
    words = {"states": Reason.words(), "verdicts": Verdict.words(), "sexes": Sex.words()}
    head = {
        "title": "年报",
        "district": district,
        "year": year,
        "published": f"{year + 1}-07-15",
        "audience": "internal",
    }
    told = {
        "format": contents.FORMAT, "head": head, "words": words, "targets": targets, "areas": {}, "institutions": {},
        "indicators": indicators or {},
    }  # fmt: skip
    (folder / contents.NAME).write_text(json.dumps(told, default=float), encoding="utf-8")

"""Writes the manifest of a run: every input by its hash, so finely that a moved figure can be traced
back to its cause.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from expectations.records import Catalog
from expectations.renamed import in_first_words
from flows.edition import manifest
from flows.edition.program import DIGITS, code, environment, program
from flows.places import PROJECT
from flows.report.facts import Facts, received

FIGURES = (
    "expectations",
    "flows/assess",
    "flows/compute.py",
    "flows/rollup.py",
    "flows/disclose",
    "flows/files",
    "flows/ingest",
    "flows/intervals.py",
    "flows/outlook",
    "flows/validate",
    "uv.lock",
    "warehouse",
)
"""The code that a figure or a verdict can depend on, with the versions of the libraries, and without the catalogue."""
WORDS = ("aliases", "definition", "lead", "name", "support", "calibers")
"""Fields of an indicator's record on which no figure depends, and its calibers, which have a note."""
HIDDEN = frozenset({"inputs", "parts", "late", "unfiled", "files", "compared", "audience"})
"""Entries that the public part does not repeat: about delivered files, and about the edition itself."""


def write(facts: Facts, staging: Path, kind: str, editions: Mapping[str, str]) -> str:
    """Write manifest.json; returns the run's id, which is its hash: the same inputs always have the same id.

    The public part, in a folder of the edition that was written before it, has the same id and says nothing of the
    files: the hash of a small file would show its content to anybody who tries all possible contents.
    """
    if facts.edition.internal:
        described = {"kind": kind, **content(facts), "editions": editions}
        run = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
        told: Mapping[str, Any] = {"run": run, **described, "draft": facts.edition.draft, "environment": environment()}
    else:
        whole: dict[str, Any] = json.loads((staging.parent / manifest.NAME).read_text(encoding="utf-8"))
        told = {key: value for key, value in whole.items() if key not in HIDDEN}
    manifest.note(staging, **told, audience=facts.edition.audience)
    return str(told["run"])


def content(facts: Facts) -> dict[str, Any]:
    """Which edition this is, its inputs by hash, and the parts of catalogue and program, each with its own hash."""
    inputs = {row["file"]: row["sha256"] for row in received.files(facts) if row["file"] is not None}
    return {
        "district": facts.catalog.district.code,
        "year": facts.year,
        "simulated": facts.edition.simulated,
        "published": facts.edition.published.isoformat(),
        **({"as_of": facts.edition.as_of.isoformat()} if facts.edition.as_of else {}),
        "catalogue": facts.catalog.digest,
        "code": program(),
        "inputs": dict(sorted(inputs.items())),
        "parts": parts(facts),
        **_late(facts),
        **_unfiled(facts),
    }


def _late(facts: Facts) -> dict[str, Any]:
    """What came after the lock and what was decided about it; the report prints it."""
    found = received.late(facts)
    return {"late": [{k: None if v is None else str(v) for k, v in row.items()} for row in found]} if found else {}


def _unfiled(facts: Facts) -> dict[str, Any]:
    """What of the registers was not filed, and what was said of it; the report prints it."""
    found = received.unfiled(facts)
    return {"unfiled": [{k: None if v is None else str(v) for k, v in row.items()} for row in found]} if found else {}


def parts(facts: Facts) -> dict[str, Any]:
    """What figures and verdicts depend on, one hash each.

    `deliveries` and `corrections` are by <year>/<dataset>[@<department>]. For a delivery there are its files, the
    newest last, or none if none came. Indicators and targets name what they depend on.
    """
    came: dict[str, list[str]] = {}
    for row in received.files(facts):
        came.setdefault(_form(row["delivery"]), []).extend([row["sha256"][:DIGITS]] if row["sha256"] else [])
    corrected: dict[str, list[object]] = {}
    for row in received.corrections(facts):
        corrected.setdefault(_form(row["delivery"]), []).append(list(row.values()))
    told = {
        "program": code(_figures()),
        **_catalogue(facts.catalog),
        "deliveries": came,
        "corrections": {key: _digest(found) for key, found in corrected.items()},
    }
    return {**told, "unfiled": unfiled} if (unfiled := _filed(facts)) else told


def _filed(facts: Facts) -> dict[str, Any]:
    """The forms in which something was not filed: the files as they were, and whether all of it has been explained."""
    found: dict[str, dict[str, Any]] = {}
    for row in received.unfiled(facts):
        form = found.setdefault(row["form"], {"explained": True})
        form["filed"] = [sha256[:DIGITS] for sha256 in row["filed"].split()]
        form["explained"] = form["explained"] and row["explained"] is not None
    return found


def _catalogue(catalog: Catalog) -> dict[str, Any]:
    """Its parts: how files are read and checked, how targets are judged, and each record with what it depends on."""
    district, policy = catalog.district, catalog.policy
    reading = ("refuse_from", "refuse_rows")
    form_of = {measure: name for name, d in catalog.datasets.items() for measure in d.measures}
    given = {name: d.gives(catalog.indicators) for name, d in catalog.datasets.items()}
    told = [name for name, d in catalog.datasets.items() if "stage" in d.roles]
    return {
        "reading": _digest(
            [*(_dump(record) for record in (catalog.codes, catalog.checks)), _dump(policy, include=reading)]
        ),
        "judging": _digest(_dump(policy, exclude=("wording", "follow_up", *reading))),
        "places": _digest(_dump(district, include=("areas", "references", "institutions"))),
        "datasets": {name: _digest(_dump(d)) for name, d in catalog.datasets.items()},
        "indicators": {
            key: {
                "record": _digest([_dump(i, exclude=WORDS), [_dump(v, exclude=("note",)) for v in i.calibers]]),
                "datasets": sorted(
                    {form_of[m] for m in i.measures if m in form_of} | {n for n in given if key in given[n]}
                ),
            }
            for key, i in catalog.indicators.items()
        },
        "targets": {
            p.id: {
                "record": _digest(
                    [
                        _dump(p.target, exclude=("note", "ask")),
                        p.plan.head.start,
                        p.plan.head.end,
                        p.plan.head.baseline,
                        p.target.rule.evidence and p.lead,
                    ]
                ),
                "indicators": list(p.target.indicators),
                "datasets": [
                    f"{name}@{key}"
                    for name in told
                    if p.target.rule.evidence
                    for key in catalog.district.succession(p.lead)
                ],
            }
            for p in catalog.promises()
        },
    }


def _dump(record: BaseModel, include: Iterable[str] | None = None, exclude: Iterable[str] = ()) -> dict[str, Any]:
    told: dict[str, Any] = in_first_words(
        record.model_dump(mode="json", by_alias=True, include=set(include) if include else None, exclude=set(exclude))
    )
    return told


def _form(delivery: str) -> str:
    return delivery.rpartition("/")[0]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:DIGITS]


def _figures() -> Iterable[Path]:
    for path in (PROJECT / name for name in FIGURES):
        yield from (p for p in path.rglob("*") if p.suffix in {".py", ".sql"}) if path.is_dir() else [path]

"""Writes the edition's tables for further use: CSV, an accessible workbook, JSON and SDMX-CSV."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.vocabulary import Reason, Sex, Verdict
from flows.edition import contents, manifest
from flows.press.numbers import Figure
from flows.report.facts import Facts
from flows.report.facts.counts import Tally
from flows.report.facts.items import Item
from flows.report.write import Later, at_once, changes, tables
from flows.report.write import manifest as described
from flows.report.write.changes import Changes
from flows.report.write.table import table

if TYPE_CHECKING:
    from flows.report.kinds.report import Report

Previous = Callable[[str], Path | None]
"""Finds the edition to compare with, by the id of this run."""


def write(made: Report, staging: Path, previous: Previous, later: Later = at_once) -> Changes:
    """Write report.json, sdmx.csv, what a city reads of its districts, manifest.json, every table as CSV, and all
    tables, with one for each department, as report.xlsx; returns what moved.

    `previous` finds the edition to compare with, by the id of this run; the workbook is written `later`.
    """
    from flows.report.write import released, sdmx, workbook
    from flows.report.write.by_department import by_department

    facts = made.facts
    parts = (f"{_json(key)}: {_lines(part)}" for key, part in content(facts, made.title).items())
    (staging / contents.NAME).write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    sdmx.write(facts, staging / "sdmx.csv")
    released.write(facts, staging)
    changed = changes.since(previous(described.write(facts, staging, made.kind.name, made.read)), staging)
    manifest.note(staging, compared=changed.previous and changed.previous.run)
    compared = {"text": "changes_first"} if changed.previous is None else {"run": changed.run}
    listed = [*made.tables(), table("changes", *changed.table(), **compared)]
    for one in listed:
        tables.write_csv(staging / f"{one.name}.csv", one.header, one.rows)
    sheets = [*listed, *by_department(made.narrator, made.standings)]
    later(partial(workbook.write, facts, made.title, sheets, staging / "report.xlsx"))
    return changed


# --- the edition as data ---


def content(facts: Facts, title: str) -> dict[str, Any]:
    """The whole edition as data (docs/formats.md explains its keys); numbers are not rounded and in the unit beside
    them.
    """
    catalog, edition = facts.catalog, facts.edition
    return {
        "format": contents.FORMAT,
        "head": {
            "title": title,
            "district": catalog.district.code,
            "name": catalog.district.name,
            "year": facts.year,
            "published": edition.published,
            "locked": edition.locked,
            **({"as_of": edition.as_of} if edition.as_of else {}),
            "issuers": catalog.district.issuers,
            **(
                {"compiled_from": by.source, "compiled": edition.compiled}
                if (by := catalog.district.compiled_from)
                else {}
            ),
            "audience": edition.audience,
            "draft": edition.draft,
            "simulated": edition.simulated,
            "note": edition.note,
        },
        "words": {
            "states": {k: w for k, w in Reason.words().items() if w},
            "verdicts": Verdict.words(),
            "sexes": Sex.words(),
            **({"parts": names} if (names := _part_names(facts)) else {}),
        },
        "plans": [
            {
                "id": p.id,
                "title": p.head.title,
                "short": p.head.short,
                "audience": p.head.audience,
                "start": p.head.start,
                "end": p.head.end,
                "baseline": p.head.baseline,
                "domains": {d.domain: d.title for d in p.domains},
                "tally": _tally(facts.tally(facts.of_plan(p), p.id)),
            }
            for p in facts.plans
        ],
        "tally": _tally(facts.tally()),
        "targets": [_target(item) for item in facts.items],
        "warnings": [
            {"target": w.item.id, **_given(w.row, "kind level cause reason since change p")} for w in facts.warnings
        ],
        "areas": {**catalog.district.names, catalog.district.code: catalog.district.short},
        "institutions": catalog.district.members,
        "indicators": _indicators(facts),
    }


def _part_names(facts: Facts) -> dict[str, str]:
    """The names of the parts that figures may be of."""
    return {key: part.name for d in facts.catalog.divided.values() for key, part in d.parts.items()}


def _target(item: Item) -> dict[str, Any]:
    target, row = item.promise.target, item.row
    return {
        "id": item.id,
        "plan": item.promise.plan.id,
        "domain": item.promise.domain.domain,
        "clause": item.promise.clause,
        "level": item.promise.clause_kind,
        "title": item.promise.title,
        "indicator": target.indicator,
        "sex": target.sex,
        **({"part": target.part} if target.part else {}),
        **({"between": [side.part for side in item.promise.sides]} if target.between else {}),
        "name": item.name,
        "unit": item.unit,
        "decimals": item.decimals,
        "rule": target.rule.key,
        "than": target.than,
        "required": item.required,
        "lead": item.lead,
        "support": item.support,
        "verdict": item.verdict,
        "judgement": item.judgement,
        "statement": item.statement and item.statement["text"],
        **_given(
            row,
            "reason value threshold baseline baseline_year change_baseline change_previous met worsened fragile "
            "places_total places_met places_failing method projection trend weather second probability "
            "outlook_low outlook outlook_high",
        ),
        "series": {y: {**_given(item.point(y), "value state"), "printed": str(item.at(y))} for y in item.told_years},
        "verdicts": {y: _given(r, "verdict reason value") for y, r in sorted(item.history.items())},
    }


def _indicators(facts: Facts) -> dict[str, Any]:
    values: dict[str, list[dict[str, Any]]] = {}
    for row in facts.figures.all:
        given = _given(row, "year area institution sex value numerator denominator lower upper state caliber")
        given |= {"part": row["part"]} if row["part"] else {}
        values.setdefault(row["indicator"], []).append(given)
    return {
        key: {
            "name": i.name,
            "unit": i.unit,
            "decimals": i.decimals,
            "kind": i.kind,
            "per": i.per,
            "better": i.better,
            "definition": i.definition,
            "lead": facts.catalog.department(i.lead),
            "values": values.get(key, []),
        }
        for key, i in facts.catalog.indicators.items()
    }


def _tally(tally: Tally) -> dict[str, Any]:
    counts = {
        "quantitative": tally.all,
        "judged": tally.judged,
        "attained": tally.attained,
        "fine": tally.fine,
        "short": tally.short,
        "unknown": tally.unknown,
        "evidence": tally.evidence,
    }
    return {name: int(f.value) for name, f in counts.items()} | {"verdicts": dict(sorted(tally.codes.items()))}


def _given(row: Mapping[str, Any], names: str) -> dict[str, Any]:
    return {name: row[name] for name in names.split()}


def _lines(part: object) -> str:
    """JSON with one line for each entry: a diff shows what changed, and the fast encoder can be used."""
    if isinstance(part, dict):
        return "{\n" + ",\n".join(f" {_json(key)}: {_json(value)}" for key, value in part.items()) + "\n}"
    if isinstance(part, list):
        return "[\n" + ",\n".join(f" {_json(value)}" for value in part) + "\n]"
    return _json(part)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> object:
    """Values for which JSON has no form."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Figure):
        return str(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"report.json 不能写 {value!r}")

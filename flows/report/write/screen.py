"""Makes what the page for the browser has beside the report's own words: the form to find targets in it, and where each
indicator's figures come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from expectations.records import Dataset, Indicator
from expectations.vocabulary import Ending, Reason, Verdict
from flows.places import TEMPLATES
from flows.press import pdf, web
from flows.press.numbers import figure
from flows.report.facts import Facts, received
from flows.report.facts.items import Item
from flows.warehouse import Row
from flows.wording import read, say

WORDS: Mapping[str, Any] = read("labels")["web"]
TOLD = (
    "unrounded",
    "numerator",
    "denominator",
    "fact",
    "trace",
    "counted",
    "close",
    "shown",
    "narrowed",
    "change",
    "unlike",
)
"""The words that the script of the page uses."""
Options = list[tuple[str, str]]
Standings = Mapping[str, Verdict | Ending]
"""Target → its verdict or, at the end of a plan, what became of it."""
Brought = dict[tuple[str, int], list[Row]]
"""Form and year → the deliveries that are used."""


class Field(NamedTuple):
    """A field of the form to find targets: what is chosen is looked for among the words that rows have by its name."""

    name: str
    word: str
    groups: Sequence[tuple[str, Options]]
    """Heading (may be empty) and options: what is looked for, and what it is called."""


def screen(facts: Facts, standings: Standings) -> web.Screen:
    """What the page needs; a public warehouse gives what is public."""
    areas = {a.name: a.code for a in facts.catalog.district.areas_of(facts.year)}
    targets = {item.id: _found_by(facts, item, standings[item.id], areas) for item in facts.items}
    fields = [field for field in _fields(facts, standings, areas) if any(options for _, options in field.groups)]
    for field in fields:
        there = {word for found in targets.values() for word in found[field.name].split()}
        for _, options in field.groups:
            options[:] = [option for option in options if option[0] in there]
    brought: Brought = {}
    for row in received.used(facts):
        brought.setdefault((row["dataset"], row["year"]), []).append(row)
    sources = [_source(facts, key, indicator, brought) for key, indicator in facts.indicators.items()]
    html = pdf.html(TEMPLATES, "screen.html", {"words": WORDS, "fields": fields, "sources": sources})
    of_targets = {i.id: _anchor(str(i.promise.target.indicator)) for i in facts.items if i.quantitative}
    told = {
        "words": {name: WORDS[name] for name in TOLD},
        "sources": {**of_targets, **{key: _anchor(key) for key in facts.indicators}},
        "counts": dict(_counts(facts)),
    }
    return web.Screen(html, targets, areas, of_targets, told)


def _anchor(indicator: str) -> str:
    return f"source-{indicator}"


# --- the form ---


def _found_by(facts: Facts, item: Item, standing: Verdict | Ending, areas: Mapping[str, str]) -> dict[str, str]:
    """What the rows of a target are found by."""
    promise = item.promise
    found = {
        "department": [promise.lead, *promise.support],
        "domain": [promise.plan.id, f"{promise.plan.id}/{promise.domain.domain}"],
        "status": [str(standing), standing.standing if isinstance(standing, Verdict) else ""],
        "area": _behind(facts, item, areas),
    }
    return {name: " ".join(dict.fromkeys(filter(None, words))) for name, words in found.items()}


def _behind(facts: Facts, item: Item, areas: Mapping[str, str]) -> list[str]:
    """The areas whose own figure does not reach the number that the plan prints."""
    target, value = item.promise.target, item.promise.target.value
    rule = target.rule
    if target.indicator is None or value is None or rule.limit != "number" or not (rule.own or target.each == "area"):
        return []
    if target.sex != "total" or target.part:
        return []
    found = []
    for code in areas.values():
        row = facts.figures.place(target.indicator, facts.year, code)
        if row is None or row["value"] is None:
            continue
        if not target.reached_by(Decimal(repr(row["value"]))):
            found.append(code)
    return found


def _fields(facts: Facts, standings: Standings, areas: Mapping[str, str]) -> Iterator[Field]:
    district = facts.catalog.district
    yield Field("department", WORDS["department"], [("", [(k, d.name) for k, d in district.departments.items()])])
    domains = [(p.head.short, [(f"{p.id}/{d.domain}", d.title) for d in p.domains]) for p in facts.plans]
    whole = [(plan.id, plan.head.title) for plan in facts.plans] if len(domains) > 1 else []
    yield Field("domain", WORDS["domain"], [("", whole), *domains])
    yield Field("status", WORDS["status"], [("", _statuses(standings))])
    word = say("labels/web/area", areas=district.areas_called)
    yield Field("area", word, [("", [(code, name) for name, code in areas.items()])])


def _statuses(standings: Standings) -> Options:
    """The verdicts, each with its mark, behind what several of them have in common."""
    if any(isinstance(code, Verdict) for code in standings.values()):
        return [*WORDS["standing"].items(), *((str(code), f"{code.mark} {code.word}") for code in Verdict)]
    return [(str(code), f"{code.sign} {code.word}") for code in Ending]


# --- where figures come from ---


def _source(facts: Facts, key: str, indicator: Indicator, brought: Brought) -> dict[str, object]:
    """An entry of the sources."""
    return {
        "id": _anchor(key),
        "name": indicator.name,
        "unit": indicator.unit,
        "definition": indicator.definition,
        "made": _made(facts, indicator),
        "lead": facts.catalog.department(indicator.lead),
        "forms": "、".join(_told_form(facts, dataset) for dataset in _forms(facts, key).values()),
        "years": list(_years(facts, key, indicator, brought)),
    }


def _made(facts: Facts, indicator: Indicator) -> list[tuple[str, str]]:
    """What it is computed from in the data year, in the words of the forms."""
    _, *sides = indicator.caliber(facts.year)
    named = [" + ".join(map(facts.catalog.measured, side)) for side in sides]
    made = [(WORDS[word], told) for word, told in zip(("numerator", "denominator"), named, strict=True) if told]
    return made or [(WORDS["numerator"], WORDS["published"])]


def _forms(facts: Facts, key: str) -> dict[str, Dataset]:
    """The forms that an indicator's figures come from, by their names."""
    measures = facts.catalog.indicators[key].measures
    return {n: d for n, d in facts.catalog.datasets.items() if measures & d.measures.keys() or d.gives([key])}


def _told_form(facts: Facts, dataset: Dataset) -> str:
    if dataset.department == "*":
        return f"《{dataset.title}》"
    return f"《{dataset.title}》（{facts.catalog.department(dataset.department)}）"


def _years(facts: Facts, key: str, indicator: Indicator, brought: Brought) -> Iterator[str]:
    """The district's own figure of each year, what it was made of, and the file that brought it."""
    forms = _forms(facts, key)
    for year, row in sorted(facts.figures.years(key, "total").items()):
        if not facts.base <= year <= facts.year:
            continue
        value = (
            Reason.of(row["state"]).word
            if row["value"] is None
            else f"{figure(row['value'], indicator.decimals, '')}{indicator.unit}"
        )
        sides = _both(row)
        of = say("labels/web/of", numerator=sides[0], denominator=sides[1]) if sides else ""
        files = (r for form in forms for r in brought.get((form, year), ()) if r["file"])
        told = "".join(say("labels/web/file", file=r["file"], received=r["received"]) for r in files)
        yield say("labels/web/one_year", year=year, value=value, of=of, file=told)


def _counts(facts: Facts) -> Iterator[tuple[str, list[str]]]:
    """Fact of a figure → the numerator and the denominator of which it is made."""
    home = facts.catalog.district.code
    for item in facts.items:
        if item.promise.target.rule.own:
            target = item.promise.target
            for year, row in facts.figures.years(target.indicator, target.sex, target.part).items():
                if both := _both(row):
                    yield item.fact("value", year), both
    for row in facts.figures.of_year(facts.year):
        if row["indicator"] in facts.indicators and (both := _both(row)):
            place = row["sex"] if row["area"] == home else row["area"] if row["sex"] == "total" else None
            if place:
                yield f"{row['indicator']}/{facts.year}/{place}", both


def _both(row: Mapping[str, Any]) -> list[str]:
    """Numerator and denominator; nothing if they are not told."""
    sides = row["numerator"], row["denominator"]
    return [] if None in sides else [_number(side) for side in sides]


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}" if value != int(value) else str(int(value))

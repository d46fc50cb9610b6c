"""What became of the warnings of a miss (`out_track`)."""

from __future__ import annotations

from datetime import date
from typing import Any

from expectations.vocabulary import Verdict, WarningKind
from flows import ledger
from flows.report.facts import Facts
from flows.report.facts.items import differ
from flows.warehouse import rows
from flows.wording import day


def by_year(facts: Facts) -> list[dict[str, Any]]:
    """Counts by the year in which the warnings were given, before the report's year. A year is `blank` in which no target with a
    figure had a verdict: nobody could warn, and its noughts say nothing.
    """
    return rows(
        facts.con,
        "select year, count(*) filter (where warned) as warned, "
        "count(*) filter (where warned and outcome = 'missed') as hits, "
        "count(*) filter (where warned and outcome = 'met') as alarms, "
        "count(*) filter (where warned and outcome in ('open', 'unknown')) as undecided, "
        "count(*) filter (where not warned and judged and outcome = 'missed') as silent, "
        "count(*) filter (where not warned and not judged and outcome = 'missed') as unjudged, "
        "avg(lead) filter (where warned and outcome = 'missed') as lead, not bool_or(judged) as blank "
        "from out_track where year < ? group by year order by year",
        facts.year,
    )


def judged_years(facts: Facts) -> set[int]:
    """The years in which some target had a verdict: in no other could anybody warn."""
    found = rows(facts.con, "select distinct year from out_assessments where verdict <> ?", Verdict.UNKNOWN)
    return {row["year"] for row in found}


def can_swing(facts: Facts) -> bool:
    """Whether some figure of the year has one of the year before beside it, of the same caliber: no other can be said to have
    swung, or not.
    """
    targets = (item.promise.target for item in facts.items if item.quantitative)
    series = (facts.figures.years(target.indicator, target.sex, target.part) for target in targets)
    pairs = ((own.get(facts.year), own.get(facts.year - 1)) for own in series)
    told = ((now, before) for now, before in pairs if now and before and None not in (now["value"], before["value"]))
    return any(not differ(now, before) for now, before in told)


def deadlines(facts: Facts) -> dict[str, date]:
    """Target → by when its warning of a miss must be mended."""
    found = ledger.entries(facts.con, facts.catalog, facts.year)
    return {entry.promise.id: entry.deadline for entry in found if entry.kind == WarningKind.MISS}


def answer_due(facts: Facts) -> str:
    """By when departments answer the year's warnings: 2025年7月30日."""
    return day(ledger.answer_due(facts.catalog, facts.edition.published))


def asks(facts: Facts) -> bool:
    """Whether an edition asks departments about its warnings."""
    return bool(facts.warnings) and facts.edition.internal and not facts.catalog.is_entered


def one_by_one(facts: Facts) -> list[dict[str, Any]]:
    """Every warning in every year, and every miss without a warning."""
    return rows(facts.con, "select * from out_track where warned or outcome = 'missed' order by target, year")

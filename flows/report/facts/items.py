"""One item for every target in the data year, with figures ready to print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import duckdb

from expectations import remedies, territory
from expectations.records import SHARE_DECIMALS, Catalog, Indicator, Promise, half_of_last
from expectations.requirement import plain, requirement
from expectations.units import unit_of
from expectations.vocabulary import FINE, NOT_IN_PRINT, Likelihood, Pace, Reason, Symbol, Verdict
from flows.absence import Absence
from flows.letters import called, spoken
from flows.outlook import Aim
from flows.outlook.status import likelihood
from flows.press.bound import Name, Quote, Word
from flows.press.numbers import Figure, exact, figure, rounded, seen
from flows.report.facts.figures import Figures
from flows.warehouse import Row, rows
from flows.wording import period, say


@dataclass(frozen=True)
class Rare:
    """What is printed for a rare event beside its rate."""

    events: Figure
    exposure: Figure
    lower: Figure
    upper: Figure
    pooled: Figure | None
    total: Figure | None
    """The events of all years since the plan began, if there are several and all are told."""
    years: str


class Difference(NamedTuple):
    """A difference in the indicator's unit, the year it is counted from, and the field of its fact."""

    value: float
    year: int
    field: str
    printed: str = ""
    """The change as the source of the figure prints it: in the unit, in % of the earlier value, 持平 or 基本持平."""


@dataclass(frozen=True)
class Item:
    """One target in the data year, and its way there."""

    promise: Promise
    catalog: Catalog
    row: Row
    """Its row of out_assessments."""
    history: Mapping[int, Mapping[str, Any]]
    """Its rows of every year."""
    series: Mapping[int, Mapping[str, Any]]
    """year → value, state, caliber of the compared figure, from the baseline on."""
    statement: Mapping[str, str] | None = None
    rare: Rare | None = None
    stated: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the source says of the year's figure, by kind: rows of core_stated."""
    reference: Mapping[int, Row] = field(default_factory=dict)
    """Year → the figure of the other indicator or area that a relative rule names."""
    absent: Absence | None = None
    """What was asked for; None if that is not known."""

    @property
    def id(self) -> str:
        return self.promise.id

    @property
    def anchor(self) -> str:
        return self.id.replace(".", "-")

    @property
    def verdict(self) -> str:
        return str(self.row["verdict"])

    @property
    def code(self) -> str:
        return self.verdict

    @property
    def word(self) -> Word:
        return Word(Verdict.of(self.verdict).word, self.fact("verdict"), self.verdict)

    @property
    def clause(self) -> Name:
        """目标1.2, 策略1.4"""
        return Name(self.promise.clause, f"clause/{self.id}")

    @property
    def title(self) -> Name:
        return Name(self.promise.title, f"title/{self.id}")

    @property
    def mark(self) -> str:
        return Verdict.of(self.verdict).mark

    @property
    def judgement(self) -> Word:
        """The verdict as a table prints it, with its qualifications."""
        notes = []
        if self.verdict == Verdict.UNKNOWN:
            notes.append(Reason.of(self.row["reason"]).word)
        if self.worsened and self.verdict in FINE:
            notes.append(say("labels/note/worsened"))
        if self.verdict == Verdict.MET_EARLY and self.is_kept_since_base:
            notes.append(say("labels/note/at_base"))
        if self.missed_before and self.verdict in FINE:
            notes.append(say("labels/note/missed", years=spans(self.missed_before)))
        if self.parted:
            notes.append(self.parted)
        if self.incomparable_before and self.row["reason"] != Reason.BREAK:  # which says as much
            notes.append(say("labels/note/incomparable", year=self.incomparable_before))
        if self.row["fragile"]:
            notes.append(say("labels/note/fragile"))
        return Word(self.word + (f"（{'，'.join(notes)}）" if notes else ""), self.fact("verdict"), self.verdict)

    @property
    def by_one(self) -> Rare | None:
        """The numbers of a rare event if one event more or less changes the verdict: then its distance says nothing."""
        return self.rare if self.row["fragile"] else None

    @property
    def incomparable_before(self) -> int | None:
        """The year since when the figure cannot be compared, if the baseline's or the last year's stands beside it."""
        year, start = int(self.row["year"]), self.promise.plan.head.baseline
        found = breaks_of(self.catalog, self.promise.indicator, self.promise.target.each, year)
        since = max((y for y in found if start < y <= year), default=None)
        if since is None or self.point(year)["value"] is None:
            return None
        beside = {y for y in (start, year - 1) if start <= y < since}
        return since if any(self.point(y)["value"] is not None for y in beside) else None

    @property
    def parted(self) -> str:
        """For a gap in amounts: how its two distances moved since the baseline, if one narrowed and the
        other did not.
        """
        row = self.row
        if None in (row["value"], row["baseline"], row["relative"], row["relative_baseline"]):
            return ""
        absolute = exact(row["baseline"]) - exact(row["value"]) > self.promise.unseen
        relative = exact(row["relative_baseline"]) - exact(row["relative"]) > half_of_last(SHARE_DECIMALS)
        if absolute == relative:
            return ""
        return say(f"labels/note/{'absolute' if absolute else 'relative'}_narrowed")

    @property
    def name(self) -> Name:
        return Name(called(self.promise), f"name/{self.id}")

    @property
    def spoken(self) -> Name:
        """The same in running text: 工资的两性差距, and without the table's （最低）, which is said in other words there."""
        return Name(spoken(self.promise), f"name/{self.id}")

    @property
    def quantitative(self) -> bool:
        return self.promise.indicator is not None

    @property
    def numbered(self) -> bool:
        """Whether the plan asks for a number, its own or another figure's, and not only for a direction."""
        return self.quantitative and not self.promise.target.rule.directional

    @property
    def unit(self) -> str:
        indicator = self.promise.indicator
        if indicator is None:
            return "—"
        gap = self.promise.target.rule.series == "gap"
        return unit_of(indicator.unit).points if gap else indicator.unit

    @property
    def decimals(self) -> int:
        return self.promise.indicator.decimals if self.promise.indicator else 0

    @cached_property
    def required(self) -> Name:
        return Name(requirement(self.catalog, self.promise), f"required/{self.id}")

    @property
    def lead(self) -> str:
        return self.catalog.department(self.promise.lead)

    @property
    def support(self) -> list[str]:
        return [self.catalog.department(d) for d in self.promise.support]

    @property
    def reading(self) -> Name | None:
        """How the plan's words were turned into something that can be judged, and who decided another number, if the
        catalogue says so.
        """
        target = self.promise.target
        decided = [
            say("labels/note/revised", year=r.since, by=r.by) for r in target.revised[: len(self.promise.earlier)]
        ]
        note = "；".join([*([target.note] if target.note else []), *decided])
        return Name(note, f"reading/{self.id}") if note else None

    @property
    def worsened(self) -> bool:
        """Whether the printed figure is worse than the year before."""
        change = self.row["change_previous"]
        return bool(self.row["worsened"]) and (
            change is None or not alike(change, self.decimals, self.unit, self.catalog)
        )

    @property
    def is_kept_since_base(self) -> bool:
        """Whether the baseline already was as the target asks, in figures that can be compared, and no year since was not."""
        row, promise = self.row, self.promise
        rule, year, limit = promise.target.rule, int(row["year"]), row["threshold"]
        if rule.limit != "number" or None in (limit, row["baseline"], row["change_baseline"]):
            return False
        ahead = (exact(row["baseline"]) - exact(limit)) * promise.direction
        since = [h for y, h in self.history.items() if promise.plan.head.start <= y <= year]
        kept = not any(h["met"] is False or h["verdict"] == Verdict.SUPPRESSED for h in since)
        return kept and rule.reached(ahead)

    @property
    def missed_before(self) -> list[int]:
        """For a promise for every year: the earlier years of the plan in which it was not kept."""
        start, year = self.promise.plan.head.start, int(self.row["year"])
        if not self.promise.target.yearly:
            return []
        return sorted(y for y, h in self.history.items() if start <= y < year and h["met"] is False)

    @property
    def limit(self) -> Name:
        """The number that the plan promises, with its unit."""
        value = self.promise.target.value
        return Name("" if value is None else plain(abs(value)) + self.promise.unit, f"required/{self.id}")

    @cached_property
    def change(self) -> Difference | None:
        """The change on the year before or, if that year has no figure, on the last comparable year
        since the baseline.
        """
        row, year = self.row, int(self.row["year"])
        if (told := self._stated("previous", year - 1)) is not None:
            return told
        if row["change_previous"] is not None:
            return Difference(row["change_previous"], year - 1, "change_previous")
        now = self.series.get(year)
        if now is None or now["value"] is None:
            return None
        earlier = [
            y
            for y, p in self.series.items()
            if y < year - 1
            and p["value"] is not None
            and p["caliber"] == now["caliber"]
            and y > self.promise.plan.head.baseline
        ]
        if earlier:
            last = max(earlier)
            return Difference(float(exact(now["value"]) - exact(self.series[last]["value"])), last, f"change_{last}")
        return self.change_baseline

    @property
    def change_baseline(self) -> Difference | None:
        row = self.row
        if (told := self._stated("baseline", row["baseline_year"])) is not None:
            return told
        if row["change_baseline"] is None or row["baseline_year"] >= row["year"]:
            return None
        return Difference(row["change_baseline"], row["baseline_year"], "change_baseline")

    @property
    def stated_since(self) -> int | None:
        """The first year in which the target was met, if the source says so."""
        return int(self.stated["since"]["value"]) if "since" in self.stated else None

    def _stated(self, kind: str, since: int) -> Difference | None:
        """The change as the source of the figure prints it."""
        told = self.stated.get(kind)
        return None if told is None else Difference(float(told["value"] or 0), since, f"change_{kind}", told["printed"])

    def fact(self, field: str, year: int | None = None) -> str:
        return f"{self.id}/{year or self.row['year']}/{field}"

    def point(self, year: int) -> Mapping[str, Any]:
        """The year's value with its state, even if nothing is known of it."""
        if year in self.series:
            return self.series[year]
        told = self.catalog.absence if self.absent is None else self.absent.of
        return {"value": None, "state": told(str(self.promise.target.indicator), year)}

    @property
    def told_years(self) -> list[int]:
        """The years whose figure is told: all years with a known state, and the report's own year."""
        return sorted({*self.series, int(self.row["year"])}) if self.quantitative else []

    def at(self, year: int) -> Figure | str:
        """The figure of the year, or the word for why there is none."""
        point = self.point(year)
        if point["value"] is None:
            return Reason.of(point["state"]).word
        return figure(
            point["value"], seen(point["value"], self.decimals), self.fact("value", year), self._number_of(year)
        )

    def cell(self, year: int) -> Figure | str:
        """The same in a table of several plans: nothing was asked under this one before its baseline."""
        return self.at(year) if self.quantitative and year >= self.promise.plan.head.baseline else "—"

    def _number_of(self, year: int) -> Decimal | None:
        """The number that the year was judged by, which its figure must not look like unless it is that: a plan's, or the
        nearer edge of its band.
        """
        row, target = self.history.get(year, {}), self.promise.target
        if target.band is not None:
            value = exact(self.point(year)["value"])
            return min(target.band, key=lambda edge: abs(edge - value))
        threshold = None if target.rule.directional else row.get("threshold")
        return None if threshold is None else exact(threshold)

    @property
    def value(self) -> Figure | str:
        return self.at(int(self.row["year"]))

    @property
    def before(self) -> Figure | str:
        return self.at(int(self.row["year"]) - 1)

    @property
    def base(self) -> Figure | str:
        """The baseline, converted to the present caliber if a factor is registered."""
        year, restated = self.promise.plan.head.baseline, self.row["baseline"]
        if restated is not None and self.row["change_baseline"] is not None:
            return figure(restated, self.decimals, self.fact("value", year))
        return self.at(year)

    @property
    def apart(self) -> Decimal | None:
        """How far the value is from what is asked, exactly; None if either is not known."""
        value, limit = self.row["value"], self.row["threshold"]
        return None if value is None or limit is None else exact(value) - exact(limit)

    @property
    def base_apart(self) -> bool:
        """Whether `base` is of another caliber than the figure of the report's year: beside that, it is marked."""
        base, now = (self.point(year) for year in (self.promise.plan.head.baseline, int(self.row["year"])))
        return differ(base, now) and self.row["change_baseline"] is None

    @property
    def strip(self) -> list[tuple[int, str]]:
        """The verdict's mark in every year of the plan so far."""
        start = self.promise.plan.head.start
        return [(y, Verdict.of(self.history[y]["verdict"]).mark) for y in sorted(self.history) if y >= start]

    @property
    def weather(self) -> Word:
        symbol = str(self.row["weather"])
        return Word(Symbol.words().get(symbol, Reason.NOT_APPLICABLE.word), self.fact("weather"), symbol)

    @property
    def second(self) -> Word:
        said = str(self.row["second"])
        return Word(Pace.words().get(said, Reason.NOT_APPLICABLE.word), self.fact("second"), said)

    @property
    def whole(self) -> bool:
        """Whether 100 % is asked for."""
        indicator, limit = self.promise.indicator, self.row["threshold"]
        if limit is None or indicator is None or indicator.range is None or not self.promise.target.rule.plain:
            return False
        return Aim(self.promise.direction, Fraction(limit), bound=Fraction(indicator.range[1])).whole

    def percent(self, field: str) -> Figure | Word | str:
        """A probability as a percentage, or in words if no percentage is reliable; a word if there is none."""
        value = self.row[field]
        if value is None:
            return Reason.NOT_APPLICABLE.word
        if sense := likelihood(value, self.whole):
            return Word(Likelihood.of(sense).word, self.fact(field), sense)
        return figure(value * 100, 0, self.fact(field))

    def number(self, field: str) -> Figure | str:
        """A figure of the assessment in the indicator's unit; a word if there is none."""
        value = self.row[field]
        return Reason.NOT_APPLICABLE.word if value is None else figure(value, self.decimals, self.fact(field))

    @cached_property
    def projection_limit(self) -> Decimal | None:
        """The least or the greatest that its figure can be, if the projection, which is mere arithmetic, lies beyond."""
        indicator, projection = self.promise.indicator, self.row["projection"]
        if indicator is None or projection is None:
            return None
        low, high = self.catalog.limits(indicator)
        if self.promise.target.rule.series == "gap":
            low, high = Decimal(0), None
        if low is not None and exact(projection) < low:
            return low
        return high if high is not None and exact(projection) > high else None

    @property
    def differ(self) -> bool:
        """Whether the methods that give an answer disagree on whether the target will be met in its year."""
        row, said = self.row, set()
        if row["weather"] not in {None, Symbol.NONE}:
            said.add(Symbol.of(row["weather"]).fine)
        if row["second"] not in {None, Pace.NOT_AVAILABLE}:
            said.add(Pace.of(row["second"]).fine)
        if row["probability"] is not None:
            said.add(row["probability"] >= self.catalog.policy.outlook.likely)
        return len(said) > 1

    @property
    def agreement(self) -> Word:
        agreed = "differ" if self.differ else "agree"
        return Word(say(f"labels/cell/{agreed}"), self.fact("differ"), agreed)

    @property
    def completion(self) -> Figure | str:
        """实现程度: 100·x/s for more, 100·s/x for less, at most 100 (国家统计局全面小康统计监测方案, 2008)."""
        value, limit = self.row["value"], self.row["threshold"]
        if value is None or limit is None or self.promise.target.rule.directional or limit <= 0 or value < 0:
            return Reason.NOT_APPLICABLE.word
        lower = self.promise.direction < 0
        within = value <= limit if lower else value >= limit  # also where the public edition says nothing of it
        share = 1.0 if within else limit / value if lower else value / limit
        return figure(min(share, 1.0) * 100, 1, self.fact("completion"), None if within else 100)

    @property
    def goals(self) -> list[int]:
        """The goals of the domain that this target belongs to: its own, or those that its action serves."""
        if self.promise.clause_kind == "goal":
            return [self.promise.number]
        return list(self.promise.domain.actions[self.promise.number].goals)

    @cached_property
    def remedies(self) -> list[tuple[Name, Name]]:
        """The clause of the plan's action that fits it, and the sentence that does; empty if the plan has none."""
        found = remedies.fitting(self.promise)
        return [] if found is None else [(Name(found.clause, f"clause/{self.id}"), Name(found.text, f"text/{self.id}"))]

    @property
    def told(self) -> Quote | None:
        """The department's statement on it, with its source."""
        if self.statement is None:
            return None
        return Quote(f"{self.statement['text']}（{self.statement['source']}）", self.statement["delivery"])


def spans(years: Sequence[int]) -> str:
    """2022年、2024—2026年: three or more years in a row are told as a span."""
    runs: list[list[int]] = []
    for year in years:
        if runs and runs[-1][-1] == year - 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    told = []
    for run in runs:
        told += [period(run[0], run[-1])] if len(run) > 2 else [period(y, y) for y in run]
    return "、".join(told)


def there(point: Mapping[str, Any]) -> bool:
    """Whether a year has a column in a table: it has a figure, or a reason of its own for having none; not if nobody
    entered it.
    """
    return point["state"] not in NOT_IN_PRINT


def differ(*points: Mapping[str, Any]) -> bool:
    """Whether figures that are all known are of more than one caliber."""
    return all(p["value"] is not None for p in points) and len({p["caliber"] for p in points}) > 1


PERCENT = ("%", unit_of("%").points)
"""The unit of a percentage, and that of a distance between two."""


def alike(change: float | Decimal, decimals: int, unit: str, catalog: Catalog) -> bool:
    """Whether a difference is told as none: it prints as zero, or is at most `wording.flat` points of a percentage, also where what
    has changed is itself a distance. Every sentence, table and chart asks here.
    """
    size = abs(exact(change))
    return rounded(size, decimals) == 0 or (unit in PERCENT and size <= catalog.policy.wording.flat)


def read(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, figures: Figures, absent: Absence) -> list[Item]:
    history: dict[str, dict[int, dict[str, Any]]] = {}
    for row in rows(con, "select * from out_assessments"):
        history.setdefault(row["target"], {})[row["year"]] = row
    statements = {r["target"]: r for r in rows(con, "select * from core_statements where year = ?", year)}
    stated: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in rows(con, "select * from core_stated where year = ?", year):
        stated.setdefault((row["indicator"], row["part"]), {})[row["kind"]] = row
    items = []
    for promise in catalog.promises(year):
        years = {y: absent.of_verdict(promise, row) for y, row in history.get(promise.id, {}).items()}
        if year not in years:
            continue
        own = figures.years(promise.target.indicator, promise.target.sex, promise.target.part)
        breaks = territory.breaks(catalog.district, promise.target.each)
        kept = _kept_back(catalog, promise, figures, years)
        series, rare = _series(promise, years, own, breaks, kept), _rare(promise, own, year)
        if series and not promise.target.rule.own and promise.plan.head.baseline not in series:
            series |= _baseline_alone(catalog, promise, figures)
        said = stated.get(promise.target.subject, {}) if promise.target.of_the_whole else {}
        items.append(
            Item(
                promise,
                catalog,
                years[year],
                years,
                series,
                statements.get(promise.id),
                rare,
                said,
                _reference(catalog, promise, figures, year),
                absent,
            )
        )
    return items


def breaks_of(catalog: Catalog, indicator: Indicator | None, each: str | None, until: int) -> set[int]:
    """The first years of a caliber, or (up to a year) of other areas, with which earlier values are not comparable."""
    found = {v.since for v in indicator.calibers if v.bridge is None} if indicator else set()
    return found | {year for year in territory.breaks(catalog.district, each) if year <= until}


def _series(
    promise: Promise,
    years: Mapping[int, Mapping[str, Any]],
    own: Mapping[int, Row],
    breaks: Set[int],
    kept: Set[int],
) -> dict[int, dict[str, Any]]:
    """The compared figure of every year: the indicator's own, or the rule's figure (a gap, a minimum); `breaks` are years
    since when the areas behind it are others, `kept` those of which something is kept back.
    """

    def caliber(year: int) -> int:
        return max((since for since in breaks if since <= year), default=0)

    if promise.indicator is None:
        return {}
    series = {}
    if not promise.target.rule.own:
        for year, row in years.items():
            lacking = row["value"] is None
            state = Reason.of_compared(row["reason"], kept_back=year in kept) if lacking else row["reason"] or Reason.OK
            series[year] = {"value": row["value"], "state": str(state), "caliber": caliber(year)}
            if row["baseline"] is not None:
                base = row["baseline_year"]
                series[base] = {"value": row["baseline"], "state": "ok", "caliber": caliber(base)}
    else:
        told = {year: row for year, row in own.items() if year >= promise.plan.head.baseline}
        for year, row in told.items():
            series[year] = {"value": row["value"], "state": row["state"], "caliber": row["caliber"]}
    return series


def _kept_back(catalog: Catalog, promise: Promise, figures: Figures, years: Iterable[int]) -> set[int]:
    """The years whose compared value is made of a figure that is kept back, as a public edition prints it; none where the year's own
    figure is judged, which says so itself.
    """
    if promise.target.rule.own:
        return set()
    sources = catalog.sources(promise)

    def is_kept(year: int) -> bool:
        found = (figures.of_group(key, year, (area, unit), sex, part) for key, area, unit, sex, part in sources)
        return any(row is not None and row["state"] == Reason.SUPPRESSED for row in found)

    return {year for year in years if any(map(is_kept, range(year + 1 - promise.target.window, year + 1)))}


def _reference(catalog: Catalog, promise: Promise, figures: Figures, year: int) -> dict[int, Row]:
    """The figures of the other indicator or area that the target names, from the baseline on."""
    target = promise.target
    if not target.rule.relative:
        return {}
    of_area = target.rule.limit == "area"
    indicator = str(target.indicator if of_area else target.than)
    place = (str(target.than) if of_area else catalog.district.code, "")
    found = {
        y: figures.of_group(indicator, y, place, target.sex, target.part or "")
        for y in range(promise.plan.head.baseline, year + 1)
    }
    return {y: row for y, row in found.items() if row is not None}


def _baseline_alone(catalog: Catalog, promise: Promise, figures: Figures) -> dict[int, dict[str, Any]]:
    """The baseline of a distance or of a lowest place where no year of the plan has a value to hold against it, or why there is
    none: what one of its sides, or one of the places, lacks. Of what else is judged nothing is told then.
    """
    base, target = promise.plan.head.baseline, promise.target
    key, home = str(target.indicator), (catalog.district.code, "")
    match target.rule.series:
        case "gap":
            found = [figures.of_group(key, base, home, side.sex, side.part) for side in promise.sides]
        case "lowest":
            places = catalog.places(str(target.each), base)
            found = [figures.of_group(key, base, place, target.sex, target.part or "") for place in places]
        case _:
            return {}
    there = [row for row in found if row is not None and row["state"] != Reason.NOT_APPLICABLE]
    if not there or any(row is None for row in found):
        return {}
    if lacking := next((row["state"] for row in there if row["state"] != Reason.OK), None):
        return {base: {"value": None, "state": str(lacking), "caliber": 0}}
    values = [float(row["value"]) for row in there]
    if target.rule.series != "gap":
        return {base: {"value": min(values), "state": "ok", "caliber": 0}}
    if len(values) < len(found):
        return {base: {"value": None, "state": str(Reason.NOT_APPLICABLE), "caliber": 0}}
    return {base: {"value": float(abs(exact(values[0]) - exact(values[1]))), "state": "ok", "caliber": 0}}


def _rare(promise: Promise, years: Mapping[int, Row], year: int) -> Rare | None:
    """Events, exposure and interval of the year; pooled values since the plan began."""
    indicator = promise.indicator
    row = years.get(year)
    if indicator is None or not indicator.rare or row is None or row["lower"] is None:
        return None
    if promise.target.rule.series == "gap":
        return None  # events and interval are those of the whole, and not of a distance
    fact = f"{promise.id}/{year}"
    period = [r for y, r in years.items() if promise.plan.head.start <= y <= year and r["denominator"]]
    pooled = total = None
    if len(period) > 1 and all(r["numerator"] is not None for r in period):
        events, exposure = sum(r["numerator"] for r in period), sum(r["denominator"] for r in period)
        value = events * indicator.per / exposure
        pooled = figure(value, seen(value, indicator.decimals), f"{fact}/pooled")
        total = figure(events, 0, f"{fact}/pooled_events")
    first = min((y for y in years if y >= promise.plan.head.start), default=year)
    return Rare(
        figure(row["numerator"], 0, f"{fact}/numerator"),
        figure(row["denominator"], 0, f"{fact}/denominator"),
        figure(row["lower"], seen(row["lower"], indicator.decimals), f"{fact}/lower"),
        figure(row["upper"], seen(row["upper"], indicator.decimals), f"{fact}/upper"),
        pooled,
        total,
        say("labels/years", first=first, last=year),
    )

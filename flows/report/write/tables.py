"""Makes tables from facts: the rows of the templates, and the CSV files beside the report."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from expectations.records import Indicator
from expectations.vocabulary import SHORT, DeliveryStatus, Fate, Reason, Sex, Verdict
from flows import inert
from flows.cells import Cells
from flows.press.bound import Name, Word
from flows.press.numbers import Figure, exact, figure
from flows.report.facts import Facts, compared, gaps, received, redrawn, warned
from flows.report.facts.followed import Followed
from flows.report.facts.items import Item, alike
from flows.wording import headings, read, say


def write_csv(path: Path, header: Sequence[str], table: Iterable[Sequence[object]]) -> None:
    """Write UTF-8 with BOM, as Excel expects; a text that a spreadsheet would run as a formula is quoted; no cell is
    empty.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows([_cell(value) for value in row] for row in table)


def _cell(value: object) -> str:
    if isinstance(value, Figure):
        return value.text.replace("−", "-")
    if isinstance(value, int | float):
        return str(value)
    text = "—" if value is None or value == "" else str(value)
    return inert.cell(text)


def targets(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """Every target of the plans in force: its figures since the baseline, what was asked, the verdict."""
    years = [y for y in range(facts.base, facts.year + 1) if any(y in i.series for i in facts.items)]
    header = headings("targets", years=years)
    table: list[list[object]] = []
    for item in facts.items:
        values = [item.cell(y) for y in years]
        name = item.name if item.quantitative else say("labels/cell/evidence")
        reason = Reason.words().get(str(item.row["reason"]), "") if item.verdict == Verdict.UNKNOWN else ""
        table.append(
            [
                item.promise.plan.head.short,
                item.clause,
                item.title,
                name,
                Name(item.unit, "unit"),
                *values,
                item.required,
                item.word,
                reason,
                item.completion if item.quantitative else "—",
                "".join(mark for _, mark in item.strip),
                item.lead,
            ]
        )
    return header, table


def outlook(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """Where each target is heading, by four methods; only targets whose end is still to come."""
    header = headings("outlook")
    table: list[list[object]] = [
        [
            i.promise.plan.head.short,
            i.clause,
            i.name,
            Name(i.unit, "unit"),
            i.value,
            i.required,
            i.word,
            i.number("trend"),
            i.number("projection"),
            i.weather,
            i.second,
            i.percent("probability"),
            i.number("outlook_low"),
            i.number("outlook_high"),
            i.agreement,
        ]
        for i in facts.items
        if i.quantitative
        and (i.row["probability"] is not None or i.row["weather"] not in {None, "none"})
        and i.row["year"] < i.promise.plan.head.end
    ]
    return header, table


def track(facts: Facts) -> list[dict[str, Any]]:
    """What became of the warnings of a miss, by the year in which they were given."""
    counted = ("warned", "hits", "alarms", "undecided", "silent", "unjudged")
    return [
        {"year": r["year"], "lead": "—" if r["lead"] is None else figure(r["lead"], 1, f"track/{r['year']}/lead")}
        | {k: figure(r[k], 0, f"track/{r['year']}/{k}") for k in counted}
        | {"blank": r["blank"]}
        for r in warned.by_year(facts)
    ]


def fates(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """Every warning of a miss in every year, and what became of it."""
    items = {i.id: i for i in facts.items}
    table: list[list[object]] = []
    for r in warned.one_by_one(facts):
        if item := items.get(r["target"]):
            told = say(f"labels/cell/{'warned' if r['warned'] else 'unwarned' if r['judged'] else 'unjudged'}")
            lead = "—" if r["lead"] is None else str(r["lead"])
            table.append([item.promise.clause, item.name, r["year"], told, Fate.of(r["outcome"]).word, lead])
    return headings("track"), table


def overview(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """Counts and attainment by plan and domain."""
    header = headings("overview")
    table: list[list[object]] = []
    for plan in facts.plans:
        parts = [(d.title, facts.of_domain(plan, d), f"{plan.id}/{d.domain}") for d in plan.domains]
        for name, items, key in [*parts, (say("labels/cell/sum"), facts.of_plan(plan), plan.id)]:
            t = facts.tally(items, key)
            counts = (t.all, t.judged, t.attained, t.number(Verdict.ON_COURSE), t.short, t.unknown)
            table.append([plan.head.short, name, *counts, t.fine_rate, t.fine_rate_all, t.fine_rate_most, t.evidence])
    return header, table


def statements(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """Evidence targets with the statements of their departments."""
    header = headings("statements")
    table: list[list[object]] = []
    for item in (i for i in facts.items if not i.quantitative):
        own = item.row["reason"] in {Reason.NOT_ASKED, Reason.REJECTED}
        lacks = Reason.of(item.row["reason"]) if own else Reason.NOT_RECEIVED
        told = item.statement or dict.fromkeys(("text", "source"), lacks.word)
        promise = item.promise
        head = [promise.plan.head.short, promise.clause, promise.title, item.lead, promise.target.ask]
        table.append([*head, item.judgement, told["text"], told["source"]])
    return header, table


def indicators(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """Every indicator by year, area, institution and sex, not rounded, and, where a form has a dimension, by its parts."""
    district = facts.catalog.district
    places, institutions = {**district.names, district.code: district.short}, district.members
    header, divided = headings("indicators"), bool(facts.catalog.divided)
    if divided:
        header.insert(PARTS_AT, say("labels/cell/part"))
    table: list[list[object]] = []
    for r in facts.figures.all:
        i = facts.catalog.indicators[r["indicator"]]
        table.append(
            [
                i.name,
                r["year"],
                r["area"],
                places[r["area"]],
                institutions.get(r["institution"], ""),
                Sex.of(r["sex"]).word,
                *([facts.catalog.part_names.get(r["part"], Sex.TOTAL.word)] if divided else []),
                _plain(r["numerator"]),
                _plain(r["denominator"]),
                r["value"],
                r["lower"],
                r["upper"],
                i.unit,
                say("labels/cell/there") if r["state"] == "ok" else Reason.of(r["state"]).word,
            ]
        )
    return header, table


def above(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """Every figure of the areas above the district, of all years, beside the district's own of the same year."""
    table: list[list[object]] = []
    for told in facts.above.all:
        indicator, found = facts.catalog.indicators[told.indicator], facts.above.compared(told)
        table.append(
            [
                indicator.name,
                indicator.unit,
                told.area.code,
                told.area.name,
                told.year,
                told.figure,
                found.own,
                found.gap,
                found.word,
                told.agreement or say("labels/above/agreed"),
                told.source,
                told.issued,
                say("labels/above/simulated" if told.simulated else "labels/above/real"),
            ]
        )
    return headings("above"), table


PARTS_AT = 6
"""The place of the parts in that table: behind the sex."""


def _plain(value: Any) -> object:
    return None if value is None else float(value) if value != int(value) else int(value)


def origins(facts: Facts) -> list[dict[str, Any]]:
    """Where each published figure was printed, up to the data year: for a report that was compiled from
    publications.
    """
    listed = received.sources(facts)
    for row in listed:
        indicator = facts.catalog.indicators[row["indicator"]]
        row["name"] = Name(indicator.name, f"name/{row['indicator']}")
        row["value"] = figure(row["value"], indicator.decimals, f"{row['indicator']}/{row['year']}/total")
    return listed


def sexes(facts: Facts) -> list[dict[str, Any]]:
    """Every indicator by sex: women, men, the distance, the ratio, and whether the distance shrank."""
    table = []
    for key, indicator in facts.sexed.items():
        if not indicator.by_sex:
            continue
        own = facts.figures.at_home(key)
        found = {place: r for place, r in own.items() if r["value"] is not None}
        caliber = next((r["caliber"] for (y, _), r in found.items() if y == facts.year), None)
        values = {place: r["value"] for place, r in found.items() if r["caliber"] == caliber}
        counted = {
            s: float(r["numerator"]) for (y, s), r in found.items() if y == facts.year and r["numerator"] is not None
        }
        fact = f"{key}/{facts.year}"

        def gap(year: int, values: Mapping[tuple[int, str], float] = values) -> Decimal | None:
            f, m = values.get((year, "female")), values.get((year, "male"))
            return None if f is None or m is None else exact(f) - exact(m)

        now, before = gap(facts.year), gap(facts.year - 1)
        base = gap(facts.base)
        row: dict[str, Any] = {
            "name": indicator.name,
            "unit": indicator.unit,
            "lead": facts.catalog.department(indicator.lead),
            "indicator": indicator,
        }
        for sex in ("female", "male", "total"):
            value = values.get((facts.year, sex))
            state = own[facts.year, sex]["state"] if (facts.year, sex) in own else facts.absence(key, facts.year)
            row[sex] = Reason.of(state).word if value is None else figure(value, indicator.decimals, f"{fact}/{sex}")
        row["share"] = _female_share(counted, indicator, f"{fact}/female_share")
        if now is None:
            row |= dict.fromkeys(("gap", "ratio"), say("labels/cell/uncountable"))
            row |= dict.fromkeys(("trend", "trend_before"), NO_TREND) | {"even": False}
        else:
            male = values[facts.year, "male"]
            row["gap"] = figure(now, indicator.decimals, f"{fact}/gap")
            row["even"] = alike(now, indicator.decimals, indicator.unit, facts.catalog)
            row["ratio"] = (
                figure(values[facts.year, "female"] / male, 2, f"{fact}/ratio") if male else Reason.NOT_APPLICABLE.word
            )
            row["trend"], row["trend_before"] = (
                narrowed(facts, indicator, now, earlier, f"{fact}/{name}")
                for name, earlier in (("gap_change", base), ("gap_change_previous", before))
            )
        table.append(row)
    return table


def _female_share(counts: Mapping[str, float], indicator: Indicator, fact: str) -> object:
    """Women among those counted (the numerator), in %; none for amounts that are no persons."""
    if not {"female", "total"} <= counts.keys() or not counts["total"] or not indicator.people or indicator.per == 1:
        return Reason.NOT_APPLICABLE.word
    return figure(counts["female"] * 100 / counts["total"], 1, fact)


NO_TREND = Word(Verdict.UNKNOWN.word, "sexes/none", Verdict.UNKNOWN)


def narrowed(facts: Facts, indicator: Indicator, now: Decimal, before: Decimal | None, fact: str) -> Word:
    """Whether the distance shrank or grew; it did neither if the other sex is ahead now."""
    if before is None:
        return NO_TREND
    sense = gaps.moved(before, now, indicator.decimals, indicator.unit, facts.catalog)
    return Word(sense.word, fact, sense)


def scorecard(facts: Facts) -> list[dict[str, object]]:
    """By department: indicators about people, those due by sex, those received by sex."""
    came = {
        r["indicator"]
        for r in facts.figures.all
        if r["year"] == facts.year
        and (r["sex"] != "total" or facts.catalog.indicators[r["indicator"]].kind == "share")  # a share stands at total
        and (r["value"] is not None or r["state"] == "suppressed")  # a suppressed figure has been received
    }
    table = []
    for key, department in facts.catalog.district.departments.items():
        own = {k: i for k, i in facts.sexed.items() if i.lead == key and i.people}
        split = {k for k, i in own.items() if i.by_sex or i.kind == "share"}
        got = split & came
        if own and department.sends:
            fact = f"scorecard/{key}/{facts.year}"
            table.append(
                {
                    "name": department.name,
                    "people": figure(len(own), 0, f"{fact}/people"),
                    "due": figure(len(split), 0, f"{fact}/due"),
                    "got": figure(len(got), 0, f"{fact}/got"),
                    "missing": figure(len(own) - len(got), 0, f"{fact}/missing"),
                    "names": _some([own[k].name for k in own if k not in got], f"{fact}/missing"),
                }
            )
    return table


def _some(names: Sequence[str], fact: str, most: int = 3) -> Markup:
    """The first names, and their total number if there are more."""
    listed = escape("、".join(names[:most]) or "—")
    if len(names) <= most:
        return listed
    return escape(read("labels")["first_of_all"]).format(listed=listed, number=figure(len(names), 0, fact))


def by_area(facts: Facts, keys: Sequence[str]) -> tuple[list[str], list[list[object]]]:
    """One row for each area of the data year, one column for each indicator."""
    found = {(r["indicator"], r["area"]): r for r in facts.figures.of_year(facts.year) if r["sex"] == "total"}
    chosen = [facts.catalog.indicators[k] for k in keys]
    header = headings(
        "areas", areas=facts.catalog.district.areas_called, indicators=[f"{i.name}（{i.unit}）" for i in chosen]
    )
    table: list[list[object]] = []
    for area in facts.catalog.district.areas_of(facts.year):
        line: list[object] = [area.name]
        for key, indicator in zip(keys, chosen, strict=True):
            r = found.get((key, area.code))
            if r is None:
                line.append(Reason.of(facts.absence(key, facts.year)).word)
            elif r["value"] is None:
                line.append(Reason.of(r["state"]).word)
            else:
                line.append(figure(r["value"], indicator.decimals, f"{key}/{facts.year}/{area.code}"))
        table.append(line)
    return header, table


def districts(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """For each indicator that is put together from the districts': the whole, then each district, its interval and how it
    differs from the whole.
    """
    table: list[list[object]] = []
    for one in compared.comparisons(facts):
        name = Name(f"{one.indicator.name}（{one.indicator.unit}）", f"indicator/{one.key}")
        absent = Reason.of(facts.absence(one.key, facts.year))
        for part in (one.whole, *one.parts):
            fact = f"{one.key}/{facts.year}/{part.area}"
            table.append([name, part.name, *_compared(one.indicator, part, fact, absent)])
    return headings(
        "districts", areas=facts.catalog.district.areas_called, whole=facts.catalog.district.called_whole
    ), table


def _compared(indicator: Indicator, part: compared.Compared, fact: str, absent: Reason) -> Iterator[object]:
    row, decimals = part.row, indicator.decimals
    if row is None or row["value"] is None:
        yield Reason.of(row["state"] if row else absent).word
    else:
        yield figure(row["value"], decimals, fact)
    for limit, name in zip(part.limits or (None, None), ("lower", "upper"), strict=True):
        yield "—" if limit is None else figure(limit, decimals, f"{fact}/{name}")
    for name in ("numerator", "denominator"):
        count = None if row is None else row[name]
        yield "—" if count is None else figure(count, 0, f"{fact}/{name}")
    yield Word(part.against.word, f"{fact}/against", part.against) if part.against else "—"


def redrawn_areas(facts: Facts) -> tuple[list[str], list[list[object]]]:
    """Areas that were merged or split since the baseline: their figures in the areas of the report's year, and how they
    changed as far as the years can be compared.
    """
    years = sorted({facts.base, facts.year - 1, facts.year})
    names = {a.code: a.name for a in facts.catalog.district.areas}
    table: list[list[object]] = []
    for area in redrawn.areas(facts):
        for key in area_indicators(facts):
            indicator = facts.catalog.indicators[key]
            known = {year: redrawn.joined(facts, key, area, year) for year in years}
            facts_of = {year: f"{key}/{year}/{area}" + ("/joined" if year < facts.year else "") for year in years}
            cells: list[object] = [
                Reason.of(j.state).word if j.value is None else figure(j.value, indicator.decimals, facts_of[year])
                for year, j in known.items()
            ]
            now = known[facts.year]
            for earlier in years[:-1]:
                before = known[earlier]
                fact = f"{key}/{facts.year}/{area}/change_{earlier}"
                states = {now.state, before.state}
                if Reason.SUPPRESSED in states and Reason.BREAK not in states:
                    cells.append(Reason.SUPPRESSED.word)
                elif now.value is None or before.value is None or before.is_apart(now):
                    cells.append(say("labels/cell/incomparable"))
                else:
                    cells.append(figure(exact(now.value) - exact(before.value), indicator.decimals, fact))
            table.append([names[area], f"{indicator.name}（{indicator.unit}）", *cells])
    return headings("redrawn", areas=facts.catalog.district.areas_called, years=years, changes=years[:-1]), table


def area_indicators(facts: Facts) -> list[str]:
    """Indicators that areas report and that a target names, in the order of the plans."""
    parts = facts.catalog.district.parts
    known = {r["indicator"] for r in facts.figures.of_year(facts.year) if r["area"] in parts}
    return list(
        dict.fromkeys(str(i.promise.target.indicator) for i in facts.items if i.promise.target.indicator in known)
    )


UNSETTLED = {DeliveryStatus.MISSING, DeliveryStatus.REFUSED, DeliveryStatus.PARTIAL}
"""How a delivery stands of which something is still to be sent, or to be mended."""


def owed(listed: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of some deliveries of which something is still to be sent, or to be mended."""
    return [row for row in listed if row["status"] in UNSETTLED]


def deliveries(facts: Facts) -> list[dict[str, Any]]:
    """Every dataset of the data year with what became of it; `late` is when its first version came."""
    table = received.deliveries(facts)
    order = list(facts.catalog.district.departments)
    table.sort(key=lambda row: order.index(row["department"]))
    for row in table:
        row["department_name"] = facts.catalog.department(row["department"])
        row["title"] = facts.catalog.datasets[row["dataset"]].title
        row["word"] = DeliveryStatus.of(row["status"]).word
        again = (
            row["version"] is not None and row["version"] > 1
        )  # a correction is not late: its first version was or not
        came = "corrected" if again else "late" if row["late"] else "punctual"
        row["punctual"] = "—" if row["received"] is None else say(f"labels/cell/{came}")
        row["received_on"] = row["received"] or "—"
        row["version_words"] = say("labels/version", number=row["version"]) if row["version"] else "—"
        row["cells"] = cells = Cells.of([row])
        row["observed"] = figure(cells.used, 0, f"{row['delivery']}/observations")
        row["rejected"] = figure(cells.rejected, 0, f"{row['delivery']}/rejections")
    return table


def revisions(facts: Facts) -> list[dict[str, Any]]:
    """Cells that a later version of a delivery changed, in any year of the report; a public warehouse has no cells."""
    if not facts.edition.internal:
        return []
    empty = say("labels/cell/empty")
    return [
        {**newer, "header": c.header, "place": c.place, "old": c.old or empty, "new": c.new or empty}
        for newer, cells in received.corrected(facts)
        for c in cells
    ]


def problems(facts: Facts) -> list[Item]:
    """Targets that fall short, most at stake first; a target that two plans share is there once."""
    found: dict[tuple[object, ...], Item] = {}
    for item in (i for i in facts.ranked if i.verdict in SHORT):
        found.setdefault(item.promise.asked, item)
    return list(found.values())


def followed(found: Sequence[Followed], name: str) -> tuple[list[str], list[list[object]]]:
    """Every warning of the year before, or of the period: what was asked for, what its department answered, how the target
    stands now. `name` has the headings.
    """
    table: list[list[object]] = []
    for f in found:
        item, entry, reply = f.item, f.entry, f.reply
        values = (f.then, item.value) if item.quantitative else ("—", item.word)
        given = () if name == "followed" else (f.first, len(f.entries))
        answer = ("",) * 7 if reply is None else (
            reply.said, reply.cause, reply.steps, reply.until, reply.evidence, reply.objection, reply.person
        )  # fmt: skip
        plan, clause, _, kind = entry.key
        head = (f.department, plan, clause, item.name, kind, entry.level.word)
        late = say("labels/cell/late") if f.late else ""
        asked = (entry.gap, entry.acceptance, entry.deadline)
        table.append([*head, *given, *values, *asked, entry.state.word, late, *answer, f.way or "", f.result])
    return headings(name), table

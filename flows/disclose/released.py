"""The public copy of a warehouse. It holds nothing that must not be printed, so the report cannot give it away."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from expectations import stakes
from expectations.records import Catalog
from expectations.vocabulary import Cause, Reason, Verdict, WarningKind
from flows.disclose.counts import Definitions, FigurePlace
from flows.warehouse import memory
from flows.wording import say

INDICATORS = """
select i.* replace (
    case when not coalesce(s.numerator, false) then i.numerator end as numerator,
    case when not coalesce(s.denominator, false) then i.denominator end as denominator,
    case when s.indicator is null then i.value end as value,
    case when s.indicator is null then i.lower end as lower,
    case when s.indicator is null then i.upper end as upper,
    case when s.indicator is null then i.state else 'suppressed' end as state
)
from out_indicators i left join out_suppressed s using (indicator, year, area, institution, sex, part)
order by all
"""
TABLES = {
    "out_indicators": INDICATORS,
    "out_above": "select * replace ('' as delivery, 0 as line) from out_above order by all",
    "meta_audience": "select 'public' as audience, exists (from out_suppressed where kind = 'beyond') as beyond",
    "meta_register": "select * from meta_register",
    "meta_as_of": "select * from meta_as_of",
    "meta_deliveries": "select * replace (null::varchar as file, null::varchar as sha256, null::varchar as sheet, "
    "null::varchar as encoding, null::varchar as evidence, null::varchar as reason) from meta_deliveries",
    "meta_late": "select * replace (null::varchar as why, null::varchar as file) from meta_late order by all",
    "core_statements": "select * from core_statements",
    # A change tells the figure before it.
    "core_stated": "select * from core_stated where indicator not in (select indicator from out_suppressed)",
    # … and findings by severity.
    "out_findings": "select gate, severity, rule, dataset, department, delivery, "
    "null::varchar as file, null::varchar as sheet, null::integer as line, null::integer as position, "
    "null::varchar as column_name, year, "
    "null::varchar as area, null::varchar as institution, null::varchar as sex, null::varchar as part, null::varchar as measure, "
    "null::varchar as indicator, null::varchar as target, null::varchar as value, null::varchar as previous, times, "
    "'' as expected, '' as message, '' as cure, null::varchar as override from out_findings where override is null",
    "out_checks": "select * from out_checks where gate <> 'plan'",
    "out_suppressed": "select * replace (null as kind) from out_suppressed",  # which is small itself is not told
    "out_withheld": "select * from out_withheld",
    "out_assessments": "select * from out_assessments",
    "out_warnings": "select * from out_warnings",
    "out_track": "select * from out_track",
}
"""Table → the part of it that is public. The copy has every other table too, but empty."""

BINARY = {verdict.value: verdict.met for verdict in Verdict if verdict.met is not None}
OUTLOOK = ("trend", "projection", "weather", "second", "ratio", "score", "probability", "outlook_low", "outlook",
           "outlook_high", "relative", "relative_baseline")  # fmt: skip
"""Columns that are computed from the whole series of a target."""
BY_CASES = ("fragile", "by_one")
"""Columns that tell how one case more or less would move the year's own figure across its limit."""


@contextmanager
def public(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse as the public edition prints it, after `protect`; it is removed when the edition is made.

    Figures named in `out_suppressed` have no value and the state `suppressed`; everything derived from them is empty
    too. Verdicts are kept if `out_withheld` allows it. There are no delivered files, texts of findings or rejected
    cells.
    """
    with memory() as copy:
        copy.execute("delete from meta_audience")
        with tempfile.TemporaryDirectory() as folder:  # two connections meet in a file
            path = Path(folder) / "public.duckdb"
            con.execute(f"attach '{path}' as public_copy")
            # each that is copied costs as much as many rows, and most are empty
            rows = {table: con.execute(f"select 1 from {table} limit 1").fetchone() for table in TABLES}  # noqa: S608
            filled = [table for table in TABLES if rows[table] or table == "meta_audience"]
            for table in filled:
                con.execute(f"create table public_copy.{table} as {TABLES[table]}")
            con.execute("detach public_copy")
            copy.execute(f"attach '{path}' as public_copy (read_only)")
            for table in filled:
                copy.execute(f"insert into {table} by name select * from public_copy.{table}")  # noqa: S608  (ours)
            copy.execute("detach public_copy")
        copy.begin()
        _round(copy, catalog)
        _empty_assessments(copy, catalog)
        _empty_warnings(copy, catalog)
        _rank(copy, catalog)
        _withhold_texts(copy, catalog)
        copy.commit()
        yield copy


def hidden_years(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> Mapping[str, Mapping[int, list[FigurePlace]]]:
    """Target → year → the suppressed figures that the value judged in it is made of, be they of that year or of one before
    (`Target.window`); targets without any are left out.
    """
    suppressed: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for indicator, year, *place in con.execute(
        "select indicator, year, area, institution, sex, part from out_suppressed order by all"
    ).fetchall():
        suppressed[indicator, *place].append(year)
    found: dict[str, dict[int, list[FigurePlace]]] = {}
    for promise in catalog.promises():
        for indicator, *place in catalog.sources(promise):
            for year in suppressed.get((indicator, *place), ()):
                figure = FigurePlace(indicator, year, *place)
                for judged in range(year, year + promise.target.window):
                    found.setdefault(promise.id, {}).setdefault(judged, []).append(figure)
    return found


def _empty_assessments(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Remove from every assessment what is derived from a suppressed figure of any year.

    控制在 says nothing before the end if the baseline is suppressed: 本年达标 or 提前达标 would tell on which side the baseline
    was.
    """
    promises = {p.id: p for p in catalog.promises()}
    told = {(t, y) for t, y in con.execute("select target, year from out_withheld where met").fetchall()}
    for target, years in hidden_years(con, catalog).items():
        promise = promises[target]
        for year, baseline_year, verdict, reason in con.execute(
            "select year, baseline_year, verdict, reason from out_assessments where target = ?", [target]
        ).fetchall():
            if min(years) > year:
                continue
            empty = {*OUTLOOK, *(() if promise.target.rule.fixed else ("threshold", *BY_CASES))}
            if year in years:
                empty |= {
                    "value",
                    *BY_CASES,
                    "change_baseline",
                    "change_previous",
                    "worsened",
                    "places_met",
                    "places_failing",
                    "places_unknown",
                    "places_exempt",
                }
            if baseline_year in years:
                empty |= {"baseline", "change_baseline"}
            if year - 1 in years:
                empty |= {"previous", "change_previous", "worsened"}
            beside = any(promise.rests_on(year, other) for other in years if other != year)
            answer = not beside and (year not in years or (target, year) in told)
            if not answer:
                empty.add("met")
            columns = [f"{column} = null" for column in sorted(empty)]
            nobody = (
                verdict == Verdict.UNKNOWN and reason == Reason.NOT_APPLICABLE and year in years
            )  # nobody was there
            if nobody or (verdict != Verdict.UNKNOWN and not (answer and verdict in BINARY)):
                columns += ["verdict = 'suppressed'", "reason = 'suppressed'", "method = null"]
            con.execute(  # the names of columns are ours
                f"update out_assessments set {', '.join(columns)} where target = ? and year = ?",  # noqa: S608
                [target, year],
            )


def _empty_warnings(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Remove warnings that rest on suppressed figures, and what became of them; compute those of kept
    verdicts again.
    """
    _empty_swings(con, catalog)
    hidden = hidden_years(con, catalog)
    if not hidden:
        return
    verdicts = {(t, y): v for t, y, v in con.execute("select target, year, verdict from out_assessments").fetchall()}
    gone, begun = [], []
    for target, year, kind, reason in con.execute("select target, year, kind, reason from out_warnings").fetchall():
        years = hidden.get(target)
        if years is None or year < min(years):
            continue
        verdict = verdicts.get((target, year))
        if kind == WarningKind.SWING:
            is_gone = not {year, year - 1}.isdisjoint(years)
        else:  # a probability or a verdict of the year before is drawn from the whole series
            is_gone = reason in {Cause.UNLIKELY, Cause.LATE} or verdict == Verdict.SUPPRESSED
        if is_gone:
            gone.append((target, year, kind))
        elif kind == WarningKind.MISS:
            begun.append((target, year, kind))
    if gone:
        con.execute(f"delete from out_warnings where {OF_THESE}", _columns(gone))  # noqa: S608  (our own words)
    if begun:
        con.execute(f"update out_warnings set since = year where {OF_THESE}", _columns(begun))  # noqa: S608
    if con.execute("select 1 from out_track limit 1").fetchone():
        con.execute(TRACKED, _columns([(target, min(years)) for target, years in hidden.items()]))
        con.execute(
            "update out_track set outcome = 'unknown', lead = null "
            "where list_contains(?, target) and outcome in ('missed', 'met')",
            [list(hidden)],
        )


OF_THESE = "(target, year, kind) in (select (unnest(?::varchar[]), unnest(?::integer[]), unnest(?::varchar[])))"
TRACKED = """
delete from out_track t using (select unnest(?::varchar[]) as target, unnest(?::integer[]) as since) h
where h.target = t.target and t.year >= h.since
"""


def _columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    """Rows as a statement takes them, all at once: for each row by itself it costs a millisecond."""
    return [list(column) for column in zip(*rows, strict=True)]


def _empty_swings(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Remove swings of a suppressed figure of the district. Where a target judges a gap or the lowest place, its verdict does
    not rest on that figure.
    """
    suppressed = set(
        con.execute(
            "select indicator, sex, part, year from out_suppressed where area = ? and institution = ''",
            [catalog.district.code],
        ).fetchall()
    )
    promises = {p.id: p.target for p in catalog.promises()}
    for target, year in con.execute("select target, year from out_warnings where kind = 'swing'").fetchall():
        of = promises.get(target)
        if of and {(of.indicator, of.sex, of.part or "", y) for y in (year, year - 1)} & suppressed:
            con.execute("delete from out_warnings where target = ? and year = ? and kind = 'swing'", [target, year])


def _rank(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Compute levels and ranks again from what is left: the internal ones depend on suppressed figures as well."""
    promises, outlook = {p.id: p for p in catalog.promises()}, catalog.policy.outlook
    listed = {target: place for place, target in enumerate(promises)}
    late = set(con.execute("select target, year from out_warnings where reason = 'late'").fetchall())
    years: dict[int, list[stakes.Stake]] = defaultdict(list)
    for target, year, verdict, probability, fragile, by_one, value, threshold in con.execute(
        "select target, year, verdict, probability, fragile, by_one, value, threshold from out_assessments"
    ).fetchall():
        if promise := promises.get(target):  # the final evaluation's catalogue has only the plans that end
            distance = abs(value - threshold) / abs(threshold) if value is not None and threshold else None
            waited = (target, year) in late
            rare = promise.indicator is not None and promise.indicator.rare
            single = rare if fragile is None else bool(fragile)  # not told: of a rare event one may have decided
            counted = promise.indicator is not None and catalog.counts_cases(promise.indicator)
            nearly = counted if by_one is None else by_one  # not told: one more may do
            years[year].append(stakes.Stake(promise, verdict, probability, single, nearly, distance, waited))
    ranked = []
    for year, at_stake in years.items():
        at_stake.sort(key=lambda stake: listed[stake.promise.id])  # equal ones then stand as in the plans
        places = stakes.order(at_stake, outlook)
        for stake in at_stake:
            target = stake.promise.id
            ranked.append((target, year, places[target], stakes.level(stake, outlook) or None))
    if ranked:
        con.execute(RANKED, _columns(ranked))
        con.execute(LEVELS)
        con.execute("drop table ranked")


RANKED = """
create or replace temp table ranked as
select unnest(?::varchar[]) as target, unnest(?::integer[]) as year, unnest(?::integer[]) as priority,
    unnest(?::varchar[]) as level
"""
LEVELS = """
update out_assessments a set priority = r.priority from ranked r where r.target = a.target and r.year = a.year;
update out_warnings w set level = r.level from ranked r
where r.target = w.target and r.year = w.year and w.kind = 'miss' and r.level is not null
"""


def _withhold_texts(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Remove a department's statement if it contains a small number of persons."""
    small = pattern(catalog.policy.disclosure.threshold)
    for target, year, text in con.execute("select distinct target, year, text from core_statements").fetchall():
        if small.search(text):
            con.execute(
                "update core_statements set text = ? where target = ? and year = ? and text = ?",
                [say("messages/disclosure/withheld"), target, year, text],
            )


def pattern(threshold: int) -> re.Pattern[str]:
    """Finds small numbers of persons and cases as a text writes them: 3人, 2 名, 四例, 两位, １起."""
    numerals = [str(n) for n in range(1, threshold)]
    numerals += [n.translate(str.maketrans("0123456789", "０１２３４５６７８９")) for n in numerals]
    words = [word for n, words in CHINESE.items() if n < threshold for word in words]
    return re.compile(
        rf"(?!一起)(?:(?<![\d.,０-９])(?:{'|'.join(numerals)})|(?<![{DIGITS}第]){'(?:' + '|'.join(words) + ')'})"
        rf"\s*(?:余)?[{PERSONS}]"
    )


CHINESE = {1: "一", 2: "二两", 3: "三", 4: "四", 5: "五", 6: "六", 7: "七", 8: "八", 9: "九", 10: "十"}
DIGITS = "零一二两三四五六七八九十百千万"
PERSONS = "人名例起位"


def _round(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    """Round counts of people to the policy's base, and compute rates from them again, so that no rate gives a count
    away.

    The limits of rare events would give it away and are left out. Values of assessments are rounded to the printed
    decimals of the indicator.
    """
    base = catalog.policy.disclosure.rounding
    if base == 1:
        return
    definitions = Definitions(catalog)
    for place in con.execute(
        "select indicator, year, area, institution, sex, part, numerator, denominator, value "
        "from out_indicators where state = 'ok'"
    ).fetchall():
        figure, (numerator, denominator, value) = FigurePlace(*place[:6]), place[6:]
        cells = definitions.cells(figure)
        new = [
            base * round(n / base) if n is not None and c is not None and definitions.of_people(c) else n
            for c, n in zip(cells, (numerator, denominator), strict=True)
        ]
        if new == [numerator, denominator]:
            continue
        record = catalog.indicators[figure.indicator]
        if record.kind == "count":
            value = new[0]
        elif new[0] is not None and new[1]:
            value = float(new[0]) * float(record.per) / float(new[1])
        con.execute(
            "update out_indicators set numerator = ?, denominator = ?, value = ?, lower = null, upper = null "
            "where indicator = ? and year = ? and area = ? and institution = ? and sex = ? and part = ?",
            [*new, value, *figure],
        )
    for promise in catalog.promises():
        if promise.indicator is None or not any(
            cell is not None and definitions.of_people(cell)
            for source in catalog.sources(promise)
            for cell in definitions.cells(FigurePlace(source[0], promise.plan.head.start, *source[1:]))
        ):
            continue
        rounded = [f"{c} = round({c}, {promise.indicator.decimals})" for c in ROUNDED]
        con.execute(
            f"update out_assessments set {', '.join(rounded)} where target = ?",  # noqa: S608  (our own names)
            [promise.id],
        )


ROUNDED = ("value", "baseline", "previous", "change_baseline", "change_previous", "trend", "projection",
           "outlook_low", "outlook", "outlook_high")  # fmt: skip

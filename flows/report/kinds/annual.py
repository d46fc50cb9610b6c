"""Everything that the template of the annual report says, from the facts of a data year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from expectations.records import Domain, Plan
from expectations.vocabulary import (
    EVIDENCE,
    FINE,
    SHORT,
    Cause,
    DeliveryStatus,
    Gap,
    Gate,
    Method,
    Reason,
    Severity,
    Verdict,
    WarningKind,
)
from flows.cells import Cells
from flows.places import PROJECT
from flows.press.bound import Name, Word, counted, joined
from flows.press.numbers import Figure, figure
from flows.report.draw.drawings import areas_drawn, shares
from flows.report.facts import Facts, compared, followed, gaps, portraits, quality, received, redrawn, warned
from flows.report.facts.items import Item
from flows.report.facts.warning import Warning
from flows.report.kinds import Kind
from flows.report.kinds.report import Context, Report, deciding, legend, rule_constants, undecided, worded
from flows.report.say import areas, domains, problems
from flows.report.say.narrative import Narrator
from flows.report.write import divided, tables
from flows.report.write.table import Table, table
from flows.wording import headings, parsed, read, say

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings

PROBLEMS_TOLD = 10
"""The number of problems that have a paragraph; the table of warnings has all of them."""
PROBLEMS_PUBLIC = 5
"""… and in the public edition, where the annex of targets has all of them."""
REVISIONS_SHOWN = 200
"""The number of corrected cells that have a row; revisions.csv has all of them."""
NUMBERS_TOLD = 8
"""The targets with a number that a domain's text tells one by one, unless more fall short; the data volume has all."""
NUMBERS_PUBLIC = 3
"""The targets with a number that a domain's text of the public edition tells, whatever falls short."""
AREA_COLUMNS = 8
"""The number of indicators that fit on a landscape page."""


class Annual(Report):
    """The annual monitoring report."""

    annexed = "annual"

    def __init__(self, kind: Kind, facts: Facts, editions: Path | None) -> None:
        super().__init__(kind, facts, editions)
        self.narrator = Narrator(facts, read("wording"))
        if "targets" in self.annexes:
            self.narrator.targets_annex = self.annexes["targets"].called
        if "warnings" in self.annexes:
            self.narrator.warnings_annex = self.annexes["warnings"].called
        if "outlook" in self.annexes:
            self.narrator.outlook_annex = self.annexes["outlook"].called

    def chapters_there(self) -> Mapping[str, bool]:
        facts = self.facts
        return {
            "profile": self.profile is not None,
            "overview": True,
            **{f"plan-{plan.id}": True for plan in facts.plans},
            "sexes": bool(facts.sexed),
            "divided": bool(divided.divided(facts)),
            "warnings": facts.edition.internal,  # what departments are asked for is between them and the office
            "problems": True,
            "quality": facts.edition.internal or bool(facts.edition.compiled),
        }

    def annexes_missing(self) -> Collection[str]:
        facts = self.facts
        there = {
            "areas": bool(facts.catalog.district.areas_of(facts.year) and tables.area_indicators(facts)),
            "outlook": bool(tables.outlook(facts)[1]),
            "statements": any(not item.quantitative for item in facts.items),
            "warnings": bool(facts.warnings or _shown(tables.track(facts))),
            "sexes": facts.by_sex,
            "trends": self._has_more_charts(),
            "followed": bool(self.told_of_before["followed"] and self.followed),
            "deliveries": not facts.edition.compiled,
            "checks": facts.edition.internal and bool(_told_findings(facts) or any(received.exemptions(facts))),
        }
        return [*super().annexes_missing(), *(annex for annex, is_there in there.items() if not is_there)]

    def _has_more_charts(self) -> bool:
        """Whether there are charts that only the data volume has room for."""
        others = any(share.others for share in shares(self.facts).values())
        return others or any(areas_drawn(self.facts, item) for item in self.facts.items)

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        verdicts = Counter(item.verdict for item in self.facts.items)
        warnings = Counter(str(warning.kind) for warning in self.facts.warnings)
        return {"targets": worded(verdicts, Verdict.words()), "warnings": worded(warnings, WarningKind.words())}

    def chapters(self, charts: Drawings) -> Context:
        plans = [self._plan(charts, plan) for plan in self.facts.plans]
        return {
            "plans": plans,
            **self._summary(),
            **self._sexes(charts),
            **self._divided(charts),
            **self._warnings(),
            **self._places(charts),
            **self.told_of_before,
            **self._deliveries(),
            **self._annexes(),
        }

    def _plan(self, charts: Drawings, plan: Plan) -> Context:
        facts = self.facts
        domains = [_domain(facts, self.narrator, charts, plan.id, d, facts.of_domain(plan, d)) for d in plan.domains]
        return {
            "plan": plan,
            "tally": facts.tally(facts.of_plan(plan), plan.id),
            "domains": domains,
            "before": plan.head.baseline < facts.year - 1,
        }

    def _summary(self) -> Context:
        return {
            "all": self.facts.tally(),
            "stages": self.stages,
            "changed": _changed(self.facts),
            "internal": self.facts.edition.internal,
            "fitting": _fitting,
        }

    def _sexes(self, charts: Drawings) -> Context:
        facts, listed = self.facts, tables.sexes(self.facts)
        moved = gaps.changes(facts, facts.base, facts.sexed)
        trends = Counter(r["trend"].sense for r in listed)
        numbers = {code: figure(trends[code], 0, f"sexes/{code}") for code in Gap}
        untold = sum(
            not isinstance(r["gap"], Figure) for r in listed
        )  # of the year itself; of the others, the baseline lacks
        lacking = Counter(r["female"] for r in listed if not isinstance(r["female"], Figure))
        return {
            "sexes": listed,
            "sexes_lacking": [
                (why.word, figure(lacking[why.word], 0, f"sexes/lacking/{why}")) for why in Reason if lacking[why.word]
            ],
            "gaps": self.narrator.extremes(moved),
            "gaps_moved": [(counted(gap.word, numbers[gap]), numbers[gap]) for gap in Gap],
            "gaps_untold": figure(untold, 0, "sexes/untold"),
            "gaps_unknown": figure(trends[Verdict.UNKNOWN] - untold, 0, "sexes/unknown"),
            "sex_chart": charts.sexes(listed),
            "sex_years": charts.sexes_by_year(facts, listed) if facts.edition.internal else None,
            "standing": charts.standing(facts) if facts.edition.internal else None,
            "scorecard": tables.scorecard(facts),
        }

    def _divided(self, charts: Drawings) -> Context:
        listed = divided.divided(self.facts)
        return {"divided": listed, "parts_charts": [charts.parts_by_year(self.facts, one) for one in listed]}

    def _warnings(self) -> Context:
        facts, short, track = self.facts, tables.problems(self.facts), tables.track(self.facts)
        most = PROBLEMS_TOLD if facts.edition.internal else PROBLEMS_PUBLIC
        due = self.told_of_before["answer_due"]
        deadlines = warned.deadlines(facts) if due else {}
        asked = problems.Request(followed.explanations(facts), str(due), deadlines)
        serious = [w for w in facts.warnings if w.kind == WarningKind.MISS and w.row["level"] == "serious"]
        return {
            "kinds": _kinds(facts),
            "warnings": _by_kind(facts.warnings),
            "miss_told": self._misses(),
            "swing_told": self._swings(),
            "evidence_lacking": self.narrator.evidence_lacking(),
            "track": track,
            "track_shown": _shown(track),
            "serious": serious,
            "serious_told": _told_once(serious),
            "problems": problems.told(self.narrator, short[:most], asked),
            "problems_asked": problems.asked_of_all(self.narrator, short[:most], asked),
            "problems_told": min(len(short), most),
            "untroubled": "" if short else self.narrator.untroubled(),
            "short": short,
        }

    def _misses(self) -> Markup:
        """How many are warned of because they are likely to be missed, or why nobody can say so."""
        tally, words = self.facts.tally(), self.narrator.words["warned"]
        missed = sum(w.kind == WarningKind.MISS for w in self.facts.warnings)
        if tally.all.value:
            form = "miss" if tally.judged.value or missed else "miss_blind"
            return self.narrator.say(words[form], number=figure(missed, 0, "warnings/miss"))
        form = "evidence" if tally.number(*EVIDENCE).value else "evidence_blind"
        return self.narrator.say(words[form], number=figure(missed, 0, "warnings/kind/1"))

    def _swings(self) -> Markup:
        """How many have swung, or why nobody can say so; empty where there are no figures."""
        if not self.facts.tally().all.value:
            return Markup("")
        swung = sum(w.kind == WarningKind.SWING for w in self.facts.warnings)
        form = "swing" if warned.can_swing(self.facts) else "swing_blind"
        return self.narrator.say(self.narrator.words["warned"][form], number=figure(swung, 0, "warnings/swing"))

    def _places(self, charts: Drawings) -> Context:
        """Where what is demanded of every area is not reached: a sentence, and a map where the district has places on a grid."""
        listed = list(portraits.portraits(self.facts, tables.area_indicators(self.facts)))
        return {
            "places": areas.unmet(self.narrator, listed),
            "places_map": charts.unmet(self.facts, listed, areas.NAMED),
        }

    @cached_property
    def told_of_before(self) -> Context:
        """What became of the warnings of the year before, and what is asked about those of the year."""
        due = warned.answer_due(self.facts) if warned.asks(self.facts) else ""
        return {**super().told_of_before, "said": followed.explanations(self.facts), "answer_due": due}

    def _deliveries(self) -> Context:
        facts, listed = self.facts, tables.deliveries(self.facts)
        told = _told_findings(facts)
        current = [r for r in listed if r["status"] != "superseded"]
        return {
            "deliveries": listed,
            "senders": _by_department(facts, listed),
            "status": Counter(r["status"] for r in listed),
            "lacking": self._lacking(tables.owed(listed)),
            "late": sum(bool(r["late"]) for r in current),
            "totals": Cells.of(current),
            "told_findings": told,
            "found": sum(f["times"] or 1 for f in told),
            "gates": Gate.words(),
            "severities": Severity.words(),
            "revisions": tables.revisions(facts),
            "revisions_shown": REVISIONS_SHOWN,
            "exemptions": received.exemptions(facts),
        }

    def _lacking(self, owed: Sequence[Mapping[str, Any]]) -> list[tuple[str, Sequence[Mapping[str, Any]], str]]:
        """The forms of which something is still to be sent or to be mended: those of figures, those of statements without which targets
        have none, each with what is blocked without them; and those of statements that block nothing.
        """
        blocked = self.narrator.words["blocked"]
        datasets = self.facts.catalog.datasets
        statements = [row for row in owed if "stage" in datasets[row["dataset"]].roles]
        figures = [row for row in owed if row not in statements]
        without = {item.promise.lead for item in self.facts.items if self.narrator.silence(item)}
        blocking = [row for row in statements if row["department"] in without]
        others = [row for row in statements if row not in blocking]
        silent = all(row["status"] == DeliveryStatus.MISSING for row in blocking)
        told = (
            ("figures", figures, blocked["figures"]),
            ("statements", blocking, blocked["statements" if silent else "statements_unusable"]),
            ("told", others, ""),
        )
        return [group for group in told if group[1]]

    def _annexes(self) -> Context:
        facts, catalog = self.facts, self.facts.catalog
        pages = _columns(tables.area_indicators(facts))
        return {
            "told_years": facts.years,
            "marks_of_years": legend(
                {str(r["verdict"]) for i in facts.items if i.quantitative for r in i.history.values()}
            ),
            "outlook": tables.outlook(facts),
            "areas": [tables.by_area(facts, keys) for keys in pages] if catalog.district.areas_of(facts.year) else [],
            "method": rule_constants(),
            "methods": deciding(facts, self.narrator),
            "decided_by_odds": any(i.row["method"] in {Method.MODEL, Method.ODDS} for i in facts.items),
            "left": undecided(facts),
            "history": facts.history,
            "record": _record(),
            "balanced": [i for i in facts.items if i.promise.target.rule.limit == "band"],
            "districts": tables.districts(facts) if catalog.rolled else None,
            "failed": compared.notes(facts),
            "released": compared.source(facts),
            "redrawn": tables.redrawn_areas(facts) if redrawn.areas(facts) else None,
            "breaks": [
                *(
                    (i.name, v.since, v.note)
                    for i in catalog.indicators.values()
                    for v in i.calibers
                    if v.since <= facts.year
                ),
                *((say("labels/cell/areas"), *note) for note in redrawn.notes(facts)),
            ],
        }

    def tables(self) -> list[Table]:
        facts, catalog, year = self.facts, self.facts.catalog, self.facts.year
        called = catalog.district.areas_called
        listed = [
            table("overview", *tables.overview(facts), year=year),
            table("targets", *tables.targets(facts)),
            table("statements", *tables.statements(facts), year=year),
            table(
                "warnings",
                headings("warnings"),
                [
                    [
                        w.kind.word,
                        w.level,
                        w.item.promise.clause,
                        w.item.name,
                        w.item.value if w.item.quantitative else "—",
                        w.item.required,
                        w.item.judgement,
                        w.row["since"],
                        _bare(self.narrator.grounds(w)),
                        w.cause,
                        w.item.lead,
                        "、".join(w.item.support),
                        "；".join(f"{clause} {text}" for clause, text in w.item.remedies),
                        w.follow_up,
                    ]
                    for w in facts.warnings
                ],
                year=year,
            ),
            *([table("above", *tables.above(facts), pinned=1)] if self.beside else []),
            table("outlook", *tables.outlook(facts), year=year),
            table("track", *tables.fates(facts)),
            *self._by_sex(),
            *([table("divided", *divided.table(facts))] if divided.divided(facts) else []),
            table(
                "areas",
                *tables.by_area(facts, tables.area_indicators(facts)),
                pinned=1,
                year=year,
                areas=called,
            ),
            *(
                [table("districts", *tables.districts(facts), areas=called, whole=catalog.district.called_whole)]
                if catalog.rolled
                else []
            ),
            *(
                [table("redrawn", *tables.redrawn_areas(facts), year=year, areas=called)]
                if redrawn.areas(facts)
                else []
            ),
            table("indicators", *tables.indicators(facts)),
            table("quality", headings("quality"), quality.table(quality.by_year(facts))),
            table(
                "deliveries",
                headings("deliveries"),
                [
                    [
                        r["year"],
                        r["department_name"],
                        r["title"],
                        r["version_words"],
                        r["due"],
                        r["received_on"],
                        r["punctual"],
                        r["word"],
                        *r["cells"][:3],
                        r["file"],
                        r["sha256"],
                    ]
                    for r in tables.deliveries(facts)
                ],
                year=year,
            ),
        ]
        if facts.edition.internal:  # they quote cells as they were delivered
            listed += [
                *self.followed_table(),
                table(
                    "findings",
                    headings("findings"),
                    [
                        [
                            Gate.of(r["gate"]).word,
                            Severity.of(r["severity"]).word,
                            r["rule"],
                            r["file"],
                            r["line"],
                            r["column_name"],
                            r["value"],
                            r["expected"],
                            r["message"],
                        ]
                        for r in received.findings(facts)
                    ],
                    year=year,
                ),
                table(
                    "revisions",
                    headings("revisions"),
                    [
                        [
                            r["year"],
                            catalog.datasets[r["dataset"]].title,
                            r["reason"],
                            r["header"],
                            r["place"],
                            r["old"],
                            r["new"],
                        ]
                        for r in tables.revisions(facts)
                    ],
                ),
            ]
        return listed

    def _by_sex(self) -> list[Table]:
        """What is told of women and men; nothing if no plan wants it."""
        if not self.facts.sexed:
            return []
        facts, year = self.facts, self.facts.year
        return [
            table(
                "sexes",
                headings("sexes"),
                [
                    [
                        r[k]
                        for k in (
                            "name",
                            "unit",
                            "female",
                            "male",
                            "total",
                            "gap",
                            "ratio",
                            "share",
                            "trend",
                            "trend_before",
                        )
                    ]
                    for r in tables.sexes(facts)
                ],
                year=year,
            ),
            table(
                "scorecard",
                headings("scorecard"),
                [
                    [*(r[k] for k in ("name", "people", "due", "got", "missing")), _bare(r["names"])]
                    for r in tables.scorecard(facts)
                ],
                year=year,
            ),
        ]


def _told_findings(facts: Facts) -> list[dict[str, Any]]:
    """What was found in the year's deliveries and must be mended or explained."""
    return [f for f in received.findings(facts) if f["severity"] != "info"]


def _shown(track: Iterable[Mapping[str, Any]]) -> bool:
    """Whether there is anything to tell of earlier years: a year in which somebody could warn, or a miss."""
    return any(not row["blank"] or row["unjudged"].value for row in track)


def _bare(text: object) -> str:
    """Running text without the marks that bind its figures."""
    assert isinstance(text, Markup)
    return text.striptags()


def _record() -> dict[str, Any]:
    """How the methods did on published series that were not used to make them."""
    names = read("labels")["record"]
    whole = parsed(PROJECT / "flows/outlook/record.yml")
    record: dict[str, Any] = whole["sets"]["official"]
    record["methods"] = [row for row in record["methods"] if row["method"] in names]
    for row in record["methods"]:
        fact = f"backtest/{row['method'].replace(' ', '_')}"
        row |= {
            "name": names[row["method"]],
            "brier": figure(row["brier"], 3, f"{fact}/brier"),
            "hits": figure(row["hits"] * 100, 0, f"{fact}/hits"),
            "lead": figure(row["lead"], 1, f"{fact}/lead"),
            "false_alarms": figure(row["false_alarms"] * 100, 0, f"{fact}/false_alarms"),
        }
    return record


GROUNDS: Mapping[str, Sequence[str]] = {
    "short": SHORT,
    "not_started": (Verdict.NOT_STARTED,),
    "unlikely": (Cause.UNLIKELY,),
    "late": (Cause.LATE,),
}
"""The grounds of a warning of a miss, with the reasons of out_warnings that they stand for."""


def _fitting(listed: Sequence[Item | Mapping[str, str]], most: int = 6, letters: int = 120) -> int:
    """How many entries of a list fit into the summary: at least one, at most a number of entries and of
    letters in all.
    """
    used = 0
    for n, entry in enumerate(listed[:most]):
        used += len(entry.name if isinstance(entry, Item) else entry["department_name"] + entry["title"])
        if used > letters:
            return max(n, 1)
    return min(len(listed), most)


def _told_once(warnings: Sequence[Warning]) -> list[tuple[Warning, str]]:
    """Warnings by their subject: what several plans ask alike is told once, with the plans' names; otherwise nothing is
    added.
    """
    groups: dict[tuple[object, ...], list[Warning]] = {}
    for warning in warnings:
        groups.setdefault(warning.item.promise.asked, []).append(warning)
    return [
        (
            group[0],
            say("labels/and").join(dict.fromkeys(w.item.promise.plan.head.short for w in group))
            if len(group) > 1
            else "",
        )
        for group in groups.values()
    ]


def _kinds(facts: Facts) -> list[tuple[Word, Figure]]:
    """How many of the warnings of a miss rest on each ground; nothing where all have fallen short, or where there are no figures: the
    number of all says it.
    """
    missed = [w for w in facts.warnings if w.kind == WarningKind.MISS]
    found = []
    for n, (ground, reasons) in enumerate(GROUNDS.items()):
        number = figure(sum(w.row["reason"] in reasons for w in missed), 0, f"warnings/kind/{n}")
        if number.value:
            found.append((counted(say(f"labels/grounds/{ground}"), number), number))
    plain = all(w.row["reason"] in GROUNDS["short"] for w in missed)
    return [] if plain or not facts.tally().all.value else found


def _columns(keys: list[str]) -> list[list[str]]:
    """Indicators page by page, about as many on each, and never more than fit."""
    pages = -(-len(keys) // AREA_COLUMNS)
    size = -(-len(keys) // pages) if pages else 1
    return [keys[n : n + size] for n in range(0, len(keys), size)]


def _by_kind(warnings: Iterable[Warning]) -> dict[str, list[Warning]]:
    grouped: dict[str, list[Warning]] = {kind: [] for kind in WarningKind}
    for warning in warnings:
        grouped[warning.kind].append(warning)
    return grouped


def _by_department(facts: Facts, listed: Iterable[Mapping[str, Any]]) -> list[dict[str, object]]:
    grouped: dict[str, Counter[str]] = {}
    for row in listed:
        tally = grouped.setdefault(row["department"], Counter())
        if row["status"] == "superseded":
            continue
        tally["due"] += 1
        tally[row["status"]] += 1
        tally["received"] += row["received"] is not None
        tally["late"] += bool(row["late"])
    return [
        {"name": facts.catalog.department(key)}
        | {
            k: figure(tally[k], 0, f"deliveries/{key}/{facts.year}/{k}")
            for k in ("due", "received", "late", "missing", "refused", "partial")
        }
        for key, tally in grouped.items()
    ]


def _changed(facts: Facts) -> dict[str, list[Item]]:
    """The targets that were judged last year: whose verdict has changed between good and bad, whose has not, and those that
    are not judged any more.
    """
    found: dict[str, list[Item]] = {"better": [], "worse": [], "alike": [], "gone": []}
    for item in facts.items:
        before = item.history.get(facts.year - 1)
        if before is None or before["verdict"] not in {*SHORT, *FINE}:
            continue
        if item.verdict not in {*SHORT, *FINE}:
            way = "gone"
        elif (before["verdict"] in SHORT) == (item.verdict in SHORT):
            way = "alike"
        else:
            way = "better" if item.verdict in FINE else "worse"
        found[way].append(item)
    return found


def _told(items: Sequence[Item], *, internal: bool) -> tuple[list[Item], list[Item]]:
    """The items that a domain's text tells one by one, most at stake first, and the others: those that fall short or
    cannot be judged are told, whatever their number; in the public edition a few that fall short. Of what is kept back
    the text says nothing.
    """
    ordered = [i for i in _by_stakes(items) if i.verdict != Verdict.SUPPRESSED]
    numbers = [i for i in ordered if i.numbered]
    must = [i for i in numbers if i.verdict not in FINE and (internal or i.verdict not in SHORT)]
    others = sorted((i for i in numbers if i not in must), key=lambda i: i.verdict in FINE)
    room = max((NUMBERS_TOLD if internal else NUMBERS_PUBLIC) - len(must), 0)
    chosen = {i.id for i in (*must, *others[:room])}
    left = [i for i in numbers if i.id not in chosen]
    return [i for i in ordered if i not in left], left


def _told_before(facts: Facts, item: Item) -> str:
    """The plan whose chapter has told of the same figure before: what two plans ask alike is told once. Empty if none has."""
    mine = item.promise.plan.id
    for plan in facts.plans:
        if plan.id == mine or not item.numbered:
            return ""
        for domain in plan.domains:
            told, _ = _told(facts.of_domain(plan, domain), internal=facts.edition.internal)
            if any(i.promise.asked == item.promise.asked for i in told):
                return plan.head.short
    return ""


def _elsewhere(narrator: Narrator, told: Sequence[Item], plans: Mapping[str, str]) -> list[Markup]:
    """Where what is left out here is told: a sentence for each plan."""
    found = []
    for plan in dict.fromkeys(plans.values()):
        names = joined(i.spoken for i in told if plans.get(i.id) == plan)
        found.append(narrator.say(narrator.words["elsewhere"], names=names, plan=Name(plan, "plan")))
    return found


def _by_stakes(items: Sequence[Item]) -> list[Item]:
    """The items clause by clause, the clause with most at stake first."""
    first: dict[str, int] = {}
    for item in items:
        clause = item.promise.clause
        first[clause] = min(first.get(clause, item.row["priority"]), item.row["priority"])
    return sorted(items, key=lambda item: first[item.promise.clause])


def _domain(
    facts: Facts, narrator: Narrator, charts: Drawings, plan: str, domain: Domain, items: list[Item]
) -> dict[str, object]:
    tally = facts.tally(items, f"{plan}/{domain.domain}")

    told, left = _told(items, internal=facts.edition.internal)
    shared = {i.id: earlier for i in told if (earlier := _told_before(facts, i))}
    own = [i for i in told if i.id not in shared]
    return {
        "domain": domain,
        "items": items,
        "tally": tally,
        "heading": narrator.titled(domain, tally.all, tally.judged, tally.fine, tally.number(Verdict.ON_COURSE)),
        "finding": narrator.finding(domain, items),
        "fallen": domains.fallen(narrator, tally.judged, tally.short, [i for i in items if i.verdict in SHORT]),
        "paragraphs": [
            *narrator.paragraphs(own),
            *_elsewhere(narrator, told, shared),
            *narrator.rest(left, f"{plan}/{domain.domain}"),
            *filter(None, [narrator.idle(items, tally.fact)]),
        ],
        "note": narrator.notes(told),
        "numbers": [i for i in items if i.quantitative],
        "evidence": [i for i in items if not i.quantitative],
        "charts": list(charts.leading(facts, plan, domain, items)),
        "more": [*charts.others(facts, plan, domain, items), *charts.areas(facts, plan, domain, items)],
        "told": Counter(i.verdict for i in items if i.verdict in EVIDENCE),
    }

"""The facts of a data year in, everything that the annual report's template says out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from markupsafe import Markup

from expectations.records import MIDDLE, Domain
from expectations.vocabulary import EVIDENCE, FINE, SHORT, Gate, Method, Severity, Verdict
from flows import intervals
from flows.outlook import destatis, statcan, status
from flows.places import PROJECT
from flows.press.bound import Name, Word, counted
from flows.press.numbers import Figure, constant, count, figure, numeral
from flows.report.facts import Facts, Item, Warning, gaps, quality, received
from flows.report.say.narrative import Narrator
from flows.report.write import tables

if TYPE_CHECKING:
    from flows.report.draw.drawings import Drawings

TEMPLATES = PROJECT / "report_templates"
PROBLEMS_TOLD = 12
"""Problems that have a paragraph; all of them stand in the table of warnings."""
REVISIONS_SHOWN = 200
"""Corrected cells that have a row; all of them stand in revisions.csv."""
AREA_COLUMNS = 8
"""Indicators that a landscape page has room for."""


def context(facts: Facts, narrator: Narrator, staging: Path) -> dict[str, object]:
    catalog = facts.catalog
    from flows.report.draw.drawings import Drawings

    charts = Drawings(staging)
    listed = tables.deliveries(facts)
    plans = [
        {
            "plan": plan,
            "tally": facts.tally(facts.of_plan(plan), plan.id),
            "domains": [_domain(facts, narrator, charts, plan.id, d, facts.of_domain(plan, d)) for d in plan.domains],
        }
        for plan in facts.plans
    ]
    found = received.findings(facts)
    year = facts.year
    sex_rows = tables.sexes(facts)
    short = tables.problems(facts)
    area_keys = tables.area_indicators(facts)
    return {
        "catalog": catalog, "district": catalog.district, "edition": facts.edition, "year": facts.year,
        "title": title(facts), "running": f"{facts.year}年统计监测报告", "title_lines": title_lines(facts), "plans": plans, "all": facts.tally(), "scope": "两个规划" if len(plans) == 2 else "规划", "SHORT": SHORT, "told": counted, "claim": Word,
        "constant": constant, "internal": facts.edition.internal, "numerals": [numeral(n) for n in range(1, 100)], "fitting": _fitting,
        "comparable": any(i.history.get(year - 1, {}).get("verdict", Verdict.UNKNOWN) != Verdict.UNKNOWN for i in facts.items),
        "kinds": _kinds(facts), "serious": (serious := [w for w in facts.warnings if w.row["kind"] == "miss" and w.row["level"] == "serious"]),
        "serious_told": _told_once(serious),
        "absent": [r for r in listed if r["status"] in {"missing", "refused", "partial"}],
        "told_findings": [f for f in found if f["severity"] != "info"],
        "balanced": [i for i in facts.items if i.promise.target.rule.limit == "band"],
        "readings": [i for i in facts.items if i.reading],
        "narrator": narrator,
        "marks": _legend(facts), "warnings": _by_kind(facts.warnings),
        "sexes": sex_rows, "gaps": narrator.extremes(gaps.changes(facts, tables.first_baseline(facts), catalog.indicators)), "sex_chart": charts.sexes(sex_rows), "sex_years": charts.sexes_by_year(facts, sex_rows), "standing": charts.standing(facts), "scorecard": tables.scorecard(facts),
        "narrowing": Counter(str(r["trend"]) for r in sex_rows), "figure": figure, "count": count,
        "problems": [(i, narrator.sentence(i), _remedies(facts, i)) for i in short[:PROBLEMS_TOLD]], "short": short,
        "deliveries": listed, "senders": _by_department(facts, listed),         "gates": Gate.words(), "severities": Severity.words(), "revisions": tables.revisions(facts), "revisions_shown": REVISIONS_SHOWN,
        "quality": (years := quality.by_year(facts)), "punctuality": quality.trend(years),
        "admitted": quality.late(facts)[0], "unused": quality.late(facts)[1], "exemptions": received.exemptions(facts),
        "totals": {k: sum(r[k] for r in listed if r["status"] != "superseded")
                   for k in ("cells_in", "observations", "rejections", "rows_in")},
        "status": Counter(r["status"] for r in listed), "late": sum(bool(r["late"]) for r in listed if r["status"] != "superseded"),
        "targets": tables.targets(facts), "outlook": tables.outlook(facts), "track": tables.track(facts), "changed": _changed(facts),
"areas": [tables.by_area(facts, keys) for keys in _columns(area_keys)] if catalog.district.areas else [],
        "origins": tables.origins(facts), "annex_origins": "附录7", "policy": catalog.policy, "middle": MIDDLE,
        "method": _method(), "methods": _deciding(facts, narrator), "left": _left(facts), "record": _record(), "rare": [i for i in facts.items if i.rare],
        "breaks": [(i, v) for i in catalog.indicators.values() for v in i.versions if v.since <= facts.year],
        "templates": TEMPLATES.resolve().as_uri(),
    }  # fmt: skip


def _method() -> dict[str, float]:
    """The constants of the published rules, as the methods annex prints them."""
    return {
        "years_needed": destatis.YEARS_NEEDED, "window": destatis.WINDOW, "confidence": 95, "byar_from": intervals.BYAR_FROM, "near": int(destatis.NEAR * 100),
        "unlikely": round(status.UNLIKELY * 100), "likely": round(status.LIKELY * 100),
        "even": round(status.EVEN * 100),
        "far": int(destatis.FAR * 100), "on_course": statcan.ON_COURSE, "accelerate": statcan.ACCELERATE,
    }  # fmt: skip


def _deciding(facts: Facts, narrator: Narrator) -> list[tuple[str, Markup, Figure]]:
    """Each method that decided a verdict of the year: its name, how it decides, how many targets it decided."""
    found = Counter(i.row["method"] for i in facts.items)
    rules = narrator.methods(constants(facts))
    return [
        (name, rules[key], figure(found[key], 0, f"methods/{facts.year}/{key}"))
        for key, name in Method.words().items()
        if found[key]
    ]


def constants(facts: Facts) -> dict[str, Figure]:
    """The numbers that the sentences of method go by."""
    told = {name: constant(value, f"method/{name}") for name, value in _method().items()}
    return {**told, "enough": constant(facts.catalog.policy.outlook.likely * 100, "outlook/likely")}


def _left(facts: Facts) -> dict[str, Figure]:
    """Targets that no method decided: unknown, or kept back from the public edition."""
    found = Counter(i.verdict for i in facts.items if i.row["method"] is None)
    return {v: figure(found[v], 0, f"methods/{facts.year}/{v}") for v in ("unknown", "suppressed")}


def _record() -> dict[str, Any]:
    """How the methods did on published series that none of them was made for."""
    names = {"own model": "本系统模型", "Destatis": "德国联邦统计局规则", "StatCan": "加拿大统计局方法",
             "last value stays": "假定保持本年数值", "Theta": "Theta法"}  # fmt: skip
    whole = yaml.safe_load((PROJECT / "flows/outlook/record.yml").read_text(encoding="utf-8"))
    record: dict[str, Any] = whole["sets"]["official"]
    record["methods"] = [row for row in record["methods"] if row["method"] in names]
    for row in record["methods"]:
        fact = f"backtest/{row['method'].replace(' ', '_')}"
        row |= {
            "name": names[row["method"]], "brier": figure(row["brier"], 3, f"{fact}/brier"),
            "hits": figure(row["hits"] * 100, 0, f"{fact}/hits"), "lead": figure(row["lead"], 1, f"{fact}/lead"),
            "false_alarms": figure(row["false_alarms"] * 100, 0, f"{fact}/false_alarms"),
        }  # fmt: skip
    return record


KINDS = {
    "未达进度": SHORT, "进展未启动的定性目标": (Verdict.NOT_STARTED,),
    "已达标或预期可达标而期末达标概率较低": ("unlikely",), "上年未达进度而本年缺少评价依据": ("late",),
}  # fmt: skip
"""What a warning of a miss can rest on."""


def _fitting(listed: Sequence[Any], most: int = 6, letters: int = 120) -> int:
    """How many of a list the summary has room for: at least one, at most so many, and so many letters in all."""
    used = 0
    for n, entry in enumerate(listed[:most]):
        used += len(_named(entry))
        if used > letters:
            return max(n, 1)
    return min(len(listed), most)


def _told_once(warnings: Sequence[Warning]) -> list[tuple[Warning, str]]:
    """Warnings by what they are about: what several plans ask alike stands once, with whose it is; else nothing is added."""
    groups: dict[tuple[object, ...], list[Warning]] = {}
    for warning in warnings:
        groups.setdefault(warning.item.asked, []).append(warning)
    return [
        (group[0], "和".join(dict.fromkeys(w.item.promise.plan.head.short for w in group)) if len(group) > 1 else "")
        for group in groups.values()
    ]


def _named(entry: Any) -> str:
    if isinstance(entry, Item):
        return entry.name
    if isinstance(entry, tuple):
        return _named(entry[0]) + str(entry[1])
    return (
        entry.item.name + entry.item.lead if isinstance(entry, Warning) else entry["department_name"] + entry["title"]
    )


def _kinds(facts: Facts) -> list[tuple[Word, Figure]]:
    """How many of the warnings of a miss rest on what."""
    missed = [w for w in facts.warnings if w.row["kind"] == "miss"]
    found = []
    for n, (word, reasons) in enumerate(KINDS.items()):
        number = figure(sum(w.row["reason"] in reasons for w in missed), 0, f"warnings/kind/{n}")
        if number.value:
            found.append((counted(word, number), number))
    return found


def _remedies(facts: Facts, item: Item) -> list[tuple[Name, Name]]:
    """The measures of every plan that asks the same, each with its plan where there are several."""
    same = [i for i in facts.items if i.asked == item.asked]
    several = len({i.promise.plan.id for i in same}) > 1
    found: dict[str, tuple[Name, Name]] = {}
    for other in same:
        for clause, measure in other.remedies[:3]:
            place = f"{other.promise.plan.head.short}{clause}" if several else str(clause)
            found.setdefault(place, (Name(place, clause.source), measure))
    return list(found.values())[:4]


def _columns(keys: list[str]) -> list[list[str]]:
    """Indicators page by page, as many on each, none with more than there is room for."""
    pages = -(-len(keys) // AREA_COLUMNS)
    size = -(-len(keys) // pages) if pages else 1
    return [keys[n : n + size] for n in range(0, len(keys), size)]


def title_lines(facts: Facts) -> list[str]:
    """The title as the cover sets it, line by line, from the plans' own titles."""
    short = facts.catalog.district.short
    names = [p.head.title for p in facts.plans]
    place = short if any(name.startswith(short) for name in names) else ""
    return [
        f"{facts.year}年{place}",
        *(name.removeprefix(short) for name in names),
        f"统计监测报告{facts.edition.kind}",
    ]


def title(facts: Facts) -> str:
    """2024年宝坻区妇女发展“十四五”规划和儿童发展“十四五”规划统计监测报告"""
    first, *names, last = title_lines(facts)
    return f"{first}{'和'.join(names)}{last}"


def _legend(facts: Facts) -> list[tuple[str, str]]:
    """Every mark that occurs, and the verdicts it stands for."""
    found: dict[str, list[str]] = {}
    for verdict in Verdict:
        if any(i.verdict == verdict for i in facts.items):
            found.setdefault(verdict.mark, []).append(verdict.word)
    return [(mark, "、".join(words)) for mark, words in found.items()]


def _by_kind(warnings: Iterable[Warning]) -> dict[str, list[Warning]]:
    grouped: dict[str, list[Warning]] = {"预计达标困难": [], "波动较大": []}
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
        | {k: figure(tally[k], 0, f"deliveries/{key}/{facts.year}/{k}")
           for k in ("due", "received", "late", "missing", "refused", "partial")}
        for key, tally in grouped.items()
    ]  # fmt: skip


def _changed(facts: Facts) -> dict[str, list[Item]]:
    """Targets whose verdict moved across the line since last year."""
    better, worse = [], []
    for item in facts.items:
        before = item.history.get(facts.year - 1)
        if before is None:
            continue
        if before["verdict"] in SHORT and item.verdict in FINE:
            better.append(item)
        elif before["verdict"] in FINE and item.verdict in SHORT:
            worse.append(item)
    return {"better": better, "worse": worse}


def _domain(
    facts: Facts, narrator: Narrator, charts: Drawings, plan: str, domain: Domain, items: list[Item]
) -> dict[str, object]:
    tally = facts.tally(items, f"{plan}/{domain.domain}")
    return {
        "domain": domain, "items": items, "tally": tally, "finding": narrator.finding(domain, items),
        "counts": narrator.counts(tally), "paragraphs": narrator.paragraphs(items),
        "numbers": [i for i in items if i.quantitative], "evidence": [i for i in items if not i.quantitative],
        "charts": [*charts.trends(facts, plan, domain, items), *charts.areas(facts, plan, domain, items)],
        "told": Counter(i.verdict for i in items if i.verdict in EVIDENCE),
    }  # fmt: skip

"""Writes the edition's tables for further use: CSV, an accessible workbook, JSON and SDMX-CSV."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from markupsafe import Markup

from expectations.vocabulary import Gate, Reason, Severity, Sex, Verdict
from flows.edition import contents, manifest
from flows.press.numbers import Figure
from flows.report.facts import Facts, Item, Tally, quality, received
from flows.report.say.narrative import Narrator
from flows.report.write import changes, tables
from flows.report.write import manifest as described
from flows.report.write.changes import Changes

Previous = Callable[[str], Path | None]


@dataclass(frozen=True)
class Table:
    """One table of the edition: <name>.csv, and the sheet of the workbook that bears `title`."""

    name: str
    title: str
    about: str
    header: Sequence[str]
    rows: Sequence[Sequence[object]]


def write(
    facts: Facts,
    listed: Sequence[Table],
    staging: Path,
    previous: Previous,
    title: str,
    kind: str = "annual",
    read: Mapping[str, str] | None = None,
) -> Changes:
    """Write report.json, sdmx.csv, manifest.json, every table as CSV, and all tables as report.xlsx; returns what
    moved.

    `previous` finds the edition to compare with, by the id of this run; `title` is the report's; `read` are other files
    that it was made from, with their hashes.
    """
    from flows.report.write import sdmx, workbook

    parts = (f"{_json(key)}: {_lines(part)}" for key, part in content(facts, title).items())
    (staging / contents.NAME).write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
    sdmx.write(facts, staging / "sdmx.csv")
    changed = changes.since(previous(described.write(facts, staging, kind, read or {})), staging)
    manifest.note(staging, compared=changed.previous and changed.previous.run)
    listed = [*listed, Table("changes", "较上一版变动", _compared(changed), *changed.table())]
    for table in listed:
        tables.write_csv(staging / f"{table.name}.csv", table.header, table.rows)
    workbook.write(facts, title, listed, staging / "report.xlsx")
    return changed


# --- tables ---


def collect(facts: Facts, narrator: Narrator) -> list[Table]:
    """Every table of the edition, in the order of the report."""
    catalog, year = facts.catalog, facts.year
    listed = [
        Table("overview", "总体情况", f"{year}年各规划、各领域目标的数量和达标情况", *tables.overview(facts)),
        Table("targets", "全部目标", "全部目标的历年数值与评价", *tables.targets(facts)),
        Table("statements", "定性目标", f"{year}年定性目标的进展和部门说明", *tables.statements(facts)),
        Table(
            "warnings", "预警", f"{year}年预警、依据、成因和措施",
            ["类型", "级别", "条目", "指标", "本年", "规划要求", "评价", "起始年份", "依据", "成因", "责任部门", "配合部门", "规划措施", "跟进方式"],
            [[w.kind, w.level, w.item.promise.clause, w.item.name, w.item.value if w.item.quantitative else "—",
              w.item.required, w.item.judgement, w.row["since"], _bare(narrator.grounds(w)), w.cause, w.item.lead,
              "、".join(w.item.support), "；".join(f"{c} {m.title}" for c, m in w.item.measures), w.follow_up]
             for w in facts.warnings],
        ),
        Table("outlook", "走势和达标概率", f"{year}年目标走势和达标概率，各方法并列", *tables.outlook(facts)),
        Table("track", "预警结果", "历年预警及其结果", *tables.fates(facts)),
        Table(
            "sexes", "分性别", f"{year}年分性别指标：女、男、合计、差距",
            ["指标", "单位", "女", "男", "合计", "差距（女减男）", "女男之比", "女性占比（%）", "与基期比差距", "与上年比差距"],
            [[r[k] for k in ("name", "unit", "female", "male", "total", "gap", "ratio", "share", "trend", "trend_before")]
             for r in tables.sexes(facts)],
        ),
        Table(
            "scorecard", "分性别报送", f"{year}年各部门涉及人的指标中已分性别的项数",
            ["部门", "涉及人的指标", "应分性别", "已分性别", "尚未分性别", "尚未分性别的指标"],
            [[*(r[k] for k in ("name", "people", "due", "got", "missing")), _bare(r["names"])]
             for r in tables.scorecard(facts)],
        ),
        Table("areas", "分街镇", f"{year}年各街镇主要指标", *tables.by_area(facts, tables.area_indicators(facts))),
        Table("indicators", "全部指标", "全部指标分年度、地区、单位、性别的数值，未经修约", *tables.indicators(facts)),
        Table("quality", "数据质量", "历年报送的及时、完整和更正情况", quality.HEADER, quality.table(quality.by_year(facts))),
        Table(
            "deliveries", "报送情况", f"{year}年各部门报送情况",
            ["年份", "部门", "报表", "版本", "应报日期", "收到日期", "是否按时", "处理结果", "收到格数", "采用", "退回", "文件", "sha256"],
            [[r["year"], r["department_name"], r["title"], r["version_words"], r["due"], r["received_words"], r["punctual"],
              r["word"], r["cells_in"], r["observations"], r["rejections"], r["file"], r["sha256"]]
             for r in tables.deliveries(facts)],
        ),
    ]  # fmt: skip
    if facts.edition.internal:  # they quote cells as they were delivered
        listed += [
            Table(
                "findings", "核查结果", f"{year}年报送数据的核查结果",
                ["环节", "程度", "规则", "文件", "行", "列", "值", "应为", "说明"],
                [[Gate.of(r["gate"]).word, Severity.of(r["severity"]).word, r["rule"], r["file"], r["line"], r["column_name"], r["value"],
                  r["expected"], r["message"]] for r in received.findings(facts)],
            ),
            Table(
                "revisions", "更正情况", "部门更正过的数据，逐格列出原值和新值",
                ["年份", "报表", "原因", "数据项", "地区或性别", "原值", "新值"],
                [[r["year"], catalog.datasets[r["dataset"]].title, r["reason"], r["header"], r["place"], r["old"], r["new"]]
                 for r in tables.revisions(facts)],
            ),
        ]  # fmt: skip
    return listed


def _compared(changed: Changes) -> str:
    if changed.previous is None:
        return "与上一版比较：没有可以比较的上一版"
    return f"与上一版（运行编号{changed.run}）比较，变动的数值和评价，及其原因"


def _bare(text: object) -> str:
    """Running text without the marks that bind its figures."""
    assert isinstance(text, Markup)
    return text.striptags()


# --- the edition as data ---


def content(facts: Facts, title: str) -> dict[str, Any]:
    """The whole edition as data (docs/formats.md explains its keys); numbers are not rounded and in the unit beside
    them.
    """
    catalog, edition = facts.catalog, facts.edition
    return {
        "format": contents.FORMAT,
        "head": {
            "title": title, "district": catalog.district.code, "name": catalog.district.name, "year": facts.year,
            "published": edition.published, "locked": edition.locked, "issuers": catalog.district.issuers,
            **({"compiled_from": by.source, "compiled": edition.compiled} if (by := catalog.district.compiled_from) else {}),
            "audience": edition.audience, "draft": edition.draft, "simulated": edition.simulated, "note": edition.note,
        },
        "words": {"states": {k: w for k, w in Reason.words().items() if w}, "verdicts": Verdict.words(), "sexes": Sex.words()},
        "plans": [
            {"id": p.id, "title": p.head.title, "short": p.head.short, "audience": p.head.audience, "start": p.head.start,
             "end": p.head.end, "baseline": p.head.baseline, "domains": {d.domain: d.title for d in p.domains},
             "tally": _tally(facts.tally(facts.of_plan(p), p.id))}
            for p in facts.plans
        ],
        "tally": _tally(facts.tally()),
        "targets": [_target(item) for item in facts.items],
        "warnings": [{"target": w.item.id, **_given(w.row, "kind level cause reason since change p")} for w in facts.warnings],
        "areas": {a.code: a.name for a in (*catalog.district.areas, *catalog.district.references)}
        | {catalog.district.code: catalog.district.short},
        "institutions": {u.id: u.name for k in catalog.district.units.values() for u in k.members},
        "indicators": _indicators(facts),
    }  # fmt: skip


def _target(item: Item) -> dict[str, Any]:
    target, row = item.promise.target, item.row
    return {
        "id": item.id, "plan": item.promise.plan.id, "domain": item.promise.domain.domain, "clause": item.promise.clause,
        "level": item.promise.level, "title": item.promise.title, "indicator": target.indicator, "sex": target.sex,
        "name": item.name, "unit": item.unit, "decimals": item.decimals, "rule": target.rule.key, "than": target.than,
        "required": item.required, "lead": item.lead, "support": item.support,
        "verdict": item.verdict, "judgement": item.judgement, "statement": item.statement and item.statement["text"],
        **_given(row, "reason value threshold baseline baseline_year change_baseline change_previous met worsened fragile "
                      "units_total units_met units_failing method projection trend weather second probability "
                      "outlook_low outlook outlook_high"),
        "series": {y: {**_given(item.point(y), "value state"), "printed": str(item.at(y))} for y in item.told_years},
        "verdicts": {y: _given(r, "verdict reason value") for y, r in sorted(item.history.items())},
    }  # fmt: skip


def _indicators(facts: Facts) -> dict[str, Any]:
    values: dict[str, list[dict[str, Any]]] = {}
    for row in facts.figures.all:
        given = _given(row, "year area unit sex value numerator denominator lower upper state caliber")
        values.setdefault(row["indicator"], []).append(given)
    return {
        key: {
            "name": i.name, "unit": i.unit, "decimals": i.decimals, "kind": i.kind, "per": i.per, "better": i.better,
            "definition": i.definition, "lead": facts.catalog.department(i.lead), "values": values.get(key, []),
        }
        for key, i in facts.catalog.indicators.items()
    }  # fmt: skip


def _tally(tally: Tally) -> dict[str, Any]:
    counts = {"quantitative": tally.all, "judged": tally.judged, "attained": tally.attained, "fine": tally.fine,
              "short": tally.short, "unknown": tally.unknown, "evidence": tally.evidence}  # fmt: skip
    return {name: int(f.value) for name, f in counts.items()} | {"verdicts": dict(sorted(tally.verdicts.items()))}


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

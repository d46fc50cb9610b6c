"""The warehouse in, the files of one edition out: the PDF, and every table as CSV beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import duckdb
import yaml
from markupsafe import Markup

from expectations.records import Catalog
from flows.places import PROJECT
from flows.report import annual, quality, tables
from flows.report.facts import Facts, rows
from flows.report.narrative import Narrator
from flows.words import GATES, SEVERITIES

TEMPLATES = PROJECT / "report_templates"
ATTACHED = {
    "targets.csv": "全部目标的数值与评价",
    "indicators.csv": "全部指标分年度、地区、性别的数值",
    "sexes.csv": "分性别指标",
    "warnings.csv": "预警",
    "outlook.csv": "目标走势和达标概率",
    "track.csv": "历年预警及其结果",
    "deliveries.csv": "报送情况",
    "findings.csv": "核查结果",
    "manifest.json": "运行清单：输入文件、目录和程序的散列值",
}


def render(con: duckdb.DuckDBPyConnection, catalog: Catalog, year: int, staging: Path) -> Path:
    """Write report.pdf and the CSV tables of one data year into an empty folder; return the PDF.

    The same warehouse gives the same bytes. Raises `LayoutError` where a page cannot be set as told.
    """
    from flows import pdf

    facts = Facts(con, catalog, year)
    words = yaml.safe_load((TEMPLATES / "wording.yml").read_text(encoding="utf-8"))
    _tables(facts, Narrator(facts, words), staging)
    _manifest(facts, staging)
    text = compose(facts, staging)
    return pdf.write(text, staging / "report.pdf", [TEMPLATES], facts.edition.published, ATTACHED)


def compose(facts: Facts, staging: Path) -> str:
    """The whole report as HTML; its charts are drawn into `staging`."""
    from flows import pdf

    words = yaml.safe_load((TEMPLATES / "wording.yml").read_text(encoding="utf-8"))
    return pdf.html(TEMPLATES, "report.html", annual.context(facts, Narrator(facts, words), staging))


def _tables(facts: Facts, narrator: Narrator, staging: Path) -> None:
    catalog = facts.catalog
    header, table = tables.targets(facts)
    tables.write_csv(staging / "targets.csv", header, table)
    tables.write_csv(staging / "indicators.csv", *tables.indicators(facts))
    tables.write_csv(
        staging / "sexes.csv",
        ["指标", "单位", "女", "男", "合计", "差距（女减男）", "女男之比", "女性占比（%）", "与基期比差距", "与上年比差距"],
        [[r[k] for k in ("name", "unit", "female", "male", "total", "gap", "ratio", "share", "trend", "trend_before")]
         for r in tables.sexes(facts)],
    )  # fmt: skip
    tables.write_csv(
        staging / "warnings.csv",
        ["类型", "级别", "条目", "指标", "本年", "规划要求", "评价", "起始年份", "依据", "成因", "责任部门", "配合部门", "规划措施", "跟进方式"],
        [[w.kind, w.level, w.item.promise.clause, w.item.name, w.item.value if w.item.quantitative else "—",
          w.item.required, w.item.judgement, w.row["since"], _bare(narrator.grounds(w)), w.cause, w.item.lead, "、".join(w.item.support),
          "；".join(f"{c} {m.title}" for c, m in w.item.measures), w.follow_up] for w in facts.warnings],
    )  # fmt: skip
    tables.write_csv(staging / "outlook.csv", *tables.outlook(facts))
    tables.write_csv(staging / "track.csv", *tables.fates(facts))
    tables.write_csv(staging / "quality.csv", quality.HEADER, quality.table(quality.by_year(facts)))
    tables.write_csv(staging / "overview.csv", *tables.overview(facts))
    tables.write_csv(staging / "statements.csv", *tables.statements(facts))
    tables.write_csv(staging / "areas.csv", *tables.by_area(facts, tables.area_indicators(facts)))
    tables.write_csv(
        staging / "scorecard.csv",
        ["部门", "涉及人的指标", "应分性别", "已分性别", "尚未分性别", "尚未分性别的指标"],
        [
            [*(r[k] for k in ("name", "people", "due", "got", "missing")), _bare(r["names"])]
            for r in tables.scorecard(facts)
        ],
    )
    tables.write_csv(
        staging / "revisions.csv",
        ["年份", "报表", "原因", "数据项", "地区或性别", "原值", "新值"],
        [
            [r["year"], catalog.datasets[r["dataset"]].title, r["reason"], r["header"], r["place"], r["old"], r["new"]]
            for r in tables.revisions(facts)
        ],
    )
    tables.write_csv(
        staging / "deliveries.csv",
        ["年份", "部门", "报表", "版本", "应报日期", "收到日期", "是否按时", "处理结果", "收到格数", "采用", "退回", "文件", "sha256"],
        [[r["year"], r["department_name"], r["title"], r["version_words"], r["due"], r["received_words"], r["punctual"],
          r["word"], r["cells_in"], r["observations"], r["rejections"], r["file"], r["sha256"]]
         for r in tables.deliveries(facts)],
    )  # fmt: skip
    tables.write_csv(
        staging / "findings.csv",
        ["环节", "程度", "规则", "文件", "行", "列", "值", "应为", "说明"],
        [[GATES[r["gate"]], SEVERITIES[r["severity"]], r["rule"], r["file"], r["line"], r["column_name"], r["value"],
          r["expected"], r["message"]] for r in tables.findings(facts)],
    )  # fmt: skip


def _bare(text: object) -> str:
    """Running text without what binds its figures."""
    assert isinstance(text, Markup)
    return text.striptags()


def _manifest(facts: Facts, staging: Path) -> None:
    """What went in, by hash; the run's id is the hash of it, so the same inputs always bear the same id."""
    inputs = {
        row["file"]: row["sha256"]
        for row in rows(facts.con, "select file, sha256 from meta_deliveries where file is not null order by file")
    }
    code = hashlib.sha256()
    for path in sorted(p for folder in CODE for p in (PROJECT / folder).rglob("*") if p.suffix in SOURCES):
        code.update(path.relative_to(PROJECT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    content = {
        "district": facts.catalog.district.code,
        "year": facts.year,
        "simulated": facts.edition.simulated,
        "published": facts.edition.published.isoformat(),
        "catalogue": facts.catalog.digest,
        "code": code.hexdigest(),
        "inputs": inputs,
    }
    run = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    text = json.dumps({"run": run, **content}, ensure_ascii=False, indent=1)
    (staging / "manifest.json").write_text(f"{text}\n", encoding="utf-8")


CODE = ("expectations", "flows", "report_templates", "warehouse")
SOURCES = {".py", ".html", ".css", ".yml", ".sql"}

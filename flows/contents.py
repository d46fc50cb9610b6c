"""The contents page of the annual report: every stage in its order, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from flows.places import MendableError, places

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from expectations.records import Catalog

P = ParamSpec("P")
T = TypeVar("T")


class Do(Protocol):
    """Carries out one stage: as it is, or as a task of Prefect."""

    def __call__(self, title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


@dataclass(frozen=True)
class Outcome:
    district: str
    year: int
    report: Path
    counts: Mapping[str, Mapping[str, int]]
    """What the summary tells: deliveries, findings, verdicts and warnings by kind."""


def expected(year: int, district: str) -> Catalog:
    """The district's catalogue; raises what the user can mend before anything has begun."""
    from expectations.catalog import load

    catalog = load(district, places().expectations)
    if not catalog.in_force(year):
        raise MendableError(f"{year}年没有现行规划；规划见 expectations/districts/{district}.yml")
    return catalog


def annual(year: int, district: str, do: Do) -> Outcome:
    from flows import answer, publish, report, warehouse

    where = places()
    catalog = expected(year, district)
    with warehouse.build(where.warehouse / f"{district}.duckdb") as con:
        figures(con, catalog, where.raw, year, do)
        with publish.staging(where.output) as staging:
            do("编排报告", report.render, con, catalog, year, staging)
            do("答复部门", answer.departments, con, catalog, year, where.raw, staging)
            path = do("发布", publish.edition, staging, where.output / district / str(year) / "annual")
        return Outcome(district, year, path / "report.pdf", _counts(con, year))


def figures(con: DuckDBPyConnection, catalog: Catalog, raw: Path, year: int, do: Do) -> None:
    """Every stage up to the verdicts, from the baseline year of the plans in force to `year`."""
    from flows import assess, validate

    checked(con, catalog, raw, year, do)
    do("评价目标", assess.targets, con, catalog, year)
    do("对照规划", validate.plan_gate, con, catalog, year)


def checked(con: DuckDBPyConnection, catalog: Catalog, raw: Path, year: int, do: Do) -> None:
    """Every stage that looks at deliveries: what they are, whether they can be true."""
    from flows import compute, ingest, validate

    do("接收报送", ingest.receive, con, catalog, raw, years(catalog, year))
    do("核对报送", validate.contract, con, catalog)
    do("整理数据", ingest.observe, con, catalog)
    do("核查合理性", validate.plausibility, con, catalog)
    do("计算指标", compute.indicators, con, catalog)
    do("核查指标", validate.ratios, con, catalog)
    do("核查小结", validate.settle, con, catalog)


def years(catalog: Catalog, year: int) -> range:
    """The data years that a report on `year` needs."""
    return range(min((plan.head.baseline for plan in catalog.in_force(year)), default=year), year + 1)


def _counts(con: DuckDBPyConnection, year: int) -> dict[str, dict[str, int]]:
    queries = {
        "报送": "select status, count(*) from meta_deliveries where year = ? group by 1",
        "核查结果": "select severity, count(*) from out_findings where year = ? group by 1",
        "目标": "select verdict, count(*) from out_assessments where year = ? group by 1",
        "预警": "select kind, count(*) from out_warnings where year = ? group by 1",
    }
    from flows.words import SEVERITIES, STATUSES, VERDICTS

    words = STATUSES | SEVERITIES | WARNINGS | VERDICTS
    counts = {}
    for title, query in queries.items():
        found = dict(con.execute(query, [year]).fetchall())
        counts[title] = {words[key]: found[key] for key in words if key in found}
    return counts


WARNINGS = {"miss": "预计达标困难", "swing": "波动较大"}

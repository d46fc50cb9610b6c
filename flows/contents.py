"""The contents pages of both reports: every stage in its order, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
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
    kept: str = ""
    """Why there is no public edition; empty where there is one."""


def expected(year: int, district: str) -> Catalog:
    """The district's catalogue; raises what the user can mend before anything has begun."""
    from expectations.catalog import load

    catalog = load(district, places().expectations)
    if not catalog.in_force(year):
        raise MendableError(f"{year}年没有现行规划；规划见 expectations/districts/{district}.yml")
    return catalog


def annual(year: int, district: str, do: Do, draft: bool = False) -> Outcome:
    from flows import answer, pdf, publish, report, warehouse

    where = places()
    catalog = expected(year, district)
    target = where.output / district / str(year) / "annual"
    with warehouse.build(where.warehouse / f"{district}.duckdb") as con:
        figures(con, catalog, where.raw, year, do)
        with publish.staging(where.output) as staging:
            with pdf.press() as (write, printed):
                before, make = (
                    partial(publish.previous, target),
                    partial(report.render, year=year, draft=draft, write=write),
                )
                do("编排报告", make, con, catalog, staging=staging, previous=before)
                kept = do("编排公开版", release, con, catalog, staging, published(target, staging), make, before)
                do("答复部门", answer.departments, con, catalog, year, where.raw, staging)
                do("排印", printed)
            path = do("发布", publish.edition, staging, target)
        return Outcome(district, year, path / "report.pdf", _counts(con, year), kept)


def published(target: Path, staging: Path) -> list[Path]:
    """The editions that a public one must not be read together with: all of the district's but those of the same run."""
    from flows import publish

    run = publish.run(staging)
    return [edition for edition in publish.earlier(target.parents[1]) if publish.run(edition) != run]


def release(
    con: DuckDBPyConnection,
    catalog: Catalog,
    staging: Path,
    earlier: list[Path],
    make: Callable[..., object],
    before: Callable[[str], Path | None],
) -> str:
    """Put the public edition in a folder of the internal one; what is returned says why it was not made, if it was not.

    `make` prints a warehouse into a folder, compared with the public part of the edition that `before` finds; no count
    that is kept back can be had from it and the `earlier` editions together.
    """
    from flows import disclose, publish
    from flows.report import manifest

    try:
        disclose.protect(con, catalog, earlier)
    except MendableError as error:
        return str(error)
    folder = staging / publish.PUBLIC
    folder.mkdir()
    manifest.note(folder, earlier=[publish.run(edition) for edition in earlier])

    def previous(run: str) -> Path | None:
        found = before(run)
        return found / publish.PUBLIC if found and (found / publish.PUBLIC).is_dir() else None

    with disclose.public(con, catalog) as copy:
        make(copy, catalog, staging=folder, previous=previous)
    return ""


def ending(year: int | None, district: str) -> tuple[int, Catalog]:
    """The year that a final evaluation is of, and the district's catalogue; without a year, the last that has a register.

    Raises what the user can mend: no plan ends in the year, its data year has no register, or nothing came in it.
    """
    from expectations.catalog import load

    catalog = load(district, places().expectations)
    ends = sorted({plan.head.end for plan in catalog.plans})
    registers = {end: places().raw / district / str(end) / "deliveries.yml" for end in ends}
    last = "、".join(f"{plan.head.title}{plan.head.end}年" for plan in catalog.plans)
    if year is None:
        year = next((end for end in reversed(ends) if registers[end].is_file()), None)
        if year is None:
            raise MendableError(
                f"规划尚未期满，或期满年份没有报送登记（期满年份：{last}）；实施期内请用 ./monitor annual 年份"
            )
    if year not in ends:
        raise MendableError(f"{year}年没有期满的规划（期满年份：{last}）；实施期内请用 ./monitor annual {year}")
    if not registers[year].is_file():
        raise MendableError(
            f"{year}年没有报送登记 {registers[year]}；收到该年数据后用 ./monitor receive 登记，再作终期评估"
        )
    if not _registered(registers[year]):
        raise MendableError(
            f"{registers[year]} 没有登记任何报送；收到该年数据后用 ./monitor receive 登记，再作终期评估"
        )
    return year, catalog


def _registered(path: Path) -> bool:
    from expectations.catalog import CatalogError
    from flows.ingest import register

    try:
        return bool(register.read(path, places().raw).deliveries)
    except CatalogError:
        return True  # what is wrong with it the run will name


def final(
    year: int | None, district: str, do: Do, draft: bool = False, baseline_out: Path | str | None = None
) -> Outcome:
    """The final evaluation of the plans that end in `year`; `baseline_out` takes a copy of baseline.csv."""
    from flows import pdf, publish, report, warehouse

    where, copied = places(), _free(baseline_out)
    year, catalog = ending(year, district)
    ended = replace(catalog, plans=tuple(plan for plan in catalog.plans if plan.head.end == year))
    with warehouse.build(where.warehouse / f"{district}.duckdb") as con:
        figures(con, catalog, where.raw, year, do)
        with publish.staging(where.output) as staging:
            editions = where.output / district
            target = editions / str(year) / "final"
            before = partial(publish.previous, target)
            with pdf.press() as (write, printed):
                make = partial(report.conclude, year=year, editions=editions, draft=draft, write=write)
                outcomes = do("编排报告", make, con, ended, staging=staging, previous=before)
                kept = do("编排公开版", release, con, ended, staging, published(target, staging), make, before)
                do("排印", printed)
            path = do("发布", publish.edition, staging, target)
        if copied is not None:
            copied.write_bytes((path / "baseline.csv").read_bytes())
        counts = {k: v for k, v in _counts(con, year).items() if k not in {"目标", "预警"}}
        return Outcome(district, year, path / "report.pdf", {**counts, "目标": outcomes}, kept)


def _free(wanted: Path | str | None) -> Path | None:
    """Where a file can be written; raises rather than write over another."""
    if not wanted:
        return None
    path = Path(wanted)
    if path.exists():
        raise MendableError(f"{path} 已经存在；请换一个文件名，或先移走它")
    if not path.parent.is_dir():
        raise MendableError(f"没有目录 {path.parent}；请先建好，或换一个目录")
    return path


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

"""Makes a report of any kind: every stage in its order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from flows.journal import CLOSED, CutOff, Journal, journal, person
from flows.places import MendableError, places

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from expectations.records import Catalog
    from flows.report.kinds import Kind
    from flows.rerun import Run
    from flows.validate import Trial

P = ParamSpec("P")
T = TypeVar("T")


class Do(Protocol):
    """Runs one stage: directly, or as a task of Prefect."""

    def __call__(self, title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


@dataclass(frozen=True)
class Made:
    """The result of a run."""

    district: str
    year: int
    report: Path
    counts: Mapping[str, Mapping[str, int]]
    """What the summary tells: deliveries, findings, verdicts and warnings by kind."""
    unpublished: str = ""
    """Why there is no public edition, and which earlier editions could not be read; usually empty."""
    noted: str = ""
    """What the journal has taken up as found; usually empty."""
    unchanged: bool = False
    """Whether nothing had to be made: the edition is already made of all that the run would read."""


def due(kind: Kind, year: int | None, district: str) -> tuple[int, Catalog]:
    """The year of a report and the district's catalogue; for a kind that is made once, the last due year if none is
    given.

    Raises before anything has begun what the user can mend: no plan is due then, the data year has no register, or
    nothing was delivered for it.
    """
    from expectations.catalog import load

    catalog = load(district, places().expectations)
    year = _last_due(kind, catalog) if year is None else year
    if not any(kind.is_due(plan, year) for plan in catalog.plans):
        raise MendableError(_not_due(kind, catalog, year))
    _delivered(year, district, f"再编印{kind.word}")
    return year, catalog


def _last_due(kind: Kind, catalog: Catalog) -> int:
    """The last year in which the plans are due and that has a register."""
    assert kind.once, f"{kind.name}: which of the years that plans are in force?"
    years = sorted({kind.once.year(plan.head) for plan in catalog.plans}, reverse=True)
    found = next((year for year in years if _register(year, catalog.district.code).is_file()), None)
    if found is None:
        raise MendableError(_not_due(kind, catalog, None))
    return found


def _not_due(kind: Kind, catalog: Catalog, year: int | None) -> str:
    if kind.once is None:
        return f"{year}年没有现行规划；规划见 expectations/districts/{catalog.district.code}.yml"
    from flows.report.kinds import YEARLY

    reached = kind.once.reached
    listed = "、".join(f"{plan.head.title}{kind.once.year(plan.head)}年" for plan in catalog.plans)
    yearly = f"其他年份请用 ./monitor {YEARLY.name} {year or '年份'}"
    if year is None:
        return f"规划尚未{reached}，或{reached}年份没有报送登记（{reached}年份：{listed}）；{yearly}"
    return f"{year}年没有{reached}的规划（{reached}年份：{listed}）；{yearly}"


def _delivered(year: int, district: str, then: str) -> None:
    """Raises if nothing was delivered for the year: such a report would be empty.

    The register must be there and correct, because it has the report's two dates as well, and so must one of its files.
    """
    from expectations.catalog import CatalogError
    from flows.ingest import register

    raw = places().raw
    folder = raw / district / str(year)
    path = folder / register.REGISTER
    cure = f"收到该年数据后用 ./monitor receive 登记，{then}"
    if not path.exists():
        gone = next(place for place in (raw, raw.joinpath(district), folder, path) if not place.exists())
        raise MendableError(
            f"{year}年没有报送登记 {path}（没有 {gone}）；{cure}；已有数据的，请检查年份、地区和 PLAN_MONITOR_HOME"
        )
    try:
        found = register.read(path, raw)
    except CatalogError as error:
        raise MendableError(f"{year}年的报送登记读不出，请改正后重新运行：\n{error}") from None
    if (found.district, found.year) != (district, year):
        raise MendableError(
            f"{path} 写的是{found.district}、{found.year}年，请改为{district}、{year}年，或移到对应的目录"
        )
    if not found.deliveries:
        raise MendableError(f"{path} 没有登记任何报送；{cure}")
    if not any(os.path.isfile(folder / entry.file) for entry in found.deliveries):  # noqa: PTH113  (raises nothing)
        raise MendableError(f"{path} 登记的{len(found.deliveries)}份报表都不在 {folder}；请从备份恢复，再重新运行")


def _had_come(year: int, district: str, as_of: date) -> None:
    """Raises if nothing had been delivered for the year by that day, or if more may still come on it."""
    from datetime import datetime

    from flows.ingest import register
    from flows.wording import BEIJING, say

    if as_of >= datetime.now(BEIJING).date():
        raise MendableError(say("messages/as_of/to_come", day=as_of))
    first = min(entry.received for entry in register.read(_register(year, district), places().raw).deliveries)
    if as_of < first:
        raise MendableError(say("messages/as_of/nothing", day=as_of, year=year, first=first))


def lock(year: int, district: str) -> tuple[Path, date | None]:
    """The register of a data year, and the day on which its data are locked; None if that is not known."""
    from expectations.catalog import CatalogError
    from flows.ingest import register

    path = _register(year, district)
    try:
        return path, register.read(path, places().raw).locked if path.is_file() else None
    except CatalogError:  # told when the report begins
        return path, None


def make(
    kind: Kind,
    year: int | None,
    district: str,
    do: Do,
    draft: bool = False,
    force: bool = False,
    as_of: date | None = None,
) -> Made:
    """Make a report of a kind, internal and public, and publish both; for the year and the errors see `due`.

    What the last run has left is taken over where it was made from the same (flows/kept.py); with `force`, nothing is.
    With a day `as_of`, the edition knows only what had come in and was decided by then, and says so.
    """
    from flows import garbage, kept, rerun
    from flows.ingest import filed

    garbage.look_rarely()
    where, history = places(), journal(district)
    year, catalog = due(kind, year, district)
    if as_of is not None:
        _had_come(year, district, as_of)
    history.events()  # raises if the chain is broken: an edition that cannot be written down is none
    operator()  # and so does this, before the work
    target = _place(kind, year, district)
    noted = filed.adopted(history, where.raw / district, where.raw)
    with kept.shelf(where.warehouse / f"{district}.kept" / f"{kind.name}-{year}", rerun.common(where), force):
        run = rerun.Run(district, years(catalog, year), draft, where, target, as_of)
        last = do("查对变动", run.found)
        if last is None:
            counts, why = _make(kind, year, catalog, run, history, do)
            run.note({"counts": counts, "kept": why})
        else:
            _write_down(history, kind, year, run)
            counts, why = last["counts"], last["kept"]
        return Made(district, year, target / "report.pdf", counts, _told(history, target, why), noted, last is not None)


def ahead(kind: Kind, year: int, district: str, force: bool) -> None:
    """Begin what a run will need and what takes seconds to import, for a caller who has to wait for something else: nothing is begun where
    an edition stands: perhaps nothing has changed.
    """
    if force or not _place(kind, year, district).exists():
        from expectations import suites
        from flows.press import pdf

        pdf.warm()
        suites.library()


def _make(
    kind: Kind, year: int, catalog: Catalog, run: Run, history: Journal, do: Do
) -> tuple[Mapping[str, Mapping[str, int]], str]:
    """Every stage of a run; returns what the summary counts, and why there is no public edition, if there is none."""
    from flows import answer, caveats, garbage, report, warehouse
    from flows.edition import memory, publish, record, signature
    from flows.press import pdf

    where, target, editions = run.where, run.target, run.target.parents[1]
    pdf.warm()
    with garbage.passing_over() as pass_over, warehouse.build(run.warehouse) as con:
        pass_over()
        publish.prepare(editions)
        memory.remember(history, editions)
        figures(con, catalog, where.raw, year, do, CutOff(journal=history, as_of=run.as_of))
        own = kind.narrowed(catalog, year)
        with publish.staging(where.output) as staging:
            with pdf.press(staging) as (write, printed):
                before, waiting = partial(_previous, history, target), list[Callable[[], object]]()
                kept = memory.place(history)
                into = partial(
                    report.make, kind, year=year, editions=kept, draft=run.draft, write=write, later=waiting.append
                )
                told = do("编排报告", into, con, own, staging=staging, previous=before)
                pass_over()
                why = do("编排公开版", release, con, own, staging, published(history, editions, staging), into, before)
                pass_over()
                if kind.answers:
                    do("答复部门", answer.departments, con, own, year, where.raw, staging)
                do("排印", _one_after_another, [*waiting, printed])
                signed = signature.sign(staging, where.keys) > 0
                record.write(staging, caveats.caveats(con, own, staging, why, signed))
            warehouse.write_down(con)  # where that cannot be, nothing is published
            do("发布", publish.edition, staging, target)
            _write_down(history, kind, year, run)
            memory.remember(history, editions)
        return {**_counts(con, year), **told}, why


def _one_after_another(steps: Sequence[Callable[[], object]]) -> None:
    for step in steps:
        step()


def _write_down(history: Journal, kind: Kind, year: int, run: Run) -> None:
    """Tell the journal which edition stands now and who made it, or made sure that there was nothing to make."""
    from expectations.vocabulary import Deed
    from flows import edition
    from flows.edition import record

    made = {"run": edition.run(run.target), "record": record.digest(run.target / record.NAME)}
    made["manifest"] = record.digest(run.target / edition.MANIFEST)
    made["operator"] = operator()
    public, decided = (run.target / edition.PUBLIC).is_dir(), _decided(run)
    history.append(Deed.MADE, kind=kind.name, year=year, draft=run.draft, public=public, decided=decided, **made)


OPERATOR = "PLAN_MONITOR_OPERATOR"
"""The name of whoever runs the program, where several people use one account."""


def operator() -> str:
    """Who runs the program, empty if nobody is told; raises `MendableError` if that is no name."""
    from flows.wording import say

    given = os.environ.get(OPERATOR, "").strip()
    return person(given, say("messages/journal/operator", variable=OPERATOR)) if given else ""


def _previous(history: Journal, target: Path, run: str) -> Path | None:
    """The edition that a run's edition is compared with: the approved one in force, else the newest of another run."""
    from flows import edition
    from flows.edition import approved, memory, publish

    found = approved.previous(history, int(target.parent.name), target.name, run)
    kept = memory.place(history) / target.parent.name / target.name
    return found if found is not None and not edition.damage(found) else publish.previous(kept, run)


def published(history: Journal, editions: Path, staging: Path) -> list[Path]:
    """The editions that must not reveal anything together with a public one: all of the district's but those of the
    same run; also those in `editions` (output/<district>) that are not kept whole.
    """
    from flows import edition
    from flows.edition import memory, publish

    run = edition.run(staging)
    lost = [folder for folder in memory.unkept(history, editions) if (folder / edition.PUBLIC).is_dir()]
    return [folder for folder in (*publish.earlier(memory.place(history)), *lost) if edition.run(folder) != run]


def _told(history: Journal, target: Path, unpublished: str) -> str:
    """What is wrong with earlier editions, and why there is no public edition, one line each."""
    from flows import edition
    from flows.edition import memory

    return "\n".join(filter(None, [*memory.damaged(history, target.parents[1], str(edition.run(target))), unpublished]))


def _decided(run: Run) -> dict[str, object]:
    """What persons have decided and written down by hand: the hash of corrections and overrides, and what came late and is
    used.
    """
    from flows.edition import manifest, record

    path = run.where.expectations / "corrections" / f"{run.district}.yml"
    told = manifest.read(run.target)
    assert told is not None  # the edition stands there
    return {
        "corrections": record.digest(path) if path.is_file() else None,
        "admitted": [row for row in told.late if row["decided_by"] is not None],
    }


def release(
    con: DuckDBPyConnection,
    catalog: Catalog,
    staging: Path,
    earlier: list[Path],
    make: Callable[..., object],
    before: Callable[[str], Path | None],
) -> str:
    """Put the public edition into a folder of the internal one; returns why it was not made, if it was not.

    `make` prints a warehouse into a folder, compared with the public part of the edition that `before` finds. No
    suppressed count can be computed from it and the `earlier` editions together.
    """
    from flows import disclose, edition, rerun
    from flows.edition import manifest

    if any(edition.damage(folder) for folder in earlier):
        return (
            "公开版未编制：以前的一版不完整，其中公开过哪些数字无从核对。恢复后，或确未对外提供而移走后，请重新运行。"
        )
    try:
        rerun.protected(con, catalog, earlier, partial(disclose.protect, con, catalog, earlier))
    except MendableError as error:
        return str(error)
    folder = staging / edition.PUBLIC
    folder.mkdir()
    manifest.note(folder, earlier=[edition.run(one) for one in earlier])

    def previous(run: str) -> Path | None:
        found = before(run)
        return found / edition.PUBLIC if found and (found / edition.PUBLIC).is_dir() else None

    with disclose.public(con, catalog) as copy:
        make(copy, catalog, staging=folder, previous=previous)
    return ""


def _place(kind: Kind, year: int, district: str) -> Path:
    """The path of the current edition."""
    return places().output / district / str(year) / kind.name


def _register(year: int, district: str) -> Path:
    return places().raw / district / str(year) / "deliveries.yml"


@contextmanager
def baseline_copied(wanted: Path | None, kind: Kind, year: int, district: str) -> Iterator[None]:
    """Copy the evaluation's baseline.csv to the wanted path after the run; raises if that file exists."""
    from flows import machine

    if wanted is None:
        yield
        return
    if wanted.exists():
        raise MendableError(f"{wanted} 已经存在；请换一个文件名，或先移走它")
    if not wanted.parent.is_dir():
        raise MendableError(f"没有目录 {wanted.parent}；请先建好，或换一个目录")
    yield
    edition = _place(kind, year, district)
    try:
        with machine.about(wanted):
            wanted.write_bytes((edition / "baseline.csv").read_bytes())
    except OSError as error:
        raise MendableError(f"报告已编印：{edition}。只有基期数据没有另存：{machine.told(error) or error}") from None


def figures(
    con: DuckDBPyConnection,
    catalog: Catalog,
    raw: Path,
    year: int,
    do: Do,
    cut_off: CutOff = CLOSED,
) -> None:
    """Every stage up to the verdicts, from the baseline year of the plans in force to `year`."""
    from flows import assess, ingest, validate

    checked(con, catalog, raw, year, do, cut_off)
    do("评价目标", assess.targets, con, catalog, year)
    do("对照规划", validate.plan_gate, con, catalog, year)
    do("接收答复", ingest.answers, con, catalog, raw, years(catalog, year), cut_off)
    do("核对答复", validate.answers, con, catalog)
    do("列出问题", validate.shorten, con)


def checked(
    con: DuckDBPyConnection,
    catalog: Catalog,
    raw: Path,
    year: int,
    do: Do,
    cut_off: CutOff = CLOSED,
    trial: Trial | None = None,
) -> None:
    """Every stage that checks deliveries: what they are, and whether they can be true. A `trial` tells of its delivery alone,
    and does without Great Expectations.
    """
    from flows import compute, ingest, validate

    do("接收报送", ingest.store, con, catalog, raw, years(catalog, year), cut_off)
    do("核对报送", validate.contract, con, catalog, trial)
    do("整理数据", ingest.observe, con, catalog)
    do("核查合理性", validate.plausibility, con, catalog, trial)
    do("计算指标", compute.indicators, con, catalog, bare=trial is not None)
    do("核查指标", validate.ratios, con, catalog, trial)
    do("核查小结", validate.settle, con, catalog)


def years(catalog: Catalog, year: int) -> range:
    """The data years that a report on `year` reads: from the baseline of the plans in force, and of years that an earlier
    plan asked for, as many as an outlook from that baseline looks back on.

    The first year depends on the plans in force; each promise is judged by the years of its own plan (`assess`), so a verdict
    stays what it was when it is taken again in a later report.
    """
    from flows.outlook.destatis import first_year

    in_force = catalog.in_force(year)
    if not in_force:
        return range(year, year + 1)
    base, asked = (min(plan.head.baseline for plan in plans) for plans in (in_force, catalog.plans))
    return range(max(asked, first_year(base)), year + 1)


def _counts(con: DuckDBPyConnection, year: int) -> dict[str, dict[str, int]]:
    from expectations.vocabulary import DeliveryStatus, Severity

    queries = {
        "deliveries": (
            "select status, count(*) from meta_deliveries where year = ? group by 1",
            DeliveryStatus.words(),
        ),
        "findings": (  # as the report counts them: what the plan gate asks about is told beside its verdicts
            "select severity, sum(coalesce(times, 1))::integer from out_findings where year = ? and gate <> 'plan' group by 1",
            Severity.words(),
        ),
    }
    counts = {}
    for title, (query, words) in queries.items():
        found = dict(con.execute(query, [year]).fetchall())
        counts[title] = {word: found[key] for key, word in words.items() if key in found}
    return counts

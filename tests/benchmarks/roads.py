"""The three roads that a delivered file can take, `check`, `receive`, the yearly run, and what each answers.

All in one process, each file in a home of its own, the stages called as the commands call them.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import yaml

from expectations.catalog import CatalogError, load
from expectations.records import Catalog
from flows import pipeline, warehouse
from flows.answer import feedback
from flows.desk import intake, trial
from flows.desk.filing import Wanted
from flows.places import MendableError, Places

ROADS = ("check", "receive", "run")


class Finding(NamedTuple):
    severity: str
    rule: str
    line: int | None
    position: int | None
    message: str
    """The delivery's own name in it is replaced by NAME: each road files it under another."""


class Answer(NamedTuple):
    """What one road says of one file."""

    code: int
    """0 without a word of doubt, 3 with findings, 2 with a message that the user can act on, 1 with a stack trace."""
    status: str = ""
    """accepted, partial or refused; empty where it was not taken in at all."""
    figures: tuple[str, ...] = ()
    """In the order of lines and measures, as tests/spec/cases.csv has them."""
    findings: tuple[Finding, ...] = ()
    told: str = ""
    """What was printed, or the error's message."""
    deliveries: int = 0
    """As how many deliveries it was taken."""

    @property
    def asked(self) -> list[Finding]:
        """The findings that must be answered, the gravest first."""
        return [f for f in self.findings if f.severity != "info"]

    @property
    def first(self) -> str:
        """The first thing that its sender is told."""
        if self.findings:
            return self.findings[0].message
        return "" if self.status and self.code == 0 else self.told.strip().replace("\n", " ")


NAME = "…"
FALLS = re.compile("没有这些数，[^。]*。")
"""What falls with an empty column is told only while the sender can still fill it in, as `unfilled` is asked."""
FINDINGS = """
select severity, rule, line, position, message, file from out_findings
where delivery = ? and override is null and rule <> 'unfilled'  -- asked only while the sender can still fill in
order by case severity when 'critical' then 0 when 'warning' then 1 else 2 end, rule = 'refused' desc, line, position,
         rule, message
"""
FIGURES = """
select coalesce(regexp_replace(value::varchar, '[.]?0*$', ''), state) from core_observations where delivery = ?
order by line, sex, measure
"""


def home(catalogue: Path, folder: Path) -> Places:
    """A home in `folder` with a catalogue: `catalogue` is a home, or the expectations of one."""
    own = catalogue / "expectations"
    (folder / "expectations").symlink_to((own if own.is_dir() else catalogue).resolve(), target_is_directory=True)
    return Places(folder)


def catalog_of(catalogue: Path, district: str | None = None) -> Catalog:
    """The catalogue of a district, or of the only one, in a home; raises `CatalogError` where it is wrong."""
    own = catalogue / "expectations" if (catalogue / "expectations").is_dir() else catalogue
    return load(district or next((own / "districts").glob("*.yml")).stem, own)


def register(where: Places, catalog: Catalog, year: int, *deliveries: dict[str, Any]) -> Path:
    """A year's folder with its register."""
    folder = where.raw / catalog.district.code / str(year)
    folder.mkdir(parents=True)
    head = {"district": catalog.district.code, "year": year, "simulated": True, "locked": f"{year + 1}-06-30",
            "published": f"{year + 1}-07-15", "deliveries": list(deliveries)}  # fmt: skip
    (folder / "deliveries.yml").write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
    return folder


@contextlib.contextmanager
def watched() -> Iterator[list[Answer]]:
    """Every warehouse in memory as it was when it was let go: what the stages had found by then.

    Feedback sheets are not printed meanwhile: they cost more than all the rest.
    """
    seen: list[Answer] = []
    real_memory, real_write = warehouse.memory, feedback.write_one

    @contextlib.contextmanager
    def memory() -> Iterator[duckdb.DuckDBPyConnection]:
        with real_memory() as con:
            yield con
            seen.extend(deliveries_in(con))

    warehouse.memory, feedback.write_one = memory, lambda *args, **kwargs: []
    try:
        yield seen
    finally:
        warehouse.memory, feedback.write_one = real_memory, real_write


def deliveries_in(con: duckdb.DuckDBPyConnection) -> Iterator[Answer]:
    """What a warehouse knows of each delivery that was not replaced."""
    newest = "select delivery, status from meta_deliveries where file is not null and status <> 'superseded' order by 1"
    for delivery, status in con.execute(newest).fetchall():
        found = tuple(_finding(*row) for row in con.execute(FINDINGS, [delivery]).fetchall())
        figures = tuple(figure for (figure,) in con.execute(FIGURES, [delivery]).fetchall())
        code = 3 if any(f.severity != "info" for f in found) else 0
        yield Answer(code, status, figures, found)


def _finding(
    severity: str, rule: str, line: int | None, position: int | None, message: str, file: str | None
) -> Finding:
    name = (file or "").partition("/")[2]
    message = FALLS.sub("", message)
    return Finding(severity, rule, line, position, message.replace(name, NAME) if name else message)


def _walked(road: Callable[[], int]) -> Answer:
    """Walk a road; what the last warehouse held, what was printed, and how the command would have ended."""
    out = io.StringIO()
    with watched() as seen, contextlib.redirect_stdout(out):
        try:
            code, said = road(), ""
        except (MendableError, CatalogError) as error:
            code, said = 2, str(error)
        except Exception:
            code, said = 1, traceback.format_exc()
    told = "\n".join(filter(None, (out.getvalue(), said)))
    if not seen or code == 1:
        return Answer(code, told=told)
    taken = len(re.findall(r"^“.+”(（工作表“.+”）)?：", out.getvalue(), re.MULTILINE))
    return seen[-1]._replace(code=max(code, seen[-1].code), told=told, deliveries=taken)


def check(path: Path, catalog: Catalog, where: Places, wanted: Wanted) -> Answer:
    return _walked(lambda: 0 if all(one.sound for one in intake.check(path, catalog, where, wanted)) else 3)


def receive(
    path: Path, catalog: Catalog, where: Places, wanted: Wanted, year: int, reason: str | None = None
) -> Answer:
    """What `receive` says in March of the next year; it ends with 0 whatever it finds, so the code is that of that."""

    def road() -> int:
        intake.receive([path], catalog, where, wanted, date(year + 1, 3, 1), reason)
        return 0

    return _walked(road)


def desk(path: Path, catalog: Catalog, where: Places, wanted: Wanted, year: int) -> Answer:
    """What `receive` says to a clerk who names no more of a file than he is asked for."""
    named = Wanted()
    for _ in wanted:
        answer = receive(path, catalog, where, named, year)
        asked = next((field for option, field in ASKED.items() if option in answer.told), "")
        if answer.status or not asked or getattr(named, asked) is not None or getattr(wanted, asked) is None:
            break
        named = named._replace(**{asked: getattr(wanted, asked)})
    return answer


ASKED = {"--from": "sender", "--year": "year", "--dataset": "dataset"}
"""What `receive` may ask for, and where it stands in `Wanted`."""


def run(path: Path, catalog: Catalog, where: Places, wanted: Wanted, year: int) -> Answer:
    """What the yearly run makes of a file that was registered by hand."""
    data = path.read_bytes()
    entry = {
        "dataset": wanted.dataset,
        "file": path.name,
        "received": date(year + 1, 3, 1),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    if wanted.dataset and catalog.datasets[wanted.dataset].department == "*":
        entry["department"] = wanted.sender
    (register(where, catalog, year, entry) / path.name).write_bytes(data)

    def road() -> int:
        with warehouse.memory() as con:
            pipeline.figures(con, catalog, where.raw, year, trial.quietly)
        return 0

    return _walked(road)


def sender(catalog: Catalog, dataset: str, name: str) -> str | None:
    """Of a dataset that many send: the department in the file's name, else the first; None where only one sends it."""
    if catalog.datasets[dataset].department != "*":
        return None
    keys = catalog.senders[dataset]
    return next((key for key in keys if catalog.department(key) in name), keys[0])


def answers(
    file: Path,
    dataset: str,
    catalogue: Path,
    catalog: Catalog,
    year: int,
    roads: Sequence[str] = ROADS,
    told: bool = False,
) -> dict[str, Answer]:
    """What each road says of a file for a dataset and year; `told`: `receive` need not find them out."""
    found: dict[str, Answer] = {}
    whose = sender(catalog, dataset, file.name)
    for road in roads:
        with tempfile.TemporaryDirectory(prefix="road-") as name:
            where = home(catalogue, Path(name))
            path = Path(name) / file.name
            path.write_bytes(file.read_bytes())
            wanted = Wanted(dataset, whose, year)
            match road:
                case "check":
                    found[road] = check(path, catalog, where, wanted)
                case "receive":
                    register(where, catalog, year)
                    found[road] = (receive if told else desk)(path, catalog, where, wanted, year)
                case _:
                    found[road] = run(path, catalog, where, wanted, year)
    return found


def alike(found: Mapping[str, Answer]) -> bool:
    """Whether all roads come to the same status, figures and findings, and to one delivery.

    Where a road does not take a file at all, the others agree with it by refusing the file.
    """
    if any(answer.code == 1 or answer.deliveries > 1 for answer in found.values()):
        return False
    if all(answer.status for answer in found.values()):
        return len({(a.status, a.figures, tuple(sorted(map(str, a.findings)))) for a in found.values()}) == 1
    return all(not answer.status or (answer.status == "refused" and not answer.figures) for answer in found.values())


def differing(found: Mapping[str, Answer]) -> str:
    """What each road says where they are not alike; else empty."""
    return "" if alike(found) else "\n".join(f"{road}: {answer}" for road, answer in found.items())


def plain(text: str) -> str:
    """A message in one line."""
    return re.sub(r"\s+", " ", text).strip()

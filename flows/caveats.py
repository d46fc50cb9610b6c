"""What is open in an edition: forms that did not come, years for which nobody was asked, findings that nobody answers for, figures whose
meaning nobody has registered, figures that moved without a cause, no public edition, no signature. Whoever approves the edition
acknowledges each (flows/edition/record.py).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import duckdb

from expectations.records import Catalog
from expectations.vocabulary import ChangeCause, Concern, DeliveryStatus, Severity
from flows.edition import record
from flows.edition.record import Caveat
from flows.letters import numbered
from flows.questions import unsettled
from flows.warehouse import Row, rows
from flows.wording import day, say


def caveats(
    con: duckdb.DuckDBPyConnection, catalog: Catalog, staging: Path, unpublished: str, signed: bool
) -> list[Caveat]:
    """Everything that is open in the edition in `staging`, made from this warehouse; each once.

    `unpublished` says why it has no public edition, empty if it has one; `signed` says whether its papers bear a signature.
    """
    found = [*_of_a_day(con), *_missing(con, catalog), *_not_asked(con), *_critical(con), *_questions(con)]
    found += _unexplained(staging)
    found += [_caveat(Concern.NOT_PUBLIC, why=unpublished.rstrip("。"))] if unpublished else []
    found += [] if signed else [_caveat(Concern.UNSIGNED)]
    by_number: dict[str, Caveat] = {}
    for caveat in found:  # eight letters and digits may be those of two matters: then one number stands for both
        known = by_number.setdefault(caveat.number, caveat)
        if caveat.told not in known.told:
            by_number[caveat.number] = known.model_copy(update={"told": f"{known.told.rstrip('。')}；{caveat.told}"})
    return list(by_number.values())


def _caveat(kind: Concern, **facts: object) -> Caveat:
    told = say(f"messages/caveat/{kind}", **facts)
    return Caveat(number=record.number(told), kind=kind, told=told)


def _of_a_day(con: duckdb.DuckDBPyConnection) -> Iterator[Caveat]:
    """That the edition knows only what had come in by a day."""
    for row in rows(con, "select day from meta_as_of"):
        yield _caveat(Concern.AS_OF, day=day(row["day"]))


def _missing(con: duckdb.DuckDBPyConnection, catalog: Catalog) -> Iterator[Caveat]:
    """The forms of all years with a register that the edition reads and nobody sent, the newest year first."""
    query = (
        "select * from meta_deliveries semi join meta_register using (year) where status = ? "
        "order by year desc, department, dataset"
    )
    for row in rows(con, query, DeliveryStatus.MISSING):
        form = catalog.datasets[row["dataset"]].title
        yield _caveat(Concern.MISSING, year=row["year"], department=catalog.department(row["department"]), form=form)


def _not_asked(con: duckdb.DuckDBPyConnection) -> Iterator[Caveat]:
    """The years that it reads without a register: nothing of them is unusable, and nothing is owed."""
    query = (
        "select distinct year, message from out_findings anti join meta_register using (year) "
        "where rule = 'register' and severity = ? order by year desc"
    )
    for row in rows(con, query, Severity.WARNING):
        yield _caveat(Concern.NOT_ASKED, told=row["message"])


def _critical(con: duckdb.DuckDBPyConnection) -> Iterator[Caveat]:
    """The findings of all years that it reads which make data unusable, and which nobody answers for."""
    query = (
        "select * from out_findings where severity = ? and override is null order by year desc, dataset, line, message"
    )
    for row in rows(con, query, Severity.CRITICAL):
        yield Caveat(number=_number(row), kind=Concern.CRITICAL, told=row["message"])


def _questions(con: duckdb.DuckDBPyConnection) -> Iterator[Caveat]:
    """The questions of all years about figures that were used as they were written (flows/questions.py)."""
    for row in unsettled(con):
        told, reply = row["message"], row["reply"]
        told = say("messages/caveat/replied", told=told, text=reply["text"]) if reply else told
        yield Caveat(number=_number(row), kind=Concern.QUESTION, told=told)


def _number(row: Row) -> str:
    """That of the finding; of findings that are not listed, that of the sentence that tells how many they are."""
    return numbered(row) or record.number(row["message"])


def _unexplained(staging: Path) -> Iterator[Caveat]:
    """What moved since the edition before, and nothing that is known has moved it."""
    with (staging / "changes.csv").open(encoding="utf-8-sig", newline="") as file:
        for clause, name, year, place, sex, old, new, before, after, cause in list(csv.reader(file))[1:]:
            if cause == ChangeCause.NOT_KNOWN.word:
                judged = (old, new) if before == after else (f"{old}（{before}）", f"{new}（{after}）")
                where = {"clause": clause, "name": name, "year": year, "place": place, "sex": sex}
                yield _caveat(Concern.UNEXPLAINED, **where, old=judged[0], new=judged[1])

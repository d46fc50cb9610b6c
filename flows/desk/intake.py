"""The desk for deliveries: receives a file, checks one before it is sent, and tells who still owes what."""

from __future__ import annotations

import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
from rich.console import Console

from expectations.catalog import CatalogError
from expectations.records import Catalog
from expectations.spelling import meant
from expectations.vocabulary import AnswerSheet, DeliveryStatus, Fit, Severity
from flows import ledger, pipeline
from flows.cells import Cells
from flows.console import line_console
from flows.desk import filing, same, trial
from flows.desk.effects import Effects, effects, outdated
from flows.desk.filing import Filed, Known, VersionInUse, Wanted
from flows.desk.lock import is_asked, left_out, lock_of, reached
from flows.edition import approved
from flows.files import open_file
from flows.files.characters import fitting, printable
from flows.inert import called
from flows.ingest import register
from flows.ingest.filed import adopted
from flows.ingest.register import REGISTER, Entry
from flows.ingest.replies import found as returned_in
from flows.journal import OPEN, BrokenError, CutOff, Journal
from flows.letters import REST
from flows.places import MendableError, Places, RefusedError
from flows.questions import QUESTIONS
from flows.report.kinds import KINDS
from flows.revisions import changes
from flows.warehouse import rows
from flows.wording import BEIJING, day, say

SHEET = f"-{say('letters/feedback/name')}"
"""How the name of a feedback sheet that lies beside its file ends."""
SHOWN = 20
"""The number of lines of one kind on the terminal; the feedback sheet has all of them."""
LINES = 10
"""The number of lines of a file that are named behind a finding."""


def today() -> date:
    """The day in Beijing."""
    return datetime.now(BEIJING).date()


# --- receive ---------------------------------------------------------------------------------------------------------


def receive(
    paths: Sequence[Path],
    catalog: Catalog,
    where: Places,
    wanted: Wanted,
    on: date | None,
    reason: str | None,
    unusable: bool = False,
) -> bool:
    """File each delivery, and tell what it is, what was found in it and what it changes; returns whether all can be
    used whole. A file without one usable cell takes the place of a usable file only if `unusable` says so.

    Raises `MendableError` with every file that could not be filed; the others are filed all the same. With a day of
    receipt that is still to come none is filed.
    """
    if on is not None and on > today():
        raise MendableError(f"收到日期（--date）是{on}，还没有到，今天是{today()}；请改为实际收到的日期，不填时为今天")
    console, sound = line_console(), True
    code = catalog.district.code
    if told := adopted(Journal(where.journal / code), where.raw / code, where.raw):
        console.print(told)
    problems: list[MendableError | CatalogError] = []
    failures: list[Exception] = []
    for path in paths:
        listed, sheets = list[Known](), list[str]()
        with _put_by(problems, failures):
            recognised = filing.recognise(path, catalog, wanted)
            listed, sheets = [*recognised.known], [*recognised.sheets]
            problems += recognised.refused
        for known in listed:
            with _put_by(problems, failures):
                others = _others(known, sheets)
                restore = len(paths) == 1  # the versions of a form that lie in one folder would replace each other
                _name(console, known, catalog)
                kept = _adds_nothing(console, known, others, catalog, where, bool(restore and reason), unusable)
                if kept is not None:
                    sound = kept and sound
                    continue
                sound = _receive(console, known, others, catalog, where, on, reason, restore) and sound
    told = "\n".join(map(str, problems))
    if failures:
        console.print(told)
        for other in failures[1:]:
            failures[0].add_note("".join(traceback.format_exception(other)))
        raise failures[0]
    if problems:
        raise (RefusedError if all(isinstance(error, RefusedError) for error in problems) else MendableError)(told)
    return sound


@contextmanager
def _put_by(problems: list[MendableError | CatalogError], failures: list[Exception]) -> Iterator[None]:
    """Keep an error until the other forms have been filed, also those of the same file."""
    try:
        yield
    except (MendableError, CatalogError) as error:
        problems.append(error)
    except Exception as error:  # ours to mend
        failures.append(error)


def _adds_nothing(
    console: Console,
    known: Known,
    others: Sequence[str],
    catalog: Catalog,
    where: Places,
    restore: bool,
    unusable: bool,
) -> bool | None:
    """Tell of a file that has the same data as the version before it, which is not filed; returns whether that is in order, and
    None if the file has something new.

    Raises `RefusedError` if nothing in it can be used where that version can, unless `unusable`; what is wrong with it is told.
    """
    if known.dataset in AnswerSheet.words():
        return None
    came = filing.versions(known, catalog, where.raw)
    number = filing.number_of(known, catalog, filing.hash_of(known.path), came, answered=True)
    if number == len(came) or (number and not restore):  # a first version, or nothing is filed
        return None
    stands = _standing(known, catalog, where)
    form, year = catalog.only({known.dataset}), range(known.year, known.year + 1)
    with tempfile.TemporaryDirectory(prefix="receive-") as folder:
        raw = filing.shadow(where.raw, Path(folder), form, year)
        filed = _filed_in(raw, known, form)
        with trial.received(form, raw, year) as con:
            other = filed.entry.sha256 != came[-1].sha256  # the same file with other answers is a new version
            if (
                other
                and not known.confirmed
                and (told := same.told(con, catalog, filed, came[-1], _folder(known, catalog, where), stands, others))
            ):
                console.print(f"  {told}")
                if wrong := _of_an_earlier_year(known, catalog, where, came[-1]):
                    console.print(f"  {wrong}")
                _tell_of_no_register(console, known, catalog, where)
                return not wrong and not same.is_faulty(con, filed.delivery)
            if unusable or _is_usable(con, filed.delivery):
                return None
            cells, found = _cells(con, filed.delivery)[1:], _findings(con, filed.delivery, others)
    with trial.received(form, where.raw, year) as con:
        if not _is_usable(con, filed.older):
            return None
    console.print(f"  {_told('why', **dict(zip(('came', 'used', 'rejected'), cells, strict=True)))}")
    _tell_findings(console, found)
    facts = {"name": called(known.path), "number": len(came), "file": came[-1].file, "standing": stands.told}
    raise RefusedError(*(_told(f"useless/{part}", **facts) for part in ("told", "here")))


def _folder(known: Known, catalog: Catalog, where: Places) -> Path:
    return where.raw / catalog.district.code / str(known.year)


def _standing(known: Known, catalog: Catalog, where: Places) -> VersionInUse:
    return filing.standing(known, catalog, where.raw, Journal(where.journal / catalog.district.code))


def _is_usable(con: duckdb.DuckDBPyConnection, delivery: str) -> bool:
    """Whether anything of a delivery can be used."""
    status, _, used, _ = _cells(con, delivery)
    return status != DeliveryStatus.REFUSED and used > 0


def _receive(
    console: Console,
    known: Known,
    others: Sequence[str],
    catalog: Catalog,
    where: Places,
    on: date | None,
    reason: str | None,
    restore: bool,
) -> bool:
    if known.dataset in AnswerSheet.words():
        return _receive_answers(console, known, catalog, where, on, reason, restore)
    journal = Journal(where.journal / catalog.district.code)
    came, digest = filing.versions(known, catalog, where.raw), filing.hash_of(known.path)
    is_there = filing.there_already(known, catalog, where.raw, digest, came, reason, journal, restore)
    before = None if is_there else _before(known, catalog, where)  # what is not filed changes nothing
    filed = filing.file(known, catalog, where.raw, on, reason, journal=journal, restore=restore)
    if isinstance(filed, str):
        console.print(f"  {filed}")
        stands = _standing(known, catalog, where)
        if wrong := _wrong(known, catalog, where, stands):
            console.print(f"  {wrong}")
        _tell_of_no_register(console, known, catalog, where)
        number = filing.number_of(known, catalog, digest, came, answered=True)
        first = number and _sent_back(console, known, others, catalog, where, stands, came[number - 1], number)
        return not (wrong or first)
    _tell_filed(console, filed, catalog, "came_rows")
    if known.problem:
        console.print(f"  {_told('problem', problem=known.problem)}", style="red")
    try:
        return _looked_at(console, filed, others, catalog, where, before)
    except Exception:
        console.print(f"  {_told('not_looked_at')}", style="red")
        raise


def _looked_at(
    console: Console,
    filed: Filed,
    others: Sequence[str],
    catalog: Catalog,
    where: Places,
    before: Effects | None,
) -> bool:
    """Tell what is found in a delivery that has been filed, and what it changes; returns whether all of it can be used."""
    known = filed.known
    own = [name for name, senders in catalog.senders.items() if known.department in senders]
    with trial.checked(catalog.around(*own), where.raw, known.year) as con:
        found = _findings(con, filed.delivery, others)
        _tell_status(console, con, filed, found)
        _tell_findings(console, found)
        if rules := dict.fromkeys(told.rule for told in found if told.is_question):
            console.print(f"  {_say('confirm', rules='、'.join(rules))}")
        if filed.older:
            _tell_changes(console, con, catalog, filed, _told("than_before"))
        if before is not None and _tell_effect(console, before, _effects(known, catalog, where.raw), filed.is_left_out):
            _tell_outdated(console, list(outdated(where.output, catalog, filed.delivery, filed.entry.sha256)))
        # not in the year's folder of the district: there stand editions, and each folder is held to be one
        folder = where.output / "feedback" / catalog.district.code / str(known.year)
        _feedback(console, con, catalog, filed, where.raw, folder)
    return not _first(found)


def _tell_filed(console: Console, filed: Filed, catalog: Catalog, came: str) -> None:
    """Tell where a file stands now, and when it came; `came` names the words for that."""
    known, entry = filed.known, filed.entry
    at = {"district": catalog.district.code, "year": known.year, "file": entry.file}
    console.print(f"  {_told('filed', version=filed.delivery.rpartition('/v')[2], **at)}")
    of = {"digest": entry.sha256[:16], "received": entry.received, "at": entry.at or "", "rows": known.rows}
    console.print(f"  {_told(came, **of)}")


def _open_one(entry: ledger.LedgerEntry) -> str:
    promise = entry.promise
    of = {"plan": promise.plan.head.short, "clause": promise.clause}
    return _told("open_one", **of, name=entry.name, kind=entry.kind.word)


def _receive_answers(
    console: Console,
    known: Known,
    catalog: Catalog,
    where: Places,
    on: date | None,
    reason: str | None,
    restore: bool,
) -> bool:
    """File answers that a department sent back, and tell what was found in them; returns whether all can be used."""
    journal = Journal(where.journal / catalog.district.code)
    filed = filing.file(known, catalog, where.raw, on, reason, journal=journal, restore=restore)
    if isinstance(filed, str):
        console.print(f"  {filed}")
        return True
    _tell_filed(console, filed, catalog, "came")
    try:
        with trial.answered(catalog, where.raw, where.warehouse, known.year, {known.department}) as con:
            return not _tell_answers(console, con, catalog, known, filed.delivery)[1]
    except Exception:
        console.print(f"  {_told('not_looked_at')}", style="red")
        raise


def _tell_answers(
    console: Console, con: duckdb.DuckDBPyConnection, catalog: Catalog, known: Known, delivery: str
) -> tuple[Fit, str]:
    """Tell how many rows were answered, whether in time, what was found in them, and what is still open; returns what its sender
    must mend first, too.
    """
    [(received, due, rows, replies, blank, rejected)] = con.execute(
        "select received, due, rows_in, replies, blank, rejected from meta_replies where delivery = ?", [delivery]
    ).fetchall()
    late = _told("answer_late", due=due, days=(received - due).days) if received > due else _told("answer_due", due=due)
    by = late if known.dataset == AnswerSheet.LEDGER else ""  # each feedback sheet names a day of its own
    counted = {"rows": rows, "replies": replies, "blank": blank, "rejected": rejected}
    console.print(f"  {_told('answers', **counted, by=by)}")
    found = _findings(con, delivery)
    returned = returned_in(open_file(known.path))
    is_blank = returned is not None and returned.asks > 0 and not replies and not rejected
    if found or not is_blank:
        _tell_findings(console, found)
    open_ = [e for e in ledger.entries(con, catalog, known.year, {known.department}) if e.reply is None]
    if known.dataset == AnswerSheet.LEDGER and open_:
        console.print(f"  {_told('open', number=len(open_))}")
        _tell(console, [_open_one(entry) for entry in open_])
    if is_blank:
        console.print(f"  {(empty := _told('unanswered', sheet=catalog.titled(known.dataset)))}", style="red")
        return Fit.UNUSABLE, _first(found) or empty
    fit = Fit.USABLE if not rejected else Fit.PARTLY if replies else Fit.UNUSABLE
    return fit, _first(found)


def _effects(known: Known, catalog: Catalog, raw: Path, cut_off: CutOff | None = None) -> Effects:
    """The figures and verdicts that rest on a form."""
    targets = catalog.decided_by(known.dataset)
    return effects(catalog.deciding(known.dataset), raw, known.year, targets, cut_off)


def _before(known: Known, catalog: Catalog, where: Places) -> Effects | None:
    """What rests on the version of a form that reports use, before another one is filed; None if nothing can change."""
    if not _changes_something(known, catalog, where):
        return None
    if not filing.versions(known, catalog, where.raw):
        return _effects(known, catalog, where.raw)
    stands = _standing(known, catalog, where)
    if stands.unfiled:
        journal = Journal(where.journal / catalog.district.code)
        return _effects(known, catalog, where.raw, CutOff(closed=False, journal=journal))
    if stands.used == stands.newest:
        return _effects(known, catalog, where.raw)
    with tempfile.TemporaryDirectory(prefix="receive-") as folder:
        folders = (where.raw / catalog.district.code).glob("[0-9][0-9][0-9][0-9]")
        raw = filing.shadow(where.raw, Path(folder), catalog, sorted(int(path.name) for path in folders))
        filing.take_back(raw, known, catalog, stands.used)
        return _effects(known, catalog, raw, OPEN)


def _changes_something(known: Known, catalog: Catalog, where: Places) -> bool:
    """Whether a version of this delivery is there already, or figures of a later year that may rest on it."""
    if reached(catalog, where.raw, known.year) != [known.year]:
        return True
    return bool(filing.versions(known, catalog, where.raw))


def _tell_status(console: Console, con: duckdb.DuckDBPyConnection, filed: Filed, found: Sequence[Told]) -> None:
    status, came, used, rejected = _cells(con, filed.delivery)
    received, year = filed.entry.received, filed.known.year
    if register.is_late(received, filed.own):
        console.print(f"  {filed.lock.told('filed', received, year)}")
    if filed.is_left_out and status != DeliveryStatus.REFUSED:
        told = say("messages/lock/cells", came=came, used=used, rejected=rejected)
    else:
        told = _say("filed", word=status.word, came=came, used=used, rejected=rejected)
    console.print(f"  {told}{_ratios(found)}")


def _ratios(found: Sequence[Told]) -> str:
    """How many ratios of sound cells cannot be used; empty if all can."""
    number = sum(told.times for told in found if told.severity == Severity.CRITICAL and told.rule.startswith("ratio_"))
    return _say("ratios", number=number) if number else ""


def _cells(con: duckdb.DuckDBPyConnection, delivery: str) -> tuple[DeliveryStatus, str, int, int]:
    """What became of a delivery, how many of its cells have come, in words, and how many are used and rejected."""
    [row] = rows(con, "select * from meta_deliveries where delivery = ?", delivery)
    cells = Cells.of([row])
    came = _say("unfilled" if cells.unfilled else "came", cells=row["cells_in"], filled=cells.came)
    return DeliveryStatus.of(row["status"]), came, cells.used, cells.rejected


def _tell_changes(console: Console, con: duckdb.DuckDBPyConnection, catalog: Catalog, filed: Filed, than: str) -> None:
    found = changes(con, catalog, filed.older, filed.delivery)
    console.print(f"  {_told('other_cells' if found else 'same_cells', than=than, number=len(found))}")
    moved = ({"header": c.header, "place": c.place, "old": _cell(c.old), "new": _cell(c.new)} for c in found)
    _tell(console, [_told("change", **one) for one in moved])


def _cell(text: str | None) -> str:
    return _told("no_row") if text is None else text or _told("blank")


def _tell_effect(console: Console, before: Effects, after: Effects, is_left_out: bool) -> bool:
    """Tell what differs, or would if the delivery were used; returns whether anything does."""
    changed, if_used = False, say("messages/lock/if_used") if is_left_out else ""
    nothing = _told("effects/nothing")
    for what, old, new in (
        (_told("effects/indicators"), before.indicators, after.indicators),
        (_told("effects/verdicts"), before.verdicts, after.verdicts),
    ):
        # A figure that a new version removes is an effect as well.
        differing = [
            _told("effects/change", name=k, old=old.get(k, nothing), new=new.get(k, nothing))
            for k in (*new, *(k for k in old if k not in new))
            if old.get(k) != new.get(k)
        ]
        told = _told(f"effects/{'other' if differing else 'same'}", what=what, number=len(differing))
        console.print(f"  {if_used}{told}")
        _tell(console, differing)
        changed = changed or bool(differing)
    return changed


def _tell_outdated(console: Console, reports: Sequence[str]) -> None:
    if reports:
        console.print(f"  {_told('outdated', reports='、'.join(reports))}")


def _tell(console: Console, lines: Sequence[str], times: Sequence[int] = ()) -> None:
    """Print the first lines, and how many more there are; `times` says how many each stands for, where that is not one."""
    for line in lines[:SHOWN]:
        console.print(f"    {line}")
    if len(lines) > SHOWN:
        console.print(f"    {_told('more', number=sum(times[SHOWN:]) if times else len(lines) - SHOWN)}")


class Told(NamedTuple):
    """Findings of one kind and cure on one column, and of one cause where the kind has several, in the words of the first."""

    severity: str
    message: str
    times: int
    """How many faults they are."""
    rule: str = ""
    lines: Sequence[int] = ()
    """The lines of the others."""
    is_one: bool = True
    """Whether it is one finding, which may stand for many faults and says so itself."""

    @property
    def told(self) -> str:
        """The words of the first, and where the others are."""
        if self.is_one:
            return self.message
        listed = "、".join(map(str, self.lines[:LINES]))
        listed = say("messages/some", listed=listed) if len(self.lines) > LINES else listed
        return self.message + _say("again" if listed else "often", times=self.times, listed=listed)

    @property
    def is_question(self) -> bool:
        """Whether its sender's answer, registered with the file, settles it."""
        return self.rule in QUESTIONS and self.severity != Severity.INFO


def _findings(con: duckdb.DuckDBPyConnection, delivery: str, others: Sequence[str] = ()) -> list[Told]:
    """What was found in a delivery, without the hints that the `others` of the worksheets of its workbook are not its own."""
    for other in others:
        hint = "delete from out_findings where delivery = ? and rule = 'other_sheet' and contains(message, ?)"
        con.execute(hint, [delivery, f"“{printable(other)}”"])
    rows = con.execute(
        f"""select severity, min_by(message, (line, position, message)), sum(coalesce(times, 1))::integer, rule,
                min(list_position($heaviest, severity)) as severe,
                min(line) as line, min(position) as position,
                bool_and({REST}) as rest, list(distinct line order by line), min_by(line, (line, position, message)) as first, count(*) = 1
            from (from out_findings union all from out_answer_findings) where delivery = $of and override is null
            group by severity, rule, column_name, cure,
                case when rule in ('refused', 'surroundings', 'ratio_range') then message when rule = 'cell_number' then said end
            order by severe, rest, line nulls first, position, 2""",  # noqa: S608
        {"of": delivery, "heaviest": [*Severity]},
    ).fetchall()
    return [
        Told(severity, message, times, rule, [line for line in lines if line not in (None, first)], is_one)
        for severity, message, times, rule, *_, lines, first, is_one in rows
    ]


def _tell_findings(console: Console, found: Sequence[Told]) -> None:
    count: Counter[str] = Counter()
    for told in found:
        count[told.severity] += told.times
    counted = (_told("found_of", word=word, number=count[key]) for key, word in Severity.words().items() if count[key])
    console.print(f"  {_told('found', listed='，'.join(counted) or _told('found_none'))}")
    lines = [_told("finding", word=Severity.of(told.severity).word, told=told.told) for told in found]
    _tell(console, lines, [told.times for told in found])


def _feedback(
    console: Console, con: duckdb.DuckDBPyConnection, catalog: Catalog, filed: Filed, raw: Path, folder: Path
) -> None:
    from flows.answer import feedback

    folder.mkdir(parents=True, exist_ok=True)
    known, on = filed.known, filed.entry.received
    waits = left_out(catalog, raw, known.year)
    for path in feedback.write_one(con, catalog, known.year, known.department, raw, folder, on, waits):
        console.print(f"  {_told('sheet', path=path)}")


# --- check before sending --------------------------------------------------------------------------------------------


class Tried(NamedTuple):
    """What a form or a sheet of answers would be, if it were filed as it is."""

    department: str
    """Empty if it could not be told what it is."""
    fit: Fit
    first: str = ""
    """What its sender must mend or explain first; empty if there is nothing."""

    @property
    def sound(self) -> bool:
        """Whether its sender has nothing to do."""
        return self.fit.is_sound and not self.first


def check(path: Path, catalog: Catalog, where: Places, wanted: Wanted, beside: Path | None = None) -> list[Tried]:
    """Tell what would be found in a file if it were sent, without filing it; returns what each form in it would be. The feedback sheet is
    written into its folder, or into `beside`.

    Files of earlier years and of other departments are compared if they are there; none of them is needed.
    """
    console, to = line_console(), beside or path.resolve().parent
    found = filing.recognise(path, catalog, wanted)
    tried = [_tried(console, known, _others(known, found.sheets), catalog, where, to) for known in found.known]
    for error in found.refused:
        console.print(error.told, style="bold")
    return [*tried, *(Tried("", Fit.UNUSABLE, error.told) for error in found.refused)]


def _tried(console: Console, known: Known, others: Sequence[str], catalog: Catalog, where: Places, to: Path) -> Tried:
    title = catalog.titled(known.dataset)
    _name(console, known, catalog)
    came = filing.versions(known, catalog, where.raw)
    is_form = known.dataset not in AnswerSheet.words()
    read = catalog.around(known.dataset) if is_form else catalog
    if number := filing.number_of(known, catalog, filing.hash_of(known.path), came):
        facts = {"number": number, "file": came[number - 1].file, "received": came[number - 1].received}
        stands = _standing(known, catalog, where)
        if stands.unfiled:
            console.print(f"  {stands.told}")
            return Tried(known.department, Fit.SAME, stands.told)
        first = _sent_back(console, known, others, catalog, where, stands, came[number - 1], number) if is_form else ""
        if stands.has_replaced(number):
            if not first:
                console.print(f"  {(first := _say('replaced', **facts, standing=stands.told))}")
            return Tried(known.department, Fit.SAME, first)
        elsewhere = _of_an_earlier_year(known, catalog, where)
        if not first or elsewhere:
            console.print(f"  {elsewhere or _say('same', **facts)}")
        _tell_of_no_register(console, known, catalog, where)
        return Tried(known.department, Fit.SAME, first or elsewhere)
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        raw = filing.shadow(where.raw, Path(folder), read, pipeline.years(catalog, known.year))
        filed = _filed_in(raw, known, catalog)
        if not is_form:
            with trial.answered(catalog, raw, where.warehouse, known.year, {known.department}) as con:
                return Tried(known.department, *_tell_answers(console, con, catalog, known, filed.delivery))
        with trial.checked(read, raw, known.year, filed.delivery) as con:
            if came and (
                told := same.told(
                    con,
                    catalog,
                    filed,
                    came[-1],
                    _folder(known, catalog, where),
                    _standing(known, catalog, where),
                    others,
                )
            ):
                wrong = _of_an_earlier_year(known, catalog, where, came[-1])
                console.print(f"  {told}" + (f"\n  {wrong}" if wrong else ""))
                _tell_of_no_register(console, known, catalog, where)
                found = _findings(con, filed.delivery, others)
                if first := _unusable(found):
                    _tell_findings(console, found)
                return Tried(known.department, Fit.SAME, first or wrong)
            found = _findings(con, filed.delivery, others)
            fit = _tell_fit(console, con, filed.delivery, found)
            for line in _of_the_year(known, catalog, where):
                console.print(f"  {line}")
            _tell_findings(console, found)
            if came:
                _tell_changes(console, con, catalog, filed, _say("compared", number=len(came), file=came[-1].file))
            con.execute("delete from out_findings where delivery is distinct from ?", [filed.delivery])
            con.execute("delete from meta_deliveries where year = ? and delivery <> ?", [known.year, filed.delivery])
            name = f"{Path(called(known.path)).stem}{f'-{title}' if others else ''}"
            _feedback_beside(console, con, catalog, known, raw, to, name)
    return Tried(known.department, fit, _first(found))


def _wrong(known: Known, catalog: Catalog, where: Places, stands: VersionInUse) -> str:
    """What is told of a file that has come before and is no answer to what is asked; else empty."""
    unfiled = stands.told if stands.unfiled else ""  # nothing of it is used
    return "。".join(filter(None, (unfiled, _of_an_earlier_year(known, catalog, where))))


def _of_an_earlier_year(known: Known, catalog: Catalog, where: Places, entry: Entry | None = None) -> str:
    """What is told of a file that has come before, as the `entry` of the same data or itself, if the same form of the newest year
    that is over was asked for and has not; else empty.
    """
    year = today().year - 1
    if not is_asked(catalog, where.raw, year) or not _is_open(known, catalog, where, year):
        return ""
    came, form = filing.versions(known, catalog, where.raw), catalog.datasets[known.dataset]
    before = entry or came[filing.number_of(known, catalog, filing.hash_of(known.path), came) - 1]
    facts = {"title": form.title, "of": known.year, "year": year, "due": form.due_for(year)}
    return _say("elsewhere", **facts, received=before.received)


def _tell_of_no_register(console: Console, known: Known, catalog: Catalog, where: Places) -> None:
    """Tell of a file that has come before that it may be the wrong year's, where nothing of the newest year that is over has come: nobody
    may have been asked for that year, so it is not said that the form is missing.
    """
    year = today().year - 1
    if not is_asked(catalog, where.raw, year) and _is_open(known, catalog, where, year):
        title = catalog.datasets[known.dataset].title
        console.print(f"  {_say('no_register', of=known.year, year=year, title=title)}")


def _is_open(known: Known, catalog: Catalog, where: Places, year: int) -> bool:
    """Whether the same form of a later year is owed by the plans, and has not come."""
    owes = known.department in catalog.owed(year).get(known.dataset, ())
    return known.year < year and owes and not filing.versions(known._replace(year=year), catalog, where.raw)


def _name(console: Console, known: Known, catalog: Catalog) -> None:
    """Tell which form a file is, before what is told of it."""
    sheet, sender = _say("sheet", sheet=known.sheet) if known.sheet else "", catalog.department(known.department)
    of = {"sender": sender, "year": known.year, "title": catalog.titled(known.dataset)}
    console.print(_say("file", file=called(known.path), sheet=sheet, **of), style="bold")


def _say(text: str, **facts: object) -> str:
    return say(f"messages/check/{text}", **facts)


def _told(text: str, **facts: object) -> str:
    return say(f"messages/received/{text}", **facts)


def _others(known: Known, sheets: Sequence[str]) -> list[str]:
    """The other worksheets of the same file that are told of apart."""
    return [sheet for sheet in sheets if sheet not in ("", known.sheet)]


def _sent_back(
    console: Console,
    known: Known,
    others: Sequence[str],
    catalog: Catalog,
    where: Places,
    stands: VersionInUse,
    entry: Entry,
    number: int,
) -> str:
    """Tell what cannot be used of the version that a file is; returns the first of it, or that another version has replaced it; empty
    if there is nothing. A filed copy that was changed or is lost is no fault of the sender: every run and `audit` tell of it.
    """
    path = _folder(known, catalog, where) / entry.file
    if not path.is_file() or filing.hash_of(path) != entry.sha256:
        return ""
    facts = {"number": number, "file": entry.file, "received": entry.received}
    read, delivery = catalog.around(known.dataset), filing.delivery_of(known, entry, number)
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        raw = where.raw
        if stands.has_replaced(number):  # nothing is checked of what is not used any more: as if it were sent again
            raw = filing.shadow(where.raw, Path(folder), read, pipeline.years(catalog, known.year))
            delivery = _filed_in(raw, known, read).delivery
        with trial.checked(read, raw, known.year, delivery) as con:
            found = _findings(con, delivery, others)
    if first := _unusable(found):
        if stands.has_replaced(number):
            first = told = _say("replaced_faulty", **facts, standing=stands.told)
        else:
            told = _say("returned", **facts, standing=same.standing(stands, number))
        console.print(f"  {told}")
        _tell_findings(console, found)
        return first
    return ""


def _unusable(found: Sequence[Told]) -> str:
    """The first thing that cannot be used; empty if there is none."""
    return next((told.message for told in found if told.severity == Severity.CRITICAL), "")


def _first(found: Sequence[Told]) -> str:
    return next((told.message for told in found if told.severity != Severity.INFO), "")


def _tell_fit(console: Console, con: duckdb.DuckDBPyConnection, delivery: str, found: Sequence[Told]) -> Fit:
    """Tell how much of a delivery would be used."""
    status, came, used, rejected = _cells(con, delivery)
    fit = Fit.if_filed(status)
    console.print(f"  {_say('fit', fit=fit.word, came=came, used=used, rejected=rejected)}{_ratios(found)}")
    return fit


def _of_the_year(known: Known, catalog: Catalog, where: Places) -> Iterator[str]:
    """What a sender must know of the year of his form: that its data are locked, and which editions are approved."""
    path = where.raw / catalog.district.code / str(known.year) / REGISTER
    if path.is_file():
        head = register.read(path, where.raw)
        if register.is_late(today(), head.locked):
            yield lock_of(catalog, where.raw, head).told("checked", today(), known.year)
    with suppress(BrokenError):  # every run and `audit` tell of it
        for one in approved.listed(Journal(where.journal / catalog.district.code)):
            if one.year == known.year and one.superseded_by is None:
                kind = KINDS[one.kind].word
                yield _say("approved", year=one.year, kind=kind, number=one.number, on=day(one.at.date()))


def _filed_in(raw: Path, known: Known, catalog: Catalog) -> Filed:
    """File a delivery in a copy of raw/, in place of the versions that are there."""
    folder = raw / catalog.district.code / str(known.year)
    folder.mkdir(parents=True, exist_ok=True)
    register = folder / REGISTER
    if not register.is_file():
        text = (
            f'district: "{catalog.district.code}"\nyear: {known.year}\nsimulated: false\nlocked: {today()}\n'
            f"published: {today()}\ndeliveries: []\n"
        )
        register.write_text(text, encoding="utf-8")
    answers = known.dataset in AnswerSheet.words()
    on = None if answers else catalog.datasets[known.dataset].due_for(known.year)
    filed = filing.file(known, catalog, raw, on, _told("looked_at"), called(known.path), restore=True)
    assert isinstance(filed, Filed), "the same file is found before"
    return filed


def _feedback_beside(
    console: Console,
    con: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    known: Known,
    raw: Path,
    to: Path,
    name: str,
) -> None:
    from flows.answer import feedback

    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        path = feedback.tried(con, catalog, known.year, known.department, raw, Path(folder))
        beside = to / fitting(name, f"{SHEET}{path.suffix}")
        beside.write_bytes(path.read_bytes())
        console.print(f"  {_told('sheet', path=beside)}")


# --- empty forms -----------------------------------------------------------------------------------------------------


def empty_forms(catalog: Catalog, where: Places, dataset: str, year: int, folder: Path) -> list[Path]:
    """The form of a dataset, called by its name or its title, for a data year, for each department that sends it, with last
    year's figures.
    """
    from flows.desk import forms

    dataset = forms.named(catalog, dataset)
    folder.mkdir(parents=True, exist_ok=True)
    with trial.received(catalog.around(dataset), where.raw, range(year - 1, year)) as con:
        previous = forms.previous_figures(con, catalog, dataset, year)
    return forms.write(catalog, dataset, year, folder, previous)


def books(catalog: Catalog, where: Places, year: int, department: str | None, folder: Path) -> list[Path]:
    """All forms of each department that owes any for a data year, one workbook a department; without a department named, those
    of all and the reporting system (统计报表制度) as a PDF.
    """
    from flows.desk import forms, system

    keys = [key for key in catalog.district.departments if department is None or key == department]
    wanted = {key: found for key in keys if (found := forms.of_department(catalog, key, year))}
    if not wanted:
        who = catalog.department(department) if department else ""
        raise MendableError(
            f"{year}年没有{who or '任何部门'}须报送的报表；报表见 expectations/datasets/，规划见地区文件的 plans"
        )
    names = {form.dataset for found in wanted.values() for form in found}
    with trial.received(catalog.only(names), where.raw, range(year - 1, year)) as con:
        previous = {name: forms.previous_figures(con, catalog, name, year) for name in names}
    made = [forms.book(found, folder, previous) for found in wanted.values()]
    return made if department else [*made, system.write(catalog, year, folder)]


def department_of(catalog: Catalog, called: str) -> str:
    """The department that is called by its name or its key."""
    known = catalog.district.departments
    for key, department in known.items():
        if called in (key, department.name):
            return key
    near = meant(called, [*known, *(d.name for d in known.values())])
    raise MendableError(f"没有部门 {called!r}{near}；部门见 expectations/districts/{catalog.district.code}.yml")

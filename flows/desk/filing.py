"""Files a delivery: copies the file byte for byte into raw/, adds it to the register, and tells what it changes."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

import yaml

from expectations.catalog import CatalogError
from expectations.records import Catalog
from expectations.vocabulary import AnswerSheet, Deed
from flows import disk
from flows.desk.lock import Lock, head_of, lock_of
from flows.files import File, UnreadableError, WorksheetsError, open_file
from flows.files.characters import file_name, named
from flows.inert import called, shown
from flows.ingest import filed, identify, register, replies
from flows.ingest.filed import History
from flows.ingest.findings import LONG
from flows.ingest.register import REGISTER, Entry, Register, RewriteError
from flows.journal import BrokenError, Journal
from flows.places import MendableError, RefusedError
from flows.wording import BEIJING, day, say


class Wanted(NamedTuple):
    """What the statistician says of a file; anything left out is read from the file."""

    dataset: str | None = None
    sender: str | None = None
    year: int | None = None
    sheet: str | None = None
    confirmed: Mapping[str, str] = {}
    """Questions of the checks that the sender has answered → who answered, and how."""


class Known(NamedTuple):
    """A file with its dataset, sender and year."""

    path: Path
    dataset: str
    department: str
    year: int
    sheet: str
    rows: int
    problem: str = ""
    """Why nothing in the file can be used."""
    confirmed: Mapping[str, str] = {}


class Filed(NamedTuple):
    known: Known
    entry: Entry
    delivery: str
    older: str
    """The version that it replaces; empty for a first version."""
    lock: Lock
    own: date
    """The lock of the form's own year."""

    @property
    def is_left_out(self) -> bool:
        """Whether no report uses it unless somebody decides so."""
        return register.is_late(self.entry.received, self.lock.on)


class Recognised(NamedTuple):
    """What a file was recognised as: a workbook may hold several deliveries, each on a worksheet of its own."""

    known: Sequence[Known]
    refused: Sequence[RefusedError] = ()
    """Why other worksheets of it cannot be filed."""
    sheets: Sequence[str] = ()
    """All worksheets that are known or refused; none where the file has only one form."""


def recognise(path: Path, catalog: Catalog, wanted: Wanted) -> Recognised:
    """The deliveries that a file holds.

    Raises `MendableError` if what was asked for does not exist, and `RefusedError` if of none of them dataset, sender or year can
    be read from the file; they are never guessed.
    """
    if not path.is_file():
        raise MendableError(f"没有这个文件：{path}")
    if wanted.dataset is not None and wanted.dataset not in {*catalog.datasets, *AnswerSheet.words()}:
        raise MendableError(f"没有报表 {wanted.dataset}；报表见 expectations/datasets/")
    try:
        if wanted.dataset in catalog.datasets:
            file, found, refused = None, _named(catalog, wanted), dict[str, RefusedError]()
        else:
            file = open_file(path)  # once for all that ask what it is
            if sheet := _answers(path, file, catalog, wanted):
                return Recognised([sheet])
            found, refused = _datasets(path, file, catalog, wanted)
    except UnreadableError as error:
        raise RefusedError(f"“{called(path)}”：{_told(error)}") from None
    known: list[Known] = []
    for candidate in found:
        try:
            known.append(_known(path, file, catalog, wanted, *candidate))
        except RefusedError as error:
            refused[candidate[1]] = error
    if not known:
        raise _all([*refused.values()])
    return Recognised(known, [*refused.values()], [*(one.sheet for one in known), *refused])


def _all(refused: Sequence[RefusedError]) -> RefusedError:
    """Several as one, a line each."""
    if len(refused) == 1:
        return refused[0]
    told, here = (
        "\n".join(filter(None, texts)) for texts in zip(*((one.told, one.here) for one in refused), strict=True)
    )
    return RefusedError(told, here and f"\n{here}")


def _answers(path: Path, file: File, catalog: Catalog, wanted: Wanted) -> Known | None:
    """The sheet with answers (整改台账, 核查反馈单) that a file is; None if it is none."""
    returned = replies.found(file)
    if returned is None:
        if wanted.dataset is None:
            return None
        raise RefusedError(f"“{called(path)}”中找不到{AnswerSheet.of(wanted.dataset).word}的表头；请核对文件")
    years = dict.fromkeys(returned.years, 0)
    year = wanted.year or _year(path, years)
    _check_reach(path, catalog, year)
    names = {key: d.name for key, d in catalog.district.departments.items()}
    sender = next((k for k, name in names.items() if wanted.sender in (k, name)), "") if wanted.sender else ""
    sender = sender or replies.department(called(path), returned, catalog)
    if not sender or (wanted.sender and wanted.sender not in (sender, names[sender])):
        raise _refused("sheet", path, word=returned.sheet.word)
    return Known(path, returned.sheet, sender, year, "", len(returned.rows))


def _named(catalog: Catalog, wanted: Wanted) -> list[tuple[str, str, int]]:
    dataset = str(wanted.dataset)
    return [(dataset, wanted.sheet or "", wanted.year or catalog.datasets[dataset].forms()[0])]


def _datasets(
    path: Path, file: File, catalog: Catalog, wanted: Wanted
) -> tuple[list[tuple[str, str, int]], dict[str, RefusedError]]:
    """Dataset, worksheet and a year of its form, and by worksheet why others cannot be filed. The worksheet is given only if the
    workbook holds several datasets.

    If one dataset stands on several worksheets, the reader of the file decides (`header.locate`), here as in every run.
    """
    candidates = [c for c in identify.identify(file, catalog, wanted.year) if wanted.sheet in (None, c.sheet)]
    sheets = {c.sheet: [o for o in candidates if o.sheet == c.sheet] for c in candidates}
    if not sheets:
        if identify.is_empty(file):
            raise _refused("empty", path)
        if (near := identify.nearest(file, catalog, wanted.year)) is None:
            raise _refused("unlike", path)
        title = catalog.datasets[near.dataset].title
        raise _refused("near", path, title=title, problem=named(near.wrong.problem, LONG))
    refused: dict[str, RefusedError] = {}
    for sheet, group in sheets.items():
        if len(group) > 1:
            titles, keys = zip(*((catalog.datasets[c.dataset].title, c.dataset) for c in group), strict=True)
            of = sheet if len(sheets) > 1 else ""
            refused[sheet] = _refused("several", path, of, titles="、".join(titles), datasets="、".join(keys))
    clear = [c for c in candidates if len(sheets[c.sheet]) == 1]
    found = {c.dataset: c for c in clear}
    places = {d: {c.sheet for c in clear if c.dataset == d} for d in found}
    for near in identify.damaged(file, catalog, wanted.year, set(sheets)) if wanted.sheet is None else ():
        title, problem = catalog.datasets[near.dataset].title, named(near.wrong.problem, LONG)
        refused[near.sheet] = _refused("near", path, near.sheet, title=title, problem=problem)
    several = len(found) + len(refused) > 1
    return [
        (name, c.sheet if len(places[name]) == 1 and (several or wanted.sheet) else "", c.year)
        for name, c in found.items()
    ], refused


def _refused(why: str, path: Path, sheet: str = "", **facts: object) -> RefusedError:
    """Why a file, or a worksheet of it, cannot be filed: what its sender does about it, and what whoever files it can do in his
    place.
    """
    name = shown(called(path))
    words = {"name": say("messages/not_filed/sheet_of", name=name, sheet=shown(sheet)) if sheet else name, **facts}
    return RefusedError(say(f"messages/not_filed/{why}/told", **words), say(f"messages/not_filed/{why}/here", **words))


def _told(error: UnreadableError) -> str:
    defect = error.defect
    return named(f"{defect.problem}。应为{defect.expected}。{defect.cure}。", LONG)


def _known(
    path: Path, file: File | None, catalog: Catalog, wanted: Wanted, dataset: str, sheet: str, form: int
) -> Known:
    """A delivery as it would be filed; a file that cannot be opened is one, too, if it is said what it is."""
    rows, problem, areas = 0, "", frozenset[str]()
    year = wanted.year
    try:
        seen = identify.look(file or open_file(path), catalog, dataset, year or form, sheet or None)
        rows, areas, year = seen.rows, seen.areas, year or _year(path, seen.years, sheet)
    except UnreadableError as error:
        problem = _told(error)
        if year is None:
            why = "worksheets" if isinstance(error, WorksheetsError) else "unreadable"
            raise _refused(why, path, sheet, problem=problem) from None
    _check_reach(path, catalog, year, sheet)
    department = _department(path, catalog, wanted, dataset, year, areas, sheet)
    return Known(path, dataset, department, year, sheet, rows, problem, wanted.confirmed)


def _year(path: Path, years: Mapping[str, int], sheet: str = "") -> int:
    """The one year of a file; `years`: each as it is written, and the line in which it first stands (0: in none)."""
    found = sorted(year for year in years if re.fullmatch(r"(19|20)[0-9]{2}", year))
    if len(found) != 1:
        seen = [say(f"messages/not_filed/{'year_at' if years[y] else 'year_of'}", year=y, line=years[y]) for y in found]
        told = say("messages/not_filed/years", listed="、".join(seen)) if seen else say("messages/not_filed/no_year")
        raise _refused("year", path, sheet, seen=told)
    return int(found[0])


def _check_reach(path: Path, catalog: Catalog, year: int, sheet: str = "") -> None:
    """Refuse a year for which no plan needs figures: either the year is mistyped, or a plan must be added first."""
    first, last = min(p.head.baseline for p in catalog.plans), max(p.head.end for p in catalog.plans)
    if first <= year <= min(last, datetime.now(BEIJING).year):
        return
    why = "early" if year > datetime.now(BEIJING).year else "outside"
    raise _refused(why, path, sheet, year=year, first=first, last=last)


def _department(
    path: Path, catalog: Catalog, wanted: Wanted, dataset: str, year: int, areas: frozenset[str], sheet: str = ""
) -> str:
    """The sender: from --from, from the dataset, from the area whose released figures it has, or from the beginning of the
    file's name.
    """
    sender = catalog.sender(dataset, year)
    senders = catalog.senders[dataset] if sender in ("*", "") else (sender,)
    names = {key: d.name for key, d in catalog.district.departments.items()}
    if wanted.sender is not None:
        key = next((k for k, name in names.items() if wanted.sender in (k, name)), None)
        if key not in senders:
            listed = "、".join(names[s] for s in senders)
            raise MendableError(f"“{wanted.sender}”不报送{catalog.datasets[dataset].title}；报送部门：{listed}")
        return str(key)
    if len(senders) == 1:
        return senders[0]
    if catalog.datasets[dataset].released:
        return _office(path, catalog, senders, areas)
    named = [key for key in senders if called(path).startswith(names[key])]
    if len(named) != 1:
        title = catalog.datasets[dataset].title
        raise _refused("sender", path, sheet, title=title, example=file_name(names[senders[0]], title))
    return named[0]


def _office(path: Path, catalog: Catalog, senders: Iterable[str], areas: frozenset[str]) -> str:
    """The office whose area's released figures a file has."""
    offices = {str(catalog.district.departments[key].area): key for key in senders}
    if len(areas) == 1 and (known := offices.get(*areas)):
        return known
    listed = "、".join(f"{area}（{catalog.department(key)}）" for area, key in offices.items())
    raise _refused("office", path, areas="、".join(sorted(areas)) or say("messages/not_filed/nowhere"), listed=listed)


# --- filing ----------------------------------------------------------------------------------------------------------


def file(
    known: Known,
    catalog: Catalog,
    raw: Path,
    on: date | None,
    reason: str | None,
    name: str = "",
    journal: Journal | None = None,
    restore: bool = False,
) -> Filed | str:
    """Copy a file into raw/ and register it; returns a sentence if the same file is there already. One that was replaced since
    is filed again, as the newest version, only to `restore` it.

    `name` is the file's name in raw/, instead of department and dataset. The `journal` is told before the register is
    changed, and again when that is done. Even if the program is killed, either the file
    and its entry are filed or nothing is; what is left over is cleared up here and by the next run (`register.finish`).

    Raises `MendableError` if a reason must be given, or if the register cannot be written.
    """
    folder = raw / catalog.district.code / str(known.year)
    data = known.path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    with alone(folder.parent):
        text, mode = _text(folder, catalog, raw, known.year)
        head = head_of(folder / REGISTER, raw, text)
        _mend(folder, head)
        if journal:
            filed.finish(journal, known.year, head.deliveries)
        mine = [e for e in head.deliveries if is_of(e, known, catalog)]
        now = datetime.now(BEIJING)
        received = on or now.date()
        ordered, rivals = register.newest_last(mine)
        if rivals:
            raise MendableError(f"{folder / REGISTER} 中这份报表有几份互不替换，请先写明 replaces")
        if told := there_already(known, catalog, raw, digest, ordered, reason, journal, restore):
            return told
        once = (
            known.dataset not in AnswerSheet.words()
        )  # a sheet of answers comes back as often as there is something to answer
        if once and ordered and not reason:
            raise MendableError(f"“{ordered[-1].file}”已经登记，重新报送须用 --reason 写明原因")
        lock = lock_of(catalog, raw, head)
        if once and register.is_late(received, head.locked) and not reason:
            after = say("messages/lock/reason", year=known.year, on=day(head.locked))
            raise MendableError(after + lock.told("then", received, known.year))
        taken = {e.file for e in head.deliveries}
        if not name or name in taken or (folder / name).exists():
            name = _name(known, catalog, folder, len(ordered) + 1, taken)
        entry = Entry(
            dataset=known.dataset,
            file=name,
            received=received,
            sha256=digest,
            original=called(known.path),
            rows=known.rows,
            at=None if on else now.strftime("%H:%M"),
            sheet=known.sheet or None,
            department=known.department if catalog.sender(known.dataset, known.year) == "*" else None,
            replaces=ordered[-1].file if ordered else None,
            reason=reason,
            confirmed=dict(known.confirmed) or None,
        )
        try:
            fresh = register.extended(text, entry, folder / REGISTER, raw)
        except RewriteError:
            raise MendableError(
                f"{folder / REGISTER} 的写法不能自动补登，文件没有登记，登记也没有改动。"
                "请把 deliveries 下的各项改写为每项以“- ”开头、每行一个键（格式见 docs/architecture.md）后重新运行。"
            ) from None
        delivery = delivery_of(known, entry, len(ordered) + 1)
        older = delivery_of(known, entry, len(ordered)) if ordered else ""
        begun = journal and filed.begin(journal, known.year, delivery, head, entry)
        _put(folder, entry, data, fresh, mode)
        if journal and begun:
            journal.append(Deed.FILED, filing=begun.number)
    return Filed(known, entry, delivery, older, lock, head.locked)


def delivery_of(known: Known, entry: Entry, number: int) -> str:
    """The key of a version in the warehouse."""
    return f"{known.year}/{known.dataset}" + (f"@{known.department}" if entry.department else "") + f"/v{number}"


def there_already(
    known: Known,
    catalog: Catalog,
    raw: Path,
    digest: str,
    came: Sequence[Entry],
    reason: str | None,
    journal: Journal | None,
    restore: bool,
) -> str:
    """What is told of a file that is one of the versions that came and is not filed again; else empty."""
    if (number := number_of(known, catalog, digest, came, answered=True)) == len(came) > 0:
        strange = known.dataset not in AnswerSheet.words() and standing(known, catalog, raw, journal).unfiled
        if strange and restore and reason:
            return ""  # filed as a version of its own, what nobody filed is used
        told = say("messages/received/again", received=came[-1].received, file=came[-1].file)
        return told + (say("messages/received/file_it", next=len(came) + 1) if strange else "")
    if number and not (restore and reason):
        stands = standing(known, catalog, raw, journal)
        if known.dataset in AnswerSheet.words():  # which are used whenever they come
            stands = VersionInUse(len(came), len(came), "")
        kind = "in_use" if stands.used == number else "restore"
        return say(f"messages/received/{kind}", number=number, standing=stands.told, next=len(came) + 1)
    return ""


def versions(known: Known, catalog: Catalog, raw: Path) -> list[Entry]:
    """What has been filed of this delivery, the newest last. Raises `MendableError` if the register cannot be read."""
    path = raw / catalog.district.code / str(known.year) / REGISTER
    listed = head_of(path, raw).deliveries if path.is_file() else ()
    return register.newest_last([entry for entry in listed if is_of(entry, known, catalog)])[0]


def hash_of(path: Path) -> str:
    """The SHA-256 of a file, as the register has it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def number_of(known: Known, catalog: Catalog, digest: str, came: Sequence[Entry], answered: bool = False) -> int:
    """The newest of the versions that came that is the file with this hash, counted from 1; 0 if none is. Another worksheet of it is
    another version, and where it must be `answered` alike, the same file with other answers is one, too.
    """
    found = 0
    for number, entry in enumerate(came, 1):
        same = entry.sha256 == digest and _is_same_sheet(known, catalog, entry.sheet or "")
        if same and (not answered or (entry.confirmed or {}) == known.confirmed):
            found = number
    return found


def _is_same_sheet(known: Known, catalog: Catalog, sheet: str) -> bool:
    """Whether a file was read from the same worksheet: it is named only where that is asked for or the file holds several forms."""
    if known.sheet == sheet:
        return True
    read = {known.sheet, sheet}
    return "" in read and identify.worksheet(known.path, catalog, known.dataset, known.year) in read - {""}


class VersionInUse(NamedTuple):
    """The newest version of a form as reports have it."""

    newest: int
    """Its number."""
    used: int
    """The number of the version that reports use; 0 if they use none."""
    unfiled: str
    """Why the newest is not used although it came in time: it was not filed (journal); empty if it was."""

    def has_replaced(self, number: int) -> bool:
        """Whether a version is neither the newest nor the one that reports use."""
        return number not in (self.newest, self.used)

    @property
    def told(self) -> str:
        """Which version is used, in words."""
        kind = "unfiled" if self.unfiled else "newest" if self.newest == self.used else "late" if self.used else "none"
        return say(f"messages/standing/{kind}", newest=self.newest, used=self.used)


def standing(known: Known, catalog: Catalog, raw: Path, journal: Journal | None) -> VersionInUse:
    """What reports use of the versions that came of a delivery, the newest by the lock and the journal. Raises `MendableError` if the
    register cannot be read.
    """
    head = head_of(raw / catalog.district.code / str(known.year) / REGISTER, raw)
    came = register.newest_last([e for e in head.deliveries if is_of(e, known, catalog)])[0]
    used = register.closed(came, lock_of(catalog, raw, head).on)[0]
    newest = register.newest_last(used)[0][-1:]
    number = next((n for n, e in enumerate(came, 1) if newest and e.file == newest[0].file), 0)
    try:
        changed = History(journal.events() if journal else ()).unfiled(known.year, head.deliveries)
    except BrokenError:  # every run and `audit` tell of it
        changed = []
    strange = {one.now.file for one in changed if one.explained is None and one.now is not None}
    return VersionInUse(len(came), number, came[-1].file if came[-1].file in strange else "")


def is_of(entry: Entry, known: Known, catalog: Catalog) -> bool:
    department = entry.department or catalog.sender(known.dataset, known.year)
    return (entry.dataset, department) == (known.dataset, known.department)


def _text(folder: Path, catalog: Catalog, raw: Path, year: int) -> tuple[bytes, int]:
    """The text and mode of the year's register; a new text with the days and mode of the newest earlier one if there is
    none.

    The new register is not written yet: a delivery that cannot be filed leaves no new year behind.
    """
    path = folder / REGISTER
    if path.exists():
        head_of(path, raw)  # a pipe, or a file without end, is not read whole
        return path.read_bytes(), path.stat().st_mode
    earlier = sorted(p for p in folder.parent.glob(f"*/{REGISTER}") if p.parent.name < str(year))
    if not earlier:
        district = catalog.district
        command = f"./monitor new district {district.code} --name {district.name} --year {year}"
        raise MendableError(f"没有 {path}，也没有以前年度的登记可供参照。请先建立：{command}")
    last = head_of(earlier[-1], raw)
    shift = year - last.year
    locked, published = (d.replace(year=d.year + shift) for d in (last.locked, last.published))
    head = {
        "district": catalog.district.code,
        "year": year,
        "simulated": last.simulated,
        "note": last.note,
        "locked": locked,
        "published": published,
    }
    return yaml.safe_dump(head, allow_unicode=True, sort_keys=False).encode(), earlier[-1].stat().st_mode


def _name(known: Known, catalog: Catalog, folder: Path, version: int, taken: Iterable[str]) -> str:
    """<部门>-<报表>[-第n版].<ext>: a name that is neither in the folder nor in the register yet."""
    suffix = known.path.suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,5}", known.path.suffix) else ""
    words = (catalog.department(known.department), catalog.titled(known.dataset))
    while True:
        name = file_name(*words, *([f"第{version}版"] if version > 1 else []), suffix=suffix)
        if name not in taken and not (folder / name).exists():
            return name
        version += 1


# --- so that nothing is lost -----------------------------------------------------------------------------------------

PATIENCE = 60.0
"""Seconds to wait for another filing of the district; a filing takes milliseconds."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let only one program at a time file deliveries of a district, also from another machine if the disk supports
    locks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / disk.LOCK  # beside the years: in a year's folder it would be a file that nobody registered
    busy = f"{folder} 正被另一次登记占用，等了{PATIENCE:.0f}秒仍未结束。请确认没有停住的 receive 后重新运行。"
    with ExitStack() as held:
        try:
            held.enter_context(disk.locked(path, PATIENCE, busy, 0o666))
        except PermissionError:
            raise
        except OSError as error:
            if error.errno == errno.ELOOP:  # the lock is a link
                raise
            told = f"{folder} 所在的磁盘不能加锁（{error.strerror}），不能保证同时登记时不丢失，未登记。请把数据目录放在本机磁盘上。"
            raise MendableError(told) from None
        yield


def _mend(folder: Path, head: Register) -> None:
    """Finish what an interrupted filing had registered, and remove what it had not."""
    register.finish(folder, head.deliveries)
    wanted = {register.held(folder, e.sha256) for e in head.deliveries if not (folder / e.file).exists()}
    for path in folder.glob(".*.filing"):
        if register.UNFINISHED.fullmatch(path.name) and path not in wanted:
            path.unlink()


def _put(folder: Path, entry: Entry, data: bytes, text: bytes, mode: int) -> None:
    """Store the file and the register with its entry, each of them whole, and each on the disk before the next step.

    The file has the same access rights as the register that names it.
    """
    folder.mkdir(exist_ok=True)
    path = (folder / REGISTER).resolve()  # a link stays one
    held, fresh = register.held(folder, entry.sha256), path.with_name(f".{REGISTER}-{token_hex(4)}.filing")
    try:
        _write(held, data, mode)
        _write(fresh, text, mode)
        _keep_owner(fresh, path)
        os.replace(fresh, path)  # noqa: PTH105  (from here on the file is filed)
    except Exception:
        for left in (held, fresh):
            left.unlink(missing_ok=True)
        raise
    disk.keep(path.parent)
    register.finish(folder, [entry])
    disk.keep(folder)


def _write(path: Path, data: bytes, mode: int) -> None:
    with path.open("xb") as file:
        os.fchmod(file.fileno(), stat.S_IMODE(mode) & 0o666)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _keep_owner(fresh: Path, old: Path) -> None:
    """Give the register back to its owner, if the system allows it."""
    if old.exists():
        with suppress(PermissionError):
            os.chown(fresh, old.stat().st_uid, old.stat().st_gid)


def shadow(raw: Path, folder: Path, catalog: Catalog, years: Iterable[int]) -> Path:
    """A copy of a district's deliveries of `years` that may be changed, without the files of forms that a narrowed catalogue leaves
    aside.
    """
    copy = folder / "raw"
    (copy / catalog.district.code).mkdir(parents=True)
    for year in years:
        source = raw / catalog.district.code / str(year)
        if source.is_dir():
            aside = _aside(source, catalog, raw)
            shutil.copytree(
                source,
                copy / catalog.district.code / str(year),
                ignore=lambda at, names, aside=aside: {name for name in names if Path(at, name) in aside},
            )
    return copy


def take_back(raw: Path, known: Known, catalog: Catalog, number: int) -> None:
    """Leave in the register of a copy of raw/ no version of a form after that with this number."""
    path = raw / catalog.district.code / str(known.year) / REGISTER
    gone = {entry.file for entry in versions(known, catalog, raw)[number:]}
    head = yaml.safe_load(path.read_text(encoding="utf-8"))
    head["deliveries"] = [entry for entry in head["deliveries"] if entry["file"] not in gone]
    path.write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")


def _aside(folder: Path, catalog: Catalog, raw: Path) -> set[Path]:
    """The files of a year's folder that a narrowed catalogue leaves aside; none if the register cannot be read."""
    try:
        entries = register.read(folder / REGISTER, raw).deliveries if catalog.aside else ()
    except CatalogError:
        return set()
    return {folder / entry.file for entry in entries if entry.dataset in catalog.aside}

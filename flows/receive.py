"""Filing a delivery: the file byte for byte into raw/, a line in the register, and what it changes."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import yaml

from expectations.catalog import CatalogError
from expectations.records import Catalog
from flows.files import UnreadableError
from flows.files.characters import file_name
from flows.ingest import identify, register
from flows.ingest.register import REGISTER, Entry, Register
from flows.places import MendableError

BEIJING = ZoneInfo("Asia/Shanghai")


class Wanted(NamedTuple):
    """What the statistician says of a file; what is left out is read from it."""

    dataset: str | None = None
    sender: str | None = None
    year: int | None = None
    sheet: str | None = None


class Known(NamedTuple):
    """A file with its dataset, sender and year."""

    path: Path
    dataset: str
    department: str
    year: int
    sheet: str
    rows: int
    problem: str = ""
    """Why nothing in it can be used."""


class Filed(NamedTuple):
    known: Known
    entry: Entry
    delivery: str
    older: str
    """The version that it replaces; empty for a first one."""


def recognise(path: Path, catalog: Catalog, wanted: Wanted) -> list[Known]:
    """One file as the deliveries that it holds: a workbook may hold several, on a worksheet each.

    Raises `MendableError` where dataset, sender or year cannot be told; it is never guessed.
    """
    if not path.is_file():
        raise MendableError(f"没有这个文件：{path}")
    if wanted.dataset is not None and wanted.dataset not in catalog.datasets:
        raise MendableError(f"没有报表 {wanted.dataset}；报表见 expectations/datasets/")
    try:
        found = _named(catalog, wanted) if wanted.dataset else _datasets(path, catalog, wanted)
    except UnreadableError as error:
        raise MendableError(f"“{path.name}”：{error.defect.problem}。{error.defect.cure}。") from None
    return [_known(path, catalog, wanted, *candidate) for candidate in found]


def _named(catalog: Catalog, wanted: Wanted) -> list[tuple[str, str, int]]:
    dataset = str(wanted.dataset)
    return [(dataset, wanted.sheet or "", wanted.year or catalog.datasets[dataset].forms()[0])]


def _datasets(path: Path, catalog: Catalog, wanted: Wanted) -> list[tuple[str, str, int]]:
    candidates = identify.identify(path, catalog, wanted.year)
    sheets = {c.sheet: [o for o in candidates if o.sheet == c.sheet] for c in candidates}
    if wanted.sheet is not None:
        sheets = {s: group for s, group in sheets.items() if s == wanted.sheet}
    if not sheets:
        raise MendableError(
            f"“{path.name}”的表头与任何报表都不完全相符，不能确定是哪一份报表。"
            "请用 --dataset 指明报表后重新运行，届时会列出缺少和多余的列。"
        )
    for group in sheets.values():
        if len(group) > 1:
            listed = "、".join(f"{c.dataset}（{catalog.datasets[c.dataset].title}）" for c in group)
            raise MendableError(f"“{path.name}”的表头同时符合{listed}，请用 --dataset 指明")
    return [(group[0].dataset, sheet, group[0].year) for sheet, group in sheets.items()]


def _known(path: Path, catalog: Catalog, wanted: Wanted, dataset: str, sheet: str, form: int) -> Known:
    rows, problem = 0, ""
    year = wanted.year
    try:
        seen = identify.look(path, catalog, dataset, year or form, sheet or None)
        rows, year = seen.rows, year or _year(path, seen.years)
    except UnreadableError as error:
        problem = f"{error.defect.problem}。{error.defect.cure}。"
        if year is None:
            raise MendableError(f"“{path.name}”：{problem}数据年份也无法确定，如仍要登记，请用 --year 指明。") from None
    return Known(path, dataset, _department(path, catalog, wanted, dataset), year, sheet, rows, problem)


def _year(path: Path, years: dict[str, int] | object) -> int:
    assert isinstance(years, dict)
    found = sorted(year for year in years if re.fullmatch(r"(19|20)[0-9]{2}", year))
    if len(found) != 1:
        seen = "、".join(found) or "没有四位数的年份"
        raise MendableError(f"“{path.name}”年份列中有{seen}，不能确定数据年份，请用 --year 指明")
    return int(found[0])


def _department(path: Path, catalog: Catalog, wanted: Wanted, dataset: str) -> str:
    """By --from, by the dataset, or by the name that the file's name begins with."""
    senders = catalog.senders[dataset]
    names = {key: d.name for key, d in catalog.district.departments.items()}
    if wanted.sender is not None:
        key = next((k for k, name in names.items() if wanted.sender in (k, name)), None)
        if key not in senders:
            listed = "、".join(names[s] for s in senders)
            raise MendableError(f"“{wanted.sender}”不报送{catalog.datasets[dataset].title}；报送部门：{listed}")
        return str(key)
    if len(senders) == 1:
        return senders[0]
    named = [key for key in senders if path.name.startswith(names[key])]
    if len(named) != 1:
        raise MendableError(
            f"{catalog.datasets[dataset].title}由多个部门报送，请用 --from 指明“{path.name}”是哪个部门的"
        )
    return named[0]


# --- filing ----------------------------------------------------------------------------------------------------------


def file(known: Known, catalog: Catalog, raw: Path, on: date | None, reason: str | None, name: str = "") -> Filed | str:
    """Copy a file into raw/ and register it; a sentence where the very same file is there already.

    `name` is what to call it, if not by department and dataset.

    Raises `MendableError` where a reason must be given, or the register cannot be written.
    """
    folder = raw / catalog.district.code / str(known.year)
    head = register_of(folder, catalog, raw, known.year)
    data = known.path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    mine = [e for e in head.deliveries if is_of(e, known, catalog)]
    for entry in mine:
        if entry.sha256 == digest:
            return f"与{entry.received}收到的“{entry.file}”完全相同，没有重复登记"
    now = datetime.now(BEIJING)
    received = on or now.date()
    ordered, rivals = register.newest_last(mine)
    if rivals:
        raise MendableError(f"{folder / REGISTER} 中这份报表有几份互不替换，请先写明 replaces")
    if ordered and not reason:
        raise MendableError(f"“{ordered[-1].file}”已经登记，重新报送须用 --reason 写明原因")
    if received > head.locked and not reason:
        raise MendableError(f"{known.year}年数据已于{head.locked}截止，之后报送须用 --reason 写明原因")
    if not name or (folder / name).exists():
        name = _name(known, catalog, folder, len(ordered) + 1)
    entry = Entry(
        dataset=known.dataset, file=name, received=received, sha256=digest, original=known.path.name, rows=known.rows,
        at=None if on else now.strftime("%H:%M"), sheet=known.sheet or None,
        department=known.department if catalog.datasets[known.dataset].department == "*" else None,
        replaces=ordered[-1].file if ordered else None, reason=reason,
    )  # fmt: skip
    _put(folder / name, data)
    _append(folder / REGISTER, entry)
    key = f"{known.year}/{known.dataset}" + (f"@{known.department}" if entry.department else "")
    older = f"{key}/v{len(ordered)}" if ordered else ""
    return Filed(known, entry, f"{key}/v{len(ordered) + 1}", older)


def is_of(entry: Entry, known: Known, catalog: Catalog) -> bool:
    department = entry.department or catalog.datasets[known.dataset].department
    return (entry.dataset, department) == (known.dataset, known.department)


def register_of(folder: Path, catalog: Catalog, raw: Path, year: int) -> Register:
    """The year's register; where there is none, a new one with the days of the newest earlier one."""
    path = folder / REGISTER
    if not path.is_file():
        earlier = sorted(p for p in folder.parent.glob(f"*/{REGISTER}") if p.parent.name < str(year))
        if not earlier:
            raise MendableError(f"没有 {path}，也没有以前年度的登记可供参照，请先建立（格式见 docs/operations.md）")
        last = _read(earlier[-1], raw)
        shift = year - last.year
        locked, published = (d.replace(year=d.year + shift) for d in (last.locked, last.published))
        head = {"district": catalog.district.code, "year": year, "simulated": last.simulated, "note": last.note,
                "locked": locked, "published": published}  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        text = yaml.safe_dump(head, allow_unicode=True, sort_keys=False) + "deliveries:\n"
        _put(path, text.encode())
        return register.Register.model_validate({**head, "deliveries": ()})
    return _read(path, raw)


def _read(path: Path, raw: Path) -> Register:
    try:
        return register.read(path, raw)
    except CatalogError as error:
        raise MendableError(f"报送登记有误，未登记：\n{error}") from None


def _name(known: Known, catalog: Catalog, folder: Path, version: int) -> str:
    """<部门>-<报表>[-第n版].<ext>, never one that is there already."""
    suffix = known.path.suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,5}", known.path.suffix) else ""
    words = (catalog.department(known.department), catalog.datasets[known.dataset].title)
    while True:
        name = file_name(*words, *([f"第{version}版"] if version > 1 else []), suffix=suffix)
        if not (folder / name).exists():
            return name
        version += 1


def _put(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(data)
    os.replace(fresh, path)  # noqa: PTH105  (says that the old one is replaced)


def _append(path: Path, entry: Entry) -> None:
    """An entry more at the end of the register's deliveries; what is there stays as it was written."""
    values = {k: v for k, v in entry.model_dump().items() if v is not None}
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("deliveries:"))
    lines[start] = "deliveries:"  # it may have been an empty list
    end = next((i for i in range(start + 1, len(lines)) if lines[i][:1] not in ("", " ", "-", "#")), len(lines))
    indent = next((line[: len(line) - len(line.lstrip())] for line in lines[start + 1 : end] if line.strip()), "  ")
    listed = yaml.safe_dump([values], allow_unicode=True, sort_keys=False, width=10_000).splitlines()
    lines[end:end] = [indent + line for line in listed]
    _put(path, ("\n".join(lines) + "\n").encode())


def shadow(raw: Path, folder: Path, catalog: Catalog, years: Iterable[int]) -> Path:
    """A copy of a district's deliveries of `years` that may be changed."""
    copy = folder / "raw"
    (copy / catalog.district.code).mkdir(parents=True)
    for year in years:
        source = raw / catalog.district.code / str(year)
        if source.is_dir():
            shutil.copytree(source, copy / catalog.district.code / str(year))
    return copy

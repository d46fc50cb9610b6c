"""The register of a year's deliveries (raw/<district>/<year>/deliveries.yml): reads it, and adds an entry to its text.

A file is filed in three steps: it is stored under a temporary name (`held`), its entry is written into the register,
and then it gets the name that the register has. If the program ends before the second step, nothing is filed. If it
ends after the second step, the next program that reads the folder does the third.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, field_validator, model_validator

from expectations.catalog import CatalogError, Loader, Source, unconfirmed
from expectations.records import MistakeError, Record
from expectations.spelling import meant

REGISTER = "deliveries.yml"
UNFINISHED = re.compile(r"\.([0-9a-f]{16}|deliveries\.yml-\w+)\.filing")
"""Files that an unfinished filing leaves in a year's folder; they are no deliveries."""


class Admission(Record):
    """A decision to use a file that came after the lock: the report prints it."""

    by: Annotated[str, Field(min_length=2)]
    on: date
    reason: Annotated[str, Field(min_length=4)]


class Entry(Record):
    """One file received."""

    dataset: str
    file: Annotated[str, Field(min_length=1)]
    received: date
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    department: str | None = None
    """Given only for datasets that every department sends."""
    at: Annotated[str, Field(pattern=r"^\d\d:\d\d$")] | None = None
    """The time of that day, Beijing time."""
    original: str | None = None
    """The sender's name for the file."""
    rows: int | None = None
    """The number of rows of data when it was received."""
    sheet: str | None = None
    """The worksheet, if the workbook holds several datasets."""
    replaces: str | None = None
    reason: str | None = None
    confirmed: dict[str, Annotated[str, Field(min_length=4)]] | None = None
    """The rules of questions that were answered → by whom and how: the file is right as it is."""
    simulated: bool | None = None
    """Whether its figures are simulated, if it is otherwise than the register says of its year: what a bulletin says is real."""
    admitted: Admission | None = None
    """The decision to use a file that came after the lock; without it, no edition uses such a file."""

    @model_validator(mode="after")
    def _came_before(self) -> Entry:
        if self.admitted is not None and self.admitted.on < self.received:
            raise MistakeError("admitted.on", f"admitted 的 on（{self.admitted.on}）早于收到日期 {self.received}")
        return self


class Register(Record):
    district: str
    year: int
    simulated: bool
    note: str = ""
    locked: date
    """数据截止日期 of the year's report: a file of any year that came later is in it only by decision (`admitted`)."""
    published: date
    """成文日期, printed on the cover unless a decision is later; nothing reads the clock."""
    deliveries: tuple[Entry, ...] = ()

    @field_validator("deliveries", mode="before")
    @classmethod
    def _none_yet(cls, value: Any) -> Any:
        """A key without a value: no delivery so far."""
        return () if value is None else value

    @model_validator(mode="after")
    def _in_order(self) -> Register:
        if self.published < self.locked:
            raise MistakeError(
                "published", f"published（成文日期 {self.published}）早于 locked（数据截止日期 {self.locked}）"
            )
        if self.locked.year <= self.year:
            raise MistakeError("locked", f"locked（数据截止日期 {self.locked}）应在数据年份{self.year}年之后")
        files = [entry.file for entry in self.deliveries]
        for i, entry in enumerate(self.deliveries):
            if entry.replaces is not None and entry.replaces not in files:
                raise MistakeError(
                    f"deliveries.{i}.replaces", f"没有登记这个文件 {entry.replaces!r}{meant(entry.replaces, files)}"
                )
            if entry.replaces == entry.file:
                raise MistakeError(f"deliveries.{i}.replaces", "不能替换自己")
        return self


def read(path: Path, raw: Path, text: bytes | None = None) -> Register:
    """Read a register; `text` is the text that the register is going to have, if it is not written yet.

    Raises `CatalogError` with file, line, key and what was expected.
    """
    source = Source(path, raw, text)
    if problems := list(unconfirmed(source)):
        raise CatalogError(problems)
    return source.read(Register, source.data)


# --- files on their way in -------------------------------------------------------------------------------------------


def held(folder: Path, sha256: str) -> Path:
    """The temporary path of a file whose entry is not in the register yet."""
    return folder / f".{sha256[:16]}.filing"


def finish(folder: Path, entries: Iterable[Entry]) -> None:
    """Give every registered file that still has its temporary name the name that the register has.

    Where the folder cannot be written, the file keeps its temporary name, and its readers report it as missing.
    """
    for entry in entries:
        waiting, path = held(folder, entry.sha256), folder / entry.file
        if waiting.is_file() and not path.exists() and _digest(waiting) == entry.sha256:
            with suppress(OSError):  # another has just done it, or must
                os.rename(waiting, path)  # noqa: PTH104


def stands(folder: Path, entry: Entry) -> str:
    """The hash of the file that an entry names, as it stands in the year's folder; empty if there is none."""
    try:
        path = (folder / entry.file).resolve()
        return _digest(path) if path.is_relative_to(folder.resolve()) and path.is_file() else ""
    except (OSError, ValueError, RuntimeError):  # a name that cannot be one: whoever reads it says so
        return ""


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- an entry more ---------------------------------------------------------------------------------------------------


class RewriteError(Exception):
    """The register is written in such a way that no entry can be added to it."""


def extended(text: bytes, entry: Entry, path: Path, raw: Path) -> bytes:
    """The text of a register with one entry added at its end; everything else stays as it was written.

    Raises `RewriteError` unless the new text reads as the old one plus that entry.
    """
    before = read(path, raw, text)
    codec, mark, written = _decoded(text)
    try:
        fresh = mark + _Written(written).extended(entry).encode(codec)
        after = read(path, raw, fresh)
    except (CatalogError, yaml.YAMLError, LookupError, AttributeError) as error:
        raise RewriteError from error
    if after != before.model_copy(update={"deliveries": (*before.deliveries, entry)}):
        raise RewriteError
    return fresh


MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"", "utf-8"),
)


def _decoded(text: bytes) -> tuple[str, bytes, str]:
    """The encoding of a YAML file, its byte order mark, and the text after the mark."""
    mark, codec = next((mark, codec) for mark, codec in MARKS if text.startswith(mark))
    return codec, mark, text[len(mark) :].decode(codec)


class _Written:
    """The text of a register, with the places of its parts as the parser found them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.events: list[Any] = list(yaml.parse(text, Loader=Loader))
        self.root = self.events[2]  # behind the beginning of the stream and of the document
        found = re.search("\r\n?|\n", text)
        self.end = found[0] if found else "\n"

    def extended(self, entry: Entry) -> str:
        values = {key: value for key, value in entry.model_dump(mode="json").items() if value is not None}
        at, last = self._deliveries()
        if at is None:
            return self._with_key(values, last)
        value = self.events[at]
        if not isinstance(self.events[at], yaml.SequenceStartEvent):
            return self._first(values, value.start_mark.index, value.end_mark.index)
        if last == at + 1:
            closing = self.events[last].end_mark.index
            if not self.root.flow_style and "#" not in self.text[value.start_mark.index : closing]:
                return self._first(values, value.start_mark.index, closing)
            return self._put(value.end_mark.index, self._flow(values))
        behind = self._behind(last)
        if value.flow_style:
            return self._put(behind, ", " + self._flow(values))
        return self._put(self._line_end(behind), self._block(values, *self._columns(at)))

    def _deliveries(self) -> tuple[int | None, int]:
        """Where the value of the key begins, and its last event; without the key, where the document ends."""
        i = 3
        while not isinstance(self.events[i], yaml.MappingEndEvent):
            after = self._next(i + 1)
            if self.events[i].value == "deliveries":
                return i + 1, after - 1
            i = after
        return None, i

    def _next(self, i: int) -> int:
        """The event after the node that begins with event number `i`."""
        depth = 0
        while True:
            event = self.events[i]
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            i += 1
            if depth == 0:
                return i

    def _behind(self, last: int) -> int:
        """The place after the last thing written in a collection that ends with the event `last`."""
        i = last - 1
        while isinstance(self.events[i], yaml.CollectionEndEvent) and not self._width(i):  # a bracket has a width
            i -= 1
        event = self.events[i]
        at: int = event.end_mark.index
        if getattr(event, "style", None) in ("|", ">"):  # the parser counts the line ends below it in
            at = len(self.text[:at].rstrip())
        return at

    def _width(self, i: int) -> int:
        event = self.events[i]
        width: int = event.end_mark.index - event.start_mark.index
        return width

    def _line_end(self, at: int) -> int:
        found = re.compile("[\r\n]|\\Z").search(self.text, at)
        assert found
        return found.start()

    def _columns(self, at: int) -> tuple[int, int]:
        """The column of a list's dashes, and the column of the text after them."""
        first = self.events[at + 1].start_mark
        dash = self.text.rindex("-", 0, first.index) if self.events[at].anchor else self.events[at].start_mark.index
        column = dash - max(self.text.rfind(c, 0, dash) for c in "\r\n") - 1
        same_line = not re.search("[\r\n]", self.text[dash : first.index])
        return column, first.column if same_line else column + 2

    def _with_key(self, values: Mapping[str, object], last: int) -> str:
        behind = self._behind(last)
        if self.root.flow_style:
            return self._put(behind, f', "deliveries": [{self._flow(values)}]')
        column: int = self.root.start_mark.column
        key = f"{self.end}{' ' * column}deliveries:"
        return self._put(self._line_end(behind), key + self._block(values, column + 2, column + 4))

    def _first(self, values: Mapping[str, object], start: int, end: int) -> str:
        """The text for an entry where the key has no value yet."""
        if self.root.flow_style:
            return self.text[:start].rstrip() + f" [{self._flow(values)}]" + self.text[end:]
        below = self._line_end(end)
        column: int = self.root.start_mark.column
        rest = self.text[:start].rstrip() + self.text[end:below] if end > start else self.text[:below]
        return rest + self._block(values, column + 2, column + 4) + self.text[below:]

    def _put(self, at: int, more: str) -> str:
        return self.text[:at] + more + self.text[at:]

    def _flow(self, values: Mapping[str, object]) -> str:
        if self.root.flow_style:
            return json.dumps(values, ensure_ascii=False)
        flow: str = yaml.dump(values, default_flow_style=True, **AS_IT_IS)
        return flow.strip()

    def _block(self, values: Mapping[str, object], dash: int, content: int) -> str:
        lines = yaml.dump(values, default_flow_style=False, **AS_IT_IS).splitlines()
        first = f"{' ' * dash}-{' ' * (content - dash - 1)}{lines[0]}"
        return "".join(self.end + line for line in (first, *(" " * content + line for line in lines[1:])))


class _Dumper(yaml.SafeDumper):
    """Writes dates without quotation marks: our reader takes a date for the text that it is."""

    yaml_implicit_resolvers = Loader.yaml_implicit_resolvers


AS_IT_IS: dict[str, Any] = {"Dumper": _Dumper, "allow_unicode": True, "sort_keys": False, "width": 1 << 20}


def closed(entries: Sequence[Entry], lock: date, as_of: date | None = None) -> tuple[list[Entry], list[Entry]]:
    """The entries that an edition uses, and those that came after its lock. A late entry that was admitted is in both
    lists. Of what came or was decided after the day `as_of`, if one is given, nothing is known.

    Where a version is not used, the next version replaces the one before it.
    """
    until = as_of or date.max
    known = [_known(entry, until) for entry in entries if entry.received <= until]
    late = [entry for entry in known if is_late(entry.received, lock)]
    unused = {entry.file: entry.replaces for entry in entries if entry.received > until}
    unused |= {entry.file: entry.replaces for entry in late if entry.admitted is None}

    def used(name: str | None) -> str | None:
        seen: set[str | None] = set()
        while name in unused and name not in seen:
            seen.add(name)
            name = unused[str(name)]
        return name

    kept = [entry.model_copy(update={"replaces": used(entry.replaces)}) for entry in known if entry.file not in unused]
    return kept, late


def is_late(received: date, lock: date) -> bool:
    """Whether what came on a day is used only by decision (`admitted`) in an edition with this lock."""
    return received > lock


def _known(entry: Entry, as_of: date) -> Entry:
    """An entry as it was known on a day."""
    if entry.admitted is None or entry.admitted.on <= as_of:
        return entry
    return entry.model_copy(update={"admitted": None})


def newest_last(group: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The versions of one delivery from the first to the last, and those that no entry puts in order."""
    replaced = {entry.file: entry.replaces for entry in group}

    def depth(entry: Entry) -> int:
        seen: list[str | None] = [entry.file]
        while (earlier := replaced.get(str(seen[-1]))) in replaced and earlier not in seen:
            seen.append(earlier)
        return len(seen)

    ordered = sorted(group, key=lambda e: (depth(e), e.received, e.file))
    last = [entry for entry in group if entry.file not in replaced.values()]
    return ordered, last if len(last) != 1 else []

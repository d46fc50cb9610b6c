"""Reads the YAML of a catalogue into frozen records; every mistake is named with file, line, key and
what was expected.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args

import yaml
from pydantic import BaseModel, RootModel, TypeAdapter, ValidationError

from expectations import agreement, remedies
from expectations.agreement.agreed import Agreed, Mistake
from expectations.records import (
    ASKED,
    CALLED,
    FOUND,
    HOST,
    ISSUED,
    MAIL,
    TELEPHONE,
    WEBHOOK,
    Catalog,
    Checks,
    Codes,
    Column,
    Dataset,
    Dimension,
    District,
    Domain,
    Exemptions,
    Goal,
    Indicator,
    MistakeError,
    OwnWords,
    Plan,
    PlanHead,
    Policy,
    Target,
    dimension_of,
    pair,
)
from expectations.renamed import first_called
from expectations.spelling import meant, unknown
from expectations.units import UNITS

HOME = Path(__file__).parent
T = TypeVar("T", bound=BaseModel)


TRUTH = re.compile(r"(?:true|false)\Z", re.IGNORECASE)
"""What is true or false, as in YAML 1.2: `on`, `yes` and `no` are words, among them a key of the register."""


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads dates as text, so that a wrong date is named with its line like any other value."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (yaml's own way)
        first: [
            (tag, TRUTH if tag == "tag:yaml.org,2002:bool" else pattern)
            for tag, pattern in resolvers
            if tag != "tag:yaml.org,2002:timestamp"
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


PLACE = re.compile(r"\{[^{}]*\}")
"""A place in a text that the district fills in."""


def _name(place: str) -> str:
    """{most} and {most:f} are filled with the same fact."""
    return place[1:-1].partition(":")[0]


class Problem(NamedTuple):
    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file} 第{self.line}行"
        return f"{where} {self.key}：{self.message}" if self.key else f"{where}：{self.message}"


class CatalogError(Exception):
    """The catalogue cannot be used; `problems` holds every reason that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        told = [str(p) for p in self.problems[:TOLD]]
        if len(self.problems) > TOLD:
            told.append(f"另有{len(self.problems) - TOLD}处未列出；改正后重新运行，会继续列出")
        super().__init__("\n".join(told))


TOLD = 50
"""The number of problems in a message: one mistake may show on every line."""


MOST_BYTES = 4_000_000
"""The largest size of a file; the largest file of ours has a few per cent of it."""
MOST_LETTERS = 10_000_000
"""The largest size of a file with every alias written out (each node counts as 8 letters more): aliases of aliases grow
without limit.
"""
DEEPEST = 50
"""The most levels of lists within lists; the parser calls itself for each level and fails at some thousands."""


class _Walk:
    """Goes through a YAML document: notes the line of each key, and fills in what the district calls its parts."""

    def __init__(self, name: str, called: Mapping[str, str] | None, later: Set[str]) -> None:
        self.name, self.called, self.later = name, called, later
        self.lines: dict[tuple[str, ...], int] = {(): 1}

    def walk(self, node: yaml.Node, path: tuple[str, ...]) -> None:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise CatalogError([Problem(self.name, key.start_mark.line + 1, "", "键应为文字")])
                if self.called is not None and "{" in key.value:
                    key.value = self._filled(key, (*path, key.value))
                if key.value in seen:
                    at = key.start_mark.line + 1
                    raise CatalogError([Problem(self.name, at, ".".join((*path, key.value)), "同一个键写了两次")])
                seen.add(key.value)
                self.lines[(*path, key.value)] = key.start_mark.line + 1
                self.walk(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for i, value in enumerate(node.value):
                self.walk(value, (*path, str(i)))
        elif isinstance(node, yaml.ScalarNode) and self.called is not None and "{" in node.value:
            node.value = self._filled(node, path)

    def _filled(self, node: yaml.ScalarNode, path: tuple[str, ...]) -> str:
        """A text of the file with the district's words in the places left for them."""
        called = self.called or {}
        text: str = node.value
        for place in PLACE.findall(text):
            if place[1:-1] not in called and _name(place) not in self.later:
                known = "、".join(f"{{{name}}}" for name in called)
                told = f"没有占位词 {place}；可用的有 {known}，由地区文件填入"
                raise CatalogError([Problem(self.name, node.start_mark.line + 1, ".".join(path), told)])
        return PLACE.sub(lambda found: called.get(found[0][1:-1], found[0]), text)


@lru_cache(maxsize=200)
def _parsed(
    name: str, text: bytes, called: tuple[tuple[str, str], ...] | None, later: frozenset[str]
) -> tuple[Any, Mapping[tuple[str, ...], int]]:
    """The data of a YAML text and the line of each key, to read only: what was parsed once is not parsed again."""
    walk = _Walk(name, None if called is None else dict(called), later)
    data = None
    try:
        for problem in _oversized(text):
            raise CatalogError([Problem(name, problem.line, "", problem.message)])
        loader = Loader(text)
        node = loader.get_single_node()
        if node is not None:
            walk.walk(node, ())
            data = loader.construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise CatalogError([Problem(name, line, "", f"不是有效的 YAML：{_plain(error)}")]) from None
    if node is None:
        raise CatalogError([Problem(name, 1, "", "文件是空的")])
    return data, walk.lines


Keep = Callable[[str, str, Callable[[], Any]], Any]
"""Gives what a text says: as it was kept under the text's name and the hash of all that decides what it says, or as it is parsed."""
_keep: ContextVar[Keep] = ContextVar("keep")


@contextmanager
def keeping(keep: Keep) -> Iterator[None]:
    """Let `keep` have what is parsed: to parse a catalogue takes longer than to check its records."""
    token = _keep.set(keep)
    try:
        yield
    finally:
        _keep.reset(token)


@lru_cache(maxsize=200)
def _data(name: str, text: bytes, called: tuple[tuple[str, str], ...] | None, later: frozenset[str]) -> Any:
    """What a YAML text says, to read only."""
    keep = _keep.get(None)
    if keep is None:
        return _parsed(name, text, called, later)[0]
    decides = hashlib.sha256(repr((called, sorted(later))).encode() + b"\0" + text).hexdigest()
    return keep(name, decides, lambda: _parsed(name, text, called, later)[0])


class Source:
    """One YAML file: its data, and the line of each key."""

    def __init__(
        self,
        path: Path,
        home: Path,
        text: bytes | None = None,
        called: Mapping[str, str] | None = None,
        later: Iterable[str] = (),
    ) -> None:
        """Read a file; `text` is what the file is going to hold, if it is not written yet. `called` is what the
        district fills into texts that districts share: {areas} becomes 街镇 or 县（市、区）. The names in `later` are left
        as they stand, for those who print the text.

        Raises `CatalogError` if it is no YAML, or larger than any file that people write.
        """
        inside = path.is_relative_to(home.parent)
        self.name = path.relative_to(home.parent if inside else HOME.parent).as_posix()
        self.text = self._bytes(path) if text is None else text
        filled = None if called is None else tuple(called.items())
        self._given = (self.name, self.text, filled, frozenset(later))
        self.data = _data(*self._given)

    @property
    def lines(self) -> Mapping[tuple[str, ...], int]:
        """The line of each key; only who tells of a mistake asks for it."""
        return _parsed(*self._given)[1]

    def _bytes(self, path: Path) -> bytes:
        if not path.is_file():  # a pipe would be waited for
            told = "不是普通文件，应为 YAML 文本文件" if path.exists() else "没有这个文件"
            raise CatalogError([Problem(self.name, 1, "", told)])
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            told = f"文件超过{MOST_BYTES:,}字节，未读取；应为人工维护的 YAML 文本，请核对是否放错了文件"
            raise CatalogError([Problem(self.name, 1, "", told)])
        return text

    def line(self, path: Iterable[object]) -> int:
        """The line of the longest part of `path` that the file has."""
        keys, lines = tuple(str(p) for p in path), self.lines
        while keys not in lines:
            keys = keys[:-1]
        return lines[keys]

    def problem(self, path: Iterable[object], message: str) -> Problem:
        path = tuple(path)
        return Problem(self.name, self.line(path), ".".join(str(p) for p in path), message)

    def read(self, model: type[T], data: Any, path: tuple[object, ...] = ()) -> T:
        try:
            return model.model_validate(data)
        except ValidationError as error:
            errors = error.errors()
            # If its only member is wrong, a list is also reported as too short: the report on the member is enough.
            inner = {e["loc"][:n] for e in errors for n in range(len(e["loc"]))}
            told = [e for e in errors if e["loc"] not in inner]
            raise CatalogError([self._mistake(model, path, dict(e)) for e in told]) from None

    def _mistake(self, model: type[BaseModel], path: tuple[object, ...], error: dict[str, Any]) -> Problem:
        """What a record does not take, at the key that is wrong."""
        own = error.get("ctx", {}).get("error")
        place = (*error["loc"], *own.key.split(".")) if isinstance(own, MistakeError) else error["loc"]
        message = _chinese(error)
        if error["type"] == "extra_forbidden":
            message = f"没有这个键{meant(place[-1], _keys(model, place))}"
        return self.problem((*path, *(part for part in place if part != "[key]")), message)

    def read_all(self, model: type[T]) -> dict[str, T]:
        """A file that maps names to records."""
        if not isinstance(self.data, dict):
            raise CatalogError([Problem(self.name, 1, "", "应为“名称: 内容”的列表")])
        names = TypeAdapter(dict[str, Any]).validate_python({str(k): v for k, v in self.data.items()})
        problems: list[Problem] = []
        records: dict[str, T] = {}
        for name, data in names.items():
            try:
                records[name] = self.read(model, data, (name,))
            except CatalogError as error:
                problems += error.problems
        if problems:
            raise CatalogError(problems)
        return records


def _keys(model: type[BaseModel], place: Iterable[object]) -> list[str]:
    """The keys of the record that a place of a file is read into."""
    record: type[BaseModel] = model
    for part in place:
        if issubclass(record, RootModel):
            record = next(_records(record.model_fields["root"].annotation), record)
        field = next((f for name, f in record.model_fields.items() if (f.alias or name) == part), None)
        record = record if field is None else next(_records(field.annotation), record)
    return [field.alias or name for name, field in record.model_fields.items()]


def _records(annotation: Any) -> Iterator[type[BaseModel]]:
    """The records that a field of this type holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _records(inner)


class _Oversized(NamedTuple):
    line: int
    message: str


def _oversized(text: bytes) -> Iterator[_Oversized]:
    """What makes a file larger than it looks: depth, or aliases written out. Read event by event, in bounded memory."""
    sizes: dict[str, int] = {}
    around: list[tuple[str | None, int]] = []
    """For each open list or mapping: its anchor, and the letters in its parents before it."""
    letters = 0
    for event in yaml.parse(text, Loader=Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionStartEvent):
            around.append((event.anchor, letters))
            if len(around) > DEEPEST:
                yield _Oversized(line, f"列表和键套了{len(around)}层，最多{DEEPEST}层；请核对括号和缩进")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = around.pop()
            letters += NODE
            if anchor is not None:
                sizes[anchor] = letters - before
        elif isinstance(event, yaml.ScalarEvent):
            letters += NODE + len(event.value)
            if event.anchor is not None:
                sizes[event.anchor] = NODE + len(event.value)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in {anchor for anchor, _ in around}:
                yield _Oversized(line, f"“*{event.anchor}”引用了它自己所在的内容；请写出所引用的内容")
            letters += sizes.get(str(event.anchor), 0)
        if letters > MOST_LETTERS:
            yield _Oversized(line, f"引用（*）全部展开后超过{MOST_LETTERS:,}字；请去掉层层引用，写出内容")


NODE = 8


def _plain(error: Exception) -> str:
    """The parser's message in words that say what to look for."""
    if isinstance(error, yaml.reader.ReaderError):
        return "有不是 UTF-8 的文字或控制字符；请用文本编辑器另存为 UTF-8"
    said = str(getattr(error, "problem", None) or error).splitlines()[0]
    return next((told for words, told in SYNTAX if words in said), "写法有误；请核对这一行的引号、括号、冒号和缩进")


SYNTAX = (
    ("cannot start any token", "有不能这样用的字符（缩进须用空格，不用制表符；含 @、`、% 等的文字请加引号）"),
    ("found a tab character", "缩进须用空格，不用制表符"),
    ("mapping values are not allowed", "冒号的位置不对：缩进与上一行不一致，或者含冒号的文字没有加引号"),
    ("could not find expected ':'", "键后缺少冒号，或者引号、括号没有配对"),
    ("did not find expected key", "缩进与上文不一致，或者缺少键；请对照相邻各项"),
    ("did not find expected '-' indicator", "缩进与上文的“-”不一致"),
    ("did not find expected ',' or", "方括号、花括号没有配对，或者各项之间缺少逗号"),
    ("did not find expected node content", "方括号、花括号没有配对，或者多了逗号"),
    ("while scanning a quoted scalar", "引号没有配对"),
    ("found unexpected end of stream", "引号没有配对"),
    ("did not find expected <document start>", "一段内容结束后又有别的内容；请核对缩进和括号"),
    ("but found another document", "只能有一份内容（一个“---”）"),
    ("found undefined alias", "引用（*）的名称没有用 & 定义；以 * 开头的文字请加引号"),
    ("found duplicate anchor", "同一个 & 名称用了两次"),
    ("could not determine a constructor for the tag", "有不认识的类型标记（!）；请删去，以 ! 开头的文字请加引号"),
    ("unhashable", "键应为文字"),
    ("Exceeds the limit", "有过长的数字；代码请加引号"),
)
"""The parser's message → what is wrong, and how to mend it."""


def _given(value: Any) -> str:
    """The value in the file, cut if it is longer than a line."""
    if value is None:
        return "空（冒号后没有内容）"
    text = str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…（共{len(text)}字）"


SHOWN = 100


def _chinese(error: dict[str, Any]) -> str:
    """A pydantic error in words that say what was expected."""
    given = _given(error["input"])
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "缺少这一项"
        case "literal_error":
            known = re.findall("'([^']*)'", context["expected"])
            told = f"应为 {'、'.join(map(repr, known))} 之一，实为 {given}"
            like = meant(error["input"], known) if isinstance(error["input"], str) else ""
            return told + (like if "现有" not in like else "")
        case "value_error":
            return str(context["error"])
        case "string_too_short" | "too_short":
            return f"太短或为空，实为 {given}"
        case "too_long":
            return f"太多（最多 {context['max_length']} 项），实为 {given}"
        case "string_too_long":
            return f"太长（最多 {context['max_length']} 个字），实为 {given}"
        case "string_pattern_mismatch":
            return f"格式应为{FORMS[context['pattern']]}，实为 {given}"
        case kind if kind in BOUNDS:
            word, key = BOUNDS[kind]
            return f"应{word} {context[key]}，实为 {given}"
        case "string_type":
            return f"应为文字（数字代码请加引号），实为 {given}"
        case kind if kind.startswith("int"):
            return f"应为整数，实为 {given}"
        case kind if kind.startswith(("decimal", "is_instance", "float")):
            return f"应为数字，实为 {given}"
        case kind if kind.startswith("bool"):
            return f"应为 true 或 false，实为 {given}"
        case kind if kind.startswith("date"):
            return f"应为日期（如 2025-03-10），实为 {given}"
        case "finite_number":
            return f"应为有限的数字，实为 {given}"
        case kind if kind.endswith("_type"):
            kind = kind.removesuffix("_type")
            return f"应为{SHAPES.get(kind, f' {kind}')}，实为 {given}"
        case _:
            return f"写法不对，实为 {given}；请对照 docs/catalogue.md"


FORMS = {
    r"^[a-z][a-z0-9_]*$": "英文代号（小写字母开头，只含小写字母、数字和下划线）",
    r"^\d{6}$": "六位数字代码",
    r"^\d{6}(\d{3}){0,2}$": "6位、9位或12位数字代码",
    r"^\d{2}-\d{2}$": "月-日（如 03-15）",
    r"^([01]\d|2[0-3]):[0-5]\d$": "时:分（如 09:00）",
    r"^\d\d:\d\d$": "时:分（如 09:30）",
    r"^[A-Z0-9_]+$": "大写字母、数字和下划线",
    r"^[A-Z][A-Z0-9_]*$": "大写字母开头，只含大写字母、数字和下划线",
    r"^[0-9a-f]{64}$": " 64 位十六进制数（文件的 sha256）",
    CALLED: "2至12个汉字",
    r"^[a-z_]+\.[a-z]+$": "文件名（如 report.pdf）",
    r"^/.": "本机的文件夹，从根目录写起（如 /srv/收件）",
    f"^{HOST}$": "主机名（如 mail.example.gov.cn）",
    MAIL: "邮箱地址（如 name@example.gov.cn）",
    WEBHOOK: "环境变量的名称，如 PLAN_MONITOR_WEBHOOK",
    TELEPHONE: "电话号码（如 022-00000000）",
    ISSUED: "日期、月份或年份（如 2021-12-01、2021-12）",
}
"""The pattern of a text, in words."""
BOUNDS = {
    "greater_than": ("大于", "gt"),
    "greater_than_equal": ("不小于", "ge"),
    "less_than": ("小于", "lt"),
    "less_than_equal": ("不大于", "le"),
}
"""How a bound is told, and where the error has it."""
SHAPES = {"tuple": "列表（每项以“- ”开头）", "list": "列表（每项以“- ”开头）"} | dict.fromkeys(
    ("dict", "mapping", "model"), "“键: 值”"
)
"""What a record is made of, in words."""


class _Reader:
    """Collects sources and problems while a catalogue is read."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.problems: list[Problem] = []
        self.digest = hashlib.sha256()
        self.origin: dict[tuple[str, str], tuple[Source, tuple[object, ...]]] = {}
        self.brought: set[str] = set()
        """The indicators that the program brings: nobody who keeps the home can change their files."""
        self.called: Mapping[str, str] | None = None
        """What the district fills into texts that districts share, once its file has been read."""

    def source(self, path: Path, *, shared: bool = False, later: Iterable[str] = ()) -> Source | None:
        """A file that was read; `shared` if districts share it and fill in their own words. Places with the names `later`
        are filled in when the text is said.
        """
        try:
            source = Source(path, self.home, called=self.called if shared else None, later=later)
        except CatalogError as error:
            self.problems += error.problems
            return None
        self.digest.update(source.name.encode() + b"\0" + source.text + b"\0")
        self.problems += unconfirmed(source)
        return source

    def one(
        self, path: Path, model: type[T], *, shared: bool = False, later: Iterable[str] = ()
    ) -> tuple[Source, T] | None:
        source = self.source(path, shared=shared, later=later)
        if source is None:
            return None
        try:
            return source, source.read(model, source.data)
        except CatalogError as error:
            self.problems += error.problems
            return None

    def folder(self, name: str, model: type[T]) -> dict[str, T]:
        """The records of all files of a folder; a name may occur only once."""
        records: dict[str, T] = {}
        for path in sorted((self.home / name).glob("*.yml")):
            source = self.source(path, shared=True)
            if source is None:
                continue
            try:
                found = source.read_all(model)
            except CatalogError as error:
                self.problems += error.problems
                continue
            for key, record in found.items():
                if key in records:
                    other = self.origin[name, key][0].name
                    self.problems.append(source.problem((key,), f"与 {other} 重名"))
                    continue
                records[key] = record
                self.origin[name, key] = (source, (key,))
        return records

    def shipped(self, keys: Set[str]) -> dict[str, Indicator]:
        """Indicators that a home does not have and the program brings (only files with one of them are read)."""
        found: dict[str, Indicator] = {}
        for path in sorted({_shipped()[key] for key in keys}):
            source = self.source(path, shared=True)
            for key, record in (source.read_all(Indicator) if source else {}).items():
                if source and key in keys:
                    self.brought.add(key)
                    found[key] = record
                    self.origin["indicators", key] = (source, (key,))
        return found

    def came(self, kind: str, key: str, source: Source) -> None:
        """A whole file is one record."""
        self.origin[kind, key] = (source, ())

    def blame(self, kind: str, key: str, path: Iterable[object], message: str) -> None:
        source, prefix = self.origin[kind, key]
        path = tuple(path)
        if kind == "indicators" and key in self.brought and ("district", "") in self.origin:
            source, prefix = self.origin["district", ""]
            own = f"也可以在 expectations/indicators/ 下自写指标 {key}，有自己的以自己的为先"
            message = f"程序自带的指标 {key}（{'.'.join(map(str, path))}）：{message}。{own}"
            path = ("departments",) if path[0] in {"lead", "support"} else ("plans",)
        problem = source.problem((*prefix, *path), message)
        if problem not in self.problems:
            self.problems.append(problem)

    def blame_all(self, mistakes: Iterable[Mistake]) -> None:
        for kind, name, path, told in mistakes:
            self.blame(kind, name, path, told)


def _own(home: Path, *name: str) -> Path:
    """A part of a home's catalogue. What a home has not is the program's own: a home has only its own files."""
    own = home.joinpath(*name)
    return own if own.exists() else HOME.joinpath(*name)


PROGRAMS = {"checks.yml": "policy.yml（阈值）", "codes.yml": "words.yml（本地的用语）"}
"""The files that the program has for all homes, and what a home may have of its own in the matter."""


def _passed_over(reader: _Reader) -> Iterator[Problem]:
    """A file of a home that nothing would read: it says something else than the program's own, which is the one that holds."""
    for name, instead in PROGRAMS.items():
        path = reader.home / name
        if path.is_file() and path.read_bytes() != (HOME / name).read_bytes():
            told = f"这个文件各地统一，用程序自带的，这里的一份不起作用；请删去或移走，自己的规定写在 {instead}"
            yield Problem(f"{reader.home.name}/{name}", 1, "", told)


@cache
def _shipped() -> Mapping[str, Path]:
    """Every indicator that the program brings, and the file that it stands in; the files are not read for that."""
    return {
        key: path
        for path in sorted((HOME / "indicators").glob("*.yml"))
        for key in re.findall(r"^([a-z][a-z0-9_]*):", path.read_text(encoding="utf-8"), re.M)
    }


def library(home: Path = HOME) -> Mapping[str, Indicator]:
    """Every indicator that a plan of this catalogue may name, whether a plan names it or not."""
    reader = _Reader(home)
    own = reader.folder("indicators", Indicator)
    found = reader.shipped(_shipped().keys() - own.keys()) | own
    if reader.problems:
        raise CatalogError(reader.problems)
    return found


def codes() -> Codes:
    """How sexes, stages and units are written everywhere."""
    source = Source(HOME / "codes.yml", HOME)
    return source.read(Codes, source.data)


@cache
def dimensions() -> Mapping[str, Dimension]:
    """The dimensions that the program brings."""
    return Source(HOME / DIMENSIONS, HOME).read_all(Dimension)


def forms(home: Path = HOME) -> Mapping[str, Dataset]:
    """Every form of a home."""
    reader = _Reader(home)
    found = reader.folder("datasets", Dataset)
    if reader.problems:
        raise CatalogError(reader.problems)
    return found


def columns() -> Mapping[str, tuple[str, Column]]:
    """Measure → header and column under which a form asks for it: those of the shipped forms, then of columns.yml."""
    shipped = [c for dataset in forms().values() for c in dataset.columns.items()]
    further = Source(HOME / "columns.yml", HOME).read_all(Column)
    return {c.measure: (header, c) for header, c in (*further.items(), *shipped) if c.measure}


def promised(district: str, home: Path) -> tuple[District, tuple[Plan, ...], Mapping[str, Indicator]]:
    """A district with its plans and the indicators that they name, before it has forms.

    Raises `CatalogError` like `load`, also while a mark of a draft stands.
    """
    reader = _Reader(home)
    head = reader.one(home / "districts" / f"{district}.yml", District)
    if head is not None:
        reader.called = head[1].called
    own = reader.folder("indicators", Indicator)
    names = {*own, *_shipped()}
    dimensions, listed = _dimensions(reader, None), enumerate(head[1].plans if head else ())
    plans = [p for i, key in listed if head and (p := _plan(reader, head[0], i, key, names, dimensions))]
    if reader.problems or head is None:
        raise CatalogError(reader.problems)
    used = _used(plans)
    found = own | reader.shipped(used - own.keys())
    return head[1], tuple(plans), as_asked(plans, {key: found[key] for key in sorted(used)})


MARK = "# 请确认"
"""The mark that a draft has where a person must decide (./monitor adopt, ./monitor new)."""


def unconfirmed(source: Source) -> Iterator[Problem]:
    """A problem for each mark of a draft: while it stands, the file is not used."""
    mark = MARK.encode()
    if mark in source.text:
        for n, line in enumerate(source.text.splitlines(), 1):
            if mark in line:
                about = line.partition(mark)[2].decode("utf-8", "replace").strip()
                cure = "核对这一行和原文后，删去“# 请确认”和其后的说明"
                yield Problem(source.name, n, "", f"草稿尚未确认{f'（{about}）' if about else ''}：{cure}")


def load(district: str, home: Path = HOME) -> Catalog:
    """Read the whole catalogue for one district.

    Raises `CatalogError` with the problems of all files, not only of the first.
    """
    reader = _Reader(home)
    path = home / "districts" / f"{district}.yml"
    if not path.is_file():
        known = "、".join(sorted(p.stem for p in (home / "districts").glob("*.yml")))
        raise CatalogError([Problem(f"expectations/districts/{district}.yml", 1, "", f"没有这个地区；现有：{known}")])
    head = reader.one(path, District)
    if head is not None:
        reader.called = head[1].called
    policy = reader.one(_own(home, "policy.yml"), Policy)
    codes = _codes(reader)
    dimensions = _dimensions(reader, codes)
    checks = reader.one(HOME / "checks.yml", Checks, shared=True, later=ASKED | FOUND)
    reader.problems += _passed_over(reader)
    exemptions = _exemptions(reader, district)
    indicators = reader.folder("indicators", Indicator)
    datasets = reader.folder("datasets", Dataset)
    if head is None or policy is None or codes is None or checks is None:
        raise CatalogError(reader.problems)
    source, record = head
    # A broken indicator file would make every reference to it wrong.
    names = None if reader.problems else {*indicators, *_shipped()}
    listed = enumerate(record.plans)
    plans = [plan for i, key in listed if (plan := _plan(reader, source, i, key, names, dimensions))]
    if not reader.problems:
        used = _used(plans) | ({*record.profile} & {*indicators, *_shipped()})
        indicators = as_asked(plans, indicators | reader.shipped(used - set(indicators)))
        own = {n: d for n, d in datasets.items() if _sends(record, plans, d)}
        reader.came("district", "", source)
        reader.came("policy", "", policy[0])
        named = {key: indicators[key] for key in sorted(used)}
        others = {n: d for n, d in datasets.items() if n not in own}
        agreed = Agreed(district, record, tuple(plans), named, {*_shipped()}, own, others, policy[1], codes, dimensions)
        for mistakes in (
            agreement.forms.unknown_columns(agreed),
            itertools.chain(agreement.mistakes(agreed), agreement.forms.of_indicators(indicators)),
            agreement.forms.of_exemptions(checks[1], own, exemptions),
        ):
            if not reader.problems:
                reader.blame_all(mistakes)
    if reader.problems:
        raise CatalogError(reader.problems)
    released = any(d.released and not d.above for d in own.values())
    elsewhere = {n: d for n, d in datasets.items() if n not in own and not d.released} if released else {}
    decimals = record.compiled_from.decimals if record.compiled_from else {}
    needed = {
        key: indicator.model_copy(update={"decimals": decimals[key]}) if key in decimals else indicator
        for key, indicator in indicators.items()
        if key in used
    }
    return Catalog(
        record,
        tuple(plans),
        needed,
        own,
        policy[1],
        codes.with_dimensions(dimensions).at_home(record.called_whole),
        checks[1],
        exemptions,
        reader.digest.hexdigest(),
        dimensions,
        elsewhere,
    )


def _codes(reader: _Reader) -> Codes | None:
    """How sexes, stages and units are written everywhere, and the catalogue's own words for them."""
    found = reader.one(HOME / "codes.yml", Codes)
    path = reader.home / "words.yml"
    words = reader.one(path, OwnWords) if path.is_file() else None
    if found is None or words is None:
        return found and found[1]
    for word, unit in words[1].units.items():
        if not found[1].is_unit(unit):
            reader.problems.append(words[0].problem(("units", word), unknown("计量单位", unit, UNITS)))
    return found[1].with_words(words[1])


DIMENSIONS = "dimensions.yml"


def _dimensions(reader: _Reader, codes: Codes | None) -> Mapping[str, Dimension]:
    """The program's dimensions, and the home's own beside them or, of the same name, in their place."""
    found: dict[str, Dimension] = {}
    for path in dict.fromkeys((HOME / DIMENSIONS, reader.home / DIMENSIONS)):
        if source := reader.source(path, shared=True) if path.is_file() else None:
            try:
                own = source.read_all(Dimension)
            except CatalogError as error:
                reader.problems += error.problems
                continue
            found |= own
            reader.origin |= {("dimensions", key): (source, (key,)) for key in own}
    if codes is not None:
        reader.blame_all(agreement.forms.of_dimensions(found, codes))
    return found


def _exemptions(reader: _Reader, district: str) -> Exemptions:
    """The district's corrections and overrides; most districts and years have none."""
    path = reader.home / "corrections" / f"{district}.yml"
    found = reader.one(path, Exemptions) if path.is_file() else None
    if found is None:
        return Exemptions()
    reader.came("exemptions", "", found[0])
    return found[1]


def _sends(district: District, plans: Iterable[Plan], dataset: Dataset) -> bool:
    """Whether a dataset may come from the district: it has the department that sends it and the kind of institution that
    it is about, or departments with an evidence target.
    """
    if dataset.above and not district.references:
        return False
    if dataset.released:
        return bool(district.offices_of(district.references if dataset.above else district.areas))
    if dataset.department != "*":
        known = dataset.institution_kind is None or dataset.institution_kind in district.institutions
        return known and dataset.department in district.departments and district.departments[dataset.department].sends
    return any(target.rule.evidence for plan in plans for target in plan.targets)


def as_asked(plans: Iterable[Plan], indicators: Mapping[str, Indicator]) -> dict[str, Indicator]:
    """The indicators, computed by sex only where a plan that names them wants women and men told apart."""
    listed = list(plans)
    wanted = _used(plan for plan in listed if plan.by_sex)
    apart = _used(listed) - wanted
    return {k: i.model_copy(update={"by_sex": False}) if k in apart and i.by_sex else i for k, i in indicators.items()}


def _used(plans: Iterable[Plan]) -> set[str]:
    """Every indicator that a target names, as its own or as its reference."""
    return {key for plan in plans for target in plan.targets for key in target.indicators}


def _plan(
    reader: _Reader,
    district: Source,
    index: int,
    key: str,
    known: set[str] | None,
    dimensions: Mapping[str, Dimension],
) -> Plan | None:
    folder = _own(reader.home, "plans", key)
    if not (folder / "plan.yml").is_file():
        there = [path.name for path in sorted((reader.home / "plans").glob("*")) if (path / "plan.yml").is_file()]
        told = f"没有 expectations/plans/{key}/plan.yml{meant(key, there)}"
        reader.problems.append(district.problem(("plans", index), told))
        return None
    head = reader.one(folder / "plan.yml", PlanHead)
    domains: dict[int, Domain] = {}
    for path in sorted(folder.glob("*.yml")):
        if path.name == "plan.yml":
            continue
        found = reader.one(path, Domain)
        if found is None or head is None:
            continue
        source, domain = found
        if domain.domain in domains:
            reader.problems.append(source.problem(("domain",), f"领域 {domain.domain} 出现了两次"))
        reader.came("domains", f"{key}.{domain.domain}", source)
        domains[domain.domain] = _named(reader, source, key, head[1], domain, known, dimensions)
    if head is None:
        return None
    if not domains:
        reader.problems.append(Problem(f"expectations/plans/{key}", 1, "", "没有任何领域文件"))
        return None
    return Plan(key, head[1], tuple(domains[n] for n in sorted(domains)))


def _named(
    reader: _Reader,
    source: Source,
    plan: str,
    head: PlanHead,
    domain: Domain,
    known: set[str] | None,
    dimensions: Mapping[str, Dimension],
) -> Domain:
    """The domain with an id for every target; its references have been checked.

    An id begins with the plan's folder: the same clause may stand in the plan of the next period.
    """
    seen: set[str] = set()

    def name(letter: str, section: str, number: int, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        named = []
        for i, target in enumerate(targets):
            path = (section, number, "targets", i)
            if known is not None and target.indicator and target.indicator not in known:
                told = unknown("指标", target.indicator, known)
                reader.problems.append(source.problem((*path, "indicator"), told))
            if known is not None and target.rule.limit == "indicator" and target.than not in known:
                reader.problems.append(source.problem((*path, "than"), unknown("指标", target.than, known)))
            for field, parts_of in (("part", dimension_of), ("between", pair)):
                try:
                    if (given := getattr(target, field)) is not None:
                        parts_of(dimensions, given)
                except LookupError as error:
                    reader.problems.append(source.problem((*path, field), str(error)))
            if target.of_one_sex and not head.by_sex:
                key = "rule" if target.sex == "total" else "sex"
                message = "规划写明不分性别（plan.yml 的 by_sex: false），这里却评价女性、男性或两性差距；应改目标，或写 by_sex: true"
                reader.problems.append(source.problem((*path, key), message))
            stem = target.indicator or "evidence"
            between = [target.between] if isinstance(target.between, str) else [*(target.between or ())]
            group = [word for word in (target.part, *between) if word]
            parts = [plan, f"{letter}{domain.domain}", str(number), stem, *group]
            for suffix in ([], [] if target.sex == "total" else [target.sex], [first_called(target.rule.key)]):
                parts += suffix
                if ".".join(parts) not in seen:
                    break
            else:
                reader.problems.append(source.problem(path, "与同一条目的另一目标重复"))
            ident = ".".join(parts)
            seen.add(ident)
            named.append(target.model_copy(update={"id": ident}))
        return tuple(named)

    goals = {n: Goal(title=g.title, targets=name("g", "goals", n, g.targets)) for n, g in sorted(domain.goals.items())}
    actions = {}
    for n, action in sorted(domain.actions.items()):
        for i, goal in enumerate(action.goals):
            if goal not in domain.goals:
                reader.problems.append(source.problem(("actions", n, "goals", i), f"本领域没有目标 {goal}"))
        actions[n] = action.model_copy(update={"targets": name("m", "actions", n, action.targets)})
    found = Domain(domain=domain.domain, title=domain.title, goals=goals, actions=actions)
    for section, entries in (("goals", found.goals), ("actions", found.actions)):
        for n, entry in entries.items():
            for i, target in enumerate(entry.targets):
                words = target.remedy
                if words not in {None, remedies.NONE} and remedies.chosen(found, str(words)) is None:
                    place = (section, n, "targets", i, "remedy")
                    told = f"本领域没有一项策略措施有以“{words}”开头的句子；没有对应措施的写 {remedies.NONE}"
                    reader.problems.append(source.problem(place, told))
    return found

"""What a new district, plan or form begins with: its files, with each key explained and a mark at what must be decided."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from pathlib import Path

import yaml

from expectations.catalog import MARK, Source, columns, dimensions, forms, promised
from expectations.records import Column, Dataset, District, Indicator, Plan
from flows import wording
from flows.adopt import schemas
from flows.adopt.draft import scalar
from flows.adopt.words import AREAS, ISSUER, KINDS, LEVELS, about, audiences
from flows.ingest.register import REGISTER, Register
from flows.places import SETTINGS, MendableError, Places, told_home
from flows.wording import say


def district(code: str, name: str, year: int, home: Path, simulated: bool) -> Iterator[str]:
    """A home with a district's file, unless it is there, and the first register, for the data year `year`; it is the district of
    commands that name none, if no other is yet. A register that follows an earlier one is made by `receive`, with its days.
    """
    if not (len(code) == 6 and code.isdecimal()):
        raise MendableError(f"地区代码应为六位数字，实为 {code!r}")
    if len(name) < 2:
        raise MendableError(f"地区名称应为两个字以上的全称，实为 {name!r}")
    path = home / "expectations" / "districts" / f"{code}.yml"
    register = home / "raw" / code / str(year) / REGISTER
    if register.exists():
        raise MendableError(say("scaffold/refused/stands", path=register))
    beside = _registers(home / "raw", code)
    is_there = path.exists()  # somebody has written it, and lacks the register
    earlier = [there for there in beside if there < year]
    derived = say("scaffold/told/derived", year=year, earlier=max(earlier)) if earlier else ""
    if is_there and derived:
        raise MendableError(say("scaffold/refused/derived", path=path, derived=derived))
    if is_there and (own := _read(path)) and (own.code, own.name) != (code, name):
        raise MendableError(say("scaffold/refused/other", path=path, own=own.name, own_code=own.code, name=name))
    unlike = [there for there, is_simulated in beside.items() if is_simulated != simulated]
    files: dict[Path, str] = {}
    if is_there:
        yield say("scaffold/told/kept", path=path)
    else:
        files[path] = "\n".join(_district(code, name)) + "\n"
    if derived:
        yield derived
    else:
        files[register] = "\n".join(_register(code, year, simulated, unlike)) + "\n"
    other = None
    if not (home / SETTINGS).exists():
        files[home / SETTINGS] = _key("Home", "district", f'"{code}"') + "\n"
    elif (told := told_home(Places(home))) and told[0].district != code:
        other = told[0].district
    yield from _write(files)
    if other:
        yield say("scaffold/told/other_district", path=home / SETTINGS, other=other, code=code)
    yield say("scaffold/told/home", home=home.resolve())
    if not is_there:
        yield say("scaffold/told/next_district", path=path)


def _read(path: Path) -> District:
    """A district's file that somebody has written; its marks may stand."""
    source = Source(path, path.parents[1])
    return source.read(District, source.data)


def _registers(raw: Path, code: str) -> dict[int, bool]:
    """Data year → whether its register says that the year is simulated. Their marks may stand."""
    found = {}
    for path in sorted((raw / code).glob(f"[0-9][0-9][0-9][0-9]/{REGISTER}")):
        source = Source(path, raw)
        found[int(path.parent.name)] = source.read(Register, source.data).simulated
    return found


def _district(code: str, name: str) -> Iterator[str]:
    level = name[-1] if name[-1] in LEVELS else ""
    told, departments = wording.read("scaffold")["district"], wording.read("scaffold")["departments"]
    yield f"# {say('scaffold/district/head', name=name)}"
    yield _key("District", "code", f'"{code}"')
    yield _key("District", "name", name)
    yield _key("District", "short", name, MARK)
    yield _key("District", "issuers", f"[{name}{ISSUER}]", f"{MARK} {told['issuers']}")
    yield f"# profile: {told['profile']}"
    yield f"# contact: {told['contact']}"
    for key in ("statute", "yearly", "recipients", "inbox"):
        yield f"# {key}: {told[key]}"
    yield _key("District", "plans", "[women_2026]", f"{MARK} {told['plans']}")
    yield f"departments:  {MARK} {told['departments']}"
    for key, department in departments.items():
        yield f"  {key}: {{name: {department.format(level=level)}}}"
    yield _key("District", "areas_called", AREAS[code.endswith("00")], f"{MARK} {told['areas_called']}")
    yield _key("District", "whole_called", say("scaffold/district/whole", level=name[-1]))
    # without areas the forms ask for none, so that is for a person to say; the others may stay empty
    for key, empty, mark in (("areas", "[]", MARK), ("references", "[]", "#"), ("institutions", "{}", "#")):
        yield f"{key}: {empty}  {mark} {told[key].replace('{code}', code)}"


def _register(code: str, year: int, simulated: bool, unlike: Sequence[int]) -> Iterator[str]:
    """`unlike` are the years whose registers say the opposite of `simulated`."""
    yield f"# {say('scaffold/register/head')}"
    yield _key("Register", "district", f'"{code}"')
    yield _key("Register", "year", str(year))
    others = {"years": "、".join(map(str, unlike)), "other": str(not simulated).lower()}
    mark = f"{MARK} {say('scaffold/register/unlike', **others)}" if unlike else ""
    yield _key("Register", "simulated", str(simulated).lower(), mark)
    yield _key("Register", "note", '""', MARK)
    yield _key("Register", "locked", date(year + 1, 6, 30).isoformat(), MARK)
    yield _key("Register", "published", date(year + 1, 7, 15).isoformat(), MARK)
    yield _key("Register", "deliveries", "[]")


def plan(key: str, title: str, start: int, end: int, expectations: Path, audience: str | None = None) -> Iterator[str]:
    """A plan's folder with its head and an example of a domain; whom it is about is told by its title or by `audience`."""
    if not IDENTIFIER.fullmatch(key):
        raise MendableError(f"规划的英文名应为小写英文字母、数字和下划线，如 women_2026，实为 {key!r}")
    if end < start:
        raise MendableError(f"规划的最后一年 {end} 早于第一年 {start}")
    if not (audience or about(title)[0]):
        raise MendableError(say("scaffold/plan/audience", known="、".join(audiences())))
    if not IDENTIFIER.fullmatch(audience or "people"):
        raise MendableError(f"--audience 应为小写英文字母、数字和下划线，如 elders，实为 {audience!r}")
    folder = expectations / "plans" / key
    files = {
        folder / "plan.yml": "\n".join(_plan(title, start, end, audience)) + "\n",
        folder / "1_domain.yml": "\n".join(_domain(audience or about(title)[0])) + "\n",
    }
    yield from _write(files)
    yield say("scaffold/told/next_plan", key=key)


IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


def _plan(title: str, start: int, end: int, given: str | None) -> Iterator[str]:
    told, word = about(title)
    audience = given or told
    known = audiences().get(audience)
    yield f"# {say('scaffold/plan/head')}"
    yield _key("PlanHead", "title", scalar(title))
    yield _key("PlanHead", "short", say("adopt/draft/short", about=word, kind=KINDS[-1]), MARK)
    yield _key("PlanHead", "audience", audience, MARK)
    yield _key("PlanHead", "by_sex", str(known.by_sex if known else True).lower(), MARK)
    yield _key("PlanHead", "start", str(start))
    yield _key("PlanHead", "end", str(end))
    yield _key("PlanHead", "baseline", str(start - 1), MARK)
    yield _key("PlanHead", "issued", f'"{start}-01-01"', MARK)
    yield _key("PlanHead", "source", scalar(title), MARK)


def _domain(audience: str) -> Iterator[str]:
    words = wording.read("scaffold")["plan"]
    told = words["examples"].get(audience, words["examples"]["others"])
    yield f"# {say('scaffold/plan/domain')}"
    yield _key("Domain", "domain", "1")
    yield _key("Domain", "title", told["title"], f"{MARK} {words['told']}")
    yield f"goals:  # {_meaning('Domain', 'goals')}"
    yield "  1:"
    yield f"    {_key('Goal', 'title', told['goal'], MARK)}"
    yield f"    targets:  # {_meaning('Goal', 'targets')}"
    for n, (key, value) in enumerate(told["target"].items()):
        yield f"      {'- ' if n == 0 else '  '}{_key('Target', key, value, MARK)}"
    for key in wording.read("keys")["Target"]:
        if key not in told["target"]:
            yield f"        # {key}: {_meaning('Target', key)}"
    yield f"actions:  # {_meaning('Domain', 'actions')}"
    yield "  1:"
    yield f"    {_key('Action', 'title', told['action'], MARK)}"
    yield f"    {_key('Action', 'goals', '[1]', MARK)}"


def form(code: str, home: Path) -> Iterator[str]:
    """The forms that the plans of a district need and that it has not yet, a file for each department."""
    found, plans, indicators = promised(code, home)
    files: dict[Path, str] = {}
    for department, datasets in needed(found, plans, indicators, forms(home)).items():
        name = found.departments[department].name if department in found.departments else say("scaffold/form/progress")
        path = home / "datasets" / f"{'all' if department == '*' else department}.yml"
        files[_free(path)] = "\n".join(_datasets(name, datasets)) + "\n"
    if files:
        yield from _write(files)
        yield say("scaffold/told/next_form")
    else:
        yield say("scaffold/told/enough")


def _free(path: Path) -> Path:
    """A name that is not taken: a later plan may ask a department for more."""
    n = 2
    while path.exists():
        path = path.with_name(f"{path.stem.rstrip('0123456789').rstrip('_')}_{n}.yml")
        n += 1
    return path


def needed(
    found: District, plans: Iterable[Plan], indicators: Mapping[str, Indicator], own: Mapping[str, Dataset]
) -> dict[str, dict[str, Dataset]]:
    """Department → its forms: the shipped ones cut down to what is needed, and one for what no shipped form asks."""
    sent = [d for d in own.values() if d.department in found.departments]
    given = {key for d in sent for key in d.gives(indicators)}
    lacking = {m for key, i in indicators.items() if key not in given for m in i.measures}
    lacking -= {m for d in sent for m in d.measures}
    made: dict[str, dict[str, Dataset]] = defaultdict(dict)
    by_of = {m: i.by for i in indicators.values() for m in i.measures if i.by}
    named = {key for p in plans if p.by_sex for t in p.targets for key in t.indicators}
    sexed = {m for key, i in indicators.items() if key in named or i.kind == "share" for m in i.measures}
    for key, shipped in forms().items():
        kept = {
            h: c
            for h, c in shipped.columns.items()
            if c.measure in lacking and by_of.get(c.measure) == shipped.dimension
        }
        if kept and shipped.department in found.departments and _is_known(shipped, found):
            unasked = {*([] if found.areas else ["area", "area_name"])}
            unasked |= set() if sexed & {c.measure for c in kept.values()} else {"sex"}
            roles = {h: c for h, c in shipped.columns.items() if c.is_ and c.is_ not in unasked}
            made[shipped.department][_key_of(key, own)] = shipped.model_copy(
                update={"columns": roles | {h: _alone(c, {k.measure for k in kept.values()}) for h, c in kept.items()}}
            )
            lacking -= {str(c.measure) for c in kept.values()}
    known = columns()
    by_area = {t.indicator for p in plans for t in p.targets if t.each == "area"}
    ways = {key: (i.lead, i.by_sex, i.by or "", key in by_area) for key, i in indicators.items()}
    if missing := [m for m in lacking if m not in known]:
        raise MendableError(
            f"不知道 {'、'.join(sorted(missing))} 在报表里叫什么：请在 datasets 里写一张含有它们的报表，再运行一次"
        )
    for way in sorted(
        set(ways.values()), key=lambda way: (not way[2], *way)
    ):  # what is divided takes its columns first
        department, by_sex, by, each = way
        mine = [i for key, i in indicators.items() if ways[key] == way]
        parts = dict.fromkeys(m for i in mine for m in i.measures if m in lacking)
        if not parts:
            continue
        if department not in found.departments:
            raise MendableError(
                f"地区 {found.code} 没有部门 {department!r}，规划的指标由它牵头；请写进地区文件的 departments"
            )
        asked = {say("scaffold/form/year"): Column.model_validate({"is": "year"})}
        if each:
            asked[say("scaffold/form/code")] = Column.model_validate({"is": "area"})
            asked[say("scaffold/form/area")] = Column.model_validate({"is": "area_name"})
        if by_sex:
            asked[say("scaffold/form/sex")] = Column.model_validate({"is": "sex"})
        called = dimensions()[by].name if by in dimensions() else by
        if by:
            asked[called] = Column.model_validate({"is": by})
        asked |= {header: _alone(column, {*parts}) for header, column in (known[m] for m in parts)}
        name = found.departments[department].name
        divisions = [say("scaffold/form/area")] * each + [called] * bool(by) + [say("scaffold/form/sex")] * by_sex
        title = say(f"scaffold/form/{'more_by' if divisions else 'more'}", name=name, by="、".join(divisions))
        kind = "_more" + "_by_area" * each + "_by_sex" * by_sex + f"_by_{by}" * bool(by)
        key = _key_of(f"{department}{kind}", {**own, **made[department]})
        made[department][key] = Dataset(title=title, department=department, due="03-15", columns=asked)
        lacking -= parts.keys()
    if any(t.rule.evidence for p in plans for t in p.targets) and not any(d.department == "*" for d in own.values()):
        made["*"]["progress"] = forms()["progress"]
    return {department: datasets for department, datasets in made.items() if datasets}


def _key_of(key: str, taken: Iterable[str]) -> str:
    n, found = 1, key
    while found in taken:
        n += 1
        found = f"{key}_{n}"
    return found


def _is_known(dataset: Dataset, found: District) -> bool:
    if dataset.institution_kind is not None and dataset.institution_kind not in found.institutions:
        raise MendableError(
            f"规划逐个评价“{dataset.title}”里的单位：请在地区文件的 institutions 里写上类别 {dataset.institution_kind}，再运行一次"
        )
    return True


def _alone(column: Column, needed: Set[str | None]) -> Column:
    """A column without what it says of columns that the form has not."""
    return column.model_copy(
        update={
            "not_above": column.not_above if {column.not_above} <= needed else None,
            "same_as": None,
            "sum_of": column.sum_of if {*column.sum_of} <= needed else (),
        }
    )


def _datasets(name: str, datasets: Mapping[str, Dataset]) -> Iterator[str]:
    yield f"# {say('scaffold/form/head', department=name)}"
    for key, dataset in datasets.items():
        yield f"{key}:"
        yield f"  {_key('Dataset', 'title', scalar(dataset.title))}"
        yield f"  {_key('Dataset', 'department', scalar(dataset.department))}"
        due = f'"{dataset.due}"'
        yield f"  {_key('Dataset', 'due', due, MARK)}"
        if dataset.institution_kind:
            yield f"  {_key('Dataset', 'institution_kind', dataset.institution_kind)}"
        if dataset.exempt:
            yield f"  {_key('Dataset', 'exempt', 'true')}"
        yield f"  columns:  # {_meaning('Dataset', 'columns')}"
        for header, column in dataset.columns.items():
            said = column.model_dump(exclude_defaults=True, by_alias=True, mode="json")
            inside = yaml.safe_dump(said, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10_000)
            yield f"    {scalar(header)}: {inside.strip()}"


def _meaning(record: str, key: str) -> str:
    said: str = wording.read("keys")[record][key]
    return said


def _key(record: str, key: str, value: str, mark: str = "") -> str:
    """A key with its value and what it means."""
    if not mark:
        return f"{key}: {value}  # {_meaning(record, key)}"
    told = mark.removeprefix(MARK).strip()
    return f"{key}: {value}  {MARK} {told or _meaning(record, key)}"


def _write(files: Mapping[Path, str]) -> Iterator[str]:
    """Write new files, each with its schema named; nothing that stands is written over."""
    for path in files:
        if path.exists():
            raise MendableError(say("scaffold/refused/stands", path=path))
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{schemas.named(path)}\n{text}", encoding="utf-8")
        yield say("scaffold/told/written", path=path)
    if count := sum(text.count(MARK) for text in files.values()):
        yield say("scaffold/told/marks", count=count)

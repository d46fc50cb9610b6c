"""A district's file: what its departments, areas, institutions and plans say of each other, and the policy of its forms' units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from expectations.agreement.agreed import Agreed, Mistake
from expectations.records import District, Plan
from expectations.spelling import unknown
from expectations.units import UNITS, unit_of


def mistakes(agreed: Agreed) -> Iterator[Mistake]:
    """Everything that is wrong in the district's file and in its policy."""
    district = agreed.district
    if district.code != agreed.called:
        yield _at(("code",), f"与文件名不符；应为 {agreed.called!r}，实为 {district.code!r}")
    for key, count in Counter(district.plans).items():
        if count > 1:
            yield _at(("plans",), f"规划 {key!r} 写了两次")
    yield from _compiled(agreed)
    yield from _departments(district)
    yield from _areas(district)
    yield from _grid(district)
    yield from _references(district)
    yield from _profile(agreed)
    yield from _institutions(district)
    yield from _plans(agreed.plans)
    yield from _policy(agreed)


def _at(path: tuple[object, ...], told: str) -> Mistake:
    return Mistake("district", "", path, told)


def _compiled(agreed: Agreed) -> Iterator[Mistake]:
    compiled = agreed.district.compiled_from
    if compiled is None:
        return
    if compiled.source in agreed.district.issuers:
        told = f"编制单位（issuers）应为汇编者，不得是数值的公布者 {compiled.source!r}"
        yield _at(("compiled_from", "source"), told)
    named = [("unpublished", year, i, key) for year, keys in compiled.unpublished.items() for i, key in enumerate(keys)]
    for *path, key in [*named, *(("decimals", key, key) for key in compiled.decimals)]:
        if key not in agreed.indicators:
            yield _at(("compiled_from", *path), unknown("指标", key, agreed.indicators))


def _departments(district: District) -> Iterator[Mistake]:
    """Who sends has a name of its own; a department is taken over by one that is there then; one sends for an area."""
    senders = {key: department for key, department in district.departments.items() if department.sends}
    names = Counter(department.name for department in senders.values())
    for key, department in senders.items():
        if names[department.name] > 1:
            told = f"有{names[department.name]}个部门叫 {department.name!r}；反馈单和报表都用部门名称，请写成不同的名称"
            yield _at(("departments", key, "name"), told)
    areas = [area.code for area in district.areas]
    references = [area.code for area in district.references]
    offices: dict[str, str] = {}
    for key, department in district.departments.items():
        later = department.successor
        if later is not None and later not in district.departments:
            yield _at(("departments", key, "successor"), unknown("部门", later, district.departments))
        elif later is not None and not district.departments[later].there(department.until + 1):
            told = f"{later!r} 在 {department.until + 1} 年不在（since、until），不能承接"
            yield _at(("departments", key, "successor"), told)
        if department.area is None:
            continue
        path, known = ("departments", key, "area"), [*areas, *references]
        if department.area not in known:
            lists = "所辖地区（areas）和对照地区（references）" if references else "所辖地区（areas）"
            yield _at(path, f"{lists}中{unknown('代码', department.area, known)}")
        elif department.area in offices:
            yield _at(path, f"{department.area!r} 已由部门 {offices[department.area]!r} 报送")
        offices.setdefault(department.area, key)


def _areas(district: District) -> Iterator[Mistake]:
    """A part of the district is not one that it is only compared with. Of areas that were merged or split, the other area
    is one of the district, and is there when it must be. A name means one area at a time.
    """
    by_code = {area.code: area for area in district.areas}
    for i, area in enumerate(district.areas):
        if area.kind == "reference":
            told = (
                f"{area.name}写在 areas 中，是本地区的组成部分，kind 不得为 reference；只用于对照的请写在 references 中"
            )
            yield _at(("areas", i, "kind"), told)
        for key, other, year, verb in (
            ("merged_into", area.merged_into, area.until + 1, "并入"),
            ("split_from", area.split_from, area.since - 1, "从中分出"),
        ):
            if other is None:
                continue
            if other == area.code:
                yield _at(("areas", i, key), f"{area.name}不能{verb}自己")
            elif other not in by_code:
                yield _at(("areas", i, key), f"所辖地区（areas）中{unknown('代码', other, by_code)}")
            elif not by_code[other].there(year):
                told = f"{by_code[other].name} 在 {year} 年不在（since、until），不能{verb}；请核对两者的年份"
                yield _at(("areas", i, key), told)
            elif key == "split_from" and (by_code[other].merged_into, by_code[other].until) == (area.code, year):
                told = f"{by_code[other].name} 在同一年并入 {area.name}，又由其分出；只是改名或换代码的，请改用 aliases"
                yield _at(("areas", i, key), told)
    called: dict[str, list[int]] = {}  # word → the places of the earlier areas that have it
    for i, area in enumerate(district.areas):
        own = {area.name, area.code, *area.aliases}
        for place in sorted({place for word in own for place in called.get(word, ())}):
            earlier = district.areas[place]
            if not area.together(earlier):
                continue
            if area.code == earlier.code:
                yield _at(("areas", i, "code"), f"代码 {area.code!r} 与{earlier.name}重复")
                continue
            named = "、".join(sorted(own & {earlier.name, earlier.code, *earlier.aliases}))
            told = f"{named} 同时是{earlier.name}的名称或代码；已列为单独一项的，不再写作其他地区的别名（aliases）"
            yield _at(("areas", i), told)
        for word in own:
            called.setdefault(word, []).append(i)


def _grid(district: District) -> Iterator[Mistake]:
    """A tile map has all areas, and each tile one of them at a time."""
    mapped = [area.name for area in district.areas if area.grid]
    for i, area in enumerate(district.areas):
        if area.grid is None:
            if mapped:
                told = f"{area.name}缺少 grid（方格地图上的行和列），{mapped[0]}等已写；请各地区都写，或都不写"
                yield _at(("areas", i), told)
            continue
        for earlier in district.areas[:i]:
            if area.grid == earlier.grid and area.together(earlier):
                row, column = area.grid
                told = f"第{row}行第{column}列已是{earlier.name}；一个方格只放一个地区，请改{area.name}或{earlier.name}的行、列"
                yield _at(("areas", i, "grid"), told)


def _references(district: District) -> Iterator[Mistake]:
    known = [area.code for area in district.areas]
    for i, area in enumerate(district.references):
        for key in sorted(area.model_fields_set & {"merged_into", "split_from", "grid"}):
            told = "对照地区（references）的数值不与其他地区相加，不写并入和分出；只写 since、until 和 aliases"
            if key == "grid":
                told = "对照地区（references）不在方格地图上，不写 grid；grid 只写在所辖地区（areas）中"
            yield _at(("references", i, key), told)
        if area.code in known:
            yield _at(("references", i, "code"), f"代码 {area.code!r} 已经列过")
        known.append(area.code)


def _profile(agreed: Agreed) -> Iterator[Mistake]:
    """What reports tell first of the district has its figures in those of an indicator."""
    for i, key in enumerate(agreed.district.profile):
        path = ("profile", i)
        if key in agreed.district.profile[:i]:
            yield _at(path, f"{key!r} 写了两次")
        elif key in agreed.indicators or any(indicator.side(key) for indicator in agreed.indicators.values()):
            continue
        elif key in agreed.columns:
            told = (
                f"{key!r} 没有单独作为任何在用指标的分子或分母，公开版无从保护；请改用指标，或另设以它为分子的计数指标"
            )
            yield _at(path, told)
        else:
            yield _at(path, unknown("报表的数据项或指标", key, [*agreed.columns, *agreed.indicators]))


def _institutions(district: District) -> Iterator[Mistake]:
    """Each has an id and a name of its own, lies in an area of the district, and was merged into another one of its kind that
    is there then.
    """
    areas = [area.code for area in district.areas]
    for kind, listed in district.institutions.items():
        by_id = {one.id: one for one in listed.members}
        seen: set[str] = set()
        for i, one in enumerate(listed.members):
            path, year = ("institutions", kind, "members", i), one.until + 1
            for field, word in (("id", one.id), ("name", one.name)):
                if word in seen:
                    yield _at((*path, field), f"{word!r} 已经列过")
                seen.add(word)
            if one.area is not None and one.area not in areas:
                yield _at((*path, "area"), f"所辖地区（areas）中{unknown('代码', one.area, areas)}")
            if one.merged_into is None:
                continue
            if one.merged_into not in by_id:
                told = f"{listed.name}中{unknown('单位', one.merged_into, by_id)}"
                yield _at((*path, "merged_into"), told)
            elif not by_id[one.merged_into].there(year):
                told = f"{by_id[one.merged_into].name} 在 {year} 年不在（since、until），不能并入；请核对两者的年份"
                yield _at((*path, "merged_into"), told)


def _plans(plans: Iterable[Plan]) -> Iterator[Mistake]:
    """Departments name a plan by its short title: in no year may two have the same."""
    known: list[Plan] = []
    for plan in plans:
        head = plan.head
        for other in known:
            together = other.head.start <= head.end and head.start <= other.head.end
            if other.id != plan.id and other.head.short == head.short and together:
                told = f"{plan.id} 与 {other.id} 同年实施，简称（short）都是 {head.short!r}；请改用不同的简称"
                yield _at(("plans",), told)
        known.append(plan)


def _policy(agreed: Agreed) -> Iterator[Mistake]:
    """The units whose counts are protected are known, and all in which people are counted are among them."""
    counts = agreed.policy.disclosure.counts
    for i, unit in enumerate(counts):
        if not agreed.codes.is_unit(unit):
            yield Mistake("policy", "", ("disclosure", "counts", i), unknown("计量单位", unit, UNITS))
    used = {str(column.unit) for _, column in agreed.columns.values()}
    unprotected = [
        name for name in sorted(used) if unit_of(name).kind == "person" and not agreed.codes.is_among(name, counts)
    ]
    if unprotected:
        told = f"缺少 {'、'.join(unprotected)}；以此填报的都是人数，不写就不受保护"
        yield Mistake("policy", "", ("disclosure", "counts"), told)

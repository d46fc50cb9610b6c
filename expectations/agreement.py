"""What the files of a catalogue say of each other: records in, a mistake for each contradiction out.

What a record can tell of itself it tells alone (records); here stands what two records must agree on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from expectations.records import (
    ROLES,
    Codes,
    Column,
    Dataset,
    Dimension,
    District,
    Indicator,
    Plan,
    Policy,
    Target,
    dimension_of,
    pair,
)
from expectations.spelling import meant, unknown
from expectations.units import UNITS, unit_of

RISING = ("提高", "提升", "上升", "增加", "增长", "扩大")
FALLING = ("下降", "降低", "减少", "缩小")
OPPOSITE = {"increase": FALLING, "decrease": RISING}
"""Words of a plan that say the opposite of a rule."""
CERTAIN = 100
"""A share is at most so many per cent, and nothing becomes less by more."""


class Mistake(NamedTuple):
    """What is wrong, and at which key of which record."""

    kind: str
    """The kind of file that the record stands in: district, policy, indicators, datasets, or domains of plans."""
    name: str
    path: tuple[object, ...]
    message: str


@dataclass(frozen=True)
class Agreed:
    """The records of a catalogue that are held against each other."""

    called: str
    """The code by which the district's file is called."""
    district: District
    plans: tuple[Plan, ...]
    indicators: Mapping[str, Indicator]
    """Those that the plans name."""
    datasets: Mapping[str, Dataset]
    """Those that may come from the district."""
    others: Mapping[str, Dataset]
    """Those that may not: it has not the department or the institutions."""
    policy: Policy
    codes: Codes
    dimensions: Mapping[str, Dimension]

    def mistakes(self) -> Iterator[Mistake]:
        yield from self._district()
        yield from self._policy()
        for name, dataset in self.datasets.items():
            yield from self._dataset(name, dataset)
        for key, indicator in self.indicators.items():
            yield from self._indicator(key, indicator)
        for plan in self.plans:
            for domain in plan.domains:
                where = f"{plan.id}.{domain.domain}"
                if [other.title for other in plan.domains].count(domain.title) > 1:
                    yield Mistake("domains", where, ("title",), f"本规划另有领域也叫 {domain.title!r}；请核对")
                for section, entries in (("goals", domain.goals), ("measures", domain.measures)):
                    for number, entry in entries.items():
                        for i, target in enumerate(entry.targets):
                            for key, told in self._target(plan, target):
                                yield Mistake("domains", where, (section, number, "targets", i, *key.split(".")), told)

    def unknown_columns(self) -> Iterator[Mistake]:
        """Columns that are neither a role nor of a dimension; what else is wrong with such a form follows from it."""
        for name, dataset in self.datasets.items():
            for header, column in dataset.columns.items():
                if column.dimension and column.dimension not in self.dimensions:
                    told = unknown("这种列或分组（dimensions.yml）", column.dimension, (*ROLES, *self.dimensions))
                    yield Mistake("datasets", name, ("columns", header, "is"), told)

    # --- the district and the policy ---

    def _district(self) -> Iterator[Mistake]:
        district = self.district
        if district.code != self.called:
            told = f"与文件名不符；应为 {self.called!r}，实为 {district.code!r}"
            yield Mistake("district", "", ("code",), told)
        for key, count in Counter(district.plans).items():
            if count > 1:
                yield Mistake("district", "", ("plans",), f"规划 {key!r} 写了两次")
        senders = {key: department for key, department in district.departments.items() if department.sends}
        names = Counter(department.name for department in senders.values())
        for key, department in senders.items():
            if names[department.name] > 1:
                told = f"有{names[department.name]}个部门叫 {department.name!r}；反馈单和报表都用部门名称，请写成不同的名称"
                yield Mistake("district", "", ("departments", key, "name"), told)
        areas = [area.code for area in district.areas]
        offices: dict[str, str] = {}
        for key, department in district.departments.items():
            if department.area is None:
                continue
            path = ("departments", key, "area")
            known = [*areas, *(area.code for area in district.references)]
            if department.area not in known:
                lists = "所辖地区（areas）和对照地区（references）" if district.references else "所辖地区（areas）"
                told = f"{lists}中{unknown('代码', department.area, known)}"
                yield Mistake("district", "", path, told)
            elif department.area in offices:
                yield Mistake("district", "", path, f"{department.area!r} 已由部门 {offices[department.area]!r} 报送")
            offices.setdefault(department.area, key)
        for i, area in enumerate(district.references):
            if area.code in areas or area.code in [other.code for other in district.references[:i]]:
                yield Mistake("district", "", ("references", i, "code"), f"代码 {area.code!r} 已经列过")
        yield from self._profile()
        for kind, listed in district.units.items():
            yield from self._institutions(kind, [(m.id, m.name, m.area) for m in listed.members], areas)

    def _profile(self) -> Iterator[Mistake]:
        """What reports tell first of the district has its figures in those of an indicator."""
        for i, key in enumerate(self.district.profile):
            path = ("profile", i)
            if key in self.district.profile[:i]:
                yield Mistake("district", "", path, f"{key!r} 写了两次")
            elif key in self.indicators or any(indicator.side(key) for indicator in self.indicators.values()):
                continue
            elif key in self._columns:
                told = f"{key!r} 没有单独作为任何在用指标的分子或分母，公开版无从保护；请改用指标，或另设以它为分子的计数指标"
                yield Mistake("district", "", path, told)
            else:
                told = unknown("报表的数据项或指标", key, [*self._columns, *self.indicators])
                yield Mistake("district", "", path, told)

    def _institutions(
        self, kind: str, members: Iterable[tuple[str, str, str | None]], areas: list[str]
    ) -> Iterator[Mistake]:
        seen: set[str] = set()
        for i, (key, name, area) in enumerate(members):
            path = ("units", kind, "members", i)
            for field, word in (("id", key), ("name", name)):
                if word in seen:
                    yield Mistake("district", "", (*path, field), f"{word!r} 已经列过")
                seen.add(word)
            if area is not None and area not in areas:
                told = f"所辖地区（areas）中{unknown('代码', area, areas)}"
                yield Mistake("district", "", (*path, "area"), told)

    def _policy(self) -> Iterator[Mistake]:
        counts = self.policy.disclosure.counts
        for i, unit in enumerate(counts):
            if not self.codes.is_unit(unit):
                told = unknown("计量单位", unit, UNITS)
                yield Mistake("policy", "", ("disclosure", "counts", i), told)
        used = {str(c.unit) for d in self.datasets.values() for c in d.columns.values() if c.measure}
        unprotected = [name for name in sorted(used) if unit_of(name).kind == "person" and name not in counts]
        if unprotected:
            told = f"缺少 {'、'.join(unprotected)}；以此填报的都是人数，不写就不受保护"
            yield Mistake("policy", "", ("disclosure", "counts"), told)

    # --- forms and indicators ---

    def _dataset(self, name: str, dataset: Dataset) -> Iterator[Mistake]:
        for other, known in self.datasets.items():
            if other == name:
                break
            if (known.title, known.department) == (dataset.title, dataset.department):
                told = f"与报表 {other!r} 同名，又由同一部门报送；文件名会相同，请写成不同的名称"
                yield Mistake("datasets", name, ("title",), told)
        yield from self._divided(name, dataset)
        columns = {c.measure: c for c in dataset.columns.values() if c.measure}
        homes = {measure: column for measure, (_, column) in self._columns.items()}
        for header, column in dataset.columns.items():
            if column.measure is None:
                continue
            for key, told in self._column(dataset, column, columns, homes):
                yield Mistake("datasets", name, ("columns", header, key), told)

    def _divided(self, name: str, dataset: Dataset) -> Iterator[Mistake]:
        """A form divides people by one dimension only beside their sex."""
        found = [(header, c.dimension) for header, c in dataset.columns.items() if c.dimension]
        if len({dimension for _, dimension in found}) > 1:
            listed = "、".join(header for header, _ in found)
            told = f"一份报表除性别外只能有一个分组，这里有 {listed}；请拆成几份报表"
            yield Mistake("datasets", name, ("columns", found[1][0], "is"), told)

    def _by(self, key: str, indicator: Indicator) -> Iterator[Mistake]:
        """The dimension of an indicator is one that the forms of all its measures have, or a form that gives it ready-made."""
        by = indicator.by
        if by is None:
            return
        if by not in self.dimensions:
            yield Mistake("indicators", key, ("by",), unknown("分组（dimensions.yml）", by, self.dimensions))
            return
        for name, dataset in self.datasets.items():
            for measure in sorted(indicator.measures & dataset.measures.keys()):
                if dataset.dimension != by:
                    told = f"{measure!r} 所在报表 {name} 没有{self.dimensions[by].name}列（is: {by}）"
                    yield Mistake("indicators", key, ("by",), told)
        giving = {name: dataset for name, dataset in self.datasets.items() if dataset.gives([key])}
        computed = any(indicator.measures & dataset.measures.keys() for dataset in self.datasets.values())
        if giving and not computed and all(dataset.dimension != by for dataset in giving.values()):
            told = f"给出它的报表 {'、'.join(giving)} 没有{self.dimensions[by].name}列（is: {by}）"
            yield Mistake("indicators", key, ("by",), told)

    def _column(
        self, dataset: Dataset, column: Column, own: Mapping[str, Column], all_columns: Mapping[str, Column]
    ) -> Iterator[tuple[str, str]]:
        unit = str(column.unit)
        if not self.codes.is_unit(unit):
            yield "unit", f"{unknown('计量单位', unit, UNITS)}（见 GLOSSARY.md 和 expectations/codes.yml）"
        named = [("sum_of", m) for m in column.sum_of] + [("not_above", column.not_above)]
        for key, other in named:
            if other is None:
                continue
            if other == column.measure:
                yield key, f"{other!r} 是本列自己"
            elif key == "not_above" and other in own and own[other].not_above == column.measure:
                yield key, f"{other!r} 和本列互为对方的一部分；请只在部分一列写 not_above"
            elif other not in own:
                if other in all_columns:
                    yield key, f"须是同一报表的数据列，实为 {other!r}{meant(other, own)}"
            elif not self._alike(unit, str(own[other].unit)):
                yield key, f"{other!r} 的计量单位是 {own[other].unit}，本列是 {unit}，不能相比"
        same = column.same_as
        if same is None:
            return
        if same == column.measure:
            yield "same_as", f"{same!r} 是本列自己"
        elif same in own:
            yield "same_as", f"{same!r} 是同一报表的数据列；应为另一报表的"
        elif same in all_columns and not self._alike(unit, str(all_columns[same].unit)):
            yield "same_as", f"{same!r} 的计量单位是 {all_columns[same].unit}，本列是 {unit}，不能相同"

    def _alike(self, unit: str, other: str) -> bool:
        """Whether figures in two units can be compared; cases are those of persons. Of an unknown unit nothing is said."""
        if not (self.codes.is_unit(unit) and self.codes.is_unit(other)):
            return True
        return self.codes.factor(unit, other) is not None or (unit_of(unit).is_case and unit_of(other).is_case)

    def _indicator(self, key: str, indicator: Indicator) -> Iterator[Mistake]:
        if not self.codes.is_unit(indicator.unit) and "/" not in indicator.unit[1:]:
            yield Mistake(
                "indicators", key, ("unit",), f"{unknown('计量单位', indicator.unit, UNITS)}（见 GLOSSARY.md）"
            )
        for other, known in self.indicators.items():
            if other == key:
                break
            for word in sorted({indicator.name, *indicator.aliases} & {known.name, *known.aliases}):
                field = "name" if word == indicator.name else "aliases"
                told = f"{word!r} 也是指标 {other!r} 的名称；请写成不同的名称"
                yield Mistake("indicators", key, (field,), told)
        yield from self._by(key, indicator)
        for i, department in enumerate(indicator.support):
            if department not in self.district.departments:
                yield Mistake("indicators", key, ("support", i), self.no_department(department))

    def no_department(self, key: str) -> str:
        return f"地区 {self.district.code} {unknown('部门', key, self.district.departments)}"

    @property
    def has_released(self) -> bool:
        """Whether the released figures of the district's areas are delivered."""
        return any(d.released and not d.above for d in self.datasets.values())

    def is_released(self, measure: str) -> bool:
        """Whether a form of the district's areas has the measure, and their released figures are delivered."""
        return self.has_released and any(measure in d.measures for d in self.others.values())

    def undelivered(self, kind: str, name: str, path: tuple[object, ...], measure: str) -> Mistake:
        """No form delivers a measure that is named at this place: because of its name, or because the district has not who
        would send the form.
        """
        form = next((key for key, dataset in self.others.items() if measure in dataset.measures), None)
        if form is None:
            known = [m for d in self.datasets.values() for m in d.measures]
            cure = "；还没有这份报表的，可用 ./monitor new form 起草"
            return Mistake(kind, name, path, f"没有报表提供 {measure!r}{meant(measure, known)}{cure}")
        here, dataset = self.district, self.others[form]
        if dataset.department not in here.departments:
            return Mistake(
                "datasets", form, ("department",), f"规划要用这份报表，但{self.no_department(dataset.department)}"
            )
        if not here.departments[dataset.department].sends:
            told = f"规划要用这份报表，但地区 {here.code} 的部门 {dataset.department!r} 不报送（sends: false）"
            return Mistake("datasets", form, ("department",), told)
        told = f"规划要用这份报表，但地区 {here.code} {unknown('单位类别', dataset.unit_kind, here.units)}"
        return Mistake("datasets", form, ("unit_kind",), told)

    # --- targets ---

    def _target(self, plan: Plan, target: Target) -> Iterator[tuple[str, str]]:
        district = self.district
        for key, departments in (("lead", [target.lead]), ("support", target.support or ())):
            for department in departments:
                if department is not None and department not in district.departments:
                    yield key, self.no_department(department)
        lead = district.departments.get(str(target.lead))
        if target.rule.evidence and lead is not None and not lead.sends:
            yield "lead", f"{lead.name}不报送（sends: false），不能说明进展；请改由报送的部门负责，或删去 sends: false"
        if target.each and target.each != "area" and target.each not in district.units:
            yield "each", f"地区 {district.code} {unknown('单位类别', target.each, ['area', *district.units])}"
        known = [area.code for area in district.references]
        if target.rule.limit == "area" and target.than not in known:
            yield "than", f"地区 {district.code} 的对照地区（references）中{unknown('代码', target.than, known)}"
        for i, revision in enumerate(target.revised):
            if not plan.head.start <= revision.since <= plan.head.end:
                told = f"目标值调整自{revision.since}年起，不在规划期（{plan.head.start}—{plan.head.end}年）内"
                yield f"revised.{i}.since", told
        if target.indicator in self.indicators:
            indicator = self.indicators[str(target.indicator)]
            yield from self._measured(target, str(target.indicator), indicator)
            if told := self._never(plan, indicator):
                yield "indicator", told

    def _measured(self, target: Target, key: str, indicator: Indicator) -> Iterator[tuple[str, str]]:
        """A target against the indicator that it is a number of."""
        rule, unit = target.rule, indicator.unit
        if rule.limit == "indicator":
            if target.than == key:
                yield "than", f"{key!r} 是目标自己的指标；应为另一指标"
            elif (other := self.indicators.get(str(target.than))) and other.unit != unit:
                yield "than", f"{target.than!r} 的计量单位是 {other.unit}，{key} 是 {unit}，不能相比"
        numbers = [("value", target.value)] + [(f"revised.{i}.value", r.value) for i, r in enumerate(target.revised)]
        numbers += [("band", number) for number in target.band or ()]
        for field, number in numbers:
            if number is None:
                continue
            if rule.limit == "change" and number < -CERTAIN:
                yield field, f"不可能下降{-number}%（value 是比基期变化的百分数）"
            elif (rule.limit == "previous" and (told := _too_far(indicator, number))) or (
                rule.limit in {"number", "band"} and (told := _impossible(indicator, number))
            ):
                yield field, told
        if told := _against(target, indicator):
            yield "rule", told
        if rule.limit == "middle" and unit != "%":
            yield "rule", f"{rule} 以50%为均衡，指标 {key} 的计量单位却是 {unit}"
        if (opposite := OPPOSITE.get(rule.key)) and (
            word := next((w for w in opposite if w in (target.words or "")), None)
        ):
            yield "words", f"{target.words!r} 中有“{word}”，与 {rule}（{rule.direction}）相反；请核对"
        by = self._dimension(target)
        if by is not None and indicator.by != by:
            told = f"需要按{self.dimensions[by].name}分组的指标，{key} 没有写 by: {by}"
            yield ("part" if target.part is not None else "between"), told
        if target.each in {"area", *self.district.units} and not self._goes_to(target.each, indicator):
            whose = "各地区" if target.each == "area" else f"各单位（unit_kind: {target.each}）"
            yield "each", f"指标 {key} 所用的报表没有{whose}的数，无从评价；请核对 each，或改用有这些数的报表"

    @cached_property
    def _columns(self) -> Mapping[str, tuple[Dataset, Column]]:
        return {c.measure: (d, c) for d in self.datasets.values() for c in d.columns.values() if c.measure}

    def _never(self, plan: Plan, indicator: Indicator) -> str:
        """Why no year of a plan can have a figure of the indicator; empty if one can."""
        columns = self._columns
        if not indicator.measures <= columns.keys():
            return ""  # told elsewhere, or ready-made
        for year in range(plan.head.start, plan.head.end + 1):
            asked = [columns[m] for m in indicator.measures_of(year)]
            if all(d.since <= year <= d.until and c.since <= year <= c.until for d, c in asked):
                return ""
        return (
            f"指标所用的数据项在规划期（{plan.head.start}—{plan.head.end}年）内没有一年同时报送；"
            "请核对报表和列的 since、until"
        )

    def _dimension(self, target: Target) -> str | None:
        """The dimension whose parts a target is about or compares; None where it is about all, or names no part."""
        try:
            if target.between is not None:
                return pair(self.dimensions, target.between)[0]
            return None if target.part is None else dimension_of(self.dimensions, target.part)
        except LookupError:
            return None  # told where the plan is read

    def _goes_to(self, each: str | None, indicator: Indicator) -> bool:
        """Whether an indicator is computed for every area or institution of a kind, as far as its forms tell."""
        homes = [d for d in self.datasets.values() if indicator.measures & d.measures.keys()]
        if each == "area":
            return all(d.by_area for d in homes)
        return all(d.by_unit and d.unit_kind == each for d in homes)


def _too_far(indicator: Indicator, number: Decimal) -> str:
    """Why no figure can change so much in a year; empty if one can."""
    if indicator.range is not None:
        widest = indicator.range[1] - indicator.range[0]
    elif unit_of(indicator.unit).is_rate:
        widest = indicator.per
    else:
        return ""
    if abs(number) < widest:
        return ""
    return f"每年变化{number}个单位（{indicator.unit}），超出指标的上下界；请核对数值"


def _impossible(indicator: Indicator, number: Decimal) -> str:
    """Why no value can be this number, or none as it is printed; empty if one can."""
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > indicator.decimals:
        return f"{number} 的小数位多于指标印出的{indicator.decimals}位（decimals）；请核对，或改正指标的 decimals"
    value = number
    if indicator.range is not None:
        low, high = indicator.range
        if not low <= value <= high:
            return f"{number} 不在指标的上下界（range）{low}—{high} 之内；请核对数值和计量单位（{indicator.unit}）"
    elif unit_of(indicator.unit).is_rate and value > indicator.per:
        return (
            f"{number}{indicator.unit} 大于全部（{indicator.per}{indicator.unit}）；请核对数值，"
            "确可以超过的（如毛率），请在指标写 range"
        )
    return ""


def _against(target: Target, indicator: Indicator) -> str:
    """Why a target wants what the indicator calls worse; empty if it does not."""
    rule = target.rule
    if rule.series == "gap" or indicator.better == "none" or rule.two_sided:
        return ""
    wants = rule.wants
    if wants == "sign" and target.value is not None:
        wants = "less" if target.value < 0 else "more"
    worse = {"higher": "less", "lower": "more"}[indicator.better]
    if wants != worse or rule.limit == "rises":
        return ""
    asked = "越低" if wants == "less" else "越高"
    return (
        f"{rule} 要求{asked}越好，指标 {target.indicator} 却写 better: {indicator.better}；"
        "请核对 rule，或改正指标的 better（不论高低写 none）"
    )

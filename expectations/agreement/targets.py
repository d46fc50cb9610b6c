"""What plans ask for: whether a target can be what its indicator, its department and its years allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from expectations.agreement.agreed import Agreed, Mistake
from expectations.records import Indicator, Plan, Target, dimension_of, pair
from expectations.rules import Rule
from expectations.spelling import unknown
from expectations.units import unit_of

WAYS = re.compile(
    "(?P<barred>(?:不再|不会|不得|不|未)(?:继续|进一步|再|持续)?|(?:防止|避免|遏制|扭转)[^，、；]{0,8}?)?"
    "(?:(?P<rise>提高|提升|上升|增加|增长|扩大)|下降|降低|减少|缩小)"
)
"""A way that the plan's words name, or bar (不再扩大)."""
BARS = ("不", "未", "防止", "避免", "遏制")
"""How words begin that ask no more than that a way is not gone; 扭转 asks for the other way."""
TURNED = re.compile("转为|转向|变为")
CERTAIN = 100
"""A share is at most so many per cent, and nothing becomes less by more."""


def mistakes(agreed: Agreed) -> Iterator[Mistake]:
    """Everything that is wrong in the plans, and what they show to be wrong elsewhere."""
    for plan in agreed.plans:
        for domain in plan.domains:
            where = f"{plan.id}.{domain.domain}"
            if [other.title for other in plan.domains].count(domain.title) > 1:
                yield Mistake("domains", where, ("title",), f"本规划另有领域也叫 {domain.title!r}；请核对")
            for section, entries in (("goals", domain.goals), ("actions", domain.actions)):
                for number, entry in entries.items():
                    for i, target in enumerate(entry.targets):
                        for key, told in _target(agreed, plan, target):
                            yield Mistake("domains", where, (section, number, "targets", i, *key.split(".")), told)
        for target in plan.targets:
            yield from _compared(agreed, plan, target)
            own = agreed.indicators.get(str(target.indicator))
            if own and target.needs_sex and not own.by_sex:
                told = f"{plan.id} 的目标 {target.id} 需要分性别，应为 true"
                yield Mistake("indicators", str(target.indicator), ("by_sex",), told)


def _compared(agreed: Agreed, plan: Plan, target: Target) -> Iterator[Mistake]:
    """The area that a target is compared with is there in some year of its plan."""
    for i, area in enumerate(agreed.district.references):
        if target.rule.limit != "area" or area.code != target.than:
            continue
        start, end = plan.head.start, plan.head.end
        if area.since > end or area.until < start:
            told = f"{plan.id} 的目标 {target.id} 以{area.name}为对照，但它在{start}—{end}年都不在；请核对年份，或换对照地区"
            yield Mistake("district", "", ("references", i, "since" if area.since > end else "until"), told)


def _target(agreed: Agreed, plan: Plan, target: Target) -> Iterator[tuple[str, str]]:
    district = agreed.district
    for key, departments in (("lead", [target.lead]), ("support", target.support or ())):
        for department in departments:
            if department is not None and department not in district.departments:
                yield key, agreed.no_department(department)
    lead = district.departments.get(str(target.lead))
    if target.rule.evidence and lead is not None and not lead.sends:
        yield "lead", f"{lead.name}不报送（sends: false），不能说明进展；请改由报送的部门负责，或删去 sends: false"
    if target.each and target.each != "area" and target.each not in district.institutions:
        yield "each", f"地区 {district.code} {unknown('单位类别', target.each, ['area', *district.institutions])}"
    known = [area.code for area in district.references]
    if target.rule.limit == "area" and target.than not in known:
        yield "than", f"地区 {district.code} 的对照地区（references）中{unknown('代码', target.than, known)}"
    for i, revision in enumerate(target.revised):
        if not plan.head.start <= revision.since <= plan.head.end:
            told = f"目标值调整自{revision.since}年起，不在规划期（{plan.head.start}—{plan.head.end}年）内"
            yield f"revised.{i}.since", told
    if target.indicator in agreed.indicators:
        indicator = agreed.indicators[str(target.indicator)]
        yield from _measured(agreed, target, str(target.indicator), indicator)
        if told := _never(agreed, plan, indicator):
            yield "indicator", told


def _measured(agreed: Agreed, target: Target, key: str, indicator: Indicator) -> Iterator[tuple[str, str]]:
    """A target against the indicator that it is a number of."""
    rule, unit = target.rule, indicator.unit
    if rule.limit == "indicator":
        if target.than == key:
            yield "than", f"{key!r} 是目标自己的指标；应为另一指标"
        elif (other := agreed.indicators.get(str(target.than))) and other.unit != unit:
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
    if word := opposite(rule, target.words or ""):
        yield "words", f"{target.words!r} 中有“{word}”，与 {rule}（{rule.direction}）相反；请核对"
    elif word := weaker(rule, target.words or ""):
        told = f"{target.words!r} 中的“{word}”只要求不变差，{rule} 却要求{rule.direction}；请核对，不变差即可的写 rule: hold、tolerance: 0"
        yield "words", told
    by = _dimension(agreed, target)
    if by is not None and indicator.by != by:
        told = f"需要按{agreed.dimensions[by].name}分组的指标，{key} 没有写 by: {by}"
        yield ("part" if target.part is not None else "between"), told
    if target.each in {"area", *agreed.district.institutions} and not _goes_to(agreed, target.each, indicator):
        whose = "各地区" if target.each == "area" else f"各单位（institution_kind: {target.each}）"
        yield "each", f"指标 {key} 所用的报表没有{whose}的数，无从评价；请核对 each，或改用有这些数的报表"


def opposite(rule: Rule, words: str) -> str:
    """What the plan's words say against a direction; empty if nothing, or if they say the direction, too (提高女性水平，缩小差距)."""
    said = _said(rule, words)
    return said[0][0] if said and all(way < 0 for _, way in said) else ""


def weaker(rule: Rule, words: str) -> str:
    """What the plan's words bar, if they ask no more: a figure that stays as it is keeps 不再下降 and not `increase`. Of a distance
    they may be: no rule keeps one as it is.
    """
    said = _said(rule, words)
    return said[0][0] if rule.own and said and all(word.startswith(BARS) for word, _ in said) else ""


def _said(rule: Rule, words: str) -> list[tuple[str, int]]:
    """Each way that the plan's words name or bar, with +1 if it is the rule's and −1 if it is the other. What was is not asked
    (由扩大转为缩小); 上升趋势减缓 and 趋于平衡 may name a rise or a fall.
    """
    if not rule.directional or rule.paced or rule.two_sided or rule.wants not in {"more", "less"}:
        return []
    own = 1 if rule.wants == "more" else -1
    found = WAYS.finditer(TURNED.split(words)[-1])
    return [(one[0], own if bool(one["rise"]) != bool(one["barred"]) else -own) for one in found]


def _never(agreed: Agreed, plan: Plan, indicator: Indicator) -> str:
    """Why no year of a plan can have a figure of the indicator; empty if one can."""
    columns = agreed.columns
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


def _dimension(agreed: Agreed, target: Target) -> str | None:
    """The dimension whose parts a target is about or compares; None where it is about all, or names no part."""
    try:
        if target.between is not None:
            return pair(agreed.dimensions, target.between)[0]
        return None if target.part is None else dimension_of(agreed.dimensions, target.part)
    except LookupError:
        return None  # told where the plan is read


def _goes_to(agreed: Agreed, each: str | None, indicator: Indicator) -> bool:
    """Whether an indicator is computed for every area or institution of a kind, as far as its forms tell."""
    forms = [d for d in agreed.datasets.values() if indicator.measures & d.measures.keys()]
    if each == "area":
        return all(d.by_area for d in forms)
    return all(d.by_institution and d.institution_kind == each for d in forms)


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
    way = rule.way(target.value)
    if rule.paced or way * indicator.sense >= 0:
        return ""
    asked = "越低" if way < 0 else "越高"
    return (
        f"{rule} 要求{asked}越好，指标 {target.indicator} 却写 better: {indicator.better}；"
        "请核对 rule，或改正指标的 better（不论高低写 none）"
    )

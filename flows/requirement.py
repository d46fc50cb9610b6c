"""What a target demands, in the few words that a list or a table has room for."""

from __future__ import annotations

from decimal import Decimal

from expectations.records import Catalog, Promise

DIRECTIONS = {
    "increase": "提高",
    "decrease": "下降",
    "slow_increase": "上升趋势减缓",
    "hold": "保持基期水平",
    "narrow_gap": "缩小",
    "near_balance": "趋于平衡",
}
"""What is said where the plan has no word of its own for the indicator."""


def plain(value: Decimal | None) -> str:
    """8.5, 98, -20: never 9.8E+1."""
    return "" if value is None else format(value.normalize(), "f")


def requirement(catalog: Catalog, promise: Promise) -> str:
    """≥70%, 每个街镇≥95%, 逐步提高, 控制在8.5/10万以内, 不低于女党员比例 …"""
    target = promise.target
    words = demand(catalog, promise)
    if target.every_year and target.rule != "yearly_change":  # whose words begin with it
        words = f"每年{words}"
    return f"{target.soft}{words}" if target.soft else words


def demand(catalog: Catalog, promise: Promise) -> str:
    """The same without 每年 and without 力争 or 一般."""
    target, number = promise.target, plain(promise.target.value) + promise.unit
    if target.words and target.value is not None:
        number = f"{target.words}{number}{'以内' if target.rule in {'at_most', 'below'} else '以上'}"
        return f"每个{kind(catalog, target.each)}{number}" if target.each else number
    match target.rule:
        case "at_least":
            return number if number == "100%" else f"≥{number}"  # nothing lies above
        case "above":
            return f"＞{number}"
        case "at_most":
            return f"≤{number}"
        case "below":
            return f"＜{number}"
        case "every_unit_at_least":
            return f"每个{kind(catalog, target.each)}≥{number}"
        case "baseline_change" | "yearly_change":
            change = plain(abs(target.value or Decimal(0))) + promise.unit
            way = "降低" if (target.value or 0) < 0 else "提高"
            yearly = target.rule == "yearly_change"
            return f"每年{way}{change}以上" if yearly else f"比{promise.plan.head.baseline}年{way}{change}"
        case "not_below_indicator":
            return f"不低于{catalog.indicators[str(target.than)].name}"
        case "not_below_area":
            return f"不低于{next(a.name for a in catalog.district.references if a.code == target.than)}"
        case "balance":
            assert target.band
            low, high = target.band
            percent = promise.unit == "%"
            band = f"{plain(low)}%—{plain(high)}%" if percent else f"{plain(low)}—{plain(high)}{promise.unit}"
            return f"{target.words}（{band}）" if target.words else band
        case "evidence":
            return "部门说明进展"
        case _:
            return direction(promise)


def direction(promise: Promise) -> str:
    """The direction that a target asks for, in the plan's own word where it has one: 明显提高, 两性差距显著缩小, 不降低."""
    target = promise.target
    words = target.words or DIRECTIONS[target.rule]
    return f"两性差距{words}" if target.rule == "narrow_gap" else words


def kind(catalog: Catalog, each: str | None) -> str:
    """街镇, or the name of a kind of institution."""
    return "街镇" if each == "area" else catalog.district.units[str(each)].name

"""One edition's files against what the second reader worked out: how many values were compared, and
every difference.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.second_reader import judge
from tests.second_reader.catalogue import Catalogue, listed
from tests.second_reader.deliveries import single
from tests.second_reader.judge import Promise
from tests.second_reader.recompute import Key, Value

STATES = {
    "未报送": "not_received", "未布置": "not_received", "核查未通过": "rejected", "不适用": "not_applicable", "数据保护": "suppressed", "不汇总": "not_summed",
}  # fmt: skip
UNENTERED = {"未公布", "本表未收录"}
"""Of a compilation of published figures: what was not published, and what was not entered."""
SEXES = {"女": "female", "男": "male", "合计": "total", "未说明": "not_stated"}
SDMX_SEXES = {"F": "female", "M": "male", "_T": "total", "_U": "not_stated"}
SHEETS = {
    "overview": "总体情况", "targets": "全部目标", "statements": "定性目标", "warnings": "预警", "outlook": "走势和达标概率",
    "track": "预警结果", "sexes": "分性别", "scorecard": "分性别报送", "areas": "分街镇", "indicators": "全部指标",
    "quality": "数据质量", "deliveries": "报送情况", "findings": "核查结果", "revisions": "更正情况", "changes": "较上一版变动",
}  # fmt: skip
FINE = ("met_early", "met_year", "met", "on_course")
SHORT = ("behind", "away", "missed_year", "missed")
OUTCOMES = {
    "提前达标": "early", "达标": "met", "期末达标": "met", "基本达标": "nearly", "未达标": "missed", "无数据": "no_data",
    "无法判断": "unknown", "数据保护": "suppressed",
}  # fmt: skip


@dataclass
class Comparison:
    """What was compared in one edition, by format, and what differs."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def same(self, where: str, what: str, here: object, mine: object, equal: bool) -> None:
        self.counts[where] += 1
        if not equal:
            self.differences.append(f"{where}：{what}：印出 {here}，复算 {mine}")


@dataclass(frozen=True)
class Mine:
    """The second reader's own results on one district."""

    catalogue: Catalogue
    figures: Mapping[Key, Value]
    promises: Sequence[Promise]
    entered: frozenset[tuple[str, int]] = frozenset()
    """Of a compilation: indicator and year of all that was ever entered, also before the years that an
    edition reads.
    """
    above: Mapping[tuple[str, int, str], tuple[Fraction, str]] = field(default_factory=dict)
    """Indicator, year and area above the district → its figure, and what is said of its definition."""


def edition(mine: Mine, folder: Path, public: bool) -> Comparison:
    """Everything that one edition's folder holds."""
    found = Comparison()
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    _indicators(mine, found, report, public)
    targets = _targets(mine, found, report, public)
    _levels(mine, found, report, targets)
    _tally(found, report)
    _table_of_indicators(mine, found, _rows(folder, "indicators"), report, public)
    _sdmx(mine, found, folder / "sdmx.csv", public)
    if mine.above:
        _table_of_those_above(mine, found, _rows(folder, "above"), public)
    _figures(mine, found, folder, targets)
    _html(found, folder)
    _workbook(found, folder)
    year = int(report["head"]["year"])
    kind = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["kind"]
    if kind in {"annual", "midterm"}:
        _table_of_targets(found, _rows(folder, "targets"), report, targets, public)
        _overview(found, _rows(folder, "overview"), report)
    if kind == "annual":
        _table_of_areas(mine, found, _rows(folder, "areas"), year, public)
        _outlook(found, _rows(folder, "outlook"), report, targets)
        _sexes(mine, found, _rows(folder, "sexes"), year, public)
    else:
        _sexes_change(mine, found, _rows(folder, "sexes_change"), year)
    if mine.catalogue.dimensions and (folder / "divided.csv").is_file():
        _divided(mine, found, _rows(folder, "divided"), public)
    if kind == "final":
        _outcomes(found, _rows(folder, "outcomes"), report, targets, public)
        _attainment(found, _rows(folder, "attainment"), _rows(folder, "outcomes"))
        _baseline(mine, found, _rows(folder, "baseline"), year, public)
    return found


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- figures ---


def _near(here: object, mine: Fraction | None) -> bool:
    """Whether an unrounded number of a file is mine; binary fractions differ in their last digits."""
    if here in (None, "", "—") or mine is None:
        return here in (None, "", "—") and mine is None
    return abs(float(str(here)) - float(mine)) <= 1e-9 * max(1.0, abs(float(mine)))


def _equal(found: Comparison, where: str, key: Key, row: Mapping[str, Any], mine: Value | None, public: bool) -> None:
    """One figure with its state and, where the file has them, its counts."""
    what = " ".join(str(part) for part in key if part != "")
    if public and row["state"] == "suppressed":
        found.same(where, what, "数据保护", mine, mine is not None and row["value"] in (None, "", "—"))
        return
    if mine is None:  # what was never entered is named, and has no value
        named = row["state"] not in {"ok", *STATES.values()} and row["value"] in (None, "", "—")
        found.same(where, what, row, "没有这一项", named)
        return
    state = "not_received" if row["state"] == "not_asked" else row["state"]  # nobody owed it, so that nothing came
    equal = state == mine.state and _near(row["value"], mine.value if mine.state == "ok" else None)
    for part in ("numerator", "denominator"):
        if part in row and not (public and row[part] in (None, "", "—")):
            equal = equal and _near(row[part], getattr(mine, part))
    found.same(where, what, row, mine, equal)


def _whole(found: Comparison, where: str, mine: Mine, seen: set[Key], years: set[int]) -> None:
    """That nothing which I have is left out."""
    for key in mine.figures:
        if key[1] in years and key not in seen:
            found.same(where, " ".join(map(str, key)), "没有这一项", mine.figures[key], False)


def _indicators(mine: Mine, found: Comparison, report: Mapping[str, Any], public: bool) -> None:
    seen: set[Key] = set()
    for name, record in report["indicators"].items():
        for row in record["values"]:
            key = (name, row["year"], row["area"], row["institution"], row["sex"], row.get("part", ""))
            seen.add(key)
            _equal(found, "report.json 指标", key, row, mine.figures.get(key), public)
            if row["state"] == "not_entered":
                there = (name, row["year"]) in mine.entered
                found.same("report.json 未收录", f"{name} {row['year']}", "本表未收录", "已收录", not there)
    _whole(found, "report.json 指标", mine, seen, {key[1] for key in seen})


def _table_of_indicators(
    mine: Mine, found: Comparison, rows: list[dict[str, str]], report: Mapping[str, Any], public: bool
) -> None:
    names = {record["name"]: key for key, record in mine.catalogue.indicators.items()}
    institutions = {name: code for code, name in report["institutions"].items()}
    seen: set[Key] = set()
    for row in rows:
        institution = "" if row["单位"] == "—" else institutions.get(row["单位"], row["单位"])
        key = (
            names[row["指标"]],
            int(row["年份"]),
            row["地区代码"],
            institution,
            SEXES[row["性别"]],
            mine.catalogue.parts.get(row.get("分组", ""), ""),
        )
        seen.add(key)
        state = row["状态"] if row["状态"] in UNENTERED else STATES.get(row["状态"], "ok")
        part = {"state": state, "value": row["数值"], "numerator": row["分子"], "denominator": row["分母"]}
        _equal(found, "indicators.csv", key, part, mine.figures.get(key), public)
    _whole(found, "indicators.csv", mine, seen, {key[1] for key in seen})


def _table_of_those_above(mine: Mine, found: Comparison, rows: list[dict[str, str]], public: bool) -> None:
    """above.csv: every figure that came, as it was published; how far the district is from it, where the definitions agree and
    the district's figure is told.
    """
    names, where = {i["name"]: k for k, i in mine.catalogue.indicators.items()}, "above.csv"
    came = {(names[r["指标"]], int(r["年份"]), r["地区代码"]): r for r in rows if r["出处"][-2:] != "报表"}
    found.same(where, "行", sorted(came), sorted(mine.above), came.keys() == mine.above.keys())
    for key, row in came.items():
        value, agreement = mine.above.get(key, (Fraction(), ""))
        own = mine.figures.get((*key[:2], mine.catalogue.code, "", "total", ""))
        what = " ".join(map(str, key))
        found.same(where, what, row["数值"], float(value), _prints(row["数值"], value))
        found.same(where, f"{what} 口径", row["口径"], agreement, row["口径"] == agreement)
        hidden = public and row["本地区同年数值"] == "数据保护"
        if own is None or own.value is None or hidden or agreement != "一致":
            found.same(where, f"{what} 相差", row["相差"], "没有", row["相差"] == "—" and row["比较"] == "—")
        else:
            found.same(where, f"{what} 本地区", row["本地区同年数值"], own, _prints(row["本地区同年数值"], own.value))
            found.same(where, f"{what} 相差", row["相差"], own, _prints(row["相差"], own.value - value))


def _sdmx(mine: Mine, found: Comparison, path: Path, public: bool) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    seen: set[Key] = set()
    codes = {
        (d["concept"], part["sdmx"]): key
        for d in mine.catalogue.dimensions.values()
        for key, part in d["parts"].items()
    }
    for row in rows:
        part = next((codes[place] for place in row.items() if place in codes), "")
        institution = "" if row["INSTITUTION"] == "_Z" else row["INSTITUTION"]
        key = (row["INDICATOR"], int(row["TIME_PERIOD"]), row["REF_AREA"], institution, SDMX_SEXES[row["SEX"]], part)
        seen.add(key)
        state = row["COMMENT_OBS"] or "ok"
        _equal(found, "sdmx.csv", key, {"state": state, "value": row["OBS_VALUE"]}, mine.figures.get(key), public)
    _whole(found, "sdmx.csv", mine, seen, {key[1] for key in seen})


def _prints(text: str, value: Fraction, least: int | None = None) -> bool:
    """Whether a text is a value rounded once, half to even, with its sign or in size alone."""
    plain = text.replace("−", "-")
    try:
        shown = Decimal(plain)
    except ArithmeticError:
        return False
    places = len(plain.partition(".")[2])
    scaled = value * 10**places
    exact = Decimal(scaled.numerator) / Decimal(scaled.denominator)
    rounded = exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN).scaleb(-places)
    return (least is None or places >= least) and shown in (rounded, abs(rounded))


def _printed(
    found: Comparison, where: str, what: str, text: str, mine: Value | None, decimals: int, public: bool
) -> None:
    """One cell of a printed table: a rounded figure, or the word that says why there is none."""
    if mine is None and text in UNENTERED:
        found.counts[where] += 1
    elif text in STATES:
        hidden = public and STATES[text] == "suppressed"
        found.same(where, what, text, mine, hidden or (mine is not None and mine.state == STATES[text]))
    elif mine is None or mine.value is None:
        found.same(where, what, text, mine, mine is None and text in {"—", "不适用"})
    else:
        found.same(where, what, text, mine.value, _prints(text, mine.value, decimals))


# --- verdicts ---


def _codes(report: Mapping[str, Any]) -> dict[str, str]:
    return {word: code for code, word in report["words"]["verdicts"].items()}


def _targets(mine: Mine, found: Comparison, report: Mapping[str, Any], public: bool) -> dict[str, Promise]:
    """Every promise in every year; what is returned tells which promise a target's id speaks of."""
    named: dict[str, Promise] = {}
    plans = mine.catalogue.plans
    for promise in mine.promises:
        name = next(n for n, plan in plans.items() if plan is promise.plan)
        fitting = [
            t
            for t in report["targets"]
            if (t["plan"], t["clause"], t["indicator"], t["rule"])
            == (name, promise.demand.clause, promise.target["indicator"], promise.target["rule"])
            and t["sex"] == (promise.demand.sex or "total")
            and "—".join(t.get("between", [t["part"]] if "part" in t else []))
            == "—".join(mine.catalogue.parts[name] for name in promise.demand.group.split("—") if name)
        ]
        if not fitting and not any(t["plan"] == name for t in report["targets"]):
            continue  # a plan that is not of this edition
        found.same(
            "report.json 目标",
            f"{promise.demand.clause} {promise.demand.indicator}",
            len(fitting),
            1,
            len(fitting) == 1,
        )
        if len(fitting) != 1:
            continue
        target = fitting[0]
        named[target["id"]] = promise
        _wording(found, promise, target)
        for year, row in target["verdicts"].items():
            _verdict(found, promise, int(year), row, target, public)
    return named


MANNER = ("逐步", "持续", "不断", "稳步", "明显", "显著", "全面")
"""Words for how a thing is to move: the requirement has them where the plan does."""


def _wording(found: Comparison, promise: Promise, target: Mapping[str, Any]) -> None:
    """What is printed as the requirement says no more than the clause, and no less of a number."""
    required, words = target["required"], promise.demand.words
    more = [w for w in MANNER if w in required and w not in words]
    less = promise.demand.demand == "fall_yearly" and "以上" in words and not re.search("以上|不少于|至少", required)
    what = f"{promise.demand.clause} {promise.demand.indicator}"
    found.same("report.json 规划要求", what, required, words, not more and not less)


def _counted(spec: Mapping[str, Any]) -> str:
    """The unit of which a column tells each single one: 人 of 万人 with four decimals; nothing where it rounds them."""
    unit, zeros = single(str(spec.get("unit", "")))
    return unit if int(spec.get("decimals", 0)) == zeros else ""


def _levels(mine: Mine, found: Comparison, report: Mapping[str, Any], named: Mapping[str, Promise]) -> None:
    """No warning of the highest level where one person or case more would have done."""
    year = int(report["head"]["year"])
    units = {
        spec["measure"]: _counted(spec)
        for dataset in mine.catalogue.datasets.values()
        for spec in dataset["columns"].values()
        if "measure" in spec
    }
    for warning in report["warnings"]:
        promise = named.get(warning["target"])
        if warning["kind"] != "miss" or warning["level"] != "serious" or promise is None:
            continue
        point = promise.series.get(year)
        people = all(units.get(m) in {"人", "名", "例", "起"} for m in listed(promise.indicator["numerator"]))
        if (
            point is None
            or point.numerator is None
            or not people
            or promise.demand.demand in {"narrow", "each_at_least"}
        ):
            continue
        step = Fraction(str(promise.indicator["per"])) / point.denominator if point.denominator else Fraction(1)
        nearer = (point.value or Fraction()) + (-step if promise.lower else step)
        other = replace(promise, series={**promise.series, year: point._replace(value=nearer)})
        alone = judge.met(other, year) is True and judge.met(promise, year) is False
        found.same(
            "report.json 预警级别",
            f"{promise.demand.clause} {promise.demand.indicator}",
            "一级",
            "只差一人（例）",
            not alone,
        )


def _verdict(
    found: Comparison, promise: Promise, year: int, row: Mapping[str, Any], target: Mapping[str, Any], public: bool
) -> None:
    what = f"{promise.demand.clause} {promise.demand.indicator} {year}年"
    if public and row["verdict"] == "suppressed":
        found.counts["report.json 评价"] += 1
        return
    last = max(int(y) for y in target["verdicts"])
    judged = judge.judge(promise, year, target["probability"] if year == last else None)
    found.same("report.json 评价", what, row["verdict"], sorted(judged.words), row["verdict"] in judged.words)
    if row["value"] is not None or not public:
        found.same("report.json 比较值", what, row["value"], judged.value, _near(row["value"], judged.value))
    if year == last and target["met"] is not None:
        found.same("report.json 是否达到", what, target["met"], judged.met, judged.met in (target["met"], None))


def _tally(found: Comparison, report: Mapping[str, Any]) -> None:
    """Counts of verdicts against the length of their lists, for each plan and all together."""
    groups = [(report["tally"], report["targets"])]
    groups += [(p["tally"], [t for t in report["targets"] if t["plan"] == p["id"]]) for p in report["plans"]]
    for tally, targets in groups:
        counted = Counter(t["verdict"] for t in targets if t["rule"] != "evidence")
        sums = {
            "quantitative": sum(counted.values()),
            "attained": sum(counted[v] for v in FINE[:3]),
            "fine": sum(counted[v] for v in FINE),
            "short": sum(counted[v] for v in SHORT),
        }
        for key, number in sums.items():
            if key in tally:
                found.same("report.json 计数", key, tally[key], number, tally[key] == number)


def _table_of_targets(
    found: Comparison, rows: list[dict[str, str]], report: Mapping[str, Any], named: Mapping[str, Promise], public: bool
) -> None:
    words = report["words"]["verdicts"]
    codes = {t["id"]: t["verdict"] for t in report["targets"]}
    ids = {id(promise): key for key, promise in named.items()}
    for row, promise, what in _aligned(found, "targets.csv", rows, report, named):
        word = words[codes[ids[id(promise)]]]
        found.same("targets.csv", f"{what} 评价", row["评价"], word, row["评价"].startswith(word))
        decimals = int(promise.indicator["decimals"])
        for column, text in row.items():
            if re.fullmatch(r"\d{4}年", column):
                at = int(column[:4])
                _printed(found, "targets.csv", f"{what} {column}", text, promise.series.get(at), decimals, public)


def _aligned(
    found: Comparison, where: str, rows: list[dict[str, str]], report: Mapping[str, Any], named: Mapping[str, Promise]
) -> Iterator[tuple[dict[str, str], Promise, str]]:
    """Each line of a printed table with the promise that it speaks of: the lines follow the order of the targets."""
    targets = iter(report["targets"])
    for row in rows:
        for target in targets:
            if (target["clause"], target["required"]) == (row["条目"], row["规划要求"]) and (
                target["name"] == row["指标"] or target["rule"] == "evidence"
            ):
                if target["id"] in named:
                    yield row, named[target["id"]], f"{row['条目']} {row['指标']}"
                break
        else:
            found.same(where, f"{row['条目']} {row['指标']}", "列出的目标", "report.json没有", False)
            return


def _table_of_areas(mine: Mine, found: Comparison, rows: list[dict[str, str]], year: int, public: bool) -> None:
    names = {str(a["name"]): str(a["code"]) for a in mine.catalogue.district.get("areas", [])}
    heads = {f"{r['name']}（{r['unit']}）": key for key, r in mine.catalogue.indicators.items()}
    for row in rows:
        for column, text in row.items():
            if column in heads and row["街镇"] in names:
                key = heads[column]
                value = mine.figures.get((key, year, names[row["街镇"]], "", "total", ""))
                value = value or _inside(mine, key, year, names[row["街镇"]])
                what = f"{row['街镇']} {column}"
                _printed(found, "areas.csv", what, text, value, int(mine.catalogue.indicators[key]["decimals"]), public)


def _inside(mine: Mine, key: str, year: int, area: str) -> Value | None:
    """The figure of the one institution that stands in an area."""
    inside = [
        v for (i, y, a, u, s, p), v in mine.figures.items() if (i, y, a, s, p) == (key, year, area, "total", "") and u
    ]
    return inside[0] if len(inside) == 1 else None


def _overview(found: Comparison, rows: list[dict[str, str]], report: Mapping[str, Any]) -> None:
    shorts = {p["id"]: p["short"] for p in report["plans"]}
    for row in rows:
        domain = [
            t
            for t in report["targets"]
            if shorts[t["plan"]] == row["规划"]
            and next(p for p in report["plans"] if p["id"] == t["plan"])["domains"].get(str(t["domain"])) == row["领域"]
        ]
        counted = Counter(t["verdict"] for t in domain if t["rule"] != "evidence")
        expected = {
            "定量目标": sum(counted.values()),
            "可评价": sum(counted[v] for v in (*FINE, *SHORT)),
            "已达标": sum(counted[v] for v in FINE[:3]),
            "预期可达标": counted["on_course"],
            "未达进度": sum(counted[v] for v in SHORT),
            "定性目标": sum(1 for t in domain if t["rule"] == "evidence"),
        }
        if not domain:
            continue
        for column, number in expected.items():
            what = f"{row['规划']} {row['领域']} {column}"
            found.same("overview.csv", what, row[column], number, row[column] == str(number))


def _outlook(
    found: Comparison, rows: list[dict[str, str]], report: Mapping[str, Any], named: Mapping[str, Promise]
) -> None:
    """The year's value and the mean change; what the model says stands in the report's own limits
    (test_contradictions).
    """
    year = int(report["head"]["year"])
    for row, promise, what in _aligned(found, "outlook.csv", rows, report, named):
        point = promise.series.get(year)
        _printed(found, "outlook.csv", f"{what} 本年", row["本年"], point, int(promise.indicator["decimals"]), True)
        if promise.demand.demand != "middle":  # the change of a share is not the change of its distance
            values = promise.comparable(year)
            years = sorted(values)[-judge.WINDOW :]
            if len(years) > 1 and row["年均变动"] not in {"—", "不适用"}:
                mean = (values[years[-1]] - values[years[0]]) / (years[-1] - years[0])
                found.same(
                    "outlook.csv", f"{what} 年均变动", row["年均变动"], float(mean), _prints(row["年均变动"], mean)
                )


def _sexes(mine: Mine, found: Comparison, rows: list[dict[str, str]], year: int, public: bool) -> None:
    names = {r["name"]: key for key, r in mine.catalogue.indicators.items()}
    for row in rows:
        key, code = names[row["指标"]], mine.catalogue.code
        decimals = int(mine.catalogue.indicators[key]["decimals"])
        by = {s: mine.figures.get((key, year, code, "", s, "")) for s in ("female", "male", "total")}
        for word, sex in list(SEXES.items())[:3]:
            _printed(found, "sexes.csv", f"{row['指标']} {word}", row[word], by[sex], decimals, public)
        women, men = by["female"], by["male"]
        if (
            women
            and men
            and women.value is not None
            and men.value is not None
            and row["差距（女减男）"] not in {*STATES, "无法计算"}
        ):
            gap = women.value - men.value
            text = row["差距（女减男）"]
            found.same("sexes.csv", f"{row['指标']} 差距", text, float(gap), text == "—" or _prints(text, gap))
            if men.value and row["女男之比"] not in {"—", "不适用", *STATES}:
                ratio = women.value / men.value
                found.same(
                    "sexes.csv", f"{row['指标']} 比", row["女男之比"], float(ratio), _prints(row["女男之比"], ratio)
                )


# --- what is printed, fact by fact ---


def _figures(mine: Mine, found: Comparison, folder: Path, targets: Mapping[str, Promise]) -> None:
    """figures.csv: values of facts that I have worked out, as numbers and as printed."""
    for row in _rows(folder, "figures"):
        if row["数值"] == "—":
            continue
        value = _fact(mine, targets, row["依据"])
        if value is None:
            found.counts["figures.csv（未复算）"] += 1
            continue
        what = f"{row['依据']} 印出{row['印出']}"
        near = abs(abs(Fraction(row["数值"])) - abs(value)) <= Fraction(1, 10**9) * max(Fraction(1), abs(value))
        found.same("figures.csv", what, row["数值"], float(value), near)
        found.same("figures.csv 修约", what, row["印出"], float(value), _prints(row["印出"], value))


def _fact(mine: Mine, targets: Mapping[str, Promise], fact: str) -> Fraction | None:
    """The figure that a fact's id names, worked out again; None for what this reader does not know."""
    parts = fact.split("/")
    if len(parts) == 4 and parts[2] in mine.catalogue.references and parts[3] == "gap":
        own = mine.figures.get((parts[0], int(parts[1]), mine.catalogue.code, "", "total", ""))
        other = _beside(mine, parts[0], int(parts[1]), parts[2])
        return None if own is None or own.value is None or other is None else own.value - other
    if len(parts) == 4 and parts[0] in mine.catalogue.indicators:
        return _of_part(mine, parts[0], int(parts[1]), *parts[2:])
    if len(parts) != 3 or not re.fullmatch(r"(19|20)\d\d", parts[1]):
        return None
    subject, year, what = parts[0], int(parts[1]), parts[2]
    if subject in targets:
        promise = targets[subject]
        point = promise.series.get(year)
        if point is None or point.value is None:
            return None
        if what == "value":
            return point.value
        if what == "trend" and promise.demand.demand != "middle":
            values = promise.comparable(year)
            years = sorted(values)[-judge.WINDOW :]
            return (values[years[-1]] - values[years[0]]) / (years[-1] - years[0]) if len(years) > 1 else None
        if what == "places_met" and promise.places:
            least = Fraction(promise.demand.value)
            return Fraction(sum(1 for v in promise.places[year].values() if v.value is not None and v.value >= least))
        if what == "places_total" and promise.places:
            return Fraction(sum(v.state != "not_applicable" for v in promise.places[year].values()))
        if what in {"places_unknown", "places_exempt"} and promise.places:
            exempt = sum(v.state == "not_applicable" for v in promise.places[year].values())
            gone = sum(v.value is None for v in promise.places[year].values()) - exempt
            return Fraction(exempt if what == "places_exempt" else gone)
        if promise.demand.demand in {"narrow", "each_at_least"}:
            return None
        if what == "pooled":
            start = int(promise.plan["start"])
            period = [v for y, v in promise.series.items() if start <= y <= year and v.caliber == point.caliber]
            events = sum((v.numerator or Fraction() for v in period), Fraction())
            exposure = sum((v.denominator or Fraction() for v in period), Fraction())
            return events * Fraction(str(promise.indicator["per"])) / exposure if exposure else None
        if what == "numerator":
            return point.numerator
        if what == "denominator":
            return point.denominator
        earlier = {"change_previous": year - 1, "change_baseline": promise.base}.get(what)
        before = promise.series.get(earlier) if earlier is not None else None
        if before is not None and before.value is not None and before.caliber == point.caliber:
            return point.value - before.value
        return None
    if subject in mine.catalogue.indicators:
        code = mine.catalogue.code
        if what == "gap":
            women, men = (mine.figures.get((subject, year, code, "", s, "")) for s in ("female", "male"))
            if women is None or men is None or women.value is None or men.value is None:
                return None
            return women.value - men.value
        place = (code, "", what) if what in SEXES.values() else (what, "", "total")
        key = (subject, year, *place, "")
        found = mine.figures.get(key)
        return found.value if found is not None else _beside(mine, subject, year, what)
    return None


def _beside(mine: Mine, indicator: str, year: int, area: str) -> Fraction | None:
    """The figure of an area above the district: as a bulletin has it, or as a department delivers it with its own."""
    if (indicator, year, area) in mine.above:
        return mine.above[indicator, year, area][0]
    found = mine.figures.get((indicator, year, area, "", "total", ""))
    return found.value if found is not None else None


def _of_part(mine: Mine, indicator: str, year: int, group: str, what: str) -> Fraction | None:
    """The figure of a part, or how far the two parts of a dimension are apart."""
    code, dimension = mine.catalogue.code, mine.catalogue.dimensions.get(group)
    if dimension is None or what != "gap":
        found = mine.figures.get((indicator, year, code, "", what, group))
        return found.value if found is not None else None
    first, second = (mine.figures.get((indicator, year, code, "", "total", part)) for part in dimension["parts"])
    if first is None or second is None or first.value is None or second.value is None:
        return None
    return second.value - first.value


class _Bound(HTMLParser):
    """What a report's HTML binds: fact, value and text, in the order in which it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[dict[str, str]] = []
        self.found: list[tuple[str, str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"data", "span"}:
            self.open.append({k: v or "" for k, v in attrs})

    def handle_endtag(self, tag: str) -> None:
        if tag in {"data", "span"} and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        own = self.open[-1] if self.open else {}
        if "data-fact" in own and data.strip():
            self.found.append((own["data-fact"], own.get("data-sense", ""), own.get("value", ""), data))


def bound(folder: Path) -> list[tuple[str, str, str, str]]:
    """Fact, sense, value and text of everything that report.html binds."""
    reader = _Bound()
    reader.feed((folder / "report.html").read_text(encoding="utf-8"))
    return reader.found


def _html(found: Comparison, folder: Path) -> None:
    """report.html prints what figures.csv lists of the papers that are one page with it, in the same order."""
    here = bound(folder)
    rows = [
        (r["依据"], r["含义"].strip("—"), r["数值"].strip("—"), r["印出"])
        for r in _rows(folder, "figures")
        if r.get("文件") in (None, "report", "data")
    ]
    found.same("report.html", "绑定项数", len(here), len(rows), len(here) == len(rows))
    for shown, row in zip(here, rows, strict=False):
        found.same("report.html", row[0], shown, row, shown == row)


def _workbook(found: Comparison, folder: Path) -> None:
    """Every table of the workbook against the CSV of the same name, cell by cell."""
    from openpyxl import load_workbook

    book = load_workbook(folder / "report.xlsx", read_only=True)
    titles = {sheet: name for name, sheet in SHEETS.items()}
    for sheet in book.sheetnames:
        path = folder / f"{titles.get(sheet, sheet)}.csv"
        if not path.is_file():
            continue
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        shown = list(book[sheet].iter_rows(values_only=True))
        start = next((i for i, row in enumerate(shown) if [c for c in row if c is not None] == rows[0]), None)
        if start is None:
            found.same("report.xlsx", sheet, "没有表头", rows[0], False)
            continue
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                cell = shown[start + i][j] if start + i < len(shown) and j < len(shown[start + i]) else None
                found.same("report.xlsx", f"{sheet} 第{i + 1}行 {rows[0][j]}", cell, text, _cell(cell, text))
    book.close()


def _cell(cell: object, text: str) -> bool:
    if isinstance(cell, int | float):
        try:
            return abs(float(text.replace("−", "-")) - cell) <= 1e-9 * max(1.0, abs(cell))
        except ValueError:
            return False
    if isinstance(cell, datetime):
        return cell.date().isoformat() == text
    return (str(cell) if cell is not None else "") in (text, text.removeprefix("'"))


# --- the final evaluation ---


def _outcomes(
    found: Comparison, rows: list[dict[str, str]], report: Mapping[str, Any], named: Mapping[str, Promise], public: bool
) -> None:
    for row, promise, what in _aligned(found, "outcomes.csv", rows, report, named):
        for column, text in row.items():
            if re.fullmatch(r"\d{4}年", column):
                value = promise.series.get(int(column[:4]))
                _printed(
                    found, "outcomes.csv", f"{what} {column}", text, value, int(promise.indicator["decimals"]), public
                )
        word = re.split("[（，]", row["结果"])[0]
        mine_is = judge.conclude(promise)
        untold = "是否提前不予公布" in row["说明"] and word == "达标" and mine_is <= {"met", "early"}
        hidden = public and (word == "数据保护" or untold)
        found.same(
            "outcomes.csv 结果",
            what,
            f"{row['结果']} {row['说明']}",
            sorted(mine_is),
            hidden or OUTCOMES.get(word) in mine_is,
        )
        if "年起" in row["说明"]:
            since = re.search(r"(\d{4})年起", row["说明"])
            first = _since(promise)
            said = int(since.group(1)) if since else None
            right = said == first or (public and said is not None and first is not None and said > first)
            found.same("outcomes.csv 起始年份", what, row["说明"], first, right)
        _named_years(found, promise, row, what, public)
        _moved(found, promise, row, what)


def _named_years(found: Comparison, promise: Promise, row: Mapping[str, str], what: str, public: bool) -> None:
    """The years that are named beside an outcome: those that broke a promise, those in which a missed number was
    reached.
    """
    told = {
        year
        for part in row["说明"].split("，")
        if re.search("(未达标|低于要求|高于要求|未达要求|不在要求范围内|曾达标)$", part)
        for a, b in re.findall(r"(\d{4})(?:—(\d{4}))?年", part)
        for year in range(int(a), int(b or a) + 1)
    }
    years = range(int(promise.plan["start"]), promise.end + 1)
    done = {year: judge.met(promise, year) for year in years}
    every_year, numbers = promise.demand.when == "every_year", judge.NUMBERS | {"balanced", "each_at_least"}
    is_state = any(judge.is_state(promise, year) for year in years)
    right: set[int] = set()
    if every_year or (is_state and done[promise.end]):
        right = {year for year in years if done[year] is False}
    elif done[promise.end] is False and promise.demand.demand in numbers and not row["结果"].startswith("基本达标"):
        right = {year for year in years if done[year]}
    found.same("outcomes.csv 所列年份", what, row["说明"], sorted(right), told <= right if public else told == right)


def _moved(found: Comparison, promise: Promise, row: Mapping[str, str], what: str) -> None:
    """The change since the baseline year, as a number and as a word."""
    values = promise.comparable(promise.end)
    if row["增减"] in {"—", "不可比"} or promise.base not in values or promise.demand.demand == "middle":
        return
    change = values[promise.end] - values[promise.base]
    found.same("outcomes.csv 增减", what, row["增减"], float(change), _prints(row["增减"], change))
    if promise.demand.demand == "balanced":
        return
    shown = Decimal(row["增减"].replace("−", "-"))
    word = "持平" if not shown else "改善" if (shown < 0) == promise.lower else "退步"
    found.same("outcomes.csv 比基期", what, row["比基期"], word, row["比基期"] == word)


def _since(promise: Promise) -> int | None:
    """The first year from which the demand was met in every year that tells."""
    first = None
    for year in range(int(promise.plan["start"]), promise.end + 1):
        done = judge.met(promise, year)
        if done is False:
            first = None
        elif done and first is None:
            first = year
    return first


def _attainment(found: Comparison, rows: list[dict[str, str]], outcomes: list[dict[str, str]]) -> None:
    """Counts of outcomes against the length of their list."""
    for row in rows:
        listed = [r for r in outcomes if (r["规划"], r["领域"]) == (row["规划"], row["领域"])]
        if not listed:
            continue
        for word in ("提前达标", "达标", "基本达标", "未达标", "无数据", "无法判断", "数据保护"):
            number = sum(1 for r in listed if re.split("[（，]", r["结果"])[0].replace("期末达标", "达标") == word)
            if word in row:
                found.same(
                    "attainment.csv", f"{row['规划']} {row['领域']} {word}", row[word], number, row[word] == str(number)
                )


DELIVERED = 6
"""The decimals of a figure that a delivery can hold: the next plan is to receive it."""


def _baseline(mine: Mine, found: Comparison, rows: list[dict[str, str]], year: int, public: bool) -> None:
    for row in rows:
        key = (row["indicator"], int(row["year"]), mine.catalogue.code, "", row["sex"], row.get("part", "").strip("—"))
        figure = mine.figures.get(key)
        if figure is not None and figure.value is not None:  # as a delivery can hold it
            figure = figure._replace(value=round(figure.value, DELIVERED))
        _equal(found, "baseline.csv", key, row, figure, public)
        for column, demand in (("lowest", "each_at_least"), ("gap", "narrow")):
            if row[column] in ("", "—") or key[-1]:
                continue
            own = [
                p.series.get(year)
                for p in mine.promises
                if p.demand.demand == demand and p.target["indicator"] == key[0]
            ]
            known = [v.value for v in own if v is not None and v.value is not None]
            near = any(_near(row[column], round(value, DELIVERED)) for value in known)
            found.same("baseline.csv", f"{key[0]} {column}", row[column], known, near)


def _divided(mine: Mine, found: Comparison, rows: list[dict[str, str]], public: bool) -> None:
    """Every indicator by the parts of its dimension, and the whole, year by year."""
    names = {r["name"]: key for key, r in mine.catalogue.indicators.items()}
    for row in rows:
        key, part = names[row["指标"]], mine.catalogue.parts.get(row["组"], "")
        decimals = int(mine.catalogue.indicators[key]["decimals"])
        for head, text in row.items():
            if year := re.fullmatch(r"(\d{4})年", head):
                value = mine.figures.get((key, int(year.group(1)), mine.catalogue.code, "", "total", part))
                _printed(found, "divided.csv", f"{row['指标']} {row['组']} {head}", text, value, decimals, public)


def _sexes_change(mine: Mine, found: Comparison, rows: list[dict[str, str]], year: int) -> None:
    """Both sides and both gaps, as printed."""
    names = {r["name"]: key for key, r in mine.catalogue.indicators.items()}
    for row in rows:
        key, code = names[row["指标"]], mine.catalogue.code
        gaps: dict[int, Fraction] = {}
        for column, text in row.items():
            head = re.fullmatch(r"(\d{4})年([女男])", column)
            if head and text not in STATES:
                value = mine.figures.get((key, int(head.group(1)), code, "", SEXES[head.group(2)], ""))
                decimals = int(mine.catalogue.indicators[key]["decimals"])
                _printed(found, "sexes_change.csv", f"{row['指标']} {column}", text, value, decimals, True)
            if (head := re.fullmatch(r"(\d{4})年差距", column)) and text not in STATES:
                women, men = (mine.figures.get((key, int(head.group(1)), code, "", s, "")) for s in ("female", "male"))
                if women and men and women.value is not None and men.value is not None:
                    gaps[int(head.group(1))] = women.value - men.value
                    gap = women.value - men.value
                    found.same("sexes_change.csv", f"{row['指标']} {column}", text, float(gap), _prints(text, gap))

"""Judges the targets of one table by the values of another with every method, year by year: `./monitor assess`.

It needs no district, plan or warehouse, and takes any series of any office. Columns: see docs/outlook.md.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple, TextIO

from expectations.rules import RULES, Rule
from expectations.vocabulary import Likelihood, Reason, Verdict
from flows import inert
from flows.files import UnreadableError, open_file
from flows.outlook import HIGHER, LOWER, Aim, RateCounts
from flows.outlook.destatis import weather
from flows.outlook.own import chance
from flows.outlook.statcan import progress
from flows.outlook.status import likelihood, status
from flows.places import MendableError

MethodAsked = Literal["destatis", "statcan", "own", "all"]
METHODS = ("destatis", "statcan", "own")
NOTHING = {"destatis": "none", "statcan": "not_available", "own": Verdict.UNKNOWN.word}
"""Each method's word for "cannot be judged"."""
COLUMNS = ("target", "year", "method", "verdict", "projection", "miss", "ratio", "score", "probability", "reason")
NUMBERS = {"projection", "miss", "ratio", "score", "probability"}
TARGET_COLUMNS = ("target", "indicator", "rule", "value", "base_year", "target_year", "limit", "unit")
VALUE_COLUMNS = ("indicator", "year", "value", "numerator", "denominator")
NEEDED = {"target", "indicator", "rule", "year", "value"}

EVERY_YEAR = {f"every_year_{key}": RULES[key] for key in ("at_least", "at_most")}
"""The rules that a plan's file writes with `every_year: true`."""
ASKED = {**RULES, **EVERY_YEAR}


@dataclass(frozen=True)
class Question:
    """One row of the table of targets."""

    target: str
    indicator: str
    key: str
    """The key of a rule, or one of EVERY_YEAR."""
    value: Fraction | None
    base_year: int | None
    target_year: int | None
    limit: Fraction | None

    @property
    def rule(self) -> Rule:
        return ASKED[self.key]


@dataclass
class GivenValues:
    """The values of one indicator, and what is wrong with them."""

    values: dict[int, Fraction] = field(default_factory=dict)
    counts: dict[int, RateCounts] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    """Year → why its value cannot be used; no year from that one on is judged."""
    blank: set[int] = field(default_factory=set)

    @property
    def per(self) -> Fraction | None:
        """The number of persons that the rate is printed for: 100 for %, 100 000 for /10万; None if the figures do not
        agree on one.
        """
        found = {
            round(v * c.exposure / c.events, 0 if v * c.exposure / c.events > 10 else 6)
            for y, v in self.values.items()
            if (c := self.counts.get(y)) and c.events and c.exposure
        }
        whole = {Fraction(10) ** n for n in range(7)}
        near = {p for f in found for p in whole if abs(f / p - 1) < Fraction(1, 50)}
        return near.pop() if len(near) == 1 else None


class _Line(NamedTuple):
    number: int
    cells: Mapping[str, str]


def ask(targets: Path, values: Path, method: MethodAsked, form: Literal["csv", "json", "text"], out: TextIO) -> None:
    """Judge every target in every year that has a value, using only the values up to that year.

    Raises `MendableError` with file, line, column, value and what was expected.
    """
    questions, answers = _questions(targets), _answers(values)
    methods = METHODS if method == "all" else (method,)
    rows = [row for q in questions for row in _judged(q, answers.get(q.indicator, GivenValues()), methods)]
    if form == "json":
        out.write(inert.escaped(json.dumps(rows, ensure_ascii=False, indent=1)) + "\n")
    elif form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_csv_cell(row[c]) for c in COLUMNS] for row in rows)
    else:
        for row in rows:
            told = "，".join(f"{c} {row[c]:.4g}" for c in COLUMNS if c in NUMBERS and row[c] is not None)
            line = f"{row['target']}　{row['year'] or '—'}　{row['method']}：{row['verdict']}"
            out.write(inert.shown(f"{line}{f'（{told}）' if told else ''}　{row['reason']}\n"))


def _csv_cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.10g}"
    return inert.shown_cell("" if value is None else str(value))


# --- reading ---------------------------------------------------------------------------------------------------------


def _questions(path: Path) -> list[Question]:
    found: dict[str, int] = {}
    questions = []
    for line in _lines(path, TARGET_COLUMNS):
        cells = line.cells
        name = cells["target"]
        if not name or not cells["indicator"]:
            raise _wrong(path, line, "target" if not name else "indicator", "", "目标和指标的名称")
        if name in found:
            raise _wrong(path, line, "target", name, f"不重复的名称（第{found[name]}行已有）")
        found[name] = line.number
        if cells["rule"] not in ASKED:
            raise _wrong(path, line, "rule", cells["rule"], f"以下之一：{'、'.join(sorted(ASKED))}")
        value = _number(path, line, "value")
        if value is None and ASKED[cells["rule"]].valued and not ASKED[cells["rule"]].lone:
            raise _wrong(path, line, "value", "", f"{cells['rule']} 的目标数值")
        questions.append(
            Question(
                name,
                cells["indicator"],
                cells["rule"],
                value,
                _year(path, line, "base_year"),
                _year(path, line, "target_year"),
                _number(path, line, "limit"),
            )
        )
    return questions


def _answers(path: Path) -> dict[str, GivenValues]:
    found: dict[str, GivenValues] = {}
    for line in _lines(path, VALUE_COLUMNS):
        year = _year(path, line, "year")
        if year is None or not line.cells["indicator"]:
            column = "year" if year is None else "indicator"
            raise _wrong(path, line, column, "", "年份" if year is None else "指标的名称")
        answers = found.setdefault(line.cells["indicator"], GivenValues())
        value = _number(path, line, "value")
        if value is None:
            answers.blank.add(year)
            continue
        if year in answers.values and year not in answers.faults:
            old = answers.values[year]
            answers.faults[year] = f"{year}年有两个数值（{float(old):g}、{float(value):g}），须先核实"
        answers.values[year] = value
        events, exposure = _number(path, line, "numerator"), _number(path, line, "denominator")
        if events is not None and exposure is not None:
            if events < 0 or exposure < 0:
                raise _wrong(path, line, "numerator" if events < 0 else "denominator", "负数", "不小于零的数")
            answers.counts[year] = RateCounts(events, exposure)
    return found


def _lines(path: Path, columns: Iterable[str]) -> Iterator[_Line]:
    """Rows by the name of their columns, whatever the encoding or the kind of file."""
    try:
        view = open_file(path).views[0]
        rows = list(view.rows())
    except (FileNotFoundError, IsADirectoryError):
        raise MendableError(f"找不到文件：{path}") from None
    except UnreadableError as error:
        raise MendableError(f"{path.name} 无法读取：{error}，{error.defect.cure}") from None
    header: list[str] | None = None
    for row in rows:
        cells = [c.strip() for c in row.cells]
        if not any(cells):
            continue
        if header is None:
            header = [c.lower() for c in cells]
            missing = [c for c in columns if c in NEEDED and c not in header]
            if missing:
                raise MendableError(
                    f"{path.name} 第{row.line}行：表头缺少{'、'.join(missing)}，应有{','.join(columns)}"
                )
            if doubled := {c for c in header if c and header.count(c) > 1}:
                raise MendableError(f"{path.name} 第{row.line}行：表头的{'、'.join(sorted(doubled))}出现不止一次")
            continue
        if len(cells) > len(header) and any(cells[len(header) :]):
            raise MendableError(f"{path.name} 第{row.line}行：有{len(cells)}列，多于表头的{len(header)}列")
        named = dict(zip(header, cells, strict=False))
        yield _Line(row.line, {c: named.get(c, "") for c in columns})
    if header is None:
        raise MendableError(f"{path.name} 是空的，应有表头{','.join(columns)}")


def _wrong(path: Path, line: _Line, column: str, value: str, expected: str) -> MendableError:
    written = f"“{value}”" if value else "空"
    return MendableError(f"{path.name} 第{line.number}行 {column} 列为{written}，应为{expected}")


def _number(path: Path, line: _Line, column: str) -> Fraction | None:
    text = line.cells[column]
    if not text:
        return None
    try:
        if "/" in text or "_" in text:
            raise ValueError
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise _wrong(path, line, column, text, "数字，如 85.2") from None


def _year(path: Path, line: _Line, column: str) -> int | None:
    text = line.cells[column].removesuffix(".0").removesuffix("年")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 1000 <= int(text) <= 9999):
        raise _wrong(path, line, column, text, "四位年份，如 2024")
    return int(text)


# --- judging ---------------------------------------------------------------------------------------------------------


def _judged(question: Question, answers: GivenValues, methods: Iterable[str]) -> Iterator[dict[str, object]]:
    years = sorted({*answers.values, *answers.blank})
    if not years:
        for method in methods:
            yield _row(question, None, method, NOTHING[method], reason="没有这个指标的数值")
    for year in years:
        for method in methods:
            yield _row(question, year, method, *_verdict(question, answers, year, method))


def _row(
    question: Question,
    year: int | None,
    method: str,
    verdict: str,
    numbers: Mapping[str, float | None] | None = None,
    reason: str = "",
) -> dict[str, object]:
    numbers = numbers or {}
    head: dict[str, object] = {"target": question.target, "year": year, "method": method, "verdict": verdict}
    return {**head, **{c: numbers.get(c) for c in COLUMNS if c in NUMBERS}, "reason": reason}


def _verdict(
    question: Question, answers: GivenValues, year: int, method: str
) -> tuple[str, Mapping[str, float | None], str]:
    nothing = NOTHING[method]
    if fault := next((answers.faults[y] for y in sorted(answers.faults) if y <= year), ""):
        return nothing, {}, fault
    if year not in answers.values:
        return nothing, {}, "该年没有数值"
    if question.rule.lone:
        return nothing, {}, f"规则 {question.rule} {question.rule.lone}，单个序列无法评价"
    aim = _aim(question, answers, year)
    if isinstance(aim, str):
        return nothing, {}, aim
    if method == "destatis":
        found = weather(answers.values, aim, year)
        return found.symbol, {"projection": _float(found.projection), "miss": _float(found.miss)}, found.reason
    if method == "statcan":
        told = progress(answers.values, aim, year)
        return told.verdict, {"ratio": told.ratio, "score": told.score}, told.reason
    return _own(answers, aim, year)


def _aim(question: Question, answers: GivenValues, year: int) -> Aim | str:
    """The number or direction to reach, as known in `year`; a text says why it is not known."""
    rule, value = question.rule, question.value
    every_year = question.key in EVERY_YEAR
    ends = (question.base_year, question.target_year, question.limit)
    if rule.limit == "change":
        assert value is not None
        base = answers.values.get(question.base_year or 0)
        if base is None or (question.base_year or 0) > year:
            return f"缺少{question.base_year or ''}年（基期）数值，无法确定目标值"
        if not base:
            return f"{question.base_year}年（基期）数值为零，相对变化没有目标值"
        direction = LOWER if value < 0 else HIGHER
        return Aim(direction, base * (1 + value / 100), False, every_year, *ends)
    direction = LOWER if rule.wants == "less" else HIGHER
    strict = rule.valued and rule.strict  # a direction is strict by the status's own rule
    return Aim(direction, value if rule.valued else None, strict, every_year, *ends)


def _own(answers: GivenValues, aim: Aim, year: int) -> tuple[str, Mapping[str, float | None], str]:
    """The project's status. If its own model gives a probability, the probability decides between likely
    and unlikely.
    """
    outside = [
        y
        for y, v in answers.values.items()
        if y <= year and aim.bound is not None and aim.direction * (v - aim.bound) > 0
    ]
    if outside:
        return NOTHING["own"], {}, f"{outside[0]}年的数值超出自然界限{float(aim.bound or 0):g}，须先核实"
    measured = _measured_from(answers, aim, year)
    judged = status(answers.values, measured, year)
    likely = chance(answers.values, aim, year, answers.counts or None, answers.per)
    numbers = {"projection": likely.middle, "probability": likely.probability}
    if judged.verdict == Verdict.UNKNOWN:
        return NOTHING["own"], {}, Reason.of(str(judged.reason)).word
    reasons = {
        "kept": "按当年数值评价",
        "path": "不足4个年度，与基期到目标值的直线进度比较",
        "direction": "按平均变动和最近一次变动评价",
        "linear": judged.weather.reason,
        None: "已到目标年份，按当年数值评价",
    }
    verdict, reason = judged.verdict, reasons[judged.method]
    if judged.method == "linear" and likely.probability is not None:
        if likely.probability >= 0.5:
            verdict = Verdict.ON_COURSE
        elif verdict == Verdict.ON_COURSE:
            verdict = Verdict.BEHIND
        reason = f"按本系统模型，目标年份达标的{_told(likely.probability, aim)}"
    elif likely.probability is None:
        reason = f"{reason}；{likely.reason}"
    if measured is not aim:
        reason = f"{aim.base_year}年没有数值，以{measured.base_year}年为基期；{reason}"
    return Verdict.of(verdict).word, numbers, reason


def _told(share: float, aim: Aim) -> str:
    """The probability as a percentage where that is reliable, else in words."""
    sense = likelihood(share, aim.whole)
    return Likelihood.of(sense).word if sense else f"概率为{share:.0%}"


def _measured_from(answers: GivenValues, aim: Aim, year: int) -> Aim:
    """The base year; the first year after it that has a value, if the base year has none."""
    if aim.base_year is None or aim.base_year in answers.values:
        return aim
    later = [y for y in sorted(answers.values) if aim.base_year < y <= year]
    return replace(aim, base_year=later[0]) if later else aim


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)

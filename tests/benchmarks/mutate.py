"""Honest files with one stated difference planted where people put it: is it noticed, or a wrong figure taken?

`python -m tests.benchmarks.mutate --seconds 120 --seed 1` tells the rates by kind and place, with the numbers of the
misses; `--trial N` tells one of them again, `--save FOLDER` keeps the files of the misses. A control group has no
difference, or one that changes nothing: whatever is asked about there is a false alarm.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import re
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from flows.desk.filing import Wanted
from tests.benchmarks import roads
from tests.benchmarks.roads import Answer
from tests.fixtures.deliveries import CATALOG, CATALOGUE, YEAR
from tests.fixtures.make import xlsx

TOWNS = (("990201001", "东风街道"), ("990201101", "西桥镇"), ("990201102", "南山镇"))
Fill = Callable[[openpyxl.Workbook, Worksheet], None]


@dataclass
class Sheet:
    """A file before it is written: the table, and what stands around it."""

    dataset: str
    title: str
    header: list[str]
    rows: list[list[Any]]
    counts: list[int]
    """Positions of the columns that count persons."""
    above: list[list[str]] = field(default_factory=list)
    group: list[str] = field(default_factory=list)
    """A line over the header."""
    under: list[str] = field(default_factory=list)
    """A line of units under the header."""
    below: list[list[str]] = field(default_factory=list)
    name: str = "Sheet1"
    fills: list[Fill] = field(default_factory=list)
    """What is done to the worksheet in the end."""
    part: Callable[[str, bytes], bytes] | None = None
    """What is done to the parts of the written workbook."""
    figures: list[list[Any]] = field(default_factory=list)
    """The honest figures row by row in the order of the columns; the table's own where it is empty."""

    @property
    def lines(self) -> list[list[Any]]:
        heads = [line for line in (self.group, self.header, self.under) if line]
        return [*self.above, *heads, *self.rows, *self.below]

    @property
    def first(self) -> int:
        """The worksheet's number of the first row of data."""
        return len(self.lines) - len(self.rows) - len(self.below) + 1

    def numbers(self) -> list[int]:
        """Positions of the columns of figures."""
        return [p for p in range(len(self.header)) if isinstance(self.rows[0][p], int | float) and p > 0]

    def add_column(self, at: int, header: str, cells: Sequence[Any]) -> None:
        """A column more; the positions behind it move on."""
        for line in (self.header, *([self.group] if self.group else []), *([self.under] if self.under else [])):
            line.insert(at, header if line is self.header else "")
        for row, one in zip(self.rows, cells, strict=True):
            row.insert(at, one)
        self.counts = [p + (p >= at) for p in self.counts]


def births(r: random.Random) -> Sheet:
    rows: list[list[Any]] = [[YEAR, code, name, r.randint(100, 900), r.randint(0, 5)] for code, name in TOWNS]
    return Sheet("births", "活产和死亡情况表", ["年份", "街镇代码", "街镇", "活产数", "死亡人数"], rows, [3, 4])


def literacy(r: random.Random) -> Sheet:
    rows: list[list[Any]] = [
        [YEAR, sex, r.randint(200, 400), r.randint(50, 190), r.randint(600, 950) / 10] for sex in ("女", "男")
    ]
    return Sheet("literacy", "素养调查表", ["年份", "性别", "受访人数", "合格人数", "参与率"], rows, [2, 3])


def clinics(r: random.Random) -> Sheet:
    rows: list[list[Any]] = [[YEAR, name, r.randint(2, 40)] for name in ("西桥镇卫生院", "南山镇卫生院")]
    return Sheet("clinics", "卫生院人员情况表", ["年份", "机构", "医生数"], rows, [2])


HONEST = (births, births, literacy, clinics)


def figures(
    sheet: Sheet, rows: list[list[Any]] | None = None, factors: dict[int, int] | None = None
) -> tuple[str, ...]:
    """The figures of a table as they are stored, columns multiplied by `factors`."""
    values = [Decimal(str(row[p])) * (factors or {}).get(p, 1) for row in rows or sheet.rows for p in sheet.numbers()]
    return tuple(f"{value.normalize():f}" for value in values)


# --- differences -----------------------------------------------------------------------------------------------------


class Planted(NamedTuple):
    kind: str
    place: str
    readings: frozenset[tuple[str, ...]]
    """Figures that are right although something is planted: converted ones."""


UNITS = {"百人": 100, "千人": 1000, "户": 0, "对": 0}
WORDS = {
    "another year": ("2023年", "2022年"),
    "part of a year": ("上半年", "1—6月", "三季度", "12月"),
    "other people": ("流动人口", "户籍人口", "农村", "外来人口"),
    "another place": ("全市", "全省", "全国"),
    "no final figure": ("预计", "快报数", "预测", "初步数"),
}


def word(r: random.Random, sheet: Sheet) -> Planted:
    """A word of another year, period, people or place, or of a figure that is not final, somewhere around the table."""
    kind = r.choice(sorted(WORDS))
    said = r.choice(WORDS[kind])
    dated = "" if kind in {"another year", "part of a year"} else f"{YEAR}年"
    number = r.choice(sheet.counts)
    places: dict[str, Callable[[], None]] = {
        "title": lambda: sheet.above.append([f"{dated}{said}{sheet.title}"]),
        "brackets of the title": lambda: sheet.above.append([f"{sheet.title}（{said}）"]),
        "line above": lambda: sheet.above.extend([[sheet.title], [f"{LABELS[kind]}：{said}"]]),
        "group over a column": lambda: _group(sheet, number, said),
        "group over all columns": lambda: _group(sheet, min(sheet.counts), said, to=len(sheet.header)),
        "brackets of a header": lambda: _head(sheet, number, f"{sheet.header[number]}（{said}）"),
        "before a header": lambda: _head(sheet, number, f"{said}{sheet.header[number]}"),
        "note below": lambda: sheet.below.append([f"注：表中数据为{said}数据。"]),
        "remark in a column": lambda: sheet.add_column(
            len(sheet.header), "备注", [f"{said}数据" if n == 0 else "" for n in range(len(sheet.rows))]
        ),
        "name of the worksheet": lambda: setattr(sheet, "name", said),
    }
    place = r.choice(sorted(places))
    places[place]()
    return Planted(kind, place, frozenset())


LABELS = {
    "another year": "数据年份",
    "part of a year": "报告期",
    "other people": "统计范围",
    "another place": "统计范围",
    "no final figure": "数据性质",
}


def unit(r: random.Random, sheet: Sheet) -> Planted:
    """Another unit, for the whole table or for one column."""
    said, factor = r.choice(sorted(UNITS.items()))
    number = r.choice(sheet.counts)
    whole = dict.fromkeys(sheet.counts, factor)
    one = {number: factor}
    places: dict[str, tuple[dict[int, int], Callable[[], None]]] = {
        "line above": (whole, lambda: sheet.above.extend([[sheet.title], [f"单位：{said}"]])),
        "letters with blanks between them": (whole, lambda: sheet.above.append(["", "", f"单　位：{said}"])),
        "brackets of the title": (whole, lambda: sheet.above.append([f"{YEAR}年{sheet.title}（{said}）"])),
        "a cell beside the title": (whole, lambda: sheet.above.append([sheet.title, "", f"（{said}）"])),
        "line below": (whole, lambda: sheet.below.append([f"单位：{said}"])),
        "note below": (whole, lambda: sheet.below.append([f"注：表中数据单位为{said}。"])),
        "brackets of a header": (one, lambda: _head(sheet, number, f"{sheet.header[number]}（{said}）")),
        "row of units": (one, lambda: setattr(sheet, "under",
        [said if p == number else "" for p in range(len(sheet.header))])),
        "behind a figure": (one, lambda: _behind(sheet, number, said)),
        "name of the worksheet": (whole, lambda: setattr(sheet, "name", f"{sheet.title}（{said}）")),
    }  # fmt: skip
    place = r.choice(sorted(places))
    factors, plant = places[place]
    right = frozenset({figures(sheet, factors=factors)}) if factor else frozenset[tuple[str, ...]]()
    if place == "behind a figure" and factor:
        rows = [list(row) for row in sheet.rows]
        rows[0][number] *= factor
        right = frozenset({figures(sheet, rows)})
    plant()
    return Planted("another unit", place, right)


def _group(sheet: Sheet, at: int, said: str, to: int = 0) -> None:
    sheet.group = ["" for _ in sheet.header]
    sheet.group[at] = said
    end = to or at + 1
    if end > at + 1:
        row = len(sheet.above) + 1
        sheet.fills.append(
            lambda book, first: first.merge_cells(start_row=row, end_row=row, start_column=at + 1, end_column=end)
        )
    if end < len(sheet.header):
        sheet.group[end] = sheet.header[end]


def _head(sheet: Sheet, at: int, header: str) -> None:
    sheet.header[at] = header


def _behind(sheet: Sheet, at: int, said: str) -> None:
    sheet.rows[0][at] = f"{sheet.rows[0][at]}{said}"


def shown(r: random.Random, sheet: Sheet) -> Planted:
    """What a workbook shows otherwise than it stores."""
    filled = [(n, p) for n, row in enumerate(sheet.rows) for p in sheet.counts if row[p]]  # a zero shows as a zero
    row, position = r.choice(filled)
    line, at, value = sheet.first + row, position + 1, sheet.rows[row][position]
    kinds: dict[str, Callable[[], Sequence[Any]]] = {
        "hidden row": lambda: _do(sheet, lambda book, first: setattr(first.row_dimensions[line], "hidden", True)),
        "hidden column": lambda: _do(
            sheet, lambda book, first: setattr(first.column_dimensions[_letter(at)], "hidden", True)
        ),
        "hidden worksheet": lambda: _do(sheet, _hidden_copy),
        "struck-out cell": lambda: _do(sheet, lambda book,
        first: setattr(first.cell(line, at), "font", Font(strike=True))),
        "struck-out letters": lambda: _do(sheet, _runs(line, at, ("17", {"strike": True}), (str(value), {}))),
        "superscript": lambda: _do(sheet, _runs(line, at, (str(value), {}), ("1", {"vertAlign": "superscript"}))),
        "unit in the format": lambda: _do(sheet, _format(line, at, '0"百"')),
        "point in the format": lambda: _do(sheet, _format(line, at, "0!.00")),
        "sign in the format": lambda: _do(sheet, _format(line, at, '0"‰"')),
        "thousands in the format": lambda: _do(sheet, _format(line, at, "0.0,")),
        "format that hides": lambda: _do(sheet, _format(line, at, ";;;")),
        "formula never computed": lambda: _formula(sheet, line, at),
        "comment on a cell": lambda: _do(
            sheet,
            lambda book, first: setattr(first.cell(line, at), "comment", Comment("只统计了上半年", "填表人")),
        ),
    }  # fmt: skip
    kind = r.choice(sorted(kinds))
    kinds[kind]()
    plain = [list(row) for row in sheet.rows]
    right = set[tuple[str, ...]]()
    if kind in {"struck-out letters", "superscript"}:
        right.add(figures(sheet, plain))
    if kind == "unit in the format":
        plain[line - sheet.first][at - 1] *= 100
        right.add(figures(sheet, plain))
    return Planted(kind, "worksheet", frozenset(right))


def _do(sheet: Sheet, fill: Fill) -> Sequence[Any]:
    sheet.fills.append(fill)
    return sheet.fills


def _letter(at: int) -> str:
    return "ABCDEFGHIJ"[at - 1]


def _format(line: int, at: int, number_format: str) -> Fill:
    return lambda book, first: setattr(first.cell(line, at), "number_format", number_format)


def _runs(line: int, at: int, *runs: tuple[str, dict[str, Any]]) -> Fill:
    def fill(book: openpyxl.Workbook, first: Worksheet) -> None:
        first.cell(line, at).value = CellRichText(*(TextBlock(InlineFont(**font), text) for text, font in runs))

    return fill


def _hidden_copy(book: openpyxl.Workbook, first: Worksheet) -> None:
    """An older copy of the table, hidden, before the one that is seen."""
    old = book.create_sheet("旧表", 0)
    for row in first.iter_rows(values_only=True):
        old.append([v - 1 if isinstance(v, int) and 10 < v < 1000 else v for v in row])
    old.sheet_state = "hidden"
    book.active = 1


def _formula(sheet: Sheet, line: int, at: int) -> Sequence[Any]:
    """A formula with the value 0 and the order to compute everything anew."""
    place = f"{_letter(at)}{line}"

    def change(name: str, data: bytes) -> bytes:
        text = data.decode()
        if name.startswith("xl/worksheets/"):
            text = re.sub(rf'(<c r="{place}"[^>]*?)( t="n")?>\s*<v>[^<]*</v>', r"\1><f>100+23</f><v>0</v>", text)
        if name == "xl/workbook.xml":
            text = re.sub(r"<calcPr[^>]*/>", '<calcPr calcId="0" fullCalcOnLoad="1"/>', text)
        return text.encode()

    sheet.part = change
    return [place]


# --- the control group -----------------------------------------------------------------------------------------------


def harmless(r: random.Random, sheet: Sheet) -> Planted:
    """Something that changes nothing."""
    kinds: dict[str, Callable[[], Any]] = {
        "nothing": lambda: None,
        "title with the year": lambda: sheet.above.append([f"{YEAR}年{sheet.title}"]),
        "title with year and place": lambda: sheet.above.append([f"示例市甲区{YEAR}年度{sheet.title}"]),
        "unit that fits": lambda: sheet.above.extend([[sheet.title], ["", "", "单位：人"]]),
        "sender": lambda: sheet.above.extend([[sheet.title], ["填报单位：区卫生健康委"]]),
        "单位 as the sender": lambda: sheet.above.append(["单位：区卫生健康委", "", "负责人：赵某"]),
        "who made it": lambda: sheet.below.append(["制表人：王某", "", "审核人：李某"]),
        "who made it, in two cells": lambda: sheet.below.append(["制表：王某", "审核：李某"]),
        "date below": lambda: sheet.below.append(["2025年3月1日"]),
        "sheet number": lambda: sheet.above.extend([["表号：甲卫3表"], [f"{YEAR}年"]]),
        "running numbers": lambda: sheet.add_column(0, "序号", [n + 1 for n in range(len(sheet.rows))]),
        "empty remarks": lambda: sheet.add_column(len(sheet.header), "备注", ["" for _ in sheet.rows]),
        "source below": lambda: sheet.below.append(["注：数据来源于部门年报。"]),
        "group that says nothing": lambda: _group(sheet, min(sheet.counts), "主要数据", to=len(sheet.header)),
        "worksheet named by the year": lambda: setattr(sheet, "name", f"{YEAR}年"),
        "worksheet named by the table": lambda: setattr(sheet, "name", sheet.title),
        "blank lines": lambda: sheet.above.extend([[sheet.title], []]),
        "unit in a header": lambda: _head(sheet, sheet.counts[0], f"{sheet.header[sheet.counts[0]]}（人）"),
        "thousands": lambda: _do(sheet, _all("#,##0")),
        "bold": lambda: _do(sheet, lambda book, first: setattr(first.cell(1, 1), "font", Font(bold=True))),
        "empty worksheet": lambda: _do(sheet, lambda book, first: book.create_sheet("Sheet2")),
        "whole year": lambda: sheet.above.append([f"{YEAR}年1—12月{sheet.title}"]),
    }  # fmt: skip
    kind = r.choice(sorted(kinds))
    right = figures(sheet)
    kinds[kind]()
    return Planted(kind, "control", frozenset({right}))


def _all(number_format: str) -> Fill:
    def fill(book: openpyxl.Workbook, first: Worksheet) -> None:
        for row in first.iter_rows():
            for one in row:
                if isinstance(one.value, int) and one.column > 2:
                    one.number_format = number_format

    return fill


# --- writing and trying ----------------------------------------------------------------------------------------------


def written(sheet: Sheet, form: str) -> bytes:
    if form == "csv":
        out = io.StringIO()
        width = len(sheet.header)
        csv.writer(out, lineterminator="\n").writerows(line + [""] * (width - len(line)) for line in sheet.lines)
        return out.getvalue().encode()

    def fill(book: openpyxl.Workbook, first: Worksheet) -> None:
        first.title = sheet.name
        for line in sheet.lines:
            first.append([None if v == "" else v for v in line])
        for change in sheet.fills:
            change(book, first)

    data = xlsx(fill)
    if sheet.part is None:
        return data
    out_bytes = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as sound, zipfile.ZipFile(out_bytes, "w") as made:
        for name in sound.namelist():
            made.writestr(zipfile.ZipInfo(name), sheet.part(name, sound.read(name)))
    return out_bytes.getvalue()


class Trial(NamedTuple):
    number: int
    planted: Planted
    form: str
    dataset: str
    honest: tuple[str, ...]
    """The figures of the file without what is planted."""
    data: bytes


def trial(seed: int, number: int) -> Trial:
    """The file of one trial: the same for the same seed and number."""
    r = random.Random(f"{seed}/{number}")
    sheet = r.choice(HONEST)(r)
    plant = r.choice((word, word, unit, shown, harmless))
    honest = figures(sheet)
    planted = plant(r, sheet)
    only_book = bool(sheet.fills or sheet.part) or sheet.name != "Sheet1"
    form = "xlsx" if only_book else r.choice(("csv", "xlsx"))
    return Trial(number, planted, form, sheet.dataset, honest, written(sheet, form))


NOTICED, CONVERTED, SILENT, CRASH, CALM, ALARM = (
    "noticed",
    "converted",
    "WRONG SILENTLY",
    "CRASH",
    "calm",
    "FALSE ALARM",
)


def outcome(one: Trial, answer: Answer) -> str:
    """What became of it."""
    if answer.code == 1:
        return CRASH
    if one.planted.place == "control":
        return CALM if answer.code == 0 and answer.figures in one.planted.readings else ALARM
    if answer.asked or answer.code in (2, 3):
        return NOTICED
    return CONVERTED if answer.figures in one.planted.readings else SILENT


def tried(one: Trial) -> tuple[str, Answer]:
    """A trial's file through `check`."""
    with tempfile.TemporaryDirectory(prefix="mutate-") as name:
        where = roads.home(CATALOGUE, Path(name))
        path = Path(name) / f"报送.{one.form}"
        path.write_bytes(one.data)
        answer = roads.check(path, CATALOG, where, Wanted(one.dataset, None, YEAR))
    return outcome(one, answer), answer


def told(one: Trial, result: str, answer: Answer) -> str:
    first = roads.plain(answer.first)[:160]
    return f"{one.number:6} {result} | {one.planted.kind} | {one.planted.place} | {one.dataset}.{one.form} | {first}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trial", type=int, help="tell one trial again")
    parser.add_argument("--save", type=Path, help="a folder for the files of the misses")
    given = parser.parse_args()
    if given.trial is not None:
        one = trial(given.seed, given.trial)
        if one.form == "csv":
            print(one.data.decode())
        print(told(one, *tried(one)))
        return
    counts: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    end, number = time.monotonic() + given.seconds, 0
    while time.monotonic() < end:
        number += 1
        one = trial(given.seed, number)
        result, answer = tried(one)
        counts[one.planted.kind, one.planted.place][result] += 1
        if result in {SILENT, CRASH, ALARM}:
            print(told(one, result, answer))
            if given.save is not None:
                given.save.mkdir(parents=True, exist_ok=True)
                (given.save / f"{given.seed}-{number}.{one.form}").write_bytes(one.data)
    _print_rates(counts)


def _print_rates(counts: dict[tuple[str, str], dict[str, int]]) -> None:
    print("\nkind | place | tried | noticed or converted, in the control group calm")
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for (kind, place), results in sorted(counts.items(), key=lambda item: (item[0][1] == "control", item[0])):
        good = sum(results[word] for word in (NOTICED, CONVERTED, CALM))
        tried_ = sum(results.values())
        print(f"{kind} | {place} | {tried_} | {good}")
        group = "control" if place == "control" else kind
        kinds[group][0] += tried_
        kinds[group][1] += good
    print()
    for kind, (tried_, good) in sorted(kinds.items(), key=lambda item: item[0] == "control"):
        print(f"{kind}: {good} of {tried_} ({good / tried_:.0%})")
    control = kinds.get("control", [0, 0])
    planted = [sum(v[i] for k, v in kinds.items() if k != "control") for i in (0, 1)]
    print(
        f"planted: {planted[1]} of {planted[0]} noticed or converted; control: {control[0] - control[1]} false alarms"
    )


if __name__ == "__main__":
    main()

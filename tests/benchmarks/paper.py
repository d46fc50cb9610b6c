"""Delivered text by the thousand, up to the finished paper: whatever a department writes, both editions are printed.

`python -m tests.benchmarks.paper --seconds 600 --seed 1` counts; the suite makes one edition
(tests/system/test_paper.py).
"""

import argparse
import hashlib
import random
import re
import subprocess
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from html import escape
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
import yaml

from flows import pipeline
from flows.desk import trial, verify
from flows.files.characters import LONGEST, LONGEST_SOURCE, as_drawn, changes, printable
from flows.files.encoding import decide
from flows.files.source import FileBytes
from flows.places import TEMPLATES
from flows.press import pdf
from flows.report.kinds import KINDS
from tests.fixtures.homes import ODD, home_in
from tests.fixtures.warehouses import opened

YEAR, DISTRICT = 2022, "990101"
FRAGMENTS = [
    "<b>粗</b>", "<script>alert(1)</script>", "<style>*{display:none}</style>", "</td></tr></table>", "<!--", "-->",
    "]]>", "&amp;&#0;&lt;",
    "<img src=file:///etc/passwd>", "<a href='javascript:1'>", "<svg/onload=1>", "<svg><text>x</text></svg>",
    "url(http://x/)", "@import 'x';",
    "}*{color:red", "content: counter(page)", "{{ 7*7 }}", "{% raw %}", "{# #}", "{{ letter.__class__ }}", "${x}",
    "%s%d%n", "[red]红[/red]",
    "[/10万]", "=1+1", "=cmd|'/C calc'!A0", "@SUM(A1)", "+1", "-1", "\t=1", "'=1", "; drop table x; --", "../../x",
    "C:\\x", "\\N{BEL}",
    "\x1b[31m红\x1b[0m", "\x1b]0;x\x07", "\r\n", "\n", "\t", "‰", "达标", "未达标", "提前实现", "12.5%", "873", "2023年", "—",
    "……", "“”", "续表3",
    "— 12 —", "~", "～", "〜", "·", "•", "・",
]  # fmt: skip
PLANES = [(0, 0x7F), (0x80, 0x2FF), (0x300, 0x36F), (0x370, 0x58F), (0x590, 0x8FF), (0x900, 0x109F),
(0x1100, 0x1FFF), (0x2000, 0x206F),
          (0x2070, 0x2BFF), (0x2E80, 0x2FDF), (0x3000, 0x33FF), (0x3400, 0x9FFF), (0xA000, 0xD7FF),
          (0xD800, 0xDFFF), (0xE000, 0xF8FF),
          (0xF900, 0xFAFF), (0xFB00, 0xFFFF), (0x10000, 0x1FFFF), (0x1F000, 0x1FAFF), (0x20000, 0x323AF),
          (0xE0000, 0xE01EF),
          (0x10FF00, 0x10FFFF)]  # fmt: skip
SEQUENCES = ["👨‍👩‍👧‍👦", "👍🏽", "🇨🇳", "1️⃣", "✅", "☑️", "e\u0301", "x" + "\u0335\u0301\u0300" * 12, "บ้าน", "བོད་ཡིག",
"ᠮᠣᠩᠭᠣᠯ", "ئۇيغۇر", "שלום", "हिन्दी",
             "가", "각", "葛\U000e0101", "⼥⼦", "𠮷", "𰻝", "\ue5e5", "ﬁ", "㍿", "①", "　"]  # fmt: skip


SLASHED = (
    ("districts/990101.yml", "name: 区卫生健康委", "name: 区卫生/健康委"),
    ("datasets/all.yml", "title: 健康素养调查表", "title: 健康/素养调查表"),
)
"""A department's and a dataset's name that are no file's name."""


def text(random_: random.Random, plain: bool = False) -> str:
    """Something that a department, or somebody who means harm, might write; `plain`: without what no file can hold."""
    pieces = []
    for _ in range(random_.randint(1, 6)):
        match random_.randrange(6):
            case 0:
                low, high = random_.choice(PLANES)
                pieces.append("".join(chr(random_.randint(low, high)) for _ in range(random_.randint(1, 12))))
            case 1:
                pieces.append(random_.choice(FRAGMENTS))
            case 2:
                pieces.append(random_.choice(SEQUENCES))
            case 3:
                pieces.append("".join(chr(random_.randint(0, 0x10FFFF)) for _ in range(random_.randint(1, 5))))
            case 4:
                pieces.append(
                    random_.choice(["W", "字", "9", "a b ", "-", "，", "\u0301"])
                    * random_.choice([3, 300, 3000, 20_000])
                )
            case _:
                pieces.append(random_.choice(["开展宣传活动", "已完成年度任务", "East Town", "Москва"]))
    random_.shuffle(pieces)
    whole = "".join(pieces)
    return "".join(c for c in whole if not "\ud800" <= c <= "\udfff") if plain else whole


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


class Delivered(NamedTuple):
    """The golden district's home with others' texts in it, by the place where each stands."""

    home: Path
    texts: Mapping[str, str]


def deliver(random_: random.Random, folder: Path) -> Delivered:
    """The golden deliveries of 2022 with a text in every place where a department, or the register, can put one."""
    home = home_in(folder / ODD)
    for name, old, new in SLASHED:
        path = home / "expectations" / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    year = home / "raw" / DISTRICT / str(YEAR)
    register = yaml.safe_load((year / "deliveries.yml").read_text(encoding="utf-8"))
    texts: dict[str, str] = {}

    def put(place: str, fit: Callable[[str], str] = str) -> str:
        texts[place] = fit(text(random_, plain=True))
        return texts[place]

    for entry in register["deliveries"]:
        old = year / entry["file"]
        head, *rows = old.read_text(encoding=decide(FileBytes.of(old)).codec).splitlines()
        match entry["dataset"]:
            case "progress":
                cells = rows[0].split(",")
                cells[4:] = [_quoted(put("进展情况")), _quoted(put("佐证材料"))]
                rows[0] = ",".join(cells)
                data = "\n".join([head, *rows]).encode()
            case "maternal_health":
                rows[0] = rows[0].replace("东街道", _quoted(put("街镇")))
                rows[1] = rows[1].replace(",9", "," + _quoted(put("数据")))
                data = "\n".join([_quoted(put("标题")), head + "," + _quoted(put("列名")),
                rows[0] + "," + _quoted(put("备注")), rows[1],
                                  _quoted("注：" + put("表尾"))]).encode()  # fmt: skip
            case "cadres":
                data = _workbook([head, *rows], put)
            case _:
                rows[0] = rows[0].replace("女", _quoted(put("性别")))
                data = "\n".join([head, *rows]).encode()
        old.unlink()
        name = put(f"文件名{entry['dataset']}", _file_name)
        (year / name).write_bytes(data)
        entry |= {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "reason": put(f"原因{entry['dataset']}")}
    register["note"] = put("说明")
    (year / put("未登记", _file_name)).write_bytes(b"")
    (year / "deliveries.yml").write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")
    return Delivered(home, texts)


def _file_name(words: str) -> str:
    plain = words.replace("/", "").replace("\0", "").strip(". \t\r\n")
    return plain.encode()[:200].decode(errors="ignore") or "x"


def _workbook(lines: list[str], put: Callable[..., str]) -> bytes:
    def holds(words: str) -> str:  # what an Excel file can hold
        return (
            openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", words)[:30_000].replace("\ufffe", "").replace("\uffff", "")
        )

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = put(
        "工作表名", lambda words: "".join(c for c in holds(words) if c not in "[]:*?/\\'\r\n\t")[:30].strip() or "表"
    )
    for row, line in enumerate(lines, 1):
        for column, cell in enumerate(line.split(","), 1):
            sheet.cell(row, column).value = int(cell) if cell.isdigit() else cell
    sheet.cell(len(lines) + 2, 1).value = put("表下", holds)
    sheet.cell(len(lines) + 2, 1).data_type = "s"
    with tempfile.TemporaryDirectory() as name:
        book.save(Path(name) / "book.xlsx")
        return (Path(name) / "book.xlsx").read_bytes()


class Finding(NamedTuple):
    rule: str
    severity: str
    line: int | None
    column: str | None
    message: str
    delivery: str | None


class Ended(NamedTuple):
    report: str
    """The text of the internal edition."""
    findings: Sequence[Finding]
    silent: Sequence[str]
    """Places of texts that were changed without a word."""


SHOWN = ("进展情况", "佐证材料")
"""Places whose texts are printed as they are: what is lost of them must be told."""


def printed(delivered: Delivered, delivery: str = "") -> Ended:
    """Both editions, the feedback sheets and the proof of what was printed; raises whatever stops them.

    The findings are those of one delivery, or of all.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(delivered.home))
        made = pipeline.make(KINDS["annual"], YEAR, DISTRICT, trial.quietly)
        assert not made.unpublished, made.unpublished
        wrong = [check for check in verify.verify(made.report) if check.state != "ok"]
        wrong += [
            check
            for check in islice(verify.verify(made.report.parent / "public" / "report.pdf"), 3)
            if check.state != "ok"
        ]
        wrong = [
            check for check in wrong if check.title not in ("签名", "审定")
        ]  # this home has no key and no approver
        assert not wrong, wrong
        for sheet in (made.report.parent / "feedback").iterdir():
            if sheet.suffix == ".pdf":
                subprocess.run(["pdftotext", str(sheet), "-"], check=True, capture_output=True)
            else:
                openpyxl.load_workbook(sheet).close()
        with opened(delivered.home, DISTRICT) as con:
            rows = con.execute(FINDINGS, [YEAR]).fetchall()
    found = [Finding(*row) for row in rows]
    told = {(f.rule, f.column) for f in found}
    limits = {"佐证材料": LONGEST_SOURCE}
    silent = [
        place for place in SHOWN
        for change in changes(delivered.texts[place].strip(), limits.get(place, LONGEST)) if (change.kind,
        place) not in told
    ]  # fmt: skip
    folder = made.report.parent
    report = "".join((folder / f"{paper}.txt").read_text(encoding="utf-8") for paper in ("report", "data"))
    return Ended(report, [f for f in found if delivery in ("", f.delivery)], silent)


FINDINGS = """
select rule, severity, line, column_name, message, delivery from out_findings where year = ? order by line nulls first, rowid
"""


def misread(random_: random.Random, number: int, folder: Path) -> list[str]:
    """Set `number` texts in a table of the reports' own; those of them that the page does not give back
    as they were.
    """
    texts = [printable(text(random_)) for _ in range(number)]
    rows = "".join(f"<tr><td>▶{n}</td><td>{escape(words)}</td></tr>" for n, words in enumerate(texts))
    style = (TEMPLATES / "style.css").resolve().as_uri()
    page = (
        f'<html lang="zh-CN"><title>t</title><link rel="stylesheet" href="{style}"><table class="three">{rows}</table>'
    )
    path = pdf.write(page, folder / "texts.pdf", [TEMPLATES], date(2023, 7, 15))
    raw = as_drawn(
        subprocess.run(["pdftotext", "-raw", str(path), "-"], check=True, capture_output=True, text=True).stdout
    )
    seen = "".join("".join(re.sub(r"—\s*-?\d+\s*—\s*$", "", page) for page in raw.split("\f")).split())
    missed = []
    for words in (as_drawn("".join(f"▶{n}{words}".split())) for n, words in enumerate(texts)):
        if seen.startswith(words):
            seen = seen.removeprefix(words)
        else:
            missed.append(words)
            seen = seen[seen.find("▶", 1) :]
    return missed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    seed, end, runs, texts, silent = given.seed, time.monotonic() + given.seconds, 0, 0, 0
    told, failed, pages = Counter[str](), Counter[str](), Counter[str]()
    first = time.monotonic() + given.seconds / 5
    while time.monotonic() < first:
        with tempfile.TemporaryDirectory() as name:
            missed = misread(random.Random(seed), 100, Path(name))
            pages += Counter(set=100, misread=len(missed))
            for words in missed:
                print(f"seed {seed}: misread: {ascii(words)[:300]}", flush=True)
        seed += 1
    print(f"texts set in a table: {pages['set']}; not read back as they were: {pages['misread']}", flush=True)
    while time.monotonic() < end:
        with tempfile.TemporaryDirectory() as name:
            delivered = deliver(random.Random(seed), Path(name))
            runs, texts = runs + 1, texts + len(delivered.texts)
            try:
                ended = printed(delivered)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                failed[type(error).__name__] += 1
                print(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}", flush=True)
                traceback.print_exc()
            else:
                told += Counter(found.rule for found in ended.findings)
                silent += len(ended.silent)
                if ended.silent:
                    print(f"seed {seed}: changed without a word: {ended.silent}", flush=True)
        seed += 1
    print(
        f"texts: {texts} in {runs} runs; both editions printed and proved: {runs - failed.total()}; failed: {dict(failed)}"
    )
    print(
        f"findings: {told.total()}, of which "
        + ", ".join(f"{rule} {told[rule]}" for rule in ("unprintable", "invisible", "cut"))
    )
    print(f"changed without a word: {silent}")


if __name__ == "__main__":
    main()

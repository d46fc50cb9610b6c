"""Names and measured figures in docs/ are those of the program: a way through it names what is there, a table of results
says what flows/outlook/record.yml says. With --renew, figures are written anew.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import yaml

from flows.places import PROJECT
from tests.fixtures.warehouses import warehouse

DOCS = PROJECT / "docs"
RECORD = yaml.safe_load((PROJECT / "flows/outlook/record.yml").read_text(encoding="utf-8"))["sets"]
METHODS = {
    "own model": ("own model", "现在的模型"),
    "mean of both": ("own, mean with Theta", "现在的模型与 Theta 平均"),
    "Theta": ("Theta, t-distributed", "Theta，t 分布"),
    "Destatis": ("Destatis", "德国联邦统计局"),
    "StatCan": ("Statistics Canada", "加拿大统计局"),
    "last value stays": ("the last value stays", "保持最近数值"),
}
"""A method of the record → what the two pages call it."""
PARTS = {"short of 100 %": ("short of 100 %, ", "不到100%，"), "to 100 %": ("to 100 %, ", "到100%，")}
BANDS = {
    "short of 100 %": ((0.02, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.98), (0.98, 1)),
    "to 100 %": ((0, 0.02), (0.02, 0.1), (0.1, 0.9), (0.9, 1)),
}

COUNTS = (
    "{series:,} series of {sources} sources, {plans:,} plans, {judgements:,} judgements ({ends} at 100 %)",
    "{sources}个来源{series:,}个序列，{plans:,}个规划，{judgements:,}次判断（到100%的{ends}次）",
)


def results(page: int) -> Iterator[tuple[str, str]]:
    """Lines of docs/outlook.md (0) or of its Chinese twin (1): how each begins, and the figures that follow."""
    percent = "%" if page else " %"
    for method, names in METHODS.items():
        fresh, official = (next(m for m in RECORD[name]["methods"] if m["method"] == method) for name in RECORD)
        scores = [f"{m[key]:.4f}" for m in (fresh, official) for key in ("brier", "log", "brier_end")]
        warned = [f"{official[key]:.1%}".replace("%", percent) for key in ("hits", "false_alarms")]
        yield f"| {names[page]} | ", " | ".join([*scores, *warned]) + " |\n"
    for part, bands in BANDS.items():
        for low, high in bands:
            inside = [b for b in RECORD["official"]["reliability"][part] if low <= b["from"] and b["to"] <= high]
            number = sum(b["judgements"] for b in inside)
            said, came = (sum(b[key] * b["judgements"] for b in inside) / number for key in ("said", "true"))
            shown = ".0%" if number < 100 and len(inside) > 1 else ".1%"
            begin = f"| {PARTS[part][page]}{low * 100:.0f}—{high * 100:.0f}{percent} | "
            yield begin, f"{number:,} | {said:{shown}} | {came:{shown}} | ".replace("%", percent)


@pytest.mark.parametrize(("page", "name"), [(0, "outlook.md"), (1, "zh-CN/outlook.md")])
def test_the_results_are_those_of_the_record(page: int, name: str, renew: bool) -> None:
    path = DOCS / name
    text = path.read_text(encoding="utf-8")
    for begin, figures in results(page):
        free = re.sub(r"[\d,.]+", lambda _: r"[\d,.]+", figures.replace("|", "[|]"))
        if renew:
            text = re.sub(re.escape(begin) + free, begin + figures, text)
            path.write_text(text, encoding="utf-8")
        assert begin + figures in text
    for judged in RECORD.values():
        ends = sum(band["judgements"] for band in judged["reliability"]["to 100 %"])
        assert COUNTS[page].format(**judged, ends=ends) in " ".join(text.split())


WAY = re.search(r"^## One figure's way\n(.*?)(?=^## |\Z)", (DOCS / "architecture.md").read_text("utf-8"), re.M | re.S)


def test_the_way_of_a_figure_leads_through_what_is_there() -> None:
    assert WAY
    rows = [row.split(" | ") for row in re.findall(r"^\| (`flows.*) \|$", WAY[1], re.M)]
    assert f"form, {len(rows)} of them" in WAY[1] and len(rows) > 5
    with warehouse() as con:
        tables = {name for (name,) in con.execute("select table_name from information_schema.tables").fetchall()}
    for functions, *_, written in rows:
        for name in re.findall(r"`([\w.]+)`", functions):
            assert callable(found(name)), name
        for table in re.findall(r"`?(\w+_\w+)`?", written):
            assert table in tables or table.startswith(("raw_", "stg_")), table


def found(name: str) -> Any:
    """A function or method by its dotted name."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing: Any = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            thing = getattr(thing, part)
        return thing
    raise AssertionError(name)

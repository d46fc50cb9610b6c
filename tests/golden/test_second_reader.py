"""The second reader: the plans' words against the catalogue, whole editions against a recomputation, and faults it must
find.
"""

import csv
import re
import shutil
from collections import Counter
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Any

import pytest

from expectations.catalog import load
from expectations.rules import Rule
from flows import assess, compute, report
from flows.press import binding, numbers
from flows.report.kinds import KINDS
from tests import second_reader
from tests.fixtures.homes import GOLDEN_WORDS, home_in
from tests.fixtures.warehouses import changed
from tests.second_reader import catalogue, compare, judge
from tests.second_reader.__main__ import SHIPPED, WORDING, read

pytestmark = pytest.mark.usefixtures("shelf")


def test_nothing_of_the_product_is_used() -> None:
    for path in Path(second_reader.__file__).parent.glob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if line.startswith(("from flows", "import flows", "from expectations"))]


@pytest.mark.parametrize("district", ["120115", "100000"])
def test_the_catalogue_demands_what_the_plans_say(district: str) -> None:
    """Every demand is carried by one target, and no countable target is without its words."""
    known = catalogue.read(SHIPPED, district, SHIPPED)
    found = judge.promises(known, [d for d in judge.wording(WORDING) if d.plan in known.plans], {})
    assert [f"{d.clause} {d.indicator}：{d.words}" for d, promise in found if promise is None] == []
    carried = Counter(id(promise.target) for _, promise in found if promise is not None)
    targets = [t for plan in known.plans.values() for t in plan["promises"] if t["rule"] != "evidence"]
    assert [t for t in targets if carried[id(t)] != 1] == []


def test_the_same_word_of_both_plans_demands_the_same() -> None:
    """巩固 and 保障 without a number ask for no rise; 巩固提高 does, and 社会保障 is a thing."""
    words = re.compile("^巩固(?!提高)|^保障|得到有效保障")
    kept = [d for d in judge.wording(WORDING) if words.search(d.words) and not d.value]
    assert {d.plan for d in kept} == {"baodi_women_2021", "baodi_children_2021"}
    assert [f"{d.clause} {d.indicator}：{d.demand}" for d in kept if d.demand != "keep"] == []
    assert len(kept) == 8


def test_a_demand_that_the_catalogue_gets_wrong_is_found() -> None:
    known = catalogue.read(SHIPPED, "120115", SHIPPED)
    [demand] = [d for d in judge.wording(WORDING) if d.indicator == "艾滋病母婴传播率"]
    assert judge.promises(known, [demand], {})[0][1] is not None
    for part, wrong in (("value", "3"), ("demand", "less_than"), ("clause", "目标1.6"), ("sex", "female")):
        changed = judge.Demand(**{**demand.__dict__, part: wrong})
        assert judge.promises(known, [changed], {})[0][1] is None


def test_an_annual_edition_and_its_public_part(golden: Path, edition: Path) -> None:
    mine, left = read(golden, "990101", 2022, GOLDEN_WORDS)
    assert left == []
    for folder, public in ((edition, False), (edition / "public", True)):
        found = compare.edition(mine, folder, public)
        assert found.differences == []
        with (folder / "figures.csv").open(encoding="utf-8-sig", newline="") as file:
            figures = [row for row in csv.DictReader(file) if row["含义"] == "—"]
        assert found.counts["figures.csv"] + found.counts["figures.csv（未复算）"] == len(figures)
        assert found.counts["figures.csv"] == (53 if public else 85)
        assert found.counts["report.json 评价"] == 16


def made(golden: Path, staging: Path) -> list[str]:
    """What the second reader finds in the golden edition, computed, judged and printed anew by the product as it is
    now.
    """
    catalog = load("990101", golden / "expectations")
    judged = ("out_indicators", "out_assessments", "out_warnings", "out_track")
    with changed(golden, *(f"delete from {table}" for table in judged)) as con:
        compute.indicators(con, catalog)
        assess.targets(con, catalog, 2022)
        report.make(KINDS["annual"], con, catalog, 2022, staging, write=lambda *_: staging / "report.pdf")
    mine, _ = read(golden, "990101", 2022, GOLDEN_WORDS)
    return compare.edition(mine, staging, public=False).differences


def cut(value: Any, decimals: int) -> Decimal:
    return numbers.exact(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)


@pytest.mark.parametrize(
    ("places", "name", "fault", "where"),
    [
        (
            (Rule,),
            "strict",
            property(lambda rule: rule.key not in {"hold", "at_most"}),
            "report.json 评价",
        ),  # 以上 without the number: 70 % of ≥ 70 %
        (
            (numbers, binding),
            "rounded",
            cut,
            "targets.csv",
        ),  # 66.666… as 66.66, and the product's own proof believes it
        (
            (compute,),
            "SUMS",
            compute.SUMS.replace(
                "sum(value) filter (where role = 'numerator'", "avg(value) filter (where role = 'numerator'"
            ),
            "report.json 指标",
        ),
    ],
    ids=["verdict", "rounding", "aggregation"],
)
def test_a_fault_in_the_product_is_found(
    golden: Path,
    places: tuple[Any, ...],
    name: str,
    fault: Any,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for place in places:
        monkeypatch.setattr(place, name, fault)
    assert [line for line in made(golden, tmp_path) if line.startswith(where)]


@pytest.mark.parametrize(("asked", "state"), [(True, "ok"), (False, "not_received")])
def test_of_a_year_without_a_register_nothing_came(asked: bool, state: str, tmp_path: Path) -> None:
    home = home_in(tmp_path)
    if not asked:
        shutil.rmtree(home / "raw" / "990101" / "2021")
    mine, _ = read(home, "990101", 2022, GOLDEN_WORDS)
    assert mine.figures["maternal_anaemia", 2021, "990101", "", "total", ""].state == state


def test_without_a_fault_it_finds_nothing(golden: Path, tmp_path: Path) -> None:
    assert made(golden, tmp_path) == []

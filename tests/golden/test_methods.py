"""What the annex says of the methods of judging, held against every row: each verdict worked out anew by the printed
sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from expectations.catalog import load
from expectations.records import Promise
from expectations.rules import Rule
from expectations.vocabulary import Method
from flows.assess import rules
from flows.assess.rules import Case, Point, assess
from flows.outlook import destatis, status
from flows.report.facts import Facts
from flows.report.kinds import report
from flows.report.say.narrative import Narrator
from flows.wording import read
from tests.fixtures.methods import SENTENCES, Known, Value, untrue, verdicts
from tests.fixtures.promises import POLICY, promise, series
from tests.fixtures.spec import drawn
from tests.fixtures.warehouses import changed, golden_warehouse

# --- the printed annex ---


def annex(home: Path) -> tuple[str, Facts]:
    """The golden report's annex of methods, as plain text of one line a paragraph or row."""
    text = (home / "output/990101/2022/annual/methods.txt").read_text(encoding="utf-8")
    catalog = load("990101", home / "expectations")
    with golden_warehouse(home) as con:
        return text, Facts(con, catalog, 2022)


def test_every_method_has_one_sentence_and_it_is_the_one_that_is_held(golden: Path) -> None:
    _, facts = annex(golden)
    told = Narrator(facts, read("wording")).methods(report.constants(facts))
    printed = {key: unescape(re.sub(r"<[^>]+>", "", text)) for key, text in told.items()}
    assert printed == {key: sentence for key, (sentence, _) in SENTENCES.items()}
    assert list(printed) == list(Method.words())


def test_the_annex_has_the_methods_of_the_year_and_how_many_targets_each_decided(golden: Path) -> None:
    text, facts = annex(golden)
    used = Counter(item.row["method"] for item in facts.items)
    rows = [line.strip("　").split("　") for line in text.splitlines()]
    found = {row[0]: (row[1], int(row[2])) for row in rows if len(row) == 3 and row[0] in Method.words().values()}
    assert found == {
        Method.of(key).word: (SENTENCES[key][0], number) for key, number in used.items() if key is not None
    }
    assert {"end", "linear", "odds"}.isdisjoint(used)
    assert f"另有{used[None]}项无法判断，没有结论。" in text


def test_the_golden_edition_is_judged_as_it_says(golden: Path) -> None:
    catalog = load("990101", golden / "expectations")
    with golden_warehouse(golden) as con:
        counts, found = untrue(con, catalog)
    assert found == []
    assert counts.keys() >= {"kept", "path", "direction", "statement"}


@pytest.mark.parametrize(
    ("fault", "target"),
    [
        ("update out_assessments set verdict = 'behind' where target = '{}' and year = 2022",
         "demo_women_2021.g2.1.women_party_members"),
        ("update out_assessments set method = 'linear' where target = '{}' and year = 2022",
         "demo_women_2021.g2.1.women_party_members"),
        ("update out_assessments set method = null where target = '{}' and year = 2022",
         "demo_women_2021.g2.1.women_party_members"),
        ("update out_indicators set numerator = 31, value = 31 where indicator = 'women_party_members' and year = 2022",
         "demo_women_2021.g2.1.women_party_members"),
        ("update core_statements set stage = 'in_progress' where target = '{}' and year = 2022", "demo_women_2021.g1.5.evidence"),
    ],
)  # fmt: skip
def test_a_row_that_is_not_judged_as_printed_is_found(fault: str, target: str, golden: Path) -> None:
    catalog = load("990101", golden / "expectations")
    with changed(
        golden, "create or replace table out_assessments as from out_assessments"
    ) as con:  # without its checks
        assert untrue(con, catalog)[1] == []
        con.execute(fault.format(target))
        assert any(line.startswith(f"{target} 2022") for line in untrue(con, catalog)[1])


# --- the rules of the product, with a fault in one of them ---


def everybody() -> Promise:
    """A share of which the plan asks 100 %."""
    promised = promise("at_least", "100")
    assert promised.indicator is not None
    return replace(promised, indicator=promised.indicator.model_copy(update={"range": (0, 100)}))


CASES = [
    *(
        (promise(rule, None if value == "-" else value), series(values))
        for section in ("One value a year", "A direction is decided by what is printed")
        for rule, value, values, *_ in drawn("verdicts", section)
    ),
    (promise("at_least", "95", every_year=True), series("96 94 95")),
    (promise("at_least", "95", words="保持在"), series("97 96 94")),
    (promise("at_least", "90"), series("80 86 87 87.5")),  # by its last changes alone it would not be in time
    (promise("at_least", "90"), series("80 81 83 84.8 86.5")),  # goes on to 88.1, half of what is left
    (everybody(), series("90 93 95 97.5")),  # goes on to 102.5, and hardly ever are all of them reached
    (promise("narrow_gap"), series("4 5 4.5 3.9")),
]


def rare(events: str, of: int, rule: str = "at_most", value: str | None = "10") -> tuple[Promise, dict[int, Point]]:
    """Cases of 2020, 2021, … among so many."""
    points = {
        2020 + n: Point(Fraction(100 * int(e), of), "ok", 0, Fraction(e), Fraction(of))
        for n, e in enumerate(events.split())
    }
    return promise(rule, value, better="lower", rare=True), points


CASES += [
    rare("20 18 16", 100), rare("20 22 25", 100), rare("20 15 9 12", 100), rare("30 28 29 27", 100),
    rare("9 8 12", 100),
    rare("20 18 22", 100, "decrease", None), rare("20 21 19 18", 100, "decrease", None),
]  # fmt: skip


def contradicted() -> list[str]:
    """Cases whose verdict is not that of the printed sentence of its method."""
    found = []
    for promised, points in CASES:
        made = assess(Case(promised, POLICY, max(points), points))
        values = {y: Value(p.value, p.caliber, p.events, p.exposure) for y, p in points.items() if p.value is not None}
        known = Known(promised, POLICY, made.year, values, probability=made.chance.probability)
        told = {} if made.method is None else {made.method: made.verdict}
        if verdicts(known) != told:
            found.append(f"{promised.target.rule} {[str(p.value) for p in points.values()]}：{told}，{verdicts(known)}")
    return found


def test_the_rules_do_what_is_printed() -> None:
    assert contradicted() == []
    seen = Counter(assess(Case(p, POLICY, max(s), s)).method for p, s in CASES)
    assert seen.keys() >= {"end", "kept", "rise", "linear", "direction", "path", "model", "pooled", "odds"}


def _never(_: Case) -> bool:
    return False


def _raw(_: Case, __: Mapping[int, Fraction], found: Any) -> Any:
    return found


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        (destatis, "FAR", Fraction(60, 100)),
        (destatis, "YEARS_NEEDED", 5),
        (destatis, "WINDOW", 3),
        (status, "STATUSES", {**status.STATUSES, "cloudy": "on_course"}),
        (rules, "reconciled", lambda verdict, *_: verdict),
        (Rule, "strict", property(lambda _: False)),
        (rules, "_yearly", _never),
        (rules, "_without_jumps", _raw),
        (rules, "_off_middle", lambda share: share),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_rule_that_parts_from_its_sentence_is_found(
    module: Any, name: str, wrong: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, name, wrong)
    assert contradicted()

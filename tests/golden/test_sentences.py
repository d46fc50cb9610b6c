"""The form of a sentence: chosen by the plan's own number and by the place among those of its clause, whatever else is told."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from markupsafe import Markup

from expectations.catalog import load
from expectations.records import Catalog, Plan
from expectations.vocabulary import Reason
from flows import assess
from flows.press.bound import Name
from flows.report.facts import Facts
from flows.report.facts.evaluation import Evaluation, Outcome
from flows.report.facts.items import Item
from flows.report.kinds.midterm import Halfway
from flows.report.say import domains
from flows.report.say.concluding import Conclusion
from flows.report.say.narrative import Narrator
from flows.wording import read
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import changed, golden_warehouse

ADDED = {"indicator": "women_party_members", "rule": "at_least", "value": 20}
"""Met and compared with the year before: its sentence is one of those that have several forms."""


def catalogue(folder: Path, goal: int | None) -> Catalog:
    """The golden catalogue, in its first domain a target more at the head of a goal; with None as it is."""
    shutil.copytree(GOLDEN / "expectations", folder, dirs_exist_ok=True)
    path = folder / "plans" / "demo_women_2021" / "1_health.yml"
    domain = yaml.safe_load(path.read_text(encoding="utf-8"))
    if goal is not None:
        domain["goals"].setdefault(goal, {"title": "另一项目标", "targets": []})["targets"].insert(0, ADDED)
    path.write_text(yaml.safe_dump(domain, allow_unicode=True), encoding="utf-8")
    return load("990101", folder)


UNJUDGED = [f"delete from {table}" for table in ("out_assessments", "out_warnings", "out_track")]


def annual(facts: Facts, items: Sequence[Item]) -> list[str]:
    return [str(text) for text in Narrator(facts, read("wording")).paragraphs(items)]


def final(facts: Facts, items: Sequence[Item]) -> list[str]:
    evaluation = Evaluation(facts)
    outcomes = [o for o in evaluation.outcomes if o.item in items]
    said = Conclusion(evaluation, read("wording"))
    return [str(said.outcome(outcome)) for outcome in outcomes if outcome.item.quantitative]


def evaluated(facts: Facts, kind: str) -> dict[tuple[str, str], str]:
    """(clause, target) → the sentence of each target that has one of its own in an evaluation's paragraphs of its domain, as if
    all fell short, and as if all were reached.
    """
    found: dict[tuple[str, str], str] = {}
    evaluation = Evaluation(facts)
    narrator = Conclusion(evaluation, read("wording")) if kind == "final" else Halfway(facts, read("wording"))
    tell = narrator.outcome if isinstance(narrator, Conclusion) else narrator.way

    def told(outcome: Outcome, place: int) -> Markup:
        text = tell(outcome, place)
        found[outcome.item.promise.clause, outcome.item.promise.id] = str(text)
        return text

    for domain in facts.plans[0].domains:
        items = facts.of_domain(facts.plans[0], domain)
        outcomes = [o for o in evaluation.outcomes if o.item in items and o.item.quantitative]
        for standing in (domains.DomainStanding(outcomes, (), ()), domains.DomainStanding((), outcomes, ())):
            domains.paragraphs(narrator, standing, told, "test", kind)
    return found


def paragraphs(golden: Path, folder: Path, goal: int | None) -> dict[tuple[str, str], list[str]]:
    """(report, clause) → its paragraphs, of both kinds of report; a paragraph is what a clause's numbers
    are told in.
    """
    catalog, found = catalogue(folder / "expectations", goal), {}
    for kind, tell in (("annual", annual), ("final", final)):
        own = ended(catalog) if kind == "final" else catalog
        with changed(golden, *UNJUDGED) as con:
            assess.targets(con, own, 2022)
            facts = Facts(con, own, 2022)
            for clause in dict.fromkeys(i.promise.clause for i in facts.items):
                found[kind, clause] = tell(facts, [i for i in facts.items if i.promise.clause == clause])
            for domain in facts.plans[0].domains:
                found[kind, domain.title] = tell(facts, facts.of_domain(facts.plans[0], domain))
    return found


@pytest.mark.parametrize("kind", ["midterm", "final"])
@pytest.mark.parametrize("goal", [1, 2, 3, 6])
def test_a_target_more_changes_no_other_sentence_of_an_evaluation(
    goal: int, kind: str, golden: Path, tmp_path: Path
) -> None:
    """An evaluation tells of a domain in one paragraph: a target counts only among those of its clause."""
    found = []
    for added in (None, goal):
        catalog = ended(catalogue(tmp_path / str(added) / "expectations", added))
        with changed(golden, *UNJUDGED) as con:
            assess.targets(con, catalog, 2022)
            found.append(evaluated(Facts(con, catalog, 2022), kind))
    before, after = found
    both = [key for key in before if key in after and key[0] != f"目标1.{goal}"]
    assert both and [(key, after[key]) for key in both] == [(key, before[key]) for key in both]


@pytest.mark.parametrize(
    ("ranked", "places"),
    [
        ("A3 A1 A2", "A1:0 A2:1 A3:2"),  # in the plan's order it is the second, third and first
        ("A3 B1 A2", "B1:0 A2:0 A3:1"),  # another clause between them, or before
        ("A3 A4 A2 B1", "B1:0 A2:0 A3:1"),  # one of them is told no more
    ],
)
def test_neighbours_of_one_clause_take_turns(ranked: str, places: str) -> None:
    def target(name: str) -> Any:
        rule = SimpleNamespace(directional=False)
        promise = SimpleNamespace(id=name, clause=name[0], target=SimpleNamespace(rule=rule))
        return SimpleNamespace(name=name, item=SimpleNamespace(promise=promise, row={"priority": int(name[1])}))

    said: Any = SimpleNamespace(
        words=read("wording"),
        facts=SimpleNamespace(edition=SimpleNamespace(internal=True)),
        say=lambda *_, **__: Markup(""),
    )
    found: list[str] = []

    def tell(one: Any, place: int) -> Markup:
        found.append(f"{one.name}:{place}")
        return Markup("")

    domains.paragraphs(said, domains.DomainStanding([*map(target, ranked.split())], (), ()), tell, "test", "final")
    assert " ".join(found) == places


def test_what_has_no_figure_is_named_once_with_each_reason() -> None:
    """Two targets of one figure are told as one; of another reason, as another."""

    def target(place: int, name: str, why: Reason) -> Any:
        item = SimpleNamespace(row={"value": None, "year": 2022}, point=lambda _: {"state": why}, at=lambda _: why.word)
        return SimpleNamespace(name=Name(name, f"name/{place}"), item=item)

    of = [("识字率", Reason.REJECTED), ("识字率", Reason.REJECTED), ("入学率", Reason.NOT_RECEIVED)]
    said: Any = SimpleNamespace(
        words=read("wording"),
        facts=SimpleNamespace(edition=SimpleNamespace(internal=True)),
        say=lambda _, names, number: Markup("{}：{}").format(names, number),
    )
    standing = domains.DomainStanding([], [], [target(place, *one) for place, one in enumerate(of)])
    [told] = domains.paragraphs(said, standing, lambda *_: Markup(""), "test", "final")
    assert told.striptags() == "识字率（核查未通过）、入学率（未报送）：3"


def ended(catalog: Catalog) -> Catalog:
    """Its plan ends with the golden year."""

    def until(plan: Plan) -> Plan:
        return replace(plan, head=plan.head.model_copy(update={"end": 2022}))

    return replace(catalog, plans=tuple(until(plan) for plan in catalog.plans))


@pytest.fixture(scope="module")
def before(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[str]]:
    """The paragraphs of the catalogue as it is."""
    return paragraphs(golden, tmp_path_factory.mktemp("before"), None)


@pytest.mark.parametrize("goal", [1, 2, 3, 6])
def test_a_target_more_changes_no_other_paragraph(
    goal: int, before: dict[tuple[str, str], list[str]], golden: Path, tmp_path: Path
) -> None:
    """Whether it joins a paragraph or makes one of its own, the domain's others are what they were, and so are all
    others.
    """
    after = paragraphs(golden, tmp_path, goal)
    for (kind, place), texts in before.items():
        if place == f"目标1.{goal}":
            assert after[kind, place] != texts
        elif place == "妇女与健康":
            own = before.get((kind, f"目标1.{goal}"), [])
            assert [t for t in texts if t not in own] == [
                t for t in after[kind, place] if t not in after[kind, f"目标1.{goal}"]
            ]
        else:
            assert after[kind, place] == texts
    assert len(before) == 2 * (7 + 2)


def test_sentences_of_one_paragraph_take_turns(golden: Path) -> None:
    catalog = load("990101", GOLDEN / "expectations")
    with golden_warehouse(golden) as con:
        items = [i for i in Facts(con, catalog, 2022).items if i.quantitative]
    forms = read("wording")["sentence"]
    for item in items:
        assert [Narrator.form(forms, item, place) for place in range(len(forms))] != forms[:1] * len(forms)
        assert {Narrator.form(forms, item, place) for place in range(len(forms))} == set(forms)
    first, other = items[0], next(i for i in items if i.promise.number == items[0].promise.number + 1)
    assert Narrator.form(forms, first, 0) != Narrator.form(forms, other, 0)  # nor do the paragraphs begin alike

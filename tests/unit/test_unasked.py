"""Who owes a form, and what is told of a figure that nobody was asked for (未布置) beside one that did not come (未报送)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from expectations.catalog import load
from expectations.records import Catalog
from expectations.vocabulary import Reason
from flows.absence import Absence
from flows.desk import forms
from flows.places import MendableError
from flows.report.draw import drawings
from flows.report.facts import Facts
from flows.report.facts.evaluation import Evaluation
from flows.report.say.narrative import Narrator
from flows.report.write import tables
from flows.warehouse import append
from flows.wording import read
from tests.fixtures.deliveries import CATALOG
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import Con, changed, warehouse

pytestmark = pytest.mark.usefixtures("lent")


def with_dataset(catalog: Catalog, name: str, **changes: Any) -> Catalog:
    datasets = {**catalog.datasets, name: catalog.datasets[name].model_copy(update=changes)}
    return replace(catalog, datasets=datasets)


def with_clinics(**life: int) -> Catalog:
    kind = CATALOG.district.institutions["clinic"]
    members = tuple(one.model_copy(update=life) for one in kind.members)
    kinds = CATALOG.district.institutions | {"clinic": kind.model_copy(update={"members": members})}
    return replace(CATALOG, district=CATALOG.district.model_copy(update={"institutions": kinds}))


def with_areas(*, references: bool = False, **life: int) -> Catalog:
    areas = tuple(one.model_copy(update=life) for one in CATALOG.district.areas)
    beside = CATALOG.district.references if references else ()
    return replace(CATALOG, district=CATALOG.district.model_copy(update={"areas": areas, "references": beside}))


@pytest.mark.parametrize(
    ("catalog", "dataset", "year", "is_owed"),
    [
        (with_clinics(since=2023), "clinics", 2022, False),
        (with_clinics(since=2023), "clinics", 2023, True),
        (with_clinics(until=2022), "clinics", 2022, True),
        (with_clinics(until=2022), "clinics", 2023, False),
        (with_areas(since=2023), "births", 2022, False),
        (with_areas(since=2023), "births", 2023, True),
        (
            with_areas(since=2023, references=True),
            "births",
            2022,
            True,
        ),  # a target compares the city: that row is asked
        (with_clinics(since=2023), "literacy", 2022, True),  # of the whole district
        (with_dataset(CATALOG, "published", irregular=False), "published", 2020, True),  # the baseline year
    ],
)
def test_a_form_is_owed_if_its_template_has_rows(
    catalog: Catalog, dataset: str, year: int, is_owed: bool, tmp_path: Path
) -> None:
    owed = catalog.owed(year).get(dataset, ())
    assert bool(owed) is is_owed
    assert all(forms.Form(catalog, name, year, key).lines for name, keys in catalog.owed(year).items() for key in keys)
    if is_owed:
        assert forms.write(catalog, dataset, year, tmp_path, {})
    else:
        with pytest.raises(MendableError, match="没有部门须报送"):
            forms.write(catalog, dataset, year, tmp_path, {})


@pytest.fixture
def register() -> Iterator[Con]:
    """A warehouse with a register of 2022 and of 2023, and of no other year."""
    with warehouse() as con:
        append(con, "meta_register", [("990201", year, True, "", "2024-06-30", "2024-07-15") for year in (2022, 2023)])
        yield con


LATER = with_dataset(CATALOG, "literacy", since=2023)


@pytest.mark.parametrize(
    ("catalog", "indicator", "year", "state", "told"),
    [
        (CATALOG, "literacy", 2022, None, Reason.NOT_RECEIVED),
        (CATALOG, "literacy", 2022, "not_received", Reason.NOT_RECEIVED),
        (CATALOG, "literacy", 2021, None, Reason.NOT_ASKED),  # without a register
        (CATALOG, "literacy", 2021, "not_received", Reason.NOT_ASKED),
        (CATALOG, "literacy", 2021, "rejected", Reason.REJECTED),  # something came all the same
        (LATER, "literacy", 2022, "not_received", Reason.NOT_ASKED),  # the form began later
        (LATER, "literacy", 2022, "not_applicable", Reason.NOT_APPLICABLE),
        (LATER, "literacy", 2023, "not_received", Reason.NOT_RECEIVED),
        (LATER, "mortality", 2022, "not_received", Reason.NOT_RECEIVED),  # of another form
        (with_clinics(since=2023), "doctors", 2022, "not_received", Reason.NOT_ASKED),
        (with_clinics(since=2023), "doctors", 2023, "not_received", Reason.NOT_RECEIVED),
        (with_dataset(CATALOG, "published", irregular=False), "births_total", 2022, None, Reason.NOT_RECEIVED),
    ],
)
def test_a_figure_that_nobody_owed_was_not_asked_for(
    register: Con, catalog: Catalog, indicator: str, year: int, state: str | None, told: Reason
) -> None:
    assert Absence(register, catalog).of(indicator, year, state) == told


def test_a_statement_is_asked_while_its_form_is(register: Con) -> None:
    promise = next(p for p in CATALOG.promises(2022) if p.target.rule.evidence and p.lead == "education")
    rows = [{"year": year, "reason": "not_received"} for year in (2021, 2022)]
    now, later = (Absence(register, catalog) for catalog in (CATALOG, with_dataset(CATALOG, "progress", since=2023)))
    assert [now.of_verdict(promise, row)["reason"] for row in rows] == ["not_asked", "not_received"]
    assert [later.of_verdict(promise, row)["reason"] for row in rows] == ["not_asked", "not_asked"]


@pytest.mark.parametrize(("since", "word", "is_told"), [(2023, "未布置", True), (0, "未报送", False)])
def test_tables_charts_and_sentences_say_the_same_of_a_year(golden: Path, since: int, word: str, is_told: bool) -> None:
    """妇女参加体育锻炼 of 2022 is not there; the form is asked for since the next plan, or was asked for and did not come."""
    catalog = with_dataset(load("990101", GOLDEN / "expectations"), "exercise_survey", since=since)
    with changed(golden) as con:
        facts = Facts(con, catalog, 2022)
        key = "regular_exercise"
        item = next(i for i in facts.items if i.promise.target.indicator == key)
        named = f"{facts.catalog.indicators[key].name}"
        said = {
            "series": str(item.at(2022)),
            "verdict": item.judgement.partition("（")[2].rstrip("）"),
            "by sex": next(str(row["female"]) for row in tables.sexes(facts) if row["indicator"].name == named),
            "chart of a target": drawings.trend(facts, item, range(2020, 2023)).lines[0].absent[2022],
            "chart by sex": drawings._line(facts, key, "female", "", "女性").absent[2022],
            "next plan": next(str(c.at("total")) for c in Evaluation(facts).carried if c.key == key),
            "data": next(row[-1] for row in tables.indicators(facts)[1] if row[:2] == [named, 2022]),
        }
        assert said == dict.fromkeys(said, word)
        sentence = Narrator(facts, read("wording")).sentence(item).striptags()
        other = {"未布置": "未报送", "未报送": "未布置"}[word]
        assert (word in sentence, other in sentence) == (True, False)
        assert facts.is_unasked is is_told

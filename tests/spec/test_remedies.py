"""For each target with a number or a direction the sentence of the plan that fits it, as read by a person:
tests/spec/remedies.csv. With --renew it is written anew: read what changed. Where the nearest sentence by its letters is not
the fitting one, the plan's own file names it (`remedy`).
"""

import csv
import io
from dataclasses import replace
from pathlib import Path

from expectations import remedies
from expectations.catalog import load
from expectations.records import Promise
from tests.fixtures.homes import GOLDEN

LIST = Path(__file__).parent / "remedies.csv"
CATALOG = load("120115")


def told(promise: Promise) -> tuple[str, str]:
    found = remedies.fitting(promise)
    return (found.clause, found.text) if found else ("", "")


def test_each_target_has_the_sentence_that_was_read(renew: bool) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["target", "asks", "clause", "sentence"])
    for promise in CATALOG.promises(2024):
        if promise.indicator is not None:
            writer.writerow([promise.id, f"{promise.clause} {promise.name}", *told(promise)])
    if renew:
        LIST.write_text(out.getvalue(), encoding="utf-8")
    assert out.getvalue() == LIST.read_text(encoding="utf-8")


def promise(indicator: str) -> Promise:
    return next(p for p in CATALOG.promises(2024) if p.target.indicator == indicator)


def test_vaccination_does_not_lead_to_teeth() -> None:
    """The action's title speaks of 口腔保健; one sentence of it is about vaccination."""
    assert told(promise("vaccination")) == ("策略1.8", "巩固加强儿童免疫规划疫苗管理和预防接种")
    assert "口腔" in told(promise("sealant"))[1]


def test_nothing_is_quoted_that_does_not_fit() -> None:
    assert told(promise("child_seat_use")) == ("", "")


def test_what_a_person_has_chosen_goes_before_what_is_near() -> None:
    """The nearest sentence speaks of 党代表; where women lead already, no action is there for them."""
    assert told(promise("women_party_members")) == ("策略4.3", "重视从各行各业青年女性中发展党员")
    assert told(promise("higher_enrolment")) == ("", "")
    unread = replace(
        promise("women_party_members"), target=promise("women_party_members").target.model_copy(update={"remedy": None})
    )
    assert "党代表" in told(unread)[1]


def test_every_measure_of_the_shipped_plans_is_entered_in_full() -> None:
    texts = [a.text for plan in CATALOG.plans for domain in plan.domains for a in domain.actions.values()]
    assert len(texts) == 166 and all(texts)


def test_without_texts_the_nearest_title_is_told() -> None:
    [one, *_] = load("990101", GOLDEN / "expectations").promises(2022)
    assert told(one) == ("策略1.1", "落实孕产妇风险筛查")
    bare = replace(one, domain=one.domain.model_copy(update={"actions": {}}))
    assert told(bare) == ("", "")

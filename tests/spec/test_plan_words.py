"""What a target asks, in the words of its clause (spec/plan_words.csv, taken from the plans' text)."""

from collections import Counter

import pytest

from expectations.catalog import load
from expectations.requirement import requirement
from tests.fixtures.spec import listed, national

CATALOG = load("120115")
PROMISES = {p.id: p for p in CATALOG.promises()}
ROWS = listed("plan_words")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["target"])
def test_a_word_stands_in_its_clause(row: dict[str, str]) -> None:
    assert row["words"] in row["clause"]
    assert PROMISES[row["target"]].target.words == row["words"]


def test_no_word_is_there_without_its_clause() -> None:
    assert {t for t, p in PROMISES.items() if p.target.words} == {row["target"] for row in ROWS}


def test_the_plan_says_it_as_often_as_the_report() -> None:
    """持续下降 stands once in the two plans; 逐步提高 only where they say so."""
    said = Counter(requirement(CATALOG, p) for p in PROMISES.values())
    assert said["持续下降"] == 1
    assert said["逐步提高"] == sum(row["words"] == "逐步提高" for row in ROWS)


def test_the_national_outlines_words_stand_in_their_clauses() -> None:
    ended = [p for p in load("100000").promises() if p.plan.head.end == 2020]
    assert {str(p.target.indicator): p.target.words for p in ended if p.target.words} == national("children")


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("baodi_women_2021.g1.2.maternal_mortality", "控制在8.5/10万以内"),
        ("baodi_women_2021.g2.4.compulsory_retention", "保持在99%以上"),
        ("baodi_women_2021.g4.11.women_community_directors", "保持50%以上"),
        ("baodi_children_2021.g1.6.vaccination", "每个街镇保持在95%以上"),
        ("baodi_women_2021.g2.7.women_university_students", "保持均衡（40%—60%）"),
        ("baodi_women_2021.g2.8.women_engineering_students", "逐步趋于平衡"),
        ("baodi_women_2021.g2.9.science_literacy", "两性差距显著缩小"),
        ("baodi_women_2021.m4.5.women_division_share", "不降低"),
        ("baodi_women_2021.g3.6.occupational_disease", "明显降低"),
        ("baodi_children_2021.g1.9.myopia", "每年降低1个百分点以上"),
        ("baodi_children_2021.g5.8.parent_guidance", "每年≥2次"),
        ("baodi_women_2021.g4.10.women_village_committees", "力争≥30%"),
        ("baodi_women_2021.g1.3.cervical_screening", "≥70%"),
        ("baodi_women_2021.g8.9.legal_aid", "保持基期水平"),
        ("baodi_children_2021.g2.9.bullying_mechanism", "提高"),
    ],
)
def test_a_requirement(target: str, words: str) -> None:
    assert requirement(CATALOG, PROMISES[target]) == words


def test_every_year_is_asked_where_the_plan_says_so() -> None:
    yearly = {p.target.indicator for p in PROMISES.values() if p.target.every_year}
    assert yearly == {"myopia", "parent_guidance", "parent_practice"}

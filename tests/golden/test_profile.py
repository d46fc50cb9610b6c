"""基本情况: what the reports tell first of the district, as far as it was delivered and may be told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from expectations.catalog import load
from flows.press.numbers import Figure
from flows.report.facts import Facts, profile
from flows.report.kinds import KINDS
from flows.report.say.described import described
from tests.fixtures.warehouses import changed

HIDDEN = (
    "update out_indicators set denominator = null, numerator = null, value = null, state = 'suppressed' "
    "where indicator = '{}'"
)
"""As in the public copy of a warehouse: the figures are there, and not told."""


@contextmanager
def facts(home: Path, *listed: str, change: str = "") -> Iterator[Facts]:
    """The golden district in 2022, with another list and a changed warehouse."""
    catalog = load("990101", home / "expectations")
    district = catalog.district.model_copy(update={"profile": listed})
    with changed(home, change) as con:
        yield Facts(con, replace(catalog, district=district), 2022)


def cells(found: profile.Profile) -> dict[str, list[str]]:
    """Each row as its table prints it."""
    return {
        str(t.name): [
            *(str(t.at(y)) for y in found.years),
            *(str(t.at(found.year, sex)) for sex in ("female", "male")),
            *(str(t.change(y)) for y in found.since),
        ]
        for t in found.traits
    }


def test_measures_and_indicators_stand_beside_the_baseline_and_the_year_before(golden: Path) -> None:
    """What has no figure of the data year, as the persons asked, has no row."""
    with facts(golden, "live_births", "asked", "cervical_screening") as known:
        found = profile.of(known)
        assert found is not None
        assert found.years == [2020, 2021, 2022]
        assert cells(found) == {
            "活产数": ["800", "800", "800", "—", "—", "0.0", "0.0"],
            "宫颈癌筛查率": ["66.67", "68.00", "70.00", "—", "—", "3.33", "2.00"],
        }
        assert found.points  # the change of a percentage is told in points


def test_a_form_that_counts_in_ten_thousands_is_told_in_ten_thousands(golden: Path) -> None:
    """800 live births are 0.0800万人, and no 800万人; that they are as many as before does not change."""
    with facts(golden, "live_births") as known:
        form = known.catalog.datasets["maternal_health"]
        header = form.measures["live_births"]
        many = form.columns[header].model_copy(update={"unit": "万人", "decimals": 4})
        told = form.model_copy(update={"columns": {**form.columns, header: many}})
        datasets = {**known.catalog.datasets, "maternal_health": told}
        found = profile.of(Facts(known.con, replace(known.catalog, datasets=datasets), 2022))
        assert found is not None
        assert cells(found) == {"活产数": ["0.0800", "0.0800", "0.0800", "—", "—", "0.0", "0.0"]}
        assert [trait.unit for trait in found.traits] == ["万人"]


def test_two_sentences_tell_it(golden: Path) -> None:
    with facts(golden, "live_births", "cervical_screening") as known:
        found = profile.of(known)
        assert found is not None
        told = [text.striptags() for text in described(KINDS["final"].of(known).narrator, found)]
    assert told == [
        "2022年，示例区活产数800人、宫颈癌筛查率70.00%。",
        "与2020年相比，活产数持平、宫颈癌筛查率提高3.33个百分点。",
    ]


@pytest.mark.parametrize(
    ("listed", "change"),
    [
        ((), ""),
        (("live_births",), "delete from out_indicators where indicator = 'maternal_mortality'"),
        (("eligible",), HIDDEN.format("cervical_screening")),
    ],
    ids=["nothing listed", "nothing delivered", "kept back"],
)
def test_nothing_is_printed_where_nothing_is_known(golden: Path, listed: tuple[str, ...], change: str) -> None:
    with facts(golden, *listed, change=change) as known:
        made = KINDS["final"].of(known)
        assert profile.of(known) is None
        assert "profile" not in made.numbers  # type: ignore[attr-defined]
        assert made.numbers["process"] == "一"  # type: ignore[attr-defined]


def test_what_is_kept_back_of_one_year_is_said(golden: Path) -> None:
    hidden = f"{HIDDEN.format('maternal_mortality')} and year = 2021"
    with facts(golden, "live_births", change=hidden) as known:
        found = profile.of(known)
        assert found is not None
        [trait] = found.traits
        assert trait.at(2021) == "数据保护"
        assert isinstance(trait.change(2020), Figure)
        assert trait.change(2021) == "—"

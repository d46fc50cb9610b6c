"""A form that counts in 万人, 千元 or 亿元 counts persons and money as one that counts in 人 and 元 does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import yaml
from pydantic import ValidationError

from expectations.agreement import district
from expectations.agreement.agreed import Agreed
from expectations.catalog import load
from expectations.records import Catalog, Codes, Column, Indicator
from expectations.units import UNITS, base, scale, unit_of
from flows import shortage
from flows.disclose.counts import Cell, Definitions
from flows.ledger import LedgerEntry
from flows.places import PROJECT
from tests.fixtures.homes import GOLDEN
from tests.fixtures.ledgers import screening

CATALOG = load("990101", GOLDEN / "expectations")


def told_in(unit: str, decimals: int, *measures: str) -> Catalog:
    """The golden catalogue with forms that tell these measures in another unit."""
    told = {"unit": unit, "decimals": decimals}
    datasets = {
        key: dataset.model_copy(
            update={
                "columns": {
                    header: column.model_copy(update=told) if column.measure in measures else column
                    for header, column in dataset.columns.items()
                }
            }
        )
        for key, dataset in CATALOG.datasets.items()
    }
    return replace(CATALOG, datasets=datasets)


@pytest.mark.parametrize(
    ("name", "single", "times", "kind", "sdmx"),
    [
        ("人", "人", 1, "person", "PS"),
        ("千人", "人", 1000, "person", "PS"),
        ("万人", "人", 10_000, "person", "PS"),
        ("万例", "例", 10_000, "case", "NUMBER"),
        ("亿元", "元", 10**8, "amount", "CNY"),
        ("千万元", "元", 10**7, "amount", "CNY"),
        ("万人次", "人次", 10_000, "amount", "PS_TIMES"),
        ("/万", "/万", 1, "rate", "PER_10000"),
        ("户", "户", 1, "amount", "_X"),
        ("万户", "户", 10_000, "amount", "_X"),
    ],
)
def test_a_multiple_is_what_its_base_is(name: str, single: str, times: int, kind: str, sdmx: str) -> None:
    unit = unit_of(name)
    assert (base(name), int(scale(name))) == (single, times)
    assert (unit.name, unit.kind, unit.sdmx, 10**unit.power) == (name, kind, sdmx, times)
    assert unit.difference == name or unit.is_rate


# --- the public edition ---


@pytest.mark.parametrize(
    ("unit", "decimals", "protected"),
    [("人", 0, True), ("万人", 4, True), ("万人", 2, True), ("百人", 2, True), ("万人次", 0, True),
     ("万例", 4, True), ("元", 0, False), ("万元", 2, False), ("户", 0, False), ("万户", 4, False)],
)  # fmt: skip
def test_persons_are_protected_however_many_are_told_at_once(unit: str, decimals: int, protected: bool) -> None:
    """3 persons are 0.0003万人: the columns of the form decide nothing of what is small."""
    definitions = Definitions(told_in(unit, decimals, "anaemic", "tested"))
    cell = Cell(("anaemic",), 2022, "990101101", "", "total")
    assert definitions.of_people(cell) is protected


@pytest.mark.parametrize(("listed", "protected"), [(("人", "位"), True), (("人",), False)])
def test_persons_in_a_unit_of_places_are_protected_where_the_policy_names_it(
    listed: tuple[str, ...], protected: bool
) -> None:
    policy = CATALOG.policy.model_copy(
        update={"disclosure": CATALOG.policy.disclosure.model_copy(update={"counts": listed})}
    )
    definitions = Definitions(replace(told_in("位", 0, "anaemic"), policy=policy))
    assert definitions.of_people(Cell(("anaemic",), 2022, "990101101", "", "total")) is protected


@pytest.mark.parametrize(
    ("unit", "decimals", "whole"),
    [("户", 0, True), ("万户", 4, True), ("万户", 2, False), ("万元", 2, False), ("万人", 2, True)],
)
def test_a_count_is_whole_in_whatever_multiple_it_is_told_exactly(unit: str, decimals: int, whole: bool) -> None:
    """Of persons that are protected everybody knows it, whatever a form rounds."""
    assert (
        Definitions(told_in(unit, decimals, "anaemic")).whole(Cell(("anaemic",), 2022, "990101101", "", "total"))
        is whole
    )


@pytest.mark.parametrize(
    ("unit", "listed", "told"),
    [("万人", ("人",), 0), ("人", ("万人",), 0), ("名", ("人",), 1), ("千名", ("人",), 1), ("位", ("人", "位"), 0), ("位", ("人",), 0), ("千口", ("人",), 0),
     ("户", ("人",), 0)],
)  # fmt: skip
def test_no_unit_of_persons_is_left_out_by_the_policy(unit: str, listed: tuple[str, ...], told: int) -> None:
    """人 protects 万人, and nothing else: 名 are persons, too, and stand in the list or the catalogue is refused. 位 and 口 may be
    places and wells (托位数, 机井数), and nobody asks for them.
    """
    protected = CATALOG.policy.disclosure.model_copy(update={"counts": listed})
    policy = CATALOG.policy.model_copy(update={"disclosure": protected})
    form = CATALOG.datasets["maternal_health"]
    columns = {h: c.model_copy(update={"unit": unit}) if c.measure else c for h, c in form.columns.items()}
    forms = {"maternal_health": form.model_copy(update={"columns": columns})}
    agreed = Agreed("990101", CATALOG.district, (), {}, frozenset(), forms, {}, policy, CATALOG.codes, {})
    assert len(list(district._policy(agreed))) == told


# --- single cases ---


@pytest.mark.parametrize(
    ("unit", "decimals", "cases"),
    [("人", 0, True), ("千人", 3, True), ("万人", 4, True), ("万人", 2, False), ("万元", 4, False), ("人次", 0, False)],
)
def test_cases_are_counted_where_the_form_tells_each_of_them(unit: str, decimals: int, cases: bool) -> None:
    """Chance explains 12 after 8; that 0.01万人 is 50 persons or 149 is no chance."""
    assert told_in(unit, decimals, "screened").counts_cases(CATALOG.indicators["cervical_screening"]) is cases


@pytest.mark.parametrize(
    ("unit", "decimals", "counted"),
    [("人", 0, True), ("万人", 4, True), ("万人", 2, False), ("万元", 0, False), ("元", 0, True), ("元", 2, False)],
)
def test_what_is_short_is_counted_where_nothing_is_rounded(unit: str, decimals: int, counted: bool) -> None:
    indicator = CATALOG.indicators["cervical_screening"]
    assert shortage.is_counted(told_in(unit, decimals, "screened"), indicator, 2022) is counted


def entry(unit: str, decimals: int) -> LedgerEntry:
    """63 % of 1000 women, where 70 % are asked, with a form in this unit."""
    return replace(screening(), catalog=told_in(unit, decimals, "screened", "eligible"))


def test_the_ledger_counts_persons_and_not_ten_thousands() -> None:
    plain, many = entry("人", 0), entry("万人", 4)
    assert plain.gap == many.gap == "还差70名妇女"
    assert plain.acceptance == many.acceptance
    assert many.acceptance.endswith("；按2022年适龄妇女人数1000人计算，不少于700人")


def test_the_ledger_tells_the_distance_where_persons_are_rounded() -> None:
    rounded = entry("万人", 2)
    assert rounded.gap == "还差7.00个百分点"
    assert "人计算" not in rounded.acceptance


# --- what a catalogue may say ---


@pytest.mark.parametrize(("unit", "decimals"), [("人", 0), ("万人", 4), ("万人", 2), ("百例", 2), ("元", 2)])
def test_a_form_may_tell_persons_in_multiples(unit: str, decimals: int) -> None:
    Column(measure="women", unit=unit, decimals=decimals)


@pytest.mark.parametrize(
    ("unit", "decimals", "told"),
    [("人", 1, "以人填报的是整数，不写 decimals"), ("万人", 5, "以万人填报的小数不多于4位")],
)
def test_no_form_tells_parts_of_a_person(unit: str, decimals: int, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Column(measure="women", unit=unit, decimals=decimals)


def indicator(**said: object) -> Indicator:
    record = CATALOG.indicators["cervical_screening"].model_dump(
        include={"name", "definition", "better", "lead", "decimals"}
    )
    return Indicator.model_validate({**record, "numerator": "a", **said})


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "count", "unit": "元"},
        {"kind": "ratio", "denominator": "b", "unit": "元"},
        {"kind": "ratio", "denominator": "b", "unit": "万元", "per": "0.0001"},
        {"kind": "published", "numerator": (), "unit": "亿元"},
    ],
    ids=["a count", "a mean", "a mean in ten thousands", "published"],
)
def test_a_figure_has_the_unit_in_which_it_is_computed(said: dict[str, object]) -> None:
    assert scale(indicator(**said).unit) * Decimal(str(said.get("per", 1))) >= 1


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"kind": "count", "unit": "万元"}, "各列都折合为元计算，得出的不是万元；请写 元"),
        ({"kind": "count", "unit": "万人", "per": "0.0001"}, "得出的不是万人；请写 人"),
        ({"kind": "ratio", "denominator": "b", "unit": "万元"}, "或者 per 写 0.0001"),
    ],
)
def test_a_computed_figure_is_not_labelled_with_a_multiple(said: dict[str, object], told: str) -> None:
    """12,000 元 were printed as 12000万元."""
    with pytest.raises(ValidationError, match=told):
        indicator(**said)


def test_a_unit_has_one_home() -> None:
    """亩 has a row of its own as soon as an indicator has it; then forms have it by that row."""
    said = yaml.safe_load((PROJECT / "expectations/codes.yml").read_text(encoding="utf-8"))
    assert "亩" in said["units"] and set(Codes.model_validate(said).units).isdisjoint(UNITS)
    with pytest.raises(ValidationError, match="units 中的 册、元 已是程序的计量单位"):
        Codes.model_validate(said | {"units": ["册", "元", "亩"]})

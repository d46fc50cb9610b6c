"""The library of indicators: a new district chooses from it, so each has a name of its own and columns to fill in."""

from collections import Counter

from expectations.catalog import HOME, Source, columns, library
from expectations.records import Indicator
from expectations.units import UNITS

INDICATORS = library()


def names(indicator: Indicator) -> tuple[str, ...]:
    return (indicator.name, *indicator.aliases)


def test_a_name_means_one_indicator() -> None:
    counts = Counter(name for indicator in INDICATORS.values() for name in names(indicator))
    assert [name for name, n in counts.items() if n > 1] == []


def test_every_measure_has_a_column_that_a_department_can_fill_in() -> None:
    known = columns()
    parts = {(key, part) for key, i in INDICATORS.items() for _, *both in i.formulas for part in (*both[0], *both[1])}
    assert len(parts) > 400
    assert sorted((key, part) for key, part in parts if part not in known) == []


def test_what_the_library_adds_says_where_it_is_taken_from() -> None:
    own = Source(HOME / "indicators" / "library.yml", HOME).read_all(Indicator)
    assert len(own) > 50
    assert [key for key, i in own.items() if not i.source] == []
    assert [key for key, i in own.items() if i.unit not in UNITS and i.unit != "平方米"] == []

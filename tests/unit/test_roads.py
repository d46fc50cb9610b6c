"""`check`, `receive` and the yearly run answer alike: a few files go the whole way, their feedback sheets are packed.

That every case is read alike is held by spec/test_cases.py.
"""

import pytest

from tests.benchmarks import roads
from tests.fixtures.answers import EXPECTED
from tests.fixtures.deliveries import CATALOG, CATALOGUE, FILES, YEAR

pytestmark = pytest.mark.usefixtures("lent")

WHOLE = ("two_sheets.xlsx", "unit_in_title.csv", "doubled.csv", "whole_row_wrong.csv", "bad_byte.csv", "statement.csv")


@pytest.mark.parametrize("case", [c for c in EXPECTED if c["file"] in WHOLE], ids=lambda case: case["file"])
def test_every_road_answers_the_same(case: dict[str, str]) -> None:
    assert not roads.differing(roads.answers(FILES / case["file"], case["dataset"], CATALOGUE, CATALOG, YEAR))

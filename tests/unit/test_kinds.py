"""A kind of report is a row: what reads the row has what the row names, and nothing else knows a kind by its name."""

import re
from importlib import import_module

import pytest

from flows.places import PROJECT
from flows.report.kinds import KINDS, YEARLY, Kind
from flows.report.kinds.report import Report
from tests.fixtures.homes import told

EVERY = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@EVERY
def test_a_kind_has_its_module_its_template_and_its_page(kind: Kind) -> None:
    made = getattr(import_module(f"flows.report.kinds.{kind.name}"), kind.name.capitalize())
    assert issubclass(made, Report)
    assert (PROJECT / "report_templates" / f"{kind.name}.html").is_file()
    operations = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"| {kind.name}/120115 |" in operations


def test_the_command_line_offers_every_kind() -> None:
    shown = told("--help").stdout
    for kind in KINDS.values():
        assert re.search(rf"^ +{kind.name} +{kind.about}：内部版和公开版。$", shown, re.M)


def test_one_kind_is_made_every_year() -> None:
    assert [kind for kind in KINDS.values() if kind.once is None] == [YEARLY]


def test_nothing_but_its_own_modules_knows_a_kind_by_its_name() -> None:
    named = re.compile(rf'"(?:{"|".join(KINDS)})"|kinds\.(?:{"|".join(KINDS)})\b')
    own = [f"flows/report/kinds/{name}" for name in ("__init__", *KINDS)]
    found = {
        path.relative_to(PROJECT).as_posix().removesuffix(".py")
        for path in (PROJECT / "flows").rglob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    }
    # `final` is a section of wording.yml as well: what every evaluation says stands there
    assert found <= {*own, "flows/report/say/concluding"}


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_asks_no_other_kind(name: str) -> None:
    """What several kinds tell stands in kinds/report.py or kinds/review.py."""
    told = (PROJECT / f"flows/report/kinds/{name}.py").read_text(encoding="utf-8")
    assert not [other for other in KINDS if other != name and re.search(rf"kinds\.{other}\b", told)]

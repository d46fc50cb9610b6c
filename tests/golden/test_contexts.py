"""What a report hands its template is what the template says: nothing is worked out that no page prints."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import Environment, meta, nodes

from expectations.catalog import load
from flows.places import TEMPLATES
from flows.report.draw.drawings import Drawings
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.kinds.report import Report
from tests.fixtures.warehouses import golden_warehouse

pytestmark = pytest.mark.usefixtures("shelf")

ENDS = {"annual": 2025, "midterm": 2023, "final": 2022}
"""When the golden district's plan must end, so that each kind of report can be made of 2022."""


def parts(name: str) -> Iterator[nodes.Template]:
    """A template, and those that it extends, includes or takes macros from."""
    tree = Environment(extensions=["jinja2.ext.loopcontrols"]).parse((TEMPLATES / name).read_text(encoding="utf-8"))
    yield tree
    for other in meta.find_referenced_templates(tree):
        assert other is not None, f"{name} names a template that nobody can know beforehand"
        yield from parts(other)


def asked(name: str) -> set[str]:
    """Names that a template expects to be given."""
    return {found for tree in parts(name) for found in meta.find_undeclared_variables(tree)}


def read_of_records(name: str) -> set[str]:
    """Fields that a template reads of what it is given, written with a point or in brackets."""
    fields = {node.attr for tree in parts(name) for node in tree.find_all(nodes.Getattr)}
    keys = {
        node.arg.value
        for tree in parts(name)
        for node in tree.find_all(nodes.Getitem)
        if isinstance(node.arg, nodes.Const)
    }
    return fields | keys


@contextmanager
def report(kind: str, golden: Path) -> Iterator[Report]:
    catalog = load("990101", golden / "expectations")
    plans = [replace(p, head=p.head.model_copy(update={"end": ENDS[kind]})) for p in catalog.plans]
    with golden_warehouse(golden) as con:
        yield KINDS[kind].of(Facts(con, replace(catalog, plans=tuple(plans)), 2022))


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_works_out_is_printed(kind: str, golden: Path, tmp_path: Path) -> None:
    with report(kind, golden) as made:
        own = made.chapters(Drawings(tmp_path))
    assert own.keys() - asked(f"{kind}.html") == set()
    plans = own["plans"]
    assert isinstance(plans, list) and plans
    records: list[Mapping[str, object]] = [*plans, *(domain for plan in plans for domain in plan["domains"])]
    assert {key for record in records for key in record} - read_of_records(f"{kind}.html") == set()


def test_what_all_kinds_share_is_printed_by_one(golden: Path, tmp_path: Path) -> None:
    with report("final", golden) as made:
        given = made.context(Drawings(tmp_path)).keys()
    assert given - {name for kind in KINDS.values() for name in asked(f"{kind.name}.html")} == set()

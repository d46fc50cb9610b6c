"""Imports point one way, and each heavy library has one door (docs/architecture.md)."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from flows.places import PROJECT

STAGES = ("ingest", "validate", "compute", "assess", "disclose", "report", "answer")
DOORS = {
    "great_expectations": ("expectations/suites",),
    "prefect": ("flows/run/annual", "flows/run/final", "flows/run/tasks", "flows/run/serve", "flows/run/gate"),
    "weasyprint": ("flows/press/pdf",),
    "lxml": ("flows/press/document",),
    "jinja2": ("flows/press/pdf", "flows/report"),
    "openpyxl": ("flows/files", "flows/answer", "flows/desk/forms", "flows/workbook", "flows/report/write/workbook"),
    "xlrd": ("flows/files",),
    "matplotlib": ("flows/report/draw/charts",),
    "pikepdf": ("flows/press/pdf", "flows/desk/verify"),
    "typer": ("flows/run/cli",),
    "rich": ("flows/console", "flows/run/terminal", "flows/report/write/listing", "flows/desk/intake"),
}
MODULES = [
    path.relative_to(PROJECT).as_posix().removesuffix(".py").removesuffix("/__init__")
    for package in ("expectations", "flows")
    for path in sorted((PROJECT / package).rglob("*.py"))
]


def source(module: str) -> ast.Module:
    path = PROJECT / module / "__init__.py" if (PROJECT / module).is_dir() else PROJECT / f"{module}.py"
    return ast.parse(path.read_bytes())


def imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Every name imported, whole: `from flows import report` is flows.report."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def everywhere(module: str) -> set[str]:
    return set(imports(ast.walk(source(module))))


def at_start(module: str) -> set[str]:
    """What importing the module imports at once."""
    return set(imports(ast.iter_child_nodes(source(module))))


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("module", [m for m in MODULES if m.split("/")[0] == "expectations"])
def test_expectations_know_nothing_of_flows(module: str) -> None:
    assert not [name for name in everywhere(module) if within(name, "flows")]


@pytest.mark.parametrize("module", [m for m in MODULES if "/" in m and m.split("/")[1] in STAGES])
def test_stages_meet_in_the_warehouse_only(module: str) -> None:
    own = module.split("/")[1]
    above = ("run", "desk", "pipeline")
    closed = [*(s for s in STAGES if s != own), *above]
    assert not [name for name in everywhere(module) for other in closed if within(name, f"flows.{other}")]


@pytest.mark.parametrize("library", DOORS)
def test_a_heavy_library_has_one_door(library: str) -> None:
    doors = DOORS[library]
    users = [m for m in MODULES if any(within(name, library) for name in everywhere(m))]
    assert not [m for m in users if not any(m == door or m.startswith(f"{door}/") for door in doors)]


def test_a_door_opens_when_it_is_needed() -> None:
    heavy = {"great_expectations", "prefect", "weasyprint", "matplotlib"}
    stages = ", ".join(
        f"flows.{stage}" for stage in (*STAGES, "edition.publish", "pipeline", "run.server", "run.terminal")
    )
    script = f"import sys, {stages}; print(*{heavy} & {{*sys.modules}})"
    result = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("\n", "")


def test_the_command_line_starts_with_typer_alone() -> None:
    light = {
        "__future__",
        "contextlib",
        "datetime",
        "os",
        "sys",
        "tomllib",
        "traceback",
        "dataclasses",
        "pathlib",
        "typing",
        "typer",
        "flows",
    }
    for module in ("flows", "flows/run", "flows/run/cli", "flows/places"):
        assert {name.split(".")[0] for name in at_start(module)} <= light
    assert {name for name in at_start("flows/run/cli") if within(name, "flows")} <= {
        f"flows.places.{name}" for name in ("DISTRICT", "MendableError", "places")
    }


def asks(tree: ast.Module) -> list[str]:
    """Where a module asks the warehouse by itself: it runs a query, writes one, or takes a connection out of the facts."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"con", "execute", "fetchall", "fetchone"}:
            found.append(f"{node.lineno}: .{node.attr}")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            found.append(f"{node.lineno}: {node.value[:40]}")
    return found


SQL = re.compile(r"\b(?:select|from|join|update|into)\s+(?:\S+\s+)*?(?:meta|core|out|stg|raw)_\w", re.I)


@pytest.mark.parametrize("module", [m for m in MODULES if re.match(r"flows/(report|answer)\b", m)])
def test_facts_alone_ask_the_warehouse(module: str) -> None:
    """What is printed, and what goes back to the departments, is asked for in one place each."""
    if not re.match(r"flows/(report|answer)/facts\b", module):
        assert asks(source(module)) == []


def test_a_question_to_the_warehouse_is_recognised() -> None:
    assert len(asks(ast.parse('rows(facts.con, "select * from out_track where warned")'))) == 2
    assert asks(ast.parse('"Facts read from the tables; out of a year, rows"')) == []

"""Imports point one way, and each heavy library has one door: the contract stands in pyproject.toml
(docs/architecture.md).
"""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from flows.places import PROJECT

STAGES = ("ingest", "validate", "compute", "assess", "disclose", "report", "answer")
WRONG = {
    "expectations/units.py": "from flows import places",
    "flows/compute.py": "from flows import validate; import docx, fsspec, matplotlib, PIL, pypdfium2, rich, typer, weasyprint, xlrd",
    "flows/outlook/own.py": "import great_expectations, jinja2, lxml, openpyxl, pikepdf, prefect",
    "flows/report/facts/gaps.py": "from flows.report.say import narrative",
    "flows/files/sheet.py": "from flows.files import xlsx",
}
"""What no module may import: something for each part of the contract."""


def contract() -> set[str]:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return {part["name"] for part in settings["contracts"]}


def broken(home: Path) -> set[str]:
    """The parts of the contract that the packages in a folder break."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache", "--no-logo"], cwd=home, capture_output=True, text=True)
    told = done.stdout.rpartition("Broken contracts\n----------------\n")[2] if done.returncode else ""
    assert done.returncode == bool(told), done.stdout + done.stderr
    return {name for name in contract() if f"\n{name}\n---" in told}


def test_the_imports_keep_their_contract() -> None:
    assert broken(PROJECT) == set()


def test_every_part_of_the_contract_can_be_broken(tmp_path: Path) -> None:
    for name in ("expectations", "flows"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.yml", "*.txt"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    for name, line in WRONG.items():
        with (tmp_path / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    assert broken(tmp_path) == contract()


def source(module: str) -> ast.Module:
    path = PROJECT / module / "__init__.py" if (PROJECT / module).is_dir() else PROJECT / f"{module}.py"
    return ast.parse(path.read_bytes())


def names(nodes: Iterable[ast.AST], package: str) -> set[str]:
    """What the imports among them import, whole: `from flows import report`, or `from . import report` in flows, is flows.report."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            found.update(".".join(filter(None, [*above, node.module, alias.name])) for alias in node.names)
    return found


def package_of(module: str) -> str:
    return (module if (PROJECT / module).is_dir() else module.rpartition("/")[0]).replace("/", ".")


def at_start(module: str) -> set[str]:
    """What importing the module imports at once."""
    return names(ast.iter_child_nodes(source(module)), package_of(module))


def everything(module: str) -> set[str]:
    """Every name imported anywhere in a module."""
    return names(ast.walk(source(module)), package_of(module))


def of_tests(names: set[str]) -> set[str]:
    """Those of the imported names that are in a test, or are one: `from tests.unit import test_intake` is, too."""
    return {name for name in names if re.match(r"tests\.(\w+\.)*test_", name)}


def circles(sources: Mapping[str, str]) -> list[tuple[str, str]]:
    """Package and child where the package imports the child, at once or later, and the child what stands in the package itself.
    lint-imports takes both for one. What only mypy reads imports nothing.
    """
    packages = [name for name in sources if any(child.startswith(f"{name}.") for child in sources)]
    read = {
        name: imported(ast.parse(text), name if name in packages else name.rpartition(".")[0])
        for name, text in sources.items()
    }
    found: list[tuple[str, str]] = []
    for package in packages:
        children = {name for name in sources if name.rpartition(".")[0] == package}
        for child in sorted(children):
            asked = any(name == child or name.startswith(f"{child}.") for name in read[package])
            own = {name for name in read[child] if package in (name, name.rpartition(".")[0])} - children
            if asked and own:
                found.append((package, child))
    return found


def imported(tree: ast.Module, package: str) -> set[str]:
    """Every name that a module of the package imports when it runs."""
    unread = {
        id(n)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for n in block.body
    }
    return names((n for n in ast.walk(tree) if id(n) not in unread), package)


def test_a_package_imports_nothing_that_asks_the_package() -> None:
    paths = [path.relative_to(PROJECT) for path in (PROJECT / "flows").rglob("*.py")]
    sources = {
        ".".join(path.parent.parts if path.stem == "__init__" else path.with_suffix("").parts): path for path in paths
    }
    assert circles({name: (PROJECT / path).read_text(encoding="utf-8") for name, path in sources.items()}) == []


def test_a_circle_within_a_package_is_found() -> None:
    asks, late = "from a import why", "def tell():\n    from a import b"
    assert circles({"a": late, "a.b": asks}) == [("a", "a.b")]
    for asked in ("import a.b", "from . import b", "from .b import tell", "from a.b import tell"):
        for child in (asks, "import a", "from . import why", "from a import *"):
            assert circles({"a": asked, "a.b": child}) == [("a", "a.b")], (asked, child)
        for child in ("from .. import why", "from . import c", "from .c import why", "import a.c", "import ab"):
            assert circles({"a": asked, "a.b": child, "a.c": ""}) == [], (asked, child)
    assert circles({"x.a": "from . import b", "x.a.b": "from .. import a"}) == [("x.a", "x.a.b")]
    assert circles({"a": "def why(): ...", "a.b": asks, "a.c": "from a import b, why"}) == []
    assert circles({"a": f"if TYPE_CHECKING:\n    {'from a import b'}", "a.b": asks}) == []


def test_no_test_imports_a_test() -> None:
    """What two tests need stands in tests/fixtures; nor does a process that a test starts import one."""
    tests = sorted((PROJECT / "tests").rglob("*.py"))
    modules = [path.relative_to(PROJECT).as_posix().removesuffix(".py") for path in tests]
    assert [(module, found) for module in modules if (found := of_tests(everything(module)))] == []
    written = re.compile(r"(?:from|import) tests\.\w+\.test_")
    assert [
        path.name for path in tests if path != Path(__file__) and written.search(path.read_text(encoding="utf-8"))
    ] == []


def test_an_import_of_a_test_is_found() -> None:
    assert of_tests({"pytest.fixture", "tests.fixtures.homes.told", "tests.conftest.Once"}) == set()
    assert of_tests({"tests.unit.test_intake", "tests.unit.test_intake.filed"}) == {
        "tests.unit.test_intake",
        "tests.unit.test_intake.filed",
    }
    for written in ("from . import test_intake", "from ..unit import test_intake", "import tests.unit.test_intake"):
        assert of_tests(names(ast.walk(ast.parse(written)), "tests.unit")) == {"tests.unit.test_intake"}


DATABASES = {
    "fixtures/warehouses.py": "opens them for all",
    "system/test_machine.py": "is told what a file that is no database, or is locked, says to whoever opens it",
    "benchmarks/three_ways.py": "asks DuckDB without a warehouse",
    "benchmarks/ten_million.py": "measures DuckDB without the program",
}
"""Who opens a database, and why."""


def test_a_warehouse_is_opened_in_one_place() -> None:
    tests = {path.relative_to(PROJECT / "tests").as_posix(): path for path in (PROJECT / "tests").rglob("*.py")}
    opens = "duckdb.connect" + "("
    assert {name for name, path in tests.items() if opens in path.read_text(encoding="utf-8")} == DATABASES.keys()


def test_every_test_stands_in_a_room() -> None:
    rooms = {path.parent.relative_to(PROJECT / "tests").as_posix() for path in (PROJECT / "tests").rglob("test_*.py")}
    assert rooms == {"spec", "unit", "golden", "system"}


def test_a_door_opens_when_it_is_needed() -> None:
    heavy = {"great_expectations", "prefect", "weasyprint", "matplotlib"}
    stages = ", ".join(
        f"flows.{stage}" for stage in (*STAGES, "edition.publish", "pipeline", "run.server", "run.terminal")
    )
    script = f"import sys, {stages}; print(*{heavy} & {{*sys.modules}})"
    result = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("\n", "")


def test_who_lists_deliveries_does_not_wait_for_what_reads_them() -> None:
    """Nor does who checks a text file wait for what makes workbooks."""
    script = """import sys
import flows.desk.owed
print(*{"duckdb", "numpy", "pandas"} & {*sys.modules})
import flows.desk.intake, flows.compute, flows.ingest.accounting, flows.ingest.deliveries, flows.validate.deliveries
print(*{"openpyxl"} & {*sys.modules})"""
    result = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("\n\n", "")


def test_the_command_line_starts_with_typer_alone() -> None:
    light = {
        "__future__",
        "collections",
        "contextlib",
        "datetime",
        "importlib",
        "inspect",
        "os",
        "re",
        "sys",
        "tomllib",
        "traceback",
        "dataclasses",
        "pathlib",
        "typing",
        "typer",
        "flows",
    }
    for module in ("flows", "flows/run", "flows/run/cli", "flows/places", "flows/report", "flows/report/kinds"):
        assert {name.split(".")[0] for name in at_start(module)} <= light
    assert {name.rpartition(".")[0] for name in at_start("flows/run/cli") if name.startswith("flows")} <= {
        "flows.places",
        "flows.report.kinds",
    }


def test_the_first_page_needs_no_library() -> None:
    assert at_start("flows/run/__main__") == {"os", "sys"}


def too_long(line: str) -> bool:
    """Whether a line is wider than what two files beside each other leave to one; ruff wraps no text (E501 is off)."""
    return len(line) > 160


def test_no_line_is_wider_than_a_screen() -> None:
    paths = [path for package in ("expectations", "flows") for path in (PROJECT / package).rglob("*.py")]
    lines = [(p, n, line) for p in paths for n, line in enumerate(p.read_text(encoding="utf-8").splitlines(), 1)]
    assert [(path.name, n) for path, n, line in lines if too_long(line)] == []
    assert (too_long("字" * 160), too_long("x" * 161)) == (False, True)


def asks(tree: ast.Module) -> list[str]:
    """Where a module asks the warehouse by itself: it runs a query, writes one, or takes a connection
    out of the facts.
    """
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"con", "execute", "fetchall", "fetchone"}:
            found.append(f"{node.lineno}: .{node.attr}")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            found.append(f"{node.lineno}: {node.value[:40]}")
    return found


MODULES = [
    path.relative_to(PROJECT).as_posix().removesuffix(".py").removesuffix("/__init__")
    for path in sorted((PROJECT / "flows").rglob("*.py"))
]
SQL = re.compile(r"\b(?:select|from|join|update|into)\s+(?:\S+\s+)*?(?:meta|core|out|stg|raw)_\w", re.I)


@pytest.mark.parametrize("module", [m for m in MODULES if re.match(r"flows/(report|answer)\b", m)])
def test_facts_alone_ask_the_warehouse(module: str) -> None:
    """What is printed, and what goes back to the departments, is asked for in one place each."""
    if not re.match(r"flows/(report|answer)/facts\b", module):
        assert asks(source(module)) == []


def test_a_question_to_the_warehouse_is_recognised() -> None:
    assert len(asks(ast.parse('rows(facts.con, "select * from out_track where warned")'))) == 2
    assert asks(ast.parse('"Facts read from the tables; out of a year, rows"')) == []


def named(node: ast.stmt) -> str:
    """The name of a class, or of a type that a module names: `Name = …` in camel case; else empty."""
    match node:
        case ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name if re.fullmatch(r"(?:[A-Z][a-z0-9]+)+", name) else ""
    return ""


def classes(sources: dict[str, str]) -> dict[str, list[str]]:
    """Name → the modules that have a class or a type of that name."""
    found: dict[str, list[str]] = {}
    for module, text in sources.items():
        for name in filter(None, map(named, ast.parse(text).body)):
            if not name.startswith("_"):
                found.setdefault(name, []).append(module)
    return found


PARAMETERS = ("flows/run/cli.py", "flows/run/tasks.py")
"""What a command or a flow takes is named as the thing that it names: District is the code of one."""


def test_a_class_name_means_one_thing() -> None:
    sources = {
        path.relative_to(PROJECT).as_posix(): path.read_text(encoding="utf-8")
        for package in ("expectations", "flows")
        for path in (PROJECT / package).rglob("*.py")
    }
    sources = {module: text for module, text in sources.items() if module not in PARAMETERS}
    doubles = {name: modules for name, modules in classes(sources).items() if len(modules) > 1}
    assert doubles == {}


def test_a_second_class_of_a_name_is_found() -> None:
    assert classes({"a": "class Plan: ...", "b": "class Plan: ...\nclass _Plan: ..."}) == {"Plan": ["a", "b"]}
    aliases = {"a": "class Form: ...", "b": "Form = Literal[1]\nFORM = 1\nform = 1\nT = 1\n_Form = 1"}
    assert classes(aliases) == {"Form": ["a", "b"]}

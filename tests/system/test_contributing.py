"""The examples of CONTRIBUTING.md, followed to the letter in a copy of the tree: each change fits, each promise is
kept, and what the other tests ask for then is what it says.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows.places import PROJECT
from tests.conftest import Once

PARTS = dict(
    re.findall(
        r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.M | re.S
    )
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
COPIED = ("expectations", "flows", "report_templates", "warehouse", "tests", "raw")
READ = ("docs", "pyproject.toml", "README.md", "README.zh-CN.md", "GLOSSARY.md", "CONTRIBUTING.md", "monitor")
ASKING = (
    "spec/test_mistakes.py",
    "spec/test_plan_numbers.py",
    "spec/test_plan_words.py",
    "spec/test_remedies.py",
    "unit/test_architecture.py::test_a_class_name_means_one_thing",
    "unit/test_first_page.py",
    "unit/test_glossary.py",
    "unit/test_kinds.py",
    "unit/test_library.py",
    "unit/test_schemas.py",
    "unit/test_simulator.py",
    "unit/test_wording.py",
    "unit/test_disclosure.py::test_no_rule_tells_in_any_year_of_a_figure_that_is_kept_back",
    "golden/test_forms.py",
    "golden/test_formats.py::test_the_document_names_every_file_of_an_edition",
    "golden/test_golden.py::test_the_text_of_the_report",
    "golden/test_second_reader.py::test_the_catalogue_demands_what_the_plans_say",
    "system/test_pages.py::test_the_rules_of_the_guide_are_the_rules",
    "system/test_pages.py::test_what_is_counted_is_so_many",
)
"""The tests that hold lists against the records: those that an addition can break though nothing is wrong with it."""
USED = """
import json, re
from fractions import Fraction
from expectations.catalog import load
from expectations.requirement import requirement
from expectations.units import unit_of
from flows import compute, validate, warehouse
from flows.report import compose
from flows.report.draw.drawings import Drawings
from flows.report.facts import Facts
from flows.wording import read
from flows.report.kinds import KINDS
from flows.report.say.narrative import Narrator
from flows.report.write import lines
from tests.fixtures.homes import told
from tests.fixtures.promises import judge, promise
from tests.fixtures.warehouses import changed, golden_warehouse
"""
"""What the examples take from where, as an editor would fill it in."""
RUNNER = """
import inspect, json, sys, tempfile, traceback
from pathlib import Path
told = {}
for part, code in json.loads(Path("promises.json").read_text(encoding="utf-8")).items():
    try:
        names = {}
        exec(compile(code, part, "exec"), names)
        test = next(found for name, found in names.items() if name.startswith("test_"))
        given = {"golden": Path(sys.argv[1]), "tmp_path": Path(tempfile.mkdtemp(dir="."))}
        test(*(given[name] for name in inspect.signature(test).parameters))
        told[part] = ""
    except Exception:
        told[part] = traceback.format_exc()
Path("told.json").write_text(json.dumps(told), encoding="utf-8")
"""


def blocks(part: str, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(PARTS[part]) if kind == language]


def change(tree: Path, block: str) -> None:
    """Make one change; what is taken away and what is left must stand in its file once, in this order."""
    first, *lines = block.splitlines(keepends=True)
    path = tree / first.removeprefix("--- ").strip()
    before = "".join(line[1:] for line in lines if not line.startswith("+"))
    after = "".join(line[1:] for line in lines if not line.startswith("-"))
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    assert text.count(before) == 1 or (not text and not before), f"{path.name}: {before}"
    path.write_text(text.replace(before, after, 1) if before else after, encoding="utf-8")


KINDS = ["indicator", "unit", "check", "rule", "sentence", "chart", "format", "kind of report"]
EXAMPLES = [part for part in PARTS if blocks(part, "python")]


def follow(golden: Path, tree: Path) -> None:
    """Every change of every part, and then what each part promises."""
    for name in COPIED:
        # with the compiled modules: what is not changed is not compiled again
        shutil.copytree(PROJECT / name, tree / name, ignore=shutil.ignore_patterns("*.pyc.*", "*.duckdb*"))
    for name in READ:
        (tree / name).symlink_to(PROJECT / name)
    for part in EXAMPLES:
        for block in blocks(part, "diff"):
            change(tree, block)
    promises = {part: USED + "\n".join(blocks(part, "python")) for part in EXAMPLES}
    (tree / "promises.json").write_text(json.dumps(promises), encoding="utf-8")
    for command in (["-c", RUNNER, str(golden)], ["-m", "raw.simulator.simulate", "2025"]):
        done = subprocess.run([sys.executable, *command], cwd=tree, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    asked = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "--tb=no", *(f"tests/{name}" for name in ASKING)],
        cwd=tree,
        capture_output=True,
        text=True,
    )
    assert asked.returncode == 1, asked.stdout + asked.stderr
    (tree / "asked.txt").write_text(asked.stdout, encoding="utf-8")


@pytest.fixture(scope="module")
def tree(once: Once, golden: Path) -> Path:
    """A copy of the project with every example in it, its `told.json` and `asked.txt` beside."""
    return once("contributing", lambda tree: follow(golden, tree))


@pytest.fixture(scope="module")
def told(tree: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((tree / "told.json").read_text(encoding="utf-8"))
    return found


def test_each_kind_of_addition_has_an_example() -> None:
    assert [part.partition(" ")[2] for part in EXAMPLES] == KINDS


@pytest.mark.parametrize("part", EXAMPLES)
def test_an_example_does_what_it_promises(part: str, told: dict[str, str]) -> None:
    assert told[part] == ""


def test_what_the_tests_ask_for_then_is_listed(tree: Path) -> None:
    """A test that fails and is not in the table would leave a newcomer alone; one that is there and passes, mislead him."""
    asked = (tree / "asked.txt").read_text(encoding="utf-8")
    failing = set(re.findall(r"^FAILED (\S+?)::", asked, re.M))
    rows = re.findall(r"^\| an? (.+?) \| `(tests/\S+)` \|", PARTS["What the tests ask for then"], re.M)
    assert failing == {test for _, test in rows}, asked
    assert {kind for after, _ in rows for kind in after.split(", a ")} <= set(KINDS)
    assert not re.search("^ERROR", asked, re.M), asked


@pytest.mark.parametrize("check", [["check"], ["format", "--check"]], ids=lambda words: words[0])
def test_the_examples_are_written_as_ruff_writes(tree: Path, check: list[str]) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("ruff"), *check, *COPIED[:4]], cwd=tree, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_new_column_stands_in_the_files_of_its_years_and_changes_no_other_figure(tree: Path) -> None:
    """The whole year is written anew: a column more, and in the other files the same bytes."""
    written = {path.name: path.read_bytes() for path in (tree / "raw" / "120115" / "2025").glob("*.csv")}
    stood = {path.name: path.read_bytes() for path in (PROJECT / "raw" / "120115" / "2025").glob("*.csv")}
    [changed] = [name for name in stood if written[name] != stood[name]]
    header, *rows = (line.split(",") for line in written[changed].decode().splitlines())
    place = header.index("产后抑郁筛查人数")
    assert all(row[place].isdigit() for row in rows)
    kept = "".join(f"{','.join([*row[:place], *row[place + 1 :]])}\n" for row in (header, *rows))
    assert (written.keys(), kept) == (stood.keys(), stood[changed].decode())


@pytest.mark.parametrize("wrong", ["--- a.txt\n two\n+three\n", "--- a.txt\n one\n+three\n", "--- a.txt\n-four\n"])
def test_a_change_that_does_not_fit_is_told(wrong: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\none\ntwo\n" if " one" in wrong else "one\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        change(tmp_path, wrong)
    change(tmp_path, "--- b.txt\n+new\n")
    assert (tmp_path / "b.txt").read_text(encoding="utf-8") == "new\n"

"""The examples of CONTRIBUTING.md, followed to the letter in a copy of the tree: each change fits, each promise is
kept.
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
COPIED = ("expectations", "flows", "report_templates", "warehouse")
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


EXAMPLES = [part for part in PARTS if blocks(part, "python")]


def follow(golden: Path, tree: Path) -> None:
    """Every change of every part, and then what each part promises."""
    for name in COPIED:
        # with the compiled modules: what is not changed is not compiled again
        shutil.copytree(PROJECT / name, tree / name, ignore=shutil.ignore_patterns("*.pyc.*", "*.duckdb*"))
    for name in ("tests", "raw", "pyproject.toml"):
        (tree / name).symlink_to(PROJECT / name)
    for part in EXAMPLES:
        for block in blocks(part, "diff"):
            change(tree, block)
    promises = {part: USED + "\n".join(blocks(part, "python")) for part in EXAMPLES}
    (tree / "promises.json").write_text(json.dumps(promises), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", RUNNER, golden], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def told(once: Once, golden: Path) -> dict[str, str]:
    tree = once("contributing", lambda tree: follow(golden, tree))
    found: dict[str, str] = json.loads((tree / "told.json").read_text(encoding="utf-8"))
    return found


def test_each_kind_of_addition_has_an_example() -> None:
    kinds = ["indicator", "unit", "check", "rule", "sentence", "chart", "format", "kind of report"]
    assert [part.partition(" ")[2] for part in EXAMPLES] == kinds


@pytest.mark.parametrize("part", EXAMPLES)
def test_an_example_does_what_it_promises(part: str, told: dict[str, str]) -> None:
    assert told[part] == ""


@pytest.mark.parametrize("wrong", ["--- a.txt\n two\n+three\n", "--- a.txt\n one\n+three\n", "--- a.txt\n-four\n"])
def test_a_change_that_does_not_fit_is_told(wrong: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\none\ntwo\n" if " one" in wrong else "one\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        change(tmp_path, wrong)
    change(tmp_path, "--- b.txt\n+new\n")
    assert (tmp_path / "b.txt").read_text(encoding="utf-8") == "new\n"

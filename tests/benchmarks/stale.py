"""What a rerun costs, and whether it makes the same bytes: random changes, each made on two roads.

`python -m tests.benchmarks.stale --changes 50 --seed 1` changes the golden district step by step. One home takes over what it can;
in the other everything is made anew (`--force`). After each step every published file of both must be the same. Printed is a
line a step: what changed, what the run told of each stage, its seconds, and those of the full run. Exit code 1 where bytes differ.
With `--unset`, papers are not set: each is what it would be set from. `--home HOME --district CODE --year YEAR` takes another
district.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import ParamSpec, TypeVar

import yaml

from expectations.catalog import CatalogError
from flows import kept, pipeline
from flows.places import MendableError
from flows.press import pdf
from flows.report.kinds import KINDS
from tests.fixtures.homes import GOLDEN
from tests.fixtures.reruns import files

P = ParamSpec("P")
T = TypeVar("T")
KIND = KINDS["annual"]


class Stages:
    """Runs stages and remembers what was told of each."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def __call__(self, title: str, stage: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = stage(*args, **kwargs)
        if told := kept.told():
            self.told[title] = told
        return result


class Home:
    """A copy of a district's home, with what a change needs to know of it."""

    def __init__(self, folder: Path, source: Path, district: str, year: int) -> None:
        self.folder, self.district, self.year, self.draft = folder, district, year, False
        shutil.copytree(source / "raw" / district, folder / "raw" / district)
        shutil.copytree(
            source / "expectations", folder / "expectations", ignore=shutil.ignore_patterns("*.py", "__py*")
        )

    @property
    def edition(self) -> Path:
        return self.folder / "output" / self.district / str(self.year) / KIND.name

    @property
    def shelf(self) -> list[Path]:
        return sorted((self.folder / "warehouse").rglob("*.kept/*/*/*.kept"))

    def forms(self, after: int = 0) -> list[Path]:
        return sorted(p for p in (self.folder / "raw").rglob("*.csv") if int(p.parent.name) >= after)

    def catalogue(self, pattern: str) -> list[Path]:
        return sorted((self.folder / "expectations").glob(pattern))

    def run(self, force: bool) -> tuple[float, Mapping[str, str]]:
        """Make the edition; returns the seconds and what was told of the stages."""
        os.environ["PLAN_MONITOR_HOME"] = str(self.folder)
        stages, start = Stages(), perf_counter()
        try:
            pipeline.make(KIND, self.year, self.district, stages, self.draft, force)
        except (CatalogError, MendableError) as error:  # the change is no catalogue or register any more
            stages.told["没有编印"] = str(error).splitlines()[0]
        return perf_counter() - start, stages.told

    def keep(self) -> None:
        """Remember what is read, for `back`."""
        for part in ("raw", "expectations"):
            shutil.copytree(self.folder / part, self.folder / "before" / part, dirs_exist_ok=True)

    def back(self) -> None:
        for part in ("raw", "expectations"):
            shutil.rmtree(self.folder / part)
            (self.folder / "before" / part).rename(self.folder / part)
        shutil.rmtree(self.folder / "before")


Change = Callable[[Home, random.Random], str]


def as_filed(change: Change) -> Change:
    """A change of what was delivered; mostly as if it had been filed: the journal begins anew with what it finds."""

    def changed(home: Home, chance: random.Random) -> str:
        filed = chance.random() < FILED
        if filed:
            shutil.rmtree(home.folder / "journal", ignore_errors=True)
        return change(home, chance) + ("" if filed else "（未经登记）")

    return changed


FILED = 0.7


def nothing(home: Home, chance: random.Random) -> str:
    return "没有变化"


def cell(home: Home, chance: random.Random) -> str:
    """One more in a figure of some file."""
    path = chance.choice(home.forms())
    lines = path.read_bytes().splitlines(keepends=True)
    found = [(n, m) for n, line in enumerate(lines[1:], 1) for m in re.finditer(rb"(?<=,)\d+(?=[,\r\n])", line)]
    if not found:
        return nothing(home, chance)
    number, match = chance.choice(found)
    new = b"%d" % (int(match[0]) + chance.choice([1, 2, 10]))
    after = [*lines]
    after[number] = lines[number][: match.start()] + new + lines[number][match.end() :]
    _written(path, b"".join(after))
    return f"更正一格：{path.parent.name}/{path.stem}"


def _written(path: Path, data: bytes) -> None:
    """Put a delivered file in the place of another, and its hash into the register."""
    register, before = path.parent / "deliveries.yml", hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(data)
    text = register.read_text(encoding="utf-8").replace(before, hashlib.sha256(data).hexdigest())
    register.write_text(text, encoding="utf-8")


def sent_again(home: Home, chance: random.Random) -> str:
    """A new version of some file, with another figure in it."""
    path = chance.choice(home.forms(home.year))
    register = path.parent / "deliveries.yml"
    told = yaml.safe_load(register.read_text(encoding="utf-8"))
    newest = {entry.get("replaces") for entry in told["deliveries"]}
    mine = next((e for e in told["deliveries"] if e["file"] == path.name and path.name not in newest), None)
    if mine is None or "sheet" in mine:
        return nothing(home, chance)
    other = path.with_stem(f"{path.stem}-更正{len(told['deliveries'])}")
    shutil.copy(path, other)
    entry = {**mine, "file": other.name, "replaces": path.name, "reason": "更正个别数据"}
    told["deliveries"].append(entry)
    register.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")
    data = re.sub(rb"(?<=,)(\d+)(?=\r?\n?$)", lambda m: b"%d" % (int(m[1]) + 1), other.read_bytes(), count=1)
    _written(other, data)
    return f"更正报送：{path.parent.name}/{path.stem}"


def withdrawn(home: Home, chance: random.Random) -> str:
    """A file is taken out of the register."""
    path = chance.choice(home.forms(home.year))
    register = path.parent / "deliveries.yml"
    told = yaml.safe_load(register.read_text(encoding="utf-8"))
    left = [e for e in told["deliveries"] if e["file"] != path.name and e.get("replaces") != path.name]
    if len(left) < 2:
        return nothing(home, chance)
    told["deliveries"] = left
    register.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return f"撤回：{path.parent.name}/{path.stem}"


def number(pattern: str, key: str, by: Callable[[int], int], called: str) -> Change:
    """Another number behind a key of a file of the catalogue."""

    def change(home: Home, chance: random.Random) -> str:
        path = chance.choice(home.catalogue(pattern))
        text = path.read_text(encoding="utf-8")
        found = [*re.finditer(rf"\b{key}: (\d+)\b(?!\.)", text)]
        if not found:
            return nothing(home, chance)
        match = chance.choice(found)
        text = f"{text[: match.start(1)]}{by(int(match[1]))}{text[match.end(1) :]}"
        path.write_text(text, encoding="utf-8")
        return f"{called}：{path.parent.name}/{path.stem}"

    return change


def renamed(home: Home, chance: random.Random) -> str:
    """An indicator has another definition in words."""
    path = chance.choice(home.catalogue("indicators/*.yml"))
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(definition: [^\n。]+)", r"\1（按年计算）", text, count=1), encoding="utf-8")
    return f"指标定义：{path.stem}"


def draft(home: Home, chance: random.Random) -> str:
    home.draft = not home.draft
    return f"送审稿标记：{'有' if home.draft else '无'}"


def shelf_gone(home: Home, chance: random.Random) -> str:
    for folder in (home.folder / "warehouse").glob("*.kept"):
        shutil.rmtree(folder)
    return "删去全部留存结果"


def damaged(home: Home, chance: random.Random) -> str:
    """Some results of the shelf are cut short or altered; that something changed, too, lets the run look at them."""
    told = cell(home, chance)  # before the shelf is asked for: those of the two homes are not as long
    for path in chance.sample(home.shelf, min(5, len(home.shelf))):
        data = bytearray(path.read_bytes())
        data[chance.randrange(len(data))] ^= 1 + chance.randrange(255)
        path.write_bytes(data[: chance.choice([len(data), len(data) // 2])])
    return f"留存结果损坏5项；{told}"


def unpublished(home: Home, chance: random.Random) -> str:
    found = sorted(path for path in home.edition.rglob("*") if path.suffix in {".csv", ".pdf", ".html"})
    if not found:
        return nothing(home, chance)
    path = chance.choice([p for p in found if p.name not in {"targets.csv", "indicators.csv"}])
    path.unlink()
    return f"删去已发布的一个文件：{path.name}"


CHANGES: Mapping[Change, int] = {
    nothing: 1,
    as_filed(cell): 5,
    as_filed(sent_again): 2,
    as_filed(withdrawn): 1,
    number("plans/*/[0-9]*.yml", "value", lambda n: n + 1, "目标值"): 2,
    number("policy.yml", "threshold", lambda n: 5 if n != 5 else 4, "规定"): 1,
    renamed: 1,
    draft: 1,
    shelf_gone: 1,
    damaged: 2,
    unpublished: 1,
}
"""Every kind of change and how often it comes."""


def unset(
    text: str, path: Path, roots: Sequence[Path], published: date, attachments: Mapping[str, str] | None = None, /
) -> Path:
    """In the place of the press: a paper is what it would be set from."""
    names = [n for n in (*pdf.drawn(text), *sorted(attachments or {})) if (path.parent / n).is_file()]
    path.write_bytes(
        b"\0".join([text.encode(), str(published).encode(), *((path.parent / n).read_bytes() for n in names)])
    )
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, default=GOLDEN)
    parser.add_argument("--district", default="990101")
    parser.add_argument("--year", type=int, default=2022)
    parser.add_argument("--unset", action="store_true", help="papers are not set: most of the time of a small district")
    given = parser.parse_args()
    if given.unset:
        pdf.write = unset
        setattr(pdf, "ProcessPoolExecutor", lambda *_: ThreadPoolExecutor(1))  # noqa: B010  (a name that it has imported)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        taking, making = (Home(Path(folder) / name, given.home, given.district, given.year) for name in ("a", "b"))
        kinds, weights = [*CHANGES], [*CHANGES.values()]
        chance = random.Random(given.seed)
        for step in range(given.changes + 1):
            change, seed = chance.choices(kinds, weights)[0] if step else nothing, chance.random()
            told = set()
            for home in (taking, making):
                shutil.rmtree(home.folder / "before", ignore_errors=True)
                home.keep()
                told.add(change(home, random.Random(seed)))
            (seconds, stages), (full, _) = taking.run(force=False), making.run(force=True)
            same = files(taking.folder / "output" / given.district) == files(making.folder / "output" / given.district)
            wrong += not same
            if "没有编印" in stages:
                taking.back()
                making.back()
            listed = "　".join(f"{title}：{words}" for title, words in stages.items())
            print(
                f"{step}\t{'/'.join(told)}\t{seconds:.1f}\t{full:.1f}\t{'相同' if same else '不同'}\t{listed}",
                flush=True,
            )
    print(f"{given.changes}次变动，{wrong}次不同")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""GLOSSARY.md is what the records say: `./monitor test tests/unit/test_glossary.py --renew` writes it anew.

A class or a table is in it whose docstring or comment begins with its name and its Chinese word: `Target (目标值): one
promise`.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from expectations.catalog import dimensions
from expectations.rules import RULES
from expectations.units import UNITS
from expectations.vocabulary import GLOSSES, Code
from flows.places import PROJECT

HEAD = """# Glossary

The words of this project, taken from its records by `./monitor test tests/unit/test_glossary.py --renew`; change them there.
A code is a word's name in tables and files, 中文 is what is printed.

"""
TERM = re.compile(r"([A-Z][a-z]+(?: [a-z]+)?) \(([\u4e00-\u9fff、]+)\): (.+?)(?=;|\.\s|\.?\s*\Z|\n\n)", re.S)
Row = tuple[object, ...]


def table(header: Row, rows: Iterable[Row]) -> str:
    def line(cells: Iterable[object]) -> str:
        return f"| {' | '.join(map(cell, cells))} |"

    return "\n".join([line(header), f"|{'---|' * len(header)}", *map(line, rows)]) + "\n\n"


def cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    return str(value).replace("|", "\\|")


def records() -> Iterator[Row]:
    """Every class and every table of the warehouse that says its Chinese word."""
    for package in ("expectations", "flows"):
        for path in sorted((PROJECT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and (found := TERM.match(ast.get_docstring(node) or "")):
                    yield (*told(found), f"`{node.name}` in {path.relative_to(PROJECT).as_posix()}")
    tables = (PROJECT / "warehouse" / "tables.sql").read_text(encoding="utf-8")
    for comment, name in re.findall(r"((?:^-- .*\n)+)create table (\w+)", tables, re.M):
        if found := TERM.match(re.sub(r"^-- ", "", comment, flags=re.M).strip()):
            yield (*told(found), f"`{name}` in warehouse/tables.sql")


def told(found: re.Match[str]) -> Row:
    return found[1].lower(), found[2], " ".join(found[3].split())


def codes() -> Iterator[str]:
    """Each set of codes, with what its records have beside the word."""
    for kind, about in GLOSSES.items():
        names = [name for name in dict.fromkeys(n for code in kind for n in vars(code)) if not name.startswith("_")]
        rows = [(f"`{code.value}`", *(getattr(code, name, None) for name in names)) for code in kind]
        yield f"### {kind.__name__}: {about}\n\n" + table(
            ("code", *("中文" if n == "word" else n for n in names)), rows
        )


def rules() -> str:
    rows = [
        (f"`{r.key}`", r.demand or r.direction, r.wants or "", r.limit or "", "、".join(sorted(r.needs)), r.strict)
        for r in RULES.values()
    ]
    return table(("rule", "中文", "wants", "held against", "needs", "strict"), rows)


def units() -> str:
    rows = [(u.name, u.kind, u.per if u.is_rate else "", u.difference, u.sdmx) for u in UNITS.values()]
    return table(("unit", "kind", "per", "a difference is in", "SDMX"), rows)


def parts() -> str:
    rows = [
        (
            f"`{key}`",
            one.name,
            one.exhaustive,
            f"`{name}`",
            part.name,
            "、".join(part.words),
            f"{one.concept} {part.sdmx}",
        )
        for key, one in dimensions().items()
        for name, part in one.parts.items()
    ]
    return table(("dimension", "中文", "makes up the whole", "part", "中文", "also written", "SDMX"), rows)


def glossary() -> str:
    return "".join(
        (
            HEAD,
            "## Terms\n\n", table(("English", "中文", "meaning", "where"), sorted(records(), key=str)),
            "## Codes (expectations/vocabulary.py)\n\n", *codes(),
            "## Rules of targets (expectations/rules.py)\n\n", rules(),
            "## Dimensions beside sex (expectations/dimensions.yml)\n\n", parts(),
            "## Units (expectations/units.py)\n\n", units(),
        )
    ).rstrip() + "\n"  # fmt: skip


def test_the_glossary_is_current(renew: bool) -> None:
    path = PROJECT / "GLOSSARY.md"
    if renew:
        path.write_text(glossary(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == glossary()


def test_every_set_of_codes_is_in_it() -> None:
    kinds = [Code]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert set(GLOSSES) == {kind for kind in kinds if len(kind)}


HOMONYMS = {"不适用", "年度不足", "已达标", "退步", "持平", "已发送"}
"""Words that two sets have for two things, so that one can be told in other words without the other."""


def test_a_word_is_written_once() -> None:
    text = (PROJECT / "expectations" / "vocabulary.py").read_text(encoding="utf-8")
    written = Counter(re.findall(r'^    [A-Z_]+ = "\w+", "(.+?)"', text, re.M))
    assert len(written) > 100
    assert {word for word, times in written.items() if times > 1} == HOMONYMS


def test_no_word_stands_for_two_things() -> None:
    listed = list(records())
    for column in (0, 1):
        words = [row[column] for row in listed]
        assert sorted(words, key=str) == sorted(set(words), key=str)

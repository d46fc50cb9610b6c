"""What is printed or sent stands in report_templates, and every text there is used."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

import pytest

from flows import wording
from flows.files import foreign
from flows.files.text import OTHERS
from flows.places import PROJECT, TEMPLATES

LETTERS = ("flows/letters.py", "flows/answer/feedback.py")
SENT = {
    "feedback": LETTERS,
    "blocked": LETTERS,
    "sheet": ("flows/report/papers/departments.py",),
    "system": ("flows/desk/system.py",),
    "form": ("flows/desk/forms.py",),
    "ledger": ("flows/ledger.py", "flows/answer/ledger.py", "flows/ingest/replies.py"),
    "reminder": ("flows/answer/letters.py",),
}
"""Part of letters.yml → the modules that send it."""
NAMES = {"宋体", "黑体", "仿宋", "楷体", "方正小标宋简体", "不适用"}
"""The names of fonts, and a sign that a sender may type."""


def chinese(source: str) -> Iterator[str]:
    """Texts in Chinese, without docstrings and without the sentences of errors, which go to the terminal."""
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search("[一-鿿]", node.value):
            yield node.value
        nodes += ast.iter_child_nodes(node)


TERMINAL = (
    "flows/run/",
    "flows/desk/",
    "flows/pipeline.py",
    "flows/machine.py",
    "expectations/catalog.py",
    "expectations/agreement/",
    "expectations/spelling.py",
)
"""What the terminal tells, also of a catalogue that cannot be read."""
LAID_DOWN = ("flows/desk/intake.py", "flows/desk/inbox.py", "flows/desk/same.py")
"""What of that is sent: an inbox lays it beside the file of the department."""
RECORDS = (
    "expectations/vocabulary.py",
    "expectations/units.py",
    "expectations/rules.py",
    "expectations/requirement.py",
    "expectations/records/",
    "flows/report/kinds/__init__.py",
)
"""Rows of which the word is a part."""
PLANS = tuple(f"flows/adopt/{name}.py" for name in ("likeness", "numerals", "outline", "promises", "words"))
READERS = ("flows/disclose/released.py", *PLANS)
"""Words that are looked for in plans and statements."""
SIGNS = {
    "flows/press/numbers.py": {"〇一二三四五六七八九", "十"},
    "flows/compute.py": {"基本持平"},  # as published tables print it
    "flows/files/formats.py": {"年", "白色", "颜色2"},  # as a spreadsheet shows a year, and writes the colour white
    "flows/ingest/header.py": {"单位", "单位:"},
    "flows/ingest/staging.py": {"全"},  # before the name of a place
    "flows/ingest/surroundings.py": {"年", "月"},
    "flows/ingest/table.py": {"单位:", "计总"},
}
"""Digits, and words that are read and not printed."""
READ = {
    "expectations/remedies.py": {"ALIKE"},
    "flows/files/characters.py": {"RADICALS"},
    "flows/files/encoding.py": {"LOST"},
    "flows/files/formats.py": {"BUILT_IN"},
    "flows/ingest/header.py": {"PREVIOUS", "OF_WHICH"},
    "flows/ingest/staging.py": {"NUMERALS", "SEATS"},
    "flows/ingest/surroundings.py": {"DASH", "HARMLESS", "LEFT_OUT", "NO_PLACES", "WRITTEN_SHORT"},
    "flows/ingest/table.py": {"SUBTOTAL"},
}
"""Module → its tables of letters, words and formats that stand in files."""


def patterns(source: str, tables: Collection[str] = ()) -> set[str]:
    """The texts that `re` is given, what they are put together from (`_UNIT`), and those of the named tables."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        searched = isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")
        name = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
        name = ast.unparse(node.target) if isinstance(node, ast.AnnAssign) else name
        if searched or name.startswith("_") or name in tables:
            found |= {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def printing() -> list[str]:
    """The modules that print or send."""
    listed = [
        p.relative_to(PROJECT).as_posix() for room in ("expectations", "flows") for p in (PROJECT / room).rglob("*.py")
    ]
    spared = (*TERMINAL, *RECORDS, *READERS)
    return sorted(path for path in listed if path in LAID_DOWN or not path.startswith(spared))


@pytest.mark.parametrize("module", printing())
def test_no_module_holds_a_text_that_is_printed(module: str) -> None:
    source = (PROJECT / module).read_text(encoding="utf-8")
    read = patterns(source, READ.get(module, ()))
    assert set(chinese(source)) - read - SIGNS.get(module, set()) - NAMES == set()


def test_no_template_decides_by_a_word() -> None:
    """What is compared is a code, and never what is printed."""
    decisions = re.compile(r"\{%-? (?:if|elif|for)\b([^%]*(?:==|!=| in )[^%]*)%\}")
    texts = ((p.name, p.read_text(encoding="utf-8")) for p in sorted((PROJECT / "report_templates").glob("*.html")))
    words = re.compile("[\"'][^\"']*[一-鿿]")
    found = [(name, one) for name, text in texts for one in decisions.findall(text) if words.search(one)]
    assert [one for one in found if "better" not in one[1]] == []  # a list of codes with their words


@pytest.mark.parametrize("name", ["labels", "messages"])
def test_every_label_is_used(name: str) -> None:
    """By its place, or by that of the part that it is in: a part is read as a whole, or by a code."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for room in ("expectations", "flows")
        for path in (PROJECT / room).rglob("*.py")
    )
    used = {*re.findall(rf'"{name}/([\w/]+)', source), *re.findall(rf'read\("{name}"\)\["(\w+)"\]', source)}
    unused = [place for place in places(wording.read(name)) if not any(f"{place}/".startswith(f"/{u}") for u in used)]
    assert unused == []


def kinds(module: str) -> set[str]:
    """The words in small letters of a module that stand in quotation marks."""
    return set(re.findall(r'"([a-z0-9_]+)"', (PROJECT / module).read_text(encoding="utf-8")))


def test_every_kind_of_file_and_separator_has_its_name() -> None:
    files = {kind for group in wording.read("messages")["foreign"].values() for kind in group["kinds"]}
    assert len(files) > 60
    assert files - kinds("flows/files/foreign.py") == set()
    tables = (*foreign.BEGINNINGS, *foreign.PACKAGES, *foreign.OPEN, *foreign.STREAMS, *foreign.XML)
    assert {kind for _, kind in tables} | {*foreign.OFFICE.values()} <= files
    assert {*OTHERS.values()} == {*wording.read("messages")["separators"]}


def test_every_finding_of_the_reader_is_used() -> None:
    """By its rule and kind, or by one of them where the other is put together (`correction_{state}`)."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for room in ("files", "ingest")
        for path in (PROJECT / "flows" / room).glob("*.py")
    )
    named, begun = set(re.findall(r'"([a-z_0-9/]+)"', source)), tuple(re.findall(r'f"([a-z_]+[/_])\{', source))
    texts = {place.removeprefix("/").rpartition("/")[0] for place in places(wording.read("messages")["reading"])}
    assert len(texts) > 80
    assert [place for place in sorted(texts) if place not in named and not place.startswith(begun)] == []


def places(texts: object, place: str = "") -> Iterator[str]:
    if isinstance(texts, dict):
        for key, value in texts.items():
            yield from places(value, f"{place}/{key}")
    else:
        yield place


@pytest.mark.parametrize("module", (*LETTERS, "flows/desk/forms.py"))
def test_what_is_sent_is_written_in_no_module(module: str) -> None:
    assert set(chinese((PROJECT / module).read_text(encoding="utf-8"))) - NAMES == set()


def test_a_text_in_a_module_is_found() -> None:
    assert set(chinese('"""说明"""\nraise ValueError("有误")\nx = f"第{n}行"')) == {"第", "行"}


BY_RULE = {
    *(
        f"/acceptance/{form}"
        for form in ("number", "direction", "hold", "middle", "rises", "swing", "late", "not_started")
    ),
    *(f"/state/{reason}" for reason in ("late", "not_started")),
    *(f"/gap/{way}" for way in ("more", "less", "rises", "places", "places_first")),
    *(
        "/pace/month",
        "/pace/quarter",
        "/urge/name",
        "/press/name",
        "/urge/title",
        "/press/title",
        "/urge/request",
        "/press/request",
    ),
    *(f"/columns/{key}" for key in ("target", "level", "gap", "acceptance", "pace", "answer", "action")),
    *("/press/serious", "/press/overdue"),
    *("/signed/chief", "/signed/telephone"),
    *(f"/{way}" for way in ("rise", "fall", "above", "below", "least", "most", "not_below", "not_above")),
}
"""Texts that are asked for by the rule of a target, the reason of a warning or the kind of a letter."""


@pytest.mark.parametrize("part", SENT)
def test_every_text_is_used(part: str) -> None:
    source = "".join((PROJECT / module).read_text(encoding="utf-8") for module in SENT[part])
    by_column = {f"/wanted/{role}" for role in ("text", "source", "note", "agreement", "issued")} | BY_RULE
    by_column |= {f"/formula/{kind}" for kind in ("ratio", "share", "count", "published")}
    texts = {*places(wording.read("letters")[part])} - by_column
    assert [place for place in texts if not re.search(rf'["/]{place.rpartition("/")[2]}"', source)] == []


def test_a_text_is_filled_in_or_missed() -> None:
    assert wording.say("letters/feedback/late", days=3) == "迟报3天"
    with pytest.raises(KeyError):
        wording.say("letters/feedback/late")
    with pytest.raises(KeyError):
        wording.say("letters/feedback/later")


TABLES = ("flows/report/kinds", "flows/report/write", "flows/report/facts")


def test_every_table_is_used() -> None:
    source = "".join(
        path.read_text(encoding="utf-8") for folder in TABLES for path in sorted((PROJECT / folder).rglob("*.py"))
    )
    assert [name for name in wording.read("tables") if f'"{name}"' not in source] == []


def test_a_data_file_that_a_page_names_has_that_name() -> None:
    """Not the name that it has for programs: readers are given 上级对比数据.csv, not above.csv."""
    files = {table.get("file") for table in wording.read("tables").values()}
    pages = "".join(path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob("*.html")))
    named = re.findall(r"数据文件(《[^》{]+》|[ ]?[a-z_]+\.\w+)", pages)
    assert len(named) > 3
    assert [name for name in named if name.strip("《》") not in files] == []


def test_a_list_gives_a_heading_for_each_member() -> None:
    assert wording.headings("targets", years=[2023, 2024])[4:8] == ["单位", "2023年", "2024年", "规划要求"]
    assert wording.headings("sexes_change", base=2020, end=2025)[2:4] == ["2020年女", "2025年女"]
    with pytest.raises(KeyError):
        wording.headings("targets")

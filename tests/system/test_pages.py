"""Documents that cannot lie: every command and example on every page is run or read, every file they name is there, the
twins agree.
"""

import importlib.util
import re
import shlex
import shutil
from datetime import date
from pathlib import Path

import pypdfium2
import pytest
import typer
import yaml

from expectations.catalog import Source, load
from expectations.records import (
    Area,
    Caliber,
    Compilation,
    Dataset,
    Department,
    Dimension,
    District,
    Domain,
    Exemptions,
    Home,
    Indicator,
    OwnWords,
    PlanHead,
    Recipient,
    Record,
    Target,
)
from expectations.rules import RULES
from expectations.vocabulary import Reason
from flows.answer import ledger as workbooks
from flows.ingest import register
from flows.ledger import LedgerEntry
from flows.places import PROJECT, SETTINGS
from flows.report.kinds import KINDS
from flows.run import cli
from tests.fixtures import counties, ledgers
from tests.fixtures.homes import told

PAGES = {
    path.relative_to(PROJECT).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted((*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md"), *PROJECT.glob("tests/**/README.md")))
    if path.name not in {"CHANGELOG.md", "DECISIONS.md"}  # what they tell was so at the time
}
GUIDES = "docs/zh-CN/guides/"
"""Where the guides stand that are followed in an office, in its language only: English readers have docs/operations.md."""
TWINS = [("README.md", "README.zh-CN.md")] + [
    (name.replace("zh-CN/", ""), name)
    for name in PAGES
    if name.startswith("docs/zh-CN/") and not name.startswith(GUIDES)
]
LONG = (
    "annual",
    "midterm",
    "final",
    "approve",
    "approver",
    "deliver",
    "inbox",
    "verify",
    "serve",
    "run",
    "ledger",
    "trace",
    "compare",
    "editions",
    "audit",
    "backup",
    "restore",
)
"""Commands that other tests run, for they make a report or stay; here they are only understood."""
SENT = ("孕产妇.xlsx", "raw/120115/2024/区卫生健康委-孕产妇保健和健康情况表.csv")
"""A file that a page calls so, and what a department may have sent under that name."""
EMPTY = re.compile(r"check output/templates/|receive \S+-整改台账")
"""What is shown to find something: an empty form is told to be empty, a ledger of one row to lack the others."""


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def commands(text: str) -> list[tuple[str, ...]]:
    """The commands of each block, without what is said of them."""
    return [tuple(line.partition("  #")[0].strip() for line in block.splitlines()) for block in blocks(text, "sh")]


CITY = ("docs/city.md", "docs/zh-CN/city.md")
"""Pages whose commands are about a city, which no other page has."""


def within(block: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the other block runs all of its commands in the same order, and more."""
    rest = iter(other)
    return block != other and all(command in rest for command in block)


BLOCKS = {block for page, text in PAGES.items() if page not in CITY for block in commands(text)}
SHOWN = sorted(block for block in BLOCKS if not any(within(block, other) for other in BLOCKS))
"""What is run: each block but for those that are run within another one."""


@pytest.mark.parametrize(("english", "chinese"), TWINS)
def test_the_twins_show_the_same(english: str, chinese: str) -> None:
    assert commands(PAGES[english]) == commands(PAGES[chinese])
    examples = [[yaml.safe_load(block) for block in blocks(PAGES[page], "yaml")] for page in (english, chinese)]
    assert examples[0] == examples[1]
    codes = [set(re.findall(r"^\| `?(\w+)", PAGES[page], re.M)) & {*RULES, *KINDS} for page in (english, chinese)]
    assert codes[0] == codes[1]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for what a page shows, with what one department has sent so far of one form, and a file that it has just sent.

    Other files change nothing of what a page shows: they would only be read again by every command.
    """
    tmp_path, (name, source) = tmp_path_factory.mktemp("sent"), SENT
    form = Path(source).stem
    for path in (PROJECT / "raw" / "120115").glob("*/deliveries.yml"):
        year = tmp_path / path.parent.relative_to(PROJECT)
        year.mkdir(parents=True)
        head = yaml.safe_load(path.read_text(encoding="utf-8"))
        head["deliveries"] = [one for one in head["deliveries"] if one["file"].startswith(form)]
        (year / path.name).write_text(yaml.safe_dump(head, allow_unicode=True), encoding="utf-8")
        for one in head["deliveries"]:
            shutil.copy(path.parent / one["file"], year)
    for linked in ("monitor", "expectations", "docs", SETTINGS):
        (tmp_path / linked).symlink_to(PROJECT / linked)
    text = (PROJECT / source).read_bytes().decode("utf-8-sig")
    (tmp_path / name).write_text(re.sub(r",0,", ",1,", text, count=1), encoding="utf-8")
    answered(tmp_path)
    return tmp_path


@pytest.fixture
def desk(sent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in which the commands of one block are typed."""
    shutil.copytree(sent, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answered(folder: Path) -> None:
    """A ledger of 2024 that the same department has sent back, with one entry answered."""
    catalog = load("120115", PROJECT / "expectations")
    promise = next(p for p in catalog.promises(2024) if p.target.indicator == "cervical_screening")
    one = LedgerEntry(catalog, promise, promise.name, 2024, {**ledgers.BLANK, "value": 63.5}, date(2025, 7, 15))
    path = folder / "区卫生健康委-整改台账.xlsx"
    workbooks._workbook(catalog, "区卫生健康委", [one], "报告", simulated=True).save(path)
    answer = {"原因": "筛查车没有到位", "整改措施": "每周下乡一次", "完成时限": "2025-11-30", "状态": "整改中"}
    ledgers.filled(path, answer, 填报人="王某")


@pytest.mark.usefixtures("unset")
@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block[0])
def test_the_commands_of_a_page_run(block: tuple[str, ...], desk: Path) -> None:
    for command in filter(None, block):
        run(command)


@pytest.mark.usefixtures("unset")
def test_the_commands_of_a_city_run(
    released: dict[str, dict[int, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = counties.home_of_the_city(tmp_path / "home", {})
    for path in home.glob("raw/*/*/deliveries.yml"):
        head = yaml.safe_load(path.read_text(encoding="utf-8"))
        path.write_text(yaml.safe_dump(head | {"locked": "2099-06-30", "published": "2099-07-15"}), encoding="utf-8")
    for code, texts in released.items():
        edition = home / "output" / code / str(counties.YEAR) / "annual" / "released"
        edition.mkdir(parents=True)
        for year, text in texts.items():
            (edition / f"{year}.csv").write_bytes(text.encode("utf-8-sig"))
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(home))
    monkeypatch.chdir(home)
    for block in commands(PAGES[CITY[0]]):
        for command in block:
            run(command)
    register = yaml.safe_load((home / "raw" / counties.CITY / "2022" / "deliveries.yml").read_text(encoding="utf-8"))
    assert [e.get("department") for e in register["deliveries"]] == [None, "first_office"]


def run(command: str) -> None:
    launcher, *words = shlex.split(command)
    if launcher == "python":
        module, *options = words[1:]
        found = importlib.util.find_spec(module)
        assert words[0] == "-m" and found and found.origin
        source = Path(found.origin).read_text(encoding="utf-8")
        assert all(f'"{option}"' in source for option in options if option.startswith("--"))
    elif launcher == "./monitor" and words[0] in {"test", "system"}:
        assert all(word.startswith("-") or (PROJECT / word).exists() for word in words[1:])
    elif launcher == "./monitor" and words[0] in LONG:
        group = typer.main.get_command(cli.app)
        assert isinstance(group, typer.core.TyperGroup)
        group.commands[words[0]].make_context(words[0], words[1:])
    else:
        assert launcher == "./monitor"
        done = told(*words)
        assert done.returncode == (3 if EMPTY.match(" ".join(words)) else 0), done.stderr
        assert done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text, folder = PAGES[page], (PROJECT / page).parent
    for link, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", text):
        target = folder / link if link else PROJECT / page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{link}#{anchor}"
    for name in re.findall(r"`((?:flows|expectations|tests|report_templates|warehouse|docs)/[\w./]+)`", text):
        assert any((PROJECT / f"{name}{end}").exists() for end in ("", ".py")), name
    for name in re.findall(r"^([a-z_]+)/? {2,}", text, re.M):
        assert (PROJECT / name).exists() or name in {"output", "journal"}, name  # what runs make


def anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_guide_is_linked_and_every_picture_of_theirs_is_shown() -> None:
    guides = {name for name in PAGES if name.startswith(GUIDES)}
    assert {Path(name).stem for name in guides} == {"clerk", "statistician", "administrator"}
    for page in ("README.md", "README.zh-CN.md"):
        assert [name for name in guides if f"]({name})" not in PAGES[page]] == []
    shown = {name for guide in guides for name in re.findall(r"!\[[^\]]+\]\(([^)/]+\.png)\)", PAGES[guide])}
    kept = {path.name: path.stat().st_size for path in (PROJECT / GUIDES).glob("*.png")}
    assert shown == set(kept)
    assert max(kept.values()) < 150_000


@pytest.mark.parametrize("guide", [name for name in PAGES if name.startswith(GUIDES)])
def test_no_step_of_a_guide_is_lost_in_a_paragraph(guide: str) -> None:
    """Of a list only the first step may follow words; what follows a paragraph with its number is taken for more of it."""
    parts = re.split(r"\n{2,}", re.sub(r"^```.*?^```$", "", PAGES[guide], flags=re.M | re.S))
    stepped = [part.strip("\n") for part in parts if re.search(r"^\d+\. ", part, re.M)]
    assert stepped
    assert [part for part in stepped if not re.match(r"\d+\. ", part)] == []


def test_the_printed_page_says_what_the_clerks_guide_says() -> None:
    """It is made anew by `python -m tests.pictures`."""
    section = re.search(r"^## 一页说明\n(.*?)^## ", PAGES[f"{GUIDES}clerk.md"], re.M | re.S)
    assert section
    lines = [re.sub(r"^\d+\. |^[|: -]+$", "", line).strip("| ") for line in section[1].splitlines()]
    with pypdfium2.PdfDocument(PROJECT / GUIDES / "clerk-page.pdf") as pages:
        [printed] = ["".join(page.get_textpage().get_text_range().split()) for page in pages]
    said = ["".join(cell.split()) for line in lines for cell in line.split("|")]
    assert [words for words in said if words not in printed] == [] != said


# --- examples of YAML ---

SHAPES: dict[str, type[Record]] = {
    "exhaustive": Dimension,
    "audience": PlanHead, "areas_called": District, "rule": Target, "datasets": Dataset, "domain": Domain, "numerator": Indicator, "corrections": Exemptions,
    "units": OwnWords, "code": Area, "since": Caliber, "source": Compilation,
    "operators": Home, "papers": Recipient, "webhook": Recipient,
}  # fmt: skip
"""A key of an example, or of what stands one step below its key → the record that it is an example of."""
EXAMPLES = [(page, block) for page, text in PAGES.items() for block in blocks(text, "yaml")]


def records(example: dict[str, object]) -> list[tuple[type[Record], object]]:
    """What an example is an example of: as a whole, or of what stands under its keys."""
    whole = [kind for key, kind in SHAPES.items() if key in example]
    if whole:
        return [(whole[0], example)]
    if isinstance(listed := example.get("departments"), dict):
        to = example.get("recipients")
        departments = [(Department, department) for department in listed.values()]
        return [*departments, *((Recipient, recipient) for recipient in (to if isinstance(to, list) else ()))]
    found: list[tuple[type[Record], object]] = []
    for below in example.values():
        for part in below if isinstance(below, list) else [below]:
            if isinstance(part, dict):
                kind = (
                    Dataset
                    if {"columns", "due"} & part.keys()
                    else next((k for key, k in SHAPES.items() if key in part), None)
                )
                found += [(kind, part)] if kind else []
    return found


@pytest.mark.parametrize(("page", "block"), EXAMPLES)
def test_an_example_is_a_record(page: str, block: str, tmp_path: Path) -> None:
    path = tmp_path / "example.yml"
    path.write_text(re.sub(r"sha256: .*", f"sha256: {'a' * 64}", block), encoding="utf-8")
    if "deliveries" in block:
        assert register.read(path, tmp_path).deliveries
        return
    source = Source(path, tmp_path)
    found = records(source.data)
    assert found, block
    for kind, part in found:
        source.read(kind, part)


# --- tables and figures ---


@pytest.mark.parametrize("page", [name for name in PAGES if name.endswith("catalogue.md")])
def test_the_rules_of_the_guide_are_the_rules(page: str) -> None:
    table = re.search(r"\| (?:rule|规则) \|.*?\n\n", PAGES[page], re.S)
    assert table
    listed = [key for row in re.findall(r"^\| ([a-z_, ]+)", table[0], re.M) for key in re.findall(r"[a-z_]+", row)]
    assert {key for key in listed if key in RULES} == set(RULES)


@pytest.mark.parametrize("page", [name for name in PAGES if name.endswith("formats.md")])
def test_the_states_of_the_formats_are_the_records(page: str) -> None:
    listed = re.findall(r"^\| `(\w+)` \| (\S+) \| [^|]* \| ([A-Z])[,; ，；]", PAGES[page], re.M)
    assert listed
    for state, word, sdmx in listed:
        reason = Reason.of(state)
        assert (word, sdmx) == ((reason.word, reason.sdmx) if state != "ok" else ("—", "A"))


def counted() -> dict[str, str]:
    """Sentences that tell how many there are of something, as they must be."""
    catalog = load("120115")
    domains = [domain for plan in catalog.plans for domain in plan.domains]
    number = {
        "domains": len(domains), "goals": sum(len(d.goals) for d in domains),
        "actions": sum(len(d.actions) for d in domains),
        "targets": len(catalog.promises()), "indicators": len(catalog.indicators), "datasets": sum(not d.above for d in catalog.datasets.values()),
        "complement": sum(i.complement for i in catalog.indicators.values()),
        "exempt": sum(d.exempt for d in catalog.datasets.values()),
    }  # fmt: skip
    policy = catalog.policy.disclosure
    return {
        "README.md": "{domains} domains, {goals} goals, {actions} actions, {targets} targets; {indicators} indicators from {datasets} datasets".format(**number),
        "README.zh-CN.md": "{domains}个领域、{goals}项主要目标、{actions}项策略措施、{targets}项目标；{indicators}个指标来自{datasets}种报表".format(**number),
        "docs/disclosure.md": f"| `threshold` | {policy.threshold} |\n| `protection` | {policy.protection} |\n| `rounding` | {policy.rounding} |\n"
        f"| `complement` | {number['complement']} indicators |\n| `exempt` | {number['exempt']} datasets |",
    }  # fmt: skip


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md", "docs/disclosure.md"])
def test_what_is_counted_is_so_many(page: str, renew: bool) -> None:
    """With --renew, the numbers are written anew."""
    path, text = PROJECT / page, PAGES[page]
    for sentence in counted()[page].splitlines():
        if renew:
            text = re.sub(re.sub(r"\d+", r"\\d+", re.escape(sentence)), sentence, text)
            path.write_text(text, encoding="utf-8")
        assert sentence in text


# --- decisions and releases ---


def test_every_decision_is_dated_and_says_what_became_of_it() -> None:
    text = (PROJECT / "DECISIONS.md").read_text(encoding="utf-8")
    entries = re.split(r"^(?=\d+\. )", text, flags=re.M)[1:]
    assert [int(entry.split(".")[0]) for entry in entries] == [*range(1, len(entries) + 1)]
    for number, entry in enumerate(entries, 1):
        end = re.search(r"^ +\*20\d\d-\d\d-\d\d, (.+)\.\*\s*\Z", entry, re.M)
        assert end and re.match(r"accepted|superseded by \d+", end[1]), entry
        assert all(number < int(later) <= len(entries) for later in re.findall(r"\d+", end[1])), entry


def test_the_version_has_an_entry_in_the_changelog() -> None:
    version = re.search(r'^version = "(.+)"$', (PROJECT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    heads = re.findall(r"^## (.+)$", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert (
        version
        and heads[0] == "Unreleased"
        and re.fullmatch(rf"{re.escape(version[1])} \(20\d\d-\d\d-\d\d\)", heads[1])
    )

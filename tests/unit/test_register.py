"""The register as people write it: an entry more, whatever the form; killed anywhere; several filings at once."""

import json
import os
import re
import stat
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import ingest, pipeline
from flows.desk import filing
from flows.ingest import register
from flows.places import MendableError
from tests.benchmarks import filings
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, deliver, sent
from tests.fixtures.kills import Killed, killed
from tests.fixtures.warehouses import rows, warehouse

HEAD = f'district: "{DISTRICT}"\nyear: 2024\nsimulated: true\nlocked: 2025-06-30\npublished: 2025-07-15\n'
A, B = "a" * 64, "b" * 64
ONE = {"dataset": "births", "file": "甲.csv", "received": "2025-03-01", "sha256": A}
TWO = {"dataset": "clinics", "file": "乙.csv", "received": "2025-03-02", "sha256": B}
NEW = register.Entry.model_validate(
    {"dataset": "population", "file": "yes", "received": "2025-03-09", "sha256": "c" * 64, "at": "12:30", "rows": 3,
     "original": "a: b #c.csv", "reason": "=1\n*更正*"}
)  # fmt: skip


def block(dash: str = "  - ", entries: Sequence[dict[str, str]] = (ONE, TWO)) -> str:
    pad = "\n" + " " * len(dash.rpartition("\n")[2])
    return "".join(dash + pad.join(f"{key}: {value}" for key, value in entry.items()) + "\n" for entry in entries)


def flow(entry: dict[str, str], between: str = ", ") -> str:
    return "{" + between.join(f"{key}: {value}" for key, value in entry.items()) + "}"


BLOCK = HEAD + "deliveries:\n" + block()
PLAIN = {"district": DISTRICT, "year": 2024, "simulated": True, "locked": "2025-06-30", "published": "2025-07-15",
         "deliveries": [ONE, TWO]}  # fmt: skip
MERGED = f"""deliveries:
  - &one
    dataset: births
    file: 甲.csv
    received: 2025-03-01
    sha256: {A}
  - <<: *one
    dataset: clinics
    file: 乙.csv
    received: 2025-03-02
    sha256: {B}
"""

FORMS = {  # two entries each
    "block": BLOCK,
    "at the margin": HEAD + "deliveries:\n" + block("- "),
    "indent of four": HEAD + "deliveries:\n" + block("    - "),
    "wide dash": HEAD + "deliveries:\n" + block("  -   "),
    "dash alone": HEAD + "deliveries:\n" + block("  -\n    "),
    "flow entries": HEAD + f"deliveries:\n  - {flow(ONE)}\n  - {flow(TWO)}\n",
    "flow on one line": HEAD + f"deliveries: [{flow(ONE)}, {flow(TWO)}]\n",
    "flow over lines": HEAD + f"deliveries: [\n  {flow(ONE)},\n  {flow(TWO)},\n]\n",
    "flow entry over lines": HEAD + "deliveries:\n  - " + flow(ONE, ",\n     ") + f"\n  - {flow(TWO)}\n",
    "block then flow": HEAD + "deliveries:\n" + block(entries=[ONE]) + f"  - {flow(TWO)}\n",
    "comment before the first": HEAD + "deliveries:\n# 首批\n" + block(),
    "comment before the first, indented": HEAD + "deliveries:\n  # 首批\n" + block(),
    "comment behind the key": HEAD + "deliveries:   # 首批\n" + block(),
    "comment between": BLOCK.replace("  - dataset: clinics", "  # 第二批\n  - dataset: clinics"),
    "comment within": BLOCK.replace("    file: 乙", "    # 加急\n    file: 乙").replace("甲.csv\n", "甲.csv  # 原件\n"),
    "comment at the end": BLOCK + "# 完\n",
    "comment at the end, indented": BLOCK + "  # 完\n",
    "comment on top": "# 登记\n\n" + BLOCK,
    "comment in a flow list": HEAD + f"deliveries: [\n  {flow(ONE)},  # 首批\n  {flow(TWO)}\n]\n",
    "blank lines": BLOCK.replace("  - dataset", "\n  - dataset") + "\n\n",
    "key in double quotes": BLOCK.replace("deliveries:", '"deliveries":'),
    "key in single quotes": BLOCK.replace("deliveries:", "'deliveries':"),
    "blank before the colon": BLOCK.replace("deliveries:", "deliveries :"),
    "key asked for": BLOCK.replace("deliveries:\n", "? deliveries\n:\n"),
    "not the last key": "deliveries:\n" + block() + HEAD,
    "comment before the next key": "deliveries:\n" + block() + "\n# 其他\n" + HEAD,
    "anchors": BLOCK.replace("2025-03-01", "&day 2025-03-01").replace("received: 2025-03-02", "received: *day"),
    "merged": HEAD + MERGED,
    "carriage returns": BLOCK.replace("\n", "\r\n"),
    "no final newline": BLOCK.rstrip("\n"),
    "no final newline, flow": HEAD + f"deliveries: [{flow(ONE)}, {flow(TWO)}]",
    "mark of bytes": "\ufeff" + BLOCK,
    "mark of bytes and carriage returns": "\ufeff" + BLOCK.replace("\n", "\r\n"),
    "begin of document": "---\n" + BLOCK,
    "end of document": "---\n" + BLOCK + "...\n",
    "version": "%YAML 1.1\n---\n" + BLOCK,
    "comment before the document": "# 登记\n--- # 始\n" + BLOCK,
    "tab before a value": BLOCK.replace("file: ", "file:\t"),
    "blanks at the end of lines": BLOCK.replace("\n", "  \n"),
    "quoted values": BLOCK.replace("甲.csv", '"甲.csv"').replace("乙.csv", "'乙.csv'"),
    "escapes": BLOCK.replace("甲.csv", '"\\u7532.csv"'),
    "json": json.dumps(PLAIN),
    "json over lines": json.dumps(PLAIN, ensure_ascii=False, indent=4) + "\n",
    "yes": BLOCK.replace("simulated: true", "simulated: yes"),
    "tags": BLOCK.replace("dataset: births", "dataset: !!str births"),
    "long reason": BLOCK + f"    replaces: 甲.csv\n    reason: {'核对后更正 ' * 40}止\n",
    "reason of several lines": BLOCK + "    reason: |\n      一\n\n      # 二\n",
    "reason folded": BLOCK + "    reason: >-\n      一\n      二\n",
    "reason over lines": BLOCK + "    reason: 一\n      二\n",
    "empty values": BLOCK + "    reason:\n    replaces: ~\n",
    "time and rows": BLOCK + "    at: '12:30'\n    rows: 1_000\n",
    "digits and an e": BLOCK.replace(A, "1" * 30 + "e" + "1" * 33),
    "utf-16": BLOCK,
}  # fmt: skip
NO_ENTRY = {
    "no key": HEAD,
    "no value": HEAD + "deliveries:\n",
    "empty list": HEAD + "deliveries: []\n",
    "empty list over lines": HEAD + "deliveries: [\n]\n",
    "tilde": HEAD + "deliveries: ~\n",
    "null": HEAD + "deliveries: null\n",
    "no value, comment": HEAD + "deliveries:   # 尚无\n",
    "empty list, comment": HEAD + "deliveries: []   # 尚无\n",
    "comment below": HEAD + "deliveries:\n  # - dataset: births\n",
    "empty list, not last": "deliveries: []\n" + HEAD,
    "no key, no newline": HEAD.rstrip("\n"),
    "no key, end of document": "---\n" + HEAD + "...\n",
    "no key, comment below": HEAD + "# 完\n",
}
NOT_ONE = {
    "two documents": (BLOCK + "---\n" + BLOCK, "只能有一份内容"),
    "a key twice": (BLOCK + "deliveries: []\n", "同一个键写了两次"),
    "text": (HEAD + "deliveries: 无\n", "应为列表（每项以“- ”开头），实为 '无'"),
    "a mapping": (HEAD + "deliveries:\n  dataset: births\n", "应为列表"),
    "gbk": (BLOCK, "请用文本编辑器另存为 UTF-8"),
    "tab as indent": (BLOCK.replace("    file", "\tfile"), "缩进须用空格，不用制表符"),
    "not closed": (BLOCK + "  - {dataset: births\n", "没有配对"),
    "unknown key": (BLOCK + "    grund: x\n", "没有这个键"),
    "nothing": ("", "文件是空的"),
    "a list": ("- a\n", "应为“键: 值”"),
}
CODECS = {"utf-16": "utf-16", "gbk": "gb18030"}


def comments(text: str) -> list[str]:
    return re.findall(r"(?<![^\s])# \w+", text)


def check_extended(text: str, codec: str = "utf-8") -> str:
    """The text of a register with an entry more: what it said it says still, in the same form."""
    raw = Path("/nowhere/raw")
    path = raw / DISTRICT / "2024" / register.REGISTER
    before = register.read(path, raw, text.encode(codec))
    data = register.extended(text.encode(codec), NEW, path, raw)
    after = register.read(path, raw, data)
    assert after == before.model_copy(update={"deliveries": (*before.deliveries, NEW)})
    fresh = data.decode(codec)
    assert sorted(comments(fresh)) == sorted(comments(text))
    assert fresh.startswith("\ufeff") == text.startswith("\ufeff")
    if "\r\n" in text:
        assert not re.search(r"(?<!\r)\n", fresh)
    return fresh


def check_unchanged(old: str, fresh: str) -> None:
    """What is new stands in one place."""
    same = next((i for i, (a, b) in enumerate(zip(old, fresh, strict=False)) if a != b), len(old))
    assert fresh.endswith(old[same:])


@pytest.mark.parametrize("name", FORMS)
def test_an_entry_more_in_any_form(name: str) -> None:
    check_unchanged(FORMS[name], check_extended(FORMS[name], CODECS.get(name, "utf-8")))


@pytest.mark.parametrize("name", NO_ENTRY)
def test_a_first_entry_in_any_form(name: str) -> None:
    check_extended(NO_ENTRY[name])


def test_comments_of_what_follows_stay_before_it() -> None:
    fresh = check_extended(FORMS["comment before the next key"])
    assert fresh.index("c" * 64) < fresh.index("# 其他") < fresh.index("district:")


@pytest.mark.parametrize("name", NOT_ONE)
def test_what_is_no_register_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    text, says = NOT_ONE[name]
    folder = tmp_path / "raw" / DISTRICT / "2024"
    folder.mkdir(parents=True)
    (folder / register.REGISTER).write_bytes(text.encode(CODECS.get(name, "utf-8")))
    with pytest.raises(MendableError, match=re.escape(says)):
        file(tmp_path, "births")
    assert (folder / register.REGISTER).read_bytes() == text.encode(CODECS.get(name, "utf-8"))
    assert [p.name for p in folder.iterdir()] == [register.REGISTER]


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "raw" / DISTRICT / "2024"
    folder.mkdir(parents=True)
    os.mkfifo(folder / register.REGISTER)
    with pytest.raises(MendableError, match="不是普通文件"):
        file(tmp_path, "births")
    assert (folder / register.REGISTER).is_fifo()


def test_a_register_that_cannot_be_kept_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever became of it: an entry that is lost or changed, a head that is."""
    deliver(tmp_path / "raw", 2024, [sent("clinics")])
    folder = tmp_path / "raw" / DISTRICT / "2024"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    lossy = ["", HEAD, HEAD + "deliveries: []\n", BLOCK, "{"]
    for text in lossy:
        monkeypatch.setattr(register._Written, "extended", lambda *_, fresh=text: fresh)
        with pytest.raises(MendableError, match="的写法不能自动补登，文件没有登记，登记也没有改动"):
            file(tmp_path, "births")
        assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


quotes = st.sampled_from(["{}", '"{}"', "'{}'"])


@st.composite
def registers(draw: st.DrawFn) -> str:
    """A register put together from habits of writing."""
    names = draw(st.lists(st.sampled_from(["甲", "乙 丙", "a-b", "1", "yes", "2025-01-01"]), max_size=4, unique=True))
    note = st.sampled_from(["", "", "  # 注", "\n# 注", "\n    # 注", "\n\n"])
    dash = draw(st.sampled_from(["- ", "  - ", "    - ", "  -   "]))
    listed = ""
    for i, name in enumerate(names):
        entry = {**ONE, "file": draw(quotes if name[-1:] in "甲丙b" else quotes.filter(lambda q: q != "{}")).format(name),
                 "sha256": f"'{i:064d}'"}  # fmt: skip
        if draw(st.booleans()):
            listed += f"{dash}{flow(entry)}{draw(note)}\n"
        else:
            keys = draw(st.permutations(list(entry)))
            listed += block(dash, [{key: entry[key] + draw(note) for key in keys}])
    key = draw(quotes).format("deliveries") + draw(st.sampled_from([":", " :"])) + draw(note) + "\n"
    parts = [HEAD.rstrip("\n") + draw(note) + "\n", key + listed]
    text = draw(st.sampled_from(["", "---\n", "# 注\n---\n"])) + "".join(draw(st.permutations(parts)))
    text = text.rstrip("\n") if draw(st.booleans()) else text + draw(st.sampled_from(["", "# 注\n", "...\n"]))
    text = draw(st.sampled_from(["", "\ufeff"])) + text
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))


@settings(max_examples=100, deadline=None)
@given(registers())
def test_an_entry_more_in_any_mixture(text: str) -> None:
    fresh = check_extended(text)
    if "file:" in text:
        check_unchanged(text, fresh)


# --- filing ----------------------------------------------------------------------------------------------------------


def file(home: Path, dataset: str, text: str | None = None) -> filing.Filed | str:
    source = home / f"{dataset}.csv"
    source.write_text(BASE[dataset] if text is None else text, encoding="utf-8")
    known = filing.Known(source, dataset, CATALOG.senders[dataset][0], 2024, "", 3)
    return filing.file(known, CATALOG, home / "raw", date(2025, 3, 9), None)


def received(home: Path) -> duckdb.DuckDBPyConnection:
    con = warehouse()
    ingest.store(con, CATALOG, home / "raw", [2024])
    return con


STEPS = {"next": 11, "first": 10}
"""Of a filing that change a disk, in a year that has a register and in one that has none."""


@pytest.mark.parametrize(("kind", "at"), [(kind, at) for kind, steps in STEPS.items() for at in range(1, steps + 2)])
def test_a_filing_killed_at_any_step_has_filed_all_or_nothing(kind: str, at: int, tmp_path: Path) -> None:
    deliver(tmp_path / "raw", 2023, [])
    if kind == "next":
        deliver(tmp_path / "raw", 2024, [sent("clinics")])
    with pytest.MonkeyPatch.context() as patch:
        killed(patch, at)
        try:
            file(tmp_path, "births")
        except Killed:
            assert at <= STEPS[kind]
        else:
            assert at == STEPS[kind] + 1, "a step is not killed"

    con = received(tmp_path)  # a run before anybody mends anything
    found = rows(con, "select rule, message from out_findings where rule in ('unregistered', 'absent', 'sha256')")
    assert not found
    (state,) = rows(con, "select status, version from meta_deliveries where dataset = 'births'")
    assert (state["status"], state["version"]) in {("missing", None), ("accepted", 1)}

    told = file(tmp_path, "births")  # who was not told that it is filed files it again
    if state["status"] == "accepted":
        assert isinstance(told, str) and "完全相同，没有重复登记" in told
    else:
        assert isinstance(told, filing.Filed) and told.delivery == "2024/births/v1"
    folder = tmp_path / "raw" / DISTRICT / "2024"
    head = register.read(folder / register.REGISTER, tmp_path / "raw")
    assert [e.file for e in head.deliveries][-1] == "区卫生健康委-活产和死亡情况表.csv"
    assert {p.name for p in folder.iterdir()} == {e.file for e in head.deliveries} | {register.REGISTER}
    assert (folder / "区卫生健康委-活产和死亡情况表.csv").read_text(encoding="utf-8") == BASE["births"]
    assert not rows(received(tmp_path), "select * from out_findings where rule = 'unregistered'")


def test_a_file_that_nobody_registered_is_still_named(tmp_path: Path) -> None:
    deliver(tmp_path / "raw", 2024, [sent("clinics")])
    folder = tmp_path / "raw" / DISTRICT / "2024"
    for name in ("别的.csv", ".别的.filing", ".deliveries.yml"):
        (folder / name).write_text("x", encoding="utf-8")
    file(tmp_path, "births")
    found = rows(received(tmp_path), "select message from out_findings where rule = 'unregistered'")
    assert len(found) == 3


def test_a_disk_that_is_full_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path / "raw", 2024, [sent("clinics")])
    folder = tmp_path / "raw" / DISTRICT / "2024"
    before = {p.name: p.read_bytes() for p in folder.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        file(tmp_path, "births")
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_a_year_that_nothing_could_be_filed_in_is_not_begun(tmp_path: Path) -> None:
    deliver(tmp_path / "raw", 2023, [], locked="2024-01-31")
    with pytest.raises(MendableError, match="之后报送须用 --reason 写明原因"):
        file(tmp_path, "births")
    assert not (tmp_path / "raw" / DISTRICT / "2024").exists()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_the_register_keeps_its_mode_and_a_file_gets_it(tmp_path: Path, mode: int) -> None:
    deliver(tmp_path / "raw", 2024, [sent("clinics")])
    folder = tmp_path / "raw" / DISTRICT / "2024"
    (folder / register.REGISTER).chmod(mode)
    file(tmp_path, "births")
    for name in (register.REGISTER, "区卫生健康委-活产和死亡情况表.csv"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == mode


def test_a_register_that_is_a_link_stays_one(tmp_path: Path) -> None:
    deliver(tmp_path / "raw", 2024, [sent("clinics")])
    path = tmp_path / "raw" / DISTRICT / "2024" / register.REGISTER
    elsewhere = path.rename(tmp_path / "elsewhere.yml")
    path.symlink_to(elsewhere)
    file(tmp_path, "births")
    assert path.is_symlink() and len(register.read(path, tmp_path / "raw").deliveries) == 2


def test_a_name_that_no_disk_takes_is_shortened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path / "raw", 2024, [])
    monkeypatch.setattr(type(CATALOG), "department", lambda *_: "区" * 90 + "/计生\x1b")
    filed = file(tmp_path, "births")
    assert isinstance(filed, filing.Filed) and (tmp_path / "raw" / DISTRICT / "2024" / filed.entry.file).is_file()


def test_another_filing_is_waited_for_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path / "raw", 2024, [])
    monkeypatch.setattr(filing, "PATIENCE", 0.1)
    with (
        filing.alone(tmp_path / "raw" / DISTRICT),
        pytest.raises(MendableError, match="正被另一次登记占用"),
    ):
        file(tmp_path, "births")
    assert isinstance(file(tmp_path, "births"), filing.Filed)


def test_three_filings_at_once_lose_nothing(tmp_path: Path) -> None:
    assert filings.rounds(3, 3, tmp_path) == []


def test_the_calendar_knows_the_lock_of_a_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path / "raw", 2024, [sent("births")])
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    path = tmp_path / "raw" / DISTRICT / "2024" / "deliveries.yml"
    assert pipeline.lock(2024, DISTRICT) == (path, date(2025, 6, 30))
    assert pipeline.lock(2031, DISTRICT)[1] is None  # no register: told when the report begins
    path.write_text("deliveries: [", encoding="utf-8")
    assert pipeline.lock(2024, DISTRICT)[1] is None  # nor one that cannot be read

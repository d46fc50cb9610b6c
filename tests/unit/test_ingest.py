"""Files as departments send them: what is read, what is refused with which words, and that no cell is lost."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows import ingest
from flows.files import UnreadableError
from flows.files.encoding import decide
from flows.files.source import FileBytes
from flows.ingest.header import even
from flows.ingest.table import read
from flows.places import MendableError
from flows.warehouse import build
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, FILES, Sent, deliver, sent, taken_in
from tests.fixtures.warehouses import rows, warehouse

Findings = list[dict[str, Any]]


def received(raw: Path, *years: int) -> duckdb.DuckDBPyConnection:
    con = warehouse()
    ingest.store(con, CATALOG, raw, years or [2024])
    return con


def findings(con: duckdb.DuckDBPyConnection) -> Findings:
    return rows(con, "select * from out_findings order by all")


def file(name: str, **entry: Any) -> Sent:
    return Sent("births", (FILES / name).read_bytes(), entry)


# --- one file (each kind of file: test_cases.py) ------------------------------------------------------------------------


def test_a_sound_file_gives_no_finding(tmp_path: Path) -> None:
    deliver(tmp_path, 2024, [sent(name) for name in BASE])
    con = received(tmp_path)
    assert findings(con) == []
    status = rows(con, "select dataset, department, status, rows_in, cells_in from meta_deliveries order by 1, 2")
    assert [(r["dataset"], r["status"], r["rows_in"], r["cells_in"]) for r in status] == [
        ("births", "accepted", 3, 6), ("clinics", "accepted", 2, 2), ("literacy", "accepted", 2, 6),
        ("population", "accepted", 1, 4), ("progress", "missing", 0, 0), ("progress", "accepted", 1, 1),
        ("published", "accepted", 2, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_encodings_and_separators(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "births.csv"
    path.write_bytes(BASE["births"].replace(",", separator).encode(encoding))
    table = read(path, CATALOG.datasets["births"], CATALOG.codes, 2024)
    [chunk] = table.chunks()
    assert [chunk.columns[n].each()[2] for n in range(5)] == ["2024", "990201102", "南山镇", "100", "0"]
    assert table.file.encoding == encoding.removesuffix("-sig")
    assert not table.notes


def test_the_encoding_is_decided_over_the_whole_file(tmp_path: Path) -> None:
    def decided(data: bytes) -> str:
        path = tmp_path / "file"
        path.write_bytes(data)
        try:
            return decide(FileBytes.of(path)).name
        except UnreadableError as error:
            return str(error)

    text = "a" * 3_000_000 + "宝坻"
    assert decided(text.encode()) == "utf-8"
    assert decided(text.encode("gb18030")) == "gb18030"
    assert "第3000005个字节（0xFF）不是 UTF-8 或 GB18030 文字" in decided(text.encode("gb18030") + b"\xff\xff")
    assert "第7个字节（0xFF）不是 UTF-8 文字" in decided(b"\xef\xbb\xbfabc\xff")


def test_lines_are_those_of_the_file_even_after_a_quoted_line_break(tmp_path: Path) -> None:
    text = BASE["births"].replace("东风街道", '"东风\n街道"').replace("200,2", "二百,2")
    deliver(tmp_path, 2024, [sent("births", text)])
    con = taken_in(tmp_path, [2024])
    assert con.execute("select line from raw_births order by line").fetchall() == [(2,), (4,), (5,)]
    assert [(f["line"], f["value"]) for f in findings(con) if f["rule"] == "cell_number"] == [(4, "二百")]


def test_a_row_of_dashes_is_data_and_no_unit_row(tmp_path: Path) -> None:
    text = BASE["births"].replace("2024,990201001,东风街道,300,3", ",,东风街道,—,—")
    deliver(tmp_path, 2024, [sent("births", text)])
    assert received(tmp_path).execute("select count(*) from raw_births").fetchone() == (3,)


def test_only_full_width_forms_are_folded() -> None:
    assert even("　１２，３％ ") == "12,3%"
    assert even("12①") == "12①"
    assert even("10²") == "10²"


# --- the register ----------------------------------------------------------------------------------------------------


def one(con: duckdb.DuckDBPyConnection, rule: str) -> dict[str, Any]:
    [found] = [f for f in findings(con) if f["rule"] == rule]
    return found


def status(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(con.execute("select delivery, status from meta_deliveries where dataset = 'births'").fetchall())


@pytest.mark.parametrize(
    ("entry", "data", "rule", "says"),
    [
        ({"sha256": "0" * 64}, b"x", "sha256", "登记的 sha256 是 000000000000…"),
        ({}, None, "absent", "找不到或打不开登记的文件“0-births.csv”"),
        ({"file": "../2024x.csv"}, None, "path", "“../2024x.csv”不在该年目录之内"),
        ({"file": "/etc/hostname"}, None, "path", "不在该年目录之内"),
        ({"file": "a\0b.csv"}, None, "absent", "找不到"),
        ({"file": "长" * 300}, None, "absent", "找不到"),
        ({}, b"", "empty", "文件是空的"),
    ],
    ids=["sha256", "absent", "above", "absolute", "nul", "long", "empty"],
)
def test_a_file_that_is_not_what_was_registered(
    tmp_path: Path, entry: dict[str, Any], data: bytes | None, rule: str, says: str
) -> None:
    deliver(tmp_path, 2024, [Sent("births", data, entry), sent("literacy")])
    con = received(tmp_path)
    assert one(con, rule)["severity"] == "critical"
    assert says in one(con, rule)["message"]
    assert status(con) == {"2024/births/v1": "refused"}
    assert con.execute("select status from meta_deliveries where dataset = 'literacy'").fetchall() == [("accepted",)]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(BASE["births"], encoding="utf-8")
    deliver(tmp_path, 2024, [Sent("births", None, {"file": "link.csv"})])
    (tmp_path / DISTRICT / "2024" / "link.csv").symlink_to(outside)
    assert one(received(tmp_path), "path")["file"] == "2024/link.csv"


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    deliver(tmp_path, 2024, [Sent("births", None, {"file": "pipe.csv"})])
    os.mkfifo(tmp_path / DISTRICT / "2024" / "pipe.csv")
    assert "找不到或打不开登记的文件“pipe.csv”" in one(received(tmp_path), "absent")["message"]


def test_an_unregistered_file_is_named(tmp_path: Path) -> None:
    deliver(tmp_path, 2024, [sent("births")])
    (tmp_path / DISTRICT / "2024" / "补充.csv").write_bytes(b"1")
    found = one(received(tmp_path), "unregistered")
    assert (found["severity"], found["file"]) == ("warning", "2024/补充.csv")


def test_a_year_without_a_register_is_missing_whole(tmp_path: Path) -> None:
    con = received(tmp_path)
    assert one(con, "register")["severity"] == "warning"
    assert set(con.execute("select dataset, department, status from meta_deliveries").fetchall()) == {
        ("births", "health", "missing"), ("clinics", "health", "missing"), ("literacy", "education", "missing"),
        ("population", "civil_affairs", "missing"), ("progress", "health", "missing"),
        ("progress", "education", "missing"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"locked": "2025-02-30"}, "locked：应为日期"),
        ({"surprise": 1}, "surprise：没有这个键"),
        ({"year": 2023}, "2023年，所在目录是990201、2024年"),
        ({"deliveries": [{"dataset": "births"}]}, "deliveries.0.file：缺少这一项"),
        ({"deliveries": 3}, "deliveries："),
    ],
    ids=["date", "key", "year", "entry", "list"],
)
def test_a_wrong_register_is_named_with_line_and_key(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    deliver(tmp_path, 2024, [], **change)
    con = received(tmp_path)
    assert any(says in f["message"] for f in findings(con))
    assert {f["severity"] for f in findings(con)} == {"critical"}
    assert con.execute("select distinct status from meta_deliveries").fetchall() == [("missing",)]


@pytest.mark.parametrize("entry", [{"dataset": "nothing"}, {"department": "education"}], ids=["dataset", "department"])
def test_an_entry_that_nobody_owes_is_refused(tmp_path: Path, entry: dict[str, Any]) -> None:
    deliver(tmp_path, 2024, [Sent("births", BASE["births"].encode(), entry)])
    con = received(tmp_path)
    assert one(con, "register")["severity"] == "critical"
    assert status(con) == {"2024/births/missing": "missing"}


def test_the_newest_version_counts_and_the_older_can_still_be_compared(tmp_path: Path) -> None:
    newer = BASE["births"].replace("300", "310")
    first = {"file": "b.csv", "received": "2025-04-01"}
    second = {"file": "a.csv", "received": "2025-04-01", "replaces": "b.csv", "reason": "更正活产数"}
    deliver(tmp_path, 2024, [sent("births", newer, **second), sent("births", **first)])
    con = taken_in(tmp_path, [2024])
    assert status(con) == {"2024/births/v1": "superseded", "2024/births/v2": "accepted"}
    assert con.execute('select delivery, "活产数" from raw_births where line = 2 order by 1').fetchall() == [
        ("2024/births/v1", "300"), ("2024/births/v2", "310"),
    ]  # fmt: skip
    assert con.execute("select distinct delivery from core_observations").fetchall() == [("2024/births/v2",)]


def test_a_fault_of_a_replaced_version_has_been_mended(tmp_path: Path) -> None:
    deliver(tmp_path, 2024, [file("missing_column.csv"), sent("births", replaces="0-births.csv")])
    con = received(tmp_path)
    assert one(con, "missing_column")["severity"] == "info"
    assert status(con) == {"2024/births/v1": "superseded", "2024/births/v2": "accepted"}


def test_two_files_of_which_neither_replaces_the_other_are_both_refused(tmp_path: Path) -> None:
    deliver(tmp_path, 2024, [sent("births"), sent("births")])
    con = taken_in(tmp_path, [2024])
    assert status(con) == {"2024/births/v1": "refused", "2024/births/v2": "refused"}
    assert {f["message"] for f in findings(con) if f["rule"] == "register"} == {
        f"2024年“{mine}-births.csv”：与“{other}-births.csv”是同一报表，登记没有写明以哪一份为准。"
        "应为同一报表的各份之间写明替换关系（replaces）。请在后收到的一份的登记中写明 replaces。"
        for mine, other in ((0, 1), (1, 0))
    }
    assert con.execute("select count(*) from core_observations").fetchone() == (0,)


# --- observations ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    raw = tmp_path_factory.mktemp("raw")
    deliver(raw, 2024, [sent(name) for name in BASE])
    with taken_in(raw, [2024]) as con:
        yield con


def values(con: duckdb.DuckDBPyConnection, measure: str) -> list[tuple[Any, ...]]:
    return con.execute(
        "select area, institution, sex, value::double, state, line from core_observations where measure = ? order by line, sex",
        [measure],
    ).fetchall()


def test_figures_are_kept_in_base_units(sound: duckdb.DuckDBPyConnection) -> None:
    assert values(sound, "residents") == [(DISTRICT, "", "total", 651234.0, "ok", 2)]
    assert values(sound, "allowance") == [(DISTRICT, "", "total", 10245000.0, "ok", 2)]
    assert values(sound, "growth") == [(DISTRICT, "", "total", -321.0, "ok", 2)]
    assert values(sound, "turnout")[0] == (DISTRICT, "", "female", 80.5, "ok", 2)


def test_an_institution_stands_where_it_is(sound: duckdb.DuckDBPyConnection) -> None:
    assert values(sound, "doctors") == [
        ("990201101", "clinic_west", "total", 2.0, "ok", 2), ("990201102", "clinic_south", "total", 3.0, "ok", 3),
    ]  # fmt: skip


def test_a_figure_delivered_ready_made_is_an_observation_of_the_indicator(sound: duckdb.DuckDBPyConnection) -> None:
    assert values(sound, "mortality") == [(DISTRICT, "", "total", 5.25, "ok", 2)]


def test_a_statement_answers_every_target_of_its_clause(sound: duckdb.DuckDBPyConnection) -> None:
    found = rows(sound, "select target, stage, text, source, line from core_statements order by target")
    assert [f["target"] for f in found] == ["demo_women_2021.g1.15.evidence", "demo_women_2021.g1.15.evidence.evidence"]
    assert {(f["stage"], f["text"], f["line"]) for f in found} == {("in_progress", "开展宣传活动", 2)}
    assert sound.execute(
        "select observations from meta_deliveries where delivery like '%progress@health%'"
    ).fetchall() == [(1,)]


def test_what_is_not_accounted_for_stops_the_run(tmp_path: Path) -> None:
    deliver(tmp_path, 2024, [sent("births")])
    con = received(tmp_path)
    con.execute("delete from stg_births where line = 3")
    with pytest.raises(ingest.AccountingError, match="2024/births/v1：收到6格，采用4格，退回0格"):
        ingest.observe(con, CATALOG)


# --- whatever comes --------------------------------------------------------------------------------------------------

TOKENS = st.sampled_from(
    ["年份", "街镇代码", "街镇", "活产数", "死亡人数", "性别", "受访人数", "合格人数", "参与率", "规划", "条目", "进展阶段",
     "进展情况", "佐证材料", "指标", "数值", "计量单位", "2024", "990201001", "东风街道", "女", "合计", "—", "不适用", "1,234",
     "１２", "9" * 30, "-0", "1e9", "nan", "∞", "O", "12①", "목", "注：", "万人", "'", '"', "\n", "\r\n", ",", ",", ",",
     ",", "\n", "\t", ";", "\x00", "\u2028", " ", "妇女规划", "目标1.15", "推进中"]
)  # fmt: skip
GARBLED = st.lists(TOKENS, max_size=60).map(lambda t: "".join(t).encode())
MANGLED = st.tuples(
    st.sampled_from(sorted(BASE)), st.lists(st.tuples(st.integers(0, 400), TOKENS), min_size=1, max_size=6)
)


def mangled(dataset: str, changes: list[tuple[int, str]]) -> bytes:
    text = BASE[dataset]
    for position, token in changes:
        at = position % len(text)
        text = text[:at] + token + text[at + 1 :]
    return text.encode()


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(BASE)), st.binary(max_size=300) | GARBLED), max_size=10),
    st.lists(MANGLED, min_size=20, max_size=20),
)
def test_whatever_comes_nothing_breaks_and_no_cell_is_lost(
    garbage: list[tuple[str, bytes]], damaged: list[tuple[str, list[tuple[int, str]]]]
) -> None:
    files = [*garbage, *((dataset, mangled(dataset, changes)) for dataset, changes in damaged)]
    years = range(2021, 2021 + len(files))
    with tempfile.TemporaryDirectory() as folder:
        for year, (dataset, data) in zip(years, files, strict=True):
            entry = {"department": "health"} if dataset == "progress" else {}
            deliver(Path(folder), year, [Sent(dataset, data, entry)])
        with taken_in(Path(folder), years) as con:
            counted = rows(con, "select * from meta_deliveries where file is not null")
            explained = {f["delivery"] for f in findings(con) if f["severity"] == "critical"}
    assert len(counted) == len(files)
    assert all(r["cells_in"] == r["observations"] + r["rejections"] for r in counted)
    refused = [r for r in counted if r["status"] == "refused"]
    assert {r["delivery"] for r in refused} <= explained
    assert all(r["rejections"] == 0 for r in counted if r["status"] == "accepted")


@pytest.mark.parametrize(("title", "status", "says"), [("年份", "accepted", []), ("年分分", "refused", ["年份"])])
def test_a_file_without_years_is_refused_for_that(tmp_path: Path, title: str, status: str, says: list[str]) -> None:
    deliver(tmp_path, 2024, [Sent("published", BASE["published"].replace("年份", title, 1).encode())])
    con = received(tmp_path)
    assert con.execute("select status from meta_deliveries where file is not null").fetchall() == [(status,)]
    missing = [f["message"] for f in findings(con) if f["rule"] == "missing_column"]
    assert [word for word in says if word in missing[0]] == says


@settings(max_examples=3, deadline=None)
@given(st.lists(st.binary(max_size=200) | st.text(max_size=100).map(str.encode), min_size=20, max_size=20))
def test_whatever_the_register_says_it_is_a_finding_or_a_register(registers: list[bytes]) -> None:
    """Each in a year of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for year, data in enumerate(registers, 2024):
            path = Path(folder) / DISTRICT / str(year) / "deliveries.yml"
            path.parent.mkdir(parents=True)
            path.write_bytes(data)
        with received(Path(folder), *range(2024, 2044)) as con:
            assert {finding["year"] for finding in findings(con)} == set(range(2024, 2044))


# --- the warehouse ---------------------------------------------------------------------------------------------------


def test_a_warehouse_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "w" / "990201.duckdb"
    with build(path) as con:
        assert con.execute("select 1 / 0, 5 // 0, 1 % 0, 0.0 / 0").fetchone() == (None,) * 4
        con.execute("insert into meta_register values ('990201', 2024, true, '', '2025-01-01', '2025-01-01')")
        assert not path.exists()
    first = path.read_bytes()
    with pytest.raises(KeyError), build(path):
        raise KeyError
    assert path.read_bytes() == first
    with build(path) as con:
        assert con.execute("select count(*) from meta_register").fetchone() == (0,)


def test_a_second_run_is_told_to_wait(tmp_path: Path) -> None:
    path = tmp_path / "990201.duckdb"
    with path.with_suffix(".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(MendableError, match=r"另一次运行正在使用 990201\.duckdb"), build(path):
            pass
    with build(path):
        pass

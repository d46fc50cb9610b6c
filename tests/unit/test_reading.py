"""A delivered file is read some rows at a time and word by word: the same cells, lines and findings as row by row."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from flows import files, ingest, validate
from flows.desk import filing
from flows.desk.filing import Wanted
from flows.files import UnreadableError, encoding, open_file, sheet, source, text
from flows.files.texts import Texts
from flows.ingest import staging
from flows.ingest.deliveries import _Store as Store
from flows.ingest.table import DeliveredTable
from flows.validate import deliveries as gate
from tests.fixtures.deliveries import BASE, CATALOG, Sent, deliver, sent, taken_in
from tests.fixtures.make import CASES
from tests.fixtures.warehouses import memory, rows, warehouse

BIRTHS = "年份,街镇代码,街镇,活产数,死亡人数\n"
ODD = {
    "a quoted line break": '2024,990201001,"东风\n街道",300,3\n2024,990201101,西桥镇,200,2\n',
    "a subtotal between": "2024,990201001,东风街道,300,3\n,,小计,300,3\n2024,990201101,西桥镇,200,2\n",
    "a total in the column of years": "2024,990201001,东风街道,300,3\n合计,,,300,3\n",
    "a row that is too short, one too long": "2024,990201001,东风街道,300\n2024,990201101,西桥镇,200,2,另有5人\n",
    "a note, and data below it": "2024,990201001,东风街道,300,3\n注：不含流动人口\n2024,990201101,西桥镇,200,2\n",
    "another header": "2024,990201001,东风街道,300,3\n年份,街镇代码,机构\n2024,990201101,西桥镇,200,2\n",
    "units and noise": "2024,990201001,东风街道,0.03万人,3\n2024,990201101,西桥镇,200.0000000000001,2\n",
}


def taken(raw: Path, data: bytes, dataset: str, at_once: int, chunk: int) -> list[list[dict[str, Any]]]:
    """The tables that a file gives, read so many rows at once and coded so many together."""
    deliver(raw, 2024, [Sent(dataset, data, {"department": "health"} if dataset == "progress" else {})])
    with (
        patch.object(text, "AT_ONCE", at_once),
        patch.object(sheet, "AT_ONCE", at_once),
        patch.object(DeliveredTable.chunks, "__defaults__", (chunk,)),
        warehouse() as con,
    ):
        ingest.store(con, CATALOG, raw, [2024])
        order = {"meta_deliveries": " where file is not null", "out_findings": " order by all"}
        tables = (f"raw_{dataset}", f"stg_{dataset}", "meta_columns", *order)
        return [rows(con, f'select * from "{name}"{order.get(name, "")}') for name in tables]


def test_what_a_program_left_behind_the_decimals_is_counted_by_cells(tmp_path: Path) -> None:
    """One text in two cells, read together or one after the other."""
    noise = "300.000000000001"
    rows_of = f"2024,990201001,东风街道,{noise},3\n2024,990201101,西桥镇,{noise},2\n2024,990201102,南山镇,100,0\n"
    for n, sizes in enumerate([(1, 1), (500, 50_000)]):
        *_, found = taken(tmp_path / str(n), (BIRTHS + rows_of).encode(), "births", *sizes)
        assert [row["message"].count("“活产数”列有2个数的小数多于") for row in found if row["rule"] == "noise"] == [1]


@pytest.mark.parametrize("name", ODD)
def test_how_many_rows_are_read_at_once_changes_nothing(tmp_path: Path, name: str) -> None:
    data = (BIRTHS + ODD[name]).encode()
    found = [
        taken(tmp_path / str(n), data, "births", *sizes) for n, sizes in enumerate([(1, 1), (2, 3), (500, 50_000)])
    ]
    assert found[0] == found[1] == found[2]
    other = taken(tmp_path / "other", data.replace(b"990201001", b"990201102"), "births", 500, 50_000)
    assert other != found[0]


@pytest.mark.parametrize("name", sorted(CASES)[::9])
def test_each_kind_of_file_is_the_same_in_pieces(tmp_path: Path, name: str) -> None:
    small, whole = (taken(tmp_path / str(n), CASES[name], "births", n, 50_000) for n in (2, 500))
    assert small == whole


@pytest.mark.parametrize("text", [".", "0.", ".5"])
def test_a_point_is_no_figure_by_itself(tmp_path: Path, text: str) -> None:
    """A cell of a point alone once ended the whole run."""
    deliver(
        tmp_path, 2024, [sent("births", f"{BIRTHS}2024,990201001,东风街道,{text},3\n2024,990201101,西桥镇,200,2\n")]
    )
    with taken_in(tmp_path, [2024]) as con:
        told = rows(con, "select line, value from out_findings where rule = 'cell_number'")
        used = con.execute("select value from core_observations where measure = 'births'").fetchall()
    assert told == [{"line": 2, "value": text}]
    assert used == [(200,)]


def test_what_stands_before_a_fault_is_read_before_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "births.csv"
    path.write_text(
        BIRTHS + "2024,990201001,东风街道,300,3\n" * 3 + '2024,"990201001"x,东风街道,300,3\n', encoding="utf-8"
    )
    view = open_file(path).views[0]
    read = view.rows()
    assert [next(read).line for _ in range(4)] == [1, 2, 3, 4]
    with pytest.raises(UnreadableError) as told:
        next(read)
    assert told.value.defect.line == 5


@pytest.mark.parametrize("small", [True, False])
def test_a_file_is_opened_once_for_all_that_ask_what_it_is(small: bool, tmp_path: Path) -> None:
    """And its copy: a large one is read again, and never kept whole; its encoding is that of the same bytes."""
    path, copy = tmp_path / "births.csv", tmp_path / "copy.csv"
    for each in (path, copy):
        each.write_text(BIRTHS + "2024,990201001,东风街道,311,3\n", encoding="utf-8")
    opened: list[str] = []
    of = source.FileBytes.of.__func__  # type: ignore[attr-defined]

    def counted(cls: type[source.FileBytes], path: Path) -> source.FileBytes:
        opened.append(path.name)
        return of(cls, path)  # type: ignore[no-any-return]

    with (
        patch.object(source.FileBytes, "of", classmethod(counted)),
        patch.object(source, "SMALL", 1 << 20 if small else 10),
        patch.object(encoding, "decide", wraps=encoding.decide) as decided,
        patch.multiple(files, _last=None, _decided=None),
    ):
        [known] = filing.recognise(path, CATALOG, Wanted()).known
        assert (known.dataset, known.year, known.rows, opened) == ("births", 2024, 1, ["births.csv"])
        cells = [row.cells for row in open_file(copy).views[0].rows()]
    assert (cells[1][3], opened) == ("311", ["births.csv", "copy.csv"])
    assert decided.call_count == 1


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "births.csv"
    for figure in ("300", "301", "301"):
        path.write_text(BIRTHS + f"2024,990201001,东风街道,{figure},3\n", encoding="utf-8")
        assert [row.cells[3] for row in open_file(path).views[0].rows()] == ["活产数", figure]


def test_lines_are_counted_through_quoted_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "births.csv"
    path.write_bytes((BIRTHS + '2024,1,"a\r\nb\nc",1,1\r\n\r\n2024,1,"d\re",1,1\r\n2024,1,f,1,1\r\n').encode())
    assert [row.line for row in open_file(path).views[0].rows()] == [1, 2, 5, 6, 8]


def test_what_words_mean_is_put_together_once_a_year(tmp_path: Path) -> None:
    for year in (2023, 2024):
        deliver(tmp_path, year, [sent(name) for name in BASE])
    with patch.object(staging, "_shared", wraps=staging._shared) as shared, warehouse() as con:
        ingest.store(con, CATALOG, tmp_path, [2023, 2024])
    assert [call.args[1] for call in shared.call_args_list] == [2023, 2024]


def test_a_column_as_its_different_words() -> None:
    column = Texts.of(["b", "a", "b", ""])
    assert (list(column.words), column.at.tolist()) == (["b", "a", ""], [0, 1, 0, 2])
    assert column.map(str.upper).stored().tolist() == ["B", "A", "B", ""]
    assert column.map(lambda _: "x").counts() == {"x": 4}
    assert column.which(lambda word: word < "b").tolist() == [False, True, False, True]
    assert column.put(column.which(lambda word: word == "b"), "c").words == ["c", "a", ""]
    assert Texts.same("x", 2).stored().tolist() == ["x", "x"]
    nothing = Texts(["a"], np.array([0, -1], np.int32))
    assert nothing.stored().tolist() == ["a", None] and nothing.counts() == {"a": 1}


@pytest.mark.parametrize("rows", [3, 9_999, 10_000])
def test_blocks_of_a_table_are_stored_together(rows: int) -> None:
    """A word that only one row has is stored as text, however few rows and blocks have its column."""
    at = np.full(rows, -1, np.int32)
    at[rows // 2] = 0
    with memory() as con:
        con.execute("create table form(row integer, one varchar, other varchar)")
        store = Store(con)
        store.add("form", {"row": np.arange(rows), "one": Texts(["007"], at).stored()})
        store.add("form", {"row": np.arange(2), "other": Texts(["12", ""], np.array([0, -1], np.int32)).stored()})
        store.flush()
        found = con.execute("select count(*), count(one), min(one), count(other), min(other) from form").fetchall()
    assert found == [(rows + 2, 1, "007", 1, "12")]


def test_the_encoding_of_a_large_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    """It is decided once for a file and its copy, each of which is read from its own path, and anew for other bytes."""
    paths = [tmp_path / f"{n}.csv" for n in range(3)]
    for path, place, codec in zip(paths, ("东风", "东风", "西桥"), ("gb18030", "gb18030", "utf-8"), strict=True):
        path.write_text(f"年份,街镇\n2024,{place}街道\n", encoding=codec)
    with (
        patch.object(source, "SMALL", 10),
        patch.object(files, "_decided", None),
        patch.object(encoding, "decide", wraps=encoding.decide) as decide,
    ):
        opened = [open_file(path) for path in (*paths, paths[2])]
        paths[0].unlink()
        found = [[row.cells[1] for row in file.views[0].rows()][1] for file in opened[1:]]
    assert decide.call_count == 2
    assert [file.encoding for file in opened] == ["gb18030", "gb18030", "utf-8", "utf-8"]
    assert found == ["东风街道", "西桥街道", "西桥街道"]


@pytest.mark.parametrize(("lines", "looked_for"), [(5, 5), (gate.DETAILS + 3, gate.DETAILS)])
def test_what_was_meant_is_looked_for_where_it_is_told(tmp_path: Path, lines: int, looked_for: int) -> None:
    wrong = "".join(f"2024,88{n:07},,{n + 10},0\n" for n in range(lines))
    deliver(tmp_path, 2024, [sent("births", BIRTHS + wrong)])
    with patch.object(gate, "nearest", wraps=gate.nearest) as nearest, warehouse() as con:
        ingest.store(con, CATALOG, tmp_path, [2024])
        validate.contract(con, CATALOG, validate.Trial())
    asked = [call.args[4] for call in nearest.call_args_list if call.args[2] == "row_area"]
    assert len(asked) == len(set(asked)) == looked_for


@pytest.mark.parametrize(
    ("written", "doubted"),
    [("0.031", False), ("-0.264", False), ("1.264", True), ("264.000", True), ("12.345.678", True), ("1.26", False)],
)
def test_a_figure_that_begins_with_nought_has_no_mark_of_thousands(written: str, doubted: bool) -> None:
    """Without its point 0.031 (万人) would be 31."""
    form = staging.AgreedColumn("人", Decimal(1), 0, signed=True, semicolons=False)
    read = staging.figure(written, form, CATALOG.codes, lambda *_: None)
    assert (read != written) == doubted


@pytest.mark.parametrize(
    ("written", "read", "told"), [("80‰", "8", ["‰"]), ("80.5‰", "8.05", []), ("80.5%", "80.5", [])]
)
def test_only_what_can_be_used_is_told_as_converted(written: str, read: str, told: list[str]) -> None:
    """Of a figure with too many decimals the gate tells; a hint beside it would say that it is used."""
    form, found = staging.AgreedColumn("%", Decimal(1), 1, signed=False, semicolons=False), list[str]()
    assert staging.figure(written, form, CATALOG.codes, lambda _, unit: found.append(unit)) == read
    assert found == told

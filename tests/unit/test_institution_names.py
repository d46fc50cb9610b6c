"""An institution's code and its name in one row: they belong together, either is enough, and a row of totals may be called by either."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.catalog import load
from expectations.records import Catalog, Correction, Exemptions
from flows import revisions
from flows.desk import trace
from flows.places import MendableError
from tests.benchmarks.three_ways import WAYS
from tests.fixtures.deliveries import BASE, CATALOG, DESK, DISTRICT, YEAR, Sent, deliver, enlarged, reckoned, taken_in
from tests.fixtures.deliveries import sent as sound
from tests.fixtures.warehouses import rows
from tests.second_reader import catalogue, deliveries
from tests.second_reader.__main__ import SHIPPED

pytestmark = pytest.mark.usefixtures("lent")

BEDS = """
beds:
  title: 卫生院床位表
  department: health
  due: "03-10"
  institution_kind: clinic
  columns:
    年份: {is: year}
    机构代码: {is: institution}
    机构: {is: institution_name}
    床位数: {measure: beds, unit: 张}
"""
WEST, SOUTH = "2024,clinic_west,西桥镇卫生院,20\n", "2024,clinic_south,南山镇卫生院,30\n"
USED = {"clinic_west": 20, "clinic_south": 30}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return enlarged(tmp_path_factory.mktemp("home"), {"datasets/all.yml": BEDS})


@pytest.fixture(scope="module")
def catalog(home: Path) -> Catalog:
    return load(DISTRICT, home)


@contextmanager
def sent(catalog: Catalog, raw: Path, text: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The form with these rows, taken in."""
    deliver(raw, YEAR, [Sent("beds", f"年份,机构代码,机构,床位数\n{text}".encode())])
    with taken_in(raw, [YEAR], DESK, catalog) as con:
        yield con


def observed(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(
        con.execute("select institution, value::integer from core_observations where measure = 'beds'").fetchall()
    )


def contradictions(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return rows(con, "select * from out_findings where rule like 'row_%' order by line")


CONTRADICTED = [
    ("2024,clinic_west,南山镇卫生院,20\n", "南山镇卫生院",
     "应为与乡镇卫生院代码相符的名称，代码clinic_west是“西桥镇卫生院”，“南山镇卫生院”的代码是clinic_south，疑本行代码或名称有误"),
    ("2024,clinic_west,东山镇卫生院,20\n", "东山镇卫生院", "代码clinic_west是“西桥镇卫生院”。"),
    ("2024,clinic_west,合计,20\n", "合计", "代码clinic_west是“西桥镇卫生院”。"),
    ("2024,合计,西桥镇卫生院,20\n", "西桥镇卫生院", "该行代码写的是“合计”，“西桥镇卫生院”的代码是clinic_west"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "value", "says"), CONTRADICTED)
def test_a_name_that_is_not_the_code_s_is_refused(
    home: Path, catalog: Catalog, tmp_path: Path, row: str, value: str, says: str
) -> None:
    with sent(catalog, tmp_path, row + SOUTH) as con:
        [found] = contradictions(con)
        assert observed(con) == {"clinic_south": 30}
    assert (found["rule"], found["severity"], found["line"]) == ("row_institution_name", "critical", 2)
    assert (found["column_name"], found["value"]) == ("机构", value)
    assert says in found["message"]
    assert again(home, tmp_path) == {"clinic_south": 30}


AGREEING = [
    WEST,
    "2024,clinic_west,,20\n",
    "2024,clinic_west,　西桥镇 卫生院,20\n",
    "2024,clinic_west,甲区西桥镇卫生院,20\n",
    "2024,西桥镇卫生院,西桥镇卫生院,20\n",
    "2024,,西桥镇卫生院,20\n",
]


@pytest.mark.parametrize("row", AGREEING)
def test_a_code_and_its_name_or_one_of_them_is_enough(catalog: Catalog, tmp_path: Path, row: str) -> None:
    with sent(catalog, tmp_path, row + SOUTH) as con:
        assert contradictions(con) == []
        assert observed(con) == USED


@pytest.mark.parametrize("row", ["合计,,50", "合计,合计,50", ",合计,50", ",全区,50", "合计,全区,50", ",甲区,50"])
def test_a_row_of_totals_is_called_so_in_either_column(catalog: Catalog, tmp_path: Path, row: str) -> None:
    with sent(catalog, tmp_path, f"{WEST}{SOUTH}2024,{row}\n") as con:
        assert contradictions(con) == []
        assert observed(con) == USED | {"": 50}


def test_a_file_may_leave_the_column_of_codes_out(catalog: Catalog, tmp_path: Path) -> None:
    text = "年份,机构,床位数\n2024,西桥镇卫生院,20\n2024,南山镇卫生院,30\n2024,全区,50\n"
    deliver(tmp_path, YEAR, [Sent("beds", text.encode())])
    with taken_in(tmp_path, [YEAR], DESK, catalog) as con:
        assert contradictions(con) == []
        assert observed(con) == USED | {"": 50}


def test_a_name_without_a_code_that_is_in_no_list_is_quoted(catalog: Catalog, tmp_path: Path) -> None:
    with sent(catalog, tmp_path, "2024,,西桥卫生院,20\n" + SOUTH) as con:
        [found] = contradictions(con)
        assert observed(con) == {"clinic_south": 30}
    assert (found["rule"], found["column_name"], found["value"]) == ("row_institution", "机构", "西桥卫生院")
    assert "最接近的是“西桥镇卫生院”" in found["message"]


EXCHANGED = [
    ("2024,西桥镇卫生院,clinic_west,20\n2024,南山镇卫生院,clinic_south,30\n", {},
     "第2行起有2行，“机构代码”（B列）填的是名称，“机构”（C列）填的是代码，疑两列填反，不能使用", "请核对 B 列和 C 列；填反的，对调后重新报送"),
    (f"{WEST}2024,南山镇卫生院,clinic_south,30\n", {"clinic_west": 20},
     "第3行“机构代码”（B3）填的是名称，“机构”（C3）填的是代码，疑两格填反，不能使用", "请核对 B3 和 C3；填反的，对调后重新报送"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "used", "said", "cure"), EXCHANGED, ids=["columns", "one row"])
def test_a_code_and_a_name_in_each_other_s_column_are_told_once(
    home: Path, catalog: Catalog, tmp_path: Path, text: str, used: dict[str, int], said: str, cure: str
) -> None:
    with sent(catalog, tmp_path, text) as con:
        [found] = contradictions(con)
        assert observed(con) == used
    assert (found["rule"], found["severity"], found["position"]) == ("row_institution_name", "critical", 3)
    assert (found["said"], found["cure"].partition("（")[0]) == (said, cure)
    assert again(home, tmp_path) == used


NOT_EXCHANGED = [
    # a code twice, a code without its name's column being wrong, and a code of another place
    ("2024,clinic_west,clinic_west,20\n", "代码clinic_west是“西桥镇卫生院”"),
    ("2024,,clinic_west,20\n", "代码clinic_west是“西桥镇卫生院”"),
    ("2024,西桥镇卫生院,clinic_south,20\n", "该行"),
]


@pytest.mark.parametrize(("row", "says"), NOT_EXCHANGED)
def test_what_only_looks_exchanged_is_quoted(catalog: Catalog, tmp_path: Path, row: str, says: str) -> None:
    with sent(catalog, tmp_path, row + SOUTH) as con:
        [found] = contradictions(con)
    assert "填反" not in found["message"]
    assert found["value"].startswith("clinic_")


def again(home: Path, raw: Path) -> dict[str, int]:
    """What the second reader makes of the same files."""
    read = deliveries.read(catalogue.read(home, DISTRICT, SHIPPED), raw, YEAR)
    assert read is not None
    return {place[1]: int(value) for place, value in read.values.get("beds", {}).items() if not isinstance(value, str)}


@pytest.mark.parametrize("row", [WEST, "2024,clinic_west,,20\n", "2024,,西桥镇卫生院,20\n"])
def test_the_second_reader_reads_them_alike(home: Path, catalog: Catalog, tmp_path: Path, row: str) -> None:
    with sent(catalog, tmp_path, row + SOUTH) as con:
        assert observed(con) == again(home, tmp_path) == USED


@pytest.mark.parametrize(("name", "same"), [("", True), ("东山镇卫生院", False)])
def test_another_name_is_a_difference_and_a_code_alone_is_none(
    catalog: Catalog, tmp_path: Path, name: str, same: bool
) -> None:
    written = "row, line, year, area, institution, sex, part, item, shape, beds"
    with sent(catalog, tmp_path, WEST + SOUTH) as con:
        [(now,)] = con.execute("select distinct delivery from stg_beds").fetchall()
        older = f"{YEAR}/beds/v0"
        con.execute(
            f"insert into stg_beds (delivery, institution_name, {written}) "
            f"select ?, if(institution = 'clinic_west', ?, institution_name), {written} from stg_beds",
            [older, name],
        )
        assert revisions.is_same(con, catalog, older, now) == same


def test_three_ways_find_the_contradiction(catalog: Catalog, tmp_path: Path) -> None:
    from expectations import suites
    from flows.validate import deliveries as gate

    with sent(catalog, tmp_path, "2024,clinic_west,南山镇卫生院,20\n" + SOUTH) as con:
        form = catalog.datasets["beds"].form(YEAR)
        # the gate asks of accepted deliveries
        con.execute("update meta_deliveries set status = 'accepted' where dataset = 'beds'")
        [frame] = gate._frames(con, catalog, "beds", form, [YEAR])
        checks = suites.contract(catalog, form)
    first, *others = [way(frame.assign(at=range(len(frame))), checks) for way in WAYS.values()]
    assert len(first) == 1
    assert all(other == first for other in others)


@pytest.mark.parametrize(("name", "applied"), [("西桥镇卫生院", True), ("南山镇卫生院", False)])
def test_a_correction_finds_the_row_of_a_code_by_its_name(
    catalog: Catalog, tmp_path: Path, name: str, applied: bool
) -> None:
    facts = {"year": YEAR, "dataset": "beds", "column": "床位数", "line": 2, "expect": "2O", "value": "20"}
    filed = {"reason": "部门电话确认是字母O", "by": "张某", "until": date(2026, 1, 1)}
    known = Correction.model_validate({**facts, **filed, "row": {"机构": name}})
    assert known.names_row(catalog.datasets["beds"])
    mending = replace(catalog, exemptions=Exemptions(corrections=(known,)))
    with sent(mending, tmp_path, "2024,clinic_west,,2O\n" + SOUTH) as con:
        assert observed(con) == (USED if applied else {"clinic_south": 30})


# --- where a cell stands that two versions write differently ---

PLACES = [
    ("beds", "机构代码,机构,床位数", "clinic_9,,{}", "clinic_9"),
    ("beds", "机构代码,机构,床位数", ",北山卫生院,{}", "北山卫生院"),
    ("beds", "机构代码,机构,床位数", ",,{}", "（空）"),
    ("beds", "机构代码,机构,床位数", "clinic_west,,{}", "西桥镇卫生院"),
    ("beds", "机构代码,机构,床位数", "合计,,{}", "甲区"),
    ("births", "街镇代码,街镇,活产数,死亡人数", ",北山镇,{},0", "北山镇"),
    ("births", "街镇代码,街镇,活产数,死亡人数", ",西桥镇,{},0", "西桥镇"),
    ("births", "街镇代码,街镇,活产数,死亡人数", ",合计,{},0", "甲区"),
    ("population", "常住人口,补贴金额,出生登记数,人口净增", "{},1,1,1", "甲区"),
]


@pytest.mark.parametrize(("form", "header", "row", "place"), PLACES)
def test_a_changed_cell_stands_where_its_row_says(
    catalog: Catalog, tmp_path: Path, form: str, header: str, row: str, place: str
) -> None:
    deliver(tmp_path, YEAR, [Sent(form, f"年份,{header}\n2024,{row.format(20)}\n".encode())])
    with taken_in(tmp_path, [YEAR], DESK, catalog) as con:
        [(now,)] = con.execute(f'select distinct delivery from "stg_{form}"').fetchall()
        older = f"{now.rpartition('/')[0]}/v0"
        found = revisions.changes(con, catalog, older, now)
    assert {cell.place for cell in found if cell.new == "20"} == {place}


def followed(con: duckdb.DuckDBPyConnection, institution: str, sex: str = "total") -> trace.Trace:
    wanted = trace.asked(CATALOG, "卫生院医生数", YEAR, "", sex, "", institution)
    return trace._Tracer(con, CATALOG, wanted, None).trace()


def test_the_figure_of_an_institution_is_followed_to_its_own_cell(tmp_path: Path) -> None:
    bad = BASE["clinics"].replace("南山镇卫生院,3", "南山镇卫生院,3人多")
    with reckoned(tmp_path, [sound("clinics", bad)]) as con:
        west, south = followed(con, "clinic_west"), followed(con, "南山镇卫生院")
        with pytest.raises(MendableError, match="没有西桥镇卫生院女的数值；西桥镇卫生院只有合计的"):
            followed(con, "clinic_west", "女")
        with pytest.raises(
            MendableError, match="“卫生院医生数”没有西桥镇卫生院的数值；有数值的单位：西桥镇卫生院、南山镇卫生院"
        ):
            followed(con, "office_west")
    assert (west.place, west.value, west.told.targets) == ("西桥镇卫生院", "2人", [])
    [side] = west.sides
    assert [(c.place, c.line, c.written, side.agrees) for c in side.cells] == [("西桥镇卫生院", 2, "2", True)]
    assert (side.refused, west.told.findings) == ([], [])
    assert (south.place, south.value) == ("南山镇卫生院", "核查未通过")
    assert [line.count("3人多") for side in south.sides for line in side.refused] == [2]


@pytest.mark.parametrize(
    ("area", "institution", "told"),
    [
        ("", "东山镇卫生院", "没有名为“东山镇卫生院”的单位，或不止一个；有：clinic_west（西桥镇卫生院）"),
        ("", "西桥镇卫生院", "有：clinic_west（西桥镇卫生院）、office_west（西桥镇卫生院）"),
        ("西桥镇", "clinic_west", "地区“西桥镇”和单位“clinic_west”只写一个"),
    ],
    ids=["unknown", "of two kinds", "an area as well"],
)
def test_what_names_no_institution_is_told(area: str, institution: str, told: str) -> None:
    with pytest.raises(MendableError, match=re.escape(told)):
        trace.asked(CATALOG, "卫生院医生数", YEAR, area, "total", "", institution)

"""Corrections and overrides: a guard, a reason, a name, an expiry; and what is said when they no longer hold."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from expectations.catalog import CatalogError, load
from expectations.records import Catalog, Correction, Exemptions, Override
from flows import ingest, validate
from tests.fixtures.deliveries import BASE, CATALOG, CATALOGUE, DESK, Sent, deliver, sent
from tests.fixtures.warehouses import rows, warehouse

O_FOR_0 = BASE["births"].replace("200,2", "2O0,2")
CORRECTION = Correction(year=2024, dataset="births", column="活产数", line=3, expect="2O0", value="200",
                        reason="部门电话确认是字母O", by="张某", until=date(2026, 1, 1))  # fmt: skip
OVERRIDE = Override(year=2024, dataset="births", rule="part_above_whole", column="死亡人数", area="西桥镇",
                    reason="含上年登记的死亡", by="张某", until=date(2026, 1, 1))  # fmt: skip


def checked(
    raw: Path, text: str, *corrections: Correction, overrides: tuple[Override, ...] = ()
) -> duckdb.DuckDBPyConnection:
    return taken(raw, [sent("births", text)], *corrections, overrides=overrides)


def taken(
    raw: Path, files: Sequence[Sent], *corrections: Correction, overrides: tuple[Override, ...] = ()
) -> duckdb.DuckDBPyConnection:
    return held_in(raw, {2024: Case(files, corrections, overrides)})


class Case(NamedTuple):
    """The files of a year, and what was agreed of them."""

    files: Sequence[Sent]
    corrections: tuple[Correction, ...] = ()
    overrides: tuple[Override, ...] = ()


def held_in(raw: Path, cases: Mapping[int, Case]) -> duckdb.DuckDBPyConnection:
    """Cases that have nothing to do with each other, each in a data year of its own."""
    agreed = Exemptions(
        corrections=tuple(c.model_copy(update={"year": y}) for y, case in cases.items() for c in case.corrections),
        overrides=tuple(o.model_copy(update={"year": y}) for y, case in cases.items() for o in case.overrides),
    )
    catalog: Catalog = replace(CATALOG, exemptions=agreed)
    for year, case in cases.items():
        deliver(raw, year, case.files)
    con = warehouse()
    ingest.store(con, catalog, raw, sorted(cases))
    validate.contract(con, catalog, DESK)
    ingest.observe(con, catalog)
    validate.plausibility(con, catalog, DESK)
    validate.settle(con, catalog)
    return con


def found(con: duckdb.DuckDBPyConnection, year: int = 2024) -> list[dict[str, Any]]:
    told = "select * from out_findings where (delivery is not null or rule = 'override') and year = ? order by all"
    return rows(con, told, year)


def test_a_correction_is_used_and_said(tmp_path: Path) -> None:
    con = checked(tmp_path, O_FOR_0, CORRECTION)
    [finding] = found(con)
    assert (finding["rule"], finding["severity"], finding["line"]) == ("correction_applied", "info", 3)
    assert "由“2O0”改为“200”（部门电话确认是字母O，张某）" in finding["message"]
    assert con.execute("select value::int from core_observations where line = 3 and measure = 'births'").fetchone() == (
        200,
    )
    assert con.execute('select "活产数" from raw_births where line = 3').fetchone() == ("2O0",)


def test_a_correction_fails_once_the_source_is_mended(tmp_path: Path) -> None:
    con = checked(tmp_path, BASE["births"].replace("200,2", "201,2"), CORRECTION)
    [finding] = found(con)
    assert (finding["rule"], finding["severity"]) == ("correction_mended", "warning")
    assert con.execute("select value::int from core_observations where line = 3 and measure = 'births'").fetchone() == (
        201,
    )


def test_a_correction_expires(tmp_path: Path) -> None:
    con = checked(tmp_path, O_FOR_0, CORRECTION.model_copy(update={"until": date(2025, 7, 14)}))
    assert {f["rule"] for f in found(con)} == {"correction_expired", "cell_number"}
    con = checked(tmp_path / "last-day", O_FOR_0, CORRECTION.model_copy(update={"until": date(2025, 7, 15)}))
    assert {f["rule"] for f in found(con)} == {"correction_applied"}


def cells(con: duckdb.DuckDBPyConnection, year: int) -> list[tuple[Any, ...]]:
    query = "select area, sex, measure, value::int from core_observations where year = ? order by all"
    return con.execute(query, [year]).fetchall()


def corrected(con: duckdb.DuckDBPyConnection, year: int = 2024) -> list[tuple[str, str]]:
    """What became of the corrections: rule and message."""
    return [(f["rule"], f["message"]) for f in found(con, year) if f["rule"].startswith("correction_")]


DEATHS = CORRECTION.model_copy(update={"column": "死亡人数", "expect": "2", "value": "1"})
"""Made for the third line of the first version, 西桥镇."""
SORTED = ("年份,街镇代码,街镇,活产数,死亡人数\n2024,990201101,西桥镇,200,1\n"
          "2024,990201102,南山镇,100,2\n2024,990201001,东风街道,300,3\n")  # fmt: skip
"""A second version in another order: 西桥镇 is mended, and the third line is 南山镇 with as many deaths."""
UNSORTED = BASE["births"].replace("300,3", "310,3")
"""A second version in the same order, with another figure elsewhere."""
SPEC_VERSIONS = [
    # the second version, what the correction says more            what became of it, what is told
    (SORTED, {}, "elsewhere", "文件已重新报送（第2版），第3行“死亡人数”列登记的更正没有写明针对哪一行（row）或哪一版（version）"),
    (UNSORTED, {}, "elsewhere", "没有写明针对哪一行（row）"),
    (SORTED, {"row": {"街镇": "西桥镇"}}, "elsewhere", "第3行不是登记的更正所针对的西桥镇，更正没有使用"),
    (UNSORTED, {"row": {"街镇": "西桥镇"}}, "applied", "由“2”改为“1”"),
    (UNSORTED, {"row": {"街镇代码": "990201101"}}, "applied", "由“2”改为“1”"),
    (SORTED, {"row": {"街镇": "南山镇"}}, "applied", "由“2”改为“1”"),
    (UNSORTED, {"version": 2}, "applied", "由“2”改为“1”"),
    (UNSORTED, {"version": 1}, "elsewhere", "登记的更正针对第1版，现用第2版，更正没有使用"),
]  # fmt: skip


SPEC_FIRST: list[dict[str, Any]] = [{}, {"version": 1}, {"row": {"街镇": "西桥镇"}}]
"""What a correction of a first version may say more."""


class Held(NamedTuple):
    """The cases of all tables below in one warehouse."""

    con: duckdb.DuckDBPyConnection
    years: Mapping[tuple[str, int], int]

    def of(self, table: str, number: int) -> tuple[duckdb.DuckDBPyConnection, int]:
        """The warehouse, and the data year of a case."""
        return self.con, self.years[table, number]


def versions(text: str, again: str | None) -> list[Sent]:
    """A form of births, and what was sent again in its place."""
    more = [sent("births", again, file="2.csv", replaces="0-births.csv", reason="更正")] if again else []
    return [sent("births", text), *more]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """None of a year after 2024: reports on that are published when what was agreed has expired."""
    births = BASE["births"]
    tables = {
        "versions": [Case(versions(births, c[0]), (DEATHS.model_copy(update=c[1]),)) for c in SPEC_VERSIONS],
        "first": [Case(versions(births, None), (DEATHS.model_copy(update=more),)) for more in SPEC_FIRST],
        "wide": [
            Case(
                [sent("literacy", WIDE.format(men=men))],
                (OF_WIDE.model_copy(update={"column": column, "row": row}),),
            )
            for men, column, row, *_ in SPEC_WIDE
        ],
        "names": [
            Case([sent("births", text)], (OF_NAMES.model_copy(update={"line": line, "column": column}),))
            for text, line, column, _ in SPEC_NAMES
        ],
        "figures": [
            Case(versions(ABOVE, again), overrides=(OVERRIDE.model_copy(update=more),))
            for again, more, _ in SPEC_FIGURES
        ],
    }
    listed = {(table, number): case for table, cases in tables.items() for number, case in enumerate(cases)}
    years = {place: 2024 - back for back, place in enumerate(listed)}
    con = held_in(tmp_path_factory.mktemp("raw"), {years[place]: case for place, case in listed.items()})
    return Held(con, years)


@pytest.mark.parametrize(
    ("number", "second", "state", "says"), [(n, c[0], *c[2:]) for n, c in enumerate(SPEC_VERSIONS)]
)
def test_a_correction_changes_the_row_that_it_was_made_for(
    held: Held, number: int, second: str, state: str, says: str
) -> None:
    """The sender's own figures stay, unless the correction says which row or version it is for."""
    con, year = held.of("versions", number)
    [(rule, message)] = corrected(con, year)
    assert rule == f"correction_{state}" and says in message
    written = {line.split(",")[1]: int(line.split(",")[4]) for line in second.splitlines()[1:]}
    changed = {second.splitlines()[2].split(",")[1]: 1} if state == "applied" else {}
    assert {area: value for area, _, measure, value in cells(con, year) if measure == "deaths"} == written | changed


@pytest.mark.parametrize("number", range(len(SPEC_FIRST)), ids=["old", "version", "row"])
def test_a_correction_of_the_first_version_need_not_name_its_row(held: Held, number: int) -> None:
    assert corrected(*held.of("first", number))[0][0] == "correction_applied"


def test_a_form_of_one_row_has_no_other(tmp_path: Path) -> None:
    again = BASE["population"].replace("600", "610")
    files = [sent("population"), sent("population", again, file="2.csv", replaces="0-population.csv", reason="更正")]
    mend = CORRECTION.model_copy(update={"dataset": "population", "column": "出生登记数", "line": 2, "expect": "610"})
    assert corrected(taken(tmp_path, files, mend))[0][0] == "correction_applied"


WIDE = ("年份,受访人数（女）,受访人数（男）,合格人数（女）,合格人数（男）,参与率（女）,参与率（男）\n"
        "2024,120,{men},60,50,80.5,79\n")  # fmt: skip
OF_WIDE = CORRECTION.model_copy(update={"dataset": "literacy", "line": 2, "expect": "120", "value": "130"})
SPEC_WIDE = [
    # men, column, row of the correction          women and men, what became of it
    ("120", "受访人数", {}, (120, 120), "several"),
    ("120", "受访人数（女）", {}, (130, 120), "applied"),
    ("120", "男受访人数", {}, (120, 130), "applied"),
    ("120", "受访人数", {"性别": "男"}, (120, 130), "applied"),
    ("110", "受访人数", {}, (130, 110), "applied"),  # only one of them has the text
    ("120", "受访人数", {"性别": "未说明"}, (120, 120), "elsewhere"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "asked", "state"), [(n, *c[3:]) for n, c in enumerate(SPEC_WIDE)])
def test_a_correction_changes_one_cell_of_a_wide_file(
    held: Held, number: int, asked: tuple[int, int], state: str
) -> None:
    con, year = held.of("wide", number)
    figures = {sex: value for _, sex, measure, value in cells(con, year) if measure == "asked"}
    [(rule, message)] = corrected(con, year)
    assert (rule, figures["female"], figures["male"]) == (f"correction_{state}", *asked)
    assert state != "several" or "不止一格（“受访人数（女）”、“受访人数（男）”）" in message


ITEMS = "年份,街镇,指标,数值\n2024,东风街道,活产数,300\n2024,东风街道,死亡人数,3\n2024,西桥镇,活产数,200\n2024,西桥镇,死亡人数,2\n" \
        "2024,南山镇,活产数,100\n2024,南山镇,死亡人数,0\n"  # fmt: skip
ALIAS = BASE["births"].replace("活产数", "出生活产数")


OF_NAMES = CORRECTION.model_copy(update={"expect": "200", "value": "210"})
SPEC_NAMES = [
    # a form, the line and the column that a correction names, what became of it
    (ALIAS, 3, "出生活产数", "applied"),
    (ALIAS, 3, "活产数", "applied"),
    (BASE["births"], 3, "出生活产数", "applied"),
    (ALIAS, 3, "死亡人数", "mended"),
    (ITEMS, 4, "活产数", "applied"),
    (ITEMS, 4, "出生活产数", "applied"),
    (ITEMS, 4, "死亡人数", "mended"),  # the line of another item
    (ITEMS, 5, "活产数", "mended"),
    (ITEMS, 40, "活产数", "mended"),
]


@pytest.mark.parametrize(("number", "state"), [(n, c[3]) for n, c in enumerate(SPEC_NAMES)])
def test_a_correction_names_a_column_as_record_or_file_do(held: Held, number: int, state: str) -> None:
    con, year = held.of("names", number)
    assert [rule for rule, _ in corrected(con, year)] == [f"correction_{state}"]
    births = {area: value for area, _, measure, value in cells(con, year) if measure == "births"}
    assert births == {"990201001": 300, "990201101": 210 if state == "applied" else 200, "990201102": 100}


ABOVE = BASE["births"].replace("200,2", "200,201")


def test_an_override_is_named_on_its_finding_alone(tmp_path: Path) -> None:
    con = checked(tmp_path, ABOVE.replace("100,0", "100,101"), overrides=(OVERRIDE,))
    answered = {f["area"]: f["override"] for f in found(con)}
    assert answered == {"990201101": "含上年登记的死亡（张某，有效期至2026-01-01）", "990201102": None}


@pytest.mark.parametrize("change", [{"until": date(2025, 7, 14)}, {"area": "东风街道"}], ids=["expired", "elsewhere"])
def test_an_override_that_does_not_hold_is_said(tmp_path: Path, change: dict[str, Any]) -> None:
    con = checked(tmp_path, ABOVE, overrides=(OVERRIDE.model_copy(update=change),))
    assert {(f["rule"], f["override"]) for f in found(con)} == {("part_above_whole", None), ("override", None)}


AGAIN = ABOVE.replace("200,201", "200,202")
SPEC_FIGURES = [
    # whether the file was sent again, and with what; what the override says more; what is told of it, None where it holds
    (None, {}, None),
    (None, {"value": "201"}, None),
    (None, {"value": "201.0", "version": 1}, None),
    (None, {"value": "202"}, "针对的是202，现为201，没有使用"),
    (None, {"version": 2}, "针对第2版，现用第1版，没有使用"),
    (AGAIN, {"value": "201"}, "针对的是201，现为202，没有使用"),
    (AGAIN, {"value": "202"}, None),
    (AGAIN, {}, "文件已重新报送（第2版），2024年births的免予说明（part_above_whole，张某）没有写明针对哪一个数（value）或哪一版（version）"),
    (AGAIN, {"version": 1}, "针对第1版，现用第2版，没有使用"),
    (AGAIN, {"version": 2}, None),
    (AGAIN, {"value": "201", "version": 2}, "针对的是201，现为202，没有使用"),
    (ABOVE.replace("300,3", "310,3"), {"value": "201"}, None),  # what was sent again has the figure still
]  # fmt: skip


@pytest.mark.parametrize(("number", "says"), [(n, c[2]) for n, c in enumerate(SPEC_FIGURES)])
def test_an_override_holds_for_the_figure_that_it_was_given_for(held: Held, number: int, says: str | None) -> None:
    con, year = held.of("figures", number)
    told = found(con, year)
    assert [f["override"] is None for f in told if f["rule"] == "part_above_whole"] == [says is not None]
    messages = [f["message"] for f in told if f["rule"] == "override"]
    says_here = str(says).replace("2024年", f"{year}年")
    assert len(messages) == (says is not None) and all(says_here in message for message in messages)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("overrides:\n  - {year: 2024, dataset: births, rule: cell_number, reason: 确属实情, by: 张某, until: 2026-01-01}\n",
         "不能免予说明"),
        ("overrides:\n  - {year: 2024, dataset: births, rule: jumps, reason: 确属实情, by: 张某, until: 2026-01-01}\n",
         "没有规则 'jumps'"),
        ("corrections:\n  - {year: 2024, dataset: births, column: 活产, line: 3, expect: a, value: b, reason: 确属实情, by: 张某, until: 2026-01-01}\n",
         "没有列 '活产'"),
        ("corrections:\n  - {year: 2024, dataset: births, column: 活产数, line: 3, value: b, reason: 确属实情, by: 张某, until: 2026-01-01}\n",
         "expect：缺少这一项"),
        ("corrections:\n  - {year: 2024, dataset: births, column: 活产数, line: 3, expect: a, value: b, row: {乡镇: 西桥镇}, reason: 确属实情, by: 张某, until: 2026-01-01}\n",
         "没有列 '乡镇'"),
    ],
)  # fmt: skip
def test_a_wrong_exemption_is_refused_with_file_and_line(tmp_path: Path, text: str, says: str) -> None:
    home = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE, home)
    (home / "corrections").mkdir()
    (home / "corrections" / "990201.yml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError) as error:
        load("990201", home)
    assert says in str(error.value)
    assert "corrections/990201.yml 第" in str(error.value)


@pytest.mark.parametrize("column", ["活产数", "出生活产数", "活产数（人）", "女活产数"])
def test_a_correction_may_name_its_column_as_the_file_does(tmp_path: Path, column: str) -> None:
    home = Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))
    (home / "corrections").mkdir()
    text = f"{{year: 2024, dataset: births, column: {column}, line: 3, expect: a, value: b, row: {{街镇: 西桥镇}}, version: 2"
    (home / "corrections" / "990201.yml").write_text(
        f"corrections:\n  - {text}, reason: 确属实情, by: 张某, until: 2026-01-01}}\n", encoding="utf-8"
    )
    [known] = load("990201", home).exemptions.corrections
    assert (known.column, known.row, known.version) == (column, {"街镇": "西桥镇"}, 2)

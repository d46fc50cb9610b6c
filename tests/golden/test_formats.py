"""The same content elsewhere: the workbook, JSON and SDMX-CSV of the golden edition, and what must never
get into them.
"""

import csv
import io
import json
import re
import shutil
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from sdmx.model import v30
from sdmx.reader.csv import Reader

from expectations.catalog import load
from expectations.records import Catalog
from expectations.units import UNITS
from expectations.vocabulary import ChangeCause, Reason, Sex
from flows.places import PROJECT
from flows.press.numbers import figure
from flows.report.facts import Facts
from flows.report.facts.edition import Edition
from flows.report.kinds import KINDS
from flows.report.papers import PAPERS
from flows.report.write import formats, sdmx, workbook
from flows.wording import read
from tests.fixtures.warehouses import changed, golden_warehouse

DEPARTMENTS = {"区卫生健康委", "区委组织部", "区体育局"}


def rows(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding=encoding))))


@pytest.fixture(scope="module")
def book(edition: Path) -> Workbook:
    return openpyxl.load_workbook(edition / "report.xlsx")


@pytest.fixture(scope="module")
def catalog(golden: Path) -> Catalog:
    return load("990101", golden / "expectations")


def table(sheet: Worksheet) -> list[list[Any]]:
    """The cells of a sheet's one table, the head first."""
    [marked] = sheet.tables.values()
    return [[cell.value for cell in line] for line in sheet[marked.ref]]


# --- the workbook ---


def test_contents_and_notes_come_first_and_lead_everywhere(book: Workbook) -> None:
    assert book.sheetnames[:2] == ["目录", "说明"]
    contents = book["目录"]
    assert [row[0] for row in table(contents)[1:]] == book.sheetnames[1:]
    links = {cell.value: cell.hyperlink.location or cell.hyperlink.target for cell in contents["A"] if cell.hyperlink}
    assert set(links) == set(book.sheetnames[1:])
    assert all(link.lstrip("#") == f"'{name}'!A1" for name, link in links.items())
    told = "\n".join(str(cell.value) for cell in contents["A"])
    for word in ("模拟数据", "2022年", "编制单位", "成文日期", "内部版"):
        assert word in told


def test_every_sheet_has_one_marked_table_and_no_empty_cell(book: Workbook) -> None:
    names = set()
    for sheet in book:
        assert len(sheet.title) <= 31 and not sheet.merged_cells.ranges and sheet.sheet_state == "visible"
        [marked] = sheet.tables.values()
        names.add(marked.displayName)
        head, *lines = table(sheet)
        assert len(set(head)) == len(head) and all(isinstance(word, str) for word in head)
        assert lines and all(value not in {None, ""} for line in lines for value in line)
        assert sheet["A1"].value
        first = int(re.findall(r"\d+", marked.ref)[0])
        pinned = "C" if sheet.title in DEPARTMENTS else "B" if sheet.title == "分街镇" else "A"
        assert sheet.freeze_panes == f"{pinned}{first + 1}"
        assert marked.autoFilter and marked.autoFilter.ref == marked.ref
        assert sheet.oddHeader.right.text == "内部版　模拟数据" and "&P" in sheet.oddFooter.center.text
        assert all(sheet.cell(line, 1).value for line in range(1, first))
    assert len(names) == len(book.sheetnames)


def test_every_csv_is_a_sheet_and_says_the_same(book: Workbook, edition: Path, catalog: Catalog) -> None:
    sheets = [sheet for sheet in book if sheet.title not in {"目录", "说明", *DEPARTMENTS}]
    assert len(sheets) == len(
        set(edition.glob("*.csv")) - {edition / f"{name}.csv" for name in ("sdmx", "plan", "figures")}
    )
    printed = rows(edition / "targets.csv")
    head, *lines = table(book["全部目标"])
    for line, row in zip(lines, printed, strict=True):
        for word, value in zip(head, line, strict=True):
            if isinstance(value, int | float):
                assert Decimal(row[word]) == Decimal(repr(value))
            else:
                assert row[word].removeprefix("'") == value


def test_numbers_are_numbers_with_the_decimals_they_are_printed_with(book: Workbook) -> None:
    sheet = book["全部目标"]
    head, *_ = table(sheet)
    first = int(re.findall(r"\d+", next(iter(sheet.tables.values())).ref)[0])
    [line] = [n for n in range(first, first + 4) if sheet.cell(n, head.index("指标") + 1).value == "宫颈癌筛查率"]
    cell = sheet.cell(line, head.index("2022年") + 1)
    assert (cell.value, cell.number_format, cell.data_type) == (70, "0.00", "n")


def test_a_verdict_has_its_mark_and_the_ground_of_its_kind(book: Workbook) -> None:
    """What a cell says is the same as in the CSV; mark and ground come beside it."""
    head, *lines = table(book["全部目标"])
    marked = next(iter(book["全部目标"].tables.values()))
    column = [line[head.index("评价")] for line in book["全部目标"][marked.ref]][1:]
    shown = {cell.value: (cell.number_format, cell.fill.fgColor.rgb) for cell in column}
    assert shown["预期可达标"] == ('"○ "@', "00DDEBF7")
    assert shown["无法判断"] == ('"？ "@', "00E7E6E6")
    assert {word: ground for word, (_, ground) in shown.items()} == {
        "已落实": "00E2EFDA",
        "提前达标": "00E2EFDA",
        "预期可达标": "00DDEBF7",
        "本年未达标": "00F8CBAD",
        "无法判断": "00E7E6E6",
    }
    assert [cell.value for cell in column] == [line[head.index("评价")] for line in lines]


def test_dates_are_dates(book: Workbook) -> None:
    head, *lines = table(book["报送情况"])
    for name in ("应报日期", "收到日期"):
        found = {line[head.index(name)] for line in lines} - {"—"}
        assert found and all(isinstance(value, datetime) for value in found)


def test_each_department_has_its_sheet(book: Workbook, edition: Path) -> None:
    told = {row["责任部门"] for row in rows(edition / "targets.csv")}
    assert told <= DEPARTMENTS & set(book.sheetnames)
    for name in told:
        head, *lines = table(book[name])
        own = [line for line in lines if line[head.index("牵头或配合")] == "牵头"]
        assert len(own) == sum(row["责任部门"] == name for row in rows(edition / "targets.csv"))
        kinds = [line[head.index("牵头或配合")] for line in lines]
        assert kinds == sorted(kinds, key=["牵头", "配合", "—"].index)  # what is owed stands last


def test_a_department_sees_its_warnings_and_what_it_owes(book: Workbook, edition: Path) -> None:
    every = [dict(zip(table(book[n])[0], line, strict=True)) for n in DEPARTMENTS & set(book.sheetnames)
             for line in table(book[n])[1:]]  # fmt: skip
    warned = {(row["条目"], row["指标"]) for row in rows(edition / "warnings.csv")}
    assert warned == {(line["条目"], line["指标、目标或报表"]) for line in every if line["预警"] != "—"}
    lacking = [line for line in every if line["缺口"] != "—"]
    assert lacking and all(isinstance(n := line["缺口"], int) and f"{n}" in line["缺口说明"] for line in lacking)
    owed = [line for line in every if line["条目"] == "报送"]
    assert owed and all(isinstance(line["应报日期"], datetime) and line["评价"] != "采用" for line in owed)


def test_the_public_sheets_have_no_follow_up(public: Path) -> None:
    book = openpyxl.load_workbook(public / "report.xlsx")
    names = DEPARTMENTS & set(book.sheetnames)
    assert names
    for name in names:
        head, *lines = table(book[name])
        assert not {"缺口", "缺口说明", "预警", "成因", "规划措施", "跟进方式", "应报日期"} & set(head)
        assert all(line[0] != "报送" for line in lines)


def test_what_is_missing_is_a_word(book: Workbook) -> None:
    found = {value for sheet in book for line in table(sheet) for value in line}
    assert {"未报送", "核查未通过"} <= found
    told = {line[0] for line in table(book["说明"])}
    assert {"未报送", "核查未通过", "不适用", "—"} <= told


def test_the_workbook_says_what_it_is_and_not_when_it_was_made(book: Workbook, edition: Path) -> None:
    known = book.properties
    assert known.title and known.title.startswith("2022年") and known.title.endswith("统计监测报告")
    assert (known.language, known.keywords) == ("zh-CN", "模拟数据")
    assert known.created == known.modified and known.created.isoformat() == "2023-07-15T09:00:00"
    with zipfile.ZipFile(edition / "report.xlsx") as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\tx", '=HYPERLINK("http://x")'])
def test_a_workbook_runs_no_formula_of_ours(text: str) -> None:
    cell = workbook.put(Workbook().create_sheet(), 1, 1, text)
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_a_number_is_never_a_text_nor_nothing_a_number() -> None:
    sheet = Workbook().create_sheet()
    shown = [figure(-0.5, 1, "f"), figure(12345, 0, "f"), 2022, None, "", "\x07"]
    assert [workbook.put(sheet, 1, 1, value).value for value in shown] == [-0.5, 12345, 2022, "—", "—", "□（U+0007）"]


# --- JSON ---


def test_the_edition_as_data(edition: Path) -> None:
    data = json.loads((edition / "report.json").read_text(encoding="utf-8"))
    assert list(data) == [
        "format",
        "head",
        "words",
        "plans",
        "tally",
        "targets",
        "warnings",
        "areas",
        "institutions",
        "indicators",
    ]
    assert data["head"]["simulated"] is True and data["head"]["year"] == 2022
    target = next(t for t in data["targets"] if t["indicator"] == "cervical_screening" and t["rule"] == "at_least")
    assert target["verdict"] == "met_early" and target["value"] == 70 and target["required"] == "≥70%"
    assert target["series"]["2021"] == {"value": 68, "state": "ok", "printed": "68.00"}
    assert {y: v["verdict"] for y, v in target["verdicts"].items()} == {"2021": "on_course", "2022": "met_early"}
    literacy = data["indicators"]["health_literacy"]["values"]
    missing = [v for v in literacy if v["year"] == 2022 and v["sex"] == "female"]
    assert [(v["value"], v["state"]) for v in missing] == [(None, "rejected")]
    assert sum(data["tally"]["verdicts"].values()) == len(data["targets"])


# --- SDMX-CSV ---

CL_SEX = {"F", "M", "_N", "_O", "_T", "_U", "_Z"}  # SDMX:CL_SEX(2.1)
CL_OBS_STATUS = set("ABDEFGHIJKLMNOPQSUVW")  # SDMX:CL_OBS_STATUS(2.2)
CL_CONF_STATUS = set("ACDEFGMNOSTX")  # SDMX:CL_CONF_STATUS(1.3)
IDENTIFIER = re.compile(r"[A-Za-z0-9_@$-]+")  # SDMX IDType
STRUCTURE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*:[A-Za-z0-9_@$-]+\(\d+\.\d+(\.\d+)?\)")


@pytest.fixture(scope="module")
def observations(edition: Path) -> list[dict[str, str]]:
    return rows(edition / "sdmx.csv", "utf-8")


def test_the_head_is_that_of_sdmx_csv_2(edition: Path) -> None:
    head = (edition / "sdmx.csv").read_bytes().split(b"\r\n")[0].decode().split(",")
    assert head[:3] == ["STRUCTURE", "STRUCTURE_ID", "ACTION"]
    assert head[3 : 3 + len(sdmx.DIMENSIONS)] == list(sdmx.DIMENSIONS)
    assert head[-1] == "UNIT_NAME" and len(set(head)) == len(head)


def test_a_library_of_the_standard_reads_it(edition: Path, observations: list[dict[str, str]]) -> None:
    structure = v30.DataStructureDefinition(id="DSD_PLAN_MONITOR")
    for name in sdmx.DIMENSIONS:
        structure.dimensions.getdefault(id=name)
    structure.measures.append(v30.Measure(id="OBS_VALUE"))
    for name in sdmx.ATTRIBUTES:
        structure.attributes.getdefault(id=name)
    [data] = Reader().convert(io.BytesIO((edition / "sdmx.csv").read_bytes()), structure).data
    assert len(data.obs) == len(observations) and data.action.name == "replace"
    assert [str(o.value) for o in data.obs] == [o["OBS_VALUE"] for o in observations]
    assert [o.attached_attribute["OBS_STATUS"].value for o in data.obs] == [o["OBS_STATUS"] for o in observations]


def test_every_code_is_of_its_published_list(observations: list[dict[str, str]]) -> None:
    for o in observations:
        assert o["STRUCTURE"] == "dataflow" and STRUCTURE_ID.fullmatch(o["STRUCTURE_ID"]) and o["ACTION"] in set("IARD")
        assert o["SEX"] in CL_SEX and o["OBS_STATUS"] in CL_OBS_STATUS and o["CONF_STATUS"] in CL_CONF_STATUS
        assert o["FREQ"] == "A" and re.fullmatch(r"\d{4}", o["TIME_PERIOD"]) and o["DECIMALS"].isdigit()
        assert all(IDENTIFIER.fullmatch(o[name]) for name in ("REF_AREA", "INSTITUTION", "INDICATOR", "UNIT_MEASURE"))


def test_our_own_codes_are_published_ones() -> None:
    assert {sex.sdmx for sex in Sex} <= CL_SEX
    statuses = {reason.value: reason.sdmx for reason in Reason if reason.sdmx}
    assert set(statuses.values()) | {"A", "B"} <= CL_OBS_STATUS
    assert {sdmx.FREE, sdmx.RESTRICTED} <= CL_CONF_STATUS
    shared = {"not_asked": "L", "not_published": "O", "not_entered": "L", "not_summed": "M"}
    own = {state: code for state, code in statuses.items() if state not in shared}
    assert len(set(own.values())) == len(own), "each state has a code of its own"
    # The list has no more codes for what is missing; COMMENT_OBS tells which it is.
    assert {state: code for state, code in statuses.items() if state in shared} == shared


def test_an_observation_stands_once(observations: list[dict[str, str]]) -> None:
    keys = [tuple(o[name] for name in sdmx.DIMENSIONS) for o in observations]
    assert len(set(keys)) == len(keys)


def test_a_value_or_a_status_that_says_why_not(observations: list[dict[str, str]], edition: Path) -> None:
    assert len(observations) == len(rows(edition / "indicators.csv"))
    for o in observations:
        assert (
            (o["OBS_VALUE"] == "")
            == (o["OBS_STATUS"] in {reason.sdmx for reason in Reason})
            == (o["COMMENT_OBS"] != "")
        )
    gone = {(o["INDICATOR"], o["OBS_STATUS"], o["COMMENT_OBS"]) for o in observations if not o["OBS_VALUE"]}
    assert {("regular_exercise", "L", "not_received"), ("health_literacy", "O", "rejected")} <= gone


@pytest.mark.parametrize("district", ["120115", "100000"])
def test_every_unit_of_the_catalogue_has_a_code(district: str) -> None:
    assert {i.unit for i in load(district).indicators.values()} <= set(UNITS)


# --- disclosure control ---


@pytest.fixture(scope="module")
def public(golden: Path, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A public edition in which one figure is kept back, from a copy of the golden warehouse."""
    made = tmp_path_factory.mktemp("edition") / "public"
    made.mkdir()
    shutil.copy(golden / "output" / "990101" / "2022" / "annual" / "manifest.json", made.parent)
    kept_back = (
        "update out_indicators set value = null, numerator = null, lower = null, upper = null, state = 'suppressed' "
        "where indicator = 'maternal_mortality' and year = 2022"
    )
    with changed(golden, kept_back) as con:
        facts = Facts(con, catalog, 2022)
        facts.edition = Edition(**{**vars(facts.edition), "audience": "public"})
        formats.write(KINDS["annual"].of(facts), made, lambda run: None)
    return made


def test_a_figure_kept_back_is_neither_zero_nor_empty(public: Path) -> None:
    kept = [
        o
        for o in rows(public / "sdmx.csv", "utf-8")
        if o["INDICATOR"] == "maternal_mortality" and o["TIME_PERIOD"] == "2022"
    ]
    assert {(o["OBS_VALUE"], o["OBS_STATUS"], o["CONF_STATUS"], o["COMMENT_OBS"]) for o in kept} == {
        ("", "Q", "N", "suppressed")
    }
    book = openpyxl.load_workbook(public / "report.xlsx")
    head, *lines = table(book["全部指标"])
    shown = {
        line[head.index("数值")] for line in lines if line[0] == "孕产妇死亡率" and line[head.index("年份")] == 2022
    }
    states = {
        line[head.index("状态")] for line in lines if line[0] == "孕产妇死亡率" and line[head.index("年份")] == 2022
    }
    assert (shown, states) == ({"—"}, {Reason.of("suppressed").word})
    data = json.loads((public / "report.json").read_text(encoding="utf-8"))
    values = [v for v in data["indicators"]["maternal_mortality"]["values"] if v["year"] == 2022]
    assert {(v["value"], v["state"]) for v in values} == {(None, "suppressed")}


def test_what_is_public_is_free_and_quotes_no_delivery(public: Path) -> None:
    assert {o["CONF_STATUS"] for o in rows(public / "sdmx.csv", "utf-8") if o["OBS_VALUE"]} == {"F"}
    assert not {"findings.csv", "revisions.csv"} & {p.name for p in public.iterdir()}
    assert not {"核查结果", "更正情况"} & set(openpyxl.load_workbook(public / "report.xlsx").sheetnames)


def test_the_public_manifest_tells_the_run_and_no_file(public: Path) -> None:
    told, whole = (json.loads((p / "manifest.json").read_text(encoding="utf-8")) for p in (public, public.parent))
    assert told["run"] == whole["run"]
    assert whole.keys() - told.keys() - {"files"} == {"inputs", "parts"}


def test_the_same_facts_give_the_same_bytes(golden: Path, edition: Path, catalog: Catalog, tmp_path: Path) -> None:
    with golden_warehouse(golden) as con:
        facts = Facts(con, catalog, 2022)
        formats.write(KINDS["annual"].of(facts), tmp_path, lambda run: None)
    files = {path for path in tmp_path.rglob("*") if path.is_file()}
    for path in files - {tmp_path / "manifest.json"}:  # that of an edition has its files' hashes too
        name = path.relative_to(tmp_path)
        assert path.read_bytes() == (edition / name).read_bytes(), name


# --- the document ---


def unnamed(files: set[str], page: str) -> set[str]:
    """The files of an edition that the first table of a page does not name: tables are there as one."""
    table = page[page.index("\n|---|---|\n") :].partition("\n\n")[0]
    named = {name for row in table.split("\n") for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])}
    tables, papers = {f"{key}.csv" for key in read("tables")}, {f"{name}.txt" for name in PAPERS}
    return {f for f in files if f.partition("/")[0] not in {n.partition("/")[0] for n in named}} - tables - papers


@pytest.mark.parametrize("page", ["docs/formats.md", "docs/zh-CN/formats.md"])
def test_the_document_names_every_file_of_an_edition(page: str, edition: Path) -> None:
    files = {path.relative_to(edition).as_posix() for path in edition.rglob("*") if path.is_file()}
    files = {name.removeprefix("public/") for name in files}
    text = (PROJECT / page).read_text(encoding="utf-8")
    assert len(files) > 40 and unnamed(files, text) == set()
    assert unnamed({*files, "figures.jsonl"}, text) == {"figures.jsonl"}, "a format that nobody has written down"


def test_the_document_knows_every_table_column_and_code(edition: Path, book: Workbook) -> None:
    pages = (
        PROJECT / "docs" / "formats.md",
        PROJECT / "GLOSSARY.md",
    )  # the codes of units and states stand with their records
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    data = json.loads((edition / "report.json").read_text(encoding="utf-8"))
    told = [
        *(name for name in book.sheetnames if name not in DEPARTMENTS),
        *(p.stem for p in edition.glob("*.csv")),
        *sdmx.HEADER,
        *(reason.value for reason in Reason if reason.sdmx),
        *(cause.word for cause in ChangeCause if cause != ChangeCause.NOT_KNOWN),
    ]
    told += [unit.sdmx for unit in UNITS.values()] + [*data, *data["head"], *data["tally"], *data["plans"][0]]
    told += list(json.loads((edition / "manifest.json").read_text(encoding="utf-8"))["parts"])
    for values in data["indicators"].values():
        told += [key for key in values if key != "values"] + list(values["values"][0])
    assert not [word for word in told if not re.search(rf"(?<![A-Za-z_]){re.escape(word)}(?![A-Za-z_])", text)]

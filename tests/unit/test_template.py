"""The empty forms: what stands in them, what is locked, what may be typed, and that the same input gives the same
bytes.
"""

import csv
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from expectations.catalog import load
from expectations.records import Catalog, Column, Statute
from flows.desk import filing, forms, system
from flows.desk.forms import FILL, GUIDE, HEAD, NOTHING, PREVIOUS
from flows.files import open_file
from flows.ingest.table import DeliveredTable
from flows.places import MendableError
from tests.fixtures.deliveries import CATALOG
from tests.fixtures.homes import GOLDEN as HOME
from tests.fixtures.warehouses import warehouse

GOLDEN = load("990101", HOME / "expectations")
YEAR = 2024
LAST = {("990201001", "", "total", "", "births"): "300", ("990201101", "", "total", "", "deaths"): "—"}


def form(
    folder: Path, dataset: str, previous: forms.LastYear | None = None, catalog: Catalog = CATALOG, year: int = YEAR
) -> openpyxl.Workbook:
    return openpyxl.load_workbook(forms.write(catalog, dataset, year, folder, previous or {})[0])


def cells(sheet: Worksheet, first: int = HEAD) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first)]


def cell(sheet: Worksheet, place: str) -> Cell:
    found = sheet[place]
    assert isinstance(found, Cell)
    return found


def rule(sheet: Worksheet, place: str) -> DataValidation:
    return next(v for v in sheet.data_validations.dataValidation if place in v.sqref)


def told(guide: Worksheet) -> str:
    return "\n".join(str(value) for row in cells(guide, 1) for value in row)


def with_columns(**changed: Column) -> Catalog:
    """The fixture catalogue with other columns in the table of births."""
    births = CATALOG.datasets["births"]
    columns = {**births.columns, **changed}
    return replace(CATALOG, datasets={**CATALOG.datasets, "births": births.model_copy(update={"columns": columns})})


def with_clinics(*names: str) -> Catalog:
    """The fixture catalogue with its clinics renamed."""
    clinic = CATALOG.district.institutions["clinic"]
    members = tuple(u.model_copy(update={"name": name}) for u, name in zip(clinic.members, names, strict=True))
    institutions = {**CATALOG.district.institutions, "clinic": clinic.model_copy(update={"members": members})}
    return replace(CATALOG, district=CATALOG.district.model_copy(update={"institutions": institutions}))


# --- what stands there -----------------------------------------------------------------------------------------------


def test_a_pair_of_files_with_the_title_the_sender_and_the_day(tmp_path: Path) -> None:
    paths = forms.write(CATALOG, "births", YEAR, tmp_path / "new", {})
    assert [p.name for p in paths] == [f"区卫生健康委-活产和死亡情况表-2024.{e}" for e in ("xlsx", "csv")]
    book = openpyxl.load_workbook(paths[0])
    assert book.sheetnames == [FILL, PREVIOUS, GUIDE]
    assert book[FILL]["A1"].value == "活产和死亡情况表"
    assert book[FILL]["A2"].value == "数据年份：2024年　　报送部门：区卫生健康委　　截止日期：2025年3月10日"


def test_a_row_for_each_area_and_for_what_it_is_compared_with(tmp_path: Path) -> None:
    assert cells(form(tmp_path, "births")[FILL]) == [
        ["年份", "街镇代码", "街镇", "活产数（人）", "死亡人数（人）"],
        [2024, 990201001, "东风街道", None, None],
        [2024, 990201101, "西桥镇", None, None],
        [2024, 990201102, "南山镇", None, None],
        [2024, 990000, "示例市", None, None],
    ]


def test_an_area_outside_the_district_is_asked_only_for_what_a_target_compares(tmp_path: Path) -> None:
    more = with_columns(早产数=Column(measure="premature", unit="人"))
    book = form(tmp_path / "compared", "births", catalog=more)
    assert cells(book[FILL], HEAD + 3) == [
        [2024, 990201102, "南山镇", None, None, None],
        [2024, 990000, "示例市", None, None, "不适用"],
    ]
    assert [cell(book[FILL], at).protection.locked for at in ("F7", "E8", "F8")] == [False, False, True]
    assert "示例市一行用于与甲区对照，不计入全区数" in told(book[GUIDE])
    [plan] = CATALOG.plans
    domains = tuple(d.model_copy(update={"goals": {n: g for n, g in d.goals.items() if n != 9}}) for d in plan.domains)
    book = form(tmp_path / "alone", "births", catalog=replace(CATALOG, plans=(replace(plan, domains=domains),)))
    assert cells(book[FILL], HEAD + 3) == [[2024, 990201102, "南山镇", None, None]]
    assert "对照地区" not in told(book[GUIDE])


def test_a_row_for_each_institution_each_sex_or_the_district(tmp_path: Path) -> None:
    assert cells(form(tmp_path, "clinics")[FILL], HEAD + 1) == [
        [2024, "西桥镇卫生院", None],
        [2024, "南山镇卫生院", None],
    ]
    assert cells(form(tmp_path, "literacy")[FILL], HEAD + 1) == [[2024, s, None, None, None] for s in "女男"]
    assert cells(form(tmp_path, "population")[FILL], HEAD + 1) == [[2024, None, None, None, None]]


def test_a_row_for_each_indicator_that_comes_ready_made(tmp_path: Path) -> None:
    """Of those that a target of the year needs: others are given in other forms, or nobody asks for them."""
    sheet = form(tmp_path, "published")[FILL]
    assert cells(sheet, HEAD + 1) == [[2024, "死亡率", "‰", None], [2024, "活产总数", "人", None]]
    assert {p.target.indicator for p in CATALOG.promises(YEAR)} > {"mortality", "births_total"}


def test_each_department_is_asked_its_own_clauses(tmp_path: Path) -> None:
    paths = forms.write(CATALOG, "progress", YEAR, tmp_path, {})
    asked = CATALOG.asked(YEAR)
    for path in paths[::2]:
        key = next(k for k, d in CATALOG.district.departments.items() if d.name == path.name.partition("-")[0])
        sheet = openpyxl.load_workbook(path)[FILL]
        own = [[2024, plan, clause, None, None, None] for d, plan, clause in asked if d == key]
        assert cells(sheet, HEAD + 1)[: len(own)] == own
    assert len(paths) == 2 * len({department for department, _, _ in asked})


def test_what_a_statement_must_tell_is_seen_below_and_on_the_cell(tmp_path: Path) -> None:
    sheet = form(tmp_path, "progress", catalog=GOLDEN, year=2022)[FILL]
    told = "妇女健康知识普及的开展情况"
    assert rule(sheet, "E5").prompt.startswith(f"须写明：{told}。")
    assert sheet["A7"].value == f"说明：妇女规划各条目须写明的事项\n目标1.5　{told}"
    assert "说明" in GOLDEN.codes.footers, "or the reader would take the note for data"


def test_the_form_of_an_earlier_year(tmp_path: Path) -> None:
    catalog = with_columns(
        剖宫产数=Column(measure="caesareans", unit="人", since=2023),
        接生数=Column(measure="old", unit="人", until=2022),
    )
    headers = [cells(form(tmp_path, "births", catalog=catalog, year=y)[FILL])[0][3:] for y in (2022, 2023)]
    assert headers == [
        ["活产数（人）", "死亡人数（人）", "接生数（人）"],
        ["活产数（人）", "死亡人数（人）", "剖宫产数（人）"],
    ]


@pytest.mark.parametrize(("dataset", "year"), [("progress", 2019), ("nonsense", YEAR)])
def test_a_form_that_nobody_owes_is_said(tmp_path: Path, dataset: str, year: int) -> None:
    with pytest.raises(MendableError):
        forms.write(GOLDEN, dataset, year, tmp_path, {})
    assert not list(tmp_path.iterdir())


def test_csv_opens_in_excel_with_the_same_rows(tmp_path: Path) -> None:
    path = forms.write(CATALOG, "births", YEAR, tmp_path, {})[1]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[:2] == [
        ["年份", "街镇代码", "街镇", "活产数（人）", "死亡人数（人）"],
        ["2024", "990201001", "东风街道", "", ""],
    ]
    assert rows[4:] == [["2024", "990000", "示例市", "", ""]]


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    catalog = with_clinics("=1+1", "@甲")
    book, text = forms.write(
        catalog, "clinics", YEAR, tmp_path, {("990201101", "clinic_west", "total", "", "doctors"): "=2"}
    )
    workbook = openpyxl.load_workbook(book)
    found = [cell(workbook[FILL], "B5"), cell(workbook[FILL], "B6"), cell(workbook[PREVIOUS], "C5")]
    assert [(c.value, c.data_type, c.quotePrefix) for c in found] == [(v, "s", True) for v in ("=1+1", "@甲", "=2")]
    assert "'=1+1" in text.read_text(encoding="utf-8-sig")


# --- what may be typed -----------------------------------------------------------------------------------------------


def test_only_the_cells_to_fill_are_open(tmp_path: Path) -> None:
    book = form(tmp_path, "births", LAST)
    assert all(sheet.protection.sheet and sheet.protection.password is None for sheet in book.worksheets)
    open_cells = {
        c.coordinate for row in book[FILL].iter_rows() for c in row if not c.protection.locked and isinstance(c, Cell)
    }
    signatures = "A3"
    assert open_cells == {signatures, *(f"{column}{row}" for column in "DE" for row in (5, 6, 7, 8))}
    tinted = {c.coordinate for row in book[FILL].iter_rows(min_row=5) for c in row if c.fill.fill_type}
    assert tinted == open_cells - {signatures}
    assert all(c.protection.locked for s in (PREVIOUS, GUIDE) for row in book[s].iter_rows() for c in row)


def test_figures_within_the_records_bounds_or_a_sign_for_nothing(tmp_path: Path) -> None:
    signs = ",".join(f'TRIM({{0}})="{sign}"' for sign in NOTHING)
    share = rule(form(tmp_path, "literacy")[FILL], "E6")
    assert share.formula1 == f"IF(ISNUMBER(E5),AND(ROUND(E5,1)=E5,E5>=0,E5<=100),OR({signs.format('E5')}))"
    assert "最多1位小数的数字，计量单位：%；不小于0，不大于100" in share.prompt
    assert share.error.startswith("填写有误。")
    growth = rule(form(tmp_path, "population")[FILL], "E5")
    assert growth.formula1.startswith("IF(ISNUMBER(E5),AND(ROUND(E5,0)=E5,E5>=-1000000),OR(")
    known = {word for words in CATALOG.codes.nothing.values() for word in words}
    assert known.issuperset(NOTHING)


def test_drop_down_lists(tmp_path: Path) -> None:
    assert rule(form(tmp_path, "literacy")[FILL], "B5").formula1 == '"女,男"'
    assert rule(form(tmp_path, "clinics")[FILL], "B5").formula1 == '"西桥镇卫生院,南山镇卫生院"'
    sheet = form(tmp_path, "progress")[FILL]
    assert rule(sheet, "D5").formula1 == '"已落实,推进中,未启动"'
    assert rule(sheet, "F5").formula1 == "LEN(TRIM(F5))>=2"


@pytest.mark.parametrize("names", [("甲院, 东", "乙院"), ("甲" * 200, "乙" * 200)])
def test_a_list_that_a_rule_cannot_hold_stands_beside_the_guide(tmp_path: Path, names: tuple[str, str]) -> None:
    book = form(tmp_path, "clinics", catalog=with_clinics(*names))
    assert rule(book[FILL], "B5").formula1 == f"'{GUIDE}'!$D$2:$D$3"
    assert tuple(row[0].value for row in book[GUIDE]["D2:D3"]) == names
    assert "$A$1:$B$" in book[GUIDE].print_area, "the list is not printed"


@pytest.mark.parametrize("dataset", CATALOG.datasets)
def test_excel_can_hold_every_rule(tmp_path: Path, dataset: str) -> None:
    for found in form(tmp_path, dataset)[FILL].data_validations.dataValidation:
        limits = [(found.formula1, 255), (found.prompt, 255), (found.error, 255), (found.promptTitle, 32)]
        assert all(0 < len(text) <= most for text, most in limits)
        assert found.allow_blank


def test_a_part_above_its_whole_turns_red(tmp_path: Path) -> None:
    ((area, rules),) = ((r.sqref, r.rules) for r in form(tmp_path, "births")[FILL].conditional_formatting)
    assert str(area) == "E5:E8"
    assert rules[0].formula == ["AND(ISNUMBER(E5),ISNUMBER(D5),E5>D5)"]


def test_a_long_header_has_its_unit_in_a_line_of_its_own(tmp_path: Path) -> None:
    catalog = with_columns(流动人口孕产妇死亡人数=Column(measure="floating", unit="人"))
    sheet = form(tmp_path, "births", catalog=catalog)[FILL]
    assert (sheet["D4"].value, sheet["F4"].value) == ("活产数（人）", "流动人口孕产妇死亡人数\n（人）")


def test_ready_to_print(tmp_path: Path) -> None:
    sheet = form(tmp_path, "births")[FILL]
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("D5", "$4:$4")
    assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (9, 1, 0)
    assert sheet.page_setup.orientation == "portrait"
    assert form(tmp_path, "progress")[FILL].page_setup.orientation == "landscape"


# --- last year and the guide -----------------------------------------------------------------------------------------


def test_last_years_figures_stand_where_this_years_will(tmp_path: Path) -> None:
    assert cells(form(tmp_path, "births", LAST)[PREVIOUS]) == [
        [f"上年\n{h}" for h in ("年份", "街镇代码", "街镇", "活产数（人）", "死亡人数（人）")],
        [2023, 990201001, "东风街道", 300, None],
        [2023, 990201101, "西桥镇", None, "—"],
        [2023, 990201102, "南山镇", None, None],
        [2023, 990000, "示例市", None, None],
    ]
    nothing = form(tmp_path, "births")[PREVIOUS]
    assert cells(nothing, 1) == [["没有可供对照的2023年数据。"]]


def test_last_years_figures_come_in_the_columns_unit() -> None:
    con = warehouse()
    for year in (2022, 2023):
        con.execute(
            "insert into meta_deliveries by name select ? as delivery, '990201' as district, ?::integer as year, "
            "'population' as dataset, 'civil_affairs' as department, date '2024-03-01' as due, true as simulated, "
            "'accepted' as status", [f"{year}/population/v1", year],
        )  # fmt: skip
    observed = [
        (2022, "residents", 1, "ok"), (2023, "residents", 651234, "ok"), (2023, "allowance", None, "not_received"),
        (2023, "registered", 600, "ok"), (2023, "growth", None, "not_applicable"),
    ]  # fmt: skip
    for year, measure, value, state in observed:
        con.execute(
            "insert into core_observations values ('990201', ?, '990201', '', 'total', '', ?, ?, ?, ?, 2)",
            [year, measure, value, state, f"{year}/population/v1"],
        )
    found = forms.previous_figures(con, CATALOG, "population", YEAR)
    assert {measure: told for (*_, measure), told in found.items()} == {
        "residents": "65.1234", "allowance": "—", "registered": "600", "growth": "不适用",
    }  # fmt: skip
    assert {key[:3] for key in found} == {("990201", "", "total")}


def test_only_one_sheet_looks_like_data(tmp_path: Path) -> None:
    headers = set(CATALOG.datasets["births"].columns)
    book = form(tmp_path, "births", LAST)
    for name in (PREVIOUS, GUIDE):
        for row in cells(book[name], 1):
            named = {str(value).replace("\n", "").partition("（")[0] for value in row}
            assert len(named & headers) <= 1


def test_the_guide_says_what_each_column_asks_for(tmp_path: Path) -> None:
    said = {row[0]: row[1] for row in cells(form(tmp_path, "population")[GUIDE], 1)}
    assert said["常住人口（万人）"] == "最多4位小数的数字，计量单位：万人；不小于0。"
    assert said["出生登记数（人）"] == "整数，计量单位：人；不小于0；与区卫生健康委《活产和死亡情况表》的“活产数”一致。"
    assert "先核实再报送" in str(said["报送前自查"]) and "monitor" not in str(said["报送前自查"])
    assert "CSV" in str(said["怎样报送"])
    births = {row[0]: row[1] for row in cells(form(tmp_path, "births")[GUIDE], 1)}
    assert births["死亡人数（人）"] == "整数，计量单位：人；不小于0；是“活产数”的其中数，不大于“活产数”。"


@pytest.mark.parametrize("dataset", ["births", "progress"])
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, dataset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = forms.write(CATALOG, dataset, YEAR, tmp_path / "one", LAST)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    second = forms.write(CATALOG, dataset, YEAR, tmp_path / "two", LAST)
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert openpyxl.load_workbook(first[0]).properties.modified == forms.MADE


# --- all forms of a department ---------------------------------------------------------------------------------------

STATUTE = Statute(prefix="某统", approver="某市统计局", approval="某统制〔2024〕1号", until=date(2026, 12, 31))
LAWFUL = replace(CATALOG, district=CATALOG.district.model_copy(update={"statute": STATUTE}))


def the_book(folder: Path, catalog: Catalog = CATALOG) -> Path:
    return forms.book(forms.of_department(catalog, "health", YEAR), folder, {"births": LAST})


def test_a_department_has_its_forms_in_one_workbook(tmp_path: Path) -> None:
    path = the_book(tmp_path)
    book = openpyxl.load_workbook(path)
    owed = [d for d, senders in CATALOG.owed(YEAR).items() if "health" in senders]
    assert path.name == f"区卫生健康委-报表-{YEAR}.xlsx"
    assert (book.sheetnames[0], book.sheetnames[-1]) == ("目录", GUIDE)
    assert len(book.sheetnames) == 2 + 2 * len(owed)
    listed = [row[2] for row in cells(book.worksheets[0], 4)]
    assert sorted(map(str, listed)) == sorted(CATALOG.datasets[name].title for name in owed)
    links = [c.hyperlink.location for row in book.worksheets[0].iter_rows() for c in row if c.hyperlink]
    assert links == [f"'{sheet.title}'!A1" for sheet in book.worksheets[1 : 1 + len(owed)]]
    said = [row for row in cells(book[GUIDE], 1) if row[0] in {"怎样填写", "怎样报送"}]
    assert [str(row[1]).split("”")[0] for row in said[::2]] == [
        f"在“{sheet.title}" for sheet in book.worksheets[1 : 1 + len(owed)]
    ]
    assert [row[1] for row in said if "CSV" in str(row[1])] == []  # there is none beside a book
    assert path.read_bytes() == the_book(tmp_path / "again").read_bytes()


def test_what_stands_above_a_form_by_law(tmp_path: Path) -> None:
    place = list(LAWFUL.datasets).index("births") + 1
    head = str(cell(form(tmp_path, "births", catalog=LAWFUL)[FILL], "A2").value)
    assert head.startswith(f"表号：某统{place}表　　制定机关：{LAWFUL.district.issuers[0]}　　批准机关：某市统计局")
    assert "批准文号：某统制〔2024〕1号　　有效期至：2026年12月31日\n" in head
    assert "表号" not in str(cell(form(tmp_path / "plain", "births")[FILL], "A2").value)
    signed = str(cell(form(tmp_path / "signed", "births")[FILL], "A3").value)
    assert [word for word in ("单位负责人", "统计负责人", "填表人", "联系电话", "报出日期") if word not in signed] == []


def test_the_book_comes_back_as_its_forms(tmp_path: Path) -> None:
    """Each sheet is recognised; the index, last year's figures and the guide are no news."""
    book = openpyxl.load_workbook(the_book(tmp_path))
    sheet = next(s for s in book.worksheets if CATALOG.datasets["births"].title in s.title)
    for row in (5, 6, 7):
        sheet.cell(row, 4).value, sheet.cell(row, 5).value = 100 + row, 1
    book.save(tmp_path / "back.xlsx")
    found, refused, _ = filing.recognise(tmp_path / "back.xlsx", CATALOG, filing.Wanted(sender="health", year=YEAR))
    assert not refused, "last year's figures are no damaged form"
    owed = {d for d, senders in CATALOG.owed(YEAR).items() if "health" in senders}
    assert {known.dataset for known in found} == owed
    [births] = [known for known in found if known.dataset == "births"]
    assert (births.sheet, births.year) == (sheet.title, YEAR)
    table = DeliveredTable(
        open_file(tmp_path / "back.xlsx"), CATALOG.datasets["births"], CATALOG.codes, YEAR, sheet.title, ()
    )
    assert [note.rule for note in table.notes if note.rule in {"other_sheet", "title_rows"}] == []


@pytest.mark.parametrize(("signed", "told"), [(True, []), (False, ["title_rows"])])
def test_a_form_that_was_saved_as_text_is_no_news(signed: bool, told: list[str], tmp_path: Path) -> None:
    """As Excel saves the first worksheet: GBK, with the title, the form's data and the line for signatures above it."""
    sheet = form(tmp_path, "births")[FILL]
    rows = [["" if value is None else value for value in row] for row in sheet.iter_rows(values_only=True)]
    for row in rows[HEAD:]:
        row[3], row[4] = 500, 1
    if not signed:
        del rows[HEAD - 2]
    saved = tmp_path / "saved.csv"
    with saved.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(rows)
    table = DeliveredTable(open_file(saved), CATALOG.datasets["births"], CATALOG.codes, YEAR, "", ())
    assert [note.rule for note in table.notes if note.rule == "title_rows"] == told
    assert [text for chunk in table.chunks() for text in chunk.columns[3].each()] == ["500"] * len(
        rows[HEAD - (not signed) :]
    )


def test_the_reporting_system_has_every_form_and_every_indicator(tmp_path: Path) -> None:
    path = system.write(LAWFUL, YEAR, tmp_path)
    text = "".join(subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True).stdout.split())
    assert path.name == f"统计报表制度-{YEAR}.pdf"
    for chapter in ("一、总说明", "二、报表目录", "三、调查表式", "四、主要指标解释"):
        assert chapter in text
    for name in LAWFUL.owed(YEAR):
        assert "".join(LAWFUL.datasets[name].title.split()) in text
    assert "批准文号：某统制〔2024〕1号" in text
    assert path.read_bytes() == system.write(LAWFUL, YEAR, tmp_path / "again").read_bytes()

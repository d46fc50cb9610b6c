"""What is told of cells and rows that a form does not have, before its sender lets it go."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest

from expectations.catalog import load
from expectations.records import Catalog
from expectations.vocabulary import DeliveryStatus, Fit
from flows import assess, compute, ingest, letters, validate
from flows.desk import intake, owed, trace, trial
from flows.desk.filing import Wanted
from flows.letters import Blocked
from flows.places import Places
from flows.validate import findings
from flows.warehouse import rows
from tests.fixtures import divided
from tests.fixtures.deliveries import BASE, CATALOG, CATALOGUE, DESK, DISTRICT, YEAR, deliver, sent, taken_in
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import warehouse

pytestmark = pytest.mark.usefixtures("lent", "unset")


@pytest.fixture
def home(tmp_path: Path) -> Places:
    deliver(tmp_path / "raw", 2024, [sent(name) for name in BASE if name != "births"])
    return Places(tmp_path)


def checked(home: Places, text: str) -> intake.Tried:
    path = home.home / "活产.csv"
    path.write_text(text, encoding="utf-8")
    [tried] = intake.check(path, CATALOG, home, Wanted())
    return tried


def asked_about(catalog: Catalog, raw: Path, year: int) -> list[tuple[str, str]]:
    """What is said of each empty column, and the targets that its department's sheet names beside it."""
    with trial.checked(catalog, raw, year) as con:
        found = rows(con, "select * from out_findings where rule = 'unfilled' order by rowid")
        blocked = Blocked(con, catalog, year)
        return [(row["said"], blocked.of(row)) for row in found]


def sheet(home: Places) -> openpyxl.Workbook:
    return openpyxl.load_workbook(home.home / "活产-核查反馈单.xlsx")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("200,2", ",2", "西桥镇“活产数”没有填写（D3）。缺这1格，全区"),
        ("200,2", "—,2", "西桥镇“活产数”填“—”（D3）。缺这1格，全区"),
        ("200,2", "不适用,不适用", ""),
        ("200,2", "200,2", ""),
    ],
    ids=["empty", "a sign for nothing", "not applicable", "filled in"],
)
def test_an_empty_cell_is_asked_about_with_its_place(
    home: Places, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str
) -> None:
    tried = checked(home, BASE["births"].replace(old, new))
    said = capsys.readouterr().out
    assert (told in said, "缺这" in said, tried.sound) == (True, bool(told), not told)
    assert ("应填6格，填写5格，可用5格" if told else "收到6格，可用6格") in said
    if told:
        comments = [c.comment.text for row in sheet(home).worksheets[1].iter_rows() for c in row if c.comment]
        assert any(told in text and "请补填；确未统计的说明原因" in text for text in comments)


FILLED = "2024,女,120,60,80.5\n2024,男,110,50,79\n"


@pytest.mark.parametrize(
    ("dataset", "old", "new", "told"),
    [
        ("births", "2024,990201102", "2024,990201,甲区,600,\n2024,990201102", ""),
        (
            "births",
            "2024,990201102,南山镇,100,0",
            "2024,990201,甲区,600,5\n2024,990201102,南山镇,100,",
            "南山镇“死亡人数”没有填写",
        ),
        ("literacy", FILLED, FILLED + "2024,合计,230,,\n", ""),
        ("literacy", FILLED, FILLED.replace("60,", ",") + "2024,合计,230,110,\n", "全区女“合格人数”没有填写"),
        ("clinics", "院,3\n", "院,3\n2024,合计,\n", ""),
        ("clinics", "院,3\n", "院,\n2024,合计,5\n", "南山镇卫生院“医生数”没有填写"),
    ],
    ids=["district", "a town beside it", "both sexes", "women beside them", "all clinics", "a clinic beside them"],
)
def test_a_row_of_the_whole_that_is_only_compared_is_not_asked_about(
    tmp_path: Path, dataset: str, old: str, new: str, told: str
) -> None:
    assert old in BASE[dataset]
    raw = tmp_path / "raw"
    deliver(raw, YEAR, [sent(dataset, BASE[dataset].replace(old, new))])
    found = asked_about(CATALOG, raw, YEAR)
    assert [said.startswith(told) for said, _ in found] == [True] * bool(told)


@pytest.mark.parametrize(
    ("row", "women"),
    [("女,120,60,80.5", True), ("男,110,50,79", False)],
    ids=["women", "men"],
)
def test_a_target_of_women_does_not_want_the_figure_of_men(tmp_path: Path, row: str, women: bool) -> None:
    sex, asked, _, turnout = row.split(",")
    raw = tmp_path / "raw"
    deliver(raw, YEAR, [sent("literacy", BASE["literacy"].replace(row, f"{sex},{asked},,{turnout}"))])
    [(said, blocked)] = asked_about(CATALOG, raw, YEAR)
    assert "“素养水平”（妇女规划目标1.1）" in said and blocked in said
    assert ("女性素养水平" in said, "女性素养水平" in blocked) == (women, women)


APART = "“适龄儿童入学率的留守儿童与流动儿童差距”（"


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("流动儿童,192", "流动儿童,", {"流动儿童适龄儿童入学率", APART}),
        ("留守儿童,98", "留守儿童,", {APART}),
        (",980,", ",,", set()),
    ],
    ids=["the part of a target", "the other side of a gap", "the whole that no target judges"],
)
def test_a_part_that_is_no_part_of_a_sum_has_its_own_targets(
    tmp_path: Path, old: str, new: str, wanted: set[str]
) -> None:
    assert old in divided.GIVEN[2022]["enrolment"]
    tables = {"enrolment": divided.GIVEN[2022]["enrolment"].replace(old, new)}
    raw = divided.deliver(tmp_path / "raw", {2022: tables})
    [(said, blocked)] = asked_about(divided.CATALOG, raw, 2022)
    assert {name for name in ("流动儿童适龄儿童入学率", APART) if name in said} == wanted
    assert (bool(blocked), "缺这" in said, "无法汇总" in said) == (bool(wanted), bool(wanted), False)


BASELINE = 2020


@pytest.mark.parametrize(
    ("other", "blocked"), [("3", True), ("1", False)], ids=["the other clinic has enough", "the other has too few"]
)
def test_a_target_for_every_place_is_judged_where_a_known_place_fails(
    tmp_path: Path, other: str, blocked: bool
) -> None:
    """At least 2 doctors in each clinic: one that has 1 decides it, whatever the empty cell would say."""
    text = BASE["clinics"].replace("西桥镇卫生院,2", "西桥镇卫生院,").replace("南山镇卫生院,3", f"南山镇卫生院,{other}")
    deliver(tmp_path, YEAR, [sent("clinics", text)])
    deliver(tmp_path, BASELINE, [sent("clinics")])
    [(said, told)] = asked_about(CATALOG, tmp_path, YEAR)
    assert ("无法评价" in said, "无法评价" in told) == (blocked, blocked)
    with taken_in(tmp_path, [BASELINE, YEAR]) as con:
        compute.indicators(con, CATALOG)
        assess.targets(con, CATALOG, YEAR)
        verdicts = con.execute(
            "select verdict from out_assessments where year = ? and target like '%doctors%'", [YEAR]
        ).fetchall()
    assert [verdict == "unknown" for (verdict,) in verdicts] == [blocked]


def test_women_of_the_town_are_counted_with_country_and_all(tmp_path: Path) -> None:
    """A part of a sum: the whole needs it, and another part's targets do not."""
    table = divided.GIVEN[2022]["insurance"]
    raw = divided.deliver(tmp_path / "raw", {2022: {"insurance": table.replace("西镇,城市,女,450", "西镇,城市,女,")}})
    [(said, _)] = asked_about(divided.CATALOG, raw, 2022)
    assert (
        "“医疗保险参保率”（妇女规划目标1.1）、“女性医疗保险参保率”（妇女规划目标1.1）、“医疗保险参保率的城乡差距”（妇女规划目标1.2）"
        in said
    )
    assert "、“医疗保险参保率的城乡差距”（妇女规划目标1.2）等5项目标无法评价" in said and "农村" not in said


@pytest.mark.parametrize(
    ("column", "told"),
    [("turnout", False), ("doctors", True)],
    ids=["a rate", "a number"],
)
def test_a_rate_is_never_said_to_lack_a_sum(tmp_path: Path, column: str, told: bool) -> None:
    """No target needs either: doctors are taken out of the plan."""
    texts = {
        "turnout": ("literacy", BASE["literacy"].replace("50,79", "50,")),
        "doctors": ("clinics", BASE["clinics"].replace("院,3", "院,")),
    }
    dataset, text = texts[column]
    raw = tmp_path / "raw"
    deliver(raw, YEAR, [sent(dataset, text)])
    home = Path(shutil.copytree(CATALOGUE, tmp_path / "catalogue"))
    plan = home / "plans/demo_women_2021/1_all.yml"
    target = "      - {indicator: doctors, rule: every_place_at_least, value: 2, each: clinic}\n"
    assert target in plan.read_text(encoding="utf-8")
    plan.write_text(plan.read_text(encoding="utf-8").replace(target, ""), encoding="utf-8")
    [(said, blocked)] = asked_about(load(DISTRICT, home), raw, YEAR)
    assert (said.endswith("缺这1格，全区的数无法汇总"), "无法汇总" in said, blocked) == (told, told, "")
    assert "没有填写（" in said


def test_empty_cells_of_a_column_are_told_once(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    checked(home, BASE["births"].replace("300,3", ",3").replace("200,2", "—,2"))
    told = capsys.readouterr().out
    assert "东风街道“活产数”没有填写（D2），西桥镇填“—”（D3）。缺这2格，全区" in told and told.count("缺这") == 1


def test_a_column_without_any_figure_is_told_as_a_whole(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    checked(home, BASE["births"].replace(",3\n", ",\n").replace(",2\n", ",\n").replace(",0\n", ",\n"))
    told = capsys.readouterr().out
    assert "整列没有填写" in told and "缺这" not in told and "应填6格，填写3格" in told


@pytest.mark.parametrize(
    ("gone", "fit", "told"),
    [
        ("2024,990201101,西桥镇,200,2\n", Fit.PARTLY, "应报3个街镇，其中收到2个街镇，缺少西桥镇。全区"),
        ("", Fit.USABLE, ""),
    ],
    ids=["a town is not there", "all are there"],
)
def test_a_form_without_a_town_can_be_used_in_part_only(
    home: Places, capsys: pytest.CaptureFixture[str], gone: str, fit: Fit, told: str
) -> None:
    tried = checked(home, BASE["births"].replace(gone, ""))
    said = capsys.readouterr().out
    assert (tried.fit, "应报3个街镇" in said, told in said) == (fit, bool(told), True)
    rows = [row for row in sheet(home).worksheets[0].iter_rows(values_only=True) if "缺少西桥镇" in str(row[7])]
    assert [str(row[9]).endswith("无法评价") for row in rows] == [True] * bool(told)


def test_a_command_is_told_to_whoever_files_and_never_to_the_sender(
    home: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    text = BASE["births"].replace(",3\n", ",\n").replace(",2\n", ",\n").replace(",0\n", ",\n")
    checked(home, text)
    told, asked = capsys.readouterr().out, "在反馈单“部门答复”列写明确认人和依据"
    assert asked in told and "--confirm" not in told
    intake.receive([home.home / "活产.csv"], CATALOG, home, Wanted(), date(2025, 3, 8), None)
    told = capsys.readouterr().out
    assert "规则：blank_column" in told and told.count("--confirm") == 1
    for path in (home.home / "活产-核查反馈单.xlsx", *(home.output / "feedback").rglob("*.xlsx")):
        cells = [c for page in openpyxl.load_workbook(path) for row in page.iter_rows() for c in row]
        words = "".join(f"{c.value}{c.comment.text if c.comment else ''}" for c in cells)
        assert asked in words and "--confirm" not in words


@pytest.mark.parametrize(
    ("gone", "word"), [("2024,990201101,西桥镇,200,2\n", "部分采用"), ("", "采用")], ids=["a town is not there", "all"]
)
def test_what_was_received_is_called_the_same_on_terminal_and_sheet_in_list_and_warehouse(
    home: Places, capsys: pytest.CaptureFixture[str], gone: str, word: str
) -> None:
    path = home.home / "活产.csv"
    path.write_text(BASE["births"].replace(gone, "") if gone else BASE["births"], encoding="utf-8")
    intake.receive([path], CATALOG, home, Wanted(), date(2025, 3, 8), None)
    assert f"  {word}：收到" in capsys.readouterr().out
    [book] = (home.output / "feedback").rglob("*.xlsx")
    cells = [str(c) for row in openpyxl.load_workbook(book).worksheets[0].iter_rows(values_only=True) for c in row]
    assert (word in cells, "部分采用" in cells) == (True, word == "部分采用")
    listed = owed.owed(CATALOG, home.raw, YEAR, date(2025, 7, 1))
    assert [one.word for one in listed if one.title == CATALOG.datasets["births"].title] == [word]
    with taken_in(home.raw, [YEAR]) as con:  # what every paper of a report asks
        status = con.execute("select status from meta_deliveries where dataset = 'births'").fetchall()
    assert [DeliveryStatus.of(code).word for (code,) in status] == [word]


@pytest.mark.parametrize(
    ("west", "word"),
    [("20,200", "部分采用"), ("不适用,2", "部分采用"), ("不适用,不适用", "采用"), ("200,2", "采用")],
    ids=["beyond its range", "one side only", "no births there", "within"],
)
def test_a_form_of_a_ratio_that_cannot_be_is_used_in_part_in_every_paper_and_in_the_list(
    tmp_path: Path, bounded: Catalog, west: str, word: str
) -> None:
    text = BASE["births"].replace("200,2", west)
    deliver(tmp_path, YEAR, [sent("births", text)])
    with taken_in(tmp_path, [YEAR]) as con:
        compute.indicators(con, bounded)
        validate.ratios(con, bounded, DESK)
        [(status,)] = con.execute("select status from meta_deliveries where dataset = 'births'").fetchall()
    listed = owed.owed(bounded, tmp_path, YEAR, date(2025, 7, 1))
    [told] = [one.word for one in listed if one.title == bounded.datasets["births"].title]
    assert (DeliveryStatus.of(status).word, told) == (word, word)


def test_a_sheet_of_what_is_only_checked_has_no_room_for_an_answer(home: Places) -> None:
    text = BASE["births"].replace("200,2", ",2")
    checked(home, text)
    intake.receive([home.home / "活产.csv"], CATALOG, home, Wanted(), date(2025, 3, 8), None)
    [received] = (home.output / "feedback").rglob("*.xlsx")
    for book, filed in ((sheet(home), False), (openpyxl.load_workbook(received), True)):
        cells = {str(c) for row in book.worksheets[0].iter_rows(values_only=True) for c in row}
        assert ({"部门答复", "编号"} <= cells, "本单是报送前核查，不用报回。" in cells) == (filed, not filed)


CITY = "2024,990000,示例市,60,500\n"
BOUNDS = {
    "unit: ‰, decimals: 1, better: lower,": "unit: ‰, decimals: 1, better: lower, range: [0, 1000],",
    'denominator: asked, per: 100, unit: "%",': 'denominator: asked, per: 100, range: [0, 100], unit: "%",',
}
"""What no ratio of the small district has: bounds."""


@pytest.fixture(scope="module")
def bounded(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    home = Path(shutil.copytree(CATALOGUE, tmp_path_factory.mktemp("bounded") / "catalogue"))
    path = home / "indicators/all.yml"
    text = path.read_text(encoding="utf-8")
    for old, new in BOUNDS.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return load(DISTRICT, home)


@pytest.mark.parametrize(
    ("text", "cell", "told"),
    [
        (BASE["births"] + CITY, "E5", ""),
        (BASE["births"].replace("200,2", "20,200"), "E3", "；全区因此没有可用的数，“死亡率”"),
        (BASE["births"].replace("200,2", "20,200") + CITY, "E3", "；全区因此没有可用的数，“死亡率”"),
    ],
    ids=["the city", "a town", "a town beside the city"],
)
def test_a_ratio_of_the_city_does_nothing_to_the_district(
    tmp_path: Path, bounded: Catalog, text: str, cell: str, told: str
) -> None:
    raw = tmp_path / "raw"
    deliver(raw, YEAR, [sent("births", text)])
    with trial.checked(bounded, raw, YEAR) as con:
        found = {row["area"]: row for row in rows(con, "select * from out_findings where rule = 'ratio_range'")}
        blocked = {area: Blocked(con, bounded, YEAR).of(row) for area, row in found.items()}
    assert [area in found for area in ("990000", "990201101")] == [CITY in text, bool(told)]
    for area, row in found.items():
        mine = area != "990000"
        assert (bool(blocked[area]), told in row["said"] if mine else "全区" in row["said"]) == (mine, mine)
        assert ("目标" in row["said"], row["said"].endswith("，不能使用")) == (mine, not mine)
    assert any(f"（{cell}）" in row["said"] for row in found.values())


def deaths(*rows: str) -> str:
    """The form of births, with births and deaths of the three towns, and then those of the city."""
    places = ("990201001,东风街道", "990201101,西桥镇", "990201102,南山镇", "990000,示例市")
    return "年份,街镇代码,街镇,活产数,死亡人数\n" + "".join(
        f"2024,{place},{row}\n" for place, row in zip(places, rows, strict=False)
    )


NONE = "第3行“死亡人数”（E3）为2人，“活产数”却为0，“死亡率”的分母为0，不能计算，不能使用；全区因此没有可用的数"
EXCHANGED = "各行“死亡人数”（E列）都大于“活产数”（D列），疑两列填反，不能使用；全区因此"


@pytest.mark.parametrize(
    ("text", "lines", "says", "state"),
    [
        (deaths("300,3", "0,2", "100,0"), [3], NONE, "rejected"),
        (deaths("300,3", "0,0", "100,0"), [], "", "ok"),
        (deaths("0,3", "0,2", "1,0", "60,500"), [2, 3, 5], NONE.replace("没有可用的数", "为5000.0‰"), "rejected"),
        # exchanged; where nobody was born in the true figures, or nobody died, a 0 stands in the other column
        (deaths("3,300", "2,200", "0,100"), [None], EXCHANGED, "rejected"),
        (deaths("3,300", "0,200", "0,0"), [None], EXCHANGED, "rejected"),
        (deaths("3,300", "2,200", "100,0"), [2, 3], "大于“活产数”2人", "rejected"),
    ],
    ids=["somebody of nobody", "nobody of nobody", "beside the city", "exchanged", "with a town of nobody", "but for one"],
)  # fmt: skip
def test_somebody_of_nobody_is_no_true_value(
    tmp_path: Path, bounded: Catalog, text: str, lines: list[int | None], says: str, state: str
) -> None:
    raw = tmp_path / "raw"
    deliver(raw, YEAR, [sent("births", text)])
    with trial.checked(bounded, raw, YEAR) as con:
        found = rows(con, "select * from out_findings where severity = 'critical' and year = 2024 order by line")
        wrong = rows(con, "select * from out_findings where rule = 'part_above_whole'")
        [figure] = rows(
            con, "select * from out_indicators where indicator = 'mortality' and area = ? and year = 2024", DISTRICT
        )
    assert ([row["rule"] for row in found], [row["line"] for row in found]) == (["ratio_range"] * len(lines), lines)
    assert (says == "" or any(says in row["said"] for row in found), wrong) == (True, [])
    assert (figure["state"], figure["numerator"] is None) == (state, state != "ok")


@pytest.mark.parametrize(("named", "rest"), [(1, 1), (2, 0)])
def test_ratios_of_which_each_names_its_cells_are_not_listed_without_end(
    tmp_path: Path, bounded: Catalog, monkeypatch: pytest.MonkeyPatch, named: int, rest: int
) -> None:
    """The cells of the others do not stand in the sentence that tells of them."""
    monkeypatch.setattr(findings, "DETAILS", named)
    deliver(tmp_path, YEAR, [sent("births", deaths("3,300", "2,200", "100,0"))])
    with trial.checked(bounded, tmp_path, YEAR) as con:
        found = rows(con, "select * from out_findings where rule = 'ratio_range' order by rowid")
        printed = [told.message for told in intake._findings(con, found[0]["delivery"])]
    assert ["另有" in message for message in printed] == [False] * named + [True] * rest
    listed, further = ([row for row in found if bool(row["line"]) == is_one] for is_one in (True, False))
    assert ([row["line"] for row in listed], [row["times"] for row in further]) == ([2, 3][:named], [1] * rest)
    for row in further:
        assert "另有1处同样的问题" in row["message"] and row["cure"] == "请比照已列出的各处办理"
        assert "E2" in listed[0]["cure"] and "E2" not in row["message"]


@pytest.mark.parametrize(("last", "odd"), [("0,100", False), ("100,0", True)], ids=["exchanged", "but for one"])
def test_what_is_odd_of_exchanged_columns_is_told_with_them(
    tmp_path: Path, bounded: Catalog, last: str, odd: bool
) -> None:
    for year in range(YEAR - 4, YEAR):
        deliver(tmp_path, year, [sent("births", deaths(f"{year - 1720},3", "200,2", "100,0"))])
    deliver(tmp_path, YEAR, [sent("births", deaths("3,300", "2,200", last))])
    with trial.checked(bounded, tmp_path, YEAR) as con:
        found = rows(con, "select distinct rule from out_findings where year = 2024 and dataset = 'births'")
    assert ("unit_slip" in {row["rule"] for row in found}) == odd
    assert odd or [row["rule"] for row in found] == ["ratio_range"]


@contextmanager
def divided_by(raw: Path, catalog: Catalog, form: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A year's one form, computed and looked at for ratios that cannot be, as a report does it."""
    deliver(raw, YEAR, [sent("births", form)])
    with warehouse() as con:
        ingest.store(con, catalog, raw, [YEAR])
        validate.contract(con, catalog)
        ingest.observe(con, catalog)
        compute.indicators(con, catalog)
        validate.ratios(con, catalog)
        yield con


def test_so_a_report_says(tmp_path: Path, bounded: Catalog) -> None:
    with divided_by(tmp_path, bounded, deaths("300,3", "0,2", "100,0")) as con:
        found = rows(con, "select * from out_findings where rule = 'ratio_range'")
        states = dict(con.execute("select area, state from out_indicators where indicator = 'mortality'").fetchall())
    [told] = found
    assert (told["severity"], told["area"], told["value"]) == ("critical", "990201101", None)
    assert "按报送的数据分母为0而分子不为0，不能计算，也不可能属实" in told["message"]
    assert states == {DISTRICT: "rejected", "990201001": "ok", "990201101": "rejected", "990201102": "ok"}


TOWN, SOUND = "990201101", "990201102"


@pytest.mark.parametrize(
    ("area", "named", "says"),
    [
        (TOWN, 1, ["另有1处同样的问题", "这些数据可能在其中"]),
        (TOWN, 3, ["也不可能属实"]),
        (SOUND, 1, []),
    ],
)
def test_a_refused_figure_is_not_said_to_be_sound(
    tmp_path: Path, bounded: Catalog, monkeypatch: pytest.MonkeyPatch, area: str, named: int, says: list[str]
) -> None:
    """Beyond the listed ones, too; what makes data unusable cannot be of a figure that is used."""
    monkeypatch.setattr(findings, "DETAILS", named)
    with divided_by(tmp_path, bounded, deaths("0,3", "0,2", "100,0")) as con:
        validate.shorten(con)
        told = trace._Tracer(con, bounded, trace.FigureAsked("mortality", YEAR, area), None).trace()
    assert len(told.told.findings) == bool(says)
    assert all(part in told.told.findings[0] for part in says)
    lines = "".join(trace._lines(replace(told, told=replace(told.told, findings=[]))))
    assert ("这些数据没有问题" in lines, "核查未通过，问题没有单独列出" in lines) == (area == SOUND, area != SOUND)


WIDE = "年份,受访人数（女）,受访人数（男）,合格人数（女）,合格人数（男）,参与率（女）,参与率（男）\n2024,20,{0},60,{1},80,79\n"


@pytest.mark.parametrize(
    ("men", "number"),
    [(("0", "50"), 2), (("10", "50"), 2), (("110", "50"), 1)],
    ids=["men passed of none that were asked", "men's ratio is told too", "men are sound"],
)
def test_each_sex_s_ratio_is_told_at_its_own_cells_of_a_line(
    tmp_path: Path, bounded: Catalog, men: tuple[str, str], number: int
) -> None:
    raw = tmp_path / "raw"
    deliver(raw, YEAR, [sent("literacy", WIDE.format(*men))])
    with trial.checked(bounded, raw, YEAR) as con:
        found = rows(con, "select rule, sex, said from out_findings where measure = 'passed' order by sex")
    assert {row["rule"] for row in found} == {"ratio_range"}
    ratios = [row["said"] for row in found if row["rule"] == "ratio_range"]
    assert [f"（{cell}）为" in said for cell, said in zip(("D2", "E2"), ratios, strict=False)] == [True] * len(ratios)
    assert len(ratios) == number


def test_a_clause_that_asks_two_things_of_one_indicator_is_named_once() -> None:
    """目标1.2 asks the district's rate and every town's; of four targets three have a name of their own, and none is left to count."""
    golden = load("990101", GOLDEN / "expectations")
    first = golden.promises(2023)[:4]
    assert [p.clause for p in first] == ["目标1.1", "目标1.2", "目标1.2", "目标1.3"]
    names = [p.name for p in (first[0], first[1], first[3])]
    clauses = ("目标1.1", "目标1.2", "目标1.3")
    listed = "、".join(f"“{name}”（妇女规划{clause}）" for name, clause in zip(names, clauses, strict=True))
    assert letters._told(first) == f"{listed}无法评价"
    more = letters._told(golden.promises(2023)[:5])
    assert more == f"{listed}等5项目标无法评价"

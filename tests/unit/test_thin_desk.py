"""What the desk tells where there is little: no list of places, one form, a year of which nobody was asked."""

import io
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from expectations.records import Catalog
from expectations.vocabulary import Concern, Fit
from flows import caveats
from flows.adopt import scaffold
from flows.desk import filing, intake, owed, trial
from flows.desk.filing import Wanted
from flows.places import MendableError, Places, RefusedError
from flows.validate import plan_gate
from tests.fixtures.hamlet import YEAR, ask, hamlet, progress, screen

pytestmark = pytest.mark.usefixtures("lent", "unset")

NOTHING = Wanted()
Tell = Callable[[Path], str]


@pytest.fixture
def home(tmp_path: Path) -> tuple[Places, Catalog]:
    return hamlet(tmp_path / "home")


def filed(home: tuple[Places, Catalog], *paths: Path) -> None:
    """Received one after the other, each later one as a mend, but for the look at what was filed."""
    places, catalog = home
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_before", lambda *_: None)
        patch.setattr(intake, "_looked_at", lambda *_: True)
        for n, path in enumerate(paths):
            intake.receive([path], catalog, places, NOTHING, date(2024, 2, 1 + n), "更正" if n else None)


def test_without_a_register_one_is_told_how_to_make_it(home: tuple[Places, Catalog], tmp_path: Path) -> None:
    """The command that is named makes it for a district whose file is there, and changes nothing else; in a later year a register
    follows from that of an earlier one.
    """
    places, catalog = home
    path, code = screen(tmp_path, 1000, 600), catalog.district.code
    shutil.rmtree(places.raw / code)
    known = filing.recognise(path, catalog, NOTHING).known[0]
    with pytest.raises(MendableError, match=f"new district {code} --name {catalog.district.name} --year {YEAR}"):
        filing.file(known, catalog, places.raw, date(2024, 2, 1), None)
    own = places.expectations / "districts" / f"{code}.yml"
    before = own.read_bytes()
    told = "\n".join(scaffold.district(code, catalog.district.name, YEAR, places.home, True))
    assert (places.raw / code / str(YEAR) / "deliveries.yml").is_file()
    assert own.read_bytes() == before and "地区文件" in told and "已经有了，没有改动" in told
    with pytest.raises(MendableError, match="已经有了"):
        list(scaffold.district(code, catalog.district.name, YEAR, places.home, True))


def test_a_second_version_where_no_place_is_listed(
    home: tuple[Places, Catalog], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places, catalog = home
    filed(home, screen(tmp_path, 1000, 600))
    capsys.readouterr()
    [same] = intake.check(_tabbed(screen(tmp_path, 1000, 600)), catalog, places, NOTHING)
    assert (same.fit, "数据完全相同" in capsys.readouterr().out) == (Fit.SAME, True)
    [other] = intake.check(screen(tmp_path, 1000, 650), catalog, places, NOTHING)
    assert (other.fit, "筛查人数（云岭县）：600 → 650" in capsys.readouterr().out) == (Fit.USABLE, True)


def _tabbed(path: Path) -> Path:
    """The same data as another file."""
    other = path.with_suffix(".txt")
    other.write_text(path.read_text(encoding="utf-8").replace(",", "\t"), encoding="utf-8")
    return other


@pytest.mark.parametrize("asked", [False, True])
def test_of_a_year_without_a_register_nothing_is_called_missing(
    home: tuple[Places, Catalog],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    asked: bool,
) -> None:
    places, catalog = home
    monkeypatch.setattr(intake, "today", lambda: date(2026, 4, 1))
    path = screen(tmp_path, 1000, 600)
    filed(home, path)
    if asked:
        ask(places, 2025)
    for again in (path, _tabbed(path)):
        capsys.readouterr()
        [tried] = intake.check(again, catalog, places, NOTHING)
        told = capsys.readouterr().out
        assert ("2025年的《宫颈癌筛查情况表》还没有收到" in told) == asked == (not tried.sound)
        assert ("2025年还没有报送登记；要报的是2025年《宫颈癌筛查情况表》的，请核对是否拿错了文件" in told) != asked
    text, table = io.StringIO(), io.StringIO()
    owed.show(catalog, places.raw, 2025, date(2026, 4, 1), "text", text)
    owed.show(catalog, places.raw, 2025, date(2026, 4, 1), "csv", table)
    assert ("2025年还没有报送登记，没有部门应报" in text.getvalue()) != asked
    for told in (text.getvalue(), table.getvalue()):
        assert ("未布置" in told) != asked and ("未报送" in table.getvalue()) == asked
    assert ("\n催报清单\n" in text.getvalue()) == ("已逾期" in text.getvalue()) == asked


def test_what_is_open_of_a_year_without_a_register_is_not_that_it_cannot_be_used(
    home: tuple[Places, Catalog], tmp_path: Path
) -> None:
    """The baseline year: nobody owes its forms. Those of the year that were not sent are owed."""
    places, catalog = home
    filed(home, screen(tmp_path, 1000, 600))
    with trial.judged(catalog, places.raw, YEAR) as con:
        missing, [unasked] = list(caveats._missing(con, catalog)), list(caveats._not_asked(con))
        assert list(caveats._critical(con)) == []
        plan_gate(con, catalog, YEAR)
        missed = con.execute("select message from out_findings where gate = 'plan'").fetchall()
    assert {one.told[:5] for one in missing} == {f"{YEAR}年"} and len(missing) == 2
    assert unasked.kind == Concern.NOT_ASKED and "没有2022年的报送登记" in unasked.told
    assert "不能使用" not in unasked.told
    [(told,)] = missed  # whose report has no warning and no advice: without a baseline nothing is judged
    assert "为60%，未达到规划要求（不低于80%）。数据无误的不必处理，评价结果见报告。" in told


BLANK = "没有填写进展说明：“进展阶段”列1格"


@pytest.mark.parametrize(
    ("answers", "came", "told"),
    [
        (("", "", ""), 0, f"{BLANK}没有填写"),
        (("—", "—", "—"), 0, f"{BLANK}填“—”"),
        (("推进中", "", "—"), 1, "“进展情况”列有误：应为不少于两个字的说明"),
        (("推进中", "已经起草", "方案草稿"), 1, "没有发现问题"),
    ],
)
def test_answers_that_were_left_blank_did_not_come(
    home: tuple[Places, Catalog],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    answers: tuple[str, str, str],
    came: int,
    told: str,
) -> None:
    places, catalog = home
    intake.check(progress(tmp_path, *answers), catalog, places, NOTHING)
    said = capsys.readouterr().out
    assert f"收到{came}格" in said and told in said
    assert "应报1行" not in said


def test_a_version_that_was_sent_back_and_replaced(
    home: tuple[Places, Catalog], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not only another than the one in use: nothing of it could be used. One that was sound could be restored."""
    places, catalog = home
    bad, first, second = (
        progress(tmp_path / str(n), *answers)
        for n, answers in enumerate(
            [("—", "已经起草", "草稿"), ("推进中", "已经起草", "草稿"), ("已落实", "已经印发", "方案")]
        )
    )
    filed(home, bad, first, second)
    for path, faulty in ((bad, True), (first, False)):
        capsys.readouterr()
        [tried] = intake.check(path, catalog, places, NOTHING)
        told = capsys.readouterr().out
        assert not tried.sound and "现在用的是第3版，请核对是否拿错了文件" in told
        assert ("核查有问题，但不必再改正" in told) == faulty == ("列的值“—”有误" in told)
        assert ("确要改回这一版的" in told) != faulty


def test_a_stage_that_has_changed_is_told_in_words(
    home: tuple[Places, Catalog], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places, catalog = home
    filed(home, progress(tmp_path, "推进中", "已经起草", "草稿"))
    intake.check(progress(tmp_path, "已落实", "已经起草", "草稿"), catalog, places, NOTHING)
    assert "进展阶段（妇女规划目标1.2）：推进中 → 已落实" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("women", "screened", "fit", "told"),
    [
        (["应筛查人数（本年）"], ["筛查人数（本年）"], Fit.USABLE, "没有发现问题"),
        (
            ["应筛查人数（上年）", "应筛查人数（本年）"],
            ["筛查人数"],
            Fit.USABLE,
            "“应筛查人数（上年）”不是2023年的数据，未使用",
        ),
        (
            ["应筛查人数（去年）", "应筛查人数"],
            ["筛查人数（今年）"],
            Fit.USABLE,
            "“应筛查人数（去年）”不是2023年的数据，未使用",
        ),
        (["应筛查人数（上年）"], ["筛查人数"], Fit.UNUSABLE, "各年的数据在不同的列"),
        (["应筛查人数（城镇）"], ["筛查人数"], Fit.UNUSABLE, "“应筛查人数（城镇）”"),  # of other people
        (["应筛查人数"], ["筛查人数（增减）", "筛查人数"], Fit.USABLE, "报表中没有的列“筛查人数（增减）”"),
    ],
)
def test_a_title_may_say_in_brackets_which_year_it_is_of(
    home: tuple[Places, Catalog],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    women: list[str],
    screened: list[str],
    fit: Fit,
    told: str,
) -> None:
    places, catalog = home
    path = screen(tmp_path, 1000, 600)
    cells = [*(["1000"] * len(women)), *(["600"] * len(screened))]
    path.write_text(f"年份,{','.join(women + screened)}\n{YEAR},{','.join(cells)}\n", encoding="utf-8")
    if fit == Fit.UNUSABLE:
        with pytest.raises(RefusedError, match=told):
            intake.check(path, catalog, places, NOTHING)
        return
    [tried] = intake.check(path, catalog, places, NOTHING)
    assert (tried.fit, told in capsys.readouterr().out) == (fit, True)

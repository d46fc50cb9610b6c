"""Words of others on the terminal, in CSV and as names of files: shown as they are, and obeyed by nothing."""

import csv
import io
import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from expectations.catalog import load
from flows import inert
from flows.console import line_console, table_console
from flows.desk import intake, owed, question, trial
from flows.desk.filing import Wanted
from flows.ingest import register
from flows.places import MendableError, Places
from flows.report.write import listing
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, deliver, sent
from tests.fixtures.homes import GOLDEN
from tests.fixtures.make import BIRTHS

pytestmark = pytest.mark.usefixtures("lent")

COMMAND = "=cmd|'/C calc'!A1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("死亡率[/10万]\n第2行\t“3O0”　①😀", "死亡率[/10万]\n第2行\t“3O0”　①😀"),
        ("\x1b[2J\x1b]0;x\x07", "⟨U+001B⟩[2J⟨U+001B⟩]0;x⟨U+0007⟩"),
        ("\x9b31m\x7f\r", "⟨U+009B⟩31m⟨U+007F⟩⟨U+000D⟩"),
        ("a\u202eb\u200dc\u00add\ufeff", "a⟨U+202E⟩b⟨U+200D⟩c⟨U+00AD⟩d⟨U+FEFF⟩"),
        ("\u2028\ue000\ufffe", "⟨U+2028⟩⟨U+E000⟩⟨U+FFFE⟩"),
        ("\udcb2\ud800", "⟨0xB2⟩⟨U+D800⟩"),
    ],
)
def test_what_would_command_a_terminal_is_named(text: str, shown: str) -> None:
    assert inert.shown(text) == shown
    shown.encode()
    assert json.loads(inert.escaped(json.dumps(text, ensure_ascii=False))) == text


@pytest.mark.parametrize("first", "=+-@\t\r\n＝＋－＠")
def test_what_a_spreadsheet_would_run_is_text(first: str) -> None:
    assert inert.cell(f"{first}1") == f"'{first}1"
    assert inert.is_formula(f"{first}1")


@pytest.mark.parametrize("text", ["", "—", "−20", "1-1", "目标=1", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert inert.cell(text) == text


def test_a_name_of_a_chinese_windows_is_read() -> None:
    def name(data: bytes) -> str:
        return inert.called(Path("/x") / os.fsdecode(data))

    assert name("活产.csv".encode()) == "活产.csv"
    assert name("活产情况表.csv".encode("gb18030")) == "活产情况表.csv"
    assert name(b"\xff\xfe.csv") == "⟨0xFF⟩⟨0xFE⟩.csv"


@pytest.mark.parametrize("sign", "\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029")
def test_the_name_of_a_file_is_one_line(sign: str) -> None:
    assert inert.called(Path(f"a{sign}b.csv")) == f"a⟨U+{ord(sign):04X}⟩b.csv"
    broken = os.fsdecode(f"活产{sign}".encode() + b"\xff.csv")
    assert inert.called(Path(broken)).endswith(f"⟨U+{ord(sign):04X}⟩⟨0xFF⟩.csv")
    assert inert.called(Path("活产 情况　表.csv")) == "活产 情况　表.csv"


@pytest.mark.parametrize("make", [line_console, table_console])
def test_the_terminal_prints_words_and_obeys_none(make: Any) -> None:
    out = io.StringIO()
    console = make(out)
    console.print("[/10万] [red]甲[/red] :smile: \x1b[31m", style="bold")
    table = owed.Table(box=None)
    table.add_column("[b]列")
    table.add_row("[/] \x1b乙")
    console.print(table)
    assert [line.strip() for line in out.getvalue().splitlines()] == [
        "[/10万] [red]甲[/red] :smile: ⟨U+001B⟩[31m", "[b]列", "[/] ⟨U+001B⟩乙",
    ]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setattr(intake, "_feedback", lambda *_: None)
    deliver(tmp_path / "raw", 2024, [sent(name) for name in BASE if name not in {"births", "clinics"}])
    return Places(tmp_path)


def entries(home: Places) -> dict[str, register.Entry]:
    head = register.read(home.raw / DISTRICT / "2024" / register.REGISTER, home.raw)
    return {entry.dataset: entry for entry in head.deliveries}


def test_a_file_full_of_commands_is_received_and_told(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    path = home.home / os.fsdecode("活产[b].csv".encode("gb18030"))
    path.write_text(BIRTHS.replace("死亡人数", "死亡人数[/10万]").replace("300", "\x1b[31m3O0"), encoding="utf-8")
    intake.receive([path], CATALOG, home, Wanted("births", year=2024), date(2025, 3, 1), "\x1b=更正[/x]")
    told = capsys.readouterr().out
    assert "“活产[b].csv”" in told and "[/10万]" in told
    assert "\x1b" not in told
    filed = entries(home)["births"]
    assert (filed.original, filed.file) == ("活产[b].csv", "区卫生健康委-活产和死亡情况表.csv")
    out = io.StringIO()
    owed.show(CATALOG, home.raw, 2024, date(2025, 4, 1), "csv", out)
    assert "□（U+001B）=更正[/x]" in out.getvalue()


def test_one_file_that_fails_stops_no_other(
    home: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["births", "clinics"]
    paths = [home.home / f"{name}.csv" for name in names]
    for path in paths:
        path.write_text(BASE[path.stem], encoding="utf-8")
    checked = trial.checked
    calls = iter([True, False])

    def first_breaks(*args: Any) -> Any:
        if next(calls):
            raise RuntimeError("ours")
        return checked(*args)

    monkeypatch.setattr(trial, "checked", first_breaks)
    missing = home.home / "没有.csv"
    with pytest.raises(RuntimeError, match="ours"):
        intake.receive([paths[0], missing, paths[1]], CATALOG, home, Wanted(), date(2025, 3, 1), None)
    told = capsys.readouterr().out
    assert "文件已经登记，无须重新登记；登记之后的核查没有完成" in told
    assert f"没有这个文件：{missing}" in told
    assert set(names) <= set(entries(home))
    assert told.count("已登记为第1版") == 2


def test_a_broken_register_stops_no_other_year(home: Places, capsys: pytest.CaptureFixture[str]) -> None:
    deliver(home.raw, 2023, [], locked="无")
    paths = [home.home / name for name in ("a.csv", "b.csv")]
    paths[0].write_text(BIRTHS.replace("2024", "2023"), encoding="utf-8")
    paths[1].write_text(BIRTHS, encoding="utf-8")
    with pytest.raises(MendableError, match="locked：应为日期"):
        intake.receive(paths, CATALOG, home, Wanted(), date(2025, 3, 1), None)
    assert "births" in entries(home)


def test_a_formula_in_a_name_or_a_reason_is_text_in_every_csv(tmp_path: Path) -> None:
    expectations = Path(shutil.copytree(GOLDEN / "expectations", tmp_path / "expectations"))
    path = expectations / "indicators" / "all.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("name: 孕产妇死亡率", f'name: "{COMMAND}"', 1), encoding="utf-8")
    catalog = load("990101", expectations)
    out = io.StringIO()
    listing.show(catalog, "csv", out)
    table = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert f"'{COMMAND}" in {row["name"] for row in table}
    assert not [c for row in table for c in row.values() if inert.is_formula(c) and not c[1:].isdecimal()]
    out = io.StringIO()
    listing.show(catalog, "json", out)
    assert COMMAND in {row["name"] for row in json.loads(out.getvalue())}

    entry = {"reason": COMMAND, "replaces": "x.csv"}
    deliver(tmp_path / "raw", 2024, [sent("births", file="x.csv"), sent("births", **entry)])
    out = io.StringIO()
    owed.show(CATALOG, tmp_path / "raw", 2024, date(2025, 4, 1), "csv", out)
    assert f"'{COMMAND}" in {row["原因"] for row in csv.DictReader(io.StringIO(out.getvalue()))}


def test_a_judged_series_commands_nothing(tmp_path: Path) -> None:
    name = f"{COMMAND}\x1b[31m"
    (tmp_path / "t.csv").write_text(
        f"target,indicator,rule,value,base_year,target_year,limit,unit\n{name},i,at_least,90,2020,2025,,%\n",
        encoding="utf-8",
    )
    (tmp_path / "v.csv").write_text("indicator,year,value\ni,2020,80\ni,2021,82\n", encoding="utf-8")
    for form in ("csv", "json", "text"):
        out = io.StringIO()
        question.ask(tmp_path / "t.csv", tmp_path / "v.csv", "destatis", form, out)  # type: ignore[arg-type]
        assert "\x1b" not in out.getvalue()
        assert (f"'{COMMAND}⟨U+001B⟩" in out.getvalue()) == (form == "csv")

"""The command line: its help, the plan in three forms, and what it says when something is wrong."""

import csv
import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.exceptions import TyperException

from flows.edition import program
from flows.places import PROJECT
from flows.report.write import listing
from flows.report.write.listing import COLUMNS
from tests.fixtures.homes import cli, home_in, told


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's home of its own, with the golden district."""
    home_in(tmp_path)
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    return tmp_path


def plan(form: str) -> str:
    result = told("plan", "--district", "990101", "--format", form)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


@pytest.mark.parametrize(
    "command",
    ["", "annual", "midterm", "final", "plan", "receive", "check", "deliveries", "template", "forms", "serve", "run"],
)
def test_help_is_chinese(command: str) -> None:
    result = told(*command.split(), "--help")
    assert result.returncode == 0
    assert result.stdout.startswith("用法：")
    assert "Options" not in result.stdout


def test_the_version_is_that_of_the_manifests() -> None:
    """What a report was made with can be told from the machine that is to make it again."""
    result = told("--version")
    assert (result.returncode, result.stdout) == (0, f"plan-monitor 0.1.0，程序的散列值 {program.program()[:16]}\n")


def test_no_command_shows_the_help() -> None:
    assert told().stdout == told("--help").stdout


def test_a_process_says_the_same(home: Path) -> None:
    """What the other tests of this file ask in their own process."""
    for words in (["--help"], ["plan", "--district", "990101"], ["annul"]):
        done = subprocess.run(cli(*words), cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=120)
        asked = told(*words)
        assert (done.returncode, done.stdout, done.stderr) == (asked.returncode, asked.stdout, asked.stderr)


def test_plan_as_csv(home: Path) -> None:
    text = plan("csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert text.splitlines()[0] == ",".join(COLUMNS)
    first = rows[0]
    assert (first["plan"], first["clause"], first["level"], first["rule"], first["value"], first["unit"]) == (
        "demo_women_2021", "目标1.1", "goal", "at_most", "20", "/10万",
    )  # fmt: skip
    assert first["lead"] == "区卫生健康委"
    assert {row["value"] for row in rows if row["rule"] == "evidence"} == {""}
    assert [row["each"] for row in rows if row["rule"] == "every_place_at_least"] == ["area"]


def test_plan_as_json_has_the_same_rows(home: Path) -> None:
    rows = json.loads(plan("json"))
    table = list(csv.DictReader(io.StringIO(plan("csv"))))
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows] == table


def test_plan_for_reading(home: Path) -> None:
    text = plan("text")
    assert "孕产妇死亡率" in text
    assert "≤20/10万" in text
    assert "区卫生健康委" in text


def kinds(error: type[Exception]) -> Iterator[str]:
    yield error.__name__
    for kind in error.__subclasses__():
        yield from kinds(kind)


def test_every_kind_of_error_of_a_command_line_is_known() -> None:
    """Those of which `_usage` tells in Chinese, those that it tells by their parameter, their parents, and two that no command here
    can meet: an argument of several values, and a file that typer opens itself. A new one would be told as 命令写得不对.
    """
    known = {"NoSuchOption", "BadOptionUsage", "UsageError"} | {"BadParameter", "MissingParameter"}
    others = {"TyperException", "ClickException", "NoArgsIsHelpError"} | {"BadArgumentUsage", "FileError"}
    assert set(kinds(TyperException)) - known - others == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["annul"], "没有命令 'annul'"),
        (["annual"], "缺少年份（数据年份，2000—2100）"),
        (["annual", "x"], "写得不对：年份（数据年份，2000—2100）"),
        (["annual", "1999"], "写得不对：年份（数据年份，2000—2100）"),
        (["annual", "2022", "--fast"], "没有选项 --fast"),
        (["deliveries", "2024", "--distric", "x"], "没有选项 --distric，相近的有 --district\n"),
        (["plan", "-x"], "没有选项 -x\n"),
        (["plan", "--format"], "选项 --format 后面没有写值\n"),
        (["annual", "2022", "--draft=1"], "选项 --draft 后面不写值\n"),
        (["new"], "缺少命令\n"),
        (["new", "distric"], "没有命令 'distric'\n"),
        (["approver", "drop"], "没有命令 'drop'\n"),
        (["annual", "2022", "(x)"], "多写了：(x)\n"),
        (["check", "a.csv", "b.csv"], "check 一次核查一个文件，多写了：b.csv"),
        (["annual", "2022", "2023"], "多写了：2023"),
        (["plan", "--format", "xml"], "写得不对：--format 格式（text、csv 或 json）"),
        (["new", "district", "990777", "--name", "示例县"], "缺少 --year 年份（第一个数据年份，一般是规划的基期年份）"),
        (["plan", "--district", "999999"], "没有这个地区；现有：990101"),
        (["annual", "2030", "--district", "990101"], "2030年没有现行规划"),
        (["final", "--district", "990101"], "规划尚未期满"),
        (["final", "2022", "--district", "990101"], "2022年没有期满的规划"),
        (["midterm", "2022", "--district", "990101"], "2022年没有过半的规划（过半年份：示例区妇女发展规划2023年）"),
        (["midterm", "1999"], "写得不对：年份（规划时间过半的年份"),
        (["final", "1999"], "写得不对：年份（规划期满的年份"),
        (["run", "-p", "year=2022"], "没有找到正在运行的 Prefect 服务"),
    ],
)
def test_what_the_user_can_mend_is_said_in_chinese(home: Path, arguments: list[str], message: str) -> None:
    result = told(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_catalogue_error_names_file_and_line(home: Path) -> None:
    (home / "expectations" / "policy.yml").write_text("outlook: 1\n", encoding="utf-8")
    result = told("plan", "--district", "990101")
    assert result.returncode == 2
    assert "expectations/policy.yml 第1行 outlook：" in result.stderr


def test_anything_else_goes_to_the_error_log(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "show", lambda *_: 1 / 0)
    result = told("plan", "--district", "990101")
    log = home / "output" / "log" / "error.log"
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert f"详情见 {log}" in result.stderr
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")

"""What happens on machines: each condition is one sentence that names the path and the cure, and nothing is half done.

Conditions are real where the machine can be made to have them; what cannot be made (a broken disk) is raised at a real
call. Permissions bind root, too, once it has dropped the right to pass over them.
"""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows import machine, pipeline, warehouse
from flows.desk import verify
from flows.places import PROJECT, MendableError, places
from flows.report.kinds import KINDS
from tests.fixtures.homes import cli, home_in

BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
"""Before a command: permissions bind it."""
ANNUAL = ("annual", "2022", "--district", "990101", "--no-prefect")
DELIVERIES = ("deliveries", "2022", "--district", "990101")
PLAN = ("plan", "--district", "990101")


# --- errors in words -------------------------------------------------------------------------------------------------


def caught(act: Callable[[], object]) -> BaseException:
    try:
        act()
    except (OSError, MemoryError, RuntimeError, duckdb.Error) as error:
        return error
    raise AssertionError("nothing went wrong")


def fail(number: int, path: str | None = None) -> Callable[[Path], object]:
    def act(_: Path) -> None:
        raise OSError(number, os.strerror(number), path)

    return act


def file_in_the_way(folder: Path) -> None:
    (folder / "output").touch()
    (folder / "output" / "990101").mkdir()


def file_for_a_folder(folder: Path) -> None:
    (folder / "output").touch()
    (folder / "output").mkdir(exist_ok=True)


def links(folder: Path) -> None:
    (folder / "raw").symlink_to(folder / "again")
    (folder / "again").symlink_to(folder / "raw")
    (folder / "raw").read_bytes()


def full(folder: Path) -> None:
    with machine.about(folder / "report.pdf"), Path("/dev/full").open("w") as file:
        file.write("x")


def too_large(folder: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, old[1]))
    try:
        with machine.about(folder / "report.pdf"):
            (folder / "report.pdf").write_bytes(b"x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def copied(folder: Path) -> None:
    """shutil keeps an error's words only."""
    (folder / "staged").mkdir()
    (folder / "staged" / "report.pdf").write_bytes(b"x" * 2000)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, old[1]))
    try:
        shutil.copytree(folder / "staged", folder / "edition")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def too_many(folder: Path) -> None:
    old = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, old[1]))
    try:
        (folder / "report.pdf").open("w")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, old)


def no_database(folder: Path) -> None:
    (folder / "990101.duckdb").write_bytes(b"hello" * 1000)
    duckdb.connect(folder / "990101.duckdb")


def database_is_a_folder(folder: Path) -> None:
    (folder / "990101.duckdb").mkdir()
    duckdb.connect(folder / "990101.duckdb")


def raises(error: BaseException) -> Callable[[Path], object]:
    def act(_: Path) -> None:
        raise error

    return act


CONDITIONS: dict[str, tuple[Callable[[Path], object], str]] = {
    "gone": (lambda p: (p / "raw" / "990101" / "x.csv").read_bytes(), "找不到 {p}/raw ："),
    "program gone": (lambda _: subprocess.run(["fc-match-9"]), "缺少程序或文件 fc-match-9。请执行 ./monitor system"),
    "file in the way": (file_in_the_way, "{p}/output 应为文件夹，实为文件"),
    "file for a folder": (file_for_a_folder, "{p}/output 应为文件夹，实为文件"),
    "folder for a file": (lambda p: p.read_bytes(), "{p} 应为文件，实为文件夹"),
    "name too long": (lambda p: (p / ("长" * 100)).touch(), "名称太长： {p}/长长"),
    "links in a ring": (links, "{p}/raw 是互相指向的链接"),
    "full": (full, "磁盘已满，写不下 {p}/report.pdf "),
    "quota": (fail(errno.EDQUOT, "/srv/output/x"), "磁盘已满，写不下 /srv/output/x "),
    "too large": (too_large, "{p}/report.pdf 超过了允许的文件大小"),
    "too large to copy": (copied, "{p}/edition/report.pdf 超过了允许的文件大小"),
    "too many files": (too_many, "同时打开的文件太多（上限 "),
    "read-only": (fail(errno.EROFS, "/srv/output"), "/srv/output 所在的磁盘只能读，不能写"),
    "broken disk": (fail(errno.EIO, "/srv/raw/x"), "读写 /srv/raw/x 时，磁盘或网络盘出错（Input/output error）"),
    "network disk gone": (fail(errno.ESTALE, "/srv/raw/x"), "读写 /srv/raw/x 时，磁盘或网络盘出错"),
    "in use": (fail(errno.EBUSY, "/srv/x"), "/srv/x 正被其他程序使用"),
    "no locks": (fail(errno.ENOLCK, "/srv/x"), "/srv/x 所在的磁盘不支持文件锁"),
    "bytes": (fail(errno.EIO, os.fsdecode(b"/srv/\xb1\xe0")), "读写 /srv/\\xb1\\xe0 时"),
    "memory": (raises(MemoryError()), "内存不足"),
    "memory of the system": (fail(errno.ENOMEM), "内存不足"),
    "processes": (fail(errno.EAGAIN), "不让再开进程或线程"),
    "threads": (raises(RuntimeError("can't start new thread")), "不让再开进程或线程"),
    "press killed": (raises(BrokenProcessPool("A process was terminated abruptly")), "排版进程被系统结束"),
    "no database": (no_database, "{p}/990101.duckdb 不是 DuckDB 数据库，或已经损坏。请删去它"),
    "database is a folder": (database_is_a_folder, "{p}/990101.duckdb 应为文件，实为文件夹"),
    "database's disk full": (
        raises(duckdb.IOException('Could not write file "/srv/a.duckdb": No space left on device')),
        "磁盘已满，写不下 /srv/a.duckdb ",
    ),
    "database's memory": (raises(duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate")), "行数是否有误"),
    "database's memory at a commit": (
        raises(duckdb.TransactionException("TransactionContext Error: Failed to commit: failed to allocate data")),
        "行数是否有误",
    ),
    "no room to spill": (
        raises(duckdb.OutOfMemoryException("Out of Memory Error: … 'max_temp_directory_size' …")),
        "磁盘已满，写不下 临时文件 ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("condition", CONDITIONS)
def test_each_condition_is_told_with_path_and_cure(condition: str, tmp_path: Path) -> None:
    act, says = CONDITIONS[condition]
    told = machine.told(caught(lambda: act(tmp_path)))
    assert says.format(p=tmp_path) in told
    assert re.fullmatch(r"[^\n]+[。；：，]请[^\n]+。", told) and "Error" not in told


@pytest.mark.parametrize(
    "error",
    [OSError(errno.EINVAL, "Invalid argument"), KeyError("x"), RuntimeError("loop"), OSError("no number"),
     duckdb.CatalogException("Table t does not exist"), duckdb.ParserException("syntax error"),
     duckdb.TransactionException("TransactionContext Error: Conflict on update!")],
)  # fmt: skip
def test_a_fault_of_the_program_is_not_blamed_on_the_machine(error: Exception) -> None:
    assert machine.told(error) == ""


def test_the_innermost_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught, machine.about(tmp_path / "outer"), machine.about(tmp_path / "inner"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.filename == str(tmp_path / "inner")


# --- the command line ------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home_in(tmp_path)
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    yield tmp_path
    for path in (tmp_path, *tmp_path.rglob("*")):  # so that it can be removed
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)


def monitor(*arguments: str, shell: str = "", before: Callable[[], None] | None = None) -> Any:
    """A command on whom permissions bind; `shell` is what stands behind it."""
    words = [*BOUND, *cli(*arguments)]
    script = ["bash", "-c", f'set -o pipefail; "$@" {shell}', "bash"] if shell else []
    return subprocess.run([*script, *words], cwd=PROJECT, capture_output=True, encoding="utf-8", timeout=120,
                          stdin=subprocess.DEVNULL, preexec_fn=before)  # fmt: skip


def closed(*parts: str) -> Callable[[Path], None]:
    return lambda home: home.joinpath(*parts).chmod(0)


def unwritable(*parts: str) -> Callable[[Path], None]:
    def act(home: Path) -> None:
        home.joinpath(*parts).mkdir(parents=True)
        home.joinpath(*parts).chmod(0o500)

    return act


def no_year(home: Path) -> None:
    shutil.rmtree(home / "raw" / "990101" / "2022")


def no_files(home: Path) -> None:
    for path in (home / "raw" / "990101" / "2022").glob("*.csv"):
        path.unlink()


def nothing(home: Path) -> None:
    register = home / "raw" / "990101" / "2022" / "deliveries.yml"
    head, _, _ = register.read_text(encoding="utf-8").partition("deliveries:")
    register.write_text(f"{head}deliveries: []\n", encoding="utf-8")


def no_register(home: Path) -> None:
    (home / "raw" / "990101" / "2022" / "deliveries.yml").write_text("deliveries: {", encoding="utf-8")


def other_year(home: Path) -> None:
    register = home / "raw" / "990101" / "2022" / "deliveries.yml"
    register.write_text(register.read_text(encoding="utf-8").replace("year: 2022", "year: 2021"), encoding="utf-8")


LITERACY = ("raw", "990101", "2022", "区卫生健康委-健康素养调查表.csv")
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "no raw": (lambda h: shutil.rmtree(h / "raw"), "（没有 {h}/raw）"),
    "no year": (no_year, "2022年没有报送登记 {h}/raw/990101/2022/deliveries.yml"),
    "no files": (no_files, "登记的4份报表都不在 {h}/raw/990101/2022"),
    "nothing registered": (nothing, "{h}/raw/990101/2022/deliveries.yml 没有登记任何报送"),
    "register broken": (
        no_register,
        "2022年的报送登记读不出，请改正后重新运行：\nraw/990101/2022/deliveries.yml 第2行",
    ),
    "register of another year": (other_year, "写的是990101、2021年"),
    "output is a file": (lambda h: (h / "output").touch(), "{h}/output 应为文件夹，实为文件"),
    "warehouse is a file": (lambda h: (h / "warehouse").touch(), "{h}/warehouse 应为文件夹，实为文件"),
    "database is a folder": (
        lambda h: (h / "warehouse" / "990101.duckdb").mkdir(parents=True),
        "{h}/warehouse/990101.duckdb 应为文件，实为文件夹",
    ),
}


def nothing_done(home: Path) -> bool:
    return not [*home.glob("output/.*"), *home.glob("output/990101/*/*"), *home.glob("warehouse/990101.*duckdb.*")]


@pytest.mark.parametrize("condition", REFUSED)
def test_a_run_that_cannot_come_to_a_report_is_refused_before_it_begins(condition: str, home: Path) -> None:
    act, says = REFUSED[condition]
    act(home)
    with pytest.raises((MendableError, OSError)) as caught:
        pipeline.make(KINDS["annual"], 2022, "990101", never)
    told = machine.told(caught.value) or str(caught.value)
    assert (says.format(h=home) in told and "请" in told) or "receive" in told
    assert nothing_done(home)


def never(title: str, stage: Callable[..., Any], *args: object, **rest: object) -> Any:
    """Lets a run look whether anything has changed, which makes nothing, and no more."""
    if title == "查对变动":
        return stage(*args, **rest)
    raise AssertionError(f"{title} was begun")


def test_a_run_begins_where_all_is_there(home: Path) -> None:
    with pytest.raises(AssertionError, match="接收报送 was begun"):
        pipeline.make(KINDS["annual"], 2022, "990101", never)
    assert nothing_done(home)


RIGHTS: dict[str, tuple[Callable[[Path], object], tuple[str, ...], str]] = {
    "raw": (closed("raw"), ANNUAL, "没有权限读写 {h}/raw （属主是"),
    "a delivery": (closed(*LITERACY), DELIVERIES, "没有权限读写 {h}/" + "/".join(LITERACY)),
    "catalogue": (closed("expectations", "policy.yml"), PLAN, "没有权限读写 {h}/expectations/policy.yml "),
    "output": (unwritable("output"), ANNUAL, "没有权限读写 {h}/output "),
    "warehouse": (unwritable("warehouse"), ANNUAL, "没有权限读写 {h}/warehouse "),
}


@pytest.mark.parametrize("condition", RIGHTS)
def test_what_may_not_be_read_or_written_is_named(condition: str, home: Path) -> None:
    act, arguments, says = RIGHTS[condition]
    act(home)
    result = monitor(*arguments)
    assert result.returncode == 2, result.stdout + result.stderr
    assert says.format(h=home) in result.stderr and "再重新运行" in result.stderr
    assert "Traceback" not in result.stderr
    for folder in ("output", "warehouse"):
        if (home / folder).is_dir():
            (home / folder).chmod(0o700)
    assert nothing_done(home)


def test_a_name_that_is_too_long(home: Path) -> None:
    result = monitor("check", "长" * 100 + ".csv", "--district", "990101")
    assert (result.returncode, result.stderr.startswith("名称太长： 长长")) == (2, True)


def test_a_year_without_a_register_before_the_reports_own_is_no_reason_to_refuse(home: Path) -> None:
    shutil.rmtree(home / "raw" / "990101" / "2021")
    pipeline.due(KINDS["annual"], 2022, "990101")


@pytest.mark.parametrize(
    ("shell", "code", "says"),
    [
        (">/dev/full", 2, "磁盘已满，写不下（标准输出）"),
        (">&-", 2, "标准输出已关闭"),
        ("<&-", 0, ""),
        ("2>&-", 0, ""),
    ],
)
def test_a_lost_standard_stream(home: Path, shell: str, code: int, says: str) -> None:
    result = monitor(*PLAN, "--format", "json", shell=shell)
    assert (result.returncode, says in result.stderr, bool(result.stderr)) == (code, True, bool(says))


def test_a_reader_who_has_gone(home: Path) -> None:
    """As after `| head`: no word, and the code that a shell knows."""
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(cli(*PLAN), cwd=PROJECT, stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert (result.returncode, result.stderr) == (141, b"")


def test_a_standard_stream_that_is_closed_is_no_file_of_ours(home: Path) -> None:
    """Else what a program prints would go into the first file that is opened."""
    assert monitor("annul", shell=">&- 2>&-").returncode == 2


@pytest.mark.parametrize("locale", [{}, {"LANG": "C"}, {"LC_ALL": "POSIX"}, {"PYTHONIOENCODING": "latin-1"}])
def test_no_locale_and_no_terminal(home: Path, locale: dict[str, str]) -> None:
    result = subprocess.run(cli(*PLAN), cwd=PROJECT, capture_output=True,
    env={"PLAN_MONITOR_HOME": str(home), **locale},
                            start_new_session=True, timeout=60)  # fmt: skip
    assert (result.returncode, result.stderr) == (0, b"")


@pytest.mark.parametrize(("wrong", "says"), [("none", "{h}/none 不存在"), ("raw/simple", "{h}/raw/simple 不是文件夹")])
def test_a_wrong_home_is_named(home: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, says: str) -> None:
    (home / "raw" / "simple").touch()
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(home / wrong))
    with pytest.raises(MendableError, match="PLAN_MONITOR_HOME") as caught:
        places()
    assert says.format(h=home) in str(caught.value)
    assert not (home / "none").exists()


def test_an_error_whose_log_cannot_be_written_is_kept_aside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unwritable("output", "log")(home)
    (home / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(home / "tmp"))
    script = (
        "from flows.report.write import listing; from flows.run import cli; listing.show = lambda *_: 1 / 0; cli.main()"
    )
    result = subprocess.run([*BOUND, sys.executable, "-c", script, *PLAN], cwd=PROJECT, capture_output=True, text=True)
    [log] = (home / "tmp").iterdir()
    assert (result.returncode, "Traceback" in result.stderr) == (1, False)
    assert f"详情见 {log}" in result.stderr and "ZeroDivisionError" in log.read_text(encoding="utf-8")
    (home / "tmp").chmod(0o500)
    result = subprocess.run([*BOUND, sys.executable, "-c", script, *PLAN], cwd=PROJECT, capture_output=True, text=True,
                            env={**os.environ, "TMPDIR": str(home / "tmp")})  # fmt: skip
    assert result.returncode == 1 and "Traceback" not in result.stderr


@pytest.mark.parametrize("request_", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_end_leaves_nothing(home: Path, request_: signal.Signals) -> None:
    command = [sys.executable, "-u", "-m", "flows.run.cli", *ANNUAL]
    run = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.read(1)  # the first stage has begun
    run.send_signal(request_)
    _, error = run.communicate(timeout=60)
    assert (run.returncode, error.decode()) == (130, "已中断\n")
    assert not [*(home / "output").glob(".staging-*"), *(home / "warehouse").glob("*.duckdb*")]


def test_no_file_can_be_opened(home: Path) -> None:
    """Not even to answer: the words are at hand."""
    result = monitor(*ANNUAL, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6)))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "同时打开的文件太多（上限 6）。请提高上限（ulimit -n 4096），再重新运行。\n"


# --- the warehouse ---------------------------------------------------------------------------------------------------


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


def test_a_warehouse_that_cannot_be_written_whole_does_not_replace_the_last(tmp_path: Path) -> None:
    """DuckDB says nothing when it cannot write what is left to write as it closes."""
    path = tmp_path / "990101.duckdb"
    with warehouse.build(path) as con:
        con.execute("create table t as select 1 as i")
    before = path.read_bytes()
    script = f"""
from pathlib import Path
from flows import machine, warehouse
try:
    with warehouse.build(Path({str(path)!r})) as con:
        con.execute("create table t as select range i from range(10)")
        for n in range(60):
            con.execute("insert into t select range * ? from range(250)", [n])
except Exception as error:
    print(machine.told(error))
"""
    result = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True,
                            preexec_fn=limited)  # fmt: skip
    assert result.stderr == "" and "超过了允许的文件大小" in result.stdout
    assert path.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"990101.duckdb", "990101.lock"}


def test_what_a_killed_run_left_of_its_warehouse_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "990101.duckdb"
    for name in ("990101.building.duckdb", "990101.building.duckdb.wal"):
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / "990101.building.duckdb.tmp").mkdir()
    path.write_bytes(b"no database at all")
    with warehouse.build(path) as con:
        con.execute("create table t as select 1 as i")
    assert {p.name for p in tmp_path.iterdir()} == {"990101.duckdb", "990101.lock"}
    with duckdb.connect(path, read_only=True) as con:
        assert con.execute("select i from t").fetchall() == [(1,)]


def test_a_warehouse_in_use_is_told_apart_from_one_that_cannot_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "990101.duckdb"
    with warehouse.build(path), pytest.raises(MendableError, match="另一次运行正在使用"), warehouse.build(path):
        pass
    monkeypatch.setattr("fcntl.flock", lambda *_: fail(errno.ENOLCK)(path))
    with pytest.raises(OSError) as caught, warehouse.build(path):
        pass
    assert f"{path} 所在的磁盘不支持文件锁" in machine.told(caught.value)


# --- a report that is handed in --------------------------------------------------------------------------------------


@pytest.mark.parametrize("attached", [b"", b'{"run": "a', b"[]", b'{"run": "a"}', b"\xff"])
def test_a_report_whose_manifest_cannot_be_read_is_not_verified(attached: bytes) -> None:
    with pytest.raises(MendableError, match="附带的 manifest"):
        verify._manifest(Path("report.pdf"), attached)


@pytest.mark.parametrize(
    "attached", [b"", b"\xff", "序号,依据\r\n".encode(), "序号,依据,含义,数值,印出\r\n1,a\r\n".encode()]
)
def test_a_report_whose_list_of_figures_cannot_be_read_is_not_verified(attached: bytes) -> None:
    assert (
        verify._printed(Path("report.pdf"), "序号,依据,含义,数值,印出,文件\r\n1,a,—,2.5,3,report\r\n".encode())[0].text
        == "3"
    )
    with pytest.raises(MendableError, match="附带的 figures"):
        verify._printed(Path("report.pdf"), attached)

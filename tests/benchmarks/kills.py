"""What a SIGKILL leaves behind: runs, filings, approvals and sendings of the golden district, killed at random moments.

`python -m tests.benchmarks.kills --moments 40 --seed 1` does each of five acts once to its end and measures it. Then it does
them again from the same home and kills the whole process group at a moment drawn at random: every second one anywhere between
begin and end, the others after the act has begun to change the disk. Moments are told in seconds of processor time, so that
they mean the same on a busy machine. Printed is a line a moment: what was killed and when; what
stood there then (processes that live on, register, journal, editions); what the same command came to afterwards, whether it has
made the same bytes, and how many mails each recipient has got. Exit code 1 where something is not as it should be.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from flows.desk import approvers, audit
from flows.edition import manifest, program, publish, record, signature
from flows.ingest import register
from flows.places import PROJECT, SETTINGS, Places
from flows.post import mail
from tests.fixtures.homes import cli, home_in
from tests.fixtures.mailbox import HOST, SECRET, USER, Mailbox, mail_server
from tests.fixtures.processes import below, gone
from tests.fixtures.reruns import files
from tests.fixtures.serving import ENVIRONMENT

DISTRICT, YEAR = "990101", 2022
FORM = "区卫生健康委-孕产妇保健情况表.csv"
APPROVER, PASSWORD = "李某", "口令 of the approver"
LEADER, CITY, HEALTH = "leader@example.gov.cn", "city@example.gov.cn", "health@example.gov.cn"
SECONDS = 600
"""The longest that a command may take, on a busy machine."""
LOOK = 0.02
"""The seconds between two looks at a command that runs."""
END = 60
"""The seconds in which what a killed command has started must have ended, on a busy machine."""
TOLD = 5
"""How many files that are not the same are named."""

Made = Callable[[Path], Mapping[str, object]]


@dataclass(frozen=True)
class Act:
    """A command, the home that it begins in, what it makes there, and what is typed besides when it is done again."""

    name: str
    command: Sequence[str]
    before: Path
    made: Made
    again: Sequence[str] = ()
    done: str = ""
    """What is said of one that was done already, and need not be done again."""


@dataclass(frozen=True)
class Measured:
    """An act that was done to its end: its exit code, its seconds and those until it changed the disk, what it has made."""

    code: int
    spent: float
    begun: float
    made: Mapping[str, object]
    dotted: frozenset[str]


@dataclass(frozen=True)
class Bench:
    """A home that is laid anew for every act, always at the same place, and a mail server beside it."""

    folder: Path
    box: Mailbox

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def log(self) -> Path:
        return self.folder / "said.txt"

    def begin(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Begin a command in the home, as the leader of a process group of its own."""
        environment = {
            **ENVIRONMENT,
            "PLAN_MONITOR_HOME": str(self.home),
            "PLAN_MONITOR_OPERATOR": "王某",
            "PLAN_MONITOR_APPROVER_PASSWORD": PASSWORD,
            "SSL_CERT_FILE": str(self.folder / "server.pem"),
            mail.PASSWORD: SECRET,
        }
        with self.log.open("wb") as out:
            return subprocess.Popen(
                cli(*command), cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip

    def do(self, *command: str) -> int:
        """Do a command to its end; returns its exit code."""
        return self.begin(command).wait(SECONDS)

    def keep(self, name: str) -> Path:
        """Remember the home as it stands."""
        shutil.copytree(self.home, self.folder / name, symlinks=True)
        return self.folder / name

    def lay(self, source: Path) -> None:
        """Make the home again as it stood; nobody has got a mail."""
        _remove(self.home)
        shutil.copytree(source, self.home, symlinks=True)
        self.box.to.clear()


def _remove(folder: Path) -> None:
    """Remove a home with its approved editions, which are read-only."""
    for path in [folder, *(found for found in folder.rglob("*") if found.is_dir())]:
        path.chmod(0o700)
    shutil.rmtree(folder)


# --- what an act makes -----------------------------------------------------------------------------------------------


def editions(home: Path) -> Mapping[str, object]:
    return files(home / "output" / DISTRICT)


def filed(home: Path) -> Mapping[str, object]:
    """The delivered files, and what the registers say but for the time of day."""
    found: dict[str, object] = {}
    for name, hashed in files(home / "raw").items():
        if name.endswith(register.REGISTER):
            told = yaml.safe_load((home / "raw" / name).read_text(encoding="utf-8"))
            found[name] = [{key: entry[key] for key in entry if key != "at"} for entry in told["deliveries"]]
        elif not name.endswith(".lock"):
            found[name] = hashed
    return found


def approved(home: Path) -> Mapping[str, object]:
    """The approved editions but for the approval, which has the hash of the journal's event before it."""
    return _papers(home / "journal" / DISTRICT / "approved")


def sent(home: Path) -> Mapping[str, object]:
    """What a recipient has in his folder, but for the approval."""
    return _papers(home / "sent")


def _papers(folder: Path) -> Mapping[str, object]:
    return {name: hashed for name, hashed in files(folder).items() if "approval.json" not in name}


# --- the acts --------------------------------------------------------------------------------------------------------


def prepare(bench: Bench) -> list[Act]:
    """The acts, each with the home before it."""
    _furnish(bench)
    ended = bench.do("annual", str(YEAR), "--no-prefect")
    assert ended == 0, bench.log.read_text(encoding="utf-8")
    ran = bench.keep("ran")

    again = bench.folder / "孕产妇.csv"
    text = (bench.home / "raw" / DISTRICT / str(YEAR) / FORM).read_text(encoding="utf-8")
    again.write_text(text.replace(",570,", ",572,"), encoding="utf-8")
    receive = ("receive", str(again), "--reason", "更正接受筛查人数", "--date", f"{YEAR + 1}-04-01")
    assert bench.do(*receive) in (0, 3), bench.log.read_text(encoding="utf-8")
    corrected = bench.keep("corrected")

    bench.lay(ran)
    output = bench.home / "output" / DISTRICT / str(YEAR) / "annual"
    head, told = manifest.read(output), record.read(output)
    assert head is not None and told is not None
    acknowledged = [part for caveat in told.caveats for part in ("--acknowledge", caveat.number)]
    approve = ("approve", str(YEAR), "--by", APPROVER, "--run", head.run, *acknowledged)
    assert bench.do(*approve) == 0, bench.log.read_text(encoding="utf-8")
    return [
        Act("receive", receive, ran, filed),
        Act("approve", approve, ran, approved, done="已经审定"),
        Act("deliver", ("deliver", str(YEAR)), bench.keep("approved"), sent),
        Act("final", ("final", str(YEAR), "--no-prefect"), ran, editions),
        Act("annual", ("annual", str(YEAR)), corrected, editions, ("--no-prefect",)),
    ]


def _furnish(bench: Bench) -> None:
    """The golden district with a plan that ends, recipients, a mail server, a key and an approver."""
    home = home_in(bench.home)
    plan = home / "expectations" / "plans" / "demo_women_2021" / "plan.yml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("end: 2025", f"end: {YEAR}"), encoding="utf-8")
    district = home / "expectations" / "districts" / f"{DISTRICT}.yml"
    text = district.read_text(encoding="utf-8").replace("区卫生健康委}", f"区卫生健康委, notice: {HEALTH}}}")
    recipients = [
        f"{{name: 分管领导, mail: {LEADER}, papers: [report.pdf, brief.pdf], internal: true}}",
        f"{{name: 市统计局, mail: {CITY}, papers: [report.pdf]}}",
        f"{{name: 共享文件夹, folder: {home / 'sent'}, papers: [report.pdf, data.pdf]}}",
    ]
    district.write_text(text + "".join(["recipients:\n", *(f"  - {one}\n" for one in recipients)]), encoding="utf-8")
    (home / "sent").mkdir()
    server = f"{{host: {HOST}, port: {bench.box.port}, user: {USER}, sender: office@example.gov.cn}}"
    (home / SETTINGS).write_text(f'district: "{DISTRICT}"\nmail: {server}\n', encoding="utf-8")
    os.environ["PLAN_MONITOR_HOME"] = str(home)
    signature.make(home / ".keys")
    approvers.add(DISTRICT, APPROVER, "副局长", PASSWORD)


# --- what stands there -----------------------------------------------------------------------------------------------


def torn(home: Path) -> list[str]:
    """What is not as it was filed, made or approved: nothing, whenever a command was killed."""
    wrong = []
    for folder in publish.editions(home / "output" / DISTRICT):
        told = record.read(folder)
        if told is None or record.changed(folder, told.files):
            wrong.append(f"版本不完整：{folder.relative_to(home)}")
    found = audit.audit(DISTRICT, Places(home)).found
    return wrong + [f"{one.subject}：{one.told}" for one in found if one.wrong]


def dotted(home: Path) -> frozenset[str]:
    """Files and folders that are hidden: those of an act that is under way are."""
    places = (home / part for part in ("raw", "output", "journal", "warehouse", "sent"))
    found = (path for place in places if place.is_dir() for path in place.rglob(".*"))
    return frozenset(path.relative_to(home).as_posix() for path in found)


def begun(home: Path, since: float) -> bool:
    """Whether a file that is no log was changed after `since`."""
    found = (path for part in ("raw", "output", "journal", "sent") for path in (home / part).rglob("*"))
    return any(path.lstat().st_ctime > since for path in found if path.is_file() and "log" not in path.parts)


def spent(pid: int) -> float:
    """The seconds of processor time of a process and all that it has started."""
    ticks = 0
    for one in (pid, *below(pid)):
        with suppress(OSError):  # it has ended meanwhile
            ticks += sum(map(int, Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


# --- the moments -----------------------------------------------------------------------------------------------------


def measure(bench: Bench, act: Act) -> Measured:
    """Do an act to its end."""
    bench.lay(act.before)
    start, seconds, first = time.time(), 0.0, 0.0
    process = bench.begin(act.command)
    while process.poll() is None:
        seconds = max(seconds, spent(process.pid))
        if not first and begun(bench.home, start):
            first = seconds
        time.sleep(LOOK)
    said = bench.log.read_text(encoding="utf-8")
    assert process.returncode in (0, 3) and not torn(bench.home), (said, torn(bench.home))
    return Measured(process.returncode, seconds, first, act.made(bench.home), dotted(bench.home))


def kill(bench: Bench, act: Act, measured: Measured, after: float) -> tuple[str, list[str]] | None:
    """Kill an act after some seconds, look, and do it again; returns what was seen, and what should not be. None if it had
    ended before.
    """
    bench.lay(act.before)
    process = bench.begin(act.command)
    while process.poll() is None and spent(process.pid) < after:
        time.sleep(LOOK)
    started = below(process.pid)
    if process.poll() is not None:
        return None
    os.killpg(process.pid, signal.SIGKILL)
    if process.wait() != -signal.SIGKILL:
        return None
    living = gone(started, END)
    wrong = [f"仍在运行的进程{len(living)}个"] if living else []
    there = act.made(bench.home) == measured.made
    wrong += torn(bench.home)
    left = dotted(bench.home) - measured.dotted
    code = bench.do(*act.command, *act.again)
    said = bench.log.read_text(encoding="utf-8")
    unsure = said.count("不能确定　")
    other = _other(measured.made, act.made(bench.home))
    mails = Counter(bench.box.to)
    wrong += [f"再运行的结果不同：{name}" for name in other[:TOLD]]
    wrong += [f"再运行以后：{one}" for one in torn(bench.home)]
    wrong += [f"再运行以后残留：{one}" for one in dotted(bench.home) - measured.dotted]
    wrong += [f"{one}收到{count}次" for one, count in mails.items() if count > 1]
    if code != measured.code and not (there and act.done and act.done in said) and not (unsure and code == 3):
        wrong.append(f"再运行的退出码是{code}，应为{measured.code}：{said}")
    seen = (
        f"{'已做成' if there else '未做成'}，残留{len(left)}\t退出码{code}，{f'不同{len(other)}' if other else '相同'}"
    )
    if act.made is sent:
        seen += f"，邮件{sum(mails.values())}件，不能确定{unsure}件"
    return seen, wrong


def _other(first: Mapping[str, object], second: Mapping[str, object]) -> list[str]:
    """What only one of two has, or has otherwise."""
    return sorted(name for name in {*first, *second} if first.get(name) != second.get(name))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one of receive, approve, deliver, final, annual")
    given = parser.parse_args()
    chance, failed, made_with = random.Random(given.seed), 0, program.program()
    with tempfile.TemporaryDirectory() as name, mail_server(Path(name)) as box:
        bench = Bench(Path(name), box)
        acts = [act for act in prepare(bench) if given.only in (None, act.name)]
        for number, act in enumerate(acts):
            measured = measure(bench, act)
            print(f"{act.name}\t{measured.spent:.1f}秒，{measured.begun:.1f}秒起有改动", flush=True)
            for moment in range(number, given.moments, len(acts)):
                first = measured.begun if moment // len(acts) % 2 else 0
                found = None
                while found is None:
                    after = chance.uniform(first, measured.spent)
                    found = kill(bench, act, measured, after)
                seen, wrong = found
                failed += bool(wrong)
                print(f"{act.name}\t{after:.2f}秒\t{seen}\t{'；'.join(wrong) or '无误'}", flush=True)
        _remove(bench.folder)
        bench.folder.mkdir()
    assert program.program() == made_with, "the program was changed meanwhile, and makes other bytes"
    print(f"{given.moments}个时刻，{failed}个有误")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

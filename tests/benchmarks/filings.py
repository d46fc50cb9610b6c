"""Several filings at once, in processes of their own: every entry must be there in the end, and every file.

`python -m tests.benchmarks.filings --rounds 60 --at-once 3` prints what each round lost; the suite runs three
(tests/unit/test_register.py).
"""

import argparse
import multiprocessing
import shutil
import tempfile
import time
from datetime import date
from multiprocessing.synchronize import Barrier
from pathlib import Path

from flows import ingest
from flows.desk import filing
from flows.ingest import register
from tests.fixtures.deliveries import BASE, CATALOG, DISTRICT, YEAR, deliver
from tests.fixtures.warehouses import warehouse

DATASETS = [name for name in BASE if len(CATALOG.senders[name]) == 1]


def _file(home: Path, dataset: str, ready: Barrier) -> None:
    source = home / f"{dataset}.csv"
    source.write_text(BASE[dataset], encoding="utf-8")
    known = filing.Known(source, dataset, CATALOG.senders[dataset][0], YEAR, "", 3)
    ready.wait()
    filing.file(known, CATALOG, home / "raw", date(YEAR + 1, 3, 1), None)


def rounds(count: int, at_once: int, folder: Path) -> list[str]:
    """What was lost, a line a round that lost something. Every second round begins the year, too."""
    context = multiprocessing.get_context("fork")
    lost = []
    for number in range(count):
        home = folder / str(number)
        deliver(home / "raw", YEAR - 1, [])
        if number % 2:
            deliver(home / "raw", YEAR, [])
        ready = context.Barrier(at_once)
        wanted = [DATASETS[(number + i) % len(DATASETS)] for i in range(at_once)]
        running = [context.Process(target=_file, args=(home, name, ready)) for name in wanted]
        for process in running:
            process.start()
        for process in running:
            process.join()
        told = _wrong(home, wanted, [process.exitcode for process in running])
        if told:
            lost.append(f"{number}: {told}")
        shutil.rmtree(home)
    return lost


def _wrong(home: Path, wanted: list[str], codes: list[int | None]) -> str:
    place = home / "raw" / DISTRICT / str(YEAR)
    try:
        head = register.read(place / register.REGISTER, home / "raw")
    except Exception as error:
        return f"register broken: {error}"
    there = {path.name for path in place.iterdir()}
    if sorted(e.dataset for e in head.deliveries) != sorted(wanted) or any(codes):
        return f"{len(head.deliveries)} entries of {len(wanted)}, exit codes {codes}"
    if there != {e.file for e in head.deliveries} | {register.REGISTER}:
        return f"files {sorted(there)}"
    with warehouse() as con:
        ingest.store(con, CATALOG, home / "raw", [YEAR])
        (found,) = con.execute(
            "select count(*) from out_findings where rule in ('unregistered', 'absent', 'sha256')"
        ).fetchall()
    return f"{found[0]} findings" if found[0] else ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--at-once", type=int, default=3)
    options = parser.parse_args()
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        lost = rounds(options.rounds, options.at_once, Path(home))
    print(*lost, sep="\n", end="\n" if lost else "")
    seconds = time.monotonic() - start
    print(f"{options.rounds} rounds of {options.at_once} at once in {seconds:.1f} s, {len(lost)} with a loss")
    raise SystemExit(bool(lost))

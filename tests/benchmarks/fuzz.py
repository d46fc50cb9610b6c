"""Damaged files by the thousand: no bytes make a stack trace, and rows in = observations + rejections, always.

`python -m tests.benchmarks.fuzz --seconds 60 --seed 1` counts them; the suite runs a few hundred
(tests/unit/test_fuzz.py).
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TypeVar

from flows.files import UnreadableError
from flows.ingest.staging import Coders, Stager
from flows.ingest.table import read
from tests.fixtures import deliveries
from tests.fixtures.answers import EXPECTED
from tests.fixtures.deliveries import CATALOG, DISTRICT, YEAR, Sent, deliver, taken_in
from tests.fixtures.warehouses import rows

T = TypeVar("T", int, str)
TOKENS = ["年份", "街镇", "活产数", "女", "合计", "小计", "注：", "单位：万人", "万人", "—", "不适用", "指标", "数值", "2023年", "１２", "〇",
          "1,234", "-0", "1e9", "nan", "∞", "O", "12①", '"', "'", "\n", "\r", ",", ",,", "\t", ";", "\x00",
          "\u2028", "\xa0",
          "=1+1", "（", "）", "9" * 40]  # fmt: skip

CODERS = Coders(CATALOG)
FILES: dict[str, list[bytes]] = {}
"""Dataset → the files of its cases."""
for _case in EXPECTED:
    FILES.setdefault(_case["dataset"], []).append((deliveries.FILES / _case["file"]).read_bytes())


def damaged(random_: random.Random) -> tuple[str, bytes]:
    """A dataset, and a file of it with a few bytes flipped, cut out, doubled, or words of the trade thrown in."""
    dataset = random_.choice(sorted(FILES))
    data = random_.choice(FILES[dataset]) or b"\0"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    if not text or random_.random() < 0.1:  # a workbook, another encoding, or now and then bytes that are no text
        return dataset, bytes(_cut(random_, list(data), [random_.randrange(256) for _ in range(4)]))
    return dataset, "".join(_cut(random_, list(text), random_.choices(TOKENS, k=2))).encode()


def _cut(random_: random.Random, parts: list[T], others: list[T]) -> list[T]:
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(parts) or 1)
        match random_.randrange(3):
            case 0:
                del parts[at : at + random_.randint(1, 6)]
            case 1:
                parts[at:at] = parts[at : at + random_.randint(1, 40)]
            case _:
                parts[at : at + random_.randint(0, 2)] = others
    return parts


def whole(dataset: str, data: bytes, folder: Path) -> str:
    """Read a file to its end, as one dataset; whether anything in it could be used. Raises nothing but
    what it finds.
    """
    path = folder / "file"
    path.write_bytes(data)
    try:
        table = read(path, CATALOG.datasets[dataset], CATALOG.codes, YEAR)
        stager = Stager(CODERS, "", table)
        for chunk in table.chunks():
            for _ in stager.blocks(chunk):
                pass
    except UnreadableError:
        return "refused"
    return "read"


def accounted(random_: random.Random, number: int) -> Counter[str]:
    """`number` damaged deliveries, each in a year of its own, through receive, contract and observe."""
    years = range(2000, 2000 + number)
    with tempfile.TemporaryDirectory() as name:
        for year in years:
            dataset, data = damaged(random_)
            entry = {"department": "health"} if dataset == "progress" else {}
            deliver(Path(name), year, [Sent(dataset, data, entry)])
        with taken_in(Path(name), years) as con:  # raises where cells are lost
            listed = rows(con, "select * from meta_deliveries where file is not null")
    assert DISTRICT and len(listed) == number
    assert all(r["cells_in"] == r["observations"] + r["rejections"] for r in listed)
    return Counter(str(r["status"]) for r in listed)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    random_, counts, end = random.Random(given.seed), Counter[str](), time.monotonic() + given.seconds / 2
    with tempfile.TemporaryDirectory() as name:
        while time.monotonic() < end:
            counts[whole(*damaged(random_), Path(name))] += 1
    print(f"files read to their end: {sum(counts.values())}, of which {dict(counts)}; other exceptions: 0")
    counts, end = Counter(), time.monotonic() + given.seconds / 2
    while time.monotonic() < end:
        counts += accounted(random_, 60)
    print(f"deliveries accounted for: {sum(counts.values())}, of which {dict(counts)}; cells lost: 0")


if __name__ == "__main__":
    main()

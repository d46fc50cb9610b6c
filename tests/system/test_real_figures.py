"""Real figures through the launcher, as a newcomer types it: an evaluation that says so, and that proves itself.

A file of its own, so that one process makes it while another makes the yearly report of test_end_to_end.py, in the same home: the
database of Prefect is built there by whichever comes first.
"""

import json
import subprocess
from pathlib import Path

from expectations.catalog import load
from tests.fixtures.methods import untrue
from tests.fixtures.newcomers import faultless, typed
from tests.fixtures.warehouses import opened


def test_real_figures_make_a_final_evaluation_that_proves_itself(checkout: Path) -> None:
    home = checkout
    assert "提前达标" in typed(home, "final", "2020", "--district", "100000")
    folder = home / "output/100000/2020/final"
    assert {"report.pdf", "report.html", "outcomes.csv", "baseline.csv"} <= {p.name for p in folder.iterdir()}
    assert (folder / "public" / "report.pdf").is_file()
    assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["simulated"] is False
    command = ["pdftotext", str(folder / "report.pdf"), "-"]
    body = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "模拟" not in body
    assert "中国儿童发展纲要" in body
    with opened(home, "100000") as con:
        counts, untold = untrue(con, load("100000"))
    assert untold == []
    assert counts.keys() >= {"end", "stated"}
    faultless(home, folder, "100000", 2020)
    told = typed(home, "verify", "output/100000/2020/final/report.pdf")
    assert [line.split("　")[:2] for line in told.splitlines()] == [
        *([title, "相符"] for title in ("附件", "文字", "数字")),
        ["签名", "未查"],  # this home has no key
        ["审定", "未查"],  # nobody has approved it
        ["重建", "相符"],
    ]

"""A district whose forms divide people by residence: what its reports say of 城市 and 农村, and a second reader of all their
files.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import disclose, report
from flows.desk import trial
from flows.report.kinds import KINDS
from tests.fixtures.divided import ALL, CATALOG, CATALOGUE, HOME, deliver
from tests.second_reader import compare, contradictions
from tests.second_reader.__main__ import read

WORDS = Path(compare.__file__).parent / "divided.csv"
"""What its plan demands, as the second reader understands it."""


@pytest.fixture(scope="module", params=[("annual", 2022), ("midterm", 2023), ("final", 2025)], ids=lambda p: p[0])
def edition(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str, int]]:
    """The internal edition of a kind, its public part, and the home that they were made in; no PDF is printed."""
    kind, year = request.param
    home = tmp_path_factory.mktemp("home")
    (home / "expectations").symlink_to(CATALOGUE, target_is_directory=True)
    raw = deliver(home / "raw", {y: tables for y, tables in ALL.items() if y <= year})
    with trial.judged(CATALOG, raw, year) as con:
        disclose.protect(con, CATALOG)
        for part, audience in (("edition", con), ("edition/public", None)):
            folder = home / part
            folder.mkdir()
            if audience is not None:
                report.make(KINDS[kind], con, CATALOG, year, folder, write=lambda *_: home)
            else:
                with disclose.public(con, CATALOG) as copy:
                    report.make(KINDS[kind], copy, CATALOG, year, folder, write=lambda *_: home)
        yield home, kind, year


def test_a_second_reader_finds_the_same(edition: tuple[Path, str, int]) -> None:
    home, _, year = edition
    mine, left = read(home, HOME, year, WORDS)
    assert left == []
    for folder, public in ((home / "edition", False), (home / "edition" / "public", True)):
        found = compare.edition(mine, folder, public)
        assert found.differences == []
        assert found.counts["divided.csv"] == 12 * len({2020, year - 1, year})
        _, against = contradictions.edition(folder)
        assert against == []


SENTENCES = {
    "annual": ["分城乡看，城市为92.6%，农村为71.4%，农村比城市低21.2个百分点，城乡差距比2020年缩小5.6个百分点。",
               "本年为22000元，超出2000元，2021年起连续未达进度。",
               "分城乡看，城市女性为91.6%，农村女性为72.9%，农村女性比城市女性低18.7个百分点，"
               "女性城乡差距比2020年缩小11.3个百分点。",
               "相对差距52.4%，基期为50.0%",
               "可以分城乡计算的指标共3项。与基期相比，城乡差距缩小1项、扩大1项、反转1项。"],
    "midterm": ["分城乡看，城市为92.8%，农村为73.6%，农村比城市低19.2个百分点，城乡差距比2020年缩小7.6个百分点。"],
    "final": ["未实现80%以上的目标，还差4.3个百分点。"
              "其中，女性为81.4%，男性为70.0%，女性比男性高11.4个百分点"],
}  # fmt: skip


def test_the_parts_are_told_side_by_side(edition: tuple[Path, str, int]) -> None:
    home, kind, year = edition
    page = (home / "edition" / "report.html").read_text(encoding="utf-8")
    plain = re.sub(r"<[^>]+>", "", page)
    assert [words for words in SENTENCES[kind] if words not in plain] == []
    assert "分城乡、儿童类别分析" in plain and f"{year}年分城乡指标" in plain
    row = re.search(r'<tr><th scope="row"><span data-name="name/insured">.*?</tr>', page.partition('id="divided"')[2])
    cells = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row[0] if row else "")]
    assert (
        cells
        == {
            "annual": ["%", "92.6", "71.4", "80.2", "−21.2", "缩小", "缩小"],
            "midterm": ["%", "92.8", "73.6", "81.6", "−19.2", "缩小", "缩小"],
            "final": ["%", "93.0", "75.7", "82.9", "−17.3", "缩小", "缩小"],
        }[kind]
    )


def test_files_carry_the_part_and_its_codes(edition: tuple[Path, str, int]) -> None:
    home, _, year = edition
    with (home / "edition" / "sdmx.csv").open(encoding="utf-8", newline="") as file:
        found = {
            (r["SEX"], r["URBANISATION"], r["CARE"]): r["OBS_VALUE"]
            for r in csv.DictReader(file)
            if (r["INDICATOR"], r["REF_AREA"], r["TIME_PERIOD"]) == ("insured", HOME, "2022")
        }
    assert found["_T", "R", "_T"].startswith("71.428571") and found["F", "U", "_T"] == "91.6"
    assert set(found) == {(sex, of, "_T") for sex in ("F", "M", "_T") for of in ("U", "R", "_T")}
    told = json.loads((home / "edition" / "report.json").read_text(encoding="utf-8"))
    assert told["words"]["parts"]["rural"] == "农村"
    values = [v for v in told["indicators"]["income"]["values"] if v["year"] == year]
    assert {v.get("part") for v in values} == {None, "urban", "rural"}
    by_id = {t["id"].partition(".")[2]: t for t in told["targets"]}
    assert by_id["g1.1.insured.rural"]["part"] == "rural"
    assert by_id["g1.2.income.residence"]["between"] == ["rural", "urban"]

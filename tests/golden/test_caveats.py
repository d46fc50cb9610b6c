"""The record of the golden edition names what is open in it, and has the hash of every file."""

from pathlib import Path

import pytest

from expectations.catalog import load
from expectations.vocabulary import Concern, Deed
from flows.caveats import _of_a_day, caveats
from flows.edition import record
from flows.edition import run as made_by
from flows.journal import Journal
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import golden_warehouse, warehouse

MISSING = "2022年区体育局“体育锻炼调查表”未报送"
ODD = "“具备健康素养人数”列的值“约30”有误"


def test_what_is_open_in_the_golden_edition(edition: Path) -> None:
    told = record.read(edition)
    assert told is not None
    missing, critical, unsigned = told.caveats
    assert (missing.kind, missing.told) == (Concern.MISSING, MISSING)
    assert critical.kind == Concern.CRITICAL and ODD in critical.told
    assert unsigned.kind == Concern.UNSIGNED
    assert record.changed(edition, told.files) == []
    assert {"report.pdf", "public/report.pdf", "manifest.json"} <= told.files.keys()


def test_the_journal_has_the_hash_of_the_record(golden: Path, edition: Path) -> None:
    [event] = [e for e in Journal(golden / "journal" / "990101").events() if e.deed == Deed.MADE]
    hashed = record.digest(edition / record.NAME)
    assert (event.of["run"], event.of["record"], event.of["year"]) == (made_by(edition), hashed, 2022)


@pytest.mark.parametrize(
    ("cause", "expected"), [("更正报送", []), ("原因不明", ["2.1.1“甲（%）”2022年（全区，女）由1变为2，原因不明"])]
)
def test_what_moved_without_a_cause_must_be_explained(
    cause: str, expected: list[str], golden: Path, tmp_path: Path
) -> None:
    row = f"2.1.1,甲（%）,2022,全区,女,1,2,—,—,{cause}"
    (tmp_path / "changes.csv").write_text(f"头\r\n{row}\r\n", encoding="utf-8-sig")
    with golden_warehouse(golden) as con:
        found = caveats(con, load("990101", GOLDEN / "expectations"), tmp_path, "", signed=True)
    assert [m.told for m in found if m.kind == Concern.UNEXPLAINED] == expected
    assert {m.kind for m in found} - {Concern.UNEXPLAINED} == {Concern.MISSING, Concern.CRITICAL}


def test_an_edition_without_public_part_says_why(golden: Path, edition: Path) -> None:
    with golden_warehouse(golden) as con:
        found = caveats(con, load("990101", GOLDEN / "expectations"), edition, "公开版未编制：以前的一版不完整。", True)
    assert [m.told for m in found if m.kind == Concern.NOT_PUBLIC] == ["公开版未编制：以前的一版不完整"]


def test_two_matters_with_one_number_are_both_told(
    golden: Path, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "number", lambda told: "AAAAAAAA")
    monkeypatch.setattr("flows.caveats.numbered", lambda row: "AAAAAAAA")
    with golden_warehouse(golden) as con:
        found = caveats(con, load("990101", GOLDEN / "expectations"), edition, "", signed=False)
    [one] = [m for m in found if m.number == "AAAAAAAA"]
    assert one.told.startswith(f"{MISSING}；") and "没有本单位的签名" in one.told
    assert ODD in one.told and "。；" not in one.told


def test_an_edition_of_a_day_is_said_to_be_one() -> None:
    con = warehouse()
    assert list(_of_a_day(con)) == []
    con.execute("insert into meta_as_of values (date '2025-05-31')")
    [one] = _of_a_day(con)
    assert (one.kind, "截至2025年5月31日收到" in one.told) == (Concern.AS_OF, True)

"""What must hold whatever comes in: order changes nothing, and a department changes only its own figures."""

import hashlib
import random
import shutil
from pathlib import Path

import pytest
import yaml

from expectations.catalog import load
from flows import disclose
from flows.desk.trial import judged
from tests.fixtures.homes import GOLDEN
from tests.fixtures.warehouses import changed

Figures = dict[tuple[object, ...], tuple[object, ...]]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    shutil.copytree(GOLDEN / "raw", tmp_path / "raw")
    return tmp_path / "raw"


def figures(raw: Path) -> tuple[Figures, Figures]:
    """Every indicator by place, and every verdict; not its place among all, which any other may move."""
    with judged(load("990101", GOLDEN / "expectations"), raw, 2022) as con:
        indicators = con.execute(
            "select indicator, year, area, institution, sex, numerator, denominator, value, state from out_indicators"
        )
        values = {row[:5]: row[5:] for row in indicators.fetchall()}
        verdicts = {
            row[:2]: row[2:]
            for row in con.execute(
                "select target, year, * exclude (target, year, priority) from out_assessments"
            ).fetchall()
        }
    return values, verdicts


@pytest.fixture(scope="module")
def before() -> tuple[Figures, Figures]:
    """Both, of the files as they are."""
    return figures(GOLDEN / "raw")


def rewrite(raw: Path, file: str, change: object, encoding: str = "utf-8-sig") -> None:
    """Change a delivered file and its hash in the register."""
    path = raw / "990101/2022" / file
    lines = path.read_text(encoding=encoding).splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding=encoding)  # type: ignore[operator]
    register = raw / "990101/2022/deliveries.yml"
    content = yaml.safe_load(register.read_text(encoding="utf-8"))
    for delivery in content["deliveries"]:
        if delivery["file"] == file:
            delivery["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    register.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def test_the_order_of_rows_and_files_changes_nothing(raw: Path, before: tuple[Figures, Figures]) -> None:
    for year in ("2020", "2021", "2022"):
        register = raw / "990101" / year / "deliveries.yml"
        content = yaml.safe_load(register.read_text(encoding="utf-8"))
        content["deliveries"].reverse()
        register.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    draw = random.Random(7)
    for file in ("区卫生健康委-孕产妇保健情况表.csv", "区卫生健康委-健康素养调查表.csv"):
        rewrite(raw, file, lambda lines: [lines[0], *draw.sample(lines[1:], len(lines) - 1)])
    assert figures(raw) == before


def test_an_unrelated_department_changes_no_other_figure(raw: Path, before: tuple[Figures, Figures]) -> None:
    values, verdicts = before
    rewrite(raw, "区委组织部-党员和代表情况表.csv", lambda lines: [lines[0], "2022,女,50,20", *lines[2:]], "gb18030")
    new_values, new_verdicts = figures(raw)
    theirs = {"women_party_members", "women_delegates"}
    changed = {key for key in values if values[key] != new_values[key]}
    assert changed and {str(key[0]) for key in changed} <= theirs
    assert {str(k[0]).rpartition(".")[2] for k in verdicts if verdicts[k] != new_verdicts[k]} <= theirs


@pytest.mark.parametrize(("screened", "state"), [("9999", "rejected"), (None, "ok")], ids=["impossible", "as it was"])
def test_what_cannot_be_is_not_judged(raw: Path, screened: str | None, state: str) -> None:
    """More women screened than there are: neither the town's rate nor the district's is 达标, and both say why."""
    if screened:
        rewrite(
            raw,
            "区卫生健康委-孕产妇保健情况表.csv",
            lambda rows: [r.replace(",800,570,", f",800,{screened},") for r in rows],
        )
    with judged(load("990101", GOLDEN / "expectations"), raw, 2022) as con:
        found = con.execute(
            "select area, state, value is null from out_indicators "
            "where indicator = 'cervical_screening' and year = 2022 and institution = '' order by area"
        ).fetchall()
        verdict = con.execute(
            "select verdict, reason from out_assessments "
            "where target = 'demo_women_2021.g1.2.cervical_screening' and year = 2022"
        ).fetchall()
    missing = state != "ok"
    assert found == [("990101", state, missing), ("990101001", state, missing), ("990101101", "ok", False)]
    assert (verdict == [("unknown", "rejected")]) == missing


def test_equals_stand_as_in_the_plans_in_public_too_however_rows_are_stored(golden: Path) -> None:
    catalog, turned = load("990101", golden / "expectations"), []
    for order in ("target, year", "target desc, year"):
        stored = f"create table stored as from out_assessments order by {order}"
        again = "delete from out_assessments", "insert into out_assessments from stored", "drop table stored"
        with changed(golden, stored, *again) as con, disclose.public(con, catalog) as copy:
            turned.append(copy.execute("select target, year, priority from out_assessments order by all").fetchall())
    assert turned[0] == turned[1]

"""Corrections and overrides: a guard, a reason, a name, an expiry; and what is said when they no longer hold."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.catalog import CatalogError, load
from expectations.records import Catalog, Correction, Exemptions, Override
from flows import ingest, validate
from tests.fixtures.deliveries import BASE, CATALOG, CATALOGUE, deliver, sent
from tests.fixtures.warehouses import rows, warehouse

O_FOR_0 = BASE["births"].replace("200,2", "2O0,2")
CORRECTION = Correction(year=2024, dataset="births", column="活产数", line=3, expect="2O0", value="200",
                        reason="部门电话确认是字母O", by="张某", until=date(2026, 1, 1))  # fmt: skip
OVERRIDE = Override(year=2024, dataset="births", rule="part_above_whole", column="死亡人数", area="西桥镇",
                    reason="含上年登记的死亡", by="张某", until=date(2026, 1, 1))  # fmt: skip


def checked(
    raw: Path, text: str, *corrections: Correction, overrides: tuple[Override, ...] = ()
) -> duckdb.DuckDBPyConnection:
    catalog: Catalog = replace(CATALOG, exemptions=Exemptions(corrections=corrections, overrides=overrides))
    deliver(raw, 2024, [sent("births", text)])
    con = warehouse()
    ingest.store(con, catalog, raw, [2024])
    validate.contract(con, catalog)
    ingest.observe(con, catalog)
    validate.plausibility(con, catalog)
    validate.settle(con, catalog)
    return con


def found(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return rows(con, "select * from out_findings where delivery is not null or rule = 'override' order by all")


def test_a_correction_is_used_and_said(tmp_path: Path) -> None:
    con = checked(tmp_path, O_FOR_0, CORRECTION)
    [finding] = found(con)
    assert (finding["rule"], finding["severity"], finding["line"]) == ("correction_applied", "info", 3)
    assert "由“2O0”改为“200”（部门电话确认是字母O，张某）" in finding["message"]
    assert con.execute("select value::int from core_observations where line = 3 and measure = 'births'").fetchone() == (
        200,
    )
    assert con.execute('select "活产数" from raw_births where line = 3').fetchone() == ("2O0",)


def test_a_correction_fails_once_the_source_is_mended(tmp_path: Path) -> None:
    con = checked(tmp_path, BASE["births"].replace("200,2", "201,2"), CORRECTION)
    [finding] = found(con)
    assert (finding["rule"], finding["severity"]) == ("correction_mended", "warning")
    assert con.execute("select value::int from core_observations where line = 3 and measure = 'births'").fetchone() == (
        201,
    )


def test_a_correction_expires(tmp_path: Path) -> None:
    con = checked(tmp_path, O_FOR_0, CORRECTION.model_copy(update={"until": date(2025, 7, 14)}))
    assert {f["rule"] for f in found(con)} == {"correction_expired", "cell_number"}
    con = checked(tmp_path / "last-day", O_FOR_0, CORRECTION.model_copy(update={"until": date(2025, 7, 15)}))
    assert {f["rule"] for f in found(con)} == {"correction_applied"}


ABOVE = BASE["births"].replace("200,2", "200,201")


def test_an_override_is_named_on_its_finding_alone(tmp_path: Path) -> None:
    con = checked(tmp_path, ABOVE.replace("100,0", "100,101"), overrides=(OVERRIDE,))
    answered = {f["area"]: f["override"] for f in found(con)}
    assert answered == {"990201101": "含上年登记的死亡（张某，有效期至2026-01-01）", "990201102": None}


@pytest.mark.parametrize("change", [{"until": date(2025, 7, 14)}, {"area": "东风街道"}], ids=["expired", "elsewhere"])
def test_an_override_that_does_not_hold_is_said(tmp_path: Path, change: dict[str, Any]) -> None:
    con = checked(tmp_path, ABOVE, overrides=(OVERRIDE.model_copy(update=change),))
    assert {(f["rule"], f["override"]) for f in found(con)} == {("part_above_whole", None), ("override", None)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("overrides:\n  - {year: 2024, dataset: births, rule: cell_number, reason: 确属实情, by: 张某, until: 2026-01-01}\n",
         "不能免予说明"),
        ("overrides:\n  - {year: 2024, dataset: births, rule: jumps, reason: 确属实情, by: 张某, until: 2026-01-01}\n",
         "没有规则 'jumps'"),
        ("corrections:\n  - {year: 2024, dataset: births, column: 活产, line: 3, expect: a, value: b, reason: 确属实情, by: 张某, until: 2026-01-01}\n",
         "没有列 '活产'"),
        ("corrections:\n  - {year: 2024, dataset: births, column: 活产数, line: 3, value: b, reason: 确属实情, by: 张某, until: 2026-01-01}\n",
         "expect：缺少这一项"),
    ],
)  # fmt: skip
def test_a_wrong_exemption_is_refused_with_file_and_line(tmp_path: Path, text: str, says: str) -> None:
    import shutil

    home = tmp_path / "catalogue"
    shutil.copytree(CATALOGUE, home)
    (home / "corrections").mkdir()
    (home / "corrections" / "990201.yml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError) as error:
        load("990201", home)
    assert says in str(error.value)
    assert "corrections/990201.yml 第" in str(error.value)

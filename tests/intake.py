"""A small district for the tests of ingest and validate: files in, a warehouse after the contract gate out."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import yaml

from expectations.catalog import load
from flows import ingest, validate
from flows.warehouse import SETTINGS

HERE = Path(__file__).parent
CATALOG = load("990201", HERE / "fixtures" / "catalogue")
FILES = HERE / "fixtures" / "files"
TABLES = (HERE.parent / "warehouse" / "tables.sql").read_text(encoding="utf-8")
DISTRICT = CATALOG.district.code
YEAR = 2024
"""The year that the files of fixtures/files are written for."""

BASE = {
    "births": "年份,街镇代码,街镇,活产数,死亡人数\n"
    "2024,990201001,东风街道,300,3\n2024,990201101,西桥镇,200,2\n2024,990201102,南山镇,100,0\n",
    "clinics": "年份,机构,医生数\n2024,西桥镇卫生院,2\n2024,南山镇卫生院,3\n",
    "literacy": "年份,性别,受访人数,合格人数,参与率\n2024,女,120,60,80.5\n2024,男,110,50,79\n",
    "population": "年份,常住人口,补贴金额,出生登记数,人口净增\n2024,65.1234,1024.50,600,-321\n",
    "published": "年份,指标,计量单位,数值\n2024,死亡率,‰,5.25\n2024,活产总数,人,600\n",
    "progress": "年份,规划,条目,进展阶段,进展情况,佐证材料\n2024,妇女规划,目标1.15,推进中,开展宣传活动,年度工作总结\n",
}
"""One whole and sound file of each dataset."""


class Sent(NamedTuple):
    """One file and what the register says of it."""

    dataset: str
    data: bytes | None
    """None: registered, and not there."""
    entry: dict[str, Any] = {}  # noqa: RUF012


def sent(dataset: str, text: str | None = None, **entry: Any) -> Sent:
    if dataset == "progress":
        entry = {"department": "health"} | entry
    return Sent(dataset, (BASE[dataset] if text is None else text).encode(), entry)


def deliver(raw: Path, year: int, files: Iterable[Sent], /, **head: Any) -> None:
    """Write a year's folder, with everything dated to that year."""
    folder = raw / DISTRICT / str(year)
    folder.mkdir(parents=True)
    entries = []
    for number, file in enumerate(files):
        name = file.entry.get("file", f"{number}-{file.dataset}.csv")
        data = b"" if file.data is None else file.data.replace(str(YEAR).encode(), str(year).encode())
        if file.data is not None:
            (folder / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        entries.append({"dataset": file.dataset, "file": name, "received": f"{year + 1}-03-0{min(number + 1, 9)}",
                        "sha256": digest} | file.entry)  # fmt: skip
    register = {"district": DISTRICT, "year": year, "simulated": True, "locked": f"{year + 1}-06-30",
                "published": f"{year + 1}-07-15", "deliveries": entries} | head  # fmt: skip
    (folder / "deliveries.yml").write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")


def warehouse() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for setting in SETTINGS:
        con.execute(setting)
    con.execute(TABLES)
    return con


def taken_in(raw: Path, years: Iterable[int]) -> duckdb.DuckDBPyConnection:
    con = warehouse()
    ingest.receive(con, CATALOG, raw, years)
    validate.contract(con, CATALOG)
    ingest.observe(con, CATALOG)
    return con


def rows(con: duckdb.DuckDBPyConnection, sql: str, *parameters: object) -> list[dict[str, Any]]:
    cursor = con.execute(sql, list(parameters))
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

"""A ledger's year: the warnings of 2021 go out, two departments answer (one late, one with an objection), letters follow, and the
report of 2022 tells what came of them.
"""

import re
from datetime import date
from pathlib import Path

import pytest

from expectations.catalog import load
from flows import ingest, pipeline, validate
from flows.answer import ledger as workbooks
from flows.desk import trial
from flows.report.facts import Facts, followed
from flows.report.kinds import KINDS
from flows.report.say import following
from flows.report.say.narrative import Narrator
from flows.wording import read
from tests.fixtures.homes import home_in, told
from tests.fixtures.ledgers import filled

HARDER = (
    "indicator: women_party_members, rule: at_least, value: 35",
    "indicator: women_party_members, rule: at_least, value: 60",
)
"""A target that the golden district misses, so that a second department is warned."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = home_in(tmp_path / "home")
    for path in made.glob("expectations/plans/*/*.yml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(*HARDER), encoding="utf-8")
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(made))
    return made


def test_a_year_of_a_ledger(home: Path, tmp_path: Path) -> None:
    catalog, raw = load("990101", home / "expectations"), home / "raw"
    with trial.judged(catalog, raw, 2021) as con:
        health, party = workbooks.write(con, catalog, 2021, tmp_path / "sent")
    assert (health.name, party.name) == ("区卫生健康委-整改台账-2021.xlsx", "区委组织部-整改台账-2021.xlsx")

    filled(
        health,
        {"原因": "调查样本偏少", "整改措施": "扩大调查样本", "完成时限": "2022-08-15", "状态": "整改中"},
        填报人="王某",
    )
    filled(
        party,
        {"原因": "存量党员性别结构变化慢", "状态": "未完成", "异议": "流动党员不应计入，建议核减"},
        填报人="李某", 填报日期="2022-08-19",
    )  # fmt: skip
    on_time = told("receive", str(health), "--date", "2022-07-25")
    late = told("receive", str(party), "--date", "2022-08-20")
    assert (on_time.returncode, late.returncode) == (0, 0), on_time.stdout + late.stdout + late.stderr
    assert "共1项：答复1项，没有填写0项，退回0项，应答复日期2022-07-30" in on_time.stdout
    assert "比应答复日期2022-07-30晚21天" in late.stdout
    assert (raw / "990101" / "2021" / "区委组织部-整改台账.xlsx").read_bytes() == party.read_bytes()

    letters = told("ledger", "2021", "--date", "2022-09-01", "--letters", "--to", str(tmp_path / "letters"))
    assert re.search(r"区卫生健康委 +1 +1 +1 *\n", letters.stdout), letters.stdout
    assert "（预计达标困难）：整改中，时限2022-08-15，逾期17天" in letters.stdout
    sent = sorted(path.name.partition("-2021")[0] for path in (tmp_path / "letters").iterdir())
    assert sent == ["区卫生健康委-督办函"]  # the other has said that it is not done, and its deadline is still to come

    with trial.judged(catalog, raw, 2022) as con:
        ingest.answers(con, catalog, raw, pipeline.years(catalog, 2022))
        validate.answers(con, catalog)
        facts = Facts(con, catalog, 2022)
        found = followed.read(facts, [2021])
        narrator = Narrator(facts, read("wording"))
        texts = [
            text.striptags() for text in following.told(narrator, found, followed.counted(found, "合计", "all"), [2021])
        ]
        said = followed.explanations(facts)
        columns = KINDS["annual"].of(facts).tables()
    assert texts[0] == (
        "2021年发出预警2项，涉及2个部门。截至2023年6月30日，部门答复2项（其中逾期1项），提出异议1项。"
        "已到承诺时限（含部门报已完成、未完成）的2项中，兑现0项，兑现率0.0%。"
    )
    assert texts[-1] == "区委组织部对“女党员比例”提出异议：流动党员不应计入，建议核减。"
    assert "存量党员性别结构变化慢" in said.values()
    [table] = [one for one in columns if one.name == "followed"]
    assert [row[13] for row in table.rows] == [date(2022, 8, 19), date(2022, 7, 25)]

"""What the report of 2022 tells of the warnings of 2021: answered, kept, moved; true where little or nothing is known."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

import duckdb
import pytest

from expectations.catalog import load
from flows import ledger, warehouse
from flows.desk import trial
from flows.places import TEMPLATES
from flows.press import binding, document, pdf
from flows.report.facts import Facts, followed, published
from flows.report.kinds import KINDS
from flows.report.kinds.annual import Annual
from flows.report.kinds.report import TOOLS, Report
from flows.report.papers import brief
from flows.report.say import following
from tests.fixtures.warehouses import changed

PLAN = "demo_women_2021"
SCREENING, MEMBERS, EVIDENCE = (
    f"{PLAN}.g1.2.cervical_screening",
    f"{PLAN}.g2.1.women_party_members",
    f"{PLAN}.g1.5.evidence",
)


def warning(target: str, level: str = "moderate", kind: str = "miss") -> str:
    return f"insert into out_warnings values ('{target}', 2021, '{kind}', '{level}', 'lag', 'behind', 2021, null, null, null, null)"


def answer(target: str, received: str, department: str = "health", kind: str = "miss", **said: str) -> list[str]:
    """What a department answered on a day, as the reader of ledgers stores it."""
    key = f"2021/ledger@{department}/v1"
    columns = {"state": "underway", **said}
    return [
        "insert or ignore into meta_replies (delivery, year, sheet, department, file, received, due, version, status) "
        f"values ('{key}', 2021, 'ledger', '{department}', '2021/台账.xlsx', '{received}', '2022-07-30', 1, 'accepted')",
        f"insert into core_replies (year, department, target, kind, {', '.join(columns)}, delivery, line) values "
        f"(2021, '{department}', '{target}', '{kind}', {', '.join(repr(text) for text in columns.values())}, '{key}', 6)",
    ]


@contextmanager
def report(golden: Path, *changes: str, editions: Path | None = None) -> Iterator[Annual]:
    with changed(golden, *changes) as con:
        made = KINDS["annual"].of(Facts(con, load("990101", golden / "expectations"), 2022), editions)
        assert isinstance(made, Annual)
        yield made


SECTION = (
    '{% import "macros.html" as m %}{% set tables = namespace(n=0) %}<!DOCTYPE html><html><body>'
    '{% if followed %}{% include "followed.html" %}{% include "followed_entries.html" %}{% endif %}</body></html>'
)


def section(made: Annual) -> Element:
    """The section and the annex as they are composed, proved like a whole report."""
    context = {**TOOLS, **made._edition(), **made.told_of_before}
    page = document.read(pdf._environment(TEMPLATES).from_string(SECTION).render(context))
    assert list(binding.read(page, made.words).problems) == []
    return page


def sentences(page: Element) -> list[str]:
    body = (paragraph for paragraph in page.iter("p") if paragraph.get("class") is None)
    return ["".join("".join(paragraph.itertext()).split()) for paragraph in body]


KEPT = answer(SCREENING, "2022-07-20", state="done", cause="筛查车已到位", evidence="筛查率68%，见年报")
CLAIMED = answer(
    MEMBERS, "2022-09-01", "organization", state="done", cause="发展党员时注意女性比例", evidence="全年发展女党员12名",
    objection="流动党员不应计入",
)  # fmt: skip


def test_kept_claimed_late_and_objected(golden: Path) -> None:
    with report(golden, warning(SCREENING), warning(MEMBERS), *KEPT, *CLAIMED) as made:
        told = sentences(section(made))
        rows = {
            r.name: {k: int(n.value) for k, n in r.numbers.items()}
            for r in followed.by_department(made.facts, made.followed)
        }
    assert told == [
        "2021年发出预警3项，涉及2个部门。截至2023年6月30日，部门答复2项（其中逾期1项），提出异议1项，没有答复1项。"
        "已到承诺时限（含部门报已完成、未完成）的2项中，兑现1项，兑现率50.0%。",
        "预计达标困难的3项中，本年达到验收标准1项，未达到验收标准1项，缺少依据1项；"
        "上年有数值的3项，本年好于上年2项，无法与上年比较1项。",
        "部门报已完成而本年未达到验收标准的1项：女党员比例。",
        "区委组织部对“女党员比例”提出异议：流动党员不应计入。",
    ]  # fmt: skip
    assert (rows["区卫生健康委"]["all"], rows["区卫生健康委"]["late"], rows["区卫生健康委"]["kept"]) == (2, 0, 1)
    assert (rows["区委组织部"]["late"], rows["区委组织部"]["due"], rows["区委组织部"]["kept"]) == (1, 1, 0)


ENDED = "前一规划（2016—2021年）已经期满，本报告不再评价；期满前的预警尚未整改到位的，由牵头部门按整改台账继续落实。"


@pytest.mark.parametrize(
    ("going_on", "warned", "said"),
    [
        (True, True, ["没有2021年年度报告的存档和部门答复，", ENDED]),
        (
            True,
            False,
            [
                "没有2021年年度报告的存档，当时是否发出预警不详。按现有数据重新评价，继续实施的规划2021年没有应预警的目标，没有须跟进的事项。",
                ENDED,
            ],
        ),
        (False, False, [ENDED]),  # the first year of the next plan: what was warned of before is not denied
    ],
)
def test_the_warnings_of_a_plan_that_is_over_are_not_denied(
    golden: Path, going_on: bool, warned: bool, said: list[str]
) -> None:
    catalog = load("990101", golden / "expectations")
    own = catalog.plans[0]
    before = replace(
        own, id="before", head=own.head.model_copy(update={"short": "前一规划", "start": 2016, "end": 2021})
    )
    own = replace(own, head=own.head.model_copy(update={"start": 2021 if going_on else 2022}))
    with changed(golden, *([] if warned else ["delete from out_warnings where year = 2021"])) as con:
        made = KINDS["annual"].of(Facts(con, replace(catalog, plans=(before, own)), 2022), None)
        told = [text.striptags() for text in made.told_of_before["followed"]["told"] if text]
    assert told[0].startswith(said[0]) and told[-1] == said[-1]
    assert len(told) == len(said) or warned


def test_nobody_answered(golden: Path) -> None:
    with report(golden) as made:
        first, *_ = sentences(section(made))
    assert first == (
        "没有2021年年度报告的存档和部门答复，当时是否发出预警不详。按现有数据重新评价，应预警1项，涉及1个部门。"
    )


def test_nobody_answered_what_was_sent(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "editions", lambda *_: {2021: golden})
    monkeypatch.setattr(published, "digests", lambda _: {})
    with report(golden, editions=golden / "output") as made:
        first, *_ = sentences(section(made))
    assert first == "2021年发出预警1项，涉及1个部门。截至2023年6月30日，各部门均没有答复。"


def noted(page: Element) -> str:
    """What is said below the departments' table."""
    return next("".join(p.itertext()) for p in page.iter("p") if p.get("class") == "note")


def test_a_note_explains_only_columns_that_are_there(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    meanings = ("逾期指首次答复晚于2022年7月30日。", "到期指承诺的完成时限", "兑现以本年数值或进展达到验收标准为准")
    with report(golden, warning(SCREENING), warning(MEMBERS), *KEPT, *CLAIMED) as made:
        assert all(meaning in noted(section(made)) for meaning in meanings)
    monkeypatch.setattr(published, "editions", lambda *_: {2021: golden})
    monkeypatch.setattr(published, "digests", lambda _: {})
    with report(golden, editions=golden / "output") as made:
        note = noted(section(made))
    assert "答复、逾期、异议、到期、兑现" in note and "各部门均为零，不单列。" in note
    assert "指" not in note.replace("指标", "") and "兑现以" not in note


def test_nothing_is_due_yet(golden: Path) -> None:
    """The plan runs to 2025: until then what was promised without a day is not due."""
    with report(golden, warning(SCREENING), *answer(SCREENING, "2022-07-20", cause="筛查车没有到位")) as made:
        first, *_ = sentences(section(made))
    assert first.endswith("部门答复1项，没有答复1项。已答复的事项，承诺的时限均未到。")


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (True, "2021年没有发出预警，没有须跟进的事项。"),
        (
            False,
            "没有2021年年度报告的存档，当时是否发出预警不详。按现有数据重新评价，2021年没有应预警的目标，没有须跟进的事项。",
        ),
    ],
)
def test_no_warning_was_given(golden: Path, kept: bool, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the archive of a year shows that none went out."""
    monkeypatch.setattr(published, "editions", lambda *_: {2021: golden} if kept else {})
    with report(golden, "delete from out_warnings where year = 2021", editions=golden / "output") as made:
        assert made.told_of_before["followed"]["told"] == [told]  # type: ignore[index]
        assert "followed" not in made.annexes


@pytest.mark.parametrize(
    "change",
    ["delete from meta_register where year = 2021", "update meta_audience set audience = 'public'"],
    ids=["the year before is not there", "the public edition"],
)
def test_nothing_is_told_where_nothing_can_be(golden: Path, change: str) -> None:
    with report(golden, warning(SCREENING), *KEPT, change) as made:
        assert made.told_of_before["followed"] is None
        assert "上年预警整改" not in [table.title for table in made.tables()]


def test_a_statement_answers_a_target_without_a_figure(golden: Path) -> None:
    said = answer(EVIDENCE, "2022-07-20", cause="年内举办讲座12场", until="2022-12-31")
    with report(golden, warning(EVIDENCE), *said) as made:
        found = next(f for f in made.followed if f.item.id == EVIDENCE)
    assert (found.reached, found.due, found.fulfilled, found.way) == (True, True, True, None)


def test_a_departments_words_stand_beside_a_warning_that_goes_on(golden: Path, tmp_path: Path) -> None:
    literacy = f"{PLAN}.g1.5.health_literacy"
    with report(golden, *answer(literacy, "2022-07-20", cause="调查样本不足，正在补充调查。")) as made:
        said = followed.explanations(made.facts)
    assert said == {(literacy, "miss"): "调查样本不足，正在补充调查"}


def test_an_answer_to_a_question_about_a_figure_explains_its_warning(golden: Path) -> None:
    from flows.letters import ASKED, numbered

    asked = {**dict.fromkeys(ASKED), "year": 2022, "department": "health", "rule": "jump", "measure": "maternal_deaths"}
    finding = (
        "insert into out_findings (gate, severity, rule, department, year, measure, expected, message, cure) "
        "values ('plausibility', 'warning', 'jump', 'health', 2022, 'maternal_deaths', '', '变动异常。', '')"
    )
    sheet, reply = answer("x", "2023-04-10", cause="跨区转诊一例，已核实")
    reply = f"""insert into core_replies (year, department, finding, cause, delivery, line)
        values (2022, 'health', '{numbered(asked)}', '跨区转诊一例，已核实', '2021/ledger@health/v1', 6)"""
    with report(golden, finding, sheet, reply) as made:
        assert followed.explanations(made.facts)[f"{PLAN}.g1.1.maternal_mortality", "miss"] == "跨区转诊一例，已核实"


def test_the_table_has_every_entry_whole(golden: Path) -> None:
    with report(golden, warning(SCREENING), warning(MEMBERS), *KEPT, *CLAIMED) as made:
        [table] = [table for table in made.tables() if table.name == "followed"]
        texts = "".join(section(made).itertext())
    assert [len(row) for row in table.rows] == [len(table.header)] * 3
    assert re.search(
        "已完成，2022年9月1日答复（逾期）。发展党员时注意女性比例；全年发展女党员12名。异议：流动党员不应计入", texts
    )


def test_the_brief_says_how_many_were_not_answered(golden: Path) -> None:
    with report(golden, warning(SCREENING), warning(MEMBERS), *KEPT) as made:
        points = [text.striptags() for text in brief._unknown(made)]
    assert "2021年预警的3项中，截至2023年6月30日部门没有答复的有2项。" in points
    with report(golden, "delete from out_warnings where year = 2021") as made:
        assert not any("部门没有答复" in text for text in brief._unknown(made))


# --- reports on whole plans ---


def reviewed(golden: Path, kind: str, *changes: str) -> tuple[Report, list[str]]:
    """A report on whole plans in the year 2022, the plan's last for a final one, and what it tells of the warnings before."""
    catalog = load("990101", golden / "expectations")
    if kind == "final":
        ended = (replace(plan, head=plan.head.model_copy(update={"end": 2022})) for plan in catalog.plans)
        catalog = replace(catalog, plans=tuple(ended))
    with changed(golden, *changes) as con:
        made = KINDS[kind].of(Facts(con, catalog, 2022))
        context = {**TOOLS, **made._edition(), **made.told_of_before}
        page = document.read(pdf._environment(TEMPLATES).from_string(SECTION).render(context))
        assert list(binding.read(page, made.words).problems) == []
        assert ("followed" in made.annexes) is bool(made.followed)
        assert ("历年预警整改" in [table.title for table in made.tables()]) is bool(made.followed)
    return made, sentences(page)


LAST = {
    "midterm": "尚不能确认做到的2项（其中各年均没有答复的1项），由牵头部门在后续年度的整改台账中继续答复。",
    "final": "到期末仍不能确认做到的2项（其中各年均没有答复的1项），移交下一规划期继续跟踪。",
}


@pytest.mark.parametrize("kind", LAST)
def test_a_report_on_whole_plans_tells_of_all_warnings_before(golden: Path, kind: str) -> None:
    _, told = reviewed(golden, kind, warning(SCREENING), warning(MEMBERS), *KEPT, *CLAIMED)
    assert told[0].startswith(
        "2021年共发出预警3项次，同一目标合为一项，共3项，涉及2个部门。截至2023年6月30日，部门答复2项"
    )
    assert told[0].endswith("兑现1项，兑现率50.0%。")
    assert told[-1] == LAST[kind]


@pytest.mark.parametrize(
    ("unsent", "begins"),
    [
        ([], "2020—2021年共发出预警1项次，"),
        ([2020], "按现有数据重新评价，2020—2021年应预警1项次，同一目标合为一项，共1项，涉及1个部门；其中2020年没有年度报告的存档和部门答复，当时是否发出预警不详。截至"),
        ([2020, 2021], "没有2020—2021年年度报告的存档和部门答复，当时是否发出预警不详。按现有数据重新评价，应预警1项次，"),
    ],
)  # fmt: skip
def test_of_a_year_that_nobody_kept_it_is_not_said_that_warnings_went_out(
    golden: Path, unsent: list[int], begins: str
) -> None:
    """One edition on the shelf does not show that those of other years were made."""
    with report(golden, warning(SCREENING), "delete from out_warnings where target not like '%cervical%'") as made:
        whole = followed.counted(made.followed, "合计", "all")
        [first, *_] = following.told(made.narrator, made.followed, whole, [2020, 2021], True, unsent)
    assert first.striptags().startswith(begins)


@pytest.mark.parametrize("kind", LAST)
def test_nothing_of_it_is_told_in_public(golden: Path, kind: str) -> None:
    made, told = reviewed(golden, kind, warning(SCREENING), "update meta_audience set audience = 'public'")
    assert (made.told_of_before["followed"], made.followed, told) == (None, [], [])


def test_several_years_of_one_target_are_one_matter(golden: Path) -> None:
    """The newest answer counts, one late answer is enough, and the figure is compared with that of the first warning."""
    with report(golden, warning(SCREENING), *KEPT) as made:
        [one] = [f for f in made.followed if f.item.id == SCREENING]
    late = replace(one.entry, year=2020, published=date(2021, 7, 15))
    unanswered = replace(one.entry, reply=None)
    series = {**one.item.series, 2020: {**one.item.series[2021], "value": 90.0}}
    both = replace(one, entries=(late, unanswered), item=replace(one.item, series=series))
    assert (both.first, both.entry, both.answered, one.late, both.late) == (2020, late, True, False, True)
    assert (one.moved, both.moved) == ("improved", "worse")
    broken = {**series, 2020: {**series[2020], "caliber": 1}}
    assert replace(both, item=replace(one.item, series=broken)).moved == "incomparable"


def test_the_desk_takes_the_warnings_of_the_last_run(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are what was sent out, and nobody waits until all is computed anew; of another catalogue they are not taken."""
    catalog = load("990101", golden / "expectations")
    computed: list[int] = []

    @contextmanager
    def judged(_: object, __: Path, year: int) -> Iterator[duckdb.DuckDBPyConnection]:
        computed.append(year)
        with warehouse.memory() as con:
            yield con

    monkeypatch.setattr(trial, "judged", judged)
    with trial.answered(catalog, golden / "raw", golden / "warehouse", 2022) as con:
        assert [e.promise.id for e in ledger.entries(con, catalog, 2022)] == [
            f"{PLAN}.g1.1.maternal_mortality", f"{PLAN}.g1.5.health_literacy",
        ]  # fmt: skip
    assert computed == []
    [plan] = catalog.plans
    other = replace(catalog, plans=(replace(plan, domains=plan.domains[:1]),))
    for changed_catalog, folder in ((other, golden / "warehouse"), (catalog, golden / "raw")):
        with trial.answered(changed_catalog, golden / "raw", folder, 2022) as con:
            assert ledger.entries(con, catalog, 2022) == []
    assert computed == [2022, 2022]

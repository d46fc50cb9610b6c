"""What changed since the previous edition: every moved figure and verdict once, each with what moved it."""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from expectations.catalog import load
from expectations.vocabulary import Deed, Reason
from flows import pipeline, report, warehouse
from flows.desk import apportion, compare
from flows.edition import contents
from flows.ingest import filed, register
from flows.journal import CutOff, Journal
from flows.places import TEMPLATES, MendableError, Places
from flows.press import binding, pdf
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.write import changes, formats, tables
from flows.report.write.changes import Change, Changes, Spot
from flows.wording import read
from tests.fixtures.homes import home_in
from tests.fixtures.printed import text
from tests.fixtures.warehouses import golden_warehouse

DISTRICT, YEAR = "990101", 2022
WORDS: dict[str, Any] = read("wording")


def deliver(home: Path, name: str, text: str, **entry: object) -> None:
    """File a delivery of the data year beside those that are there."""
    folder = home / "raw" / DISTRICT / str(YEAR)
    (folder / name).write_text(text, encoding="utf-8")
    register = yaml.safe_load((folder / "deliveries.yml").read_text(encoding="utf-8"))
    sha256 = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    register["deliveries"].append({"file": name, "received": "2023-03-12", "sha256": sha256, **entry})
    (folder / "deliveries.yml").write_text(yaml.safe_dump(register, allow_unicode=True), encoding="utf-8")


def correct(home: Path, **entry: object) -> None:
    """Enter a correction of the second line of a form of the data year."""
    known = {"year": YEAR, "line": 2, "reason": "部门电话确认", "by": "张某", "until": "2030-01-01"}
    (home / "expectations" / "corrections").mkdir()
    path = home / "expectations" / "corrections" / f"{DISTRICT}.yml"
    path.write_text(yaml.safe_dump({"corrections": [{**known, **entry}]}, allow_unicode=True), encoding="utf-8")


def made_in(home: Path, edition: Path) -> Path:
    """The data of an edition that is made in a home after `edition`."""
    catalog = load(DISTRICT, home / "expectations")
    made = home / "made"
    made.mkdir()
    with warehouse.memory() as con:
        pipeline.figures(con, catalog, home / "raw", YEAR, lambda _, stage, *args, **kw: stage(*args, **kw))
        facts = Facts(con, catalog, YEAR)
        formats.write(KINDS["annual"].of(facts), made, lambda run: edition)
    return made


@pytest.fixture(scope="module")
def later(edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden edition made again after a revision, a late delivery, a correction and a change of the catalogue."""
    home = home_in(tmp_path_factory.mktemp("later"))
    old = "区卫生健康委-孕产妇保健情况表.csv"
    text = (home / "raw" / DISTRICT / str(YEAR) / old).read_text(encoding="utf-8")
    deliver(
        home,
        "更正.csv",
        text.replace("800,570", "800,540"),
        dataset="maternal_health",
        replaces=old,
        reason="更正筛查人数",
    )
    deliver(
        home, "补报.csv", "年份,性别,受访人数,经常锻炼人数\n2022,女,100,46\n2022,男,100,50\n", dataset="exercise_survey"
    )
    correct(home, dataset="health_survey", column="具备健康素养人数", expect="约30", value="30")
    plan = home / "expectations" / "plans" / "demo_women_2021" / "2_decision.yml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("value: 35", "value: 33"), encoding="utf-8")
    return made_in(home, edition)


@pytest.fixture(scope="module")
def changed(edition: Path, later: Path) -> Changes:
    return changes.since(edition, later)


def by_cause(listed: list[Change]) -> Mapping[str, set[tuple[str, int]]]:
    found: dict[str, set[tuple[str, int]]] = {}
    for change in listed:
        found.setdefault(change.cause, set()).add((str(change.name).partition("（")[0], change.year))
    return found


def test_nothing_moved_since_the_same_edition_in_the_words_of_before(edition: Path, tmp_path: Path) -> None:
    before = Path(shutil.copytree(edition, tmp_path / "before"))
    told = before / contents.NAME
    now = told.read_text(encoding="utf-8")
    assert '"institution": ' in now
    old = now.replace(contents.FORMAT, contents.OF_UNITS).replace('"institution": ', '"unit": ')
    told.write_text(old, encoding="utf-8")
    found = changes.since(before, edition)
    assert found.previous is not None and found.all == []


def test_figures_by_what_moved_them(changed: Changes) -> None:
    assert by_cause(list(changed.figures)) == {
        "更正报送": {("宫颈癌筛查率", 2022)},
        "补报": {("经常参加体育锻炼人数比例", 2022)},
        "更正登记": {("居民健康素养水平", 2022)},
    }


def test_verdicts_by_what_moved_them(changed: Changes) -> None:
    assert by_cause(list(changed.verdicts)) == {
        "更正报送": {("宫颈癌筛查率", 2022)},
        "补报": {("女性经常参加体育锻炼人数比例", 2022)},
        "更正登记": {("居民健康素养水平", 2022)},
        "目录调整": {("女党员比例", 2022)},
    }


def test_old_and_new_stand_side_by_side(changed: Changes) -> None:
    [screening] = [c for c in changed.figures if "筛查" in c.name and c.place != "东街道"]
    assert (str(screening.old), str(screening.new)) == ("70.00", "67.50")
    [exercise] = [c for c in changed.verdicts if "锻炼" in c.name]
    assert (exercise.before, str(exercise.new)) == ("无法判断（未报送）", "46.0")


def test_the_causes_add_up(changed: Changes) -> None:
    assert sum(int(number.value) for _, number in changed.by_cause) == len(changed.all) > 0
    assert "原因不明" not in {cause for c in changed.all for cause in c.causes}


def test_the_table_beside_the_report(later: Path, changed: Changes) -> None:
    rows = list(csv.DictReader((later / "changes.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == len(changed.all)
    assert all(row["原因"] and "" not in row.values() for row in rows)


def test_the_annex_is_bound_to_facts(changed: Changes) -> None:
    html = pdf.html(TEMPLATES, "changes.html", {"changes": changed})
    assert "67.50" in html and changed.run in html
    assert not binding.read(html, WORDS).problems


FORM = "区卫生健康委-孕产妇保健情况表.csv"


@pytest.fixture(scope="module")
def tampered(edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Changes]:
    """What changed after a death was taken out of a file, and its hash out of the register with it: found, and explained."""
    home = home_in(tmp_path_factory.mktemp("tampered"))
    journal, folder = Journal(home / "journal" / DISTRICT), home / "raw" / DISTRICT / str(YEAR)
    filed.adopt(journal, folder.parent, home / "raw")
    text = (folder / FORM).read_text(encoding="utf-8")
    (folder / FORM).write_text(text.replace("东街道,500,1,", "东街道,500,0,"), encoding="utf-8")
    listed = (folder / "deliveries.yml").read_text(encoding="utf-8")
    hashes = [hashlib.sha256(data).hexdigest() for data in (text.encode(), (folder / FORM).read_bytes())]
    assert hashes[0] in listed
    (folder / "deliveries.yml").write_text(listed.replace(*hashes), encoding="utf-8")
    catalog, found = load(DISTRICT, home / "expectations"), {}
    for state in ("found", "explained"):
        made = home / state
        made.mkdir()
        if state == "explained":
            [entry] = [e for e in register.read(folder / "deliveries.yml", home).deliveries if e.file == FORM]
            said = {"reason": "经核对病历，死亡一例不在本地", "person": "李某"}
            journal.append(Deed.EXPLAINED, year=YEAR, file=FORM, entries=[filed.told(entry)], **said)
        with warehouse.memory() as con:
            direct = lambda _, stage, *args, **kw: stage(*args, **kw)  # noqa: E731
            pipeline.figures(con, catalog, home / "raw", YEAR, direct, CutOff(journal=journal))
            formats.write(KINDS["annual"].of(Facts(con, catalog, YEAR)), made, lambda run: edition)
        found[state] = changes.since(edition, made)
    return found


def test_what_nobody_filed_is_not_told_as_a_correction_of_the_department(tampered: Mapping[str, Changes]) -> None:
    found = tampered["found"]
    assert found.all and {change.cause for change in found.all} == {"登记以外的改动"}
    deaths = {str(change.new) for change in found.figures if "死亡率" in change.name}
    assert deaths == {"核查未通过"}  # what nobody filed is not printed as a figure


def test_what_the_office_has_explained_is_told_as_explained(tampered: Mapping[str, Changes]) -> None:
    found = tampered["explained"]
    assert found.all and {change.cause for change in found.all} == {"本单位说明的改动"}
    assert {str(change.new) for change in found.figures if "死亡率" in change.name} == {"0.0"}


def test_no_previous_edition_is_said(edition: Path, tmp_path: Path) -> None:
    for nothing in (None, tmp_path):
        assert changes.since(nothing, edition).previous is None
    assert "没有可以比较的上一版" in pdf.html(TEMPLATES, "changes.html", {"changes": changes.UNCOMPARED})


def test_the_same_edition_has_no_changes(edition: Path) -> None:
    same = changes.since(edition, edition)
    assert same.previous is not None and not same.all
    html = pdf.html(TEMPLATES, "changes.html", {"changes": same})
    assert "没有变动" in html and not binding.read(html, WORDS).problems


# --- causes, one by one, on an edition that is edited ---

Edit = Callable[[dict[str, Any], dict[str, Any]], None]


def edited(edition: Path, folder: Path, edit: Edit) -> list[Change]:
    """What changed if the previous edition had been as `edit` makes it."""
    report, manifest = (json.loads((edition / f"{n}.json").read_text(encoding="utf-8")) for n in ("report", "manifest"))
    edit(report, manifest["parts"])
    for name, value in (("report", report), ("manifest", manifest)):
        (folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return changes.since(folder, edition).all


def figure(report: dict[str, Any]) -> dict[str, Any]:
    """女党员比例 of the district in 2022."""
    return next(v for v in report["indicators"]["women_party_members"]["values"] if v["year"] == 2022)  # type: ignore[no-any-return]


def move(report: dict[str, Any]) -> None:
    figure(report)["value"] += 1


def hide(report: dict[str, Any], parts: dict[str, Any]) -> None:
    figure(report).update(value=None, state="suppressed")


def withdraw(report: dict[str, Any], parts: dict[str, Any]) -> None:
    move(report)
    parts["deliveries"]["2022/cadres"], parts["deliveries"]["2021/cadres"] = ["a"], ["b"]


def several(report: dict[str, Any], parts: dict[str, Any]) -> None:
    withdraw(report, parts)
    parts["program"] = parts["indicators"]["women_party_members"]["record"] = "another"


def program(report: dict[str, Any], parts: dict[str, Any]) -> None:
    move(report)
    parts["program"] = "another"


def unfed(report: dict[str, Any], parts: dict[str, Any]) -> None:
    """Sent again, but nothing that the indicator is made of."""
    move(report)
    parts["deliveries"]["2022/health_survey"] = ["a"]


@pytest.mark.parametrize(
    ("edit", "cause"),
    [
        (hide, "数据保护"),
        (withdraw, "更正报送"),
        (several, "更正报送、目录调整、程序调整"),
        (program, "程序调整"),
        (unfed, "原因不明"),
    ],
)
def test_each_cause(edit: Edit, cause: str, edition: Path, tmp_path: Path) -> None:
    [change] = edited(edition, tmp_path, edit)
    assert change.cause == cause


def test_a_figure_that_is_kept_back_is_a_word(edition: Path, tmp_path: Path) -> None:
    [change] = edited(edition, tmp_path, hide)
    assert (change.old, str(change.new)) == ("数据保护", "33.0")


@pytest.mark.parametrize(
    ("audience", "reason", "told"),
    [
        ("public", "not_received", "未报送"),
        ("public", None, "数据保护"),
        ("public", "break", "数据保护"),
        ("internal", "not_received", "未报送"),
        ("internal", "break", "口径变化"),
    ],
    ids=str,
)
def test_a_target_without_a_figure_has_the_reason_for_it(
    audience: str, reason: str | None, told: str, edition: Path, tmp_path: Path
) -> None:
    """A verdict that was reached, or failed for its baseline, had a figure: the public edition keeps it back, the internal nothing."""

    def without(report: dict[str, Any], parts: dict[str, Any]) -> None:
        [target] = [t for t in report["targets"] if t["indicator"] == "women_party_members"]
        verdict = "behind" if reason is None else "unknown"
        target["verdicts"]["2022"].update(value=None, verdict=verdict, reason=reason)
        report["head"]["audience"] = audience
        [asked] = [t for t in report["targets"] if t["indicator"] is None]
        asked["verdicts"]["2022"]["verdict"] = "not_started"

    listed = edited(edition, tmp_path, without)
    compared = {str(change.old) for change in listed if not isinstance(change.of, Spot)}
    assert compared == {told, "—"}  # of what a department tells there is nothing to compare


def test_small_moves_are_printed_as_moves(edition: Path, tmp_path: Path) -> None:
    def little(report: dict[str, Any], parts: dict[str, Any]) -> None:
        figure(report)["value"] += 1e-6

    [change] = edited(edition, tmp_path, little)
    assert (str(change.old), str(change.new)) == ("33.000001", "33.000000")


def test_a_figure_that_was_not_in_the_edition(edition: Path, tmp_path: Path) -> None:
    def without(report: dict[str, Any], parts: dict[str, Any]) -> None:
        del report["indicators"]["women_party_members"]
        report["targets"] = [t for t in report["targets"] if t["indicator"] != "women_party_members"]
        del parts["indicators"]["women_party_members"]

    listed = edited(edition, tmp_path, without)
    assert listed
    assert {(c.old, c.cause) for c in listed if c.before == "—"} == {("未列入", "目录调整")}
    assert {c.before for c in listed if c.before != "—"} == {"未列入"}


@pytest.mark.parametrize(("corrected", "said"), [(200, "部门更正共200处，按年份和报表排列。"),
                                                 (201,
                                                  "部门更正共201处，按年份和报表排列，下表列出前200处，全部见所附数据文件《更正情况》。")])  # fmt: skip
def test_a_long_list_of_corrections_says_that_it_is_shortened(
    corrected: int, said: str, golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = {"year": 2022, "dataset": "maternal_health", "reason": "更正", "header": "筛查人数", "old": "1", "new": "2"}
    monkeypatch.setattr(tables, "revisions", lambda _: [{**cell, "place": f"第{n}处"} for n in range(corrected)])
    catalog = load("990101", golden / "expectations")
    with golden_warehouse(golden) as con:
        html = dict(report.compose(KINDS["annual"].of(Facts(con, catalog, 2022)), tmp_path))["report"]
    assert said in text(html)
    assert html.count("第199处") == 1
    assert "第200处" not in html


# --- any two editions, by hand ---


def test_two_editions_are_held_against_each_other(edition: Path, later: Path, changed: Changes) -> None:
    found = compare.compare(edition, later)
    assert [c.cells() for c in found.changes.all] == [c.cells() for c in changed.all]
    out = io.StringIO()
    compare.show(found, "text", out)
    assert "更正报送" in out.getvalue()
    assert "70.00" in out.getvalue()


def test_an_edition_is_not_different_from_itself(edition: Path) -> None:
    found = compare.compare(edition, edition)
    assert (found.changes.all, found.sentences) == ([], [])


def test_moved_sentences_are_told(edition: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(edition, other)
    text = (other / "report.txt").read_text(encoding="utf-8")
    (other / "report.txt").write_text(text.replace("宫颈癌", "乳腺癌"), encoding="utf-8")
    found = compare.compare(edition, other)
    assert found.changes.all == []
    assert found.sentences
    assert all("宫颈癌" in one.before and "乳腺癌" in one.after for one in found.sentences)


@pytest.mark.parametrize(
    ("audience", "points", "told"),
    [
        ("public", {2022: Reason.TOO_FEW_YEARS}, "年度不足"),
        ("public", {2022: Reason.SUPPRESSED}, "数据保护"),
        ("public", {}, "数据保护"),  # nothing says that it had none
        ("internal", {}, "年度不足"),
    ],
)
def test_a_value_that_is_not_there_has_the_word_of_its_own_edition(
    audience: str, points: dict[int, Reason], told: str
) -> None:
    series = {year: SimpleNamespace(value=None, state=state) for year, state in points.items()}
    target = SimpleNamespace(id="a.1.1.x", indicator="x", series=series)
    edition: Any = SimpleNamespace(head=SimpleNamespace(audience=audience), targets=[target])
    row: Any = SimpleNamespace(value=None, reason=Reason.TOO_FEW_YEARS)
    assert changes._compared(edition, changes.JudgedSpot("a.1.1.x", 2022), row, 1, "x") == told


def test_what_cannot_be_compared_is_told(edition: Path, tmp_path: Path) -> None:
    with pytest.raises(MendableError, match="不是一版报告"):
        compare.compare(edition, tmp_path)
    with pytest.raises(MendableError, match="一为内部版、一为公开版"):
        compare.compare(edition, edition / "public")
    with pytest.raises(MendableError, match="请用内部版比较"):
        compare.compare(edition / "public", edition / "public", Places(tmp_path))
    broken = tmp_path / "broken"
    shutil.copytree(edition, broken)
    (broken / "targets.csv").write_text("", encoding="utf-8")
    with pytest.raises(MendableError, match="不完整"):
        compare.compare(edition, broken)


# --- several causes, each undone for itself ---


@pytest.fixture(scope="module")
def apportioned(edition: Path, later: Path) -> dict[tuple[str, str], list[str]]:
    """Name and place of a change → what is told below it."""
    home = Places(later.parent)
    told = compare.compare(edition, later, home).apportioned
    return {(str(one.change.name), one.change.place): list(apportion.lines(one)) for one in told}


def test_each_change_has_the_share_of_its_cause(
    apportioned: dict[tuple[str, str], list[str]], changed: Changes
) -> None:
    """70 % of 800 screened became 67.5 %: 540 of them instead of 570, and nothing is left over."""
    assert apportioned["宫颈癌筛查率（%）", "示例区"] == ["其中，2022年区卫生健康委《孕产妇保健情况表》更正报送：−2.5"]
    assert set(apportioned) == {(str(c.name), c.place) for c in changed.all}
    assert all(apportioned.values())


def test_a_catalogue_cannot_be_undone_and_it_says_so(apportioned: dict[tuple[str, str], list[str]]) -> None:
    [(_, told)] = [(key, told) for key, told in apportioned.items() if "女党员" in key[0]]
    assert told == [read("messages")["apportion"]["none"]]


def test_a_home_that_has_moved_on_is_not_computed_from(edition: Path, later: Path, tmp_path: Path) -> None:
    """The neighbour is `apportioned`: the same home before this change."""
    home = shutil.copytree(later.parent, tmp_path / "home")
    deliver(
        home,
        "又更正.csv",
        (home / "raw" / DISTRICT / str(YEAR) / "更正.csv").read_text(encoding="utf-8").replace("800,540", "800,500"),
        dataset="maternal_health",
        replaces="更正.csv",
        reason="又更正筛查人数",
    )
    with pytest.raises(MendableError, match="又有变动"):
        compare.compare(edition, later, Places(home))


def test_two_causes_of_one_figure_and_what_they_did_together(edition: Path, tmp_path: Path) -> None:
    """840 of 1,200 were 70 %. The file has 810 now, a correction makes 1,300 of 1,200: 810/1,300 = 62.307692 %.

    Without the file 840/1,300 = 64.615385 %: it did −2.307692. Without the correction 810/1,200 = 67.5 %: it did −5.192308.
    Of the −7.692308 of both, −0.192308 are left.
    """
    home = home_in(tmp_path)
    old = "区卫生健康委-孕产妇保健情况表.csv"
    text = (home / "raw" / DISTRICT / str(YEAR) / old).read_text(encoding="utf-8").replace("800,570", "800,540")
    deliver(home, "更正.csv", text, dataset="maternal_health", replaces=old, reason="更正筛查人数")
    west = {"街镇": "西镇"}
    correct(home, dataset="maternal_health", line=3, column="适龄妇女人数", expect="400", value="500", row=west)
    told = compare.compare(edition, made_in(home, edition), Places(home)).apportioned
    [screening] = [one for one in told if one.change.of == Spot("cervical_screening", YEAR, DISTRICT, "", "total", "")]
    assert screening.change.cause == "更正报送、更正登记"
    form = "其中，2022年区卫生健康委《孕产妇保健情况表》"
    assert list(apportion.lines(screening)) == [
        f"{form}更正报送：−2.307692",
        f"{form}更正登记：−5.192308",
        f"其余−0.192308{read('messages')['apportion']['rest'].partition('{by}')[2]}",
    ]

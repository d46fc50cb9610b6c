"""Charts: the same bytes every time, every label legible and told in words, whatever the values are."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from io import StringIO
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import matplotlib
import pytest
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from expectations.catalog import load
from flows import warehouse
from flows.places import PROJECT
from flows.press.numbers import count, figure
from flows.report.draw import charts
from flows.report.draw.charts import COMPARED, WIDTH, Bar, Fan, Pair, Scale, Trend
from flows.report.draw.drawings import Drawings, told
from flows.report.facts import Facts
from flows.report.write import tables
from tests.fixtures.sheets import ALIKE, EVEN_ROWS, FIVE, KINDS, NASTY, SHEETS, level, line, percent, trends
from tests.fixtures.warehouses import golden_warehouse


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[charts.Canvas]:
    """Every sheet that the test draws."""
    kept: list[charts.Canvas] = []
    finish = charts.Canvas.svg
    monkeypatch.setattr(charts.Canvas, "svg", lambda sheet: kept.append(sheet) or finish(sheet))
    return kept


@cache
def sheet(name: str) -> tuple[charts.Canvas, bytes]:
    """One of the sheets as it was drawn, and its SVG: drawn once for all tests that only look at it."""
    kept: list[charts.Canvas] = []
    finish = charts.Canvas.svg
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts.Canvas, "svg", lambda sheet: kept.append(sheet) or finish(sheet))
        svg = SHEETS[name]()
    [one] = kept
    return one, svg


def boxes(sheet: charts.Canvas) -> list[tuple[str, Any]]:
    renderer = RendererSVG(WIDTH, sheet.height, StringIO())
    return [(t.get_text(), t.get_tightbbox(renderer)) for t in sheet.figure.findobj(Text) if t.get_text()]


# --- legible ---


@pytest.mark.parametrize("name", SHEETS)
def test_no_label_is_cut_or_covers_another(name: str) -> None:
    assert_apart(sheet(name)[0])


def assert_apart(seen: charts.Canvas) -> None:
    """No text of a sheet lies over another or leaves the sheet."""
    found = boxes(seen)
    for text, box in found:
        assert box.x0 >= -0.5 and box.x1 <= WIDTH + 0.5, text
        assert box.y0 >= -0.5 and box.y1 <= seen.height + 0.5, text
    for (one, a), (other, b) in combinations(found, 2):
        across, up = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across < 0.5 or up < 0.5, f"{one} over {other} by {across:.1f} × {up:.1f} pt"


def test_a_missing_glyph_is_an_error() -> None:
    with pytest.raises(UserWarning, match="missing from font"):
        trends([percent("\U0001f9ff\U000e0041", [1, 2])])


def test_letters_are_never_smaller_than_seven_points() -> None:
    seen, _ = sheet("all together")
    assert min(t.get_fontsize() for t in seen.figure.findobj(Text)) >= 7


def test_every_fill_of_a_bar_differs_from_its_neighbours_without_colour() -> None:
    def grey(colour: str) -> float:
        r, g, b = to_rgb(colour)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    for one, other in combinations(charts.LOOKS.values(), 2):
        apart = abs(grey(str(one["facecolor"])) - grey(str(other["facecolor"])))
        assert apart > 0.1 or one.get("hatch") != other.get("hatch")
    known = [grey(str(charts.LOOKS[name]["facecolor"])) for name in ("best", "good", "poor", "worst")]
    assert known == sorted(known, reverse=True), "what was missed is the darkest, not both ends"


def test_an_interval_does_not_stretch_the_scale_beyond_what_is_judged() -> None:
    """One death in 2,900 births is 33.6 (0.9—187.4): a scale to 200 would make a line at 0 of a target of 8.5."""
    line = charts.Line(
        {2020: 0.0, 2021: 33.6}, {2020: "0.0", 2021: "33.6"}, {}, {2020: (0.0, 128.0), 2021: (0.9, 187.4)}
    )
    wild = charts.Trend("孕产妇死亡率", "/10万", [line], targets=[{2020: 8.5, 2021: 8.5}], joined=False)
    (scale,), _ = charts.scales([wild])
    assert scale.high <= 100
    assert charts.is_cut(wild, scale)
    calm = wild._replace(lines=[line._replace(intervals={2021: (8.0, 60.0)})])
    (scale,), _ = charts.scales([calm])
    assert not charts.is_cut(calm, scale)


@pytest.mark.parametrize(("nation", "named"), [(39.5, "，◇为全国"), (44.1, "")])
def test_a_caption_names_only_signs_that_are_drawn(tmp_path: Path, nation: float, named: str) -> None:
    """A figure of the nation that lies beyond the scale is not drawn, and a year after the panel's last is not, either."""
    share = percent("就业人员中女性比例", [38.6, 38.8, 39, 39.2, 39.4], 40, beside={"◇": {2023: nation, 2030: 39.5}})
    made = Drawings(tmp_path)._panels("share", [share], FIVE, "妇女与经济主要指标", 2024, {"◇": "全国"})
    assert made["caption"].endswith(f"年{named}）")


def test_a_small_percentage_that_rises_is_no_level_line() -> None:
    labels = {2020: "3.50", 2025: "4.40"}
    (scale,), _ = charts.scales([charts.Trend("抑郁症患病率", "%", [charts.Line({2020: 3.5, 2025: 4.4}, labels)])])
    assert scale.high - scale.low <= 3


def test_tiles_grow_darker_without_colour_and_the_unknown_is_hatched() -> None:
    steps = [str(charts.SHADES[name][0]["facecolor"]) for name in ("clear", "light", "middle", "dark")]
    greys = [sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), to_rgb(s), strict=True)) for s in steps]
    assert all(before - after > 0.08 for before, after in pairwise(greys))
    assert [name for name, (look, _) in charts.SHADES.items() if "hatch" in look] == ["unknown"]


# --- the same bytes ---

SCRIPT = "import sys; from tests.fixtures.sheets import *; [sys.stdout.buffer.write(SHEETS[n]()) for n in ALIKE]"


def test_the_same_bytes_again_and_elsewhere() -> None:
    here = b"".join(SHEETS[name]() for name in ALIKE)
    assert here == b"".join(sheet(name)[1] for name in ALIKE)
    command, root = [sys.executable, "-c", SCRIPT], PROJECT
    elsewhere = {**os.environ, "PYTHONHASHSEED": "1", "TZ": "America/New_York", "LC_ALL": "C"}
    assert subprocess.run(command, cwd=root, env=elsewhere, check=True, capture_output=True).stdout == here


@pytest.mark.parametrize("name", SHEETS)
def test_a_chart_is_whole_xml_without_numbers_that_are_none(name: str) -> None:
    _, svg = sheet(name)
    ElementTree.fromstring(svg)
    assert not re.search(rb"\b(nan|inf|None)\b", svg)


# --- in words ---


@pytest.mark.parametrize("name", NASTY)
def test_the_words_have_every_label(name: str) -> None:
    seen, _ = sheet(name)
    words = told(NASTY[name])
    labels = [t.get_text() for t in seen.figure.findobj(Text) if t.get_text() and t.get_label() != "axis"]
    assert labels
    for label in labels:
        assert label in words or re.sub("^(基期|[女男])", "", label) in words, label
    assert not any("基期" in label for label in labels) or "（基期）" in words
    assert words.endswith("。")
    assert "None" not in words


def test_a_value_kept_back_is_told_and_nowhere_drawn() -> None:
    words = told(NASTY["suppressed"])
    assert "2021年数据保护，2022年数据保护" in words
    assert "2023年2.9" in words
    svg = trends([NASTY["all suppressed"]]).decode()
    assert "数据保护" in svg


def test_a_forecast_and_a_break_are_told() -> None:
    assert "2025年可能值99.80—99.95" in told(NASTY["full"])
    assert "2022年口径变化，此前数值为原口径" in told(NASTY["break"])


# --- lines ---


def segments(sheet: charts.Canvas) -> int:
    """Parts of the line of values: solid and thick."""
    return sum(line.get_linewidth() == 1.3 for line in sheet.figure.findobj(charts.Line2D))


@pytest.mark.parametrize(
    ("name", "parts"),
    [("no target", 4), ("break", 3), ("break in a gap", 2), ("suppressed", 0), ("one year", 0), ("rare", 0)],
)
def test_no_line_crosses_a_break_a_gap_or_chance(name: str, parts: int) -> None:
    assert segments(sheet(name)[0]) == parts


# --- scales ---


def test_one_unit_has_one_scale_where_it_can_be_read() -> None:
    found, word = charts.scales([percent("甲", [61, 70]), percent("乙", [64, 75])])
    assert word == COMPARED[0]
    assert found[0] == found[1]


def test_else_a_step_is_equally_tall() -> None:
    found, word = charts.scales([percent("甲", [27, 30], None), percent("乙", [84, 90], None)])
    assert word == COMPARED[1]
    assert {(s.high - s.low, s.step) for s in found} == {(found[0].high - found[0].low, found[0].step)}
    assert found[0].low < found[1].low


def test_else_each_has_its_own() -> None:
    found, word = charts.scales([percent("甲", [0, 95], None), percent("乙", [96.4, 96.6], None)])
    assert word == COMPARED[2]
    assert found[1] == Scale(94, 100, 2)


def test_units_that_stand_alone_need_no_word() -> None:
    assert charts.scales([NASTY["tiny"], NASTY["break"]])[1] == ""


@pytest.mark.parametrize("name", NASTY)
def test_a_scale_holds_all_that_is_drawn_and_is_honest(name: str) -> None:
    panel = NASTY[name]
    (scale,), _ = charts.scales([panel])
    values = [v for series in panel.lines for v in series.values.values()]
    slack = charts.SLACK * scale.step
    assert all(scale.low - slack <= v <= scale.high + slack for v in values)
    assert scale.high > scale.low
    if panel.unit == "%":
        assert scale.high - scale.low >= min(charts.POINTS_SHOWN, max(values, default=2.0) * charts.SMALL_SHOWN)
        assert scale.high <= 100 or max(values) > 100
        assert scale.low >= 0
    assert len(charts._ticks(scale)) <= 7
    assert len({word for _, word in charts._ticks(scale)}) == len(charts._ticks(scale))


# --- from facts ---


@pytest.fixture(scope="module")
def facts(golden: Path) -> Facts:
    con = golden_warehouse(golden)
    return Facts(con, load("990101", golden / "expectations"), 2022)


@pytest.fixture
def edition_charts(facts: Facts, tmp_path: Path) -> list[dict[str, str]]:
    made = Drawings(tmp_path)
    found = []
    for plan in facts.plans:
        for domain in plan.domains:
            items = facts.of_domain(plan, domain)
            found += [*made.leading(facts, plan.id, domain, items), *made.areas(facts, plan.id, domain, items)]
    table = tables.sexes(facts)
    rest = (made.sexes(table), made.sexes_by_year(facts, table), made.standing(facts))
    return [*found, *(chart for chart in rest if chart)]


def test_an_edition_has_every_kind_of_chart(edition_charts: list[dict[str, str]], tmp_path: Path) -> None:
    names = [chart["file"] for chart in edition_charts]
    assert len(set(names)) == len(names)
    assert "charts/standing.svg" in names
    assert any(name.endswith("-leading.svg") for name in names)
    for chart in edition_charts:
        assert (tmp_path / chart["file"]).read_bytes().startswith(b"<svg ")
        assert chart["caption"]


def test_the_words_of_an_edition_have_every_label(edition_charts: list[dict[str, str]], drawn: list[charts.Canvas],
facts: Facts, tmp_path: Path) -> None:  # fmt: skip
    (tmp_path / "again").mkdir()
    for chart in edition_charts:
        svg = (tmp_path / chart["file"]).read_text(encoding="utf-8")
        texts = [e.text or "" for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
        printed = [t for t in texts if not re.fullmatch(r"[−\d.]+%?", t)]
        whole = chart["alt"].replace("（基期）", "基期")
        missing = [t for t in printed if len(t) > 1 and t not in whole and t.removeprefix("基期") not in whole]
        assert not missing


def test_what_both_editions_show_is_drawn_once(tmp_path: Path) -> None:
    """A figure that the public edition keeps back makes it another picture; so does another way to draw the same."""
    drawn: list[str] = []

    def one(text: str) -> bytes:
        drawn.append(text)
        return f"one {text}".encode()

    def other(text: str) -> bytes:
        drawn.append(text)
        return f"other {text}".encode()

    found = []
    for audience, draw, figures in [
        ("internal", one, "12"),
        ("public", one, "12"),
        ("kept back", one, "…"),
        ("drawn otherwise", other, "12"),
    ]:
        (folder := tmp_path / audience).mkdir()
        chart = Drawings(folder, audience)._put("chart", draw, (figures,), "图", "")
        found.append((folder / chart["file"]).read_text())
    assert found == ["one 12", "one 12", "one …", "other 12"]
    assert drawn == ["12", "…", "12"]


def test_nothing_to_draw_is_no_chart(facts: Facts, tmp_path: Path) -> None:
    made = Drawings(tmp_path)
    plan = facts.plans[0]
    assert list(made.leading(facts, plan.id, plan.domains[0], [])) == []
    assert list(made.others(facts, plan.id, plan.domains[0], [])) == []
    assert made.sexes([]) is None
    assert made.sexes_by_year(facts, []) is None
    assert made.bars("none", "没有目标", [Bar("甲", "2021年", {})], KINDS) is None


def test_a_district_without_towns_has_no_chart_of_them(facts: Facts, tmp_path: Path) -> None:
    bare = replace(facts.catalog, district=facts.catalog.district.model_copy(update={"areas": ()}))
    without, made = Facts(facts.con, bare, facts.year), Drawings(tmp_path)
    for plan in without.plans:
        for domain in plan.domains:
            assert list(made.areas(without, plan.id, domain, without.of_domain(plan, domain))) == []


def by_sex(golden: Path, told: Mapping[str, Sequence[float | None]]) -> Iterator[tuple[Facts, list[dict[str, Any]]]]:
    """The facts of 2022 where one indicator is known for women and men, and the table of all by sex; values from 2020 on."""
    catalog = load("990101", golden / "expectations")
    key = next(k for k, i in catalog.indicators.items() if i.by_sex)
    with warehouse.memory() as con:
        registers = [("990101", year, True, "", "2023-06-30", "2023-07-15") for year in range(2020, 2023)]
        warehouse.append(con, "meta_register", registers)
        for sex, values in told.items():
            for year, value in zip(range(2020, 2023), values, strict=True):
                state = "not_received" if value is None else "ok"
                row = [catalog.district.code, key, year, catalog.district.code, sex, value, state]
                con.execute(
                    "insert into out_indicators (district, indicator, year, area, sex, value, state) values (?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
        facts = Facts(con, catalog, 2022)
        yield facts, tables.sexes(facts)


@pytest.mark.parametrize(
    ("women", "drawn_from"), [((None, None, 69), None), ((None, 62, 69), 2021), ((60, None, 69), 2020)]
)
def test_one_year_is_no_road_and_nothing_is_drawn_before_the_first(
    golden: Path, tmp_path: Path, drawn: list[charts.Canvas], women: Sequence[float | None], drawn_from: int | None
) -> None:
    men = [value and value + 6 for value in women]
    for facts, table in by_sex(golden, {"female": women, "male": men}):
        made = Drawings(tmp_path).sexes_by_year(facts, table)
    assert (made is None) == (drawn_from is None)
    if made is not None:
        assert f"{drawn_from}—2022年" in made["caption"]
        assert ("未报送" in made["alt"]) == (drawn_from == 2020)
        [one] = drawn
        assert all(0 <= x <= WIDTH for line in one.figure.findobj(charts.Line2D) for x in line.get_xdata())


@pytest.mark.parametrize(("women", "men", "drawn"), [(69.02, 69, False), (69.1, 69, True), (69, 69, False)])
def test_no_distance_is_none_of_the_distances(
    golden: Path, tmp_path: Path, women: float, men: float, drawn: bool
) -> None:
    """What is told as 无明显差异 is not drawn as a distance; of the only one that there is, it is not said that it is large."""
    for facts, table in by_sex(golden, {"female": (60, 61, women), "male": (60, 61, men)}):
        drawings = Drawings(tmp_path)
        made, years = drawings.sexes(table), drawings.sexes_by_year(facts, table)
    assert (made is not None) == (years is not None) == drawn
    assert made is None or made["caption"] == "有两性差距的指标"


@pytest.mark.parametrize(("far", "cut"), [(Pair("很大", 30.0, 800.0, "30.0", "800.0"), True), (Pair("较大", 10.0, 60.0, "10.0", "60.0"), False)])  # fmt: skip
def test_an_extreme_distance_does_not_squeeze_the_others(far: Pair, cut: bool) -> None:
    scale = charts.pairs_scale([*EVEN_ROWS, far], "%")
    assert charts.is_pair_cut(far, scale) == cut
    assert not any(charts.is_pair_cut(row, scale) for row in EVEN_ROWS)
    assert scale.high - scale.low <= 100
    assert charts.pairs([*EVEN_ROWS, far], "%", scale)


def test_women_and_men_are_drawn_with_what_is_kept_back(
    golden: Path, tmp_path: Path, drawn: list[charts.Canvas]
) -> None:
    told = {"female": (60, None, 69.04), "male": (58, 61, 75.0), "total": (59, 62, 72)}
    for facts, table in by_sex(golden, told):
        made = Drawings(tmp_path)
        both, years = made.sexes(table), made.sexes_by_year(facts, table)
    assert both and years
    assert both["alt"] == f"{table[0]['name']}：女69.0%，男75.0%。"
    assert "女：2020年60.0，2021年未报送，2022年69.0；男：2020年58.0，2021年61.0，2022年75.0" in years["alt"]
    labels = {text for sheet in drawn for text, _ in boxes(sheet)}
    assert {"女69.0", "男75.0", "未报送"} <= labels


def test_drawing_leaves_no_setting_behind() -> None:
    before = dict(matplotlib.rcParams)
    SHEETS["one pair"]()
    assert dict(matplotlib.rcParams) == before == dict(matplotlib.rcParamsDefault) | {"backend": before["backend"]}


def test_a_drawing_has_few_elements() -> None:
    """Lines of one look that follow each other are one path; another look, or another thing between, ends it."""
    sheet = charts.Canvas(50, 100)
    sheet.line([0, 10], [0, 10])
    sheet.line([20, 30], [0, 10.004])
    sheet.line([0, 10], [5, 5], color=charts.GREY)
    sheet.line([40, 50], [0, 10])
    sheet.line([40, 50], [0, 10], linewidth=0)
    sheet.mark(60, 10, "o", 4.0, markerfacecolor="white")
    sheet.mark(70, 10, "s", 4.0)
    sheet.area([(80, 0), (90, 0), (90, 10)], facecolor="white", edgecolor=charts.GREY, hatch="////")
    sheet.text(5, 40, "a<b")
    root = ElementTree.fromstring(sheet.svg())
    told = [(e.tag.partition("}")[2], e.get("d") or e.get("cx") or e.text) for e in root]
    assert told[0][0] == "defs"
    assert told[1:6] == [
        ("path", "M0 50L100 50 100 0 0 0Z"),
        ("path", "M80 50L90 50 90 40Z"),
        ("path", "M0 50L10 40M20 50L30 40"),
        ("path", "M0 45L10 45"),
        ("path", "M40 50L50 40"),
    ]
    assert told[6:] == [("circle", "60"), ("path", "M68 42L72 42 72 38 68 38Z"), ("text", "a<b")]
    assert root[2].get("fill") == f"url(#{root[0][0].get('id')})"


def test_a_number_is_one_word_in_text_table_and_chart() -> None:
    """Nothing parts its digits, so no line ends within it and one form of it can be looked for."""
    ticks = [word for _, word in charts._ticks(charts.Scale(0, 40000, 20000))]
    assert ticks == ["0", "20000", "40000"]
    assert str(count(32607, "people")) == str(figure(32607.4, 0, "people")) == "32607"
    assert str(figure(12164.25, 1, "wage")) == "12164.2"


# --- places of labels ---


def drawn_at_random(seed: int) -> list[Trend]:
    """Panels with any values, targets, intervals, outlooks, gaps and breaks, from calm to wild."""
    chance, panels = Random(seed), []
    for n in range(6):
        low, spread = chance.choice([0, 0.5, 30, 96, 5000]), chance.choice([0, 0.3, 4, 60])
        rare, decimals = chance.random() < 0.3, chance.choice([0, 1, 2])
        values = [round(low + chance.random() * spread, decimals) if chance.random() < 0.7 else None for _ in FIVE]
        around = {
            year: (value * 0.3, value * 2.5 + 1)
            for year, value in zip(FIVE, values, strict=True)
            if rare and value is not None
        }
        goal = round(low + chance.uniform(-0.5, 1.5) * spread, decimals)
        near = [round(goal + chance.uniform(-1, 1) * spread, 2) for _ in range(3)]
        fan = Fan(2026, *sorted(near), f"{min(near)}—{max(near)}") if chance.random() < 0.7 else None
        target = level(goal, range(2020, 2027)) if chance.random() < 0.8 else []
        required = chance.choice([f"目标≥{goal}%", "目标一般不低于规模以上企业管理层和村民委员会成员中女性比例"])
        own = line(values, decimals, intervals=around)
        own = own._replace(absent={year: chance.choice(["未报送", "核查未通过", "数据保护"]) for year in own.absent})
        breaks = sorted({chance.choice(FIVE[1:]) for _ in range(chance.choice([0, 0, 1, 3]))})
        panels.append(
            Trend(f"指标{n}", "/10万", [own], 2020, target, required if target else "", "", breaks, fan, not rare)
        )
    return panels


@pytest.mark.parametrize("seed", range(12))
def test_labels_of_any_panel_stand_apart_and_inside(seed: int) -> None:
    panels = drawn_at_random(seed)
    years = range(2020, 2027)
    seen = charts._roomy(lambda more: charts._trends(panels, years, charts.scales(panels)[0], more))
    assert_apart(seen)


def test_a_panel_grows_until_its_labels_have_places() -> None:
    sheet = charts.Canvas(40)
    with pytest.raises(charts.CrowdedError):
        for _ in range(9):
            sheet.label("目标≥95%", [(30, 20)], (0, 0, 60, 30))
    tried: list[float] = []

    def drawing(more: float) -> charts.Canvas:
        tried.append(more)
        if len(tried) < 3:
            raise charts.CrowdedError
        return charts.Canvas(40 + more)

    assert charts._roomy(drawing).height == 40 + 2 * charts.TALLER
    assert tried == [0, charts.TALLER, 2 * charts.TALLER]

"""The report in a real browser: wide and narrow, by keyboard, without script, on paper, and under axe."""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from expectations.catalog import load
from flows import report
from flows.edition import record
from flows.press import web
from flows.report.facts import Facts
from flows.report.kinds import KINDS
from flows.report.write.screen import screen
from flows.wording import files
from tests.fixtures.browsers import QUIET
from tests.fixtures.warehouses import golden_warehouse

pytestmark = pytest.mark.usefixtures("shelf")

WIDTHS = {"desk": 1280, "phone": 390}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
FOCUS = """() => {
  const e = document.activeElement;
  return e === document.body ? "" : e.getAttribute("href") ?? e.getAttribute("aria-labelledby")
    ?? (e.id || e.name || e.textContent);
}"""

FAINT = """() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => parts(colour).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const ground = e => !e ? "rgb(255, 255, 255)" : parts(getComputedStyle(e).backgroundColor)[3] === 0
    ? ground(e.parentElement) : getComputedStyle(e).backgroundColor;
  const written = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.checkVisibility();
  return [...document.body.querySelectorAll("*")].filter(written).map(e => {
    const [dark, bright] = [light(getComputedStyle(e).color), light(ground(e))].sort((a, b) => a - b);
    return [(bright + 0.05) / (dark + 0.05), e.textContent.trim().slice(0, 20)];
  }).filter(([ratio]) => ratio < 4.5);
}"""


@pytest.fixture(scope="module")
def composed(golden: Path, edition: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, web.Screen]:
    """The words of the report, a folder with its charts and the edition's other files, and what the page has beside
    them.
    """
    staging = tmp_path_factory.mktemp("web") / "edition"
    shutil.copytree(edition, staging, ignore=shutil.ignore_patterns(record.NAME))  # written when all else is there
    catalog = load("990101", golden / "expectations")
    with golden_warehouse(golden) as con:
        made = KINDS["annual"].of(Facts(con, catalog, 2022))
        return dict(report.compose(made, staging))["report"], staging, screen(made.facts, made.standings)


@pytest.fixture(scope="module")
def report_html(edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The edition's page, alone in a folder: it needs nothing beside it."""
    return Path(shutil.copy(edition / "report.html", tmp_path_factory.mktemp("alone")))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)


@pytest.fixture(scope="module", params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, report_html: Path) -> Iterator[Page]:
    """The page as it opens; whatever it asks for or complains of is a failure."""
    page = browser.new_page(viewport={"width": WIDTHS[request.param], "height": 800})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda r: asked.append(r.url))
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(e.message))
    page.goto(report_html.as_uri())
    yield page
    assert [url for url in asked if not url.startswith("data:")] == [report_html.as_uri()]
    assert said == []
    page.close()


def walk(page: Page) -> list[str]:
    """Where Tab leads, from the top of the page until it leaves it."""
    page.evaluate("document.activeElement.blur(), window.scrollTo(0, 0)")
    stops: list[str] = []
    while len(stops) < 500:
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if not stop or stop in stops[:1]:
            break
        stops.append(stop)
    return stops


# --- the file ---


def test_figures_stay_bound_to_their_facts(composed: tuple[str, Path, web.Screen], report_html: Path) -> None:
    def bonds(html: str) -> Counter[str]:
        return Counter(re.findall(r'<data class="fig" value="[^"]*" data-fact="[^"]*">', html))

    assert bonds(composed[0])
    assert bonds(composed[0]) == bonds(report_html.read_text(encoding="utf-8"))


def test_the_same_report_gives_the_same_page(
    composed: tuple[str, Path, web.Screen], report_html: Path, tmp_path: Path
) -> None:
    html, staging, beside = composed
    later = [path.name for path in staging.iterdir() if path.suffix in {".pdf", ".docx", ".png"}]
    again = web.write(html, staging, tmp_path / "again.html", files("街镇"), later, beside)
    assert again.read_bytes() == report_html.read_bytes()


def test_every_file_of_the_edition_is_offered(edition: Path) -> None:
    links = re.findall(r'href="([^"#]+)"', (edition / "report.html").read_text(encoding="utf-8"))
    kinds = {".pdf", ".docx", ".png", ".xlsx", ".json", ".csv", ".txt"}
    files = {path.name for path in edition.iterdir() if path.suffix in kinds} - {record.NAME}  # for who approves it
    assert sorted(links) == sorted(files)


# --- on the screen ---


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_axe_finds_nothing(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]
    assert [(v["id"], v["impact"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []


def test_all_writing_is_dark_enough(page: Page) -> None:
    """What axe leaves open where a frame has a shadow."""
    assert page.evaluate(FAINT) == []


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    inside = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(e => e.getAttribute('href').slice(1))")
    assert [name for name, n in Counter(ids).items() if n > 1] == []
    assert set(inside) <= set(ids)


def test_images_and_tables_have_names(page: Page) -> None:
    images = page.evaluate("[...document.images].map(i => [i.alt, i.naturalWidth])")
    assert images
    assert all(alt and width for alt, width in images)
    names = page.evaluate("[...document.querySelectorAll('table')].map(t => t.caption?.textContent)")
    assert all(names)
    assert len(set(names)) == len(names)
    assert page.evaluate("document.querySelectorAll('th:not([scope])').length") == 0


def test_simulated_data_say_so_on_every_screenful(page: Page) -> None:
    for part in (0, 0.5, 1):
        page.evaluate("part => window.scrollTo(0, part * document.documentElement.scrollHeight)", part)
        box = page.locator(".bar strong").bounding_box()
        assert box is not None
        assert box["y"] == 0
    assert "模拟数据" in page.locator(".bar strong").inner_text()


# --- by keyboard ---


def test_tab_reaches_everything(page: Page) -> None:
    stops = walk(page)
    assert stops[0] == "#text"
    named = page.evaluate("[...document.querySelectorAll('nav a')].map(e => e.getAttribute('href'))")
    regions = page.evaluate(
        "[...document.querySelectorAll('[role=region]')].map(e => e.getAttribute('aria-labelledby'))"
    )
    assert named
    assert regions
    assert {*named, *regions, "report.pdf"} <= set(stops)


def test_the_first_stop_skips_to_the_text(page: Page) -> None:
    page.evaluate("document.activeElement.blur(), window.scrollTo(0, 0)")
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUS) == "text"


def test_a_wide_table_scrolls_by_arrow(browser: Browser, report_html: Path) -> None:
    page = browser.new_page(viewport={"width": WIDTHS["phone"], "height": 800})
    page.goto(report_html.as_uri())
    page.evaluate("window.wide = [...document.querySelectorAll('.scroll')].find(e => e.scrollWidth > e.clientWidth)")
    page.evaluate("wide.focus()")
    page.keyboard.press("ArrowRight")
    for _ in range(60):  # the page's own policy forbids a wait inside it
        if page.evaluate("wide.scrollLeft > 0"):
            break
        page.wait_for_timeout(50)
    assert page.evaluate("wide.scrollLeft > 0")
    page.close()


# --- to find targets, and where figures come from ---


@pytest.fixture
def found(browser: Browser, report_html: Path) -> Iterator[Page]:
    """The page, asked for targets that fall short."""
    page = browser.new_page(viewport={"width": WIDTHS["desk"], "height": 800})
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(e.message))
    page.goto(f"{report_html.as_uri()}?status=short")
    yield page
    assert said == []
    page.close()


ROWS = """() => [...document.querySelectorAll("#annex-targets tbody tr:not(.group)")].filter(row => row.checkVisibility())
  .map(row => row.cells[0].textContent)"""


def cleared(page: Page) -> None:
    """Press the button, and wait until the lists are whole: the browser empties the form first."""
    page.get_by_role("button", name="清除条件").click()
    page.wait_for_function("!location.search")


def test_an_address_shows_what_was_looked_for(found: Page) -> None:
    rows = found.locator("#annex-targets tbody tr:not(.group)")
    short = rows.filter(has_text=re.compile("达标困难|背离目标|本年未达标"))
    assert 0 < short.count() == len(found.evaluate(ROWS)) < rows.count()
    told = found.get_by_role("status").inner_text()
    assert f"显示{short.count()}行，共{rows.count()}行" in told


def test_a_list_by_domain_is_narrowed_as_a_whole(found: Page) -> None:
    """Evidence targets stand in a table for each domain: one without a row that fits is not there."""
    cleared(found)
    tables = found.locator("#annex-statements table[data-list]")
    every = tables.count()
    assert every
    found.get_by_label("搜索").fill("没有这个词")
    assert found.locator("#annex-statements tbody tr:visible").count() == 0
    assert found.locator("#annex-statements .narrowed").is_visible()
    assert re.search("定性目标[^；]*显示0行", found.get_by_role("status").inner_text())


def test_every_field_narrows_and_the_address_says_so(browser: Browser, found: Page) -> None:
    form = found.get_by_role("search")
    form.get_by_label("评价").select_option("")
    every = found.evaluate(ROWS)
    assert "?" not in found.url
    for field in ("department", "domain", "status", "area"):
        choice = form.locator(f"select[name={field}]")
        value = choice.locator("option").nth(1).get_attribute("value")
        choice.select_option(value)
        assert found.url.endswith(f"?{urlencode({field: value})}")
        assert 0 < len(found.evaluate(ROWS)) <= len(every)
        again = browser.new_page()
        again.goto(found.url)
        assert again.evaluate(ROWS) == found.evaluate(ROWS)
        again.close()
        choice.select_option("")
    assert found.evaluate(ROWS) == every


def test_what_an_address_asks_for_in_vain_is_told(browser: Browser, report_html: Path) -> None:
    page = browser.new_page()
    page.goto(f"{report_html.as_uri()}?department=nobody")
    assert "本版没有网址所指的条件“nobody”" in page.get_by_role("status").inner_text()
    page.close()


def test_words_are_looked_for_in_whole_rows(found: Page) -> None:
    cleared(found)
    every = len(found.evaluate(ROWS))
    found.get_by_label("搜索").fill("目标1.1 死亡率")
    rows = found.evaluate(ROWS)
    assert 0 < len(rows) < every
    assert set(rows) == {"目标1.1"}
    found.get_by_label("搜索").fill("没有这个词")
    assert found.evaluate(ROWS) == []
    assert not found.locator("#annex-targets tr.group").first.is_visible()  # a heading of nothing
    assert "显示0行" in found.get_by_role("status").inner_text()


def test_an_area_is_found_in_the_table_of_areas_and_among_targets_that_it_misses(found: Page) -> None:
    cleared(found)
    field = found.locator("select[name=area]")
    area = field.locator("option").nth(1).inner_text()
    field.select_option(label=area)
    rows = found.locator("#annex-areas tr[data-area]:visible th").all_inner_texts()
    assert rows
    assert set(rows) == {area}
    assert found.locator(".narrowed:visible").all_inner_texts() == ["本表已按查找条件筛选，修改条件"] * 3


def test_a_figure_opens_where_it_comes_from(found: Page) -> None:
    row = found.locator("#annex-targets tr[data-department]:visible").first
    figure = row.locator("data.fig").first
    value, fact = figure.get_attribute("value"), figure.get_attribute("data-fact")
    figure.click()
    told = found.get_by_role("dialog")
    assert told.is_visible()
    text = told.inner_text()
    name = row.locator("th").inner_text().partition("（")[0]
    for part in (name, f"未修约数值　{value}", f"依据编号　{fact}", "定义", "责任部门", "报表"):
        assert part in text
    found.keyboard.press("Escape")
    assert not told.is_visible()


def test_a_source_opens_by_keyboard_and_gives_the_focus_back(found: Page) -> None:
    link = found.locator("a.from:visible").first
    link.focus()
    found.keyboard.press("Enter")
    assert found.evaluate("document.activeElement.id") == "source"
    assert Axe().run(found, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"] == []
    found.keyboard.press("Escape")
    assert found.evaluate("document.activeElement.className") == "from"


def test_without_script_a_name_leads_to_its_source(browser: Browser, report_html: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(report_html.as_uri())
    link = page.locator("a.from").first
    entry = page.locator(link.get_attribute("href") or "")
    assert not entry.is_visible()
    link.click()
    entry.wait_for(state="visible")
    told = [line for line in entry.inner_text().splitlines() if line]
    assert told[:3] == ["定义　孕产妇死亡人数与活产数之比。", "分子　孕产妇死亡人数", "分母　活产数"]
    page.close()


def test_counts_of_the_sources_are_those_of_the_data(edition: Path) -> None:
    """What the page tells of numerators and denominators, inside and in public, is what report.json has."""
    for folder in (edition, edition / "public"):
        text = (folder / "report.html").read_text(encoding="utf-8")
        told = json.loads(re.findall(r'<script type="application/json" id="facts">(.*?)</script>', text, re.S)[0])
        listed = json.loads((folder / "report.json").read_text(encoding="utf-8"))["indicators"]
        known = {
            (key, v["year"], v["numerator"], v["denominator"])
            for key, indicator in listed.items()
            for v in indicator["values"]
        }
        assert told["counts"]
        for fact, sides in told["counts"].items():
            above, below = (float(side.replace("\u202f", "")) for side in sides)
            key, year, _ = fact.split("/")
            assert any(k == key.rpartition(".")[2] or "." in key for k, y, *both in known
                       if y == int(year) and both == [above, below])  # fmt: skip
        files = re.findall(r"文件2022/", text)
        assert bool(files) == (folder == edition)


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_names_and_titles_of_columns_stay_in_view(browser: Browser, report_html: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 500})
    page.goto(report_html.as_uri())
    frame = page.locator("#annex-targets .scroll")
    frame.scroll_into_view_if_needed()
    frame.evaluate("e => e.scrollTo(e.scrollWidth, e.scrollHeight)")
    edge = frame.bounding_box()
    titles, corner = page.locator("#annex-targets thead"), page.locator("#annex-targets thead th.corner")
    name = page.locator("#annex-targets tbody th[scope=row]").last
    told = [place.bounding_box() for place in (titles, corner, name)]
    assert edge
    assert all(told)
    assert frame.evaluate("e => [e.scrollLeft, e.scrollTop].map(Math.sign)") == [1, 1]
    assert abs(told[0]["y"] - edge["y"]) < 2  # type: ignore[index]
    assert [round(box["x"] - edge["x"]) for box in told[1:] if box] == [0, 0]
    page.close()


# --- without script, and on paper ---


def test_no_script_is_needed(browser: Browser, report_html: Path) -> None:
    """Only the form, which nothing could answer, is not shown without script."""
    said = []
    for script in (True, False):
        page = browser.new_page(java_script_enabled=script)
        page.goto(report_html.as_uri())
        form = page.locator("#find")
        assert form.is_visible() == script
        shown = page.locator("main").inner_text()
        said.append(shown.replace(form.inner_text(), "") if script else shown)
        page.close()
    assert "".join(said[0].split()) == "".join(said[1].split())
    assert "目标1.1" in said[0]


def test_paper_holds_everything(browser: Browser, report_html: Path, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(report_html.as_uri())
    page.pdf(path=tmp_path / "printed.pdf", prefer_css_page_size=True)
    cells = page.locator("td, th").all_text_contents()
    assert not page.locator(".sources td, .sources th").count()  # which are for the screen
    page.close()
    boxes = subprocess.run(
        ["pdftotext", "-bbox", tmp_path / "printed.pdf", "-"], check=True, capture_output=True, text=True
    ).stdout
    pages = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', boxes, re.S)
    assert {(round(float(w) / 2.835), round(float(h) / 2.835)) for w, h, _ in pages} == {(210, 297), (297, 210)}
    for width, _, words in pages:
        assert "模拟数据" in words
        for left, right in re.findall(r'<word xMin="([\d.-]+)" yMin="[\d.-]+" xMax="([\d.-]+)"', words):
            assert 30 < float(left) <= float(right) < float(width) - 30
    printed = Counter(re.sub(r"<[^>]*>|\s", "", "".join(words for *_, words in pages)))
    assert Counter(re.sub(r"\s", "", "".join(cells))) - printed == Counter()

"""The whole way on Prefect's page: a report is asked for, watched, read, approved by somebody else, and sent, once."""

import base64
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request

import pytest
from playwright.sync_api import Locator, expect, sync_playwright
from playwright.sync_api import Page as Tab

from flows.desk import approvers
from flows.places import PROJECT
from tests.fixtures.browsers import QUIET
from tests.fixtures.homes import cli, home_in
from tests.fixtures.mailbox import HOST, SECRET, USER, Mailbox, mail_server
from tests.fixtures.serving import ENVIRONMENT, Page, free_port

PASSWORD = "口令 of the approver"
LONG = 180_000
"""Milliseconds for a run on a machine that does other things, too."""


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    (tmp_path / "mail").mkdir()
    with mail_server(tmp_path / "mail") as found:
        yield found


@pytest.fixture
def home(tmp_path: Path, box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with an approver, and one who gets the public report by mail."""
    home = tmp_path / "home"
    home.mkdir()
    home_in(home)
    district = home / "expectations" / "districts" / "990101.yml"
    recipient = "recipients: [{name: 市统计局, mail: city@example.gov.cn}]\n"
    district.write_text(district.read_text(encoding="utf-8") + recipient, encoding="utf-8")
    mail = f"mail: {{host: {HOST}, port: {box.port}, user: {USER}, sender: office@example.gov.cn}}\n"
    (home / "plan-monitor.yml").write_text(f'district: "990101"\n{mail}', encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("PLAN_MONITOR_HOME", str(home))
        approvers.add("990101", "李某", "副局长", PASSWORD)
    return home


@pytest.fixture
def page(home: Path, tmp_path: Path) -> Iterator[Page]:
    port = free_port()
    environment = {
        **ENVIRONMENT, "PLAN_MONITOR_HOME": str(home), "PLAN_MONITOR_MAIL_PASSWORD": SECRET,
        "SSL_CERT_FILE": str(tmp_path / "mail" / "server.pem"),
    }  # fmt: skip
    with (tmp_path / "said.txt").open("wb") as said:
        server = subprocess.Popen(
            cli("serve", "--port", str(port)), cwd=PROJECT, env=environment, stdout=said, stderr=said,
            start_new_session=True,
        )  # fmt: skip
    try:
        asked, kept = Page(port), home / ".prefect" / "password"
        asked.password = asked.until(lambda: kept.is_file() and kept.read_text().strip()) or ""
        asked.deployment("approve/990101")
        yield asked
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def form(tab: Tab, page: Page, flow: str) -> None:
    """Open the form with which a run is asked for."""
    tab.goto(f"http://{page.host}/deployments/deployment/{page.deployment(f'{flow}/990101')['id']}/run")
    expect(field(tab, "报告|数据年份").first).to_be_visible()
    tab.wait_for_timeout(1500)  # it fades in, and takes no click before


def field(tab: Tab, title: str) -> Locator:
    """What stands below a title in the form."""
    named = tab.locator(".schema-form-property__label", has_text=re.compile(rf"^\s*({title})\s*(\(Optional\))?\s*$"))
    return tab.locator(".schema-form-property").filter(has=named)


def choose(tab: Tab, title: str, *options: str) -> None:
    """Choose from the list below a title."""
    field(tab, title).locator(".p-select-button__control").focus()
    tab.keyboard.press("Space")
    for option in options:
        tab.get_by_role("option").filter(has_text=option).first.click()
    tab.keyboard.press("Escape")


def submitted(tab: Tab, page: Page, flow: str, state: str, pictures: Path) -> None:
    """Ask for the run, and watch until its state is this one."""

    def runs() -> dict[str, object]:
        return {run["id"]: run for run in page.ask("/flow_runs/filter", {"flows": {"name": {"any_": [flow]}}})}

    tab.screenshot(path=pictures / f"{flow}-form.png", full_page=True)
    before = runs()

    def fresh() -> set[str]:
        """The run that was asked for. On a slow machine the form takes no click at first; one that has taken it is left."""
        button = tab.get_by_role("button", name="Submit")
        if not button.is_visible():
            return runs().keys() - before.keys()
        button.click()
        for _ in range(50):
            if found := runs().keys() - before.keys():
                return found
            tab.wait_for_timeout(200)
        print(tab.locator("body").inner_text()[-2000:])
        return set()

    [asked] = page.until(fresh)
    tab.goto(f"http://{page.host}/runs/flow-run/{asked}")
    expect(tab.get_by_text(state).first).to_be_visible(timeout=LONG)
    tab.wait_for_timeout(1000)
    tab.screenshot(path=pictures / f"{flow}-run.png", full_page=True)


def opened(page: Page, address: str) -> bytes:
    """What the page's server gives for a link to whoever has the password."""
    secret = base64.b64encode(page.password.encode()).decode()
    with page.straight.open(Request(address, headers={"Authorization": f"Basic {secret}"}), timeout=30) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return bytes(answer.read())


def test_a_report_is_asked_for_approved_and_sent_on_the_page(
    page: Page, home: Path, box: Mailbox, tmp_path: Path
) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=[*QUIET, "--no-proxy-server"]
        )
        tab = browser.new_page(viewport={"width": 1400, "height": 1000})
        tab.set_default_timeout(60_000)
        tab.goto(f"http://{page.host}")
        tab.get_by_role("textbox").fill(page.password)
        tab.keyboard.press("Enter")
        tab.get_by_text("Flow Runs").first.wait_for()

        form(tab, page, "annual")
        field(tab, "经办人").locator("textarea").fill("王某")
        submitted(tab, page, "annual", "已编成，缺报1份", tmp_path)
        for told in ("开始编印示例市示例区2022年统计监测报告", "接收报送："):
            assert tab.get_by_text(told).first.is_visible()
        assert "Waiting for logs" not in tab.content()
        tab.get_by_text("Artifacts", exact=True).last.click()
        tab.get_by_text("annual-990101-2022-summary").first.click()
        expect(tab.get_by_text("目标：提前达标 2").first).to_be_visible()
        expect(tab.get_by_text(str(home / "output/990101/2022/annual")).first).to_be_visible()
        tab.screenshot(path=tmp_path / "artifact.png", full_page=True)
        expect(tab.get_by_text("点表中的文件名打开").first).to_be_visible()
        linked = tab.get_by_role("link", name="report.pdf", exact=True).first.get_attribute("href")
        assert opened(page, linked or "") == (home / "output/990101/2022/annual/report.pdf").read_bytes()

        page.until(lambda: "2022年" in str(editions(page)))
        form(tab, page, "approve")
        choose(tab, "报告", "2022年统计监测报告")
        choose(tab, "审定人", "李某")
        field(tab, "审定人口令").locator("textarea").fill(PASSWORD)
        choose(tab, "已核实的事项", *open_points(page))
        submitted(tab, page, "approve", "已审定，第1版", tmp_path)
        assert box.came == []  # nobody has sent it yet

        form(tab, page, "deliver")
        submitted(tab, page, "deliver", "已发送1件", tmp_path)
        form(tab, page, "deliver")
        submitted(tab, page, "deliver", "已发送0件", tmp_path)
        browser.close()
    assert box.to == ["city@example.gov.cn"]
    [mail] = box.came
    assert "2022年示例区" in str(mail["Subject"])
    approved = home / "journal/990101/approved/2022-annual-1"
    [paper] = [part for part in mail.iter_attachments() if part.get_filename() == "report.pdf"]
    assert paper.get_content() == (approved / "public/report.pdf").read_bytes()
    assert not [path for path in (home / ".prefect").glob("prefect.db*") if PASSWORD.encode() in path.read_bytes()]


def editions(page: Page) -> list[str]:
    """The editions that the form for approvals offers."""
    offered = page.deployment("approve/990101")["parameter_openapi_schema"]["properties"]["edition"]["enum"]
    assert isinstance(offered, list)
    return offered


def open_points(page: Page) -> list[str]:
    """What must be acknowledged."""
    asked = page.deployment("approve/990101")["parameter_openapi_schema"]["properties"]["acknowledged"]
    return [str(point)[:8] for point in asked["items"]["enum"]]

"""The papers on the page of the server: for whoever has its password, and nothing else of the house."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from flows.run import papers

EDITION = "990101/2022/annual"
AUTH = ("monitor", "口令")


class Client:
    """Asks the application without a server."""

    def __init__(self) -> None:
        self.app = papers.Papers(PlainTextResponse("the application"))

    def ask(self, method: str, path: str, auth: tuple[str, str] | None = None) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.request(method, path, auth=auth)

        return asyncio.run(asked())

    def get(self, path: str, auth: tuple[str, str] | None = None) -> httpx.Response:
        return self.ask("GET", path, auth)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A server of a home with an edition, a log and a link that leads out of it."""
    monkeypatch.setenv("PLAN_MONITOR_HOME", str(tmp_path))
    monkeypatch.setenv(papers.AUTH, "monitor:口令")
    edition = tmp_path / "output" / EDITION
    (edition / "public").mkdir(parents=True)
    for name in ("report.pdf", "public/report.pdf", "report.xlsx", "manifest.json", "report.html"):
        (edition / name).write_bytes(name.encode())
    (tmp_path / "output/log").mkdir()
    (tmp_path / "output/log/server.pdf").write_bytes(b"log")
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    (edition / "linked.pdf").symlink_to(tmp_path / "secret.pdf")
    return Client()


@pytest.mark.parametrize("name", ["report.pdf", "public/report.pdf", "report.xlsx"])
def test_a_paper_is_given_to_whoever_has_the_password(client: Client, name: str) -> None:
    answer = client.get(f"/papers/{EDITION}/{name}", auth=AUTH)
    assert (answer.status_code, answer.content) == (200, name.encode())
    assert answer.headers["cache-control"] == "no-store"
    assert ("attachment" in answer.headers.get("content-disposition", "")) == name.endswith("xlsx")


@pytest.mark.parametrize("auth", [None, ("monitor", ""), ("", ""), ("monitor", "another")])
def test_without_the_password_it_is_not_told_whether_a_paper_is_there(
    client: Client, auth: tuple[str, str] | None
) -> None:
    for name in ("report.pdf", "none.pdf", "../../../secret.pdf"):
        answer = client.get(f"/papers/{EDITION}/{name}", auth=auth)
        assert answer.status_code in {401, 200} and b"secret" not in answer.content
        assert answer.status_code == 401 or answer.text == "the application"


@pytest.mark.parametrize(
    "name",
    [
        f"{EDITION}/manifest.json",
        f"{EDITION}/report.html",
        f"{EDITION}/linked.pdf",
        f"{EDITION}/none.pdf",
        f"{EDITION}/..%2f..%2f..%2f..%2fsecret.pdf",
        f"{EDITION}/%2e%2e/annual/report.pdf",
        f"/{EDITION}/report.pdf",
        f"{EDITION}/",
        f"{EDITION}/report.pdf%00",
        f"{EDITION}/report.pdf%0a",
        "log/server.pdf",
        "",
    ],
)
def test_nothing_else_is_given(client: Client, name: str) -> None:
    answer = client.get(f"/papers/{name}", auth=AUTH)
    assert answer.status_code == 404 or (name.endswith("report.pdf") and "%2e" in name and answer.status_code == 200)
    assert b"secret" not in answer.content and b"log" not in answer.content


def test_a_paper_is_only_read(client: Client) -> None:
    assert client.ask("POST", f"/papers/{EDITION}/report.pdf", AUTH).status_code == 404


def test_without_a_password_of_the_server_nothing_is_given(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(papers.AUTH)
    open_server = Client()
    assert open_server.get(f"/papers/{EDITION}/report.pdf", auth=("", "")).status_code == 401


def test_all_else_is_the_applications(client: Client) -> None:
    assert client.get("/api/health").text == "the application"
    assert client.get("/papers").text == "the application"


def test_a_link_is_made_only_where_a_page_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_UI_API_URL", raising=False)
    monkeypatch.setenv(papers.AUTH, "monitor:x")
    assert papers.address("990101/2022/annual/report.pdf") == ""
    monkeypatch.setenv("PREFECT_UI_API_URL", "http://127.0.0.1:4200/api")
    assert (
        papers.address("990101/2022/annual/report.pdf") == "http://127.0.0.1:4200/papers/990101/2022/annual/report.pdf"
    )

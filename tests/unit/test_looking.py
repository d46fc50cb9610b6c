"""The server looks around: what vanishes meanwhile does not end it, and a share that does not answer holds nothing up."""

import asyncio
import threading
import time
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from flows.run import incoming, serve
from flows.run.notices import Notice
from tests.fixtures.deliveries import CATALOG


def test_what_vanishes_while_the_server_looks_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def vanished() -> object:
        looked.append("vanished")
        raise FileNotFoundError(2, "No such file or directory", "output/.staging-x/ledger")

    async def offer() -> None:
        looked.append("offered")

    async def look_twice() -> None:
        runner = serve._Runner(own=False)
        monkeypatch.setattr(runner, "_seen", "before")
        monkeypatch.setattr(runner, "_reminded", None)
        monkeypatch.setattr(runner, "offer", offer)
        monkeypatch.setattr(serve, "remind", lambda: None)
        monkeypatch.setattr(serve, "_depends", vanished)
        await runner._look_around()
        monkeypatch.setattr(serve, "_depends", lambda: "now")
        await runner._look_around()

    asyncio.run(look_twice())
    assert looked == ["vanished", "offered"]


def test_an_inbox_that_does_not_answer_holds_up_nothing_and_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, told, started = threading.Event(), list[Notice](), list[Any]()
    deployment, offer = uuid4(), SimpleNamespace(catalog=CATALOG)

    def hangs(catalog: object) -> object:
        answers.wait(60)
        return ["a file"]

    async def create(deployment: object) -> object:
        started.append(deployment)
        return SimpleNamespace(id=uuid4())

    async def watch() -> None:
        runner = serve._Runner(own=False)
        client = SimpleNamespace(create_flow_run_from_deployment=create)
        monkeypatch.setattr(runner, "_client", client, raising=False)
        begun = time.monotonic()
        for _ in range(3):
            await runner._watch(deployment, offer)
        assert time.monotonic() - begun < 30, "a look that hangs is left alone"
        assert not started and not told
        monkeypatch.setattr(serve, "HANGS", 0)
        for _ in range(3):
            await runner._watch(deployment, offer)
        assert [(notice.good, notice.state) for notice in told] == [(False, "收件目录没有应答")]
        answers.set()
        for _ in range(100):
            if not started:
                await runner._watch(deployment, offer)
        assert started == [deployment]
        await runner._watch(deployment, offer)
        assert started == [deployment], "what has not changed since starts no second run"
        assert [(notice.good, notice.state) for notice in told[1:]] == [(True, "收件目录恢复应答")]

    async def open_(run: object) -> bool:
        return False

    monkeypatch.setattr(serve._Runner, "_is_open", lambda self, run: open_(run))
    monkeypatch.setattr(incoming, "waiting", hangs)
    monkeypatch.setattr(serve, "tell", lambda notice, also_good=False: told.append(notice))
    asyncio.run(watch())


def test_another_folder_is_looked_at_though_the_one_before_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, told, started = threading.Event(), list[Notice](), list[Any]()
    deployment = uuid4()

    def offer(folder: str) -> Any:
        return SimpleNamespace(catalog=SimpleNamespace(district=SimpleNamespace(code="990101", inbox=folder)))

    def look(catalog: Any) -> object:
        if catalog.district.inbox == "/dead":
            answers.wait(60)
        return [f"a file in {catalog.district.inbox}"]

    async def create(deployment: object) -> object:
        started.append(deployment)
        return SimpleNamespace(id=uuid4())

    async def watch() -> None:
        runner = serve._Runner(own=False)
        monkeypatch.setattr(runner, "_client", SimpleNamespace(create_flow_run_from_deployment=create), raising=False)
        for _ in range(2):
            await runner._watch(deployment, offer("/dead"))
        assert not started and [notice.state for notice in told] == ["收件目录没有应答"]
        for _ in range(100):
            if not started:
                await runner._watch(deployment, offer("/new"))
        assert started == [deployment]
        assert [(notice.good, "/new" in notice.message) for notice in told[-1:]] == [(True, True)]

    monkeypatch.setattr(serve, "HANGS", 0.5)
    monkeypatch.setattr(serve, "ASKED", 2)
    monkeypatch.setattr(serve, "AFTER", 0.5)
    monkeypatch.setattr(incoming, "waiting", look)
    monkeypatch.setattr(serve, "tell", lambda notice, also_good=False: told.append(notice))
    try:
        asyncio.run(watch())
    finally:
        answers.set()


@pytest.mark.parametrize(
    ("name", "hung", "ended"),
    [("990201-inbox", True, True), ("990201-inbox", False, False), ("990201-2024", True, False)],
)
def test_a_run_for_a_share_that_does_not_answer_is_ended_at_once(name: str, hung: bool, ended: bool) -> None:
    """It holds the one place; a run that reads no share keeps it."""
    runner, run, deployment = serve._Runner(own=False), uuid4(), uuid4()
    runner._names[run] = name
    runner._kept[deployment] = SimpleNamespace(catalog=CATALOG)  # type: ignore[assignment]
    runner._looks[deployment] = SimpleNamespace(hung=hung, folder="/dead")  # type: ignore[assignment]
    state = runner._overdue(run, 61.0)
    assert (state is not None) == ended
    assert not state or ("/dead 没有应答" in str(state.message) and state.name == "收件目录没有应答")

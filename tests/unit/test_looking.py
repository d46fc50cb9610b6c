"""The server looks at what runs are just publishing: what vanishes meanwhile does not end it."""

import asyncio

import pytest

from flows.run import serve


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

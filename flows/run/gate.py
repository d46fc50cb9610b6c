"""Prefect's application behind a gate: it answers pages and programs of this machine, and nobody else through them."""

from __future__ import annotations

import socket
import sys
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows import garbage

CONTENT = (
    "default-src 'self'; img-src 'self' data: blob:; font-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'; worker-src 'self' blob:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""What the page may load and whom it may ask: only this server. Otherwise it would report every visit to an analytics
host.
"""


class Guard:
    """Lets through what was sent to the server's own address by a program or by the server's own page.

    If another site has directed a name to this machine, that name is a foreign address, and the site's page a foreign
    origin.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._known(Headers(scope=scope)):
            await self.app(scope, receive, _guarded(send))
        elif scope["type"] == "http":
            told = PlainTextResponse(f"请用 http://{self.host} 访问本服务。", 403)
            await told(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _known(self, headers: Headers) -> bool:
        origins = headers.getlist("origin")
        return headers.getlist("host") == [self.host] and set(origins) <= {f"http://{self.host}"}


def _guarded(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = CONTENT
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
        await send(message)

    return sent


@event.listens_for(Engine, "connect")
def _overwrite(connection: Any, _: object) -> None:
    """What is taken out of Prefect's database, as the password of an approver is, is not to be found in its file either."""
    if type(connection).__module__.endswith("sqlite"):
        connection.cursor().execute("pragma secure_delete = on")


def main() -> None:
    """Serve on the socket whose number is given; `--once`: for one run, without page and calendar."""
    garbage.look_rarely(garbage.BEGINNING)
    import uvicorn
    from prefect.server.api.server import create_app

    from flows.run.papers import Papers

    number, *options = sys.argv[1:]
    ours = socket.socket(fileno=int(number))
    host, port = ours.getsockname()
    once = "--once" in options
    app = create_app(ephemeral=once, final=True)
    guarded = Guard(app if once else Papers(app), f"{host}:{port}")
    uvicorn.Server(uvicorn.Config(guarded, log_level="warning", proxy_headers=False)).run(sockets=[ours])


if __name__ == "__main__":
    main()

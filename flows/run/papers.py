"""The papers of the editions, for whoever has the password of Prefect's page: a page of a run links to them."""

from __future__ import annotations

import base64
import hmac
import os
import re
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from flows.places import places
from flows.wording import say

BELOW = "/papers/"
PAPER = re.compile(r"\d{6}/\d{4}/[a-z]+/(public/)?[\w-]+\.(pdf|png|docx|xlsx)", re.ASCII)
"""What is shown: papers of editions below output/; neither logs nor what departments have been sent."""
SHOWN = (".pdf", ".png")
"""What a browser shows; the others are saved."""
AUTH = "PREFECT_SERVER_API_AUTH_STRING"


def address(relative: str) -> str:
    """Where the page of our server shows a paper, named from output/; empty where no page is served."""
    page = os.environ.get("PREFECT_UI_API_URL", "").removesuffix("/api")
    return f"{page}{BELOW}{quote(relative)}" if page and os.environ.get(AUTH) else ""


class Papers:
    """Answers for addresses below `BELOW`, and hands all others on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.files = StaticFiles(directory=places().output, check_dir=False)
        self.secret = base64.b64encode(os.environ.get(AUTH, "").encode()).decode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] != "http" or not path.startswith(BELOW):
            await self.app(scope, receive, send)
            return
        name = path.removeprefix(BELOW)
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        if (
            scheme.lower() != "basic"
            or not self.secret
            or not hmac.compare_digest(given.encode(), self.secret.encode())
        ):
            asked = {"WWW-Authenticate": 'Basic realm="papers", charset="UTF-8"'}
            await PlainTextResponse(say("messages/run/password"), 401, asked)(scope, receive, send)
            return
        try:
            if PAPER.fullmatch(name) is None:
                raise HTTPException(404)
            answer: Response = await self.files.get_response(name, scope)
        except (HTTPException, OSError):
            answer = PlainTextResponse(say("messages/run/no_paper"), 404)
        answer.headers["Cache-Control"] = "no-store"
        if answer.status_code == 200 and not name.endswith(SHOWN):
            answer.headers["Content-Disposition"] = f'attachment; filename="{name.rpartition("/")[2]}"'
        await answer(scope, receive, send)

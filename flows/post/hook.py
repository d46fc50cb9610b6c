"""Words for a group: the robots of 企业微信 and 政务微信 take a JSON text by POST. They get no data."""

from __future__ import annotations

import json
import os
import urllib.request
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from flows.places import MendableError
from flows.post import DoubtfulError, UnsentError
from flows.wording import say

SECONDS = 30.0
HERE = ("127.0.0.1", "::1")
BUSY = 45009
"""The robot's answer if it was told too much within a minute."""


def address(variable: str) -> str:
    """The address of a group's robot; raises `MendableError` if the variable has none that can be used."""
    found = os.environ.get(variable, "")
    parts = urlsplit(found)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HERE):
        raise MendableError(say(f"messages/post/{'odd_hook' if found else 'no_hook'}", name=variable))
    return found


def send(address: str, text: str) -> None:
    """Say something in a group; raises `UnsentError` or `DoubtfulError`. The address is a secret and is told to nobody."""
    body = json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json; charset=utf-8"})  # noqa: S310
    try:
        with urllib.request.build_opener(_Straight).open(request, timeout=SECONDS) as answer:
            said = answer.read(10_000)
    except HTTPError as error:
        temporary = error.code == 429 or error.code >= 500
        raise UnsentError(say("messages/post/hook_refused", why=f"HTTP {error.code}"), temporary) from None
    except URLError as error:
        why = error.reason.strerror if isinstance(error.reason, OSError) else str(error.reason)
        raise UnsentError(say("messages/post/hook_unreached", why=why), temporary=True) from None
    except (OSError, HTTPException):
        raise DoubtfulError(say("messages/post/doubtful")) from None
    _heard(said)


def _heard(said: bytes) -> None:
    try:
        told = json.loads(said)
        code = int(told["errcode"])
    except (ValueError, KeyError, TypeError):
        raise UnsentError(say("messages/post/hook_odd")) from None
    if code:
        why = f"errcode {code} {told.get('errmsg', '')}"[:200]
        raise UnsentError(say("messages/post/hook_refused", why=" ".join(why.split())), temporary=code == BUSY)


class _Straight(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else than it was told."""

    def redirect_request(self, *_: object) -> None:
        return None

"""Words for a group: the robots of 企业微信 and 政务微信 take a JSON text by POST. They get no data."""

from __future__ import annotations

import json
import os
import re
import urllib.request
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from expectations.records import HOST
from flows.places import MendableError
from flows.post import DoubtfulError, UnsentError, why
from flows.wording import say

SECONDS = 30.0
HERE = ("127.0.0.1", "::1")
LATER = (429, 503)
"""The answers of HTTP that nothing was taken, and that it may be later."""
BUSY = 45009
"""The robot's answer if it was told too much within a minute."""


def address(variable: str) -> str:
    """The address of a group's robot; raises `MendableError` if the variable has none that can be used."""
    found = os.environ.get(variable, "")
    if not _usable(found):
        raise MendableError(say(f"messages/post/{'odd_hook' if found else 'no_hook'}", name=variable))
    return found


def _usable(address: str) -> bool:
    """Whether it is an address that can be opened, as it stands, by https; on this machine also by http."""
    if re.fullmatch(r"[!-~]+", address) is None:
        return False
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or not (re.fullmatch(HOST, host) or ":" in host):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in HERE)


def send(address: str, text: str) -> None:
    """Say something in a group; raises `UnsentError` or `DoubtfulError`. The address is a secret and is told to nobody.

    Of a server that fails, or answers something else than a robot, nobody knows whether the group has heard it: only
    one that says that it has not (429, 503) is told again.
    """
    body = json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False).encode()
    request = urllib.request.Request(address, body, {"Content-Type": "application/json; charset=utf-8"})  # noqa: S310
    try:
        with urllib.request.build_opener(_Straight).open(request, timeout=SECONDS) as answer:
            said = answer.read(10_000)
    except HTTPError as error:
        error.close()
        if error.code >= 500 and error.code not in LATER:
            raise DoubtfulError(say("messages/post/hook_failed", why=f"HTTP {error.code}")) from None
        raise UnsentError(say("messages/post/hook_refused", why=f"HTTP {error.code}"), error.code in LATER) from None
    except URLError as error:
        reason = error.reason if isinstance(error.reason, OSError) else error
        raise UnsentError(say("messages/post/hook_unreached", why=why(reason)), temporary=True) from None
    except (OSError, HTTPException):
        raise DoubtfulError(say("messages/post/doubtful")) from None
    _heard(said)


def _heard(answer: bytes) -> None:
    try:
        told = json.loads(answer)
        code = int(told["errcode"])
    except (ValueError, KeyError, TypeError):
        raise DoubtfulError(say("messages/post/hook_odd")) from None
    if code:
        said = f"errcode {code} {told.get('errmsg', '')}"[:200]
        raise UnsentError(say("messages/post/hook_refused", why=" ".join(said.split())), temporary=code == BUSY)


class _Straight(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else than it was told."""

    def redirect_request(self, *_: object) -> None:
        return None

"""What leaves the house: mails, files for a folder or an object store, words for a group. One module for each way, and
`operators` for what those who run the home are told by all of them.

Each either returns, when the other side has taken what it was given, or raises `UnsentError`, when it surely has not, or
`DoubtfulError`, when nobody knows.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence

from expectations.records import Home
from flows.places import places, told_home
from flows.wording import read

WAITS = (2.0, 10.0, 30.0)
"""The seconds before each further attempt, where the other side says that it may work later."""


class UnsentError(Exception):
    """It was surely not sent; the message says in Chinese why."""

    def __init__(self, told: str, temporary: bool = False) -> None:
        super().__init__(told)
        self.temporary = temporary


class DoubtfulError(Exception):
    """It may have been sent: the connection broke before the other side answered, or the answer does not say."""


def why(error: BaseException) -> str:
    """Why no connection came about, or why it broke, in Chinese where the reason is a known one."""
    words = read("messages")["post"]["reasons"]
    for kind, key in REASONS:
        if isinstance(error, kind):
            return str(words[key])
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


REASONS: Sequence[tuple[type[BaseException], str]] = (
    (TimeoutError, "slow"),
    (ConnectionRefusedError, "refused"),
    (ConnectionError, "broken"),
    (socket.gaierror, "unknown"),
    (ssl.SSLCertVerificationError, "certificate"),
    (ssl.SSLError, "tls"),
    (UnicodeError, "odd"),
)
"""What the machine reports → the key of the words for it; the first that fits."""


def attempt(send: Callable[[], object], waits: Sequence[float] = WAITS) -> None:
    """Send, and again where that may help; raises the last error. What may have been sent is not sent again."""
    for wait in (*waits, None):
        try:
            send()
            return
        except UnsentError as error:
            if not error.temporary or wait is None:
                raise
            time.sleep(wait)


def home() -> Home | None:
    """What the home says of itself; None if it says nothing. Raises `CatalogError` if it cannot be read."""
    told = told_home(places())
    return None if told is None else told[0]

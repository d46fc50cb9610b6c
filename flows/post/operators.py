"""Tells those who run the home what they must know, by every way that they have named."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from expectations.catalog import CatalogError
from flows.places import MendableError
from flows.post import DoubtfulError, UnsentError, attempt, home, hook, mail, why
from flows.wording import say

WEBHOOK = "PLAN_MONITOR_WEBHOOK"
"""The variable that has the address of the group of those who run the home."""


def tell(subject: str, text: str, waits: Sequence[float] = ()) -> list[str]:
    """Tell those who run the home, by mail (`operators`) and in their group (PLAN_MONITOR_WEBHOOK), where they are named.

    Returns what went wrong, in Chinese, and raises nothing: what is told must not fail because it could not be told.
    """
    try:
        told, problems = home(), []
        ways: list[Callable[[], None]] = []
        if told is not None and told.operators:
            server = mail.server(told)
            for address in told.operators:
                message = mail.message(server, address, subject, text)
                ways.append(lambda message=message: mail.send(server, message))  # type: ignore[misc]
        if os.environ.get(WEBHOOK):
            ways.append(lambda: hook.send(hook.address(WEBHOOK), f"{subject}\n{text}"))
    except (CatalogError, MendableError) as error:
        return [str(error)]
    except Exception as error:  # whatever it is
        return [say("messages/post/untold", why=say("messages/post/fault", why=why(error)))]
    for way in ways:
        try:
            attempt(way, waits)
        except (UnsentError, DoubtfulError, MendableError) as error:
            problems.append(say("messages/post/untold", why=error))
        except Exception as error:  # each way has errors of its own
            problems.append(say("messages/post/untold", why=say("messages/post/fault", why=why(error))))
    return problems
